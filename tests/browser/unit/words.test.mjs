// The catalogues: the same keys in every language, French typography, and no word that the vocabulary forbids.

import test from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';

const folder = new URL('../../../web/kit/i18n/', import.meta.url);
const pages = readdirSync(new URL('fr/', folder)).filter((name) => name.endsWith('.js'));
const load = async (code, page) => (await import(new URL(`${code}/${page}`, folder))).default;
const texts = (entry) => (typeof entry === 'string' ? [entry] : Object.values(entry));
const holes = (entry) => [...new Set(texts(entry).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

for (const page of pages) {
  test(`${page}: the same keys and values in every language`, async () => {
    const french = await load('fr', page);
    for (const code of ['en', 'ar']) {
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
