// "Simulate before activating": the past months once more under the draft. What it would have cost, who would have gained, who would
// have met the cap, when the money would have ended, and whether somebody could have turned units round for a gain.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { chart } from '../kit/chart.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { formatAmount, formatCount } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { amount, banner, button } from '../kit/ui.js';
import { euros } from './acts.js';
import { monthWords, units } from './rules-data.js';
import { desk } from './state.js';
import { dataTable } from './table.js';

/** @typedef {{month: string, conversions: number, euros: number, cost: number, members: number}} MonthLine */
/** @typedef {{account: string, name: string | null, shop: string, shop_name: string | null, converted: number, bonus: number, redeemed: number, days: number}} Trip */
/**
 * @typedef {object} Simulation
 * @property {'publish_campaign' | 'publish_fee' | 'publish_gift'} kind
 * @property {boolean} moved the draft's dates lay elsewhere
 * @property {'journal' | 'assumed' | null} money where the sponsor's euros come from
 * @property {MonthLine[]} months
 * @property {number} cost
 * @property {number} given of fees: what goes on to associations
 * @property {number} refused
 * @property {number | null} budget
 * @property {number | null} budget_left
 * @property {number | null} budget_ends
 * @property {number | null} money_ends
 * @property {{members: number, cents: number}} capped
 * @property {{cents_from: number, cents_to: number | null, members: number}[]} gains
 * @property {{account: string, name: string | null, cents: number}[]} top
 * @property {import('./rules-data.js').GiftPeriod[]} periods
 * @property {{factor: string, gain: boolean, cap_missing: boolean, with: number[], exempt: boolean, trips: Trip[], trips_total: number}} arbitrage
 * @property {number} entries
 * @property {number} took_ms
 */
/** @typedef {{state: 'running'} | {state: 'failed', error: unknown} | {state: 'done', draft: string, result: Simulation}} Run */

/** How far back one may look. */
const MONTHS = 24;
const MONTHS_AT_FIRST = 6;

/** @type {import('../vendor/signals-core/signals-core.js').Signal<Record<string, Run>>} */
const runs = signal({});
const back = signal(MONTHS_AT_FIRST);
const until = signal(0);

/** @param {string} name of the draft */
export function forgetSimulation(name) {
  const { [name]: _gone, ...rest } = runs.peek();
  runs.value = rest;
}

/** The start of a month. @param {number} ago 0 is this month */
function monthStart(ago) {
  const at = new Date(now());
  return new Date(at.getFullYear(), at.getMonth() - ago, 1).getTime();
}

/** @param {string} name @param {import('./state.js').ActWords | null} draft */
async function run(name, draft) {
  const at = desk.peek();
  if (!at || !draft) return;
  runs.value = { ...runs.peek(), [name]: { state: 'running' } };
  try {
    const words = { draft, from: monthStart(back.value), until: until.value === 0 ? now() : monthStart(until.value - 1) };
    const result = /** @type {Simulation} */ (await at.session.json('/office/v1/rules/simulate', { json: words }));
    runs.value = { ...runs.peek(), [name]: { state: 'done', draft: JSON.stringify(draft), result } };
  } catch (error) {
    runs.value = { ...runs.peek(), [name]: { state: 'failed', error } };
  }
}

/** What the draft does, by kind: a cost, an income, or gifts. @type {Record<Simulation['kind'], string>} */
const COSTS = { publish_campaign: 'cost', publish_fee: 'income', publish_gift: 'gifts' };

/** @param {string} label @param {unknown} value @param {boolean} [bad] */
const figure = (label, value, bad = false) => html`<div><dt>${label}</dt><dd class="told ${bad ? 'danger-text' : ''}">${value}</dd></div>`;

/** @param {Simulation} result */
function budgetFigure({ budget, budget_left: left, budget_ends: ends, money_ends: money }) {
  if (ends !== null) return figure(t('simulate.budget'), t('simulate.budget_ends', { date: formatDate(ends) }), true);
  if (money !== null) return figure(t('simulate.budget'), t('simulate.money_ends', { date: formatDate(money) }), true);
  return budget === null ? nothing : figure(t('simulate.budget'), left === null ? euros(budget) : t('simulate.budget_left', { amount: euros(left) }));
}

/** @param {Simulation} result */
function answer(result) {
  const { kind, cost, capped, months: list, given, refused } = result;
  const members = list.reduce((most, month) => Math.max(most, month.members), 0);
  return html`<dl class="figures"><div><dt>${t(`simulate.${COSTS[kind]}`)}</dt><dd>${amount(cost, { symbol: '€', size: 'big' })}</dd></div>
      ${budgetFigure(result)}
      ${kind === 'publish_campaign' ? figure(t('simulate.capped'), capped.members === 0 ? t('simulate.capped_none') : t('simulate.capped_n', { n: capped.members, amount: units(capped.cents) })) : nothing}
      ${kind === 'publish_fee' ? figure(t('rules.given'), euros(given)) : nothing}
      ${refused > 0 ? figure(t('simulate.refused'), formatCount(refused), true) : nothing}
      ${figure(t('simulate.most_members'), formatCount(members))}</dl>
    ${result.moved ? html`<p class="quiet-text">${t('simulate.moved')}</p>` : nothing}${result.money === 'assumed' ? html`<p class="quiet-text">${t('simulate.assumed')}</p>` : nothing}`;
}

/** @param {Simulation} result */
function months({ kind, months: list, cost, budget }) {
  let sum = 0;
  const sums = list.map((month) => (sum += month.cost));
  const title = t(`simulate.${COSTS[kind]}`);
  return html`<div class="dashboard-columns">${chart({
    title: t('simulate.by_month'), name: 'simulation-months', kind: 'bars', compact: true, head: t('rules.month'), labels: list.map(({ month }) => monthWords(month)), ticks: list.map(({ month }) => monthWords(month, true)),
    series: [
      { title, tone: 'circulation', values: list.map((month) => month.cost), words: euros },
      { title: t(kind === 'publish_fee' ? 'simulate.redeemed' : 'rules.converted'), tone: 'fund', values: list.map((month) => month.euros), words: euros, tableOnly: true },
      { title: t(kind === 'publish_fee' ? 'tab.redemptions' : 'rules.conversions'), tone: '', values: list.map((month) => month.conversions), words: formatCount, tableOnly: true },
      { title: t('rules.members'), tone: '', values: list.map((month) => month.members), words: formatCount, tableOnly: true },
    ],
    sentence: t('simulate.by_month_sentence', { n: list.length, cost: euros(cost) }),
  })}${list.length < 2 ? nothing : chart({
    title: t('simulate.sum'), name: 'simulation-sum', compact: true, head: t('rules.month'), labels: list.map(({ month }) => monthWords(month)), ticks: list.map(({ month }) => monthWords(month, true)),
    series: [{ title: t('simulate.sum_series'), tone: 'circulation', values: sums, words: euros, surface: true }],
    level: budget !== null && budget <= Math.abs(cost) * 3 ? { value: budget, title: t('simulate.level', { amount: euros(budget) }) } : undefined,
    sentence: t('simulate.sum_sentence', { cost: euros(cost) }),
  })}</div>`;
}

/** @param {{cents_from: number, cents_to: number | null}} gain */
function gainWords({ cents_from: from, cents_to: to }) {
  if (to === null) return t('simulate.gain_over', { from: units(from) });
  return from === 0 && to === 0 ? t('simulate.gain_none') : t('simulate.gain_range', { from: formatAmount(from), to: units(to) });
}

/** @param {Simulation} result */
function winners({ gains, top }) {
  return html`<div class="dashboard-columns">
    ${gains.length === 0 ? nothing : html`<div>${chart({
      title: t('simulate.gains'), name: 'simulation-gains', kind: 'bars', cents: false, compact: true, head: t('simulate.gain'), labels: gains.map(gainWords), ticks: gains.map(({ cents_from: from }) => `${formatCount(Math.round(from / 100))}+`),
      series: [{ title: t('rules.members'), tone: 'fund', values: gains.map(({ members }) => members), words: formatCount }],
      sentence: t('simulate.gains_sentence', { n: gains.reduce((all, { members }) => all + members, 0) }),
    })}</div>`}
    ${top.length === 0 ? nothing : html`<div class="stack tight"><h3>${t('simulate.top')}</h3>${dataTable({
      name: 'simulation-top', label: t('simulate.top'), plain: true, rows: top, id: ({ account }) => account, none: { iconName: 'people', title: t('simulate.nobody') },
      columns: [{ key: 'name', title: t('members.name'), value: ({ name, account }) => name ?? account }, { key: 'cents', title: t('simulate.gain'), kind: 'cents', value: ({ cents }) => cents }],
    })}</div>`}</div>`;
}

/** The share that a member and a shop gain together, e.g. "1.14" is 14 %. @param {string} factor */
const gainPart = (factor) => formatAmount(Math.round((Number(factor) - 1) * 10_000)).replace(/[.,]00$/, '');

/** @param {Simulation} result */
function arbitrageView({ arbitrage }) {
  const { factor, gain, cap_missing: open, exempt, trips, trips_total: total } = arbitrage;
  if (!gain) return html`<div data-name="arbitrage" data-gain="no">${banner({ tone: 'good', title: t('simulate.safe'), text: t('simulate.safe_words') })}</div>`;
  return html`<div class="stack tight" data-name="arbitrage" data-gain="yes">${banner({
    tone: open ? 'danger' : 'warning', title: t('simulate.arbitrage', { rate: gainPart(factor) }),
    text: `${t('simulate.arbitrage_words')}${exempt ? ` ${t('simulate.exempt')}` : ''} ${open ? t('simulate.cap_missing') : t('simulate.cap_there')} ${total === 0 ? t('simulate.trips_none') : t('simulate.trips_n', { n: total })}`,
  })}
    ${trips.length === 0 ? nothing : dataTable({
      name: 'round-trips', label: t('simulate.trips'), rows: trips.map((trip, at) => ({ ...trip, at })), id: ({ at }) => at, none: { iconName: 'refresh', title: t('simulate.trips_none') },
      columns: [
        { key: 'account', title: t('simulate.member'), value: ({ name, account }) => name ?? account },
        { key: 'shop', title: t('simulate.shop'), value: ({ shop_name: name, shop }) => name ?? shop },
        { key: 'converted', title: t('rules.converted'), kind: 'cents', value: ({ converted }) => converted },
        { key: 'bonus', title: t('simulate.bonus'), kind: 'cents', value: ({ bonus }) => bonus },
        { key: 'redeemed', title: t('simulate.redeemed'), kind: 'cents', value: ({ redeemed }) => redeemed },
        { key: 'days', title: t('simulate.days'), kind: 'count', value: ({ days }) => days },
      ],
    })}</div>`;
}

/** Gifts: what each period comes to, association by association. @param {Simulation} result */
function giftsOf({ periods }) {
  return periods.map(({ start, end, due, total }) => html`<div class="stack tight"><h3>${t('campaign.from_to', { start: formatDate(start), end: formatDate(end) })} · ${euros(total ?? 0)}</h3>
    ${!due || due.length === 0 ? html`<p class="quiet-text">${t('rules.gift_nobody')}</p>` : dataTable({
      name: `simulated-gifts-${start}`, label: t('rules.gifts'), plain: true, rows: due, id: ({ account }) => account, none: { iconName: 'gift', title: t('rules.gift_nobody') },
      columns: [
        { key: 'name', title: t('account_kind.association'), value: ({ name, account }) => name ?? account }, { key: 'members', title: t('rules.members_behind'), kind: 'count', value: ({ members }) => members },
        { key: 'euros', title: t('rules.converted'), kind: 'cents', value: ({ euros: cents }) => cents }, { key: 'cents', title: t('rules.gift'), kind: 'cents', value: ({ cents }) => cents },
      ],
    })}</div>`);
}

/** @param {Simulation} result */
function resultView(result) {
  if (result.kind === 'publish_gift') return html`<div class="stack loose" data-name="simulation" data-cost=${result.cost}>${answer(result)}${result.periods.length === 0 ? html`<p class="quiet-text">${t('simulate.no_period')}</p>` : giftsOf(result)}</div>`;
  if (result.months.every(({ conversions }) => conversions === 0)) return html`<p class="quiet-text" data-name="simulation" data-cost="0">${t('simulate.nothing')}</p>${arbitrageView(result)}`;
  return html`<div class="stack loose" data-name="simulation" data-cost=${result.cost}>${answer(result)}${arbitrageView(result)}${months(result)}${winners(result)}
    <p class="quiet-text small-text">${t('simulate.how', { n: formatCount(result.entries) })}</p></div>`;
}

/** @param {string} name of the draft @param {() => import('./state.js').ActWords | null} words reads the draft, and notes its faults */
export function simulateView(name, words) {
  const state = runs.value[name];
  const choose = (/** @type {import('../vendor/signals-core/signals-core.js').Signal<number>} */ of) => (/** @type {Event} */ event) => { of.value = Number(/** @type {HTMLSelectElement} */ (event.target).value); };
  const monthOf = (/** @type {number} */ ago) => { const at = new Date(monthStart(ago)); return monthWords(`${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}`); };
  return html`<section class="card stack" data-name="simulate"><h2>${t('simulate.title')}</h2><p>${t('simulate.words')}</p>
    <div class="simulate-months"><label class="plain-select"><span>${t('simulate.from')}</span> <select name="simulate-from" @change=${choose(back)}>${Array.from({ length: MONTHS }, (_, at) => html`<option value=${at} ?selected=${back.value === at}>${monthOf(at)}</option>`)}</select></label>
      <label class="plain-select"><span>${t('simulate.until')}</span> <select name="simulate-until" @change=${choose(until)}>${Array.from({ length: MONTHS }, (_, at) => html`<option value=${at} ?selected=${until.value === at}>${at === 0 ? t('simulate.today') : monthOf(at)}</option>`)}</select></label>
      ${button({ label: t('simulate.do'), iconName: 'chart', busy: state?.state === 'running', name: 'simulate-do', onClick: () => void run(name, words()) })}</div>
    <div role="status">${state?.state === 'failed' ? banner({ tone: 'danger', text: sentenceFor(state.error) }) : state?.state === 'done' ? resultView(state.result) : nothing}</div></section>`;
}
