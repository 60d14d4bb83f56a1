//! OFX, as SGML (version 1, where values have no end tags) and as XML (version 2): one reader for both.

use super::reference::references_in;
use super::text::{MAX_TEXT_CHARS, account, iso_date};
use super::xml::{Element, MAX_DEPTH};
use super::{Format, Kind, Line, MAX_LINES, Statement, Status, Unreadable};
use crate::iban;
use documents::table::{cents, shown};
use ledger::coverage::Date;

/// The most elements: some twenty for each line.
const MAX_ELEMENTS: usize = 20 * MAX_LINES;
/// Within so many characters the format is named.
const HEADER_CHARS: usize = 2_000;
/// The aggregates that are one movement, booked and pending.
const MOVEMENTS: [&str; 2] = ["STMTTRN", "STMTTRNP"];
/// The aggregates that are one statement: of a bank account, and of a card.
const STATEMENTS: [&str; 2] = ["STMTRS", "CCSTMTRS"];

/// Whether a text is of this format.
pub fn is_it(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(HEADER_CHARS).collect::<String>().to_ascii_uppercase();
    ["OFXHEADER", "<OFX>"].iter().any(|word| start.starts_with(word)) || start.contains("<?OFX")
}

/// Reads every statement of the file.
pub fn read(text: &str) -> Result<(Format, Vec<Statement>), Unreadable> {
    let format = Format::Ofx { version: if text.trim_start().starts_with("<?") { 2 } else { 1 } };
    let mut tags = Tags { text, place: 0, line: 1 };
    let mut reader = Reader { format, open: Vec::new(), lines: Vec::new(), read: 0, statements: Vec::new(), ended: false };
    let mut elements = 0;
    while let Some(tag) = tags.following()? {
        elements += 1;
        if elements > MAX_ELEMENTS {
            let why = format!("the file has more than {MAX_ELEMENTS} elements; ask the bank for shorter periods");
            return Err(Unreadable::at(tag.line, why));
        }
        reader.take(&tag)?;
    }
    if !reader.ended {
        return Err(Unreadable::file("the file ends before </OFX>: it was cut off, fetch it from the bank again"));
    }
    if reader.statements.is_empty() {
        return Err(Unreadable::file("there is no statement of an account in this OFX file: download the account's movements"));
    }
    Ok((format, reader.statements))
}

/// A tag and what stands after it, up to the next one.
struct Tag<'a> {
    name: String,
    end: bool,
    empty: bool,
    value: &'a str,
    line: usize,
}

/// The tags of a text, one after the other.
struct Tags<'a> {
    text: &'a str,
    place: usize,
    line: usize,
}

impl<'a> Tags<'a> {
    /// The next tag; comments and instructions are passed over, a DOCTYPE is refused.
    fn following(&mut self) -> Result<Option<Tag<'a>>, Unreadable> {
        loop {
            let rest = &self.text[self.place..];
            let Some(start) = rest.find('<') else { return Ok(None) };
            self.line += rest[..start].matches('\n').count();
            let rest = &rest[start..];
            let line = self.line;
            let ending = if rest.starts_with("<!--") { "-->" } else { ">" };
            if rest.starts_with("<!") && ending == ">" {
                return Err(Unreadable::at(line, "the file has a DOCTYPE or the like, which no bank writes: do not use it"));
            }
            let Some(end) = rest.find(ending) else {
                return Err(Unreadable::at(
                    line,
                    "the file ends in the middle of a tag: it was cut off, fetch it from the bank again",
                ));
            };
            self.line += rest[..end].matches('\n').count();
            self.place += start + end + ending.len();
            if rest.starts_with("<!") || rest.starts_with("<?") {
                continue;
            }
            let inside = rest[1..end].trim();
            let (end, inside) = inside.strip_prefix('/').map_or((false, inside), |inside| (true, inside));
            let name = inside.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or("").to_ascii_uppercase();
            let after = &self.text[self.place..];
            let empty = inside.ends_with('/');
            return Ok(Some(Tag { name, end, empty, value: after.split('<').next().unwrap_or("").trim(), line }));
        }
    }
}

/// What was read so far.
struct Reader {
    format: Format,
    open: Vec<Element>,
    lines: Vec<Line>,
    read: usize,
    statements: Vec<Statement>,
    ended: bool,
}

impl Reader {
    fn take(&mut self, tag: &Tag<'_>) -> Result<(), Unreadable> {
        if !tag.end {
            return self.start(tag);
        }
        self.ended |= tag.name == "OFX";
        // The end of a value has nothing open.
        let Some(place) = self.open.iter().rposition(|element| element.name == tag.name) else { return Ok(()) };
        while self.open.len() > place + 1 {
            let Some(unclosed) = self.open.pop() else { break };
            if MOVEMENTS.contains(&unclosed.name.as_str()) || STATEMENTS.contains(&unclosed.name.as_str()) {
                let why = format!("<{}> has no end: the file is damaged, fetch it from the bank again", unclosed.name);
                return Err(Unreadable::at(unclosed.line, why));
            }
            // An empty value: what came after it stands beside it.
            if let Some(parent) = self.open.last_mut() {
                parent.absorb(unclosed);
            }
        }
        self.open.pop().map_or(Ok(()), |done| self.close(done))
    }

    fn start(&mut self, tag: &Tag<'_>) -> Result<(), Unreadable> {
        let element = Element::plain(&tag.name, tag.line, &unescaped(tag.value));
        if tag.empty || !tag.value.is_empty() {
            if let Some(parent) = self.open.last_mut() {
                parent.push(element);
            }
            return Ok(());
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(Unreadable::at(tag.line, format!("elements go deeper than {MAX_DEPTH}, which no bank file does")));
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self, done: Element) -> Result<(), Unreadable> {
        if MOVEMENTS.contains(&done.name.as_str()) {
            if !self.open.iter().any(|around| STATEMENTS.contains(&around.name.as_str())) {
                let why = "this movement is in no account's statement, so that it is not clear whose it is: fetch the file again";
                return Err(Unreadable::at(done.line, why));
            }
            self.read += 1;
            if self.read > MAX_LINES {
                let why = format!("the file has more than {MAX_LINES} lines; ask the bank for shorter periods");
                return Err(Unreadable::at(done.line, why));
            }
            self.lines.push(line(&done)?);
        } else if STATEMENTS.contains(&done.name.as_str()) {
            let lines = std::mem::take(&mut self.lines);
            self.statements.push(statement(&done, lines, self.format)?);
        } else if let Some(parent) = self.open.last_mut() {
            parent.push(done);
        }
        Ok(())
    }
}

fn statement(element: &Element, mut lines: Vec<Line>, format: Format) -> Result<Statement, Unreadable> {
    let currency = element.words("CURDEF", 3).unwrap_or_else(|| "EUR".to_owned());
    for line in lines.iter_mut().filter(|line| line.currency.is_empty()) {
        line.currency.clone_from(&currency);
    }
    let account = element.at("BANKACCTFROM").or(element.at("CCACCTFROM")).and_then(number).unwrap_or_default();
    let closing = element.at("LEDGERBAL/BALAMT").map(signed).transpose()?;
    let to = day(element, "BANKTRANLIST/DTEND")?.or(day(element, "LEDGERBAL/DTASOF")?);
    let from = day(element, "BANKTRANLIST/DTSTART")?;
    let id = to.map_or_else(|| account.clone(), |to| format!("{account}/{to}"));
    Ok(Statement {
        format,
        kind: Kind::Statement,
        id,
        sequence: None,
        account,
        currency,
        opening: None,
        closing,
        closing_currency: None,
        from,
        to,
        lines,
        balanced: None,
    })
}

/// The account as an IBAN where bank and branch codes make one, else its number.
fn number(from: &Element) -> Option<String> {
    let part = |name: &str| from.at(name).and_then(|part| account(part.text())).unwrap_or_default();
    let (bank, branch, id) = (part("BANKID"), part("BRANCHID"), account(from.at("ACCTID")?.text())?);
    let keyed = || {
        let (number, key) = id.split_at_checked(11)?;
        iban::of_rib(&format!("{bank}{branch}{number}{key}"))
    };
    let found = iban::normalised(&id).or_else(|| iban::of_rib(&id)).or_else(|| iban::of_account(&bank, &branch, &id));
    Some(found.or_else(keyed).unwrap_or(id))
}

fn line(element: &Element) -> Result<Line, Unreadable> {
    let missing =
        |what: &str| Unreadable::at(element.line, format!("this movement has no {what}: the file is damaged, fetch it again"));
    let mut line = Line::new(signed(element.at("TRNAMT").ok_or_else(|| missing("amount"))?)?, String::new());
    line.currency = element.words("CURRENCY/CURSYM", 3).unwrap_or_default();
    line.booking_date = day(element, "DTPOSTED")?.or(day(element, "DTTRAN")?);
    if line.booking_date.is_none() {
        return Err(missing("date"));
    }
    line.value_date = day(element, "DTAVAIL")?;
    line.status = if element.name == MOVEMENTS[0] { Status::Booked } else { Status::Pending };
    line.counterparty = element.name(&["PAYEE/NAME", "EXTDNAME", "NAME"]);
    line.bank_code = element.words("TRNTYPE", 35);
    line.servicer_reference = element.identifier(&["FITID"])?;
    line.other_reference = element.identifier(&["REFNUM", "CHECKNUM"])?;
    line.iban = element.at("BANKACCTTO").and_then(number);
    // A line that corrects an earlier one: a person looks at it.
    line.reversal = element.at("CORRECTFITID").is_some();
    let texts: Vec<&str> = ["NAME", "EXTDNAME", "MEMO"].iter().filter_map(|name| element.at(name)).map(Element::text).collect();
    line.references = references_in(&texts.join(" "));
    let number = element.at("REFNUM").into_iter().flat_map(|number| references_in(number.text()));
    line.references.extend(number.filter(|number| !texts.join(" ").contains(number.as_str())));
    line.text = element.words("MEMO", MAX_TEXT_CHARS).or_else(|| element.words("NAME", MAX_TEXT_CHARS)).unwrap_or_default();
    Ok(line)
}

/// A signed amount: `-12.34`, `+12,34`, `-.5`.
fn signed(element: &Element) -> Result<i64, Unreadable> {
    let text = element.text();
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let point = if unsigned.contains('.') { unsigned.to_owned() } else { unsigned.replacen(',', ".", 1) };
    let whole = if point.starts_with('.') { format!("0{point}") } else { point };
    cents(&whole).map(|cents| sign * cents).map_err(|why| Unreadable::at(element.line, why))
}

/// The day of `20261122`, `20261122183000.000[+1:CET]`; also of ISO 8601.
fn day(element: &Element, path: &str) -> Result<Option<Date>, Unreadable> {
    let Some(found) = element.at(path).filter(|found| !found.text().is_empty()) else { return Ok(None) };
    let text = found.text();
    let plain = || {
        let digits = text.get(..8).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        iso_date(&format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]))
    };
    let wrong = || Unreadable::at(found.line, format!("'{}' is no day of the calendar", shown(text)));
    plain().or_else(|| iso_date(text)).map(Some).ok_or_else(wrong)
}

/// A value without the entities of SGML and XML; an ampersand that stands alone stays.
fn unescaped(value: &str) -> String {
    let named =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&nbsp;", " "), ("&#39;", "'"), ("&amp;", "&")];
    named
        .iter()
        .fold(value.to_owned(), |text, (entity, plain)| if text.contains('&') { text.replace(entity, plain) } else { text })
}
