// Paying while this device has no network: the order is signed and kept, the shop's till scans it. Until the ledger has it, it is
// not paid; what was signed is set aside, so that the balance on screen never promises the same units twice.

import { batch, computed, effect, signal, untracked } from '../vendor/signals-core/signals-core.js';
import { Problem, callBytes, now } from '../kit/api.js';
import { hex } from '../kit/hex.js';
import { signer } from '../kit/keys.js';
import { signTransaction, transfer, verifySpendingCertificate } from '../kit/ledger.js';
import { transactionId } from '../kit/cose.js';
import { NotSent, keepReceipt, post, trustOf } from '../kit/outbox.js';
import { trustOfPinned } from '../kit/pinned.js';
import { read, readAll, remove, write } from '../kit/store.js';
import { online } from '../kit/ui.js';
import { account, accountBytes, accountFault, dismissSent, facts, freshAt, isUnreachable, ledger, lines, linkUp, openSession, outbox, pinned, proveReceipt, renewTrust, scope, shared, takeSent, wallet } from './state.js';

/** The association's word is fetched again once a day, so that it is good for most of a week when the network goes. */
const RENEW_MS = 24 * 3_600_000;
/** And sooner when the balance has changed what it says, but no more often than this. */
const RENEW_LEAST_MS = 60_000;

/**
 * @typedef {object} Signed an order that was signed without network
 * @property {string} id transaction id, hex
 * @property {string} wallet whose key signed
 * @property {Uint8Array<ArrayBuffer>} bytes
 * @property {Uint8Array<ArrayBuffer>} certificate
 * @property {number} amount
 * @property {string} name of the shop
 * @property {string | null} note
 * @property {string} charge hex
 * @property {number} created
 * @property {number} validUntil
 * @property {'shown' | 'unused'} state what the person has said of it
 */
/** @typedef {{bytes: Uint8Array<ArrayBuffer>, cap: number, validUntil: number, at: number}} Spending the association's word on what this key may pay without network */
/** @typedef {'off' | 'shared' | 'no_certificate' | 'not_a_shop' | 'over_cap' | 'short'} Obstacle */

/** Newest first. */
export const signedOffline = signal(/** @type {Signed[]} */ ([]));
export const spending = signal(/** @type {Spending | null} */ (null));

/** The device says that it has no network, or nothing answers. */
export const cutOff = computed(() => !online.value || !linkUp.value || isUnreachable(accountFault.value));

/** @typedef {import('../kit/outbox.js').Sent} Sent */

/** The ledger's "no" that no later balance changes: the order, or what it answers, is over. */
const OVER = new Set(['expired', 'charge_expired', 'charge_answered']);

/** An order that a shop's till holds was refused, and the till can bring it again until its end. @param {Sent} sent @param {number} time ms */
export function mayStillBeTaken({ about, state, code, validUntil }, time) {
  return Boolean(about?.offline) && state === 'refused' && !OVER.has(code ?? '') && validUntil > time;
}

/**
 * What was signed, can come into force and is in no line yet, in cents: what tills may hold, and what was sent and has no answer.
 * @param {{signed: Pick<Signed, 'id' | 'amount'>[], outbox: Sent[], recorded: Set<string>, time: number}} words recorded: transaction ids
 */
export function setAside({ signed, outbox: sents, recorded, time }) {
  const open = new Map(signed.map(({ id, amount }) => [id, amount]));
  for (const sent of sents) if (sent.about?.amount && (sent.state === 'unknown' || mayStillBeTaken(sent, time))) open.set(sent.id, sent.about.amount);
  return [...open].reduce((sum, [id, amount]) => (recorded.has(id) ? sum : sum + amount), 0);
}

/** Counts the ends of refused orders that passed while the page is open. */
const ends = signal(0);
const recorded = computed(() => new Set((lines.value ?? []).map(({ transaction }) => transaction)));

/** What is set aside now, in cents. */
export const reserved = computed(() => {
  void ends.value;
  return setAside({ signed: signedOffline.value, outbox: outbox.value, recorded: recorded.value, time: now() });
});

/** @type {ReturnType<typeof setTimeout> | undefined} */
let nextEnd;
effect(() => {
  void ends.value;
  const open = outbox.value.filter((sent) => mayStillBeTaken(sent, now())).map(({ validUntil }) => validUntil);
  clearTimeout(nextEnd);
  if (open.length > 0) nextEnd = setTimeout(() => { ends.value += 1; }, Math.min(...open) - now() + 1);
});

/** The balance as it is known, without what was signed and is not recorded; below nothing when that is more than there is. */
const left = computed(() => (account.value?.balance ?? 0) - reserved.value);

/** What can be spent, as it is shown. */
export const available = computed(() => Math.max(0, left.value));

/** @param {string} id transaction id */
const placeOf = (id) => `signed:${id}`;

async function load() {
  const id = wallet.value?.id;
  const all = /** @type {Signed[]} */ (await readAll('offline'));
  const word = id ? await read('settings', `spending:${id}`) : null;
  if (wallet.value?.id !== id) return;
  batch(() => {
    signedOffline.value = all.filter((one) => one.wallet === id && id !== undefined).sort((a, b) => b.created - a.created);
    spending.value = word ?? null;
  });
}

let of = '';
effect(() => {
  const id = wallet.value?.id ?? '';
  if (id === of) return;
  of = id;
  signedOffline.value = [];
  spending.value = null;
  if (id) void load().catch(() => {});
});

// Whenever the account was read, and when the network is back, the word is renewed and what was signed is asked about.
effect(() => {
  if (freshAt.value === null || !online.value) return;
  untracked(() => {
    void renewSpending().catch(() => {});
    void settleSigned().catch(() => {});
  });
});

/** In how many ms the word is fetched again; 0: now. @param {Pick<Spending, 'cap' | 'at'> | null} known @param {number} cap what it would say now @param {number} time ms */
export function renewIn(known, cap, time) {
  return known ? Math.max(0, known.at + (known.cap === cap ? RENEW_MS : RENEW_LEAST_MS) - time) : 0;
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let renewal;

async function renewSpending() {
  const [mine, current, allowed] = [account.value, wallet.value, ledger.value?.offline];
  if (!mine || !current || !allowed || !['full', 'limited'].includes(scope.value)) return;
  const wait = renewIn(spending.value, Math.min(allowed.per_wallet, mine.balance), now());
  clearTimeout(renewal);
  if (wait > 0) {
    // Money that came right after a word of less is covered without a further look at the account.
    renewal = setTimeout(() => void renewSpending().catch(() => {}), wait);
    return;
  }
  const bytes = await openSession().bytes(`/v1/accounts/${mine.account}/spending-certificate`, { accept: 'application/cose' });
  const held = pinned.value;
  const keys = held ? trustOfPinned(held).keys : [trustOf(facts()).checkpointKey];
  const word = await verifySpendingCertificate(bytes, trustOf(facts()).ledger, keys);
  if (hex(word.key) !== current.key) throw new Error('the certificate is for another key');
  /** @type {Spending} */
  const kept = { bytes, cap: word.cap, validUntil: word.validUntil, at: now() };
  await write('settings', `spending:${current.id}`, kept);
  if (wallet.value?.id === current.id) spending.value = kept;
}

/**
 * What stands in the way of paying without network; null when nothing does.
 * @param {import('./pay.js').Order} order
 * @param {Sent | null} [sent] the same order, when it was sent already: it is set aside, and stands not in its own way
 * @returns {Obstacle | null}
 */
export function obstacle(order, sent = null) {
  const word = spending.value;
  const own = sent?.state === 'unknown' && outbox.value.some(({ id }) => id === sent.id) && !recorded.value.has(sent.id) ? order.amount : 0;
  if (!ledger.value?.offline) return 'off';
  // What is signed has to outlive the page: a device of others keeps nothing.
  if (shared.value) return 'shared';
  if (order.kind !== 'shop' || !order.charge) return 'not_a_shop';
  if (!word || word.validUntil < now()) return 'no_certificate';
  if (reserved.value - own + order.amount > word.cap) return 'over_cap';
  return left.value + own < order.amount ? 'short' : null;
}

/** The order that this device signed for a charge, if it did. @param {string} charge hex */
export function signedFor(charge) {
  return signedOffline.value.find((one) => one.charge === charge);
}

/** Signs and keeps an order for a shop's request; it is shown afterwards, and sent by nobody yet. @param {import('./pay.js').Order} order @returns {Promise<Signed>} */
export async function signOffline(order) {
  const [current, word, mine] = [wallet.value, spending.value, account.value];
  if (!current || !mine || !word || !order.charge || obstacle(order)) throw new NotSent('this cannot be paid without network');
  const before = signedFor(hex(order.charge.id));
  if (before) return before;
  const { ledger: id } = trustOf(facts());
  const payload = transfer({ payer: accountBytes(mine.account), payee: order.payee, amount: order.amount, charge: order.charge });
  const bytes = await signTransaction(signer(current), id, payload, order.charge.expires);
  return keep({
    id: await transactionId(bytes, id), wallet: current.id, bytes, certificate: word.bytes, amount: order.amount, name: order.name, note: order.note,
    charge: hex(order.charge.id), created: now(), validUntil: order.charge.expires, state: 'shown',
  });
}

/** An order that was sent and has no answer can be shown to the till as well: the same bytes. @param {import('./pay.js').Order} order @param {import('../kit/outbox.js').Sent} sent */
export async function showSent(order, sent) {
  const [current, word] = [wallet.value, spending.value];
  if (!current || !word || !order.charge || obstacle(order, sent)) throw new NotSent('this cannot be paid without network');
  return keep({
    id: sent.id, wallet: current.id, bytes: sent.bytes, certificate: word.bytes, amount: order.amount, name: order.name, note: order.note,
    charge: hex(order.charge.id), created: sent.created, validUntil: sent.validUntil, state: 'shown',
  });
}

/** @param {Signed} signed @returns {Promise<Signed>} */
async function keep(signed) {
  await write('offline', placeOf(signed.id), signed);
  signedOffline.value = [signed, ...signedOffline.value.filter(({ id }) => id !== signed.id)].sort((a, b) => b.created - a.created);
  return signed;
}

/** @param {string} id */
async function drop(id) {
  await remove('offline', placeOf(id));
  signedOffline.value = signedOffline.value.filter((one) => one.id !== id);
}

/** The person says that the shop took it: from now on this device sends it too, the same bytes. @param {Signed} signed */
export async function wasAccepted(signed) {
  const current = wallet.value;
  if (!current) return;
  await takeSent({
    id: signed.id, ledger: current.ledger, key: current.key, account: current.account, bytes: signed.bytes, created: signed.created, validUntil: signed.validUntil,
    about: { kind: 'transfer', name: signed.name, amount: signed.amount, note: signed.note, charge: signed.charge, memo: null, offline: true }, state: 'unknown',
  });
  await drop(signed.id);
}

/** The person says that it was not used. It can still be until its end: it stays set aside, and is only asked about. @param {Signed} signed */
export async function wasNotUsed(signed) {
  await keep({ ...signed, state: 'unused' });
}

let settling = false;

/** Asks the ledger about each order that was signed: recorded ones become history, those whose time is over are let go. */
async function settleSigned() {
  if (settling) return;
  settling = true;
  try {
    for (const one of signedOffline.value) await settle(one);
    // What was refused once can have been taken since.
    for (const sent of outbox.value) if (sent.about?.offline && sent.state === 'refused' && (await isRecorded(sent.id, sent.about.charge))) await dismissSent(sent);
  } finally {
    settling = false;
  }
}

/** @param {Signed} one */
async function settle(one) {
  const current = wallet.value;
  if (!current || current.id !== one.wallet) return;
  if (one.validUntil < now()) {
    // Too late to come into force: sending it only tells what became of it.
    const sent = { id: one.id, ledger: current.ledger, key: current.key, account: current.account, bytes: one.bytes, created: one.created, validUntil: one.validUntil, about: {}, state: /** @type {const} */ ('unknown') };
    const answer = await post(sent, facts(), { renewTrust });
    if (answer.state === 'refused') await remove('outbox', one.id);
    if (answer.state !== 'unknown') await drop(one.id);
    return;
  }
  if (await isRecorded(one.id, one.charge)) await drop(one.id);
}

/** Whether the ledger has it; its receipt is kept then. @param {string} id transaction id, hex @param {string} charge hex @returns {Promise<boolean>} */
async function isRecorded(id, charge) {
  const current = wallet.value;
  if (!current) return false;
  try {
    const receipt = await callBytes(`/v1/transactions/${id}`);
    const proved = await proveReceipt(receipt);
    if (proved.transaction !== id) return false;
    await keepReceipt({ id, ledger: current.ledger, account: current.account, sequence: proved.sequence, charge, receipt });
    return true;
  } catch (error) {
    // "Not recorded" is an answer, and no network none: both leave it where it is.
    if (!(error instanceof Problem) && !isUnreachable(error)) throw error;
    return false;
  }
}
