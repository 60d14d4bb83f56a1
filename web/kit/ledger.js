// The payloads of the ledger (FORMATS.md, version 1): what members sign, read and written. One function per kind that
// a page makes; one reader for all kinds, so that a receipt can be told in words.

import { decodeCbor, encodeCbor, fields } from './cbor.js';
import { sign1, verifySign1 } from './cose.js';
import { concat, hex, randomBytes, sha256 } from './hex.js';
import { decodeBase64url, encodeBase64url } from './base64url.js';

/** @typedef {import('./cbor.js').Cbor} Cbor */
/** @typedef {import('./cbor.js').CborMap} CborMap */
/** @typedef {{kind: number, body: CborMap}} Payload what a transaction says, before nonce and end of validity */

/** The signature is of a checkpoint key that is not the known one: forged, or the key was changed meanwhile. */
export class UnknownCheckpointKey extends Error {}

/** Kinds by their number. Kinds from 40 on are acts and stand inside a proposal. @type {Record<number, string>} */
export const KINDS = {
  1: 'genesis', 2: 'propose', 3: 'approve', 4: 'refuse',
  10: 'open_account', 11: 'add_key', 12: 'revoke_key', 13: 'close_account',
  20: 'transfer', 21: 'transfers', 22: 'refund', 23: 'redeem', 24: 'choose', 25: 'redeem_above',
  40: 'classify_account', 41: 'suspend_account', 42: 'resume_account', 43: 'record_credit', 44: 'convert',
  45: 'return_credit', 46: 'fund_deposit', 47: 'fund_withdrawal', 48: 'bank_return', 49: 'bank_fee',
  50: 'sponsor_deposit', 51: 'publish_campaign', 52: 'publish_fee', 53: 'redemption_paid', 54: 'redemption_returned',
  55: 'issue_notes', 56: 'retire_notes', 57: 'fund_move', 58: 'correct', 59: 'rotate_checkpoint_key', 60: 'upgrade',
  61: 'appoint_operator', 62: 'dismiss_operator', 63: 'set_quorum', 64: 'set_limits', 65: 'add_bank', 66: 'pledge',
  67: 'release_pledge', 68: 'sponsor_return', 69: 'publish_gift', 70: 'give_gifts', 71: 'redeem_standing', 72: 'order_redemptions',
  73: 'pass_on',
};

export const ACCOUNT_KINDS = { resident: 1, professional: 2, association: 3, public_body: 4 };
export const SCOPES = { full: 1, limited: 2, till: 3, card_service: 4, collect: 5, read: 6 };
const BONUS_REASONS = ['whole', 'member_cap', 'budget', 'sponsor'];

/** @param {[number, Cbor | undefined][]} entries a map without the fields that are absent @returns {CborMap} */
function body(entries) {
  return new Map(/** @type {[number, Cbor][]} */ (entries.filter(([, value]) => value !== undefined)));
}

/** A resident's own account, open to whoever holds the key. @param {Uint8Array} key @returns {Payload} */
export function openAccount(key) {
  return { kind: 10, body: body([[1, ACCOUNT_KINDS.resident], [2, key], [3, 0], [4, []]]) };
}

/**
 * @param {Uint8Array} account
 * @param {Uint8Array} key
 * @param {{scope: keyof typeof SCOPES, perPayment?: number, perDay?: number, payee?: Uint8Array}} scope amounts in cents;
 *   for a till `perDay` is what it may refund in a day
 * @returns {Payload}
 */
export function addKey(account, key, { scope, perPayment, perDay, payee }) {
  const words = body([[1, SCOPES[scope]], [2, perPayment], [3, perDay], [4, payee]]);
  return { kind: 11, body: body([[1, account], [2, key], [3, words]]) };
}

/** @param {Uint8Array} account @param {Uint8Array} key @returns {Payload} */
export function revokeKey(account, key) {
  return { kind: 12, body: body([[1, account], [2, key]]) };
}

/** The end of an account: nothing is left on it. @param {Uint8Array} account @returns {Payload} */
export function closeAccount(account) {
  return { kind: 13, body: body([[1, account]]) };
}

/**
 * @param {{payer: Uint8Array, payee: Uint8Array, amount: number,
 *   charge?: {id: Uint8Array, expires: number}, memo?: Uint8Array}} words amount in cents; memo = its commitment
 * @returns {Payload}
 */
export function transfer({ payer, payee, amount, charge, memo }) {
  const link = charge && [charge.id, charge.expires];
  return { kind: 20, body: body([[1, payer], [2, payee], [3, amount], [4, link], [5, memo]]) };
}

/** All or nothing. @param {Uint8Array} payer @param {{payee: Uint8Array, amount: number}[]} list @returns {Payload} */
export function transfers(payer, list) {
  return { kind: 21, body: body([[1, payer], [2, list.map(({ payee, amount }) => [payee, amount])]]) };
}

/**
 * Gives back to the original payer. `item` is the place in a list of transfers, 0 for a transfer.
 * @param {{account: Uint8Array, original: number, item?: number, amount: number}} words
 * @returns {Payload}
 */
export function refund({ account, original, item = 0, amount }) {
  return { kind: 22, body: body([[1, account], [2, original], [3, item], [4, amount]]) };
}

/** Units back to euros. @param {Uint8Array} account @param {number} amount @returns {Payload} */
export function redeem(account, amount) {
  return { kind: 23, body: body([[1, account], [2, amount]]) };
}

/**
 * The association that the member supports, and a second choice; none: nobody.
 * @param {Uint8Array} account
 * @param {Uint8Array[]} associations at most two, different
 * @returns {Payload}
 */
export function choose(account, associations) {
  return { kind: 24, body: body([[1, account], [2, associations]]) };
}

/**
 * What exceeds `keep` may be redeemed by the association without asking each time; without `keep` nothing may any more.
 * @param {Uint8Array} account a professional's
 * @param {number} [keep] cents, 0 allowed
 * @returns {Payload}
 */
export function redeemAbove(account, keep) {
  return { kind: 25, body: body([[1, account], [2, keep]]) };
}

/** @param {number} actKind @param {CborMap} actBody @returns {Payload} */
export function propose(actKind, actBody) {
  return { kind: 2, body: body([[1, actKind], [2, actBody]]) };
}

/** @param {Uint8Array} proposal 32 bytes @returns {Payload} */
export function approve(proposal) {
  return { kind: 3, body: body([[1, proposal]]) };
}

/** @param {Uint8Array} proposal 32 bytes @returns {Payload} */
export function refuse(proposal) {
  return { kind: 4, body: body([[1, proposal]]) };
}

/** @param {Payload} payload @param {number} validUntil ms @param {Uint8Array} [nonce] 8 bytes */
export function encodeTransaction({ kind, body: words }, validUntil, nonce = randomBytes(8)) {
  return encodeCbor(new Map(/** @type {[number, Cbor][]} */ ([[1, kind], [2, nonce], [3, validUntil], [4, words]])));
}

/**
 * @param {import('./cose.js').Signer} signer
 * @param {Uint8Array} ledger
 * @param {Payload} payload
 * @param {number} validUntil ms
 */
export function signTransaction(signer, ledger, payload, validUntil) {
  return sign1(signer, 'transaction', ledger, encodeTransaction(payload, validUntil));
}

/**
 * A transaction in words. Fields of kinds that pages do not explain stay in `body`.
 * @typedef {object} Words
 * @property {number} kind
 * @property {string} name
 * @property {string} nonce
 * @property {number} validUntil
 * @property {CborMap} body
 * @property {Uint8Array<ArrayBuffer>} [payer]
 * @property {Uint8Array<ArrayBuffer>} [payee]
 * @property {Uint8Array<ArrayBuffer>} [account]
 * @property {Uint8Array<ArrayBuffer>} [key]
 * @property {number} [amount]
 * @property {{id: string, expires: number}} [charge]
 * @property {string} [memo]
 * @property {{payee: Uint8Array<ArrayBuffer>, amount: number}[]} [list]
 * @property {Uint8Array<ArrayBuffer>[]} [associations] those that a member chose, the first choice first
 * @property {number} [keep] what a professional keeps when the rest is redeemed
 * @property {number} [original]
 * @property {number} [item]
 * @property {{kind: number, name: string, body: CborMap}} [act]
 * @property {string} [proposal]
 */

/** @param {Uint8Array} payload @returns {Words} */
export function decodeTransaction(payload) {
  const outer = fields(decodeCbor(payload));
  const kind = outer.uint(1);
  const inner = outer.map(4);
  const field = fields(inner);
  /** @type {Words} */
  const words = {
    kind,
    name: KINDS[kind] ?? `kind_${kind}`,
    nonce: hex(outer.bytes(2, 8)),
    validUntil: outer.uint(3),
    body: inner,
  };
  if (kind === 20) {
    words.payer = field.bytes(1, 16);
    words.payee = field.bytes(2, 16);
    words.amount = field.uint(3);
    if (field.has(4)) {
      const [id, expires] = field.array(4);
      if (!(id instanceof Uint8Array) || typeof expires !== 'number') throw new Error('transaction: charge');
      words.charge = { id: hex(id), expires };
    }
    if (field.has(5)) words.memo = hex(field.bytes(5, 32));
  } else if (kind === 21) {
    words.payer = field.bytes(1, 16);
    words.list = field.array(2).map((pair) => {
      if (!Array.isArray(pair)) throw new Error('transaction: transfers');
      const [payee, amount] = pair;
      if (!(payee instanceof Uint8Array) || typeof amount !== 'number') throw new Error('transaction: transfers');
      return { payee: new Uint8Array(payee), amount };
    });
  } else if (kind === 22) {
    words.account = field.bytes(1, 16);
    words.original = field.uint(2);
    words.item = field.uint(3);
    words.amount = field.uint(4);
  } else if (kind === 23) {
    words.account = field.bytes(1, 16);
    words.amount = field.uint(2);
  } else if (kind === 24) {
    words.account = field.bytes(1, 16);
    words.associations = field.array(2).map((id) => {
      if (!(id instanceof Uint8Array) || id.length !== 16) throw new Error('transaction: choose');
      return new Uint8Array(id);
    });
  } else if (kind === 25) {
    words.account = field.bytes(1, 16);
    if (field.has(2)) words.keep = field.uint(2);
  } else if (kind === 10) {
    words.key = field.bytes(2, 32);
  } else if (kind === 11 || kind === 12) {
    words.account = field.bytes(1, 16);
    words.key = field.bytes(2, 32);
  } else if (kind === 13) {
    words.account = field.bytes(1, 16);
  } else if (kind === 2) {
    const act = field.uint(1);
    words.act = { kind: act, name: KINDS[act] ?? `kind_${act}`, body: field.map(2) };
  } else if (kind === 3 || kind === 4) {
    words.proposal = hex(field.bytes(1, 32));
  }
  return words;
}

/**
 * What the ledger computed when it accepted a transaction.
 * @typedef {object} Outcome
 * @property {Uint8Array<ArrayBuffer>} [opened]
 * @property {number} [units]
 * @property {{campaign: number, version: number, bonus: number, reason: string}[]} bonus
 * @property {number} [leftUnmatched]
 * @property {number} [fee]
 * @property {number} [net]
 * @property {number} [feeVersion]
 * @property {number} [approvals]
 * @property {number} [unitsTakenBack]
 * @property {number} [receivable]
 * @property {number} [eurosFromOwnMoney]
 * @property {number} [sponsorEurosGivenBack]
 * @property {number} [executedProposal] the entry of the proposal that an approval executed
 * @property {{account: Uint8Array<ArrayBuffer>, cents: number, members: number}[]} given what associations got, and for how many
 *   members' sake; 0 for a share of a fee that no choice sent there
 */

/** @param {Cbor} value @returns {Outcome} */
export function decodeOutcome(value) {
  const field = fields(value);
  /** @param {number} key */
  const optional = (key) => (field.has(key) ? field.uint(key) : undefined);
  return {
    opened: field.has(1) ? field.bytes(1, 16) : undefined,
    units: optional(2),
    bonus: !field.has(3) ? [] : field.array(3).map((row) => {
      if (!Array.isArray(row) || row.length !== 4) throw new Error('outcome: bonus');
      const [campaign, version, bonus, reason] = row.map(Number);
      return { campaign, version, bonus, reason: BONUS_REASONS[reason] ?? String(reason) };
    }),
    leftUnmatched: optional(4),
    fee: optional(5),
    net: optional(6),
    feeVersion: optional(7),
    approvals: optional(8),
    unitsTakenBack: optional(9),
    receivable: optional(10),
    eurosFromOwnMoney: optional(11),
    sponsorEurosGivenBack: optional(12),
    executedProposal: optional(13),
    given: !field.has(14) ? [] : field.array(14).map((row) => {
      if (!Array.isArray(row) || row.length !== 3) throw new Error('outcome: given');
      const [account, cents, members] = row;
      if (!(account instanceof Uint8Array) || typeof cents !== 'number' || typeof members !== 'number') throw new Error('outcome: given');
      return { account: new Uint8Array(account), cents, members };
    }),
  };
}

/** The account that a signed `open account` will open. @param {string} transactionId hex @returns {string} hex */
export function accountOpenedBy(transactionId) {
  return transactionId.slice(0, 32);
}

/** The commitment to a memo, and the salt that opens it. @param {string} text @param {Uint8Array} [salt] 16 bytes */
export async function commitMemo(text, salt = randomBytes(16)) {
  return { commitment: await sha256(concat(salt, new TextEncoder().encode(text))), salt: hex(salt), text };
}

/**
 * A request to be paid, signed by a till.
 * @typedef {{payee: Uint8Array<ArrayBuffer>, amount: number, id: Uint8Array<ArrayBuffer>, expires: number,
 *   reference?: string}} Charge
 */

/**
 * @param {import('./cose.js').Signer} signer
 * @param {Uint8Array} ledger
 * @param {Charge} charge
 */
export function signCharge(signer, ledger, { payee, amount, id, expires, reference }) {
  const words = body([[1, payee], [2, amount], [3, id], [4, expires], [5, reference || undefined]]);
  return sign1(signer, 'charge', ledger, encodeCbor(words));
}

/** @param {Uint8Array} bytes @param {Uint8Array} ledger @returns {Promise<Charge & {key: Uint8Array<ArrayBuffer>}>} */
export async function verifyCharge(bytes, ledger) {
  const { key, payload } = await verifySign1(bytes, 'charge', ledger);
  const field = fields(decodeCbor(payload));
  return {
    key,
    payee: field.bytes(1, 16),
    amount: field.uint(2),
    id: field.bytes(3, 16),
    expires: field.uint(4),
    reference: field.has(5) ? field.text(5) : undefined,
  };
}

/**
 * The association's word that a key asks for payments in the name of an account.
 * @param {Uint8Array} bytes
 * @param {Uint8Array} ledger
 * @param {Uint8Array} checkpointKey
 */
export async function verifyCertificate(bytes, ledger, checkpointKey) {
  const { key: issuer, payload } = await verifySign1(bytes, 'certificate', ledger);
  if (hex(issuer) !== hex(checkpointKey)) throw new UnknownCheckpointKey('certificate: not signed by the checkpoint key');
  const field = fields(decodeCbor(payload));
  return { account: field.bytes(1, 16), key: field.bytes(2, 32), name: field.text(3), validUntil: field.uint(4) };
}

/**
 * The association's word on what a key may pay while there is no network. It does not say that an order is covered.
 * @param {Uint8Array} bytes
 * @param {Uint8Array} ledger
 * @param {Uint8Array[]} checkpointKeys those that are believed
 * @returns {Promise<{account: Uint8Array<ArrayBuffer>, key: Uint8Array<ArrayBuffer>, cap: number, validUntil: number}>} cap in cents
 */
export async function verifySpendingCertificate(bytes, ledger, checkpointKeys) {
  const { key: issuer, payload } = await verifySign1(bytes, 'spending', ledger);
  if (!checkpointKeys.some((key) => hex(key) === hex(issuer))) {
    throw new UnknownCheckpointKey('spending certificate: not signed by a checkpoint key');
  }
  const field = fields(decodeCbor(payload));
  return { account: field.bytes(1, 16), key: field.bytes(2, 32), cap: field.uint(3), validUntil: field.uint(4) };
}

/** The fragment of a pay link. @param {Uint8Array} charge @param {Uint8Array} certificate */
export function encodePayLink(charge, certificate) {
  return encodeBase64url(encodeCbor([charge, certificate]));
}

/** @param {string} text the base64url after `#pay=` @returns {{charge: Uint8Array<ArrayBuffer>, certificate: Uint8Array<ArrayBuffer>}} */
export function decodePayLink(text) {
  const pair = decodeCbor(decodeBase64url(text));
  if (!Array.isArray(pair) || pair.length !== 2) throw new Error('pay link: not a pair');
  const [charge, certificate] = pair;
  if (!(charge instanceof Uint8Array) || !(certificate instanceof Uint8Array)) throw new Error('pay link: not bytes');
  return { charge: new Uint8Array(charge), certificate: new Uint8Array(certificate) };
}

/**
 * Why a pay link is refused; the page has a sentence for each.
 * @typedef {'malformed' | 'bad_signature' | 'bad_certificate' | 'other_key' | 'certificate_ended' | 'expired'} PayLinkFault
 */
export class BadPayLink extends Error {
  /** @param {PayLinkFault} fault @param {unknown} [cause] */
  constructor(fault, cause) {
    super(fault, { cause });
    this.fault = fault;
  }
}

/**
 * Everything a payer must know about a request before paying it: signed by the till, named by the association, in time.
 * @param {string} text the base64url after `#pay=`
 * @param {{ledger: Uint8Array, checkpointKey: Uint8Array, now: number}} trust
 */
export async function verifyPayLink(text, { ledger, checkpointKey, now }) {
  /** @template T @param {PayLinkFault} fault @param {() => T | Promise<T>} step @returns {Promise<T>} */
  const orRefuse = async (fault, step) => {
    try {
      return await step();
    } catch (cause) {
      throw new BadPayLink(fault, cause);
    }
  };
  const parts = await orRefuse('malformed', () => decodePayLink(text));
  const charge = await orRefuse('bad_signature', () => verifyCharge(parts.charge, ledger));
  const certificate = await orRefuse('bad_certificate', () => verifyCertificate(parts.certificate, ledger, checkpointKey));
  if (hex(certificate.key) !== hex(charge.key) || hex(certificate.account) !== hex(charge.payee)) {
    throw new BadPayLink('other_key');
  }
  if (certificate.validUntil < now) throw new BadPayLink('certificate_ended');
  if (charge.expires <= now) throw new BadPayLink('expired');
  return { ...charge, name: certificate.name };
}

/** An IBAN as machines write it. @param {string} iban */
export function plainIban(iban) {
  return iban.replace(/\s/g, '').toUpperCase();
}

/**
 * The member's word that a creditor may collect so much on that day of each month.
 * @param {import('./cose.js').Signer} signer
 * @param {Uint8Array} ledger
 * @param {{account: Uint8Array, holder: string, iban: string, creditor: string, amount: number, day: number, time: number}} mandate
 */
export async function signMandate(signer, ledger, { account, holder, iban, creditor, amount, day, time }) {
  const hashed = await sha256(new TextEncoder().encode(plainIban(iban)));
  const words = body([[1, account], [2, holder], [3, hashed], [4, creditor], [5, amount], [6, day], [7, time]]);
  return sign1(signer, 'mandate', ledger, encodeCbor(words));
}

/** @param {import('./cose.js').Signer} signer @param {Uint8Array} ledger @param {Uint8Array} challenge 32 bytes */
export function signChallenge(signer, ledger, challenge) {
  return sign1(signer, 'sign-in', ledger, encodeCbor(new Map([[1, challenge]])));
}
