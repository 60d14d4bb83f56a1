// Verifies what was given, and says what is proved. One step that fails is enough: nothing is believed by halves.

import { BadStatement, shortfallOf, verifyStatement } from '../kit/coverage.js';
import { hex } from '../kit/hex.js';
import { BadKeyChain } from '../kit/keychain.js';
import { UnknownCheckpointKey } from '../kit/ledger.js';
import { BadAnswer, judgeAnswer, openAnswer, openComplaint } from '../kit/liability.js';
import { seenBy, trustOfPinned } from '../kit/pinned.js';
import { verifyFork, verifyReceiptFile, verifyShortReceipt } from '../kit/proof-file.js';
import { underAnyKey, verifyCheckpoint, verifyReceipt } from '../kit/receipt.js';

/** @typedef {import('../kit/pinned.js').Pinned} Pinned */
/** @typedef {import('../kit/pinned.js').Seen} Seen */
/** @typedef {'unreadable' | 'changed' | 'unknown_key' | 'bad_chain' | 'contradicts' | 'no_currency'} Fault */
/**
 * @typedef {{kind: 'short', short: import('../kit/proof-file.js').ShortReceipt}
 *   | {kind: 'receipt', facts: import('../kit/receipt.js').Facts, seen: Seen | null, ledger: string, ours: boolean}
 *   | {kind: 'statement', statement: import('../kit/coverage.js').SignedStatement, short: number}
 *   | {kind: 'checkpoint', size: number, seen: Seen}
 *   | {kind: 'complaint', complaint: import('../kit/liability.js').Complaint, proved: boolean, told: number | null, receipts: number}
 *   | {kind: 'fork', name: string, ours: boolean, older: number, newer: number}} Verdict
 */

/** A wrong line of a witness shows that somebody changed the note. */
const STRICT = { strict: true };

/** It is not what it claims to be. */
export class NotProved extends Error {
  /** @param {Fault} fault @param {unknown} [cause] */
  constructor(fault, cause) {
    super(fault, { cause });
    this.fault = fault;
  }
}

/** @param {unknown} error @returns {Fault} */
function faultOf(error) {
  if (error instanceof UnknownCheckpointKey) return 'unknown_key';
  if (error instanceof BadKeyChain) return 'bad_chain';
  if (error instanceof BadStatement) return 'contradicts';
  return error instanceof Error && /^(CBOR|not base64|note:)/.test(error.message) ? 'unreadable' : 'changed';
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {Pinned} held @returns {Promise<Verdict>} */
async function judgeReceipt(bytes, held) {
  const { ledger, keys } = trustOfPinned(held);
  const facts = await underAnyKey(keys, (checkpointKey) => verifyReceipt(bytes, { ledger, checkpointKey }));
  return { kind: 'receipt', facts, seen: await seenBy(facts.checkpoint.note, held, STRICT), ledger: held.ledger, ours: true };
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {Pinned | null} held @returns {Promise<Verdict>} */
async function judgeFile(bytes, held) {
  const { ledger, facts } = await verifyReceiptFile(bytes);
  const ours = held !== null && held.ledger === hex(ledger);
  const known = !ours || held.keys.includes(await keyOf(facts, ledger, held));
  if (!known) throw new UnknownCheckpointKey('receipt file: sealed by a key that is not known');
  return { kind: 'receipt', facts, seen: ours ? await seenBy(facts.checkpoint.note, held, STRICT) : null, ledger: hex(ledger), ours };
}

/** The known key that sealed a receipt's checkpoint. @param {import('../kit/receipt.js').Facts} facts @param {Uint8Array} ledger @param {Pinned} held */
async function keyOf(facts, ledger, held) {
  return underAnyKey(trustOfPinned(held).keys, async (key) => {
    await verifyCheckpoint(facts.checkpoint.note, ledger, key);
    return hex(key);
  });
}

/** @param {string} note @param {Pinned} held @returns {Promise<Verdict>} */
async function judgeCheckpoint(note, held) {
  const { ledger, keys } = trustOfPinned(held);
  const { size } = await underAnyKey(keys, (key) => verifyCheckpoint(note, ledger, key));
  return { kind: 'checkpoint', size, seen: await seenBy(note, held, STRICT) };
}

/**
 * A complaint is proved when the association's own answer contradicts its own statement; else it is one word against another.
 * @param {Uint8Array<ArrayBuffer>} bytes @param {Pinned} held @returns {Promise<Verdict>}
 */
async function judgeComplaint(bytes, held) {
  const trust = trustOfPinned(held);
  const complaint = await openComplaint(bytes, trust.ledger);
  const statement = await verifyStatement(complaint.note, trust);
  const receipts = await Promise.all(complaint.receipts.map((receipt) => underAnyKey(trust.keys, (key) => verifyReceipt(receipt, { ledger: trust.ledger, checkpointKey: key }))));
  const answer = complaint.answer && (await openAnswer(complaint.answer, trust));
  const proved = answer !== null && (await judgeAnswer(answer, statement, { ledger: trust.ledger, account: complaint.account }).then(() => false, (fault) => fault instanceof BadAnswer));
  return { kind: 'complaint', complaint, proved, told: answer?.balance ?? null, receipts: receipts.length };
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {Pinned | null} held @returns {Promise<Verdict>} */
async function judgeFork(bytes, held) {
  const { key, name, older, newer } = await verifyFork(bytes);
  return { kind: 'fork', name, ours: held?.keys.includes(key) ?? false, older: older.size, newer: newer.size };
}

/** @param {import('./given.js').Given} given @param {Pinned | null} held @returns {Promise<Verdict>} */
async function judgeAs(given, held) {
  if (given.kind === 'file') return judgeFile(given.bytes, held);
  if (given.kind === 'fork') return judgeFork(given.bytes, held);
  if (!held) throw new NotProved('no_currency');
  const trust = trustOfPinned(held);
  switch (given.kind) {
    case 'short': return { kind: 'short', short: await verifyShortReceipt(given.bytes, trust) };
    case 'receipt': return judgeReceipt(given.bytes, held);
    case 'complaint': return judgeComplaint(given.bytes, held);
    case 'checkpoint': return judgeCheckpoint(given.note, held);
    case 'statement': {
      const statement = await verifyStatement(given.note, trust);
      return { kind: 'statement', statement, short: shortfallOf(statement) };
    }
  }
}

/**
 * @param {import('./given.js').Given | null} given
 * @param {Pinned | null} held the currency that this browser knows
 * @returns {Promise<Verdict>} rejected with a `NotProved`
 */
export async function judge(given, held) {
  if (!given) throw new NotProved('unreadable');
  try {
    return await judgeAs(given, held);
  } catch (error) {
    throw error instanceof NotProved ? error : new NotProved(faultOf(error), error);
  }
}
