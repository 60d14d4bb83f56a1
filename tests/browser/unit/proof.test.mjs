// What turns a till green: a receipt of this very payment, under the association's key. Nothing else does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeBase64url } from '../../../web/kit/base64url.js';
import { encodeBech32m } from '../../../web/kit/bech32m.js';
import { hex } from '../../../web/kit/hex.js';
import { seedOf } from '../../../web/kit/keys.js';
import { signTransaction, transfer } from '../../../web/kit/ledger.js';
import { NotProved, Shop } from '../../../web/till/shop.js';
import { FakeLedger, keyPair } from './fake-ledger.mjs';

const PAYER = new Uint8Array(16).fill(1);
const SHOP = new Uint8Array(16).fill(2);
const OTHER = new Uint8Array(16).fill(3);
const CHARGE = new Uint8Array(16).fill(4);
/** What the till signed. */
const REQUEST = { id: hex(CHARGE), payee: SHOP, amount: 1250, expires: 9_000 };

async function world() {
  const fake = await FakeLedger.create();
  const payer = await keyPair(5);
  const till = await keyPair(6);
  /** @param {{payee?: Uint8Array, amount?: number, id?: Uint8Array | null, expires?: number}} [change] @returns {Promise<number>} its sequence */
  const pay = async ({ payee = SHOP, amount = 1250, id = CHARGE, expires = 9_000 } = {}) => {
    const words = transfer({ payer: PAYER, payee, amount, charge: id ? { id, expires } : undefined });
    return fake.append(await signTransaction(payer.signer, fake.ledger, words, 10_000), 5_000);
  };
  const shop = new Shop(/** @type {any} */ ({
    ledger: { ...fake.hexTrust, prefix: 'dem' },
    wallet: { key: hex(till.publicKey) },
    session: { bytes: () => { throw new Error('the receipt came along'); } },
    account: encodeBech32m('dem', SHOP),
    readLedger: async () => fake.hexTrust,
    readKeys: async () => fake.chain(),
  }));
  /** What the server says about the request. @param {number} sequence @param {Partial<import('../../../web/till/shop.js').Charge>} [change] */
  const told = async (sequence, change = {}) => /** @type {import('../../../web/till/shop.js').Charge} */ ({
    id: hex(CHARGE), amount: 1250, state: 'paid', sequence, receipt: encodeBase64url(await fake.receipt(sequence)), ...change,
  });
  return { fake, pay, shop, told };
}

test('a receipt of this payment is the proof', async () => {
  const { pay, shop, told } = await world();
  await pay({ id: new Uint8Array(16) });
  const { facts } = await shop.proofOf(REQUEST, await told(await pay()));
  assert.equal(facts.sequence, 1);
  assert.equal(facts.words.amount, 1250);
});

test('a receipt of anything else is none', async () => {
  const { fake, pay, shop, told } = await world();
  for (const [what, sequence] of /** @type {[string, number][]} */ ([
    ['another request', await pay({ id: new Uint8Array(16).fill(8) })],
    ['no request', await pay({ id: null })],
    ['a smaller amount', await pay({ amount: 1249 })],
    ['another payee', await pay({ payee: OTHER })],
    ['another end', await pay({ expires: 9_001 })],
  ])) await assert.rejects(shop.proofOf(REQUEST, await told(sequence)), NotProved, what);
  // The server may tell of another amount: what the till signed is what counts.
  await assert.rejects(shop.proofOf(REQUEST, await told(await pay({ amount: 1 }), { amount: 1 })), NotProved, 'the server’s amount');

  const good = await pay();
  await assert.rejects(shop.proofOf(REQUEST, await told(good, { sequence: null })), NotProved, 'no entry');
  await assert.rejects(shop.proofOf(REQUEST, await told(good, { sequence: good - 1 })), NotProved, 'another entry');
  await assert.rejects(shop.proofOf(REQUEST, await told(good, { receipt: 'AAAA' })), NotProved, 'no receipt at all');
  fake.checkpoint = await keyPair(98);
  await assert.rejects(shop.proofOf(REQUEST, await told(good)), NotProved, 'a checkpoint of somebody else');
});

test('a key file holds 64 hexadecimal digits, and nothing else', () => {
  assert.equal(seedOf(`  ${'0aF9'.repeat(16)}\n`)?.length, 32);
  for (const bad of ['', 'ab', 'g'.repeat(64), 'a'.repeat(63), 'a'.repeat(66)]) assert.equal(seedOf(bad), null);
});
