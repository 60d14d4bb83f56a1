// Members: found by name or account; one of them with everything that the association keeps and may do.

import { html } from '../vendor/lit-html/lit-html.js';
import { groupAccount } from '../kit/bech32m.js';
import { t } from '../kit/i18n.js';
import { chip, empty, field } from '../kit/ui.js';
import { detail, levelWords, word } from './members-data.js';
import { memberView } from './members-detail.js';
import { readingView } from './parts.js';
import { linkTo, onEntering } from './place.js';
import { desk, members, place, query } from './state.js';
import { dataTable } from './table.js';

/** A pause in typing after which the search starts. */
const PAUSE_MS = 250;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

onEntering('members', ([account]) => {
  if (!account) void members.refresh();
  else {
    if (detail.data.peek()?.account !== account) detail.data.value = null;
    void detail.refresh();
  }
});

/** @param {string} typed */
function search(typed) {
  query.value = typed;
  clearTimeout(timer);
  timer = setTimeout(() => members.refresh(), PAUSE_MS);
}

export function membersView() {
  if (place.value[0]) return memberView();
  return html`<h1>${t('tab.members')}</h1>
    <div class="search" role="search">${field({ name: 'query', label: t('members.search'), hint: t('members.search_hint'), value: query.value, type: 'search', inputMode: 'search', onInput: search })}</div>
    ${readingView(members, (list) => (list.length === 0 ? empty({ iconName: 'search', title: t('members.none') }) : html`
      <p class="quiet-text" role="status">${t('members.count', { n: list.length })}</p>
      ${dataTable({
        name: 'members', label: t('tab.members'), filter: false, rows: list, id: ({ account }) => account, none: { iconName: 'search', title: t('members.none') },
        columns: [
          { key: 'name', title: t('members.name'), value: ({ name }) => name, cell: ({ name, account }) => html`<a class="row-link" href=${linkTo('members', account)}><strong><bdi>${name ?? t('members.no_name')}</bdi></strong></a><br><bdi class="code small-text quiet-text" dir="ltr">${groupAccount(account)}</bdi>` },
          { key: 'account', title: t('field.account'), value: ({ account }) => account, fileOnly: true },
          { key: 'kind', title: t('members.kind'), value: ({ kind }) => word('account_kind', kind) },
          { key: 'status', title: t('members.status'), value: ({ status }) => word('status', status), cell: ({ status }) => chip({ text: word('status', status), tone: status === 'open' ? 'good' : 'warning' }) },
          { key: 'level', title: t('members.level'), value: ({ level }) => levelWords(level) },
          { key: 'groups', title: t('field.groups'), value: ({ groups }) => groups.join(', ') },
          { key: 'balance', title: t('members.balance'), kind: 'cents', symbol: desk.value?.ledger.symbol, value: ({ balance }) => balance },
        ],
      })}`))}`;
}
