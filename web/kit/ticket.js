// The records of a till (FORMATS.md, "Tickets"): tickets, events and closings, each signed by the till's own key and naming the
// record before. One reader, which refuses what does not add up, and one writer.

import { decodeCbor, encodeCbor, fields } from './cbor.js';
import { decodeSign1, sign1, verifySign1 } from './cose.js';
import { hex, sha256, unhex } from './hex.js';
import { lineTotal, totalOf, totalsPerRate } from './tax.js';

/** @typedef {import('./cbor.js').Cbor} Cbor */
/** @typedef {import('./tax.js').Line} Line */
/** @typedef {import('./tax.js').RateTotal} RateTotal */

/** In the order of their numbers, from 1 on. */
export const KINDS = /** @type {const} */ (['sale', 'refund', 'training_sale', 'training_refund', 'event', 'closing']);
export const MEANS = /** @type {const} */ (['units', 'cash', 'card', 'cheque', 'other']);
export const EVENTS = /** @type {const} */ (['started', 'signed_in', 'signed_out', 'wrong_pin', 'reprint', 'void', 'line_removed', 'discount', 'drawer', 'training_on',
  'training_off', 'network_lost', 'network_back', 'settings', 'archive', 'clock_moved', 'printed_late']);

/** A ticket of 200 long lines is below this. */
export const MAX_RECORD_BYTES = 16 * 1024;
export const MAX_LINES = 200;
export const MAX_TENDERS = 8;
export const MAX_LABEL_BYTES = 60;
export const MAX_UNIT_BYTES = 8;
export const MAX_REFERENCE_BYTES = 35;
export const MAX_DETAIL_BYTES = 140;
/** A hundred percent. */
const MAX_RATE = 10_000;
/** A hundred thousand pieces, in thousandths. */
export const MAX_QUANTITY = 100_000_000;
/** A price is at most a hundred thousand euros, in cents. */
export const MAX_PRICE = 10_000_000;
/** No line, ticket, tip or part is above ten million euros, in cents. */
const MAX_CENTS = 1_000_000_000;

/** @typedef {typeof KINDS[number]} Kind */
/** @typedef {typeof MEANS[number]} Means */
/** @typedef {typeof EVENTS[number]} EventCode */
/** @typedef {{means: Means, amount: number, charge: string | null, certain: boolean}} Tender charge in hex */
/** @typedef {{ticket: number, lines: Line[], rates: RateTotal[], total: number, tenders: Tender[], tip: number, of: {ticket: number, hash: string} | null, reference: string | null}} Sale what is sold, or what goes back */
/** @typedef {{code: EventCode, detail: string | null, ticket: number | null}} Happening */
/**
 * @typedef {{period: string, first: number, last: number, firstTicket: number, lastTicket: number, tickets: number, rates: RateTotal[], total: number,
 *   means: {means: Means, amount: number}[], tips: number, net: number, absolute: number, training: number}} Closing
 */
/** @typedef {{account: Uint8Array<ArrayBuffer>, number: number, previous: string, time: number, cashier: string | null}} Frame previous and cashier in hex */
/**
 * @typedef {{kind: 'sale' | 'refund' | 'training_sale' | 'training_refund', sale: Sale} | {kind: 'event', event: Happening} | {kind: 'closing', closing: Closing}} Said
 * @typedef {Frame & Said} TillRecord
 */

/** A record that is not one, or does not add up. */
export class BadRecord extends Error {}

/** @param {unknown} good @param {string} what */
function need(good, what) {
  if (!good) throw new BadRecord(`record: ${what}`);
}

/** The parts of a map that are there. @param {[number, Cbor | undefined][]} entries */
function map(entries) {
  return new Map(/** @type {[number, Cbor][]} */ (entries.filter(([, value]) => value !== undefined)));
}

const textLength = (/** @type {string} */ text) => new TextEncoder().encode(text).length;

/** @param {RateTotal[]} rates */
const ratesOut = (rates) => rates.map(({ rate, gross, vat }) => [rate, gross, vat]);

/** @param {Said} said @returns {Map<number, Cbor>} */
function content(said) {
  if (said.kind === 'event') {
    const { code, detail, ticket } = said.event;
    return map([[1, code], [2, detail ?? undefined], [3, ticket ?? undefined]]);
  }
  if (said.kind === 'closing') {
    const { period, first, last, firstTicket, lastTicket, tickets, rates, total, means, tips, net, absolute, training } = said.closing;
    return map([[1, period], [2, first], [3, last], [4, firstTicket], [5, lastTicket], [6, tickets], [7, ratesOut(rates)], [8, total],
      [9, means.map((one) => [MEANS.indexOf(one.means) + 1, one.amount])], [10, tips], [11, net], [12, absolute], [13, training]]);
  }
  const { ticket, lines, rates, total, tenders, tip, of, reference } = said.sale;
  return map([
    [1, ticket], [2, lines.map((line) => [line.label, line.price, line.quantity, line.unit, line.rate, line.total])], [3, ratesOut(rates)], [4, total],
    [5, tenders.map((tender) => [MEANS.indexOf(tender.means) + 1, tender.amount, unhex(tender.charge ?? ''), tender.certain ? 1 : 0])],
    [6, tip || undefined], [7, of ? [of.ticket, unhex(of.hash)] : undefined], [8, reference || undefined],
  ]);
}

/** @param {TillRecord} record */
export function encodeRecord(record) {
  return encodeCbor(map([[1, record.account], [2, record.number], [3, unhex(record.previous)], [4, record.time], [5, KINDS.indexOf(record.kind) + 1],
    [6, record.cashier === null ? undefined : unhex(record.cashier)], [7, content(record)]]));
}

/**
 * The record as it is kept and sent; throws when it is not one that the reader takes.
 * @param {import('./cose.js').Signer} signer @param {Uint8Array} ledger @param {TillRecord} record
 */
export async function signRecord(signer, ledger, record) {
  const payload = encodeRecord(record);
  decodeRecord(payload);
  const bytes = await sign1(signer, 'ticket', ledger, payload);
  need(bytes.length <= MAX_RECORD_BYTES, 'too long');
  return bytes;
}

/** By which the next record, and a customer's link, name this one. @param {Uint8Array} bytes @returns {Promise<string>} hex */
export async function recordHash(bytes) {
  return hex(await sha256(bytes));
}

/** What a record says; its signature is not judged. @param {Uint8Array} bytes */
export function readRecord(bytes) {
  need(bytes.length <= MAX_RECORD_BYTES, 'too long');
  const { key, payload } = decodeSign1(bytes);
  return { key: hex(key), record: decodeRecord(payload) };
}

/** What a record says whose signature is good; throws when it is not. @param {Uint8Array} bytes @param {Uint8Array} ledger */
export async function verifyRecord(bytes, ledger) {
  const read = readRecord(bytes);
  await verifySign1(bytes, 'ticket', ledger);
  return read;
}

/** No field that is not known. @param {Cbor | undefined} value @param {number} last */
function only(value, last) {
  need(value instanceof Map && [...value.keys()].every((key) => key >= 1 && key <= last), 'a field that is not known');
}

/** @param {Uint8Array} payload @returns {TillRecord} */
export function decodeRecord(payload) {
  const whole = decodeCbor(payload);
  only(whole, 7);
  const field = fields(whole);
  const kind = KINDS[field.uint(5) - 1];
  need(kind, 'kind');
  const frame = {
    account: field.bytes(1, 16), number: field.uint(2), previous: hex(field.bytes(3, 32)), time: field.uint(4), cashier: field.has(6) ? hex(field.bytes(6, 32)) : null,
  };
  need(frame.number >= 1, 'number');
  const inner = field.map(7);
  if (kind === 'event') return { ...frame, kind, event: eventFrom(inner) };
  if (kind === 'closing') return { ...frame, kind, closing: closingFrom(inner) };
  const sale = saleFrom(inner);
  need(sale.of === null || kind.endsWith('refund'), 'a sale gives nothing back');
  return { ...frame, kind, sale };
}

/** @param {Cbor} value @param {number} length @returns {Cbor[]} */
function row(value, length) {
  if (!Array.isArray(value) || value.length !== length) throw new BadRecord('record: a row');
  return value;
}

/** @param {Cbor} value @returns {number} */
function whole(value) {
  if (typeof value !== 'number') throw new BadRecord('record: not a number');
  return value;
}

/** @param {Cbor} value @returns {number} */
function count(value) {
  need(whole(value) >= 0, 'below zero');
  return whole(value);
}

/** A control character (Unicode's category Cc): no text of a record has one. */
const CONTROL = /\p{Cc}/u;

/** @param {Cbor} value @param {number} most bytes @returns {string} */
function text(value, most) {
  if (typeof value !== 'string' || textLength(value) > most || CONTROL.test(value)) throw new BadRecord('record: a text');
  return value;
}

/** @param {Cbor[]} value @returns {RateTotal[]} */
function ratesFrom(value) {
  const rates = value.map((one) => {
    const [rate, gross, vat] = row(one, 3);
    return { rate: count(rate), gross: whole(gross), vat: whole(vat) };
  });
  need(rates.every(({ rate }, at) => rate <= MAX_RATE && (at === 0 || rate > rates[at - 1].rate)), 'rates');
  return rates;
}

/** @param {Cbor} value @returns {Means} */
function meansFrom(value) {
  const means = MEANS[count(value) - 1];
  need(means, 'means of payment');
  return means;
}

/** @param {Cbor} value @returns {Line} */
function lineFrom(value) {
  const [label, price, quantity, unit, rate, total] = row(value, 6);
  const line = { label: text(label, MAX_LABEL_BYTES), price: whole(price), quantity: count(quantity), unit: text(unit, MAX_UNIT_BYTES), rate: count(rate), total: whole(total) };
  need(line.rate <= MAX_RATE && line.quantity >= 1 && line.quantity <= MAX_QUANTITY && Math.abs(line.price) <= MAX_PRICE && Math.abs(line.total) <= MAX_CENTS, 'a line is out of bounds');
  need(lineTotal(line.price, line.quantity) === line.total, 'a line does not add up');
  return line;
}

/** @param {Cbor} value @returns {Tender} */
function tenderFrom(value) {
  const [means, amount, charge, certain] = row(value, 4);
  if (!(charge instanceof Uint8Array) || (charge.length !== 0 && charge.length !== 16)) throw new BadRecord('record: a charge');
  const tender = { means: meansFrom(means), amount: count(amount), charge: charge.length ? hex(charge) : null, certain: certain === 1 };
  need((certain === 0 || certain === 1) && tender.amount > 0 && tender.amount <= MAX_CENTS && (tender.means === 'units' || tender.certain), 'a tender');
  return tender;
}

/** @param {Map<number, Cbor>} value @returns {Sale} */
function saleFrom(value) {
  only(value, 8);
  const field = fields(value);
  /** @type {Sale['of']} */
  let of = null;
  if (field.has(7)) {
    const [ticket, hash] = row(field.array(7), 2);
    if (!(hash instanceof Uint8Array) || hash.length !== 32) throw new BadRecord('record: a hash');
    of = { ticket: count(ticket), hash: hex(hash) };
  }
  const sale = {
    ticket: field.uint(1), lines: field.array(2).map(lineFrom), rates: ratesFrom(field.array(3)), total: field.uint(4), tenders: field.array(5).map(tenderFrom),
    tip: field.has(6) ? field.uint(6) : 0, of, reference: field.has(8) ? text(field.text(8), MAX_REFERENCE_BYTES) : null,
  };
  need(sale.ticket >= 1 && sale.total <= MAX_CENTS && sale.tip <= MAX_CENTS && (!field.has(6) || sale.tip > 0) && sale.reference !== '', 'an empty field');
  need(sale.lines.length >= 1 && sale.lines.length <= MAX_LINES && sale.tenders.length <= MAX_TENDERS, 'too many rows');
  need(JSON.stringify(totalsPerRate(sale.lines)) === JSON.stringify(sale.rates) && totalOf(sale.lines) === sale.total, 'the totals do not add up');
  need(sale.tenders.reduce((sum, { amount }) => sum + amount, 0) === sale.total + sale.tip, 'what was given does not add up');
  return sale;
}

/** @param {Map<number, Cbor>} value @returns {Happening} */
function eventFrom(value) {
  only(value, 3);
  const field = fields(value);
  const code = EVENTS.find((known) => known === field.text(1));
  if (!code) throw new BadRecord('record: an event that is not known');
  return { code, detail: field.has(2) ? text(field.text(2), MAX_DETAIL_BYTES) : null, ticket: field.has(3) ? field.uint(3) : null };
}

/** @param {Map<number, Cbor>} value @returns {Closing} */
function closingFrom(value) {
  only(value, 13);
  const field = fields(value);
  const means = field.array(9).map((one) => {
    const [code, amount] = row(one, 2);
    return { means: meansFrom(code), amount: whole(amount) };
  });
  need(means.every((one, at) => at === 0 || MEANS.indexOf(one.means) > MEANS.indexOf(means[at - 1].means)), 'means of payment');
  const signed = (/** @type {number} */ key) => whole(/** @type {Cbor} */ (value.get(key)));
  const closing = {
    period: field.text(1), first: field.uint(2), last: field.uint(3), firstTicket: field.uint(4), lastTicket: field.uint(5), tickets: field.uint(6), rates: ratesFrom(field.array(7)),
    total: signed(8), means, tips: signed(10), net: signed(11), absolute: field.uint(12), training: field.uint(13),
  };
  need(/^\d{4}(-\d{2}){0,2}$/.test(closing.period), 'period');
  need(closing.rates.reduce((sum, { gross }) => sum + gross, 0) === closing.total, 'the totals do not add up');
  return closing;
}
