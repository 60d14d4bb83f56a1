// A payment across the counter, with both pages side by side: a real code on one screen, filmed by the other's camera.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import {
  askForPayment, balanceOf, confirmPayment, entryOnTill, named, openDemoWallet, openTill, scan, waitForBalance,
} from './stories.mjs';

test('a resident pays by scanning, the till turns to paid, and a partial refund comes back', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet } = await open();
    const { page: till } = await open({ width: 1280, height: 800 });
    await openDemoWallet(wallet, server.links.wallet_link);
    await openTill(till, server.links.till_link);
    const before = await balanceOf(wallet);

    await askForPayment(till, '350', 'Table 7');
    await scan(till, wallet, film, 350);
    assert.match((await wallet.locator('.order').textContent()) ?? '', /Table 7/, 'the reference goes with the request');
    const paidEntry = await confirmPayment(wallet);

    assert.equal(await entryOnTill(till), paidEntry, 'both show the same entry');
    const green = named(till, 'paid');
    assert.match((await green.textContent()) ?? '', /3,50/);
    assert.match((await green.textContent()) ?? '', /Table 7/);
    await named(green.page(), 'receipt').click();
    await named(till, 'receipt-view').locator('.facts').waitFor();
    await named(till, 'close-receipt').click();
    await named(till, 'next').click();

    await named(wallet, 'done').click();
    await waitForBalance(wallet, before - 350);

    await named(till, 'tab-day').click();
    await till.locator('[data-name="charge"][data-state="paid"]', { hasText: 'Table 7' }).click();
    await named(till, 'refund').click();
    await till.locator('input[name="refund-amount"]').fill('9,99');
    await named(till, 'refund-next').click();
    await till.locator('.field-fault').waitFor();
    await till.locator('input[name="refund-amount"]').fill('1,25');
    await named(till, 'refund-next').click();
    await named(till, 'confirm-refund').click();
    await named(till, 'refund-done').waitFor();
    await waitForBalance(wallet, before - 350 + 125);
    await till.locator('[data-name="charge"][data-state="paid"]', { hasText: '1,25' }).waitFor();
  });
});

test('an answer that is lost is shown as unknown, asked again, and paid exactly once', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet, allow } = await open();
    const { page: till } = await open({ width: 1280, height: 800 });
    await openDemoWallet(wallet, server.links.wallet_link);
    await openTill(till, server.links.till_link);
    const before = await balanceOf(wallet);
    await askForPayment(till, '200', 'Perdu');
    await scan(till, wallet, film, 200);

    allow(/ERR_CONNECTION_FAILED/);
    /** @type {(Buffer | null)[]} */
    const sent = [];
    /** @type {() => void} */
    let letThrough = () => {};
    const held = new Promise((resolve) => { letThrough = () => resolve(undefined); });
    await wallet.route('**/v1/transactions', async (route) => {
      sent.push(route.request().postDataBuffer());
      if (sent.length === 1) {
        const answer = await route.fetch();
        assert.equal(answer.status(), 200, 'the server has accepted the payment');
        await route.abort('connectionfailed');
      } else {
        await held;
        await route.continue();
      }
    });
    await named(wallet, 'pay-confirm').click();
    await assert.doesNotReject(wallet.waitForRequest('**/v1/transactions'));
    while (sent.length < 2) await wallet.waitForTimeout(50);
    await named(wallet, 'sending').waitFor();
    assert.equal(await named(wallet, 'verified').count(), 0, 'without an answer nothing is shown as done');
    letThrough();
    await named(wallet, 'verified').waitFor();
    assert.deepEqual(sent[1], sent[0], 'the same bytes were sent again');
    await entryOnTill(till);
    await named(wallet, 'done').click();
    await waitForBalance(wallet, before - 200);
  });
});

test('a link opened in a browser without a key says how to open the wallet', async () => {
  await withWorld(async ({ server, open }) => {
    const { page: till } = await open({ width: 1280, height: 800 });
    const { page: stranger } = await open();
    await openTill(till, server.links.till_link);
    const { link } = await askForPayment(till, '125', 'Lien');
    await stranger.goto(link);
    await stranger.locator('[data-name="order-amount"][data-cents="125"]').waitFor();
    await named(stranger, 'no-wallet').waitFor();
    assert.equal(await named(stranger, 'pay-confirm').count(), 0, 'without a key there is nothing to confirm');
    assert.ok(await stranger.locator('a[href="#welcome"]').isVisible());
  });
});
