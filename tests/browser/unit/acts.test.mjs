// Acts in words and back: what is shown is what is signed, for every kind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './fake-browser.mjs';
import { actWords, encodeAct, sameWords } from '../../../web/kit/acts.js';
import { encodeCbor } from '../../../web/kit/cbor.js';
import { hex, unhex } from '../../../web/kit/hex.js';
import { KINDS, decodeTransaction } from '../../../web/kit/ledger.js';
import { goldenLines } from '../golden.mjs';

const CREDIT = '09'.repeat(32);

/** The acts of the golden vectors, by their names there. */
function goldenActs() {
  return goldenLines().filter(([key]) => key.startsWith('act.') && key.endsWith('.payload')).map(([name, value]) => {
    const { act } = decodeTransaction(unhex(value));
    assert.ok(act, name);
    return { ...act, name };
  });
}

test('every act is read with no field left over, and its words give the same bytes again', () => {
  const seen = new Set();
  for (const { name, kind, body } of goldenActs()) {
    const words = actWords(kind, body, 'dem');
    assert.equal(words.kind, KINDS[kind], name);
    seen.add(words.kind);
    const again = encodeAct(words, 'dem');
    assert.equal(again.kind, kind, name);
    assert.equal(hex(encodeCbor(again.body)), hex(encodeCbor(body)), name);
    assert.throws(() => actWords(kind, new Map(body).set(99, 1), 'dem'), name);
    assert.throws(() => encodeAct({ ...words, more: 1 }, 'dem'), name);
  }
  const acts = [10, 11, 12, 13, ...Object.keys(KINDS).map(Number).filter((code) => code >= 40)].map((code) => KINDS[code]);
  assert.deepEqual(acts.filter((word) => !seen.has(word)), []);
  assert.throws(() => actWords(99, new Map(), 'dem'));
});

test('the rules of the golden vectors are told with all that they say', () => {
  const vectors = new Map(goldenActs().map(({ name, kind, body }) => [name, { kind, body }]));
  /** @param {string} name @returns {any} */
  const told = (name) => {
    const { kind = 0, body = new Map() } = vectors.get(`act.${name}.payload`) ?? {};
    return actWords(kind, body, 'dem');
  };
  const table = told('publish_campaign.with_steps_and_sponsor');
  assert.deepEqual([table.steps, table.sponsor], [[[5000, 10, 100], [8000, 0, 100]], 9]);
  assert.deepEqual([told('publish_campaign').steps, told('publish_campaign').sponsor], [[], null]);
  const fee = told('publish_fee.with_a_share_given');
  assert.deepEqual([fee.given_numerator, fee.given_denominator, fee.beneficiary?.slice(0, 4)], [3, 100, 'dem1']);
  assert.deepEqual(told('order_redemptions').redemptions, [9, 12, 300]);
  assert.equal(told('publish_gift').least_members, 30);
});

test('words that are no act are refused before anything is signed', () => {
  const member = actWords(13, new Map([[1, new Uint8Array(16).fill(2)]]), 'dem').account;
  const convert = { kind: 'convert', bank: 1, credit: CREDIT, amount: 5000, account: member };
  assert.equal(encodeAct(convert, 'dem').kind, 44);
  for (const [what, change] of /** @type {[string, Record<string, unknown>][]} */ ([
    ['another kind', { kind: 'toString' }],
    ['no kind', { kind: undefined }],
    ['half a cent', { amount: 0.5 }],
    ['an amount as text', { amount: '5000' }],
    ['less than nothing', { amount: -1 }],
    ['a missing field', { bank: undefined }],
    ['a mistyped account', { account: member.replace(/.$/, (/** @type {string} */ last) => (last === 'q' ? 'p' : 'q')) }],
    ['an account of another currency', { account: member.replace('dem1', 'sol1') }],
    ['a credit that is no hash', { credit: CREDIT.slice(2) }],
  ])) assert.throws(() => encodeAct(/** @type {any} */ ({ ...convert, ...change }), 'dem'), what);
  const operator = { kind: 'appoint_operator', operator: 6, key: CREDIT, roles: ['treasurer', 'board'] };
  assert.equal(encodeAct(operator, 'dem').body.get(3), 6);
  assert.throws(() => encodeAct({ ...operator, roles: ['treasurer', 'owner'] }, 'dem'));
  assert.throws(() => encodeAct({ ...operator, roles: ['treasurer', 'treasurer'] }, 'dem'));
});

test('a field that is nothing says nothing', () => {
  assert.ok(sameWords({ kind: 'set_limits', level: 1, held: null }, { level: 1, kind: 'set_limits' }));
  assert.ok(!sameWords({ kind: 'set_limits', level: 1, held: 0 }, { kind: 'set_limits', level: 1 }));
});
