// Being told while the wallet is closed: turned on by the person, a payment arrives, the push service gets an empty word in the node's
// name, and the worker shows it in the wallet's language; and mails, once the mailbox is proved. Chromium's own push service is on the
// internet: what stands in for it is its `subscribe`, with an address at a push service of the story's own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shoot } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { vapidOf, withPost } from './post.mjs';
import { confirmPayment, named, openDemoWallet } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** The browser subscribes at this push service. @param {Page} page @param {string} endpoint */
async function subscribesAt(page, endpoint) {
  await page.context().grantPermissions(['notifications', 'clipboard-write']);
  await page.addInitScript((address) => {
    if (!('PushManager' in globalThis)) return;
    PushManager.prototype.subscribe = async (/** @type {any} */ { applicationServerKey, userVisibleOnly }) => {
      /** @type {any} */ (globalThis).subscribed = { key: [...new Uint8Array(applicationServerKey)], userVisibleOnly };
      return /** @type {any} */ ({ endpoint: address, options: { applicationServerKey: new Uint8Array(applicationServerKey).buffer }, unsubscribe: async () => true });
    };
  }, endpoint);
}

/** @param {Page} page @param {string} url */
async function openNotices(page, url) {
  await page.goto(`${url}/wallet/#settings`);
  await named(page, 'row-notices').click();
  await named(page, 'push').waitFor();
}

/**
 * A push service wakes the wallet's worker, as the browser's own does; gives what the worker shows.
 * @param {Page} page of the same browser, and not the wallet
 * @param {string} origin
 */
async function wake(page, origin) {
  const devtools = await page.context().newCDPSession(page);
  /** @type {Promise<string>} */
  const registration = new Promise((resolve) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const found = registrations.find(({ scopeURL, isDeleted }) => scopeURL === `${origin}/wallet/` && !isDeleted);
      if (found) resolve(found.registrationId);
    });
  });
  await devtools.send('ServiceWorker.enable');
  await devtools.send('ServiceWorker.deliverPushMessage', { origin, registrationId: await registration, data: '' });
  await devtools.detach();
  const shown = () => page.evaluate(async () => {
    const worker = await navigator.serviceWorker.getRegistration('/wallet/');
    const notifications = (await worker?.getNotifications()) ?? [];
    const words = notifications.map(({ title, body, lang, dir, tag }) => ({ title, body, lang, dir, tag }));
    notifications.forEach((notification) => notification.close());
    return words;
  });
  for (;;) {
    const words = await shown();
    if (words.length > 0) return words;
    await page.waitForTimeout(50);
  }
}

test('a payment that arrives wakes the device, without a word of what, and only as long as the person wants', async () => {
  await withPost(async ({ server, open, push }) => {
    const { page: wallet } = await open({ worker: true });
    const { page: shop } = await open();
    await subscribesAt(wallet, `${push.url}/push/amel`);
    await openDemoWallet(wallet, server.links.wallet_link);
    await openDemoWallet(shop, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await openNotices(wallet, server.url);
    assert.equal(await named(wallet, 'push').getAttribute('data-state'), 'off', 'nothing is on by itself');
    await named(wallet, 'push-on').click();
    await wallet.locator('[data-name="push"][data-state="on"]').waitFor();
    const subscribed = await wallet.evaluate(() => /** @type {any} */ (globalThis).subscribed);
    assert.equal(subscribed.userVisibleOnly, true);
    await wallet.goto(`${server.url}/wallet/#receive`);
    const mine = await named(wallet, 'account').textContent();

    // The wallet is closed; another page of the browser is open.
    await wallet.goto(`${server.url}/`);
    assert.ok(mine);
    await shop.goto(`${server.url}/wallet/#to=${mine.replace(/\s/g, '')}`);
    await shop.locator('input[name="amount"]').fill('1,50');
    await named(shop, 'give-continue').click();
    await confirmPayment(shop);
    const word = await push.next();
    assert.deepEqual([word.path, word.body.length, word.headers['content-encoding']], ['/push/amel', 0, undefined]);
    const { claims, key } = vapidOf(word);
    assert.equal(claims.aud, push.url);
    assert.deepEqual([...Buffer.from(key, 'base64url')], subscribed.key, 'the key that the browser subscribed under');

    const [french, ...more] = await wake(wallet, server.url);
    assert.equal(more.length, 0);
    assert.deepEqual([french.body, french.lang, french.dir, french.tag], ['Il y a du nouveau dans votre portefeuille.', 'fr', 'ltr', 'news']);
    assert.doesNotMatch(`${french.title} ${french.body}`, /\d/, 'no amount');

    // In the language that is chosen now.
    await openNotices(wallet, server.url);
    await wallet.evaluate(async () => {
      const words = '/kit/i18n.js';
      await (await import(words)).setLanguage('ar');
    });
    await wallet.locator('html[dir="rtl"]').waitFor();
    await wallet.goto(`${server.url}/`);
    const [arabic] = await wake(wallet, server.url);
    assert.deepEqual([arabic.lang, arabic.dir], ['ar', 'rtl']);
    assert.match(arabic.body, /محفظتك/);

    await openNotices(wallet, server.url);
    await named(wallet, 'push-off').click();
    await wallet.locator('[data-name="push"][data-state="off"]').waitFor();
  });
});

test('mails come once the mailbox is proved with its code, and stop', async () => {
  await withPost(async ({ server, open, mail }) => {
    const { page: wallet, allow } = await open();
    allow(/status of 422/);
    await openDemoWallet(wallet, server.links.wallet_link);
    await openNotices(wallet, server.url);
    await wallet.locator('input[name="email"]').fill('amel@');
    await named(wallet, 'email-send').click();
    await wallet.locator('.field-fault').waitFor();
    await wallet.locator('input[name="email"]').fill('amel@belrive.example');
    await named(wallet, 'email-send').click();
    const letter = await mail.next();
    assert.equal(letter.to, 'amel@belrive.example');
    const code = /\b\d{6}\b/.exec(letter.text)?.[0] ?? '';
    const field = wallet.locator('input[name="email-code"]');
    await field.fill(code === '000000' ? '000001' : '000000');
    await named(wallet, 'email-confirm').click();
    await wallet.locator('.field-fault').waitFor();
    await field.fill(code);
    await named(wallet, 'email-confirm').click();
    await wallet.locator('[data-name="email"][data-state="on"]').waitFor();
    assert.match((await named(wallet, 'email-now').textContent()) ?? '', /a…@belrive\.example/);
    await named(wallet, 'email-off').click();
    await named(wallet, 'confirm').click();
    await wallet.locator('[data-name="email"][data-state="off"]').waitFor();
    assert.match((await mail.next()).text, /n’écrit plus à cette adresse/);
  });
});

test('the screen of notices is for everybody, in each of its states', async () => {
  /** @type {string[]} */
  const wrongs = [];
  await withPost(async ({ server, open, push, mail }) => {
    for (const [locale, width] of /** @type {const} */ ([['fr-FR', 360], ['ar', 360], ['fr-FR', 1280]])) {
      const { page, allow } = await open({ locale, width, bypassCSP: true, worker: true });
      const state = async (/** @type {string} */ name) => {
        await inspect(page, `notices, ${name}, ${locale}, ${width}`, wrongs);
        if (process.env.SHOTS) await shoot(page, `notices-${name}-${locale}-${width}`);
      };
      allow(/status of 4/);
      await subscribesAt(page, `${push.url}/push/${locale}-${width}`);
      await openDemoWallet(page, server.links.wallet_link);
      await openNotices(page, server.url);
      await state('off');
      await page.locator('input[name="email"]').fill('amel');
      await named(page, 'email-send').click();
      await page.locator('.field-fault').waitFor();
      await state('wrong-address');
      await page.locator('input[name="email"]').fill('amel@belrive.example');
      await named(page, 'email-send').click();
      const { text } = await mail.next();
      await page.locator('input[name="email-code"]').waitFor();
      await named(page, 'push-on').click();
      await page.locator('[data-name="push"][data-state="on"]').waitFor();
      await state('code');
      await page.locator('input[name="email-code"]').fill(/\b\d{6}\b/.exec(text)?.[0] ?? '');
      await named(page, 'email-confirm').click();
      await page.locator('[data-name="email"][data-state="on"]').waitFor();
      await state('on');
      await named(page, 'push-off').click();
      await page.locator('[data-name="push"][data-state="off"]').waitFor();
      await named(page, 'email-off').click();
      await named(page, 'confirm').click();
      await page.locator('[data-name="email"][data-state="off"]').waitFor();
      await mail.next();
    }
  });
  assert.deepEqual(wrongs, [], `\n${wrongs.join('\n')}`);
});
