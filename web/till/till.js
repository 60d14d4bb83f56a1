// The till of a shop: which till this is, whether it may work, and the screen that it shows.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { effect } from '../vendor/signals-core/signals-core.js';
import { language, startWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { keepPage } from '../kit/keep.js';
import { banner, chip, failure, languageNote, languageSwitch, loading, mount, online } from '../kit/ui.js';
import { asking } from './asking.js';
import { uncertainView } from './apart-view.js';
import { counterView, typeOnKeypad } from './counter.js';
import { dayView } from './daylist.js';
import { start } from './door.js';
import { enrolView, revokedView, waitingView } from './enrol.js';
import { askAgainAboutRefunds } from './refunds.js';
import { requestView } from './request.js';
import { link, phase, screen, shop, showDay } from './state.js';

function linkChip() {
  const state = online.value ? link.value : 'down';
  const tone = state === 'up' ? 'good' : state === 'down' ? 'danger' : 'plain';
  return html`<span class="link-state" role="status" data-name="link" data-state=${state}>${chip({ text: t(`link.${state}`), tone, iconName: state === 'down' ? 'offline' : state === 'up' ? 'check' : 'clock' })}</span>`;
}

/** @param {'counter' | 'day'} name */
function show(name) {
  screen.value = name;
  if (name === 'day') showDay(0);
  scrollTo(0, 0);
}

/** @param {'counter' | 'day'} name @param {string} iconName @param {string} label */
function tab(name, iconName, label) {
  const here = screen.value === name;
  return html`<button type="button" class="tab" data-name="tab-${name}" aria-current=${here ? 'page' : nothing} @click=${() => show(name)}>${icon(iconName)}<span>${label}</span></button>`;
}

/** @param {string} name of the shop @param {string | null} label of the till */
function header(name, label) {
  return html`<header class="till-bar">
    <div class="till-name"><span class="till-mark">${icon('till')}</span><div><strong>${name}</strong><span class="till-under">${phase.value.name === 'ready' ? linkChip() : nothing}${label ? html`<span>${label}</span>` : nothing}</span></div></div>
    ${phase.value.name === 'ready' && !asking.value ? html`<nav class="tabs" aria-label=${t('till.tabs')}>${tab('counter', 'till', t('till.tab_counter'))}${tab('day', 'history', t('till.tab_day'))}</nav>` : nothing}
    ${languageSwitch()}
  </header>`;
}

function body() {
  const now = phase.value;
  switch (now.name) {
    case 'starting': return loading(t('till.starting'));
    case 'failed': return failure({ error: now.error, title: t('till.start_failed'), onRetry: start });
    case 'enrol': return enrolView();
    case 'waiting': return waitingView(now.wallet);
    case 'revoked': return revokedView(now.wallet);
    case 'ready': return asking.value ? requestView(asking.value) : screen.value === 'day' ? dayView() : counterView();
  }
}

function view() {
  const now = phase.value;
  const ready = now.name === 'ready';
  const down = ready && (!online.value || link.value === 'down');
  const label = 'wallet' in now ? now.wallet.label : ready ? now.shop.wallet.label : null;
  return html`${header(ready ? now.shopName : t('till.title'), label)}
    ${ready && now.shop.ledger.demo ? html`<p class="demo-strip">${t('demo')}</p>` : nothing}
    <main class="till-main" data-phase=${now.name}>
      ${down && !asking.value ? banner({ tone: 'danger', text: t('link.down_words'), iconName: 'offline' }) : nothing}
      ${ready && !asking.value && screen.value === 'counter' ? uncertainView(() => show('day')) : nothing}
      ${body()}
      ${languageNote()}
    </main>`;
}

await startWords('errors', 'till', 'till-apart');
effect(() => {
  void language.value;
  const now = phase.value;
  document.title = now.name === 'ready' ? `${t('till.title')} · ${now.shopName}` : t('till.title');
});
effect(() => {
  if (shop.value) void askAgainAboutRefunds();
});
const page = document.getElementById('page');
if (!page) throw new Error('the page has no place for the till');
mount(page, view);
addEventListener('keydown', typeOnKeypad);
addEventListener('hashchange', start);
await start();
void keepPage('till');
