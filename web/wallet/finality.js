// From "recorded" to "final for everyone": an entry is final once enough witnesses have signed a published state of the
// register that holds it. The wallet reads the receipt again until that is so, and says nothing that it has not verified.

import { signal } from '../vendor/signals-core/signals-core.js';
import { keepReceipt } from '../kit/outbox.js';
import { seenBy } from '../kit/pinned.js';
import { remember } from './continuity.js';
import { facts, openSession, pinned, proveReceipt, wallet } from './state.js';

/** What a server that names no interval is asked at. */
const PUBLISH_EVERY_MS = 60_000;
const WAIT_LEAST_MS = 1_000;
/** After so many looks the wallet waits for the next visit. */
const MOST_LOOKS = 30;

/** @typedef {import('./receipt-view.js').Shown} Shown */
/** @typedef {{shown: Shown, seen: import('../kit/pinned.js').Seen}} Standing the newest receipt of an entry, and who has seen it */

const standings = signal(/** @type {ReadonlyMap<string, Standing>} */ (new Map()));
/** @type {Set<string>} */
const watched = new Set();

/** @param {Shown} shown @returns {Promise<Standing>} */
async function judge(shown) {
  const held = pinned.value;
  const seen = held ? await seenBy(shown.facts.checkpoint.note, held) : { needed: 0, of: 0, seen: [], final: false };
  const standing = { shown, seen };
  standings.value = new Map(standings.value).set(shown.facts.transaction, standing);
  return standing;
}

/** The receipt of the same entry under what is published now. @param {Shown} shown */
async function readAgain({ facts: { sequence, transaction, words } }) {
  const receipt = await openSession().bytes(`/v1/entries/${sequence}/receipt`);
  const proved = await proveReceipt(receipt);
  if (proved.transaction !== transaction) throw new Error('a receipt of another entry');
  await keepReceipt({ id: transaction, ledger: facts().ledger, account: wallet.value?.account ?? null, sequence, charge: words.charge?.id ?? null, receipt });
  return { facts: proved, receipt };
}

/** @param {Shown} shown */
async function watch(shown) {
  let { seen } = await judge(shown);
  for (let look = 0; seen.needed > 0 && !seen.final && look < MOST_LOOKS; look++) {
    await new Promise((resolve) => setTimeout(resolve, look === 0 ? WAIT_LEAST_MS : Math.max(WAIT_LEAST_MS, facts().publish_every_ms ?? PUBLISH_EVERY_MS)));
    const fresh = await readAgain(shown).catch(() => null);
    if (fresh) ({ seen } = await judge(fresh));
  }
  const final = standings.value.get(shown.facts.transaction);
  if (final?.seen.final) await remember(final.shown.facts.checkpoint.note);
}

/** Where an entry stands; the first question starts the watch. Null while it is being verified. @param {Shown} shown @returns {Standing | null} */
export function standingOf(shown) {
  const id = shown.facts.transaction;
  if (!watched.has(id) && pinned.value) {
    watched.add(id);
    queueMicrotask(() => void watch(shown).catch(() => {}).finally(() => { if (!standings.value.get(id)?.seen.final) watched.delete(id); }));
  }
  return standings.value.get(id) ?? null;
}
