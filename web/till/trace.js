// From the counter to the tickets: loaded and asked only in a shop that writes its tickets here.

import { setup } from './setup.js';

const tickets = () => import('./tickets.js');

/** Notes in the journal of the till what the law wants to be traced. @param {import('../kit/ticket.js').EventCode} code @param {string} [detail] */
export async function trace(code, detail) {
  if (setup('tickets').peek()?.on !== true) return;
  try {
    await (await tickets()).issueEvent(code, detail ?? null);
  } catch (fault) {
    console.warn('the journal of the till did not take a line', fault);
  }
}

/** Where the chain of this till stands before the ticket of a sale; null without tickets. @returns {Promise<number | null>} */
export async function chainNumber() {
  if (setup('tickets').peek()?.on !== true) return null;
  const { standing, startTickets } = await tickets();
  await startTickets();
  return standing.peek()?.chain.number ?? 0;
}

/**
 * The ticket of a paid sale; null without tickets. One that was written before this page was closed is found again.
 * @param {import('./basket.js').Sale} sale
 */
export async function issue({ lines, tip, reference, tenders, training, after }) {
  if (setup('tickets').peek()?.on !== true) return null;
  const { issueSale, recordsBetween } = await tickets();
  const words = { lines, tip, reference: reference.trim(), training, tenders: tenders.map(({ means, amount, charge, certain }) => ({ means, amount, charge, certain })) };
  const since = after === null ? [] : await recordsBetween(after + 1, Number.MAX_SAFE_INTEGER);
  const kind = training ? 'training_sale' : 'sale';
  const same = (/** @type {any} */ { kind: of, sale }) => of === kind && JSON.stringify([sale.lines, sale.tip, sale.tenders]) === JSON.stringify([words.lines, words.tip, words.tenders]);
  return since.find(({ record }) => same(record)) ?? (await issueSale(words));
}

/** The ticket of a refund that is done, in a shop that writes tickets. @param {import('./refund-tickets.js').Done} done */
export async function refundTicket(done) {
  if (setup('tickets').peek()?.on !== true) return;
  try {
    await (await import('./refund-tickets.js')).writeRefundTicket(done);
  } catch (fault) {
    console.warn('a refund has no ticket', fault);
  }
}
