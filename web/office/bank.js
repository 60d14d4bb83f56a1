// The bank page.
import { html } from '../vendor/lit-html/lit-html.js';
import { t } from '../kit/i18n.js';

export function enterBank() {}

export function bankView() {
  return html`<h1>${t('tab.bank')}</h1>`;
}
