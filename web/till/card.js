// A customer pays with a printed card: the till reads its code, the customer types the PIN here, the node checks it and pays. What this page
// knows of card and PIN is gone when the payment is made or left; "paid" is shown as always, once the receipt is verified.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { encodeBase64url } from '../kit/base64url.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { decodePayLink } from '../kit/ledger.js';
import { scanView } from '../kit/scan-view.js';
import { amount, banner, button, field } from '../kit/ui.js';
import { poll } from './asking.js';
import { cardPart } from './card-open.js';
import { shop } from './state.js';

/** @typedef {import('./asking.js').Asking} Asking */

const LEAST_DIGITS = 4;
const MOST_DIGITS = 6;
const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'back', '0', 'ok'];

const step = signal(/** @type {'scan' | 'sending' | 'pin' | 'unknown' | 'refused'} */ ('scan'));
const typed = signal('');
const typedFault = signal(/** @type {string | null} */ (null));
const pin = signal('');
const fault = signal(/** @type {unknown} */ (null));
const left = signal(/** @type {number | null} */ (null));
let token = '';

/** A card comes: nothing of the one before is left. */
export function begin() {
  token = '';
  batch(() => { step.value = 'scan'; typed.value = ''; typedFault.value = null; pin.value = ''; fault.value = null; left.value = null; });
}

function close() {
  begin();
  cardPart.value = null;
}

/** The secret in what was read: the card's link, or its 22 characters as they are printed in groups. @param {string} text */
function tokenIn(text) {
  const linked = /#card=([\w-]{22})$/.exec(text.trim())?.[1];
  const bare = text.replace(/\s/g, '');
  return linked ?? (/^[\w-]{22}$/.test(bare) ? bare : null);
}

/** @param {string} text @param {Asking} now */
function take(text, now) {
  const found = tokenIn(text);
  if (!found) return t('card.no_card');
  token = found;
  // Small amounts may need no PIN; and what was paid already, unknown to this page, is found without one.
  void pay(now);
  return null;
}

/** @param {Asking} now */
async function pay(now) {
  const session = shop.value?.session;
  if (!session || step.value === 'sending') return;
  const typedPin = pin.value;
  batch(() => { step.value = 'sending'; fault.value = null; pin.value = ''; });
  try {
    const { charge } = decodePayLink(now.link.split('#pay=')[1] ?? '');
    const json = { request: encodeBase64url(charge), card: token, pin: typedPin || null };
    await session.bytes('/v1/cards/payments', { json, accept: 'application/cbor' });
    close();
    await poll();
  } catch (error) {
    told(error);
  }
}

/** @param {unknown} error */
function told(error) {
  const code = error instanceof Problem ? error.code : '';
  batch(() => {
    if (code === 'card_pin_needed') step.value = 'pin';
    else if (code === 'card_pin_wrong') {
      left.value = /** @type {Problem} */ (error).words.attempts_left ?? null;
      step.value = 'pin';
    } else {
      fault.value = error;
      step.value = error instanceof Problem && !error.transient ? 'refused' : 'unknown';
    }
  });
}

/** @param {string} key @param {Asking} now */
function strike(key, now) {
  if (key === 'ok') {
    if (pin.value.length >= LEAST_DIGITS) void pay(now);
  } else if (key === 'back') pin.value = pin.value.slice(0, -1);
  else if (pin.value.length < MOST_DIGITS) pin.value += key;
}

/** @param {KeyboardEvent} event @param {Asking} now */
function typeOnPad(event, now) {
  const key = /^\d$/.test(event.key) ? event.key : event.key === 'Backspace' ? 'back' : event.key === 'Enter' && event.target === event.currentTarget ? 'ok' : null;
  if (!key) return;
  event.preventDefault();
  strike(key, now);
}

/** @param {string} key @param {Asking} now */
function padKey(key, now) {
  const label = key === 'back' ? t('card.key_back') : key === 'ok' ? t('card.key_ok') : key;
  const off = key === 'ok' && pin.value.length < LEAST_DIGITS;
  return html`<button type="button" class="pad-key ${key === 'ok' ? 'pad-ok' : ''}" data-pin=${key} aria-label=${label} ?disabled=${off} @click=${() => strike(key, now)}>${key === 'back' ? icon('undo', { size: 28 }) : key === 'ok' ? icon('check', { size: 28 }) : key}</button>`;
}

/** @param {Asking} now */
function pinView(now) {
  const wrong = left.value;
  return html`<p class="card-words">${t('card.give_till')}</p>
    ${wrong === null ? nothing : html`<div data-name="pin-wrong" data-left=${wrong}>${banner({ tone: 'danger', text: t('card.wrong', { n: wrong }) })}</div>`}
    <div class="pin-dots" role="status" aria-label=${t('card.typed', { n: pin.value.length })}>${Array.from({ length: Math.max(LEAST_DIGITS, pin.value.length) }, (_none, place) => html`<span class="pin-dot ${place < pin.value.length ? 'on' : ''}"></span>`)}</div>
    <div class="pad pin-pad" dir="ltr" role="group" tabindex="0" aria-label=${t('card.pad')} @keydown=${(/** @type {KeyboardEvent} */ event) => typeOnPad(event, now)}>${DIGITS.map((key) => padKey(key, now))}</div>`;
}

/** @param {Asking} now */
function readView(now) {
  return html`<p class="card-words">${t('card.show')}</p>
    <div class="card-scan">${scanView({ onText: (text) => take(text, now) })}</div>
    <form class="stack tight" novalidate @submit=${(/** @type {Event} */ event) => { event.preventDefault(); typedFault.value = take(typed.value, now); }}>
      ${field({ name: 'card-code', label: t('card.code'), hint: t('card.code_hint'), value: typed.value, ltr: true, code: true, autocomplete: 'off', fault: typedFault.value, onInput: (text) => batch(() => { typed.value = text; typedFault.value = null; }) })}
      ${button({ label: t('action.continue'), type: 'submit', disabled: typed.value.trim() === '', name: 'card-continue' })}
    </form>`;
}

/** @param {Asking} now */
function stepView(now) {
  switch (step.value) {
    case 'scan': return readView(now);
    case 'pin': return pinView(now);
    case 'sending': return html`<p class="request-state" role="status"><span class="spinner" aria-hidden="true"></span>${t('card.sending')}</p>`;
    case 'unknown': return html`<div data-name="card-unknown">${banner({ tone: 'warning', iconName: 'offline', text: t('card.no_answer') })}</div>
      ${button({ label: t('card.ask_again'), kind: 'primary', big: true, iconName: 'refresh', name: 'card-again', onClick: () => void pay(now) })}`;
    case 'refused': return html`<div data-name="card-refused" data-code=${fault.value instanceof Problem ? fault.value.code : ''}>${banner({ tone: 'danger', text: sentenceFor(fault.value) })}</div>
      ${button({ label: t('card.other'), kind: 'primary', big: true, iconName: 'card', name: 'card-other', onClick: begin })}`;
  }
}

/** @param {Asking} now */
export function cardView(now) {
  const symbol = shop.value?.ledger.symbol ?? '';
  return html`<section class="request card-request" data-name="card" data-step=${step.value}>
    <div class="request-ask"><h1 class="request-title">${t(step.value === 'pin' ? 'card.pin' : 'card.title')}</h1>${amount(now.amount, { symbol, size: 'huge' })}</div>
    <div class="stack card-steps">${stepView(now)}
      ${button({ label: t('card.leave'), kind: 'plain', iconName: 'qr', disabled: step.value === 'sending', name: 'card-leave', onClick: close })}</div>
  </section>`;
}
