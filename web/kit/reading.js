// What a page reads from the server, and keeps on the screen while it reads it again or the network is gone.

import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from './api.js';

/** @template T */
export class Reading {
  /** @type {number} */
  #last = 0;

  /**
   * @param {() => import('./api.js').Session | null | undefined} session whoever reads; nothing is read without
   * @param {() => string} path
   * @param {(answer: any) => T} take
   */
  constructor(session, path, take) {
    this.session = session;
    this.path = path;
    this.take = take;
    this.data = signal(/** @type {T | null} */ (null));
    this.at = signal(0);
    this.error = signal(/** @type {unknown} */ (null));
    this.busy = signal(false);
  }

  /** What was read is of something else: it goes, and an answer that is on its way counts no more. */
  clear() {
    this.#last += 1;
    this.data.value = null;
    this.error.value = null;
    this.busy.value = false;
  }

  /** Reads it; of two readings that overlap only the later one counts. */
  async refresh() {
    const session = this.session();
    if (!session) return;
    const mine = ++this.#last;
    this.busy.value = true;
    try {
      const answer = this.take(await session.json(this.path()));
      if (mine !== this.#last) return;
      this.data.value = answer;
      this.at.value = now();
      this.error.value = null;
    } catch (error) {
      if (mine === this.#last) this.error.value = error;
    } finally {
      if (mine === this.#last) this.busy.value = false;
    }
  }
}
