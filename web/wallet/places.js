// Where I can spend it: the shops of the town, one shop, and, for a shop, what it tells of itself.

import { html } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { callJson } from '../kit/api.js';
import { hoursText, parseHours, weekdayName } from '../kit/places.js';
import { shopView, shopsView } from '../kit/places-view.js';
import { banner, button, empty, failure, field, linkButton, loading, toast } from '../kit/ui.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { read, write } from '../kit/store.js';
import { frame } from './frame.js';
import { go } from './route.js';
import { account, facts, isShop, openSession, scope, wallet } from './state.js';

/** @typedef {import('../kit/places.js').Shop} Shop */
/** @typedef {import('../kit/places.js').Place} Place */

const shops = signal(/** @type {Shop[] | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));
let asked = false;

/** Reads the list, or takes the one that was read last: shops do not move while there is no network. */
async function load() {
  fault.value = null;
  const place = `shops:${facts().ledger}`;
  try {
    shops.value = (await callJson('/v1/shops')).shops;
    await write('settings', place, shops.value).catch(() => undefined);
  } catch (error) {
    shops.value ??= (await read('settings', place)) ?? null;
    fault.value = error;
  }
}

function want() {
  if (asked) return;
  asked = true;
  queueMicrotask(() => void load());
}

/** Leaving: the next visit reads anew. @param {string} name the screen that is shown now */
export function leavePlaces(name) {
  if (name === 'places' || name === 'place' || name === 'myplace') return;
  asked = false;
  if (draft.value) draft.value = null;
}

export function placesView() {
  want();
  const all = shops.value;
  return frame({
    title: t('places.title'), back: '',
    body: !all ? (fault.value ? failure({ error: fault.value, onRetry: () => void load() }) : loading())
      : html`${fault.value ? banner({ tone: 'warning', iconName: 'offline', text: t('places.remembered') }) : ''}
        ${all.length === 0 ? empty({ iconName: 'shop', title: t('places.empty'), text: t('places.empty_text') })
          : shopsView(all, { suppliers: isShop.value, href: (shop) => `#place=${shop.account}` })}
        ${isShop.value && scope.value === 'full' ? html`<div class="actions">${linkButton({ label: t('places.mine'), href: '#myplace', iconName: 'shop', name: 'my-place' })}</div>` : ''}`,
  });
}

/** @param {string} id account */
export function placeView(id) {
  want();
  const all = shops.value;
  const shop = all?.find((one) => one.account === id);
  return frame({
    title: t('places.one'), back: 'places',
    body: !all ? (fault.value ? failure({ error: fault.value, onRetry: () => void load() }) : loading())
      : !shop ? empty({ iconName: 'shop', title: t('places.gone') })
      : shopView(shop, wallet.value && shop.account !== account.value?.account
        ? html`<div class="actions">${linkButton({ label: t('places.pay'), href: `#to=${shop.account}`, kind: 'copper', big: true, iconName: 'send', name: 'place-pay' })}</div>` : ''),
  });
}

// What a shop tells of itself

/** @typedef {{address: string, quarter: string, about: string, offers: string, phone: string, hours: string[]}} Draft */
const draft = signal(/** @type {Draft | null} */ (null));
const badDay = signal(/** @type {number | null} */ (null));
const saveFault = signal(/** @type {unknown} */ (null));
const busy = signal(false);
let reading = false;

async function readMine() {
  if (reading) return;
  reading = true;
  saveFault.value = null;
  try {
    /** @type {Place} */
    const place = await openSession().json(`/v1/accounts/${account.value?.account}/place`);
    const { address, quarter, about, offers, phone, openings } = place;
    draft.value = {
      address: address ?? '', quarter: quarter ?? '', about: about ?? '', offers: offers ?? '', phone: phone ?? '',
      hours: [0, 1, 2, 3, 4, 5, 6].map((weekday) => hoursText(openings, weekday)),
    };
  } catch (error) {
    saveFault.value = error;
  } finally {
    reading = false;
  }
}

/** @param {Partial<Draft>} change */
function change(change) {
  if (draft.value) draft.value = { ...draft.value, ...change };
}

export function myPlaceView() {
  const now = draft.value;
  const title = t('places.mine');
  if (!account.value) return frame({ title, back: 'places', body: loading() });
  if (!now) {
    if (!saveFault.value) queueMicrotask(() => void readMine());
    return frame({ title, back: 'places', body: saveFault.value ? failure({ error: saveFault.value, onRetry: () => { saveFault.value = null; } }) : loading() });
  }
  /** @param {'address' | 'quarter' | 'about' | 'offers' | 'phone'} name @param {number} maxLength @param {boolean} [multiline] */
  const text = (name, maxLength, multiline = false) => field({
    name, label: t(`places.${name}`), hint: t(`places.${name}_hint`), value: now[name], maxLength, multiline, inputMode: name === 'phone' ? 'tel' : 'text', onInput: (value) => change({ [name]: value }),
  });
  return frame({
    title, back: 'places',
    body: html`<form class="stack" @submit=${save}>
      <p>${t('places.mine_text')}</p>
      ${text('address', 140)}${text('quarter', 60)}${text('phone', 30)}${text('about', 280, true)}${text('offers', 280, true)}
      <fieldset class="plain-set"><legend>${t('places.hours')}</legend><div class="stack tight hours-of-day"><p class="field-hint">${t('places.hours_hint')}</p>
        ${now.hours.map((hours, weekday) => field({
          name: `hours-${weekday}`, label: weekdayName(weekday), value: hours, ltr: true, placeholder: t('places.closed'), maxLength: 60,
          fault: badDay.value === weekday ? t('places.hours_bad') : null,
          onInput: (value) => { batch(() => { change({ hours: now.hours.map((old, at) => (at === weekday ? value : old)) }); badDay.value = null; }); },
        }))}</div></fieldset>
      ${saveFault.value ? banner({ tone: 'danger', text: sentenceFor(saveFault.value) }) : ''}
      <div class="actions">${button({ label: t('places.save'), kind: 'primary', big: true, type: 'submit', busy: busy.value, name: 'place-save' })}</div>
    </form>`,
  });
}

/** @param {Event} event */
async function save(event) {
  event.preventDefault();
  const now = draft.value;
  if (!now) return;
  const days = now.hours.map(parseHours);
  const bad = days.findIndex((day) => day === null);
  if (bad >= 0) {
    badDay.value = bad;
    document.querySelector(`[name="hours-${bad}"]`)?.scrollIntoView({ block: 'center' });
    return;
  }
  busy.value = true;
  saveFault.value = null;
  const { address, quarter, about, offers, phone } = now;
  try {
    await openSession().json(`/v1/accounts/${account.value?.account}/place`, { method: 'PUT', json: { address, quarter, about, offers, phone, openings: days.flat() } });
    draft.value = null;
    asked = false;
    toast(t('places.saved'), 'good');
    go('places');
  } catch (error) {
    saveFault.value = error;
  } finally {
    busy.value = false;
  }
}
