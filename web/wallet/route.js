// Where the reader is: the part of the address after `#`. Links that carry a request or a key are taken off the
// address at once, so that they stay in no history and no screenshot.

import { signal } from '../vendor/signals-core/signals-core.js';

/** @typedef {{name: string, value: string}} Route */

/** @returns {Route} */
function current() {
  const fragment = location.hash.slice(1);
  const at = fragment.indexOf('=');
  if (at < 0) return { name: fragment, value: '' };
  return { name: fragment.slice(0, at), value: fragment.slice(at + 1) };
}

export const route = signal(/** @type {Route} */ ({ name: '', value: '' }));

function follow() {
  route.value = current();
  if (route.value.name === 'demo') history.replaceState(null, '', location.pathname);
  globalThis.scrollTo?.(0, 0);
}

export function startRoutes() {
  addEventListener('hashchange', follow);
  follow();
}

/** @param {string} name @param {string | number} [value] */
export function go(name, value = '') {
  const fragment = value === '' ? name : `${name}=${value}`;
  if (location.hash.slice(1) === fragment) follow();
  else location.hash = fragment;
}

/** Goes to a screen that the reader should not come back from by "back". @param {string} name @param {string | number} [value] */
export function replace(name, value = '') {
  const fragment = value === '' ? name : `${name}=${value}`;
  history.replaceState(null, '', fragment ? `#${fragment}` : location.pathname);
  follow();
}
