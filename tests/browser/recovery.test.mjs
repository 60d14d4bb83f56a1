// A lost phone, from start to end: stopped at the office at once, a new one let in by two people, told to the member's other device, good
// after a delay, with the same account and its history. And an impostor, whom the other device stops.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PATIENCE_MS, withWorld } from './harness.mjs';
import { inspect } from './inspect.mjs';
import { approveAll, deskOf, goTo, sign } from './office-desks.mjs';
import { NOT_YET, balanceOf, named, openDemoWallet, showDevice, waitForBalance } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** Long enough to look at what waits, short enough for a story. */
const DELAY_S = 30;
const REFUSED = /status of 40[13] /;

/** Lets a device in from another one. @param {Page} page @param {string} url @param {string} link */
async function admit(page, url, link) {
  await page.goto(`${url}/wallet/#${link.split('#')[1]}`);
  await named(page, 'admit-do').click();
  await named(page, 'admitted').waitFor();
  await page.goto(`${url}/wallet/#`);
}

/** The office's page of a member, with the form for a new device filled in and signed. @param {Page} desk @param {string} account @param {string} link */
async function proposeDevice(desk, account, link) {
  await goTo(desk, `members/${account}`);
  await named(desk, 'member-key').click();
  await desk.locator('input[name="member-key-key"]').fill(link);
  await named(desk, 'device-found').waitFor();
  await named(desk, 'do-key').click();
  await sign(desk);
}

test('a lost phone is stopped and replaced at the office, and the account is the same', async () => {
  await withWorld(async ({ server, open }) => {
    const old = await open();
    await openDemoWallet(old.page, server.links.wallet_link);
    const before = await balanceOf(old.page);
    const mine = await old.page.evaluate(async () => {
      const { account, lines, wallet } = await import(/** @type {any} */ ('/wallet/state.js'));
      return { account: account.value.account, key: wallet.value.key, lines: lines.value.map((/** @type {any} */ line) => line.sequence) };
    });
    const tablet = await open();
    tablet.allow(NOT_YET);
    await admit(old.page, server.url, await showDevice(tablet.page, server.url, 'Tablette'));
    await waitForBalance(tablet.page, before);

    const desk = await deskOf(server, open, 0);
    old.allow(REFUSED);
    await goTo(desk, `members/${mine.account}`);
    await desk.locator(`[data-name="keys"] [data-key="${mine.key}"] [data-name="revoke-key"]`).click();
    await sign(desk);
    await desk.locator(`[data-name="keys"] [data-key="${mine.key}"]`).waitFor({ state: 'detached' });
    await old.page.reload();
    await old.page.locator('.banner.danger, .state[role="alert"]').first().waitFor();

    const fresh = await open({ bypassCSP: true });
    fresh.allow(NOT_YET);
    const link = await showDevice(fresh.page, server.url, 'Nouveau');
    await proposeDevice(desk, mine.account, link);
    assert.equal(await named(fresh.page, 'waiting-key').count(), 0, 'one person alone lets nobody in');
    await approveAll(await deskOf(server, open, 1));

    await named(fresh.page, 'waiting-key').waitFor();
    const until = Number(await named(fresh.page, 'waiting-key').getAttribute('data-until'));
    await named(tablet.page, 'key-notice').waitFor();
    const refused = await fresh.page.evaluate(async (account) => {
      const { openSession } = await import(/** @type {any} */ ('/wallet/state.js'));
      return openSession().json(`/v1/accounts/${account}`).then(() => 'read', (/** @type {any} */ error) => error.code);
    }, mine.account);
    assert.equal(refused, 'key_not_yet', 'the new key reads nothing before its time');
    fresh.allow(/status of 403 .*\/v1\/accounts/s);
    /** @type {string[]} */
    const wrongs = [];
    await inspect(fresh.page, 'a key that waits', wrongs);
    assert.deepEqual(wrongs, [], wrongs.join('\n'));

    await fresh.page.locator(`[data-name="balance"][data-cents="${before}"]`).waitFor({ timeout: DELAY_S * 1_000 + PATIENCE_MS });
    const now = await fresh.page.evaluate(async () => {
      const [{ account, lines }, api] = await Promise.all([import(/** @type {any} */ ('/wallet/state.js')), import(/** @type {any} */ ('/kit/api.js'))]);
      return { account: account.value.account, lines: lines.value.map((/** @type {any} */ line) => line.sequence), time: api.now() };
    });
    assert.ok(now.time >= until - 1_000, 'not before its time');
    assert.equal(now.account, mine.account);
    assert.ok(mine.lines.every((/** @type {number} */ sequence) => now.lines.includes(sequence)), 'the history is the same');
    await named(tablet.page, 'key-is-mine').click();
    await named(tablet.page, 'confirm').click();
    await named(tablet.page, 'key-notice').waitFor({ state: 'detached' });
  }, ['--recovery-delay', String(DELAY_S)]);
});

test('an impostor at the office is seen by the member’s phone and stopped before the key is good', async () => {
  await withWorld(async ({ server, open }) => {
    const { page } = await open({ bypassCSP: true });
    await openDemoWallet(page, server.links.wallet_link);
    const account = await page.evaluate(async () => (await import(/** @type {any} */ ('/wallet/state.js'))).account.value.account);
    const impostor = await open();
    impostor.allow(REFUSED);
    const link = await showDevice(impostor.page, server.url, 'Nouveau');
    const desk = await deskOf(server, open, 0);
    await proposeDevice(desk, account, link);
    await approveAll(await deskOf(server, open, 1));
    await named(impostor.page, 'waiting-key').waitFor();

    await named(page, 'key-notice').waitFor();
    /** @type {string[]} */
    const wrongs = [];
    await inspect(page, 'the notice of a new key', wrongs);
    assert.deepEqual(wrongs, [], wrongs.join('\n'));
    await named(page, 'stop-key').click();
    await named(page, 'confirm').click();
    await named(page, 'key-notice').waitFor({ state: 'detached' });
    await named(impostor.page, 'join-code').waitFor();
    assert.equal(await named(impostor.page, 'balance').count(), 0);
  }, ['--recovery-delay', '3600']);
});
