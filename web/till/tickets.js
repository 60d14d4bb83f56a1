// The tickets of this till: a chain of signed records that lies in this browser before anything of it is shown or printed, and goes
// to the server when there is a network. A record is written together with the state that it leads to, in one step, so that two
// tabs, or a page that is closed in between, make no gap and no second one.

import { computed, effect, signal } from '../vendor/signals-core/signals-core.js';
import { Problem, now } from '../kit/api.js';
import { decodeCbor, encodeCbor } from '../kit/cbor.js';
import { encodeBase64url } from '../kit/base64url.js';
import { hex, unhex } from '../kit/hex.js';
import { signer } from '../kit/keys.js';
import { read, readBetween, write, writeIf } from '../kit/store.js';
import { totalOf, totalsPerRate } from '../kit/tax.js';
import { EMPTY, after, closingOf, due, openDay } from '../kit/ticket-chain.js';
import { readRecord, recordHash, signRecord, verifyRecord } from '../kit/ticket.js';
import { online } from '../kit/ui.js';
import { fitDetail } from './basket.js';
import { cashier, wrongPins } from './people.js';
import { setup } from './setup.js';
import { device, link, scope } from './state.js';

/** So many records go to the server at once (FORMATS.md). */
const UPLOAD_RECORDS = 50;
/** So many come back at once, when this browser lost some. */
const FETCH_RECORDS = 100;
/** So many are read at a time to find those of one kind. */
const SCANNED_RECORDS = 200;
/** A clock that goes back by less is no event: servers and tablets differ by seconds. */
const CLOCK_MARGIN_MS = 60_000;
/** What had no answer is sent again after so long. */
const RETRY_MS = 10_000;
/** A line that comes back within this time was not lost. */
const LOST_AFTER_MS = 10_000;
/** A hundred years of closings, day by day, after a till that was off for as long: beyond it something is wrong. */
const MAX_CLOSINGS = 36_600;
/** Digits of a number in a key, so that keys sort as numbers. */
const DIGITS = 10;
const MAX_NUMBER = 10 ** DIGITS - 1;

/** @typedef {import('../kit/ticket.js').TillRecord} TillRecord */
/** @typedef {import('../kit/ticket-chain.js').Chain} Chain */
/** @typedef {import('../kit/ticket.js').Said} Said */
/** @typedef {import('../kit/ticket.js').Tender} Tender */
/** @typedef {{number: number, hash: string, bytes: Uint8Array<ArrayBuffer>, record: TillRecord}} Kept a record, and what it says */
/** @typedef {{lines: import('../kit/tax.js').Line[], tenders: Tender[], tip?: number, reference?: string, training?: boolean}} SaleWords */
/** @typedef {{chain: Chain, uploaded: number}} Standing uploaded: the server has all records up to this one */
/** @typedef {'forked' | 'refused' | 'behind'} Trouble */

/** Whether this shop writes tickets here; off, it has a cash register already. */
export const ticketsOn = computed(() => setup('tickets').value?.on === true);

/** Whether this device writes them: an accountant's only reads. */
const writesTickets = computed(() => ticketsOn.value && device.value !== null && scope.value !== 'read');

/** Where the chain of this till stands; null as long as it was not read. */
export const standing = signal(/** @type {Standing | null} */ (null));

/** Why the server does not take the records of this till; they stay here. */
export const trouble = signal(/** @type {{name: Trouble, error: unknown} | null} */ (null));

/** Tills whose chain is not the server's: nothing of theirs is sent, and the warning stays, until the two are one again. @type {Set<string>} */
const forks = new Set();

/** @param {string} key @param {unknown} error */
function noteFork(key, error) {
  forks.add(key);
  trouble.value = { name: 'forked', error };
}

/** @param {string} key */
function noteOne(key) {
  if (forks.delete(key) && forks.size === 0 && trouble.peek()?.name === 'forked') trouble.value = null;
}

/** Nobody can sign records at present: the till is not ready. */
export class NoTill extends Error {}

/** The device's own key signs, whoever is at the till. */
function till() {
  const reader = device.peek();
  if (!reader) throw new NoTill('no till is ready');
  return reader;
}

const digits = (/** @type {number} */ number) => String(number).padStart(DIGITS, '0');
const recordPlace = (/** @type {string} */ key, /** @type {number} */ number) => `${key}:record:${digits(number)}`;
const chainPlace = (/** @type {string} */ key) => `${key}:chain`;
const uploadedPlace = (/** @type {string} */ key) => `${key}:uploaded`;
const oncePlace = (/** @type {string} */ key, /** @type {string} */ what) => `${key}:once:${what}`;

// What gives back of a ticket, and what printed it again: the numbers of those records, found without reading the others.
const refundPlace = (/** @type {string} */ key, /** @type {string} */ hash, /** @type {number} */ number) => `${key}:of:${hash}:${digits(number)}`;
const reprintPlace = (/** @type {string} */ key, /** @type {number} */ ticket, /** @type {number} */ number) => `${key}:reprint:${digits(ticket)}:${digits(number)}`;
const indexedPlace = (/** @type {string} */ key) => `${key}:indexed`;

/** What is written beside a record, so that it is found again. @param {string} key @param {TillRecord} record @returns {[string, number][]} */
function indexRows(key, record) {
  if (record.kind === 'refund' && record.sale.of) return [[refundPlace(key, record.sale.of.hash, record.number), record.number]];
  if (record.kind === 'event' && record.event.code === 'reprint' && record.event.ticket !== null) return [[reprintPlace(key, record.event.ticket, record.number), record.number]];
  return [];
}

/** Once in the life of a store: records that were kept before there were such rows get theirs. @param {string} key */
async function index(key) {
  if (await read('tickets', indexedPlace(key))) return;
  const last = (await chainOf(key)).number;
  /** @type {[string, unknown][]} */
  const rows = [];
  for (let from = 1; from <= last; from += SCANNED_RECORDS) {
    const part = await readBetween('tickets', recordPlace(key, from), recordPlace(key, Math.min(from + SCANNED_RECORDS - 1, last)));
    rows.push(...part.flatMap((bytes) => indexRows(key, readRecord(bytes).record)));
  }
  await writeIf('tickets', indexedPlace(key), () => true, [...rows, [indexedPlace(key), true]]);
}

/** Every till that this browser was. */
const TILLS = 'tills';

/** @returns {Promise<string[]>} */
async function chainKeys() {
  return (await read('tickets', TILLS)) ?? [];
}

/** @param {string} key @returns {Promise<Chain>} */
async function chainOf(key) {
  return (await read('tickets', chainPlace(key))) ?? EMPTY;
}

/** @param {string} key */
async function showStanding(key) {
  const found = { chain: await chainOf(key), uploaded: (await read('tickets', uploadedPlace(key))) ?? 0 };
  if (device.peek()?.wallet.key === key) standing.value = found;
  return found;
}

/** One after another in this browser, whichever tab; without locks the chain itself still refuses the second. @template T @param {string} key @param {() => Promise<T>} step @returns {Promise<T>} */
function alone(key, step) {
  return navigator.locks ? /** @type {Promise<T>} */ (navigator.locks.request(`liard-tickets:${key}`, step)) : step();
}

/**
 * Writes what a chain says next. The words are asked again when another tab wrote first.
 * @param {(chain: Chain, time: number) => Said | null} say null: nothing any more
 * @param {(number: number) => [string, unknown][]} [beside] written in the same step
 * @returns {Promise<Kept | null>}
 */
async function append(say, beside = () => []) {
  const { wallet, trust, accountBytes } = till();
  for (;;) {
    const chain = await chainOf(wallet.key);
    const time = Math.max(now(), chain.time);
    const said = say(chain, time);
    if (!said) return null;
    /** @type {TillRecord} */
    const record = { account: accountBytes, number: chain.number + 1, previous: chain.hash, time, cashier: cashier.peek()?.key ?? null, ...said };
    const bytes = await signRecord(signer(wallet), trust.ledger, record);
    const hash = await recordHash(bytes);
    const next = after(chain, record, hash);
    if (chain.number === 0) await write('tickets', TILLS, [...new Set([...(await chainKeys()), wallet.key])]);
    const unchanged = (/** @type {Chain | undefined} */ found) => (found ?? EMPTY).hash === chain.hash;
    if (!(await writeIf('tickets', chainPlace(wallet.key), unchanged, [[recordPlace(wallet.key, record.number), bytes], [chainPlace(wallet.key), next], ...indexRows(wallet.key, record), ...beside(record.number)]))) continue;
    await showStanding(wallet.key);
    return { number: record.number, hash, bytes, record };
  }
}

/** Says in the journal that the clock went back: times on the chain never do. @param {string} key */
async function noteClock(key) {
  const chain = await chainOf(key);
  const back = chain.time - now();
  if (back < CLOCK_MARGIN_MS || clockNoted === chain.time) return;
  clockNoted = chain.time;
  await append(() => happening('clock_moved', `${-Math.round(back / 1000)} s`));
}
let clockNoted = 0;

/** Closes the days, months and years that are over and not closed yet. */
async function closeWhatIsOver() {
  for (let count = 0; count < MAX_CLOSINGS; count += 1) {
    const closed = await append((chain, time) => {
      const period = due(chain, time);
      return period === null ? null : { kind: 'closing', closing: closingOf(chain, period, time) };
    });
    if (!closed) return;
  }
}

/** @param {import('../kit/ticket.js').EventCode} code @param {string | null} [detail] @param {number | null} [ticket] @returns {Said} */
function happening(code, detail = null, ticket = null) {
  return { kind: 'event', event: { code, detail: detail === null ? null : fitDetail(detail), ticket } };
}

/** What a refund gives back of. @typedef {{ticket: number, hash: string} | null} Original */

/**
 * @param {SaleWords} words
 * @param {{back: boolean, of?: Original, once: string[]}} what once: what has one ticket, however often it is asked for
 * @returns {Promise<Kept>}
 */
async function issue({ lines, tenders, tip = 0, reference = '', training = false }, { back, of = null, once }) {
  const { wallet } = till();
  await startTickets();
  return alone(wallet.key, async () => {
    await noteClock(wallet.key);
    const known = await issuedFor(once);
    if (known) return known;
    for (;;) {
      await closeWhatIsOver();
      const kept = await append((chain, time) => {
        // Midnight fell in between.
        if (due(chain, time) !== null) return null;
        const kind = training ? (back ? 'training_refund' : 'training_sale') : back ? 'refund' : 'sale';
        const ticket = (training ? chain.training : chain.ticket) + 1;
        return { kind, sale: { ticket, lines, rates: totalsPerRate(lines), total: totalOf(lines), tenders, tip, of, reference: reference || null } };
      }, (number) => once.map((what) => [oncePlace(wallet.key, what), number]));
      if (!kept) continue;
      void uploadTickets();
      return kept;
    }
  });
}

/** The ticket of what has one already: a page that was loaded again, or another tab, asks a second time. @param {string[]} once */
async function issuedFor(once) {
  const { wallet } = till();
  for (const what of once) {
    const number = await read('tickets', oncePlace(wallet.key, what));
    const found = number && (await recordAt(number));
    if (found) return found;
  }
  return undefined;
}

/** The ticket of a payment, if this till wrote one. @param {string} charge hex @returns {Promise<Kept | null>} */
export async function ticketOfCharge(charge) {
  return (await issuedFor([charge])) ?? null;
}

/**
 * Writes the ticket of a sale; it is kept when the promise resolves. Earlier days are closed first. The same charge gives the same ticket.
 * @param {SaleWords & {once?: string[]}} words tenders add up to the lines and the tip; once: what has one ticket, where it is not the charges alone
 */
export function issueSale({ once, ...words }) {
  return issue(words, { back: false, once: once ?? (words.training ? [] : words.tenders.flatMap(({ charge }) => charge ?? [])) });
}

/**
 * Writes the ticket of what goes back; amounts are what goes back.
 * @param {SaleWords & {of?: Original, entry?: number}} words entry: the refund in the ledger, which has one ticket
 */
export function issueRefund({ of = null, entry, ...words }) {
  return issue(words, { back: true, of, once: entry === undefined ? [] : [`entry-${entry}`] });
}

/**
 * Notes what happened at the till.
 * @param {import('../kit/ticket.js').EventCode} code @param {string | null} [detail] made fit for a record @param {number | null} [ticket]
 */
export async function issueEvent(code, detail = null, ticket = null) {
  const { wallet } = till();
  await startTickets();
  const kept = await alone(wallet.key, () => append(() => happening(code, detail, ticket)));
  void uploadTickets();
  return kept;
}

/** Closes the day by hand, and what was over before. @returns {Promise<Kept | null>} null when no ticket of today is open */
export async function closeDay() {
  const { wallet } = till();
  await startTickets();
  const kept = await alone(wallet.key, async () => {
    await noteClock(wallet.key);
    await closeWhatIsOver();
    return append((chain, time) => {
      const day = openDay(chain);
      return day === null ? null : { kind: 'closing', closing: closingOf(chain, day, time) };
    });
  });
  void uploadTickets();
  return kept;
}

// Reading what is kept here.

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Promise<Kept>} */
async function opened(bytes) {
  const { record } = readRecord(bytes);
  return { number: record.number, hash: await recordHash(bytes), bytes, record };
}

/** @param {number} from @param {number} to @returns {Promise<Kept[]>} ascending */
export async function recordsBetween(from, to) {
  const { key } = till().wallet;
  return Promise.all((await readBetween('tickets', recordPlace(key, Math.max(from, 1)), recordPlace(key, Math.min(to, MAX_NUMBER)))).map(opened));
}

/** @param {number} number @returns {Promise<Kept | null>} */
export async function recordAt(number) {
  const bytes = await read('tickets', recordPlace(till().wallet.key, number));
  return bytes ? opened(bytes) : null;
}

/**
 * Records of some kinds, newest first.
 * @param {TillRecord['kind'][]} kinds
 * @param {number} most
 * @returns {Promise<{list: Kept[], whole: boolean}>} whole: there are no older ones
 */
export async function newest(kinds, most) {
  const { key } = till().wallet;
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const found = [];
  let to = (await chainOf(key)).number;
  for (; to > 0 && found.length <= most; to -= SCANNED_RECORDS) {
    const part = await readBetween('tickets', recordPlace(key, Math.max(1, to - SCANNED_RECORDS + 1)), recordPlace(key, to));
    found.push(...part.reverse().filter((bytes) => kinds.includes(readRecord(bytes).record.kind)));
  }
  return { list: await Promise.all(found.slice(0, most).map(opened)), whole: found.length <= most };
}

/** How often a ticket was printed again. @param {number} ticket @returns {Promise<number>} */
export async function reprintsOf(ticket) {
  const { key } = till().wallet;
  await index(key);
  return (await readBetween('tickets', reprintPlace(key, ticket, 0), reprintPlace(key, ticket, MAX_NUMBER))).length;
}

/** What this till gave back of a ticket. @param {string} hash hex, of its record @returns {Promise<Kept[]>} ascending */
export async function refundsOf(hash) {
  const { key } = till().wallet;
  await index(key);
  const numbers = /** @type {number[]} */ (await readBetween('tickets', refundPlace(key, hash, 0), refundPlace(key, hash, MAX_NUMBER)));
  return (await Promise.all(numbers.map(recordAt))).flatMap((kept) => kept ?? []);
}

/** Whether this page comes from a machine of the shop: its tickets lie there and nowhere else, so that the public address has none of them. */
export function ticketsStayHere() {
  return device.value?.ledger.wallet_url !== undefined;
}

/** The address under which a customer finds their ticket, on whichever machine keeps it. @param {string} hash hex */
export function receiptLink(hash) {
  return `${location.origin}/ticket/#${encodeBase64url(unhex(hash))}`;
}

// To the server, and back from it.

/** @param {string} key @param {number} number */
async function noteUploaded(key, number) {
  await write('tickets', uploadedPlace(key), number);
  await showStanding(key);
}

/** @type {Promise<void> | null} */
let uploading = null;
let again = false;

/** Brings the records that the server does not have to it, in their order; also those of a till that this browser was before. */
export function uploadTickets() {
  if (uploading) again = true;
  uploading ??= uploadAll().finally(() => { uploading = null; });
  return uploading;
}

/** @type {ReturnType<typeof setTimeout> | null} */
let retrying = null;

function retry() {
  if (retrying) clearTimeout(retrying);
  retrying = null;
  void uploadTickets();
}

async function uploadAll() {
  do {
    again = false;
    const reader = device.peek();
    if (!reader || link.peek() !== 'up') return;
    const own = reader.wallet.key;
    let refused = false;
    for (const key of new Set([own, ...(await chainKeys())])) {
      if (forks.has(key) || (key !== own && (await chainOf(key)).account !== hex(reader.accountBytes))) continue;
      try {
        await uploadChain(reader, key);
      } catch (error) {
        if (error instanceof Problem && error.code === 'ticket_fork') {
          noteFork(key, error);
        } else if (error instanceof Problem && !error.transient && error.status !== 401) {
          refused = true;
          if (forks.size === 0) trouble.value = { name: 'refused', error };
        } else {
          retrying ??= setTimeout(retry, RETRY_MS);
          return;
        }
      }
    }
    // Only what was said here is taken back here.
    if (!refused && trouble.peek()?.name === 'refused') trouble.value = null;
  } while (again);
}

/** @param {import('./shop.js').Shop} reader @param {string} key */
async function uploadChain(reader, key) {
  for (;;) {
    const { chain, uploaded } = await showStanding(key);
    if (uploaded >= chain.number) return;
    const bytes = await readBetween('tickets', recordPlace(key, uploaded + 1), recordPlace(key, uploaded + UPLOAD_RECORDS));
    const told = await reader.session.json(`/pos/v1/tills/${key}/records`, { bytes: encodeCbor(bytes), type: 'application/cbor' });
    await noteUploaded(key, Math.max(uploaded + bytes.length, Math.min(Number(told.number) || 0, chain.number)));
  }
}

/**
 * Compares this browser's chain with the server's, and takes over what is missing here: the key may have worked in another browser.
 * @returns {Promise<boolean>} whether the two are one
 */
export async function followServer() {
  const reader = device.peek();
  if (!reader) return false;
  const { wallet: { key }, session, trust, accountBytes } = reader;
  const told = /** @type {{number: number, hash: string}} */ (await session.json(`/pos/v1/tills/${key}/chain`));
  return alone(key, async () => {
    let chain = await chainOf(key);
    if (told.number <= chain.number) {
      const here = told.number === 0 ? EMPTY.hash : (await recordAt(told.number))?.hash;
      const same = told.number === 0 || here === told.hash;
      if (same) {
        await noteUploaded(key, told.number);
        noteOne(key);
      } else {
        noteFork(key, null);
      }
      return same;
    }
    while (chain.number < told.number) {
      const list = decodeCbor(await session.bytes(`/pos/v1/tills/${key}/records?from=${chain.number + 1}&limit=${FETCH_RECORDS}`));
      if (!Array.isArray(list) || list.length === 0) return false;
      for (const one of list) {
        const bytes = new Uint8Array(/** @type {Uint8Array} */ (one));
        const { key: by, record } = await verifyRecord(bytes, trust.ledger);
        const hash = await recordHash(bytes);
        const wrong = by !== key || record.previous !== chain.hash || hex(record.account) !== hex(accountBytes);
        if (wrong) {
          noteFork(key, null);
          return false;
        }
        const next = after(chain, record, hash);
        const before = chain.hash;
        const charges = record.kind === 'sale' ? record.sale.tenders.flatMap(({ charge }) => charge ?? []) : [];
        /** @type {[string, unknown][]} */
        const marks = charges.map((charge) => [oncePlace(key, charge), record.number]);
        const unchanged = (/** @type {Chain | undefined} */ found) => (found ?? EMPTY).hash === before;
        if (!(await writeIf('tickets', chainPlace(key), unchanged, [[recordPlace(key, record.number), bytes], [chainPlace(key), next], ...indexRows(key, record), ...marks]))) return false;
        chain = next;
      }
    }
    await noteUploaded(key, told.number);
    noteOne(key);
    return true;
  });
}

// The start of a till that writes tickets, and the line that comes and goes.

/** Settled once records may be written. @type {Promise<void>} */
let ready = Promise.resolve();
let startedFor = '';

/** Reads the chain, closes what is over, and says in the journal that the till was started. */
export function startTickets() {
  const key = device.peek()?.wallet.key ?? '';
  if (!writesTickets.peek() || startedFor === key) return ready;
  startedFor = key;
  ready = begin(key).catch((fault) => console.warn('the tickets of this till did not start', fault));
  return ready;
}

/** @param {string} key */
async function begin(key) {
  const { chain } = await showStanding(key);
  // A browser that has no record yet asks whether the key worked in another one: its chain goes on here.
  if (chain.number === 0 && link.peek() !== 'down') await followServer().catch(() => undefined);
  await alone(key, async () => {
    await noteClock(key);
    await closeWhatIsOver();
    await append(() => happening('started'));
  });
  void uploadTickets();
  void writeOwed();
}

/** Tickets of refunds that were done when the page was closed, or the line was cut. */
function writeOwed() {
  return import('./refund-tickets.js').then((part) => part.writeOwed()).catch(() => undefined);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let losing;
let lost = false;
/** The server's chain was compared since the line came up. */
let followed = false;

effect(() => {
  const state = link.value;
  if (!writesTickets.value) return;
  void startTickets();
  clearTimeout(losing);
  if (state === 'down') {
    followed = false;
    losing = setTimeout(() => {
      if (lost || !device.peek()) return;
      lost = true;
      void issueEvent('network_lost').catch(() => undefined);
    }, LOST_AFTER_MS);
  } else if (state === 'up') {
    if (lost) void issueEvent('network_back').catch(() => undefined);
    lost = false;
    if (!followed) {
      followed = true;
      void ready.then(followServer).catch(() => undefined).then(() => uploadTickets()).then(writeOwed);
    }
  }
});

// The device has a network again, whether or not the line was seen to go.
effect(() => {
  if (online.value && writesTickets.value) retry();
});

// Who comes and goes at the till, and who tried.

/** @type {{key: string, name: string} | null} */
let signedIn = null;
let wrongSoFar = wrongPins.peek();

effect(() => {
  const [now, wrong] = [cashier.value, wrongPins.value];
  if (!writesTickets.value) return;
  /** @type {[import('../kit/ticket.js').EventCode, string | null][]} */
  const events = [];
  if (wrong > wrongSoFar) events.push(['wrong_pin', null]);
  if (now?.key !== signedIn?.key && signedIn) events.push(['signed_out', signedIn.name]);
  if (now?.key !== signedIn?.key && now) events.push(['signed_in', now.name]);
  [signedIn, wrongSoFar] = [now, wrong];
  for (const [code, detail] of events) void issueEvent(code, detail).catch(() => undefined);
});
