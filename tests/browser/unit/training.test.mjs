// Training: no register is loaded before it is known, and what is real is closed for as long as it lasts.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from './fake-browser.mjs';

const { write } = await import('../../../web/kit/store.js');
const { phase, training } = await import('../../../web/till/state.js');
const { SCREENS, mayOpen } = await import('../../../web/till/screens.js');
const { trainingKnown } = await import('../../../web/till/training-open.js');

/** @param {string} key */
const open = (key) => { phase.value = /** @type {any} */ ({ name: 'ready', shopName: 'Café', shop: { wallet: { key }, ledger: {}, account: 'x' } }); };
const until = async (/** @type {() => boolean} */ done) => { while (!done()) await new Promise((resolve) => setTimeout(resolve, 1)); };

beforeEach(() => {
  clear();
  phase.value = { name: 'starting' };
  training.value = false;
});

test('whether a till trains is known only once its mark was read, and is then right', async () => {
  await write('settings', 'till-training:one', true);
  open('one');
  assert.equal(trainingKnown(), false);
  await until(trainingKnown);
  assert.equal(training.value, true);
  open('two');
  assert.equal(trainingKnown(), false, 'another till has a mark of its own');
  await until(trainingKnown);
  assert.equal(training.value, false);
});

test('in training every screen is closed that shows or changes what is real', () => {
  training.value = true;
  const left = Object.keys(SCREENS).filter((name) => mayOpen(SCREENS[name]));
  assert.deepEqual(left.sort(), ['display', 'more', 'training']);
  training.value = false;
  assert.ok(Object.keys(SCREENS).filter((name) => mayOpen(SCREENS[name])).length > 10);
});
