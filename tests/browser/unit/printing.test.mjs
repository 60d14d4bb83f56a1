// The first paper of a ticket is the original, however often a printer failed before it; what comes after it is noted.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from './fake-browser.mjs';
import { keyPair } from './fake-ledger.mjs';

const { Problem } = await import('../../../web/kit/api.js');
const { importSeed } = await import('../../../web/kit/ed25519.js');
const { hex } = await import('../../../web/kit/hex.js');
const { lineOf } = await import('../../../web/kit/tax.js');
const { phase, link } = await import('../../../web/till/state.js');
const { setup } = await import('../../../web/till/setup.js');
const { choosePrinter } = await import('../../../web/till/printing.js');
const tickets = await import('../../../web/till/tickets.js');
const { print } = await import('../../../web/till/done.js');

const { toast } = await import('../../../web/kit/ui.js');

// There is no document here to show a message in: the first one finds that out.
assert.throws(() => toast(''));

const till = await keyPair(21);
/** @type {string[]} what the server was asked */
let asked = [];
/** What the server says to the next paper. @type {() => any} */
let told = () => ({ sent: true, duplicate: false, bytes: '' });

beforeEach(async () => {
  clear();
  asked = [];
  link.value = 'down';
  const { privateKey } = await importSeed(till.seed);
  const json = async (/** @type {string} */ path) => {
    if (!path.includes('/printing/')) throw new Error('no server');
    asked.push(path);
    return told();
  };
  const shop = { wallet: { key: hex(till.publicKey), publicKey: till.publicKey, privateKey }, trust: { ledger: new Uint8Array(32).fill(7) }, accountBytes: new Uint8Array(16).fill(4), account: 'a', session: { json } };
  phase.value = /** @type {any} */ ({ name: 'ready', shop, shopName: 'Shop' });
  setup('printers').value = { printers: [{ id: 1, kind: 'network' }, { id: 2, kind: 'usb' }] };
});

/** @param {number} price */
const sold = (price) => tickets.issueSale({ lines: [lineOf({ label: 'Pain', price, rate: 550 })], tenders: [{ means: 'cash', amount: price, charge: null, certain: true }] });
const reprints = async () => (await tickets.newest(['event'], 99)).list.length;
const failed = () => { throw new Problem({ status: 502, code: 'printer_unreached' }); };

test('after a print that failed the next one is the first, and is no reprint in the journal; the one after it is', async () => {
  await choosePrinter(1);
  const ticket = await sold(100);
  told = failed;
  await print(ticket);
  told = () => ({ sent: true, duplicate: false, bytes: '' });
  await Promise.all([print(ticket), print(ticket)]);
  assert.deepEqual([asked.length, await reprints()], [2, 0]);
  await print(ticket);
  assert.equal(await reprints(), 1);
  assert.deepEqual(asked.map((path) => new URLSearchParams(path.split('?')[1]).get('duplicate')), ['false', 'false', 'true']);
});

test('what the server knows to be a duplicate is noted as a reprint', async () => {
  await choosePrinter(1);
  const ticket = await sold(200);
  told = () => ({ sent: true, duplicate: true, bytes: '' });
  await print(ticket);
  assert.equal(await reprints(), 1);
});

test('the server is asked for a ticket\u2019s bytes only when the printer on the USB port is held, so that none counts that could not be sent', async () => {
  await choosePrinter(2);
  const ticket = await sold(300);
  told = () => ({ sent: false, duplicate: false, bytes: 'AQI' });
  /** @type {number[][]} */
  const sent = [];
  const printer = /** @type {any} */ ({
    configuration: { interfaces: [{ interfaceNumber: 0, alternate: { interfaceClass: 7, endpoints: [{ direction: 'out', type: 'bulk', endpointNumber: 1 }] } }] },
    open: async () => {}, claimInterface: () => Promise.reject(new Error('another program has it')), close: async () => {},
    transferOut: async (/** @type {number} */ _out, /** @type {Uint8Array} */ bytes) => { sent.push([...bytes]); return { status: 'ok' }; },
  });
  /** @type {any[]} */
  let there = [];
  Object.defineProperty(navigator, 'usb', { configurable: true, value: { getDevices: async () => there } });
  await print(ticket);
  there = [printer];
  await print(ticket);
  assert.deepEqual([asked, sent], [[], []]);
  printer.claimInterface = async () => {};
  await print(ticket);
  assert.deepEqual([asked.length, sent, await reprints()], [1, [[1, 2]], 0]);
});
