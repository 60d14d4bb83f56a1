// A shop's bookkeeping: to whom the statement of each day is mailed, and the accounts of the book-keeper's lines. Only the shop's own key
// changes it: in the shop's wallet, or at a till that holds that key. Every other till reads it, and says where it is changed.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { attempt } from './attempt.js';
import { sentenceFor, t } from './i18n.js';
import { formatTime } from './time.js';
import { banner, button, field, select, toast } from './ui.js';

/** @typedef {{address: string, hour: number, on: boolean}} Mail */
/** @typedef {Record<typeof ACCOUNTS[number], string>} Books */
/** @template V @typedef {((value: V) => Promise<unknown>) | null} Keep rejects with what stopped it; null: this key only reads */

const ACCOUNTS = /** @type {const} */ (['sales', 'vat', 'units', 'cash', 'card', 'cheque', 'other', 'tips', 'suspense', 'journal']);
/** As the server takes them: an account begins with three digits. */
const GOOD_ACCOUNT = /^\d{3}[0-9A-Za-z]{0,9}$/;
const GOOD_JOURNAL = /^[0-9A-Za-z]{1,6}$/;
const ACCOUNT_CHARACTERS = 12;
const JOURNAL_CHARACTERS = 6;
/** As the server takes it: one @ between signs of ASCII, a dot after it. */
const GOOD_ADDRESS = /^[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+$/;
const ADDRESS_CHARACTERS = 254;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** What is typed and not kept yet: what somebody else keeps meanwhile shows in all that is not typed. */
const mailTyped = signal(/** @type {Partial<Mail>} */ ({}));
const booksTyped = signal(/** @type {Partial<Books>} */ ({}));
const addressFault = signal(false);
const mailing = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };
const booking = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };

/** Leaving: what was typed is forgotten. */
export function resetBookkeeping() {
  batch(() => {
    mailTyped.value = {};
    booksTyped.value = {};
    addressFault.value = false;
    mailing.fault.value = null;
    booking.fault.value = null;
  });
}

/** @param {string} address */
export const isAddress = (address) => address.length <= ADDRESS_CHARACTERS && GOOD_ADDRESS.test(address);

/** @param {typeof ACCOUNTS[number]} name @param {string} account */
export const isAccount = (name, account) => (name === 'journal' ? GOOD_JOURNAL : GOOD_ACCOUNT).test(account);

/** @param {number} hour */
const hourWords = (hour) => formatTime(new Date(2026, 0, 1, hour).getTime());

/** @param {Mail} wish @param {NonNullable<Keep<Mail>>} keep */
async function keepMail(wish, keep) {
  const address = wish.address.trim();
  addressFault.value = wish.on && !isAddress(address);
  if (addressFault.value) return;
  await attempt(mailing, async () => {
    await keep({ ...wish, address });
    mailTyped.value = {};
    toast(t(wish.on ? 'bookkeeping.mail_on' : 'bookkeeping.mail_off'), 'good');
  });
}

/** @param {Mail} known @param {boolean | null} sent */
function mailNow(known, sent) {
  if (sent === false) return html`<div data-name="mail-not-here">${banner({ tone: known.on ? 'warning' : 'info', text: t('bookkeeping.mail_not_here') })}</div>`;
  return html`<p data-name="mail-now" data-on=${known.on ? 'yes' : 'no'}>${known.on ? t('bookkeeping.mail_now', { address: known.address, time: hourWords(known.hour) }) : t('bookkeeping.mail_none')}</p>`;
}

const elsewhere = () => html`<p class="quiet-text small-text">${t('bookkeeping.elsewhere')}</p>`;

/**
 * The mail of each day's statement.
 * @param {{known: Mail, sent: boolean | null, keep: Keep<Mail>}} words sent: whether this association sends mails; null: not known
 */
export function mailView({ known, sent, keep }) {
  return html`<section class="card stack" data-name="mail"><h2>${t('bookkeeping.mail')}</h2>${mailNow(known, sent)}
    ${mailChange(known, sent, keep)}</section>`;
}

/** Where no mails are sent there is nothing to begin, and only what was begun before to stop. @param {Mail} known @param {boolean | null} sent @param {Keep<Mail>} keep */
function mailChange(known, sent, keep) {
  if (sent === false && !known.on) return nothing;
  if (!keep) return elsewhere();
  return sent === false ? stopView(known, keep) : mailForm(known, keep);
}

/** @param {Mail} known @param {NonNullable<Keep<Mail>>} keep */
function mailForm(known, keep) {
  const wish = { ...known, ...mailTyped.value };
  const same = known.on && wish.address.trim() === known.address && wish.hour === known.hour;
  const change = (/** @type {Partial<Mail>} */ typed) => batch(() => {
    mailTyped.value = { ...mailTyped.value, ...typed };
    addressFault.value = false;
  });
  return html`<form class="stack" novalidate @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void keepMail({ ...wish, on: true }, keep); }}>
    <p class="quiet-text small-text">${t('bookkeeping.mail_text')}</p>
    ${field({ name: 'mail-address', label: t('bookkeeping.mail_address'), hint: t('bookkeeping.mail_hint'), type: 'email', inputMode: 'email', autocomplete: 'email', maxLength: ADDRESS_CHARACTERS, value: wish.address, ltr: true,
      fault: addressFault.value ? t('bookkeeping.mail_wrong') : null, onInput: (address) => change({ address }) })}
    ${select({ name: 'mail-hour', label: t('bookkeeping.mail_hour'), value: String(wish.hour), options: HOURS.map((hour) => ({ value: String(hour), label: hourWords(hour) })), onChoose: (hour) => change({ hour: Number(hour) }) })}
    ${faultView(mailing.fault.value)}
    <div class="cluster">${button({ label: t(known.on ? 'bookkeeping.mail_change' : 'bookkeeping.mail_start'), kind: 'primary', type: 'submit', name: 'mail-save', busy: mailing.busy.value, disabled: same })}
      ${known.on ? stopButton(known, keep) : nothing}</div></form>`;
}

/** @param {Mail} known @param {NonNullable<Keep<Mail>>} keep */
const stopButton = (known, keep) => button({ label: t('bookkeeping.mail_stop'), kind: 'quiet', name: 'mail-stop', disabled: mailing.busy.value, onClick: () => void keepMail({ ...known, on: false }, keep) });

/** @param {Mail} known @param {NonNullable<Keep<Mail>>} keep */
const stopView = (known, keep) => html`${faultView(mailing.fault.value)}<div class="cluster">${stopButton(known, keep)}</div>`;

/** @param {unknown} fault */
const faultView = (fault) => (fault ? banner({ tone: 'danger', text: sentenceFor(fault) }) : nothing);

/** The accounts of the book-keeper's lines: those of the French chart, until the accountant says others. @param {{known: Books, keep: Keep<Books>}} words */
export function booksView({ known, keep }) {
  if (!keep) return html`<div class="stack"><dl class="facts" data-name="books-now">${ACCOUNTS.map((name) => html`<div><dt>${t(`bookkeeping.account_${name}`)}</dt><dd><bdi dir="ltr" class="code" data-account=${name}>${known[name]}</bdi></dd></div>`)}</dl>${elsewhere()}</div>`;
  const wish = { ...known, ...booksTyped.value };
  const changed = ACCOUNTS.filter((name) => wish[name] !== known[name]);
  return html`<form class="stack" novalidate @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void keepBooks(wish, keep); }}><p class="quiet-text small-text">${t('bookkeeping.books_words')}</p>
    <div class="filter-grid">${ACCOUNTS.map((name) => accountField(name, wish[name], known[name]))}</div>
    ${faultView(booking.fault.value)}
    <div class="cluster">${button({ label: t('bookkeeping.books_save'), kind: 'primary', type: 'submit', name: 'books-save', busy: booking.busy.value, disabled: changed.length === 0 || !changed.every((name) => isAccount(name, wish[name])) })}</div></form>`;
}

/** @param {typeof ACCOUNTS[number]} name @param {string} typed @param {string} kept */
function accountField(name, typed, kept) {
  const journal = name === 'journal';
  return field({
    name: `account-${name}`, label: t(`bookkeeping.account_${name}`), value: typed, code: true, maxLength: journal ? JOURNAL_CHARACTERS : ACCOUNT_CHARACTERS,
    hint: typed === kept ? undefined : t('bookkeeping.account_before', { account: kept }),
    fault: isAccount(name, typed) ? null : t(journal ? 'bookkeeping.journal_wrong' : 'bookkeeping.account_wrong'),
    onInput: (text) => { booksTyped.value = { ...booksTyped.value, [name]: text.trim().toUpperCase() }; },
  });
}

/** @param {Books} wish @param {NonNullable<Keep<Books>>} keep */
async function keepBooks(wish, keep) {
  if (!ACCOUNTS.every((name) => isAccount(name, wish[name]))) return;
  await attempt(booking, async () => {
    await keep(wish);
    booksTyped.value = {};
    toast(t('bookkeeping.books_kept'), 'good');
  });
}
