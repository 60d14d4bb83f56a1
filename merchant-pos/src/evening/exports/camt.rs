//! A statement in the form of ISO 20022 camt.053.001.08. The account stands under its own text (`Othr`), since it has no IBAN; it begins
//! at zero, so that the closing balance is what came in by sales.

use super::{Book, decimal, escaped, utc};
use ledger::calendar::{day_text, paris_day};

/// Identifiers (`Max35Text`), names and unstructured remittance information (`Max140Text`) have at most so many characters.
const MAX_ID: usize = 35;
const MAX_TEXT: usize = 140;

fn instant(ms: u64) -> String {
    let (year, month, day, hour, minute, second) = utc(ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn amount(cents: i64) -> String {
    let direction = if cents < 0 { "DBIT" } else { "CRDT" };
    format!("<Amt Ccy=\"EUR\">{}</Amt><CdtDbtInd>{direction}</CdtDbtInd>", decimal(cents.saturating_abs()))
}

fn balance(code: &str, cents: i64, day: &str) -> String {
    format!("<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{}<Dt><Dt>{day}</Dt></Dt></Bal>\n", amount(cents))
}

/// The movements of units.
pub fn camt(book: &Book) -> Vec<u8> {
    let (first, last) = (day_text(paris_day(book.from)), day_text(paris_day(book.to.saturating_sub(1))));
    let id = escaped(&format!("LIARD-{first}-{last}"), MAX_ID);
    let sum: i64 = book.movements().map(|row| row.cents).sum();
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\n",
    );
    let made = instant(book.made);
    out.push_str(&format!(
        "<GrpHdr><MsgId>{id}</MsgId><CreDtTm>{made}</CreDtTm></GrpHdr>\n<Stmt><Id>{id}</Id><CreDtTm>{made}</CreDtTm>"
    ));
    out.push_str(&format!("<FrToDt><FrDtTm>{}</FrDtTm><ToDtTm>{}</ToDtTm></FrToDt>\n", instant(book.from), instant(book.to)));
    // Account ids have 34 characters at most there; ours have more, and end in their check.
    let account: String = book.account.chars().skip(book.account.chars().count().saturating_sub(34)).collect();
    let owner =
        if book.shop.is_empty() { String::new() } else { format!("<Ownr><Nm>{}</Nm></Ownr>", escaped(book.shop, MAX_TEXT)) };
    out.push_str(&format!("<Acct><Id><Othr><Id>{}</Id></Othr></Id><Ccy>EUR</Ccy>{owner}</Acct>\n", escaped(&account, 34)));
    out.push_str(&balance("OPBD", 0, &first));
    out.push_str(&balance("CLBD", sum, &last));
    for row in book.movements() {
        let (reference, day) = (escaped(&row.id, MAX_ID), day_text(paris_day(row.time)));
        let family = if row.cents < 0 { "ICDT" } else { "RCDT" };
        let code =
            format!("<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>OTHR</SubFmlyCd></Fmly></Domn></BkTxCd>");
        let end_to_end = escaped(&row.charge.map_or_else(|| "NOTPROVIDED".into(), hex::encode), MAX_ID);
        let party = row.payer.map(|payer| {
            let (side, account) = (if row.cents < 0 { "Cdtr" } else { "Dbtr" }, payer.to_text(book.prefix));
            format!("<RltdPties><{side}><Pty><Nm>{account}</Nm></Pty></{side}></RltdPties>")
        });
        let text = escaped(&book.what(row), MAX_TEXT);
        out.push_str(&format!("<Ntry><NtryRef>{reference}</NtryRef>{}<Sts><Cd>BOOK</Cd></Sts>", amount(row.cents)));
        out.push_str(&format!(
            "<BookgDt><DtTm>{}</DtTm></BookgDt><ValDt><Dt>{day}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef>{code}",
            instant(row.time)
        ));
        out.push_str(&format!("<NtryDtls><TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>{}", amount(row.cents)));
        out.push_str(&format!(
            "{}<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n",
            party.unwrap_or_default()
        ));
    }
    out.push_str("</Stmt></BkToCstmrStmt></Document>\n");
    out.into_bytes()
}
