// One request to be paid, from the signature to the proof. The page says "paid" only after the receipt has been
// verified here; the server's word, an event, or the customer's screen are not enough.

import { signal } from '../vendor/signals-core/signals-core.js';
import { Problem, Unreachable, now } from '../kit/api.js';
import { playAttention, playPaid } from '../kit/sound.js';
import { online } from '../kit/ui.js';
import { forgetDraft, formerPaid, keepDraft, keptDraft, taken } from './apart.js';
import { NotProved } from './shop.js';
import { clock, link, refreshDays, shop, training } from './state.js';

/** How often an open request is asked about while events may not come. */
const POLL_MS = 3_000;
const TICK_MS = 1_000;

/** @typedef {import('./shop.js').Charge} Charge */
/** @typedef {import('./shop.js').Request} Request */
/**
 * @typedef {object} Asking
 * @property {number} amount
 * @property {string} reference
 * @property {'asking' | 'failed' | 'apart' | 'practice' | 'practised' | 'taken' | 'open' | 'cancelling' | 'checking' | 'paid' | 'cancelled' | 'expired' | 'not_proved'} step
 * @property {{request: Request, bytes: Uint8Array<ArrayBuffer>, link: string} | null} draft signed here and not yet answered
 * @property {Request | null} request as this till signed it, once the server knows it
 * @property {Request | null} former the request whose place this one took; it may have been paid after all
 * @property {Charge | null} charge as the server last told; what the till signed itself is not taken from there
 * @property {string} link
 * @property {import('./shop.js').Proof | null} proof
 * @property {{sequence: number, time: number, charge: string} | null} short what a short receipt proved, with no network; charge: the request that it paid, hex
 * @property {import('./scanning.js').Aside | null} aside what the customer shows, beside the request
 * @property {unknown} error
 */

/** The request on the counter, if there is one. */
export const asking = signal(/** @type {Asking | null} */ (null));

/** @param {Partial<Asking>} change */
export function update(change) {
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
    if (step === 'apart' && link.value === 'up' && Date.now() - lastPoll >= POLL_MS) void announceApart();
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
  asking.value = { ...NOTHING, amount, reference, step: training.value ? 'practice' : 'asking' };
  if (!training.value) await announce();
}

/** @type {Asking} */
const NOTHING = { amount: 0, reference: '', step: 'asking', draft: null, request: null, former: null, charge: null, link: '', proof: null, short: null, aside: null, error: null };

/** Signs a request and shows it with no network: the server is told when there is one again. */
async function askApart() {
  const reader = shop.value;
  if (!reader || !asking.value) return;
  const { amount, reference, former } = asking.value;
  const draft = await reader.draft(amount, reference, { apart: true });
  await keepDraft(reader.wallet.key, { ...draft, reference, former });
  showApart(draft);
}

/** Asks for the same amount anew, in a request that outlasts a cut: what the customer signed for the one on the counter ends too soon. */
export async function askAnew() {
  const current = asking.value;
  if (!current?.request) return;
  const { request, former } = current;
  update({ former: request });
  try {
    await askApart();
  } catch (error) {
    update({ former, error, aside: null });
  }
}

/** @param {import('./apart.js').Draft} draft */
function showApart(draft) {
  update({ step: 'apart', draft, request: draft.request, charge: null, link: draft.link, aside: null, error: null });
  startTicking();
}

/** Shows again a request that no server knows yet, after the page was loaded again. */
export async function resumeApart() {
  const reader = shop.value;
  const draft = reader && (await keptDraft(reader.wallet.key));
  if (!reader || !draft || asking.value) return;
  // The page went away between taking an order and leaving its request.
  if (taken.value.some(({ request }) => request.id === draft.request.id)) return void (await forgetDraft());
  asking.value = { ...NOTHING, amount: draft.request.amount, reference: draft.reference, former: draft.former ?? null };
  showApart(draft);
}

/** The network is back while the request is still on the counter. */
async function announceApart() {
  lastPoll = Date.now();
  const reader = shop.value;
  const { draft, former } = asking.value ?? {};
  if (!reader || !draft) return;
  try {
    const proof = former && (await formerPaid(former));
    if (proof) {
      if (asking.value?.draft !== draft || asking.value.step !== 'apart') return;
      await forgetDraft();
      return showPaid({ proof });
    }
    const charge = await reader.announce(draft);
    if (asking.value?.draft !== draft || asking.value.step !== 'apart') return;
    await keepDraft(reader.wallet.key, null);
    update({ step: 'open', charge, draft: null });
    refreshDays();
    if (charge.state !== 'open') await learn(charge);
  } catch {
    // The next round tries again.
  }
}

/** Sends the request, the same one when it is a second try. */
export async function announce() {
  const reader = shop.value;
  if (!reader || !asking.value) return;
  const { amount, reference } = asking.value;
  update({ step: 'asking', error: null });
  try {
    if (!online.value || link.value === 'down') return await askApart();
    const draft = asking.value.draft ?? (await reader.draft(amount, reference));
    update({ draft });
    const charge = await reader.announce(draft);
    update({ step: 'open', request: draft.request, charge, draft: null, link: draft.link });
    startTicking();
    refreshDays();
    if (charge.state !== 'open') await learn(charge);
  } catch (error) {
    // No answer at all: without a network there is another way. A server that says no, or not now, is asked again.
    if (error instanceof Unreachable && (await askApart().then(() => true, () => false))) return;
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
    ...NOTHING, amount: request.amount, reference: charge.reference ?? '', step: 'open', request, charge: { ...charge, expires: request.expires }, link: charge.link,
  };
  startTicking();
}

/** News about a request, from an event or an answer. @param {Charge} told */
export async function learn(told) {
  const current = asking.value;
  if (!current?.charge || !current.request || current.request.id !== told.id || ['paid', 'taken', 'not_proved'].includes(current.step)) return;
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
    showPaid({ proof });
  } catch (error) {
    if (!(error instanceof NotProved)) return;
    if (asking.value?.request?.id !== request.id) return;
    update({ step: 'not_proved', error });
    stopTicking();
    playAttention();
  }
}

/** Green: for what was verified here, and for nothing else. @param {Pick<Asking, 'proof'> | Pick<Asking, 'short'>} proof */
export function showPaid(proof) {
  update({ ...proof, step: 'paid', aside: null });
  stopTicking();
  playPaid();
  refreshDays();
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
  const { draft } = asking.value ?? {};
  asking.value = null;
  stopTicking();
  // The draft of a request that was left is of no use; one that was kept for the network is with what was taken.
  const till = shop.value?.wallet.key;
  if (draft && till) void keepDraft(till, null).catch(() => undefined);
}
