// The way into a card payment: its screens and words are loaded when the first card comes.

import { signal } from '../vendor/signals-core/signals-core.js';
import { moreWords } from '../kit/i18n.js';

/** What is shown in the place of the request, while somebody pays by card. @type {import('../vendor/signals-core/signals-core.js').Signal<((now: import('./asking.js').Asking) => unknown) | null>} */
export const cardPart = signal(/** @type {((now: import('./asking.js').Asking) => unknown) | null} */ (null));
/** Why it could not be loaded. */
export const cardFault = signal(/** @type {unknown} */ (null));

export async function openCard() {
  cardFault.value = null;
  try {
    const [{ cardView, begin }] = await Promise.all([import('./card.js'), moreWords('till-cards')]);
    begin();
    cardPart.value = cardView;
  } catch (error) {
    cardFault.value = error;
  }
}
