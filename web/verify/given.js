// What somebody holds up to be verified: a link, the text of a note, or a file. Its form tells what it claims to be; nothing
// is believed of it yet.

import { decodeBase64url } from '../kit/base64url.js';
import { decodeCbor } from '../kit/cbor.js';

/** A complaint with its answer and eight receipts is the longest. */
export const LONGEST_BYTES = 512 * 1024;

/**
 * @typedef {{kind: 'short' | 'receipt' | 'file' | 'complaint' | 'fork', bytes: Uint8Array<ArrayBuffer>}
 *   | {kind: 'statement' | 'checkpoint', note: string}} Given
 */

/** @param {unknown} value */
const isBytes = (value) => value instanceof Uint8Array;

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Given | null} */
function fromCbor(bytes) {
  const value = decodeCbor(bytes, { nulls: true });
  if (value instanceof Map) {
    if (typeof value.get(1) === 'string') return { kind: 'fork', bytes };
    if (isBytes(value.get(3))) return { kind: 'file', bytes };
    return typeof value.get(3) === 'string' ? { kind: 'receipt', bytes } : null;
  }
  if (!Array.isArray(value) || value.length !== 4) return null;
  if (typeof value[1] === 'string') return { kind: 'complaint', bytes };
  return value[1] instanceof Map ? { kind: 'short', bytes } : null;
}

/** @param {string} text @returns {Given | null} */
export function fromText(text) {
  if (/^liard\/[0-9a-f]{16}\/coverage\n/.test(text)) return { kind: 'statement', note: text };
  if (/^liard\/[0-9a-f]{16}\n/.test(text)) return { kind: 'checkpoint', note: text };
  const bare = text.trim();
  const encoded = /#s=([\w-]+)$/.exec(bare)?.[1] ?? (/^[\w-]{40,}$/.test(bare) ? bare : null);
  if (encoded === null) return null;
  try {
    return fromCbor(decodeBase64url(encoded));
  } catch {
    return null;
  }
}

/** What was pasted may have lost its last newline on the way. @param {string} text */
export function fromPaste(text) {
  return fromText(text.startsWith('liard/') ? `${text.trim().replace(/\r\n/g, '\n')}\n` : text);
}

/** @param {Uint8Array<ArrayBuffer>} bytes @returns {Given | null} null: nothing that this page knows */
export function fromFile(bytes) {
  if (bytes.length > LONGEST_BYTES) return null;
  try {
    return fromCbor(bytes);
  } catch {
    return fromText(new TextDecoder().decode(bytes));
  }
}
