// Writing an invoice: how much, for what, by which day, and to whom.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { attempt } from '../kit/attempt.js';
import { decodeAccount } from '../kit/bech32m.js';
import { hex, randomBytes } from '../kit/hex.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { parseAmount } from '../kit/money.js';
import { Reading } from '../kit/reading.js';
import { banner, button, field, select } from '../kit/ui.js';
import { dayText } from './period.js';
import { shop } from './state.js';

/** What most shops give their customers. */
const USUAL_DAYS = 30;
const DAY_MS = 86_400_000;
/** The server's bounds, in bytes. */
const REFERENCE_BYTES = 35;
const TEXT_BYTES = 500;

/** @typedef {{amount: string, text: string, reference: string, series: string, due: string, payer: string, email: string, partial: boolean}} Draft */

/** @returns {Draft} */
const blank = () => ({ amount: '', text: '', reference: '', series: '', due: dayText(now() + USUAL_DAYS * DAY_MS), payer: '', email: '', partial: false });

const draft = signal(blank());
/** Drawn for the invoice of this form: however often it is sent before an answer comes, it is written once. */
let id = '';
/** The fields that were sent and are not as they should be. */
const faults = signal(/** @type {Partial<Record<keyof Draft, string>>} */ ({}));
const sending = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };

/** The references that count by themselves. */
export const series = new Reading(() => shop.peek()?.session, () => '/pos/v1/invoicing/series', (answer) => /** @type {{name: string, pattern: string, code: string}[]} */ (answer.series));

export function openNewInvoice() {
  id = hex(randomBytes(16));
  batch(() => {
    draft.value = blank();
    faults.value = {};
    sending.fault.value = null;
  });
  void series.refresh().then(() => {
    const first = series.data.peek()?.[0];
    if (first && !draft.peek().series) set({ series: first.name });
  });
}

/** @param {Partial<Draft>} changed */
function set(changed) {
  batch(() => {
    draft.value = { ...draft.value, ...changed };
    faults.value = Object.fromEntries(Object.entries(faults.value).filter(([name]) => !(name in changed)));
  });
}

/** @param {string} text */
const bytes = (text) => new TextEncoder().encode(text.trim()).length;

/** @param {Draft} words */
function faultsOf({ amount, text, reference, series: chosen, due, payer }) {
  /** @type {Partial<Record<keyof Draft, string>>} */
  const found = {};
  if (!parseAmount(amount)) found.amount = t('invoice.bad_amount');
  if (bytes(text) > TEXT_BYTES) found.text = t('invoice.bad_text');
  if (chosen === '' && (bytes(reference) === 0 || bytes(reference) > REFERENCE_BYTES)) found.reference = t('invoice.bad_reference');
  if (!/^\d{4}-\d{2}-\d{2}$/.test(due) || due < dayText(now())) found.due = t('invoice.bad_due');
  if (payer.trim() && !decodeAccount(payer.trim(), shop.value?.ledger.prefix ?? '')) found.payer = t('invoice.bad_payer');
  return found;
}

/** @param {(invoice: import('./invoices.js').Invoice) => void} onWritten */
function send(onWritten) {
  const words = draft.value;
  faults.value = faultsOf(words);
  if (Object.keys(faults.value).length > 0) return;
  const { text, due, payer, email, partial } = words;
  void attempt(sending, async () => {
    const about = words.series ? { series: words.series } : { reference: words.reference.trim() };
    const json = { id, ...about, amount: parseAmount(words.amount), text: text.trim(), due, partial, payer: payer.trim() || null, email: email.trim() || null };
    const invoice = await shop.peek()?.session.json('/pos/v1/invoices', { json });
    if (invoice) onWritten(invoice);
  });
}

/** @param {(invoice: import('./invoices.js').Invoice) => void} onWritten */
export function newInvoiceView(onWritten) {
  const words = draft.value;
  const known = series.data.value ?? [];
  const options = [...known.map(({ name }) => ({ value: name, label: name })), { value: '', label: t('invoice.own_reference') }];
  return html`<form class="stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); send(onWritten); }}>
    ${field({ name: 'amount', label: t('invoice.amount'), value: words.amount, inputMode: 'decimal', ltr: true, suffix: shop.value?.ledger.symbol, fault: faults.value.amount, onInput: (amount) => set({ amount }) })}
    ${field({ name: 'text', label: t('invoice.text'), value: words.text, multiline: true, fault: faults.value.text, onInput: (text) => set({ text }) })}
    ${known.length > 0 ? select({ name: 'series', label: t('invoice.series'), value: words.series, options, onChoose: (value) => set({ series: value }) }) : nothing}
    ${words.series === '' ? field({ name: 'reference', label: t('invoice.reference'), hint: t('invoice.reference_hint'), value: words.reference, maxLength: REFERENCE_BYTES, fault: faults.value.reference, onInput: (reference) => set({ reference }) }) : nothing}
    ${field({ name: 'due', label: t('invoice.due'), type: 'date', value: words.due, ltr: true, fault: faults.value.due, onInput: (due) => set({ due }) })}
    <label class="choice"><input type="checkbox" name="partial" .checked=${words.partial} @change=${(/** @type {Event} */ event) => set({ partial: /** @type {HTMLInputElement} */ (event.target).checked })}><span>${t('invoice.parts_may')}</span></label>
    ${field({ name: 'payer', label: t('invoice.to_payer'), hint: t('invoice.to_payer_hint'), value: words.payer, ltr: true, fault: faults.value.payer, onInput: (payer) => set({ payer }) })}
    ${field({ name: 'email', label: t('invoice.to_email'), hint: t('invoice.to_email_hint'), value: words.email, type: 'email', inputMode: 'email', ltr: true, onInput: (email) => set({ email }) })}
    ${sending.fault.value ? banner({ tone: 'danger', text: sentenceFor(sending.fault.value) }) : nothing}
    <div class="actions">${button({ label: t('invoice.write'), kind: 'primary', big: true, type: 'submit', busy: sending.busy.value, name: 'invoice-write' })}</div>
  </form>`;
}
