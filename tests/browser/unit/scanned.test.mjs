// What a scanned text opens in the wallet, and whom a tip is for.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import './fake-browser.mjs';

const { encodeBech32m } = await import('../../../web/kit/bech32m.js');
const { lastShop, openText } = await import('../../../web/wallet/pay.js');
const { ledger, wallet } = await import('../../../web/wallet/state.js');
const { shopOf } = await import('../../../web/wallet/tip.js');

ledger.value = /** @type {any} */ ({ prefix: 'demo' });
const PAYEE = new Uint8Array(16).fill(7);
const SHOP = encodeBech32m('demo', PAYEE);
/** @param {object} [more] @returns {any} */
const line = (more = {}) => ({ counterparty: SHOP, counterparty_name: 'Bakery', amount: -350, charge: 'c1', ...more });

beforeEach(() => { location.hash = ''; });

for (const name of ['pay', 'ask', 'to', 'demo', 'device']) {
  test(`the scanner opens a link of the kind "${name}"`, () => {
    assert.equal(openText(` https://liard.example/wallet/#${name}=ab.c%20d `), null);
    assert.equal(location.hash, `${name}=ab.c%20d`);
  });
}

test('the scanner says what a card is for, and puts its code in no address', () => {
  assert.equal(openText('https://liard.example/wallet/#card=AbCdEfGhIjKlMnOpQrStUv'), null);
  assert.equal(location.hash, 'card');
});

test('an account opens the form, anything else nothing', () => {
  assert.equal(openText(SHOP), null);
  assert.equal(location.hash, `to=${SHOP}`);
  location.hash = '';
  assert.notEqual(openText('https://example.org/#tip=x'), null);
  assert.equal(location.hash, '');
});

test('a tip is for the shop whose receipt is shown, or one that this account paid on its request; a link alone makes nobody a shop', () => {
  assert.equal(shopOf(SHOP, []), null);
  assert.equal(shopOf(SHOP, [line({ charge: null }), line({ amount: 350 }), line({ counterparty_name: null }), line({ counterparty: 'other' })]), null);
  assert.deepEqual(shopOf(SHOP, [line()]), { payee: PAYEE, name: 'Bakery' });
  lastShop.value = { kind: 'shop', payee: PAYEE, amount: 350, name: 'Bakery as it signed', note: null };
  assert.equal(shopOf(SHOP, [])?.name, 'Bakery as it signed');
  wallet.value = /** @type {any} */ ({ id: 'another' });
  assert.equal(lastShop.value, null);
});
