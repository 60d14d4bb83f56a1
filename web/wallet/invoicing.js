// For the shop's own key: letting the service ask in the shop's name while nobody is at the till; keys for programs; and hooks, which
// tell a web shop what was paid.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { attempt } from '../kit/attempt.js';
import { fingerprint, unhex } from '../kit/hex.js';
import { addKey } from '../kit/ledger.js';
import { icon } from '../kit/icons.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { formatDateTime } from '../kit/time.js';
import { ask, banner, button, copyRow, failure, field, loading, toast } from '../kit/ui.js';
import { frame } from './frame.js';
import { knowKey } from './keys-seen.js';
import { settled } from './settle.js';
import { account, accountBytes, openSession, refresh } from './state.js';

/** The least cap that the ledger knows: the key may give a cent a day back, and no more. */
const LEAST_CENTS = 1;

/** @typedef {{name: string, label: string, create: boolean, created: number, key?: string}} Key */
/** @typedef {{name: string, url: string, secret: string, created: number, waiting: number, arrived: number | null, failed: number | null, why: string | null}} Hook */

const desk = signal(/** @type {{key: string, admitted: boolean} | null} */ (null));
const keys = signal(/** @type {Key[]} */ ([]));
const hooks = signal(/** @type {Hook[]} */ ([]));
const fault = signal(/** @type {unknown} */ (null));
const acting = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };
const label = signal('');
const create = signal(true);
const fresh = signal(/** @type {Key | null} */ (null));
const url = signal('');
let asked = false;

/** Leaving: what was shown once is shown no more. @param {string} name the screen that is shown now */
export function leaveInvoicing(name) {
  if (name === 'invoicing') return;
  asked = false;
  fresh.value = null;
}

async function load() {
  fault.value = null;
  try {
    const [of, listed, sent] = await Promise.all([read('desk'), read('keys'), read('hooks')]);
    batch(() => {
      desk.value = of;
      keys.value = listed.keys;
      hooks.value = sent.hooks;
    });
  } catch (error) {
    fault.value = error;
  }
}

/** @param {string} what @param {import('../kit/api.js').Call} [options] */
const read = (what, options) => openSession().json(`/pos/v1/invoicing/${what}`, options);

export function invoicingView() {
  if (!asked) {
    asked = true;
    queueMicrotask(() => void load());
  }
  return frame({
    title: t('invoicing.title'), back: 'tills',
    body: fault.value ? failure({ error: fault.value, onRetry: () => void load() }) : !desk.value ? loading()
      : html`${acting.fault.value ? banner({ tone: 'danger', text: sentenceFor(acting.fault.value) }) : nothing}
        ${deskView(desk.value)}${desk.value.admitted ? html`${keysView()}${hooksView()}` : nothing}`,
  });
}

/** @param {{key: string, admitted: boolean}} of */
function deskView({ key, admitted }) {
  return html`<section class="card stack" data-name="desk" data-admitted=${String(admitted)}>
    <h2>${icon('file')} ${t('invoicing.desk')}</h2><p>${t(admitted ? 'invoicing.desk_on' : 'invoicing.desk_text')}</p>
    <p class="quiet-text small-text">${t('invoicing.desk_key')} <bdi dir="ltr" class="code">${fingerprint(key)}</bdi></p>
    ${admitted ? nothing : button({ label: t('invoicing.desk_do'), kind: 'primary', big: true, busy: acting.busy.value, name: 'desk-admit', onClick: () => void admit(key) })}</section>`;
}

/** @param {string} key */
function admit(key) {
  const mine = account.value;
  if (!mine) return;
  return attempt(acting, async () => {
    await knowKey(key);
    const payload = addKey(accountBytes(mine.account), unhex(key), { scope: 'till', perDay: LEAST_CENTS });
    if (!(await settled(payload, { kind: 'add_key' }))) return;
    await refresh();
    await load();
  });
}

function keysView() {
  return html`<section class="section" data-name="keys"><h2>${t('invoicing.keys')}</h2><p class="quiet-text">${t('invoicing.keys_text')}</p>
    ${fresh.value?.key ? html`<div class="card stack" data-name="fresh-key"><p><strong>${t('invoicing.once')}</strong></p>${copyRow({ label: fresh.value.label, value: fresh.value.key, code: true })}</div>` : nothing}
    ${keys.value.length > 0 ? html`<ul class="list">${keys.value.map((key) => html`<li><div class="row"><span class="row-icon">${icon('key')}</span>
      <span class="row-words"><span class="row-title"><bdi>${key.label}</bdi></span><span class="row-note">${t(key.create ? 'invoicing.may_create' : 'invoicing.may_read')}</span></span>
      ${button({ label: t('invoicing.remove'), kind: 'quiet', iconName: 'trash', disabled: acting.busy.value, name: 'key-remove', onClick: () => void remove('keys', key.name, key.label) })}</div></li>`)}</ul>` : nothing}
    <form class="card stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void newKey(); }}>
      ${field({ name: 'key-label', label: t('invoicing.key_label'), hint: t('invoicing.key_hint'), value: label.value, maxLength: 40, onInput: (text) => { label.value = text; } })}
      <label class="choice"><input type="checkbox" name="key-create" .checked=${create.value} @change=${(/** @type {Event} */ event) => { create.value = /** @type {HTMLInputElement} */ (event.target).checked; }}><span>${t('invoicing.create')}</span></label>
      ${button({ label: t('invoicing.key_do'), type: 'submit', iconName: 'plus', busy: acting.busy.value, name: 'key-new' })}</form></section>`;
}

function newKey() {
  return attempt(acting, async () => {
    const made = await read('keys', { json: { label: label.value, create: create.value } });
    const listed = await read('keys');
    batch(() => {
      fresh.value = made;
      label.value = '';
      keys.value = listed.keys;
    });
  });
}

function hooksView() {
  return html`<section class="section" data-name="hooks"><h2>${t('invoicing.hooks')}</h2><p class="quiet-text">${t('invoicing.hooks_text')}</p>
    ${hooks.value.map((hook) => html`<div class="card stack" data-name="hook">
      ${copyRow({ label: t('invoicing.hook_url'), value: hook.url, code: true })}
      ${copyRow({ label: t('invoicing.hook_secret'), value: hook.secret, code: true })}
      <p class="quiet-text small-text">${hook.arrived ? t('invoicing.arrived', { time: formatDateTime(hook.arrived) }) : t('invoicing.never')}${hook.failed && hook.failed > (hook.arrived ?? 0) ? html`<br>${t('invoicing.failed', { time: formatDateTime(hook.failed) })} <bdi dir="ltr">${hook.why}</bdi>` : nothing}${hook.waiting > 0 ? html`<br>${t('invoicing.waiting', { n: hook.waiting })}` : nothing}</p>
      <div class="cluster">${button({ label: t('invoicing.test'), iconName: 'send', disabled: acting.busy.value, name: 'hook-test', onClick: () => void test(hook) })}
        ${button({ label: t('invoicing.remove'), kind: 'quiet', iconName: 'trash', disabled: acting.busy.value, name: 'hook-remove', onClick: () => void remove('hooks', hook.name, hook.url) })}</div></div>`)}
    <form class="card stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void newHook(); }}>
      ${field({ name: 'hook-url', label: t('invoicing.hook_new'), hint: t('invoicing.hook_hint'), value: url.value, inputMode: 'url', ltr: true, onInput: (text) => { url.value = text; } })}
      ${button({ label: t('invoicing.hook_do'), type: 'submit', iconName: 'plus', busy: acting.busy.value, name: 'hook-new' })}</form></section>`;
}

function newHook() {
  return attempt(acting, async () => {
    await read('hooks', { json: { url: url.value } });
    url.value = '';
    hooks.value = (await read('hooks')).hooks;
  });
}

/** @param {Hook} hook */
function test(hook) {
  return attempt(acting, async () => {
    hooks.value = (await read(`hooks/${hook.name}/test`, { method: 'POST' })).hooks;
    toast(t('invoicing.tested'), 'good');
    setTimeout(() => void load(), 2_000);
  });
}

/** @param {'keys' | 'hooks'} kind @param {string} name @param {string} what */
async function remove(kind, name, what) {
  const sure = await ask({ title: t(`invoicing.remove_${kind}`), text: html`<bdi>${what}</bdi>`, confirm: t('invoicing.remove'), danger: true, iconName: 'trash' });
  if (!sure) return;
  await attempt(acting, async () => {
    const left = await read(`${kind}/${name}`, { method: 'DELETE' });
    if (kind === 'keys') keys.value = left.keys;
    else hooks.value = left.hooks;
  });
}
