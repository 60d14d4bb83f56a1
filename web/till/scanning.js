// What a customer shows to the till's camera: the order of a phone without network, or the receipt of a payment that a till
// without network cannot see. Which of the two decides how sure the shop can be, and each ends on a screen of its own.

import { now } from '../kit/api.js';
import { decodeBase64url } from '../kit/base64url.js';
import { UnknownCheckpointKey, decodePayLink } from '../kit/ledger.js';
import { BadOrder, isOrderText } from '../kit/offline-order.js';
import { playAttention } from '../kit/sound.js';
import { asking, showPaid, update } from './asking.js';
import { forgetDraft, keepProved, obstacleTo, takeOrder } from './apart.js';
import { registerPart } from './register-open.js';
import { NotProved, answers } from './shop.js';
import { shop } from './state.js';

/** @typedef {import('../kit/offline-order.js').OfflineOrder} OfflineOrder */
/**
 * @typedef {{name: 'scan', fault: string | null} | {name: 'sending', order: OfflineOrder}
 *   | {name: 'doubt', order: OfflineOrder} | {name: 'hindered', why: string} | {name: 'refused', code: string, detail?: string}} Aside
 */

export function openScan() {
  update({ aside: { name: 'scan', fault: null } });
}

export function closeAside() {
  update({ aside: null });
}

/** What was scanned. @param {string} text @returns {string | null} a fault's name when it is nothing of ours */
export function take(text) {
  const short = /\/verify\/#s=([\w-]+)$/.exec(text);
  if (isOrderText(text)) void takeOrderText(text);
  else if (short) void takeShort(short[1]);
  else return 'not_ours';
  return null;
}

/** @param {string} fault */
function again(fault) {
  playAttention();
  update({ aside: { name: 'scan', fault } });
}

/** @param {string} text */
async function takeOrderText(text) {
  const [reader, request] = [shop.value, asking.value?.request];
  if (!reader || !request) return;
  /** @type {OfflineOrder} */
  let order;
  try {
    order = await reader.readOrder(text);
  } catch (error) {
    again(error instanceof BadOrder ? error.fault : error instanceof UnknownCheckpointKey ? 'bad_certificate' : 'malformed');
    return;
  }
  if (!answers(order, request)) return again('other_request');
  if (order.validUntil < now()) return again('order_ended');
  await send(order);
}

/** With a network the ledger decides at once; without one the shop does. @param {OfflineOrder} order */
async function send(order) {
  const [reader, request] = [shop.value, asking.value?.request];
  if (!reader || !request) return;
  update({ aside: { name: 'sending', order } });
  const answer = await reader.submitOrder(order.bytes, request);
  if (asking.value?.request?.id !== request.id || asking.value.step === 'paid') return;
  if (answer.state === 'done') {
    // The network came back before the server heard of the request: it is told now.
    const { draft, reference } = asking.value;
    if (draft) await keepProved(draft, reference, { transaction: order.id, sequence: answer.proof.facts.sequence });
    return showPaid({ proof: answer.proof });
  }
  playAttention();
  if (answer.state === 'refused') return update({ aside: { name: 'refused', code: answer.code, detail: answer.detail } });
  const why = obstacleTo(order, atRisk());
  update({ aside: why ? { name: 'hindered', why } : { name: 'doubt', order } });
}

/** Tries the network once more before the shop decides. @param {OfflineOrder} order */
export function sendAgain(order) {
  return send(order);
}

/** What the sale that is paid in parts holds already at the shop's risk. */
const atRisk = () => registerPart.value?.atRisk() ?? 0;

/** The shop takes the order at its own risk: kept first, shown then. @param {OfflineOrder} order */
export async function takeAtRisk(order) {
  const current = asking.value;
  if (!current?.request || obstacleTo(order, atRisk())) return;
  const draft = draftOf(current);
  if (!draft) return;
  await takeOrder(draft, current.reference, order, current.former);
  update({ step: 'taken', aside: null, draft: null });
}

/** The signed request: the till's own draft, or the one that its server knows. @param {import('./asking.js').Asking} current @returns {import('./apart.js').Draft | null} */
function draftOf({ draft, request, charge }) {
  if (draft) return draft;
  const text = charge?.link.split('#pay=')[1];
  if (!request || !charge || !text) return null;
  return { request, bytes: decodePayLink(text).charge, link: charge.link };
}

/** @param {string} text base64url of a short receipt */
async function takeShort(text) {
  const [reader, current] = [shop.value, asking.value];
  const request = current?.request;
  if (!reader || !current || !request) return;
  try {
    const bytes = decodeBase64url(text);
    const { former } = current;
    let ofFormer = false;
    const short = await reader.proveShort(bytes, request).catch((error) => {
      if (!former || !(error instanceof NotProved)) throw error;
      ofFormer = true;
      return reader.proveShort(bytes, former);
    });
    if (asking.value?.request?.id !== request.id) return;
    if (ofFormer) await forgetDraft();
    else if (current.draft) await keepProved(current.draft, current.reference, short);
    showPaid({ short: { sequence: short.sequence, time: short.time, charge: ofFormer && former ? former.id : request.id } });
  } catch (error) {
    again(error instanceof NotProved ? 'other_payment' : 'bad_receipt');
  }
}
