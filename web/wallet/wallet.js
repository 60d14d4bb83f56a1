// The wallet's page: starts the words and the state, and shows the screen that the address names.

import { html } from '../vendor/lit-html/lit-html.js';
import { effect, signal, untracked } from '../vendor/signals-core/signals-core.js';
import { fingerprint } from '../kit/hex.js';
import { moreWords, startWords, t } from '../kit/i18n.js';
import { keepPage } from '../kit/keep.js';
import { applyLook } from '../kit/look.js';
import { button, empty, failure, loading, mount, toast } from '../kit/ui.js';
import { checks, lookAgain } from './checks.js';
import { frame } from './frame.js';
import { homeView } from './home.js';
import { route, startRoutes } from './route.js';
import { leaveScreens, loadScreen, screenView } from './screens.js';
import { acceptSeal, account, arrived, boot, bootFault, changedSeal, closed, freshAt, ledger, outbox, pinned, wallet } from './state.js';
import { lineTitle, units } from './words.js';

/** A statement comes once a day; whoever leaves the page open learns of it within the hour. */
const LOOK_EVERY_MS = 60 * 60_000;

/** Screens for those who have no key here yet, too. */
const FOR_ALL = new Set(['pay', 'invoice', 'ask', 'demo', 'restore', 'join', 'open', 'practice', 'look', 'install', 'places', 'place', 'card']);

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
  const contradiction = goesOn.value ? null : checks.value?.contradictionView(() => { goesOn.value = true; });
  if (contradiction) return contradiction;
  return screenView(screenFor(name), value) ?? homeView();
}

/** The screen that is shown for a name in the address. @param {string} name */
function screenFor(name) {
  if (!wallet.value && !FOR_ALL.has(name)) return 'welcome';
  return closed.value && !FOR_ALL.has(name) && name !== 'settings' ? 'closing' : name;
}

applyLook();
await startWords('wallet');
startRoutes();

let shown = route.value.name;
effect(() => {
  const { name } = route.value;
  // A reader that speaks hears the title of the new screen.
  if (name !== shown) setTimeout(() => /** @type {HTMLElement | null} */ (document.querySelector('h1'))?.focus({ preventScroll: true }), 0);
  shown = name;
  leaveScreens(name);
});

effect(() => {
  document.title = ledger.value ? `${t('title')} · ${ledger.value.name}` : t('title');
});

effect(() => {
  const line = arrived.value;
  if (!line || line.amount <= 0) return;
  void import('../kit/sound.js').then(({ playPaid }) => playPaid());
  untracked(() => toast(t(line.counterparty ? 'home.arrived' : 'home.arrived_plain', { amount: units(line.amount), what: lineTitle(line) }), 'good'));
});

/** Keys that this browser does not know are told of, each time the account is read. */
effect(() => {
  if (account.value && freshAt.value !== null) untracked(() => void import('./keys-seen.js').then(({ lookAtKeys }) => lookAtKeys()).catch(() => {}));
});

/** Asks once for each account, when it was read, and then every hour. */
let lookedFor = '';
effect(() => {
  const id = freshAt.value !== null && pinned.value ? account.value?.account ?? '' : '';
  if (!id || id === lookedFor) return;
  lookedFor = id;
  untracked(() => void lookAgain());
});
setInterval(() => { if (!document.hidden) void lookAgain(); }, LOOK_EVERY_MS);

const page = document.getElementById('page');
if (page) mount(page, view);
await boot();
booted = true;
// Takes up again an opening that a reload or a lost network has stopped.
if (outbox.value.some((sent) => sent.about?.kind === 'open_account' && sent.state === 'unknown')) void import('./open.js').then(({ finishOpening }) => finishOpening());
route.value = { ...route.value };
// What the first view does not need comes after it.
await loadScreen(screenFor(route.value.name));
void moreWords('errors', 'wallet-more').catch(() => {});
void keepPage('wallet');
if (globalThis.Notification?.permission === 'granted') void import('./push.js').then(({ renew }) => renew());
