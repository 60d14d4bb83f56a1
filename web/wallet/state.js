// What the wallet knows: the ledger it trusts, the active key, its account, its history, and what is on its way.
// Screens read these signals and call the functions below; nothing else talks to the server about the account.

import { batch, computed, signal } from '../vendor/signals-core/signals-core.js';
import { Problem, Session, Unreachable, fetchLedger, now } from '../kit/api.js';
import { decodeAccount, encodeBech32m } from '../kit/bech32m.js';
import { unhex } from '../kit/hex.js';
import { BadKeyChain } from '../kit/keychain.js';
import { activate, activeWallet, forget, hasStrongKeys, keepKey, signer, updateWallet, walletsOf } from '../kit/keys.js';
import { UnknownCheckpointKey, accountOpenedBy, openAccount } from '../kit/ledger.js';
import { BadReceipt, dismiss, keepReceipt, keptReceipt, outboxOf, postUntilAnswered, prepare, trustOf } from '../kit/outbox.js';
import { acceptWitnesses, pinnedOf, renewPinned, trustOfPinned } from '../kit/pinned.js';
import { underAnyKey, verifyReceipt } from '../kit/receipt.js';
import { read, readAll, write } from '../kit/store.js';
import { removeTraces } from './traces.js';

/** @typedef {import('../kit/keys.js').Wallet} Wallet */
/** @typedef {import('../kit/outbox.js').Sent} Sent */
/** @typedef {import('../kit/outbox.js').Answer} Answer */

/**
 * @typedef {object} Account
 * @property {string} account
 * @property {'resident' | 'professional' | 'association' | 'public_body'} kind
 * @property {'open' | 'suspended' | 'closed'} status
 * @property {number} level
 * @property {number} balance
 * @property {number} receivable
 * @property {number | null} held_limit
 * @property {number | null} per_payment_limit
 * @property {number[]} groups
 * @property {number} paid_30_days
 * @property {number | null} paid_30_days_limit
 * @property {string | null} name
 * @property {string} reference
 * @property {number | null} last_entry
 * @property {string[]} choices the associations that it supports, the first choice first
 * @property {number | null} redeem_above what a professional keeps when the rest is redeemed by itself
 * @property {number} [refund_requests] so many payments to it are asked back and wait
 * @property {AccountKey[]} keys
 */

/**
 * @typedef {object} AccountKey
 * @property {string} key
 * @property {string} scope
 * @property {number | null} per_payment
 * @property {number | null} per_day
 * @property {number} spent_today
 * @property {number} from it is good from this time on; 0: since it is there
 * @property {string | null} label
 * @property {number | null} since when it first was called something
 */

/**
 * @typedef {object} Line
 * @property {number} sequence
 * @property {number} time
 * @property {string} transaction
 * @property {string} kind
 * @property {number} amount
 * @property {string | null} counterparty
 * @property {string | null} counterparty_name
 * @property {string | null} charge
 * @property {number | null} original
 * @property {number} item
 * @property {number} refunded
 * @property {{campaign: number, version: number, bonus: number, reason: string}[]} bonus
 * @property {number | null} euros
 * @property {number | null} left_unmatched
 * @property {number | null} fee
 * @property {number | null} fee_version
 * @property {number | null} net
 * @property {{account: string, name: string | null, cents: number, members: number}[]} [given] what associations got of a fee or as a gift
 * @property {{gift: number, period: number} | null} [gift]
 * @property {'payable' | 'ordered' | 'paid' | null} [redemption]
 * @property {string | null} memo
 * @property {string | null} [signer] the key that signed, where this account did
 * @property {'card' | null} [by]
 * @property {{time: number, state: 'open' | 'refunded' | 'declined', reason: string | null} | null} [refund_request] what the payer asked
 */

const PAGE_LINES = 50;
const RETRY_LEAST_MS = 2_000;
const RETRY_MOST_MS = 30_000;
/** A key that waits looks at least this often whether its time has come. */
const WAITING_LOOK_MS = 24 * 60 * 60_000;

export const ledger = signal(/** @type {import('../kit/api.js').LedgerFacts | null} */ (null));
/** Why the wallet cannot start: an exception, or a change of the ledger's seal that a person has to judge. */
export const bootFault = signal(/** @type {unknown} */ (null));
export const changedSeal = signal(/** @type {{ledger: string, known: string, offered: string} | null} */ (null));
/** What this browser holds about the ledger: its proved keys and its witnesses. */
export const pinned = signal(/** @type {import('../kit/pinned.js').Pinned | null} */ (null));
/** Other witnesses than those that are held; they count once the person has accepted them. */
export const changedWitnesses = signal(/** @type {import('../kit/pinned.js').Witnesses | null} */ (null));
/** Keys in this browser that belong to another ledger. */
export const strangers = signal(0);
export const weakKeys = signal(false);

export const wallets = signal(/** @type {Wallet[]} */ ([]));
export const wallet = signal(/** @type {Wallet | null} */ (null));
export const account = signal(/** @type {Account | null} */ (null));
export const accountFault = signal(/** @type {unknown} */ (null));
/** When the account on screen was last read; null while it is only remembered. */
export const freshAt = signal(/** @type {number | null} */ (null));
/** When the remembered account was read. */
export const seenAt = signal(/** @type {number | null} */ (null));
/** @typedef {{account: string, time: number, sequence: number, erased: number | null}} Closed the end of an account: when, by which entry, and when it was erased */
/** This wallet has closed its account. */
export const closed = signal(/** @type {Closed | null} */ (null));
export const scope = signal('full');
export const lines = signal(/** @type {Line[] | null} */ (null));
export const nextLines = signal(/** @type {number | null} */ (null));
export const outbox = signal(/** @type {Sent[]} */ ([]));
export const linkUp = signal(true);
/** The association has added this device's key, and it waits until that time. */
export const waitsUntil = signal(/** @type {number | null} */ (null));
/** Nothing is written on this device. */
export const shared = signal(false);
/** What stands above every screen, and what the home screen says about keys: views of parts that are loaded when they are needed. */
export const strip = signal(/** @type {(() => unknown) | null} */ (null));
export const keyNotice = signal(/** @type {(() => unknown) | null} */ (null));
/** The newest line that came while the page was open. */
export const arrived = signal(/** @type {Line | null} */ (null));

export const symbol = computed(() => ledger.value?.symbol ?? '');
export const isShop = computed(() => account.value?.kind === 'professional' || account.value?.kind === 'public_body');

/** @type {Session | null} */
let session = null;
let stopEvents = () => {};
let failures = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let retry;

addEventListener('online', () => {
  if (accountFault.value) void refresh();
});

/** @returns {import('../kit/api.js').LedgerFacts} */
export function facts() {
  if (!ledger.value) throw new Error('no ledger yet');
  return ledger.value;
}

/** @returns {Session} */
export function openSession() {
  if (!session) throw new Error('no key yet');
  return session;
}

/** The text of an account id. @param {Uint8Array} bytes */
export function accountText(bytes) {
  return encodeBech32m(facts().prefix, bytes);
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export function accountBytes(text) {
  const bytes = decodeAccount(text, facts().prefix);
  if (!bytes) throw new Error('not an account');
  return bytes;
}

/**
 * Takes up the active key: at once with what this browser remembers of its ledger, else after asking the server. In both
 * cases the server's word is compared with the seal that this browser knows.
 */
export async function boot() {
  batch(() => {
    bootFault.value = null;
    changedSeal.value = null;
  });
  try {
    weakKeys.value = !(await hasStrongKeys());
    const known = /** @type {import('../kit/api.js').LedgerFacts | undefined} */ (await read('settings', 'ledger'));
    if (known && (await activeWallet(known.ledger))) {
      await takeUp(known);
      confirmLedger().catch(() => {
        // Without an answer the remembered facts serve; the account's own calls say that the server is away.
      });
    } else {
      await confirmLedger();
    }
  } catch (error) {
    bootFault.value = error;
  }
}

/** Asks the server which ledger it keeps, and holds it to the seal known for that ledger: another one has to be proved. */
async function confirmLedger() {
  const offered = await fetchLedger();
  const seal = /** @type {string | undefined} */ (await read('settings', `seal:${offered.ledger}`));
  const renewed = await renewPinned(offered, seal).catch((fault) => {
    if (seal && seal !== offered.checkpoint_key && fault instanceof BadKeyChain) return null;
    throw fault;
  });
  if (!renewed) {
    changedSeal.value = { ledger: offered.ledger, known: seal ?? '', offered: offered.checkpoint_key };
    return;
  }
  await write('settings', `seal:${offered.ledger}`, offered.checkpoint_key);
  await write('settings', 'ledger', offered);
  batch(() => {
    pinned.value = renewed.pinned;
    changedWitnesses.value = renewed.change;
  });
  if (ledger.value?.ledger === offered.ledger) ledger.value = offered;
  else await takeUp(offered);
}

/** The person accepts the other witnesses. */
export async function takeWitnesses() {
  const [held, offered] = [pinned.value, changedWitnesses.value];
  if (!held || !offered) return;
  pinned.value = await acceptWitnesses(held, offered);
  changedWitnesses.value = null;
}

/** @param {import('../kit/api.js').LedgerFacts} known */
async function takeUp(known) {
  ledger.value = known;
  pinned.value ??= (await pinnedOf(known.ledger)) ?? null;
  const active = await activeWallet(known.ledger);
  const all = await readAll('wallets');
  strangers.value = active || known.demo ? 0 : all.filter((kept) => kept.ledger !== known.ledger).length;
  wallets.value = await walletsOf(known.ledger);
  if (active) await use(active);
  else wallet.value = null;
}

/** What waits until the person has accepted a new seal. @type {(() => void)[]} */
let sealWaiters = [];

/** The person accepts the new seal. */
export async function acceptSeal() {
  const change = changedSeal.value;
  if (!change) return;
  await write('settings', `seal:${change.ledger}`, change.offered);
  changedSeal.value = null;
  await confirmLedger();
  const waiting = sealWaiters;
  sealWaiters = [];
  for (const go of waiting) go();
}

/**
 * A signature is of an unknown checkpoint key: asks the server once whether the key was changed. If so the person is
 * asked, and what waits goes on after a yes. Null when the key is still the known one.
 */
export async function renewTrust() {
  const before = facts();
  await confirmLedger();
  if (changedSeal.value) await new Promise((resolve) => { sealWaiters.push(() => resolve(undefined)); });
  const after = facts();
  return after.ledger === before.ledger && after.checkpoint_key !== before.checkpoint_key ? after : null;
}

/**
 * Makes a key the active one and loads what it sees.
 * @param {Wallet} chosen
 * @param {boolean} [known] whether the ledger can know the key: one that is about to open its account has nothing to see
 */
export async function use(chosen, known = true) {
  stopEvents();
  stopEvents = () => {};
  session = new Session({ ledger: chosen.ledger, signer: signer(chosen) });
  await activate(chosen);
  const remembered = await read('settings', `seen:${chosen.id}`);
  const waiting = await outboxOf(chosen.ledger, chosen.key);
  const kept = await walletsOf(chosen.ledger);
  const ended = await read('settings', `closed:${chosen.id}`);
  batch(() => {
    closed.value = ended ?? null;
    wallet.value = chosen;
    wallets.value = kept;
    account.value = remembered?.account ?? null;
    lines.value = remembered?.lines ?? null;
    scope.value = remembered?.scope ?? 'full';
    nextLines.value = null;
    freshAt.value = null;
    seenAt.value = remembered?.at ?? null;
    accountFault.value = null;
    waitsUntil.value = null;
    keyNotice.value = null;
    outbox.value = waiting;
  });
  for (const sent of waiting) if (sent.state === 'unknown') follow(sent).catch(() => {});
  if (known) void refresh();
}

/** Reads account and newest lines again, and listens for what comes. */
export async function refresh() {
  const current = wallet.value;
  if (!current || !session || closed.value) return;
  try {
    let id = current.account;
    // Who signed in while waiting was told of that time; whether somebody has stopped the key, only a new sign-in tells.
    if (waitsUntil.value !== null) session.renew();
    const signedIn = await session.signIn();
    const mine = signedIn.accounts.find((one) => one.account === id) ?? signedIn.accounts.find((one) => one.scope === 'full') ?? signedIn.accounts[0];
    if (!mine) {
      // The key has no account yet: it is being opened, or waits for the association.
      freshAt.value = now();
      accountFault.value = null;
      return;
    }
    scope.value = mine.scope;
    const waits = (mine.from ?? 0) > now();
    waitsUntil.value = waits ? mine.from ?? null : null;
    if (waits) {
      freshAt.value = now();
      accountFault.value = null;
      clearTimeout(retry);
      retry = setTimeout(() => void refresh(), Math.min(WAITING_LOOK_MS, (mine.from ?? 0) - now() + 500));
      return;
    }
    if (mine.account !== id) {
      id = mine.account;
      wallet.value = await updateWallet(current, { account: id });
      wallets.value = await walletsOf(current.ledger);
    }
    const [fresh, page] = await Promise.all([
      session.json(`/v1/accounts/${id}`),
      session.json(`/v1/accounts/${id}/statement?limit=${PAGE_LINES}`),
    ]);
    if (wallet.value?.id !== current.id) return;
    batch(() => {
      account.value = fresh;
      lines.value = withMessages(page.lines);
      nextLines.value = page.next;
      freshAt.value = now();
      accountFault.value = null;
    });
    failures = 0;
    await remember();
    if (fresh.name && fresh.name !== wallet.value?.label && wallet.value) {
      wallet.value = await updateWallet(wallet.value, { label: fresh.name });
      wallets.value = await walletsOf(current.ledger);
    }
    listen(id);
    void chores();
  } catch (error) {
    if (wallet.value?.id !== current.id) return;
    waitsUntil.value = null;
    accountFault.value = error;
    if (isUnreachable(error)) {
      linkUp.value = false;
      clearTimeout(retry);
      retry = setTimeout(() => void refresh(), Math.min(RETRY_MOST_MS, RETRY_LEAST_MS * 2 ** failures++));
    }
  }
}

/** What is left to do for the keys of this browser. */
async function chores() {
  const current = wallet.value;
  const unnamed = current?.device && account.value?.keys.some(({ key, label }) => key === current.key && !label);
  if (!current?.box && !unnamed && !wallets.value.some((one) => one.replaces)) return;
  await (await import('./chores.js')).doChores();
}

/** What is kept about the active key has changed. @param {Wallet} updated */
export async function takeUpdate(updated) {
  if (wallet.value?.id === updated.id) wallet.value = updated;
  wallets.value = await walletsOf(updated.ledger);
}

/** Keeps what is on screen for a visit without network. */
async function remember() {
  const current = wallet.value;
  if (!current || !account.value) return;
  seenAt.value = now();
  await write('settings', `seen:${current.id}`, { account: account.value, lines: (lines.value ?? []).slice(0, PAGE_LINES), scope: scope.value, at: seenAt.value });
}

/** @param {string} id */
function listen(id) {
  stopEvents();
  let greeted = false;
  stopEvents = openSession().events(`/v1/accounts/${id}/events`, {
    onLink: (up) => {
      linkUp.value = up;
    },
    onEvent: (name, data) => {
      if (name === 'hello') {
        // After a gap the statement is read again; events tell only what comes after them.
        if (greeted) void refreshQuietly();
        greeted = true;
      } else if (name === 'entry') {
        const known = (lines.value ?? []).some((line) => line.sequence === data.sequence && line.item === data.item);
        if (!known) arrived.value = data;
        void refreshQuietly();
      }
    },
  });
}

/** Account and lines again, without starting the events anew. */
async function refreshQuietly() {
  const id = wallet.value?.account;
  if (!id || !session || closed.value) return;
  try {
    const [fresh, page] = await Promise.all([
      session.json(`/v1/accounts/${id}`),
      session.json(`/v1/accounts/${id}/statement?limit=${PAGE_LINES}`),
    ]);
    if (wallet.value?.account !== id) return;
    const oldest = page.lines.at(-1)?.sequence ?? -1;
    const older = (lines.value ?? []).filter((line) => line.sequence < oldest);
    batch(() => {
      account.value = fresh;
      if (older.length === 0) nextLines.value = page.next;
      lines.value = withMessages([...page.lines, ...older]);
      freshAt.value = now();
    });
    await remember();
  } catch {
    // The event stream says when the line is down; what is on screen stays.
  }
}

/** Reads the next page of the statement. @param {number} [limit] at most so many lines */
export async function loadMore(limit = PAGE_LINES) {
  const id = wallet.value?.account;
  if (!id || nextLines.value === null) return;
  const page = await openSession().json(`/v1/accounts/${id}/statement?from=${nextLines.value}&limit=${limit}`);
  batch(() => {
    lines.value = [...(lines.value ?? []), ...page.lines];
    nextLines.value = page.next;
  });
}

/** One line of this account. @param {number} sequence @returns {Promise<Line>} */
export async function lineOf(sequence) {
  const known = lines.value?.find((line) => line.sequence === sequence);
  return known ?? openSession().json(`/v1/entries/${sequence}?account=${wallet.value?.account ?? ''}`);
}

/** What a receipt proves, under whichever of the ledger's proved keys sealed it. @param {Uint8Array<ArrayBuffer>} bytes */
export function proveReceipt(bytes) {
  const held = pinned.value;
  if (!held) return verifyReceipt(bytes, trustOf(facts()));
  const { ledger: id, keys } = trustOfPinned(held);
  return underAnyKey(keys, (checkpointKey) => verifyReceipt(bytes, { ledger: id, checkpointKey }));
}

/**
 * The receipt of a line, kept or fetched, verified now in this browser.
 * @param {{sequence: number, transaction: string}} line
 */
export async function verifiedReceipt(line) {
  /** @param {Uint8Array<ArrayBuffer>} bytes */
  const prove = async (bytes) => {
    const proved = await proveReceipt(bytes);
    if (proved.transaction !== line.transaction || proved.sequence !== line.sequence) throw new Error('of another entry');
    return proved;
  };
  const kept = await keptReceipt(line.transaction);
  if (kept) {
    const known = await prove(kept).catch(() => null);
    if (known) return { facts: known, receipt: kept };
    // Sealed by an earlier key, perhaps: a fresh receipt of the same entry tells.
  }
  const bytes = await openSession().bytes(`/v1/entries/${line.sequence}/receipt`);
  /** @type {import('../kit/receipt.js').Facts} */
  let proved;
  try {
    proved = await prove(bytes).catch(async (fault) => {
      if (fault instanceof UnknownCheckpointKey && (await renewTrust())) return prove(bytes);
      throw fault;
    });
  } catch (cause) {
    if (cause instanceof Problem || cause instanceof Unreachable) throw cause;
    throw new BadReceipt('the receipt proves nothing', { cause });
  }
  await keepReceipt({ id: proved.transaction, ledger: facts().ledger, account: wallet.value?.account ?? null, sequence: proved.sequence, charge: proved.words.charge?.id ?? null, receipt: bytes });
  return { facts: proved, receipt: bytes };
}

/** @type {Map<string, Promise<Answer>>} */
const following = new Map();

/**
 * Sends a kept transaction until there is an answer. Asking twice for the same one joins the first.
 * @param {Sent} sent
 * @param {(attempt: number) => void} [onUnknown]
 * @returns {Promise<Answer>}
 */
export function follow(sent, onUnknown) {
  let running = following.get(sent.id);
  if (!running) {
    const ended = async (/** @type {Answer} */ answer) => {
      // However late the answer comes, the wallet knows that its account has ended.
      if (answer.state === 'done' && sent.about?.kind === 'close_account') await keepClosed({ account: sent.about.account, time: answer.facts.time, sequence: answer.facts.sequence, erased: null });
      return answer;
    };
    running = postUntilAnswered(sent, facts(), { onUnknown, renewTrust }).then(ended).finally(async () => {
      following.delete(sent.id);
      const current = wallet.value;
      // Storage that fails here changes nothing of the answer.
      if (current) outbox.value = await outboxOf(current.ledger, current.key).catch(() => outbox.value);
      await refreshQuietly();
    });
    following.set(sent.id, running);
  }
  return running;
}

/**
 * Signs with the active key and keeps the transaction, ready to `follow`.
 * @param {import('../kit/ledger.js').Payload} payload
 * @param {any} about what history shows while there is no answer
 * @param {number} [validUntil]
 */
export async function signed(payload, about, validUntil) {
  const current = wallet.value;
  if (!current) throw new Error('no key yet');
  const sent = await prepare(signer(current), facts(), payload, { account: current.account, about, validUntil });
  outbox.value = await outboxOf(current.ledger, current.key);
  return sent;
}

/** Messages that this page gave, by entry: a statement that was asked for before does not have them yet. @type {Map<number, string>} */
const given = new Map();

/** @param {Line[]} read @returns {Line[]} */
function withMessages(read) {
  return read.map((line) => (given.has(line.sequence) ? { ...line, memo: line.memo ?? given.get(line.sequence) ?? null } : line));
}

/** The message of a payment stands beside it now. @param {number} sequence @param {string} memo */
export function memoKept(sequence, memo) {
  given.set(sequence, memo);
  if (lines.value) lines.value = withMessages(lines.value);
}

/** Takes over an order that was signed before and sends it until there is an answer. @param {Sent} sent */
export async function takeSent(sent) {
  await write('outbox', sent.id, sent);
  const current = wallet.value;
  if (current) outbox.value = await outboxOf(current.ledger, current.key);
  follow(sent).catch(() => {});
}

/** @param {Sent} sent */
export async function dismissSent(sent) {
  await dismiss(sent);
  const current = wallet.value;
  if (current) outbox.value = await outboxOf(current.ledger, current.key);
}

/**
 * Keeps a key and makes it active.
 * @param {Uint8Array} seed
 * @param {'own' | 'demo'} role
 * @param {Partial<Pick<Wallet, 'backup' | 'device' | 'box'>>} [more] how it comes back, what this device is called
 * @param {boolean} [known] whether the ledger can know it
 */
export async function takeKey(seed, role, more = {}, known = true) {
  const kept = await keepKey(seed, { ledger: facts().ledger, role, now: now(), ...more });
  await use(kept, known);
}

/**
 * Opens the member's own account for the active key.
 * @param {(attempt: number) => void} [onUnknown]
 * @returns {Promise<Answer>}
 */
export async function openOwnAccount(onUnknown) {
  const current = wallet.value;
  if (!current) throw new Error('no key yet');
  const waiting = outbox.value.find((sent) => sent.about?.kind === 'open_account' && sent.state === 'unknown');
  const sent = waiting ?? (await signed(openAccount(current.publicKey), { kind: 'open_account' }));
  const answer = await follow(sent, onUnknown);
  if (answer.state === 'done') {
    const id = accountText(unhex(accountOpenedBy(sent.id)));
    wallet.value = await updateWallet(current, { account: id });
    wallets.value = await walletsOf(current.ledger);
    openSession().renew();
    await refresh();
  }
  return answer;
}

/** Remembers that this wallet's account has ended: its key does nothing any more but ask for the erasure. @param {Closed} ended */
export async function keepClosed(ended) {
  const current = wallet.value;
  if (!current) return;
  await write('settings', `closed:${current.id}`, ended);
  stopEvents();
  stopEvents = () => {};
  batch(() => {
    closed.value = ended;
    accountFault.value = null;
    linkUp.value = true;
  });
}

/** Takes the active key off this browser. */
export async function forgetWallet() {
  const current = wallet.value;
  if (!current) return;
  stopEvents();
  stopEvents = () => {};
  session = null;
  await forget(current);
  await removeTraces(current);
  batch(() => {
    wallet.value = null;
    account.value = null;
    closed.value = null;
    lines.value = null;
    outbox.value = [];
  });
  const next = await activeWallet(current.ledger);
  wallets.value = await walletsOf(current.ledger);
  if (next) await use(next);
}

/** Whether an error only says that there was no answer. @param {unknown} error */
export function isUnreachable(error) {
  return error instanceof Unreachable || (error instanceof Problem && error.transient);
}
