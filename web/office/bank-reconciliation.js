// What the bank says beside what the ledger says, for each account, and every cent between them.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { formatShortDate } from '../kit/time.js';
import { amount, banner, chip, empty, failure, loading, toast } from '../kit/ui.js';
import { euros } from './acts.js';
import { formatBankDay, lineOf, readLine, readReconciliations, reconciliationFault, reconciliations } from './bank-data.js';
import { openLine } from './bank-line.js';
import { wordFor } from './bank-lines.js';
import { overview } from './state.js';

/** @typedef {import('./bank-data.js').Reconciliation} Reconciliation */

/** So many parts are read at a glance. */
const PARTS_OPEN = 6;

/** One part of a difference; its line can be looked at. @param {import('./bank-data.js').Explained} part @param {boolean} named with what the bank says of it */
function partView({ amount: cents, line, sequence, words }, named) {
  const more = words ? (line ? wordFor('line', words) : wordFor('kind', words)) : '';
  const known = named && line ? lineOf(line) : null;
  const inside = html`<span class="part-words">${known ? html`<span dir="auto">${known.counterparty ?? known.text ?? ''}</span>` : nothing}<span class=${known ? 'quiet-text small-text' : nothing}>${known ? html`${formatBankDay(known.booking_date, formatShortDate)} · ` : nothing}${more}${sequence ? html`${more ? ' · ' : ''}${t('history.entry', { sequence: formatCount(sequence) })}` : nothing}</span></span>
    <span class="part-amount">${amount(cents, { symbol: '€', sign: true })}</span>`;
  return line ? html`<li><button type="button" class="part" data-name="part" @click=${() => showLine(line)}>${inside}</button></li>` : html`<li class="part" data-name="part">${inside}</li>`;
}

/** Parts with one reason, and what they come to; many are shown when they are asked for. @param {string} why @param {import('./bank-data.js').Explained[]} parts */
function groupView(why, parts) {
  const total = parts.reduce((sum, part) => sum + part.amount, 0);
  return html`<details class="part-group" data-name="parts" data-why=${why} ?open=${parts.length <= PARTS_OPEN}><summary><span class="part-words"><strong>${wordFor('explained', why)}</strong><span class="quiet-text small-text">${t('reconciliation.parts', { n: parts.length })}</span></span>
    <span class="part-amount">${amount(total, { symbol: '€', sign: true })}</span>${icon('down', { size: 18 })}</summary><ol class="parts">${parts.map((part) => partView(part, parts.length <= PARTS_OPEN))}</ol></details>`;
}

/** @param {string} id */
async function showLine(id) {
  try {
    openLine(await readLine(id));
  } catch (error) {
    toast(sentenceFor(error), 'warning');
  }
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
    ${explained.length === 0 ? nothing : html`<section><h3>${t('reconciliation.where')}</h3>${[...new Set(explained.map(({ why }) => why))].map((why) => groupView(why, explained.filter((part) => part.why === why)))}</section>`}
    ${unexplained ? banner({ tone: 'danger', title: t('reconciliation.unexplained', { amount: euros(unexplained) }), text: t('reconciliation.unexplained_words') }) : nothing}
  </article>`;
}

export function reconciliationView() {
  const list = [...reconciliations.value.values()];
  if (list.length === 0) return reconciliationFault.value ? failure({ error: reconciliationFault.value, onRetry: readReconciliations }) : overview.data.value?.banks.length === 0 ? empty({ iconName: 'bank', title: t('reconciliation.none') }) : loading();
  return html`<p class="lead">${icon('info', { size: 18 })} ${t('reconciliation.words')}</p>
    ${reconciliationFault.value ? banner({ tone: 'warning', text: t('reading.old', { time: '' }), iconName: 'offline' }) : nothing}
    <div class="proposals reconciliations">${list.map(accountView)}</div>`;
}
