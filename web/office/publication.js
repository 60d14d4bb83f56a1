// What the association publishes: the newest coverage statement, what the banks have confirmed, and a statement now. The
// bank's file is hashed in this browser and stays here.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, effect, signal } from '../vendor/signals-core/signals-core.js';
import { Problem, callJson, now } from '../kit/api.js';
import { shortfallOf, verifyStatement } from '../kit/coverage.js';
import { hex, sha256 } from '../kit/hex.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount, parseBalance } from '../kit/money.js';
import { renewPinned, trustOfPinned } from '../kit/pinned.js';
import { parisDay } from '../kit/paris.js';
import { formatDate, formatDateTime } from '../kit/time.js';
import { ask, banner, button, chip, field, linkButton, loading, toast } from '../kit/ui.js';
import { euros } from './acts.js';
import { desk, overview } from './state.js';

/** A bank's statement is a file of some hundred kilobytes; what is far larger is another one. */
const LARGEST_FILE = 64 * 1024 * 1024;
const PRINT_START = 16;
/** Who may publish for everyone (the ledger checks it). */
const STATING = ['treasurer', 'board'];
const ACTING = ['operator', 'treasurer', 'board'];

/** @typedef {import('../kit/coverage.js').SignedStatement} SignedStatement */
/** @typedef {{bank: number, amount: number, date: string, file: string, by: number, time: number}} Confirmation */
/** @typedef {{state: 'none'} | {state: 'wrong'} | {state: 'verified', statement: SignedStatement}} Newest */

const newest = signal(/** @type {Newest | null} */ (null));
const confirmations = signal(/** @type {Confirmation[] | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
const busy = signal(/** @type {'confirm' | 'state' | null} */ (null));

const bank = signal('');
const typed = signal('');
const date = signal('');
const file = signal(/** @type {{name: string, hash: string} | null} */ (null));
const wrong = signal(/** @type {{field: 'amount' | 'date' | 'file' | 'bank', text: string} | null} */ (null));

/** @returns {Promise<Newest>} */
async function newestStatement() {
  const at = desk.peek();
  if (!at) return { state: 'none' };
  try {
    const { note } = await callJson('/log/coverage/latest');
    const renewed = await renewPinned(at.ledger);
    return renewed ? { state: 'verified', statement: await verifyStatement(note, trustOfPinned(renewed.pinned)) } : { state: 'wrong' };
  } catch (error) {
    if (error instanceof Problem && error.code === 'no_statement_yet') return { state: 'none' };
    if (error instanceof Problem || (error instanceof Error && error.constructor.name === 'Unreachable')) throw error;
    return { state: 'wrong' };
  }
}

async function load() {
  const at = desk.peek();
  if (!at) return;
  try {
    const [statement, list] = await Promise.all([newestStatement(), at.session.json('/office/v1/confirmations')]);
    batch(() => {
      newest.value = statement;
      confirmations.value = list.confirmations;
      fault.value = null;
    });
  } catch (error) {
    fault.value = error;
  }
}

effect(() => {
  if (overview.at.value > 0) void load();
});

/** @param {string[]} roles */
function has(roles) {
  return desk.value?.operator.roles.some((role) => roles.includes(role)) ?? false;
}

/** @param {Event} event */
async function fileChosen(event) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const chosen = input.files?.[0];
  input.value = '';
  if (!chosen) return;
  if (chosen.size > LARGEST_FILE) {
    wrong.value = { field: 'file', text: t('confirm.file_large') };
    return;
  }
  file.value = { name: chosen.name, hash: hex(await sha256(new Uint8Array(await chosen.arrayBuffer()))) };
  wrong.value = null;
}

/** What was typed; null, with the field that is wrong marked, when it is not whole. */
function readForm() {
  const amount = parseBalance(typed.value);
  if (!bank.value) wrong.value = { field: 'bank', text: t('confirm.bank_missing') };
  else if (amount === null) wrong.value = { field: 'amount', text: t('confirm.bad_amount') };
  else if (!date.value || date.value > parisDay(now())) wrong.value = { field: 'date', text: t('confirm.bad_date') };
  else if (!file.value) wrong.value = { field: 'file', text: t('confirm.file_missing') };
  else return { bank: Number(bank.value), amount, date: date.value, file: file.value.hash };
  return null;
}

/** @param {Event} event */
async function confirm(event) {
  event.preventDefault();
  const words = readForm();
  if (!words || busy.value) return;
  busy.value = 'confirm';
  try {
    await desk.peek()?.session.json('/office/v1/confirmations', { json: words });
    batch(() => {
      typed.value = '';
      file.value = null;
    });
    toast(t('confirm.done'), 'good');
    await load();
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = null;
  }
}

async function stateNow() {
  const sure = await ask({
    title: t('state_now.ask'), iconName: 'warning', danger: true, confirm: t('state_now.do'),
    text: html`<p>${t('state_now.discloses')}</p><p>${t('state_now.for_ever')}</p><p><strong>${t('state_now.close')}</strong></p>`,
  });
  if (!sure) return;
  busy.value = 'state';
  try {
    const { number } = await desk.peek()?.session.json('/office/v1/statements', { method: 'POST' });
    toast(t('state_now.done', { number }), 'good');
    await load();
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = null;
  }
}

function newestView() {
  const read = newest.value;
  if (!read) return fault.value ? banner({ tone: 'warning', text: sentenceFor(fault.value) }) : loading();
  if (read.state === 'none') return html`<p class="quiet-text" data-name="no-statement">${t('statement.none')}</p>`;
  if (read.state === 'wrong') return html`<div data-name="statement" data-state="wrong">${banner({ tone: 'danger', title: t('statement.wrong'), text: t('statement.wrong_text') })}</div>`;
  const { number, time, hash, media } = read.statement;
  const short = shortfallOf(read.statement);
  return html`<div class="stack tight" data-name="statement" data-state=${short > 0 ? 'short' : 'covered'}>
    <div class="cover-head"><h3>${t('statement.number', { number })}</h3>${chip({ text: short > 0 ? t('cover.short', { amount: euros(short) }) : t('statement.covered'), tone: short > 0 ? 'danger' : 'good', iconName: short > 0 ? 'warning' : 'check' })}</div>
    <p>${formatDateTime(time)}</p>
    <dl class="facts"><div><dt>${t('medium.digital')}</dt><dd>${t('statement.against', { circulation: formatAmount(media.digital.circulation, { symbol: desk.value?.ledger.symbol }), cover: euros(media.digital.cover) })}</dd></div>
      <div><dt>${t('medium.paper')}</dt><dd>${t('statement.against', { circulation: euros(media.paper.circulation), cover: euros(media.paper.cover) })}</dd></div></dl>
    <p class="small-text quiet-text">${t('statement.print')} <bdi dir="ltr" class="code">${hash.slice(0, PRINT_START)}…</bdi></p>
    <div class="cluster">${linkButton({ label: t('statement.public'), href: '/', kind: 'quiet' })}</div></div>`;
}

/** @param {import('./state.js').Bank} one */
function saidView({ bank: number }) {
  const said = confirmations.value?.find((line) => line.bank === number);
  return html`<li><div class="row"><span class="row-icon ${said ? 'in' : 'warning'}">${icon(said ? 'check' : 'clock')}</span><span class="row-words"><span class="row-title">${t('banks.number', { number })}</span>
    <span class="row-note">${said ? t(said.by === 0 ? 'confirm.by_file' : 'confirm.said', { amount: euros(said.amount), date: formatDate(Date.parse(said.date)), number: said.by }) : t('confirm.silent')}</span>
    ${said ? html`<span class="row-note code"><bdi dir="ltr">${said.file.slice(0, PRINT_START)}…</bdi></span>` : nothing}</span></div></li>`;
}

/** @param {string} name */
const faultOf = (name) => (wrong.value?.field === name ? wrong.value.text : null);

/** @param {import('./state.js').Bank[]} banks */
function confirmForm(banks) {
  return html`<form class="stack tight" data-name="confirm-form" @submit=${confirm}>
    <h3>${t('confirm.title')}</h3><p class="quiet-text small-text">${t('confirm.words')}</p>
    <label class="field"><span class="field-label">${t('banks.bank')}</span><span class="field-box"><select name="bank" aria-invalid=${faultOf('bank') ? 'true' : nothing} @change=${(/** @type {Event} */ event) => { bank.value = /** @type {HTMLSelectElement} */ (event.target).value; }}>
      <option value="" ?selected=${bank.value === ''}>${t('confirm.choose')}</option>${banks.map((one) => html`<option value=${one.bank} ?selected=${bank.value === String(one.bank)}>${t('banks.number', { number: one.bank })}</option>`)}</select></span></label>
    ${faultOf('bank') ? html`<p class="field-fault" role="alert">${icon('warning', { size: 18 })}<span>${faultOf('bank')}</span></p>` : nothing}
    ${field({ name: 'amount', label: t('confirm.amount'), value: typed.value, inputMode: 'decimal', ltr: true, suffix: '€', fault: faultOf('amount'), onInput: (text) => { typed.value = text; wrong.value = null; } })}
    ${field({ name: 'date', label: t('confirm.date'), value: date.value, type: 'date', ltr: true, fault: faultOf('date'), onInput: (text) => { date.value = text; wrong.value = null; } })}
    <label class="button file-button">${icon('file')}<span>${file.value ? file.value.name : t('confirm.file')}</span><input class="hidden" type="file" name="statement-file" @change=${fileChosen}></label>
    <p class="small-text quiet-text">${file.value ? html`${t('statement.print')} <bdi dir="ltr" class="code" data-name="file-hash">${file.value.hash}</bdi>` : t('confirm.file_text')}</p>
    ${faultOf('file') ? html`<p class="field-fault" role="alert">${icon('warning', { size: 18 })}<span>${faultOf('file')}</span></p>` : nothing}
    ${button({ label: t('confirm.do'), kind: 'primary', type: 'submit', busy: busy.value === 'confirm', name: 'confirm-bank' })}
  </form>`;
}

/** @param {import('./state.js').Overview} data */
export function publicationView({ banks }) {
  return html`<section class="section" id="publication" data-name="publication"><h2>${t('statement.title')}</h2>
    <div class="dashboard-columns">
      <div class="card stack">${newestView()}
        ${has(STATING) ? html`<div class="stack tight">${button({ label: t('state_now.button'), iconName: 'send', busy: busy.value === 'state', name: 'state-now', onClick: () => void stateNow() })}<p class="small-text quiet-text">${t('state_now.words')}</p></div>`
          : html`<p class="small-text quiet-text">${t('state_now.who')}</p>`}</div>
      <div class="card stack"><h3>${t('confirm.list')}</h3><ul class="plain-list">${banks.map(saidView)}</ul>${has(ACTING) ? html`<details><summary>${t('confirm.open')}${icon('down', { size: 18 })}</summary>${confirmForm(banks)}</details>` : nothing}</div>
    </div></section>`;
}
