// What passes between the till and the screen for customers.

export const CHANNEL = 'liard-till-customer';
/** A screen that hears nothing for three of these shows no code any more. */
export const BEAT_MS = 2_000;

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
 * @property {string} language
 */
