// A new device that is to join an account: it makes a key of its own and shows the public half, to another device or at the office. A key
// that the association has added waits first, so that the account's other devices can stop it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { Problem, now } from '../kit/api.js';
import { fingerprint } from '../kit/hex.js';
import { icon } from '../kit/icons.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { newSeed } from '../kit/keys.js';
import { qrView } from '../kit/qr.js';
import { formatDateTime, formatTime } from '../kit/time.js';
import { ask, banner, button, copyRow, field } from '../kit/ui.js';
import { LONGEST_NAME, deviceLink, thisDevice } from '../kit/device-link.js';
import { frame } from './frame.js';
import { replace } from './route.js';
import { account, accountFault, forgetWallet, isUnreachable, refresh, takeKey, waitsUntil, wallet } from './state.js';

/** The other device is in the same hand. */
const LOOK_MS = 3_000;
/** Somebody may stop a key that waits, at any time within days. */
const WAITING_LOOK_MS = 10_000;
const TICK_MS = 1_000;

const name = signal('');
const busy = signal(false);
const fault = signal(/** @type {unknown} */ (null));
const clock = signal(0);
/** @type {{every: number, timer: ReturnType<typeof setInterval>} | null} */
let looking = null;
/** @type {ReturnType<typeof setInterval> | undefined} */
let ticking;

export function joinView() {
  if (account.value) {
    leaveJoin('');
    queueMicrotask(() => replace(''));
  }
  if (waitsUntil.value !== null) return waitingView(waitsUntil.value);
  if (wallet.value && !wallet.value.account) return showView(wallet.value);
  if (name.value === '') queueMicrotask(() => { name.value ||= thisDevice(t('join.device')); });
  return frame({
    title: t('join.title'), back: 'restore',
    body: html`<p>${t('join.text')}</p>
      <ol class="steps card">${['one', 'two', 'three'].map((step, i) => html`<li><span class="step-number" aria-hidden="true">${i + 1}</span><div><p>${t(`join.${step}`)}</p></div></li>`)}</ol>
      ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
      <form class="stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void begin(); }}>
        ${field({ name: 'device-name', label: t('join.name'), hint: t('join.name_hint'), value: name.value, maxLength: LONGEST_NAME, onInput: (text) => { name.value = text; } })}
        <div class="actions">${button({ label: t('join.begin'), kind: 'primary', big: true, type: 'submit', iconName: 'qr', busy: busy.value, disabled: name.value.trim() === '', name: 'join-begin' })}</div>
      </form>`,
  });
}

async function begin() {
  batch(() => {
    busy.value = true;
    fault.value = null;
  });
  try {
    const seed = newSeed();
    await takeKey(seed, 'own', { backup: 'none', device: name.value.trim() });
    seed.fill(0);
    replace('');
  } catch (error) {
    fault.value = error;
  } finally {
    busy.value = false;
  }
}

/** Looks again and again while this is on screen. @param {number} every ms */
function look(every) {
  if (looking?.every === every) return;
  clearInterval(looking?.timer);
  looking = { every, timer: setInterval(() => { if (!document.hidden) void refresh(); }, every) };
}

/** @param {import('../kit/keys.js').Wallet} current */
function showView({ key, device = '' }) {
  look(LOOK_MS);
  const link = deviceLink({ key, label: device });
  const lost = accountFault.value && isUnreachable(accountFault.value);
  const other = accountFault.value instanceof Problem && !isUnreachable(accountFault.value) && accountFault.value.code !== 'not_allowed';
  return frame({
    title: t('join.show_title'),
    body: html`<p>${t('join.show_text')}</p>
      <section class="card stack center" data-name="join-code" data-link=${link}>${qrView(link, { label: t('join.code') })}
        <p class="big-print"><bdi dir="ltr" class="code">${fingerprint(key)}</bdi></p><p class="quiet-text">${t('join.compare')}</p></section>
      ${lost ? banner({ tone: 'warning', text: sentenceFor(accountFault.value) }) : other ? banner({ tone: 'danger', text: sentenceFor(accountFault.value) }) : html`<p class="looking quiet-text" role="status"><span class="spinner" aria-hidden="true"></span><span>${t('join.waiting')}</span></p>`}
      <details class="card"><summary>${t('join.by_hand')}${icon('down', { size: 18 })}</summary>${copyRow({ label: t('join.link'), value: link, code: true })}</details>
      <div class="actions">${button({ label: t('join.stop'), kind: 'quiet', name: 'join-stop', onClick: () => void giveUp() })}</div>`,
  });
}

async function giveUp() {
  if (!(await ask({ title: t('join.stop_ask'), text: html`<p>${t('join.stop_text')}</p>`, confirm: t('join.stop'), danger: true }))) return;
  leaveJoin('');
  await forgetWallet();
  replace('restore');
}

/** @param {number} until */
function waitingView(until) {
  ticking ??= setInterval(() => { clock.value = Date.now(); }, TICK_MS);
  look(WAITING_LOOK_MS);
  void clock.value;
  const rest = Math.max(0, until - now());
  const [hours, minutes, seconds] = [Math.floor(rest / 3_600_000), Math.floor(rest / 60_000) % 60, Math.floor(rest / 1_000) % 60];
  const shown = hours > 0 ? t('wait.hours', { hours, minutes }) : t('wait.minutes', { minutes, seconds });
  return frame({
    title: t('wait.title'),
    body: html`<section class="card stack center" data-name="waiting-key" data-until=${until}>
        <span class="state-icon">${icon('clock', { size: 36 })}</span>
        <h2>${t('wait.added')}</h2>
        <p class="big-print" role="timer" aria-live="off">${shown}</p>
        <p>${t('wait.until', { date: formatDateTime(until) })}</p></section>
      ${banner({ tone: 'info', iconName: 'shield', text: t('wait.why') })}
      <p class="quiet-text">${t('wait.history')}</p>
      <p class="center quiet-text small-text">${t('wait.looked', { time: formatTime(now()) })}</p>
      <div class="actions">${button({ label: t('join.stop'), kind: 'quiet', name: 'join-stop', onClick: () => void giveUp() })}</div>`,
  });
}

/** @param {string} shown the screen that is shown now */
export function leaveJoin(shown) {
  if (shown === 'join' || (shown === '' && wallet.value && !account.value)) return;
  clearInterval(looking?.timer);
  clearInterval(ticking);
  looking = null;
  ticking = undefined;
}
