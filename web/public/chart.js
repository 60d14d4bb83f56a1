// Circulation and fund over the last statements: two lines on one scale, days with a shortfall in red.

import { chart } from '../kit/chart.js';
import { t } from '../kit/i18n.js';
import { formatAmount } from '../kit/money.js';
import { formatDate, formatShortDate } from '../kit/time.js';

/** @typedef {{time: number, circulation: number, cover: number, surplus: number, number: number}} Point */

/** @param {number} cents */
const euros = (cents) => formatAmount(cents, { symbol: '€' });

/** What the chart shows, in a sentence. @param {Point[]} points @param {string} symbol */
function sentence(points, symbol) {
  const [first, last] = [points[0], points[points.length - 1]];
  const short = points.filter(({ surplus }) => surplus < 0).length;
  return [t('chart.label', { from: formatDate(first.time), to: formatDate(last.time), circulation: formatAmount(last.circulation, { symbol }), cover: euros(last.cover) }),
    short > 0 ? t('chart.short_days', { n: short }) : t('chart.no_short_day')].join(' ');
}

/**
 * @param {{points: Point[], symbol: string, title: string}} words points oldest first
 */
export function chartView({ points, symbol, title }) {
  const units = (/** @type {number} */ cents) => formatAmount(cents, { symbol });
  return chart({
    title,
    head: t('chart.day'),
    labels: points.map(({ time }) => formatDate(time)),
    ticks: points.map(({ time }) => formatShortDate(time)),
    series: [
      { title: t('public.fund'), tone: 'fund', values: points.map(({ cover }) => cover), words: euros, surface: true },
      { title: t('public.circulation'), tone: 'circulation', values: points.map(({ circulation }) => circulation), words: units },
      { title: t('chart.difference'), tone: 'difference', values: points.map(({ surplus }) => surplus), words: euros, tableOnly: true },
    ],
    sentence: sentence(points, symbol),
    bands: points.flatMap(({ surplus }, at) => (surplus < 0 ? [at] : [])),
    bandTitle: t('chart.short'),
    newestFirst: true,
    compact: true,
  });
}
