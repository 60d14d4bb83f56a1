// The staff's keys: a backup that only a passkey opens, made, kept, and used to come back; and somebody new who is appointed.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPage, withWorld } from './harness.mjs';
import { sign } from './office-desks.mjs';
import { atName, named, withAuthenticator } from './stories.mjs';

test('a key is backed up under a passkey, and the passkey brings it back, from this browser and from the file', async () => {
  await withWorld(async ({ server, browser, directory }) => {
    const url = atName(server.url);
    const { page, verify } = await openPage(browser, url, { width: 1280, height: 900 });
    const authenticator = await withAuthenticator(page);
    const [seed] = server.links.operator_seeds;
    const keyFile = join(directory, 'mine.key');
    await writeFile(keyFile, `${seed}\n`);
    await page.goto(`${url}/office/#demo=${seed}`);
    await named(page, 'answer').waitFor();
    await page.goto(`${url}/office/#/staff`);
    await page.locator('[data-name="own-key"][data-backed="no"]').waitFor();

    const other = join(directory, 'other.key');
    await writeFile(other, `${'22'.repeat(32)}\n`);
    await page.locator('input[name="backup-key-file"]').setInputFiles(other);
    await page.locator('[data-name="own-key"] .banner.danger').waitFor();

    const download = page.waitForEvent('download');
    await page.locator('input[name="backup-key-file"]').setInputFiles(keyFile);
    const backup = join(directory, 'backup.json');
    await (await download).saveAs(backup);
    await page.locator('[data-name="own-key"][data-backed="yes"]').waitFor();
    const text = await readFile(backup, 'utf8');
    assert.ok(!text.includes(seed), 'the box says nothing of the seed');

    await named(page, 'leave').click();
    await named(page, 'confirm').click();
    await page.locator('[data-phase="door"]').waitFor();
    await named(page, 'restore-passkey').click();
    await page.locator('[data-phase="ready"]').waitFor();

    await named(page, 'leave').click();
    await named(page, 'confirm').click();
    await page.locator('[data-phase="door"]').waitFor();
    await page.locator('input[name="passkey-file"]').setInputFiles(backup);
    await page.locator('[data-phase="ready"]').waitFor();

    await named(page, 'leave').click();
    await named(page, 'confirm').click();
    await page.locator('[data-phase="door"]').waitFor();
    await authenticator.forget();
    await page.locator('input[name="passkey-file"]').setInputFiles(backup);
    await page.locator('[data-name="door-keys"] .banner.danger').waitFor();
    assert.equal(await page.locator('[data-phase="door"]').count(), 1, 'without the passkey the box stays shut');
    verify();
  });
});

test('somebody new makes a key at the door, is appointed with its public half by two people, and comes in', async () => {
  await withWorld(async ({ server, browser }) => {
    const url = atName(server.url);
    const { page: fresh } = await openPage(browser, url, { width: 360, height: 780 });
    await withAuthenticator(fresh);
    await fresh.goto(`${url}/office/`);
    await fresh.locator('[data-name="door-keys"] summary').click();
    const saved = fresh.waitForEvent('download');
    await named(fresh, 'make-passkey').click();
    await saved;
    const key = ((await fresh.locator('[data-name="made-key"] .copy-value').textContent()) ?? '').trim();
    assert.match(key, /^[0-9a-f]{64}$/);

    const desks = await Promise.all(server.links.operator_seeds.map(async (seed) => {
      const { page } = await openPage(browser, url, { width: 1280, height: 900 });
      await page.goto(`${url}/office/#demo=${seed}`);
      await page.locator('[data-phase="ready"]').waitFor();
      return page;
    }));
    const [first] = desks;
    await first.goto(`${url}/office/#/staff`);
    await named(first, 'appoint').click();
    await first.locator('input[name="appoint-operator"]').fill('77');
    await first.locator('input[name="appoint-key"]').fill(key);
    await first.locator('input[name="appoint-roles"][value="auditor"]').check();
    await named(first, 'propose-appoint').click();
    await sign(first);
    await named(first, 'appoint').waitFor();

    for (const second of desks.slice(1)) {
      await second.evaluate(async () => { await (await import(/** @type {any} */ ('/office/state.js'))).proposals.refresh(); });
      await second.evaluate(() => { location.hash = '#/decisions'; });
      await named(second, 'proposal').first().waitFor();
      const mine = second.locator('[data-name="proposal"]', { hasText: '77' }).locator('[data-name="approve"]');
      if ((await mine.count()) === 0) continue;
      await mine.click();
      await sign(second);
      break;
    }
    await named(fresh, 'restore-passkey').click();
    await fresh.locator('[data-phase="ready"]').waitFor();
    await fresh.goto(`${url}/office/#/staff`);
    await named(fresh, 'staff-people').waitFor();
    assert.equal(await named(fresh, 'appoint').count(), 0, 'an auditor reads');
  });
});
