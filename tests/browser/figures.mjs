// Figures of the first view: what travels until it is there, and when it answers on a slow processor, beside a blank page in the same
// run; and how soon a till is green after the ledger has a payment. `npm run figures` prints them as JSON; no test depends on the times.
import { fileURLToPath } from 'node:url';
import { openPage, withWorld } from './harness.mjs';
import { askForPayment, confirmPayment, named, openDemoWallet, openTill } from './stories.mjs';

/** Processors slower than this machine's by these factors: an old phone, and a very old one. */
const SLOWER = [1, 4, 6];
const ROUNDS = 3;

/** @typedef {{requests: number, bytes: number, interactive: number}} First bytes: with headers, as they travelled; interactive: ms from the start of the navigation */

/**
 * Opens an address with nothing kept, and looks until the first of these elements is drawn and the page answers.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {string} selector
 * @param {{slower?: number, blank?: boolean}} [options] blank: a page with nothing but the element is served there
 * @returns {Promise<First>}
 */
export async function firstView(browser, url, selector, { slower = 1, blank = false } = {}) {
  const { page } = await openPage(browser, new URL(url).origin);
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Emulation.setCPUThrottlingRate', { rate: slower });
  /** @type {Map<string, string>} */
  const asked = new Map();
  /** @type {Map<string, number>} */
  const sizes = new Map();
  session.on('Network.requestWillBeSent', ({ requestId, request }) => asked.set(requestId, request.url.split('#')[0]));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => sizes.set(asked.get(requestId) ?? '', encodedDataLength));
  if (blank) await page.route(url, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>-</title><p data-name="blank">-</p>' }));
  await page.addInitScript((wanted) => {
    const seen = /** @type {any} */ (globalThis);
    const look = () => {
      if (seen.liardDrawn !== undefined || !document.querySelector(wanted)) return;
      seen.liardDrawn = performance.now();
      requestAnimationFrame(() => setTimeout(() => { seen.liardAnswers = performance.now(); }));
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
    addEventListener('DOMContentLoaded', look);
  }, selector);
  await page.goto(url);
  await page.waitForFunction(() => /** @type {any} */ (globalThis).liardAnswers !== undefined);
  const { loaded, interactive } = await page.evaluate(() => {
    const { liardDrawn, liardAnswers } = /** @type {any} */ (globalThis);
    const before = performance.getEntriesByType('resource').filter(({ startTime }) => startTime < liardDrawn);
    return { loaded: [location.href.split('#')[0], ...before.map(({ name }) => name)], interactive: Math.round(liardAnswers) };
  });
  await page.context().close();
  const bytes = loaded.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
  return { requests: loaded.length, bytes, interactive };
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** A tablet of five years ago. */
const TABLET = 4;
const PAYMENTS = 5;

/**
 * How long a shop waits: from the time of the payment's entry in the ledger until the till, which has verified its receipt, is green.
 * @param {import('playwright-core').Browser} browser
 * @param {import('./harness.mjs').Server} server
 * @param {number} slower
 */
async function paidAfter(browser, server, slower) {
  const [{ page: till }, { page: wallet }] = [await openPage(browser, server.url, { width: 1280, height: 800 }), await openPage(browser, server.url)];
  await openDemoWallet(wallet, server.links.wallet_link);
  await openTill(till, server.links.till_link);
  const session = await till.context().newCDPSession(till);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slower });
  await till.evaluate(() => {
    const seen = /** @type {any} */ (globalThis);
    const look = () => {
      const paid = document.querySelector('[data-name="paid"]') !== null;
      if (paid && !seen.liardPaid) requestAnimationFrame(() => setTimeout(() => { seen.liardPaid ??= performance.timeOrigin + performance.now(); }));
      else if (!paid) seen.liardPaid = undefined;
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  });
  const waits = [];
  for (let payment = 0; payment < PAYMENTS; payment += 1) {
    const { link } = await askForPayment(till, '100', 'Mesure');
    await wallet.goto('about:blank');
    await wallet.goto(link);
    await confirmPayment(wallet);
    await till.waitForFunction(() => /** @type {any} */ (globalThis).liardPaid !== undefined);
    waits.push(await till.evaluate(async () => {
      const { asking } = await import(/** @type {any} */ ('/till/asking.js'));
      return Math.round(/** @type {any} */ (globalThis).liardPaid - asking.value.proof.facts.time);
    }));
    await named(till, 'next').click();
  }
  await Promise.all([till, wallet].map((page) => page.context().close()));
  return median(waits);
}

async function print() {
  await withWorld(async ({ server, browser }) => {
    /** @type {Record<string, unknown>} */
    const figures = {};
    const views = /** @type {[string, string, string, boolean][]} */ ([
      ['blank', `${server.url}/blank`, '[data-name="blank"]', true],
      ['wallet', `${server.url}/wallet/`, '[data-name="open-wallet"]', false],
      ['till', `${server.url}/till/`, '[data-name="enrol"]', false],
      ['verify', `${server.url}/verify/`, '[data-name="currency"]', false],
    ]);
    for (const [name, url, selector, blank] of views) {
      const { bytes, requests } = await firstView(browser, url, selector, { blank });
      /** @type {Record<string, number>} */
      const interactive = {};
      for (const slower of SLOWER) {
        const rounds = [];
        for (let round = 0; round < ROUNDS; round += 1) rounds.push((await firstView(browser, url, selector, { blank, slower })).interactive);
        interactive[`${slower}x`] = median(rounds);
      }
      figures[name] = { bytes, requests, interactive_ms: interactive };
    }
    figures.paid_on_the_till_ms = { '1x': await paidAfter(browser, server, 1), [`${TABLET}x`]: await paidAfter(browser, server, TABLET) };
    console.log(JSON.stringify(figures, null, 2));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await print();
