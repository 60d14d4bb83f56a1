// The ticket of what goes back: rate by rate in the shares of the ticket that it gives back of.

import { Problem } from '../kit/api.js';
import { moreWords, t } from '../kit/i18n.js';
import { readBetween, remove, write } from '../kit/store.js';
import { lineOf } from '../kit/tax.js';
import { fitLabel, shares } from './basket.js';
import { setup } from './setup.js';
import { device } from './state.js';
import { issueRefund, ticketOfCharge } from './tickets.js';

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

/** What came without being asked for was never sold, and has no ticket to go back on. @param {Done} done */
async function writeTicket({ original, amount, entry }) {
  const reader = device.peek();
  const charge = (await reader?.receipt(original))?.facts.words.charge?.id;
  if (!reader || !charge) return;
  await moreWords('till-counter');
  const ticket = await ticketOfCharge(charge);
  if (!ticket && (await reader.charge(charge).catch(noneAt404))?.sequence !== original) return;
  const sale = ticket && 'sale' in ticket.record ? ticket.record.sale : null;
  const total = sale ? Math.min(amount, sale.total) : amount;
  const label = fitLabel(sale ? t('refund.line', { ticket: sale.ticket }) : t('refund.line_unknown'));
  const rates = sale?.rates ?? [{ rate: /** @type {number} */ (setup('counter').peek()?.rates[0] ?? 0), gross: amount }];
  await issueRefund({
    lines: shares(rates, total).map(({ rate, gross }) => lineOf({ label, price: gross, rate })),
    tenders: [{ means: 'units', amount, charge, certain: true }],
    tip: amount - total,
    entry,
    of: sale && ticket ? { ticket: sale.ticket, hash: ticket.hash } : null,
  });
}

/** @param {unknown} error @returns {null} */
function noneAt404(error) {
  if (error instanceof Problem && error.status === 404) return null;
  throw error;
}
