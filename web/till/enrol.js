// A till that is new, waits for its shop, or was switched off.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { Problem, Unreachable } from '../kit/api.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { hasStrongKeys } from '../kit/keys.js';
import { ask, banner, button, field } from '../kit/ui.js';
import { stranded } from './apart.js';
import { strandedView } from './apart-view.js';
import { bringStranded, enrol, shopNameOf, startOver } from './door.js';

const code = signal('');
const label = signal(/** @type {string | null} */ (null));
const fault = signal(/** @type {string | null} */ (null));
const problem = signal(/** @type {unknown} */ (null));
const busy = signal(false);
const weak = signal(false);
void hasStrongKeys().then((strong) => { weak.value = !strong; });

/** What was typed, as the server writes codes: ABCD-1234. Null unless it has 8 letters and digits. @param {string} typed */
export function tidyCode(typed) {
  const plain = typed.toUpperCase().replace(/[^A-Z0-9]/g, '');
  return plain.length === 8 ? `${plain.slice(0, 4)}-${plain.slice(4)}` : null;
}

/** @param {Event} event */
async function submit(event) {
  event.preventDefault();
  if (busy.value) return;
  const tidy = tidyCode(code.value);
  fault.value = tidy ? null : t('enrol.code_wrong');
  problem.value = null;
  if (!tidy) return;
  busy.value = true;
  try {
    await enrol(tidy, (label.value ?? '').trim() || t('enrol.label_default'));
    code.value = '';
  } catch (error) {
    if (error instanceof Problem && !error.transient && error.status !== 429) fault.value = error.status === 404 ? t('enrol.code_wrong') : sentenceFor(error);
    else problem.value = error;
  } finally {
    busy.value = false;
  }
}

export function enrolView() {
  return html`<div class="till-narrow">
    <h1>${t('enrol.title')}</h1>
    <ol class="steps"><li>${t('enrol.step_1')}</li><li>${t('enrol.step_2')}</li><li>${t('enrol.step_3')}</li></ol>
    <form class="card enrol-form" @submit=${submit} novalidate>
      ${field({ name: 'code', label: t('enrol.code'), hint: t('enrol.code_hint'), value: code.value, fault: fault.value, ltr: true, huge: true, maxLength: 12,
        onInput: (typed) => { code.value = typed.toUpperCase(); fault.value = null; } })}
      ${field({ name: 'label', label: t('enrol.label'), hint: t('enrol.label_hint'), value: label.value ?? t('enrol.label_default'), maxLength: 40, onInput: (typed) => { label.value = typed; } })}
      ${problem.value ? banner({ tone: 'danger', text: sentenceFor(problem.value) }) : nothing}
      ${button({ label: t('enrol.go'), kind: 'primary', big: true, type: 'submit', busy: busy.value, name: 'enrol' })}
    </form>
    <p class="assurance">${icon('shield')}<span>${t('enrol.safe')}</span></p>
    ${weak.value ? banner({ tone: 'warning', text: t('enrol.weak_keys') }) : nothing}
  </div>`;
}

const shopName = signal('');
let shopNameFor = '';

/** @param {import('../kit/keys.js').Wallet} wallet */
export function waitingView(wallet) {
  if (shopNameFor !== wallet.key) {
    shopNameFor = wallet.key;
    void shopNameOf(wallet).then((name) => { shopName.value = name; });
  }
  return html`<div class="till-narrow waiting" data-name="waiting">
    <span class="coin-spinner" aria-hidden="true"></span>
    <h1>${t('enrol.waiting_title')}</h1>
    <p role="status">${t('enrol.waiting')}</p>
    <dl class="facts card">
      ${shopName.value ? html`<div><dt>${t('enrol.waiting_for')}</dt><dd>${shopName.value}</dd></div>` : nothing}
      <div><dt>${t('enrol.waiting_label')}</dt><dd>${wallet.label ?? ''}</dd></div>
      <div><dt>${t('enrol.waiting_key')}</dt><dd><bdi class="code" dir="ltr">${fingerprint(wallet.key)}</bdi></dd></div>
    </dl>
    <p class="quiet-words">${t('enrol.waiting_key_hint')}</p>
    ${button({ label: t('enrol.start_over'), kind: 'quiet', name: 'start-over', onClick: () => startOver(wallet) })}
  </div>`;
}

/** The first 16 hex digits, in fours. @param {string} key */
export function fingerprint(key) {
  return (key.slice(0, 16).match(/.{4}/g) ?? []).join(' ');
}

/** What came of bringing the orders that wait: why nothing did, or that no answer came. */
const brought = signal(/** @type {{error: unknown} | null} */ (null));
const bringing = signal(false);

/** @param {import('../kit/keys.js').Wallet} wallet */
async function bring(wallet) {
  if (bringing.value) return;
  bringing.value = true;
  brought.value = null;
  try {
    if (!(await bringStranded(wallet))) brought.value = { error: new Unreachable() };
  } catch (error) {
    brought.value = { error };
  } finally {
    bringing.value = false;
  }
}

/** @param {import('../kit/keys.js').Wallet} wallet */
async function enrolAgain(wallet) {
  const sure = stranded.value.length === 0 || (await ask({ title: t('apart.strand_title'), text: t('apart.strand_text', { n: stranded.value.length }), confirm: t('apart.strand'), danger: true, iconName: 'warning' }));
  if (sure) await startOver(wallet);
}

/** @param {import('../kit/keys.js').Wallet} wallet */
export function revokedView(wallet) {
  const waits = stranded.value.length > 0;
  return html`<div class="till-narrow waiting" data-name="revoked">
    <span class="state-icon danger">${icon('cross', { size: 36 })}</span>
    <h1>${t('revoked.title')}</h1>
    <p role="alert">${t('revoked.words')}</p>
    ${strandedView(html`${brought.value ? banner({ tone: 'warning', text: sentenceFor(brought.value.error) }) : nothing}
      ${button({ label: t('apart.bring'), kind: 'primary', big: true, iconName: 'send', busy: bringing.value, name: 'bring-orders', onClick: () => void bring(wallet) })}`)}
    ${button({ label: t('revoked.again'), kind: waits ? 'quiet' : 'primary', disabled: bringing.value, name: 'enrol-again', onClick: () => void enrolAgain(wallet) })}
  </div>`;
}
