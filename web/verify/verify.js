// The verifier: anyone opens, scans or pastes what they were given, and this browser says what it proves. Nothing is sent
// anywhere, and after the first visit no network is needed.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, effect, signal } from '../vendor/signals-core/signals-core.js';
import { fetchLedger } from '../kit/api.js';
import { fingerprint } from '../kit/hex.js';
import { language, startWords, t } from '../kit/i18n.js';
import { coinMark, icon } from '../kit/icons.js';
import { kept, keepPage } from '../kit/keep.js';
import { acceptWitnesses, pinnedOf, renewPinned } from '../kit/pinned.js';
import { scanView } from '../kit/scan-view.js';
import { read, write } from '../kit/store.js';
import { banner, button, chip, field, languageNote, languageSwitch, loading, mount, online } from '../kit/ui.js';
import { LONGEST_BYTES, fromFile, fromPaste, fromText } from './given.js';
import { NotProved, judge } from './judge.js';
import { refusalView, verdictView } from './verdicts.js';

/** @typedef {import('../kit/pinned.js').Pinned} Pinned */
/** @typedef {{phase: 'none' | 'judging'} | {phase: 'proved', verdict: import('./judge.js').Verdict} | {phase: 'refused', fault: import('./judge.js').Fault}} State */

const held = signal(/** @type {Pinned | null} */ (null));
/** Other witnesses, or another currency, than this browser knows. */
const change = signal(/** @type {import('../kit/pinned.js').Witnesses | null} */ (null));
const unprovedKey = signal(false);
const state = signal(/** @type {State} */ ({ phase: 'none' }));
const scanning = signal(false);
const pasted = signal('');
const started = signal(false);

/** What was known last, then what the server says now, as far as it is proved. */
async function learn() {
  const last = /** @type {string | undefined} */ (await read('settings', 'verify:ledger'));
  if (last) held.value = (await pinnedOf(last)) ?? null;
  started.value = true;
  try {
    const facts = await fetchLedger();
    const renewed = await renewPinned(facts);
    unprovedKey.value = renewed === null;
    if (!renewed) return;
    await write('settings', 'verify:ledger', facts.ledger);
    batch(() => {
      held.value = renewed.pinned;
      change.value = renewed.change;
    });
  } catch (fault) {
    unprovedKey.value = /** @type {{code?: string}} */ (fault ?? {}).code === 'bad_key_chain';
  }
}

/** @param {import('./given.js').Given | null} given */
async function show(given) {
  batch(() => {
    scanning.value = false;
    state.value = { phase: 'judging' };
  });
  try {
    state.value = { phase: 'proved', verdict: await judge(given, held.value) };
  } catch (fault) {
    state.value = { phase: 'refused', fault: fault instanceof NotProved ? fault.fault : 'changed' };
  }
  setTimeout(() => /** @type {HTMLElement | null} */ (document.querySelector('[data-name="verdict"] h2'))?.focus(), 0);
}

/** @param {Event} event */
async function fileChosen(event) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const file = input.files?.[0];
  input.value = '';
  if (!file) return;
  const given = file.size > LONGEST_BYTES ? null : fromFile(new Uint8Array(await file.arrayBuffer()));
  await show(given);
}

/** @param {Event} event */
function pasteGiven(event) {
  event.preventDefault();
  const text = pasted.value;
  pasted.value = '';
  void show(fromPaste(text));
}

/** @param {string} text */
function scanned(text) {
  void show(fromText(text));
  return null;
}

/** A link that was opened: its fragment stays in the address, so that it can be kept and sent on. */
function openLink() {
  if (location.hash.startsWith('#s=')) void show(fromText(location.href));
}

function inputView() {
  return html`<section class="card stack" aria-label=${t('verify.give')}>
    ${scanning.value ? html`${scanView({ onText: scanned })}${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { scanning.value = false; } })}`
      : html`<div class="ways">
        ${button({ label: t('verify.scan'), kind: 'copper', iconName: 'scan', big: true, name: 'scan', onClick: () => { scanning.value = true; } })}
        <label class="button big file-button">${icon('file')}<span>${t('verify.file')}</span><input class="hidden" type="file" name="file" @change=${fileChosen}></label></div>
      <form class="stack tight" @submit=${pasteGiven}>
        ${field({ name: 'paste', label: t('verify.paste'), hint: t('verify.paste_hint'), value: pasted.value, ltr: true, multiline: true, onInput: (text) => { pasted.value = text; } })}
        ${button({ label: t('verify.do'), type: 'submit', kind: 'primary', disabled: pasted.value.trim() === '', name: 'paste-verify' })}
      </form>`}
  </section>`;
}

function currencyView() {
  const known = held.value;
  if (!known) return started.value ? banner({ tone: 'warning', iconName: 'offline', title: t('verify.unknown'), text: t('verify.unknown_text') }) : nothing;
  return html`<section class="card stack tight" data-name="currency"><h2>${known.name}</h2>
    <p class="small-text">${t('verify.fingerprint')}</p>
    <p class="big-print"><bdi dir="ltr" class="code">${fingerprint(known.ledger)}</bdi></p>
    <p class="small-text quiet-text">${t('verify.fingerprint_text')}</p>
    ${known.witnesses.length > 0 ? html`<p class="small-text quiet-text">${t('verify.witnesses', { n: known.needed, of: known.witnesses.length })}</p>` : nothing}
  </section>`;
}

function changeView() {
  const [known, offered] = [held.value, change.value];
  if (unprovedKey.value) return banner({ tone: 'danger', title: t('verify.key_unproved'), text: t('verify.key_unproved_text') });
  if (!known || !offered) return nothing;
  const accept = async () => {
    held.value = await acceptWitnesses(known, offered);
    change.value = null;
  };
  return banner({ tone: 'warning', title: t('verify.witnesses_changed'), text: t('verify.witnesses_changed_text', { names: offered.witnesses.map((one) => one.split('+')[0]).join(', '), n: offered.needed }), action: button({ label: t('verify.witnesses_accept'), onClick: () => void accept() }) });
}

function stateView() {
  const now = state.value;
  switch (now.phase) {
    case 'judging': return loading(t('verify.judging'));
    case 'proved': return verdictView(now.verdict, held.value);
    case 'refused': return refusalView(now.fault);
    default: return nothing;
  }
}

function view() {
  return html`<main class="page">
    <header class="topbar"><a class="brand" href="/">${coinMark({ size: 36 })}<span>${held.value?.name ?? 'Liard'}</span></a>${languageSwitch()}</header>
    <div><h1>${t('verify.title')}</h1><p class="lead">${t('verify.lead')}</p></div>
    <div class="cluster">${kept.value ? chip({ text: t('verify.kept'), tone: 'good', iconName: 'check' }) : nothing}${online.value ? nothing : chip({ text: t('verify.offline'), tone: 'info', iconName: 'offline' })}</div>
    ${changeView()}
    <div aria-live="polite">${stateView()}</div>
    ${inputView()}
    ${currencyView()}
    <p class="small-text quiet-text">${t('verify.by_command')} <bdi dir="ltr" class="code">liard verify</bdi></p>
    ${languageNote()}
  </main>`;
}

await startWords('errors', 'verify');
effect(() => {
  void language.value;
  document.title = held.value ? `${t('verify.title')} · ${held.value.name}` : t('verify.title');
});
const page = document.getElementById('page');
if (page) mount(page, view);
void keepPage('verify');
addEventListener('hashchange', openLink);
await learn();
openLink();
