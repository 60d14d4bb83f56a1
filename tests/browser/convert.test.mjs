// Euros into units, as a member sees it: a transfer announced, how to pay it, taken back; each month by mandate; the association that one
// supports. And a shop's way back: redemption by itself above a sum, and the statement.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import { named, openDemoWallet } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** The rows of how to pay, by their labels. @param {Page} page */
async function transferRows(page) {
  const rows = page.locator('[data-name="transfer"] .copy-row');
  await rows.first().waitFor();
  const labels = await rows.locator('.copy-label').allTextContents();
  const values = await rows.locator('.copy-value').allTextContents();
  return Object.fromEntries(labels.map((label, index) => [label, (values[index] ?? '').replace(/\s/g, '')]));
}

/** Says yes in the dialog. @param {Page} page */
async function confirm(page) {
  await named(page, 'confirm').click();
}

test('a member announces a transfer, sees how to pay it, and takes it back', async () => {
  await withWorld(async ({ server, open }) => {
    const { page } = await open();
    await openDemoWallet(page, server.links.wallet_link);
    await named(page, 'convert').click();
    await page.locator('input[name="euros"]').fill('50');
    await named(page, 'gives').waitFor();
    await named(page, 'order-make').click();
    const order = page.locator('[data-name="order"][data-state="open"]');
    await order.waitFor();
    assert.match((await order.textContent()) ?? '', /50,00/);
    const rows = await transferRows(page);
    assert.match(rows['Référence'] ?? '', /^RF\d\d[0-9A-Z]{12}$/);
    assert.equal(rows.IBAN, 'FR7630006000011234567890189');
    assert.equal(rows.Montant, '50,00€');
    await named(page, 'bank-code').locator('summary').click();
    await named(page, 'bank-code').locator('.qr').waitFor();
    const link = await named(page, 'payto').getAttribute('href');
    assert.equal(link?.split('?')[0], 'payto://iban/FR7630006000011234567890189');
    assert.match(link ?? '', new RegExp(`amount=EUR:50.00&message=${rows['Référence']}$`));

    await page.goto(`${server.url}/wallet/#convert`);
    await page.locator('[data-name="orders"] [data-state="open"]').click();
    await named(page, 'order-cancel').click();
    await confirm(page);
    await page.locator('[data-name="order"][data-state="cancelled"]').waitFor();
    assert.equal(await named(page, 'transfer').count(), 0, 'nobody is told to pay what was cancelled');

    await page.reload();
    await page.locator('[data-name="order"][data-state="cancelled"]').waitFor();
  });
});

test('a member lets the association collect each month, sees the next date, and stops it', async () => {
  await withWorld(async ({ server, open }) => {
    const { page, allow } = await open();
    await openDemoWallet(page, server.links.wallet_link);
    await page.goto(`${server.url}/wallet/#monthly`);
    const constant = (await transferRows(page))['Référence'];
    assert.match(constant ?? '', /^RF\d\d[0-9A-Z]{12}$/, 'a standing order has a reference that does not change');
    await named(page, 'mandate-sign').waitFor();
    await page.locator('input[name="debit-amount"]').fill('151');
    await page.locator('input[name="debit-day"]').fill('31');
    await named(page, 'mandate-sign').click();
    await page.locator('.field-fault').nth(2).waitFor();

    await page.locator('input[name="debit-amount"]').fill('40');
    await page.locator('input[name="debit-day"]').fill('12');
    await page.locator('input[name="debit-holder"]').fill('Amina Benali');
    await page.locator('input[name="debit-iban"]').fill('FR14 2004 1010 0505 0001 3M02 607');
    allow(/status of 422/);
    await named(page, 'mandate-sign').click();
    await confirm(page);
    await page.locator('.field-fault').waitFor();
    await page.locator('input[name="debit-iban"]').fill('fr14 2004 1010 0505 0001 3M02 606');
    await named(page, 'mandate-sign').click();
    await confirm(page);
    await named(page, 'mandate').waitFor();
    assert.match((await named(page, 'next-collection').getAttribute('data-date')) ?? '', /^\d{4}-\d\d-12$/);

    await page.reload();
    await named(page, 'mandate').waitFor();
    await named(page, 'mandate-stop').click();
    await confirm(page);
    await named(page, 'mandate-sign').waitFor();
    assert.equal(await named(page, 'mandate').count(), 0);
  });
});

test('a member chooses the association to support, and changes the mind', async () => {
  await withWorld(async ({ server, open }) => {
    const { page } = await open();
    await openDemoWallet(page, server.links.wallet_link);
    await page.goto(`${server.url}/wallet/#convert`);
    await named(page, 'support').click();
    const choices = page.locator('[data-name="support-first"] input');
    await choices.first().check();
    await named(page, 'support-save').click();
    await page.locator('[data-name="support-save"]:disabled').waitFor();
    await page.reload();
    await page.locator('[data-name="support-first"] input').first().waitFor();
    assert.ok(await choices.first().isChecked(), 'the ledger knows the choice');
    await choices.last().check();
    await named(page, 'support-save').click();
    await page.locator('[data-name="support-save"]:disabled').waitFor();
    await page.goto(`${server.url}/wallet/#history`);
    await page.locator('.row', { hasText: 'Association choisie' }).nth(1).waitFor();
  });
});

test('a shop sets what it keeps, redeems, and takes the statement along', async () => {
  await withWorld(async ({ server, open }) => {
    const { page } = await open();
    await openDemoWallet(page, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await named(page, 'redeem').click();
    await named(page, 'keep-change').click();
    await page.locator('input[name="keep"]').fill('250');
    await named(page, 'keep-confirm').click();
    await page.locator('[data-name="standing-redemption"][data-keep="25000"]').waitFor();

    await page.locator('input[name="redeem"]').fill('10');
    await named(page, 'redeem-preview').waitFor();
    await named(page, 'redeem-continue').click();
    await confirm(page);
    await named(page, 'verified').waitFor();
    assert.match((await named(page, 'origins').textContent()) ?? '', /règle/, 'the receipt says by which rule the fee was taken');

    await page.goto(`${server.url}/wallet/#history`);
    await page.goto(`${server.url}/wallet/#redeem`);
    const newest = page.locator('[data-name="redemptions"] .row').first();
    await newest.waitFor();
    assert.equal(await newest.getAttribute('data-state'), 'asked');
    const [download] = await Promise.all([page.waitForEvent('download'), named(page, 'redemptions-csv').click()]);
    const [heading, first] = (await readFile(await download.path(), 'utf8')).split('\r\n');
    assert.equal(heading, '\ufeffDate;Écriture;Brut;Frais;dont don;Net en euros;État');
    assert.match(first ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d;\d+;10,00;0,50;\d,\d\d;9,50;Demandé$/);

    await named(page, 'keep-stop').click();
    await page.locator('[data-name="standing-redemption"][data-keep=""]').waitFor();
  });
});
