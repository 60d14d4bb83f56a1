// Bank files: dropped or chosen, sent one after the other, and for each what it brought. A table whose columns are not known is
// asked about once.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { takeDropped } from '../kit/file-drop.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount, formatCount, groupIban, leftToRight } from '../kit/money.js';
import { formatDate, formatDateTime, formatShortDate } from '../kit/time.js';
import { banner, button, chip, closeDialog } from '../kit/ui.js';
import { files, formatBankDay, lines, statements, wanted } from './bank-data.js';
import { askMapping } from './bank-mapping.js';
import { readingView } from './parts.js';
import { desk, overview, refreshAll, section } from './state.js';
import { dataTable } from './table.js';

/** @typedef {import('./bank-data.js').Report} Report */
/** @typedef {import('./bank-data.js').Statement} Statement */
/** @typedef {{id: number, name: string, bytes: Uint8Array<ArrayBuffer> | null} & ({step: 'waiting' | 'sending' | 'large'} | {step: 'done', report: Report} | {step: 'failed' | 'mapping', error: unknown})} Imported */

/** What the server takes (its limit has the same name): ten years of a small town's statements. */
const MAX_FILE_BYTES = 20 * 1024 * 1024;
/** Some thousand lines are read, matched and written within it. */
const IMPORT_TIMEOUT_MS = 180_000;

const imported = signal(/** @type {Imported[]} */ ([]));
let count = 0;
let working = false;

/** @param {number} id @param {Record<string, unknown> & {step: Imported['step']}} change */
function note(id, change) {
  imported.value = imported.value.map((one) => (one.id === id ? /** @type {Imported} */ ({ id, name: one.name, bytes: one.bytes, ...change }) : one));
}

/** Sends what waits, one file after the other: a later one may repeat what an earlier one brings. */
async function work() {
  if (working) return;
  working = true;
  try {
    for (;;) {
      const next = imported.peek().find(({ step }) => step === 'waiting');
      const at = desk.peek();
      if (!next?.bytes || !at) break;
      note(next.id, { step: 'sending' });
      try {
        const report = await at.session.json(`/office/v1/bank/files?name=${encodeURIComponent(next.name)}`, { bytes: next.bytes, type: 'application/octet-stream', timeoutMs: IMPORT_TIMEOUT_MS });
        note(next.id, { step: 'done', report });
      } catch (error) {
        note(next.id, { step: error instanceof Problem && error.code === 'mapping_needed' ? 'mapping' : 'failed', error });
      }
    }
  } finally {
    working = false;
  }
  // The page shows what is new, whatever was looked at before.
  if (imported.peek().some((one) => one.step === 'done' && one.report.new > 0)) wanted.value = { state: null, bank: null, query: '' };
  for (const reading of [lines, files, statements]) void reading.refresh();
  refreshAll();
}

/** @param {FileList | File[]} list */
async function take(list) {
  for (const file of list) {
    const id = ++count;
    const large = file.size > MAX_FILE_BYTES;
    const bytes = large ? null : new Uint8Array(await file.arrayBuffer());
    imported.value = [{ id, name: file.name, bytes, step: large ? 'large' : 'waiting' }, ...imported.value];
  }
  await work();
}

/** @param {number} id */
function again(id) {
  note(id, { step: 'waiting' });
  void work();
}

/** @param {Event} event */
function chosen(event) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const list = [...(input.files ?? [])];
  input.value = '';
  void take(list);
}

/** Whether files are held over the page. */
export const dropping = takeDropped(() => section.peek() === 'bank' && desk.peek() !== null, (list) => void take(list));

/** "1 to 30 November". @param {{from: string | null, to: string | null}} words */
function period({ from, to }) {
  if (!from || !to || from === to) return formatBankDay(to ?? from);
  return t('bank.period', { from: formatBankDay(from, from.slice(0, 4) === to.slice(0, 4) ? formatShortDate : formatDate), to: formatBankDay(to) });
}

const euros = (/** @type {number} */ cents) => formatAmount(cents, { symbol: '€' });

/** What is odd about a statement, in sentences. @param {Statement} statement */
export function oddities({ balanced, opening, closing, gap, overlap, bank }) {
  return [
    bank === null ? t('bank.odd.bank') : null,
    balanced === false ? (opening !== null && closing !== null ? t('bank.odd.balance_sums', { opening: euros(opening), closing: euros(closing) }) : t('bank.odd.balance')) : null,
    gap ? t('bank.odd.gap', { from: formatBankDay(gap.from), to: formatBankDay(gap.to) }) : null,
    overlap ? t('bank.odd.overlap') : null,
  ].filter((words) => words !== null);
}

/** @param {Statement} statement */
function statementView(statement) {
  const odd = oddities(statement);
  return html`<li class="statement" data-name="statement"><p><strong>${t('bank.statement', { id: statement.id })}</strong> <span class="quiet-text">${period(statement)} · <bdi class="code" dir="ltr">${groupIban(statement.account)}</bdi></span></p>
    ${odd.length === 0 ? nothing : html`<ul class="stack tight">${odd.map((text) => html`<li>${banner({ tone: 'warning', text })}</li>`)}</ul>`}</li>`;
}

/** @param {Report} report */
function reportView({ again: repeated, statements: list, new: fresh, known, ready, questions, pending, refused }) {
  /** @param {string} key @param {number} n @param {'plain' | 'good' | 'info' | 'warning'} tone */
  const told = (key, n, tone) => (n === 0 ? nothing : html`<li data-name="report-${key}" data-count=${n}>${chip({ text: t(`bank.report.${key}`, { n }), tone })}</li>`);
  return html`<ul class="cluster">${repeated || fresh === 0 ? html`<li data-name="report-again">${chip({ text: t('bank.report.nothing_new'), tone: 'info', iconName: 'check' })}</li>` : nothing}
      ${told('new', fresh, 'good')}${told('known', known, 'plain')}${told('ready', ready, 'info')}${told('questions', questions, 'warning')}${told('pending', pending, 'plain')}</ul>
    <ul class="stack tight">${list.map(statementView)}</ul>
    ${refused.length === 0 ? nothing : banner({ tone: 'warning', title: t('bank.refused'), text: html`<ul>${refused.map((words) => html`<li dir="auto">${words}</li>`)}</ul>` })}`;
}

/** @param {Imported} one */
function failedView(one) {
  if (one.step !== 'failed') return nothing;
  const { code, detail } = one.error instanceof Problem ? one.error : { code: '', detail: '' };
  const unreadable = code === 'file_unreadable';
  return html`${banner({ tone: 'danger', title: unreadable ? t('bank.unreadable') : t('bank.not_imported'), text: unreadable ? html`<span dir="auto">${detail ?? ''}</span>` : sentenceFor(one.error) })}
    ${unreadable ? html`<p class="quiet-text small-text">${t('bank.nothing_kept')}</p>` : html`<p>${button({ label: t('action.retry'), iconName: 'refresh', onClick: () => again(one.id) })}</p>`}`;
}

/** @param {Imported} one */
function importedView(one) {
  const gone = () => { imported.value = imported.value.filter(({ id }) => id !== one.id); };
  const busy = one.step === 'sending' || one.step === 'waiting';
  const map = (/** @type {unknown} */ error) => askMapping(one.name, /** @type {Problem} */ (error), () => { closeDialog(); again(one.id); });
  return html`<li class="imported card" data-name="imported" data-step=${one.step}>
    <div class="imported-head">${busy ? html`<span class="spinner" aria-hidden="true"></span>` : icon(one.step === 'done' ? 'file' : 'warning')}<strong dir="auto">${one.name}</strong>
      ${one.step === 'done' ? html`<span class="quiet-text small-text" dir="ltr">${one.report.format}</span>` : nothing}
      ${busy ? html`<span class="quiet-text" role="status">${t(`bank.import.${one.step}`)}</span>` : html`<button type="button" class="icon-button" aria-label=${t('action.close')} title=${t('action.close')} @click=${gone}>${icon('cross', { size: 20 })}</button>`}</div>
    ${one.step === 'done' ? reportView(one.report) : nothing}
    ${one.step === 'large' ? banner({ tone: 'danger', title: t('bank.not_imported'), text: t('bank.large', { most: formatCount(MAX_FILE_BYTES / 1024 / 1024) }) }) : nothing}
    ${one.step === 'mapping' ? html`${banner({ tone: 'warning', title: t('bank.mapping_needed'), text: t('bank.mapping_needed_words') })}<p>${button({ label: t('bank.mapping_start'), kind: 'primary', name: 'map', onClick: () => map(one.error) })}</p>` : nothing}
    ${failedView(one)}</li>`;
}

/** Where files go in, and what they brought. */
export function importView() {
  const busy = imported.value.filter(({ step }) => step === 'waiting' || step === 'sending').length;
  const all = imported.value.length;
  return html`<section class="section" aria-label=${t('bank.import')}>
    <div class="drop" data-name="drop"><span class="drop-icon">${icon('upload', { size: 28 })}</span>
      <div class="drop-words"><strong>${t('bank.drop')}</strong><span class="quiet-text small-text">${t('bank.drop_hint')}</span></div>
      <label class="button file-button">${icon('file')}<span>${t('bank.choose')}</span><input class="hidden" type="file" name="bank-files" multiple @change=${chosen}></label></div>
    ${busy > 0 && all > 1 ? html`<div class="sign-progress" role="status"><progress max=${all} value=${all - busy} aria-label=${t('bank.import_progress', { done: all - busy, all })}></progress></div>` : nothing}
    ${all === 0 ? nothing : html`<ol class="imports">${imported.value.map(importedView)}</ol>`}</section>`;
}

/** @param {number | null} bank */
const bankName = (bank) => (bank === null ? t('value.none') : t('banks.number', { number: bank }));

/** Who brought a file: a person, or the watched folder. @param {number} by */
const byWhom = (by) => (by === 0 ? t('bank.by_inbox') : t('office.you', { number: by }));

/** What was imported, and which statements the bank has given. */
export function filesView() {
  const names = [...new Set((overview.data.value?.banks ?? []).map(({ bank }) => bank))];
  return html`<section class="section"><h2>${t('bank.statements')}</h2>
      ${readingView(statements, (list) => dataTable({
        name: 'statements', label: t('bank.statements'), rows: list, id: (row) => `${row.account}/${row.id}/${row.from}`,
        none: { iconName: 'bank', title: t('bank.no_statement'), text: t('bank.no_statement_words') },
        tone: (row) => (oddities(row).length > 0 ? 'warning' : null),
        columns: [
          { key: 'id', title: t('bank.statement_id'), value: ({ id }) => id, cell: (row) => html`<strong class="unbroken"><bdi>${row.id}</bdi></strong><br><span class="quiet-text small-text unbroken">${period(row)}</span>` },
          ...(names.length > 1 ? [{ key: 'bank', title: t('banks.bank'), value: (/** @type {Statement} */ { bank }) => bankName(bank), cell: (/** @type {Statement} */ { bank }) => html`<span class="unbroken">${bankName(bank)}</span>` }] : []),
          { key: 'from', title: t('bank.from'), value: ({ from }) => from ?? '', fileOnly: true },
          { key: 'to', title: t('bank.to'), value: ({ to }) => to ?? '', fileOnly: true },
          { key: 'opening', title: t('bank.opening'), kind: 'cents', value: ({ opening }) => opening },
          { key: 'closing', title: t('bank.closing'), kind: 'cents', value: ({ closing }) => closing },
          { key: 'lines', title: t('bank.line_count'), kind: 'count', value: (row) => row.lines },
          { key: 'odd', title: t('bank.odd'), value: (row) => oddities(row).join(' '), cell: (row) => { const odd = oddities(row); return odd.length === 0 ? chip({ text: t('bank.balanced'), tone: row.balanced === null ? 'plain' : 'good', iconName: 'check' }) : html`${odd.map((text) => html`<p class="small-text">${text}</p>`)}`; } },
        ],
      }))}</section>
    <section class="section"><h2>${t('bank.files')}</h2>
      ${readingView(files, (list) => dataTable({
        name: 'bank-files', label: t('bank.files'), rows: list, id: (row) => row.file, none: { iconName: 'file', title: t('bank.no_file') },
        columns: [
          { key: 'name', title: t('bank.file'), value: (row) => row.name ?? row.file.slice(0, 16), cell: (row) => html`<bdi dir="auto"><strong>${row.name ?? row.file.slice(0, 16)}</strong></bdi><br><span class="quiet-text small-text">${leftToRight(row.format)}</span>` },
          { key: 'time', title: t('bank.imported'), value: (row) => row.time, cell: (row) => formatDateTime(row.time), kind: 'time' },
          { key: 'by', title: t('bank.by'), value: (row) => byWhom(row.by) },
          { key: 'new', title: t('bank.new_lines'), kind: 'count', value: (row) => row.new },
        ],
      }))}</section>`;
}
