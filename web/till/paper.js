// A record of this till on paper, with who the shop is above it.

import { paperView, printPaper, tillWords } from '../kit/ticket-paper.js';
import { addStyle } from '../kit/style.js';
import { setup } from './setup.js';
import { phase, shop } from './state.js';

/** @typedef {import('./tickets.js').Kept} Kept */

/** @returns {import('../kit/ticket-paper.js').Heading} */
export function heading() {
  const name = phase.value.name === 'ready' ? phase.value.shopName : '';
  return { name, legal: setup('legal').value, symbol: shop.value?.ledger.symbol ?? '', till: tillWords(shop.value?.wallet.key ?? '') };
}

/** @param {Pick<Kept, 'record' | 'hash'>} kept @param {number} [duplicate] which copy it is; 0: the original */
export function ticketPaper({ record, hash }, duplicate = 0) {
  return paperView(record, { ...heading(), hash, duplicate });
}

/** From the browser's printer. A duplicate is noted in the journal by whoever asks for it. @param {Pick<Kept, 'record' | 'hash'>} kept @param {number} [duplicate] */
export async function printTicket(kept, duplicate = 0) {
  await addStyle('/kit/paper.css');
  printPaper(ticketPaper(kept, duplicate));
}
