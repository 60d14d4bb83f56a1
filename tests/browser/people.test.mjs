// Between people: a request that is shown or shared is paid once; somebody who was paid becomes a contact; a shop gets a tip.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filmElement, withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { askForPayment, balanceOf, confirmPayment, named, openDemoWallet, openTill, scan, waitForBalance } from './stories.mjs';

test('a request between people is scanned, paid once, pending until it arrives, and the person becomes a contact', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: asker } = await open();
    const { page: payer } = await open();
    const { page: twin, allow } = await open();
    allow(/status of 4\d\d .*\/v1\/transactions/s);
    await openDemoWallet(asker, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await openDemoWallet(payer, server.links.wallet_link);
    const before = await balanceOf(payer);
    await named(asker, 'receive').click();
    await asker.locator('input[name="ask-amount"]').fill('3,20');
    await asker.locator('input[name="ask-note"]').fill('Ma part du repas');
    await named(asker, 'ask-make').click();
    const request = asker.locator('[data-name="ask"]');
    await asker.locator('[data-name="ask"][data-state="open"]').waitFor();

    await filmElement(request.locator('.qr'), film);
    await named(payer, 'scan').click();
    await payer.locator('[data-name="order-amount"][data-cents="320"]').waitFor();
    assert.match((await payer.locator('.order').textContent()) ?? '', /Ma part du repas/);
    await named(payer, 'unchecked').waitFor();
    assert.equal(await payer.locator('.order-proof').count(), 0, 'nobody vouches for the name');
    const link = payer.url();
    const entry = await confirmPayment(payer);
    await asker.locator('[data-name="ask"][data-state="paid"]').waitFor();

    // The same link again is the same payment; from a browser that does not know of it, it is refused.
    await named(payer, 'keep-contact').click();
    await payer.locator('input[name="contact-name"]').fill('Camille');
    await named(payer, 'contact-save').click();
    await named(payer, 'contacts').getByText('Camille').waitFor();
    await payer.goto(link);
    await named(payer, 'verified').waitFor();
    assert.equal(await named(payer, 'pay-confirm').count(), 0);
    await openDemoWallet(twin, server.links.wallet_link);
    await twin.goto(link);
    await named(twin, 'pay-confirm').click();
    await named(twin, 'refused').waitFor();

    await payer.goto(`${server.url}/wallet/#give`);
    await named(payer, 'give-contacts').getByRole('button', { name: 'Camille' }).click();
    await payer.locator('input[name="amount"]').fill('1');
    await named(payer, 'give-continue').click();
    assert.match((await payer.locator('.order').textContent()) ?? '', /Camille/);
    assert.notEqual(await confirmPayment(payer), entry);
    await payer.goto(`${server.url}/wallet/#`);
    await waitForBalance(payer, before - 320 - 100);
    await payer.locator('a.row[data-sequence]', { hasText: 'Camille' }).first().waitFor();
    await payer.reload();
    await payer.locator('a.row[data-sequence]', { hasText: 'Camille' }).first().waitFor();
  });
});

test('after paying a shop a tip is a payment of its own', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet } = await open();
    const { page: till } = await open({ width: 1280, height: 800 });
    await openDemoWallet(wallet, server.links.wallet_link);
    await openTill(till, server.links.till_link);
    const before = await balanceOf(wallet);
    await askForPayment(till, '350', 'Table 3');
    await scan(till, wallet, film, 350);
    await confirmPayment(wallet);
    await named(till, 'paid').waitFor();
    await named(wallet, 'tip').click();
    await named(wallet, 'tip-50').click();
    await wallet.locator('[data-name="order-amount"][data-cents="50"]').waitFor();
    const tip = await confirmPayment(wallet);
    await named(wallet, 'done').click();
    await waitForBalance(wallet, before - 400);
    await named(till, 'next').click();
    await named(till, 'tab-day').click();
    await till.locator(`[data-name="unexpected"] [data-sequence="${tip}"]`).waitFor();
  });
});

for (const locale of ['fr-FR', 'ar']) {
  test(`requests between people and contacts, in ${locale}`, async () => {
    /** @type {string[]} */
    const wrongs = [];
    await withWorld(async ({ server, open }) => {
      const small = { width: 360, height: 780, locale, bypassCSP: true };
      const { page: wallet } = await open(small);
      const { page: payer } = await open(small);
      await openDemoWallet(wallet, server.links.wallet_link);
      await named(wallet, 'receive').click();
      await wallet.locator('input[name="ask-amount"]').fill('3');
      await inspect(wallet, `wallet, receive, ${locale}`, wrongs);
      await named(wallet, 'ask-make').click();
      await named(wallet, 'ask').waitFor();
      await inspect(wallet, `wallet, my request, ${locale}`, wrongs);
      await named(wallet, 'ask-back').click();
      await named(wallet, 'asks').waitFor();
      await inspect(wallet, `wallet, my requests, ${locale}`, wrongs);
      const link = await wallet.evaluate(async () => {
        const module = '/wallet/asks.js';
        return /** @type {string} */ ((await import(module)).asks.value[0].link);
      });
      await openDemoWallet(payer, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
      await payer.goto(link);
      await named(payer, 'unchecked').waitFor();
      await inspect(payer, `wallet, request of a person, ${locale}`, wrongs);
      for (const screen of ['contacts', `contact=${server.links.shop_account}`]) {
        await wallet.goto(`${server.url}/wallet/#${screen}`);
        await wallet.locator('main h1').waitFor();
        await inspect(wallet, `wallet, ${screen}, ${locale}`, wrongs);
      }
      await wallet.locator('input[name="contact-name"]').fill('Camille');
      await named(wallet, 'contact-save').click();
      await named(wallet, 'contacts').waitFor();
      await inspect(wallet, `wallet, contacts with one, ${locale}`, wrongs);
    });
    assert.equal(wrongs.length, 0, wrongs.join('\n'));
  });
}
