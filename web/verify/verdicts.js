// The verdict in words: what is proved, what is not, and by whom. Wrong things are red and say why.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { encodeBech32m, groupAccount } from '../kit/bech32m.js';
import { shortfallOf, MEDIA } from '../kit/coverage.js';
import { fingerprint } from '../kit/hex.js';
import { hasWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount, formatCount } from '../kit/money.js';
import { formatDate, formatDateTime } from '../kit/time.js';
import { amount } from '../kit/ui.js';

/** @typedef {import('./judge.js').Verdict} Verdict */
/** @typedef {import('../kit/pinned.js').Pinned} Pinned */
/** @typedef {'good' | 'warning' | 'bad'} Tone */

/**
 * @param {{tone: Tone, kind: string, title: unknown, head?: unknown, rows?: [string, unknown][], proved?: unknown[], open?: unknown[]}} words
 */
function card({ tone, kind, title, head, rows = [], proved = [], open = [] }) {
  return html`<section class="verdict-card ${tone}" data-name="verdict" data-tone=${tone} data-kind=${kind} role=${tone === 'good' ? 'status' : 'alert'}>
    <header><span class="verdict-mark" aria-hidden="true">${icon(tone === 'good' ? 'check' : 'warning', { size: 40 })}</span><h2 tabindex="-1">${title}</h2></header>
    ${head ?? nothing}
    ${rows.length > 0 ? html`<dl class="facts">${rows.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>` : nothing}
    ${proved.length > 0 ? html`<section><h3>${t('verdict.proved')}</h3><ul class="ticks">${proved.map((line) => html`<li>${icon('check', { size: 20 })}<span>${line}</span></li>`)}</ul></section>` : nothing}
    ${open.length > 0 ? html`<section class="open-points"><h3>${t('verdict.open')}</h3><ul>${open.map((line) => html`<li>${line}</li>`)}</ul></section>` : nothing}
  </section>`;
}

/** @param {Uint8Array} account @param {Pinned | null} held */
function accountView(account, held) {
  return html`<bdi dir="ltr" class="code">${held ? groupAccount(encodeBech32m(held.prefix, account)) : [...account].map((byte) => byte.toString(16).padStart(2, '0')).join('')}</bdi>`;
}

/** @param {number} sequence */
const numberView = (sequence) => html`<bdi dir="ltr">${formatCount(sequence)}</bdi>`;

/** @param {import('../kit/pinned.js').Seen | null} seen */
function seenSentence(seen) {
  if (!seen || seen.of === 0) return null;
  return seen.seen.length === 0 ? null : t('verdict.seen', { n: seen.seen.length, of: seen.of, names: seen.seen.map(({ name }) => name).join(', ') });
}

/** What is missing for an entry to be final for everyone. @param {import('../kit/pinned.js').Seen | null} seen */
function notFinal(seen) {
  if (!seen || seen.seen.length === 0) return [t('verdict.not_seen')];
  return seen.final ? [] : [t('verdict.not_final', { n: seen.needed })];
}

/** What is never in a proof. */
const neverProved = () => [t('verdict.not_goods'), t('verdict.not_names'), t('verdict.not_after')];

/** @param {Extract<Verdict, {kind: 'short'}>} verdict @param {Pinned} held */
function shortView({ short }, held) {
  return card({
    tone: 'good', kind: 'short', title: t('verdict.short'), head: html`<p>${amount(short.amount, { symbol: held.symbol, size: 'huge' })}</p>`,
    rows: [[t('verdict.payee'), accountView(short.payee, held)], [t('verdict.when'), formatDateTime(short.time)], [t('verdict.number'), numberView(short.sequence)]],
    proved: [t('verdict.signed_by', { name: held.name }), t('verdict.short_signed')],
    open: [t('verdict.short_open'), ...neverProved()],
  });
}

/** @param {import('../kit/receipt.js').Facts} facts @param {Pinned | null} held @returns {[string, unknown][]} */
function receiptRows({ words, time, sequence }, held) {
  const name = hasWords(`did.${words.name}`) ? t(`did.${words.name}`) : t('did.other', { kind: words.name });
  /** @type {[string, unknown][]} */
  const rows = [[t('verdict.what'), name]];
  if (words.payer) rows.push([t('verdict.payer'), accountView(words.payer, held)]);
  if (words.payee) rows.push([t('verdict.payee'), accountView(words.payee, held)]);
  if (words.list) rows.push(...words.list.map(({ payee, amount: cents }) => /** @type {[string, unknown]} */ ([t('verdict.payee'), html`${accountView(payee, held)} · ${amount(cents, { symbol: held?.symbol })}`])));
  rows.push([t('verdict.when'), formatDateTime(time)], [t('verdict.number'), numberView(sequence)]);
  return rows;
}

/** @param {Extract<Verdict, {kind: 'receipt'}>} verdict @param {Pinned | null} held */
function receiptVerdict({ facts, seen, ledger, ours }, held) {
  const witnessed = seenSentence(seen);
  const name = ours && held ? held.name : fingerprint(ledger);
  return card({
    tone: ours ? 'good' : 'warning', kind: 'receipt', title: ours ? t('verdict.receipt') : t('verdict.receipt_elsewhere'),
    head: facts.words.amount === undefined ? nothing : html`<p>${amount(facts.words.amount, { symbol: ours ? held?.symbol : '', size: 'huge' })}</p>`,
    rows: receiptRows(facts, ours ? held : null),
    proved: [t('verdict.signed_payer'), t('verdict.signed_by', { name }), t('verdict.in_register', { size: formatCount(facts.checkpoint.size) }), ...(witnessed ? [witnessed] : [])],
    open: [...(ours ? [] : [t('verdict.compare')]), ...notFinal(seen), ...neverProved()],
  });
}

/** @param {import('../kit/coverage.js').SignedStatement} statement @param {string} symbol @returns {[string, unknown][]} */
function statementRows({ media, banks, number, time }, symbol) {
  const euros = (/** @type {number} */ cents) => formatAmount(cents, { symbol: '€' });
  return [
    [t('verdict.statement_number'), numberView(number)], [t('verdict.when'), formatDateTime(time)],
    ...MEDIA.map((medium) => /** @type {[string, unknown]} */ ([t(`medium.${medium}`), t('verdict.against', { circulation: formatAmount(media[medium].circulation, { symbol }), cover: euros(media[medium].cover) })])),
    ...banks.map((bank) => /** @type {[string, unknown]} */ ([t('verdict.bank', { number: bank.bank }), bank.confirmed ? t('verdict.bank_said', { amount: euros(bank.confirmed.amount), date: formatDate(Date.parse(bank.confirmed.date)) }) : t('verdict.bank_silent')])),
  ];
}

/** @param {Extract<Verdict, {kind: 'statement'}>} verdict @param {Pinned} held */
function statementView({ statement }, held) {
  const short = shortfallOf(statement);
  return card({
    tone: short > 0 ? 'bad' : 'good', kind: 'statement', title: short > 0 ? t('verdict.statement_short', { amount: formatAmount(short, { symbol: '€' }) }) : t('verdict.statement_covered'),
    rows: statementRows(statement, held.symbol),
    proved: [t('verdict.signed_by', { name: held.name }), t('verdict.statement_whole'), t('verdict.statement_total')],
    open: [t('verdict.statement_bank'), t('verdict.statement_each'), t('verdict.not_after')],
  });
}

/** @param {Extract<Verdict, {kind: 'checkpoint'}>} verdict @param {Pinned} held */
function checkpointVerdict({ size, seen }, held) {
  const witnessed = seenSentence(seen);
  return card({
    tone: 'good', kind: 'checkpoint', title: t('verdict.checkpoint', { size: formatCount(size) }),
    proved: [t('verdict.signed_by', { name: held.name }), ...(witnessed ? [witnessed] : [])], open: [...notFinal(seen), t('verdict.checkpoint_open')],
  });
}

/** @param {Extract<Verdict, {kind: 'complaint'}>} verdict @param {Pinned} held */
function complaintView({ complaint, proved, told, receipts }, held) {
  const units = (/** @type {number} */ cents) => formatAmount(cents, { symbol: held.symbol });
  return card({
    tone: proved ? 'bad' : 'warning', kind: 'complaint', title: proved ? t('verdict.complaint_proved') : t('verdict.complaint'),
    rows: [
      [t('verdict.account'), accountView(complaint.account, held)], [t('verdict.statement_number'), numberView(complaint.statementNumber)],
      [t('verdict.says_member'), units(complaint.balance)], ...(told === null ? [] : [/** @type {[string, unknown]} */ ([t('verdict.says_association'), units(told)])]),
      [t('verdict.why'), t(`reason.${complaint.reason}`)], [t('verdict.when'), formatDateTime(complaint.time)],
    ],
    proved: [t('verdict.complaint_signed'), ...(told === null ? [] : [t('verdict.answer_signed', { name: held.name })]), ...(receipts > 0 ? [t('verdict.complaint_receipts', { n: receipts })] : [])],
    open: [...(proved ? [] : [t('verdict.complaint_open')]), t('verdict.complaint_key')],
  });
}

/** @param {Extract<Verdict, {kind: 'fork'}>} verdict @param {Pinned | null} held */
function forkView({ name, ours, older, newer }, held) {
  return card({
    tone: 'bad', kind: 'fork', title: ours ? t('verdict.fork_ours', { name: held?.name ?? '' }) : t('verdict.fork_other'),
    rows: [[t('verdict.register'), html`<bdi dir="ltr" class="code">${name}</bdi>`], [t('verdict.first_history'), t('verdict.entries', { n: formatCount(older) })], [t('verdict.second_history'), t('verdict.entries', { n: formatCount(newer) })]],
    proved: [t('verdict.fork_signed'), t('verdict.fork_differs')], open: [t('verdict.fork_open'), ...(ours ? [] : [t('verdict.compare')])],
  });
}

/** @param {Verdict} verdict @param {Pinned | null} held */
export function verdictView(verdict, held) {
  if (verdict.kind === 'receipt') return receiptVerdict(verdict, held);
  if (verdict.kind === 'fork') return forkView(verdict, held);
  if (!held) return nothing;
  switch (verdict.kind) {
    case 'short': return shortView(verdict, held);
    case 'statement': return statementView(verdict, held);
    case 'checkpoint': return checkpointVerdict(verdict, held);
    case 'complaint': return complaintView(verdict, held);
  }
}

/** @param {import('./judge.js').Fault} fault */
export function refusalView(fault) {
  return card({ tone: 'bad', kind: fault, title: t('refused.title'), head: html`<p>${t(`refused.${fault}`)}</p><p>${t('refused.do')}</p>` });
}
