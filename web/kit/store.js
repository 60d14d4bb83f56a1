// What the browser keeps, in IndexedDB: keys, transactions on their way, verified receipts, settings. Every value is
// durable before the promise resolves (`durability: strict`): a payment is written here before it is sent.

const NAME = 'liard';
const VERSION = 3;

/** `offline`: what was signed or taken without a network, until the ledger has it or its time is over. `tickets`: a till's records. */
const STORES = /** @type {const} */ (['wallets', 'outbox', 'receipts', 'settings', 'offline', 'tickets']);

/** @typedef {typeof STORES[number]} StoreName */

/** @type {Promise<IDBDatabase> | undefined} */
let opened;
/** On a device of others nothing is written: what the page keeps lives and ends with it. @type {Map<string, Map<string, any>> | null} */
let memory = null;

/** From now on nothing goes to the disk of this device, until the page is opened anew. Some settings are taken along. @param {string[]} along their names */
export async function keepInMemory(along) {
  const settings = new Map();
  for (const name of along) settings.set(name, await read('settings', name));
  memory = new Map([['settings', settings]]);
}

/** @param {StoreName} store */
function remembered(store) {
  const objects = memory?.get(store) ?? new Map();
  memory?.set(store, objects);
  return objects;
}

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      // Only what is missing: a newer version finds the keys of an older one.
      for (const name of STORES) if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name);
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => {
        request.result.close();
        opened = undefined;
      };
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('storage is busy in another tab'));
  });
  return opened;
}

/**
 * @template T
 * @param {StoreName} store
 * @param {IDBTransactionMode} mode
 * @param {(objects: IDBObjectStore) => IDBRequest<T>} step
 * @returns {Promise<T>}
 */
async function run(store, mode, step) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode, { durability: 'strict' });
    const request = step(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** @param {StoreName} store @param {string} key @returns {Promise<any>} undefined when there is none */
export async function read(store, key) {
  return memory ? remembered(store).get(key) : run(store, 'readonly', (objects) => objects.get(key));
}

/** @param {StoreName} store @returns {Promise<any[]>} */
export async function readAll(store) {
  return memory ? [...remembered(store).values()] : run(store, 'readonly', (objects) => objects.getAll());
}

/** @param {StoreName} store @param {string} key @param {unknown} value */
export async function write(store, key, value) {
  if (memory) remembered(store).set(key, value);
  else await run(store, 'readwrite', (objects) => objects.put(value, key));
}

/** @param {StoreName} store @param {string} key */
export async function remove(store, key) {
  if (memory) remembered(store).delete(key);
  else await run(store, 'readwrite', (objects) => objects.delete(key));
}

/** What lies from one key to another, both included, by ascending keys. @param {StoreName} store @param {string} from @param {string} to @returns {Promise<any[]>} */
export async function readBetween(store, from, to) {
  if (!memory) return run(store, 'readonly', (objects) => objects.getAll(IDBKeyRange.bound(from, to)));
  return [...remembered(store)].filter(([key]) => key >= from && key <= to).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/**
 * Writes several values at once, or none: only if what lies under a key is still what the caller made them from. Another tab may have
 * been faster.
 * @param {StoreName} store
 * @param {string} key
 * @param {(found: any) => boolean} unchanged
 * @param {[string, unknown][]} values
 * @returns {Promise<boolean>} whether they were written
 */
export async function writeIf(store, key, unchanged, values) {
  if (memory) {
    const objects = remembered(store);
    if (!unchanged(objects.get(key))) return false;
    for (const [place, value] of values) objects.set(place, value);
    return true;
  }
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, 'readwrite', { durability: 'strict' });
    const objects = transaction.objectStore(store);
    let written = false;
    const found = objects.get(key);
    found.onsuccess = () => {
      if (!unchanged(found.result)) return;
      for (const [place, value] of values) objects.put(value, place);
      written = true;
    };
    transaction.oncomplete = () => resolve(written);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Asks the browser not to clear this data when it needs room. */
export async function keepStorage() {
  if (memory) return false;
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}
