// Checkpoint keys change. A page that was opened before such a change knows the earlier key.

/** @typedef {{ledger: string, checkpoint_key: string, checkpoint_keys?: string[]}} Sealed hex */

/**
 * The new facts of the same ledger, if its list of keys still holds the key that is known here, and a later one in force:
 * keys are only ever added to that list. Null when nothing was rotated, or the list has forgotten the known key.
 * @template {Sealed} T
 * @param {Sealed} known
 * @param {T} offered
 * @returns {T | null}
 */
export function rotated(known, offered) {
  const keys = offered.checkpoint_keys ?? [];
  const before = keys.indexOf(known.checkpoint_key);
  return offered.ledger === known.ledger && before >= 0 && keys.indexOf(offered.checkpoint_key) > before ? offered : null;
}
