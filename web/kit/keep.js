// Keeps the page for a visit without a network: `keep-worker.js` does it, in the background. And puts it on the screen of a phone.

import { signal } from '../vendor/signals-core/signals-core.js';

/** Whether a whole version of this page is kept in this browser. */
export const kept = signal(false);

/** The browser's own question whether to install this page, kept until the person asks for it. */
export const installQuestion = signal(/** @type {{prompt: () => Promise<unknown>} | null} */ (null));
addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault();
  installQuestion.value = /** @type {any} */ (event);
});

/** Whether this page was opened from an icon of its own. */
export const isInstalled = () => matchMedia('(display-mode: standalone)').matches || /** @type {any} */ (navigator).standalone === true;

/**
 * Call it once, after the first view is there. The worker is the one script that a page names by its address; the page's policy of
 * trusted types makes no other.
 * @param {'wallet' | 'till' | 'verify'} page
 */
export async function keepPage(page) {
  if (!navigator.serviceWorker) return;
  const address = `/${page}/worker.js`;
  const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('liard-worker', { createScriptURL: () => address });
  try {
    await navigator.serviceWorker.register(policy ? policy.createScriptURL('') : address, { scope: `/${page}/` });
    await navigator.serviceWorker.ready;
    kept.value = true;
  } catch (fault) {
    console.warn('the page could not be kept for a visit without a network', fault);
  }
}
