// What stories in the office share: desks of two people, and acts that one proposes and another approves.
import assert from 'node:assert/strict';
import { named } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/**
 * A desk for each of the association's keys, in a browser window of its own.
 * @param {import('./harness.mjs').Server} server
 * @param {(options?: Parameters<typeof import('./harness.mjs').openPage>[2]) => Promise<import('./harness.mjs').Watched>} open
 */
export async function deskOf(server, open, place = 0) {
  const { page } = await open({ width: 1280, height: 900 });
  await page.goto(`${server.url}/office/#demo=${server.links.operator_seeds[place]}`);
  await named(page, 'answer').waitFor();
  return page;
}

/** Walks to a room of the office, as its address says. @param {Page} page @param {string} room */
export async function goTo(page, room) {
  await page.evaluate((hash) => { location.hash = hash; }, `#/${room}`);
}

/** Signs what the page asks, and waits until the dialog has said what became of it. @param {Page} page */
export async function sign(page) {
  await page.locator('[data-name="round"][data-phase="asking"]').waitFor();
  await named(page, 'confirm').click();
  await page.locator('[data-name="round"][data-phase="asking"], [data-name="round"][data-phase="signing"]').waitFor({ state: 'detached' });
  const close = page.locator('[data-name="round"] [data-name="close"]');
  if ((await close.count()) > 0) {
    assert.equal(await page.locator('[data-name="signed"][data-step="refused"]').count(), 0, (await page.locator('[data-name="round"]').textContent()) ?? '');
    await close.click();
  }
}

/** Approves everything that this person may. @param {Page} page */
export async function approveAll(page) {
  await goTo(page, 'dashboard');
  await named(page, 'answer').waitFor();
  await page.evaluate(async () => {
    const { proposals } = await import(/** @type {any} */ ('/office/state.js'));
    await proposals.refresh();
  });
  await goTo(page, 'decisions');
  await named(page, 'approve').first().waitFor();
  if ((await named(page, 'select-all').count()) > 0) {
    await named(page, 'select-all').click();
    await named(page, 'approve-many').click();
  } else {
    await named(page, 'approve').first().click();
  }
  await sign(page);
  await named(page, 'approve').first().waitFor({ state: 'detached' });
}

/** Proposes acts through the office's own dialog. @param {Page} page @param {object[]} acts in the server's words */
export async function proposeActs(page, acts) {
  await page.evaluate(async (list) => {
    const { proposeActs: propose } = await import(/** @type {any} */ ('/office/sign.js'));
    void propose(list);
  }, acts);
  await sign(page);
}

/** What the office's server says to the person at this desk. @param {Page} page @param {string} path @returns {Promise<any>} */
export function asked(page, path) {
  return page.evaluate(async (address) => {
    const { desk } = await import(/** @type {any} */ ('/office/state.js'));
    return desk.value.session.json(address);
  }, path);
}
