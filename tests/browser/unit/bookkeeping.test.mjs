// What a shop's own key sets up: of two people who change the same, the second is told and sees what holds now; and what the server
// takes as an address and as an account.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './fake-browser.mjs';

const { Problem } = await import('../../../web/kit/api.js');
const { isAccount, isAddress } = await import('../../../web/kit/bookkeeping.js');
const { ShopPart } = await import('../../../web/kit/shop-part.js');

/** A server's part, with the versions that changes were made from. */
function served() {
  let kept = { version: 3, value: { on: false } };
  /** @type {any[]} */
  const sent = [];
  const json = async (/** @type {string} */ path, /** @type {any} */ { json: body } = {}) => {
    assert.equal(path, '/pos/v1/settings/mail');
    if (!body) return kept;
    sent.push(body);
    if (body.version !== kept.version) throw new Problem({ status: 409, code: 'settings_changed' });
    kept = { version: kept.version + 1, value: body.value };
    return kept;
  };
  const elsewhere = (/** @type {{on: boolean}} */ value) => { kept = { version: kept.version + 1, value }; };
  return { session: /** @type {any} */ ({ json }), sent, elsewhere };
}

test('a change names the version that it was made from, and the next one the version after it', async () => {
  const { session, sent } = served();
  const part = new ShopPart('mail', () => session);
  await part.refresh();
  await part.change({ on: true });
  await part.change({ on: false });
  assert.deepEqual(sent.map(({ version }) => version), [3, 4]);
  assert.deepEqual(part.value, { on: false });
});

test('what somebody else changed meanwhile is not written over, and is what the page holds then', async () => {
  const { session, elsewhere } = served();
  const part = new ShopPart('mail', () => session);
  await part.refresh();
  elsewhere({ on: true });
  await assert.rejects(part.change({ on: false }), (/** @type {any} */ error) => error.code === 'settings_changed');
  assert.deepEqual(part.value, { on: true });
  await part.change({ on: false });
  assert.deepEqual(part.value, { on: false });
});

test('an answer that comes after somebody left the screen shows nothing', async () => {
  const { session } = served();
  const part = new ShopPart('mail', () => session);
  await part.refresh();
  const changed = part.change({ on: true });
  part.clear();
  await changed;
  assert.equal(part.value, null);
});

test('an address and an account are those that the server takes', () => {
  assert.deepEqual(['a@b.fr', ' a@b.fr', 'a@b', 'a@@b.fr', 'é@b.fr', '@b.fr', `${'a'.repeat(250)}@b.fr`].filter(isAddress), ['a@b.fr']);
  assert.deepEqual(['707000', '707', '70', '7O7000', '707 00', '7071234567890', '411DUPONT'].filter((text) => isAccount('sales', text)), ['707000', '707', '411DUPONT']);
  assert.deepEqual(['CAI', '', 'VENTES1', 'V-1'].filter((text) => isAccount('journal', text)), ['CAI']);
});
