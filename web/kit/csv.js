// Tables for a spreadsheet: UTF-8 with its mark, semicolons, decimal comma, CRLF (RFC 4180), as French offices read it.

import { saveFile } from './save.js';

/** @typedef {'text' | 'cents' | 'count' | 'time'} ValueKind */
/** @typedef {string | number | null | undefined} Value */

const MARK = '\ufeff';

/** What a spreadsheet would take for a formula is text: nobody's name may calculate. @param {string} text */
function harmless(text) {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** @param {string} text */
function quoted(text) {
  return /[";\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** An instant as a spreadsheet sorts it, in the reader's place. @param {number} ms */
function instant(ms) {
  const at = new Date(ms);
  const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** @param {Value} value @param {ValueKind} kind */
export function csvCell(value, kind) {
  if (value === null || value === undefined || value === '') return '';
  if (typeof value === 'string') return quoted(harmless(value));
  if (kind === 'time') return instant(value);
  if (kind !== 'cents') return String(value);
  const digits = String(Math.abs(value)).padStart(3, '0');
  return `${value < 0 ? '-' : ''}${digits.slice(0, -2)},${digits.slice(-2)}`;
}

/** @param {{title: string, kind: ValueKind}[]} columns @param {Value[][]} rows */
export function csvOf(columns, rows) {
  const lines = [columns.map(({ title }) => quoted(harmless(title))), ...rows.map((row) => row.map((value, at) => csvCell(value, columns[at].kind)))];
  return MARK + lines.map((cells) => `${cells.join(';')}\r\n`).join('');
}

/** @param {string} name of the file, without its end @param {{title: string, kind: ValueKind}[]} columns @param {Value[][]} rows */
export function saveCsv(name, columns, rows) {
  saveFile(`${name}.csv`, csvOf(columns, rows), 'text/csv;charset=utf-8');
}
