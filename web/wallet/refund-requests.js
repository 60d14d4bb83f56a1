// Asking for money back, which is the only undo: whoever was paid decides, by a refund or by saying no.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { refund } from '../kit/ledger.js';
import { icon } from '../kit/icons.js';
import { formatDateTime } from '../kit/time.js';
import { amount, ask, banner, button, chip, empty, failure, field, loading, toast } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { contactName } from './contacts.js';
import { shortAccount } from '../kit/bech32m.js';
import { frame } from './frame.js';
import { settled } from './settle.js';
import { account, accountBytes, lineOf, lines, openSession, refresh, scope, symbol } from './state.js';
import { otherParty, units } from './words.js';

/** @typedef {import('./state.js').Line} Line */
/** @typedef {{time: number, state: 'open' | 'refunded' | 'declined', reason: string | null}} Request */
/** @typedef {{sequence: number, item: number, payer: string, amount: number, refunded: number} & Request} Asked */

/** A reason has at most so many characters, as the server counts them. */
const MAX_REASON = 140;

/** The movement that is looked at, as it was last read; null while it is read. */
const seen = signal(/** @type {{sequence: number, line: Line | null}} */ ({ sequence: -1, line: null }));
/** What is typed as the reason; null while the form is closed. */
const typed = signal(/** @type {string | null} */ (null));
const busy = signal(false);

/** @param {number} sequence */
async function read(sequence) {
  const line = await lineOf(sequence).catch(() => null);
  if (seen.value.sequence === sequence) seen.value = { sequence, line };
}

/** Reads the movement anew from the server, and shows it wherever it stands. @param {number} sequence */
async function readAnew(sequence) {
  const line = /** @type {Line} */ (await openSession().json(`/v1/entries/${sequence}?account=${account.value?.account ?? ''}`));
  batch(() => {
    seen.value = { sequence, line };
    lines.value = lines.value?.map((one) => (one.sequence === sequence ? line : one)) ?? null;
  });
}

/** What can be asked or answered about a payment; nothing for others. @param {number} sequence */
export function refundRequestView(sequence) {
  if (seen.value.sequence !== sequence) {
    queueMicrotask(() => {
      if (seen.value.sequence === sequence) return;
      batch(() => {
        seen.value = { sequence, line: null };
        typed.value = null;
      });
      void read(sequence);
    });
  }
  // What comes while the page is open stands in the list first.
  const line = lines.value?.find((one) => one.sequence === sequence) ?? seen.value.line;
  if (line?.sequence !== sequence) return nothing;
  return line.amount < 0 ? payerView(line) : payeeView(line);
}

// The payer

/** @param {Line} line */
function payerView(line) {
  const request = line.refund_request;
  if (request) return html`<div data-name="refund-request" data-state=${request.state}>${payerState(line, request)}</div>`;
  const mayAsk = line.kind === 'transfer' && line.refunded < -line.amount && (scope.value === 'full' || scope.value === 'limited');
  if (!mayAsk) return nothing;
  if (typed.value === null) {
    return button({ label: t('back.ask'), kind: 'quiet', iconName: 'undo', name: 'ask-back', onClick: () => { typed.value = ''; } });
  }
  const name = otherParty(line);
  const length = [...typed.value.trim()].length;
  return html`<form class="card stack" data-name="ask-back-form" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void send(line.sequence); }}>
    <h2>${t('back.ask')}</h2>
    <p>${t('back.ask_text', { name })}</p>
    ${field({ name: 'reason', label: t('back.reason'), hint: t('back.reason_hint', { name }), value: typed.value, multiline: true,
      fault: length > MAX_REASON ? t('back.reason_long', { n: length }) : null, onInput: (value) => { typed.value = value; } })}
    <div class="actions">
      ${button({ label: t('back.send'), kind: 'primary', type: 'submit', busy: busy.value, disabled: length > MAX_REASON, name: 'send-ask-back' })}
      ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { typed.value = null; } })}
    </div></form>`;
}

/** @param {Line} line @param {Request} request */
function payerState(line, request) {
  const name = otherParty(line);
  switch (request.state) {
    case 'open': return banner({ tone: 'info', iconName: 'clock', text: t('back.open_payer', { name, time: formatDateTime(request.time) }), action: reasonView(request) });
    case 'declined': return banner({ tone: 'warning', text: t('back.declined_payer', { name }), action: reasonView(request) });
    case 'refunded': return banner({ tone: 'good', iconName: 'undo', text: t('back.refunded_payer', { name, amount: units(line.refunded) }) });
  }
}

/** @param {number} sequence */
async function send(sequence) {
  const reason = (typed.value ?? '').replace(/\s+/g, ' ').trim();
  await told(sequence, `/v1/entries/${sequence}/refund-request`, { reason }, 'back.sent');
  typed.value = null;
}

// Whoever was paid

/** @param {Line} line */
function payeeView(line) {
  const request = line.refund_request;
  if (!request) return nothing;
  const name = otherParty(line);
  const left = line.amount - line.refunded;
  const give = left > 0 && request.state !== 'refunded' && scope.value === 'full'
    ? button({ label: t('back.give', { amount: units(left) }), kind: 'primary', iconName: 'undo', busy: busy.value, name: 'give-back', onClick: () => void giveBack(line, left) }) : nothing;
  const decline = request.state === 'open' && scope.value === 'full'
    ? button({ label: t('back.decline'), kind: 'quiet', busy: busy.value, name: 'decline', onClick: () => void sayNo(line) }) : nothing;
  const shown = request.state === 'refunded'
    ? banner({ tone: 'good', iconName: 'undo', text: t('back.refunded_payee', { amount: units(line.refunded) }) })
    : banner({ tone: request.state === 'open' ? 'warning' : 'info', iconName: 'undo',
      title: request.state === 'open' ? t('back.open_payee', { name }) : undefined,
      text: request.state === 'open' ? undefined : t('back.declined_payee'), action: reasonView(request) });
  return html`<div class="stack" data-name="refund-request" data-state=${request.state}>${shown}
    ${give === nothing && decline === nothing ? nothing : html`<div class="actions">${give}${decline}</div>`}</div>`;
}

/** @param {Request} request */
function reasonView({ reason }) {
  return html`<p class="quiet-text" data-name="reason"><bdi>${reason ? t('back.said', { reason }) : t('back.no_reason')}</bdi></p>`;
}

/** @param {Line} line @param {number} left */
async function giveBack(line, left) {
  const name = otherParty(line);
  const sure = await ask({ title: t('back.give_ask', { amount: units(left), name }), text: t('back.give_text'), confirm: t('back.give', { amount: units(left) }), iconName: 'undo' });
  const mine = account.value?.account;
  if (!sure || !mine || busy.value) return;
  busy.value = true;
  try {
    const order = refund({ account: accountBytes(mine), original: line.sequence, item: line.item, amount: left });
    if (!(await settled(order, { kind: 'refund', amount: left, name }))) return;
    await readAnew(line.sequence);
    toast(t('back.given', { amount: units(left) }), 'good');
  } catch (error) {
    toast(sentenceFor(error), 'warning');
  } finally {
    busy.value = false;
  }
}

/** @param {Line} line */
async function sayNo(line) {
  const sure = await ask({ title: t('back.decline_ask', { name: otherParty(line) }), text: t('back.decline_text'), confirm: t('back.decline') });
  if (sure) await told(line.sequence, `/v1/entries/${line.sequence}/refund-request/decline?item=${line.item}`, undefined, 'back.declined');
}

/** Tells the server, and shows the movement as it is then. @param {number} sequence @param {string} path @param {unknown} json @param {string} done */
async function told(sequence, path, json, done) {
  if (busy.value) return;
  busy.value = true;
  try {
    await openSession().json(path, { method: 'POST', json });
    await readAnew(sequence);
    void refresh();
    toast(t(done), 'good');
  } catch (error) {
    toast(sentenceFor(error), 'warning');
  } finally {
    busy.value = false;
  }
}

// All that is asked

const all = signal(/** @type {Asked[] | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
/** For which account the list was asked. */
let asked = '';

async function load() {
  fault.value = null;
  try {
    all.value = (await openSession().json(`/v1/accounts/${account.value?.account}/refund-requests`)).requests;
  } catch (error) {
    fault.value = error;
  }
}

/** @type {Record<Request['state'], 'warning' | 'info' | 'good'>} */
const TONES = { open: 'warning', declined: 'info', refunded: 'good' };

/** @param {Asked} one */
function askedView(one) {
  return html`<li><a class="row" href="#entry=${one.sequence}" data-state=${one.state}>
    <span class="row-icon ${one.state === 'open' ? 'warning' : ''}">${icon('undo')}</span>
    <span class="row-words"><span class="row-title"><bdi>${contactName(one.payer) ?? shortAccount(one.payer)}</bdi></span>
      <span class="row-note">${formatDateTime(one.time)} · <bdi>${one.reason ? t('back.said', { reason: one.reason }) : t('back.no_reason')}</bdi></span></span>
    <span class="row-end">${amount(one.amount, { symbol: symbol.value })}${chip({ text: t(`back.state_${one.state}`), tone: TONES[one.state] })}</span></a></li>`;
}

/** What this account is asked to give back. */
export function refundRequestsView() {
  const mine = account.value?.account;
  if (mine && asked !== mine) {
    asked = mine;
    queueMicrotask(() => void load());
  }
  const list = all.value;
  return frame({
    title: t('back.title'), back: '',
    body: fault.value ? failure({ error: fault.value, onRetry: () => void load() })
      : !list ? loading()
      : list.length === 0 ? empty({ iconName: 'undo', title: t('back.none'), text: t('back.none_text') })
      : html`<p class="quiet-text">${t('back.text')}</p><ul class="list" data-name="refund-requests">${list.map(askedView)}</ul>`,
  });
}

/** Leaving: the next visit reads the list anew. @param {string} name the screen that is shown now */
export function leaveRefundRequests(name) {
  if (name === 'refunds') return;
  asked = '';
  all.value = null;
}
