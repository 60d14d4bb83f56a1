// An account understood: searched, printed, followed to the bank; and left, with everything taken along and then erased.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { shoot, withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { balanceOf, named, openDemoWallet, openNewWallet, waitForBalance } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** Gives units to an account with a message. @param {Page} page @param {string} url @param {{to: string, amount: string, memo: string}} words */
async function give(page, url, { to, amount, memo }) {
  await page.goto(`${url}/wallet/#give`);
  await page.locator('input[name="to"]').fill(to);
  await page.locator('input[name="amount"]').fill(amount);
  await page.locator('input[name="memo"]').fill(memo);
  await named(page, 'give-continue').click();
  await named(page, 'pay-confirm').click();
  await named(page, 'verified').waitFor();
}

/** The account's text, as its settings can copy it. @param {Page} page @param {string} url */
async function accountOf(page, url) {
  await page.goto(`${url}/wallet/#settings`);
  const shown = await page.locator('.copy-value.code').first().textContent();
  return (shown ?? '').replace(/\s/g, '');
}

/** @param {Page} page @param {string} button @returns {Promise<Buffer>} */
async function downloaded(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), named(page, button).click()]);
  return readFile(await download.path());
}

/** Waits until the search says so. @param {Page} page @param {number} found */
async function found(page, found) {
  await page.locator(`[data-name="find-progress"][data-found="${found}"][data-whole="true"]`).waitFor();
}

for (const [locale, width] of /** @type {[string, number][]} */ ([['fr-FR', 360], ['ar', 360], ['fr-FR', 1280]])) {
  test(`a member finds a payment, takes statements along and sees where the euros are, ${locale} ${width}`, async () => {
    await withWorld(async ({ server, open }) => {
      /** @type {string[]} */
      const wrongs = [];
      const { page } = await open({ locale, width, bypassCSP: true });
      const screen = (/** @type {string} */ name) => `account-${name}-${locale}-${width}`;
      await openDemoWallet(page, server.links.wallet_link);
      await give(page, server.url, { to: server.links.shop_account, amount: '3,21', memo: 'Fête des mères' });

      await page.goto(`${server.url}/wallet/#history`);
      const search = page.locator('input[name="find"]');
      await search.fill('fete meres');
      await found(page, 1);
      await page.locator('a.row[data-sequence]', { hasText: 'Fête des mères' }).waitFor();
      await search.fill('3,21');
      await found(page, 1);
      await search.fill('nobody at all');
      await found(page, 0);
      await inspect(page, screen('search'), wrongs);
      await search.fill('');
      await named(page, 'filters').locator('summary').click();
      await page.locator('select[name="find-way"]').selectOption('in');
      await page.locator('[data-name="find-progress"][data-whole="true"]').waitFor();
      assert.equal(await page.locator('a.row[data-sequence] .amount', { hasText: '\u2212' }).count(), 0, 'nothing that was paid');
      assert.ok(await page.locator('a.row[data-sequence] .amount', { hasText: '+' }).count() > 0);
      await page.locator('select[name="find-way"]').selectOption('');
      await page.locator('select[name="find-period"]').selectOption('last_year');
      await found(page, 0);
      await shoot(page, screen('search'));

      await page.goto(`${server.url}/wallet/#statement`);
      await named(page, 'statement-pdf').waitFor();
      await inspect(page, screen('statement'), wrongs);
      await shoot(page, screen('statement'));
      const paper = await downloaded(page, 'statement-pdf');
      assert.equal(paper.subarray(0, 5).toString(), '%PDF-');
      const rows = (await downloaded(page, 'statement-csv')).toString('utf8').trimEnd().split('\r\n');
      assert.ok(rows[0]?.startsWith('\ufeff') && rows.some((row) => row.includes(';Fête des mères;-3,21;')), 'the payment stands in the table');
      await page.locator('select[name="statement-period"]').selectOption('days');
      await named(page, 'statement-csv').click();
      await page.locator('.banner.warning').waitFor();
      await page.locator('input[name="statement-from"]').fill('2020-01-01');
      await page.locator('input[name="statement-to"]').fill('2020-12-31');
      const before = (await downloaded(page, 'statement-csv')).toString('utf8').trimEnd().split('\r\n');
      assert.equal(before.length, 3, 'before there was anything there are two balances and no movement');

      await page.goto(`${server.url}/wallet/#euros`);
      await page.locator('[data-name="way-mine"] .chip.good').waitFor();
      assert.ok(await page.locator('.way-bank').count() > 0, 'each bank account is named');
      await inspect(page, screen('euros'), wrongs);
      await shoot(page, screen('euros'));
      await page.goto(`${server.url}/wallet/#closing`);
      await page.locator('[data-name="closing-balance"] a.row').first().waitFor();
      assert.ok(await named(page, 'close-account').isDisabled(), 'an account with units on it cannot be closed');
      await inspect(page, screen('closing'), wrongs);
      await shoot(page, screen('closing'));
      assert.deepEqual(wrongs, []);
    });
  });
}

test('a member empties the account, takes the data along, closes it, and is erased', async () => {
  await withWorld(async ({ server, open }) => {
    /** @type {string[]} */
    const wrongs = [];
    const { page: giver } = await open();
    const { page, allow } = await open({ bypassCSP: true });
    await openNewWallet(page, server.url);
    const mine = await accountOf(page, server.url);
    await openDemoWallet(giver, server.links.wallet_link);
    await give(giver, server.url, { to: mine, amount: '5', memo: 'Bienvenue' });
    await page.goto(`${server.url}/wallet/#`);
    await waitForBalance(page, 500);
    await give(page, server.url, { to: server.links.shop_account, amount: '1', memo: 'secret of the leaver' });

    await page.goto(`${server.url}/wallet/#closing`);
    assert.ok(await named(page, 'close-account').isDisabled());
    // An association is one tap away; what remains goes there.
    await page.locator('[data-name="closing-balance"] a[href^="#to="]').first().click();
    await page.locator('input[name="amount"]').fill('4');
    await named(page, 'give-continue').click();
    await named(page, 'pay-confirm').click();
    await named(page, 'verified').waitFor();
    await page.goto(`${server.url}/wallet/#`);
    await waitForBalance(page, 0);
    assert.equal(await balanceOf(page), 0);

    await page.goto(`${server.url}/wallet/#closing`);
    await page.locator('[data-name="closing-balance"][data-done="true"]').waitFor();
    const everything = JSON.parse((await downloaded(page, 'export')).toString('utf8'));
    assert.equal(everything.account.account, mine);
    assert.ok(everything.entries.some((/** @type {any} */ entry) => entry.memo === 'secret of the leaver'));

    // Signing in is over for this key; a page that still asks is told so.
    allow(/status of 40[13]/);
    await named(page, 'close-account').click();
    await named(page, 'cancel').click();
    assert.equal(await named(page, 'closed').count(), 0, 'nothing ends without a yes');
    await named(page, 'close-account').click();
    await named(page, 'confirm').click();
    await named(page, 'closed').waitFor();
    await page.reload();
    await page.locator('[data-name="closed"][data-erased="false"]').waitFor();
    await inspect(page, 'account, closed', wrongs);
    await shoot(page, 'account-closed');
    await page.goto(`${server.url}/wallet/#give`);
    await named(page, 'closed').waitFor();

    await named(page, 'erase').click();
    await named(page, 'confirm').click();
    await page.locator('[data-name="closed"][data-erased="true"]').waitFor();
    await inspect(page, 'account, erased', wrongs);
    await named(page, 'remove-key').click();
    await named(page, 'confirm').click();
    await named(page, 'open-wallet').waitFor();
    assert.deepEqual(wrongs, []);
  });
});

test('the office prints a statement for a member', async () => {
  await withWorld(async ({ server, open }) => {
    const { page } = await open({ width: 1280, height: 900 });
    await page.goto(server.links.office_link);
    await named(page, 'answer').waitFor();
    await page.goto(`${server.url}/office/#/members/${server.links.shop_account}`);
    const card = named(page, 'member-statement');
    await card.waitFor();
    await shoot(page, 'account-office');
    const paper = await downloaded(page, 'statement-pdf');
    assert.equal(paper.subarray(0, 5).toString(), '%PDF-');
  });
});
