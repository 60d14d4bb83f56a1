// Campaigns: what a sponsor gave, what was spent, what is left, until when.

import { html, svg } from '../vendor/lit-html/lit-html.js';
import { now } from '../kit/api.js';
import { t } from '../kit/i18n.js';
import { formatDate } from '../kit/time.js';
import { amount, chip, empty } from '../kit/ui.js';
import { euros, rate } from './acts.js';
import { readingView } from './parts.js';
import { overview } from './state.js';

const SCALE = 1000;

/** @param {import('./state.js').Campaign} campaign */
function campaignCard({ campaign, version, money, spent, budget, start, end, numerator, denominator }) {
  const at = now();
  const state = at < start ? 'coming' : at >= end ? 'over' : money <= 0 || spent >= budget ? 'used_up' : 'running';
  const part = budget === 0 ? 0 : Math.min(SCALE, Math.round((spent * SCALE) / budget));
  /** @param {string} label @param {unknown} value */
  const row = (label, value) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
  return html`<article class="card campaign" data-name="campaign">
    <div class="cover-head"><h2>${t('campaign.name', { campaign, version })}</h2>${chip({ text: t(`campaign.${state}`), tone: state === 'running' ? 'good' : state === 'used_up' ? 'warning' : 'plain' })}</div>
    <p class="campaign-rate">${t('campaign.rate', { rate: rate(numerator, denominator) })}</p>
    <div class="bar-row"><div class="bar-words"><span>${t('campaign.spent')}</span><span>${t('campaign.of', { spent: euros(spent), budget: euros(budget) })}</span></div>
      <svg class="bar" viewBox="0 0 ${SCALE} 28" preserveAspectRatio="none" aria-hidden="true">${svg`<rect class="bar-ground" width=${SCALE} height="28"></rect><rect class="bar-circulation" width=${part} height="28"></rect>`}</svg></div>
    <dl class="facts">${row(t('campaign.money'), amount(money, { symbol: '€' }))}${row(t('campaign.left'), amount(Math.max(0, budget - spent), { symbol: '€' }))}
      ${row(t('campaign.dates'), t('campaign.from_to', { start: formatDate(start), end: formatDate(end) }))}</dl>
  </article>`;
}

export function campaignsView() {
  return html`<h1>${t('tab.campaigns')}</h1><p class="lead">${t('campaign.words')}</p>
    ${readingView(overview, ({ campaigns }) => (campaigns.length === 0 ? empty({ iconName: 'gift', title: t('campaign.none') })
      : html`<div class="campaigns">${campaigns.map(campaignCard)}</div>`))}`;
}
