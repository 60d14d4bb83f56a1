// One member, as the server tells the office.

import { hasWords, t } from '../kit/i18n.js';
import { Reading, place } from './state.js';

/** @typedef {{key: string, scope: string, spent_today: number, from: number, label: string | null, per_payment?: number | null, per_day?: number | null, payee?: string | null}} MemberKey */
/** @typedef {{number: number, amount: number, reference: string, created: number, expires: number, state: string}} MemberOrder */
/** @typedef {{redemption: number, gross: number, fee: number, net: number, state: string, time: number}} MemberRedemption */
/** @typedef {{sequence: number, time: number, kind: string, amount: number, counterparty: string | null, counterparty_name: string | null, act: import('./state.js').ActWords | null}} MemberEntry */
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
 * @property {{per_payment: number | null, held: number | null, paid_30_days: number | null, paid: number}} limits
 * @property {number | null} chosen_first how many chose this association first
 * @property {number | null} redeem_above
 * @property {MemberKey[]} keys
 * @property {MemberRedemption[]} redemptions
 * @property {MemberOrder[]} orders
 * @property {{reference: string, holder: string | null, iban: string | null, amount: number, day: number, revoked: number | null} | null} mandate
 * @property {MemberEntry[]} entries
 * @property {Changed[]} changes
 */

export const detail = new Reading(() => `/office/v1/members/${place.peek()[0]}`, (answer) => /** @type {Detail} */ ({
  choices: [], keys: [], redemptions: [], orders: [], entries: [], changes: [], mandate: null, ...answer,
}));

/** @param {string} prefix @param {string} code */
export const word = (prefix, code) => (hasWords(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : code);

/** What was checked of who somebody is. @param {number} level */
export const levelWords = (level) => (hasWords(`level.${level}`) ? t(`level.${level}`) : t('level.other', { level }));
