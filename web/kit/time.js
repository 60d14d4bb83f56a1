// Instants in words of the reader's language and place.

import { localeTag } from './money.js';

/** @param {number} ms */
export function formatTime(ms) {
  return new Intl.DateTimeFormat(localeTag(), { hour: '2-digit', minute: '2-digit' }).format(ms);
}

/** French writes the first of a month "1er". @param {string} words */
function firstOfMonth(words) {
  return localeTag().startsWith('fr') ? words.replace(/(^|[^0-9])1 (?=[^0-9 ]+ ?[0-9]{4}|[^0-9 ]+$)/, '$11er ') : words;
}

/** @param {number} ms */
export function formatDate(ms) {
  return firstOfMonth(new Intl.DateTimeFormat(localeTag(), { day: 'numeric', month: 'long', year: 'numeric' }).format(ms));
}

/** For a table: "05/11/2026". @param {number} ms */
export function formatPlainDate(ms) {
  return new Intl.DateTimeFormat(localeTag(), { day: '2-digit', month: '2-digit', year: 'numeric' }).format(ms);
}

/** For the axis of a chart: "5 nov.". @param {number} ms */
export function formatShortDate(ms) {
  return new Intl.DateTimeFormat(localeTag(), { day: 'numeric', month: 'short' }).format(ms);
}

/** @param {number} ms */
export function formatDateTime(ms) {
  return firstOfMonth(new Intl.DateTimeFormat(localeTag(), { dateStyle: 'long', timeStyle: 'short' }).format(ms));
}

/** "today", "yesterday", or the weekday and date. @param {number} ms @param {number} now */
export function formatDay(ms, now) {
  /** @param {number} instant */
  const midnight = (instant) => new Date(instant).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(ms) - midnight(now)) / 86_400_000);
  if (days === 0 || days === -1) {
    const words = new Intl.RelativeTimeFormat(localeTag(), { numeric: 'auto' }).format(days, 'day');
    return words.charAt(0).toLocaleUpperCase() + words.slice(1);
  }
  const year = new Date(ms).getFullYear() === new Date(now).getFullYear() ? undefined : 'numeric';
  const words = new Intl.DateTimeFormat(localeTag(), { weekday: 'long', day: 'numeric', month: 'long', year }).format(ms);
  return firstOfMonth(words.charAt(0).toLocaleUpperCase() + words.slice(1));
}

/** Minutes and seconds that are left, e.g. "4:05". @param {number} ms */
export function formatCountdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
