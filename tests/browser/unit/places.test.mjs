// What is open now, when it opens next, and how opening hours are written.
import assert from 'node:assert/strict';
import test from 'node:test';
import './fake-browser.mjs';
import { fitting, hoursText, minuteOfWeek, parseHours, standingAt } from '../../../web/kit/places.js';

const weekdays = [{ weekday: 1, opens: 480, closes: 750 }, { weekday: 1, opens: 840, closes: 1140 }, { weekday: 5, opens: 480, closes: 1440 }];
/** An instant by the clock of Paris in winter. @param {string} text */
const paris = (text) => Date.parse(`${text}+01:00`);

test('a shop is open by the clock of its town, in summer and in winter', () => {
  assert.equal(minuteOfWeek(Date.parse('2026-11-23T00:00:00+01:00')), 0);
  assert.equal(minuteOfWeek(Date.parse('2026-07-06T00:00:00+02:00')), 0);
  assert.equal(minuteOfWeek(Date.parse('2026-11-29T23:59:00+01:00')), 7 * 1440 - 1);
});

test('it is open from its first minute until before its last one', () => {
  assert.deepEqual(standingAt(weekdays, paris('2026-11-24T08:00:00')), { open: true, until: 750 });
  assert.deepEqual(standingAt(weekdays, paris('2026-11-24T12:29:59')), { open: true, until: 750 });
  assert.deepEqual(standingAt(weekdays, paris('2026-11-24T12:30:00')), { open: false, weekday: 1, at: 840, today: true });
  assert.deepEqual(standingAt(weekdays, paris('2026-11-28T23:59:00')), { open: true, until: 1440 });
});

test('a closed shop says when it opens next, over the end of the week too', () => {
  assert.deepEqual(standingAt(weekdays, paris('2026-11-24T19:00:00')), { open: false, weekday: 5, at: 480, today: false });
  assert.deepEqual(standingAt(weekdays, paris('2026-11-29T12:00:00')), { open: false, weekday: 1, at: 480, today: false });
  assert.deepEqual(standingAt([weekdays[0]], paris('2026-11-24T13:00:00')), { open: false, weekday: 1, at: 480, today: false });
  assert.equal(standingAt([], 0), null);
});

test('hours are read as people write them, and what is no time is refused', () => {
  assert.deepEqual(parseHours('8h-12h30, 14:00 – 19', 1), [{ weekday: 1, opens: 480, closes: 750 }, { weekday: 1, opens: 840, closes: 1140 }]);
  assert.deepEqual(parseHours('', 1), []);
  assert.deepEqual(parseHours('18-24', 1), [{ weekday: 1, opens: 1080, closes: 1440 }]);
  for (const senseless of ['8', '12-8', '8-12, 11-13', 'morning', '8-25', '8:75-9', '8-8']) assert.equal(parseHours(senseless, 1), null, senseless);
  assert.deepEqual(parseHours(hoursText(weekdays, 1), 1), weekdays.slice(0, 2));
});

test('a search finds every word without accents, and filters add up', () => {
  const place = { address: '3 rue du Pont', quarter: 'Quartier du Port', about: null, offers: 'Pain pour cantines', phone: null, openings: weekdays };
  const bakery = { account: 'a', kind: 'professional', name: 'Boulangerie Élan', trade: 'Boulangerie', place };
  const cinema = { account: 'b', kind: 'professional', name: 'Lumen', trade: 'Cinéma', place: null };
  const names = (/** @type {any} */ wish) => fitting([bakery, cinema], wish).map((shop) => shop.name);
  assert.deepEqual(names({ sought: 'elan PORT' }), ['Boulangerie Élan']);
  assert.deepEqual(names({ sought: 'cinema' }), ['Lumen']);
  assert.deepEqual(names({ offers: true }), ['Boulangerie Élan']);
  assert.deepEqual(names({ openAt: paris('2026-11-24T09:00:00') }), ['Boulangerie Élan']);
  assert.deepEqual(names({ openAt: paris('2026-11-24T13:00:00') }), []);
  assert.deepEqual(names({ quarter: 'Quartier du Port', trade: 'Cinéma' }), []);
});
