// Who is at the till: a tile per cashier and a PIN; and the cashiers of this till, to add one or take one away.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { Problem, now } from '../kit/api.js';
import { fingerprint } from '../kit/hex.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatTime } from '../kit/time.js';
import { ask, banner, button, chip, field, toast } from '../kit/ui.js';
import { forgetCashier, join, joining, mayForget, signIn, stopJoining } from './cashiers.js';
import { tidyCode } from './enrol.js';
import { cashier, cashiers } from './people.js';
import { LEAST_DIGITS, MOST_DIGITS, isPin } from './pin-key.js';

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'back', '0', 'ok'];

/** Whose PIN is typed. */
const chosen = signal(/** @type {string | null} */ (null));
const pin = signal('');
const busy = signal(false);
const told = signal(/** @type {import('./cashiers.js').SignIn | null} */ (null));
const adding = signal(/** @type {{code: string, name: string, pin: string, again: string, fault: string | null, busy: boolean} | null} */ (null));

/** @param {string | null} key */
function choose(key) {
  batch(() => { chosen.value = key; pin.value = ''; told.value = null; });
}

async function enter() {
  const key = chosen.value;
  if (!key || busy.value || pin.value.length < LEAST_DIGITS) return;
  const typed = pin.value;
  batch(() => { busy.value = true; pin.value = ''; told.value = null; });
  try {
    const answer = await signIn(key, typed);
    if (answer.state === 'in') choose(null);
    else told.value = answer;
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = false;
  }
}

/** @param {string} key */
function strike(key) {
  if (busy.value) return;
  if (key === 'ok') void enter();
  else if (key === 'back') pin.value = pin.value.slice(0, -1);
  else if (pin.value.length < MOST_DIGITS) pin.value += key;
}

/** @param {KeyboardEvent} event */
function typeOnPad(event) {
  const key = /^\d$/.test(event.key) ? event.key : event.key === 'Backspace' ? 'back' : event.key === 'Enter' && event.target === event.currentTarget ? 'ok' : null;
  if (!key) return;
  event.preventDefault();
  strike(key);
}

/** @param {string} key */
function padKey(key) {
  const label = key === 'back' ? t('people.key_back') : key === 'ok' ? t('people.key_ok') : key;
  const off = busy.value || (key === 'ok' && pin.value.length < LEAST_DIGITS);
  return html`<button type="button" class="pad-key ${key === 'ok' ? 'pad-ok' : ''}" data-pin=${key} aria-label=${label} ?disabled=${off} @click=${() => strike(key)}>${key === 'back' ? icon('undo', { size: 28 }) : key === 'ok' ? icon('check', { size: 28 }) : key}</button>`;
}

function answerView() {
  const answer = told.value;
  switch (answer?.state) {
    case 'wrong': return html`<div data-name="pin-wrong" data-left=${answer.left}>${banner({ tone: 'danger', text: t('people.wrong', { n: answer.left }) })}</div>`;
    case 'pause': return html`<div data-name="pin-pause">${banner({ tone: 'danger', iconName: 'clock', text: t('people.pause', { time: formatTime(answer.until) }) })}</div>`;
    case 'waiting': return banner({ tone: 'warning', iconName: 'clock', text: t('people.not_confirmed') });
    case 'removed': return banner({ tone: 'danger', text: t('people.removed') });
    default: return nothing;
  }
}

/** @param {import('./people.js').Kept} one */
function pinView(one) {
  return html`<section class="till-narrow sign-in" data-name="sign-in">
    <h1><bdi>${one.name}</bdi></h1>
    <p class="center">${t('people.type_pin')}</p>
    ${answerView()}
    <div class="pin-dots" role="status" aria-label=${t('people.typed', { n: pin.value.length })}>${busy.value ? html`<span class="spinner" aria-hidden="true"></span>` : Array.from({ length: Math.max(LEAST_DIGITS, pin.value.length) }, (_none, place) => html`<span class="pin-dot ${place < pin.value.length ? 'on' : ''}"></span>`)}</div>
    <div class="pad pin-pad" dir="ltr" role="group" tabindex="0" aria-label=${t('people.pad')} @keydown=${typeOnPad}>${DIGITS.map(padKey)}</div>
    <div class="actions">${button({ label: t('people.other'), iconName: 'person', name: 'other-cashier', disabled: busy.value, onClick: () => choose(null) })}</div>
  </section>`;
}

/** @param {import('./people.js').Kept} one */
function tile(one) {
  const first = [...one.name][0] ?? '';
  return html`<li><button type="button" class="cashier-tile" data-name="cashier" data-key=${one.key} @click=${() => choose(one.key)}>
    <span class="cashier-mark" aria-hidden="true">${first.toLocaleUpperCase()}</span><bdi>${one.name}</bdi>
    ${one.waitUntil > now() ? chip({ text: t('people.paused'), tone: 'danger', iconName: 'clock' }) : one.admitted ? nothing : chip({ text: t('people.unconfirmed'), tone: 'warning', iconName: 'clock' })}
  </button></li>`;
}

/** Shown in the place of the counter while nobody is signed in. */
export function lockView() {
  if (adding.value || joining.value) return addView();
  const one = cashiers.value.find(({ key }) => key === chosen.value);
  if (one) return pinView(one);
  return html`<section class="till-narrow sign-in" data-name="locked">
    <h1>${t('people.who')}</h1>
    ${cashiers.value.length === 0 ? html`<div data-name="nobody-left">${banner({ tone: 'warning', text: t('people.nobody_left') })}</div>` : html`<ul class="cashier-tiles">${cashiers.value.map(tile)}</ul>`}
    <div class="actions">${button({ label: t('people.new_or_forgotten'), kind: 'quiet', iconName: 'plus', name: 'cashier-add', onClick: begin })}</div>
  </section>`;
}

function begin() {
  adding.value = { code: '', name: '', pin: '', again: '', fault: null, busy: false };
}

/** @param {Event} event */
async function submit(event) {
  event.preventDefault();
  const now = adding.value;
  if (!now || now.busy) return;
  const code = tidyCode(now.code);
  const name = now.name.trim();
  const fault = !code ? t('people.code_wrong') : !name ? t('people.name_missing') : !isPin(now.pin) ? t('people.pin_bad', { least: LEAST_DIGITS, most: MOST_DIGITS }) : now.pin !== now.again ? t('people.pin_differs') : null;
  if (fault || !code) {
    adding.value = { ...now, fault };
    return;
  }
  adding.value = { ...now, fault: null, busy: true };
  try {
    const joined = join({ code, name, pin: now.pin });
    await Promise.race([joined, claimed()]);
    adding.value = null;
    await joined;
  } catch (error) {
    const wrong = error instanceof Problem && error.status === 404;
    adding.value = { ...now, fault: wrong ? t('people.code_wrong') : sentenceFor(error), busy: false };
  }
}

/** Resolves once the code was taken and the shop is waited for. @returns {Promise<void>} */
function claimed() {
  return new Promise((resolve) => {
    const stop = joining.subscribe((waiting) => { if (waiting) queueMicrotask(() => { stop(); resolve(); }); });
  });
}

function addView() {
  const waiting = joining.value;
  if (waiting) {
    return html`<div class="till-narrow waiting" data-name="cashier-waiting">
      <span class="coin-spinner" aria-hidden="true"></span>
      <h1><bdi>${waiting.name}</bdi></h1>
      <p role="status">${t('people.waiting')}</p>
      <dl class="facts card"><div><dt>${t('people.fingerprint')}</dt><dd><bdi class="code" dir="ltr">${fingerprint(waiting.key)}</bdi></dd></div></dl>
      ${button({ label: t('action.cancel'), kind: 'quiet', name: 'cashier-stop', onClick: () => void stopJoining() })}
    </div>`;
  }
  const now = adding.value;
  if (!now) return nothing;
  /** @param {Partial<typeof now>} change */
  const type = (change) => { if (adding.value) adding.value = { ...adding.value, ...change, fault: null }; };
  return html`<form class="till-narrow enrol-form" data-name="cashier-form" novalidate @submit=${submit}>
    <h1>${t('people.add')}</h1>
    <ol class="steps"><li>${t('people.step_1')}</li><li>${t('people.step_2')}</li><li>${t('people.step_3')}</li></ol>
    ${field({ name: 'cashier-code', label: t('people.code'), hint: t('people.code_hint'), value: now.code, code: true, maxLength: 12, onInput: (typed) => type({ code: typed.toUpperCase() }) })}
    ${field({ name: 'cashier-name', label: t('people.name'), value: now.name, maxLength: 40, onInput: (name) => type({ name }) })}
    ${field({ name: 'cashier-pin', label: t('people.pin'), hint: t('people.pin_hint', { least: LEAST_DIGITS, most: MOST_DIGITS }), value: now.pin, type: 'password', inputMode: 'numeric', ltr: true, maxLength: MOST_DIGITS, autocomplete: 'off', onInput: (typed) => type({ pin: typed }) })}
    ${field({ name: 'cashier-again', label: t('people.pin_again'), value: now.again, type: 'password', inputMode: 'numeric', ltr: true, maxLength: MOST_DIGITS, autocomplete: 'off', onInput: (typed) => type({ again: typed }) })}
    ${now.fault ? html`<div data-name="cashier-fault">${banner({ tone: 'danger', text: now.fault })}</div>` : nothing}
    <div class="actions">${button({ label: t('people.go'), kind: 'primary', big: true, type: 'submit', busy: now.busy, name: 'cashier-go' })}
      ${button({ label: t('action.cancel'), kind: 'quiet', disabled: now.busy, onClick: () => { adding.value = null; } })}</div>
  </form>`;
}

/** @param {import('./people.js').Kept} one */
async function remove(one) {
  const sure = await ask({ title: t('people.remove_title', { name: one.name }), text: t('people.remove_text'), confirm: t('people.remove'), danger: true, iconName: 'trash' });
  if (sure) await forgetCashier(one.key);
}

/** @param {import('./people.js').Kept} one */
function row(one) {
  const rights = /** @type {import('./people.js').Right[]} */ (['refund', 'discount', 'close', 'settings']).filter((right) => one.rights[right]);
  const here = cashier.value?.key === one.key;
  return html`<li class="refund-row" data-name="cashier-row"><span class="charge-what"><bdi>${one.name}</bdi>
      <span class="quiet-words">${rights.length === 0 ? t('people.rights_none') : rights.map((right) => t(`people.right_${right}`)).join(' · ')}</span></span>
    ${here ? chip({ text: t('people.here'), tone: 'good', iconName: 'check' }) : one.admitted ? nothing : chip({ text: t('people.unconfirmed'), tone: 'warning', iconName: 'clock' })}
    ${mayForget(one.key) ? button({ label: t('people.remove'), kind: 'quiet', iconName: 'trash', name: 'cashier-remove', onClick: () => void remove(one) }) : nothing}</li>`;
}

/** The screen of the menu. */
export function peopleView() {
  if (adding.value || joining.value) return addView();
  return html`<section class="till-narrow" data-name="people">
    <h1>${t('people.title')}</h1><p>${t('people.words')}</p>
    ${cashiers.value.length === 0 ? html`<p class="quiet-words">${t('people.none')}</p>` : html`<ul class="charge-list">${cashiers.value.map(row)}</ul>`}
    <div class="actions">${button({ label: t('people.add'), kind: 'primary', big: true, iconName: 'plus', name: 'cashier-add', onClick: begin })}</div>
  </section>`;
}
