// What is odd, in words, each with the way to where it is mended. The server finds it and gives codes; the most urgent comes first.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { hasWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { euros } from './acts.js';
import { linkTo } from './place.js';
import { nameOf } from './state.js';
import { shortAccount } from '../kit/bech32m.js';

/** @typedef {{code: string, n?: number, amount?: number, medium?: string, bank?: number, campaign?: number, gift?: number, account?: string, since?: number, line?: string, payout?: number}} Odd */

/** Where each is mended. @type {Record<string, (odd: Odd) => string>} */
const PLACES = {
  shortfall: () => linkTo('fund'),
  receivable: ({ account }) => linkTo('members', account ?? ''),
  same_iban: () => linkTo('fund'),
  sponsor_ends: () => linkTo('rules'),
  budget_ends: () => linkTo('rules'),
  gift_due: () => linkTo('rules'),
  proposal_lapses: () => linkTo('decisions'),
  confirmation_old: () => linkTo('bank', 'files'),
  statement_unbalanced: () => linkTo('bank', 'files'),
  statement_gap: () => linkTo('bank', 'files'),
  bank_differs: () => linkTo('bank', 'reconciliation'),
  question_old: () => linkTo('bank'),
  coverage_old: () => '#/publication',
  iban_changed: ({ account }) => linkTo('members', account ?? ''),
  payout_void: () => linkTo('redemptions'),
};
/** These stop something or cost somebody money. */
const URGENT = new Set(['shortfall', 'receivable', 'bank_differs', 'payout_void', 'statement_unbalanced']);
/** Said in a banner of its own. */
const ELSEWHERE = new Set(['disk']);

/** @param {Odd} odd */
function sentence(odd) {
  const { code, n, amount, medium, bank, campaign, gift, account, since } = odd;
  const who = account ? (nameOf(account) ?? shortAccount(account)) : '';
  /** @type {Record<string, string | number>} */
  const values = {
    n: n ?? 0, count: formatCount(n ?? 0), amount: typeof amount === 'number' ? euros(amount) : '', medium: medium && hasWords(`medium.${medium}`) ? t(`medium.${medium}`) : '',
    bank: bank ?? '', campaign: campaign ?? '', gift: gift ?? '', who, since: since ? formatDate(since) : '',
  };
  const key = since === undefined && hasWords(`odd.${code}.never`) ? `odd.${code}.never` : `odd.${code}`;
  return hasWords(key) ? t(key, values) : t('odd.other', { code });
}

/** @param {Odd} odd */
function oddLine(odd) {
  const href = PLACES[odd.code]?.(odd);
  const urgent = URGENT.has(odd.code);
  const inside = html`<span class="row-icon ${urgent ? 'danger' : 'copper'}">${icon(urgent ? 'warning' : 'eye')}</span><span class="row-words"><span class="row-title">${sentence(odd)}</span></span>${href ? icon('next', { size: 20 }) : nothing}`;
  return html`<li data-name="odd" data-code=${odd.code}>${href ? html`<a class="row" href=${href}>${inside}</a>` : html`<div class="row">${inside}</div>`}</li>`;
}

/** @param {Odd[]} list */
export function oddView(list) {
  const shown = list.filter(({ code }) => !ELSEWHERE.has(code));
  if (shown.length === 0) return html`<p class="all-well" data-name="nothing-odd">${icon('check')}<span>${t('odd.none')}</span></p>`;
  return html`<ul class="list">${shown.map(oddLine)}</ul>`;
}
