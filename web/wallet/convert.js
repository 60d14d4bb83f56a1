// Euros into units, by bank transfer: what the campaign adds, what to write on the transfer, and a code for bank apps.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { icon } from '../kit/icons.js';
import { editableAmount, formatAmount, groupIban, parseAmount } from '../kit/money.js';
import { formatDate } from '../kit/time.js';
import { qrView } from '../kit/qr.js';
import { amount, banner, chip, copyRow, failure, field, linkButton, loading } from '../kit/ui.js';
import { t } from '../kit/i18n.js';
import { frame } from './frame.js';
import { account, openSession, symbol } from './state.js';
import { bonusSentences, runningCampaign, tenGive, units } from './words.js';

/**
 * @typedef {{holder: string, iban: string, bic: string | null, reference: string, amount: number, epc: string, payto: string, units: number, bonus: number,
 *   campaigns: {campaign: number, bonus: number, reason: string}[]}} Funding
 */

const PAUSE_MS = 300;
const QUICK = [1000, 2000, 5000, 10000];
const typed = signal('');
const funding = signal(/** @type {Funding | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
const asking = signal(false);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let wanted = 0;

/** @param {string} value */
function input(value) {
  typed.value = value;
  const cents = parseAmount(value);
  clearTimeout(timer);
  wanted = cents ?? 0;
  if (cents === null) {
    batch(() => {
      funding.value = null;
      fault.value = null;
      asking.value = false;
    });
    return;
  }
  asking.value = true;
  timer = setTimeout(() => void preview(cents), PAUSE_MS);
}

/** @param {number} cents */
async function preview(cents) {
  try {
    const answer = await openSession().json(`/v1/accounts/${account.value?.account}/funding?amount=${cents}`);
    if (wanted === cents) batch(() => { funding.value = answer; fault.value = null; });
  } catch (error) {
    if (wanted === cents) batch(() => { funding.value = null; fault.value = error; });
  } finally {
    if (wanted === cents) asking.value = false;
  }
}

export function convertView() {
  if (!account.value) return frame({ title: t('convert.title'), back: '', body: loading() });
  const campaign = runningCampaign(now());
  const cents = parseAmount(typed.value);
  const shown = funding.value;
  return frame({
    title: t('convert.title'), back: '',
    body: html`
      ${campaign
        ? html`<section class="campaign card static">${icon('gift', { size: 32 })}<span class="campaign-words"><strong>${t('campaign.ten_give', tenGive(campaign))}</strong>
            <span>${t('campaign.until', { date: formatDate(campaign.end) })} · ${t('campaign.left', { left: units(campaign.left) })}</span></span></section>`
        : html`<p>${t('convert.par', { symbol: symbol.value })}</p>`}
      <div class="stack tight">
        ${field({ name: 'euros', label: t('convert.amount'), value: typed.value, inputMode: 'decimal', ltr: true, huge: true, suffix: '€', placeholder: '0',
          fault: typed.value !== '' && cents === null ? t('give.bad_amount') : null, onInput: input })}
        <div class="cluster">${QUICK.map((quick) => html`<button type="button" class="button small" @click=${() => input(editableAmount(quick))}>${formatAmount(quick, { symbol: '€' }).replace(/[.,]00/, '')}</button>`)}</div>
      </div>
      ${asking.value ? loading() : fault.value ? failure({ error: fault.value, onRetry: () => input(typed.value) }) : shown && cents !== null ? fundingView(shown) : html`<p class="quiet-text">${t('convert.how')}</p>`}`,
  });
}

/** @param {Funding} shown */
function fundingView(shown) {
  return html`
    <section class="card gives" data-name="gives" data-units=${shown.units}>
      <p class="quiet-text">${t('convert.gives')}</p>
      <p>${amount(shown.units, { symbol: symbol.value, size: 'huge' })}</p>
      ${shown.bonus > 0 ? chip({ text: t('convert.of_which_bonus', { bonus: units(shown.bonus) }), tone: 'good', iconName: 'gift' }) : nothing}
      ${shown.campaigns.map((one) => one.reason === 'whole' ? nothing : bonusSentences([one]).map((sentence) => html`<p class="small-text quiet-text">${sentence}</p>`))}
    </section>
    <section class="section">
      <h2>${t('convert.transfer')}</h2>
      <div class="card">
        ${copyRow({ label: t('convert.holder'), value: shown.holder })}
        ${copyRow({ label: t('convert.iban'), value: shown.iban, shown: groupIban(shown.iban), code: true })}
        ${shown.bic ? copyRow({ label: t('convert.bic'), value: shown.bic, code: true }) : nothing}
        ${copyRow({ label: t('convert.euros'), value: formatAmount(shown.amount), shown: formatAmount(shown.amount, { symbol: '€' }) })}
        ${copyRow({ label: t('convert.reference'), value: shown.reference, code: true })}
      </div>
      ${banner({ tone: 'info', text: t('convert.reference_text') })}
    </section>
    <details class="card flat"><summary>${t('convert.bank_code')}${icon('down', { size: 18 })}</summary>
      <div class="stack center"><p class="quiet-text small-text">${t('convert.bank_code_text')}</p>${qrView(shown.epc, { label: t('convert.bank_code') })}
      ${linkButton({ label: t('convert.open_bank'), href: shown.payto.startsWith('payto:') ? shown.payto : '#convert', iconName: 'external' })}</div></details>
    <p class="quiet-text">${t('convert.after')}</p>`;
}
