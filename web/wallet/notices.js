// Being told while the wallet is closed: on this device, and by e-mail. Off until somebody turns it on; says what is sent, and who sees it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { icon } from '../kit/icons.js';
import { ask, banner, button, chip, failure, field, loading, toast } from '../kit/ui.js';
import { language, sentenceFor, t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { NoSubscription, able, turnOff, turnOn } from './push.js';
import { account, isUnreachable, openSession, scope, shared } from './state.js';

/** @typedef {{push: boolean, vapid: string | null, mail: boolean, email: string | null, email_asked: string | null}} Notices */

const CODE_DIGITS = 6;
const info = signal(/** @type {Notices | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
const busy = signal(/** @type {'' | 'push' | 'email'} */ (''));
const address = signal('');
const code = signal('');
const emailFault = signal(/** @type {string | null} */ (null));
/** The address is typed anew, though one is there or waits for its code. */
const changing = signal(false);
let asked = '';

const path = () => `/v1/accounts/${account.value?.account}/notices`;

async function load() {
  fault.value = null;
  try {
    info.value = await openSession().json(path());
  } catch (error) {
    fault.value = error;
  }
}

/** Leaving: what was typed is forgotten, and the next visit reads anew. @param {string} name the screen that is shown now */
export function leaveNotices(name) {
  if (name === 'notices') return;
  asked = '';
  batch(() => { info.value = null; address.value = ''; code.value = ''; emailFault.value = null; changing.value = false; });
}

export function noticesView() {
  const mine = account.value;
  const title = t('notices.title');
  if (mine && asked !== mine.account) {
    asked = mine.account;
    queueMicrotask(() => void load());
  }
  const known = info.value;
  if (fault.value) return frame({ title, back: 'settings', body: faultView(fault.value) });
  if (!mine || !known) return frame({ title, back: 'settings', body: loading() });
  return frame({
    title, back: 'settings',
    body: html`
      <p>${t('notices.text')}</p>
      <ul class="list" data-name="told">${[['receive', 'arrived'], ['card', 'other_paid'], ['key', 'keys']].map(([iconName, what]) => html`<li><div class="row">
        <span class="row-icon copper">${icon(iconName)}</span><span class="row-words"><span class="row-title">${t(`notices.${what}`)}</span></span></div></li>`)}</ul>
      ${pushSection(known)}
      ${emailSection(known)}`,
  });
}

/** Nothing of this can be seen or changed without a network, and nothing is wrong then. @param {unknown} error */
function faultView(error) {
  const onRetry = () => void load();
  if (!isUnreachable(error)) return failure({ error, onRetry });
  return banner({ tone: 'info', iconName: 'offline', text: sentenceFor(error), action: button({ label: t('action.retry'), iconName: 'refresh', onClick: onRetry }) });
}

/** @param {Notices} known */
function pushSection({ push, vapid }) {
  // The browser's subscription is its owner's, and would outlive the visit.
  if (shared.value) {
    return html`<section class="section" data-name="push" data-state="shared"><h2>${t('notices.device')}</h2>${banner({ tone: 'info', iconName: 'people', text: t('notices.shared') })}</section>`;
  }
  return html`<section class="section" data-name="push" data-state=${push ? 'on' : 'off'}>
    <div class="spread"><h2>${t('notices.device')}</h2>${state(push)}</div>
    <div class="card stack">
      <p>${t('notices.device_text')}</p>
      <p class="small-text quiet-text">${t('notices.device_who')}</p>
      ${push ? button({ label: t('notices.off'), iconName: 'cross', busy: busy.value === 'push', name: 'push-off', onClick: () => void pushOff() })
        : vapid === null ? banner({ tone: 'info', text: t('notices.not_here') })
        : pushOffer(vapid)}
    </div></section>`;
}

/** @param {string} vapid */
function pushOffer(vapid) {
  const way = able();
  if (way !== 'ready') return banner({ tone: 'info', text: t(`notices.${way}`) });
  return button({ label: t('notices.on'), kind: 'primary', iconName: 'bell', busy: busy.value === 'push', name: 'push-on', onClick: () => void pushOn(vapid) });
}

/** @param {boolean} on */
const state = (on) => (on ? chip({ text: t('notices.is_on'), tone: 'good', iconName: 'check' }) : chip({ text: t('notices.is_off') }));

/** @param {Notices} known */
function emailSection(known) {
  const { mail, email, email_asked: waits } = known;
  return html`<section class="section" data-name="email" data-state=${email ? 'on' : 'off'}>
    <div class="spread"><h2>${t('notices.email')}</h2>${state(email !== null)}</div>
    <div class="card stack">
      <p>${t('notices.email_text')}</p>
      <p class="small-text quiet-text">${t('notices.email_who')}</p>
      ${email ? html`<p data-name="email-now">${t('notices.email_now')} <bdi dir="ltr"><strong>${email}</strong></bdi></p>` : nothing}
      ${scope.value !== 'full' ? banner({ tone: 'info', text: t('notices.email_scope') })
        : !mail ? (email ? emailActions() : banner({ tone: 'info', text: t('notices.email_not_here') }))
        : waits && !changing.value ? codeForm(waits)
        : email && !changing.value ? emailActions(true)
        : addressForm(email !== null || waits !== null)}
    </div></section>`;
}

/** @param {boolean} [change] */
function emailActions(change = false) {
  return html`<div class="cluster">
    ${change ? button({ label: t('notices.email_change'), iconName: 'pen', name: 'email-change', onClick: () => { changing.value = true; } }) : nothing}
    ${button({ label: t('notices.off'), iconName: 'cross', busy: busy.value === 'email', name: 'email-off', onClick: () => void emailOff() })}</div>`;
}

/** @param {boolean} back whether there is something to go back to */
function addressForm(back) {
  return html`<form class="stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void sendCode(); }}>
    ${field({ name: 'email', label: t('notices.address'), hint: t('notices.address_hint'), value: address.value, inputMode: 'email', autocomplete: 'email', maxLength: 254, ltr: true, fault: emailFault.value,
      onInput: (value) => batch(() => { address.value = value; emailFault.value = null; }) })}
    <div class="actions">${button({ label: t('notices.send_code'), kind: 'primary', type: 'submit', busy: busy.value === 'email', name: 'email-send' })}
    ${back ? button({ label: t('action.cancel'), kind: 'quiet', onClick: () => batch(() => { changing.value = false; emailFault.value = null; }) }) : nothing}</div></form>`;
}

/** @param {string} waits the masked address */
function codeForm(waits) {
  return html`<form class="stack" data-name="email-code" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void confirmCode(); }}>
    <p role="status">${t('notices.code_sent')} <bdi dir="ltr"><strong>${waits}</strong></bdi></p>
    ${field({ name: 'email-code', label: t('notices.code'), hint: t('notices.code_hint'), value: code.value, inputMode: 'numeric', autocomplete: 'one-time-code', maxLength: CODE_DIGITS, ltr: true, huge: true, fault: emailFault.value,
      onInput: (value) => batch(() => { code.value = value.replace(/\D/g, ''); emailFault.value = null; }) })}
    <div class="actions">${button({ label: t('notices.confirm'), kind: 'primary', type: 'submit', busy: busy.value === 'email', name: 'email-confirm' })}
    ${button({ label: t('notices.again'), kind: 'quiet', name: 'email-again', onClick: () => batch(() => { changing.value = true; emailFault.value = null; code.value = ''; }) })}</div></form>`;
}

/** @param {string} vapid */
async function pushOn(vapid) {
  busy.value = 'push';
  try {
    if (await turnOn(vapid)) toast(t('notices.now_on'), 'good');
    await load();
  } catch (error) {
    toast(error instanceof NoSubscription ? t('notices.no_subscription') : sentenceFor(error), 'danger');
  }
  busy.value = '';
}

async function pushOff() {
  busy.value = 'push';
  try {
    await turnOff();
    await load();
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  }
  busy.value = '';
}

/** What the field says about it, or a toast. @param {() => Promise<void>} step */
async function withEmail(step) {
  busy.value = 'email';
  try {
    await step();
    await load();
  } catch (error) {
    if (error instanceof Problem && (error.status === 422 || error.code === 'code_over')) emailFault.value = sentenceFor(error);
    else toast(sentenceFor(error), 'danger');
  }
  busy.value = '';
}

function sendCode() {
  const typed = address.value.trim();
  if (!/^\S+@\S+\.\S+$/.test(typed)) {
    emailFault.value = t('error.mail_address_wrong');
    return;
  }
  return withEmail(async () => {
    await openSession().json(`${path()}/email`, { method: 'PUT', json: { address: typed, language: language.value } });
    batch(() => { changing.value = false; code.value = ''; });
  });
}

function confirmCode() {
  if (code.value.length !== CODE_DIGITS) {
    emailFault.value = t('notices.code_hint');
    return;
  }
  return withEmail(async () => {
    await openSession().json(`${path()}/email/code`, { json: { code: code.value } });
    batch(() => { address.value = ''; code.value = ''; });
    toast(t('notices.now_on'), 'good');
  });
}

async function emailOff() {
  const sure = await ask({ title: t('notices.email_off_ask'), text: html`<p>${t('notices.email_off_text')}</p>`, confirm: t('notices.off'), iconName: 'bell' });
  if (sure) await withEmail(() => openSession().json(`${path()}/email`, { method: 'DELETE' }));
}
