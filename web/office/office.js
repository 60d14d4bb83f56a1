// The association's office: who sits here, and which page of it is shown.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { hasWords, language, sentenceFor, startWords, t } from '../kit/i18n.js';
import { coinMark, icon } from '../kit/icons.js';
import { hasStrongKeys, seedOf } from '../kit/keys.js';
import { ask, banner, button, failure, field, languageNote, languageSwitch, loading, mount, offlineStrip } from '../kit/ui.js';
import { campaignsView } from './campaigns.js';
import { dashboardView } from './dashboard.js';
import { decisionsView, waitingForMe } from './decisions.js';
import { leave, readKeyFile, signIn, start } from './door.js';
import { historyView } from './history.js';
import { membersView } from './members.js';
import { desk, members, phase, proposals, section } from './state.js';

/** @typedef {import('./state.js').Section} Section */

/** @type {{name: Section, iconName: string, view: () => unknown}[]} */
const SECTIONS = [
  { name: 'dashboard', iconName: 'chart', view: dashboardView },
  { name: 'decisions', iconName: 'shield', view: decisionsView },
  { name: 'members', iconName: 'people', view: membersView },
  { name: 'campaigns', iconName: 'gift', view: campaignsView },
  { name: 'history', iconName: 'history', view: historyView },
];
/** Parts of the dashboard that links lead to. */
const PARTS = ['credits', 'redemptions', 'publication'];

function route() {
  const hash = location.hash.replace(/^#\/?/, '');
  if (hash.startsWith('demo=')) {
    void start();
    return;
  }
  const name = SECTIONS.find((known) => known.name === hash)?.name ?? 'dashboard';
  const moved = section.value !== name;
  section.value = name;
  if (name === 'members' && !members.data.value) void members.refresh();
  if (PARTS.includes(hash)) document.getElementById(hash)?.scrollIntoView();
  else if (moved) scrollTo(0, 0);
}

const typed = signal('');
const fault = signal(/** @type {string | null} */ (null));
const problem = signal(/** @type {unknown} */ (null));
const busy = signal(false);
const weak = signal(false);
void hasStrongKeys().then((strong) => { weak.value = !strong; });

/** @param {string} text */
async function enter(text) {
  if (busy.value) return;
  const seed = seedOf(text);
  fault.value = seed ? null : t('door.not_a_key');
  problem.value = null;
  if (!seed) return;
  busy.value = true;
  try {
    await signIn(seed);
    typed.value = '';
  } catch (error) {
    problem.value = error;
  } finally {
    busy.value = false;
  }
}

/** @param {Event} event */
async function fileChosen(event) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const file = input.files?.[0];
  input.value = '';
  if (file) await enter(await readKeyFile(file));
}

/** @param {boolean} stranger */
function doorView(stranger) {
  return html`<div class="door">
    <div class="door-head">${coinMark({ size: 64 })}<h1>${t('door.title')}</h1><p>${t('door.words')}</p></div>
    <form class="card door-form" novalidate @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void enter(typed.value); }}>
      ${stranger ? banner({ tone: 'danger', title: t('door.stranger'), text: t('door.stranger_words') }) : nothing}
      <label class="button file-button">${icon('key')}<span>${t('door.file')}</span><input class="hidden" type="file" name="key-file" accept=".key,.txt,.hex,text/plain" @change=${fileChosen}></label>
      ${field({ name: 'key', label: t('door.key'), hint: t('door.key_hint'), value: typed.value, fault: fault.value, type: 'password', ltr: true, autocomplete: 'off', onInput: (text) => { typed.value = text; fault.value = null; } })}
      ${problem.value ? banner({ tone: 'danger', text: sentenceFor(problem.value) }) : nothing}
      ${button({ label: t('door.enter'), kind: 'primary', big: true, type: 'submit', busy: busy.value, name: 'enter' })}
    </form>
    <p class="assurance">${icon('shield')}<span>${t('door.safe')}</span></p>
    ${weak.value ? banner({ tone: 'warning', text: t('weak_keys') }) : nothing}
  </div>`;
}

async function goOut() {
  if (await ask({ title: t('door.leave'), text: html`<p>${t('door.leave_words')}</p>`, confirm: t('door.leave'), danger: true, iconName: 'key' })) await leave();
}

/** @param {import('./state.js').Desk} at */
function header({ ledger, operator }) {
  const waiting = waitingForMe(proposals.data.value ?? []).length;
  const roles = operator.roles.map((role) => (hasWords(`role.${role}`) ? t(`role.${role}`) : role)).join(', ');
  return html`<header class="office-bar">
      <div class="office-name">${coinMark({ size: 40 })}<div><strong>${ledger.name}</strong><span>${t('office.you', { number: operator.number })}${roles ? html`<span class="office-roles"> · ${roles}</span>` : nothing}</span></div></div>
      <div class="office-tools">${languageSwitch()}<button type="button" class="icon-button" aria-label=${t('door.leave')} title=${t('door.leave')} data-name="leave" @click=${goOut}>${icon('key')}</button></div>
    </header>
    <nav class="office-nav" aria-label=${t('office.pages')}>${SECTIONS.map(({ name, iconName }) => html`<a href="#/${name}" data-name="nav-${name}" aria-current=${section.value === name ? 'page' : nothing}>
      ${icon(iconName, { size: 20 })}<span>${t(`tab.${name}`)}</span>${name === 'decisions' && waiting > 0 ? html`<span class="count" aria-label=${t('tasks.decisions', { n: waiting })}>${waiting}</span>` : nothing}</a>`)}</nav>`;
}

function view() {
  const at = phase.value;
  switch (at.name) {
    case 'ready': return html`${offlineStrip()}${at.desk.ledger.demo ? html`<p class="demo-strip">${t('demo')}</p>` : nothing}${header(at.desk)}
      <main class="office-main" data-phase="ready">${SECTIONS.find(({ name }) => name === section.value)?.view()}${languageNote()}</main>`;
    case 'starting': return html`<main class="office-main">${loading(t('office.starting'))}</main>`;
    case 'failed': return html`<main class="office-main">${failure({ error: at.error, title: t('office.start_failed'), onRetry: start })}</main>`;
    case 'door': case 'stranger': return html`<div class="door-bar">${languageSwitch()}</div><main class="office-main" data-phase=${at.name}>${doorView(at.name === 'stranger')}${languageNote()}</main>`;
  }
}

await startWords('office', 'tables');
effect(() => {
  void language.value;
  document.title = desk.value ? `${t('office.title')} · ${desk.value.ledger.name}` : t('office.title');
});
const page = document.getElementById('page');
if (!page) throw new Error('the page has no place for the office');
mount(page, view);
addEventListener('hashchange', route);
await start();
if (!location.hash.startsWith('#demo=')) route();
