// Euros into units: what an amount gives, the transfer that is announced, and the ways to do it each month.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { icon } from '../kit/icons.js';
import { editableAmount, formatAmount, localeTag, parseAmount } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { amount, button, chip, failure, field, loading, toast } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { makeOrder, orderBody, orders, ordersView } from './orders.js';
import { account, facts, openSession, scope, symbol } from './state.js';
import { supportRow } from './support.js';
import { bonusSentences, euros, runningCampaign, tenGive, units } from './words.js';

/**
 * @typedef {{amount: number, units: number, bonus: number, campaigns: {campaign: number, version: number, bonus: number, reason: string}[]}} Funding
 */

const PAUSE_MS = 300;
const QUICK = [1000, 2000, 5000, 10000];
const typed = signal('');
const funding = signal(/** @type {Funding | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
const asking = signal(false);
const making = signal(false);
/** The order that was just announced: its transfer stands where the amount was typed. */
const made = signal(/** @type {number | null} */ (null));
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let wanted = 0;

/** @param {string} value */
function input(value) {
  typed.value = value;
  const cents = parseAmount(value);
  clearTimeout(timer);
  wanted = cents ?? 0;
  if (cents === null) {
    batch(() => {
      funding.value = null;
      fault.value = null;
      asking.value = false;
    });
    return;
  }
  asking.value = true;
  timer = setTimeout(() => void preview(cents), PAUSE_MS);
}

/** @param {number} cents */
async function preview(cents) {
  try {
    const answer = await openSession().json(`/v1/accounts/${account.value?.account}/funding?amount=${cents}`);
    if (wanted === cents) batch(() => { funding.value = answer; fault.value = null; });
  } catch (error) {
    if (wanted === cents) batch(() => { funding.value = null; fault.value = error; });
  } finally {
    if (wanted === cents) asking.value = false;
  }
}

/** @param {number} cents */
async function announce(cents) {
  making.value = true;
  try {
    const order = await makeOrder(cents);
    input('');
    made.value = order.number;
    globalThis.scrollTo?.(0, 0);
  } catch (error) {
    toast(sentenceFor(error), 'warning');
  } finally {
    making.value = false;
  }
}

/** Leaving: the next visit begins with an amount. @param {string} name the screen that is shown now */
export function leaveConvert(name) {
  if (name !== 'convert') made.value = null;
}

/** A rate in per cent, as it is said. @param {{numerator: number, denominator: number}} rate */
function percent({ numerator, denominator }) {
  return new Intl.NumberFormat(localeTag(), { style: 'percent', maximumFractionDigits: 2 }).format(numerator / denominator);
}

/** What a campaign gives, to whom, until when, and what is left of it. @param {import('../kit/api.js').LedgerFacts['campaigns'][number]} campaign */
function conditionsView(campaign) {
  const conditions = [
    t('campaign.rate', { percent: percent(campaign) }),
    ...(campaign.steps ?? []).map((step) => t('campaign.step', { from: euros(step.from), percent: percent(step) })),
    t('campaign.per_person', { cap: units(campaign.cap) }),
    t('campaign.dates', { start: formatDate(campaign.start), end: formatDate(campaign.end) }),
    t('campaign.budget', { left: units(campaign.left) }),
    ...(campaign.groups_only ? [t('campaign.groups')] : []),
    t('campaign.when_paid'),
  ];
  return html`<details class="card flat" data-name="conditions"><summary>${t('campaign.conditions')}${icon('down', { size: 18 })}</summary>
    <ul class="bullets small-text">${conditions.map((one) => html`<li>${one}</li>`)}</ul></details>`;
}

/** The order that was just announced, and a way to another one. @param {import('./orders.js').Order} order */
function madeView(order) {
  return html`${orderBody(order)}<div class="actions">${button({ label: t('convert.another'), iconName: 'plus', name: 'convert-another', onClick: () => { made.value = null; } })}</div>`;
}

export function convertView() {
  if (!account.value) return frame({ title: t('convert.title'), back: '', body: loading() });
  const campaign = runningCampaign(now());
  const cents = parseAmount(typed.value);
  const shown = funding.value;
  const order = orders.value?.find(({ number }) => number === made.value);
  const under = facts().campaigns.filter((one) => one.start <= now() && now() < one.end);
  if (order) return frame({ title: t('convert.title'), back: '', body: html`${madeView(order)}${ordersView()}` });
  return frame({
    title: t('convert.title'), back: '',
    body: html`
      ${campaign
        ? html`<section class="campaign card static">${icon('gift', { size: 32 })}<span class="campaign-words"><strong>${t('campaign.ten_give', tenGive(campaign))}</strong>
            <span>${t('campaign.until', { date: formatDate(campaign.end) })} · ${t('campaign.left', { left: units(campaign.left) })}</span></span></section>`
        : html`<p>${t('convert.par', { symbol: symbol.value })}</p>`}
      ${under.map(conditionsView)}
      <form class="stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); if (cents !== null && scope.value === 'full') void announce(cents); }}>
        <div class="stack tight">
          ${field({ name: 'euros', label: t('convert.amount'), value: typed.value, inputMode: 'decimal', ltr: true, huge: true, suffix: '€', placeholder: '0',
            fault: typed.value !== '' && cents === null ? t('give.bad_amount') : null, onInput: input })}
          <div class="cluster">${QUICK.map((quick) => html`<button type="button" class="button small" @click=${() => input(editableAmount(quick))}>${formatAmount(quick, { symbol: '€' }).replace(/[.,]00/, '')}</button>`)}</div>
        </div>
        ${asking.value ? loading() : fault.value ? failure({ error: fault.value, onRetry: () => input(typed.value) }) : shown && cents !== null ? givesView(shown) : html`<p class="quiet-text">${t('convert.how')}</p>`}
        ${cents !== null && scope.value === 'full' ? html`<div class="actions">${button({ label: t('convert.order', { amount: euros(cents) }), kind: 'primary', big: true, type: 'submit', busy: making.value, name: 'order-make' })}</div>` : nothing}
      </form>
      ${ordersView()}
      <ul class="list">
        <li><a class="row" href="#monthly" data-name="monthly"><span class="row-icon copper">${icon('refresh')}</span>
          <span class="row-words"><span class="row-title">${t('monthly.title')}</span><span class="row-note">${t('monthly.row')}</span></span>${icon('next')}</a></li>
        ${supportRow()}
      </ul>`,
  });
}

/** @param {Funding} shown */
function givesView(shown) {
  return html`<section class="card gives" data-name="gives" data-units=${shown.units}>
      <p class="quiet-text">${t('convert.gives')}</p>
      <p>${amount(shown.units, { symbol: symbol.value, size: 'huge' })}</p>
      ${shown.bonus > 0 ? chip({ text: t('convert.of_which_bonus', { bonus: units(shown.bonus) }), tone: 'good', iconName: 'gift' }) : nothing}
      ${bonusSentences(shown.campaigns).map((sentence) => html`<p class="small-text quiet-text">${sentence}</p>`)}
    </section>`;
}
