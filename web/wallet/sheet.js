// A new key and what brings it back: a sheet of paper that is shown and checked, or a passkey. The seed is here and nowhere else until
// one of both is sure. Opening an account, a new sheet and a new device all pass here.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { encodeBackup, groupsToCheck } from '../kit/backup.js';
import { moreWords, sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { hasPasskeys, newSeed } from '../kit/keys.js';
import { qrView } from '../kit/qr.js';
import { formatDate } from '../kit/time.js';
import { banner, button, field } from '../kit/ui.js';
import { now } from '../kit/api.js';
import { frame } from './frame.js';
import { facts, weakKeys } from './state.js';

/** @typedef {{backup: 'paper' | 'passkey', box: import('../kit/passkey.js').Box | null}} Safe how the key comes back */

const step = signal(/** @type {'off' | 'choose' | 'show' | 'check'} */ ('off'));
const groups = signal(/** @type {string[]} */ ([]));
const asked = signal(/** @type {number[]} */ ([]));
const typed = signal(/** @type {string[]} */ (['', '', '']));
const checkFault = signal(false);
const busy = signal(false);
const fault = signal(/** @type {unknown} */ (null));
/** @type {Uint8Array<ArrayBuffer> | null} */
let seed = null;

/** Draws a key. Where this browser has passkeys, the person chooses what brings it back. */
export async function drawKey() {
  seed = newSeed();
  const choice = hasPasskeys() && (await moreWords('wallet-keys').then(() => true, () => false));
  batch(() => {
    groups.value = seed ? encodeBackup(seed, facts().ledger) : [];
    asked.value = groupsToCheck();
    typed.value = ['', '', ''];
    checkFault.value = false;
    fault.value = null;
    step.value = choice ? 'choose' : 'show';
  });
}

/** Whether a key was drawn and is not in use yet. */
export function isDrawn() {
  return step.value !== 'off';
}

/** The seed is gone, whatever became of it. */
export function dropKey() {
  seed?.fill(0);
  seed = null;
  batch(() => {
    groups.value = [];
    step.value = 'off';
  });
}

/**
 * @param {object} words
 * @param {string} words.back the screen that "back" leads to
 * @param {(current: number) => unknown} words.progress where in its way the person is, from 1
 * @param {string} words.done what happens after the check
 * @param {(seed: Uint8Array<ArrayBuffer>, safe: Safe) => Promise<void>} words.take the key is safe: what becomes of it
 */
export function sheetSteps({ back, progress, done, take }) {
  /** @param {Safe} safe */
  const finish = async (safe) => {
    if (!seed || busy.value) return;
    batch(() => {
      busy.value = true;
      fault.value = null;
    });
    try {
      await take(seed, safe);
      dropKey();
    } catch (error) {
      fault.value = error;
    } finally {
      busy.value = false;
    }
  };
  if (step.value === 'choose') return chooseView(back, progress, finish);
  return step.value === 'show' ? showView(back, progress) : checkView(progress, done, finish);
}

const faultView = () => (fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing);

/** @param {string} back @param {(current: number) => unknown} progress @param {(safe: Safe) => Promise<void>} finish */
function chooseView(back, progress, finish) {
  return frame({
    title: t('keep.title'), back,
    body: html`${progress(1)}
      <p>${t('keep.text')}</p>
      ${faultView()}
      <ul class="list">
        <li><button type="button" class="row" data-name="keep-passkey" ?disabled=${busy.value} aria-busy=${busy.value ? 'true' : nothing} @click=${() => void withPasskey(finish)}>
          <span class="row-icon copper">${busy.value ? html`<span class="spinner" aria-hidden="true"></span>` : icon('key')}</span>
          <span class="row-words"><span class="row-title">${t('keep.passkey')}</span><span class="row-note">${t('keep.passkey_text')}</span></span>${icon('next', { size: 20 })}</button></li>
        <li><button type="button" class="row" data-name="keep-paper" ?disabled=${busy.value} @click=${() => { step.value = 'show'; }}>
          <span class="row-icon">${icon('print')}</span>
          <span class="row-words"><span class="row-title">${t('keep.paper')}</span><span class="row-note">${t('keep.paper_text')}</span></span>${icon('next', { size: 20 })}</button></li>
      </ul>
      <p class="quiet-text small-text">${t('keep.later')}</p>`,
  });
}

/** @param {(safe: Safe) => Promise<void>} finish */
async function withPasskey(finish) {
  if (!seed || busy.value) return;
  batch(() => {
    busy.value = true;
    fault.value = null;
  });
  /** @type {import('../kit/passkey.js').Box | null} */
  let box = null;
  try {
    const { boxSeed } = await import('../kit/passkey.js');
    const { ledger, name } = facts();
    box = await boxSeed(seed, { ledger, association: name, label: `${name} · ${formatDate(now())}` });
  } catch (error) {
    fault.value = error;
  } finally {
    busy.value = false;
  }
  if (box) await finish({ backup: 'passkey', box });
}

/** @param {string} back @param {(current: number) => unknown} progress */
function showView(back, progress) {
  return frame({
    title: t('open.backup_title'), back,
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
    <ol class="groups" dir="ltr">${groups.value.map((group, i) => html`<li><span class="group-number">${i + 1}</span><span class="group" data-group=${i}>${group}</span></li>`)}</ol>
    <div class="sheet-qr">${qrView(groups.value.join(''), { label: t('open.sheet_qr'), mode: 'Alphanumeric' })}<p>${t('open.sheet_note')}</p></div>
  </section>`;
}

/** @param {(current: number) => unknown} progress @param {string} done @param {(safe: Safe) => Promise<void>} finish */
function checkView(progress, done, finish) {
  const right = asked.value.every((position, i) => typed.value[i].trim().toUpperCase() === groups.value[position]);
  return frame({
    title: t('open.check_title'), back: '',
    body: html`${progress(2)}
      <p>${t('open.check_text')}</p>
      <form class="stack" @submit=${(/** @type {Event} */ event) => {
        event.preventDefault();
        checkFault.value = !right;
        if (right) void finish({ backup: 'paper', box: null });
      }}>
        ${asked.value.map((position, i) => field({
          name: `group-${i}`, label: t('open.group', { n: position + 1 }), value: typed.value[i], maxLength: 4, code: true, placeholder: '····',
          fault: checkFault.value && typed.value[i].trim().toUpperCase() !== groups.value[position] ? t('open.group_wrong', { n: position + 1 }) : null,
          onInput: (value) => { batch(() => { typed.value = typed.value.map((old, k) => (k === i ? value : old)); checkFault.value = false; }); },
        }))}
        ${faultView()}
        <div class="actions">
          ${button({ label: done, kind: 'primary', big: true, type: 'submit', busy: busy.value, name: 'backup-checked' })}
          ${button({ label: t('open.see_again'), kind: 'quiet', onClick: () => { step.value = 'show'; } })}
        </div>
      </form>`,
  });
}
