// Proofs of an append-only log (RFC 9162, RFC 6962): that an entry is in it, and that a later state continues an earlier one.

import { concat, sameBytes, sha256 } from './hex.js';

/** @typedef {Uint8Array<ArrayBuffer>} Hash */

/** A tree of 2^64 leaves has no longer proof. */
export const MAX_PROOF_HASHES = 128;

/** @param {Uint8Array} leaf the bytes of an entry */
export function leafHash(leaf) {
  return sha256(concat(new Uint8Array([0]), leaf));
}

/** @param {Uint8Array} left @param {Uint8Array} right */
export function nodeHash(left, right) {
  return sha256(concat(new Uint8Array([1]), left, right));
}

/**
 * The root that an inclusion proof leads to (RFC 9162 §2.1.3.2).
 * @param {number} index
 * @param {number} size
 * @param {Uint8Array<ArrayBuffer>} leaf
 * @param {Uint8Array[]} proof
 * @returns {Promise<Hash>}
 */
export async function rootFromInclusion(index, size, leaf, proof) {
  if (index >= size || proof.length > MAX_PROOF_HASHES) throw new Error('proof: out of range');
  let node = BigInt(index);
  let last = BigInt(size) - 1n;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0n) throw new Error('proof: too long');
    if ((node & 1n) === 1n || node === last) {
      hash = await nodeHash(sibling, hash);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new Error('proof: too short');
  return hash;
}

/** Whether a size is a power of two: its root is then one node of every larger tree. @param {bigint} size */
function isWholeTree(size) {
  return (size & (size - 1n)) === 0n;
}

/**
 * The two roots that a consistency proof leads to (RFC 9162 §2.1.4.2). For an earlier size that is a power of two the proof
 * starts from the earlier root itself.
 * @param {number} oldSize at least 1
 * @param {number} newSize larger
 * @param {Uint8Array} oldRoot
 * @param {Uint8Array[]} proof
 * @returns {Promise<{oldRoot: Hash, newRoot: Hash}>}
 */
export async function rootsFromConsistency(oldSize, newSize, oldRoot, proof) {
  if (oldSize < 1 || oldSize >= newSize || proof.length > MAX_PROOF_HASHES) throw new Error('proof: out of range');
  const path = isWholeTree(BigInt(oldSize)) ? [oldRoot, ...proof] : [...proof];
  let first = BigInt(oldSize) - 1n;
  let last = BigInt(newSize) - 1n;
  while ((first & 1n) === 1n) {
    first >>= 1n;
    last >>= 1n;
  }
  const start = path.shift();
  if (!start) throw new Error('proof: too short');
  let older = new Uint8Array(start);
  let newer = new Uint8Array(start);
  for (const sibling of path) {
    if (last === 0n) throw new Error('proof: too long');
    if ((first & 1n) === 1n || first === last) {
      older = await nodeHash(sibling, older);
      newer = await nodeHash(sibling, newer);
      while ((first & 1n) === 0n && first !== 0n) {
        first >>= 1n;
        last >>= 1n;
      }
    } else {
      newer = await nodeHash(newer, sibling);
    }
    first >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new Error('proof: too short');
  return { oldRoot: older, newRoot: newer };
}

/** @typedef {{size: number, root: Uint8Array}} TreeHead */

/**
 * Whether the later tree continues the earlier one.
 * @param {TreeHead} older
 * @param {TreeHead} newer
 * @param {Uint8Array[]} proof empty for equal sizes and for an empty earlier tree
 */
export async function isConsistent(older, newer, proof) {
  if (older.size > newer.size) return false;
  if (older.size === newer.size) return proof.length === 0 && sameBytes(older.root, newer.root);
  if (older.size === 0) return proof.length === 0;
  try {
    const roots = await rootsFromConsistency(older.size, newer.size, older.root, proof);
    return sameBytes(roots.oldRoot, older.root) && sameBytes(roots.newRoot, newer.root);
  } catch {
    return false;
  }
}
