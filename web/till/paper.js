// A record of this till on paper, with who the shop is above it.

import { paperView, printPaper, tillWords } from '../kit/ticket-paper.js';
import { addStyle } from '../kit/style.js';
import { printTicket as onReceiptPaper } from './printing.js';
import { setup } from './setup.js';
import { device, phase } from './state.js';

/** @typedef {import('./tickets.js').Kept} Kept */

/** The name of a cashier, as the shop says it. @param {string | null} key hex */
function cashierName(key) {
  if (key === null) return null;
  const known = /** @type {{key: string, name: string}[]} */ (setup('people').value?.cashiers ?? []);
  return known.find((one) => one.key === key)?.name ?? tillWords(key);
}

/** @param {Pick<Kept, 'record' | 'hash'>} kept @param {{duplicate?: number, till?: string}} [how] duplicate: which copy it is, 0 for the original; till: its key, if it is of another one */
export function ticketPaper({ record, hash }, { duplicate = 0, till = device.value?.wallet.key ?? '' } = {}) {
  const name = phase.value.name === 'ready' ? phase.value.shopName : '';
  const legal = setup('legal').value;
  return paperView(record, { name, legal, symbol: device.value?.ledger.symbol ?? '', till: tillWords(till), cashier: cashierName(record.cashier), hash, duplicate });
}

/** From this till's printer, else from the browser's. A duplicate is noted in the journal by whoever asks for it. @param {Pick<Kept, 'record' | 'hash' | 'bytes'>} kept @param {{duplicate?: number, till?: string}} [how] @returns {Promise<import('./printing.js').Outcome>} the browser tells nobody whether paper came */
export async function printTicket(kept, how) {
  const outcome = await onReceiptPaper(kept, how);
  if (outcome) return outcome;
  await addStyle('/kit/paper.css');
  printPaper(ticketPaper(kept, how));
  return how?.duplicate ? 'duplicate' : 'original';
}
