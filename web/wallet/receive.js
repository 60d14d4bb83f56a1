// Being paid: my account as a code, or a request with an amount to show or to share. It is pending until it arrives.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { groupAccount } from '../kit/bech32m.js';
import { icon } from '../kit/icons.js';
import { parseAmount } from '../kit/money.js';
import { qrView } from '../kit/qr.js';
import { formatDate } from '../kit/time.js';
import { amount, button, chip, copyButton, field, loading, toast } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { NOTE_BYTES, askFor, asks, dropAsk, isShortNote } from './asks.js';
import { frame } from './frame.js';
import { account, scope, symbol } from './state.js';
import { units } from './words.js';

/** @typedef {import('./asks.js').Ask} Ask */

const asking = signal('');
const note = signal('');
const fault = signal(/** @type {{field: 'amount' | 'note', text: string} | null} */ (null));
/** The request on screen, by its id. */
const opened = signal('');

/** Leaving: the next visit starts with the account's code. @param {string} name the screen that is shown now */
export function leaveReceive(name) {
  if (name !== 'receive') opened.value = '';
}

export function receiveView() {
  const mine = account.value;
  if (!mine) return frame({ title: t('receive.title'), back: '', body: loading() });
  const one = asks.value.find(({ id }) => id === opened.value);
  if (one) return askView(one);
  const href = `${location.origin}/wallet/#to=${mine.account}`;
  return frame({
    title: t('receive.title'), back: '',
    body: html`
      <section class="card stack center">
        ${mine.name ? html`<h2><bdi>${mine.name}</bdi></h2>` : nothing}
        ${qrView(href, { label: t('receive.label') })}
        <p class="code receive-account" dir="ltr" data-name="account">${groupAccount(mine.account)}</p>
      </section>
      <p class="quiet-text center">${t('receive.text')}</p>
      <div class="cluster centered no-print">${copyButton(mine.account, t('receive.copy_account'))}${copyButton(href, t('receive.copy_link'))}
        ${button({ label: t('action.print'), kind: 'quiet', iconName: 'print', onClick: () => print() })}</div>
      ${scope.value === 'full' || scope.value === 'limited' ? html`${askForm()}${pendingView()}` : nothing}`,
  });
}

function askForm() {
  return html`<form class="card stack no-print" data-name="ask-form" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void make(); }}>
    <h2>${t('asks.new')}</h2>
    ${field({ name: 'ask-amount', label: t('asks.amount'), value: asking.value, inputMode: 'decimal', ltr: true, suffix: symbol.value, placeholder: '0', fault: fault.value?.field === 'amount' ? fault.value.text : null,
      onInput: (typed) => batch(() => { asking.value = typed; fault.value = null; }) })}
    ${field({ name: 'ask-note', label: t('asks.note'), hint: t('asks.note_hint'), value: note.value, maxLength: NOTE_BYTES, fault: fault.value?.field === 'note' ? fault.value.text : null,
      onInput: (typed) => batch(() => { note.value = typed; fault.value = null; }) })}
    ${button({ label: t('asks.make'), kind: 'primary', type: 'submit', iconName: 'qr', name: 'ask-make' })}
  </form>`;
}

async function make() {
  const cents = parseAmount(asking.value);
  const words = note.value.trim();
  if (cents === null) fault.value = { field: 'amount', text: t('give.bad_amount') };
  else if (!isShortNote(words)) fault.value = { field: 'note', text: t('asks.note_long') };
  else {
    try {
      const made = await askFor(cents, words);
      batch(() => {
        opened.value = made.id;
        asking.value = '';
        note.value = '';
      });
      scrollTo(0, 0);
    } catch (error) {
      toast(sentenceFor(error), 'danger');
    }
  }
}

/** @param {Ask} one */
function stateOf(one) {
  if (one.paid !== null) return 'paid';
  return one.expires > now() ? 'open' : 'over';
}

/** @type {Record<string, {tone: 'good' | 'warning' | 'plain', iconName: string}>} */
const STATES = { paid: { tone: 'good', iconName: 'check' }, open: { tone: 'warning', iconName: 'clock' }, over: { tone: 'plain', iconName: 'clock' } };

/** @param {Ask} one */
function stateChip(one) {
  const state = stateOf(one);
  return html`<span data-name="ask-state" data-state=${state}>${chip({ text: t(`asks.${state}`), ...STATES[state] })}</span>`;
}

function pendingView() {
  if (asks.value.length === 0) return nothing;
  return html`<section class="section no-print" data-name="asks"><h2>${t('asks.list')}</h2><ul class="list">${asks.value.map((one) => html`<li>
    <button type="button" class="row" data-ask=${one.id} @click=${() => { opened.value = one.id; scrollTo(0, 0); }}>
      <span class="row-icon ${one.paid === null ? '' : 'in'}">${icon('receive')}</span>
      <span class="row-words"><span class="row-title"><bdi>${one.note ?? t('asks.no_note')}</bdi></span><span class="row-note">${formatDate(one.created)}</span></span>
      <span class="row-end">${amount(one.amount, { symbol: symbol.value })}${stateChip(one)}</span></button></li>`)}</ul></section>`;
}

/** @param {Ask} one */
function askView(one) {
  const state = stateOf(one);
  return frame({
    title: t('asks.title'), back: 'receive',
    body: html`
      <section class="card stack center" data-name="ask" data-state=${state}>
        ${amount(one.amount, { symbol: symbol.value, size: 'huge' })}
        ${one.note ? html`<p><bdi>${one.note}</bdi></p>` : nothing}
        <p>${stateChip(one)}</p>
        ${state === 'open' ? qrView(one.link, { label: t('asks.label', { amount: units(one.amount) }), level: 'L' }) : nothing}
        <p class="quiet-text">${t(`asks.${state}_text`, { date: formatDate(one.expires) })}</p>
      </section>
      ${state === 'open' ? html`<div class="cluster centered no-print">
        ${'share' in navigator ? button({ label: t('asks.share'), kind: 'primary', iconName: 'send', onClick: () => void share(one) }) : nothing}
        ${copyButton(one.link, t('receive.copy_link'))}</div>` : nothing}
      <div class="actions no-print">
        ${one.paid === null ? nothing : html`<a class="button primary" href="#entry=${one.paid}"><span>${t('asks.see')}</span></a>`}
        ${button({ label: t('asks.back'), kind: 'quiet', name: 'ask-back', onClick: () => { opened.value = ''; } })}
        ${state === 'open' ? nothing : button({ label: t('waiting.dismiss'), kind: 'quiet', iconName: 'trash', onClick: () => { opened.value = ''; void dropAsk(one.id); } })}
      </div>`,
  });
}

/** @param {Ask} one */
async function share(one) {
  const text = t('asks.share_text', { amount: units(one.amount), note: one.note ?? '' }).trim();
  // Whoever closes the sheet of the phone has shared nothing, and that is no fault.
  await navigator.share({ text, url: one.link }).catch(() => undefined);
}
