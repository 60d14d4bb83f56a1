// Files of a key's backup: only whole ones are opened. What a passkey does with them is a story of the browser.

import './fake-browser.mjs';
import test from 'node:test';
import assert from 'node:assert/strict';

const { readBackup } = await import('../../../web/kit/passkey.js');
const whole = { liard: 'passkey-backup', version: 1, ledger: 'ab'.repeat(32), key: 'cd'.repeat(32), credential: 'AAAA', salt: 'AAAA', iv: 'AAAA', box: 'AAAA' };

test('a backup file is read, and nothing else is taken for one', () => {
  assert.deepEqual(readBackup(JSON.stringify(whole)), whole);
  for (const wrong of [{ ...whole, liard: 'other' }, { ...whole, version: 2 }, { ...whole, key: 'cd' }, { ...whole, ledger: 5 }, { ...whole, box: undefined }]) {
    assert.equal(readBackup(JSON.stringify(wrong)), null, JSON.stringify(wrong));
  }
  for (const text of ['', 'null', '{', `${'ab'.repeat(32)}\n`]) assert.equal(readBackup(text), null, text);
});
