// Amounts: integer cents from end to end. A locale gives the separators; digits are moved as text, never as floats.

import { LANGUAGES, language } from './i18n.js';

/** The most that one amount can be (FORMATS.md). */
export const MOST_CENTS = 1_000_000_000_000;

/** @type {Map<string, {decimal: string, group: string}>} */
const separators = new Map();

/**
 * Tags with Latin digits: in the Maghreb amounts are written so. Basque writes numbers and hours as Spanish does, which every
 * browser knows; its dates are in basque.js.
 * @type {Record<string, string>}
 */
const TAGS = { fr: 'fr-FR', en: 'en-GB', eu: 'es-ES', ar: 'ar-MA-u-nu-latn' };

/** The tag for Intl of the language on screen. */
export function localeTag() {
  return TAGS[language.value] ?? 'fr-FR';
}

function marks() {
  const tag = localeTag();
  let found = separators.get(tag);
  if (!found) {
    const parts = new Intl.NumberFormat(tag, { minimumFractionDigits: 2, useGrouping: true }).formatToParts(1234567);
    found = {
      decimal: parts.find((part) => part.type === 'decimal')?.value ?? ',',
      group: parts.find((part) => part.type === 'group')?.value ?? '\u202f',
    };
    separators.set(tag, found);
  }
  return found;
}

/** Digits in groups of three. @param {string} digits @param {string} group */
function grouped(digits, group) {
  return digits.replace(/\B(?=(\d{3})+$)/g, group);
}

/** A whole number as people read it. @param {number} count */
export function formatCount(count) {
  return `${count < 0 ? '\u2212' : ''}${grouped(String(Math.abs(count)), marks().group)}`;
}

/**
 * The parts of an amount, so that a page can set its cents smaller.
 * @param {number} cents a safe integer
 */
export function amountParts(cents) {
  if (!Number.isSafeInteger(cents)) throw new Error('not an amount');
  const { decimal, group } = marks();
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return { minus: cents < 0, whole: grouped(digits.slice(0, -2), group), decimal, fraction: digits.slice(-2) };
}

/**
 * @param {number} cents
 * @param {{symbol?: string, sign?: boolean}} [options] `sign` writes a plus as well
 */
export function formatAmount(cents, { symbol = '', sign = false } = {}) {
  const { minus, whole, decimal, fraction } = amountParts(cents);
  const mark = minus ? '\u2212' : sign && cents > 0 ? '+' : '';
  const text = `${mark}${whole}${decimal}${fraction}`;
  return symbol ? leftToRight(`${text}\u00a0${symbol}`) : text;
}

/** Keeps a number and its unit in their order inside right-to-left text. @param {string} text */
export function leftToRight(text) {
  const dir = LANGUAGES.find(({ code }) => code === language.value)?.dir;
  return dir === 'rtl' ? `\u2066${text}\u2069` : text;
}

/** As it stands in an input field: no groups. @param {number} cents */
export function editableAmount(cents) {
  const { whole, decimal, fraction } = amountParts(cents);
  const plain = whole.replace(/[^\d]/g, '');
  return fraction === '00' ? plain : `${plain}${decimal}${fraction}`;
}

/**
 * Reads what a person typed: "12", "12,5", "12.50", "1 234,5". Null when it is not an amount from 0,01 up.
 * @param {string} text
 * @returns {number | null} cents
 */
export function parseAmount(text) {
  const plain = text
    .replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x0660))
    .replace(/[\s\u00a0\u202f'’]/g, '')
    .replace(/\u066b/g, ',');
  const match = /^(\d{1,11})(?:[.,](\d{0,2}))?$/.exec(plain);
  if (!match) return null;
  const cents = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return cents >= 1 && cents <= MOST_CENTS ? cents : null;
}

/**
 * Reads a bank's balance as a person typed it: like an amount, and also nothing or a debt. Null when it is neither.
 * @param {string} text
 * @returns {number | null} cents
 */
export function parseBalance(text) {
  const [, debt, rest] = /^\s*([-\u2212]?)(.*)$/s.exec(text) ?? [];
  if (/^\s*[0\u0660](?:[.,\u066b][0\u0660]{0,2})?\s*$/.test(rest ?? '')) return 0;
  const cents = parseAmount(rest ?? '');
  return cents === null ? null : debt ? -cents : cents;
}

/**
 * The share of an amount under a published rate, rounded down: what the rules promise.
 * @param {number} cents
 * @param {number} numerator
 * @param {number} denominator
 */
export function shareOf(cents, numerator, denominator) {
  return Number((BigInt(cents) * BigInt(numerator)) / BigInt(denominator));
}

/**
 * The fee on an amount: the rate rounded down to the cent, at least `least`.
 * @param {number} cents
 * @param {{numerator: number, denominator: number, least: number}} rule
 */
export function feeOn(cents, { numerator, denominator, least }) {
  return Math.max(shareOf(cents, numerator, denominator), least);
}

/** A number with a fixed point, without zeros at its end. @param {number} value @param {number} places digits after the mark */
function formatDecimal(value, places) {
  const digits = String(Math.abs(value)).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return `${value < 0 ? '\u2212' : ''}${grouped(digits.slice(0, -places), marks().group)}${fraction ? marks().decimal + fraction : ''}`;
}

/** A VAT rate. @param {number} rate hundredths of a percent */
export function formatRate(rate) {
  return leftToRight(`${formatDecimal(rate, 2)}\u00a0%`);
}

/** How many pieces, kilograms or litres. @param {number} thousandths */
export function formatQuantity(thousandths) {
  return formatDecimal(thousandths, 3);
}

/** An IBAN in groups of four. @param {string} iban */
export function groupIban(iban) {
  return (iban.replace(/\s/g, '').match(/.{1,4}/g) ?? []).join(' ');
}
