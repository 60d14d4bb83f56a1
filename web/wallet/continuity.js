// The newest published state of the register that this wallet has seen. Each later one has to continue it; when it does not,
// somebody rewrote what was written, and the two signed states are the evidence.

import { signal } from '../vendor/signals-core/signals-core.js';
import { Problem, callBytes, callText } from '../kit/api.js';
import { decodeBase64 } from '../kit/base64url.js';
import { hex, sameBytes } from '../kit/hex.js';
import { ED25519, verifierKey, verifierKeyText } from '../kit/note.js';
import { trustOfPinned } from '../kit/pinned.js';
import { encodeFork } from '../kit/proof-file.js';
import { originOf, underAnyKey, verifyCheckpoint } from '../kit/receipt.js';
import { read, write } from '../kit/store.js';
import { MAX_PROOF_HASHES, isConsistent, nodeHash, rootsFromConsistency } from '../kit/tlog.js';
import { isUnreachable, pinned } from './state.js';

/** Hashes in a whole tile of the public log, and the levels of the tree that a tile spans. */
const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;

/** @typedef {{note: string, size: number, root: Uint8Array, key: Uint8Array<ArrayBuffer>}} Head a published checkpoint and the key that signed it */
/** @typedef {{older: string, newer: string, fork: Uint8Array<ArrayBuffer> | null}} Contradiction `fork`: the file that convinces others, when the log gave away enough */

/** Two states of the register that cannot both be true. */
export const contradiction = signal(/** @type {Contradiction | null} */ (null));

/** @param {string} kind */
const place = (kind) => `${kind}:${pinned.value?.ledger ?? ''}`;

/** @param {string} note @returns {Promise<Head>} */
async function headOf(note) {
  const held = pinned.value;
  if (!held) throw new Error('no keys yet');
  const { ledger, keys } = trustOfPinned(held);
  return underAnyKey(keys, async (key) => ({ note, key, ...(await verifyCheckpoint(note, ledger, key)) }));
}

/** @param {number} older @param {number} newer @returns {Promise<Uint8Array[]>} */
async function proofBetween(older, newer) {
  if (older === newer || older === 0) return [];
  const lines = (await callText(`/log/consistency/${older}/${newer}`)).split('\n').filter(Boolean);
  if (lines.length > MAX_PROOF_HASHES) throw new Error('proof: too long');
  return lines.map(decodeBase64);
}

/** The root of the log's first `size` leaves, a power of two, out of one of its tiles. @param {number} size @param {number} logSize */
async function rootFromTile(size, logSize) {
  const height = Math.log2(size);
  const level = Math.floor(height / TILE_HEIGHT);
  const width = Math.min(TILE_WIDTH, Math.floor(logSize / TILE_WIDTH ** level));
  const tile = await callBytes(`/log/tile/${level}/000${width < TILE_WIDTH ? `.p/${width}` : ''}`);
  let hashes = Array.from({ length: 2 ** (height % TILE_HEIGHT) }, (_, at) => tile.slice(32 * at, 32 * at + 32));
  while (hashes.length > 1) {
    hashes = await Promise.all(Array.from({ length: hashes.length / 2 }, (_, at) => nodeHash(hashes[2 * at], hashes[2 * at + 1])));
  }
  return hashes[0];
}

/** The root that the newer tree had at the older size, as the log itself proves it. @param {Head} older @param {Head} newer @param {Uint8Array[]} proof */
async function formerRoot(older, newer, proof) {
  if (older.size === newer.size) return newer.root;
  const whole = Number.isInteger(Math.log2(older.size));
  const root = whole ? await rootFromTile(older.size, newer.size) : (await rootsFromConsistency(older.size, newer.size, older.root, proof)).oldRoot;
  return (await isConsistent({ size: older.size, root }, newer, proof)) ? root : null;
}

/** @param {Head} older @param {Head} newer @param {Uint8Array[] | null} proof */
async function evidence(older, newer, proof) {
  const root = proof && (await formerRoot(older, newer, proof).catch(() => null));
  if (!root || !proof || sameBytes(root, older.root) || hex(older.key) !== hex(newer.key)) return null;
  const held = pinned.value;
  const key = held && verifierKeyText(await verifierKey(originOf(trustOfPinned(held).ledger), ED25519, newer.key));
  return key ? encodeFork({ key, noteA: older.note, noteB: newer.note, root, proof }) : null;
}

/** @param {Head} known @param {Head} fresh */
async function compare(known, fresh) {
  const [older, newer] = known.size <= fresh.size ? [known, fresh] : [fresh, known];
  /** @type {Uint8Array[] | null} */
  let proof = null;
  try {
    proof = await proofBetween(older.size, newer.size);
  } catch (fault) {
    // Without an answer nothing is known; a server that answers and proves nothing has something to explain.
    if (isUnreachable(fault) || (fault instanceof Problem && fault.transient)) return;
  }
  if (proof && (await isConsistent(older, newer, proof))) {
    if (newer === fresh) await write('settings', place('published'), fresh.note);
    return;
  }
  const found = { older: older.note, newer: newer.note, fork: await evidence(older, newer, proof) };
  await write('settings', place('contradiction'), found);
  contradiction.value = found;
}

/** @type {Promise<void>} */
let last = Promise.resolve();

/** Compares a published checkpoint with the newest one that is remembered, one after the other. @param {string} note */
export function remember(note) {
  last = last.then(async () => {
    const fresh = await headOf(note);
    const known = /** @type {string | undefined} */ (await read('settings', place('published')));
    if (known === undefined) await write('settings', place('published'), note);
    else if (known !== note) await compare(await headOf(known), fresh);
  }).catch((fault) => { console.warn('the register could not be compared', fault); });
  return last;
}

/** Reads what is published now; what was found wrong on an earlier visit stays so. */
export async function checkContinuity() {
  contradiction.value = /** @type {Contradiction | undefined} */ (await read('settings', place('contradiction'))) ?? null;
  const note = await callText('/log/checkpoint').catch(() => null);
  if (note !== null) await remember(note);
}
