// A device of others: the key and everything that the page learns stay in its memory. Who touches nothing for five minutes is signed
// out; so is who closes the page or opens it anew.

import { html } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { moreWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { keepInMemory } from '../kit/store.js';
import { ask, button } from '../kit/ui.js';
import { facts, outbox, shared, strip } from './state.js';

/** Long enough to look for a purse, short enough for a table in a café. */
const IDLE_MS = 5 * 60_000;
/** The warning comes so long before. */
const WARNING_MS = 30_000;
const TICK_MS = 1_000;
const TOUCHES = ['pointerdown', 'keydown', 'touchstart', 'scroll'];

const left = signal(/** @type {number | null} */ (null));
let touchedAt = 0;

/** From here on nothing is written on this device. */
export async function beginShared() {
  const { ledger } = facts();
  await keepInMemory(['ledger', `seal:${ledger}`, `pinned:${ledger}`]);
  await moreWords('wallet-more', 'wallet-keys', 'errors');
  shared.value = true;
  strip.value = stripView;
  touchedAt = Date.now();
  for (const name of TOUCHES) addEventListener(name, touched, { passive: true, capture: true });
  setInterval(tick, TICK_MS);
  // A page that comes back from the browser's memory would come back with the key.
  addEventListener('pageshow', (event) => { if (event.persisted) signOut(); });
}

function touched() {
  touchedAt = Date.now();
  left.value = null;
}

function tick() {
  const rest = touchedAt + IDLE_MS - Date.now();
  if (rest <= 0) signOut();
  else left.value = rest <= WARNING_MS ? Math.ceil(rest / 1_000) : null;
}

/** Opened anew, the page knows nothing of the key. */
function signOut() {
  document.getElementById('page')?.replaceChildren();
  location.replace('/wallet/');
}

async function leave() {
  const waiting = outbox.value.some((sent) => sent.state === 'unknown');
  if (waiting && !(await ask({ title: t('shared.leave_ask'), text: html`<p>${t('shared.leave_waiting')}</p>`, confirm: t('shared.leave'), danger: true, iconName: 'warning' }))) return;
  signOut();
}

function stripView() {
  const seconds = left.value;
  return html`<aside class="shared-strip ${seconds === null ? '' : 'soon'} no-print" data-name="shared" role=${seconds === null ? 'note' : 'alert'}>
    ${icon('people', { size: 20 })}<span>${seconds === null ? t('shared.strip') : t('shared.soon', { n: WARNING_MS / 1_000 })}</span>
    ${seconds === null ? '' : html`<strong aria-hidden="true">${seconds}</strong>${button({ label: t('shared.stay'), name: 'shared-stay', onClick: touched })}`}
    ${button({ label: t('shared.leave'), name: 'shared-leave', onClick: () => void leave() })}</aside>`;
}
