// QR codes, drawn as one SVG path with the quiet zone that readers need, always dark on white.

import { html, svg } from '../vendor/lit-html/lit-html.js';
import { qrcode } from '../vendor/qrcode-generator/qrcode.js';

const QUIET = 4;

/**
 * @param {string} text
 * @param {'Byte' | 'Alphanumeric'} mode
 * @param {'L' | 'M' | 'Q'} level
 */
function matrix(text, mode, level) {
  const code = qrcode(0, level);
  // The encoder takes one byte per character, so that text beyond ASCII is spelled in UTF-8 first.
  code.addData(mode === 'Byte' ? String.fromCharCode(...new TextEncoder().encode(text)) : text, mode);
  code.make();
  return code;
}

/** The modules as a path, one unit each. @param {{getModuleCount: () => number, isDark: (row: number, column: number) => boolean}} code */
function pathOf(code) {
  const count = code.getModuleCount();
  let path = '';
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      let length = 0;
      while (column + length < count && code.isDark(row, column + length)) length++;
      if (length > 0) path += `M${column + QUIET} ${row + QUIET}h${length}v1h-${length}z`;
      column += length;
    }
  }
  return path;
}

/** The same as a path on a square of `size` units, for a canvas. @param {string} text @param {'L' | 'M' | 'Q'} [level] */
export function qrPath(text, level = 'M') {
  const code = matrix(text, 'Byte', level);
  return { path: pathOf(code), size: code.getModuleCount() + 2 * QUIET };
}

/**
 * @param {string} text
 * @param {{label: string, mode?: 'Byte' | 'Alphanumeric', level?: 'L' | 'M' | 'Q'}} options label: what it is, in words
 */
export function qrView(text, { label, mode = 'Byte', level = 'M' }) {
  const code = matrix(text, mode, level);
  const size = code.getModuleCount() + 2 * QUIET;
  return html`<svg class="qr" role="img" aria-label=${label} viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">
    ${svg`<rect width=${size} height=${size} fill="#fff"></rect><path d=${pathOf(code)} fill="#000"></path>`}
  </svg>`;
}
