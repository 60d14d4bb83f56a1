// A part of what a shop set up, as a page that holds the shop's own key reads and changes it. A change names the version that it was
// made from: of two people who change the same part, the second is told, and sees what holds now.

import { Reading } from './reading.js';

/** @template V @extends {Reading<{version: number, value: V}>} */
export class ShopPart extends Reading {
  /**
   * @param {string} name of the part
   * @param {() => import('./api.js').Session | null | undefined} session
   */
  constructor(name, session) {
    super(session, () => `/pos/v1/settings/${name}`, (answer) => answer);
  }

  /** What is set up, as last read; null before that. */
  get value() {
    return this.data.value?.value ?? null;
  }

  /** Rejects when it was not changed; what holds now is read then. @param {V} value */
  async change(value) {
    const before = this.data.peek();
    const session = this.session();
    if (!before || !session) throw new Error('changed before it was read');
    try {
      const kept = await session.json(this.path(), { method: 'PUT', json: { version: before.version, value } });
      // Whoever left meanwhile, or opened another shop, is shown nothing of this one.
      if (this.data.peek() === before) this.data.value = kept;
    } catch (error) {
      if (this.data.peek() === before) await this.refresh();
      throw error;
    }
  }
}
