// A campaign: written as a draft, tried on the past, proposed by one person, approved by another, and given to its last cent.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import { approveAll, asked, deskOf, goTo, proposeActs, sign } from './office-desks.mjs';
import { named } from './stories.mjs';

const hash = (/** @type {string} */ text) => createHash('sha256').update(text).digest('hex');

test('a campaign is simulated, proposed, approved by a second person, and spent to its last cent', async () => {
  await withWorld(async ({ server, open }) => {
    const first = await deskOf(server, open, 0);
    const second = await deskOf(server, open, 1);
    const before = await asked(first, '/office/v1/rules');
    const number = Math.max(0, ...before.campaigns.map((/** @type {any} */ { campaign }) => campaign)) + 1;

    await goTo(first, 'rules');
    await named(first, 'new-campaign').click();
    const editor = named(first, 'rule-editor');
    await editor.waitFor();
    await named(first, 'propose-rule').click();
    assert.ok((await first.locator('.field-fault').count()) >= 3, 'what is missing is said beside each field');

    const fill = (/** @type {string} */ name, /** @type {string} */ text) => first.locator(`[name="draft-campaign-new-${name}"]`).fill(text);
    await fill('rate', '30');
    await fill('cap', '30');
    await fill('budget', '100');
    const day = (/** @type {number} */ ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
    await fill('start', day(-1));
    await fill('end', day(60));
    await first.locator('select[name="draft-campaign-new-bank"]').selectOption({ index: 1 });
    await named(first, 'simulate-do').click();
    const simulation = named(first, 'simulation');
    await simulation.waitFor();
    assert.ok(Number(await simulation.getAttribute('data-cost')) > 0, 'the past months would have cost something');
    assert.equal(await first.locator('[data-name="arbitrage"][data-gain="yes"]').count(), 1, '30 % and a fee of 5 % can be turned round for a gain');
    assert.equal(await named(first, 'simulation-months').locator('svg[role="img"]').count(), 1);
    assert.equal((await asked(first, '/office/v1/rules')).campaigns.length, before.campaigns.length, 'a simulation writes nothing');

    // The figures moved the association: a smaller one.
    await fill('rate', '10');
    await fill('budget', '5');
    await named(first, 'propose-rule').click();
    await sign(first);
    await named(first, 'new-campaign').waitFor();
    assert.equal((await asked(first, '/office/v1/rules')).campaigns.length, before.campaigns.length, 'one person alone changes no rule');
    await approveAll(second);
    const card = first.locator(`[data-name="campaign"][data-campaign="${number}"]`);
    await goTo(first, 'dashboard');
    await goTo(first, 'rules');
    await card.waitFor();

    const bank = (await asked(first, '/office/v1/overview')).banks.find((/** @type {any} */ { medium }) => medium === 'digital').bank;
    await proposeActs(first, [{ kind: 'sponsor_deposit', bank, campaign: number, amount: 500, evidence: hash('the sponsor paid') }]);
    const residents = (await asked(first, '/office/v1/members?query=&limit=100')).members.filter((/** @type {any} */ { kind, status, level }) => kind === 'resident' && status === 'open' && level > 0).slice(0, 3);
    assert.equal(residents.length, 3);
    await proposeActs(first, residents.map((/** @type {any} */ { account }, /** @type {number} */ at) => ({ kind: 'convert', bank, credit: hash(`credit ${at}`), amount: 2_000, account })));
    await approveAll(second);

    await goTo(first, `rules/campaign/${number}`);
    await card.waitFor();
    const { spent, budget, money } = (await asked(first, '/office/v1/rules')).campaigns.find((/** @type {any} */ { campaign }) => campaign === number);
    assert.deepEqual({ spent, budget, money }, { spent: 500, budget: 500, money: 0 }, 'two euros, two euros, and the last one');
    await first.waitForFunction((n) => /Épuisée/.test(document.querySelector(`[data-campaign="${n}"]`)?.textContent ?? ''), number);
    assert.match((await card.textContent()) ?? '', /5,00.€ sur 5,00.€/);
  });
});
