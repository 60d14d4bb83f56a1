// Bech32m (BIP 350): the spelling of account ids for people. Any mistyped character, up to four, is noticed.

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const BECH32M = 0x2bc830a3;
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** @param {number[]} values */
function polymod(values) {
  let sum = 1;
  for (const value of values) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (let i = 0; i < 5; i++) if ((top >>> i) & 1) sum ^= GENERATOR[i];
  }
  return sum;
}

/** @param {string} prefix */
function expand(prefix) {
  const codes = [...prefix].map((character) => character.charCodeAt(0));
  return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

/**
 * Five-bit symbols with their checksum, in characters, without prefix.
 * @param {string} prefix
 * @param {number[]} symbols
 */
export function encodeSymbols(prefix, symbols) {
  const sum = polymod([...expand(prefix), ...symbols, 0, 0, 0, 0, 0, 0]) ^ BECH32M;
  const check = [0, 1, 2, 3, 4, 5].map((i) => (sum >>> (5 * (5 - i))) & 31);
  return [...symbols, ...check].map((symbol) => CHARSET[symbol]).join('');
}

/**
 * The symbols of a text made by `encodeSymbols`; null when a character is foreign or the checksum is wrong.
 * @param {string} prefix
 * @param {string} text lower case
 * @returns {number[] | null}
 */
export function decodeSymbols(prefix, text) {
  const symbols = [...text].map((character) => CHARSET.indexOf(character));
  if (symbols.length < 6 || symbols.includes(-1)) return null;
  if (polymod([...expand(prefix), ...symbols]) !== BECH32M) return null;
  return symbols.slice(0, -6);
}

/**
 * @param {Uint8Array | number[]} values
 * @param {number} from bits per input value
 * @param {number} to bits per output value
 * @param {boolean} pad
 * @returns {number[] | null}
 */
export function regroup(values, from, to, pad) {
  let word = 0;
  let bits = 0;
  /** @type {number[]} */
  const out = [];
  for (const value of values) {
    word = ((word << from) | value) & 0xfff;
    bits += from;
    while (bits >= to) {
      bits -= to;
      out.push((word >> bits) & ((1 << to) - 1));
    }
  }
  if (pad) {
    if (bits > 0) out.push((word << (to - bits)) & ((1 << to) - 1));
  } else if (bits >= from || (word & ((1 << bits) - 1)) !== 0) {
    return null;
  }
  return out;
}

/** @param {string} prefix @param {Uint8Array} bytes */
export function encodeBech32m(prefix, bytes) {
  return `${prefix}1${encodeSymbols(prefix, regroup(bytes, 8, 5, true) ?? [])}`;
}

/**
 * @param {string} text
 * @returns {{prefix: string, bytes: Uint8Array<ArrayBuffer>} | null} null when it was mistyped
 */
export function decodeBech32m(text) {
  if (text !== text.toLowerCase() && text !== text.toUpperCase()) return null;
  const lower = text.toLowerCase();
  const at = lower.lastIndexOf('1');
  if (at < 1 || lower.length > 90) return null;
  const prefix = lower.slice(0, at);
  const symbols = decodeSymbols(prefix, lower.slice(at + 1));
  const bytes = symbols && regroup(symbols, 5, 8, false);
  return bytes ? { prefix, bytes: new Uint8Array(bytes) } : null;
}

/**
 * The 16 bytes of an account id; null when the text is mistyped or belongs to another currency.
 * @param {string} text spaces are ignored
 * @param {string} prefix the currency's
 */
export function decodeAccount(text, prefix) {
  const decoded = decodeBech32m(text.replace(/\s/g, ''));
  return decoded && decoded.prefix === prefix && decoded.bytes.length === 16 ? decoded.bytes : null;
}

/** An account id in groups of four, for reading aloud. @param {string} account */
export function groupAccount(account) {
  const at = account.lastIndexOf('1') + 1;
  return `${account.slice(0, at)} ${(account.slice(at).match(/.{1,4}/g) ?? []).join(' ')}`;
}

/** The first and last letters of an account id. @param {string | null} account */
export function shortAccount(account) {
  if (!account) return '';
  const at = account.lastIndexOf('1') + 1;
  return `${account.slice(0, at + 4)}…${account.slice(-4)}`;
}
