// A market morning with the network cut twice: what was taken without network reaches the ledger once, whatever the tablet does in the
// middle, and each order ends where the till says it does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filmElement, withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import {
  BACK_MS, CUT, askForPayment, askWithoutNetwork, confirmPayment, entryOnTill, named, openDemoWallet, openReadyTill, openReadyWallet, openTill, scan, signAndShow, tillScans, waitForBalance,
} from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** What reaches the ledger, and what is written down of it: the steps of an upload, as a browser sees them. */
const STEPS = ['announce', 'submit', 'write'];

/**
 * A tablet that stops at a step of an upload, before it or after it, and answers nothing any more: the next loading of the page finds
 * what is on its disk. Which step stands in the session's storage, and is forgotten once it happened.
 */
function breakable() {
  const wished = sessionStorage.getItem('stop-at');
  sessionStorage.removeItem('stop-at');
  if (!wished) return;
  const [step, side] = wished.split(' ');
  const never = new Promise(() => {});
  const stop = () => { document.documentElement.dataset.stopped = wished; };
  const inner = globalThis.fetch;
  globalThis.fetch = async (where, options) => {
    const path = new URL(String(where instanceof Request ? where.url : where), location.href).pathname;
    const name = options?.method !== 'POST' ? '' : path === '/pos/v1/charges' ? 'announce' : path === '/v1/transactions' ? 'submit' : '';
    if (document.documentElement.dataset.stopped) return /** @type {Promise<any>} */ (never);
    if (name !== step) return inner(where, options);
    if (side === 'after') await inner(where, options);
    stop();
    return /** @type {Promise<any>} */ (never);
  };
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function write(value, key) {
    const mine = step === 'write' && this.name === 'offline' && !document.documentElement.dataset.stopped;
    if (mine && side === 'before') {
      stop();
      this.transaction.abort();
      throw new Error('the tablet went off');
    }
    if (mine) this.transaction.addEventListener('complete', (event) => { stop(); event.stopImmediatePropagation(); });
    return put.call(this, value, key);
  };
}

/** The state of the connection is on the screen. @param {Page} till @param {string} state */
async function says(till, state) {
  const chip = till.locator(`[data-name="link"][data-state="${state}"]`);
  await chip.waitFor({ timeout: BACK_MS });
  assert.ok(await chip.evaluate((element) => { const { top, bottom } = element.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }), 'it is in sight');
}

/** The customer without network signs what the till asks for, and the shop takes it. @param {Page} till @param {Page} wallet @param {string} film @param {string} cents @param {string} reference */
async function takes(till, wallet, film, cents, reference) {
  await wallet.evaluate(() => { location.hash = ''; });
  await askWithoutNetwork(till, cents, reference);
  await scan(till, wallet, film, Number(cents));
  await signAndShow(wallet);
  await tillScans(till, wallet.locator('[data-name="apart-code"] .qr'), film);
}

/** @param {Page} till */
async function takesAtRisk(till) {
  await named(till, 'order-take').click();
  await named(till, 'taken').waitFor();
  await till.locator('[data-name="link-over"][data-state="down"]').waitFor();
  await named(till, 'next').click();
}

/** @param {Page} till @param {string} state @param {string} reference */
function upload(till, state, reference) {
  return till.locator(`[data-name="upload"][data-state="${state}"]`, { hasText: reference });
}

test('a market morning with the network cut twice', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet, allow, offline } = await open({ worker: true });
    const { page: till, allow: allowTill, offline: tillOffline } = await open({ worker: true, bypassCSP: true });
    for (const permit of [allow, allowTill]) {
      permit(CUT);
      permit(/status of 4\d\d .*\/v1\/transactions/s);
    }
    allowTill(/the tablet went off|AbortError|navigator.vibrate/);
    await till.addInitScript(breakable);
    /** @type {string[]} */
    const wrongs = [];
    const before = await openReadyWallet(wallet, server.links.wallet_link);
    await openReadyTill(till, server.links.till_link);

    // Before the market opens the shop says what its tills may take without network.
    await named(till, 'tab-more').click();
    await named(till, 'row-network').click();
    await till.locator('input[name="per-ticket"]').fill('9999');
    await named(till, 'limits-save').click();
    await till.locator('.field-fault').waitFor();
    await till.locator('input[name="per-ticket"]').fill('6');
    await till.locator('input[name="per-day"]').fill('9,50');
    await inspect(till, 'limits of the shop', wrongs);
    await named(till, 'limits-save').click();
    await till.locator('[data-name="limits"][data-ticket="600"][data-day="950"]').waitFor();
    for (const place of ['tab-counter', 'tab-day', 'tab-more', 'row-people', 'tab-more', 'row-network']) {
      await named(till, place).click();
      await says(till, 'up');
    }
    await named(till, 'tab-counter').click();
    await askForPayment(till, '120', 'Radis');
    await says(till, 'up');
    await scan(till, wallet, film, 120);
    await confirmPayment(wallet);
    await entryOnTill(till);
    await till.locator('[data-name="link-over"][data-state="up"]').waitFor();
    await named(till, 'next').click();

    // The first cut. More than the shop allows in one ticket is not taken; the tablet restarts with one order on it.
    await offline(true);
    await tillOffline(true);
    await says(till, 'down');
    await wallet.locator('.offline-strip').waitFor();
    await takes(till, wallet, film, '700', 'Panier');
    await till.locator('[data-name="order-hindered"][data-why="over_own_ticket"]').waitFor();
    await named(till, 'aside-back').click();
    await named(till, 'cancel-charge').click();
    await named(wallet, 'apart-unused').click();
    await named(wallet, 'apart-unused-view').waitFor();
    await takes(till, wallet, film, '530', 'Poireaux');
    await takesAtRisk(till);
    await named(wallet, 'apart-accepted').click();
    await till.reload();
    await till.locator('[data-name="uncertain"][data-cents="530"]').waitFor();
    await says(till, 'down');
    await named(till, 'tab-more').click();
    await named(till, 'row-network').click();
    await upload(till, 'waiting', 'Poireaux').waitFor();
    await inspect(till, 'what waits for the network', wrongs);
    await tillOffline(false);
    await says(till, 'up');
    await upload(till, 'confirmed', 'Poireaux').waitFor({ timeout: BACK_MS });

    // The second cut: one order within what is left of the day, one above it.
    await named(till, 'tab-counter').click();
    await tillOffline(true);
    await says(till, 'down');
    await takes(till, wallet, film, '420', 'Fromage');
    await takesAtRisk(till);
    await named(wallet, 'apart-accepted').click();
    await takes(till, wallet, film, '110', 'Miel');
    await till.locator('[data-name="order-hindered"][data-why="over_own_day"]').waitFor();
    await named(till, 'aside-back').click();
    await named(till, 'cancel-charge').click();

    // The network is back, and the tablet goes off at every step of the upload, before it and after it.
    await tillOffline(false);
    for (const step of STEPS) {
      for (const side of ['before', 'after']) {
        await till.evaluate((wished) => sessionStorage.setItem('stop-at', wished), `${step} ${side}`);
        await till.reload();
        await till.locator(`html[data-stopped="${step} ${side}"]`).waitFor({ state: 'attached', timeout: BACK_MS });
      }
    }
    await till.reload();
    await named(till, 'tab-more').click();
    await named(till, 'row-network').click();
    await upload(till, 'confirmed', 'Fromage').waitFor({ timeout: BACK_MS });
    assert.equal(await named(till, 'upload').count(), 2, 'nothing is lost, and nothing is there twice');
    await inspect(till, 'each order and what became of it', wrongs);
    await named(till, 'tab-day').click();
    for (const reference of ['Radis', 'Poireaux', 'Fromage']) {
      await till.locator('[data-name="charge"][data-state="paid"]', { hasText: reference }).waitFor();
      assert.equal(await till.locator('[data-name="charge"]', { hasText: reference }).count(), 1);
    }
    assert.equal(await named(till, 'unexpected').count(), 0, 'each payment found its request');
    await offline(false);
    await named(wallet, 'waiting').waitFor({ state: 'detached', timeout: BACK_MS }).catch(() => undefined);
    await wallet.goto(`${server.url}/wallet/#`);
    // What was shown and not taken stays set aside: whoever saw the code could still send it.
    await waitForBalance(wallet, before - 120 - 530 - 420 - 700 - 110);
    const { page: other } = await open();
    await openDemoWallet(other, server.links.wallet_link);
    await waitForBalance(other, before - 120 - 530 - 420);
    assert.deepEqual(wrongs, []);
  });
});

test('at a stall the payer says how much, and payer and till show the same signs', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet } = await open({ bypassCSP: true });
    const { page: till } = await open({ width: 1280, height: 800, bypassCSP: true });
    const { page: second } = await open();
    /** @type {string[]} */
    const wrongs = [];
    await openDemoWallet(wallet, server.links.wallet_link);
    await openTill(till, server.links.till_link);
    await openTill(second, server.links.till_link);
    await named(till, 'tab-more').click();
    await named(till, 'row-stalls').click();
    await till.locator('input[name="stall-label"]').fill('Marché du samedi');
    await inspect(till, 'no sign yet', wrongs);
    await named(till, 'stall-new').click();
    await named(till, 'stall-sign').waitFor();
    await inspect(till, 'a sign for the stall', wrongs);

    await filmElement(named(till, 'stall-sign').locator('.qr'), film);
    await named(wallet, 'scan').click();
    await wallet.locator('input[name="stall-amount"]').fill('4,50');
    await inspect(wallet, 'how much', wrongs);
    await named(wallet, 'stall-continue').click();
    await wallet.locator('[data-name="order-amount"][data-cents="450"]').waitFor();
    const entry = await confirmPayment(wallet);
    const signs = ((await named(wallet, 'signs').locator('bdi').textContent()) ?? '').trim();
    assert.match(signs, /^[2-9A-HJ-NP-Z]{4}$/);
    await inspect(wallet, 'paid at the stall', wrongs);
    for (const page of [till, second]) await page.locator(`[data-name="stall-paid"][data-cents="450"][data-signs="${signs}"]`).waitFor();
    await inspect(till, 'the till rings', wrongs);
    await named(second, 'stall-seen').click();
    await named(second, 'stall-paid').waitFor({ state: 'detached' });

    // The same sign pays again, as another payment; both are in the day, and neither is unexpected.
    await named(wallet, 'done').click();
    const { link } = await named(till, 'stall-sign').evaluate((element) => ({ link: element.getAttribute('data-link') ?? '' }));
    await wallet.evaluate((place) => { location.hash = place; }, `#${link.split('#')[1]}`);
    await wallet.locator('input[name="stall-amount"]').fill('1');
    await named(wallet, 'stall-continue').click();
    await wallet.locator('[data-name="order-amount"][data-cents="100"]').waitFor();
    assert.notEqual(await confirmPayment(wallet), entry);
    await till.locator('[data-name="stall-paid"][data-cents="100"]').waitFor();
    await named(till, 'tab-day').click();
    await till.locator('[data-name="charge"][data-state="paid"]', { hasText: `Marché du samedi ${signs}` }).waitFor();
    assert.equal(await named(till, 'unexpected').count(), 0);

    // Taken down, the sign is refused.
    await named(till, 'tab-more').click();
    await named(till, 'row-stalls').click();
    await named(till, 'stall').click();
    await named(till, 'stall-end').click();
    await named(till, 'confirm').click();
    await named(till, 'stall').locator('.chip').waitFor();
    await wallet.evaluate(() => { location.hash = ''; });
    await wallet.evaluate((place) => { location.hash = place; }, `#${link.split('#')[1]}`);
    await wallet.getByText('Le commerce a retiré ce panneau').waitFor();
    assert.deepEqual(wrongs, []);
  });
});
