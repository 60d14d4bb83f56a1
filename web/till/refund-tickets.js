// The ticket of what goes back: rate by rate in the shares of the ticket that it gives back of.

import { Problem } from '../kit/api.js';
import { moreWords, t } from '../kit/i18n.js';
import { readBetween, remove, write } from '../kit/store.js';
import { lineOf } from '../kit/tax.js';
import { fitLabel, shares } from './basket.js';
import { device } from './state.js';
import { issueRefund, newest, ticketOfCharge } from './tickets.js';

/** A refund in the ledger. @typedef {{original: number, amount: number, entry: number}} Done original: the entry of the payment; amount: cents that went back */

const owedPlace = (/** @type {string} */ till, /** @type {number | string} */ entry) => `${till}:owed:${entry}`;

/** Writes it, once the refund is proved; until it is written it is owed, also by a page that is opened later. @param {Done} done */
export async function writeRefundTicket(done) {
  const till = device.peek()?.wallet.key;
  if (!till) return;
  await write('tickets', owedPlace(till, done.entry), done);
  await writeTicket(done);
  await remove('tickets', owedPlace(till, done.entry));
}

/** What is still owed. */
export async function writeOwed() {
  const till = device.peek()?.wallet.key;
  if (!till) return;
  for (const done of /** @type {Done[]} */ (await readBetween('tickets', owedPlace(till, '0'), owedPlace(till, ':')))) await writeRefundTicket(done);
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
  const { list } = await newest(['refund'], Number.MAX_SAFE_INTEGER);
  for (const { record } of list) {
    if (!('sale' in record) || record.sale.of?.hash !== hash) continue;
    for (const { rate, gross } of record.sale.rates) left.set(rate, (left.get(rate) ?? 0) - gross);
  }
  return [...left].map(([rate, gross]) => ({ rate, gross: Math.max(0, gross) }));
}

/** What no ticket counted as sold is not taken back by one: what was given up, an invoice, a sale before there were tickets. @param {Done} done */
async function writeTicket({ original, amount, entry }) {
  const reader = device.peek();
  const charge = (await reader?.receipt(original))?.facts.words.charge?.id;
  if (!reader || !charge) return;
  const sold = await soldFor(reader, charge);
  if (!sold) return;
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
}

/** @param {unknown} error @returns {null} */
function noneAt404(error) {
  if (error instanceof Problem && error.status === 404) return null;
  throw error;
}
