// Where can I spend it: a shop tells where it is and when it is open; a resident finds it by word and by hour, without a network
// too, and pays it; another shop finds who supplies it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import { named, openDemoWallet } from './stories.mjs';

/** The names in the list. @param {import('playwright-core').Page} page */
async function names(page) {
  await named(page, 'places-count').waitFor();
  return await page.locator('[data-name="places"] .row-title').allTextContents();
}

test('a shop tells where it is, a resident finds it and pays it', async () => {
  await withWorld(async ({ server, open }) => {
    const { page: shop } = await open();
    await openDemoWallet(shop, server.links.wallet_link.replace(server.links.resident_seed, server.links.shop_seed));
    await named(shop, 'places').click();
    await named(shop, 'my-place').click();
    await shop.locator('[name="quarter"]').fill('Les Lices');
    await shop.locator('[name="about"]').fill('Pain au levain');
    for (let day = 0; day < 7; day += 1) await shop.locator(`[name="hours-${day}"]`).fill('0-12, 12-24');
    await shop.locator('[name="hours-3"]').fill('matin');
    await named(shop, 'place-save').click();
    await shop.locator('.field-fault').waitFor();
    await shop.locator('[name="hours-3"]').fill('0h-24h');
    await named(shop, 'place-save').click();
    assert.ok((await names(shop)).length > 2);

    const { page, allow, offline } = await open();
    await openDemoWallet(page, server.links.wallet_link);
    await named(page, 'places').click();
    await page.locator('[data-name="places-search"]').fill('LEVAIN lices');
    assert.deepEqual(await names(page), [server.links.shop_name]);
    await named(page, 'places-open').click();
    assert.deepEqual(await names(page), [server.links.shop_name], 'it is open all day and all week');
    await page.locator('[data-name="places-search"]').fill('nothing like it');
    await page.locator('[data-name="places"] .state').waitFor();
    await page.locator('[data-name="places-search"]').fill('levain');
    await page.locator('[data-name="places"] a.row').click();
    await page.locator('[data-name="place"] .hours').waitFor();
    assert.match((await named(page, 'place').textContent()) ?? '', /Les Lices/);

    allow(/ERR_INTERNET_DISCONNECTED/);
    await offline(true);
    await page.goBack();
    await named(page, 'places-count').waitFor();
    await offline(false);
    await page.locator('[data-name="places"] a.row').first().click();
    await named(page, 'place-pay').click();
    await page.locator('[name="amount"]').fill('1');
    await named(page, 'give-continue').click();
    await named(page, 'pay-confirm').click();
    await named(page, 'done').waitFor();
  });
});

test('a shop sees who supplies shops, and everybody sees the list on the public page', async () => {
  await withWorld(async ({ server, open }) => {
    const { page } = await open();
    await openDemoWallet(page, server.links.wallet_link.replace(server.links.resident_seed, server.links.shop_seed));
    await named(page, 'places').click();
    const all = await names(page);
    await named(page, 'places-offers').click();
    const suppliers = await names(page);
    assert.ok(suppliers.length > 0 && suppliers.length < all.length, `${suppliers.length} of ${all.length}`);

    const { page: anyone } = await open();
    await anyone.goto(server.links.public_link);
    assert.deepEqual(await names(anyone), all);
  });
});
