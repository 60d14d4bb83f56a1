// A till that restarts at every step of taking orders without network and bringing them to the ledger: before and after each write to
// the browser's storage, before and after each call. Nothing is lost, nothing counts twice, and each order ends as the ledger said.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clear, ending } from './fake-browser.mjs';

const { Problem, now } = await import('../../../web/kit/api.js');
const { readAll } = await import('../../../web/kit/store.js');
const { phase } = await import('../../../web/till/state.js');

const TILL = 'aa'.repeat(32);
const CASHIER = 'bb'.repeat(32);

/** The server: charges that were announced, and a ledger that takes each order and each charge once. */
class Server {
  /** @type {Map<string, string>} charge id to the order that paid it */
  paid = new Map();
  /** @type {Set<string>} */
  announced = new Set();
  /** @type {string[]} orders, in the order in which they were accepted */
  entries = [];

  /** @param {string} id */
  announce(id) {
    this.announced.add(id);
    return { id };
  }

  /** @param {string} order @param {string} charge */
  submit(order, charge) {
    if (order === 'poor') return { state: 'refused', code: 'balance_insufficient' };
    if (order === 'late') return { state: 'refused', code: 'expired' };
    const by = this.paid.get(charge);
    if (by !== undefined && by !== order) return { state: 'refused', code: 'charge_answered' };
    if (by === undefined) {
      this.paid.set(charge, order);
      this.entries.push(order);
    }
    return { state: 'done', proof: { facts: { sequence: this.entries.indexOf(order) + 10 } } };
  }
}

/** A page that ends: what it waits for never comes. */
class Page {
  steps = 0;
  /** @type {string[]} */
  names = [];
  /** @param {number | null} at @param {'before' | 'after'} side */
  constructor(at, side) {
    this.at = at;
    this.side = side;
    /** @type {(value: 'ended') => void} */
    this.end = () => {};
    this.ended = new Promise((resolve) => { this.end = resolve; });
  }

  /** @param {string} name @returns {'before' | 'after' | null} */
  step(name) {
    this.names.push(name);
    if (this.at === null || this.steps++ !== this.at) return null;
    this.end('ended');
    return this.side;
  }

  /** A call over the network. @template T @param {string} name @param {() => T} answer @returns {Promise<T>} */
  async call(name, answer) {
    const over = this.step(name);
    if (over === 'before') return new Promise(() => {});
    const answered = answer();
    return over === 'after' ? new Promise(() => {}) : answered;
  }

  /** What a till's `Shop` is to the upload. @param {Server} server @param {string} key @returns {any} */
  shop(server, key) {
    return {
      account: 'account', wallet: { key }, ledger: { offline: { per_wallet: 10_000, per_till_day: 100_000 } },
      session: { json: async () => ({ version: 0, value: {} }) },
      announce: (/** @type {any} */ { request, signer }) => this.call(`announce ${request.id}`, () => {
        if (signer !== CASHIER) throw new Problem({ status: 403, code: 'charge_other_key' });
        return server.announce(request.id);
      }),
      submitOrder: (/** @type {Uint8Array} */ order, /** @type {any} */ request) => {
        const name = new TextDecoder().decode(order);
        return this.call(`submit ${name}`, () => server.submit(name, request.id));
      },
      charge: (/** @type {string} */ id) => this.call(`charge ${id}`, () => {
        if (!server.announced.has(id) && !server.paid.has(id)) throw new Problem({ status: 404, code: 'not_found' });
        return { state: server.paid.has(id) ? 'paid' : 'expired', sequence: 5 };
      }),
      cancel: (/** @type {string} */ id) => this.call(`cancel ${id}`, () => ({ state: 'cancelled', sequence: null })),
      refundRequests: async () => [],
      day: async () => ({ charges: [], unexpected: [], totals: {} }),
      proofOf: async () => ({ facts: { sequence: 5 } }),
    };
  }
}

const request = (/** @type {string} */ id, expires = now() + 86_400_000) => ({ id, payee: new Uint8Array(16), amount: 300, expires });

/** What the till takes, one after another. @type {{order: string, charge: string, former: string | null}[]} */
const TAKEN = [
  { order: 'good', charge: 'c-good', former: null },
  { order: 'poor', charge: 'c-poor', former: null },
  { order: 'anew', charge: 'c-anew', former: 'c-over' },
  { order: 'twice', charge: 'c-twice', former: 'c-paid' },
  { order: 'late', charge: 'c-late', former: null },
];

let version = 0;

/** Opens the page anew: its modules forget everything, its storage keeps. @param {Page} page @param {Server} server */
async function open(page, server) {
  // What the shop set up is read beside the work, at no fixed step.
  ending.step = (name, key) => (key.startsWith('till-setup:') ? null : page.step(`${name} ${key}`));
  const apart = /** @type {typeof import('../../../web/till/apart.js')} */ (await import(`../../../web/till/apart.js?opened=${version += 1}`));
  const { acting } = await import('../../../web/till/state.js');
  phase.value = /** @type {any} */ ({ name: 'ready', shopName: 'Le Panier', shop: page.shop(server, TILL) });
  acting.value = page.shop(server, CASHIER);
  await apart.loadTaken(TILL);
  return apart;
}

/** Takes what is not taken yet, and brings it. @param {Page} page @param {Server} server */
async function work(page, server) {
  const apart = await open(page, server);
  for (const { order, charge, former } of TAKEN) {
    if (apart.taken.value.some(({ id }) => id === order)) continue;
    const draft = { request: request(charge), bytes: new Uint8Array([1]), link: '' };
    const signed = /** @type {any} */ ({ id: order, bytes: new TextEncoder().encode(order), certificate: new Uint8Array(1), key: 'p', payer: new Uint8Array(16), validUntil: now() + 86_400_000 });
    await apart.keepDraft(CASHIER, { ...draft, reference: order });
    await apart.takeOrder(draft, order, signed, former === null ? null : request(former, now() - 120_000));
  }
  await apart.upload();
  return apart;
}

/** @param {number | null} at @param {'before' | 'after'} side */
async function day(at, side) {
  clear();
  const server = new Server();
  // The customer paid the first request of one of them after all.
  server.announced.add('c-paid');
  server.submit('first', 'c-paid');
  const page = new Page(at, side);
  const ended = await Promise.race([work(page, server), page.ended]);
  if (ended === 'ended') await work(new Page(null, side), server);
  const kept = /** @type {any[]} */ (await readAll('offline'));
  return { page, server, kept: new Map(kept.map((one) => [one.id, one])), ended: ended === 'ended' };
}

test('a restart at any step of an upload without network loses and doubles nothing', async () => {
  const { page } = await day(null, 'before');
  const steps = page.names.length;
  assert.ok(steps >= 20 && page.names.some((name) => name.startsWith('submit')) && page.names.some((name) => name.startsWith('offline taken:')), page.names.join('\n'));
  for (const side of /** @type {const} */ (['before', 'after'])) {
    for (let at = 0; at < steps; at += 1) {
      const { server, kept, ended } = await day(at, side);
      const where = `${side} ${page.names[at]}`;
      assert.ok(ended, `the page ended ${where}`);
      assert.deepEqual([...server.entries].sort(), ['anew', 'first', 'good'], `each sale counts once, ${where}`);
      assert.deepEqual(TAKEN.map(({ order }) => [order, kept.get(order)?.state, kept.get(order)?.code ?? null, kept.get(order)?.byFormer ?? false]), [
        ['good', 'confirmed', null, false],
        ['poor', 'refused', 'balance_insufficient', false],
        ['anew', 'confirmed', null, false],
        ['twice', 'confirmed', null, true],
        ['late', 'late', 'expired', false],
      ], where);
      for (const charge of ['c-good', 'c-poor', 'c-anew', 'c-late']) assert.ok(server.announced.has(charge), `${charge} was announced, ${where}`);
    }
  }
});
