// Public services and their references: the canteen, the library; and the file that the treasury takes.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { attempt } from '../kit/attempt.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { saveFile } from '../kit/save.js';
import { banner, button, empty, failure, field, loading, select } from '../kit/ui.js';
import { series } from './invoice-new.js';
import { may } from './people.js';
import { dayStart, dayText } from './period.js';
import { scope, shop } from './state.js';

const DAY_MS = 86_400_000;

const adding = signal(/** @type {{name: string, pattern: string, code: string} | null} */ (null));
const period = signal({ from: '', to: '' });
const chosen = signal('');
const keeping = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };
const saving = { busy: signal(false), fault: signal(/** @type {unknown} */ (null)) };

export function openServices() {
  const today = dayText(now());
  batch(() => {
    adding.value = null;
    keeping.fault.value = null;
    saving.fault.value = null;
    period.value = { from: `${today.slice(0, 8)}01`, to: today };
  });
  void series.refresh();
}

function keep() {
  return attempt(keeping, async () => {
    await shop.peek()?.session.json('/pos/v1/invoicing/series', { json: adding.value });
    adding.value = null;
    await series.refresh();
  });
}

function save() {
  return attempt(saving, async () => {
    const from = dayStart(period.value.from);
    const to = dayStart(period.value.to);
    if (from === null || to === null || Number.isNaN(from) || Number.isNaN(to)) return;
    // The end of the day, also of one that has 25 hours.
    const end = dayStart(dayText(to + 30 * 3_600_000)) ?? to + DAY_MS;
    const only = chosen.value ? `&series=${encodeURIComponent(chosen.value)}` : '';
    const bytes = await shop.peek()?.session.bytes(`/pos/v1/invoicing/treasury.csv?from=${from}&to=${end}${only}`, { accept: 'text/csv' });
    if (bytes) saveFile(`regie-${period.value.from}-${period.value.to}.csv`, bytes, 'text/csv');
  });
}

export function servicesView() {
  const all = series.data.value;
  const words = adding.value;
  return html`<p class="quiet-text">${t('services.text')}</p>
    ${!all ? (series.error.value ? failure({ error: series.error.value, onRetry: () => void series.refresh() }) : loading())
      : all.length === 0 ? empty({ iconName: 'bank', title: t('services.empty'), text: t('services.empty_text') })
      : html`<ul class="list">${all.map((one) => html`<li><div class="row" data-name="service"><span class="row-icon">${icon('bank')}</span>
        <span class="row-words"><span class="row-title"><bdi>${one.name}</bdi></span><span class="row-note"><bdi dir="ltr" class="code">${one.pattern}</bdi>${one.code ? html` · ${t('services.code')} <bdi dir="ltr">${one.code}</bdi>` : nothing}</span></span></div></li>`)}</ul>`}
    ${scope.value === 'read' ? nothing : !may('settings') ? html`<p class="quiet-words" data-name="services-closed">${t('services.only_settings')}</p>` : words ? html`<form class="card stack" @submit=${(/** @type {Event} */ event) => { event.preventDefault(); void keep(); }}>
      ${field({ name: 'service-name', label: t('services.name'), value: words.name, maxLength: 40, onInput: (name) => { adding.value = { ...words, name }; } })}
      ${field({ name: 'service-pattern', label: t('services.pattern'), hint: t('services.pattern_hint'), value: words.pattern, ltr: true, onInput: (pattern) => { adding.value = { ...words, pattern }; } })}
      ${field({ name: 'service-code', label: t('services.treasury_code'), hint: t('services.treasury_hint'), value: words.code, ltr: true, maxLength: 20, onInput: (code) => { adding.value = { ...words, code }; } })}
      ${keeping.fault.value ? banner({ tone: 'danger', text: sentenceFor(keeping.fault.value) }) : nothing}
      <div class="actions">${button({ label: t('services.keep'), kind: 'primary', type: 'submit', busy: keeping.busy.value, name: 'service-keep' })}${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { adding.value = null; } })}</div></form>`
      : html`<div class="actions">${button({ label: t('services.add'), iconName: 'plus', name: 'service-add', onClick: () => { adding.value = { name: '', pattern: 'FACT-{year}-{nnnnn}', code: '' }; } })}</div>`}
    ${all && all.length > 0 ? html`<section class="card stack"><h2>${t('services.file')}</h2><p>${t('services.file_text')}</p>
      ${select({ name: 'service', label: t('services.which'), value: chosen.value, options: [{ value: '', label: t('services.all') }, ...all.map(({ name }) => ({ value: name, label: name }))], onChoose: (value) => { chosen.value = value; } })}
      <div class="filter-grid">
        ${field({ name: 'from', label: t('services.from'), type: 'date', value: period.value.from, ltr: true, onInput: (from) => { period.value = { ...period.value, from }; } })}
        ${field({ name: 'to', label: t('services.to'), type: 'date', value: period.value.to, ltr: true, onInput: (to) => { period.value = { ...period.value, to }; } })}</div>
      ${saving.fault.value ? banner({ tone: 'danger', text: sentenceFor(saving.fault.value) }) : nothing}
      <div class="actions">${button({ label: t('services.save'), iconName: 'save', busy: saving.busy.value, name: 'treasury', onClick: () => void save() })}</div></section>` : nothing}`;
}
