// The counter of a shop that sells by articles: quick keys, a catalogue, amounts with their VAT rate, and the basket beside them.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount, formatQuantity, formatRate, parseAmount } from '../kit/money.js';
import { allowSound } from '../kit/sound.js';
import { ONE, lineTotal, totalOf } from '../kit/tax.js';
import { amount, button, closeDialog, field, openDialog, toast } from '../kit/ui.js';
import { asking, leave } from './asking.js';
import { REFERENCE_BYTES, dueOf, fitReference, percentOf, restOf, uncertainOf, withDiscount, withItem, withQuantity, withoutLine } from './basket.js';
import { cents, padView } from './counter.js';
import { doneView, ticketPart } from './done.js';
import { payingView } from './paying.js';
import { may } from './people.js';
import { askAll, change, clearSale, finish, finished, leaveFinished, paying, restoreSale, sale } from './sale.js';
import { setup } from './setup.js';
import { shop } from './state.js';
import { trace } from './trace.js';

/** @typedef {import('./basket.js').Item} Item */
/** @typedef {import('./register-open.js').Register} Register */

/** A basket is discounted in steps that people say. */
const DISCOUNTS = [5, 10, 20, 50];
/** Rates of a shop that set up none: France's. */
const RATES = [2000, 1000, 550, 210];
/** Grams and millilitres in what is sold by weight or by volume. */
const MOST_QUANTITY = 999_999;

const symbol = () => shop.value?.ledger.symbol ?? '';
const words = (/** @type {number} */ value) => formatAmount(value, { symbol: symbol() });

export const ratesOf = () => /** @type {number[]} */ (setup('counter').value?.rates ?? RATES);
const items = () => /** @type {Item[]} */ (setup('counter').value?.items ?? []);

/** The line whose amount, quantity and discount are being changed. */
const opened = signal(/** @type {number | null} */ (null));
/** Whether the pad is shown beside the quick keys on a small screen. */
const padShown = signal(false);
const tipTyped = signal(/** @type {string | null} */ (null));
// The tip that one customer typed is not the next one's.
effect(() => {
  if (sale.value.lines.length === 0) tipTyped.value = null;
});

/** @param {Item} item */
function take(item) {
  if (paying.value) return;
  if (item.unit !== '') return weigh(item);
  opened.value = null;
  put(withItem(sale.value.lines, item));
}

/** Notes the lines; null: the ticket would not hold them. @param {import('./basket.js').Line[] | null} lines @returns {boolean} whether they are noted */
function put(lines) {
  if (lines) void change({ lines });
  else toast(t('register.full'), 'danger');
  return lines !== null;
}

/** Takes what stands on the pad as a line of its own. @param {number} rate */
function takeTyped(rate) {
  if (cents.value < 1 || paying.value) return;
  const item = { label: t('register.various'), price: cents.value, rate, unit: /** @type {const} */ ('') };
  opened.value = null;
  if (put(withItem(sale.value.lines, item))) cents.value = 0;
}

/** Asks for grams or millilitres. @param {Item} item */
function weigh(item) {
  const typed = signal('');
  const quantity = () => (/^\d{1,6}$/.test(typed.value.trim()) ? Math.min(Number(typed.value.trim()), MOST_QUANTITY) : 0);
  const done = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (quantity() < 1) return;
    closeDialog();
    put(withItem(sale.value.lines, item, quantity()));
  };
  openDialog({
    label: item.label,
    closed: () => {},
    view: () => html`<form class="stack" data-name="weigh" novalidate @submit=${done}><h2><bdi>${item.label}</bdi></h2>
      <p class="quiet-words">${t(`register.price_${item.unit}`, { amount: words(item.price) })}</p>
      ${field({ name: 'quantity', label: t(`register.quantity_${item.unit}`), value: typed.value, inputMode: 'numeric', suffix: item.unit === 'kg' ? 'g' : 'ml', huge: true, ltr: true, maxLength: 6, onInput: (text) => { typed.value = text; } })}
      <p role="status">${amount(lineTotal(item.price, quantity()), { symbol: symbol(), size: 'big' })}</p>
      <div class="actions">${button({ label: t('register.add'), kind: 'primary', type: 'submit', name: 'weigh-add', disabled: quantity() < 1 })}${button({ label: t('action.cancel'), kind: 'quiet', onClick: closeDialog })}</div></form>`,
  });
}

/** The whole catalogue, by a few letters. */
function browse() {
  const typed = signal('');
  openDialog({
    label: t('register.catalogue'),
    closed: () => {},
    view: () => {
      const wanted = typed.value.trim().toLocaleLowerCase();
      const found = items().filter(({ label }) => label.toLocaleLowerCase().includes(wanted));
      return html`<div class="stack" data-name="catalogue"><h2>${t('register.catalogue')}</h2>
        ${field({ name: 'catalogue-search', label: t('register.search'), value: typed.value, type: 'search', inputMode: 'search', onInput: (text) => { typed.value = text; } })}
        ${found.length === 0 ? html`<p class="quiet-words">${t('register.search_none')}</p>` : html`<ul class="list catalogue-list">${found.map((item) => html`<li><button type="button" class="row" data-item=${item.label} @click=${() => { closeDialog(); take(item); }}>
          <span class="row-words"><span class="row-title"><bdi>${item.label}</bdi></span></span>${priceOf(item)}</button></li>`)}</ul>`}
        <div class="actions">${button({ label: t('action.close'), kind: 'quiet', onClick: closeDialog })}</div></div>`;
    },
  });
}

/** @param {Item} item */
function priceOf(item) {
  return item.unit === '' ? amount(item.price, { symbol: symbol() }) : html`<span>${t(`register.price_${item.unit}`, { amount: words(item.price) })}</span>`;
}

function quickKeys() {
  const quick = items().filter((item) => item.quick);
  return html`${quick.length === 0 ? nothing : html`<div class="quick-keys" role="group" aria-label=${t('register.quick')}>${quick.map((item) => html`
      <button type="button" class="quick-key" data-item=${item.label} @click=${() => take(item)}><span class="quick-label"><bdi>${item.label}</bdi></span><span class="quick-price">${priceOf(item)}</span></button>`)}</div>`}
    ${items().length > quick.length ? button({ label: t('register.catalogue'), iconName: 'search', name: 'open-catalogue', onClick: browse }) : nothing}`;
}

/** An amount without an article: the pad, and under it the rates that make it a line. */
function typedPart() {
  const quick = items().some((item) => item.quick);
  const shown = padShown.value || !quick;
  return html`<div class="register-pad ${shown ? 'shown' : ''}">
    ${quick ? html`<button type="button" class="link-button pad-toggle" aria-expanded=${shown ? 'true' : 'false'} data-name="other-amount" @click=${() => { padShown.value = !padShown.value; }}>${t('register.other_amount')}</button>` : nothing}
    <div class="pad-part">
      <div class="counter-amount ${cents.value < 1 ? 'zero' : ''}" role="status" data-name="amount"><span class="counter-label">${t('counter.amount')}</span>${amount(cents.value, { symbol: symbol(), size: 'huge' })}</div>
      ${padView()}
      <div class="rate-keys" role="group" aria-label=${t('register.rates')}>${ratesOf().map((rate) => html`<button type="button" class="button" data-rate=${rate} ?disabled=${cents.value < 1} @click=${() => takeTyped(rate)}>${icon('plus', { size: 18 })}<span>${t('register.rate', { rate: formatRate(rate) })}</span></button>`)}</div>
    </div></div>`;
}

/** @param {import('./basket.js').Line} line @param {number} place */
function lineView(line, place) {
  const off = line.price < 0;
  const here = opened.value === place;
  const how = line.unit !== '' || line.quantity !== ONE ? `${formatQuantity(line.quantity)}${line.unit ? `\u00a0${line.unit}` : ''} × ${formatAmount(line.price)}` : '';
  const words = html`<span class="line-words"><bdi>${line.label}</bdi>${how ? html`<bdi class="quiet-words" dir="ltr">${how}</bdi>` : nothing}</span>
    <span class="line-rate">${formatRate(line.rate)}</span>${amount(line.total, { symbol: symbol() })}`;
  if (off) return html`<li class="line off" data-name="line" data-cents=${line.total}>${words}${button({ label: html`<span class="hidden">${t('register.drop_discount')}</span>`, kind: 'quiet', iconName: 'cross', name: 'drop-discount', onClick: () => change({ lines: sale.value.lines.filter((_line, at) => at !== place) }) })}</li>`;
  return html`<li class="line-box"><button type="button" class="line" data-name="line" data-cents=${line.total} aria-expanded=${here ? 'true' : 'false'} @click=${() => { opened.value = here ? null : place; }}>${words}</button>
    ${here ? lineChanges(line, place) : nothing}</li>`;
}

/** @param {import('./basket.js').Line} line @param {number} place */
function lineChanges(line, place) {
  const { lines } = sale.value;
  /** @param {number} quantity */
  const count = (quantity) => change({ lines: withQuantity(lines, place, quantity) });
  const pieces = line.unit === '' && (lines[place + 1]?.price ?? 0) >= 0;
  return html`<div class="line-changes">
    ${pieces ? html`<button type="button" class="button square" data-name="less" aria-label=${t('register.less')} ?disabled=${line.quantity <= ONE} @click=${() => { void count(line.quantity - ONE); void trace('line_removed', traceOf(line, ONE)); }}>${icon('minus')}</button>
      <button type="button" class="button square" data-name="more" aria-label=${t('register.more')} ?disabled=${line.quantity >= MOST_QUANTITY} @click=${() => count(line.quantity + ONE)}>${icon('plus')}</button>` : nothing}
    ${!may('discount') ? nothing : DISCOUNTS.map((percent) => html`<button type="button" class="button" data-discount=${percent} aria-label=${t('register.discount', { percent })} @click=${() => discount(place, percent)}><bdi dir="ltr">${`\u2212${percent}\u00a0%`}</bdi></button>`)}
    ${button({ label: t('register.remove'), kind: 'danger', iconName: 'trash', name: 'remove-line', onClick: () => removeLine(place) })}</div>`;
}

/** What the journal of the till says of a line. @param {import('./basket.js').Line} line @param {number} [quantity] */
const traceOf = (line, quantity = line.quantity) => `${line.label} ${formatAmount(lineTotal(line.price, quantity))}`;

/** @param {number} place */
function removeLine(place) {
  const line = sale.value.lines[place];
  opened.value = null;
  void change({ lines: withoutLine(sale.value.lines, place) });
  void trace('line_removed', traceOf(line));
}

/** @param {number} place @param {number} percent */
function discount(place, percent) {
  opened.value = null;
  const before = sale.value.lines;
  const lines = withDiscount(before, place, percent, (line) => `${t('register.discount', { percent })} ${line.label}`);
  if (put(lines)) void trace('discount', `${percent} % ${traceOf(before[place])}`);
}

function tipPart() {
  const tips = setup('counter').value?.tips;
  if (!tips?.on) return nothing;
  const { lines, tip } = sale.value;
  const total = totalOf(lines);
  const typed = tipTyped.value;
  /** @param {number} value */
  const choose = (value) => { tipTyped.value = null; void change({ tip: value }); };
  const shares = /** @type {number[]} */ (tips.percents).map((percent) => ({ percent, share: percentOf(total, percent) }));
  return html`<fieldset class="tips" data-name="tips"><legend>${t('register.tip')}</legend>
    <div class="cluster">
      <button type="button" class="button" data-tip="0" aria-pressed=${tip === 0 && typed === null ? 'true' : 'false'} @click=${() => choose(0)}>${t('register.tip_none')}</button>
      ${shares.map(({ percent, share }) => html`<button type="button" class="button" data-tip=${percent} aria-pressed=${tip > 0 && tip === share && typed === null ? 'true' : 'false'} ?disabled=${share < 1} @click=${() => choose(share)}><bdi dir="ltr">${`${percent}\u00a0%`}</bdi> <bdi class="quiet-words">${formatAmount(share)}</bdi></button>`)}
      <button type="button" class="button" data-tip="other" aria-pressed=${typed === null ? 'false' : 'true'} @click=${() => { tipTyped.value = typed ?? ''; }}>${t('register.tip_other')}</button></div>
    ${typed === null ? nothing : field({ name: 'tip', label: t('register.tip_amount'), value: typed, inputMode: 'decimal', suffix: symbol(), ltr: true,
      onInput: (text) => { tipTyped.value = text; void change({ tip: parseAmount(text) ?? 0 }); } })}
  </fieldset>`;
}

/** The amount on the pad counts as a line, at the first rate, when nobody said otherwise. */
function withTyped() {
  if (cents.value > 0) takeTyped(ratesOf()[0]);
}

async function enter() {
  if (finished.value) return leaveFinished();
  if (paying.value) return;
  withTyped();
  if (sale.value.lines.length === 0 || cents.value > 0) return;
  allowSound();
  if (dueOf(sale.value) === 0) return finish();
  await askAll();
}

/** In parts, or in euros. */
function split() {
  withTyped();
  if (dueOf(sale.value) > 0 && cents.value === 0) paying.value = true;
}

async function emptyBasket() {
  const { lines } = sale.value;
  const total = formatAmount(totalOf(lines));
  opened.value = null;
  await clearSale();
  void trace('void', total);
}

function basketView() {
  const { lines, reference } = sale.value;
  const due = dueOf(sale.value) + cents.value;
  const nothingYet = lines.length === 0;
  const wrong = due < 0;
  return html`<section class="register-basket card" aria-label=${t('register.basket')}>
    ${nothingYet ? html`<p class="quiet-words">${t('register.empty')}</p>` : html`<ul class="lines">${lines.map(lineView)}</ul>`}
    ${sale.value.tip > 0 ? html`<p class="line" data-name="tip-line" data-cents=${sale.value.tip}><span class="line-words">${t('register.tip')}</span>${amount(sale.value.tip, { symbol: symbol() })}</p>` : nothing}
    ${nothingYet ? nothing : tipPart()}
    ${field({ name: 'reference', label: t('counter.reference'), placeholder: t('counter.reference_hint'), value: reference, maxLength: REFERENCE_BYTES, onInput: (typed) => void change({ reference: fitReference(typed) }) })}
    <div class="register-due"><div class="due-words" role="status" data-name="due" data-cents=${due}><span>${t('register.due')}</span>${amount(due, { symbol: symbol(), size: 'big' })}</div>
      ${button({ label: due === 0 && !nothingYet ? t('register.finish') : t('register.ask'), kind: 'primary', big: true, iconName: 'qr', name: 'ask', disabled: wrong || (due < 1 && nothingYet), onClick: enter })}</div>
    <div class="due-actions">${button({ label: t('register.split'), name: 'split', disabled: due < 1, onClick: split })}
      ${nothingYet ? nothing : button({ label: t('register.clear'), kind: 'quiet', iconName: 'trash', name: 'empty-basket', onClick: emptyBasket })}</div>
  </section>`;
}

function view() {
  if (finished.value) return doneView(finished.value);
  if (paying.value) return payingView();
  return html`<div class="register" data-name="register"><h1 class="hidden">${t('till.tab_counter')}</h1>
    <section class="register-keys">${quickKeys()}${typedPart()}</section>${basketView()}</div>`;
}

/** On the screen that says "paid", or "taken": what is left, or the ticket and the next customer. @param {import('./asking.js').Asking} _now */
function after(_now) {
  const rest = restOf(sale.value);
  if (finished.value) {
    return html`${ticketPart(finished.value)}${button({ label: t('charge.next'), kind: 'primary', big: true, name: 'next', onClick: () => { leave(); leaveFinished(); } })}`;
  }
  if (sale.value.tenders.length === 0 || asking.value === null) return null;
  return html`${button({ label: rest > 0 ? t('register.still', { amount: words(rest) }) : t('action.continue'), kind: 'primary', big: true, name: 'next', onClick: leave })}`;
}

/** @type {Register} */
export const register = { view, enter, after, rest: () => (finished.value ? 0 : Math.max(0, restOf(sale.value) + cents.value)),
  typing: () => !finished.value && !paying.value, atRisk: () => uncertainOf(sale.value) };

await restoreSale();
