// Transactions on their way. Bytes are kept before they are sent; without an answer the same bytes are sent again, so
// that nothing can happen twice; and only a receipt that this browser has verified makes anything "done".

import { Problem, Unreachable, call, now } from './api.js';
import { UnknownCheckpointKey, signTransaction } from './ledger.js';
import { transactionId } from './cose.js';
import { hex, unhex } from './hex.js';
import { verifyReceipt } from './receipt.js';
import { isRefusal } from './refusals.js';
import { read, readAll, remove, write } from './store.js';

const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
/** A server may ask for so long a wait: somebody looks at the page meanwhile. */
const RETRY_MOST_MS = 30_000;
/** Long enough for a weak network, short enough to know where one stands: a refused order is worth nothing after it. */
export const VALID_FOR_MS = 10 * 60_000;

/**
 * @typedef {object} Sent
 * @property {string} id transaction id, hex
 * @property {string} ledger hex
 * @property {string} key of the signer, hex
 * @property {string | null} account bech32m
 * @property {Uint8Array<ArrayBuffer>} bytes the COSE message
 * @property {number} created ms
 * @property {number} validUntil ms
 * @property {any} about what the page wants to show: kind, amount, name…
 * @property {'unknown' | 'refused'} state
 * @property {string} [code] of the refusal
 * @property {string} [detail] of the refusal
 */

/** @typedef {{ledger: string, checkpoint_key: string}} Trust */
/** @typedef {(bytes: Uint8Array<ArrayBuffer>) => Promise<Response>} Send */
/** @typedef {() => Promise<Trust | null>} RenewTrust what to trust when the checkpoint key may have been changed; null: the same as before */
/** @typedef {{state: 'done', facts: import('./receipt.js').Facts, receipt: Uint8Array<ArrayBuffer>} | {state: 'refused', code: string, detail?: string} | {state: 'unknown', retryAfterMs?: number}} Answer */

/** The server answered with something that proves nothing. It is shown as such, never as success. */
export class BadReceipt extends Error {}

/** Nothing was sent: the order could not be signed, or not be kept. */
export class NotSent extends Error {}

/** @param {Trust} trust */
export function trustOf({ ledger, checkpoint_key }) {
  return { ledger: unhex(ledger), checkpointKey: unhex(checkpoint_key) };
}

/**
 * Signs a transaction and keeps it; `post` sends it. It is good for ten minutes of the server's time at most, so that
 * bytes that were refused cannot come into force long after somebody was told so.
 * @param {import('./cose.js').Signer} signer
 * @param {Trust} trust
 * @param {import('./ledger.js').Payload} payload
 * @param {{account: string | null, about: any, validUntil?: number}} words
 * @returns {Promise<Sent>}
 */
export async function prepare(signer, trust, payload, { account, about, validUntil: asked = Infinity }) {
  const validUntil = Math.min(asked, now() + VALID_FOR_MS);
  try {
    const ledger = unhex(trust.ledger);
    const bytes = await signTransaction(signer, ledger, payload, validUntil);
    const id = await transactionId(bytes, ledger);
    /** @type {Sent} */
    const sent = { id, ledger: trust.ledger, key: hex(signer.key), account, bytes, created: now(), validUntil, about, state: 'unknown' };
    await write('outbox', id, sent);
    return sent;
  } catch (cause) {
    throw new NotSent('the order could not be signed or kept', { cause });
  }
}

/** Storage that fails changes nothing of what was proved or refused; the next visit asks for it again. @param {Promise<void>} step */
async function keepIfPossible(step) {
  try {
    await step;
  } catch (error) {
    console.warn('the browser could not keep this', error);
  }
}

/**
 * Sends kept bytes once. A receipt is verified and must be of this very transaction.
 * @param {Sent} sent
 * @param {Trust} trust
 * @param {{send?: Send, renewTrust?: RenewTrust}} [options]
 * @returns {Promise<Answer>}
 */
export async function post(sent, trust, { send = (bytes) => call('/v1/transactions', { bytes, accept: 'application/cbor' }), renewTrust } = {}) {
  /** @type {Uint8Array<ArrayBuffer>} */
  let receipt;
  try {
    receipt = new Uint8Array(await (await send(sent.bytes)).arrayBuffer());
  } catch (error) {
    if (isRefusal(error)) {
      await keepIfPossible(write('outbox', sent.id, { ...sent, state: 'refused', code: error.code, detail: error.detail }));
      return { state: 'refused', code: error.code, detail: error.detail };
    }
    return { state: 'unknown', retryAfterMs: error instanceof Problem ? error.retryAfterMs : undefined };
  }
  /** @type {import('./receipt.js').Facts} */
  let facts;
  try {
    facts = await verifyReceipt(receipt, trustOf(trust)).catch(async (fault) => {
      const renewed = fault instanceof UnknownCheckpointKey ? await renewTrust?.() : null;
      if (!renewed) throw fault;
      return verifyReceipt(receipt, trustOf(renewed));
    });
    if (facts.transaction !== sent.id) throw new Error('a receipt of another transaction');
  } catch (cause) {
    if (cause instanceof Problem || cause instanceof Unreachable) return { state: 'unknown' };
    throw new BadReceipt('the receipt proves nothing', { cause });
  }
  await keepIfPossible(
    keepReceipt({ id: sent.id, ledger: sent.ledger, account: sent.account, sequence: facts.sequence, charge: facts.words.charge?.id ?? null, receipt })
      .then(() => remove('outbox', sent.id)),
  );
  return { state: 'done', facts, receipt };
}

/**
 * Sends and asks again until there is an answer, the page goes, or the transaction can no longer be accepted.
 * @param {Sent} sent
 * @param {Trust} trust
 * @param {{onUnknown?: (attempt: number) => void, signal?: AbortSignal, send?: Send, renewTrust?: RenewTrust}} [options]
 * @returns {Promise<Answer>}
 */
export async function postUntilAnswered(sent, trust, { onUnknown = () => {}, signal, send, renewTrust } = {}) {
  for (let attempt = 0; ; attempt++) {
    const last = now() > sent.validUntil;
    const answer = await post(sent, trust, { send, renewTrust });
    if (answer.state !== 'unknown' || last || signal?.aborted) return answer;
    onUnknown(attempt + 1);
    // Who is told to wait waits: a server that has too much to do is not asked the sooner.
    const told = Math.min(answer.retryAfterMs ?? 0, RETRY_MOST_MS);
    await pause(Math.max(told, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]), signal);
    if (signal?.aborted) return answer;
  }
}

/**
 * What came of signing and sending, exceptions included: "not sent" when nothing left this browser, a receipt that proves
 * nothing, and for everything else that goes wrong "unknown".
 * @param {() => Promise<Answer>} step
 * @returns {Promise<Answer | {state: 'not_sent', error: unknown} | {state: 'bad_receipt'}>}
 */
export async function endOf(step) {
  try {
    return await step();
  } catch (error) {
    if (error instanceof BadReceipt) return { state: 'bad_receipt' };
    if (error instanceof NotSent) return { state: 'not_sent', error };
    return { state: 'unknown' };
  }
}

/** Waits, or less when the network comes back or the page goes. @param {number} ms @param {AbortSignal} [signal] */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', done);
      resolve(undefined);
    };
    const timer = setTimeout(done, ms);
    globalThis.addEventListener?.('online', done, { once: true });
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** What this key sent and has no receipt for, newest first. @param {string} ledger @param {string} key @returns {Promise<Sent[]>} */
export async function outboxOf(ledger, key) {
  const all = /** @type {Sent[]} */ (await readAll('outbox'));
  return all.filter((sent) => sent.ledger === ledger && sent.key === key).sort((a, b) => b.created - a.created);
}

/** Takes a refused transaction off the list. @param {Sent} sent */
export async function dismiss(sent) {
  await remove('outbox', sent.id);
}

/** A kept receipt. @param {string} id transaction id @returns {Promise<Uint8Array<ArrayBuffer> | null>} */
export async function keptReceipt(id) {
  return (await read('receipts', id))?.receipt ?? null;
}

/**
 * @typedef {object} Kept a verified receipt
 * @property {string} id transaction id, hex
 * @property {string} ledger hex
 * @property {string | null} account bech32m
 * @property {number} sequence
 * @property {string | null} charge id of the charge that it answers, hex
 * @property {Uint8Array<ArrayBuffer>} receipt
 */

/** What this browser sent or received in answer to a charge. @param {string} ledger @param {string} charge hex @returns {Promise<Kept | null>} */
export async function receiptOfCharge(ledger, charge) {
  const all = /** @type {Kept[]} */ (await readAll('receipts'));
  return all.find((kept) => kept.ledger === ledger && kept.charge === charge) ?? null;
}

/** @param {Kept} words */
export async function keepReceipt(words) {
  await write('receipts', words.id, words);
}
