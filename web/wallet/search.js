// Which movements are meant: by words, amount, direction, kind, time, and whose key signed.

import { parseAmount } from '../kit/money.js';

/** @typedef {import('./state.js').Line} Line */
/** @typedef {'' | 'in' | 'out'} Way */
/** @typedef {'' | 'payments' | 'conversions' | 'refunds' | 'redemptions' | 'gifts' | 'account'} Group */
/** @typedef {'' | 'here' | 'others' | 'family' | 'card'} Signer */
/** @typedef {{text: string, way: Way, group: Group, by: Signer, from: number | null, to: number | null}} Wanted */
/** @typedef {{key: string, scope: string}} Key */

/** @type {Wanted} */
export const EVERYTHING = { text: '', way: '', group: '', by: '', from: null, to: null };

/** Whether anything is left out. @param {Wanted} wanted */
export function narrows({ text, way, group, by, from, to }) {
  return text.trim() !== '' || way !== '' || group !== '' || by !== '' || from !== null || to !== null;
}

/** @param {string} kind @returns {Group} */
export function groupOf(kind) {
  if (kind === 'transfer' || kind === 'transfers') return 'payments';
  if (kind === 'refund') return 'refunds';
  if (['convert', 'bank_return', 'return_credit', 'correct'].includes(kind)) return 'conversions';
  if (kind.startsWith('rede') || kind === 'order_redemptions') return 'redemptions';
  if (kind === 'give_gifts' || kind === 'choose') return 'gifts';
  return 'account';
}

/** Who signed for this account; empty for what others did. @param {Line} line @param {string} here the key of this device @param {Key[]} keys @returns {Signer} */
export function signerOf(line, here, keys) {
  if (line.by === 'card') return 'card';
  if (!line.signer) return '';
  if (line.signer === here) return 'here';
  return keys.some(({ key, scope }) => key === line.signer && scope === 'limited') ? 'family' : 'others';
}

/** Without accents and capitals, as people type. @param {string} text */
function plain(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}

/**
 * @param {Line} line
 * @param {string[]} words the movement in the reader's language: title, note
 * @param {Wanted} wanted
 * @param {{here: string, keys: Key[]}} mine
 */
export function matches(line, words, wanted, { here, keys }) {
  const { way, group, by, from, to } = wanted;
  if ((way === 'in' && line.amount <= 0) || (way === 'out' && line.amount >= 0)) return false;
  if (group !== '' && groupOf(line.kind) !== group) return false;
  if ((from !== null && line.time < from) || (to !== null && line.time >= to)) return false;
  if (by !== '' && signerOf(line, here, keys) !== by) return false;
  return matchesText(line, words, wanted.text);
}

/** An amount alone finds that amount; words are all to be found. @param {Line} line @param {string[]} words @param {string} text */
function matchesText(line, words, text) {
  const cents = parseAmount(text);
  if (cents !== null && Math.abs(line.amount) === cents) return true;
  const said = plain([...words, line.counterparty ?? '', line.counterparty_name ?? '', line.memo ?? '', `n°${line.sequence}`].join(' '));
  return plain(text).split(/\s+/).filter(Boolean).every((word) => said.includes(word));
}
