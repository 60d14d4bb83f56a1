// Giving back: what is on its way, what was refused, what is done. A refund is done when its receipt has been verified.

import { signal } from '../vendor/signals-core/signals-core.js';
import { BadReceipt } from '../kit/outbox.js';
import { noticeRefusal } from './door.js';
import { Problem } from '../kit/api.js';
import { refreshDays, shop } from './state.js';

/**
 * @typedef {{step: 'sending' | 'unknown', amount: number} | {step: 'done', amount: number, sequence: number}
 *   | {step: 'refused', amount: number, error: unknown} | {step: 'bad_receipt', amount: number}} Refund
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
  return refund?.step === 'sending' || refund?.step === 'unknown';
}

/**
 * @param {number} original
 * @param {number} amount
 * @param {(onUnknown: () => void) => Promise<import('../kit/outbox.js').Answer>} step
 */
async function follow(original, amount, step) {
  note(original, { step: 'sending', amount });
  try {
    const answer = await step(() => note(original, { step: 'unknown', amount }));
    if (answer.state === 'done') {
      note(original, { step: 'done', amount, sequence: answer.facts.sequence });
    } else if (answer.state === 'refused') {
      const error = new Problem({ status: 409, code: answer.code, detail: answer.detail });
      note(original, { step: 'refused', amount, error });
      noticeRefusal(error);
    } else {
      note(original, { step: 'unknown', amount });
    }
  } catch (error) {
    note(original, error instanceof BadReceipt ? { step: 'bad_receipt', amount } : { step: 'refused', amount, error });
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
