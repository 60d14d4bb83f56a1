// How this device shows the pages: large digits, a simple screen, reading aloud. Kept in this browser; nothing of it is sent.

import { signal } from '../vendor/signals-core/signals-core.js';

/** @typedef {'large' | 'simple' | 'aloud'} Wish */

/** @type {Wish[]} */
export const WISHES = ['large', 'simple', 'aloud'];
const STORAGE_KEY = 'liard-look';

/** @returns {ReadonlySet<Wish>} */
function kept() {
  try {
    const names = (localStorage.getItem(STORAGE_KEY) ?? '').split(' ');
    return new Set(WISHES.filter((wish) => names.includes(wish)));
  } catch {
    // Storage may be forbidden: then as everyone has it.
    return new Set();
  }
}

/** What this person wished for. */
export const look = signal(kept());

/** Styles read it off the page's root. */
export function applyLook() {
  document.documentElement.dataset.look = [...look.value].join(' ');
}

/** @param {Wish} wish @param {boolean} on */
export function wishFor(wish, on) {
  look.value = new Set(WISHES.filter((one) => (one === wish ? on : look.value.has(one))));
  applyLook();
  try {
    localStorage.setItem(STORAGE_KEY, [...look.value].join(' '));
  } catch {
    // The wish then lasts as long as the page.
  }
}
