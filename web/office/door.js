// Who sits at this desk: an operator's key, kept in this browser where it can sign and cannot be read.

import { Problem, Session, fetchLedger, now } from '../kit/api.js';
import { t } from '../kit/i18n.js';
import { activate, activeWallet, forget, keepKey, signer, takeDemoKey } from '../kit/keys.js';
import { ask } from '../kit/ui.js';
import { desk, phase, refreshAll } from './state.js';

/** How often the lists are read again while the page is looked at. */
const REFRESH_MS = 20_000;
/** A key file is one line; whatever is longer is another file. */
const LONGEST_KEY_FILE = 1_000;
/** @type {import('../kit/keys.js').Wallet['role'][]} */
const ROLES = ['operator'];

let attempt = 0;

/** @param {File} file @returns {Promise<string>} */
export async function readKeyFile(file) {
  return file.size > LONGEST_KEY_FILE ? '' : file.text();
}

/** Opens the desk with the key of this browser or of a demo link; without one, shows the door. */
export async function start() {
  const mine = ++attempt;
  phase.value = { name: 'starting' };
  try {
    const ledger = await fetchLedger();
    const { hash } = location;
    if (hash.startsWith('#demo=')) history.replaceState(null, '', location.pathname);
    await takeDemoKey(hash, ledger, { roles: ROLES, now: now(), mayReplace });
    const wallet = await activeWallet(ledger.ledger, ROLES);
    if (mine !== attempt) return;
    if (!wallet) {
      phase.value = { name: 'door' };
      return;
    }
    const session = new Session({ ledger: ledger.ledger, signer: signer(wallet) });
    const operator = await operatorOf(session);
    if (mine !== attempt) return;
    if (!operator) {
      await forget(wallet);
      phase.value = { name: 'stranger' };
      return;
    }
    phase.value = { name: 'ready', desk: { ledger, wallet, session, operator } };
    refreshAll();
  } catch (error) {
    if (mine === attempt) phase.value = { name: 'failed', error };
  }
}

/** A demo key would take the place of the key at this desk. */
function mayReplace() {
  return ask({ title: t('demo_key.title'), text: t('demo_key.words'), confirm: t('demo_key.use'), danger: true, iconName: 'key' });
}

/** Null when the server does not know the key as an operator's. @param {Session} session */
async function operatorOf(session) {
  try {
    return (await session.signIn()).operator;
  } catch (error) {
    if (error instanceof Problem && !error.transient) return null;
    throw error;
  }
}

/** @param {Uint8Array<ArrayBuffer>} seed @param {import('../kit/api.js').LedgerFacts} ledger */
async function keep(seed, ledger) {
  const wallet = await keepKey(seed, { ledger: ledger.ledger, role: 'operator', now: now() });
  seed.fill(0);
  await activate(wallet, ROLES);
}

/** @param {Uint8Array<ArrayBuffer>} seed */
export async function signIn(seed) {
  await keep(seed, await fetchLedger());
  await start();
}

/** Takes the key out of this browser. */
export async function leave() {
  const { wallet } = desk.value ?? {};
  if (wallet) await forget(wallet);
  await start();
}

setInterval(() => {
  if (desk.value && document.visibilityState === 'visible') refreshAll();
}, REFRESH_MS);
document.addEventListener('visibilitychange', () => {
  if (desk.value && document.visibilityState === 'visible') refreshAll();
});
