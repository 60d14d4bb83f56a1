// Opening a wallet: what it is, the key made here, its backup sure, the account opened by the member's own signature. Also:
// taking up a demo key.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { publicKeyOf } from '../kit/keys.js';
import { unhex } from '../kit/hex.js';
import { icon } from '../kit/icons.js';
import { qrView } from '../kit/qr.js';
import { ask, banner, button, empty, linkButton, loading } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { replace, route } from './route.js';
import { drawKey, isDrawn, sheetSteps } from './sheet.js';
import { facts, ledger, openOwnAccount, symbol, takeKey, wallet } from './state.js';
import { welcomeView } from './welcome.js';
import { units } from './words.js';

const waiting = signal(false);
const fault = signal(/** @type {unknown} */ (null));
const opening = signal(false);

/** A new key, made safe before it is kept. */
async function start() {
  await drawKey();
  replace('open');
}

/** The screens from the new key to the open account. @param {string} value `new` makes the key: whoever comes back to the address gets no other one unasked */
export function openView(value) {
  if (wallet.value) return openingView();
  if (value === 'new') {
    queueMicrotask(() => { if (route.value.value === 'new') void start(); });
    return frame({ title: t('open.backup_title'), back: '', body: loading() });
  }
  if (!isDrawn()) return welcomeView();
  return sheetSteps({ back: '', progress, done: t('open.check_done'), take: open });
}

/** @param {number} current */
function progress(current) {
  return html`<ol class="progress no-print" aria-label=${t('open.step', { n: current })}>${[1, 2, 3].map((n) => html`<li class=${n <= current ? 'past' : ''}></li>`)}</ol>`;
}

/** The backup is sure: the key is kept, and the account opened. @param {Uint8Array<ArrayBuffer>} seed @param {import('./sheet.js').Safe} safe */
async function open(seed, safe) {
  await takeKey(seed, 'own', safe, !facts().self_opening);
  void finishOpening();
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
        ${wallet.value?.box ? banner({ tone: 'warning', iconName: 'clock', text: t('keep.pending') }) : nothing}
        ${limits?.held ? html`<p class="quiet-text">${t('open.limits', { held: units(limits.held), payment: units(limits.per_payment ?? limits.held) })}</p>` : nothing}
      </section>
      <div class="actions">
        ${linkButton({ label: t('convert.title'), href: '#convert', kind: 'primary', big: true, iconName: 'convert' })}
        ${linkButton({ label: t('open.to_home'), href: '#', kind: 'quiet', name: 'to-home' })}
      </div>`,
  });
}

const busy = signal(false);
const demoSeed = signal(/** @type {Uint8Array | null} */ (null));
const demoFault = signal(/** @type {string | null} */ (null));
/** The link that `demoSeed` is of. */
const demoLink = signal('');

/** @param {string} value 64 hex digits, or not */
function readDemoLink(value) {
  /** @type {Uint8Array | null} */
  let bytes = null;
  try {
    bytes = unhex(value);
  } catch {
    // No key at all.
  }
  batch(() => {
    demoLink.value = value;
    demoFault.value = null;
    demoSeed.value = bytes?.length === 32 ? bytes : null;
  });
}

/** A demo key is imported only after saying plainly what it is. @param {string} value what the link holds */
export function demoView(value) {
  if (value !== demoLink.value) {
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
