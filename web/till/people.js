// Who is at the till. Without cashiers the till itself asks and gives back, as the shop's device; with cashiers whoever is signed in does,
// under a key and rights of their own, and nobody sells before. What a cashier does is `cashiers.js`, loaded when there are some.

import { batch, effect, signal } from '../vendor/signals-core/signals-core.js';
import { moreWords } from '../kit/i18n.js';
import { read, writeIf } from '../kit/store.js';
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

/** The till at which only cashiers work: once the shop let one in, and until it has none any more. Taking keys off a till opens nothing. */
const staffed = signal('');

/**
 * What is kept of them, as one value: every change is made from what lies there, because another tab may have changed it.
 * @typedef {{version: number, staffed: boolean, list: Kept[]}} Staff
 */

/** @param {Staff | Kept[] | undefined} found a list alone is what earlier pages kept @returns {Staff} */
function staffOf(found) {
  if (Array.isArray(found)) return { version: 0, staffed: found.some(({ admitted }) => admitted), list: found };
  return found ?? { version: 0, staffed: false, list: [] };
}

/** @param {string} till key, hex */
const place = (till) => `till-cashiers:${till}`;

/** Nobody sells before signing in. */
export function locked() {
  return !cashier.value && staffed.value !== '' && staffed.value === device.value?.wallet.key;
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
  await show(till, staffOf(await read('settings', place(till))));
}

/** What is on the screen. */
let shown = '';

/** @param {string} till @param {Staff} staff */
async function show(till, staff) {
  const mark = `${till}:${staff.version}`;
  if (shown === mark) return;
  shown = mark;
  if ((staff.staffed || staff.list.length > 0) && !lockPart.peek()) await openLock();
  if (shown !== mark) return;
  batch(() => {
    staffed.value = staff.staffed ? till : '';
    cashiers.value = staff.list;
  });
}

/**
 * Changes the cashiers of this till; kept before anything is done that they decide.
 * @param {(list: Kept[]) => Kept[]} step from what lies in this browser now; made again when another tab was faster
 * @param {{alone?: boolean}} [words] alone: the shop has no cashiers any more, and the till works by itself again
 */
export async function changeCashiers(step, { alone = false } = {}) {
  const till = device.value?.wallet.key;
  if (!till) return;
  for (;;) {
    const before = staffOf(await read('settings', place(till)));
    const list = [...step(before.list)].sort((a, b) => a.name.localeCompare(b.name));
    /** @type {Staff} */
    const next = { version: before.version + 1, staffed: list.some(({ admitted }) => admitted) || (before.staffed && !alone), list };
    const unchanged = (/** @type {Staff | Kept[] | undefined} */ found) => staffOf(found).version === before.version;
    if (!(await writeIf('settings', place(till), unchanged, [[place(till), next]]))) continue;
    await show(till, next);
    return;
  }
}

/** Whether another tab or the shop changed who works here. Asked for as often as the till asks whether it may still work itself. */
export async function checkCashiers() {
  const till = device.peek()?.wallet.key;
  if (!till) return;
  await loadCashiers(till);
  if (staffed.peek() === till) await (await import('./cashiers.js')).askShop();
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
