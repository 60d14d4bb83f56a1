// Days as the shop lives them: from midnight to midnight where the till stands, 23 or 25 hours when the clock changes.

/**
 * @param {number} time milliseconds
 * @param {number} [offset] days later (or earlier, when negative)
 * @returns {{from: number, to: number}} the day that holds the time; `to` is the next midnight
 */
export function dayOf(time, offset = 0) {
  const date = new Date(time);
  const midnight = (/** @type {number} */ days) =>
    new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
  return { from: midnight(offset), to: midnight(offset + 1) };
}

/** @param {{from: number, to: number}} day @param {number} time */
export function isIn(day, time) {
  return time >= day.from && time < day.to;
}
