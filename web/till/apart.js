// A till without network: what it remembers to start with, what it took and on what evidence, and how that reaches the ledger once
// the network is back. Kept before it is shown, sent with the same bytes, and certain only with a receipt.

import { computed, signal } from '../vendor/signals-core/signals-core.js';
import { Problem, Unreachable, now } from '../kit/api.js';
import { hex } from '../kit/hex.js';
import { read, readAll, remove, write } from '../kit/store.js';
import { dayOf, isIn } from './days.js';
import { setup } from './setup.js';
import { NotProved } from './shop.js';
import { device, refreshDays, shop } from './state.js';

/** What is settled stays in the list for so long. */
const REMEMBERED_MS = 30 * 24 * 3_600_000;
/** An order that ends sooner is not taken at risk: a cut may last this long, and it would then reach the ledger too late. */
const OUTLASTS_MS = 24 * 3_600_000;
/** After the end of a request that another took the place of: by then the server has read whether it was paid. */
const SURELY_OVER_MS = 60_000;

/** @typedef {import('./shop.js').Request} Request */
/** @typedef {import('../kit/offline-order.js').OfflineOrder} OfflineOrder */
/** @typedef {{request: Request, bytes: Uint8Array<ArrayBuffer>, link: string}} Draft */
/**
 * Something that this till took while it had no network: an order (not certain), or a short receipt (proved).
 * @typedef {object} Taken
 * @property {string} id transaction id, hex
 * @property {string} till key, hex
 * @property {'order' | 'proved'} kind
 * @property {Request} request as this till signed it
 * @property {Uint8Array<ArrayBuffer>} announcement the signed request
 * @property {string} [signer] key of the cashier who signed the request, hex
 * @property {string} reference
 * @property {Uint8Array<ArrayBuffer> | null} order the payer's signed transfer
 * @property {Uint8Array<ArrayBuffer> | null} certificate evidence for the association, with the order
 * @property {string | null} payer key, hex
 * @property {string | null} [account] the payer's, hex: its keys share one cap
 * @property {Request | null} [former] the request whose place this one took: the customer may have paid that one after all
 * @property {boolean} [byFormer] it was the former request that was paid, and this order was not sent
 * @property {number} at ms
 * @property {number} validUntil ms
 * @property {'waiting' | 'confirmed' | 'refused' | 'late'} state
 * @property {number | null} sequence
 * @property {string} [code] of the refusal
 * @property {string} [detail] of the refusal
 */
/** @typedef {'off' | 'over_own_ticket' | 'over_own_day' | 'over_cap' | 'over_day' | 'certificate_ended' | 'ends_soon'} Obstacle */

/** What the shop itself lets its tills take, in cents; null where it leaves that to the association. @type {import('./setup.js').Value} */
const own = setup('limits');

/** The limits that hold at this till, in cents: the shop's own, and the association's above them. */
export function limits() {
  const { per_wallet: wallet = 0, per_till_day: day = 0 } = shop.value?.ledger.offline ?? {};
  const { per_ticket: ownTicket = null, per_day: ownDay = null } = /** @type {{per_ticket?: number | null, per_day?: number | null}} */ (own.value ?? {});
  return { wallet, day, ownTicket, ownDay, ticket: Math.min(wallet, ownTicket ?? wallet), today: Math.min(day, ownDay ?? day) };
}

/** Newest first. */
export const taken = signal(/** @type {Taken[]} */ ([]));

/** What is not certain yet, in cents. */
export const uncertain = computed(() => taken.value.filter(({ kind, state }) => kind === 'order' && state === 'waiting').reduce((sum, { request }) => sum + request.amount, 0));

/** @param {string} id */
const placeOf = (id) => `taken:${id}`;

/** @param {Taken} one */
async function keep(one) {
  await write('offline', placeOf(one.id), one);
  taken.value = [one, ...taken.value.filter(({ id }) => id !== one.id)].sort((a, b) => b.at - a.at);
}

/** Reads what this till took; what was settled long ago is forgotten. @param {string} till key, hex */
export async function loadTaken(till) {
  const all = /** @type {Taken[]} */ (await readAll('offline')).filter((one) => one.till === till);
  const past = all.filter(({ state, at }) => state !== 'waiting' && at + REMEMBERED_MS < now());
  for (const { id } of past) await remove('offline', placeOf(id));
  taken.value = all.filter((one) => !past.includes(one)).sort((a, b) => b.at - a.at);
}

/** Why an order is not to be taken without network; null when it may be. @param {OfflineOrder} order @param {number} [alongside] what the same sale holds already that is not certain, in cents @returns {Obstacle | null} */
export function obstacleTo(order, alongside = 0) {
  const allowed = shop.value?.ledger.offline;
  if (!allowed) return 'off';
  if (order.certified < now()) return 'certificate_ended';
  const { ownTicket, ownDay } = limits();
  if (ownTicket !== null && alongside + order.amount > ownTicket) return 'over_own_ticket';
  const orders = taken.value.filter(({ kind }) => kind === 'order');
  const account = hex(order.payer);
  const ofPayer = orders.filter((one) => one.state === 'waiting' && (one.account ? one.account === account : one.payer === order.key)).reduce((sum, { request }) => sum + request.amount, 0);
  if (ofPayer + order.amount > Math.min(order.cap, allowed.per_wallet)) return 'over_cap';
  const today = dayOf(now());
  const ofDay = orders.filter(({ at }) => isIn(today, at)).reduce((sum, { request }) => sum + request.amount, 0);
  if (ofDay + order.amount > allowed.per_till_day) return 'over_day';
  if (ownDay !== null && ofDay + order.amount > ownDay) return 'over_own_day';
  return Math.min(order.validUntil, order.charge.expires) < now() + OUTLASTS_MS ? 'ends_soon' : null;
}

/** It lies on this device, and whoever was at the till signed its request. */
function takenBy() {
  const [till, signer] = [device.value?.wallet.key ?? '', shop.value?.wallet.key ?? ''];
  return { till, signer };
}

/** Keeps an order that the shop takes at its own risk. @param {Draft} draft @param {string} reference @param {OfflineOrder} order @param {Request | null} former */
export async function takeOrder(draft, reference, order, former) {
  await keep({
    id: order.id, ...takenBy(), kind: 'order', request: draft.request, announcement: draft.bytes, reference, order: order.bytes, certificate: order.certificate,
    payer: order.key, account: hex(order.payer), former, at: now(), validUntil: order.validUntil, state: 'waiting', sequence: null,
  });
  await forgetDraft();
}

/** Keeps that a request was proved to be paid before the server knew it: it still has to be told. @param {Draft} draft @param {string} reference @param {{transaction: string, sequence: number}} proof */
export async function keepProved(draft, reference, { transaction, sequence }) {
  await keep({
    id: transaction, ...takenBy(), kind: 'proved', request: draft.request, announcement: draft.bytes, reference, order: null, certificate: null,
    payer: null, at: now(), validUntil: draft.request.expires, state: 'waiting', sequence,
  });
  await forgetDraft();
  void upload();
}

/** The request has been answered: a page that is loaded again does not show it any more. */
export async function forgetDraft() {
  if (shop.value) await keepDraft(shop.value.wallet.key, null);
}

let uploading = false;

/** It waits, and what it took the place of cannot be paid any more. @param {Taken} one */
const isDue = ({ state, former }) => state === 'waiting' && (!former || former.expires + SURELY_OVER_MS < now());

/** Brings what was taken to the ledger, each once: the request first, so that the payment finds it. */
export async function upload() {
  if (uploading || !device.value || !taken.value.some(isDue)) return;
  uploading = true;
  let told = false;
  try {
    for (const one of taken.value.filter(isDue).reverse()) {
      const after = await settled(one);
      if (!after) break;
      await keep(after);
      told = true;
    }
  } finally {
    uploading = false;
    if (told) refreshDays();
  }
}

/** @param {Taken} one @returns {Promise<Taken | null>} null: no answer now */
async function settled(one) {
  const reader = device.value;
  if (!reader) return null;
  try {
    const paid = one.former && (await formerPaid(one.former));
    if (paid) return { ...one, state: 'confirmed', byFormer: true, sequence: paid.facts.sequence };
    await reader.announce({ bytes: one.announcement, request: one.request, signer: one.signer });
  } catch (error) {
    if (error instanceof Unreachable || !(error instanceof Problem) || error.transient || error.status === 401) return null;
    // A request that is over is announced no more; the order itself still gets its answer.
  }
  if (one.kind === 'proved' || !one.order) return { ...one, state: 'confirmed' };
  return answered(one, one.order, reader);
}

/**
 * Sends an order that was taken, and says what the ledger made of it.
 * @param {Taken} one
 * @param {Uint8Array<ArrayBuffer>} order
 * @param {Pick<import('./shop.js').Shop, 'submitOrder'>} reader
 * @returns {Promise<Taken | null>} null: no answer now
 */
async function answered(one, order, reader) {
  const answer = await reader.submitOrder(order, one.request);
  if (answer.state === 'unknown') return null;
  if (answer.state === 'done') return { ...one, state: 'confirmed', sequence: answer.proof.facts.sequence };
  const late = answer.code === 'expired' || answer.code === 'charge_expired';
  return { ...one, state: late ? 'late' : 'refused', code: answer.code, detail: answer.detail };
}

/**
 * The proof that a request was paid whose place another one took; null when it was not. One that is still open is called off.
 * @param {Request} former
 * @returns {Promise<import('./shop.js').Proof | null>}
 */
export async function formerPaid(former) {
  const reader = device.value;
  if (!reader) return null;
  try {
    const told = await reader.charge(former.id);
    const { state, sequence } = told.state === 'open' ? await reader.cancel(former.id) : told;
    return state === 'paid' || state === 'refunded' ? await reader.proofOf(former, { sequence }) : null;
  } catch (error) {
    // The server never heard of it, or says "paid" and cannot prove it.
    if (error instanceof NotProved || (error instanceof Problem && error.status === 404)) return null;
    throw error;
  }
}

// What the till starts with when nothing answers.

/** @typedef {{ledger: import('../kit/api.js').LedgerFacts, account: string, shopName: string, certificate: {bytes: Uint8Array<ArrayBuffer>, validUntil: number, name: string}, keys: string[]}} Remembered keys: proved checkpoint keys, hex */

/** @param {string} till key, hex */
const rememberedPlace = (till) => `till-remembered:${till}`;

/** @param {string} till @param {Remembered} words */
export function remember(till, words) {
  return write('settings', rememberedPlace(till), words);
}

/** @param {string} till @returns {Promise<Remembered | undefined>} */
export function remembered(till) {
  return read('settings', rememberedPlace(till));
}

/** @typedef {Draft & {reference: string, former?: Request | null}} Kept */

/** The request on the counter that no server knows yet, for a page that is loaded again. @param {string} till @param {Kept | null} draft */
export async function keepDraft(till, draft) {
  await (draft ? write('settings', `till-draft:${till}`, draft) : remove('settings', `till-draft:${till}`));
}

/** @param {string} till @returns {Promise<Kept | null>} */
export async function keptDraft(till) {
  const draft = await read('settings', `till-draft:${till}`);
  return draft && draft.request.expires > now() ? draft : null;
}

// A till that was switched off has no session any more; the customers' orders need none.

/** What a till that was switched off holds and the ledger has not answered; what is proved is paid already. */
export const stranded = computed(() => taken.value.filter(({ kind, state }) => kind === 'order' && state === 'waiting'));

/**
 * Brings the orders that wait to the ledger, the oldest first and without announcing their requests.
 * @param {Pick<import('./shop.js').Shop, 'submitOrder'>} reader
 * @returns {Promise<boolean>} whether each has its answer
 */
export async function uploadOrders(reader) {
  for (const one of [...stranded.value].reverse()) {
    if (!one.order) continue;
    const after = await answered(one, one.order, reader);
    if (!after) return false;
    await keep(after);
  }
  return true;
}
