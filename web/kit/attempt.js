// One thing at a time, with what stopped it beside it: what a screen with buttons does.

import { batch } from '../vendor/signals-core/signals-core.js';

/**
 * Runs a step unless one is running; an exception becomes the fault that the screen shows.
 * @param {{busy: {value: boolean}, fault: {value: unknown}}} shown
 * @param {() => Promise<void>} step
 */
export async function attempt({ busy, fault }, step) {
  if (busy.value) return;
  batch(() => {
    busy.value = true;
    fault.value = null;
  });
  try {
    await step();
  } catch (error) {
    fault.value = error;
  } finally {
    busy.value = false;
  }
}
