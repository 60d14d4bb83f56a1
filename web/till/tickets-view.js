// Tickets and closings on the screen: what this till wrote, one ticket on paper, closings, the journal of events, the archive.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { effect, signal } from '../vendor/signals-core/signals-core.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { parisTime } from '../kit/paris.js';
import { qrView } from '../kit/qr.js';
import { periodWords, tillWords, titleOf } from '../kit/ticket-paper.js';
import { formatTime } from '../kit/time.js';
import { amount, banner, button, chip, copyButton, empty, failure, loading } from '../kit/ui.js';
import { archiveView } from './archive-view.js';
import { closingsView } from './closings-view.js';
import { fromMenu } from './more.js';
import { printTicket, ticketPaper } from './paper.js';
import { device, scope } from './state.js';
import { allTickets, readTickets, recordOf, since } from './tickets-all.js';
import { issueEvent, newest, receiptLink, recordAt, reprintsOf, standing, startTickets, ticketsOn, ticketsStayHere, trouble } from './tickets.js';

/** @typedef {import('./tickets.js').Kept} Kept */

const PARTS = /** @type {const} */ (['list', 'closings', 'journal', 'archive']);
/** @typedef {typeof PARTS[number]} Part */
/** So many are shown at first, and more each time somebody asks. */
const PAGE = 50;

/** @type {Record<'list' | 'journal', import('../kit/ticket.js').TillRecord['kind'][]>} */
const KINDS_OF = { list: ['sale', 'refund', 'training_sale', 'training_refund'], journal: ['event'] };

/** @typedef {{list: Kept[], whole: boolean} | {error: unknown} | null} Listed */

/** What is read of one part; it is read again when the chain grows. */
class Listing {
  listed = signal(/** @type {Listed} */ (null));
  wanted = PAGE;
  #number = -1;

  /** @param {'list' | 'journal'} part */
  constructor(part) {
    this.kinds = KINDS_OF[part];
  }

  /** Reads, unless it was read at this length of the chain. @param {number} number */
  follow(number) {
    if (number !== this.#number) queueMicrotask(() => void this.read(number));
    return this.listed.value;
  }

  /** @param {number} number */
  async read(number) {
    this.#number = number;
    this.listed.value = await newest(this.kinds, this.wanted).catch((error) => ({ error }));
  }

  more() {
    this.wanted += PAGE;
    return this.read(this.#number);
  }
}

const listings = { list: new Listing('list'), journal: new Listing('journal') };

/** @param {Part} here */
function partsNav(here) {
  return html`<nav class="part-tabs" aria-label=${t('tickets.parts')}>${PARTS.filter((part) => part !== 'journal' || writesHere()).map((part) => html`<a class="part-tab" href=${part === 'list' ? '#tickets' : `#tickets=${part}`} data-name="part-${part}" aria-current=${part === here ? 'page' : nothing}>${t(`tickets.part_${part}`)}</a>`)}</nav>`;
}

/** What has not reached the server, and why. */
function standingView() {
  const wrong = trouble.value;
  if (wrong) {
    return html`<div data-name="trouble">${banner({ tone: 'danger', title: t(`tickets.trouble_${wrong.name}`), text: wrong.name === 'forked' ? t('tickets.trouble_forked_words') : t('tickets.waiting_words') })}</div>`;
  }
  const now = standing.value;
  if (!now || now.chain.number === 0) return nothing;
  const waiting = now.chain.number - now.uploaded;
  return html`<p class="standing" role="status" data-name="standing" data-waiting=${waiting}>${waiting > 0
    ? html`${chip({ text: t('tickets.waiting', { n: waiting }), tone: 'warning', iconName: 'clock' })}<span class="quiet-words">${t('tickets.waiting_words')}</span>`
    : chip({ text: t('tickets.all_sent'), tone: 'good', iconName: 'check' })}</p>`;
}

/** Rows under the headings of their days. @template T @param {T[]} list @param {(one: T) => number} timeOf @param {(one: T) => unknown} row */
function byDay(list, timeOf, row) {
  /** @type {[string, T[]][]} */
  const days = [];
  for (const one of list) {
    const { day } = parisTime(timeOf(one));
    const last = days.at(-1);
    if (last?.[0] === day) last[1].push(one);
    else days.push([day, [one]]);
  }
  return days.map(([day, of]) => html`<section><h2 class="list-day">${periodWords(day)}</h2><ul class="list">${of.map((one) => html`<li>${row(one)}</li>`)}</ul></section>`);
}

/** @param {{href: string, kind: string, ticket: number, time: number, means: string[], reference: string | null, total: number, till?: string}} words */
function rowView({ href, kind, ticket, time, means, reference, total, till }) {
  const back = kind.endsWith('refund');
  const training = kind.startsWith('training');
  const names = [...new Set(means)].map((name) => t(`ticket.means_${name}`)).join(' + ');
  return html`<a class="row" href=${href} data-name="ticket-row" data-kind=${kind} data-ticket=${ticket}>
    <span class="row-icon ${back ? 'warning' : ''}">${icon(training ? 'school' : back ? 'undo' : 'till')}</span>
    <span class="row-words"><span class="row-title">${t(back ? 'ticket.refund_number' : 'ticket.number', { n: formatCount(ticket) })}</span>
      <span class="row-note">${formatTime(time)}${till ? html` · ${t('ticket.till')} <bdi dir="ltr">${till}</bdi>` : nothing} · ${names}${reference ? html` · <bdi>${reference}</bdi>` : nothing}</span></span>
    <span class="row-end">${amount(back ? -total : total, { symbol: '€' })}${training ? chip({ text: t('tickets.training'), tone: 'info' }) : nothing}</span></a>`;
}

/** @param {Kept} kept */
function ticketRow({ number, record }) {
  if (!('sale' in record)) return nothing;
  const { ticket, tenders, reference, total } = record.sale;
  return rowView({ href: `#ticket=${number}`, kind: record.kind, ticket, time: record.time, means: tenders.map(({ means }) => means), reference, total });
}

/** Of every till, as the server lists them. @param {import('./tickets-all.js').TicketRow} one */
function anyRow({ till, number, kind, ticket, time, tenders, reference, total }) {
  return rowView({ href: `#ticket=${till}.${number}`, kind, ticket, time, means: tenders.map(({ means }) => means), reference, total, till: tillWords(till) });
}

function allView() {
  const read = allTickets.value;
  if (read === null) {
    queueMicrotask(() => void readTickets());
    return loading();
  }
  if ('error' in read) return failure({ error: read.error, onRetry: () => void readTickets() });
  return html`<p class="quiet-words">${t('tickets.since', { day: periodWords(since.value) })}</p>
    ${read.rows.length === 0 ? empty({ iconName: 'till', title: t('tickets.none_then') }) : byDay(read.rows, ({ time }) => time, anyRow)}
    ${button({ label: t('tickets.earlier'), iconName: 'down', name: 'more-records', onClick: () => void readTickets({ more: true }) })}`;
}

/** @param {Kept} kept */
function eventRow({ record }) {
  if (record.kind !== 'event') return nothing;
  const { code, detail, ticket } = record.event;
  return html`<div class="row" data-name="event-row" data-code=${code}><span class="row-words"><span class="row-title">${titleOf(record)}</span>
    <span class="row-note">${formatTime(record.time)}${ticket === null ? nothing : ` · ${t('journal.ticket', { n: formatCount(ticket) })}`}${detail ? html` · <bdi>${detail}</bdi>` : nothing}</span></span>
    <span class="row-end quiet-words">${formatCount(record.number)}</span></div>`;
}

/** @param {'list' | 'journal'} part */
function listingView(part) {
  const listing = listings[part];
  const now = listing.follow(standing.value?.chain.number ?? 0);
  if (now === null) return loading();
  if ('error' in now) return failure({ error: now.error, onRetry: () => void listing.read(standing.peek()?.chain.number ?? 0) });
  if (now.list.length === 0) return part === 'list' ? empty({ iconName: 'till', title: t('tickets.none'), text: t('tickets.none_words') }) : empty({ iconName: 'file', title: t('journal.none') });
  return html`<p class="quiet-words">${t(part === 'list' ? 'tickets.of_this_till' : 'journal.words')}</p>
    ${byDay(now.list, ({ record }) => record.time, part === 'list' ? ticketRow : eventRow)}
    ${now.whole ? nothing : button({ label: t('tickets.more'), iconName: 'down', name: 'more-records', onClick: () => void listing.more() })}`;
}

/** Whether every till is shown, or this one alone. */
const wished = signal(false);
/** A key that writes no tickets here has none of its own. */
const writesHere = () => scope.value !== 'read' && (ticketsOn.value || (standing.value?.chain.number ?? 0) > 0);
const showsAll = () => wished.value || !writesHere();

function whoseView() {
  if (!writesHere()) return nothing;
  const choice = (/** @type {boolean} */ all) => html`<button type="button" class="button quiet small" data-name=${all ? 'all-tills' : 'this-till'} aria-pressed=${wished.value === all ? 'true' : 'false'}
    @click=${() => { wished.value = all; if (all) void readTickets(); }}>${t(all ? 'tickets.all_tills' : 'tickets.this_till')}</button>`;
  return html`<div class="span-choice" role="group" aria-label=${t('tickets.whose')}>${choice(false)}${choice(true)}</div>`;
}

/** @param {Part} part */
function partView(part) {
  switch (part) {
    case 'list': return html`${whoseView()}${showsAll() ? allView() : listingView('list')}`;
    case 'closings': return html`${whoseView()}${closingsView(showsAll())}`;
    case 'archive': return archiveView();
    default: return listingView(part);
  }
}

/** @param {string} value the part */
export function ticketsView(value) {
  const part = PARTS.find((one) => one === value) ?? 'list';
  const made = writesHere() || scope.value !== 'till';
  return fromMenu({ title: t('tickets.title'), name: 'tickets', body: !made ? empty({ iconName: 'till', title: t('tickets.off'), text: t('tickets.off_words') })
    : html`${partsNav(part)}${writesHere() ? standingView() : nothing}<div class="stack" data-name="part" data-part=${part}>${partView(part)}</div>` });
}

// One record, as it stands on paper.

/** @typedef {{kept: Kept, till: string, copies: number} | {error: unknown} | 'missing' | null} OneRecord till: hex */

const one = signal(/** @type {OneRecord} */ (null));
/** As it stands in the address: the number of a record of this till, or a till's key, a point and the number. */
let onePlace = '';

/** @param {string} place */
async function readOne(place) {
  onePlace = place;
  one.value = null;
  /** @type {OneRecord} */
  let found;
  try {
    const [till, number] = place.includes('.') ? place.split('.', 2) : [device.peek()?.wallet.key ?? '', place];
    const own = till === device.peek()?.wallet.key ? await recordAt(Number(number)) : null;
    const kept = own ?? (place.includes('.') ? await recordOf(till, Number(number)) : null);
    found = kept ? { kept, till, copies: own && 'sale' in own.record ? await reprintsOf(own.record.sale.ticket) : 0 } : 'missing';
  } catch (error) {
    found = { error };
  }
  if (onePlace === place) one.value = found;
}

/** Noted in the journal first: a duplicate that nobody knows of is none. @param {Kept} kept @param {string} till @param {number} copies */
async function reprint(kept, till, copies) {
  if (!('sale' in kept.record)) return void (await printTicket(kept, { till }));
  const own = till === device.peek()?.wallet.key;
  const { ticket } = kept.record.sale;
  if (writesHere()) await issueEvent('reprint', own ? null : `${tillWords(till)} ${ticket}`, own ? ticket : null);
  one.value = { kept, till, copies: copies + 1 };
  await printTicket(kept, { duplicate: copies + 1, till });
}

/** @param {string} value where the record stands */
export function ticketView(value) {
  if (value !== onePlace) queueMicrotask(() => void readOne(value));
  const read = one.value;
  const now = value === onePlace ? read : null;
  const closing = now && typeof now === 'object' && 'kept' in now && 'closing' in now.kept.record;
  const back = html`<a class="button quiet" href=${closing ? '#tickets=closings' : '#tickets'} data-name="to-tickets">${icon('back')}<span>${t('tickets.title')}</span></a>`;
  if (now === null) return html`<div class="till-narrow">${back}${loading()}</div>`;
  if (now === 'missing') return html`<div class="till-narrow">${back}${empty({ iconName: 'search', title: t('tickets.missing') })}</div>`;
  if ('error' in now) return html`<div class="till-narrow">${back}${failure({ error: now.error, onRetry: () => void readOne(value) })}</div>`;
  const { kept, till, copies } = now;
  const ticket = 'sale' in kept.record;
  return html`<div class="till-wide one-ticket" data-name="ticket" data-number=${kept.number}>
    <div>${back}<h1 class="hidden">${titleOf(kept.record)}</h1></div>
    <div class="one-columns">
      ${ticketPaper(kept, { till })}
      <div class="one-side stack">
        ${button({ label: ticket ? t('tickets.reprint') : t('tickets.print'), kind: 'primary', big: true, iconName: 'print', name: 'reprint', onClick: () => void reprint(kept, till, copies) })}
        ${ticket ? html`<p class="quiet-words">${copies > 0 ? t('tickets.copied_times', { n: copies }) : t('tickets.reprint_words')}</p>
          <section class="card stack tight center"><h2>${t('tickets.customer')}</h2><p class="quiet-words">${t('tickets.customer_words')}</p>
            ${ticketsStayHere() ? html`<p data-name="receipt-local">${t('tickets.customer_local')}</p>` : nothing}
            ${qrView(receiptLink(kept.hash), { label: t('tickets.customer_qr') })}<div data-name="receipt-link" data-link=${receiptLink(kept.hash)}>${copyButton(receiptLink(kept.hash), t('action.copy'))}</div></section>` : nothing}
      </div>
    </div></div>`;
}

effect(() => {
  if (device.value && ticketsOn.value) void startTickets();
});
