// The shop's own sales file beside the ledger: dropped or chosen, its columns named once, and every difference explained with both
// sides next to each other.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { attempt } from '../kit/attempt.js';
import { saveCsv } from '../kit/csv.js';
import { takeDropped } from '../kit/file-drop.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { Reading } from '../kit/reading.js';
import { formatDate, formatDateTime, formatShortDate } from '../kit/time.js';
import { amount, ask, banner, button, empty, failure, loading } from '../kit/ui.js';
import { ROWS_A_PAGE, keys, many, money, nameOf, readsOnly, symbol } from './evening-data.js';
import { mappingView, openMapping } from './evening-mapping.js';
import { pagesView } from './evening-rows.js';
import { dayStart } from './period.js';
import { openReceipt } from './receipts.js';
import { goTo, place, screen, shop } from './state.js';

/** @typedef {{line: number, day: string, time: number | null, amount: number, reference: string | null}} Sale a row of the file */
/** @typedef {{kind: string, sale: Sale | null, receipt: import('./evening-data.js').Row | null}} Compared */
/** @typedef {{kind: string, count: number, cents: number}} Difference cents: what it makes of the gap, file less ledger */
/** @typedef {{first: string, last: string, rows: number, other_means: number, matched: number, differences: Difference[], file_sum: number, ledger_sum: number, matched_sum: number, window_minutes: number}} Comparison */
/** @typedef {import('./evening-mapping.js').Columns & {uploaded: number, comparison: Comparison | null, trouble: {line: number, code: string} | null}} SalesFile */
/** @typedef {{id: string, name: string, uploaded: number, bytes: number}} FileName */

/** What the server takes (its limit has the same name): a year of a busy shop. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;
/** Ten thousand lines are read and matched within it. */
const PATIENCE_MS = 120_000;

const session = () => shop.peek()?.session;
const files = new Reading(session, () => '/pos/v1/sales-files', (answer) => /** @type {FileName[]} */ (answer.files));
let opened = '';
let kind = '';
const file = new Reading(session, () => `/pos/v1/sales-files/${opened}`, (answer) => /** @type {SalesFile} */ (answer));
const turned = signal(/** @type {(number | null)[]} */ ([null]));
/** @param {number | null} after */
const rowsPath = (after) => `/pos/v1/sales-files/${opened}/rows?list=${kind}&limit=${ROWS_A_PAGE}${after === null ? '' : `&after=${after}`}`;
const rows = new Reading(session, () => rowsPath(turned.peek().at(-1) ?? null), (answer) => /** @type {{rows: Compared[], next: number | null}} */ (answer));

const sending = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };
const large = signal(false);
const saving = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };

/** @param {string} at what stands after `#evening=files/` */
export function readFiles(at) {
  if (keys.data.peek() === null) void keys.refresh();
  const [id, list = ''] = at.split('/');
  if (id === '') {
    opened = '';
    return void files.refresh();
  }
  if (id !== opened) {
    opened = id;
    file.clear();
  }
  void file.refresh();
  if (list === '' || list === 'columns') return;
  kind = list;
  batch(() => {
    turned.value = [null];
    rows.clear();
  });
  void rows.refresh();
}

/** @param {File[]} list */
function take([chosen]) {
  if (!chosen) return;
  large.value = chosen.size > MAX_FILE_BYTES;
  if (large.value) return;
  void attempt(sending, async () => {
    const bytes = new Uint8Array(await chosen.arrayBuffer());
    const told = await session()?.json(`/pos/v1/sales-files?name=${encodeURIComponent(chosen.name)}`, { bytes, type: 'text/csv', timeoutMs: PATIENCE_MS });
    if (!told) return;
    openMapping(told);
    file.data.value = told;
    opened = told.id;
    // Its columns are known from an earlier file with the same headings: nobody is asked again.
    const known = told.comparison !== null && told.mapping_is !== 'guessed';
    goTo('evening', `files/${told.id}${known ? '' : '/columns'}`);
  });
}

const dropping = takeDropped(() => screen.peek() === 'evening' && place.peek() === 'files' && !readsOnly(), take);

/** @param {Event} event */
function chosen(event) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const list = [...(input.files ?? [])];
  input.value = '';
  take(list);
}

/** The days that a file is about. @param {Comparison} told */
function daysWords({ first, last }) {
  const [from, to] = [dayStart(first) ?? 0, dayStart(last) ?? 0];
  return first === last ? formatDate(to) : t('evening.from_to', { from: formatShortDate(from), to: formatDate(to) });
}

/** @param {FileName} one */
function fileLine({ id, name, uploaded }) {
  return html`<li><a class="row" href="#evening=files/${id}" data-name="sales-file"><span class="row-icon">${icon('file')}</span>
    <span class="row-words"><span class="row-title"><bdi>${name}</bdi></span><span class="row-note">${t('files.given', { time: formatDateTime(uploaded) })}</span></span>${icon('next', { size: 20 })}</a></li>`;
}

function dropView() {
  return html`<div class="sales-drop card ${dropping.value ? 'dropping' : ''}" data-name="sales-drop"><span class="state-icon">${icon('upload', { size: 32 })}</span>
    <div class="sales-drop-words"><strong>${t('files.drop')}</strong><span class="quiet-words">${t('files.drop_hint')}</span></div>
    ${sending.busy.value ? html`<span role="status" class="refund-state"><span class="spinner" aria-hidden="true"></span>${t('files.sending')}</span>`
      : html`<label class="button primary file-button">${icon('file')}<span>${t('files.choose')}</span><input class="hidden" type="file" accept=".csv,.txt,text/csv" name="sales-file" @change=${chosen}></label>`}</div>
    ${large.value ? banner({ tone: 'danger', text: t('files.large') }) : nothing}
    ${sending.fault.value ? banner({ tone: 'danger', title: t('files.not_read'), text: sentenceFor(sending.fault.value) }) : nothing}`;
}

function listView() {
  const told = files.data.value;
  return html`<p class="evening-lead">${t('files.words')}</p>${readsOnly() ? nothing : dropView()}
    ${told ? (told.length === 0 ? empty({ iconName: 'file', title: t('files.none'), text: t('files.none_words') }) : html`<section><h2>${t('files.list')}</h2><ul class="list">${told.map(fileLine)}</ul></section>`)
      : files.error.value ? failure({ error: files.error.value, onRetry: () => void files.refresh() }) : loading()}`;
}

/** @param {Comparison} told */
function sumsView({ file_sum: ours, ledger_sum: theirs, differences, rows: lines, other_means: left }) {
  const gap = ours - theirs;
  const explained = differences.reduce((sum, one) => sum + one.cents, 0);
  return html`<section class="card"><dl class="facts" data-name="file-sums" data-gap=${gap} data-explained=${explained}>
    <div><dt>${t('files.sum_file')}</dt><dd>${amount(ours, { symbol: symbol() })}</dd></div>
    <div><dt>${t('files.sum_ledger')}</dt><dd>${amount(theirs, { symbol: symbol() })}</dd></div>
    <div><dt>${t('files.gap')}</dt><dd>${amount(gap, { symbol: symbol(), sign: true })}</dd></div></dl>
    ${gap !== 0 && explained === gap ? html`<p class="quiet-words">${t('files.explained')}</p>` : nothing}
    ${left > 0 ? html`<p class="quiet-words">${many('files.left_out', left, { lines: formatCount(lines) })}</p>` : nothing}</section>`;
}

/** @type {Record<string, string>} */
const ICONS = { missing_in_ledger: 'eye', missing_in_file: 'plus', amount_differs: 'warning', reference_differs: 'pen', time_differs: 'clock', double_in_file: 'copy', refunded: 'undo', ambiguous: 'search', matched: 'check' };

/** @param {SalesFile} told @param {Comparison} found */
function fileView(told, found) {
  const { differences, matched } = found;
  const n = differences.reduce((sum, { count }) => sum + count, 0);
  /** @param {string} name @param {number} count @param {number | null} cents */
  const row = (name, count, cents) => html`<li><a class="row" href="#evening=files/${told.id}/${name}" data-name="kind-${name}" data-count=${count}><span class="row-icon ${name === 'matched' ? 'in' : 'warning'}">${icon(ICONS[name] ?? 'info')}</span>
    <span class="row-words"><span class="row-title">${many(`files.kind_${name}`, count)}</span><span class="row-note">${t(`files.kind_${name}_words`)}</span></span>
    <span class="row-end">${cents === null || cents === 0 ? nothing : amount(cents, { symbol: symbol(), sign: true })}</span>${icon('next', { size: 20 })}</a></li>`;
  return html`<section class="verdict card ${n === 0 ? 'good' : 'look'}" data-name="file-verdict" data-differences=${n}><div class="verdict-head"><span class="state-icon">${icon(n === 0 ? 'check' : 'eye', { size: 36 })}</span>
      <div><h2>${n === 0 ? t('files.agrees') : many('files.look', n)}</h2><p>${many('files.matched_words', matched)} ${daysWords(found)}.</p></div></div></section>
    ${sumsView(found)}
    <section><h2>${n === 0 ? t('files.rows') : t('files.what')}</h2><ul class="list">${differences.map((one) => row(one.kind, one.count, one.cents))}${matched > 0 ? row('matched', matched, null) : nothing}</ul></section>
    ${readsOnly() ? nothing : html`<div class="cluster">${button({ label: t('files.columns'), iconName: 'settings', name: 'file-columns', onClick: () => goTo('evening', `files/${told.id}/columns`) })}
      ${button({ label: t('files.forget'), kind: 'quiet', iconName: 'trash', name: 'file-forget', onClick: () => void forget(told) })}</div>`}`;
}

/** @param {SalesFile} told */
async function forget({ id, name }) {
  if (!(await ask({ title: t('files.forget_title'), text: t('files.forget_words', { name }), confirm: t('files.forget'), danger: true, iconName: 'trash' }))) return;
  await attempt(sending, async () => {
    await session()?.json(`/pos/v1/sales-files/${id}`, { method: 'DELETE' });
    goTo('evening', 'files');
  });
}

/** In words, what differs between the two sides. @param {Compared} row */
export function explained({ kind: what, sale, receipt }) {
  const gap = (receipt?.amount ?? 0) - (sale?.amount ?? 0);
  if (what === 'amount_differs') return t(gap > 0 ? 'files.amount_more' : 'files.amount_less', { amount: money(Math.abs(gap)) });
  if (what === 'time_differs' && sale && receipt) return apart(Math.abs(receipt.time - (sale.time ?? dayStart(sale.day) ?? receipt.time)), sale.time === null);
  return t(`files.explain_${what}`);
}

/** How far two moments lie apart. @param {number} ms @param {boolean} days the file names no time of day */
function apart(ms, days) {
  const [minutes, hours] = [Math.round(ms / 60_000), Math.round(ms / 3_600_000)];
  if (days || hours >= 48) return many('files.apart_days', Math.max(1, Math.floor(hours / 24)));
  return minutes < 120 ? many('files.apart_minutes', minutes) : many('files.apart_hours', hours);
}

/** @param {string | null} reference */
const named = (reference) => html`<span>${reference ? html`<bdi>${reference}</bdi>` : html`<span class="quiet-words">${t('day.no_reference')}</span>`}</span>`;

/** @param {Sale | null} sale */
function ownSide(sale) {
  return html`<div class="side ${sale ? '' : 'absent'}" data-side="file"><span class="side-title">${t('files.side_file')}</span>${sale ? html`
    ${amount(sale.amount, { symbol: symbol() })}${named(sale.reference)}
    <span class="quiet-words">${sale.time === null ? formatDate(dayStart(sale.day) ?? 0) : formatDateTime(sale.time)} · ${t('files.line', { line: formatCount(sale.line) })}</span>` : html`<span>${t('files.absent')}</span>`}</div>`;
}

/** @param {Compared['receipt']} receipt */
function ledgerSide(receipt) {
  return html`<div class="side ${receipt ? '' : 'absent'}" data-side="ledger"><span class="side-title">${t('files.side_ledger')}</span>${receipt ? html`
    ${amount(receipt.amount, { symbol: symbol() })}${named(receipt.reference)}
    <span class="quiet-words">${formatDateTime(receipt.time)}${receipt.ticket ? html` · ${t('evening.ticket', { number: formatCount(receipt.ticket.ticket) })}` : nothing}${receipt.till ? html` · <bdi>${nameOf(receipt.till)}</bdi>` : nothing}</span>
    ${receipt.sequence === null ? nothing : entryButton(receipt.sequence)}` : html`<span>${t('files.absent')}</span>`}</div>`;
}

/** @param {number} sequence */
function entryButton(sequence) {
  return html`<button type="button" class="link-button" data-name="side-receipt" @click=${() => openReceipt(sequence)}>${t('evening.entry', { sequence: formatCount(sequence) })}</button>`;
}

/** @param {Compared} row */
function sidesView(row) {
  return html`<li class="difference" data-name="difference" data-kind=${row.kind} data-line=${row.sale?.line ?? nothing} data-sequence=${row.receipt?.sequence ?? nothing}>
    ${row.kind === 'matched' ? nothing : html`<p class="why">${explained(row)}</p>`}
    <div class="sides">${ownSide(row.sale)}${ledgerSide(row.receipt)}</div></li>`;
}

/** Every row of this kind, for a spreadsheet. @param {string} name of the file */
function save(name) {
  void attempt(saving, async () => {
    /** @type {Compared[]} */
    const all = [];
    for (let after = /** @type {number | null} */ (null), more = true; more;) {
      const page = await session()?.json(rowsPath(after));
      all.push(...page.rows);
      after = page.next;
      more = after !== null;
    }
    const heads = /** @type {const} */ ([['line', 'count'], ['file_reference', 'text'], ['file_amount', 'cents'], ['file_time', 'time'], ['entry', 'count'], ['ledger_reference', 'text'], ['ledger_amount', 'cents'], ['ledger_time', 'time']]);
    saveCsv(`${name.replace(/\.[^.]*$/, '')}-${kind}`, [...heads.map(([key, of]) => ({ title: t(`files.csv_${key}`), kind: of })), { title: t('files.csv_why'), kind: 'text' }],
      all.map((row) => [row.sale?.line, row.sale?.reference, row.sale?.amount, row.sale?.time ?? row.sale?.day, row.receipt?.sequence, row.receipt?.reference, row.receipt?.amount, row.receipt?.time, row.kind === 'matched' ? '' : explained(row)]));
  });
}

/** @param {number | null} after */
function turn(after) {
  turned.value = after === null ? turned.peek().slice(0, -1) : [...turned.peek(), after];
  rows.data.value = null;
  void rows.refresh();
  scrollTo(0, 0);
}

/** Kinds that depend on how far apart two times may be. */
const NEAR = new Set(['missing_in_ledger', 'missing_in_file', 'reference_differs', 'time_differs', 'ambiguous']);

/** @param {SalesFile} told @param {Comparison} found @param {string} name of the kind */
function kindView(told, found, name) {
  const page = rows.data.value;
  const count = name === 'matched' ? found.matched : (found.differences.find((one) => one.kind === name)?.count ?? 0);
  return html`<section class="section"><h2>${many(`files.kind_${name}`, count)}</h2><p class="evening-lead">${t(`files.kind_${name}_words`)}${NEAR.has(name) ? html` ${many('files.window', found.window_minutes)}` : nothing}</p>
    ${page ? html`<ul class="differences" data-name="differences" data-list=${name} data-rows=${page.rows.length}>${repeat(page.rows, (row) => `${row.sale?.line}/${row.receipt?.id}`, sidesView)}</ul>
        ${pagesView({ count: page.rows.length, next: page.next, pages: turned.value, onTurn: turn })}
        ${saving.fault.value ? banner({ tone: 'danger', text: sentenceFor(saving.fault.value) }) : nothing}
        ${button({ label: t('files.save'), iconName: 'save', name: 'save-kind', busy: saving.busy.value, onClick: () => save(told.name) })}`
      : rows.error.value ? failure({ error: rows.error.value, onRetry: () => void rows.refresh() }) : loading()}</section>`;
}

/** @param {string} at what stands after `#evening=files/` */
export function filesView(at) {
  const [id, part = ''] = at.split('/');
  if (id === '') return listView();
  const told = file.data.value;
  if (!told || told.id !== id) return file.error.value ? failure({ error: file.error.value, onRetry: () => void file.refresh() }) : loading(t('files.comparing'));
  if (part === 'columns' || !told.comparison) return html`<p class="evening-lead"><bdi>${told.name}</bdi></p>${mappingView(told, (next) => { file.data.value = next; if (next.comparison) goTo('evening', `files/${id}`); })}`;
  return html`<p class="evening-lead"><bdi>${told.name}</bdi></p>${part ? kindView(told, told.comparison, part) : fileView(told, told.comparison)}`;
}
