// Keys that people cannot lose: a passkey brings a key back on another phone, a new sheet makes the lost one worthless, several devices
// and people of a family have one account, and a device of others keeps nothing.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { filmElement, openPage, withWorld, writeFilm } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { NOT_YET, atName, balanceOf, entryOnReceipt, named, openDemoWallet, showDevice, typeBackup, typeGroups, waitForBalance, withAuthenticator } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

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

test('a passkey brings the key back on a new phone, and the server keeps nothing that opens it', async () => {
  await withWorld(async ({ server, browser, directory }) => {
    const url = atName(server.url);
    const old = await openPage(browser, url);
    old.allow(NOT_YET);
    // The page that clears the storage has no icon of its own.
    old.allow(/favicon\.ico/);
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
    // What the page still asks with the lost key's session, once that key is stopped, is refused.
    allow(/status of 401 .*\/v1\/accounts\//s);
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
    await typeGroups(page, fresh);
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

test('a new key by passkey stops the old one only when its backup is kept, and nobody leaves before; contacts go along', async () => {
  await withWorld(async ({ server, browser }) => {
    const url = atName(server.url);
    const { page, allow, verify } = await openPage(browser, url);
    allow(NOT_YET);
    await withAuthenticator(page);
    await page.goto(`${url}/wallet/`);
    await named(page, 'open-wallet').click();
    await named(page, 'keep-passkey').click();
    await named(page, 'to-home').click();
    await named(page, 'balance').waitFor();
    const look = () => page.evaluate(async () => {
      const { account, wallet } = await import(/** @type {any} */ ('/wallet/state.js'));
      return { keys: account.value.keys.map((/** @type {any} */ one) => one.key), mine: wallet.value.key };
    });
    const { mine: old } = await look();
    await page.evaluate(async (shop) => { await (await import(/** @type {any} */ ('/wallet/contacts.js'))).keepContact({ account: shop, name: 'Maite' }); }, server.links.shop_account);

    // The server does not take the box: the change of key waits there, with both keys.
    allow(/\/v1\/backups\/|503/);
    await page.route('**/v1/backups/**', (route) => route.fulfill({ status: 503, body: '' }));
    await page.goto(`${url}/wallet/#backup`);
    await named(page, 'new-sheet').click();
    await named(page, 'confirm').click();
    await named(page, 'keep-passkey').click();
    await named(page, 'replacing').waitFor();
    assert.equal(await named(page, 'sheet-done').count(), 0, 'nothing is said to be good yet');
    const between = await look();
    assert.ok(between.keys.includes(old) && between.keys.length === 2, 'the old key is good');
    await page.goto(`${url}/wallet/#settings`);
    assert.equal(await named(page, 'forget').isDisabled(), true, 'nobody leaves half-way');

    await page.unroute('**/v1/backups/**');
    await page.goto(`${url}/wallet/#backup`);
    await named(page, 'replace-continue').click();
    await named(page, 'sheet-done').waitFor();
    const after = await look();
    assert.deepEqual(after.keys, [after.mine]);
    assert.notEqual(after.mine, old);
    assert.equal(await page.evaluate(async () => (await import(/** @type {any} */ ('/wallet/contacts.js'))).contacts.value[0]?.name), 'Maite');
    assert.equal((await kept(page)).includes(`:${old}"`), false, 'no place of the old key is left');
    await page.goto(`${url}/wallet/#settings`);
    await page.locator('[data-name="leave"][data-back="passkey"]').waitFor();
    assert.equal(await named(page, 'forget').isDisabled(), false);
    verify();
  });
});

test('a second phone joins by its code, a child pays with limits and has a history of its own, and each is stopped with one tap', async () => {
  await withWorld(async ({ server, open, film }) => {
    const { page: first, allow } = await open();
    await openDemoWallet(first, server.links.wallet_link);
    const before = await balanceOf(first);

    const { page: second, allow: allowSecond } = await open();
    allowSecond(NOT_YET);
    await showDevice(second, server.url, 'Tablette');
    await filmElement(second.locator('[data-name="join-code"] .qr'), film);
    await first.goto(`${server.url}/wallet/#devices`);
    await named(first, 'device-add').click();
    await named(first, 'admit-key').waitFor();
    const shown = await named(first, 'admit-key').textContent();
    assert.ok((await named(second, 'join-code').textContent())?.includes(shown ?? '?'), 'both screens show the same characters');
    assert.equal(await first.locator('input[name="admit-name"]').inputValue(), 'Tablette');
    await named(first, 'admit-do').click();
    await named(first, 'admitted').waitFor();
    await waitForBalance(second, before);

    const { page: child, allow: allowChild } = await open();
    allowChild(NOT_YET);
    const link = await showDevice(child, server.url, 'Léa');
    await writeFilm(film);
    await first.goto(`${server.url}/wallet/#device=family`);
    await first.locator('input[name="paste"]').fill(link);
    await named(first, 'paste-continue').click();
    await first.locator('input[name="per-payment"]').fill('5');
    await first.locator('input[name="per-day"]').fill('8');
    await named(first, 'admit-do').click();
    await named(first, 'admitted').waitFor();
    await child.locator('[data-name="my-limits"][data-left="800"]').waitFor();

    // The other devices did not let the child in: they say so, with what the key may do.
    await named(second, 'key-notice').waitFor();
    assert.match((await named(second, 'key-notice').textContent()) ?? '', /nouvelle clé.*8,00/is);
    await named(second, 'key-is-mine').click();
    await named(second, 'confirm').click();
    await named(second, 'key-notice').waitFor({ state: 'detached' });
    await first.goto(`${server.url}/wallet/#`);
    await named(first, 'balance').waitFor();
    assert.equal(await named(first, 'key-notice').count(), 0, 'the device that let it in knows it');

    allowChild(/status of 40[39] .*\/v1\/transactions/s);
    await give(child, server.url, server.links.shop_account, '6');
    await named(child, 'refused').waitFor();
    await give(child, server.url, server.links.shop_account, '3,50');
    await named(child, 'verified').waitFor();
    const entry = await entryOnReceipt(child);
    await child.goto(`${server.url}/wallet/#`);
    await child.locator('[data-name="my-limits"][data-left="450"]').waitFor();

    await first.goto(`${server.url}/wallet/#family`);
    await named(first, 'family-key').click();
    await first.locator('[data-name="family-member"][data-spent="350"]').waitFor();
    const history = named(first, 'family-history').locator('a[data-sequence]');
    await history.first().waitFor();
    assert.deepEqual(await history.evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-sequence')))), [entry], 'the child’s payments, and no other');

    allowChild(/status of 40[13] /);
    await named(first, 'family-revoke').click();
    await named(first, 'confirm').click();
    await named(first, 'family-add').waitFor();
    await child.reload();
    await child.locator('.banner.danger, .state[role="alert"]').first().waitFor();

    // The first phone is lost: the tablet stops it.
    allow(/status of 40[13] /);
    const lost = await first.evaluate(async () => (await import(/** @type {any} */ ('/wallet/state.js'))).wallet.value.key);
    await second.goto(`${server.url}/wallet/#devices`);
    await second.locator(`[data-name="device"][data-key="${lost}"] [data-name="revoke"]`).click();
    await named(second, 'confirm').click();
    await second.locator(`[data-name="device"][data-key="${lost}"]`).waitFor({ state: 'detached' });
    await first.goto(`${server.url}/wallet/#`);
    await first.reload();
    await first.locator('.banner.danger, .state[role="alert"]').first().waitFor();
    await second.goto(`${server.url}/wallet/#`);
    await waitForBalance(second, before - 350);
  });
});

/** Gives units to an account. @param {Page} page @param {string} url @param {string} account @param {string} amount */
async function give(page, url, account, amount) {
  await page.goto(`${url}/wallet/#`);
  await page.goto(`${url}/wallet/#to=${account}`);
  await page.locator('input[name="amount"]').fill(amount);
  await named(page, 'give-continue').click();
  await named(page, 'pay-confirm').click();
}

/** Everything that the browser keeps for this page, as text. @param {Page} page */
function kept(page) {
  return page.evaluate(async () => {
    const parts = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie];
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await new Promise((resolve, reject) => {
        const asked = indexedDB.open(name);
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => reject(asked.error);
      });
      for (const store of database.objectStoreNames) {
        const objects = database.transaction(store).objectStore(store);
        for (const asked of [objects.getAllKeys(), objects.getAll()]) {
          const values = await new Promise((resolve) => { asked.onsuccess = () => resolve(asked.result); });
          parts.push(JSON.stringify(values, (_, value) => (value instanceof Uint8Array ? [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('') : value)));
        }
      }
      database.close();
    }
    for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) parts.push(request.url);
    return parts.join('\n');
  });
}

test('on a device of others nothing is kept, and who walks away is signed out', async () => {
  await withWorld(async ({ server, open }) => {
    const own = await open();
    own.allow(NOT_YET);
    await own.page.goto(`${server.url}/wallet/`);
    await named(own.page, 'open-wallet').click();
    const groups = await throughSheet(own.page);
    await typeBackup(own.page, groups);
    const mine = await own.page.evaluate(async () => {
      const { openSession, wallet, refresh } = await import(/** @type {any} */ ('/wallet/state.js'));
      await openSession().json(`/v1/accounts/${wallet.value.account}/profile`, { method: 'PUT', json: { name: 'Maialen Etxeberri', trade: null, contact: null } });
      await refresh();
      return { key: wallet.value.key, account: wallet.value.account };
    });
    const secrets = [...groups, mine.key, mine.account, 'Maialen'];
    const found = await kept(own.page);
    assert.ok([mine.key, mine.account, 'Maialen'].every((secret) => found.includes(secret)), 'what is searched for is found where it is kept');

    const { page } = await open();
    await page.clock.install();
    await page.goto(`${server.url}/wallet/#restore`);
    await page.locator('input[name="not-alone"]').check();
    await page.locator('textarea[name="backup"]').fill(groups.join(' '));
    await named(page, 'restore-do').click();
    await named(page, 'shared').waitFor();
    await named(page, 'balance').waitFor();
    await page.goto(`${server.url}/wallet/#history`);
    await page.goto(`${server.url}/wallet/#settings`);
    await page.locator('[data-name="row-devices"]').waitFor();
    const during = await kept(page);
    for (const secret of secrets) assert.equal(during.includes(secret), false, `kept: ${secret}`);

    await page.clock.fastForward(4 * 60_000 + 35_000);
    await named(page, 'shared-stay').click();
    await page.clock.fastForward(4 * 60_000 + 35_000);
    await named(page, 'shared-stay').waitFor();
    await page.clock.fastForward(31_000);
    await named(page, 'open-wallet').waitFor();
    const after = await kept(page);
    for (const secret of secrets) assert.equal(after.includes(secret), false, `kept: ${secret}`);
    await page.goBack();
    assert.equal(await named(page, 'balance').count(), 0);
  });
});

test('the screens of keys are for everyone, in French and in Arabic', async () => {
  await withWorld(async ({ server, open }) => {
    /** @type {string[]} */
    const wrongs = [];
    for (const locale of ['fr-FR', 'ar']) {
      const { page, allow } = await open({ width: 360, height: 780, locale, bypassCSP: true });
      allow(NOT_YET);
      await openDemoWallet(page, server.links.wallet_link);
      for (const screen of ['backup', 'recovery', 'devices', 'device', 'family', 'restore']) {
        await page.goto(`${server.url}/wallet/#${screen}`);
        await page.locator('h1').waitFor();
        await inspect(page, `${screen}, ${locale}`, wrongs);
      }
      const other = await open({ width: 360, height: 780, locale, bypassCSP: true });
      other.allow(NOT_YET);
      const link = await showDevice(other.page, server.url, 'Léa');
      await inspect(other.page, `join, ${locale}`, wrongs);
      await page.goto(`${server.url}/wallet/#${link.split('#')[1]}`);
      await named(page, 'admit-do').waitFor();
      await page.locator('input[name="may"][value="limited"]').check();
      await inspect(page, `admit, ${locale}`, wrongs);
    }
    assert.deepEqual(wrongs, [], wrongs.join('\n'));
  });
});
