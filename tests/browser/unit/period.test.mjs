// Periods of the evening: whole days where the till stands, also when the clock changes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MOST_DAYS, dayText, grouped, rangeOf } from '../../../web/till/period.js';

process.env.TZ = 'Europe/Paris';

const HOUR_MS = 3_600_000;
/** Sunday, the clock goes back. */
const AUTUMN = new Date(2026, 9, 25, 12).getTime();

test('a day, a week, a month and a year run from midnight to midnight, whatever the clock does', () => {
  const hours = (/** @type {import('../../../web/till/period.js').Span} */ span) => {
    const range = rangeOf(span, AUTUMN);
    assert.ok(range);
    return [dayText(range.from), dayText(range.to), (range.to - range.from) / HOUR_MS];
  };
  assert.deepEqual(hours({ kind: 'day', offset: 0 }), ['2026-10-25', '2026-10-26', 25]);
  assert.deepEqual(hours({ kind: 'week', offset: 0 }), ['2026-10-19', '2026-10-26', 7 * 24 + 1]);
  assert.deepEqual(hours({ kind: 'week', offset: 1 }), ['2026-10-26', '2026-11-02', 7 * 24]);
  assert.deepEqual(hours({ kind: 'month', offset: -7 }), ['2026-03-01', '2026-04-01', 31 * 24 - 1]);
  assert.deepEqual(hours({ kind: 'month', offset: -8 }), ['2026-02-01', '2026-03-01', 28 * 24]);
  assert.deepEqual(hours({ kind: 'year', offset: -2 }), ['2024-01-01', '2025-01-01', 366 * 24]);
});

test('days that somebody types make a period, or none', () => {
  const typed = (/** @type {string} */ from, /** @type {string} */ to) => rangeOf({ kind: 'days', from, to }, AUTUMN);
  assert.equal(((typed('2026-10-25', '2026-10-25')?.to ?? 0) - (typed('2026-10-25', '2026-10-25')?.from ?? 0)) / HOUR_MS, 25);
  assert.equal(typed('2026-10-26', '2026-10-25'), null);
  assert.equal(typed('2026-02-30', '2026-03-01'), null);
  assert.equal(typed('', '2026-03-01'), null);
  assert.ok(typed('2026-01-01', '2027-01-31'));
  assert.equal(typed('2026-01-01', '2027-02-28'), null, `more than ${MOST_DAYS} days`);
});

test('many days are told by the month', () => {
  const days = Array.from({ length: 70 }, (_, at) => ({ day: dayText(new Date(2026, 0, 1 + at).getTime()) }));
  assert.equal(grouped(days.slice(0, 62), 62).groups.length, 62);
  const { by, groups } = grouped(days, 62);
  assert.deepEqual([by, groups.map(({ length }) => length)], ['month', [31, 28, 11]]);
});
