// Practice with play money: four short lessons that look like the real screens, and say on each that they are not. No key is used, nothing
// is sent, and nothing is kept: whoever leaves begins anew.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { aloud, saidAmount } from '../kit/aloud.js';
import { icon } from '../kit/icons.js';
import { t } from '../kit/i18n.js';
import { qrView } from '../kit/qr.js';
import { amount, banner, button, linkButton } from '../kit/ui.js';
import { frame } from './frame.js';
import { facts, symbol } from './state.js';
import { units } from './words.js';

/** @typedef {'code' | 'order' | 'pending' | 'done'} Step what a step of a lesson looks like */
/** @typedef {{iconName: string, cents: number, steps: Step[]}} Lesson cents: how the play balance changes at the end; each step has its words and its button */

/** Play money at the beginning. */
const PURSE = 5000;
/** A code that no wallet and no till reads as a payment. */
const PLAY_CODE = 'LIARD PRACTICE';

/** @type {Record<string, Lesson>} */
const LESSONS = {
  shop: { iconName: 'scan', cents: -350, steps: ['code', 'order', 'done'] },
  give: { iconName: 'send', cents: -500, steps: ['pending', 'order', 'done'] },
  ask: { iconName: 'receive', cents: 800, steps: ['code', 'pending', 'done'] },
  apart: { iconName: 'offline', cents: -240, steps: ['order', 'code', 'pending', 'done'] },
};

const balance = signal(PURSE);
const learned = signal(/** @type {ReadonlySet<string>} */ (new Set()));
const under = signal(/** @type {{name: string, step: number} | null} */ (null));

/** Said on every screen of it. */
function strip() {
  return html`<aside class="practice-strip" data-name="practice-strip"><strong>${t('practice.title')}</strong><span>${t('practice.strip')}</span></aside>`;
}

/** @param {unknown} body @param {string} [back] */
function screen(body, back) {
  return frame({ title: t('practice.title'), back, body: html`${strip()}${body}` });
}

function purse() {
  return html`<section class="purse practice" aria-label=${t('practice.balance')}><p class="purse-name">${t('practice.balance')}</p>
    <p class="purse-balance" data-name="practice-balance" data-cents=${balance.value}>${amount(balance.value, { symbol: symbol.value, size: 'huge' })}</p></section>`;
}

/** @param {string} name */
function lessonRow(name) {
  const begin = () => { under.value = { name, step: 0 }; };
  return html`<li><button type="button" class="row" data-name="lesson-${name}" @click=${begin}><span class="row-icon copper">${icon(LESSONS[name].iconName)}</span>
    <span class="row-words"><span class="row-title">${t(`practice.${name}`)}</span><span class="row-note">${t(`practice.${name}_note`)}</span></span>
    ${learned.value.has(name) ? html`<span class="chip good">${icon('check', { size: 16 })}${t('practice.learned')}</span>` : icon('next')}</button></li>`;
}

function listView() {
  const all = learned.value.size === Object.keys(LESSONS).length;
  return screen(html`<p>${t('practice.text')}</p>${purse()}
    ${all ? banner({ tone: 'good', title: t('practice.all'), text: t('practice.all_text') }) : nothing}
    <ul class="list">${Object.keys(LESSONS).map(lessonRow)}</ul>
    ${all ? linkButton({ label: t('practice.leave'), href: '#', kind: 'primary', big: true }) : nothing}`, 'settings');
}

/** @param {string} name @param {number} step */
function goOn(name, step) {
  const { steps, cents } = LESSONS[name];
  batch(() => {
    if (step + 1 < steps.length) under.value = { name, step: step + 1 };
    else {
      learned.value = new Set([...learned.value, name]);
      under.value = null;
    }
    if (steps[step + 1] === 'done') balance.value += cents;
  });
  scrollTo(0, 0);
}

/** @param {string} name @param {Step} kind */
function picture(name, kind) {
  const { cents } = LESSONS[name];
  const party = t(`practice.${name}_party`);
  if (kind === 'code') return html`<div class="card practice-code">${qrView(PLAY_CODE, { label: t('practice.code'), mode: 'Alphanumeric' })}</div>`;
  if (kind === 'pending') return html`<section class="card center stack"><span class="practice-wait" aria-hidden="true">${icon('clock', { size: 44 })}</span><p><bdi>${party}</bdi></p>${amount(Math.abs(cents), { symbol: symbol.value, size: 'big' })}</section>`;
  const order = kind === 'order';
  return html`<section class="order card" data-name="practice-${kind}">
    ${order ? nothing : html`<span class="receipt-check" aria-hidden="true">${icon('check', { size: 44 })}</span>`}
    <h2 class="order-name"><bdi>${party}</bdi></h2>
    <p class="order-amount">${amount(order ? Math.abs(cents) : cents, { symbol: symbol.value, size: 'huge', sign: !order })}</p>
    ${order ? aloud(t('aloud.pay', { amount: saidAmount(cents, facts().name), name: party })) : nothing}
  </section>`;
}

/** @param {string} name @param {number} step */
function lessonView(name, step) {
  const kind = LESSONS[name].steps[step];
  const last = kind === 'done';
  return screen(html`
    <p class="quiet-text">${t('practice.step', { n: step + 1, of: LESSONS[name].steps.length })}</p>
    <p class="practice-words" role="status">${t(`practice.${name}_${step + 1}`)}</p>
    ${picture(name, kind)}
    <div class="actions">
      ${button({ label: last ? t('action.done') : t(`practice.${name}_${step + 1}_do`, { amount: units(Math.abs(LESSONS[name].cents)) }), kind: last ? 'primary' : 'copper', big: true, name: 'practice-on', onClick: () => goOn(name, step) })}
      ${last ? nothing : button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { under.value = null; } })}
    </div>`);
}

/** The lessons, or the one that is under way. */
export function practiceView() {
  const now = under.value;
  return now ? lessonView(now.name, now.step) : listView();
}

/** @param {string} name the screen that is shown now */
export function leavePractice(name) {
  if (name === 'practice') return;
  batch(() => {
    balance.value = PURSE;
    learned.value = new Set();
    under.value = null;
  });
}
