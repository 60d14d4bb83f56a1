// VAT on tickets. Prices hold their VAT; amounts are whole cents, quantities thousandths, rates hundredths of a percent. Nothing
// here is a float: what is rounded is rounded once, half away from zero, as the ticket's record says.

/** Hundredths of a percent in the whole. */
const WHOLE = 10_000n;
/** Thousandths in one piece, kilogram or litre. */
export const ONE = 1_000;

/** @typedef {{label: string, price: number, quantity: number, unit: string, rate: number, total: number}} Line price in cents for one, quantity in thousandths, rate in hundredths of a percent */
/** @typedef {{rate: number, gross: number, vat: number}} RateTotal */

/** A quotient, rounded half away from zero. @param {bigint} above @param {bigint} below above 0 */
function rounded(above, below) {
  const size = above < 0n ? -above : above;
  const quotient = (2n * size + below) / (2n * below);
  return Number(above < 0n ? -quotient : quotient);
}

/** What a line comes to. @param {number} price cents, negative for a discount @param {number} quantity thousandths */
export function lineTotal(price, quantity) {
  return rounded(BigInt(price) * BigInt(quantity), BigInt(ONE));
}

/** A line with its total. @param {{label: string, price: number, rate: number, quantity?: number, unit?: string}} words */
export function lineOf({ label, price, rate, quantity = ONE, unit = '' }) {
  return { label, price, quantity, unit, rate, total: lineTotal(price, quantity) };
}

/** The VAT that a price holds. @param {number} gross cents @param {number} rate */
export function vatIn(gross, rate) {
  return rounded(BigInt(gross) * BigInt(rate), WHOLE + BigInt(rate));
}

/** The totals of each rate, ascending. @param {Pick<Line, 'rate' | 'total'>[]} lines @returns {RateTotal[]} */
export function totalsPerRate(lines) {
  /** @type {Map<number, number>} */
  const sums = new Map();
  for (const { rate, total } of lines) sums.set(rate, (sums.get(rate) ?? 0) + total);
  return [...sums].sort(([a], [b]) => a - b).map(([rate, gross]) => ({ rate, gross, vat: vatIn(gross, rate) }));
}

/** What a ticket comes to. @param {Pick<Line, 'total'>[]} lines */
export function totalOf(lines) {
  return lines.reduce((sum, { total }) => sum + total, 0);
}
