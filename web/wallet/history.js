// One movement with its receipt, verified each time it is shown.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { BadReceipt } from '../kit/outbox.js';
import { banner, failure, loading } from '../kit/ui.js';
import { t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { lineView } from './line.js';
import { receiptView } from './receipt-view.js';
import { partView } from './screens.js';
import { account, lineOf, verifiedReceipt } from './state.js';
import { euros, isPayment, lineTitle, originSentences, otherParty, units } from './words.js';

/** @typedef {import('./state.js').Line} Line */

/** @typedef {{sequence: number, line: Line | null, shown: import('./receipt-view.js').Shown | null, fault: unknown}} Detail */
const detail = signal(/** @type {Detail | null} */ (null));

/** @param {number} sequence */
async function loadDetail(sequence) {
  detail.value = { sequence, line: null, shown: null, fault: null };
  /** @param {Partial<Detail>} change */
  const put = (change) => {
    if (detail.value?.sequence === sequence) detail.value = { ...detail.value, ...change };
  };
  try {
    const line = await lineOf(sequence);
    put({ line });
    put({ shown: await verifiedReceipt(line) });
  } catch (fault) {
    put({ fault });
  }
}

/** @param {string} value the sequence, as it stands in the address */
export function entryView(value) {
  const sequence = Number(value);
  const current = detail.value;
  if (current?.sequence !== sequence) {
    queueMicrotask(() => {
      if (detail.value?.sequence !== sequence) void loadDetail(sequence);
    });
    return frame({ title: t('entry.title'), back: 'history', body: loading() });
  }
  const { line, shown, fault } = current;
  return frame({
    title: t('entry.title'), back: 'history',
    body: html`
      ${fault instanceof BadReceipt ? banner({ tone: 'danger', text: t('error.bad_receipt') }) : nothing}
      ${fault && !(fault instanceof BadReceipt) ? failure({ error: fault, title: t('entry.no_receipt'), onRetry: () => void loadDetail(sequence) }) : nothing}
      ${line && shown ? receiptView(shown, receiptWords(line)) : line ? html`<ul class="list">${lineView(line, true)}</ul>${fault ? nothing : loading(t('entry.verifying'))}` : fault ? nothing : loading()}
      ${line && isPayment(line) ? partView('refund_request', value) : nothing}`,
  });
}

/** How a movement reads as a receipt. @param {Line} line */
function receiptWords(line) {
  /** @type {[string, unknown][]} */
  const rows = [];
  if (line.euros !== null && line.euros !== undefined) rows.push([t('receipt.euros'), euros(line.euros)]);
  if (line.left_unmatched) rows.push([t('receipt.left_unmatched'), euros(line.left_unmatched)]);
  if (line.fee) rows.push([t('receipt.fee'), units(line.fee)]);
  if (line.net !== null && line.net !== undefined) rows.push([t('receipt.net'), euros(line.net)]);
  if (line.original !== null && line.original !== undefined) rows.push([t('receipt.original'), html`<a href="#entry=${line.original}"><bdi dir="ltr">${line.original}</bdi></a>`]);
  if (line.refunded > 0) rows.push([t('receipt.refunded'), units(line.refunded)]);
  const isTransfer = isPayment(line);
  return {
    headline: isTransfer ? t(line.amount < 0 ? 'receipt.paid' : 'receipt.received') : lineTitle(line),
    cents: line.amount === 0 ? null : isTransfer ? Math.abs(line.amount) : line.amount,
    sign: !isTransfer,
    party: line.counterparty ? otherParty(line) : account.value?.name ?? null,
    note: line.memo,
    rows,
    origins: originSentences(line),
  };
}
