// A new device for a member who lost theirs: its code is scanned or pasted, who the person is has been checked, and it waits before it
// may pay. The lost device is taken off at once.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { readDevice } from '../kit/device-link.js';
import { fingerprint } from '../kit/hex.js';
import { t } from '../kit/i18n.js';
import { scanView } from '../kit/scan-view.js';
import { banner, button } from '../kit/ui.js';
import { desk } from './state.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const scanning = signal(false);

/** How long a new key waits, in words. */
export function waitWords() {
  const delay = desk.value?.ledger.recovery_delay_ms ?? 0;
  return delay >= HOUR_MS ? t('device.hours', { n: Math.floor(delay / HOUR_MS) }) : t('device.minutes', { n: Math.ceil(delay / MINUTE_MS) });
}

/** The key in what was scanned, pasted or typed. @param {string} text @returns {string | null} hex */
export function deviceKey(text) {
  return readDevice(text.replace(/\s/g, ''))?.key ?? null;
}

/** The fields of the form. @param {import('./form.js').Form} form */
export function newDeviceFields(form) {
  const found = deviceKey(form.text('key'));
  return html`<ol class="wide-field device-steps">${['who', 'lost', 'code'].map((step) => html`<li>${t(`device.${step}`)}</li>`)}</ol>
    ${scanning.value ? html`<div class="wide-field stack device-camera">${scanView({ onText: (text) => take(form, text) })}
        ${button({ label: t('device.no_scan'), kind: 'quiet', onClick: () => { scanning.value = false; } })}</div>`
      : html`<div class="wide-field">${button({ label: t('device.scan'), iconName: 'scan', name: 'scan-device', onClick: () => { scanning.value = true; } })}</div>`}
    ${form.input('key', t('member.new_key'), { ltr: true, hint: t('device.hint') })}
    ${form.select('scope', t('field.scope'), [{ value: 'full', label: t('scope.full') }, { value: 'read', label: t('scope.read') }])}
    ${found ? html`<p class="wide-field" data-name="device-found">${t('device.compare')} <bdi dir="ltr" class="code">${fingerprint(found)}</bdi></p>` : nothing}
    ${form.text('scope') === 'read' ? nothing : html`<div class="wide-field">${banner({ tone: 'info', iconName: 'clock', text: t('device.waits', { waits: waitWords() }) })}</div>`}`;
}

/** @param {import('./form.js').Form} form @param {string} text @returns {string | null} */
function take(form, text) {
  if (!deviceKey(text)) return t('device.no_code');
  form.put('key', text);
  scanning.value = false;
  return null;
}
