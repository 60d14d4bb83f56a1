// One movement: as a row of a list, and with its receipt, verified each time it is shown.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { icon } from '../kit/icons.js';
import { BadReceipt } from '../kit/outbox.js';
import { amount, banner, failure, loading } from '../kit/ui.js';
import { t } from '../kit/i18n.js';
import { formatDay, formatTime } from '../kit/time.js';
import { frame } from './frame.js';
import { receiptView } from './receipt-view.js';
import { account, lineOf, symbol, verifiedReceipt } from './state.js';
import { euros, lineIcon, lineNote, lineOrigins, lineTitle, originSentences, otherParty, units } from './words.js';

/** @typedef {import('./state.js').Line} Line */

/** One movement in a list. @param {Line} line @param {boolean} [withDay] */
export function lineView(line, withDay = false) {
  const [name, tone] = lineIcon(line);
  const time = withDay ? `${formatDay(line.time, now())} · ${formatTime(line.time)}` : formatTime(line.time);
  const note = lineNote(line);
  return html`<li><a class="row" href="#entry=${line.sequence}" data-sequence=${line.sequence}>
    <span class="row-icon ${tone}">${icon(name)}</span>
    <span class="row-words"><span class="row-title"><bdi>${lineTitle(line)}</bdi></span><span class="row-note">${time}${note ? ` · ${note}` : ''}</span></span>
    ${line.amount === 0 ? nothing : html`<span class="row-end">${amount(line.amount, { symbol: symbol.value, sign: true, tone: line.amount > 0 ? 'in' : 'plain' })}</span>`}
    ${lineOrigins(line).map((sentence) => html`<span class="row-origin">${sentence}</span>`)}
  </a></li>`;
}

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
      ${line && shown ? receiptView(shown, receiptWords(line)) : line ? html`<ul class="list">${lineView(line, true)}</ul>${fault ? nothing : loading(t('entry.verifying'))}` : fault ? nothing : loading()}`,
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
  const isTransfer = line.kind === 'transfer' || line.kind === 'transfers';
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
