// What is kept beside a key goes with it, to its successor or away; what is of other wallets stays.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from './fake-browser.mjs';

const { read, readAll, write } = await import('../../../web/kit/store.js');
const { hasOpenOrders, removeTraces, takeAlong } = await import('../../../web/wallet/traces.js');

/** @param {string} key @param {string} account @returns {any} */
const wallet = (key, account) => ({ id: `aa:${key}`, ledger: 'aa', key, account });
const [mine, next, other] = [wallet('1', 'ln1a'), wallet('2', 'ln1a'), wallet('3', 'ln1b')];
const PLACES = ['seen', 'closed', 'contacts', 'asks', 'spending', 'push'];
/** @param {any} of */
async function fill(of) {
  await write('wallets', of.id, of);
  for (const place of PLACES) await write('settings', `${place}:${of.id}`, `${place} of ${of.key}`);
  await write('settings', `known-keys:aa:${of.account}`, ['k']);
  await write('offline', `signed:s${of.key}`, { id: `s${of.key}`, wallet: of.id });
  await write('outbox', `o${of.key}`, { id: `o${of.key}`, ledger: 'aa', key: of.key, state: 'unknown', created: 1 });
  await write('receipts', `r${of.key}`, { id: `r${of.key}`, ledger: 'aa', account: of.account });
}
/** @param {import('../../../web/kit/store.js').StoreName} store */
const ids = async (store) => (await readAll(store)).map(({ id }) => id);
beforeEach(clear);

test('nothing of a key is left once it has gone, and all of another one is', async () => {
  await fill(mine);
  await fill(other);
  await write('offline', 'taken:t', { id: 't', till: mine.id });
  await removeTraces(mine);
  for (const place of PLACES) {
    assert.equal(await read('settings', `${place}:${mine.id}`), undefined, place);
    assert.equal(await read('settings', `${place}:${other.id}`), `${place} of 3`, place);
  }
  assert.equal(await read('settings', 'known-keys:aa:ln1a'), undefined);
  assert.deepEqual(await read('settings', 'known-keys:aa:ln1b'), ['k']);
  assert.deepEqual([await ids('offline'), await ids('outbox'), await ids('receipts')], [['s3', 't'], ['o3'], ['r3']]);
});

test('receipts stay as long as another key of this browser has the account', async () => {
  await fill(mine);
  await fill(next);
  await removeTraces(mine);
  assert.deepEqual([await ids('receipts'), await ids('outbox')], [['r1', 'r2'], ['o2']]);
  assert.deepEqual(await read('settings', 'known-keys:aa:ln1a'), ['k']);
});

test('contacts, requests and messages go along to the new key, once', async () => {
  await fill(mine);
  await takeAlong(mine, next);
  for (const place of ['contacts', 'asks', 'push']) assert.equal(await read('settings', `${place}:${next.id}`), `${place} of 1`);
  for (const place of ['seen', 'closed', 'spending']) assert.equal(await read('settings', `${place}:${next.id}`), undefined);
  await write('settings', `contacts:${next.id}`, 'its own');
  await takeAlong(mine, next);
  assert.equal(await read('settings', `contacts:${next.id}`), 'its own');
});

test('an order without an answer, and one signed without network, are open; a change of key is not', async () => {
  assert.equal(await hasOpenOrders(mine), false);
  await write('outbox', 'x', { id: 'x', ledger: 'aa', key: '1', state: 'unknown', about: { kind: 'replace_key' }, created: 1 });
  await write('outbox', 'y', { id: 'y', ledger: 'aa', key: '1', state: 'refused', created: 1 });
  await write('outbox', 'z', { id: 'z', ledger: 'aa', key: '3', state: 'unknown', created: 1 });
  assert.equal(await hasOpenOrders(mine), false);
  await write('offline', 'signed:s', { id: 's', wallet: mine.id });
  assert.equal(await hasOpenOrders(mine), true);
  assert.equal(await hasOpenOrders(other), true);
});
