// The lines of the bank: those that are ready are signed together, questions are answered one by one, and every other line says
// what became of it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { hasWords, sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { formatShortDate } from '../kit/time.js';
import { amount, banner, button, chip, empty, field, toast } from '../kit/ui.js';
import { actSentence } from './acts.js';
import { STATES, allLines, formatBankDay, lines, olderLines, shownState, want, wanted } from './bank-data.js';
import { openLine } from './bank-line.js';
import { readingView } from './parts.js';
import { acts } from './place.js';
import { proposeActs } from './sign.js';
import { nameOf, overview } from './state.js';

/** @typedef {import('./bank-data.js').Line} Line */
/** @typedef {import('./bank-data.js').LineState} LineState */

const PAUSE_MS = 250;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
const typed = signal('');
/** Which lines are being gathered to be signed. */
const gathering = signal(/** @type {LineState | null} */ (null));

/** @type {Record<LineState, {tone: 'plain' | 'good' | 'info' | 'warning', iconName: string}>} */
export const STATE_LOOKS = {
  ready: { tone: 'info', iconName: 'pen' }, question: { tone: 'warning', iconName: 'info' }, waiting: { tone: 'info', iconName: 'people' },
  booked: { tone: 'good', iconName: 'check' }, set_aside: { tone: 'plain', iconName: 'minus' }, pending: { tone: 'plain', iconName: 'clock' },
};

/** @param {string} text */
function search(text) {
  typed.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => want({ query: text }), PAUSE_MS);
}

/** Words for a code, or the code. @param {string} prefix @param {string} code */
export const wordFor = (prefix, code) => (hasWords(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : code);

/** Who or what a line is for, as far as it is known. @param {Line} line */
export function isFor({ match }) {
  if (!match) return null;
  if (match.account) return nameOf(match.account) ?? t('bank.a_member');
  if (match.campaign) return t('bank.for_campaign', { campaign: match.campaign });
  return match.redemption ? t('bank.for_redemption', { redemption: formatCount(match.redemption) }) : null;
}

/** How it was recognised, and how the money fits. @param {Line} line */
export function matchWords({ match }) {
  if (!match) return null;
  const how = wordFor('match', match.reason);
  const fit = match.outcome === 'exact' ? null : wordFor('fit', match.outcome);
  return fit ? `${how} · ${fit}` : how;
}

/** Amounts in other currencies are shown as they are, and never added. @param {Line} line */
export function lineAmount({ amount: cents, currency }) {
  return amount(cents, { symbol: currency === 'EUR' ? '€' : currency, sign: true, tone: cents > 0 ? 'in' : 'plain' });
}

/** @param {KeyboardEvent} event */
function moveFocus(event) {
  const rows = /** @type {HTMLElement[]} */ ([.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll('button.line')]);
  const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (next === undefined || at < 0 || !rows[next]) return;
  event.preventDefault();
  rows[next].focus();
}

/** @param {Line} line */
function lineView(line) {
  const who = isFor(line);
  const how = matchWords(line);
  const odd = line.match && ['over', 'under', 'late', 'duplicate'].includes(line.match.outcome);
  return html`<li><button type="button" class="line" data-name="line" data-line=${line.line} data-state=${line.state} @click=${() => openLine(line)}>
    <span class="line-day">${formatBankDay(line.booking_date ?? line.value_date, formatShortDate)}</span>
    <span class="line-from"><strong dir="auto">${line.counterparty ?? t('bank.no_name')}</strong><span class="line-text" dir="auto">${line.text ?? ''}</span></span>
    <span class="line-match">${who ? html`<span class="line-who">${icon('next', { size: 16 })}<bdi>${who}</bdi></span>` : line.act && line.state === 'ready' ? html`<span class="line-who">${actSentence(line.act, null)}</span>` : nothing}
      ${how ? html`<span class="line-how ${odd ? 'odd' : ''}">${how}</span>` : line.state === 'question' ? html`<span class="line-how odd">${line.suggestions.length > 0 ? t('bank.has_suggestions', { n: line.suggestions.length }) : t('bank.nobody_found')}</span>` : nothing}</span>
    <span class="line-state">${chip({ text: t(`line.${line.state}`), ...STATE_LOOKS[line.state] })}</span>
    <span class="line-amount">${lineAmount(line)}</span></button></li>`;
}

/** @param {import('./bank-data.js').Counts} counts */
function filters(counts) {
  const shown = shownState();
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const banks = overview.data.value?.banks ?? [];
  /** @param {LineState | 'all'} state @param {number} n */
  const one = (state, n) => html`<button type="button" class="filter" data-name="filter-${state}" aria-pressed=${shown === state ? 'true' : 'false'} @click=${() => want({ state })}>${t(`lines.${state}`)}<span class="filter-count">${formatCount(n)}</span></button>`;
  return html`<div class="line-tools">
    <div class="filters" role="group" aria-label=${t('bank.filter')}>${STATES.map((state) => one(state, counts[state]))}${one('all', all)}</div>
    <div class="line-search" role="search">${field({ name: 'line-query', label: t('bank.search'), value: typed.value, type: 'search', inputMode: 'search', placeholder: t('bank.search_hint'), onInput: search })}
      ${banks.length < 2 ? nothing : html`<label class="plain-select"><span class="hidden">${t('banks.bank')}</span><select name="line-bank" @change=${(/** @type {Event} */ event) => want({ bank: Number(/** @type {HTMLSelectElement} */ (event.target).value) || null })}>
        <option value="">${t('bank.all_banks')}</option>${banks.map(({ bank }) => html`<option value=${bank} ?selected=${wanted.value.bank === bank}>${t('banks.number', { number: bank })}</option>`)}</select></label>`}</div></div>`;
}

/** Signs whatever the lines of a state ask for. @param {LineState} state */
async function signAll(state) {
  gathering.value = state;
  try {
    const found = (await allLines(state)).map(({ act }) => act).filter((act) => act !== null);
    if (found.length > 0) await proposeActs(found, state === 'question' ? { title: t('bank.record_title', { n: found.length }), text: t('bank.record_words') } : {});
    else toast(t('bank.nothing_to_sign'), 'info');
  } catch (error) {
    toast(sentenceFor(error), 'warning');
  } finally {
    gathering.value = null;
  }
}

/** What can be done with all lines that are shown. @param {import('./bank-data.js').Counts} counts */
function together(counts) {
  const shown = shownState();
  const narrowed = wanted.value.query.trim() !== '' || wanted.value.bank !== null;
  if (!acts()) return nothing;
  if (shown === 'ready' && counts.ready > 0) {
    return html`<div class="together" data-name="together"><p><strong>${t('bank.ready', { n: counts.ready })}</strong> <span>${t('bank.ready_words')}</span></p>
      ${button({ label: narrowed ? t('bank.sign_shown') : t('bank.sign_all', { n: counts.ready }), kind: 'primary', iconName: 'pen', name: 'sign-all', busy: gathering.value === 'ready', onClick: () => signAll('ready') })}</div>`;
  }
  if (shown === 'question' && (lines.data.value?.lines.some(({ act }) => act !== null) ?? false)) {
    return html`<div class="together quiet" data-name="together"><p>${t('bank.question_words')}</p>
      ${button({ label: t('bank.record'), iconName: 'pen', name: 'record-all', busy: gathering.value === 'question', onClick: () => signAll('question') })}</div>`;
  }
  return nothing;
}

/** What stands there when no line is in a state. @param {import('./bank-data.js').Counts} counts */
function noLines(counts) {
  const shown = shownState();
  if (wanted.value.query.trim()) return empty({ iconName: 'search', title: t('bank.nothing_found'), action: button({ label: t('bank.clear'), onClick: () => { typed.value = ''; want({ query: '' }); } }) });
  if (Object.values(counts).every((n) => n === 0)) return empty({ iconName: 'bank', title: t('bank.empty'), text: t('bank.empty_words') });
  return empty({ iconName: 'check', title: t(`lines.none.${shown}`), action: shown === 'all' ? nothing : button({ label: t('bank.show_all'), onClick: () => want({ state: 'all' }) }) });
}

export function linesView() {
  return readingView(lines, ({ lines: list, next, counts }) => html`${Object.values(counts).some((n) => n > 0) ? filters(counts) : nothing}${together(counts)}
    ${!overview.data.value || overview.data.value.media.every(({ covered }) => covered) ? nothing : banner({ tone: 'danger', title: t('cover.no'), text: t('bank.short') })}
    ${list.length === 0 ? noLines(counts) : html`<ol class="lines" aria-busy=${lines.busy.value ? 'true' : 'false'} aria-label=${t('bank.lines')} @keydown=${moveFocus}>${repeat(list, ({ line }) => line, lineView)}</ol>
      ${next === null ? nothing : button({ label: t('bank.older'), busy: lines.busy.value, name: 'older', onClick: olderLines })}`}`);
}
