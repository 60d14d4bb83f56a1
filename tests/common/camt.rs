//! A bank that writes camt files: what happened at an account, told in statements and notifications.

#![allow(dead_code)]

use std::fmt::Write;

/// A movement at the bank.
#[derive(Clone, Default)]
pub struct Movement {
    /// The day, `YYYY-MM-DD`.
    pub date: String,
    /// Signed cents.
    pub cents: i64,
    /// Another currency than the euro.
    pub currency: Option<String>,
    /// The other side.
    pub name: String,
    pub iban: Option<String>,
    /// A creditor reference in its place.
    pub reference: Option<String>,
    pub end_to_end: Option<String>,
    pub text: String,
    /// The bank's own reference of the booking.
    pub servicer: Option<String>,
    /// Why a payment came back.
    pub return_code: Option<String>,
    pub reversal: bool,
    pub pending: bool,
    /// Those with one number are one booking.
    pub batch: Option<u32>,
    /// What the booking of a batch says, if that is not the sum.
    pub batch_cents: Option<i64>,
    pub bank_code: Option<&'static str>,
}

impl Movement {
    pub fn is_euros(&self) -> bool {
        self.currency.is_none()
    }
}

/// A statement's frame.
pub struct Frame<'f> {
    pub id: &'f str,
    pub iban: &'f str,
    pub from: &'f str,
    pub to: &'f str,
    pub opening: i64,
    pub closing: i64,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn decimal(cents: i64) -> String {
    format!("{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}

fn direction(cents: i64) -> &'static str {
    if cents < 0 { "DBIT" } else { "CRDT" }
}

fn tag(name: &str, text: Option<&str>) -> String {
    text.map(|text| format!("<{name}>{}</{name}>", escaped(text))).unwrap_or_default()
}

fn detail(of: &Movement, amount: bool) -> String {
    let currency = of.currency.as_deref().unwrap_or("EUR");
    let refs = tag("EndToEndId", Some(of.end_to_end.as_deref().unwrap_or("NOTPROVIDED")));
    let amount = if amount {
        format!("<Amt Ccy=\"{currency}\">{}</Amt><CdtDbtInd>{}</CdtDbtInd>", decimal(of.cents), direction(of.cents))
    } else {
        String::new()
    };
    let side = if of.cents < 0 { "Cdtr" } else { "Dbtr" };
    let account =
        of.iban.as_ref().map(|iban| format!("<{side}Acct><Id><IBAN>{iban}</IBAN></Id></{side}Acct>")).unwrap_or_default();
    let parties = format!("<RltdPties><{side}><Pty><Nm>{}</Nm></Pty></{side}>{account}</RltdPties>", escaped(&of.name));
    let structured =
        of.reference.as_ref().map(|reference| format!("<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>"));
    let typed = tag("Ustrd", Some(of.text.as_str()).filter(|text| !text.is_empty()));
    let info = of.return_code.as_ref().map(|code| format!("<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf>")).unwrap_or_default();
    format!(
        "<TxDtls><Refs>{refs}</Refs>{amount}{parties}<RmtInf>{typed}{}</RmtInf>{info}</TxDtls>",
        structured.unwrap_or_default()
    )
}

fn entry(members: &[&Movement]) -> String {
    let first = members[0];
    let cents = first.batch_cents.unwrap_or_else(|| members.iter().map(|one| one.cents).sum());
    let currency = first.currency.as_deref().unwrap_or("EUR");
    let mut text = format!("<Ntry><Amt Ccy=\"{currency}\">{}</Amt><CdtDbtInd>{}</CdtDbtInd>", decimal(cents), direction(cents));
    if first.reversal {
        text.push_str("<RvslInd>true</RvslInd>");
    }
    let status = if first.pending { "PDNG" } else { "BOOK" };
    write!(text, "<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>{0}</Dt></BookgDt><ValDt><Dt>{0}</Dt></ValDt>", first.date).unwrap();
    text.push_str(&tag("AcctSvcrRef", first.servicer.as_deref()));
    write!(text, "<BkTxCd><Prtry><Cd>{}</Cd></Prtry></BkTxCd>", first.bank_code.unwrap_or("TRF")).unwrap();
    let details: String = members.iter().map(|one| detail(one, members.len() > 1)).collect();
    write!(text, "<NtryDtls>{details}</NtryDtls></Ntry>").unwrap();
    text
}

/// The bookings of some movements: those of one batch together.
fn entries(movements: &[Movement]) -> String {
    let mut text = String::new();
    let mut told: Vec<u32> = Vec::new();
    for movement in movements {
        match movement.batch {
            Some(batch) if told.contains(&batch) => {}
            Some(batch) => {
                told.push(batch);
                text.push_str(&entry(&movements.iter().filter(|other| other.batch == Some(batch)).collect::<Vec<_>>()));
            }
            None => text.push_str(&entry(&[movement])),
        }
    }
    text
}

/// A camt.053.001.08.
pub fn statement(frame: &Frame, movements: &[Movement]) -> Vec<u8> {
    let balance = |code: &str, cents: i64, date: &str| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{}</Amt><CdtDbtInd>{}</CdtDbtInd><Dt><Dt>{date}</Dt></Dt></Bal>",
            decimal(cents),
            direction(cents)
        )
    };
    let (id, iban, from, to) = (frame.id, frame.iban, frame.from, frame.to);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr>\
         <MsgId>M{id}</MsgId><CreDtTm>{to}T20:00:00</CreDtTm></GrpHdr><Stmt><Id>{id}</Id><FrToDt><FrDtTm>{from}T00:00:00</FrDtTm>\
         <ToDtTm>{to}T23:59:59</ToDtTm></FrToDt><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>{}{}{}</Stmt></BkToCstmrStmt></Document>",
        balance("OPBD", frame.opening, from),
        balance("CLBD", frame.closing, to),
        entries(movements),
    )
    .into_bytes()
}

/// A camt.054.001.08.
pub fn notification(id: &str, iban: &str, movements: &[Movement]) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><BkToCstmrDbtCdtNtfctn>\
         <GrpHdr><MsgId>M{id}</MsgId><CreDtTm>2026-01-01T20:00:00</CreDtTm></GrpHdr><Ntfctn><Id>{id}</Id><Acct><Id><IBAN>{iban}</IBAN></Id>\
         <Ccy>EUR</Ccy></Acct>{}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>",
        entries(movements),
    )
    .into_bytes()
}
