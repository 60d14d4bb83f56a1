// From the ledger's id to the keys that sign its checkpoints: the genesis names the first key, and each later one stands in
// an act of the association that the key before has sealed. So a changed key is proved, and a server's word is not needed.

import { decodeCbor, fields } from './cbor.js';
import { decodeSign1, transactionId, verifySign1 } from './cose.js';
import { hex, sameBytes } from './hex.js';
import { decodeTransaction } from './ledger.js';
import { verifyReceipt } from './receipt.js';

/** A ledger that changed its key each month would take eighty years to fill this. */
const MAX_ROTATIONS = 1_000;
const GENESIS = 1;
const PROPOSE = 2;
const APPROVE = 3;
const ROTATE = 59;
const GENESIS_KEY_FIELD = 4;

/** @typedef {Uint8Array<ArrayBuffer>} Key */
/** @typedef {{keys: Key[], gap: boolean}} ProvedKeys newest last; `gap`: a later change cannot be proved, its sealing key was lost */

/** The chain says something that is not so. */
export class BadKeyChain extends Error {
  /** The catalogue has a sentence for it. */
  code = 'bad_key_chain';
}

/** The first key: in the genesis, whose transaction id is the ledger's id. @param {unknown} entry @param {Uint8Array} ledger @returns {Promise<Key>} */
async function genesisKey(entry, ledger) {
  const parts = entry instanceof Uint8Array ? decodeCbor(entry) : null;
  if (!Array.isArray(parts) || parts.length !== 4 || parts[0] !== 0 || !(parts[2] instanceof Uint8Array)) throw new BadKeyChain('genesis: entry');
  const noLedger = new Uint8Array(32);
  if ((await transactionId(parts[2], noLedger)) !== hex(ledger)) throw new BadKeyChain('genesis: of another ledger');
  await verifySign1(parts[2], 'transaction', noLedger);
  const { kind, body } = decodeTransaction(decodeSign1(parts[2]).payload);
  if (kind !== GENESIS) throw new BadKeyChain('genesis: not one');
  return fields(body).bytes(GENESIS_KEY_FIELD, 32);
}

/** The key that a proposal to rotate names. @param {import('./receipt.js').Facts} facts @returns {Key} */
function proposedKey({ words }) {
  if (words.kind !== PROPOSE || words.act?.kind !== ROTATE) throw new BadKeyChain('rotation: another act');
  return fields(words.act.body).bytes(1, 32);
}

/**
 * The next key, and the entry that put it into force: proposed and executed in one, or executed by an approval of the proposal.
 * @param {import('./cbor.js').Cbor} rotation
 * @param {{ledger: Uint8Array, checkpointKey: Key}} trust
 */
async function nextKey(rotation, trust) {
  const field = fields(rotation);
  const executed = await verifyReceipt(field.bytes(1), trust);
  if (executed.outcome.approvals !== undefined) throw new BadKeyChain('rotation: not executed');
  if (executed.words.kind === PROPOSE && !field.has(2)) return { key: proposedKey(executed), sequence: executed.sequence };
  if (executed.words.kind !== APPROVE) throw new BadKeyChain('rotation: another act');
  const proposal = await verifyReceipt(field.bytes(2), trust);
  const names = executed.outcome.executedProposal === proposal.sequence && executed.words.proposal === proposal.transaction;
  if (!names || proposal.sequence >= executed.sequence) throw new BadKeyChain('rotation: another proposal');
  return { key: proposedKey(proposal), sequence: executed.sequence };
}

/** @param {Uint8Array} bytes @param {Uint8Array} ledger @returns {Promise<ProvedKeys>} */
async function followChain(bytes, ledger) {
  const chain = decodeCbor(bytes, { nulls: true });
  if (!Array.isArray(chain) || chain.length < 1 || chain.length > MAX_ROTATIONS) throw new BadKeyChain('key chain: length');
  const [genesis, ...rotations] = chain;
  const keys = [await genesisKey(genesis, ledger)];
  let latest = 0;
  for (const rotation of rotations) {
    if (rotation === null) return { keys, gap: true };
    const { key, sequence } = await nextKey(rotation, { ledger, checkpointKey: /** @type {Key} */ (keys.at(-1)) });
    if (sequence <= latest || keys.some((known) => sameBytes(known, key))) throw new BadKeyChain('rotation: repeats an earlier one');
    keys.push(key);
    latest = sequence;
  }
  return { keys, gap: false };
}

/**
 * The checkpoint keys that a chain proves for a ledger; a `BadKeyChain` when it proves nothing.
 * @param {Uint8Array} bytes as `/log/keys` serves them
 * @param {Uint8Array} ledger 32 bytes
 * @returns {Promise<ProvedKeys>}
 */
export async function provedKeys(bytes, ledger) {
  try {
    return await followChain(bytes, ledger);
  } catch (cause) {
    throw cause instanceof BadKeyChain ? cause : new BadKeyChain('key chain: not proved', { cause });
  }
}

/** @typedef {{ledger: string, checkpoint_key: string}} Sealed hex */

/**
 * The new facts of the same ledger, when the chain proves that their checkpoint key came after the known one. Null else.
 * @template {Sealed} T
 * @param {Sealed} known
 * @param {T} offered
 * @param {ProvedKeys} proved for this ledger
 * @returns {T | null}
 */
export function rotated(known, offered, { keys }) {
  const order = keys.map(hex);
  const before = order.indexOf(known.checkpoint_key);
  const later = before >= 0 && order.indexOf(offered.checkpoint_key) > before;
  return offered.ledger === known.ledger && later ? offered : null;
}
