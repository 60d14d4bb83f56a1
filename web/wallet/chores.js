// What is left to do for the keys of this browser, done whenever the account was read: a box that the server does not have yet, a name,
// and a key that is to take the place of another one. Each step may be repeated, so that it does not matter where the last visit ended.

import { signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { sameBytes, unhex } from '../kit/hex.js';
import { forget, updateWallet } from '../kit/keys.js';
import { addKey, revokeKey } from '../kit/ledger.js';
import { read } from '../kit/store.js';
import { account, accountBytes, follow, openSession, outbox, refresh, scope, takeUpdate, use, wallet, wallets } from './state.js';
import { settled } from './settle.js';
import { hasOpenOrders, removeTraces, takeAlong } from './traces.js';

/** Why the server did not keep the box; null while nothing was refused. */
export const boxFault = signal(/** @type {unknown} */ (null));

/** @type {Promise<void> | null} */
let running = null;

/** One after the other; who asks meanwhile waits for the same. */
export function doChores() {
  running ??= work().finally(() => { running = null; });
  return running;
}

async function work() {
  await replaceKey();
  await keepBox();
  await nameDevice();
}

/** The box is kept when the server gives the same bytes back. True when nothing waits to be kept any more. */
async function keepBox() {
  const current = wallet.value;
  if (!current?.box) return true;
  if (!current.account || scope.value !== 'full') return false;
  const { place, bytes } = current.box;
  const path = `/v1/backups/${place}`;
  try {
    await openSession().json(`${path}?account=${current.account}`, { method: 'PUT', bytes, type: 'application/octet-stream' });
    const back = await openSession().bytes(path, { accept: 'application/octet-stream' });
    if (!sameBytes(back, bytes)) return false;
    // What is kept about the key may have changed meanwhile.
    await takeUpdate(await updateWallet(wallets.value.find(({ id }) => id === current.id) ?? current, { box: null }));
    boxFault.value = null;
    return true;
  } catch (error) {
    // Without an answer the next visit tries again; who is told no sees it where backups are shown.
    if (error instanceof Problem && !error.transient) boxFault.value = error;
    return false;
  }
}

/** A device that joined tells the others what it is called. */
async function nameDevice() {
  const current = wallet.value;
  const mine = account.value?.keys.find(({ key }) => key === current?.key);
  if (!current?.device || !mine || mine.label || scope.value !== 'full') return;
  try {
    await openSession().json(`/v1/accounts/${current.account}/keys/${current.key}/label`, { method: 'PUT', json: { label: current.device } });
    mine.label = current.device;
  } catch {
    // A name can wait.
  }
}

/** @param {string} key */
const isThere = (key) => Boolean(account.value?.keys.some((one) => one.key === key));

/**
 * Puts a new key in the place of an old one: added by the old, taken up, its box kept where it has one, and only then the old one
 * revoked, by the new. At every moment a key of this browser has the account, and what brings a key of the account back is there.
 * What the old key has signed and what may still be accepted comes first: with the key it would be void.
 */
async function replaceKey() {
  const next = wallets.value.find((one) => one.replaces);
  const id = next?.account;
  if (!next?.replaces || !id || account.value?.account !== id) return;
  const old = wallets.value.find((one) => one.key === next.replaces);
  for (const sent of outbox.value) if (sent.state === 'unknown' && sent.about?.kind === 'replace_key') await follow(sent);
  if (!isThere(next.key)) {
    const added = await settled(addKey(accountBytes(id), unhex(next.key), { scope: 'full' }), { kind: 'replace_key' });
    await refresh();
    if (!added && !isThere(next.key)) return;
  }
  if (old && (await hasOpenOrders(old))) return;
  if (wallet.value?.id !== next.id) await takeUpNext(next, old);
  if (wallet.value?.id !== next.id || !isThere(next.key) || !(await keepBox())) return;
  if (isThere(next.replaces)) {
    const revoked = await settled(revokeKey(accountBytes(id), unhex(next.replaces)), { kind: 'replace_key' });
    await refresh();
    if (!revoked && isThere(next.replaces)) return;
  }
  if (old) {
    await forget(old);
    await removeTraces(old);
  }
  await takeUpdate(await updateWallet(wallet.value, { replaces: null }));
}

/**
 * The new key becomes the one in use, with what belongs to its holder. The node wakes this browser for one of both keys, not for each.
 * @param {import('../kit/keys.js').Wallet} next
 * @param {import('../kit/keys.js').Wallet} [old]
 */
async function takeUpNext(next, old) {
  const isTold = old && (await read('settings', `push:${old.id}`)) !== undefined;
  if (old) await takeAlong(old, next);
  // Without an answer: a key that is revoked is woken no more.
  if (isTold && wallet.value?.id === old.id) await import('./push.js').then(({ turnOff }) => turnOff()).catch(() => undefined);
  await use(next);
  await refresh();
  if (isTold) await import('./push.js').then(({ renew }) => renew());
}
