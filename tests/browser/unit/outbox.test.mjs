// What an order came to: done by a verified receipt, refused by the ledger and nobody else, or unknown and asked again.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { broken, clear } from './fake-browser.mjs';
import { FakeLedger, keyPair } from './fake-ledger.mjs';

const { Problem, now } = await import('../../../web/kit/api.js');
const { decodeTransaction, refund, transfer } = await import('../../../web/kit/ledger.js');
const { decodeSign1 } = await import('../../../web/kit/cose.js');
const outbox = await import('../../../web/kit/outbox.js');
const { REFUSALS } = await import('../../../web/kit/refusals.js');
const { hex } = await import('../../../web/kit/hex.js');
const { encodeBech32m } = await import('../../../web/kit/bech32m.js');
const { Shop } = await import('../../../web/till/shop.js');
const { phase } = await import('../../../web/till/state.js');
const { giveBack, note, refunds } = await import('../../../web/till/refunds.js');
const { refusalWords } = await import('../../../web/wallet/refusal.js');

const PAYER = new Uint8Array(16).fill(1);
const SHOP = new Uint8Array(16).fill(2);
const fetched = globalThis.fetch;
beforeEach(clear);
afterEach(() => { globalThis.fetch = fetched; });

/** @param {number} status @param {unknown} body @param {string} [type] */
const answer = (status, body, type = 'application/problem+json') =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers: { 'content-type': type } });
/** @param {string} code */
const problem = (code) => ({ type: `/errors/${code}`, title: 'No', status: 409, detail: 'No.', code });

async function world() {
  const fake = await FakeLedger.create();
  const payer = await keyPair(5);
  const sent = await outbox.prepare(payer.signer, fake.hexTrust, transfer({ payer: PAYER, payee: SHOP, amount: 250 }), { account: null, about: {} });
  return { fake, payer, sent };
}

/** @param {import('../../../web/kit/outbox.js').Sent} sent @param {FakeLedger} fake @param {Response} response */
async function ended(sent, fake, response) {
  globalThis.fetch = async () => response;
  return outbox.post(sent, fake.hexTrust);
}

test('H2: the codes that refuse are those of FORMATS.md and of the decoder', () => {
  const formats = readFileSync(new URL('../../../ledger/FORMATS.md', import.meta.url), 'utf8');
  const rejections = [...formats.slice(formats.indexOf('## Rejections')).matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map((match) => match[1]);
  const encoding = readFileSync(new URL('../../../ledger/src/encoding.rs', import.meta.url), 'utf8');
  const faults = [...encoding.matchAll(/DecodeError::\w+(?:\(_\))? => "([a-z_]+)"/g)].map((match) => match[1]);
  assert.ok(rejections.length > 60 && faults.length === 6, `${rejections.length} ${faults.length}`);
  assert.deepEqual([...REFUSALS].sort(), [...new Set([...rejections, ...faults])].sort());
});

test('H2: a whole problem with a code of the ledger is a refusal', async () => {
  const { fake, sent } = await world();
  const end = await ended(sent, fake, answer(409, problem('balance_insufficient')));
  assert.deepEqual(end, { state: 'refused', code: 'balance_insufficient', detail: 'No.' });
  for (const code of ['bad_signature', 'expired', 'charge_answered']) {
    assert.equal((await ended(sent, fake, answer(422, problem(code)))).state, 'refused', code);
  }
});

test('H2: whatever else says no proves nothing, and the order is asked about again', async () => {
  const { fake, sent } = await world();
  for (const [what, response] of /** @type {[string, Response][]} */ ([
    ['a sign-in page', answer(403, '<html>Sign in to the hotel</html>', 'text/html')],
    ['an empty 404', answer(404, '', 'text/plain')],
    ['a code in plain JSON', answer(409, problem('balance_insufficient'), 'application/json')],
    ['a type of something else', answer(409, { ...problem('balance_insufficient'), type: 'https://portal.example/balance_insufficient' })],
    ['a type without a code', answer(409, { type: '/errors/balance_insufficient' })],
    ['a code that is not the ledger’s', answer(403, problem('not_allowed'))],
    ['a proxy’s problem', answer(403, problem('forbidden'))],
    ['a missing token', answer(401, problem('not_signed_in'))],
    ['a fault of the machine', answer(503, problem('unavailable'))],
    ['a server with too much to do', answer(429, problem('busy'))],
    ['a network that sends too much', answer(429, problem('rate_limited'))],
    ['a disk without room', answer(503, problem('disk_full'))],
    ['a refusal with the status of a fault', answer(500, problem('balance_insufficient'))],
    ['the word that it is done already', answer(409, problem('already_recorded'))],
  ])) assert.equal((await ended(sent, fake, response)).state, 'unknown', what);
});

test('H2: after a portal’s 403 the same bytes are sent again, and the receipt counts', async () => {
  const { fake, sent } = await world();
  // Entry 0 is the genesis in a receipt's eyes: the payment has to be a later one.
  for (const time of [5_000, 5_001]) await fake.append(sent.bytes, time);
  const receipt = await fake.receipt(1);
  /** @type {string[]} */
  const bodies = [];
  globalThis.fetch = async (_path, init) => {
    bodies.push(hex(/** @type {Uint8Array} */ (init?.body)));
    return bodies.length === 1 ? answer(403, 'portal', 'text/html') : new Response(receipt);
  };
  let unknown = 0;
  const end = await outbox.postUntilAnswered(sent, fake.hexTrust, { onUnknown: () => { unknown += 1; } });
  assert.equal(end.state, 'done');
  assert.equal(unknown, 1);
  assert.equal(bodies[1], bodies[0]);
});

test('overload: a server that asks for time gets the same bytes again after it, not before', async () => {
  const { fake, sent } = await world();
  for (const time of [5_000, 5_001]) await fake.append(sent.bytes, time);
  const receipt = await fake.receipt(1);
  /** @type {{at: number, body: string}[]} */
  const asked = [];
  globalThis.fetch = async (_path, init) => {
    asked.push({ at: Date.now(), body: hex(/** @type {Uint8Array} */ (init?.body)) });
    const busy = new Response(JSON.stringify(problem('busy')), { status: 429, headers: { 'content-type': 'application/problem+json', 'retry-after': '2' } });
    return asked.length === 1 ? busy : new Response(receipt);
  };
  assert.equal((await outbox.postUntilAnswered(sent, fake.hexTrust)).state, 'done');
  assert.equal(asked.length, 2);
  assert.equal(asked[1].body, asked[0].body);
  assert.ok(asked[1].at - asked[0].at >= 1_900, String(asked[1].at - asked[0].at));
});

test('H2: a disk that is full does not undo a verified receipt', async () => {
  const { fake, sent } = await world();
  await fake.append(sent.bytes, 5_000);
  await fake.append(sent.bytes, 5_001);
  broken.add('receipts');
  const end = await ended(sent, fake, new Response(await fake.receipt(1)));
  assert.equal(end.state, 'done');
  broken.add('outbox');
  assert.equal((await ended(sent, fake, answer(409, problem('balance_insufficient')))).state, 'refused');
});

test('H2: only what was never sent is told as not sent; an unexpected fault is unknown', async () => {
  broken.add('outbox');
  const { state } = await outbox.endOf(async () => { await world(); return { state: 'unknown' }; });
  assert.equal(state, 'not_sent');
  assert.equal((await outbox.endOf(async () => { throw new Error('IndexedDB'); })).state, 'unknown');
  assert.equal((await outbox.endOf(async () => { throw new Problem({ status: 409, code: 'balance_insufficient' }); })).state, 'unknown');
  assert.equal((await outbox.endOf(async () => { throw new outbox.BadReceipt('x'); })).state, 'bad_receipt');
});

test('H2: a refund that meets an unexpected fault is not told as refused', async () => {
  const payment = { sequence: 7, amount: 500, refunded: 0 };
  /** @param {() => Promise<any>} giving */
  const stepAfter = async (giving) => {
    note(7, null);
    phase.value = /** @type {any} */ ({ name: 'ready', shopName: '', shop: { wallet: { key: 'mine' }, giveBack: giving, day: async () => ({ charges: [] }), refundRequests: async () => [] } });
    await giveBack(payment, 100);
    return refunds.value.get(7)?.step;
  };
  assert.equal(await stepAfter(async () => { throw new Error('IndexedDB, after a verified receipt'); }), 'open');
  assert.equal(await stepAfter(async () => ({ state: 'unknown' })), 'open');
  assert.equal(await stepAfter(async () => { throw new outbox.NotSent('never left'); }), 'refused');
  assert.equal(await stepAfter(async () => ({ state: 'refused', code: 'refund_exceeds' })), 'refused');
  phase.value = { name: 'enrol' };
});

test('H3: an order is good for ten minutes at most, whatever was asked for', async () => {
  const fake = await FakeLedger.create();
  const { signer } = await keyPair(5);
  const DAY = 86_400_000;
  for (const asked of [undefined, now() + DAY, now() + 60_000]) {
    const sent = await outbox.prepare(signer, fake.hexTrust, refund({ account: SHOP, original: 1, amount: 5 }), { account: null, about: {}, validUntil: asked });
    const { validUntil } = decodeTransaction(decodeSign1(sent.bytes).payload);
    assert.equal(validUntil, sent.validUntil);
    assert.ok(validUntil <= now() + 600_000 && validUntil > now() + 50_000, String(validUntil - now()));
    if (asked && asked < now() + 600_000) assert.equal(validUntil, asked);
  }
});

/** The words of the wallet, those that come later too. @param {string} code @returns {Promise<Record<string, string>>} */
async function wordsOf(code) {
  const catalogues = await Promise.all(['wallet', 'wallet-more'].map((name) => import(`../../../web/kit/i18n/${code}/${name}.js`)));
  return Object.assign({}, ...catalogues.map((catalogue) => catalogue.default));
}

test('H3, H5: a refusal is told as "not paid", an answered request as the shop’s matter', async () => {
  assert.deepEqual(refusalWords({ code: 'balance_insufficient' }), { title: 'send.not_paid', text: null });
  const { title, text } = refusalWords({ code: 'charge_answered' });
  assert.deepEqual({ title, text }, { title: 'send.already_paid', text: 'send.already_paid_text' });
  for (const [code, shop] of /** @type {[string, RegExp][]} */ ([['fr', /commerce/], ['en', /^This request was already paid: ask the shop$/], ['eu', /dendari$/], ['ar', /المتجر/]])) {
    const words = await wordsOf(code);
    assert.match(words[title], shop);
    assert.ok(words['send.already_paid_text'] && words['send.not_paid_until'].includes('{time}'));
  }
  assert.equal((await wordsOf('en'))['send.not_paid'], 'Not paid');
});

/** A till that knows the first key, and a server that has rotated it. @param {(facts: any) => any} [change] @param {(chain: Uint8Array) => Uint8Array} [lie] */
async function rotatedWorld(change = (facts) => facts, lie = (chain) => chain) {
  const { payer } = await world();
  const fake = await FakeLedger.found();
  const old = fake.hexTrust;
  const till = await keyPair(6);
  await fake.rotate(await keyPair(98));
  const offered = change({ ...fake.hexTrust, prefix: 'dem' });
  let reads = 0;
  const shop = new Shop(/** @type {any} */ ({
    ledger: { ...old, prefix: 'dem' }, account: encodeBech32m('dem', SHOP),
    wallet: { key: hex(till.publicKey), publicKey: till.publicKey, privateKey: null },
    session: { bytes: async () => fake.receipt(2), signIn: async () => ({ token: 't' }), renew: () => {} },
    readLedger: async () => { reads += 1; return offered; },
    readKeys: async () => lie(fake.chain()),
  }));
  const bytes = await (await import('../../../web/kit/ledger.js')).signTransaction(payer.signer, fake.ledger, transfer({ payer: PAYER, payee: SHOP, amount: 5 }), 9e12);
  await fake.append(bytes, 3);
  return { fake, shop, reads: () => reads, old };
}

test('M3: a till opened before a rotation verifies receipts after reading the ledger’s facts and the key chain once', async () => {
  const { shop, reads } = await rotatedWorld();
  assert.equal((await shop.receipt(2)).facts.sequence, 2);
  await shop.receipt(2);
  assert.equal(reads(), 1);
});

test('M3: a changed key that no chain proves leaves the receipt unproved', async () => {
  const { decodeCbor, encodeCbor } = await import('../../../web/kit/cbor.js');
  const { old } = await rotatedWorld();
  for (const [change, lie] of /** @type {[any, any][]} */ ([
    [(/** @type {any} */ facts) => facts, (/** @type {Uint8Array} */ chain) => encodeCbor(/** @type {any} */ (decodeCbor(chain)).slice(0, 1))],
    [(/** @type {any} */ facts) => facts, (/** @type {Uint8Array} */ chain) => encodeCbor([.../** @type {any} */ (decodeCbor(chain)).slice(0, 1), null])],
    [(/** @type {any} */ facts) => ({ ...facts, checkpoint_key: old.checkpoint_key }), undefined],
    [(/** @type {any} */ facts) => ({ ...facts, ledger: 'ff'.repeat(32) }), undefined],
  ])) {
    const { shop, reads } = await rotatedWorld(change, lie);
    await assert.rejects(shop.receipt(2));
    assert.equal(reads(), 1);
  }
});

test('M3: an order that was on its way during a rotation ends as done', async () => {
  const { fake, sent } = await world();
  const old = fake.hexTrust;
  await fake.append(sent.bytes, 5_000);
  await fake.append(sent.bytes, 5_001);
  fake.checkpoint = await keyPair(98);
  const receipt = await fake.receipt(1);
  const send = async () => new Response(receipt);
  await assert.rejects(outbox.post(sent, old, { send }), outbox.BadReceipt);
  await assert.rejects(outbox.post(sent, old, { send, renewTrust: async () => null }), outbox.BadReceipt);
  assert.equal((await outbox.post(sent, old, { send, renewTrust: async () => fake.hexTrust })).state, 'done');
});
