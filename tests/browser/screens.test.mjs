// What is for those to whom screens come hard: large digits, a simple screen, reading aloud, practice with play money, and the way to
// install the wallet. At 360 px, in French and in Arabic, and at twice the size.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withWorld, shoot } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { askForPayment, balanceOf, named, openDemoWallet, openTill } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** Says nothing, and notes what it would have said: there is no voice on this machine. @param {Page} page */
async function listenTo(page) {
  await page.addInitScript(() => {
    const heard = /** @type {any} */ (globalThis).liardHeard = /** @type {string[]} */ ([]);
    speechSynthesis.speak = (words) => { heard.push(`${words.lang}: ${words.text}`); };
  });
  return () => page.evaluate(() => /** @type {string[]} */ (/** @type {any} */ (globalThis).liardHeard));
}

/** @param {Page} page @param {string} url @param {string} name */
async function go(page, url, name) {
  await page.goto(`${url}/wallet/#${name}`);
  await page.locator('main h1').waitFor();
}

/** One lesson from its row to its end. @param {Page} page @param {string} lesson @param {number} steps @param {(step: number) => Promise<void>} [look] */
async function learn(page, lesson, steps, look = async () => {}) {
  await named(page, `lesson-${lesson}`).click();
  for (let step = 1; step <= steps; step += 1) {
    await page.locator('.practice-words').waitFor();
    assert.ok(await named(page, 'practice-strip').isVisible(), `${lesson}, step ${step} says that it is practice`);
    await look(step);
    await named(page, 'practice-on').click();
  }
  await page.locator(`[data-name="lesson-${lesson}"] .chip.good`).waitFor();
}

for (const locale of ['fr-FR', 'ar']) {
  test(`large digits, reading aloud and practice in ${locale}`, async () => {
    /** @type {string[]} */
    const wrongs = [];
    await withWorld(async ({ server, open }) => {
      const { page } = await open({ locale, bypassCSP: true });
      const heard = await listenTo(page);
      await openDemoWallet(page, server.links.wallet_link);
      const balance = await balanceOf(page);
      const plain = await page.locator('.purse .amount').evaluate((element) => parseFloat(getComputedStyle(element).fontSize));

      await go(page, server.url, 'settings');
      await named(page, 'row-look').click();
      await named(page, 'look').waitFor();
      for (const wish of ['large', 'simple', 'aloud']) await page.locator(`input[name="${wish}"]`).check();
      await named(page, 'example-aloud').click();
      await inspect(page, `look, ${locale}`, wrongs);
      await shoot(page, `look-${locale}`);

      await page.reload();
      await go(page, server.url, '');
      await named(page, 'balance').waitFor();
      const large = await page.locator('.purse .amount').evaluate((element) => parseFloat(getComputedStyle(element).fontSize));
      assert.ok(large > plain, `${large} px after ${plain} px`);
      assert.equal(await named(page, 'convert').isVisible(), false, 'the simple screen shows what matters most');
      assert.ok(await named(page, 'receive').isVisible());
      await inspect(page, `home, large and simple, ${locale}`, wrongs);
      await shoot(page, `home-large-${locale}`);

      const { page: till } = await open();
      await openTill(till, server.links.till_link);
      const charge = await askForPayment(till, '350', 'Pain');
      await page.goto(`${server.url}/wallet/#${charge.link.split('#')[1]}`);
      await named(page, 'pay-confirm').waitFor();
      await named(page, 'aloud').click();
      const said = (await heard()).at(-1) ?? '';
      assert.match(said, new RegExp(`^${locale.slice(0, 2)}: .*3.*50.*${server.links.shop_name}`));
      await inspect(page, `review, large and read aloud, ${locale}`, wrongs);
      await shoot(page, `review-large-${locale}`);
      await named(page, 'pay-confirm').click();
      await named(page, 'verified').waitFor();
      assert.notEqual((await heard()).at(-1), said, 'that it is paid is said, too');

      await go(page, server.url, 'practice');
      await inspect(page, `practice, ${locale}`, wrongs);
      const asked = /** @type {string[]} */ ([]);
      page.on('request', (request) => { if (request.method() !== 'GET') asked.push(request.url()); });
      for (const [lesson, steps] of /** @type {const} */ ([['shop', 3], ['give', 3], ['ask', 3], ['apart', 4]])) {
        await learn(page, lesson, steps, async (step) => {
          if (lesson === 'apart') await inspect(page, `practice, step ${step}, ${locale}`, wrongs);
          if (lesson === 'apart') await shoot(page, `practice-${step}-${locale}`);
        });
      }
      assert.equal(await named(page, 'practice-balance').getAttribute('data-cents'), '4710');
      await shoot(page, `practice-${locale}`);
      assert.deepEqual(asked, [], 'practice sends nothing');
      await go(page, server.url, '');
      await page.locator(`[data-name="balance"][data-cents="${balance - 350}"]`).waitFor();

      await go(page, server.url, 'install');
      await named(page, 'install-steps').waitFor();
      await inspect(page, `install, ${locale}`, wrongs);
      await shoot(page, `install-${locale}`);

      // At twice the size a screen of 1280 points is one of 640, and a phone one of 180: nothing may be cut off.
      await page.setViewportSize({ width: 320, height: 400 });
      for (const name of ['', 'look', 'practice', 'install', 'settings', 'give']) {
        await go(page, server.url, name);
        await page.waitForTimeout(300);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (over > 0) wrongs.push(`${name} at 320 points, large: ${over} points too wide, see ${await shoot(page, `wide-${name}-${locale}`)}`);
      }
    });
    assert.equal(wrongs.length, 0, wrongs.join('\n'));
  });
}
