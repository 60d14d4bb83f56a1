// The camera on screen, with its lamp, its faults and the way around them: pasting the link.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { ref } from '../vendor/lit-html/directives/ref.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { ScannerError, startScanner } from './scanner.js';
import { banner, button, field } from './ui.js';
import { icon } from './icons.js';
import { t } from './i18n.js';

/** @typedef {{stop: () => void, torch: ((on: boolean) => Promise<void>) | null}} Running */

const state = signal(/** @type {'off' | 'starting' | 'on' | import('./scanner.js').ScannerFault} */ ('off'));
const torchOn = signal(false);
const pasted = signal('');
const pasteFault = signal(/** @type {string | null} */ (null));
/** @type {Running | null} */
let running = null;
/** @type {Element | undefined} */
let shown;
/** Returns a sentence when the text is of no use here. @type {(text: string) => string | null} */
let take = () => null;

/** @param {Element | undefined} element */
function attach(element) {
  if (element === shown) return;
  stop();
  shown = element;
  if (element instanceof HTMLVideoElement) queueMicrotask(() => void start(element));
}

/** @param {HTMLVideoElement} video */
async function start(video) {
  batch(() => {
    state.value = 'starting';
    torchOn.value = false;
  });
  try {
    const scanner = await startScanner(video, (text) => {
      const fault = take(text);
      if (fault) pasteFault.value = fault;
      else stop();
    });
    if (shown !== video) scanner.stop();
    else {
      running = scanner;
      state.value = 'on';
    }
  } catch (error) {
    if (shown === video) state.value = error instanceof ScannerError ? error.fault : 'no_reader';
  }
}

function stop() {
  running?.stop();
  running = null;
}

// A page in the background gives the camera back.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) stop();
  else if (shown instanceof HTMLVideoElement && !running) void start(shown);
});

/** @param {{onText: (text: string) => string | null, hint?: string}} words without a hint, there is nothing to paste */
export function scanView({ onText, hint }) {
  take = onText;
  const now = state.value;
  const fault = now !== 'off' && now !== 'starting' && now !== 'on';
  return html`
    ${fault
      ? banner({ tone: 'warning', iconName: 'scan', text: t(`scanner.${now}`), action: now === 'insecure' || now === 'no_camera' ? nothing : button({ label: t('action.retry'), kind: 'quiet', iconName: 'refresh', onClick: () => { state.value = 'off'; } }) })
      : html`<div class="scanner">
          <video ${ref(attach)} muted playsinline aria-label=${t('scanner.aim')}></video>
          <div class="scanner-frame" aria-hidden="true"></div>
          <p class="scanner-note" role="status">${now === 'on' ? t('scanner.aim') : t('scanner.starting')}</p>
          ${now === 'on' && running?.torch
            ? html`<button type="button" class="icon-button scanner-torch" aria-pressed=${torchOn.value ? 'true' : 'false'} aria-label=${t(torchOn.value ? 'scanner.torch_off' : 'scanner.torch_on')}
                @click=${() => { torchOn.value = !torchOn.value; void running?.torch?.(torchOn.value); }}>${icon('torch')}</button>`
            : nothing}
        </div>`}
    ${hint === undefined ? pasteFault.value ? banner({ tone: 'warning', text: pasteFault.value }) : nothing : html`<form class="stack tight" @submit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      pasteFault.value = take(pasted.value.trim());
      if (!pasteFault.value) pasted.value = '';
    }}>
      ${field({ name: 'paste', label: t('scan.paste'), hint, value: pasted.value, ltr: true, fault: pasteFault.value, onInput: (value) => { batch(() => { pasted.value = value; pasteFault.value = null; }); } })}
      ${button({ label: t('action.continue'), type: 'submit', disabled: pasted.value.trim() === '', name: 'paste-continue' })}
    </form>`}`;
}
