// For professionals: units back to euros, now or by themselves above a sum; what became of each redemption, and the statement of it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { saveCsv } from '../kit/csv.js';
import { redeem, redeemAbove } from '../kit/ledger.js';
import { editableAmount, formatAmount, leftToRight, parseAmount } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { icon } from '../kit/icons.js';
import { amount, ask, banner, button, chip, failure, field, linkButton, loading, toast } from '../kit/ui.js';
import { t } from '../kit/i18n.js';
import { feeFor } from './fees.js';
import { frame } from './frame.js';
import { available } from './offline.js';
import { receiptView } from './receipt-view.js';
import { settled } from './settle.js';
import { account, accountBytes, facts, lineOf, openSession, symbol } from './state.js';
import { euros, originSentences, units } from './words.js';

/** @typedef {{redemption: number, time: number, gross: number, fee: number, given: number, net: number, state: 'asked' | 'ordered' | 'paid' | 'returned'}} Redemption */

const typed = signal('');
const fault = signal(/** @type {string | null} */ (null));
const done = signal(/** @type {(import('./receipt-view.js').Shown & {origins: string[]}) | null} */ (null));
const busy = signal(false);
const past = signal(/** @type {Redemption[] | null} */ (null));
const pastFault = signal(/** @type {unknown} */ (null));
/** What is typed to be kept; null while the instruction is not being changed. */
const keep = signal(/** @type {string | null} */ (null));
const keepFault = signal(/** @type {string | null} */ (null));
/** The account and its last entry for which the list was asked. */
let asked = '';

async function load() {
  pastFault.value = null;
  try {
    past.value = (await openSession().json(`/v1/accounts/${account.value?.account}/redemptions`)).redemptions;
  } catch (error) {
    pastFault.value = error;
  }
}

export function redeemView() {
  const mine = account.value;
  if (!mine) return frame({ title: t('redeem.title'), back: '', body: loading() });
  const seen = `${mine.account} ${mine.last_entry}`;
  if (asked !== seen) {
    asked = seen;
    queueMicrotask(() => void load());
  }
  const shown = done.value;
  if (shown) {
    const { fee = 0, net } = shown.facts.outcome;
    return frame({
      title: t('redeem.title'),
      body: html`${receiptView(shown, { headline: t('redeem.done'), cents: shown.facts.words.amount ?? 0, fresh: true, origins: shown.origins, rows: [[t('receipt.fee'), units(fee)], [t('receipt.net'), euros(net ?? 0)]] })}
        <p class="quiet-text center">${t('redeem.done_text')}</p>
        ${linkButton({ label: t('action.done'), href: '#', kind: 'primary', big: true })}`,
    });
  }
  const cents = parseAmount(typed.value);
  const fee = cents === null ? 0 : feeFor(cents);
  const rule = facts().fee;
  return frame({
    title: t('redeem.title'), back: '',
    body: html`
      <p class="quiet-text">${t('redeem.text')}</p>
      <form class="stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void confirm(cents, fee); }}>
        ${field({ name: 'redeem', label: t('redeem.amount'), value: typed.value, inputMode: 'decimal', ltr: true, huge: true, suffix: symbol.value, placeholder: '0', hint: t('give.balance', { amount: units(available.value) }), fault: fault.value,
          onInput: (value) => batch(() => { typed.value = value; fault.value = null; }) })}
        ${cents !== null ? html`<dl class="card facts flat" data-name="redeem-preview">
          <div><dt>${t('redeem.gross')}</dt><dd>${units(cents)}</dd></div>
          <div><dt>${rule ? t('redeem.fee_of', { percent: percentOf(rule) }) : t('receipt.fee')}</dt><dd>${formatAmount(-fee, { symbol: symbol.value })}</dd></div>
          <div><dt><strong>${t('redeem.net')}</strong></dt><dd>${amount(cents - fee, { symbol: '€', size: 'big' })}</dd></div>
        </dl>` : nothing}
        <div class="actions">${button({ label: t('action.continue'), kind: 'primary', big: true, type: 'submit', busy: busy.value, name: 'redeem-continue' })}</div>
      </form>
      ${mine.kind === 'professional' ? standingView(mine.redeem_above ?? null) : nothing}
      ${pastFault.value ? failure({ error: pastFault.value, onRetry: () => void load() }) : past.value && past.value.length > 0 ? pastView(past.value) : nothing}`,
  });
}

/** The rate in per cent, exact to two places. @param {{numerator: number, denominator: number}} rule */
export function percentOf({ numerator, denominator }) {
  return leftToRight(`${formatAmount(Math.floor((numerator * 10_000) / denominator)).replace(/[.,]?0+$/, '')}\u00a0%`);
}

/** @param {number | null} cents @param {number} fee */
async function confirm(cents, fee) {
  if (cents === null) fault.value = t('give.bad_amount');
  else if (cents > available.value) fault.value = t('error.balance_insufficient');
  else if (cents <= fee) fault.value = t('error.fee_exceeds_amount');
  if (fault.value || cents === null) return;
  const sure = await ask({
    title: t('redeem.ask', { amount: units(cents) }),
    text: html`<p>${t('redeem.ask_text', { fee: units(fee), net: euros(cents - fee) })}</p>`,
    confirm: t('redeem.do'), iconName: 'bank',
  });
  if (!sure) return;
  busy.value = true;
  const shown = await settled(redeem(accountBytes(account.value?.account ?? ''), cents), { kind: 'redeem', amount: cents });
  const line = shown ? await lineOf(shown.facts.sequence).catch(() => null) : null;
  done.value = shown && { ...shown, origins: line ? originSentences(line) : [] };
  busy.value = false;
}

// By itself above a sum

/** @param {number | null} kept */
function standingView(kept) {
  const text = keep.value;
  return html`<section class="section" data-name="standing-redemption" data-keep=${kept ?? ''}><h2>${t('redeem.standing')}</h2>
    ${text !== null
      ? html`<form class="card stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void instruct(); }}>
          ${field({ name: 'keep', label: t('redeem.keep'), hint: t('redeem.keep_hint'), value: text, inputMode: 'decimal', ltr: true, suffix: symbol.value, placeholder: '0', fault: keepFault.value,
            onInput: (value) => batch(() => { keep.value = value; keepFault.value = null; }) })}
          <div class="actions">
            ${button({ label: t('redeem.standing_do'), kind: 'primary', type: 'submit', busy: busy.value, name: 'keep-confirm' })}
            ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { keep.value = null; } })}
          </div></form>`
      : html`<div class="card stack tight">
          <p>${kept === null ? t('redeem.standing_off') : t('redeem.standing_on', { keep: units(kept) })}</p>
          <div class="cluster">
            ${button({ label: kept === null ? t('redeem.standing_start') : t('redeem.standing_change'), name: 'keep-change', onClick: () => batch(() => { keep.value = kept === null ? '' : editableAmount(kept); keepFault.value = null; }) })}
            ${kept === null ? nothing : button({ label: t('redeem.standing_stop'), kind: 'quiet', busy: busy.value, name: 'keep-stop', onClick: () => void tell(undefined) })}
          </div></div>`}
  </section>`;
}

async function instruct() {
  const text = (keep.value ?? '').trim();
  const cents = /^0(?:[.,]0{0,2})?$/.test(text) ? 0 : parseAmount(text);
  if (cents === null) {
    keepFault.value = t('give.bad_amount');
    return;
  }
  await tell(cents);
}

/** @param {number | undefined} cents */
async function tell(cents) {
  busy.value = true;
  const told = await settled(redeemAbove(accountBytes(account.value?.account ?? ''), cents), { kind: 'redeem_above' });
  busy.value = false;
  if (!told) return;
  batch(() => {
    keep.value = null;
    if (account.value) account.value = { ...account.value, redeem_above: cents ?? null };
  });
  toast(t(cents === undefined ? 'redeem.standing_stopped' : 'redeem.standing_done'), 'good');
}

// What became of them

/** @type {Record<Redemption['state'], 'warning' | 'info' | 'good' | 'danger'>} */
const TONES = { asked: 'warning', ordered: 'info', paid: 'good', returned: 'danger' };

/** @param {Redemption[]} all */
function pastView(all) {
  const back = all.some(({ state }) => state === 'returned');
  /** @param {'gross' | 'fee' | 'net'} column */
  const sum = (column) => all.reduce((total, one) => total + one[column], 0);
  return html`<section class="section" data-name="redemptions"><div class="spread"><h2>${t('redeem.past')}</h2>
      ${button({ label: t('redeem.statement'), kind: 'quiet', iconName: 'save', name: 'redemptions-csv', onClick: () => saveStatement(all) })}</div>
    ${back ? banner({ tone: 'warning', text: t('redeem.returned_text') }) : nothing}
    <ul class="list">${all.map(redemptionView)}</ul>
    <dl class="card facts flat" data-name="redemption-sums">
      <div><dt>${t('redeem.gross')}</dt><dd>${units(sum('gross'))}</dd></div>
      <div><dt>${t('receipt.fee')}</dt><dd>${units(sum('fee'))}</dd></div>
      <div><dt>${t('redeem.net_sum')}</dt><dd>${euros(sum('net'))}</dd></div>
    </dl></section>`;
}

/** @param {Redemption} one */
function redemptionView(one) {
  const fee = one.fee > 0 ? ` · ${t('redeem.row_fee', { gross: units(one.gross), fee: units(one.fee) })}` : '';
  return html`<li><a class="row" href="#entry=${one.redemption}" data-state=${one.state}>
    <span class="row-icon copper">${icon('bank')}</span>
    <span class="row-words"><span class="row-title">${euros(one.net)}</span><span class="row-note">${formatDate(one.time)}${fee}</span></span>
    <span class="row-end">${chip({ text: t(`redeem.state_${one.state}`), tone: TONES[one.state] })}</span></a></li>`;
}

/** @param {Redemption[]} all */
function saveStatement(all) {
  const columns = /** @type {const} */ ([['date', 'time'], ['entry', 'count'], ['gross', 'cents'], ['fee', 'cents'], ['given', 'cents'], ['net', 'cents'], ['state', 'text']]);
  saveCsv(`${facts().prefix}-${t('redeem.csv_name')}`, columns.map(([name, kind]) => ({ title: t(`redeem.csv_${name}`), kind })),
    all.map((one) => [one.time, one.redemption, one.gross, one.fee, one.given, one.net, t(`redeem.state_${one.state}`)]));
}

/** Leaving: the next visit starts anew. @param {string} name the screen that is shown now */
export function leaveRedeem(name) {
  if (name === 'redeem') return;
  asked = '';
  keep.value = null;
  if (done.value) {
    done.value = null;
    typed.value = '';
  }
}
