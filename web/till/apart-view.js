// The till without network, on screen. Green stays kept for what is proved; what was taken at the shop's own risk is amber, says who
// bears the loss before it is taken, and never says "paid".

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { ref } from '../vendor/lit-html/directives/ref.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount } from '../kit/money.js';
import { scanView } from '../kit/scan-view.js';
import { formatTime } from '../kit/time.js';
import { amount, banner, button, chip } from '../kit/ui.js';
import { askAnew, leave } from './asking.js';
import { limits, stranded, taken, uncertain } from './apart.js';
import { isIn } from './days.js';
import { registerPart } from './register-open.js';
import { closeAside, sendAgain, take, takeAtRisk } from './scanning.js';
import { phase, shop } from './state.js';

/** @typedef {import('./asking.js').Asking} Asking */
/** @typedef {import('./apart.js').Taken} Taken */

const symbol = () => (phase.value.name === 'revoked' ? phase.value.symbol : shop.value?.ledger.symbol ?? '');
const words = (/** @type {number} */ cents) => formatAmount(cents, { symbol: symbol() });

/** Focus goes to the heading of what is new on the counter. */
const focusHeading = ref((element) => {
  if (element instanceof HTMLElement) queueMicrotask(() => element.focus());
});

const backButton = () => button({ label: t('apart.back'), kind: 'plain', big: true, iconName: 'qr', name: 'aside-back', onClick: closeAside });

/** What the customer shows. @param {Asking} now @param {import('./scanning.js').Aside} aside */
export function asideView(now, aside) {
  switch (aside.name) {
    case 'scan':
      return html`<section class="till-narrow" data-name="scan-aside">
        <h1>${t('apart.scan')}</h1><p>${t('apart.scan_words')}</p>
        ${aside.fault ? banner({ tone: 'danger', title: t('apart.not_taken'), text: t(`apart.fault_${aside.fault}`) }) : nothing}
        ${scanView({ onText: (text) => { const fault = take(text); return fault ? t(`apart.fault_${fault}`) : null; } })}
        <div class="actions">${backButton()}</div></section>`;
    case 'sending':
      return html`<section class="request-end" role="status" data-name="order-sending"><span class="coin-spinner" aria-hidden="true"></span><h1>${t('apart.sending')}</h1>${amount(now.amount, { symbol: symbol(), size: 'big' })}</section>`;
    case 'refused':
      return html`<section class="request-end" data-name="order-refused">
        <span class="state-icon danger">${icon('cross', { size: 40 })}</span><h1 role="alert">${t('apart.refused')}</h1>
        ${amount(now.amount, { symbol: symbol(), size: 'big' })}<p>${sentenceFor(aside)}</p><p>${t('apart.refused_words')}</p>
        <div class="stack">${backButton()}</div></section>`;
    case 'hindered': {
      const allowed = limits();
      return html`<section class="request-end" data-name="order-hindered" data-why=${aside.why}>
        <span class="state-icon danger">${icon('offline', { size: 40 })}</span><h1 role="alert">${t('apart.not_taken')}</h1>
        ${amount(now.amount, { symbol: symbol(), size: 'big' })}
        <p>${t(`apart.why_${aside.why}`, { wallet: words(allowed.wallet), day: words(allowed.day), ticket: words(allowed.ownTicket ?? 0), own: words(allowed.ownDay ?? 0) })}</p>
        <div class="stack">${aside.why === 'ends_soon' ? button({ label: t('apart.anew'), kind: 'primary', big: true, iconName: 'refresh', name: 'ask-anew', onClick: () => void askAnew() }) : nothing}${backButton()}</div></section>`;
    }
    case 'doubt': {
      const allowed = limits();
      return html`<section class="doubt" data-name="order-doubt" role="alertdialog" aria-labelledby="doubt-title">
        <span class="doubt-mark">${icon('warning', { size: 56 })}</span>
        <h1 id="doubt-title" tabindex="-1" ${focusHeading}>${t('apart.doubt')}</h1>
        ${amount(now.amount, { symbol: symbol(), size: 'huge' })}
        <div class="doubt-words"><p>${t('apart.doubt_words')}</p><p><strong>${t('apart.loss', { wallet: words(Math.min(aside.order.cap, allowed.ticket)), day: words(allowed.today) })}</strong></p></div>
        <div class="paid-actions">
          ${button({ label: t('apart.try_again'), kind: 'primary', big: true, iconName: 'refresh', name: 'order-again', onClick: () => void sendAgain(aside.order) })}
          ${button({ label: t('apart.take'), kind: 'plain', big: true, name: 'order-take', onClick: () => void takeAtRisk(aside.order) })}
          ${button({ label: t('apart.do_not_take'), kind: 'quiet', name: 'order-leave', onClick: closeAside })}
        </div></section>`;
    }
  }
}

/** Taken at the shop's risk: amber. @param {Asking} now */
export function takenView(now) {
  return html`<section class="doubt taken" data-name="taken" role="status">
    <span class="doubt-mark">${icon('clock', { size: 56 })}</span>
    <h1 tabindex="-1" ${focusHeading}>${t('apart.taken')}</h1>
    ${amount(now.amount, { symbol: symbol(), size: 'huge' })}
    ${now.reference ? html`<p class="paid-reference"><bdi>${now.reference}</bdi></p>` : nothing}
    <div class="doubt-words"><p>${t('apart.taken_words')}</p></div>
    <div class="paid-actions">${registerPart.value?.after(now) ?? button({ label: t('charge.next'), kind: 'primary', big: true, name: 'next', onClick: leave })}</div>
  </section>`;
}

/** @type {Record<Taken['state'], {tone: 'good' | 'warning' | 'danger', iconName: string}>} */
const STATES = { waiting: { tone: 'warning', iconName: 'clock' }, confirmed: { tone: 'good', iconName: 'check' }, refused: { tone: 'danger', iconName: 'cross' }, late: { tone: 'danger', iconName: 'clock' } };

/** @param {Taken} one */
function takenRow(one) {
  const proved = one.kind === 'proved';
  const { tone, iconName } = proved ? STATES.confirmed : STATES[one.state];
  const text = proved ? t('apart.state_proved') : one.byFormer ? t('apart.state_former') : t(`apart.state_${one.state}`);
  const why = one.state === 'refused' || one.state === 'late' ? sentenceFor(one) : '';
  return html`<li class="refund-row" data-name="taken-row" data-state=${proved ? 'proved' : one.state}>
    <span class="charge-time">${formatTime(one.at)}</span>
    <span class="charge-what">${one.reference ? html`<bdi>${one.reference}</bdi>` : html`<span class="quiet-words">${t('day.no_reference')}</span>`}${why ? html`<span class="quiet-words">${why}</span>` : nothing}</span>
    <span class="charge-money">${amount(one.request.amount, { symbol: symbol() })}${chip({ text, tone, iconName })}</span></li>`;
}

/** What was taken without network on a day, and everything that still waits or went wrong. @param {{from: number, to: number}} range */
export function takenList(range) {
  const list = taken.value.filter((one) => isIn(range, one.at) || (one.kind === 'order' && one.state === 'waiting'));
  if (list.length === 0) return nothing;
  const lost = list.filter(({ state }) => state === 'refused' || state === 'late').reduce((sum, { request }) => sum + request.amount, 0);
  return html`<section class="apart-list card" data-name="taken-list"><h2>${icon('offline')}<span>${t('apart.list')}</span></h2>
    <p class="quiet-words">${t('apart.list_words')}</p>
    ${lost > 0 ? banner({ tone: 'danger', text: t('apart.lost', { amount: words(lost) }) }) : nothing}
    <ul class="charge-list">${list.map(takenRow)}</ul></section>`;
}

/** On the counter: what is not certain yet. @param {() => void} onOpen */
export function uncertainView(onOpen) {
  if (uncertain.value === 0) return nothing;
  return html`<div data-name="uncertain" data-cents=${uncertain.value}>${banner({ tone: 'warning', iconName: 'clock', text: t('apart.uncertain', { amount: words(uncertain.value) }), action: button({ label: t('apart.see'), kind: 'quiet', onClick: onOpen }) })}</div>`;
}

/** What a till that was switched off took without network and nobody has settled: it goes with this browser. @param {import('../vendor/lit-html/lit-html.js').TemplateResult} bring */
export function strandedView(bring) {
  const list = taken.value.filter(({ kind, state }) => kind === 'order' && state !== 'confirmed');
  const answered = taken.value.length > 0 && stranded.value.length === 0;
  if (list.length === 0) return answered ? banner({ tone: 'good', text: t('apart.stranded_none') }) : nothing;
  return html`<section class="apart-list card" data-name="stranded" data-waiting=${stranded.value.length}><h2>${icon('offline')}<span>${t('apart.list')}</span></h2>
    ${stranded.value.length > 0 ? html`${banner({ tone: 'danger', text: t('apart.stranded', { amount: words(uncertain.value) }) })}${bring}` : banner({ tone: 'danger', text: t('apart.stranded_refused') })}
    <ul class="charge-list">${list.map(takenRow)}</ul></section>`;
}
