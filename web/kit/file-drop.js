// Files may be dropped anywhere on a page that takes them; elsewhere the browser would leave the page to open them.

import { signal } from '../vendor/signals-core/signals-core.js';

const holdsFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false;

/**
 * @param {() => boolean} wanted whether what is on the screen takes files
 * @param {(files: File[]) => void} take
 * @returns {import('../vendor/signals-core/signals-core.js').Signal<boolean>} whether files are held over the page
 */
export function takeDropped(wanted, take) {
  const dropping = signal(false);
  addEventListener('dragover', (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    dropping.value = wanted();
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) dropping.value = false;
  });
  addEventListener('drop', (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    dropping.value = false;
    if (wanted()) take([...(event.dataTransfer?.files ?? [])]);
  });
  return dropping;
}
