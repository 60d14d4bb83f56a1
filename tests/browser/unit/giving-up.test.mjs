// A sale that is paid in part and given up: nothing is promised that is not known, and nothing goes back twice.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from './fake-browser.mjs';

const { Problem } = await import('../../../web/kit/api.js');
const { read } = await import('../../../web/kit/store.js');
const { taken } = await import('../../../web/till/apart.js');
const { phase } = await import('../../../web/till/state.js');
const { note } = await import('../../../web/till/refunds.js');
const { change, clearSale, keptSale, sale } = await import('../../../web/till/sale.js');
const { giveUp, standingOf } = await import('../../../web/till/giving-up.js');
const { abandonWords } = await import('../../../web/till/paying.js');
const { why } = await import('../../../web/till/evening-rows.js');
const { moreWords } = await import('../../../web/kit/i18n.js');

/** @type {Map<string, {sequence: number | null, refunded: number}>} what the server says of a charge */
const charges = new Map();
/** @type {number[]} entries that are given back */
let given = [];
/** @type {Set<number>} */
const refusing = new Set();

beforeEach(async () => {
  clear();
  charges.clear();
  refusing.clear();
  [given, taken.value] = [[], []];
  const shop = {
    account: 'shop', wallet: { key: 'aa'.repeat(32) }, ledger: {}, session: { json: async () => ({ version: 0, value: { on: false, items: [], tips: {} } }) },
    charge: async (/** @type {string} */ id) => {
      const found = charges.get(id);
      if (!found) throw new Problem({ status: 404, code: 'not_found' });
      return found;
    },
    giveBack: async (/** @type {any} */ { sequence }) => {
      if (refusing.has(sequence)) return { state: 'refused', code: 'refund_exceeds' };
      given.push(sequence);
      return { state: 'done', facts: { sequence: sequence + 100 } };
    },
    refundRequests: async () => [], day: async () => ({ charges: [], unexpected: [], totals: {} }),
  };
  phase.value = /** @type {any} */ ({ name: 'ready', shop, shopName: 'Shop' });
  for (const sequence of [1, 2]) note(sequence, null);
  await clearSale();
});

/** @param {string} charge @param {number} [sequence] @returns {any} */
const part = (charge, sequence) => ({ means: 'units', amount: 300, charge, certain: sequence !== undefined, ...(sequence === undefined ? {} : { sequence }) });
/** @param {any[]} tenders */
const begin = (tenders) => change({ lines: [{ label: 'Pain', price: 900, quantity: 1000, unit: '', rate: 550, total: 900 }], tenders });

test('what was taken without network and has no answer is not promised back', async () => {
  await begin([part('a', 1), part('b')]);
  const standing = await standingOf(sale.peek().tenders);
  assert.deepEqual([standing.back.map(({ sequence }) => sequence), standing.waiting.map(({ charge }) => charge)], [[1], ['b']]);
});

test('an order that was confirmed meanwhile goes back, and one that was refused never came', async () => {
  taken.value = /** @type {any} */ ([{ request: { id: 'a' }, state: 'confirmed', sequence: 1 }, { request: { id: 'b' }, state: 'refused', sequence: null }]);
  await begin([part('a'), part('b')]);
  const standing = await standingOf(sale.peek().tenders);
  assert.deepEqual(standing.waiting, []);
  assert.equal(await giveUp(standing), true);
  assert.deepEqual(given, [1]);
  assert.deepEqual(sale.peek().tenders, []);
});

test('a refund that is refused keeps its part, and the one before it is neither paid nor given back again', async () => {
  refusing.add(2);
  await begin([part('a', 1), part('b', 2)]);
  assert.equal(await giveUp(await standingOf(sale.peek().tenders)), false);
  const kept = await read('settings', keptSale('shop'));
  assert.deepEqual(kept.tenders.map((/** @type {any} */ { charge }) => charge), ['b'], 'also for a page that is loaded again');
  refusing.clear();
  assert.equal(await giveUp(await standingOf(sale.peek().tenders)), true);
  assert.deepEqual(given, [1, 2]);
});

test('a part that went back just before the page ended is not given back again', async () => {
  charges.set('a', { sequence: 1, refunded: 300 });
  await begin([part('a', 1)]);
  assert.equal(await giveUp(await standingOf(sale.peek().tenders)), true);
  assert.deepEqual(given, []);
});

test('a refund that is proved after the next start leaves the sale', async () => {
  await begin([part('a', 1), part('b', 2)]);
  note(1, { step: 'done', amount: 300, sequence: 101 });
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(sale.peek().tenders.map(({ charge }) => charge), ['b']);
});

test('euros are spoken of only where euros were noted', async () => {
  await moreWords('till-counter');
  const cash = { means: 'cash', amount: 100, charge: null, certain: true };
  assert.doesNotMatch(abandonWords(300, [part('a', 1)]), /euro|€/i);
  assert.match(abandonWords(300, [part('a', 1), /** @type {any} */ (cash)]), /3[.,]00.*euro/i);
  assert.match(abandonWords(0, [/** @type {any} */ (cash)]), /euro/i);
});

test('what came in units after its request was over is not called a loss', async () => {
  await moreWords('till-evening');
  const words = why(/** @type {any} */ ({ reason: 'expired', state: 'unexpected', offline: 'late', ticket: null, sequence: 5 }));
  assert.match(words, /nothing is lost|rien n’est perdu/i);
});
