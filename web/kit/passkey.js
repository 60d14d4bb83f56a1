// A key's backup that a passkey opens: WebAuthn's PRF gives a secret that only this person's authenticator can make again, HKDF
// makes an AES key of it, and AES-GCM closes the seed in a box. The box may lie anywhere: without the passkey it says nothing.

import { decodeBase64url, encodeBase64url } from './base64url.js';
import { concat, randomBytes, unhex } from './hex.js';
import { publicKeyOf } from './keys.js';
import { read, write } from './store.js';

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{liard: 'passkey-backup', version: 1, ledger: string, key: string, credential: string, salt: string, iv: string, box: string}} Backup base64url, but ledger and key in hex */

const INFO = new TextEncoder().encode('liard/passkey-backup');
const EDDSA = -8;
const ES256 = -7;
const RS256 = -257;
/** A backup file is some hundred bytes. */
export const LONGEST_BACKUP = 4_000;

/** Why it did not work, in the catalogue's words. */
export class PasskeyFault extends Error {
  /** @param {'unsupported' | 'no_prf' | 'declined' | 'other_key' | 'damaged'} reason @param {unknown} [cause] */
  constructor(reason, cause) {
    super(reason, { cause });
    this.code = `passkey_${reason}`;
  }
}

/** Passkeys belong to a name: a page at a bare address, such as 127.0.0.1, has none. */
const ADDRESS = /^(\d+\.){3}\d+$|^\[/;

/** Whether this browser has passkeys here at all; whether the authenticator has PRF shows when it is asked. */
export function hasPasskeys() {
  return globalThis.isSecureContext === true && typeof PublicKeyCredential === 'function' && !ADDRESS.test(location.hostname);
}

/** @param {Bytes} secret @param {Bytes} salt */
async function boxKey(secret, salt) {
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  return crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt, info: INFO }, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** What the box is bound to: this currency and this public key. @param {string} ledger @param {string} key */
const boundTo = (ledger, key) => /** @type {Bytes} */ (concat(unhex(ledger), unhex(key)));

/** @param {() => Promise<Credential | null>} ask */
async function asked(ask) {
  try {
    const credential = await ask();
    if (credential instanceof PublicKeyCredential) return credential;
  } catch (cause) {
    throw new PasskeyFault('declined', cause);
  }
  throw new PasskeyFault('declined');
}

/** @param {PublicKeyCredential} credential @returns {Bytes | null} */
function secretOf(credential) {
  const { first } = /** @type {any} */ (credential.getClientExtensionResults()).prf?.results ?? {};
  return first ? new Uint8Array(first) : null;
}

/** The secret of a passkey for this salt. @param {Bytes} credential id @param {Bytes} salt */
async function secretFor(credential, salt) {
  const answer = await asked(() => navigator.credentials.get({
    publicKey: {
      challenge: randomBytes(32), userVerification: 'required', allowCredentials: [{ type: 'public-key', id: credential }],
      extensions: /** @type {any} */ ({ prf: { eval: { first: salt } } }),
    },
  }));
  const secret = secretOf(answer);
  if (!secret) throw new PasskeyFault('no_prf');
  return secret;
}

/**
 * Makes a passkey and closes the seed in a box that it opens; opens it once, so that nobody relies on a box that stays shut.
 * @param {Bytes} seed 32 bytes
 * @param {{ledger: string, association: string, label: string}} words ledger in hex; label: who the key is for
 * @returns {Promise<Backup>}
 */
export async function wrapSeed(seed, { ledger, association, label }) {
  if (!hasPasskeys()) throw new PasskeyFault('unsupported');
  const [salt, iv] = [randomBytes(32), randomBytes(12)];
  const made = await asked(() => navigator.credentials.create({
    publicKey: {
      challenge: randomBytes(32), rp: { name: association }, user: { id: randomBytes(16), name: label, displayName: label },
      pubKeyCredParams: [EDDSA, ES256, RS256].map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' }, extensions: /** @type {any} */ ({ prf: { eval: { first: salt } } }),
    },
  }));
  if (/** @type {any} */ (made.getClientExtensionResults()).prf?.enabled !== true) throw new PasskeyFault('no_prf');
  const credential = new Uint8Array(made.rawId);
  // Some authenticators give the secret at once, others only when they are asked again.
  const secret = secretOf(made) ?? (await secretFor(credential, salt));
  const key = await publicKeyOf(seed);
  const box = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: boundTo(ledger, key) }, await boxKey(secret, salt), seed);
  secret.fill(0);
  /** @type {Backup} */
  const backup = {
    liard: 'passkey-backup', version: 1, ledger, key, credential: encodeBase64url(credential), salt: encodeBase64url(salt), iv: encodeBase64url(iv), box: encodeBase64url(new Uint8Array(box)),
  };
  (await unwrapSeed(backup)).fill(0);
  return backup;
}

/** Opens a box with its passkey. @param {Backup} backup @returns {Promise<Bytes>} the seed */
export async function unwrapSeed({ ledger, key, credential, salt, iv, box }) {
  if (!hasPasskeys()) throw new PasskeyFault('unsupported');
  const salted = /** @type {Bytes} */ (decodeBase64url(salt));
  const secret = await secretFor(decodeBase64url(credential), salted);
  /** @type {Bytes} */
  let seed;
  try {
    seed = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: decodeBase64url(iv), additionalData: boundTo(ledger, key) }, await boxKey(secret, salted), decodeBase64url(box)));
  } catch (cause) {
    throw new PasskeyFault('damaged', cause);
  } finally {
    secret.fill(0);
  }
  if ((await publicKeyOf(seed)) !== key) throw new PasskeyFault('other_key');
  return seed;
}

/** A backup file, if it is one. @param {string} text @returns {Backup | null} */
export function readBackup(text) {
  try {
    const backup = JSON.parse(text);
    const whole = backup.liard === 'passkey-backup' && backup.version === 1 && /^[0-9a-f]{64}$/.test(backup.ledger) && /^[0-9a-f]{64}$/.test(backup.key);
    return whole && ['credential', 'salt', 'iv', 'box'].every((name) => typeof backup[name] === 'string') ? backup : null;
  } catch {
    return null;
  }
}

/** @param {string} ledger hex */
const placeOf = (ledger) => `passkey-backups:${ledger}`;

/** The backups that this browser keeps, newest first. @param {string} ledger hex @returns {Promise<Backup[]>} */
export async function keptBackups(ledger) {
  return (await read('settings', placeOf(ledger))) ?? [];
}

/** @param {Backup} backup */
export async function keepBackup(backup) {
  const others = (await keptBackups(backup.ledger)).filter(({ key }) => key !== backup.key);
  await write('settings', placeOf(backup.ledger), [backup, ...others]);
}
