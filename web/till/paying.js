// A sale that is paid in parts: units that are asked for, and euros that are only noted. Nobody gives euros back for units: a part
// in units is never above what is due.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { editableAmount, formatAmount, parseAmount } from '../kit/money.js';
import { allowSound } from '../kit/sound.js';
import { amount, ask as question, banner, button, field, loading, toast } from '../kit/ui.js';
import { MOST_TENDERS, dueOf, partOf, restOf } from './basket.js';
import { giveUp, standingOf } from './giving-up.js';
import { isUnderWay, refundState, refunds } from './refunds.js';
import { addTender, askUnits, dropTender, finish, paying, sale, settlePending, unsure, unticketed } from './sale.js';
import { shop } from './state.js';
import { trace } from './trace.js';

/** @typedef {import('./basket.js').Means} Means */

const symbol = () => shop.value?.ledger.symbol ?? '';

/** Null: all that is left. */
const typed = signal(/** @type {string | null} */ (null));
const fault = signal(/** @type {string | null} */ (null));

/** @type {[Exclude<Means, 'units'>, string][]} */
const EUROS = [['cash', 'bank'], ['card', 'card'], ['cheque', 'pen'], ['other', 'menu']];

/** @param {Means} means */
async function pay(means) {
  const rest = restOf(sale.value);
  const given = typed.value === null ? rest : parseAmount(typed.value);
  const part = given === null ? null : partOf(rest, given, means);
  if (!part) {
    fault.value = t(means === 'units' ? 'paying.too_much_units' : 'paying.too_much', { amount: formatAmount(rest) });
    return;
  }
  allowSound();
  typed.value = null;
  fault.value = null;
  if (part.change > 0) toast(t('paying.change', { amount: formatAmount(part.change, { symbol: '€' }) }), 'info');
  if (means === 'units') await askUnits(part.amount);
  else await addTender({ means, amount: part.amount, charge: null, certain: true, ...(part.change > 0 ? { change: part.change } : {}) });
}

/** @param {import('./basket.js').Tender} tender @param {number} place */
function tenderRow(tender, place) {
  const units = tender.means === 'units';
  const { sequence } = tender;
  const back = sequence === undefined ? undefined : refunds.value.get(sequence);
  return html`<li class="tender" data-name="tender" data-means=${tender.means} data-cents=${tender.amount}>
    <span class="tender-words">${t(`means.${tender.means}`)}${tender.certain ? nothing : html`<span class="quiet-words">${t('paying.uncertain')}</span>`}</span>
    ${amount(tender.amount, { symbol: units ? symbol() : '€' })}
    ${units ? html`${icon('check', { size: 20 })}` : button({ label: html`<span class="hidden">${t('paying.drop')}</span>`, kind: 'quiet', iconName: 'cross', name: 'drop-tender', onClick: () => dropTender(place) })}
    ${back && sequence !== undefined ? refundState(sequence) : nothing}</li>`;
}

/** Parts that were taken without network and have no answer yet: their sale is not given up before. */
const waiting = signal(/** @type {readonly import('./basket.js').Tender[]} */ ([]));
/** What each part came to is being asked. */
const looking = signal(false);

/** What goes back when a sale is given up, and how. @param {number} back cents in units @param {readonly import('./basket.js').Tender[]} tenders */
export function abandonWords(back, tenders) {
  const euros = tenders.some(({ means }) => means !== 'units');
  const words = [back > 0 ? t('paying.abandon_units', { amount: formatAmount(back, { symbol: symbol() }) }) : '', euros ? t('paying.abandon_euros') : ''];
  return words.filter(Boolean).join(' ') || t('paying.abandon_words');
}

/** Ends the sale without a ticket: what came in units goes back, euros are handed back. */
async function abandon() {
  const { tenders, training } = sale.value;
  if (tenders.length === 0) {
    paying.value = false;
    return;
  }
  const due = formatAmount(dueOf(sale.value));
  looking.value = true;
  const standing = await standingOf(training ? [] : tenders).finally(() => { looking.value = false; });
  waiting.value = standing.waiting;
  if (standing.waiting.length > 0) return;
  const back = standing.back.reduce((sum, { tender, refunded }) => sum + tender.amount - refunded, 0);
  if (!(await question({ title: t('paying.abandon_title'), text: abandonWords(back, tenders), confirm: t('paying.abandon'), danger: true, iconName: 'undo' }))) return;
  if (await giveUp(standing)) void trace('void', due);
}

export function payingView() {
  const { tenders, asking } = sale.value;
  const rest = restOf(sale.value);
  if (asking) return unsure.value ? unsureView() : loading(t('counter.asking'));
  const busy = looking.value || tenders.some(({ sequence }) => sequence !== undefined && isUnderWay(refunds.value.get(sequence)));
  const unsettled = tenders.some((tender) => waiting.value.includes(tender));
  return html`<section class="paying till-narrow" data-name="paying"><h1>${t('paying.title')}</h1>
    <div class="due-words" role="status" data-name="rest" data-cents=${rest}><span>${t('paying.rest')}</span>${amount(rest, { symbol: symbol(), size: 'huge' })}</div>
    ${tenders.length === 0 ? nothing : html`<ul class="tenders card">${tenders.map(tenderRow)}</ul>`}
    ${unticketed.value ? html`${banner({ tone: 'danger', title: t('paying.no_ticket'), text: sentenceFor(unticketed.value) })}${button({ label: t('till.retry'), kind: 'primary', big: true, iconName: 'refresh', name: 'ticket-again', onClick: finish })}` : nothing}
    ${rest < 1 || busy || tenders.length >= MOST_TENDERS ? nothing : html`
      ${field({ name: 'part', label: t('paying.part'), hint: t('paying.part_hint'), value: typed.value ?? editableAmount(rest), fault: fault.value, inputMode: 'decimal', suffix: symbol(), huge: true, ltr: true, onInput: (text) => { typed.value = text; fault.value = null; } })}
      ${button({ label: t('paying.units'), kind: 'primary', big: true, iconName: 'qr', name: 'pay-units', onClick: () => pay('units') })}
      <div class="euro-means" role="group" aria-label=${t('paying.euros')}>${EUROS.map(([means, iconName]) => button({ label: t(`means.${means}`), iconName, name: `pay-${means}`, onClick: () => pay(means) }))}</div>
      <p class="quiet-words">${t('paying.euros_words')}</p>`}
    ${unsettled ? html`<div data-name="unsettled">${banner({ tone: 'warning', iconName: 'clock', title: t('paying.unsettled'), text: t('paying.unsettled_words') })}</div>` : nothing}
    ${rest > 0 || unticketed.value ? button({ label: t(tenders.length === 0 ? 'paying.back' : 'paying.abandon'), kind: 'quiet', iconName: tenders.length === 0 ? 'back' : 'undo', name: 'abandon', busy, onClick: abandon }) : nothing}
  </section>`;
}

/** The tablet was started again while a request was on the screen, and nobody can say yet what became of it. */
function unsureView() {
  return html`<section class="till-narrow" data-name="unsure">${banner({ tone: 'warning', iconName: 'offline', title: t('paying.unsure'), text: t('paying.unsure_words') })}
    ${button({ label: t('till.retry'), kind: 'primary', big: true, iconName: 'refresh', name: 'settle', onClick: settlePending })}</section>`;
}
