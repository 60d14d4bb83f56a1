// The cards of this account: which there are, how they stand, and one tap that blocks a lost one. Also what a card's own link says to whoever
// opens it: a card is no wallet, and its code is for tills.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatDate } from '../kit/time.js';
import { ask, banner, button, chip, empty, failure, loading, toast } from '../kit/ui.js';
import { frame } from './frame.js';
import { account, ledger, openSession, wallet } from './state.js';
import { units } from './words.js';

/** @typedef {{number: string, state: string, given: number | null, last_used: number | null, free_limit: number}} Card */

const cards = signal(/** @type {{cards: Card[], ready: boolean} | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
const busy = signal('');
let asked = false;

async function load() {
  fault.value = null;
  try {
    cards.value = await openSession().json(`/v1/accounts/${account.value?.account}/cards`);
  } catch (error) {
    fault.value = error;
  }
}

/** @param {Card} card */
async function block({ number }) {
  if (!(await ask({ title: t('cards.block_title', { number }), text: html`<p>${t('cards.block_text')}</p>`, confirm: t('cards.block'), danger: true, iconName: 'card' }))) return;
  busy.value = number;
  try {
    await openSession().json(`/v1/accounts/${account.value?.account}/cards/${number}/block`, { method: 'POST' });
    toast(t('cards.blocked', { number }), 'good');
    await load();
  } catch (error) {
    toast(sentenceFor(error), 'danger');
  } finally {
    busy.value = '';
  }
}

/** @param {Card} card @param {boolean} ready */
function cardRow(card, ready) {
  const good = card.state === 'good';
  const state = good && !ready ? 'waits' : card.state;
  const note = [card.last_used ? t('cards.used', { date: formatDate(card.last_used) }) : t('cards.never_used'), card.free_limit > 0 ? t('cards.free', { amount: units(card.free_limit) }) : t('cards.always_pin')].join(' · ');
  return html`<li data-card=${card.number} data-state=${card.state}><div class="row"><span class="row-icon">${icon('card')}</span>
    <span class="row-words"><span class="row-title"><bdi class="code" dir="ltr">${card.number}</bdi> ${chip({ text: t(`cards.state.${state}`), tone: state === 'good' ? 'good' : 'warning' })}</span><span class="row-note">${note}</span></span>
    ${good ? button({ label: t('cards.block'), kind: 'danger', busy: busy.value === card.number, name: `block-${card.number}`, onClick: () => void block(card) }) : nothing}</div></li>`;
}

export function cardsView() {
  if (!asked) {
    asked = true;
    queueMicrotask(() => void load());
  }
  const all = cards.value;
  return frame({
    title: t('cards.title'), back: 'settings',
    body: html`<p class="quiet-text">${t('cards.text')}</p>
      ${fault.value ? failure({ error: fault.value, onRetry: () => void load() }) : !all ? loading()
        : all.cards.length === 0 ? empty({ iconName: 'card', title: t('cards.none'), text: t('cards.none_text') })
        : html`<ul class="list" data-name="cards">${all.cards.map((card) => cardRow(card, all.ready))}</ul><p class="quiet-text">${t('cards.block_note')}</p>`}`,
  });
}

/** Leaving: the next visit starts anew. @param {string} name the screen that is shown now */
export function leaveCards(name) {
  if (name === 'cards') return;
  asked = false;
  cards.value = null;
}

/** What the code on a card is for. The code itself is taken off the address, so that it stays in no history. */
export function cardView() {
  if (location.hash.startsWith('#card=')) history.replaceState(null, '', '#card');
  return frame({
    title: t('cards.link_title'), back: '',
    body: html`<section class="card stack" data-name="card-link"><span class="state-icon">${icon('card', { size: 40 })}</span>
      <h2>${t('cards.link_what', { name: ledger.value?.name ?? '' })}</h2><p>${t('cards.link_pay')}</p>
      ${banner({ tone: 'info', title: t('cards.link_found'), text: t('cards.link_found_text', { holder: ledger.value?.holder ?? '' }) })}
      ${wallet.value ? html`<a class="button" href="#cards">${t('cards.link_mine')}</a>` : nothing}</section>`,
  });
}
