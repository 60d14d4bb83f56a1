// A request on the counter: its QR code, the time that is left, and how it ended. Green, over the whole screen and
// with a sound, is kept for one thing only: a payment whose receipt this page has verified.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { ref } from '../vendor/lit-html/directives/ref.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount } from '../kit/money.js';
import { qrView } from '../kit/qr.js';
import { allowSound } from '../kit/sound.js';
import { formatCountdown, formatTime } from '../kit/time.js';
import { amount, banner, button, online } from '../kit/ui.js';
import { announce, ask, cancel, leave, proveAgain } from './asking.js';
import { asideView, takenView } from './apart-view.js';
import { cardFault, cardPart, openCard } from './card-open.js';
import { openReceipt } from './receipts.js';
import { registerPart } from './register-open.js';
import { practiceView } from './training-open.js';
import { openScan } from './scanning.js';
import { clock, link, shop } from './state.js';

/** @typedef {import('./asking.js').Asking} Asking */

/** A request that was signed without network lasts for days: nobody counts them down. */
const COUNTED_DOWN_MS = 60 * 60_000;

/** Focus goes to the one thing to do next, when it appears. */
const focusNext = ref((element) => {
  const target = element?.querySelector('button');
  if (target) queueMicrotask(() => target.focus());
});

function symbol() {
  return shop.value?.ledger.symbol ?? '';
}

/** What is asked for, and its code. @param {Asking} now */
function askView(now) {
  const words = formatAmount(now.amount, { symbol: symbol() });
  return html`<div class="request-ask">
      <h1 class="request-title">${t('charge.scan')}</h1>
      ${amount(now.amount, { symbol: symbol(), size: 'huge' })}
      ${now.reference ? html`<p class="request-reference"><bdi>${now.reference}</bdi></p>` : nothing}
    </div>
    <div class="request-code"><div class="qr-card">${qrView(now.link, { label: t('charge.qr', { amount: words }), level: 'L' })}</div></div>`;
}

/** @param {Asking} now */
function openView(now) {
  const left = Math.max(0, (now.charge?.expires ?? 0) - clock.value);
  const down = !online.value || link.value === 'down';
  return html`<section class="request" data-name="request" data-step=${now.step}>
    ${askView(now)}
    <div class="request-words">
      ${down ? banner({ tone: 'danger', text: t('charge.not_sure'), iconName: 'offline' })
        : html`<p class="request-state" role="status">${now.step === 'checking' ? html`<span class="spinner" aria-hidden="true"></span>${t('charge.checking')}` : html`<span class="pulse" aria-hidden="true"></span>${t('charge.waiting')}`}</p>`}
      ${left < COUNTED_DOWN_MS ? html`<p class="request-left" data-name="left">${icon('clock', { size: 20 })}<span>${t('charge.left', { time: formatCountdown(left) })}</span></p>` : nothing}
      ${now.error || cardFault.value ? banner({ tone: 'danger', text: sentenceFor(now.error ?? cardFault.value) }) : nothing}
      ${button({ label: t('apart.scan'), kind: down ? 'primary' : 'plain', big: true, iconName: 'scan', name: 'scan-customer', disabled: now.step !== 'open', onClick: openScan })}
      ${button({ label: t('charge.card'), kind: 'plain', big: true, iconName: 'card', disabled: down || now.step !== 'open', name: 'card-open', onClick: openCard })}
      ${button({ label: now.step === 'cancelling' ? t('charge.cancelling') : t('charge.cancel'), kind: 'plain', big: true, iconName: 'cross', busy: now.step === 'cancelling', disabled: now.step === 'checking', name: 'cancel-charge', onClick: cancel })}
    </div>
  </section>`;
}

/** A request that was signed with no network: the customer's own phone may have one. @param {Asking} now */
function apartView(now) {
  return html`<section class="request" data-name="request" data-step="apart">
    ${askView(now)}
    <div class="request-words">
      ${banner({ tone: 'warning', text: t('apart.words'), iconName: 'offline' })}
      ${now.former ? html`<div data-name="asked-anew">${banner({ tone: 'warning', text: t('apart.anew_words') })}</div>` : nothing}
      ${button({ label: t('apart.scan'), kind: 'primary', big: true, iconName: 'scan', name: 'scan-customer', onClick: openScan })}
      ${button({ label: t('charge.cancel'), kind: 'plain', big: true, iconName: 'cross', name: 'cancel-charge', onClick: leave })}
    </div>
  </section>`;
}

/** @param {Asking} now */
function paidView(now) {
  const facts = now.proof?.facts ?? now.short;
  return html`<section class="paid" data-name="paid" role="alert" ${focusNext}>
    <div class="paid-mark">${icon('check', { size: 88 })}</div>
    <h1>${t('charge.paid')}</h1>
    ${amount(now.amount, { symbol: symbol(), size: 'huge' })}
    ${now.reference ? html`<p class="paid-reference"><bdi>${now.reference}</bdi></p>` : nothing}
    <p class="paid-entry" data-name="entry">${t('charge.paid_entry', { sequence: facts?.sequence ?? '' })} · ${formatTime(facts?.time ?? 0)}</p>
    <p class="paid-proof">${icon('shield', { size: 20 })}<span>${t(now.short ? 'apart.paid_proved' : 'charge.paid_proved')}</span></p>
    <div class="paid-actions">
      ${registerPart.value?.after(now) ?? button({ label: t('charge.next'), kind: 'primary', big: true, name: 'next', onClick: leave })}
      ${now.proof ? button({ label: t('charge.receipt'), kind: 'quiet', name: 'receipt', onClick: () => { if (facts) openReceipt(facts.sequence); } }) : nothing}
    </div>
  </section>`;
}

/** @param {Asking} now @param {{title: string, text: string, iconName: string, tone?: string, name: string}} words @param {unknown} actions */
function endView(now, { title, text, iconName, tone = '', name }, actions) {
  return html`<section class="request-end" data-name=${name}>
    <span class="state-icon ${tone}">${icon(iconName, { size: 40 })}</span>
    <h1 role=${tone ? 'alert' : 'status'}>${title}</h1>
    ${amount(now.amount, { symbol: symbol(), size: 'big' })}
    <p>${text}</p>
    <div class="stack">${actions}</div>
  </section>`;
}

/** @param {Asking} now */
function againButtons(now) {
  const words = formatAmount(now.amount, { symbol: symbol() });
  return html`${button({ label: t('charge.new'), kind: 'primary', big: true, name: 'new', onClick: leave })}
    ${button({ label: t('charge.again', { amount: words }), iconName: 'refresh', name: 'again', onClick: () => { allowSound(); void ask(now.amount, now.reference); } })}`;
}

/** @param {Asking} now */
export function requestView(now) {
  if (now.aside) return asideView(now, now.aside);
  // Whoever paid otherwise meanwhile, or came too late, leaves nothing of a card behind.
  if (now.step !== 'open' && cardPart.value) queueMicrotask(() => { cardPart.value = null; });
  switch (now.step) {
    case 'apart':
      return apartView(now);
    case 'practice': case 'practised':
      return practiceView(now);
    case 'taken':
      return takenView(now);
    case 'asking':
      return html`<section class="request-end" role="status"><span class="coin-spinner" aria-hidden="true"></span><h1>${t('counter.asking')}</h1>${amount(now.amount, { symbol: symbol(), size: 'big' })}</section>`;
    case 'failed':
      return endView(now, { title: t('counter.failed'), text: sentenceFor(now.error), iconName: 'warning', tone: 'danger', name: 'failed' }, html`
        ${button({ label: t('till.retry'), kind: 'primary', big: true, iconName: 'refresh', name: 'retry', onClick: announce })}
        ${button({ label: t('till.back'), name: 'back', onClick: leave })}`);
    case 'open': case 'cancelling': case 'checking':
      return cardPart.value?.(now) ?? openView(now);
    case 'paid':
      return paidView(now);
    case 'cancelled':
      return endView(now, { title: t('charge.cancelled'), text: t('charge.cancelled_words'), iconName: 'cross', name: 'cancelled' }, againButtons(now));
    case 'expired':
      return endView(now, { title: t('charge.expired'), text: t('charge.expired_words'), iconName: 'clock', name: 'expired' }, againButtons(now));
    case 'not_proved':
      return endView(now, { title: t('charge.not_proved'), text: t('charge.not_proved_words'), iconName: 'warning', tone: 'danger', name: 'not-proved' }, html`
        ${button({ label: t('charge.check_again'), kind: 'primary', big: true, iconName: 'refresh', onClick: proveAgain })}
        ${button({ label: t('till.back'), onClick: leave })}`);
  }
}
