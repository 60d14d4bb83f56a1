// One page as it stands, looked at by axe-core in light and in dark, for what is cut off and for what is smaller than a finger. The
// page's context needs `bypassCSP`.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { shoot } from './harness.mjs';

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SETTLE_MS = 250;
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * Looks at one page as it stands; what is wrong is collected, so that one run shows everything.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 * @param {string[]} wrongs
 */
export async function inspect(page, name, wrongs) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Colours change with a transition, and axe reads the ones of the moment.
    await page.waitForTimeout(SETTLE_MS);
    // On a busy machine the page is drawn anew later than that.
    await page.evaluate(() => new Promise((drawn) => { requestAnimationFrame(() => requestAnimationFrame(drawn)); }));
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
    .map((element) => ({ element: element.outerHTML.slice(0, 120), box: (element.closest('.field-box, label') ?? element).getBoundingClientRect() }))
    .filter(({ box }) => box.height > 0 && (box.height < 43.5 || box.width < 43.5))
    .map(({ element, box }) => `${Math.round(box.width)}x${Math.round(box.height)} ${element}`));
  wrongs.push(...small.map((found) => `${name}: smaller than a finger: ${found}`));
}
