// Shows that there is something new when a push service wakes this worker. What came is empty; the words were kept by the page, in the
// wallet's language (`push.js`).
'use strict';
{
  const worker = /** @type {any} */ (self);
  const FOLDER = new URL('./', location.href).pathname;
  const ICON = '/kit/icon-192.png';

  /** The words that the page kept; null when it kept none, or when the browser has cleared them. @returns {Promise<{title: string, body: string, lang: string, dir: 'ltr' | 'rtl'} | null>} */
  const keptWords = () => new Promise((resolve) => {
    const asked = indexedDB.open('liard');
    // Nothing is made here: the page knows what its stores are.
    asked.onupgradeneeded = () => asked.transaction?.abort();
    asked.onerror = () => resolve(null);
    asked.onsuccess = () => {
      const database = asked.result;
      const found = database.transaction('settings').objectStore('settings').get('push-words');
      found.onsuccess = () => { database.close(); resolve(found.result ?? null); };
      found.onerror = () => { database.close(); resolve(null); };
    };
  });

  const pages = () => worker.clients.matchAll({ type: 'window', includeUncontrolled: true });

  async function show() {
    // An open page shows it by itself.
    if ((await pages()).some((/** @type {any} */ page) => page.visibilityState === 'visible' && new URL(page.url).pathname.startsWith(FOLDER))) return;
    const words = await keptWords();
    // Without words the mark alone: a browser wants to see something whenever it is woken.
    await worker.registration.showNotification(words?.title ?? 'Liard', {
      body: words?.body ?? '', lang: words?.lang ?? '', dir: words?.dir ?? 'auto', icon: ICON, badge: ICON, tag: 'news', renotify: true,
    });
  }

  async function openWallet() {
    const open = (await pages()).find((/** @type {any} */ page) => new URL(page.url).pathname.startsWith(FOLDER));
    await (open ? open.focus() : worker.clients.openWindow(FOLDER));
  }

  worker.addEventListener('push', (/** @type {any} */ event) => event.waitUntil(show()));

  worker.addEventListener('notificationclick', (/** @type {any} */ event) => {
    event.notification.close();
    event.waitUntil(openWallet());
  });
}
