// The pages as an app: they open with the network cut and the server stopped, an update comes whole or not at all, and takes no key.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstView } from './figures.mjs';
import { startFront } from './front.mjs';
import { openPage, withWorld } from './harness.mjs';
import { askForPayment, balanceOf, confirmPayment, named, openDemoWallet, openNewWallet, openTill } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** A version is fetched within a second; a machine with much to do takes longer. */
const GIVE_UP_MS = 60_000;
/** What the issue allows: the wallet without its reader of codes. */
const FIRST_VIEW_BYTES = 100_000;
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

test('the first view is small, every module that a page can load is on its list, and an old browser is told what it lacks', async () => {
  await withWorld(async ({ server, browser, open }) => {
    const { bytes, requests } = await firstView(browser, `${server.url}/wallet/`, '[data-name="open-wallet"]');
    console.log(`first view of the wallet: ${bytes} bytes in ${requests} requests`);
    assert.ok(requests > 20 && bytes < FIRST_VIEW_BYTES, `${bytes} bytes in ${requests} requests`);

    for (const name of ['wallet', 'till', 'verify']) {
      const { files } = await (await fetch(`${server.url}/${name}/files.json`)).json();
      const listed = new Set(files.map((/** @type {{path: string}} */ { path }) => path));
      const sources = new Map();
      for (const path of await reachable(server.url, `/${name}/${name}.js`, sources)) assert.ok(listed.has(path), `${name} can load ${path}`);
      const words = [...sources.values()].flatMap((source) => [...source.matchAll(/(?:startWords|moreWords)\(([^)]*)\)|words: \[([^\]]*)\]/g)])
        .flatMap(([, called, listing]) => [...(called ?? listing).matchAll(/'([\w-]+)'/g)].map(([, word]) => word));
      assert.ok(words.includes(name));
      for (const word of words) assert.ok(listed.has(`/kit/i18n/ar/${word}.js`), `${name} needs the words ${word}`);
      if (sources.has('/kit/scanner.js')) assert.ok(listed.has('/vendor/zxing-wasm/reader/zxing_reader.wasm'), `${name} reads codes`);
    }

    for (const [lack, word] of /** @type {const} */ ([['indexedDB', 'IndexedDB'], ['BigInt', 'BigInt'], ['TextDecoderStream', 'Streams']])) {
      const { page, allow } = await open();
      allow(/./);
      await page.addInitScript((name) => { Object.defineProperty(globalThis, name, { value: undefined }); }, lack);
      await page.goto(`${server.url}/wallet/`);
      const told = page.locator('#old-browser section');
      await told.first().waitFor();
      assert.deepEqual(await told.evaluateAll((parts) => parts.map((part) => `${part.getAttribute('lang')} ${part.getAttribute('dir')}`)), ['fr ltr', 'en ltr', 'eu ltr', 'ar rtl']);
      assert.ok((await told.first().textContent())?.includes(`Il lui manque : ${word}.`));
      assert.equal(await page.locator('#page').isVisible(), false);
    }
  });
});

/** Every module that a module can load, also later. @param {string} url @param {string} path @param {Map<string, string>} found sources by path */
async function reachable(url, path, found) {
  if (found.has(path)) return found.keys();
  found.set(path, '');
  const source = await (await fetch(url + path)).text();
  found.set(path, source);
  for (const [, to] of source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([./][^'"]+\.js)['"]/g)) await reachable(url, new URL(to, url + path).pathname, found);
  return found.keys();
}

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
