// A cashier's key on a till: closed under a PIN while nobody is signed in. Four digits keep out whoever stands at the counter, with few
// attempts; they do not keep out whoever takes the device apart, so that a shop removes the cashiers of a till that was stolen.

import { concat, randomBytes, unhex } from '../kit/hex.js';

/** OWASP's least for PBKDF2 with SHA-256. */
const ROUNDS = 600_000;
export const LEAST_DIGITS = 4;
export const MOST_DIGITS = 8;

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{salt: Bytes, iv: Bytes, rounds: number, closed: Bytes}} PinBox */

/** @param {string} pin @param {Bytes} salt @param {number} rounds */
async function keyOf(pin, salt, rounds) {
  const material = await crypto.subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, ['deriveKey']);
  return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds }, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** What a box is bound to: this currency and this public key. @param {string} ledger @param {string} key both in hex */
const boundTo = (ledger, key) => /** @type {Bytes} */ (concat(unhex(ledger), unhex(key)));

/** Whether this may be a PIN. @param {string} pin */
export function isPin(pin) {
  return /^\d+$/.test(pin) && pin.length >= LEAST_DIGITS && pin.length <= MOST_DIGITS;
}

/** @param {Bytes} seed @param {string} pin @param {{ledger: string, key: string}} of @returns {Promise<PinBox>} */
export async function closeWithPin(seed, pin, { ledger, key }) {
  const [salt, iv] = [randomBytes(16), randomBytes(12)];
  const closed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: boundTo(ledger, key) }, await keyOf(pin, salt, ROUNDS), seed);
  return { salt, iv, rounds: ROUNDS, closed: new Uint8Array(closed) };
}

/** The seed; null when the PIN is wrong. @param {PinBox} box @param {string} pin @param {{ledger: string, key: string}} of @returns {Promise<Bytes | null>} */
export async function openWithPin({ salt, iv, rounds, closed }, pin, { ledger, key }) {
  const opener = await keyOf(pin, salt, rounds);
  const seed = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: boundTo(ledger, key) }, opener, closed).catch(() => null);
  return seed && new Uint8Array(seed);
}
