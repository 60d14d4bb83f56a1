// A café with two cashiers at one till: each signs in with a PIN, sells and gives back under a key and rights of their own. The owner
// lets them in, and one is removed in the middle of the day.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { askForPayment, confirmPayment, entryOnTill, letIn, named, openDemoWallet, openTill, signIn, signedIn, typePin } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** Pays what the till asks for, by its link. @param {Page} wallet @param {string} url @param {{link: string}} charge */
async function pays(wallet, url, { link }) {
  await wallet.goto(`${url}/wallet/#${link.split('#')[1]}`);
  await named(wallet, 'order-amount').waitFor();
  return confirmPayment(wallet);
}

test('two cashiers work at one till, each with a PIN, a key and rights of their own', async () => {
  await withWorld(async ({ server, open }) => {
    const { page: owner } = await open({ bypassCSP: true });
    const { page: wallet } = await open();
    const { page: till, allow } = await open({ width: 1280, height: 800, bypassCSP: true });
    // A cashier who is not confirmed yet, or no more, is refused: the browser notes each refusal.
    allow(/status of 40[134] .*\/(v1\/sign-in|pos\/v1\/)/s);
    /** @type {string[]} */
    const wrongs = [];
    await openDemoWallet(wallet, server.links.wallet_link);
    await openDemoWallet(owner, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await named(owner, 'tills').click();
    await named(owner, 'cashier-add').waitFor();
    await openTill(till, server.links.till_link);

    await named(till, 'tab-more').click();
    await named(till, 'row-people').click();
    await inspect(till, 'nobody works at the till yet', wrongs);
    await named(till, 'cashier-add').click();
    await inspect(till, 'a new cashier', wrongs);
    await letIn(owner, till, { name: 'Maite', pin: '4711', rights: ['refund'] });
    await inspect(owner, 'tills and cashiers in the wallet', wrongs);
    await named(till, 'tab-more').click();
    await named(till, 'row-people').click();
    await named(till, 'cashier-add').click();
    await letIn(owner, till, { name: 'Amina', pin: '08154', rights: [] });

    // Amina is at the till: she sells, and gives nothing back.
    await named(till, 'tab-counter').click();
    const tea = await askForPayment(till, '320', 'Thé');
    await pays(wallet, server.url, tea);
    const teaEntry = await entryOnTill(till);
    await named(till, 'next').click();
    await named(till, 'tab-day').click();
    await named(till, 'charge').filter({ hasText: 'Thé' }).click();
    await named(till, 'detail').waitFor();
    assert.equal(await named(till, 'refund').count(), 0, 'Amina may not give back');
    await named(till, 'may-not-refund').waitFor();
    await inspect(till, 'a payment that this cashier may not give back', wrongs);

    await named(till, 'cashier-here').click();
    await named(till, 'locked').waitFor();
    // The page is loaded again: nobody is signed in, and nothing can be asked.
    await till.reload();
    await named(till, 'locked').waitFor();
    await inspect(till, 'who is at the till', wrongs);
    assert.equal(await named(till, 'ask').count(), 0, 'nobody sells before signing in');
    assert.equal(await named(till, 'tab-day').count(), 0);
    await named(till, 'cashier').filter({ hasText: 'Maite' }).click();
    await typePin(till, '1111');
    await till.locator('[data-name="pin-wrong"][data-left="4"]').waitFor();
    await inspect(till, 'a wrong PIN', wrongs);
    await typePin(till, '4711');
    await signedIn(till, 'Maite');

    // Maite sells under her own key, and gives back what Amina took.
    const coffee = await askForPayment(till, '210', 'Café');
    assert.notEqual(coffee.till, tea.till, 'each asks with a key of her own');
    await pays(wallet, server.url, coffee);
    await entryOnTill(till);
    await named(till, 'next').click();
    await named(till, 'tab-day').click();
    await named(till, 'charge').filter({ hasText: 'Thé' }).click();
    await named(till, 'refund').click();
    await till.locator('input[name="refund-amount"]').fill('1,20');
    await named(till, 'refund-next').click();
    await named(till, 'refund-rule').waitFor();
    assert.match((await named(till, 'refund-rule').textContent()) ?? '', /bonus/i, 'what becomes of a bonus is said before');
    await inspect(till, 'before giving back', wrongs);
    await named(till, 'confirm-refund').click();
    await named(till, 'refund-done').waitFor();
    assert.ok(teaEntry > 0);

    // One tap and a PIN, and the other is at the till.
    await named(till, 'cashier-here').click();
    await signIn(till, 'Amina', '08154');
    await named(till, 'cashier-here').click();

    // Too many wrong PINs: a pause, that a page that is loaded again does not end.
    await named(till, 'cashier').filter({ hasText: 'Amina' }).click();
    for (let wrong = 0; wrong < 5; wrong += 1) await typePin(till, '9999').catch(() => undefined);
    await named(till, 'pin-pause').waitFor();
    await till.reload();
    await named(till, 'cashier').filter({ hasText: 'Amina' }).click();
    await typePin(till, '08154');
    await named(till, 'pin-pause').waitFor();
    await named(till, 'other-cashier').click();

    // The owner removes Maite: her PIN opens nothing any more.
    await owner.locator('[data-kind="cashier"]').filter({ hasText: 'Maite' }).locator('[data-name="revoke"]').click();
    await owner.locator('[data-kind="cashier"]').filter({ hasText: 'Maite' }).locator('[data-name="revoke"]').waitFor({ state: 'detached' });
    await named(till, 'cashier').filter({ hasText: 'Maite' }).click();
    await typePin(till, '4711');
    await named(till, 'locked').waitFor();
    await named(till, 'cashier').filter({ hasText: 'Maite' }).waitFor({ state: 'detached' });
    assert.deepEqual(wrongs, []);
  });
});

test('an accountant joins with a code, reads the shop\u2019s days, and is stopped by the owner', async () => {
  await withWorld(async ({ server, open }) => {
    const { page: owner } = await open();
    const { page: books, allow } = await open({ width: 1280, height: 800, locale: 'ar', bypassCSP: true });
    allow(/status of 40[134] .*\/(v1\/(sign-in|session)|pos\/v1\/)/s);
    /** @type {string[]} */
    const wrongs = [];
    await openDemoWallet(owner, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await named(owner, 'tills').click();
    await named(owner, 'accountant-add').click();
    const code = ((await named(owner, 'enrol-code').textContent()) ?? '').trim();
    await books.goto(`${server.url}/till/`);
    await books.locator('input[name="code"]').fill(code);
    await books.locator('input[name="label"]').fill('Cabinet Etxeberri');
    await named(books, 'enrol').click();
    await named(owner, 'till-claimed').waitFor();
    assert.equal(await owner.locator('input[name="cap"]').count(), 0, 'an accountant gives nothing back, so there is no cap');
    await named(owner, 'till-confirm').click();
    await named(books, 'tab-day').click();
    await named(books, 'totals').waitFor();
    assert.equal(await named(books, 'ask').count() + await named(books, 'tab-counter').count(), 0, 'nothing can be asked for');
    await inspect(books, 'an accountant reads the day, from right to left', wrongs);
    await named(books, 'tab-more').click();
    await books.locator('[data-name="row-network"][data-closed="till"]').waitFor();
    const refused = await books.evaluate(async () => (await fetch('/pos/v1/charges', { method: 'POST' })).status);
    assert.equal(refused, 401);

    const row = owner.locator('[data-kind="accountant"]').filter({ hasText: 'Cabinet Etxeberri' });
    await row.locator('[data-name="revoke"]').click();
    await row.locator('[data-name="revoke"]').waitFor({ state: 'detached' });
    await named(books, 'revoked').waitFor();
    assert.deepEqual(wrongs, []);
  });
});
