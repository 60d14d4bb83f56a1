// What a sale comes to, and in which parts it may be paid.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_LINES, dueOf, fitDetail, fitLabel, fitReference, partOf, percentOf, restOf, shares, uncertainOf, withDiscount as discounted, withItem as added, withQuantity, withoutLine } from '../../../web/till/basket.js';

/** @type {Omit<import('../../../web/till/basket.js').Item, 'id' | 'quick'>} */
const bread = { label: 'Pain', price: 120, rate: 550, unit: '' };
/** @type {Omit<import('../../../web/till/basket.js').Item, 'id' | 'quick'>} */
const tomatoes = { label: 'Tomates', price: 390, rate: 550, unit: 'kg' };
const name = (/** @type {{label: string}} */ line) => `Remise ${line.label}`;

const withItem = (/** @type {Parameters<typeof added>} */ ...words) => added(...words) ?? assert.fail('the ticket is full');
const withDiscount = (/** @type {Parameters<typeof discounted>} */ ...words) => discounted(...words) ?? assert.fail('the ticket is full');

test('pieces of one article share a line, and each weight has its own', () => {
  let lines = withItem(withItem([], bread), bread);
  assert.deepEqual(lines.map(({ quantity, total }) => [quantity, total]), [[2_000, 240]]);
  lines = withItem(withItem(lines, tomatoes, 750), tomatoes, 500);
  assert.deepEqual(lines.map(({ total }) => total), [240, 293, 195]);
  assert.equal(withItem(lines, { ...bread, price: 130 }).length, 4, 'another price is another line');
});

test('a discount stands under its line, goes with it, and is not stretched over what is added later', () => {
  let lines = withDiscount(withItem([], bread), 0, 10, name);
  assert.deepEqual(lines.map(({ label, total, rate }) => [label, total, rate]), [['Pain', 120, 550], ['Remise Pain', -12, 550]]);
  lines = withItem(lines, bread);
  assert.deepEqual(lines.map(({ total }) => total), [120, -12, 120]);
  assert.deepEqual(withItem(lines, bread).map(({ total }) => total), [120, -12, 240]);
  lines = withDiscount(lines, 0, 50, name);
  assert.deepEqual(lines.map(({ total }) => total), [120, -60, 120], 'another discount takes the place of the first');
  assert.deepEqual(withoutLine(lines, 0).map(({ total }) => total), [120]);
  assert.deepEqual(withDiscount([withItem([], { ...bread, price: 1 })[0]], 0, 5, name).length, 1, 'nothing comes off a cent');
});

test('shares are rounded half away from zero', () => {
  assert.equal(percentOf(250, 5), 13); // 12.5
  assert.equal(percentOf(249, 5), 12);
  assert.equal(percentOf(0, 50), 0);
});

test('what is due is the lines and the tip, and what is left is that without what was paid', () => {
  const lines = withQuantity(withItem([], bread), 0, 3_000);
  /** @type {import('../../../web/till/basket.js').Tender} */
  const cash = { means: 'cash', amount: 300, charge: null, certain: true };
  assert.equal(dueOf({ lines, tip: 40 }), 400);
  assert.equal(restOf({ lines, tip: 40, tenders: [cash] }), 100);
});

test('a part in units is never above what is due; only for cash is there change, in cash', () => {
  assert.deepEqual(partOf(500, 500, 'units'), { amount: 500, change: 0 });
  assert.deepEqual(partOf(500, 200, 'units'), { amount: 200, change: 0 });
  for (const means of /** @type {const} */ (['units', 'card', 'cheque', 'other'])) assert.equal(partOf(500, 501, means), null);
  assert.deepEqual(partOf(500, 1_000, 'cash'), { amount: 500, change: 500 });
  assert.equal(partOf(500, 0, 'cash'), null);
  assert.equal(partOf(0, 1, 'cash'), null);
});

test('a basket and its labels stay within what a ticket holds', () => {
  let lines = withItem([], tomatoes, 1);
  while (lines.length < MOST_LINES) lines = withItem(lines, tomatoes, 1);
  assert.equal(added(lines, tomatoes, 1), null);
  assert.equal(discounted(withQuantity(lines, 0, 1_000), 0, 50, name), null);
  assert.equal(new TextEncoder().encode(fitLabel('é'.repeat(40))).length, 60);
  assert.equal(fitLabel(`${'x'.repeat(59)}é`), 'x'.repeat(59), 'no character is cut in two');
});

test('a line that the record would not hold is refused, and what is taken is a record whatever its quantities become', async () => {
  const long = { ...tomatoes, label: 'é'.repeat(30), price: 999_999 };
  let lines = withItem([], long, 1);
  for (let next = added(lines, long, 1); next; next = added(lines, long, 1)) lines = next;
  assert.ok(lines.length > 150 && lines.length < MOST_LINES, String(lines.length));
  const { signRecord } = await import('../../../web/kit/ticket.js');
  const { totalOf, totalsPerRate } = await import('../../../web/kit/tax.js');
  const { keyPair } = await import('./fake-ledger.mjs');
  const sold = lines.map((_line, at) => withQuantity(lines, at, 900)[at]);
  const total = totalOf(sold);
  const parts = Array.from({ length: 8 }, (_, at) => ({ means: /** @type {const} */ ('units'), amount: Math.floor((total + at) / 8), charge: '0b'.repeat(16), certain: true }));
  const sale = { ticket: 1e6, lines: sold, rates: totalsPerRate(sold), total, tenders: parts, tip: 0, of: null, reference: 'é'.repeat(17) };
  await signRecord((await keyPair(3)).signer, new Uint8Array(32), { account: new Uint8Array(16), number: 1e6, previous: '11'.repeat(32), time: 2e12, cashier: '22'.repeat(32), kind: 'sale', sale });
});

test('a reference is cut by bytes, and what is at risk is summed', () => {
  assert.equal(fitReference('é'.repeat(20)), 'é'.repeat(17));
  assert.equal(fitReference('Table 3 '), 'Table 3 ', 'as it is typed');
  assert.equal(fitReference('A12\tDupont'), 'A12 Dupont', 'two cells that were pasted');
  assert.equal(fitDetail('\u0000Ana\u0085\r\nB\u007f'), 'Ana B');
  assert.deepEqual(withItem(withItem([], { ...bread, label: 'Pain\tbis\n' }), { ...bread, label: 'Pain bis' }).map(({ label, quantity }) => [label, quantity]), [['Pain bis', 2_000]]);
  const part = { means: /** @type {const} */ ('units'), charge: null };
  assert.equal(uncertainOf({ tenders: [{ ...part, amount: 300, certain: false }, { ...part, amount: 200, certain: true }] }), 300);
});

test('what goes back is cut along the rates of its ticket, and no cent is lost or made', () => {
  const rates = [{ rate: 550, gross: 533 }, { rate: 2000, gross: 801 }];
  assert.deepEqual(shares(rates, 1334), rates);
  assert.deepEqual(shares(rates, 100), [{ rate: 550, gross: 40 }, { rate: 2000, gross: 60 }]);
  assert.deepEqual(shares(rates, 1), [{ rate: 2000, gross: 1 }]);
  assert.deepEqual(shares([{ rate: 0, gross: 1 }, { rate: 550, gross: 1 }, { rate: 2000, gross: 1 }], 2), [{ rate: 0, gross: 1 }, { rate: 550, gross: 1 }]);
  for (let amount = 0; amount <= 1334; amount += 7) assert.equal(shares(rates, amount).reduce((sum, { gross }) => sum + gross, 0), amount);
});
