// Redemptions: units that professionals turn back into euros. What is to be paid is put into one file for the bank, two people
// approve the batch, and the bank's own statement says what was paid and what came back.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { hasWords, sentenceFor, t } from '../kit/i18n.js';
import { formatCount, groupIban } from '../kit/money.js';
import { formatDate, formatPlainDate } from '../kit/time.js';
import { amount, banner, button, chip } from '../kit/ui.js';
import { euros } from './acts.js';
import { readingView } from './parts.js';
import { acts, goTo } from './place.js';
import { batchesView } from './redemptions-batches.js';
import { PAYMENT_TONES, instructions, payouts } from './redemptions-data.js';
import { debitsView } from './redemptions-debits.js';
import { fact, roomTabs } from './rooms.js';
import { proposeActs } from './sign.js';
import { desk, overview, place, redemptions } from './state.js';
import { dataTable } from './table.js';

/** @typedef {import('./redemptions-data.js').Redemption} Redemption */
/** @typedef {import('./redemptions-data.js').Prepared} Prepared */

/** Redemptions that were taken out of the next batch. */
const left = signal(/** @type {ReadonlySet<number>} */ (new Set()));
const bank = signal('');
const prepared = signal(/** @type {Prepared | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
const busy = signal(false);

/** @param {number} number */
function toggle(number) {
  const next = new Set(left.peek());
  if (!next.delete(number)) next.add(number);
  batch(() => {
    left.value = next;
    prepared.value = null;
  });
}

const banks = () => (overview.data.value?.banks ?? []).filter(({ medium }) => medium === 'digital');
const chosenBank = () => Number(bank.value || banks()[0]?.bank || 0);

/** @param {Redemption[]} chosen */
async function prepare(chosen) {
  busy.value = true;
  fault.value = null;
  try {
    prepared.value = await desk.peek()?.session.json('/office/v1/payouts', { json: { bank: chosenBank(), redemptions: chosen.map(({ redemption }) => redemption).sort((a, b) => a - b) } });
    void payouts.refresh();
  } catch (error) {
    prepared.value = null;
    fault.value = error;
  } finally {
    busy.value = false;
  }
}

/** @param {Prepared} batchMade */
async function proposeBatch({ act }) {
  const signed = await proposeActs([act]);
  if (!signed?.some(({ step }) => step === 'executed' || step === 'waits')) return;
  batch(() => {
    prepared.value = null;
    left.value = new Set();
  });
  void payouts.refresh();
  void redemptions.refresh();
  goTo('redemptions', 'batches');
}

/** @param {Redemption} line */
function warningOf({ iban, iban_changed: changed }) {
  if (acts() && !iban) return { text: t('redeem.no_iban'), tone: /** @type {const} */ ('danger') };
  return changed ? { text: t('redeem.iban_changed', { n: changed.by, date: formatDate(changed.time) }), tone: /** @type {const} */ ('warning') } : null;
}

/** @param {Redemption} line */
function whoCell(line) {
  const warning = warningOf(line);
  return html`<strong><bdi>${line.name ?? t('members.no_name')}</bdi></strong>${line.iban ? html`<br><bdi class="code small-text quiet-text" dir="ltr">${groupIban(line.iban)}</bdi>` : nothing}
    ${warning ? html`<br>${chip({ text: warning.text, tone: warning.tone, iconName: 'warning' })}` : nothing}`;
}

/** @param {Redemption[]} chosen @param {number} total */
function prepareView(chosen, total) {
  if (!acts()) return nothing;
  return html`<section class="card stack" data-name="prepare"><h2>${t('redeem.prepare_title')}</h2><p>${t('redeem.prepare_words')}</p>
    <div class="batch-line"><p class="batch-sum">${t('redeem.chosen', { n: chosen.length })} ${amount(total, { symbol: '€', size: 'big' })}</p>
      <label class="plain-select"><span>${t('field.bank')}</span> <select name="payout-bank" @change=${(/** @type {Event} */ event) => { bank.value = /** @type {HTMLSelectElement} */ (event.target).value; prepared.value = null; }}>
        ${banks().map((one) => html`<option value=${one.bank} ?selected=${chosenBank() === one.bank}>${t('banks.number', { number: one.bank })} · ${euros(one.cover)}</option>`)}</select></label></div>
    ${fault.value ? html`<div data-name="prepare-fault">${banner({ tone: 'danger', title: t('redeem.not_prepared'), text: sentenceFor(fault.value) })}</div>` : nothing}
    <div class="cluster">${button({ label: t('redeem.prepare'), kind: prepared.value ? 'plain' : 'primary', iconName: 'file', busy: busy.value, disabled: chosen.length === 0, name: 'prepare-batch', onClick: () => void prepare(chosen) })}</div>
    ${prepared.value ? preparedView(prepared.value) : nothing}</section>`;
}

/** @param {string} code */
const why = (code) => t(hasWords(`redeem.why.${code}`) ? `redeem.why.${code}` : 'redeem.why.other');

/** @param {Prepared} made */
function preparedView(made) {
  const nameOfRedemption = (/** @type {number} */ number) => redemptions.data.value?.find(({ redemption }) => redemption === number)?.name ?? t('redeem.number', { number });
  return html`<div class="stack prepared" data-name="prepared" data-count=${made.count}>
    <h3>${t('redeem.prepared', { number: made.number })}</h3>
    <dl class="facts">${fact(t('redeem.payments'), formatCount(made.count))}${fact(t('redeem.sum'), amount(made.total, { symbol: '€' }))}${fact(t('redeem.print'), html`<bdi class="code" dir="ltr">${made.hash}</bdi>`, true)}</dl>
    ${made.left_out.length === 0 ? nothing : html`<div class="banner warning"><div class="banner-words"><strong>${t('redeem.left_out', { n: made.left_out.length })}</strong><ul class="plain-words">${made.left_out.map(({ redemption, code }) => html`<li><bdi>${nameOfRedemption(redemption)}</bdi>: ${why(code)}</li>`)}</ul></div></div>`}
    ${made.warnings.length === 0 ? nothing : html`<div class="banner warning"><div class="banner-words"><strong>${t('redeem.warnings')}</strong><ul class="plain-words">${made.warnings.map(({ redemption, code }) => html`<li><bdi>${nameOfRedemption(redemption)}</bdi>: ${why(code)}</li>`)}</ul></div></div>`}
    <p>${t('redeem.propose_words')}</p>
    <div class="cluster">${button({ label: t('redeem.propose'), kind: 'primary', iconName: 'shield', name: 'propose-batch', onClick: () => void proposeBatch(made) })}</div></div>`;
}

/** @param {Redemption[]} list */
function payableView(list) {
  const payable = list.filter(({ state }) => state === 'payable' || state === 'returned');
  const chosen = payable.filter(({ redemption, iban }) => !left.value.has(redemption) && (iban || !acts()));
  const total = chosen.reduce((sum, { net }) => sum + net, 0);
  return html`${standingView()}
    ${dataTable({
      name: 'payable', label: t('redeem.to_pay'), rows: payable, id: ({ redemption }) => redemption, sort: { key: 'time', down: false },
      none: { iconName: 'check', title: t('redeem.none'), text: t('redeem.none_words') },
      tone: (line) => warningOf(line)?.tone ?? null,
      columns: [
        ...(acts() ? [{ key: 'chosen', title: t('redeem.pay'), pageOnly: true, part: /** @type {const} */ ('pick'), value: () => '', cell: (/** @type {Redemption} */ { redemption, iban, name }) => html`<label class="choice compact"><input type="checkbox" name="pay" value=${redemption} .checked=${!left.value.has(redemption) && Boolean(iban)} ?disabled=${!iban} @change=${() => toggle(redemption)}><span class="hidden">${t('redeem.pay')} ${name}</span></label>` }] : []),
        { key: 'name', title: t('redemptions.who'), value: ({ name }) => name, cell: whoCell },
        { key: 'iban', title: 'IBAN', value: ({ iban }) => iban, fileOnly: true },
        { key: 'time', title: t('redeem.asked'), kind: 'time', value: ({ time }) => time, cell: ({ time }) => formatPlainDate(time) },
        { key: 'gross', title: t('redemptions.gross'), kind: 'cents', value: ({ gross }) => gross },
        { key: 'fee', title: t('redemptions.fee'), kind: 'cents', value: ({ fee }) => fee },
        { key: 'net', title: t('redeem.net'), kind: 'cents', value: ({ net }) => net },
        { key: 'state', title: t('redemptions.state'), value: ({ state }) => t(`redeem.state.${state}`), cell: ({ state }) => chip({ text: t(`redeem.state.${state}`), tone: PAYMENT_TONES[state] ?? 'plain' }) },
      ],
    })}
    ${payable.length === 0 ? nothing : prepareView(chosen, total)}`;
}

/** Professionals who asked that what exceeds their threshold is redeemed. */
function standingView() {
  const list = (instructions.data.value?.standing ?? []).filter(({ above }) => above > 0);
  if (list.length === 0 || !acts()) return nothing;
  const total = list.reduce((sum, { above }) => sum + above, 0);
  const ask = async () => {
    await proposeActs(list.map(({ account }) => ({ kind: 'redeem_standing', account })));
    void instructions.refresh();
    void redemptions.refresh();
  };
  return html`<section class="card stack" data-name="standing"><div class="cover-head"><h2>${t('redeem.standing')}</h2>${chip({ text: t('redeem.standing_n', { n: list.length }), tone: 'info', iconName: 'refresh' })}</div>
    <p>${t('redeem.standing_words')} <strong>${amount(total, { symbol: desk.value?.ledger.symbol })}</strong></p>
    <ul class="plain-list">${list.map(({ account, name, keep, balance, above }) => html`<li class="spread"><span><bdi>${name ?? account}</bdi><br><span class="quiet-text small-text">${t('redeem.standing_keep', { keep: euros(keep), balance: euros(balance) })}</span></span>${amount(above, { symbol: desk.value?.ledger.symbol })}</li>`)}</ul>
    <div class="cluster">${button({ label: t('redeem.standing_do'), iconName: 'refresh', name: 'redeem-standing', onClick: () => void ask() })}</div></section>`;
}

const MONTHS = 12;
const month = signal(-1);

/** Gross, fee and net: what a professional's books need, and the association's. @param {Redemption[]} all */
function statementView(all) {
  const at = new Date(now());
  const start = (/** @type {number} */ ago) => new Date(at.getFullYear(), at.getMonth() - ago, 1).getTime();
  const list = month.value < 0 ? all : all.filter(({ time }) => time >= start(month.value) && time < start(month.value - 1));
  const sum = (/** @type {(line: Redemption) => number} */ part) => list.reduce((total, line) => total + part(line), 0);
  const reference = new Map((payouts.data.value ?? []).flatMap(({ payments }) => payments.filter(({ state }) => state !== 'elsewhere').map(({ redemption, end_to_end: end }) => [redemption, end])));
  const monthName = (/** @type {number} */ ago) => formatDate(start(ago)).replace(/^\S+\s/, '');
  return html`<p class="lead">${t('redeem.statement_words')}</p>
    <dl class="figures">${[['gross', sum(({ gross }) => gross)], ['fee', sum(({ fee }) => fee)], ['given', sum(({ given }) => given ?? 0)], ['net', sum(({ net }) => net)]].map(([key, cents]) => html`<div><dt>${t(`redeem.sum_${key}`)}</dt><dd>${amount(Number(cents), { symbol: '€', size: 'big' })}</dd></div>`)}</dl>
    ${dataTable({
      name: 'redemption-statement', label: t('redeem.statement'), rows: list, id: ({ redemption }) => redemption, sort: { key: 'time', down: true }, none: { iconName: 'bank', title: t('redemptions.none') },
      more: html`<label class="plain-select"><span class="hidden">${t('rules.month')}</span><select name="statement-month" @change=${(/** @type {Event} */ event) => { month.value = Number(/** @type {HTMLSelectElement} */ (event.target).value); }}><option value="-1" ?selected=${month.value < 0}>${t('redeem.all_months')}</option>${Array.from({ length: MONTHS }, (_, ago) => html`<option value=${ago} ?selected=${month.value === ago}>${monthName(ago)}</option>`)}</select></label>`,
      columns: [
        { key: 'redemption', title: t('field.redemption'), value: ({ redemption }) => redemption, fileOnly: true },
        { key: 'name', title: t('redemptions.who'), value: ({ name, account }) => name ?? account, cell: ({ name, account, redemption }) => html`<bdi>${name ?? account}</bdi><br><span class="small-text quiet-text">${t('redeem.number', { number: formatCount(redemption) })}</span>` },
        { key: 'time', title: t('redeem.asked'), kind: 'time', value: ({ time }) => time, cell: ({ time }) => formatPlainDate(time) },
        { key: 'account', title: t('field.account'), value: ({ account }) => account, fileOnly: true },
        { key: 'gross', title: t('redemptions.gross'), kind: 'cents', value: ({ gross }) => gross },
        { key: 'fee', title: t('redemptions.fee'), kind: 'cents', value: ({ fee }) => fee },
        { key: 'given', title: t('rules.given'), kind: 'cents', value: ({ given }) => given ?? 0 },
        { key: 'net', title: t('redeem.net'), kind: 'cents', value: ({ net }) => net },
        { key: 'end_to_end', title: t('redeem.end_to_end'), value: ({ redemption }) => reference.get(redemption) ?? null },
        { key: 'state', title: t('redemptions.state'), value: ({ state }) => t(`redeem.state.${state}`), cell: ({ state }) => chip({ text: t(`redeem.state.${state}`), tone: PAYMENT_TONES[state] ?? 'plain' }) },
      ],
    })}`;
}

export function redemptionsView() {
  const [page] = place.value;
  const list = /** @type {Redemption[]} */ (redemptions.data.value ?? []);
  const open = (payouts.data.value ?? []).filter(({ state }) => state === 'approved' || state === 'waiting').length;
  return html`<h1>${t('tab.redemptions')}</h1>
    ${roomTabs('redemptions', [
      { name: 'pay', title: t('redeem.to_pay'), count: list.filter(({ state }) => state === 'payable' || state === 'returned').length },
      { name: 'batches', title: t('redeem.batches'), count: open }, { name: 'statement', title: t('redeem.statement') }, { name: 'debits', title: t('debits.title') },
    ])}
    ${page === 'batches' ? readingView(payouts, batchesView) : page === 'statement' ? readingView(redemptions, (all) => statementView(/** @type {Redemption[]} */ (all)))
      : page === 'debits' ? debitsView() : readingView(redemptions, (all) => payableView(/** @type {Redemption[]} */ (all)))}`;
}
