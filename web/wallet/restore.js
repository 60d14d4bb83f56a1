// Coming back to an account: with a passkey, with the sheet of paper, from another device, or with the association's help. On a device of
// others the key stays in memory.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { Problem, callBytes } from '../kit/api.js';
import { attempt } from '../kit/attempt.js';
import { decodeBackup } from '../kit/backup.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { hasPasskeys } from '../kit/keys.js';
import { scanView } from '../kit/scan-view.js';
import { banner, button, field, linkButton } from '../kit/ui.js';
import { frame } from './frame.js';
import { replace } from './route.js';
import { beginShared } from './shared.js';
import { facts, shared, takeKey } from './state.js';

const typed = signal('');
const typedFault = signal(/** @type {string | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
const busy = signal(false);
const scanning = signal(false);
const notAlone = signal(false);

/** Reads the code on the sheet. @param {string} text @returns {string | null} */
function takePaper(text) {
  const decoded = decodeBackup(text, facts().ledger);
  if ('fault' in decoded) return t(decoded.fault === 'other_currency' ? 'restore.other_currency' : 'restore.not_paper');
  decoded.seed.fill(0);
  batch(() => {
    typed.value = (text.match(/.{1,4}/g) ?? []).join(' ');
    typedFault.value = null;
    scanning.value = false;
  });
  return null;
}

/** @param {string} value `shared` where the device is known to be somebody else's */
export function restoreView(value) {
  if (value === 'shared' && !notAlone.value) queueMicrotask(() => { notAlone.value = true; });
  if (scanning.value) {
    return frame({ title: t('restore.title'), body: html`${scanView({ onText: takePaper })}${button({ label: t('restore.type'), onClick: () => { scanning.value = false; } })}` });
  }
  return frame({
    title: t('restore.title'), back: '',
    body: html`
      <label class="card check-row"><input type="checkbox" name="not-alone" .checked=${notAlone.value} ?disabled=${shared.value} @change=${(/** @type {Event} */ event) => { notAlone.value = /** @type {HTMLInputElement} */ (event.target).checked; }}>
        <span><strong>${t('shared.ask')}</strong><br><span class="quiet-text">${t('shared.ask_text')}</span></span></label>
      ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
      ${hasPasskeys() ? html`<section class="card stack" data-name="by-passkey"><h2>${t('restore.passkey')}</h2><p>${t('restore.passkey_text')}</p>
        ${button({ label: t('restore.passkey_do'), kind: 'primary', big: true, iconName: 'key', busy: busy.value, name: 'restore-passkey', onClick: () => void byPasskey() })}</section>` : nothing}
      <section class="card stack"><h2>${t('restore.paper')}</h2><p>${t('restore.text')}</p>
        <form class="stack" @submit=${byPaper}>
          ${field({ name: 'backup', label: t('restore.label'), value: typed.value, multiline: true, code: true, hint: t('restore.hint'), fault: typedFault.value,
            onInput: (text) => { batch(() => { typed.value = text; typedFault.value = null; }); } })}
          ${button({ label: t('restore.scan'), iconName: 'scan', name: 'restore-scan', onClick: () => { scanning.value = true; } })}
          ${button({ label: t('restore.do'), kind: hasPasskeys() ? 'plain' : 'primary', big: true, type: 'submit', busy: busy.value, disabled: typed.value.trim() === '', name: 'restore-do' })}
        </form></section>
      ${notAlone.value ? nothing : html`<section class="card stack"><h2>${t(hasPasskeys() ? 'restore.neither' : 'restore.no_paper')}</h2><p>${t('restore.neither_text')}</p>
        ${linkButton({ label: t('restore.join'), href: '#join', iconName: 'qr', name: 'join' })}</section>`}`,
  });
}

/** @param {Uint8Array<ArrayBuffer>} seed @param {'paper' | 'passkey'} backup */
async function takeUp(seed, backup) {
  if (notAlone.value && !shared.value) await beginShared();
  await takeKey(seed, 'own', { backup });
  seed.fill(0);
  batch(() => {
    typed.value = '';
    notAlone.value = false;
  });
  replace('');
}

/** @param {() => Promise<void>} step */
const trying = (step) => attempt({ busy, fault }, step);

const byPasskey = () => trying(async () => {
  const { unboxSeed } = await import('../kit/passkey.js');
  const seed = await unboxSeed(facts().ledger, (place) => callBytes(`/v1/backups/${place}`, { accept: 'application/octet-stream' }).catch((error) => {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }));
  await takeUp(seed, 'passkey');
});

/** @param {Event} event */
function byPaper(event) {
  event.preventDefault();
  const decoded = decodeBackup(typed.value, facts().ledger);
  if ('fault' in decoded) {
    typedFault.value = t(`restore.${decoded.fault}`, { n: Math.floor(decoded.groups) });
    return;
  }
  void trying(() => takeUp(decoded.seed, 'paper'));
}
