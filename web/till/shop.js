// What a till does for its shop: asks to be paid, knows for certain whether it was, gives back. It believes nothing but
// a receipt that this page has verified with the association's checkpoint key.

import { Problem, Unreachable, call, callBytes, fetchLedger, now } from '../kit/api.js';
import { decodeBase64url } from '../kit/base64url.js';
import { decodeAccount } from '../kit/bech32m.js';
import { hex, randomBytes, sameBytes, unhex } from '../kit/hex.js';
import { BadKeyChain, provedKeys, rotated } from '../kit/keychain.js';
import { signer } from '../kit/keys.js';
import { BadPayLink, UnknownCheckpointKey, encodePayLink, refund, signCharge, verifyCertificate, verifyPayLink } from '../kit/ledger.js';
import { NotSent, dismiss, outboxOf, postUntilAnswered, prepare, trustOf } from '../kit/outbox.js';
import { verifyOrderText } from '../kit/offline-order.js';
import { verifyShortReceipt } from '../kit/proof-file.js';
import { verifyReceipt } from '../kit/receipt.js';
import { isRefusal } from '../kit/refusals.js';

/** Long enough to take out a phone and open the wallet; short enough not to be paid by mistake the next day. */
const CHARGE_LASTS_MS = 5 * 60_000;
/** Without network: the ledger takes an answer to a request that ends within seven days, and clocks may differ by hours. */
const CHARGE_LASTS_APART_MS = 6 * 24 * 3_600_000;
/** A certificate this close to its end is fetched again before it goes on a request. */
const CERTIFICATE_MARGIN_MS = 60 * 60_000;

/**
 * @typedef {object} Charge
 * @property {string} id hex
 * @property {string} account
 * @property {string} till key, hex
 * @property {number} amount
 * @property {string | null} reference
 * @property {number} created
 * @property {number} expires
 * @property {'open' | 'paid' | 'expired' | 'cancelled' | 'refunded'} state
 * @property {number} refunded
 * @property {number | null} sequence
 * @property {number | null} paid_at
 * @property {string | null} payer
 * @property {string} link
 * @property {string | null} [stall] at whose sign it was paid, hex
 * @property {string} [receipt] base64url, in events
 */

/**
 * @typedef {object} Unexpected
 * @property {number} sequence
 * @property {number} time
 * @property {number} amount
 * @property {string} payer
 * @property {string | null} charge
 * @property {'cancelled' | 'expired' | 'unknown' | 'no_charge' | 'amount' | 'twice'} reason
 * @property {number} refunded
 * @property {number} [item] place in a list of transfers
 */

/** @typedef {{sequence: number, time: number, amount: number, original: number, charge: string | null}} GivenBack */
/** @typedef {{charges: Charge[], unexpected: Unexpected[], refunds?: GivenBack[], as_of?: number, totals: {paid_count: number, paid: number, refunded: number, net: number, unexpected: number, unexpected_refunded?: number}}} Day */
/** @typedef {{sequence: number, item: number, payer: string, amount: number, refunded: number, time: number, state: 'open' | 'refunded' | 'declined', reason: string | null}} RefundRequest */
/** @typedef {{sequence: number, item?: number, amount: number, refunded: number}} Refundable */
/** @typedef {{facts: import('../kit/receipt.js').Facts, bytes: Uint8Array<ArrayBuffer>}} Proof */
/** What this till itself signed: the only measure of whether it was paid. @typedef {{id: string, payee: Uint8Array<ArrayBuffer>, amount: number, expires: number}} Request */

/** The server says "paid" and cannot prove it. */
export class NotProved extends Error {}

/** Whether a transfer is the answer to a request, to the cent and the millisecond. @param {import('../kit/ledger.js').Words | import('../kit/offline-order.js').OfflineOrder} words @param {Request} request */
export function answers(words, request) {
  const { payee, amount, charge } = words;
  const isTransfer = !('name' in words) || words.name === 'transfer';
  return isTransfer && payee !== undefined && sameBytes(payee, request.payee) && amount === request.amount && charge?.id === request.id && charge.expires === request.expires;
}

export class Shop {
  /** @type {{bytes: Uint8Array<ArrayBuffer>, validUntil: number, name: string} | null} */
  #certificate = null;
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #keys;

  /**
   * @param {object} words
   * @param {import('../kit/api.js').LedgerFacts} words.ledger
   * @param {import('../kit/keys.js').Wallet} words.wallet
   * @param {import('../kit/api.js').Session} words.session
   * @param {string} words.account
   * @param {() => Promise<import('../kit/api.js').LedgerFacts>} [words.readLedger]
   * @param {() => Promise<Uint8Array<ArrayBuffer>>} [words.readKeys] the chain that proves a changed checkpoint key
   * @param {{bytes: Uint8Array<ArrayBuffer>, validUntil: number, name: string} | null} [words.certificate] as it was last verified
   * @param {string[]} [words.keys] the ledger's proved checkpoint keys, hex
   */
  constructor({ ledger, wallet, session, account, readLedger = fetchLedger, readKeys = () => callBytes('/log/keys'), certificate = null, keys = [] }) {
    this.ledger = ledger;
    this.readLedger = readLedger;
    this.readKeys = readKeys;
    this.wallet = wallet;
    this.session = session;
    this.account = account;
    this.trust = trustOf(ledger);
    this.#certificate = certificate;
    this.#keys = keys.map(unhex);
    const bytes = decodeAccount(account, ledger.prefix);
    if (!bytes) throw new Error('the account of this till cannot be read');
    this.accountBytes = bytes;
  }

  /** Reads the ledger's facts again; true when the key chain proves that the checkpoint key was changed since. It is then trusted, for as long as this page. */
  async #renewTrust() {
    const offered = await this.readLedger();
    if (offered.checkpoint_key === this.ledger.checkpoint_key) return false;
    const chain = await this.readKeys();
    const proved = await provedKeys(chain, this.trust.ledger).catch((fault) => {
      if (fault instanceof BadKeyChain) return null;
      throw fault;
    });
    const renewed = proved && rotated(this.ledger, offered, proved);
    if (!renewed) return false;
    this.ledger = renewed;
    this.trust = trustOf(renewed);
    this.#certificate = null;
    return true;
  }

  /** Verifies, and once more when the checkpoint key was changed since this page was opened. @template T @param {() => Promise<T>} step */
  async #verified(step) {
    try {
      return await step();
    } catch (error) {
      const fault = error instanceof BadPayLink ? error.cause : error;
      if (!(fault instanceof UnknownCheckpointKey) || !(await this.#renewTrust())) throw error;
      return step();
    }
  }

  /** Takes up proved checkpoint keys. @param {string[]} keys hex */
  hold(keys) {
    this.#keys = keys.map(unhex);
  }

  /** Every checkpoint key that this till holds as proved. */
  get proving() {
    return { ledger: this.trust.ledger, keys: [...this.#keys, this.trust.checkpointKey] };
  }

  /** The same keys in hex. */
  get provedKeys() {
    return [...new Set(this.proving.keys.map(hex))];
  }

  /** The association's word on whose till this is; fetched again before it ends. @param {{apart?: boolean}} [options] apart: nothing can be fetched now */
  async certificate({ apart = false } = {}) {
    if (!this.#certificate || this.#certificate.validUntil < now() + CERTIFICATE_MARGIN_MS) {
      if (this.#certificate && this.#certificate.validUntil > now() && apart) return this.#certificate;
      const bytes = await this.session.bytes(`/v1/accounts/${this.account}/certificate`, { accept: 'application/cose' });
      const { account, key, name, validUntil } = await this.#verified(() => verifyCertificate(bytes, this.trust.ledger, this.trust.checkpointKey));
      if (!sameBytes(account, this.accountBytes) || hex(key) !== this.wallet.key) {
        throw new Error('the certificate is for another till');
      }
      this.#certificate = { bytes, validUntil, name };
    }
    return this.#certificate;
  }

  /**
   * A signed request, not yet known to the server: `announce` sends it, as often as it takes.
   * @param {number} amount
   * @param {string} reference
   * @param {{apart?: boolean}} [options] apart: without network, so that it may take days until the server hears of it
   */
  async draft(amount, reference, { apart = false } = {}) {
    const { bytes: certificate } = await this.certificate({ apart });
    const id = randomBytes(16);
    /** @type {Request} */
    const request = { id: hex(id), payee: this.accountBytes, amount, expires: now() + (apart ? CHARGE_LASTS_APART_MS : CHARGE_LASTS_MS) };
    const bytes = await signCharge(signer(this.wallet), this.trust.ledger, { ...request, id, reference: reference || undefined });
    return { request, bytes, link: `${this.ledger.wallet_url ?? location.origin}/wallet/#pay=${encodePayLink(bytes, certificate)}` };
  }

  /**
   * Tells the server of a request; its answer has to be about this very request.
   * @param {{bytes: Uint8Array<ArrayBuffer>, request: Request, signer?: string}} draft signer: the cashier who signed it, hex, where that is not this key
   * @returns {Promise<Charge>}
   */
  async announce({ bytes, request, signer: asker = this.wallet.key }) {
    /** @type {Charge} */
    const charge = await this.session.json('/pos/v1/charges', { bytes });
    const same = charge.id === request.id && charge.amount === request.amount && charge.expires === request.expires &&
      charge.account === this.account && charge.till === asker;
    if (!same) throw new Problem({ status: 502, code: 'charge_differs' });
    return charge;
  }

  /** @param {string} id @returns {Promise<Charge>} */
  charge(id) {
    return this.session.json(`/pos/v1/charges/${id}`);
  }

  /** @param {string} id @returns {Promise<Charge>} */
  cancel(id) {
    return this.session.json(`/pos/v1/charges/${id}/cancel`, { method: 'POST' });
  }

  /**
   * A request of this very till that the server kept, e.g. after the page was loaded again; read from what the till signed.
   * @param {Charge} charge
   * @returns {Promise<Request>}
   */
  async ownRequest(charge) {
    const { key, id, payee, amount, expires } = await this.#verified(() => verifyPayLink(charge.link.split('#pay=')[1] ?? '', { ...this.trust, now: now() }));
    if (hex(key) !== this.wallet.key || !sameBytes(payee, this.accountBytes) || hex(id) !== charge.id || amount !== charge.amount) {
      throw new Error('the request is not of this till');
    }
    return { id: charge.id, payee, amount, expires };
  }

  /** A verified receipt of an entry. @param {number} sequence @param {string} [receipt] base64url, when it came along @returns {Promise<Proof>} */
  async receipt(sequence, receipt) {
    const bytes = receipt ? decodeBase64url(receipt) : await this.session.bytes(`/v1/entries/${sequence}/receipt`);
    const facts = await this.#verified(() => verifyReceipt(bytes, this.trust));
    if (facts.sequence !== sequence) throw new NotProved('a receipt of another entry');
    return { facts, bytes };
  }

  /**
   * The proof that a request of this till was paid in full; throws when there is none. The server only says where to look.
   * @param {Request} request as it was signed here
   * @param {{sequence: number | null, receipt?: string}} news
   * @returns {Promise<Proof>}
   */
  async proofOf(request, { sequence, receipt }) {
    if (sequence === null) throw new NotProved('paid without an entry');
    /** @type {Proof} */
    let proof;
    try {
      proof = await this.receipt(sequence, receipt);
    } catch (cause) {
      if (cause instanceof Problem || cause instanceof Unreachable || !(cause instanceof Error)) throw cause;
      throw new NotProved('the receipt proves nothing', { cause });
    }
    if (!answers(proof.facts.words, request)) throw new NotProved('the receipt is of another payment');
    return proof;
  }

  /**
   * What a customer without network shows: an order, verified with the keys that this till holds.
   * @param {string} text of the QR code
   */
  readOrder(text) {
    return this.#verified(() => verifyOrderText(text, this.proving));
  }

  /**
   * What a customer with a network shows to a till without: a short receipt, verified with the keys that this till holds.
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @param {Request} request as it was signed here
   */
  async proveShort(bytes, request) {
    const short = await this.#verified(() => verifyShortReceipt(bytes, this.proving));
    const good = sameBytes(short.payee, request.payee) && short.amount === request.amount && short.charge === request.id;
    if (!good) throw new NotProved('the receipt is of another payment');
    return short;
  }

  /**
   * Brings a customer's order to the ledger. The same bytes again give the same answer; nothing but a verified receipt is "done".
   * @param {Uint8Array<ArrayBuffer>} order
   * @param {Request} request that it answers
   * @returns {Promise<{state: 'done', proof: Proof} | {state: 'refused', code: string, detail?: string} | {state: 'unknown'}>}
   */
  async submitOrder(order, request) {
    try {
      const bytes = await callBytes('/v1/transactions', { bytes: order });
      const facts = await this.#verified(() => verifyReceipt(bytes, this.trust));
      if (!answers(facts.words, request)) throw new NotProved('the receipt is of another payment');
      return { state: 'done', proof: { facts, bytes } };
    } catch (error) {
      if (isRefusal(error)) return { state: 'refused', code: error.code, detail: error.detail };
      return { state: 'unknown' };
    }
  }

  /** What customers ask to be given back, those of the newest payments first. @returns {Promise<RefundRequest[]>} */
  async refundRequests() {
    return (await this.session.json(`/v1/accounts/${this.account}/refund-requests`)).requests;
  }

  /** Says no to a request. @param {RefundRequest} request */
  decline({ sequence, item }) {
    return this.session.json(`/v1/entries/${sequence}/refund-request/decline?item=${item}`, { method: 'POST' });
  }

  /** @param {{from: number, to: number}} day @returns {Promise<Day>} */
  day({ from, to }) {
    return this.session.json(`/pos/v1/day?from=${from}&to=${to}`);
  }

  /** @param {{from: number, to: number}} day */
  dayCsv({ from, to }) {
    return this.session.bytes(`/pos/v1/day.csv?from=${from}&to=${to}`, { accept: 'text/csv' });
  }

  /**
   * Gives back to whoever paid, and asks again until there is an answer.
   * @param {Refundable} payment
   * @param {number} amount
   * @param {() => void} onUnknown no answer yet: it may or may not have happened
   */
  async giveBack({ sequence, item = 0, amount: paid, refunded }, amount, onUnknown) {
    if (!Number.isSafeInteger(amount) || amount < 1 || amount > paid - refunded) throw new NotSent('not an amount to give back');
    const payload = refund({ account: this.accountBytes, original: sequence, item, amount });
    const sent = await prepare(signer(this.wallet), this.ledger, payload, {
      account: this.account, about: { kind: 'refund', amount, original: sequence },
    });
    return this.#post(sent, onUnknown);
  }

  /** Refunds that had no answer when the page was closed. @returns {Promise<import('../kit/outbox.js').Sent[]>} */
  unanswered() {
    return outboxOf(this.ledger.ledger, this.wallet.key);
  }

  /** @param {import('../kit/outbox.js').Sent} sent @param {() => void} onUnknown */
  async askAgain(sent, onUnknown) {
    const answer = await this.#post(sent, onUnknown);
    if (answer.state === 'refused') await dismiss(sent);
    return answer;
  }

  /** @param {import('../kit/outbox.js').Sent} sent @param {() => void} onUnknown */
  #post(sent, onUnknown) {
    return postUntilAnswered(sent, this.ledger, {
      onUnknown,
      renewTrust: async () => ((await this.#renewTrust()) ? this.ledger : null),
      send: async (bytes) => {
        const { token } = await this.session.signIn();
        try {
          return await call('/pos/v1/refunds', { bytes, token, accept: 'application/cbor' });
        } catch (error) {
          if (error instanceof Problem && error.status === 401) this.session.renew();
          throw error;
        }
      },
    });
  }
}
