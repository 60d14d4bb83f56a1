// What the browser keeps, in IndexedDB: keys, transactions on their way, verified receipts, settings. Every value is
// durable before the promise resolves (`durability: strict`): a payment is written here before it is sent.

const NAME = 'liard';
const VERSION = 2;

/** `offline`: what was signed or taken without a network, until the ledger has it or its time is over. */
const STORES = /** @type {const} */ (['wallets', 'outbox', 'receipts', 'settings', 'offline']);

/** @typedef {typeof STORES[number]} StoreName */

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

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
export function read(store, key) {
  return run(store, 'readonly', (objects) => objects.get(key));
}

/** @param {StoreName} store @returns {Promise<any[]>} */
export function readAll(store) {
  return run(store, 'readonly', (objects) => objects.getAll());
}

/** @param {StoreName} store @param {string} key @param {unknown} value */
export async function write(store, key, value) {
  await run(store, 'readwrite', (objects) => objects.put(value, key));
}

/** @param {StoreName} store @param {string} key */
export async function remove(store, key) {
  await run(store, 'readwrite', (objects) => objects.delete(key));
}

/** Asks the browser not to clear this data when it needs room. */
export async function keepStorage() {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}
