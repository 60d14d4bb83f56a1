// The office's table: sorted by its headings, filtered by what is typed, saved as CSV. On a small screen each row becomes a
// card that names its figures; roles keep it a table for screen readers.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount, localeTag } from '../kit/money.js';
import { formatDateTime } from '../kit/time.js';
import { amount, button, empty, field } from '../kit/ui.js';
import { saveCsv } from '../kit/csv.js';

/** @typedef {import('../kit/csv.js').Value} Value */
/** @typedef {import('../kit/csv.js').ValueKind} ValueKind */

/** A table longer than this is filtered before it is read; the rest stays in the CSV. */
const ROWS_SHOWN = 300;
/** Shorter lists are read at a glance. */
const FILTER_FROM = 8;

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} key unique in the table
 * @property {string} title
 * @property {(row: Row) => Value} value what is sorted, searched and saved; cents and instants as numbers
 * @property {ValueKind} [kind] `text` unless told; all others stand at the end of the line
 * @property {string} [symbol] of cents
 * @property {(row: Row) => unknown} [cell] how it looks, where the value alone does not do
 * @property {boolean} [fileOnly] in the CSV, not on the page
 * @property {boolean} [pageOnly] on the page, not in the CSV; not sorted
 * @property {'pick' | 'do'} [part] a box to tick, or a button: on a card it stands in the corner, or across the end
 */
/** Where rows are cards, nobody sees headings: the list of sortings stands in their place. */
const small = globalThis.matchMedia?.('(max-width: 46rem)');
const asCards = signal(small?.matches ?? false);
small?.addEventListener('change', () => { asCards.value = small.matches; });

/** @typedef {{key: string, down: boolean}} Sort */
/** @typedef {{sort: Sort | null, text: string}} Wish how its reader wants a table */

/** @type {import('../vendor/signals-core/signals-core.js').Signal<ReadonlyMap<string, Wish>>} */
const wishes = signal(new Map());

/** @param {string} name @param {Partial<Wish>} change @param {Wish} before */
function wish(name, change, before) {
  wishes.value = new Map(wishes.value).set(name, { ...before, ...change });
}

/** Without accents and capitals, for searching. @param {string} text */
export const folded = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** @param {Value} a @param {Value} b @param {Intl.Collator} words */
function compare(a, b, words) {
  const [noA, noB] = [a === null || a === undefined || a === '', b === null || b === undefined || b === ''];
  if (noA || noB) return noA && noB ? 0 : noA ? 1 : -1;
  return typeof a === 'number' && typeof b === 'number' ? a - b : words.compare(String(a), String(b));
}

/**
 * The rows that are asked for, in the order that is asked for; what is missing stands last either way.
 * @template Row @param {Row[]} rows @param {Column<Row>[]} columns @param {Wish} wished @returns {Row[]}
 */
export function wished(rows, columns, { sort, text }) {
  const sought = folded(text.trim()).split(/\s+/).filter(Boolean);
  const said = (/** @type {Row} */ row) => folded(columns.map((column) => spoken(column, row)).join(' '));
  const found = sought.length === 0 ? rows : rows.filter((row) => { const all = said(row); return sought.every((word) => all.includes(word)); });
  const column = columns.find(({ key }) => key === sort?.key);
  if (!sort || !column) return found;
  const words = new Intl.Collator(localeTag(), { numeric: true, sensitivity: 'base' });
  return [...found].sort((a, b) => {
    const [left, right] = [column.value(a), column.value(b)];
    const missing = left === null || left === undefined || right === null || right === undefined;
    return compare(left, right, words) * (sort.down && !missing ? -1 : 1);
  });
}

/** A value as it is read and searched. @template Row @param {Column<Row>} column @param {Row} row */
function spoken({ value, kind = 'text' }, row) {
  const read = value(row);
  if (read === null || read === undefined) return '';
  if (typeof read === 'string') return read;
  if (kind === 'cents') return `${read / 100}`.replace('.', ',');
  return kind === 'time' ? formatDateTime(read) : String(read);
}

/** @template Row @param {Column<Row>} column @param {Row} row */
function cellOf(column, row) {
  if (column.cell) return column.cell(row);
  const read = column.value(row);
  if (read === null || read === undefined || read === '') return html`<span class="quiet-text">${t('value.none')}</span>`;
  if (typeof read === 'string') return html`<bdi>${read}</bdi>`;
  if (column.kind === 'cents') return amount(read, { symbol: column.symbol ?? '€' });
  return column.kind === 'time' ? formatDateTime(read) : formatCount(read);
}

/** @template Row @param {Column<Row>} column */
const atEnd = ({ kind = 'text' }) => kind === 'cents' || kind === 'count';

/** @template Row @param {string} name @param {Column<Row>} column @param {Wish} now */
function heading(name, column, now) {
  const mine = now.sort?.key === column.key ? now.sort : null;
  const next = mine ? (mine.down ? null : { key: column.key, down: true }) : { key: column.key, down: false };
  return html`<th role="columnheader" scope="col" class=${atEnd(column) ? 'number' : nothing} aria-sort=${mine ? (mine.down ? 'descending' : 'ascending') : nothing}>
    ${column.pageOnly || asCards.value ? column.title : html`<button type="button" class="sort ${mine ? 'sorted' : ''} ${mine?.down ? 'down' : ''}" data-sort=${column.key} @click=${() => wish(name, { sort: next }, now)}><span>${column.title}</span>${icon('down', { size: 16 })}</button>`}</th>`;
}

/** Sorting where there are no headings: on a small screen. @template Row @param {string} name @param {Column<Row>[]} columns @param {Wish} now */
function sortChoice(name, columns, now) {
  const chosen = (/** @type {Event} */ event) => {
    const [key, way] = /** @type {HTMLSelectElement} */ (event.target).value.split('/');
    wish(name, { sort: key ? { key, down: way === 'down' } : null }, now);
  };
  const current = now.sort ? `${now.sort.key}/${now.sort.down ? 'down' : 'up'}` : '';
  return html`<label class="sort-choice"><span class="hidden">${t('table.sort')}</span><select @change=${chosen}>
    <option value="" ?selected=${current === ''}>${t('table.sort')}</option>
    ${columns.filter(({ pageOnly }) => !pageOnly).flatMap(({ key, title }) => ['up', 'down'].map((way) => html`<option value="${key}/${way}" ?selected=${current === `${key}/${way}`}>${title} ${way === 'up' ? '↑' : '↓'}</option>`))}</select></label>`;
}

/**
 * @template Row
 * @param {object} words
 * @param {string} words.name unique: sorting and filter are kept under it, and it is the file's name
 * @param {string} words.label for screen readers
 * @param {Column<Row>[]} words.columns the first one says what the row is, apart from a box to tick
 * @param {Row[]} words.rows
 * @param {(row: Row) => string | number} words.id
 * @param {Parameters<typeof empty>[0]} words.none what stands there when there is nothing
 * @param {Sort} [words.sort] at first
 * @param {boolean} [words.filter] false: the list is searched elsewhere
 * @param {boolean} [words.plain] without filter and CSV: a short table inside a card
 * @param {unknown} [words.more] further controls beside the filter
 * @param {(row: Row) => string | null} [words.tone] a class of the row: good, warning, danger, chosen
 */
export function dataTable({ name, label, columns, rows, id, none, sort, filter = true, plain = false, more, tone }) {
  const now = wishes.value.get(name) ?? { sort: sort ?? null, text: '' };
  if (rows.length === 0) return html`<div data-name=${name} data-rows="0">${more ? html`<div class="table-tools">${more}</div>` : nothing}${empty(none)}</div>`;
  const found = wished(rows, columns, now);
  const onPage = columns.filter(({ fileOnly }) => !fileOnly);
  const lead = onPage.find(({ part }) => !part);
  const inFile = columns.filter(({ pageOnly }) => !pageOnly);
  const save = () => saveCsv(name, inFile.map(({ title, kind = 'text' }) => ({ title, kind })), found.map((row) => inFile.map(({ value }) => value(row))));
  return html`<div class="data-table" data-name=${name} data-rows=${found.length}>
    ${plain ? nothing : html`<div class="table-tools">
      ${filter && (rows.length >= FILTER_FROM || now.text) ? html`<div class="table-filter" role="search">${field({ name: `filter-${name}`, label: t('table.filter'), value: now.text, type: 'search', inputMode: 'search', placeholder: t('table.filter'), onInput: (text) => wish(name, { text }, now) })}</div>` : nothing}
      ${more ?? nothing}${rows.length > 1 && asCards.value ? sortChoice(name, columns, now) : nothing}</div>`}
    <p class="hidden" role="status">${now.text ? t('table.found', { n: found.length }) : ''}</p>
    ${found.length === 0 ? html`<div class="card">${empty({ iconName: 'search', title: t('table.nothing_found'), action: button({ label: t('table.clear'), onClick: () => wish(name, { text: '' }, now) }) })}</div>` : html`
    <div class="table-scroll ${plain ? '' : 'card'}" tabindex="0" role="region" aria-label=${label}>
      <table role="table">
        <thead role="rowgroup"><tr role="row">${onPage.map((column) => heading(name, column, now))}</tr></thead>
        <tbody role="rowgroup">${repeat(found.slice(0, ROWS_SHOWN), id, (row) => html`<tr role="row" data-row=${id(row)} class=${tone?.(row) ?? nothing}>${onPage.map((column) =>
          html`<td role="cell" class="${atEnd(column) ? 'number' : ''} ${column.part ?? ''} ${column === lead ? 'head' : ''}" data-title=${column.title}><div>${cellOf(column, row)}</div></td>`)}</tr>`)}</tbody>
      </table></div>`}
    ${plain ? nothing : html`<div class="table-foot"><p class="small-text quiet-text">${found.length > ROWS_SHOWN ? t('table.first', { n: ROWS_SHOWN, all: formatCount(found.length) }) : nothing}</p>
      ${button({ label: t('table.csv'), kind: 'quiet', iconName: 'save', name: `csv-${name}`, onClick: save })}</div>`}
  </div>`;
}
