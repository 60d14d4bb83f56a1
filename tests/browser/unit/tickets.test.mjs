// The chain of a till in a browser: records that add up, closings on the days of Paris, and a store in which two tabs, a full disk
// or a page that is closed make no gap and no second ticket.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeEach, test } from 'node:test';
import { broken, clear, ending } from './fake-browser.mjs';
import { keyPair } from './fake-ledger.mjs';
import { cbor } from './independent.mjs';

const { lineOf, totalOf, totalsPerRate } = await import('../../../web/kit/tax.js');
const { parisDay, startOfParisDay } = await import('../../../web/kit/paris.js');
const { KINDS, decodeRecord, encodeRecord, readRecord, recordHash, signRecord, verifyRecord } = await import('../../../web/kit/ticket.js');
const { EMPTY, after, closingOf, due } = await import('../../../web/kit/ticket-chain.js');
const { phase, link } = await import('../../../web/till/state.js');
const tickets = await import('../../../web/till/tickets.js');

/** @typedef {import('../../../web/kit/ticket.js').TillRecord} TillRecord */

const ACCOUNT = new Uint8Array(16).fill(4);
const LEDGER = new Uint8Array(32).fill(7);
const till = await keyPair(21);
const hexOf = (/** @type {Uint8Array} */ bytes) => Buffer.from(bytes).toString('hex');
const HOUR = 3_600_000;

const LINES = [lineOf({ label: 'Café', price: 250, rate: 1_000, quantity: 2_000 }), lineOf({ label: 'Pommes', price: 299, rate: 550, quantity: 735, unit: 'kg' }), lineOf({ label: 'Remise', price: -50, rate: 1_000 })];
const TOTAL = totalOf(LINES);
/** @param {object} [more] @returns {any} */
const sale = (more = {}) => ({
  ticket: 1, lines: LINES, rates: totalsPerRate(LINES), total: TOTAL, tip: 0, of: null, reference: null,
  tenders: [{ means: 'units', amount: 500, charge: '0b'.repeat(16), certain: true }, { means: 'cash', amount: TOTAL - 500, charge: null, certain: true }], ...more,
});
/** @param {object} [more] @returns {any} */
const record = (more = {}) => ({ account: ACCOUNT, number: 1, previous: '00'.repeat(32), time: Date.UTC(2026, 10, 22, 9), cashier: null, kind: 'sale', sale: sale(), ...more });

test('another encoder writes a ticket the same way, and it is read back as it was', () => {
  const words = record({ cashier: '05'.repeat(32), sale: sale({ tip: 100, reference: 'Table 4', tenders: [{ means: 'units', amount: TOTAL + 100, charge: '0b'.repeat(16), certain: false }] }) });
  const lines = LINES.map((line) => [line.label, line.price, line.quantity, line.unit, line.rate, line.total]);
  const content = new Map(/** @type {[number, unknown][]} */ ([[1, 1], [2, lines], [3, totalsPerRate(LINES).map((one) => [one.rate, one.gross, one.vat])], [4, TOTAL],
    [5, [[1, TOTAL + 100, new Uint8Array(16).fill(11), 0]]], [6, 100], [8, 'Table 4']]));
  const expected = cbor(new Map(/** @type {[number, unknown][]} */ ([[1, ACCOUNT], [2, 1], [3, new Uint8Array(32)], [4, words.time], [5, 1], [6, new Uint8Array(32).fill(5)], [7, content]])));
  assert.equal(hexOf(encodeRecord(words)), hexOf(expected));
  assert.deepEqual(decodeRecord(new Uint8Array(expected)), words);
});

test('a ticket that does not add up, or says what no ticket says, is not read', () => {
  const wrong = [
    sale({ total: TOTAL + 1 }), sale({ tip: 1 }), sale({ lines: [{ ...LINES[0], total: LINES[0].total + 1 }, ...LINES.slice(1)] }), sale({ rates: totalsPerRate(LINES).map((one) => ({ ...one, vat: one.vat + 1 })) }),
    sale({ lines: [] }), sale({ lines: Array.from({ length: 201 }, () => LINES[0]) }), sale({ ticket: 0 }), sale({ reference: 'x'.repeat(36) }),
    sale({ lines: [{ ...LINES[0], label: 'é'.repeat(31) }, ...LINES.slice(1)] }), sale({ of: { ticket: 1, hash: '00'.repeat(32) } }),
    sale({ tenders: [{ means: 'cash', amount: TOTAL, charge: null, certain: false }] }), sale({ tenders: [{ means: 'cash', amount: TOTAL, charge: '0b', certain: true }] }),
  ];
  for (const [at, one] of wrong.entries()) assert.throws(() => decodeRecord(encodeRecord(record({ sale: one }))), Error, `number ${at}`);
  assert.doesNotThrow(() => decodeRecord(encodeRecord(record({ kind: 'refund', sale: sale({ of: { ticket: 1, hash: '00'.repeat(32) } }) }))));
  assert.throws(() => decodeRecord(encodeRecord(record({ kind: 'event', event: { code: 'lunch', detail: null, ticket: null } }))));
});

test('a control character in any text of a record is refused here as it is by the server, and is none in what the till itself writes', async () => {
  const line = (/** @type {object} */ words) => sale({ lines: [{ ...LINES[0], ...words }, ...LINES.slice(1)] });
  /** @type {[string, (text: string) => any][]} */
  const places = [['label', (text) => ({ sale: line({ label: text }) })], ['unit', (text) => ({ sale: line({ unit: text }) })], ['reference', (text) => ({ sale: sale({ reference: text }) })],
    ['detail', (text) => ({ kind: 'event', event: { code: 'signed_in', detail: text, ticket: null } })]];
  for (const [place, words] of places) {
    for (const control of ['\t', '\n', '\u0000', '\u001f', '\u007f', '\u0085', '\u009f']) await assert.rejects(signRecord(till.signer, LEDGER, record(words(`a${control}b`))), Error, `${place} ${escape(control)}`);
    for (const good of ['a b', 'a\u00a0b', 'a\u200bb']) assert.ok(await signRecord(till.signer, LEDGER, record(words(good))), place);
  }
  await tickets.issueEvent('signed_in', 'Ana\tB\u0000');
  const { setup } = await import('../../../web/till/setup.js');
  setup('tickets').value = { on: true };
  const { issue } = await import('../../../web/till/trace.js');
  await issue({ id: '1', lines: [lineOf({ label: 'Pain\tbis', price: 120, rate: 550 })], tip: 0, reference: '\u0000A12\tDupont', tenders: [{ means: 'cash', amount: 120, charge: null, certain: true }], asking: false, pending: null, training: false });
  setup('tickets').value = null;
  const [event, sold] = (await said()).filter((one) => one.kind !== 'event' || one.event.code === 'signed_in');
  assert.equal(event.kind === 'event' && event.event.detail, 'Ana B');
  assert.deepEqual(sold.kind === 'sale' && [sold.sale.reference, sold.sale.lines[0].label], ['A12 Dupont', 'Pain bis']);
});

test('a signature binds a record to its ledger and its till', async () => {
  const bytes = await signRecord(till.signer, LEDGER, record());
  assert.deepEqual(await verifyRecord(bytes, LEDGER), { key: hexOf(till.publicKey), record: record() });
  assert.equal(await recordHash(bytes), createHash('sha256').update(bytes).digest('hex'));
  await assert.rejects(verifyRecord(bytes, new Uint8Array(32)));
  for (const at of [60, bytes.length - 70, bytes.length - 1]) {
    const changed = bytes.slice();
    changed[at] ^= 1;
    await assert.rejects(verifyRecord(changed, LEDGER), Error, `byte ${at}`);
  }
});

test('the day of Paris is that of the time zone database, hour by hour over both changes of the clock and a leap day', () => {
  const paris = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris', dateStyle: 'short' });
  for (const [year, month] of [[2026, 2], [2026, 9], [2027, 2], [2027, 9], [2028, 1], [2028, 2], [2026, 11]]) {
    for (let time = Date.UTC(year, month, 20); time < Date.UTC(year, month + 1, 4); time += HOUR / 2) {
      const day = paris.format(time);
      assert.equal(parisDay(time), day, new Date(time).toISOString());
      const start = startOfParisDay(day);
      assert.ok(start <= time && paris.format(start) === day && paris.format(start - 1) < day, day);
    }
  }
});

test('the server\'s chains are taken record by record, over both changes of the clock and a leap day, and what it refuses is refused', async () => {
  const lines = readFileSync(new URL('../../../merchant-pos/tests/tickets.txt', import.meta.url), 'utf8').split('\n').filter((line) => line.includes(' = ')).map((line) => line.split(' = '));
  const named = Object.fromEntries(lines);
  const bytesOf = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'hex'));
  const { importSeed } = await import('../../../web/kit/ed25519.js');
  const { signerOf } = await import('../../../web/kit/cose.js');
  const { privateKey, publicKey } = await importSeed(bytesOf(named['till.secret']));
  assert.equal(hexOf(publicKey), named['till.public']);
  const ledger = bytesOf(named.ledger);
  let chain = EMPTY;
  let [taken, refused] = [0, 0];
  for (const [name, text] of lines) {
    const [kind, reason] = name.split('.');
    const bytes = bytesOf(text);
    if (kind === 'record') {
      const { key, record: read } = await verifyRecord(bytes, ledger);
      assert.equal(key, named['till.public']);
      // Made again here, from its words alone, it is the same to the byte; a closing from the chain.
      const made = read.kind === 'closing' ? { ...read, closing: closingOf(chain, read.closing.period, read.time) } : read;
      assert.equal(hexOf(await signRecord(signerOf(privateKey, publicKey), ledger, made)), text, name);
      chain = after(chain, read, await recordHash(bytes));
      taken += 1;
    } else if (kind === 'refused') {
      const fault = await verifyRecord(bytes, ledger).then(({ record: read }) => after(chain, read, '')).then(() => null, (error) => error);
      assert.ok(fault, name);
      // What does not add up is not even read here.
      if (reason !== 'ticket_sums') assert.equal(fault.code, reason, name);
      refused += 1;
    }
  }
  assert.ok(taken > 30 && refused > 12, `${taken} and ${refused}`);
});

// A chain without a browser: what the fold says.

/** A till that closes what is over before each ticket, as the page does. */
class Story {
  chain = EMPTY;
  /** @type {TillRecord[]} */
  records = [];

  /** @param {number} time @param {any} said */
  add(time, said) {
    const made = /** @type {TillRecord} */ ({ account: ACCOUNT, number: this.chain.number + 1, previous: this.chain.hash, time, cashier: null, ...said });
    this.chain = after(this.chain, made, createHash('sha256').update(encodeRecord(made)).digest('hex'));
    this.records.push(made);
    return made;
  }

  /** @param {number} time @param {any} [words] @param {typeof KINDS[number]} [kind] */
  ticket(time, words = {}, kind = 'sale') {
    for (let period = due(this.chain, time); period !== null; period = due(this.chain, time)) this.add(time, { kind: 'closing', closing: closingOf(this.chain, period, time) });
    const ticket = (kind.startsWith('training') ? this.chain.training : this.chain.ticket) + 1;
    return this.add(time, { kind, sale: sale({ ...words, ticket }) });
  }

  get closings() {
    return this.records.flatMap((one) => (one.kind === 'closing' ? [one.closing] : []));
  }
}

test('days, months and years are closed in their order before the next ticket, with what they hold', () => {
  const story = new Story();
  story.ticket(Date.UTC(2027, 11, 30, 12));
  story.ticket(Date.UTC(2027, 11, 30, 13), {}, 'training_sale');
  story.ticket(Date.UTC(2027, 11, 31, 12));
  // 23:30 UTC is the new year in Paris.
  story.ticket(Date.UTC(2027, 11, 31, 23, 30), { of: null }, 'refund');
  assert.deepEqual(story.closings.map(({ period }) => period), ['2027-12-30', '2027-12-31', '2027-12', '2027']);
  const [first, second, month, year] = story.closings;
  assert.deepEqual([first.first, first.last, first.tickets, first.training, first.total], [1, 2, 1, 1, TOTAL]);
  assert.deepEqual([second.first, second.last, second.firstTicket, second.net], [4, 4, 2, 2 * TOTAL]);
  for (const [long, last] of /** @type {[typeof month, number][]} */ ([[month, 5], [year, 6]])) {
    assert.deepEqual([long.first, long.last, long.tickets, long.training, long.total, long.firstTicket, long.lastTicket], [1, last, 2, 1, 2 * TOTAL, 1, 2]);
    assert.deepEqual(long.means, [{ means: 'units', amount: 1_000 }, { means: 'cash', amount: 2 * (TOTAL - 500) }]);
  }
  assert.deepEqual([story.chain.net, story.chain.absolute, story.chain.ticket, story.chain.training], [TOTAL, 3 * TOTAL, 3, 1]);
  story.ticket(Date.UTC(2028, 0, 2, 12));
  const back = story.closings[4];
  assert.deepEqual([back.period, back.total, back.net, back.absolute], ['2028-01-01', -TOTAL, TOTAL, 3 * TOTAL]);
});

test('a day of 23 hours, a day of 25 hours and a leap day are each closed as one day', () => {
  for (const [day, hours] of /** @type {[string, number][]} */ ([['2026-10-25', 25], ['2027-03-28', 23], ['2028-02-29', 24]])) {
    const story = new Story();
    const start = startOfParisDay(day);
    for (let hour = 0; hour < hours; hour += 1) story.ticket(start + hour * HOUR);
    story.ticket(start + hours * HOUR - 1);
    assert.equal(story.closings.length, 0, day);
    story.ticket(start + hours * HOUR);
    assert.equal(story.closings[0].period, day);
    assert.equal(story.closings[0].tickets, hours + 1);
  }
});

test('a chain refuses a gap, another hash, a time that goes back, a ticket number that was used and a day that is not closed', () => {
  const story = new Story();
  const time = Date.UTC(2026, 10, 22, 9);
  story.ticket(time);
  const next = { account: ACCOUNT, number: 2, previous: story.chain.hash, time, cashier: null, kind: /** @type {const} */ ('sale'), sale: sale({ ticket: 2 }) };
  const codeOf = (/** @type {any} */ change) => {
    try {
      after(story.chain, { ...next, ...change }, '');
      return 'taken';
    } catch (fault) {
      return /** @type {any} */ (fault).code;
    }
  };
  assert.equal(codeOf({}), 'taken');
  assert.equal(codeOf({ number: 3 }), 'ticket_gap');
  assert.equal(codeOf({ previous: '11'.repeat(32) }), 'ticket_previous');
  assert.equal(codeOf({ time: time - 1 }), 'ticket_time');
  assert.equal(codeOf({ sale: sale({ ticket: 1 }) }), 'ticket_number');
  assert.equal(codeOf({ time: time + 24 * HOUR }), 'closing_missing');
  const closing = closingOf(story.chain, '2026-11-22', time);
  assert.equal(codeOf({ kind: 'closing', closing }), 'taken');
  assert.equal(codeOf({ kind: 'closing', closing: { ...closing, net: closing.net + 1 } }), 'closing_sums');
  assert.equal(codeOf({ kind: 'closing', closing: { ...closing, period: '2026-11-21' } }), 'closing_period');
});

// The chain in the browser's store.

/** @param {(path: string, options: any) => Promise<any>} [json] @param {Awaited<ReturnType<typeof keyPair>>} [pair] */
async function ready(json = async () => { throw new Error('no server'); }, pair = till) {
  const { importSeed } = await import('../../../web/kit/ed25519.js');
  const { privateKey } = await importSeed(pair.seed);
  const wallet = { key: hexOf(pair.publicKey), publicKey: pair.publicKey, privateKey };
  const words = { wallet, trust: { ledger: LEDGER }, accountBytes: ACCOUNT, account: 'a', session: { json }, charge: async () => { throw new Error('no server'); } };
  phase.value = /** @type {any} */ ({ name: 'ready', shop: words, shopName: 'Shop' });
}

beforeEach(async () => {
  clear();
  link.value = 'down';
  await ready();
});

const SALE = { lines: LINES, tenders: sale().tenders };
const said = async () => (await tickets.recordsBetween(1, 999)).map(({ record: one }) => one);

test('two tabs that write at the same moment make one chain without a gap', async () => {
  // The same module twice, as two tabs have it, over one store and without locks between them.
  const other = await import(/** @type {any} */ ('../../../web/till/tickets.js?tab=2'));
  const charges = Array.from({ length: 12 }, (_, at) => at.toString(16).padStart(2, '0').repeat(16));
  await Promise.all(charges.map((charge, at) => (at % 2 ? tickets : other).issueSale({ ...SALE, tenders: [{ means: 'units', amount: TOTAL, charge, certain: true }] })));
  const records = await said();
  assert.deepEqual(records.map(({ number }) => number), charges.map((_, at) => at + 1));
  assert.deepEqual(records.map((one) => (one.kind === 'sale' ? one.sale.ticket : 0)), charges.map((_, at) => at + 1));
  let chain = EMPTY;
  for (const { record: one, hash } of await tickets.recordsBetween(1, 999)) chain = after(chain, one, hash);
  const { read } = await import('../../../web/kit/store.js');
  assert.deepEqual(await read('tickets', `${hexOf(till.publicKey)}:chain`), chain);
});

test('a full disk shows no ticket and leaves no gap', async () => {
  await tickets.issueSale(SALE);
  broken.add('tickets');
  await assert.rejects(tickets.issueSale({ ...SALE, tenders: [{ means: 'cash', amount: TOTAL, charge: null, certain: true }] }));
  await assert.rejects(tickets.issueEvent('drawer'));
  broken.clear();
  await tickets.issueEvent('drawer');
  assert.deepEqual((await said()).map(({ number, kind }) => [number, kind]), [[1, 'sale'], [2, 'event']]);
});

test('one charge has one ticket, however often it is asked for', async () => {
  const first = await tickets.issueSale(SALE);
  const again = await tickets.issueSale(SALE);
  assert.deepEqual([again.number, again.hash], [first.number, first.hash]);
  assert.equal((await said()).length, 1);
  // A refund by its entry: two of the same amount are two.
  const back = { lines: LINES, tenders: [{ means: /** @type {const} */ ('units'), amount: TOTAL, charge: '0b'.repeat(16), certain: true }], of: { ticket: 1, hash: first.hash } };
  for (const entry of [12, 12, 13, 12]) await tickets.issueRefund({ ...back, entry });
  assert.deepEqual((await said()).map((one) => ('sale' in one ? one.sale.ticket : 0)), [1, 2, 3]);
});

test('a page that ends before or after any write makes no gap, and asked again no second ticket', async () => {
  let restarts = 0;
  for (let step = 0; step < 20; step += 1) {
    for (const end of /** @type {const} */ (['before', 'after'])) {
      clear();
      const old = await import(/** @type {any} */ (`../../../web/till/tickets.js?restart=${step}${end}`));
      await old.issueSale({ lines: LINES, tenders: [{ means: 'cash', amount: TOTAL, charge: null, certain: true }] });
      let writes = 0;
      const gone = new Promise((resolve) => {
        ending.step = () => {
          if (writes++ !== step) return null;
          resolve('gone');
          return end;
        };
      });
      const first = await Promise.race([old.issueSale(SALE).then(() => 'answered'), gone]);
      ending.step = null;
      if (first === 'answered') {
        assert.ok(restarts >= 6, `${restarts} restarts`);
        return;
      }
      restarts += 1;
      const page = await import(/** @type {any} */ (`../../../web/till/tickets.js?again=${step}${end}`));
      const kept = await page.issueSale(SALE);
      let chain = EMPTY;
      const records = await page.recordsBetween(1, 999);
      for (const { record: one, hash } of records) chain = after(chain, one, hash);
      assert.deepEqual(records.map((/** @type {any} */ one) => one.record.sale.ticket), [1, 2], `${end} write ${step}`);
      assert.equal(kept.record.sale.ticket, 2);
    }
  }
  assert.fail('there is no end to the writes');
});

test('closing by hand covers what came since; a closing with nothing in it is not written', async () => {
  assert.equal(await tickets.closeDay(), null);
  await tickets.issueSale(SALE);
  const closed = await tickets.closeDay();
  assert.equal(closed?.record.kind === 'closing' && closed.record.closing.total, TOTAL);
  assert.equal(await tickets.closeDay(), null);
});

test('training is chained and counted apart', async () => {
  await tickets.issueSale({ ...SALE, training: true });
  await tickets.issueSale(SALE);
  await tickets.issueRefund({ ...SALE, training: true });
  assert.deepEqual((await said()).map((one) => [one.kind, 'sale' in one ? one.sale.ticket : 0]), [['training_sale', 1], ['sale', 1], ['training_refund', 2]]);
  const closing = (await tickets.closeDay())?.record;
  assert.deepEqual(closing?.kind === 'closing' && [closing.closing.tickets, closing.closing.training, closing.closing.total], [1, 2, TOTAL]);
});

test('records go to the server in their order, fifty at a time, and each once', async () => {
  for (let at = 0; at < 55; at += 1) await tickets.issueEvent('drawer');
  const { decodeCbor } = await import('../../../web/kit/cbor.js');
  /** @type {number[][]} */
  const sent = [];
  await ready(async (path, { bytes }) => {
    assert.match(path, /^\/pos\/v1\/tills\/[0-9a-f]{64}\/records$/);
    const numbers = /** @type {Uint8Array[]} */ (decodeCbor(bytes)).map((one) => readRecord(one).record.number);
    sent.push(numbers);
    if (sent.length === 2) throw new Error('the line was cut');
    return { number: numbers.at(-1) };
  });
  link.value = 'up';
  await tickets.uploadTickets();
  await tickets.uploadTickets();
  await tickets.uploadTickets();
  assert.deepEqual(sent.map((numbers) => [numbers[0], numbers.length]), [[1, 50], [51, 5], [51, 5]]);
  assert.equal(tickets.standing.value?.uploaded, 55);
});

test('what a till that was switched off had not sent goes with the next till of the same shop in this browser', async () => {
  await tickets.issueEvent('drawer');
  /** @type {string[]} */
  const paths = [];
  const second = await keyPair(22);
  await ready(async (path) => { paths.push(path); return { number: 1 }; }, second);
  await tickets.issueEvent('drawer');
  link.value = 'up';
  await tickets.uploadTickets();
  await tickets.uploadTickets();
  assert.deepEqual(paths.filter((path) => path.endsWith('/records')).map((path) => path.slice('/pos/v1/tills/'.length, -'/records'.length)), [hexOf(second.publicKey), hexOf(till.publicKey)]);
});

/** Runs a step as if it were another time. @template T @param {number} time @param {() => Promise<T>} step */
async function at(time, step) {
  const real = Date.now;
  Date.now = () => time;
  try {
    return await step();
  } finally {
    Date.now = real;
  }
}

test('what gave back of a ticket, and how often it was printed again, is found without reading the chain, also in a store that was kept before', async () => {
  const { hash } = await tickets.issueSale(SALE);
  const back = { lines: LINES, tenders: [{ means: /** @type {const} */ ('units'), amount: TOTAL, charge: null, certain: true }] };
  await tickets.issueRefund({ ...back, of: { ticket: 1, hash } });
  await tickets.issueRefund({ ...back, of: { ticket: 9, hash: 'ee'.repeat(32) } });
  await tickets.issueRefund({ ...back, of: null });
  for (const ticket of [1, 10, 1]) await tickets.issueEvent('reprint', null, ticket);
  await tickets.issueEvent('drawer');
  const { read, remove, write } = await import('../../../web/kit/store.js');
  const key = hexOf(till.publicKey);
  const found = async () => [(await tickets.refundsOf(hash)).map(({ number }) => number), await tickets.reprintsOf(1), await tickets.reprintsOf(10), await tickets.reprintsOf(2)];
  const expected = [[2], 2, 1, 0];
  assert.deepEqual(await found(), expected);
  // As an earlier page left it: the records alone.
  for (const row of [`of:${hash}:0000000002`, 'reprint:0000000001:0000000005', 'reprint:0000000001:0000000007', 'reprint:0000000010:0000000006', 'indexed']) {
    assert.ok(await read('tickets', `${key}:${row}`), row);
    await remove('tickets', `${key}:${row}`);
  }
  assert.deepEqual(await found(), expected);
  // No other record is read any more.
  for (const number of [1, 3, 4, 8]) await write('tickets', `${key}:record:${String(number).padStart(10, '0')}`, new Uint8Array([0]));
  assert.deepEqual(await found(), expected);
});

const cash = () => tickets.issueSale({ lines: LINES, tenders: [{ means: 'cash', amount: TOTAL, charge: null, certain: true }] });

test('before the first ticket of a new day the page closes what is over: the day, the month, the year', async () => {
  await at(Date.UTC(2026, 11, 30, 10), cash);
  await at(Date.UTC(2026, 11, 31, 10), cash);
  // Half past midnight in Paris.
  await at(Date.UTC(2026, 11, 31, 23, 30), cash);
  assert.deepEqual((await said()).map((one) => (one.kind === 'closing' ? one.closing.period : one.kind)),
    ['sale', '2026-12-30', 'sale', '2026-12-31', '2026-12', '2026', 'sale']);
  const [year] = (await said()).flatMap((one) => (one.kind === 'closing' && one.closing.period === '2026' ? [one.closing] : []));
  assert.deepEqual([year.tickets, year.total, year.net, year.first, year.last], [2, 2 * TOTAL, 2 * TOTAL, 1, 5]);
});

test('a clock that goes back is noted once, and the times on the chain do not go back with it', async () => {
  const noon = Date.UTC(2026, 10, 22, 12);
  await at(noon, cash);
  await at(noon - 2 * HOUR, cash);
  await at(noon - 2 * HOUR + 1_000, cash);
  const records = await said();
  assert.deepEqual(records.map((one) => (one.kind === 'event' ? `${one.event.code} ${one.event.detail}` : one.kind)), ['sale', 'clock_moved -7200 s', 'sale', 'sale']);
  assert.ok(records.every(({ time }) => time === noon));
});

test('the warning that this till\u2019s chain is not the server\u2019s stays, and nothing is sent, until the two are one', async () => {
  const kept = await tickets.issueEvent('drawer');
  let hash = 'ff'.repeat(32);
  /** @type {string[]} */
  const sent = [];
  await ready(async (path) => {
    if (path.endsWith('/chain')) return { number: 1, hash };
    sent.push(path);
    return { number: 2 };
  });
  link.value = 'up';
  await tickets.uploadTickets();
  sent.length = 0;
  await tickets.followServer();
  assert.equal(tickets.trouble.value?.name, 'forked');
  await tickets.issueEvent('drawer');
  await tickets.uploadTickets();
  await tickets.uploadTickets();
  assert.deepEqual([tickets.trouble.value?.name, sent], ['forked', []]);
  hash = kept?.hash ?? '';
  assert.equal(await tickets.followServer(), true);
  assert.equal(tickets.trouble.value, null);
  await tickets.uploadTickets();
  assert.equal(sent.length, 1);
});
