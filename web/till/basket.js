// What a sale comes to: lines, discounts, the tip, and the parts in which it is paid. Pure; whole cents from end to end.

import { encodeCbor } from '../kit/cbor.js';
import { ONE, lineOf, lineTotal, totalOf } from '../kit/tax.js';

/** What a ticket's record holds (FORMATS.md). */
export const MOST_LINES = 200;
export const MOST_TENDERS = 8;
export const LABEL_BYTES = 60;
export const REFERENCE_BYTES = 35;
export const DETAIL_BYTES = 140;
/** Of a record's 16 kB; the rest is for what stands around the lines, and for quantities that grow. */
export const LINES_BYTES = 14 * 1024;

/** How a part is paid: in units, and in euros that are only noted. */
export const MEANS = /** @type {const} */ (['units', 'cash', 'card', 'cheque', 'other']);
/** @typedef {typeof MEANS[number]} Means */

/** @typedef {import('../kit/tax.js').Line} Line */
/** @typedef {{means: Means, amount: number, charge: string | null, certain: boolean, sequence?: number, change?: number}} Tender charge: hex; sequence: of its entry, where it is proved; change: cents in cash that go back over the counter */
/** @typedef {{id: string, label: string, price: number, rate: number, unit: '' | 'kg' | 'l', quick: boolean}} Item price in cents for one piece, kilogram or litre */
/**
 * @typedef {object} Sale
 * @property {string} id hex, of this sale in this browser
 * @property {Line[]} lines
 * @property {number} tip cents
 * @property {string} reference
 * @property {Tender[]} tenders what is paid
 * @property {boolean} asking a part in units is asked for
 * @property {{id: string, amount: number, expires: number} | null} pending the last request for a part, as this till signed it; kept until it is paid or left
 * @property {boolean} training
 */

/** A text that a record takes: a space for control characters, such as the tab between two pasted cells; within so many bytes of UTF-8, cut between characters. @param {string} typed @param {number} most */
function fit(typed, most) {
  const text = typed.replace(/\p{Cc}+/gu, ' ');
  const encoder = new TextEncoder();
  if (encoder.encode(text).length <= most) return text;
  let cut = '';
  for (const character of text) {
    if (encoder.encode(cut + character).length > most) break;
    cut += character;
  }
  return cut;
}

/** A label that a ticket takes. @param {string} label */
export const fitLabel = (label) => fit(label.trim(), LABEL_BYTES).trim();

/** A reference that a request and a ticket take, as it is typed: a space at its end may be followed by more. @param {string} reference */
export const fitReference = (reference) => fit(reference, REFERENCE_BYTES);

/** What the journal takes about an event. @param {string} detail */
export const fitDetail = (detail) => fit(detail.trim(), DETAIL_BYTES).trim();

/** Whether a ticket holds these lines, whatever the quantities of their pieces become. @param {Line[]} lines */
function holds(lines) {
  return lines.length <= MOST_LINES && encodeCbor(lines.map(({ label, price, quantity, unit, rate, total }) => [label, price, quantity, unit, rate, total])).length <= LINES_BYTES;
}

/** The lines with one more article; null when the ticket would not hold it. Pieces of the same article stand on one line; what was weighed has lines of its own. @param {Line[]} lines @param {Omit<Item, 'id' | 'quick'>} item @param {number} [quantity] thousandths */
export function withItem(lines, item, quantity = ONE) {
  const { price, rate, unit } = item;
  const label = fitLabel(item.label);
  // A discount under a line was made for it as it stood.
  const place = unit === '' ? lines.findIndex((line, at) => line.label === label && line.price === price && line.rate === rate && line.unit === '' && (lines[at + 1]?.price ?? 0) >= 0) : -1;
  if (place >= 0) return withQuantity(lines, place, lines[place].quantity + quantity);
  const next = [...lines, lineOf({ label, price, rate, quantity, unit })];
  return holds(next) ? next : null;
}

/** @param {Line[]} lines @param {number} place @param {number} quantity thousandths */
export function withQuantity(lines, place, quantity) {
  return lines.map((line, at) => (at === place ? lineOf({ ...line, quantity }) : line));
}

/** Without one line, and without the discount that stands under it. @param {Line[]} lines @param {number} place */
export function withoutLine(lines, place) {
  const under = lines[place].price >= 0 && (lines[place + 1]?.price ?? 0) < 0 ? 1 : 0;
  return lines.filter((_line, at) => at < place || at > place + under);
}

/** A share in whole percent, rounded half away from zero. @param {number} cents @param {number} percent */
export function percentOf(cents, percent) {
  return lineTotal(cents, percent * (ONE / 100));
}

/** The lines with a discount under one of them; instead of the one that is there; null when the ticket would not hold it. @param {Line[]} lines @param {number} place @param {number} percent @param {(line: Line) => string} name of the discount */
export function withDiscount(lines, place, percent, name) {
  const line = lines[place];
  const rest = (lines[place + 1]?.price ?? 0) < 0 ? lines.filter((_line, at) => at !== place + 1) : lines;
  const off = percentOf(line.total, percent);
  if (off < 1) return rest;
  const next = [...rest.slice(0, place + 1), lineOf({ label: fitLabel(name(line)), price: -off, rate: line.rate }), ...rest.slice(place + 1)];
  return holds(next) ? next : null;
}

/** What is to be paid. @param {Pick<Sale, 'lines' | 'tip'>} sale */
export function dueOf({ lines, tip }) {
  return totalOf(lines) + tip;
}

/** What is still to be paid. @param {Pick<Sale, 'lines' | 'tip' | 'tenders'>} sale */
export function restOf(sale) {
  return dueOf(sale) - sale.tenders.reduce((sum, { amount }) => sum + amount, 0);
}

/** What of it was taken at the shop's own risk. @param {Pick<Sale, 'tenders'>} sale */
export function uncertainOf({ tenders }) {
  return tenders.reduce((sum, { amount, certain }) => (certain ? sum : sum + amount), 0);
}

/**
 * A part that is to be paid now: units never above what is due, because nobody gives change in euros for them; of cash, what is
 * above goes back over the counter.
 * @param {number} rest
 * @param {number} given
 * @param {Means} means
 * @returns {{amount: number, change: number} | null} null when it cannot be
 */
export function partOf(rest, given, means) {
  if (given < 1 || rest < 1) return null;
  if (given <= rest) return { amount: given, change: 0 };
  return means === 'cash' ? { amount: rest, change: given - rest } : null;
}

/**
 * An amount in the shares of the rates, to the cent: what rounding leaves goes to the largest remainders.
 * @param {{rate: number, gross: number}[]} rates
 * @param {number} amount at most their sum
 * @returns {{rate: number, gross: number}[]} without what comes to nothing
 */
export function shares(rates, amount) {
  const whole = BigInt(rates.reduce((sum, { gross }) => sum + gross, 0));
  if (whole < 1n) return [];
  const cut = rates.map(({ rate, gross }, place) => ({ rate, place, gross: Number((BigInt(amount) * BigInt(gross)) / whole), rest: (BigInt(amount) * BigInt(gross)) % whole }));
  let left = amount - cut.reduce((sum, { gross }) => sum + gross, 0);
  for (const one of [...cut].sort((a, b) => (a.rest === b.rest ? a.place - b.place : a.rest > b.rest ? -1 : 1))) {
    if (left < 1) break;
    one.gross += 1;
    left -= 1;
  }
  return cut.filter(({ gross }) => gross > 0).map(({ rate, gross }) => ({ rate, gross }));
}
