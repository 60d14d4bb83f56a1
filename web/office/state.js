// What the office knows, as signals. Each list is read from the server, stays on the page when the network goes, and
// says when it was read.

import { computed, signal } from '../vendor/signals-core/signals-core.js';
import { Reading as Read } from '../kit/reading.js';

/** @typedef {'dashboard' | 'fund' | 'bank' | 'members' | 'cards' | 'rules' | 'redemptions' | 'decisions' | 'activity' | 'staff'} Section */
/** @typedef {{number: number, roles: string[]}} Operator */
/**
 * @typedef {object} Desk an operator at work
 * @property {import('../kit/api.js').LedgerFacts} ledger
 * @property {import('../kit/keys.js').Wallet} wallet
 * @property {import('../kit/api.js').Session} session
 * @property {Operator} operator
 */
/** @typedef {{name: 'starting'} | {name: 'failed', error: unknown} | {name: 'door'} | {name: 'stranger'} | {name: 'ready', desk: Desk}} Phase */

/**
 * @typedef {object} Medium
 * @property {'digital' | 'paper'} medium
 * @property {number} circulation
 * @property {number} cover
 * @property {number} payable
 * @property {number} fees_due
 * @property {number} pledged
 * @property {number} in_transit
 * @property {number} surplus
 * @property {boolean} covered
 */
/** @typedef {{bank: number, medium: string, class: string, balance: number, unmatched: number, campaigns: number, own: number, cover: number, same_iban: number[]}} Bank */
/** @typedef {{campaign: number, version: number, bank: number, money: number, spent: number, budget: number, start: number, end: number, numerator: number, denominator: number}} Campaign */
/** @typedef {{currency: string, media: Medium[], banks: Bank[], campaigns: Campaign[], waiting: number, members: number, professionals: number, in: {today: number, week: number}, odd: import('./odd.js').Odd[], disk: {free_mb: number, alarm: boolean, full: boolean}}} Overview */
/** @typedef {import('../kit/acts.js').ActWords} ActWords */
/** @typedef {{proposal: string, sequence: number, time: number, lapses: number, act: number, words: ActWords, proposer: {number: number}, approvals: number[], persons: number, mine: boolean, can_approve: boolean, why_not: string | null}} Proposal */
/** @typedef {{sequence: number, time: number, operator: number | null, kind: string, proposal?: string | null, act: number | null, fields: ActWords | null, outcome: {executed: boolean, approvals?: number}}} Act */
/** @typedef {{account: string, kind: string, status: string, level: number, groups: number[], balance: number, name: string | null}} Member */
/** @typedef {{redemption: number, account: string, name: string | null, gross: number, fee: number, net: number, state: string, time: number}} Redemption */
/** @typedef {{credit: string, bank: number, amount: number, left: number, time: number}} Credit */

export const phase = signal(/** @type {Phase} */ ({ name: 'starting' }));
export const section = signal(/** @type {Section} */ ('dashboard'));
/** What stands after the section in the address: `#/members/…`. */
export const place = signal(/** @type {string[]} */ ([]));
export const desk = computed(() => (phase.value.name === 'ready' ? phase.value.desk : null));

/** Read by whoever is at the desk. @template T @extends {Read<T>} */
export class Reading extends Read {
  /** @param {() => string} path @param {(answer: any) => T} take */
  constructor(path, take) {
    super(() => desk.peek()?.session, path, take);
  }
}

/** @typedef {{acts: Act[], next: number | null}} ActList */

const ACTS_A_PAGE = 30;
const MEMBERS_SHOWN = 100;

export const overview = new Reading(() => '/office/v1/overview', (answer) => /** @type {Overview} */ (answer));
export const proposals = new Reading(() => '/office/v1/proposals', (answer) => /** @type {Proposal[]} */ (answer.proposals));
export const redemptions = new Reading(() => '/office/v1/redemptions', (answer) => /** @type {Redemption[]} */ (answer.redemptions));
export const credits = new Reading(() => '/office/v1/credits', (answer) => /** @type {Credit[]} */ (answer.credits));
export const acts = new Reading(() => `/office/v1/acts?limit=${ACTS_A_PAGE}`, withOlder);

/** The newest acts, and below them the older ones that the reader has asked for. @param {ActList} answer @returns {ActList} */
function withOlder(answer) {
  const old = acts.data.peek();
  const last = answer.acts.at(-1)?.sequence;
  if (!old || last === undefined || !old.acts.some(({ sequence }) => sequence === last)) return answer;
  return { acts: [...answer.acts, ...old.acts.filter(({ sequence }) => sequence < last)], next: old.next };
}

export const query = signal('');
export const members = new Reading(
  () => `/office/v1/members?query=${encodeURIComponent(query.peek().trim())}&limit=${MEMBERS_SHOWN}`,
  (answer) => /** @type {Member[]} */ (answer.members),
);

/** Names of accounts that acts speak of; each is asked for once. */
export const names = signal(/** @type {ReadonlyMap<string, string>} */ (new Map()));
/** @type {Set<string>} */
const asked = new Set();

/** The name of an account, once it is known. @param {string} account */
export function nameOf(account) {
  const known = names.value.get(account);
  if (!known && !asked.has(account)) {
    asked.add(account);
    queueMicrotask(() => void askName(account));
  }
  return known ?? null;
}

/** @param {string} account */
async function askName(account) {
  try {
    const { members: found } = await desk.peek()?.session.json(`/office/v1/members?query=${encodeURIComponent(account)}&limit=1`) ?? { members: [] };
    const member = /** @type {Member[]} */ (found).find((one) => one.account === account);
    if (member?.name) names.value = new Map(names.peek()).set(account, member.name);
  } catch {
    // The account's own text stays; the next reading of the page asks again.
    asked.delete(account);
  }
}

/** Everything that the dashboard and the decisions show. */
export function refreshAll() {
  // A sponsor reads the own campaigns alone.
  if (desk.peek()?.operator.roles.every((role) => role === 'sponsor')) return;
  for (const reading of [overview, proposals, redemptions, credits, acts]) void reading.refresh();
}

/** Older acts, appended to those that were read. */
export async function olderActs() {
  const reader = desk.peek();
  const read = acts.data.peek();
  if (!reader || !read || read.next === null) return;
  acts.busy.value = true;
  try {
    const more = await reader.session.json(`/office/v1/acts?limit=${ACTS_A_PAGE}&before=${read.next}`);
    acts.data.value = { acts: [...read.acts, .../** @type {ActList} */ (more).acts], next: more.next };
  } catch (error) {
    acts.error.value = error;
  } finally {
    acts.busy.value = false;
  }
}
