// How a movement is told: its title, its icon, the explanation of a bonus, an account in short.

import { shortAccount } from '../kit/bech32m.js';
import { formatAmount } from '../kit/money.js';
import { hasWords, t } from '../kit/i18n.js';
import { facts, symbol } from './state.js';

/** @typedef {import('./state.js').Line} Line */

/** Who is on the other side. @param {Line} line */
export function otherParty(line) {
  return line.counterparty_name ?? shortAccount(line.counterparty);
}

/** @param {Line} line */
export function lineTitle(line) {
  if ((line.kind === 'transfer' || line.kind === 'transfers') && line.counterparty) return otherParty(line);
  const key = `line.${line.kind}`;
  return hasWords(key) ? t(key) : t('line.other');
}

/** @param {Line} line */
export function lineNote(line) {
  if (line.kind === 'transfer' || line.kind === 'transfers') {
    const back = line.refunded > 0 ? t('line.refunded', { amount: units(line.refunded) }) : '';
    return [line.memo ?? '', back].filter(Boolean).join(' · ');
  }
  if (line.kind === 'convert' && line.euros !== null) {
    const bonus = line.bonus.reduce((sum, one) => sum + one.bonus, 0);
    return bonus > 0 ? t('line.convert_bonus', { euros: euros(line.euros), bonus: units(bonus) }) : t('line.convert_plain', { euros: euros(line.euros) });
  }
  if (line.kind === 'refund') return otherParty(line);
  if (line.kind === 'redeem' && line.net !== null) return t('line.redeem_net', { euros: euros(line.net) });
  return '';
}

/** @param {Line} line @returns {[string, string]} icon and tone */
export function lineIcon(line) {
  if (line.kind === 'convert') return ['convert', 'copper'];
  if (line.kind === 'redeem') return ['bank', 'copper'];
  if (line.kind === 'refund') return ['undo', line.amount > 0 ? 'in' : ''];
  if (line.kind.endsWith('_key')) return ['key', ''];
  if (line.kind.includes('account')) return ['person', ''];
  return line.amount < 0 ? ['shop', ''] : ['receive', 'in'];
}

/** An amount in units of the currency, as text. @param {number} cents */
export function units(cents) {
  return formatAmount(cents, { symbol: symbol.value });
}

/** @param {number} cents */
export function euros(cents) {
  return formatAmount(cents, { symbol: '€' });
}

/** A rate as people say it: what ten euros give. @param {{numerator: number, denominator: number}} rate */
export function tenGive({ numerator, denominator }) {
  const given = 1000 + Number((1000n * BigInt(numerator)) / BigInt(denominator));
  return { ten: euros(1000).replace(/[.,]00/, ''), given: units(given).replace(/[.,]00/, '') };
}

/** Why a bonus is what it is, one sentence each. @param {{campaign: number, bonus: number, reason: string}[]} bonus */
export function bonusSentences(bonus) {
  return bonus.map((one) => t(hasWords(`bonus.${one.reason}`) ? `bonus.${one.reason}` : 'bonus.whole', { bonus: units(one.bonus) }));
}

/** The campaign whose time it is, if any. @param {number} now */
export function runningCampaign(now) {
  return facts().campaigns.find((campaign) => campaign.start <= now && now < campaign.end && campaign.left > 0 && !campaign.groups_only) ?? null;
}
