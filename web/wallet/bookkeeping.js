// For professionals: to whom the statement of each day is mailed, and the accounts of the book-keeper's lines. The shop's own key alone
// decides it.

import { html } from '../vendor/lit-html/lit-html.js';
import { booksView, mailView, resetBookkeeping } from '../kit/bookkeeping.js';
import { t } from '../kit/i18n.js';
import { Reading } from '../kit/reading.js';
import { ShopPart } from '../kit/shop-part.js';
import { failure, loading } from '../kit/ui.js';
import { frame } from './frame.js';
import { account, openSession } from './state.js';

const session = () => (account.peek() ? openSession() : null);
/** @type {ShopPart<import('../kit/bookkeeping.js').Mail>} */
const mail = new ShopPart('mail', session);
/** @type {ShopPart<import('../kit/bookkeeping.js').Books>} */
const books = new ShopPart('books', session);
/** Whether this association sends mails. */
const sends = new Reading(session, () => `/v1/accounts/${account.peek()?.account}/notices`, (answer) => ({ mail: /** @type {boolean} */ (answer.mail) }));
const READINGS = [mail, books, sends];
let asked = '';

const read = () => Promise.all(READINGS.map((one) => one.refresh()));

export function bookkeepingView() {
  const mine = account.value;
  if (mine && asked !== mine.account) {
    asked = mine.account;
    queueMicrotask(() => void read());
  }
  return frame({ title: t('bookkeeping.title'), back: 'tills', body: body() });
}

function body() {
  const [sentTo, lines, can] = [mail.value, books.value, sends.data.value];
  if (!sentTo || !lines || !can) {
    const fault = READINGS.find((one) => one.error.value)?.error.value;
    return fault && !READINGS.some((one) => one.busy.value) ? failure({ error: fault, onRetry: () => void read() }) : loading();
  }
  return html`${mailView({ known: sentTo, sent: can.mail, keep: (value) => mail.change(value) })}
    <section class="card stack" data-name="books"><h2>${t('bookkeeping.books')}</h2>${booksView({ known: lines, keep: (value) => books.change(value) })}</section>`;
}

/** Leaving: what was typed is forgotten, and the next visit reads anew. @param {string} name the screen that is shown now */
export function leaveBookkeeping(name) {
  if (name === 'bookkeeping') return;
  asked = '';
  for (const one of READINGS) one.clear();
  resetBookkeeping();
}
