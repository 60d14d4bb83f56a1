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
import { LISTS, ROWS_A_PAGE, evening, idOf, list, meansName, money, nameOf, openRow, range, readsOnly, rows, symbol, turn, turned } from './evening-data.js';
import { openReceipt } from './receipts.js';
import { giveBack, isUnderWay, refundState, refunds } from './refunds.js';
import { goTo } from './state.js';

/** @typedef {import('./evening-data.js').Row} Row */

const DAY_MS = 86_400_000;

/** @type {Record<string, 'plain' | 'good' | 'info' | 'warning' | 'danger'>} */
const TONES = { paid: 'good', confirmed: 'good', refunded: 'plain', open: 'info', waiting: 'warning', unexpected: 'warning', refused: 'danger', late: 'danger' };
/** @type {Record<string, string>} */
const ICONS = { paid: 'check', confirmed: 'check', refunded: 'undo', open: 'clock', waiting: 'clock', unexpected: 'warning', refused: 'cross', late: 'cross' };

/** @param {string} state */
const stateChip = (state) => chip({ text: t(`evening.state_${state}`), tone: TONES[state] ?? 'plain', iconName: ICONS[state] ?? 'info' });

/** The hour, and the day where the list holds several. @param {number} time */
function when(time) {
  const days = range.value;
  return days && days.to - days.from > 1.5 * DAY_MS ? html`<span>${formatShortDate(time)}</span><span>${formatTime(time)}</span>` : formatTime(time);
}

/** What is odd about a row, in a sentence; nothing when all is well. @param {Row} row */
function why({ reason, state, ticket, sequence }) {
  if (reason && hasWords(`evening.why_${reason}`)) return t(`evening.why_${reason}`);
  if (reason && hasWords(`unexpected.${reason}`)) return t(`unexpected.${reason}`);
  if (list.value !== 'unmatched') return state === 'waiting' || state === 'refused' || state === 'late' ? t(`evening.why_${state}`) : '';
  return sequence === null ? t('evening.why_no_entry') : ticket === null ? t('evening.why_no_ticket') : '';
}

/** @param {Row} row */
function rowView(row) {
  const id = idOf(row);
  const here = openRow.value === id;
  const { time, reference, ticket, amount: cents, state, refunded, till, original } = row;
  const words = why(row);
  return html`<li><button type="button" class="charge-row" data-name="evening-row" data-sequence=${row.sequence ?? nothing} data-state=${state} aria-pressed=${here ? 'true' : 'false'} @click=${() => { openRow.value = here ? null : id; if (!here) scrollTo(0, 0); }}>
    <span class="charge-time">${when(time)}</span>
    <span class="charge-what">${reference ? html`<bdi>${reference}</bdi>` : original ? t('evening.refund_of', { original: formatCount(original) }) : html`<span class="quiet-words">${t('day.no_reference')}</span>`}
      <span class="quiet-words">${[ticket ? t('evening.ticket', { number: formatCount(ticket.ticket) }) : '', till ? nameOf(till) : '', refunded > 0 && state !== 'refunded' ? t('day.refunded_part', { amount: money(refunded) }) : ''].filter(Boolean).join(' · ')}</span>
      ${words ? html`<span class="why">${words}</span>` : nothing}</span>
    <span class="charge-money">${amount(cents, { symbol: symbol() })}${stateChip(state)}</span></button></li>`;
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
  const wrong = state === 'refused' || state === 'late';
  return html`<section class="detail card" data-name="story">
    <div class="detail-head"><button type="button" class="button quiet square" aria-label=${t('till.close')} data-name="story-back" @click=${() => { openRow.value = null; }}>${icon('cross')}</button><h2>${t(cents < 0 ? 'evening.story_refund' : 'evening.story')}</h2></div>
    <div class="detail-amount">${amount(cents, { symbol: symbol(), size: 'huge' })}${stateChip(state)}</div>
    ${words ? banner({ tone: wrong ? 'danger' : 'warning', text: words }) : nothing}
    <ol class="story">
      ${original ? step('undo', t('evening.step_original'), t('evening.entry', { sequence: formatCount(original) }), 'plain') : nothing}
      ${charge ? step('qr', t('evening.step_charge'), html`${reference ? html`<p><bdi>${reference}</bdi></p>` : nothing}<p class="quiet-words">${till ? html`<bdi>${nameOf(till)}</bdi> · ` : nothing}${cashier ? html`<bdi>${nameOf(cashier)}</bdi> · ` : nothing}${code(charge)}</p>`, 'good')
        : original ? nothing : step('qr', t('evening.step_charge'), t('evening.no_charge'), 'missing')}
      ${ticket ? step('till', t('evening.step_ticket'), html`${t('evening.ticket', { number: formatCount(ticket.ticket) })} <span class="quiet-words"><bdi>${nameOf(ticket.till)}</bdi></span>`, 'good')
        : list.value === 'unmatched' && sequence !== null ? step('till', t('evening.step_ticket'), t('evening.why_no_ticket'), 'missing') : nothing}
      ${sequence !== null ? step('check', t('evening.step_entry'), html`<p>${t('evening.entry', { sequence: formatCount(sequence) })} · ${formatDay(time, now())}, ${formatTime(time)}</p>${payer ? html`<p class="quiet-words">${t('evening.payer')} <bdi class="code" dir="ltr">${groupAccount(payer)}</bdi></p>` : nothing}`, 'good')
        : means === 'units' ? step('cross', t('evening.step_entry'), t('evening.why_no_entry'), 'missing') : step('bank', t('evening.step_means'), meansName(means), 'plain')}
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
    const n = told ? (name === 'all' ? told.totals.count : told.counts[name]) : null;
    return html`<button type="button" class="filter" data-name="list-${name}" aria-pressed=${list.value === name ? 'true' : 'false'} @click=${() => { goTo('evening', name); }}>${t(`evening.list_${name}`)}${n === null ? nothing : html` <span class="filter-count">${formatCount(n)}</span>`}</button>`;
  })}</div>`;
}

/** Where in the list this page stands, and the way on. @param {{count: number, next: string | null, pages: (string | null)[], onTurn: (after: string | null) => void}} words */
export function pagesView({ count, next, pages, onTurn }) {
  if (pages.length === 1 && next === null) return nothing;
  const first = (pages.length - 1) * ROWS_A_PAGE + 1;
  return html`<nav class="pages" aria-label=${t('evening.pages')}>
    ${button({ label: t('evening.page_before'), kind: 'quiet', iconName: 'back', name: 'page-before', disabled: pages.length === 1, onClick: () => onTurn(null) })}
    <span role="status" data-name="page-place">${t('evening.page_place', { first: formatCount(first), last: formatCount(first + count - 1) })}</span>
    ${button({ label: t('evening.page_after'), kind: 'quiet', iconName: 'next', name: 'page-after', disabled: next === null, onClick: () => { if (next !== null) onTurn(next); } })}</nav>`;
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
    const opened = told.rows.find((row) => idOf(row) === openRow.value);
    const pages = () => pagesView({ count: told.rows.length, next: told.next, pages: turned.value, onTurn: turnTo });
    return html`<div class="day-columns ${opened ? 'opened' : ''}"><div class="day-list">
      ${turned.value.length > 1 ? pages() : nothing}
      <ul class="charge-list" data-name="evening-rows" data-list=${name} data-rows=${told.rows.length}>${repeat(told.rows, idOf, rowView)}</ul>${pages()}</div>${opened ? storyView(opened) : nothing}</div>`;
  };
  return html`${listsBar()}<p class="evening-lead">${t(`evening.list_${name}_words`)}</p>${body()}`;
}
