// The worker that keeps a page: storage that fails, or is full, never stops the page from opening.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';

const source = readFileSync(new URL('../../../web/kit/keep-worker.js', import.meta.url), 'utf8');
const LIST = JSON.stringify({ version: 'one', files: [{ path: '/wallet/', hash: 'aa' }] });

/** A worker whose cache holds version "one". @param {{opens?: boolean, puts?: (note: string) => Promise<void>}} disk */
function worker({ opens = true, puts = async () => {} }) {
  /** @type {Map<string, string>} */
  const held = new Map([['/wallet/kept/newest', 'one'], ['/wallet/kept/version/one', LIST], ['/wallet/?aa', 'the kept page']]);
  const cache = {
    match: async (/** @type {string} */ note) => (held.has(note) ? new Response(held.get(note)) : undefined),
    put: async (/** @type {string} */ note) => puts(note),
    keys: async () => [],
    delete: async () => true,
  };
  /** @type {Map<string, (event: any) => void>} */
  const listeners = new Map();
  const self = { addEventListener: (/** @type {string} */ name, /** @type {any} */ step) => listeners.set(name, step), clients: { matchAll: async () => [] } };
  runInContext(source, createContext({
    self, URL, Response, Headers, crypto, navigator: {},
    location: new URL('https://liard.example/wallet/worker.js'),
    caches: { open: async () => { if (opens) return cache; throw new Error('no storage'); } },
    fetch: async () => new Response('the fetched page'),
  }));
  /** Opens the page as the browser would. @returns {Promise<Response>} */
  return () => new Promise((resolve) => listeners.get('fetch')?.({
    request: { url: 'https://liard.example/wallet/', method: 'GET', mode: 'navigate' }, resultingClientId: 'page', respondWith: resolve, waitUntil: () => {},
  }));
}

test('a kept page is answered from what is kept', async () => {
  assert.equal(await (await worker({})()).text(), 'the kept page');
});

test('a full disk does not stop a kept page from opening', async () => {
  const full = worker({ puts: async () => { throw new DOMException('full', 'QuotaExceededError'); } });
  assert.equal(await (await full()).text(), 'the kept page');
});

test('the page does not wait until its note is written', async () => {
  assert.equal(await (await worker({ puts: () => new Promise(() => {}) })()).text(), 'the kept page');
});

test('where the cache cannot be opened, the page is fetched', async () => {
  assert.equal(await (await worker({ opens: false })()).text(), 'the fetched page');
});
