// The associations that members can support or give to, as the server last told them.

import { signal } from '../vendor/signals-core/signals-core.js';
import { callJson } from '../kit/api.js';

/** @typedef {{account: string, name: string, trade: string | null}} Association */

export const associations = signal(/** @type {Association[] | null} */ (null));
export const associationsFault = signal(/** @type {unknown} */ (null));

/** Reads them anew; what was read stays when the server is away. */
export async function readAssociations() {
  associationsFault.value = null;
  try {
    associations.value = (await callJson('/v1/associations')).associations;
  } catch (error) {
    associationsFault.value = error;
  }
}
