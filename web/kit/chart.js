// One chart for all pages: lines or bars on one scale from zero, with the axis in words, and the same figures as a table
// for whoever reads no chart. Values are whole cents or counts; the drawing alone rounds.

import { html, nothing, svg } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { t } from './i18n.js';
import { icon } from './icons.js';
import { formatCount } from './money.js';

/** Units of the drawing: on a small screen fewer, so that its letters stay readable. */
const WIDE = { width: 760, height: 250 };
const NARROW = { width: 360, height: 230 };
const TOP = 14;
const BELOW = 26;
const END = 10;
/** About how wide a letter of the axis is, in units of the drawing. */
const LETTER = 7.2;
/** About how many lines the scale has. */
const STEPS = 4;
const BAND = 14;

const small = matchMedia('(max-width: 40rem)');
const narrow = signal(small.matches);
small.addEventListener('change', () => { narrow.value = small.matches; });

/**
 * @typedef {object} Series
 * @property {string} title
 * @property {string} tone the colour, as a class: circulation, fund, bonus, …
 * @property {number[]} values one per label
 * @property {(value: number) => string} words a value as people read it
 * @property {boolean} [surface] filled down to zero
 * @property {boolean} [tableOnly] not drawn
 */
/** @typedef {{value: number, title: string}} Level a line across, for example a budget */
/** @typedef {{x: (at: number) => number, y: (value: number) => number, step: number, left: number, width: number, height: number, marks: number[]}} Scale */

/** The next of 1, 2, 5, 10, 20 … from `least` up. @param {number} least */
function roundStep(least) {
  let power = 1;
  while (power * 10 <= least) power *= 10;
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? power * 10;
}

/** A mark on the scale: whole euros where the cents say nothing. @param {number} value @param {boolean} cents */
function markWords(value, cents) {
  if (!cents) return formatCount(value);
  return value % 100 === 0 ? formatCount(value / 100) : formatCount(Math.round(value / 10) / 10);
}

/**
 * @param {Series[]} drawn @param {{level?: Level, count: number, bars: boolean, cents: boolean, compact: boolean}} words
 * @returns {Scale}
 */
function scaleOf(drawn, { level, count, bars, cents, compact }) {
  const { width, height } = compact || narrow.value ? NARROW : WIDE;
  const all = drawn.flatMap(({ values }) => values).concat(level ? [level.value] : []);
  const most = Math.max(cents ? 100 : 1, ...all);
  const least = Math.min(0, ...all);
  const mark = roundStep(Math.ceil((most - least) / STEPS));
  const top = Math.ceil(most / mark) * mark;
  const bottom = Math.floor(least / mark) * mark;
  const marks = Array.from({ length: (top - bottom) / mark + 1 }, (_, at) => bottom + at * mark);
  const left = Math.max(...marks.map((value) => markWords(value, cents).length)) * LETTER + 10;
  const room = width - left - END;
  const step = bars ? room / Math.max(1, count) : count > 1 ? (room - 8) / (count - 1) : 0;
  return {
    width, height, left, marks, step,
    x: (at) => Math.round(bars ? left + (at + 0.5) * step : count > 1 ? left + 4 + at * step : left + room / 2),
    y: (value) => Math.round(TOP + (height - TOP - BELOW) * (1 - (value - bottom) / (top - bottom))),
  };
}

/** @param {Series} series @param {Scale} scale */
function lineView({ values, tone, surface, title, words }, { x, y }) {
  const path = values.map((value, at) => `${at === 0 ? 'M' : 'L'}${x(at)} ${y(value)}`).join('');
  const fill = `M${x(0)} ${y(0)}${values.map((value, at) => `L${x(at)} ${y(value)}`).join('')}L${x(values.length - 1)} ${y(0)}z`;
  const dots = values.length <= 40 ? values : [];
  return svg`${surface ? svg`<path class="chart-surface ${tone}" d=${fill}></path>` : nothing}<path class="chart-line ${tone}" d=${path}></path>
    ${dots.map((value, at) => svg`<circle class="chart-dot ${tone}" cx=${x(at)} cy=${y(value)} r="3.5"><title>${title}: ${words(value)}</title></circle>`)}`;
}

/** @param {Series[]} drawn @param {string[]} labels @param {Scale} scale */
function barsView(drawn, labels, { x, y, step }) {
  const room = Math.min(step * 0.72, 30 * drawn.length);
  const width = Math.max(2, room / drawn.length - 2);
  return labels.map((label, at) => drawn.map(({ values, tone, title, words }, place) => {
    const [from, to] = [y(Math.max(0, values[at])), y(Math.min(0, values[at]))];
    const tall = values[at] === 0 ? 0 : Math.max(2, to - from);
    return svg`<rect class="chart-bar ${tone}" x=${Math.round(x(at) - room / 2 + place * (width + 2))} y=${to - tall} width=${Math.round(width)} height=${tall} rx="2"><title>${label}, ${title}: ${words(values[at])}</title></rect>`;
  }));
}

/** Which labels have room under the axis; the last one always. @param {string[]} ticks @param {Scale} scale */
function shownTicks(ticks, { step }) {
  // Half as much again: the first and the last one may lean inwards.
  const widest = Math.max(1, ...ticks.map(({ length }) => length)) * LETTER * 1.5 + 12;
  const every = Math.max(1, Math.ceil(widest / Math.max(step, 1)));
  const last = ticks.length - 1;
  return ticks.map((text, at) => ({ text, at })).filter(({ at }) => (last - at) % every === 0);
}

/** A label stands under its place, unless it would be cut off there. @param {number} x @param {string} text @param {number} width */
function anchorOf(x, text, width) {
  const half = (text.length * LETTER) / 2;
  return x + half > width ? 'end' : x < half ? 'start' : 'middle';
}

/** @param {string[]} ticks @param {Scale} scale @param {boolean} cents */
function axes(ticks, scale, cents) {
  const { x, y, left, width, height, marks } = scale;
  const shown = shownTicks(ticks, scale);
  return svg`${marks.map((value) => svg`<line class=${value === 0 ? 'chart-ground' : 'chart-grid'} x1=${left} x2=${width - END} y1=${y(value)} y2=${y(value)}></line>
      <text class="chart-mark" x=${left - 8} y=${y(value) + 4} text-anchor="end">${markWords(value, cents)}</text>`)}
    ${shown.map(({ text, at }) => svg`<text class="chart-mark" x=${x(at)} y=${height - 6} text-anchor=${anchorOf(x(at), text, width)}>${text}</text>`)}`;
}

/** @param {ChartWords} words */
function tableView({ title, head, labels, series, bands = [], newestFirst = false }) {
  const order = labels.map((_, at) => at);
  if (newestFirst) order.reverse();
  return html`<details><summary>${t('chart.table')}${icon('down', { size: 18 })}</summary><div class="table-scroll" tabindex="0" role="region" aria-label="${title} · ${t('chart.table')}"><table>
    <thead><tr><th scope="col">${head}</th>${series.map((one) => html`<th scope="col" class="number">${one.title}</th>`)}</tr></thead>
    <tbody>${order.map((at) => html`<tr class=${bands.includes(at) ? 'short' : nothing}><th scope="row">${labels[at]}</th>${series.map(({ values, words }) => html`<td class="number">${values[at] < 0 ? html`<strong>${words(values[at])}</strong>` : words(values[at])}</td>`)}</tr>`)}</tbody></table></div></details>`;
}

/**
 * @typedef {object} ChartWords
 * @property {string} title
 * @property {string} head the table's first heading, e.g. "Day"
 * @property {string[]} labels one per place, whole
 * @property {string[]} [ticks] the same, short, for the axis
 * @property {Series[]} series
 * @property {string} sentence what the chart shows, for whoever does not see it
 * @property {'lines' | 'bars'} [kind]
 * @property {boolean} [cents] values are cents, else counts
 * @property {Level} [level]
 * @property {number[]} [bands] places that are marked in red
 * @property {string} [bandTitle]
 * @property {string} [name] `data-name`
 * @property {boolean} [newestFirst] order of the table
 * @property {boolean} [compact] stands in a column beside another
 */

/** @param {ChartWords} words */
export function chart(words) {
  const { title, labels, ticks = labels, series, sentence, kind = 'lines', cents = true, level, bands = [], bandTitle, name = 'chart', compact = false } = words;
  const bars = kind === 'bars';
  const drawn = series.filter(({ tableOnly }) => !tableOnly);
  const scale = scaleOf(drawn, { level, count: labels.length, bars, cents, compact });
  return html`<figure class="chart" data-name=${name}>
    <figcaption><h3>${title}</h3><ul class="legend">${drawn.map((one) => html`<li><span class="swatch ${one.tone}" aria-hidden="true"></span>${one.title}${bars || one.values.length === 0 ? nothing : html` <strong>${one.words(one.values[one.values.length - 1])}</strong>`}</li>`)}
      ${level ? html`<li><span class="swatch level" aria-hidden="true"></span>${level.title}</li>` : nothing}
      ${bands.length > 0 && bandTitle ? html`<li><span class="swatch short" aria-hidden="true"></span>${bandTitle}</li>` : nothing}</ul></figcaption>
    ${labels.length === 0 ? nothing : html`<svg viewBox="0 0 ${scale.width} ${scale.height}" role="img" aria-label=${sentence}>${svg`
      ${bands.map((at) => svg`<rect class="chart-short" x=${scale.x(at) - BAND / 2} y="0" width=${BAND} height=${scale.height - BELOW}></rect>`)}
      ${axes(ticks, scale, cents)}
      ${bars ? barsView(drawn, labels, scale) : drawn.map((one) => lineView(one, scale))}
      ${level ? svg`<line class="chart-level" x1=${scale.left} x2=${scale.width - END} y1=${scale.y(level.value)} y2=${scale.y(level.value)}></line>` : nothing}`}</svg>
    ${tableView(words)}`}</figure>`;
}
