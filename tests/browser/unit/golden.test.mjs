// The golden vectors of the formats against web/kit, and against an independent CBOR library.

import test from 'node:test';
import assert from 'node:assert/strict';
import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { unhex, hex } from '../../../web/kit/hex.js';
import { checkGolden, goldenLines } from '../golden.mjs';

test('the kit signs, verifies and encodes the golden vectors byte for byte', async () => {
  const base = new URL('../../../web/kit', import.meta.url).href;
  const { checked, wrong } = await checkGolden({ base, lines: goldenLines() });
  assert.deepEqual(wrong, []);
  assert.ok(checked > 50);
});

test('an independent CBOR library reads the golden payloads and writes the same bytes', () => {
  const payloads = goldenLines().filter(([name]) => name.endsWith('.payload') || name.endsWith('.cose'));
  for (const [name, value] of payloads.filter(([key]) => !key.startsWith('refused.'))) {
    const item = decode(unhex(value), { strict: true, useMaps: true, allowIndefinite: false });
    assert.equal(hex(encode(item, rfc8949EncodeOptions)), value, name);
  }
});
