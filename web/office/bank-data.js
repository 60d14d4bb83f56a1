// What the bank's files brought, as signals: lines with their state, statements, and how the bank's balance stands beside the ledger's.

import { effect, signal, untracked } from '../vendor/signals-core/signals-core.js';
import { formatDate } from '../kit/time.js';
import { toast } from '../kit/ui.js';
import { sentenceFor } from '../kit/i18n.js';
import { Reading, desk, overview, place, section } from './state.js';

/** @typedef {import('../kit/acts.js').ActWords} ActWords */
/** @typedef {'ready' | 'question' | 'waiting' | 'booked' | 'set_aside' | 'pending'} LineState */
/** @typedef {{reason: string, outcome: string, account?: string | null, order?: number | null, campaign?: number | null, redemption?: number | null, line?: string | null}} Match how a line was recognised */
/** @typedef {{why: string, account?: string | null, name?: string | null, campaign?: number | null, line?: string | null, act?: ActWords | null}} Suggestion */
/** @typedef {{decision: string, by: number, time: number, note?: string | null}} Decided what a person said about a line */
/**
 * @typedef {object} Line of a bank statement
 * @property {string} line its id, hex
 * @property {number} bank
 * @property {number} amount cents, signed
 * @property {string} currency
 * @property {string | null} booking_date
 * @property {string | null} value_date
 * @property {string | null} counterparty
 * @property {string | null} iban
 * @property {string[]} references
 * @property {string | null} text
 * @property {string | null} end_to_end
 * @property {string} status as the bank says
 * @property {Match | null} match
 * @property {{why: string, line?: string | null, redemption?: number, batch?: number, batch_now?: number | null} | null} [doubt] why a person is asked although something was found
 * @property {Decided | null} [decision]
 * @property {LineState} state
 * @property {number | null} sequence of the entry that booked it
 * @property {string | null} proposal that waits for it
 * @property {ActWords | null} act what would be signed for it
 * @property {Suggestion[]} suggestions
 * @property {string} file
 * @property {string | null} return_code
 * @property {string | null} [refused] why the node's own key could not book it
 */
/** @typedef {Record<LineState, number>} Counts */
/** @typedef {{lines: Line[], next: string | number | null, counts: Counts}} Lines */
/** @typedef {{from: string, to: string}} Gap */
/** @typedef {{account: string, bank: number | null, id: string, from: string | null, to: string | null, opening: number | null, closing: number | null, balanced: boolean | null, gap: Gap | null, overlap: boolean, lines: number, new?: number}} Statement */
/** @typedef {{file: string, name?: string | null, format: string, time: number, by: number, lines?: number, new?: number}} BankFile */
/** @typedef {{file: string, format: string, again: boolean, statements: Statement[], new: number, known: number, ready: number, questions: number, pending: number, refused: string[]}} Report what one file brought */
/** @typedef {{why: string, amount: number, line?: string | null, sequence?: number | null, words?: string}} Explained a part of a difference */
/** @typedef {{bank: number, confirmed: number | null, date: string | null, ledger: number, difference: number | null, explained: Explained[], unexplained: number | null}} Reconciliation */

/** A page of lines: what a screen shows after some scrolling. */
const LINES_A_PAGE = 50;
/** Of lines that are signed together so many are asked for at once. */
const MANY_LINES = 200;
/** The states in which a line waits for somebody here come first. @type {LineState[]} */
export const STATES = ['ready', 'question', 'waiting', 'booked', 'set_aside', 'pending'];

/** Which lines are shown. No state: those that were chosen by the page itself. */
export const wanted = signal(/** @type {{state: LineState | 'all' | null, bank: number | null, query: string}} */ ({ state: null, bank: null, query: '' }));

/** @param {Counts} counts @returns {LineState | 'all'} */
function firstState(counts) {
  return counts.ready > 0 ? 'ready' : counts.question > 0 ? 'question' : 'all';
}

/** The state that is shown. @param {Lines | null} [data] */
export function shownState(data = lines.data.value) {
  return wanted.value.state ?? (data ? firstState(data.counts) : 'all');
}

/** @param {{state?: LineState | 'all', before?: string | number | null, limit?: number}} words */
function linesPath({ state = shownState(lines.data.peek()), before, limit = LINES_A_PAGE }) {
  const { bank, query } = wanted.peek();
  const words = Object.entries({ state: state === 'all' ? null : state, bank, query: query.trim() || null, before, limit });
  const search = new URLSearchParams(words.filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => [name, String(value)]));
  return `/office/v1/bank/lines?${search}`;
}

/** So many lines are read again when something has happened: those that were read, so that nothing goes from under a reader's eyes. */
let readAgain = LINES_A_PAGE;
export const lines = new Reading(() => linesPath({ limit: readAgain }), (answer) => /** @type {Lines} */ (answer));
/** How many lines stand how, for the dashboard. */
export const counts = new Reading(() => '/office/v1/bank/lines?limit=1', (answer) => /** @type {Counts} */ (answer.counts));
export const statements = new Reading(() => '/office/v1/bank/statements', (answer) => /** @type {Statement[]} */ (answer.statements));
export const files = new Reading(() => '/office/v1/bank/files', (answer) => /** @type {BankFile[]} */ (answer.files));
export const reconciliations = signal(/** @type {ReadonlyMap<number, Reconciliation>} */ (new Map()));
export const reconciliationFault = signal(/** @type {unknown} */ (null));

/** A day of a bank, which has no hour. @param {string | null} day `YYYY-MM-DD` @param {(ms: number) => string} [format] */
export function formatBankDay(day, format = formatDate) {
  if (!day) return '';
  const [year, month, date] = day.split('-').map(Number);
  return format(new Date(year, month - 1, date, 12).getTime());
}

/** Reads the lines; the first time, those that need somebody. */
export async function readLines() {
  const first = lines.data.peek() === null;
  await lines.refresh();
  const { data } = lines;
  if (first && data.peek() && shownState(data.peek()) !== 'all') await lines.refresh();
}

/** Reads again what is shown; a list that is longer than one answer stays as it is. */
function refreshLines() {
  const count = lines.data.peek()?.lines.length;
  if (count === undefined || count > MANY_LINES) return;
  readAgain = Math.max(LINES_A_PAGE, count);
  void lines.refresh();
}

/** @param {Partial<{state: LineState | 'all' | null, bank: number | null, query: string}>} change */
export function want(change) {
  // What the page chose becomes a choice once its reader searches in it.
  wanted.value = { ...wanted.peek(), state: shownState(lines.data.peek()), ...change };
  readAgain = LINES_A_PAGE;
  void lines.refresh();
}

/** Older lines, after those that were read. */
export async function olderLines() {
  const at = desk.peek();
  const read = lines.data.peek();
  if (!at || !read || read.next === null) return;
  lines.busy.value = true;
  try {
    const more = /** @type {Lines} */ (await at.session.json(linesPath({ before: read.next })));
    if (lines.data.peek() === read) lines.data.value = { ...more, lines: [...read.lines, ...more.lines] };
  } catch (error) {
    toast(sentenceFor(error), 'warning');
  } finally {
    lines.busy.value = false;
  }
}

/** Every line in a state, under the filter of the page. @param {LineState} state @returns {Promise<Line[]>} */
export async function allLines(state) {
  const at = desk.peek();
  /** @type {Line[]} */
  const found = [];
  /** @type {string | number | null | undefined} */
  let before;
  while (at && before !== null) {
    const page = /** @type {Lines} */ (await at.session.json(linesPath({ state, before, limit: MANY_LINES })));
    found.push(...page.lines);
    before = page.next;
  }
  return found;
}

/** Puts the new state of one line into the list. @param {Line} line */
export function putLine(line) {
  const read = lines.data.peek();
  if (!read) return;
  const before = read.lines.find((known) => known.line === line.line);
  const counts = { ...read.counts };
  if (before) counts[before.state] -= 1;
  counts[line.state] += 1;
  lines.data.value = { ...read, counts: before ? counts : read.counts, lines: read.lines.map((known) => (known.line === line.line ? line : known)) };
}

/** What a person says about a line; the line as it is then. @param {string} line @param {Record<string, unknown>} decision @returns {Promise<Line | null>} */
export async function decideLine(line, decision) {
  const at = desk.peek();
  if (!at) return null;
  const answer = /** @type {Line} */ (await at.session.json(`/office/v1/bank/lines/${line}`, { method: 'POST', json: decision }));
  putLine(answer);
  return answer;
}

/** @param {string} id @returns {Promise<Line>} */
export async function readLine(id) {
  return desk.peek()?.session.json(`/office/v1/bank/lines/${id}`);
}

/** Lines that others speak of; each is asked for once. @type {import('../vendor/signals-core/signals-core.js').Signal<ReadonlyMap<string, Line>>} */
const others = signal(new Map());
/** @type {Set<string>} */
const asked = new Set();

/** Another line, once it is known. @param {string} id */
export function lineOf(id) {
  const known = others.value.get(id);
  if (!known && !asked.has(id)) {
    asked.add(id);
    queueMicrotask(async () => {
      const line = await readLine(id).catch(() => null);
      if (line) others.value = new Map(others.peek()).set(id, line);
      else asked.delete(id);
    });
  }
  return known ?? null;
}

/** Lines that could be meant, by what was typed. @param {string} query @param {number} limit @returns {Promise<Line[]>} */
export async function findLines(query, limit) {
  const at = desk.peek();
  if (!at) return [];
  const search = new URLSearchParams({ query, limit: String(limit) });
  return /** @type {Lines} */ (await at.session.json(`/office/v1/bank/lines?${search}`)).lines;
}

/** Reads for each bank account what the bank says and what the ledger says. */
export async function readReconciliations() {
  const at = desk.peek();
  const banks = overview.data.peek()?.banks ?? [];
  if (!at) return;
  try {
    const all = await Promise.all(banks.map(({ bank }) => at.session.json(`/office/v1/bank/reconciliation?bank=${bank}`)));
    reconciliations.value = new Map(all.map((one) => [one.bank, one]));
    reconciliationFault.value = null;
  } catch (error) {
    reconciliationFault.value = error;
  }
}

effect(() => {
  if (overview.at.value && section.value === 'dashboard') untracked(() => counts.refresh());
});

// The lists follow what is signed: an entry of the ledger changes the state of lines, and what is explained.
effect(() => {
  if (!overview.at.value || section.value !== 'bank') return;
  const [page] = place.value;
  untracked(() => (page === 'reconciliation' ? readReconciliations() : refreshLines()));
});
