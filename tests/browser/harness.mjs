// What the browser stories share: the real server, a real Chromium, a camera that plays a film of a real QR code, and
// a watch over every page (console errors, policy violations and requests to other hosts fail the story).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import pngjs from 'pngjs';

const { PNG } = pngjs;

/** @typedef {import('playwright-core').Browser} Browser */
/** @typedef {import('playwright-core').Page} Page */
/**
 * What `liard demo --json-links` writes once it serves.
 * @typedef {{ url: string, wallet_link: string, till_link: string, office_link: string, public_link: string,
 *   resident_name: string, shop_name: string, resident_seed: string, shop_seed: string, shop_account: string, till_seed: string, operator_seeds: string[] }} Links
 */
/** @typedef {{ links: Links, url: string, log: () => string, stop: () => Promise<void> }} Server */

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '..', '..');
/** A demo of this size is ready within seconds; a debug build on a loaded machine needs longer. */
const SERVER_START_MS = 120_000;
const SERVER_STOP_MS = 10_000;
/** How long a page may take to show what a story waits for. */
export const PATIENCE_MS = 20_000;

/** The program that was built. */
export const PROGRAM = process.env.LIARD ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug', 'liard');

/** A directory for one story, removed when the story ends. */
export async function scratch() {
  return await mkdtemp(join(tmpdir(), 'liard-story-'));
}

/** @typedef {{ log: () => string, ended: () => string | null, stop: () => Promise<void> }} Running */

/** Starts the program with these words; nothing is waited for. @param {string[]} words @returns {Running} */
export function startProgram(words) {
  const child = spawn(PROGRAM, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (chunk) => { log += chunk; });
  child.stderr.on('data', (chunk) => { log += chunk; });
  /** @type {Error | undefined} */
  let failure;
  child.once('error', (error) => { failure = error; });
  const ended = () => failure?.message ?? (child.exitCode === null ? null : `ended with ${child.exitCode}`);
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null || failure) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), SERVER_STOP_MS);
    await gone;
    clearTimeout(late);
  };
  return { log: () => log, ended, stop };
}

/**
 * Asks again until a running program has what is asked for.
 * @template T
 * @param {Running} running
 * @param {() => Promise<T>} ask rejects as long as it is not there
 * @returns {Promise<T>}
 */
export async function until(running, ask) {
  const deadline = Date.now() + SERVER_START_MS;
  for (;;) {
    const end = running.ended();
    if (end !== null) throw new Error(`the server did not start: ${end}\n${running.log()}`);
    try {
      return await ask();
    } catch {
      if (Date.now() > deadline) {
        await running.stop();
        throw new Error(`the server was not ready after ${SERVER_START_MS} ms:\n${running.log()}`);
      }
      await sleep(100);
    }
  }
}

/**
 * Starts the demo on a free port and waits until it serves.
 * @param {string} directory a demo that is there is served again
 * @param {string[]} [more] further arguments; the town is small unless they say how large
 * @param {string} [listen] where one was served before
 * @returns {Promise<Server>}
 */
export async function startServer(directory, more = [], listen = '127.0.0.1:0') {
  const linksFile = join(directory, 'links.json');
  // What an earlier run wrote would be read as this one's.
  await rm(linksFile, { force: true });
  const town = [['--residents', '12'], ['--shops', '3'], ['--days', '2']].filter(([name]) => !more.includes(name)).flat();
  const running = startProgram(['demo', '--data', join(directory, 'data'), '--listen', listen, ...town, '--json-links', linksFile, ...more]);
  const links = await until(running, async () => /** @type {Links} */ (JSON.parse(await readFile(linksFile, 'utf8'))));
  return { links, url: links.url.replace(/\/$/, ''), log: running.log, stop: running.stop };
}

const FILM_WIDTH = 1280;
const FILM_HEIGHT = 720;
const FILM_FRAMES = 4;
const GREY = 150;

/**
 * Writes a film (YUV4MPEG2) that shows the picture as a hand-held phone would see it: scaled, off the middle, moving
 * a little, on grey. Without a picture the camera sees grey only.
 * @param {string} path
 * @param {Buffer} [picture] a PNG
 * @param {{ height?: number }} [options] height of the picture within the 720 lines
 */
export async function writeFilm(path, picture, { height = 560 } = {}) {
  const frames = [Buffer.from(`YUV4MPEG2 W${FILM_WIDTH} H${FILM_HEIGHT} F10:1 Ip A1:1 C420jpeg\n`)];
  const image = picture ? PNG.sync.read(picture) : undefined;
  for (let frame = 0; frame < FILM_FRAMES; frame += 1) {
    const luma = Buffer.alloc(FILM_WIDTH * FILM_HEIGHT, GREY);
    if (image) {
      const scale = height / image.height;
      const left = Math.round((FILM_WIDTH - image.width * scale) / 2) + frame - 20;
      const top = Math.round((FILM_HEIGHT - height) / 2) + (frame % 2) * 2 + 6;
      paint(luma, image, scale, left, top);
    }
    frames.push(Buffer.from('FRAME\n'), luma, Buffer.alloc((FILM_WIDTH * FILM_HEIGHT) / 2, 128));
  }
  await writeFile(path, Buffer.concat(frames));
}

/**
 * Draws the image into the luma plane; each film point is the mean of the image points that it covers.
 * @param {Buffer} luma
 * @param {{ width: number, height: number, data: Buffer }} image
 * @param {number} scale
 * @param {number} left
 * @param {number} top
 */
function paint(luma, image, scale, left, top) {
  const width = Math.floor(image.width * scale);
  const height = Math.floor(image.height * scale);
  for (let y = 0; y < height; y += 1) {
    const row = top + y;
    if (row < 0 || row >= FILM_HEIGHT) continue;
    const firstY = Math.floor(y / scale);
    const lastY = Math.max(firstY + 1, Math.min(image.height, Math.floor((y + 1) / scale)));
    for (let x = 0; x < width; x += 1) {
      const column = left + x;
      if (column < 0 || column >= FILM_WIDTH) continue;
      const firstX = Math.floor(x / scale);
      const lastX = Math.max(firstX + 1, Math.min(image.width, Math.floor((x + 1) / scale)));
      let sum = 0;
      for (let sy = firstY; sy < lastY; sy += 1) {
        for (let sx = firstX; sx < lastX; sx += 1) {
          const at = (sy * image.width + sx) * 4;
          sum += 0.299 * image.data[at] + 0.587 * image.data[at + 1] + 0.114 * image.data[at + 2];
        }
      }
      luma[row * FILM_WIDTH + column] = Math.round(sum / ((lastY - firstY) * (lastX - firstX)));
    }
  }
}

/**
 * @param {{ film?: string }} [options] the film that the camera plays; it may be written again before the camera opens
 */
export async function launch({ film } = {}) {
  const args = [
    '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--disable-dev-shm-usage', '--autoplay-policy=no-user-gesture-required',
  ];
  if (film) {
    await writeFilm(film);
    args.push('--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${film}`);
  }
  return await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
}

/**
 * The pages' files as they are on disk, under the server's own headers: for work on pages without building the server anew.
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} origin
 */
async function pagesFromDisk(context, origin) {
  const script = await context.request.get(`${origin}/kit/api.js`);
  await context.route(/\/(kit|wallet|till|office|public|verify|ticket)\/[\w/-]+\.(js|css)$/, async (route) => {
    const { pathname } = new URL(route.request().url());
    const body = await readFile(join(ROOT, 'web', pathname));
    const type = pathname.endsWith('.css') ? 'text/css' : 'text/javascript';
    await route.fulfill({ status: 200, headers: { ...script.headers(), 'content-type': type, 'content-length': String(body.length) }, body });
  });
}

/** @typedef {{ page: Page, verify: () => void, allow: (pattern: RegExp) => void, offline: (is: boolean) => Promise<void> }} Watched */

/**
 * A page in a context of its own (its own keys and storage), watched from its first request.
 * @param {Browser} browser
 * @param {string} origin the only host that the page may speak to
 * @param {{ width?: number, height?: number, locale?: string, bypassCSP?: boolean, motion?: boolean, worker?: boolean }} [options] worker: the page may keep itself
 * @returns {Promise<Watched>}
 */
export async function openPage(browser, origin, options = {}) {
  const { width = 360, height = 780, locale = 'fr-FR', bypassCSP = false, motion = false, worker = false } = options;
  const context = await browser.newContext({
    viewport: { width, height }, locale, bypassCSP, serviceWorkers: worker ? 'allow' : 'block', permissions: ['clipboard-write'],
    acceptDownloads: true, reducedMotion: motion ? 'no-preference' : 'reduce', timezoneId: 'Europe/Paris',
  });
  context.setDefaultTimeout(PATIENCE_MS);
  /** @type {string[]} */
  const wrongs = [];
  /** @type {RegExp[]} */
  const allowed = [];
  const note = (/** @type {string} */ wrong) => wrongs.push(wrong);
  await context.exposeBinding('liardStoryViolation', (_source, text) => note(`policy violation: ${text}`));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report = /** @type {any} */ (globalThis).liardStoryViolation;
      report?.(`${event.effectiveDirective} blocked ${event.blockedURI} (${event.sourceFile}:${event.lineNumber})`);
    });
  });
  const host = new URL(origin).host;
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (['data:', 'blob:'].includes(url.protocol)) return;
    if (url.host !== host) note(`request to another host: ${request.url()}`);
  });
  if (process.env.PAGES_FROM_DISK) await pagesFromDisk(context, origin);
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') note(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => note(`uncaught: ${error.message}\n${error.stack ?? ''}`));
  return {
    page,
    allow: (pattern) => { allowed.push(pattern); },
    offline: (is) => context.setOffline(is),
    verify: () => {
      const left = wrongs.filter((wrong) => !allowed.some((pattern) => pattern.test(wrong)));
      if (left.length > 0) throw new Error(`the page at ${page.url()} did wrong:\n  ${left.join('\n  ')}`);
    },
  };
}

/**
 * Runs one story with a server, a browser and a film of its own, and ends all three whatever happens. If it fails, the
 * pages are photographed and the server's last lines printed.
 * @param {(world: { server: Server, browser: Browser, film: string, directory: string,
 *   open: (options?: Parameters<typeof openPage>[2]) => Promise<Watched> }) => Promise<void>} story
 * @param {string[]} [more] further arguments of the server
 */
export async function withWorld(story, more = []) {
  const directory = await scratch();
  const film = join(directory, 'film.y4m');
  const server = await startServer(directory, more);
  /** @type {Watched[]} */
  const opened = [];
  try {
    const browser = await launch({ film });
    try {
      const open = async (/** @type {Parameters<typeof openPage>[2]} */ options) => {
        const watched = await openPage(browser, server.url, options);
        opened.push(watched);
        return watched;
      };
      await story({ server, browser, film, directory, open });
      for (const watched of opened) watched.verify();
    } catch (error) {
      let shots = [];
      for (const [index, { page }] of opened.entries()) {
        shots.push(await shoot(page, `failed-${process.pid}-${index}`).catch(() => '(no picture)'));
      }
      console.error(`pages when it failed: ${shots.join(', ')}\nserver's last lines:\n${server.log().slice(-4000)}`);
      for (const watched of opened) {
        try { watched.verify(); } catch (wrong) { console.error(String(wrong)); }
      }
      throw error;
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Where screenshots go: SHOTS, or a directory of the system's temporary one. */
export const SHOTS = process.env.SHOTS ?? join(tmpdir(), 'liard-shots');

/**
 * @param {Page} page
 * @param {string} name
 * @param {{ whole?: boolean }} [options] the whole page, or what the window shows
 */
export async function shoot(page, name, { whole = true } = {}) {
  await mkdir(SHOTS, { recursive: true });
  const path = join(SHOTS, `${name}.png`);
  await page.screenshot({ path, fullPage: whole });
  return path;
}

/**
 * Films an element (a QR code on one screen) for the camera of another page.
 * @param {import('playwright-core').Locator} element
 * @param {string} film
 */
export async function filmElement(element, film) {
  await element.scrollIntoViewIfNeeded();
  await writeFilm(film, await element.screenshot());
}
