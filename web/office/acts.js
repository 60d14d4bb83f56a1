// Acts in plain words: one sentence for what it does, and its particulars with their names.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { groupAccount } from '../kit/bech32m.js';
import { hasWords, t } from '../kit/i18n.js';
import { KINDS } from '../kit/ledger.js';
import { formatAmount, formatCount } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { desk } from './state.js';

/** @typedef {import('./state.js').ActWords} ActWords */

/** Particulars in euros. What members hold is in units, at par. */
const EUROS = new Set(['budget', 'least', 'most', 'least_fee']);
const UNITS = new Set(['cap', 'per_payment', 'held', 'paid_30_days']);
const DATES = new Set(['start', 'end', 'from']);
/** Acts whose amount is in units; all others move euros. */
const IN_UNITS = new Set(['issue_notes', 'retire_notes']);
/** Said otherwise in the sentence, or of no use to a reader. */
const SILENT = new Set(['kind', 'numerator', 'denominator', 'name', 'credit', 'evidence', 'iban_hash', 'periods', 'order']);

export const euros = (/** @type {number} */ cents) => formatAmount(cents, { symbol: '€' });
const units = (/** @type {number} */ cents) => formatAmount(cents, { symbol: desk.value?.ledger.symbol ?? '' });

/** "20 %", exactly. @param {number} numerator @param {number} denominator */
export function rate(numerator, denominator) {
  const hundredths = (BigInt(numerator) * 10_000n) / BigInt(denominator);
  const text = formatAmount(Number(hundredths)).replace(/[.,]00$/, '').replace(/([.,]\d)0$/, '$1');
  return t('rate', { rate: text });
}

/** @param {ActWords} words @param {string} field */
function valueOf(words, field) {
  const value = words[field];
  if (value === undefined || value === null) return t('value.none');
  if (field === 'amount') return IN_UNITS.has(words.kind) ? units(value) : euros(value);
  if (EUROS.has(field)) return euros(value);
  if (UNITS.has(field)) return units(value);
  if (DATES.has(field)) return formatDate(value);
  if (field === 'account') return words.name ? String(words.name) : groupAccount(String(value));
  if (field === 'medium') return t(`medium.${value}`);
  if (field === 'purpose') return hasWords(`purpose.${value}`) ? t(`purpose.${value}`) : String(value);
  if (field === 'roles' && Array.isArray(value)) return value.map((role) => (hasWords(`role.${role}`) ? t(`role.${role}`) : String(role))).join(', ');
  if (Array.isArray(value)) return value.length === 0 ? t('value.none') : value.join(', ');
  return typeof value === 'number' ? formatCount(value) : String(value);
}

/** The name of an act, also when only its number is known. @param {ActWords} words @param {number | null} act */
export function kindOf(words, act) {
  return words?.kind ?? KINDS[act ?? -1] ?? String(act);
}

/** One sentence. @param {ActWords} words @param {number | null} act */
export function actSentence(words, act) {
  const kind = kindOf(words, act);
  if (!hasWords(`act.${kind}`)) return t('act.other', { kind });
  /** @type {Record<string, string>} */
  const values = {};
  for (const field of Object.keys(words ?? {})) values[field] = valueOf({ ...words, kind }, field);
  if (words?.denominator) values.rate = rate(words.numerator, words.denominator);
  return t(`act.${kind}`, values).replace(/\{\w+\}/g, t('value.none'));
}

/** @param {unknown} value */
function isNothing(value) {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

/** The particulars that have a name in the catalogue. @param {ActWords} words */
export function actParticulars(words) {
  const rows = Object.keys(words).filter((field) => !SILENT.has(field) && hasWords(`field.${field}`) && !isNothing(words[field]));
  if (rows.length === 0 && !words.denominator) return nothing;
  return html`<dl class="facts">
    ${rows.map((field) => html`<div class=${field === 'account' && !words.name ? 'long' : nothing}><dt>${t(`field.${field}`)}</dt>
      <dd>${field === 'account' ? html`${words.name ? html`<bdi>${words.name}</bdi><br>` : nothing}<bdi class="code" dir="ltr">${groupAccount(String(words.account))}</bdi>` : html`<bdi>${valueOf(words, field)}</bdi>`}</dd></div>`)}
    ${words.denominator ? html`<div><dt>${t('field.rate')}</dt><dd>${rate(words.numerator, words.denominator)}</dd></div>` : nothing}
  </dl>`;
}
