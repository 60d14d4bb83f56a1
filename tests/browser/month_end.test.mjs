// The book-keeper's month-end: ten thousand payments, the shop's own sales file with differences that somebody made, and each of them
// found and explained on the page; then the files to take away, the signed statement of a day, and the accountant who only reads.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { salesFile } from './sales-file.mjs';
import { digits, named, openDemoWallet, openTill } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** A shop that many people go to for a month. */
const TOWN = ['--residents', '40', '--shops', '2', '--days', '30', '--sales', '10000'];
const PAYMENTS = 10_000;
const DAY_MS = 86_400_000;

/**
 * What the till was paid and gave back until last midnight, as the server tells it.
 * @param {Page} till
 * @returns {Promise<{paid: import('./sales-file.mjs').Paid[], back: import('./sales-file.mjs').Back[]}>}
 */
function month(till) {
  return till.evaluate(async (span) => {
    const { shop } = await import(/** @type {any} */ ('/till/state.js'));
    const to = new Date().setHours(0, 0, 0, 0);
    const { charges, refunds } = await shop.value.session.json(`/pos/v1/day?from=${to - span}&to=${to}`, { timeoutMs: 60_000 });
    return { paid: charges.filter((/** @type {any} */ { sequence }) => sequence !== null), back: refunds };
  }, 31 * DAY_MS);
}

/** @param {Page} page @param {string} name @param {string} text */
async function give(page, name, text) {
  await page.locator('input[name="sales-file"]').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
}

/** @param {Page} page */
async function differencesOf(page) {
  const rows = await named(page, 'difference').evaluateAll((elements) => elements.map((element) => {
    const { line, sequence } = /** @type {HTMLElement} */ (element).dataset;
    return { line: line ? Number(line) : null, sequence: sequence ? Number(sequence) : null, words: element.querySelector('.why')?.textContent ?? '', sides: element.querySelectorAll('.side').length };
  }));
  for (const { words, sides } of rows) assert.ok(words.length > 20 && sides === 2, 'a difference is told in words, beside both sides');
  return rows;
}

/** @param {{line: number | null, sequence: number | null}[]} list */
const sorted = (list) => list.map(({ line, sequence }) => `${line}/${sequence}`).sort();

/** What a button saves. @param {Page} page @param {string} name */
async function saved(page, name) {
  const [file] = await Promise.all([page.waitForEvent('download', { timeout: 120_000 }), named(page, name).click()]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

test('a book-keeper closes a month of 10,000 payments with a sales file that differs', async () => {
  /** @type {string[]} */
  const wrongs = [];
  await withWorld(async ({ server, open }) => {
    const { page: till } = await open({ width: 1280, height: 900, bypassCSP: true });
    await openTill(till, server.links.till_link);
    const { paid, back } = await month(till);
    assert.ok(paid.length >= PAYMENTS, `${paid.length} payments`);
    const { text, agreeing, expected } = salesFile(paid, back);

    // One look at the month.
    await named(till, 'tab-more').click();
    await named(till, 'row-evening').click();
    await named(till, 'verdict').waitFor();
    await named(till, 'span-days').click();
    const days = [...new Set([...paid.map(({ paid_at: at }) => at), ...back.map(({ time }) => time)].map((ms) => new Intl.DateTimeFormat('fr-CA', { timeZone: 'Europe/Paris' }).format(ms)))].sort();
    await till.locator('input[name="days-from"]').fill(days[0]);
    await till.locator('input[name="days-to"]').fill(days[days.length - 1]);
    const sum = (/** @type {{amount: number}[]} */ list) => list.reduce((total, { amount }) => total + amount, 0);
    await till.locator(`[data-name="net"][data-cents="${sum(paid) - sum(back)}"]`).waitFor();
    assert.equal(await named(till, 'verdict').getAttribute('data-tone'), 'good', 'nothing but refunds happened: the month adds up');
    assert.equal(await till.locator('[data-name="evening-chart"] rect').count(), days.length);
    await inspect(till, 'evening', wrongs);

    // Every payment is there, two hundred at a time, each with its story.
    await named(till, 'to-matched').click();
    await till.locator('[data-name="evening-rows"][data-list="matched"][data-rows="200"]').waitFor();
    await named(till, 'page-after').first().click();
    await till.locator('[data-name="page-place"]', { hasText: '201' }).first().waitFor();
    assert.equal(await named(till, 'evening-row').count(), 200);
    const row = named(till, 'evening-row').nth(7);
    const sequence = Number(await row.getAttribute('data-sequence'));
    await row.click();
    const told = (await named(till, 'story').textContent()) ?? '';
    const payment = paid.find((one) => one.sequence === sequence);
    assert.ok(payment && told.includes(payment.reference ?? '') && told.includes(payment.id.slice(0, 8)), 'reference and request stand in the story');
    await inspect(till, 'story', wrongs);
    await named(till, 'evening-receipt').click();
    await named(till, 'receipt-view').locator('.banner.good').waitFor();
    await named(till, 'close-receipt').click();

    // The shop's own file: its columns are named once.
    await named(till, 'to-evening').click();
    await named(till, 'to-files').click();
    await named(till, 'sales-drop').waitFor();
    await give(till, 'ventes.csv', text);
    await named(till, 'mapping').waitFor();
    assert.equal(await named(till, 'preview').locator('tbody tr').first().locator('td').first().textContent(), text.split('\r\n')[1].split(';')[0]);
    await inspect(till, 'columns', wrongs);
    await till.locator('input[name="mapping-units"]').fill('Liards');
    await named(till, 'compare').click();

    // Each difference is found, and nothing else.
    const count = Object.values(expected).flat().length;
    await till.locator(`[data-name="file-verdict"][data-differences="${count}"]`).waitFor({ timeout: 60_000 });
    const sums = named(till, 'file-sums');
    assert.equal(await sums.getAttribute('data-gap'), await sums.getAttribute('data-explained'), 'the differences explain the gap to the cent');
    await inspect(till, 'file', wrongs);
    for (const [kind, list] of Object.entries(expected)) {
      await till.locator(`[data-name="kind-${kind}"][data-count="${list.length}"]`).click();
      await till.locator(`[data-name="differences"][data-list="${kind}"]`).waitFor();
      const found = await differencesOf(till);
      // Beside a refund stands the sale that it gives back.
      assert.deepEqual(sorted(kind === 'refunded' ? found.map((one) => ({ ...one, line: null })) : found), sorted(list), kind);
      await named(till, 'to-evening').click();
      await named(till, 'file-verdict').waitFor();
    }
    await named(till, 'kind-amount_differs').click();
    await named(till, 'differences').waitFor();
    await inspect(till, 'differences', wrongs);
    const csv = await saved(till, 'save-kind');
    assert.equal(csv.bytes.toString().trim().split('\r\n').length, 1 + expected.amount_differs.length);

    // The look says that the file differs; a file with known headings is compared without a question.
    await till.goto(`${server.url}/till/#evening`);
    await till.locator(`[data-name="trouble-differences"][data-count="${count}"]`).waitFor();
    await named(till, 'trouble-differences').click();
    await named(till, 'sales-file').first().waitFor();
    await give(till, 'ventes-2.csv', text);
    await till.locator(`[data-name="file-verdict"][data-differences="${count}"]`).waitFor({ timeout: 60_000 });
    await till.goto(`${server.url}/till/#evening=files`);
    await give(till, 'juste.csv', agreeing);
    await named(till, 'compare').click();
    await till.locator('[data-name="file-verdict"][data-differences="0"]').waitFor({ timeout: 60_000 });

    // What leaves the house.
    await till.goto(`${server.url}/till/#evening=papers`);
    await named(till, 'statements').waitFor();
    const table = await saved(till, 'export-csv');
    assert.ok(table.bytes.toString().split('\r\n').length > PAYMENTS, 'every movement is in the table');
    const starts = { pdf: '%PDF', ofx: 'OFX', camt: '<?xml', fec: 'JournalCode' };
    for (const [name, start] of Object.entries(starts)) assert.ok((await saved(till, `export-${name}`)).bytes.subarray(0, 200).toString().includes(start), name);
    await inspect(till, 'papers', wrongs);
    const day = named(till, 'statement-day').first();
    await day.click();
    await till.locator('[data-name="signed-statement"][data-good="true"]').waitFor();
    await named(till, 'signed-statement').locator('summary').click();
    assert.ok(((await named(till, 'note').textContent()) ?? '').includes(`day ${await day.getAttribute('data-day')}`));
    await inspect(till, 'statement', wrongs);
    await named(till, 'object').click();
    await till.locator('textarea[name="objection"]').fill('Le ticket de 12,50 manque.');
    await named(till, 'send-objection').click();
    await till.locator('[data-name="signed-statement"][data-state="objected"]').waitFor();
    await named(till, 'close-statement').click();
    assert.equal(await day.getAttribute('data-state'), 'objected');

    // The accountant joins with a code of the shop, on a phone, from right to left, and reads.
    const { page: merchant } = await open();
    const { page: accountant, allow } = await open({ locale: 'ar', bypassCSP: true });
    allow(/status of 40[134] .*\/(v1\/sign-in|pos\/v1\/)/s);
    await openDemoWallet(merchant, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await named(merchant, 'tills').click();
    await named(merchant, 'accountant-add').click();
    const code = ((await named(merchant, 'enrol-code').textContent()) ?? '').trim();
    await accountant.goto(`${server.url}/till/`);
    await accountant.locator('input[name="code"]').fill(code);
    await accountant.locator('input[name="label"]').fill('Cabinet Etxea');
    await named(accountant, 'enrol').click();
    await named(merchant, 'till-claimed').waitFor();
    await named(merchant, 'till-confirm').click();
    await named(accountant, 'verdict').waitFor();
    await named(accountant, 'span-month').click();
    await named(accountant, 'verdict').waitFor();
    await inspect(accountant, 'accountant, evening', wrongs);
    await accountant.goto(`${server.url}/till/#evening=files`);
    await named(accountant, 'sales-file').first().waitFor();
    assert.equal(await named(accountant, 'sales-drop').count(), 0, 'an accountant gives no file');
    await named(accountant, 'sales-file').nth(1).click();
    await named(accountant, 'kind-time_differs').click();
    await named(accountant, 'differences').waitFor();
    assert.equal((await differencesOf(accountant)).length, expected.time_differs.length);
    await inspect(accountant, 'accountant, differences', wrongs);
    assert.ok(digits(await named(accountant, 'side-receipt').first().textContent()) > 0);
  }, TOWN);
  assert.equal(wrongs.length, 0, wrongs.join('\n'));
});
