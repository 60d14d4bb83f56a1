// A key was added to this account by somebody else than this device: it says so at once, and can stop it.

import { html } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { fingerprint, unhex } from '../kit/hex.js';
import { moreWords, t } from '../kit/i18n.js';
import { revokeKey } from '../kit/ledger.js';
import { formatDateTime } from '../kit/time.js';
import { ask, banner, button, toast } from '../kit/ui.js';
import { keysToTell, knowKey } from './keys-seen.js';
import { settled } from './settle.js';
import { account, accountBytes, keyNotice, refresh, scope } from './state.js';
import { units } from './words.js';

/** @typedef {import('./state.js').AccountKey} AccountKey */

const busy = signal(false);

/** Shows what is to be said, if anything. */
export async function noticeKeys() {
  const id = account.value?.account;
  if (!id) return;
  await moreWords('wallet-more', 'wallet-keys', 'errors');
  if (account.value?.account === id) keyNotice.value = view;
}

function view() {
  return keysToTell().map((added) => html`<div data-name="key-notice" data-key=${added.key}>${banner({
    tone: 'danger', iconName: 'key', title: t(added.from > 0 ? 'notice.title' : 'notice.added'),
    text: html`${may(added)} ${when(added)} <bdi>${added.label ?? ''}</bdi> <bdi dir="ltr" class="code">${fingerprint(added.key)}</bdi>`,
    action: html`<div class="cluster">${scope.value === 'full' ? button({ label: t('notice.stop'), kind: 'danger', busy: busy.value, name: 'stop-key', onClick: () => void stop(added.key) }) : ''}
      ${button({ label: t(added.from > 0 ? 'notice.mine' : 'notice.known'), kind: 'quiet', name: 'key-is-mine', onClick: () => void accept(added) })}</div>`,
  })}</div>`);
}

/** What a key may do, and within which limits. @param {AccountKey} key */
function may({ scope: what, per_payment, per_day }) {
  const limits = [per_payment === null ? '' : t('devices.per_payment', { amount: units(per_payment) }), per_day === null ? '' : t('settings.per_day', { amount: units(per_day) })];
  return `${[t(`scope.${what}`), ...limits].filter(Boolean).join(', ')}.`;
}

/** @param {AccountKey} key */
function when({ from }) {
  if (from === 0) return t('notice.not_you');
  return from > now() ? t('notice.from', { date: formatDateTime(from) }) : t('notice.since', { date: formatDateTime(from) });
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

/** @param {AccountKey} added */
async function accept({ key, from }) {
  if (await ask({ title: t(from > 0 ? 'notice.mine_ask' : 'notice.known_ask'), text: html`<p>${t('notice.mine_text')}</p>`, confirm: t(from > 0 ? 'notice.mine' : 'notice.known') })) await knowKey(key);
}
