// Ed25519 signatures: by the browser's own WebCrypto where it has them, else by the vendored @noble/ed25519. With
// WebCrypto a private key can be used and never read; with the fallback its bytes are in reach of the page, so pages
// ask `hasStrongKeys` and say so plainly.

import { concat } from './hex.js';
import { decodeBase64url } from './base64url.js';

/**
 * A private key in use: a handle that cannot be read out, or the seed itself where the browser has no Ed25519.
 * @typedef {CryptoKey | Uint8Array<ArrayBuffer>} PrivateKey
 */

/** Loaded where the browser has none of its own. */
const noble = () => import('../vendor/noble-ed25519/index.js');

/** What stands before the seed in PKCS #8 (RFC 8410). */
const PKCS8 = new Uint8Array([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]);

/** @type {Promise<boolean> | undefined} */
let strong;

/** Whether this browser keeps Ed25519 keys itself. */
export function hasStrongKeys() {
  strong ??= crypto.subtle
    .importKey('pkcs8', concat(PKCS8, new Uint8Array(32).fill(1)), 'Ed25519', false, ['sign'])
    .then(() => true, () => false);
  return strong;
}

/**
 * The handle and public key of a 32-byte seed. The handle cannot give the seed back.
 * @param {Uint8Array} seed
 * @returns {Promise<{privateKey: PrivateKey, publicKey: Uint8Array<ArrayBuffer>}>}
 */
export async function importSeed(seed) {
  if (seed.length !== 32) throw new Error('a seed has 32 bytes');
  if (await hasStrongKeys()) {
    const pkcs8 = concat(PKCS8, seed);
    const readable = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']);
    const { x } = await crypto.subtle.exportKey('jwk', readable);
    const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
    pkcs8.fill(0);
    return { privateKey, publicKey: decodeBase64url(x ?? '') };
  }
  return { privateKey: new Uint8Array(seed), publicKey: new Uint8Array(await (await noble()).getPublicKeyAsync(new Uint8Array(seed))) };
}

/** @param {PrivateKey} privateKey @param {Uint8Array<ArrayBuffer>} message @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function sign(privateKey, message) {
  if (privateKey instanceof Uint8Array) return new Uint8Array(await (await noble()).signAsync(message, privateKey));
  return new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, message));
}

/**
 * @param {Uint8Array<ArrayBuffer>} publicKey
 * @param {Uint8Array<ArrayBuffer>} message
 * @param {Uint8Array<ArrayBuffer>} signature
 * @returns {Promise<boolean>}
 */
export async function verify(publicKey, message, signature) {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    if (await hasStrongKeys()) {
      const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', true, ['verify']);
      return await crypto.subtle.verify('Ed25519', key, signature, message);
    }
    return await (await noble()).verifyAsync(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}
