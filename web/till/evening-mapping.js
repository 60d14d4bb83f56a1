// Which column of a sales file is what: guessed or remembered by the server, changed here, with the first rows read as they will be.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { attempt } from '../kit/attempt.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount, parseBalance } from '../kit/money.js';
import { amount, banner, button, field, select } from '../kit/ui.js';
import { symbol } from './evening-data.js';
import { shop } from './state.js';

/** What a column can be; the words of the server. */
const MEANINGS = /** @type {const} */ (['reference', 'amount', 'date', 'time', 'means']);
/** How numbers and days can be written; found out from the column unless it is said. */
const DECIMALS = ['comma', 'point'];
const DATES = ['day', 'month', 'year'];
/** Ten thousand lines are read and matched within it. */
const PATIENCE_MS = 120_000;

/** @typedef {typeof MEANINGS[number]} Meaning */
/** @typedef {Partial<Record<Meaning, number | null>> & {units?: string | null, decimal?: string | null, dates?: string | null}} Mapping each meaning's column, counted from 0 */
/** @typedef {{id: string, name: string, columns: string[], sample: string[][], mapping: Mapping | null, mapping_is: 'set' | 'remembered' | 'guessed' | 'none'}} Columns */
/** @typedef {import('./evening-files.js').SalesFile} SalesFile */

/** What is being said about which file. */
const draft = signal(/** @type {{id: string, mapping: Mapping}} */ ({ id: '', mapping: {} }));
const tried = signal(false);
const saving = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };

/** Begins with what the server guessed or remembers. @param {Columns} told */
export function openMapping({ id, mapping }) {
  batch(() => {
    draft.value = { id, mapping: mapping ?? {} };
    tried.value = false;
    saving.fault.value = null;
  });
}

/** @param {Mapping} words */
function change(words) {
  draft.value = { ...draft.peek(), mapping: { ...draft.peek().mapping, ...words } };
}

/** A column means one thing, and a thing has one column. @param {number} column @param {string} meaning */
function mean(column, meaning) {
  /** @type {Mapping} */
  const next = {};
  for (const one of MEANINGS) if (draft.peek().mapping[one] === column) next[one] = null;
  if (meaning) next[/** @type {Meaning} */ (meaning)] = column;
  change(next);
}

/** What still has to be said before it can be compared. @param {Mapping} mapping */
function missing({ amount: sum, date }) {
  return [typeof sum === 'number' ? null : t('files.need_amount'), typeof date === 'number' ? null : t('files.need_date')].filter((words) => words !== null);
}

/** @param {(told: SalesFile) => void} done */
async function save(done) {
  const { id, mapping } = draft.peek();
  tried.value = true;
  if (missing(mapping).length > 0) return;
  await attempt(saving, async () => {
    const told = await shop.peek()?.session.json(`/pos/v1/sales-files/${id}/mapping`, { method: 'PUT', json: mapping, timeoutMs: PATIENCE_MS });
    if (told) done(told);
  });
}

/** An amount of the file as it will be read, where that is plain to see; null when it is not. @param {string} text @param {string | null | undefined} decimal */
function readAmount(text, decimal) {
  const plain = text.replace(/[^\d.,\-\u2212]/gu, '');
  const group = decimal === 'point' ? ',' : decimal === 'comma' ? '.' : /,.*\./.test(plain) ? ',' : /\..*,/.test(plain) ? '.' : '';
  return parseBalance(group ? plain.replaceAll(group, '') : plain);
}

/** The first rows, as they will be read. @param {string[][]} sample @param {Mapping} mapping */
function previewView(sample, mapping) {
  const cell = (/** @type {string[]} */ row, /** @type {Meaning} */ meaning) => { const at = mapping[meaning]; return typeof at === 'number' ? (row[at] ?? '') : ''; };
  return html`<section class="card"><h2>${t('files.preview')}</h2><div class="table-scroll" tabindex="0" role="region" aria-label=${t('files.preview')}><table class="sums" data-name="preview">
    <thead><tr><th scope="col">${t('files.column_reference')}</th><th scope="col">${t('files.preview_when')}</th><th scope="col" class="number">${t('files.column_amount')}</th></tr></thead>
    <tbody>${sample.map((row) => {
      const cents = readAmount(cell(row, 'amount'), mapping.decimal);
      return html`<tr><td><bdi>${cell(row, 'reference')}</bdi></td><td><bdi>${[cell(row, 'date'), cell(row, 'time')].filter(Boolean).join(' ')}</bdi></td>
        <td class="number">${cents === null ? html`<span class="danger-words">${icon('warning', { size: 16 })} ${t('files.no_amount')}</span>` : amount(cents, { symbol: symbol() })}</td></tr>`;
    })}</tbody></table></div></section>`;
}

/** @param {SalesFile['trouble']} trouble */
function troubleView(trouble) {
  if (!trouble) return nothing;
  const { line, code } = trouble;
  return html`<div data-name="file-trouble" data-code=${code}>${banner({ tone: 'warning', title: line > 0 ? t('files.trouble_line', { line: formatCount(line) }) : t('files.trouble'), text: t(`files.trouble_${code}`) })}</div>`;
}

/** How numbers or days are written. @param {'decimal' | 'dates'} what @param {string[]} ways @param {Mapping} mapping */
function wayView(what, ways, mapping) {
  return select({ name: `mapping-${what}`, label: t(`files.${what}`), value: mapping[what] ?? '', options: [{ value: '', label: t('files.by_itself') }, ...ways.map((way) => ({ value: way, label: t(`files.${what}_${way}`) }))], onChoose: (way) => change({ [what]: way || null }) });
}

/** @param {SalesFile} told @param {(told: SalesFile) => void} done */
export function mappingView(told, done) {
  if (draft.value.id !== told.id) queueMicrotask(() => openMapping(told));
  const { columns, sample, mapping_is: known, trouble } = told;
  const { mapping } = draft.value;
  const faults = missing(mapping);
  const meant = (/** @type {number} */ at) => MEANINGS.find((meaning) => mapping[meaning] === at) ?? '';
  return html`<form class="evening-mapping" novalidate data-name="mapping" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void save(done); }}>
    <p class="evening-lead">${t(known === 'set' || known === 'remembered' ? 'files.columns_remembered' : 'files.columns_words')}</p>
    ${troubleView(trouble)}
    <ol class="columns card">${columns.map((column, at) => html`<li><div class="column-sample"><strong><bdi>${column || t('files.column', { number: at + 1 })}</bdi></strong><span class="quiet-words"><bdi>${sample.map((row) => row[at]).filter(Boolean).slice(0, 3).join(' · ')}</bdi></span></div>
      <span class="field-box"><select name="column-${at}" aria-label=${t('files.means', { column: column || String(at + 1) })} @change=${(/** @type {Event} */ event) => mean(at, /** @type {HTMLSelectElement} */ (event.target).value)}>
        <option value="" ?selected=${meant(at) === ''}>${t('files.column_nothing')}</option>${MEANINGS.map((meaning) => html`<option value=${meaning} ?selected=${meant(at) === meaning}>${t(`files.column_${meaning}`)}</option>`)}</select></span></li>`)}</ol>
    ${typeof mapping.means === 'number' ? field({ name: 'mapping-units', label: t('files.units', { symbol: symbol() }), hint: t('files.units_hint'), value: mapping.units ?? '', onInput: (text) => change({ units: text || null }) }) : nothing}
    <details><summary>${t('files.ways')}${icon('down', { size: 18 })}</summary><div class="filter-grid">${wayView('decimal', DECIMALS, mapping)}${wayView('dates', DATES, mapping)}</div></details>
    ${previewView(sample, mapping)}
    ${tried.value && faults.length > 0 ? banner({ tone: 'danger', text: faults.join(' ') }) : nothing}
    ${saving.fault.value ? banner({ tone: 'danger', text: sentenceFor(saving.fault.value) }) : nothing}
    ${button({ label: t('files.compare'), kind: 'primary', big: true, type: 'submit', iconName: 'check', busy: saving.busy.value, name: 'compare' })}
  </form>`;
}
