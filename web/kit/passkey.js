// A key's backup that a passkey opens: WebAuthn's PRF gives a secret that only this person's authenticator can make again, HKDF
// makes an AES key of it, and AES-GCM closes the seed in a box. The box may lie anywhere: without the passkey it says nothing.
//
// Members' boxes are kept by the server. All of one ledger have the same salt, so that a new phone needs nothing but the passkey, which
// phones of one owner share: its secret tells the place of the box as well as its key. The staff's boxes are files, each with its own salt.

import { decodeBase64url, encodeBase64url } from './base64url.js';
import { concat, hex, randomBytes, unhex } from './hex.js';
import { hasPasskeys, publicKeyOf } from './keys.js';
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
  /** @param {'unsupported' | 'no_prf' | 'declined' | 'other_key' | 'damaged' | 'no_box'} reason @param {unknown} [cause] */
  constructor(reason, cause) {
    super(reason, { cause });
    this.code = `passkey_${reason}`;
  }
}

/** @param {Bytes} secret @param {Bytes} salt */
async function boxKey(secret, salt) {
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  return crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt, info: INFO }, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** What a box is bound to: this currency, and this public key or place. @param {string} ledger @param {string} what both in hex */
const boundTo = (ledger, what) => /** @type {Bytes} */ (concat(unhex(ledger), unhex(what)));

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

/** The secret of a passkey for this salt. @param {Bytes | null} credential id; null: whichever the person chooses @param {Bytes} salt */
async function secretFor(credential, salt) {
  const answer = await asked(() => navigator.credentials.get({
    publicKey: {
      challenge: randomBytes(32), userVerification: 'required', allowCredentials: credential ? [{ type: 'public-key', id: credential }] : [],
      extensions: /** @type {any} */ ({ prf: { eval: { first: salt } } }),
    },
  }));
  const secret = secretOf(answer);
  if (!secret) throw new PasskeyFault('no_prf');
  return secret;
}

/**
 * Makes a passkey; gives its id and its secret for the salt.
 * @param {Bytes} salt
 * @param {{association: string, label: string, residentKey: 'preferred' | 'required'}} words label: who the key is for; required: it is found without its id
 */
async function newPasskey(salt, { association, label, residentKey }) {
  const made = await asked(() => navigator.credentials.create({
    publicKey: {
      challenge: randomBytes(32), rp: { name: association }, user: { id: randomBytes(16), name: label, displayName: label },
      pubKeyCredParams: [EDDSA, ES256, RS256].map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { residentKey, requireResidentKey: residentKey === 'required', userVerification: 'required' }, extensions: /** @type {any} */ ({ prf: { eval: { first: salt } } }),
    },
  }));
  if (/** @type {any} */ (made.getClientExtensionResults()).prf?.enabled !== true) throw new PasskeyFault('no_prf');
  const credential = new Uint8Array(made.rawId);
  // Some authenticators give the secret at once, others only when they are asked again.
  return { credential, secret: secretOf(made) ?? (await secretFor(credential, salt)) };
}

/** @typedef {{place: string, bytes: Bytes}} Box place: where the server keeps it, hex, which only the passkey tells */

const BOX_VERSION = 1;
const IV_BYTES = 12;
const PLACE_INFO = new TextEncoder().encode('liard/passkey-place');

/** The one salt of a ledger. @param {string} ledger hex @returns {Promise<Bytes>} */
async function saltOf(ledger) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`liard/passkey/${ledger}`)));
}

/** Where the box of a secret lies. @param {Bytes} secret @param {Bytes} salt */
async function placeOfBox(secret, salt) {
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  return hex(new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info: PLACE_INFO }, material, 256)));
}

/**
 * Makes a passkey and closes a member's seed in a box for the server; opens it once, so that nobody relies on a box that stays shut.
 * @param {Bytes} seed 32 bytes
 * @param {{ledger: string, association: string, label: string}} words ledger in hex; label: who the key is for
 * @returns {Promise<Box>}
 */
export async function boxSeed(seed, { ledger, association, label }) {
  if (!hasPasskeys()) throw new PasskeyFault('unsupported');
  const salt = await saltOf(ledger);
  const { secret } = await newPasskey(salt, { association, label, residentKey: 'required' });
  try {
    const [place, iv] = [await placeOfBox(secret, salt), randomBytes(IV_BYTES)];
    const additionalData = boundTo(ledger, place);
    const closed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, await boxKey(secret, salt), seed);
    const box = { place, bytes: /** @type {Bytes} */ (concat(new Uint8Array([BOX_VERSION]), iv, new Uint8Array(closed))) };
    (await opened(box.bytes, { secret, salt, ledger, place })).fill(0);
    return box;
  } finally {
    secret.fill(0);
  }
}

/** @param {Bytes} bytes @param {{secret: Bytes, salt: Bytes, ledger: string, place: string}} words @returns {Promise<Bytes>} */
async function opened(bytes, { secret, salt, ledger, place }) {
  try {
    if (bytes[0] !== BOX_VERSION) throw new Error('a box of another version');
    const [iv, closed] = [bytes.slice(1, 1 + IV_BYTES), bytes.slice(1 + IV_BYTES)];
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: boundTo(ledger, place) }, await boxKey(secret, salt), closed));
  } catch (cause) {
    throw new PasskeyFault('damaged', cause);
  }
}

/**
 * A member's seed, from whichever passkey the person chooses.
 * @param {string} ledger hex
 * @param {(place: string) => Promise<Bytes | null>} fetchBox null when there is none
 * @returns {Promise<Bytes>}
 */
export async function unboxSeed(ledger, fetchBox) {
  if (!hasPasskeys()) throw new PasskeyFault('unsupported');
  const salt = await saltOf(ledger);
  const secret = await secretFor(null, salt);
  try {
    const place = await placeOfBox(secret, salt);
    const bytes = await fetchBox(place);
    if (!bytes) throw new PasskeyFault('no_box');
    return await opened(bytes, { secret, salt, ledger, place });
  } finally {
    secret.fill(0);
  }
}

/**
 * Makes a passkey and closes the seed in a box that it opens; opens it once, so that nobody relies on a box that stays shut.
 * @param {Bytes} seed 32 bytes
 * @param {{ledger: string, association: string, label: string}} words ledger in hex; label: who the key is for
 * @returns {Promise<Backup>}
 */
export async function wrapSeed(seed, { ledger, association, label }) {
  if (!hasPasskeys()) throw new PasskeyFault('unsupported');
  const [salt, iv] = [randomBytes(32), randomBytes(IV_BYTES)];
  const { credential, secret } = await newPasskey(salt, { association, label, residentKey: 'preferred' });
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
