// An order that a payer without network shows to a till: a QR text with the signed transfer and, behind it, the association's
// word on what this key may pay without network (FORMATS.md).

import { decodeBase45, encodeBase45 } from './base45.js';
import { decodeCborItem } from './cbor.js';
import { transactionId, verifySign1 } from './cose.js';
import { concat, hex, sameBytes } from './hex.js';
import { UnknownCheckpointKey, decodeTransaction, verifySpendingCertificate } from './ledger.js';

/** The scheme in capitals, as the alphanumeric mode of a QR code has no others. */
const MARK = 'LIARD/O:';
/** A transfer and a certificate are about 420 bytes; more is none of ours. */
const MOST_CHARACTERS = 2_000;

/** @typedef {'malformed' | 'bad_signature' | 'bad_certificate' | 'other_key'} OrderFault the page has a sentence for each */

export class BadOrder extends Error {
  /** @param {OrderFault} fault @param {unknown} [cause] */
  constructor(fault, cause) {
    super(fault, { cause });
    this.fault = fault;
  }
}

/**
 * @typedef {object} OfflineOrder
 * @property {string} id transaction id, hex
 * @property {Uint8Array<ArrayBuffer>} bytes the signed transfer
 * @property {Uint8Array<ArrayBuffer>} payer
 * @property {Uint8Array<ArrayBuffer>} payee
 * @property {string} key the payer's, hex
 * @property {number} amount cents
 * @property {{id: string, expires: number}} charge
 * @property {number} validUntil ms
 * @property {Uint8Array<ArrayBuffer>} certificate
 * @property {number} cap what the certificate vouches for, in cents
 * @property {number} certified until when, ms
 */

/** @param {Uint8Array} order @param {Uint8Array} certificate */
export function encodeOrderText(order, certificate) {
  return MARK + encodeBase45(concat(order, certificate));
}

/** @param {string} text */
export function isOrderText(text) {
  return text.startsWith(MARK);
}

/** @param {string} text */
function parts(text) {
  if (!isOrderText(text) || text.length > MOST_CHARACTERS) throw new Error('order: not one');
  const bytes = decodeBase45(text.slice(MARK.length));
  const { end } = decodeCborItem(bytes);
  if (end === bytes.length) throw new Error('order: no certificate');
  return { order: bytes.slice(0, end), certificate: bytes.slice(end) };
}

/**
 * Reads an order and verifies both signatures. Whether it answers a certain request, and in time, is for the till to see.
 * @param {string} text
 * @param {{ledger: Uint8Array, keys: Uint8Array<ArrayBuffer>[]}} trust the ledger's proved checkpoint keys
 * @returns {Promise<OfflineOrder>}
 */
export async function verifyOrderText(text, { ledger, keys }) {
  /** @template T @param {OrderFault} fault @param {() => T | Promise<T>} step @returns {Promise<T>} */
  const orRefuse = async (fault, step) => {
    try {
      return await step();
    } catch (cause) {
      if (cause instanceof UnknownCheckpointKey) throw cause;
      throw new BadOrder(fault, cause);
    }
  };
  const { order: bytes, certificate } = await orRefuse('malformed', () => parts(text));
  const { key, payload } = await orRefuse('bad_signature', () => verifySign1(bytes, 'transaction', ledger));
  const { name, payer, payee, amount, charge, validUntil } = await orRefuse('malformed', () => decodeTransaction(payload));
  if (name !== 'transfer' || !payer || !payee || !amount || !charge) throw new BadOrder('malformed');
  const word = await orRefuse('bad_certificate', () => verifySpendingCertificate(certificate, ledger, keys));
  if (!sameBytes(word.key, key) || !sameBytes(word.account, payer)) throw new BadOrder('other_key');
  return {
    id: await transactionId(bytes, ledger), bytes, payer, payee, key: hex(key), amount, charge, validUntil,
    certificate, cap: word.cap, certified: word.validUntil,
  };
}
