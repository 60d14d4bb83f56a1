// Gifts: what each association gets for what its members converted in a period, seen before it is given.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../kit/i18n.js';
import { formatCount } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { amount, button, chip, empty, linkButton } from '../kit/ui.js';
import { rate } from './acts.js';
import { Form } from './form.js';
import { acts, linkTo } from './place.js';
import { newest, rules } from './rules-data.js';
import { proposeActs } from './sign.js';
import { dataTable } from './table.js';

/** @typedef {import('./rules-data.js').GiftRule} GiftRule */
/** @typedef {import('./rules-data.js').GiftPeriod} GiftPeriod */

/** @type {Record<GiftPeriod['state'], 'good' | 'warning' | 'info' | 'plain'>} */
const TONES = { running: 'info', ended: 'warning', given: 'good' };

/** @type {Map<string, Form>} */
const forms = new Map();

/** @param {GiftRule} gift @param {GiftPeriod} period */
function formOf(gift, period) {
  const name = `gift-${gift.gift}-${period.start}`;
  const form = forms.get(name) ?? new Form(name, {});
  forms.set(name, form);
  return form;
}

/** @param {GiftRule} gift @param {GiftPeriod} period */
async function give(gift, period) {
  const form = formOf(gift, period);
  const evidence = form.read(() => form.evidence('evidence'));
  if (!evidence) return;
  await proposeActs([{ kind: 'give_gifts', gift: gift.gift, period: period.start, evidence }]);
  form.reset();
  void rules.refresh();
}

/** @param {GiftRule} gift @param {GiftPeriod} period */
function periodView(gift, period) {
  const form = formOf(gift, period);
  const { state } = period;
  const [due, total] = [period.due ?? [], period.total ?? 0];
  return html`<section class="card stack" data-name="gift-period" data-state=${state}>
    <div class="cover-head"><h2>${t('campaign.from_to', { start: formatDate(period.start), end: formatDate(period.end) })}</h2>${chip({ text: t(`gift_state.${state}`), tone: TONES[state] ?? 'plain' })}</div>
    ${due.length === 0 ? html`<p class="quiet-text">${t('rules.gift_nobody')}</p>` : html`
      <p>${t(state === 'given' ? 'rules.gift_given' : state === 'ended' ? 'rules.gift_would' : 'rules.gift_so_far')} <strong>${amount(total, { symbol: '€' })}</strong></p>
      ${dataTable({
        name: `gift-${gift.gift}-${new Date(period.start).getFullYear()}`, label: t('rules.gifts'), rows: due, id: ({ account }) => account, none: { iconName: 'gift', title: t('rules.gift_nobody') },
        columns: [
          { key: 'name', title: t('account_kind.association'), value: ({ name, account }) => name ?? account },
          { key: 'account', title: t('field.account'), value: ({ account }) => account, fileOnly: true },
          { key: 'members', title: t('rules.members_behind'), kind: 'count', value: ({ members }) => members },
          { key: 'euros', title: t('rules.converted'), kind: 'cents', value: ({ euros }) => euros },
          { key: 'cents', title: t('rules.gift'), kind: 'cents', value: ({ cents }) => cents },
        ],
      })}`}
    ${state === 'ended' && total > 0 && acts() ? html`<form class="stack tight" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void give(gift, period); }}>
      ${form.file('evidence', t('rules.gift_evidence'))}
      <div class="cluster">${button({ label: t('rules.gift_give'), kind: 'primary', type: 'submit', iconName: 'gift', name: 'give-gifts' })}</div></form>` : nothing}</section>`;
}

/** @param {import('./rules-data.js').Rules} all @param {number} number */
export function giftView({ gifts }, number) {
  const gift = newest(gifts, (one) => one.gift).find((one) => one.gift === number);
  if (!gift) return empty({ iconName: 'gift', title: t('rules.gifts_none') });
  const open = [...gift.periods_so_far].reverse();
  return html`<section class="card stack"><p class="campaign-rate">${t('rules.gift_rate', { rate: rate(gift.numerator, gift.denominator) })}</p>
      <dl class="facts"><div><dt>${t('rules.least_members')}</dt><dd>${formatCount(gift.least_members)}</dd></div><div><dt>${t('rules.gift_budget')}</dt><dd>${amount(gift.budget, { symbol: '€' })}</dd></div>
        <div><dt>${t('field.bank')}</dt><dd>${t('banks.number', { number: gift.bank })}</dd></div></dl><p class="quiet-text">${t('rules.gift_how', { n: gift.least_members })}</p>
      ${acts() ? html`<div class="cluster">${linkButton({ label: t('rules.new_version'), href: linkTo('rules', 'new', 'gift', number), iconName: 'plus' })}</div>` : nothing}</section>
    ${open.length === 0 ? html`<p class="quiet-text">${t('rules.gift_not_begun')}</p>` : open.map((period) => periodView(gift, period))}`;
}
