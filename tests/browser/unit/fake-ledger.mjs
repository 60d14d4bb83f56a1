// A ledger small enough for a test: it numbers signed transactions, hashes them into an RFC 6962 tree and signs
// checkpoints, with the kit's own encoders. It applies no rules.

import { encodeCbor } from '../../../web/kit/cbor.js';
import { sign1, signerOf, transactionId } from '../../../web/kit/cose.js';
import { importSeed } from '../../../web/kit/ed25519.js';
import { concat, hex, sha256, unhex } from '../../../web/kit/hex.js';
import { encodeTransaction, propose, signTransaction } from '../../../web/kit/ledger.js';
import { encodeBase64 } from '../../../web/kit/base64url.js';
import { originOf } from '../../../web/kit/receipt.js';

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** @param {Bytes} left @param {Bytes} right */
const node = (left, right) => sha256(concat(new Uint8Array([1]), left, right));

/** @param {Bytes[]} leaves @returns {Promise<Bytes>} */
async function rootOf(leaves) {
  if (leaves.length === 1) return leaves[0];
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return node(await rootOf(leaves.slice(0, split)), await rootOf(leaves.slice(split)));
}

/** @param {number} index @param {Bytes[]} leaves @returns {Promise<Bytes[]>} */
async function pathOf(index, leaves) {
  if (leaves.length === 1) return [];
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  if (index < split) return [...(await pathOf(index, leaves.slice(0, split))), await rootOf(leaves.slice(split))];
  return [...(await pathOf(index - split, leaves.slice(split))), await rootOf(leaves.slice(0, split))];
}

/** @param {number | Bytes} fill a seed, or the byte that fills one */
export async function keyPair(fill) {
  const seed = fill instanceof Uint8Array ? fill : new Uint8Array(32).fill(fill);
  const { privateKey, publicKey } = await importSeed(seed);
  return { seed, publicKey, signer: signerOf(privateKey, publicKey) };
}

export class FakeLedger {
  /** @type {Bytes[]} */
  entries = [];
  /** @type {Bytes[]} */
  leaves = [];
  /** What proves each change of the checkpoint key. @type {import('../../../web/kit/cbor.js').Cbor[]} */
  rotations = [];

  /** @param {Bytes} ledger @param {Awaited<ReturnType<typeof keyPair>>} checkpoint */
  constructor(ledger, checkpoint) {
    this.ledger = ledger;
    this.checkpoint = checkpoint;
  }

  static async create(ledger = new Uint8Array(32).fill(7)) {
    return new FakeLedger(ledger, await keyPair(99));
  }

  /** With a genesis that names the checkpoint key, so that the key chain starts from the ledger's id. */
  static async found() {
    const issuer = await keyPair(90);
    const checkpoint = await keyPair(99);
    const body = new Map([[4, checkpoint.publicKey]]);
    const noLedger = new Uint8Array(32);
    const genesis = await sign1(issuer.signer, 'transaction', noLedger, encodeTransaction({ kind: 1, body }, 10_000));
    const founded = new FakeLedger(unhex(await transactionId(genesis, noLedger)), checkpoint);
    await founded.append(genesis, 1);
    return founded;
  }

  /** Rotates the checkpoint key by an act that one person may do alone. @param {Awaited<ReturnType<typeof keyPair>>} next */
  async rotate(next) {
    const operator = await keyPair(91);
    const sequence = await this.append(await signTransaction(operator.signer, this.ledger, propose(59, new Map([[1, next.publicKey]])), 10_000), 2);
    this.rotations.push(new Map([[1, await this.receipt(sequence)]]));
    this.checkpoint = next;
  }

  /** As `/log/keys` serves it. */
  chain() {
    return encodeCbor([this.entries[0], ...this.rotations]);
  }

  /** @param {Bytes} transaction @param {number} time @param {import('../../../web/kit/cbor.js').CborMap} [outcome] */
  async append(transaction, time, outcome = new Map()) {
    const sequence = this.entries.length;
    const entry = encodeCbor([sequence, time, transaction, outcome]);
    this.entries.push(entry);
    this.leaves.push(await sha256(concat(new Uint8Array([0]), entry)));
    return sequence;
  }

  async note(size = this.leaves.length) {
    const origin = originOf(this.ledger);
    const text = `${origin}\n${size}\n${encodeBase64(await rootOf(this.leaves.slice(0, size)))}\n`;
    const bytes = new TextEncoder().encode(text);
    const keyId = (await sha256(concat(new TextEncoder().encode(`${origin}\n`), new Uint8Array([1]), this.checkpoint.publicKey))).slice(0, 4);
    const signature = await this.checkpoint.signer.sign(bytes);
    return `${text}\n— ${origin} ${encodeBase64(concat(keyId, signature))}\n`;
  }

  /** @param {number} sequence */
  async receipt(sequence, size = this.leaves.length) {
    const proof = await pathOf(sequence, this.leaves.slice(0, size));
    return encodeCbor(new Map(/** @type {[number, import('../../../web/kit/cbor.js').Cbor][]} */ ([[1, this.entries[sequence]], [2, proof], [3, await this.note(size)]])));
  }

  /** @param {Bytes} account @param {Bytes} key @param {string} name @param {number} validUntil */
  certificate(account, key, name, validUntil) {
    const words = new Map(/** @type {[number, import('../../../web/kit/cbor.js').Cbor][]} */ ([[1, account], [2, key], [3, name], [4, validUntil]]));
    return sign1(this.checkpoint.signer, 'certificate', this.ledger, encodeCbor(words));
  }

  get trust() {
    return { ledger: this.ledger, checkpointKey: this.checkpoint.publicKey };
  }

  get hexTrust() {
    return { ledger: hex(this.ledger), checkpoint_key: hex(this.checkpoint.publicKey) };
  }
}
