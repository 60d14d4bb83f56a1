// The amount on the keypad, as on a payment terminal: digits enter from the right, so 1 2 5 0 is 12.50. Integer cents.

/** Five digits before the mark: more than a counter asks for, and never wider than a small screen. */
export const MAX_CENTS = 99_999_99;

/** @typedef {'0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '00' | 'back' | 'clear'} Key */

/** The keys in reading order, three in a row. @type {Key[]} */
export const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '00', '0', 'back'];

/**
 * The amount after one key. A digit that would pass the maximum is not taken.
 * @param {number} cents
 * @param {Key} key
 */
export function press(cents, key) {
  if (key === 'clear') return 0;
  if (key === 'back') return Math.floor(cents / 10);
  const next = key === '00' ? cents * 100 : cents * 10 + Number(key);
  return next > MAX_CENTS ? cents : next;
}

/**
 * The key of the pad that a key of a keyboard stands for.
 * @param {string} name `KeyboardEvent.key`
 * @returns {Key | null}
 */
export function keyOf(name) {
  if (/^[0-9]$/.test(name)) return /** @type {Key} */ (name);
  if (name === 'Backspace') return 'back';
  if (name === 'Delete') return 'clear';
  return null;
}
