// What a wallet sets aside: whatever it signed that can still come into force, and each amount once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './fake-browser.mjs';

const { mayStillBeTaken, renewIn, setAside } = await import('../../../web/wallet/offline.js');

const NOW = 1_800_000_000_000;
/** @param {Record<string, any>} [more] @returns {any} */
const sent = (more = {}) => ({ id: 'a', state: 'unknown', validUntil: NOW + 1, about: { kind: 'transfer', amount: 300 }, ...more });
/** @param {any[]} outbox @param {{signed?: {id: string, amount: number}[], recorded?: string[], time?: number}} [more] */
const aside = (outbox, { signed = [], recorded = [], time = NOW } = {}) => setAside({ signed, outbox, recorded: new Set(recorded), time });

test('every outgoing order without an answer is set aside, until a line holds it', () => {
  assert.equal(aside([sent(), sent({ id: 'b', about: { kind: 'redeem', amount: 50 } })]), 350);
  assert.equal(aside([sent(), sent({ id: 'b', about: { kind: 'add_key' } })]), 300);
  assert.equal(aside([sent()], { recorded: ['a'] }), 0);
});

test('an order that is shown to a till and was sent as well counts once', () => {
  assert.equal(aside([sent()], { signed: [{ id: 'a', amount: 300 }] }), 300);
  assert.equal(aside([sent({ state: 'refused' })], { signed: [{ id: 'c', amount: 20 }] }), 20);
});

test('a refused order that a till holds stays set aside until its end, unless it can never come into force', () => {
  const held = sent({ state: 'refused', code: 'balance_insufficient', about: { kind: 'transfer', amount: 300, offline: true } });
  assert.equal(aside([held]), 300);
  assert.equal(aside([held], { time: NOW + 1 }), 0);
  assert.equal(aside([held], { recorded: ['a'] }), 0);
  for (const code of ['expired', 'charge_expired', 'charge_answered']) assert.equal(mayStillBeTaken({ ...held, code }, NOW), false, code);
  assert.equal(mayStillBeTaken(sent({ state: 'refused', code: 'balance_insufficient' }), NOW), false);
});

test('the word on what may be paid without network is renewed a minute after the last one when the balance changed, else after a day', () => {
  const word = { cap: 0, at: NOW };
  assert.equal(renewIn(null, 500, NOW), 0);
  assert.equal(renewIn(word, 500, NOW + 20_000), 40_000);
  assert.equal(renewIn(word, 500, NOW + 60_000), 0);
  assert.equal(renewIn(word, 0, NOW + 60_000), 24 * 3_600_000 - 60_000);
});

test('an order that was sent does not make room for itself where more is set aside than there is', async () => {
  const state = await import('../../../web/wallet/state.js');
  const { available, obstacle, spending } = await import('../../../web/wallet/offline.js');
  const { now } = await import('../../../web/kit/api.js');
  const order = /** @type {any} */ ({ kind: 'shop', amount: 300, charge: { id: new Uint8Array(16), expires: now() + 60_000 } });
  state.ledger.value = /** @type {any} */ ({ offline: { per_wallet: 5_000, per_till_day: 5_000, days: 7 } });
  spending.value = /** @type {any} */ ({ cap: 5_000, validUntil: now() + 60_000, at: now() });
  const held = sent({ id: 'held', state: 'refused', code: 'balance_insufficient', validUntil: now() + 60_000, about: { kind: 'transfer', amount: 300, offline: true } });
  const own = sent({ id: 'own', validUntil: now() + 60_000 });
  state.outbox.value = [held, own];
  state.account.value = /** @type {any} */ ({ balance: 300 });
  assert.equal(available.value, 0, 'never less than nothing on screen');
  assert.equal(obstacle(order, own), 'short');
  state.account.value = /** @type {any} */ ({ balance: 600 });
  assert.equal(obstacle(order, own), null);
  state.outbox.value = [];
});
