// Letting a new device into the account: its code is scanned, what it may do is chosen, and this device signs.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { fingerprint, unhex } from '../kit/hex.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { addKey } from '../kit/ledger.js';
import { parseAmount } from '../kit/money.js';
import { scanView } from '../kit/scan-view.js';
import { banner, button, empty, field, linkButton, loading, toast } from '../kit/ui.js';
import { LONGEST_NAME, readDevice } from '../kit/device-link.js';
import { nameKey } from './devices.js';
import { frame } from './frame.js';
import { knowKey } from './keys-seen.js';
import { replace } from './route.js';
import { settled } from './settle.js';
import { account, accountBytes, scope, symbol, wallet } from './state.js';

/** A child's pocket money, a carer's shopping: changed by whoever knows better. */
const PER_PAYMENT = '20';
const PER_DAY = '30';

const found = signal(/** @type {import('../kit/device-link.js').Device | null} */ (null));
const label = signal('');
const may = signal(/** @type {'full' | 'limited'} */ ('full'));
const perPayment = signal(PER_PAYMENT);
const perDay = signal(PER_DAY);
const amountFault = signal(/** @type {'payment' | 'day' | null} */ (null));
const busy = signal(false);
const done = signal(false);
/** What stood in the address the last time. */
let shownFor = '';

/** @param {string} text @returns {string | null} */
function takeCode(text) {
  const device = readDevice(text);
  if (!device) return t('admit.no_code');
  if (device.key === wallet.value?.key) return t('admit.own_code');
  batch(() => {
    found.value = device;
    label.value = device.label;
    done.value = false;
  });
  return null;
}

/** @param {string} value a scanned code, as the address names it; `family` to scan one for somebody of the family */
export function admitView(value) {
  if (!account.value) return frame({ title: t('admit.title'), back: '', body: loading() });
  if (scope.value !== 'full') return frame({ title: t('admit.title'), back: '', body: empty({ iconName: 'key', title: t('admit.title'), text: t('devices.limited') }) });
  if (value !== shownFor) {
    shownFor = value;
    if (done.peek()) queueMicrotask(reset);
  }
  const family = value === 'family';
  if (value && !family) queueMicrotask(() => arrive(value));
  const limited = family || may.value === 'limited';
  const device = found.value;
  if (done.value && device) return doneView();
  if (!device) {
    return frame({
      title: t('admit.title'), back: 'devices',
      body: html`<p>${t('admit.text')}</p>${scanView({ onText: takeCode, hint: t('admit.hint') })}`,
    });
  }
  return frame({
    title: t('admit.title'), back: 'devices',
    body: html`
      <section class="card stack center"><span class="state-icon">${icon('key', { size: 32 })}</span><p class="big-print"><bdi dir="ltr" class="code" data-name="admit-key">${fingerprint(device.key)}</bdi></p><p>${t('admit.compare')}</p></section>
      <form class="stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void admit(device.key, limited); }}>
        ${field({ name: 'admit-name', label: t('devices.name'), value: label.value, maxLength: LONGEST_NAME, onInput: (text) => { label.value = text; } })}
        ${family ? nothing : html`<fieldset class="choice"><legend>${t('admit.may')}</legend><ul class="list">
          ${choice('full', 'key')}${choice('limited', 'people')}</ul></fieldset>`}
        ${limited ? html`
          ${field({ name: 'per-payment', label: t('admit.per_payment'), value: perPayment.value, inputMode: 'decimal', ltr: true, suffix: symbol.value, fault: amountFault.value === 'payment' ? t('give.bad_amount') : null, onInput: (text) => { batch(() => { perPayment.value = text; amountFault.value = null; }); } })}
          ${field({ name: 'per-day', label: t('admit.per_day'), hint: t('admit.per_day_hint'), value: perDay.value, inputMode: 'decimal', ltr: true, suffix: symbol.value, fault: amountFault.value === 'day' ? t('give.bad_amount') : null, onInput: (text) => { batch(() => { perDay.value = text; amountFault.value = null; }); } })}` : nothing}
        ${banner({ tone: 'warning', iconName: 'warning', text: t(limited ? 'admit.warn_limited' : 'admit.warn_full') })}
        <div class="actions">${button({ label: t('admit.do'), kind: 'primary', big: true, type: 'submit', busy: busy.value, name: 'admit-do' })}
          ${linkButton({ label: t('action.cancel'), href: '#devices', kind: 'quiet' })}</div>
      </form>`,
  });
}

/** What stands in the address is taken off it. @param {string} value */
function arrive(value) {
  if (!found.peek()) {
    const fault = takeCode(value);
    if (fault) toast(fault, 'warning');
  }
  replace('device');
}

/** @param {'full' | 'limited'} value @param {string} iconName */
function choice(value, iconName) {
  return html`<li><label class="row"><input type="radio" name="may" value=${value} .checked=${may.value === value} @change=${() => { may.value = value; }}>
    <span class="row-icon">${icon(iconName)}</span><span class="row-words"><span class="row-title">${t(`admit.${value}`)}</span><span class="row-note">${t(`admit.${value}_text`)}</span></span></label></li>`;
}

/** @param {string} key @param {boolean} limited */
async function admit(key, limited) {
  const caps = { perPayment: parseAmount(perPayment.value), perDay: parseAmount(perDay.value) };
  if (limited && (!caps.perPayment || !caps.perDay)) {
    amountFault.value = caps.perPayment ? 'day' : 'payment';
    return;
  }
  busy.value = true;
  const named = label.value.trim();
  /** @type {Parameters<typeof addKey>[2]} */
  const words = !limited ? { scope: 'full' } : { scope: 'limited', perPayment: caps.perPayment ?? 0, perDay: caps.perDay ?? 0 };
  await knowKey(key);
  const added = await settled(addKey(accountBytes(account.value?.account ?? ''), unhex(key), words), { kind: 'add_key', name: named || t('join.device') });
  if (added) {
    done.value = true;
    await nameKey(key, named || t('join.device')).catch((error) => toast(sentenceFor(error), 'warning'));
  }
  busy.value = false;
}

function doneView() {
  return frame({
    title: t('admit.title'), back: 'devices',
    body: html`<div data-name="admitted">${empty({ iconName: 'check', title: t('admit.done'), text: t('admit.done_text') })}</div>
      <div class="actions">${linkButton({ label: t('devices.title'), href: '#devices', kind: 'primary', name: 'to-devices' })}</div>`,
  });
}

/** The next code is another one. */
function reset() {
  batch(() => {
    found.value = null;
    done.value = false;
    may.value = 'full';
    perPayment.value = PER_PAYMENT;
    perDay.value = PER_DAY;
  });
}

/** @param {string} name the screen that is shown now */
export function leaveAdmit(name) {
  if (name !== 'device') reset();
}
