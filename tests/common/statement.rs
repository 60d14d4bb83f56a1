//! The shortest statement that a bank could send (camt.053.001.08): one credit at most, and the balances around it.

#![allow(dead_code)]

/// A credit of so many euros under an end-to-end id, booked on the day of the statement.
pub struct Credit<'c> {
    pub end_to_end: &'c str,
    pub euros: u64,
}

/// What a bank says of an account on a day that began with so many euros.
pub fn statement(iban: &str, day: &str, opening: u64, credit: Option<&Credit<'_>>) -> String {
    let balance = |code: &str, euros: u64| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{euros}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
             <Dt><Dt>{day}</Dt></Dt></Bal>"
        )
    };
    let entry = credit.map(|Credit { end_to_end, euros }| {
        format!(
            "<Ntry><NtryRef>1</NtryRef><Amt Ccy=\"EUR\">{euros}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{end_to_end}/{day}</AcctSvcrRef>\
             <NtryDtls><TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
        )
    });
    let closing = opening + credit.map_or(0, |credit| credit.euros);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
         <GrpHdr><MsgId>{iban}-{day}</MsgId><CreDtTm>{day}T20:00:00Z</CreDtTm></GrpHdr><Stmt><Id>{day}</Id>\
         <CreDtTm>{day}T20:00:00Z</CreDtTm><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>{}{}{}</Stmt></BkToCstmrStmt>\
         </Document>",
        balance("OPBD", opening),
        balance("CLBD", closing),
        entry.unwrap_or_default()
    )
}
