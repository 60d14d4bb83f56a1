// Every key of the account: what it is called, what it may do, and the one tap that takes it away.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { fingerprint, unhex } from '../kit/hex.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { revokeKey } from '../kit/ledger.js';
import { formatDate, formatDateTime } from '../kit/time.js';
import { ask, banner, button, chip, field, linkButton, loading, toast } from '../kit/ui.js';
import { LONGEST_NAME } from '../kit/device-link.js';
import { frame } from './frame.js';
import { settled } from './settle.js';
import { account, accountBytes, openSession, refresh, scope, wallet } from './state.js';
import { unsettled } from './unsettled.js';
import { units } from './words.js';

/** @typedef {import('./state.js').AccountKey} AccountKey */

const ICONS = { till: 'till', limited: 'people', card_service: 'file' };

const naming = signal(/** @type {{key: string, text: string} | null} */ (null));
const busy = signal(false);

/** What a key is called; without a name, what it is for. @param {AccountKey} key */
export function keyName({ label, scope: may }) {
  return label ?? t(`scope.${may}`);
}

/** Gives a key its name. @param {string} key @param {string} label */
export async function nameKey(key, label) {
  await openSession().json(`/v1/accounts/${account.value?.account}/keys/${key}/label`, { method: 'PUT', json: { label } });
  await refresh();
}

/** Takes a key off the account, after a warning. @param {AccountKey} key @returns {Promise<boolean>} */
export async function takeOff(key) {
  const mine = key.key === wallet.value?.key;
  const sure = await ask({
    title: t('devices.revoke_ask', { name: keyName(key) }), danger: true, iconName: 'warning', confirm: t('devices.revoke'),
    text: html`<p>${t(mine ? 'devices.revoke_mine' : 'devices.revoke_text')}</p><p>${t('devices.revoke_paper')}</p>${mine && unsettled.value ? html`<p><strong>${t('devices.revoke_unsettled')}</strong></p>` : nothing}`,
  });
  if (!sure) return false;
  const done = await settled(revokeKey(accountBytes(account.value?.account ?? ''), unhex(key.key)), { kind: 'revoke_key', name: keyName(key) });
  if (!done) return false;
  toast(t('devices.revoked', { name: keyName(key) }), 'good');
  await refresh();
  return true;
}

export function devicesView() {
  const mine = account.value;
  if (!mine) return frame({ title: t('devices.title'), back: 'settings', body: loading() });
  const full = scope.value === 'full';
  return frame({
    title: t('devices.title'), back: 'settings',
    body: html`<p class="quiet-text">${t('devices.text')}</p>
      <ul class="list">${mine.keys.map((key) => keyView(key, full))}</ul>
      ${full ? html`<div class="actions">${linkButton({ label: t('devices.add'), href: '#device', kind: 'primary', big: true, iconName: 'plus', name: 'device-add' })}
          ${linkButton({ label: t('family.title'), href: '#family', kind: 'quiet', iconName: 'people' })}</div>` : banner({ tone: 'info', text: t('devices.limited') })}`,
  });
}

/** @param {AccountKey} key @param {boolean} full */
function keyView(key, full) {
  const here = key.key === wallet.value?.key;
  const caps = [key.per_payment === null ? '' : t('devices.per_payment', { amount: units(key.per_payment) }), key.per_day === null ? '' : t('settings.per_day', { amount: units(key.per_day) })];
  const note = [key.label ? t(`scope.${key.scope}`) : '', key.since ? t('devices.since', { date: formatDate(key.since) }) : '', ...caps].filter(Boolean).join(' · ');
  const typed = naming.value?.key === key.key ? naming.value : null;
  return html`<li data-name="device" data-key=${key.key}><div class="row device"><span class="row-icon ${here ? 'copper' : ''}">${icon(/** @type {Record<string, string>} */ (ICONS)[key.scope] ?? 'key')}</span>
    <span class="row-words"><span class="row-title"><bdi>${keyName(key)}</bdi></span><span class="row-note">${note}</span><span class="row-note code"><bdi dir="ltr">${fingerprint(key.key)}</bdi></span>
      ${here ? chip({ text: t('settings.this_device'), tone: 'info' }) : nothing}${key.from > now() ? chip({ text: t('devices.from', { date: formatDateTime(key.from) }), tone: 'warning', iconName: 'clock' }) : nothing}</span>
    ${full || here ? html`<span class="device-actions">${full ? html`<button type="button" class="icon-button" data-name="rename" aria-label=${t('devices.rename', { name: keyName(key) })} @click=${() => { naming.value = typed ? null : { key: key.key, text: key.label ?? '' }; }}>${icon('pen')}</button>` : nothing}
      <button type="button" class="icon-button" data-name="revoke" aria-label=${t('devices.revoke_of', { name: keyName(key) })} @click=${() => void takeOff(key)}>${icon('trash')}</button></span>` : nothing}</div>
    ${typed ? html`<form class="stack order-form" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void rename(typed); }}>
      ${field({ name: 'key-name', label: t('devices.name'), value: typed.text, maxLength: LONGEST_NAME, onInput: (text) => { naming.value = { key: key.key, text }; } })}
      ${button({ label: t('devices.save'), type: 'submit', kind: 'primary', busy: busy.value, disabled: typed.text.trim() === '', name: 'rename-do' })}</form>` : nothing}</li>`;
}

/** @param {{key: string, text: string}} typed */
async function rename({ key, text }) {
  busy.value = true;
  try {
    await nameKey(key, text.trim());
    naming.value = null;
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = false;
  }
}
