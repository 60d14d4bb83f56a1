// A till's record as it stands on paper, 80 mm wide: on the screen, from the browser's printer, and on the page that a customer
// opens. What is in the record and nothing else; who the shop is stands above it.

import { html, nothing, render } from '../vendor/lit-html/lit-html.js';
import { t } from './i18n.js';
import { formatAmount, formatCount, leftToRight, localeTag } from './money.js';
import { parisTime } from './paris.js';
import { ONE } from './tax.js';
import { formatDate, formatMonth } from './time.js';

/** @typedef {import('./ticket.js').TillRecord} TillRecord */
/** @typedef {{name: string, address: string, siret: string, vat_number: string, footer: string}} Legal what the law wants to stand on tickets; each may be empty */
/** @typedef {{name: string, legal: Legal | null, symbol: string, till: string, cashier?: string | null, hash?: string, duplicate?: number}} Heading name: of the shop, symbol: of its currency, till: what tells the till, duplicate: which copy this is */

const euros = (/** @type {number} */ cents) => formatAmount(cents, { symbol: '€' });
/** Without a symbol, as in a column. */
const plain = (/** @type {number} */ cents) => leftToRight(formatAmount(cents));

/** "0,735", as long as it needs. @param {number} thousandths */
function quantityWords(thousandths) {
  return new Intl.NumberFormat(localeTag(), { maximumFractionDigits: 3 }).format(thousandths / ONE);
}

/** "5,5 %". @param {number} rate hundredths of a percent */
export function rateWords(rate) {
  return leftToRight(`${new Intl.NumberFormat(localeTag(), { maximumFractionDigits: 2 }).format(rate / 100)}\u00a0%`);
}

/** A day, a month or a year in words. @param {string} period */
export function periodWords(period) {
  // Noon in the middle of the month is the same month wherever the reader is.
  if (period.length === 10) return formatDate(new Date(`${period}T12:00:00`).getTime());
  return period.length === 7 ? formatMonth(new Date(`${period}-15T12:00:00`).getTime()) : period;
}

/** The moment as Paris reads it, where the till stands by law. @param {number} ms */
export function momentWords(ms) {
  const { day, time } = parisTime(ms);
  return html`<bdi dir="ltr">${day.split('-').reverse().join('/')} ${time.slice(0, 5)}</bdi>`;
}

/** @param {unknown} label @param {unknown} value @param {string} [kind] */
const row = (label, value, kind = '') => html`<div class="paper-row ${kind}"><span>${label}</span><span>${value}</span></div>`;

/** @param {Heading} words */
function headView({ name, legal }) {
  return html`<header class="paper-head"><strong>${legal?.name || name}</strong>
    ${legal?.name && legal.name !== name ? html`<span>${name}</span>` : nothing}
    ${legal?.address ? html`<span class="paper-lines" dir="auto">${legal.address}</span>` : nothing}
    ${legal?.siret ? html`<span>${t('ticket.siret')} <bdi dir="ltr">${legal.siret}</bdi></span>` : nothing}
    ${legal?.vat_number ? html`<span>${t('ticket.vat_number')} <bdi dir="ltr">${legal.vat_number}</bdi></span>` : nothing}</header>`;
}

/** @param {import('./tax.js').RateTotal[]} rates */
function ratesView(rates) {
  return html`<table class="paper-rates"><thead><tr><th scope="col">${t('ticket.rate')}</th><th scope="col">${t('ticket.net')}</th><th scope="col">${t('ticket.vat')}</th><th scope="col">${t('ticket.gross')}</th></tr></thead>
    <tbody>${rates.map(({ rate, gross, vat }) => html`<tr><th scope="row">${rateWords(rate)}</th><td>${plain(gross - vat)}</td><td>${plain(vat)}</td><td>${plain(gross)}</td></tr>`)}</tbody></table>`;
}

/** How something was paid, in the reader's words. @param {import('./ticket.js').Means} means @param {number} amount @param {string} symbol */
function meansRow(means, amount, symbol) {
  return row(t(`ticket.means_${means}`), formatAmount(amount, { symbol: means === 'units' ? symbol : '€' }));
}

/** @param {import('./ticket.js').Sale} sale @param {boolean} back @param {Heading} words */
function saleView({ lines, rates, total, tenders, tip, of, reference }, back, words) {
  return html`
    ${of ? row(t('ticket.of'), t('ticket.number', { n: formatCount(of.ticket) })) : nothing}
    ${reference ? row(t('ticket.reference'), html`<bdi>${reference}</bdi>`) : nothing}
    <ul class="paper-list">${lines.map(({ label, price, quantity, unit, rate, total: sum }) => html`<li>${row(html`<bdi>${label}</bdi>`, plain(sum))}
      <span class="paper-small">${quantity === ONE && unit === '' ? nothing : `${leftToRight(`${quantityWords(quantity)}${unit ? `\u00a0${unit}` : ''} × ${formatAmount(price)}`)} · `}${rateWords(rate)}</span></li>`)}</ul>
    ${row(t(back ? 'ticket.total_back' : 'ticket.total'), euros(total), 'big')}
    ${tip > 0 ? row(t('ticket.tip'), euros(tip)) : nothing}
    ${tenders.map(({ means, amount }) => meansRow(means, amount, words.symbol))}
    ${tenders.some(({ certain }) => !certain) ? html`<p class="paper-small">${t('ticket.uncertain')}</p>` : nothing}
    ${ratesView(rates)}`;
}

/** @param {import('./ticket.js').Closing} closing @param {string} symbol */
function closingBody({ rates, total, means, tips, net, absolute, tickets, firstTicket, lastTicket, training, first, last }, symbol) {
  return html`
    ${row(t('ticket.count'), formatCount(tickets))}
    ${tickets > 0 ? row(t('ticket.numbers'), html`<bdi dir="ltr">${formatCount(firstTicket)} – ${formatCount(lastTicket)}</bdi>`) : nothing}
    ${row(t('ticket.period_total'), euros(total), 'big')}
    ${rates.length > 0 ? ratesView(rates) : nothing}
    ${means.map((one) => meansRow(one.means, one.amount, symbol))}
    ${tips === 0 ? nothing : row(t('ticket.tips'), euros(tips))}
    ${row(t('ticket.perpetual_net'), euros(net), 'strong')}
    ${row(t('ticket.perpetual_absolute'), euros(absolute))}
    ${training > 0 ? row(t('ticket.training_count'), formatCount(training)) : nothing}
    ${row(t('ticket.records'), html`<bdi dir="ltr">${formatCount(first)} – ${formatCount(last)}</bdi>`)}`;
}

/** What a record is called. @param {TillRecord} record */
export function titleOf(record) {
  switch (record.kind) {
    case 'event': return t(`event.${record.event.code}`);
    case 'closing': return t(`ticket.closing_${record.closing.period.length}`, { period: periodWords(record.closing.period) });
    default: return t(record.kind.endsWith('refund') ? 'ticket.refund_number' : 'ticket.number', { n: formatCount(record.sale.ticket) });
  }
}

/** A ticket or a closing on paper. @param {TillRecord} record @param {Heading} words */
export function paperView(record, words) {
  const training = record.kind === 'training_sale' || record.kind === 'training_refund';
  return html`<article class="paper" data-name="paper" data-kind=${record.kind}>
    ${headView(words)}
    ${training ? html`<p class="paper-mark" data-name="paper-training">${t('ticket.training')}</p>` : nothing}
    ${words.duplicate ? html`<p class="paper-mark" data-name="paper-duplicate">${t('ticket.duplicate', { n: words.duplicate })}</p>` : nothing}
    <h2>${titleOf(record)}</h2>
    ${row(momentWords(record.time), html`${t('ticket.till')} <bdi dir="ltr">${words.till}</bdi>`, 'quiet')}
    ${words.cashier ? row(t('ticket.cashier'), html`<bdi>${words.cashier}</bdi>`, 'quiet') : nothing}
    ${'sale' in record ? saleView(record.sale, record.kind.endsWith('refund'), words) : 'closing' in record ? closingBody(record.closing, words.symbol) : nothing}
    ${words.legal?.footer && 'sale' in record ? html`<p class="paper-lines center" dir="auto">${words.legal.footer}</p>` : nothing}
    <p class="paper-small center">${t('ticket.signed', { n: formatCount(record.number) })}${words.hash ? html`<br><bdi dir="ltr" class="code">${words.hash.slice(0, 16)}</bdi>` : nothing}</p>
  </article>`;
}

/** What tells one till of a shop from another: the start of its key. @param {string} key hex */
export const tillWords = (key) => key.slice(0, 8);

/** Prints a paper, and nothing else of the page. @param {unknown} paper as `paperView` drew it */
export function printPaper(paper) {
  document.querySelector('.paper-host')?.remove();
  const host = document.createElement('div');
  host.className = 'paper-host';
  render(paper, host);
  document.body.append(host);
  addEventListener('afterprint', () => host.remove(), { once: true });
  print();
}
