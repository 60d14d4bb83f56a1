//! ISO 20022 statements (camt.053), notifications (camt.054) and reports of the day (camt.052), in every version, by local names.

use super::reference::{normalised, references_in};
use super::text::{MAX_NAME_CHARS, MAX_REFERENCES, MAX_TEXT_CHARS, account, iso_date, words};
use super::xml::{Element, Step, Tag, Xml};
use super::{Batch, Format, Kind, Line, MAX_LINES, Statement, Status, Unreadable};
use crate::iban;
use documents::table::cents;
use ledger::coverage::Date;

/// The messages: the element of each, its number, and what it is.
const MESSAGES: [(&str, u8, Kind); 3] = [
    ("BkToCstmrAcctRpt", 52, Kind::Report),
    ("BkToCstmrStmt", 53, Kind::Statement),
    ("BkToCstmrDbtCdtNtfctn", 54, Kind::Notification),
];
/// What the bank transaction code of ISO 20022 calls a payment that came back: direct debits unpaid or reversed, payments returned,
/// cancelled.
const RETURNS: [&str; 4] = ["UPDD", "PRDD", "RRTN", "RPCR"];

/// Whether an element is one of these messages; and if so, its format and kind.
pub fn message(tag: &Tag, version: Option<u8>) -> Option<(Format, Kind)> {
    let (_, message, kind) = MESSAGES.iter().find(|(name, ..)| *name == tag.name)?;
    Some((Format::Camt { message: *message, version }, *kind))
}

/// Reads the statements of a message, whose element was just opened.
pub fn read(xml: &mut Xml<'_>, format: Format, kind: Kind, statements: &mut Vec<Statement>) -> Result<(), Unreadable> {
    let mut lines = statements.iter().map(|statement| statement.lines.len()).sum();
    let before = statements.len();
    loop {
        match xml.step()? {
            Step::Open(tag) if ["Stmt", "Ntfctn", "Rpt"].contains(&tag.name.as_str()) => {
                statements.push(statement(xml, tag.line, format, kind, &mut lines)?);
            }
            Step::Open(tag) => drop(xml.element(tag)?),
            Step::Close if statements.len() == before => {
                return Err(xml.wrong("there is no statement in this message: ask the bank for a file with movements"));
            }
            Step::Close | Step::End => return Ok(()),
        }
    }
}

/// One balance.
struct Balance {
    code: String,
    currency: String,
    cents: i64,
    date: Option<Date>,
}

fn statement(xml: &mut Xml<'_>, at: usize, format: Format, kind: Kind, lines: &mut usize) -> Result<Statement, Unreadable> {
    let (mut id, mut sequence, mut days) = (None, None, (None, None));
    let (mut holder, mut currency) = (None, None);
    let mut balances: Vec<Balance> = Vec::new();
    let mut found: Vec<Line> = Vec::new();
    while let Step::Open(tag) = xml.step()? {
        let element = xml.element(tag)?;
        match element.name.as_str() {
            "Id" => id = super::text::identifier(element.text(), element.line)?,
            "ElctrncSeqNb" => sequence = words(element.text(), MAX_NAME_CHARS),
            "LglSeqNb" if sequence.is_none() => sequence = words(element.text(), MAX_NAME_CHARS),
            "FrToDt" => {
                days = (date(&element, &["FrDtTm", "FrDt"])?, date(&element, &["ToDtTm", "ToDt"])?);
            }
            "Acct" => {
                holder = number(&element);
                currency = element.words("Ccy", 3);
            }
            "Bal" => balances.push(balance(&element, currency.as_deref())?),
            "Ntry" => {
                let new = Entry::new(&element, kind, holder.as_deref(), currency.as_deref()).lines()?;
                *lines += new.len();
                if *lines > MAX_LINES {
                    let why = format!("the file has more than {MAX_LINES} lines; ask the bank for shorter periods");
                    return Err(Unreadable::at(element.line, why));
                }
                found.extend(new);
            }
            _ => {}
        }
    }
    let Some(account) = holder else {
        return Err(Unreadable::at(
            at,
            "this statement does not name its account: ask the bank for a file with the account's IBAN",
        ));
    };
    let of = |codes: &[&str], currency: Option<&str>| {
        let fits = |balance: &&Balance| currency.is_none_or(|currency| balance.currency == currency);
        codes.iter().find_map(|code| balances.iter().filter(|balance| balance.code == *code).find(fits))
    };
    let either = |codes: &[&str], currency: Option<&str>| of(codes, currency).or_else(|| of(codes, None));
    let (opening, closing) = (either(&["OPBD", "PRCD"], currency.as_deref()), either(&["CLBD"], currency.as_deref()));
    let of_balance = opening.or(closing).map(|balance| balance.currency.clone());
    let of_lines = || found.first().map(|line| line.currency.clone());
    let currency = currency.or(of_balance).or_else(of_lines).unwrap_or_else(|| "EUR".to_owned());
    let same = [opening, closing].into_iter().flatten().all(|balance| balance.currency == currency);
    let closing_currency = closing.map(|balance| balance.currency.clone()).filter(|other| *other != currency);
    let mut statement = Statement {
        format,
        kind,
        id: id.unwrap_or_default(),
        sequence,
        account,
        currency,
        opening: opening.map(|balance| balance.cents),
        closing: closing.map(|balance| balance.cents),
        closing_currency,
        from: days.0.or(opening.and_then(|balance| balance.date)),
        to: days.1.or(closing.and_then(|balance| balance.date)),
        lines: found,
        balanced: None,
    };
    statement.balanced = statement.sum().map(|sum| sum && same);
    Ok(statement)
}

/// The account's IBAN, or its number.
fn number(element: &Element) -> Option<String> {
    let iban = element.at("Id/IBAN").and_then(|iban| account(iban.text()));
    iban.or_else(|| {
        let other = account(element.at("Id/Othr/Id")?.text())?;
        Some(iban::of_rib(&other).unwrap_or(other))
    })
}

fn balance(element: &Element, currency: Option<&str>) -> Result<Balance, Unreadable> {
    let code = element.words("Tp/CdOrPrtry/Cd", 4).or_else(|| element.words("Tp/CdOrPrtry/Prtry", 35));
    let (cents, currency) = signed(element, currency)?;
    Ok(Balance { code: code.unwrap_or_default(), currency, cents, date: date(element, &["Dt"])? })
}

/// The signed amount of an entry or a balance, and its currency.
fn signed(element: &Element, currency: Option<&str>) -> Result<(i64, String), Unreadable> {
    let wrong = |why: &str| {
        Unreadable::at(element.line, format!("{} {why}: the file is damaged, ask the bank for it again", element.name))
    };
    let amount = element.at("Amt").ok_or_else(|| wrong("has no amount"))?;
    let unsigned = cents(amount.text()).map_err(|why| Unreadable::at(amount.line, why))?;
    let currency = amount.currency.as_deref().or(currency).ok_or_else(|| wrong("has no currency"))?;
    let sign = direction(element).ok_or_else(|| wrong("does not say whether it is credit or debit"))?;
    Ok((unsigned * sign, currency.to_owned()))
}

/// 1 for a credit, −1 for a debit.
fn direction(element: &Element) -> Option<i64> {
    match element.at("CdtDbtInd")?.text() {
        "CRDT" => Some(1),
        "DBIT" => Some(-1),
        _ => None,
    }
}

/// The day at the first of some paths that is there, whether it stands in it, as `Dt` or as `DtTm`.
fn date(element: &Element, paths: &[&str]) -> Result<Option<Date>, Unreadable> {
    let Some(found) = paths.iter().find_map(|path| element.at(path)) else { return Ok(None) };
    let inner = ["Dt", "DtTm"].iter().find_map(|name| found.at(name)).unwrap_or(found);
    if inner.text().is_empty() {
        return Ok(None);
    }
    let wrong = || Unreadable::at(inner.line, format!("'{}' is no day of the calendar", documents::table::shown(inner.text())));
    iso_date(inner.text()).map(Some).ok_or_else(wrong)
}

/// An entry, and what of its statement is needed to read it.
struct Entry<'a> {
    element: &'a Element,
    kind: Kind,
    holder: Option<&'a str>,
    currency: Option<&'a str>,
    /// The code for what the entry is: looked for once, and not again for each detail.
    bank_code: Option<String>,
}

impl<'a> Entry<'a> {
    fn new(element: &'a Element, kind: Kind, holder: Option<&'a str>, currency: Option<&'a str>) -> Entry<'a> {
        Entry { element, kind, holder, currency, bank_code: bank_code(element) }
    }

    /// One line, or one for each detail of a batch whose details add up.
    fn lines(&self) -> Result<Vec<Line>, Unreadable> {
        let entry = self.element;
        let (amount, currency) = signed(entry, self.currency)?;
        let details: Vec<&Element> = entry.children("NtryDtls").flat_map(|details| details.children("TxDtls")).collect();
        let mut line = Line::new(amount, currency);
        line.booking_date = date(entry, &["BookgDt"])?;
        line.value_date = date(entry, &["ValDt"])?;
        line.status = self.status();
        line.reversal = entry.at("RvslInd").is_some_and(|found| ["true", "1"].contains(&found.text()));
        line.servicer_reference = entry.identifier(&["AcctSvcrRef"])?;
        line.entry_reference = entry.identifier(&["NtryRef"])?;
        if let [] | [_] = details[..] {
            let amounts = details.first().map(|detail| detail_amount(detail, &line.currency)).transpose()?.flatten();
            let differs = amounts.is_some_and(|detail| detail != amount.abs());
            let counted =
                entry.children("NtryDtls").filter_map(|details| details.words("Btch/NbOfTxs", 15)).any(|count| count != "1");
            line.batch = (differs || counted).then_some(Batch { sum_matches: false });
            self.describe(&mut line, details.first().copied(), true)?;
            return Ok(vec![line]);
        }
        let Some(amounts) = self.amounts(&details, &line)? else {
            line.batch = Some(Batch { sum_matches: false });
            self.describe_whole(&mut line, &details)?;
            return Ok(vec![line]);
        };
        let each = details.iter().zip(amounts).zip(1..).map(|((detail, amount), place)| {
            let mut line = Line { amount, detail: Some(place), batch: Some(Batch { sum_matches: true }), ..line.clone() };
            self.describe(&mut line, Some(detail), false)?;
            Ok(line)
        });
        each.collect()
    }

    /// The signed amounts of a batch's details, if they are all known and add up to the entry.
    fn amounts(&self, details: &[&Element], line: &Line) -> Result<Option<Vec<i64>>, Unreadable> {
        let mut unsigned = Vec::with_capacity(details.len());
        for detail in details {
            match detail_amount(detail, &line.currency)? {
                Some(cents) => unsigned.push(cents),
                None => return Ok(None),
            }
        }
        let of_entry = line.amount.signum();
        let own: Vec<i64> =
            details.iter().zip(&unsigned).map(|(detail, cents)| cents * direction(detail).unwrap_or(of_entry)).collect();
        let all_as_entry: Vec<i64> = unsigned.iter().map(|cents| cents * of_entry).collect();
        let one_way = own.iter().all(|cents| *cents >= 0) || own.iter().all(|cents| *cents <= 0);
        let adds_up = |amounts: &[i64]| amounts.iter().map(|cents| i128::from(*cents)).sum::<i128>() == i128::from(line.amount);
        if adds_up(&own) {
            return Ok(Some(own));
        }
        Ok((one_way && adds_up(&all_as_entry)).then_some(all_as_entry))
    }

    fn status(&self) -> Status {
        let status = self.element.at("Sts");
        let coded = status.map(|status| ["Cd", "Prtry"].iter().find_map(|name| status.at(name)).unwrap_or(status).text());
        match (coded, self.kind) {
            (Some("BOOK"), _) | (None, Kind::Statement) => Status::Booked,
            (Some("INFO"), _) => Status::Info,
            _ => Status::Pending,
        }
    }

    /// Says of a line what stands in its details; what the bank adds to the entry as well if the line is the `whole` entry.
    fn describe(&self, line: &mut Line, detail: Option<&Element>, whole: bool) -> Result<(), Unreadable> {
        let entry = self.element;
        line.bank_code = detail.and_then(bank_code).or_else(|| self.bank_code.clone());
        let added = || whole.then(|| entry.words("AddtlNtryInf", MAX_TEXT_CHARS)).flatten();
        line.returned = is_return(line.bank_code.as_deref());
        let Some(detail) = detail else {
            line.text = added().unwrap_or_default();
            line.references = references_in(&line.text);
            return Ok(());
        };
        line.end_to_end = detail.identifier(&["Refs/EndToEndId"])?;
        line.mandate = detail.identifier(&["Refs/MndtId"])?;
        line.other_reference = detail.identifier(&["Refs/TxId", "Refs/InstrId", "Refs/ChqNb"])?;
        if line.servicer_reference.is_none() {
            line.servicer_reference = detail.identifier(&["Refs/AcctSvcrRef"])?;
        }
        if let Some(back) = detail.at("RtrInf") {
            line.returned = true;
            line.return_code = back.words("Rsn/Cd", 4).or_else(|| back.words("Rsn/Prtry", 35));
        }
        (line.counterparty, line.iban) = self.party(detail, line);
        let typed = typed(detail);
        line.references = references(detail, &[&typed, &added().unwrap_or_default()])?;
        let text = words(&typed, MAX_TEXT_CHARS).or_else(|| detail.words("RtrInf/AddtlInf", MAX_TEXT_CHARS)).or_else(added);
        line.text = text.unwrap_or_default();
        Ok(())
    }

    /// Says of a batch's one line what all its details say alike, and every reference.
    fn describe_whole(&self, line: &mut Line, details: &[&Element]) -> Result<(), Unreadable> {
        let mut each = Vec::with_capacity(details.len());
        for detail in details {
            let mut own = line.clone();
            self.describe(&mut own, Some(detail), false)?;
            each.push(own);
        }
        let alike = |of: fn(&Line) -> &Option<String>| {
            let first = of(each.first()?);
            each.iter().all(|line| of(line) == first).then(|| first.clone()).flatten()
        };
        line.counterparty = alike(|line| &line.counterparty);
        line.iban = alike(|line| &line.iban);
        line.end_to_end = alike(|line| &line.end_to_end);
        line.mandate = alike(|line| &line.mandate);
        line.return_code = alike(|line| &line.return_code);
        line.bank_code = self.bank_code.clone().or_else(|| alike(|line| &line.bank_code));
        line.returned = each.iter().any(|line| line.returned);
        let texts: Vec<&str> = each.iter().map(|line| line.text.as_str()).collect();
        let added = self.element.words("AddtlNtryInf", MAX_TEXT_CHARS);
        line.text = words(&texts.join(" "), MAX_TEXT_CHARS).or(added).unwrap_or_default();
        for reference in each.into_iter().flat_map(|line| line.references) {
            push(&mut line.references, reference);
        }
        Ok(())
    }

    /// The other side: the debtor of a credit, the creditor of a debit. In a payment that came back the sides may stand as they were
    /// in the first one: then our own account, or nobody, stands where the other side is looked for, and the other side opposite.
    fn party(&self, detail: &Element, line: &Line) -> (Option<String>, Option<String>) {
        let Some(parties) = detail.at("RltdPties") else { return (None, None) };
        let (debtor, creditor) = (side(parties, "Dbtr"), side(parties, "Cdtr"));
        let (wanted, opposite) = if line.amount >= 0 { (debtor, creditor) } else { (creditor, debtor) };
        let own = |iban: &Option<String>| iban.is_some() && iban.as_deref() == self.holder;
        let turned = own(&wanted.1) && !own(&opposite.1);
        if opposite != (None, None) && (turned || (line.returned && wanted == (None, None))) { opposite } else { wanted }
    }
}

/// Name and IBAN of a side of a payment.
fn side(parties: &Element, role: &str) -> (Option<String>, Option<String>) {
    let own = [format!("{role}/Nm"), format!("{role}/Pty/Nm"), format!("{role}/Agt/FinInstnId/Nm")];
    let ultimate = [format!("Ultmt{role}/Nm"), format!("Ultmt{role}/Pty/Nm"), format!("{role}Acct/Nm")];
    let paths: Vec<&str> = own.iter().chain(&ultimate).map(String::as_str).collect();
    let iban = parties.at(&format!("{role}Acct/Id/IBAN")).and_then(|iban| account(iban.text()));
    let other = || iban::normalised(parties.at(&format!("{role}Acct/Id/Othr/Id"))?.text());
    (parties.name(&paths), iban.or_else(other))
}

/// The amount of a detail without sign, if it stands there in the entry's currency.
fn detail_amount(detail: &Element, currency: &str) -> Result<Option<i64>, Unreadable> {
    let paths = ["Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt", "AmtDtls/CntrValAmt/Amt"];
    let amount = paths.iter().filter_map(|path| detail.at(path)).find(|amount| amount.currency.as_deref() == Some(currency));
    amount.map(|amount| cents(amount.text()).map_err(|why| Unreadable::at(amount.line, why))).transpose()
}

fn bank_code(element: &Element) -> Option<String> {
    let code = element.at("BkTxCd")?;
    let parts = ["Domn/Cd", "Domn/Fmly/Cd", "Domn/Fmly/SubFmlyCd"].iter().filter_map(|path| code.words(path, 4));
    let domain = parts.collect::<Vec<_>>().join("-");
    (!domain.is_empty()).then_some(domain).or_else(|| code.words("Prtry/Cd", 35))
}

fn is_return(bank_code: Option<&str>) -> bool {
    bank_code.and_then(|code| code.rsplit('-').next()).is_some_and(|last| RETURNS.contains(&last))
}

/// The free text of a detail.
fn typed(detail: &Element) -> String {
    let remittance = detail.at("RmtInf");
    let lines = remittance.into_iter().flat_map(|found| found.children("Ustrd"));
    let added = remittance.into_iter().flat_map(|found| found.children("Strd")).flat_map(|found| found.children("AddtlRmtInf"));
    let parts = lines.chain(added).chain(detail.at("AddtlTxInf")).map(Element::text);
    parts.collect::<Vec<_>>().join(" ")
}

/// The references of a detail: structured ones, then those found in the texts, then numbers of documents.
fn references(detail: &Element, texts: &[&str]) -> Result<Vec<String>, Unreadable> {
    let mut found = Vec::new();
    let structured: Vec<&Element> = detail.at("RmtInf").into_iter().flat_map(|remittance| remittance.children("Strd")).collect();
    for part in &structured {
        if let Some(reference) = part.identifier(&["CdtrRefInf/Ref", "CdtrRefInf/CdtrRef"])? {
            push(&mut found, normalised(&reference).unwrap_or(reference));
        }
    }
    for reference in texts.iter().flat_map(|text| references_in(text)) {
        push(&mut found, reference);
    }
    for number in
        structured.iter().flat_map(|part| part.children("RfrdDocInf")).map(|document| document.identifier(&["Nb", "RfrdDocNb"]))
    {
        if let Some(number) = number? {
            push(&mut found, number);
        }
    }
    Ok(found)
}

fn push(references: &mut Vec<String>, reference: String) {
    if references.len() < MAX_REFERENCES && !references.contains(&reference) {
        references.push(reference);
    }
}

#[cfg(test)]
mod tests {
    use super::super::xml::LOOKED_AT;

    /// How many elements are looked at for an entry of so many payments, each in an element of its own.
    fn work(payments: usize) -> usize {
        let detail = "<NtryDtls><TxDtls><Refs><EndToEndId>E</EndToEndId></Refs><Amt Ccy=\"EUR\">1.00</Amt></TxDtls></NtryDtls>";
        let entry = format!("<Ntry><Amt Ccy=\"EUR\">{payments}.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>{}", detail.repeat(payments));
        let entry = format!("{entry}<BkTxCd><Domn><Cd>PMNT</Cd></Domn></BkTxCd><AddtlNtryInf>Virements</AddtlNtryInf></Ntry>");
        let account = "<Acct><Id><IBAN>FR7630006000011234567890189</IBAN></Id></Acct>";
        let text = format!("<Document><BkToCstmrStmt><Stmt>{account}{entry}</Stmt></BkToCstmrStmt></Document>");
        LOOKED_AT.set(0);
        let lines = &super::super::read("", text.as_bytes(), &[]).unwrap().statements[0].lines;
        assert!(lines.len() == payments && lines.iter().all(|line| line.bank_code.as_deref() == Some("PMNT")));
        LOOKED_AT.get()
    }

    #[test]
    fn the_work_for_an_entry_grows_as_its_details_and_not_as_their_square() {
        let (few, many) = (work(100), work(1_000));
        assert!(many < 11 * few, "{few} elements for 100 details, {many} for 1,000");
    }
}
