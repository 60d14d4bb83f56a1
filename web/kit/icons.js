// Line icons, drawn for this project on a 24-unit grid; they take the colour of the text around them.

import { html, svg } from '../vendor/lit-html/lit-html.js';

/** @type {Record<string, string>} */
const PATHS = {
  scan: 'M4 8V5.5A1.5 1.5 0 0 1 5.5 4H8M16 4h2.5A1.5 1.5 0 0 1 20 5.5V8M20 16v2.5a1.5 1.5 0 0 1-1.5 1.5H16M8 20H5.5A1.5 1.5 0 0 1 4 18.5V16M4 12h16',
  qr: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.5v2.5H14zM19.9 14v2.5M14 19.9h2.5M19.9 19.9v.05',
  convert: 'M4 9h13l-3.5-3.5M20 15H7l3.5 3.5',
  send: 'M5 12h14M13 6l6 6-6 6',
  receive: 'M12 5v14M6 13l6 6 6-6',
  history: 'M12 7.5V12l3 2M4.5 9A8 8 0 1 1 4 12M4 5v4h4',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cross: 'M6 6l12 12M18 6L6 18',
  warning: 'M12 4L2.8 19.5h18.4zM12 10v4.5M12 17v.05',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5.5M12 7.5v.05',
  offline: 'M3 3l18 18M8.5 15.5a5 5 0 0 1 6 -.8M5 12a10 10 0 0 1 4.5-2.6M13 9.1a10 10 0 0 1 6 2.9M12 19v.05',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  down: 'M5 9l7 7 7-7',
  shop: 'M4 10v10h16V10M3 10l2-6h14l2 6M3 10a3 3 0 0 0 6 0 3 3 0 0 0 6 0 3 3 0 0 0 6 0M10 20v-5h4v5',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0',
  people: 'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.8a3.5 3.5 0 0 1 0 6.4M18 14.2a6.5 6.5 0 0 1 3.5 5.8',
  key: 'M8 19a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11 12l8-8M15.5 7.5l3 3',
  shield: 'M12 3l7.5 3v5.5c0 4.5-3 8-7.5 9.5-4.5-1.5-7.5-5-7.5-9.5V6zM8.5 12l2.5 2.5 4.5-5',
  print: 'M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z',
  till: 'M6 3h12v18l-2.5-1.7L13 21l-2-1.7L8.5 21 6 19.3zM9 8h6M9 12h6',
  bank: 'M3 9l9-5 9 5M4 20h16M6 10v7M10 10v7M14 10v7M18 10v7',
  gift: 'M4 12h16v8H4zM3 8h18v4H3zM12 8v12M12 8c-2 0-4.5-.8-4.5-2.6C7.5 4 8.5 3.5 9.3 3.5 11 3.5 12 6 12 8zM12 8c2 0 4.5-.8 4.5-2.6 0-1.4-1-1.9-1.8-1.9C13 3.5 12 6 12 8z',
  torch: 'M8 3h8v4l-2 3v11h-4V10L8 7zM8 7h8M12 13v2',
  language: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3.5 9h17M3.5 15h17M12 3c-5 5.5-5 12.5 0 18M12 3c5 5.5 5 12.5 0 18',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  refresh: 'M19.5 10A8 8 0 0 0 5 8.5M4.5 14A8 8 0 0 0 19 15.5M5 4v4.5h4.5M19 20v-4.5h-4.5',
  external: 'M13 4h7v7M20 4l-9 9M18 14v6H4V6h6',
  sound: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
  undo: 'M4 9h10.5a5.5 5.5 0 0 1 0 11H9M4 9l4-4M4 9l4 4',
  chart: 'M5 20V11M12 20V4M19 20v-6M3 20.5h18',
  picture: 'M4 5h16v14H4zM4 16l4.5-4.5 4 4 3-3L20 16M15 9.5v.05',
  save: 'M12 4v11M7.5 10.5L12 15l4.5-4.5M5 19.5h14',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5M9 13h6M9 17h6',
  pen: 'M4 20l1-4.5L15.5 5a2.1 2.1 0 0 1 3 3L8 18.5zM13.5 7l3 3M13 20h7',
  menu: 'M4 6.5h16M4 12h16M4 17.5h16',
  upload: 'M12 16V5M7.5 9.5L12 5l4.5 4.5M5 19.5h14',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20',
  card: 'M3 6h18v12H3zM3 10h18M6.5 14.5h4',
  phone: 'M7 3h10v18H7zM11 18h2',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l1.5 1.5h-15zM10.5 21h3M12 5V3',
  school: 'M12 5L2.5 9.5 12 14l9.5-4.5zM6.5 11.8V16c3 2.6 8 2.6 11 0v-4.2M21.5 9.5V15',
};

/** Icons that point along the line of writing, and turn round with it. */
const DIRECTED = new Set(['send', 'back', 'next', 'undo', 'history']);

/**
 * @param {keyof typeof PATHS} name
 * @param {{size?: number}} [options]
 */
export function icon(name, { size = 24 } = {}) {
  return html`<svg class=${DIRECTED.has(String(name)) ? 'icon directed' : 'icon'} viewBox="0 0 24 24" width=${size} height=${size} aria-hidden="true" focusable="false">
    ${svg`<path d=${PATHS[name] ?? ''}></path>`}
  </svg>`;
}

/** The mark of the project: a small copper coin with a poplar leaf. @param {{size?: number}} [options] */
export function coinMark({ size = 40 } = {}) {
  return html`<svg class="coin" viewBox="0 0 48 48" width=${size} height=${size} aria-hidden="true" focusable="false">
    ${svg`<circle class="coin-edge" cx="24" cy="24" r="22"></circle>
      <circle class="coin-ring" cx="24" cy="24" r="18.5"></circle>
      <path class="coin-leaf" d="M24 10c7 5 11 9.5 11 14.5 0 4.5-4 7-9.5 6.8L25.2 38h-2.4l-.3-6.7C17 31.5 13 29 13 24.5 13 19.5 17 15 24 10z"></path>
      <path class="coin-vein" d="M24 15v16M24 22l5-4M24 22l-5-4M24 27.5l6-4M24 27.5l-6-4"></path>`}
  </svg>`;
}
