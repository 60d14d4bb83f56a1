// Deterministic CBOR (RFC 8949 §4.2.1), the one encoding of everything that is signed. Maps are JavaScript Maps with
// integer keys. The decoder refuses every byte string that the encoder would not have written.

/** @typedef {number | bigint | boolean | null | string | Uint8Array | CborArray | CborMap} Cbor null only where a format has an empty place in a list */
/** @typedef {Cbor[]} CborArray */
/** @typedef {Map<number, Cbor>} CborMap */

const MAX_DEPTH = 16;

/** @param {number} major @param {bigint} value @param {number[]} out */
function head(major, value, out) {
  const type = major << 5;
  if (value < 24n) {
    out.push(type | Number(value));
    return;
  }
  const size = value < 0x100n ? 1 : value < 0x10000n ? 2 : value < 0x100000000n ? 4 : 8;
  out.push(type | { 1: 24, 2: 25, 4: 26, 8: 27 }[size]);
  for (let shift = size - 1; shift >= 0; shift--) out.push(Number((value >> BigInt(8 * shift)) & 0xffn));
}

/** @param {Cbor} value @param {number[]} out */
function write(value, out) {
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Error('not a safe integer');
    const integer = BigInt(value);
    if (integer >= 1n << 64n || integer < -(1n << 64n)) throw new Error('integer out of range');
    if (integer >= 0n) head(0, integer, out);
    else head(1, -1n - integer, out);
  } else if (typeof value === 'boolean') {
    out.push(value ? 0xf5 : 0xf4);
  } else if (value === null) {
    out.push(0xf6);
  } else if (typeof value === 'string') {
    const bytes = new TextEncoder().encode(value);
    head(3, BigInt(bytes.length), out);
    for (const byte of bytes) out.push(byte);
  } else if (value instanceof Uint8Array) {
    head(2, BigInt(value.length), out);
    for (const byte of value) out.push(byte);
  } else if (Array.isArray(value)) {
    head(4, BigInt(value.length), out);
    for (const item of value) write(item, out);
  } else if (value instanceof Map) {
    // Bytewise order of the encoded keys: non-negative ascending, then negative descending.
    const keys = [...value.keys()].sort((a, b) => (a >= 0) === (b >= 0) ? Math.abs(a) - Math.abs(b) : b - a);
    head(5, BigInt(keys.length), out);
    for (const key of keys) {
      write(key, out);
      write(/** @type {Cbor} */ (value.get(key)), out);
    }
  } else {
    throw new Error('no CBOR for this value');
  }
}

/** @param {Cbor} value @returns {Uint8Array<ArrayBuffer>} */
export function encodeCbor(value) {
  /** @type {number[]} */
  const out = [];
  write(value, out);
  return new Uint8Array(out);
}

/**
 * Reads one item at the start of `bytes` and says where it ends.
 * @param {Uint8Array} bytes
 * @param {number} [start]
 * @param {{nulls?: boolean}} [options] `nulls`: the format has empty places in lists
 * @returns {{value: Cbor, end: number}}
 */
export function decodeCborItem(bytes, start = 0, { nulls = false } = {}) {
  let at = start;

  /** @param {number} length */
  const take = (length) => {
    if (length > bytes.length - at) throw new Error('CBOR: cut short');
    const part = bytes.slice(at, at + length);
    at += length;
    return part;
  };

  /** @param {number} information @returns {bigint} */
  const argument = (information) => {
    if (information < 24) return BigInt(information);
    if (information > 27) throw new Error('CBOR: indefinite or reserved length');
    let value = 0n;
    for (const byte of take(1 << (information - 24))) value = (value << 8n) | BigInt(byte);
    const least = [24n, 0x100n, 0x10000n, 0x100000000n][information - 24];
    if (value < least) throw new Error('CBOR: not the shortest form');
    return value;
  };

  /** @param {bigint} value */
  const integer = (value) =>
    value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= -BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;

  /** @param {number} depth @returns {Cbor} */
  const item = (depth) => {
    if (depth > MAX_DEPTH) throw new Error('CBOR: nested too deep');
    const first = take(1)[0];
    const major = first >> 5;
    if (major === 7) {
      if (first === 0xf4) return false;
      if (first === 0xf5) return true;
      if (first === 0xf6 && nulls) return null;
      throw new Error('CBOR: simple value or float');
    }
    const count = argument(first & 31);
    if (major === 0) return integer(count);
    if (major === 1) return integer(-1n - count);
    if (major === 6) throw new Error('CBOR: tag');
    if (count > BigInt(bytes.length - at)) throw new Error('CBOR: cut short');
    const length = Number(count);
    if (major === 2) return take(length);
    if (major === 3) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(take(length));
    if (major === 4) {
      /** @type {CborArray} */
      const array = [];
      for (let i = 0; i < length; i++) array.push(item(depth + 1));
      return array;
    }
    /** @type {CborMap} */
    const map = new Map();
    let before = '';
    for (let i = 0; i < length; i++) {
      const keyStart = at;
      const key = item(depth + 1);
      if (typeof key !== 'number') throw new Error('CBOR: a key is not an integer');
      // One character per byte: comparing the strings compares the encoded keys byte by byte.
      const spelling = String.fromCharCode(...bytes.subarray(keyStart, at));
      if (spelling <= before && i > 0) throw new Error('CBOR: keys not ascending');
      before = spelling;
      map.set(key, item(depth + 1));
    }
    return map;
  };

  return { value: item(1), end: at };
}

/** @param {Uint8Array} bytes @param {{nulls?: boolean}} [options] @returns {Cbor} */
export function decodeCbor(bytes, options) {
  const { value, end } = decodeCborItem(bytes, 0, options);
  if (end !== bytes.length) throw new Error('CBOR: bytes after the end');
  return value;
}

/**
 * The fields of a map with their types checked: readers ask for what they need and get it or an error.
 * @param {Cbor | undefined} value
 */
export function fields(value) {
  if (!(value instanceof Map)) throw new Error('CBOR: not a map');
  /** @param {number} key @param {string} type @returns {never} */
  const refuse = (key, type) => {
    throw new Error(`CBOR: field ${key} is not ${type}`);
  };
  return {
    /** @param {number} key */
    has: (key) => value.has(key),
    /** @param {number} key @returns {number} */
    uint: (key) => {
      const field = value.get(key);
      return typeof field === 'number' && field >= 0 ? field : refuse(key, 'an unsigned integer');
    },
    /** @param {number} key @param {number} [length] @returns {Uint8Array<ArrayBuffer>} */
    bytes: (key, length) => {
      const field = value.get(key);
      if (!(field instanceof Uint8Array) || (length !== undefined && field.length !== length)) {
        return refuse(key, 'bytes of that length');
      }
      return new Uint8Array(field);
    },
    /** @param {number} key @returns {string} */
    text: (key) => {
      const field = value.get(key);
      return typeof field === 'string' ? field : refuse(key, 'text');
    },
    /** @param {number} key @returns {CborArray} */
    array: (key) => {
      const field = value.get(key);
      return Array.isArray(field) ? field : refuse(key, 'an array');
    },
    /** @param {number} key @returns {CborMap} */
    map: (key) => {
      const field = value.get(key);
      return field instanceof Map ? field : refuse(key, 'a map');
    },
  };
}
