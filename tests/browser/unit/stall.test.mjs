// Signs on stalls: what a till signed is read back, another's word on the name is not believed, and the last signs are those that the
// shop's machine computes (merchant-pos/src/stalls/mod.rs).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import './fake-browser.mjs';
import { keyPair } from './fake-ledger.mjs';

const { encodeCbor } = await import('../../../web/kit/cbor.js');
const { sign1 } = await import('../../../web/kit/cose.js');
const { BadStall, chargeAt, decodeStallLink, encodeStallLink, signStall, signsOf, verifyNamedStall } = await import('../../../web/kit/stall.js');

const ledger = new Uint8Array(32).fill(7);
const payee = new Uint8Array(16).fill(3);
const [till, issuer, other] = await Promise.all([keyPair(1), keyPair(2), keyPair(4)]);

/** The association's word on whose key it is. @param {typeof till} by @param {Uint8Array<ArrayBuffer>} key @param {number} until */
const word = (by, key, until) => sign1(by.signer, 'certificate', ledger, encodeCbor(new Map(/** @type {[number, any][]} */ ([[1, payee], [2, key], [3, 'Le Panier'], [4, until]]))));
const trust = { ledger, checkpointKey: issuer.publicKey, now: 1_000 };
const faultOf = (/** @type {Promise<unknown>} */ step) => step.then(() => 'none', (error) => (error instanceof BadStall ? error.fault : String(error)));

test('a sign names the shop only under the word that the association gave to the very key that signed it', async () => {
  const sign = await signStall(till.signer, ledger, { payee, label: 'Marché' });
  const good = await word(issuer, till.publicKey, 2_000);
  const link = decodeStallLink(encodeStallLink(sign, good));
  const stall = await verifyNamedStall(link.sign, link.certificate, trust);
  assert.deepEqual([stall.label, stall.name, stall.id.length], ['Marché', 'Le Panier', 8]);
  assert.equal(await faultOf(verifyNamedStall(sign, await word(issuer, till.publicKey, 999), trust)), 'certificate_ended');
  assert.equal(await faultOf(verifyNamedStall(sign, await word(issuer, other.publicKey, 2_000), trust)), 'other_key');
  assert.equal(await faultOf(verifyNamedStall(sign, await word(other, till.publicKey, 2_000), trust)), 'bad_certificate');
  const broken = new Uint8Array(sign);
  broken[broken.length - 1] ^= 1;
  assert.equal(await faultOf(verifyNamedStall(broken, good, trust)), 'bad_signature');
  assert.equal(await faultOf(Promise.resolve().then(() => decodeStallLink('AAAA'))), 'malformed');
});

test('each payment at a stall has a charge of its own, and its last signs are what both sides show', () => {
  const stall = new Uint8Array(8).fill(9);
  const [one, two] = [chargeAt(stall), chargeAt(stall)];
  assert.deepEqual([one.slice(0, 8), two.slice(0, 8), one.length], [stall, stall, 16]);
  assert.notDeepEqual(one, two);
  const id = new Uint8Array(16);
  assert.equal(signsOf(id), '2222');
  id[15] = 1;
  id[13] = 0x0f;
  assert.equal(signsOf(id), 'Y223');
});
