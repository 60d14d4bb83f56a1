// A card of paper from start to end: printed at the office, given with a PIN, paid with at a till whose camera reads the paper, blocked by
// wrong PINs, opened again, blocked by its holder. And its secret and PIN stand nowhere.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import pngjs from 'pngjs';
import { shoot, withWorld, writeFilm } from './harness.mjs';
import { approveAll, asked, deskOf, goTo, sign } from './office-desks.mjs';
import { askForPayment, balanceOf, entryOnTill, named, openDemoWallet, openTill, waitForBalance } from './stories.mjs';

/** @typedef {import('playwright-core').Page} Page */

const { PNG } = pngjs;
const PIN = '258014';
/** More rectangles than any other mark on the paper has. */
const QR_RECTANGLES = 60;
const POINTS_TO_PIXELS = 5;
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The QR codes of a PDF as pictures, in the order in which they are drawn. @param {Buffer} pdf */
function codesOf(pdf) {
  const codes = [];
  for (let at = pdf.indexOf('stream\n'); at >= 0; at = pdf.indexOf('stream\n', at + 1)) {
    if (pdf.subarray(at - 3, at).toString() === 'end') continue;
    let text = '';
    try {
      text = inflateSync(pdf.subarray(at + 7)).toString('latin1');
    } catch {
      continue;
    }
    for (const path of text.split(/\bf\*?\s/)) {
      const boxes = [...path.matchAll(/([-\d.]+) ([-\d.]+) ([-\d.]+) ([-\d.]+) re\b/g)].map(([, x, y, w, h]) => [x, y, w, h].map(Number));
      const lines = [...path.matchAll(/([-\d.]+) ([-\d.]+) m\s+([-\d.]+) ([-\d.]+) l\s+([-\d.]+) ([-\d.]+) l\s/g)]
        .map(([, x1, y1, , , x2, y2]) => [Math.min(Number(x1), Number(x2)), Math.min(Number(y1), Number(y2)), Math.abs(Number(x2) - Number(x1)), Math.abs(Number(y2) - Number(y1))]);
      const all = [...boxes, ...lines];
      if (all.length >= QR_RECTANGLES) codes.push(drawn(all));
    }
  }
  return codes;
}

/** @param {number[][]} boxes in points @returns {Buffer} a PNG with a white margin */
function drawn(boxes) {
  const [left, top] = [0, 1].map((axis) => Math.min(...boxes.map((box) => box[axis])));
  const [right, bottom] = [0, 1].map((axis) => Math.max(...boxes.map((box) => box[axis] + box[axis + 2])));
  const margin = 60;
  const picture = new PNG({ width: Math.ceil((right - left) * POINTS_TO_PIXELS) + 2 * margin, height: Math.ceil((bottom - top) * POINTS_TO_PIXELS) + 2 * margin });
  picture.data.fill(255);
  for (const [x, y, w, h] of boxes) {
    for (let row = Math.round((y - top) * POINTS_TO_PIXELS); row < Math.round((y + h - top) * POINTS_TO_PIXELS); row += 1) {
      for (let column = Math.round((x - left) * POINTS_TO_PIXELS); column < Math.round((x + w - left) * POINTS_TO_PIXELS); column += 1) {
        const at = ((row + margin) * picture.width + column + margin) * 4;
        picture.data.fill(0, at, at + 3);
      }
    }
  }
  return PNG.sync.write(picture);
}

/** @param {Page} till @param {string} pin */
async function typePin(till, pin) {
  await till.locator('[data-name="card"][data-step="pin"]').waitFor();
  for (const digit of pin) await till.locator(`[data-pin="${digit}"]`).click();
  await till.locator('[data-pin="ok"]').click();
}

/** Lays the card on the till by typing what stands under its code. @param {Page} till @param {string} token */
async function typeCard(till, token) {
  await named(till, 'card-open').click();
  await till.locator('input[name="card-code"]').fill((token.match(/.{1,4}/g) ?? []).join(' '));
  await named(till, 'card-continue').click();
}

/** Every file below a folder. @param {string} folder @returns {Promise<string[]>} */
async function filesBelow(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** axe finds nothing in this state. @param {Page} page @param {string} name */
async function accessible(page, name) {
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const result = await /** @type {any} */ (globalThis).axe.run(document, { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }, rules: { region: { enabled: false } } });
    return result.violations.map((/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ node) => node.target.join(' ')).join(', ')}`);
  });
  if (process.env.SHOTS) await shoot(page, name);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) found.push(`${over} px wider than the screen`);
  if (found.length > 0) assert.fail(`${name}: ${found.join('; ')}, see ${await shoot(page, name)}`);
}

test('a printed card pays with its PIN, is blocked by wrong ones, opened at the office, and blocked from the wallet', async () => {
  await withWorld(async ({ server, open, film, directory }) => {
    const first = await deskOf(server, async (options) => {
      const watched = await open(options);
      // A PIN that everybody tries first is refused.
      watched.allow(/status of 409/);
      return watched;
    }, 0);
    const second = await deskOf(server, open, 1);
    const { members } = await asked(first, `/office/v1/members?query=${encodeURIComponent(server.links.resident_name)}`);
    const holder = members[0].account;

    // A sheet of ten blank cards.
    await goTo(first, `cards/${holder}`);
    const saved = first.waitForEvent('download');
    await named(first, 'print-sheets').click();
    const file = join(directory, 'cards.pdf');
    await (await saved).saveAs(file);
    const codes = codesOf(await readFile(file));
    assert.equal(codes.length, 10, 'ten cards on a sheet');
    await first.locator('[data-name="sheets"][data-blank="10"]').waitFor();
    await accessible(first, 'office-cards');
    await first.setViewportSize({ width: 360, height: 780 });
    await accessible(first, 'office-cards-small');
    await first.setViewportSize({ width: 1280, height: 900 });

    // The first one is given, and waits until two people let it pay.
    await first.locator('input[name="give-number"]').fill('C-000001');
    await first.locator('input[name="give-pin"]').fill('1234');
    await named(first, 'give-card').click();
    await named(first, 'give').locator('.banner').waitFor();
    await first.locator('input[name="give-number"]').fill('C-000001');
    await first.locator('input[name="give-pin"]').fill(PIN);
    await named(first, 'give-card').click();
    await sign(first);
    const row = named(first, 'cards').locator('tr[data-row="C-000001"]');
    await row.waitFor();
    assert.equal((await asked(first, '/office/v1/cards')).cards[0].ready, false, 'one person alone does not let a card pay');
    await approveAll(second);

    const { page: wallet } = await open({ width: 360 });
    await openDemoWallet(wallet, server.links.wallet_link);
    const before = await balanceOf(wallet);

    // The till's camera reads the paper.
    const { page: till, allow } = await open({ width: 390, height: 844, bypassCSP: false });
    allow(/status of 40[349]/);
    await openTill(till, server.links.till_link);
    await askForPayment(till, '450', 'bread');
    await writeFilm(film, codes[0]);
    const sent = till.waitForRequest((request) => request.url().endsWith('/v1/cards/payments'));
    await named(till, 'card-open').click();
    const token = (await sent).postDataJSON().card;
    assert.match(token, /^[\w-]{22}$/);
    await typePin(till, '135790');
    await till.locator('[data-name="pin-wrong"][data-left="2"]').waitFor();
    await accessible(till, 'till-card-pin');
    await typePin(till, '975310');
    await till.locator('[data-name="pin-wrong"][data-left="1"]').waitFor();
    await typePin(till, PIN);
    assert.ok((await entryOnTill(till)) > 0);
    await waitForBalance(wallet, before - 450);
    await named(till, 'next').click();

    // Three wrong PINs block it, also for the right one. From now on its code is typed: nothing is before the camera.
    await writeFilm(film);
    await askForPayment(till, '200', 'milk');
    await typeCard(till, token);
    for (const wrong of ['135790', '975310', '864201']) await typePin(till, wrong);
    await till.locator('[data-name="card-refused"][data-code="card_blocked"]').waitFor();
    await named(till, 'card-other').click();
    await named(till, 'card-leave').click();
    await typeCard(till, token);
    await till.locator('[data-name="card-refused"][data-code="card_blocked"]').waitFor();
    await named(till, 'card-leave').click();

    // The office opens it, and it pays the same request once another person agrees.
    await goTo(first, 'dashboard');
    await goTo(first, 'cards');
    await named(first, 'unblock-C-000001').click();
    await named(first, 'block-C-000001').waitFor();
    // One person alone cannot let it pay: a second one confirms it.
    assert.equal((await asked(first, '/office/v1/cards')).cards[0].waits_for_second, true);
    assert.equal(await named(first, 'confirm-C-000001').count(), 0, 'whoever opened it cannot confirm it');
    await typeCard(till, token);
    await till.locator('[data-name="card-refused"][data-code="card_not_ready"]').waitFor();
    await named(till, 'card-leave').click();
    await goTo(second, 'cards');
    await named(second, 'confirm-C-000001').click();
    await named(second, 'confirm-C-000001').waitFor({ state: 'detached' });
    await typeCard(till, token);
    await typePin(till, PIN);
    assert.ok((await entryOnTill(till)) > 0);
    await waitForBalance(wallet, before - 650);
    await named(till, 'next').click();

    // Its holder blocks it from another device.
    await wallet.goto(`${server.url}/wallet/#cards`);
    await wallet.locator('[data-card="C-000001"][data-state="good"]').waitFor();
    await accessible(wallet, 'wallet-cards');
    await named(wallet, 'block-C-000001').click();
    await named(wallet, 'confirm').click();
    await wallet.locator('[data-card="C-000001"][data-state="by_holder"]').waitFor();
    await askForPayment(till, '300', 'eggs');
    await typeCard(till, token);
    await till.locator('[data-name="card-refused"][data-code="card_blocked"]').waitFor();
    await accessible(till, 'till-card-blocked');

    // Anybody's phone opens the link on the card: it says what it is, and keeps nothing of it.
    const { page: stranger } = await open({ width: 360, locale: 'ar' });
    await stranger.goto(`${server.url}/wallet/#card=${token}`);
    await named(stranger, 'card-link').waitFor();
    assert.ok(!stranger.url().includes(token), 'the code is off the address');
    await accessible(stranger, 'wallet-card-link-ar');

    // Neither the secret nor a PIN is kept or logged; the hash of the secret is.
    const secrets = [token, Buffer.from(token, 'base64url'), PIN, '135790'];
    for (const place of await filesBelow(join(directory, 'data'))) {
      const bytes = await readFile(place);
      for (const secret of secrets) assert.equal(bytes.indexOf(secret), -1, `${place} holds a secret of the card`);
    }
    const log = server.log();
    assert.ok(log.includes('cards were printed'), 'the log tells that cards were printed');
    for (const secret of [token, PIN, '135790']) assert.ok(!log.includes(secret), 'the log holds a secret of the card');
  }, ['--log', 'debug']);
});

test('an account is opened on a sheet of paper, and the office keeps nothing of its key', async () => {
  await withWorld(async ({ server, open }) => {
    const first = await deskOf(server, open, 0);
    const before = (await asked(first, '/office/v1/members?limit=500')).members.length;
    await goTo(first, 'cards/paper');
    await named(first, 'paper-draw').click();
    const groups = await named(first, 'paper-sheet').locator('ol li').allTextContents();
    assert.equal(groups.length, 15);
    await accessible(first, 'office-paper-sheet');
    assert.ok(await named(first, 'paper-propose').isDisabled(), 'not before the sheet was printed');
    await named(first, 'paper-print').click();
    await named(first, 'paper-propose').click();
    await sign(first);
    await named(first, 'paper-sent').waitFor();
    assert.equal((await asked(first, '/office/v1/members?limit=500')).members.length, before + 1);

    // The page has forgotten the sheet, and the browser keeps none of it.
    const kept = await first.evaluate(async () => {
      const all = [document.body.textContent, JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
      const opening = indexedDB.open('liard');
      /** @type {IDBDatabase} */
      const database = await new Promise((resolve) => { opening.onsuccess = () => resolve(opening.result); });
      for (const name of database.objectStoreNames) {
        const reading = database.transaction(name).objectStore(name).getAll();
        const rows = await new Promise((resolve) => { reading.onsuccess = () => resolve(reading.result); });
        all.push(JSON.stringify(rows, (_key, value) => (value instanceof Uint8Array ? [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('') : value)));
      }
      return all.join('\n');
    });
    for (const group of groups.slice(1)) assert.ok(!kept.includes(group), 'a group of the sheet is kept');

    // The sheet opens the account on a phone, one day.
    const { page: phone } = await open({ width: 360 });
    await phone.goto(`${server.url}/wallet/#restore`);
    await phone.locator('textarea[name="backup"]').fill(groups.join(' '));
    await named(phone, 'restore-do').click();
    await named(phone, 'balance').waitFor();
  });
});
