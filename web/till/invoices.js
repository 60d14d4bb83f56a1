// Invoices: what the shop asked for by a day, what of it came, and how a payer gets at it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { attempt } from '../kit/attempt.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { qrView } from '../kit/qr.js';
import { Reading } from '../kit/reading.js';
import { formatDate, formatDateTime } from '../kit/time.js';
import { amount, ask, banner, button, chip, copyButton, empty, failure, linkButton, loading, select } from '../kit/ui.js';
import { newInvoiceView, openNewInvoice } from './invoice-new.js';
import { fromMenu } from './more.js';
import { may } from './people.js';
import { openServices, servicesView } from './services.js';
import { goTo, scope, shop } from './state.js';

/**
 * @typedef {'open' | 'part' | 'paid' | 'refunded' | 'cancelled'} State
 * @typedef {{charge: string, sequence: number, time: number, amount: number, refunded: number, payer: string}} Payment
 * @typedef {object} Invoice
 * @property {string} token
 * @property {string} link
 * @property {string} reference
 * @property {string | null} series
 * @property {string} text
 * @property {number} amount
 * @property {number} paid
 * @property {number} refunded
 * @property {number} rest
 * @property {number} over
 * @property {State} state
 * @property {boolean} late
 * @property {string} due
 * @property {boolean} partial
 * @property {string | null} payer
 * @property {string | null} email
 * @property {number} created
 * @property {number | null} cancelled
 * @property {number[]} reminded
 * @property {Payment[]} payments
 */

/** Above the list; the server knows them by these names. */
const LISTS = ['open', 'late', 'paid', 'cancelled', 'all'];

const session = () => shop.peek()?.session;
const list = signal('open');
const turned = signal(/** @type {string[]} */ ([]));
const pages = new Reading(session, () => `/pos/v1/invoices?list=${list.peek()}&limit=20${turned.peek().length > 0 ? `&after=${turned.peek().at(-1)}` : ''}`,
  (answer) => /** @type {{invoices: Invoice[], next: string | null}} */ (answer));
let opened = '';
const one = new Reading(session, () => `/pos/v1/invoices/${opened}`, (answer) => /** @type {Invoice} */ (answer));
const desk = new Reading(session, () => '/pos/v1/invoicing/desk', (answer) => /** @type {{key: string, admitted: boolean}} */ (answer));
const acting = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };

/** What stands in the address, read once each time it changes. */
let read = '';

/** @param {string} at */
function arrive(at) {
  if (at === read) return;
  read = at;
  queueMicrotask(() => batch(() => {
    acting.fault.value = null;
    const [part, token = ''] = at.split('/');
    if (part === 'one' && token !== opened) {
      opened = token;
      one.clear();
    }
    if (part === 'one') void one.refresh();
    else if (part === 'new') openNewInvoice();
    else if (part === 'services') openServices();
    else {
      turned.value = [];
      void pages.refresh();
      void desk.refresh();
    }
  }));
}

/** @param {string} name the screen that is shown now */
export function leaveInvoices(name) {
  if (name !== 'invoices') read = '-';
}
read = '-';

/** @param {string} at what stands after `#invoices=` */
export function invoicesView(at) {
  arrive(at);
  const [part] = at.split('/');
  if (part === 'new') return under(t('invoices.new'), newInvoiceView((invoice) => goTo('invoices', `one/${invoice.token}`)), 'invoice-new');
  if (part === 'services') return under(t('invoices.services'), servicesView(), 'services');
  if (part === 'one') return under(one.data.value?.reference ?? t('invoices.one'), oneView(), 'invoice');
  return fromMenu({ title: t('invoices.title'), name: 'invoices', body: html`${deskView()}${listView()}` });
}

/** A screen below the list. @param {string} title @param {unknown} body @param {string} name */
function under(title, body, name) {
  return html`<div class="till-narrow" data-name=${name}>
    <div class="screen-head"><a class="button quiet square" href="#invoices" aria-label=${t('invoices.title')} data-name="to-invoices">${icon('back')}</a><h1><bdi>${title}</bdi></h1></div>${body}</div>`;
}

export const symbol = () => shop.value?.ledger.symbol ?? '';

/** A day such as 2026-12-24, in words. @param {string} day */
export const dayWords = (day) => formatDate(Date.parse(`${day}T12:00:00Z`));

/** Nobody may ask in the shop's name yet. */
function deskView() {
  if (desk.data.value?.admitted !== false) return nothing;
  return banner({ tone: 'warning', title: t('invoices.desk'), text: t('invoices.desk_text'), action: linkButton({ label: t('invoices.desk_do'), href: '/wallet/#invoicing', name: 'desk' }) });
}

/** @param {Invoice} invoice */
function stateChip(invoice) {
  if (invoice.over > 0) return chip({ text: t('invoice.over'), tone: 'warning', iconName: 'warning' });
  if (invoice.late) return chip({ text: t('invoice.late'), tone: 'danger', iconName: 'clock' });
  /** @type {Record<State, 'good' | 'info' | 'plain'>} */
  const tones = { open: 'plain', part: 'info', paid: 'good', refunded: 'plain', cancelled: 'plain' };
  return html`<span data-state=${invoice.state}>${chip({ text: t(`invoice.${invoice.state}`), tone: tones[invoice.state], iconName: invoice.state === 'paid' ? 'check' : undefined })}</span>`;
}

function listView() {
  const page = pages.data.value;
  const choose = (/** @type {string} */ value) => { batch(() => { list.value = value; turned.value = []; pages.clear(); }); void pages.refresh(); };
  const turn = (/** @type {string[]} */ to) => { turned.value = to; void pages.refresh(); };
  return html`
    <div class="actions">
      ${scope.value === 'read' ? nothing : button({ label: t('invoices.new'), kind: 'primary', big: true, iconName: 'plus', name: 'invoice-new', onClick: () => goTo('invoices', 'new') })}
      ${button({ label: t('invoices.services'), iconName: 'bank', name: 'services', onClick: () => goTo('invoices', 'services') })}
    </div>
    ${select({ name: 'list', label: t('invoices.list'), value: list.value, options: LISTS.map((value) => ({ value, label: t(`invoices.list_${value}`) })), onChoose: choose })}
    ${!page ? (pages.error.value ? failure({ error: pages.error.value, onRetry: () => void pages.refresh() }) : loading())
      : page.invoices.length === 0 ? empty({ iconName: 'file', title: t('invoices.empty'), text: t('invoices.empty_text') })
      : html`<ul class="list">${page.invoices.map((invoice) => html`<li><a class="row" href="#invoices=one/${invoice.token}" data-name="invoice-row" data-reference=${invoice.reference}>
        <span class="row-words"><span class="row-title"><bdi>${invoice.reference}</bdi></span><span class="row-note">${invoice.text ? html`<bdi>${invoice.text.split('\n')[0]}</bdi> · ` : nothing}${t('invoice.due_on', { date: dayWords(invoice.due) })}</span></span>
        <span class="row-end">${amount(invoice.amount, { symbol: symbol() })}${stateChip(invoice)}</span></a></li>`)}</ul>`}
    ${turned.value.length > 0 || page?.next ? html`<div class="cluster">
      ${turned.value.length > 0 ? button({ label: t('invoices.newer'), iconName: 'back', onClick: () => turn(turned.value.slice(0, -1)) }) : nothing}
      ${page?.next ? button({ label: t('invoices.older'), name: 'older', onClick: () => turn([...turned.value, page.next ?? '']) }) : nothing}</div>` : nothing}`;
}

function oneView() {
  const invoice = one.data.value;
  if (!invoice) return one.error.value ? failure({ error: one.error.value, onRetry: () => void one.refresh() }) : loading();
  const settled = !['open', 'part'].includes(invoice.state);
  return html`
    <section class="card stack" data-name="invoice-head" data-state=${invoice.state} data-rest=${invoice.rest}>
      <div class="spread">${amount(invoice.amount, { symbol: symbol(), size: 'big' })}${stateChip(invoice)}</div>
      ${invoice.text ? html`<div>${invoice.text.split('\n').map((line) => html`<p><bdi>${line}</bdi></p>`)}</div>` : nothing}
      <dl class="facts">
        ${fact(t('invoice.due'), dayWords(invoice.due))}
        ${invoice.paid > 0 ? fact(t('invoice.paid_sum'), amount(invoice.paid, { symbol: symbol() })) : nothing}
        ${invoice.refunded > 0 ? fact(t('invoice.refunded_sum'), amount(invoice.refunded, { symbol: symbol() })) : nothing}
        ${settled ? nothing : fact(t('invoice.rest'), amount(invoice.rest, { symbol: symbol() }))}
        ${fact(t('invoice.parts'), t(invoice.partial ? 'invoice.parts_yes' : 'invoice.parts_no'))}
        ${invoice.payer ? html`<div class="long"><dt>${t('invoice.payer')}</dt><dd class="code" dir="ltr">${invoice.payer}</dd></div>` : nothing}
        ${invoice.email ? fact(t('invoice.email'), html`<bdi dir="ltr">${invoice.email}</bdi>`) : nothing}
        ${fact(t('invoice.written'), formatDateTime(invoice.created))}
        ${invoice.reminded.length > 0 ? fact(t('invoice.reminded'), formatDateTime(invoice.reminded.at(-1) ?? 0)) : nothing}
      </dl>
    </section>
    ${invoice.over > 0 ? banner({ tone: 'warning', text: html`${t('invoice.over_text')} ${amount(invoice.over, { symbol: symbol() })}` }) : nothing}
    ${invoice.payments.length > 0 ? html`<section class="section"><h2>${t('invoice.payments')}</h2><ul class="list">${invoice.payments.map((payment) => html`<li><div class="row" data-name="payment">
      <span class="row-icon in">${icon('check')}</span>
      <span class="row-words"><span class="row-title">${formatDateTime(payment.time)}</span><span class="row-note">${t('invoice.entry', { n: payment.sequence })}${payment.refunded > 0 ? html` · ${t('invoice.gave_back')} ${amount(payment.refunded, { symbol: symbol() })}` : nothing}</span></span>
      <span class="row-end">${amount(payment.amount, { symbol: symbol(), tone: 'in', sign: true })}</span></div></li>`)}</ul></section>` : nothing}
    ${acting.fault.value ? banner({ tone: 'danger', text: sentenceFor(acting.fault.value) }) : nothing}
    ${settled ? nothing : html`<section class="card stack">
      <h2>${t('invoice.how')}</h2><p>${t(invoice.payer ? 'invoice.how_member' : 'invoice.how_link')}</p>
      ${qrView(invoice.link, { label: t('invoice.link') })}
      <div class="cluster">${copyButton(invoice.link, t('invoice.copy'))}</div></section>
      ${scope.value === 'read' ? nothing : html`<div class="actions">
        ${button({ label: t('invoice.remind'), iconName: 'bell', busy: acting.busy.value, name: 'remind', onClick: () => void act(invoice, 'remind') })}
        ${may('settings') ? button({ label: t('invoice.cancel'), kind: 'quiet', iconName: 'cross', disabled: acting.busy.value, name: 'invoice-cancel', onClick: () => void cancel(invoice) }) : html`<p class="quiet-words">${t('invoice.only_settings')}</p>`}</div>`}`}
    <div class="actions">${button({ label: t('invoice.refresh'), iconName: 'refresh', kind: 'quiet', busy: one.busy.value, name: 'invoice-refresh', onClick: () => void one.refresh() })}</div>`;
}

/** @param {string} label @param {unknown} value */
const fact = (label, value) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;

/** @param {Invoice} invoice @param {'remind' | 'cancel'} what */
function act(invoice, what) {
  return attempt(acting, async () => {
    const answer = await session()?.json(`/pos/v1/invoices/${invoice.token}/${what}`, { method: 'POST' });
    if (answer && opened === invoice.token) one.data.value = answer;
  });
}

/** @param {Invoice} invoice */
async function cancel(invoice) {
  if (await ask({ title: t('invoice.cancel_ask'), text: t('invoice.cancel_text'), confirm: t('invoice.cancel'), danger: true, iconName: 'cross' })) await act(invoice, 'cancel');
}
