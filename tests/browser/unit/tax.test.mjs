// Line totals and VAT on tickets: whole numbers, rounded once, half away from zero.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf, lineTotal, totalOf, totalsPerRate, vatIn } from '../../../web/kit/tax.js';

test('a weight is rounded once, half away from zero, for goods and for what comes off', () => {
  assert.equal(lineTotal(350, 1_000), 350);
  assert.equal(lineTotal(1_290, 735), 948); // 948.15
  assert.equal(lineTotal(1, 500), 1);
  assert.equal(lineTotal(-1, 500), -1);
  assert.equal(lineTotal(1, 499), 0);
  assert.equal(lineTotal(3, 1_500), 5); // 4.5
  assert.equal(lineTotal(-3, 1_500), -5);
  assert.equal(lineTotal(999_999_999_999, 999_999), 999_998_999_999_000); // beyond what a float holds on the way
});

test('the VAT in a price is rounded half away from zero', () => {
  assert.equal(vatIn(1_200, 2_000), 200);
  assert.equal(vatIn(1_055, 550), 55);
  assert.equal(vatIn(100, 0), 0);
  assert.equal(vatIn(3, 2_000), 1); // 0.5
  assert.equal(vatIn(-3, 2_000), -1);
  assert.equal(vatIn(100, 210), 2); // 2.06
});

test('each rate has its own total, ascending, and they add up to the ticket', () => {
  const lines = [
    lineOf({ label: 'Stylo', price: 250, rate: 2_000, quantity: 2_000 }),
    lineOf({ label: 'Pommes', price: 299, rate: 550, quantity: 1_234, unit: 'kg' }),
    lineOf({ label: 'Remise', price: -50, rate: 2_000 }),
    lineOf({ label: 'Timbre', price: 139, rate: 0 }),
  ];
  assert.deepEqual(totalsPerRate(lines), [
    { rate: 0, gross: 139, vat: 0 }, { rate: 550, gross: 369, vat: 19 }, { rate: 2_000, gross: 450, vat: 75 },
  ]);
  assert.equal(totalOf(lines), 958);
  assert.equal(totalsPerRate(lines).reduce((sum, { gross }) => sum + gross, 0), 958);
});

test('for every small price and rate the VAT is the nearest cent', () => {
  for (const rate of [0, 210, 550, 1_000, 2_000]) {
    for (let gross = -1_000; gross <= 1_000; gross += 1) {
      const off = Math.abs(vatIn(gross, rate) * (10_000 + rate) - gross * rate);
      assert.ok(2 * off <= 10_000 + rate, `${gross} at ${rate}`);
    }
  }
});
