// The pure modules of web/kit: encodings, signatures, receipts, money.

import test from 'node:test';
import assert from 'node:assert/strict';
import { decodeCbor, encodeCbor } from '../../../web/kit/cbor.js';
import { concat, hex, sha256, unhex } from '../../../web/kit/hex.js';
import { decodeBase64, decodeBase64url, encodeBase64, encodeBase64url } from '../../../web/kit/base64url.js';
import { decodeBase45, encodeBase45 } from '../../../web/kit/base45.js';
import { decodeAccount, decodeBech32m, encodeBech32m, groupAccount } from '../../../web/kit/bech32m.js';
import { decodeSign1, sigStructure, sign1, transactionId, verifySign1 } from '../../../web/kit/cose.js';
import * as words from '../../../web/kit/ledger.js';
import { verifyCheckpoint, verifyReceipt } from '../../../web/kit/receipt.js';
import { rootFromInclusion } from '../../../web/kit/tlog.js';
import { decodeBackup, encodeBackup, groupsToCheck } from '../../../web/kit/backup.js';
import { amountParts, feeOn, formatAmount, groupIban, parseAmount, parseBalance, shareOf } from '../../../web/kit/money.js';
import { eventParser } from '../../../web/kit/api.js';
import { formatDate, formatDateTime, formatDay, formatMonth, formatPlainDate, formatShortDate } from '../../../web/kit/time.js';
import { weekdayName } from '../../../web/kit/places.js';
import { language } from '../../../web/kit/i18n.js';
import { FakeLedger, keyPair } from './fake-ledger.mjs';

test('CBOR: the examples of RFC 8949 that the subset has', () => {
  for (const [value, expected] of [
    [0, '00'], [23, '17'], [24, '1818'], [255, '18ff'], [256, '190100'], [1000000, '1a000f4240'],
    [1000000000000, '1b000000e8d4a51000'], [18446744073709551615n, '1bffffffffffffffff'], [-1, '20'], [-500, '3901f3'],
    [false, 'f4'], [true, 'f5'], ['IETF', '6449455446'], ['\u00fc', '62c3bc'], [unhex('01020304'), '4401020304'],
    [[1, [2, 3], [4, 5]], '8301820203820405'], [new Map([[1, 2], [3, 4]]), 'a201020304'],
  ].map((row) => /** @type {[import('../../../web/kit/cbor.js').Cbor, string]} */ (row))) {
    assert.equal(hex(encodeCbor(value)), expected);
    assert.deepEqual(decodeCbor(unhex(expected)), value);
  }
});

test('CBOR: map keys are written in the order of their encodings', () => {
  const map = new Map([[-1, 0], [1000, 0], [24, 0], [2, 0], [-30, 0]]);
  assert.equal(hex(encodeCbor(map)), 'a5' + '0200' + '181800' + '1903e800' + '2000' + '381d00');
});

test('CBOR: what an encoder would not write is refused', () => {
  for (const bad of [
    '1800', '1817', '190001', '1a0000ffff', '1b00000000ffffffff', '5f41ff', '9fff', 'bfff', 'f6', 'f7', 'f90000', 'fb3ff0000000000000',
    'c000', '0000', 'a20102', 'a201000100', 'a202000100', 'a1616100', '61ff', '8201', '5820', '1c', 'ff', '', '9b00000000ffffffff',
    '81'.repeat(40) + '00',
  ]) assert.throws(() => decodeCbor(unhex(bad)), Error, bad);
});

test('CBOR: integers above 2^53 are bigints, never rounded', () => {
  assert.equal(decodeCbor(unhex('1b001fffffffffffff')), Number.MAX_SAFE_INTEGER);
  assert.equal(decodeCbor(unhex('1b0020000000000000')), 2n ** 53n);
  assert.throws(() => encodeCbor(2 ** 53));
  assert.throws(() => encodeCbor(1.5));
});

test('base64url, base64, base45, hex', () => {
  for (let length = 0; length < 40; length++) {
    const bytes = crypto.getRandomValues(new Uint8Array(length));
    assert.deepEqual(decodeBase64url(encodeBase64url(bytes)), bytes);
    assert.equal(encodeBase64url(bytes), Buffer.from(bytes).toString('base64url'));
    assert.equal(encodeBase64(bytes), Buffer.from(bytes).toString('base64'));
    assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
    assert.deepEqual(decodeBase45(encodeBase45(bytes)), bytes);
    assert.deepEqual(unhex(hex(bytes)), bytes);
  }
  assert.equal(encodeBase45(new TextEncoder().encode('base-45')), 'UJCLQE7W581');
  assert.equal(new TextDecoder().decode(decodeBase45('QED8WEX0')), 'ietf!');
  for (const bad of ['A', 'AB', 'AA=', 'A+', 'A/', 'AAAAA']) assert.throws(() => decodeBase64url(bad), Error, bad);
  for (const bad of ['GGW', '::', 'A', 'aa']) assert.throws(() => decodeBase45(bad), Error, bad);
});

test('bech32m: BIP 350 vectors, and typos', () => {
  for (const good of ['A1LQFN3A', 'a1lqfn3a', 'abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx', 'split1checkupstagehandshakeupstreamerranterredcaperredlc445v']) {
    assert.ok(decodeBech32m(good), good);
  }
  for (const bad of ['a1lqfn3q', 'A1lQFN3A', 'M1VUXWEZ', 'qyrz8wqd2c9m', '1qyrz8wqd2c9m', 'y1b0jsk6g']) assert.equal(decodeBech32m(bad), null, bad);
  const account = encodeBech32m('liard', new Uint8Array(16).fill(5));
  assert.deepEqual(decodeAccount(account.toUpperCase(), 'liard'), new Uint8Array(16).fill(5));
  assert.deepEqual(decodeAccount(groupAccount(account), 'liard'), new Uint8Array(16).fill(5));
  assert.equal(decodeAccount(account, 'sol'), null);
  for (let at = 6; at < account.length; at++) {
    const typo = account.slice(0, at) + (account[at] === 'q' ? 'p' : 'q') + account.slice(at + 1);
    assert.equal(decodeAccount(typo, 'liard'), null);
  }
});

test('COSE: one form, bound to ledger, kind, key and payload', async () => {
  const { signer, publicKey } = await keyPair(1);
  const ledger = new Uint8Array(32).fill(7);
  const payload = encodeCbor(new Map([[1, 2]]));
  const bytes = await sign1(signer, 'transaction', ledger, payload);
  assert.equal(hex(bytes.slice(0, 9)), '845826a20127045820');
  assert.equal(hex(bytes.slice(41, 42)), 'a0');
  assert.deepEqual((await verifySign1(bytes, 'transaction', ledger)).key, publicKey);
  await assert.rejects(verifySign1(bytes, 'charge', ledger));
  await assert.rejects(verifySign1(bytes, 'transaction', new Uint8Array(32)));
  for (const at of [10, 45, bytes.length - 1]) {
    const changed = new Uint8Array(bytes);
    changed[at] ^= 1;
    await assert.rejects(async () => verifySign1(changed, 'transaction', ledger));
  }
  assert.throws(() => decodeSign1(concat(bytes, new Uint8Array([0]))));
  const id = await transactionId(bytes, ledger);
  assert.equal(id, hex(await sha256(sigStructure('transaction', ledger, publicKey, payload))));
});

test('ledger: every kind that pages sign reads back as it was said', async () => {
  const payer = new Uint8Array(16).fill(1);
  const payee = new Uint8Array(16).fill(2);
  const key = new Uint8Array(32).fill(3);
  const roundTrip = (/** @type {words.Payload} */ payload) => words.decodeTransaction(words.encodeTransaction(payload, 1234, new Uint8Array(8)));
  assert.deepEqual(roundTrip(words.transfer({ payer, payee, amount: 250, charge: { id: new Uint8Array(16).fill(9), expires: 99 } })).charge, { id: '09'.repeat(16), expires: 99 });
  assert.equal(hex(words.encodeTransaction(words.transfer({ payer, payee, amount: 250 }), 1234, new Uint8Array(8))),
    `a40114024800000000000000000319${'04d2'}04a30150${'01'.repeat(16)}0250${'02'.repeat(16)}0318fa`);
  assert.equal(roundTrip(words.refund({ account: payee, original: 7, amount: 100 })).original, 7);
  assert.equal(roundTrip(words.redeem(payee, 500)).amount, 500);
  assert.deepEqual(roundTrip(words.openAccount(key)).key, key);
  assert.deepEqual(roundTrip(words.addKey(payee, key, { scope: 'till', perDay: 5000 })).body.get(3), new Map([[1, 3], [3, 5000]]));
  assert.deepEqual(roundTrip(words.revokeKey(payee, key)).account, payee);
  assert.equal(roundTrip(words.transfers(payer, [{ payee, amount: 5 }])).list?.[0].amount, 5);
  assert.equal(roundTrip(words.approve(key)).proposal, '03'.repeat(32));
  assert.equal(roundTrip(words.propose(41, new Map(/** @type {[number, words.Cbor][]} */ ([[1, payee], [2, 1]])))).act?.name, 'suspend_account');
});

test('pay link: signed by the till, named by the association, in time', async () => {
  const fake = await FakeLedger.create();
  const till = await keyPair(4);
  const other = await keyPair(5);
  const payee = new Uint8Array(16).fill(2);
  const charge = { payee, amount: 1250, id: new Uint8Array(16).fill(8), expires: 1000, reference: 'Table 4' };
  const request = await words.signCharge(till.signer, fake.ledger, charge);
  const certificate = await fake.certificate(payee, till.publicKey, 'Boulangerie', 5000);
  const trust = { ...fake.trust, now: 500 };
  const read = await words.verifyPayLink(words.encodePayLink(request, certificate), trust);
  assert.equal(read.name, 'Boulangerie');
  assert.equal(read.amount, 1250);
  assert.equal(read.reference, 'Table 4');
  const fault = async (/** @type {string} */ link, /** @type {words.PayLinkFault} */ expected, at = 500) => {
    await assert.rejects(words.verifyPayLink(link, { ...trust, now: at }), (error) => error instanceof words.BadPayLink && error.fault === expected);
  };
  await fault(words.encodePayLink(request, certificate), 'expired', 1000);
  await fault(words.encodePayLink(request, certificate), 'certificate_ended', 6000);
  await fault(words.encodePayLink(request, await fake.certificate(payee, other.publicKey, 'X', 5000)), 'other_key');
  await fault(words.encodePayLink(request, await fake.certificate(new Uint8Array(16), till.publicKey, 'X', 5000)), 'other_key');
  const forged = await sign1(other.signer, 'certificate', fake.ledger, decodeSign1(certificate).payload);
  await fault(words.encodePayLink(request, forged), 'bad_certificate');
  await fault(words.encodePayLink(await words.signCharge(till.signer, new Uint8Array(32), charge), certificate), 'bad_signature');
  await fault('%%%', 'malformed');
});

test('receipts: each entry of each small tree, and every changed byte refused', async () => {
  const fake = await FakeLedger.create();
  const { signer } = await keyPair(1);
  for (let i = 0; i < 9; i++) {
    // Entry 0 stands for the genesis, which is signed before the ledger has an id.
    const ledger = i === 0 ? new Uint8Array(32) : fake.ledger;
    const payload = words.encodeTransaction(words.transfer({ payer: new Uint8Array(16), payee: new Uint8Array(16).fill(1), amount: 100 + i }), 10 ** 12);
    await fake.append(await sign1(signer, 'transaction', ledger, payload), 1000 + i, new Map([[5, i]]));
    for (let sequence = 0; sequence <= i; sequence++) {
      const facts = await verifyReceipt(await fake.receipt(sequence), fake.trust);
      assert.equal(facts.sequence, sequence);
      assert.equal(facts.words.amount, 100 + sequence);
      assert.equal(facts.outcome.fee, sequence);
      assert.equal(facts.checkpoint.size, i + 1);
    }
  }
  const receipt = await fake.receipt(5);
  for (let at = 0; at < receipt.length; at += 3) {
    const changed = new Uint8Array(receipt);
    changed[at] ^= 0x20;
    await assert.rejects(async () => verifyReceipt(changed, fake.trust), Error, `byte ${at}`);
  }
  await assert.rejects(verifyReceipt(receipt, { ledger: fake.ledger, checkpointKey: (await keyPair(2)).publicKey }));
  await assert.rejects(rootFromInclusion(3, 3, receipt.slice(0, 32), []));
});

test('checkpoint: lines of unknown witnesses are passed over', async () => {
  const fake = await FakeLedger.create();
  const { signer } = await keyPair(1);
  await fake.append(await sign1(signer, 'transaction', fake.ledger, new Uint8Array([0])), 1);
  const note = await fake.note();
  const witness = `— witness.example ${encodeBase64(new Uint8Array(76))}\n`;
  assert.equal((await verifyCheckpoint(note + witness, fake.ledger, fake.checkpoint.publicKey)).size, 1);
  await assert.rejects(verifyCheckpoint(note.replace('\n1\n', '\n2\n'), fake.ledger, fake.checkpoint.publicKey));
});

test('backup: fifteen groups, typed in any case, one wrong character noticed', () => {
  const ledger = hex(new Uint8Array(32).fill(0xa7));
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const groups = encodeBackup(seed, ledger);
  assert.equal(groups.length, 15);
  assert.deepEqual(decodeBackup(groups.join(' '), ledger), { seed });
  assert.deepEqual(decodeBackup(groups.join('-').toLowerCase(), ledger), { seed });
  const faultOf = (/** @type {string} */ text, on = ledger) => {
    const decoded = decodeBackup(text, on);
    return 'fault' in decoded ? decoded.fault : null;
  };
  assert.equal(faultOf(groups.slice(1).join(' ')), 'length');
  const text = groups.join('');
  for (let at = 0; at < text.length; at++) {
    const typo = text.slice(0, at) + (text[at] === 'Q' ? 'P' : 'Q') + text.slice(at + 1);
    assert.equal(faultOf(typo), 'mistyped');
  }
  assert.equal(faultOf(groups.join(' '), hex(new Uint8Array(32))), 'other_currency');
  assert.deepEqual(groupsToCheck(() => 0.999), [4, 9, 14]);
});

test('money: integer cents from text to text', () => {
  language.value = 'fr';
  for (const [text, cents] of [['12', 1200], ['12,5', 1250], ['12.50', 1250], ['0,01', 1], ['1 234,56', 123456], ['1\u202f234', 123400], ['١٢٫٥', 1250], ['10000000000', 10 ** 12]]) {
    assert.equal(parseAmount(String(text)), cents, String(text));
  }
  for (const bad of ['', '0', '-1', '1,234', '1.2.3', '1e3', 'abc', ',5', '10000000000,01', '99999999999']) assert.equal(parseAmount(bad), null, bad);
  for (const [text, cents] of [['0', 0], ['0,00', 0], ['-12,5', -1250], ['\u22123', -300], ['4 990', 499000]]) assert.equal(parseBalance(String(text)), cents, String(text));
  for (const bad of ['', '-', '--1', '1-', 'x']) assert.equal(parseBalance(bad), null, bad);
  assert.equal(formatAmount(123456789, { symbol: '€' }), '1\u202f234\u202f567,89\u00a0€');
  assert.equal(formatAmount(-5), '\u22120,05');
  assert.equal(formatAmount(5, { sign: true }), '+0,05');
  assert.deepEqual(amountParts(-100), { minus: true, whole: '1', decimal: ',', fraction: '00' });
  assert.throws(() => formatAmount(0.1));
  language.value = 'en';
  assert.equal(formatAmount(123456), '1,234.56');
  assert.equal(shareOf(999, 1, 5), 199);
  assert.equal(feeOn(999, { numerator: 3, denominator: 100, least: 10 }), 29);
  assert.equal(feeOn(100, { numerator: 3, denominator: 100, least: 10 }), 10);
  assert.equal(groupIban('FR7612345678901234567890123'), 'FR76 1234 5678 9012 3456 7890 123');
});

test('Basque dates are in Basque, also where the browser knows none', () => {
  const at = (/** @type {number} */ year, /** @type {number} */ month, /** @type {number} */ day) => new Date(year, month - 1, day, 18, 5).getTime();
  const sunday = at(2026, 11, 22);
  language.value = 'eu';
  try {
    assert.equal(formatDate(sunday), '2026ko azaroaren 22a');
    assert.equal(formatDate(at(2025, 5, 11)), '2025eko maiatzaren 11');
    assert.equal(formatDate(at(2031, 12, 31)), '2031ko abenduaren 31');
    assert.equal(formatDate(at(2041, 1, 1)), '2041eko urtarrilaren 1a');
    assert.equal(formatDateTime(sunday), '2026ko azaroaren 22a, 18:05');
    assert.equal(formatPlainDate(at(2026, 2, 3)), '2026/02/03');
    assert.equal(formatShortDate(sunday), 'aza. 22');
    assert.equal(formatMonth(sunday), '2026ko azaroa');
    assert.equal(formatDay(sunday, sunday), 'Gaur');
    assert.equal(formatDay(sunday, at(2026, 11, 23)), 'Atzo');
    assert.equal(formatDay(sunday, at(2026, 12, 24)), 'Azaroaren 22a, igandea');
    assert.equal(formatDay(sunday, at(2027, 1, 2)), '2026ko azaroaren 22a, igandea');
    assert.deepEqual([weekdayName(0), weekdayName(6)], ['astelehena', 'igandea']);
    assert.equal(formatAmount(123456789), '1.234.567,89');
  } finally {
    language.value = 'fr';
  }
});

test('server-sent events: split anywhere', () => {
  const stream = ': hi\n\nevent: entry\r\ndata: {"a":1}\r\n\r\ndata: 2\n\n';
  for (let at = 0; at <= stream.length; at++) {
    /** @type {[string, unknown][]} */
    const seen = [];
    const parse = eventParser((name, data) => seen.push([name, data]));
    parse(stream.slice(0, at));
    parse(stream.slice(at));
    assert.deepEqual(seen, [['entry', { a: 1 }], ['message', 2]], `split at ${at}`);
  }
});
