// A shop asks what its balance is good for.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { balanceOf, named, openDemoWallet } from './stories.mjs';

const DAY_MS = 86_400_000;

test('a shop sees where to spend its balance, what it is in euros and until when, and gets a certificate of a year that is over', async () => {
  await withWorld(async ({ server, open }) => {
    const { page } = await open({ width: 360, height: 800 });
    await openDemoWallet(page, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    const balance = await balanceOf(page);
    assert.ok(balance > 0);
    await named(page, 'balance-what').click();
    await named(page, 'balance-sum').waitFor();
    assert.equal(Number(await named(page, 'balance-sum').getAttribute('data-cents')), balance);
    const cents = async (/** @type {string} */ name) => Number(((await named(page, name).textContent()) ?? '').replace(/[^0-9]/g, ''));
    const [fee, net] = [await cents('balance-fee'), await cents('balance-net')];
    assert.deepEqual([fee, net], [Math.floor((balance * 5) / 100), balance - fee], 'five per cent of the example currency, rounded down');
    const by = Number(new Intl.DateTimeFormat('fr', { timeZone: 'Europe/Paris', day: 'numeric' }).format(Date.now() + 10 * DAY_MS));
    assert.match((await named(page, 'balance-date').textContent()) ?? '', new RegExp(`\\b(${by}|${by === 1 ? '1er' : by})\\b`), 'ten days, as the association promises');
    const [download] = await Promise.all([page.waitForEvent('download'), named(page, 'certificate-pdf').click()]);
    assert.match(download.suggestedFilename(), /^\w+-\d{4}\.pdf$/);
    assert.equal((await readFile(await download.path())).subarray(0, 5).toString(), '%PDF-');
    /** @type {string[]} */
    const wrongs = [];
    await inspect(page, 'what a balance is good for', wrongs);
    assert.deepEqual(wrongs, []);
    await named(page, 'balance-redeem').click();
    await page.locator('input[name="redeem"]').waitFor();
  });
});
