// Is my balance in the total that the association published? This wallet reads its own paths, verifies them against the
// signed statement, and compares with what its history says.

import { signal } from '../vendor/signals-core/signals-core.js';
import { Problem, callJson, now } from '../kit/api.js';
import { verifyStatement } from '../kit/coverage.js';
import { BadAnswer, openAnswer, signComplaint, verifyCounted } from '../kit/liability.js';
import { signer } from '../kit/keys.js';
import { trustOfPinned } from '../kit/pinned.js';
import { readAll } from '../kit/store.js';
import { accountBytes, isUnreachable, openSession, pinned, wallet } from './state.js';

/** After a restart the node makes the tree again; that is no lie. */
const PATIENCE_MS = 5_000;
const MOST_TRIES = 4;
const PAGE_LINES = 100;
/** A statement that is further back than this many movements is not recomputed. */
const MOST_PAGES = 20;

/** @typedef {import('../kit/coverage.js').SignedStatement} SignedStatement */
/** @typedef {{balance: number, newest: number}} Held what the history says that the account had */
/**
 * @typedef {{state: 'unknown'} | {state: 'none'}
 *   | {state: 'counted', statement: SignedStatement, balance: number, parts: number, at: number}
 *   | {state: 'wrong', statement: SignedStatement, reason: import('../kit/liability.js').Reason, balance: number, told: number | null, answer: Uint8Array<ArrayBuffer> | null}
 *   | {state: 'bad_statement'}} Counted
 */

/** An account and the session of its own key: another wallet may be taken up while this one is asked about. @typedef {{id: string, session: import('../kit/api.js').Session}} Mine */

export const counted = signal(/** @type {Counted} */ ({ state: 'unknown' }));

/** The balance before an entry: what is there now, less what came since. @param {Mine} mine @param {number} size @returns {Promise<Held | null>} null: too far back */
async function balanceAt({ id, session }, size) {
  const { balance } = await session.json(`/v1/accounts/${id}`);
  let since = 0;
  let newest = -1;
  /** @type {number | null} */
  let from = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    /** @type {{lines: import('./state.js').Line[], next: number | null}} */
    const { lines, next } = await session.json(`/v1/accounts/${id}/statement?limit=${PAGE_LINES}${from === null ? '' : `&from=${from}`}`);
    newest = Math.max(newest, lines[0]?.sequence ?? -1);
    since += lines.filter(({ sequence }) => sequence >= size).reduce((sum, { amount }) => sum + amount, 0);
    if (next === null || lines.some(({ sequence }) => sequence < size)) return { balance: balance - since, newest };
    from = next;
  }
  return null;
}

/** Twice the same, so that no payment came between the readings. @param {Mine} mine @param {number} size @returns {Promise<number | null>} */
async function heldAt(mine, size) {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const [first, second] = [await balanceAt(mine, size), await balanceAt(mine, size)];
    if (!first || !second) return null;
    if (first.balance === second.balance && first.newest === second.newest) return first.balance;
  }
  return null;
}

/** @param {Mine} mine @returns {Promise<Uint8Array<ArrayBuffer> | null>} null: the server has none, also after waiting */
async function answerOf({ id, session }) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await session.bytes(`/v1/accounts/${id}/liability`);
    } catch (fault) {
      if (!(fault instanceof Problem) || fault.transient) throw fault;
      if (attempt + 1 >= MOST_TRIES) return null;
      await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
    }
  }
}

/** @param {Mine} mine @param {SignedStatement} statement @returns {Promise<Counted>} */
async function judge(mine, statement) {
  const held = pinned.value;
  const balance = await heldAt(mine, statement.checkpoint.size);
  if (!held || balance === null) return { state: 'unknown' };
  const answer = await answerOf(mine);
  if (answer === null) return balance === 0 ? { state: 'none' } : { state: 'wrong', statement, reason: 'no_answer', balance, told: null, answer };
  const account = accountBytes(mine.id);
  try {
    const told = await verifyCounted(answer, { statement, ...trustOfPinned(held), account, balance });
    return { state: 'counted', statement, balance, parts: told.paths.length, at: now() };
  } catch (fault) {
    if (!(fault instanceof BadAnswer)) throw fault;
    const signed = fault.reason !== 'no_answer';
    const told = signed ? (await openAnswer(answer, trustOfPinned(held))).balance : null;
    return { state: 'wrong', statement, reason: fault.reason, balance, told, answer: signed ? answer : null };
  }
}

/** The newest statement, verified. Null: none was published yet. */
export async function newestStatement() {
  const held = pinned.value;
  if (!held) return null;
  try {
    const { note } = await callJson('/log/coverage/latest');
    return await verifyStatement(note, trustOfPinned(held));
  } catch (fault) {
    if (fault instanceof Problem && fault.code === 'no_statement_yet') return null;
    throw fault;
  }
}

/** Whether a statement came between the reading of the statement and of the answer. @param {SignedStatement} statement */
async function isStillNewest(statement) {
  return (await newestStatement())?.hash === statement.hash;
}

/** @param {Mine} mine @returns {Promise<Counted>} */
async function look(mine) {
  for (let attempt = 0; ; attempt++) {
    const statement = await newestStatement();
    if (!statement) return { state: 'none' };
    const found = await judge(mine, statement);
    // What looks wrong is looked at once more, against the statement that is the newest then.
    if (found.state !== 'wrong' || (attempt > 0 && (await isStillNewest(statement))) || attempt >= MOST_TRIES) return found;
  }
}

/** Looks at the newest statement, unless the wallet knows it already. */
export async function checkCounted() {
  const current = wallet.value;
  const id = current?.account;
  if (!current || !id || !pinned.value) return;
  const mine = { id, session: openSession() };
  try {
    const known = counted.value;
    if (known.state === 'counted' && (await isStillNewest(known.statement))) return;
    const found = await look(mine);
    if (wallet.value?.id === current.id) counted.value = found;
  } catch (fault) {
    const away = isUnreachable(fault) || fault instanceof Problem;
    if (!away && wallet.value?.id === current.id) counted.value = { state: 'bad_statement' };
  }
}

/** The complaint as a file that others can verify. @param {Extract<Counted, {state: 'wrong'}>} found */
export async function complaintOf({ statement, reason, balance, answer }) {
  const current = wallet.value;
  if (!current?.account || !pinned.value) throw new Error('no account yet');
  const kept = /** @type {import('../kit/outbox.js').Kept[]} */ (await readAll('receipts'));
  const mine = kept.filter((one) => one.ledger === current.ledger && one.account === current.account && one.sequence < statement.checkpoint.size);
  const receipts = mine.sort((a, b) => b.sequence - a.sequence).map(({ receipt }) => receipt);
  return signComplaint(signer(current), {
    ledger: trustOfPinned(pinned.value).ledger, statement, account: accountBytes(current.account), balance, reason, time: now(), answer, receipts,
  });
}
