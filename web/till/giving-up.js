// A sale that is given up: what came in units goes back part by part, and each part leaves the kept sale as soon as its refund is
// proved, so that a tablet that is started again in the middle neither gives back twice nor counts what went back as paid.

import { effect } from '../vendor/signals-core/signals-core.js';
import { taken } from './apart.js';
import { giveBack, refunds } from './refunds.js';
import { clearSale, dropCharge, sale } from './sale.js';
import { shop } from './state.js';

/** @typedef {import('./basket.js').Tender} Tender */
/** @typedef {{tender: Tender, sequence: number, refunded: number}} Back what the ledger holds of a part, and what went back of it already */

/**
 * Where each part in units stands in the ledger. What was taken without network has no entry as long as its order is not answered.
 * @param {Tender[]} tenders
 * @returns {Promise<{back: Back[], gone: Tender[], waiting: Tender[]}>} gone: nothing (any more) to give back; waiting: not known yet
 */
export async function standingOf(tenders) {
  const [back, gone, waiting] = [/** @type {Back[]} */ ([]), /** @type {Tender[]} */ ([]), /** @type {Tender[]} */ ([])];
  for (const tender of tenders.filter(({ means }) => means === 'units')) {
    const order = taken.peek().find(({ request }) => request.id === tender.charge);
    const told = tender.charge === null ? null : await shop.peek()?.charge(tender.charge).catch(() => null);
    const refunded = told?.refunded ?? 0;
    const sequence = tender.sequence ?? order?.sequence ?? told?.sequence ?? null;
    if (order?.state === 'refused' || order?.state === 'late' || refunded >= tender.amount) gone.push(tender);
    else if (sequence === null) waiting.push(tender);
    else back.push({ tender, sequence, refunded });
  }
  return { back, gone, waiting };
}

/**
 * Gives all of it back and ends the sale; stops at the first refund that is not proved.
 * @param {{back: Back[], gone: Tender[]}} standing
 * @returns {Promise<boolean>} whether the sale is over
 */
export async function giveUp({ back, gone }) {
  for (const { charge } of gone) await dropCharge(charge);
  for (const { tender, sequence, refunded } of back) {
    const left = tender.amount - refunded;
    await giveBack({ sequence, amount: tender.amount, refunded }, left);
    if (refunds.peek().get(sequence)?.step !== 'done') return false;
    await dropCharge(tender.charge);
  }
  await clearSale();
  return true;
}

// A refund that had no answer when the page was closed is proved after the next start. A part of which only some went back stays in the
// sale: its ticket says what was paid, and the refund's, written after it, reverses what went back.
effect(() => {
  for (const { sequence, charge, amount } of sale.value.tenders) {
    const refund = sequence === undefined ? undefined : refunds.value.get(sequence);
    if (refund?.step === 'done' && refund.amount === amount) void dropCharge(charge);
  }
});
