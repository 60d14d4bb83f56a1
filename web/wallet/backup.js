// What brings my key back, and a new sheet when the old one is lost: a new key takes the place of this device's old one, so that the old
// one's paper is worth nothing to whoever finds it. Papers of the account's other keys stay good, and this is said.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { fingerprint } from '../kit/hex.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { keepKey, walletsOf } from '../kit/keys.js';
import { formatDate } from '../kit/time.js';
import { ask, banner, button, chip, linkButton, loading } from '../kit/ui.js';
import { boxFault, doChores } from './chores.js';
import { keyName } from './devices.js';
import { frame } from './frame.js';
import { replace } from './route.js';
import { drawKey, dropKey, isDrawn, sheetSteps } from './sheet.js';
import { account, facts, openSession, scope, shared, wallet, wallets, weakKeys } from './state.js';
import { unsettled } from './unsettled.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const boxes = signal(/** @type {{key: string, time: number}[] | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
const working = signal(false);
const done = signal(false);
let asked = '';

async function readBoxes() {
  try {
    boxes.value = (await openSession().json(`/v1/accounts/${wallet.value?.account}/backups`)).backups;
  } catch (error) {
    fault.value = error;
  }
}

/** A key that is on its way into the place of another one. */
const under = () => wallets.value.find((one) => one.replaces);

/** Words for how a key comes back: by a passkey, or by a paper. @param {string} key @param {import('../kit/keys.js').Wallet} [of] */
const byWay = (key, of) => t(of?.backup === 'passkey' ? `${key}_passkey` : key);

/** The change of key stops at what is not safe yet, and says at what. @param {import('../kit/keys.js').Wallet} next */
function underView(next) {
  return html`<div data-name="replacing">${banner({
    tone: 'warning', iconName: 'clock', title: t('backup.under'), text: html`${byWay('backup.under_text', next)}${unsettled.value ? html` ${t('backup.waiting')}` : nothing}`,
    action: button({ label: t('action.continue'), name: 'replace-continue', onClick: () => void finish() }),
  })}</div>`;
}

export function backupView() {
  const current = wallet.value;
  if (!current || !account.value) return frame({ title: t('backup.title'), back: 'settings', body: loading() });
  if (isDrawn()) return sheetSteps({ back: 'backup', progress, done: t('backup.check_done'), take });
  if (working.value) return frame({ title: t('backup.new'), body: loading(t('backup.working')) });
  if (asked !== current.id && scope.value === 'full') {
    asked = current.id;
    queueMicrotask(() => void readBoxes());
  }
  const box = boxes.value?.find(({ key }) => key === current.key);
  const next = under();
  return frame({
    title: t('backup.title'), back: 'settings',
    body: html`
      ${done.value ? html`<div data-name="sheet-done">${banner({ tone: 'good', title: byWay('backup.done', current), text: html`${byWay('backup.done_text', current)}${otherKeys(current).length > 0 ? html` ${t('backup.done_others')}` : nothing}` })}</div>` : nothing}
      ${next ? underView(next) : nothing}
      ${weakKeys.value ? banner({ tone: 'warning', text: t('weak_keys') }) : nothing}
      <p>${t('backup.text')}</p>
      <section class="card stack" data-name="my-backup" data-backup=${box ? 'passkey' : current.box ? 'pending' : current.backup ?? 'unknown'}><h2>${t('backup.mine')}</h2>
        <ul class="plain-list backup-list">
          <li class="spread"><span>${icon('print', { size: 20 })} ${t('backup.paper')}</span>${current.backup === 'paper' ? chip({ text: t('backup.checked'), tone: 'good', iconName: 'check' }) : chip({ text: t(current.backup ? 'backup.none' : 'backup.unknown'), tone: current.backup === 'none' ? 'warning' : 'plain' })}</li>
          <li class="spread"><span>${icon('key', { size: 20 })} ${t('backup.passkey')}</span>${box ? chip({ text: t('backup.since', { date: formatDate(box.time) }), tone: 'good', iconName: 'check' }) : current.box ? chip({ text: t('backup.pending'), tone: 'warning', iconName: 'clock' }) : chip({ text: t('backup.none') })}</li>
        </ul>
        ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
        ${current.box && boxFault.value ? banner({ tone: 'danger', text: sentenceFor(boxFault.value) }) : nothing}
        ${current.backup === 'none' ? banner({ tone: 'warning', text: t('backup.no_sheet') }) : nothing}</section>
      ${newSheetView(current)}
      <div class="cluster">${linkButton({ label: t('devices.title'), href: '#devices', kind: 'quiet', iconName: 'phone' })}${linkButton({ label: t('backup.all_lost'), href: '#recovery', kind: 'quiet', iconName: 'refresh' })}</div>`,
  });
}

/** What can still be done when everything is lost, said before it is. */
export function recoveryView() {
  const delay = facts().recovery_delay_ms ?? 0;
  const hours = Math.floor(delay / HOUR_MS);
  const waits = hours > 0 ? t('recovery.hours', { n: hours }) : t('recovery.minutes', { n: Math.ceil(delay / MINUTE_MS) });
  return frame({
    title: t('backup.all_lost'), back: 'settings',
    body: html`<p>${t('recovery.text')}</p>
      <ol class="steps card">${['one', 'two', 'three', 'four'].map((step, i) => html`<li><span class="step-number" aria-hidden="true">${i + 1}</span><div><p>${t(`recovery.${step}`, { waits })}</p></div></li>`)}</ol>
      ${banner({ tone: 'info', iconName: 'shield', text: t('recovery.thief') })}`,
  });
}

/** Other keys that may do everything: each has a paper or a passkey of its own, which stay good. @param {import('../kit/keys.js').Wallet} current */
const otherKeys = (current) => account.value?.keys.filter(({ key, scope: may }) => may === 'full' && key !== current.key && !wallets.value.some((one) => one.replaces && [one.key, one.replaces].includes(key))) ?? [];

/** @param {import('../kit/keys.js').Wallet} current */
function newSheetView(current) {
  const why = current.role === 'demo' ? 'backup.demo' : shared.value ? 'backup.shared' : scope.value !== 'full' ? 'backup.limited' : unsettled.value ? 'backup.waiting' : null;
  const others = otherKeys(current);
  return html`<section class="card stack"><h2>${t('backup.new')}</h2><p>${t(others.length > 0 ? 'backup.new_text_others' : 'backup.new_text')}</p>
    ${others.length > 0 ? html`<div data-name="other-keys">${banner({
      tone: 'info', iconName: 'phone', title: t('backup.others'),
      text: html`${others.map((key, i) => html`${i > 0 ? ' · ' : nothing}<bdi>${keyName(key)}</bdi> <bdi dir="ltr" class="code">${fingerprint(key.key)}</bdi>`)}`,
      action: linkButton({ label: t('devices.title'), href: '#devices', name: 'to-devices' }),
    })}</div>` : nothing}
    ${why ? banner({ tone: 'info', text: t(why) }) : under() ? nothing : button({ label: t('backup.new_do'), kind: 'primary', iconName: 'refresh', name: 'new-sheet', onClick: () => void begin() })}</section>`;
}

async function begin() {
  const sure = await ask({ title: t('backup.new_ask'), text: html`<p>${t('backup.new_ask_text')}</p>`, confirm: t('backup.new_do'), iconName: 'key' });
  if (!sure) return;
  batch(() => {
    done.value = false;
    fault.value = null;
  });
  await drawKey();
}

/** @param {number} current */
const progress = (current) => html`<ol class="progress no-print" aria-label=${t('open.step', { n: current })}>${[1, 2, 3].map((n) => html`<li class=${n <= current ? 'past' : ''}></li>`)}</ol>`;

/** The new key is safe: it is kept beside the old one, and takes its place. @param {Uint8Array<ArrayBuffer>} seed @param {import('./sheet.js').Safe} safe */
async function take(seed, safe) {
  const current = wallet.value;
  if (!current?.account) return;
  const { ledger, account: id, label, device } = current;
  await keepKey(seed, { ledger, role: 'own', account: id, label, device, now: now(), replaces: current.key, ...safe });
  wallets.value = await walletsOf(ledger);
  void finish();
}

async function finish() {
  working.value = true;
  await doChores();
  batch(() => {
    working.value = false;
    done.value = !under() && !wallet.value?.box;
    boxes.value = null;
    asked = '';
  });
  replace('backup');
}

/** Leaving: a key that is not safe is dropped. @param {string} name the screen that is shown now */
export function leaveBackup(name) {
  if (name === 'backup' || name === 'open') return;
  asked = '';
  boxes.value = null;
  done.value = false;
  if (wallet.value && isDrawn()) dropKey();
}
