// A till's tickets: numbered without a network, at the server once there is one, on the customer's phone, printed again and marked,
// closed with the perpetual total, and in an archive that anyone verifies.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { PROGRAM, withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { named, openTill, setUp } from './stories.mjs';

const run = promisify(execFile);

/** @typedef {import('playwright-core').Page} Page */

/** Opens the till of a shop that writes its tickets there. @param {Page} till @param {import('./harness.mjs').Server} server */
async function openTicketTill(till, { url, links }) {
  await till.goto(`${url}/till/`);
  await setUp(till, links.shop_seed, 'tickets', { on: true });
  await till.goto('about:blank');
  await openTill(till, links.till_link);
}

/** What the counter hands over once a sale is paid. @param {Page} till @param {{cash: number, training?: boolean}[]} sales in cents, at 20 % @returns {Promise<{number: number, hash: string}[]>} */
function sell(till, sales) {
  return till.evaluate(async (list) => {
    const from = (/** @type {string} */ path) => import(path);
    const [{ issueSale }, { lineOf }] = await Promise.all(['/till/tickets.js', '/kit/tax.js'].map(from));
    const made = [];
    for (const { cash, training } of list) {
      const { number, hash } = await issueSale({ lines: [lineOf({ label: 'Panier', price: cash, rate: 2000 })], tenders: [{ means: 'cash', amount: cash, charge: null, certain: true }], training });
      made.push({ number, hash });
    }
    return made;
  }, sales);
}

/** What a page prints is kept for the story to read. @param {Page} page */
async function catchPrinting(page) {
  await page.addInitScript(() => {
    /** @type {any} */ (globalThis).printed = [];
    globalThis.print = () => { /** @type {any} */ (globalThis).printed.push(/** @type {HTMLElement} */ (document.querySelector('.paper-host')).textContent ?? ''); };
  });
}

/** @param {Page} page @returns {Promise<string[]>} */
const printed = (page) => page.evaluate(() => /** @type {any} */ (globalThis).printed);

/** @param {Page} page @param {string} place */
async function show(page, place) {
  await page.evaluate((hash) => { location.hash = hash; }, place);
}

test('tickets without a network, on the phone, as a duplicate, and in a closing', async () => {
  await withWorld(async ({ server, open }) => {
    const { page: till, offline, allow } = await open();
    allow(/ERR_INTERNET_DISCONNECTED/);
    await catchPrinting(till);
    await till.goto(`${server.url}/till/`);
    await setUp(till, server.links.shop_seed, 'legal', { name: 'SARL Etxea', address: '12 rue Pannecau\n64100 Bayonne', siret: '12345678200010', vat_number: '', footer: 'Merci !' });
    await openTicketTill(till, server);
    await show(till, '#tickets');
    // The journal began with the start of the till, and is at the server.
    await till.locator('[data-name="standing"][data-waiting="0"]').waitFor();

    // Without a network each ticket has its number, and waits.
    await offline(true);
    const [first] = await sell(till, [{ cash: 1_200 }, { cash: 600, training: true }, { cash: 350 }]);
    await till.locator('[data-name="standing"][data-waiting="3"]').waitFor();
    assert.deepEqual(await till.locator('[data-name="ticket-row"]').evaluateAll((rows) => rows.map((row) => [row.getAttribute('data-kind'), row.getAttribute('data-ticket')])),
      [['sale', '2'], ['training_sale', '1'], ['sale', '1']]);

    // The customer's page knows nothing of it yet.
    const { page: customer, allow: allowCustomer } = await open();
    allowCustomer(/status of 404 .*\/public\/tickets\//s);
    await catchPrinting(customer);
    await show(till, `#ticket=${first.number}`);
    const link = (await named(till, 'receipt-link').getAttribute('data-link')) ?? '';
    assert.ok(link.startsWith(`${server.url}/ticket/#`), link);
    await customer.goto(link);
    await customer.locator('main[data-phase="not_yet"]').waitFor();

    // With the network it arrives by itself.
    await offline(false);
    await show(till, '#tickets');
    await till.locator('[data-name="standing"][data-waiting="0"]').waitFor();
    await named(customer, 'again').click();
    await named(customer, 'verified').waitFor();
    const paper = (await named(customer, 'paper').textContent()) ?? '';
    assert.match(paper, /SARL Etxea.*Ticket n°.1.*Panier.*12,00/s);
    assert.match((await named(customer, 'verified').textContent()) ?? '', /association confirme que cette caisse est celle de.*Boulangerie/s);
    await named(customer, 'print').click();
    assert.match((await printed(customer))[0], /Ticket n°.1/);

    // Printed again: marked, and noted in the journal.
    await show(till, `#ticket=${first.number}`);
    await named(till, 'reprint').click();
    await till.waitForFunction(() => /** @type {any} */ (globalThis).printed.length === 1);
    await named(till, 'reprint').click();
    await till.waitForFunction(() => /** @type {any} */ (globalThis).printed.length === 2);
    assert.match((await printed(till))[0], /DUPLICATA 1/);
    assert.match((await printed(till))[1], /DUPLICATA 2/);
    await show(till, '#tickets=journal');
    await till.locator('[data-name="event-row"][data-code="reprint"]').nth(1).waitFor();
    await till.locator('[data-name="event-row"][data-code="started"]').waitFor();

    // Closed: both sales, no training, and the perpetual total; the server says the same.
    await show(till, '#tickets=closings');
    await till.locator('[data-name="open-day"][data-cents="1550"]').waitFor();
    await named(till, 'close-day').click();
    await named(till, 'confirm').click();
    await till.locator('[data-name="closing-row"][data-total="1550"][data-net="1550"]').waitFor();
    await till.locator('[data-name="standing"][data-waiting="0"]').waitFor();
    await named(till, 'all-tills').click();
    await till.locator('[data-name="closing-row"][data-total="1550"][data-net="1550"][href*="."]').click();
    await till.locator('[data-name="paper"][data-kind="closing"]').waitFor();
  });
});

test('a till\'s archive is verified by anyone, one bit in it is noticed and its record named, and the attestation is a paper', async () => {
  await withWorld(async ({ server, directory, open }) => {
    const { page: till } = await open();
    await openTicketTill(till, server);
    const [first] = await sell(till, [{ cash: 1_200 }, { cash: 350 }]);
    await show(till, '#tickets=archive');
    const [download] = await Promise.all([till.waitForEvent('download'), named(till, 'get-archive').click()]);
    const archive = join(directory, 'year.liard-till');
    await download.saveAs(archive);
    const { ledger } = await (await fetch(`${server.url}/v1/ledger`)).json();
    await run(PROGRAM, ['verify', archive, '--ledger', ledger]);
    const bytes = await readFile(archive);
    const place = bytes.indexOf(Buffer.from('Panier'));
    assert.ok(place > 0, 'the ticket lies in the archive');
    bytes[place] ^= 1;
    const tampered = join(directory, 'tampered.liard-till');
    await writeFile(tampered, bytes);
    await assert.rejects(run(PROGRAM, ['verify', tampered]), (/** @type {any} */ fault) => fault.code === 1 && new RegExp(`\\b${first.number}\\b`).test(`${fault.stdout}${fault.stderr}`));
    const [paper2] = await Promise.all([till.waitForEvent('download'), named(till, 'get-attestation').click()]);
    assert.equal((await readFile(await paper2.path())).subarray(0, 5).toString(), '%PDF-');
  });
});

for (const locale of ['fr-FR', 'ar']) {
  test(`tickets are for everyone, in ${locale}`, async () => {
    await withWorld(async ({ server, open }) => {
      /** @type {string[]} */
      const wrongs = [];
      const small = { width: 360, height: 780, locale, bypassCSP: true };
      const { page: till } = await open(small);
      await openTicketTill(till, server);
      const [first] = await sell(till, [{ cash: 1_200 }, { cash: 600, training: true }]);
      for (const [place, there] of [['#tickets', '[data-name="ticket-row"]'], ['#tickets=closings', '[data-name="close-day"]'], ['#tickets=journal', '[data-name="event-row"]'], ['#tickets=archive', '[data-name="get-archive"]'], [`#ticket=${first.number}`, '[data-name="paper"]']]) {
        await show(till, place);
        await till.locator(there).first().waitFor();
        await inspect(till, `till, ${place}, ${locale}`, wrongs);
      }
      const link = (await named(till, 'receipt-link').getAttribute('data-link')) ?? '';
      const { page: customer, allow } = await open(small);
      allow(/status of 404/);
      await show(till, '#tickets');
      await till.locator('[data-name="standing"][data-waiting="0"]').waitFor();
      await customer.goto(link);
      await named(customer, 'verified').waitFor();
      await inspect(customer, `ticket, verified, ${locale}`, wrongs);
      await customer.goto('about:blank');
      await customer.goto(`${link.slice(0, -4)}AAAA`);
      await customer.locator('main:not([data-phase="reading"])').waitFor();
      await inspect(customer, `ticket, not there, ${locale}`, wrongs);
      assert.deepEqual(wrongs, []);
    });
  });
}
