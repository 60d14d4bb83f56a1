// One movement in a list.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { now } from '../kit/api.js';
import { icon } from '../kit/icons.js';
import { formatDay, formatTime } from '../kit/time.js';
import { amount } from '../kit/ui.js';
import { symbol } from './state.js';
import { lineIcon, lineNote, lineOrigins, lineTitle } from './words.js';

/** A row that leads to the movement. @param {import('./state.js').Line} line @param {boolean} [withDay] */
export function lineView(line, withDay = false) {
  const [name, tone] = lineIcon(line);
  const time = withDay ? `${formatDay(line.time, now())} · ${formatTime(line.time)}` : formatTime(line.time);
  const note = lineNote(line);
  return html`<li><a class="row" href="#entry=${line.sequence}" data-sequence=${line.sequence}>
    <span class="row-icon ${tone}">${icon(name)}</span>
    <span class="row-words"><span class="row-title"><bdi>${lineTitle(line)}</bdi></span><span class="row-note">${time}${note ? ` · ${note}` : ''}</span></span>
    ${line.amount === 0 ? nothing : html`<span class="row-end">${amount(line.amount, { symbol: symbol.value, sign: true, tone: line.amount > 0 ? 'in' : 'plain' })}</span>`}
    ${lineOrigins(line).map((sentence) => html`<span class="row-origin">${sentence}</span>`)}
  </a></li>`;
}
