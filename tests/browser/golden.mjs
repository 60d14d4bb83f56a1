// The golden vectors of the formats, and the check that any implementation of web/kit has to pass: in node and in Chromium.

import { readFileSync } from 'node:fs';

/** The vectors as name → hexadecimal bytes. @returns {[string, string][]} */
export function goldenLines() {
  const text = readFileSync(new URL('../../ledger/tests/golden.txt', import.meta.url), 'utf8');
  return text.split('\n').filter((line) => line.includes(' = ')).map((line) => /** @type {[string, string]} */ (line.split(' = ')));
}

/**
 * Signs, verifies and decodes every vector with the kit that is loaded from `base`; gives what does not fit. Runs as it stands in a page,
 * so it uses nothing from outside.
 * @param {{base: string, lines: [string, string][]}} given
 */
export async function checkGolden({ base, lines }) {
  const { hex, unhex } = await import(`${base}/hex.js`);
  const { decodeCbor, encodeCbor } = await import(`${base}/cbor.js`);
  const cose = await import(`${base}/cose.js`);
  const { importSeed } = await import(`${base}/ed25519.js`);
  const { verifyReceipt } = await import(`${base}/receipt.js`);
  const vectors = new Map(lines);
  const bytes = (/** @type {string} */ name) => unhex(vectors.get(name) ?? '');
  const ledger = bytes('genesis.id');
  const noLedger = new Uint8Array(32);
  /** @type {string[]} */
  const wrong = [];
  const expect = (/** @type {string} */ name, /** @type {boolean} */ fits) => { if (!fits) wrong.push(name); };
  const secretOf = (/** @type {string} */ publicKey) => {
    const name = lines.find(([key, value]) => key.endsWith('.public') && value === publicKey)?.[0] ?? '';
    return bytes(name.replace('.public', '.secret'));
  };
  const kindOf = (/** @type {string} */ name) =>
    ({ charge_request: 'charge', certificate: 'certificate', sign_in: 'sign-in', mandate: 'mandate', spending_certificate: 'spending', stall: 'stall' })[name.split('.')[0]] ?? 'transaction';
  let checked = 0;
  for (const [name, value] of lines.filter(([key]) => key.endsWith('.cose'))) {
    const stem = name.slice(0, -'.cose'.length);
    const under = stem.split('.')[0] === 'genesis' ? noLedger : ledger;
    const message = unhex(value);
    const { key, payload } = await cose.verifySign1(message, kindOf(stem), under);
    expect(`${stem}: payload`, hex(payload) === vectors.get(`${stem}.payload`));
    expect(`${stem}: encoding`, hex(encodeCbor(decodeCbor(payload))) === hex(payload));
    const signer = cose.signerOf((await importSeed(secretOf(hex(key)))).privateKey, key);
    expect(`${stem}: signing`, hex(await cose.sign1(signer, kindOf(stem), under, payload)) === value);
    if (vectors.has(`${stem}.id`)) expect(`${stem}: id`, (await cose.transactionId(message, under)) === vectors.get(`${stem}.id`));
    checked += 1;
  }
  const receipt = await verifyReceipt(bytes('receipt'), { ledger, checkpointKey: bytes('key.checkpoint.public') });
  expect('receipt', receipt.sequence === 6);
  const { verifySpendingCertificate } = await import(`${base}/ledger.js`);
  const certificate = bytes('spending_certificate.cose');
  const said = await verifySpendingCertificate(certificate, ledger, [bytes('key.anna.public'), bytes('key.checkpoint.public')]);
  expect('spending certificate', said.cap === 5000 && hex(said.key) === vectors.get('key.anna.public'));
  const believed = await verifySpendingCertificate(certificate, ledger, [bytes('key.anna.public')]).then(() => true, () => false);
  expect('spending certificate: of whom nobody believes', !believed);
  for (const [name, value] of lines.filter(([key]) => key.startsWith('refused.'))) {
    const sound = await cose.verifySign1(unhex(value), 'transaction', ledger)
      .then((/** @type {{payload: Uint8Array}} */ { payload }) => decodeCbor(payload)).then(() => true, () => false);
    expect(name, !sound || name.includes('out_of_bounds'));
    checked += 1;
  }
  return { checked, wrong };
}
