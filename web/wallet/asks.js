// Requests of this device to be paid, between people: signed like a till's, so that each is paid once, and with no name that
// the association vouches for. What was asked is kept here until it is paid or over.

import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { encodeBase64url } from '../kit/base64url.js';
import { hex, randomBytes } from '../kit/hex.js';
import { signer } from '../kit/keys.js';
import { signCharge } from '../kit/ledger.js';
import { trustOf } from '../kit/outbox.js';
import { read, write } from '../kit/store.js';
import { account, accountBytes, facts, lines, wallet } from './state.js';

const DAY_MS = 24 * 3_600_000;
/** The ledger takes an answer to a request that ends within seven days; clocks may differ by hours. */
export const ASK_LASTS_MS = 6 * DAY_MS;
/** What was asked and is over stays in the list for so long. */
const REMEMBERED_MS = 30 * DAY_MS;
const MOST_ASKS = 50;
/** The ledger's bound for the reference in a request. */
export const NOTE_BYTES = 35;

/** @typedef {{id: string, amount: number, note: string | null, created: number, expires: number, link: string, paid: number | null}} Ask `paid`: the entry */

/** Newest first. */
export const asks = signal(/** @type {Ask[]} */ ([]));

/** Where they are kept; it goes along to a new key, and away with the last (`traces.js`). @param {string} walletId */
const asksPlace = (walletId) => `asks:${walletId}`;

let of = '';
effect(() => {
  const id = wallet.value?.id ?? '';
  if (id === of) return;
  of = id;
  asks.value = [];
  if (id) void read('settings', asksPlace(id)).then((kept) => { if (of === id) asks.value = kept ?? []; }, () => {});
});

/** A request is paid by an entry of this account that names it. */
effect(() => {
  const open = asks.value.filter((one) => one.paid === null);
  const came = (lines.value ?? []).filter((line) => line.charge && line.amount > 0);
  const met = open.flatMap((one) => came.filter((line) => line.charge === one.id && line.amount === one.amount).map((line) => ({ id: one.id, sequence: line.sequence })));
  if (met.length > 0) void keep(asks.value.map((one) => ({ ...one, paid: met.find(({ id }) => id === one.id)?.sequence ?? one.paid })));
});

/** @param {Ask[]} changed */
async function keep(changed) {
  const id = of;
  asks.value = changed.filter((one) => one.expires + REMEMBERED_MS > now()).slice(0, MOST_ASKS);
  if (id) await write('settings', asksPlace(id), asks.value);
}

/** @param {string} note */
export function isShortNote(note) {
  return new TextEncoder().encode(note).length <= NOTE_BYTES;
}

/** Signs a request and keeps it. @param {number} amount cents @param {string} note @returns {Promise<Ask>} */
export async function askFor(amount, note) {
  const mine = wallet.value;
  if (!mine || !account.value) throw new Error('no account yet');
  const id = randomBytes(16);
  const [created, expires] = [now(), now() + ASK_LASTS_MS];
  const words = { payee: accountBytes(account.value.account), amount, id, expires, reference: note || undefined };
  const bytes = await signCharge(signer(mine), trustOf(facts()).ledger, words);
  /** @type {Ask} */
  const made = { id: hex(id), amount, note: note || null, created, expires, link: `${location.origin}/wallet/#ask=${encodeBase64url(bytes)}`, paid: null };
  await keep([made, ...asks.value]);
  return made;
}

/** Takes a request off the list; who has its link can still pay it. @param {string} id */
export function dropAsk(id) {
  return keep(asks.value.filter((one) => one.id !== id));
}
