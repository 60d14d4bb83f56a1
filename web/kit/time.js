// Instants in words of the reader's language and place.

import { basqueDate, basqueDay, basqueMonth, basquePlainDate, basqueShortDate } from './basque.js';
import { language } from './i18n.js';
import { localeTag } from './money.js';

const basque = () => language.value === 'eu';

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
  if (basque()) return basqueDate(ms);
  return firstOfMonth(new Intl.DateTimeFormat(localeTag(), { day: 'numeric', month: 'long', year: 'numeric' }).format(ms));
}

/** For a table: "05/11/2026". @param {number} ms */
export function formatPlainDate(ms) {
  if (basque()) return basquePlainDate(ms);
  return new Intl.DateTimeFormat(localeTag(), { day: '2-digit', month: '2-digit', year: 'numeric' }).format(ms);
}

/** For the axis of a chart: "5 nov.". @param {number} ms */
export function formatShortDate(ms) {
  if (basque()) return basqueShortDate(ms);
  return new Intl.DateTimeFormat(localeTag(), { day: 'numeric', month: 'short' }).format(ms);
}

/** A month and its year, e.g. "novembre 2026". @param {number} ms */
export function formatMonth(ms) {
  if (basque()) return basqueMonth(ms);
  return new Intl.DateTimeFormat(localeTag(), { month: 'long', year: 'numeric' }).format(ms);
}

/** @param {number} ms */
export function formatDateTime(ms) {
  if (basque()) return `${basqueDate(ms)}, ${formatTime(ms)}`;
  return firstOfMonth(new Intl.DateTimeFormat(localeTag(), { dateStyle: 'long', timeStyle: 'short' }).format(ms));
}

/** "today", "yesterday", or the weekday and date. @param {number} ms @param {number} now */
export function formatDay(ms, now) {
  /** @param {number} instant */
  const midnight = (instant) => new Date(instant).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(ms) - midnight(now)) / 86_400_000);
  if (days === 0 || days === -1) {
    const near = basque() ? (days === 0 ? 'gaur' : 'atzo') : new Intl.RelativeTimeFormat(localeTag(), { numeric: 'auto' }).format(days, 'day');
    return near.charAt(0).toLocaleUpperCase() + near.slice(1);
  }
  const year = new Date(ms).getFullYear() === new Date(now).getFullYear() ? undefined : 'numeric';
  const words = basque() ? basqueDay(ms, year !== undefined) : new Intl.DateTimeFormat(localeTag(), { weekday: 'long', day: 'numeric', month: 'long', year }).format(ms);
  return firstOfMonth(words.charAt(0).toLocaleUpperCase() + words.slice(1));
}

/** Minutes and seconds that are left, e.g. "4:05". @param {number} ms */
export function formatCountdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
