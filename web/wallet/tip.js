// A tip for the shop that was just paid: a payment of its own, with no request behind it.

import { html } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { parseAmount } from '../kit/money.js';
import { amount, button, empty, field, linkButton } from '../kit/ui.js';
import { t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { lastShop, paymentView, review } from './pay.js';
import { route } from './route.js';
import { accountBytes, accountText, lines, symbol } from './state.js';
import { units } from './words.js';

/** What people leave on a counter, in cents. */
const USUAL = [50, 100, 200];

const other = signal('');
const fault = signal(/** @type {string | null} */ (null));
/** The account whose tip is being paid. */
const reviewing = signal('');

/** Leaving: the next visit starts anew. @param {string} name the screen that is shown now */
export function leaveTip(name) {
  if (name === 'tip') return;
  reviewing.value = '';
  other.value = '';
}

/** @typedef {{payee: Uint8Array<ArrayBuffer>, name: string}} TipFor */

/**
 * The shop that an account is: the one whose receipt was just shown, or one that an own line names as paid on its request. A link
 * alone makes nobody a shop.
 * @param {string} account @param {import('./state.js').Line[]} known
 * @returns {TipFor | null}
 */
export function shopOf(account, known) {
  const last = lastShop.value;
  if (last && accountText(last.payee) === account) return last;
  const name = known.find((line) => line.counterparty === account && line.amount < 0 && line.charge !== null)?.counterparty_name;
  return name ? { payee: accountBytes(account), name } : null;
}

/** @param {TipFor} shop @param {number} cents */
async function choose(shop, cents) {
  await review({ kind: 'tip', payee: shop.payee, amount: cents, name: shop.name, note: t('tip.memo'), memo: t('tip.memo') });
  reviewing.value = accountText(shop.payee);
  scrollTo(0, 0);
}

export function tipView() {
  const { name, value } = route.value;
  const shop = name === 'tip' ? shopOf(value, lines.value ?? []) : null;
  if (shop && reviewing.value === value) return paymentView(t('tip.title'));
  if (!shop) return frame({ title: t('tip.title'), back: '', body: empty({ iconName: 'gift', title: t('tip.nobody'), text: t('tip.nobody_text'), action: linkButton({ label: t('open.to_home'), href: '#' }) }) });
  return frame({
    title: t('tip.title'), back: '',
    body: html`
      <section class="order card"><p class="quiet-text">${t('tip.for')}</p><h2 class="order-name"><bdi>${shop.name}</bdi></h2></section>
      <div class="tiles" role="group" aria-label=${t('tip.title')}>${USUAL.map((cents) => html`<button type="button" class="tile" data-name="tip-${cents}" aria-label=${units(cents)} @click=${() => void choose(shop, cents)}>${amount(cents)}<span aria-hidden="true">${symbol.value}</span></button>`)}</div>
      <form class="stack" @submit=${(/** @type {Event} */ event) => {
        event.preventDefault();
        const cents = parseAmount(other.value);
        if (cents === null) fault.value = t('give.bad_amount');
        else void choose(shop, cents);
      }}>
        ${field({ name: 'tip-other', label: t('tip.other'), value: other.value, inputMode: 'decimal', ltr: true, suffix: symbol.value, placeholder: '0', fault: fault.value,
          onInput: (typed) => batch(() => { other.value = typed; fault.value = null; }) })}
        <div class="actions">${button({ label: t('action.continue'), kind: 'primary', type: 'submit', name: 'tip-continue' })}
          ${linkButton({ label: t('tip.no'), href: '#', kind: 'quiet' })}</div>
      </form>`,
  });
}
