// Choosing one account out of many: by a name, or by the first letters of its number.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { shortAccount } from '../kit/bech32m.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { field } from '../kit/ui.js';
import { desk, nameOf } from './state.js';

/** @typedef {import('./state.js').Member} Member */

const PAUSE_MS = 250;
const SHOWN = 6;

/** What is sought in each field, and what was found. @type {import('../vendor/signals-core/signals-core.js').Signal<Record<string, {text: string, found: Member[] | null}>>} */
const searches = signal({});
/** @type {Map<string, ReturnType<typeof setTimeout>>} */
const timers = new Map();

/** @param {string} name @param {string} text @param {string | undefined} kind */
function seek(name, text, kind) {
  searches.value = { ...searches.value, [name]: { text, found: searches.value[name]?.found ?? null } };
  clearTimeout(timers.get(name));
  timers.set(name, setTimeout(async () => {
    if (!text.trim()) return;
    const answer = await desk.peek()?.session.json(`/office/v1/members?query=${encodeURIComponent(text.trim())}&limit=40`).catch(() => null);
    const found = /** @type {Member[]} */ (answer?.members ?? []).filter((one) => one.status === 'open' && (!kind || one.kind === kind)).slice(0, SHOWN);
    if (searches.value[name]?.text === text) searches.value = { ...searches.value, [name]: { text, found } };
  }, PAUSE_MS));
}

/**
 * @param {object} words
 * @param {string} words.name unique on the page
 * @param {string} words.label
 * @param {string} words.value the account that is chosen, or nothing
 * @param {string} [words.kind] only accounts of this kind
 * @param {(account: string) => void} words.onChoose
 * @param {unknown} words.fault
 */
export function accountField({ name, label, value, kind, onChoose, fault }) {
  const { text = '', found = null } = searches.value[name] ?? {};
  const clear = () => {
    searches.value = { ...searches.value, [name]: { text: '', found: null } };
    onChoose('');
  };
  if (value) {
    return html`<div class="field"><span class="field-label">${label}</span><div class="chosen-account" data-name="${name}-chosen"><span class="row-icon">${icon('person')}</span>
      <span class="row-words"><span class="row-title"><bdi>${nameOf(value) ?? t('members.no_name')}</bdi></span><bdi class="row-note code" dir="ltr">${shortAccount(value)}</bdi></span>
      <button type="button" class="icon-button" aria-label=${t('form.other_account')} title=${t('form.other_account')} @click=${clear}>${icon('cross', { size: 20 })}</button></div>${fault}</div>`;
  }
  return html`<div class="stack tight">${field({ name, label, value: text, type: 'search', inputMode: 'search', hint: t('members.search_hint'), onInput: (typed) => seek(name, typed, kind) })}
    ${found === null || !text ? nothing : found.length === 0 ? html`<p class="quiet-text" role="status">${t('members.none')}</p>`
      : html`<ul class="list">${found.map((one) => html`<li><button type="button" class="row" data-account=${one.account} @click=${() => onChoose(one.account)}><span class="row-words"><span class="row-title"><bdi>${one.name ?? t('members.no_name')}</bdi></span><bdi class="row-note code" dir="ltr">${shortAccount(one.account)}</bdi></span></button></li>`)}</ul>`}
    ${fault}</div>`;
}
