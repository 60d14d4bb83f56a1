// What the room of redemptions reads: redemptions, batches, standing instructions, direct debits.

import { onEntering } from './place.js';
import { Reading, overview, redemptions } from './state.js';

/** @typedef {'payable' | 'ordered' | 'paid' | 'returned' | 'elsewhere'} PaymentState */
/**
 * @typedef {object} Redemption
 * @property {number} redemption
 * @property {string} account
 * @property {string | null} name
 * @property {string | null} [iban]
 * @property {{by: number, time: number} | null} [iban_changed]
 * @property {number} gross
 * @property {number} fee
 * @property {number} [given]
 * @property {number} net
 * @property {PaymentState} state
 * @property {number} time
 */
/** @typedef {{redemption: number, account: string, name: string | null, iban: string | null, net: number, end_to_end: string, state: PaymentState}} Payment */
/** @typedef {'prepared' | 'waiting' | 'approved' | 'paid' | 'partly' | 'returned' | 'void'} BatchState */
/** @typedef {{number: number, bank: number, total: number, count: number, hash: string, created: number, date: string, by: number, format: string, state: BatchState, sequence: number | null, proposal: string | null, directory_changed: boolean, given_out: {by: number, time: number} | null, payments: Payment[], act: import('./state.js').ActWords}} Payout */
/** @typedef {{number: number, total: number, count: number, hash: string, warnings: {redemption: number, code: string}[], left_out: {redemption: number, code: string}[], act: import('./state.js').ActWords}} Prepared */
/** @typedef {{account: string, name: string | null, keep: number, balance: number, above: number}} Standing */
/** @typedef {{account: string, name: string | null, cents: number, day: number, reference: string, signed: number, used: boolean}} MandateLine */
/** @typedef {{number: number, bank: number, date: string, total: number, count: number, created: number, by: number}} Collection */
/** @typedef {{total: number, members: {account: string, name: string | null, cents: number, until: number}[]}} Exposure */

/** @type {Record<string, 'plain' | 'good' | 'info' | 'warning' | 'danger'>} */
export const PAYMENT_TONES = { payable: 'warning', asked: 'warning', ordered: 'info', paid: 'good', returned: 'danger' };

export const payouts = new Reading(() => '/office/v1/payouts', (answer) => /** @type {Payout[]} */ (answer.payouts));
/** What members said once for all: standing redemptions, and mandates of direct debits. */
export const instructions = new Reading(() => '/office/v1/instructions', (answer) => /** @type {{standing: Standing[], mandates: MandateLine[]}} */ (answer));
export const collections = new Reading(() => '/office/v1/collections', (answer) => /** @type {Collection[]} */ (answer.collections));
export const exposure = new Reading(() => '/office/v1/exposure', (answer) => /** @type {Exposure} */ (answer));

onEntering('redemptions', ([page]) => {
  if (!overview.data.peek()) void overview.refresh();
  for (const reading of page === 'debits' ? [collections, exposure, instructions] : [redemptions, payouts, instructions]) void reading.refresh();
});
