// What a new device shows: its key comes through, its name is words only, and nothing else is taken for a device.

import './fake-browser.mjs';
import test from 'node:test';
import assert from 'node:assert/strict';

const { LONGEST_NAME, readDevice } = await import('../../../web/kit/device-link.js');
const key = 'ab'.repeat(32);

test('a link, its fragment and a bare key name a device', () => {
  const label = 'Téléphone d’Ana. 2';
  const value = `${key}.${encodeURIComponent(label)}`;
  for (const text of [`https://example.org/wallet/#device=${value}`, value, ` ${value}\n`]) assert.deepEqual(readDevice(text), { key, label }, text);
  assert.deepEqual(readDevice(key.toUpperCase()), { key, label: '' });
});

test('a name is short and without control characters, and a broken one does not stop the key', () => {
  assert.equal(readDevice(`${key}.${'x'.repeat(100)}`)?.label.length, LONGEST_NAME);
  assert.equal(readDevice(`${key}.a%0Ab`)?.label, 'ab');
  assert.deepEqual(readDevice(`${key}.%E0%A4%A`), { key, label: '' });
});

test('nothing else is a device', () => {
  for (const text of ['', 'abc', `${key}0`, `https://example.org/wallet/#pay=${key}`, `x${key.slice(1)}`]) assert.equal(readDevice(text), null, text);
});
