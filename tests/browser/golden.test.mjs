// The golden vectors of the formats in Chromium, with the kit as it is served and WebCrypto as it is there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGolden, goldenLines } from './golden.mjs';
import { withWorld } from './harness.mjs';

test('the served kit passes the golden vectors in the browser', async () => {
  await withWorld(async ({ server, open }) => {
    const { page } = await open({ width: 360, height: 780 });
    await page.goto(`${server.url}/`);
    const given = { base: '/kit', lines: goldenLines() };
    const { checked, wrong } = await page.evaluate(checkGolden, given);
    assert.deepEqual(wrong, []);
    assert.ok(checked > 50);
  });
});
