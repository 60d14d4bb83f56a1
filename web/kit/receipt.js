// A receipt proves, with no network, that an entry is in the ledger: the association signed a checkpoint over the whole
// journal, the proof shows this entry in it, and the entry holds the transaction with its signer's signature.

import { decodeCbor, fields } from './cbor.js';
import { transactionId, verifySign1 } from './cose.js';
import { concat, hex, sameBytes, sha256 } from './hex.js';
import { decodeBase64 } from './base64url.js';
import { verify } from './ed25519.js';
import { UnknownCheckpointKey, decodeOutcome, decodeTransaction } from './ledger.js';

const MAX_NOTE_CHARACTERS = 16 * 1024;
const MAX_PROOF_HASHES = 64;

/** The name under which a ledger signs its checkpoints. @param {Uint8Array} ledger */
export function originOf(ledger) {
  return `liard/${hex(ledger).slice(0, 16)}`;
}

/**
 * A C2SP checkpoint whose signature is good.
 * @param {string} note
 * @param {Uint8Array} ledger
 * @param {Uint8Array<ArrayBuffer>} checkpointKey
 */
export async function verifyCheckpoint(note, ledger, checkpointKey) {
  if (note.length > MAX_NOTE_CHARACTERS) throw new Error('checkpoint: too long');
  const origin = originOf(ledger);
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) throw new Error('checkpoint: not a signed note');
  const text = note.slice(0, split + 1);
  const [name, size, root] = text.split('\n');
  if (name !== origin) throw new Error('checkpoint: of another ledger');
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size ?? '')) throw new Error('checkpoint: size');
  const rootHash = decodeBase64(root ?? '');
  if (rootHash.length !== 32) throw new Error('checkpoint: root');
  const keyId = (await sha256(concat(new TextEncoder().encode(`${origin}\n`), new Uint8Array([1]), checkpointKey))).slice(0, 4);
  for (const line of note.slice(split + 2, -1).split('\n')) {
    if (!line.startsWith('— ')) throw new Error('checkpoint: signature line');
    const [signer, encoded] = line.slice(2).split(' ');
    if (signer !== origin) continue;
    const blob = decodeBase64(encoded ?? '');
    if (blob.length !== 68 || !sameBytes(blob.slice(0, 4), keyId)) continue;
    if (await verify(checkpointKey, new TextEncoder().encode(text), blob.slice(4))) {
      return { origin, size: Number(size), root: rootHash };
    }
    throw new Error('checkpoint: the signature is wrong');
  }
  throw new UnknownCheckpointKey('checkpoint: not signed by the known key');
}

/**
 * The root that an RFC 6962 inclusion proof leads to (RFC 9162 §2.1.3.2).
 * @param {number} index
 * @param {number} size
 * @param {Uint8Array} leaf
 * @param {Uint8Array[]} proof
 */
export async function rootFromInclusion(index, size, leaf, proof) {
  if (index >= size || proof.length > MAX_PROOF_HASHES) throw new Error('proof: out of range');
  let node = BigInt(index);
  let last = BigInt(size) - 1n;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0n) throw new Error('proof: too long');
    if ((node & 1n) === 1n || node === last) {
      hash = await sha256(concat(new Uint8Array([1]), sibling, hash));
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = await sha256(concat(new Uint8Array([1]), hash, sibling));
    }
    node >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new Error('proof: too short');
  return hash;
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
 * @property {{origin: string, size: number, root: string}} checkpoint
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
  const checkpoint = await verifyCheckpoint(receipt.text(3), ledger, checkpointKey);

  const entry = decodeCbor(entryBytes);
  if (!Array.isArray(entry) || entry.length !== 4) throw new Error('receipt: entry');
  const [sequence, time, transaction, outcome] = entry;
  if (typeof sequence !== 'number' || typeof time !== 'number' || !(transaction instanceof Uint8Array)) {
    throw new Error('receipt: entry');
  }
  const leaf = await sha256(concat(new Uint8Array([0]), entryBytes));
  const root = await rootFromInclusion(sequence, checkpoint.size, leaf, proof);
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
    checkpoint: { origin: checkpoint.origin, size: checkpoint.size, root: hex(checkpoint.root) },
  };
}
