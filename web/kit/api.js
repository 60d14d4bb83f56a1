// Talking to the server: plain calls, signed-in sessions, live events. What went wrong is one of two things, and pages
// must tell them apart: a `Problem` is the server's answer; `Unreachable` means that there was no answer.

import { decodeBase64url } from './base64url.js';
import { signChallenge } from './ledger.js';
import { unhex } from './hex.js';

const TIMEOUT_MS = 15_000;
/** A stream on which nothing came for this long is dead: the server sends keep-alives more often. */
const SILENCE_MS = 45_000;
const RETRY_LEAST_MS = 1_000;
const RETRY_MOST_MS = 30_000;
/** A token this close to its end is renewed first. */
const TOKEN_MARGIN_MS = 30_000;

/** The server said no: `code` is stable and has a sentence in the catalogue. */
export class Problem extends Error {
  /** @param {{status: number, code: string, detail?: string, retryAfterMs?: number, whole?: boolean, words?: Record<string, any>}} said */
  constructor({ status, code, detail, retryAfterMs, whole = false, words = {} }) {
    super(detail ?? code);
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.retryAfterMs = retryAfterMs;
    /** It came as a problem should (RFC 9457): whoever stands between, as a hotel's sign-in page, answers otherwise. */
    this.whole = whole;
    /** All that it says: some codes come with more. */
    this.words = words;
  }

  /** The server could not judge the request now: nothing is known about it, and asking again is right. */
  get transient() {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** No answer came: no network, a timeout, or a broken connection. */
export class Unreachable extends Error {}

let clockOffsetMs = 0;

/** The server's clock, as far as it is known: phones' clocks are often wrong. */
export function now() {
  return Date.now() + clockOffsetMs;
}

/** @param {Response} response @param {number} sentAt */
function learnClock(response, sentAt) {
  const date = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(date)) return;
  // The header has whole seconds; half a second and half the way back are the best guess.
  const offset = date + 500 - (sentAt + Date.now()) / 2;
  clockOffsetMs = Math.abs(offset) < 2_000 ? 0 : Math.round(offset);
}

/** @param {Response} response @returns {Promise<Problem>} */
async function problemOf(response) {
  const retryAfter = Number(response.headers.get('retry-after'));
  const retryAfterMs = Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter * 1000 : undefined;
  try {
    const words = await response.json();
    const code = String(words.code ?? String(words.type ?? '').split('/').pop() ?? '');
    const type = response.headers.get('content-type')?.split(';')[0].trim().toLowerCase();
    const whole = type === 'application/problem+json' && typeof words.code === 'string' && words.type === `/errors/${words.code}`;
    return new Problem({ status: response.status, code: code || `http_${response.status}`, detail: words.detail ?? words.title, retryAfterMs, whole, words });
  } catch {
    return new Problem({ status: response.status, code: `http_${response.status}`, retryAfterMs });
  }
}

/** The signal of a controller that another signal stops as well. @param {AbortController} controller @param {AbortSignal} [other] */
function either(controller, other) {
  if (other?.aborted) controller.abort();
  other?.addEventListener('abort', () => controller.abort(), { once: true });
  return controller.signal;
}

/**
 * @typedef {object} Call
 * @property {string} [method]
 * @property {unknown} [json]
 * @property {Uint8Array<ArrayBuffer>} [bytes]
 * @property {string} [type] media type of `bytes`
 * @property {string} [accept]
 * @property {string} [token]
 * @property {number} [timeoutMs]
 * @property {AbortSignal} [signal]
 */

/**
 * One call; a good response or an exception.
 * @param {string} path
 * @param {Call} [call]
 * @returns {Promise<Response>}
 */
export async function call(path, { method, json, bytes, type, accept, token, timeoutMs = TIMEOUT_MS, signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = { accept: accept ?? 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  if (json !== undefined) headers['content-type'] = 'application/json';
  if (bytes) headers['content-type'] = type ?? 'application/cose';
  const body = bytes ?? (json !== undefined ? JSON.stringify(json) : undefined);
  const timeout = new AbortController();
  setTimeout(() => timeout.abort(), timeoutMs);
  const sentAt = Date.now();
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers,
      body,
      cache: 'no-store',
      credentials: 'omit',
      signal: either(timeout, signal),
    });
  } catch (cause) {
    throw new Unreachable('no answer', { cause });
  }
  learnClock(response, sentAt);
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** A body that stops half-way is no answer either. @template T @param {Promise<T>} body @returns {Promise<T>} */
async function whole(body) {
  try {
    return await body;
  } catch (cause) {
    throw new Unreachable('the answer was cut short', { cause });
  }
}

/** @param {string} path @param {Call} [options] @returns {Promise<any>} */
export async function callJson(path, options) {
  const response = await call(path, options);
  return response.status === 204 ? null : whole(response.json());
}

/** @param {string} path @param {Call} [options] @returns {Promise<string>} */
export async function callText(path, options) {
  return whole((await call(path, { accept: 'text/plain', ...options })).text());
}

/** @param {string} path @param {Call} [options] @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function callBytes(path, options) {
  return new Uint8Array(await whole((await call(path, { accept: 'application/cbor', ...options })).arrayBuffer()));
}

/**
 * Which ledger this is, and what it allows.
 * @typedef {object} LedgerFacts
 * @property {string} ledger hex
 * @property {string} name
 * @property {string} symbol
 * @property {string} prefix
 * @property {string} checkpoint_key hex
 * @property {string} [wallet_url] where customers' phones find the wallet, when this page comes from a machine of the shop's own
 * @property {string[]} [witnesses] verifier keys of those who look at the register for everyone
 * @property {number} [witnesses_needed] so many of them make an entry final
 * @property {number} [publish_every_ms]
 * @property {number} [recovery_delay_ms] a key that the association adds is good after so long
 * @property {{per_wallet: number, per_till_day: number, days: number} | null} [offline] what shops may take without network, in cents
 * @property {number} [redemption_days] after so many days at the latest the euros of a redemption arrive; 0: no promise
 * @property {string} origin
 * @property {number} time
 * @property {boolean} demo
 * @property {string} holder
 * @property {string} iban
 * @property {string | null} bic
 * @property {{creditor: string, most: number} | null} [direct_debit] who collects, and at most how many cents a month
 * @property {boolean} self_opening
 * @property {{level: number, per_payment: number | null, held: number | null, paid_30_days: number | null}[]} limits
 * @property {{campaign: number, version: number, numerator: number, denominator: number, start: number, end: number, left: number, cap: number, steps?: {from: number, numerator: number, denominator: number}[], groups_only?: boolean}[]} campaigns
 * @property {{version: number, numerator: number, denominator: number, least: number, exempt: number[], given?: {numerator: number, denominator: number} | null, beneficiary?: string | null} | null} fee
 * @property {{gift: number, version: number, numerator: number, denominator: number, start: number, end: number, least_members: number}[]} [gifts]
 */

/** @returns {Promise<LedgerFacts>} */
export function fetchLedger() {
  return callJson('/v1/ledger');
}

/**
 * @typedef {{account: string, kind: string, scope: string, from?: number}} SessionAccount
 * @typedef {{token: string, expires: number, key: string, accounts: SessionAccount[], operator: {number: number, roles: string[]} | null}} SignedIn
 */

/** A key that is signed in. The token lives in memory and is renewed with a new signature when it ends. */
export class Session {
  /** @type {SignedIn | null} */
  #signedIn = null;
  /** @type {Promise<SignedIn> | null} */
  #signingIn = null;

  /** @param {{ledger: string, signer: import('./cose.js').Signer}} words ledger in hex */
  constructor({ ledger, signer }) {
    this.ledger = unhex(ledger);
    this.signer = signer;
  }

  /** Signs in unless it is already. @returns {Promise<SignedIn>} */
  signIn() {
    if (this.#signedIn && this.#signedIn.expires - TOKEN_MARGIN_MS > now()) return Promise.resolve(this.#signedIn);
    this.#signingIn ??= this.#signInNow().finally(() => {
      this.#signingIn = null;
    });
    return this.#signingIn;
  }

  async #signInNow() {
    const { challenge } = await callJson('/v1/sign-in/challenge', { method: 'POST' });
    const bytes = await signChallenge(this.signer, this.ledger, decodeBase64url(challenge));
    this.#signedIn = /** @type {SignedIn} */ (await callJson('/v1/sign-in', { bytes, type: 'application/cose' }));
    return this.#signedIn;
  }

  /** Forgets the token, so that the next call signs in again: after a key was given new rights. */
  renew() {
    this.#signedIn = null;
  }

  /**
   * @template T
   * @param {(token: string) => Promise<T>} step
   * @returns {Promise<T>}
   */
  async #withToken(step) {
    const { token } = await this.signIn();
    try {
      return await step(token);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      this.renew();
      return step((await this.signIn()).token);
    }
  }

  /** @param {string} path @param {Call} [options] @returns {Promise<any>} */
  json(path, options) {
    return this.#withToken((token) => callJson(path, { ...options, token }));
  }

  /** @param {string} path @param {Call} [options] */
  bytes(path, options) {
    return this.#withToken((token) => callBytes(path, { ...options, token }));
  }

  /** @param {string} path @param {Call} [options] */
  text(path, options) {
    return this.#withToken((token) => callText(path, { ...options, token }));
  }

  /**
   * Live events, for as long as the page wants them: reconnects by itself and says whether the line is up.
   * @param {string} path
   * @param {{onEvent: (name: string, data: any) => void, onLink?: (up: boolean) => void}} listener
   * @returns {() => void} stops it
   */
  events(path, { onEvent, onLink = () => {} }) {
    const stopped = new AbortController();
    /** @type {(() => void) | null} */
    let wake = null;
    const hurry = () => wake?.();
    globalThis.addEventListener?.('online', hurry);
    stopped.signal.addEventListener('abort', () => {
      globalThis.removeEventListener?.('online', hurry);
      hurry();
    });

    const listen = async () => {
      let wait = RETRY_LEAST_MS;
      while (!stopped.signal.aborted) {
        const started = Date.now();
        try {
          const { token } = await this.signIn();
          await readEvents(path, token, stopped.signal, onEvent, onLink);
        } catch (error) {
          if (error instanceof Problem && error.status === 401) this.renew();
        }
        if (stopped.signal.aborted) return;
        onLink(false);
        if (Date.now() - started > RETRY_MOST_MS) wait = RETRY_LEAST_MS;
        await new Promise((resolve) => {
          wake = () => resolve(undefined);
          setTimeout(resolve, wait * (0.75 + Math.random() / 2));
        });
        wake = null;
        wait = Math.min(wait * 2, RETRY_MOST_MS);
      }
    };
    void listen();
    return () => stopped.abort();
  }
}

/**
 * @param {string} path
 * @param {string} token
 * @param {AbortSignal} stopped
 * @param {(name: string, data: any) => void} onEvent
 * @param {(up: boolean) => void} onLink
 */
async function readEvents(path, token, stopped, onEvent, onLink) {
  const silent = new AbortController();
  const signal = either(silent, stopped);
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(), SILENCE_MS);
  };
  heard();
  try {
    const response = await fetch(path, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
      cache: 'no-store',
      credentials: 'omit',
      signal,
    });
    if (!response.ok || !response.body) throw await problemOf(response);
    onLink(true);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parse = eventParser(onEvent);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard();
      parse(value);
    }
  } finally {
    // @ts-ignore assigned by `heard` above
    clearTimeout(timer);
  }
}

/**
 * Splits a text/event-stream into events; data is JSON.
 * @param {(name: string, data: any) => void} onEvent
 * @returns {(chunk: string) => void}
 */
export function eventParser(onEvent) {
  let rest = '';
  let name = 'message';
  /** @type {string[]} */
  let data = [];
  return (chunk) => {
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) onEvent(name, JSON.parse(data.join('\n')));
        name = 'message';
        data = [];
      } else if (line.startsWith('event:')) {
        name = line.slice(6).trim();
      } else if (line.startsWith('data:')) {
        data.push(line.slice(5).replace(/^ /, ''));
      }
    }
  };
}
