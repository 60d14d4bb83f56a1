// What the association did, newest first: every privileged act is a signed entry, told with who proposed and who approved it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { KINDS } from '../kit/ledger.js';
import { hasWords, sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { formatDateTime } from '../kit/time.js';
import { banner, button, chip, empty } from '../kit/ui.js';
import { actParticulars, actSentence, kindOf } from './acts.js';
import { saveCsv } from '../kit/csv.js';
import { readingView } from './parts.js';
import { onEntering } from './place.js';
import { Reading, desk, proposals } from './state.js';
import { folded } from './table.js';

/** @typedef {import('./state.js').Act & {approvals?: number[]}} Act */

/** @type {Record<string, string>} */
const ICONS = { genesis: 'key', propose: 'plus', approve: 'check', refuse: 'cross' };
const A_PAGE = 50;
/** The CSV reads so many pages at most; a busier association narrows it by kind. */
const MOST_PAGES = 400;
/** Acts stand inside proposals from this code on. */
const FIRST_ACT = 40;

const kind = signal('');
const operator = signal('');
const text = signal('');
const saving = signal(false);
const fault = signal(/** @type {unknown} */ (null));

/** @param {number} limit @param {number | null} [before] */
function address(limit, before = null) {
  const asked = new URLSearchParams({ limit: String(limit) });
  if (before !== null) asked.set('before', String(before));
  if (kind.peek()) asked.set('kind', kind.peek());
  if (operator.peek()) asked.set('operator', operator.peek());
  return `/office/v1/acts?${asked}`;
}

const activity = new Reading(() => address(A_PAGE), (answer) => /** @type {{acts: Act[], next: number | null}} */ (answer));
onEntering('activity', () => {
  // Older pages that somebody asked for are not thrown away.
  if ((activity.data.peek()?.acts.length ?? 0) <= A_PAGE) void activity.refresh();
});

/** What became of it. @param {Act} act @returns {{word: string, tone: 'good' | 'info' | 'plain'} | null} */
function fate({ kind: entry, proposal, outcome }) {
  if (outcome.executed) return { word: 'executed', tone: 'good' };
  if (entry === 'refuse') return { word: 'refused', tone: 'plain' };
  // What an entry could not know yet is said by those after it: only what waits now is shown as waiting.
  return proposals.data.value?.some((waiting) => waiting.proposal === proposal) ? { word: 'waiting', tone: 'info' } : null;
}

/** Who did what kind of thing. @param {Act} act */
function who({ operator: number, kind: entry }) {
  return number === null ? t('did.association') : hasWords(`did.${entry}`) ? t(`did.${entry}`, { number }) : t('did.other', { number });
}

/** @param {Act} act */
const what = ({ act, fields, kind: entry }) => (act === null && !fields ? t(`act.${entry}`) : actSentence(fields, act));

/** @param {Act} act */
function approvedBy({ approvals = [], outcome }) {
  return outcome.executed && approvals.length > 1 ? t('activity.approved_by', { numbers: approvals.join(', ') }) : '';
}

/** @param {Act} line */
export function actLine(line) {
  const { sequence, time, kind: entry } = line;
  const end = fate(line);
  const by = approvedBy(line);
  return html`<li class="row act" data-name="act" data-sequence=${sequence}><span class="row-icon ${entry === 'approve' ? 'in' : ''}">${icon(ICONS[entry] ?? 'info')}</span>
    <span class="row-words"><span class="row-note">${who(line)}</span><span class="row-title">${what(line)}</span>
      <span class="row-note">${formatDateTime(time)} · ${t('history.entry', { sequence: formatCount(sequence) })}${by ? ` · ${by}` : ''}</span></span>
    ${end ? html`<span class="row-end">${chip({ text: t(`outcome.${end.word}`), tone: end.tone })}</span>` : nothing}</li>`;
}

/** A line that opens to every particular of the act. @param {Act} line */
function fullLine(line) {
  if (!line.fields) return actLine(line);
  return html`<li class="act-whole"><details><summary class="act-summary"><ul>${actLine(line)}</ul></summary><div class="act-particulars">${actParticulars(line.fields)}</div></details></li>`;
}

async function older() {
  const reader = desk.peek();
  const read = activity.data.peek();
  if (!reader || !read || read.next === null) return;
  activity.busy.value = true;
  try {
    const more = await reader.session.json(address(A_PAGE, read.next));
    activity.data.value = { acts: [...read.acts, ...more.acts], next: more.next };
  } catch (error) {
    activity.error.value = error;
  } finally {
    activity.busy.value = false;
  }
}

/** Everything that the filters let through, to the first entry, as a file. */
async function saveAll() {
  const reader = desk.peek();
  if (!reader || saving.value) return;
  saving.value = true;
  fault.value = null;
  try {
    /** @type {Act[]} */
    const all = [];
    let next = /** @type {number | null} */ (null);
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const read = /** @type {{acts: Act[], next: number | null}} */ (await reader.session.json(address(A_PAGE, next)));
      all.push(...read.acts);
      next = read.next;
      if (next === null) break;
    }
    saveCsv('activity', [
      { title: t('field.sequence'), kind: 'count' }, { title: t('activity.when'), kind: 'time' }, { title: t('activity.who'), kind: 'text' }, { title: t('activity.kind'), kind: 'text' },
      { title: t('activity.what'), kind: 'text' }, { title: t('activity.end'), kind: 'text' }, { title: t('activity.approvals'), kind: 'text' }, { title: t('activity.fields'), kind: 'text' },
    ], all.map((act) => {
      const end = fate(act);
      return [act.sequence, act.time, who(act), kindOf(act.fields, act.act), what(act), end ? t(`outcome.${end.word}`) : '', (act.approvals ?? []).join(', '), act.fields ? JSON.stringify(act.fields) : ''];
    }));
  } catch (error) {
    fault.value = error;
  } finally {
    saving.value = false;
  }
}

/** @param {import('../vendor/signals-core/signals-core.js').Signal<string>} filter @param {string} value */
function choose(filter, value) {
  batch(() => {
    filter.value = value;
    activity.data.value = null;
  });
  void activity.refresh();
}

/** @param {string} name @param {string} label @param {import('../vendor/signals-core/signals-core.js').Signal<string>} filter @param {{value: string, label: string}[]} options */
function filterView(name, label, filter, options) {
  return html`<label class="plain-select"><span class="hidden">${label}</span><select name=${name} @change=${(/** @type {Event} */ event) => choose(filter, /** @type {HTMLSelectElement} */ (event.target).value)}>
    <option value="" ?selected=${filter.value === ''}>${label}</option>${options.map((one) => html`<option value=${one.value} ?selected=${filter.value === one.value}>${one.label}</option>`)}</select></label>`;
}

/** Acts by their short names, in the order of the alphabet. */
function kinds() {
  const codes = Object.entries(KINDS).filter(([code]) => Number(code) >= FIRST_ACT).map(([, name]) => name);
  return codes.map((value) => ({ value, label: kindWords(value) })).sort((a, b) => a.label.localeCompare(b.label));
}

/** An act's short name: its sentence without particulars. @param {string} name */
export function kindWords(name) {
  if (hasWords(`kind.${name}`)) return t(`kind.${name}`);
  return hasWords(`act.${name}`) ? t(`act.${name}`).replace(/\{\w+\}/g, '…') : name;
}

export function historyView() {
  const sought = folded(text.value.trim());
  const people = [...new Set((activity.data.value?.acts ?? []).map((act) => act.operator).filter((number) => number !== null))].sort((a, b) => Number(a) - Number(b));
  return html`<h1>${t('tab.activity')}</h1><p class="lead">${t('history.words')}</p>
    <div class="table-tools" data-name="activity-tools">${filterView('activity-kind', t('activity.all_kinds'), kind, kinds())}
      ${filterView('activity-operator', t('activity.everybody'), operator, [...new Set([...people.map(String), ...(operator.value ? [operator.value] : [])])].map((value) => ({ value, label: t('rules.operator_n', { number: value }) })))}
      <label class="plain-search"><span class="hidden">${t('table.filter')}</span>${icon('search', { size: 20 })}<input type="search" name="activity-text" placeholder=${t('table.filter')} .value=${text.value} @input=${(/** @type {Event} */ event) => { text.value = /** @type {HTMLInputElement} */ (event.target).value; }}></label>
      ${button({ label: t('table.csv'), kind: 'quiet', iconName: 'save', busy: saving.value, name: 'csv-activity', onClick: () => void saveAll() })}</div>
    ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
    ${readingView(activity, ({ acts: all, next }) => {
      const list = sought ? all.filter((act) => folded(`${who(act)} ${what(act)} ${act.sequence}`).includes(sought)) : all;
      return html`${list.length === 0 ? empty({ iconName: 'history', title: sought || kind.value || operator.value ? t('table.nothing_found') : t('history.none') }) : html`<ol class="list" data-name="activity">${list.map(fullLine)}</ol>`}
        ${next === null ? html`<p class="quiet-text center">${t('activity.first')}</p>` : button({ label: t('history.more'), busy: activity.busy.value, name: 'older', onClick: () => void older() })}`;
    })}`;
}
