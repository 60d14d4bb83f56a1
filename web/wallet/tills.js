// For professionals: tills, cashiers and accountants (enrol, cap and rights, revoke).

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { fingerprint, unhex } from '../kit/hex.js';
import { addKey, revokeKey } from '../kit/ledger.js';
import { parseAmount } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { icon } from '../kit/icons.js';
import { ask, banner, button, chip, empty, failure, field, loading, toast } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { knowKey } from './keys-seen.js';
import { settingsRow } from './settings-rows.js';
import { settled } from './settle.js';
import { account, accountBytes, openSession, refresh, symbol } from './state.js';

/** @typedef {'till' | 'cashier' | 'accountant'} Kind */
/** @typedef {{key: string, label: string, since: number, active: boolean, kind: Kind}} Till */
/** @typedef {'refund' | 'discount' | 'close' | 'settings'} Right */
/** @typedef {{key: string, name: string} & Record<Right, boolean>} Cashier */

/** @type {Kind[]} */
const KINDS = ['till', 'cashier', 'accountant'];
/** @type {Right[]} */
const RIGHTS = ['refund', 'discount', 'close', 'settings'];
/** The least that a grant of the ledger can say: a key that may give nothing back gives back a cent a day at most. */
const LEAST_CENTS = 1;

const POLL_MS = 2_000;

const tills = signal(/** @type {Till[] | null} */ (null));
const tillsFault = signal(/** @type {unknown} */ (null));
const enrolment = signal(/** @type {{code: string, kind: Kind, expires: number, key: string | null, label: string | null} | null} */ (null));
/** What the shop lets its cashiers do, and the version that a change is made from. */
const people = signal(/** @type {{version: number, value: {cashiers: Cashier[]}}} */ ({ version: 0, value: { cashiers: [] } }));
/** What is chosen for the cashier on the screen. */
const rights = signal(/** @type {Record<Right, boolean>} */ ({ refund: true, discount: false, close: false, settings: false }));
/** The cashier whose rights are changed. */
const changing = signal(/** @type {Till | null} */ (null));
const cap = signal('100');
const capFault = signal(/** @type {string | null} */ (null));
const busy = signal(false);
let asked = false;

async function loadTills() {
  tillsFault.value = null;
  try {
    const [listed, kept] = await Promise.all([openSession().json('/pos/v1/tills'), openSession().json('/pos/v1/settings/people')]);
    batch(() => { tills.value = listed.tills; people.value = kept; });
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
  if (changing.value) return rightsView(changing.value);
  const all = tills.value;
  return frame({
    title: t('tills.title'), back: '',
    body: html`<p class="quiet-text">${t('tills.text')}</p>
      ${tillsFault.value ? failure({ error: tillsFault.value, onRetry: () => void loadTills() })
        : !all ? loading()
        : all.length === 0 ? empty({ iconName: 'till', title: t('tills.empty'), text: t('tills.empty_text') })
        : html`${KINDS.map((kind) => [kind, all.filter((till) => till.kind === kind)]).filter(([, of]) => of.length > 0).map(([kind, of]) => html`<section data-name="of-${kind}">
            <h2>${t(`tills.of_${kind}`)}</h2><ul class="list">${/** @type {Till[]} */ (of).map(tillRow)}</ul></section>`)}<p class="quiet-text">${t('tills.revoke_text')}</p>`}
      ${all && people.value.value.cashiers.length > 0 && !all.some((till) => till.kind === 'cashier' && till.active) ? noneLeft() : nothing}
      <div class="actions">${button({ label: t('tills.add'), kind: 'primary', big: true, iconName: 'plus', busy: busy.value, name: 'till-add', onClick: () => void enrol('till') })}
        ${button({ label: t('tills.add_cashier'), iconName: 'person', disabled: busy.value, name: 'cashier-add', onClick: () => void enrol('cashier') })}
        ${button({ label: t('tills.add_accountant'), iconName: 'eye', disabled: busy.value, name: 'accountant-add', onClick: () => void enrol('accountant') })}</div>
      <ul class="list">${settingsRow({ href: '#tickets', iconName: 'file', title: t('row.register'), note: t('row.register_note'), name: 'to-tickets' })}
        ${settingsRow({ href: '#bookkeeping', iconName: 'chart', title: t('tills.bookkeeping'), note: t('tills.bookkeeping_note'), name: 'to-bookkeeping' })}
        ${settingsRow({ href: '#invoicing', iconName: 'send', title: t('tills.invoicing'), note: t('tills.invoicing_note'), name: 'to-invoicing' })}</ul>`,
  });
}

/** @type {Record<Kind, string>} */
const ICONS = { till: 'till', cashier: 'person', accountant: 'eye' };

/** @param {string} key @returns {Cashier | undefined} */
const rightsOf = (key) => people.value.value.cashiers.find((one) => one.key === key);

/** @param {Till} till */
function tillRow(till) {
  const may = till.kind === 'cashier' && till.active ? RIGHTS.filter((right) => rightsOf(till.key)?.[right]).map((right) => t(`tills.right_${right}`)) : [];
  return html`<li><div class="row ${till.kind === 'cashier' ? 'with-actions' : ''}" data-kind=${till.kind}>
    <span class="row-icon ${till.active ? 'in' : ''}">${icon(ICONS[till.kind])}</span>
    <span class="row-words"><span class="row-title"><bdi>${till.label}</bdi></span><span class="row-note">${t('tills.since', { date: formatDate(till.since) })} · <bdi dir="ltr" class="code">${fingerprint(till.key)}</bdi></span>
      ${may.length > 0 ? html`<span class="row-note">${may.join(' · ')}</span>` : nothing}</span>
    ${till.active && till.kind === 'cashier' ? html`<button type="button" class="button quiet small" data-name="rights" @click=${() => openRights(till)}>${icon('key', { size: 20 })}<span>${t('tills.change')}</span></button>` : nothing}
    ${till.active ? html`<button type="button" class="button quiet small" data-name="revoke" @click=${() => void revoke(till)}>${icon('trash', { size: 20 })}<span>${t('tills.revoke')}</span></button>` : chip({ text: t('tills.revoked') })}
  </div></li>`;
}

/** @param {Till} till */
function openRights(till) {
  const { refund = false, discount = false, close = false, settings = false } = rightsOf(till.key) ?? {};
  batch(() => { rights.value = { refund, discount, close, settings }; changing.value = till; });
}

/** What the person may do beyond asking for payments. */
function rightsFields() {
  return html`<fieldset class="choice" data-name="rights-fields"><legend>${t('tills.rights')}</legend><ul class="list">${RIGHTS.map((right) => html`<li><label class="row">
    <span class="row-words"><span class="row-title">${t(`tills.right_${right}`)}</span></span>
    <input type="checkbox" name="right-${right}" .checked=${rights.value[right]} @change=${(/** @type {Event} */ event) => { rights.value = { ...rights.value, [right]: /** @type {HTMLInputElement} */ (event.target).checked }; }}></label></li>`)}</ul></fieldset>`;
}

/** @param {Till} till */
function rightsView(till) {
  const leave = () => { changing.value = null; };
  return frame({
    title: t('tills.rights_of', { name: till.label }),
    body: html`${rightsFields()}<p class="quiet-text">${t('tills.rights_cap')}</p>
      <div class="actions">${button({ label: t('tills.save'), kind: 'primary', big: true, busy: busy.value, name: 'rights-save', onClick: () => void saveRights(till) })}
        ${button({ label: t('action.cancel'), kind: 'quiet', onClick: leave })}</div>`,
  });
}

/** @param {Till} till */
async function saveRights(till) {
  busy.value = true;
  try {
    await keepRights({ key: till.key, name: till.label, ...rights.value });
    changing.value = null;
    toast(t('tills.saved'), 'good');
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = false;
  }
}

/** Tells the tills what a cashier may do; somebody else's change is read first. @param {Cashier} cashier */
async function keepRights(cashier) {
  const kept = await openSession().json('/pos/v1/settings/people');
  const others = kept.value.cashiers.filter((/** @type {Cashier} */ one) => one.key !== cashier.key);
  people.value = await openSession().json('/pos/v1/settings/people', { method: 'PUT', json: { version: kept.version, value: { cashiers: [...others, cashier] } } });
}

/** @param {Kind} kind */
async function enrol(kind) {
  busy.value = true;
  try {
    const { code, expires } = await openSession().json(`/pos/v1/enrolments?kind=${kind}`, { method: 'POST' });
    batch(() => {
      rights.value = { refund: true, discount: false, close: false, settings: false };
      enrolment.value = { code, kind, expires, key: null, label: null };
    });
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
  const { code, kind, key, label } = current;
  const capped = kind === 'till' || (kind === 'cashier' && rights.value.refund);
  return frame({
    title: t(kind === 'till' ? 'tills.add' : `tills.add_${kind}`),
    body: key
      ? html`<section class="card stack" data-name="till-claimed">
            <h2>${t(kind === 'till' ? 'tills.claimed' : `tills.claimed_${kind}`)}</h2>
            <dl class="facts"><div><dt>${t('tills.label')}</dt><dd><bdi>${label}</bdi></dd></div><div><dt>${t('tills.key')}</dt><dd class="code"><bdi dir="ltr">${fingerprint(key)}</bdi></dd></div></dl>
            <p>${t('tills.compare')}</p>
          </section>
          ${kind === 'cashier' ? rightsFields() : nothing}
          ${kind === 'accountant' ? html`<p class="quiet-text">${t('tills.accountant_text')}</p>` : nothing}
          ${!capped ? nothing : field({ name: 'cap', label: t('tills.cap'), hint: t('tills.cap_hint'), value: cap.value, inputMode: 'decimal', ltr: true, suffix: symbol.value, fault: capFault.value, onInput: (value) => batch(() => { cap.value = value; capFault.value = null; }) })}
          <div class="actions">
            ${button({ label: t(kind === 'till' ? 'tills.confirm' : 'tills.confirm_person'), kind: 'primary', big: true, busy: busy.value, name: 'till-confirm', onClick: () => void admit(kind, key, label ?? '') })}
            ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { enrolment.value = null; } })}
          </div>`
      : html`<section class="card stack center">
            ${kind === 'till' ? nothing : html`<p class="quiet-text">${t(`tills.${kind}_text`)}</p>`}
            <p>${t(kind === 'till' ? 'tills.open_there' : `tills.${kind}_open_there`)}</p>
            ${kind === 'cashier' ? nothing : html`<p class="code" dir="ltr">${location.origin}/till/</p>`}
            <p>${t('tills.type_code')}</p>
            <p class="enrol-code" dir="ltr" data-name="enrol-code">${code}</p>
          </section>
          ${loading(t('tills.waiting'))}
          ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { enrolment.value = null; } })}`,
  });
}

/** @param {Kind} kind @param {string} key @param {string} label */
async function admit(kind, key, label) {
  const refunds = kind === 'till' || (kind === 'cashier' && rights.value.refund);
  const perDay = refunds ? parseAmount(cap.value) : LEAST_CENTS;
  if (perDay === null) {
    capFault.value = t('give.bad_amount');
    return;
  }
  busy.value = true;
  await knowKey(key);
  try {
    // Before the key works: the till reads what the person may do when they first sign in.
    if (kind === 'cashier') await keepRights({ key, name: label, ...rights.value });
  } catch (error) {
    busy.value = false;
    toast(sentenceFor(error), 'danger');
    return;
  }
  const grant = kind === 'accountant' ? { scope: /** @type {const} */ ('read') } : { scope: /** @type {const} */ ('till'), perDay };
  const done = await settled(addKey(accountBytes(account.value?.account ?? ''), unhex(key), grant), { kind: 'add_key', name: label });
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

/** Every cashier was revoked: the tills where they worked stay closed until the shop says that it wants none. */
function noneLeft() {
  return banner({ tone: 'warning', text: t('tills.none_left'), action: button({ label: t('tills.without'), kind: 'quiet', busy: busy.value, name: 'without-cashiers', onClick: () => void workWithout() }) });
}

async function workWithout() {
  if (!(await ask({ title: t('tills.without_title'), text: t('tills.without_text'), confirm: t('tills.without'), danger: true, iconName: 'till' }))) return;
  busy.value = true;
  try {
    people.value = await openSession().json('/pos/v1/settings/people', { method: 'PUT', json: { version: people.value.version, value: { cashiers: [] } } });
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = false;
  }
}

/** Leaving: the next visit starts anew. @param {string} name the screen that is shown now */
export function leaveTills(name) {
  if (name === 'tills') return;
  asked = false;
  enrolment.value = null;
  changing.value = null;
}
