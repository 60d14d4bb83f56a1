// The till of a shop: which till this is, whether it may work, and the screen that it shows.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { effect } from '../vendor/signals-core/signals-core.js';
import { language, startWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { keepPage } from '../kit/keep.js';
import { addStyle } from '../kit/style.js';
import { banner, chip, empty, failure, languageNote, languageSwitch, loading, mount, online } from '../kit/ui.js';
import { asking } from './asking.js';
import { uncertainView } from './apart-view.js';
import { counterView, typeOnKeypad } from './counter.js';
import { dayScreen, loadDay } from './day-open.js';
import { start } from './door.js';
import { enrolView, revokedView, waitingView } from './enrol.js';
import { cashier, lockFault, lockPart, locked, openLock, signOut } from './people.js';
import { askAgainAboutRefunds } from './refunds.js';
import { requestView } from './request.js';
import { hasScreen, leaveScreens, screenView } from './screens.js';
import { stallPart } from './stall-open.js';
import { trainingKnown, trainingStrip } from './training-open.js';
import { followAddress, goTo, link, phase, scope, screen, shop, showDay, training } from './state.js';

function linkChip() {
  const state = online.value ? link.value : 'down';
  return html`<span class="link-state" role="status" data-name="link" data-state=${state}>${linkWords(state)}</span>`;
}

/** What fills the whole screen leaves the state of the connection in sight. */
function linkOver() {
  const { step, aside } = asking.value ?? {};
  const fills = step === 'paid' || step === 'taken' || aside?.name === 'doubt';
  if (!fills) return nothing;
  const state = online.value ? link.value : 'down';
  return html`<p class="link-over" data-name="link-over" data-state=${state}>${linkWords(state)}</p>`;
}

/** @param {'starting' | 'up' | 'down'} state */
function linkWords(state) {
  const tone = state === 'up' ? 'good' : state === 'down' ? 'danger' : 'plain';
  return chip({ text: t(`link.${state}`), tone, iconName: state === 'down' ? 'offline' : state === 'up' ? 'check' : 'clock' });
}

/** @param {string} name */
function show(name) {
  if (name === 'day') showDay(0);
  goTo(name);
}

/** @param {string} name @param {string} iconName @param {boolean} here */
function tab(name, iconName, here) {
  return html`<button type="button" class="tab" data-name="tab-${name}" aria-current=${here ? 'page' : nothing} @click=${() => show(name)}>${icon(iconName)}<span>${t(`till.tab_${name}`)}</span></button>`;
}

function tabs() {
  const apart = hasScreen(screen.value);
  const reads = scope.value === 'read';
  const day = screen.value === 'day' || (reads && !apart);
  return html`<nav class="tabs" aria-label=${t('till.tabs')}>${reads ? nothing : tab('counter', 'till', !apart && !day)}${tab('day', 'history', day)}${tab('more', 'menu', apart)}</nav>`;
}

/** @param {string} name of the shop @param {string | null} label of the till */
function header(name, label) {
  return html`<header class="till-bar ${cashier.value ? 'staffed' : ''}">
    <div class="till-name"><span class="till-mark">${icon('till')}</span><div><strong>${name}</strong><span class="till-under">${phase.value.name === 'ready' ? linkChip() : nothing}${label ? html`<span>${label}</span>` : nothing}</span></div></div>
    ${cashierButton()}
    ${phase.value.name === 'ready' && !asking.value && !locked() ? tabs() : nothing}
    ${languageSwitch()}
  </header>`;
}

function screenBody() {
  if (hasScreen(screen.value)) return screenView(screen.value);
  if (screen.value !== 'day' && scope.value !== 'read') return counterView();
  // What is real stays out of sight while somebody trains: no payment of a customer is given back by a learner.
  return training.value ? empty({ iconName: 'school', title: t('till.training_day') }) : dayScreen();
}

function body() {
  const now = phase.value;
  switch (now.name) {
    case 'starting': return loading(t('till.starting'));
    case 'failed': return failure({ error: now.error, title: t('till.start_failed'), onRetry: start });
    case 'enrol': return enrolView();
    case 'waiting': return waitingView(now.wallet);
    case 'revoked': return revokedView(now.wallet);
    case 'ready': return !trainingKnown() ? loading(t('till.starting')) : asking.value ? requestView(asking.value) : locked() ? lock() : screenBody();
  }
}

/** Nobody is signed in. */
function lock() {
  if (lockPart.value) return lockPart.value();
  if (lockFault.value) return failure({ error: lockFault.value, onRetry: () => void openLock() });
  return loading();
}

/** Who is at the till; one tap, and the next person signs in. */
function cashierButton() {
  if (!cashier.value) return nothing;
  return html`<button type="button" class="cashier-here" data-name="cashier-here" data-key=${cashier.value.key} aria-label=${t('till.switch', { name: cashier.value.name })} ?disabled=${asking.value !== null} @click=${signOut}>${icon('person', { size: 20 })}<bdi>${cashier.value.name}</bdi>${icon('refresh', { size: 18 })}</button>`;
}

function view() {
  const now = phase.value;
  const ready = now.name === 'ready';
  const down = ready && (!online.value || link.value === 'down');
  const label = 'wallet' in now ? now.wallet.label : ready ? now.shop.wallet.label : null;
  return html`${ready ? trainingStrip() : nothing}${header(ready ? now.shopName : t('till.title'), label)}
    ${ready && now.shop.ledger.demo ? html`<p class="demo-strip">${t('demo')}</p>` : nothing}
    <main class="till-main" data-phase=${now.name}>
      ${down && !asking.value ? banner({ tone: 'danger', text: t('link.down_words'), iconName: 'offline' }) : nothing}
      ${ready && !asking.value && !hasScreen(screen.value) && screen.value !== 'day' ? uncertainView(() => show('day')) : nothing}
      ${ready ? stallPart.value?.() ?? nothing : nothing}
      ${body()}
      ${ready ? linkOver() : nothing}
      ${languageNote()}
    </main>`;
}

/** The till itself. @param {HTMLElement} page */
async function openTill(page) {
  await startWords('errors', 'till', 'till-apart');
  effect(() => {
    void language.value;
    const now = phase.value;
    document.title = now.name === 'ready' ? `${t('till.title')} · ${now.shopName}` : t('till.title');
  });
  effect(() => {
    if (shop.value) void askAgainAboutRefunds();
  });
  mount(page, view);
  addEventListener('keydown', typeOnKeypad);
  effect(() => leaveScreens(screen.value));
  addEventListener('hashchange', () => {
    if (location.hash.startsWith('#demo=')) void start();
    else followAddress();
  });
  if (!location.hash.startsWith('#demo=')) followAddress();
  await start();
  void keepPage('till');
  void loadDay();
  void import('./customer-feed.js').catch(() => undefined);
}

/** The window that faces the customer is told by the till's; it opens no till of its own. @param {HTMLElement} page */
async function openCustomerScreen(page) {
  const [{ showCustomerScreen }] = await Promise.all([import('./customer.js'), startWords('errors', 'till', 'till-apart', 'till-counter'), addStyle('/till/register.css')]);
  showCustomerScreen(page);
}

const page = document.getElementById('page');
if (!page) throw new Error('the page has no place for the till');
await (location.hash === '#customer' ? openCustomerScreen(page) : openTill(page));
