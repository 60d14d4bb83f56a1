// Is my balance in the total that the association published? Each balance is cut into parts that nobody else can tell from
// others; the association's signed answer leads each of mine to the root in the coverage statement.

import { decodeCbor, encodeCbor, fields } from './cbor.js';
import { sign1, verifySign1 } from './cose.js';
import { concat, hex, sameBytes, sha256, unhex } from './hex.js';
import { openNote } from './note.js';

/** Parts of one balance. */
const MOST_PARTS = 64;
/** The parts of 67 million accounts. */
const MOST_HEIGHT = 32;
const LEAST_HEIGHT = 10;
const MOST_RECEIPTS = 8;
const LEAF_WORD = new TextEncoder().encode('liard/liability');

/** Why a complaint is made; the numbers stand in the format. */
export const REASONS = { no_answer: 1, other_balance: 2, parts_differ: 3, path_wrong: 4 };
/** @typedef {keyof typeof REASONS} Reason */

/** The answer is not what the statement and the account's history say. */
export class BadAnswer extends Error {
  /** @param {Reason} reason @param {unknown} [cause] */
  constructor(reason, cause) {
    super(reason, { cause });
    this.reason = reason;
  }
}

/** @param {number} value */
function u64(value) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** @typedef {{sum: number, hash: Uint8Array}} SumNode */
/** @typedef {{index: number, salt: Uint8Array, amount: number, siblings: SumNode[]}} Path */

/**
 * @param {{ledger: Uint8Array, number: number, account: Uint8Array}} of
 * @param {{salt: Uint8Array, amount: number}} part
 */
function liabilityLeaf({ ledger, number, account }, { salt, amount }) {
  return sha256(concat(new Uint8Array([0]), LEAF_WORD, ledger, u64(number), salt, account, u64(amount)));
}

/** @param {SumNode} left @param {SumNode} right @returns {Promise<SumNode>} */
async function sumNode(left, right) {
  const sum = left.sum + right.sum;
  if (!Number.isSafeInteger(sum)) throw new Error('liability: sum');
  return { sum, hash: await sha256(concat(new Uint8Array([1]), u64(left.sum), left.hash, u64(right.sum), right.hash)) };
}

/** The root that a path leads to. @param {{ledger: Uint8Array, number: number, account: Uint8Array}} of @param {Path} path */
export async function rootFromPath(of, path) {
  /** @type {SumNode} */
  let node = { sum: path.amount, hash: await liabilityLeaf(of, path) };
  let index = path.index;
  for (const sibling of path.siblings) {
    node = await (index % 2 === 1 ? sumNode(sibling, node) : sumNode(node, sibling));
    index = Math.floor(index / 2);
  }
  if (index !== 0) throw new Error('liability: index');
  return node;
}

/** @param {import('./cbor.js').Cbor} value @returns {SumNode} */
function siblingOf(value) {
  if (!Array.isArray(value) || value.length !== 2) throw new Error('liability: sibling');
  const [sum, hash] = value;
  if (typeof sum !== 'number' || sum < 0 || !(hash instanceof Uint8Array) || hash.length !== 32) throw new Error('liability: sibling');
  return { sum, hash };
}

/** @param {import('./cbor.js').Cbor} value @returns {Path} */
function pathOf(value) {
  const field = fields(value);
  const siblings = field.array(4).map(siblingOf);
  if (siblings.length < LEAST_HEIGHT || siblings.length > MOST_HEIGHT) throw new Error('liability: height');
  return { index: field.uint(1), salt: field.bytes(2, 16), amount: field.uint(3), siblings };
}

/** @param {Uint8Array} bytes @returns {Path[]} */
function pathsOf(bytes) {
  const list = decodeCbor(bytes);
  if (!Array.isArray(list) || list.length > MOST_PARTS) throw new Error('liability: parts');
  return list.map(pathOf);
}

/** @typedef {{statement: number, statementHash: string, account: Uint8Array<ArrayBuffer>, balance: number, key: string, paths: Path[]}} Answer */

/**
 * The association's answer, with a good signature over its parts; whether it is true is judged by `judgeAnswer`.
 * @param {Uint8Array} bytes
 * @param {{ledger: Uint8Array, keys: Uint8Array<ArrayBuffer>[]}} trust
 * @returns {Promise<Answer>}
 */
export async function openAnswer(bytes, { ledger, keys }) {
  const pair = decodeCbor(bytes);
  if (!Array.isArray(pair) || pair.length !== 2) throw new Error('answer: not a pair');
  const [message, parts] = pair;
  if (!(parts instanceof Uint8Array)) throw new Error('answer: parts');
  const { key, payload } = await verifySign1(encodeCbor(message), 'liability', ledger);
  if (!keys.some((known) => sameBytes(known, key))) throw new Error('answer: not signed by the association');
  const field = fields(decodeCbor(payload));
  if (!sameBytes(field.bytes(5, 32), await sha256(parts))) throw new Error('answer: other parts than were signed');
  return { statement: field.uint(1), statementHash: hex(field.bytes(2, 32)), account: field.bytes(3, 16), balance: field.uint(4), key: hex(key), paths: pathsOf(parts) };
}

/**
 * Throws a `BadAnswer` unless the parts lead to the statement's root and add up to the signed balance.
 * @param {Answer} answer
 * @param {import('./coverage.js').SignedStatement} statement
 * @param {{ledger: Uint8Array, account: Uint8Array}} of
 */
export async function judgeAnswer(answer, statement, { ledger, account }) {
  const right = answer.statement === statement.number && answer.statementHash === statement.hash && sameBytes(answer.account, account);
  if (!right) throw new BadAnswer('no_answer');
  const ascending = answer.paths.every(({ index }, at) => at === 0 || index > answer.paths[at - 1].index);
  const sum = answer.paths.reduce((all, { amount }) => all + amount, 0);
  if (sum !== answer.balance || !ascending) throw new BadAnswer('parts_differ');
  for (const path of answer.paths) {
    const node = await rootFromPath({ ledger, number: statement.number, account }, path).catch(() => null);
    const leads = node && node.sum === statement.liabilities.total && sameBytes(node.hash, statement.liabilities.root);
    if (!leads || 2 ** path.siblings.length !== statement.liabilities.leaves) throw new BadAnswer('path_wrong');
  }
}

/**
 * The whole question: is this balance counted in this statement?
 * @param {Uint8Array} bytes the answer
 * @param {{statement: import('./coverage.js').SignedStatement, ledger: Uint8Array, keys: Uint8Array<ArrayBuffer>[], account: Uint8Array, balance: number}} of balance: what the member holds to be right, at the statement's size
 * @returns {Promise<Answer>}
 */
export async function verifyCounted(bytes, { statement, ledger, keys, account, balance }) {
  const answer = await openAnswer(bytes, { ledger, keys }).catch((cause) => {
    throw new BadAnswer('no_answer', cause);
  });
  await judgeAnswer(answer, statement, { ledger, account });
  if (answer.balance !== balance) throw new BadAnswer('other_balance');
  return answer;
}

/**
 * What a member puts before others: the statement, the answer as it was signed, receipts, and the member's own word.
 * @param {import('./cose.js').Signer} signer
 * @param {{ledger: Uint8Array, statement: import('./coverage.js').SignedStatement, account: Uint8Array, balance: number, reason: Reason,
 *   time: number, answer: Uint8Array | null, receipts: Uint8Array[]}} words
 */
export async function signComplaint(signer, { ledger, statement, account, balance, reason, time, answer, receipts }) {
  const kept = receipts.slice(0, MOST_RECEIPTS);
  const evidence = await sha256(encodeCbor([answer, kept]));
  const payload = encodeCbor(new Map(/** @type {[number, import('./cbor.js').Cbor][]} */ ([
    [1, statement.number], [2, unhex(statement.hash)], [3, account], [4, balance], [5, REASONS[reason]], [6, time], [7, evidence],
  ])));
  return encodeCbor([decodeCbor(await sign1(signer, 'complaint', ledger, payload)), statement.note, answer, kept]);
}

/** @typedef {{key: string, statementNumber: number, statementHash: string, account: Uint8Array<ArrayBuffer>, balance: number, reason: Reason, time: number, note: string, answer: Uint8Array | null, receipts: Uint8Array[]}} Complaint */

/**
 * A complaint whose signature and evidence belong together; what it proves is for the reader to judge.
 * @param {Uint8Array} bytes
 * @param {Uint8Array} ledger
 * @returns {Promise<Complaint>}
 */
export async function openComplaint(bytes, ledger) {
  const parts = decodeCbor(bytes, { nulls: true });
  if (!Array.isArray(parts) || parts.length !== 4) throw new Error('complaint: parts');
  const [message, note, answer, receipts] = parts;
  const isBytes = (/** @type {unknown} */ value) => value instanceof Uint8Array;
  if (typeof note !== 'string' || !(answer === null || answer instanceof Uint8Array)) throw new Error('complaint: types');
  if (!Array.isArray(receipts) || receipts.length > MOST_RECEIPTS || !receipts.every(isBytes)) throw new Error('complaint: receipts');
  const { key, payload } = await verifySign1(encodeCbor(message), 'complaint', ledger);
  const field = fields(decodeCbor(payload));
  if (!sameBytes(field.bytes(7, 32), await sha256(encodeCbor([answer, receipts])))) throw new Error('complaint: other evidence than was signed');
  const { body } = openNote(note);
  if (!sameBytes(field.bytes(2, 32), await sha256(new TextEncoder().encode(body)))) throw new Error('complaint: another statement than was signed');
  if (body.split('\n')[1] !== `statement ${field.uint(1)}`) throw new Error('complaint: the statement has another number');
  const reason = /** @type {Reason | undefined} */ (Object.entries(REASONS).find(([, code]) => code === field.uint(5))?.[0]);
  if (!reason) throw new Error('complaint: reason');
  return {
    key: hex(key), statementNumber: field.uint(1), statementHash: hex(field.bytes(2, 32)), account: field.bytes(3, 16), balance: field.uint(4),
    reason, time: field.uint(6), note, answer, receipts: /** @type {Uint8Array[]} */ (receipts),
  };
}
