// What the screen for customers is told, in a second window of this browser: the amount, the code, and how it ended.

import { effect } from '../vendor/signals-core/signals-core.js';
import { hex, randomBytes } from '../kit/hex.js';
import { language } from '../kit/i18n.js';
import { asking } from './asking.js';
import { BEAT_MS, CHANNEL } from './customer-words.js';
import { registerPart } from './register-open.js';
import { phase, training } from './state.js';

/** @typedef {import('./customer-words.js').Told} Told */

/** @type {Record<import('./asking.js').Asking['step'], Told['step']>} */
const STEPS = {
  asking: 'basket', failed: 'basket', apart: 'ask', open: 'ask', cancelling: 'ask', checking: 'ask', practice: 'ask',
  paid: 'paid', practised: 'paid', taken: 'taken', cancelled: 'over', expired: 'over', not_proved: 'over',
};

/** @returns {Told | null} */
function told() {
  const now = phase.value;
  if (now.name !== 'ready') return null;
  const { symbol, demo } = now.shop.ledger;
  const frame = { shopName: now.shopName, symbol, demo: Boolean(demo), training: training.value, language: language.value };
  const request = asking.value;
  const rest = registerPart.value?.rest() ?? 0;
  if (!request) return { ...frame, step: rest > 0 ? 'basket' : 'idle', amount: rest, rest, link: '', reference: '' };
  const step = STEPS[request.step];
  return { ...frame, step, amount: request.amount, rest, link: step === 'ask' ? request.link : '', reference: request.reference };
}

const channel = new BroadcastChannel(CHANNEL);
const tab = hex(randomBytes(8));
let said = '';
let began = false;
let changed = 0;

function tell() {
  const now = told();
  const words = JSON.stringify(now);
  if (words !== said && began) changed = Date.now();
  // A till that was just opened, and stands idle, says nothing new.
  if (now) began = true;
  said = words;
  channel.postMessage(/** @type {import('./customer-words.js').Word} */ ({ tab, changed, told: now }));
}
effect(tell);
channel.onmessage = ({ data }) => {
  if (data === 'hello') tell();
};
setInterval(tell, BEAT_MS);
