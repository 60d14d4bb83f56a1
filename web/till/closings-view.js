// Closings of days, months and years on the screen: what is open, and what was signed, with the perpetual total.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount } from '../kit/money.js';
import { openDay } from '../kit/ticket-chain.js';
import { periodWords, tillWords } from '../kit/ticket-paper.js';
import { amount, ask, button, empty, failure, loading, toast } from '../kit/ui.js';
import { may } from './people.js';
import { allClosings, readClosings } from './tickets-all.js';
import { closeDay, newest, standing } from './tickets.js';

/** @typedef {import('./tickets.js').Kept} Kept */

/** Three years of days, months and years on one page. */
const MOST_CLOSINGS = 1_200;

const read = signal(/** @type {Kept[] | {error: unknown} | null} */ (null));
const busy = signal(false);
let readAt = -1;
const span = signal(/** @type {'days' | 'months' | 'years'} */ ('days'));

/** @param {number} number of the chain's last record */
async function refresh(number) {
  readAt = number;
  read.value = await newest(['closing'], MOST_CLOSINGS).then(({ list }) => list, (error) => ({ error }));
}

async function closeNow() {
  if (!(await ask({ title: t('closings.close_title'), text: t('closings.close_words'), confirm: t('closings.close'), iconName: 'till' }))) return;
  busy.value = true;
  try {
    await closeDay();
    toast(t('closings.closed'), 'good');
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = false;
  }
}

/** What the next closing will hold. */
function openView() {
  const chain = standing.value?.chain;
  const day = chain && openDay(chain);
  if (!chain || !day) return html`<section class="card stack tight" data-name="open-day"><h2>${t('closings.open_none')}</h2><p class="quiet-words">${t('closings.open_none_words')}</p></section>`;
  const { total, tickets } = chain.open[0].sums;
  return html`<section class="card stack tight" data-name="open-day" data-cents=${total}><h2>${t('closings.open')}</h2>
    <div class="spread"><span>${periodWords(day)} · ${t('closings.tickets', { n: tickets })}</span>${amount(total, { symbol: '€', size: 'big' })}</div>
    ${may('close') ? nothing : html`<p class="quiet-words">${t('closings.not_allowed')}</p>`}
    ${button({ label: t('closings.close'), kind: 'primary', iconName: 'check', busy: busy.value, disabled: !may('close'), name: 'close-day', onClick: () => void closeNow() })}</section>`;
}

const SPANS = /** @type {const} */ ([['days', 10], ['months', 7], ['years', 4]]);

/** @param {{href: string, period: string, total: number, net: number, tickets: number, till?: string}} words */
function rowView({ href, period, total, net, tickets, till }) {
  return html`<li><a class="row" href=${href} data-name="closing-row" data-period=${period} data-total=${total} data-net=${net}>
    <span class="row-words"><span class="row-title">${periodWords(period)}</span><span class="row-note">${till ? html`${t('ticket.till')} <bdi dir="ltr">${till}</bdi> · ` : nothing}${t('closings.tickets', { n: tickets })} · ${t('closings.perpetual')} ${formatAmount(net, { symbol: '€' })}</span></span>
    <span class="row-end">${amount(total, { symbol: '€' })}</span><span class="quiet-text">${icon('next', { size: 20 })}</span></a></li>`;
}

/** @param {unknown[]} rows */
const listView = (rows) => (rows.length === 0 ? empty({ iconName: 'file', title: t('closings.none'), text: t('closings.none_words') }) : html`<ul class="list">${rows}</ul>`);

function spanChoice() {
  return html`<div class="span-choice" role="group" aria-label=${t('tickets.part_closings')}>${SPANS.map(([name]) => html`<button type="button" class="button quiet small" data-name="span-${name}" aria-pressed=${span.value === name ? 'true' : 'false'} @click=${() => { span.value = name; allClosings.value = null; }}>${t(`closings.${name}`)}</button>`)}</div>`;
}

function allView() {
  const now = allClosings.value;
  if (now === null) {
    queueMicrotask(() => void readClosings(span.peek()));
    return loading();
  }
  if ('error' in now) return failure({ error: now.error, onRetry: () => void readClosings(span.peek()) });
  return listView(now.rows.map(({ till, number, period, total, perpetual, tickets }) => rowView({ href: `#ticket=${till}.${number}`, period, total, net: perpetual.net, tickets, till: tillWords(till) })));
}

function ownView() {
  const number = standing.value?.chain.number ?? 0;
  if (number !== readAt) queueMicrotask(() => void refresh(number));
  const now = read.value;
  if (now === null) return loading();
  if ('error' in now) return failure({ error: now.error, onRetry: () => void refresh(number) });
  const [, length] = SPANS.find(([name]) => name === span.value) ?? SPANS[0];
  return listView(now.flatMap(({ number: at, record }) => (record.kind === 'closing' && record.closing.period.length === length ? [rowView({ href: `#ticket=${at}`, ...record.closing })] : [])));
}

/** @param {boolean} all of every till, or of this one */
export function closingsView(all) {
  return html`${all ? nothing : openView()}${spanChoice()}${all ? allView() : ownView()}`;
}
