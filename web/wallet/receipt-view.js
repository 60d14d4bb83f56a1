// A receipt on screen: what happened, in large; that this browser has verified it, in words; the proof, on demand.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { encodeBase64url } from '../kit/base64url.js';
import { amount, button, copyRow } from '../kit/ui.js';
import { formatCount } from '../kit/money.js';
import { formatDateTime } from '../kit/time.js';
import { icon } from '../kit/icons.js';
import { t } from '../kit/i18n.js';
import { accountText, symbol } from './state.js';
import { bonusSentences } from './words.js';

/**
 * @typedef {object} Shown
 * @property {import('../kit/receipt.js').Facts} facts
 * @property {Uint8Array<ArrayBuffer>} receipt
 */

/**
 * @param {Shown} shown
 * @param {{headline: string, cents: number | null, sign?: boolean, party?: string | null, note?: string | null, rows?: [string, unknown][], fresh?: boolean}} words
 */
export function receiptView({ facts, receipt }, { headline, cents, sign = false, party, note, rows = [], fresh = false }) {
  return html`<article class="receipt card ${fresh ? 'fresh' : ''}" data-name="receipt">
    <div class="receipt-head">
      <span class="receipt-check" aria-hidden="true">${icon('check', { size: 44 })}</span>
      <h2>${headline}</h2>
      ${cents === null ? nothing : amount(cents, { symbol: symbol.value, size: 'huge', sign })}
      ${party ? html`<p class="receipt-party"><bdi>${party}</bdi></p>` : nothing}
      ${note ? html`<p class="quiet-text"><bdi>${note}</bdi></p>` : nothing}
    </div>
    <dl class="facts">
      ${rows.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}
      <div><dt>${t('receipt.time')}</dt><dd>${formatDateTime(facts.time)}</dd></div>
      <div><dt>${t('receipt.entry')}</dt><dd><bdi dir="ltr">${formatCount(facts.sequence)}</bdi></dd></div>
    </dl>
    ${facts.outcome.bonus.length > 0 ? html`<div class="receipt-bonus">${icon('gift')}<div>${bonusSentences(facts.outcome.bonus).map((sentence) => html`<p>${sentence}</p>`)}</div></div>` : nothing}
    <p class="receipt-verified" data-name="verified">${icon('shield')}<span>${t('receipt.verified')}</span></p>
    <details class="receipt-proof no-print">
      <summary>${t('receipt.details')}${icon('down', { size: 18 })}</summary>
      <div class="stack tight">
        <p class="quiet-text small-text">${t('receipt.explain', { size: formatCount(facts.checkpoint.size) })}</p>
        ${facts.words.payer ? copyRow({ label: t('receipt.payer'), value: accountText(facts.words.payer), code: true }) : nothing}
        ${facts.words.payee ? copyRow({ label: t('receipt.payee'), value: accountText(facts.words.payee), code: true }) : nothing}
        ${copyRow({ label: t('receipt.transaction'), value: facts.transaction, code: true })}
        ${copyRow({ label: t('receipt.key'), value: facts.key, code: true })}
        ${copyRow({ label: t('receipt.root'), value: facts.checkpoint.root, code: true })}
        ${copyRow({ label: t('receipt.bytes'), value: encodeBase64url(receipt), shown: t('receipt.bytes_size', { n: receipt.length }), code: false })}
      </div>
    </details>
    <div class="cluster no-print receipt-print">${button({ label: t('action.print'), kind: 'quiet', iconName: 'print', onClick: () => print() })}</div>
  </article>`;
}
