// Where units are taken, and when: what is open now, when a closed shop opens next, and how opening hours are written. Pure:
// times of the week are minutes of the territory's own clock, whatever clock the reader's device has.

import { basqueWeekday } from './basque.js';
import { language } from './i18n.js';
import { localeTag } from './money.js';

/** The territory's clock. */
const ZONE = 'Europe/Paris';
const DAY_MINUTES = 1440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** A Monday, to name the days after. */
const A_MONDAY = Date.UTC(2024, 0, 1, 12);
const DAY_MS = 86_400_000;

/** @typedef {{weekday: number, opens: number, closes: number}} Opening 0 is Monday; minutes of the day */
/** @typedef {{address: string | null, quarter: string | null, about: string | null, offers: string | null, phone: string | null, openings: Opening[]}} Place */
/** @typedef {{account: string, kind: string, name: string, trade: string | null, place: Place | null}} Shop */
/** @typedef {{open: true, until: number} | {open: false, weekday: number, at: number, today: boolean} | null} Standing minutes of the day; null: nothing is known */

/** The minute of the week of an instant, from Monday midnight. @param {number} ms */
export function minuteOfWeek(ms) {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts(ms);
  const part = (/** @type {string} */ type) => parts.find((one) => one.type === type)?.value ?? '';
  const weekday = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(part('weekday'));
  return weekday * DAY_MINUTES + Number(part('hour')) * 60 + Number(part('minute'));
}

/** Whether a shop is open at an instant, and until or from when. @param {Opening[]} openings @param {number} ms @returns {Standing} */
export function standingAt(openings, ms) {
  if (openings.length === 0) return null;
  const minute = minuteOfWeek(ms);
  const today = Math.floor(minute / DAY_MINUTES);
  const now = minute % DAY_MINUTES;
  const open = openings.find((one) => one.weekday === today && one.opens <= now && now < one.closes);
  if (open) return { open: true, until: open.closes };
  const wait = (/** @type {Opening} */ one) => (one.weekday * DAY_MINUTES + one.opens - minute + WEEK_MINUTES) % WEEK_MINUTES;
  const next = openings.reduce((first, one) => (wait(one) < wait(first) ? one : first));
  return { open: false, weekday: next.weekday, at: next.opens, today: next.weekday === today && next.opens > now };
}

/** "08:30", in the reader's way. @param {number} minutes of the day */
export function formatMinutes(minutes) {
  return new Intl.DateTimeFormat(localeTag(), { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' }).format(minutes * 60_000);
}

/** The name of a day. @param {number} weekday 0 is Monday */
export function weekdayName(weekday) {
  if (language.value === 'eu') return basqueWeekday(weekday);
  return new Intl.DateTimeFormat(localeTag(), { weekday: 'long', timeZone: 'UTC' }).format(A_MONDAY + weekday * DAY_MS);
}

/** The openings of one day as a person types them: "8:00-12:30, 14:00-19:00". @param {Opening[]} openings @param {number} weekday */
export function hoursText(openings, weekday) {
  const clock = (/** @type {number} */ minutes) => `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
  return openings.filter((one) => one.weekday === weekday).map((one) => `${clock(one.opens)}-${clock(one.closes)}`).join(', ');
}

/**
 * The openings of one day, as typed: "8-12:30, 14h-19h"; nothing: closed. Null when it cannot be read.
 * @param {string} text
 * @param {number} weekday
 * @returns {Opening[] | null}
 */
export function parseHours(text, weekday) {
  const parts = text.split(/[,;/+]| et | eta | and /i).map((part) => part.trim()).filter((part) => part !== '');
  /** @type {Opening[]} */
  const openings = [];
  for (const part of parts) {
    const found = /^(\d{1,2})(?:\s*[:hH.]\s*(\d{2})?)?\s*(?:-|–|—|à|to)\s*(\d{1,2})(?:\s*[:hH.]\s*(\d{2})?)?$/.exec(part);
    if (!found) return null;
    const [opens, closes] = [Number(found[1]) * 60 + Number(found[2] ?? 0), Number(found[3]) * 60 + Number(found[4] ?? 0)];
    if (opens >= closes || closes > DAY_MINUTES || Number(found[2] ?? 0) > 59 || Number(found[4] ?? 0) > 59) return null;
    openings.push({ weekday, opens, closes });
  }
  openings.sort((a, b) => a.opens - b.opens);
  return openings.some((one, at) => at > 0 && openings[at - 1].closes > one.opens) ? null : openings;
}

/** Without accents and capitals. @param {string} text */
function plain(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/**
 * The shops that fit every wish; each word that is sought stands somewhere in what the shop tells.
 * @param {Shop[]} shops
 * @param {{sought?: string, trade?: string, quarter?: string, openAt?: number | null, offers?: boolean}} wish
 */
export function fitting(shops, { sought = '', trade = '', quarter = '', openAt = null, offers = false }) {
  const words = plain(sought).split(/\s+/).filter((word) => word !== '');
  return shops.filter((shop) => {
    const { place } = shop;
    const told = plain([shop.name, shop.trade, place?.quarter, place?.address, place?.about, place?.offers].filter(Boolean).join(' '));
    return words.every((word) => told.includes(word)) && (trade === '' || shop.trade === trade) && (quarter === '' || place?.quarter === quarter)
      && (openAt === null || standingAt(place?.openings ?? [], openAt)?.open === true) && (!offers || Boolean(place?.offers));
  });
}

/** What there is to choose from, in the reader's order. @param {(string | null | undefined)[]} values */
export function choicesOf(values) {
  const seen = new Set(values.filter((value) => typeof value === 'string' && value !== ''));
  return /** @type {string[]} */ ([...seen]).sort((a, b) => a.localeCompare(b, localeTag()));
}
