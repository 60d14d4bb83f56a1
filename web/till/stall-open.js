// Somebody paid at a sign on a stall: every till of the shop rings. What it shows is loaded when that happens first.

import { signal } from '../vendor/signals-core/signals-core.js';
import { moreWords } from '../kit/i18n.js';

/** What stands above each screen while a payment at a stall is news. @type {import('../vendor/signals-core/signals-core.js').Signal<(() => unknown) | null>} */
export const stallPart = signal(/** @type {(() => unknown) | null} */ (null));

/** @param {import('./shop.js').Charge} told */
export async function ring(told) {
  if (!told.stall || told.state !== 'paid') return;
  const [{ take, newsView }] = await Promise.all([import('./stall-news.js'), moreWords('till-stall')]);
  await take(told);
  stallPart.value = newsView;
}
