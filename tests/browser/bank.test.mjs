// From the bank's statement to the wallet: what a member announced arrives, is recognised, proposed by one person, approved by
// another, and stands in the wallet with its bonus. The same file again brings nothing; what nobody recognised a person decides.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statement } from './camt.mjs';
import { withWorld } from './harness.mjs';
import { balanceOf, bankDay, digits, named, openNewWallet, waitForBalance } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

const ANNOUNCED = 5000;
const UNKNOWN = 3000;
const OPENING = 1_000_000;
/** Of no member and no account of the funds; its check digits are good. */
const STRANGER = 'DE89370400440532013000';

/** Opens the office with somebody's key. @param {Page} page @param {string} url @param {string} seed */
async function openOffice(page, url, seed) {
  await page.goto('about:blank');
  await page.goto(`${url}/office/#demo=${seed}`);
  await named(page, 'answer').waitFor();
}

/** Drops a file on the page, as from a folder. @param {Page} page @param {string} name @param {string} text */
async function dropFile(page, name, text) {
  const data = await page.evaluateHandle(([title, content]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], title, { type: 'text/xml' }));
    return transfer;
  }, [name, text]);
  for (const type of ['dragover', 'drop']) await named(page, 'drop').dispatchEvent(type, { dataTransfer: data });
}

/** What the newest file brought. @param {Page} page @param {string} what */
async function reported(page, what) {
  return Number(await named(page, 'imported').first().locator(`[data-name="report-${what}"]`).getAttribute('data-count'));
}

/** Signs what is asked, and gives what came of it. @param {Page} page @returns {Promise<string[]>} */
async function signAsked(page) {
  await named(page, 'round').waitFor();
  await named(page, 'confirm').click();
  await page.locator('[data-name="round"][data-phase="ended"], .toast').first().waitFor();
  const ended = named(page, 'round-ended');
  if ((await ended.count()) === 0) return ['done'];
  const steps = await named(page, 'result').evaluateAll((all) => all.map((one) => one.getAttribute('data-step') ?? ''));
  await page.locator('dialog [data-name="close"]').click();
  return steps;
}

/**
 * Somebody else approves what waits.
 * @param {Page} page
 * @param {string} url
 * @param {string[]} seeds
 * @param {string} words of the act
 */
async function approve(page, url, seeds, words) {
  for (const seed of seeds) {
    await openOffice(page, url, seed);
    await page.goto(`${url}/office/#/decisions`);
    await page.locator('h1').waitFor();
    const card = page.locator('[data-name="proposal"]', { hasText: words }).filter({ has: page.locator('[data-name="approve"]') });
    if (!(await card.first().waitFor({ timeout: 3_000 }).then(() => true, () => false))) continue;
    await card.first().locator('[data-name="approve"]').click();
    await named(page, 'proven').waitFor();
    await named(page, 'confirm').click();
    await named(page, 'decided').waitFor();
    return;
  }
  assert.fail('nobody can approve it');
}

test('a conversion goes from the bank’s statement to the wallet, once, and a question is decided by a person', async () => {
  await withWorld(async ({ server, open }) => {
    const { url, links } = server;
    const facts = await (await fetch(`${url}/v1/ledger`)).json();

    // Somebody new announces a transfer, and is told what it gives.
    const { page: wallet, allow } = await open();
    allow(/status of 40[134] .*\/v1\/sign-in/s);
    await openNewWallet(wallet, url);
    const before = await balanceOf(wallet);
    await wallet.goto(`${url}/wallet/#convert`);
    await wallet.locator('input[name="euros"]').fill(String(ANNOUNCED / 100));
    const promised = Number(await named(wallet, 'gives').getAttribute('data-units'));
    assert.ok(promised > ANNOUNCED, 'the campaign adds something');
    const made = wallet.waitForResponse((response) => response.url().endsWith('/conversions') && response.request().method() === 'POST');
    await named(wallet, 'order-make').click();
    const { order } = await (await made).json();
    await named(wallet, 'order').waitFor();

    // The bank's file is dropped on the office's page.
    const [proposer, ...others] = links.operator_seeds;
    const file = statement({ id: 'STORY-1', iban: facts.iban, day: bankDay(), opening: OPENING, movements: [
      { cents: ANNOUNCED, name: 'MME BENALI AMINA', reference: order.reference, servicer: 'STORY0001' },
      { cents: UNKNOWN, name: 'M GAUTHIER MARCEL', iban: STRANGER, text: 'pour le marché', servicer: 'STORY0002' },
    ] });
    const { page: office } = await open({ width: 1280, height: 900 });
    await openOffice(office, url, proposer);
    await office.goto(`${url}/office/#/bank`);
    await dropFile(office, 'statement.xml', file);
    await office.locator('[data-name="imported"][data-step="done"]').waitFor();
    assert.deepEqual([await reported(office, 'new'), await reported(office, 'ready'), await reported(office, 'questions')], [2, 1, 1]);

    // The first person signs it; nothing is issued yet.
    await named(office, 'filter-ready').click();
    await office.locator('input[name="line-query"]').fill('BENALI');
    await office.locator('[data-name="line"][data-state="ready"]').first().waitFor();
    assert.match((await named(office, 'line').first().textContent()) ?? '', /Référence reconnue/);
    await named(office, 'line').first().click();
    await named(office, 'sign-line').click();
    assert.match((await named(office, 'proven').textContent()) ?? '', /Convertir 50,00/);
    assert.deepEqual(await signAsked(office), ['done']);
    await named(office, 'filter-waiting').click();
    await office.locator('[data-name="line"][data-state="waiting"]').first().waitFor();
    assert.equal(await balanceOf(await shown(wallet, url)), before);

    // The second person approves; the wallet shows the units, and where the bonus came from.
    const { page: second } = await open({ width: 1280, height: 900 });
    await approve(second, url, others, 'Convertir 50,00');
    await waitForBalance(await shown(wallet, url), before + promised);
    await wallet.goto(`${url}/wallet/#history`);
    const line = wallet.locator('a.row[data-sequence]').first();
    await line.waitFor();
    assert.match((await line.textContent()) ?? '', /de bonus\s*:\s*campagne n°\s*\d+, règle\s*\d+/, 'one sentence says where the bonus came from');
    await line.click();
    await named(wallet, 'origins').waitFor();
    assert.match((await named(wallet, 'origins').textContent()) ?? '', /campagne/);
    assert.ok(digits(await wallet.locator('[data-name="receipt"] .facts dd bdi').last().textContent()) > 0);
    await wallet.goto(`${url}/wallet/#order=${order.number}`);
    await wallet.locator('[data-name="order"][data-state="converted"]').waitFor();

    // The same file again brings nothing.
    await dropFile(office, 'the-same-again.xml', file);
    await office.locator('[data-name="imported"][data-step="done"]', { hasText: 'the-same-again.xml' }).waitFor();
    await named(office, 'imported').first().locator('[data-name="report-again"]').waitFor();
    assert.equal(await named(office, 'imported').first().locator('[data-name="report-new"]').count(), 0);

    // What nobody recognised a person decides, and others can read who.
    await office.locator('input[name="line-query"]').fill('GAUTHIER');
    await named(office, 'filter-question').click();
    await office.locator('[data-name="line"][data-state="question"]', { hasText: 'GAUTHIER' }).click();
    await office.locator('input[name="decision"][value="member"]').click();
    await office.locator('input[name="line-account"]').fill(links.shop_name.slice(0, 10));
    await office.locator(`[data-account="${links.shop_account}"]`).click();
    await named(office, 'save-decision').click();
    await office.locator('[data-name="line-dialog"][data-state="ready"]').waitFor();
    assert.match((await named(office, 'line-dialog').textContent()) ?? '', /Décidé par une personne/);
    await named(office, 'sign-line').click();
    assert.deepEqual(await signAsked(office), ['done']);
    await approve(second, url, others, 'Convertir 30,00');
    await named(office, 'filter-booked').click();
    await office.locator('[data-name="line"][data-state="booked"]', { hasText: 'GAUTHIER' }).waitFor();

    // Bank and ledger side by side, and every cent between them.
    await office.goto(`${url}/office/#/bank/reconciliation`);
    const account = office.locator('[data-name="reconciliation"][data-bank="1"]');
    await account.waitFor();
    const euros = (/** @type {string | null} */ text) => Number((text ?? '').replace(/[^\d,\u2212-]/g, '').replace(/[\u2212-]/, '-').replace(',', ''));
    const [bank, ledger, difference] = (await account.locator('.sum dd').allTextContents()).map(euros);
    assert.equal(bank, OPENING + ANNOUNCED + UNKNOWN, 'the statement became the bank’s word');
    assert.equal(bank - ledger, difference);
    const parts = (await account.locator('[data-name="parts"] > summary .part-amount').allTextContents()).map(euros);
    assert.equal(parts.reduce((sum, part) => sum + part, 0) + Number(await account.getAttribute('data-unexplained')), difference, 'every cent of it is told');
  });
});

/** The wallet's first screen, read anew. @param {Page} wallet @param {string} url */
async function shown(wallet, url) {
  await wallet.goto(`${url}/wallet/`);
  await wallet.reload();
  await named(wallet, 'balance').waitFor();
  return wallet;
}

/** Proposes fees of the bank, which one person may note alone. @param {Page} page @param {[bank: number, amount: number][]} fees */
async function proposeFees(page, fees) {
  await page.evaluate(async (list) => {
    const { proposeActs } = await import(String('/office/sign.js'));
    const paper = () => [...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    void proposeActs(list.map(([bank, amount]) => ({ kind: 'bank_fee', bank, amount, evidence: paper() })));
  }, fees);
  await named(page, 'round').waitFor();
}

test('acts whose answer is lost are asked for with the same bytes, in this visit or the next, and refusals are told apart', async () => {
  await withWorld(async ({ server, open }) => {
    const { page, allow } = await open({ width: 1280, height: 900 });
    allow(/\/v1\/transactions/);
    await openOffice(page, server.url, server.links.operator_seeds[0]);
    /** @type {string[]} */
    const sent = [];
    /** What happens to the next answers, one after the other; then all arrive. @type {('lost' | 'never sent')[]} */
    const fates = ['lost'];
    await page.route('**/v1/transactions', async (route) => {
      sent.push(route.request().postDataBuffer()?.toString('hex') ?? '');
      const fate = fates.shift();
      if (fate === 'never sent') return route.abort();
      const response = await route.fetch();
      return fate === 'lost' ? route.abort() : route.fulfill({ response });
    });

    // The first answer is lost: the same bytes are sent again; an act that cannot be is refused in words.
    await proposeFees(page, [[1, 100], [1, 200], [99, 250]]);
    assert.equal(await named(page, 'signed').count(), 3, 'each is shown before');
    await named(page, 'confirm').click();
    await named(page, 'round-ended').waitFor();
    const ends = await named(page, 'result').evaluateAll((all) => all.map((one) => [one.getAttribute('data-step'), one.getAttribute('data-count')]));
    assert.deepEqual(ends, [['refused', '1'], ['executed', '2']]);
    assert.equal(sent.length, 4);
    assert.equal(sent[0], sent[1], 'the same bytes again');
    assert.equal(new Set(sent).size, 3);
    assert.match((await page.locator('[data-name="signed"][data-step="refused"]').textContent()) ?? '', /Pas accepté/);
    await page.locator('dialog [data-name="close"]').click();

    // No answer at all: the page goes, the bytes stay, and the next visit sends those.
    fates.push(...Array.from({ length: 50 }, () => /** @type {const} */ ('never sent')));
    await proposeFees(page, [[1, 300]]);
    await named(page, 'confirm').click();
    await page.locator('[data-name="round"] .banner.warning').waitFor();
    await named(page, 'stop').click();
    await page.locator('[data-name="result"][data-step="open"]').waitFor();
    const kept = sent.at(-1);
    await page.reload();
    await named(page, 'unanswered').waitFor();
    fates.length = 0;
    await named(page, 'send-again').click();
    assert.match((await named(page, 'proven').textContent()) ?? '', /3,00/, 'it is still told in words');
    await named(page, 'confirm').click();
    await named(page, 'unanswered').waitFor({ state: 'detached' });
    assert.equal(sent.at(-1), kept, 'the bytes of the visit before');
    await page.goto(`${server.url}/office/#/activity`);
    await page.locator('main').getByText('3,00').first().waitFor();
  });
});
