// Paying without network, on screen: first what it means and who bears the risk, then the code that the shop scans, large and on
// white. None of these screens says "paid": only the ledger's receipt does.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { encodeOrderText } from '../kit/offline-order.js';
import { qrView } from '../kit/qr.js';
import { formatDateTime } from '../kit/time.js';
import { amount, banner, button, chip, empty, linkButton } from '../kit/ui.js';
import { icon } from '../kit/icons.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { obstacle, reserved, showSent, signOffline, signedOffline, spending, wasAccepted, wasNotUsed } from './offline.js';
import { toSign } from './pay.js';
import { replace } from './route.js';
import { lines, symbol } from './state.js';
import { units } from './words.js';

/** @typedef {import('./offline.js').Signed} Signed */

const fault = signal(/** @type {unknown} */ (null));
const busy = signal(false);

/** Before anything is signed: what it means. */
export function signView() {
  const wanted = toSign.value;
  if (!wanted) return frame({ title: t('apart.title'), back: '', body: empty({ iconName: 'offline', title: t('apart.nothing'), action: linkButton({ label: t('home.scan'), href: '#scan', iconName: 'scan' }) }) });
  const { order } = wanted;
  const hindered = obstacle(order, wanted.sent);
  const word = spending.value;
  return frame({
    title: t('apart.title'), back: '',
    body: html`
      <section class="order card">
        <p class="quiet-text">${t('pay.to')}</p><h2 class="order-name"><bdi>${order.name}</bdi></h2>
        <p class="order-amount">${amount(order.amount, { symbol: symbol.value, size: 'huge' })}</p>
      </section>
      ${hindered ? banner({ tone: 'warning', title: t('apart.cannot'), text: t(`apart.${hindered}`, { left: units(Math.max(0, (word?.cap ?? 0) - reserved.value)) }) }) : html`
        <ol class="steps" data-name="apart-words">
          ${['one', 'two', 'three'].map((step, at) => html`<li><span class="step-number" aria-hidden="true">${at + 1}</span><p>${t(`apart.step_${step}`)}</p></li>`)}
        </ol>
        ${banner({ tone: 'info', title: t('apart.risk'), text: t('apart.risk_text') })}`}
      ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
      <div class="actions">
        ${button({ label: t('apart.sign'), kind: 'copper', big: true, iconName: 'qr', disabled: hindered !== null, busy: busy.value, name: 'apart-sign', onClick: () => void sign() })}
        ${linkButton({ label: t('action.cancel'), href: '#', kind: 'quiet' })}
      </div>`,
  });
}

async function sign() {
  const wanted = toSign.value;
  if (!wanted || busy.value) return;
  busy.value = true;
  fault.value = null;
  try {
    const signed = await (wanted.sent ? showSent(wanted.order, wanted.sent) : signOffline(wanted.order));
    toSign.value = null;
    replace('signed', signed.id);
  } catch (error) {
    fault.value = error;
  } finally {
    busy.value = false;
  }
}

/** @param {string} id transaction id */
export function signedView(id) {
  const signed = signedOffline.value.find((one) => one.id === id);
  const line = lines.value?.find(({ transaction }) => transaction === id);
  if (line) {
    return frame({ title: t('apart.title'), back: '', body: empty({ iconName: 'check', title: t('apart.recorded'), text: t('apart.recorded_text'), action: linkButton({ label: t('apart.see'), href: `#entry=${line.sequence}`, kind: 'primary', name: 'apart-entry' }) }) });
  }
  if (!signed) return frame({ title: t('apart.title'), back: '', body: empty({ iconName: 'clock', title: t('apart.gone'), text: t('apart.gone_text'), action: linkButton({ label: t('open.to_home'), href: '#' }) }) });
  return signed.state === 'unused' ? unusedView(signed) : showView(signed);
}

/** @param {Signed} signed */
function showView(signed) {
  return frame({
    title: t('apart.show'), back: '',
    body: html`
      <section class="card stack center apart-code" data-name="apart-code">
        ${amount(signed.amount, { symbol: symbol.value, size: 'huge' })}
        <p class="receipt-party"><bdi>${signed.name}</bdi></p>
        ${qrView(encodeOrderText(signed.bytes, signed.certificate), { label: t('apart.code', { amount: units(signed.amount) }), mode: 'Alphanumeric', level: 'L' })}
        <p><strong>${t('apart.scans')}</strong></p>
        <p>${chip({ text: t('apart.not_paid'), tone: 'warning', iconName: 'clock' })}</p>
      </section>
      <div class="actions">
        ${button({ label: t('apart.accepted'), kind: 'primary', big: true, iconName: 'check', name: 'apart-accepted', onClick: () => void accepted(signed) })}
        ${button({ label: t('apart.unused'), kind: 'plain', iconName: 'cross', name: 'apart-unused', onClick: () => void wasNotUsed(signed) })}
      </div>
      <p class="quiet-text small-text">${t('apart.until', { time: formatDateTime(signed.validUntil) })}</p>
      ${rulesView()}`,
  });
}

/** @param {Signed} signed */
function unusedView(signed) {
  return frame({
    title: t('apart.title'), back: '',
    body: html`
      <section class="card stack center" data-name="apart-unused-view">
        ${amount(signed.amount, { symbol: symbol.value, size: 'big' })}<p class="receipt-party"><bdi>${signed.name}</bdi></p>
        <p>${t('apart.unused_text', { time: formatDateTime(signed.validUntil) })}</p>
      </section>
      <div class="actions">
        ${button({ label: t('apart.accepted_after_all'), kind: 'plain', name: 'apart-accepted', onClick: () => void accepted(signed) })}
        ${linkButton({ label: t('open.to_home'), href: '#', kind: 'primary' })}
      </div>${rulesView()}`,
  });
}

/** @param {Signed} signed */
async function accepted(signed) {
  try {
    await wasAccepted(signed);
    replace('');
  } catch (error) {
    fault.value = error;
  }
}

function rulesView() {
  return html`<details><summary>${t('apart.rules')}${icon('down', { size: 18 })}</summary><p class="small-text">${t('apart.rules_text')}</p><p class="small-text">${t('apart.risk_text')}</p></details>`;
}
