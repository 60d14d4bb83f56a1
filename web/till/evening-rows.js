// The lists of the evening, two hundred rows at a time, and the whole story of one row: what was asked, what was sold, what the ledger
// says, what became of it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { now } from '../kit/api.js';
import { groupAccount } from '../kit/bech32m.js';
import { hasWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { formatDay, formatShortDate, formatTime } from '../kit/time.js';
import { amount, banner, button, chip, empty, failure, loading } from '../kit/ui.js';
import { LISTS, ROWS_A_PAGE, countOf, evening, list, meansName, money, nameOf, openRow, range, readsOnly, rows, symbol, turn, turned } from './evening-data.js';
import { openReceipt } from './receipts.js';
import { giveBack, isUnderWay, refundState, refunds } from './refunds.js';
import { goTo } from './state.js';

/** @typedef {import('./evening-data.js').Row} Row */

const DAY_MS = 86_400_000;

/** How a row stands: its state, and for what was taken without network what became of it. @type {Record<string, {tone: 'plain' | 'good' | 'info' | 'warning' | 'danger', iconName: string}>} */
const STATES = {
  paid: { tone: 'good', iconName: 'check' }, confirmed: { tone: 'good', iconName: 'check' }, noted: { tone: 'plain', iconName: 'check' }, refunded: { tone: 'plain', iconName: 'undo' }, refund: { tone: 'plain', iconName: 'undo' },
  waiting: { tone: 'warning', iconName: 'clock' }, unexpected: { tone: 'warning', iconName: 'warning' }, missing: { tone: 'danger', iconName: 'cross' }, refused: { tone: 'danger', iconName: 'cross' }, late: { tone: 'warning', iconName: 'warning' },
};

/** The word for how a row stands. @param {Row} row */
function standing({ state, offline }) {
  return offline && (state !== 'refunded' && state !== 'refund') ? offline : state;
}

/** @param {Row} row */
function stateChip(row) {
  const { tone, iconName } = STATES[standing(row)] ?? STATES.noted;
  return chip({ text: t(`evening.state_${standing(row)}`), tone, iconName });
}

/** The hour, and the day where the list holds several. @param {number} time */
function when(time) {
  const days = range.value;
  return days && days.to - days.from > 1.5 * DAY_MS ? html`<span>${formatShortDate(time)}</span><span>${formatTime(time)}</span>` : formatTime(time);
}

/** What is odd about a row, in a sentence; nothing when all is well. @param {Row} row */
export function why(row) {
  const { reason, state, offline, ticket, sequence } = row;
  if (reason && hasWords(`unexpected.${reason}`)) return [t(`unexpected.${reason}`), ...(offline === 'late' ? [t('evening.why_late')] : [])].join(' · ');
  if (offline && offline !== 'confirmed') return t(`evening.why_${offline}`);
  if (state === 'missing' || state === 'waiting') return t(`evening.why_${state}`);
  return lacksTicket(row) && sequence !== null && ticket === null ? t('evening.why_no_ticket') : '';
}

/** Received in units without the ticket that says so, where the shop makes tickets. @param {Row} row */
function lacksTicket({ state, ticket, means }) {
  return ticket === null && means === 'units' && (state === 'paid' || state === 'refunded') && (evening.data.value?.tickets ?? false);
}

/** @param {Row} row */
function rowView(row) {
  const { id, time, reference, ticket, amount: cents, state, refunded, till, original } = row;
  const here = openRow.value === id;
  const words = why(row);
  return html`<li><button type="button" class="charge-row" data-name="evening-row" data-row=${id} data-sequence=${row.sequence ?? nothing} data-state=${state} aria-pressed=${here ? 'true' : 'false'} @click=${() => open(here ? null : id)}>
    <span class="charge-time">${when(time)}</span>
    <span class="charge-what">${reference ? html`<bdi>${reference}</bdi>` : original ? t('evening.refund_of', { original: formatCount(original) }) : html`<span class="quiet-words">${t('day.no_reference')}</span>`}
      <span class="quiet-words">${[ticket ? t('evening.ticket', { number: formatCount(ticket.ticket) }) : '', till ? nameOf(till) : '', refunded > 0 && state !== 'refunded' ? t('day.refunded_part', { amount: money(refunded) }) : ''].filter(Boolean).join(' · ')}</span>
      ${words ? html`<span class="why">${words}</span>` : nothing}</span>
    <span class="charge-money">${amount(cents, { symbol: symbol() })}${stateChip(row)}</span></button></li>`;
}

/** Opens a row's story, or closes it; whoever uses a keyboard goes along. @param {string | null} id */
function open(id) {
  const before = openRow.peek();
  openRow.value = id;
  if (id !== null) scrollTo(0, 0);
  const place = id === null ? `[data-row="${before}"]` : '[data-name="story"] h2';
  queueMicrotask(() => /** @type {HTMLElement | null} */ (document.querySelector(place))?.focus({ preventScroll: id !== null }));
}

/** One step of the story: there, or missing. @param {string} iconName @param {string} title @param {unknown} text @param {'good' | 'missing' | 'plain'} tone */
function step(iconName, title, text, tone) {
  return html`<li class="story-step ${tone}"><span class="row-icon">${icon(iconName, { size: 20 })}</span><div><strong>${title}</strong><div class="story-text">${text}</div></div></li>`;
}

/** @param {string} id */
const code = (id) => html`<bdi class="code" dir="ltr">${id.slice(0, 8)}…${id.slice(-4)}</bdi>`;

/** @param {Row} row */
function storyView(row) {
  const { time, amount: cents, reference, charge, ticket, till, cashier, sequence, payer, state, refunded, means, original, item } = row;
  const words = why(row);
  const left = cents - refunded;
  const wrong = STATES[standing(row)]?.tone === 'danger';
  return html`<section class="detail card" data-name="story">
    <div class="detail-head"><button type="button" class="button quiet square" aria-label=${t('till.close')} data-name="story-back" @click=${() => open(null)}>${icon('cross')}</button><h2 tabindex="-1">${t(cents < 0 ? 'evening.story_refund' : 'evening.story')}</h2></div>
    <div class="detail-amount">${amount(cents, { symbol: symbol(), size: 'huge' })}${stateChip(row)}</div>
    ${words ? banner({ tone: wrong ? 'danger' : 'warning', text: words }) : nothing}
    <ol class="story">
      ${original ? step('undo', t('evening.step_original'), t('evening.entry', { sequence: formatCount(original) }), 'plain') : nothing}
      ${charge ? step('qr', t('evening.step_charge'), html`${reference ? html`<p><bdi>${reference}</bdi></p>` : nothing}<p class="quiet-words">${till ? html`<bdi>${nameOf(till)}</bdi> · ` : nothing}${cashier ? html`<bdi>${nameOf(cashier)}</bdi> · ` : nothing}${code(charge)}</p>`, 'good')
        : state === 'unexpected' ? step('qr', t('evening.step_charge'), t('evening.no_charge'), 'missing') : nothing}
      ${ticket ? step('till', t('evening.step_ticket'), html`${t('evening.ticket', { number: formatCount(ticket.ticket) })} <span class="quiet-words"><bdi>${nameOf(ticket.till)}</bdi></span>`, 'good')
        : lacksTicket(row) ? step('till', t('evening.step_ticket'), t('evening.why_no_ticket'), 'missing') : nothing}
      ${sequence !== null ? step('check', t('evening.step_entry'), html`<p>${t('evening.entry', { sequence: formatCount(sequence) })} · ${formatDay(time, now())}, ${formatTime(time)}</p>${payer ? html`<p class="quiet-words">${t('evening.payer')} <bdi class="code" dir="ltr">${groupAccount(payer)}</bdi></p>` : nothing}`, 'good')
        : means === 'units' ? step(state === 'waiting' ? 'clock' : 'cross', t('evening.step_entry'), t(state === 'waiting' ? 'evening.not_yet' : 'evening.not_there'), 'missing') : step('bank', t('evening.step_means'), meansName(means), 'plain')}
      ${refunded > 0 ? step('undo', t('evening.step_refunded'), left === 0 ? t('evening.refunded_whole') : t('evening.refunded_part', { amount: money(refunded), left: money(left) }), 'plain') : nothing}
    </ol>
    ${sequence === null ? nothing : html`<div class="stack">
      ${state === 'unexpected' && left > 0 && !readsOnly() ? html`${refundState(sequence)}${button({ label: t('unexpected.refund', { amount: money(left) }), iconName: 'undo', name: 'evening-give-back', busy: isUnderWay(refunds.value.get(sequence)), onClick: () => void giveBackRow({ sequence, item: item ?? 0, amount: cents, refunded }, left) })}` : nothing}
      ${button({ label: t('charge.receipt'), kind: 'quiet', iconName: 'shield', name: 'evening-receipt', onClick: () => openReceipt(sequence) })}</div>`}
  </section>`;
}

/** @param {import('./shop.js').Refundable} payment @param {number} left */
async function giveBackRow(payment, left) {
  await giveBack(payment, left);
  void rows.refresh();
  void evening.refresh();
}

/** Which list, and how long each is. */
function listsBar() {
  const told = evening.data.value;
  return html`<div class="filters" role="group" aria-label=${t('evening.lists')}>${LISTS.map((name) => {
    const n = told ? (name === 'all' ? countOf(told) : told.counts[name]) : null;
    return html`<button type="button" class="filter" data-name="list-${name}" aria-pressed=${list.value === name ? 'true' : 'false'} @click=${() => { goTo('evening', name); }}>${t(`evening.list_${name}`)}${n === null ? nothing : html` <span class="filter-count">${formatCount(n)}</span>`}</button>`;
  })}</div>`;
}

/** Where in the list this page stands, and the way on. @template {string | number} Place @param {{count: number, next: Place | null, pages: (Place | null)[], onTurn: (after: Place | null) => void}} words */
export function pagesView({ count, next, pages, onTurn }) {
  if (pages.length === 1 && next === null) return nothing;
  const first = (pages.length - 1) * ROWS_A_PAGE + 1;
  return html`<div class="pages" role="group" aria-label=${t('evening.pages')}>
    ${button({ label: t('evening.page_before'), kind: 'quiet', iconName: 'back', name: 'page-before', disabled: pages.length === 1, onClick: () => onTurn(null) })}
    <span data-name="page-place">${t('evening.page_place', { first: formatCount(first), last: formatCount(first + count - 1) })}</span>
    ${button({ label: t('evening.page_after'), kind: 'quiet', iconName: 'next', name: 'page-after', disabled: next === null, onClick: () => { if (next !== null) onTurn(next); } })}</div>`;
}

/** @param {string | null} after */
function turnTo(after) {
  turn(after);
  scrollTo(0, 0);
}

export function rowsView() {
  const name = list.value ?? 'all';
  const told = rows.data.value;
  const body = () => {
    if (!told) return rows.error.value ? failure({ error: rows.error.value, onRetry: () => void rows.refresh() }) : range.value ? loading(t('evening.loading')) : nothing;
    if (told.rows.length === 0) return empty({ iconName: name === 'all' || name === 'matched' ? 'clock' : 'check', title: t(`evening.none_${name}`) });
    const opened = told.rows.find(({ id }) => id === openRow.value);
    const pages = () => pagesView({ count: told.rows.length, next: told.next, pages: turned.value, onTurn: turnTo });
    return html`<div class="day-columns ${opened ? 'opened' : ''}"><div class="day-list">
      ${turned.value.length > 1 ? pages() : nothing}
      <ul class="charge-list" data-name="evening-rows" data-list=${name} data-rows=${told.rows.length}>${repeat(told.rows, ({ id }) => id, rowView)}</ul>${pages()}</div>${opened ? storyView(opened) : nothing}</div>`;
  };
  return html`${listsBar()}<p class="evening-lead">${t(`evening.list_${name}_words`)}</p>${body()}`;
}
