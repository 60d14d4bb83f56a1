// A second implementation of the public formats, on node:crypto and cborg alone: what the kit reads in these tests, the kit
// has not written.

import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { encode, rfc8949EncodeOptions } from 'cborg';

/** @typedef {ReturnType<typeof keyOf>} Key */

/** @param {...(Uint8Array | string)} parts */
export const sha = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
/** @param {unknown} value */
export const cbor = (value) => encode(value, rfc8949EncodeOptions);
/** @param {number | bigint} value */
export const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

/** @param {number | string} seed in hex, or the byte that fills it */
export function keyOf(seed) {
  const bytes = typeof seed === 'string' ? Buffer.from(seed, 'hex') : Buffer.alloc(32, seed);
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), bytes]);
  const secret = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const key = new Uint8Array(createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32));
  return { key, sign: (/** @type {Uint8Array | string} */ text) => sign(null, Buffer.from(text), secret) };
}

/** @param {string} name @param {number} kind @param {Key} signer */
const keyId = (name, kind, signer) => sha(`${name}\n`, Buffer.from([kind]), signer.key).subarray(0, 4);

/** @param {string} name @param {number} kind @param {Key} signer */
export function vkey(name, kind, signer) {
  return `${name}+${keyId(name, kind, signer).toString('hex')}+${Buffer.concat([Buffer.from([kind]), signer.key]).toString('base64')}`;
}

/** @param {string} body @param {string} name @param {Key} signer */
export function noteLine(body, name, signer) {
  return `— ${name} ${Buffer.concat([keyId(name, 1, signer), signer.sign(body)]).toString('base64')}\n`;
}

/** @param {string} body @param {string} name @param {Key} signer @param {number} seconds */
export function cosignatureLine(body, name, signer, seconds) {
  const signature = signer.sign(`cosignature/v1\ntime ${seconds}\n${body}`);
  return `— ${name} ${Buffer.concat([keyId(name, 4, signer), u64(seconds), signature]).toString('base64')}\n`;
}

/** COSE_Sign1 as FORMATS.md has it. @param {Key} signer @param {string} kind @param {Uint8Array} ledger @param {Uint8Array} payload */
export function cose(signer, kind, ledger, payload) {
  return cbor(coseItem(signer, kind, ledger, payload));
}

/** The same before it is encoded, to stand in another item. @param {Key} signer @param {string} kind @param {Uint8Array} ledger @param {Uint8Array} payload */
export function coseItem(signer, kind, ledger, payload) {
  const header = Buffer.concat([Buffer.from('a20127045820', 'hex'), signer.key]);
  const signed = cbor(['Signature1', header, cbor(['liard', 1, kind, ledger]), payload]);
  return [header, new Map(), payload, signer.sign(signed)];
}

/** RFC 6962 §2.1. @param {Buffer[]} leaves @returns {Buffer} */
export function root(leaves) {
  if (leaves.length === 1) return leaves[0];
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha(Buffer.from([1]), root(leaves.slice(0, split)), root(leaves.slice(split)));
}

/** RFC 6962 §2.1.2. @param {number} old @param {Buffer[]} leaves @param {boolean} [whole] @returns {Buffer[]} */
export function consistency(old, leaves, whole = true) {
  if (old === leaves.length) return whole ? [] : [root(leaves)];
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  if (old <= split) return [...consistency(old, leaves.slice(0, split), whole), root(leaves.slice(split))];
  return [...consistency(old - split, leaves.slice(split), false), root(leaves.slice(0, split))];
}

/** @typedef {{sum: number, hash: Buffer}} SumNode */

/** @param {SumNode} left @param {SumNode} right @returns {SumNode} */
const sumNode = (left, right) => ({ sum: left.sum + right.sum, hash: sha(Buffer.from([1]), u64(left.sum), left.hash, u64(right.sum), right.hash) });

/**
 * A Merkle-sum tree of 1,024 leaves with these parts at these places, the rest dummies.
 * @param {Uint8Array} ledger
 * @param {number} number
 * @param {{index: number, account: Uint8Array, amount: number}[]} parts
 */
export function sumTree(ledger, number, parts) {
  /** @param {number} index */
  const salt = (index) => sha('salt', u64(index)).subarray(0, 16);
  /** @type {SumNode[]} */
  let level = Array.from({ length: 1024 }, (_, index) => ({ sum: 0, hash: sha('dummy', u64(index)) }));
  for (const { index, account, amount } of parts) {
    level[index] = { sum: amount, hash: sha(Buffer.from([0]), 'liard/liability', ledger, u64(number), salt(index), account, u64(amount)) };
  }
  const levels = [level];
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, at) => sumNode(level[2 * at], level[2 * at + 1]));
    levels.push(level);
  }
  /** @param {{index: number, amount: number}} part */
  const path = ({ index, amount }) => {
    const siblings = levels.slice(0, -1).map((nodes, height) => nodes[(index >> height) ^ 1]).map(({ sum, hash }) => [sum, hash]);
    return new Map(/** @type {[number, unknown][]} */ ([[1, index], [2, salt(index)], [3, amount], [4, siblings]]));
  };
  return { root: level[0], leaves: 1024, path };
}
