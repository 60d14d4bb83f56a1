// One member: who it is, what is held, with which keys, what was asked and paid; and what people of the association may do about it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { groupAccount } from '../kit/bech32m.js';
import { fingerprint } from '../kit/hex.js';
import { hasWords, sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount, groupIban } from '../kit/money.js';
import { statementForm } from '../kit/statement-form.js';
import { formatDate, formatDateTime } from '../kit/time.js';
import { amount, banner, button, chip, copyRow, toast } from '../kit/ui.js';
import { actSentence, euros } from './acts.js';
import { Form } from './form.js';
import { detail, levelWords, word } from './members-data.js';
import { deviceKey, newDeviceFields } from './new-device.js';
import { readingView } from './parts.js';
import { acts, linkTo } from './place.js';
import { PAYMENT_TONES } from './redemptions-data.js';
import { backTo, fact } from './rooms.js';
import { units } from './rules-data.js';
import { proposeActs } from './sign.js';
import { desk, members } from './state.js';
import { dataTable } from './table.js';

/** @typedef {import('./members-data.js').Detail} Detail */
/** @typedef {import('./state.js').ActWords} ActWords */
/** @typedef {'profile' | 'classify' | 'key' | 'suspend' | 'end'} Task */

const LEVELS = ['0', '1', '2'];
/** Why an account is suspended: the reason's code. */
const REASONS = ['1', '2', '3', '4'];

const opened = signal(/** @type {{account: string, task: Task} | null} */ (null));
const busy = signal(false);
const fault = signal(/** @type {unknown} */ (null));
/** @type {Map<string, Form>} */
const forms = new Map();

/** @param {Task} task */
function formOf(task) {
  const name = `member-${task}`;
  const known = forms.get(name);
  const form = known ?? new Form(name, {});
  forms.set(name, form);
  return form;
}

/** What a form begins with. @type {Record<Task, (member: Detail) => import('./form.js').Typed>} */
const STARTS = {
  profile: ({ name, trade, contact, iban }) => ({ name: name ?? '', trade: trade ?? '', contact: contact ?? '', iban: iban ?? '' }),
  classify: ({ level, groups }) => ({ level: String(level), groups: groups.join(', ') }),
  key: () => ({ key: '', scope: 'full' }),
  suspend: () => ({ reason: '1' }),
  end: () => ({ why: 'leaves', heir: '', evidence: '' }),
};

/** @param {Detail} member @param {Task} task */
function toggle(member, task) {
  const open = opened.peek()?.task === task && opened.peek()?.account === member.account;
  if (!open) formOf(task).reset(STARTS[task](member));
  fault.value = null;
  opened.value = open ? null : { account: member.account, task };
}

/** @param {ActWords | null} act */
async function sign(act) {
  if (!act) return;
  const signed = await proposeActs([act]);
  if (!signed?.some(({ step }) => step === 'executed' || step === 'waits')) return;
  opened.value = null;
  void detail.refresh();
}

/** @param {Detail} member @param {Form} form */
async function saveProfile({ account }, form) {
  busy.value = true;
  fault.value = null;
  try {
    await desk.peek()?.session.json(`/office/v1/members/${account}`, { method: 'PUT', json: { name: form.text('name'), trade: form.text('trade'), contact: form.text('contact'), iban: form.text('iban').replace(/\s/g, '') } });
    toast(t('member.saved'), 'good');
    opened.value = null;
    void detail.refresh();
    void members.refresh();
  } catch (error) {
    fault.value = error;
  } finally {
    busy.value = false;
  }
}

/** @param {Detail} member @param {Form} form @returns {ActWords | null} */
function endAct({ account, balance }, form) {
  return form.read(() => {
    if (balance === 0 && form.text('why') === 'leaves') return { kind: 'close_account', account };
    return { kind: 'pass_on', account, heir: form.chosen('heir'), evidence: form.evidence('evidence') };
  });
}

/** @type {Record<Task, {iconName: string, fields: (form: Form, member: Detail) => unknown, submit: (form: Form, member: Detail) => unknown, danger?: boolean}>} */
const TASKS = {
  profile: {
    iconName: 'person', submit: (form, member) => saveProfile(member, form),
    fields: (form, { kind }) => html`${form.input('name', t('member.name'), { maxLength: 70 })}${kind === 'professional' ? form.input('trade', t('member.trade'), { maxLength: 70 }) : nothing}
      ${form.input('contact', t('member.contact'), { maxLength: 200 })}${form.input('iban', 'IBAN', { ltr: true, code: true, hint: t('member.iban_hint') })}`,
  },
  classify: {
    iconName: 'shield', submit: (form, { account }) => sign(form.read(() => ({ kind: 'classify_account', account, level: Number(form.chosen('level')), groups: form.numbers('groups') }))),
    fields: (form) => html`${form.select('level', t('members.level'), LEVELS.map((value) => ({ value, label: levelWords(Number(value)) })))}${form.input('groups', t('field.groups'), { inputMode: 'numeric', ltr: true, hint: t('rules.groups_hint') })}`,
  },
  key: {
    iconName: 'key',
    submit: (form, { account }) => sign(form.read(() => {
      const key = deviceKey(form.text('key')) ?? '';
      if (!key) form.wrong('key', t('device.no_code'));
      return { kind: 'add_key', account, key, scope: form.text('scope') || 'full', per_payment: null, per_day: null, payee: null };
    })),
    fields: newDeviceFields,
  },
  suspend: {
    iconName: 'cross', danger: true, submit: (form, { account, status }) => sign(status === 'suspended' ? { kind: 'resume_account', account } : form.read(() => ({ kind: 'suspend_account', account, reason: Number(form.chosen('reason')) }))),
    fields: (form, { status }) => (status === 'suspended' ? nothing : form.select('reason', t('member.reason'), REASONS.map((value) => ({ value, label: t(`reason.${value}`) })))),
  },
  end: {
    iconName: 'trash', danger: true, submit: (form, member) => sign(endAct(member, form)),
    fields: (form, { balance }) => html`${form.select('why', t('member.end_why'), [{ value: 'leaves', label: t('member.leaves') }, { value: 'died', label: t('member.died') }])}
      ${balance === 0 && form.text('why') !== 'died' ? html`<p class="wide-field">${t('member.end_empty')}</p>`
        : html`<p class="wide-field">${t('member.end_balance')} <strong>${amount(balance, { symbol: desk.value?.ledger.symbol })}</strong></p>${form.account('heir', t('member.heir'))}${form.file('evidence', t('member.end_evidence'))}`}`,
  },
};

/** @param {Detail} member @param {Task} task */
function taskView(member, task) {
  const { iconName, fields, submit, danger = false } = TASKS[task];
  const open = opened.value?.task === task && opened.value.account === member.account;
  const form = formOf(task);
  const name = task === 'suspend' && member.status === 'suspended' ? 'resume' : task;
  const onSubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    void submit(form, member);
  };
  return html`<li><button type="button" class="row" aria-expanded=${open ? 'true' : 'false'} data-name="member-${task}" @click=${() => toggle(member, task)}><span class="row-icon ${danger ? 'warning' : ''}">${icon(iconName)}</span>
      <span class="row-words"><span class="row-title">${t(`member.task.${name}`)}</span><span class="row-note">${t(`member.task.${name}_words`)}</span></span>${icon(open ? 'minus' : 'plus', { size: 20 })}</button>
    ${open ? html`<form class="order-form stack" novalidate @submit=${onSubmit}><div class="form-grid">${fields(form, member)}</div>${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
      <div class="cluster">${button({ label: task === 'profile' ? t('member.save') : t('fund.propose'), kind: 'primary', type: 'submit', busy: busy.value, iconName: task === 'profile' ? 'check' : 'shield', name: `do-${task}` })}</div></form>` : nothing}</li>`;
}

/** @param {Detail} member */
function tasksView(member) {
  if (!acts()) return nothing;
  const closed = member.status === 'closed';
  const tasks = /** @type {Task[]} */ (closed ? ['profile'] : ['profile', 'classify', 'key', 'suspend', 'end']);
  const card = html`<li><a class="row" href=${linkTo('cards', member.account)} data-name="member-card"><span class="row-icon">${icon('card')}</span>
    <span class="row-words"><span class="row-title">${t('cards.task')}</span><span class="row-note">${t('cards.task_words')}</span></span>${icon('next', { size: 20 })}</a></li>`;
  return html`<section class="section"><h2>${t('member.tasks')}</h2><ul class="list">${tasks.map((task) => taskView(member, task))}${closed ? nothing : card}</ul></section>`;
}

/** @param {Detail} member */
function keysView({ account, keys }) {
  return html`<section class="card stack" data-name="keys"><h2>${t('member.keys')}</h2>
    ${keys.length === 0 ? html`<p class="quiet-text">${t('member.no_keys')}</p>` : html`<ul class="plain-list">${keys.map(({ key, scope, per_payment: once, per_day: day, from, label }) => html`<li class="key-row" data-key=${key}><div class="row-words"><span class="row-title">${label ? html`<bdi>${label}</bdi> · ` : nothing}${word('scope', scope)}</span>
      <bdi class="code small-text quiet-text" dir="ltr">${fingerprint(key)}</bdi>${from > now() ? chip({ text: t('device.from', { date: formatDateTime(from) }), tone: 'warning', iconName: 'clock' }) : nothing}${once || day ? html`<span class="row-note">${[once ? `${t('field.per_payment')} ${units(once)}` : '', day ? `${t('field.per_day')} ${units(day)}` : ''].filter(Boolean).join(' · ')}</span>` : nothing}</div>
      ${acts() ? button({ label: t('member.revoke'), kind: 'quiet', iconName: 'cross', name: 'revoke-key', onClick: () => void sign({ kind: 'revoke_key', account, key }) }) : nothing}</li>`)}</ul>`}</section>`;
}

/** @param {Detail} member */
function moneyView({ redemptions, orders, mandate }) {
  if (redemptions.length === 0 && orders.length === 0 && !mandate) return nothing;
  return html`<section class="card stack"><h2>${t('member.money')}</h2>
    ${orders.length === 0 ? nothing : html`<h3>${t('member.orders')}</h3><ul class="plain-list">${orders.map(({ amount: cents, reference, state, expires }) => html`<li class="spread"><span>${amount(cents, { symbol: '€' })}<br><bdi class="code small-text quiet-text" dir="ltr">${reference}</bdi></span>${chip({ text: word('order_state', state), tone: state === 'open' ? 'info' : state === 'expired' ? 'warning' : 'good' })}<span class="small-text quiet-text">${formatDate(expires)}</span></li>`)}</ul>`}
    ${redemptions.length === 0 ? nothing : html`<h3>${t('tab.redemptions')}</h3><ul class="plain-list">${redemptions.map(({ redemption, net, state, time }) => html`<li class="spread"><span>${t('redeem.number', { number: redemption })}<br><span class="small-text quiet-text">${formatDate(time)}</span></span>${chip({ text: word('redeem.state', state), tone: PAYMENT_TONES[state] ?? 'plain' })}${amount(net, { symbol: '€' })}</li>`)}</ul>`}
    ${mandate ? html`<h3>${t('debits.mandates')}</h3><p>${t('member.mandate', { amount: euros(mandate.amount), day: mandate.day })} <bdi class="code" dir="ltr">${mandate.reference}</bdi></p>` : nothing}</section>`;
}

/** @param {Detail} member */
function entriesView({ account, entries }) {
  return html`<section class="section"><h2>${t('member.entries')}</h2>${dataTable({
    name: `entries-${account.slice(-6)}`, label: t('member.entries'), rows: entries, id: ({ sequence }) => sequence, none: { iconName: 'history', title: t('member.no_entries') },
    columns: [
      { key: 'what', title: t('activity.what'), value: entryWords, cell: (entry) => html`<strong>${entryWords(entry)}</strong><br><span class="small-text quiet-text">${t('history.entry', { sequence: formatCount(entry.sequence) })}</span>` },
      { key: 'time', title: t('activity.when'), kind: 'time', value: ({ time }) => time },
      { key: 'sequence', title: t('field.sequence'), kind: 'count', value: ({ sequence }) => sequence, fileOnly: true },
      { key: 'other', title: t('member.other'), value: ({ counterparty_name: name, counterparty }) => name ?? counterparty },
      { key: 'change', title: t('field.amount'), kind: 'cents', symbol: desk.value?.ledger.symbol, value: ({ amount: cents }) => cents },
    ],
  })}</section>`;
}

/** An entry in words: the act itself where the association did it. @param {import('./members-data.js').MemberEntry} entry */
const entryWords = ({ act, kind }) => (act ? actSentence(act, null) : kindName(kind));

/** @param {string} kind */
const kindName = (kind) => (hasWords(`entry.${kind}`) ? t(`entry.${kind}`) : hasWords(`kind.${kind}`) ? t(`kind.${kind}`) : kind);

/** @param {Detail} member */
function headView(member) {
  const { account, kind, status, level, groups, balance, receivable, choices, redeem_above: above, trade, contact, iban } = member;
  const none = t('value.none');
  return html`<section class="card stack" data-name="member">
    <div class="cover-head">${amount(balance, { symbol: desk.value?.ledger.symbol, size: 'big' })}<span class="cluster">${chip({ text: word('account_kind', kind) })}${chip({ text: word('status', status), tone: status === 'open' ? 'good' : 'warning' })}</span></div>
    ${receivable > 0 ? banner({ tone: 'danger', text: t('member.receivable', { amount: units(receivable) }) }) : nothing}
    ${copyRow({ label: t('field.account'), value: account, shown: groupAccount(account), code: true })}
    <dl class="facts">${fact(t('members.level'), levelWords(level))}${fact(t('field.groups'), groups.length > 0 ? groups.join(', ') : none)}
      ${trade ? fact(t('member.trade'), trade) : nothing}${contact ? fact(t('member.contact'), html`<bdi>${contact}</bdi>`) : nothing}
      ${iban ? fact('IBAN', html`<bdi class="code" dir="ltr">${groupIban(iban)}</bdi>`) : nothing}
      ${kind === 'professional' ? fact(t('member.above'), above === null || above === undefined ? none : units(above)) : fact(t('member.choices'), choices.length === 0 ? none : choices.map((one) => (typeof one === 'string' ? one : (one.name ?? one.account))).join(', '))}</dl></section>`;
}

/** @param {Detail} member */
function changesView({ changes }) {
  if (changes.length === 0) return nothing;
  return html`<section class="card stack"><h2>${t('member.changes')}</h2><ul class="plain-list">${changes.map(({ by, time, fields }) => html`<li>${t('member.changed', { n: by, what: fields.map((name) => (name === 'iban' ? 'IBAN' : t(`member.${name}`))).join(', ') })}<br><span class="small-text quiet-text">${formatDateTime(time)}</span></li>`)}</ul></section>`;
}

/** For a member without a phone, on paper; only for those who act. @param {Detail} member */
function statementView({ account }) {
  const here = desk.value;
  if (!here || !acts()) return nothing;
  return html`<section class="card stack" data-name="member-statement"><h2>${t('paper.title')}</h2><p class="quiet-text small-text">${t('paper.text')}</p>
    ${statementForm({ account, session: here.session, prefix: account.slice(-6) })}</section>`;
}

export function memberView() {
  return html`${backTo('members', detail.data.value?.name ?? t('members.no_name'))}
    ${readingView(detail, (member) => html`<div class="dashboard-columns">${headView(member)}<div class="stack">${keysView(member)}${moneyView(member)}${statementView(member)}${changesView(member)}</div></div>
      ${tasksView(member)}${entriesView(member)}`)}`;
}
