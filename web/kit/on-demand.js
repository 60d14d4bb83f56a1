// Parts of a page that are loaded, with the words that only they use, when they are first opened: the first view stays small.

import { signal } from '../vendor/signals-core/signals-core.js';
import { moreWords } from './i18n.js';

/**
 * @typedef {object} Part
 * @property {() => Promise<(value: string) => unknown>} load gives the view of what stands after `=` in the address
 * @property {(name: string) => void} [leave] told the name of the screen that is shown now, once it is loaded
 */
/** @typedef {Part & {words: string[]}} Worded words: catalogues that it needs beside those of the first view */

/**
 * @template M
 * @param {() => Promise<M>} module
 * @param {(module: M, value: string) => unknown} view
 * @param {(module: M, name: string) => void} [leave]
 * @returns {Part}
 */
export function partOf(module, view, leave) {
  /** @type {Part} */
  const made = {
    async load() {
      const there = await module();
      if (leave) made.leave = (name) => leave(there, name);
      return (value) => view(there, value);
    },
  };
  return made;
}

/**
 * The parts of a page by their names.
 * @param {...Record<string, Worded>} tables
 */
export function onDemand(...tables) {
  const loaded = signal(/** @type {ReadonlyMap<string, (value: string) => unknown>} */ (new Map()));
  const faults = signal(/** @type {ReadonlyMap<string, unknown>} */ (new Map()));
  /** @type {Map<string, Promise<void>>} */
  const under = new Map();

  /** @param {string} name @param {Worded} part */
  async function fetchPart(name, { load, words }) {
    faults.value = new Map([...faults.value].filter(([one]) => one !== name));
    try {
      const [view] = await Promise.all([load(), moreWords(...words)]);
      loaded.value = new Map([...loaded.value, [name, view]]);
    } catch (error) {
      faults.value = new Map([...faults.value, [name, error]]);
    }
  }

  return {
    /** Loads the part of that name, if there is one and it is not loaded yet. @param {string} name @returns {Promise<void>} */
    async load(name) {
      const table = tables.find((one) => Object.hasOwn(one, name));
      if (!table || loaded.value.has(name)) return;
      const running = under.get(name) ?? fetchPart(name, table[name]).finally(() => under.delete(name));
      under.set(name, running);
      await running;
    },
    /** Its view, once it is there. @param {string} name */
    view: (name) => loaded.value.get(name),
    /** Whether it could not be loaded, and why. @param {string} name @returns {{error: unknown} | null} */
    fault: (name) => (faults.value.has(name) ? { error: faults.value.get(name) } : null),
  };
}
