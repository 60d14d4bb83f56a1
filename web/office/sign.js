// Signing at this desk: what is asked of the association is shown in words, signed with this browser's key one after the other,
// kept before it is sent, sent again with the same bytes while no answer comes, and told as done only by a verified receipt.

import { computed, signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { encodeAct } from '../kit/acts.js';
import { t } from '../kit/i18n.js';
import { signer } from '../kit/keys.js';
import { propose } from '../kit/ledger.js';
import { dismiss, endOf, outboxOf, postUntilAnswered, prepare } from '../kit/outbox.js';
import { closeDialog, openDialog, toast } from '../kit/ui.js';
import { roundView } from './sign-view.js';
import { desk, refreshAll } from './state.js';

/** @typedef {import('../kit/acts.js').ActWords} ActWords */
/** @typedef {import('../kit/outbox.js').Sent} Sent */
/** @typedef {{kind: 'propose' | 'approve' | 'refuse', act: ActWords, proposal?: string}} About kept beside the bytes, so that they can be told in words later */
/** @typedef {{payload: import('../kit/ledger.js').Payload, about: About}} Order */
/**
 * What became of one order. `executed`: the act happened; `waits`: other persons have to sign too; `open`: nobody knows yet, and
 * the same bytes can be sent again; `stopped`: it was not signed.
 * @typedef {{about: About, sent?: Sent} & ({step: 'ready' | 'sending' | 'unknown' | 'open' | 'bad_receipt' | 'stopped'}
 *   | {step: 'refused', error: unknown}
 *   | {step: 'executed' | 'waits', sequence: number, transaction: string})} Signed
 */
/**
 * @typedef {object} Round orders that are signed together
 * @property {'asking' | 'signing' | 'ended'} phase
 * @property {Signed[]} lines
 * @property {Wording} wording
 */
/**
 * How the page asks. What is left out is said in general words.
 * @typedef {object} Wording
 * @property {string} [title]
 * @property {unknown} [text] stands above the acts
 * @property {string} [confirm]
 * @property {boolean} [danger]
 */

/** @type {import('../vendor/signals-core/signals-core.js').Signal<Round | null>} */
const round = signal(/** @type {Round | null} */ (null));
/** Whether the round has a dialog on the screen. */
const shown = signal(false);
let reopen = () => {};
/** A round that goes on behind the page: how far it is. */
export const behind = computed(() => (round.value?.phase === 'signing' && !shown.value
  ? { done: round.value.lines.filter(({ step }) => !['ready', 'sending', 'unknown'].includes(step)).length, all: round.value.lines.length } : null));
/** What this key signed in an earlier visit and has no answer to. */
export const openOrders = signal(/** @type {Sent[]} */ ([]));
let stop = new AbortController();
/** Steps from which an order can be signed or sent. @type {Signed['step'][]} */
const STARTS = ['ready', 'open', 'stopped', 'bad_receipt'];

/** @param {number} index @param {Partial<Signed> & {step: Signed['step']}} change */
function note(index, change) {
  if (!round.value) return;
  const lines = round.value.lines.map((line, at) => (at === index ? /** @type {Signed} */ ({ about: line.about, sent: line.sent, ...change }) : line));
  round.value = { ...round.value, lines };
}

/** Whether it came to an end that nobody has to look after. @param {Signed} line */
export function isDone({ step }) {
  return step === 'executed' || step === 'waits';
}

/**
 * Signs one order and follows it to its answer.
 * @param {import('./state.js').Desk} at
 * @param {number} index
 * @param {Order | null} order none where its bytes were signed before
 */
async function signOne(at, index, order) {
  note(index, { step: 'sending' });
  const end = await endOf(async () => {
    const known = round.value?.lines[index].sent;
    const sent = known ?? (order && (await prepare(signer(at.wallet), at.ledger, order.payload, { account: null, about: order.about })));
    if (!sent) throw new Error('nothing to send');
    note(index, { step: 'sending', sent });
    return postUntilAnswered(sent, at.ledger, { onUnknown: () => note(index, { step: 'unknown' }), signal: stop.signal });
  });
  const { sent } = round.value?.lines[index] ?? {};
  switch (end.state) {
    case 'done':
      note(index, { step: end.facts.outcome.approvals === undefined ? 'executed' : 'waits', sequence: end.facts.sequence, transaction: end.facts.transaction });
      break;
    case 'refused':
      // A refusal is final for its bytes: nothing is left to ask for.
      if (sent) await dismiss(sent).catch(() => {});
      note(index, { step: 'refused', error: new Problem({ status: 409, code: end.code, detail: end.detail }) });
      break;
    case 'not_sent':
      note(index, { step: 'refused', error: end.error });
      break;
    case 'bad_receipt':
      note(index, { step: 'bad_receipt' });
      break;
    case 'unknown':
      note(index, { step: 'open' });
  }
}

/** @param {(Order | null)[]} orders beside the lines of the round */
async function signAll(orders) {
  const at = desk.peek();
  const asked = round.peek();
  if (!at || !asked) return;
  stop = new AbortController();
  round.value = { ...asked, phase: 'signing' };
  for (const [index, order] of orders.entries()) {
    if (!STARTS.includes(asked.lines[index].step)) continue;
    // Who leaves the desk, or asks to stop, signs nothing further.
    if (stop.signal.aborted || desk.peek() !== at) note(index, { step: 'stopped' });
    else await signOne(at, index, order);
  }
  // Told last: one act that went well closes the dialog in the same moment, and no page flashes up under somebody's finger.
  await readOpenOrders().finally(() => {
    if (round.value) round.value = { ...round.value, phase: 'ended' };
  });
  refreshAll();
}

/** The round on the screen, and with it what its dialog can do. @param {() => void} go @param {() => void} again @param {() => void} closed */
function showRound(go, again, closed) {
  const stopSigning = () => stop.abort();
  shown.value = true;
  reopen = () => showRound(go, again, closed);
  openDialog({
    label: t('sign.title', { n: round.peek()?.lines.length ?? 0 }),
    closed: () => {
      shown.value = false;
      closed();
    },
    view: () => (round.value ? roundView(round.value, { go, again, stop: stopSigning, close: closeDialog }) : ''),
  });
}

/** What a closed dialog could not tell. @param {Signed[]} lines */
function tell(lines) {
  const [line] = lines;
  if (lines.length === 1 && isDone(line)) toast(t(`sign.${line.about.kind}.${line.step}`), 'good');
  else toast(t(lines.every(isDone) ? 'sign.ended' : 'sign.ended_partly'), lines.every(isDone) ? 'good' : 'warning');
}

/**
 * Shows the orders in words, asks, signs, and shows what came of each. A closed dialog stops nothing that was agreed to.
 * @param {Signed[]} lines
 * @param {(Order | null)[]} orders
 * @param {Wording} wording
 * @returns {Promise<Signed[] | null>} null when nothing was signed because nobody said yes
 */
function openRound(lines, orders, wording) {
  if (round.peek()?.phase === 'signing') {
    toast(t('sign.busy'), 'warning');
    return Promise.resolve(null);
  }
  round.value = { phase: 'asking', lines, wording };
  return new Promise((resolve) => {
    let agreed = false;
    const go = async () => {
      agreed = true;
      await signAll(orders);
      const ended = round.peek()?.lines ?? [];
      // One act that went well needs no page of its own.
      if (shown.peek() && ended.length === 1 && isDone(ended[0])) closeDialog();
      if (!shown.peek()) tell(ended);
      resolve(ended);
    };
    showRound(() => void go(), () => void signAll(orders), () => {
      if (!agreed) resolve(null);
    });
  });
}

/**
 * Asks for a yes and signs. Resolves when each order has come to its end, with one result for each, or with null when nobody said yes.
 * @param {Order[]} orders
 * @param {Wording} [wording]
 */
export function signOrders(orders, wording = {}) {
  return openRound(orders.map(({ about }) => ({ about, step: 'ready' })), orders, wording);
}

/**
 * Proposes acts: each is shown in words and signed with this browser's key. An act that needs one person is executed at once.
 * @param {ActWords[]} list as the server words them; what cannot be written as an act throws before anything is asked
 * @param {Wording} [wording]
 */
export function proposeActs(list, wording) {
  const prefix = desk.peek()?.ledger.prefix ?? '';
  const orders = list.map((act) => {
    const { kind, body } = encodeAct(act, prefix);
    return { payload: propose(kind, body), about: { kind: /** @type {const} */ ('propose'), act } };
  });
  return signOrders(orders, wording);
}

/** Reads what is still without an answer. */
export async function readOpenOrders() {
  const at = desk.peek();
  if (!at) return;
  const kept = await outboxOf(at.ledger.ledger, at.wallet.key).catch(() => []);
  openOrders.value = kept.filter(({ state, about }) => state === 'unknown' && about?.act);
}

/** Shows again what goes on behind the page. */
export function showSigning() {
  if (behind.peek()) reopen();
}

/** Sends what has no answer once more: the same bytes, so that nothing can happen twice. */
export function sendAgain() {
  const sent = openOrders.peek();
  return openRound(sent.map((one) => ({ about: one.about, sent: one, step: 'open' })), sent.map(() => null), { title: t('sign.again_title'), text: t('sign.again_words'), confirm: t('sign.again') });
}
