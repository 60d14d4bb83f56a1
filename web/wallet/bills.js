// What this account has to pay: one quiet line on home, and the list behind it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { icon } from '../kit/icons.js';
import { t } from '../kit/i18n.js';
import { formatDate } from '../kit/time.js';
import { amount, chip, empty } from '../kit/ui.js';
import { frame } from './frame.js';
import { account, freshAt, openSession, symbol } from './state.js';
import { units } from './words.js';

/** @typedef {{token: string, shop: string, account: string, reference: string, text: string, amount: number, paid: number, rest: number, state: 'open' | 'part' | 'paid' | 'refunded' | 'cancelled', late: boolean, due: string, partial: boolean, reminders: number}} Bill */

const bills = signal(/** @type {Bill[]} */ ([]));

/** The shop's machine hears of a payment a moment after the wallet: bills that were there are asked for once more then. */
const AGAIN_MS = 3_000;
let again = 0;

/** @param {string} id */
function readBills(id) {
  return openSession().json('/pos/v1/bills').then((answer) => {
    if (account.peek()?.account === id) bills.value = answer.bills;
  }, () => undefined);
}

/** Read again whenever the account was. Where no till's service answers, there are no bills. */
effect(() => {
  const id = account.value?.account;
  clearTimeout(again);
  if (!id || freshAt.value === null) return;
  void readBills(id).then(() => {
    if (bills.peek().length > 0) again = setTimeout(() => void readBills(id), AGAIN_MS);
  });
});

/** A day such as 2026-12-24, in words. @param {string} day */
export const dayWords = (day) => formatDate(Date.parse(`${day}T12:00:00Z`));

/** On home: nothing at all when nothing is to pay. */
export function billsLine() {
  const all = bills.value;
  if (all.length === 0) return nothing;
  const late = all.some((bill) => bill.late);
  const sum = all.reduce((total, { rest }) => total + rest, 0);
  const href = all.length === 1 ? `#invoice=${all[0].token}` : '#bills';
  return html`<a class="row card flat" href=${href} data-name="bills" data-count=${all.length}>${icon(late ? 'clock' : 'file')}
    <span class="row-words"><span class="row-title">${all.length === 1 ? t('bills.one', { shop: all[0].shop }) : t('bills.many', { n: all.length })}</span>
      <span class="row-note">${late ? t('bills.late') : t('bills.until', { date: dayWords(all[0].due) })}</span></span>
    <span class="row-end">${units(sum)}</span>${icon('next', { size: 20 })}</a>`;
}

export function billsView() {
  const all = bills.value;
  return frame({
    title: t('bills.title'), back: '',
    body: all.length === 0 ? empty({ iconName: 'check', title: t('bills.none'), text: t('bills.none_text') })
      : html`<ul class="list">${all.map((bill) => html`<li><a class="row" href="#invoice=${bill.token}" data-name="bill">
        <span class="row-words"><span class="row-title"><bdi>${bill.shop}</bdi></span><span class="row-note"><bdi>${bill.reference}</bdi> · ${t('bills.until', { date: dayWords(bill.due) })}</span></span>
        <span class="row-end">${amount(bill.rest, { symbol: symbol.value })}${bill.late ? chip({ text: t('bill.late'), tone: 'danger', iconName: 'clock' }) : nothing}</span></a></li>`)}</ul>`,
  });
}
