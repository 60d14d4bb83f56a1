// Whether this shop sells by articles, tickets or tips: its counter is then a register, which is loaded once the till is open. A shop
// that set up nothing keeps the pad alone.

import { computed, effect, signal } from '../vendor/signals-core/signals-core.js';
import { moreWords } from '../kit/i18n.js';
import { addStyle } from '../kit/style.js';
import { setup } from './setup.js';
import { shop } from './state.js';
import { trainingKnown } from './training-open.js';

/** @typedef {{view: () => unknown, enter: () => void | Promise<void>, rest: () => number, typing: () => boolean, atRisk: () => number, after: (now: import('./asking.js').Asking) => unknown}} Register rest: what is due now, in cents; typing: whether the pad is shown; atRisk: what this sale holds that is not certain, in cents; after: what stands on the paid screen */

export const hasRegister = computed(() => {
  if (!shop.value) return false;
  const counter = setup('counter').value;
  return setup('tickets').value?.on === true || (counter?.items.length ?? 0) > 0 || counter?.tips.on === true;
});

/** The register, once it is loaded and wanted. */
export const registerPart = computed(() => (hasRegister.value ? loaded.value : null));
const loaded = signal(/** @type {Register | null} */ (null));
export const registerFault = signal(/** @type {unknown} */ (null));

export async function openRegister() {
  registerFault.value = null;
  try {
    const [{ register }] = await Promise.all([import('./register.js'), moreWords('till-counter'), addStyle('/till/register.css')]);
    loaded.value = register;
  } catch (error) {
    registerFault.value = error;
  }
}

effect(() => {
  // A sale is one of training, or is not, from its first line.
  if (hasRegister.value && trainingKnown() && !loaded.peek()) void openRegister();
});

// The journal of the till begins with its start, not with the first sale.
effect(() => {
  if (shop.value && setup('tickets').value?.on === true) void import('./tickets.js').catch(() => undefined);
});
