// A new member: the key is made in the browser, its backup shown and checked, and the first conversion prepared.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import { digits, named } from './stories.mjs';

test('a new wallet is opened, its backup checked, and the conversion shows bonus and reference', async () => {
  await withWorld(async ({ server, open }) => {
    const { page, allow } = await open();
    // The new key asks whether it has an account already; it has none, and the browser notes the refusal.
    allow(/status of 40[134] .*\/v1\/sign-in/s);
    await page.goto(`${server.url}/wallet/`);
    await named(page, 'open-wallet').click();
    const groups = await page.locator('[data-name="backup"] [data-group]').allTextContents();
    assert.equal(groups.length, 15);
    await named(page, 'backup-written').click();

    const fields = [0, 1, 2].map((index) => page.locator(`input[name="group-${index}"]`));
    for (const field of fields) await field.fill('QQQQ');
    await named(page, 'backup-checked').click();
    await page.locator('.field-fault').first().waitFor();
    for (const field of fields) {
      const id = await field.getAttribute('id');
      const place = digits(await page.locator(`label[for="${id}"]`).textContent());
      await field.fill(groups[place - 1].toLowerCase());
    }
    await named(page, 'backup-checked').click();
    await named(page, 'to-home').waitFor();

    await page.goto(`${server.url}/wallet/#convert`);
    await page.locator('input[name="euros"]').fill('10');
    await named(page, 'gives').waitFor();
    const units = Number(await named(page, 'gives').getAttribute('data-units'));
    assert.ok(units > 1000, `10 euros give a bonus: ${units} cents`);
    assert.match((await page.locator('#page').textContent()) ?? '', /RF\d{2}[0-9A-Z]+/, 'the transfer has its reference');
  });
});
