// Paying what somebody asked for. The signature holds amount and account together; whose account it is nobody has checked.

import { signal } from '../vendor/signals-core/signals-core.js';
import { now } from '../kit/api.js';
import { decodeBase64url } from '../kit/base64url.js';
import { shortAccount } from '../kit/bech32m.js';
import { verifyCharge } from '../kit/ledger.js';
import { trustOf } from '../kit/outbox.js';
import { empty, linkButton, loading } from '../kit/ui.js';
import { t } from '../kit/i18n.js';
import { contactName } from './contacts.js';
import { frame } from './frame.js';
import { paymentView, refusedLinkView, review } from './pay.js';
import { accountText, facts } from './state.js';

/** @typedef {'bad_signature' | 'expired'} Fault */

/** Where the request that the link holds stands. */
const read = signal(/** @type {{link: string, fault: Fault | null, ready: boolean}} */ ({ link: '', fault: null, ready: false }));

/** Leaving: the same link is read anew. @param {string} name the screen that is shown now */
export function leaveAsked(name) {
  if (name !== 'ask') read.value = { link: '', fault: null, ready: false };
}

/** @param {string} link */
async function open(link) {
  read.value = { link, fault: null, ready: false };
  /** @type {Fault | null} */
  let fault = null;
  try {
    const { payee, amount, id, expires, reference } = await verifyCharge(decodeBase64url(link), trustOf(facts()).ledger);
    const account = accountText(payee);
    if (expires <= now()) fault = 'expired';
    else await review({ kind: 'asked', payee, amount, name: contactName(account) ?? shortAccount(account), note: reference ?? null, charge: { id, expires } });
  } catch {
    fault = 'bad_signature';
  }
  if (read.value.link === link) read.value = { link, fault, ready: true };
}

/** @param {string} link base64url of the request */
export function askedView(link) {
  if (!link) return refusedLinkView(t('asked.title'), 'malformed');
  const { fault, ready } = read.value;
  if (read.value.link !== link) queueMicrotask(() => { if (read.value.link !== link) void open(link); });
  if (read.value.link !== link || !ready) return frame({ title: t('asked.title'), back: '', body: loading(t('pay.checking')) });
  if (!fault) return paymentView(t('asked.title'));
  return frame({
    title: t('asked.title'), back: '',
    body: empty({ iconName: 'warning', title: t(`pay.link_${fault}`), text: t(`asked.${fault}_text`), action: linkButton({ label: t('home.scan'), href: '#scan', iconName: 'scan' }) }),
  });
}
