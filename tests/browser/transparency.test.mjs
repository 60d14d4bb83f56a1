// Anyone can check: from "recorded" to "final for everyone", my balance in the published total, a receipt that proves itself
// without network and server, and a shortfall that cannot be hidden. Against the real program and its witnesses.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import pngjs from 'pngjs';
import { decodeCbor, encodeCbor } from '../../web/kit/cbor.js';
import { openComplaint } from '../../web/kit/liability.js';
import { unhex } from '../../web/kit/hex.js';
import { ED25519, verifierKey, verifierKeyText } from '../../web/kit/note.js';
import { verifyFork, verifyReceiptFile } from '../../web/kit/proof-file.js';
import { PROGRAM, launch, openPage, scratch, startProgram, startServer, until, withWorld, writeFilm } from './harness.mjs';
import { askForPayment, bankDay, confirmPayment, named, openDemoWallet, openTill, rewritten, scan, untilRemembered } from './stories.mjs';
import { keyOf, noteLine } from './unit/independent.mjs';

const run = promisify(execFile);

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('./harness.mjs').Server} Server */

/** What a click saves. @param {Page} page @param {string} name @param {string} directory */
async function saved(page, name, directory) {
  const begun = page.waitForEvent('download');
  await named(page, name).click();
  const download = await begun;
  const path = join(directory, download.suggestedFilename());
  await download.saveAs(path);
  return { path, bytes: new Uint8Array(await readFile(path)) };
}

/** The newest movement that was paid out, opened. @param {Page} wallet */
async function openLastPayment(wallet) {
  await wallet.locator('a.row[data-sequence]', { hasText: /\u2212/ }).first().click();
  await named(wallet, 'receipt').waitFor();
}

/** A receipt without the lines of witnesses, as one is that none of them has seen. @param {Uint8Array} bytes */
function unwitnessed(bytes) {
  const receipt = /** @type {Map<number, any>} */ (decodeCbor(bytes));
  const [body, lines] = receipt.get(3).split('\n\n');
  const own = lines.split('\n').filter((/** @type {string} */ line) => line.startsWith(`— ${body.split('\n')[0]} `));
  return encodeCbor(new Map([...receipt, [3, `${body}\n\n${own.join('\n')}\n`]]));
}

test('a payment is recorded at once, and final for everyone when two of three witnesses have seen it', async () => {
  await withWorld(async ({ server, film, open }) => {
    const { page: wallet } = await open();
    const { page: till } = await open({ width: 1280, height: 800 });
    await openDemoWallet(wallet, server.links.wallet_link);
    await openTill(till, server.links.till_link);
    /** @type {() => void} */
    let witnessesLook = () => {};
    const looked = new Promise((resolve) => { witnessesLook = () => resolve(undefined); });
    await wallet.route('**/receipt', async (route) => {
      await looked;
      await route.continue();
    });
    await askForPayment(till, '350', 'Témoins');
    await scan(till, wallet, film, 350);
    await confirmPayment(wallet);
    const standing = named(wallet, 'standing');
    await wallet.locator('[data-standing="recorded"]').waitFor();
    assert.match((await standing.textContent()) ?? '', /Enregistré.*2 témoins sur 3/s);
    assert.doesNotMatch((await standing.textContent()) ?? '', /[Dd]éfinitif pour tous(?! dès)\./);
    witnessesLook();
    await wallet.locator('[data-standing="final"]').waitFor();
    assert.match((await standing.textContent()) ?? '', /Définitif pour tous.*[23] témoins sur 3/s);
  });
});

test('without the witnesses’ lines a payment stays recorded, also with the line of a witness that nobody named', async () => {
  await withWorld(async ({ server, open }) => {
    const { page: wallet } = await open();
    let strangers = 0;
    await wallet.route('**/receipt', async (route) => {
      const response = await route.fetch();
      const plain = /** @type {Map<number, any>} */ (decodeCbor(unwitnessed(new Uint8Array(await response.body()))));
      const stranger = noteLine(plain.get(3).split('\n\n')[0], 'temoin.valmont.example', keyOf(3));
      strangers += 1;
      await route.fulfill({ response, body: Buffer.from(encodeCbor(new Map([...plain, [3, plain.get(3) + stranger]]))) });
    });
    await openDemoWallet(wallet, server.links.wallet_link);
    await openLastPayment(wallet);
    await wallet.locator('[data-standing="recorded"]').waitFor();
    while (strangers < 3) await wallet.waitForTimeout(100);
    assert.equal(await wallet.locator('[data-standing="final"]').count(), 0);
  });
});

/** Two ports that nobody listens on. @returns {Promise<number[]>} */
async function freePorts() {
  const servers = [createServer(), createServer()];
  await Promise.all(servers.map((server) => new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); })));
  const ports = servers.map((server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => { server.close(resolve); })));
  return ports;
}

test('while the witnesses are stopped a payment stays recorded; once two of them are back it becomes final', async () => {
  const directory = await scratch();
  const made = await startServer(directory);
  const { witnesses, checkpoint_key: key, origin } = await (await fetch(`${made.url}/v1/ledger`)).json();
  await made.stop();
  const ports = await freePorts();
  const asked = witnesses.slice(0, 2).map((/** @type {string} */ text, /** @type {number} */ at) => `${text} http://127.0.0.1:${ports[at]}`).join(', ');
  const node = startProgram(['serve', '--data', join(directory, 'data'), '--listen', '127.0.0.1:0', '--witnesses', asked, '--witnesses-needed', '2', '--publish-every-ms', '1000']);
  /** @type {import('./harness.mjs').Running[]} */
  const running = [node];
  try {
    const url = await until(node, async () => /Pages and API: (http:\/\/[^/\s]+)/.exec(node.log())?.[1] ?? Promise.reject(new Error('not yet')));
    const browser = await launch();
    try {
      const { page: wallet, verify } = await openPage(browser, url);
      await openDemoWallet(wallet, `${url}/wallet/#demo=${made.links.resident_seed}`);
      let looks = 0;
      wallet.on('response', (response) => { if (response.url().endsWith('/receipt')) looks += 1; });
      await wallet.goto(`${url}/wallet/#to=${made.links.shop_account}`);
      await wallet.locator('input[name="amount"]').fill('1,25');
      await named(wallet, 'give-continue').click();
      await confirmPayment(wallet);
      while (looks < 3) await wallet.waitForTimeout(100);
      await wallet.locator('[data-standing="recorded"]').waitFor();
      const log = verifierKeyText(await verifierKey(origin, ED25519, unhex(key)));
      for (const [at, text] of witnesses.slice(0, 2).entries()) {
        const name = text.split('+')[0];
        running.push(startProgram(['witness', '--data', join(directory, 'data', 'witnesses', name.split('.')[1]), '--listen', `127.0.0.1:${ports[at]}`, '--name', name, '--log', log]));
      }
      await wallet.locator('[data-standing="final"]').waitFor();
      assert.match((await named(wallet, 'standing').textContent()) ?? '', /2 témoins sur 2/);
      verify();
    } finally {
      await browser.close();
    }
  } finally {
    for (const one of running) await one.stop();
    await rm(directory, { recursive: true, force: true });
  }
});

test('the wallet finds its balance counted in the published total', async () => {
  await withWorld(async ({ server, open }) => {
    const { page: wallet } = await open();
    await openDemoWallet(wallet, server.links.wallet_link);
    await wallet.locator('[data-name="counted"][data-state="counted"]').waitFor();
    const counted = named(wallet, 'counted');
    assert.match((await counted.locator('summary').textContent()) ?? '', /Votre solde est bien compté\.\s*Attestation de couverture du /);
    await counted.locator('summary').click();
    const latest = await (await fetch(`${server.url}/log/coverage/latest`)).json();
    assert.match((await counted.textContent()) ?? '', new RegExp(`n°\\s${latest.number}`));
  });
});

test('an answer that was changed on the way is caught, and the complaint is a signed file that the verifier reads', async () => {
  await withWorld(async ({ server, open, directory }) => {
    const { page: wallet } = await open();
    await wallet.route('**/liability', async (route) => {
      const response = await route.fetch();
      const body = Buffer.from(await response.body());
      body[body.length - 10] ^= 1;
      await route.fulfill({ response, body });
    });
    await openDemoWallet(wallet, server.links.wallet_link);
    await wallet.locator('[data-name="counted"][data-reason="no_answer"]').waitFor();
    assert.match((await named(wallet, 'counted').textContent()) ?? '', /Votre solde n’est pas bien compté.*ne l’a pas signée/s);
    const { ledger } = await (await fetch(`${server.url}/v1/ledger`)).json();
    const { path, bytes } = await saved(wallet, 'save-complaint', directory);
    const complaint = await openComplaint(bytes, unhex(ledger));
    assert.deepEqual([complaint.reason, complaint.answer], ['no_answer', null]);
    const told = await run(PROGRAM, ['verify', path, '--url', server.url, '--json']).catch((ended) => ended);
    assert.notEqual(told.code, 2, `the program reads it: ${told.stdout}${told.stderr}`);
    await wallet.goto(`${server.url}/verify/`);
    await named(wallet, 'currency').waitFor();
    await wallet.locator('input[name="file"]').setInputFiles(path);
    await wallet.locator('[data-name="verdict"][data-kind="complaint"][data-tone="warning"]').waitFor();
  });
});

test('a balance that is not what the movements give is caught, with the association’s own signed answer as evidence', async () => {
  await withWorld(async ({ server, open, directory }) => {
    const { page: wallet } = await open();
    await wallet.route(/\/v1\/accounts\/[a-z0-9]+$/, async (route) => {
      const response = await route.fetch();
      const account = await response.json();
      await route.fulfill({ response, json: { ...account, balance: account.balance + 100 } });
    });
    await openDemoWallet(wallet, server.links.wallet_link);
    await wallet.locator('[data-name="counted"][data-reason="other_balance"]').waitFor();
    const { ledger } = await (await fetch(`${server.url}/v1/ledger`)).json();
    const complaint = await openComplaint((await saved(wallet, 'save-complaint', directory)).bytes, unhex(ledger));
    assert.equal(complaint.reason, 'other_balance');
    assert.ok(complaint.answer, 'what the association signed goes along');
  });
});

test('a register that was rewritten is a red page, and the saved file proves it', async () => {
  await withWorld(async ({ server, open, directory }) => {
    const { page: wallet } = await open();
    await openDemoWallet(wallet, server.links.wallet_link);
    await untilRemembered(wallet);
    await wallet.route('**/log/checkpoint', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: await rewritten(directory, await response.text()) });
    });
    await wallet.reload();
    await named(wallet, 'contradiction').waitFor();
    assert.match((await named(wallet, 'contradiction').textContent()) ?? '', /Le registre se contredit/);
    const { path, bytes } = await saved(wallet, 'save-evidence', directory);
    assert.ok(path.endsWith('.fork'));
    await verifyFork(bytes);
    await run(PROGRAM, ['verify', path]);
    await wallet.reload();
    await named(wallet, 'contradiction').waitFor();
    await named(wallet, 'go-on').click();
    await named(wallet, 'balance').waitFor();
  });
});

test('other witnesses than before are shown, and count only once they are accepted', async () => {
  await withWorld(async ({ server, open }) => {
    const { page: wallet } = await open();
    let needed = 2;
    await wallet.route('**/v1/ledger', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), witnesses_needed: needed } });
    });
    await openDemoWallet(wallet, server.links.wallet_link);
    assert.equal(await named(wallet, 'changed-witnesses').count(), 0);
    needed = 0;
    await wallet.reload();
    await named(wallet, 'changed-witnesses').waitFor();
    await openLastPayment(wallet);
    await wallet.locator('[data-standing="final"]').waitFor();
    await wallet.goto(`${server.url}/wallet/#`);
    await named(wallet, 'accept-witnesses').click();
    await named(wallet, 'changed-witnesses').waitFor({ state: 'detached' });
    await wallet.reload();
    await openLastPayment(wallet);
    await wallet.locator('[data-standing="recorded"]').waitFor();
    assert.match((await named(wallet, 'standing').textContent()) ?? '', /n’a pas de témoins/);
  });
});

test('a receipt as picture leads a camera to the proof, and as file it proves itself with network and server gone', async () => {
  await withWorld(async ({ server, film, directory, open }) => {
    const { page, allow, offline } = await open({ worker: true });
    await openDemoWallet(page, server.links.wallet_link);
    await openLastPayment(page);
    await page.locator('[data-standing="final"]').waitFor();
    await named(page, 'receipt-code').waitFor();
    const picture = await saved(page, 'save-picture', directory);
    const { width, height } = pngjs.PNG.sync.read(Buffer.from(picture.bytes));
    assert.ok(picture.path.endsWith('.png') && width === 800 && height > 800, `${width}x${height}`);
    const proof = await saved(page, 'save-proof', directory);
    const { facts } = await verifyReceiptFile(proof.bytes);
    await run(PROGRAM, ['verify', proof.path, '--ledger', (await (await fetch(`${server.url}/v1/ledger`)).json()).ledger]);

    await page.goto(`${server.url}/verify/`);
    await page.locator('.chip.good').waitFor();
    await server.stop();
    await offline(true);
    allow(/ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|FAILED)/);
    await page.reload();
    await named(page, 'currency').waitFor();
    await page.locator('input[name="file"]').setInputFiles(proof.path);
    await page.locator('[data-name="verdict"][data-kind="receipt"][data-tone="good"]').waitFor();
    const words = (await named(page, 'verdict').textContent()) ?? '';
    assert.match(words, new RegExp(`${String(facts.sequence).replace(/\B(?=(\d{3})+$)/g, '.')}`));
    assert.match(words, /Vu par [23] témoins sur 3/);
    assert.match(words, /Ce qui ne l’est pas.*Ce qui a été acheté/s);

    await writeFilm(film, Buffer.from(picture.bytes), { height: 700 });
    await named(page, 'scan').click();
    await page.locator('[data-name="verdict"][data-kind="short"][data-tone="good"]').waitFor();

    // A byte of the genesis in the chain, of the payment, and of the last witness's line.
    const payment = Buffer.from(proof.bytes).lastIndexOf(Buffer.from(facts.key, 'hex')) + 60;
    for (const at of [150, payment, proof.bytes.length - 20]) {
      const changed = proof.bytes.slice();
      changed[at] ^= 1;
      const tampered = join(directory, `tampered-${at}.liard`);
      await writeFile(tampered, changed);
      await page.reload();
      await named(page, 'currency').waitFor();
      await page.locator('input[name="file"]').setInputFiles(tampered);
      await page.locator('[data-name="verdict"][data-tone="bad"]').waitFor();
      assert.match((await named(page, 'verdict').textContent()) ?? '', /Ce n’est pas prouvé/);
      assert.equal(await page.locator('.amount').count(), 0, 'nothing of it is believed');
    }
  });
});

/** An act of the association by two of its persons, on the command line. @param {Server} server @param {string} directory @param {string[]} act */
async function act(server, directory, act) {
  const files = await Promise.all(server.links.operator_seeds.map(async (seed, at) => {
    const path = join(directory, `operator-${at}.key`);
    await writeFile(path, seed);
    return path;
  }));
  /** @param {string} key @param {string[]} words */
  const office = (key, words) => run(PROGRAM, ['office', '--api', server.url, '--key', key, ...words]);
  const { stdout } = await office(files[0], act);
  const proposal = /[0-9a-f]{64}/.exec(stdout)?.[0] ?? '';
  for (const file of files.slice(1)) {
    const done = await office(file, ['approve', proposal, '--yes']).then(() => true, () => false);
    if (done) break;
  }
  for (const file of files) if (await office(file, ['publish-statement']).then(() => true, () => false)) return;
  throw new Error('nobody could publish a statement');
}

test('a shortfall stands in red before everything else, in the chart and in the verifier', async () => {
  await withWorld(async ({ server, directory, open }) => {
    const { page } = await open({ width: 1280, height: 900 });
    await page.goto(server.links.public_link);
    await page.locator('[data-name="answer"][data-short="0"]').waitFor();
    await act(server, directory, ['bank-fee', '--bank', '1', '--amount', '2000', '--evidence', '11'.repeat(32)]);
    await page.reload();
    await page.locator('[data-name="answer"].short').waitFor();
    assert.match((await page.locator('h1').textContent()) ?? '', /Il manque .*\s€ au fonds de garantie/);
    assert.ok(Number(await named(page, 'answer').getAttribute('data-short')) > 0);
    assert.equal(await page.locator('details [data-name="answer"]').count(), 0, 'it cannot be folded away');
    assert.ok((await page.locator('.chart-short').count()) > 0);
    assert.match((await named(page, 'chart').first().locator('svg[role="img"]').getAttribute('aria-label')) ?? '', /insuffisant/);
    const { note } = await (await fetch(`${server.url}/log/coverage/latest`)).json();
    await page.goto(`${server.url}/verify/`);
    await named(page, 'currency').waitFor();
    await page.locator('textarea[name="paste"]').fill(note);
    await named(page, 'paste-verify').click();
    await page.locator('[data-name="verdict"][data-kind="statement"][data-tone="bad"]').waitFor();
  });
});

test('a statement that was changed on the way shows no figure at all', async () => {
  await withWorld(async ({ server, open }) => {
    const { page } = await open();
    await page.route('**/log/coverage?*', async (route) => {
      const response = await route.fetch();
      const page = await response.json();
      page.statements[0].note = page.statements[0].note.replace(/cover (\d)/, (/** @type {string} */ _, /** @type {string} */ digit) => `cover ${(Number(digit) % 9) + 1}`);
      await route.fulfill({ response, json: page });
    });
    await page.goto(server.links.public_link);
    await page.locator('[data-name="answer"][data-wrong]').waitFor();
    assert.equal(await page.locator('[data-medium]').count(), 0);
  });
});

test('the office notes what a bank confirmed, and publishes it after a warning', async () => {
  await withWorld(async ({ server, directory, open }) => {
    const statement = join(directory, 'releve.pdf');
    await writeFile(statement, 'Relevé du jour');
    const today = bankDay();
    const { page } = await open({ width: 1280, height: 900 });
    /** @type {string[]} */
    const bodies = [];
    page.on('request', (request) => { if (request.method() === 'POST') bodies.push(request.postData() ?? ''); });
    await page.goto(server.links.office_link);
    await named(page, 'statement').waitFor();
    await named(page, 'publication').locator('details summary').click();
    await named(page, 'confirm-bank').click();
    await page.locator('[data-name="confirm-form"] .field-fault').waitFor();
    await page.locator('select[name="bank"]').selectOption('1');
    await page.locator('input[name="amount"]').fill('4990,50');
    await page.locator('input[name="date"]').fill(today);
    await page.locator('input[name="statement-file"]').setInputFiles(statement);
    await named(page, 'file-hash').waitFor();
    const hash = (await named(page, 'file-hash').textContent()) ?? '';
    await named(page, 'confirm-bank').click();
    await page.locator('.toast', { hasText: 'Noté' }).waitFor();
    assert.ok(bodies.every((body) => !body.includes('Relevé')), 'the file stays in the browser');
    await named(page, 'state-now').click();
    assert.match((await page.locator('dialog').textContent()) ?? '', /Tout le monde verra.*pour toujours.*deviner les conversions/s);
    const { number: before } = await (await fetch(`${server.url}/log/coverage/latest`)).json();
    await named(page, 'confirm').click();
    await page.locator('.toast', { hasText: 'est publiée' }).waitFor();
    const latest = await (await fetch(`${server.url}/log/coverage/latest`)).json();
    assert.equal(latest.number, before + 1);
    assert.deepEqual(latest.banks[0].confirmed, { amount: 499050, date: today, file: hash });
  });
});
