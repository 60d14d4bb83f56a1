// The pages as an app: they open with the network cut and the server stopped, an update comes whole or not at all, and takes no key.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFront } from './front.mjs';
import { openPage, withWorld } from './harness.mjs';
import { askForPayment, balanceOf, confirmPayment, named, openDemoWallet, openNewWallet, openTill } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** A version is fetched within a second; a machine with much to do takes longer. */
const GIVE_UP_MS = 60_000;
const CUT = /ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|FAILED)/;

/** What the page keeps: its newest version, and how many files lie in its cache. @param {Page} page @param {string} folder */
function keptBy(page, folder) {
  return page.evaluate(async (name) => {
    const cache = await caches.open(`liard-${name}-files`);
    const version = await (await cache.match(`/${name}/kept/newest`))?.text();
    const paths = (await cache.keys()).map(({ url }) => new URL(url)).map(({ pathname, search }) => pathname + search);
    return { version: version ?? null, versions: paths.filter((path) => path.includes('/kept/version/')).length, paths };
  }, folder);
}

/** Waits until another version than this one is kept. @param {Page} page @param {string} folder @param {string | null} [than] */
async function untilKept(page, folder, than = null) {
  const deadline = Date.now() + GIVE_UP_MS;
  for (;;) {
    assert.ok(Date.now() < deadline, `no other version of ${folder} than ${than} was kept`);
    const kept = await keptBy(page, folder);
    if (kept.version !== null && kept.version !== than) return kept;
    await page.waitForTimeout(50);
  }
}

test('the wallet opens with its last state, network cut and server stopped, and every screen of it', async () => {
  await withWorld(async ({ server, open }) => {
    const { page, allow, offline } = await open({ worker: true });
    await openDemoWallet(page, server.links.wallet_link);
    const balance = await balanceOf(page);
    const { paths } = await untilKept(page, 'wallet');
    assert.ok(paths.every((path) => /^\/(wallet|kit|vendor)\//.test(path)), 'nothing but pages is kept');
    await page.locator('a.row[data-sequence]').first().waitFor();
    allow(CUT);
    allow(/ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED/);
    await server.stop();
    await offline(true);
    await page.reload();
    await named(page, 'balance').waitFor();
    assert.equal(await balanceOf(page), balance);
    assert.match((await page.locator('.purse-note').textContent()) ?? '', /^Solde vu le .*\d{2}:\d{2}$/, 'marked with its time');
    await page.locator('.offline-strip').waitFor();
    const [screens, notLoaded] = await page.evaluate(async () => {
      const [module, words] = ['/wallet/screens.js', '/kit/i18n.js'];
      return [/** @type {string[]} */ ((await import(module)).screenNames()), /** @type {string} */ ((await import(words)).t('error.unexpected'))];
    });
    assert.ok(screens.length > 6);
    for (const screen of ['give', 'receive', 'history', ...screens]) {
      await page.goto(`${server.url}/wallet/#${screen}`);
      await page.locator('main h1').waitFor();
      assert.equal(await page.locator('main', { hasText: notLoaded }).count(), 0, `${screen} could be loaded`);
    }
  });
});

test('an update comes whole, is given to pages that are opened then, and takes neither key nor payment', async () => {
  await withWorld(async ({ server, browser }) => {
    const front = await startFront(server.url);
    const watched = await openPage(browser, front.url, { worker: true });
    const { page } = watched;
    const marked = () => page.evaluate(() => document.documentElement.dataset.release ?? 'first');
    try {
      await openNewWallet(page, front.url);
      const first = await untilKept(page, 'wallet');
      assert.equal(first.versions, 1);
      const account = await keyOf(page);

      // The next release changes the page, a module, and the worker itself.
      await front.release({
        '/wallet/wallet.js': (text) => `document.documentElement.dataset.release = 'second';\n${text}`,
        '/wallet/receive.js': (text) => `${text}\n// second`,
        '/kit/keep-worker.js': (text) => `${text}\n// second`,
      });
      front.asked.length = 0;
      await page.reload();
      await named(page, 'balance').waitFor();
      assert.equal(await marked(), 'first', 'the page that was kept is shown at once');
      const second = await untilKept(page, 'wallet', first.version);
      assert.equal(await marked(), 'first', 'and stays what it is while it is open');
      const fetched = front.asked.filter((path) => /^\/(kit|vendor|wallet)\/.*\.(js|css|wasm)$/.test(path) && !path.endsWith('worker.js'));
      assert.deepEqual(fetched.sort(), ['/wallet/receive.js', '/wallet/wallet.js'], 'only what has changed is fetched');

      await page.reload();
      await named(page, 'balance').waitFor();
      assert.equal(await marked(), 'second');
      assert.equal(await keyOf(page), account, 'the key is where it was');

      // A release that does not come whole is none.
      await front.release({ '/wallet/wallet.js': (text) => `document.documentElement.dataset.release = 'third';\n${text}` });
      front.lie('/wallet/wallet.js');
      for (const _ of [1, 2]) {
        const asked = page.waitForResponse((response) => response.url().endsWith('/v1/ledger'));
        await page.reload();
        await asked;
        await named(page, 'balance').waitFor();
        assert.equal(await marked(), 'second');
      }
      assert.equal((await keptBy(page, 'wallet')).version, second.version);

      // Once it comes whole it takes the place, and what only older ones needed is gone.
      await front.release({ '/wallet/wallet.js': (text) => `document.documentElement.dataset.release = 'third';\n${text}` });
      await page.reload();
      await untilKept(page, 'wallet', second.version);
      await page.reload();
      await named(page, 'balance').waitFor();
      assert.equal(await marked(), 'third');
      assert.equal(await keyOf(page), account);
      // The page before was still there when this one was opened; the next one sorts.
      await page.reload();
      for (let wait = 0; (await keptBy(page, 'wallet')).versions > 1 && wait < GIVE_UP_MS; wait += 50) await page.waitForTimeout(50);
      const { paths } = await keptBy(page, 'wallet');
      assert.equal(paths.filter((path) => path.startsWith('/wallet/wallet.js?')).length, 1);

      // A payment with the key of a demo resident, from the page of the third release.
      await page.goto(server.links.wallet_link.replace(server.url, front.url));
      await named(page, 'demo-use').click();
      await named(page, 'confirm').click();
      await page.locator('[data-name="balance"]:not([data-cents="0"])').waitFor();
      const { page: till, verify } = await openPage(browser, server.url);
      await openTill(till, server.links.till_link);
      const charge = await askForPayment(till, '120', 'Pain');
      await page.goto(`${front.url}/wallet/#${charge.link.split('#')[1]}`);
      await confirmPayment(page);
      await named(till, 'paid').waitFor();
      verify();
      watched.verify();
    } finally {
      await front.stop();
    }
  });
});

/** The public half of the key that the wallet keeps. @param {Page} page @returns {Promise<string>} */
function keyOf(page) {
  return page.evaluate(() => new Promise((resolve) => {
    const asked = indexedDB.open('liard');
    asked.onsuccess = () => {
      const all = asked.result.transaction('wallets').objectStore('wallets').getAll();
      all.onsuccess = () => resolve(all.result.map((wallet) => wallet.key).join());
    };
  }));
}
