// The association's office: who sits here, and which page of it is shown.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { effect, signal, untracked } from '../vendor/signals-core/signals-core.js';
import { hasWords, language, sentenceFor, startWords, t } from '../kit/i18n.js';
import { coinMark, icon } from '../kit/icons.js';
import { hasStrongKeys, seedOf } from '../kit/keys.js';
import { ask, banner, button, failure, field, languageNote, languageSwitch, loading, mount, offlineStrip } from '../kit/ui.js';
import { bankView, enterBank } from './bank.js';
import { cardsView } from './cards.js';
import { dashboardView } from './dashboard.js';
import { decisionsView, waitingForMe } from './decisions.js';
import { leave, readKeyFile, signIn, start } from './door.js';
import { fundView } from './fund.js';
import { historyView } from './history.js';
import { membersView } from './members.js';
import { redemptionsView } from './redemptions.js';
import { rulesView } from './rules.js';
import { behind, openOrders, readOpenOrders, sendAgain, showSigning } from './sign.js';
import { doorKeysView, readBackups } from './staff-key.js';
import { staffView } from './staff.js';
import { desk, phase, place, proposals, section } from './state.js';

/** @typedef {import('./state.js').Section} Section */

/**
 * The pages of the office, in the order of the work. `main` ones always stand in the bar of a small screen; a sponsor sees its campaigns
 * alone; `enter` reads what a page shows.
 * @type {{name: Section, iconName: string, view: () => unknown, main?: boolean, sponsor?: boolean, enter?: () => unknown}[]}
 */
const SECTIONS = [
  { name: 'dashboard', iconName: 'chart', view: dashboardView, main: true },
  { name: 'bank', iconName: 'bank', view: bankView, main: true, enter: enterBank },
  { name: 'decisions', iconName: 'pen', view: decisionsView, main: true },
  { name: 'members', iconName: 'people', view: membersView, main: true },
  { name: 'redemptions', iconName: 'convert', view: redemptionsView },
  { name: 'cards', iconName: 'card', view: cardsView },
  { name: 'fund', iconName: 'shield', view: fundView },
  { name: 'rules', iconName: 'gift', view: rulesView, sponsor: true },
  { name: 'activity', iconName: 'history', view: historyView },
  { name: 'staff', iconName: 'key', view: staffView },
];
/** Parts of the dashboard that links lead to. */
const PARTS = ['credits', 'redemptions', 'publication'];

/** The pages for this operator: who is a sponsor and nothing else sees what it pays for. @param {string[]} roles */
function sectionsFor(roles) {
  return roles.length > 0 && roles.every((role) => role === 'sponsor') ? SECTIONS.filter(({ sponsor }) => sponsor) : SECTIONS;
}

/** The page that the address names: `#/members/…` is a place within one. */
function route() {
  const hash = location.hash.replace(/^#\/?/, '');
  if (hash.startsWith('demo=')) {
    void start();
    return;
  }
  const [first, ...rest] = hash.split('/').map(decodeURIComponent);
  const allowed = sectionsFor(desk.peek()?.operator.roles ?? []);
  const found = allowed.find(({ name }) => name === first) ?? allowed[0];
  const moved = section.peek() !== found.name || place.peek().join('/') !== rest.join('/');
  section.value = found.name;
  place.value = rest;
  more.value = false;
  void found.enter?.();
  if (PARTS.includes(hash)) document.getElementById(hash)?.scrollIntoView();
  else if (moved) scrollTo(0, 0);
}

/** Whether the bar of a small screen shows the pages beyond the main ones. */
const more = signal(false);
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
    ${doorKeysView()}
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
    ${navigation(sectionsFor(operator.roles), waiting)}`;
}

/** What is being signed behind the page, or was signed in an earlier visit and has no answer. */
function signingStrip() {
  if (behind.value) return html`<div class="signing-strip" role="status"><span class="spinner" aria-hidden="true"></span><span>${t('sign.running', behind.value)}</span>${button({ label: t('sign.show'), kind: 'quiet', onClick: showSigning })}</div>`;
  const n = openOrders.value.length;
  return n === 0 ? nothing : html`<div data-name="unanswered">${banner({ tone: 'warning', iconName: 'clock', text: t('sign.unanswered', { n }), action: button({ label: t('sign.again'), iconName: 'refresh', name: 'send-again', onClick: sendAgain }) })}</div>`;
}

/** @param {typeof SECTIONS} sections @param {number} waiting */
function navigation(sections, waiting) {
  const rest = sections.filter(({ main }) => !main);
  const folds = sections.some(({ main }) => main);
  const away = folds && rest.some(({ name }) => name === section.value);
  return html`<nav class="office-nav ${more.value ? 'open' : ''} ${folds ? 'folds' : ''}" aria-label=${t('office.pages')}
      @keydown=${(/** @type {KeyboardEvent} */ event) => { if (event.key === 'Escape') more.value = false; }}>
    ${[...sections.filter(({ main }) => main), ...rest].map(({ name, iconName, main }) => html`<a href="#/${name}" class=${main || !folds ? '' : 'rest'} data-name="nav-${name}" aria-current=${section.value === name ? 'page' : nothing} @click=${() => { more.value = false; }}>
      ${icon(iconName, { size: 22 })}<span class="nav-word">${t(`tab.${name}`)}</span>${name === 'decisions' && waiting > 0 ? html`<span class="count" aria-label=${t('tasks.decisions', { n: waiting })}>${waiting}</span>` : nothing}</a>`)}
    ${folds ? html`<button type="button" class="nav-more ${away && !more.value ? 'away' : ''}" data-name="nav-more" aria-expanded=${more.value ? 'true' : 'false'} @click=${() => { more.value = !more.value; }}>
      ${icon(more.value ? 'down' : 'menu', { size: 22 })}<span class="nav-word">${t(more.value ? 'nav.less' : away ? `tab.${section.value}` : 'nav.more')}</span></button>` : nothing}
  </nav>`;
}

function view() {
  const at = phase.value;
  switch (at.name) {
    case 'ready': return html`${offlineStrip()}${at.desk.ledger.demo ? html`<p class="demo-strip">${t('demo')}</p>` : nothing}<div class="office">${header(at.desk)}
      <main class="office-main" data-phase="ready">${signingStrip()}${SECTIONS.find(({ name }) => name === section.value)?.view()}${languageNote()}</main></div>`;
    case 'starting': return html`<main class="office-main">${loading(t('office.starting'))}</main>`;
    case 'failed': return html`<main class="office-main">${failure({ error: at.error, title: t('office.start_failed'), onRetry: start })}</main>`;
    case 'door': case 'stranger': return html`<div class="door-bar">${languageSwitch()}</div><main class="office-main" data-phase=${at.name}>${doorView(at.name === 'stranger')}${languageNote()}</main>`;
  }
}

await startWords('errors', 'office', 'office-desk', 'office-bank', 'office-rules', 'office-money', 'office-people', 'office-keys', 'office-cards', 'statements', 'tables');
effect(() => {
  void language.value;
  document.title = desk.value ? `${t('office.title')} · ${desk.value.ledger.name}` : t('office.title');
});
const page = document.getElementById('page');
if (!page) throw new Error('the page has no place for the office');
mount(page, view);
addEventListener('hashchange', route);
effect(() => {
  if (desk.value) untracked(() => { route(); void readOpenOrders(); });
});
void readBackups();
await start();
