// Every page for everyone: axe-core finds nothing, in light and in dark, from left to right and from right to left, and
// nothing is cut off on a small screen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { askForPayment, named, openDemoWallet, openTill, rewritten, untilRemembered } from './stories.mjs';

for (const locale of ['fr-FR', 'ar']) {
  test(`pages in ${locale}`, async () => {
    /** @type {string[]} */
    const wrongs = [];
    await withWorld(async ({ server, directory, open }) => {
      const small = { width: 360, height: 780, locale, bypassCSP: true };

      const { page: wallet } = await open(small);
      await wallet.goto(`${server.url}/wallet/`);
      await named(wallet, 'open-wallet').waitFor();
      await inspect(wallet, `wallet, first screen, ${locale}`, wrongs);
      await named(wallet, 'open-wallet').click();
      await named(wallet, 'backup').waitFor();
      await inspect(wallet, `wallet, backup, ${locale}`, wrongs);
      await wallet.goto('about:blank');
      await openDemoWallet(wallet, server.links.wallet_link);
      await inspect(wallet, `wallet, home, ${locale}`, wrongs);
      await wallet.locator('[data-name="counted"][data-state="counted"]').waitFor();
      await named(wallet, 'counted').locator('summary').click();
      await inspect(wallet, `wallet, balance counted, ${locale}`, wrongs);
      await wallet.locator('a.row[data-sequence]', { hasText: /\u2212/ }).first().click();
      await wallet.locator('[data-standing="final"]').waitFor();
      await named(wallet, 'receipt-code').locator('summary').click();
      await named(wallet, 'proof').click();
      await inspect(wallet, `wallet, receipt, ${locale}`, wrongs);
      for (const screen of ['convert', 'monthly', 'support', 'give', 'receive', 'history', 'settings', 'scan', 'places']) {
        await wallet.goto(`${server.url}/wallet/#${screen}`);
        await wallet.waitForTimeout(300);
        await inspect(wallet, `wallet, ${screen}, ${locale}`, wrongs);
      }

      const { page: till } = await open(small);
      await till.goto(`${server.url}/till/`);
      await named(till, 'enrol').waitFor();
      await inspect(till, `till, enrolment, ${locale}`, wrongs);
      await till.goto('about:blank');
      await openTill(till, server.links.till_link);
      await inspect(till, `till, counter, ${locale}`, wrongs);
      await askForPayment(till, '100', 'Axe');
      await inspect(till, `till, request, ${locale}`, wrongs);
      await named(till, 'cancel-charge').click();
      await named(till, 'new').click();
      await named(till, 'tab-day').click();
      await named(till, 'totals').waitFor();
      await inspect(till, `till, day, ${locale}`, wrongs);

      const { page: office } = await open(small);
      await office.goto(`${server.url}/office/`);
      await named(office, 'enter').waitFor();
      await inspect(office, `office, door, ${locale}`, wrongs);
      await office.goto('about:blank');
      await office.goto(server.links.office_link);
      await named(office, 'answer').waitFor();
      await inspect(office, `office, dashboard, ${locale}`, wrongs);
      await named(office, 'nav-more').click();
      await inspect(office, `office, all pages, ${locale}`, wrongs);
      const rooms = ['bank', 'bank/reconciliation', 'bank/files', 'decisions', 'members', 'rules', 'rules/campaign/1', 'rules/new/campaign', 'rules/new/fee', 'rules/new/gift',
        'redemptions', 'redemptions/batches', 'redemptions/statement', 'redemptions/debits', 'fund', 'fund/orders', 'activity', 'staff'];
      for (const name of rooms) {
        await office.goto(`${server.url}/office/#/${name}`);
        await office.waitForTimeout(300);
        await inspect(office, `office, ${name}, ${locale}`, wrongs);
      }

      const { page: anyone } = await open(small);
      await anyone.goto(server.links.public_link);
      await named(anyone, 'statement-verified').waitFor();
      for (const summary of await anyone.locator('summary').all()) await summary.click();
      await inspect(anyone, `public page, ${locale}`, wrongs);

      const { page: verifier } = await open(small);
      await verifier.goto(`${server.url}/verify/`);
      await named(verifier, 'currency').waitFor();
      await inspect(verifier, `verifier, ${locale}`, wrongs);
      const { note } = await (await fetch(`${server.url}/log/coverage/latest`)).json();
      for (const [tone, text] of [['good', note], ['bad', note.replace('circulation', 'Circulation')]]) {
        await verifier.locator('textarea').fill(text);
        await named(verifier, 'paste-verify').click();
        await verifier.locator(`[data-name="verdict"][data-tone="${tone}"]`).waitFor();
        await inspect(verifier, `verifier, ${tone}, ${locale}`, wrongs);
      }
      await named(verifier, 'scan').click();
      await inspect(verifier, `verifier, camera, ${locale}`, wrongs);

      // What goes wrong has to be read by everyone, too.
      const { page: warned } = await open(small);
      await warned.route('**/liability', (route) => route.fulfill({ status: 200, contentType: 'application/cbor', body: Buffer.from([0x80]) }));
      await openDemoWallet(warned, server.links.wallet_link);
      await warned.locator('[data-name="counted"][data-state="wrong"]').waitFor();
      await inspect(warned, `wallet, balance not counted, ${locale}`, wrongs);
      await warned.unroute('**/liability');
      await untilRemembered(warned);
      const other = await rewritten(directory, await (await fetch(`${server.url}/log/checkpoint`)).text());
      await warned.route('**/log/checkpoint', (route) => route.fulfill({ status: 200, contentType: 'text/plain', body: other }));
      await warned.reload();
      await named(warned, 'contradiction').waitFor();
      await inspect(warned, `wallet, contradiction, ${locale}`, wrongs);

      const { page: early } = await open(small);
      await early.route('**/log/coverage?*', (route) => route.fulfill({ json: { statements: [], next: null } }));
      await early.goto(server.links.public_link);
      await named(early, 'no-statement').waitFor();
      await inspect(early, `public page, no statement, ${locale}`, wrongs);
      await early.route('**/log/coverage?*', (route) => route.fulfill({ json: { statements: [{ note: 'x' }], next: null } }));
      await early.reload();
      await early.locator('[data-name="answer"][data-wrong]').waitFor();
      await inspect(early, `public page, wrong statement, ${locale}`, wrongs);
    });
    assert.equal(wrongs.length, 0, wrongs.join('\n'));
  });
}
