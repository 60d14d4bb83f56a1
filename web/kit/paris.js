// The day in Paris of an instant, by the rule of the European Union: summer time from the last Sunday of March to the last of
// October, each at one o'clock UTC. In whole numbers, so that every browser and the server agree on a ticket's day.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** One o'clock UTC on the last Sunday of a month with 31 days. @param {number} year @param {number} month from 0 */
function change(year, month) {
  const last = Date.UTC(year, month, 31);
  return last - new Date(last).getUTCDay() * DAY_MS + HOUR_MS;
}

/** How far Paris is ahead of UTC. @param {number} ms */
function ahead(ms) {
  const year = new Date(ms).getUTCFullYear();
  return ms >= change(year, 2) && ms < change(year, 9) ? 2 * HOUR_MS : HOUR_MS;
}

/** "2026-11-22": texts of days, and of months and years cut off them, sort as they follow each other. @param {number} ms */
export function parisDay(ms) {
  return new Date(ms + ahead(ms)).toISOString().slice(0, 10);
}

/** "2026-11-22" and "14:05", as Paris reads them. @param {number} ms */
export function parisTime(ms) {
  const text = new Date(ms + ahead(ms)).toISOString();
  return { day: text.slice(0, 10), time: text.slice(11, 19) };
}

/** The first instant of a day. @param {string} day */
export function startOfParisDay(day) {
  const midnight = Date.parse(`${day}T00:00:00Z`);
  return midnight - ahead(midnight - HOUR_MS);
}
