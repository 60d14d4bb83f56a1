// The association's rules as the server tells them: campaigns, fees and gifts, with what became of each.

import { t } from '../kit/i18n.js';
import { formatAmount } from '../kit/money.js';
import { formatMonth } from '../kit/time.js';
import { rate } from './acts.js';
import { onEntering, sponsorOnly } from './place.js';
import { Reading, desk } from './state.js';

/** @typedef {{numerator: number, denominator: number}} Share */
/** @typedef {[number, number, number]} Step cents from which another share counts, and that share */
/** @typedef {{month: string, conversions: number | null, euros: number | null, bonus: number | null, members: number | null}} CampaignMonth e.g. "2026-10"; nothing where fewer than five people would be seen */
/**
 * @typedef {Share & {campaign: number, version: number, bank: number, start: number, end: number, budget: number, cap: number, periods: number[],
 *   groups: number[], order: number, least: number, most: number, steps: Step[], sponsor: number | null,
 *   money: number, spent: number, members: number | null, conversions: number | null, months: CampaignMonth[]}} CampaignRule
 */
/** @typedef {Share & {version: number, least: number, from: number, exempt: number[], given_numerator: number | null, given_denominator: number | null, beneficiary: string | null, in_force: boolean}} FeeRule */
/** @typedef {{account: string, name: string | null, members: number, euros: number, cents: number}} GiftLine */
/** @typedef {{start: number, end: number, state: 'running' | 'ended' | 'given', due: GiftLine[] | null, total: number | null}} GiftPeriod */
/** @typedef {Share & {gift: number, version: number, bank: number, least_members: number, budget: number, periods: number[], periods_so_far: GiftPeriod[]}} GiftRule */
/** @typedef {{campaigns: CampaignRule[], fees: FeeRule[], gifts: GiftRule[]}} Rules */

export const rules = new Reading(
  () => (sponsorOnly() ? '/office/v1/campaigns' : '/office/v1/rules'),
  (answer) => /** @type {Rules} */ ({ campaigns: answer.campaigns ?? [], fees: answer.fees ?? [], gifts: answer.gifts ?? [] }),
);
onEntering('rules', () => void rules.refresh());

/** Units with their name. @param {number} cents */
export const units = (cents) => formatAmount(cents, { symbol: desk.value?.ledger.symbol ?? '' });

/** @typedef {'coming' | 'running' | 'used_up' | 'over'} CampaignState */

/** @param {Pick<CampaignRule, 'start' | 'end' | 'money' | 'spent' | 'budget'>} campaign @param {number} at @returns {CampaignState} */
export function stateOf({ start, end, money, spent, budget }, at) {
  if (at < start) return 'coming';
  if (at >= end) return 'over';
  return money <= 0 || spent >= budget ? 'used_up' : 'running';
}

/** All rates of a campaign in a sentence. @param {Share & {steps?: Step[]}} campaign */
export function rateWords({ numerator, denominator, steps = [] }) {
  const first = t('campaign.rate', { rate: rate(numerator, denominator) });
  const more = steps.map(([from, n, d]) => t('rules.step_words', { rate: rate(n, d), from: formatAmount(from, { symbol: '€' }) }));
  return [first, ...more].join(', ');
}

/** The newest version of each rule. @template {{version: number}} T @param {T[]} list @param {(rule: T) => number} number @returns {T[]} */
export function newest(list, number) {
  /** @type {Map<number, T>} */
  const found = new Map();
  for (const rule of list) if ((found.get(number(rule))?.version ?? 0) < rule.version) found.set(number(rule), rule);
  return [...found.values()].sort((a, b) => number(a) - number(b));
}

/** "octobre 2026" of "2026-10"; short: "10/26". @param {string} month @param {boolean} [short] */
export function monthWords(month, short = false) {
  const [year, number] = month.split('-').map(Number);
  if (short) return `${String(number).padStart(2, '0')}/${String(year).slice(2)}`;
  return formatMonth(new Date(year, number - 1, 15, 12).getTime());
}
