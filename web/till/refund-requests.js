// What customers ask the shop to give back: with its reason, to be given back in one tap or declined. The shop decides.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { hasWords, moreWords, sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount, formatCount } from '../kit/money.js';
import { formatDateTime } from '../kit/time.js';
import { amount, ask, button, toast } from '../kit/ui.js';
import { noticeRefusal } from './door.js';
import { may } from './people.js';
import { giveBack, isUnderWay, refundState, refunds } from './refunds.js';
import { asked, refreshAsked, shop } from './state.js';

/** @typedef {import('./shop.js').RefundRequest} RefundRequest */

/** The entry whose request is being declined. */
const declining = signal(/** @type {number | null} */ (null));
/** Whether the words are there: they come with the first request. */
const worded = signal(false);

effect(() => {
  if (asked.value.length > 0 && !worded.value) moreWords('till-refund-requests').then(() => { worded.value = true; }, () => {});
});

/** @param {RefundRequest} request */
async function decline(request) {
  const till = shop.value;
  if (!till || declining.value !== null) return;
  if (!(await ask({ title: t('asked.decline_ask'), text: t('asked.decline_text'), confirm: t('asked.decline') }))) return;
  declining.value = request.sequence;
  try {
    await till.decline(request);
    toast(t('asked.declined'), 'good');
  } catch (error) {
    noticeRefusal(error);
    toast(sentenceFor(error), 'danger');
  } finally {
    declining.value = null;
  }
  await refreshAsked();
}

/** @param {RefundRequest} request */
function requestView(request) {
  const symbol = shop.value?.ledger.symbol ?? '';
  const left = request.amount - request.refunded;
  const busy = isUnderWay(refunds.value.get(request.sequence));
  return html`<li data-sequence=${request.sequence}>
    <div class="unexpected-words">${amount(request.amount, { symbol })}
      <span data-name="reason"><bdi>${request.reason ? t('asked.said', { reason: request.reason }) : t('asked.no_reason')}</bdi></span>
      <span class="quiet-words">${formatDateTime(request.time)} · ${t('day.entry', { sequence: formatCount(request.sequence) })}</span></div>
    ${!may('refund') ? nothing : html`<div class="actions">
      ${button({ label: t('asked.give', { amount: formatAmount(left, { symbol }) }), iconName: 'undo', busy, name: 'asked-give', onClick: () => void giveBack(request, left) })}
      ${button({ label: t('asked.decline'), kind: 'quiet', busy: declining.value === request.sequence, disabled: busy, name: 'asked-decline', onClick: () => void decline(request) })}
    </div>`}
    ${refundState(request.sequence)}
  </li>`;
}

/** What waits for the shop's answer, whichever day it was paid. */
export function requestsView() {
  if (asked.value.length === 0 || !worded.value || !hasWords('asked.title')) return nothing;
  return html`<section class="unexpected card" data-name="refund-requests">
    <h2>${icon('undo')}<span>${t('asked.title')}</span></h2>
    <p>${t('asked.words')}</p>
    <ul>${repeat(asked.value, ({ sequence, item }) => `${sequence} ${item}`, requestView)}</ul>
  </section>`;
}
