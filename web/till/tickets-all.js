// Tickets and closings of every till of the shop, as the server keeps them: for the shop's own key, for accountants, and for a till
// that looks for another one's ticket. A record that is opened is verified here.

import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { decodeCbor } from '../kit/cbor.js';
import { sameBytes } from '../kit/hex.js';
import { parisDay, startOfParisDay } from '../kit/paris.js';
import { recordHash, verifyRecord } from '../kit/ticket.js';
import { device } from './state.js';

const DAY_MS = 86_400_000;
/** Tickets are read a week at a time. */
const DAYS = 7;
/** Pages of 200 in a reading: what a busy shop sells in weeks. Beyond it fewer days are read. */
const MOST_PAGES = 20;
/** A year and a month of closings of days. */
const CLOSING_DAYS = 400;

/** @typedef {{till: string, number: number, hash: string, ticket: number, time: number, kind: import('../kit/ticket.js').Kind, total: number, tenders: {means: import('../kit/ticket.js').Means}[], reference: string | null}} TicketRow as the server lists it */
/** @typedef {{till: string, number: number, time: number, period: string, tickets: number, total: number, perpetual: {net: number}}} ClosingRow */
/** @template T @typedef {{rows: T[]} | {error: unknown} | null} Read */

/** Newest first. */
export const allTickets = signal(/** @type {Read<TicketRow>} */ (null));
export const allClosings = signal(/** @type {Read<ClosingRow>} */ (null));
/** The first day that was read. */
export const since = signal('');

let days = DAYS;

function reader() {
  const found = device.peek();
  if (!found) throw new Error('no till is ready');
  return found;
}

/** @param {{more?: boolean}} [options] more: a week further back */
export async function readTickets({ more = false } = {}) {
  if (more) days += DAYS;
  const from = startOfParisDay(parisDay(now() - (days - 1) * DAY_MS));
  try {
    /** @type {TicketRow[]} */
    const rows = [];
    let after = '';
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const told = /** @type {{rows: TicketRow[], next?: string | null}} */ (await reader().session.json(`/pos/v1/tickets?from=${from}&to=${now() + DAY_MS}${after ? `&after=${after}` : ''}`));
      rows.push(...told.rows);
      if (!told.next) break;
      after = told.next;
    }
    since.value = parisDay(from);
    allTickets.value = { rows: rows.reverse() };
  } catch (error) {
    allTickets.value = { error };
  }
}

/** @param {'days' | 'months' | 'years'} span */
export async function readClosings(span) {
  const [period, from] = span === 'days' ? ['day', now() - CLOSING_DAYS * DAY_MS] : [span === 'months' ? 'month' : 'year', 0];
  try {
    const told = await reader().session.json(`/pos/v1/closings?period=${period}&from=${Math.max(0, Math.floor(from))}&to=${now() + DAY_MS}`);
    allClosings.value = { rows: /** @type {ClosingRow[]} */ (told.closings).sort((a, b) => b.time - a.time) };
  } catch (error) {
    allClosings.value = { error };
  }
}

/**
 * A record of any till of this shop; its signature, its till and its shop are verified.
 * @param {string} till hex @param {number} number
 * @returns {Promise<import('./tickets.js').Kept | null>}
 */
export async function recordOf(till, number) {
  const { session, trust, accountBytes } = reader();
  const list = decodeCbor(await session.bytes(`/pos/v1/tills/${till}/records?from=${number}&limit=1`));
  const [first] = Array.isArray(list) ? list : [];
  if (!(first instanceof Uint8Array)) return null;
  const bytes = new Uint8Array(first);
  const { key, record } = await verifyRecord(bytes, trust.ledger);
  if (key !== till || record.number !== number || !sameBytes(record.account, accountBytes)) throw new Error('a record of another till');
  return { number, hash: await recordHash(bytes), bytes, record };
}
