// The office's tables as files: each column knows what its values are.

import { csvAmount, csvText, csvTime } from '../kit/csv.js';
import { saveFile } from '../kit/save.js';

/** @typedef {'text' | 'cents' | 'count' | 'time'} ValueKind */
/** @typedef {string | number | null | undefined} Value */

/** @param {Value} value @param {ValueKind} kind */
function cellOf(value, kind) {
  if (typeof value !== 'number') return value;
  if (kind === 'cents') return csvAmount(value);
  return kind === 'time' ? csvTime(value) : value;
}

/** @param {{title: string, kind: ValueKind}[]} columns @param {Value[][]} rows */
export function csvOf(columns, rows) {
  return csvText([columns.map(({ title }) => title), ...rows.map((row) => row.map((value, at) => cellOf(value, columns[at].kind)))]);
}

/** @param {string} name of the file, without its end @param {{title: string, kind: ValueKind}[]} columns @param {Value[][]} rows */
export function saveCsv(name, columns, rows) {
  saveFile(`${name}.csv`, csvOf(columns, rows), 'text/csv;charset=utf-8');
}
