// What a browser holds about a ledger: keys that are proved, and the witnesses of the first contact until a person accepts others.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from './fake-browser.mjs';
import { FakeLedger, keyPair } from './fake-ledger.mjs';
import { cosignatureLine, keyOf, vkey } from './independent.mjs';

const { encodeCbor } = await import('../../../web/kit/cbor.js');
const { hex } = await import('../../../web/kit/hex.js');
const { acceptWitnesses, pinnedOf, renewPinned, seenBy } = await import('../../../web/kit/pinned.js');

beforeEach(clear);

const TOWNS = ['valmont', 'clairval', 'rocheville'].map((town, at) => ({ name: `temoin.${town}.example`, key: keyOf(40 + at) }));
const WITNESSES = TOWNS.map(({ name, key }) => vkey(name, 4, key));

/** @param {FakeLedger} fake @param {any} [more] */
const factsOf = (fake, more) => ({ ...fake.hexTrust, name: 'Démo', symbol: 'D', prefix: 'dem', witnesses: WITNESSES, witnesses_needed: 2, ...more });

test('the first contact pins keys and witnesses; a proved rotation is taken over, other witnesses are not', async () => {
  const fake = await FakeLedger.found();
  const first = await renewPinned(factsOf(fake), undefined, async () => fake.chain());
  assert.equal(first?.change, null);
  await fake.rotate(await keyPair(98));
  const later = await renewPinned(factsOf(fake, { witnesses_needed: 1, witnesses: WITNESSES.slice(0, 1) }), undefined, async () => fake.chain());
  assert.deepEqual(later?.pinned.keys, [first?.pinned.keys[0], fake.hexTrust.checkpoint_key]);
  assert.deepEqual([later?.pinned.needed, later?.pinned.witnesses.length], [2, 3], 'the witnesses of the first contact stay in force');
  assert.deepEqual(later?.change, { needed: 1, witnesses: WITNESSES.slice(0, 1) });
  if (later?.change) await acceptWitnesses(later.pinned, later.change);
  assert.equal((await pinnedOf(hex(fake.ledger)))?.needed, 1);
});

test('a key that nothing proves is not taken, unless the person had accepted it and the chain has a gap', async () => {
  const fake = await FakeLedger.found();
  const known = fake.hexTrust.checkpoint_key;
  await renewPinned(factsOf(fake), undefined, async () => fake.chain());
  const stranger = hex((await keyPair(3)).publicKey);
  const offered = factsOf(fake, { checkpoint_key: stranger });
  assert.equal(await renewPinned(offered, known, async () => fake.chain()), null);
  const gap = async () => encodeCbor([fake.entries[0], null]);
  assert.equal(await renewPinned(offered, known, gap), null, 'a gap proves nothing');
  assert.deepEqual((await renewPinned(offered, stranger, gap))?.pinned.keys, [known, stranger]);
  await assert.rejects(renewPinned(offered, known, async () => new Uint8Array([0x80])), { code: 'bad_key_chain' });
});

test('final means: so many different witnesses as the pinned policy asks for', async () => {
  const fake = await FakeLedger.found();
  const note = await fake.note();
  const body = note.slice(0, note.indexOf('\n\n') + 1);
  const lines = TOWNS.map(({ name, key }, at) => cosignatureLine(body, name, key, 1_795_000_000 + at));
  const policy = { witnesses: WITNESSES, needed: 2 };
  const seen = async (/** @type {string} */ text, held = policy) => (await seenBy(text, held)).final;
  assert.equal(await seen(note + lines[0] + lines[2]), true);
  assert.equal(await seen(note + lines[0]), false);
  assert.equal(await seen(note + lines[0] + lines[0]), false, 'one witness twice is one');
  assert.equal(await seen(note + lines[0] + cosignatureLine(body, TOWNS[1].name, keyOf(3), 5)), false, 'somebody else under a witness’s name');
  assert.equal(await seen(note + lines[0] + lines[1].replace('— ', '— x')), false);
  assert.equal(await seen(note + lines.join(''), { witnesses: WITNESSES, needed: 0 }), false, 'without a policy nothing is final');
});
