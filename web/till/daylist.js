// The day of the shop: what was asked and paid, what came unexpectedly, what was given back; and each payment opened.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { groupAccount } from '../kit/bech32m.js';
import { hasWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { editableAmount, formatAmount, formatCount, parseAmount } from '../kit/money.js';
import { formatDay, formatTime } from '../kit/time.js';
import { amount, banner, button, chip, empty, failure, field, loading, toast } from '../kit/ui.js';
import { takenList } from './apart-view.js';
import { resume } from './asking.js';
import { referenceView } from './counter.js';
import { noticeRefusal } from './door.js';
import { download, openReceipt } from './receipts.js';
import { may } from './people.js';
import { giveBack, isUnderWay, note, refundState, refunds } from './refunds.js';
import { asked, chosen, shop, showDay, shown } from './state.js';
import { requestsView } from './refund-requests.js';

/** @typedef {import('./shop.js').Charge} Charge */
/** @typedef {import('./shop.js').Unexpected} Unexpected */

const symbol = () => shop.value?.ledger.symbol ?? '';
const words = (/** @type {number} */ cents) => formatAmount(cents, { symbol: symbol() });

/** @type {Record<Charge['state'], 'plain' | 'good' | 'info' | 'warning'>} */
const TONES = { open: 'info', paid: 'good', expired: 'plain', cancelled: 'plain', refunded: 'warning' };
/** @type {Record<Charge['state'], string>} */
const STATE_ICONS = { open: 'clock', paid: 'check', expired: 'clock', cancelled: 'cross', refunded: 'undo' };

/** A reading of the ledger that is older than this is said to be. */
const BEHIND_MS = 2 * 60_000;

const csvBusy = signal(false);

async function csv() {
  const till = shop.value;
  const { range } = shown.value;
  if (!till || csvBusy.value) return;
  csvBusy.value = true;
  try {
    const bytes = await till.dayCsv(range);
    const day = new Date(range.from);
    const name = [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
    download(`liard-${name}.csv`, bytes, 'text/csv');
  } catch (error) {
    noticeRefusal(error);
    toast(t('day.csv_failed'), 'danger');
  } finally {
    csvBusy.value = false;
  }
}

function dayBar() {
  const { offset, range } = shown.value;
  return html`<div class="day-bar">
    <button type="button" class="button quiet square" data-name="day-before" aria-label=${t('day.previous')} @click=${() => showDay(offset - 1)}>${icon('back')}</button>
    <div class="day-name"><h1 aria-live="polite">${formatDay(range.from, now())}</h1>
      ${offset === 0 ? nothing : html`<button type="button" class="link-button" @click=${() => showDay(0)}>${t('day.today')}</button>`}</div>
    <button type="button" class="button quiet square" data-name="day-after" aria-label=${t('day.next')} ?disabled=${offset >= 0} @click=${() => showDay(offset + 1)}>${icon('next')}</button>
  </div>`;
}

/** @param {import('./shop.js').Day['totals']} totals */
function totalsView(totals) {
  const unexpectedLeft = totals.unexpected - (totals.unexpected_refunded ?? 0);
  return html`<section class="totals card" data-name="totals" aria-label=${t('day.total_net')}>
    <div class="totals-net"><span>${t('day.total_net')}</span>${amount(totals.net, { symbol: symbol(), size: 'big' })}</div>
    <dl><div><dt>${t('day.total_count', { n: totals.paid_count })}</dt><dd>${amount(totals.paid, { symbol: symbol() })}</dd></div>
      <div><dt>${t('day.total_refunded')}</dt><dd>${amount(totals.refunded === 0 ? 0 : -totals.refunded, { symbol: symbol() })}</dd></div>
      ${unexpectedLeft === 0 ? nothing : html`<div><dt>${t('unexpected.title')}</dt><dd>${amount(unexpectedLeft, { symbol: symbol() })}</dd></div>`}</dl>
    ${button({ label: t('day.csv'), iconName: 'receive', busy: csvBusy.value, name: 'csv', onClick: csv })}
  </section>`;
}

/** @param {Unexpected[]} list */
function unexpectedView(list) {
  if (list.length === 0) return nothing;
  return html`<section class="unexpected card" data-name="unexpected">
    <h2>${icon('warning')}<span>${t('unexpected.title')}</span></h2>
    <p>${t('unexpected.words')}</p>
    <ul>${repeat(list, ({ sequence }) => sequence, (payment) => {
      const left = payment.amount - payment.refunded;
      return html`<li data-sequence=${payment.sequence}>
        <div class="unexpected-words">${amount(payment.amount, { symbol: symbol() })}<span>${t(`unexpected.${payment.reason}`)}</span>
          <span class="quiet-words">${formatTime(payment.time)} · ${t('day.entry', { sequence: formatCount(payment.sequence) })}</span></div>
        ${left === 0 ? chip({ text: t('unexpected.refunded'), tone: 'good', iconName: 'undo' })
          : !may('refund') ? nothing : button({ label: t('unexpected.refund', { amount: words(left) }), iconName: 'undo', name: 'give-back', busy: isUnderWay(refunds.value.get(payment.sequence)), onClick: () => giveBack(payment, left) })}
        ${refundState(payment.sequence)}
      </li>`;
    })}</ul>
  </section>`;
}

/** Whether the customer asks for it back. @param {Charge} charge */
function askedBack({ sequence }) {
  return hasWords('asked.mark') && asked.value.some((one) => one.sequence === sequence);
}

/** @param {Charge} charge */
function chargeRow(charge) {
  const here = chosen.value?.kind === 'charge' && chosen.value.id === charge.id;
  const state = t(`state.${charge.state}`);
  const paid = charge.sequence !== null;
  return html`<li><button type="button" class="charge-row ${paid ? '' : 'unpaid'}" data-name="charge" data-state=${charge.state} aria-pressed=${here ? 'true' : 'false'}
      @click=${() => open(charge)}>
    <span class="charge-time">${formatTime(charge.created)}</span>
    <span class="charge-what">${referenceView(charge)}
      ${askedBack(charge) ? chip({ text: t('asked.mark'), tone: 'warning', iconName: 'undo' }) : nothing}
      ${charge.refunded > 0 && charge.state === 'paid' ? html`<span class="quiet-words">${t('day.refunded_part', { amount: words(charge.refunded) })}</span>` : nothing}</span>
    <span class="charge-money">${amount(charge.amount, { symbol: symbol() })}${chip({ text: state, tone: TONES[charge.state], iconName: STATE_ICONS[charge.state] })}</span>
  </button></li>`;
}

// One payment opened, beside the list or in its place on a small screen.

const giving = signal(/** @type {{typed: string, fault: string | null, confirming: number | null} | null} */ (null));

/** @param {Charge} charge */
function open(charge) {
  chosen.value = { kind: 'charge', id: charge.id };
  giving.value = null;
  if (charge.sequence !== null && !isUnderWay(refunds.value.get(charge.sequence))) note(charge.sequence, null);
  scrollTo(0, 0);
}

/** @param {Charge} charge */
function leftOf(charge) {
  return charge.amount - charge.refunded;
}

/** @param {Charge} charge @param {Event} event */
function confirmStep(charge, event) {
  event.preventDefault();
  const cents = parseAmount(giving.value?.typed ?? '');
  const left = leftOf(charge);
  if (cents === null || cents > left) {
    giving.value = { typed: giving.value?.typed ?? '', fault: t('refund.wrong_amount', { amount: formatAmount(left) }), confirming: null };
  } else {
    giving.value = { typed: giving.value?.typed ?? '', fault: null, confirming: cents };
  }
}

/** @param {Charge & {sequence: number}} charge */
function refundView(charge) {
  const left = leftOf(charge);
  const state = giving.value;
  const underWay = isUnderWay(refunds.value.get(charge.sequence));
  if (left > 0 && !may('refund')) return html`<p class="quiet-words" data-name="may-not-refund">${t('refund.may_not')}</p>`;
  if (!state) {
    return html`${refundState(charge.sequence)}${left > 0 ? button({ label: t('refund.title'), iconName: 'undo', name: 'refund', disabled: underWay,
      onClick: () => { note(charge.sequence, null); giving.value = { typed: editableAmount(left), fault: null, confirming: null }; } }) : nothing}`;
  }
  if (state.confirming !== null) {
    const cents = state.confirming;
    return html`<div class="refund-confirm" data-name="refund-confirm" role="alertdialog" aria-label=${t('refund.confirm_title', { amount: words(cents) })}>
      <h3>${t('refund.confirm_title', { amount: words(cents) })}</h3><p>${cents === left ? t('refund.whole') : t('refund.leaves', { amount: words(left - cents) })} ${t('refund.confirm_words')}</p>
      <p data-name="refund-rule">${t('refund.rule')}</p>
      <div class="actions">
        ${button({ label: t('refund.confirm', { amount: words(cents) }), kind: 'danger', iconName: 'undo', name: 'confirm-refund', onClick: () => { giving.value = null; void giveBack(charge, cents); } })}
        ${button({ label: t('refund.change'), kind: 'quiet', onClick: () => { giving.value = { ...state, confirming: null }; } })}
      </div></div>`;
  }
  return html`<form class="refund-form" @submit=${(/** @type {Event} */ event) => confirmStep(charge, event)} novalidate>
    ${field({ name: 'refund-amount', label: t('refund.amount'), hint: t('refund.most', { amount: words(left) }), value: state.typed, fault: state.fault, inputMode: 'decimal', suffix: symbol(), huge: true, ltr: true,
      onInput: (typed) => { giving.value = { typed, fault: null, confirming: null }; } })}
    <div class="actions">${button({ label: t('refund.next'), kind: 'primary', type: 'submit', name: 'refund-next' })}
      ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { giving.value = null; } })}</div>
  </form>`;
}

/** @param {Charge} charge */
function detailView(charge) {
  /** @param {string} label @param {unknown} value */
  const row = (label, value) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
  const { sequence } = charge;
  return html`<section class="detail card" data-name="detail">
    <div class="detail-head"><button type="button" class="button quiet square" aria-label=${t('till.back')} data-name="detail-back" @click=${() => { chosen.value = null; giving.value = null; }}>${icon('back')}</button><h2>${t('detail.title')}</h2></div>
    <div class="detail-amount">${amount(charge.amount, { symbol: symbol(), size: 'huge' })}${chip({ text: t(`state.${charge.state}`), tone: TONES[charge.state], iconName: STATE_ICONS[charge.state] })}</div>
    <dl class="facts">
      ${row(t('detail.reference'), referenceView(charge))}
      ${row(t('detail.time'), formatTime(charge.paid_at ?? charge.created))}
      ${sequence === null ? nothing : row(t('detail.entry'), t('day.entry', { sequence: formatCount(sequence) }))}
      ${charge.payer ? html`<div class="long"><dt>${t('detail.payer')}</dt><dd><bdi class="code" dir="ltr">${groupAccount(charge.payer)}</bdi></dd></div>` : nothing}
      ${charge.refunded > 0 ? row(t('detail.refunded'), amount(charge.refunded, { symbol: symbol() })) : nothing}
    </dl>
    <div class="stack">
      ${sequence === null ? nothing : html`${refundView({ ...charge, sequence })}${button({ label: t('charge.receipt'), kind: 'quiet', iconName: 'shield', name: 'receipt', onClick: () => openReceipt(sequence) })}`}
      ${charge.state === 'open' && charge.till === shop.value?.wallet.key && charge.expires > now() ? button({ label: t('detail.show_qr'), kind: 'primary', iconName: 'qr', onClick: () => resume(charge) }) : nothing}
    </div>
  </section>`;
}

/** What went back on this day, also for payments of other days. @param {import('./shop.js').GivenBack[]} list */
function refundsView(list) {
  if (list.length === 0) return nothing;
  return html`<section data-name="refunds"><h2>${t('day.refunds')}</h2><ul class="charge-list">${[...list].sort((a, b) => b.time - a.time).map((back) => html`<li class="refund-row">
    <span class="charge-time">${formatTime(back.time)}</span>
    <span class="charge-what"><span class="quiet-words">${t('day.refund_of', { sequence: formatCount(back.sequence), original: formatCount(back.original) })}</span></span>
    ${amount(-back.amount, { symbol: symbol() })}</li>`)}</ul></section>`;
}

/** The till asks its own server, which reads the ledger; that reading may have stopped. @param {number | undefined} asOf @param {number} at */
function behindView(asOf, at) {
  if (asOf === undefined || at - asOf < BEHIND_MS) return nothing;
  return banner({ tone: 'warning', text: asOf === 0 ? t('day.never_read') : t('day.behind', { time: formatTime(asOf) }), iconName: 'clock' });
}

/** @param {import('./shop.js').Day} day */
function listView({ charges, unexpected, refunds: back, totals }) {
  const opened = chosen.value?.kind === 'charge' ? charges.find(({ id }) => id === (chosen.value?.kind === 'charge' ? chosen.value.id : '')) : undefined;
  const newestFirst = [...charges].sort((a, b) => b.created - a.created);
  const nothingYet = charges.length === 0 && unexpected.length === 0 && (back ?? []).length === 0;
  return html`<div class="day-columns ${opened ? 'opened' : ''}">
    <div class="day-list">
      ${totalsView(totals)}
      ${requestsView()}
      ${unexpectedView(unexpected)}
      ${nothingYet ? empty({ iconName: 'till', title: shown.value.offset === 0 ? t('day.none_today') : t('day.none') })
        : html`<section><h2>${t('day.charges')}</h2><ul class="charge-list">${repeat(newestFirst, ({ id }) => id, chargeRow)}</ul></section>`}
      ${refundsView(back ?? [])}
    </div>
    ${opened ? detailView(opened) : nothing}
  </div>`;
}

export function dayView() {
  const { data, error } = shown.value;
  return html`<div class="day">
    ${dayBar()}
    ${takenList(shown.value.range)}
    ${data.value && error.value ? banner({ tone: 'warning', text: t('day.old', { time: formatTime(data.value.at) }), iconName: 'offline' }) : nothing}
    ${data.value && !error.value ? behindView(data.value.day.as_of, data.value.at) : nothing}
    ${data.value ? listView(data.value.day) : error.value ? failure({ error: error.value, title: t('day.failed'), onRetry: () => shown.value.refresh() }) : loading(t('day.loading'))}
  </div>`;
}
