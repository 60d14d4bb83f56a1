// For professionals: whether their tills write tickets. The shop's own key alone decides it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { attempt } from '../kit/attempt.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { ShopPart } from '../kit/shop-part.js';
import { banner, button, failure, loading } from '../kit/ui.js';
import { frame } from './frame.js';
import { account, openSession } from './state.js';

/** @type {ShopPart<{on: boolean}>} */
const part = new ShopPart('tickets', () => (account.peek() ? openSession() : null));
const turning = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };
let asked = '';

/** @param {boolean} on */
const turn = (on) => attempt(turning, () => part.change({ on }));

export function ticketsView() {
  const mine = account.value;
  if (mine && asked !== mine.account) {
    asked = mine.account;
    queueMicrotask(() => void part.refresh());
  }
  const now = part.value;
  if (!now) return frame({ title: t('row.register'), back: 'tills', body: part.error.value ? failure({ error: part.error.value, onRetry: () => void part.refresh() }) : loading() });
  const { on } = now;
  const fault = turning.fault.value;
  return frame({
    title: t('row.register'), back: 'tills',
    body: html`<div data-name="tickets-state" data-on=${on ? 'yes' : 'no'}>${banner({ tone: on ? 'good' : 'info', title: t(on ? 'register.is_on' : 'register.is_off'), text: t(on ? 'register.is_on_words' : 'register.is_off_words') })}</div>
      <p class="quiet-text">${t('register.facts_there')}</p>
      ${fault ? banner({ tone: 'danger', text: sentenceFor(fault) }) : nothing}
      <div class="actions">${button({ label: t(on ? 'register.turn_off' : 'register.turn_on'), kind: on ? 'danger' : 'primary', big: true, busy: turning.busy.value, name: 'tickets-turn', onClick: () => void turn(!on) })}</div>`,
  });
}

/** Leaving: the next visit reads anew. @param {string} name the screen that is shown now */
export function leaveTickets(name) {
  if (name === 'tickets') return;
  asked = '';
  part.clear();
  turning.fault.value = null;
}
