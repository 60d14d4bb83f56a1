// People whom this device knows by a name of its own. The names stay in this browser, beside the key that gave them.

import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { read, write } from '../kit/store.js';
import { wallet } from './state.js';

/** A phone book of a person's, not a town's. */
export const MOST_CONTACTS = 500;
export const NAME_CHARACTERS = 40;

/** @typedef {{account: string, name: string}} Contact */

/** By name. */
export const contacts = signal(/** @type {Contact[]} */ ([]));

/** Where they are kept; it goes along to a new key, and away with the last (`traces.js`). @param {string} walletId */
const contactsPlace = (walletId) => `contacts:${walletId}`;

let of = '';
effect(() => {
  const id = wallet.value?.id ?? '';
  if (id === of) return;
  of = id;
  contacts.value = [];
  if (id) void read('settings', contactsPlace(id)).then((kept) => { if (of === id) contacts.value = kept ?? []; }, () => {});
});

/** What this device calls an account. @param {string | null} account */
export function contactName(account) {
  return contacts.value.find((one) => one.account === account)?.name ?? null;
}

/** @param {Contact[]} changed */
async function keep(changed) {
  const id = of;
  contacts.value = changed;
  if (id) await write('settings', contactsPlace(id), changed);
}

/** Keeps a name for an account, in the place of the one before. @param {Contact} contact */
export function keepContact({ account, name }) {
  const others = contacts.value.filter((one) => one.account !== account).slice(0, MOST_CONTACTS - 1);
  return keep([...others, { account, name }].sort((a, b) => a.name.localeCompare(b.name)));
}

/** @param {string} account */
export function dropContact(account) {
  return keep(contacts.value.filter((one) => one.account !== account));
}
