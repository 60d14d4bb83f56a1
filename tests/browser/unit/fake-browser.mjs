// What modules of the pages expect of a browser, as far as a test needs it: storage in memory that can be made to fail,
// and names that are read while a module loads. Import it before them.

/** @type {Map<string, Map<string, unknown>>} */
const stores = new Map();
/** Stores whose writing fails, as a full or broken disk would. @type {Set<string>} */
export const broken = new Set();

/** Asked before each write: `before` and `after` end the page there, with the write not made, or made and not answered. @type {{step: ((name: string, key: string) => 'before' | 'after' | null) | null}} */
export const ending = { step: null };

/** Empties all stores. */
export function clear() {
  for (const store of stores.values()) store.clear();
  broken.clear();
  ending.step = null;
}

/** @param {unknown} result */
function answered(result) {
  const request = /** @type {any} */ ({ result });
  queueMicrotask(() => request.onsuccess?.());
  return request;
}

/** The last transaction of each store: the next one waits for it. @type {Map<string, Promise<void>>} */
const running = new Map();

/** All of a transaction's changes, or none: they come into force when it ends, and one runs after the other. @param {string} name */
function transaction(name) {
  const store = stores.get(name) ?? new Map();
  stores.set(name, store);
  const words = /** @type {any} */ ({ error: new Error('the disk is full') });
  /** @type {(() => void)[]} */
  const changes = [];
  /** @type {'before' | 'after' | null} */
  let over = null;
  const turn = running.get(name) ?? Promise.resolve();
  running.set(name, turn.then(() => new Promise((resolve) => {
    setTimeout(() => {
      const failed = changes.length > 0 && broken.has(name);
      if (!failed && over !== 'before') for (const change of changes) change();
      resolve();
      if (over) return;
      if (failed) words.onabort?.();
      else words.oncomplete?.();
    }, 0);
  })));
  const reading = (/** @type {() => unknown} */ look) => {
    const request = /** @type {any} */ ({});
    void turn.then(() => {
      request.result = look();
      request.onsuccess?.();
    });
    return request;
  };
  const sorted = (/** @type {{from: string, to: string} | undefined} */ range) => (!range ? [...store.values()]
    : [...store].filter(([key]) => key >= range.from && key <= range.to).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value));
  const changing = (/** @type {string} */ key, /** @type {() => void} */ change) => {
    over ??= ending.step?.(name, key) ?? null;
    changes.push(change);
    return {};
  };
  words.objectStore = () => ({
    get: (/** @type {string} */ key) => reading(() => store.get(key)),
    getAll: (/** @type {any} */ range) => reading(() => sorted(range)),
    put: (/** @type {unknown} */ value, /** @type {string} */ key) => changing(key, () => store.set(key, value)),
    delete: (/** @type {string} */ key) => changing(key, () => store.delete(key)),
  });
  return words;
}

Object.assign(globalThis, {
  indexedDB: { open: () => answered({ createObjectStore: () => {}, transaction }) },
  IDBKeyRange: { bound: (/** @type {string} */ from, /** @type {string} */ to) => ({ from, to }) },
  document: { createTreeWalker: () => ({}), documentElement: {}, visibilityState: 'visible', addEventListener: () => {} },
  location: { origin: 'https://liard.example', hash: '', pathname: '/till/' },
  history: { replaceState: () => {} },
  addEventListener: () => {},
  removeEventListener: () => {},
});
if (!globalThis.navigator) Object.assign(globalThis, { navigator: { onLine: true, languages: ['fr'] } });

// A call's long timeout, or a message that stands for a while, does not keep a test waiting.
const setTimer = globalThis.setTimeout;
globalThis.setTimeout = /** @type {any} */ ((/** @type {() => void} */ step, /** @type {number} */ ms) => {
  const timer = setTimer(step, ms);
  return ms >= 5_000 ? timer.unref() : timer;
});

// A page's clock keeps no test alive.
const setTicks = globalThis.setInterval;
globalThis.setInterval = /** @type {any} */ ((/** @type {() => void} */ step, /** @type {number} */ ms) => setTicks(step, ms).unref());
