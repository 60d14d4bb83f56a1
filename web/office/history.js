// What the association did, newest first: every privileged act is a signed entry.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { hasWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { formatDateTime } from '../kit/time.js';
import { button, chip, empty } from '../kit/ui.js';
import { actSentence } from './acts.js';
import { readingView } from './parts.js';
import { acts, olderActs, proposals } from './state.js';

/** @type {Record<string, string>} */
const ICONS = { genesis: 'key', propose: 'plus', approve: 'check', refuse: 'cross' };

/** What became of it. @param {import('./state.js').Act} act @returns {{word: string, tone: 'good' | 'info' | 'plain'} | null} */
function fate({ kind, proposal, outcome }) {
  if (outcome.executed) return { word: 'executed', tone: 'good' };
  if (kind === 'refuse') return { word: 'refused', tone: 'plain' };
  // What an entry could not know yet is said by those after it: only what waits now is shown as waiting.
  return proposals.data.value?.some((waiting) => waiting.proposal === proposal) ? { word: 'waiting', tone: 'info' } : null;
}

/** @param {import('./state.js').Act} line */
export function actLine(line) {
  const { sequence, time, operator, kind, act, fields } = line;
  const end = fate(line);
  const did = operator === null ? t('did.association') : hasWords(`did.${kind}`) ? t(`did.${kind}`, { number: operator }) : t('did.other', { number: operator });
  return html`<li class="row act" data-name="act"><span class="row-icon ${kind === 'approve' ? 'in' : ''}">${icon(ICONS[kind] ?? 'info')}</span>
    <span class="row-words"><span class="row-note">${did}</span><span class="row-title">${act === null && !fields ? t(`act.${kind}`) : actSentence(fields, act)}</span>
      <span class="row-note">${formatDateTime(time)} · ${t('history.entry', { sequence: formatCount(sequence) })}</span></span>
    ${end ? html`<span class="row-end">${chip({ text: t(`outcome.${end.word}`), tone: end.tone })}</span>` : nothing}</li>`;
}

export function historyView() {
  return html`<h1>${t('tab.history')}</h1><p class="lead">${t('history.words')}</p>
    ${readingView(acts, ({ acts: list, next }) => (list.length === 0 ? empty({ iconName: 'history', title: t('history.none') })
      : html`<ol class="list">${list.map(actLine)}</ol>
        ${next === null ? nothing : button({ label: t('history.more'), busy: acts.busy.value, onClick: olderActs })}`))}`;
}
