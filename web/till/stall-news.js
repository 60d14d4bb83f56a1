// What was paid at a stall a moment ago, on every screen of the till: amount, stall and the last signs, which the payer's phone shows
// too. Green, as always, only for what this page has verified.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { sameBytes, unhex } from '../kit/hex.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { playAttention, playPaid } from '../kit/sound.js';
import { signsOf } from '../kit/stall.js';
import { formatTime } from '../kit/time.js';
import { amount, banner } from '../kit/ui.js';
import { clock, device, shop } from './state.js';

/** So long a payment is news. */
const NEWS_MS = 10 * 60_000;
/** So many stand on the screen at once; all of them stand in the day. */
const MOST = 4;

/** @typedef {{charge: string, signs: string, label: string, amount: number, time: number, sequence: number}} News */

const news = signal(/** @type {News[]} */ ([]));
/** Told as paid, and not proved. */
const doubtful = signal(/** @type {string | null} */ (null));

/** Verifies a payment at a stall, and rings. @param {import('./shop.js').Charge} told */
export async function take(told) {
  const reader = device.value;
  if (!reader || told.sequence === null || news.value.some(({ charge }) => charge === told.id)) return;
  try {
    const { facts } = await reader.receipt(told.sequence, told.receipt);
    const { payee, amount: cents, charge } = facts.words;
    const good = payee && sameBytes(payee, reader.accountBytes) && cents !== undefined && charge?.id === told.id && charge.id.startsWith(told.stall ?? '-');
    if (!good || news.value.some((one) => one.charge === told.id)) throw new Error('a receipt of another payment');
    const signs = signsOf(unhex(told.id));
    const label = (told.reference ?? '').replace(new RegExp(`\\s${signs}$`), '');
    news.value = [{ charge: told.id, signs, label, amount: cents, time: facts.time, sequence: facts.sequence }, ...news.value].slice(0, MOST);
    playPaid();
  } catch {
    doubtful.value = told.id;
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
  if (fresh.length === 0 && !doubtful.value) return nothing;
  const symbol = shop.value?.ledger.symbol ?? '';
  return html`${doubtful.value ? banner({ tone: 'danger', text: t('stall.not_proved') }) : nothing}
    <ul class="stall-news" aria-live="assertive">${fresh.map((one) => html`<li data-name="stall-paid" data-cents=${one.amount} data-signs=${one.signs}>
      <span class="stall-mark">${icon('check', { size: 32 })}</span>
      <span class="stall-words"><strong>${t('stall.paid')}</strong><span><bdi>${one.label}</bdi> · ${formatTime(one.time)}</span></span>
      ${amount(one.amount, { symbol, size: 'big' })}
      <span class="stall-signs"><span class="hidden">${t('stall.signs')}</span><bdi dir="ltr">${one.signs}</bdi></span>
      <button type="button" class="icon-button" data-name="stall-seen" aria-label=${t('stall.seen')} @click=${() => seen(one.charge)}>${icon('cross', { size: 22 })}</button></li>`)}</ul>`;
}
