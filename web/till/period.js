// The days that somebody looks at: a day, a week from Monday, a month, a year, or any days; from midnight to midnight where the till stands.

import { dayOf } from './days.js';

/** One answer of the server covers a year, and the days around it (its limit has the same length). */
export const MOST_DAYS = 400;

/** @typedef {'day' | 'week' | 'month' | 'year'} Kind */
/** @typedef {{kind: Kind, offset: number} | {kind: 'days', from: string, to: string}} Span `from` and `to` as a date field gives them: YYYY-MM-DD */
/** @typedef {{from: number, to: number}} Range `to` is the midnight after */

/** The midnight at which a day begins. @param {string} text YYYY-MM-DD @returns {Date | null} */
function startOf(text) {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return null;
  const [year, month, day] = match.slice(1).map(Number);
  const start = new Date(year, month - 1, day);
  return start.getMonth() === month - 1 && start.getDate() === day ? start : null;
}

/** A day as a date field and the server write it. @param {number} ms */
export function dayText(ms) {
  const date = new Date(ms);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}

/** The instant at which a day begins; null when there is no such day. @param {string} text YYYY-MM-DD */
export function dayStart(text) {
  return startOf(text)?.getTime() ?? null;
}

/**
 * @param {Span} span
 * @param {number} now
 * @returns {Range | null} null when the days make no period
 */
export function rangeOf(span, now) {
  if (span.kind === 'days') {
    const [first, last] = [startOf(span.from), startOf(span.to)];
    if (!first || !last || last < first) return null;
    const end = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
    return Math.round((end.getTime() - first.getTime()) / 86_400_000) > MOST_DAYS ? null : { from: first.getTime(), to: end.getTime() };
  }
  if (span.kind === 'day') return dayOf(now, span.offset);
  const date = new Date(now);
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  /** @param {number} ahead */
  const start = (ahead) => {
    if (span.kind === 'year') return new Date(year + ahead, 0, 1);
    if (span.kind === 'month') return new Date(year, month + ahead, 1);
    return new Date(year, month, day - ((date.getDay() + 6) % 7) + 7 * ahead);
  };
  return { from: start(span.offset).getTime(), to: start(span.offset + 1).getTime() };
}

/** A list of bars that an eye can hold apart: days, or the months that they lie in. @template {{day: string}} Day @param {Day[]} days @param {number} most @returns {{by: 'day' | 'month', groups: Day[][]}} */
export function grouped(days, most) {
  if (days.length <= most) return { by: 'day', groups: days.map((day) => [day]) };
  /** @type {Map<string, Day[]>} */
  const months = new Map();
  for (const day of days) {
    const month = day.day.slice(0, 7);
    months.set(month, [...(months.get(month) ?? []), day]);
  }
  return { by: 'month', groups: [...months.values()] };
}
