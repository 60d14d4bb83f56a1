// What a proposal really says. An approval signs the id of a proposal, so its words are made here from the very bytes
// that the id is the hash of, under a verified receipt; the server's words only have to agree with them.

import { actWords, sameWords } from '../kit/acts.js';
import { verifyReceipt } from '../kit/receipt.js';

/** @typedef {import('../kit/acts.js').ActWords} ActWords */

/** What the server showed is not what would be signed: nothing may be signed. */
export class NotTheProposal extends Error {}

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
  if (!sameWords(proven, words)) throw new NotTheProposal('the server shows another act');
  return proven;
}
