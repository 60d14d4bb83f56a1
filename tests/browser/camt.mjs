// A bank that writes statements: camt.053.001.08, as small as it may be.

/** @typedef {{cents: number, name: string, iban?: string, reference?: string, text?: string, servicer: string}} Movement signed cents; `servicer` is the bank's own reference */

/** @param {number} cents */
const decimal = (cents) => `${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}`;
/** @param {number} cents */
const way = (cents) => (cents < 0 ? 'DBIT' : 'CRDT');
/** @param {string} name @param {string | undefined} text */
const tag = (name, text) => (text === undefined ? '' : `<${name}>${text.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</${name}>`);

/** @param {Movement} movement @param {string} day */
function entry({ cents, name, iban, reference, text, servicer }, day) {
  const side = cents < 0 ? 'Cdtr' : 'Dbtr';
  const other = iban ? `<${side}Acct><Id><IBAN>${iban}</IBAN></Id></${side}Acct>` : '';
  const structured = reference ? `<Strd><CdtrRefInf><Ref>${reference}</Ref></CdtrRefInf></Strd>` : '';
  return `<Ntry><Amt Ccy="EUR">${decimal(cents)}</Amt><CdtDbtInd>${way(cents)}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${day}</Dt></BookgDt>
    <ValDt><Dt>${day}</Dt></ValDt><AcctSvcrRef>${servicer}</AcctSvcrRef><BkTxCd><Prtry><Cd>TRF</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
    <RltdPties><${side}><Pty>${tag('Nm', name)}</Pty></${side}>${other}</RltdPties><RmtInf>${tag('Ustrd', text)}${structured}</RmtInf></TxDtls></NtryDtls></Ntry>`;
}

/** @param {{id: string, iban: string, day: string, opening: number, movements: Movement[]}} words a statement of one day */
export function statement({ id, iban, day, opening, movements }) {
  const closing = movements.reduce((sum, { cents }) => sum + cents, opening);
  /** @param {string} code @param {number} cents */
  const balance = (code, cents) => `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${decimal(cents)}</Amt><CdtDbtInd>${way(cents)}</CdtDbtInd><Dt><Dt>${day}</Dt></Dt></Bal>`;
  return `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M${id}</MsgId><CreDtTm>${day}T20:00:00</CreDtTm></GrpHdr>
    <Stmt><Id>${id}</Id><FrToDt><FrDtTm>${day}T00:00:00</FrDtTm><ToDtTm>${day}T23:59:59</ToDtTm></FrToDt><Acct><Id><IBAN>${iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>
    ${balance('OPBD', opening)}${balance('CLBD', closing)}${movements.map((movement) => entry(movement, day)).join('\n')}</Stmt></BkToCstmrStmt></Document>`;
}
