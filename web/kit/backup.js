// The backup of a key on paper: its 32 bytes as 15 groups of four characters without look-alikes (no 1, b, i, o), with
// a checksum, so that one wrong character is noticed. The second character tells which currency it belongs to.

import { decodeSymbols, encodeSymbols, regroup } from './bech32m.js';
import { unhex } from './hex.js';

const PREFIX = 'liard-key';
const VERSION = 0;
const GROUPS = 15;

/** Five bits of the ledger id. @param {string} ledger hex */
function mark(ledger) {
  return unhex(ledger.slice(0, 2))[0] >> 3;
}

/**
 * @param {Uint8Array} seed
 * @param {string} ledger hex
 * @returns {string[]} 15 groups of 4 capital letters and digits
 */
export function encodeBackup(seed, ledger) {
  if (seed.length !== 32) throw new Error('a seed has 32 bytes');
  const symbols = [VERSION, mark(ledger), ...(regroup(seed, 8, 5, true) ?? [])];
  return encodeSymbols(PREFIX, symbols).toUpperCase().match(/.{4}/g) ?? [];
}

/**
 * @param {string} text as typed: case, spaces and dashes do not matter
 * @param {string} ledger hex
 * @returns {{seed: Uint8Array<ArrayBuffer>} | {fault: 'length' | 'mistyped' | 'other_currency', groups: number}}
 */
export function decodeBackup(text, ledger) {
  const typed = text.toLowerCase().replace(/[\s\-–—·.]/g, '');
  const groups = typed.length / 4;
  if (typed.length !== GROUPS * 4) return { fault: 'length', groups };
  const symbols = decodeSymbols(PREFIX, typed);
  const bytes = symbols && regroup(symbols.slice(2), 5, 8, false);
  if (!symbols || !bytes || symbols[0] !== VERSION) return { fault: 'mistyped', groups };
  if (symbols[1] !== mark(ledger)) return { fault: 'other_currency', groups };
  return { seed: new Uint8Array(bytes) };
}

/** Three groups to type back, in order. @param {() => number} [random] @returns {number[]} positions from 0 */
export function groupsToCheck(random = Math.random) {
  const third = GROUPS / 3;
  return [0, 1, 2].map((part) => part * third + Math.floor(random() * third));
}
