// The dashboard: are we covered, what came in, what waits for me, what is odd; in one look.

import { html, nothing, svg } from '../vendor/lit-html/lit-html.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { formatTime } from '../kit/time.js';
import { amount, banner, chip } from '../kit/ui.js';
import { euros } from './acts.js';
import { counts } from './bank-data.js';
import { waitingForMe } from './decisions.js';
import { actLine } from './history.js';
import { oddView } from './odd.js';
import { readingView } from './parts.js';
import { publicationView } from './publication.js';
import { seriesView } from './series.js';
import { acts, credits, desk, overview, proposals, redemptions } from './state.js';

const LAST_ACTS = 5;
const SCALE = 1000;

/** @param {number} cents @param {number} most */
function lengthOf(cents, most) {
  return most === 0 ? 0 : Math.round((Math.max(0, cents) * SCALE) / most);
}

/**
 * Circulation and cover as two bars on one scale: what is beyond, or missing, is seen before it is read.
 * @param {import('./state.js').Medium} medium
 * @param {number} most
 */
function mediumView(medium, most) {
  const { circulation, cover, surplus, covered } = medium;
  const name = t(`medium.${medium.medium}`);
  const inCirculation = lengthOf(circulation, most);
  const covering = lengthOf(Math.min(cover, circulation), most);
  const beyond = Math.max(0, lengthOf(cover, most) - covering);
  const short = Math.max(0, inCirculation - covering);
  const sentence = surplus === 0 ? t('cover.exact') : covered ? t('cover.surplus', { amount: euros(surplus) }) : t('cover.short', { amount: euros(-surplus) });
  /** @param {string} label @param {number} cents */
  const side = (label, cents) => (cents === 0 ? nothing : html`<div><dt>${label}</dt><dd>${amount(cents, { symbol: '€' })}</dd></div>`);
  return html`<section class="card cover ${covered ? '' : 'short'}" data-name="cover" data-medium=${medium.medium}>
    <div class="cover-head"><h3>${name}</h3>${chip({ text: sentence, tone: covered ? 'good' : 'danger', iconName: covered ? 'check' : 'warning' })}</div>
    <div class="bar-row"><div class="bar-words"><span>${t('cover.circulation')}</span>${amount(circulation, { symbol: desk.value?.ledger.symbol })}</div>
      <svg class="bar" viewBox="0 0 ${SCALE} 28" preserveAspectRatio="none" aria-hidden="true">${svg`<rect class="bar-ground" width=${SCALE} height="28"></rect><rect class="bar-circulation" width=${inCirculation} height="28"></rect>`}</svg></div>
    <div class="bar-row"><div class="bar-words"><span>${t('cover.fund')}</span>${amount(cover, { symbol: '€' })}</div>
      <svg class="bar" viewBox="0 0 ${SCALE} 28" preserveAspectRatio="none" aria-hidden="true">${svg`<rect class="bar-ground" width=${SCALE} height="28"></rect><rect class="bar-fund" width=${covering} height="28"></rect>
        <rect class="bar-surplus" x=${covering} width=${beyond} height="28"></rect><rect class="bar-short" x=${covering} width=${short} height="28"></rect>`}</svg></div>
    <dl class="sides">${side(t('cover.payable'), medium.payable)}${side(t('cover.fees_due'), medium.fees_due)}${side(t('cover.pledged'), medium.pledged)}${side(t('cover.in_transit'), medium.in_transit)}</dl>
  </section>`;
}

/** The answer, and in which medium euros are missing. @param {import('./state.js').Overview} data */
function answerView({ media }) {
  const short = media.filter(({ covered }) => !covered);
  return html`<section class="cover-answer ${short.length > 0 ? 'short' : ''}" data-name="answer">
      <span class="cover-mark">${icon(short.length > 0 ? 'warning' : 'shield', { size: 36 })}</span>
      <div><p class="cover-question">${t('cover.question')}</p><h2>${short.length > 0 ? t('cover.no') : t('cover.yes')}</h2><p>${short.length > 0 ? t('cover.no_words') : t('cover.yes_words')}</p>
        ${short.length === 0 ? nothing : html`<ul>${short.map(({ medium, surplus }) => html`<li><strong>${t(`medium.${medium}`)}</strong> · ${t('cover.short', { amount: euros(-surplus) })}</li>`)}</ul>`}</div>
    </section>`;
}

/** @param {import('./state.js').Overview} data */
function mediaView({ media }) {
  const most = Math.max(1, ...media.flatMap(({ circulation, cover }) => [circulation, cover]));
  return html`<div class="covers">${media.map((medium) => mediumView(medium, most))}</div>`;
}

/** @param {{href: string, iconName: string, count: number, words: string, none: string}} words */
function task({ href, iconName, count, words, none }) {
  return html`<li><a class="row" href=${href}><span class="row-icon ${count > 0 ? 'copper' : ''}">${icon(count > 0 ? iconName : 'check')}</span>
    <span class="row-words"><span class="row-title ${count > 0 ? '' : 'quiet-text'}">${count > 0 ? words : none}</span></span>${icon('next', { size: 20 })}</a></li>`;
}

/** @param {import('./state.js').Proposal[]} list */
function tasksView(list) {
  const mine = waitingForMe(list).length;
  const payable = (redemptions.data.value ?? []).filter(({ state }) => state === 'payable');
  const { ready = 0, question = 0 } = counts.data.value ?? {};
  return html`<ul class="list" data-name="tasks">
    ${task({ href: '#/decisions', iconName: 'pen', count: mine, words: t('tasks.decisions', { n: mine }), none: t('tasks.decisions_none') })}
    ${task({ href: '#/bank', iconName: 'bank', count: ready, words: t('tasks.ready', { n: ready }), none: t('tasks.ready_none') })}
    ${task({ href: '#/bank', iconName: 'info', count: question, words: t('tasks.questions', { n: question }), none: t('tasks.questions_none') })}
    ${task({ href: '#/redemptions', iconName: 'convert', count: payable.length, words: t('tasks.redemptions', { n: payable.length, amount: euros(payable.reduce((sum, { net }) => sum + net, 0)) }), none: t('tasks.redemptions_none') })}
  </ul>`;
}

/** Euros that came in, and what of them nobody has yet. @param {import('./state.js').Overview} data */
function arrivedView({ in: { today, week } }) {
  const left = (credits.data.value ?? []).reduce((sum, credit) => sum + credit.left, 0);
  /** @param {string} label @param {number} cents @param {string} href @param {string} name @param {boolean} [odd] */
  const figure = (label, cents, href, name, odd = false) => html`<a class="figure ${odd ? 'odd' : ''}" href=${href} data-name=${name}><span class="figure-label">${label}</span>${amount(cents, { symbol: '€', size: 'big' })}</a>`;
  return html`<div class="arrived">${figure(t('arrived.today'), today, '#/bank', 'arrived-today')}${figure(t('arrived.week'), week, '#/bank', 'arrived-week')}${figure(t('arrived.left'), left, '#/bank', 'arrived-left', left > 0)}</div>`;
}

/** A disk that gets full, while there is time to make room. @param {import('./state.js').Overview} data */
function diskView({ disk }) {
  if (!disk.alarm) return nothing;
  const tone = disk.full ? 'danger' : 'warning';
  const [title, text] = disk.full ? [t('disk.full'), t('disk.full_words')] : [t('disk.alarm'), t('disk.alarm_words', { free: formatCount(disk.free_mb) })];
  return html`<div data-name="disk">${banner({ tone, title, text })}</div>`;
}

export function dashboardView() {
  return html`<h1 class="hidden">${t('tab.dashboard')}</h1>
    ${readingView(overview, (data) => html`
      ${diskView(data)}
      ${answerView(data)}
      <section class="section" aria-label=${t('arrived.title')}>${arrivedView(data)}</section>
      <div class="dashboard-columns">
        <section class="section"><h2>${t('tasks.title')}</h2>${readingView(proposals, tasksView)}</section>
        <section class="section"><h2>${t('odd.title')}</h2>${oddView(data.odd)}</section>
      </div>
      <section class="section"><h2>${t('cover.title')}</h2>${mediaView(data)}</section>
      <section class="section"><h2>${t('series.title')}</h2>${seriesView()}</section>
      <section class="section"><h2>${t('history.last')}</h2>${readingView(acts, ({ acts: list }) => (list.length === 0 ? html`<p class="quiet-text">${t('history.none')}</p>`
        : html`<ol class="list">${list.slice(0, LAST_ACTS).map(actLine)}</ol><a class="button quiet small" href="#/activity">${t('history.all')}</a>`))}</section>
      ${publicationView(data)}
      <p class="quiet-text small-text">${t('dashboard.counts', { members: formatCount(data.members), professionals: formatCount(data.professionals) })} · ${t('dashboard.read', { time: formatTime(overview.at.value) })}</p>`)}`;
}
