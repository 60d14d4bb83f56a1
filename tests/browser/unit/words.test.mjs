// The catalogues: the same keys in every language, French typography, and no word that the vocabulary forbids.

import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';

const folder = new URL('../../../web/kit/i18n/', import.meta.url);
const pages = readdirSync(new URL('fr/', folder)).filter((name) => name.endsWith('.js'));
/** @typedef {import('../../../web/kit/i18n.js').Entry} Entry */
/** @param {string} code @param {string} page @returns {Promise<Record<string, Entry>>} */
const load = async (code, page) => (await import(new URL(`${code}/${page}`, folder).href)).default;
/** @param {Entry} entry */
const texts = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry));
/** @param {Entry} entry */
const holes = (entry) => [...new Set(texts(entry).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

for (const page of pages) {
  test(`${page}: the same keys and values in every language`, async () => {
    const french = await load('fr', page);
    for (const code of ['en', 'eu', 'ar']) {
      const other = await load(code, page);
      assert.deepEqual(Object.keys(other), Object.keys(french), `${code}/${page}`);
      for (const key of Object.keys(french)) assert.deepEqual(holes(other[key]), holes(french[key]), `${code}/${page} ${key}`);
    }
  });

  test(`${page}: French typography`, async () => {
    const french = await load('fr', page);
    for (const [key, entry] of Object.entries(french)) {
      for (const text of texts(entry)) {
        assert.doesNotMatch(text, /[^\u00a0\u202f(][;:!?»](\s|$)/, `${key}: a no-break space before high punctuation`);
        assert.doesNotMatch(text, /«[^\u00a0\u202f]/, `${key}: a no-break space after «`);
        assert.doesNotMatch(text, /'/, `${key}: a typographic apostrophe`);
        assert.doesNotMatch(text, /\.\.\./, `${key}: an ellipsis`);
      }
    }
  });
}

test('every code that a server can answer with has a sentence', async () => {
  // What only one screen is told stands with that screen's words.
  const french = Object.assign({}, ...(await Promise.all(pages.map((page) => load('fr', page)))));
  const codes = ['ledger/src/rejection.rs', 'merchant-pos/src/error.rs'].flatMap((file) => {
    const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
    return [...source.matchAll(/^\s+\w+, (?:\w+, )?"([a-z_0-9]+)", "/gm)].map((match) => match[1]);
  });
  for (const file of ['wallet-api/src/error.rs', 'src/error.rs', 'fund-office/src/error.rs', 'public-log/src/error.rs']) {
    const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8').split('#[cfg(test)]')[0];
    const found = [...source.matchAll(/(?:=> |StatusCode::\w+,\s+)"([a-z_]+)"/g)].map((match) => match[1]);
    assert.ok(found.length >= 5, file);
    codes.push(...found);
  }
  assert.ok(codes.length > 90, String(codes.length));
  for (const code of codes) assert.ok(`error.${code}` in french, code);
});

/** The catalogues that one page can have loaded together, as its sources name them; `startWords` adds what all have. @param {string} page */
function cataloguesOf(page) {
  const home = new URL(`../../../web/${page}/`, import.meta.url);
  const named = readdirSync(home).filter((name) => name.endsWith('.js')).flatMap((name) => {
    const source = readFileSync(new URL(name, home), 'utf8');
    const lists = [...source.matchAll(/(?:startWords|moreWords)\(([^)]*)\)|\bwords: (?:first \? \[\] : )?\[([^\]]*)\]/g)].map((match) => match[1] ?? match[2]);
    return lists.flatMap((list) => [...list.matchAll(/'([\w-]+)'/g)].map((match) => match[1]));
  });
  return [...new Set(['common', ...named])];
}

for (const [page, least] of /** @type {[string, number][]} */ ([['office', 10], ['wallet', 15], ['till', 4], ['public', 4], ['verify', 2], ['ticket', 2]])) {
  test(`${page}: no two catalogues that it loads together have a key in common`, async () => {
    const catalogues = cataloguesOf(page);
    assert.ok(catalogues.length >= least, catalogues.join());
    /** @type {Map<string, string>} */
    const owners = new Map();
    for (const name of catalogues) {
      for (const key of Object.keys(await load('fr', `${name}.js`))) {
        assert.equal(owners.get(key), undefined, `"${key}" stands in ${owners.get(key)} and in ${name}`);
        owners.set(key, name);
      }
    }
  });
}
