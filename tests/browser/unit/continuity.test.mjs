// The wallet remembers the newest published state of the register. What does not continue it is found, and where the log gives
// away enough, the evidence convinces anyone.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { clear } from './fake-browser.mjs';
import { consistency, keyOf, noteLine, root, sha } from './independent.mjs';

const { verifyFork } = await import('../../../web/kit/proof-file.js');
const { checkContinuity, contradiction, remember } = await import('../../../web/wallet/continuity.js');
const { pinned } = await import('../../../web/wallet/state.js');

const LEDGER = '07'.repeat(32);
const ORIGIN = `liard/${LEDGER.slice(0, 16)}`;
const LOG = keyOf(99);

/** @param {number} count @param {number} [from] where another history begins */
const leavesOf = (count, from = Infinity) => Array.from({ length: count }, (_, at) => sha(at >= from ? 'other' : 'leaf', String(at)));

/** @param {Buffer[]} leaves */
function noteOf(leaves) {
  const body = `${ORIGIN}\n${leaves.length}\n${root(leaves).toString('base64')}\n`;
  return `${body}\n${noteLine(body, ORIGIN, LOG)}`;
}

/** A server whose log is this. @param {Buffer[] | null} leaves null: no network */
function serve(leaves) {
  globalThis.fetch = /** @type {any} */ (async (/** @type {string} */ path) => {
    if (!leaves) throw new TypeError('no network');
    const [, what, first, second] = path.slice('/'.length).split('/');
    if (what === 'checkpoint') return new Response(noteOf(leaves));
    if (what === 'tile') {
      const width = Number(/\.p\/(\d+)$/.exec(path)?.[1] ?? 256);
      assert.equal(path, `/log/tile/0/000.p/${width}`);
      return new Response(Buffer.concat(leaves.slice(0, width)));
    }
    if (Number(second) > leaves.length) return Response.json({ type: '/errors/beyond_published', code: 'beyond_published' }, { status: 404 });
    return new Response(consistency(Number(first), leaves.slice(0, Number(second))).map((hash) => `${hash.toString('base64')}\n`).join(''));
  });
}

beforeEach(() => {
  clear();
  contradiction.value = null;
  pinned.value = { ledger: LEDGER, name: 'Démo', symbol: 'D', prefix: 'dem', chain: new Uint8Array(), keys: [Buffer.from(LOG.key).toString('hex')], witnesses: [], needed: 0 };
});

/** @param {number} before @param {Buffer[]} now @returns {Promise<any>} */
async function seenThen(before, now) {
  serve(leavesOf(before));
  await checkContinuity();
  assert.equal(contradiction.value, null);
  serve(now);
  await checkContinuity();
  return contradiction.value;
}

test('a register that grows is no contradiction, and an older note is none either', async () => {
  for (const [before, after] of [[1, 2], [5, 9], [8, 13], [7, 7], [16, 40]]) {
    clear();
    assert.equal(await seenThen(before, leavesOf(after)), null, `${before} → ${after}`);
    await remember(noteOf(leavesOf(Math.max(1, before - 1))));
    assert.equal(contradiction.value, null);
  }
});

test('another past is found, and the file that is saved convinces', async () => {
  for (const [before, after, from] of [[6, 9, 5], [8, 9, 2], [8, 13, 7], [16, 21, 0], [7, 7, 6], [1, 3, 0]]) {
    clear();
    contradiction.value = null;
    const found = await seenThen(before, leavesOf(after, from));
    assert.ok(found?.fork, `${before} → ${after}`);
    assert.equal((await verifyFork(found.fork)).older.size, before);
    serve(null);
    contradiction.value = null;
    await checkContinuity();
    assert.ok(contradiction.value, 'it stays found on the next visit');
  }
});

test('a register that got shorter is told, with both notes and no more than they prove', async () => {
  const found = await seenThen(9, leavesOf(6));
  assert.ok(found && found.fork === null && found.newer === noteOf(leavesOf(9)));
});

test('without a network nothing is said', async () => {
  serve(leavesOf(5));
  await checkContinuity();
  serve(null);
  await remember(noteOf(leavesOf(9, 2)));
  assert.equal(contradiction.value, null);
});
