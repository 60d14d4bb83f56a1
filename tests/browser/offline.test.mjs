// Paying with the network really cut: on the payer's side, on the shop's, and on both with the server stopped. What is not certain is
// never shown as paid, and what was taken arrives once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startServer, withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import {
  BACK_MS, CUT, askForPayment, askWithoutNetwork, confirmPayment, entryOnTill, named, openDemoWallet, openReadyTill, openReadyWallet, openTill, scan, signAndShow, tillScans,
  waitForBalance,
} from './stories.mjs';

test('a payer without network shows a signed order, the till sends it, and it counts once', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet, allow, offline } = await open({ worker: true });
    const { page: till } = await open({ width: 1280, height: 800 });
    allow(CUT);
    const before = await openReadyWallet(wallet, server.links.wallet_link);
    await openTill(till, server.links.till_link);
    await askForPayment(till, '350', 'Table 7');
    await offline(true);
    await wallet.reload();
    await waitForBalance(wallet, before);
    await scan(till, wallet, film, 350);
    await signAndShow(wallet);
    assert.equal(await named(wallet, 'verified').count(), 0, 'signed is not paid');
    await tillScans(till, wallet.locator('[data-name="apart-code"] .qr'), film);
    const entry = await entryOnTill(till);

    await named(wallet, 'apart-accepted').click();
    await waitForBalance(wallet, before - 350);
    await named(wallet, 'reserved').waitFor();
    await offline(false);
    await named(wallet, 'reserved').waitFor({ state: 'detached', timeout: BACK_MS });
    await wallet.locator(`a.row[data-sequence="${entry}"]`).waitFor({ timeout: BACK_MS });
    await waitForBalance(wallet, before - 350);
    assert.equal(await named(wallet, 'waiting').count(), 0, 'nothing waits any more');
  });
});

test('an order that was not used stays set aside until its end', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet, allow, offline } = await open({ worker: true });
    const { page: till } = await open({ width: 1280, height: 800 });
    allow(CUT);
    allow(/status of 404 .*\/v1\/transactions\//s);
    const before = await openReadyWallet(wallet, server.links.wallet_link);
    await openTill(till, server.links.till_link);
    await askForPayment(till, '200', 'Table 8');
    await offline(true);
    await wallet.locator('.offline-strip').waitFor();
    await scan(till, wallet, film, 200);
    await signAndShow(wallet);
    await named(wallet, 'apart-unused').click();
    await named(wallet, 'apart-unused-view').waitFor();
    await wallet.goto(`${server.url}/wallet/#`);
    await waitForBalance(wallet, before - 200);
    const asked = wallet.waitForResponse((response) => response.url().includes('/v1/transactions/'));
    await offline(false);
    assert.equal((await asked).status(), 404);
    await wallet.locator('[data-signed="unused"]').waitFor();
    await waitForBalance(wallet, before - 200);
    // The shop had scanned it after all: then it is what it is, and no unit is lost or doubled.
    await wallet.locator('[data-signed="unused"]').click();
    await named(wallet, 'apart-accepted').click();
    await entryOnTill(till);
    await named(wallet, 'reserved').waitFor({ state: 'detached' });
    await waitForBalance(wallet, before - 200);
  });
});

test('a till without network verifies the receipt on the customer\u2019s phone, and no other receipt', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet } = await open();
    const { page: till, allow, offline } = await open({ width: 1280, height: 800, worker: true });
    allow(CUT);
    await openDemoWallet(wallet, server.links.wallet_link);
    await openReadyTill(till, server.links.till_link);
    await offline(true);
    await till.reload();
    await till.locator('[data-name="link"][data-state="down"]').waitFor();
    await askWithoutNetwork(till, '420', 'Marché');
    await scan(till, wallet, film, 420);
    const entry = await confirmPayment(wallet);
    await named(wallet, 'receipt-code').locator('summary').click();
    const code = wallet.locator('[data-name="receipt-code"] .qr');
    await tillScans(till, code, film);
    assert.equal(await entryOnTill(till), entry);
    assert.match((await named(till, 'paid').textContent()) ?? '', /sans réseau/);
    await named(till, 'next').click();

    await askWithoutNetwork(till, '420', 'Encore');
    await tillScans(till, code, film);
    await till.locator('[data-name="scan-aside"] .banner.danger').waitFor();
    assert.equal(await named(till, 'paid').count(), 0, 'the same receipt pays no second request');
    await named(till, 'aside-back').click();
    await named(till, 'cancel-charge').click();

    await offline(false);
    await named(till, 'tab-day').click();
    await till.locator('[data-name="charge"][data-state="paid"]', { hasText: 'Marché' }).waitFor({ timeout: BACK_MS });
    await till.locator('[data-name="taken-row"][data-state="proved"]').waitFor();
    assert.equal(await named(till, 'unexpected').count(), 0, 'the payment found its request');
  });
});

test('with the server stopped the shop takes an order at its own risk, and it is confirmed once the server is back', async () => {
  await withWorld(async ({ server, film, directory, open }) => {
    const { page: wallet, allow } = await open({ worker: true });
    const { page: till, allow: allowTill } = await open({ width: 1280, height: 800, worker: true });
    allow(CUT);
    allowTill(CUT);
    const before = await openReadyWallet(wallet, server.links.wallet_link);
    await openReadyTill(till, server.links.till_link);
    await server.stop();
    await wallet.reload();
    await waitForBalance(wallet, before);
    await till.reload();
    await askWithoutNetwork(till, '530', 'Panne');
    await scan(till, wallet, film, 530);
    await signAndShow(wallet);
    await tillScans(till, wallet.locator('[data-name="apart-code"] .qr'), film);
    await named(till, 'order-doubt').waitFor();
    assert.match((await named(till, 'order-doubt').textContent()) ?? '', /perte est pour votre commerce/, 'who bears the loss is said before');
    await named(till, 'order-take').click();
    await named(till, 'taken').waitFor();
    assert.equal(await named(till, 'paid').count(), 0, 'never green');
    await till.reload();
    await till.locator('[data-name="uncertain"][data-cents="530"]').waitFor();
    await named(wallet, 'apart-accepted').click();
    await waitForBalance(wallet, before - 530);

    const again = await startServer(directory, [], new URL(server.url).host);
    try {
      await named(till, 'uncertain').waitFor({ state: 'detached', timeout: BACK_MS });
      await named(till, 'tab-day').click();
      await till.locator('[data-name="taken-row"][data-state="confirmed"]').waitFor();
      await till.locator('[data-name="charge"][data-state="paid"]', { hasText: 'Panne' }).waitFor();
      await named(wallet, 'reserved').waitFor({ state: 'detached', timeout: BACK_MS });
      await waitForBalance(wallet, before - 530);
      await wallet.locator('a.row[data-sequence]', { hasText: '5,30' }).waitFor();
      assert.equal(await wallet.locator('a.row[data-sequence]', { hasText: '5,30' }).count(), 1, 'paid once, though both sent it');
    } finally {
      await again.stop();
    }
  });
});

test('a request that was shown before the cut is replaced by one that outlasts it, and the sale is paid once', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet, allow, offline } = await open({ worker: true });
    const { page: till, allow: allowTill, offline: tillOffline } = await open({ width: 1280, height: 800, worker: true });
    for (const permit of [allow, allowTill]) {
      permit(CUT);
      permit(/status of 404 .*\/v1\/transactions\//s);
    }
    const before = await openReadyWallet(wallet, server.links.wallet_link);
    await openReadyTill(till, server.links.till_link);
    await askForPayment(till, '310', 'Coupure');
    await offline(true);
    await tillOffline(true);
    await till.locator('[data-name="link"][data-state="down"]').waitFor();
    await wallet.locator('.offline-strip').waitFor();
    await scan(till, wallet, film, 310);
    await signAndShow(wallet);
    await tillScans(till, wallet.locator('[data-name="apart-code"] .qr'), film);
    await named(till, 'order-hindered').waitFor();
    assert.equal(await named(till, 'order-take').count(), 0, 'an order of minutes is not taken at risk');
    await named(till, 'ask-anew').click();
    await named(till, 'asked-anew').waitFor();
    await named(wallet, 'apart-unused').click();
    await named(wallet, 'apart-unused-view').waitFor();
    await wallet.goto(`${server.url}/wallet/#`);
    await waitForBalance(wallet, before - 310);
    await scan(till, wallet, film, 310);
    await signAndShow(wallet);
    await tillScans(till, wallet.locator('[data-name="apart-code"] .qr'), film);
    await named(till, 'order-take').click();
    await named(till, 'taken').waitFor();
    await named(till, 'next').click();
    await tillOffline(false);
    await till.locator('[data-name="link"][data-state="up"]').waitFor({ timeout: BACK_MS });
    await named(till, 'tab-day').click();
    await till.locator('[data-name="taken-row"][data-state="waiting"]').waitFor();
    assert.equal(await named(till, 'unexpected').count(), 0, 'nothing was paid twice');
  });
});

test('an order that the balance no longer covers is refused, and both sides say so', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet, allow, offline } = await open({ worker: true });
    const { page: other } = await open();
    const { page: till, allow: allowTill, offline: tillOffline } = await open({ width: 1280, height: 800, worker: true });
    for (const permit of [allow, allowTill]) {
      permit(CUT);
      permit(/status of 4\d\d .*\/v1\/transactions/s);
    }
    await openDemoWallet(other, `${server.url}/wallet/#demo=${server.links.resident_seed}`);
    const before = await openReadyWallet(wallet, server.links.wallet_link);
    await openReadyTill(till, server.links.till_link);
    await offline(true);
    await tillOffline(true);
    await till.locator('[data-name="link"][data-state="down"]').waitFor();
    await wallet.locator('.offline-strip').waitFor();
    const cents = Math.min(before, 3_000);
    await askWithoutNetwork(till, String(cents), 'Trop');
    await scan(till, wallet, film, cents);
    await signAndShow(wallet);
    await tillScans(till, wallet.locator('[data-name="apart-code"] .qr'), film);
    await named(till, 'order-take').click();
    await named(till, 'taken').waitFor();
    await named(till, 'next').click();
    await named(wallet, 'apart-accepted').click();
    // Somebody else with a key of the same account was faster.
    for (let left = before; left > 0;) {
      const part = Math.min(left, 10_000);
      await other.goto(`${server.url}/wallet/#to=${server.links.shop_account}`);
      await other.locator('input[name="amount"]').fill((part / 100).toFixed(2));
      await named(other, 'give-continue').click();
      await confirmPayment(other);
      left -= part;
    }
    await tillOffline(false);
    await named(till, 'tab-day').click();
    await till.locator('[data-name="taken-row"][data-state="refused"]').waitFor({ timeout: BACK_MS });
    assert.match((await named(till, 'taken-list').textContent()) ?? '', /perte pour le commerce/);
    await offline(false);
    await named(wallet, 'waiting').locator('.row-icon.danger').waitFor({ timeout: BACK_MS });
    await waitForBalance(wallet, 0);
  });
});

for (const locale of ['fr-FR', 'ar']) {
  test(`the screens of paying without network, in ${locale}`, async () => {
    /** @type {string[]} */
    const wrongs = [];
    await withWorld(async ({ server, film, open }) => {
      const small = { width: 360, height: 780, locale, bypassCSP: true, worker: true };
      const { page: wallet, allow, offline } = await open(small);
      const { page: till, allow: allowTill, offline: tillOffline } = await open(small);
      allow(CUT);
      allowTill(CUT);
      await openReadyWallet(wallet, server.links.wallet_link);
      await openReadyTill(till, server.links.till_link);
      await offline(true);
      await tillOffline(true);
      await wallet.locator('.offline-strip').waitFor();
      await till.locator('[data-name="link"][data-state="down"]').waitFor();
      await askWithoutNetwork(till, '640', 'Axe');
      await inspect(till, `till, request without network, ${locale}`, wrongs);
      await scan(till, wallet, film, 640);
      await inspect(wallet, `wallet, to pay without network, ${locale}`, wrongs);
      await named(wallet, 'pay-apart').click();
      await named(wallet, 'apart-words').waitFor();
      await inspect(wallet, `wallet, before signing, ${locale}`, wrongs);
      await named(wallet, 'apart-sign').click();
      await named(wallet, 'apart-code').waitFor();
      await inspect(wallet, `wallet, order, ${locale}`, wrongs);
      await tillScans(till, wallet.locator('[data-name="apart-code"] .qr'), film);
      await named(till, 'order-doubt').waitFor();
      await inspect(till, `till, doubt, ${locale}`, wrongs);
      await named(till, 'order-take').click();
      await named(till, 'taken').waitFor();
      await inspect(till, `till, taken, ${locale}`, wrongs);
      await named(till, 'next').click();
      await named(till, 'uncertain').waitFor();
      await inspect(till, `till, counter with what is uncertain, ${locale}`, wrongs);
      await named(till, 'tab-day').click();
      await named(till, 'taken-list').waitFor();
      await inspect(till, `till, day without network, ${locale}`, wrongs);
      await named(wallet, 'apart-unused').click();
      await named(wallet, 'apart-unused-view').waitFor();
      await inspect(wallet, `wallet, order not used, ${locale}`, wrongs);
      await wallet.goto(`${server.url}/wallet/#`);
      await named(wallet, 'reserved').waitFor();
      await inspect(wallet, `wallet, home with what is set aside, ${locale}`, wrongs);
    });
    assert.equal(wrongs.length, 0, wrongs.join('\n'));
  });
}
