// Which till this is, and whether the shop lets it work. A key is made here once and stays in this browser.

import { Problem, Session, callJson, fetchLedger, now } from '../kit/api.js';
import { t } from '../kit/i18n.js';
import { activate, activeWallet, forget, keepKey, newSeed, publicKeyOf, signer, takeDemoKey, updateWallet } from '../kit/keys.js';
import { read, write } from '../kit/store.js';
import { ask } from '../kit/ui.js';
import { renewPinned } from '../kit/pinned.js';
import { loadTaken, remember, remembered, upload, uploadOrders } from './apart.js';
import { asking, learn, leave, poll, resume, resumeApart } from './asking.js';
import { checkCashiers, loadCashiers } from './people.js';
import { Shop } from './shop.js';
import { ring } from './stall-open.js';
import { goTo, link, phase, refreshDays, scope, screen, today } from './state.js';

/** How often a till asks whether the shop has confirmed it. */
const KNOCK_MS = 2_000;
/** How often a till that hears nothing asks whether it may still work. */
const CHECK_MS = 10_000;
/** @type {import('../kit/keys.js').Wallet['role'][]} */
const ROLES = ['till'];

/** @typedef {import('../kit/keys.js').Wallet} Wallet */

/** Counts the attempts to open the till: what belongs to an earlier one stops. */
let attempt = 0;
/** @type {() => void} */
let stopListening = () => {};

/** @param {string} key */
const admittedKey = (key) => `till-admitted:${key}`;

/** Finds out who this till is; called at the start, after a fault and when a demo link is opened. */
export async function start() {
  const mine = ++attempt;
  stopListening();
  leave();
  phase.value = { name: 'starting' };
  try {
    const ledger = await fetchLedger().catch(async (fault) => {
      if (isRefusal(fault) || !(await startApart(mine))) throw fault;
      return null;
    });
    if (!ledger) return;
    const { hash } = location;
    if (hash.startsWith('#demo=')) history.replaceState(null, '', location.pathname);
    await takeDemoKey(hash, ledger, { roles: ROLES, now: now(), mayReplace });
    const wallet = await activeWallet(ledger.ledger, ROLES);
    if (mine !== attempt) return;
    // A machine in the shop still tells the facts when its line to the ledger is cut.
    if (wallet) await knock(wallet, ledger, mine).catch(async (fault) => {
      if (isRefusal(fault) || phase.value.name !== 'starting' || !(await startApart(mine))) throw fault;
    });
    else phase.value = { name: 'enrol' };
  } catch (error) {
    if (mine === attempt) phase.value = { name: 'failed', error };
  }
}

/**
 * Nothing answers: the till works with what it remembers, and says that it has no network.
 * @param {number} mine
 * @returns {Promise<boolean>} whether it remembers enough
 */
async function startApart(mine) {
  const kept = /** @type {import('../kit/api.js').LedgerFacts | undefined} */ (await read('settings', 'till-ledger'));
  const wallet = kept && (await activeWallet(kept.ledger, ROLES));
  const known = wallet && (await remembered(wallet.key));
  if (!kept || !wallet || !known || known.certificate.validUntil < now()) return false;
  if (mine !== attempt) return true;
  const session = new Session({ ledger: kept.ledger, signer: signer(wallet) });
  const { account, shopName, certificate, keys } = known;
  const shop = new Shop({ ledger: known.ledger, wallet, session, account, certificate, keys });
  await loadTaken(wallet.key);
  await loadCashiers(wallet.key);
  link.value = 'down';
  phase.value = { name: 'ready', shop, shopName };
  listen(shop, mine);
  void today.refresh();
  await resumeApart();
  return true;
}

/** What the next start without network needs, and the keys that prove what customers show then. @param {Shop} shop @param {string} shopName */
async function rememberShop(shop, shopName) {
  const { ledger, account, wallet } = shop;
  const certificate = await shop.certificate();
  const renewed = await renewPinned(ledger, ledger.checkpoint_key).catch(() => null);
  const keys = renewed?.pinned.keys ?? [ledger.checkpoint_key];
  shop.hold(keys);
  await write('settings', 'till-ledger', ledger);
  await remember(wallet.key, { ledger, account, shopName, certificate, keys });
}

/** A demo key would take the place of the key of this till. */
function mayReplace() {
  return ask({ title: t('demo_key.title'), text: t('demo_key.words'), confirm: t('demo_key.use'), danger: true, iconName: 'key' });
}

/** @param {unknown} error */
function isRefusal(error) {
  return error instanceof Problem && !error.transient;
}

/**
 * Signs in; a till that the shop has not confirmed yet waits and tries again.
 * @param {Wallet} wallet
 * @param {import('../kit/api.js').LedgerFacts} ledger
 * @param {number} mine
 */
async function knock(wallet, ledger, mine) {
  const session = new Session({ ledger: ledger.ledger, signer: signer(wallet) });
  for (;;) {
    /** @type {import('../kit/api.js').SessionAccount | undefined} */
    let account;
    try {
      session.renew();
      const { accounts } = await session.signIn();
      account = ['till', 'full', 'read'].map((wished) => accounts.find(({ scope }) => scope === wished)).find(Boolean);
    } catch (error) {
      if (!isRefusal(error) && phase.value.name !== 'waiting') throw error;
    }
    if (mine !== attempt) return;
    if (account) {
      scope.value = account.scope === 'full' ? 'full' : account.scope === 'read' ? 'read' : 'till';
      const shop = new Shop({ ledger, wallet, session, account: account.account });
      await (account.scope === 'read' ? openBooks(shop, mine) : open(shop, mine));
      return;
    }
    if (await read('settings', admittedKey(wallet.key))) {
      await loadTaken(wallet.key);
      if (mine === attempt) phase.value = { name: 'revoked', wallet, symbol: ledger.symbol };
      return;
    }
    if (mine !== attempt) return;
    if (phase.value.name !== 'waiting') phase.value = { name: 'waiting', wallet };
    await new Promise((resolve) => setTimeout(resolve, KNOCK_MS));
    if (mine !== attempt) return;
  }
}

/** An accountant: reads the shop's days, asks for nothing and hears of nothing as it happens. @param {Shop} shop @param {number} mine */
async function openBooks(shop, mine) {
  await write('settings', admittedKey(shop.wallet.key), true);
  const { name } = await shop.session.json(`/v1/accounts/${shop.account}`);
  if (mine !== attempt) return;
  link.value = 'up';
  if (screen.peek() === 'counter') goTo('evening');
  phase.value = { name: 'ready', shop, shopName: name ?? shop.account };
  const checks = setInterval(() => {
    shop.session.json('/v1/session').then(({ accounts }) => {
      link.value = 'up';
      if (!accounts.some((/** @type {{account: string}} */ { account }) => account === shop.account)) void stillAdmitted(shop, mine);
    }, (error) => {
      link.value = 'down';
      noticeRefusal(error);
    });
  }, CHECK_MS);
  stopListening = () => clearInterval(checks);
  await today.refresh();
}

/** @param {Shop} shop @param {number} mine */
async function open(shop, mine) {
  await write('settings', admittedKey(shop.wallet.key), true);
  const { name } = await shop.certificate().catch((error) => {
    throw error instanceof Problem && error.status === 404 ? new Problem({ status: 404, code: 'no_shop_name' }) : error;
  });
  if (mine !== attempt) return;
  await loadTaken(shop.wallet.key);
  await loadCashiers(shop.wallet.key);
  link.value = 'starting';
  phase.value = { name: 'ready', shop, shopName: name };
  listen(shop, mine);
  await rememberShop(shop, name).catch((fault) => console.warn('the till will not open without a network', fault));
  await resumeApart();
  await today.refresh();
  const open = today.data.value?.day.charges.find((charge) => charge.state === 'open' && charge.till === shop.wallet.key && charge.expires > now());
  if (open && !asking.value && mine === attempt) await resume(open).catch(() => undefined);
}

/** @param {Shop} shop @param {number} mine */
function listen(shop, mine) {
  let stream = false;
  let journal = true;
  const show = () => {
    link.value = stream && journal ? 'up' : 'down';
    if (link.value === 'up') void upload();
  };
  const checks = setInterval(() => {
    if (link.value === 'up') void upload();
    void checkCashiers().catch(() => undefined);
    shop.session.json('/v1/session').then(({ accounts }) => {
      if (!accounts.some((/** @type {{account: string}} */ { account }) => account === shop.account)) void stillAdmitted(shop, mine);
    }, noticeRefusal);
  }, CHECK_MS);
  const stopEvents = shop.session.events('/pos/v1/events', {
    onEvent: (name, data) => {
      if (name === 'link') {
        journal = data.online;
        show();
      } else if (name === 'charge') {
        void learn(data);
        void ring(data).catch(() => undefined);
        refreshDays();
      } else if (name === 'unexpected' || name === 'reload') {
        refreshDays();
      } else if (name === 'hello') {
        void poll();
        refreshDays();
        // The newest word on the shop's name goes to its signs: a sign on paper outlasts many of them.
        void shop.session.json('/pos/v1/stalls').catch(() => undefined);
      }
    },
    onLink: (up) => {
      stream = up;
      show();
      if (!up) void stillAdmitted(shop, mine);
    },
  });
  stopListening = () => {
    clearInterval(checks);
    stopEvents();
  };
}

/** The line ended: because of the network, or because the shop has switched this till off? @param {Shop} shop @param {number} mine */
async function stillAdmitted(shop, mine) {
  try {
    shop.session.renew();
    const { accounts } = await shop.session.signIn();
    if (accounts.some(({ account }) => account === shop.account)) return;
  } catch (error) {
    if (!isRefusal(error)) return;
  }
  if (mine !== attempt) return;
  attempt += 1;
  stopListening();
  leave();
  phase.value = { name: 'revoked', wallet: shop.wallet, symbol: shop.ledger.symbol };
}

/** A call was refused: the till may have been switched off meanwhile. @param {unknown} error */
export function noticeRefusal(error) {
  if (error instanceof Problem && (error.status === 401 || error.status === 403) && phase.value.name === 'ready') {
    void stillAdmitted(phase.value.shop, attempt);
  }
}

/**
 * Makes a key in this browser and hands its public half to the shop under a one-time code.
 * @param {string} code
 * @param {string} label
 */
export async function enrol(code, label) {
  const ledger = await fetchLedger();
  const seed = newSeed();
  const key = await publicKeyOf(seed);
  // Kept before anyone can give it rights, and forgotten again if the code was wrong.
  const wallet = await keepKey(seed, { ledger: ledger.ledger, role: 'till', label, now: now() });
  seed.fill(0);
  try {
    const { account, shop_name } = await callJson(`/pos/v1/enrolments/${encodeURIComponent(code)}/claim`, { json: { key, label } });
    const known = await updateWallet(wallet, { account });
    await write('settings', `till-shop:${key}`, shop_name ?? '');
    await activate(known, ROLES);
  } catch (error) {
    await forget(wallet);
    throw error;
  }
  await start();
}

/**
 * Brings what a till took without network, before it was switched off, to the ledger.
 * @param {Wallet} wallet
 * @returns {Promise<boolean>} whether each order has its answer
 */
export async function bringStranded(wallet) {
  const known = await remembered(wallet.key);
  const ledger = await fetchLedger();
  // Verified against what this till trusted; a key that was changed since has to prove itself, as always.
  const trusted = known?.ledger.ledger === ledger.ledger ? known.ledger : ledger;
  const session = new Session({ ledger: ledger.ledger, signer: signer(wallet) });
  return uploadOrders(new Shop({ ledger: trusted, wallet, session, account: known?.account ?? wallet.account ?? '', keys: known?.keys ?? [] }));
}

/** The name of the shop that a waiting till asked to join. @param {Wallet} wallet @returns {Promise<string>} */
export async function shopNameOf(wallet) {
  return (await read('settings', `till-shop:${wallet.key}`)) ?? '';
}

/** Forgets a key that has no rights, to begin again. @param {Wallet} wallet */
export async function startOver(wallet) {
  attempt += 1;
  await forget(wallet);
  await start();
}
