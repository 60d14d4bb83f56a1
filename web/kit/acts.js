// Acts of the association (FORMATS.md): the same table makes words of an act's bytes and bytes of its words. The words are the
// server's: amounts in cents, times in milliseconds, accounts as texts, hashes and keys in hex.

import { decodeAccount, encodeBech32m } from './bech32m.js';
import { hex, unhex } from './hex.js';
import { ACCOUNT_KINDS, KINDS, SCOPES } from './ledger.js';

/** @typedef {import('./cbor.js').Cbor} Cbor */
/** @typedef {import('./cbor.js').CborMap} CborMap */
/** @typedef {Record<string, any> & {kind: string}} ActWords */
/** @typedef {Record<string, any>} Fields words of one place; null where an optional field is absent */
/** @typedef {{read: (value: Cbor, prefix: string) => any, write: (word: any, prefix: string) => Cbor}} Type how one value is told and written */
/**
 * What stands under one key of an act. `read` is given nothing when the key is absent; `write` gives nothing to leave it out.
 * @typedef {{key: number, read: (value: Cbor | undefined, prefix: string) => Fields, write: (words: Fields, prefix: string) => Cbor | undefined}} Place
 */

const MEDIA = { digital: 1, paper: 2 };
const CLASSES = { sight: 1, savings: 2, term: 3 };
const ROLES = { operator: 1, treasurer: 2, board: 4, auditor: 8, sponsor: 16 };

/** @param {unknown} value @returns {number} */
function whole(value) {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new Error('act: not a whole number');
  return value;
}

/** @type {Type} */
const uint = { read: whole, write: whole };

/** @param {number} length @returns {(value: unknown) => Uint8Array} */
const bytesOf = (length) => (value) => {
  if (!(value instanceof Uint8Array) || value.length !== length) throw new Error(`act: not ${length} bytes`);
  return value;
};

/** @type {Type} */
const hash = { read: (value) => hex(bytesOf(32)(value)), write: (word) => bytesOf(32)(unhex(String(word))) };

/** @type {Type} */
const account = {
  read: (value, prefix) => encodeBech32m(prefix, bytesOf(16)(value)),
  write: (word, prefix) => bytesOf(16)(decodeAccount(String(word), prefix)),
};

/** @param {Type} type @returns {Type} */
function listOf(type) {
  /** @param {any} value @returns {any[]} */
  const list = (value) => {
    if (!Array.isArray(value)) throw new Error('act: not a list');
    return value;
  };
  return {
    read: (value, prefix) => list(value).map((item) => type.read(item, prefix)),
    write: (word, prefix) => list(word).map((item) => type.write(item, prefix)),
  };
}

const uints = listOf(uint);

/** @param {Record<string, number>} codes @returns {Type} */
function oneOf(codes) {
  /** @param {(row: [string, number]) => boolean} fits */
  const row = (fits) => {
    const found = Object.entries(codes).find(fits);
    if (!found) throw new Error('act: a code of no meaning');
    return found;
  };
  return { read: (value) => row(([, code]) => code === value)[0], write: (word) => row(([name]) => name === word)[1] };
}

/** @type {Type} */
const roles = {
  read: (value) => {
    if (whole(value) > 31) throw new Error('act: roles');
    return Object.entries(ROLES).filter(([, bit]) => (whole(value) & bit) !== 0).map(([name]) => name);
  },
  write: (word) => /** @type {number[]} */ (listOf(oneOf(ROLES)).write(word, '')).reduce((sum, bit) => sum | bit, 0),
};

/** @param {number} key @param {string} name @param {Type} type @returns {Place} */
function place(key, name, type) {
  return {
    key,
    read: (value, prefix) => ({ [name]: type.read(/** @type {Cbor} */ (value), prefix) }),
    write: (words, prefix) => type.write(words[name], prefix),
  };
}

/** A place that may be empty. @param {number} key @param {string} name @param {Type} type @returns {Place} */
function maybe(key, name, type) {
  return {
    key,
    read: (value, prefix) => ({ [name]: value === undefined ? null : type.read(value, prefix) }),
    write: (words, prefix) => (isNothing(words[name]) ? undefined : type.write(words[name], prefix)),
  };
}

/** @param {number} key @returns {Place} */
function rate(key) {
  return {
    key,
    read: (value, prefix) => {
      const [numerator, denominator, more] = uints.read(/** @type {Cbor} */ (value), prefix);
      if (!denominator || more !== undefined) throw new Error('act: rate');
      return { numerator, denominator };
    },
    write: ({ numerator, denominator }) => [whole(numerator), whole(denominator)],
  };
}

/** A key's scope: a map of its own, whose fields stand beside the others in words. @param {number} key @returns {Place} */
function scope(key) {
  const places = [place(1, 'scope', oneOf(SCOPES)), maybe(2, 'per_payment', uint), maybe(3, 'per_day', uint), maybe(4, 'payee', account)];
  return {
    key,
    read: (value, prefix) => {
      if (!(value instanceof Map)) throw new Error('act: scope');
      return readPlaces(places, value, prefix);
    },
    write: (words, prefix) => writePlaces(places, words, prefix),
  };
}

/** A rate that may be absent, as two numbers with a name of their own. @param {number} key @param {string} name @returns {Place} */
function maybeRate(key, name) {
  const [numerator, denominator] = [`${name}_numerator`, `${name}_denominator`];
  return {
    key,
    read: (value) => {
      if (value === undefined) return { [numerator]: null, [denominator]: null };
      const read = rate(key).read(value, '');
      return { [numerator]: read.numerator, [denominator]: read.denominator };
    },
    write: (words) => (isNothing(words[numerator]) ? undefined : [whole(words[numerator]), whole(words[denominator])]),
  };
}

/** Marginal rates above thresholds: in words a list of three numbers each. @param {number} key @returns {Place} */
function steps(key) {
  return {
    key,
    read: (value, prefix) => ({ steps: value === undefined ? [] : listOf({
      read: (step) => {
        if (!Array.isArray(step) || step.length !== 2) throw new Error('act: step');
        return [whole(step[0]), ...Object.values(rate(key).read(step[1], prefix))];
      },
      write: whole,
    }).read(value, prefix) }),
    write: ({ steps: list }) => (isNothing(list) || list.length === 0 ? undefined
      : list.map((/** @type {number[]} */ [from, numerator, denominator]) => [whole(from), [whole(numerator), whole(denominator)]])),
  };
}

/** The act that a quorum is for, by its code and by its word; 0 stands for every act without one. @param {number} key @returns {Place} */
function actKind(key) {
  return {
    key,
    read: (value) => ({ act: whole(value), act_kind: value === 0 ? null : (KINDS[whole(value)] ?? null) }),
    write: ({ act }) => whole(act),
  };
}

const evidenceOf = (/** @type {number} */ key) => place(key, 'evidence', hash);
const amountOf = (/** @type {number} */ key) => place(key, 'amount', uint);
const bankOf = (/** @type {number} */ key) => place(key, 'bank', uint);
const accountOf = (/** @type {number} */ key) => place(key, 'account', account);
const fund = [bankOf(1), amountOf(2), place(3, 'purpose', uint), evidenceOf(4)];
const creditBack = [place(1, 'credit', hash), amountOf(2), evidenceOf(3)];
const pledge = [place(1, 'medium', oneOf(MEDIA)), amountOf(2), evidenceOf(3)];
const notes = [amountOf(1), evidenceOf(2)];

/** By kind (FORMATS.md). @type {Record<string, Place[]>} */
const ACTS = {
  open_account: [place(1, 'account_kind', oneOf(ACCOUNT_KINDS)), place(2, 'key', hash), place(3, 'level', uint), place(4, 'groups', uints)],
  add_key: [accountOf(1), place(2, 'key', hash), scope(3)],
  revoke_key: [accountOf(1), place(2, 'key', hash)],
  close_account: [accountOf(1)],
  classify_account: [accountOf(1), place(2, 'level', uint), place(3, 'groups', uints)],
  suspend_account: [accountOf(1), place(2, 'reason', uint)],
  resume_account: [accountOf(1)],
  record_credit: [bankOf(1), place(2, 'credit', hash), amountOf(3)],
  convert: [bankOf(1), place(2, 'credit', hash), amountOf(3), accountOf(4)],
  return_credit: creditBack,
  fund_deposit: [...fund, maybe(5, 'account', account)],
  fund_withdrawal: fund,
  bank_return: creditBack,
  bank_fee: [bankOf(1), amountOf(2), evidenceOf(3)],
  sponsor_deposit: [bankOf(1), place(2, 'campaign', uint), amountOf(3), evidenceOf(4)],
  publish_campaign: [
    place(1, 'campaign', uint), place(2, 'version', uint), bankOf(3), rate(4), place(5, 'start', uint), place(6, 'end', uint), place(7, 'budget', uint),
    place(8, 'cap', uint), place(9, 'periods', uints), place(10, 'groups', uints), place(11, 'order', uint), place(12, 'least', uint), place(13, 'most', uint),
    steps(14), maybe(15, 'sponsor', uint),
  ],
  publish_fee: [place(1, 'version', uint), rate(2), place(3, 'least', uint), place(4, 'from', uint), place(5, 'exempt', uints), maybeRate(6, 'given'), maybe(7, 'beneficiary', account)],
  redemption_paid: [place(1, 'redemption', uint), bankOf(2), evidenceOf(3)],
  redemption_returned: [place(1, 'redemption', uint), evidenceOf(2)],
  issue_notes: notes,
  retire_notes: notes,
  fund_move: [place(1, 'bank_out', uint), place(2, 'bank_in', uint), amountOf(3), evidenceOf(4)],
  correct: [place(1, 'sequence', uint), place(2, 'reason', uint)],
  rotate_checkpoint_key: [place(1, 'key', hash)],
  upgrade: [place(1, 'rule_set', uint)],
  appoint_operator: [place(1, 'operator', uint), place(2, 'key', hash), place(3, 'roles', roles)],
  dismiss_operator: [place(1, 'operator', uint)],
  set_quorum: [actKind(1), place(2, 'persons', uint), place(3, 'roles', roles)],
  set_limits: [place(1, 'level', uint), maybe(2, 'per_payment', uint), maybe(3, 'held', uint), maybe(4, 'paid_30_days', uint)],
  add_bank: [bankOf(1), place(2, 'medium', oneOf(MEDIA)), place(3, 'class', oneOf(CLASSES)), place(4, 'iban_hash', hash)],
  pledge,
  release_pledge: pledge,
  sponsor_return: [place(1, 'campaign', uint), amountOf(2), evidenceOf(3)],
  publish_gift: [place(1, 'gift', uint), place(2, 'version', uint), bankOf(3), rate(4), place(5, 'periods', uints), place(6, 'least_members', uint), place(7, 'budget', uint)],
  give_gifts: [place(1, 'gift', uint), place(2, 'period', uint), evidenceOf(3)],
  redeem_standing: [accountOf(1)],
  order_redemptions: [bankOf(1), place(2, 'redemptions', uints), evidenceOf(3)],
  pass_on: [accountOf(1), place(2, 'heir', account), evidenceOf(3)],
};

/** @param {unknown} value */
function isNothing(value) {
  return value === null || value === undefined;
}

/** Every key that is there has its place, so that none goes unread. @param {Place[]} places @param {CborMap} body @param {string} prefix @returns {Fields} */
function readPlaces(places, body, prefix) {
  if ([...body.keys()].some((key) => !places.some((known) => known.key === key))) throw new Error('act: a field that this page does not know');
  return Object.assign({}, ...places.map(({ key, read }) => read(body.get(key), prefix)));
}

/** @param {Place[]} places @param {Fields} words @param {string} prefix @returns {CborMap} */
function writePlaces(places, words, prefix) {
  const rows = places.map(({ key, write }) => [key, write(words, prefix)]).filter(([, value]) => value !== undefined);
  return new Map(/** @type {[number, Cbor][]} */ (rows));
}

/** @param {string} kind */
function placesOf(kind) {
  if (!Object.hasOwn(ACTS, kind)) throw new Error('act: a kind that this page does not know');
  return ACTS[kind];
}

/** An act in the server's manner of words, made from its bytes. @param {number} kind @param {CborMap} body @param {string} prefix @returns {ActWords} */
export function actWords(kind, body, prefix) {
  const name = KINDS[kind] ?? '';
  return { kind: name, ...readPlaces(placesOf(name), body, prefix) };
}

/**
 * The act that these words say: the inverse of `actWords`. Words that say anything beyond it are refused, so that nothing that was
 * shown is missing from what is signed.
 * @param {ActWords} words
 * @param {string} prefix
 * @returns {import('./ledger.js').Payload}
 */
export function encodeAct(words, prefix) {
  const kind = Number(Object.keys(KINDS).find((code) => KINDS[Number(code)] === words.kind));
  const body = writePlaces(placesOf(words.kind), words, prefix);
  if (!sameWords(actWords(kind, body, prefix), words)) throw new Error('act: the words say more than the act can');
  return { kind, body };
}

/** Whether two acts say the same; a field that is nothing says nothing. @param {ActWords} one @param {ActWords} other */
export function sameWords(one, other) {
  /** @param {ActWords} words */
  const plain = (words) => JSON.stringify(Object.entries(words).filter(([, value]) => !isNothing(value)).sort(([a], [b]) => (a < b ? -1 : 1)));
  return plain(one) === plain(other);
}
