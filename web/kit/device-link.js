// What a new device shows, and another one scans: its public key, and what it is called.

/** A name on a screen of 360 px; the server keeps 60 bytes. */
export const LONGEST_NAME = 24;
const KEY = /^[0-9a-f]{64}$/i;

/** @typedef {{key: string, label: string}} Device */

/** @param {Device} device */
export function deviceLink({ key, label }) {
  return `${location.origin}/wallet/#device=${key}.${encodeURIComponent(label)}`;
}

/** @param {string} text a link, what stands in its fragment, or a bare key @returns {Device | null} */
export function readDevice(text) {
  const [key, label = ''] = text.trim().replace(/^.*#device=/, '').split(/\.(.*)/s);
  if (!KEY.test(key)) return null;
  try {
    return { key: key.toLowerCase(), label: decodeURIComponent(label).replace(/\p{Cc}/gu, '').slice(0, LONGEST_NAME) };
  } catch {
    return { key: key.toLowerCase(), label: '' };
  }
}

/** What this device is probably called. @param {string} otherwise */
export function thisDevice(otherwise) {
  const known = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac', 'Linux'].find((name) => navigator.userAgent.includes(name));
  return known ?? otherwise;
}
