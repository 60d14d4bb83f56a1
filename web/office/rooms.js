// Pieces that several rooms of the office share.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { linkTo } from './place.js';
import { place } from './state.js';

/** Pages within a room. @param {string} room @param {{name: string, title: string, count?: number}[]} pages the first one needs no name in the address */
export function roomTabs(room, pages) {
  const here = pages.find(({ name }) => name === place.value[0])?.name ?? pages[0].name;
  return html`<nav class="room-tabs" aria-label=${t(`tab.${room}`)}>${pages.map(({ name, title, count }, at) => html`<a href=${at === 0 ? linkTo(room) : linkTo(room, name)} data-name="${room}-${name}" aria-current=${name === here ? 'page' : nothing}>${title}${count ? html` <span class="count">${count}</span>` : nothing}</a>`)}</nav>`;
}

/** A heading with the way back. @param {string} room @param {unknown} title */
export function backTo(room, title) {
  return html`<div class="room-head"><a class="icon-button" href=${linkTo(room)} aria-label=${t('action.back')} title=${t('action.back')} data-name="back">${icon('back')}</a><h1>${title}</h1></div>`;
}

/** One line of a list of facts. @param {unknown} label @param {unknown} value @param {boolean} [long] */
export const fact = (label, value, long = false) => html`<div class=${long ? 'long' : nothing}><dt>${label}</dt><dd>${value}</dd></div>`;
