// A key that this browser did not let in and nobody here has called theirs is told of, whoever added it and from when it is good.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from './fake-browser.mjs';

const { account, keyNotice, wallet, wallets } = await import('../../../web/wallet/state.js');
const { firstSeen, keysToTell, knowKey, lookAtKeys, seen, unknownKeys } = await import('../../../web/wallet/keys-seen.js');
const { takeAlong } = await import('../../../web/wallet/traces.js');
const { read } = await import('../../../web/kit/store.js');

/** @param {string} key @param {string} [scope] @param {number} [from] */
const keyOf = (key, scope = 'full', from = 0) => ({ key, scope, per_payment: null, per_day: null, spent_today: 0, from, label: null, since: null });

/** @param {string[]} keys of the account, besides that of this browser */
function hold(...keys) {
  account.value = /** @type {any} */ ({ account: 'a', keys: [keyOf('own'), ...keys.map((key) => keyOf(key))] });
}

beforeEach(() => {
  clear();
  seen.value = null;
  wallet.value = /** @type {any} */ ({ id: 'w', key: 'own' });
  wallets.value = /** @type {any} */ ([wallet.value]);
  // The words of the notice are not what is tested here.
  keyNotice.value = () => null;
});

test('any key that is not known is told of, good at once or later', () => {
  const keys = [keyOf('own'), keyOf('old'), keyOf('card', 'card_service'), keyOf('till', 'till'), keyOf('late', 'full', 9)];
  assert.deepEqual(unknownKeys(keys, ['old'], ['own']).map(({ key }) => key), ['card', 'till', 'late']);
  assert.deepEqual(firstSeen(keys), ['own', 'old', 'card', 'till'], 'what waits is told of even at the first look');
});

test('the first look is silent, a key that comes later is told of until it is known', async () => {
  hold('phone');
  await lookAtKeys();
  assert.deepEqual(keysToTell(), []);
  hold('phone', 'stranger');
  await lookAtKeys();
  assert.deepEqual(keysToTell().map(({ key }) => key), ['stranger']);
  seen.value = null;
  await lookAtKeys();
  assert.equal(keysToTell().length, 1, 'also after the page was loaded again');
  await knowKey('stranger');
  assert.deepEqual(keysToTell(), []);
  assert.deepEqual(await read('settings', 'keys-seen:w'), ['own', 'phone', 'stranger']);
});

test('a key that this device lets in is known before it is there', async () => {
  hold();
  await knowKey('tablet');
  hold('tablet');
  await lookAtKeys();
  assert.deepEqual(keysToTell(), []);
});

test('a key in the place of another one goes on telling of what was not known', async () => {
  hold();
  await lookAtKeys();
  await takeAlong(/** @type {any} */ ({ id: 'w' }), /** @type {any} */ ({ id: 'next' }));
  wallet.value = /** @type {any} */ ({ id: 'next', key: 'new' });
  wallets.value = /** @type {any} */ ([wallet.value]);
  hold('new', 'stranger');
  await lookAtKeys();
  assert.deepEqual(keysToTell().map(({ key }) => key), ['stranger']);
});
