//! What the bank of the town says: statements in camt.053, put through the office's own intake as any bank's would be.

use crate::failure::{Failure, Outcome};
use fund_office::BankSettings;
use fund_office::intake::{Intake, Source};
use ledger::SigningKey;
use ledger::amount::Cents;
use ledger::coverage::Date;
use ledger::ledger::Ledger;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

/// A line of a statement.
pub struct Movement {
    /// Cents; what leaves is negative.
    pub cents: i64,
    /// The other side.
    pub name: String,
    /// Their IBAN.
    pub iban: Option<String>,
    /// The structured reference.
    pub reference: Option<String>,
    /// The other side's own id of the payment.
    pub end_to_end: Option<String>,
    /// What the other side wrote.
    pub text: String,
    /// Why it takes an earlier one back, by the code of banks.
    pub returned: Option<&'static str>,
}

/// The bank account of the digital fund, and the intake that reads what is said of it.
pub struct Bank {
    intake: Intake,
    iban: String,
}

impl Bank {
    /// The account with this IBAN; statements are read at `time`.
    pub fn open(ledger: Arc<Ledger>, secrets: &Path, iban: String, time: u64) -> Outcome<Bank> {
        let file = secrets.join("credit.key");
        let credit_secret = std::fs::read(&file).map_err(|error| Failure::file("read the secret for credits", &file, &error))?;
        let (holder, bic, creditor_id, older_pain) = (String::new(), None, None, Vec::new());
        let settings = BankSettings { holder, iban: iban.clone(), bic, creditor_id, credit_secret, older_pain };
        Ok(Bank { intake: Intake::open(ledger, Arc::new(settings), Arc::new(move || time))?, iban })
    }

    /// Imports the statement of a day; gives what the account holds after it.
    pub fn tell(&self, date: Date, opening: i64, movements: &[Movement]) -> Outcome<i64> {
        let closing = opening + movements.iter().map(|movement| movement.cents).sum::<i64>();
        let file = self.statement(date, (opening, closing), movements);
        let name = format!("releve-{date}.xml");
        let imported = self.intake.import(&Source { name: &name, bank: None, by: 0 }, file.as_bytes());
        let imported = imported.map_err(|error| Failure::new(format!("the demo's own statement is refused: {error}")))?;
        match &imported.refused[..] {
            [] if imported.new == movements.len() => Ok(closing),
            _ => Err(Failure::new(format!("of the demo's own statement not all is taken: {}", imported.refused.join("; ")))),
        }
    }

    /// Proposes what the lines clearly say.
    pub fn propose(&self, key: &SigningKey) -> Outcome {
        self.intake.propose(key).map(drop).map_err(Failure::from)
    }

    fn statement(&self, date: Date, (opening, closing): (i64, i64), movements: &[Movement]) -> String {
        let mut entries = String::new();
        for (number, movement) in movements.iter().enumerate() {
            entry(&mut entries, date, number + 1, movement);
        }
        let balance = |code: &str, cents: i64| {
            let kind = format!("<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>");
            format!("<Bal>{kind}{}<Dt><Dt>{date}</Dt></Dt></Bal>", amount(cents))
        };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
             <GrpHdr><MsgId>BELRIVE-{date}</MsgId><CreDtTm>{date}T06:00:00</CreDtTm></GrpHdr>\
             <Stmt><Id>BELRIVE-{date}</Id><CreDtTm>{date}T06:00:00</CreDtTm>\
             <FrToDt><FrDtTm>{date}T00:00:00</FrDtTm><ToDtTm>{date}T23:59:59</ToDtTm></FrToDt>\
             <Acct><Id><IBAN>{}</IBAN></Id><Ccy>EUR</Ccy></Acct>{}{}{entries}</Stmt></BkToCstmrStmt></Document>\n",
            self.iban,
            balance("OPBD", opening),
            balance("CLBD", closing),
        )
    }
}

fn amount(cents: i64) -> String {
    let side = if cents < 0 { "DBIT" } else { "CRDT" };
    format!("<Amt Ccy=\"EUR\">{}</Amt><CdtDbtInd>{side}</CdtDbtInd>", Cents::new(cents.abs()))
}

fn entry(out: &mut String, date: Date, number: usize, movement: &Movement) {
    let side = if movement.cents < 0 { "Cdtr" } else { "Dbtr" };
    let end_to_end = movement.end_to_end.as_deref().unwrap_or("NOTPROVIDED");
    let remittance = match &movement.reference {
        Some(reference) => format!("<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>"),
        None => format!("<Ustrd>{}</Ustrd>", escaped(&movement.text)),
    };
    let iban = movement.iban.as_deref().unwrap_or_default();
    let account = if iban.is_empty() { String::new() } else { format!("<{side}Acct><Id><IBAN>{iban}</IBAN></Id></{side}Acct>") };
    let returned = movement.returned.map(|code| format!("<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf>")).unwrap_or_default();
    let written = write!(
        out,
        "<Ntry>{}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{date}</Dt></BookgDt><ValDt><Dt>{date}</Dt></ValDt>\
         <AcctSvcrRef>BEL{date}{number:04}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{end_to_end}</EndToEndId></Refs>\
         <RltdPties><{side}><Pty><Nm>{}</Nm></Pty></{side}>{account}</RltdPties><RmtInf>{remittance}</RmtInf>{returned}</TxDtls></NtryDtls></Ntry>",
        amount(movement.cents),
        escaped(&movement.name),
    );
    written.expect("a text takes what is written to it");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
