// The chain of a till as a fold over its records: what the next one has to say, and whether it does. Pure; the server's fold
// (merchant-pos, tickets/chain.rs) is the same.

import { hex } from './hex.js';
import { parisDay } from './paris.js';
import { MEANS } from './ticket.js';

/** @typedef {import('./ticket.js').TillRecord} TillRecord */
/** @typedef {import('./ticket.js').Closing} Closing */
/** @typedef {Pick<Closing, 'firstTicket' | 'lastTicket' | 'tickets' | 'rates' | 'total' | 'means' | 'tips' | 'training'>} Sums sales less refunds; training is counted, and in nothing else */
/** @typedef {{first: number, period: string | null, sums: Sums}} Open a span since its last closing: the first record after that, which period it is once there is something to close */
/**
 * Plain, so that a browser keeps it as it is.
 * @typedef {object} Chain
 * @property {string | null} account the shop's, hex; null before the first record
 * @property {number} number of the last record, 0 before the first
 * @property {string} hash of it
 * @property {number} time of it
 * @property {number} ticket the last one's number
 * @property {number} training the last training ticket's number
 * @property {Open[]} open the day of tickets, the month of closings of days, the year of closings of months
 * @property {number} net sales less refunds since the first record
 * @property {number} absolute sales and refunds since the first record
 */
/** @typedef {'ticket_other_till' | 'ticket_gap' | 'ticket_previous' | 'ticket_time' | 'ticket_number' | 'closing_missing' | 'closing_period' | 'closing_sums'} ChainFaultCode the server's words for the same */

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

/** @type {Open} */
const FRESH = { first: 1, period: null, sums: NOTHING };

/** @type {Chain} */
export const EMPTY = { account: null, number: 0, hash: '0'.repeat(64), time: 0, ticket: 0, training: 0, open: [FRESH, FRESH, FRESH], net: 0, absolute: 0 };

/** How many characters of a day name its span: a day, a month, a year. */
const LENGTHS = [10, 7, 4];

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

/** The day of tickets that no closing covers. @param {Chain} chain */
export const openDay = (chain) => chain.open[0].period;

/** The period that has to be closed next before a ticket at this time; null when none. @param {Chain} chain @param {number} time */
export function due(chain, time) {
  const day = parisDay(time);
  return chain.open.find(({ period }, span) => period !== null && period < day.slice(0, LENGTHS[span]))?.period ?? null;
}

/**
 * What the closing of a period says as the next record, at a time.
 * @param {Chain} chain
 * @param {string} period a day, a month or a year
 * @param {number} time
 * @returns {Closing}
 */
export function closingOf(chain, period, time) {
  const span = LENGTHS.indexOf(period.length);
  const today = parisDay(time);
  const { first, period: open, sums } = chain.open[span] ?? FRESH;
  // Shorter spans first, and no longer one that is over already.
  need(chain.open.slice(0, Math.max(span, 0)).every((shorter) => shorter.period === null), 'closing_missing');
  need(span === 0 ? period === (open ?? today) : open === period && period < today.slice(0, LENGTHS[span]), 'closing_period');
  need(chain.open.every((longer, at) => at <= span || longer.period === null || longer.period >= period.slice(0, LENGTHS[at])), 'closing_missing');
  return { period, first, last: chain.number, ...sums, net: chain.net, absolute: chain.absolute };
}

/** @param {Chain} chain @param {Closing} closing @param {number} time @returns {Open[]} */
function closed(chain, closing, time) {
  const { period } = closing;
  need(JSON.stringify(inOrder(closingOf(chain, period, time))) === JSON.stringify(inOrder(closing)), 'closing_sums');
  const span = LENGTHS.indexOf(period.length);
  return chain.open.map((open, at) => {
    if (at === span) return { first: chain.number + 2, period: null, sums: NOTHING };
    return at === span + 1 ? { first: open.first, period: period.slice(0, LENGTHS[at]), sums: added(open.sums, sumsIn(closing)) } : open;
  });
}

/** @param {Closing} closing @returns {Sums} */
function sumsIn({ firstTicket, lastTicket, tickets, rates, total, means, tips, training }) {
  return { firstTicket, lastTicket, tickets, rates, total, means, tips, training };
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
  const account = hex(record.account);
  need(chain.account === null || chain.account === account, 'ticket_other_till');
  need(record.number === chain.number + 1, 'ticket_gap');
  need(record.previous === chain.hash, 'ticket_previous');
  need(record.time >= chain.time, 'ticket_time');
  const next = { ...chain, account, number: record.number, hash, time: record.time };
  if (record.kind === 'event') return next;
  if (record.kind === 'closing') return { ...next, open: closed(chain, record.closing, record.time) };
  need(due(chain, record.time) === null, 'closing_missing');
  const { kind, sale } = record;
  const training = kind === 'training_sale' || kind === 'training_refund';
  need(sale.ticket === (training ? chain.training : chain.ticket) + 1, 'ticket_number');
  const [day, month, year] = chain.open;
  const open = [{ first: day.first, period: parisDay(record.time), sums: added(day.sums, sumsOf(kind, sale)) }, month, year];
  if (training) return { ...next, open, training: sale.ticket };
  return { ...next, open, ticket: sale.ticket, net: chain.net + (kind === 'sale' ? sale.total : -sale.total), absolute: chain.absolute + sale.total };
}
