// The statement of an account for a month, a year or any days: on paper (PDF) or for a spreadsheet (CSV), made by the node, whole or not
// at all. The wallet shows it to a member, the office prints it for one.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { now } from './api.js';
import { language, sentenceFor, t } from './i18n.js';
import { saveFile } from './save.js';
import { formatMonth } from './time.js';
import { banner, button, field, select, toast } from './ui.js';

/** @typedef {{account: string, session: import('./api.js').Session, prefix: string}} Whose prefix: what the file's name begins with */

/** Two years of months to choose from; other days are typed. */
const MONTHS = 24;
const YEARS = 5;
/** Making it takes the node some seconds for a busy shop. */
const PATIENCE_MS = 60_000;
const OTHER = 'days';
const TYPES = { pdf: 'application/pdf', csv: 'text/csv' };

const chosen = signal('');
const days = signal({ from: '', to: '' });
const busy = signal(/** @type {'' | 'pdf' | 'csv'} */ (''));
const fault = signal(/** @type {string | null} */ (null));

/** The next one begins anew. */
export function resetStatement() {
  batch(() => {
    chosen.value = '';
    days.value = { from: '', to: '' };
    fault.value = null;
  });
}

/** @param {number} ms */
function monthName(ms) {
  const words = formatMonth(ms);
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

/** What can be chosen: this month first, then months back, years, other days. */
function choices() {
  const today = new Date(now());
  const [year, month] = [today.getFullYear(), today.getMonth()];
  const months = Array.from({ length: MONTHS }, (_, back) => new Date(year, month - back, 1)).map((start) => ({
    value: `${start.getFullYear()}-${String(start.getMonth() + 1).padStart(2, '0')}`, label: monthName(start.getTime()),
  }));
  const years = Array.from({ length: YEARS }, (_, back) => ({ value: String(year - back), label: t('paper.year', { year: String(year - back) }) }));
  return [...months, ...years, { value: OTHER, label: t('paper.other') }];
}

/** The start of a day, by the clock of this device. @param {string} text `YYYY-MM-DD` @param {number} [ahead] days @returns {number | null} */
function dayStart(text, ahead = 0) {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!parts) return null;
  const start = new Date(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]) + ahead);
  return start.getFullYear() >= 1970 ? start.getTime() : null;
}

/** @param {string} value @returns {{from: number, to: number, name: string} | null} */
function periodOf(value) {
  if (value === OTHER) {
    const { from, to } = days.value;
    const [start, end] = [dayStart(from), dayStart(to, 1)];
    return start === null || end === null || start >= end ? null : { from: start, to: end, name: `${from}_${to}` };
  }
  const [year, month] = value.split('-').map(Number);
  const from = new Date(year, month ? month - 1 : 0, 1).getTime();
  const to = month ? new Date(year, month, 1).getTime() : new Date(year + 1, 0, 1).getTime();
  return { from, to, name: value };
}

/** @param {'pdf' | 'csv'} kind @param {Whose} whose */
async function make(kind, { account, session, prefix }) {
  const value = chosen.value || choices()[0].value;
  const period = periodOf(value);
  fault.value = period ? null : t('paper.bad_days');
  if (!period) return;
  busy.value = kind;
  try {
    const { from, to, name } = period;
    const path = `/v1/accounts/${account}/statement.${kind}?from=${from}&to=${to}&language=${language.value}`;
    const bytes = await session.bytes(path, { accept: TYPES[kind], timeoutMs: PATIENCE_MS });
    saveFile(`${prefix}-${name}.${kind}`, bytes, TYPES[kind]);
    toast(t('paper.saved'), 'good');
  } catch (error) {
    fault.value = sentenceFor(error);
  } finally {
    busy.value = '';
  }
}

/** The choice of a period, and both files. @param {Whose} whose */
export function statementForm(whose) {
  const options = choices();
  const value = chosen.value || options[0].value;
  return html`<form class="stack" data-name="statement" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void make('pdf', whose); }}>
      ${select({ name: 'statement-period', label: t('paper.period'), value, options, onChoose: (now) => { chosen.value = now; fault.value = null; } })}
      ${value === OTHER ? html`<div class="filter-grid">
        ${field({ name: 'statement-from', label: t('paper.from'), type: 'date', value: days.value.from, ltr: true, onInput: (from) => { days.value = { ...days.value, from }; } })}
        ${field({ name: 'statement-to', label: t('paper.to'), type: 'date', value: days.value.to, ltr: true, onInput: (to) => { days.value = { ...days.value, to }; } })}</div>` : nothing}
      ${fault.value ? banner({ tone: 'warning', text: fault.value }) : nothing}
      <div class="actions">
        ${button({ label: t('paper.pdf'), kind: 'primary', type: 'submit', iconName: 'print', busy: busy.value === 'pdf', disabled: busy.value !== '', name: 'statement-pdf' })}
        ${button({ label: t('paper.csv'), iconName: 'file', busy: busy.value === 'csv', disabled: busy.value !== '', name: 'statement-csv', onClick: () => void make('csv', whose) })}</div>
    </form>`;
}
