// Decisions: what another operator proposed and now waits. Each is read from the journal and proved before it is shown for
// signing, one alone or many at once; approving and refusing count only when their receipts have been verified.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { unhex } from '../kit/hex.js';
import { approve, refuse } from '../kit/ledger.js';
import { formatCount } from '../kit/money.js';
import { trustOf } from '../kit/outbox.js';
import { formatDateTime } from '../kit/time.js';
import { banner, button, chip, empty } from '../kit/ui.js';
import { actParticulars, actSentence } from './acts.js';
import { readingView } from './parts.js';
import { NotTheProposal, provenWords } from './proposal.js';
import { signOrders } from './sign.js';
import { desk, proposals } from './state.js';

/** @typedef {import('./state.js').Proposal} Proposal */
/** @typedef {import('./sign.js').Order} Order */
/**
 * @typedef {{proposal: Proposal, yes: boolean} & ({step: 'reading' | 'signing' | 'not_proved'} | {step: 'unread', error: unknown}
 *   | {step: 'signed', end: import('./sign.js').Signed})} Decision
 */

/** Decisions taken on this page, by proposal. */
export const decisions = signal(/** @type {ReadonlyMap<string, Decision>} */ (new Map()));
/** Proposals that are chosen to be approved together. */
const chosen = signal(/** @type {ReadonlySet<string>} */ (new Set()));
/** How many of those that were chosen are read and proved. */
const proving = signal(/** @type {{done: number, all: number} | null} */ (null));

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

/** @param {Decision | undefined} decision */
function isSigned(decision) {
  return decision?.step === 'signed' && (decision.end.step === 'executed' || decision.end.step === 'waits');
}

/** Whether this operator could sign it now. @param {Proposal} proposal */
function isOpen(proposal) {
  const decision = decisions.value.get(proposal.proposal);
  return !decision || ['unread', 'not_proved'].includes(decision.step) || (decision.step === 'signed' && ['refused', 'stopped'].includes(decision.end.step));
}

/** @param {Proposal} proposal */
function missing(proposal) {
  return Math.max(0, proposal.persons - proposal.approvals.length);
}

/** What waits for this very operator. @param {Proposal[]} list */
export function waitingForMe(list) {
  return list.filter((proposal) => proposal.can_approve && !isSigned(decisions.value.get(proposal.proposal)));
}

/** What this operator can decide comes first; the rest keeps its order. @param {Proposal[]} list */
function mineFirst(list) {
  return [...list.filter(({ can_approve }) => can_approve), ...list.filter(({ can_approve }) => !can_approve)];
}

/**
 * The order that decides a proposal, with the words of its own bytes; null where they could not be proved.
 * @param {Proposal} proposal
 * @param {boolean} yes
 * @param {import('./state.js').Desk} at
 * @returns {Promise<Order | null>}
 */
async function provenOrder(proposal, yes, at) {
  note({ proposal, yes, step: 'reading' });
  try {
    const act = await provenWords(proposal, { read: (path) => at.session.bytes(path), trust: trustOf(at.ledger), prefix: at.ledger.prefix });
    const id = unhex(proposal.proposal);
    return { payload: yes ? approve(id) : refuse(id), about: { kind: yes ? 'approve' : 'refuse', act, proposal: proposal.proposal } };
  } catch (error) {
    note(error instanceof NotTheProposal ? { proposal, yes, step: 'not_proved' } : { proposal, yes, step: 'unread', error });
    return null;
  }
}

/** What the signer is told beside the act. @param {Proposal[]} list @param {boolean} yes */
function wording(list, yes) {
  if (!yes) return { title: t('decide.refuse_title'), confirm: t('decide.refuse'), danger: true, text: html`${t('decide.refuse_words')} ${t('decide.proven')}` };
  if (list.length > 1) return { title: t('decide.approve_many_title', { n: list.length }), confirm: t('decide.approve_many', { n: list.length }), text: t('decide.proven') };
  const left = missing(list[0]);
  return { title: t('decide.approve_title'), confirm: t('decide.approve'), text: html`${left <= 1 ? t('decide.last') : t('decide.not_last', { n: left - 1 })} ${t('decide.proven')}` };
}

/** Proves, shows and signs; what cannot be proved is said at its card, and not signed. @param {Proposal[]} list @param {boolean} yes */
async function decide(list, yes) {
  const at = desk.value;
  if (!at) return;
  /** @type {{proposal: Proposal, order: Order}[]} */
  const proved = [];
  for (const [done, proposal] of list.entries()) {
    proving.value = { done, all: list.length };
    const order = await provenOrder(proposal, yes, at);
    if (order) proved.push({ proposal, order });
  }
  proving.value = null;
  if (proved.length === 0 || desk.value !== at) return;
  for (const { proposal } of proved) note({ proposal, yes, step: 'signing' });
  const ends = await signOrders(proved.map(({ order }) => order), wording(proved.map(({ proposal }) => proposal), yes));
  proved.forEach(({ proposal }, index) => (ends ? note({ proposal, yes, step: 'signed', end: ends[index] }) : unnote(proposal.proposal)));
  if (ends) chosen.value = new Set();
}

/** @param {Decision} decision @param {import('./sign.js').Signed} end */
function endView({ yes }, end) {
  switch (end.step) {
    case 'executed': case 'waits': {
      const title = yes ? (end.step === 'waits' ? t('decide.approved_waits') : t('decide.approved')) : t('decide.refused');
      return html`<div data-name="decided">${banner({ tone: 'good', title, text: t('decide.entry', { sequence: formatCount(end.sequence) }) })}</div>`;
    }
    case 'refused': return banner({ tone: 'danger', title: t('decide.failed'), text: sentenceFor(end.error) });
    case 'bad_receipt': return banner({ tone: 'danger', text: t('error.bad_receipt') });
    case 'stopped': return nothing;
    default: return banner({ tone: 'warning', text: t('decide.open'), iconName: 'clock' });
  }
}

/** @param {Decision | undefined} decision */
function decisionState(decision) {
  switch (decision?.step) {
    case undefined: return nothing;
    case 'signing': return html`<p class="waiting-line" role="status"><span class="spinner" aria-hidden="true"></span>${t('decide.sending')}</p>`;
    case 'reading': return html`<p class="waiting-line" role="status"><span class="spinner" aria-hidden="true"></span>${t('decide.reading')}</p>`;
    case 'not_proved': return html`<div data-name="not-proved">${banner({ tone: 'danger', title: t('decide.not_proved'), text: t('decide.not_proved_words') })}</div>`;
    case 'unread': return banner({ tone: 'warning', title: t('decide.unread'), text: sentenceFor(decision.error) });
    case 'signed': return endView(decision, decision.end);
  }
}

/** @param {Proposal} proposal @param {boolean} several */
function chooseBox({ proposal }, several) {
  if (!several) return nothing;
  const change = (/** @type {Event} */ event) => {
    const next = new Set(chosen.value);
    if (/** @type {HTMLInputElement} */ (event.target).checked) next.add(proposal);
    else next.delete(proposal);
    chosen.value = next;
  };
  return html`<label class="choose"><input type="checkbox" name="choose" .checked=${chosen.value.has(proposal)} aria-label=${t('decide.select')} @change=${change}></label>`;
}

/** @param {Proposal} proposal @param {boolean} several whether others can be approved together with it */
function proposalCard(proposal, several) {
  const decision = decisions.value.get(proposal.proposal);
  const open = isOpen(proposal);
  const settled = decision?.step === 'signed' && !open;
  const busy = decision?.step === 'reading' || decision?.step === 'signing';
  return html`<article class="card proposal" data-name="proposal" data-proposal=${proposal.proposal}>
    <div class="proposal-head">${open && proposal.can_approve ? chooseBox(proposal, several) : nothing}<h2>${actSentence(proposal.words, proposal.act)}</h2>
      ${chip({ text: t('decide.count', { have: formatCount(proposal.approvals.length), need: formatCount(proposal.persons) }), tone: 'info', iconName: 'people' })}</div>
    <p class="quiet-text small-text">${t('decide.by', { number: proposal.proposer.number, time: formatDateTime(proposal.time) })} · ${t('decide.lapses', { time: formatDateTime(proposal.lapses) })}</p>
    ${actParticulars(proposal.words)}
    ${decisionState(decision)}
    ${open && proposal.can_approve ? html`<div class="proposal-actions">
        ${button({ label: t('decide.approve'), kind: 'primary', iconName: 'check', name: 'approve', onClick: () => decide([proposal], true) })}
        ${button({ label: t('decide.refuse'), iconName: 'cross', name: 'refuse', onClick: () => decide([proposal], false) })}
      </div>`
      : busy || settled ? nothing
      : html`<div class="proposal-actions"><p class="quiet-text">${proposal.mine ? t('decide.mine') : proposal.why_not ? sentenceFor({ code: proposal.why_not }) : t('decide.not_yours')}</p>
        ${open && proposal.mine ? button({ label: t('decide.withdraw'), iconName: 'cross', name: 'refuse', onClick: () => decide([proposal], false) }) : nothing}</div>`}
  </article>`;
}

/** Approving many at once: how many are chosen, and the one button. @param {Proposal[]} approvable */
function manyView(approvable) {
  if (approvable.length < 2) return nothing;
  const picked = approvable.filter(({ proposal }) => chosen.value.has(proposal));
  const reading = approvable.filter(({ proposal }) => ['reading', 'signing'].includes(decisions.value.get(proposal)?.step ?? ''));
  const all = picked.length === approvable.length;
  return html`<div class="many-bar card" data-name="many">
    ${button({ label: all ? t('decide.select_none') : t('decide.select_all', { n: approvable.length }), kind: 'quiet', name: 'select-all', onClick: () => { chosen.value = new Set(all ? [] : approvable.map(({ proposal }) => proposal)); } })}
    ${proving.value && proving.value.all > 1 ? html`<span class="quiet-text" role="status">${t('decide.reading_many', proving.value)}</span>` : nothing}
    ${picked.length === 0 ? nothing : button({ label: t('decide.approve_many', { n: picked.length }), kind: 'primary', iconName: 'check', name: 'approve-many', busy: reading.length > 0, onClick: () => decide(picked, true) })}
  </div>`;
}

export function decisionsView() {
  return html`<h1>${t('tab.decisions')}</h1>
    <p class="lead">${t('decide.words')}</p>
    ${readingView(proposals, (list) => {
      const gone = [...decisions.value.values()].filter((decision) => isSigned(decision) && !list.some(({ proposal }) => proposal === decision.proposal.proposal));
      const approvable = list.filter((proposal) => proposal.can_approve && isOpen(proposal));
      return html`
        ${gone.map((decision) => html`<div class="decided"><p>${actSentence(decision.proposal.words, decision.proposal.act)}</p>${decisionState(decision)}</div>`)}
        ${list.length === 0 ? empty({ iconName: 'check', title: t('decide.none'), text: t('decide.none_words') })
          : html`${manyView(approvable)}<div class="proposals">${repeat(mineFirst(list), ({ proposal }) => proposal, (proposal) => proposalCard(proposal, approvable.length > 1))}</div>`}`;
    })}`;
}
