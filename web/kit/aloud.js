// Reads an amount and a name aloud, by the device's own voice, for whoever wished for it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { language, t } from './i18n.js';
import { icon } from './icons.js';
import { look } from './look.js';
import { amountParts } from './money.js';

/** An amount as it is said: "12 liards 50". @param {number} cents @param {string} unit name of the currency */
export function saidAmount(cents, unit) {
  const { whole, fraction } = amountParts(Math.abs(cents));
  return [whole, unit, fraction === '00' ? '' : fraction].filter(Boolean).join(' ');
}

/** Whether this device has a voice for the language on screen. */
export function hasVoice() {
  const voices = globalThis.speechSynthesis?.getVoices() ?? [];
  return voices.some(({ lang }) => lang.toLowerCase().startsWith(language.value));
}

/** Says it now; what was being said stops. @param {string} text */
export function say(text) {
  const voice = globalThis.speechSynthesis;
  if (!voice) return;
  voice.cancel();
  const words = new SpeechSynthesisUtterance(text);
  words.lang = language.value;
  voice.speak(words);
}

/** @type {string} */
let last = '';

/**
 * Says a text once when it comes on screen, and again at a touch; nothing unless the person wished for it.
 * @param {string} text
 */
export function aloud(text) {
  if (!look.value.has('aloud') || !globalThis.speechSynthesis) return nothing;
  if (text !== last) {
    last = text;
    queueMicrotask(() => say(text));
  }
  return html`<button type="button" class="button quiet no-print" data-name="aloud" @click=${() => say(text)}>${icon('sound')}<span>${t('aloud.again')}</span></button>`;
}

/** Another screen: what comes next is said although it may be the same. */
export function silence() {
  last = '';
  globalThis.speechSynthesis?.cancel();
}
