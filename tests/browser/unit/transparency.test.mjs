// What anyone can check: notes, witnesses, proofs, key chains, statements, balances. Made by a second implementation, read
// by the kit; and each of them refused as soon as anything in it is changed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex } from '../../../web/kit/hex.js';
import { signerOf } from '../../../web/kit/cose.js';
import { decodeCbor, encodeCbor } from '../../../web/kit/cbor.js';
import { isUnbroken, parseStatement, shortfallOf, verifyStatement } from '../../../web/kit/coverage.js';
import { importSeed } from '../../../web/kit/ed25519.js';
import { provedKeys, rotated } from '../../../web/kit/keychain.js';
import { approve, propose, signTransaction, transfer } from '../../../web/kit/ledger.js';
import { BadAnswer, openComplaint, signComplaint, verifyCounted } from '../../../web/kit/liability.js';
import { cosigned, openNote, parseVerifierKey, signedBy, verifierKeyText, witnessPolicy } from '../../../web/kit/note.js';
import { encodeFork, encodeReceiptFile, verifyFork, verifyReceiptFile, verifyShortReceipt } from '../../../web/kit/proof-file.js';
import { isConsistent } from '../../../web/kit/tlog.js';
import { FakeLedger, keyPair } from './fake-ledger.mjs';
import { cbor, consistency, cose, coseItem, cosignatureLine, keyOf, noteLine, root, sha, sumTree, vkey } from './independent.mjs';

const LEDGER = new Uint8Array(32).fill(7);
const ORIGIN = 'liard/0707070707070707';
const LOG = keyOf(99);
const ANNA = new Uint8Array(16).fill(1);

/** @param {number} count */
const leavesOf = (count) => Array.from({ length: count }, (_, at) => sha('leaf', String(at)));
/** @param {Buffer[]} leaves */
const bodyOf = (leaves) => `${ORIGIN}\n${leaves.length}\n${root(leaves).toString('base64')}\n`;

test('note: the ledger’s line and each witness’s line are found, and k of n different witnesses are counted', async () => {
  const body = bodyOf(leavesOf(5));
  const [vienne, roanne, givors] = [keyOf(11), keyOf(12), keyOf(13)];
  const names = [['vienne.example/t', vienne], ['roanne.example/t', roanne], ['givors.example/t', givors]];
  const keys = names.map(([name, key]) => vkey(/** @type {string} */ (name), 4, /** @type {any} */ (key)));
  const note = `${body}\n${noteLine(body, ORIGIN, LOG)}${cosignatureLine(body, 'vienne.example/t', vienne, 1_795_000_000)}${cosignatureLine(body, 'roanne.example/t', roanne, 1_795_000_007)}`;
  const log = await parseVerifierKey(vkey(ORIGIN, 1, LOG));
  assert.equal(verifierKeyText(log), vkey(ORIGIN, 1, LOG));
  assert.deepEqual(await signedBy(openNote(note), log), { seconds: null });
  const policy = await witnessPolicy([...keys, keys[0]], 2);
  assert.equal(policy.witnesses.length, 3, 'a witness that is named twice counts once');
  assert.deepEqual((await cosigned(note, policy)).map(({ witness, seconds }) => [witness.name, seconds]), [['vienne.example/t', 1_795_000_000], ['roanne.example/t', 1_795_000_007]]);
  assert.equal((await cosigned(note.replace('\n5\n', '\n6\n'), policy)).length, 0, 'a changed text is cosigned by nobody');
  await assert.rejects(signedBy(openNote(note.replace('\n5\n', '\n6\n')), log));
  await assert.rejects(witnessPolicy([vkey(ORIGIN, 1, LOG)], 1), 'a key of another kind is no witness');
});

test('note: a text that is no note, and a key whose id is of another key, are refused', async () => {
  for (const bad of ['', 'text', 'text\n', 'text\n\n', 'text\n\n— a\n', 'text\n\n- a AAAAAAAA\n', 'text\n\n— a AAAA\n', `${'x'.repeat(17_000)}\n\n— a AAAAAAAA\n`]) assert.throws(() => openNote(bad), Error, bad);
  const good = vkey('a.example', 4, LOG);
  for (const bad of [good.replace('a.example', 'b.example'), good.slice(0, -4), good.replace(/\+[0-9a-f]{8}\+/, '+00000000+'), 'a b+00000000+AAAA']) await assert.rejects(async () => parseVerifierKey(bad), Error, bad);
});

test('consistency: every pair of sizes up to 40, and no other history', async () => {
  for (let newer = 1; newer <= 40; newer++) {
    const leaves = leavesOf(newer);
    for (let older = 1; older <= newer; older++) {
      const heads = [{ size: older, root: root(leaves.slice(0, older)) }, { size: newer, root: root(leaves) }];
      const proof = consistency(older, leaves);
      assert.ok(await isConsistent(heads[0], heads[1], proof), `${older} → ${newer}`);
      assert.ok(!(await isConsistent({ ...heads[0], root: sha('other') }, heads[1], proof)), `${older} → ${newer}, other past`);
      assert.ok(!(await isConsistent(heads[0], { ...heads[1], root: sha('other') }, proof)));
      assert.ok(!(await isConsistent(heads[0], heads[1], [...proof, sha('more')])));
      if (proof.length > 0) assert.ok(!(await isConsistent(heads[0], heads[1], proof.slice(1))));
    }
  }
  assert.ok(!(await isConsistent({ size: 2, root: root(leavesOf(2)) }, { size: 1, root: root(leavesOf(1)) }, [])), 'a log that got shorter');
});

test('key chain: a rotation by one person, one by two, and a gap; nothing that was not executed', async () => {
  const fake = await FakeLedger.found();
  const first = fake.hexTrust;
  const firstKey = fake.trust.checkpointKey;
  await fake.rotate(await keyPair(98));
  const second = fake.hexTrust;

  const operators = [await keyPair(91), await keyPair(92)];
  const third = await keyPair(97);
  const proposed = await signTransaction(operators[0].signer, fake.ledger, propose(59, new Map([[1, third.publicKey]])), 10_000);
  const at = await fake.append(proposed, 3, new Map([[8, 1]]));
  const { transaction } = await (await import('../../../web/kit/receipt.js')).verifyReceipt(await fake.receipt(at), fake.trust);
  const approved = await fake.append(await signTransaction(operators[1].signer, fake.ledger, approve(Buffer.from(transaction, 'hex')), 10_000), 4, new Map([[13, at]]));
  const both = new Map([[1, await fake.receipt(approved)], [2, await fake.receipt(at)]]);
  const waiting = new Map([[1, await fake.receipt(at)]]);
  const genesis = fake.entries[0];
  const one = fake.rotations[0];

  const keys = async (/** @type {any[]} */ chain) => (await provedKeys(encodeCbor(chain), fake.ledger)).keys.map(hex);
  assert.deepEqual(await keys([genesis, one]), [first.checkpoint_key, second.checkpoint_key]);
  assert.deepEqual(await keys([genesis, one, both]), [first.checkpoint_key, second.checkpoint_key, hex(third.publicKey)]);
  await assert.rejects(keys([genesis, one, waiting]), 'a proposal that still waits rotates nothing');
  await assert.rejects(keys([genesis, both]), 'sealed by a key that is not yet proved');
  await assert.rejects(keys([genesis, one, new Map([[1, both.get(1)]])]), 'an approval without its proposal');
  await assert.rejects(keys([one]));
  const back = await fake.append(await signTransaction(operators[0].signer, fake.ledger, propose(59, new Map([[1, firstKey]])), 10_000), 5, new Map());
  await assert.rejects(keys([genesis, one, new Map([[1, await fake.receipt(back)]])]), 'a key that was replaced comes back');
  const gap = await provedKeys(encodeCbor([genesis, one, null, both]), fake.ledger);
  assert.deepEqual([gap.keys.length, gap.gap], [2, true]);
  await assert.rejects(provedKeys(encodeCbor([genesis]), LEDGER), 'the genesis of another ledger');

  const proved = await provedKeys(encodeCbor([genesis, one]), fake.ledger);
  assert.equal(rotated(first, second, proved), second);
  assert.equal(rotated(second, first, proved), null, 'an earlier key is no newer one');
  assert.equal(rotated(first, { ...second, checkpoint_key: hex(third.publicKey) }, proved), null);
  assert.equal(rotated(first, { ...second, ledger: 'ff'.repeat(32) }, proved), null);
});

/** @param {{number?: number, previous?: Buffer, total?: number, cover?: number, sum?: Buffer, time?: number}} [words] */
function statementOf({ number = 12, previous = Buffer.alloc(32, number === 1 ? 0 : 9), total = 1200, cover = 1200, sum = sha('sum'), time = 1_795_372_200_000 } = {}) {
  const verdict = cover >= total ? `surplus ${cover - total}` : `shortfall ${total - cover}`;
  return [
    `${ORIGIN}/coverage`, `statement ${number}`, `previous ${previous.toString('base64')}`, `time ${time}`, `checkpoint 1234 ${root(leavesOf(3)).toString('base64')}`,
    `digital circulation ${total} cover ${cover} in-transit 0 pledged 0 payable 100 fees-due 0 ${verdict}`,
    'paper circulation 500 cover 400 in-transit 0 pledged 0 payable 0 fees-due 0 shortfall 100',
    `bank 1 digital sight booked 5000 fund ${cover + 100} confirmed 4990 2026-11-21 ${'ab'.repeat(32)}`,
    'bank 2 paper savings booked 450 fund 450 unconfirmed',
    'bank 3 paper sight booked -50 fund -50 unconfirmed',
    `liabilities 1024 ${total} ${sum.toString('base64')}`, '',
  ].join('\n');
}

/** @param {string} body */
const signedStatement = (body, key = LOG) => `${body}\n${noteLine(body, `${ORIGIN}/coverage`, key)}`;
const TRUST = { ledger: LEDGER, keys: [LOG.key] };

test('coverage statement: read as it was written, and refused as soon as one line is another', async () => {
  const body = statementOf();
  const statement = await verifyStatement(signedStatement(body), TRUST);
  assert.equal(statement.hash, sha(body).toString('hex'));
  assert.deepEqual([statement.number, statement.checkpoint.size, statement.media.digital.surplus, statement.media.paper.surplus, shortfallOf(statement)], [12, 1234, 0, -100, 100]);
  assert.deepEqual(statement.banks[0].confirmed, { amount: 4990, date: '2026-11-21', file: 'ab'.repeat(32) });
  assert.deepEqual([statement.banks[1].booked, statement.banks[1].confirmed, statement.banks[2].fund], [450, null, -50], 'a fee may come after the fund had moved');
  for (const [from, to] of [
    ['shortfall 100', 'surplus 0'], ['surplus 0', 'surplus 1'], ['liabilities 1024 1200', 'liabilities 1024 1201'], ['fund 450', 'fund 451'], ['booked 450', 'booked 449'], ['booked 5000', 'booked 0'], ['booked 5000', 'booked -9999'], ['booked -50', 'booked -51'],
    ['statement 12', 'statement 012'], ['statement 12', 'statement 0'], ['bank 2', 'bank 1'], ['digital sight', 'digital cash'], ['\nbank', '\n\nbank'],
    ['cover 1200', 'cover  1200'], ['fees-due', 'fees'], ['paper circulation', 'digital circulation'], ['unconfirmed', 'confirmed 1'], ['pledged 0', 'pledged -100'], ['0707/coverage', '0708/coverage'],
    ['surplus 0', 'shortfall 0'], ['surplus 0', 'surplus -0'], ['time 1795372200000', 'time 1795372200000 '], ['statement 12', 'statement 1'], ['2026-11-21', '2026-02-30'], ['in-transit 0', 'in-transit 1'], ['1024', '1025'], ['1024', '512'], ['checkpoint 1234', 'checkpoint 0'], [/\n$/, ''],
  ]) assert.throws(() => parseStatement(body.replace(from, /** @type {string} */ (to)), LEDGER), Error, `${from} → ${to}`);
  await assert.rejects(verifyStatement(signedStatement(body, keyOf(3)), TRUST), 'another key');
  const note = signedStatement(body);
  for (let at = 0; at < note.length; at++) {
    const changed = note.slice(0, at) + (note[at] === '4' ? '5' : '4') + note.slice(at + 1);
    await assert.rejects(async () => verifyStatement(changed, TRUST), Error, `character ${at}`);
  }
});

test('coverage statement: a series names itself without a gap', async () => {
  const one = await verifyStatement(signedStatement(statementOf({ number: 1 })), TRUST);
  const two = await verifyStatement(signedStatement(statementOf({ number: 2, previous: Buffer.from(one.hash, 'hex') })), TRUST);
  await assert.rejects(verifyStatement(signedStatement(statementOf({ number: 1, previous: Buffer.alloc(32, 1) })), TRUST), 'the first statement follows none');
  const stranger = await verifyStatement(signedStatement(statementOf({ number: 2 })), TRUST);
  assert.ok(isUnbroken([two, one]));
  assert.ok(!isUnbroken([stranger, one]));
  assert.ok(isUnbroken([two]) && isUnbroken([]));
});

/** A statement, and the association's answer about Anna. @param {{balance?: number, amounts?: number[], change?: (paths: any[]) => any[], signer?: any}} [words] */
async function counted({ balance = 700, amounts = [300, 0, 400], change = (paths) => paths, signer = LOG } = {}) {
  const mine = amounts.map((amount, at) => ({ index: 5 + 100 * at, account: ANNA, amount }));
  const tree = sumTree(LEDGER, 12, [...mine, { index: 1023, account: new Uint8Array(16).fill(2), amount: 1200 - mine.reduce((sum, { amount }) => sum + amount, 0) }]);
  const statement = await verifyStatement(signedStatement(statementOf({ sum: tree.root.hash, total: tree.root.sum })), TRUST);
  const parts = cbor(change(mine.map(tree.path)));
  const payload = cbor(new Map(/** @type {[number, unknown][]} */ ([[1, 12], [2, Buffer.from(statement.hash, 'hex')], [3, ANNA], [4, balance], [5, sha(parts)]])));
  return { statement, answer: cbor([coseItem(signer, 'liability', LEDGER, payload), parts]) };
}

/** @param {Awaited<ReturnType<typeof counted>>} given @param {number} [balance] @param {Uint8Array} [account] */
const judge = ({ statement, answer }, balance = 700, account = ANNA) => verifyCounted(answer, { statement, ...TRUST, account, balance });
/** @param {Promise<unknown>} step */
const reasonOf = (step) => step.then(() => 'counted', (fault) => (fault instanceof BadAnswer ? fault.reason : String(fault)));

test('liabilities: a balance in three parts is counted', async () => {
  assert.equal((await judge(await counted())).balance, 700);
  assert.equal((await judge(await counted({ balance: 0, amounts: [] }), 0)).paths.length, 0);
});

test('liabilities: each lie has its reason', async () => {
  assert.equal(await reasonOf(judge(await counted(), 701)), 'other_balance');
  assert.equal(await reasonOf(judge(await counted({ balance: 800 }), 800)), 'parts_differ');
  assert.equal(await reasonOf(judge(await counted({ change: ([one]) => [one, one] }))), 'parts_differ', 'one part shown twice');
  assert.equal(await reasonOf(judge(await counted({ signer: keyOf(3) }))), 'no_answer');
  assert.equal(await reasonOf(judge(await counted(), 700, new Uint8Array(16).fill(2))), 'no_answer', 'about somebody else');
  for (const spoil of [
    (/** @type {Map<number, any>} */ path) => path.set(1, path.get(1) + 1),
    (/** @type {Map<number, any>} */ path) => path.set(1, path.get(1) + 1024),
    (/** @type {Map<number, any>} */ path) => path.set(2, Buffer.alloc(16)),
    (/** @type {Map<number, any>} */ path) => path.get(4)[3].splice(0, 1, 1),
    (/** @type {Map<number, any>} */ path) => path.get(4)[9].splice(1, 1, Buffer.alloc(32)),
    (/** @type {Map<number, any>} */ path) => path.get(4).push([0, Buffer.alloc(32)]),
  ]) {
    const lie = await counted({ change: (paths) => { spoil(paths.at(-1)); return paths; } });
    assert.equal(await reasonOf(judge(lie)), 'path_wrong', String(spoil));
  }
  const honest = await counted();
  for (let at = 0; at < honest.answer.length; at += 5) {
    const changed = new Uint8Array(honest.answer);
    changed[at] ^= 1;
    assert.equal(await reasonOf(judge({ ...honest, answer: changed })), 'no_answer', `byte ${at}`);
  }
});

test('complaint: says what the member holds, over exactly this evidence', async () => {
  const { statement, answer } = await counted({ balance: 600, amounts: [600] });
  const { privateKey, publicKey } = await importSeed(new Uint8Array(32).fill(21));
  const bytes = await signComplaint(signerOf(privateKey, publicKey), { ledger: LEDGER, statement, account: ANNA, balance: 700, reason: 'other_balance', time: 5, answer, receipts: [new Uint8Array([1])] });
  const complaint = await openComplaint(bytes, LEDGER);
  assert.deepEqual([complaint.reason, complaint.balance, complaint.statementNumber, complaint.key, complaint.note], ['other_balance', 700, 12, hex(publicKey), statement.note]);
  assert.equal((await openComplaint(await signComplaint(signerOf(privateKey, publicKey), { ledger: LEDGER, statement, account: ANNA, balance: 700, reason: 'no_answer', time: 5, answer: null, receipts: [] }), LEDGER)).answer, null);
  const another = await signComplaint(signerOf(privateKey, publicKey), { ledger: LEDGER, statement: { ...statement, number: 11 }, account: ANNA, balance: 700, reason: 'no_answer', time: 5, answer: null, receipts: [] });
  await assert.rejects(openComplaint(another, LEDGER), /another number/);
  const [message, note, , receipts] = /** @type {any} */ (decodeCbor(bytes, { nulls: true }));
  await assert.rejects(openComplaint(encodeCbor([message, note, null, receipts]), LEDGER), 'evidence was taken out');
  await assert.rejects(openComplaint(encodeCbor([message, note, answer, []]), LEDGER));
  await assert.rejects(openComplaint(bytes, new Uint8Array(32)));
});

test('short receipt: fits a QR code, and is refused with any changed byte', async () => {
  const payload = cbor(new Map(/** @type {[number, unknown][]} */ ([[1, 41], [2, 1_795_000_000_000], [3, ANNA], [4, 350], [5, sha('transaction')], [6, Buffer.alloc(16, 4)]])));
  const short = cose(LOG, 'short-receipt', LEDGER, payload);
  assert.ok(short.length < 260, String(short.length));
  assert.deepEqual(await verifyShortReceipt(short, TRUST), { sequence: 41, time: 1_795_000_000_000, payee: ANNA, amount: 350, transaction: sha('transaction').toString('hex'), charge: '04'.repeat(16) });
  for (let at = 0; at < short.length; at++) {
    const changed = new Uint8Array(short);
    changed[at] ^= 1;
    await assert.rejects(async () => verifyShortReceipt(changed, TRUST), Error, `byte ${at}`);
  }
});

test('receipt file: stands on its own, from the ledger’s id to the entry', async () => {
  const fake = await FakeLedger.found();
  const payer = await keyPair(5);
  const sequence = await fake.append(await signTransaction(payer.signer, fake.ledger, transfer({ payer: ANNA, payee: new Uint8Array(16), amount: 350 }), 9_000), 2);
  const early = await fake.receipt(sequence);
  await fake.rotate(await keyPair(98));
  for (const receipt of [early, await fake.receipt(sequence)]) {
    const { facts, ledger } = await verifyReceiptFile(encodeReceiptFile({ ledger: fake.ledger, chain: fake.chain(), receipt }));
    assert.deepEqual([facts.words.amount, hex(ledger)], [350, hex(fake.ledger)]);
  }
  await assert.rejects(verifyReceiptFile(encodeReceiptFile({ ledger: LEDGER, chain: fake.chain(), receipt: early })), 'under another ledger’s id');
});

test('fork: two signed histories convince, and nothing less does', async () => {
  const [mine, theirs] = [leavesOf(6), [...leavesOf(4), sha('rewritten'), ...leavesOf(9).slice(5)]];
  const note = (/** @type {Buffer[]} */ leaves, key = LOG) => `${bodyOf(leaves)}\n${noteLine(bodyOf(leaves), ORIGIN, key)}`;
  const fork = { key: vkey(ORIGIN, 1, LOG), noteA: note(mine), noteB: note(theirs), root: root(theirs.slice(0, 6)), proof: consistency(6, theirs) };
  assert.equal((await verifyFork(encodeFork(fork))).newer.size, 9);
  await verifyFork(encodeFork({ ...fork, noteB: note(theirs.slice(0, 6)), proof: [] }));
  await assert.rejects(verifyFork(encodeFork({ ...fork, noteA: note(theirs.slice(0, 6)) })), 'the histories agree');
  await assert.rejects(verifyFork(encodeFork({ ...fork, noteB: note(theirs, keyOf(3)) })), 'signed by somebody else');
  await assert.rejects(verifyFork(encodeFork({ ...fork, root: sha('invented') })), 'an invented root');
  await assert.rejects(verifyFork(encodeFork({ ...fork, proof: fork.proof.slice(1) })));
});
