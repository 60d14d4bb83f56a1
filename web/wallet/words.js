// How a movement is told: its title, its icon, the explanation of a bonus, an account in short.

import { shortAccount } from '../kit/bech32m.js';
import { formatAmount } from '../kit/money.js';
import { hasWords, t } from '../kit/i18n.js';
import { formatDate } from '../kit/time.js';
import { contactName } from './contacts.js';
import { facts, symbol } from './state.js';

/** @typedef {import('./state.js').Line} Line */

/** Who is on the other side. @param {Line} line */
export function otherParty(line) {
  return contactName(line.counterparty) ?? line.counterparty_name ?? shortAccount(line.counterparty);
}

/** Whether somebody paid somebody. @param {Line} line */
export function isPayment(line) {
  return line.kind === 'transfer' || line.kind === 'transfers';
}

/** @param {Line} line */
export function lineTitle(line) {
  if (isShareOfFee(line)) return t('line.fee_share');
  if (isPayment(line) && line.counterparty) return otherParty(line);
  const key = `line.${line.kind}`;
  return hasWords(key) ? t(key) : t('line.other');
}

/** @param {Line} line */
export function lineNote(line) {
  if (isPayment(line)) {
    const back = line.refunded > 0 ? t('line.refunded', { amount: units(line.refunded) }) : '';
    const asked = line.refund_request?.state === 'open' ? t('line.refund_request') : '';
    return [line.memo ?? '', asked, back].filter(Boolean).join(' · ');
  }
  if (line.kind === 'convert' && line.euros !== null) return t('line.convert_plain', { euros: euros(line.euros) });
  if (line.kind === 'refund') return otherParty(line);
  if (line.kind.startsWith('redeem') && line.net !== null) return t('line.redeem_net', { euros: euros(line.net) });
  return '';
}

/** @param {Line} line @returns {[string, string]} icon and tone */
export function lineIcon(line) {
  if (line.kind === 'convert') return ['convert', 'copper'];
  if (line.kind === 'give_gifts' || isShareOfFee(line)) return ['gift', 'in'];
  if (line.kind === 'choose') return ['gift', ''];
  if (line.kind.startsWith('rede') || line.kind === 'order_redemptions') return ['bank', 'copper'];
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

/** Where each bonus came from, and what bound it; one sentence each. @param {{campaign: number, version: number, bonus: number, reason: string}[]} bonus */
export function bonusSentences(bonus) {
  return bonus.filter((one) => one.bonus > 0 || one.reason !== 'whole').map(({ campaign, version, bonus: cents, reason }) =>
    cents === 0 ? t(`bonus.no_${reason}`, { campaign, version }) : t(`bonus.${reason}`, { bonus: units(cents), campaign, version }));
}

/** A share of somebody's fee came in. @param {Line} line */
function isShareOfFee(line) {
  return line.kind.startsWith('redeem') && line.amount > 0;
}

/** Where each cent of a line that is no payment came from, or went. @param {Line} line @returns {string[]} */
export function lineOrigins(line) {
  return [...bonusSentences(line.bonus), ...originSentences(line)];
}

/** Where a gift or a share came from, or where a fee went; one sentence each. @param {Line} line @returns {string[]} */
export function originSentences(line) {
  const given = line.given ?? [];
  const gift = line.gift;
  if (gift) return given.map(({ cents, members }) => t('origin.gift', { amount: units(cents), n: members, gift: gift.gift, date: formatDate(gift.period) }));
  if (isShareOfFee(line)) return given.map(({ cents, members }) => t(members > 0 ? 'origin.share_chosen' : 'origin.share', { amount: units(cents) }));
  if (!line.fee) return [];
  const words = { fee: units(line.fee), version: line.fee_version ?? 0 };
  const passed = given[0];
  if (!passed) return [t('origin.fee', words)];
  const whom = { name: passed.name ?? shortAccount(passed.account), given: units(passed.cents), rest: units(line.fee - passed.cents) };
  return [t('origin.fee_given', { ...words, ...whom })];
}

/** The campaign whose time it is, if any. @param {number} now */
export function runningCampaign(now) {
  return facts().campaigns.find((campaign) => campaign.start <= now && now < campaign.end && campaign.left > 0 && !campaign.groups_only) ?? null;
}
