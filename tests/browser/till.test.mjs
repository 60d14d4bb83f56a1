// The life of a till: it joins a shop, takes payments, meets a payment that it did not expect, and is switched off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import {
  askForPayment, askWithoutNetwork, balanceOf, confirmPayment, named, openDemoWallet, openTill, scan, waitForBalance,
} from './stories.mjs';

test('a merchant adds a till with a one-time code and switches it off', async () => {
  await withWorld(async ({ server, open }) => {
    const { page: merchant } = await open();
    const { page: till, allow } = await open({ width: 1280, height: 800 });
    // A till that is not confirmed yet, or no more, is refused: the browser notes each refusal.
    allow(/status of 40[134] .*\/(v1\/sign-in|pos\/v1\/)/s);

    await openDemoWallet(merchant, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await named(merchant, 'tills').click();
    await named(merchant, 'till-add').click();
    const code = ((await named(merchant, 'enrol-code').textContent()) ?? '').trim();
    assert.match(code, /^[A-Z0-9]{4}-[A-Z0-9]{4}$/);

    await till.goto(`${server.url}/till/`);
    await till.locator('input[name="code"]').fill('ZZZZ-ZZZZ');
    await named(till, 'enrol').click();
    await till.locator('.field-fault').waitFor();
    await till.locator('input[name="code"]').fill(code.toLowerCase().replace('-', ' '));
    await till.locator('input[name="label"]').fill('Marché du samedi');
    await named(till, 'enrol').click();
    await named(till, 'waiting').waitFor();

    await named(merchant, 'till-claimed').waitFor();
    const claimed = (await named(merchant, 'till-claimed').textContent()) ?? '';
    assert.match(claimed, /Marché du samedi/);
    const fingerprint = ((await named(till, 'waiting').locator('.code').textContent()) ?? '').trim();
    assert.ok(claimed.includes(fingerprint), 'both show the same fingerprint of the key');
    await named(merchant, 'till-confirm').click();

    await named(till, 'ask').waitFor();
    await askForPayment(till, '300', 'Premier client');

    const row = merchant.locator('li', { hasText: 'Marché du samedi' });
    await row.locator('[data-name="revoke"]').click();
    await row.locator('[data-name="revoke"]').waitFor({ state: 'detached' });
    await named(till, 'revoked').waitFor();
    await till.reload();
    await named(till, 'revoked').waitFor();
  });
});

test('a payment for a cancelled request shows as unexpected and is given back in one tap', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet } = await open();
    const { page: till } = await open({ width: 1280, height: 800 });
    await openDemoWallet(wallet, server.links.wallet_link);
    await openTill(till, server.links.till_link);
    const before = await balanceOf(wallet);
    await askForPayment(till, '480', 'Annulé');
    await scan(till, wallet, film, 480);
    await named(till, 'cancel-charge').click();
    await named(till, 'cancelled').waitFor();

    const entry = await confirmPayment(wallet);
    assert.equal(await named(till, 'paid').count(), 0, 'a cancelled request never turns to paid');
    await named(till, 'new').click();
    await named(till, 'tab-day').click();
    const payment = till.locator(`[data-name="unexpected"] [data-sequence="${entry}"]`);
    await payment.locator('[data-name="give-back"]').click();
    await payment.locator('[data-name="refund-done"]').waitFor();
    await named(wallet, 'done').click();
    await waitForBalance(wallet, before);
    await payment.locator('[data-name="give-back"]').waitFor({ state: 'detached' });
  });
});

test('a till without network does not pretend, and announces its request when the network is back', async () => {
  await withWorld(async ({ server, open }) => {
    const { page: till, offline, allow } = await open();
    allow(/ERR_INTERNET_DISCONNECTED/);
    await openTill(till, server.links.till_link);
    await named(till, 'tab-day').click();
    await named(till, 'totals').waitFor();
    await offline(true);
    await till.locator('[data-name="link"][data-state="down"]').waitFor();
    await named(till, 'tab-counter').click();
    await askWithoutNetwork(till, '5', 'Sans réseau');
    assert.equal(await named(till, 'paid').count(), 0);
    await offline(false);
    await till.locator('[data-name="request"][data-step="open"]').waitFor({ timeout: 60_000 });
  });
});
