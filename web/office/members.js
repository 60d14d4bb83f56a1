// Members: found by name or account.

import { html } from '../vendor/lit-html/lit-html.js';
import { groupAccount } from '../kit/bech32m.js';
import { hasWords, t } from '../kit/i18n.js';
import { chip, empty, field } from '../kit/ui.js';
import { readingView } from './parts.js';
import { desk, members, query } from './state.js';
import { dataTable } from './table.js';

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
      ${dataTable({
        name: 'members', label: t('tab.members'), rows: list, id: ({ account }) => account, none: { iconName: 'search', title: t('members.none') },
        columns: [
          { key: 'name', title: t('members.name'), value: ({ name }) => name, cell: ({ name, account }) => html`<strong><bdi>${name ?? t('members.no_name')}</bdi></strong><br><bdi class="code small-text quiet-text" dir="ltr">${groupAccount(account)}</bdi>` },
          { key: 'account', title: t('field.account'), value: ({ account }) => account, fileOnly: true },
          { key: 'kind', title: t('members.kind'), value: ({ kind }) => word('account_kind', kind) },
          { key: 'status', title: t('members.status'), value: ({ status }) => word('status', status), cell: ({ status }) => chip({ text: word('status', status), tone: status === 'open' ? 'good' : 'warning' }) },
          { key: 'level', title: t('members.level'), kind: 'count', value: ({ level }) => level },
          { key: 'balance', title: t('members.balance'), kind: 'cents', symbol: desk.value?.ledger.symbol, value: ({ balance }) => balance },
        ],
      })}`))}`;
}
