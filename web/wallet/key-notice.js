// The association has added a key to this account: every other device says so at once, and can stop it.

import { html } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { fingerprint, unhex } from '../kit/hex.js';
import { moreWords, t } from '../kit/i18n.js';
import { revokeKey } from '../kit/ledger.js';
import { read, write } from '../kit/store.js';
import { formatDateTime } from '../kit/time.js';
import { ask, banner, button, toast } from '../kit/ui.js';
import { settled } from './settle.js';
import { account, accountBytes, facts, keyNotice, refresh, scope, wallet } from './state.js';

/** Keys that the person has said are theirs, of this account. */
const known = signal(/** @type {string[]} */ ([]));
const busy = signal(false);

/** @param {string} id */
const placeOf = (id) => `known-keys:${facts().ledger}:${id}`;

/** Shows what is to be said, if anything. */
export async function noticeKeys() {
  const id = account.value?.account;
  if (!id) return;
  const [kept] = await Promise.all([read('settings', placeOf(id)), moreWords('wallet-more', 'wallet-keys', 'errors')]);
  known.value = kept ?? [];
  if (account.value?.account === id) keyNotice.value = view;
}

function view() {
  const added = (account.value?.keys ?? []).filter(({ key, from }) => from > 0 && key !== wallet.value?.key && !known.value.includes(key));
  return added.map(({ key, from, label }) => html`<div data-name="key-notice" data-key=${key}>${banner({
    tone: 'danger', iconName: 'key', title: t('notice.title'),
    text: html`${from > now() ? t('notice.from', { date: formatDateTime(from) }) : t('notice.since', { date: formatDateTime(from) })} <bdi>${label ?? ''}</bdi> <bdi dir="ltr" class="code">${fingerprint(key)}</bdi>`,
    action: html`<div class="cluster">${scope.value === 'full' ? button({ label: t('notice.stop'), kind: 'danger', busy: busy.value, name: 'stop-key', onClick: () => void stop(key) }) : ''}
      ${button({ label: t('notice.mine'), kind: 'quiet', name: 'key-is-mine', onClick: () => void accept(key) })}</div>`,
  })}</div>`);
}

/** @param {string} key */
async function stop(key) {
  const id = account.value?.account ?? '';
  if (!(await ask({ title: t('notice.stop_ask'), text: html`<p>${t('notice.stop_text')}</p>`, confirm: t('notice.stop'), danger: true, iconName: 'key' }))) return;
  busy.value = true;
  const done = await settled(revokeKey(accountBytes(id), unhex(key)), { kind: 'revoke_key', name: t('notice.stopping') });
  busy.value = false;
  if (!done) return;
  toast(t('notice.stopped'), 'good');
  await refresh();
}

/** @param {string} key */
async function accept(key) {
  const id = account.value?.account ?? '';
  if (!(await ask({ title: t('notice.mine_ask'), text: html`<p>${t('notice.mine_text')}</p>`, confirm: t('notice.mine') }))) return;
  known.value = [...known.value, key];
  await write('settings', placeOf(id), known.value);
}
