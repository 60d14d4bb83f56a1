// Small pieces that every page is made of. A view is a function that returns a lit-html template and reads signals;
// `mount` draws it again whenever one of them changes.

import { html, nothing, render } from '../vendor/lit-html/lit-html.js';
import { ref } from '../vendor/lit-html/directives/ref.js';
import { live } from '../vendor/lit-html/directives/live.js';
import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { LANGUAGES, language, sentenceFor, setLanguage, t } from './i18n.js';
import { amountParts } from './money.js';
import { icon } from './icons.js';

/** @typedef {unknown} View what lit-html draws */

/** Whether the device says that it has a network. */
export const online = signal(navigator.onLine);
addEventListener('online', () => { online.value = true; });
addEventListener('offline', () => { online.value = false; });

/** @param {HTMLElement} element @param {() => View} view @returns {() => void} stops it */
export function mount(element, view) {
  // What the HTML file shows while modules load makes room.
  element.replaceChildren();
  return effect(() => {
    render(view(), element);
  });
}

/**
 * An amount with small cents. Read aloud as one number; always written left to right.
 * @param {number} cents
 * @param {{symbol?: string, sign?: boolean, size?: 'huge' | 'big' | 'normal', tone?: 'in' | 'out' | 'plain'}} [options]
 */
export function amount(cents, { symbol = '', sign = false, size = 'normal', tone = 'plain' } = {}) {
  const { minus, whole, decimal, fraction } = amountParts(cents);
  const mark = minus ? '\u2212' : sign && cents > 0 ? '+' : '';
  return html`<bdi class="amount ${size} ${tone}" dir="ltr"><span class="amount-number">${mark}${whole}<span class="amount-cents">${decimal}${fraction}</span></span>${symbol ? html`<span class="amount-symbol">${`\u00a0${symbol}`}</span>` : nothing}</bdi>`;
}

/**
 * @param {object} words
 * @param {View} words.label
 * @param {(event: Event) => void} [words.onClick]
 * @param {'primary' | 'plain' | 'quiet' | 'danger' | 'copper'} [words.kind]
 * @param {string} [words.iconName]
 * @param {boolean} [words.busy]
 * @param {boolean} [words.disabled]
 * @param {boolean} [words.big]
 * @param {'button' | 'submit'} [words.type]
 * @param {string} [words.name] for tests and styles: `data-name`
 */
export function button({ label, onClick, kind = 'plain', iconName, busy = false, disabled = false, big = false, type = 'button', name }) {
  return html`<button type=${type} class="button ${kind} ${big ? 'big' : ''}" data-name=${name ?? nothing} ?disabled=${disabled || busy}
    aria-busy=${busy ? 'true' : nothing} @click=${onClick ?? nothing}>
    ${busy ? html`<span class="spinner" aria-hidden="true"></span>` : iconName ? icon(iconName) : nothing}<span>${label}</span>
  </button>`;
}

/** A link that looks like a button. @param {{label: View, href: string, kind?: string, iconName?: string, big?: boolean, name?: string}} words */
export function linkButton({ label, href, kind = 'plain', iconName, big = false, name }) {
  return html`<a class="button ${kind} ${big ? 'big' : ''}" href=${href} data-name=${name ?? nothing}>${iconName ? icon(iconName) : nothing}<span>${label}</span></a>`;
}

let fieldCount = 0;
/** @type {Map<string, string>} */
const fieldIds = new Map();

/** @param {string} name */
function fieldId(name) {
  let id = fieldIds.get(name);
  if (!id) {
    id = `field-${++fieldCount}`;
    fieldIds.set(name, id);
  }
  return id;
}

/**
 * A labelled input with its hint and its fault, tied together for screen readers.
 * @param {object} words
 * @param {string} words.name unique on the page
 * @param {string} words.label
 * @param {string} words.value
 * @param {(value: string) => void} words.onInput
 * @param {string} [words.hint]
 * @param {string | null} [words.fault]
 * @param {string} [words.type]
 * @param {'text' | 'decimal' | 'numeric' | 'email' | 'none' | 'tel' | 'url' | 'search'} [words.inputMode]
 * @param {string} [words.autocomplete]
 * @param {string} [words.placeholder]
 * @param {string} [words.suffix] e.g. the currency's symbol
 * @param {number} [words.maxLength]
 * @param {boolean} [words.ltr] for amounts and links
 * @param {boolean} [words.code] for codes: left to right, in capitals of one width
 * @param {boolean} [words.huge]
 * @param {boolean} [words.multiline]
 */
export function field({ name, label, value, onInput, hint, fault, type = 'text', inputMode = 'text', autocomplete = 'off', placeholder = '', suffix, maxLength, ltr: leftToRight = false, code = false, huge = false, multiline = false }) {
  const id = fieldId(name);
  const ltr = leftToRight || code;
  const described = [hint ? `${id}-hint` : '', fault ? `${id}-fault` : ''].filter(Boolean).join(' ');
  const typed = (/** @type {Event} */ event) => onInput(/** @type {HTMLInputElement} */ (event.target).value);
  const control = multiline
    ? html`<textarea id=${id} name=${name} rows="4" .value=${live(value)} @input=${typed} dir=${ltr ? 'ltr' : nothing} autocomplete=${autocomplete}
        autocapitalize="off" spellcheck="false" placeholder=${placeholder} aria-invalid=${fault ? 'true' : nothing} aria-describedby=${described || nothing}></textarea>`
    : html`<input id=${id} name=${name} type=${type} inputmode=${inputMode} .value=${live(value)} @input=${typed} dir=${ltr ? 'ltr' : nothing}
        autocomplete=${autocomplete} autocapitalize=${ltr ? 'off' : nothing} spellcheck=${ltr ? 'false' : nothing} placeholder=${placeholder} maxlength=${maxLength ?? nothing}
        aria-invalid=${fault ? 'true' : nothing} aria-describedby=${described || nothing}>`;
  return html`<div class="field ${huge ? 'huge' : ''} ${code ? 'coded' : ''} ${fault ? 'faulty' : ''}">
    <label for=${id}>${label}</label>
    <div class="field-box" dir=${suffix ? 'ltr' : nothing}>${control}${suffix ? html`<span class="field-suffix" aria-hidden="true">${suffix}</span>` : nothing}</div>
    ${hint ? html`<p class="field-hint" id="${id}-hint">${hint}</p>` : nothing}
    ${fault ? html`<p class="field-fault" id="${id}-fault" role="alert">${icon('warning', { size: 18 })}<span>${fault}</span></p>` : nothing}
  </div>`;
}

/**
 * A labelled choice among a few.
 * @param {{name: string, label: string, value: string, options: {value: string, label: string}[], onChoose: (value: string) => void}} words name: unique on the page
 */
export function select({ name, label, value, options, onChoose }) {
  const id = fieldId(name);
  return html`<div class="field"><label for=${id}>${label}</label>
    <div class="field-box"><select id=${id} name=${name} .value=${live(value)} @change=${(/** @type {Event} */ event) => onChoose(/** @type {HTMLSelectElement} */ (event.target).value)}>
      ${options.map((option) => html`<option value=${option.value} ?selected=${option.value === value}>${option.label}</option>`)}</select></div></div>`;
}

/** @typedef {'info' | 'good' | 'warning' | 'danger'} Tone */

/** @type {Record<Tone, string>} */
const TONE_ICONS = { info: 'info', good: 'check', warning: 'warning', danger: 'warning' };

/** A message that stays. @param {{tone: Tone, title?: View, text?: View, action?: View, iconName?: string}} words */
export function banner({ tone, title, text, action, iconName }) {
  return html`<div class="banner ${tone}" role=${tone === 'danger' ? 'alert' : 'status'}>
    <span class="banner-icon">${icon(iconName ?? TONE_ICONS[tone])}</span>
    <div class="banner-words">${title ? html`<strong>${title}</strong>` : nothing}${text ? html`<p>${text}</p>` : nothing}${action ?? nothing}</div>
  </div>`;
}

/** @param {{text: View, tone?: 'plain' | Tone, iconName?: string}} words */
export function chip({ text, tone = 'plain', iconName }) {
  return html`<span class="chip ${tone}">${iconName ? icon(iconName, { size: 16 }) : nothing}${text}</span>`;
}

/** @param {string} [text] */
export function loading(text = t('state.loading')) {
  return html`<div class="state" role="status"><span class="coin-spinner" aria-hidden="true"></span><p>${text}</p></div>`;
}

/** @param {{iconName: string, title: View, text?: View, action?: View}} words */
export function empty({ iconName, title, text, action }) {
  return html`<div class="state"><span class="state-icon">${icon(iconName, { size: 36 })}</span><h2>${title}</h2>${text ? html`<p>${text}</p>` : nothing}${action ?? nothing}</div>`;
}

/** @param {{error: unknown, onRetry?: () => void, title?: View}} words */
export function failure({ error, onRetry, title }) {
  return html`<div class="state" role="alert">
    <span class="state-icon danger">${icon('warning', { size: 36 })}</span>
    <h2>${title ?? t('state.failed')}</h2><p>${sentenceFor(error)}</p>
    ${onRetry ? button({ label: t('action.retry'), iconName: 'refresh', onClick: onRetry }) : nothing}
  </div>`;
}

/** A strip at the top while there is no network. @param {boolean} [linkUp] whether live events arrive */
export function offlineStrip(linkUp = true) {
  if (online.value && linkUp) return nothing;
  return html`<div class="offline-strip" role="status">${icon('offline', { size: 20 })}<span>${online.value ? t('state.reconnecting') : t('state.offline')}</span></div>`;
}

/**
 * @param {string} value
 * @param {string} label what the button says; with `small`, what is copied, and the icon alone is shown
 * @param {{small?: boolean}} [options]
 */
export function copyButton(value, label, { small = false } = {}) {
  const words = small ? t('action.copy_what', { what: label }) : label;
  if (small) return html`<button type="button" class="icon-button copy-button" aria-label=${words} title=${words} @click=${() => copy(value)}>${icon('copy', { size: 22 })}</button>`;
  return html`<button type="button" class="button quiet small" @click=${() => copy(value)}>${icon('copy', { size: 20 })}<span>${words}</span></button>`;
}

/** @param {string} value */
export async function copy(value) {
  try {
    await navigator.clipboard.writeText(value);
    toast(t('state.copied'), 'good');
  } catch {
    toast(t('state.copy_failed'), 'warning');
  }
}

/** One line of label, value and copy button. @param {{label: string, value: string, shown?: View, code?: boolean}} words */
export function copyRow({ label, value, shown, code = false }) {
  return html`<div class="copy-row"><div class="copy-words"><span class="copy-label">${label}</span><bdi class=${code ? 'copy-value code' : 'copy-value'} dir=${code ? 'ltr' : 'auto'}>${shown ?? value}</bdi></div>${copyButton(value, label, { small: true })}</div>`;
}

/** The language menu. */
export function languageSwitch() {
  return html`<label class="language">${icon('language', { size: 20 })}<span class="hidden">${t('language.choose')}</span>
    <select @change=${(/** @type {Event} */ event) => setLanguage(/** @type {any} */ (/** @type {HTMLSelectElement} */ (event.target).value))}>
      ${LANGUAGES.map(({ code, name, reviewed }) => html`<option value=${code} lang=${code} ?selected=${language.value === code}>${name}${reviewed ? '' : ' *'}</option>`)}
    </select></label>`;
}

/** Says under a page that a translation was not read by a native speaker yet. */
export function languageNote() {
  const known = LANGUAGES.find(({ code }) => code === language.value);
  return known?.reviewed ? nothing : html`<p class="language-note">* ${t('language.unreviewed')}</p>`;
}

// Toasts and dialogs live in one host at the end of the page.

/** @type {import('../vendor/signals-core/signals-core.js').Signal<{id: number, text: string, tone: Tone}[]>} */
const toasts = signal([]);
/** @typedef {{view: () => View, label: string, closed: () => void}} OpenDialog */
/** @type {import('../vendor/signals-core/signals-core.js').Signal<OpenDialog | null>} */
const dialog = signal(/** @type {OpenDialog | null} */ (null));
let toastCount = 0;
let hosted = false;

function host() {
  if (hosted) return;
  hosted = true;
  const element = document.createElement('div');
  document.body.append(element);
  mount(element, () => html`
    <div class="toasts" role="status" aria-live="polite">${toasts.value.map(({ text, tone }) => html`<div class="toast ${tone}">${icon(TONE_ICONS[tone], { size: 20 })}<span>${text}</span></div>`)}</div>
    ${dialog.value ? dialogView(dialog.value) : nothing}`);
}

/** @param {OpenDialog} words */
function dialogView(words) {
  return html`<dialog class="dialog" aria-label=${words.label} @close=${closeDialog} @click=${(/** @type {Event} */ event) => { if (event.target === event.currentTarget) closeDialog(); }}
    ${ref((element) => { if (element instanceof HTMLDialogElement) queueMicrotask(() => { if (element.isConnected && !element.open) element.showModal(); }); })}><div class="dialog-body">${words.view()}</div></dialog>`;
}

/** Opens a dialog; Escape, a click beside it and `closeDialog` close it. @param {OpenDialog} words */
export function openDialog(words) {
  host();
  dialog.value = words;
}

export function closeDialog() {
  const open = dialog.value;
  dialog.value = null;
  open?.closed();
}

/**
 * Asks before something that matters.
 * @param {{title: string, text: View, confirm: string, danger?: boolean, iconName?: string}} words
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, confirm, danger = false, iconName }) {
  return new Promise((resolve) => {
    let answer = false;
    openDialog({
      label: title,
      closed: () => resolve(answer),
      view: () => html`<div class="ask">
        ${iconName ? html`<span class="state-icon ${danger ? 'danger' : ''}">${icon(iconName, { size: 32 })}</span>` : nothing}
        <h2>${title}</h2><div class="ask-text">${text}</div>
        <div class="actions">
          ${button({ label: confirm, kind: danger ? 'danger' : 'primary', name: 'confirm', onClick: () => { answer = true; closeDialog(); } })}
          ${button({ label: t('action.cancel'), kind: 'quiet', name: 'cancel', onClick: closeDialog })}
        </div></div>`,
    });
  });
}

/** A short message that goes by itself. @param {string} text @param {Tone} [tone] */
export function toast(text, tone = 'info') {
  host();
  const id = ++toastCount;
  toasts.value = [...toasts.value.slice(-2), { id, text, tone }];
  setTimeout(() => { toasts.value = toasts.value.filter((shown) => shown.id !== id); }, 5_000);
}
