// A receipt as a picture to keep or to send: drawn here, from what was verified, with the code that leads to the proof.

import { language, LANGUAGES, t } from '../kit/i18n.js';
import { formatAmount, formatCount } from '../kit/money.js';
import { qrPath } from '../kit/qr.js';
import { formatDateTime } from '../kit/time.js';
import { facts as ledgerFacts, symbol } from './state.js';

/** Wide enough for a code that a camera reads off a small screen. */
const WIDTH = 800;
const MARGIN = 64;
const CODE = 560;
/** A shop's name is 70 letters at most; three lines hold it. */
const MOST_LINES = 3;

const INK = '#1d2a2a';
const QUIET = '#55605c';
const PAPER = '#fffdf8';
const GREEN = '#11594a';
const SERIF = 'ui-serif, "Palatino Linotype", Palatino, "Noto Serif", "Noto Naskh Arabic", Georgia, serif';
const SANS = 'system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans Arabic", sans-serif';

/** @param {CanvasRenderingContext2D} pen @param {string} text @param {number} width @returns {string[]} */
function linesOf(pen, text, width) {
  /** @type {string[]} */
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = lines[lines.length - 1] ? `${lines[lines.length - 1]} ${word}` : word;
    if (pen.measureText(longer).width <= width || !lines[lines.length - 1]) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.slice(0, MOST_LINES);
}

/** Writes centred lines from `y` down; gives the place below them. @param {CanvasRenderingContext2D} pen @param {string} text @param {number} y @param {{size: number, bold?: boolean, serif?: boolean, colour?: string}} look */
function write(pen, text, y, { size, bold = false, serif = false, colour = INK }) {
  pen.font = `${bold ? 700 : 400} ${size}px ${serif ? SERIF : SANS}`;
  pen.fillStyle = colour;
  let at = y;
  for (const line of linesOf(pen, text, WIDTH - 2 * MARGIN)) {
    at += size;
    pen.fillText(line, WIDTH / 2, at);
    at += size * 0.4;
  }
  return at;
}

/** @param {CanvasRenderingContext2D} pen @param {string} link @param {number} y */
function drawCode(pen, link, y) {
  const { path, size } = qrPath(link, 'L');
  const unit = Math.floor(CODE / size);
  pen.save();
  pen.translate(Math.round((WIDTH - unit * size) / 2), y);
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, unit * size, unit * size);
  pen.scale(unit, unit);
  pen.fillStyle = '#000';
  pen.fill(new Path2D(path));
  pen.restore();
  return y + unit * size;
}

/**
 * @typedef {{facts: import('../kit/receipt.js').Facts, words: import('./receipt-view.js').ReceiptWords, link: string | null, final: boolean}} Told
 */

/** Draws everything; gives the height that it took. @param {CanvasRenderingContext2D} pen @param {Told} told */
function draw(pen, { facts, words, link, final }) {
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, WIDTH, pen.canvas.height);
  pen.fillStyle = GREEN;
  pen.fillRect(0, 0, WIDTH, 16);
  pen.textAlign = 'center';
  pen.direction = LANGUAGES.find(({ code }) => code === language.value)?.dir ?? 'ltr';
  let y = write(pen, ledgerFacts().name, 56, { size: 34, serif: true, bold: true, colour: GREEN });
  y = write(pen, words.headline, y + 16, { size: 34 });
  if (words.cents !== null) y = write(pen, formatAmount(words.cents, { symbol: symbol.value, sign: words.sign }), y + 4, { size: 84, bold: true });
  if (words.party) y = write(pen, words.party, y + 8, { size: 42, serif: true, bold: true });
  y = write(pen, formatDateTime(facts.time), y + 12, { size: 28, colour: QUIET });
  y = write(pen, `${t('receipt.entry')} ${formatCount(facts.sequence)}`, y, { size: 28, colour: QUIET });
  y = write(pen, t(final ? 'standing.final' : 'standing.recorded'), y + 12, { size: 30, bold: true, colour: GREEN });
  if (link) y = drawCode(pen, link, y + 12);
  y = write(pen, t('receipt.print_text', { address: `${location.host}/verify/` }), y + 12, { size: 24, colour: QUIET });
  return y + 40;
}

/** @param {Told} told @returns {Promise<Blob>} a PNG */
export async function receiptPicture(told) {
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('this browser draws no pictures');
  canvas.width = WIDTH;
  canvas.height = draw(pen, told);
  draw(pen, told);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!(blob instanceof Blob)) throw new Error('the picture could not be made');
  return blob;
}
