// Direct debits: members' mandates, the next collection and its file, and what banks can still take back.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { hasWords, sentenceFor, t } from '../kit/i18n.js';
import { formatCount } from '../kit/money.js';
import { saveFile } from '../kit/save.js';
import { formatDateTime, formatPlainDate } from '../kit/time.js';
import { amount, banner, button, chip, toast } from '../kit/ui.js';
import { euros } from './acts.js';
import { Form, dayOf, startOf } from './form.js';
import { readingView } from './parts.js';
import { acts } from './place.js';
import { collections, exposure, instructions } from './redemptions-data.js';
import { desk, overview } from './state.js';
import { dataTable } from './table.js';

const NOTICE_DAYS = 14;
const DAY_MS = 86_400_000;

const form = new Form('collect', { bank: '', date: dayOf(now() + (NOTICE_DAYS + 1) * DAY_MS) });
const fault = signal(/** @type {unknown} */ (null));
const busy = signal(false);
/** @typedef {{account: string, name: string, cents: number, code: string}} LeftOut */
/** Mandates that the last collection did not take, and why. */
const leftOut = signal(/** @type {LeftOut[]} */ ([]));

/** @param {Event} event */
async function collect(event) {
  event.preventDefault();
  const words = form.read(() => {
    const day = form.day('date');
    if (day && day < startOf(dayOf(now() + NOTICE_DAYS * DAY_MS))) form.wrong('date', t('debits.too_soon', { n: NOTICE_DAYS }));
    return { bank: Number(form.chosen('bank')), date: form.text('date') };
  });
  if (!words || busy.value) return;
  busy.value = true;
  fault.value = null;
  try {
    const made = /** @type {{count: number, left_out: LeftOut[]}} */ (await desk.peek()?.session.json('/office/v1/collections', { json: words }));
    leftOut.value = made.left_out;
    toast(t('debits.made', { n: made.count }), made.count > 0 ? 'good' : 'warning');
    await collections.refresh();
  } catch (error) {
    fault.value = error;
  } finally {
    busy.value = false;
  }
}

/** @param {number} number */
async function download(number) {
  fault.value = null;
  try {
    const bytes = await desk.peek()?.session.bytes(`/office/v1/collections/${number}/file`, { accept: 'application/xml' });
    if (bytes) saveFile(`liard-prelevements-${number}.xml`, bytes, 'application/xml');
  } catch (error) {
    fault.value = error;
  }
}

/** @param {import('./redemptions-data.js').Exposure} data */
function exposureView({ total, members }) {
  return html`<section class="card stack" data-name="exposure"><div class="cover-head"><h2>${t('debits.exposure')}</h2>${amount(total, { symbol: '€', size: 'big' })}</div><p>${t('debits.exposure_words')}</p>
    ${members.length === 0 ? nothing : dataTable({
      name: 'exposure-members', label: t('debits.exposure'), rows: members, id: ({ account }) => account, none: { iconName: 'shield', title: t('debits.exposure_none') },
      columns: [
        { key: 'name', title: t('members.name'), value: ({ name, account }) => name ?? account }, { key: 'account', title: t('field.account'), value: ({ account }) => account, fileOnly: true },
        { key: 'cents', title: t('debits.can_come_back'), kind: 'cents', value: ({ cents }) => cents }, { key: 'until', title: t('debits.until'), kind: 'time', value: ({ until }) => until, cell: ({ until }) => formatPlainDate(until) },
      ],
    })}</section>`;
}

export function debitsView() {
  const banks = (overview.data.value?.banks ?? []).filter(({ medium }) => medium === 'digital').map(({ bank }) => ({ value: String(bank), label: t('banks.number', { number: bank }) }));
  return html`<p class="lead">${t('debits.words')}</p>
    ${readingView(exposure, exposureView)}
    ${readingView(instructions, ({ mandates }) => html`<section class="section"><h2>${t('debits.mandates')}</h2>${dataTable({
        name: 'mandates', label: t('debits.mandates'), rows: mandates, id: ({ reference }) => reference, none: { iconName: 'file', title: t('debits.mandates_none'), text: t('debits.mandates_none_words') },
        columns: [
          { key: 'name', title: t('members.name'), value: ({ name, account }) => name ?? account }, { key: 'reference', title: t('debits.reference'), value: ({ reference }) => reference, cell: ({ reference }) => html`<bdi class="code" dir="ltr">${reference}</bdi>` },
          { key: 'cents', title: t('debits.each_month'), kind: 'cents', value: ({ cents }) => cents }, { key: 'day', title: t('debits.day'), kind: 'count', value: ({ day }) => day },
          { key: 'signed', title: t('debits.signed'), kind: 'time', value: ({ signed }) => signed, cell: ({ signed }) => formatPlainDate(signed) },
        ],
      })}</section>`)}
    ${readingView(collections, (list) => html`
      ${acts() ? html`<form class="card stack" novalidate data-name="collect-form" @submit=${collect}><h2>${t('debits.prepare')}</h2><p>${t('debits.prepare_words', { n: NOTICE_DAYS })}</p>
        <div class="form-grid">${form.select('bank', t('field.bank'), banks, { none: t('confirm.choose') })}${form.date('date', t('debits.date'))}</div>
        ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
        ${leftOut.value.length === 0 ? nothing : html`<div class="banner warning" role="status"><div class="banner-words"><strong>${t('debits.left_out', { n: leftOut.value.length })}</strong><ul class="plain-words">${leftOut.value.map(({ name, cents, code }) => html`<li><bdi>${name}</bdi>, ${euros(cents)}: ${t(hasWords(`debits.why.${code}`) ? `debits.why.${code}` : 'debits.why.other')}</li>`)}</ul></div></div>`}
        <div class="cluster">${button({ label: t('debits.do'), kind: 'primary', type: 'submit', iconName: 'file', busy: busy.value, name: 'collect' })}</div></form>` : nothing}
      <section class="section"><h2>${t('debits.collections')}</h2>${dataTable({
        name: 'collections', label: t('debits.collections'), rows: list, id: ({ number }) => number, sort: { key: 'number', down: true }, none: { iconName: 'file', title: t('debits.collections_none') },
        columns: [
          { key: 'number', title: t('redeem.batch_number'), kind: 'count', value: ({ number }) => number, cell: ({ number }) => t('debits.number', { n: number }) }, { key: 'date', title: t('debits.date'), value: ({ date }) => date, cell: ({ date }) => formatPlainDate(startOf(date)) },
          { key: 'count', title: t('debits.count'), kind: 'count', value: ({ count }) => count }, { key: 'total', title: t('redeem.sum'), kind: 'cents', value: ({ total }) => total },
          { key: 'created', title: t('debits.made_on'), kind: 'time', value: ({ created }) => created, cell: ({ created, by }) => html`${formatDateTime(created)} ${chip({ text: t('rules.operator_n', { number: by }) })}` },
          { key: 'file', title: t('debits.file'), pageOnly: true, part: 'do', value: () => '', cell: ({ number }) => (acts() ? button({ label: t('redeem.download'), kind: 'quiet', iconName: 'save', onClick: () => void download(number) }) : formatCount(number)) },
        ],
      })}</section>`)}`;
}
