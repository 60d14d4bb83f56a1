// What the association did, newest first: every privileged act is a signed entry.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { hasWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { formatDateTime } from '../kit/time.js';
import { button, chip, empty } from '../kit/ui.js';
import { actSentence } from './acts.js';
import { readingView } from './parts.js';
import { acts, olderActs } from './state.js';

/** @type {Record<string, string>} */
const ICONS = { propose: 'plus', approve: 'check', refuse: 'cross' };
/** @type {Record<string, 'good' | 'info' | 'plain'>} */
const TONES = { executed: 'good', waiting: 'info', refused: 'plain' };

/** @param {import('./state.js').Act} act */
export function actLine({ sequence, time, operator, kind, act, fields, outcome }) {
  const did = hasWords(`did.${kind}`) ? t(`did.${kind}`, { number: operator }) : t('did.other', { number: operator });
  return html`<li class="row act" data-name="act"><span class="row-icon ${kind === 'approve' ? 'in' : ''}">${icon(ICONS[kind] ?? 'info')}</span>
    <span class="row-words"><span class="row-note">${did}</span><span class="row-title">${actSentence(fields, act)}</span>
      <span class="row-note">${formatDateTime(time)} · ${t('history.entry', { sequence: formatCount(sequence) })}</span></span>
    ${outcome && hasWords(`outcome.${outcome}`) ? html`<span class="row-end">${chip({ text: t(`outcome.${outcome}`), tone: TONES[outcome] ?? 'plain' })}</span>` : nothing}</li>`;
}

export function historyView() {
  return html`<h1>${t('tab.history')}</h1><p class="lead">${t('history.words')}</p>
    ${readingView(acts, ({ acts: list, next }) => (list.length === 0 ? empty({ iconName: 'history', title: t('history.none') })
      : html`<ol class="list">${list.map(actLine)}</ol>
        ${next === null ? nothing : button({ label: t('history.more'), busy: acts.busy.value, onClick: olderActs })}`))}`;
}
