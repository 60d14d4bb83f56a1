// One request to be paid, from the signature to the proof. The page says "paid" only after the receipt has been
// verified here; the server's word, an event, or the customer's screen are not enough.

import { signal } from '../vendor/signals-core/signals-core.js';
import { Problem, now } from '../kit/api.js';
import { playAttention, playPaid } from '../kit/sound.js';
import { NotProved } from './shop.js';
import { clock, link, refreshDays, shop } from './state.js';

/** How often an open request is asked about while events may not come. */
const POLL_MS = 3_000;
const TICK_MS = 1_000;

/** @typedef {import('./shop.js').Charge} Charge */
/** @typedef {import('./shop.js').Request} Request */
/**
 * @typedef {object} Asking
 * @property {number} amount
 * @property {string} reference
 * @property {'asking' | 'failed' | 'open' | 'cancelling' | 'checking' | 'paid' | 'cancelled' | 'expired' | 'not_proved'} step
 * @property {{request: Request, bytes: Uint8Array<ArrayBuffer>, link: string} | null} draft signed here and not yet answered
 * @property {Request | null} request as this till signed it, once the server knows it
 * @property {Charge | null} charge as the server last told; what the till signed itself is not taken from there
 * @property {string} link
 * @property {import('./shop.js').Proof | null} proof
 * @property {unknown} error
 */

/** The request on the counter, if there is one. */
export const asking = signal(/** @type {Asking | null} */ (null));

/** @param {Partial<Asking>} change */
function update(change) {
  if (asking.value) asking.value = { ...asking.value, ...change };
}

/** @type {ReturnType<typeof setInterval> | undefined} */
let ticking;
let lastPoll = 0;

function startTicking() {
  clock.value = now();
  lastPoll = Date.now();
  ticking ??= setInterval(() => {
    clock.value = now();
    const { charge, step } = asking.value ?? {};
    if (!charge || !['open', 'checking', 'cancelling'].includes(step ?? '')) return;
    const unsure = link.value !== 'up' || step === 'checking' || clock.value > charge.expires;
    if (unsure && Date.now() - lastPoll >= POLL_MS) void poll();
  }, TICK_MS);
}

function stopTicking() {
  clearInterval(ticking);
  ticking = undefined;
}

/** Asks the server where the request stands. */
export async function poll() {
  lastPoll = Date.now();
  const { charge } = asking.value ?? {};
  const reader = shop.value;
  if (!charge || !reader) return;
  try {
    await learn(await reader.charge(charge.id));
  } catch {
    // The connection state is on the page; the next round asks again.
  }
}

/**
 * Signs a request and shows it once the server knows it: a payment can only then be matched.
 * @param {number} amount
 * @param {string} reference
 */
export async function ask(amount, reference) {
  asking.value = { amount, reference, step: 'asking', draft: null, request: null, charge: null, link: '', proof: null, error: null };
  await announce();
}

/** Sends the request, the same one when it is a second try. */
export async function announce() {
  const reader = shop.value;
  if (!reader || !asking.value) return;
  const { amount, reference } = asking.value;
  update({ step: 'asking', error: null });
  try {
    const draft = asking.value.draft ?? (await reader.draft(amount, reference));
    update({ draft });
    const charge = await reader.announce(draft);
    update({ step: 'open', request: draft.request, charge, draft: null, link: draft.link });
    startTicking();
    refreshDays();
    if (charge.state !== 'open') await learn(charge);
  } catch (error) {
    if (error instanceof Problem && !error.transient) update({ draft: null });
    update({ step: 'failed', error });
  }
}

/** Shows again a request of this till that is still open. @param {Charge} charge */
export async function resume(charge) {
  const reader = shop.value;
  if (!reader) return;
  const request = await reader.ownRequest(charge);
  asking.value = {
    amount: request.amount, reference: charge.reference ?? '', step: 'open', draft: null, request, charge: { ...charge, expires: request.expires },
    link: charge.link, proof: null, error: null,
  };
  startTicking();
}

/** News about a request, from an event or an answer. @param {Charge} told */
export async function learn(told) {
  const current = asking.value;
  if (!current?.charge || !current.request || current.request.id !== told.id || ['paid', 'not_proved'].includes(current.step)) return;
  const news = { ...told, amount: current.request.amount, expires: current.request.expires };
  if (news.state === 'cancelled' || news.state === 'expired') {
    if (current.step === 'checking') return;
    update({ step: news.state, charge: news });
    stopTicking();
    refreshDays();
  } else if (news.state === 'paid' || news.state === 'refunded') {
    await prove(current.request, news);
  }
}

/** @param {Request} request what this till asked for @param {Charge} paid what the server says came of it */
async function prove(request, paid) {
  const reader = shop.value;
  if (!reader) return;
  update({ step: 'checking', charge: paid });
  try {
    const proof = await reader.proofOf(request, paid);
    // Two pieces of news may be proved at once; the request may also have been left meanwhile.
    if (asking.value?.request?.id !== request.id || asking.value.step === 'paid') return;
    update({ step: 'paid', proof });
    stopTicking();
    playPaid();
    refreshDays();
  } catch (error) {
    if (!(error instanceof NotProved)) return;
    if (asking.value?.request?.id !== request.id) return;
    update({ step: 'not_proved', error });
    stopTicking();
    playAttention();
  }
}

/** Looks for the proof once more. */
export async function proveAgain() {
  const { request, charge: paid } = asking.value ?? {};
  if (!request || !paid) return;
  startTicking();
  await prove(request, { ...paid, receipt: undefined });
}

export async function cancel() {
  const { charge } = asking.value ?? {};
  const reader = shop.value;
  if (!charge || !reader) return;
  update({ step: 'cancelling', error: null });
  try {
    const news = await reader.cancel(charge.id);
    if (news.state === 'open') update({ step: 'open' });
    else await learn(news);
  } catch (error) {
    if (asking.value?.step === 'cancelling') update({ step: 'open', error });
    await poll();
  }
}

/** Leaves a request that has come to its end, or was never made. */
export function leave() {
  asking.value = null;
  stopTicking();
}
