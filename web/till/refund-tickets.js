// The ticket of what goes back: rate by rate in the shares of the ticket that it gives back of.

import { Problem, Unreachable, now } from '../kit/api.js';
import { moreWords, t } from '../kit/i18n.js';
import { readBetween, remove, write } from '../kit/store.js';
import { lineOf } from '../kit/tax.js';
import { fitLabel, shares } from './basket.js';
import { device } from './state.js';
import { issueRefund, refundsOf, ticketOfCharge } from './tickets.js';

/** A refund in the ledger. @typedef {{original: number, amount: number, entry: number}} Done original: the entry of the payment; amount: cents that went back */
/** @typedef {Done & {since?: number, charge?: string}} Owed since when, in ms; charge: what the payment answers, once it is known and no ticket named it */

/** The ticket of what went back may still be at a till without network, or its sale not be ended. What no ticket names after so long never gets one: what was given up, an invoice, a sale before there were tickets. */
const MAX_OWED_MS = 30 * 24 * 3_600_000;

const owedPlace = (/** @type {string} */ till, /** @type {number | string} */ entry) => `${till}:owed:${entry}`;

/** One after another: what is left of a ticket is read before the next refund takes of it. @type {Promise<void>} */
let turn = Promise.resolve();

/** Writes it, once the refund is proved; until it is written it is owed, also by a page that is opened later. @param {Owed} done */
export function writeRefundTicket(done) {
  const written = turn.then(() => writeOne(done));
  turn = written.catch(() => undefined);
  return written;
}

/** @param {Owed} done */
async function writeOne(done) {
  const till = device.peek()?.wallet.key;
  if (!till) return;
  const owed = { ...done, since: done.since ?? now() };
  const place = owedPlace(till, done.entry);
  await write('tickets', place, owed);
  const waiting = await writeTicket(owed);
  if (waiting === null || now() - owed.since > MAX_OWED_MS) await remove('tickets', place);
  else await write('tickets', place, { ...owed, charge: waiting });
}

/** What is still owed; one that cannot be written keeps none of the others waiting. @param {string[]} [charges] only of these, whose ticket is here now */
export async function writeOwed(charges) {
  const till = device.peek()?.wallet.key;
  if (!till) return;
  for (const owed of /** @type {Owed[]} */ (await readBetween('tickets', owedPlace(till, '0'), owedPlace(till, ':')))) {
    if (charges && owed.charge !== undefined && !charges.includes(owed.charge)) continue;
    try {
      await writeRefundTicket(owed);
    } catch (fault) {
      if (fault instanceof Unreachable) return;
      console.warn('a refund has no ticket yet', fault);
    }
  }
}

/** The ticket of the sale that a charge paid, whichever till of the shop wrote it. @typedef {{ticket: number, hash: string, total: number, rates: {rate: number, gross: number}[]}} Sold */

/** @param {import('./shop.js').Shop} reader @param {string} charge @returns {Promise<Sold | null>} null: no ticket names it; throws without an answer */
async function soldFor(reader, charge) {
  const own = await ticketOfCharge(charge);
  if (own && 'sale' in own.record) return { ...own.record.sale, hash: own.hash };
  return reader.session.json(`/pos/v1/charges/${charge}/ticket`).catch(noneAt404);
}

/** What is left of a ticket, rate by rate, after what this till gave back of it before. @param {Sold} sold */
async function leftOf({ hash, rates }) {
  const left = new Map(rates.map(({ rate, gross }) => [rate, gross]));
  for (const { record } of await refundsOf(hash)) {
    if (!('sale' in record)) continue;
    for (const { rate, gross } of record.sale.rates) left.set(rate, (left.get(rate) ?? 0) - gross);
  }
  return [...left].map(([rate, gross]) => ({ rate, gross: Math.max(0, gross) }));
}

/** What no ticket counted as sold is not taken back by one. @param {Owed} owed @returns {Promise<string | null>} the charge that no ticket names so far; null: nothing is owed any more */
async function writeTicket({ original, amount, entry, charge: known }) {
  const reader = device.peek();
  const charge = known ?? (await reader?.receipt(original))?.facts.words.charge?.id;
  if (!reader || !charge) return null;
  const sold = await soldFor(reader, charge);
  if (!sold) return charge;
  await moreWords('till-counter');
  const rates = await leftOf(sold);
  const total = Math.min(amount, rates.reduce((sum, { gross }) => sum + gross, 0));
  const label = fitLabel(t('refund.line', { ticket: sold.ticket }));
  const parts = total > 0 ? shares(rates, total) : [{ rate: rates[0]?.rate ?? 0, gross: 0 }];
  await issueRefund({
    lines: parts.map(({ rate, gross }) => lineOf({ label, price: gross, rate })),
    tenders: [{ means: 'units', amount, charge, certain: true }],
    tip: amount - total,
    entry,
    of: { ticket: sold.ticket, hash: sold.hash },
  });
  return null;
}

/** @param {unknown} error @returns {null} */
function noneAt404(error) {
  if (error instanceof Problem && error.status === 404) return null;
  throw error;
}
