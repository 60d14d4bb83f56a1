// The till on a machine in the shop, while the node is elsewhere: the line is cut, a payment is taken at the shop's risk, the line
// comes back, and it is confirmed once.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { filmElement, openPage, startProgram, startServer, until, withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { askForPayment, askWithoutNetwork, confirmPayment, entryOnTill, letIn, named, openDemoWallet, openTill, scan, signIn, untilKnown, untilPageKept } from './stories.mjs';

/** A page that waits longer and longer between its tries hears of a line that is back within this. */
const BACK_MS = 90_000;
const CUT = /ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|FAILED)|status of 503/;

/** The till's own program in a folder, against a node. @param {string} data @param {string} api */
async function startTill(data, api) {
  const running = startProgram(['till', '--api', api, '--data', data, '--listen', '127.0.0.1:0', '--log', 'error']);
  const url = await until(running, async () => {
    const found = /Listening on (\S+)\n/.exec(running.log());
    if (!found) throw new Error('not yet');
    return `http://${found[1]}`;
  });
  return { url, stop: running.stop };
}

test('a machine in the shop sells, goes on while its line to the node is cut, and has everything confirmed once', async () => {
  /** @type {string[]} */
  const wrongs = [];
  await withWorld(async ({ server, browser, film, directory, open }) => {
    const shop = await startTill(join(directory, 'shop'), server.url);
    const at = await openPage(browser, shop.url, { width: 1280, height: 800, worker: true, bypassCSP: true });
    const { page: wallet, allow } = await open({ worker: true });
    const till = at.page;
    allow(CUT);
    allow(/status of 404 .*\/v1\/transactions\//s);
    at.allow(CUT);
    try {
      await openDemoWallet(wallet, server.links.wallet_link);
      await untilKnown(wallet, 'spending:');
      await untilPageKept(wallet, 'wallet');
      await openTill(till, `${shop.url}/till/#demo=${server.links.till_seed}`);
      await untilKnown(till, 'till-remembered:');

      const charge = await askForPayment(till, '420', 'Avec ligne');
      assert.ok(charge.link.startsWith(`${server.url}/wallet/#pay=`), 'phones open the wallet at the node');
      await scan(till, wallet, film, 420);
      const entry = await confirmPayment(wallet);
      assert.equal(await entryOnTill(till), entry);
      await named(till, 'next').click();
      await wallet.goto(`${server.url}/wallet/#`);
      await named(wallet, 'scan').waitFor();

      await server.stop();
      await till.locator('[data-name="link"][data-state="down"]').waitFor();
      await till.reload();
      await till.locator('[data-name="link"][data-state="down"]').waitFor();
      await inspect(till, 'till at the shop, its line cut', wrongs);
      await askWithoutNetwork(till, '530', 'Ligne coupée');
      await wallet.reload();
      await scan(till, wallet, film, 530);
      await named(wallet, 'pay-apart').click();
      await named(wallet, 'apart-sign').click();
      await named(wallet, 'apart-code').waitFor();
      await filmElement(wallet.locator('[data-name="apart-code"] .qr'), film);
      await named(till, 'scan-customer').click();
      await named(till, 'order-take').click();
      await named(till, 'taken').waitFor();
      assert.equal(await named(till, 'paid').count(), 0, 'never green');
      await named(till, 'next').click();

      const again = await startServer(directory, [], new URL(server.url).host);
      try {
        await till.locator('[data-name="link"][data-state="up"]').waitFor({ timeout: BACK_MS });
        await named(till, 'tab-day').click();
        await till.locator('[data-name="taken-row"][data-state="confirmed"]').waitFor({ timeout: BACK_MS });
        await till.locator('[data-name="charge"][data-state="paid"]', { hasText: 'Ligne coupée' }).waitFor();
        assert.equal(await named(till, 'unexpected').count(), 0, 'nothing came twice');
      } finally {
        await again.stop();
      }
      at.verify();
    } finally {
      await shop.stop();
    }
  });
  assert.deepEqual(wrongs, []);
});

test('a cashier whom the owner lets in at the node has those rights at a machine in the shop, and without her its till stays locked', async () => {
  await withWorld(async ({ server, browser, directory, open }) => {
    const shop = await startTill(join(directory, 'shop'), server.url);
    const at = await openPage(browser, shop.url, { width: 1280, height: 800 });
    const { page: owner } = await open();
    const till = at.page;
    // Whoever is not confirmed yet is refused: the browser notes each refusal.
    at.allow(/status of 40[134] .*\/v1\/sign-in/s);
    const people = () => till.evaluate(async () => {
      const module = '/till/people.js';
      const { cashier, locked } = await import(module);
      return { rights: cashier.value?.rights, locked: locked() };
    });
    try {
      await openDemoWallet(owner, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
      await named(owner, 'tills').click();
      await openTill(till, `${shop.url}/till/#demo=${server.links.till_seed}`);
      await named(till, 'tab-more').click();
      await named(till, 'row-people').click();
      await named(till, 'cashier-add').click();
      await letIn(owner, till, { name: 'Maite', pin: '2580', rights: ['close'] });
      const told = () => till.waitForResponse((answer) => answer.url().endsWith('/pos/v1/settings/people') && answer.ok());
      await told();
      await till.waitForFunction(async () => {
        const module = '/till/people.js';
        return (await import(module)).cashier.value?.rights.close === true;
      });
      assert.deepEqual((await people()).rights, { refund: false, discount: false, close: true, settings: false });

      await named(till, 'cashier-here').click();
      // What the first answer decides has happened by the second.
      await told();
      await told();
      assert.equal((await people()).locked, true);
      await signIn(till, 'Maite', '2580');
      at.verify();
    } finally {
      await shop.stop();
    }
  });
});
