// Paying at a market stall: the sign on the board names the shop, the payer says how much. Each payment has a charge of its own, drawn
// here, and its last signs stand on this phone and on the shop's till.

import { html } from '../vendor/lit-html/lit-html.js';
import { batch, signal } from '../vendor/signals-core/signals-core.js';
import { callJson, now } from '../kit/api.js';
import { decodeBase64url } from '../kit/base64url.js';
import { hex, sameBytes, unhex } from '../kit/hex.js';
import { t } from '../kit/i18n.js';
import { icon } from '../kit/icons.js';
import { UnknownCheckpointKey } from '../kit/ledger.js';
import { parseAmount } from '../kit/money.js';
import { trustOf } from '../kit/outbox.js';
import { BadStall, chargeAt, decodeStallLink, signsOf, verifyNamedStall, verifyStall } from '../kit/stall.js';
import { readAll } from '../kit/store.js';
import { button, empty, field, linkButton, loading } from '../kit/ui.js';
import { frame } from './frame.js';
import { available } from './offline.js';
import { paymentView, review } from './pay.js';
import { accountText, facts, renewTrust, symbol, wallet } from './state.js';
import { units } from './words.js';

/** Long enough to pay; then the stall is scanned again. */
const LASTS_MS = 10 * 60_000;

/** @typedef {import('../kit/stall.js').Stall} Stall */

const read = signal(/** @type {{link: string, stall: Stall | null, fault: string | null, reviewing: boolean}} */ ({ link: '', stall: null, fault: null, reviewing: false }));
const typed = signal('');
const fault = signal(/** @type {string | null} */ (null));

/** Leaving: the same sign is read anew. @param {string} name the screen that is shown now */
export function leaveStall(name) {
  if (name !== 'shop') batch(() => { read.value = { link: '', stall: null, fault: null, reviewing: false }; typed.value = ''; fault.value = null; });
}

/** The shop's machine may know a newer word on its name, and whether the sign was taken down; without an answer the sign speaks for itself. @param {Uint8Array<ArrayBuffer>} sign */
async function newest(sign) {
  const { payee, id } = await verifyStall(sign, trustOf(facts()).ledger);
  try {
    const told = await callJson(`/pos/v1/public/stalls/${accountText(payee)}/${hex(id)}`);
    const same = sameBytes(decodeBase64url(told.sign), sign);
    return same ? { ended: told.ended === true, certificate: told.certificate ? decodeBase64url(told.certificate) : null } : null;
  } catch {
    return null;
  }
}

/** @param {string} link */
async function stallOf(link) {
  const { sign, certificate } = decodeStallLink(link);
  const told = await newest(sign);
  if (told?.ended) return 'ended';
  const verify = () => verifyNamedStall(sign, told?.certificate ?? certificate, { ...trustOf(facts()), now: now() });
  return verify().catch(async (error) => {
    if (error instanceof BadStall && error.cause instanceof UnknownCheckpointKey && (await renewTrust())) return verify();
    throw error;
  });
}

/** @param {string} link */
async function open(link) {
  read.value = { link, stall: null, fault: null, reviewing: false };
  /** @type {Stall | null} */
  let stall = null;
  /** @type {string | null} */
  let wrong = null;
  try {
    const found = await stallOf(link);
    if (found === 'ended') wrong = 'ended';
    else stall = found;
  } catch (error) {
    wrong = error instanceof BadStall ? error.fault : 'malformed';
  }
  if (read.value.link !== link) return;
  // One that was sent and has no answer yet is asked about first: nobody pays twice for the same basket.
  const waiting = stall && (await readAll('outbox')).find((sent) => sent.state === 'unknown' && sent.key === wallet.value?.key && sent.about?.charge?.startsWith(hex(stall.id)));
  if (stall && waiting) await goOn(stall, waiting.about.amount, unhex(waiting.about.charge), waiting.validUntil);
  read.value = { link, stall, fault: wrong, reviewing: Boolean(waiting) };
}

/** @param {Stall} stall @param {number} amount @param {Uint8Array<ArrayBuffer>} id @param {number} expires */
function goOn(stall, amount, id, expires) {
  const signs = signsOf(id);
  return review({ kind: 'shop', payee: stall.payee, amount, name: stall.name, note: `${stall.label} ${signs}`, charge: { id, expires }, signs });
}

/** @param {Event} event @param {Stall} stall */
async function choose(event, stall) {
  event.preventDefault();
  const cents = parseAmount(typed.value);
  if (cents === null) {
    fault.value = t('give.bad_amount');
    return;
  }
  await goOn(stall, cents, chargeAt(stall.id), now() + LASTS_MS);
  read.value = { ...read.value, reviewing: true };
  scrollTo(0, 0);
}

/** @param {string} link base64url of the sign and the association's word */
export function stallView(link) {
  const { stall, fault: wrong, reviewing } = read.value;
  if (read.value.link !== link) queueMicrotask(() => { if (read.value.link !== link) void open(link); });
  if (read.value.link !== link || (!stall && !wrong)) return frame({ title: t('stall.title'), back: '', body: loading(t('pay.checking')) });
  if (wrong || !stall) return frame({ title: t('stall.title'), back: '', body: empty({ iconName: 'warning', title: t('stall.refused'), text: t(`stall.fault_${wrong}`), action: linkButton({ label: t('home.scan'), href: '#scan', iconName: 'scan' }) }) });
  if (reviewing) return paymentView(t('stall.title'));
  return frame({
    title: t('stall.title'), back: '',
    body: html`<form class="stack" data-name="stall" novalidate @submit=${(/** @type {Event} */ event) => void choose(event, stall)}>
      <section class="order card"><p class="quiet-text">${t('pay.to')}</p><h2 class="order-name"><bdi>${stall.name}</bdi></h2>
        <p class="order-proof">${icon('shield', { size: 20 })}<span>${t('pay.known_shop')}</span></p>
        <p class="order-note"><bdi>${stall.label}</bdi></p></section>
      ${field({ name: 'stall-amount', label: t('stall.amount'), hint: wallet.value ? t('give.balance', { amount: units(available.value) }) : undefined, value: typed.value, inputMode: 'decimal', ltr: true, huge: true, suffix: symbol.value, placeholder: '0', fault: fault.value,
        onInput: (text) => batch(() => { typed.value = text; fault.value = null; }) })}
      <p class="quiet-text">${t('stall.words')}</p>
      <div class="actions">${button({ label: t('action.continue'), kind: 'primary', big: true, type: 'submit', name: 'stall-continue' })}
        ${linkButton({ label: t('action.cancel'), href: '#', kind: 'quiet' })}</div>
    </form>`,
  });
}
