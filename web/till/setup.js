// What a shop set up: named parts that every till of it shares. The last known value stays in this browser, so that a till without
// network works as it did; a change is refused when another device changed the same part meanwhile.

import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { read, write } from '../kit/store.js';
import { link, shop } from './state.js';

/** @typedef {{version: number, value: any}} Setup version: counts the changes; a change names the one that it was made from */
/** @typedef {import('../vendor/signals-core/signals-core.js').Signal<any>} Value null as long as nothing is known */

/** @type {Map<string, {value: Value, version: number, reading: Promise<void> | null}>} */
const parts = new Map();

/** @param {string} account @param {string} part */
const keptUnder = (account, part) => `till-setup:${account}:${part}`;

/** @param {string} part */
function entry(part) {
  let known = parts.get(part);
  if (!known) {
    known = { value: signal(null), version: -1, reading: null };
    parts.set(part, known);
  }
  return known;
}

/** The value of a part: as last known, null before that. @param {string} part */
export function setup(part) {
  const known = entry(part);
  if (known.version < 0) queueMicrotask(() => void loadSetup(part));
  return known.value;
}

/** @param {string} part @param {Setup} told @param {string} account */
async function take(part, told, account) {
  const known = entry(part);
  if (shop.peek()?.account !== account || !(told?.version >= known.version)) return;
  known.version = told.version;
  known.value.value = told.value;
  await write('settings', keptUnder(account, part), told);
}

/** @param {string} part */
async function readPart(part) {
  const reader = shop.peek();
  if (!reader) return;
  const { account, session } = reader;
  if (entry(part).version < 0) {
    const kept = await read('settings', keptUnder(account, part));
    if (kept) await take(part, kept, account);
  }
  await take(part, await session.json(`/pos/v1/settings/${part}`), account);
}

/** Reads a part; without an answer what was known stays. @param {string} part @returns {Promise<void>} */
export function loadSetup(part) {
  const known = entry(part);
  known.reading ??= readPart(part).catch(() => undefined).finally(() => { known.reading = null; });
  return known.reading;
}

/**
 * Changes a part for every till of the shop. When another device changed it meanwhile, nothing is written (`settings_changed`), and
 * what it holds now is read.
 * @param {string} part
 * @param {any} value
 */
export async function saveSetup(part, value) {
  const reader = shop.peek();
  if (!reader) return;
  const { account, session } = reader;
  if (entry(part).version < 0) await readPart(part);
  try {
    await take(part, await session.json(`/pos/v1/settings/${part}`, { method: 'PUT', json: { version: entry(part).version, value } }), account);
  } catch (error) {
    if (error instanceof Problem && error.code === 'settings_changed') await loadSetup(part);
    throw error;
  }
}

// While there was no network another till may have changed what is used here.
effect(() => {
  if (link.value === 'up') for (const part of parts.keys()) void loadSetup(part);
});

// Another shop in this browser has parts of its own.
/** @type {string | undefined} */
let account;
effect(() => {
  const now = shop.value?.account;
  if (!now || now === account) return;
  const other = account !== undefined;
  account = now;
  for (const [part, known] of parts) {
    if (other) {
      known.version = -1;
      known.value.value = null;
    }
    void loadSetup(part);
  }
});
