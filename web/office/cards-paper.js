// An account for a person without any device: this browser draws a key, prints its recovery sheet, forgets it, and proposes the opening. The
// person keeps the sheet; whoever has it can pay, so it is printed once, handed over, and stays nowhere.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { encodeBackup } from '../kit/backup.js';
import { t } from '../kit/i18n.js';
import { newSeed, publicKeyOf } from '../kit/keys.js';
import { qrView } from '../kit/qr.js';
import { banner, button } from '../kit/ui.js';
import { levelWords } from './members-data.js';
import { goTo } from './place.js';
import { backTo } from './rooms.js';
import { proposeActs } from './sign.js';
import { desk } from './state.js';
import { Form } from './form.js';

const LEVELS = ['0', '1', '2'];

const form = new Form('paper', { level: '1' });
/** The sheet, as long as it is on the screen. */
const sheet = signal(/** @type {{groups: string[], key: string} | null} */ (null));
const handed = signal(false);
const sent = signal(false);

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

async function open() {
  const key = sheet.peek()?.key;
  if (!key) return;
  // The sheet is in the person's hand: from here on only the public half is known.
  sheet.value = null;
  const signed = await proposeActs([{ kind: 'open_account', account_kind: 'resident', key, level: Number(form.text('level')), groups: [] }]);
  batch(() => { handed.value = false; sent.value = signed?.some(({ step }) => step === 'executed' || step === 'waits') ?? false; });
}

/** @param {{groups: string[], key: string}} shown */
function sheetView({ groups }) {
  return html`<section class="card stack paper-sheet" data-name="paper-sheet"><h1>${t('cards.paper_sheet', { name: desk.value?.ledger.name ?? '' })}</h1>
      <ol class="paper-groups" dir="ltr">${groups.map((group) => html`<li class="code">${group}</li>`)}</ol>
      <div class="paper-qr">${qrView(groups.join(''), { label: t('cards.paper_qr'), mode: 'Alphanumeric' })}</div><p>${t('cards.paper_sheet_words')}</p></section>
    <div class="stack no-print">${banner({ tone: 'warning', text: t('cards.paper_once'), iconName: 'key' })}
      <div class="cluster">${button({ label: t('cards.paper_print'), iconName: 'print', name: 'paper-print', onClick: () => { print(); handed.value = true; } })}
        ${button({ label: t('cards.paper_handed'), kind: 'primary', iconName: 'shield', disabled: !handed.value, name: 'paper-propose', onClick: () => void open() })}
        ${button({ label: t('action.cancel'), kind: 'quiet', onClick: () => { forget(); goTo('cards'); } })}</div></div>`;
}

export function paperView() {
  if (sheet.value) return sheetView(sheet.value);
  return html`${backTo('cards', t('cards.paper_title'))}
    ${sent.value ? html`<div data-name="paper-sent">${banner({ tone: 'good', text: t('cards.paper_sent') })}</div>` : nothing}
    <section class="card stack"><p>${t('cards.paper_explain')}</p>
      ${form.select('level', t('members.level'), LEVELS.map((value) => ({ value, label: levelWords(Number(value)) })))}
      <div class="cluster">${button({ label: t('cards.paper_draw'), kind: 'primary', iconName: 'key', name: 'paper-draw', onClick: () => { sent.value = false; void draw(); } })}</div></section>`;
}

addEventListener('pagehide', forget);
