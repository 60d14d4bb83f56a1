// Signs for market stalls: put one up, print it, take it down.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { signer } from '../kit/keys.js';
import { qrView } from '../kit/qr.js';
import { MOST_LABEL_BYTES, signStall } from '../kit/stall.js';
import { formatDate } from '../kit/time.js';
import { ask, banner, button, chip, empty, failure, field, loading, toast } from '../kit/ui.js';
import { fromMenu } from './more.js';
import { may } from './people.js';
import { device, phase } from './state.js';

/** @typedef {{id: string, label: string, till: string, since: number, ended: number | null, link: string}} Stall */

const stalls = signal(/** @type {Stall[] | null} */ (null));
const error = signal(/** @type {unknown} */ (null));
const shown = signal(/** @type {string | null} */ (null));
const label = signal('');
const fault = signal(/** @type {string | null} */ (null));
const busy = signal(false);
let asked = false;

async function load() {
  error.value = null;
  try {
    stalls.value = (await device.value?.session.json('/pos/v1/stalls'))?.stalls ?? [];
  } catch (failed) {
    error.value = failed;
  }
}

/** The device signs it, not the person at the till: a sign stays when people go. @param {Event} event */
async function create(event) {
  event.preventDefault();
  const till = device.value;
  const name = label.value.trim();
  if (!till || busy.value) return;
  if (!name || new TextEncoder().encode(name).length > MOST_LABEL_BYTES) {
    fault.value = t('stall.label_bad', { n: MOST_LABEL_BYTES });
    return;
  }
  busy.value = true;
  try {
    const bytes = await signStall(signer(till.wallet), till.trust.ledger, { payee: till.accountBytes, label: name });
    const made = await till.session.json('/pos/v1/stalls', { bytes });
    batch(() => { label.value = ''; shown.value = made.id; });
    await load();
  } catch (failed) {
    toast(sentenceFor(failed), 'danger');
  } finally {
    busy.value = false;
  }
}

/** @param {Stall} stall */
async function takeDown(stall) {
  if (!(await ask({ title: t('stall.end_title', { label: stall.label }), text: t('stall.end_text'), confirm: t('stall.end'), danger: true, iconName: 'trash' }))) return;
  try {
    await device.value?.session.json(`/pos/v1/stalls/${stall.id}/end`, { method: 'POST' });
    shown.value = null;
    await load();
  } catch (failed) {
    toast(sentenceFor(failed), 'danger');
  }
}

/** The sign as it is printed. @param {Stall} stall */
function signView(stall) {
  const shopName = phase.value.name === 'ready' ? phase.value.shopName : '';
  return html`<section class="stall-sign card" data-name="stall-sign" data-link=${stall.link}>
    <h2><bdi>${shopName}</bdi></h2><p><bdi>${stall.label}</bdi></p>
    <div class="qr-card">${qrView(stall.link, { label: t('stall.qr', { label: stall.label }), level: 'L' })}</div>
    <p>${t('stall.on_sign')}</p>
  </section>
  <div class="actions no-print">${button({ label: t('stall.print'), kind: 'primary', big: true, iconName: 'print', name: 'stall-print', onClick: () => print() })}
    ${may('settings') ? button({ label: t('stall.end'), kind: 'quiet', iconName: 'trash', name: 'stall-end', onClick: () => void takeDown(stall) }) : nothing}
    ${button({ label: t('stall.others'), kind: 'quiet', onClick: () => { shown.value = null; } })}</div>`;
}

/** @param {Stall} stall */
function row(stall) {
  return html`<li><button type="button" class="charge-row" data-name="stall" @click=${() => { shown.value = stall.id; }} ?disabled=${stall.ended !== null}>
    <span class="charge-what"><bdi>${stall.label}</bdi><span class="quiet-words">${t('stall.since', { date: formatDate(stall.since) })}</span></span>
    ${stall.ended === null ? nothing : chip({ text: t('stall.ended') })}</button></li>`;
}

function listView() {
  if (error.value) return failure({ error: error.value, onRetry: () => void load() });
  if (!stalls.value) return loading();
  const foreign = stalls.value.some(({ till, ended }) => ended === null && till !== device.value?.wallet.key);
  return html`<p>${t('stall.about')}</p>
    ${stalls.value.length === 0 ? empty({ iconName: 'qr', title: t('stall.none') }) : html`<ul class="charge-list">${stalls.value.map(row)}</ul>`}
    ${foreign ? banner({ tone: 'info', text: t('stall.foreign') }) : nothing}
    ${may('settings') ? html`<form class="card stack" novalidate @submit=${create}>
      ${field({ name: 'stall-label', label: t('stall.label'), hint: t('stall.label_hint'), value: label.value, fault: fault.value, maxLength: MOST_LABEL_BYTES, onInput: (typed) => batch(() => { label.value = typed; fault.value = null; }) })}
      ${button({ label: t('stall.new'), kind: 'primary', type: 'submit', busy: busy.value, name: 'stall-new' })}
    </form>` : html`<p class="quiet-words">${t('stall.only_settings')}</p>`}`;
}

export function stallsView() {
  if (!asked) {
    asked = true;
    queueMicrotask(() => void load());
  }
  const one = stalls.value?.find(({ id }) => id === shown.value);
  return fromMenu({ title: t('stall.title'), name: 'stalls', body: html`<div class="stack">${one ? signView(one) : listView()}</div>` });
}

/** Leaving: the next visit reads anew. @param {string} name the screen that is shown now */
export function leaveStalls(name) {
  if (name === 'stalls') return;
  asked = false;
  shown.value = null;
}
