// For a shop: what its balance is good for. Spend it again, and where; turn it into euros, at what fee and until when; and what to
// give to whoever keeps its books.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { callJson, now } from '../kit/api.js';
import { language, sentenceFor, t } from '../kit/i18n.js';
import { saveFile } from '../kit/save.js';
import { formatDate } from '../kit/time.js';
import { amount, banner, button, linkButton, loading, select, toast } from '../kit/ui.js';
import { feeFor } from './fees.js';
import { frame } from './frame.js';
import { available } from './offline.js';
import { settingsRow } from './settings-rows.js';
import { account, facts, openSession, symbol } from './state.js';
import { units } from './words.js';

/** @typedef {import('../kit/places.js').Shop} Shop */

const DAY_MS = 86_400_000;
/** A certificate is made from a whole year's entries. */
const PATIENCE_MS = 60_000;
/** So many suppliers are shown here; the list has the others. */
const SHOWN = 5;
/** So many years that are over can be chosen. */
const YEARS = 3;

const suppliers = signal(/** @type {Shop[] | null} */ (null));
const year = signal('');
const busy = signal(false);
const fault = signal(/** @type {string | null} */ (null));
let asked = false;

/** Leaving: the next visit looks again. @param {string} name the screen that is shown now */
export function leaveBalance(name) {
  if (name === 'balance') return;
  asked = false;
  fault.value = null;
}

async function load() {
  // Without an answer the list of shops itself says so.
  const answer = await callJson('/v1/shops').catch(() => null);
  const all = /** @type {Shop[]} */ (answer?.shops ?? []);
  suppliers.value = answer && all.filter((shop) => shop.place?.offers && shop.account !== account.value?.account);
}

export function balanceView() {
  const mine = account.value;
  if (!mine) return frame({ title: t('balance.title'), back: '', body: loading() });
  if (!asked) {
    asked = true;
    queueMicrotask(() => void load());
  }
  const cents = Math.max(0, available.value);
  return frame({
    title: t('balance.title'), back: '',
    body: html`<p class="purse-balance" data-name="balance-sum" data-cents=${cents}>${amount(cents, { symbol: symbol.value, size: 'huge' })}</p>
      ${spendView()}${euroView(cents)}${booksView(mine.account)}`,
  });
}

function spendView() {
  const found = suppliers.value;
  return html`<section class="section" data-name="balance-spend"><h2>${t('balance.spend')}</h2><p>${t('balance.spend_text')}</p>
    ${found && found.length > 0 ? html`<ul class="list">${found.slice(0, SHOWN).map((shop) => settingsRow({ href: `#place=${shop.account}`, iconName: 'shop', title: html`<bdi>${shop.name}</bdi>`, note: html`<bdi>${shop.place?.offers}</bdi>` }))}</ul>`
      : found ? html`<p class="quiet-text">${t('balance.no_suppliers')}</p>` : nothing}
    <div class="actions">${linkButton({ label: t('balance.all_places'), href: '#places', iconName: 'shop', name: 'balance-places' })}</div></section>`;
}

/** @param {number} cents */
function euroView(cents) {
  const fee = feeFor(cents);
  const days = facts().redemption_days ?? 0;
  return html`<section class="section" data-name="balance-euros"><h2>${t('balance.euros')}</h2>
    <dl class="card facts flat">
      <div><dt>${t('balance.most')}</dt><dd>${units(cents)}</dd></div>
      <div><dt>${t('receipt.fee')}</dt><dd data-name="balance-fee">${units(fee)}</dd></div>
      <div><dt><strong>${t('redeem.net')}</strong></dt><dd data-name="balance-net">${amount(Math.max(0, cents - fee), { symbol: '€', size: 'big' })}</dd></div>
      ${days > 0 ? html`<div><dt>${t('balance.arrives')}</dt><dd data-name="balance-date">${formatDate(now() + days * DAY_MS)}</dd></div>` : nothing}
    </dl>
    <p class="small-text quiet-text">${days > 0 ? t('balance.promise', { days: String(days) }) : t('redeem.done_text')}</p>
    <div class="actions">${linkButton({ label: t('balance.redeem'), href: '#redeem', kind: 'primary', iconName: 'bank', name: 'balance-redeem' })}</div></section>`;
}

/** @param {string} id */
function booksView(id) {
  const last = new Date(now()).getFullYear() - 1;
  const options = Array.from({ length: YEARS }, (_, back) => String(last - back)).map((value) => ({ value, label: value }));
  const chosen = year.value || options[0].value;
  return html`<section class="section" data-name="balance-books"><h2>${t('balance.books')}</h2><p>${t('balance.books_text')}</p>
    <form class="stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void make(id, chosen); }}>
      ${select({ name: 'certificate-year', label: t('balance.year'), value: chosen, options, onChoose: (value) => { year.value = value; fault.value = null; } })}
      ${fault.value ? banner({ tone: 'warning', text: fault.value }) : nothing}
      <div class="actions">${button({ label: t('balance.certificate'), type: 'submit', iconName: 'print', busy: busy.value, name: 'certificate-pdf' })}</div>
    </form>
    <ul class="list">${settingsRow({ href: '#statement', iconName: 'file', title: t('balance.statement'), name: 'balance-statement' })}</ul></section>`;
}

/** @param {string} id @param {string} chosen */
async function make(id, chosen) {
  busy.value = true;
  fault.value = null;
  try {
    const type = 'application/pdf';
    const bytes = await openSession().bytes(`/v1/accounts/${id}/certificate.pdf?year=${chosen}&language=${language.value}`, { accept: type, timeoutMs: PATIENCE_MS });
    saveFile(`${facts().prefix}-${chosen}.pdf`, bytes, type);
    toast(t('balance.saved'), 'good');
  } catch (error) {
    fault.value = sentenceFor(error);
  } finally {
    busy.value = false;
  }
}
