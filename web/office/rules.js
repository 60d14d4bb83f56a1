// The rules: what sponsors give on conversions, what redemptions cost, what associations are given. Each is data, dated and
// versioned; a new one is written as a draft, tried on past months, and then proposed.

import { html, nothing, svg } from '../vendor/lit-html/lit-html.js';
import { now } from '../kit/api.js';
import { chart } from '../kit/chart.js';
import { t } from '../kit/i18n.js';
import { formatCount } from '../kit/money.js';
import { formatDate, formatPlainDate } from '../kit/time.js';
import { amount, banner, chip, empty, linkButton } from '../kit/ui.js';
import { euros, rate } from './acts.js';
import { readingView } from './parts.js';
import { acts, linkTo, sponsorOnly } from './place.js';
import { monthWords, newest, rateWords, rules, stateOf, units } from './rules-data.js';
import { editorView } from './rules-editor.js';
import { giftView } from './rules-gifts.js';
import { backTo, fact } from './rooms.js';
import { nameOf, place } from './state.js';
import { dataTable } from './table.js';

/** @typedef {import('./rules-data.js').CampaignRule} CampaignRule */
/** @typedef {import('./rules-data.js').Rules} Rules */

const SCALE = 1000;
/** @type {Record<import('./rules-data.js').CampaignState, 'good' | 'warning' | 'plain'>} */
const TONES = { coming: 'plain', running: 'good', used_up: 'warning', over: 'plain' };

/** @param {number} part @param {number} whole */
function spentBar(part, whole) {
  const width = whole === 0 ? 0 : Math.min(SCALE, Math.round((part * SCALE) / whole));
  return html`<svg class="bar" viewBox="0 0 ${SCALE} 28" preserveAspectRatio="none" aria-hidden="true">${svg`<rect class="bar-ground" width=${SCALE} height="28"></rect><rect class="bar-circulation" width=${width} height="28"></rect>`}</svg>`;
}

/** @param {CampaignRule} campaign */
function campaignHead(campaign) {
  const state = stateOf(campaign, now());
  return html`<div class="cover-head"><h2>${t('campaign.name', { campaign: campaign.campaign, version: campaign.version })}</h2>${chip({ text: t(`campaign.${state}`), tone: TONES[state] })}</div>
    <p class="campaign-rate">${rateWords(campaign)}</p>
    <div class="bar-row"><div class="bar-words"><span>${t('campaign.spent')}</span><span>${t('campaign.of', { spent: euros(campaign.spent), budget: euros(campaign.budget) })}</span></div>${spentBar(campaign.spent, campaign.budget)}</div>`;
}

/** @param {CampaignRule} campaign */
function campaignCard(campaign) {
  return html`<article class="card campaign" data-name="campaign" data-campaign=${campaign.campaign}>${campaignHead(campaign)}
    <dl class="facts">${fact(t('campaign.money'), amount(campaign.money, { symbol: '€' }))}${fact(t('campaign.left'), amount(Math.max(0, campaign.budget - campaign.spent), { symbol: '€' }))}
      ${fact(t('campaign.dates'), t('campaign.from_to', { start: formatDate(campaign.start), end: formatDate(campaign.end) }))}</dl>
    <div class="cluster">${linkButton({ label: t('rules.look'), href: linkTo('rules', 'campaign', campaign.campaign), iconName: 'chart', name: 'campaign-look' })}</div></article>`;
}

/** Every word of the rule, for whoever answers for it. @param {CampaignRule} campaign */
function campaignFacts(campaign) {
  const none = t('value.none');
  return html`<dl class="facts">
    ${fact(t('campaign.dates'), t('campaign.from_to', { start: formatDate(campaign.start), end: formatDate(campaign.end) }))}
    ${fact(t('campaign.money'), amount(campaign.money, { symbol: '€' }))}
    ${fact(t('field.budget'), amount(campaign.budget, { symbol: '€' }))}
    ${fact(t('field.cap'), html`${units(campaign.cap)} <span class="quiet-text">${campaign.periods.length > 1 ? t('rules.periods_n', { n: campaign.periods.length }) : t('rules.period_one')}</span>`)}
    ${fact(t('field.least'), campaign.least > 0 ? euros(campaign.least) : none)}
    ${fact(t('field.most'), euros(campaign.most))}
    ${fact(t('field.groups'), campaign.groups.length > 0 ? campaign.groups.join(', ') : t('rules.everyone'))}
    ${fact(t('rules.order'), formatCount(campaign.order))}
    ${fact(t('field.bank'), t('banks.number', { number: campaign.bank }))}
    ${fact(t('rules.sponsor'), campaign.sponsor === null || campaign.sponsor === undefined ? none : t('rules.operator_n', { number: campaign.sponsor }))}
    ${fact(t('rules.rounding'), t('rules.rounding_words'))}</dl>`;
}

/** @param {CampaignRule} campaign */
function campaignFigures({ spent, members, conversions, months }) {
  const list = months.filter(({ conversions: count }) => count !== 0);
  return html`<dl class="figures">
      <div><dt>${t('campaign.spent')}</dt><dd>${amount(spent, { symbol: '€', size: 'big' })}</dd></div>
      <div><dt>${t('rules.conversions')}</dt><dd class="told">${conversions === null ? t('rules.fewer_than_five') : formatCount(conversions)}</dd></div>
      <div><dt>${t('rules.members')}</dt><dd class="told">${members === null ? t('rules.fewer_than_five') : formatCount(members)}</dd></div></dl>
    ${months.length === 0 ? nothing : chart({
      title: t('rules.by_month'), name: 'campaign-months', kind: 'bars', head: t('rules.month'), labels: months.map(({ month }) => monthWords(month)), ticks: months.map(({ month }) => monthWords(month, true)),
      series: [
        { title: t('campaign.spent'), tone: 'circulation', values: months.map(({ bonus }) => bonus ?? 0), words: euros },
        { title: t('rules.converted'), tone: 'fund', values: months.map(({ euros: cents }) => cents ?? 0), words: euros, tableOnly: true },
        { title: t('rules.conversions'), tone: '', values: months.map(({ conversions: count }) => count ?? 0), words: formatCount, tableOnly: true },
      ],
      sentence: t('rules.by_month_sentence', { n: list.length, cost: euros(spent) }),
    })}`;
}

/** @param {Rules} all @param {number} number */
function campaignView({ campaigns }, number) {
  const versions = campaigns.filter(({ campaign }) => campaign === number).sort((a, b) => b.version - a.version);
  const [campaign] = versions;
  if (!campaign) return empty({ iconName: 'gift', title: t('campaign.none') });
  return html`<section class="card campaign" data-name="campaign" data-campaign=${number}>${campaignHead(campaign)}${campaignFigures(campaign)}</section>
    <div class="dashboard-columns"><section class="card stack"><h2>${t('rules.the_rule')}</h2>${campaignFacts(campaign)}</section>
      <section class="card stack"><h2>${t('rules.what_next')}</h2>
        ${acts() ? html`<p>${t('rules.new_version_words')}</p><div class="cluster">${linkButton({ label: t('rules.new_version'), href: linkTo('rules', 'new', 'campaign', number), iconName: 'plus', kind: 'primary', name: 'new-version' })}</div>`
          : html`<p>${t('rules.read_only')}</p>`}
        ${versions.length > 1 ? html`<p class="quiet-text">${t('rules.versions_n', { n: versions.length })}</p>` : nothing}</section></div>`;
}

/** @param {Rules} all */
function feesView({ fees }) {
  const list = [...fees].sort((a, b) => b.from - a.from);
  return html`<section class="section" data-name="fees"><div class="spread"><h2>${t('rules.fees')}</h2>${acts() ? linkButton({ label: t('rules.new_fee'), href: linkTo('rules', 'new', 'fee'), iconName: 'plus', name: 'new-fee' }) : nothing}</div>
    <p class="lead">${t('rules.fees_words')}</p>
    ${list.length === 0 ? html`<p class="quiet-text">${t('rules.fees_none')}</p>` : dataTable({
      name: 'fee-versions', label: t('rules.fees'), filter: false, rows: list, id: ({ version }) => version, none: { iconName: 'bank', title: t('rules.fees_none') },
      columns: [
        { key: 'version', title: t('field.version'), value: ({ version }) => t('rules.version_n', { n: version }) },
        { key: 'rate', title: t('field.rate'), value: ({ numerator, denominator }) => rate(numerator, denominator) },
        { key: 'given', title: t('rules.given'), value: ({ given_numerator: n, given_denominator: d }) => (n && d ? rate(n, d) : null) },
        { key: 'beneficiary', title: t('rules.beneficiary'), value: ({ beneficiary }) => (beneficiary ? (nameOf(beneficiary) ?? beneficiary) : null) },
        { key: 'least', title: t('field.least_fee'), kind: 'cents', value: ({ least }) => least },
        { key: 'exempt', title: t('field.exempt'), value: ({ exempt }) => exempt.join(', ') },
        { key: 'from', title: t('field.from'), value: ({ from }) => formatPlainDate(from) },
        { key: 'state', title: t('members.status'), pageOnly: true, value: () => '', cell: (fee) => chip(fee.in_force ? { text: t('rules.in_force'), tone: 'good' } : fee.from > now() ? { text: t('campaign.coming') } : { text: t('rules.replaced') }) },
      ],
    })}</section>`;
}

/** @param {Rules} all */
function giftsView({ gifts }) {
  const list = newest(gifts, ({ gift }) => gift);
  return html`<section class="section" data-name="gifts"><div class="spread"><h2>${t('rules.gifts')}</h2>${acts() ? linkButton({ label: t('rules.new_gift'), href: linkTo('rules', 'new', 'gift'), iconName: 'plus', name: 'new-gift' }) : nothing}</div>
    <p class="lead">${t('rules.gifts_words')}</p>
    ${list.length === 0 ? html`<p class="quiet-text">${t('rules.gifts_none')}</p>` : html`<div class="campaigns">${list.map((gift) => {
      const ended = gift.periods_so_far.filter(({ state }) => state === 'ended');
      return html`<article class="card campaign" data-name="gift"><div class="cover-head"><h3>${t('rules.gift_name', { gift: gift.gift, version: gift.version })}</h3>${ended.length > 0 ? chip({ text: t('rules.gift_due', { n: ended.length }), tone: 'warning', iconName: 'clock' }) : nothing}</div>
        <p class="campaign-rate">${t('rules.gift_rate', { rate: rate(gift.numerator, gift.denominator) })}</p>
        <dl class="facts">${fact(t('rules.least_members'), formatCount(gift.least_members))}${fact(t('rules.gift_budget'), amount(gift.budget, { symbol: '€' }))}</dl>
        <div class="cluster">${linkButton({ label: t('rules.look'), href: linkTo('rules', 'gift', gift.gift), iconName: 'gift', name: 'gift-look' })}</div></article>`;
    })}</div>`}</section>`;
}

/** @param {Rules} all */
function listView(all) {
  const campaigns = newest(all.campaigns, ({ campaign }) => campaign);
  return html`<section class="section"><div class="spread"><h2>${t('rules.campaigns')}</h2>${acts() ? linkButton({ label: t('rules.new_campaign'), href: linkTo('rules', 'new', 'campaign'), iconName: 'plus', kind: 'primary', name: 'new-campaign' }) : nothing}</div>
      <p class="lead">${t('campaign.words')}</p>
      ${campaigns.length === 0 ? empty({ iconName: 'gift', title: t('campaign.none') }) : html`<div class="campaigns">${campaigns.map(campaignCard)}</div>`}</section>
    ${sponsorOnly() ? nothing : html`${feesView(all)}${giftsView(all)}`}`;
}

export function rulesView() {
  const [what, which, more] = place.value;
  if (what === 'new' && acts()) {
    return html`${backTo('rules', more ? t(`rules.next_${which}`, { n: more }) : t(`rules.new_${which}`))}${readingView(rules, (all) => editorView(all, which, more ? Number(more) : null))}`;
  }
  if (what === 'campaign') return html`${backTo('rules', t('campaign.title', { campaign: which }))}${readingView(rules, (all) => campaignView(all, Number(which)))}`;
  if (what === 'gift') return html`${backTo('rules', t('rules.gift_title', { gift: which }))}${readingView(rules, (all) => giftView(all, Number(which)))}`;
  return html`<h1>${t('tab.rules')}</h1>
    ${sponsorOnly() ? banner({ tone: 'info', text: t('rules.sponsor_words'), iconName: 'eye' }) : nothing}
    ${readingView(rules, listView)}`;
}
