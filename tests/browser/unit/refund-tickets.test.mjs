// The tickets of what goes back: only of what a ticket counted as sold, and never more of it than that.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from './fake-browser.mjs';
import { keyPair } from './fake-ledger.mjs';

const { Problem, Unreachable } = await import('../../../web/kit/api.js');
const { importSeed } = await import('../../../web/kit/ed25519.js');
const { hex } = await import('../../../web/kit/hex.js');
const { lineOf } = await import('../../../web/kit/tax.js');
const { readBetween } = await import('../../../web/kit/store.js');
const { setup } = await import('../../../web/till/setup.js');
const { issue } = await import('../../../web/till/trace.js');
const { phase, link } = await import('../../../web/till/state.js');
const tickets = await import('../../../web/till/tickets.js');
const { writeOwed, writeRefundTicket } = await import('../../../web/till/refund-tickets.js');

const CHARGE = '0b'.repeat(16);
const OTHER = '0c'.repeat(16);
const till = await keyPair(21);
/** @type {() => any} what the server knows of the ticket of a charge */
let told = () => { throw new Problem({ status: 404, code: 'not_found' }); };

beforeEach(async () => {
  clear();
  link.value = 'down';
  const { privateKey } = await importSeed(till.seed);
  const receipts = [CHARGE, OTHER];
  const shop = {
    wallet: { key: hex(till.publicKey), publicKey: till.publicKey, privateKey }, trust: { ledger: new Uint8Array(32).fill(7) }, accountBytes: new Uint8Array(16).fill(4), account: 'a',
    session: { json: async (/** @type {string} */ path) => (path.endsWith('/ticket') ? told() : Promise.reject(new Unreachable('no server'))) },
    receipt: async (/** @type {number} */ original) => ({ facts: { words: { charge: { id: receipts[original - 1] } } } }),
    charge: async () => ({ sequence: 2 }),
  };
  phase.value = /** @type {any} */ ({ name: 'ready', shop, shopName: 'Shop' });
});

const refunds = async () => (await tickets.newest(['refund'], 99)).list.reverse().map(({ record }) => ('sale' in record ? record.sale : assert.fail()));
const rates = (/** @type {any} */ { rates: list }) => list.map((/** @type {any} */ { rate, gross }) => [rate, gross]);

const nowhere = () => { throw new Problem({ status: 404, code: 'not_found' }); };
const owed = () => readBetween('tickets', `${hex(till.publicKey)}:owed:`, `${hex(till.publicKey)}:owed::`);

test('what no ticket counted as sold is not taken back by one', async () => {
  told = nowhere;
  await writeRefundTicket({ original: 2, amount: 500, entry: 12 });
  assert.deepEqual(await refunds(), []);
});

test('a refund whose sale lies at a till without network waits for that ticket, and after a month for it no more', async () => {
  told = nowhere;
  await writeRefundTicket({ original: 2, amount: 500, entry: 12 });
  await writeRefundTicket({ original: 2, amount: 100, entry: 13, since: Date.now() - 31 * 24 * 3_600_000 });
  await writeOwed();
  assert.deepEqual((await owed()).map(({ entry, charge }) => [entry, charge]), [[12, OTHER]]);
  told = () => ({ till: 'dd'.repeat(32), hash: 'ee'.repeat(32), ticket: 7, total: 900, rates: [{ rate: 2000, gross: 900, vat: 150 }] });
  await writeOwed();
  assert.deepEqual((await refunds()).map(({ of, total }) => [of, total]), [[{ ticket: 7, hash: 'ee'.repeat(32) }, 500]]);
  assert.deepEqual(await owed(), []);
});

test('what goes back of a part before its sale is ended is reversed once the sale has its ticket', async () => {
  told = nowhere;
  await writeRefundTicket({ original: 1, amount: 500, entry: 14 });
  assert.deepEqual(await refunds(), []);
  setup('tickets').value = { on: true };
  const paid = /** @type {any} */ ([{ means: 'units', amount: 2_000, charge: CHARGE, certain: true }, { means: 'cash', amount: 1_000, charge: null, certain: true }]);
  await issue({ id: '1', lines: [lineOf({ label: 'Panier', price: 3_000, rate: 550 })], tip: 0, reference: '', tenders: paid, asking: false, pending: null, training: false });
  for (let turns = 0; turns < 5_000 && (await owed()).length > 0; turns += 1) await new Promise((resolve) => setTimeout(resolve));
  setup('tickets').value = null;
  const [back] = await refunds();
  assert.deepEqual([back.of?.ticket, back.total, back.tenders.map(({ means, amount }) => [means, amount])], [1, 500, [['units', 500]]]);
  // What the till holds: 15.00 in units and 10.00 in cash.
  const closing = (await tickets.closeDay())?.record;
  assert.deepEqual(closing?.kind === 'closing' && [closing.closing.total, closing.closing.means], [2_500, [{ means: 'units', amount: 1_500 }, { means: 'cash', amount: 1_000 }]]);
});

test('one refund that cannot be written keeps none of the others waiting', async () => {
  told = nowhere;
  await writeRefundTicket({ original: 2, amount: 500, entry: 12 });
  await writeRefundTicket({ original: 1, amount: 300, entry: 13 });
  told = () => { throw new Problem({ status: 500, code: 'internal' }); };
  await tickets.issueSale({ lines: [lineOf({ label: 'Pain', price: 300, rate: 550 })], tenders: [{ means: 'units', amount: 300, charge: CHARGE, certain: true }] });
  await writeOwed();
  assert.deepEqual([(await refunds()).length, (await owed()).map(({ entry }) => entry)], [1, [12]]);
});

test('partial refunds take back no more of a ticket than it sold', async () => {
  const lines = [lineOf({ label: 'Pain', price: 300, rate: 550 }), lineOf({ label: 'Vin', price: 700, rate: 2000 })];
  await tickets.issueSale({ lines, tip: 50, tenders: [{ means: 'units', amount: 1050, charge: CHARGE, certain: true }] });
  for (const [at, amount] of [333, 600, 117].entries()) await writeRefundTicket({ original: 1, amount, entry: 20 + at });
  const list = await refunds();
  assert.deepEqual(list.map(({ total, tip }) => [total, tip]), [[333, 0], [600, 0], [67, 50]]);
  const sums = new Map();
  for (const [rate, gross] of list.flatMap(rates)) sums.set(rate, (sums.get(rate) ?? 0) + gross);
  assert.deepEqual([...sums].sort(([a], [b]) => a - b), [[550, 300], [2000, 700]]);
});

test('a refund of what another till sold has the rates of that ticket, and without an answer it stays owed', async () => {
  told = () => { throw new Unreachable('no server'); };
  await assert.rejects(writeRefundTicket({ original: 2, amount: 500, entry: 12 }));
  assert.deepEqual(await refunds(), []);
  told = () => ({ till: 'dd'.repeat(32), hash: 'ee'.repeat(32), ticket: 7, total: 900, rates: [{ rate: 2000, gross: 900, vat: 150 }] });
  await writeOwed();
  const [back] = await refunds();
  assert.deepEqual([back.of, rates(back)], [{ ticket: 7, hash: 'ee'.repeat(32) }, [[2000, 500]]]);
  await writeOwed();
  assert.equal((await refunds()).length, 1);
});
