// Steps that several stories share, told as people would.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { filmElement } from './harness.mjs';
import { keyOf, noteLine } from './unit/independent.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @param {string} name */
export function named(page, name) {
  return page.locator(`[data-name="${name}"]`);
}

/** Digits of a text: "n° 1 234" is 1234. @param {string | null} text */
export function digits(text) {
  return Number((text ?? '').replace(/\D/g, ''));
}

/** Opens the wallet with a demo key, which the page asks about first. @param {Page} page @param {string} link */
export async function openDemoWallet(page, link) {
  await page.goto(link);
  await named(page, 'demo-use').click();
  await named(page, 'balance').waitFor();
}

/** Types the groups of the backup that the page asks for. @param {Page} page @param {string[]} groups all, as they were shown */
export async function typeGroups(page, groups) {
  for (const index of [0, 1, 2]) {
    const field = page.locator(`input[name="group-${index}"]`);
    const place = digits(await page.locator(`label[for="${await field.getAttribute('id')}"]`).textContent());
    await field.fill(groups[place - 1].toLowerCase());
  }
}

/** The same, on the way to an open account. @param {Page} page @param {string[]} groups */
export async function typeBackup(page, groups) {
  await typeGroups(page, groups);
  await named(page, 'backup-checked').click();
  await named(page, 'to-home').waitFor();
}

/** Opens a wallet of somebody new. @param {Page} page @param {string} url */
export async function openNewWallet(page, url) {
  await page.goto(`${url}/wallet/`);
  await named(page, 'open-wallet').click();
  await named(page, 'backup').waitFor();
  const groups = await page.locator('[data-name="backup"] [data-group]').allTextContents();
  await named(page, 'backup-written').click();
  await typeBackup(page, groups);
  await named(page, 'to-home').click();
  await named(page, 'balance').waitFor();
}

/** The balance once the page shows it, in cents. @param {Page} page */
export async function balanceOf(page) {
  return Number(await named(page, 'balance').getAttribute('data-cents'));
}

/** Waits until the balance is what it must be. @param {Page} page @param {number} cents */
export async function waitForBalance(page, cents) {
  await page.locator(`[data-name="balance"][data-cents="${cents}"]`).waitFor();
}

/** Opens a till that the shop already knows. @param {Page} page @param {string} link */
export async function openTill(page, link) {
  await page.goto(link);
  await named(page, 'ask').waitFor();
  await page.locator('[data-name="link"][data-state="up"]').waitFor();
}

/**
 * Asks for a payment at the counter; the code is on the screen afterwards.
 * @param {Page} till
 * @param {string} keys what is pressed on the pad
 * @param {string} reference
 * @returns {Promise<{id: string, amount: number, link: string, till: string}>} the request as the server knows it
 */
export async function askForPayment(till, keys, reference) {
  for (const key of keys) await till.locator(`[data-key="${key}"]`).click();
  await till.locator('input[name="reference"]').fill(reference);
  const answered = till.waitForResponse((response) => response.url().endsWith('/pos/v1/charges') && response.request().method() === 'POST');
  await named(till, 'ask').click();
  const charge = await (await answered).json();
  await till.locator('[data-name="request"][data-step="open"]').waitFor();
  return charge;
}

/**
 * The wallet's camera sees the till's screen, and the wallet shows what it is asked to pay.
 * @param {Page} till
 * @param {Page} wallet
 * @param {string} film
 * @param {number} amount cents that must be shown
 */
export async function scan(till, wallet, film, amount) {
  await filmElement(till.locator('.request-code .qr'), film);
  await named(wallet, 'scan').click();
  await wallet.locator(`[data-name="order-amount"][data-cents="${amount}"]`).waitFor();
}

/** Pays what is shown and waits for the verified receipt. @param {Page} wallet @returns {Promise<number>} the entry's number */
export async function confirmPayment(wallet) {
  await named(wallet, 'pay-confirm').click();
  await named(wallet, 'verified').waitFor();
  return entryOnReceipt(wallet);
}

/** @param {Page} wallet */
export async function entryOnReceipt(wallet) {
  const entry = digits(await wallet.locator('[data-name="receipt"] .facts dd bdi').last().textContent());
  assert.ok(entry > 0, 'the receipt has the number of its entry');
  return entry;
}

/** Waits for the green screen and reads the entry's number off it. @param {Page} till */
export async function entryOnTill(till) {
  await named(till, 'paid').waitFor();
  const text = await named(till, 'entry').textContent();
  return digits((text ?? '').split('·')[0]);
}

/** Waits until the wallet remembers a published checkpoint. @param {Page} wallet */
export function untilRemembered(wallet) {
  return untilKnown(wallet, 'published:');
}

/**
 * What a dishonest association could show: as many entries as published, with another past, signed with its own key.
 * @param {string} directory of the story
 * @param {string} note the honest checkpoint
 */
export async function rewritten(directory, note) {
  const file = await readFile(join(directory, 'data', 'secrets', 'checkpoint.key'), 'utf8');
  const seed = /seed = "([0-9a-f]{64})"/.exec(file)?.[1] ?? file.trim();
  const [origin, size] = note.split('\n');
  const body = `${origin}\n${size}\n${Buffer.alloc(32, 5).toString('base64')}\n`;
  return `${body}\n${noteLine(body, origin, keyOf(seed))}`;
}

/**
 * An authenticator in the browser that has PRF, as phones and security keys do.
 * @param {import('playwright-core').Page} page
 */
export async function withAuthenticator(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, hasPrf: true };
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options: /** @type {any} */ (options) });
  return {
    session, authenticatorId,
    forget: () => session.send('WebAuthn.clearCredentials', { authenticatorId }),
  };
}

/** The same server by a name: passkeys belong to names, not to numbers. @param {string} url */
export const atName = (url) => url.replace('127.0.0.1', 'localhost');

/** A key that is in no account yet, or a backup that is not there: the browser notes the refusal. */
export const NOT_YET = /status of 40[134] .*\/v1\/(sign-in|backups)/s;

/** Makes this browser a device that waits, and gives the link that it shows. @param {Page} page @param {string} url @param {string} name */
export async function showDevice(page, url, name) {
  await page.goto(`${url}/wallet/`);
  await named(page, 'restore').click();
  await named(page, 'join').click();
  await page.locator('input[name="device-name"]').fill(name);
  await named(page, 'join-begin').click();
  await named(page, 'join-code').waitFor();
  return (await named(page, 'join-code').getAttribute('data-link')) ?? '';
}

/** Without network: asks for a payment that no server hears of. @param {Page} till @param {string} keys @param {string} reference */
export async function askWithoutNetwork(till, keys, reference) {
  for (const key of keys) await till.locator(`[data-key="${key}"]`).click();
  await till.locator('input[name="reference"]').fill(reference);
  await named(till, 'ask').click();
  await till.locator('[data-name="request"][data-step="apart"]').waitFor();
}

/** Whether a page of the browser keeps something under such a name among its settings. @param {Page} page @param {string} prefix */
export async function untilKnown(page, prefix) {
  const knows = () => page.evaluate((start) => new Promise((resolve) => {
    const asked = indexedDB.open('liard');
    asked.onsuccess = () => {
      const keys = asked.result.transaction('settings').objectStore('settings').getAllKeys();
      keys.onsuccess = () => { asked.result.close(); resolve(keys.result.some((name) => String(name).startsWith(start))); };
    };
  }), prefix);
  while (!(await knows())) await page.waitForTimeout(100);
}

/** Waits until a whole version of a page is kept for a visit without network. @param {Page} page @param {string} folder */
export async function untilPageKept(page, folder) {
  const isKept = () => page.evaluate(async (name) => Boolean(await (await caches.open(`liard-${name}-files`)).match(`/${name}/kept/newest`)), folder);
  while (!(await isKept())) await page.waitForTimeout(100);
}

/** A page that waits longer and longer between its tries hears of a server that is back within this. */
export const BACK_MS = 90_000;
export const CUT = /ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|FAILED)/;

/** A wallet that can start without network, and holds the association's word for it. @param {Page} wallet @param {string} link */
export async function openReadyWallet(wallet, link) {
  await openDemoWallet(wallet, link);
  await untilKnown(wallet, 'spending:');
  await untilPageKept(wallet, 'wallet');
  return balanceOf(wallet);
}

/** @param {Page} till @param {string} link */
export async function openReadyTill(till, link) {
  await openTill(till, link);
  await untilKnown(till, 'till-remembered:');
  await untilPageKept(till, 'till');
}

/** Without network the wallet signs what it scanned, and shows it. @param {Page} wallet */
export async function signAndShow(wallet) {
  await named(wallet, 'pay-apart').click();
  await named(wallet, 'apart-sign').click();
  await named(wallet, 'apart-code').waitFor();
}

/** The till's camera sees a code on the customer's phone. @param {Page} till @param {import('playwright-core').Locator} code @param {string} film */
export async function tillScans(till, code, film) {
  await filmElement(code, film);
  await named(till, 'scan-customer').click();
}

/**
 * Changes a part of what a shop set up, with the shop's own key and from a page of the same server.
 * @param {Page} page @param {string} seed hex @param {string} part @param {unknown} value
 */
export async function setUp(page, seed, part, value) {
  await page.evaluate(async ({ seed, part, value }) => {
    // Names of modules as the server has them, which the tests' own types do not know.
    const from = (/** @type {string} */ path) => import(path);
    const [{ Session, callJson }, { importSeed }, { signerOf }, { unhex }] = await Promise.all(['/kit/api.js', '/kit/ed25519.js', '/kit/cose.js', '/kit/hex.js'].map(from));
    const { privateKey, publicKey } = await importSeed(unhex(seed));
    const session = new Session({ ledger: (await callJson('/v1/ledger')).ledger, signer: signerOf(privateKey, publicKey) });
    const { version } = await session.json(`/pos/v1/settings/${part}`);
    await session.json(`/pos/v1/settings/${part}`, { method: 'PUT', json: { version, value } });
  }, { seed, part, value });
}

/**
 * A receipt printer: takes what comes on a connection. Its bytes as characters, one each.
 * @returns {Promise<{address: string, next: () => Promise<string>, close: () => void}>} next: the next paper
 */
export async function receiptPrinter() {
  /** @type {string[]} */
  const papers = [];
  /** @type {((paper: string) => void)[]} */
  const waiting = [];
  const server = createServer((socket) => {
    let paper = '';
    socket.on('data', (chunk) => { paper += chunk.toString('latin1'); });
    socket.on('end', () => {
      const next = waiting.shift();
      if (next) next(paper); else papers.push(paper);
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', () => resolve(undefined)); });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    address: `127.0.0.1:${port}`,
    next: () => new Promise((resolve) => {
      const paper = papers.shift();
      if (paper === undefined) waiting.push(resolve); else resolve(paper);
    }),
    close: () => server.close(),
  };
}

/** Today in Paris, as banks and the demo write it: late in the evening it is tomorrow's date elsewhere. */
export const bankDay = () => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' }).format();

/** What the till shows of the one who is signed in. @param {Page} till @param {string} name */
export async function signedIn(till, name) {
  await named(till, 'cashier-here').filter({ hasText: name }).waitFor();
  await named(till, 'ask').waitFor();
}

/** @param {Page} till @param {string} pin */
export async function typePin(till, pin) {
  for (const digit of pin) await till.locator(`[data-pin="${digit}"]`).click();
  await till.locator('[data-pin="ok"]').click();
}

/** @param {Page} till @param {string} name @param {string} pin */
export async function signIn(till, name, pin) {
  await named(till, 'cashier').filter({ hasText: name }).click();
  await typePin(till, pin);
  await signedIn(till, name);
}

/** The owner asks for a code, the new cashier types it at the till, and the owner confirms. @param {Page} owner @param {Page} till @param {{name: string, pin: string, rights: string[]}} who */
export async function letIn(owner, till, { name, pin, rights }) {
  await named(owner, 'cashier-add').click();
  const code = ((await named(owner, 'enrol-code').textContent()) ?? '').trim();
  await till.locator('input[name="cashier-code"]').fill(code);
  await till.locator('input[name="cashier-name"]').fill(name);
  await till.locator('input[name="cashier-pin"]').fill(pin);
  await till.locator('input[name="cashier-again"]').fill(pin);
  await named(till, 'cashier-go').click();
  await named(till, 'cashier-waiting').waitFor();
  await named(owner, 'till-claimed').waitFor();
  const fingerprint = ((await named(till, 'cashier-waiting').locator('.code').textContent()) ?? '').trim();
  assert.ok(((await named(owner, 'till-claimed').textContent()) ?? '').includes(fingerprint), 'both show the same fingerprint');
  for (const right of ['refund', 'discount', 'close', 'settings']) {
    await owner.locator(`input[name="right-${right}"]`).setChecked(rights.includes(right));
  }
  await named(owner, 'till-confirm').click();
  await signedIn(till, name);
  await named(owner, 'cashier-add').waitFor();
}
