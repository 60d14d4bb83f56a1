// Who is at the till. Without cashiers the till itself asks and gives back, as the shop's device; with cashiers whoever is signed in does,
// under a key and rights of their own, and nobody sells before. What a cashier does is `cashiers.js`, loaded when there are some.

import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { moreWords } from '../kit/i18n.js';
import { read, write } from '../kit/store.js';
import { acting, device } from './state.js';

/** What the shop lets somebody do here; what may be given back the ledger limits too. @typedef {'refund' | 'discount' | 'close' | 'settings'} Right */
/** @typedef {Record<Right, boolean>} Rights */
/**
 * A cashier of this till.
 * @typedef {object} Kept
 * @property {string} key hex
 * @property {string} name
 * @property {boolean} admitted the shop has confirmed the key
 * @property {Rights} rights as they were last read
 * @property {import('./pin-key.js').PinBox} box
 * @property {number} tries wrong PINs in a row
 * @property {number} waitUntil ms; no PIN is tried before
 */

/** Whoever is signed in. */
export const cashier = signal(/** @type {{key: string, name: string, rights: Rights} | null} */ (null));
/** The cashiers whose keys lie on this till, by name. */
export const cashiers = signal(/** @type {Kept[]} */ ([]));
/** Wrong PINs since the page was opened, for the event journal. */
export const wrongPins = signal(0);

/** @param {string} till key, hex */
const place = (till) => `till-cashiers:${till}`;

/** Nobody sells before signing in. */
export function locked() {
  return !cashier.value && cashiers.value.some(({ admitted }) => admitted);
}

/** Whether whoever is at the till may do that. @param {Right} right */
export function may(right) {
  return cashier.value ? cashier.value.rights[right] : !locked();
}

/** Signs out: the key is gone from memory, and the next person signs in. */
export function signOut() {
  acting.value = null;
  cashier.value = null;
}

/** @param {string} till key, hex */
export async function loadCashiers(till) {
  cashiers.value = (await read('settings', place(till))) ?? [];
  if (cashiers.value.length > 0) await openLock();
}

/** Keeps the cashiers of this till, before anything is done that they decide. @param {Kept[]} list */
export async function keepCashiers(list) {
  const till = device.value?.wallet.key;
  if (!till) return;
  const sorted = [...list].sort((a, b) => a.name.localeCompare(b.name));
  await write('settings', place(till), sorted);
  if (sorted.length > 0 && !lockPart.peek()) await openLock();
  cashiers.value = sorted;
}

/** What is shown in the place of the counter while nobody is signed in; loaded with its words when there are cashiers. */
export const lockPart = signal(/** @type {(() => unknown) | null} */ (null));
/** Why it could not be loaded. */
export const lockFault = signal(/** @type {unknown} */ (null));

export async function openLock() {
  lockFault.value = null;
  try {
    const [{ lockView }] = await Promise.all([import('./cashiers-view.js'), moreWords('till-people')]);
    lockPart.value = lockView;
  } catch (error) {
    lockFault.value = error;
  }
}

// Another shop, or none: nobody of the one before is at the till.
let of = '';
effect(() => {
  const till = device.value?.wallet.key ?? '';
  if (till === of) return;
  of = till;
  signOut();
});
