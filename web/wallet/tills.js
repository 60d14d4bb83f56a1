// For professionals: tills (enrol, cap, revoke).

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { fingerprint, unhex } from '../kit/hex.js';
import { addKey, revokeKey } from '../kit/ledger.js';
import { parseAmount } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { icon } from '../kit/icons.js';
import { button, chip, empty, failure, field, loading, toast } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { knowKey } from './keys-seen.js';
import { settingsRow } from './settings-rows.js';
import { settled } from './settle.js';
import { account, accountBytes, openSession, refresh, symbol } from './state.js';

/** @typedef {{key: string, label: string, since: number, active: boolean}} Till */

const POLL_MS = 2_000;

const tills = signal(/** @type {Till[] | null} */ (null));
const tillsFault = signal(/** @type {unknown} */ (null));
const enrolment = signal(/** @type {{code: string, expires: number, key: string | null, label: string | null} | null} */ (null));
const cap = signal('100');
const capFault = signal(/** @type {string | null} */ (null));
const busy = signal(false);
let asked = false;

async function loadTills() {
  tillsFault.value = null;
  try {
    tills.value = (await openSession().json('/pos/v1/tills')).tills;
  } catch (error) {
    tillsFault.value = error;
  }
}

export function tillsView() {
  if (!asked) {
    asked = true;
    queueMicrotask(() => void loadTills());
  }
  if (enrolment.value) return enrolView();
  const all = tills.value;
  return frame({
    title: t('tills.title'), back: '',
    body: html`<p class="quiet-text">${t('tills.text')}</p>
      ${tillsFault.value ? failure({ error: tillsFault.value, onRetry: () => void loadTills() })
        : !all ? loading()
        : all.length === 0 ? empty({ iconName: 'till', title: t('tills.empty'), text: t('tills.empty_text') })
        : html`<ul class="list">${all.map((till) => html`<li><div class="row">
            <span class="row-icon ${till.active ? 'in' : ''}">${icon('till')}</span>
            <span class="row-words"><span class="row-title"><bdi>${till.label}</bdi></span><span class="row-note">${t('tills.since', { date: formatDate(till.since) })} · <bdi dir="ltr" class="code">${fingerprint(till.key)}</bdi></span></span>
            ${till.active ? html`<button type="button" class="button quiet small" data-name="revoke" @click=${() => void revoke(till)}>${icon('trash', { size: 20 })}<span>${t('tills.revoke')}</span></button>` : chip({ text: t('tills.revoked') })}
          </div></li>`)}</ul><p class="quiet-text">${t('tills.revoke_text')}</p>`}
      <div class="actions">${button({ label: t('tills.add'), kind: 'primary', big: true, iconName: 'plus', busy: busy.value, name: 'till-add', onClick: () => void enrol() })}</div>
      <ul class="list">${settingsRow({ href: '#tickets', iconName: 'file', title: t('row.register'), note: t('row.register_note'), name: 'to-tickets' })}</ul>`,
  });
}

async function enrol() {
  busy.value = true;
  try {
    const { code, expires } = await openSession().json('/pos/v1/enrolments', { method: 'POST' });
    enrolment.value = { code, expires, key: null, label: null };
    void poll(code);
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = false;
  }
}

/** @param {string} code */
async function poll(code) {
  while (enrolment.value?.code === code && !enrolment.value.key) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (enrolment.value?.code !== code) return;
    try {
      const { state, key, label } = await openSession().json(`/pos/v1/enrolments/${encodeURIComponent(code)}`);
      if (state === 'claimed' && enrolment.value?.code === code) enrolment.value = { ...enrolment.value, key, label };
    } catch (error) {
      if (error instanceof Problem && !error.transient) {
        if (enrolment.value?.code === code) enrolment.value = null;
        toast(sentenceFor(error), 'warning');
      }
    }
  }
}

function enrolView() {
  const current = enrolment.value;
  if (!current) return nothing;
  const { code, key, label } = current;
  return frame({
    title: t('tills.add'),
    body: key
      ? html`<section class="card stack" data-name="till-claimed">
            <h2>${t('tills.claimed')}</h2>
            <dl class="facts"><div><dt>${t('tills.label')}</dt><dd><bdi>${label}</bdi></dd></div><div><dt>${t('tills.key')}</dt><dd class="code"><bdi dir="ltr">${fingerprint(key)}</bdi></dd></div></dl>
            <p>${t('tills.compare')}</p>
          </section>
          ${field({ name: 'cap', label: t('tills.cap'), hint: t('tills.cap_hint'), value: cap.value, inputMode: 'decimal', ltr: true, suffix: symbol.value, fault: capFault.value, onInput: (value) => batch(() => { cap.value = value; capFault.value = null; }) })}
          <div class="actions">
            ${button({ label: t('tills.confirm'), kind: 'primary', big: true, busy: busy.value, name: 'till-confirm', onClick: () => void admit(key, label ?? '') })}
            ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { enrolment.value = null; } })}
          </div>`
      : html`<section class="card stack center">
            <p>${t('tills.open_there')}</p>
            <p class="code" dir="ltr">${location.origin}/till/</p>
            <p>${t('tills.type_code')}</p>
            <p class="enrol-code" dir="ltr" data-name="enrol-code">${code}</p>
          </section>
          ${loading(t('tills.waiting'))}
          ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { enrolment.value = null; } })}`,
  });
}

/** @param {string} key @param {string} label */
async function admit(key, label) {
  const perDay = parseAmount(cap.value);
  if (perDay === null) {
    capFault.value = t('give.bad_amount');
    return;
  }
  busy.value = true;
  await knowKey(key);
  const done = await settled(addKey(accountBytes(account.value?.account ?? ''), unhex(key), { scope: 'till', perDay }), { kind: 'add_key', name: label });
  busy.value = false;
  if (!done) return;
  enrolment.value = null;
  toast(t('tills.added', { label }), 'good');
  await Promise.all([loadTills(), refresh()]);
}

/** One tap: a till that was lost has to stop at once, and can be added again. @param {Till} till */
async function revoke(till) {
  const done = await settled(revokeKey(accountBytes(account.value?.account ?? ''), unhex(till.key)), { kind: 'revoke_key', name: till.label });
  if (!done) return;
  toast(t('tills.revoke_done', { label: till.label }), 'good');
  await Promise.all([loadTills(), refresh()]);
}

/** Leaving: the next visit starts anew. @param {string} name the screen that is shown now */
export function leaveTills(name) {
  if (name === 'tills') return;
  asked = false;
  enrolment.value = null;
}
