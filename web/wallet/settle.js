// Signing something that is not a payment, and waiting for its receipt.

import { BadReceipt } from '../kit/outbox.js';
import { toast } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { dismissSent, follow, signed } from './state.js';

/**
 * Signs, sends and waits for the verified receipt; a refusal or an open end becomes a toast.
 * @param {import('../kit/ledger.js').Payload} payload
 * @param {any} about
 * @returns {Promise<import('./receipt-view.js').Shown | null>}
 */
export async function settled(payload, about) {
  try {
    const sent = await signed(payload, about);
    const answer = await follow(sent, (attempt) => { if (attempt === 1) toast(t('send.asking_again'), 'warning'); });
    if (answer.state === 'done') return { facts: answer.facts, receipt: answer.receipt };
    if (answer.state === 'refused') {
      await dismissSent(sent);
      toast(sentenceFor(answer), 'danger');
    } else toast(t('send.late'), 'warning');
  } catch (error) {
    toast(error instanceof BadReceipt ? t('error.bad_receipt') : sentenceFor(error), 'danger');
  }
  return null;
}
