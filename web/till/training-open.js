// Training: the way into it, and its mark. What a play payment looks like is loaded when somebody trains.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, effect, signal } from '../vendor/signals-core/signals-core.js';
import { moreWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { read, remove, write } from '../kit/store.js';
import { addStyle } from '../kit/style.js';
import { loading } from '../kit/ui.js';
import { device, training } from './state.js';

/** @param {string} key of the till */
const keptUnder = (key) => `till-training:${key}`;

/** The till whose mark was read: before that nobody knows whether money is real here. */
const readFor = signal('');

/** Whether it is known if this till trains. */
export const trainingKnown = () => device.value !== null && readFor.value === device.value.wallet.key;

const part = signal(/** @type {((now: import('./asking.js').Asking) => unknown) | null} */ (null));

async function loadTraining() {
  const [{ practiceScreen }] = await Promise.all([import('./training.js'), moreWords('till-counter'), addStyle('/till/register.css')]);
  part.value = practiceScreen;
}

/** Begins or ends it, for this till, until it is ended here. @param {boolean} on */
export async function train(on) {
  const key = device.peek()?.wallet.key;
  if (!key) return;
  if (on) {
    await loadTraining();
    await write('settings', keptUnder(key), true);
  } else {
    await remove('settings', keptUnder(key));
  }
  training.value = on;
}

// A till that was closed in the middle of it goes on with it: nobody asks for real money by mistake, or for play money.
effect(() => {
  const key = device.value?.wallet.key;
  if (!key) return;
  if (key === readFor.peek()) return;
  void read('settings', keptUnder(key)).then(async (on) => {
    if (device.peek()?.wallet.key !== key) return;
    batch(() => {
      training.value = on === true;
      readFor.value = key;
    });
    if (on === true) await loadTraining();
  }).catch((fault) => console.warn('whether this till trains could not be read', fault));
});

/** The play payment on the counter. @param {import('./asking.js').Asking} now */
export const practiceView = (now) => part.value?.(now) ?? loading();

/** On every screen of a till in training. */
export function trainingStrip() {
  if (!training.value) return nothing;
  return html`<p class="training-strip" role="status" data-name="training">${icon('school', { size: 20 })}<span>${t('till.training')}</span></p>`;
}
