// Display and reading: each wish with what it does, shown at once.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { hasVoice, saidAmount, say } from '../kit/aloud.js';
import { icon } from '../kit/icons.js';
import { t } from '../kit/i18n.js';
import { WISHES, look, wishFor } from '../kit/look.js';
import { amount, banner, button } from '../kit/ui.js';
import { frame } from './frame.js';
import { facts, symbol } from './state.js';

/** What the example shows, in cents. */
const EXAMPLE = 1250;

const ICONS = { large: 'eye', simple: 'check', aloud: 'sound' };

/** @param {import('../kit/look.js').Wish} wish */
function wishView(wish) {
  return html`<li><label class="row choice"><span class="row-icon">${icon(ICONS[wish])}</span>
    <span class="row-words"><span class="row-title">${t(`look.${wish}`)}</span><span class="row-note">${t(`look.${wish}_note`)}</span></span>
    <input type="checkbox" name=${wish} .checked=${look.value.has(wish)} @change=${(/** @type {Event} */ event) => wishFor(wish, /** @type {HTMLInputElement} */ (event.target).checked)}></label></li>`;
}

export function lookView() {
  const aloud = look.value.has('aloud');
  const example = t('look.example', { amount: saidAmount(EXAMPLE, facts().name), name: t('look.example_shop') });
  return frame({
    title: t('look.title'), back: 'settings',
    body: html`
      <ul class="list" data-name="look">${WISHES.map(wishView)}</ul>
      <section class="card stack center" aria-label=${t('look.example_title')}>
        <p class="quiet-text">${t('look.example_title')}</p>
        <p>${t('look.example_shop')}</p>
        ${amount(EXAMPLE, { symbol: symbol.value, size: 'huge' })}
        ${aloud ? button({ label: t('aloud.again'), iconName: 'sound', name: 'example-aloud', onClick: () => say(example) }) : nothing}
      </section>
      ${aloud && !hasVoice() ? banner({ tone: 'warning', text: t('look.no_voice') }) : nothing}
      <p class="quiet-text small-text">${t('look.here')}</p>`,
  });
}
