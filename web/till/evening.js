// The evening: one look says whether the days add up. From here to every payment behind a figure, to the shop's own sales file, and
// to what leaves the house: exports, and the signed statement of each day.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { effect, signal, untracked } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { chart } from '../kit/chart.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount, formatCount } from '../kit/money.js';
import { formatDate, formatDay, formatMonth, formatShortDate, formatTime } from '../kit/time.js';
import { amount, banner, empty, failure, field, loading, select } from '../kit/ui.js';
import { LISTS, by, countOf, evening, keys, list, lookAt, many, meansName, money, nameOf, narrow, range, readAll, readsOnly, span, symbol } from './evening-data.js';
import { filesView, readFiles } from './evening-files.js';
import { papersView, readPapers } from './evening-papers.js';
import { rowsView } from './evening-rows.js';
import { fromMenu } from './more.js';
import { dayStart, dayText, grouped } from './period.js';
import { place, screen, shop, today } from './state.js';

/** @typedef {import('./evening-data.js').Evening} Evening */
/** @typedef {import('./period.js').Span} Span */

/** A reading of the ledger that is older than this is said to be. */
const BEHIND_MS = 2 * 60_000;
/** So many bars stand apart; longer times are told by the month. */
const MOST_BARS = 62;
/** Of several tills or cashiers, so many are told without asking. */
const KEYS_SHOWN = 12;

/** @type {Span['kind'][]} */
const KINDS = ['day', 'week', 'month', 'year', 'days'];

const typed = signal({ from: '', to: '' });

/** @param {Span['kind']} kind */
function choose(kind) {
  if (kind !== 'days') return lookAt({ kind, offset: 0 });
  const days = range.peek();
  typed.value = { from: days ? dayText(days.from) : '', to: days ? dayText(days.to - 1) : '' };
  lookAt({ kind, ...typed.value });
}

/** @param {Partial<{from: string, to: string}>} change */
function type(change) {
  typed.value = { ...typed.value, ...change };
  lookAt({ kind: 'days', ...typed.value });
}

/** The days in words: "Hier", "16 – 22 novembre", "novembre 2026". @param {Span} chosen @param {{from: number, to: number} | null} days */
function daysName(chosen, days) {
  if (!days) return t('evening.choose_days');
  if (chosen.kind === 'day') return formatDay(days.from, now());
  if (chosen.kind === 'year') return String(new Date(days.from).getFullYear());
  if (chosen.kind === 'month') {
    const words = formatMonth(days.from);
    return words.charAt(0).toLocaleUpperCase() + words.slice(1);
  }
  const last = days.to - 1;
  return dayText(days.from) === dayText(last) ? formatDate(last) : t('evening.from_to', { from: formatShortDate(days.from), to: formatDate(last) });
}

/** @param {{who?: boolean}} [options] who: a till or a cashier can be chosen as well */
function daysBar({ who = true } = {}) {
  const chosen = span.value;
  const days = range.value;
  const steps = chosen.kind !== 'days';
  const step = (/** @type {number} */ by) => () => { if (chosen.kind !== 'days') lookAt({ kind: chosen.kind, offset: chosen.offset + by }); };
  return html`<section class="evening-days" aria-label=${t('evening.days')}>
    <div class="filters" role="group" aria-label=${t('evening.days')}>${KINDS.map((kind) => html`<button type="button" class="filter" data-name="span-${kind}" aria-pressed=${chosen.kind === kind ? 'true' : 'false'} @click=${() => choose(kind)}>${t(`evening.span_${kind}`)}</button>`)}</div>
    <div class="day-bar">
      ${steps ? html`<button type="button" class="button quiet square" data-name="days-before" aria-label=${t('evening.before')} @click=${step(-1)}>${icon('back')}</button>` : nothing}
      <p class="evening-when" aria-live="polite" data-name="days">${daysName(chosen, days)}</p>
      ${steps ? html`<button type="button" class="button quiet square" data-name="days-after" aria-label=${t('evening.after')} ?disabled=${chosen.offset >= 0} @click=${step(1)}>${icon('next')}</button>` : nothing}
    </div>
    ${steps ? nothing : html`<div class="filter-grid">
      ${field({ name: 'days-from', label: t('evening.from'), type: 'date', value: typed.value.from, ltr: true, onInput: (from) => type({ from }) })}
      ${field({ name: 'days-to', label: t('evening.to'), type: 'date', value: typed.value.to, ltr: true, fault: days ? null : t('evening.bad_days'), onInput: (to) => type({ to }) })}</div>`}
    ${who ? whoView() : nothing}
  </section>`;
}

/** Which till, which cashier; nothing to choose where there is one. */
function whoView() {
  const known = keys.data.value ?? [];
  const tills = known.filter(({ kind }) => kind === undefined || kind === 'till');
  const cashiers = known.filter(({ kind }) => kind === 'cashier');
  if (tills.length < 2 && cashiers.length === 0) return nothing;
  const options = (/** @type {typeof known} */ of, /** @type {string} */ all) => [{ value: '', label: all }, ...of.map(({ key, label }) => ({ value: key, label }))];
  return html`<div class="filter-grid">
    ${tills.length < 2 ? nothing : select({ name: 'evening-till', label: t('evening.till'), value: by.value.till, options: options(tills, t('evening.all_tills')), onChoose: (till) => narrow({ till }) })}
    ${cashiers.length === 0 ? nothing : select({ name: 'evening-cashier', label: t('evening.cashier'), value: by.value.cashier, options: options(cashiers, t('evening.all_cashiers')), onChoose: (cashier) => narrow({ cashier }) })}</div>`;
}

/** What still needs a person, with where it is looked at. @param {Evening} told */
function troubles({ counts, open = counts }) {
  const of = { ...counts, ...open };
  return /** @type {const} */ (['unmatched', 'unexpected', 'offline', 'differences']).map((name) => ({ name, n: of[name], to: name === 'differences' ? 'files' : name })).filter(({ n }) => n > 0);
}

/** One sentence: do these days add up? @param {Evening} told */
function verdict(told) {
  const found = troubles(told);
  const { net } = told.totals;
  const count = countOf(told);
  const quiet = found.length === 0;
  const none = quiet && count === 0;
  const things = found.reduce((sum, { n }) => sum + n, 0);
  const tone = none ? 'none' : quiet ? 'good' : 'look';
  return html`<section class="verdict card ${tone}" data-name="verdict" data-tone=${tone}>
    <div class="verdict-head"><span class="state-icon">${icon(none ? 'clock' : quiet ? 'check' : 'eye', { size: 36 })}</span>
      <div><h2>${none ? t('evening.nothing') : quiet ? t('evening.adds_up') : many('evening.look', things)}</h2>
        <p>${none ? t('evening.nothing_words') : quiet ? many('evening.adds_up_words', told.counts.matched) : many('evening.look_words', told.counts.matched)}</p></div></div>
    ${quiet ? nothing : html`<ul class="troubles">${found.map(({ name, n, to }) => html`<li><a class="row" href="#evening=${to}" data-name="trouble-${name}" data-count=${n}>
      <span class="row-icon warning">${icon(ICONS[name])}</span><span class="row-words"><span class="row-title">${many(`evening.trouble_${name}`, n)}</span><span class="row-note">${t(`evening.trouble_${name}_words`)}</span></span>${icon('next', { size: 20 })}</a></li>`)}</ul>`}
    <div class="verdict-net"><span>${t('evening.net')}</span><span data-name="net" data-cents=${net}>${amount(net, { symbol: symbol(), size: 'big' })}</span></div>
  </section>`;
}

/** @type {Record<string, string>} */
const ICONS = { all: 'history', matched: 'check', unmatched: 'eye', unexpected: 'warning', refunded: 'undo', offline: 'offline', differences: 'file' };

/** @param {Evening['totals']} totals */
function totalsView({ sales, refunds, tips, units_in: came, units_back: back }) {
  /** @param {string} key @param {number} cents */
  const line = (key, cents) => html`<div><dt>${t(`evening.${key}`)}</dt><dd>${amount(cents, { symbol: symbol() })}</dd></div>`;
  return html`<section class="card"><h2>${t('evening.totals')}</h2><dl class="facts" data-name="evening-totals">
    ${line('sales', sales)}${line('refunds', refunds === 0 ? 0 : -refunds)}${tips === 0 ? nothing : line('tips', tips)}
    <div><dt>${t('evening.units', { symbol: symbol() })}</dt><dd>${amount(came - back, { symbol: symbol() })}</dd></div></dl></section>`;
}

/** "20 %", "5,5 %". @param {number} rate hundredths of a percent */
function rateWords(rate) {
  const [whole, part] = [Math.trunc(rate / 100), String(rate % 100).padStart(2, '0').replace(/0+$/, '')];
  return t('evening.rate', { rate: part ? `${whole}${t('evening.decimal')}${part}` : String(whole) });
}

/** @param {Evening['by_rate']} rates */
function ratesView(rates) {
  if (rates.length === 0) return nothing;
  const sum = (/** @type {'gross' | 'vat'} */ what) => rates.reduce((total, rate) => total + rate[what], 0);
  return html`<section class="card"><h2>${t('evening.vat', { symbol: symbol() })}</h2><div class="table-scroll" tabindex="0" role="region" aria-label=${t('evening.vat', { symbol: symbol() })}><table class="sums" data-name="by-rate">
    <thead><tr><th scope="col">${t('evening.vat_rate')}</th><th scope="col" class="number">${t('evening.vat_gross')}</th><th scope="col" class="number">${t('evening.vat_vat')}</th></tr></thead>
    <tbody>${rates.map(({ rate, gross, vat }) => html`<tr><th scope="row">${rateWords(rate)}</th><td class="number">${formatAmount(gross)}</td><td class="number">${formatAmount(vat)}</td></tr>`)}</tbody>
    ${rates.length < 2 ? nothing : html`<tfoot><tr><th scope="row">${t('evening.sum')}</th><td class="number">${formatAmount(sum('gross'))}</td><td class="number">${formatAmount(sum('vat'))}</td></tr></tfoot>`}</table></div></section>`;
}

/** @param {Evening['by_means']} means */
function meansView(means) {
  if (means.length < 2) return nothing;
  return html`<section class="card"><h2>${t('evening.means')}</h2><dl class="facts" data-name="by-means">${means.map((one) => html`<div><dt>${meansName(one.means)}</dt><dd>${amount(one.amount, { symbol: symbol() })}</dd></div>`)}</dl></section>`;
}

/** @param {string} title @param {string} name @param {import('./evening-data.js').KeySum[]} sums */
function keysView(title, name, sums) {
  if (sums.length < 2) return nothing;
  const row = (/** @type {typeof sums[number]} */ { key, label, net, count }) => html`<div><dt><bdi>${label ?? nameOf(key)}</bdi><br><span class="quiet-words">${many('evening.payments', count)}</span></dt><dd>${amount(net, { symbol: symbol() })}</dd></div>`;
  const rest = sums.slice(KEYS_SHOWN);
  return html`<section class="card"><h2>${title}</h2><dl class="facts" data-name=${name}>${sums.slice(0, KEYS_SHOWN).map(row)}</dl>
    ${rest.length === 0 ? nothing : html`<details><summary>${many('evening.more', rest.length)}${icon('down', { size: 18 })}</summary><dl class="facts">${rest.map(row)}</dl></details>`}</section>`;
}

/** @param {Evening['by_day']} days */
function daysChart(days) {
  if (days.length < 2) return nothing;
  const { by: unit, groups } = grouped(days, MOST_BARS);
  const nets = groups.map((group) => group.reduce((sum, { net }) => sum + net, 0));
  const counts = groups.map((group) => group.reduce((sum, { count }) => sum + count, 0));
  const start = (/** @type {{day: string}[]} */ [{ day }]) => dayStart(day) ?? 0;
  const whole = unit === 'day' ? formatDate : formatMonth;
  const most = nets.indexOf(Math.max(...nets));
  return html`<section class="card">${chart({
    name: 'evening-chart', kind: 'bars', title: t(`evening.chart_${unit}`), head: t(`evening.head_${unit}`), newestFirst: true,
    labels: groups.map((group) => whole(start(group))), ticks: groups.map((group) => (unit === 'day' ? formatShortDate : formatMonth)(start(group))),
    series: [{ title: t('evening.net'), tone: 'fund', values: nets, words: (cents) => money(cents) }, { title: t('evening.count'), tone: 'redeemed', values: counts, words: formatCount, tableOnly: true }],
    sentence: t('evening.chart_sentence', { from: whole(start(groups[0])), to: whole(start(groups[groups.length - 1])), amount: money(nets.reduce((sum, cents) => sum + cents, 0)), best: whole(start(groups[most])), most: money(nets[most]) }),
  })}</section>`;
}

/** The lists, and the other rooms of the evening. @param {Evening} told */
function waysView(told) {
  const { counts } = told;
  /** @param {string} to @param {string} iconName @param {string} key @param {number | null} n */
  const row = (to, iconName, key, n = null) => html`<li><a class="row" href="#evening=${to}" data-name="to-${to}"><span class="row-icon">${icon(iconName)}</span>
    <span class="row-words"><span class="row-title">${t(`evening.${key}`)}</span><span class="row-note">${t(`evening.${key}_note`)}</span></span>${n === null ? nothing : html`<span class="row-end"><strong>${formatCount(n)}</strong></span>`}${icon('next', { size: 20 })}</a></li>`;
  return html`<section><h2>${t('evening.lists')}</h2><ul class="list">${LISTS.map((name) => row(name, ICONS[name], `list_${name}`, name === 'all' ? countOf(told) : counts[name]))}</ul></section>
    <section><h2>${t('evening.outside')}</h2><ul class="list">${row('files', 'upload', 'files')}${row('papers', 'save', 'papers')}</ul></section>`;
}

/** @param {Evening} told */
function lookView(told) {
  const behind = now() - told.as_of > BEHIND_MS && (range.value?.to ?? 0) > told.as_of;
  return html`${evening.error.value ? banner({ tone: 'warning', text: t('evening.old', { time: formatTime(evening.at.value) }), iconName: 'offline' }) : nothing}
    ${told.as_of === 0 ? banner({ tone: 'warning', text: t('evening.never_read'), iconName: 'clock' }) : behind ? banner({ tone: 'warning', text: t('evening.behind', { time: formatTime(told.as_of) }), iconName: 'clock' }) : nothing}
    <div class="evening-columns"><div class="evening-main">${verdict(told)}${daysChart(told.by_day)}</div>
      <div class="evening-side">${totalsView(told.totals)}${ratesView(told.by_rate)}${meansView(told.by_means)}
        ${keysView(t('evening.by_till'), 'by-till', told.by_till)}
        ${keysView(t('evening.by_cashier'), 'by-cashier', told.by_cashier)}</div><div class="evening-ways">${waysView(told)}</div></div>`;
}

function lookRoom() {
  if (!range.value) return empty({ iconName: 'clock', title: t('evening.choose_days') });
  const told = evening.data.value;
  if (told) return lookView(told);
  return evening.error.value ? failure({ error: evening.error.value, title: t('evening.failed'), onRetry: () => readAll() }) : loading(t('evening.loading'));
}

/** @param {string} value what stands after `#evening=` */
export function eveningView(value) {
  const reader = readsOnly() ? banner({ tone: 'info', text: t('evening.reader'), iconName: 'eye' }) : nothing;
  if (list.value) return fromEvening(t(`evening.list_${list.value}`), html`${daysBar()}${rowsView()}`);
  if (value.startsWith('files')) return fromEvening(t('evening.files'), filesView(value.slice('files/'.length)), value.split('/').slice(0, -1).join('/'));
  if (value.startsWith('papers')) return fromEvening(t('evening.papers'), html`${daysBar({ who: false })}${papersView()}`);
  return fromMenu({ title: t('evening.title'), name: 'evening', wide: true, body: html`${reader}${daysBar()}${lookRoom()}` });
}

/** A part of the evening, with the way back. @param {string} title @param {unknown} body @param {string} [back] */
function fromEvening(title, body, back = '') {
  return html`<div class="till-wide" data-name="evening-room"><div class="screen-head"><a class="button quiet square" href="#evening${back ? `=${back}` : ''}" aria-label=${t('till.back')} data-name="to-evening">${icon('back')}</a><h1>${title}</h1></div>${body}</div>`;
}

// Whoever comes here reads what is shown; what happens in the shop meanwhile is read again.
effect(() => {
  if (screen.value !== 'evening' || !shop.value) return;
  const at = place.value;
  untracked(() => {
    scrollTo(0, 0);
    if (at.startsWith('files')) return readFiles(at.slice('files/'.length));
    readAll();
    if (at.startsWith('papers')) readPapers();
  });
});
effect(() => {
  if (today.data.value && screen.peek() === 'evening' && list.peek() === null && !evening.busy.peek() && (range.peek()?.to ?? 0) > now()) untracked(() => void evening.refresh());
});
