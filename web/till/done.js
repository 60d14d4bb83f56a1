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

/** What was printed once since this page was opened, by its hash: what comes after it is a duplicate, and is noted first. @type {Set<string>} */
const printed = new Set();
/** What is being printed: a second touch meanwhile is none. @type {Set<string>} */
const printing = new Set();

/** @param {any} ticket */
export async function print(ticket) {
  if (printing.has(ticket.hash)) return;
  printing.add(ticket.hash);
  try {
    const [{ printTicket }, { issueEvent, reprintsOf }] = await Promise.all([import('./paper.js'), import('./tickets.js'), moreWords('ticket')]);
    const { ticket: number } = ticket.record.sale;
    const again = printed.has(ticket.hash);
    if (again) await issueEvent('reprint', null, number);
    const outcome = await printTicket(ticket, { duplicate: again ? await reprintsOf(number) : 0 });
    if (outcome === 'failed') return;
    printed.add(ticket.hash);
    // It was on paper before, as only the server knew: printed before this page was opened, or with an answer that was lost.
    if (outcome === 'duplicate' && !again) await issueEvent('reprint', null, number);
  } finally {
    printing.delete(ticket.hash);
  }
}

const focusNext = ref((element) => {
  const target = element?.querySelector('button');
  if (target) queueMicrotask(() => target.focus());
});

/** @param {import('./basket.js').Tender} tender @param {string} symbol */
function partRow({ means, amount: part, certain }, symbol) {
  return html`<li>${t(`means.${means}`)} <bdi>${formatAmount(part, { symbol: means === 'units' ? symbol : '€' })}</bdi>${certain ? nothing : html` <span class="quiet-words">${t('paying.uncertain')}</span>`}</li>`;
}

/** A sale whose last part was in euros: noted, and never the green of a verified receipt. @param {Finished} finished */
export function doneView(finished) {
  const { sale } = finished;
  const symbol = shop.value?.ledger.symbol ?? '';
  const certain = sale.tenders.every((tender) => tender.certain);
  const over = sale.tenders.reduce((sum, { change }) => sum + (change ?? 0), 0);
  return html`<section class="request-end" data-name="done-sale" ${focusNext}>
    <span class="state-icon ${certain ? '' : 'warning'}">${icon(certain ? 'check' : 'warning', { size: 40 })}</span><h1>${t(sale.training ? 'training.done' : certain ? 'done.title' : 'done.uncertain')}</h1>
    ${amount(dueOf(sale), { symbol, size: 'huge' })}
    ${sale.reference.trim() ? html`<p class="request-reference"><bdi>${sale.reference.trim()}</bdi></p>` : nothing}
    <ul class="done-parts">${sale.tenders.map((tender) => partRow(tender, symbol))}</ul>
    ${over > 0 ? html`<p class="due-words" data-name="change" data-cents=${over}><strong>${t('paying.change', { amount: formatAmount(over, { symbol: '€' }) })}</strong></p>` : nothing}
    ${ticketPart(finished)}
    <div class="stack">${button({ label: t('charge.next'), kind: 'primary', big: true, name: 'next', onClick: leaveFinished })}</div>
  </section>`;
}
