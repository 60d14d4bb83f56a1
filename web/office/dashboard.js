// The dashboard: are we covered, what came in, what waits for me; in one look.

import { html, nothing, svg } from '../vendor/lit-html/lit-html.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { formatDateTime, formatTime } from '../kit/time.js';
import { amount, banner, chip } from '../kit/ui.js';
import { euros } from './acts.js';
import { waitingForMe } from './decisions.js';
import { actLine } from './history.js';
import { readingView, table } from './parts.js';
import { publicationView } from './publication.js';
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

/** @param {import('./state.js').Overview} data */
function coverView({ media }) {
  const most = Math.max(1, ...media.flatMap(({ circulation, cover }) => [circulation, cover]));
  const short = media.filter(({ covered }) => !covered);
  return html`<section class="cover-answer ${short.length > 0 ? 'short' : ''}" data-name="answer">
      <span class="cover-mark">${icon(short.length > 0 ? 'warning' : 'shield', { size: 36 })}</span>
      <div><h2>${short.length > 0 ? t('cover.no') : t('cover.yes')}</h2><p>${short.length > 0 ? t('cover.no_words') : t('cover.yes_words')}</p></div>
    </section>
    <div class="covers">${media.map((medium) => mediumView(medium, most))}</div>`;
}

/** @param {{href: string, iconName: string, count: number, words: string, none: string}} words */
function task({ href, iconName, count, words, none }) {
  return html`<li><a class="row" href=${href}><span class="row-icon ${count > 0 ? 'copper' : ''}">${icon(iconName)}</span>
    <span class="row-words"><span class="row-title">${count > 0 ? words : none}</span></span>${icon('next', { size: 20 })}</a></li>`;
}

/** @param {import('./state.js').Proposal[]} list */
function tasksView(list) {
  const mine = waitingForMe(list).length;
  const payable = (redemptions.data.value ?? []).filter(({ state }) => state === 'payable');
  const left = (credits.data.value ?? []).filter((credit) => credit.left > 0);
  return html`<ul class="list" data-name="tasks">
    ${task({ href: '#/decisions', iconName: 'shield', count: mine, words: t('tasks.decisions', { n: mine }), none: t('tasks.decisions_none') })}
    ${task({ href: '#/redemptions', iconName: 'bank', count: payable.length, words: t('tasks.redemptions', { n: payable.length, amount: euros(payable.reduce((sum, { net }) => sum + net, 0)) }), none: t('tasks.redemptions_none') })}
    ${task({ href: '#/credits', iconName: 'receive', count: left.length, words: t('tasks.credits', { n: left.length, amount: euros(left.reduce((sum, credit) => sum + credit.left, 0)) }), none: t('tasks.credits_none') })}
  </ul>`;
}

/** One IBAN under several numbers: each group once, at its first account. @param {import('./state.js').Bank[]} banks */
function sameIbanView(banks) {
  const first = banks.filter(({ bank, same_iban }) => same_iban.length > 0 && same_iban.every((other) => bank < other));
  return first.map(({ bank, same_iban }) => html`<div data-name="same-iban">${banner({ tone: 'warning', text: t('banks.same_iban', { numbers: [bank, ...same_iban].join(', ') }) })}</div>`);
}

/** @param {import('./state.js').Overview} data */
function banksView({ banks }) {
  return html`${sameIbanView(banks)}${banksTable(banks)}`;
}

/** @param {import('./state.js').Bank[]} banks */
function banksTable(banks) {
  return table({
    label: t('banks.title'),
    name: 'banks',
    columns: [{ title: t('banks.bank') }, ...['balance', 'cover', 'campaigns', 'unmatched', 'own'].map((name) => ({ title: t(`banks.${name}`), number: true }))],
    rows: banks.map((bank) => [
      html`<strong>${t('banks.number', { number: bank.bank })}</strong><br><span class="quiet-text small-text">${t(`medium.${bank.medium}`)} · ${t(`class.${bank.class}`)}</span>`,
      ...[bank.balance, bank.cover, bank.campaigns, bank.unmatched, bank.own].map((cents) => amount(cents, { symbol: '€' })),
    ]),
  });
}

/** @param {import('./state.js').Credit[]} list */
function creditsView(list) {
  if (list.length === 0) return html`<p class="quiet-text">${t('credits.none')}</p>`;
  return table({
    label: t('credits.title'),
    name: 'credits',
    columns: [{ title: t('credits.time') }, { title: t('banks.bank') }, { title: t('credits.amount'), number: true }, { title: t('credits.left'), number: true }],
    rows: list.map(({ time, bank, amount: cents, left }) => [formatDateTime(time), t('banks.number', { number: bank }), amount(cents, { symbol: '€' }),
      left > 0 ? html`<span class="to-do">${amount(left, { symbol: '€' })}</span>` : t('credits.all_matched')]),
  });
}

/** @param {import('./state.js').Redemption[]} list */
function redemptionsView(list) {
  if (list.length === 0) return html`<p class="quiet-text">${t('redemptions.none')}</p>`;
  return table({
    label: t('redemptions.title'),
    name: 'redemptions',
    columns: [{ title: t('redemptions.who') }, { title: t('credits.time') }, { title: t('redemptions.gross'), number: true }, { title: t('redemptions.fee'), number: true }, { title: t('redemptions.net'), number: true }, { title: t('redemptions.state') }],
    rows: list.map((redemption) => [html`<bdi>${redemption.name ?? redemption.account}</bdi>`, formatDateTime(redemption.time), amount(redemption.gross, { symbol: desk.value?.ledger.symbol }), amount(redemption.fee, { symbol: desk.value?.ledger.symbol }),
      amount(redemption.net, { symbol: '€' }), chip({ text: t(`redemption.${redemption.state}`), tone: redemption.state === 'payable' ? 'warning' : redemption.state === 'paid' ? 'good' : 'plain' })]),
  });
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
      ${coverView(data)}
      <div class="dashboard-columns">
        <section class="section"><h2>${t('tasks.title')}</h2>${readingView(proposals, tasksView)}</section>
        <section class="section"><h2>${t('history.last')}</h2>${readingView(acts, ({ acts: list }) => (list.length === 0 ? html`<p class="quiet-text">${t('history.none')}</p>`
          : html`<ol class="list">${list.slice(0, LAST_ACTS).map(actLine)}</ol><a class="button quiet small" href="#/history">${t('history.all')}</a>`))}</section>
      </div>
      <section class="section" id="credits"><h2>${t('credits.title')}</h2>${readingView(credits, creditsView)}</section>
      <section class="section" id="redemptions"><h2>${t('redemptions.title')}</h2>${readingView(redemptions, redemptionsView)}</section>
      <section class="section"><h2>${t('banks.title')}</h2>${banksView(data)}</section>
      ${publicationView(data)}
      <p class="quiet-text small-text">${t('dashboard.counts', { members: formatCount(data.members), professionals: formatCount(data.professionals) })} · ${t('dashboard.read', { time: formatTime(overview.at.value) })}</p>`)}`;
}
