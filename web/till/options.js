// What a shop sets up once for its counter: VAT rates, tips, what the law wants on tickets, and whether this till writes them.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { attempt } from '../kit/attempt.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { formatRate } from '../kit/money.js';
import { addStyle } from '../kit/style.js';
import { banner, button, chip, field, loading } from '../kit/ui.js';
import { fromMenu } from './more.js';
import { saveSetup, setup } from './setup.js';
import { scope } from './state.js';
import { trace } from './trace.js';

const busy = signal(false);
const fault = signal(/** @type {unknown} */ (null));
const saved = signal('');

void addStyle('/till/register.css').catch(() => undefined);

/** Another screen was opened. @param {string} name */
export function leaveOptions(name) {
  if (name === saved.peek()) return;
  fault.value = null;
  saved.value = '';
  typed.value = {};
}

/** What is typed and not saved yet, by the field. */
const typed = signal(/** @type {Record<string, string>} */ ({}));

/** @param {string} name @param {string} value */
function put(name, value) {
  typed.value = { ...typed.value, [name]: value };
  saved.value = '';
}

/** @param {string} part @param {any} value @param {string} screen */
function save(part, value, screen) {
  return attempt({ busy, fault }, async () => {
    await saveSetup(part, value);
    typed.value = {};
    saved.value = screen;
    void trace('settings', part);
  });
}

/** @param {string} screen */
function outcome(screen) {
  if (fault.value) return banner({ tone: 'danger', text: sentenceFor(fault.value) });
  return saved.value === screen ? html`<div data-name="saved">${banner({ tone: 'good', text: t('options.saved') })}</div>` : nothing;
}

/** A rate as typed: "5,5" is 550. @param {string} text @returns {number | null} hundredths of a percent */
export function parseRate(text) {
  const match = /^\s*(\d{1,3})(?:[.,](\d{1,2}))?\s*%?\s*$/.exec(text);
  if (!match) return null;
  const rate = Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
  return rate <= 10_000 ? rate : null;
}

export function ratesView() {
  const counter = setup('counter').value;
  if (!counter) return fromMenu({ title: t('row.rates'), body: loading() });
  const rates = /** @type {number[]} */ (counter.rates);
  const used = new Set(/** @type {{rate: number}[]} */ (counter.items).map(({ rate }) => rate));
  const text = typed.value.rate ?? '';
  const rate = parseRate(text);
  const wrong = text !== '' && rate === null;
  /** @param {number[]} next */
  const keep = (next) => save('counter', { ...counter, rates: next }, 'rates');
  return fromMenu({ title: t('row.rates'), name: 'rates', body: html`<p>${t('rates.words')}</p>
    <ul class="list">${rates.map((one, place) => html`<li class="good-row rate-row"><span class="row"><span class="row-words"><span class="row-title">${formatRate(one)}</span>
      ${place === 0 ? html`<span class="row-note">${t('rates.first')}</span>` : nothing}</span></span>
      ${place === 0 ? nothing : button({ label: t('rates.make_first'), kind: 'quiet', busy: busy.value, onClick: () => keep([one, ...rates.filter((other) => other !== one)]) })}
      ${used.has(one) || rates.length === 1 ? chip({ text: t('rates.used') }) : button({ label: html`<span class="hidden">${t('rates.remove', { rate: formatRate(one) })}</span>`, kind: 'quiet', iconName: 'trash', busy: busy.value, onClick: () => keep(rates.filter((other) => other !== one)) })}</li>`)}</ul>
    ${outcome('rates')}
    ${rates.length >= 8 ? nothing : html`<form class="stack" novalidate @submit=${(/** @type {Event} */ event) => { event.preventDefault(); if (rate !== null && !rates.includes(rate)) void keep([...rates, rate]); }}>
      ${field({ name: 'rate', label: t('rates.new'), value: text, inputMode: 'decimal', suffix: '%', ltr: true, fault: wrong ? t('rates.wrong') : null, onInput: (value) => put('rate', value) })}
      ${button({ label: t('rates.add'), type: 'submit', iconName: 'plus', name: 'rate-add', busy: busy.value, disabled: rate === null || rates.includes(rate) })}</form>`}` });
}

/** "5, 10, 15" as ascending whole percents. @param {string} text @returns {number[] | null} */
export function parsePercents(text) {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  if (parts.length > 4 || !parts.every((part) => /^\d{1,2}$/.test(part))) return null;
  const percents = [...new Set(parts.map(Number))].sort((a, b) => a - b);
  return percents.every((percent) => percent >= 1 && percent <= 50) ? percents : null;
}

export function tipsView() {
  const counter = setup('counter').value;
  if (!counter) return fromMenu({ title: t('row.tips'), body: loading() });
  const { on, percents } = /** @type {{on: boolean, percents: number[]}} */ (counter.tips);
  const text = typed.value.percents ?? percents.join(', ');
  const next = parsePercents(text);
  return fromMenu({ title: t('row.tips'), name: 'tips-setup', body: html`<p>${t('tips.words')}</p>
    <form class="card stack" novalidate @submit=${(/** @type {Event} */ event) => { event.preventDefault(); if (next) void save('counter', { ...counter, tips: { on: typed.value.tips_on === undefined ? on : typed.value.tips_on === 'yes', percents: next } }, 'tips'); }}>
      <label class="choice"><input type="checkbox" name="tips-on" .checked=${typed.value.tips_on === undefined ? on : typed.value.tips_on === 'yes'} @change=${(/** @type {Event} */ event) => put('tips_on', /** @type {HTMLInputElement} */ (event.target).checked ? 'yes' : 'no')}><span>${t('tips.on')}</span></label>
      ${field({ name: 'percents', label: t('tips.percents'), hint: t('tips.percents_hint'), value: text, inputMode: 'decimal', ltr: true, fault: next ? null : t('tips.wrong'), onInput: (value) => put('percents', value) })}
      ${outcome('tips')}
      <div class="actions">${button({ label: t('goods.save'), kind: 'primary', type: 'submit', name: 'tips-save', busy: busy.value, disabled: !next })}</div></form>` });
}

/** The facts of the law, and how each is read from what was typed. @type {[string, (text: string) => string, ((value: string) => boolean)?][]} */
const FACTS = [
  ['name', (text) => text.trim()],
  ['address', (text) => text.trim()],
  ['siret', (text) => text.replace(/\s/g, ''), (value) => value === '' || /^\d{14}$/.test(value)],
  ['vat_number', (text) => text.replace(/\s/g, '').toUpperCase(), (value) => /^[0-9A-Z]{0,20}$/.test(value)],
  ['footer', (text) => text.trim()],
];

export function legalView() {
  const legal = setup('legal').value;
  if (!legal) return fromMenu({ title: t('row.legal'), body: loading() });
  const read = FACTS.map(([name, clean, good]) => {
    const text = typed.value[`legal.${name}`] ?? legal[name];
    return { name, text, value: clean(text), wrong: good ? !good(clean(text)) : false };
  });
  const wrong = read.some((one) => one.wrong);
  return fromMenu({ title: t('row.legal'), name: 'legal', body: html`<p>${t('legal.words')}</p>
    <form class="card stack" novalidate @submit=${(/** @type {Event} */ event) => { event.preventDefault(); if (!wrong) void save('legal', Object.fromEntries(read.map(({ name, value }) => [name, value])), 'legal'); }}>
      ${read.map(({ name, text, wrong: bad }) => field({ name: `legal-${name}`, label: t(`legal.${name}`), value: text, multiline: name === 'address' || name === 'footer', ltr: name === 'siret' || name === 'vat_number', maxLength: name === 'name' ? 90 : 250,
        fault: bad ? t(`legal.${name}_wrong`) : null, onInput: (value) => put(`legal.${name}`, value) }))}
      ${outcome('legal')}
      <div class="actions">${button({ label: t('goods.save'), kind: 'primary', type: 'submit', name: 'legal-save', busy: busy.value, disabled: wrong })}</div></form>` });
}

/** Only the shop's own key turns tickets on and off: here, when this till holds it, else in the shop's wallet. */
export function registerView() {
  const tickets = setup('tickets').value;
  const legal = setup('legal').value;
  if (!tickets || !legal) return fromMenu({ title: t('row.register'), body: loading() });
  const missing = !legal.name || !legal.address;
  return fromMenu({ title: t('row.register'), name: 'register-setup', body: html`
    <div data-name="tickets-state" data-on=${tickets.on ? 'yes' : 'no'}>${banner({ tone: tickets.on ? 'good' : 'info', title: t(tickets.on ? 'register.is_on' : 'register.is_off'), text: t(tickets.on ? 'register.is_on_words' : 'register.is_off_words') })}</div>
    ${missing ? banner({ tone: 'warning', text: t('register.facts_missing'), action: html`<a href="#legal">${t('row.legal')}</a>` }) : nothing}
    ${outcome('register')}
    ${scope.value === 'full' ? button({ label: t(tickets.on ? 'register.turn_off' : 'register.turn_on'), kind: tickets.on ? 'danger' : 'primary', busy: busy.value, name: 'tickets-turn', onClick: () => turn(!tickets.on) })
      : html`<p class="quiet-words" data-name="tickets-elsewhere">${t('register.elsewhere')}</p>`}` });
}

/** @param {boolean} on */
async function turn(on) {
  // While tickets are still written, the journal takes that they end.
  if (!on) await trace('settings', 'tickets off');
  await save('tickets', { on }, 'register');
}
