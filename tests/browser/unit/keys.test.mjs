// Keys that come with a link: on a demo only, and never in the place of another key without a yes.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from './fake-browser.mjs';

const { activate, activeWallet, demoSeedOf, keepKey, newSeed, publicKeyOf, takeDemoKey } = await import('../../../web/kit/keys.js');
const { hex } = await import('../../../web/kit/hex.js');

const DEMO = { ledger: 'aa', demo: true };
const seed = hex(new Uint8Array(32).fill(3));
const hash = `#demo=${seed}`;
/** @type {import('../../../web/kit/keys.js').Wallet['role'][]} */
const ROLES = ['till'];
const never = async () => { throw new Error('nothing to ask about'); };
beforeEach(clear);

test('H1: a demo link on a real currency, or one that does not say, brings no key', async () => {
  for (const ledger of [{ ledger: 'aa', demo: false }, { ledger: 'aa' }, { ledger: 'aa', demo: 'true' }]) {
    assert.equal(demoSeedOf(hash, /** @type {any} */ (ledger)), null);
    await takeDemoKey(hash, /** @type {any} */ (ledger), { roles: ROLES, now: 1, mayReplace: never });
    assert.equal(await activeWallet('aa', ROLES), null);
  }
  assert.equal(demoSeedOf('#demo=xyz', DEMO), null);
});

test('H1: on a demo the key is taken, and opening the link again changes nothing', async () => {
  await takeDemoKey(hash, DEMO, { roles: ROLES, now: 1, mayReplace: never });
  assert.equal((await activeWallet('aa', ROLES))?.key, await publicKeyOf(new Uint8Array(32).fill(3)));
  await takeDemoKey(hash, DEMO, { roles: ROLES, now: 2, mayReplace: never });
  assert.equal((await activeWallet('aa', ROLES))?.added, 1);
});

test('H1: another key is not replaced without a yes', async () => {
  const own = await keepKey(newSeed(), { ledger: 'aa', role: 'till', now: 1 });
  await activate(own, ROLES);
  await takeDemoKey(hash, DEMO, { roles: ROLES, now: 2, mayReplace: async () => false });
  assert.equal((await activeWallet('aa', ROLES))?.key, own.key);
  await takeDemoKey(hash, DEMO, { roles: ROLES, now: 2, mayReplace: async () => true });
  assert.notEqual((await activeWallet('aa', ROLES))?.key, own.key);
});

test('H1: a key that is kept here for another page is not turned into a till’s without a yes', async () => {
  await keepKey(new Uint8Array(32).fill(3), { ledger: 'aa', role: 'own', now: 1 });
  await takeDemoKey(hash, DEMO, { roles: ROLES, now: 2, mayReplace: async () => false });
  assert.equal(await activeWallet('aa', ROLES), null);
  assert.equal((await activeWallet('aa', ['own']))?.added, 1);
});
