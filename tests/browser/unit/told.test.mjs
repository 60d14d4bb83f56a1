// What other windows and the shop's machine tell: the customer's screen follows one tab, and a stall rings once for what was paid.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './fake-browser.mjs';

const { Unreachable, now } = await import('../../../web/kit/api.js');
const { BEAT_MS, follows } = await import('../../../web/till/customer-words.js');
const { phase } = await import('../../../web/till/state.js');
const { newsView, take } = await import('../../../web/till/stall-news.js');

/** @param {string} tab @param {number} changed @param {string | null} step @returns {any} */
const word = (tab, changed, step) => ({ tab, changed, told: step && { step } });

test('the customer\u2019s screen stays with the tab that changed last, as long as that one speaks', () => {
  const a = { tab: 'a', changed: 1_000, heard: 10_000 };
  assert.equal(follows(null, word('a', 0, 'idle'), 10_000), true);
  assert.equal(follows(a, word('a', 1_000, 'ask'), 12_000), true);
  assert.equal(follows(a, word('a', 1_000, null), 12_000), true, 'its end is believed');
  assert.equal(follows(a, word('b', 900, 'ask'), 10_500), false, 'an older request of another tab');
  assert.equal(follows(a, word('b', 2_000, 'idle'), 10_500), false, 'a tab that asks for nothing');
  assert.equal(follows(a, word('b', 0, 'ask'), 10_500), false, 'a tab that was only opened');
  assert.equal(follows(a, word('b', 2_000, null), 99_000), false);
  assert.equal(follows(a, word('b', 2_000, 'ask'), 10_500), true);
  assert.equal(follows(a, word('b', 0, 'idle'), 10_001 + 3 * BEAT_MS), true, 'the first went silent');
});

const STALL = '09'.repeat(8);
const payee = new Uint8Array(16).fill(2);
/** @param {string} end @param {object} [more] @returns {any} */
const charge = (end, more = {}) => ({ id: STALL + end.repeat(8), stall: STALL, state: 'paid', sequence: 5, refunded: 0, reference: 'Marché', ...more });

/** How many receipts were asked for and how many payments stand on the screen. @param {(told: any) => any} receipt */
function world(receipt) {
  const seen = { asked: 0 };
  phase.value = /** @type {any} */ ({ name: 'ready', shopName: 'x', shop: { wallet: { key: 'k' }, ledger: { symbol: 'E' }, accountBytes: payee, account: 'x', receipt: async () => { seen.asked += 1; return receipt(seen.asked); } } });
  return seen;
}
/** @param {any} one @param {number} [time] */
const proves = (one, time = now()) => ({ facts: { time, sequence: 5, words: { payee, amount: 300, charge: { id: one.id } } } });
const rows = () => /** @type {any} */ (newsView()).values?.[1]?.length ?? 0;

test('a payment at a stall rings once; neither what is given back in part nor an old payment rings', async () => {
  const one = charge('01');
  const seen = world(() => proves(one));
  await take(one);
  assert.equal(rows(), 1);
  await take(one);
  await take({ ...one, refunded: 100 });
  await take(charge('02', { refunded: 100 }));
  assert.deepEqual([seen.asked, rows()], [1, 1]);
  const old = charge('03');
  world(() => proves(old, now() - 3_600_000));
  await take(old);
  assert.equal(rows(), 1);
});

test('a receipt that cannot be had is no doubt, and is asked for again', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const one = charge('04');
  const seen = world((count) => { if (count === 1) throw new Unreachable('no network'); return proves(one); });
  const before = rows();
  await take(one);
  assert.equal(rows(), before);
  assert.ok(!JSON.stringify(newsView()).includes('stall-doubt-seen'));
  context.mock.timers.tick(5_000);
  for (let turn = 0; turn < 20; turn += 1) await null;
  assert.deepEqual([seen.asked, rows()], [2, before + 1]);
});
