// The sales file of a shop that keeps its own books: what its till was paid in a month, as its software would write it, with
// differences on purpose, and where each of them must be found.
import assert from 'node:assert/strict';

/** @typedef {{id: string, reference: string | null, amount: number, paid_at: number, sequence: number, refunded: number}} Paid */
/** @typedef {{sequence: number, time: number, amount: number, charge: string | null}} Back */
/** @typedef {{reference: string, time: number, cents: number, means: string}} Line */
/** @typedef {{line: number | null, sequence: number | null}} Found a difference, by its line in the file and its entry in the ledger */

const HOUR_MS = 3_600_000;
/** So many of each kind. */
const EACH = 3;

const day = new Intl.DateTimeFormat('fr-FR', { timeZone: 'Europe/Paris', day: '2-digit', month: '2-digit', year: 'numeric' });
const hour = new Intl.DateTimeFormat('fr-FR', { timeZone: 'Europe/Paris', hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** "12,50", "-3,00". @param {number} cents */
function euros(cents) {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)},${digits.slice(-2)}`;
}

/** @param {Line[]} lines @param {string[]} [headings] */
function written(lines, headings = ['Ticket', 'Date', 'Heure', 'Total TTC', 'Paiement']) {
  const rows = lines.map(({ reference, time, cents, means }) => [reference, day.format(time), hour.format(time), euros(cents), means].join(';'));
  return `\ufeff${headings.join(';')}\r\n${rows.map((row) => `${row}\r\n`).join('')}`;
}

/** The file without a fault. @param {Paid[]} paid @param {Back[]} back @returns {Line[]} */
function honest(paid, back) {
  const references = new Map(paid.map(({ id, reference }) => [id, reference ?? '']));
  const sold = paid.map(({ reference, paid_at: time, amount: cents }) => ({ reference: reference ?? '', time, cents, means: 'Liards' }));
  const returned = back.map(({ charge, time, amount }) => ({ reference: references.get(charge ?? '') ?? '', time, cents: -amount, means: 'Liards' }));
  return [...sold, ...returned].sort((a, b) => a.time - b.time);
}

/**
 * @param {Paid[]} paid @param {Back[]} back
 * @returns {{text: string, agreeing: string, expected: Record<string, Found[]>}} `agreeing` is the same file without a fault
 */
export function salesFile(paid, back) {
  const lines = honest(paid, back);
  const times = new Map();
  for (const { reference } of lines) times.set(reference, (times.get(reference) ?? 0) + 1);
  // Payments that nothing else can be taken for: a reference of their own, an amount that comes once within hours.
  const alone = paid.filter(({ reference, amount, paid_at: at, refunded }) => refunded === 0 && times.get(reference) === 1 && hour.format(at) > '08' && hour.format(at) < '16'
    && !paid.some((other) => other.amount === amount && other.paid_at !== at && Math.abs(other.paid_at - at) < 8 * HOUR_MS));
  assert.ok(alone.length > 8 * EACH, `${alone.length} payments stand alone`);
  const step = Math.floor(alone.length / (6 * EACH));
  let next = 0;
  const some = () => Array.from({ length: EACH }, () => alone[step * next++]);
  const lineOf = (/** @type {Paid} */ one) => lines.find(({ reference }) => reference === one.reference) ?? assert.fail('a payment without a line');

  const [forgotten, wrongAmount, wrongReference, wrongTime, twice, unclear] = [some(), some(), some(), some(), some(), some()];
  for (const one of forgotten) lines.splice(lines.indexOf(lineOf(one)), 1);
  for (const one of wrongAmount) lineOf(one).cents += 100;
  const misnamed = wrongReference.map((one, at) => Object.assign(lineOf(one), { reference: `Z-${at}` }));
  const late = wrongTime.map((one) => Object.assign(lineOf(one), { time: one.paid_at + 3 * HOUR_MS }));
  const doubled = twice.map((one) => ({ ...lineOf(one) }));
  const unnamed = unclear.map((one) => Object.assign(lineOf(one), { reference: '' }));
  const again = unnamed.map((line) => ({ ...line, time: line.time + 60_000 }));
  const invented = Array.from({ length: EACH }, (_, at) => ({ reference: `N-${at}`, time: alone[at * step].paid_at, cents: 77_777, means: 'Liards' }));
  const unsaid = back.filter(({ charge }) => charge !== null).slice(0, EACH);
  for (const { time, amount } of unsaid) lines.splice(lines.findIndex((line) => line.time === time && line.cents === -amount), 1);
  const elsewhere = Array.from({ length: 40 }, (_, at) => ({ reference: `E-${at}`, time: alone[at].paid_at, cents: 500, means: 'CB' }));

  const agreeing = written(honest(paid, back), ['N° de ticket', 'Jour', 'Heure', 'Montant', 'Règlement']);
  const whole = [...lines, ...doubled, ...again, ...invented, ...elsewhere];
  const at = (/** @type {Line} */ line) => whole.indexOf(line) + 2;
  const pairs = (/** @type {Paid[]} */ list) => list.map((one) => ({ line: at(lineOf(one)), sequence: one.sequence }));
  return {
    text: written(whole),
    agreeing,
    expected: {
      missing_in_ledger: invented.map((line) => ({ line: at(line), sequence: null })),
      missing_in_file: forgotten.map(({ sequence }) => ({ line: null, sequence })),
      amount_differs: pairs(wrongAmount),
      reference_differs: wrongReference.map(({ sequence }, place) => ({ line: at(misnamed[place]), sequence })),
      time_differs: wrongTime.map(({ sequence }, place) => ({ line: at(late[place]), sequence })),
      double_in_file: doubled.map((line) => ({ line: at(line), sequence: null })),
      refunded: unsaid.map(({ sequence }) => ({ line: null, sequence })),
      ambiguous: unclear.flatMap(({ sequence }, place) => [{ line: at(unnamed[place]), sequence }, { line: at(again[place]), sequence: null }]),
    },
  };
}
