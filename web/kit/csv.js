// Tables as files for a spreadsheet: UTF-8 with its mark, semicolons, decimal commas and CRLF (RFC 4180), as spreadsheets of the
// country expect.

const MARK = '\ufeff';

/** A cell that this program wrote, not a person: it stands as it is. */
export class Written {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** @typedef {string | number | Written | null | undefined} CsvCell */

/** What a spreadsheet would take for a formula is text: nobody's name may calculate. @param {string} text */
function harmless(text) {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** @param {string} text */
function quoted(text) {
  return /[";\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {CsvCell} value */
function cell(value) {
  if (value instanceof Written) return value.text;
  return typeof value === 'string' ? quoted(harmless(value)) : String(value ?? '');
}

/** @param {CsvCell[][]} rows the headings first; amounts come from `csvAmount` */
export function csvText(rows) {
  return MARK + rows.map((row) => `${row.map(cell).join(';')}\r\n`).join('');
}

/** Cents with a decimal comma. @param {number} cents */
export function csvAmount(cents) {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return new Written(`${cents < 0 ? '-' : ''}${digits.slice(0, -2)},${digits.slice(-2)}`);
}

/** @param {number} part */
const two = (part) => String(part).padStart(2, '0');

/** A day as machines sort it, in the reader's place. @param {number} ms */
export function csvDate(ms) {
  const at = new Date(ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** An instant as machines sort it, in the reader's place. @param {number} ms */
export function csvTime(ms) {
  const at = new Date(ms);
  return `${csvDate(ms)} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
