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
/**
 * @typedef {object} Asking
 * @property {number} amount
 * @property {string} reference
 * @property {'asking' | 'failed' | 'open' | 'cancelling' | 'checking' | 'paid' | 'cancelled' | 'expired' | 'not_proved'} step
 * @property {{id: string, bytes: Uint8Array<ArrayBuffer>, link: string} | null} draft signed here and not yet answered
 * @property {Charge | null} charge as the server last told
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
  asking.value = { amount, reference, step: 'asking', draft: null, charge: null, link: '', proof: null, error: null };
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
    update({ step: 'open', charge, draft: null, link: draft.link });
    startTicking();
    refreshDays();
  } catch (error) {
    if (error instanceof Problem && !error.transient) update({ draft: null });
    update({ step: 'failed', error });
  }
}

/** Shows again a request of this till that is still open. @param {Charge} charge */
export async function resume(charge) {
  const reader = shop.value;
  if (!reader) return;
  const payLink = await reader.ownLink(charge);
  asking.value = {
    amount: charge.amount, reference: charge.reference ?? '', step: 'open', draft: null, charge, link: payLink, proof: null, error: null,
  };
  startTicking();
}

/** News about a request, from an event or an answer. @param {Charge} news */
export async function learn(news) {
  const current = asking.value;
  if (!current?.charge || current.charge.id !== news.id || ['paid', 'not_proved'].includes(current.step)) return;
  if (news.state === 'cancelled' || news.state === 'expired') {
    if (current.step === 'checking') return;
    update({ step: news.state, charge: news });
    stopTicking();
    refreshDays();
  } else if (news.state === 'paid' || news.state === 'refunded') {
    await prove(news);
  }
}

/** @param {Charge} paid */
async function prove(paid) {
  const reader = shop.value;
  if (!reader) return;
  update({ step: 'checking', charge: paid });
  try {
    const proof = await reader.proofOf(paid);
    // Two pieces of news may be proved at once; the request may also have been left meanwhile.
    if (asking.value?.charge?.id !== paid.id || asking.value.step === 'paid') return;
    update({ step: 'paid', proof });
    stopTicking();
    playPaid();
    refreshDays();
  } catch (error) {
    if (!(error instanceof NotProved)) return;
    if (asking.value?.charge?.id !== paid.id) return;
    update({ step: 'not_proved', error });
    stopTicking();
    playAttention();
  }
}

/** Looks for the proof once more. */
export async function proveAgain() {
  const paid = asking.value?.charge;
  if (!paid) return;
  startTicking();
  await prove({ ...paid, receipt: undefined });
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
