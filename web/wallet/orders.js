// Transfers that the member announced: how to make one, what became of each, taking one back.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { icon } from '../kit/icons.js';
import { formatAmount, groupIban } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { qrView } from '../kit/qr.js';
import { ask, banner, button, chip, copyRow, failure, linkButton, loading, toast } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { account, openSession } from './state.js';
import { euros, units } from './words.js';

/** @typedef {'open' | 'expired' | 'cancelled' | 'received' | 'converted' | 'returned'} OrderState */
/**
 * @typedef {{number: number, amount: number, reference: string, created: number, expires: number, state: OrderState, units: number | null, bonus: number | null,
 *   sequence: number | null, epc: string, payto: string, holder: string, iban: string, bic: string | null}} Order
 */

/** Orders that are over are shown as long as somebody may wonder about them; so many at once. */
const SHOWN = 10;
/** @type {Record<OrderState, 'warning' | 'good' | 'danger' | 'info' | 'plain'>} */
const TONES = { open: 'warning', received: 'info', converted: 'good', returned: 'danger', expired: 'plain', cancelled: 'plain' };

export const orders = signal(/** @type {Order[] | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
const busy = signal(false);
const all = signal(false);
/** The account and its last entry for which the list was asked. */
let asked = '';

const path = () => `/v1/accounts/${account.value?.account}/conversions`;

/** Reads the list when something may have happened since. */
export function wantOrders() {
  const seen = `${account.value?.account} ${account.value?.last_entry}`;
  if (!account.value || asked === seen) return;
  asked = seen;
  queueMicrotask(() => void loadOrders());
}

export async function loadOrders() {
  try {
    const answer = await openSession().json(path());
    batch(() => { orders.value = answer.orders; fault.value = null; });
  } catch (error) {
    fault.value = error;
  }
}

/** @param {number} cents @returns {Promise<Order>} */
export async function makeOrder(cents) {
  const { order } = await openSession().json(path(), { method: 'POST', json: { amount: cents } });
  orders.value = [order, ...(orders.value ?? [])];
  return order;
}

/** Leaving: the next visit asks again. @param {string} name the screen that is shown now */
export function leaveOrders(name) {
  if (name === 'convert' || name === 'order') return;
  asked = '';
  all.value = false;
}

/** What was announced, newest first. */
export function ordersView() {
  wantOrders();
  if (fault.value) return failure({ error: fault.value, onRetry: () => void loadOrders() });
  const list = orders.value ?? [];
  if (list.length === 0) return nothing;
  return html`<section class="section" data-name="orders"><h2>${t('order.list')}</h2>
    <ul class="list">${list.slice(0, all.value ? list.length : SHOWN).map((order) => html`<li><a class="row" href="#order=${order.number}" data-state=${order.state}>
      <span class="row-icon copper">${icon('convert')}</span>
      <span class="row-words"><span class="row-title">${euros(order.amount)}</span><span class="row-note">${order.state === 'open' ? t('order.until', { date: formatDate(order.expires) }) : formatDate(order.created)}</span></span>
      <span class="row-end">${chip({ text: t(`order.state_${order.state}`), tone: TONES[order.state] })}</span></a></li>`)}</ul>
    ${list.length > SHOWN && !all.value ? button({ label: t('history.more'), onClick: () => { all.value = true; } }) : nothing}</section>`;
}

/** How to make one transfer. @param {string} value its number, as it stands in the address */
export function orderView(value) {
  wantOrders();
  const order = orders.value?.find(({ number }) => number === Number(value));
  const title = t('order.title');
  if (!order) return frame({ title, back: 'convert', body: fault.value ? failure({ error: fault.value, onRetry: () => void loadOrders() }) : orders.value ? banner({ tone: 'info', text: t('error.order_not_open') }) : loading() });
  return frame({ title, back: 'convert', body: orderBody(order) });
}

/** How far an order is: announced, at the association, in the wallet. @type {Record<OrderState, number>} */
const STEPS_DONE = { open: 1, received: 2, converted: 3, returned: 0, expired: 0, cancelled: 0 };

/** One order: how to pay it, and how far it is. @param {Order} order */
export function orderBody(order) {
  const open = order.state === 'open';
  const done = STEPS_DONE[order.state];
  return html`
      <section class="card gives" data-name="order" data-state=${order.state} data-number=${order.number}>
        <p>${t(open ? 'order.do' : 'order.was', { amount: euros(order.amount) })}</p>
        ${chip({ text: open ? t('order.until', { date: formatDate(order.expires) }) : t(`order.state_${order.state}`), tone: TONES[order.state], iconName: open ? 'clock' : undefined })}
        ${order.state === 'converted' ? html`<p>${t('order.converted_text', { units: units(order.units ?? 0) })} <a href="#entry=${order.sequence}">${t('order.see')}</a></p>` : nothing}
        ${order.state === 'received' ? html`<p>${t('order.received_text')}</p>` : nothing}
        ${order.state === 'expired' ? html`<p class="quiet-text">${t('order.expired_text')}</p>` : nothing}
        ${done === 0 ? nothing : html`<ol class="order-steps">${['order.step_announced', 'order.step_received', 'order.step_converted'].map((key, at) => html`<li class=${at < done ? 'done' : ''} aria-current=${at === done ? 'step' : nothing}>
          ${icon(at < done ? 'check' : 'clock', { size: 18 })}<span>${t(key)}</span></li>`)}</ol>`}
      </section>
      ${open ? html`${payView(order, order.amount)}
        ${order.epc ? codeView(order) : nothing}
        <p class="quiet-text">${t('convert.after')}</p>
        <div class="actions">${button({ label: t('order.cancel'), kind: 'quiet', iconName: 'trash', busy: busy.value, name: 'order-cancel', onClick: () => void cancel(order) })}</div>` : nothing}`;
}

/** What to write on a transfer. @param {{holder: string, iban: string, bic: string | null, reference: string}} to @param {number | null} cents */
export function payView({ holder, iban, bic, reference }, cents) {
  return html`<div class="card" data-name="transfer">
      ${copyRow({ label: t('convert.holder'), value: holder })}
      ${copyRow({ label: t('convert.iban'), value: iban, shown: groupIban(iban), code: true })}
      ${bic ? copyRow({ label: t('convert.bic'), value: bic, code: true }) : nothing}
      ${cents === null ? nothing : copyRow({ label: t('convert.euros'), value: formatAmount(cents), shown: euros(cents) })}
      ${copyRow({ label: t('convert.reference'), value: reference, shown: groupIban(reference), code: true })}
    </div>
    ${banner({ tone: 'info', text: t('convert.reference_text') })}`;
}

/** @param {Order} order */
function codeView({ epc, payto }) {
  return html`<details class="card flat" data-name="bank-code"><summary>${t('convert.bank_code')}${icon('down', { size: 18 })}</summary>
    <div class="stack center"><p class="quiet-text small-text">${t('convert.bank_code_text')}</p>${qrView(epc, { label: t('convert.bank_code') })}
    ${linkButton({ label: t('convert.open_bank'), href: payto.startsWith('payto:') ? payto : '#convert', iconName: 'external', name: 'payto' })}</div></details>`;
}

/** @param {Order} order */
async function cancel(order) {
  const sure = await ask({ title: t('order.cancel_ask'), text: html`<p>${t('order.cancel_text')}</p>`, confirm: t('order.cancel'), iconName: 'trash' });
  if (!sure) return;
  busy.value = true;
  try {
    await openSession().json(`${path()}/${order.number}`, { method: 'DELETE' });
    toast(t('order.cancelled'), 'good');
  } catch (error) {
    toast(sentenceFor(error), error instanceof Problem && !error.transient ? 'warning' : 'danger');
  }
  busy.value = false;
  await loadOrders();
}

