// What stands around every screen of the wallet: strips for demo and network, a title with "back", the language.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { coinMark, icon } from '../kit/icons.js';
import { banner, languageNote, languageSwitch, offlineStrip } from '../kit/ui.js';
import { t } from '../kit/i18n.js';
import { ledger, linkUp, strip, wallet, weakKeys } from './state.js';

/**
 * @param {{title?: string, back?: string, body: unknown, language?: boolean}} words back: the screen that "back" leads to
 */
export function frame({ title, back, body, language = false }) {
  return html`
    ${ledger.value?.demo ? html`<aside class="demo-strip no-print">${t('demo')}</aside>` : nothing}
    ${strip.value?.() ?? nothing}
    ${offlineStrip(linkUp.value)}
    <main class="page">
      <header class="topbar no-print">
        ${title
          ? html`${back === undefined ? nothing : html`<a class="icon-button" href=${back ? `#${back}` : '#'} aria-label=${t('action.back')}>${icon('back')}</a>`}<h1 tabindex="-1">${title}</h1>`
          : html`<a class="brand" href="#">${coinMark({ size: 36 })}<span>${ledger.value?.name ?? 'Liard'}</span></a>`}
        ${language ? languageSwitch() : nothing}
        ${title || !wallet.value ? nothing : html`<a class="icon-button" href="#settings" aria-label=${t('settings.title')}>${icon('settings')}</a>`}
      </header>
      ${wallet.value && weakKeys.value && !title ? banner({ tone: 'warning', text: t('weak_keys') }) : nothing}
      ${body}
      ${title ? nothing : languageNote()}
    </main>`;
}
