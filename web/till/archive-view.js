// The archive of a till and the attestation of its program: files that the server makes, and that anyone verifies.

import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { sentenceFor, t } from '../kit/i18n.js';
import { parisDay } from '../kit/paris.js';
import { saveFile } from '../kit/save.js';
import { tillWords } from '../kit/ticket-paper.js';
import { banner, button, field, online, select } from '../kit/ui.js';
import { noticeRefusal } from './door.js';
import { device, link, scope } from './state.js';
import { allClosings, readClosings } from './tickets-all.js';
import { issueEvent, uploadTickets } from './tickets.js';

const from = signal(`${parisDay(now()).slice(0, 7)}-01`);
const to = signal(parisDay(now()));
/** The till's key, hex; empty: this one. */
const chosen = signal('');
const busy = signal(/** @type {'archive' | 'attestation' | null} */ (null));
const fault = signal(/** @type {unknown} */ (null));

/** @param {'archive' | 'attestation'} what @param {() => Promise<void>} step */
async function once(what, step) {
  batch(() => { busy.value = what; fault.value = null; });
  try {
    await step();
  } catch (error) {
    noticeRefusal(error);
    fault.value = error;
  } finally {
    busy.value = null;
  }
}

/** What was not sent yet goes first, so that the archive is whole; then it is noted that there is one. */
function getArchive() {
  return once('archive', async () => {
    const reader = device.peek();
    if (!reader) return;
    const key = chosen.peek() || reader.wallet.key;
    const [first, last] = [from.peek(), to.peek()];
    if (key === reader.wallet.key && scope.peek() !== 'read') {
      await issueEvent('archive', `${first} – ${last}`);
      await uploadTickets();
    }
    const bytes = await reader.session.bytes(`/pos/v1/tills/${key}/archive?from=${first}&to=${last}`, { accept: 'application/octet-stream', timeoutMs: 60_000 });
    saveFile(`${tillWords(key)}-${first}-${last}.liard-till`, bytes);
  });
}

function getAttestation() {
  return once('attestation', async () => {
    const bytes = await device.peek()?.session.bytes('/pos/v1/attestation.pdf', { accept: 'application/pdf' });
    if (bytes) saveFile('liard-attestation.pdf', new Blob([bytes], { type: 'application/pdf' }));
  });
}

/** Tills that closed a day: those that have an archive. */
function tillsView() {
  const read = allClosings.value;
  if (read === null) queueMicrotask(() => void readClosings('days'));
  const own = device.value?.wallet.key ?? '';
  const others = [...new Set(read && 'rows' in read ? read.rows.map(({ till }) => till) : [])].filter((till) => till !== own);
  if (others.length === 0) return nothing;
  const options = [...(scope.value === 'read' ? [] : [{ value: own, label: t('tickets.this_till') }]), ...others.map((till) => ({ value: till, label: `${t('ticket.till')} ${tillWords(till)}` }))];
  if (!options.some(({ value }) => value === chosen.value)) queueMicrotask(() => { chosen.value = options[0].value; });
  return select({ name: 'archive-till', label: t('ticket.till'), value: chosen.value, options, onChoose: (till) => { chosen.value = till; } });
}

export function archiveView() {
  const apart = !online.value || link.value === 'down';
  const wrong = !/^\d{4}-\d{2}-\d{2}$/.test(from.value) || !/^\d{4}-\d{2}-\d{2}$/.test(to.value) || from.value > to.value;
  return html`
    ${apart ? banner({ tone: 'warning', iconName: 'offline', text: t('archive.needs_network') }) : nothing}
    ${fault.value ? banner({ tone: 'danger', title: t('archive.failed'), text: sentenceFor(fault.value) }) : nothing}
    <section class="card stack" data-name="archive"><h2>${t('tickets.part_archive')}</h2><p>${t('archive.words')}</p>
      ${tillsView()}
      <div class="archive-days">${field({ name: 'archive-from', label: t('archive.from'), type: 'date', value: from.value, ltr: true, onInput: (day) => { from.value = day; } })}
        ${field({ name: 'archive-to', label: t('archive.to'), type: 'date', value: to.value, ltr: true, fault: from.value > to.value ? t('archive.wrong') : null, onInput: (day) => { to.value = day; } })}</div>
      ${button({ label: t('archive.get'), kind: 'primary', iconName: 'save', busy: busy.value === 'archive', disabled: apart || wrong, name: 'get-archive', onClick: () => void getArchive() })}
      <p class="quiet-words">${t('archive.verify')} <bdi dir="ltr" class="code">liard verify</bdi></p></section>
    <section class="card stack" data-name="attestation"><h2>${t('archive.attestation')}</h2><p>${t('archive.attestation_words')}</p>
      ${button({ label: t('archive.attestation_get'), iconName: 'file', busy: busy.value === 'attestation', disabled: apart, name: 'get-attestation', onClick: () => void getAttestation() })}</section>`;
}
