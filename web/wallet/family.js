// Family and guardians: keys of this account with limits, what each spent today, and a history of its own.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { icon } from '../kit/icons.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { amount, banner, button, empty, linkButton, loading, toast } from '../kit/ui.js';
import { keyName, takeOff } from './devices.js';
import { frame } from './frame.js';
import { lineView } from './line.js';
import { replace } from './route.js';
import { account, lines, loadMore, nextLines, scope, symbol, wallet } from './state.js';
import { units } from './words.js';

/** @typedef {import('./state.js').AccountKey} AccountKey */

const busy = signal(false);

/** @param {string} value the key whose page this is, hex; empty for the list */
export function familyView(value) {
  const mine = account.value;
  if (!mine) return frame({ title: t('family.title'), back: 'settings', body: loading() });
  const shown = mine.keys.filter((key) => key.scope === 'limited' && (scope.value === 'full' || key.key === wallet.value?.key));
  const one = shown.find(({ key }) => key === value);
  if (one) return memberView(one);
  return frame({
    title: t('family.title'), back: 'settings',
    body: html`<p>${t('family.text')}</p>
      ${shown.length === 0 ? empty({ iconName: 'people', title: t('family.none'), text: t('family.none_text') })
        : html`<ul class="list">${shown.map((key) => html`<li><a class="row" href="#family=${key.key}" data-name="family-key"><span class="row-icon">${icon('people')}</span>
          <span class="row-words"><span class="row-title"><bdi>${keyName(key)}</bdi></span><span class="row-note">${t('family.today', { spent: units(key.spent_today), day: units(key.per_day ?? 0) })}</span></span>${icon('next', { size: 20 })}</a></li>`)}</ul>`}
      ${scope.value === 'full' ? html`<div class="actions">${linkButton({ label: t('family.add'), href: '#device=family', kind: 'primary', big: true, iconName: 'plus', name: 'family-add' })}</div>` : nothing}`,
  });
}

/** @param {AccountKey} key */
function memberView(key) {
  const all = lines.value;
  const own = (all ?? []).filter(({ signer }) => signer === key.key);
  const [spent, day] = [key.spent_today, key.per_day ?? 0];
  return frame({
    title: keyName(key), back: 'family',
    body: html`<section class="card stack" data-name="family-member" data-spent=${spent}>
        <dl class="facts"><div><dt>${t('family.spent')}</dt><dd>${amount(spent, { symbol: symbol.value })}</dd></div><div><dt>${t('admit.per_day')}</dt><dd>${amount(day, { symbol: symbol.value })}</dd></div>
          <div><dt>${t('admit.per_payment')}</dt><dd>${amount(key.per_payment ?? 0, { symbol: symbol.value })}</dd></div></dl>
        <progress max=${Math.max(1, day)} value=${Math.min(spent, day)} aria-label=${t('family.today', { spent: units(spent), day: units(day) })}></progress></section>
      <section class="section"><h2>${t('family.history')}</h2>
        ${!all ? loading() : own.length === 0 ? html`<p class="quiet-text">${t('family.no_history')}</p>` : html`<ul class="list" data-name="family-history">${own.map((line) => lineView(line, true))}</ul>`}
        ${nextLines.value === null ? nothing : button({ label: t('history.more'), busy: busy.value, onClick: () => void more() })}</section>
      ${scope.value === 'full' ? html`${banner({ tone: 'info', text: t('family.change') })}<div class="actions">${button({ label: t('devices.revoke'), kind: 'danger', iconName: 'trash', name: 'family-revoke', onClick: () => void end(key) })}</div>` : nothing}`,
  });
}

async function more() {
  busy.value = true;
  try {
    await loadMore();
  } catch (error) {
    toast(sentenceFor(error), 'warning');
  } finally {
    busy.value = false;
  }
}

/** @param {AccountKey} key */
async function end(key) {
  if (await takeOff(key)) replace('family');
}
