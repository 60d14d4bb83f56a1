// What an approver is shown: words from the bytes whose hash is signed, and nothing when the server says otherwise.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './fake-browser.mjs';
import { actWords } from '../../../web/kit/acts.js';
import { shortAccount } from '../../../web/kit/bech32m.js';
import { sign1 } from '../../../web/kit/cose.js';
import { encodeTransaction, propose, signTransaction, transfer } from '../../../web/kit/ledger.js';
import { verifyReceipt } from '../../../web/kit/receipt.js';
import { NotTheProposal, provenWords } from '../../../web/office/proposal.js';
import { FakeLedger, keyPair } from './fake-ledger.mjs';

/** @typedef {import('../../../web/kit/cbor.js').Cbor} Cbor */
const MEMBER = new Uint8Array(16).fill(2);
const CREDIT = new Uint8Array(32).fill(9);
const convert = () => propose(44, new Map(/** @type {[number, Cbor][]} */ ([[1, 1], [2, CREDIT], [3, 5000], [4, MEMBER]])));

async function world() {
  const fake = await FakeLedger.create();
  const operator = await keyPair(5);
  await fake.append(await signTransaction(operator.signer, fake.ledger, transfer({ payer: MEMBER, payee: MEMBER, amount: 1 }), 1), 1);
  /** @param {import('../../../web/kit/ledger.js').Payload} payload */
  const append = async (payload) => {
    const sequence = await fake.append(await sign1(operator.signer, 'transaction', fake.ledger, encodeTransaction(payload, 10)), 5);
    return { sequence, id: (await verifyReceipt(await fake.receipt(sequence), fake.trust)).transaction };
  };
  /** @param {string} path */
  const read = (path) => fake.receipt(Number(/^\/v1\/entries\/(\d+)\/receipt$/.exec(path)?.[1]));
  return { fake, append, at: { read, trust: fake.trust, prefix: 'dem' } };
}

test('M5: the words of a proposal are made from its own verified bytes', async () => {
  const { append, at } = await world();
  const { sequence, id } = await append(convert());
  const words = actWords(44, /** @type {any} */ (convert().body.get(2)), 'dem');
  assert.deepEqual(words, { kind: 'convert', bank: 1, credit: '09'.repeat(32), amount: 5000, account: words.account });
  assert.match(words.account, /^dem1/);
  assert.deepEqual(await provenWords({ proposal: id, sequence, words }, at), words);
});

test('M5: nothing may be signed when the server shows another act than the one under the id', async () => {
  const { fake, append, at } = await world();
  const { sequence, id } = await append(convert());
  const words = actWords(44, /** @type {any} */ (convert().body.get(2)), 'dem');
  const other = await append(propose(41, new Map(/** @type {[number, Cbor][]} */ ([[1, MEMBER], [2, 1]]))));
  const plainPayment = await append(transfer({ payer: MEMBER, payee: MEMBER, amount: 1 }));
  for (const [what, proposal] of /** @type {[string, any][]} */ ([
    ['another amount', { proposal: id, sequence, words: { ...words, amount: 50 } }],
    ['another credit', { proposal: id, sequence, words: { ...words, credit: '00'.repeat(32) } }],
    ['another kind', { proposal: id, sequence, words: { ...words, kind: 'bank_fee' } }],
    ['a field too many', { proposal: id, sequence, words: { ...words, level: 1 } }],
    ['the id of another proposal', { proposal: other.id, sequence, words }],
    ['an entry that is no proposal', { proposal: plainPayment.id, sequence: plainPayment.sequence, words }],
  ])) await assert.rejects(provenWords(proposal, at), NotTheProposal, what);
  const trust = { ...fake.trust, checkpointKey: (await keyPair(98)).publicKey };
  await assert.rejects(provenWords({ proposal: id, sequence, words }, { ...at, trust }), NotTheProposal, 'another checkpoint key');
  await assert.rejects(provenWords({ proposal: id, sequence, words }, { ...at, read: async () => { throw new TypeError('no network'); } }), TypeError);
});

test('M5: an account’s short number has its first and last letters', () => {
  assert.equal(shortAccount('dem1qqqqrrrrssss'), 'dem1qqqq…ssss');
  assert.equal(shortAccount(null), '');
});

test('M5: the sentence that is confirmed has the account’s own number beside the name, which is the server’s word', async () => {
  const { startWords } = await import('../../../web/kit/i18n.js');
  const { actSentence } = await import('../../../web/office/acts.js');
  const { names } = await import('../../../web/office/state.js');
  await startWords('office');
  const words = actWords(44, /** @type {any} */ (convert().body.get(2)), 'dem');
  names.value = new Map([[words.account, 'Awa Diop']]);
  assert.ok(actSentence(words, null, { withNumbers: true }).includes(`Awa Diop (${shortAccount(words.account)})`));
  assert.ok(!actSentence(words, null).includes('('));
});
