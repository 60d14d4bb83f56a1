// One line of the bank: everything that the bank says, what was found, and what a person decides about it.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { hasWords, sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { formatCount, groupIban } from '../kit/money.js';
import { formatDateTime, formatShortDate } from '../kit/time.js';
import { banner, button, chip, closeDialog, field, openDialog, toast } from '../kit/ui.js';
import { actSentence } from './acts.js';
import { decideLine, findLines, formatBankDay, lineOf } from './bank-data.js';
import { STATE_LOOKS, isFor, lineAmount, matchWords, wordFor } from './bank-lines.js';
import { accountField } from './members-pick.js';
import { acts } from './place.js';
import { fact } from './rooms.js';
import { proposeActs } from './sign.js';
import { nameOf, overview } from './state.js';

/** @typedef {import('./bank-data.js').Line} Line */
/** @typedef {import('./bank-data.js').Suggestion} Suggestion */

/** A note is a sentence (the server's limit is in bytes). */
const MAX_NOTE = 120;
const PAUSE_MS = 250;
const FOUND = 6;
/** What euros that came in, and what euros that left can be. */
const CREDIT_CHOICES = ['member', 'campaign', 'own', 'cover', 'same_as', 'set_aside'];
const DEBIT_CHOICES = ['fee', 'return', 'own', 'cover', 'same_as', 'set_aside'];

/** @typedef {{line: Line, deciding: boolean, choice: string, account: string, campaign: string, other: Line | null, sought: string, found: Line[] | null, note: string, busy: boolean, error: unknown, fault: string | null}} Open */
const open = signal(/** @type {Open | null} */ (null));
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {Partial<Open>} change */
function change(change) {
  if (open.peek()) open.value = { .../** @type {Open} */ (open.peek()), ...change };
}

/** @param {Line} line @returns {Open} */
const fresh = (line) => ({ line, deciding: false, choice: '', account: '', campaign: '', other: null, sought: '', found: null, note: '', busy: false, error: null, fault: null });

/** @param {Record<string, unknown>} decision */
async function decide(decision) {
  const at = open.peek();
  if (!at || at.busy) return;
  change({ busy: true, error: null, fault: null });
  try {
    const line = await decideLine(at.line.line, decision);
    if (line && open.peek()?.line.line === line.line) {
      open.value = fresh(line);
      toast(t(decision.decision === 'undo' ? 'bank.undone' : 'bank.decided'), 'good');
    }
  } catch (error) {
    change({ busy: false, error });
  }
}

/** What the form says, or null when something is missing in it. @param {Open} at */
function decision({ choice, account, campaign, other, note }) {
  const said = note.trim() ? { note: note.trim() } : {};
  switch (choice) {
    case 'member': return account ? { decision: choice, account, ...said } : null;
    case 'campaign': return campaign ? { decision: choice, campaign: Number(campaign), ...said } : null;
    case 'return': case 'same_as': return other ? { decision: choice, line: other.line, ...said } : null;
    case '': return null;
    default: return { decision: choice, ...said };
  }
}

/**
 * The decision that a suggestion stands for; null where its act says all, as for a move between two accounts of the funds.
 * @param {Suggestion} suggestion
 * @param {Line} line
 */
function suggested({ why, account, campaign, line: other, act }, { amount: cents }) {
  if (account) return { decision: 'member', account };
  if (campaign) return { decision: 'campaign', campaign };
  if (other) return { decision: why === 'return' && cents < 0 ? 'return' : 'same_as', line: other };
  return act?.kind === 'bank_fee' ? { decision: 'fee' } : null;
}

/** @param {string} text */
function seek(text) {
  change({ sought: text, other: null });
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (!text.trim()) return;
    const found = await findLines(text.trim(), FOUND + 1).catch(() => []);
    if (open.peek()?.sought === text) change({ found: found.filter(({ line }) => line !== open.peek()?.line.line).slice(0, FOUND) });
  }, PAUSE_MS);
}

/** @param {Line} line */
function otherView(line) {
  return html`<span class="row-words"><span class="row-title" dir="auto">${line.counterparty ?? line.text ?? ''}</span><span class="row-note">${formatBankDay(line.booking_date, formatShortDate)} · ${t(`line.${line.state}`)}</span></span><span class="row-end">${lineAmount(line)}</span>`;
}

/** Choosing another line. @param {Open} at */
function linePick({ other, sought, found }) {
  if (other) return html`<div class="chosen-account" data-name="line-chosen">${otherView(other)}<button type="button" class="icon-button" aria-label=${t('form.other_account')} @click=${() => change({ other: null })}>${icon('cross', { size: 20 })}</button></div>`;
  return html`${field({ name: 'other-line', label: t('bank.which_line'), hint: t('bank.search_hint'), value: sought, type: 'search', inputMode: 'search', onInput: seek })}
    ${found === null || !sought ? nothing : found.length === 0 ? html`<p class="quiet-text" role="status">${t('bank.nothing_found')}</p>`
      : html`<ul class="list">${found.map((line) => html`<li><button type="button" class="row" @click=${() => change({ other: line })}>${otherView(line)}</button></li>`)}</ul>`}`;
}

/** @param {Open} at */
function moreOf(at) {
  switch (at.choice) {
    case 'member': return accountField({ name: 'line-account', label: t('decision.which_member'), value: at.account, onChoose: (account) => change({ account }), fault: nothing });
    case 'campaign': return html`<div class="field"><label class="field-label" for="line-campaign">${t('field.campaign')}</label><span class="field-box"><select id="line-campaign" name="line-campaign" @change=${(/** @type {Event} */ event) => change({ campaign: /** @type {HTMLSelectElement} */ (event.target).value })}>
      <option value="">${t('confirm.choose')}</option>${(overview.data.value?.campaigns ?? []).map(({ campaign, version }) => html`<option value=${campaign} ?selected=${at.campaign === String(campaign)}>${t('campaign.name', { campaign, version })}</option>`)}</select></span></div>`;
    case 'return': case 'same_as': return linePick(at);
    default: return nothing;
  }
}

/** @param {Open} at */
function decisionForm(at) {
  const choices = at.line.amount > 0 ? CREDIT_CHOICES : DEBIT_CHOICES;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const said = decision(at);
    if (said) void decide(said);
    else change({ fault: t(at.choice ? `decision.missing.${at.choice}` : 'decision.missing') });
  };
  return html`<form class="decision" novalidate @submit=${submit} data-name="decision">
    <fieldset><legend>${t('decision.title')}</legend>${choices.map((choice) => html`<label class="choice-row"><input type="radio" name="decision" value=${choice} .checked=${at.choice === choice} @change=${() => change({ choice, fault: null })}>
      <span><strong>${t(`decision.${choice}`)}</strong><span class="quiet-text small-text">${t(`decision.${choice}.words`)}</span></span></label>
      ${at.choice === choice ? html`<div class="choice-more">${moreOf(at)}</div>` : nothing}`)}</fieldset>
    ${at.choice ? field({ name: 'line-note', label: t('decision.note'), hint: t('decision.note_hint'), value: at.note, maxLength: MAX_NOTE, onInput: (note) => change({ note }) }) : nothing}
    ${at.fault ? html`<p class="field-fault" role="alert">${icon('warning', { size: 18 })}<span>${at.fault}</span></p>` : nothing}
    <div class="actions">${button({ label: t('decision.save'), kind: 'primary', type: 'submit', busy: at.busy, name: 'save-decision' })}</div></form>`;
}

/** What a suggestion says in its first line. @param {Suggestion} suggestion */
function suggestionTitle({ act, account, name, line }) {
  if (line) {
    const other = lineOf(line);
    return html`<span class="other-line">${other ? otherView(other) : t('state.loading')}</span>`;
  }
  if (act) return html`<span class="row-title">${actSentence(act, null, { withNumbers: true })}</span>`;
  return html`<span class="row-title"><bdi>${name ?? (account ? nameOf(account) : null) ?? t('bank.a_member')}</bdi></span>`;
}

/** @param {Suggestion} suggestion @param {Open} at */
function suggestionView(suggestion, { line, busy }) {
  const said = suggested(suggestion, line);
  const { act } = suggestion;
  return html`<li class="suggestion" data-name="suggestion" data-why=${suggestion.why}><span class="row-words">${suggestionTitle(suggestion)}<span class="row-note">${wordFor('suggestion', suggestion.why)}</span></span>
    ${said ? button({ label: t('decision.take'), kind: 'primary', busy, name: 'take', onClick: () => decide(said) })
      : act ? button({ label: t('sign.confirm', { n: 1 }), kind: 'primary', iconName: 'pen', name: 'sign-suggestion', onClick: () => proposeActs([act]) }) : nothing}</li>`;
}

/** What the bank says, each in its place. @param {Line} line */
function facts(line) {
  const code = (/** @type {string} */ text) => html`<bdi class="code" dir="ltr">${text}</bdi>`;
  return html`<dl class="facts">
    ${line.booking_date ? fact(t('line.booked_on'), formatBankDay(line.booking_date)) : nothing}
    ${line.value_date && line.value_date !== line.booking_date ? fact(t('line.value_on'), formatBankDay(line.value_date)) : nothing}
    ${fact(t('banks.bank'), t('banks.number', { number: line.bank }))}
    ${line.iban ? fact('IBAN', code(groupIban(line.iban)), true) : nothing}
    ${line.text ? fact(t('line.text'), html`<span dir="auto">${line.text}</span>`, true) : nothing}
    ${line.references.length > 0 ? fact(t('line.references'), line.references.map((reference) => html`${code(reference)} `), true) : nothing}
    ${line.end_to_end ? fact(t('line.end_to_end'), code(line.end_to_end), true) : nothing}
    ${line.return_code ? fact(t('line.return_code'), html`${code(line.return_code)}${hasWords(`return_code.${line.return_code}`) ? html` ${t(`return_code.${line.return_code}`)}` : nothing}`) : nothing}
    ${line.sequence !== null ? fact(t('line.entry'), formatCount(line.sequence)) : nothing}</dl>`;
}

/** What was found, or why a person is asked. @param {Line} line */
function foundView(line) {
  const who = isFor(line);
  const how = matchWords(line);
  const { decision: decided, doubt } = line;
  const other = line.match?.line ? lineOf(line.match.line) : null;
  return html`${who || how ? html`<p class="found">${icon('next', { size: 20 })}<span>${who ? html`<strong><bdi>${who}</bdi></strong><br>` : nothing}<span class="quiet-text">${how}</span></span></p>` : nothing}
    ${other ? html`<p class="other-line">${otherView(other)}</p>` : nothing}
    ${line.match?.outcome === 'duplicate' && line.state === 'question' ? banner({ tone: 'warning', text: t('line.duplicate_words') }) : nothing}
    ${line.refused ? banner({ tone: 'danger', title: t('line.refused'), text: sentenceFor({ code: line.refused }) }) : nothing}
    ${doubt && line.state === 'question' ? banner({ tone: 'warning', text: doubt.batch ? t(`doubt.${doubt.why}`, { redemption: doubt.redemption ?? 0, batch: doubt.batch, now: doubt.batch_now ?? 0 }) : wordFor('doubt', doubt.why) }) : nothing}
    ${decided ? html`<p class="quiet-text small-text">${t('line.decided', { decision: wordFor('decision', decided.decision), by: decided.by, time: formatDateTime(decided.time) })}${decided.note ? html` <q dir="auto">${decided.note}</q>` : nothing}</p>` : nothing}`;
}

/** @param {Open} at */
function actionsView(at) {
  const { line, deciding, busy } = at;
  if (!acts()) return nothing;
  const sign = async () => {
    const { act } = line;
    if (act) await proposeActs([act]);
  };
  const undo = line.decision && ['ready', 'question', 'set_aside'].includes(line.state) ? button({ label: t('decision.undo'), kind: 'quiet', iconName: 'undo', busy, name: 'undo', onClick: () => decide({ decision: 'undo' }) }) : nothing;
  switch (line.state) {
    case 'ready': return html`${line.act ? html`<p class="to-sign">${actSentence(line.act, null, { withNumbers: true })}</p>` : nothing}
      <div class="actions">${button({ label: t('sign.confirm', { n: 1 }), kind: 'primary', iconName: 'pen', name: 'sign-line', onClick: sign })}
        ${deciding ? nothing : button({ label: t('decision.otherwise'), kind: 'quiet', name: 'otherwise', onClick: () => change({ deciding: true }) })}${undo}</div>
      ${deciding ? decisionForm(at) : nothing}`;
    case 'question': return html`${line.suggestions.length === 0 ? nothing : html`<section class="stack tight"><h3>${t('decision.suggestions')}</h3><ul class="suggestions">${line.suggestions.map((one) => suggestionView(one, at))}</ul></section>`}
      ${decisionForm(at)}${undo}`;
    case 'set_aside': return html`<div class="actions">${undo}</div>`;
    case 'waiting': return html`<div class="actions"><a class="button" href="#/decisions" @click=${closeDialog}>${t('tab.decisions')}</a></div>`;
    default: return nothing;
  }
}

/** @param {Open} at */
function lineDialog(at) {
  const { line } = at;
  return html`<div class="ask line-dialog" data-name="line-dialog" data-state=${line.state}>
    <div class="line-head"><div><h2 dir="auto">${line.counterparty ?? t('bank.no_name')}</h2>${chip({ text: t(`line.${line.state}`), ...STATE_LOOKS[line.state] })}</div>
      <div class="line-sum">${lineAmount(line)}</div>
      <button type="button" class="icon-button" aria-label=${t('action.close')} title=${t('action.close')} data-name="close" @click=${closeDialog}>${icon('cross')}</button></div>
    ${foundView(line)}
    ${at.error ? banner({ tone: 'danger', text: sentenceFor(at.error) }) : nothing}
    ${facts(line)}${actionsView(at)}</div>`;
}

/** Opens one line. @param {Line} line */
export function openLine(line) {
  open.value = fresh(line);
  openDialog({ label: line.counterparty ?? t('bank.lines'), closed: () => { open.value = null; }, view: () => (open.value ? lineDialog(open.value) : nothing) });
}
