// An account for a person without any device: this browser draws a key, prints its recovery sheet, forgets it, and proposes the opening. The
// person keeps the sheet; whoever has it can pay, so it is printed once, handed over, and stays nowhere.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, effect, signal } from '../vendor/signals-core/signals-core.js';
import { encodeBackup } from '../kit/backup.js';
import { t } from '../kit/i18n.js';
import { newSeed, publicKeyOf } from '../kit/keys.js';
import { qrView } from '../kit/qr.js';
import { read, remove, write } from '../kit/store.js';
import { ask, banner, button } from '../kit/ui.js';
import { levelWords } from './members-data.js';
import { goTo } from './place.js';
import { backTo } from './rooms.js';
import { isDone, proposeActs } from './sign.js';
import { desk } from './state.js';
import { Form } from './form.js';

const LEVELS = ['0', '1', '2'];

const form = new Form('paper', { level: '1' });
/** The sheet, as long as it is on the screen. */
const sheet = signal(/** @type {{groups: string[], key: string} | null} */ (null));
const handed = signal(false);
const sent = signal(false);
/** The opening of a sheet that a person holds already, as long as nobody has signed it. Only the public half of its key is known here. */
const unsigned = signal(/** @type {{key: string, level: number} | null} */ (null));
const signing = signal(false);

/** A reload forgets it as little as the person does. @param {string} ledger hex */
const placeOf = (ledger) => `unsigned-paper:${ledger}`;

effect(() => {
  const ledger = desk.value?.ledger.ledger;
  if (ledger) void read('settings', placeOf(ledger)).then((kept) => { unsigned.value ??= kept ?? null; }, () => {});
});

/** @param {{key: string, level: number} | null} held */
function hold(held) {
  unsigned.value = held;
  const ledger = desk.peek()?.ledger.ledger;
  if (ledger) (held ? write('settings', placeOf(ledger), held) : remove('settings', placeOf(ledger))).catch(() => {});
}

async function draw() {
  const at = desk.peek();
  if (!at) return;
  const seed = newSeed();
  sheet.value = { groups: encodeBackup(seed, at.ledger.ledger), key: await publicKeyOf(seed) };
  seed.fill(0);
}

function forget() {
  batch(() => { sheet.value = null; handed.value = false; sent.value = false; });
}

function open() {
  const key = sheet.peek()?.key;
  if (!key) return;
  // The sheet is in the person's hand: from here on only the public half is known.
  batch(() => {
    hold({ key, level: Number(form.text('level')) });
    sheet.value = null;
    handed.value = false;
  });
  void proposeOpening();
}

/** Proposes the opening, as often as it takes: a sheet that is handed over without its account is worth nothing. */
async function proposeOpening() {
  const held = unsigned.peek();
  if (!held || signing.peek()) return;
  signing.value = true;
  try {
    const signed = await proposeActs([{ kind: 'open_account', account_kind: 'resident', key: held.key, level: held.level, groups: [] }]);
    if (signed?.some(isDone)) batch(() => { hold(null); sent.value = true; });
  } finally {
    signing.value = false;
  }
}

async function giveUp() {
  if (await ask({ title: t('no_device.give_up_title'), text: t('no_device.give_up_text'), confirm: t('no_device.give_up'), danger: true, iconName: 'cross' })) hold(null);
}

function unsignedView() {
  return html`<section class="card stack" data-name="paper-unsigned">${banner({ tone: 'danger', title: t('no_device.unsigned'), text: t('no_device.unsigned_text') })}
    <div class="cluster">${button({ label: t('no_device.again'), kind: 'primary', iconName: 'shield', busy: signing.value, name: 'paper-again', onClick: () => void proposeOpening() })}
      ${button({ label: t('no_device.give_up'), kind: 'quiet', disabled: signing.value, name: 'paper-give-up', onClick: () => void giveUp() })}</div></section>`;
}

/** @param {{groups: string[], key: string}} shown */
function sheetView({ groups }) {
  return html`<section class="card stack paper-sheet" data-name="paper-sheet"><h1>${t('no_device.sheet', { name: desk.value?.ledger.name ?? '' })}</h1>
      <ol class="paper-groups" dir="ltr">${groups.map((group) => html`<li class="code">${group}</li>`)}</ol>
      <div class="paper-qr">${qrView(groups.join(''), { label: t('no_device.qr'), mode: 'Alphanumeric' })}</div><p>${t('no_device.sheet_words')}</p></section>
    <div class="stack no-print">${banner({ tone: 'warning', text: t('no_device.once'), iconName: 'key' })}
      <div class="cluster">${button({ label: t('no_device.print'), iconName: 'print', name: 'paper-print', onClick: () => { print(); handed.value = true; } })}
        ${button({ label: t('no_device.handed'), kind: 'primary', iconName: 'shield', disabled: !handed.value, name: 'paper-propose', onClick: open })}
        ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { forget(); goTo('cards'); } })}</div></div>`;
}

export function paperView() {
  if (sheet.value) return sheetView(sheet.value);
  return html`${backTo('cards', t('no_device.title'))}
    ${sent.value ? html`<div data-name="paper-sent">${banner({ tone: 'good', text: t('no_device.sent') })}</div>` : nothing}
    ${unsigned.value ? unsignedView() : drawView()}`;
}

function drawView() {
  return html`<section class="card stack"><p>${t('no_device.explain')}</p>
      ${form.select('level', t('members.level'), LEVELS.map((value) => ({ value, label: levelWords(Number(value)) })))}
      <div class="cluster">${button({ label: t('no_device.draw'), kind: 'primary', iconName: 'key', name: 'paper-draw', onClick: () => { sent.value = false; void draw(); } })}</div></section>`;
}

addEventListener('pagehide', forget);
