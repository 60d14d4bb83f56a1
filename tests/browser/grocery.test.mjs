// A grocery that sells by articles: VAT rates, weights, discounts and tips; payment in parts; a tablet that is started again in the
// middle; the customer's screen; training.
import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer, withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { balanceOf, confirmPayment, named, openDemoWallet, openTill, receiptPrinter, scan, waitForBalance } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** Both pins of a printer's drawer. */
const DRAWER = '\x1b@\x1bt\x13\x1bp\x00<x\x1bp\x01<x';

const GOODS = /** @type {[string, string, string, string][]} */ ([
  ['Pain complet', '3,20', '550', ''], ['Baguette', '1,20', '550', ''], ['Tomates', '3,90', '550', 'kg'], ['Vin rouge', '8,90', '2000', ''],
]);

/** Opens a screen of the menu. @param {Page} till @param {string} name */
async function fromMenu(till, name) {
  await named(till, 'tab-more').click();
  await named(till, `row-${name}`).click();
}

/** @param {Page} till */
async function fillCatalogue(till) {
  await fromMenu(till, 'goods');
  for (const [label, price, rate, unit] of GOODS) {
    await named(till, 'item-add').click();
    await till.locator('input[name="item-label"]').fill(label);
    await till.locator('input[name="item-price"]').fill(price);
    await till.locator('select[name="item-rate"]').selectOption(rate);
    await till.locator('select[name="item-unit"]').selectOption(unit);
    await named(till, 'item-save').click();
    await till.locator(`[data-item="${label}"]`).waitFor();
  }
}

/** @param {Page} till @param {string} label */
const take = (till, label) => till.locator(`.quick-key[data-item="${label}"]`).click();

/** @param {Page} till @param {string} name @param {number} cents */
const shows = (till, name, cents) => till.locator(`[data-name="${name}"][data-cents="${cents}"]`).waitFor();

/** The records of this till from its browser, as the page itself reads them. @param {Page} till */
const records = (till) => till.evaluate(async () => {
  const { recordsBetween } = await import(/** @type {any} */ ('/till/tickets.js'));
  const plain = (/** @type {any} */ { record }) => JSON.parse(JSON.stringify(record, (_key, value) => (value instanceof Uint8Array ? undefined : value)));
  return /** @type {any[]} */ ((await recordsBetween(1, 1_000)).map(plain));
});

/** What the shop's printer is to the till. @param {Page} till @param {string} address */
async function addPrinter(till, address) {
  await fromMenu(till, 'printers');
  await named(till, 'printer-add').click();
  await named(till, 'printer-save').click();
  await till.locator('.field-fault').waitFor();
  await till.locator('input[name="printer-name"]').fill('Comptoir');
  await till.locator('input[name="printer-address"]').fill(address);
  await till.locator('select[name="printer-width"]').selectOption('58');
  await till.locator('input[name="printer-drawer"]').check();
  await named(till, 'printer-save').click();
  await till.locator('[data-name="printer"][data-printer="1"] input:checked').waitFor();
}

test('a grocery sets up its articles, is paid in parts, and its ticket adds up rate by rate, also on paper', async (t) => {
  const printer = await receiptPrinter();
  t.after(() => printer.close());
  await withWorld(async (world) => {
    const { film, open, directory } = world;
    // The node is told where receipt printers may be.
    await world.server.stop();
    await appendFile(join(directory, 'data', 'liard.toml'), `printer_networks = "${printer.address}"\n`);
    const server = await startServer(directory, [], new URL(world.server.url).host);
    t.after(() => server.stop());
    const { page: merchant } = await open();
    await openDemoWallet(merchant, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await named(merchant, 'tills').click();
    await named(merchant, 'to-tickets').click();
    await merchant.locator('[data-name="tickets-state"][data-on="no"]').waitFor();
    await named(merchant, 'tickets-turn').click();
    await merchant.locator('[data-name="tickets-state"][data-on="yes"]').waitFor();

    const { page: wallet } = await open();
    const { page: till } = await open({ width: 1280, height: 800 });
    await openDemoWallet(wallet, server.links.wallet_link);
    const before = await balanceOf(wallet);
    await openTill(till, server.links.till_link);
    await fromMenu(till, 'legal');
    await till.locator('input[name="legal-name"]').fill('Épicerie du Pont SARL');
    await till.locator('textarea[name="legal-address"]').fill('3 rue du Pont\n64100 Bayonne');
    await till.locator('input[name="legal-siret"]').fill('123 456 789');
    await till.locator('.field-fault').waitFor();
    await till.locator('input[name="legal-siret"]').fill('123 456 789 00012');
    await named(till, 'legal-save').click();
    await named(till, 'saved').waitFor();
    await fromMenu(till, 'tips');
    await till.locator('input[name="tips-on"]').check();
    await named(till, 'tips-save').click();
    await named(till, 'saved').waitFor();
    await addPrinter(till, printer.address);
    await named(till, 'printer-trial').click();
    await named(till, 'printer-told').waitFor();
    assert.match(await printer.next(), /^\x1b@.*ESSAI\n.*\xb7 gauche {16}\x85 droite\n.*\x1dVB\x00$/s);
    await named(till, 'printer-drawer').click();
    assert.equal(await printer.next(), DRAWER);
    await fillCatalogue(till);

    await named(till, 'tab-counter').click();
    await take(till, 'Baguette');
    await take(till, 'Baguette');
    await take(till, 'Vin rouge');
    await take(till, 'Tomates');
    await till.locator('input[name="quantity"]').fill('750');
    await named(till, 'weigh-add').click();
    await shows(till, 'due', 240 + 890 + 293);
    await named(till, 'line').nth(1).click();
    await till.locator('[data-discount="10"]').click();
    await shows(till, 'due', 240 + 890 - 89 + 293);
    await take(till, 'Pain complet');
    await named(till, 'line').last().click();
    await named(till, 'remove-line').click();
    await till.locator('[data-tip="5"]').click();
    const due = 1334 + 67;
    await shows(till, 'due', due);

    await named(till, 'split').click();
    await till.locator('input[name="part"]').fill('20');
    await named(till, 'pay-units').click();
    await till.locator('.field-fault').waitFor();
    assert.equal(await till.locator('[data-name="request"]').count(), 0, 'units above what is due are not asked for');
    await till.locator('input[name="part"]').fill('5');
    await named(till, 'pay-cash').click();
    await shows(till, 'rest', due - 500);

    // The tablet is started again: basket and parts are where they were.
    await till.reload();
    await shows(till, 'rest', due - 500);
    await till.locator('input[name="part"]').fill('4,01');
    await named(till, 'pay-units').click();
    await till.locator('[data-name="request"][data-step="open"]').waitFor();
    await scan(till, wallet, film, 401);
    // And once more, while the customer pays.
    const link = till.url();
    await till.goto('about:blank');
    await confirmPayment(wallet);
    await till.goto(link);
    await shows(till, 'rest', due - 901);
    await till.locator('[data-name="tender"][data-means="units"][data-cents="401"]').waitFor();
    await named(wallet, 'done').click();

    await named(till, 'pay-units').click();
    await till.locator('[data-name="request"][data-step="open"]').waitFor();
    await scan(till, wallet, film, due - 901);
    await confirmPayment(wallet);
    await named(till, 'paid').waitFor();
    await till.locator('[data-name="ticket"][data-ticket="1"]').waitFor();
    await named(wallet, 'done').click();
    await waitForBalance(wallet, before - due + 500);
    await named(till, 'next').click();
    await named(till, 'register').waitFor();

    // Two taps: an article, and the request.
    await take(till, 'Baguette');
    await named(till, 'ask').click();
    await till.locator('[data-name="request"][data-step="open"]').waitFor();
    await named(till, 'cancel-charge').click();
    await named(till, 'new').click();
    await shows(till, 'due', 120);
    await named(till, 'split').click();
    await named(till, 'pay-card').click();
    await till.locator('[data-name="ticket"][data-ticket="2"]').waitFor();

    // On paper where somebody asks for it: once as the ticket, then as a duplicate. A payment by card opens no drawer.
    await named(till, 'print-ticket').click();
    const paper = await printer.next();
    assert.match(paper, /^\x1b@\x1bt\x13\x1ba\x01.*\x90picerie du Pont\n *SARL\n.*SIRET 12345678900012\n/s);
    assert.match(paper, /\nBaguette {18}1,20 A\n.*TOTAL {23}1,20\n.*A 5,5 % HT 1,14 {9}TVA 0,06\n.*Carte bancaire \(euros\) {6}1,20\n/s);
    assert.match(paper, new RegExp(`\\(k..1P0${server.url}/ticket/#[\\w-]{43}\x1d`, 's'));
    assert.ok(!paper.includes('DUPLICATA') && paper.endsWith('\x1bd\x03\x1dVB\x00'), 'cut, and no duplicate');
    await named(till, 'print-ticket').click();
    assert.match(await printer.next(), /DUPLICATA\n/);
    await named(till, 'next').click();

    await named(till, 'tab-day').click();
    await till.locator('[data-name="charge"][data-state="paid"]').first().click();
    await named(till, 'refund').click();
    await till.locator('input[name="refund-amount"]').fill('1');
    await named(till, 'refund-next').click();
    await named(till, 'confirm-refund').click();
    await named(till, 'refund-done').waitFor();
    await waitForBalance(wallet, before - due + 500 + 100);
    while (!(await records(till)).some(({ kind }) => kind === 'refund')) await till.waitForTimeout(100);

    const all = await records(till);
    const { sale: back } = all.find(({ kind }) => kind === 'refund');
    assert.deepEqual([back.ticket, back.total, back.of.ticket], [3, 100, 1], 'what goes back has the next number and names the ticket of the sale');
    assert.deepEqual(back.rates.map((/** @type {any} */ { rate, gross }) => [rate, gross]), [[550, 40], [2000, 60]]);
    const [first, second] = all.filter(({ kind }) => kind === 'sale').map(({ sale }) => sale);
    assert.deepEqual(first.rates, [{ rate: 550, gross: 533, vat: 28 }, { rate: 2000, gross: 801, vat: 134 }]);
    assert.deepEqual([first.total, first.tip, first.lines.length], [1334, 67, 4]);
    assert.deepEqual(first.tenders.map((/** @type {any} */ { means, amount, certain }) => [means, amount, certain]), [['cash', 500, true], ['units', 401, true], ['units', 500, true]]);
    assert.ok(first.tenders.every((/** @type {any} */ { means, charge }) => (means === 'units') === /^[0-9a-f]{32}$/.test(charge ?? '')), 'parts in units name their request');
    assert.deepEqual([second.total, second.tenders[0].means], [120, 'card']);
    const events = all.filter(({ kind }) => kind === 'event').map(({ event }) => event.code);
    for (const code of ['settings', 'discount', 'line_removed', 'drawer', 'reprint']) assert.ok(events.includes(code), `the journal holds ${code}: ${events}`);

    // A training, and the sale after it: each ticket says which it is. The change stays on the screen.
    for (let sold = 1; sold <= 2; sold += 1) {
      await fromMenu(till, 'training');
      await named(till, 'train').click();
      await named(till, 'register').waitFor();
      await take(till, 'Baguette');
      await named(till, 'split').click();
      await till.locator('input[name="part"]').fill('2');
      await named(till, 'pay-cash').click();
      await shows(till, 'change', 80);
      await named(till, 'next').click();
    }
    const last = (await records(till)).filter(({ kind }) => kind === 'sale' || kind === 'training_sale').slice(-2);
    assert.deepEqual(last.map(({ kind, sale: sold }) => [kind, sold.ticket]), [['training_sale', 1], ['sale', 4]]);
  });
});

test('the customer sees the amount, the code and thanks in a window of their own, and no code when the till is gone', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet } = await open();
    const { page: till } = await open({ width: 1280, height: 800 });
    await openDemoWallet(wallet, server.links.wallet_link);
    await openTill(till, server.links.till_link);
    await fromMenu(till, 'display');
    const opened = till.context().waitForEvent('page');
    await named(till, 'open-display').click();
    const customer = await opened;
    await customer.locator('[data-name="customer"][data-step="idle"]').waitFor();
    await named(till, 'tab-counter').click();
    for (const key of '250') await till.locator(`[data-key="${key}"]`).click();
    await till.locator('input[name="reference"]').fill('Table 3');
    await named(till, 'ask').click();
    await customer.locator('[data-name="customer"][data-step="ask"] .qr').waitFor();
    assert.match((await named(customer, 'customer').textContent()) ?? '', /2,50.*Table 3/s);
    const codes = await Promise.all([till, customer].map((page) => page.locator('.qr path').getAttribute('d')));
    assert.equal(codes[0], codes[1], 'both show the same code');
    await scan(till, wallet, film, 250);
    await confirmPayment(wallet);
    await named(till, 'paid').waitFor();
    await customer.locator('[data-name="customer"][data-step="paid"]').waitFor();
    await named(till, 'next').click();
    await customer.locator('[data-name="customer"][data-step="idle"]').waitFor();
    await till.goto('about:blank');
    await customer.locator('[data-name="customer"][data-step="silent"]').waitFor();
  });
});

for (const locale of ['fr-FR', 'ar']) {
  test(`the register for everyone, and a training in which nothing is asked of anybody, ${locale}`, async () => {
    /** @type {string[]} */
    const wrongs = [];
    await withWorld(async ({ server, open }) => {
      const { page: till } = await open({ width: 360, height: 780, locale, bypassCSP: true });
      await openTill(till, server.links.till_link);
      /** @param {string} name */
      const look = (name) => inspect(till, `till, ${name}, ${locale}`, wrongs);
      await fromMenu(till, 'goods');
      await named(till, 'item-add').click();
      await look('form of an article');
      await till.locator('input[name="item-label"]').fill('Baguette');
      await till.locator('input[name="item-price"]').fill('1,20');
      await named(till, 'item-save').click();
      await till.locator('[data-item="Baguette"]').waitFor();
      await look('articles');
      for (const name of ['rates', 'legal', 'register', 'display', 'tips', 'training']) {
        await fromMenu(till, name);
        await till.locator('.screen-head h1').waitFor();
        await look(name);
      }
      await fromMenu(till, 'printers');
      await named(till, 'printer-add').click();
      await look('form of a printer');
      await till.locator('input[name="printer-name"]').fill('Comptoir');
      await till.locator('input[name="printer-address"]').fill('192.168.1.50');
      await named(till, 'printer-save').click();
      await named(till, 'printer-trial').waitFor();
      await look('printers');
      await named(till, 'tab-more').click();
      await look('menu');

      /** @type {string[]} */
      const posted = [];
      till.on('request', (request) => { if (request.method() === 'POST' && /charges|transactions|refunds/.test(request.url())) posted.push(request.url()); });
      await fromMenu(till, 'training');
      await named(till, 'train').click();
      await named(till, 'training').waitFor();
      await take(till, 'Baguette');
      await named(till, 'line').click();
      await look('register in training');
      await named(till, 'ask').click();
      await named(till, 'practice').waitFor();
      await look('play request');
      // Closed in the middle, it is still in training.
      await till.reload();
      await named(till, 'training').waitFor();
      await named(till, 'pay-units').click();
      await named(till, 'practise').click();
      await named(till, 'practised').waitFor();
      assert.ok(await named(till, 'training').isVisible(), 'the mark is above every screen');
      assert.equal(await named(till, 'paid').count(), 0, 'nothing is shown as really paid');
      await look('play payment');
      await named(till, 'next').click();
      await take(till, 'Baguette');
      await named(till, 'split').click();
      await look('payment in parts');
      await named(till, 'pay-cash').click();
      await named(till, 'done-sale').waitFor();
      await look('end of a sale');
      await named(till, 'next').click();
      await named(till, 'tab-day').click();
      assert.equal(await named(till, 'totals').count(), 0, 'the real day is out of sight');
      await fromMenu(till, 'training');
      await named(till, 'train').click();
      await named(till, 'training').waitFor({ state: 'detached' });
      assert.deepEqual(posted, [], 'nothing of a training reaches the server');
    });
    assert.deepEqual(wrongs, []);
  });
}
