// A tip for the shop that was just paid: a payment of its own, with no request behind it.

import { html } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { parseAmount } from '../kit/money.js';
import { amount, button, empty, field, linkButton } from '../kit/ui.js';
import { t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { lastShop, paymentView, review } from './pay.js';
import { symbol } from './state.js';
import { units } from './words.js';

/** What people leave on a counter, in cents. */
const USUAL = [50, 100, 200];

const other = signal('');
const fault = signal(/** @type {string | null} */ (null));
const reviewing = signal(false);

/** Leaving: the next visit starts anew. @param {string} name the screen that is shown now */
export function leaveTip(name) {
  if (name === 'tip') return;
  reviewing.value = false;
  other.value = '';
}

/** @param {number} cents */
async function choose(cents) {
  const shop = lastShop.value;
  if (!shop) return;
  await review({ kind: 'tip', payee: shop.payee, amount: cents, name: shop.name, note: t('tip.memo'), memo: t('tip.memo') });
  reviewing.value = true;
  scrollTo(0, 0);
}

export function tipView() {
  const shop = lastShop.value;
  if (reviewing.value) return paymentView(t('tip.title'));
  if (!shop) return frame({ title: t('tip.title'), back: '', body: empty({ iconName: 'gift', title: t('tip.nobody'), text: t('tip.nobody_text'), action: linkButton({ label: t('open.to_home'), href: '#' }) }) });
  return frame({
    title: t('tip.title'), back: '',
    body: html`
      <section class="order card"><p class="quiet-text">${t('tip.for')}</p><h2 class="order-name"><bdi>${shop.name}</bdi></h2></section>
      <div class="tiles" role="group" aria-label=${t('tip.title')}>${USUAL.map((cents) => html`<button type="button" class="tile" data-name="tip-${cents}" aria-label=${units(cents)} @click=${() => void choose(cents)}>${amount(cents)}<span aria-hidden="true">${symbol.value}</span></button>`)}</div>
      <form class="stack" @submit=${(/** @type {Event} */ event) => {
        event.preventDefault();
        const cents = parseAmount(other.value);
        if (cents === null) fault.value = t('give.bad_amount');
        else void choose(cents);
      }}>
        ${field({ name: 'tip-other', label: t('tip.other'), value: other.value, inputMode: 'decimal', ltr: true, suffix: symbol.value, placeholder: '0', fault: fault.value,
          onInput: (typed) => batch(() => { other.value = typed; fault.value = null; }) })}
        <div class="actions">${button({ label: t('action.continue'), kind: 'primary', type: 'submit', name: 'tip-continue' })}
          ${linkButton({ label: t('tip.no'), href: '#', kind: 'quiet' })}</div>
      </form>`,
  });
}
