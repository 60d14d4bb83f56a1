// The guarantee fund: where the euros are, how cover is counted, and what moves, pledges or pays them.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount } from '../kit/money.js';
import { formatPlainDate } from '../kit/time.js';
import { amount, banner, button, chip } from '../kit/ui.js';
import { euros } from './acts.js';
import { Form, startOf } from './form.js';
import { readingView } from './parts.js';
import { acts, onEntering } from './place.js';
import { roomTabs } from './rooms.js';
import { proposeActs } from './sign.js';
import { Reading, desk, overview, place } from './state.js';
import { dataTable } from './table.js';

/** @typedef {import('./state.js').Bank} Bank */
/** @typedef {import('./state.js').Medium} Medium */
/** @typedef {import('./state.js').Overview} Overview */
/** @typedef {{bank: number, amount: number, date: string, file: string, by: number, time: number}} Confirmation */

/** Purposes of a deposit or a withdrawal, as the format counts them. */
const PURPOSES = { cover: 0, own: 1, fees: 2 };

const confirmations = new Reading(() => '/office/v1/confirmations', (answer) => /** @type {Confirmation[]} */ (answer.confirmations));
onEntering('fund', () => {
  void overview.refresh();
  void confirmations.refresh();
});

/** @param {unknown} mark @param {string} label @param {number} cents @param {string} [tone] */
const term = (mark, label, cents, tone = '') => html`<li class="term ${tone}"><span class="term-mark" aria-hidden="true">${mark}</span><span>${label}</span>${amount(cents, { symbol: '€' })}</li>`;

/** Cover against circulation as a sum in words. @param {Medium} medium @param {Bank[]} banks */
function formulaView(medium, banks) {
  const { circulation, cover, payable, fees_due: fees, pledged, in_transit: transit, surplus, covered } = medium;
  const mine = banks.filter((bank) => bank.medium === medium.medium);
  const assets = cover + payable + fees + pledged - transit;
  return html`<section class="card cover ${covered ? '' : 'short'}" data-name="formula" data-medium=${medium.medium}>
    <div class="cover-head"><h2>${t(`medium.${medium.medium}`)}</h2>${chip({ text: surplus === 0 ? t('cover.exact') : covered ? t('cover.surplus', { amount: euros(surplus) }) : t('cover.short', { amount: euros(-surplus) }), tone: covered ? 'good' : 'danger', iconName: covered ? 'check' : 'warning' })}</div>
    <p class="quiet-text">${t('fund.formula')}</p>
    <ul class="formula">
      ${term('', t('fund.assets', { n: mine.length }), assets)}
      ${term('+', t('cover.in_transit'), transit, transit === 0 ? 'nil' : '')}${term('−', t('cover.pledged'), pledged, pledged === 0 ? 'nil' : '')}
      ${term('−', t('cover.payable'), payable, payable === 0 ? 'nil' : '')}${term('−', t('cover.fees_due'), fees, fees === 0 ? 'nil' : '')}
      ${term('=', t('fund.cover'), cover, 'sum')}
      <li class="term"><span class="term-mark" aria-hidden="true">${covered ? '≥' : '<'}</span><span>${t('cover.circulation')}</span>${amount(circulation, { symbol: desk.value?.ledger.symbol })}</li>
    </ul>
    ${covered ? nothing : banner({ tone: 'danger', text: t('fund.short_words') })}</section>`;
}

/** @param {Overview} data */
function accountsView({ banks, media }) {
  const said = (/** @type {Bank} */ { bank }) => confirmations.data.value?.find((one) => one.bank === bank) ?? null;
  return html`<div class="covers">${media.map((medium) => formulaView(medium, banks))}</div>
    <section class="section"><h2>${t('banks.title')}</h2>${dataTable({
      name: 'fund-accounts', label: t('banks.title'), rows: banks, id: ({ bank }) => bank, none: { iconName: 'bank', title: t('fund.no_banks') },
      tone: (bank) => (bank.same_iban.length > 0 ? 'warning' : null),
      columns: [
        { key: 'bank', title: t('banks.bank'), value: ({ bank }) => bank, kind: 'count', fileOnly: true },
        { key: 'name', title: t('banks.bank'), value: ({ bank }) => t('banks.number', { number: bank }), cell: ({ bank, medium, class: kind, same_iban: same }) => html`<strong>${t('banks.number', { number: bank })}</strong><br><span class="quiet-text small-text">${t(`medium.${medium}`)} · ${t(`class.${kind}`)}</span>${same.length > 0 ? html`<br>${chip({ text: t('banks.same_iban', { numbers: [bank, ...same].join(', ') }), tone: 'warning' })}` : nothing}` },
        ...(/** @type {('balance' | 'cover' | 'campaigns' | 'unmatched' | 'own')[]} */ (['balance', 'cover', 'campaigns', 'unmatched', 'own'])).map((key) => ({ key, title: t(`banks.${key}`), kind: /** @type {const} */ ('cents'), value: (/** @type {Bank} */ bank) => bank[key] })),
        { key: 'confirmed', title: t('fund.confirmed'), kind: 'cents', value: (bank) => said(bank)?.amount ?? null, cell: (bank) => confirmedCell(bank, said(bank)) },
      ],
    })}<p class="quiet-text small-text">${t('fund.balance_words')}</p></section>`;
}

/** @param {Bank} bank @param {Confirmation | null} said */
function confirmedCell(bank, said) {
  if (!said) return html`<span class="quiet-text">${t('confirm.silent')}</span>`;
  const differs = said.amount !== bank.balance;
  return html`${amount(said.amount, { symbol: '€' })}<br><span class="small-text ${differs ? 'warning-text' : 'quiet-text'}">${formatPlainDate(startOf(said.date))}${differs ? html`<br>${t('fund.differs', { amount: formatAmount(bank.balance - said.amount, { symbol: '€', sign: true }) })}` : nothing}</span>`;
}

/** @typedef {{name: string, iconName: string, warn?: boolean, fields: (form: Form, data: Overview) => unknown, act: (form: Form) => import('./state.js').ActWords}} Order */

/** @param {Overview} data @param {string} [medium] */
const bankOptions = ({ banks }, medium) => banks.filter((bank) => !medium || bank.medium === medium).map(({ bank, medium: of, balance }) => ({ value: String(bank), label: `${t('banks.number', { number: bank })} · ${t(`medium.${of}`)} · ${euros(balance)}` }));
const media = () => ['digital', 'paper'].map((value) => ({ value, label: t(`medium.${value}`) }));
/** @param {Form} form @param {Overview} data @param {string} [name] @param {string} [label] */
const bankField = (form, data, name = 'bank', label = t('field.bank')) => form.select(name, label, bankOptions(data), { none: t('confirm.choose') });
/** @param {Form} form */
const sumField = (form) => form.money('amount', t('field.amount'), '€');
/** @param {Form} form */
const paper = (form) => form.file('evidence', t('fund.evidence'));

/** What can be ordered here; each is an act that people sign. @type {Order[]} */
const ORDERS = [
  {
    name: 'fees', iconName: 'receive', fields: (form, data) => html`${bankField(form, data)}${sumField(form)}${paper(form)}`,
    act: (form) => ({ kind: 'fund_withdrawal', bank: Number(form.chosen('bank')), amount: form.cents('amount'), purpose: PURPOSES.fees, evidence: form.evidence('evidence') }),
  },
  {
    name: 'own_out', iconName: 'send', fields: (form, data) => html`${bankField(form, data)}${sumField(form)}${paper(form)}`,
    act: (form) => ({ kind: 'fund_withdrawal', bank: Number(form.chosen('bank')), amount: form.cents('amount'), purpose: PURPOSES.own, evidence: form.evidence('evidence') }),
  },
  {
    name: 'deposit', iconName: 'plus',
    fields: (form, data) => html`${bankField(form, data)}${form.select('purpose', t('field.purpose'), [{ value: 'own', label: t('purpose.1') }, { value: 'cover', label: t('purpose.0') }])}${sumField(form)}${paper(form)}`,
    act: (form) => ({ kind: 'fund_deposit', bank: Number(form.chosen('bank')), amount: form.cents('amount'), purpose: form.text('purpose') === 'cover' ? PURPOSES.cover : PURPOSES.own, evidence: form.evidence('evidence') }),
  },
  {
    name: 'move', iconName: 'convert', fields: (form, data) => html`${bankField(form, data, 'out', t('field.bank_out'))}${bankField(form, data, 'in', t('field.bank_in'))}${sumField(form)}${paper(form)}`,
    act: (form) => {
      const [out, into] = [form.chosen('out'), form.chosen('in')];
      if (out && out === into) form.wrong('in', t('fund.same_bank'));
      return { kind: 'fund_move', bank_out: Number(out), bank_in: Number(into), amount: form.cents('amount'), evidence: form.evidence('evidence') };
    },
  },
  {
    name: 'pledge', iconName: 'shield', fields: (form) => html`${form.select('medium', t('field.medium'), media())}${sumField(form)}${paper(form)}`,
    act: (form) => ({ kind: 'pledge', medium: form.text('medium') || 'digital', amount: form.cents('amount'), evidence: form.evidence('evidence') }),
  },
  {
    name: 'release', iconName: 'undo', fields: (form) => html`${form.select('medium', t('field.medium'), media())}${sumField(form)}${paper(form)}`,
    act: (form) => ({ kind: 'release_pledge', medium: form.text('medium') || 'digital', amount: form.cents('amount'), evidence: form.evidence('evidence') }),
  },
];

/** @type {Map<string, Form>} */
const forms = new Map(ORDERS.map(({ name }) => [name, new Form(`fund-${name}`, { medium: 'digital', purpose: 'own' })]));
const opened = signal(/** @type {string | null} */ (null));

/** @param {Order} order @param {Form} form */
async function sign(order, form) {
  const act = form.read(() => order.act(form));
  if (!act) return;
  const signed = await proposeActs([act]);
  if (!signed?.some(({ step }) => step === 'executed' || step === 'waits')) return;
  form.reset();
  opened.value = null;
  void overview.refresh();
}

/** @param {Order} order @param {Overview} data */
function orderView(order, data) {
  const { name, iconName, fields } = order;
  const form = /** @type {Form} */ (forms.get(name));
  const open = opened.value === name;
  return html`<li><button type="button" class="row" aria-expanded=${open ? 'true' : 'false'} data-name="fund-${name}" @click=${() => { opened.value = open ? null : name; }}><span class="row-icon">${icon(iconName)}</span>
      <span class="row-words"><span class="row-title">${t(`fund.${name}`)}</span><span class="row-note">${t(`fund.${name}_words`)}</span></span>${icon(open ? 'minus' : 'plus', { size: 20 })}</button>
    ${open ? html`<form class="order-form stack" novalidate @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void sign(order, form); }}><div class="form-grid">${fields(form, data)}</div>
      <div class="cluster">${button({ label: t('fund.propose'), kind: 'primary', type: 'submit', iconName: 'shield', name: `propose-${name}` })}</div></form>` : nothing}</li>`;
}

/** @param {Overview} data */
function ordersView(data) {
  const due = data.media.reduce((sum, { fees_due: fees }) => sum + fees, 0);
  const own = data.banks.reduce((sum, bank) => sum + bank.own, 0);
  const pledged = data.media.reduce((sum, medium) => sum + medium.pledged, 0);
  return html`<dl class="figures">${[['fees_due', due], ['own_money', own], ['pledged', pledged]].map(([key, cents]) => html`<div><dt>${t(`fund.${key}`)}</dt><dd>${amount(Number(cents), { symbol: '€', size: 'big' })}</dd></div>`)}</dl>
    ${acts() ? html`<p class="lead">${t('fund.orders_words')}</p><ul class="list">${ORDERS.map((order) => orderView(order, data))}</ul>` : html`<p class="quiet-text">${t('fund.read_only')}</p>`}`;
}

export function fundView() {
  const [page] = place.value;
  return html`<h1>${t('tab.fund')}</h1>
    ${roomTabs('fund', [{ name: 'accounts', title: t('fund.accounts') }, { name: 'orders', title: t('fund.orders') }])}
    ${readingView(overview, (data) => (page === 'orders' ? ordersView(data) : accountsView(data)))}`;
}
