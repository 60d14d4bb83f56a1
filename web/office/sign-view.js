// The dialog in which acts are signed: in words before, with a count while, and with what came of each after.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { hasWords, sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { banner, button, chip } from '../kit/ui.js';
import { actParticulars, actSentence, euros } from './acts.js';
import { desk } from './state.js';

/** @typedef {import('./sign.js').Round} Round */
/** @typedef {import('./sign.js').Signed} Signed */
/** @typedef {{go: () => void, again: () => void, stop: () => void, close: () => void}} Steps */

/** @type {Record<Signed['step'], {tone: 'plain' | 'good' | 'info' | 'warning' | 'danger', iconName?: string}>} */
const LOOKS = {
  ready: { tone: 'plain' }, sending: { tone: 'plain' }, unknown: { tone: 'warning', iconName: 'clock' }, open: { tone: 'warning', iconName: 'clock' }, stopped: { tone: 'plain' },
  executed: { tone: 'good', iconName: 'check' }, waits: { tone: 'info', iconName: 'people' }, refused: { tone: 'danger', iconName: 'cross' }, bad_receipt: { tone: 'danger', iconName: 'warning' },
};
/** What needs a look comes first when all is told. @type {Signed['step'][]} */
const ORDER = ['bad_receipt', 'refused', 'open', 'unknown', 'stopped', 'sending', 'ready', 'waits', 'executed'];

/** @param {Signed[]} lines */
function kindsOf(lines) {
  return [...new Set(lines.map(({ about }) => about.act.kind))];
}

/** How many of each kind, and what they come to. @param {Signed[]} lines */
function sums(lines) {
  return html`<dl class="facts">${kindsOf(lines).map((kind) => {
    const of = lines.filter(({ about }) => about.act.kind === kind);
    const amounts = of.map(({ about }) => about.act.amount).filter((cents) => typeof cents === 'number');
    const total = amounts.reduce((sum, cents) => sum + cents, 0);
    return html`<div><dt>${hasWords(`kind.${kind}`) ? t(`kind.${kind}`) : kind} × ${formatCount(of.length)}</dt><dd>${amounts.length > 0 ? euros(total) : nothing}</dd></div>`;
  })}</dl>`;
}

/** @param {Signed} line */
function result(line) {
  const { step } = line;
  if (step === 'ready') return nothing;
  const { tone, iconName } = LOOKS[step];
  return html`<span class="signed-end">${step === 'sending' || step === 'unknown' ? html`<span class="spinner" aria-hidden="true"></span>` : nothing}
    ${chip({ text: t(`sign.step.${step}`), tone, iconName })}
    ${line.step === 'refused' ? html`<span class="signed-why">${sentenceFor(line.error)}</span>` : nothing}
    ${line.step === 'executed' || line.step === 'waits' ? html`<span class="quiet-text small-text">${t('history.entry', { sequence: formatCount(line.sequence) })}</span>` : nothing}</span>`;
}

/** @param {Signed} line */
function lineView(line) {
  return html`<li class="signed" data-name="signed" data-step=${line.step}><details><summary><span class="signed-words">${actSentence(line.about.act, null, { withNumbers: true })}</span>${icon('down', { size: 18 })}</summary>${actParticulars(line.about.act)}</details>${result(line)}</li>`;
}

/** @param {Signed} line the only one */
function oneView(line) {
  const { act, kind } = line.about;
  return html`<p><strong data-name="proven">${actSentence(act, null, { withNumbers: true })}</strong></p>${actParticulars(act)}
    ${kind === 'refuse' ? nothing : html`<p>${hasWords(`warn.${act.kind}`) ? t(`warn.${act.kind}`) : t('warn.any')}</p>`}`;
}

/** @param {Signed[]} lines */
function manyView(lines) {
  const warned = kindsOf(lines).filter((kind) => hasWords(`warn.${kind}`));
  return html`${sums(lines)}<ol class="signed-list" tabindex="0" aria-label=${t('sign.list')}>${lines.map(lineView)}</ol>
    ${warned.map((kind) => html`<p>${t(`warn.${kind}`)}</p>`)}`;
}

/** @param {Round} round @param {Steps} steps */
function askingView({ lines, wording }, { go, close }) {
  const n = lines.length;
  return html`<div class="round-head"><span class="state-icon ${wording.danger ? 'danger' : ''}">${icon(wording.danger ? 'cross' : 'pen', { size: 28 })}</span>
    <h2>${wording.title ?? t('sign.title', { n })}</h2></div>
    <div class="ask-text">${wording.text ? html`<p>${wording.text}</p>` : nothing}${n === 1 ? oneView(lines[0]) : manyView(lines)}
      <p class="quiet-text">${t('decide.signed', { number: desk.value?.operator.number ?? '' })}</p></div>
    <div class="actions">${button({ label: wording.confirm ?? t('sign.confirm', { n }), kind: wording.danger ? 'danger' : 'primary', name: 'confirm', onClick: go })}
      ${button({ label: t('action.cancel'), kind: 'quiet', name: 'cancel', onClick: close })}</div>`;
}

/** @param {Round} round @param {Steps} steps */
function signingView({ lines }, { stop }) {
  const n = lines.filter(({ step }) => !['ready', 'sending', 'unknown'].includes(step)).length;
  const words = t('sign.progress', { done: formatCount(n), all: formatCount(lines.length) });
  const waiting = lines.some(({ step }) => step === 'unknown');
  return html`<h2>${t('sign.signing')}</h2>
    <div class="sign-progress" role="status"><p data-name="progress">${words}</p><progress max=${lines.length} value=${n} aria-label=${words}></progress></div>
    ${waiting ? banner({ tone: 'warning', text: t('decide.unknown'), iconName: 'clock' }) : html`<p class="quiet-text">${t('sign.stay')}</p>`}
    <div class="actions">${button({ label: t('sign.stop'), kind: 'quiet', name: 'stop', onClick: stop })}</div>`;
}

/** @param {Round} round @param {Steps} steps */
function endedView({ lines }, { again, close }) {
  /** @param {Signed['step'][]} steps */
  const count = (steps) => lines.filter(({ step }) => steps.includes(step)).length;
  const counts = ORDER.map((step) => ({ step, n: count([step]) })).filter(({ n }) => n > 0);
  const fine = count(['executed', 'waits']) === lines.length;
  const left = count(['open', 'stopped', 'bad_receipt']);
  const sorted = [...lines].sort((a, b) => ORDER.indexOf(a.step) - ORDER.indexOf(b.step));
  return html`<div class="round-head"><span class="state-icon ${fine ? '' : 'danger'}">${icon(fine ? 'check' : 'warning', { size: 28 })}</span>
    <h2 data-name="round-ended">${fine ? t('sign.ended') : t('sign.ended_partly')}</h2></div>
    <ul class="cluster">${counts.map(({ step, n }) => html`<li data-name="result" data-step=${step} data-count=${n}>${chip({ text: t(`sign.count.${step}`, { n }), ...LOOKS[step] })}</li>`)}</ul>
    ${lines.some(({ step }) => step === 'open') ? html`<p>${t('sign.open_words')}</p>` : nothing}
    ${lines.some(({ step }) => step === 'bad_receipt') ? banner({ tone: 'danger', text: t('error.bad_receipt') }) : nothing}
    <ol class="signed-list" tabindex="0" aria-label=${t('sign.list')}>${sorted.map(lineView)}</ol>
    <div class="actions">${left > 0 ? button({ label: t('sign.rest', { n: left }), kind: 'primary', iconName: 'refresh', name: 'again', onClick: again }) : nothing}
      ${button({ label: t('action.close'), kind: left > 0 ? 'quiet' : 'primary', name: 'close', onClick: close })}</div>`;
}

/** @param {Round} round @param {Steps} steps */
export function roundView(round, steps) {
  const view = { asking: askingView, signing: signingView, ended: endedView }[round.phase];
  return html`<div class="ask" data-name="round" data-phase=${round.phase}>${view(round, steps)}</div>`;
}
