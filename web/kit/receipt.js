// A receipt proves, with no network, that an entry is in the ledger: the association signed a checkpoint over the whole
// journal, the proof shows this entry in it, and the entry holds the transaction with its signer's signature.

import { decodeCbor, fields } from './cbor.js';
import { transactionId, verifySign1 } from './cose.js';
import { hex, sameBytes } from './hex.js';
import { decodeBase64 } from './base64url.js';
import { UnknownCheckpointKey, decodeOutcome, decodeTransaction } from './ledger.js';
import { ED25519, openNote, signedBy, verifierKey } from './note.js';
import { leafHash, rootFromInclusion } from './tlog.js';

/** The name under which a ledger signs its checkpoints. @param {Uint8Array} ledger */
export function originOf(ledger) {
  return `liard/${hex(ledger).slice(0, 16)}`;
}

/**
 * A C2SP checkpoint whose signature is good; lines of witnesses may stand beside the ledger's own.
 * @param {string} text
 * @param {Uint8Array} ledger
 * @param {Uint8Array<ArrayBuffer>} checkpointKey
 */
export async function verifyCheckpoint(text, ledger, checkpointKey) {
  const origin = originOf(ledger);
  const note = openNote(text);
  const [name, size, root] = note.body.split('\n');
  if (name !== origin) throw new Error('checkpoint: of another ledger');
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size ?? '')) throw new Error('checkpoint: size');
  const rootHash = decodeBase64(root ?? '');
  if (rootHash.length !== 32) throw new Error('checkpoint: root');
  if (!(await signedBy(note, await verifierKey(origin, ED25519, checkpointKey)))) {
    throw new UnknownCheckpointKey('checkpoint: not signed by the known key');
  }
  return { origin, size: Number(size), root: rootHash };
}

/**
 * Plain facts of a verified receipt.
 * @typedef {object} Facts
 * @property {number} sequence
 * @property {number} time ms
 * @property {string} transaction id, hex
 * @property {string} key of the signer, hex
 * @property {import('./ledger.js').Words} words
 * @property {import('./ledger.js').Outcome} outcome
 * @property {{origin: string, size: number, root: string, note: string}} checkpoint `note` with all its lines
 */

/**
 * Verifies a receipt; throws unless everything in it is proved.
 * @param {Uint8Array} bytes
 * @param {{ledger: Uint8Array, checkpointKey: Uint8Array<ArrayBuffer>}} trust
 * @returns {Promise<Facts>}
 */
export async function verifyReceipt(bytes, { ledger, checkpointKey }) {
  const receipt = fields(decodeCbor(bytes));
  const entryBytes = receipt.bytes(1);
  const proof = receipt.array(2).map((hash) => {
    if (!(hash instanceof Uint8Array) || hash.length !== 32) throw new Error('receipt: proof');
    return hash;
  });
  const note = receipt.text(3);
  const checkpoint = await verifyCheckpoint(note, ledger, checkpointKey);

  const entry = decodeCbor(entryBytes);
  if (!Array.isArray(entry) || entry.length !== 4) throw new Error('receipt: entry');
  const [sequence, time, transaction, outcome] = entry;
  if (typeof sequence !== 'number' || typeof time !== 'number' || !(transaction instanceof Uint8Array)) {
    throw new Error('receipt: entry');
  }
  const root = await rootFromInclusion(sequence, checkpoint.size, await leafHash(entryBytes), proof);
  if (!sameBytes(root, checkpoint.root)) throw new Error('receipt: the entry is not in the checkpoint');

  // The genesis is signed before its ledger has an id.
  const signedFor = sequence === 0 ? new Uint8Array(32) : ledger;
  const { key, payload } = await verifySign1(transaction, 'transaction', signedFor);
  return {
    sequence,
    time,
    transaction: await transactionId(transaction, signedFor),
    key: hex(key),
    words: decodeTransaction(payload),
    outcome: decodeOutcome(outcome),
    checkpoint: { origin: checkpoint.origin, size: checkpoint.size, root: hex(checkpoint.root), note },
  };
}

/**
 * Verifies under whichever of the proved keys has signed; the newest is tried first.
 * @template T
 * @param {Uint8Array<ArrayBuffer>[]} keys of a key chain, newest last
 * @param {(checkpointKey: Uint8Array<ArrayBuffer>) => Promise<T>} step
 * @returns {Promise<T>}
 */
export async function underAnyKey(keys, step) {
  for (const key of [...keys].reverse()) {
    try {
      return await step(key);
    } catch (fault) {
      if (!(fault instanceof UnknownCheckpointKey)) throw fault;
    }
  }
  throw new UnknownCheckpointKey('signed by none of the proved keys');
}
