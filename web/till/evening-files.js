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
import { ROWS_A_PAGE, money, readsOnly, symbol } from './evening-data.js';
import { mappingView, openMapping } from './evening-mapping.js';
import { pagesView } from './evening-rows.js';
import { openReceipt } from './receipts.js';
import { goTo, place, screen, shop } from './state.js';

/** @typedef {{line: number, reference: string | null, amount: number, time: number | null}} FileSide */
/** @typedef {{sequence: number, time: number, amount: number, reference: string | null, charge: string | null, till: string | null, ticket: {till: string, ticket: number} | null}} LedgerSide */
/** @typedef {{kind: string, by: string | null, file: FileSide | null, ledger: LedgerSide | null, others?: LedgerSide[]}} FileRow */
/** @typedef {{kind: string, count: number, amount: number}} Difference amount: by how much the ledger has more than the file */
/** @typedef {{id: string, name: string, imported: number, from: number, to: number, rows: number, matched: number, differences: number}} FileLine */
/** @typedef {{id: string, name: string, imported: number, from: number | null, to: number | null, rows: number, matched: number, differences: Difference[], sums: {file: number, ledger: number}}} SalesFile */

/** What the server takes (its limit has the same name): a year of a busy shop. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;
/** Ten thousand lines are read and matched within it. */
const PATIENCE_MS = 120_000;

const session = () => shop.peek()?.session;
const files = new Reading(session, () => '/pos/v1/sales-files', (answer) => /** @type {FileLine[]} */ (answer.files));
let opened = '';
let kind = '';
const file = new Reading(session, () => `/pos/v1/sales-files/${opened}`, (answer) => /** @type {SalesFile} */ (answer));
const turned = signal(/** @type {(string | null)[]} */ ([null]));
/** @param {string | null} after */
const rowsPath = (after) => `/pos/v1/sales-files/${opened}/rows?list=${kind}&limit=${ROWS_A_PAGE}${after ? `&after=${encodeURIComponent(after)}` : ''}`;
const rows = new Reading(session, () => rowsPath(turned.peek().at(-1) ?? null), (answer) => /** @type {{rows: FileRow[], next: string | null}} */ (answer));

const sending = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };
const large = signal(false);
const saving = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };

/** @param {string} at what stands after `#evening=files/` */
export function readFiles(at) {
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
  if (list === '') return;
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
    openMapping(told);
    // Its columns are known from an earlier file of the same shape: nobody is asked again.
    if (told.remembered) await session()?.json(`/pos/v1/sales-files/${told.id}/mapping`, { method: 'PUT', json: told.mapping, timeoutMs: PATIENCE_MS });
    goTo('evening', `files/${told.id}${told.remembered ? '' : '/columns'}`);
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

/** @param {{from: number | null, to: number | null}} days */
function daysWords({ from, to }) {
  if (from === null || to === null) return '';
  const [first, last] = [formatDate(from), formatDate(to)];
  return first === last ? last : t('evening.from_to', { from: formatShortDate(from), to: last });
}

/** @param {FileLine} one */
function fileLine(one) {
  const good = one.differences === 0;
  return html`<li><a class="row" href="#evening=files/${one.id}" data-name="sales-file" data-differences=${one.differences}><span class="row-icon ${good ? 'in' : 'warning'}">${icon(good ? 'check' : 'file')}</span>
    <span class="row-words"><span class="row-title"><bdi>${one.name}</bdi></span><span class="row-note">${[daysWords(one), t('files.lines', { n: one.rows })].filter(Boolean).join(' · ')}</span></span>
    <span class="row-end">${good ? t('files.agrees_short') : t('files.differences', { n: one.differences })}</span>${icon('next', { size: 20 })}</a></li>`;
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

/** @param {SalesFile} told */
function sumsView({ sums, differences }) {
  const gap = sums.ledger - sums.file;
  const explained = differences.reduce((sum, one) => sum + one.amount, 0);
  return html`<section class="card"><dl class="facts" data-name="file-sums" data-gap=${gap}>
    <div><dt>${t('files.sum_file')}</dt><dd>${amount(sums.file, { symbol: symbol() })}</dd></div>
    <div><dt>${t('files.sum_ledger')}</dt><dd>${amount(sums.ledger, { symbol: symbol() })}</dd></div>
    <div><dt>${t('files.gap')}</dt><dd>${amount(gap, { symbol: symbol(), sign: true })}</dd></div></dl>
    ${gap !== 0 && explained === gap ? html`<p class="quiet-words">${t('files.explained')}</p>` : nothing}</section>`;
}

/** @type {Record<string, string>} */
const ICONS = { missing_in_ledger: 'eye', missing_in_file: 'plus', amount_differs: 'warning', reference_differs: 'pen', time_differs: 'clock', double_in_file: 'copy', refunded: 'undo', ambiguous: 'search', matched: 'check' };

/** @param {SalesFile} told */
function fileView(told) {
  const { differences, matched } = told;
  const found = differences.filter(({ count }) => count > 0);
  const n = found.reduce((sum, { count }) => sum + count, 0);
  /** @param {string} name @param {number} count @param {number | null} cents */
  const row = (name, count, cents) => html`<li><a class="row" href="#evening=files/${told.id}/${name}" data-name="kind-${name}" data-count=${count}><span class="row-icon ${name === 'matched' ? 'in' : 'warning'}">${icon(ICONS[name] ?? 'info')}</span>
    <span class="row-words"><span class="row-title">${t(`files.kind_${name}`, { n: count })}</span><span class="row-note">${t(`files.kind_${name}_words`)}</span></span>
    <span class="row-end">${cents === null || cents === 0 ? nothing : amount(cents, { symbol: symbol(), sign: true })}</span>${icon('next', { size: 20 })}</a></li>`;
  return html`<section class="verdict card ${n === 0 ? 'good' : 'look'}" data-name="file-verdict" data-differences=${n}><div class="verdict-head"><span class="state-icon">${icon(n === 0 ? 'check' : 'eye', { size: 36 })}</span>
      <div><h2>${n === 0 ? t('files.agrees') : t('files.look', { n })}</h2><p>${t('files.matched_words', { n: matched })} ${daysWords(told)}</p></div></div></section>
    ${sumsView(told)}
    <section><h2>${n === 0 ? t('files.rows') : t('files.what')}</h2><ul class="list">${found.map((one) => row(one.kind, one.count, one.amount))}${matched > 0 ? row('matched', matched, null) : nothing}</ul></section>
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

/** In words, what differs between the two sides. @param {FileRow} row */
export function explained({ kind: what, file: ours, ledger, others = [] }) {
  const gap = (ledger?.amount ?? 0) - (ours?.amount ?? 0);
  if (what === 'amount_differs') return t(gap > 0 ? 'files.amount_more' : 'files.amount_less', { amount: money(Math.abs(gap)) });
  if (what === 'time_differs' && ours?.time && ledger) return apart(Math.abs(ledger.time - ours.time));
  if (what === 'ambiguous') return t('files.explain_ambiguous', { n: others.length });
  return t(`files.explain_${what}`);
}

/** How far two times lie apart. @param {number} ms */
function apart(ms) {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return t('files.apart_minutes', { n: minutes });
  const hours = Math.round(minutes / 60);
  return hours < 48 ? t('files.apart_hours', { n: hours }) : t('files.apart_days', { n: Math.round(hours / 24) });
}

/** @param {FileSide | null} ours */
function ownSide(ours) {
  return html`<div class="side ${ours ? '' : 'absent'}" data-side="file"><span class="side-title">${t('files.side_file')}</span>${ours ? html`
    ${amount(ours.amount, { symbol: symbol() })}<span>${ours.reference ? html`<bdi>${ours.reference}</bdi>` : html`<span class="quiet-words">${t('day.no_reference')}</span>`}</span>
    <span class="quiet-words">${ours.time === null ? nothing : html`${formatDateTime(ours.time)} · `}${t('files.line', { line: formatCount(ours.line) })}</span>` : html`<span>${t('files.absent')}</span>`}</div>`;
}

/** @param {LedgerSide | null} theirs */
function ledgerSide(theirs) {
  return html`<div class="side ${theirs ? '' : 'absent'}" data-side="ledger"><span class="side-title">${t('files.side_ledger')}</span>${theirs ? html`
    ${amount(theirs.amount, { symbol: symbol() })}<span>${theirs.reference ? html`<bdi>${theirs.reference}</bdi>` : html`<span class="quiet-words">${t('day.no_reference')}</span>`}</span>
    <span class="quiet-words">${formatDateTime(theirs.time)}${theirs.ticket ? html` · ${t('evening.ticket', { number: formatCount(theirs.ticket.ticket) })}` : nothing}</span>
    <button type="button" class="link-button" data-name="side-receipt" @click=${() => openReceipt(theirs.sequence)}>${t('evening.entry', { sequence: formatCount(theirs.sequence) })}</button>` : html`<span>${t('files.absent')}</span>`}</div>`;
}

/** @param {FileRow} row */
function sidesView(row) {
  const sides = row.others && row.others.length > 0 ? row.others : [row.ledger];
  return html`<li class="difference" data-name="difference" data-kind=${row.kind} data-line=${row.file?.line ?? nothing} data-sequence=${row.ledger?.sequence ?? nothing}>
    ${row.kind === 'matched' ? nothing : html`<p class="why">${explained(row)}</p>`}
    <div class="sides">${ownSide(row.file)}<div class="sides-others">${sides.map(ledgerSide)}</div></div></li>`;
}

/** Every row of this kind, for a spreadsheet. @param {string} name of the file */
function save(name) {
  void attempt(saving, async () => {
    /** @type {FileRow[]} */
    const all = [];
    for (let after = /** @type {string | null} */ (null), more = true; more;) {
      const page = await session()?.json(rowsPath(after));
      all.push(...page.rows);
      after = page.next;
      more = after !== null;
    }
    const heads = /** @type {const} */ ([['line', 'count'], ['file_reference', 'text'], ['file_amount', 'cents'], ['file_time', 'time'], ['entry', 'count'], ['ledger_reference', 'text'], ['ledger_amount', 'cents'], ['ledger_time', 'time']]);
    saveCsv(`${name.replace(/\.[^.]*$/, '')}-${kind}`, [...heads.map(([key, of]) => ({ title: t(`files.csv_${key}`), kind: of })), { title: t('files.csv_why'), kind: 'text' }],
      all.map((row) => [row.file?.line, row.file?.reference, row.file?.amount, row.file?.time, row.ledger?.sequence, row.ledger?.reference, row.ledger?.amount, row.ledger?.time, row.kind === 'matched' ? '' : explained(row)]));
  });
}

/** @param {string | null} after */
function turn(after) {
  turned.value = after === null ? turned.peek().slice(0, -1) : [...turned.peek(), after];
  rows.data.value = null;
  void rows.refresh();
  scrollTo(0, 0);
}

/** @param {SalesFile} told @param {string} name of the kind */
function kindView(told, name) {
  const page = rows.data.value;
  const count = name === 'matched' ? told.matched : (told.differences.find((one) => one.kind === name)?.count ?? 0);
  return html`<section class="section"><h2>${t(`files.kind_${name}`, { n: count })}</h2><p class="evening-lead">${t(`files.kind_${name}_words`)}</p>
    ${page ? html`<ul class="differences" data-name="differences" data-list=${name} data-rows=${page.rows.length}>${repeat(page.rows, (row) => `${row.file?.line}/${row.ledger?.sequence}`, sidesView)}</ul>
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
  if (part === 'columns') return mappingView(id, () => { file.clear(); goTo('evening', `files/${id}`); });
  if (!told) return file.error.value ? failure({ error: file.error.value, onRetry: () => void file.refresh() }) : loading(t('files.comparing'));
  return html`<p class="evening-lead"><bdi>${told.name}</bdi></p>${part ? kindView(told, part) : fileView(told)}`;
}
