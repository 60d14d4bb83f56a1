// Members: found by name or account.

import { html } from '../vendor/lit-html/lit-html.js';
import { groupAccount } from '../kit/bech32m.js';
import { hasWords, t } from '../kit/i18n.js';
import { amount, chip, empty, field } from '../kit/ui.js';
import { readingView, table } from './parts.js';
import { desk, members, query } from './state.js';

/** A pause in typing after which the search starts. */
const PAUSE_MS = 250;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string} typed */
function search(typed) {
  query.value = typed;
  clearTimeout(timer);
  timer = setTimeout(() => members.refresh(), PAUSE_MS);
}

/** @param {string} prefix @param {string} code */
const word = (prefix, code) => (hasWords(`${prefix}.${code}`) ? t(`${prefix}.${code}`) : code);

export function membersView() {
  return html`<h1>${t('tab.members')}</h1>
    <div class="search" role="search">${field({ name: 'query', label: t('members.search'), hint: t('members.search_hint'), value: query.value, type: 'search', inputMode: 'search', onInput: search })}</div>
    ${readingView(members, (list) => (list.length === 0 ? empty({ iconName: 'search', title: t('members.none') }) : html`
      <p class="quiet-text" role="status">${t('members.count', { n: list.length })}</p>
      ${table({
        label: t('tab.members'),
        name: 'members',
        columns: [{ title: t('members.name') }, { title: t('members.kind') }, { title: t('members.status') }, { title: t('members.level'), number: true }, { title: t('members.balance'), number: true }],
        rows: list.map((member) => [
          html`<strong><bdi>${member.name ?? t('members.no_name')}</bdi></strong><br><bdi class="code small-text quiet-text" dir="ltr">${groupAccount(member.account)}</bdi>`,
          word('account_kind', member.kind),
          chip({ text: word('status', member.status), tone: member.status === 'open' ? 'good' : 'warning' }),
          String(member.level),
          amount(member.balance, { symbol: desk.value?.ledger.symbol }),
        ]),
      })}`))}`;
}
