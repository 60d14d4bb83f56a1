// The coverage statement: the one place where totals are published. Its lines have one order and one spelling, and a text
// whose lines contradict each other is no statement, whoever signed it.

import { decodeBase64 } from './base64url.js';
import { hex, sha256 } from './hex.js';
import { UnknownCheckpointKey } from './ledger.js';
import { ED25519, openNote, signedBy, verifierKey } from './note.js';
import { originOf } from './receipt.js';

/** Bank accounts that the funds can have in one statement. */
const MOST_BANKS = 32;
/** The tree of liabilities has a power of two of leaves, between these. */
const LEAST_LEAVES = 2 ** 10;
const MOST_LEAVES = 2 ** 32;
const NO_STATEMENT = '00'.repeat(32);

const COUNT = '(0|[1-9][0-9]{0,15})';
const CENTS = '(0|-?[1-9][0-9]{0,15})';
const HASH = '([A-Za-z0-9+/]{43}=)';
const MEDIUM = new RegExp(`^(digital|paper) circulation ${CENTS} cover ${CENTS} in-transit ${CENTS} pledged ${CENTS} payable ${CENTS} fees-due ${CENTS} (surplus|shortfall) ${COUNT}$`);
const BANK = new RegExp(`^bank ([1-9][0-9]{0,9}) (digital|paper) (sight|savings|term) booked ${CENTS} fund ${CENTS} (?:unconfirmed|confirmed ${CENTS} ([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9a-f]{64}))$`);

/** @typedef {'digital' | 'paper'} Medium */
/** @typedef {{circulation: number, cover: number, inTransit: number, pledged: number, payable: number, feesDue: number, surplus: number}} MediumLine cents; a shortfall is a negative surplus */
/** @typedef {{bank: number, medium: Medium, class: 'sight' | 'savings' | 'term', booked: number, fund: number, confirmed: {amount: number, date: string, file: string} | null}} BankLine */
/**
 * @typedef {object} Statement
 * @property {number} number from 1
 * @property {string} previous SHA-256 of the body before, hex
 * @property {number} time ms
 * @property {{size: number, root: Uint8Array<ArrayBuffer>}} checkpoint the ledger's state that was counted
 * @property {Record<Medium, MediumLine>} media
 * @property {BankLine[]} banks
 * @property {{leaves: number, total: number, root: Uint8Array<ArrayBuffer>}} liabilities
 */

/** The text is no statement, or contradicts itself. */
export class BadStatement extends Error {}

/** @type {Medium[]} */
export const MEDIA = ['digital', 'paper'];

/** @param {string | undefined} line @param {RegExp} form @returns {RegExpExecArray} */
function read(line, form) {
  const found = form.exec(line ?? '');
  if (!found) throw new BadStatement(`statement: ${(line ?? 'a line').slice(0, 60)}`);
  return found;
}

/** @param {string} text */
function number(text) {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new BadStatement('statement: a number is too large');
  return value;
}

/** @param {string} text */
function hash(text) {
  const bytes = decodeBase64(text);
  if (bytes.length !== 32) throw new BadStatement('statement: hash');
  return bytes;
}

/** @param {string | undefined} line @param {Medium} medium @returns {MediumLine} */
function mediumLine(line, medium) {
  const [, name, ...rest] = read(line, MEDIUM);
  const [circulation, cover, inTransit, pledged, payable, feesDue] = rest.slice(0, 6).map(number);
  const size = number(rest[7]);
  const surplus = rest[6] === 'surplus' ? size : -size;
  if (name !== medium || (rest[6] === 'shortfall' && size === 0)) throw new BadStatement('statement: medium');
  if (surplus !== cover - circulation) throw new BadStatement('statement: surplus is not cover less circulation');
  if ([circulation, pledged, payable, feesDue].some((cents) => cents < 0) || inTransit !== 0) throw new BadStatement('statement: an amount that cannot be');
  return { circulation, cover, inTransit, pledged, payable, feesDue, surplus };
}

/** @param {string} line @returns {BankLine} */
function bankLine(line) {
  const [, bank, medium, liquidity, booked, fund, amount, date, file] = read(line, BANK);
  if (date !== undefined && !isDay(date)) throw new BadStatement('statement: date');
  const confirmed = file === undefined ? null : { amount: number(amount), date, file };
  return { bank: number(bank), medium: /** @type {Medium} */ (medium), class: /** @type {BankLine['class']} */ (liquidity), booked: number(booked), fund: number(fund), confirmed };
}

/** @param {string} date */
function isDay(date) {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
}

/** What the lines say together has to be one story. @param {Statement} statement */
function agree({ number: statement, previous, checkpoint, media, banks, liabilities }) {
  if ((statement === 1) !== (previous === NO_STATEMENT)) throw new BadStatement('statement: only the first has none before it');
  const { leaves } = liabilities;
  if (checkpoint.size === 0 || leaves < LEAST_LEAVES || leaves > MOST_LEAVES || !Number.isInteger(Math.log2(leaves))) throw new BadStatement('statement: size');
  banks.forEach(({ bank, booked, fund }, at) => {
    if (at > 0 && bank <= banks[at - 1].bank) throw new BadStatement('statement: banks not ascending');
    if (fund > booked) throw new BadStatement('statement: more of the fund than is booked');
  });
  for (const medium of MEDIA) {
    const { cover, pledged, payable, feesDue } = media[medium];
    const fund = banks.filter((bank) => bank.medium === medium).reduce((sum, bank) => sum + bank.fund, 0);
    if (fund !== cover + pledged + payable + feesDue) throw new BadStatement('statement: the banks’ funds are not what covers');
  }
  if (liabilities.total !== media.digital.circulation) throw new BadStatement('statement: the balances are not the circulation');
}

/** Reads a statement's body; throws unless every line is as it must be. @param {string} body @param {Uint8Array} ledger @returns {Statement} */
export function parseStatement(body, ledger) {
  if (!body.endsWith('\n')) throw new BadStatement('statement: end');
  const lines = body.slice(0, -1).split('\n');
  if (lines.length < 8 || lines.length > 8 + MOST_BANKS) throw new BadStatement('statement: lines');
  if (lines[0] !== `${originOf(ledger)}/coverage`) throw new BadStatement('statement: of another ledger');
  const [, size, root] = read(lines[4], new RegExp(`^checkpoint ${COUNT} ${HASH}$`));
  const [, leaves, total, sumRoot] = read(lines.at(-1), new RegExp(`^liabilities ${COUNT} ${COUNT} ${HASH}$`));
  /** @type {Statement} */
  const statement = {
    number: number(read(lines[1], /^statement ([1-9][0-9]{0,15})$/)[1]),
    previous: hex(hash(read(lines[2], new RegExp(`^previous ${HASH}$`))[1])),
    time: number(read(lines[3], new RegExp(`^time ${COUNT}$`))[1]),
    checkpoint: { size: number(size), root: hash(root) },
    media: { digital: mediumLine(lines[5], 'digital'), paper: mediumLine(lines[6], 'paper') },
    banks: lines.slice(7, -1).map(bankLine),
    liabilities: { leaves: number(leaves), total: number(total), root: hash(sumRoot) },
  };
  agree(statement);
  return statement;
}

/** @typedef {Statement & {hash: string, note: string}} SignedStatement `hash`: SHA-256 of the body, hex */

/**
 * A statement that one of the proved checkpoint keys has signed.
 * @param {string} text the note
 * @param {{ledger: Uint8Array, keys: Uint8Array<ArrayBuffer>[]}} trust
 * @returns {Promise<SignedStatement>}
 */
export async function verifyStatement(text, { ledger, keys }) {
  const note = openNote(text);
  const statement = parseStatement(note.body, ledger);
  const name = `${originOf(ledger)}/coverage`;
  for (const key of [...keys].reverse()) {
    if (await signedBy(note, await verifierKey(name, ED25519, key))) {
      return { ...statement, hash: hex(await sha256(new TextEncoder().encode(note.body))), note: text };
    }
  }
  throw new UnknownCheckpointKey('statement: signed by none of the proved keys');
}

/** What is missing over both media, in cents; 0 when every unit is covered. @param {Statement} statement */
export function shortfallOf({ media }) {
  return MEDIA.reduce((sum, medium) => sum + Math.max(0, -media[medium].surplus), 0);
}

/** Whether statements, newest first, name each other without a gap. @param {SignedStatement[]} series */
export function isUnbroken(series) {
  return series.every((statement, at) => {
    const before = series[at + 1];
    return !before || (statement.previous === before.hash && statement.number === before.number + 1 && statement.time >= before.time && statement.checkpoint.size >= before.checkpoint.size);
  });
}
