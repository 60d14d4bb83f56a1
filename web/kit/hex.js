// Hexadecimal and byte helpers: keys, ids and hashes travel in JSON as lower-case hex.

/** @param {Uint8Array} bytes @returns {string} */
export function hex(bytes) {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/**
 * Reads lower- or upper-case hex; throws on anything else.
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function unhex(text) {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw new Error('not hex');
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export function sameBytes(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** @param {...Uint8Array} parts @returns {Uint8Array<ArrayBuffer>} */
export function concat(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** @param {Uint8Array} bytes @returns {Promise<Uint8Array<ArrayBuffer>>} */
export async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
}

/** @param {number} length @returns {Uint8Array<ArrayBuffer>} */
export function randomBytes(length) {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** The start of a key in groups of four, to compare by eye between two screens. @param {string} key hex */
export function fingerprint(key) {
  return (key.slice(0, 16).match(/.{4}/g) ?? []).join(' ');
}
