// The verifier: what is given to it is told by its form, and judged.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import './fake-browser.mjs';
import { cbor, cose, keyOf, noteLine } from './independent.mjs';
import { FakeLedger, keyPair } from './fake-ledger.mjs';

const { encodeBase64url } = await import('../../../web/kit/base64url.js');
const { hex } = await import('../../../web/kit/hex.js');
const { signTransaction, transfer } = await import('../../../web/kit/ledger.js');
const { encodeReceiptFile } = await import('../../../web/kit/proof-file.js');
const { fromFile, fromPaste, fromText } = await import('../../../web/verify/given.js');
const { NotProved, judge } = await import('../../../web/verify/judge.js');

async function world() {
  const fake = await FakeLedger.found();
  const payer = await keyPair(5);
  const words = transfer({ payer: new Uint8Array(16), payee: new Uint8Array(16).fill(2), amount: 350 });
  const sequence = await fake.append(await signTransaction(payer.signer, fake.ledger, words, 9_000), 2);
  const held = { ledger: hex(fake.ledger), name: 'Démo', symbol: 'D', prefix: 'dem', chain: fake.chain(), keys: [hex(fake.checkpoint.publicKey)], witnesses: [], needed: 0 };
  return { fake, held, receipt: await fake.receipt(sequence) };
}

/** @param {Promise<unknown>} step */
const faultOf = (step) => step.then(() => 'proved', (fault) => (fault instanceof NotProved ? fault.fault : String(fault)));

test('receipts, files and links are told by their form and verified', async () => {
  const { fake, held, receipt } = await world();
  const file = encodeReceiptFile({ ledger: fake.ledger, chain: fake.chain(), receipt });
  assert.equal(fromFile(receipt)?.kind, 'receipt');
  assert.equal(fromFile(file)?.kind, 'file');
  assert.equal(fromPaste(encodeBase64url(receipt))?.kind, 'receipt');
  const verdict = /** @type {any} */ (await judge(fromFile(file), held));
  assert.deepEqual([verdict.kind, verdict.ours, verdict.facts.words.amount], ['receipt', true, 350]);
  const alone = /** @type {any} */ (await judge(fromFile(file), null));
  assert.deepEqual([alone.ours, alone.seen], [false, null], 'without the currency a file proves itself, and that it has to be compared');
  assert.equal(await faultOf(judge(fromFile(receipt), null)), 'no_currency');

  const note = await fake.note();
  assert.equal(fromPaste(note.trim())?.kind, 'checkpoint');
  assert.equal(/** @type {any} */ (await judge(fromText(note), held)).size, 2);

  const payload = cbor(new Map(/** @type {[number, unknown][]} */ ([[1, 1], [2, 2], [3, Buffer.alloc(16, 2)], [4, 350], [5, Buffer.alloc(32)]])));
  const short = fromText(`https://liard.example/verify/#s=${encodeBase64url(cose(keyOf(99), 'short-receipt', fake.ledger, payload))}`);
  assert.equal(/** @type {any} */ (await judge(short, held)).short.amount, 350);
  assert.equal(await faultOf(judge(fromText(`https://x/verify/#s=${encodeBase64url(cose(keyOf(3), 'short-receipt', fake.ledger, payload))}`), held)), 'unknown_key');
});

test('whatever was changed is refused, with its reason', async () => {
  const { fake, held, receipt } = await world();
  for (let at = 0; at < receipt.length; at += 7) {
    const changed = new Uint8Array(receipt);
    changed[at] ^= 1;
    assert.notEqual(await faultOf(judge(fromFile(changed), held)), 'proved', `byte ${at}`);
  }
  for (const text of ['', 'hello', 'https://liard.example/wallet/#pay=AAAA', 'A'.repeat(60)]) assert.equal(await faultOf(judge(fromPaste(text), held)), 'unreadable', text);
  assert.equal(await faultOf(judge(fromFile(new Uint8Array(600_000)), held)), 'unreadable');
  assert.equal(await faultOf(judge(fromText(await (await FakeLedger.found()).note()), held)), 'changed', 'of another ledger');
  const stranger = new FakeLedger(fake.ledger, await keyPair(3));
  await stranger.append(new Uint8Array([1]), 1);
  assert.equal(await faultOf(judge(fromText(await stranger.note()), held)), 'unknown_key');
  const body = `liard/${hex(fake.ledger).slice(0, 16)}/coverage\nstatement 1\n`;
  assert.equal(await faultOf(judge(fromText(`${body}\n${noteLine(body, `liard/${hex(fake.ledger).slice(0, 16)}/coverage`, keyOf(99))}`), held)), 'contradicts');
  assert.equal(await faultOf(judge(fromFile(encodeReceiptFile({ ledger: fake.ledger, chain: new Uint8Array([0x80]), receipt })), held)), 'bad_chain');
});
