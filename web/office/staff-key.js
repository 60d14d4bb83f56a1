// One's own key and its backup: closed in a box that only one's passkey opens, kept in this browser and as a file. At the door the
// passkey brings the key back; somebody new makes a first key there and hands over its public half.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { fetchLedger } from '../kit/api.js';
import { attempt } from '../kit/attempt.js';
import { hex } from '../kit/hex.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { hasPasskeys, newSeed, publicKeyOf, seedOf } from '../kit/keys.js';
import { LONGEST_BACKUP, keepBackup, keptBackups, readBackup, unwrapSeed, wrapSeed } from '../kit/passkey.js';
import { saveFile } from '../kit/save.js';
import { banner, button, chip, copyRow, toast } from '../kit/ui.js';
import { readKeyFile, signIn } from './door.js';
import { desk } from './state.js';

/** @typedef {import('../kit/passkey.js').Backup} Backup */

const SHOWN = 8;

const kept = signal(/** @type {Backup[]} */ ([]));
const busy = signal(false);
const fault = signal(/** @type {unknown} */ (null));
/** A key that was just made here and is nobody's yet. */
const made = signal(/** @type {{key: string, backed: boolean} | null} */ (null));

/** Reads what this browser keeps. */
export async function readBackups() {
  try {
    kept.value = await keptBackups((await fetchLedger()).ledger);
  } catch {
    kept.value = [];
  }
}

/** @param {() => Promise<void>} step */
const trying = (step) => attempt({ busy, fault }, step);

/** @param {Backup} backup */
function saveBackup(backup) {
  saveFile(`liard-${backup.key.slice(0, SHOWN)}.passkey.json`, `${JSON.stringify(backup, null, 1)}\n`, 'application/json');
}

/** @param {Uint8Array<ArrayBuffer>} seed @param {string} label */
async function backUp(seed, label) {
  const ledger = await fetchLedger();
  const backup = await wrapSeed(seed, { ledger: ledger.ledger, association: ledger.name, label });
  await keepBackup(backup);
  saveBackup(backup);
  await readBackups();
}

const restore = (/** @type {Backup} */ backup) => trying(async () => signIn(await unwrapSeed(backup)));

/** @param {Event} event @returns {Promise<string | null>} the text of a chosen file */
async function chosen(event, longest = LONGEST_BACKUP) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const file = input.files?.[0];
  input.value = '';
  return !file ? null : file.size > longest ? '' : file.text();
}

/** @param {Event} event */
async function restoreFile(event) {
  const text = await chosen(event);
  if (text === null) return;
  const backup = readBackup(text);
  if (!backup) fault.value = { code: 'passkey_damaged' };
  else await restore(backup);
}

/** @param {boolean} withPasskey else as a plain key file */
const makeKey = (withPasskey) => trying(async () => {
  const seed = newSeed();
  const key = await publicKeyOf(seed);
  if (withPasskey) await backUp(seed, t('staff_key.label'));
  else saveFile(`liard-${key.slice(0, SHOWN)}.key`, `${hex(seed)}\n`, 'text/plain');
  seed.fill(0);
  made.value = { key, backed: withPasskey };
});

/** Below the door: the passkey's way in, and a first key. */
export function doorKeysView() {
  return html`<section class="card stack" data-name="door-keys">
    ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
    ${!hasPasskeys() ? nothing : html`<h2>${t('staff_key.restore')}</h2>
      ${kept.value.map((backup) => button({ label: t('staff_key.restore_this', { key: backup.key.slice(0, SHOWN) }), iconName: 'key', kind: 'primary', busy: busy.value, name: 'restore-passkey', onClick: () => void restore(backup) }))}
      <label class="button file-button">${icon('file')}<span>${t('staff_key.restore_file')}</span><input class="hidden" type="file" name="passkey-file" accept=".json,application/json" @change=${restoreFile}></label>`}
    ${made.value ? html`<div class="stack tight" data-name="made-key">${banner({ tone: 'good', title: t('staff_key.made'), text: t(made.value.backed ? 'staff_key.made_words' : 'staff_key.made_file_words') })}${copyRow({ label: t('staff_key.public'), value: made.value.key, code: true })}</div>`
      : html`<details><summary>${t('staff_key.new')}${icon('down', { size: 18 })}</summary><div class="stack tight"><p>${t('staff_key.new_words')}</p>
        ${hasPasskeys() ? button({ label: t('staff_key.make_passkey'), iconName: 'plus', busy: busy.value, name: 'make-passkey', onClick: () => void makeKey(true) }) : nothing}
        ${button({ label: t('staff_key.make_file'), iconName: 'file', kind: hasPasskeys() ? 'quiet' : 'plain', busy: busy.value, name: 'make-file', onClick: () => void makeKey(false) })}</div></details>`}</section>`;
}

/** The browser holds a key that it can use and not read: for its backup the seed comes once more from its file. @param {Event} event */
async function backUpMine(event) {
  const at = desk.peek();
  const input = /** @type {HTMLInputElement} */ (event.target);
  const file = input.files?.[0];
  input.value = '';
  if (!file || !at) return;
  await trying(async () => {
    const seed = seedOf(await readKeyFile(file));
    if (!seed || (await publicKeyOf(seed)) !== at.wallet.key) {
      seed?.fill(0);
      throw Object.assign(new Error('another key'), { code: 'passkey_other_key' });
    }
    await backUp(seed, t('office.you', { number: at.operator.number }));
    seed.fill(0);
    toast(t('staff_key.done'), 'good');
  });
}

/** In the room of the staff: one's own key. */
export function ownKeyView() {
  const at = desk.value;
  if (!at) return nothing;
  const mine = kept.value.find(({ key }) => key === at.wallet.key);
  return html`<section class="card stack" data-name="own-key" data-backed=${mine ? 'yes' : 'no'}>
    <div class="cover-head"><h2>${t('staff_key.mine')}</h2>${chip(mine ? { text: t('staff_key.backed'), tone: 'good', iconName: 'check' } : { text: t('staff_key.not_backed'), tone: 'warning', iconName: 'warning' })}</div>
    ${copyRow({ label: t('staff_key.public'), value: at.wallet.key, code: true })}
    <p>${t(mine ? 'staff_key.backed_words' : 'staff_key.words')}</p>
    ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
    <div class="cluster">${mine ? button({ label: t('staff_key.save_again'), iconName: 'save', name: 'save-backup', onClick: () => saveBackup(mine) }) : nothing}
      ${hasPasskeys() ? html`<label class="button file-button ${mine ? 'quiet' : ''}">${icon('key')}<span>${busy.value ? t('staff_key.busy') : t('staff_key.from_file')}</span><input class="hidden" type="file" name="backup-key-file" accept=".key,.txt,.hex,text/plain" @change=${backUpMine}></label>`
        : html`<p class="quiet-text">${t('error.passkey_unsupported')}</p>`}</div></section>`;
}
