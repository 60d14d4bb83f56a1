// Pieces of the office's pages.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../kit/i18n.js';
import { formatTime } from '../kit/time.js';
import { banner, failure, loading } from '../kit/ui.js';

/**
 * What was read, or that it is being read, or why it could not be.
 * @template T
 * @param {import('./state.js').Reading<T>} reading
 * @param {(data: T) => unknown} view
 */
export function readingView(reading, view) {
  const data = reading.data.value;
  const error = reading.error.value;
  if (data === null) return error ? failure({ error, onRetry: () => reading.refresh() }) : loading();
  return html`${error ? banner({ tone: 'warning', text: t('reading.old', { time: formatTime(reading.at.value) }), iconName: 'offline' }) : nothing}${view(data)}`;
}

/**
 * A table that becomes a list of cards on a small screen; roles keep it a table for screen readers.
 * @param {object} words
 * @param {string} words.label
 * @param {string} [words.name]
 * @param {{title: string, number?: boolean}[]} words.columns
 * @param {unknown[][]} words.rows
 */
export function table({ label, name, columns, rows }) {
  return html`<div class="table-scroll card" tabindex="0" role="region" aria-label=${label}>
    <table role="table" data-name=${name ?? nothing}>
      <thead role="rowgroup"><tr role="row">${columns.map(({ title, number }) => html`<th role="columnheader" scope="col" class=${number ? 'number' : nothing}>${title}</th>`)}</tr></thead>
      <tbody role="rowgroup">${rows.map((cells) => html`<tr role="row">${cells.map((cell, index) =>
        html`<td role="cell" class=${columns[index].number ? 'number' : nothing} data-title=${columns[index].title}><div>${cell}</div></td>`)}</tr>`)}</tbody>
    </table></div>`;
}
