// The till and its network: whether there is one, what the shop lets its tills take without, and a list of its own for all that was
// taken: sent and confirmed, refused, or too late.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { editableAmount, formatAmount, formatCount, parseAmount } from '../kit/money.js';
import { formatDateTime } from '../kit/time.js';
import { amount, banner, button, chip, field, online, toast } from '../kit/ui.js';
import { limits, taken, upload } from './apart.js';
import { fromMenu } from './more.js';
import { may } from './people.js';
import { saveSetup } from './setup.js';
import { link, shop } from './state.js';

/** @typedef {import('./apart.js').Taken} Taken */
/** @typedef {Taken['state']} Standing */

/** @type {Record<Standing, {tone: 'good' | 'warning' | 'danger', iconName: string}>} */
const STATES = { waiting: { tone: 'warning', iconName: 'clock' }, confirmed: { tone: 'good', iconName: 'check' }, refused: { tone: 'danger', iconName: 'cross' }, late: { tone: 'danger', iconName: 'clock' } };
/** What asks for something comes first. @type {Standing[]} */
const ORDER = ['refused', 'late', 'waiting', 'confirmed'];

const typed = signal(/** @type {{ticket: string, day: string} | null} */ (null));
const fault = signal(/** @type {{field: 'ticket' | 'day', text: string} | null} */ (null));
const busy = signal(false);

const words = (/** @type {number} */ cents) => formatAmount(cents, { symbol: shop.value?.ledger.symbol ?? '' });
const shown = (/** @type {number | null} */ cents) => (cents === null ? '' : cents === 0 ? '0' : editableAmount(cents));

/** What was typed for a limit: null where nothing was, undefined when it is none. @param {string} text @returns {number | null | undefined} */
function limitOf(text) {
  const plain = text.trim();
  if (plain === '') return null;
  return /^0+([.,]0*)?$/.test(plain) ? 0 : parseAmount(plain) ?? undefined;
}

/** @param {Event} event */
async function save(event) {
  event.preventDefault();
  const now = typed.value;
  if (!now || busy.value) return;
  const { wallet, day } = limits();
  const parts = /** @type {const} */ ([['ticket', limitOf(now.ticket), wallet], ['day', limitOf(now.day), day]]);
  for (const [name, cents, most] of parts) {
    if (cents === undefined) fault.value = { field: name, text: t('network.bad') };
    else if (cents !== null && cents > most) fault.value = { field: name, text: t('network.too_much', { amount: words(most) }) };
    if (fault.value) return;
  }
  busy.value = true;
  try {
    await saveSetup('limits', { per_ticket: parts[0][1], per_day: parts[1][1] });
    typed.value = null;
    toast(t('network.saved'), 'good');
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = false;
  }
}

function limitsView() {
  if (!shop.value?.ledger.offline) return html`<section class="card"><h2>${t('network.limits')}</h2><p>${t('network.off')}</p></section>`;
  const { wallet, day, ownTicket, ownDay } = limits();
  const now = typed.value ?? { ticket: shown(ownTicket), day: shown(ownDay) };
  const symbol = shop.value.ledger.symbol;
  const faultOf = (/** @type {'ticket' | 'day'} */ name) => (fault.value?.field === name ? fault.value.text : null);
  const type = (/** @type {Partial<typeof now>} */ change) => batch(() => { typed.value = { ...now, ...change }; fault.value = null; });
  return html`<section class="card stack" data-name="limits" data-ticket=${ownTicket ?? ''} data-day=${ownDay ?? ''}><h2>${t('network.limits')}</h2>
    <p>${t('network.limits_words', { wallet: words(wallet), day: words(day) })}</p>
    ${may('settings') ? html`<form class="stack" novalidate @submit=${save}>
      ${field({ name: 'per-ticket', label: t('network.per_ticket'), hint: t('network.empty_hint'), value: now.ticket, fault: faultOf('ticket'), inputMode: 'decimal', ltr: true, suffix: symbol, onInput: (ticket) => type({ ticket }) })}
      ${field({ name: 'per-day', label: t('network.per_day'), value: now.day, fault: faultOf('day'), inputMode: 'decimal', ltr: true, suffix: symbol, onInput: (text) => type({ day: text }) })}
      <div class="actions">${button({ label: t('network.save'), kind: 'primary', type: 'submit', busy: busy.value, disabled: typed.value === null, name: 'limits-save' })}</div>
    </form>` : html`<dl class="facts"><div><dt>${t('network.per_ticket')}</dt><dd>${words(ownTicket ?? wallet)}</dd></div><div><dt>${t('network.per_day')}</dt><dd>${words(ownDay ?? day)}</dd></div></dl>
      <p class="quiet-words">${t('network.only_settings')}</p>`}
  </section>`;
}

/** A short receipt is proof already, even before the server hears of its request. @param {Taken} one @returns {Standing} */
const standingOf = ({ kind, state }) => (kind === 'proved' ? 'confirmed' : state);

/** @param {Taken} one */
function row(one) {
  const standing = standingOf(one);
  const text = one.kind === 'proved' ? t('apart.state_proved') : one.byFormer ? t('apart.state_former') : t(`apart.state_${standing}`);
  const why = standing === 'refused' || standing === 'late' ? sentenceFor(one) : '';
  return html`<li class="refund-row" data-name="upload" data-state=${standing} data-cents=${one.request.amount}>
    <span class="charge-what">${one.reference ? html`<bdi>${one.reference}</bdi>` : html`<span class="quiet-words">${t('day.no_reference')}</span>`}
      <span class="quiet-words">${formatDateTime(one.at)}${one.sequence === null ? nothing : html` · ${t('network.entry', { sequence: formatCount(one.sequence) })}`}</span>${why ? html`<span>${why}</span>` : nothing}</span>
    <span class="charge-money">${amount(one.request.amount, { symbol: shop.value?.ledger.symbol ?? '' })}${chip({ text, ...STATES[standing] })}</span></li>`;
}

function listView() {
  const all = taken.value;
  const waiting = all.some((one) => standingOf(one) === 'waiting');
  return html`<section class="apart-list card" data-name="uploads"><h2>${icon('upload')}<span>${t('network.list')}</span></h2>
    ${all.length === 0 ? html`<p class="quiet-words">${t('network.list_none')}</p>` : html`<p class="quiet-words">${t('network.kept')}</p>`}
    ${waiting ? button({ label: t('network.now'), iconName: 'send', name: 'upload-now', onClick: () => void upload() }) : nothing}
    ${ORDER.map((standing) => [standing, all.filter((one) => standingOf(one) === standing)]).filter(([, of]) => of.length > 0).map(([standing, of]) => html`<h3 data-name="of-${standing}">${t(`network.of_${standing}`)} · ${formatCount(of.length)}</h3>
      <ul class="charge-list">${/** @type {Taken[]} */ (of).map(row)}</ul>`)}
  </section>`;
}

export function networkView() {
  const up = online.value && link.value === 'up';
  return fromMenu({
    title: t('network.title'), name: 'network',
    body: html`<div class="stack">${banner({ tone: up ? 'good' : 'warning', iconName: up ? 'check' : 'offline', text: t(up ? 'network.up' : 'network.down') })}
      ${listView()}${limitsView()}</div>`,
  });
}

/** Leaving: what was typed and not saved is gone. @param {string} name the screen that is shown now */
export function leaveNetwork(name) {
  if (name !== 'network') batch(() => { typed.value = null; fault.value = null; });
}
