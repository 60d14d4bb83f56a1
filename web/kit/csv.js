// Tables as files for a spreadsheet: semicolons, decimal commas and a byte order mark, as spreadsheets of the country expect.

/** A cell that a spreadsheet reads as text and never as a formula. @param {string | number | null} value */
function cell(value) {
  const text = String(value ?? '');
  const safe = /^[=+@\t\r-]/.test(text) && typeof value === 'string' ? `'${text}` : text;
  return /[";\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {(string | number | null)[][]} rows the headings first; amounts come from `csvAmount` */
export function csvText(rows) {
  return `\ufeff${rows.map((row) => row.map(cell).join(';')).join('\r\n')}\r\n`;
}

/** Cents with a decimal comma. @param {number} cents @returns {string} */
export function csvAmount(cents) {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)},${digits.slice(-2)}`;
}

/** A day as machines sort it. @param {number} ms */
export function csvDate(ms) {
  const date = new Date(ms);
  const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
