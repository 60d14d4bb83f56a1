// The list of shops with what narrows it, and one shop with its hours: the same in the wallet and on the public page.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from './api.js';
import { icon } from './icons.js';
import { choicesOf, fitting, formatMinutes, standingAt, weekdayName } from './places.js';
import { chip, empty } from './ui.js';
import { t } from './i18n.js';

/** @typedef {import('./places.js').Shop} Shop */

/** "Open" and "closes at" are told anew this often. */
const CLOCK_MS = 30_000;

const sought = signal('');
const trade = signal('');
const quarter = signal('');
const openNow = signal(false);
const offers = signal(false);
const clock = signal(now());
setInterval(() => { clock.value = now(); }, CLOCK_MS);

/** Whether it is open, as people say it. @param {Shop} shop */
export function standingView({ place }) {
  const standing = standingAt(place?.openings ?? [], clock.value);
  if (!standing) return nothing;
  if (standing.open) return chip({ text: standing.until === 1440 ? t('places.open') : t('places.open_until', { time: formatMinutes(standing.until) }), tone: 'good', iconName: 'clock' });
  const values = { time: formatMinutes(standing.at), day: weekdayName(standing.weekday) };
  return chip({ text: t(standing.today ? 'places.opens_at' : 'places.opens_on', values), iconName: 'clock' });
}

/** @param {string} name @param {string} label @param {string[]} choices @param {{value: string}} chosen */
function choiceView(name, label, choices, chosen) {
  if (choices.length < 2) return nothing;
  const picked = choices.includes(chosen.value) ? chosen.value : '';
  return html`<label class="field-box picker"><span class="hidden">${label}</span><select data-name=${name} @change=${(/** @type {Event} */ event) => { chosen.value = /** @type {HTMLSelectElement} */ (event.target).value; }}>
    <option value="" ?selected=${picked === ''}>${label}</option>${choices.map((one) => html`<option value=${one} ?selected=${one === picked}>${one}</option>`)}</select>${icon('down', { size: 18 })}</label>`;
}

/** @param {string} name @param {string} label @param {string} iconName @param {{value: boolean}} on */
function toggleView(name, label, iconName, on) {
  return html`<button type="button" class="toggle" data-name=${name} aria-pressed=${on.value ? 'true' : 'false'} @click=${() => { on.value = !on.value; }}>${icon(on.value ? 'check' : iconName, { size: 20 })}<span>${label}</span></button>`;
}

/**
 * The shops that fit what is sought.
 * @param {Shop[]} shops
 * @param {{suppliers?: boolean, href?: (shop: Shop) => string}} [words] `suppliers`: a merchant looks, for whom to pay; `href`: where a shop's own page is
 */
export function shopsView(shops, { suppliers = false, href } = {}) {
  const wish = { sought: sought.value, trade: trade.value, quarter: quarter.value, openAt: openNow.value ? clock.value : null, offers: suppliers && offers.value };
  const found = fitting(shops, wish);
  const rowWords = (/** @type {Shop} */ shop) => html`<span class="row-icon">${icon('shop')}</span>
    <span class="row-words"><span class="row-title"><bdi>${shop.name}</bdi></span>
      <span class="row-note"><bdi>${[shop.trade, shop.place?.quarter].filter(Boolean).join(' · ')}</bdi></span>
      ${suppliers && offers.value && shop.place?.offers ? html`<span class="row-note"><bdi>${shop.place.offers}</bdi></span>` : nothing}
      <span class="places-state">${standingView(shop)}</span></span>${href ? icon('next') : nothing}`;
  return html`<div class="stack tight" data-name="places">
    <label class="search field-box">${icon('search', { size: 20 })}<span class="hidden">${t('places.search')}</span><input type="search" data-name="places-search" placeholder=${t('places.search')} .value=${sought.value}
      @input=${(/** @type {Event} */ event) => { sought.value = /** @type {HTMLInputElement} */ (event.target).value; }}></label>
    <div class="cluster places-wishes">
      ${choiceView('places-trade', t('places.every_trade'), choicesOf(shops.map((shop) => shop.trade)), trade)}
      ${choiceView('places-quarter', t('places.every_quarter'), choicesOf(shops.map((shop) => shop.place?.quarter)), quarter)}
      ${toggleView('places-open', t('places.open_now'), 'clock', openNow)}
      ${suppliers ? toggleView('places-offers', t('places.supplies'), 'shop', offers) : nothing}
    </div>
    <p class="quiet-text small-text" role="status" data-name="places-count">${t('places.count', { n: found.length })}</p>
    ${found.length === 0 ? empty({ iconName: 'search', title: t('places.none'), text: t('places.none_text') })
      : html`<ul class="list shops" aria-label=${t('places.title')}>${found.map((shop) => html`<li>${href ? html`<a class="row" href=${href(shop)} data-account=${shop.account}>${rowWords(shop)}</a>` : html`<div class="row">${rowWords(shop)}</div>`}</li>`)}</ul>`}
  </div>`;
}

/** One shop: what it tells of itself. @param {Shop} shop @param {unknown} [actions] what the reader can do with it */
export function shopView(shop, actions = nothing) {
  const { place } = shop;
  const openings = place?.openings ?? [];
  return html`<section class="card stack" data-name="place">
    <div class="stack tight"><h2><bdi>${shop.name}</bdi></h2>
      ${shop.trade ? html`<p class="quiet-text"><bdi>${shop.trade}</bdi></p>` : nothing}
      <div>${standingView(shop)}</div></div>
    ${place?.about ? html`<p><bdi>${place.about}</bdi></p>` : nothing}
    <dl class="facts">
      ${place?.address ? html`<div><dt>${t('places.address')}</dt><dd><bdi>${place.address}</bdi></dd></div>` : nothing}
      ${place?.quarter ? html`<div><dt>${t('places.quarter')}</dt><dd><bdi>${place.quarter}</bdi></dd></div>` : nothing}
      ${place?.phone ? html`<div><dt>${t('places.phone')}</dt><dd><a dir="ltr" href="tel:${place.phone.replace(/[^+0-9]/g, '')}">${place.phone}</a></dd></div>` : nothing}
      ${place?.offers ? html`<div><dt>${t('places.offers')}</dt><dd><bdi>${place.offers}</bdi></dd></div>` : nothing}
    </dl>
    ${openings.length === 0 ? html`<p class="quiet-text">${t('places.no_hours')}</p>` : html`<table class="hours"><caption>${t('places.hours')}</caption><tbody>${[0, 1, 2, 3, 4, 5, 6].map((weekday) => {
      const ofDay = openings.filter((one) => one.weekday === weekday);
      return html`<tr><th scope="row">${weekdayName(weekday)}</th><td>${ofDay.length === 0 ? html`<span class="quiet-text">${t('places.closed')}</span>` : ofDay.map((one) => html`<span><bdi dir="ltr">${formatMinutes(one.opens)}–${formatMinutes(one.closes)}</bdi></span>`)}</td></tr>`;
    })}</tbody></table>`}
    ${actions}
  </section>`;
}
