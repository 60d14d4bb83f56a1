// The history: movements by day, and the search among all of them. What is not on this device yet is read page by page while a search
// goes on; how far it got is said, so that "nothing" means nothing.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { formatDate, formatDay } from '../kit/time.js';
import { button, empty, failure, field, linkButton, loading, select, toast } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { lineView } from './line.js';
import { EVERYTHING, matches, narrows, signerOf } from './search.js';
import { account, accountFault, isShop, lines, loadMore, nextLines, refresh, wallet } from './state.js';
import { lineNote, lineTitle } from './words.js';

/** @typedef {import('./search.js').Wanted} Wanted */
/** @typedef {import('./state.js').Line} Line */

/** So many movements are read at a time while searching: what the server gives at most. */
const PAGE = 200;
/** After so many pages the person says whether to go on: a busy shop has a hundred thousand movements, and a phone a small memory. */
const PAGES_AT_ONCE = 25;
/** So many are drawn at once. */
const SHOWN = 100;
/** Typing pauses this long before older movements are read. */
const PAUSE_MS = 400;

const wanted = signal(/** @type {Wanted} */ (EVERYTHING));
const period = signal('');
const reading = signal(false);
const loadingMore = signal(false);
const shown = signal(SHOWN);
let stopped = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Leaving: the next visit sees everything. @param {string} name the screen that is shown now */
export function leaveMovements(name) {
  if (name === 'history' || name === 'entry') return;
  stop();
  batch(() => {
    wanted.value = EVERYTHING;
    period.value = '';
    shown.value = SHOWN;
  });
}

function stop() {
  clearTimeout(timer);
  stopped = true;
}

/** @param {Partial<Wanted>} change */
function want(change) {
  batch(() => {
    wanted.value = { ...wanted.value, ...change };
    shown.value = SHOWN;
  });
  clearTimeout(timer);
  if (narrows(wanted.value)) timer = setTimeout(() => void readOn(), PAUSE_MS);
  else stop();
}

/** Whether everything that can match was read. */
function isWhole() {
  const oldest = lines.value?.at(-1);
  const { from } = wanted.value;
  return nextLines.value === null || (from !== null && oldest !== undefined && oldest.time < from);
}

/** Reads older movements until everything was looked at, the person stops it, or it is time to ask. */
async function readOn() {
  stopped = false;
  if (reading.value) return;
  reading.value = true;
  try {
    for (let page = 0; page < PAGES_AT_ONCE && !stopped && !isWhole(); page++) await loadMore(PAGE);
  } catch (error) {
    toast(sentenceFor(error), 'warning');
  } finally {
    reading.value = false;
  }
}

async function more() {
  loadingMore.value = true;
  try {
    await loadMore();
  } catch (error) {
    toast(sentenceFor(error), 'warning');
  } finally {
    loadingMore.value = false;
  }
}

/** Where a period begins and ends. @param {string} name @returns {Pick<Wanted, 'from' | 'to'>} */
function bounds(name) {
  const today = new Date(now());
  const month = (/** @type {number} */ ahead) => new Date(today.getFullYear(), today.getMonth() + ahead, 1).getTime();
  switch (name) {
    case 'month': return { from: month(0), to: null };
    case 'last_month': return { from: month(-1), to: month(0) };
    case 'three_months': return { from: month(-2), to: null };
    case 'year': return { from: new Date(today.getFullYear(), 0, 1).getTime(), to: null };
    case 'last_year': return { from: new Date(today.getFullYear() - 1, 0, 1).getTime(), to: new Date(today.getFullYear(), 0, 1).getTime() };
    default: return { from: null, to: null };
  }
}

/** @param {string} name @param {string[]} values */
const options = (name, values) => values.map((value) => ({ value, label: t(`find.${name}_${value || 'all'}`) }));

/** Whose keys may be asked for: only those that there are. */
function signers() {
  const here = wallet.value?.key ?? '';
  const keys = account.value?.keys ?? [];
  const found = new Set((lines.value ?? []).map((line) => signerOf(line, here, keys)));
  const family = keys.some(({ scope }) => scope === 'limited') || found.has('family');
  const others = keys.some(({ key, scope }) => key !== here && (scope === 'full' || scope === 'till')) || found.has('others');
  const card = keys.some(({ scope }) => scope === 'card_service') || found.has('card');
  return ['', 'here', ...(others ? ['others'] : []), ...(family ? ['family'] : []), ...(card ? ['card'] : [])];
}

function filtersView() {
  const { text, way, group, by } = wanted.value;
  const whose = signers();
  const count = [way, group, by, period.value].filter((value) => value !== '').length;
  return html`<form class="stack tight" role="search" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); want({}); }}>
    ${field({ name: 'find', label: t('find.label'), value: text, type: 'search', inputMode: 'search', placeholder: t('find.hint'), maxLength: 100, onInput: (value) => want({ text: value }) })}
    <details class="card flat" data-name="filters"><summary>${icon('search', { size: 20 })}<span>${count > 0 ? t('find.filters_on', { n: count }) : t('find.filters')}</span>${icon('down', { size: 18 })}</summary>
      <div class="filter-grid">
        ${select({ name: 'find-way', label: t('find.way'), value: way, options: options('way', ['', 'out', 'in']), onChoose: (value) => want({ way: /** @type {any} */ (value) }) })}
        ${select({ name: 'find-period', label: t('find.period'), value: period.value, options: options('period', ['', 'month', 'last_month', 'three_months', 'year', 'last_year']), onChoose: (value) => { period.value = value; want(bounds(value)); } })}
        ${select({ name: 'find-group', label: t('find.group'), value: group, options: options('group', ['', 'payments', 'conversions', 'refunds', ...(isShop.value ? ['redemptions'] : []), 'gifts', 'account']), onChoose: (value) => want({ group: /** @type {any} */ (value) }) })}
        ${whose.length > 2 ? select({ name: 'find-by', label: t('find.by'), value: by, options: options('by', whose), onChoose: (value) => want({ by: /** @type {any} */ (value) }) }) : nothing}
      </div></details>
  </form>`;
}

/** How far the search got. @param {number} found */
function progressView(found) {
  const all = lines.value ?? [];
  const oldest = all.at(-1);
  const words = { n: found, of: formatCount(all.length), date: oldest ? formatDate(oldest.time) : '' };
  const whole = isWhole();
  return html`<div class="find-progress" role="status" data-name="find-progress" data-found=${found} data-whole=${whole ? 'true' : 'false'}>
    ${reading.value ? html`<span class="spinner" aria-hidden="true"></span>` : nothing}
    <span>${t(whole ? 'find.found_all' : 'find.found_so_far', words)}</span>
    ${whole ? nothing : reading.value ? button({ label: t('find.stop'), kind: 'quiet', name: 'find-stop', onClick: stop }) : button({ label: t('find.go_on'), kind: 'quiet', iconName: 'search', name: 'find-on', onClick: () => void readOn() })}</div>`;
}

/** @param {Line[]} list */
function daysView(list) {
  /** @type {Map<string, Line[]>} */
  const days = new Map();
  for (const line of list) {
    const day = formatDay(line.time, now());
    days.set(day, [...(days.get(day) ?? []), line]);
  }
  return [...days].map(([day, ofDay]) => html`<section><h2 class="list-day">${day}</h2><ul class="list">${ofDay.map((line) => lineView(line))}</ul></section>`);
}

/** @param {Line[]} all */
function listView(all) {
  const searching = narrows(wanted.value);
  const mine = { here: wallet.value?.key ?? '', keys: account.value?.keys ?? [] };
  const found = searching ? all.filter((line) => matches(line, [lineTitle(line), lineNote(line)], wanted.value, mine)) : all;
  const drawn = found.slice(0, shown.value);
  const hidden = found.length > drawn.length;
  return html`
    ${searching ? progressView(found.length) : nothing}
    ${searching && found.length === 0 && isWhole() ? empty({ iconName: 'search', title: t('find.none'), text: t('find.none_text') }) : daysView(drawn)}
    ${hidden ? button({ label: t('history.more'), name: 'more', onClick: () => { shown.value += SHOWN; } })
      : searching ? nothing
      : nextLines.value === null ? html`<p class="center quiet-text small-text">${t('history.end')}</p>`
      : button({ label: t('history.more'), name: 'more', busy: loadingMore.value, onClick: () => { shown.value += SHOWN; void more(); } })}`;
}

export function movementsView() {
  const all = lines.value;
  return frame({
    title: t('history.title'), back: '',
    body: !all
      ? accountFault.value ? failure({ error: accountFault.value, onRetry: () => void refresh() }) : loading()
      : all.length === 0
        ? empty({ iconName: 'history', title: t('history.empty'), text: t('history.empty_text') })
        : html`${filtersView()}${listView(all)}
          <div class="actions">${linkButton({ label: t('find.statement'), href: '#statement', iconName: 'file', name: 'to-statement' })}</div>`,
  });
}
