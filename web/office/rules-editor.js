// A draft of a rule: written in plain fields, tried on past months, then proposed. The draft is the act itself, in the server's
// words: what is simulated is what will be signed.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { t } from '../kit/i18n.js';
import { editableAmount } from '../kit/money.js';
import { banner, button, empty } from '../kit/ui.js';
import { Form, dayAfter, dayOf, percentOf } from './form.js';
import { goTo } from './place.js';
import { newest, rules } from './rules-data.js';
import { proposeActs } from './sign.js';
import { forgetSimulation, simulateView } from './simulate.js';
import { desk, overview } from './state.js';

/** @typedef {import('./rules-data.js').Rules} Rules */
/** @typedef {import('./state.js').ActWords} ActWords */
/** @typedef {'campaign' | 'fee' | 'gift'} RuleKind */

/** As many rows as a campaign's table may have. */
const MAX_STEPS = 8;
/** Gift years begin in July. */
const JULY = 6;
const GIFT_YEARS = 3;
const LONGEST_MONTH_MS = 40 * 86_400_000;
const MOST_PERIODS = 120;

/** One draft per address, so that a look elsewhere loses nothing. @type {Map<string, Form>} */
const drafts = new Map();
/** How many rows each draft's table of rates has. @type {import('../vendor/signals-core/signals-core.js').Signal<Record<string, number>>} */
const rows = signal({});

/** The first of a month, `ahead` months from now. @param {number} ahead */
function firstOfMonth(ahead) {
  const at = new Date(now());
  return new Date(at.getFullYear(), at.getMonth() + ahead, 1).getTime();
}

/** Starts of calendar months from a first instant up to before an end: where caps begin anew. @param {number} start @param {number} end */
function monthsBetween(start, end) {
  const list = [start];
  const first = new Date(start);
  for (let ahead = 1; ; ahead += 1) {
    const next = new Date(first.getFullYear(), first.getMonth() + ahead, 1).getTime();
    if (next >= end) return list;
    list.push(next);
  }
}

/** @param {Rules} all @param {number | null} number @returns {{start: import('./form.js').Typed, steps: number}} */
function campaignStart({ campaigns }, number) {
  const bank = String((overview.data.peek()?.banks ?? []).find(({ medium }) => medium === 'digital')?.bank ?? '');
  const known = newest(campaigns, ({ campaign }) => campaign).find(({ campaign }) => campaign === number);
  if (!known) {
    return { steps: 0, start: { rate: '', budget: '', cap: '', bank, start: dayOf(firstOfMonth(1)), end: dayOf(firstOfMonth(13)), periods: 'months', groups: '', sponsor: '', order: '0', least: '', most: '1000' } };
  }
  const steps = Object.fromEntries(known.steps.flatMap(([from, n, d], at) => [[`from-${at}`, editableAmount(from)], [`rate-${at}`, percentOf(n, d)]]));
  return {
    steps: known.steps.length,
    start: {
      ...steps, rate: percentOf(known.numerator, known.denominator), budget: editableAmount(known.budget), cap: editableAmount(known.cap), bank: String(known.bank),
      start: dayOf(known.start), end: dayOf(known.end - 1), periods: known.periods.length > 1 ? 'months' : 'one', groups: known.groups.join(', '),
      sponsor: known.sponsor ? String(known.sponsor) : '', order: String(known.order), least: known.least > 1 ? editableAmount(known.least) : '', most: editableAmount(known.most),
    },
  };
}

/** @param {Rules} all @returns {import('./form.js').Typed} */
function feeStart({ fees }) {
  const known = [...fees].sort((a, b) => b.version - a.version)[0];
  const from = dayOf(firstOfMonth(1));
  if (!known) return { rate: '', least: '0', from, exempt: '', given: '', beneficiary: '' };
  return {
    rate: percentOf(known.numerator, known.denominator), least: editableAmount(known.least), from, exempt: known.exempt.join(', '),
    given: known.given_numerator && known.given_denominator ? percentOf(known.given_numerator, known.given_denominator) : '', beneficiary: known.beneficiary ?? '',
  };
}

/** The July before, whose year runs now. */
function runningYear() {
  const at = new Date(now());
  return at.getFullYear() - (at.getMonth() < JULY ? 1 : 0);
}

/** @param {Rules} all @param {number | null} number @returns {import('./form.js').Typed} */
function giftStart({ gifts }, number) {
  const bank = String((overview.data.peek()?.banks ?? []).find(({ medium }) => medium === 'digital')?.bank ?? '');
  const known = newest(gifts, ({ gift }) => gift).find(({ gift }) => gift === number);
  const month = dayOf(firstOfMonth(0));
  if (!known) return { rate: '3', bank, unit: 'years', year: String(runningYear()), month, count: String(GIFT_YEARS), least: '30', budget: '' };
  const first = known.periods[0];
  // A year is over twelve months; what is much shorter is a month.
  const monthly = known.periods[1] - first < LONGEST_MONTH_MS;
  return {
    rate: percentOf(known.numerator, known.denominator), bank: String(known.bank), unit: monthly ? 'months' : 'years', year: String(monthly ? runningYear() : new Date(first).getFullYear()), month: dayOf(first), count: String(known.periods.length - 1),
    least: String(known.least_members), budget: editableAmount(known.budget),
  };
}

/** @param {Form} form @param {Rules} all @param {number | null} number @returns {ActWords | null} */
function campaignWords(form, { campaigns }, number) {
  return form.read(() => {
    const mine = newest(campaigns, ({ campaign }) => campaign);
    const start = form.day('start');
    // The day that is typed is the last one; the rule ends with it.
    const end = dayAfter(form.day('end'));
    if (start && end <= start) form.wrong('end', t('form.end_before'));
    const steps = Array.from({ length: rows.peek()[form.name] ?? 0 }, (_, at) => {
      const share = form.rate(`rate-${at}`, { zero: true });
      return [form.cents(`from-${at}`), share?.numerator, share?.denominator];
    });
    steps.forEach(([from], at) => { if (at > 0 && from <= steps[at - 1][0]) form.wrong(`from-${at}`, t('form.ascending')); });
    const known = mine.find(({ campaign }) => campaign === number);
    return {
      kind: 'publish_campaign', campaign: known?.campaign ?? Math.max(0, ...mine.map(({ campaign }) => campaign)) + 1, version: (known?.version ?? 0) + 1, bank: Number(form.chosen('bank')),
      ...form.rate('rate'), start, end, budget: form.cents('budget'), cap: form.cents('cap'), periods: form.text('periods') === 'months' && end > start ? monthsBetween(start, end) : [],
      groups: form.numbers('groups'), order: form.whole('order', { most: 255 }), least: Math.max(1, form.cents('least', { optional: true, zero: true })), most: form.cents('most'),
      steps, ...(form.text('sponsor') ? { sponsor: form.whole('sponsor', { least: 1 }) } : {}),
    };
  });
}

/** @param {Form} form @param {Rules} all @returns {ActWords | null} */
function feeWords(form, { fees }) {
  return form.read(() => {
    const given = form.text('given') ? form.rate('given') : null;
    const fee = form.rate('rate', { zero: true });
    if (given && fee && given.numerator * fee.denominator > fee.numerator * given.denominator) form.wrong('given', t('rules.given_too_much'));
    return {
      kind: 'publish_fee', version: Math.max(0, ...fees.map(({ version }) => version)) + 1, ...fee, least: form.cents('least', { zero: true, optional: true }), from: form.day('from'), exempt: form.numbers('exempt'),
      ...(given ? { given_numerator: given.numerator, given_denominator: given.denominator } : {}), ...(form.text('beneficiary') ? { beneficiary: form.text('beneficiary') } : {}),
    };
  });
}

/** @param {Form} form @param {Rules} all @param {number | null} number @returns {ActWords | null} */
function giftWords(form, { gifts }, number) {
  return form.read(() => {
    const mine = newest(gifts, ({ gift }) => gift);
    const known = mine.find(({ gift }) => gift === number);
    const count = form.whole('count', { least: 1, most: MOST_PERIODS });
    const months = form.text('unit') === 'months';
    const first = months ? new Date(form.day('month') ?? 0) : new Date(form.whole('year', { least: 2000, most: 2200 }) ?? 2000, JULY, 1);
    const start = (/** @type {number} */ at) => (months ? new Date(first.getFullYear(), first.getMonth() + at, 1) : new Date(first.getFullYear() + at, JULY, 1)).getTime();
    return {
      kind: 'publish_gift', gift: known?.gift ?? Math.max(0, ...mine.map(({ gift }) => gift)) + 1, version: (known?.version ?? 0) + 1, bank: Number(form.chosen('bank')), ...form.rate('rate'),
      periods: Array.from({ length: (count ?? 0) + 1 }, (_, at) => start(at)), least_members: form.whole('least', { most: 65_535 }), budget: form.cents('budget'),
    };
  });
}

const banksOf = (/** @type {string} */ medium) => (overview.data.value?.banks ?? []).filter((bank) => bank.medium === medium).map(({ bank }) => ({ value: String(bank), label: t('banks.number', { number: bank }) }));

/** @param {Form} form */
function stepsView(form) {
  const count = rows.value[form.name] ?? 0;
  const put = (/** @type {number} */ next) => { rows.value = { ...rows.value, [form.name]: next }; };
  return html`<fieldset class="several wide-field"><legend class="field-label">${t('rules.steps')}</legend><p class="field-hint">${t('rules.steps_hint')}</p>
    ${Array.from({ length: count }, (_, at) => html`<div class="step-row">${form.money(`from-${at}`, t('rules.step_from'), '€')}${form.percent(`rate-${at}`, t('field.rate'))}</div>`)}
    <div class="cluster">${count < MAX_STEPS ? button({ label: t('rules.step_add'), iconName: 'plus', kind: 'quiet', name: 'step-add', onClick: () => put(count + 1) }) : nothing}
      ${count > 0 ? button({ label: t('rules.step_remove'), iconName: 'minus', kind: 'quiet', onClick: () => put(count - 1) }) : nothing}</div></fieldset>`;
}

/** @param {Form} form */
function campaignFields(form) {
  const symbol = desk.value?.ledger.symbol ?? '';
  return html`<fieldset class="form-part"><legend>${t('rules.part_give')}</legend><div class="form-grid">
      ${form.percent('rate', t('rules.rate'), t('rules.rate_hint'))}
      ${form.money('cap', t('field.cap'), symbol, t('rules.cap_hint'))}
      ${form.select('periods', t('rules.cap_period'), [{ value: 'months', label: t('rules.cap_month') }, { value: 'one', label: t('rules.cap_once') }])}
      ${stepsView(form)}</div></fieldset>
    <fieldset class="form-part"><legend>${t('rules.part_pay')}</legend><div class="form-grid">
      ${form.money('budget', t('field.budget'), '€', t('rules.budget_hint'))}
      ${form.select('bank', t('field.bank'), banksOf('digital'), { none: t('confirm.choose') })}
      ${form.input('sponsor', t('rules.sponsor'), { inputMode: 'numeric', ltr: true, hint: t('rules.sponsor_hint') })}</div></fieldset>
    <fieldset class="form-part"><legend>${t('rules.part_when')}</legend><div class="form-grid">
      ${form.date('start', t('rules.first_day'))}${form.date('end', t('rules.last_day'))}
      ${form.input('groups', t('field.groups'), { inputMode: 'numeric', ltr: true, hint: t('rules.groups_hint') })}
      ${form.money('least', t('field.least'), '€', t('rules.least_hint'))}${form.money('most', t('field.most'), '€', t('rules.most_hint'))}
      ${form.input('order', t('rules.order'), { inputMode: 'numeric', ltr: true, hint: t('rules.order_hint') })}</div></fieldset>`;
}

/** @param {Form} form */
function feeFields(form) {
  return html`<fieldset class="form-part"><legend>${t('rules.part_fee')}</legend><div class="form-grid">
      ${form.percent('rate', t('rules.fee_rate'), t('rules.fee_rate_hint'))}${form.money('least', t('field.least_fee'), '€')}
      ${form.date('from', t('field.from'))}${form.input('exempt', t('field.exempt'), { inputMode: 'numeric', ltr: true, hint: t('rules.exempt_hint') })}</div></fieldset>
    <fieldset class="form-part"><legend>${t('rules.part_given')}</legend><div class="form-grid">
      ${form.percent('given', t('rules.given'), t('rules.given_hint'))}${form.account('beneficiary', t('rules.beneficiary'), { kind: 'association' })}</div></fieldset>`;
}

/** @param {Form} form */
function giftFields(form) {
  return html`<fieldset class="form-part"><legend>${t('rules.part_gift')}</legend><div class="form-grid">
      ${form.percent('rate', t('rules.gift_share'), t('rules.gift_share_hint'))}${form.money('budget', t('rules.gift_budget'), '€', t('rules.gift_budget_hint'))}
      ${form.input('least', t('rules.least_members'), { inputMode: 'numeric', ltr: true, hint: t('rules.least_members_hint') })}${form.select('bank', t('rules.gift_bank'), banksOf('digital'), { none: t('confirm.choose') })}</div></fieldset>
    <fieldset class="form-part"><legend>${t('rules.part_years')}</legend><div class="form-grid">
      ${form.select('unit', t('rules.period'), [{ value: 'years', label: t('rules.period_years') }, { value: 'months', label: t('rules.period_months') }])}
      ${form.text('unit') === 'months' ? form.date('month', t('rules.first_month')) : form.input('year', t('rules.first_july'), { inputMode: 'numeric', ltr: true })}
      ${form.input('count', t('rules.period_count'), { inputMode: 'numeric', ltr: true })}</div></fieldset>`;
}

/** @type {Record<RuleKind, {fields: (form: Form) => unknown, words: (form: Form, all: Rules, number: number | null) => ActWords | null}>} */
const KINDS = {
  campaign: { fields: campaignFields, words: campaignWords },
  fee: { fields: feeFields, words: (form, all) => feeWords(form, all) },
  gift: { fields: giftFields, words: giftWords },
};

/** @param {Rules} all @param {RuleKind} kind @param {number | null} number */
function draftOf(all, kind, number) {
  const name = `draft-${kind}-${number ?? 'new'}`;
  const known = drafts.get(name);
  if (known) return known;
  const campaign = kind === 'campaign' ? campaignStart(all, number) : null;
  const form = new Form(name, campaign?.start ?? (kind === 'fee' ? feeStart(all) : giftStart(all, number)));
  drafts.set(name, form);
  if (campaign && campaign.steps > 0) queueMicrotask(() => { rows.value = { ...rows.peek(), [name]: campaign.steps }; });
  return form;
}

/** @param {Form} form @param {ActWords | null} words */
async function publish(form, words) {
  if (!words) return;
  const signed = await proposeActs([words]);
  if (!signed?.some(({ step }) => step === 'executed' || step === 'waits')) return;
  drafts.delete(form.name);
  forgetSimulation(form.name);
  await rules.refresh();
  goTo('rules');
}

/** @param {Rules} all @param {string} kind @param {number | null} number an existing rule of which this is the next version */
export function editorView(all, kind, number) {
  if (!Object.hasOwn(KINDS, kind)) return empty({ iconName: 'gift', title: t('campaign.none') });
  if (!overview.data.value) void overview.refresh();
  const { fields, words } = KINDS[/** @type {RuleKind} */ (kind)];
  const form = draftOf(all, /** @type {RuleKind} */ (kind), number);
  return html`<p class="lead">${t('rules.draft_words')}</p>
    <form class="stack loose" novalidate data-name="rule-editor" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void publish(form, words(form, all, number)); }}>
      ${fields(form)}
      ${Object.keys(form.faults.value).length > 0 ? banner({ tone: 'warning', text: t('form.look') }) : nothing}
      ${simulateView(form.name, () => words(form, all, number))}
      <section class="card stack"><h2>${t('rules.propose_title')}</h2><p>${t('rules.propose_words')}</p>
        <div class="cluster">${button({ label: t('rules.propose'), kind: 'primary', type: 'submit', iconName: 'shield', name: 'propose-rule' })}</div></section></form>`;
}
