// Giving back: what is on its way, what was refused, what is done. A refund is done when its receipt has been verified.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { endOf } from '../kit/outbox.js';
import { noticeRefusal } from './door.js';
import { Problem } from '../kit/api.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { formatAmount, formatCount } from '../kit/money.js';
import { banner } from '../kit/ui.js';
import { refreshDays, shop } from './state.js';
import { refundTicket } from './trace.js';

/**
 * @typedef {{step: 'sending' | 'unknown', amount: number} | {step: 'done', amount: number, sequence: number}
 *   | {step: 'refused', amount: number, error: unknown} | {step: 'bad_receipt' | 'open', amount: number}} Refund
 *   "open" is the end of asking without an answer: nobody asks again before the page is loaded again
 */

/** By the entry that is given back. */
export const refunds = signal(/** @type {ReadonlyMap<number, Refund>} */ (new Map()));

/** @param {number} original @param {Refund | null} refund */
export function note(original, refund) {
  const next = new Map(refunds.value);
  if (refund) next.set(original, refund);
  else next.delete(original);
  refunds.value = next;
}

/** @param {Refund | undefined} refund */
export function isUnderWay(refund) {
  return refund?.step === 'sending' || refund?.step === 'unknown' || refund?.step === 'open';
}

/**
 * @param {number} original
 * @param {number} amount
 * @param {(onUnknown: () => void) => Promise<import('../kit/outbox.js').Answer>} step
 */
async function follow(original, amount, step) {
  note(original, { step: 'sending', amount });
  const end = await endOf(() => step(() => note(original, { step: 'unknown', amount })));
  switch (end.state) {
    case 'done':
      note(original, { step: 'done', amount, sequence: end.facts.sequence });
      void refundTicket({ original, amount, entry: end.facts.sequence });
      break;
    case 'refused': {
      const error = new Problem({ status: 409, code: end.code, detail: end.detail });
      note(original, { step: 'refused', amount, error });
      noticeRefusal(error);
      break;
    }
    case 'not_sent':
      note(original, { step: 'refused', amount, error: end.error });
      break;
    case 'bad_receipt':
      note(original, { step: 'bad_receipt', amount });
      break;
    case 'unknown':
      note(original, { step: 'open', amount });
  }
  refreshDays();
}

/** @param {import('./shop.js').Refundable} payment @param {number} amount */
export async function giveBack(payment, amount) {
  const till = shop.value;
  if (!till || isUnderWay(refunds.value.get(payment.sequence))) return;
  await follow(payment.sequence, amount, (onUnknown) => till.giveBack(payment, amount, onUnknown));
}

/** Asks again about refunds that had no answer when this page was closed. */
export async function askAgainAboutRefunds() {
  const till = shop.value;
  if (!till) return;
  for (const sent of await till.unanswered()) {
    const { original, amount } = sent.about;
    if (sent.state === 'unknown' && !isUnderWay(refunds.value.get(original))) {
      void follow(original, amount, (onUnknown) => till.askAgain(sent, onUnknown));
    }
  }
}

/** How the last refund of an entry stands. @param {number} original */
export function refundState(original) {
  const refund = refunds.value.get(original);
  switch (refund?.step) {
    case undefined: return nothing;
    case 'sending': return html`<p class="refund-state" role="status"><span class="spinner" aria-hidden="true"></span>${t('refund.sending')}</p>`;
    case 'unknown': return banner({ tone: 'warning', text: t('refund.unknown'), iconName: 'clock' });
    case 'done': return html`<div data-name="refund-done">${banner({ tone: 'good', title: t('refund.done', { amount: formatAmount(refund.amount, { symbol: shop.value?.ledger.symbol ?? '' }) }), text: t('refund.done_entry', { sequence: formatCount(refund.sequence) }) })}</div>`;
    case 'refused': return banner({ tone: 'danger', title: t('refund.refused'), text: sentenceFor(refund.error) });
    case 'open': return banner({ tone: 'warning', text: t('refund.open'), iconName: 'clock' });
    case 'bad_receipt': return banner({ tone: 'danger', text: t('refund.bad_receipt') });
  }
}
