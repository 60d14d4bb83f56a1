// What the bank says beside what the ledger says, for each account, and every cent between them.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { hasWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { amount, banner, chip, empty, failure, loading } from '../kit/ui.js';
import { euros } from './acts.js';
import { formatBankDay, readReconciliations, reconciliationFault, reconciliations } from './bank-data.js';
import { overview } from './state.js';

/** @typedef {import('./bank-data.js').Reconciliation} Reconciliation */

/** @param {import('./bank-data.js').Explained} part */
function partView({ why, amount: cents, sequence, words }) {
  const said = hasWords(`explained.${why}`) ? t(`explained.${why}`) : words;
  return html`<li class="part"><span class="part-words"><strong>${said}</strong>${words && hasWords(`explained.${why}`) ? html`<span class="quiet-text small-text" dir="auto">${words}</span>` : nothing}
    ${sequence ? html`<span class="quiet-text small-text">${t('history.entry', { sequence: formatCount(sequence) })}</span>` : nothing}</span><span class="part-amount">${amount(cents, { symbol: '€', sign: true })}</span></li>`;
}

/** @param {Reconciliation} one */
function verdict({ confirmed, difference, unexplained }) {
  if (confirmed === null) return chip({ text: t('reconciliation.silent'), tone: 'plain', iconName: 'clock' });
  if (unexplained) return chip({ text: t('reconciliation.unexplained', { amount: euros(unexplained) }), tone: 'danger', iconName: 'warning' });
  return difference === 0 ? chip({ text: t('reconciliation.equal'), tone: 'good', iconName: 'check' }) : chip({ text: t('reconciliation.explained'), tone: 'info', iconName: 'check' });
}

/** @param {Reconciliation} one */
function accountView(one) {
  const { bank, confirmed, date, ledger, difference, explained, unexplained } = one;
  const medium = overview.data.value?.banks.find((known) => known.bank === bank)?.medium;
  return html`<article class="card reconciliation ${unexplained ? 'short' : ''}" data-name="reconciliation" data-bank=${bank} data-unexplained=${unexplained ?? ''}>
    <div class="cover-head"><h2>${t('banks.number', { number: bank })}${medium ? html` <span class="quiet-text small-text">${t(`medium.${medium}`)}</span>` : nothing}</h2>${verdict(one)}</div>
    <dl class="sum">
      <div><dt>${date ? t('reconciliation.bank_on', { date: formatBankDay(date) }) : t('reconciliation.bank')}</dt><dd>${confirmed === null ? t('value.none') : amount(confirmed, { symbol: '€' })}</dd></div>
      <div><dt>${t('reconciliation.ledger')}</dt><dd>${amount(ledger, { symbol: '€' })}</dd></div>
      ${difference === null ? nothing : html`<div class="sum-total"><dt>${t('reconciliation.difference')}</dt><dd>${amount(difference, { symbol: '€', sign: true })}</dd></div>`}</dl>
    ${confirmed === null ? html`<p class="quiet-text">${t('reconciliation.silent_words')}</p>` : nothing}
    ${explained.length === 0 ? nothing : html`<section><h3>${t('reconciliation.parts', { n: explained.length })}</h3><ol class="parts">${explained.map(partView)}</ol></section>`}
    ${unexplained ? banner({ tone: 'danger', title: t('reconciliation.unexplained', { amount: euros(unexplained) }), text: t('reconciliation.unexplained_words') }) : nothing}
  </article>`;
}

export function reconciliationView() {
  const list = [...reconciliations.value.values()];
  if (list.length === 0) return reconciliationFault.value ? failure({ error: reconciliationFault.value, onRetry: readReconciliations }) : overview.data.value?.banks.length === 0 ? empty({ iconName: 'bank', title: t('reconciliation.none') }) : loading();
  return html`<p class="lead">${icon('info', { size: 18 })} ${t('reconciliation.words')}</p>
    ${reconciliationFault.value ? banner({ tone: 'warning', text: t('reading.old', { time: '' }), iconName: 'offline' }) : nothing}
    <div class="proposals">${list.map(accountView)}</div>`;
}
