// Asking for money back: nothing moves by asking. The one who was paid gives back or says no, and both sides see which.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from './inspect.mjs';
import { withWorld } from './harness.mjs';
import { askForPayment, balanceOf, confirmPayment, named, openDemoWallet, openTill, scan, waitForBalance } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** Pays across the counter. @param {Page} till @param {Page} wallet @param {string} film @param {string} keys @returns {Promise<number>} the entry */
async function pays(till, wallet, film, keys) {
  await askForPayment(till, keys, '');
  await scan(till, wallet, film, Number(keys));
  const entry = await confirmPayment(wallet);
  await named(wallet, 'done').click();
  await named(till, 'next').click();
  return entry;
}

/** @param {Page} wallet @param {number} entry @param {string} reason */
async function asksBack(wallet, entry, reason) {
  await wallet.evaluate((place) => { location.hash = place; }, `#entry=${entry}`);
  await named(wallet, 'ask-back').click();
  await wallet.locator('textarea[name="reason"]').fill(reason);
  await named(wallet, 'send-ask-back').click();
  await standing(wallet, 'open').waitFor();
}

/** @param {Page} page @param {string} state */
function standing(page, state) {
  return page.locator(`[data-name="refund-request"][data-state="${state}"]`);
}

test('a till answers what customers ask back, and only a refund moves money', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet } = await open({ bypassCSP: true });
    const { page: till } = await open({ width: 1280, height: 800, bypassCSP: true });
    await openDemoWallet(wallet, server.links.wallet_link);
    await openTill(till, server.links.till_link);
    const before = await balanceOf(wallet);
    const torn = await pays(till, wallet, film, '310');
    const bitter = await pays(till, wallet, film, '220');
    /** @type {string[]} */
    const wrongs = [];

    await wallet.evaluate((place) => { location.hash = place; }, `#entry=${torn}`);
    await named(wallet, 'ask-back').click();
    await wallet.locator('textarea[name="reason"]').fill('x'.repeat(141));
    assert.ok(await named(wallet, 'send-ask-back').isDisabled(), 'a reason that is too long is not sent');
    await inspect(wallet, 'asking for money back', wrongs);
    await wallet.locator('textarea[name="reason"]').fill('Le sac était déchiré');
    await named(wallet, 'send-ask-back').click();
    await standing(wallet, 'open').waitFor();
    assert.equal(await named(wallet, 'ask-back').count(), 0, 'it is asked once');
    await inspect(wallet, 'asked, on a phone', wrongs);
    await asksBack(wallet, bitter, '');

    await named(till, 'tab-day').click();
    const requests = named(till, 'refund-requests');
    await requests.locator('li').nth(1).waitFor();
    assert.match((await requests.textContent()) ?? '', /Le sac était déchiré/);
    assert.match((await till.locator('[data-name="charge"]', { hasText: '3,10' }).textContent()) ?? '', /Remboursement demandé/);
    await inspect(till, 'requests at the till', wrongs);
    assert.deepEqual(wrongs, []);

    await requests.locator(`[data-sequence="${bitter}"] [data-name="asked-decline"]`).click();
    await named(till, 'confirm').click();
    await requests.locator(`[data-sequence="${bitter}"]`).waitFor({ state: 'detached' });
    await requests.locator(`[data-sequence="${torn}"] [data-name="asked-give"]`).click();
    await requests.waitFor({ state: 'detached' });

    await wallet.evaluate((place) => { location.hash = place; }, `#entry=${torn}`);
    await standing(wallet, 'refunded').waitFor();
    await wallet.reload();
    await wallet.evaluate((place) => { location.hash = place; }, `#entry=${bitter}`);
    await standing(wallet, 'declined').waitFor();
    await wallet.evaluate(() => { location.hash = ''; });
    await waitForBalance(wallet, before - 220);
  });
});

test('between wallets, who was paid sees the request on the first screen and gives back', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet } = await open();
    const { page: merchant } = await open({ locale: 'ar', bypassCSP: true });
    const { page: till } = await open({ width: 1280, height: 800 });
    await openDemoWallet(wallet, server.links.wallet_link);
    await openTill(till, server.links.till_link);
    const before = await balanceOf(wallet);
    const entry = await pays(till, wallet, film, '150');
    await asksBack(wallet, entry, 'Trop cher');

    await openDemoWallet(merchant, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await named(merchant, 'refund-requests').click();
    const row = merchant.locator('[data-name="refund-requests"] [data-state="open"]');
    await row.waitFor();
    /** @type {string[]} */
    const wrongs = [];
    await inspect(merchant, 'requests in a wallet, from right to left', wrongs);
    await row.click();
    await standing(merchant, 'open').waitFor();
    assert.match((await named(merchant, 'reason').textContent()) ?? '', /Trop cher/);
    await inspect(merchant, 'one request in a wallet, from right to left', wrongs);
    assert.deepEqual(wrongs, []);
    await named(merchant, 'give-back').click();
    await named(merchant, 'confirm').click();
    await standing(merchant, 'refunded').waitFor();
    await standing(wallet, 'refunded').waitFor();
    await wallet.evaluate(() => { location.hash = ''; });
    await waitForBalance(wallet, before);
    await merchant.evaluate(() => { location.hash = ''; });
    await named(merchant, 'balance').waitFor();
    assert.equal(await named(merchant, 'refund-requests').count(), 0, 'nothing waits any more');
  });
});
