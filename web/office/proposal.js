// What a proposal really says. An approval signs the id of a proposal, so its words are made here from the very bytes
// that the id is the hash of, under a verified receipt; the server's words only have to agree with them.

import { encodeBech32m } from '../kit/bech32m.js';
import { fields } from '../kit/cbor.js';
import { hex } from '../kit/hex.js';
import { ACCOUNT_KINDS, KINDS, SCOPES } from '../kit/ledger.js';
import { verifyReceipt } from '../kit/receipt.js';

/** @typedef {import('../kit/cbor.js').Cbor} Cbor */
/** @typedef {import('../kit/cbor.js').CborMap} CborMap */
/** @typedef {import('./state.js').ActWords} ActWords */

const MEDIA = { digital: 1, paper: 2 };
const CLASSES = { sight: 1, savings: 2, term: 3 };
const ROLES = { operator: 1, treasurer: 2, board: 4, auditor: 8, sponsor: 16 };

/** What the server showed is not what would be signed: nothing may be signed. */
export class NotTheProposal extends Error {}

/** @param {Record<string, number>} codes @param {number} code */
function wordOf(codes, code) {
  const found = Object.entries(codes).find(([, number]) => number === code);
  if (!found) throw new Error('act: a code of no meaning');
  return found[0];
}

/** @param {number} bits */
function rolesOf(bits) {
  const names = Object.entries(ROLES).filter(([, bit]) => (bits & bit) !== 0);
  if (bits > 31) throw new Error('act: roles');
  return names.map(([name]) => name);
}

/** @param {Cbor} value */
function number(value) {
  if (typeof value !== 'number') throw new Error('act: not a number');
  return value;
}

/** The fields of an act; each that exists has to be asked for, so that none goes unread. @param {CborMap} body @param {string} prefix */
function reader(body, prefix) {
  const field = fields(body);
  /** @type {Set<Cbor>} */
  const asked = new Set();
  /** @template T @param {(key: number) => T} read @returns {(key: number) => T} */
  const noting = (read) => (key) => {
    asked.add(key);
    return read(key);
  };
  /** @template T @param {(key: number) => T} read @returns {(key: number) => T | null} */
  const maybe = (read) => noting((key) => (field.has(key) ? read(key) : null));
  const account = (/** @type {number} */ key) => encodeBech32m(prefix, field.bytes(key, 16));
  return {
    uint: noting(field.uint),
    maybeUint: maybe(field.uint),
    hash: noting((key) => hex(field.bytes(key, 32))),
    account: noting(account),
    maybeAccount: maybe(account),
    numbers: noting((key) => field.array(key).map(number)),
    array: noting(field.array),
    has: field.has,
    map: noting(field.map),
    end: () => {
      if ([...body.keys()].some((key) => !asked.has(key))) throw new Error('act: a field that this page does not know');
    },
  };
}

/** @typedef {ReturnType<typeof reader>} Reader */

/** @param {Reader} f @param {number} key */
function rate(f, key) {
  const [numerator, denominator, more] = f.numbers(key);
  if (!denominator || more !== undefined) throw new Error('act: rate');
  return { numerator, denominator };
}

/** A rate that may be absent. @param {Reader} f @param {number} key */
function maybeRate(f, key) {
  const { numerator, denominator } = f.has(key) ? rate(f, key) : { numerator: null, denominator: null };
  return { given_numerator: numerator, given_denominator: denominator };
}

/** The steps of a campaign: threshold, numerator and denominator of each. @param {Reader} f @param {number} key */
function steps(f, key) {
  return (f.has(key) ? f.array(key) : []).map((step) => {
    const [from, share, more] = Array.isArray(step) ? step : [];
    if (!Array.isArray(share) || share.length !== 2 || more !== undefined) throw new Error('act: steps');
    return [number(from), number(share[0]), number(share[1])];
  });
}

/** @param {Reader} f @param {string} prefix */
function addKey(f, prefix) {
  const scope = reader(f.map(3), prefix);
  const words = { scope: wordOf(SCOPES, scope.uint(1)), per_payment: scope.maybeUint(2), per_day: scope.maybeUint(3), payee: scope.maybeAccount(4) };
  scope.end();
  return { account: f.account(1), key: f.hash(2), ...words };
}

/** By kind (FORMATS.md). @type {Record<string, (f: Reader, prefix: string) => Record<string, unknown>>} */
const ACTS = {
  open_account: (f) => ({ account_kind: wordOf(ACCOUNT_KINDS, f.uint(1)), key: f.hash(2), level: f.uint(3), groups: f.numbers(4) }),
  add_key: addKey,
  revoke_key: (f) => ({ account: f.account(1), key: f.hash(2) }),
  close_account: (f) => ({ account: f.account(1) }),
  classify_account: (f) => ({ account: f.account(1), level: f.uint(2), groups: f.numbers(3) }),
  suspend_account: (f) => ({ account: f.account(1), reason: f.uint(2) }),
  resume_account: (f) => ({ account: f.account(1) }),
  record_credit: (f) => ({ bank: f.uint(1), credit: f.hash(2), amount: f.uint(3) }),
  convert: (f) => ({ bank: f.uint(1), credit: f.hash(2), amount: f.uint(3), account: f.account(4) }),
  return_credit: (f) => ({ credit: f.hash(1), amount: f.uint(2), evidence: f.hash(3) }),
  fund_deposit: (f) => ({ bank: f.uint(1), amount: f.uint(2), purpose: f.uint(3), evidence: f.hash(4), account: f.maybeAccount(5) }),
  fund_withdrawal: (f) => ({ bank: f.uint(1), amount: f.uint(2), purpose: f.uint(3), evidence: f.hash(4) }),
  bank_return: (f) => ({ credit: f.hash(1), amount: f.uint(2), evidence: f.hash(3) }),
  bank_fee: (f) => ({ bank: f.uint(1), amount: f.uint(2), evidence: f.hash(3) }),
  sponsor_deposit: (f) => ({ bank: f.uint(1), campaign: f.uint(2), amount: f.uint(3), evidence: f.hash(4) }),
  publish_campaign: (f) => ({
    campaign: f.uint(1), version: f.uint(2), bank: f.uint(3), ...rate(f, 4), start: f.uint(5), end: f.uint(6), budget: f.uint(7), cap: f.uint(8),
    periods: f.numbers(9), groups: f.numbers(10), order: f.uint(11), least: f.uint(12), most: f.uint(13),
    steps: steps(f, 14), sponsor: f.maybeUint(15),
  }),
  publish_fee: (f) => ({
    version: f.uint(1), ...rate(f, 2), least: f.uint(3), from: f.uint(4), exempt: f.numbers(5), ...maybeRate(f, 6), beneficiary: f.maybeAccount(7),
  }),
  redemption_paid: (f) => ({ redemption: f.uint(1), bank: f.uint(2), evidence: f.hash(3) }),
  redemption_returned: (f) => ({ redemption: f.uint(1), evidence: f.hash(2) }),
  issue_notes: (f) => ({ amount: f.uint(1), evidence: f.hash(2) }),
  retire_notes: (f) => ({ amount: f.uint(1), evidence: f.hash(2) }),
  fund_move: (f) => ({ bank_out: f.uint(1), bank_in: f.uint(2), amount: f.uint(3), evidence: f.hash(4) }),
  correct: (f) => ({ sequence: f.uint(1), reason: f.uint(2) }),
  rotate_checkpoint_key: (f) => ({ key: f.hash(1) }),
  upgrade: (f) => ({ rule_set: f.uint(1) }),
  appoint_operator: (f) => ({ operator: f.uint(1), key: f.hash(2), roles: rolesOf(f.uint(3)) }),
  dismiss_operator: (f) => ({ operator: f.uint(1) }),
  set_quorum: (f) => {
    const act = f.uint(1);
    return { act, act_kind: act === 0 ? null : (KINDS[act] ?? null), persons: f.uint(2), roles: rolesOf(f.uint(3)) };
  },
  set_limits: (f) => ({ level: f.uint(1), per_payment: f.maybeUint(2), held: f.maybeUint(3), paid_30_days: f.maybeUint(4) }),
  add_bank: (f) => ({ bank: f.uint(1), medium: wordOf(MEDIA, f.uint(2)), class: wordOf(CLASSES, f.uint(3)), iban_hash: f.hash(4) }),
  pledge: (f) => ({ medium: wordOf(MEDIA, f.uint(1)), amount: f.uint(2), evidence: f.hash(3) }),
  release_pledge: (f) => ({ medium: wordOf(MEDIA, f.uint(1)), amount: f.uint(2), evidence: f.hash(3) }),
  publish_gift: (f) => ({
    gift: f.uint(1), version: f.uint(2), bank: f.uint(3), ...rate(f, 4), periods: f.numbers(5), least_members: f.uint(6), budget: f.uint(7),
  }),
  give_gifts: (f) => ({ gift: f.uint(1), period: f.uint(2), evidence: f.hash(3) }),
  redeem_standing: (f) => ({ account: f.account(1) }),
  order_redemptions: (f) => ({ bank: f.uint(1), redemptions: f.numbers(2), evidence: f.hash(3) }),
  pass_on: (f) => ({ account: f.account(1), heir: f.account(2), evidence: f.hash(3) }),
  sponsor_return: (f) => ({ campaign: f.uint(1), amount: f.uint(2), evidence: f.hash(3) }),
};

/** An act in the server's manner of words, made from its bytes. @param {number} kind @param {CborMap} body @param {string} prefix @returns {ActWords} */
export function actWords(kind, body, prefix) {
  const name = KINDS[kind] ?? '';
  const make = ACTS[name];
  if (!make) throw new Error('act: a kind that this page does not know');
  const f = reader(body, prefix);
  const words = make(f, prefix);
  f.end();
  return { kind: name, ...words };
}

/** @param {ActWords} words as text, with no field that is nothing, in one order */
function plain(words) {
  return JSON.stringify(Object.entries(words).filter(([, value]) => value !== null && value !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The words of a proposal from its own bytes. Throws `NotTheProposal` unless its receipt proves it, its id is the one
 * that would be signed, and the server's words say the same.
 * @param {{proposal: string, sequence: number, words: ActWords}} proposal as the server tells it
 * @param {object} at
 * @param {(path: string) => Promise<Uint8Array<ArrayBuffer>>} at.read
 * @param {{ledger: Uint8Array, checkpointKey: Uint8Array<ArrayBuffer>}} at.trust
 * @param {string} at.prefix
 * @returns {Promise<ActWords>}
 */
export async function provenWords({ proposal, sequence, words }, { read, trust, prefix }) {
  const bytes = await read(`/v1/entries/${sequence}/receipt`);
  /** @type {ActWords} */
  let proven;
  try {
    const { transaction, words: said } = await verifyReceipt(bytes, trust);
    if (transaction !== proposal || !said.act) throw new Error('a receipt of another entry');
    proven = actWords(said.act.kind, said.act.body, prefix);
  } catch (cause) {
    throw new NotTheProposal('the proposal is not proved', { cause });
  }
  if (plain(proven) !== plain(words)) throw new NotTheProposal('the server shows another act');
  return proven;
}
