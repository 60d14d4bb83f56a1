// Circulation and fund over the last statements: two lines on one scale, days with a shortfall in red, and the same figures
// as a table for whoever reads no chart.

import { html, nothing, svg } from '../vendor/lit-html/lit-html.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatAmount } from '../kit/money.js';
import { formatDate } from '../kit/time.js';

/** Units of the drawing. */
const WIDTH = 640;
const HEIGHT = 220;
const TOP = 16;
const SIDE = 12;
const BAND = 14;

/** @typedef {{time: number, circulation: number, cover: number, surplus: number, number: number}} Point */

/** @param {number} cents */
const euros = (cents) => formatAmount(cents, { symbol: '€' });

/** Where a value stands. @param {Point[]} points */
function scaleOf(points) {
  const most = Math.max(1, ...points.flatMap(({ circulation, cover }) => [circulation, cover])) * 1.08;
  const least = Math.min(0, ...points.map(({ cover }) => cover));
  const step = points.length > 1 ? (WIDTH - 2 * SIDE) / (points.length - 1) : 0;
  return {
    x: (/** @type {number} */ at) => Math.round(points.length > 1 ? SIDE + at * step : WIDTH / 2),
    y: (/** @type {number} */ cents) => Math.round(TOP + (HEIGHT - TOP) * (1 - (cents - least) / (most - least))),
  };
}

/** @param {Point[]} points @param {(point: Point) => number} value @param {ReturnType<typeof scaleOf>} scale @param {string} kind */
function line(points, value, { x, y }, kind) {
  const path = points.map((point, at) => `${at === 0 ? 'M' : 'L'}${x(at)} ${y(value(point))}`).join('');
  return svg`<path class="chart-line ${kind}" d=${path}></path>${points.map((point, at) => svg`<circle class="chart-dot ${kind}" cx=${x(at)} cy=${y(value(point))} r="4"></circle>`)}`;
}

/** The fund as a surface: what circulates above it is seen to be without cover. @param {Point[]} points @param {ReturnType<typeof scaleOf>} scale */
function surface(points, { x, y }) {
  const top = points.map(({ cover }, at) => `L${x(at)} ${y(cover)}`).join('');
  return svg`<path class="chart-surface" d=${`M${x(0)} ${y(0)}${top}L${x(points.length - 1)} ${y(0)}z`}></path>`;
}

/** What the chart shows, in a sentence. @param {Point[]} points @param {string} symbol */
function sentence(points, symbol) {
  const [first, last] = [points[0], points[points.length - 1]];
  const short = points.filter(({ surplus }) => surplus < 0).length;
  return [t('chart.label', { from: formatDate(first.time), to: formatDate(last.time), circulation: formatAmount(last.circulation, { symbol }), cover: euros(last.cover) }),
    short > 0 ? t('chart.short_days', { n: short }) : t('chart.no_short_day')].join(' ');
}

/** @param {Point[]} points @param {string} symbol @param {string} title */
function tableView(points, symbol, title) {
  return html`<details><summary>${t('chart.table')}${icon('down', { size: 18 })}</summary><div class="table-scroll" tabindex="0" role="region" aria-label="${title} · ${t('chart.table')}"><table>
    <thead><tr><th scope="col">${t('chart.day')}</th><th scope="col" class="number">${t('public.circulation')}</th><th scope="col" class="number">${t('public.fund')}</th><th scope="col" class="number">${t('chart.difference')}</th></tr></thead>
    <tbody>${[...points].reverse().map(({ time, circulation, cover, surplus }) => html`<tr class=${surplus < 0 ? 'short' : nothing}><th scope="row">${formatDate(time)}</th><td class="number">${formatAmount(circulation, { symbol })}</td><td class="number">${euros(cover)}</td>
      <td class="number">${surplus < 0 ? html`<strong>${euros(surplus)}</strong>` : euros(surplus)}</td></tr>`)}</tbody></table></div></details>`;
}

/**
 * @param {{points: Point[], symbol: string, title: string}} words points oldest first
 */
export function chartView({ points, symbol, title }) {
  const scale = scaleOf(points);
  const last = points[points.length - 1];
  const short = points.map((point, at) => ({ point, at })).filter(({ point }) => point.surplus < 0);
  return html`<figure class="chart" data-name="chart">
    <figcaption><h3>${title}</h3><ul class="legend"><li><span class="swatch circulation" aria-hidden="true"></span>${t('public.circulation')} <strong>${formatAmount(last.circulation, { symbol })}</strong></li><li><span class="swatch fund" aria-hidden="true"></span>${t('public.fund')} <strong>${euros(last.cover)}</strong></li>
      ${short.length > 0 ? html`<li><span class="swatch short" aria-hidden="true"></span>${t('chart.short')}</li>` : nothing}</ul></figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT + 4}" role="img" aria-label=${sentence(points, symbol)}>${svg`
      ${short.map(({ at }) => svg`<rect class="chart-short" x=${scale.x(at) - BAND / 2} y="0" width=${BAND} height=${HEIGHT}></rect>`)}
      <line class="chart-ground" x1="0" x2=${WIDTH} y1=${scale.y(0)} y2=${scale.y(0)}></line>
      ${surface(points, scale)}${line(points, ({ cover }) => cover, scale, 'fund')}${line(points, ({ circulation }) => circulation, scale, 'circulation')}`}</svg>
    <div class="chart-days" dir="ltr"><bdi>${formatDate(points[0].time)}</bdi>${points.length > 1 ? html`<bdi>${formatDate(last.time)}</bdi>` : nothing}</div>
    ${tableView(points, symbol, title)}</figure>`;
}
