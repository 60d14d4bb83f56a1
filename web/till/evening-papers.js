// What leaves the house: files for an accountant, the signed statement of each day and its objection, and the mail that brings it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { attempt } from '../kit/attempt.js';
import { booksView, mailView } from '../kit/bookkeeping.js';
import { language, sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { openNote, parseVerifierKey, signedBy } from '../kit/note.js';
import { Reading } from '../kit/reading.js';
import { saveFile } from '../kit/save.js';
import { formatDate, formatDateTime, formatDay } from '../kit/time.js';
import { amount, banner, button, chip, closeDialog, empty, failure, field, loading, openDialog, toast } from '../kit/ui.js';
import { daysAsked, many, range, readsOnly, symbol } from './evening-data.js';
import { may } from './people.js';
import { dayStart, dayText } from './period.js';
import { loadSetup, saveSetup, setup } from './setup.js';
import { scope, shop } from './state.js';

/** What each file is served as. @type {Record<string, {type: string, end: string, iconName: string}>} */
const EXPORTS = {
  pdf: { type: 'application/pdf', end: 'pdf', iconName: 'print' },
  csv: { type: 'text/csv', end: 'csv', iconName: 'file' },
  fec: { type: 'text/plain', end: 'txt', iconName: 'file' },
  ofx: { type: 'application/x-ofx', end: 'ofx', iconName: 'bank' },
  camt: { type: 'application/xml', end: 'xml', iconName: 'bank' },
};
/** Making a year of a busy shop takes the server some seconds. */
const PATIENCE_MS = 90_000;
/** What the server takes as an objection. */
const OBJECTION_CHARACTERS = 1000;

/** @typedef {{day: string, made: number, received: number, returned: number, count: number, file_hash: string, until: number, objection: {text: string, time: number} | null}} Statement */

const session = () => shop.peek()?.session;
const statements = new Reading(session, () => `/pos/v1/statements?${daysAsked()}`, (answer) => /** @type {{days: Statement[], verifier: string}} */ (answer));
const making = signal('');
const fault = signal(/** @type {unknown} */ (null));

export function readPapers() {
  statements.clear();
  void sends.refresh();
  void loadSetup('mail');
  void loadSetup('books');
  if (range.peek()) void statements.refresh();
}

/** @param {string} name of the format */
async function make(name) {
  const days = range.peek();
  if (!days || making.peek()) return;
  making.value = name;
  fault.value = null;
  try {
    const { type, end } = EXPORTS[name];
    const bytes = await session()?.bytes(`/pos/v1/exports/${name}?${daysAsked()}&language=${language.peek()}`, { accept: '*/*', timeoutMs: PATIENCE_MS });
    const [first, last] = [dayText(days.from), dayText(days.to - 1)];
    if (bytes) saveFile(`liard-${first}${first === last ? '' : `-${last}`}.${end}`, bytes, type);
    toast(t('papers.saved'), 'good');
  } catch (error) {
    fault.value = error;
  } finally {
    making.value = '';
  }
}

function exportsView() {
  return html`<section><h2>${t('papers.exports')}</h2>
    ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
    <ul class="list">${Object.entries(EXPORTS).map(([name, { iconName }]) => html`<li><button type="button" class="row" data-name="export-${name}" ?disabled=${making.value !== '' || !range.value} aria-busy=${making.value === name ? 'true' : nothing} @click=${() => void make(name)}>
      <span class="row-icon">${making.value === name ? html`<span class="spinner" aria-hidden="true"></span>` : icon(iconName)}</span><span class="row-words"><span class="row-title">${t(`papers.${name}`)}</span><span class="row-note">${t(`papers.${name}_note`)}</span></span>${icon('save', { size: 20 })}</button></li>`)}</ul></section>`;
}

// The statement of a day, opened.

/** Whether anybody who may object has read it, whether objections are still taken, and whether there is one. @param {Statement} one @returns {'fresh' | 'open' | 'objected' | 'final'} */
const stateOf = ({ objection, until }) => (objection ? 'objected' : until === 0 ? 'fresh' : until > now() ? 'open' : 'final');

const opened = signal('');
/** @type {import('../vendor/signals-core/signals-core.js').Signal<{note: string, good: boolean} | null>} */
const signed = signal(null);
const reading = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };
const objecting = signal(/** @type {string | null} */ (null));
const sending = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };

/** Whether this service's key signed the note. @param {string} note @param {string} verifier */
async function isSigned(note, verifier) {
  try {
    return (await signedBy(openNote(note), await parseVerifierKey(verifier))) !== undefined;
  } catch {
    return false;
  }
}

async function read() {
  const day = opened.peek();
  await attempt(reading, async () => {
    const note = await session()?.text(`/pos/v1/statements/${day}`);
    const good = note !== undefined && (await isSigned(note, statements.data.peek()?.verifier ?? ''));
    // Asked for by the shop for the first time, the time for an objection begins now.
    if (statements.data.peek()?.days.some((one) => one.day === day && one.until === 0)) await statements.refresh();
    if (note !== undefined && opened.peek() === day) signed.value = { note, good };
  });
}

/** The day's movements, whose hash stands in the statement. @param {string} day */
async function saveDay(day) {
  await attempt(reading, async () => {
    const bytes = await session()?.bytes(`/pos/v1/statements/${day}/file`, { accept: 'text/csv' });
    if (bytes) saveFile(`liard-${day}.csv`, bytes, 'text/csv');
  });
}

/** @param {string} day */
function open(day) {
  opened.value = day;
  objecting.value = null;
  sending.fault.value = null;
  signed.value = null;
  void read();
  openDialog({ label: t('papers.statement'), closed: () => { opened.value = ''; }, view: signedView });
}

async function object() {
  const text = objecting.peek()?.trim();
  if (!text) return;
  await attempt(sending, async () => {
    await session()?.json(`/pos/v1/statements/${opened.peek()}/objection`, { json: { text } });
    objecting.value = null;
    await statements.refresh();
    toast(t('papers.objected'), 'good');
  });
}

function signedView() {
  const day = opened.value;
  const about = statements.data.value?.days.find((one) => one.day === day);
  const told = signed.value;
  const head = html`<div class="receipt-head"><h2>${formatDate(dayStart(day) ?? now())}</h2><button type="button" class="icon-button" data-name="close-statement" aria-label=${t('till.close')} @click=${closeDialog}>${icon('cross')}</button></div>`;
  if (!told || !about) return html`<div class="receipt">${head}${reading.fault.value && !reading.busy.value ? failure({ error: reading.fault.value, onRetry: () => void read() }) : loading()}</div>`;
  return html`<div class="receipt" data-name="signed-statement" data-state=${stateOf(about)} data-good=${told.good ? 'true' : 'false'}>${head}
    ${told.good ? banner({ tone: 'good', text: t('papers.signed_words'), iconName: 'shield' }) : banner({ tone: 'danger', text: t('papers.not_signed') })}
    <dl class="facts"><div><dt>${t('papers.received')}</dt><dd>${amount(about.received, { symbol: symbol() })}</dd></div>
      <div><dt>${t('papers.returned')}</dt><dd>${amount(about.returned, { symbol: symbol() })}</dd></div>
      <div><dt>${t('papers.movements')}</dt><dd>${formatCount(about.count)}</dd></div></dl>
    <details><summary>${t('papers.text')}${icon('down', { size: 18 })}</summary><pre class="note code" dir="ltr" tabindex="0" data-name="note">${told.note}</pre></details>
    <div class="cluster">${button({ label: t('papers.save_note'), iconName: 'save', name: 'save-note', onClick: () => saveFile(`liard-${day}.note.txt`, told.note, 'text/plain') })}
      ${button({ label: t('papers.save_day'), kind: 'quiet', iconName: 'file', name: 'save-day', onClick: () => void saveDay(day) })}</div>
    ${reading.fault.value ? banner({ tone: 'danger', text: sentenceFor(reading.fault.value) }) : nothing}
    ${about.objection ? banner({ tone: 'warning', title: t('papers.objection_of', { time: formatDateTime(about.objection.time) }), text: html`<bdi>${about.objection.text}</bdi>` })
      : stateOf(about) === 'final' ? banner({ tone: 'info', text: t('papers.final_words') })
        : readsOnly() || !may('settings') || stateOf(about) === 'fresh' ? nothing : objectionView(about)}</div>`;
}

/** @param {Statement} about */
function objectionView({ until }) {
  const text = objecting.value;
  if (text === null) return html`<p class="quiet-words">${t('papers.until', { time: formatDateTime(until) })}</p>${button({ label: t('papers.object'), kind: 'quiet', iconName: 'warning', name: 'object', onClick: () => { objecting.value = ''; } })}`;
  return html`<form class="stack" novalidate @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void object(); }}>
    ${field({ name: 'objection', label: t('papers.objection'), hint: t('papers.objection_hint'), value: text, multiline: true, maxLength: OBJECTION_CHARACTERS, onInput: (typed) => { objecting.value = typed.slice(0, OBJECTION_CHARACTERS); } })}
    ${sending.fault.value ? banner({ tone: 'danger', text: sentenceFor(sending.fault.value) }) : nothing}
    <div class="actions">${button({ label: t('papers.send_objection'), kind: 'primary', type: 'submit', name: 'send-objection', busy: sending.busy.value, disabled: text.trim() === '' })}
      ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { objecting.value = null; } })}</div></form>`;
}

/** @type {Record<ReturnType<typeof stateOf>, {tone: 'plain' | 'info' | 'good' | 'warning', iconName: string}>} */
const STATES = { fresh: { tone: 'plain', iconName: 'pen' }, open: { tone: 'info', iconName: 'clock' }, objected: { tone: 'warning', iconName: 'warning' }, final: { tone: 'good', iconName: 'check' } };

/** @param {Statement} one */
function statementRow(one) {
  const { day, until, received, returned, count } = one;
  const state = stateOf(one);
  const { tone, iconName } = STATES[state];
  return html`<li><button type="button" class="row" data-name="statement-day" data-day=${day} data-state=${state} @click=${() => open(day)}><span class="row-icon">${icon('shield')}</span>
    <span class="row-words"><span class="row-title">${formatDay(dayStart(day) ?? now(), now())}</span><span class="row-note">${many('evening.payments', count)} · ${state === 'open' ? t('papers.until_short', { date: formatDate(until) }) : t(`papers.state_${state}_note`)}</span></span>
    <span class="row-end">${amount(received - returned, { symbol: symbol() })}${chip({ text: t(`papers.state_${state}`), tone, iconName })}</span></button></li>`;
}

function statementsView() {
  const told = statements.data.value;
  return html`<section><h2>${t('papers.statements')}</h2><p class="evening-lead">${t('papers.statements_words')}</p>
    ${told ? (told.days.length === 0 ? empty({ iconName: 'clock', title: t('papers.no_statement'), text: t('papers.no_statement_words') }) : html`<ul class="list" data-name="statements" data-rows=${told.days.length}>${told.days.map(statementRow)}</ul>`)
      : statements.error.value ? failure({ error: statements.error.value, onRetry: () => void statements.refresh() }) : range.value ? loading() : nothing}</section>`;
}

// What the shop's own key decides: changed here by a till that holds it, read by the others.

/** Whether this association sends mails; null as long as nobody said so. */
const sends = new Reading(session, () => `/v1/accounts/${shop.peek()?.account}/notices`, (answer) => ({ mail: /** @type {boolean} */ (answer.mail) }));

/** @param {'mail' | 'books'} part */
const keeper = (part) => (scope.value === 'full' ? (/** @type {unknown} */ value) => saveSetup(part, value) : null);

function bookkeepingView() {
  const [mail, books] = [setup('mail').value, setup('books').value];
  return html`${mail ? mailView({ known: mail, sent: sends.data.value?.mail ?? null, keep: keeper('mail') }) : nothing}
    ${books ? html`<details class="card" data-name="books"><summary>${t('bookkeeping.books')}${icon('down', { size: 18 })}</summary>${booksView({ known: books, keep: keeper('books') })}</details>` : nothing}`;
}

export function papersView() {
  return html`<div class="evening-columns papers"><div class="evening-main">${statementsView()}</div><div class="evening-side">${exportsView()}${bookkeepingView()}</div></div>`;
}
