// A redemption, from the shop's wallet to the bank and back: asked for, put in a batch, approved by a second person, downloaded, paid
// by the bank's statement, and returned by the next one.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { withWorld } from './harness.mjs';
import { approveAll, asked, deskOf, goTo, sign } from './office-desks.mjs';
import { bankDay, named, openDemoWallet } from './stories.mjs';

/**
 * A bank's statement with one movement, as camt.053.001.08.
 * @param {{id: string, iban: string, cents: number, credit: boolean, endToEnd: string, date: string, reference: string, returned?: string}} words
 */
function statement({ id, iban, cents, credit, endToEnd, date, reference, returned }) {
  const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
  const side = credit ? 'CRDT' : 'DBIT';
  const back = returned ? `<RtrInf><Rsn><Cd>${returned}</Cd></Rsn></RtrInf>` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>${id}</MsgId><CreDtTm>${date}T18:00:00</CreDtTm></GrpHdr>
<Stmt><Id>${id}</Id><CreDtTm>${date}T18:00:00</CreDtTm><Acct><Id><IBAN>${iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${date}</Dt></BookgDt><ValDt><Dt>${date}</Dt></ValDt><AcctSvcrRef>${reference}</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>${returned ? 'RRTN' : 'ESCT'}</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><AcctSvcrRef>${reference}</AcctSvcrRef><EndToEndId>${endToEnd}</EndToEndId></Refs><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${side}</CdtDbtInd>${back}</TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>`;
}

/** @param {import('playwright-core').Page} page @param {string} name @param {string} text */
async function importFile(page, name, text) {
  await goTo(page, 'bank');
  const answered = page.waitForResponse((response) => response.url().includes('/office/v1/bank/files') && response.request().method() === 'POST');
  await page.locator('input[type="file"][name="bank-files"]').setInputFiles({ name, mimeType: 'application/xml', buffer: Buffer.from(text) });
  const answer = await answered;
  assert.equal(answer.status(), 200, await answer.text());
}

/** Signs the act that the bank's line asks for. @param {import('playwright-core').Page} page @param {string} endToEnd */
async function signLine(page, endToEnd) {
  const { lines } = await asked(page, '/office/v1/bank/lines?state=ready');
  const line = lines.find((/** @type {any} */ one) => one.end_to_end === endToEnd);
  assert.ok(line?.act, `the line is ready: ${JSON.stringify(lines.map((/** @type {any} */ one) => [one.end_to_end, one.state]))}`);
  await page.evaluate(async (act) => {
    const { proposeActs } = await import(/** @type {any} */ ('/office/sign.js'));
    void proposeActs([act]);
  }, line.act);
  await sign(page);
  return line.act;
}

test('a redemption is asked for, approved in a batch, paid, returned, and payable again', async () => {
  await withWorld(async ({ server, open, directory }) => {
    const { page: wallet } = await open({ width: 360 });
    await openDemoWallet(wallet, `${server.url}/wallet/#demo=${server.links.shop_seed}`);
    await named(wallet, 'redeem').click();
    await wallet.locator('input[name="redeem"]').fill('12');
    await named(wallet, 'redeem-preview').waitFor();
    await named(wallet, 'redeem-continue').click();
    await named(wallet, 'confirm').click();
    await named(wallet, 'verified').waitFor();

    const first = await deskOf(server, open, 0);
    const second = await deskOf(server, open, 1);
    const mine = (await asked(first, '/office/v1/redemptions')).redemptions.find((/** @type {any} */ { account, gross, state }) => account === server.links.shop_account && gross === 1_200 && state === 'payable');
    assert.ok(mine, 'the office sees what the shop asked for');
    await goTo(first, 'redemptions');
    const row = (/** @type {number} */ redemption) => named(first, 'payable').locator(`tr[data-row="${redemption}"]`);
    await row(mine.redemption).waitFor();
    for (const box of await first.locator('input[name="pay"]').all()) if ((await box.getAttribute('value')) !== String(mine.redemption)) await box.uncheck();
    await named(first, 'prepare-batch').click();
    const prepared = first.locator('[data-name="prepared"][data-count="1"]');
    await prepared.waitFor();
    await named(first, 'propose-batch').click();
    await sign(first);
    const payout = first.locator('[data-name="payout"]').first();
    await first.locator('[data-name="payout"][data-state="waiting"]').waitFor();
    assert.equal(await payout.locator('[data-name^="download-"]').count(), 0, 'no file before the second person');

    await approveAll(second);
    await goTo(first, 'redemptions');
    await goTo(first, 'redemptions/batches');
    await first.locator('[data-name="payout"][data-state="approved"]').waitFor();
    const saved = first.waitForEvent('download');
    await first.locator('[data-name^="download-"]').first().click();
    const file = join(directory, 'batch.xml');
    await (await saved).saveAs(file);
    const xml = await readFile(file, 'utf8');
    assert.match(xml, /pain\.001\.001\.0[39]/);
    assert.match(xml, new RegExp(`<InstdAmt Ccy="EUR">${Math.floor(mine.net / 100)}\\.${String(mine.net % 100).padStart(2, '0')}</InstdAmt>`));
    const endToEnd = /<EndToEndId>(RED-[^<]+)<\/EndToEndId>/.exec(xml)?.[1] ?? '';
    assert.ok(endToEnd, 'one reference for the payment');

    const iban = (await asked(first, '/v1/ledger')).iban.replace(/\s/g, '');
    const date = bankDay();
    await importFile(first, 'paid.xml', statement({ id: 'ST-1', iban, cents: mine.net, credit: false, endToEnd, date, reference: 'BANK-1' }));
    const paid = await signLine(first, endToEnd);
    assert.equal(paid.kind, 'redemption_paid');
    await approveAll(second);
    await goTo(first, 'redemptions');
    await goTo(first, 'redemptions/batches');
    await first.locator('[data-name="payout"][data-state="paid"]').waitFor();
    await wallet.goto(`${server.url}/wallet/#`);
    await named(wallet, 'redeem').click();
    await named(wallet, 'redemptions').getByText('Viré').first().waitFor();

    await importFile(first, 'back.xml', statement({ id: 'ST-2', iban, cents: mine.net, credit: true, endToEnd, date, reference: 'BANK-2', returned: 'AC04' }));
    const back = await signLine(first, endToEnd);
    assert.equal(back.kind, 'redemption_returned');
    await goTo(first, 'redemptions');
    await row(mine.redemption).waitFor();
    assert.match((await row(mine.redemption).textContent()) ?? '', /À payer/, 'it is payable again');
  });
});
