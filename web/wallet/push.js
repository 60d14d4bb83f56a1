// Being told while the wallet is closed: the browser's subscription at its push service, and the words that the worker shows.

import { effect } from '../vendor/signals-core/signals-core.js';
import { decodeBase64url, encodeBase64url } from '../kit/base64url.js';
import { LANGUAGES, language, moreWords, t } from '../kit/i18n.js';
import { read, remove, write } from '../kit/store.js';
import { account, facts, openSession, shared, wallet, wallets } from './state.js';

/** A worker that is not there by then was not allowed to be. */
const WORKER_WAIT_MS = 10_000;

/** What stands in the way: nothing, an answer to ask for, or a browser that cannot. @typedef {'ready' | 'install' | 'denied' | 'unable'} Able */

/** Thrown when the browser gives no subscription: its words are for programmers. */
export class NoSubscription extends Error {}

/** @returns {Able} */
export function able() {
  const inWindow = 'PushManager' in globalThis && 'Notification' in globalThis && 'serviceWorker' in navigator;
  // Safari on a phone has them only for pages that were put on the home screen.
  if (!inWindow) return /iPhone|iPad|iPod/.test(navigator.userAgent) ? 'install' : 'unable';
  return Notification.permission === 'denied' ? 'denied' : 'ready';
}

const path = () => `/v1/accounts/${account.value?.account}/notices/push`;
const place = () => `push:${wallet.value?.id}`;

/** @returns {Promise<ServiceWorkerRegistration>} */
async function worker() {
  const late = new Promise((_, reject) => { setTimeout(() => reject(new NoSubscription('no worker')), WORKER_WAIT_MS); });
  return /** @type {any} */ (Promise.race([navigator.serviceWorker.ready, late]));
}

/** Keeps what the worker shows, and again whenever the language changes. */
let following = false;
async function keepWords() {
  if (following) return;
  following = true;
  await moreWords('wallet-notices');
  effect(() => {
    const lang = language.value;
    const dir = LANGUAGES.find(({ code }) => code === lang)?.dir ?? 'ltr';
    void write('settings', 'push-words', { title: facts().name, body: t('notices.news'), lang, dir });
  });
}

/** The browser's subscription under the node's key. @param {string} vapid */
async function subscription(vapid) {
  const { pushManager } = await worker();
  const before = await pushManager.getSubscription();
  const key = before?.options.applicationServerKey;
  if (before && key && encodeBase64url(new Uint8Array(key)) === vapid) return before;
  // A node that lost its key has another one, and the subscription under the old one wakes nobody.
  await before?.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: decodeBase64url(vapid) });
}

/** @param {string} vapid */
async function tell(vapid) {
  const { endpoint } = await subscription(vapid).catch((cause) => { throw new NoSubscription('no subscription', { cause }); });
  await openSession().json(path(), { method: 'PUT', json: { endpoint } });
  await write('settings', place(), { endpoint, vapid });
  await keepWords();
}

/** Asks the person, subscribes and tells the node; false when the person said no. Call it from a press of a button. @param {string} vapid */
export async function turnOn(vapid) {
  if (shared.value || (await Notification.requestPermission()) !== 'granted') return false;
  await tell(vapid);
  return true;
}

/** No more words for this wallet. */
export async function turnOff() {
  await openSession().json(path(), { method: 'DELETE' });
  await remove('settings', place());
  // Other wallets of this browser share the subscription; so do those of a shared device's owner.
  if (shared.value || wallets.value.length > 1 || !navigator.serviceWorker) return;
  const registration = await navigator.serviceWorker.getRegistration();
  await (await registration?.pushManager?.getSubscription())?.unsubscribe();
}

/** At each visit of who turned it on: browsers change their subscriptions now and then, nodes their key, and nobody tells but this page. */
export async function renew() {
  const kept = await read('settings', place());
  if (shared.value || !kept || !account.value || able() !== 'ready') return;
  try {
    const { push, vapid } = await openSession().json(`/v1/accounts/${account.value.account}/notices`);
    if (vapid === null) return;
    const same = push && vapid === kept.vapid && (await subscription(vapid)).endpoint === kept.endpoint;
    await (same ? keepWords() : tell(vapid));
  } catch (fault) {
    console.warn('this browser could not be told to wake up', fault);
  }
}
