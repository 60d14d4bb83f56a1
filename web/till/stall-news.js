// What was paid at a stall a moment ago, on every screen of the till: amount, stall and the last signs, which the payer's phone shows
// too. Green, as always, only for what this page has verified.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { Problem, Unreachable, now } from '../kit/api.js';
import { sameBytes, unhex } from '../kit/hex.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { playAttention, playPaid } from '../kit/sound.js';
import { signsOf } from '../kit/stall.js';
import { formatTime } from '../kit/time.js';
import { amount, banner, button } from '../kit/ui.js';
import { clock, device, shop } from './state.js';

/** So long a payment is news. */
const NEWS_MS = 10 * 60_000;
/** So many stand on the screen at once; all of them stand in the day. */
const MOST = 4;

/** @typedef {{charge: string, signs: string, label: string, amount: number, time: number, sequence: number}} News */

const news = signal(/** @type {News[]} */ ([]));
/** Told as paid, and not proved, until somebody has seen it. @type {import('../vendor/signals-core/signals-core.js').Signal<string[]>} */
const doubtful = signal(/** @type {string[]} */ ([]));
/** What rang already, or is being looked at: word of a charge comes again at each change of it. @type {Set<string>} */
const known = new Set();
/** What could not be asked for is asked again after so long. */
const RETRY_MS = 5_000;

/** Verifies a payment at a stall, and rings. @param {import('./shop.js').Charge} told */
export async function take(told) {
  const reader = device.value;
  // What is given back, also in part, is no new payment.
  if (!reader || told.sequence === null || told.refunded > 0 || known.has(told.id)) return;
  known.add(told.id);
  await prove(reader, told, told.sequence, now() + NEWS_MS);
}

/** @param {import('./shop.js').Shop} reader @param {import('./shop.js').Charge} told @param {number} sequence @param {number} until ms; no longer news after it */
async function prove(reader, told, sequence, until) {
  try {
    const { facts } = await reader.receipt(sequence, told.receipt);
    const { payee, amount: cents, charge } = facts.words;
    const good = payee && sameBytes(payee, reader.accountBytes) && cents !== undefined && charge?.id === told.id && charge.id.startsWith(told.stall ?? '-');
    if (!good) throw new Error('a receipt of another payment');
    if (facts.time <= now() - NEWS_MS) return;
    const signs = signsOf(unhex(told.id));
    const label = (told.reference ?? '').replace(new RegExp(`\\s${signs}$`), '');
    news.value = [{ charge: told.id, signs, label, amount: cents, time: facts.time, sequence: facts.sequence }, ...news.value].slice(0, MOST);
    playPaid();
  } catch (error) {
    if (error instanceof Unreachable || error instanceof Problem) {
      // Nothing was said against it: the receipt could not be had now.
      if (now() < until && device.peek() === reader) setTimeout(() => void prove(reader, told, sequence, until), RETRY_MS);
      else known.delete(told.id);
      return;
    }
    doubtful.value = [...doubtful.value, told.id];
    playAttention();
  }
}

/** @param {string} charge */
function seen(charge) {
  news.value = news.value.filter((one) => one.charge !== charge);
}

export function newsView() {
  const since = Math.max(clock.value, now()) - NEWS_MS;
  const fresh = news.value.filter(({ time }) => time > since);
  if (fresh.length === 0 && doubtful.value.length === 0) return nothing;
  const symbol = shop.value?.ledger.symbol ?? '';
  return html`${doubtful.value.length > 0 ? banner({ tone: 'danger', text: t('stall.not_proved'), action: button({ label: t('stall.seen'), kind: 'quiet', name: 'stall-doubt-seen', onClick: () => { doubtful.value = []; } }) }) : nothing}
    <ul class="stall-news" aria-live="assertive">${fresh.map((one) => html`<li data-name="stall-paid" data-cents=${one.amount} data-signs=${one.signs}>
      <span class="stall-mark">${icon('check', { size: 32 })}</span>
      <span class="stall-words"><strong>${t('stall.paid')}</strong><span><bdi>${one.label}</bdi> · ${formatTime(one.time)}</span></span>
      ${amount(one.amount, { symbol, size: 'big' })}
      <span class="stall-signs"><span class="hidden">${t('stall.signs')}</span><bdi dir="ltr">${one.signs}</bdi></span>
      <button type="button" class="icon-button" data-name="stall-seen" aria-label=${t('stall.seen')} @click=${() => seen(one.charge)}>${icon('cross', { size: 22 })}</button></li>`)}</ul>`;
}
