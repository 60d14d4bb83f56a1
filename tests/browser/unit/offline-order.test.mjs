// The order of a payer without network, as a till reads it: both signatures, one key, and nothing else in the code; and the caps within
// which a shop may take it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './fake-browser.mjs';
import { FakeLedger, keyPair } from './fake-ledger.mjs';

const { now } = await import('../../../web/kit/api.js');
const { encodeCbor } = await import('../../../web/kit/cbor.js');
const { sign1 } = await import('../../../web/kit/cose.js');
const { hex } = await import('../../../web/kit/hex.js');
const { UnknownCheckpointKey, signTransaction, transfer } = await import('../../../web/kit/ledger.js');
const { BadOrder, encodeOrderText, isOrderText, verifyOrderText } = await import('../../../web/kit/offline-order.js');
const { obstacleTo, takeOrder, taken, upload } = await import('../../../web/till/apart.js');
const { phase } = await import('../../../web/till/state.js');

const PAYER = new Uint8Array(16).fill(1);
const SHOP = new Uint8Array(16).fill(2);
const DAY_MS = 24 * 3_600_000;
const CHARGE = { id: new Uint8Array(16).fill(3), expires: now() + 6 * DAY_MS };

/** @param {{key?: Uint8Array, account?: Uint8Array, cap?: number, validUntil?: number, issuer?: number}} [word] what the certificate says else */
async function order(word = {}) {
  const ledger = await FakeLedger.create();
  const payer = await keyPair(5);
  const issuer = word.issuer ? await keyPair(word.issuer) : ledger.checkpoint;
  const bytes = await signTransaction(payer.signer, ledger.ledger, transfer({ payer: PAYER, payee: SHOP, amount: 350, charge: CHARGE }), CHARGE.expires);
  const { key = payer.publicKey, account = PAYER, cap = 5_000, validUntil = now() + 60_000 } = word;
  const certificate = await sign1(issuer.signer, 'spending', ledger.ledger, encodeCbor(new Map(/** @type {[number, any][]} */ ([[1, account], [2, key], [3, cap], [4, validUntil]]))));
  const trust = { ledger: ledger.ledger, keys: [ledger.checkpoint.publicKey] };
  return { text: encodeOrderText(bytes, certificate), trust, payer };
}

/** @param {string} fault */
const refused = (fault) => (/** @type {unknown} */ error) => error instanceof BadOrder && error.fault === fault;

test('an order is read with what it says, in the characters that a QR code packs best', async () => {
  const { text, trust, payer } = await order();
  assert.match(text, /^LIARD\/O:[0-9A-Z $%*+\-./:]+$/);
  assert.ok(text.length < 700, String(text.length));
  const read = await verifyOrderText(text, trust);
  assert.deepEqual([read.amount, read.charge, read.validUntil, read.cap, read.key], [350, { id: hex(CHARGE.id), expires: CHARGE.expires }, CHARGE.expires, 5_000, hex(payer.publicKey)]);
});

test('whatever is changed in the code, it is no order', async () => {
  const { text, trust } = await order();
  for (let at = 8; at < text.length; at += 7) {
    const other = text[at] === 'A' ? 'B' : 'A';
    await assert.rejects(verifyOrderText(text.slice(0, at) + other + text.slice(at + 1), trust), `character ${at}`);
  }
  await assert.rejects(verifyOrderText(text.slice(0, -3), trust), BadOrder);
  assert.equal(isOrderText('https://liard.example/wallet/#pay=x'), false);
});

test('a word of the association for another key or account, or of somebody else, is none', async () => {
  const stranger = await keyPair(8);
  for (const word of [{ key: stranger.publicKey }, { account: SHOP }]) {
    const { text, trust } = await order(word);
    await assert.rejects(verifyOrderText(text, trust), refused('other_key'));
  }
  const { text, trust } = await order({ issuer: 9 });
  await assert.rejects(verifyOrderText(text, trust), UnknownCheckpointKey);
});

test('a shop takes no more without network than the association vouches for, from a payer and in a day', async () => {
  const open = (/** @type {any} */ offline) => { phase.value = /** @type {any} */ ({ name: 'ready', shop: { ledger: { offline } }, shopName: '' }); };
  const { text, trust } = await order({ cap: 1_000 });
  const read = await verifyOrderText(text, trust);
  const before = (/** @type {string} */ payer, /** @type {number} */ amount, state = 'waiting') =>
    /** @type {any} */ ({ id: payer + amount, kind: 'order', payer, state, at: now(), request: { amount } });
  open(null);
  assert.equal(obstacleTo(read), 'off');
  open({ per_wallet: 5_000, per_till_day: 2_000, days: 7 });
  taken.value = [];
  assert.equal(obstacleTo(read), null);
  taken.value = [before(read.key, 650)];
  assert.equal(obstacleTo(read), null, 'to the cent');
  taken.value = [before(read.key, 651)];
  assert.equal(obstacleTo(read), 'over_cap');
  taken.value = [before(read.key, 651, 'confirmed')];
  assert.equal(obstacleTo(read), null, 'what was confirmed is no risk');
  taken.value = [before('another', 1_651)];
  assert.equal(obstacleTo(read), 'over_day');
  taken.value = [];
  assert.equal(obstacleTo({ ...read, certified: now() - 1 }), 'certificate_ended');
  open({ per_wallet: 349, per_till_day: 2_000, days: 7 });
  assert.equal(obstacleTo(read), 'over_cap', 'the smaller cap counts');
});

test('the keys of one account share one cap at a till', async () => {
  phase.value = /** @type {any} */ ({ name: 'ready', shop: { ledger: { offline: { per_wallet: 1_000, per_till_day: 9_000, days: 7 } } }, shopName: '' });
  const { text, trust } = await order();
  const read = await verifyOrderText(text, trust);
  const before = (/** @type {Uint8Array} */ account) =>
    /** @type {any} */ ({ id: 'a', kind: 'order', payer: 'another key', account: hex(account), state: 'waiting', at: now(), request: { amount: 651 } });
  taken.value = [before(PAYER)];
  assert.equal(obstacleTo(read), 'over_cap', 'another key, the same account');
  taken.value = [before(SHOP)];
  assert.equal(obstacleTo(read), null, 'another account');
  taken.value = [];
});

test('what the shop lets a till take per ticket counts every part of the sale that is not certain', async () => {
  const { saveSetup } = await import('../../../web/till/setup.js');
  const { text, trust } = await order();
  const read = await verifyOrderText(text, trust);
  const session = { json: async (/** @type {string} */ _path, /** @type {any} */ options) => ({ version: 1, value: options?.json?.value ?? { per_ticket: read.amount + 100, per_day: null } }) };
  phase.value = /** @type {any} */ ({ name: 'ready', shop: { account: 'limited', session, wallet: { key: 'aa' }, ledger: { offline: { per_wallet: 1_000, per_till_day: 9_000, days: 7 } }, refundRequests: async () => [], day: async () => ({}) }, shopName: '' });
  await saveSetup('limits', { per_ticket: read.amount + 100, per_day: null });
  assert.equal(obstacleTo(read, 100), null);
  assert.equal(obstacleTo(read, 101), 'over_own_ticket');
  await saveSetup('limits', { per_ticket: null, per_day: null });
});

test('an order that a long cut outlasts is not taken at risk', async () => {
  phase.value = /** @type {any} */ ({ name: 'ready', shop: { ledger: { offline: { per_wallet: 1_000, per_till_day: 9_000, days: 7 } } }, shopName: '' });
  const { text, trust } = await order();
  const read = await verifyOrderText(text, trust);
  assert.equal(obstacleTo({ ...read, validUntil: now() + 5 * 60_000 }), 'ends_soon');
  assert.equal(obstacleTo({ ...read, validUntil: now() + DAY_MS - 1_000 }), 'ends_soon');
  assert.equal(obstacleTo({ ...read, validUntil: now() + DAY_MS + 60_000 }), null);
  assert.equal(obstacleTo({ ...read, charge: { ...read.charge, expires: now() + 5 * 60_000 } }), 'ends_soon', 'of a request that ends');
});

/** A till whose first request was replaced by one that lasts, and what it did. @param {string} state of the first on the server @param {number} ended how long ago the first ended, ms */
async function replaced(state, ended) {
  const { text, trust } = await order();
  const read = await verifyOrderText(text, trust);
  const request = { id: read.charge.id, payee: SHOP, amount: 350, expires: read.charge.expires };
  const former = { ...request, id: '07', expires: now() - ended };
  /** @type {string[]} */
  const did = [];
  const reader = {
    ledger: { offline: null }, wallet: { key: 'till' },
    charge: async (/** @type {string} */ id) => { did.push(`ask ${id}`); return { state, sequence: 8 }; },
    cancel: async (/** @type {string} */ id) => { did.push(`cancel ${id}`); return { state: 'cancelled', sequence: null }; },
    proofOf: async () => ({ facts: { sequence: 8 } }),
    announce: async () => { did.push('announce'); },
    submitOrder: async () => { did.push('submit'); return { state: 'done', proof: { facts: { sequence: 9 } } }; },
    refundRequests: async () => [], day: async () => ({ charges: [] }),
  };
  phase.value = /** @type {any} */ ({ name: 'ready', shop: reader, shopName: '' });
  taken.value = [];
  await takeOrder({ request, bytes: new Uint8Array(1), link: '' }, '', read, former);
  await upload();
  const [one] = taken.value;
  taken.value = [];
  return { did, one };
}

test('of two requests for one sale the till brings an order for the second only when the first was not paid', async () => {
  const paid = await replaced('paid', 10 * 60_000);
  assert.deepEqual(paid.did, ['ask 07']);
  assert.deepEqual([paid.one.state, paid.one.byFormer, paid.one.sequence], ['confirmed', true, 8]);
  const unpaid = await replaced('expired', 10 * 60_000);
  assert.deepEqual(unpaid.did, ['ask 07', 'announce', 'submit']);
  assert.deepEqual([unpaid.one.state, unpaid.one.byFormer, unpaid.one.sequence], ['confirmed', undefined, 9]);
  const early = await replaced('open', -60_000);
  assert.deepEqual([early.did, early.one.state], [[], 'waiting'], 'the first can still be paid: the second waits');
});
