// The screen that faces the customer, in a window of its own: the amount, the code to scan, and thanks. It knows nothing but what the
// till's window tells it, holds no key, and shows no code once the till has gone silent.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { language, setLanguage, t } from '../kit/i18n.js';
import { coinMark, icon } from '../kit/icons.js';
import { formatAmount } from '../kit/money.js';
import { qrView } from '../kit/qr.js';
import { amount, mount } from '../kit/ui.js';
import { BEAT_MS, CHANNEL, follows } from './customer-words.js';

/** @typedef {import('./customer-words.js').Told} Told */

const told = signal(/** @type {Told | null} */ (null));
const heard = signal(0);
/** The tab that is shown here. @type {{tab: string, changed: number} | null} */
let followed = null;
const clock = signal(0);

/** @param {Told} now */
function codeView(now) {
  const money = amount(now.amount, { symbol: now.symbol, size: 'huge' });
  if (now.training || !now.link) return html`<h1>${t('customer.to_pay')}</h1>${money}`;
  return html`<h1>${t('customer.scan')}</h1>${money}
    <div class="qr-card">${qrView(now.link, { label: t('charge.qr', { amount: formatAmount(now.amount, { symbol: now.symbol }) }), level: 'L' })}</div>`;
}

/** @param {Told} now */
function stepView(now) {
  const money = amount(now.amount, { symbol: now.symbol, size: 'huge' });
  switch (now.step) {
    case 'idle': return html`${coinMark({ size: 96 })}<h1>${t('customer.welcome')}</h1>`;
    case 'basket': return html`<h1>${t('customer.to_pay')}</h1>${money}`;
    case 'ask': return codeView(now);
    case 'paid': return html`<span class="paid-mark">${icon('check', { size: 88 })}</span><h1>${t(now.training ? 'training.paid' : 'customer.paid')}</h1>${money}
      <p class="customer-thanks">${now.rest > 0 ? t('register.still', { amount: formatAmount(now.rest, { symbol: now.symbol }) }) : t('customer.thanks')}</p>`;
    case 'taken': return html`<h1>${t('apart.taken')}</h1>${money}<p class="customer-thanks">${t('customer.thanks')}</p>`;
    case 'over': return html`<h1>${t('customer.over')}</h1>${money}`;
  }
}

function view() {
  const now = told.value;
  if (!now || clock.value - heard.value > 3 * BEAT_MS) {
    return html`<main class="customer" data-name="customer" data-step="silent">${coinMark({ size: 96 })}<h1>${t('customer.silent')}</h1></main>`;
  }
  return html`${now.training ? html`<p class="training-strip" data-name="training">${icon('school', { size: 20 })}<span>${t('till.training')}</span></p>` : nothing}
    ${now.demo ? html`<p class="demo-strip">${t('demo')}</p>` : nothing}
    <main class="customer ${now.step === 'paid' && !now.training ? 'good' : ''} ${now.training ? 'playing' : ''}" data-name="customer" data-step=${now.step} aria-live="polite">
      <p class="customer-shop">${now.shopName}</p>${stepView(now)}
      ${now.reference && now.step !== 'idle' ? html`<p class="request-reference"><bdi>${now.reference}</bdi></p>` : nothing}</main>`;
}

/** @param {HTMLElement} page */
export function showCustomerScreen(page) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => {
    if (data === 'hello') return;
    const word = /** @type {import('./customer-words.js').Word} */ (data);
    const at = Date.now();
    if (!follows(followed && { ...followed, heard: heard.peek() }, word, at)) return;
    followed = { tab: word.tab, changed: word.changed };
    told.value = word.told;
    heard.value = at;
    clock.value = at;
    if (word.told && word.told.language !== language.value) void setLanguage(word.told.language);
  };
  channel.postMessage('hello');
  setInterval(() => { clock.value = Date.now(); }, BEAT_MS);
  effect(() => {
    void language.value;
    document.title = told.value?.shopName ?? t('till.title');
  });
  mount(page, view);
}
