// A play payment: it looks like one, says on each screen that it is none, and never comes near the ledger.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { ref } from '../vendor/lit-html/directives/ref.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { allowSound, playPaid } from '../kit/sound.js';
import { amount, button } from '../kit/ui.js';
import { asking, leave, update } from './asking.js';
import { registerPart } from './register-open.js';
import { shop } from './state.js';

const focusNext = ref((element) => {
  const target = element?.querySelector('button');
  if (target) queueMicrotask(() => target.focus());
});

/** Plays the customer who pays. */
function practise() {
  if (asking.value?.step !== 'practice') return;
  allowSound();
  update({ step: 'practised' });
  playPaid();
}

/** @param {import('./asking.js').Asking} now */
export function practiceScreen(now) {
  const symbol = shop.value?.ledger.symbol ?? '';
  const money = html`${amount(now.amount, { symbol, size: 'huge' })}${now.reference ? html`<p class="request-reference"><bdi>${now.reference}</bdi></p>` : nothing}`;
  if (now.step === 'practised') {
    return html`<section class="practice-paid" data-name="practised" role="alert" ${focusNext}><span class="practice-mark">${icon('school', { size: 56 })}</span>
      <h1>${t('training.paid')}</h1>${money}<p>${t('training.paid_words')}</p>
      <div class="paid-actions">${registerPart.value?.after(now) ?? button({ label: t('charge.next'), kind: 'primary', big: true, name: 'next', onClick: leave })}</div></section>`;
  }
  return html`<section class="request-end" data-name="practice" ${focusNext}><span class="state-icon">${icon('school', { size: 40 })}</span>
    <h1>${t('training.asked')}</h1>${money}<p>${t('training.asked_words')}</p>
    <div class="stack">${button({ label: t('training.pay'), kind: 'primary', big: true, iconName: 'check', name: 'practise', onClick: practise })}
      ${button({ label: t('charge.cancel'), big: true, iconName: 'cross', name: 'cancel-charge', onClick: leave })}</div></section>`;
}
