// The chain of a till as a fold over its records: what the next one has to say, and whether it does. Pure; the server's fold
// (merchant-pos, tickets/chain.rs) is the same.

import { monthOf, parisDay, yearOf } from './paris.js';
import { MEANS } from './ticket.js';

/** @typedef {import('./ticket.js').TillRecord} TillRecord */
/** @typedef {import('./ticket.js').Closing} Closing */
/** @typedef {Pick<Closing, 'firstTicket' | 'lastTicket' | 'tickets' | 'rates' | 'total' | 'means' | 'tips' | 'training'>} Sums */
/** @typedef {{period: string, first: number, last: number, sums: Sums}} Span closings of a shorter period that no longer one covers yet */
/**
 * Plain, so that a browser keeps it as it is.
 * @typedef {object} Chain
 * @property {number} number of the last record, 0 before the first
 * @property {string} hash of it
 * @property {number} time of it
 * @property {number} ticket the last one's number
 * @property {number} training the last training ticket's number
 * @property {string | null} openDay of tickets that no closing covers yet
 * @property {number} from the first record that no day's closing covers
 * @property {Sums} sums since then
 * @property {Span | null} month
 * @property {Span | null} year
 * @property {number} net sales less refunds since the first record
 * @property {number} absolute sales and refunds since the first record
 */
/** @typedef {'number' | 'previous' | 'time' | 'account' | 'ticket_number' | 'closing_missing' | 'closing_wrong'} ChainFaultCode */

/** A record that does not continue the chain. */
export class ChainFault extends Error {
  /** @param {ChainFaultCode} code */
  constructor(code) {
    super(code);
    this.code = code;
  }
}

/** @type {Sums} */
const NOTHING = { firstTicket: 0, lastTicket: 0, tickets: 0, rates: [], total: 0, means: [], tips: 0, training: 0 };

/** @type {Chain} */
export const EMPTY = { number: 0, hash: '0'.repeat(64), time: 0, ticket: 0, training: 0, openDay: null, from: 1, sums: NOTHING, month: null, year: null, net: 0, absolute: 0 };

/** @param {Sums} a @param {Sums} b @returns {Sums} */
function added(a, b) {
  /** @type {Map<number, import('./tax.js').RateTotal>} */
  const rates = new Map(a.rates.map((one) => [one.rate, one]));
  for (const { rate, gross, vat } of b.rates) {
    const before = rates.get(rate) ?? { rate, gross: 0, vat: 0 };
    rates.set(rate, { rate, gross: before.gross + gross, vat: before.vat + vat });
  }
  const means = MEANS.filter((name) => [...a.means, ...b.means].some((one) => one.means === name))
    .map((name) => ({ means: name, amount: [...a.means, ...b.means].reduce((sum, one) => (one.means === name ? sum + one.amount : sum), 0) }));
  return {
    firstTicket: a.firstTicket || b.firstTicket, lastTicket: b.lastTicket || a.lastTicket, tickets: a.tickets + b.tickets,
    rates: [...rates.values()].sort((x, y) => x.rate - y.rate), total: a.total + b.total, means, tips: a.tips + b.tips, training: a.training + b.training,
  };
}

/** What a ticket adds to the sums. @param {'sale' | 'refund' | 'training_sale' | 'training_refund'} kind @param {import('./ticket.js').Sale} sale @returns {Sums} */
function sumsOf(kind, { ticket, rates, total, tenders, tip }) {
  if (kind === 'training_sale' || kind === 'training_refund') return { ...NOTHING, training: 1 };
  const sign = kind === 'sale' ? 1 : -1;
  // Not -0, which is another value.
  const signed = (/** @type {number} */ cents) => (cents === 0 ? 0 : sign * cents);
  const alone = tenders.map(({ means, amount }) => ({ ...NOTHING, means: [{ means, amount: signed(amount) }] }));
  const own = { ...NOTHING, firstTicket: ticket, lastTicket: ticket, tickets: 1, rates: rates.map(({ rate, gross, vat }) => ({ rate, gross: signed(gross), vat: signed(vat) })), total: signed(total), tips: signed(tip) };
  return alone.reduce(added, own);
}

/** @param {unknown} good @param {ChainFaultCode} code */
function need(good, code) {
  if (!good) throw new ChainFault(code);
}

/** The shortest period that has to be closed before a ticket at this time; null when none. @param {Chain} chain @param {number} time */
export function due(chain, time) {
  const day = parisDay(time);
  if (chain.openDay !== null && chain.openDay < day) return chain.openDay;
  if (chain.month !== null && chain.month.period < monthOf(day)) return chain.month.period;
  if (chain.year !== null && chain.year.period < yearOf(day)) return chain.year.period;
  return null;
}

/**
 * What the closing of a period says as the next record.
 * @param {Chain} chain
 * @param {string} period a day, a month or a year
 * @returns {Closing}
 */
export function closingOf(chain, period) {
  const { net, absolute } = chain;
  if (period.length === 10) return { period, first: chain.from, last: chain.number, ...chain.sums, net, absolute };
  const span = period.length === 7 ? chain.month : chain.year;
  if (span?.period !== period || chain.openDay !== null || (period.length === 4 && chain.month !== null)) throw new ChainFault('closing_wrong');
  return { period, first: span.first, last: span.last, ...span.sums, net, absolute };
}

/** The day that a closing made by hand closes. @param {Chain} chain @param {number} time */
export function dayToClose(chain, time) {
  return chain.openDay ?? parisDay(time);
}

/** @param {Span | null} span @param {string} period @param {Closing} closing @returns {Span} */
function spanWith(span, period, closing) {
  need(span === null || span.period === period, 'closing_missing');
  return { period, first: span?.first ?? closing.first, last: closing.last, sums: added(span?.sums ?? NOTHING, closing) };
}

/** @param {Chain} chain @param {Closing} closing @param {number} time @returns {Partial<Chain>} */
function closed(chain, closing, time) {
  const { period } = closing;
  const day = parisDay(time);
  need(JSON.stringify(inOrder(closingOf(chain, period))) === JSON.stringify(inOrder(closing)), 'closing_wrong');
  if (period.length === 10) {
    need(period === dayToClose(chain, time) && closing.first <= closing.last, 'closing_wrong');
    return { openDay: null, from: chain.number + 2, sums: NOTHING, month: spanWith(chain.month, monthOf(period), closing) };
  }
  if (period.length === 7) {
    need(period < monthOf(day), 'closing_wrong');
    return { month: null, year: spanWith(chain.year, yearOf(period), closing) };
  }
  need(period < yearOf(day), 'closing_wrong');
  return { year: null };
}

/** Two closings that say the same have the same text. @param {Closing} closing */
function inOrder(closing) {
  return Object.entries(closing).sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The chain with one more record; throws a `ChainFault` when it does not continue it.
 * @param {Chain} chain
 * @param {TillRecord} record
 * @param {string} hash of its bytes
 * @returns {Chain}
 */
export function after(chain, record, hash) {
  need(record.number === chain.number + 1, 'number');
  need(record.previous === chain.hash, 'previous');
  need(record.time >= chain.time, 'time');
  const next = { ...chain, number: record.number, hash, time: record.time };
  if (record.kind === 'event') return next;
  if (record.kind === 'closing') return { ...next, ...closed(chain, record.closing, record.time) };
  need(due(chain, record.time) === null, 'closing_missing');
  const { kind, sale } = record;
  const training = kind === 'training_sale' || kind === 'training_refund';
  need(sale.ticket === (training ? chain.training : chain.ticket) + 1, 'ticket_number');
  const day = { openDay: chain.openDay ?? parisDay(record.time), sums: added(chain.sums, sumsOf(kind, sale)) };
  if (training) return { ...next, ...day, training: sale.ticket };
  return { ...next, ...day, ticket: sale.ticket, net: chain.net + (kind === 'sale' ? sale.total : -sale.total), absolute: chain.absolute + sale.total };
}
