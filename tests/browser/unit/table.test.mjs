// The office's table: what is searched is found without accents, and sorting is by number and by language.

import './fake-browser.mjs';
import test from 'node:test';
import assert from 'node:assert/strict';

const { wished } = await import('../../../web/office/table.js');
/** @typedef {{name: string, cents: number | null}} Row */
/** @type {Row[]} */
const rows = [{ name: 'Épicerie', cents: 900 }, { name: 'boulangerie', cents: 10_000 }, { name: 'Zèbre', cents: null }, { name: 'Atelier', cents: 50 }];
/** @type {import('../../../web/office/table.js').Column<Row>[]} */
const columns = [{ key: 'name', title: 'Nom', value: ({ name }) => name }, { key: 'cents', title: 'Net', kind: 'cents', value: ({ cents }) => cents }];
/** @param {import('../../../web/office/table.js').Wish} wish */
const names = (wish) => wished(rows, columns, wish).map(({ name }) => name);

test('rows are found by words without accents and capitals, and by amounts', () => {
  assert.deepEqual(names({ sort: null, text: ' EPICERIE ' }), ['Épicerie']);
  assert.deepEqual(names({ sort: null, text: 'zebre' }), ['Zèbre']);
  assert.deepEqual(names({ sort: null, text: '100' }), ['boulangerie']);
});

test('words sort by language, amounts by number, and what is missing stands last either way', () => {
  assert.deepEqual(names({ sort: { key: 'name', down: false }, text: '' }), ['Atelier', 'boulangerie', 'Épicerie', 'Zèbre']);
  assert.deepEqual(names({ sort: { key: 'cents', down: false }, text: '' }), ['Atelier', 'Épicerie', 'boulangerie', 'Zèbre']);
  assert.deepEqual(names({ sort: { key: 'cents', down: true }, text: '' }), ['boulangerie', 'Épicerie', 'Atelier', 'Zèbre']);
});
