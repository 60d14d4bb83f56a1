// The sale on the counter. Each change is kept in this browser before anything else follows from it: a tablet that is started again
// in the middle finds the basket, what was paid of it, and the request that was on the screen.

import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { hex, randomBytes } from '../kit/hex.js';
import { read, remove, write } from '../kit/store.js';
import { ask, asking, resume } from './asking.js';
import { taken } from './apart.js';
import { MOST_TENDERS, dueOf, restOf } from './basket.js';
import { link, shop, training } from './state.js';
import { chainNumber, issue } from './trace.js';

/** @typedef {import('./basket.js').Sale} Sale */
/** @typedef {import('./basket.js').Tender} Tender */

/** @returns {Sale} */
const empty = () => ({ id: hex(randomBytes(8)), lines: [], tip: 0, reference: '', tenders: [], asking: false, pending: null, training: training.peek(), after: null });

export const sale = signal(empty());

/** The sale that was paid last, as long as it is on the screen, with its ticket if there are tickets. */
export const finished = signal(/** @type {{sale: Sale, ticket: any} | null} */ (null));

/** Why the ticket of a paid sale could not be made: it is tried again. */
export const unticketed = signal(/** @type {unknown} */ (null));

/** Whether the parts are being chosen: the basket does not change any more. */
export const paying = signal(false);

/** @param {string} account */
export const keptSale = (account) => `till-sale:${account}`;

/** @param {Sale} next */
async function put(next) {
  sale.value = next;
  const account = shop.peek()?.account;
  if (!account) return;
  const nothing = next.lines.length === 0 && next.tenders.length === 0;
  await (nothing ? remove('settings', keptSale(account)) : write('settings', keptSale(account), next));
}

/** @param {Partial<Sale>} change */
export function change(change) {
  return put({ ...sale.peek(), ...change });
}

/** A new customer. */
export async function clearSale() {
  paying.value = false;
  await put(empty());
}

/** Leaves what was paid; the next customer comes. */
export function leaveFinished() {
  finished.value = null;
}

/** Notes a part that is paid, once. @param {Tender} tender */
export async function addTender(tender) {
  const { tenders } = sale.peek();
  const known = tender.charge !== null && tenders.some(({ charge }) => charge === tender.charge);
  await change({ asking: false, pending: null, tenders: known || tenders.length >= MOST_TENDERS ? tenders : [...tenders, tender] });
  paying.value = true;
  if (restOf(sale.peek()) === 0) await finish();
}

/** Takes back a part in euros that was only noted. @param {number} place */
export function dropTender(place) {
  return change({ tenders: sale.peek().tenders.filter((_tender, at) => at !== place) });
}

/** A part in units that went back, or never came. @param {string | null} charge */
export function dropCharge(charge) {
  const { tenders } = sale.peek();
  if (charge === null || !tenders.some((one) => one.charge === charge)) return Promise.resolve();
  return change({ tenders: tenders.filter((one) => one.charge !== charge) });
}

/** @type {Promise<void> | null} */
let finishing = null;

/** All is paid: the ticket, if this shop makes tickets, and room for the next. */
export function finish() {
  finishing ??= finishNow().finally(() => { finishing = null; });
  return finishing;
}

async function finishNow() {
  unticketed.value = null;
  try {
    if (sale.peek().after === null) await change({ after: await chainNumber() });
    const paid = sale.peek();
    const ticket = await issue(paid);
    finished.value = { sale: paid, ticket };
    await clearSale();
  } catch (error) {
    unticketed.value = error;
  }
}

/** Asks for a part in units. @param {number} amount never above what is left */
export async function askUnits(amount) {
  await change({ asking: true, pending: null });
  await ask(amount, sale.peek().reference.trim());
}

/** Asks for all of it in units, without a step between. */
export function askAll() {
  return askUnits(dueOf(sale.peek()));
}

/** Whether a request was on the screen since this page was opened: only then does its going mean anything. */
let asked = false;

// What becomes of the request on the counter is noted as it happens, not when somebody touches "next".
effect(() => {
  const now = asking.value;
  const current = sale.peek();
  if (now) asked = true;
  if (!current.asking) return;
  if (!now) {
    if (asked) void change({ asking: false, pending: null });
    return;
  }
  const { request, step, proof, short } = now;
  if (step === 'paid' || step === 'taken' || step === 'practised') {
    const charge = proof?.facts.words.charge?.id ?? request?.id ?? null;
    const sequence = proof?.facts.sequence ?? short?.sequence;
    void addTender({ means: 'units', amount: now.amount, charge, certain: step !== 'taken', ...(sequence === undefined ? {} : { sequence }) });
  } else if (request && request.id !== current.pending?.id) {
    void change({ pending: { id: request.id, amount: request.amount, expires: request.expires } });
  }
});

/** Whether the sale found again was paid cannot be known yet. */
export const unsure = signal(false);

/** After a start: the sale as it was left, and what became of the request that was on the screen. */
export async function restoreSale() {
  const reader = shop.peek();
  if (!reader) return;
  const kept = /** @type {Sale | undefined} */ (await read('settings', keptSale(reader.account)));
  if (!kept || shop.peek() !== reader) return;
  sale.value = kept;
  paying.value = kept.tenders.length > 0 || kept.asking;
  await settlePending();
  if (sale.peek().tenders.length > 0 && restOf(sale.peek()) === 0) await finish();
}

// The network is back: what could not be known can be asked.
effect(() => {
  if (link.value === 'up' && unsure.peek()) void settlePending();
});

/** Finds out whether the request of the sale was paid. */
export async function settlePending() {
  const reader = shop.peek();
  const { asking: open, pending } = sale.peek();
  unsure.value = false;
  if (!reader || !open || asking.peek()) return;
  if (sale.peek().training || pending === null) {
    await change({ asking: false, pending: null });
    return;
  }
  const order = taken.peek().find(({ request }) => request.id === pending.id);
  if (order) {
    await addTender({ means: 'units', amount: pending.amount, charge: pending.id, certain: order.kind === 'proved' || order.state === 'confirmed' });
    return;
  }
  try {
    const charge = await reader.charge(pending.id);
    if (charge.state === 'open') {
      if (!asking.peek()) await resume(charge);
    } else if (charge.sequence !== null && charge.refunded === 0) {
      const { facts } = await reader.proofOf({ ...pending, payee: reader.accountBytes }, charge);
      await addTender({ means: 'units', amount: pending.amount, charge: pending.id, certain: true, sequence: facts.sequence });
    } else {
      await change({ asking: false, pending: null });
    }
  } catch (error) {
    // A request that the server never heard of was not paid either, unless this till has it with its draft: it is then on the screen.
    if (error instanceof Problem && error.status === 404) await change({ asking: false, pending: null });
    else unsure.value = true;
  }
}
