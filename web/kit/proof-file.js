// What a person takes along: the short receipt that fits a QR code, the receipt file with its key chain, and the evidence
// that a ledger signed two histories.

import { decodeBase64 } from './base64url.js';
import { decodeCbor, encodeCbor, fields } from './cbor.js';
import { verifySign1 } from './cose.js';
import { hex, sameBytes } from './hex.js';
import { UnknownCheckpointKey } from './ledger.js';
import { provedKeys } from './keychain.js';
import { openNote, parseVerifierKey, signedBy } from './note.js';
import { underAnyKey, verifyReceipt } from './receipt.js';
import { isConsistent } from './tlog.js';

/** @typedef {{ledger: Uint8Array, keys: Uint8Array<ArrayBuffer>[]}} Trust */
/** @typedef {{sequence: number, time: number, payee: Uint8Array<ArrayBuffer>, amount: number, transaction: string, charge: string | null}} ShortReceipt */

/** @param {Uint8Array} bytes @param {Trust} trust @returns {Promise<ShortReceipt>} */
export async function verifyShortReceipt(bytes, { ledger, keys }) {
  const { key, payload } = await verifySign1(bytes, 'short-receipt', ledger);
  if (!keys.some((known) => sameBytes(known, key))) throw new UnknownCheckpointKey('short receipt: signed by none of the proved keys');
  const field = fields(decodeCbor(payload));
  return {
    sequence: field.uint(1), time: field.uint(2), payee: field.bytes(3, 16), amount: field.uint(4),
    transaction: hex(field.bytes(5, 32)), charge: field.has(6) ? hex(field.bytes(6, 16)) : null,
  };
}

/** @param {{ledger: Uint8Array, chain: Uint8Array, receipt: Uint8Array}} words */
export function encodeReceiptFile({ ledger, chain, receipt }) {
  return encodeCbor(new Map(/** @type {[number, Uint8Array][]} */ ([[1, ledger], [2, chain], [3, receipt]])));
}

/** @param {Uint8Array} bytes */
export function decodeReceiptFile(bytes) {
  const field = fields(decodeCbor(bytes));
  return { ledger: field.bytes(1, 32), chain: field.bytes(2), receipt: field.bytes(3) };
}

/**
 * A receipt that stands on its own: the chain leads from the ledger's id to the key that sealed it. Whether this id is the
 * currency's, the reader has to know from elsewhere.
 * @param {Uint8Array} bytes
 */
export async function verifyReceiptFile(bytes) {
  const { ledger, chain, receipt } = decodeReceiptFile(bytes);
  const { keys } = await provedKeys(chain, ledger);
  const facts = await underAnyKey(keys, (checkpointKey) => verifyReceipt(receipt, { ledger, checkpointKey }));
  return { ledger, keys, facts };
}

/** @typedef {{key: string, noteA: string, noteB: string, root: Uint8Array, proof: Uint8Array[]}} Fork `root`: of B's tree at A's size */

/** @param {Fork} fork */
export function encodeFork({ key, noteA, noteB, root, proof }) {
  return encodeCbor(new Map(/** @type {[number, import('./cbor.js').Cbor][]} */ ([[1, key], [2, noteA], [3, noteB], [4, root], [5, proof]])));
}

/** Size and root of a checkpoint note that the key has signed. @param {string} text @param {import('./note.js').VerifierKey} key */
export async function signedHead(text, key) {
  const note = openNote(text);
  const [name, size, root] = note.body.split('\n');
  if (name !== key.name || !/^(0|[1-9][0-9]{0,15})$/.test(size ?? '')) throw new Error('fork: checkpoint');
  if (!(await signedBy(note, key))) throw new Error('fork: not signed by that key');
  const hash = decodeBase64(root ?? '');
  if (hash.length !== 32) throw new Error('fork: root');
  return { size: Number(size), root: hash };
}

/**
 * Evidence that convinces: both notes are signed, B's tree had another root at A's size, and the proof shows it. Throws else.
 * @param {Uint8Array} bytes
 */
export async function verifyFork(bytes) {
  const field = fields(decodeCbor(bytes));
  const key = await parseVerifierKey(field.text(1));
  const [older, newer] = [await signedHead(field.text(2), key), await signedHead(field.text(3), key)];
  const root = field.bytes(4, 32);
  const proof = field.array(5).map((hash) => {
    if (!(hash instanceof Uint8Array) || hash.length !== 32) throw new Error('fork: proof');
    return hash;
  });
  if (sameBytes(root, older.root)) throw new Error('fork: the histories agree');
  if (!(await isConsistent({ size: older.size, root }, newer, proof))) throw new Error('fork: the proof does not lead to the second checkpoint');
  return { key: hex(key.key), name: key.name, older, newer };
}
