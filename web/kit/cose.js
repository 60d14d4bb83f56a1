// Signed messages: COSE_Sign1 (RFC 9052) with Ed25519, in the one form that Liard writes. The bytes that are signed
// name the ledger and the kind of message, so a signature made for one currency or purpose is worthless for another.

import { decodeCbor, encodeCbor } from './cbor.js';
import { concat, hex, sameBytes, sha256, unhex } from './hex.js';
import { sign, verify } from './ed25519.js';

/** @typedef {'transaction' | 'charge' | 'certificate' | 'sign-in' | 'short-receipt' | 'liability' | 'complaint' | 'mandate' | 'spending' | 'stall' | 'ticket'} MessageKind */
/** @typedef {{key: Uint8Array<ArrayBuffer>, sign: (message: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>}} Signer */

const PROTECTED = unhex('a2012704' + '5820');

/** The protected header of a key. @param {Uint8Array} key */
function protectedHeader(key) {
  return concat(PROTECTED, key);
}

/**
 * The bytes that are signed.
 * @param {MessageKind} kind
 * @param {Uint8Array} ledger 32 bytes
 * @param {Uint8Array} key
 * @param {Uint8Array} payload
 */
export function sigStructure(kind, ledger, key, payload) {
  const externalAad = encodeCbor(['liard', 1, kind, ledger]);
  return encodeCbor(['Signature1', protectedHeader(key), externalAad, payload]);
}

/**
 * @param {import('./ed25519.js').PrivateKey} privateKey
 * @param {Uint8Array<ArrayBuffer>} key
 * @returns {Signer}
 */
export function signerOf(privateKey, key) {
  return { key, sign: (message) => sign(privateKey, message) };
}

/**
 * @param {Signer} signer
 * @param {MessageKind} kind
 * @param {Uint8Array} ledger
 * @param {Uint8Array} payload
 */
export async function sign1(signer, kind, ledger, payload) {
  const signature = await signer.sign(sigStructure(kind, ledger, signer.key, payload));
  return encodeCbor([protectedHeader(signer.key), new Map(), payload, signature]);
}

/**
 * Takes a message apart, without judging its signature.
 * @param {Uint8Array} bytes
 * @returns {{key: Uint8Array<ArrayBuffer>, payload: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>}}
 */
export function decodeSign1(bytes) {
  const parts = decodeCbor(bytes);
  if (!Array.isArray(parts) || parts.length !== 4) throw new Error('COSE: not an array of four');
  const [header, unprotected, payload, signature] = parts;
  if (!(header instanceof Uint8Array) || header.length !== PROTECTED.length + 32) throw new Error('COSE: header');
  if (!sameBytes(header.subarray(0, PROTECTED.length), PROTECTED)) throw new Error('COSE: header');
  if (!(unprotected instanceof Map) || unprotected.size !== 0) throw new Error('COSE: unprotected header');
  if (!(payload instanceof Uint8Array)) throw new Error('COSE: payload');
  if (!(signature instanceof Uint8Array) || signature.length !== 64) throw new Error('COSE: signature');
  return {
    key: new Uint8Array(header.slice(PROTECTED.length)),
    payload: new Uint8Array(payload),
    signature: new Uint8Array(signature),
  };
}

/**
 * The parts of a message whose signature is good; throws when it is not.
 * @param {Uint8Array} bytes
 * @param {MessageKind} kind
 * @param {Uint8Array} ledger
 */
export async function verifySign1(bytes, kind, ledger) {
  const message = decodeSign1(bytes);
  const good = await verify(message.key, sigStructure(kind, ledger, message.key, message.payload), message.signature);
  if (!good) throw new Error('COSE: the signature is wrong');
  return message;
}

/**
 * The id of a signed transaction, in hex: it names ledger, key and payload, never the signature.
 * @param {Uint8Array} bytes
 * @param {Uint8Array} ledger
 */
export async function transactionId(bytes, ledger) {
  const { key, payload } = decodeSign1(bytes);
  return hex(await sha256(sigStructure('transaction', ledger, key, payload)));
}
