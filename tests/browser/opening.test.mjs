// A new member: the key is made in the browser, its backup shown and checked, and the first conversion prepared.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import { named, typeBackup } from './stories.mjs';

test('a new wallet is opened, its backup checked, and the conversion shows bonus and reference', async () => {
  await withWorld(async ({ server, open }) => {
    const { page, allow } = await open();
    // The new key asks whether it has an account already; it has none, and the browser notes the refusal.
    allow(/status of 40[134] .*\/v1\/sign-in/s);
    await page.goto(`${server.url}/wallet/`);
    await named(page, 'open-wallet').click();
    await named(page, 'backup').waitFor();
    const groups = await page.locator('[data-name="backup"] [data-group]').allTextContents();
    assert.equal(groups.length, 15);
    await named(page, 'backup-written').click();

    const fields = [0, 1, 2].map((index) => page.locator(`input[name="group-${index}"]`));
    for (const field of fields) await field.fill('QQQQ');
    await named(page, 'backup-checked').click();
    await page.locator('.field-fault').first().waitFor();
    await typeBackup(page, groups);

    await page.goto(`${server.url}/wallet/#convert`);
    await page.locator('input[name="euros"]').fill('10');
    await named(page, 'gives').waitFor();
    const units = Number(await named(page, 'gives').getAttribute('data-units'));
    assert.ok(units > 1000, `10 euros give a bonus: ${units} cents`);
    await named(page, 'order-make').click();
    await named(page, 'transfer').waitFor();
    assert.match(((await named(page, 'transfer').textContent()) ?? '').replace(/\s/g, ''), /RF\d{2}[0-9A-Z]{12}/, 'the transfer has its reference');
  });
});
