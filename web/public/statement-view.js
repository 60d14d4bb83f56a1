// The newest coverage statement, the answer first: is every unit covered by a euro? What is missing stands before everything
// else and cannot be folded away.

import { html, nothing, svg } from '../vendor/lit-html/lit-html.js';
import { now } from '../kit/api.js';
import { MEDIA, shortfallOf } from '../kit/coverage.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount, formatCount } from '../kit/money.js';
import { formatDate, formatDateTime } from '../kit/time.js';
import { amount, banner, copyButton, empty, linkButton } from '../kit/ui.js';
import { chartView } from './chart.js';

/** A statement is made every day; a day and a half later somebody should ask. */
const TOO_OLD_MS = 36 * 60 * 60_000;
const JAR_HEIGHT = 120;
const PRINT_START = 16;

/** @typedef {import('../kit/coverage.js').SignedStatement} SignedStatement */
/** @typedef {import('../kit/coverage.js').Medium} Medium */

/** @param {number} cents */
const euros = (cents) => formatAmount(cents, { symbol: '€' });

/** @param {SignedStatement} statement */
export function answerView(statement) {
  const short = shortfallOf(statement);
  return html`<section class="answer ${short > 0 ? 'short' : 'good'}" data-name="answer" data-short=${short}>
    <span class="answer-icon">${icon(short > 0 ? 'warning' : 'shield', { size: 44 })}</span>
    <div><h1>${short > 0 ? t('public.short', { amount: euros(short) }) : t('public.covered')}</h1>
    <p>${short > 0 ? t('public.short_text') : t('public.covered_text')}</p>
    <p class="answer-when">${t('public.stated', { number: statement.number, time: formatDateTime(statement.time) })}</p></div>
  </section>
  ${now() - statement.time > TOO_OLD_MS ? html`<div data-name="too-old">${banner({ tone: 'warning', iconName: 'clock', title: t('public.too_old'), text: t('public.too_old_text', { date: formatDate(statement.time) }) })}</div>` : nothing}`;
}

/** No statement could be verified: nothing of it is shown. */
export function wrongView() {
  return html`<section class="answer short" data-name="answer" data-wrong>
    <span class="answer-icon">${icon('warning', { size: 44 })}</span><div><h1>${t('public.wrong')}</h1><p>${t('public.wrong_text')}</p></div></section>`;
}

export function noneView() {
  return html`<section class="card" data-name="no-statement">${empty({ iconName: 'file', title: t('public.none'), text: t('public.none_text') })}</section>`;
}

/** Two jars side by side, filled to the same scale. @param {Medium} medium @param {SignedStatement} statement @param {string} symbol */
function mediumView(medium, { media }, symbol) {
  const { circulation, cover, surplus, inTransit, pledged, payable, feesDue } = media[medium];
  const short = Math.max(0, -surplus);
  const most = Math.max(circulation, cover, 1);
  return html`<section class="card medium" data-medium=${medium}>
    <div class="spread"><h2>${t(`public.${medium}`)}</h2>
      ${short > 0 ? html`<strong class="verdict short">${icon('warning', { size: 20 })}${t('public.missing', { amount: euros(short) })}</strong>`
        : html`<strong class="verdict good">${icon('check', { size: 20 })}${surplus === 0 ? t('public.is_covered') : t('public.surplus', { amount: euros(surplus) })}</strong>`}</div>
    <div class="jars">
      ${jar(circulation / most, short > 0 ? Math.min(short, circulation) / most : 0, 'circulation')}
      ${jar(Math.max(0, cover) / most, 0, 'fund')}
      <p><span>${t('public.circulation')}</span>${amount(circulation, { symbol, size: 'big' })}</p>
      <p><span>${t('public.fund')}</span>${amount(cover, { symbol: '€', size: 'big' })}</p>
    </div>
    <p class="small-text quiet-text">${t('public.besides')}</p>
    <dl class="facts small-text">${[['payable', payable], ['fees_due', feesDue], ['pledged', pledged], ['in_transit', inTransit]].map(([key, cents]) => html`<div><dt>${t(`public.${key}`)}</dt><dd>${euros(Number(cents))}</dd></div>`)}</dl>
  </section>`;
}

/**
 * A jar, filled in part; what has no cover is hatched on top.
 * @param {number} filled share of the height
 * @param {number} uncovered share of the height, at the top of what is filled
 * @param {string} kind
 */
function jar(filled, uncovered, kind) {
  const level = filled > 0 ? Math.max(4, Math.round(filled * JAR_HEIGHT)) : 0;
  const missing = uncovered > 0 ? Math.max(6, Math.round(uncovered * JAR_HEIGHT)) : 0;
  const top = 24 + JAR_HEIGHT - level;
  return html`<svg class="jar ${kind}" viewBox="0 0 120 156" aria-hidden="true">${svg`
    <defs><clipPath id="jar-${kind}"><rect x="14" y="20" width="92" height="126" rx="20"></rect></clipPath>
      <pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="8" height="8"></rect><rect class="hatch-line" width="4" height="8"></rect></pattern></defs>
    <g clip-path="url(#jar-${kind})"><rect class="jar-glass" x="14" y="20" width="92" height="126"></rect>
      <rect class="jar-fill" x="14" y=${top} width="92" height=${level + 4}></rect>
      ${missing > 0 ? svg`<rect fill="url(#hatch)" x="14" y=${top} width="92" height=${missing}></rect>` : nothing}</g>
    <rect class="jar-edge" x="14" y="20" width="92" height="126" rx="20"></rect>
    <rect class="jar-lid" x="24" y="8" width="72" height="12" rx="4"></rect>`}</svg>`;
}

/** What a bank has said of an account. @param {import('../kit/coverage.js').BankLine} line */
function saidView({ booked, confirmed }) {
  if (!confirmed) return html`<p class="bank-silent">${icon('clock', { size: 18 })}<span>${t('public.bank_silent')}</span></p>`;
  const differs = confirmed.amount !== booked;
  return html`<p class="bank-said">${icon('check', { size: 18 })}<span>${t('public.bank_said', { amount: euros(confirmed.amount), date: formatDate(Date.parse(confirmed.date)) })}</span></p>
    ${differs ? html`<p class="bank-differs">${t('public.bank_differs', { booked: euros(booked) })}</p>` : nothing}
    <p class="bank-file">${t('public.bank_file')} <bdi dir="ltr" class="code">${confirmed.file.slice(0, PRINT_START)}…</bdi> ${copyButton(confirmed.file, t('public.bank_print'), { small: true })}</p>`;
}

/** @param {import('../kit/coverage.js').BankLine} line */
function bankView(line) {
  return html`<li class="card bank" data-bank=${line.bank}><div class="spread"><h3>${t('public.bank', { number: line.bank })}</h3><span class="chip">${t(`public.${line.class}`)}</span></div>
    <p>${t('public.bank_fund', { amount: euros(line.fund), medium: t(`public.${line.medium}`) })}</p>${saidView(line)}</li>`;
}

/** @param {SignedStatement[]} statements newest first @param {string} symbol */
function chartsView(statements, symbol) {
  const oldestFirst = [...statements].reverse();
  const used = MEDIA.filter((medium) => statements.some(({ media }) => media[medium].circulation !== 0 || media[medium].cover !== 0));
  return html`<section class="section"><h2>${t('chart.title')}</h2><div class="charts">${used.map((medium) => html`<div class="card">${chartView({
    title: t(`public.${medium}`), symbol: medium === 'digital' ? symbol : '€', points: oldestFirst.map(({ media, time, number }) => ({ time, number, ...media[medium] })),
  })}</div>`)}</div></section>`;
}

/** @param {SignedStatement[]} statements newest first, at least one @param {boolean} broken @param {string} symbol */
export function statementView(statements, broken, symbol) {
  const newest = statements[0];
  return html`
    ${broken ? html`<div data-name="broken">${banner({ tone: 'danger', title: t('public.broken'), text: t('public.broken_text') })}</div>` : nothing}
    <div class="media">${MEDIA.map((medium) => mediumView(medium, newest, symbol))}</div>
    <p class="proof-line" data-name="statement-verified">${icon('shield')}<span>${t('public.verified', { number: newest.number, size: formatCount(newest.checkpoint.size) })}</span></p>
    <section class="section"><h2>${t('public.banks')}</h2><p class="quiet-text">${t('public.banks_text')}</p><ul class="banks">${newest.banks.map(bankView)}</ul></section>
    ${chartsView(statements, symbol)}
    <div class="cluster">${copyButton(newest.note, t('public.copy_statement'))}${linkButton({ label: t('public.json'), href: '/log/coverage/latest', kind: 'quiet' })}</div>`;
}
