// Where my euros are: from my balance to the bank, each step as the signed coverage statement says it, verified here.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { icon } from '../kit/icons.js';
import { t } from '../kit/i18n.js';
import { formatDate, formatDateTime } from '../kit/time.js';
import { amount, banner, chip, empty, failure, linkButton, loading } from '../kit/ui.js';
import { checkCounted, counted, newestStatement } from './counted.js';
import { countedView } from './counted-view.js';
import { frame } from './frame.js';
import { account, facts, isShop, pinned, symbol } from './state.js';
import { euros, units } from './words.js';

/** @typedef {import('../kit/coverage.js').SignedStatement} SignedStatement */

/** Null: none was published yet. @type {import('../vendor/signals-core/signals-core.js').Signal<SignedStatement | null | undefined>} */
const statement = signal(/** @type {SignedStatement | null | undefined} */ (undefined));
const fault = signal(/** @type {unknown} */ (null));
let asked = false;

/** Leaving: the next visit looks again. @param {string} name the screen that is shown now */
export function leaveEuros(name) {
  if (name !== 'euros') asked = false;
}

async function load() {
  fault.value = null;
  try {
    statement.value = await newestStatement();
    await checkCounted();
  } catch (error) {
    fault.value = error;
  }
}

/**
 * One step of the way.
 * @param {{number: number, title: unknown, end: unknown, text: unknown, more?: unknown, name: string}} words
 */
function step({ number, title, end, text, more, name }) {
  return html`<li class="way-step" data-name=${name}><span class="step-number" aria-hidden="true">${number}</span>
    <div class="stack tight"><div class="spread"><h2>${title}</h2><span class="way-amount">${end}</span></div><p>${text}</p>${more ?? nothing}</div></li>`;
}

/** @param {import('../kit/coverage.js').BankLine} line */
function bankView({ bank, class: liquidity, fund, confirmed, booked }) {
  return html`<li class="way-bank" data-bank=${bank}><div class="spread"><strong>${t('euros.bank', { number: bank })}</strong><span>${euros(fund)}</span></div>
    <p class="small-text quiet-text">${t(`euros.${liquidity}`)}</p>
    ${confirmed
      ? html`<p class="small-text way-said">${icon('check', { size: 18 })}<span>${t('euros.confirmed', { amount: euros(confirmed.amount), date: formatDate(Date.parse(confirmed.date)) })}</span></p>
        ${confirmed.amount === booked ? nothing : html`<p class="small-text">${t('euros.differs', { booked: euros(booked) })}</p>`}`
      : html`<p class="small-text">${icon('clock', { size: 18 })} ${t('euros.silent')}</p>`}</li>`;
}

/** @param {SignedStatement} found @param {number} balance */
function wayView(found, balance) {
  const { circulation, cover, surplus } = found.media.digital;
  const banks = found.banks.filter(({ medium }) => medium === 'digital');
  const mine = counted.value;
  const covered = surplus >= 0;
  const promised = banks.reduce((sum, { fund }) => sum + fund, 0) - cover;
  return html`
    ${covered ? banner({ tone: 'good', title: t('euros.covered'), text: t('euros.covered_text', { date: formatDate(found.time) }) })
      : banner({ tone: 'danger', title: t('euros.short'), text: t('euros.short_text', { amount: euros(-surplus) }) })}
    <ol class="way">
      ${step({
        number: 1, name: 'way-mine', title: t('euros.mine'), end: amount(balance, { symbol: symbol.value }), text: t('euros.mine_text', { balance: units(balance), euros: euros(balance) }),
        more: mine.state === 'counted' ? chip({ text: t('euros.counted', { date: formatDate(mine.statement.time) }), tone: 'good', iconName: 'check' })
          : mine.state === 'wrong' || mine.state === 'bad_statement' ? countedView() : html`<p class="small-text quiet-text">${t('euros.not_yet')}</p>`,
      })}
      ${step({ number: 2, name: 'way-all', title: t('euros.all'), end: amount(circulation, { symbol: symbol.value }), text: t('euros.all_text') })}
      ${step({
        number: 3, name: 'way-fund', title: t('euros.fund'), end: amount(cover, { symbol: '€' }),
        text: t(covered ? 'euros.fund_text' : 'euros.fund_short_text', { holder: facts().holder }),
        more: html`<ul class="way-banks">${banks.map(bankView)}</ul>${promised > 0 ? html`<p class="small-text quiet-text">${t('euros.rest', { amount: euros(promised) })}</p>` : nothing}`,
      })}
    </ol>
    <p class="small-text quiet-text" data-name="way-statement" data-number=${found.number}>${t('euros.from', { number: found.number, time: formatDateTime(found.time) })}</p>
    <section class="section"><h2>${t('euros.back')}</h2><p>${t(isShop.value ? 'euros.back_shop' : 'euros.back_text')}</p></section>
    <div class="actions">${linkButton({ label: t('euros.public'), href: '/', iconName: 'external' })}</div>`;
}

export function eurosView() {
  const mine = account.value;
  const title = t('euros.title');
  if (mine && pinned.value && !asked) {
    asked = true;
    queueMicrotask(() => void load());
  }
  const found = statement.value;
  return frame({
    title, back: 'settings',
    body: fault.value ? failure({ error: fault.value, onRetry: () => void load() })
      : !mine || found === undefined ? loading()
      : found === null ? empty({ iconName: 'clock', title: t('euros.none'), text: t('euros.none_text') })
      : wayView(found, mine.balance),
  });
}
