// The shop's own key says, in the wallet, to whom the day's statement is mailed and which accounts the book-keeper has; the till shows
// both and changes neither, and the file for the accountant bears them.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { withPost } from './post.mjs';
import { named, openDemoWallet, openTill, setUp } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

const BOOKS = { journal: 'VTE', units: '467800', cash: '530000', card: '511500', cheque: '511200', other: '511900', tips: '467900', suspense: '471000', sales: '707000', vat: '445710', rates: [{ rate: 550, sales: '707055', vat: '445755' }] };

/** From the shop's wallet to its bookkeeping. @param {Page} page */
async function openBookkeeping(page) {
  await named(page, 'tills').click();
  await named(page, 'to-bookkeeping').click();
  await named(page, 'books').waitFor();
}

test('a shopkeeper sets the mail of the evening and the accounts in the wallet, and the till has them', async () => {
  /** @type {string[]} */
  const wrongs = [];
  await withPost(async ({ server, open }) => {
    const { page: owner, allow } = await open({ bypassCSP: true });
    // Somebody else was first: the answer that says so.
    allow(/status of 409 .*\/pos\/v1\/settings\/books/s);
    await openDemoWallet(owner, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await openBookkeeping(owner);
    assert.equal(await named(owner, 'mail-now').getAttribute('data-on'), 'no');
    await owner.locator('input[name="mail-address"]').fill('compta@etxea');
    await named(owner, 'mail-save').click();
    await owner.locator('[data-name="mail"] .field-fault').waitFor();
    await owner.locator('input[name="mail-address"]').fill(' compta@etxea.example ');
    await owner.locator('select[name="mail-hour"]').selectOption('7');
    await named(owner, 'mail-save').click();
    await owner.locator('[data-name="mail-now"][data-on="yes"]', { hasText: 'compta@etxea.example' }).waitFor();

    // The accountant's program changes the journal while the owner types an account: the owner is told, sees it, and keeps both.
    await owner.locator('input[name="account-units"]').fill('467801');
    await setUp(owner, server.links.shop_seed, 'books', BOOKS);
    await named(owner, 'books-save').click();
    await named(owner, 'books').locator('.banner.danger').waitFor();
    assert.equal(await owner.locator('input[name="account-journal"]').inputValue(), 'VTE');
    assert.equal(await owner.locator('input[name="account-units"]').inputValue(), '467801');
    await inspect(owner, 'bookkeeping, changed meanwhile', wrongs);
    await named(owner, 'books-save').click();
    await named(owner, 'books').locator('.banner.danger').waitFor({ state: 'detached' });
    assert.equal(await named(owner, 'books-save').isDisabled(), true, 'all is kept');

    // A till tells it, and where it is changed.
    const { page: till } = await open({ locale: 'ar', bypassCSP: true });
    await openTill(till, server.links.till_link);
    await till.goto(`${server.url}/till/#evening=papers`);
    await till.locator('[data-name="mail-now"][data-on="yes"]', { hasText: 'compta@etxea.example' }).waitFor();
    await named(till, 'books').locator('summary').click();
    assert.equal(await till.locator('[data-name="books-now"] [data-account="units"]').textContent(), '467801');
    assert.equal(await named(till, 'mail-save').count() + await named(till, 'books-save').count(), 0, 'a till changes neither');
    await inspect(till, 'till, bookkeeping, ar', wrongs);
    await named(till, 'span-month').click();
    const [file] = await Promise.all([till.waitForEvent('download'), named(till, 'export-fec').click()]);
    const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n').slice(1);
    assert.ok(lines.length > 0 && lines.every((line) => /^VTE[\t|]/.test(line)), 'the journal');
    assert.ok(lines.some((line) => /[\t|]467801[\t|]/.test(line)), 'the account of the units');

    await named(owner, 'mail-stop').click();
    await owner.locator('[data-name="mail-now"][data-on="no"]').waitFor();
    // The node ends before the pages do.
    await Promise.all([owner, till].map((page) => page.goto('about:blank')));
  });
  assert.equal(wrongs.length, 0, wrongs.join('\n'));
});

test('where an association sends no mails, wallet and till say so', async () => {
  /** @type {string[]} */
  const wrongs = [];
  await withWorld(async ({ server, open }) => {
    const { page: owner } = await open({ locale: 'ar', bypassCSP: true });
    await openDemoWallet(owner, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await openBookkeeping(owner);
    await named(owner, 'mail-not-here').waitFor();
    assert.equal(await named(owner, 'mail-save').count(), 0);
    await inspect(owner, 'bookkeeping, ar', wrongs);
    const { page: till } = await open({ width: 1280, height: 900, bypassCSP: true });
    await openTill(till, server.links.till_link);
    await till.goto(`${server.url}/till/#evening=papers`);
    await named(till, 'mail-not-here').waitFor();
    await inspect(till, 'till, no mails', wrongs);
  });
  assert.equal(wrongs.length, 0, wrongs.join('\n'));
});
