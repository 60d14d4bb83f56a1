// A bill, as its payer sees it: who asks, what for, how much is left; the whole of it or a part goes to the usual paying.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { callJson, now } from '../kit/api.js';
import { attempt } from '../kit/attempt.js';
import { UnknownCheckpointKey, verifyPayLink } from '../kit/ledger.js';
import { editableAmount, parseAmount } from '../kit/money.js';
import { trustOf } from '../kit/outbox.js';
import { icon } from '../kit/icons.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { amount, banner, button, copyButton, failure, field, linkButton, loading } from '../kit/ui.js';
import { dayWords } from './bills.js';
import { frame } from './frame.js';
import { go } from './route.js';
import { accountText, facts, renewTrust, symbol, wallet } from './state.js';
import { units } from './words.js';

/** What the server says is another shop's, or another sum. */
class OtherBill extends Error {}

const token = signal('');
const bill = signal(/** @type {import('./bills.js').Bill | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
const part = signal('');
const inParts = signal(false);
const partFault = signal(/** @type {string | null} */ (null));
const asking = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };

/** Leaving: what was shown is read anew. @param {string} name the screen that is shown now */
export function leaveInvoice(name) {
  if (name !== 'invoice') token.value = '';
}

async function load() {
  const mine = token.value;
  fault.value = null;
  try {
    const read = await callJson(`/pos/v1/public/invoices/${encodeURIComponent(mine)}`);
    if (token.value === mine) bill.value = read;
  } catch (error) {
    if (token.value === mine) fault.value = error;
  }
}

/** @param {string} value */
function arrive(value) {
  batch(() => {
    token.value = value;
    bill.value = null;
    part.value = '';
    inParts.value = false;
    partFault.value = null;
    asking.fault.value = null;
  });
  void load();
}

/** @param {string} value the name of the invoice */
export function invoiceView(value) {
  if (value !== token.value) queueMicrotask(() => { if (value !== token.value) arrive(value); });
  const shown = value === token.value ? bill.value : null;
  return frame({
    title: t('bill.title'), back: '', language: !wallet.value,
    body: shown ? billBody(shown) : fault.value ? failure({ error: fault.value, onRetry: () => void load() }) : loading(),
  });
}

/** @param {import('./bills.js').Bill} shown */
function billBody(shown) {
  const settled = !['open', 'part'].includes(shown.state);
  return html`
    <section class="order card" data-name="bill-head" data-state=${shown.state} data-rest=${shown.rest}>
      <p class="quiet-text">${t('bill.from')}</p>
      <h2 class="order-name"><bdi>${shown.shop}</bdi></h2>
      ${settled ? nothing : html`<p class="order-amount">${amount(shown.rest, { symbol: symbol.value, size: 'huge' })}</p>`}
      ${shown.text ? html`<div class="order-note">${shown.text.split('\n').map((line) => html`<p><bdi>${line}</bdi></p>`)}</div>` : nothing}
      <dl class="facts">
        ${fact(t('bill.reference'), html`<bdi>${shown.reference}</bdi>`)}
        ${fact(t('bill.due'), html`${dayWords(shown.due)}`)}
        ${shown.paid > 0 || settled ? fact(t('bill.sum'), amount(shown.amount, { symbol: symbol.value })) : nothing}
        ${shown.paid > 0 ? fact(t('bill.paid_sum'), amount(shown.paid, { symbol: symbol.value })) : nothing}
      </dl>
    </section>
    ${settled ? banner({ tone: shown.state === 'cancelled' ? 'warning' : 'good', text: t(`bill.${shown.state}`) })
      : shown.late ? banner({ tone: 'warning', iconName: 'clock', text: t('bill.late_text') })
      : shown.reminders > 0 ? banner({ tone: 'info', iconName: 'bell', text: t('bill.reminded') }) : nothing}
    ${settled ? linkButton({ label: t('action.done'), href: '#', kind: 'primary', big: true, name: 'bill-done' }) : payActions(shown)}`;
}

/** @param {string} label @param {unknown} value */
const fact = (label, value) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;

/** @param {import('./bills.js').Bill} shown */
function payActions(shown) {
  if (!wallet.value) {
    return html`<section class="card stack" data-name="no-wallet"><h2>${t('bill.no_wallet')}</h2><p>${t('bill.no_wallet_text')}</p>
      <div class="cluster">${copyButton(location.href, t('bill.copy'))}</div></section>
      <div class="actions">${linkButton({ label: t('bill.open_wallet'), href: '#welcome', kind: 'primary' })}</div>`;
  }
  return html`
    ${asking.fault.value ? banner({ tone: 'danger', text: asking.fault.value instanceof OtherBill ? t('bill.differs') : sentenceFor(asking.fault.value) }) : nothing}
    ${inParts.value ? html`<form class="card stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); payPart(shown); }}>
        ${field({ name: 'part', label: t('bill.how_much'), hint: t('bill.most', { amount: units(shown.rest) }), value: part.value, inputMode: 'decimal', ltr: true, huge: true, suffix: symbol.value, fault: partFault.value, onInput: (text) => { batch(() => { part.value = text; partFault.value = null; }); } })}
        <div class="actions">${button({ label: t('bill.go_on'), kind: 'copper', big: true, type: 'submit', busy: asking.busy.value, name: 'pay-part' })}
          ${button({ label: t('bill.whole_instead'), kind: 'quiet', onClick: () => { inParts.value = false; } })}</div></form>`
      : html`<div class="actions">
        ${button({ label: t('bill.pay', { amount: units(shown.rest) }), kind: 'copper', big: true, busy: asking.busy.value, name: 'pay-whole', onClick: () => void askFor(shown, shown.rest) })}
        ${shown.partial ? button({ label: t('bill.part'), iconName: 'minus', name: 'in-parts', onClick: () => { batch(() => { part.value = editableAmount(Math.ceil(shown.rest / 2)); inParts.value = true; }); } }) : nothing}
      </div>`}
    <p class="center quiet-text small-text">${icon('shield', { size: 18 })} ${t('bill.then')}</p>`;
}

/** @param {import('./bills.js').Bill} shown */
function payPart(shown) {
  const cents = parseAmount(part.value);
  if (!cents || cents > shown.rest) partFault.value = t('bill.bad_part', { amount: units(shown.rest) });
  else void askFor(shown, cents);
}

/** The shop's service signs a request for so much; it has to be this shop's and this sum before it is shown as a payment. @param {import('./bills.js').Bill} shown @param {number} cents */
function askFor(shown, cents) {
  return attempt(asking, async () => {
    const { link } = await callJson(`/pos/v1/public/invoices/${shown.token}/charge`, { json: { amount: cents } });
    const value = String(link).split('#pay=')[1] ?? '';
    const read = () => verifyPayLink(value, { ...trustOf(facts()), now: now() });
    const request = await read().catch(async (error) => {
      if (error.cause instanceof UnknownCheckpointKey && (await renewTrust())) return read();
      throw error;
    });
    if (accountText(request.payee) !== shown.account || request.amount !== cents) throw new OtherBill('another shop or another sum');
    go('pay', value);
  });
}
