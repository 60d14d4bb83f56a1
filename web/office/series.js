// Charts of the dashboard: circulation beside its cover, and what was converted and redeemed, day by day.

import { html } from '../vendor/lit-html/lit-html.js';
import { effect, signal, untracked } from '../vendor/signals-core/signals-core.js';
import { chart } from '../kit/chart.js';
import { t } from '../kit/i18n.js';
import { formatShortDate } from '../kit/time.js';
import { euros } from './acts.js';
import { formatBankDay } from './bank-data.js';
import { readingView } from './parts.js';
import { Reading, overview, section } from './state.js';

/** @typedef {{date: string, circulation: number | null, cover: number | null, paper_circulation: number | null, paper_cover: number | null, converted: number, bonus: number, redeemed: number}} Day what no coverage statement said is null */

const SPANS = [30, 90, 365];
/** Longer spans are told by the week, so that bars stay apart. */
const BY_WEEK_FROM = 60;
const WEEK = 7;

const span = signal(SPANS[0]);
const series = new Reading(() => `/office/v1/series?days=${span.peek()}`, (answer) => /** @type {Day[]} */ (answer.days));

effect(() => {
  if (overview.at.value && section.value === 'dashboard') untracked(() => series.refresh());
});

/** One medium does not cover the other. @param {Day} day */
function isShort({ circulation, cover, paper_circulation: paper, paper_cover: paperCover }) {
  return (circulation ?? 0) > (cover ?? 0) || (paper ?? 0) > (paperCover ?? 0);
}

/** @param {Day[]} days */
function coverChart(days) {
  const told = days.filter(({ circulation }) => circulation !== null);
  if (told.length < 2) return html`<p class="quiet-text">${t('series.too_few')}</p>`;
  const sum = (/** @type {number | null} */ a, /** @type {number | null} */ b) => (a ?? 0) + (b ?? 0);
  const circulation = told.map((day) => sum(day.circulation, day.paper_circulation));
  const cover = told.map((day) => sum(day.cover, day.paper_cover));
  const last = told.length - 1;
  return chart({
    name: 'chart-cover', title: t('series.cover'), head: t('series.day'), newestFirst: true, compact: true,
    labels: told.map(({ date }) => formatBankDay(date)), ticks: told.map(({ date }) => formatBankDay(date, formatShortDate)),
    series: [{ title: t('cover.circulation'), tone: 'circulation', values: circulation, words: euros, surface: true }, { title: t('cover.fund'), tone: 'fund', values: cover, words: euros }],
    sentence: t('series.cover_sentence', { from: formatBankDay(told[0].date), to: formatBankDay(told[last].date), circulation: euros(circulation[last]), cover: euros(cover[last]) }),
    bands: told.map((_, at) => at).filter((at) => isShort(told[at])), bandTitle: t('series.short'),
  });
}

/** Days in sevens, the last ones whole. @param {Day[]} days @returns {Day[][]} */
function weeks(days) {
  const first = days.length % WEEK;
  const groups = first > 0 ? [days.slice(0, first)] : [];
  for (let at = first; at < days.length; at += WEEK) groups.push(days.slice(at, at + WEEK));
  return groups;
}

/** @param {Day[]} days */
function flowChart(days) {
  const weekly = days.length > BY_WEEK_FROM;
  const groups = weekly ? weeks(days) : days.map((day) => [day]);
  /** @param {'converted' | 'redeemed'} what */
  const sums = (what) => groups.map((group) => group.reduce((sum, day) => sum + day[what], 0));
  const [converted, redeemed] = [sums('converted'), sums('redeemed')];
  const total = (/** @type {number[]} */ values) => euros(values.reduce((sum, cents) => sum + cents, 0));
  return chart({
    name: 'chart-flow', kind: 'bars', title: t(weekly ? 'series.flow_weeks' : 'series.flow'), head: t(weekly ? 'series.week' : 'series.day'), newestFirst: true, compact: true,
    labels: groups.map(([{ date }]) => formatBankDay(date)), ticks: groups.map(([{ date }]) => formatBankDay(date, formatShortDate)),
    series: [{ title: t('series.converted'), tone: 'fund', values: converted, words: euros }, { title: t('series.redeemed'), tone: 'redeemed', values: redeemed, words: euros }],
    sentence: t('series.flow_sentence', { from: formatBankDay(days[0].date), to: formatBankDay(days[days.length - 1].date), converted: total(converted), redeemed: total(redeemed) }),
  });
}

/** @param {number} days */
function choose(days) {
  span.value = days;
  void series.refresh();
}

export function seriesView() {
  return html`<div class="filters" role="group" aria-label=${t('series.span')}>${SPANS.map((days) => html`<button type="button" class="filter" aria-pressed=${span.value === days ? 'true' : 'false'} data-name="span-${days}" @click=${() => choose(days)}>${t('series.days', { n: days })}</button>`)}</div>
    ${readingView(series, (days) => html`<div class="covers"><div class="card">${coverChart(days)}</div><div class="card">${flowChart(days)}</div></div>`)}`;
}
