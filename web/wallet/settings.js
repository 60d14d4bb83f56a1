// Settings: language, the keys of the account, the backup, several wallets in one browser, and leaving this device.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { groupAccount, shortAccount } from '../kit/bech32m.js';
import { fingerprint } from '../kit/hex.js';
import { icon } from '../kit/icons.js';
import { formatDate } from '../kit/time.js';
import { ask, banner, button, chip, copyRow, languageNote, languageSwitch, linkButton } from '../kit/ui.js';
import { t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { replace } from './route.js';
import { settingsRow, settingsRows } from './settings-rows.js';
import { account, closed, facts, forgetWallet, pinned, scope, shared, use, wallet, wallets } from './state.js';
import { unsettled } from './unsettled.js';
import { units } from './words.js';

/** @typedef {import('../kit/keys.js').Wallet} Wallet */

export function settingsView() {
  const mine = account.value;
  const current = wallet.value;
  return frame({
    title: t('settings.title'), back: '',
    body: html`
      <section class="section"><h2>${t('language.choose')}</h2><div class="card flat">${languageSwitch()}</div>${languageNote()}</section>

      ${mine ? html`<section class="section"><h2>${t('settings.account')}</h2><div class="card">
        ${copyRow({ label: t('receive.account'), value: mine.account, shown: groupAccount(mine.account), code: true })}
        <dl class="facts">
          <div><dt>${t('settings.kind')}</dt><dd>${t(`kind.${mine.kind}`)}</dd></div>
          ${mine.per_payment_limit === null ? nothing : html`<div><dt>${t('settings.per_payment')}</dt><dd>${units(mine.per_payment_limit)}</dd></div>`}
          ${mine.held_limit === null ? nothing : html`<div><dt>${t('settings.held')}</dt><dd>${units(mine.held_limit)}</dd></div>`}
          ${mine.paid_30_days_limit === null ? nothing : html`<div><dt>${t('settings.paid_30_days')}</dt><dd>${t('settings.of', { used: units(mine.paid_30_days), limit: units(mine.paid_30_days_limit) })}</dd></div>`}
        </dl></div>${settingsRows('account')}</section>` : nothing}

      ${settingsRows('device')}

      <section class="section"><h2>${t('settings.wallets')}</h2>
        <ul class="list">${wallets.value.map((one) => html`<li><button type="button" class="row" aria-pressed=${one.id === current?.id ? 'true' : 'false'} @click=${() => void switchTo(one)}>
          <span class="row-icon ${one.role === 'demo' ? 'warning' : 'copper'}">${icon('key')}</span>
          <span class="row-words"><span class="row-title"><bdi>${one.label ?? (one.account ? shortAccount(one.account) : t('settings.no_account'))}</bdi></span><span class="row-note">${t(`role.${one.role}`)} · ${t('settings.added', { date: formatDate(one.added) })}</span></span>
          ${one.id === current?.id ? chip({ text: t('settings.active'), tone: 'good', iconName: 'check' }) : nothing}</button></li>`)}</ul>
      </section>

      ${mine ? html`<section class="section"><h2>${t('settings.keys')}</h2>${settingsRows('keys')}</section>` : nothing}

      <section class="section"><h2>${t('settings.others')}</h2><ul class="list">
        ${settingsRow({ href: '#restore', iconName: 'plus', title: t('row.restore'), note: t('row.restore_note'), name: 'row-restore' })}
        ${shared.value ? nothing : settingsRow({ href: '#restore=shared', iconName: 'people', title: t('row.shared'), note: t('row.shared_note'), name: 'row-shared' })}</ul></section>

      ${trustView()}

      ${current && !shared.value ? leaveView(current) : nothing}

      <p class="center small-text quiet-text"><bdi>${facts().name}</bdi> · <bdi dir="ltr" class="code">${facts().origin}</bdi></p>
      <p class="center small-text"><a href="/">${t('welcome.public')}</a></p>`,
  });
}

/** What this device holds everything to. */
function trustView() {
  const held = pinned.value;
  if (!held) return nothing;
  return html`<section class="section" data-name="trust"><h2>${t('settings.trust')}</h2><div class="card stack tight">
    <p>${t('settings.trust_text')}</p><p class="big-print"><bdi dir="ltr" class="code">${fingerprint(held.ledger)}</bdi></p>
    <p>${held.witnesses.length === 0 ? t('standing.no_witness_here') : t('settings.witnesses', { n: held.needed, of: held.witnesses.length })}</p>
    ${held.witnesses.length === 0 ? nothing : html`<ul class="witnesses">${held.witnesses.map((text) => html`<li><bdi dir="ltr" class="code">${text.split('+')[0]}</bdi></li>`)}</ul>`}
    <p><a href="/verify/">${t('receipt.verify_page')}</a></p></div></section>`;
}

/** @param {import('../kit/keys.js').Wallet} one */
async function switchTo(one) {
  if (one.id === wallet.value?.id) return;
  replace('');
  await use(one);
}

/** What brings the key back when it has left this browser. A key that was never noted is taken to be on paper. @param {Wallet} current */
const wayBack = ({ backup, role }) => (role === 'demo' ? 'demo' : backup ?? 'paper');

/** Why the key has to stay for now: without it a change of key, or a backup, would never be finished. @param {Wallet} current */
function staysFor({ box, account: id }) {
  if (closed.value) return null;
  if (wallets.value.some(({ replaces }) => replaces)) return 'leave.under';
  return box && id && scope.value === 'full' ? 'leave.pending' : null;
}

/** On a device of others nothing is left to remove: leaving is in the strip above. @param {Wallet} current */
function leaveView(current) {
  const stays = staysFor(current);
  return html`<section class="section" data-name="leave" data-back=${wayBack(current)}><h2>${t('settings.leave')}</h2>
    <div class="card stack"><p>${t(`leave.text_${wayBack(current)}`)}</p>
    ${stays ? banner({ tone: 'warning', iconName: 'clock', text: t(stays), action: linkButton({ label: t('row.backup'), href: '#backup' }) }) : nothing}
    ${button({ label: t('settings.forget'), kind: 'danger', iconName: 'trash', disabled: stays !== null, name: 'forget', onClick: () => void leave(current) })}</div></section>`;
}

/** @param {Wallet} current */
async function leave(current) {
  const way = wayBack(current);
  const sure = await ask({
    title: t('settings.forget_ask'), danger: true, iconName: 'warning', confirm: t(way === 'paper' ? 'settings.forget_do' : 'settings.forget'),
    text: html`<p>${t(`leave.ask_${way}`)}</p>${unsettled.value ? html`<p><strong>${t('settings.forget_waiting')}</strong></p>` : nothing}`,
  });
  // Meanwhile a change of key may have begun, or another wallet have been chosen.
  if (!sure || wallet.value?.id !== current.id || staysFor(current)) return;
  // Who leaves is told nothing more here; without a network the node learns it from the push service.
  await import('./push.js').then(({ turnOff }) => turnOff()).catch(() => undefined);
  await forgetWallet();
  replace('');
}
