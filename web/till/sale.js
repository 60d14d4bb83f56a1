// The sale on the counter. Each change is kept in this browser before anything else follows from it: a tablet that is started again
// in the middle finds the basket, what was paid of it, and the request that was on the screen.

import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { Problem, now } from '../kit/api.js';
import { hex, randomBytes } from '../kit/hex.js';
import { read, remove, write } from '../kit/store.js';
import { ask, asking, resume, resumeApart } from './asking.js';
import { keptDraft, taken } from './apart.js';
import { MOST_TENDERS, dueOf, restOf } from './basket.js';
import { dayOf } from './days.js';
import { locked } from './people.js';
import { link, shop, training } from './state.js';
import { issue } from './trace.js';

/** @typedef {import('./basket.js').Sale} Sale */
/** @typedef {import('./basket.js').Tender} Tender */

/** @returns {Sale} */
const empty = () => ({ id: hex(randomBytes(8)), lines: [], tip: 0, reference: '', tenders: [], asking: false, pending: null, training: training.peek() });

export const sale = signal(empty());

/** The sale that was paid last, as long as it is on the screen, with its ticket if there are tickets. */
export const finished = signal(/** @type {{sale: Sale, ticket: any} | null} */ (null));

/** Why the ticket of a paid sale could not be made: it is tried again. */
export const unticketed = signal(/** @type {unknown} */ (null));

/** Whether the parts are being chosen: the basket does not change any more. */
export const paying = signal(false);

/** @param {string} account */
export const keptSale = (account) => `till-sale:${account}`;

/** @param {Sale} sold */
async function put(sold) {
  // Without anything sold there is nothing to tip for.
  const next = sold.lines.length === 0 && sold.tip > 0 ? { ...sold, tip: 0 } : sold;
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
  unticketed.value = null;
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
  unticketed.value = null;
  return change({ tenders: sale.peek().tenders.filter((_tender, at) => at !== place) });
}

/** A part in units that went back, or never came. @param {string | null} charge */
export function dropCharge(charge) {
  const { tenders } = sale.peek();
  if (charge === null || !tenders.some((one) => one.charge === charge)) return Promise.resolve();
  return change({ tenders: tenders.filter((one) => one.charge !== charge) });
}

/** Play payments and real ones are not on one ticket. */
class MixedTraining extends Error {
  code = 'training_mixed';
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
    const paid = sale.peek();
    if (restOf(paid) !== 0) return;
    if (paid.training !== training.peek()) throw new MixedTraining('paid in training, ended outside of it, or the other way round');
    const ticket = await issue(paid);
    finished.value = { sale: paid, ticket };
    await clearSale();
  } catch (error) {
    unticketed.value = error;
    paying.value = true;
  }
}

/** Asks for a part in units. @param {number} amount never above what is left */
export async function askUnits(amount) {
  if (sale.peek().tenders.length > 0 && sale.peek().training !== training.peek()) {
    unticketed.value = new MixedTraining('a part in training, the next one outside of it, or the other way round');
    return;
  }
  await change({ asking: true, pending: null, training: training.peek() });
  await ask(amount, sale.peek().reference.trim());
}

/** Asks for all of it in units, without a step between. */
export function askAll() {
  return askUnits(dueOf(sale.peek()));
}

/** A sale of which nothing is paid or asked for is a training as long as the till is in one. */
function followTraining() {
  const on = training.peek();
  const { tenders, asking: open, training: was } = sale.peek();
  if (tenders.length === 0 && !open && was !== on) void change({ training: on });
  else if (unticketed.peek() instanceof MixedTraining && was === on && restOf(sale.peek()) === 0) void finish();
}

effect(() => {
  void training.value;
  followTraining();
});

/** Whether a request was on the screen since this page was opened: only then does its going mean anything. */
let asked = false;

/** What becomes of the request on the counter is noted as it happens, not when somebody touches "next". */
function noteAsking() {
  const now = asking.value;
  const current = sale.peek();
  if (now) asked = true;
  const request = now?.request ?? now?.draft?.request;
  // A request that was thought to be lost is on the screen again: it is still of this sale.
  const again = !current.asking && request !== undefined && request.id === current.pending?.id;
  if (!current.asking && !again) return;
  if (!now) {
    if (asked) void change({ asking: false, pending: null });
    return;
  }
  const { step, proof, short } = now;
  if (step === 'paid' || step === 'taken' || step === 'practised') {
    const charge = proof?.facts.words.charge?.id ?? short?.charge ?? request?.id ?? null;
    const sequence = proof?.facts.sequence ?? short?.sequence;
    void addTender({ means: 'units', amount: now.amount, charge, certain: step !== 'taken', ...(sequence === undefined ? {} : { sequence }) });
  } else if (request && (again || request.id !== current.pending?.id)) {
    // Before the server hears of it: a page that is loaded again knows what to ask for.
    void change({ asking: true, pending: pendingOf(request) });
  }
}

effect(noteAsking);

/** @param {import('./asking.js').Request} request */
const pendingOf = ({ id, amount, expires }) => ({ id, amount, expires });

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
  if (asking.peek()) noteAsking();
  await settlePending();
  followTraining();
  if (sale.peek().tenders.length > 0 && restOf(sale.peek()) === 0) await finish();
}

// The network is back, or a cashier whose key asked has signed in: what could not be known can be asked.
effect(() => {
  if (shop.value && !locked() && link.value === 'up' && unsure.peek()) void settlePending();
});

/** @type {Promise<void> | null} */
let settling = null;

/** Finds out whether the request of the sale was paid. */
export function settlePending() {
  settling ??= settleNow().finally(() => { settling = null; });
  return settling;
}

/**
 * The request that a page before this one left on the counter: the draft that no server knows, or what the server has open of this
 * key. Throws without an answer.
 * @param {import('./shop.js').Shop} reader
 */
async function leftOpen(reader) {
  const draft = await keptDraft(reader.wallet.key);
  if (draft) return pendingOf(draft.request);
  const { charges } = await reader.day(dayOf(now()));
  const open = charges.find(({ state, till, expires }) => state === 'open' && till === reader.wallet.key && expires > now());
  return open && open.amount <= restOf(sale.peek()) ? pendingOf(await reader.ownRequest(open)) : null;
}

async function settleNow() {
  const reader = shop.peek();
  const current = sale.peek();
  unsure.value = false;
  if (!reader || !current.asking || asking.peek()) return;
  if (current.training) return void (await change({ asking: false, pending: null }));
  try {
    // Whoever asked has not signed in yet: what their key left is not seen.
    if (locked()) throw new Error('nobody is signed in');
    const draft = await keptDraft(reader.wallet.key);
    const pending = draft ? pendingOf(draft.request) : current.pending ?? (await leftOpen(reader));
    if (sale.peek() !== current || asking.peek()) return;
    if (!pending) return void (await change({ asking: false }));
    const order = taken.peek().find(({ request }) => request.id === pending.id);
    if (order) {
      const sequence = order.kind === 'proved' || order.state === 'confirmed' ? order.sequence : null;
      return void (await addTender({ means: 'units', amount: pending.amount, charge: pending.id, certain: sequence !== null, ...(sequence === null ? {} : { sequence }) }));
    }
    await change({ pending });
    if (draft) return void (await resumeApart());
    await settleCharge(reader, pending);
  } catch {
    unsure.value = true;
  }
}

/** @param {import('./shop.js').Shop} reader @param {NonNullable<Sale['pending']>} pending */
async function settleCharge(reader, pending) {
  const charge = await reader.charge(pending.id).catch(noneAt404);
  if (asking.peek()) return;
  if (charge?.state === 'open') await resume(charge);
  else if (charge && charge.sequence !== null && charge.refunded === 0) {
    const { facts } = await reader.proofOf({ ...pending, payee: reader.accountBytes }, charge);
    await addTender({ means: 'units', amount: pending.amount, charge: pending.id, certain: true, sequence: facts.sequence });
  } else {
    // A request that the server never heard of was not paid either. It stays noted: should it come up again, it is of this sale.
    await change({ asking: false });
  }
}

/** @param {unknown} error @returns {null} */
function noneAt404(error) {
  if (error instanceof Problem && error.status === 404) return null;
  throw error;
}
