// The menu of the till: every screen that is not needed at each sale, and who may open it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { hasWords, moreWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { loading } from '../kit/ui.js';
import { may } from './people.js';
import { SCREENS, mayOpen } from './screens.js';
import { training } from './state.js';

/** @type {import('./screens.js').Group[]} */
const GROUPS = ['work', 'books', 'setup'];

/** Whether the words of all rows are there: each screen brings its own. */
const worded = signal(false);
void moreWords(...new Set(Object.values(SCREENS).filter(({ group }) => group).flatMap(({ words }) => words))).catch(() => undefined).then(() => { worded.value = true; });

/** @param {import('./screens.js').Screen} one */
function whyNot(one) {
  if (training.value && !one.practice) return 'more.not_in_training';
  return one.right && !may(one.right) ? `more.right_${one.right}` : `more.only_${one.who}`;
}

/** @param {string} name @param {import('./screens.js').Screen} one */
function row(name, one) {
  const note = hasWords(`row.${name}_note`) ? html`<span class="row-note">${t(`row.${name}_note`)}</span>` : nothing;
  const words = html`<span class="row-icon">${icon(one.iconName)}</span><span class="row-words"><span class="row-title">${t(`row.${name}`)}</span>
    ${mayOpen(one) ? note : html`<span class="row-note">${icon('key', { size: 16 })} ${t(whyNot(one))}</span>`}</span>`;
  return mayOpen(one)
    ? html`<li><a class="row" href="#${name}" data-name="row-${name}">${words}<span class="quiet-text">${icon('next', { size: 20 })}</span></a></li>`
    : html`<li><span class="row closed" data-name="row-${name}" data-closed=${one.who}>${words}</span></li>`;
}

export function moreView() {
  if (!worded.value) return loading();
  const rows = Object.entries(SCREENS);
  return html`<div class="till-narrow more" data-name="more"><h1>${t('more.title')}</h1>
    ${GROUPS.map((group) => [group, rows.filter(([, one]) => one.group === group)]).filter(([, of]) => of.length > 0).map(([group, of]) => html`<section>
      <h2>${t(`more.${group}`)}</h2><ul class="list">${/** @type {[string, import('./screens.js').Screen][]} */ (of).map(([name, one]) => row(name, one))}</ul></section>`)}
  </div>`;
}

/** A screen that was opened from the menu, with the way back. @param {{title: string, body: unknown, name?: string, wide?: boolean}} words */
export function fromMenu({ title, body, name, wide = false }) {
  return html`<div class=${wide ? 'till-wide' : 'till-narrow'} data-name=${name ?? nothing}>
    <div class="screen-head"><a class="button quiet square" href="#more" aria-label=${t('till.back')} data-name="to-more">${icon('back')}</a><h1>${title}</h1></div>
    ${body}</div>`;
}
