// The keys of this browser. A key is made here, shown once for its backup, and from then on can be used but not read.
// Several keys may live side by side (a member's own, a shop's, a demo key); one of them is active.

import { hex, randomBytes, sameBytes, unhex } from './hex.js';
import { hasStrongKeys, importSeed, sign, verify } from './ed25519.js';
import { signerOf } from './cose.js';
import { keepStorage, read, readAll, remove, write } from './store.js';

/**
 * @typedef {object} Wallet
 * @property {string} id ledger and key
 * @property {string} ledger hex
 * @property {string} key public key, hex
 * @property {Uint8Array<ArrayBuffer>} publicKey
 * @property {import('./ed25519.js').PrivateKey} privateKey
 * @property {'own' | 'demo' | 'till' | 'operator'} role
 * @property {string | null} account bech32m, once known
 * @property {string | null} label
 * @property {number} added ms
 * @property {'paper' | 'passkey' | 'none'} [backup] how it comes back when the device is lost; absent where nobody wrote it down
 * @property {string} [device] what its holder calls this device
 * @property {string | null} [replaces] the key in whose place it is put, hex; null or absent when nothing is left to do
 * @property {import('./passkey.js').Box | null} [box] waits to be kept by the server
 */

/** @param {string} ledger hex @param {string} key hex */
const idOf = (ledger, key) => `${ledger}:${key}`;

/** A fresh seed. It exists in memory only, until its backup has been checked. */
export function newSeed() {
  return randomBytes(32);
}

/** The seed in a key file or demo link: 64 hexadecimal digits. @param {string} text */
export function seedOf(text) {
  const trimmed = text.trim();
  return /^[0-9a-fA-F]{64}$/.test(trimmed) ? unhex(trimmed) : null;
}

/** @param {Uint8Array} seed @returns {Promise<string>} the public key, hex */
export async function publicKeyOf(seed) {
  return hex((await importSeed(seed)).publicKey);
}

/**
 * Keeps the key of a seed in this browser, reads it back and signs once with it: only then is it ready.
 * @param {Uint8Array} seed
 * @param {{ledger: string, role: Wallet['role'], account?: string | null, label?: string | null, now: number} & Partial<Pick<Wallet, 'backup' | 'device' | 'replaces' | 'box'>>} words
 * @returns {Promise<Wallet>}
 */
export async function keepKey(seed, { ledger, role, account = null, label = null, now, ...more }) {
  const { privateKey, publicKey } = await importSeed(seed);
  const key = hex(publicKey);
  const id = idOf(ledger, key);
  /** @type {Wallet} */
  const wallet = { id, ledger, key, publicKey, privateKey, role, account, label, added: now, ...more };
  await keepStorage();
  await write('wallets', id, wallet);
  const kept = /** @type {Wallet | undefined} */ (await read('wallets', id));
  const probe = randomBytes(32);
  const good = kept && sameBytes(kept.publicKey, publicKey) && (await verify(publicKey, probe, await sign(kept.privateKey, probe)));
  if (!kept || !good) throw new Error('the key could not be kept');
  return kept;
}

/**
 * The seed of a demo link. Such a key is everybody's: on any ledger that does not say it is a demo, the link is nothing.
 * @param {string} hash of the address
 * @param {{demo: boolean}} ledger
 */
export function demoSeedOf(hash, ledger) {
  return ledger.demo === true && hash.startsWith('#demo=') ? seedOf(hash.slice(6)) : null;
}

/**
 * Takes up the key of a demo link, on a demo; never in the place of another key without asking.
 * @param {string} hash of the address
 * @param {{ledger: string, demo: boolean}} ledger
 * @param {{roles: Wallet['role'][], now: number, mayReplace: () => Promise<boolean>}} words the first role is the key's
 */
export async function takeDemoKey(hash, ledger, { roles, now, mayReplace }) {
  const seed = demoSeedOf(hash, ledger);
  if (!seed) return;
  const key = await publicKeyOf(seed);
  const known = /** @type {Wallet | undefined} */ (await read('wallets', idOf(ledger.ledger, key)));
  const active = await activeWallet(ledger.ledger, roles);
  if (active && active.key === key) return;
  if ((active || (known && !roles.includes(known.role))) && !(await mayReplace())) return;
  await activate(await keepKey(seed, { ledger: ledger.ledger, role: roles[0], now }), roles);
}

/** @param {Wallet} wallet @param {Partial<Pick<Wallet, 'account' | 'label' | 'backup' | 'device' | 'replaces' | 'box'>>} change @returns {Promise<Wallet>} */
export async function updateWallet(wallet, change) {
  const updated = { ...wallet, ...change };
  await write('wallets', wallet.id, updated);
  return updated;
}

/** The keys for one ledger, oldest first. @param {string} ledger hex @param {Wallet['role'][]} [roles] @returns {Promise<Wallet[]>} */
export async function walletsOf(ledger, roles = ['own', 'demo']) {
  const all = /** @type {Wallet[]} */ (await readAll('wallets'));
  return all
    .filter((wallet) => wallet.ledger === ledger && roles.includes(wallet.role))
    .sort((a, b) => a.added - b.added);
}

/** The active key for a ledger and page. @param {string} ledger @param {Wallet['role'][]} [roles] @returns {Promise<Wallet | null>} */
export async function activeWallet(ledger, roles = ['own', 'demo']) {
  const wallets = await walletsOf(ledger, roles);
  const chosen = await read('settings', `active:${ledger}:${roles[0]}`);
  return wallets.find((wallet) => wallet.id === chosen) ?? wallets[0] ?? null;
}

/** @param {Wallet} wallet @param {Wallet['role'][]} [roles] */
export async function activate(wallet, roles = ['own', 'demo']) {
  await write('settings', `active:${wallet.ledger}:${roles[0]}`, wallet.id);
}

/** The key is gone from this browser afterwards. @param {Wallet} wallet */
export async function forget(wallet) {
  await remove('wallets', wallet.id);
}

/** @param {Wallet} wallet @returns {import('./cose.js').Signer} */
export function signer(wallet) {
  return signerOf(wallet.privateKey, wallet.publicKey);
}

/** Passkeys belong to a name: a page at a bare address, such as 127.0.0.1, has none. */
const ADDRESS = /^(\d+\.){3}\d+$|^\[/;

/** Whether this browser has passkeys here at all; whether the authenticator has PRF shows when it is asked. */
export function hasPasskeys() {
  return globalThis.isSecureContext === true && typeof PublicKeyCredential === 'function' && !ADDRESS.test(location.hostname);
}

export { hasStrongKeys };
