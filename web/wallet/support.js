// The association that the member supports: a first choice, a second one, and what that gives.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { shortAccount } from '../kit/bech32m.js';
import { icon } from '../kit/icons.js';
import { choose } from '../kit/ledger.js';
import { formatDate } from '../kit/time.js';
import { button, empty, failure, loading, toast } from '../kit/ui.js';
import { t } from '../kit/i18n.js';
import { associations, associationsFault, readAssociations } from './associations.js';
import { frame } from './frame.js';
import { percentOf } from './redeem.js';
import { settled } from './settle.js';
import { account, accountBytes, facts, scope } from './state.js';

/** @typedef {import('./associations.js').Association} Association */

const busy = signal(false);
/** What is chosen on the page; null as long as it is what the ledger knows. */
const picked = signal(/** @type {[string, string] | null} */ (null));
let asked = false;

function want() {
  if (asked) return;
  asked = true;
  queueMicrotask(() => void readAssociations());
}

/** Leaving: the next visit reads anew. @param {string} name the screen that is shown now */
export function leaveSupport(name) {
  if (name === 'support') return;
  asked = name === 'convert' && asked;
  picked.value = null;
}

/** @param {string} id */
function nameOf(id) {
  return associations.value?.find((one) => one.account === id)?.name ?? shortAccount(id);
}

/** A row that leads here. */
export function supportRow() {
  const mine = account.value;
  if (!mine || mine.kind === 'association' || scope.value !== 'full') return nothing;
  want();
  const first = mine.choices?.[0];
  return html`<li><a class="row" href="#support" data-name="support"><span class="row-icon copper">${icon('gift')}</span>
    <span class="row-words"><span class="row-title">${t('support.title')}</span><span class="row-note"><bdi>${first ? nameOf(first) : t('support.nobody')}</bdi></span></span>${icon('next')}</a></li>`;
}

export function supportView() {
  const mine = account.value;
  const title = t('support.title');
  if (!mine) return frame({ title, back: 'convert', body: loading() });
  want();
  const all = associations.value;
  return frame({
    title, back: 'convert',
    body: associationsFault.value ? failure({ error: associationsFault.value, onRetry: () => void readAssociations() })
      : !all ? loading()
      : all.length === 0 ? empty({ iconName: 'people', title: t('support.empty'), text: t('support.empty_text') })
      : choiceView(all, mine),
  });
}

/** @param {Association[]} all @param {import('./state.js').Account} mine */
function choiceView(all, mine) {
  const [known, knownSecond] = [mine.choices?.[0] ?? '', mine.choices?.[1] ?? ''];
  const [first, second] = picked.value ?? [known, knownSecond];
  const changed = first !== known || second !== knownSecond;
  return html`
    ${whyView(mine)}
    <form class="stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void save(first, second); }}>
      ${listView('first', t('support.first'), all, first, (id) => { picked.value = [id, id === second || id === '' ? '' : second]; })}
      ${first === '' || all.length < 2 ? nothing : html`<details class="card flat" ?open=${second !== ''}><summary>${t('support.second')}${icon('down', { size: 18 })}</summary>
        <p class="small-text quiet-text">${t('support.second_text')}</p>
        ${listView('second', t('support.second'), all.filter((one) => one.account !== first), second, (id) => { picked.value = [first, id]; })}</details>`}
      <div class="actions">${button({ label: t('support.save'), kind: 'primary', big: true, type: 'submit', busy: busy.value, disabled: !changed, name: 'support-save' })}</div>
    </form>`;
}

/** What a choice gives, by the rules in force. @param {import('./state.js').Account} mine */
function whyView(mine) {
  const { gifts = [], fee, holder } = facts();
  const share = mine.kind === 'professional' ? fee?.given : null;
  return html`<div class="stack tight">
    ${gifts.length === 0 && !share ? html`<p>${t('support.no_rule')}</p>` : nothing}
    ${gifts.map((gift) => html`<p>${t('support.gift', { percent: percentOf(gift), holder })}</p>
      <p class="small-text quiet-text">${t('support.gift_rule', { n: gift.least_members, start: formatDate(gift.start), end: formatDate(gift.end - 1) })}</p>`)}
    ${share ? html`<p>${t('support.share', { percent: percentOf(share) })}</p>` : nothing}
  </div>`;
}

/**
 * One choice among the associations, or none.
 * @param {string} name
 * @param {string} label
 * @param {Association[]} all
 * @param {string} chosen
 * @param {(id: string) => void} pick
 */
function listView(name, label, all, chosen, pick) {
  const rows = [...all, { account: '', name: t('support.none'), trade: null }];
  return html`<fieldset class="choice" data-name=${`support-${name}`}><legend>${label}</legend><ul class="list">
    ${rows.map((one) => html`<li><label class="row"><input type="radio" name=${`support-${name}`} .checked=${one.account === chosen} @change=${() => pick(one.account)}>
      <span class="row-words"><span class="row-title"><bdi>${one.name}</bdi></span>${one.trade ? html`<span class="row-note"><bdi>${one.trade}</bdi></span>` : nothing}</span></label></li>`)}</ul></fieldset>`;
}

/** @param {string} first @param {string} second */
async function save(first, second) {
  const chosen = [first, second].filter((id) => id !== '');
  busy.value = true;
  const done = await settled(choose(accountBytes(account.value?.account ?? ''), chosen.map(accountBytes)), { kind: 'choose' });
  busy.value = false;
  if (!done) return;
  batch(() => {
    picked.value = null;
    if (account.value) account.value = { ...account.value, choices: chosen };
  });
  toast(t('support.saved'), 'good');
}
