// The wallet's page: starts the words and the state, and shows the screen that the address names.

import { html } from '../vendor/lit-html/lit-html.js';
import { effect, signal, untracked } from '../vendor/signals-core/signals-core.js';
import { fingerprint } from '../kit/hex.js';
import { startWords, t } from '../kit/i18n.js';
import { keepPage } from '../kit/keep.js';
import { button, empty, failure, loading, mount, toast } from '../kit/ui.js';
import { playPaid } from '../kit/sound.js';
import { checkContinuity, contradiction } from './continuity.js';
import { checkCounted } from './counted.js';
import { contradictionView } from './counted-view.js';
import { frame } from './frame.js';
import { entryView, historyView } from './history.js';
import { homeView } from './home.js';
import { demoView, openView, openedView, readDemoLink, restoreView, resumeOpening, welcomeView } from './open.js';
import { giveView, leavePayment, payView, scanScreen } from './pay.js';
import { receiveView } from './receive.js';
import { route, startRoutes } from './route.js';
import { leaveScreens, screenView } from './screens.js';
import { acceptSeal, account, arrived, boot, bootFault, changedSeal, freshAt, ledger, pinned, wallet } from './state.js';
import { lineTitle, units } from './words.js';

/** A statement comes once a day; whoever leaves the page open learns of it within the hour. */
const LOOK_EVERY_MS = 60 * 60_000;

let booted = false;
/** The person has seen the warning and goes on. */
const goesOn = signal(false);

function view() {
  const { name, value } = route.value;
  if (bootFault.value) return frame({ language: true, body: failure({ error: bootFault.value, onRetry: () => void boot() }) });
  const change = changedSeal.value;
  if (change) {
    return frame({
      language: true,
      body: empty({
        iconName: 'warning', title: t('seal.title'), text: html`${t('seal.text')}<br><bdi dir="ltr" class="code">${fingerprint(change.known)} → ${fingerprint(change.offered)}</bdi>`,
        action: button({ label: t('seal.accept'), kind: 'danger', onClick: () => void acceptSeal() }),
      }),
    });
  }
  if (!ledger.value || !booted) return loading();
  if (contradiction.value && !goesOn.value) return contradictionView(() => { goesOn.value = true; });
  if (name === 'pay') return payView(value);
  if (name === 'demo') return demoView();
  if (name === 'restore') return restoreView();
  if (name === 'open') return openView();
  // Anybody's phone opens the link on a card.
  if (name === 'card') return screenView(name, '');
  if (!wallet.value || name === 'welcome') return welcomeView();
  switch (name) {
    case 'opened': return openedView();
    case 'scan': return scanScreen();
    case 'give': return giveView('');
    case 'to': return giveView(value);
    case 'receive': return receiveView();
    case 'history': return historyView();
    case 'entry': return entryView(value);
    default: return screenView(name, value) ?? homeView();
  }
}

await startWords('wallet');
startRoutes();

let shown = route.value.name;
effect(() => {
  const { name, value } = route.value;
  // A reader that speaks hears the title of the new screen.
  if (name !== shown) setTimeout(() => /** @type {HTMLElement | null} */ (document.querySelector('h1'))?.focus({ preventScroll: true }), 0);
  shown = name;
  if (name === 'demo') readDemoLink(value);
  leavePayment(name);
  leaveScreens(name);
});

effect(() => {
  document.title = ledger.value ? `${t('title')} · ${ledger.value.name}` : t('title');
});

effect(() => {
  const line = arrived.value;
  if (!line || line.amount <= 0) return;
  playPaid();
  untracked(() => toast(t(line.counterparty ? 'home.arrived' : 'home.arrived_plain', { amount: units(line.amount), what: lineTitle(line) }), 'good'));
});

/** Asks once for each account, when it was read, and then every hour. */
let lookedFor = '';
effect(() => {
  const id = freshAt.value !== null && pinned.value ? account.value?.account ?? '' : '';
  if (!id || id === lookedFor) return;
  lookedFor = id;
  untracked(() => { void checkContinuity(); void checkCounted(); });
});
setInterval(() => { if (!document.hidden) { void checkContinuity(); void checkCounted(); } }, LOOK_EVERY_MS);

const page = document.getElementById('page');
if (page) mount(page, view);
await boot();
booted = true;
resumeOpening();
route.value = { ...route.value };
void keepPage('wallet');
