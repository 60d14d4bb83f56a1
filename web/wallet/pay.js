// Paying. A shop's request is checked before it is shown; a person is paid by account and amount. From the signature on
// there are three endings and no fourth: a verified receipt, a refusal by the rules, or "no answer yet, asking again".

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, effect, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { decodeAccount, groupAccount, shortAccount } from '../kit/bech32m.js';
import { hex } from '../kit/hex.js';
import { BadPayLink, UnknownCheckpointKey, commitMemo, transfer, verifyPayLink } from '../kit/ledger.js';
import { BadReceipt, receiptOfCharge, trustOf } from '../kit/outbox.js';
import { readAll } from '../kit/store.js';
import { formatCountdown, formatDateTime, formatTime } from '../kit/time.js';
import { parseAmount } from '../kit/money.js';
import { icon } from '../kit/icons.js';
import { qrView } from '../kit/qr.js';
import { allowSound, playPaid } from '../kit/sound.js';
import { amount, banner, button, copyButton, empty, field, linkButton, loading } from '../kit/ui.js';
import { aloud, saidAmount, silence } from '../kit/aloud.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { contactName, contacts } from './contacts.js';
import { frame } from './frame.js';
import { go } from './route.js';
import { available, cutOff, obstacle, signedFor } from './offline.js';
import { receiptView } from './receipt-view.js';
import { refusalWords } from './refusal.js';
import { scanView } from '../kit/scan-view.js';
import { account, accountBytes, accountText, dismissSent, facts, follow, memoKept, openSession, proveReceipt, renewTrust, signed, symbol, wallet } from './state.js';
import { units } from './words.js';

/**
 * What is about to be paid.
 * @typedef {object} Order
 * @property {Uint8Array<ArrayBuffer>} payee
 * @property {number} amount cents
 * @property {string} name whom it is for, as shown
 * @property {string | null} note reference or message
 * @property {{id: Uint8Array<ArrayBuffer>, expires: number}} [charge]
 * @property {string} [memo] text
 * @property {string} [signs] the last signs of a payment at a stall, which the shop's till shows too
 * @property {'shop' | 'asked' | 'person' | 'tip'} kind a shop that the association names; a request of whoever; an account that was typed
 */

/**
 * @typedef {{step: 'checking'} | {step: 'refused_link', fault: string} | {step: 'review', order: Order, fault?: unknown}
 *   | {step: 'sending', order: Order, attempts: number, sent: import('../kit/outbox.js').Sent | null} | {step: 'refused', order: Order, answer: {code: string, detail?: string}, validUntil: number}
 *   | {step: 'bad_receipt', order: Order} | {step: 'late', order: Order}
 *   | {step: 'done', order: Order, shown: import('./receipt-view.js').Shown, fresh: boolean}} Payment
 */

const payment = signal(/** @type {Payment} */ ({ step: 'checking' }));
/** What is about to be paid without network: signed anew, or sent already and without an answer. */
export const toSign = signal(/** @type {{order: Order, sent: import('../kit/outbox.js').Sent | null} | null} */ (null));
/** The shop whose receipt was shown last, as long as the page is open: whom a tip is for. */
export const lastShop = signal(/** @type {Order | null} */ (null));
let of = '';
effect(() => {
  const id = wallet.value?.id ?? '';
  if (id !== of) lastShop.value = null;
  of = id;
});
/** The link that `payment` is about. */
let link = '';
/** A request that lasts longer than this tells its date: a till without network, or a person, asks for days. */
const COUNTED_DOWN_MS = 60 * 60_000;
/** So many contacts stand above the form; the others on their own page. */
const CONTACT_CHIPS = 6;
const tick = signal(0);
setInterval(() => { tick.value += 1; }, 1000);

/** What a scanned or pasted text leads to; a sentence when it is nothing of ours. @param {string} text @returns {string | null} */
export function openText(text) {
  const trimmed = text.trim();
  const fragment = /#(pay|shop|ask|to|demo|device|card|invoice)=([^#]+)$/.exec(trimmed);
  if (fragment) {
    // A card's code is for tills: what it is gets told, and the code itself stays in no address.
    if (fragment[1] === 'card') go('card');
    else go(fragment[1], fragment[2]);
    return null;
  }
  if (decodeAccount(trimmed, facts().prefix)) {
    go('to', trimmed.replace(/\s/g, '').toLowerCase());
    return null;
  }
  return t('scan.unknown');
}

export function scanScreen() {
  return frame({ title: t('scan.title'), back: '', body: scanView({ onText: openText, hint: t('scan.hint') }) });
}

/** @param {string} value base64url of the request */
async function readLink(value) {
  link = value;
  payment.value = { step: 'checking' };
  try {
    const read = () => verifyPayLink(value, { ...trustOf(facts()), now: now() });
    const request = await read().catch(async (fault) => {
      if (fault instanceof BadPayLink && fault.cause instanceof UnknownCheckpointKey && (await renewTrust())) return read();
      throw fault;
    });
    if (link !== value) return;
    /** @type {Order} */
    const order = { kind: 'shop', payee: request.payee, amount: request.amount, name: request.name, note: request.reference ?? null, charge: { id: request.id, expires: request.expires } };
    await review(order);
  } catch (error) {
    if (link === value) payment.value = { step: 'refused_link', fault: error instanceof BadPayLink ? error.fault : 'malformed' };
  }
}

/** Shows what is to be paid; a request that this browser has answered before shows that payment and makes no other. @param {Order} order */
export async function review(order) {
  if (order.charge) {
    const charge = hex(order.charge.id);
    const signedBefore = signedFor(charge);
    if (signedBefore) {
      go('signed', signedBefore.id);
      return;
    }
    const waiting = (await readAll('outbox')).find((sent) => sent.about?.charge === charge && sent.state === 'unknown' && sent.key === wallet.value?.key);
    if (waiting) return void settle(order, waiting);
    const kept = await receiptOfCharge(facts().ledger, charge);
    if (kept) {
      return showDone(order, { facts: await proveReceipt(kept.receipt), receipt: kept.receipt }, false);
    }
  }
  payment.value = { step: 'review', order };
}

/** @param {Order} order @param {import('./receipt-view.js').Shown} shown @param {boolean} fresh */
function showDone(order, shown, fresh) {
  batch(() => {
    payment.value = { step: 'done', order, shown, fresh };
    if (order.kind === 'shop') lastShop.value = order;
  });
}

/** @param {string} value */
export function payView(value) {
  if (!value) return refusedLinkView(t('pay.title'), 'malformed');
  const { step } = payment.value;
  if (link !== value || step === 'checking') {
    queueMicrotask(() => {
      if (link !== value) void readLink(value);
    });
    return frame({ title: t('pay.title'), back: '', body: loading(t('pay.checking')) });
  }
  return paymentView(t('pay.title'));
}

/** A link that nothing is paid by. @param {string} title @param {string} fault */
export function refusedLinkView(title, fault) {
  return frame({ title, back: '', body: empty({ iconName: 'warning', title: t(`pay.link_${fault}`), text: t(`pay.link_${fault}_text`), action: linkButton({ label: t('home.scan'), href: '#scan', iconName: 'scan' }) }) });
}

/** The payment that is under way, on whatever screen it was begun. @param {string} title */
export function paymentView(title) {
  const state = payment.value;
  switch (state.step) {
    case 'checking':
      return frame({ title, back: '', body: loading(t('pay.checking')) });
    case 'refused_link':
      return refusedLinkView(title, state.fault);
    case 'review':
      return reviewView(title, state.order, state.fault);
    case 'sending':
      return frame({
        title, body: html`${orderHead(state.order)}
          <div class="card flat" data-name="sending">${loading(state.attempts > 0 ? t('send.asking_again') : t('send.sending'))}
          <p class="center quiet-text">${state.attempts > 0 ? t('send.unknown_text') : t('send.wait')}</p></div>
          ${state.attempts > 0 && state.sent && !obstacle(state.order, state.sent) ? button({ label: t('pay.show_code'), iconName: 'qr', name: 'show-code', onClick: () => { toSign.value = { order: state.order, sent: state.sent }; go('sign'); } }) : nothing}
          ${state.attempts > 1 ? linkButton({ label: t('send.leave'), href: '#', kind: 'quiet' }) : nothing}`,
      });
    case 'late':
      return frame({ title, back: '', body: html`${orderHead(state.order)}${banner({ tone: 'warning', iconName: 'clock', title: t('send.late'), text: t('send.late_text') })}` });
    case 'bad_receipt':
      return frame({ title, back: '', body: html`${orderHead(state.order)}${banner({ tone: 'danger', text: t('error.bad_receipt') })}` });
    case 'refused': {
      const words = refusalWords(state.answer);
      return frame({
        title, back: '', body: html`
          <section class="card stack center" data-name="refused">
            <span class="receipt-check refused" aria-hidden="true">${icon('cross', { size: 44 })}</span>
            <h2>${t(words.title)}</h2><p>${words.text ? t(words.text) : sentenceFor(state.answer)}</p>
            ${state.validUntil > now() ? html`<p class="quiet-text small-text">${t('send.not_paid_until', { time: formatTime(state.validUntil) })}</p>` : nothing}
          </section>
          <div class="actions">
            ${state.answer.code === 'balance_insufficient' ? linkButton({ label: t('convert.title'), href: '#convert', kind: 'primary', iconName: 'convert' }) : nothing}
            ${linkButton({ label: t('open.to_home'), href: '#', kind: 'plain' })}
          </div>`,
      });
    }
    case 'done':
      return frame({
        title, back: '', body: html`
          ${state.order.signs ? html`<p class="stall-signs card" data-name="signs"><span>${t('stall.show')}</span><bdi dir="ltr">${state.order.signs}</bdi></p>` : nothing}
          ${receiptView(state.shown, { headline: t('receipt.paid'), cents: state.order.amount, party: state.order.name, note: state.order.note, fresh: state.fresh })}
          ${aloud(said('aloud.paid', state.order))}
          ${afterwards(state.order)}
          ${linkButton({ label: t('action.done'), href: '#', kind: 'primary', big: true, name: 'done' })}`,
      });
  }
}

/** What may follow a payment. @param {Order} order */
function afterwards({ kind, payee }) {
  if (kind === 'shop') return linkButton({ label: t('pay.tip'), href: `#tip=${accountText(payee)}`, iconName: 'gift', name: 'tip' });
  if (kind === 'tip' || contactName(accountText(payee))) return nothing;
  return linkButton({ label: t('pay.keep_contact'), href: `#contact=${accountText(payee)}`, iconName: 'person', name: 'keep-contact' });
}

/** @param {'aloud.pay' | 'aloud.paid'} key @param {Order} order */
const said = (key, order) => t(key, { amount: saidAmount(order.amount, facts().name), name: order.name });

/** @param {Order} order */
function orderHead(order) {
  return html`<section class="order card">
    <p class="quiet-text">${t('pay.to')}</p>
    <h2 class="order-name"><bdi>${order.name}</bdi></h2>
    ${order.kind === 'shop' || order.kind === 'tip' ? html`<p class="order-proof">${icon('shield', { size: 20 })}<span>${t('pay.known_shop')}</span></p>` : html`<p class="code order-account" dir="ltr">${groupAccount(accountText(order.payee))}</p>`}
    ${order.kind === 'asked' ? html`<p class="order-unchecked" data-name="unchecked">${icon('info', { size: 20 })}<span>${t('pay.asked_unchecked')}</span></p>` : nothing}
    <p class="order-amount" data-name="order-amount" data-cents=${order.amount}>${amount(order.amount, { symbol: symbol.value, size: 'huge' })}</p>
    ${order.note ? html`<p class="order-note"><bdi>${order.note}</bdi></p>` : nothing}
    ${aloud(said('aloud.pay', order))}
  </section>`;
}

/** @param {string} title @param {Order} order @param {unknown} fault */
function reviewView(title, order, fault) {
  const mine = account.value;
  const left = order.charge && tick.value >= 0 ? order.charge.expires - now() : null;
  if (left !== null && left <= 0) {
    return frame({ title, back: '', body: html`${orderHead(order)}${banner({ tone: 'warning', iconName: 'clock', title: t('pay.link_expired'), text: t('pay.link_expired_text') })}` });
  }
  if (!wallet.value) return noWalletView(title, order);
  if (!mine) return frame({ title, back: '', body: html`${orderHead(order)}${loading()}` });
  const short = available.value < order.amount;
  // At a stall nobody asked: a till could not tell whom it answers.
  const apart = order.kind === 'shop' && !order.signs && cutOff.value;
  const tooMuch = mine.per_payment_limit !== null && order.amount > mine.per_payment_limit;
  const own = accountText(order.payee) === mine.account;
  return frame({
    title, back: '',
    body: html`
      ${orderHead(order)}
      ${fault ? banner({ tone: 'danger', text: sentenceFor(fault) }) : nothing}
      ${own ? banner({ tone: 'warning', text: t('error.same_payer_and_payee') })
        : tooMuch ? banner({ tone: 'warning', text: t('pay.above_limit', { limit: units(mine.per_payment_limit ?? 0) }) })
        : short ? banner({ tone: 'warning', title: t('pay.short', { balance: units(available.value) }), action: html`<a href="#convert">${t('convert.title')}</a>` })
        : html`<p class="center quiet-text">${t('pay.left_after', { amount: units(available.value - order.amount) })}</p>`}
      <div class="actions">
        ${apart ? button({ label: t('pay.apart', { amount: units(order.amount) }), kind: 'copper', big: true, iconName: 'offline', disabled: own || tooMuch || short, name: 'pay-apart', onClick: () => { toSign.value = { order, sent: null }; go('sign'); } }) : nothing}
        ${button({ label: t(apart ? 'pay.confirm_anyway' : 'pay.confirm', { amount: units(order.amount) }), kind: apart ? 'plain' : 'copper', big: !apart, disabled: own || tooMuch || short, name: 'pay-confirm', onClick: () => void pay(order) })}
        ${linkButton({ label: t('action.cancel'), href: '#', kind: 'quiet' })}
      </div>
      ${left !== null ? html`<p class="center quiet-text small-text">${left < COUNTED_DOWN_MS ? t('pay.time_left', { time: formatCountdown(left) }) : t('pay.until', { time: formatDateTime(order.charge?.expires ?? 0) })}</p>` : nothing}`,
  });
}

/** The key may be in another browser: a scanned link opens in whatever browser the camera app likes. @param {string} title @param {Order} order */
function noWalletView(title, order) {
  const href = location.href;
  return frame({
    title, back: '', language: true,
    body: html`
      ${orderHead(order)}
      <section class="card stack" data-name="no-wallet">
        <h2>${t('pay.no_wallet')}</h2>
        <p>${t('pay.no_wallet_text')}</p>
        <div class="cluster">${copyButton(href, t('pay.copy_link'))}</div>
        <details><summary>${t('pay.no_wallet_phone')}${icon('down', { size: 18 })}</summary>${qrView(href, { label: t('pay.link'), level: 'L' })}</details>
      </section>
      <div class="actions">${linkButton({ label: t('welcome.start'), href: '#welcome', kind: 'primary' })}</div>`,
  });
}

/** @param {Order} order */
async function pay(order) {
  allowSound();
  payment.value = { step: 'sending', order, attempts: 0, sent: null };
  /** @type {import('../kit/outbox.js').Sent} */
  let sent;
  try {
    const payer = accountBytes(account.value?.account ?? '');
    const memo = order.memo ? await commitMemo(order.memo) : null;
    const about = {
      kind: 'transfer', name: order.name, amount: order.amount, note: order.note,
      charge: order.charge ? hex(order.charge.id) : null, memo: memo ? { text: memo.text, salt: memo.salt } : null,
    };
    // An answer to a charge is of no use after the charge has ended.
    const validUntil = order.charge?.expires;
    const payload = transfer({ payer, payee: order.payee, amount: order.amount, charge: order.charge, memo: memo?.commitment });
    sent = await signed(payload, about, validUntil);
  } catch (fault) {
    payment.value = { step: 'review', order, fault };
    return;
  }
  await settle(order, sent);
}

/** @param {Order} order @param {import('../kit/outbox.js').Sent} sent */
async function settle(order, sent) {
  payment.value = { step: 'sending', order, attempts: 0, sent };
  try {
    const answer = await follow(sent, (attempts) => {
      if (payment.value.step === 'sending') payment.value = { step: 'sending', order, attempts, sent };
    });
    if (answer.state === 'done') {
      showDone(order, { facts: answer.facts, receipt: answer.receipt }, true);
      playPaid();
      if (sent.about.memo) await tellMemo(answer.facts.sequence, sent.about.memo);
    } else if (answer.state === 'refused') {
      // What a till holds stays on the list: it can be brought again until its end.
      if (!sent.about?.offline) await dismissSent(sent).catch(() => undefined);
      payment.value = { step: 'refused', order, answer, validUntil: sent.validUntil };
    } else {
      payment.value = { step: 'late', order };
    }
  } catch (error) {
    // Whatever went wrong here, the order may have been accepted: it is never offered for signing again.
    payment.value = error instanceof BadReceipt ? { step: 'bad_receipt', order } : { step: 'late', order };
  }
}

/** The message stands outside the ledger; the payment is good without it. @param {number} sequence @param {{text: string, salt: string}} memo */
async function tellMemo(sequence, memo) {
  try {
    await openSession().json(`/v1/entries/${sequence}/memo`, { method: 'PUT', json: memo });
    memoKept(sequence, memo.text);
  } catch {
    // The payee sees the payment without its message.
  }
}

// Paying a person

const giveTo = signal('');
const giveAmount = signal('');
const giveMemo = signal('');
const giveFault = signal(/** @type {{field: 'to' | 'amount', text: string} | null} */ (null));
const reviewing = signal(false);
const scanning = signal(false);
let prefilled = '';

/** @param {string} to an account from a link, or empty */
export function giveView(to) {
  if (to !== prefilled) {
    prefilled = to;
    queueMicrotask(() => batch(() => {
      giveTo.value = to ? groupAccount(to) : '';
      giveAmount.value = '';
      giveMemo.value = '';
      giveFault.value = null;
      reviewing.value = false;
      scanning.value = false;
    }));
  }
  if (reviewing.value) return paymentView(t('give.title'));
  if (scanning.value) return frame({ title: t('give.scan'), back: '', body: scanView({ onText: takeAccount, hint: t('give.paste_hint') }) });
  return frame({
    title: t('give.title'), back: '',
    body: html`<form class="stack" @submit=${reviewGift}>
      ${contacts.value.length === 0 ? nothing : html`<div class="cluster" role="group" aria-label=${t('give.contacts')} data-name="give-contacts">${contacts.value.slice(0, CONTACT_CHIPS).map(({ account: id, name }) =>
        html`<button type="button" class="button small" aria-pressed=${giveTo.value === groupAccount(id) ? 'true' : 'false'} @click=${() => batch(() => { giveTo.value = groupAccount(id); giveFault.value = null; })}>${icon('person', { size: 20 })}<bdi>${name}</bdi></button>`)}
        <a class="more" href="#contacts">${t('give.contacts')}</a></div>`}
      ${field({ name: 'to', label: t('give.to'), hint: t('give.to_hint'), value: giveTo.value, ltr: true, fault: giveFault.value?.field === 'to' ? giveFault.value.text : null,
        onInput: (value) => batch(() => { giveTo.value = value; giveFault.value = null; }) })}
      ${button({ label: t('give.scan'), iconName: 'scan', onClick: () => { scanning.value = true; } })}
      ${field({ name: 'amount', label: t('give.amount'), value: giveAmount.value, inputMode: 'decimal', ltr: true, huge: true, suffix: symbol.value, placeholder: '0',
        fault: giveFault.value?.field === 'amount' ? giveFault.value.text : null, hint: account.value ? t('give.balance', { amount: units(available.value) }) : undefined,
        onInput: (value) => batch(() => { giveAmount.value = value; giveFault.value = null; }) })}
      ${field({ name: 'memo', label: t('give.memo'), hint: t('give.memo_hint'), value: giveMemo.value, maxLength: 140, onInput: (value) => { giveMemo.value = value; } })}
      <div class="actions">${button({ label: t('action.continue'), kind: 'primary', big: true, type: 'submit', name: 'give-continue' })}</div>
    </form>`,
  });
}

/** @param {string} text @returns {string | null} */
function takeAccount(text) {
  const fragment = /#to=([^#]+)$/.exec(text.trim());
  const found = decodeAccount(fragment ? fragment[1] : text, facts().prefix);
  if (!found) return /#(pay|ask)=/.test(text) ? openText(text) : t('give.bad_account');
  batch(() => {
    giveTo.value = groupAccount(accountText(found));
    scanning.value = false;
  });
  return null;
}

/** @param {Event} event */
function reviewGift(event) {
  event.preventDefault();
  const payee = decodeAccount(giveTo.value, facts().prefix);
  const cents = parseAmount(giveAmount.value);
  if (!payee) giveFault.value = { field: 'to', text: t('give.bad_account') };
  else if (cents === null) giveFault.value = { field: 'amount', text: t('give.bad_amount') };
  else {
    const memo = giveMemo.value.trim();
    batch(() => {
      const id = accountText(payee);
      payment.value = { step: 'review', order: { kind: 'person', payee, amount: cents, name: contactName(id) ?? shortAccount(id), note: memo || null, memo: memo || undefined } };
      reviewing.value = true;
    });
    scrollTo(0, 0);
  }
}

/** Leaving the screens of a payment: the next visit starts anew. @param {string} name the screen that is shown now */
export function leavePayment(name) {
  silence();
  if (name !== 'pay') link = '';
  if (name !== 'give' && name !== 'to') {
    prefilled = '\u0000';
    reviewing.value = false;
  }
}

