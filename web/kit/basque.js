// Basque dates in words. Many browsers bring no Basque with them and would write the words of another language.

const MONTHS = ['urtarrila', 'otsaila', 'martxoa', 'apirila', 'maiatza', 'ekaina', 'uztaila', 'abuztua', 'iraila', 'urria', 'azaroa', 'abendua'];
const WEEKDAYS = ['astelehena', 'asteartea', 'asteazkena', 'osteguna', 'ostirala', 'larunbata', 'igandea'];

/** The year with its ending, as it is said: "2026ko" (…hogeita sei), "2025eko" (…hogeita bost). @param {number} year */
function ofYear(year) {
  const last = year % 100;
  const consonant = last === 0 ? year % 1000 !== 0 : [1, 5, 10, 15].includes(last % 20);
  return `${year}${consonant ? 'e' : ''}ko`;
}

/** "azaroaren 22a"; eleven and thirty-one (hamaika) take no ending. @param {Date} date */
function dayOfMonth(date) {
  const day = date.getDate();
  return `${MONTHS[date.getMonth()]}ren ${day}${day % 20 === 11 ? '' : 'a'}`;
}

/** "2026ko azaroaren 22a". @param {number} ms */
export function basqueDate(ms) {
  const date = new Date(ms);
  return `${ofYear(date.getFullYear())} ${dayOfMonth(date)}`;
}

/** "azaroaren 22a, igandea", with the year where it is wanted. @param {number} ms @param {boolean} year */
export function basqueDay(ms, year) {
  const date = new Date(ms);
  return `${year ? basqueDate(ms) : dayOfMonth(date)}, ${basqueWeekday((date.getDay() + 6) % 7)}`;
}

/** "2026/11/22", as Basque orders it. @param {number} ms */
export function basquePlainDate(ms) {
  const date = new Date(ms);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('/');
}

/** "aza. 22". @param {number} ms */
export function basqueShortDate(ms) {
  const date = new Date(ms);
  return `${MONTHS[date.getMonth()].slice(0, 3)}. ${date.getDate()}`;
}

/** "2026ko azaroa". @param {number} ms */
export function basqueMonth(ms) {
  const date = new Date(ms);
  return `${ofYear(date.getFullYear())} ${MONTHS[date.getMonth()]}`;
}

/** "astelehena". @param {number} weekday 0 is Monday */
export function basqueWeekday(weekday) {
  return WEEKDAYS[weekday];
}
