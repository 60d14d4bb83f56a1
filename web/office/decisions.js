// Decisions: what another operator proposed and now waits. Approving and refusing are signed here, after a warning, and
// count only when their receipt has been verified.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { Problem } from '../kit/api.js';
import { hasWords, sentenceFor, t } from '../kit/i18n.js';
import { unhex } from '../kit/hex.js';
import { signer } from '../kit/keys.js';
import { approve, refuse } from '../kit/ledger.js';
import { formatCount } from '../kit/money.js';
import { endOf, postUntilAnswered, prepare, trustOf } from '../kit/outbox.js';
import { formatDateTime } from '../kit/time.js';
import { ask, banner, button, chip, empty } from '../kit/ui.js';
import { actParticulars, actSentence } from './acts.js';
import { readingView } from './parts.js';
import { NotTheProposal, provenWords } from './proposal.js';
import { desk, proposals, refreshAll } from './state.js';

/** @typedef {import('./state.js').Proposal} Proposal */
/**
 * @typedef {{proposal: Proposal, yes: boolean} & ({step: 'reading' | 'sending' | 'unknown' | 'open' | 'bad_receipt' | 'not_proved'}
 *   | {step: 'refused' | 'unread', error: unknown}
 *   | {step: 'done', sequence: number, waits: boolean})} Decision
 */

/** Decisions taken on this page, by proposal. */
export const decisions = signal(/** @type {ReadonlyMap<string, Decision>} */ (new Map()));

/** @param {Decision} decision */
function note(decision) {
  decisions.value = new Map(decisions.value).set(decision.proposal.proposal, decision);
}

/** Takes a decision back that was not taken. @param {string} proposal */
function unnote(proposal) {
  const next = new Map(decisions.value);
  next.delete(proposal);
  decisions.value = next;
}

/** @param {Proposal} proposal */
function missing(proposal) {
  return Math.max(0, proposal.persons - proposal.approvals.length);
}

/** What waits for this very operator. @param {Proposal[]} list */
export function waitingForMe(list) {
  return list.filter((proposal) => proposal.can_approve && decisions.value.get(proposal.proposal)?.step !== 'done');
}

/** What this operator can decide comes first; the rest keeps its order. @param {Proposal[]} list */
function mineFirst(list) {
  return [...list.filter(({ can_approve }) => can_approve), ...list.filter(({ can_approve }) => !can_approve)];
}

/** @param {Proposal} proposal @param {boolean} yes */
async function decide(proposal, yes) {
  const at = desk.value;
  if (!at) return;
  note({ proposal, yes, step: 'reading' });
  /** @type {import('./state.js').ActWords} */
  let words;
  try {
    words = await provenWords(proposal, { read: (path) => at.session.bytes(path), trust: trustOf(at.ledger), prefix: at.ledger.prefix });
  } catch (error) {
    note(error instanceof NotTheProposal ? { proposal, yes, step: 'not_proved' } : { proposal, yes, step: 'unread', error });
    return;
  }
  unnote(proposal.proposal);
  const { kind } = words;
  const last = missing(proposal) <= 1;
  const agreed = await ask({
    title: yes ? t('decide.approve_title') : t('decide.refuse_title'),
    iconName: yes ? 'shield' : 'cross',
    danger: !yes,
    confirm: yes ? t('decide.approve') : t('decide.refuse'),
    text: html`<p><strong data-name="proven">${actSentence(words, null, { withNumbers: true })}</strong></p>
      ${actParticulars(words)}
      ${yes ? html`<p>${hasWords(`warn.${kind}`) ? t(`warn.${kind}`) : t('warn.any')}</p><p>${last ? t('decide.last') : t('decide.not_last', { n: missing(proposal) - 1 })}</p>`
        : html`<p>${t('decide.refuse_words')}</p>`}
      <p class="quiet-text">${t('decide.proven')} ${t('decide.signed', { number: desk.value?.operator.number ?? '' })}</p>`,
  });
  if (!agreed || desk.value !== at) return;
  note({ proposal, yes, step: 'sending' });
  const end = await endOf(async () => {
    const id = unhex(proposal.proposal);
    const sent = await prepare(signer(at.wallet), at.ledger, yes ? approve(id) : refuse(id), {
      account: null, about: { kind: yes ? 'approve' : 'refuse', proposal: proposal.proposal },
    });
    return postUntilAnswered(sent, at.ledger, { onUnknown: () => note({ proposal, yes, step: 'unknown' }) });
  });
  switch (end.state) {
    case 'done':
      note({ proposal, yes, step: 'done', sequence: end.facts.sequence, waits: end.facts.outcome.approvals !== undefined });
      break;
    case 'refused':
      note({ proposal, yes, step: 'refused', error: new Problem({ status: 409, code: end.code, detail: end.detail }) });
      break;
    case 'not_sent':
      note({ proposal, yes, step: 'refused', error: end.error });
      break;
    case 'bad_receipt':
      note({ proposal, yes, step: 'bad_receipt' });
      break;
    case 'unknown':
      note({ proposal, yes, step: 'open' });
  }
  refreshAll();
}

/** @param {Decision | undefined} decision */
function decisionState(decision) {
  switch (decision?.step) {
    case undefined: return nothing;
    case 'sending': return html`<p class="waiting-line" role="status"><span class="spinner" aria-hidden="true"></span>${t('decide.sending')}</p>`;
    case 'reading': return html`<p class="waiting-line" role="status"><span class="spinner" aria-hidden="true"></span>${t('decide.reading')}</p>`;
    case 'open': return banner({ tone: 'warning', text: t('decide.open'), iconName: 'clock' });
    case 'not_proved': return html`<div data-name="not-proved">${banner({ tone: 'danger', title: t('decide.not_proved'), text: t('decide.not_proved_words') })}</div>`;
    case 'unread': return banner({ tone: 'warning', title: t('decide.unread'), text: sentenceFor(decision.error) });
    case 'unknown': return banner({ tone: 'warning', text: t('decide.unknown'), iconName: 'clock' });
    case 'refused': return banner({ tone: 'danger', title: t('decide.failed'), text: sentenceFor(decision.error) });
    case 'bad_receipt': return banner({ tone: 'danger', text: t('error.bad_receipt') });
    case 'done': {
      const title = decision.yes ? (decision.waits ? t('decide.approved_waits') : t('decide.approved')) : t('decide.refused');
      return html`<div data-name="decided">${banner({ tone: 'good', title, text: t('decide.entry', { sequence: formatCount(decision.sequence) }) })}</div>`;
    }
  }
}

/** @param {Proposal} proposal */
function proposalCard(proposal) {
  const decision = decisions.value.get(proposal.proposal);
  const open = !decision || ['refused', 'unread', 'not_proved'].includes(decision.step);
  const sending = decision !== undefined && ['reading', 'sending', 'unknown', 'open'].includes(decision.step);
  return html`<article class="card proposal" data-name="proposal" data-proposal=${proposal.proposal}>
    <div class="proposal-head"><h2>${actSentence(proposal.words, proposal.act)}</h2>
      ${chip({ text: t('decide.count', { have: formatCount(proposal.approvals.length), need: formatCount(proposal.persons) }), tone: 'info', iconName: 'people' })}</div>
    <p class="quiet-text small-text">${t('decide.by', { number: proposal.proposer.number, time: formatDateTime(proposal.time) })} · ${t('decide.lapses', { time: formatDateTime(proposal.lapses) })}</p>
    ${actParticulars(proposal.words)}
    ${decisionState(decision)}
    ${open && proposal.can_approve ? html`<div class="proposal-actions">
        ${button({ label: t('decide.approve'), kind: 'primary', iconName: 'check', name: 'approve', onClick: () => decide(proposal, true) })}
        ${button({ label: t('decide.refuse'), iconName: 'cross', name: 'refuse', onClick: () => decide(proposal, false) })}
      </div>`
      : sending || decision?.step === 'done' ? nothing
      : html`<div class="proposal-actions"><p class="quiet-text">${proposal.mine ? t('decide.mine') : proposal.why_not ? sentenceFor({ code: proposal.why_not }) : t('decide.not_yours')}</p>
        ${open && proposal.mine ? button({ label: t('decide.withdraw'), iconName: 'cross', name: 'refuse', onClick: () => decide(proposal, false) }) : nothing}</div>`}
  </article>`;
}

export function decisionsView() {
  return html`<h1>${t('tab.decisions')}</h1>
    <p class="lead">${t('decide.words')}</p>
    ${readingView(proposals, (list) => {
      const gone = [...decisions.value.values()].filter((decision) => decision.step === 'done' && !list.some(({ proposal }) => proposal === decision.proposal.proposal));
      return html`
        ${gone.map((decision) => html`<div class="decided"><p>${actSentence(decision.proposal.words, decision.proposal.act)}</p>${decisionState(decision)}</div>`)}
        ${list.length === 0 ? empty({ iconName: 'check', title: t('decide.none'), text: t('decide.none_words') })
          : html`<div class="proposals">${repeat(mineFirst(list), ({ proposal }) => proposal, proposalCard)}</div>`}`;
    })}`;
}
