// Forms of the office: what is typed as text, what is wrong beside each field, and one reader per kind of value. A reader notes
// its fault and gives null, so that a form is whole exactly when nothing is noted.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { hex, sha256 } from '../kit/hex.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { parseAmount, parseBalance } from '../kit/money.js';
import { field, toast } from '../kit/ui.js';
import { accountField } from './members-pick.js';

/** A paper that was scanned, or a bank's file; what is far larger is something else. */
const LARGEST_EVIDENCE = 64 * 1024 * 1024;
const PERCENT = 10_000;

/** @param {number} a @param {number} b @returns {number} */
const commonPart = (a, b) => (b === 0 ? a : commonPart(b, a % b));

/** A share as it is typed: 0,2 stands as 20. @param {number} numerator @param {number} denominator */
export function percentOf(numerator, denominator) {
  const hundredths = Number((BigInt(numerator) * BigInt(PERCENT)) / BigInt(denominator));
  return `${hundredths / 100}`.replace('.', ',');
}

/** A day as `<input type="date">` has it. @param {number} ms */
export function dayOf(ms) {
  const at = new Date(ms);
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
}

/** The start of a day in the reader's place. @param {string} day `YYYY-MM-DD` */
export function startOf(day) {
  const [year, month, date] = day.split('-').map(Number);
  return new Date(year, month - 1, date).getTime();
}

/** The start of the day after: a day may have 23 or 25 hours. @param {number} ms a day's start */
export function dayAfter(ms) {
  const at = new Date(ms);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1).getTime();
}

/** @typedef {Record<string, string>} Typed */

export class Form {
  /** @param {string} name unique on the page @param {Typed} start */
  constructor(name, start) {
    this.name = name;
    this.start = start;
    this.typed = signal(start);
    this.faults = signal(/** @type {Typed} */ ({}));
    /** @type {Typed} */
    this.found = {};
  }

  /** @param {Typed} [start] */
  reset(start = this.start) {
    this.typed.value = start;
    this.faults.value = {};
  }

  /** @param {string} name */
  text(name) {
    return (this.typed.value[name] ?? '').trim();
  }

  /** @param {string} name @param {string} text */
  put(name, text) {
    this.typed.value = { ...this.typed.peek(), [name]: text };
    const { [name]: _gone, ...rest } = this.faults.peek();
    this.faults.value = rest;
  }

  /** Reads all values; null when one of them is not good, and then says which. @template T @param {() => T} values @returns {T | null} */
  read(values) {
    this.found = {};
    const made = values();
    this.faults.value = this.found;
    const wrong = Object.keys(this.found);
    if (wrong.length > 0) queueMicrotask(() => /** @type {HTMLElement | null} */ (document.querySelector(`[name="${this.name}-${wrong[0]}"]`))?.focus());
    return wrong.length > 0 ? null : made;
  }

  /** @param {string} name @param {string} words @returns {any} */
  wrong(name, words) {
    this.found[name] ??= words;
    return null;
  }

  /** Cents. @param {string} name @param {{zero?: boolean, optional?: boolean}} [options] @returns {number} */
  cents(name, { zero = false, optional = false } = {}) {
    const text = this.text(name);
    if (text === '' && optional) return 0;
    const cents = zero ? parseBalance(text) : parseAmount(text);
    return cents === null || cents < 0 ? this.wrong(name, t('form.amount')) : cents;
  }

  /** @param {string} name @param {{least?: number, most?: number}} [bounds] @returns {number} */
  whole(name, { least = 0, most = 65_535 } = {}) {
    const text = this.text(name);
    const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    return number >= least && number <= most ? number : this.wrong(name, t('form.whole', { least, most }));
  }

  /** Whole numbers between commas; none is an empty list. @param {string} name @returns {number[]} */
  numbers(name) {
    const parts = this.text(name).split(/[\s,;]+/).filter(Boolean);
    if (parts.some((part) => !/^\d{1,5}$/.test(part) || Number(part) > 65_535)) return this.wrong(name, t('form.numbers'));
    return [...new Set(parts.map(Number))].sort((a, b) => a - b);
  }

  /** A share typed in per cent, as the smallest fraction. @param {string} name @param {{zero?: boolean}} [options] @returns {{numerator: number, denominator: number}} */
  rate(name, { zero = false } = {}) {
    const hundredths = parseBalance(this.text(name).replace(/\s*%$/, ''));
    if (hundredths === null || hundredths < (zero ? 0 : 1) || hundredths > 10 * PERCENT) return this.wrong(name, t('form.rate'));
    const part = commonPart(hundredths, PERCENT);
    return { numerator: hundredths / part, denominator: PERCENT / part };
  }

  /** @param {string} name @returns {number} the day's start, ms */
  day(name) {
    const text = this.text(name);
    return /^\d{4}-\d{2}-\d{2}$/.test(text) ? startOf(text) : this.wrong(name, t('form.day'));
  }

  /** @param {string} name @returns {string} */
  chosen(name) {
    return this.text(name) || this.wrong(name, t('form.choose'));
  }

  /** The hash of a file that was chosen. @param {string} name @returns {string} hex */
  evidence(name) {
    return this.text(name) || this.wrong(name, t('form.evidence_missing'));
  }

  /** @param {string} name @param {string} label @param {Partial<Parameters<typeof field>[0]>} [more] */
  input(name, label, more = {}) {
    return field({ name: `${this.name}-${name}`, label, value: this.typed.value[name] ?? '', fault: this.faults.value[name], onInput: (text) => this.put(name, text), ...more });
  }

  /** @param {string} name @param {string} label @param {string} symbol @param {string} [hint] */
  money(name, label, symbol, hint) {
    return this.input(name, label, { inputMode: 'decimal', ltr: true, suffix: symbol, hint });
  }

  /** @param {string} name @param {string} label @param {string} [hint] */
  percent(name, label, hint) {
    return this.input(name, label, { inputMode: 'decimal', ltr: true, suffix: '%', hint });
  }

  /** @param {string} name @param {string} label @param {string} [hint] */
  date(name, label, hint) {
    return this.input(name, label, { type: 'date', ltr: true, hint });
  }

  /** @param {string} name */
  faultView(name) {
    const fault = this.faults.value[name];
    return fault ? html`<p class="field-fault" role="alert">${icon('warning', { size: 18 })}<span>${fault}</span></p>` : nothing;
  }

  /** @param {string} name @param {string} label @param {{value: string, label: string}[]} options @param {{hint?: string, none?: string}} [more] */
  select(name, label, options, { hint, none } = {}) {
    const value = this.typed.value[name] ?? '';
    return html`<div class="field ${this.faults.value[name] ? 'faulty' : ''}"><label class="field-label" for="select-${this.name}-${name}">${label}</label>
      <span class="field-box"><select id="select-${this.name}-${name}" name="${this.name}-${name}" @change=${(/** @type {Event} */ event) => this.put(name, /** @type {HTMLSelectElement} */ (event.target).value)}>
        ${none === undefined ? nothing : html`<option value="" ?selected=${value === ''}>${none}</option>`}
        ${options.map((option) => html`<option value=${option.value} ?selected=${value === option.value}>${option.label}</option>`)}</select></span>
      ${hint ? html`<p class="field-hint">${hint}</p>` : nothing}${this.faultView(name)}</div>`;
  }

  /** Several of a few, kept between commas. @param {string} name @param {string} label @param {{value: string, label: string}[]} options */
  several(name, label, options) {
    const chosen = this.text(name).split(',').filter(Boolean);
    const toggle = (/** @type {string} */ value) => this.put(name, (chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]).join(','));
    return html`<fieldset class="several"><legend class="field-label">${label}</legend>${options.map((option) => html`<label class="choice"><input type="checkbox" name="${this.name}-${name}" value=${option.value} .checked=${chosen.includes(option.value)} @change=${() => toggle(option.value)}><span>${option.label}</span></label>`)}${this.faultView(name)}</fieldset>`;
  }

  /** @param {string} name @param {string} label @param {{kind?: string}} [options] of account */
  account(name, label, { kind } = {}) {
    return accountField({ name: `${this.name}-${name}`, label, value: this.text(name), kind, onChoose: (account) => this.put(name, account), fault: this.faultView(name) });
  }

  /** A paper that proves it: hashed here, kept by the reader. @param {string} name @param {string} label */
  file(name, label) {
    const hash = this.text(name);
    const choose = async (/** @type {Event} */ event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      const file = input.files?.[0];
      input.value = '';
      if (!file) return;
      if (file.size > LARGEST_EVIDENCE) {
        toast(t('form.evidence_large'), 'warning');
        return;
      }
      this.put(name, hex(await sha256(new Uint8Array(await file.arrayBuffer()))));
      this.put(`${name}-file`, file.name);
    };
    return html`<div class="field"><span class="field-label">${label}</span>
      <label class="button file-button">${icon('file')}<span>${hash ? this.text(`${name}-file`) : t('form.evidence')}</span><input class="hidden" type="file" name="${this.name}-${name}" @change=${choose}></label>
      <p class="field-hint">${hash ? html`${t('statement.print')} <bdi class="code" dir="ltr">${hash.slice(0, 16)}…</bdi>` : t('form.evidence_hint')}</p>${this.faultView(name)}</div>`;
  }
}
