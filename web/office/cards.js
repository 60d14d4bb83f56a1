// Cards for people without a phone: sheets of blank ones to print, one given to a member who types a PIN, lost ones blocked at once. A card
// pays once the account lets the node's key pay, within caps: an act that people of the association sign. From then on whatever one of
// them does with a card waits for another one, but blocking.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { language, sentenceFor, t } from '../kit/i18n.js';
import { formatAmount } from '../kit/money.js';
import { saveFile } from '../kit/save.js';
import { formatDate } from '../kit/time.js';
import { banner, button, chip, toast } from '../kit/ui.js';
import { paperView } from './cards-paper.js';
import { Form } from './form.js';
import { word } from './members-data.js';
import { readingView } from './parts.js';
import { acts, linkTo, onEntering } from './place.js';
import { proposeActs } from './sign.js';
import { Reading, desk, place } from './state.js';
import { dataTable } from './table.js';

/** @typedef {{number: string, state: string, account: string | null, name: string | null, given: number | null, last_used: number | null, free_limit: number, ready: boolean, per_payment: number | null, per_day: number | null, waits_for_second: boolean, changed_by: number | null}} Card */
/** @typedef {{cards: Card[], blank: number, key: string, most_free: number}} Cards */

const MOST_SHEETS = 10;
const GIVE = { account: '', number: '', pin: '', per_payment: '50', per_day: '100', free: '0' };

export const cards = new Reading(() => '/office/v1/cards', (answer) => /** @type {Cards} */ (answer));
const printing = new Form('sheets', { sheets: '1' });
const giving = new Form('give', GIVE);
const renewing = new Form('pin', { pin: '' });
/** The card that gets a new PIN. */
const renewed = signal(/** @type {string | null} */ (null));
const busy = signal('');
const fault = signal(/** @type {{where: string, error: unknown} | null} */ (null));

onEntering('cards', ([account]) => {
  if (account && account !== 'paper' && giving.text('account') !== account) giving.put('account', account);
  void cards.refresh();
});

const session = () => desk.peek()?.session;

/** Does one thing, with its fault beside it. @param {string} where @param {() => Promise<void>} work */
async function does(where, work) {
  if (busy.value) return;
  busy.value = where;
  fault.value = null;
  try {
    await work();
  } catch (error) {
    fault.value = { where, error };
  } finally {
    busy.value = '';
  }
}

/** @param {string} where */
const faultAt = (where) => (fault.value?.where === where ? banner({ tone: 'danger', text: sentenceFor(fault.value.error) }) : nothing);

async function printSheets() {
  const sheets = printing.read(() => printing.whole('sheets', { least: 1, most: MOST_SHEETS }));
  if (!sheets) return;
  await does('sheets', async () => {
    const pdf = await session()?.bytes('/office/v1/cards/sheets', { json: { sheets, language: language.value }, accept: 'application/pdf' });
    if (pdf) saveFile(`${t('cards.file')}.pdf`, pdf, 'application/pdf');
    toast(t('cards.printed', { n: sheets * 10 }), 'good');
    await cards.refresh();
  });
}

/** A card of this account, which pays by card already: its caps are in force, whatever is typed. @param {string} account */
const readyOf = (account) => cards.data.value?.cards.find((card) => card.account === account && card.ready);

/** Keeps the card with its PIN, then lets the account's card key pay: the second needs signatures, and may wait for them. */
async function give() {
  const typed = giving.read(() => ({
    account: giving.chosen('account'), number: giving.chosen('number'), pin: giving.chosen('pin'), free: giving.cents('free', { zero: true }),
    caps: readyOf(giving.text('account')) ? null : { per_payment: giving.cents('per_payment'), per_day: giving.cents('per_day') },
  }));
  if (!typed) return;
  await does('give', async () => {
    const { account, number: card, pin, free, caps } = typed;
    await session()?.json('/office/v1/cards', { json: { card, account, pin, free_limit: free } });
    giving.reset({ ...GIVE, account });
    toast(t('cards.given'), 'good');
    await cards.refresh();
    if (caps && !readyOf(account)) await permit(account, caps);
  }).finally(() => giving.put('pin', ''));
}

/** @param {string} account @param {{per_payment: number, per_day: number}} caps */
async function permit(account, { per_payment, per_day }) {
  const key = cards.data.peek()?.key;
  if (!key) return;
  await proposeActs([{ kind: 'add_key', account, key, scope: 'card_service', per_payment, per_day, payee: null }]);
  await cards.refresh();
}

const DONE = { block: 'cards.blocked', unblock: 'cards.unblocked', confirm: 'cards.confirmed' };

/** @param {Card} card @param {keyof typeof DONE} what */
const turn = (card, what) => does(card.number, async () => {
  await session()?.json(`/office/v1/cards/${card.number}/${what}`, { method: 'POST' });
  toast(t(DONE[what], { number: card.number }), 'good');
  await cards.refresh();
});

/** @param {string} number */
async function newPin(number) {
  const pin = renewing.read(() => renewing.chosen('pin'));
  if (!pin) return;
  await does('pin', async () => {
    await session()?.json(`/office/v1/cards/${number}/pin`, { json: { pin } });
    renewed.value = null;
    toast(t('cards.new_pin_done', { number }), 'good');
    await cards.refresh();
  }).finally(() => renewing.reset());
}

/** @param {() => void} work */
const submit = (work) => (/** @type {Event} */ event) => { event.preventDefault(); work(); };

const PIN_FIELD = /** @type {const} */ ({ type: 'password', inputMode: 'numeric', ltr: true, maxLength: 6, autocomplete: 'off' });

/** @param {Cards} all */
function printView({ blank }) {
  return html`<section class="card stack" data-name="sheets" data-blank=${blank}><h2>${t('cards.print')}</h2><p>${t('cards.print_words')}</p><p class="quiet-text">${t('cards.blank', { n: blank })}</p>
    <form class="stack tight" novalidate @submit=${submit(printSheets)}>${printing.input('sheets', t('cards.sheets'), { inputMode: 'numeric', ltr: true, hint: t('cards.sheets_hint') })}${faultAt('sheets')}
      <div class="cluster">${button({ label: t('cards.print_do'), iconName: 'print', type: 'submit', busy: busy.value === 'sheets', name: 'print-sheets' })}</div></form></section>`;
}

/** The caps to be chosen, or those in force. @param {string} symbol */
function capsView(symbol) {
  const ready = readyOf(giving.text('account'));
  if (!ready) return html`${giving.money('per_payment', t('cards.per_payment'), symbol)}${giving.money('per_day', t('cards.per_day'), symbol)}`;
  const [payment, day] = [ready.per_payment ?? 0, ready.per_day ?? 0].map((cents) => formatAmount(cents, { symbol }));
  return html`<p class="quiet-text" data-name="caps-in-force">${t('cards.caps_in_force', { payment, day })}</p>`;
}

/** @param {Cards} all */
function giveView({ most_free: most }) {
  const symbol = desk.value?.ledger.symbol ?? '';
  return html`<section class="card stack" data-name="give"><h2>${t('cards.give')}</h2><p>${t('cards.give_words')}</p>
    <form class="order-form stack" novalidate @submit=${submit(give)}><div class="form-grid"><div class="wide-field">${giving.account('account', t('cards.holder'))}</div>
      ${giving.input('number', t('cards.number'), { ltr: true, code: true, hint: t('cards.number_hint') })}
      ${giving.input('pin', t('cards.pin'), { ...PIN_FIELD, hint: t('cards.pin_hint') })}
      ${capsView(symbol)}
      ${giving.money('free', t('cards.free'), symbol, t('cards.free_hint', { most: formatAmount(most, { symbol }) }))}</div>${faultAt('give')}
      <div class="cluster">${button({ label: t('cards.give_do'), kind: 'primary', iconName: 'card', type: 'submit', busy: busy.value === 'give', name: 'give-card' })}</div></form></section>`;
}

/** @param {Card} card */
function actions(card) {
  if (!acts() || card.state === 'erased') return nothing;
  const good = card.state === 'good';
  const mayConfirm = good && card.waits_for_second && card.changed_by !== desk.value?.operator.number;
  return html`<div class="cluster">${mayConfirm ? button({ label: t('cards.confirm'), kind: 'quiet', iconName: 'check', busy: busy.value === card.number, name: `confirm-${card.number}`, onClick: () => turn(card, 'confirm') }) : nothing}${button({ label: t(good ? 'cards.block' : 'cards.unblock'), kind: 'quiet', iconName: good ? 'cross' : 'check', busy: busy.value === card.number, name: `${good ? 'block' : 'unblock'}-${card.number}`, onClick: () => turn(card, good ? 'block' : 'unblock') })}
    ${button({ label: t('cards.new_pin'), kind: 'quiet', iconName: 'key', name: `pin-${card.number}`, onClick: () => { renewing.reset(); renewed.value = renewed.value === card.number ? null : card.number; } })}
    ${card.ready || !card.account ? nothing : button({ label: t('cards.permit'), kind: 'quiet', iconName: 'shield', name: `permit-${card.number}`, onClick: () => {
      const account = card.account ?? '';
      const caps = giving.read(() => ({ per_payment: giving.cents('per_payment'), per_day: giving.cents('per_day') }));
      if (caps) void permit(account, caps);
    } })}</div>`;
}

/** @param {Card} card */
function stateChip({ state, ready, waits_for_second: waits }) {
  if (state === 'good' && waits) return chip({ text: t('cards.waits_second'), tone: 'info' });
  if (state === 'good' && !ready) return chip({ text: t('cards.waits'), tone: 'info' });
  return chip({ text: word('cards.state', state), tone: state === 'good' ? 'good' : 'warning' });
}

function pinView() {
  const number = renewed.value;
  if (!number) return nothing;
  return html`<section class="card stack" data-name="new-pin"><h2>${t('cards.new_pin_of', { number })}</h2>
    <form class="stack tight" novalidate @submit=${submit(() => void newPin(number))}>${renewing.input('pin', t('cards.pin'), { ...PIN_FIELD, hint: t('cards.pin_hint') })}${faultAt('pin')}
      <div class="cluster">${button({ label: t('cards.new_pin_do'), kind: 'primary', type: 'submit', busy: busy.value === 'pin', name: 'pin-do' })}${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { renewed.value = null; } })}</div></form></section>`;
}

/** @param {Cards} all */
function listView({ cards: list }) {
  const failed = fault.value && list.some(({ number }) => number === fault.value?.where) ? banner({ tone: 'danger', text: sentenceFor(fault.value.error) }) : nothing;
  return html`<section class="section"><h2>${t('cards.list')}</h2>${failed}${pinView()}${dataTable({
    name: 'cards', label: t('cards.list'), rows: list, id: ({ number }) => number, none: { iconName: 'card', title: t('cards.none') },
    columns: [
      { key: 'number', title: t('cards.number'), value: ({ number }) => number, cell: ({ number }) => html`<strong class="code" dir="ltr">${number}</strong>` },
      { key: 'name', title: t('cards.holder'), value: ({ name, account }) => name ?? account, cell: ({ name, account }) => (account ? html`<a class="row-link" href=${linkTo('members', account)}><bdi>${name ?? t('members.no_name')}</bdi></a>` : nothing) },
      { key: 'state', title: t('members.status'), value: ({ state }) => word('cards.state', state), cell: stateChip },
      { key: 'given', title: t('cards.given_on'), kind: 'time', value: ({ given }) => given, cell: ({ given }) => (given ? formatDate(given) : nothing) },
      { key: 'used', title: t('cards.used'), kind: 'time', value: ({ last_used: used }) => used, cell: ({ last_used: used }) => (used ? formatDate(used) : t('value.none')) },
      { key: 'free', title: t('cards.free'), kind: 'cents', symbol: desk.value?.ledger.symbol, value: ({ free_limit: free }) => free },
      { key: 'do', title: t('cards.do'), value: () => null, cell: actions, pageOnly: true, part: 'do' },
    ],
  })}</section>`;
}

export function cardsView() {
  if (place.value[0] === 'paper') return paperView();
  return html`<h1>${t('tab.cards')}</h1><p>${t('cards.words')}</p>
    ${readingView(cards, (all) => html`${acts() ? html`<div class="dashboard-columns">${giveView(all)}<div class="stack">${printView(all)}
      <section class="card stack"><h2>${t('no_device.title')}</h2><p>${t('no_device.words')}</p><a class="button" href=${linkTo('cards', 'paper')} data-name="paper-open">${t('no_device.open')}</a></section></div></div>` : nothing}${listView(all)}`)}`;
}
