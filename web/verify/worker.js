// The verifier without a network. Everything that its page is made of is kept, as one version; a new version is fetched
// whole before it takes the place of the old one, and only a page that is opened afresh is given it.

/** The page, and every module that it can load. */
const ASSETS = [
  '/verify/', '/verify/verify.js', '/verify/verify.css', '/verify/given.js', '/verify/judge.js', '/verify/verdicts.js',
  '/kit/kit.css', '/kit/coin.svg', '/kit/api.js', '/kit/base64url.js', '/kit/bech32m.js', '/kit/cbor.js', '/kit/cose.js', '/kit/coverage.js',
  '/kit/ed25519.js', '/kit/hex.js', '/kit/i18n.js', '/kit/icons.js', '/kit/keychain.js', '/kit/ledger.js', '/kit/liability.js', '/kit/money.js',
  '/kit/note.js', '/kit/pinned.js', '/kit/proof-file.js', '/kit/receipt.js', '/kit/scan-view.js', '/kit/scanner.js', '/kit/store.js', '/kit/time.js',
  '/kit/tlog.js', '/kit/ui.js',
  '/kit/i18n/fr/common.js', '/kit/i18n/fr/errors.js', '/kit/i18n/fr/verify.js', '/kit/i18n/en/common.js', '/kit/i18n/en/errors.js', '/kit/i18n/en/verify.js',
  '/kit/i18n/ar/common.js', '/kit/i18n/ar/errors.js', '/kit/i18n/ar/verify.js',
  '/vendor/lit-html/lit-html.js', '/vendor/lit-html/directives/ref.js', '/vendor/lit-html/directives/live.js', '/vendor/lit-html/directive.js',
  '/vendor/lit-html/async-directive.js', '/vendor/lit-html/directive-helpers.js', '/vendor/signals-core/signals-core.js', '/vendor/zxing-wasm/share.js',
  '/vendor/noble-ed25519/index.js', '/vendor/zxing-wasm/reader/index.js', '/vendor/zxing-wasm/reader/zxing_reader.wasm',
];
const PREFIX = 'liard-verify-';
/** Stands in a cache once it is whole. */
const WHOLE = '/verify/whole';

const worker = /** @type {any} */ (self);
/** @type {string | null} */
let serving = null;

/** The newest whole version. @returns {Promise<string | null>} */
async function newest() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX)).reverse();
  for (const name of names) if (await (await caches.open(name)).match(WHOLE)) return name;
  return null;
}

/** A name for what the server has now. @param {Response[]} responses */
async function versionOf(responses) {
  const tags = responses.map((response) => response.headers.get('etag') ?? '').join('\n');
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(tags)));
  return PREFIX + [...digest.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Fetches what the server has now; keeps it when it is another version, and all of it came. */
async function renew() {
  const responses = await Promise.all(ASSETS.map((path) => fetch(path, { cache: 'no-cache', credentials: 'omit' })));
  if (responses.some((response) => !response.ok || response.redirected)) throw new Error('a part of the page is missing');
  const name = await versionOf(responses);
  if (name === (await newest())) return;
  const cache = await caches.open(name);
  await Promise.all(responses.map((response, at) => cache.put(ASSETS[at], response)));
  await cache.put(WHOLE, new Response(name));
}

/** Versions that no page is given any more. @param {string | null} kept */
async function forgetOthers(kept) {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== kept) await caches.delete(name);
}

/** @param {Request} request @param {string} path */
async function answer(request, path) {
  if (request.mode === 'navigate') serving = null;
  serving ??= await newest();
  const kept = serving && (await (await caches.open(serving)).match(path));
  return kept || fetch(request);
}

worker.addEventListener('install', (/** @type {any} */ event) => {
  event.waitUntil(renew().then(() => worker.skipWaiting()));
});

worker.addEventListener('activate', (/** @type {any} */ event) => {
  event.waitUntil(worker.clients.claim());
});

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { pathname, origin } = new URL(event.request.url);
  const path = pathname === '/verify/index.html' ? '/verify/' : pathname;
  if (event.request.method !== 'GET' || origin !== location.origin || !ASSETS.includes(path)) return;
  const answered = answer(event.request, path);
  event.respondWith(answered);
  if (event.request.mode !== 'navigate') return;
  // Without a network the kept version stays as it is.
  event.waitUntil(answered.then(() => forgetOthers(serving)).then(renew).catch(() => {}));
});
