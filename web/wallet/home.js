// Home: what there is, what can be done, what happened last.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { shortAccount } from '../kit/bech32m.js';
import { now } from '../kit/api.js';
import { icon } from '../kit/icons.js';
import { amount, banner, button, chip, empty, failure, linkButton, loading } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { formatDateTime, formatTime } from '../kit/time.js';
import { frame } from './frame.js';
import { account, accountFault, dismissSent, freshAt, isShop, isUnreachable, keyNotice, lines, outbox, refresh, scope, seenAt, symbol, waitsUntil, wallet, wallets } from './state.js';
import { checks } from './checks.js';
import { lineView } from './line.js';
import { available, mayStillBeTaken, reserved, signedOffline } from './offline.js';
import { partView, screenView } from './screens.js';
import { runningCampaign, tenGive, units } from './words.js';

const HOME_LINES = 5;

export function homeView() {
  const mine = account.value;
  if (!mine) {
    if (waitsUntil.value !== null || isJoining()) return screenView('join', '');
    if (wallet.value && !wallet.value.account && !accountFault.value && outbox.value.length > 0) return screenView('open', '');
    if (accountFault.value) return frame({ body: failure({ error: accountFault.value, onRetry: () => void refresh() }) });
    if (freshAt.value !== null) return screenView('open', '');
    return frame({ body: loading() });
  }
  const campaign = runningCampaign(now());
  return frame({
    body: html`
      ${wallet.value?.role === 'demo' ? html`<div class="cluster">${chip({ text: t('home.demo_key'), tone: 'warning', iconName: 'key' })}${wallets.value.length > 1 ? html`<a href="#settings">${t('home.switch')}</a>` : nothing}</div>` : nothing}
      ${mine.status === 'suspended' ? banner({ tone: 'danger', text: t('error.account_suspended') }) : nothing}
      ${accountFault.value && !isUnreachable(accountFault.value) ? banner({ tone: 'danger', text: sentenceFor(accountFault.value) }) : nothing}
      <section class="purse" aria-label=${t('home.balance')}>
        <div class="spread">
          <h1 class="purse-name"><bdi>${mine.name ?? t(isShop.value ? 'home.shop_account' : 'home.my_account')}</bdi></h1>
          <a class="purse-qr" href="#receive" aria-label=${t('receive.title')}>${icon('qr')}</a>
        </div>
        <p class="purse-balance" data-name="balance" data-cents=${available.value}>${amount(available.value, { symbol: symbol.value, size: 'huge' })}</p>
        ${reserved.value > 0 ? html`<p class="purse-note" data-name="reserved">${t('home.reserved', { amount: units(reserved.value) })}</p>` : nothing}
        <p class="purse-note">${isRemembered() ? t('home.as_of', { time: rememberedTime() }) : html`<bdi dir="ltr">${shortAccount(mine.account)}</bdi>`}</p>
      </section>
      ${keyNotice.value?.() ?? nothing}
      ${limitsView()}
      ${freshAt.value === null ? nothing : partView('bills_line', '')}
      ${checks.value?.countedView() ?? nothing}
      ${checks.value?.changedWitnessesView() ?? nothing}
      ${scope.value === 'full' && (mine.refund_requests ?? 0) > 0 ? html`<a class="campaign card" href="#refunds" data-name="refund-requests">${icon('undo', { size: 32 })}<span class="campaign-words"><strong>${t('home.refund_requests', { n: mine.refund_requests ?? 0 })}</strong></span>${icon('next')}</a>` : nothing}
      ${mine.receivable > 0 ? banner({ tone: 'warning', text: t('home.receivable', { amount: units(mine.receivable) }) }) : nothing}
      ${scope.value === 'full' || scope.value === 'limited'
        ? html`${linkButton({ label: t('home.scan'), href: '#scan', kind: 'copper', iconName: 'scan', big: true, name: 'scan' })}
          <nav class="tiles" aria-label=${t('home.actions')}>
            ${tile('#give', 'send', t('give.title'), 'give')}
            ${tile('#convert', 'convert', t('convert.title'), 'convert')}
            ${tile('#receive', 'qr', t('receive.title'), 'receive')}
            ${tile('#places', 'shop', t('home.places'), 'places')}
            ${isShop.value ? html`${tile('#tills', 'till', t('tills.title'), 'tills')}${tile('#balance', 'chart', t('home.what_for'), 'balance-what')}${tile('#redeem', 'bank', t('redeem.title'), 'redeem')}${tile('/till/', 'shop', t('home.open_till'), 'till')}` : nothing}
          </nav>`
        : banner({ tone: 'info', text: t('home.other_scope') })}
      ${campaign ? html`<a class="campaign card" href="#convert">${icon('gift', { size: 32 })}<span class="campaign-words"><strong>${t('campaign.ten_give', tenGive(campaign))}</strong><span>${t('campaign.left', { left: units(campaign.left) })}</span></span>${icon('next')}</a>` : nothing}
      ${waitingView()}
      <section class="section">
        <div class="spread"><h2>${t('history.last')}</h2>${lines.value && lines.value.length > HOME_LINES ? html`<a href="#history" class="more">${t('history.all')}</a>` : nothing}</div>
        ${!lines.value ? loading()
          : lines.value.length === 0 ? empty({ iconName: 'history', title: t('history.empty'), text: t('history.empty_text') })
          : html`<ul class="list">${lines.value.slice(0, HOME_LINES).map((line) => lineView(line, true))}</ul>`}
      </section>`,
  });
}

/** This device's key was shown to another device or to the association, and is in no account yet. */
function isJoining() {
  return wallet.value?.backup === 'none' && !wallet.value.account;
}

/** What a key with limits may still spend today. */
function limitsView() {
  const mine = account.value?.keys.find(({ key }) => key === wallet.value?.key);
  if (mine?.scope !== 'limited' || mine.per_day === null || mine.per_payment === null) return nothing;
  const left = Math.max(0, mine.per_day - mine.spent_today);
  return html`<p class="card flat" data-name="my-limits" data-left=${left}>${icon('people')} ${t('home.limits', { left: units(left), day: units(mine.per_day), payment: units(mine.per_payment) })}</p>`;
}

/** Without an answer since the page opened, the balance is a memory and says so. */
function isRemembered() {
  return freshAt.value === null || Boolean(accountFault.value);
}

function rememberedTime() {
  const last = freshAt.value ?? seenAt.value;
  return last ? formatDateTime(last) : '…';
}

/** @param {string} href @param {string} iconName @param {string} label @param {string} name */
function tile(href, iconName, label, name) {
  return html`<a class="tile" href=${href} data-name=${name}>${icon(iconName)}<span>${label}</span></a>`;
}

/** What has no receipt yet, or was refused: shown until it is settled. */
function waitingView() {
  const shown = outbox.value.filter((sent) => sent.about?.kind !== 'open_account');
  const toShow = signedOffline.value;
  if (shown.length === 0 && toShow.length === 0) return nothing;
  return html`<section class="section" data-name="waiting"><h2>${t('waiting.title')}</h2><ul class="list">
    ${toShow.map((one) => html`<li><a class="row" href="#signed=${one.id}" data-signed=${one.state}>
      <span class="row-icon warning">${icon('offline')}</span>
      <span class="row-words"><span class="row-title"><bdi>${one.name}</bdi></span><span class="row-note">${t(`waiting.${one.state}`, { time: formatDateTime(one.validUntil) })}</span></span>
      <span class="row-end">${amount(-one.amount, { symbol: symbol.value })}</span></a></li>`)}
    ${shown.map((sent) => html`<li><div class="row">
      <span class="row-icon ${sent.state === 'refused' ? 'danger' : 'warning'}">${icon(sent.state === 'refused' ? 'cross' : 'clock')}</span>
      <span class="row-words"><span class="row-title"><bdi>${sent.about?.name ?? t(`sent.${sent.about?.kind}`)}</bdi></span>
        <span class="row-note">${sent.state === 'refused' ? sentenceFor(sent) : t(sent.about?.offline ? 'waiting.accepted' : 'waiting.unknown', { time: formatTime(sent.created) })}</span>
        ${mayStillBeTaken(sent, now()) ? html`<span class="row-note" data-name="may-be-taken">${t('waiting.may_be_taken', { time: formatDateTime(sent.validUntil) })}</span>` : sent.state === 'refused' ? button({ label: t('waiting.dismiss'), kind: 'quiet', onClick: () => void dismissSent(sent) }) : nothing}</span>
      ${sent.about?.amount ? html`<span class="row-end">${amount(-sent.about.amount, { symbol: symbol.value })}</span>` : nothing}
    </div></li>`)}
  </ul></section>`;
}
