// Base45 (RFC 9285): bytes in the alphanumeric mode of a QR code, for payment orders shown by a payer without network.

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

/** @param {Uint8Array} bytes */
export function encodeBase45(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 2) {
    if (i + 1 < bytes.length) {
      const value = bytes[i] * 256 + bytes[i + 1];
      text += ALPHABET[value % 45] + ALPHABET[Math.floor(value / 45) % 45] + ALPHABET[Math.floor(value / 2025)];
    } else {
      text += ALPHABET[bytes[i] % 45] + ALPHABET[Math.floor(bytes[i] / 45)];
    }
  }
  return text;
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export function decodeBase45(text) {
  if (text.length % 3 === 1) throw new Error('not base45');
  /** @type {number[]} */
  const bytes = [];
  for (let i = 0; i < text.length; i += 3) {
    const digits = [...text.slice(i, i + 3)].map((character) => ALPHABET.indexOf(character));
    if (digits.includes(-1)) throw new Error('not base45');
    const value = digits[0] + digits[1] * 45 + (digits[2] ?? 0) * 2025;
    if (digits.length === 3) {
      if (value > 0xffff) throw new Error('not base45');
      bytes.push(value >> 8, value & 0xff);
    } else {
      if (value > 0xff) throw new Error('not base45');
      bytes.push(value);
    }
  }
  return new Uint8Array(bytes);
}
