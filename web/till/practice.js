// Training on and off, and the screen for customers.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { attempt } from '../kit/attempt.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { banner, button } from '../kit/ui.js';
import { fromMenu } from './more.js';
import { keptSale } from './sale.js';
import { read } from '../kit/store.js';
import { shop, goTo, training } from './state.js';
import { trace } from './trace.js';
import { train } from './training-open.js';

const busy = signal(false);
const fault = signal(/** @type {unknown} */ (null));
/** A sale is in the middle of being paid. */
const underWay = signal(false);

/** @param {boolean} on */
function turn(on) {
  return attempt({ busy, fault }, async () => {
    const kept = await read('settings', keptSale(shop.peek()?.account ?? ''));
    underWay.value = (kept?.tenders.length ?? 0) > 0 || kept?.asking === true;
    if (underWay.value) return;
    if (!on) await trace('training_off');
    await train(on);
    if (on) await trace('training_on');
    goTo('counter');
  });
}

export function trainingView() {
  const on = training.value;
  return fromMenu({ title: t('row.training'), name: 'training-setup', body: html`
    <p>${t('training.words')}</p><p>${t('training.ticket_words')}</p>
    ${underWay.value ? banner({ tone: 'warning', text: t('training.under_way') }) : nothing}
    ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
    ${button({ label: t(on ? 'training.end' : 'training.begin'), kind: 'primary', big: true, iconName: 'school', busy: busy.value, name: 'train', onClick: () => turn(!on) })}` });
}

/** Opens a window of its own, to be dragged to the second screen; the browser gives no other way. */
function openDisplay() {
  window.open('/till/#customer', 'liard-customer', 'popup');
}

export function displayView() {
  return fromMenu({ title: t('row.display'), name: 'display', body: html`<p>${t('display.words')}</p><p>${t('display.how')}</p>
    ${button({ label: t('display.open'), kind: 'primary', big: true, iconName: 'external', name: 'open-display', onClick: openDisplay })}${nothing}` });
}
