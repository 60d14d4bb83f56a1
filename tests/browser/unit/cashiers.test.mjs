// Who may work at a till: taking keys off it opens nothing, only the shop does, and no second tab gives further attempts at a PIN.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from './fake-browser.mjs';

const { read, write } = await import('../../../web/kit/store.js');
const { acting, phase } = await import('../../../web/till/state.js');
const { cashier, cashiers, changeCashiers, checkCashiers, loadCashiers, lockPart, locked, may } = await import('../../../web/till/people.js');
const { closeWithPin } = await import('../../../web/till/pin-key.js');
const { forgetCashier, signIn } = await import('../../../web/till/cashiers.js');

const LEDGER = '07'.repeat(32);
const NONE = { refund: false, discount: false, close: false, settings: false };
let tills = 0;
let till = '';
/** @type {any} */
let people = null;
let version = 1;

/** @param {string} key @param {object} [more] @returns {any} */
const kept = (key, more = {}) => ({ key, name: key, admitted: true, rights: NONE, box: {}, tries: 0, waitUntil: 0, ...more });

beforeEach(() => {
  clear();
  // The screen itself needs a page.
  lockPart.value = () => '';
  tills += 1;
  till = `till-${tills}`;
  people = { cashiers: [{ key: 'a' }] };
  version = 1;
  const session = { json: async () => { if (!people) throw new Error('no network'); return { version, value: people }; } };
  phase.value = /** @type {any} */ ({ name: 'ready', shopName: 'Café', shop: { wallet: { key: till }, ledger: { ledger: LEDGER }, account: 'x', session } });
});

test('a till without cashiers works by itself, and one with cashiers only for whoever signed in', async () => {
  await loadCashiers(till);
  assert.deepEqual([locked(), may('refund')], [false, true]);
  await changeCashiers(() => [kept('a')]);
  assert.deepEqual([locked(), may('refund')], [true, false]);
});

test('a till whose last cashier was taken off stays locked until the shop has no cashiers', async () => {
  await changeCashiers(() => [kept('a')]);
  cashier.value = { key: 'a', name: 'a', rights: NONE };
  await forgetCashier('a');
  assert.deepEqual([cashiers.value, cashier.value, locked(), may('settings')], [[], null, true, false]);
  await checkCashiers();
  assert.equal(locked(), true, 'the shop still has one');
  people = null;
  await checkCashiers();
  assert.equal(locked(), true, 'nothing is known without an answer');
  people = { cashiers: [] };
  await checkCashiers();
  assert.equal(locked(), false);
});

test('revoked cashiers are forgotten, and the till opens, when the shop says that it has none', async () => {
  await changeCashiers(() => [kept('a'), kept('waiting', { admitted: false })]);
  await checkCashiers();
  assert.deepEqual([locked(), cashiers.value.length], [true, 2]);
  people = { cashiers: [] };
  await checkCashiers();
  assert.deepEqual([locked(), cashiers.value.map(({ key }) => key)], [false, ['waiting']]);
});

test('a list that no shop ever wrote unlocks no till, erases no cashier and takes no right away', async () => {
  await changeCashiers(() => [kept('a', { rights: { ...NONE, close: true } })]);
  [version, people] = [0, { cashiers: [] }];
  await checkCashiers();
  assert.deepEqual([locked(), cashiers.value.map(({ key }) => key)], [true, ['a']]);
  const session = phase.value.name === 'ready' ? phase.value.shop.session : null;
  acting.value = /** @type {any} */ ({ wallet: { key: 'a' }, session });
  cashier.value = { key: 'a', name: 'a', rights: { ...NONE, close: true } };
  await checkCashiers();
  assert.deepEqual([may('close'), cashiers.value[0]?.rights.close], [true, true]);
});

test('a cashier takes off only the own key, unless the shop lets them set up the till', async () => {
  await changeCashiers(() => [kept('a'), kept('b')]);
  cashier.value = { key: 'a', name: 'a', rights: NONE };
  await forgetCashier('b');
  assert.equal(cashiers.value.length, 2);
  cashier.value = { key: 'a', name: 'a', rights: { ...NONE, settings: true } };
  await forgetCashier('b');
  assert.deepEqual(cashiers.value.map(({ key }) => key), ['a']);
});

test('a list that an earlier page kept locks the till too', async () => {
  await write('settings', `till-cashiers:${till}`, [kept('a')]);
  await loadCashiers(till);
  assert.equal(locked(), true);
});

test('what another tab counted and added stays, whatever this one remembers', async () => {
  const box = await closeWithPin(new Uint8Array(32).fill(3), '4711', { ledger: LEDGER, key: '0a'.repeat(32) });
  const key = '0a'.repeat(32);
  await changeCashiers(() => [kept(key, { box })]);
  const place = `till-cashiers:${till}`;
  const there = await read('settings', place);
  await write('settings', place, { ...there, version: there.version + 1, list: [kept(key, { box, tries: 4 }), kept('b')] });
  const answer = await signIn(key, '0000');
  assert.equal(answer.state, 'pause', 'four attempts were made in the other tab');
  assert.equal((await signIn(key, '4711')).state, 'pause', 'not even the right PIN is tried');
  assert.deepEqual((await read('settings', place)).list.map((/** @type {any} */ one) => one.key), [key, 'b']);
});

test('a right that the shop took away ends while the cashier is signed in', async () => {
  await changeCashiers(() => [kept('a', { rights: { ...NONE, refund: true } })]);
  const session = { json: async () => ({ version: 2, value: { cashiers: [{ key: 'a', name: 'a', ...NONE }] } }) };
  acting.value = /** @type {any} */ ({ wallet: { key: 'a' }, session });
  cashier.value = { key: 'a', name: 'a', rights: { ...NONE, refund: true } };
  assert.equal(may('refund'), true);
  await checkCashiers();
  assert.equal(may('refund'), false);
});
