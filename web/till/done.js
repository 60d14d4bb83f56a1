// The end of a sale: what was paid, and its ticket.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { ref } from '../vendor/lit-html/directives/ref.js';
import { moreWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount } from '../kit/money.js';
import { qrView } from '../kit/qr.js';
import { amount, button, closeDialog, openDialog } from '../kit/ui.js';
import { dueOf } from './basket.js';
import { leaveFinished } from './sale.js';
import { shop } from './state.js';

/** @typedef {{sale: import('./basket.js').Sale, ticket: any}} Finished */

/** The ticket, for those who get one. @param {Finished} finished */
export function ticketPart({ ticket }) {
  if (!ticket) return nothing;
  const { ticket: number } = ticket.record.sale;
  return html`<p class="ticket-number" data-name="ticket" data-ticket=${number}>${t('done.ticket', { number })}</p>
    <div class="cluster ticket-ways">${button({ label: t('done.receipt'), iconName: 'qr', name: 'e-receipt', onClick: () => openReceipt(ticket) })}
      ${button({ label: t('action.print'), iconName: 'print', name: 'print-ticket', onClick: () => print(ticket) })}</div>`;
}

/** For the customer's phone, in the place of paper. @param {any} ticket */
async function openReceipt({ hash, record }) {
  const { receiptLink, ticketsStayHere } = await import('./tickets.js');
  const label = t('done.ticket', { number: record.sale.ticket });
  openDialog({
    label,
    closed: () => {},
    view: () => html`<div class="stack center" data-name="receipt-code"><h2>${label}</h2><p>${t('done.receipt_words')}</p>${ticketsStayHere() ? html`<p data-name="receipt-local">${t('done.receipt_local')}</p>` : nothing}
      <div class="qr-card">${qrView(receiptLink(hash), { label, level: 'M' })}</div>${button({ label: t('action.close'), kind: 'quiet', onClick: closeDialog })}</div>`,
  });
}

/** @param {any} ticket */
async function print(ticket) {
  const [{ printTicket }] = await Promise.all([import('./paper.js'), moreWords('ticket')]);
  await printTicket(ticket);
}

const focusNext = ref((element) => {
  const target = element?.querySelector('button');
  if (target) queueMicrotask(() => target.focus());
});

/** A sale whose last part was in euros: noted, and never the green of a verified receipt. @param {Finished} finished */
export function doneView(finished) {
  const { sale } = finished;
  const symbol = shop.value?.ledger.symbol ?? '';
  return html`<section class="request-end" data-name="done-sale" ${focusNext}>
    <span class="state-icon">${icon('check', { size: 40 })}</span><h1>${t(sale.training ? 'training.done' : 'done.title')}</h1>
    ${amount(dueOf(sale), { symbol, size: 'huge' })}
    ${sale.reference.trim() ? html`<p class="request-reference"><bdi>${sale.reference.trim()}</bdi></p>` : nothing}
    <ul class="done-parts">${sale.tenders.map(({ means, amount: part }) => html`<li>${t(`means.${means}`)} <bdi>${formatAmount(part, { symbol: means === 'units' ? symbol : '€' })}</bdi></li>`)}</ul>
    ${ticketPart(finished)}
    <div class="stack">${button({ label: t('charge.next'), kind: 'primary', big: true, name: 'next', onClick: leaveFinished })}</div>
  </section>`;
}
