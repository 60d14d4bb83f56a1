// Which keys of the account this browser knows: those that were there when it first looked, those that it let in itself, and those that
// the person has said are theirs. Any other one is told of, whatever it may do and whoever added it.

import { signal } from '../vendor/signals-core/signals-core.js';
import { read, write } from '../kit/store.js';
import { account, keyNotice, wallet, wallets } from './state.js';

/** @typedef {import('./state.js').AccountKey} AccountKey */

/** Keys that are known, hex; null until it was looked. */
export const seen = signal(/** @type {string[] | null} */ (null));

/** @param {string} id of the wallet in this browser */
const placeOf = (id) => `keys-seen:${id}`;

/** What the first look takes as known: not what the association has added with a delay, which is told of in any case. @param {AccountKey[]} keys */
export function firstSeen(keys) {
  return keys.filter(({ from }) => from === 0).map(({ key }) => key);
}

/** The keys to be told of. @param {AccountKey[]} keys @param {string[]} known @param {string[]} own keys of this browser */
export function unknownKeys(keys, known, own) {
  return keys.filter(({ key }) => !known.includes(key) && !own.includes(key));
}

/** The keys of the account on screen that are to be told of. */
export function keysToTell() {
  return seen.value === null ? [] : unknownKeys(account.value?.keys ?? [], seen.value, wallets.value.map(({ key }) => key));
}

/** Looks at the keys that were just read, and shows what is to be said. */
export async function lookAtKeys() {
  const [id, keys] = [wallet.value?.id, account.value?.keys];
  if (!id || !keys) return;
  let known = /** @type {string[] | undefined} */ (await read('settings', placeOf(id)));
  if (!known) {
    known = firstSeen(keys);
    await write('settings', placeOf(id), known);
  }
  if (wallet.value?.id !== id) return;
  seen.value = known;
  if (keyNotice.value || keysToTell().length === 0) return;
  const { noticeKeys } = await import('./key-notice.js');
  await noticeKeys();
}

/** This browser lets a key in, or the person knows it. @param {string} key hex */
export async function knowKey(key) {
  const id = wallet.value?.id;
  if (!id) return;
  const known = /** @type {string[]} */ ((await read('settings', placeOf(id))) ?? firstSeen(account.value?.keys ?? []));
  const more = [...new Set([...known, key])];
  await write('settings', placeOf(id), more);
  if (wallet.value?.id === id) seen.value = more;
}
