// The printers of a shop: where they are, what paper they have, and which one is this till's.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { signal } from '../vendor/signals-core/signals-core.js';
import { attempt } from '../kit/attempt.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { addStyle } from '../kit/style.js';
import { banner, button, empty, field, loading, select } from '../kit/ui.js';
import { fromMenu } from './more.js';
import { choosePrinter, connectUsb, hasUsb, openDrawer, printTrial, printerOfTill, printers } from './printing.js';
import { saveSetup } from './setup.js';
import { trace } from './trace.js';

/** @typedef {import('./printing.js').Printer} Printer */

const busy = signal(false);
const fault = signal(/** @type {unknown} */ (null));
const told = signal('');
/** The printer that is changed; its number is 0 while it is new. */
const form = signal(/** @type {Printer | null} */ (null));
const wrong = signal(/** @type {'name' | 'address' | null} */ (null));
/** This till's printer: 0 the browser's own, null as long as it was not read. */
const mine = signal(/** @type {number | null} */ (null));

void addStyle('/till/register.css').catch(() => undefined);

/** @type {Printer} */
const NEW = { id: 0, name: '', kind: 'network', address: '', width: 80, page: 'pc858', cut: true, drawer: false, code: true };

async function readMine() {
  mine.value = (await printerOfTill())?.id ?? 0;
}

/** Another screen was opened. @param {string} name */
export function leavePrinters(name) {
  if (name === 'printers') return;
  form.value = null;
  fault.value = null;
  told.value = '';
}

/** @param {() => Promise<unknown>} step @param {string} [after] what is told then */
function run(step, after = '') {
  told.value = '';
  return attempt({ busy, fault }, async () => {
    await step();
    told.value = after;
  });
}

/** @param {Printer[]} next @param {string} what for the journal */
function save(next, what) {
  return run(async () => {
    await saveSetup('printers', { printers: next });
    form.value = null;
    void trace('settings', what);
    await readMine();
  });
}

/** An address as numbers, with or without a port. @param {string} text */
export function isAddress(text) {
  const v4 = /^(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?$/.exec(text);
  if (v4) return v4[1].split('.').every((part) => Number(part) < 256) && Number(v4[2] ?? 1) > 0 && Number(v4[2] ?? 1) < 65_536;
  return /^\[[0-9a-f:]+\]:\d{1,5}$/i.test(text) || /^[0-9a-f]*:[0-9a-f:]+$/i.test(text);
}

/** @param {Event} event */
function submit(event) {
  event.preventDefault();
  const typed = form.value;
  const all = printers() ?? [];
  if (!typed) return;
  const name = typed.name.trim();
  const address = typed.kind === 'network' ? typed.address.trim() : '';
  wrong.value = name ? (typed.kind === 'network' && !isAddress(address) ? 'address' : null) : 'name';
  if (wrong.value) return;
  const id = typed.id || Math.max(0, ...all.map((one) => one.id)) + 1;
  const one = { ...typed, id, name, address };
  void save(typed.id ? all.map((known) => (known.id === id ? one : known)) : [...all, one], name);
}

/** @param {Printer} typed */
function formView(typed) {
  /** @param {Partial<Printer>} change */
  const put = (change) => { form.value = { ...typed, ...change }; wrong.value = null; };
  /** @param {'cut' | 'drawer' | 'code'} what */
  const choice = (what) => html`<label class="choice"><input type="checkbox" name="printer-${what}" .checked=${typed[what]} @change=${(/** @type {Event} */ event) => put({ [what]: /** @type {HTMLInputElement} */ (event.target).checked })}><span>${t(`printers.${what}`)}</span></label>`;
  return html`<form class="card stack" data-name="printer-form" novalidate @submit=${submit}>
    <h2>${t(typed.id ? 'printers.change' : 'printers.new')}</h2>
    ${field({ name: 'printer-name', label: t('printers.name'), hint: t('printers.name_hint'), value: typed.name, maxLength: 30, fault: wrong.value === 'name' ? t('printers.name_wrong') : null, onInput: (name) => put({ name }) })}
    ${select({ name: 'printer-kind', label: t('printers.kind'), value: typed.kind, options: ['network', 'usb'].map((kind) => ({ value: kind, label: t(`printers.kind_${kind}`) })), onChoose: (kind) => put({ kind: /** @type {Printer['kind']} */ (kind) }) })}
    ${typed.kind === 'network' ? field({ name: 'printer-address', label: t('printers.address'), hint: t('printers.address_hint'), value: typed.address, ltr: true, maxLength: 60, fault: wrong.value === 'address' ? t('printers.address_wrong') : null, onInput: (address) => put({ address }) })
      : hasUsb() ? nothing : banner({ tone: 'warning', text: t('printers.no_usb') })}
    ${select({ name: 'printer-width', label: t('printers.width'), value: String(typed.width), options: [80, 58].map((width) => ({ value: String(width), label: `${width} mm` })), onChoose: (width) => put({ width: Number(width) }) })}
    ${select({ name: 'printer-page', label: t('printers.page'), value: typed.page, options: ['pc858', 'windows1252', 'ascii'].map((page) => ({ value: page, label: t(`printers.page_${page}`) })), onChoose: (page) => put({ page: /** @type {Printer['page']} */ (page) }) })}
    ${choice('cut')}${choice('drawer')}${choice('code')}
    ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
    <div class="actions">${button({ label: t('printers.save'), kind: 'primary', type: 'submit', busy: busy.value, name: 'printer-save' })}
      ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { form.value = null; fault.value = null; } })}
      ${typed.id ? button({ label: t('printers.remove'), kind: 'danger', iconName: 'trash', name: 'printer-remove', busy: busy.value, onClick: () => void save((printers() ?? []).filter(({ id }) => id !== typed.id), `− ${typed.name}`) }) : nothing}</div>
  </form>`;
}

/** @param {number} id @param {unknown} title @param {unknown} note */
function chooser(id, title, note) {
  return html`<label class="choice"><input type="radio" name="my-printer" value=${id} .checked=${mine.value === id} @change=${() => void run(async () => { await choosePrinter(id); mine.value = id; })}><span><strong>${title}</strong><br><span class="quiet-text">${note}</span></span></label>`;
}

/** @param {Printer} one */
function printerView(one) {
  const where = one.kind === 'network' ? html`<bdi dir="ltr">${one.address}</bdi>` : t('printers.kind_usb');
  return html`<li class="card stack tight" data-name="printer" data-printer=${one.id}>
    ${chooser(one.id, html`<bdi>${one.name}</bdi>`, html`${where} · ${one.width} mm`)}
    <div class="actions">
      ${one.kind === 'usb' && hasUsb() ? button({ label: t('printers.connect'), name: 'printer-connect', busy: busy.value, onClick: () => void run(connectUsb, t('printers.connected')) }) : nothing}
      ${button({ label: t('printers.trial'), iconName: 'print', name: 'printer-trial', busy: busy.value, onClick: () => void run(() => printTrial(one), t('printers.tried')) })}
      ${one.drawer ? button({ label: t('printers.open_drawer'), name: 'printer-drawer', busy: busy.value, onClick: () => void run(() => openDrawer(one), t('printers.opened')) }) : nothing}
      ${button({ label: t('printers.change'), kind: 'quiet', name: 'printer-change', onClick: () => { form.value = one; fault.value = null; told.value = ''; } })}
    </div></li>`;
}

export function printersView() {
  const all = printers();
  if (!all) return fromMenu({ title: t('row.printers'), body: loading() });
  if (mine.value === null) queueMicrotask(() => void readMine());
  return fromMenu({ title: t('row.printers'), name: 'printers', body: form.value ? formView(form.value) : html`
    <p>${t('printers.words')}</p>
    ${fault.value ? banner({ tone: 'danger', text: sentenceFor(fault.value) }) : nothing}
    ${told.value ? html`<div role="status" data-name="printer-told">${banner({ tone: 'good', text: told.value })}</div>` : nothing}
    ${all.length === 0 ? empty({ iconName: 'print', title: t('printers.none'), text: t('printers.none_words') }) : html`<fieldset class="stack"><legend>${t('printers.mine')}</legend>
      <ul class="list stack">${all.map(printerView)}<li class="card">${chooser(0, t('printers.browser'), t('printers.browser_words'))}</li></ul></fieldset>`}
    ${all.length < 8 ? button({ label: t('printers.add'), kind: 'primary', iconName: 'plus', name: 'printer-add', onClick: () => { form.value = { ...NEW }; fault.value = null; told.value = ''; } }) : nothing}` });
}
