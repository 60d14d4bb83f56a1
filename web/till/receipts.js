// A receipt on the screen: verified here before anything of it is shown.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { Problem, Unreachable } from '../kit/api.js';
import { encodeBech32m, groupAccount } from '../kit/bech32m.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount, formatCount } from '../kit/money.js';
import { formatDateTime } from '../kit/time.js';
import { banner, button, closeDialog, failure, loading, openDialog } from '../kit/ui.js';
import { shop } from './state.js';

/** @typedef {{state: 'reading'} | {state: 'good', proof: import('./shop.js').Proof} | {state: 'bad'} | {state: 'failed', error: unknown}} Reading */

const reading = signal(/** @type {Reading} */ ({ state: 'reading' }));
let opened = 0;

/** @param {number} sequence */
async function read(sequence) {
  const mine = ++opened;
  const reader = shop.value;
  if (!reader) return;
  reading.value = { state: 'reading' };
  /** @type {Reading} */
  let result;
  try {
    result = { state: 'good', proof: await reader.receipt(sequence) };
  } catch (error) {
    result = error instanceof Problem || error instanceof Unreachable ? { state: 'failed', error } : { state: 'bad' };
  }
  if (mine === opened) reading.value = result;
}

/** @param {number} sequence */
export function openReceipt(sequence) {
  void read(sequence);
  openDialog({
    label: t('receipt.title'),
    closed: () => { opened += 1; },
    view: () => html`<div class="receipt" data-name="receipt-view">
      <div class="receipt-head"><h2>${t('receipt.title')}</h2><button type="button" class="icon-button" data-name="close-receipt" aria-label=${t('till.close')} @click=${closeDialog}>${icon('cross')}</button></div>
      ${body(sequence)}
    </div>`,
  });
}

/** Hands a file to the browser. @param {string} name @param {Uint8Array<ArrayBuffer>} bytes @param {string} type */
export function download(name, bytes, type) {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** @param {number} sequence */
function body(sequence) {
  const now = reading.value;
  switch (now.state) {
    case 'reading': return loading(t('receipt.reading'));
    case 'bad': return banner({ tone: 'danger', title: t('receipt.bad'), text: t('charge.not_proved_words') });
    case 'failed': return failure({ error: now.error, title: t('receipt.failed'), onRetry: () => read(sequence) });
    case 'good': return html`
      ${banner({ tone: 'good', text: t('receipt.good') })}
      ${factsView(now.proof.facts)}
      ${button({ label: t('receipt.download'), iconName: 'receive', onClick: () => download(`liard-${sequence}.cbor`, now.proof.bytes, 'application/cbor') })}`;
  }
}

/** @param {import('../kit/receipt.js').Facts} facts */
function factsView({ sequence, time, transaction, words, checkpoint }) {
  const ledger = shop.value?.ledger;
  const account = (/** @type {Uint8Array | undefined} */ bytes) =>
    bytes ? html`<bdi class="code" dir="ltr">${groupAccount(encodeBech32m(ledger?.prefix ?? '', bytes))}</bdi>` : nothing;
  /** @param {string} label @param {unknown} value @param {boolean} [long] */
  const row = (label, value, long = false) => html`<div class=${long ? 'long' : nothing}><dt>${label}</dt><dd>${value}</dd></div>`;
  return html`<dl class="facts">
    ${row(t('receipt.entry'), formatCount(sequence))}
    ${row(t('receipt.kind'), t(`receipt.kind_${words.name}`))}
    ${words.amount ? row(t('receipt.amount'), formatAmount(words.amount, { symbol: ledger?.symbol })) : nothing}
    ${row(t('receipt.time'), formatDateTime(time))}
    ${words.payer ? row(t('receipt.payer'), account(words.payer), true) : nothing}
    ${words.payee ? row(t('receipt.payee'), account(words.payee), true) : nothing}
    ${words.original === undefined ? nothing : row(t('receipt.original'), formatCount(words.original))}
    ${row(t('receipt.journal'), html`<bdi>${checkpoint.origin}</bdi>, ${t('receipt.journal_words', { size: formatCount(checkpoint.size) })}`, true)}
    ${row(t('receipt.transaction'), html`<bdi class="code" dir="ltr">${transaction}</bdi>`, true)}
  </dl>`;
}
