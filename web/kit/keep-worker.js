// Keeps a page for a visit without a network; the wallet, the till and the verifier have each their own. The program says what
// a page is made of (`files.json`: a version, and each file with its SHA-256). A version is kept once all of it has come and is what the
// list says, and is given to pages that are opened afterwards; a page that is open keeps the version that it was opened with. Only
// files of that list are ever kept or answered from here: never what the node says about anybody's money.
'use strict';
{
  /** @typedef {{version: string, files: {path: string, hash: string}[]}} Version */

  const worker = /** @type {any} */ (self);
  /** `/wallet/` and the like: what this worker answers for, and where its own notes lie in the cache. */
  const FOLDER = new URL('./', location.href).pathname;
  const CACHE = `liard${FOLDER.replaceAll('/', '-')}files`;
  const LIST = `${FOLDER}files.json`;
  /** Notes in the cache, beside the files. */
  const NEWEST = `${FOLDER}kept/newest`;
  const VERSIONS = `${FOLDER}kept/version/`;
  const OPEN_PAGES = `${FOLDER}kept/page/`;
  /** Where files of pages lie: everything else is the node's, and not touched. */
  const PLACES = [FOLDER, '/kit/', '/vendor/'];
  /** So many are fetched at a time: the page that is being opened comes first. */
  const AT_ONCE = 4;

  const kept = () => caches.open(CACHE);
  /** A file under its content: versions share what they have in common, and a download that broke off goes on where it was. @param {string} path @param {string} hash */
  const keyOf = (path, hash) => `${path}?${hash}`;
  /** @param {string} note @returns {Promise<string | null>} */
  const read = async (note) => (await (await (await kept()).match(note))?.text()) ?? null;
  /** @param {string} note @param {string} text */
  const write = async (note, text) => (await kept()).put(note, new Response(text));

  /** The old worker and the new one, and two pages that are opened together, do not sort the same cache. @param {() => Promise<void>} step */
  const alone = (step) => (navigator.locks ? navigator.locks.request(CACHE, step) : step());

  /** What open pages were given, for as long as this worker runs; the notes outlive it. @type {Map<string, Version>} */
  const given = new Map();

  /** @param {string | null} name @returns {Promise<Version | null>} */
  async function versionNamed(name) {
    const text = name && (await read(VERSIONS + name));
    return text ? JSON.parse(text) : null;
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  async function hashOf(bytes) {
    return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /** Fetches one file, unless it is kept, and keeps it if it is what the list says. @param {Cache} cache @param {{path: string, hash: string}} file */
  async function keepFile(cache, { path, hash }) {
    if (await cache.match(keyOf(path, hash))) return;
    const response = await fetch(path, { cache: 'no-cache', credentials: 'omit' });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!response.ok || (await hashOf(bytes)) !== hash) throw new Error(`${path} is not what the list says`);
    const headers = new Headers(response.headers);
    // The body is as it was before it was packed for the way.
    for (const name of ['content-encoding', 'content-length', 'vary']) headers.delete(name);
    await cache.put(keyOf(path, hash), new Response(bytes, { headers }));
  }

  /** Keeps what the server has now, if it is another version. */
  async function renew() {
    const response = await fetch(LIST, { cache: 'no-cache', credentials: 'omit' });
    if (!response.ok) throw new Error('the list of files did not come');
    const text = await response.text();
    const { version, files } = /** @type {Version} */ (JSON.parse(text));
    if (version === (await read(NEWEST))) return;
    const cache = await kept();
    const waiting = [...files];
    const fetchOn = async () => {
      for (let file = waiting.shift(); file; file = waiting.shift()) await keepFile(cache, file);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, fetchOn));
    await write(VERSIONS + version, text);
    await write(NEWEST, version);
  }

  /** Drops the versions that no page is given any more, and the files that only they had. @param {string} opening the page that is being opened */
  async function tidy(opening) {
    const cache = await kept();
    const open = new Set((await worker.clients.matchAll({ type: 'window' })).map((/** @type {{id: string}} */ { id }) => id).concat(opening));
    const paths = (await cache.keys()).map((request) => request.url.slice(location.origin.length));
    const pages = paths.filter((path) => path.startsWith(OPEN_PAGES));
    const gone = pages.filter((path) => !open.has(path.slice(OPEN_PAGES.length)));
    const named = await Promise.all([NEWEST, ...pages.filter((path) => !gone.includes(path))].map(read));
    // An open page of which no note could be written is known to this worker alone.
    const unnoted = [...given].flatMap(([page, version]) => (open.has(page) ? version : []));
    const versions = (await Promise.all(named.map(versionNamed))).flatMap((version) => version ?? []).concat(unnoted);
    const needed = new Set(versions.flatMap(({ version, files }) => [VERSIONS + version, ...files.map(({ path, hash }) => keyOf(path, hash))]));
    const old = paths.filter((path) => path !== NEWEST && !path.startsWith(OPEN_PAGES) && !needed.has(path));
    await Promise.all([...gone, ...old].map((path) => cache.delete(path)));
  }

  /** The version of an open page: what it was opened with, else the newest from now on. @param {string} page @returns {Promise<Version | null>} */
  async function versionOf(page) {
    const known = given.get(page) ?? (await versionNamed(await read(OPEN_PAGES + page)));
    const version = known ?? (await versionNamed(await read(NEWEST)));
    if (!version || !page) return version;
    given.set(page, version);
    // The page waits for its file, not for the note; on a full disk there is none, and the version lasts as long as this worker runs.
    if (!known) write(OPEN_PAGES + page, version.version).catch(() => {});
    return version;
  }

  /** What is kept of a file, for that page. @param {string} path @param {string} page */
  async function keptFile(path, page) {
    const hash = (await versionOf(page))?.files.find((file) => file.path === path)?.hash;
    return hash && (await (await kept()).match(keyOf(path, hash)));
  }

  /** Storage that fails never stops a page: its files are then fetched. @param {Request} request @param {string} path @param {string} page */
  async function answer(request, path, page) {
    return (await keptFile(path, page).catch(() => undefined)) || fetch(request);
  }

  worker.addEventListener('install', (/** @type {any} */ event) => {
    event.waitUntil(alone(renew).then(() => worker.skipWaiting()));
  });

  worker.addEventListener('activate', (/** @type {any} */ event) => {
    event.waitUntil(worker.clients.claim());
  });

  worker.addEventListener('fetch', (/** @type {any} */ event) => {
    const { request, clientId = '', resultingClientId = '' } = event;
    const { pathname, origin } = new URL(request.url);
    if (request.method !== 'GET' || origin !== location.origin || !PLACES.some((place) => pathname.startsWith(place))) return;
    const opening = request.mode === 'navigate';
    event.respondWith(answer(request, pathname === `${FOLDER}index.html` ? FOLDER : pathname, opening ? resultingClientId : clientId));
    if (!opening) return;
    // Without a network everything stays as it is.
    event.waitUntil(alone(() => tidy(resultingClientId).then(renew)).catch(() => {}));
  });
}
