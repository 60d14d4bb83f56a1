// One member, as the server tells the office.

import { hasWords, t } from '../kit/i18n.js';
import { Reading, place } from './state.js';

/** @typedef {{key: string, scope: string, per_payment?: number | null, per_day?: number | null, payee?: string | null}} MemberKey */
/** @typedef {{number: number, amount: number, reference: string, created: number, expires: number, state: string}} MemberOrder */
/** @typedef {{redemption: number, gross: number, fee: number, net: number, state: string, time: number}} MemberRedemption */
/** @typedef {{sequence: number, time: number, kind: string, change?: number | null, amount?: number | null, words?: any, other?: string | null, name?: string | null}} MemberEntry */
/** @typedef {{by: number, time: number, fields: string[]}} Changed */
/**
 * @typedef {object} Detail
 * @property {string} account
 * @property {string | null} name
 * @property {string | null} trade
 * @property {string | null} contact
 * @property {string | null} iban
 * @property {string} kind
 * @property {string} status
 * @property {number} level
 * @property {number[]} groups
 * @property {number} balance
 * @property {number} receivable
 * @property {{account: string, name: string | null}[]} choices
 * @property {number | null} redeem_above
 * @property {MemberKey[]} keys
 * @property {MemberRedemption[]} redemptions
 * @property {MemberOrder[]} orders
 * @property {{reference: string, holder: string, iban: string, amount?: number, cents?: number, day: number} | null} mandate
 * @property {MemberEntry[]} entries
 * @property {Changed[]} changes
 */

export const detail = new Reading(() => `/office/v1/members/${place.peek()[0]}`, (answer) => /** @type {Detail} */ ({
  choices: [], keys: [], redemptions: [], orders: [], entries: [], changes: [], mandate: null, redeem_above: null, receivable: 0, trade: null, contact: null, iban: null, ...answer,
}));

/** @param {string} prefix @param {string} code */
export const word = (prefix, code) => (hasWords(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : code);

/** What was checked of who somebody is. @param {number} level */
export const levelWords = (level) => (hasWords(`level.${level}`) ? t(`level.${level}`) : t('level.other', { level }));
