// Base64, in the URL-safe form without padding that links and JSON use, and in the standard form that C2SP notes use.

const URL_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const STANDARD_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** @param {Uint8Array} bytes @param {string} alphabet */
function encodeWith(bytes, alphabet) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += alphabet[word >> 18] + alphabet[(word >> 12) & 63];
    if (left > 1) text += alphabet[(word >> 6) & 63];
    if (left > 2) text += alphabet[word & 63];
  }
  return text;
}

/**
 * Refuses foreign characters, impossible lengths and left-over bits, so that each byte string has one spelling.
 * @param {string} text
 * @param {string} alphabet
 * @returns {Uint8Array<ArrayBuffer>}
 */
function decodeWith(text, alphabet) {
  if (text.length % 4 === 1) throw new Error('not base64');
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    const value = alphabet.indexOf(character);
    if (value < 0) throw new Error('not base64');
    word = ((word << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (word >> bits) & 0xff;
    }
  }
  if ((word & ((1 << bits) - 1)) !== 0) throw new Error('not base64');
  return bytes;
}

/** @param {Uint8Array} bytes */
export function encodeBase64url(bytes) {
  return encodeWith(bytes, URL_ALPHABET);
}

/** @param {string} text */
export function decodeBase64url(text) {
  return decodeWith(text, URL_ALPHABET);
}

/** Standard alphabet, padded. @param {Uint8Array} bytes */
export function encodeBase64(bytes) {
  const text = encodeWith(bytes, STANDARD_ALPHABET);
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** Standard alphabet, padded. @param {string} text */
export function decodeBase64(text) {
  if (text.length % 4 !== 0) throw new Error('not base64');
  return decodeWith(text.replace(/={1,2}$/, ''), STANDARD_ALPHABET);
}
