// Tables that leave for a spreadsheet: separators, decimal comma, and names that may not calculate.

import './fake-browser.mjs';
import test from 'node:test';
import assert from 'node:assert/strict';
import { csvOf } from '../../../web/kit/csv.js';

test('a table is written with its mark, semicolons, decimal commas and line ends', () => {
  const text = csvOf([{ title: 'Nom', kind: 'text' }, { title: 'Net', kind: 'cents' }, { title: 'Jours', kind: 'count' }], [['Épicerie', 123456, 3], ['Pain', -5, null]]);
  assert.equal(text, '\ufeffNom;Net;Jours\r\nÉpicerie;1234,56;3\r\nPain;-0,05;\r\n');
});

test('what would break a cell is quoted', () => {
  assert.equal(csvOf([{ title: 'a;b', kind: 'text' }], [['say "yes"'], ['two\nlines']]), '\ufeff"a;b"\r\n"say ""yes"""\r\n"two\nlines"\r\n');
});

test('a name that looks like a formula stays a name', () => {
  for (const name of ['=1+1', '+33 4', '-x', '@home', '\tx', '\rx']) assert.ok(csvOf([{ title: 'n', kind: 'text' }], [[name]]).includes(`'${name}`), name);
  assert.equal(csvOf([{ title: '=SUM(A1)', kind: 'text' }], [['@a;b']]), '\ufeff\'=SUM(A1)\r\n"\'@a;b"\r\n', 'neither a heading nor a quoted cell is a formula');
  assert.ok(csvOf([{ title: 'n', kind: 'cents' }], [[-100]]).includes('\r\n-1,00\r\n'), 'an amount below zero is no formula');
});
