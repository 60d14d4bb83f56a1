// What this browser keeps beside a key: where it lies, what goes along when a new key takes the place of an old one, and what goes when
// the key goes. Things of other wallets stay.

import { outboxOf } from '../kit/outbox.js';
import { read, readAll, remove, write } from '../kit/store.js';

/** @typedef {import('../kit/keys.js').Wallet} Wallet */

/** Settings that lie under a wallet's id. */
const OF_WALLET = ['seen', 'closed', 'contacts', 'asks', 'spending', 'push', 'keys-seen'];
/** What a person would miss under a new key; the rest is read anew. */
const ALONG = ['contacts', 'asks', 'push', 'keys-seen'];

/** The new key has what the old one had, unless it has its own by now. @param {Wallet} old @param {Wallet} next */
export async function takeAlong(old, next) {
  for (const place of ALONG) {
    const [had, has] = [await read('settings', `${place}:${old.id}`), await read('settings', `${place}:${next.id}`)];
    if (had !== undefined && has === undefined) await write('settings', `${place}:${next.id}`, had);
  }
}

/** Whether an order of this key may still come into force: sent without an answer, or signed without network. @param {Wallet} wallet */
export async function hasOpenOrders({ id, ledger, key }) {
  const sent = (await outboxOf(ledger, key)).some(({ state, about }) => state === 'unknown' && about?.kind !== 'replace_key');
  return sent || (await readAll('offline')).some((one) => one.wallet === id);
}

/** Removes what was kept beside a key that has left this browser; what is of its account stays while another key here has the account. @param {Wallet} gone */
export async function removeTraces(gone) {
  for (const place of OF_WALLET) await remove('settings', `${place}:${gone.id}`);
  for (const one of await readAll('offline')) if (one.wallet === gone.id) await remove('offline', `signed:${one.id}`);
  for (const { id } of await outboxOf(gone.ledger, gone.key)) await remove('outbox', id);
  const others = /** @type {Wallet[]} */ (await readAll('wallets')).filter(({ id }) => id !== gone.id);
  if (!gone.account || others.some(({ ledger, account }) => ledger === gone.ledger && account === gone.account)) return;
  await remove('settings', `known-keys:${gone.ledger}:${gone.account}`);
  for (const kept of await readAll('receipts')) if (kept.ledger === gone.ledger && kept.account === gone.account) await remove('receipts', kept.id);
}
