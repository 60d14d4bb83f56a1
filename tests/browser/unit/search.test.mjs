// The search in the history: what is meant by words, amounts and filters.

import './fake-browser.mjs';
import test from 'node:test';
import assert from 'node:assert/strict';
import { EVERYTHING, matches, narrows, signerOf } from '../../../web/wallet/search.js';

/** @typedef {import('../../../web/wallet/state.js').Line} Line */
const HERE = 'aa';
const KEYS = [{ key: HERE, scope: 'full' }, { key: 'bb', scope: 'limited' }, { key: 'cc', scope: 'full' }];

/** @param {Partial<Line>} words */
const line = (words) => /** @type {Line} */ ({ sequence: 7, time: 1_000, kind: 'transfer', amount: -1250, counterparty: 'belle1qqq', counterparty_name: 'Épicerie Müller', memo: 'deux pains', signer: HERE, by: null, ...words });
/** @param {Line} one @param {Partial<import('../../../web/wallet/search.js').Wanted>} wanted */
const finds = (one, wanted) => matches(one, [one.counterparty_name ?? one.kind, one.memo ?? ''], { ...EVERYTHING, ...wanted }, { here: HERE, keys: KEYS });

test('names, messages, accounts and numbers are found without accents and capitals, all words of them', () => {
  for (const text of ['epicerie', 'ÉPICERIE', 'muller pains', 'belle1qqq', 'n°7', '  ', '']) assert.ok(finds(line({}), { text }), text);
  for (const text of ['boulangerie', 'epicerie trois', 'n°8']) assert.ok(!finds(line({}), { text }), text);
});

test('an amount finds that amount, in and out, however it is typed', () => {
  for (const text of ['12,50', '12.50', '12,5']) assert.ok(finds(line({}), { text }) && finds(line({ amount: 1250 }), { text }), text);
  for (const text of ['12,51', '12', '1250']) assert.ok(!finds(line({ memo: null }), { text }), text);
});

test('direction, kind and time leave out what they say', () => {
  assert.ok(finds(line({}), { way: 'out' }) && !finds(line({}), { way: 'in' }));
  assert.ok(!finds(line({ amount: 0, kind: 'add_key' }), { way: 'out' }) && !finds(line({ amount: 0, kind: 'add_key' }), { way: 'in' }));
  assert.ok(finds(line({}), { group: 'payments' }) && !finds(line({}), { group: 'refunds' }));
  assert.ok(finds(line({ kind: 'redemption_paid' }), { group: 'redemptions' }) && finds(line({ kind: 'revoke_key' }), { group: 'account' }));
  assert.ok(finds(line({}), { from: 1_000, to: 1_001 }) && !finds(line({}), { to: 1_000 }) && !finds(line({}), { from: 1_001 }));
});

test('who signed is this device, another one, a person of the family, or a card', () => {
  /** @type {[Partial<Line>, string][]} */
  const rows = [[{}, 'here'], [{ signer: 'bb' }, 'family'], [{ signer: 'cc' }, 'others'], [{ signer: 'gone' }, 'others'], [{ signer: 'dd', by: 'card' }, 'card'], [{ signer: null }, '']];
  for (const [words, who] of rows) assert.equal(signerOf(line(words), HERE, KEYS), who);
  assert.ok(finds(line({ signer: 'bb' }), { by: 'family' }) && !finds(line({}), { by: 'family' }) && !finds(line({ signer: null }), { by: 'here' }));
});

test('only what leaves something out is a search', () => {
  assert.ok(!narrows(EVERYTHING) && !narrows({ ...EVERYTHING, text: ' ' }));
  assert.ok(narrows({ ...EVERYTHING, from: 0 }) && narrows({ ...EVERYTHING, text: 'a' }));
});
