// Leaving: what becomes of the balance, the data to take along, the end of the account, and then the erasure. Each step says what it does
// before it is done; what cannot be undone is asked twice.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { Problem, callJson, now } from '../kit/api.js';
import { decodeBase64url } from '../kit/base64url.js';
import { unhex } from '../kit/hex.js';
import { icon } from '../kit/icons.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { signer } from '../kit/keys.js';
import { closeAccount, signChallenge } from '../kit/ledger.js';
import { formatCount } from '../kit/money.js';
import { saveFile } from '../kit/save.js';
import { formatDate } from '../kit/time.js';
import { ask, banner, button, chip, failure, linkButton, loading, toast } from '../kit/ui.js';
import { associations, associationsFault, readAssociations } from './associations.js';
import { frame } from './frame.js';
import { replace } from './route.js';
import { settled } from './settle.js';
import { account, accountBytes, closed, facts, forgetWallet, isShop, keepClosed, openSession, refresh, scope, wallet } from './state.js';
import { unsettled } from './unsettled.js';
import { units } from './words.js';


/** Reading everything takes the node some seconds for a busy shop. */
const PATIENCE_MS = 60_000;
/** So many associations are offered; the others are found by their account. */
const OFFERED = 8;

const busy = signal(/** @type {'' | 'export' | 'close' | 'erase'} */ (''));
const exported = signal(false);
let asked = false;

/** Leaving the screen: the next visit reads anew. @param {string} name the screen that is shown now */
export function leaveClosing(name) {
  if (name !== 'closing') asked = false;
}

async function takeAlong() {
  const id = account.value?.account;
  if (!id) return;
  busy.value = 'export';
  try {
    const everything = await openSession().json(`/v1/accounts/${id}/export`, { timeoutMs: PATIENCE_MS });
    saveFile(`${facts().prefix}-${t('closing.file')}.json`, JSON.stringify(everything, null, 1), 'application/json');
    exported.value = true;
  } catch (error) {
    toast(sentenceFor(error), 'warning');
  } finally {
    busy.value = '';
  }
}

/** What would go on after the account's end is stopped first: the monthly debit, and transfers that were announced. @param {string} id */
async function stopAll(id) {
  const session = openSession();
  const { mandate } = await session.json(`/v1/accounts/${id}/mandate`);
  if (mandate && mandate.revoked === null) await session.json(`/v1/accounts/${id}/mandate`, { method: 'DELETE' });
  const { orders } = await session.json(`/v1/accounts/${id}/conversions`);
  for (const { number, state } of orders) {
    if (state === 'open') await session.json(`/v1/accounts/${id}/conversions/${number}`, { method: 'DELETE' }).catch(ignoreOver);
  }
}

/** An order that was paid or cancelled meanwhile is over, too. @param {unknown} error */
function ignoreOver(error) {
  if (!(error instanceof Problem) || error.code !== 'order_not_open') throw error;
}

async function close() {
  const id = account.value?.account;
  if (!id) return;
  const sure = await ask({
    title: t('closing.ask'), danger: true, iconName: 'warning', confirm: t('closing.do'),
    text: html`<p>${t('closing.ask_text')}</p>${exported.value ? nothing : html`<p><strong>${t('closing.ask_export')}</strong></p>`}`,
  });
  if (!sure || unsettled.value) return;
  busy.value = 'close';
  try {
    await stopAll(id);
    await settled(closeAccount(accountBytes(id)), { kind: 'close_account', account: id });
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = '';
  }
  if (!closed.value) void refresh();
}

async function erase() {
  const [current, ended] = [wallet.value, closed.value];
  if (!current || !ended) return;
  const sure = await ask({ title: t('erase.ask'), danger: true, iconName: 'warning', confirm: t('erase.do'), text: html`<p>${t('erase.ask_text')}</p>` });
  if (!sure) return;
  busy.value = 'erase';
  try {
    const { challenge } = await callJson('/v1/sign-in/challenge', { method: 'POST' });
    const bytes = await signChallenge(signer(current), unhex(current.ledger), decodeBase64url(challenge));
    await callJson(`/v1/accounts/${ended.account}/erasure`, { bytes, type: 'application/cose' });
    await keepClosed({ ...ended, erased: now() });
    toast(t('erase.done'), 'good');
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = '';
  }
}

async function removeKey() {
  const sure = await ask({ title: t('closing.remove_ask'), danger: true, iconName: 'trash', confirm: t('closing.remove'), text: html`<p>${t('closing.remove_text')}</p>` });
  if (!sure) return;
  await forgetWallet();
  batch(() => { exported.value = false; });
  replace('');
}

/** @param {string} name @param {{number: number, title: unknown, done: boolean, body: unknown}} words */
function part(name, { number, title, done, body }) {
  return html`<section class="section" data-name=${name} data-done=${done ? 'true' : 'false'}>
    <h2 class="part-title"><span class="step-number" aria-hidden="true">${done ? icon('check', { size: 20 }) : number}</span><span>${title}</span></h2>${body}</section>`;
}

/** Where the units can go. @param {import('./state.js').Account} mine */
function balanceView(mine) {
  if (mine.balance === 0) return html`<p>${t('closing.empty')}</p>`;
  /** @param {string} href @param {string} iconName @param {string} title @param {string} note */
  const row = (href, iconName, title, note) => html`<li><a class="row" href=${href}><span class="row-icon copper">${icon(iconName)}</span>
    <span class="row-words"><span class="row-title">${title}</span><span class="row-note">${note}</span></span>${icon('next')}</a></li>`;
  const offered = (associations.value ?? []).filter((one) => one.account !== mine.account).slice(0, OFFERED);
  return html`<p>${t('closing.balance_text', { balance: units(mine.balance) })}</p>
    <ul class="list">
      ${isShop.value ? row('#redeem', 'bank', t('closing.redeem'), t('closing.redeem_text')) : row('#scan', 'shop', t('closing.spend'), t('closing.spend_text'))}
      ${row('#give', 'person', t('closing.give'), t('closing.give_text'))}
      ${offered.map((one) => row(`#to=${one.account}`, 'gift', t('closing.give_to', { name: one.name }), one.trade ?? t('closing.association')))}
    </ul>
    ${associationsFault.value ? failure({ error: associationsFault.value, onRetry: () => void readAssociations() }) : nothing}
    ${isShop.value ? nothing : html`<p class="small-text quiet-text">${t('closing.no_euros')}</p>`}`;
}

/** @param {import('./state.js').Account} mine */
function openView(mine) {
  const stops = mine.balance !== 0 ? t('closing.not_empty') : mine.receivable > 0 ? t('closing.owes', { amount: units(mine.receivable) }) : unsettled.value ? t('closing.waiting') : null;
  return html`<p>${t('closing.text')}</p>
    ${part('closing-balance', { number: 1, title: t('closing.balance'), done: mine.balance === 0, body: balanceView(mine) })}
    ${part('closing-export', {
      number: 2, title: t('closing.export'), done: exported.value,
      body: html`<p>${t('closing.export_text')}</p><div class="actions">${button({ label: t('closing.export_do'), iconName: 'save', busy: busy.value === 'export', name: 'export', onClick: () => void takeAlong() })}
        ${linkButton({ label: t('closing.statement'), href: '#statement', iconName: 'file' })}</div>`,
    })}
    ${part('closing-end', {
      number: 3, title: t('closing.end'), done: false,
      body: html`<p>${t('closing.end_text')}</p><ul class="bullets"><li>${t('closing.ends_keys')}</li><li>${t('closing.ends_debit')}</li>${isShop.value ? html`<li>${t('closing.ends_tills')}</li>` : nothing}<li>${t('closing.stays')}</li></ul>
        ${stops ? banner({ tone: 'info', text: stops }) : nothing}
        ${scope.value === 'full' ? button({ label: t('closing.do'), kind: 'danger', iconName: 'warning', disabled: stops !== null, busy: busy.value === 'close', name: 'close-account', onClick: () => void close() }) : banner({ tone: 'info', text: t('closing.other_scope') })}`,
    })}`;
}

/** @param {import('./state.js').Closed} ended */
function closedView(ended) {
  const list = (/** @type {string[]} */ keys) => html`<ul class="bullets">${keys.map((key) => html`<li>${t(key)}</li>`)}</ul>`;
  return html`
    <section class="card stack tight" data-name="closed" data-erased=${ended.erased === null ? 'false' : 'true'}>
      <div class="cluster">${chip({ text: t('closed.chip'), iconName: 'check' })}</div>
      <p>${t('closed.text', { date: formatDate(ended.time), number: formatCount(ended.sequence) })}</p></section>
    <section class="section"><h2>${t('erase.title')}</h2>
      ${ended.erased === null ? html`<p>${t('erase.text')}</p>` : banner({ tone: 'good', title: t('erase.done'), text: t('erase.done_text', { date: formatDate(ended.erased) }) })}
      <h3>${t('erase.gone')}</h3>${list(['erase.gone_name', 'erase.gone_messages', 'erase.gone_rest', 'erase.gone_backups'])}
      <h3>${t('erase.stays')}</h3>${list(['erase.stays_entries', 'erase.stays_bank', 'erase.stays_mandate', 'erase.stays_others'])}
      ${ended.erased === null ? button({ label: t('erase.do'), kind: 'danger', iconName: 'trash', busy: busy.value === 'erase', name: 'erase', onClick: () => void erase() }) : nothing}</section>
    <section class="section"><h2>${t('closing.remove')}</h2><p>${t(ended.erased === null ? 'closing.remove_before' : 'closing.remove_after')}</p>
      ${button({ label: t('closing.remove'), kind: ended.erased === null ? 'quiet' : 'primary', name: 'remove-key', onClick: () => void removeKey() })}</section>`;
}

export function closingView() {
  const [mine, ended] = [account.value, closed.value];
  if (!ended && mine && !asked) {
    asked = true;
    queueMicrotask(() => void readAssociations());
  }
  return frame({ title: t(ended ? 'closed.title' : 'closing.title'), back: ended ? undefined : 'settings', body: ended ? closedView(ended) : mine ? openView(mine) : loading() });
}
