// What the till knows, as signals: views read them and are drawn again when they change.

import { batch, computed, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { dayOf, isIn } from './days.js';

/** @typedef {import('./shop.js').Shop} Shop */
/** @typedef {import('./shop.js').Charge} Charge */
/** @typedef {import('../kit/keys.js').Wallet} Wallet */
/**
 * @typedef {{name: 'starting'} | {name: 'failed', error: unknown} | {name: 'enrol'} | {name: 'waiting', wallet: Wallet}
 *   | {name: 'revoked', wallet: Wallet, symbol: string} | {name: 'ready', shop: Shop, shopName: string}} Phase
 */

export const phase = signal(/** @type {Phase} */ ({ name: 'starting' }));

/** Whether the till hears of payments as they happen. */
export const link = signal(/** @type {'starting' | 'up' | 'down'} */ ('starting'));

/** What is on the screen: `counter`, `day`, `more`, or one of screens.js. */
export const screen = signal('counter');

/** What stands after `=` in the address, for the screen. */
export const place = signal('');

/** What the account lets this key do: an accountant's only reads. */
export const scope = signal(/** @type {'till' | 'full' | 'read'} */ ('till'));

/** @param {string} name @param {string} value */
function arrive(name, value) {
  batch(() => {
    if (name === 'day' && screen.value !== 'day') showDay(0);
    screen.value = name;
    place.value = value;
  });
}

/** Shows another screen; the way back is the browser's. @param {string} name @param {string} [value] */
export function goTo(name, value = '') {
  arrive(name, value);
  const address = name === 'counter' ? location.pathname : `#${name}${value ? `=${value}` : ''}`;
  if ((location.hash || location.pathname) !== address) history.pushState(null, '', address);
  scrollTo(0, 0);
}

/** Shows what the address names, e.g. `#evening` or `#cashier=KEY`. */
export function followAddress() {
  const [name, value = ''] = location.hash.slice(1).split('=', 2);
  arrive(name || 'counter', value);
}

/** Play payments only: marked on every screen, and nothing of it reaches the ledger. */
export const training = signal(false);

/** The server's time, once a second while something on the page counts on it. */
export const clock = signal(now());

/** The shop as this device acts for it: it signs tickets and brings what was taken without network, whoever is at the till. */
export const device = computed(() => (phase.value.name === 'ready' ? phase.value.shop : null));

/** The shop as the cashier who is signed in acts for it. */
export const acting = signal(/** @type {Shop | null} */ (null));

/** The shop of a till that is ready, as whoever is at the till: their key asks for payments and gives back. */
export const shop = computed(() => device.value && (acting.value ?? device.value));

/** One day of the shop, read from the server; what was read stays on the page when the network goes. */
export class DayBook {
  /** @type {Promise<void> | null} */
  #reading = null;
  #again = false;

  /** @param {number} offset days from today */
  constructor(offset) {
    this.offset = offset;
    this.range = dayOf(now(), offset);
    this.data = signal(/** @type {{day: import('./shop.js').Day, at: number} | null} */ (null));
    this.error = signal(/** @type {unknown} */ (null));
  }

  /** Reads the day; a call during a reading makes one more reading after it. */
  async refresh() {
    if (this.#reading) {
      this.#again = true;
      return this.#reading;
    }
    this.#reading = this.#read();
    try {
      await this.#reading;
    } finally {
      this.#reading = null;
    }
    if (this.#again) {
      this.#again = false;
      await this.refresh();
    }
  }

  async #read() {
    const reader = shop.peek();
    if (!reader) return;
    this.range = dayOf(now(), this.offset);
    try {
      const day = await reader.day(this.range);
      this.data.value = { day, at: now() };
      this.error.value = null;
    } catch (error) {
      this.error.value = error;
    }
  }
}

/** Today, for the counter; `shown` is the day in the list, often the same. */
export const today = new DayBook(0);
export const shown = signal(today);

/** @param {number} offset */
export function showDay(offset) {
  shown.value = offset === 0 ? today : new DayBook(offset);
  chosen.value = null;
  void shown.value.refresh();
  void refreshAsked();
}

/** What customers ask to be given back and wait for, newest first. */
export const asked = signal(/** @type {import('./shop.js').RefundRequest[]} */ ([]));

/** Reads what customers ask; without an answer what was read stays. */
export async function refreshAsked() {
  // An accountant answers nobody.
  const reader = scope.peek() === 'read' ? null : shop.peek();
  const all = await reader?.refundRequests().catch(() => null);
  if (all && reader === shop.peek()) asked.value = all.filter(({ state }) => state === 'open');
}

/** Something happened in the shop: the days that hold it are read again. */
export function refreshDays() {
  void refreshAsked();
  if (!isIn(today.range, now())) today.data.value = null;
  void today.refresh();
  if (shown.peek() !== today) void shown.peek().refresh();
}

/** What is opened in the day list. @typedef {{kind: 'charge', id: string} | {kind: 'unexpected', sequence: number}} Chosen */
export const chosen = signal(/** @type {Chosen | null} */ (null));
