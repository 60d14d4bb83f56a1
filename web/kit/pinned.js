// What this browser holds about a ledger from its first contact on: the chain that proves its keys, and its witnesses. The
// chain may grow by what it proves itself; other witnesses count only after a person has accepted them.

import { callBytes } from './api.js';
import { hex, unhex } from './hex.js';
import { BadKeyChain, provedKeys } from './keychain.js';
import { cosigned, witnessPolicy } from './note.js';
import { read, write } from './store.js';

/** @typedef {{witnesses: string[], needed: number}} Witnesses */
/**
 * @typedef {object} Pinned
 * @property {string} ledger hex
 * @property {string} name
 * @property {string} symbol
 * @property {string} prefix
 * @property {Uint8Array<ArrayBuffer>} chain as the server gave it
 * @property {string[]} keys hex, newest last: proved by the chain, or accepted by the person where it has a gap
 * @property {string[]} witnesses verifier keys
 * @property {number} needed
 */
/** @typedef {import('./api.js').LedgerFacts} LedgerFacts */

/** @param {string} ledger */
const placeOf = (ledger) => `pinned:${ledger}`;

/** @param {string} ledger hex @returns {Promise<Pinned | undefined>} */
export function pinnedOf(ledger) {
  return read('settings', placeOf(ledger));
}

/** @param {LedgerFacts} facts @returns {Witnesses} */
function witnessesOf({ witnesses = [], witnesses_needed: needed = 0 }) {
  return { witnesses, needed };
}

/** @param {Witnesses} a @param {Witnesses} b */
function same(a, b) {
  return a.needed === b.needed && a.witnesses.length === b.witnesses.length && a.witnesses.every((one) => b.witnesses.includes(one));
}

/**
 * The keys that may sign for a ledger now. Null when the key in force is not proved, and is not the one that is trusted.
 * @param {LedgerFacts} facts
 * @param {Uint8Array} chain
 * @param {string | undefined} trusted hex: pinned before, or accepted by the person
 */
async function keysOf(facts, chain, trusted) {
  const proved = await provedKeys(chain, unhex(facts.ledger)).catch((fault) => {
    if (fault instanceof BadKeyChain && trusted === facts.checkpoint_key) return { keys: [], gap: true };
    throw fault;
  });
  const keys = proved.keys.map(hex);
  if (keys.at(-1) === facts.checkpoint_key) return keys;
  const accepted = proved.gap && (trusted === undefined || trusted === facts.checkpoint_key);
  return accepted ? [...keys, facts.checkpoint_key] : null;
}

/**
 * Brings what is held up to what the server says, as far as it is proved. `change`: other witnesses, not in force yet.
 * Null when the key in force is not proved.
 * @param {LedgerFacts} facts
 * @param {string} [trusted] hex: the checkpoint key that was pinned or accepted before
 * @param {() => Promise<Uint8Array<ArrayBuffer>>} [readKeys]
 * @returns {Promise<{pinned: Pinned, change: Witnesses | null} | null>}
 */
export async function renewPinned(facts, trusted, readKeys = () => callBytes('/log/keys')) {
  const before = await pinnedOf(facts.ledger);
  const chain = await readKeys();
  const keys = await keysOf(facts, chain, trusted ?? before?.keys.at(-1));
  if (!keys) return null;
  const offered = witnessesOf(facts);
  const { witnesses, needed } = before ?? offered;
  const { ledger, name, symbol, prefix } = facts;
  const pinned = { ledger, name, symbol, prefix, chain, keys, witnesses, needed };
  await write('settings', placeOf(ledger), pinned);
  return { pinned, change: same(pinned, offered) ? null : offered };
}

/** The person accepts other witnesses. @param {Pinned} pinned @param {Witnesses} offered @returns {Promise<Pinned>} */
export async function acceptWitnesses(pinned, { witnesses, needed }) {
  const accepted = { ...pinned, witnesses, needed };
  await write('settings', placeOf(pinned.ledger), accepted);
  return accepted;
}

/** For what the kit verifies. @param {Pinned} pinned */
export function trustOfPinned({ ledger, keys }) {
  return { ledger: unhex(ledger), keys: keys.map(unhex) };
}

/** @typedef {{needed: number, of: number, seen: {name: string, seconds: number}[], final: boolean}} Seen who of the witnesses has signed a checkpoint */

/** @param {string} note @param {Witnesses} pinned @param {{strict?: boolean}} [options] @returns {Promise<Seen>} */
export async function seenBy(note, { witnesses, needed }, options) {
  const policy = await witnessPolicy(witnesses, needed);
  const seen = (await cosigned(note, policy, options)).map(({ witness, seconds }) => ({ name: witness.name, seconds }));
  return { needed, of: policy.witnesses.length, seen, final: needed > 0 && seen.length >= needed };
}
