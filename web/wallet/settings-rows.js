// The rows of the settings that lead to a screen of their own. A row is shown once its screen is in screens.js; its words are in
// `wallet-settings`: `row.NAME` and `row.NAME_note`.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { hasWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { hasScreen } from './screens.js';

/** Headings with the screens under them, each with its icon. @type {[string, [string, string][]][]} */
const GROUPS = [
  ['account', [['statement', 'file'], ['euros', 'bank'], ['cards', 'card'], ['contacts', 'people'], ['closing', 'undo']]],
  ['keys', [['backup', 'shield'], ['devices', 'phone'], ['recovery', 'refresh'], ['family', 'person']]],
  ['device', [['look', 'eye'], ['notices', 'bell'], ['practice', 'school'], ['install', 'save']]],
];

/**
 * One row that leads on; it stands in a `ul.list`.
 * @param {{href: string, iconName: string, title: unknown, note?: unknown, end?: unknown, name?: string}} words end: what stands at the end of the row, as a chip
 */
export function settingsRow({ href, iconName, title, note, end, name }) {
  return html`<li><a class="row" href=${href} data-name=${name ?? nothing}><span class="row-icon">${icon(iconName)}</span>
    <span class="row-words"><span class="row-title">${title}</span>${note ? html`<span class="row-note">${note}</span>` : nothing}</span>
    ${end ?? nothing}<span class="quiet-text">${icon('next', { size: 20 })}</span></a></li>`;
}

/** The rows of one group; nothing as long as none of its screens is there. @param {'account' | 'keys' | 'device'} group */
export function settingsRows(group) {
  const rows = (GROUPS.find(([name]) => name === group)?.[1] ?? []).filter(([name]) => hasScreen(name));
  if (rows.length === 0) return nothing;
  return html`<ul class="list">${rows.map(([name, iconName]) => settingsRow({
    href: `#${name}`, iconName, title: t(`row.${name}`), note: hasWords(`row.${name}_note`) ? t(`row.${name}_note`) : undefined, name: `row-${name}`,
  }))}</ul>`;
}
