// Signs on market stalls: a message that a till signed once, printed on a board. Each payment draws the second half of its charge's id, so
// that the ledger takes it once; the last signs of that half stand on the payer's phone and on the till (FORMATS.md).

import { decodeBase64url, encodeBase64url } from './base64url.js';
import { decodeCbor, encodeCbor } from './cbor.js';
import { sign1, verifySign1 } from './cose.js';
import { concat, randomBytes, sameBytes } from './hex.js';
import { verifyCertificate } from './ledger.js';

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {{payee: Bytes, id: Bytes, label: string, key: Bytes, name: string}} Stall name: the shop's, by the association's word */
/** @typedef {'malformed' | 'bad_signature' | 'bad_certificate' | 'other_key' | 'certificate_ended'} StallFault */

const ID_BYTES = 8;
/** What a label takes in UTF-8 at most (ledger/src/message.rs). */
export const MOST_LABEL_BYTES = 30;
/** Without 0 1 I O, which are taken for each other. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const SIGNS = 4;

export class BadStall extends Error {
  /** @param {StallFault} fault @param {unknown} [cause] */
  constructor(fault, cause) {
    super(fault, { cause });
    this.fault = fault;
  }
}

/** A new sign. @param {import('./cose.js').Signer} signer @param {Bytes} ledger @param {{payee: Bytes, label: string}} words */
export function signStall(signer, ledger, { payee, label }) {
  return sign1(signer, 'stall', ledger, encodeCbor(new Map(/** @type {[number, any][]} */ ([[1, payee], [2, randomBytes(ID_BYTES)], [3, label]]))));
}

/** What a link holds. @param {string} text the base64url after `#shop=` @returns {{sign: Bytes, certificate: Bytes}} */
export function decodeStallLink(text) {
  try {
    const pair = decodeCbor(decodeBase64url(text));
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((part) => part instanceof Uint8Array)) throw new Error('not a pair of bytes');
    const [sign, certificate] = /** @type {Uint8Array[]} */ (pair);
    return { sign: new Uint8Array(sign), certificate: new Uint8Array(certificate) };
  } catch (cause) {
    throw new BadStall('malformed', cause);
  }
}

/** @param {Bytes} sign @param {Bytes} certificate */
export const encodeStallLink = (sign, certificate) => encodeBase64url(encodeCbor([sign, certificate]));

/** Reads a sign and verifies its signature. @param {Bytes} sign @param {Bytes} ledger */
export async function verifyStall(sign, ledger) {
  try {
    const { key, payload } = await verifySign1(sign, 'stall', ledger);
    const words = decodeCbor(payload);
    if (!(words instanceof Map) || words.size !== 3) throw new Error('stall: not three words');
    const [payee, id, label] = [words.get(1), words.get(2), words.get(3)];
    if (!(payee instanceof Uint8Array) || payee.length !== 16 || !(id instanceof Uint8Array) || id.length !== ID_BYTES || typeof label !== 'string') throw new Error('stall: its words');
    return { payee: new Uint8Array(payee), id: new Uint8Array(id), label, key };
  } catch (cause) {
    throw new BadStall('bad_signature', cause);
  }
}

/**
 * A sign with the shop's name: the association names the very key that signed it, and its word is still good.
 * @param {Bytes} sign
 * @param {Bytes} certificate
 * @param {{ledger: Bytes, checkpointKey: Bytes, now: number}} trust
 * @returns {Promise<Stall>}
 */
export async function verifyNamedStall(sign, certificate, { ledger, checkpointKey, now }) {
  const stall = await verifyStall(sign, ledger);
  const named = await verifyCertificate(certificate, ledger, checkpointKey).catch((cause) => { throw new BadStall('bad_certificate', cause); });
  if (!sameBytes(named.key, stall.key) || !sameBytes(named.account, stall.payee)) throw new BadStall('other_key');
  if (named.validUntil < now) throw new BadStall('certificate_ended');
  return { ...stall, name: named.name };
}

/** A charge of its own for one payment at a stall. @param {Bytes} stall id @returns {Bytes} */
export const chargeAt = (stall) => /** @type {Bytes} */ (concat(stall, randomBytes(ID_BYTES)));

/** The last signs of a charge's id. @param {Uint8Array} charge */
export function signsOf(charge) {
  const last = (charge[charge.length - 3] << 16) | (charge[charge.length - 2] << 8) | charge[charge.length - 1];
  return Array.from({ length: SIGNS }, (_none, place) => ALPHABET[(last >> (5 * (SIGNS - 1 - place))) & 31]).join('');
}

