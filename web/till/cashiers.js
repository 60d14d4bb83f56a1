// Cashiers of a till: a key each, made here, closed under the cashier's PIN, and given its rights by the shop's own key. Signing in opens
// the key for as long as this person stands at the till.

import { signal } from '../vendor/signals-core/signals-core.js';
import { Problem, Session, callJson, now } from '../kit/api.js';
import { signerOf } from '../kit/cose.js';
import { importSeed } from '../kit/ed25519.js';
import { newSeed } from '../kit/keys.js';
import { remember, remembered } from './apart.js';
import { resume, resumeApart, asking } from './asking.js';
import { cashier, cashiers, changeCashiers, locked, may, signOut, wrongPins } from './people.js';
import { closeWithPin, openWithPin } from './pin-key.js';
import { Shop } from './shop.js';
import { acting, device, goTo, phase, today } from './state.js';

/** So many wrong PINs in a row, then a pause before each further one. */
export const TRIES = 5;
const PAUSE_MS = 5 * 60_000;
/** How often a till asks whether the shop has confirmed a new cashier. */
const KNOCK_MS = 2_000;

/** @typedef {import('./people.js').Kept} Kept */
/** @typedef {import('./people.js').Rights} Rights */
/** @typedef {{state: 'in'} | {state: 'wrong', left: number} | {state: 'pause', until: number} | {state: 'waiting'} | {state: 'removed'}} SignIn */

/** @type {Rights} */
const NO_RIGHTS = { refund: false, discount: false, close: false, settings: false };

/** A new cashier whom the shop has not confirmed yet; its key is open in this page only. */
export const joining = signal(/** @type {{name: string, key: string} | null} */ (null));

/** @param {string} key @param {Partial<Kept>} change */
async function change(key, change) {
  await changeCashiers((list) => list.map((one) => (one.key === key ? { ...one, ...change } : one)));
}

/** @param {string} key */
function drop(key) {
  return changeCashiers((list) => list.filter((one) => one.key !== key));
}

/** How the till acts with an opened key. @param {Kept} one @param {Uint8Array<ArrayBuffer>} seed */
async function shopOf(one, seed) {
  const till = device.value;
  if (!till) throw new Error('no till is open');
  const { privateKey, publicKey } = await importSeed(seed);
  seed.fill(0);
  const { ledger, account } = till;
  const wallet = { ...till.wallet, id: `${ledger.ledger}:${one.key}`, key: one.key, publicKey, privateKey, label: one.name };
  const session = new Session({ ledger: ledger.ledger, signer: signerOf(privateKey, publicKey) });
  const known = await remembered(one.key);
  const mine = new Shop({ ledger, wallet, session, account, certificate: known?.certificate, keys: known?.keys ?? [] });
  mine.hold([...new Set([...(known?.keys ?? []), ...till.provedKeys])]);
  return mine;
}

/** @param {Kept} one @param {Shop} mine */
async function stand(one, mine) {
  goTo('counter');
  acting.value = mine;
  cashier.value = { key: one.key, name: one.name, rights: one.rights };
  await resumeApart();
  const open = today.data.value?.day.charges.find((charge) => charge.state === 'open' && charge.till === one.key && charge.expires > now());
  if (open && !asking.value) await resume(open).catch(() => undefined);
}

/** Whether the shop lets this key work; null: no answer now. @param {Shop} mine */
async function admitted(mine) {
  try {
    mine.session.renew();
    return (await mine.session.signIn()).accounts.some(({ account, scope }) => account === mine.account && scope === 'till');
  } catch (error) {
    if (error instanceof Problem && !error.transient) return false;
    return null;
  }
}

/**
 * The cashiers as the shop last wrote them down; null: by a machine where it never wrote any, which says nothing about those it let in.
 * @param {Session} session @returns {Promise<(Rights & {key: string, name: string})[] | null>}
 */
async function writtenDown(session) {
  const { version, value } = await session.json('/pos/v1/settings/people');
  return version > 0 && Array.isArray(value?.cashiers) ? value.cashiers : null;
}

/** Reads anew what the shop lets a cashier do; what was read before stays without an answer. @param {string} key */
async function readRights(key) {
  const mine = acting.value;
  if (!mine || mine.wallet.key !== key) return;
  const written = await writtenDown(mine.session);
  if (!written) return;
  const found = written.find((one) => one.key === key);
  const { refund, discount, close, settings } = found ?? NO_RIGHTS;
  const rights = { refund, discount, close, settings };
  const name = found?.name ?? cashiers.value.find((one) => one.key === key)?.name ?? '';
  const before = cashiers.value.find((one) => one.key === key);
  if (JSON.stringify([before?.rights, before?.name]) === JSON.stringify([rights, name]) && JSON.stringify(cashier.value?.rights) === JSON.stringify(rights)) return;
  await change(key, { rights, name });
  if (cashier.value?.key === key) cashier.value = { key, name, rights };
}

/** What the next sign-in without network needs. @param {Shop} mine */
async function rememberCashier(mine) {
  const shopName = phase.value.name === 'ready' ? phase.value.shopName : '';
  const certificate = await mine.certificate();
  const { ledger, account, wallet } = mine;
  await remember(wallet.key, { ledger, account, shopName, certificate, keys: mine.provedKeys });
}

/** The ledger is asked once the person stands at the till already: a queue does not wait for it. @param {Kept} one @param {Shop} mine */
async function confirm(one, mine) {
  const good = await admitted(mine);
  if (good === false) {
    if (cashier.value?.key === one.key) signOut();
    if (one.admitted) await drop(one.key);
    return;
  }
  if (good === null) return;
  await rememberCashier(mine).catch(() => undefined);
  await readRights(one.key).catch(() => undefined);
}

/**
 * Counts an attempt before it is made: a page that is loaded again in the middle, or a second one, gives no further attempt.
 * @param {string} key @returns {Promise<{one: Kept | null, paused: boolean}>} one: with this attempt
 */
async function countAttempt(key) {
  /** @type {Kept | null} */
  let one = null;
  let paused = false;
  await changeCashiers((list) => {
    one = null;
    return list.map((kept) => {
      if (kept.key !== key) return kept;
      paused = kept.waitUntil > now();
      const tries = kept.tries + 1;
      one = paused ? kept : { ...kept, tries, waitUntil: tries >= TRIES ? now() + PAUSE_MS : 0 };
      return one;
    });
  });
  return { one, paused };
}

/** Signs a cashier in. @param {string} key @param {string} pin @returns {Promise<SignIn>} */
export async function signIn(key, pin) {
  const till = device.value;
  if (!till) return { state: 'removed' };
  const { one, paused } = await countAttempt(key);
  if (!one) return { state: 'removed' };
  if (paused) return { state: 'pause', until: one.waitUntil };
  const seed = await openWithPin(one.box, pin, { ledger: till.ledger.ledger, key });
  if (!seed) {
    wrongPins.value += 1;
    return one.waitUntil ? { state: 'pause', until: one.waitUntil } : { state: 'wrong', left: TRIES - one.tries };
  }
  await change(key, { tries: 0, waitUntil: 0 });
  const mine = await shopOf(one, seed);
  if (!one.admitted) {
    if (!(await admitted(mine))) return { state: 'waiting' };
    await change(key, { admitted: true });
  }
  await stand({ ...one, admitted: true }, mine);
  void confirm({ ...one, admitted: true }, mine);
  return { state: 'in' };
}

/**
 * A new cashier: makes a key here, hands its public half to the shop under a one-time code, and signs in once the shop has confirmed it.
 * @param {{code: string, name: string, pin: string}} words
 */
export async function join({ code, name, pin }) {
  const till = device.value;
  if (!till) return;
  const seed = newSeed();
  const { publicKey } = await importSeed(seed);
  const key = [...publicKey].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const box = await closeWithPin(seed, pin, { ledger: till.ledger.ledger, key });
  /** @type {Kept} */
  const one = { key, name, admitted: false, rights: NO_RIGHTS, box, tries: 0, waitUntil: 0 };
  // Kept before anyone can give it rights, and forgotten again if the code was wrong.
  await changeCashiers((list) => [...list, one]);
  try {
    await callJson(`/pos/v1/enrolments/${encodeURIComponent(code)}/claim`, { json: { key, label: name, kind: 'cashier' } });
  } catch (error) {
    await drop(key);
    throw error;
  }
  const mine = await shopOf(one, seed);
  joining.value = { name, key };
  while (joining.value?.key === key && device.value === till) {
    if (await admitted(mine)) {
      joining.value = null;
      await change(key, { admitted: true });
      await stand({ ...one, admitted: true }, mine);
      await confirm({ ...one, admitted: true }, mine);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, KNOCK_MS));
  }
}

/** Stops waiting; the key is forgotten. */
export async function stopJoining() {
  const key = joining.value?.key;
  joining.value = null;
  if (key) await drop(key);
}

/** Whether whoever is at the till may take a cashier's key off it: their own, or others' with the right to set up the till. @param {string} key */
export function mayForget(key) {
  return cashier.value?.key === key || may('settings');
}

/** Takes a cashier's key off this till; only the shop takes its rights away. @param {string} key */
export async function forgetCashier(key) {
  if (!mayForget(key)) return;
  await drop(key);
  if (cashier.value?.key === key) signOut();
}

/** Asks the shop what whoever is signed in may do now; and, while nobody is signed in, whether it has cashiers at all. */
export async function askShop() {
  const mine = acting.peek();
  const one = cashiers.peek().find(({ key }) => key === mine?.wallet.key);
  if (mine && !one) {
    // Taken off this till in another tab.
    signOut();
    return;
  }
  if (mine && one) {
    await readRights(one.key).catch((error) => (error instanceof Problem && !error.transient ? confirm(one, mine) : undefined));
    return;
  }
  if (!locked()) return;
  const till = device.peek();
  const written = till ? await writtenDown(till.session).catch(() => null) : null;
  // The shop writes a cashier down before it lets the key in: whoever is still kept here was revoked.
  if (written?.length === 0 && locked()) await changeCashiers((list) => list.filter(({ admitted }) => !admitted), { alone: true });
}
