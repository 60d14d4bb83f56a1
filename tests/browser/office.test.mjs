// The association: what one operator proposed another one approves, in words and with a signature.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import { named } from './stories.mjs';

/**
 * The operator whose roles count and who did not propose it; all others find nothing to approve.
 * @param {import('playwright-core').Page} page at the door
 * @param {string[]} seeds
 */
async function signInAsApprover(page, seeds) {
  for (const seed of seeds) {
    await page.locator('input[name="key"]').fill(seed);
    await named(page, 'enter').click();
    await named(page, 'nav-decisions').click();
    await named(page, 'proposal').first().waitFor();
    if ((await named(page, 'approve').count()) > 0) return true;
    await named(page, 'leave').click();
    await named(page, 'confirm').click();
    await page.locator('[data-phase="door"]').waitFor();
  }
  return false;
}

test('the dashboard answers, and a pending proposal is approved by the second operator', async () => {
  await withWorld(async ({ server, open }) => {
    const { page, allow } = await open({ width: 1280, height: 900 });
    // A key that is nobody's is refused, and the browser notes it.
    allow(/status of 40[13] .*\/v1\/sign-in/s);
    await page.goto(`${server.url}/office/`);
    await page.locator('input[name="key"]').fill('not a key');
    await named(page, 'enter').click();
    await page.locator('.field-fault').waitFor();
    await page.locator('input[name="key"]').fill('11'.repeat(32));
    await named(page, 'enter').click();
    await page.locator('[data-phase="stranger"]').waitFor();

    assert.ok(await signInAsApprover(page, server.links.operator_seeds), 'one of the operators can approve what another proposed');

    await named(page, 'nav-dashboard').click();
    await named(page, 'answer').waitFor();
    assert.equal(await named(page, 'cover').count(), 2, 'cover is shown for both media');
    assert.match((await named(page, 'answer').textContent()) ?? '', /chaque unité a son euro/);
    await named(page, 'tasks').locator('a').first().click();
    const waiting = page.locator('[data-name="proposal"]', { has: page.locator('[data-name="approve"]') }).first();
    const proposal = await waiting.getAttribute('data-proposal');
    await waiting.locator('[data-name="approve"]').click();
    await named(page, 'proven').waitFor();
    assert.match((await page.locator('dialog').textContent()) ?? '', /journal/, 'the page says what a signature means');
    assert.match((await page.locator('dialog [data-field="credit"], dialog [data-field="evidence"]').first().textContent()) ?? '', /^[0-9a-f]{64}$/, 'the hash can be compared');
    await named(page, 'cancel').click();
    assert.equal(await named(page, 'decided').count(), 0, 'nothing is signed without a yes');
    await page.locator(`[data-proposal="${proposal}"] [data-name="approve"]`).click();
    await named(page, 'confirm').click();
    await named(page, 'decided').waitFor();
    await page.locator(`article[data-proposal="${proposal}"]`).waitFor({ state: 'detached' });

    await named(page, 'nav-activity').click();
    const last = named(page, 'act').first();
    await last.waitFor();
    assert.match((await last.textContent()) ?? '', /a approuvé.*Fait/s, 'the act is in the history');

    await named(page, 'nav-members').click();
    await named(page, 'members').locator('tbody tr').first().waitFor();
    const all = await named(page, 'members').locator('tbody tr').count();
    const name = ((await named(page, 'members').locator('tbody tr strong').first().textContent()) ?? '').trim();
    await page.locator('input[name="query"]').fill(name);
    await page.waitForFunction((count) => document.querySelectorAll('[data-name="members"] tbody tr').length < count, all);

    await named(page, 'leave').click();
    await named(page, 'confirm').click();
    await page.locator('[data-phase="door"]').waitFor();
    await page.reload();
    await page.locator('[data-phase="door"]').waitFor();
  });
});

test('M5: a proposal that the server words otherwise than the journal is not signed', async () => {
  await withWorld(async ({ server, open }) => {
    const { page } = await open({ width: 1280, height: 900 });
    await page.route('**/office/v1/proposals', async (route) => {
      const response = await route.fetch();
      const { proposals } = await response.json();
      for (const { words } of proposals) if (words.amount) words.amount += 1;
      await route.fulfill({ response, json: { proposals } });
    });
    /** @type {string[]} */
    const sent = [];
    page.on('request', (request) => { if (request.url().endsWith('/v1/transactions')) sent.push(request.url()); });
    await page.goto(`${server.url}/office/`);
    assert.ok(await signInAsApprover(page, server.links.operator_seeds));
    await named(page, 'approve').first().click();
    await named(page, 'not-proved').waitFor();
    assert.equal(await page.locator('dialog').count(), 0, 'nobody is asked to sign');
    assert.deepEqual(sent, []);
  });
});

test('a disk that gets full is told on the dashboard, before and after it is too late', async () => {
  await withWorld(async ({ server, open }) => {
    const { page } = await open({ width: 1280, height: 900 });
    let disk = { free_mb: 5_000, alarm: false, full: false };
    await page.route('**/office/v1/overview', async (route) => {
      const response = await route.fetch();
      const overview = await response.json();
      assert.deepEqual(Object.keys(overview.disk), Object.keys(disk), 'as the server tells it');
      await route.fulfill({ response, json: { ...overview, disk } });
    });
    await page.goto(`${server.url}/office/#demo=${server.links.operator_seeds[0]}`);
    await named(page, 'answer').waitFor();
    assert.equal(await named(page, 'disk').count(), 0);
    for (const [next, words] of /** @type {[typeof disk, RegExp][]} */ ([
      [{ free_mb: 900, alarm: true, full: false }, /bientôt plein.*900/s],
      [{ free_mb: 100, alarm: true, full: true }, /est plein.*Rien n’est perdu/s],
    ])) {
      disk = next;
      await page.goto('about:blank');
      await page.goto(`${server.url}/office/#demo=${server.links.operator_seeds[0]}`);
      await named(page, 'disk').waitFor();
      assert.match((await named(page, 'disk').textContent()) ?? '', words);
    }
  });
});

test('H1: a demo link on a real currency brings no key to any page', async () => {
  await withWorld(async ({ server, open }) => {
    const { page } = await open({ width: 1280, height: 900 });
    await page.route('**/v1/ledger', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), demo: false } });
    });
    await page.goto(`${server.url}/till/#demo=${server.links.till_seed}`);
    await page.locator('input[name="code"]').waitFor();
    await page.goto(`${server.url}/office/#demo=${server.links.operator_seeds[0]}`);
    await page.locator('[data-phase="door"]').waitFor();
    await page.goto(`${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await named(page, 'demo-not-here').waitFor();
    assert.equal(await named(page, 'demo-use').count(), 0);
  });
});
