// A receipt on screen: what happened, in large; how far it is certain, in words; and what to take along: a code, a picture,
// a print, the proof as a file.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { encodeBase64url } from '../kit/base64url.js';
import { unhex } from '../kit/hex.js';
import { encodeReceiptFile, verifyShortReceipt } from '../kit/proof-file.js';
import { trustOfPinned } from '../kit/pinned.js';
import { qrView } from '../kit/qr.js';
import { saveFile } from '../kit/save.js';
import { amount, button, copyRow, toast } from '../kit/ui.js';
import { formatCount } from '../kit/money.js';
import { formatDateTime, formatTime } from '../kit/time.js';
import { icon } from '../kit/icons.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { standingOf } from './finality.js';
import { receiptPicture } from './picture.js';
import { accountText, facts as ledgerFacts, openSession, pinned, symbol } from './state.js';
import { bonusSentences } from './words.js';

/**
 * @typedef {object} Shown
 * @property {import('../kit/receipt.js').Facts} facts
 * @property {Uint8Array<ArrayBuffer>} receipt
 */
/** @typedef {{headline: string, cents: number | null, sign?: boolean, party?: string | null, note?: string | null, rows?: [string, unknown][], origins?: string[], fresh?: boolean}} ReceiptWords */

/** Kinds that pay somebody: they have a short receipt. */
const PAYING = [20, 22];

/** The link of the short receipt, by transaction: verified before it is shown. */
const shortLinks = signal(/** @type {ReadonlyMap<string, string>} */ (new Map()));
const asked = new Set();

/** @param {import('../kit/receipt.js').Facts} proved */
async function readShort({ sequence, transaction, words }) {
  const held = pinned.value;
  if (!held) return;
  const bytes = await openSession().bytes(`/v1/entries/${sequence}/short-receipt`, { accept: 'application/cose' });
  const short = await verifyShortReceipt(bytes, trustOfPinned(held));
  if (short.transaction !== transaction || short.amount !== words.amount) throw new Error('a short receipt of another payment');
  shortLinks.value = new Map(shortLinks.value).set(transaction, `${location.origin}/verify/#s=${encodeBase64url(bytes)}`);
}

/** @param {import('../kit/receipt.js').Facts} proved @returns {string | null} */
function shortLinkOf(proved) {
  const id = proved.transaction;
  if (PAYING.includes(proved.words.kind) && pinned.value && !asked.has(id)) {
    asked.add(id);
    queueMicrotask(() => void readShort(proved).catch(() => asked.delete(id)));
  }
  return shortLinks.value.get(id) ?? null;
}

/** How far an entry is certain: said only after this browser has verified it. @param {import('./finality.js').Standing | null} standing */
function standingView(standing) {
  const seen = standing?.seen;
  if (!seen) return html`<p class="standing" data-name="standing" data-standing="checking">${icon('clock')}<span>${t('standing.checking')}</span></p>`;
  if (seen.final) {
    const at = Math.max(...seen.seen.map(({ seconds }) => seconds)) * 1000;
    return html`<p class="standing final" data-name="standing" data-standing="final">${icon('shield')}<span><strong>${t('standing.final')}</strong> ${t('standing.final_text', { n: seen.seen.length, of: seen.of, time: formatTime(at) })}</span></p>`;
  }
  const why = seen.needed === 0 ? t('standing.no_witness') : t('standing.recorded_text', { n: seen.needed, of: seen.of });
  return html`<p class="standing" data-name="standing" data-standing="recorded">${icon('check')}<span><strong>${t('standing.recorded')}</strong> ${why}</span></p>`;
}

/** @param {Shown} shown */
function saveProof({ facts, receipt }) {
  const held = pinned.value;
  if (!held) return;
  const file = encodeReceiptFile({ ledger: unhex(held.ledger), chain: held.chain, receipt });
  saveFile(`${ledgerFacts().prefix}-${facts.sequence}.liard`, file);
}

/** @param {Shown} shown @param {ReceiptWords} words @param {string | null} link */
async function savePicture({ facts }, words, link) {
  try {
    const final = standingOf({ facts, receipt: new Uint8Array() })?.seen.final ?? false;
    saveFile(`${ledgerFacts().prefix}-${facts.sequence}.png`, await receiptPicture({ facts, words, link, final }));
  } catch (error) {
    toast(sentenceFor(error), 'warning');
  }
}

/** @param {Shown} shown @param {ReceiptWords} words */
function takeAlong(shown, words) {
  const link = shortLinkOf(shown.facts);
  return html`<section class="take-along no-print" aria-label=${t('receipt.take')}>
    ${link ? html`<details data-name="receipt-code"><summary>${t('receipt.code')}${icon('down', { size: 18 })}</summary>
      ${qrView(link, { label: t('receipt.code'), level: 'L' })}<p class="small-text quiet-text center">${t('receipt.code_text')}</p></details>` : nothing}
    <div class="take-buttons">
      ${button({ label: t('receipt.picture'), iconName: 'picture', name: 'save-picture', onClick: () => void savePicture(shown, words, link) })}
      ${button({ label: t('receipt.print'), iconName: 'print', name: 'print', onClick: () => print() })}
      ${button({ label: t('receipt.file'), iconName: 'save', name: 'save-proof', onClick: () => saveProof(shown) })}
    </div>
    <p class="small-text quiet-text">${t('receipt.file_text')} <a href="/verify/">${t('receipt.verify_page')}</a></p>
  </section>
  ${link ? html`<div class="print-code">${qrView(link, { label: t('receipt.code'), level: 'L' })}<p>${t('receipt.print_text', { address: `${location.host}/verify/` })}</p></div>` : nothing}`;
}

/** @param {Shown} first @param {ReceiptWords} words */
export function receiptView(first, words) {
  const standing = standingOf(first);
  const shown = standing?.shown ?? first;
  const { facts, receipt } = shown;
  const { headline, cents, sign = false, party, note, rows = [], origins = [], fresh = false } = words;
  const sentences = [...bonusSentences(facts.outcome.bonus), ...origins];
  return html`<article class="receipt card ${fresh ? 'fresh' : ''}" data-name="receipt">
    <p class="receipt-currency print-only">${ledgerFacts().name}</p>
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
    ${sentences.length > 0 ? html`<div class="receipt-bonus" data-name="origins">${icon('gift')}<div>${sentences.map((sentence) => html`<p>${sentence}</p>`)}</div></div>` : nothing}
    ${standingView(standing)}
    <p class="standing-check" data-name="verified">${t('receipt.verified')}</p>
    <details class="receipt-proof no-print">
      <summary data-name="proof">${t('receipt.details')}${icon('down', { size: 18 })}</summary>
      <div class="stack tight">
        <p class="small-text">${t('receipt.explain', { size: formatCount(facts.checkpoint.size) })}</p>
        <p class="small-text quiet-text">${t('receipt.not_verified')}</p>
        ${standing && standing.seen.seen.length > 0 ? html`<ul class="small-text witnesses">${standing.seen.seen.map(({ name, seconds }) => html`<li><bdi dir="ltr">${name}</bdi> · ${formatDateTime(seconds * 1000)}</li>`)}</ul>` : nothing}
        ${facts.words.payer ? copyRow({ label: t('receipt.payer'), value: accountText(facts.words.payer), code: true }) : nothing}
        ${facts.words.payee ? copyRow({ label: t('receipt.payee'), value: accountText(facts.words.payee), code: true }) : nothing}
        ${copyRow({ label: t('receipt.transaction'), value: facts.transaction, code: true })}
        ${copyRow({ label: t('receipt.key'), value: facts.key, code: true })}
        ${copyRow({ label: t('receipt.root'), value: facts.checkpoint.root, code: true })}
        ${copyRow({ label: t('receipt.bytes'), value: encodeBase64url(receipt), shown: t('receipt.bytes_size', { n: receipt.length }), code: false })}
      </div>
    </details>
    ${takeAlong(shown, words)}
  </article>`;
}
