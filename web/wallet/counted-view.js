// What the wallet says about the coverage statement, in one line on the home screen and unfolded below it; and the page that
// stands before everything else when the register contradicts itself.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { icon } from '../kit/icons.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { saveFile } from '../kit/save.js';
import { formatDate, formatDateTime } from '../kit/time.js';
import { banner, button, linkButton, toast } from '../kit/ui.js';
import { contradiction } from './continuity.js';
import { complaintOf, counted } from './counted.js';
import { frame } from './frame.js';
import { changedWitnesses, facts, pinned, takeWitnesses } from './state.js';
import { euros, units } from './words.js';

/** @typedef {import('./counted.js').Counted} Counted */

/** @param {Extract<Counted, {state: 'wrong'}>} found */
async function saveComplaint(found) {
  try {
    saveFile(`${facts().prefix}-${found.statement.number}.complaint`, await complaintOf(found));
  } catch (error) {
    toast(sentenceFor(error), 'warning');
  }
}

/** @param {Extract<Counted, {state: 'wrong'}>} found */
function wrongView(found) {
  const values = { held: units(found.balance), told: found.told === null ? '' : units(found.told), date: formatDate(found.statement.time) };
  return html`<section class="not-counted" role="alert" data-name="counted" data-state="wrong" data-reason=${found.reason}>
    <h2>${icon('warning', { size: 28 })}<span>${t('counted.wrong')}</span></h2>
    <p>${t(`counted.wrong_${found.reason}`, values)}</p><p>${t('counted.wrong_text')}</p>
    ${button({ label: t('counted.complain'), kind: 'danger', iconName: 'save', name: 'save-complaint', onClick: () => void saveComplaint(found) })}
    <p class="small-text">${t('counted.complain_text')}</p></section>`;
}

/** @param {Extract<Counted, {state: 'counted'}>} found */
function goodView({ statement, balance, parts, at }) {
  return html`<details class="counted card" data-name="counted" data-state="counted">
    <summary>${icon('shield', { size: 22 })}<span><strong>${t('counted.yes')}</strong><small>${t('counted.yes_when', { date: formatDate(statement.time) })}</small></span>${icon('down', { size: 18 })}</summary>
    <div class="stack tight small-text">
      <p>${t('counted.yes_text', { balance: units(balance), total: units(statement.liabilities.total), n: parts })}</p>
      <p>${t('counted.private')}</p>
      <dl class="facts">
        <div><dt>${t('counted.statement')}</dt><dd>${t('counted.number', { number: statement.number })}</dd></div>
        <div><dt>${t('counted.made')}</dt><dd>${formatDateTime(statement.time)}</dd></div>
        <div><dt>${t('counted.fund')}</dt><dd>${euros(statement.media.digital.cover)}</dd></div>
        <div><dt>${t('counted.checked')}</dt><dd>${formatDateTime(at)}</dd></div></dl>
      <p><a href="/">${t('counted.public')}</a></p></div></details>`;
}

/** The line about my balance; nothing while nothing is known. */
export function countedView() {
  const found = counted.value;
  if (found.state === 'counted') return goodView(found);
  if (found.state === 'wrong') return wrongView(found);
  if (found.state === 'bad_statement') return html`<div data-name="counted" data-state="bad_statement">${banner({ tone: 'danger', title: t('counted.bad_statement'), text: t('counted.bad_statement_text') })}</div>`;
  return nothing;
}

/** @param {string} text a verifier key, shown by its name */
const witnessName = (text) => text.split('+')[0];

/** Other witnesses than those that are held wait for the person's word. */
export function changedWitnessesView() {
  const offered = changedWitnesses.value;
  const held = pinned.value;
  if (!offered || !held) return nothing;
  /** @param {import('../kit/pinned.js').Witnesses} one */
  const list = (one) => html`<ul>${one.witnesses.map((text) => html`<li><bdi dir="ltr" class="code">${witnessName(text)}</bdi></li>`)}</ul>`;
  return html`<section class="card stack tight" data-name="changed-witnesses">
    <h2>${t('witnesses.changed')}</h2><p>${t('witnesses.changed_text')}</p>
    <p>${t('witnesses.before', { n: held.needed, of: held.witnesses.length })}</p>${list(held)}
    <p>${t('witnesses.after', { n: offered.needed, of: offered.witnesses.length })}</p>${list(offered)}
    ${button({ label: t('witnesses.accept'), name: 'accept-witnesses', onClick: () => void takeWitnesses() })}</section>`;
}

/** @param {import('./continuity.js').Contradiction} found */
function saveEvidence({ older, newer, fork }) {
  if (fork) saveFile(`${facts().prefix}.fork`, fork);
  else saveFile(`${facts().prefix}-contradiction.txt`, `${older}\n${newer}`, 'text/plain');
}

/** The whole page, in red: the register was rewritten; null when it was not. @param {() => void} goOn */
export function contradictionView(goOn) {
  const found = contradiction.value;
  if (!found) return null;
  return frame({
    language: true,
    body: html`<section class="contradiction" role="alert" data-name="contradiction" data-proved=${found.fork ? 'true' : 'false'}>
      ${icon('warning', { size: 56 })}<h1 tabindex="-1">${t('contradiction.title')}</h1>
      <p>${t(found.fork ? 'contradiction.text' : 'contradiction.unproved')}</p><p>${t('contradiction.do')}</p>
      <div class="actions">${button({ label: t('contradiction.save'), kind: 'danger', big: true, iconName: 'save', name: 'save-evidence', onClick: () => saveEvidence(found) })}
        ${linkButton({ label: t('contradiction.verify'), href: '/verify/', kind: 'plain' })}
        ${button({ label: t('contradiction.go_on'), kind: 'quiet', name: 'go-on', onClick: goOn })}</div></section>`,
  });
}
