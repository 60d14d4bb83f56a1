// What a till that was switched off took without network: brought to the ledger without a session, each once.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from './fake-browser.mjs';

const { now } = await import('../../../web/kit/api.js');
const { readAll, write } = await import('../../../web/kit/store.js');
const { loadTaken, stranded, taken, uploadOrders } = await import('../../../web/till/apart.js');

/** @param {string} id @param {object} [more] @returns {any} */
const one = (id, more = {}) => ({
  id, till: 'mine', kind: 'order', request: { id: `c-${id}`, payee: new Uint8Array(16), amount: 300, expires: now() + 60_000 }, announcement: new Uint8Array(1), reference: '',
  order: new Uint8Array([id.charCodeAt(0)]), certificate: new Uint8Array(1), payer: 'p', at: now(), validUntil: now() + 60_000, state: 'waiting', sequence: null, ...more,
});

/** @param {any[]} answers */
function reader(answers) {
  /** @type {string[]} */
  const asked = [];
  return { asked, submitOrder: async (/** @type {Uint8Array} */ order) => { asked.push(String.fromCharCode(order[0])); return answers.shift(); } };
}

beforeEach(async () => {
  clear();
  for (const kept of [one('a', { at: now() - 3 }), one('b', { at: now() - 2 }), one('c', { at: now() - 1 }), one('p', { kind: 'proved', order: null }), one('d', { state: 'confirmed' }), one('x', { till: 'other' })]) {
    await write('offline', `taken:${kept.id}`, kept);
  }
  await loadTaken('mine');
});

test('only orders without an answer are stranded; they are brought oldest first, and what came of each is kept', async () => {
  assert.deepEqual(stranded.value.map(({ id }) => id), ['c', 'b', 'a']);
  const shop = reader([{ state: 'done', proof: { facts: { sequence: 12 } } }, { state: 'refused', code: 'balance_insufficient' }, { state: 'refused', code: 'expired' }]);
  assert.equal(await uploadOrders(shop), true);
  assert.deepEqual(shop.asked, ['a', 'b', 'c']);
  const kept = new Map(/** @type {any[]} */ (await readAll('offline')).map((each) => [each.id, each]));
  assert.deepEqual([kept.get('a').state, kept.get('a').sequence, kept.get('b').state, kept.get('b').code, kept.get('c').state], ['confirmed', 12, 'refused', 'balance_insufficient', 'late']);
  assert.equal(stranded.value.length, 0);
});

test('without an answer the orders stay as they are', async () => {
  const shop = reader([{ state: 'done', proof: { facts: { sequence: 12 } } }, { state: 'unknown' }]);
  assert.equal(await uploadOrders(shop), false);
  assert.deepEqual(stranded.value.map(({ id }) => id), ['c', 'b']);
  assert.equal(taken.value.find(({ id }) => id === 'a')?.state, 'confirmed');
});
