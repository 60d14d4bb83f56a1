// Invoices: a shop lets the service ask in its name, asks a member and a stranger, and is paid in parts; a web shop hears of it by a
// signed message; a public service counts its references and hands the treasury its table.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer, withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { confirmPayment, named, openDemoWallet, openTill } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** A web shop that only listens. */
async function listen() {
  /** @type {{signature: string, body: string}[]} */
  const came = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => { body += chunk; });
    request.on('end', () => {
      came.push({ signature: String(request.headers['liard-signature']), body });
      response.writeHead(204).end();
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { came, url: `http://127.0.0.1:${port}/liard`, stop: () => server.close() };
}

/** Writes an invoice at the till. @param {Page} till @param {Record<string, string>} words @param {{partial?: boolean, own?: boolean}} [options] @returns {Promise<any>} as the server answered */
async function writeInvoice(till, words, { partial = false, own = false } = {}) {
  await till.goto(`${till.url().split('#')[0]}#invoices`);
  await named(till, 'invoice-new').click();
  await till.locator('input[name="amount"]').waitFor();
  if (own) await till.locator('select[name="series"]').selectOption('');
  for (const [name, value] of Object.entries(words)) await till.locator(`[name="${name}"]`).fill(value);
  await till.locator('input[name="partial"]').setChecked(partial);
  const answered = till.waitForResponse((response) => response.url().endsWith('/pos/v1/invoices') && response.request().method() === 'POST');
  await named(till, 'invoice-write').click();
  const invoice = await (await answered).json();
  await named(till, 'invoice-head').waitFor();
  return invoice;
}

/** Waits until the till shows how an invoice stands. @param {Page} till @param {string} state */
async function standsAt(till, state) {
  const head = till.locator(`[data-name="invoice-head"][data-state="${state}"]`);
  while (!(await head.isVisible())) {
    await named(till, 'invoice-refresh').click();
    await till.waitForTimeout(200);
  }
}

test('a shop sends invoices, is paid in parts, and its web shop hears of it', async () => {
  const site = await listen();
  await withWorld(async (world) => {
    // The operator of the node names the web shop's host: it is on this machine.
    await world.server.stop();
    await appendFile(join(world.directory, 'data', 'liard.toml'), `\nhook_hosts = "${new URL(site.url).host}"\n`);
    const server = await startServer(world.directory, [], new URL(world.server.url).host);
    try {
      /** Pages that still listen when the node stops. @param {Parameters<typeof world.open>[0]} [options] */
      const open = async (options) => {
        const watched = await world.open(options);
        watched.allow(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED/);
        return watched;
      };
      /** @type {string[]} */
      const wrongs = [];
      const { page: owner } = await open({ bypassCSP: true });
      const { page: till } = await open({ width: 1280, height: 800, bypassCSP: true });
      const { page: payer } = await open({ bypassCSP: true });

      await openTill(till, server.links.till_link);
      await till.goto(`${server.url}/till/#invoices`);
      await named(till, 'desk').waitFor();

      // The shop's own key allows it once, makes a key for its site, and says where to tell it.
      await openDemoWallet(owner, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
      await named(owner, 'tills').click();
      await named(owner, 'to-invoicing').click();
      await named(owner, 'desk-admit').click();
      await owner.locator('[data-name="desk"][data-admitted="true"]').waitFor();
      await owner.locator('input[name="key-label"]').fill('Site du commerce');
      await named(owner, 'key-new').click();
      const key = ((await named(owner, 'fresh-key').locator('.copy-value').textContent()) ?? '').trim();
      assert.match(key, /^liard_[\w-]{64}$/);
      await owner.locator('input[name="hook-url"]').fill(site.url);
      await named(owner, 'hook-new').click();
      await named(owner, 'hook').waitFor();
      const secret = ((await named(owner, 'hook').locator('.copy-value').last().textContent()) ?? '').trim();
      await inspect(owner, 'wallet, invoices and web shop', wrongs);

      // An invoice to a member, in parts.
      await openDemoWallet(payer, server.links.wallet_link);
      const account = await payer.evaluate(async () => (await new Promise((resolve) => {
        const asked = indexedDB.open('liard');
        asked.onsuccess = () => {
          const all = asked.result.transaction('wallets').objectStore('wallets').getAll();
          all.onsuccess = () => { asked.result.close(); resolve(all.result.find((one) => one.account)?.account); };
        };
      })));
      const invoice = await writeInvoice(till, { amount: '20', text: 'Panier de légumes\nnovembre', reference: 'F-2026-1', payer: String(account) }, { partial: true });
      await inspect(till, 'till, one invoice', wrongs);
      assert.equal(invoice.rest, 2_000);
      await payer.reload();
      await named(payer, 'bills').click();
      await payer.locator('[data-name="bill-head"][data-rest="2000"]').waitFor();
      await inspect(payer, 'wallet, a bill', wrongs);
      await named(payer, 'in-parts').click();
      await payer.locator('input[name="part"]').fill('30');
      await named(payer, 'pay-part').click();
      await payer.locator('.field-fault').waitFor();
      await payer.locator('input[name="part"]').fill('7,50');
      await named(payer, 'pay-part').click();
      await payer.locator('[data-name="order-amount"][data-cents="750"]').waitFor();
      await confirmPayment(payer);
      await named(payer, 'done').click();
      await standsAt(till, 'part');
      await named(payer, 'bills').click();
      await payer.locator('[data-name="bill-head"][data-rest="1250"]').waitFor();
      await named(payer, 'pay-whole').click();
      await payer.locator('[data-name="order-amount"][data-cents="1250"]').waitFor();
      await confirmPayment(payer);
      await named(payer, 'done').click();
      await named(payer, 'bills').waitFor({ state: 'detached' });
      await standsAt(till, 'paid');
      assert.equal(await named(till, 'payment').count(), 2);

      // The web shop was told twice, under its secret.
      while (site.came.length < 2) await till.waitForTimeout(100);
      for (const { signature, body } of site.came) {
        const [, time, code] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
        assert.equal(code, createHmac('sha256', secret).update(`${time}.${body}`).digest('hex'));
      }
      assert.deepEqual(site.came.map(({ body }) => JSON.parse(body).type), ['invoice.part_paid', 'invoice.paid']);

      // The site writes one itself; whoever has the link sees it, also without a wallet.
      const answer = await fetch(`${server.url}/pos/v1/invoices`, {
        method: 'POST', headers: { authorization: `Bearer ${key}` }, body: JSON.stringify({ reference: 'W-1001', amount: 350, due: '2030-12-31' }),
      });
      const web = await answer.json();
      const { page: anyone } = await open({ locale: 'ar', bypassCSP: true });
      await anyone.goto(web.link);
      await anyone.locator('[data-name="bill-head"][data-rest="350"]').waitFor();
      await named(anyone, 'no-wallet').waitFor();
      await inspect(anyone, 'wallet, a bill without a wallet', wrongs);

      // A public service: its references count by themselves.
      await till.goto(`${server.url}/till/#invoices=services`);
      await named(till, 'service-add').click();
      await till.locator('input[name="service-name"]').fill('Cantine');
      await till.locator('input[name="service-pattern"]').fill('CANT-{year}-{nnnnn}');
      await till.locator('input[name="service-code"]').fill('7067');
      await named(till, 'service-keep').click();
      await named(till, 'service').waitFor();
      const meal = await writeInvoice(till, { amount: '3,20', text: 'Repas du lundi' });
      assert.match(meal.reference, /^CANT-\d{4}-00001$/);
      await payer.goto(`${server.url}/wallet/#invoice=${meal.token}`);
      await named(payer, 'pay-whole').click();
      await payer.locator('[data-name="order-amount"][data-cents="320"]').waitFor();
      await confirmPayment(payer);
      await standsAt(till, 'paid');
      await till.goto(`${server.url}/till/#invoices=services`);
      await named(till, 'treasury').waitFor();
      await inspect(till, 'till, public services', wrongs);
      const download = till.waitForEvent('download');
      await named(till, 'treasury').click();
      const table = await readFile(await (await download).path(), 'utf8');
      assert.match(table, /encaissement;Cantine;7067;CANT-\d{4}-00001;Repas du lundi;3,20;/);

      // One that nobody is to pay any more.
      const last = await writeInvoice(till, { amount: '9', text: '', reference: 'F-2026-2' }, { own: true });
      await named(till, 'invoice-cancel').click();
      await named(till, 'confirm').click();
      await standsAt(till, 'cancelled');
      await payer.goto(`${server.url}/wallet/#invoice=${last.token}`);
      await payer.locator('[data-name="bill-head"][data-state="cancelled"]').waitFor();
      assert.equal(wrongs.length, 0, wrongs.join('\n'));
    } finally {
      await server.stop();
      site.stop();
    }
  });
});
