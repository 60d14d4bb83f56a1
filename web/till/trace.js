// From the counter to the tickets: loaded and asked only in a shop that writes its tickets here.

import { Unreachable } from '../kit/api.js';
import { dueOf, fitLabel, fitReference } from './basket.js';
import { loadSetup, setup } from './setup.js';

const tickets = () => import('./tickets.js');

/** Whether this shop writes its tickets here; null when neither this browser nor the server can say. @returns {Promise<boolean | null>} */
async function writes() {
  if (setup('tickets').peek() === null) await loadSetup('tickets');
  const told = setup('tickets').peek();
  return told === null ? null : told.on === true;
}

/** Notes in the journal of the till what the law wants to be traced. @param {import('../kit/ticket.js').EventCode} code @param {string} [detail] */
export async function trace(code, detail) {
  if (!(await writes())) return;
  try {
    await (await tickets()).issueEvent(code, detail ?? null);
  } catch (fault) {
    console.warn('the journal of the till did not take a line', fault);
  }
}

/**
 * The ticket of a paid sale; null in a shop without tickets. A sale has one, in whichever tab and after whichever restart.
 * Throws as long as nobody can say whether the shop writes tickets.
 * @param {import('./basket.js').Sale} sale
 */
export async function issue({ id, lines, tip, reference, tenders, training }) {
  const on = await writes();
  if (on === null) throw new Unreachable('whether this shop writes tickets is not known');
  if (!on) return null;
  const { issueSale } = await tickets();
  const parts = tenders.map(({ means, amount, charge, certain }) => ({ means, amount, charge, certain }));
  const charges = training ? [] : parts.flatMap(({ charge }) => charge ?? []);
  // A basket that an earlier page kept may hold what no record takes.
  const fitting = lines.map((line) => ({ ...line, label: fitLabel(line.label) }));
  const words = { lines: fitting, tip, reference: fitReference(reference.trim()).trim(), training, tenders: parts };
  const known = await issueSale({ ...words, once: [`sale-${id}`, ...charges] });
  // What of it went back before the sale was ended is reversed now that there is a ticket to reverse.
  if (charges.length > 0) void import('./refund-tickets.js').then(({ writeOwed }) => writeOwed(charges)).catch((fault) => console.warn('a refund has no ticket', fault));
  if (!('sale' in known.record)) return known;
  const { total, tip: tipped, tenders: paid } = known.record.sale;
  const due = dueOf({ lines, tip });
  if (total + tipped === due || paid.some(({ charge }) => charge !== null && charges.includes(charge))) return known;
  // Another tab ended the sale that both had found, and this one went on with it: what was paid here has a ticket of its own.
  return issueSale({ ...words, once: [`sale-${id}-${due}`] });
}

/** The ticket of a refund that is done, in a shop that writes tickets. @param {import('./refund-tickets.js').Done} done */
export async function refundTicket(done) {
  if (!(await writes())) return;
  try {
    await (await import('./refund-tickets.js')).writeRefundTicket(done);
  } catch (fault) {
    console.warn('a refund has no ticket', fault);
  }
}
