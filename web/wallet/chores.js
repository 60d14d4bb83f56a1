// What is left to do for the keys of this browser, done whenever the account was read: a box that the server does not have yet, a name,
// and a key that is to take the place of another one. Each step may be repeated, so that it does not matter where the last visit ended.

import { Problem } from '../kit/api.js';
import { sameBytes, unhex } from '../kit/hex.js';
import { forget, updateWallet } from '../kit/keys.js';
import { addKey, revokeKey } from '../kit/ledger.js';
import { remove } from '../kit/store.js';
import { passOnSeen } from './keys-seen.js';
import { account, accountBytes, follow, openSession, outbox, refresh, scope, takeUpdate, use, wallet, wallets } from './state.js';
import { settled } from './settle.js';

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

/** The box is kept when the server gives the same bytes back. */
async function keepBox() {
  const current = wallet.value;
  if (!current?.box || !current.account || scope.value !== 'full') return;
  const { place, bytes } = current.box;
  const path = `/v1/backups/${place}`;
  try {
    await openSession().json(`${path}?account=${current.account}`, { method: 'PUT', bytes, type: 'application/octet-stream' });
    const back = await openSession().bytes(path, { accept: 'application/octet-stream' });
    if (sameBytes(back, bytes)) await takeUpdate(await updateWallet(current, { box: null }));
  } catch (error) {
    // Without an answer the next visit tries again; who is told no sees it where backups are shown.
    if (error instanceof Problem && !error.transient) console.warn('the backup was not taken', error.code);
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
 * Puts a new key in the place of an old one: added by the old, taken up, and only then the old one revoked, by the new. At every
 * moment a key of this browser has the account.
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
  if (wallet.value?.id !== next.id) {
    if (old) await passOnSeen(old.id, next.id);
    await use(next);
    await refresh();
  }
  if (wallet.value?.id !== next.id || !isThere(next.key)) return;
  if (isThere(next.replaces)) {
    const revoked = await settled(revokeKey(accountBytes(id), unhex(next.replaces)), { kind: 'replace_key' });
    await refresh();
    if (!revoked && isThere(next.replaces)) return;
  }
  if (old) {
    await forget(old);
    for (const place of ['seen', 'keys-seen']) await remove('settings', `${place}:${old.id}`);
  }
  await takeUpdate(await updateWallet(wallet.value, { replaces: null }));
}
