// Which column of a sales file is what: guessed or remembered by the server, changed here, with the first rows read as they will be.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { attempt } from '../kit/attempt.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { parseBalance } from '../kit/money.js';
import { amount, banner, button, failure, field, loading, select } from '../kit/ui.js';
import { symbol } from './evening-data.js';
import { shop } from './state.js';

/** What a column can be; the words of the server. */
const MEANINGS = /** @type {const} */ (['reference', 'amount', 'date', 'time', 'means']);
/** Amount and time alone find a payment within so many minutes. */
const WINDOWS = [5, 15, 60, 24 * 60];

/** @typedef {typeof MEANINGS[number]} Meaning */
/** @typedef {Partial<Record<Meaning, number | null>> & {window_minutes?: number, means_units?: string | null}} Mapping each meaning's column */
/** @typedef {{id: string, name: string, columns: string[], sample: string[][], mapping: Mapping, remembered: boolean}} Columns */

const draft = signal(/** @type {Columns | null} */ (null));
const tried = signal(false);
const saving = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };
const PATIENCE_MS = 120_000;

/** @param {Columns} told */
export function openMapping(told) {
  draft.value = told;
  tried.value = false;
  saving.fault.value = null;
}

/** After the page was loaded anew. @param {string} id */
async function readColumns(id) {
  await attempt(saving, async () => openMapping(await shop.peek()?.session.json(`/pos/v1/sales-files/${id}`)));
}

/** @param {Mapping} change */
function change(change) {
  const now = draft.peek();
  if (now) draft.value = { ...now, mapping: { ...now.mapping, ...change } };
}

/** A column means one thing, and a thing has one column. @param {number} column @param {string} meaning */
function mean(column, meaning) {
  /** @type {Mapping} */
  const next = {};
  for (const one of MEANINGS) if (draft.peek()?.mapping[one] === column) next[one] = null;
  if (meaning) next[/** @type {Meaning} */ (meaning)] = column;
  change(next);
}

/** What still has to be said before it can be compared. @param {Mapping} mapping */
function missing(mapping) {
  const has = (/** @type {Meaning} */ meaning) => typeof mapping[meaning] === 'number';
  return [has('amount') ? null : t('files.need_amount'), has('reference') || has('date') ? null : t('files.need_reference')].filter((words) => words !== null);
}

/** @param {() => void} done */
async function save(done) {
  const now = draft.peek();
  tried.value = true;
  if (!now || missing(now.mapping).length > 0) return;
  await attempt(saving, async () => {
    await shop.peek()?.session.json(`/pos/v1/sales-files/${now.id}/mapping`, { method: 'PUT', json: now.mapping, timeoutMs: PATIENCE_MS });
    done();
  });
}

/** An amount of the file as it will be read; null when it is none. @param {string} text */
function readAmount(text) {
  return parseBalance(text.replace(/[^\d.,\-\u2212\s]/gu, '').trim());
}

/** The first rows, as they will be read. @param {Columns} now */
function previewView({ sample, mapping }) {
  const cell = (/** @type {string[]} */ row, /** @type {Meaning} */ meaning) => { const at = mapping[meaning]; return typeof at === 'number' ? (row[at] ?? '') : ''; };
  return html`<section class="card"><h2>${t('files.preview')}</h2><div class="table-scroll" tabindex="0" role="region" aria-label=${t('files.preview')}><table class="sums" data-name="preview">
    <thead><tr><th scope="col">${t('files.column_reference')}</th><th scope="col">${t('files.preview_when')}</th><th scope="col" class="number">${t('files.column_amount')}</th></tr></thead>
    <tbody>${sample.map((row) => {
      const read = readAmount(cell(row, 'amount'));
      return html`<tr><td><bdi>${cell(row, 'reference')}</bdi></td><td><bdi>${[cell(row, 'date'), cell(row, 'time')].filter(Boolean).join(' ')}</bdi></td>
        <td class="number">${read === null ? html`<span class="danger-words">${icon('warning', { size: 16 })} ${t('files.no_amount')}</span>` : amount(read, { symbol: symbol() })}</td></tr>`;
    })}</tbody></table></div></section>`;
}

/** @param {string} id @param {() => void} done */
export function mappingView(id, done) {
  const now = draft.value;
  if (now?.id !== id) {
    if (saving.fault.value) return failure({ error: saving.fault.value, onRetry: () => void readColumns(id) });
    if (!saving.busy.value) queueMicrotask(() => void readColumns(id));
    return loading();
  }
  const { columns, sample, mapping, remembered } = now;
  const faults = missing(mapping);
  const meant = (/** @type {number} */ at) => MEANINGS.find((meaning) => mapping[meaning] === at) ?? '';
  return html`<form class="evening-mapping" novalidate data-name="mapping" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void save(done); }}>
    <p class="evening-lead">${t(remembered ? 'files.columns_remembered' : 'files.columns_words')}</p>
    <ol class="columns card">${columns.map((column, at) => html`<li><div class="column-sample"><strong><bdi>${column || t('files.column', { number: at + 1 })}</bdi></strong><span class="quiet-words"><bdi>${sample.map((row) => row[at]).filter(Boolean).slice(0, 3).join(' · ')}</bdi></span></div>
      <span class="field-box"><select name="column-${at}" aria-label=${t('files.means', { column: column || String(at + 1) })} @change=${(/** @type {Event} */ event) => mean(at, /** @type {HTMLSelectElement} */ (event.target).value)}>
        <option value="" ?selected=${meant(at) === ''}>${t('files.column_nothing')}</option>${MEANINGS.map((meaning) => html`<option value=${meaning} ?selected=${meant(at) === meaning}>${t(`files.column_${meaning}`)}</option>`)}</select></span></li>`)}</ol>
    ${typeof mapping.means === 'number' ? field({ name: 'means-units', label: t('files.means_units', { symbol: symbol() }), hint: t('files.means_units_hint'), value: mapping.means_units ?? '', onInput: (text) => change({ means_units: text || null }) }) : nothing}
    ${select({ name: 'window', label: t('files.window'), value: String(mapping.window_minutes ?? WINDOWS[1]), options: WINDOWS.map((minutes) => ({ value: String(minutes), label: minutes < 60 ? t('files.window_minutes', { n: minutes }) : t('files.window_hours', { n: minutes / 60 }) })), onChoose: (minutes) => change({ window_minutes: Number(minutes) }) })}
    ${previewView(now)}
    ${tried.value && faults.length > 0 ? banner({ tone: 'danger', text: html`${faults.map((words) => html`<span>${words}</span> `)}` }) : nothing}
    ${saving.fault.value ? banner({ tone: 'danger', text: sentenceFor(saving.fault.value) }) : nothing}
    <div class="actions">${button({ label: t('files.compare'), kind: 'primary', big: true, type: 'submit', iconName: 'check', busy: saving.busy.value, name: 'compare' })}</div>
  </form>`;
}
