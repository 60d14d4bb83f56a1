// The kit's CBOR against an independent library: what one writes the other reads, byte for byte.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from 'cborg';
import { decodeCbor, encodeCbor } from '../../../web/kit/cbor.js';
import { hex } from '../../../web/kit/hex.js';
import { addKey, encodeTransaction, refund, transfer, transfers } from '../../../web/kit/ledger.js';

const STRICT = { useMaps: true, strict: true, allowIndefinite: false, allowUndefined: false, rejectDuplicateMapKeys: true };
const account = (/** @type {number} */ fill) => new Uint8Array(16).fill(fill);

/** A small generator with a seed, so that a failure can be run again. @param {number} seed */
function random(seed) {
  let state = seed >>> 0;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** @param {(below: number) => number} draw @param {number} depth @returns {import('../../../web/kit/cbor.js').Cbor} */
function any(draw, depth) {
  switch (draw(depth > 3 ? 5 : 7)) {
    case 0: return draw(2 ** 31) * (draw(2) === 0 ? 1 : 2 ** draw(20));
    case 1: return -1 - draw(2 ** 31);
    case 2: return new Uint8Array(draw(40)).map(() => draw(256));
    case 3: return 'é🍞a'.repeat(draw(12));
    case 4: return draw(2) === 0;
    case 5: return Array.from({ length: draw(5) }, () => any(draw, depth + 1));
    default: return new Map(Array.from({ length: draw(6) }, () => [draw(400) - (draw(4) === 0 ? 200 : 0), any(draw, depth + 1)]));
  }
}

test('random values are the same bytes in both', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
  const rounds = process.env.LONG ? 50_000 : 1_000;
  const draw = random(seed);
  for (let round = 0; round < rounds; round++) {
    const value = any(draw, 0);
    const ours = encodeCbor(value);
    assert.equal(hex(encode(value)), hex(ours), `SEED=${seed}, round ${round}`);
    assert.deepEqual(decodeCbor(ours), value, `SEED=${seed}, round ${round}`);
    assert.deepEqual(decode(ours, STRICT), value, `SEED=${seed}, round ${round}`);
  }
});

test('transactions are maps with the keys of the format', () => {
  const charge = { id: new Uint8Array(16).fill(9), expires: 1_800_000_000_000 };
  for (const payload of [
    transfer({ payer: account(1), payee: account(2), amount: 1_000_000_000_000, charge, memo: new Uint8Array(32) }),
    transfers(account(1), [{ payee: account(2), amount: 1 }, { payee: account(3), amount: 2 }]),
    refund({ account: account(2), original: 70_000, amount: 5 }),
    addKey(account(2), new Uint8Array(32).fill(4), { scope: 'till', perDay: 20_000 }),
  ]) {
    const bytes = encodeTransaction(payload, 1_800_000_000_000, new Uint8Array(8).fill(7));
    const read = decode(bytes, STRICT);
    assert.deepEqual([...read.keys()], [1, 2, 3, 4]);
    assert.equal(read.get(1), payload.kind);
    assert.deepEqual(read.get(4), payload.body);
    assert.equal(hex(encode(read)), hex(bytes));
  }
});
