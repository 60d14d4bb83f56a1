// A server that lies about a request of the till: what this till signed is the measure, never what the server tells of it.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import './fake-browser.mjs';
import { FakeLedger, keyPair } from './fake-ledger.mjs';

const { Problem, now } = await import('../../../web/kit/api.js');
const { encodeBase64url } = await import('../../../web/kit/base64url.js');
const { encodeBech32m } = await import('../../../web/kit/bech32m.js');
const { importSeed } = await import('../../../web/kit/ed25519.js');
const { hex, unhex } = await import('../../../web/kit/hex.js');
const { signTransaction, transfer, verifyCharge } = await import('../../../web/kit/ledger.js');
const { announce: announceAgain, ask, asking, learn, leave, proveAgain, resume } = await import('../../../web/till/asking.js');
const { Shop } = await import('../../../web/till/shop.js');
const { phase } = await import('../../../web/till/state.js');

const PAYER = new Uint8Array(16).fill(1);
const SHOP = new Uint8Array(16).fill(2);

afterEach(() => {
  leave();
  phase.value = { name: 'enrol' };
});

/** @param {(charge: any) => any} [lie] what the server answers to the announcement */
async function world(lie = (charge) => charge) {
  const fake = await FakeLedger.create();
  const payer = await keyPair(5);
  const { privateKey, publicKey } = await importSeed(new Uint8Array(32).fill(6));
  const certificate = await fake.certificate(SHOP, publicKey, 'Boulangerie', now() + 9e9);
  const account = encodeBech32m('dem', SHOP);
  /** @type {any} */
  let charge = null;
  const shop = new Shop(/** @type {any} */ ({
    ledger: { ...fake.hexTrust, prefix: 'dem' },
    wallet: { key: hex(publicKey), publicKey, privateKey },
    account,
    readLedger: async () => fake.hexTrust,
    readKeys: async () => fake.chain(),
    session: {
      bytes: async (/** @type {string} */ path) => (path.endsWith('/certificate') ? certificate : fake.receipt(Number(path.split('/')[3]))),
      json: async (/** @type {string} */ path, /** @type {any} */ options) => {
        if (path.startsWith('/pos/v1/day')) return { charges: [], unexpected: [], totals: {} };
        if (path !== '/pos/v1/charges') return charge;
        const { id, amount, expires } = await verifyCharge(options.bytes, fake.ledger);
        charge = { id: hex(id), account, till: hex(publicKey), amount, expires, reference: null, created: now(), state: 'open', refunded: 0, sequence: null };
        return lie(charge);
      },
    },
  }));
  phase.value = { name: 'ready', shop, shopName: 'Boulangerie' };
  await fake.append(await signTransaction(payer.signer, fake.ledger, transfer({ payer: PAYER, payee: SHOP, amount: 1 }), 1), 1);
  /** A payment that answers the request, changed a little. @param {{amount?: number, expires?: number, payee?: Uint8Array}} [change] */
  const pay = async ({ amount = charge.amount, expires = charge.expires, payee = SHOP } = {}) => {
    const words = transfer({ payer: PAYER, payee, amount, charge: { id: unhex(charge.id), expires } });
    return fake.append(await signTransaction(payer.signer, fake.ledger, words, now() + 60_000), now());
  };
  /** @param {number} sequence @param {any} [change] */
  const news = async (sequence, change = {}) =>
    ({ ...charge, state: 'paid', sequence, receipt: encodeBase64url(await fake.receipt(sequence)), ...change });
  return { fake, shop, pay, news, charge: () => charge };
}

test('M4: an honest payment of what the till asked for is paid', async () => {
  const { pay, news } = await world();
  await ask(1250, 'Table 4');
  assert.equal(asking.value?.step, 'open');
  await learn(await news(await pay()));
  assert.equal(asking.value?.step, 'paid');
});

test('M4: a smaller payment is not paid, though the server tells of the smaller amount', async () => {
  const { pay, news } = await world();
  await ask(1250, '');
  await learn(await news(await pay({ amount: 1 }), { amount: 1 }));
  assert.equal(asking.value?.step, 'not_proved');
  assert.equal(asking.value?.amount, 1250);
  await proveAgain();
  assert.equal(asking.value?.step, 'not_proved', 'asking for the proof again believes the server no more');
});

test('M4: a payment with another end, or to another account, is not paid whatever the server tells', async () => {
  for (const change of [{ expires: 5 }, { payee: new Uint8Array(16).fill(3) }]) {
    const { pay, news } = await world();
    await ask(1250, '');
    await learn(await news(await pay(change), change));
    assert.equal(asking.value?.step, 'not_proved');
    leave();
  }
});

test('M4: an announcement that is answered with another request does not open', async () => {
  for (const change of [{ amount: 1 }, { id: '00'.repeat(16) }, { expires: 5 }, { till: '00' }, { account: 'dem1other' }]) {
    await world((charge) => ({ ...charge, ...change }));
    await ask(1250, '');
    assert.equal(asking.value?.step, 'failed', JSON.stringify(change));
    assert.ok(asking.value?.error instanceof Problem && asking.value.error.code === 'charge_differs');
    assert.ok(asking.value?.draft, 'the same bytes are sent by a second try');
    leave();
  }
});

test('M4: a request taken up again is measured by what was signed in its link', async () => {
  const { shop, pay, news, charge } = await world();
  await ask(1250, '');
  const { link } = /** @type {any} */ (asking.value);
  await assert.rejects(shop.ownRequest({ ...charge(), link, amount: 1 }));
  leave();
  await resume({ ...charge(), link, expires: 5 });
  assert.equal(asking.value?.request?.amount, 1250);
  assert.notEqual(asking.value?.charge?.expires, 5);
  await learn(await news(await pay({ amount: 1 }), { amount: 1 }));
  assert.equal(asking.value?.step, 'not_proved');
});

test('overload: a till that is told to wait keeps its request, and sends the very same bytes again', async () => {
  for (const [status, code] of /** @type {[number, string][]} */ ([[429, 'rate_limited'], [429, 'busy'], [503, 'disk_full'], [503, 'ledger_unanswered']])) {
    const { shop } = await world();
    /** @type {string[]} */
    const sent = [];
    const announce = shop.announce.bind(shop);
    shop.announce = async (draft) => {
      sent.push(hex(draft.bytes));
      if (sent.length === 1) throw new Problem({ status, code, retryAfterMs: 1_000 });
      return announce(draft);
    };
    await ask(1250, '');
    assert.equal(asking.value?.step, 'failed', code);
    assert.ok(asking.value?.draft, 'nobody says that the request is over');
    await announceAgain();
    assert.equal(asking.value?.step, 'open', code);
    assert.deepEqual(sent, [sent[0], sent[0]]);
    leave();
  }
});
