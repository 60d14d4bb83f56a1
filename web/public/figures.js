// What the public page knows: the coverage statements, verified in this browser before anything of them is shown, and how it
// stands with the witnesses.

import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { callJson, fetchLedger } from '../kit/api.js';
import { isUnbroken, verifyStatement } from '../kit/coverage.js';
import { renewPinned, trustOfPinned } from '../kit/pinned.js';
import { underAnyKey, verifyCheckpoint } from '../kit/receipt.js';

/** A month of daily statements. */
const SERIES = 31;

/** @typedef {import('../kit/coverage.js').SignedStatement} SignedStatement */
/** @typedef {{as_of: number, members_about: number, shops_about: number, entries: number, checkpoint: string}} Public */
/** @typedef {{name: string, key: string, url: string, size: number | null, time: number | null, problem: string | null}} Witness */
/** @typedef {{needed: number, witnesses: Witness[]}} Witnesses */
/** Newest first. `broken`: the statements do not name each other. @typedef {{state: 'wrong'} | {state: 'verified', statements: SignedStatement[], broken: boolean}} Series */

export const ledger = signal(/** @type {import('../kit/api.js').LedgerFacts | null} */ (null));
export const facts = signal(/** @type {Public | null} */ (null));
export const shops = signal(/** @type {import('../kit/places.js').Shop[] | null} */ (null));
export const series = signal(/** @type {Series | null} */ (null));
export const witnesses = signal(/** @type {Witnesses | null} */ (null));
export const checked = signal(/** @type {{size: number} | 'wrong' | null} */ (null));
export const fault = signal(/** @type {unknown} */ (null));

/** @param {{note: string}[]} notes newest first @param {import('../kit/pinned.js').Pinned} pinned @returns {Promise<Series>} */
async function verified(notes, pinned) {
  try {
    const statements = await Promise.all(notes.map(({ note }) => verifyStatement(note, trustOfPinned(pinned))));
    return { state: 'verified', statements, broken: !isUnbroken(statements) };
  } catch {
    return { state: 'wrong' };
  }
}

/** @param {string} note @param {import('../kit/pinned.js').Pinned} pinned */
async function checkpointOf(note, pinned) {
  const { ledger: id, keys } = trustOfPinned(pinned);
  return underAnyKey(keys, (key) => verifyCheckpoint(note, id, key)).catch(() => /** @type {const} */ ('wrong'));
}

/** Reads everything anew; what was read stays when the server is away. */
export async function load() {
  try {
    const [known, figures, list, page, standing] = await Promise.all([
      fetchLedger(), callJson('/v1/public'), callJson('/v1/shops'), callJson(`/log/coverage?limit=${SERIES}`), callJson('/log/witnesses'),
    ]);
    const pinned = (await renewPinned(known).catch(() => null))?.pinned;
    const statements = pinned ? await verified(page.statements, pinned) : /** @type {Series} */ ({ state: 'wrong' });
    const seal = pinned && figures.checkpoint ? await checkpointOf(figures.checkpoint, pinned) : pinned ? null : /** @type {const} */ ('wrong');
    batch(() => {
      ledger.value = known;
      facts.value = figures;
      shops.value = list.shops;
      series.value = statements;
      witnesses.value = standing;
      checked.value = seal;
      fault.value = null;
    });
  } catch (error) {
    fault.value = error;
  }
}
