// A sale through restarts, two tabs and trainings: what was paid is of its sale, and a sale has one ticket of its kind.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from './fake-browser.mjs';
import { keyPair } from './fake-ledger.mjs';

const { Problem, Unreachable, now } = await import('../../../web/kit/api.js');
const { importSeed } = await import('../../../web/kit/ed25519.js');
const { hex } = await import('../../../web/kit/hex.js');
const { read, write } = await import('../../../web/kit/store.js');
const { lineOf } = await import('../../../web/kit/tax.js');
const { keepDraft, keptDraft } = await import('../../../web/till/apart.js');
const { asking, leave } = await import('../../../web/till/asking.js');
const { saveSetup } = await import('../../../web/till/setup.js');
const { phase, training } = await import('../../../web/till/state.js');
const { addTender, change, clearSale, finished, keptSale, restoreSale, sale, unsure, unticketed } = await import('../../../web/till/sale.js');
const { issue } = await import('../../../web/till/trace.js');
const tickets = await import('../../../web/till/tickets.js');

const till = await keyPair(23);
const KEY = hex(till.publicKey);
const { privateKey } = await importSeed(till.seed);
let accounts = 0;
/** @type {Map<string, any>} */
const charges = new Map();
let answers = true;

/** A till of another shop each time, so that nothing of the one before is known. @param {boolean} on */
async function open(on) {
  const account = `shop-${++accounts}`;
  let setup = { version: 1, value: /** @type {any} */ ({ on, items: [], tips: {}, rates: [] }) };
  const shop = {
    account, wallet: { key: KEY, publicKey: till.publicKey, privateKey }, ledger: {}, trust: { ledger: new Uint8Array(32).fill(7) }, accountBytes: new Uint8Array(16).fill(4),
    session: { json: async (/** @type {string} */ path, /** @type {any} */ options) => {
      if (!answers || !path.startsWith('/pos/v1/settings/')) throw new Unreachable('no server');
      if (options?.json) setup = { version: setup.version + 1, value: options.json.value };
      return setup;
    } },
    charge: async (/** @type {string} */ id) => charges.get(id) ?? Promise.reject(new Problem({ status: 404, code: 'not_found' })),
    ownRequest: async (/** @type {any} */ { id, amount, expires }) => ({ id, amount, expires, payee: new Uint8Array(16) }),
    proofOf: async () => ({ facts: { sequence: 9 } }),
    refundRequests: async () => [], day: async () => ({ charges: [...charges.values()], unexpected: [], totals: {} }),
  };
  phase.value = /** @type {any} */ ({ name: 'ready', shop, shopName: 'Shop' });
  if (answers) await saveSetup('tickets', { on });
  return account;
}

beforeEach(async () => {
  clear();
  charges.clear();
  leave();
  [answers, training.value, unsure.value, unticketed.value, finished.value] = [true, false, false, null, null];
  await clearSale();
});

const LINES = [lineOf({ label: 'Pain', price: 320, rate: 550 })];
const cash = () => addTender({ means: 'cash', amount: 320, charge: null, certain: true });
const kinds = async () => (await tickets.newest(['sale', 'training_sale'], 99)).list.reverse().map(({ record }) => record.kind);
const request = (/** @type {string} */ id) => ({ id, payee: new Uint8Array(16), amount: 320, expires: now() + 60_000 });
const pending = (/** @type {string} */ id) => ({ id, amount: 320, expires: now() + 60_000 });

test('a ticket of a training says so, also of the first sale after it began, and the sale after it is real', async () => {
  await open(true);
  training.value = true;
  await change({ lines: LINES });
  await cash();
  training.value = false;
  await change({ lines: LINES });
  await cash();
  assert.equal(unticketed.value, null);
  assert.deepEqual(await kinds(), ['training_sale', 'sale']);
});

test('a sale that is paid in training is not ended outside of it', async () => {
  await open(true);
  training.value = true;
  await change({ lines: LINES });
  await change({ tenders: [{ means: 'cash', amount: 320, charge: null, certain: true }] });
  training.value = false;
  const { finish } = await import('../../../web/till/sale.js');
  await finish();
  assert.equal(/** @type {any} */ (unticketed.value).code, 'training_mixed');
  assert.deepEqual(await kinds(), []);
});

test('one cash sale that two tabs end has one ticket', async () => {
  await open(true);
  const paid = { ...sale.peek(), lines: LINES, tenders: [{ means: /** @type {const} */ ('cash'), amount: 320, charge: null, certain: true }] };
  // One after the other, as the lock over the chain has them.
  const [one, other] = [await issue(paid), await issue(paid)];
  assert.equal(one?.hash, other?.hash);
  assert.deepEqual(await kinds(), ['sale']);
});

test('a tab that went on with a sale that another one ended writes a ticket of its own', async () => {
  await open(true);
  const paid = { ...sale.peek(), lines: LINES, tenders: [{ means: /** @type {const} */ ('cash'), amount: 320, charge: null, certain: true }] };
  await issue(paid);
  const more = { ...paid, lines: [...LINES, ...LINES], tenders: [{ ...paid.tenders[0], amount: 640 }] };
  for (let times = 0; times < 2; times += 1) await issue(more);
  assert.deepEqual(await kinds(), ['sale', 'sale']);
});

test('a sale whose ticket could not be made can be given up, and the next one knows nothing of it', async () => {
  answers = false;
  await open(true);
  await change({ lines: LINES });
  await cash();
  assert.ok(unticketed.value);
  await clearSale();
  assert.deepEqual([unticketed.value, sale.peek().lines.length], [null, 0]);
});

test('a tip does not outlast the lines that it was given for', async () => {
  await open(false);
  await change({ lines: LINES, tip: 50 });
  await change({ lines: [] });
  assert.equal(sale.peek().tip, 0);
});

test('as long as nobody can say whether the shop writes tickets, a sale does not end without one', async () => {
  answers = false;
  await open(true);
  await change({ lines: LINES });
  await cash();
  assert.ok(unticketed.value instanceof Unreachable);
  assert.equal(sale.peek().tenders.length, 1);
});

for (const [name, kept] of /** @type {[string, any][]} */ ([['that was not noted', null], ['that the server never heard of', 'a']])) {
  test(`after a restart a request ${name} and lies here as a draft is on the screen, and its payment is of the sale`, async () => {
    const account = await open(false);
    await write('settings', keptSale(account), { ...sale.peek(), lines: LINES, asking: true, pending: kept && pending(kept) });
    await keepDraft(KEY, { request: request('a'), bytes: new Uint8Array(1), link: '', reference: '' });
    await restoreSale();
    assert.deepEqual([asking.value?.request?.id, sale.peek().asking, sale.peek().pending?.id], ['a', true, 'a']);
    asking.value = { .../** @type {any} */ (asking.value), step: 'paid', short: { sequence: 4, time: 1, charge: 'former' } };
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(finished.value?.sale.tenders.map(({ charge }) => charge), ['former'], 'the request that was really paid');
    await keepDraft(KEY, null);
    assert.equal(await keptDraft(KEY), null);
  });
}

test('after a restart a request that the server has open, though it was not noted, is of the sale', async () => {
  const account = await open(false);
  charges.set('b', { id: 'b', state: 'open', till: KEY, amount: 320, expires: now() + 60_000, reference: null, link: '', sequence: null, refunded: 0 });
  await write('settings', keptSale(account), { ...sale.peek(), lines: LINES, asking: true, pending: null });
  await restoreSale();
  assert.deepEqual([asking.value?.step, sale.peek().pending?.id], ['open', 'b']);
});

test('a request that comes up again after the server denied it is still of its sale', async () => {
  const account = await open(false);
  await write('settings', keptSale(account), { ...sale.peek(), lines: LINES, asking: true, pending: pending('c') });
  await restoreSale();
  assert.deepEqual([sale.peek().asking, unsure.value], [false, false]);
  asking.value = /** @type {any} */ ({ amount: 320, step: 'paid', request: request('c'), proof: null, short: null });
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(finished.value?.sale.tenders.length, 1);
});

test('a request is noted before the server hears of it', async () => {
  const account = await open(false);
  await change({ lines: LINES, asking: true });
  asking.value = /** @type {any} */ ({ amount: 320, step: 'asking', request: null, draft: { request: request('d') } });
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal((await read('settings', keptSale(account))).pending.id, 'd');
});
