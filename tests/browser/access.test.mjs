// Every page for everyone: axe-core finds nothing, in light and in dark, from left to right and from right to left, and
// nothing is cut off on a small screen.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { shoot, withWorld } from './harness.mjs';
import { askForPayment, named, openDemoWallet, openTill } from './stories.mjs';

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SETTLE_MS = 250;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * Looks at one page as it stands; what is wrong is collected, so that one run shows everything.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 * @param {string[]} wrongs
 */
async function inspect(page, name, wrongs) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Colours change with a transition, and axe reads the ones of the moment.
    await page.waitForTimeout(SETTLE_MS);
    await page.evaluate(axeSource);
    const violations = await page.evaluate(async (tags) => {
      const axe = /** @type {any} */ (globalThis).axe;
      const result = await axe.run(document, { runOnly: { type: 'tag', values: tags }, rules: { region: { enabled: false } } });
      return result.violations.map((/** @type {any} */ found) =>
        `${found.id}: ${found.help}\n    ${found.nodes.map((/** @type {any} */ node) => `${node.target.join(' ')} ${node.any[0]?.message ?? ''}`).join('\n    ')}`);
    }, RULES);
    wrongs.push(...violations.map((/** @type {string} */ found) => `${name}, ${colorScheme}: ${found}`));
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) wrongs.push(`${name}: ${over} px wider than the screen, see ${await shoot(page, `too-wide-${name.replace(/\W+/g, '-')}`)}`);
  const small = await page.evaluate(() => [...document.querySelectorAll('button, input:not([type="file"]), select, a.button, a.row, a.tile, nav a')]
    .filter((element) => element.checkVisibility())
    .map((element) => ({ element: element.outerHTML.slice(0, 120), box: (element.closest('.field-box') ?? element).getBoundingClientRect() }))
    .filter(({ box }) => box.height > 0 && (box.height < 43.5 || box.width < 43.5))
    .map(({ element, box }) => `${Math.round(box.width)}x${Math.round(box.height)} ${element}`));
  wrongs.push(...small.map((found) => `${name}: smaller than a finger: ${found}`));
}

for (const locale of ['fr-FR', 'ar']) {
  test(`pages in ${locale}`, async () => {
    /** @type {string[]} */
    const wrongs = [];
    await withWorld(async ({ server, open }) => {
      const small = { width: 360, height: 780, locale, bypassCSP: true };

      const { page: wallet } = await open(small);
      await wallet.goto(`${server.url}/wallet/`);
      await named(wallet, 'open-wallet').waitFor();
      await inspect(wallet, `wallet, first screen, ${locale}`, wrongs);
      await named(wallet, 'open-wallet').click();
      await named(wallet, 'backup').waitFor();
      await inspect(wallet, `wallet, backup, ${locale}`, wrongs);
      await wallet.goto('about:blank');
      await openDemoWallet(wallet, server.links.wallet_link);
      await inspect(wallet, `wallet, home, ${locale}`, wrongs);
      for (const screen of ['convert', 'give', 'receive', 'history', 'settings', 'scan']) {
        await wallet.goto(`${server.url}/wallet/#${screen}`);
        await wallet.waitForTimeout(300);
        await inspect(wallet, `wallet, ${screen}, ${locale}`, wrongs);
      }

      const { page: till } = await open(small);
      await till.goto(`${server.url}/till/`);
      await named(till, 'enrol').waitFor();
      await inspect(till, `till, enrolment, ${locale}`, wrongs);
      await till.goto('about:blank');
      await openTill(till, server.links.till_link);
      await inspect(till, `till, counter, ${locale}`, wrongs);
      await askForPayment(till, '100', 'Axe');
      await inspect(till, `till, request, ${locale}`, wrongs);
      await named(till, 'cancel-charge').click();
      await named(till, 'new').click();
      await named(till, 'tab-day').click();
      await named(till, 'totals').waitFor();
      await inspect(till, `till, day, ${locale}`, wrongs);

      const { page: office } = await open(small);
      await office.goto(`${server.url}/office/`);
      await named(office, 'enter').waitFor();
      await inspect(office, `office, door, ${locale}`, wrongs);
      await office.goto('about:blank');
      await office.goto(server.links.office_link);
      await named(office, 'banks').waitFor();
      await inspect(office, `office, dashboard, ${locale}`, wrongs);
      for (const name of ['decisions', 'members', 'campaigns', 'history']) {
        await named(office, `nav-${name}`).click();
        await office.waitForTimeout(300);
        await inspect(office, `office, ${name}, ${locale}`, wrongs);
      }

      const { page: anyone } = await open(small);
      await anyone.goto(server.links.public_link);
      await anyone.locator('h1').waitFor();
      await inspect(anyone, `public page, ${locale}`, wrongs);
    });
    assert.equal(wrongs.length, 0, wrongs.join('\n'));
  });
}
