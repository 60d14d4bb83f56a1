// Converting each month: a standing order under the account's own reference, or a direct debit under a mandate that the member signs.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { Problem, now } from '../kit/api.js';
import { encodeBase64url } from '../kit/base64url.js';
import { unhex } from '../kit/hex.js';
import { signer } from '../kit/keys.js';
import { plainIban, signMandate } from '../kit/ledger.js';
import { groupIban, parseAmount } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { ask, banner, button, chip, copyRow, failure, field, loading, toast } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { payView } from './orders.js';
import { account, accountBytes, facts, openSession, scope, wallet } from './state.js';
import { euros } from './words.js';

/** @typedef {{reference: string, holder: string, iban: string, amount: number, day: number, signed: number, revoked: number | null, next: {date: string, amount: number} | null}} Mandate */

const LAST_DAY = 28;
const mandate = signal(/** @type {Mandate | null | undefined} */ (undefined));
const fault = signal(/** @type {unknown} */ (null));
const busy = signal(false);
const form = signal({ holder: '', iban: '', amount: '', day: '5' });
const faults = signal(/** @type {Partial<Record<'holder' | 'iban' | 'amount' | 'day', string>>} */ ({}));
let asked = '';

const path = () => `/v1/accounts/${account.value?.account}/mandate`;

async function load() {
  fault.value = null;
  try {
    mandate.value = (await openSession().json(path())).mandate;
  } catch (error) {
    fault.value = error;
  }
}

/** Leaving: what was typed of a bank account is forgotten. @param {string} name the screen that is shown now */
export function leaveMonthly(name) {
  if (name === 'monthly') return;
  asked = '';
  form.value = { holder: '', iban: '', amount: '', day: '5' };
  faults.value = {};
}

export function monthlyView() {
  const mine = account.value;
  const title = t('monthly.title');
  if (!mine) return frame({ title, back: 'convert', body: loading() });
  const debit = facts().direct_debit;
  if (debit && asked !== mine.account) {
    asked = mine.account;
    queueMicrotask(() => void load());
  }
  const { holder, iban, bic } = facts();
  return frame({
    title, back: 'convert',
    body: html`
      <section class="section" data-name="standing-order"><h2>${t('monthly.standing')}</h2><p>${t('monthly.standing_text')}</p>
        ${payView({ holder, iban, bic, reference: mine.reference }, null)}</section>
      ${debit ? html`<section class="section" data-name="direct-debit"><h2>${t('monthly.debit')}</h2>
        ${fault.value ? failure({ error: fault.value, onRetry: () => void load() }) : mandate.value === undefined ? loading() : debitView(mandate.value, debit)}</section>` : nothing}`,
  });
}

/** @param {Mandate | null} known @param {{creditor: string, most: number}} debit */
function debitView(known, debit) {
  if (known && known.revoked === null) return mandateView(known, debit);
  const { holder, iban, amount, day } = form.value;
  /** @param {Partial<typeof form.value>} change */
  const put = (change) => batch(() => { form.value = { ...form.value, ...change }; faults.value = {}; });
  return html`
    ${known?.revoked ? banner({ tone: 'info', text: t('monthly.ended', { date: formatDate(known.revoked) }) }) : nothing}
    <p>${t('monthly.debit_text')}</p>
    ${scope.value !== 'full' ? banner({ tone: 'info', text: t('home.other_scope') }) : html`<form class="card stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void sign(debit); }}>
      ${field({ name: 'debit-amount', label: t('monthly.amount'), hint: t('monthly.most', { most: euros(debit.most) }), value: amount, inputMode: 'decimal', ltr: true, suffix: '€', placeholder: '0', fault: faults.value.amount, onInput: (value) => put({ amount: value }) })}
      ${field({ name: 'debit-day', label: t('monthly.day'), hint: t('monthly.day_hint'), value: day, inputMode: 'numeric', ltr: true, maxLength: 2, fault: faults.value.day, onInput: (value) => put({ day: value }) })}
      ${field({ name: 'debit-holder', label: t('monthly.holder'), hint: t('monthly.holder_hint'), value: holder, autocomplete: 'name', maxLength: 70, fault: faults.value.holder, onInput: (value) => put({ holder: value }) })}
      ${field({ name: 'debit-iban', label: t('monthly.iban'), value: iban, code: true, maxLength: 42, fault: faults.value.iban, onInput: (value) => put({ iban: value }) })}
      <p class="small-text quiet-text">${t('monthly.refund_text')}</p>
      <div class="actions">${button({ label: t('monthly.sign'), kind: 'primary', big: true, type: 'submit', busy: busy.value, name: 'mandate-sign' })}</div>
    </form>`}`;
}

/** @param {Mandate} known @param {{creditor: string}} debit */
function mandateView(known, { creditor }) {
  return html`<div class="card stack" data-name="mandate">
      ${known.next ? html`<div class="cluster">${chip({ text: t('monthly.active'), tone: 'good', iconName: 'check' })}</div>
        <p data-name="next-collection" data-date=${known.next.date}><strong>${t('monthly.next', { date: formatDate(Date.parse(known.next.date)), amount: euros(known.next.amount) })}</strong></p>` : nothing}
      <dl class="facts">
        <div><dt>${t('monthly.amount')}</dt><dd>${euros(known.amount)}</dd></div>
        <div><dt>${t('monthly.day')}</dt><dd><bdi dir="ltr">${known.day}</bdi></dd></div>
        <div><dt>${t('monthly.holder')}</dt><dd><bdi>${known.holder}</bdi></dd></div>
        <div><dt>${t('monthly.iban')}</dt><dd class="code"><bdi dir="ltr">${groupIban(known.iban)}</bdi></dd></div>
        <div><dt>${t('monthly.signed')}</dt><dd>${formatDate(known.signed)}</dd></div>
      </dl>
      ${copyRow({ label: t('monthly.reference'), value: known.reference, shown: groupIban(known.reference), code: true })}
      ${copyRow({ label: t('monthly.creditor'), value: creditor, code: true })}
      <p class="small-text quiet-text">${t('monthly.refund_text')}</p>
      ${scope.value === 'full' ? button({ label: t('monthly.stop'), kind: 'danger', iconName: 'cross', busy: busy.value, name: 'mandate-stop', onClick: () => void stop() }) : nothing}
    </div>`;
}

/** @param {{creditor: string, most: number}} debit */
async function sign({ creditor, most }) {
  const current = wallet.value;
  const id = account.value?.account;
  if (!current || !id) return;
  const words = { holder: form.value.holder.trim(), iban: plainIban(form.value.iban), amount: parseAmount(form.value.amount), day: Number(form.value.day) };
  /** @type {typeof faults.value} */
  const wrong = {};
  if (words.amount === null) wrong.amount = t('give.bad_amount');
  else if (words.amount > most) wrong.amount = t('error.mandate_too_high');
  if (!Number.isInteger(words.day) || words.day < 1 || words.day > LAST_DAY) wrong.day = t('monthly.day_hint');
  if (words.holder === '') wrong.holder = t('monthly.holder_hint');
  if (words.iban === '') wrong.iban = t('error.iban_wrong');
  faults.value = wrong;
  const { amount } = words;
  if (Object.keys(wrong).length > 0 || amount === null) return;
  const sure = await ask({
    title: t('monthly.ask'), confirm: t('monthly.sign'), iconName: 'bank',
    text: html`<p>${t('monthly.ask_text', { creditor: facts().holder, amount: euros(amount), day: words.day })}</p><p><bdi dir="ltr" class="code">${groupIban(words.iban)}</bdi></p>`,
  });
  if (!sure) return;
  busy.value = true;
  try {
    const signature = await signMandate(signer(current), unhex(facts().ledger), { ...words, amount, account: accountBytes(id), creditor, time: Math.round(now()) });
    mandate.value = (await openSession().json(path(), { method: 'PUT', json: { ...words, signature: encodeBase64url(signature) } })).mandate;
    toast(t('monthly.done'), 'good');
  } catch (error) {
    if (error instanceof Problem && error.code === 'iban_wrong') faults.value = { iban: sentenceFor(error) };
    else toast(sentenceFor(error), 'danger');
  }
  busy.value = false;
}

async function stop() {
  const sure = await ask({ title: t('monthly.stop_ask'), text: html`<p>${t('monthly.stop_text')}</p>`, confirm: t('monthly.stop'), danger: true, iconName: 'warning' });
  if (!sure) return;
  busy.value = true;
  try {
    await openSession().json(path(), { method: 'DELETE' });
    toast(t('monthly.stopped'), 'good');
    await load();
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  }
  busy.value = false;
}
