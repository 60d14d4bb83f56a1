// What this wallet looks at after its first view is there: whether the register continues what was seen of it, and whether my
// balance is in the published total. The modules for it are loaded then.

import { signal } from '../vendor/signals-core/signals-core.js';
import { moreWords } from '../kit/i18n.js';

/** What shows the findings; null as long as nothing was looked at. */
export const checks = signal(/** @type {typeof import('./counted-view.js') | null} */ (null));

/** Looks now. */
export async function lookAgain() {
  const parts = Promise.all([import('./counted-view.js'), import('./continuity.js'), import('./counted.js')]);
  await moreWords('errors', 'wallet-more');
  const [view, { checkContinuity }, { checkCounted }] = await parts;
  checks.value = view;
  await Promise.all([checkContinuity(), checkCounted()]);
}
