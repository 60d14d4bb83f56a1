// The golden vectors of the formats against web/kit, and against an independent CBOR library.

import test from 'node:test';
import assert from 'node:assert/strict';
import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { unhex, hex } from '../../../web/kit/hex.js';
import { actWords } from '../../../web/kit/acts.js';
import { decodeCbor } from '../../../web/kit/cbor.js';
import { choose, decodeOutcome, decodeTransaction, encodeTransaction, redeemAbove, signMandate } from '../../../web/kit/ledger.js';
import { signerOf } from '../../../web/kit/cose.js';
import { importSeed } from '../../../web/kit/ed25519.js';
import { checkGolden, goldenLines } from '../golden.mjs';

test('the kit signs, verifies and encodes the golden vectors byte for byte', async () => {
  const base = new URL('../../../web/kit', import.meta.url).href;
  const { checked, wrong } = await checkGolden({ base, lines: goldenLines() });
  assert.deepEqual(wrong, []);
  assert.ok(checked > 50);
});

test('an independent CBOR library reads the golden payloads and writes the same bytes', () => {
  const payloads = goldenLines().filter(([name]) => name.endsWith('.payload') || name.endsWith('.cose'));
  for (const [name, value] of payloads.filter(([key]) => !key.startsWith('refused.'))) {
    const item = decode(unhex(value), { strict: true, useMaps: true, allowIndefinite: false });
    assert.equal(hex(encode(item, rfc8949EncodeOptions)), value, name);
  }
});

test('what members say once and for all is written as the golden vectors have it, and read back', () => {
  const vectors = new Map(goldenLines());
  const [anna, shop] = ['anna', 'shop'].map((name) => unhex(vectors.get(`account.${name}`) ?? ''));
  for (const [name, payload] of /** @type {const} */ ([
    ['choose', choose(anna, [shop, new Uint8Array(16).fill(7)])],
    ['choose.nobody', choose(anna, [])],
    ['redeem_above', redeemAbove(shop, 50_000)],
    ['redeem_above.ends', redeemAbove(shop)],
  ])) {
    const golden = vectors.get(`${name}.payload`) ?? '';
    const { validUntil, nonce, name: kind } = decodeTransaction(unhex(golden));
    assert.equal(hex(encodeTransaction(payload, validUntil, unhex(nonce))), golden, name);
    assert.equal(kind, name.split('.')[0]);
  }
  const words = (/** @type {string} */ name) => decodeTransaction(unhex(vectors.get(`${name}.payload`) ?? ''));
  assert.deepEqual([words('redeem_above').keep, words('redeem_above.ends').keep], [50_000, undefined]);
  assert.deepEqual(words('choose').associations?.map(hex), [hex(shop), '07'.repeat(16)]);
});

test('a mandate is signed as the golden vectors have it, whatever the spaces and the case of the IBAN', async () => {
  const vectors = new Map(goldenLines());
  const bytes = (/** @type {string} */ name) => unhex(vectors.get(name) ?? '');
  const signer = signerOf((await importSeed(bytes('key.anna.secret'))).privateKey, bytes('key.anna.public'));
  const words = { account: bytes('account.anna'), holder: 'Anna Müller', iban: 'fr14 2004 1010 0505 0001 3M02 606', creditor: 'FR72ZZZ123456', amount: 4_000, day: 12, time: 1_767_225_600_000 };
  assert.equal(hex(await signMandate(signer, bytes('genesis.id'), words)), vectors.get('mandate.cose'));
});

test('an outcome names what associations got', () => {
  const vectors = new Map(goldenLines());
  const { given, fee } = decodeOutcome(decodeCbor(unhex(vectors.get('outcome.given') ?? '')));
  const rows = given.map(({ account, cents, members }) => [hex(account), cents, members]).sort();
  const [anna, shop] = ['anna', 'shop'].map((name) => vectors.get(`account.${name}`));
  assert.deepEqual(rows, [[anna, 12, 0], [shop, 65_536, 30]].sort());
  assert.equal(fee, 50);
});

test('the rules of the golden vectors are told with all that they say', () => {
  const vectors = new Map(goldenLines());
  /** @param {string} name @returns {any} */
  const told = (name) => {
    const { act } = decodeTransaction(unhex(vectors.get(`act.${name}.payload`) ?? ''));
    return actWords(act?.kind ?? 0, act?.body ?? new Map(), 'dem');
  };
  const table = told('publish_campaign.with_steps_and_sponsor');
  assert.deepEqual([table.steps, table.sponsor], [[[5000, 10, 100], [8000, 0, 100]], 9]);
  assert.deepEqual([told('publish_campaign').steps, told('publish_campaign').sponsor], [[], null]);
  const fee = told('publish_fee.with_a_share_given');
  assert.deepEqual([fee.given_numerator, fee.given_denominator, fee.beneficiary?.slice(0, 4)], [3, 100, 'dem1']);
  assert.deepEqual(told('order_redemptions').redemptions, [9, 12, 300]);
  assert.equal(told('publish_gift').least_members, 30);
});
