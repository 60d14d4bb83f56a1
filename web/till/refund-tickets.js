// The ticket of what goes back: rate by rate in the shares of the ticket that it gives back of.

import { moreWords, t } from '../kit/i18n.js';
import { lineOf } from '../kit/tax.js';
import { fitLabel, shares } from './basket.js';
import { setup } from './setup.js';
import { shop } from './state.js';
import { issueRefund, ticketOfCharge } from './tickets.js';

/**
 * Writes it, once the refund is proved. What came without being asked for was never sold, and has no ticket to go back on.
 * @param {number} original the entry of the payment
 * @param {number} amount cents that went back
 */
export async function writeRefundTicket(original, amount) {
  const reader = shop.peek();
  const charge = (await reader?.receipt(original))?.facts.words.charge?.id;
  if (!reader || !charge) return;
  await moreWords('till-counter');
  const ticket = await ticketOfCharge(charge);
  if (!ticket && (await reader.charge(charge).catch(() => null))?.sequence !== original) return;
  const sale = ticket && 'sale' in ticket.record ? ticket.record.sale : null;
  const total = sale ? Math.min(amount, sale.total) : amount;
  const label = fitLabel(sale ? t('refund.line', { ticket: sale.ticket }) : t('refund.line_unknown'));
  const rates = sale?.rates ?? [{ rate: /** @type {number} */ (setup('counter').peek()?.rates[0] ?? 0), gross: amount }];
  await issueRefund({
    lines: shares(rates, total).map(({ rate, gross }) => lineOf({ label, price: gross, rate })),
    tenders: [{ means: 'units', amount, charge, certain: true }],
    tip: amount - total,
    of: sale && ticket ? { ticket: sale.ticket, hash: ticket.hash } : null,
  });
}
