// The catalogue of a shop and its quick keys: each change holds on all its tills at once.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { attempt } from '../kit/attempt.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { editableAmount, formatAmount, formatRate, parseAmount } from '../kit/money.js';
import { addStyle } from '../kit/style.js';
import { banner, button, empty, field, loading, select } from '../kit/ui.js';
import { fitLabel } from './basket.js';
import { fromMenu } from './more.js';
import { saveSetup, setup } from './setup.js';
import { shop } from './state.js';
import { trace } from './trace.js';

/** @typedef {import('./basket.js').Item} Item */
/** @typedef {{of: Item | null, label: string, price: string, rate: string, unit: string, quick: boolean, wrong: 'label' | 'price' | null}} Form of: the article as it was opened, null for a new one */

const busy = signal(false);
const fault = signal(/** @type {unknown} */ (null));
const form = signal(/** @type {Form | null} */ (null));

void addStyle('/till/register.css').catch(() => undefined);

const symbol = () => shop.value?.ledger.symbol ?? '';

/** @param {Item[]} items @param {string} what for the journal */
function save(items, what) {
  return attempt({ busy, fault }, async () => {
    await saveSetup('counter', { ...setup('counter').value, items });
    form.value = null;
    void trace('settings', what);
  });
}

/** @param {number | null} place */
function edit(place) {
  const { items, rates } = setup('counter').value;
  const item = place === null ? null : items[place];
  form.value = { of: item, label: item?.label ?? '', price: item ? editableAmount(item.price) : '', rate: String(item?.rate ?? rates[0]), unit: item?.unit ?? '', quick: item?.quick ?? true, wrong: null };
  fault.value = null;
  scrollTo(0, 0);
}

/** Where an article stands now; where another till changed it meanwhile, that is said and nothing is changed. @param {Item} item @param {Item[]} items */
function placeOf(item, items) {
  const place = items.findIndex((one) => JSON.stringify(one) === JSON.stringify(item));
  if (place < 0) fault.value = new Problem({ status: 409, code: 'settings_changed' });
  return place < 0 ? null : place;
}

/** @param {Event} event */
function submit(event) {
  event.preventDefault();
  const typed = form.value;
  if (!typed) return;
  const { items } = /** @type {{items: Item[]}} */ (setup('counter').value);
  const price = parseAmount(typed.price);
  const label = fitLabel(typed.label);
  if (!label) form.value = { ...typed, wrong: 'label' };
  else if (price === null || price > 9_999_999) form.value = { ...typed, wrong: 'price' };
  else {
    const item = /** @type {Item} */ ({ label, price, rate: Number(typed.rate), unit: typed.unit, quick: typed.quick });
    if (!typed.of) return void save([...items, item], `${label} ${formatAmount(price)}`);
    const place = placeOf(typed.of, items);
    if (place !== null) void save(items.map((one, at) => (at === place ? item : one)), `${label} ${formatAmount(price)}`);
  }
}

function remove() {
  const item = form.value?.of;
  const items = /** @type {Item[]} */ (setup('counter').value.items);
  const place = item ? placeOf(item, items) : null;
  if (item && place !== null) void save(items.filter((_item, at) => at !== place), `− ${item.label}`);
}

/** @param {Form} typed */
function formView(typed) {
  const { rates } = /** @type {{rates: number[]}} */ (setup('counter').value);
  /** @param {Partial<Form>} change */
  const put = (change) => { form.value = { ...typed, wrong: null, ...change }; };
  return html`<form class="card stack" data-name="item-form" novalidate @submit=${submit}>
    <h2>${t(typed.of === null ? 'goods.new' : 'goods.change')}</h2>
    ${field({ name: 'item-label', label: t('goods.label'), value: typed.label, maxLength: 60, fault: typed.wrong === 'label' ? t('goods.label_wrong') : null, onInput: (label) => put({ label }) })}
    ${field({ name: 'item-price', label: t(typed.unit ? `goods.price_${typed.unit}` : 'goods.price'), value: typed.price, inputMode: 'decimal', suffix: symbol(), ltr: true, fault: typed.wrong === 'price' ? t('goods.price_wrong') : null, onInput: (price) => put({ price }) })}
    ${select({ name: 'item-rate', label: t('goods.rate'), value: typed.rate, options: rates.map((rate) => ({ value: String(rate), label: formatRate(rate) })), onChoose: (rate) => put({ rate }) })}
    ${select({ name: 'item-unit', label: t('goods.unit'), value: typed.unit, options: ['', 'kg', 'l'].map((unit) => ({ value: unit, label: t(`goods.unit_${unit || 'piece'}`) })), onChoose: (unit) => put({ unit }) })}
    <label class="choice"><input type="checkbox" name="item-quick" .checked=${typed.quick} @change=${(/** @type {Event} */ event) => put({ quick: /** @type {HTMLInputElement} */ (event.target).checked })}><span>${t('goods.quick')}</span></label>
    ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
    <div class="actions">${button({ label: t('goods.save'), kind: 'primary', type: 'submit', busy: busy.value, name: 'item-save' })}
      ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { form.value = null; } })}
      ${typed.of === null ? nothing : button({ label: t('goods.remove'), kind: 'danger', iconName: 'trash', name: 'item-remove', busy: busy.value, onClick: remove })}</div>
  </form>`;
}

/** @param {number} place */
function raise(place) {
  const items = /** @type {Item[]} */ ([...setup('counter').value.items]);
  const [item] = items.splice(place, 1);
  items.splice(place - 1, 0, item);
  void save(items, `↑ ${item.label}`);
}

/** @param {Item} item @param {number} place */
function itemRow(item, place) {
  const price = formatAmount(item.price, { symbol: symbol() });
  return html`<li class="good-row"><button type="button" class="row" data-name="item" data-item=${item.label} @click=${() => edit(place)}>
      <span class="row-words"><span class="row-title"><bdi>${item.label}</bdi></span><span class="row-note">${formatRate(item.rate)}${item.unit ? ` · ${t(`goods.unit_${item.unit}`)}` : nothing}${item.quick ? ` · ${t('goods.key')}` : nothing}</span></span>
      <bdi class="good-price" dir="ltr">${price}</bdi></button>
    <button type="button" class="button quiet square" aria-label=${t('goods.raise', { label: item.label })} ?disabled=${place === 0 || busy.value} @click=${() => raise(place)}><span class="raise">${icon('down')}</span></button></li>`;
}

export function goodsView() {
  const counter = setup('counter').value;
  if (!counter) return fromMenu({ title: t('row.goods'), body: loading() });
  const items = /** @type {Item[]} */ (counter.items);
  return fromMenu({ title: t('row.goods'), name: 'goods', body: html`
    ${form.value ? formView(form.value) : html`<p>${t('goods.words')}</p>
      ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
      ${button({ label: t('goods.add'), kind: 'primary', iconName: 'plus', name: 'item-add', onClick: () => edit(null) })}`}
    ${items.length === 0 ? (form.value ? nothing : empty({ iconName: 'shop', title: t('goods.none'), text: t('goods.none_words') })) : html`<ul class="list">${items.map(itemRow)}</ul>`}` });
}
