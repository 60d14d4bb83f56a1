// For professionals: tills (enrol, cap, revoke) and redeeming units for euros.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { fingerprint, unhex } from '../kit/hex.js';
import { addKey, redeem, revokeKey } from '../kit/ledger.js';
import { BadReceipt } from '../kit/outbox.js';
import { feeOn, formatAmount, leftToRight, parseAmount } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { icon } from '../kit/icons.js';
import { amount, ask, button, chip, empty, failure, field, linkButton, loading, toast } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { receiptView } from './receipt-view.js';
import { account, accountBytes, dismissSent, facts, follow, lines, openSession, refresh, signed, symbol } from './state.js';
import { euros, units } from './words.js';

/** @typedef {{key: string, label: string, since: number, active: boolean}} Till */

const POLL_MS = 2_000;

/**
 * Signs, sends and waits for the verified receipt; a refusal or an open end becomes a toast.
 * @param {import('../kit/ledger.js').Payload} payload
 * @param {any} about
 * @returns {Promise<import('./receipt-view.js').Shown | null>}
 */
async function settled(payload, about) {
  try {
    const sent = await signed(payload, about);
    const answer = await follow(sent, (attempt) => { if (attempt === 1) toast(t('send.asking_again'), 'warning'); });
    if (answer.state === 'done') return { facts: answer.facts, receipt: answer.receipt };
    if (answer.state === 'refused') {
      await dismissSent(sent);
      toast(sentenceFor(answer), 'danger');
    } else toast(t('send.late'), 'warning');
  } catch (error) {
    toast(error instanceof BadReceipt ? t('error.bad_receipt') : sentenceFor(error), 'danger');
  }
  return null;
}

// Tills

const tills = signal(/** @type {Till[] | null} */ (null));
const tillsFault = signal(/** @type {unknown} */ (null));
const enrolment = signal(/** @type {{code: string, expires: number, key: string | null, label: string | null} | null} */ (null));
const cap = signal('100');
const capFault = signal(/** @type {string | null} */ (null));
const busy = signal(false);
let asked = false;

async function loadTills() {
  tillsFault.value = null;
  try {
    tills.value = (await openSession().json('/pos/v1/tills')).tills;
  } catch (error) {
    tillsFault.value = error;
  }
}

export function tillsView() {
  if (!asked) {
    asked = true;
    queueMicrotask(() => void loadTills());
  }
  if (enrolment.value) return enrolView();
  const all = tills.value;
  return frame({
    title: t('tills.title'), back: '',
    body: html`<p class="quiet-text">${t('tills.text')}</p>
      ${tillsFault.value ? failure({ error: tillsFault.value, onRetry: () => void loadTills() })
        : !all ? loading()
        : all.length === 0 ? empty({ iconName: 'till', title: t('tills.empty'), text: t('tills.empty_text') })
        : html`<ul class="list">${all.map((till) => html`<li><div class="row">
            <span class="row-icon ${till.active ? 'in' : ''}">${icon('till')}</span>
            <span class="row-words"><span class="row-title"><bdi>${till.label}</bdi></span><span class="row-note">${t('tills.since', { date: formatDate(till.since) })} · <bdi dir="ltr" class="code">${fingerprint(till.key)}</bdi></span></span>
            ${till.active ? html`<button type="button" class="button quiet small" data-name="revoke" @click=${() => void revoke(till)}>${icon('trash', { size: 20 })}<span>${t('tills.revoke')}</span></button>` : chip({ text: t('tills.revoked') })}
          </div></li>`)}</ul><p class="quiet-text">${t('tills.revoke_text')}</p>`}
      <div class="actions">${button({ label: t('tills.add'), kind: 'primary', big: true, iconName: 'plus', busy: busy.value, name: 'till-add', onClick: () => void enrol() })}</div>`,
  });
}

async function enrol() {
  busy.value = true;
  try {
    const { code, expires } = await openSession().json('/pos/v1/enrolments', { method: 'POST' });
    enrolment.value = { code, expires, key: null, label: null };
    void poll(code);
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = false;
  }
}

/** @param {string} code */
async function poll(code) {
  while (enrolment.value?.code === code && !enrolment.value.key) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (enrolment.value?.code !== code) return;
    try {
      const { state, key, label } = await openSession().json(`/pos/v1/enrolments/${encodeURIComponent(code)}`);
      if (state === 'claimed' && enrolment.value?.code === code) enrolment.value = { ...enrolment.value, key, label };
    } catch (error) {
      if (error instanceof Problem && !error.transient) {
        if (enrolment.value?.code === code) enrolment.value = null;
        toast(sentenceFor(error), 'warning');
      }
    }
  }
}

function enrolView() {
  const current = enrolment.value;
  if (!current) return nothing;
  const { code, key, label } = current;
  return frame({
    title: t('tills.add'),
    body: key
      ? html`<section class="card stack" data-name="till-claimed">
            <h2>${t('tills.claimed')}</h2>
            <dl class="facts"><div><dt>${t('tills.label')}</dt><dd><bdi>${label}</bdi></dd></div><div><dt>${t('tills.key')}</dt><dd class="code"><bdi dir="ltr">${fingerprint(key)}</bdi></dd></div></dl>
            <p>${t('tills.compare')}</p>
          </section>
          ${field({ name: 'cap', label: t('tills.cap'), hint: t('tills.cap_hint'), value: cap.value, inputMode: 'decimal', ltr: true, suffix: symbol.value, fault: capFault.value, onInput: (value) => batch(() => { cap.value = value; capFault.value = null; }) })}
          <div class="actions">
            ${button({ label: t('tills.confirm'), kind: 'primary', big: true, busy: busy.value, name: 'till-confirm', onClick: () => void admit(key, label ?? '') })}
            ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { enrolment.value = null; } })}
          </div>`
      : html`<section class="card stack center">
            <p>${t('tills.open_there')}</p>
            <p class="code" dir="ltr">${location.origin}/till/</p>
            <p>${t('tills.type_code')}</p>
            <p class="enrol-code" dir="ltr" data-name="enrol-code">${code}</p>
          </section>
          ${loading(t('tills.waiting'))}
          ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { enrolment.value = null; } })}`,
  });
}

/** @param {string} key @param {string} label */
async function admit(key, label) {
  const perDay = parseAmount(cap.value);
  if (perDay === null) {
    capFault.value = t('give.bad_amount');
    return;
  }
  busy.value = true;
  const done = await settled(addKey(accountBytes(account.value?.account ?? ''), unhex(key), { scope: 'till', perDay }), { kind: 'add_key', name: label });
  busy.value = false;
  if (!done) return;
  enrolment.value = null;
  toast(t('tills.added', { label }), 'good');
  await Promise.all([loadTills(), refresh()]);
}

/** One tap: a till that was lost has to stop at once, and can be added again. @param {Till} till */
async function revoke(till) {
  const done = await settled(revokeKey(accountBytes(account.value?.account ?? ''), unhex(till.key)), { kind: 'revoke_key', name: till.label });
  if (!done) return;
  toast(t('tills.revoke_done', { label: till.label }), 'good');
  await Promise.all([loadTills(), refresh()]);
}

// Redeeming

const redeemAmount = signal('');
const redeemFault = signal(/** @type {string | null} */ (null));
const redeemed = signal(/** @type {import('./receipt-view.js').Shown | null} */ (null));

export function redeemView() {
  const mine = account.value;
  if (!mine) return frame({ title: t('redeem.title'), back: '', body: loading() });
  const shown = redeemed.value;
  if (shown) {
    const { fee = 0, net } = shown.facts.outcome;
    return frame({
      title: t('redeem.title'),
      body: html`${receiptView(shown, { headline: t('redeem.done'), cents: shown.facts.words.amount ?? 0, fresh: true, rows: [[t('receipt.fee'), units(fee)], [t('receipt.net'), euros(net ?? 0)]] })}
        <p class="quiet-text center">${t('redeem.done_text')}</p>
        ${linkButton({ label: t('action.done'), href: '#', kind: 'primary', big: true })}`,
    });
  }
  const cents = parseAmount(redeemAmount.value);
  const rule = facts().fee;
  const exempt = (rule?.exempt ?? []).some((group) => account.value?.groups.includes(group));
  const fee = cents !== null && rule && !exempt ? feeOn(cents, rule) : 0;
  const past = (lines.value ?? []).filter((line) => line.kind === 'redeem');
  return frame({
    title: t('redeem.title'), back: '',
    body: html`
      <p class="quiet-text">${t('redeem.text')}</p>
      <form class="stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void confirmRedeem(cents, fee); }}>
        ${field({ name: 'redeem', label: t('redeem.amount'), value: redeemAmount.value, inputMode: 'decimal', ltr: true, huge: true, suffix: symbol.value, placeholder: '0', hint: t('give.balance', { amount: units(mine.balance) }), fault: redeemFault.value,
          onInput: (value) => batch(() => { redeemAmount.value = value; redeemFault.value = null; }) })}
        ${cents !== null ? html`<dl class="card facts flat" data-name="redeem-preview">
          <div><dt>${t('redeem.gross')}</dt><dd>${units(cents)}</dd></div>
          <div><dt>${rule ? t('redeem.fee_of', { percent: percentOf(rule) }) : t('receipt.fee')}</dt><dd>${formatAmount(-fee, { symbol: symbol.value })}</dd></div>
          <div><dt><strong>${t('redeem.net')}</strong></dt><dd>${amount(cents - fee, { symbol: '€', size: 'big' })}</dd></div>
        </dl>` : nothing}
        <div class="actions">${button({ label: t('action.continue'), kind: 'primary', big: true, type: 'submit', busy: busy.value, name: 'redeem-continue' })}</div>
      </form>
      ${past.length > 0 ? html`<section class="section"><h2>${t('redeem.past')}</h2><ul class="list">${past.map(redemptionView)}</ul></section>` : nothing}`,
  });
}

/** The rate in per cent, exact to two places. @param {{numerator: number, denominator: number}} rule */
function percentOf({ numerator, denominator }) {
  return leftToRight(`${formatAmount(Math.floor((numerator * 10_000) / denominator)).replace(/[.,]?0+$/, '')}\u00a0%`);
}

/** @param {import('./state.js').Line} line */
function redemptionView(line) {
  const back = (lines.value ?? []).some((later) => later.original === line.sequence && later.kind === 'redemption_returned');
  const [text, tone] = back ? [t('redeem.returned'), 'danger'] : line.redemption === 'paid' ? [t('redeem.paid'), 'good'] : [t('redeem.waiting'), 'warning'];
  return html`<li><a class="row" href="#entry=${line.sequence}">
    <span class="row-icon copper">${icon('bank')}</span>
    <span class="row-words"><span class="row-title">${euros(line.net ?? Math.abs(line.amount))}</span><span class="row-note">${formatDate(line.time)}</span></span>
    <span class="row-end">${chip({ text, tone: /** @type {any} */ (tone) })}</span></a></li>`;
}

/** @param {number | null} cents @param {number} fee */
async function confirmRedeem(cents, fee) {
  const balance = account.value?.balance ?? 0;
  if (cents === null) redeemFault.value = t('give.bad_amount');
  else if (cents > balance) redeemFault.value = t('error.balance_insufficient');
  else if (cents <= fee) redeemFault.value = t('error.fee_exceeds_amount');
  if (redeemFault.value || cents === null) return;
  const sure = await ask({
    title: t('redeem.ask', { amount: units(cents) }),
    text: html`<p>${t('redeem.ask_text', { fee: units(fee), net: euros(cents - fee) })}</p>`,
    confirm: t('redeem.do'), iconName: 'bank',
  });
  if (!sure) return;
  busy.value = true;
  redeemed.value = await settled(redeem(accountBytes(account.value?.account ?? ''), cents), { kind: 'redeem', amount: cents });
  busy.value = false;
}

/** Leaving: the next visit starts anew. @param {string} name the screen that is shown now */
export function leaveShop(name) {
  if (name !== 'tills') {
    asked = false;
    enrolment.value = null;
  }
  if (name !== 'redeem' && redeemed.value) {
    redeemed.value = null;
    redeemAmount.value = '';
  }
}
