// Batches of redemptions: prepared, approved by two people, downloaded for the bank, and then paid or returned line by line.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount, groupIban } from '../kit/money.js';
import { saveFile } from '../kit/save.js';
import { formatDateTime } from '../kit/time.js';
import { amount, ask, banner, button, chip, empty } from '../kit/ui.js';
import { acts } from './place.js';
import { PAYMENT_TONES, payouts } from './redemptions-data.js';
import { proposeActs } from './sign.js';
import { desk, redemptions } from './state.js';
import { dataTable } from './table.js';

/** @typedef {import('./redemptions-data.js').Payout} Payout */

/** @type {Record<string, 'plain' | 'good' | 'info' | 'warning' | 'danger'>} */
const TONES = { prepared: 'plain', waiting: 'info', approved: 'warning', paid: 'good', partly: 'warning', returned: 'danger', void: 'danger' };
/** Why an act is corrected: the reason's code. */
const TAKEN_BACK = 1;

const faults = signal(/** @type {ReadonlyMap<number, unknown>} */ (new Map()));

/** @param {Payout} payout */
async function download({ number }) {
  const next = new Map(faults.peek());
  next.delete(number);
  try {
    const bytes = await desk.peek()?.session.bytes(`/office/v1/payouts/${number}/file`, { accept: 'application/xml' });
    if (bytes) saveFile(`liard-${number}.xml`, bytes, 'application/xml');
    void payouts.refresh();
  } catch (error) {
    next.set(number, error);
  }
  faults.value = next;
}

/** @param {Payout} payout */
async function proposeAgain({ act }) {
  await proposeActs([act]);
  void payouts.refresh();
}

/** @param {Payout} payout */
async function takeBack({ sequence, given_out: given }) {
  if (!sequence) return;
  const cancelled = !given || (await ask({ title: t('redeem.take_back'), text: t('redeem.given_out_words'), confirm: t('redeem.take_back_cancelled'), danger: true, iconName: 'warning' }));
  if (!cancelled) return;
  await proposeActs([{ kind: 'correct', sequence, reason: TAKEN_BACK }]);
  void payouts.refresh();
  void redemptions.refresh();
}

/** @param {Payout} payout */
function steps(payout) {
  const { state, sequence, number, payments } = payout;
  if (!acts()) return nothing;
  if (state === 'prepared') return html`<div class="cluster">${button({ label: t('redeem.propose'), kind: 'primary', iconName: 'shield', onClick: () => void proposeAgain(payout) })}</div>`;
  if (state === 'waiting') return html`<p class="quiet-text">${t('redeem.waiting_words')}</p>`;
  const untouched = payments.every((payment) => payment.state === 'ordered');
  return html`<div class="cluster">${state === 'approved' ? button({ label: t('redeem.download'), kind: 'primary', iconName: 'save', name: `download-${number}`, onClick: () => void download(payout) }) : nothing}
    ${untouched && sequence ? button({ label: t('redeem.take_back'), kind: 'quiet', iconName: 'undo', onClick: () => void takeBack(payout) }) : nothing}</div>
    ${state === 'approved' ? html`<p class="quiet-text">${t('redeem.download_words')}</p>` : nothing}`;
}

/** @param {Payout} payout */
function batchView(payout) {
  const { number, state, total, count, created, by, payments, bank, hash } = payout;
  const fault = faults.value.get(number);
  const returned = payments.filter((payment) => payment.state === 'returned').length;
  return html`<article class="card stack" data-name="payout" data-state=${state} data-number=${number}>
    <div class="cover-head"><h2>${t('redeem.batch', { number })}</h2>${chip({ text: t(`redeem.batch_state.${state}`), tone: TONES[state] ?? 'plain' })}</div>
    <p class="batch-sum">${t('redeem.payments_n', { n: count })} ${amount(total, { symbol: '€', size: 'big' })}</p>
    <p class="quiet-text small-text">${t('redeem.batch_by', { n: by, time: formatDateTime(created), bank })}</p>
    ${returned > 0 ? banner({ tone: 'warning', text: t('redeem.returned_n', { n: returned }) }) : nothing}
    ${payout.given_out ? banner({ tone: state === 'void' || state === 'prepared' ? 'danger' : 'info', text: `${t('redeem.given_out', { n: payout.given_out.by, time: formatDateTime(payout.given_out.time) })}${['partly', 'paid', 'returned'].includes(state) ? '' : ` ${t('redeem.given_out_words')}`}` }) : nothing}
    ${payout.directory_changed && state === 'approved' ? banner({ tone: 'danger', text: t('redeem.directory_changed') }) : nothing}
    ${steps(payout)}
    ${fault ? banner({ tone: 'danger', text: sentenceFor(fault) }) : nothing}
    <details><summary>${t('redeem.lines', { n: formatCount(count) })}${icon('down', { size: 18 })}</summary>
      ${dataTable({
        name: `batch-${number}`, label: t('redeem.batch', { number }), rows: payments, id: ({ redemption }) => redemption, none: { iconName: 'bank', title: t('redemptions.none') },
        columns: [
          { key: 'name', title: t('redemptions.who'), value: ({ name, account }) => name ?? account, cell: ({ name, account, iban }) => html`<strong><bdi>${name ?? account}</bdi></strong>${iban ? html`<br><bdi class="code small-text quiet-text" dir="ltr">${groupIban(iban)}</bdi>` : nothing}` },
          { key: 'iban', title: 'IBAN', value: ({ iban }) => iban, fileOnly: true },
          { key: 'end_to_end', title: t('redeem.end_to_end'), value: ({ end_to_end }) => end_to_end, cell: ({ end_to_end }) => html`<bdi class="code" dir="ltr">${end_to_end}</bdi>` },
          { key: 'net', title: t('redeem.net'), kind: 'cents', value: ({ net }) => net },
          { key: 'state', title: t('redemptions.state'), value: (payment) => t(`redeem.state.${payment.state}`), cell: (payment) => chip({ text: t(`redeem.state.${payment.state}`), tone: PAYMENT_TONES[payment.state] ?? 'plain' }) },
        ],
      })}
      <p class="small-text quiet-text">${t('redeem.print')} <bdi class="code" dir="ltr">${hash}</bdi></p></details></article>`;
}

/** @param {Payout[]} list */
export function batchesView(list) {
  if (list.length === 0) return empty({ iconName: 'file', title: t('redeem.batches_none'), text: t('redeem.batches_none_words') });
  const newestFirst = [...list].sort((a, b) => b.number - a.number);
  return html`<p class="lead">${t('redeem.batches_words')}</p><div class="stack">${repeat(newestFirst, ({ number }) => number, batchView)}</div>`;
}
