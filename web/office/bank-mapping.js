// A table of a bank that is not known yet: its first rows are shown, and a person says which column is what. It is kept under a
// name, so that the next file of that bank is read without asking.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { banner, button, closeDialog, field, openDialog } from '../kit/ui.js';
import { desk } from './state.js';

/** What a column can be; the words of the server. `text` may be several. */
const MEANINGS = ['booking_date', 'value_date', 'amount', 'debit', 'credit', 'counterparty', 'iban', 'text', 'reference', 'end_to_end', 'servicer_reference', 'balance', 'currency'];
const SEVERAL = new Set(['text']);
/** Headings that say what they are. @type {[RegExp, string][]} */
const GUESSES = [
  [/valeur|value/i, 'value_date'], [/date|jour|\bday/i, 'booking_date'], [/d[ée]bit|sortie|retrait/i, 'debit'], [/cr[ée]dit|entr[ée]e/i, 'credit'], [/montant|amount|betrag/i, 'amount'],
  [/solde|balance/i, 'balance'], [/devise|currency/i, 'currency'], [/iban/i, 'iban'], [/b[ée]n[ée]f|tiers|contrepartie|[ée]metteur|payer|name|nom/i, 'counterparty'],
  [/end.?to/i, 'end_to_end'], [/r[ée]f/i, 'reference'], [/libell|motif|op[ée]ration|texte?|label|communication|d[ée]tail/i, 'text'],
];

/** @typedef {{name: string, account: string, meanings: string[], busy: boolean, error: unknown, tried: boolean}} Draft */
const draft = signal(/** @type {Draft} */ ({ name: '', account: '', meanings: [], busy: false, error: null, tried: false }));

/** @param {string[]} columns */
function guess(columns) {
  const used = new Set();
  return columns.map((column) => {
    const meaning = GUESSES.find(([words, word]) => words.test(column) && (SEVERAL.has(word) || !used.has(word)))?.[1] ?? '';
    used.add(meaning);
    return meaning;
  });
}

/** What still has to be said before it can be read. @param {Draft} words */
function missing({ name, meanings }) {
  const has = (/** @type {string} */ meaning) => meanings.includes(meaning);
  return [
    name.trim() ? null : t('mapping.need.name'),
    has('booking_date') ? null : t('mapping.need.date'),
    has('amount') || (has('debit') && has('credit')) ? null : t('mapping.need.amount'),
    meanings.some((meaning, at) => meaning && !SEVERAL.has(meaning) && meanings.indexOf(meaning) !== at) ? t('mapping.need.once') : null,
  ].filter((words) => words !== null);
}

/** @param {Draft} words @param {string[]} columns */
function mapping({ account, meanings }, columns) {
  /** @type {Record<string, unknown>} */
  const said = { text: columns.filter((_, at) => meanings[at] === 'text') };
  if (account.trim()) said.account = account.replace(/\s/g, '').toUpperCase();
  for (const [at, column] of columns.entries()) if (meanings[at] && !SEVERAL.has(meanings[at])) said[meanings[at]] = column;
  return said;
}

/** @param {string[]} columns @param {() => void} done */
async function save(columns, done) {
  const words = draft.peek();
  draft.value = { ...words, tried: true };
  if (missing(words).length > 0) return;
  draft.value = { ...words, busy: true, error: null };
  try {
    await desk.peek()?.session.json(`/office/v1/bank/mappings/${encodeURIComponent(words.name.trim())}`, { method: 'PUT', json: mapping(words, columns) });
    draft.value = { ...draft.peek(), busy: false };
    done();
  } catch (error) {
    draft.value = { ...draft.peek(), busy: false, error };
  }
}

/** @param {string[]} columns @param {string[][]} rows @param {() => void} done */
function mappingView(columns, rows, done) {
  const { name, account, meanings, busy, error, tried } = draft.value;
  const change = (/** @type {number} */ at) => (/** @type {Event} */ event) => {
    const value = /** @type {HTMLSelectElement} */ (event.target).value;
    draft.value = { ...draft.peek(), meanings: meanings.map((meaning, place) => (place === at ? value : meaning)) };
  };
  const faults = missing(draft.value);
  return html`<form class="ask" novalidate @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void save(columns, done); }}>
    <h2>${t('mapping.title')}</h2><p>${t('mapping.words')}</p>
    <ol class="mapping-columns">${columns.map((column, at) => html`<li class="mapping-column"><div class="mapping-sample"><strong dir="auto">${column || t('mapping.column', { number: at + 1 })}</strong>
        <span class="quiet-text small-text" dir="auto">${rows.map((row) => row[at]).filter(Boolean).slice(0, 3).join(' · ') || t('value.none')}</span></div>
      <span class="field-box"><select name="meaning-${at}" aria-label=${t('mapping.means', { column: column || String(at + 1) })} @change=${change(at)}>
        <option value="" ?selected=${!meanings[at]}>${t('mapping.nothing')}</option>
        ${MEANINGS.map((meaning) => html`<option value=${meaning} ?selected=${meanings[at] === meaning}>${t(`mapping.${meaning}`)}</option>`)}</select></span></li>`)}</ol>
    ${field({ name: 'mapping-name', label: t('mapping.name'), hint: t('mapping.name_hint'), value: name, maxLength: 40, onInput: (text) => { draft.value = { ...draft.peek(), name: text }; } })}
    ${field({ name: 'mapping-account', label: t('mapping.account'), hint: t('mapping.account_hint'), value: account, code: true, onInput: (text) => { draft.value = { ...draft.peek(), account: text }; } })}
    ${tried && faults.length > 0 ? banner({ tone: 'danger', text: html`<ul>${faults.map((words) => html`<li>${words}</li>`)}</ul>` }) : nothing}
    ${error ? banner({ tone: 'danger', text: sentenceFor(error) }) : nothing}
    <div class="actions">${button({ label: t('mapping.save'), kind: 'primary', type: 'submit', busy, name: 'save-mapping' })}${button({ label: t('action.cancel'), kind: 'quiet', onClick: closeDialog })}</div>
  </form>`;
}

/**
 * Asks which column is what.
 * @param {string} file its name
 * @param {import('../kit/api.js').Problem} problem with the columns and the first rows
 * @param {() => void} done once it is kept
 */
export function askMapping(file, problem, done) {
  const columns = /** @type {string[]} */ (problem.words.columns ?? []);
  const rows = /** @type {string[][]} */ (problem.words.rows ?? []);
  draft.value = { name: file.replace(/[-_ ]?\d.*$|\.[^.]*$/g, '').slice(0, 40), account: '', meanings: guess(columns), busy: false, error: null, tried: false };
  openDialog({ label: t('mapping.title'), closed: () => {}, view: () => mappingView(columns, rows, done) });
}
