// Check it yourself: the witnesses and when they last looked, the three questions that anyone can put, and the seal.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { fingerprint } from '../kit/hex.js';
import { hasWords, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount } from '../kit/money.js';
import { formatDateTime } from '../kit/time.js';
import { banner, copyButton, linkButton } from '../kit/ui.js';
import { checked, facts, witnesses } from './figures.js';

/** @param {import('./figures.js').Witness} witness */
function witnessView({ name, time, size, problem }) {
  const words = problem ? (hasWords(`witness.${problem}`) ? t(`witness.${problem}`) : t('witness.other')) : null;
  const grave = problem === 'other_history' || problem === 'longer_history';
  return html`<li><div class="row"><span class="row-icon ${grave ? 'danger' : problem ? 'warning' : 'in'}">${icon(problem ? 'warning' : 'eye')}</span>
    <span class="row-words"><span class="row-title"><bdi dir="ltr">${name}</bdi></span>
      <span class="row-note">${time === null || size === null ? t('witness.never') : t('witness.looked', { time: formatDateTime(time), size: formatCount(size) })}</span>
      ${words ? html`<span class="row-note witness-problem">${words}</span>` : nothing}</span></div></li>`;
}

export function witnessesView() {
  const standing = witnesses.value;
  if (!standing) return nothing;
  return html`<section class="section" data-name="witnesses"><h2>${t('witness.title')}</h2>
    ${standing.witnesses.length === 0 ? html`<p class="quiet-text">${t('witness.none')}</p>`
      : html`<p class="quiet-text">${t('witness.text', { n: standing.needed, of: standing.witnesses.length })}</p><ul class="list">${standing.witnesses.map(witnessView)}</ul>`}</section>`;
}

/** @param {string} key @param {unknown} action */
function question(key, action) {
  return html`<li class="card question"><h3>${t(`check.${key}`)}</h3><p>${t(`check.${key}_text`)}</p>${action}</li>`;
}

/** @param {import('../kit/api.js').LedgerFacts} known */
export function checkView(known) {
  const command = `liard audit ${location.origin}`;
  return html`<section class="section" data-name="check"><h2>${t('check.title')}</h2><p class="quiet-text">${t('check.lead')}</p>
    <ol class="questions">
      ${question('payment', linkButton({ label: t('check.payment_do'), href: '/verify/', kind: 'primary', iconName: 'shield' }))}
      ${question('covered', linkButton({ label: t('check.covered_do'), href: '/wallet/' }))}
      ${question('rewritten', html`<p class="command"><bdi dir="ltr" class="code">${command}</bdi>${copyButton(command, t('check.command'), { small: true })}</p><p class="small-text"><a href="/log/">${t('check.log')}</a></p>`)}
    </ol>
    <p class="small-text quiet-text">${t('check.fingerprint')} <strong><bdi dir="ltr" class="code">${fingerprint(known.ledger)}</bdi></strong></p></section>`;
}

/** @param {import('../kit/api.js').LedgerFacts} known */
export function sealView(known) {
  const verdict = checked.value;
  const note = facts.value?.checkpoint;
  return html`<section class="section"><h2>${t('public.seal')}</h2><div class="card stack">
    ${verdict === 'wrong' ? banner({ tone: 'danger', text: t('public.seal_wrong') })
      : verdict ? html`<p class="seal-good">${icon('shield')}<span>${t('public.seal_good', { n: verdict.size, size: formatCount(verdict.size) })}</span></p>` : html`<p class="quiet-text">${t('public.seal_none')}</p>`}
    <details><summary>${t('public.what')}${icon('down', { size: 18 })}</summary><div class="stack tight">
      <p>${t('public.what_1')}</p><p>${t('public.what_2')}</p><p>${t('public.what_3')}</p>
      ${note ? html`<pre class="note" dir="ltr" tabindex="0" aria-label=${t('public.seal')}>${note.trimEnd()}</pre><div class="cluster">${copyButton(note, t('public.copy_seal'))}</div>` : nothing}
      <p class="small-text quiet-text">${t('public.key')} <bdi class="code" dir="ltr">${known.checkpoint_key}</bdi></p>
      <ul class="links"><li><a href="/log/" dir="ltr" class="code">/log/</a></li><li><a href="/v1/public" dir="ltr" class="code">/v1/public</a></li><li><a href="/openapi.json" dir="ltr" class="code">/openapi.json</a></li></ul></div></details>
  </div></section>`;
}
