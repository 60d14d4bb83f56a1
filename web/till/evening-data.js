// What the evening knows: which days, which till and cashier, and what the server says of them.

import { computed, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { t } from '../kit/i18n.js';
import { formatAmount, formatCount } from '../kit/money.js';
import { Reading } from '../kit/reading.js';
import { fingerprint } from './enrol.js';
import { rangeOf } from './period.js';
import { place, scope, shop } from './state.js';

/** @typedef {'all' | 'matched' | 'unmatched' | 'unexpected' | 'refunded' | 'offline'} List */
/** @typedef {{key: string, label: string | null, net: number, count: number}} KeySum */
/**
 * @typedef {object} Evening
 * @property {{sales: number, refunds: number, tips: number, net: number, units_in: number, units_back: number}} totals
 * @property {{rate: number, gross: number, vat: number}[]} by_rate rates in hundredths of a percent
 * @property {{means: string, amount: number}[]} by_means
 * @property {{day: string, net: number, count: number}[]} by_day
 * @property {KeySum[]} by_till
 * @property {KeySum[]} by_cashier
 * @property {Record<Exclude<List, 'all'> | 'differences', number>} counts rows of each list
 * @property {{unexpected: number, offline: number}} [open] of these, those that still need a person: not wholly given back; not confirmed
 * @property {boolean} tickets whether the shop makes its tickets here
 * @property {number} as_of
 */
/**
 * @typedef {object} Row
 * @property {string} id its name in lists
 * @property {number} time
 * @property {number} amount below zero for what went back
 * @property {number | null} sequence
 * @property {number} [item] its place in a list of transfers
 * @property {number | null} [original] the entry that a refund gives back
 * @property {string | null} charge hex
 * @property {string | null} reference
 * @property {string | null} till
 * @property {string | null} cashier
 * @property {{till: string, ticket: number} | null} ticket
 * @property {string | null} payer
 * @property {'paid' | 'refunded' | 'refund' | 'unexpected' | 'missing' | 'waiting' | 'noted'} state
 * @property {string | null} reason why it is unexpected
 * @property {number} refunded
 * @property {string} means
 * @property {'waiting' | 'confirmed' | 'late' | 'refused' | null} offline what became of what was taken without network
 */
/** @typedef {{rows: Row[], next: string | null}} Rows */

/** So many rows stand on the page at once: a month has ten thousand. */
export const ROWS_A_PAGE = 200;

const session = () => shop.peek()?.session;
export const symbol = () => shop.value?.ledger.symbol ?? '';
/** @param {number} cents @param {{sign?: boolean}} [options] */
export const money = (cents, options) => formatAmount(cents, { symbol: symbol(), ...options });

/** @type {List[]} */
export const LISTS = ['all', 'matched', 'unmatched', 'unexpected', 'refunded', 'offline'];

/** The list that the address names: `#evening=unexpected`; null on the other parts of the evening. */
export const list = computed(() => LISTS.find((name) => name === place.value) ?? null);
export const span = signal(/** @type {import('./period.js').Span} */ ({ kind: 'day', offset: 0 }));
/** Empty: all of them. */
export const by = signal({ till: '', cashier: '' });

/** When the page was last read: from then "today" counts. */
const readAt = signal(now());
/** The days that are looked at; null while they are being typed. */
export const range = computed(() => rangeOf(span.value, readAt.value));

/** The part of an address that says which days. */
export function daysAsked() {
  const days = range.peek() ?? { from: 0, to: 0 };
  return `from=${days.from}&to=${days.to}`;
}

/** The part of an address that says which days, which till and which cashier. */
function question() {
  const { till, cashier } = by.peek();
  return `${daysAsked()}${till ? `&till=${till}` : ''}${cashier ? `&cashier=${cashier}` : ''}`;
}

export const evening = new Reading(session, () => `/pos/v1/evening?${question()}`, (answer) => /** @type {Evening} */ (answer));

/** Where each page of the list that was turned so far begins; the last one is shown. */
export const turned = signal(/** @type {(string | null)[]} */ ([null]));
export const rows = new Reading(session, () => {
  const after = turned.peek().at(-1);
  return `/pos/v1/evening/rows?list=${list.peek() ?? 'all'}&${question()}&limit=${ROWS_A_PAGE}${after ? `&after=${encodeURIComponent(after)}` : ''}`;
}, (answer) => /** @type {Rows} */ (answer));

/** @typedef {{key: string, label: string, active: boolean, kind?: string}} Key of a till or a cashier */
export const keys = new Reading(session, () => '/pos/v1/tills', (answer) => /** @type {Key[]} */ (answer.tills));

/** What the shop calls a till or a cashier. @param {string} key hex */
export function nameOf(key) {
  return keys.data.value?.find((one) => one.key === key)?.label || fingerprint(key);
}

/** The row that is opened, by its id. */
export const openRow = signal(/** @type {string | null} */ (null));

/** How many movements these days hold. @param {Evening} told */
export const countOf = ({ by_day: days }) => days.reduce((sum, { count }) => sum + count, 0);

/** Reads what the page shows; what was read of other days goes first. @param {{anew?: boolean}} [options] */
export function readAll({ anew = false } = {}) {
  if (anew) evening.clear();
  readAt.value = now();
  if (!range.peek()) return;
  void evening.refresh();
  if (keys.data.peek() === null) void keys.refresh();
  if (list.peek()) readRows();
}

/** Reads the list from its beginning. */
export function readRows() {
  turned.value = [null];
  openRow.value = null;
  rows.clear();
  void rows.refresh();
}

/** @param {import('./period.js').Span} next */
export function lookAt(next) {
  span.value = next;
  readAll({ anew: true });
}

/** @param {Partial<{till: string, cashier: string}>} change */
export function narrow(change) {
  by.value = { ...by.peek(), ...change };
  readAll({ anew: true });
}

/** @param {string | null} after the page to go to; null: one back */
export function turn(after) {
  turned.value = after === null ? turned.peek().slice(0, -1) : [...turned.peek(), after];
  openRow.value = null;
  rows.data.value = null;
  void rows.refresh();
}

/** Whether whoever looks may only read: an accountant's key. */
export const readsOnly = () => scope.value === 'read';

/** A sentence with a number in it, as people read it: `{count}`. @param {string} key @param {number} n @param {Record<string, string | number>} [values] */
export const many = (key, n, values) => t(key, { n, count: formatCount(n), ...values });

/** What a means of payment is called. @param {string} means */
export const meansName = (means) => (means === 'units' ? t('evening.means_units', { symbol: symbol() }) : t(`evening.means_${means}`));
