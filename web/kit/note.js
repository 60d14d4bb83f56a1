// Signed notes (C2SP signed-note): a text, and under it one line for each signature. The ledger signs checkpoints and
// coverage statements as notes; witnesses put their own lines, with the time, under the same text (tlog-cosignature).

import { decodeBase64, encodeBase64 } from './base64url.js';
import { concat, hex, sameBytes, sha256 } from './hex.js';
import { verify } from './ed25519.js';

/** The kinds of keys that sign notes here. */
export const ED25519 = 1;
export const COSIGNATURE = 4;

/** A coverage statement with 32 banks and all witnesses' lines is far below this. */
const MAX_NOTE_CHARACTERS = 16 * 1024;
/** More lines than witnesses and keys that a ledger can have. */
const MAX_LINES = 64;

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 4;
const TIME_BYTES = 8;

/** @typedef {{name: string, kind: number, key: Uint8Array<ArrayBuffer>, id: Uint8Array<ArrayBuffer>}} VerifierKey */
/** @typedef {{body: string, lines: {name: string, id: Uint8Array, rest: Uint8Array<ArrayBuffer>}[]}} Note a text and its lines, not yet judged */
/** @typedef {{needed: number, witnesses: VerifierKey[]}} WitnessPolicy so many different witnesses must have signed */

/** A line of a known key whose signature is not of this text: somebody changed one of them. */
export class WrongSignature extends Error {}

/** @param {string} text */
const utf8 = (text) => new TextEncoder().encode(text);

/** @param {string} name @param {number} kind @param {Uint8Array} key @returns {Promise<VerifierKey>} */
export async function verifierKey(name, kind, key) {
  if (!/^[^\s+]+$/u.test(name)) throw new Error('verifier key: name');
  if (key.length !== KEY_BYTES) throw new Error('verifier key: key');
  const id = (await sha256(concat(utf8(`${name}\n`), new Uint8Array([kind]), key))).slice(0, KEY_ID_BYTES);
  return { name, kind, key: new Uint8Array(key), id };
}

/** @param {VerifierKey} key */
export function verifierKeyText({ name, kind, key, id }) {
  return `${name}+${hex(id)}+${encodeBase64(concat(new Uint8Array([kind]), key))}`;
}

/** Reads `<name>+<id>+<key>`; the id has to be that of the key. @param {string} text @returns {Promise<VerifierKey>} */
export async function parseVerifierKey(text) {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(text);
  if (!match) throw new Error('verifier key: not one');
  const bytes = decodeBase64(match[3]);
  const parsed = await verifierKey(match[1], bytes[0], bytes.slice(1));
  if (hex(parsed.id) !== match[2]) throw new Error('verifier key: the id is of another key');
  return parsed;
}

/** Takes a note apart; its form alone is judged. @param {string} text @returns {Note} */
export function openNote(text) {
  if (text.length > MAX_NOTE_CHARACTERS) throw new Error('note: too long');
  const split = text.lastIndexOf('\n\n');
  if (split < 0 || !text.endsWith('\n')) throw new Error('note: not a signed note');
  const lines = text.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_LINES) throw new Error('note: too many lines');
  return { body: text.slice(0, split + 1), lines: lines.map(signatureLine) };
}

/** @param {string} line */
function signatureLine(line) {
  const match = /^— ([^\s+]+) ([A-Za-z0-9+/=]+)$/u.exec(line);
  const blob = match ? decodeBase64(match[2]) : new Uint8Array();
  if (!match || blob.length <= KEY_ID_BYTES) throw new Error('note: signature line');
  return { name: match[1], id: blob.slice(0, KEY_ID_BYTES), rest: blob.slice(KEY_ID_BYTES) };
}

/** Whether a line claims to be of a key. @param {Note['lines'][number]} line @param {VerifierKey} key */
function claims(line, key) {
  return line.name === key.name && sameBytes(line.id, key.id);
}

/**
 * When the key has signed the note: seconds for a witness, null for a plain signature; undefined when it has not.
 * @param {Note} note
 * @param {VerifierKey} key
 * @returns {Promise<{seconds: number | null} | undefined>}
 */
export async function signedBy(note, key) {
  const line = note.lines.find((one) => claims(one, key));
  if (!line) return undefined;
  const timed = key.kind === COSIGNATURE;
  if (!timed && key.kind !== ED25519) throw new WrongSignature('note: a kind of key that signs no notes');
  if (line.rest.length !== SIGNATURE_BYTES + (timed ? TIME_BYTES : 0)) throw new WrongSignature('note: signature length');
  const seconds = timed ? Number(new DataView(line.rest.buffer, line.rest.byteOffset).getBigUint64(0)) : null;
  const message = timed ? `cosignature/v1\ntime ${seconds}\n${note.body}` : note.body;
  if (await verify(key.key, utf8(message), line.rest.slice(timed ? TIME_BYTES : 0))) return { seconds };
  throw new WrongSignature('note: the signature is wrong');
}

/**
 * The policy that a ledger names. Keys that stand there twice count once.
 * @param {string[]} keys verifier keys
 * @param {number} needed
 * @returns {Promise<WitnessPolicy>}
 */
export async function witnessPolicy(keys, needed) {
  const parsed = await Promise.all(keys.map(parseVerifierKey));
  if (parsed.some(({ kind }) => kind !== COSIGNATURE)) throw new Error('witness: not a key of a witness');
  const witnesses = parsed.filter(({ key }, at) => parsed.findIndex((other) => sameBytes(other.key, key)) === at);
  return { needed, witnesses };
}

/**
 * The witnesses of a policy that have signed a note, and when. A wrong line of one of them counts for nothing; `strict` refuses
 * the note for it, where somebody wants to know whether it was changed.
 * @param {string} text
 * @param {WitnessPolicy} policy
 * @param {{strict?: boolean}} [options]
 * @returns {Promise<{witness: VerifierKey, seconds: number}[]>}
 */
export async function cosigned(text, { witnesses }, { strict = false } = {}) {
  const note = openNote(text);
  const lines = await Promise.all(witnesses.map(async (witness) => {
    const signed = await signedBy(note, witness).catch((fault) => {
      if (strict) throw fault;
      return undefined;
    });
    return signed && signed.seconds !== null ? [{ witness, seconds: signed.seconds }] : [];
  }));
  return lines.flat();
}
