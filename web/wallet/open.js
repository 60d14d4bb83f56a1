// Opening a wallet: what it is, the key made here, its backup shown and checked, the account opened by the member's own
// signature. Also: coming back with a backup, and taking up a demo key.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { decodeBackup, encodeBackup, groupsToCheck } from '../kit/backup.js';
import { newSeed, publicKeyOf } from '../kit/keys.js';
import { unhex } from '../kit/hex.js';
import { icon } from '../kit/icons.js';
import { qrView } from '../kit/qr.js';
import { ask, banner, button, empty, field, linkButton, loading } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { replace, route } from './route.js';
import { scanView } from '../kit/scan-view.js';
import { facts, ledger, openOwnAccount, symbol, takeKey, wallet, weakKeys } from './state.js';
import { welcomeView } from './welcome.js';
import { units } from './words.js';

const step = signal(/** @type {'show' | 'check' | 'opening'} */ ('show'));
const backup = signal(/** @type {string[]} */ ([]));
const asked = signal(/** @type {number[]} */ ([]));
const typed = signal(/** @type {string[]} */ (['', '', '']));
const checkFault = signal(false);
const waiting = signal(false);
const fault = signal(/** @type {unknown} */ (null));
const opening = signal(false);
/** @type {Uint8Array | null} */
let seed = null;

/** A new key, shown before it is kept. */
function start() {
  seed = newSeed();
  batch(() => {
    backup.value = seed ? encodeBackup(seed, facts().ledger) : [];
    asked.value = groupsToCheck();
    typed.value = ['', '', ''];
    step.value = 'show';
    checkFault.value = false;
    fault.value = null;
  });
  replace('open');
}

/** The screens from the new key to the open account. @param {string} value `new` makes the key: whoever comes back to the address gets no other one unasked */
export function openView(value) {
  if (wallet.value) return openingView();
  if (value === 'new') {
    queueMicrotask(() => { if (route.value.value === 'new') start(); });
    return frame({ title: t('open.backup_title'), back: '', body: loading() });
  }
  if (backup.value.length === 0) return welcomeView();
  return step.value === 'show' ? backupView() : checkView();
}

/** @param {number} current */
function progress(current) {
  return html`<ol class="progress no-print" aria-label=${t('open.step', { n: current })}>${[1, 2, 3].map((n) => html`<li class=${n <= current ? 'past' : ''}></li>`)}</ol>`;
}

function backupView() {
  return frame({
    title: t('open.backup_title'), back: '',
    body: html`${progress(1)}
      <p>${t('open.backup_text')}</p>
      ${weakKeys.value ? banner({ tone: 'warning', text: t('weak_keys') }) : nothing}
      ${sheet()}
      ${banner({ tone: 'warning', iconName: 'key', text: t('open.backup_warning') })}
      <div class="actions no-print">
        ${button({ label: t('open.written'), kind: 'primary', big: true, name: 'backup-written', onClick: () => { step.value = 'check'; scrollTo(0, 0); } })}
        ${button({ label: t('action.print'), iconName: 'print', onClick: () => print() })}
      </div>`,
  });
}

/** The sheet that is printed or copied by hand. */
function sheet() {
  return html`<section class="card sheet" data-name="backup">
    <h2 class="sheet-title">${t('open.sheet_title', { name: facts().name })}</h2>
    <ol class="groups" dir="ltr">${backup.value.map((group, i) => html`<li><span class="group-number">${i + 1}</span><span class="group" data-group=${i}>${group}</span></li>`)}</ol>
    <div class="sheet-qr">${qrView(backup.value.join(''), { label: t('open.sheet_qr'), mode: 'Alphanumeric' })}<p>${t('open.sheet_note')}</p></div>
  </section>`;
}

function checkView() {
  const right = asked.value.every((position, i) => typed.value[i].trim().toUpperCase() === backup.value[position]);
  return frame({
    title: t('open.check_title'), back: '',
    body: html`${progress(2)}
      <p>${t('open.check_text')}</p>
      <form class="stack" @submit=${(/** @type {Event} */ event) => {
        event.preventDefault();
        checkFault.value = !right;
        if (right) void open();
      }}>
        ${asked.value.map((position, i) => field({
          name: `group-${i}`, label: t('open.group', { n: position + 1 }), value: typed.value[i], maxLength: 4, code: true, placeholder: '····',
          fault: checkFault.value && typed.value[i].trim().toUpperCase() !== backup.value[position] ? t('open.group_wrong', { n: position + 1 }) : null,
          onInput: (value) => { batch(() => { typed.value = typed.value.map((old, k) => (k === i ? value : old)); checkFault.value = false; }); },
        }))}
        <div class="actions">
          ${button({ label: t('open.check_done'), kind: 'primary', big: true, type: 'submit', name: 'backup-checked' })}
          ${button({ label: t('open.see_again'), kind: 'quiet', onClick: () => { step.value = 'show'; } })}
        </div>
      </form>`,
  });
}

/** The backup is checked: the key is kept, and the account opened. */
async function open() {
  if (!seed) return;
  batch(() => {
    step.value = 'opening';
    fault.value = null;
  });
  try {
    await takeKey(seed, 'own');
    seed.fill(0);
    seed = null;
    backup.value = [];
    await finishOpening();
  } catch (error) {
    fault.value = error;
    step.value = 'check';
  }
}

/** Opens the account of the key that is there. */
export async function finishOpening() {
  if (!facts().self_opening) return;
  batch(() => {
    fault.value = null;
    waiting.value = false;
    opening.value = true;
  });
  try {
    const answer = await openOwnAccount(() => { waiting.value = true; });
    if (answer.state === 'done') replace('opened');
    else if (answer.state === 'refused') fault.value = answer;
  } catch (error) {
    fault.value = error;
  } finally {
    opening.value = false;
  }
}

/** Shown while a key has no account yet. */
export function openingView() {
  const key = wallet.value?.key ?? '';
  if (!facts().self_opening) {
    return frame({
      title: t('open.ask_title'), back: wallet.value ? 'settings' : '',
      body: html`<p>${t('open.ask_text')}</p><div class="card">${qrView(key.toUpperCase(), { label: t('open.ask_title'), mode: 'Alphanumeric' })}</div><p class="code center" dir="ltr">${key}</p>`,
    });
  }
  return frame({
    title: t('open.opening_title'),
    body: fault.value
      ? html`${banner({ tone: 'danger', text: sentenceFor(fault.value) })}<div class="actions">${button({ label: t('action.retry'), iconName: 'refresh', onClick: () => void finishOpening() })}${linkButton({ label: t('settings.title'), href: '#settings', kind: 'quiet' })}</div>`
      : opening.value
        ? html`${progress(3)}${loading(waiting.value ? t('send.asking_again') : t('open.opening_text'))}`
        : html`${empty({ iconName: 'key', title: t('open.none_title'), text: t('open.none_text') })}<div class="actions">${button({ label: t('open.none_do'), kind: 'primary', onClick: () => void finishOpening() })}${linkButton({ label: t('settings.title'), href: '#settings', kind: 'quiet' })}</div>`,
  });
}

export function openedView() {
  const limits = facts().limits.find((limit) => limit.level === 0);
  return frame({
    title: t('open.done_title'),
    body: html`
      <section class="card stack center">
        <span class="receipt-check" aria-hidden="true">${icon('check', { size: 44 })}</span>
        <p>${t('open.done_text')}</p>
        ${limits?.held ? html`<p class="quiet-text">${t('open.limits', { held: units(limits.held), payment: units(limits.per_payment ?? limits.held) })}</p>` : nothing}
      </section>
      <div class="actions">
        ${linkButton({ label: t('convert.title'), href: '#convert', kind: 'primary', big: true, iconName: 'convert' })}
        ${linkButton({ label: t('open.to_home'), href: '#', kind: 'quiet', name: 'to-home' })}
      </div>`,
  });
}

const restoring = signal('');
const restoreFault = signal(/** @type {string | null} */ (null));
const busy = signal(false);
const scanningPaper = signal(false);

/** Reads the code on the sheet. @param {string} text @returns {string | null} */
function takePaper(text) {
  const decoded = decodeBackup(text, facts().ledger);
  if ('fault' in decoded) return t(decoded.fault === 'other_currency' ? 'restore.other_currency' : 'restore.not_paper');
  batch(() => {
    restoring.value = (text.match(/.{1,4}/g) ?? []).join(' ');
    restoreFault.value = null;
    scanningPaper.value = false;
  });
  return null;
}

/** Back from paper. */
export function restoreView() {
  if (scanningPaper.value) {
    return frame({ title: t('restore.title'), body: html`${scanView({ onText: takePaper })}${button({ label: t('restore.type'), onClick: () => { scanningPaper.value = false; } })}` });
  }
  return frame({
    title: t('restore.title'), back: '',
    body: html`<p>${t('restore.text')}</p>
      <form class="stack" @submit=${restore}>
        ${field({ name: 'backup', label: t('restore.label'), value: restoring.value, multiline: true, code: true, hint: t('restore.hint'), fault: restoreFault.value,
          onInput: (value) => { batch(() => { restoring.value = value; restoreFault.value = null; }); } })}
        ${button({ label: t('restore.scan'), iconName: 'scan', name: 'restore-scan', onClick: () => { scanningPaper.value = true; } })}
        <div class="actions">${button({ label: t('restore.do'), kind: 'primary', big: true, type: 'submit', busy: busy.value, disabled: restoring.value.trim() === '', name: 'restore-do' })}</div>
      </form>`,
  });
}

/** @param {Event} event */
async function restore(event) {
  event.preventDefault();
  const decoded = decodeBackup(restoring.value, facts().ledger);
  if ('fault' in decoded) {
    restoreFault.value = t(`restore.${decoded.fault}`, { n: Math.floor(decoded.groups) });
    return;
  }
  busy.value = true;
  try {
    await takeKey(decoded.seed, 'own');
    restoring.value = '';
    replace('');
  } catch (error) {
    restoreFault.value = sentenceFor(error);
  } finally {
    busy.value = false;
  }
}

const demoSeed = signal(/** @type {Uint8Array | null} */ (null));
const demoFault = signal(/** @type {string | null} */ (null));
/** The link that `demoSeed` is of. */
let demoLink = '';

/** @param {string} value 64 hex digits, or not */
function readDemoLink(value) {
  demoLink = value;
  demoFault.value = null;
  try {
    const bytes = unhex(value);
    demoSeed.value = bytes.length === 32 ? bytes : null;
  } catch {
    demoSeed.value = null;
  }
}

/** A demo key is imported only after saying plainly what it is. @param {string} value what the link holds */
export function demoView(value) {
  if (value !== demoLink) {
    queueMicrotask(() => readDemoLink(value));
    return frame({ title: t('demo.title'), back: '', body: loading() });
  }
  if (!demoSeed.value) {
    return frame({ title: t('demo.title'), back: '', body: empty({ iconName: 'warning', title: t('demo.bad_title'), text: t('demo.bad_text') }) });
  }
  if (ledger.value?.demo !== true) {
    return frame({ title: t('demo.title'), back: '', body: html`<div data-name="demo-not-here">${empty({ iconName: 'warning', title: t('demo.not_here'), text: t('demo.real_ledger') })}</div>` });
  }
  return frame({
    title: t('demo.title'), back: '',
    body: html`
      <section class="card stack">
        <p><strong>${t('demo.what')}</strong></p>
        <p>${t('demo.public')}</p>
        <p>${t('demo.nothing', { symbol: symbol.value })}</p>
      </section>
      ${demoFault.value ? banner({ tone: 'danger', text: demoFault.value }) : nothing}
      <div class="actions">
        ${button({ label: t('demo.use'), kind: 'primary', big: true, busy: busy.value, name: 'demo-use', onClick: () => void useDemo() })}
        ${linkButton({ label: t('action.cancel'), href: '#', kind: 'quiet' })}
      </div>`,
  });
}

async function useDemo() {
  if (!demoSeed.value || ledger.value?.demo !== true) return;
  const other = wallet.value && wallet.value.key !== (await publicKeyOf(demoSeed.value));
  if (other && !(await ask({ title: t('demo_key.title'), text: html`<p>${t('demo_key.words')}</p>`, confirm: t('demo_key.use'), danger: true, iconName: 'key' }))) return;
  busy.value = true;
  try {
    await takeKey(demoSeed.value, 'demo');
    demoSeed.value = null;
    replace('');
  } catch (error) {
    demoFault.value = sentenceFor(error);
  } finally {
    busy.value = false;
  }
}
