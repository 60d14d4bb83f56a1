// Keys that people cannot lose: a passkey brings a key back on another phone, a new sheet makes the lost one worthless, several devices
// and people of a family have one account, and a device of others keeps nothing.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { filmElement, openPage, withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { atName, balanceOf, named, openDemoWallet, openNewWallet, typeBackup, waitForBalance, withAuthenticator } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** A key that is in no account yet is told so when it signs in. */
const NOT_YET = /status of 40[134] .*\/v1\/(sign-in|backups)/s;

/** The browser as a new phone finds it: nothing is kept, and the passkeys of its owner are there. @param {Page} page @param {string} url */
async function asNewPhone(page, url) {
  await page.goto(`${url}/openapi.json`);
  await page.evaluate(() => new Promise((resolve, reject) => {
    localStorage.clear();
    const gone = indexedDB.deleteDatabase('liard');
    gone.onsuccess = () => resolve(undefined);
    gone.onerror = gone.onblocked = () => reject(gone.error);
  }));
}

/** The groups of a sheet that is shown, which are then typed back. @param {Page} page */
async function throughSheet(page) {
  await named(page, 'backup').waitFor();
  const groups = await page.locator('[data-name="backup"] [data-group]').allTextContents();
  await named(page, 'backup-written').click();
  return groups;
}

/** @param {Page} page @param {string} url @param {string[]} groups */
async function restoreFromPaper(page, url, groups) {
  await page.goto(`${url}/wallet/#restore`);
  await page.locator('textarea[name="backup"]').fill(groups.join(' '));
  await named(page, 'restore-do').click();
}

/** Makes this browser a device that waits, and gives the link that it shows. @param {Page} page @param {string} url @param {string} name */
async function showDevice(page, url, name) {
  await page.goto(`${url}/wallet/`);
  await named(page, 'restore').click();
  await named(page, 'join').click();
  await page.locator('input[name="device-name"]').fill(name);
  await named(page, 'join-begin').click();
  await named(page, 'join-code').waitFor();
  return (await named(page, 'join-code').getAttribute('data-link')) ?? '';
}

test('a passkey brings the key back on a new phone, and the server keeps nothing that opens it', async () => {
  await withWorld(async ({ server, browser, directory }) => {
    const url = atName(server.url);
    const old = await openPage(browser, url);
    old.allow(NOT_YET);
    await withAuthenticator(old.page);
    await old.page.goto(`${url}/wallet/`);
    await named(old.page, 'open-wallet').click();
    const kept = old.page.waitForResponse((response) => response.url().includes('/v1/backups/') && response.request().method() === 'PUT');
    await named(old.page, 'keep-passkey').click();
    await named(old.page, 'to-home').waitFor();
    const put = await kept;
    assert.equal(put.status(), 204);
    const [place] = /[0-9a-f]{64}/.exec(put.url()) ?? [''];
    await old.page.goto(`${url}/wallet/#backup`);
    await old.page.locator('[data-name="my-backup"][data-backup="passkey"]').waitFor();
    const account = await old.page.evaluate(async () => (await import(/** @type {any} */ ('/wallet/state.js'))).account.value.account);

    await asNewPhone(old.page, url);
    await old.page.goto(`${url}/wallet/`);
    await named(old.page, 'restore').click();
    await named(old.page, 'restore-passkey').click();
    await named(old.page, 'balance').waitFor();
    assert.equal(await old.page.evaluate(async () => (await import(/** @type {any} */ ('/wallet/state.js'))).account.value.account), account);

    const stranger = await openPage(browser, url);
    stranger.allow(NOT_YET);
    await withAuthenticator(stranger.page);
    await stranger.page.goto(`${url}/wallet/#restore`);
    await named(stranger.page, 'restore-passkey').click();
    await stranger.page.locator('.banner.danger').waitFor();

    // Where the box lies is in no file of the node: who has the files cannot ask for it.
    const records = join(directory, 'data', 'records');
    for (const name of await readdir(records)) {
      const bytes = await readFile(join(records, name));
      assert.equal(bytes.includes(Buffer.from(place, 'hex')) || bytes.includes(Buffer.from(place)), false, name);
    }
    assert.equal(server.log().includes(place), false, 'the place is in no log');
    for (const watched of [old, stranger]) watched.verify();
  });
});

test('a new sheet takes the place of a lost one, through a crash at every step, and the lost one opens nothing', async () => {
  await withWorld(async ({ server, open }) => {
    const { page, allow } = await open();
    allow(NOT_YET);
    await page.goto(`${server.url}/wallet/`);
    await named(page, 'open-wallet').click();
    const lost = await throughSheet(page);
    await typeBackup(page, lost);
    await named(page, 'to-home').click();
    await named(page, 'balance').waitFor();

    // The answer to the first order is lost on the way, and the page goes: the next visit ends what was begun.
    let cuts = 1;
    await page.route('**/v1/transactions', async (route) => {
      if (cuts-- > 0) {
        await route.fetch();
        await route.abort();
      } else await route.continue();
    });
    allow(/\/v1\/transactions/);
    await page.goto(`${server.url}/wallet/#backup`);
    await named(page, 'new-sheet').click();
    await named(page, 'confirm').click();
    const fresh = await throughSheet(page);
    assert.notDeepEqual(fresh, lost);
    const cut = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/v1/transactions'));
    for (const index of [0, 1, 2]) {
      const field = page.locator(`input[name="group-${index}"]`);
      const place = Number(((await page.locator(`label[for="${await field.getAttribute('id')}"]`).textContent()) ?? '').replace(/\D/g, ''));
      await field.fill(fresh[place - 1]);
    }
    await named(page, 'backup-checked').click();
    await cut;
    await page.reload();
    await page.goto(`${server.url}/wallet/#backup`);
    await page.locator('[data-name="my-backup"][data-backup="paper"]').waitFor();
    await named(page, 'new-sheet').waitFor();
    const keys = await page.evaluate(async () => {
      const { account, wallet, wallets } = await import(/** @type {any} */ ('/wallet/state.js'));
      return { account: account.value.keys.map((/** @type {any} */ one) => one.key), mine: wallet.value.key, kept: wallets.value.length };
    });
    assert.deepEqual(keys, { account: [keys.mine], mine: keys.mine, kept: 1 }, 'one key is left, and it is the new one');

    const again = await open();
    await restoreFromPaper(again.page, server.url, fresh);
    await named(again.page, 'balance').waitFor();
    const thief = await open();
    thief.allow(NOT_YET);
    await restoreFromPaper(thief.page, server.url, lost);
    await thief.page.locator('.state.danger, .state-icon.danger, [data-name="open-none"]').first().waitFor();
    assert.equal(await named(thief.page, 'balance').count(), 0);
  });
});
