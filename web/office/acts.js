// Acts in plain words: one sentence for what it does, and its particulars with their names.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { groupAccount, shortAccount } from '../kit/bech32m.js';
import { hasWords, t } from '../kit/i18n.js';
import { KINDS } from '../kit/ledger.js';
import { formatAmount, formatCount, leftToRight } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { desk, nameOf } from './state.js';

/** @typedef {import('./state.js').ActWords} ActWords */

/** Particulars in euros. What members hold is in units, at par. */
const EUROS = new Set(['budget', 'least', 'most']);
const UNITS = new Set(['cap', 'least_fee', 'per_payment', 'per_day', 'held', 'paid_30_days']);
const ACCOUNTS = new Set(['account', 'payee', 'heir', 'beneficiary']);
const DATES = new Set(['start', 'end', 'from', 'period']);
/** Acts whose amount is in units; all others move euros. */
const IN_UNITS = new Set(['issue_notes', 'retire_notes']);
/** Said otherwise in the sentence, or of no use to a reader. */
const SILENT = new Set(['kind', 'numerator', 'denominator', 'given_numerator', 'given_denominator', 'order']);
/** More periods than these are told by their number, the first and the last. */
const PERIODS_TOLD = 4;
/** Hashes and keys, to be compared letter by letter. */
const CODES = new Set(['key', 'credit', 'evidence', 'iban_hash']);

export const euros = (/** @type {number} */ cents) => formatAmount(cents, { symbol: '€' });
const units = (/** @type {number} */ cents) => formatAmount(cents, { symbol: desk.value?.ledger.symbol ?? '' });

/** "20 %", exactly. @param {number} numerator @param {number} denominator */
export function rate(numerator, denominator) {
  const hundredths = (BigInt(numerator) * 10_000n) / BigInt(denominator);
  const text = formatAmount(Number(hundredths)).replace(/[.,]00$/, '').replace(/([.,]\d)0$/, '$1');
  return t('rate', { rate: text });
}

/** A fee's least amount is no least conversion. @param {ActWords} words @returns {ActWords} */
function named(words) {
  if (words.kind !== 'publish_fee') return words;
  const { least, ...rest } = words;
  return /** @type {ActWords} */ ({ ...rest, least_fee: least });
}

/** Instants at which periods begin; of a gift the last one ends them. @param {number[]} list */
function periods(list) {
  if (list.length <= PERIODS_TOLD) return list.map(formatDate).join(' · ');
  return t('value.periods', { n: list.length, from: formatDate(list[0]), to: formatDate(list[list.length - 1]) });
}

/** Rates above amounts. @param {[number, number, number][]} list */
function steps(list) {
  return list.map(([from, numerator, denominator]) => t('value.step', { from: euros(from), rate: rate(numerator, denominator) })).join(' · ');
}

/** @param {ActWords} words @param {string} field */
function valueOf(words, field) {
  const value = words[field];
  if (value === undefined || value === null) return t('value.none');
  if (field === 'amount') return IN_UNITS.has(words.kind) ? units(value) : euros(value);
  if (EUROS.has(field)) return euros(value);
  if (UNITS.has(field)) return units(value);
  if (DATES.has(field)) return formatDate(value);
  if (ACCOUNTS.has(field)) return nameOf(String(value)) ?? groupAccount(String(value));
  if (field === 'periods') return value.length === 0 ? t('value.none') : periods(value);
  if (field === 'steps') return value.length === 0 ? t('value.none') : steps(value);
  if (field === 'act_kind') return hasWords(`act.${value}`) ? t(`act.${value}`).replace(/\{\w+\}/g, '…') : String(value);
  if (field === 'account_kind') return t(`account_kind.${value}`);
  if (field === 'medium') return t(`medium.${value}`);
  if (field === 'purpose') return hasWords(`purpose.${value}`) ? t(`purpose.${value}`) : String(value);
  if (field === 'roles' && Array.isArray(value)) return value.map((role) => (hasWords(`role.${role}`) ? t(`role.${role}`) : String(role))).join(', ');
  if (Array.isArray(value)) return value.length === 0 ? t('value.none') : value.join(', ');
  return typeof value === 'number' ? formatCount(value) : String(value);
}

/** The name of an act, also when only its number is known. @param {ActWords | null} words @param {number | null} act */
export function kindOf(words, act) {
  return words?.kind ?? KINDS[act ?? -1] ?? String(act);
}

/** The account's own number beside its name, which is only the server's word. @param {string} account */
function nameAndNumber(account) {
  const name = nameOf(account);
  return name ? `${name} (${leftToRight(shortAccount(account))})` : leftToRight(groupAccount(account));
}

/** One sentence. @param {ActWords | null} words @param {number | null} act @param {{withNumbers?: boolean}} [options] accounts with their numbers */
export function actSentence(words, act, { withNumbers = false } = {}) {
  const kind = kindOf(words, act);
  if (!hasWords(`act.${kind}`)) return t('act.other', { kind });
  /** @type {Record<string, string | number>} */
  const values = {};
  const told = named({ ...words, kind });
  for (const field of Object.keys(told)) values[field] = withNumbers && ACCOUNTS.has(field) && told[field] ? nameAndNumber(String(told[field])) : valueOf(told, field);
  if (words?.denominator) values.rate = rate(words.numerator, words.denominator);
  if (Array.isArray(words?.redemptions)) values.n = words.redemptions.length;
  return t(`act.${kind}`, values).replace(/\{\w+\}/g, t('value.none'));
}

/** @param {unknown} value */
function isNothing(value) {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

/** @param {ActWords} words @param {string} field */
function particular(words, field) {
  if (CODES.has(field)) return html`<bdi class="code" dir="ltr" data-field=${field}>${words[field]}</bdi>`;
  if (!ACCOUNTS.has(field)) return html`<bdi>${valueOf(words, field)}</bdi>`;
  const name = nameOf(String(words[field]));
  return html`${name ? html`<bdi>${name}</bdi><br>` : nothing}<bdi class="code" dir="ltr">${groupAccount(String(words[field]))}</bdi>`;
}

/** The particulars that have a name in the catalogue. @param {ActWords} act */
export function actParticulars(act) {
  const words = named(act);
  const rows = Object.keys(words).filter((field) => !SILENT.has(field) && hasWords(`field.${field}`) && !isNothing(words[field]));
  if (rows.length === 0 && !words.denominator) return nothing;
  const given = words.given_denominator ? rate(words.given_numerator, words.given_denominator) : null;
  return html`<dl class="facts">
    ${rows.map((field) => html`<div class=${ACCOUNTS.has(field) || CODES.has(field) ? 'long' : nothing}><dt>${t(`field.${field}`)}</dt><dd>${particular(words, field)}</dd></div>`)}
    ${words.denominator ? html`<div><dt>${t('field.rate')}</dt><dd>${rate(words.numerator, words.denominator)}</dd></div>` : nothing}
    ${given === null ? nothing : html`<div><dt>${t('field.given')}</dt><dd>${given}</dd></div>`}
  </dl>`;
}
