// For professionals: whether their tills write tickets. The shop's own key alone decides it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { attempt } from '../kit/attempt.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { banner, button, failure, loading } from '../kit/ui.js';
import { frame } from './frame.js';
import { openSession } from './state.js';

const PART = '/pos/v1/settings/tickets';

const kept = signal(/** @type {{version: number, value: {on: boolean}} | null} */ (null));
const busy = signal(false);
const fault = signal(/** @type {unknown} */ (null));
let asked = false;

const read = () => attempt({ busy, fault }, async () => { kept.value = await openSession().json(PART); });

/** @param {{version: number, value: {on: boolean}}} from */
function turn({ version, value }) {
  return attempt({ busy, fault }, async () => {
    try {
      kept.value = await openSession().json(PART, { method: 'PUT', json: { version, value: { on: !value.on } } });
    } catch (error) {
      // Somebody else may have been first: what holds now is shown beside the reason.
      kept.value = await openSession().json(PART).catch(() => kept.value);
      throw error;
    }
  });
}

export function ticketsView() {
  if (!asked) {
    asked = true;
    queueMicrotask(() => void read());
  }
  const now = kept.value;
  if (!now) return frame({ title: t('row.register'), back: 'tills', body: fault.value ? failure({ error: fault.value, onRetry: () => void read() }) : loading() });
  const { on } = now.value;
  return frame({
    title: t('row.register'), back: 'tills',
    body: html`<div data-name="tickets-state" data-on=${on ? 'yes' : 'no'}>${banner({ tone: on ? 'good' : 'info', title: t(on ? 'register.is_on' : 'register.is_off'), text: t(on ? 'register.is_on_words' : 'register.is_off_words') })}</div>
      <p class="quiet-text">${t('register.facts_there')}</p>
      ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
      <div class="actions">${button({ label: t(on ? 'register.turn_off' : 'register.turn_on'), kind: on ? 'danger' : 'primary', big: true, busy: busy.value, name: 'tickets-turn', onClick: () => void turn(now) })}</div>`,
  });
}

/** @param {string} name the screen that is shown now */
export function leaveTickets(name) {
  if (name === 'tickets') return;
  asked = false;
  kept.value = null;
}
