// The way to the day's list: it comes after the first view, before anybody asks for it.

import { signal } from '../vendor/signals-core/signals-core.js';
import { failure, loading } from '../kit/ui.js';

const part = signal(/** @type {(() => unknown) | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));

export async function loadDay() {
  fault.value = null;
  try {
    part.value = (await import('./daylist.js')).dayView;
  } catch (error) {
    fault.value = error;
  }
}

/** The day, once it is there. */
export function dayScreen() {
  if (part.value) return part.value();
  return fault.value ? failure({ error: fault.value, onRetry: loadDay }) : loading();
}
