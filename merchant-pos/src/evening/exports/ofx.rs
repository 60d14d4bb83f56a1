//! OFX 2.1.1 (Open Financial Exchange): a bank statement of the shop's sales in units.

use super::{Book, decimal, escaped, utc};

/// A payee's name and a memo have at most so many characters (OFX 2.1.1, §11.4.3).
const MAX_NAME: usize = 32;
const MAX_MEMO: usize = 255;

fn instant(ms: u64) -> String {
    let (year, month, day, hour, minute, second) = utc(ms);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}[0:GMT]")
}

/// The movements of units.
pub fn ofx(book: &Book) -> Vec<u8> {
    let made = instant(book.made);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\r\n");
    out.push_str(
        "<?OFX OFXHEADER=\"200\" VERSION=\"211\" SECURITY=\"NONE\" OLDFILEUID=\"NONE\" NEWFILEUID=\"NONE\"?>\r\n<OFX>\r\n",
    );
    let status = "<STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>";
    out.push_str(&format!(
        "<SIGNONMSGSRSV1><SONRS>{status}<DTSERVER>{made}</DTSERVER><LANGUAGE>FRA</LANGUAGE></SONRS></SIGNONMSGSRSV1>\r\n"
    ));
    out.push_str(&format!("<BANKMSGSRSV1><STMTTRNRS><TRNUID>0</TRNUID>{status}<STMTRS><CURDEF>EUR</CURDEF>\r\n"));
    let account = escaped(book.account, 40);
    out.push_str(&format!(
        "<BANKACCTFROM><BANKID>LIARD</BANKID><ACCTID>{account}</ACCTID><ACCTTYPE>CHECKING</ACCTTYPE></BANKACCTFROM>\r\n"
    ));
    let (from, to) = (instant(book.from), instant(book.to));
    out.push_str(&format!("<BANKTRANLIST><DTSTART>{from}</DTSTART><DTEND>{to}</DTEND>\r\n"));
    let mut sum = 0;
    for row in book.movements() {
        sum += row.cents;
        let kind = if row.cents < 0 { "DEBIT" } else { "CREDIT" };
        let payer = row.payer.map(|payer| payer.to_text(book.prefix)).unwrap_or_default();
        let (name, memo) = (escaped(&book.what(row), MAX_NAME), escaped(&format!("{} {payer}", row.standing.word()), MAX_MEMO));
        out.push_str(&format!(
            "<STMTTRN><TRNTYPE>{kind}</TRNTYPE><DTPOSTED>{}</DTPOSTED><TRNAMT>{}</TRNAMT><FITID>{}</FITID><NAME>{name}</NAME><MEMO>{}</MEMO></STMTTRN>\r\n",
            instant(row.time),
            decimal(row.cents),
            escaped(&row.id, MAX_MEMO),
            memo.trim_end(),
        ));
    }
    let sum = decimal(sum);
    out.push_str(&format!("</BANKTRANLIST><LEDGERBAL><BALAMT>{sum}</BALAMT><DTASOF>{to}</DTASOF></LEDGERBAL>\r\n"));
    out.push_str("</STMTRS></STMTTRNRS></BANKMSGSRSV1>\r\n</OFX>\r\n");
    out.into_bytes()
}
