// What a customer sees who opened the code on a ticket: the till's own record, found by its hash and verified here. Nothing of the
// customer is asked or sent but that hash.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { Problem, callBytes, callJson, fetchLedger, now } from '../kit/api.js';
import { decodeBase64url } from '../kit/base64url.js';
import { hex, sameBytes, unhex } from '../kit/hex.js';
import { language, startWords, t } from '../kit/i18n.js';
import { coinMark } from '../kit/icons.js';
import { verifyCertificate } from '../kit/ledger.js';
import { renewPinned } from '../kit/pinned.js';
import { saveFile } from '../kit/save.js';
import { paperView, printPaper, tillWords } from '../kit/ticket-paper.js';
import { recordHash, verifyRecord } from '../kit/ticket.js';
import { banner, button, empty, failure, languageNote, languageSwitch, loading, mount } from '../kit/ui.js';

const HASH_BYTES = 32;
/** Clocks of tills differ; a ticket of a day that has not begun yet is none to rely on. */
const AHEAD_MS = 86_400_000;

/** @typedef {import('../kit/ticket-paper.js').Legal} Legal */
/** @typedef {{record: import('../kit/ticket.js').TillRecord, key: string, hash: string, bytes: Uint8Array<ArrayBuffer>, symbol: string, shop: {name: string, proved: boolean, legal: Legal | null}}} Found */
/** @typedef {{phase: 'reading' | 'no_link' | 'not_yet' | 'wrong' | 'ahead'} | {phase: 'failed', error: unknown} | {phase: 'found', found: Found}} State */

const state = signal(/** @type {State} */ ({ phase: 'reading' }));
const currency = signal('');
let opened = 0;

/** The hash that the link names; null when it names none. */
function wanted() {
  try {
    const bytes = decodeBase64url(location.hash.slice(1));
    return bytes.length === HASH_BYTES ? hex(bytes) : null;
  } catch {
    return null;
  }
}

/**
 * Who the shop is: proved when the association signed that this till is of that account and name.
 * @param {string} hash @param {import('../kit/api.js').LedgerFacts} facts @param {Uint8Array} ledger @param {string} key @param {Uint8Array} account
 * @returns {Promise<Found['shop']>}
 */
async function shopOf(hash, facts, ledger, key, account) {
  const told = await callJson(`/pos/v1/public/tickets/${hash}/shop`).catch(() => null);
  const shop = { name: String(told?.name ?? ''), proved: false, legal: told?.legal ?? null };
  if (!told?.certificate) return shop;
  try {
    const pinned = await renewPinned(facts);
    const keys = (pinned?.pinned.keys ?? []).map(unhex);
    for (const checkpointKey of keys) {
      const certificate = await verifyCertificate(decodeBase64url(told.certificate), ledger, checkpointKey).catch(() => null);
      if (certificate && hex(certificate.key) === key && sameBytes(certificate.account, account)) return { ...shop, name: certificate.name, proved: true };
    }
  } catch {
    // Who the shop is stays unproved; the ticket itself is judged by its own signature.
  }
  return shop;
}

async function open() {
  const mine = ++opened;
  const hash = wanted();
  if (hash === null) {
    state.value = { phase: 'no_link' };
    return;
  }
  state.value = { phase: 'reading' };
  const next = await find(hash);
  if (mine === opened) state.value = next;
}

/** @param {string} hash @returns {Promise<State>} */
async function find(hash) {
  /** @type {Uint8Array<ArrayBuffer>} */
  let bytes;
  /** @type {import('../kit/api.js').LedgerFacts} */
  let facts;
  try {
    [bytes, facts] = await Promise.all([callBytes(`/pos/v1/public/tickets/${hash}`, { accept: 'application/cose' }), fetchLedger()]);
  } catch (error) {
    return error instanceof Problem && error.status === 404 ? { phase: 'not_yet' } : { phase: 'failed', error };
  }
  currency.value = facts.name;
  try {
    const ledger = unhex(facts.ledger);
    const { key, record } = await verifyRecord(bytes, ledger);
    // Only tickets have a link; what is shown is what the link names, to the byte.
    if ((await recordHash(bytes)) !== hash || !('sale' in record)) return { phase: 'wrong' };
    if (record.time > now() + AHEAD_MS) return { phase: 'ahead' };
    return { phase: 'found', found: { record, key, hash, bytes, symbol: facts.symbol, shop: await shopOf(hash, facts, ledger, key, record.account) } };
  } catch {
    return { phase: 'wrong' };
  }
}

/** @param {Found} found */
function paperOf({ record, key, hash, symbol, shop }) {
  return paperView(record, { name: shop.name, legal: shop.legal, symbol, till: tillWords(key), hash });
}

/** @param {Found} found */
function foundView(found) {
  const { record, shop, hash, bytes } = found;
  const number = 'sale' in record ? record.sale.ticket : record.number;
  return html`<div class="stack" data-name="verified">${shop.proved ? banner({ tone: 'good', text: t('ticket.verified'), iconName: 'shield' }) : banner({ tone: 'warning', title: t('ticket.shop_unproved'), text: t('ticket.unproved_words') })}
    ${paperOf(found)}
    ${shop.proved ? html`<p class="small-text quiet-text center">${t('ticket.shop_proved', { name: shop.name })}</p>` : nothing}
    <div class="actions">${button({ label: t('action.print'), kind: 'primary', iconName: 'print', name: 'print', onClick: () => printPaper(paperOf(found)) })}
      ${button({ label: t('ticket.save'), iconName: 'save', name: 'save', onClick: () => saveFile(`ticket-${number}-${hash.slice(0, 8)}.cose`, bytes, 'application/cose') })}</div></div>`;
}

const again = () => button({ label: t('action.retry'), iconName: 'refresh', name: 'again', onClick: () => void open() });

function stateView() {
  const here = state.value;
  switch (here.phase) {
    case 'reading': return loading(t('ticket.reading'));
    case 'no_link': return empty({ iconName: 'qr', title: t('ticket.no_link'), text: t('ticket.no_link_words') });
    case 'not_yet': return empty({ iconName: 'clock', title: t('ticket.not_yet'), text: t('ticket.not_yet_words'), action: again() });
    case 'wrong': return html`<div data-name="wrong">${banner({ tone: 'danger', title: t('ticket.wrong'), text: t('ticket.wrong_words') })}</div>`;
    case 'ahead': return html`<div data-name="ahead">${banner({ tone: 'warning', iconName: 'clock', title: t('ticket.ahead'), text: t('ticket.ahead_words') })}</div>`;
    case 'failed': return failure({ error: here.error, title: t('ticket.failed'), onRetry: () => void open() });
    case 'found': return foundView(here.found);
  }
}

function view() {
  return html`<main class="page" data-phase=${state.value.phase}>
    <header class="topbar"><a class="brand" href="/">${coinMark({ size: 36 })}<span>${currency.value || 'Liard'}</span></a>${languageSwitch()}</header>
    <h1>${t('ticket.page_title')}</h1>
    <div aria-live="polite">${stateView()}</div>
    ${languageNote()}
  </main>`;
}

await startWords('errors', 'ticket');
effect(() => {
  void language.value;
  document.title = currency.value ? `${t('ticket.page_title')} · ${currency.value}` : t('ticket.page_title');
});
const page = document.getElementById('page');
if (page) mount(page, view);
addEventListener('hashchange', () => void open());
await open();
