// What passes between the till and the screen for customers.

export const CHANNEL = 'liard-till-customer';
/** A screen that hears nothing for three of these shows no code any more. */
export const BEAT_MS = 2_000;

/**
 * What goes through the channel: two tabs, of one till or of two, may speak at once.
 * @typedef {object} Word
 * @property {string} tab
 * @property {number} changed ms; when what it says changed last. 0: it only began
 * @property {Told | null} told
 */

/**
 * Whether the screen goes over to what it hears: it stays with the tab that it follows, until that one goes silent or another has
 * something newer to show. A tab that has nothing to ask takes the screen from nobody.
 * @param {{tab: string, changed: number, heard: number} | null} followed heard: ms
 * @param {Word} word @param {number} now ms
 */
export function follows(followed, word, now) {
  if (!followed || word.tab === followed.tab) return true;
  if (word.told === null) return false;
  return now - followed.heard > 3 * BEAT_MS || (word.told.step !== 'idle' && word.changed > followed.changed);
}

/**
 * @typedef {object} Told
 * @property {'idle' | 'basket' | 'ask' | 'paid' | 'taken' | 'over'} step over: called off, or its time is over
 * @property {number} amount cents
 * @property {number} rest what is still due after this part
 * @property {string} link of the code, while somebody is asked to pay
 * @property {string} reference
 * @property {string} shopName
 * @property {string} symbol
 * @property {boolean} demo
 * @property {boolean} training
 * @property {import('../kit/i18n.js').Language} language
 */
