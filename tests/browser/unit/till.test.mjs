// The till's arithmetic: what keys do to an amount, and where a day begins and ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';

process.env.TZ = 'Europe/Paris';
const { dayOf, isIn } = await import('../../../web/till/days.js');
const { KEYS, MAX_CENTS, keyOf, press } = await import('../../../web/till/keypad.js');

test('digits enter from the right', () => {
  const typed = /** @type {import('../../../web/till/keypad.js').Key[]} */ (['1', '2', '5', '0']);
  assert.equal(typed.reduce(press, 0), 1250);
  assert.equal(press(5, '00'), 500);
  assert.equal(press(1250, 'back'), 125);
  assert.equal(press(0, 'back'), 0);
  assert.equal(press(1250, 'clear'), 0);
});

test('an amount stays within its limit, whatever is pressed', () => {
  let cents = 0;
  for (let i = 0; i < 200; i++) {
    cents = press(cents, KEYS[(i * 7) % KEYS.length]);
    assert.ok(Number.isInteger(cents) && cents >= 0 && cents <= MAX_CENTS);
  }
  assert.equal(press(MAX_CENTS, '9'), MAX_CENTS);
  assert.equal(press(123_45, '00'), 123_45 * 100);
  assert.equal(press(1_234_56, '00'), 1_234_56);
});

test('a keyboard works the pad', () => {
  assert.equal(keyOf('7'), '7');
  assert.equal(keyOf('Backspace'), 'back');
  assert.equal(keyOf('Delete'), 'clear');
  for (const other of ['a', 'Enter', 'F1', '٣', ' ']) assert.equal(keyOf(other), null);
});

test('a day is from midnight to midnight, also when the clock changes', () => {
  const hours = (/** @type {{from: number, to: number}} */ day) => (day.to - day.from) / 3_600_000;
  assert.equal(hours(dayOf(Date.parse('2026-03-29T10:00:00Z'))), 23);
  assert.equal(hours(dayOf(Date.parse('2026-10-25T10:00:00Z'))), 25);
  assert.equal(hours(dayOf(Date.parse('2026-06-10T10:00:00Z'))), 24);
  const evening = Date.parse('2026-10-25T22:59:59Z');
  assert.ok(isIn(dayOf(evening), evening));
  assert.ok(!isIn(dayOf(evening), evening + 1000));
  assert.equal(dayOf(evening, -1).to, dayOf(evening).from);
  assert.equal(dayOf(evening, 1).from, dayOf(evening).to);
});
