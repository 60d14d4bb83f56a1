// The counter: an amount, perhaps a reference, and one button. Beside it, on wide screens, what came in last.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { t } from '../kit/i18n.js';
import { allowSound } from '../kit/sound.js';
import { formatTime } from '../kit/time.js';
import { amount, button, failure, field, loading } from '../kit/ui.js';
import { ask, asking } from './asking.js';
import { REFERENCE_BYTES, fitReference } from './basket.js';
import { locked } from './people.js';
import { KEYS, keyOf, press } from './keypad.js';
import { hasRegister, openRegister, registerFault, registerPart } from './register-open.js';
import { chosen, goTo, phase, screen, shop, today } from './state.js';

const RECENT = 6;

const BACKSPACE = html`<svg class="icon" viewBox="0 0 24 24" width="30" height="30" aria-hidden="true" focusable="false"><path d="M9 5h11v14H9l-6-7zM12 9.500l5 5M17 9.500l-5 5"></path></svg>`;

/** What is typed on the pad. */
export const cents = signal(0);
const reference = signal('');

/** @param {import('./keypad.js').Key} key */
export function strike(key) {
  cents.value = press(cents.value, key);
}

/** A keyboard works as well as the pad. @param {KeyboardEvent} event */
export function typeOnKeypad(event) {
  if (phase.value.name !== 'ready' || locked() || screen.value !== 'counter' || asking.value) return;
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector('dialog[open]')) return;
  const target = event.target instanceof HTMLElement ? event.target : null;
  const typing = target?.closest('input, textarea, select');
  if (typing && !(event.key === 'Enter' && typing.getAttribute('name') === 'reference')) return;
  const key = keyOf(event.key);
  // An amount that nobody sees typed would be on the next ticket.
  if (key && hasRegister.value && !registerPart.value?.typing()) return;
  if (key) {
    strike(key);
    event.preventDefault();
  } else if (event.key === 'Enter' && !target?.closest('button, a')) {
    void submit();
  }
}

async function submit() {
  const register = registerPart.value;
  if (register) return register.enter();
  if (cents.value < 1) return;
  allowSound();
  const asked = { amount: cents.value, reference: reference.value.trim() };
  await ask(asked.amount, asked.reference);
  // Kept on the pad until the request exists, so that a fault costs no typing.
  if (asking.value?.step !== 'failed') {
    cents.value = 0;
    reference.value = '';
  }
}

/** @param {string} typed */
function refer(typed) {
  const fitting = fitReference(typed);
  // What is cut is seen to go: the field is drawn again, though its value is what it was.
  if (fitting !== typed) reference.value = typed;
  reference.value = fitting;
}

/** The pad of digits. */
export function padView() {
  return html`<div class="pad" dir="ltr" role="group" aria-label=${t('counter.pad')}>${KEYS.map(padKey)}</div>`;
}

/** @param {import('./keypad.js').Key} key */
function padKey(key) {
  const label = key === 'back' ? t('counter.key_back') : key;
  return html`<button type="button" class="pad-key" data-key=${key} aria-label=${label} @click=${() => strike(key)}>${key === 'back' ? BACKSPACE : key}</button>`;
}

/** What the shop wrote beside the amount. @param {{reference: string | null}} charge */
export function referenceView({ reference }) {
  return reference ? html`<bdi>${reference}</bdi>` : html`<span class="quiet-words">${t('day.no_reference')}</span>`;
}

function recent() {
  const data = today.data.value;
  const symbol = shop.value?.ledger.symbol ?? '';
  if (!data) return today.error.value ? nothing : loading(t('day.loading'));
  const paid = data.day.charges.filter((charge) => charge.sequence !== null).sort((a, b) => (b.paid_at ?? 0) - (a.paid_at ?? 0)).slice(0, RECENT);
  return html`
    <div class="today-sum"><span>${t('counter.today')}</span>${amount(data.day.totals.net, { symbol, size: 'big' })}</div>
    <h2>${t('counter.recent')}</h2>
    ${paid.length === 0 ? html`<p class="quiet-words">${t('counter.recent_none')}</p>` : html`<ul class="recent-list">${paid.map((charge) => html`<li>
      <button type="button" class="recent-row" @click=${() => { goTo('day'); chosen.value = { kind: 'charge', id: charge.id }; }}>
        <span class="recent-time">${formatTime(charge.paid_at ?? charge.created)}</span>
        <span class="recent-what">${referenceView(charge)}</span>
        ${amount(charge.amount, { symbol })}
      </button></li>`)}</ul>`}`;
}

export function counterView() {
  if (registerPart.value) return registerPart.value.view();
  if (hasRegister.value) return registerFault.value ? failure({ error: registerFault.value, onRetry: openRegister }) : loading();
  const symbol = shop.value?.ledger.symbol ?? '';
  const none = cents.value < 1;
  return html`<div class="counter">
    <section class="counter-pad" aria-label=${t('counter.amount')}>
      <h1 class="hidden">${t('till.tab_counter')}</h1>
      <div class="counter-amount ${none ? 'zero' : ''}" role="status" data-name="amount"><span class="counter-label">${t('counter.amount')}</span>${amount(cents.value, { symbol, size: 'huge' })}</div>
      ${padView()}
      ${field({ name: 'reference', label: t('counter.reference'), placeholder: t('counter.reference_hint'), value: reference.value, maxLength: REFERENCE_BYTES, onInput: refer })}
      ${button({ label: t('counter.ask'), kind: 'primary', big: true, iconName: 'qr', name: 'ask', disabled: none, onClick: submit })}
    </section>
    <aside class="counter-side card">${recent()}</aside>
  </div>`;
}
