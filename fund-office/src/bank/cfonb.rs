//! CFONB 120: the bank statement of French banks, in records of 120 characters, with or without line breaks, of one or several accounts.
//!
//! `01` is the old balance, `04` a movement, `05` a detail of it, `07` the new balance. Columns here count from 0.

use super::reference::{normalised, references_in};
use super::text::{MAX_REFERENCES, MAX_TEXT_CHARS, identifier, name, words};
use super::{Format, Kind, Line, MAX_LINES, Statement, Unreadable};
use crate::iban;
use documents::table::{scaled, shown};
use ledger::coverage::Date;
use std::collections::BTreeMap;

/// The characters of a record.
const RECORD_CHARS: usize = 120;
/// The characters up to the end of the amount: a shorter record of a balance or movement was cut off.
const LEAST_CHARS: usize = 104;
/// What a detail's text is in.
const DETAIL: std::ops::Range<usize> = 48..118;
/// The first part of a detail that holds two things: an id, and what kind of id it is.
const FIRST_PART: usize = 35;
/// The details in which an IBAN of the other side may stand: accounts and identifiers of payer and beneficiary.
const ACCOUNTS: [&str; 4] = ["CBE", "CPY", "IPY", "IBE"];
/// Two-digit years from here on are of the last century.
const CENTURY: u16 = 80;

/// Whether a text is of this format: its first record says so.
pub fn is_it(text: &str) -> bool {
    let first: Vec<char> = text.trim_start().chars().take(RECORD_CHARS).take_while(|c| !matches!(c, '\r' | '\n')).collect();
    let digits = |range: std::ops::Range<usize>| first[range].iter().all(char::is_ascii_digit);
    let kind: String = first.iter().take(2).collect();
    first.len() > DETAIL.start && ["01", "04", "05", "07"].contains(&kind.as_str()) && digits(2..7) && digits(34..40)
}

/// One record, and the line that it stands on.
struct Record {
    chars: Vec<char>,
    line: usize,
}

impl Record {
    fn part(&self, range: std::ops::Range<usize>) -> String {
        self.chars[range].iter().collect()
    }

    fn wrong(&self, why: impl AsRef<str>) -> Unreadable {
        Unreadable::at(self.line, format!("{}: the file is damaged, fetch it from the bank again", why.as_ref()))
    }

    /// The day in six characters, `DDMMYY`; blanks and zeros are none.
    fn date(&self, from: usize) -> Result<Option<Date>, Unreadable> {
        let text = self.part(from..from + 6);
        if text.trim().is_empty() || text == "000000" {
            return Ok(None);
        }
        let two = |place: usize| text.get(place..place + 2).filter(|two| two.bytes().all(|byte| byte.is_ascii_digit()));
        let date = || {
            let year: u16 = two(4)?.parse().ok()?;
            let century = if year < CENTURY { 2000 } else { 1900 };
            Date::new(century + year, two(2)?.parse().ok()?, two(0)?.parse().ok()?)
        };
        date().map(Some).ok_or_else(|| self.wrong(format!("'{}' is no day of the calendar (DDMMYY)", shown(&text))))
    }

    fn currency(&self) -> Result<String, Unreadable> {
        let currency = self.part(16..19);
        if currency.trim().is_empty() {
            return Ok("EUR".to_owned());
        }
        let fits = currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if fits { Ok(currency) } else { Err(self.wrong(format!("'{}' is no currency", shown(&currency)))) }
    }

    /// The amount, whose last character is a digit and the sign in one. In the French variant of ASCII the braces are `é` and `è`.
    fn amount(&self) -> Result<i64, Unreadable> {
        let text = self.part(90..LEAST_CHARS);
        let decimals = match self.chars[19] {
            ' ' => 2,
            c => c.to_digit(10).ok_or_else(|| self.wrong("the number of decimals in column 20 is no digit"))?,
        };
        let last = text.chars().last().unwrap_or(' ');
        let (sign, digit) = match last {
            '0'..='9' => (1, u32::from(last) - u32::from('0')),
            '{' | 'é' => (1, 0),
            '}' | 'è' => (-1, 0),
            'A'..='I' => (1, u32::from(last) - u32::from('A') + 1),
            'J'..='R' => (-1, u32::from(last) - u32::from('J') + 1),
            _ => return Err(self.wrong(format!("'{}' is no amount (columns 91 to 104)", shown(&text)))),
        };
        let before: String = text.chars().take(13).collect();
        let before = before.trim_start();
        if !before.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.wrong(format!("'{}' is no amount (columns 91 to 104)", shown(&text))));
        }
        let cents = scaled(&format!("{before}{digit}"), usize::try_from(decimals).unwrap_or(0));
        cents.map(|cents| sign * cents).map_err(|why| Unreadable::at(self.line, why))
    }

    /// Bank, branch and account number as an IBAN, or as they stand.
    fn account(&self) -> String {
        let (bank, branch, number) = (self.part(2..7), self.part(11..16), self.part(21..32));
        iban::of_account(&bank, &branch, number.trim()).unwrap_or_else(|| format!("{bank}{branch}{number}").replace(' ', ""))
    }
}

/// Reads every statement of the file.
pub fn read(text: &str) -> Result<Vec<Statement>, Unreadable> {
    let mut statements = Vec::new();
    let mut open: Option<Open> = None;
    let mut records = 0;
    for record in records_of(text) {
        let record = record?;
        records += 1;
        if records > MAX_LINES {
            let why = format!("the file has more than {MAX_LINES} records; ask the bank for shorter periods");
            return Err(Unreadable::at(record.line, why));
        }
        match (record.part(0..2).as_str(), &mut open) {
            ("01", None) => open = Some(Open::new(&record)?),
            ("01", Some(_)) => return Err(record.wrong("a statement starts (01) before the one before has ended (07)")),
            ("04", Some(statement)) => statement.movement(&record)?,
            ("05", Some(statement)) => statement.detail(&record)?,
            ("07", Some(_)) => statements.extend(open.take().map(|statement| statement.close(&record)).transpose()?),
            ("04" | "05" | "07", None) => return Err(record.wrong("this record is outside of a statement (no 01 before it)")),
            (kind, _) => {
                return Err(record.wrong(format!("'{}' is no kind of record: 01, 04, 05 or 07 is expected", shown(kind))));
            }
        }
    }
    match open {
        Some(_) => {
            Err(Unreadable::file("the file ends before its last record (07): it was cut off, fetch it from the bank again"))
        }
        None => Ok(statements),
    }
}

/// The records of a text: one on each line, or all in one piece.
fn records_of(text: &str) -> impl Iterator<Item = Result<Record, Unreadable>> {
    let lines = text.split('\n').zip(1..).map(|(line, number)| (line.trim_matches('\r'), number));
    let one_piece = text.trim_end().chars().nth(RECORD_CHARS).is_some() && !text.trim_end().contains('\n');
    lines.filter(|(line, _)| !line.trim().is_empty()).flat_map(move |(line, number)| {
        let chars: Vec<char> = line.trim_end().chars().collect();
        let pieces: Vec<Vec<char>> = chars.chunks(RECORD_CHARS).map(<[char]>::to_vec).collect();
        pieces.into_iter().zip(0..).map(move |(mut chars, place)| {
            let line = if one_piece { place + 1 } else { number };
            let least = if chars.starts_with(&['0', '5']) { DETAIL.start } else { LEAST_CHARS };
            if chars.len() < least {
                let why =
                    "this record is too short: the file was cut off, fetch it from the bank again (CFONB 120 has 120 characters)";
                return Err(Unreadable::at(line, why));
            }
            chars.resize(RECORD_CHARS, ' ');
            Ok(Record { chars, line })
        })
    })
}

/// A statement whose new balance has not come yet.
struct Open {
    account: String,
    number: String,
    currency: String,
    opening: i64,
    from: Option<Date>,
    lines: Vec<Line>,
    movement: Option<Movement>,
}

/// A movement whose details may still come.
struct Movement {
    line: Line,
    label: String,
    reference: String,
    details: BTreeMap<String, String>,
    at: usize,
}

impl Open {
    fn new(record: &Record) -> Result<Open, Unreadable> {
        Ok(Open {
            account: record.account(),
            number: record.part(21..32),
            currency: record.currency()?,
            opening: record.amount()?,
            from: record.date(34)?,
            lines: Vec::new(),
            movement: None,
        })
    }

    fn same_account(&self, record: &Record) -> Result<(), Unreadable> {
        if record.part(21..32) == self.number {
            Ok(())
        } else {
            Err(record.wrong("this record is of another account than its statement"))
        }
    }

    fn movement(&mut self, record: &Record) -> Result<(), Unreadable> {
        self.same_account(record)?;
        self.finish()?;
        let mut line = Line::new(record.amount()?, record.currency()?);
        line.booking_date = record.date(34)?;
        line.value_date = record.date(42)?;
        line.bank_code = words(&record.part(32..34), 2);
        line.return_code = words(&record.part(40..42), 2).filter(|code| code != "00");
        line.returned = line.return_code.is_some();
        let (label, reference) = (record.part(48..79), record.part(104..120));
        self.movement = Some(Movement { line, label, reference, details: BTreeMap::new(), at: record.line });
        Ok(())
    }

    fn detail(&mut self, record: &Record) -> Result<(), Unreadable> {
        self.same_account(record)?;
        let Some(movement) = &mut self.movement else {
            return Err(record.wrong("this detail (05) has no movement (04) before it"));
        };
        movement.details.entry(record.part(45..48)).or_default().push_str(&record.part(DETAIL));
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Unreadable> {
        if let Some(movement) = self.movement.take() {
            self.lines.push(movement.finish()?);
        }
        Ok(())
    }

    fn close(mut self, record: &Record) -> Result<Statement, Unreadable> {
        self.same_account(record)?;
        self.finish()?;
        let to = record.date(34)?;
        let closing_currency = Some(record.currency()?).filter(|other| *other != self.currency);
        let same = closing_currency.is_none();
        let day = to.map_or_else(String::new, |to| format!("/{to}"));
        let mut statement = Statement {
            format: Format::Cfonb120,
            kind: Kind::Statement,
            id: format!("{}{day}", self.account),
            sequence: None,
            account: self.account,
            currency: self.currency,
            opening: Some(self.opening),
            closing: Some(record.amount()?),
            closing_currency,
            from: self.from,
            to,
            lines: self.lines,
            balanced: None,
        };
        statement.balanced = statement.sum().map(|sum| sum && same);
        Ok(statement)
    }
}

impl Movement {
    /// The line, with what its details say.
    fn finish(self) -> Result<Line, Unreadable> {
        let mut line = self.line;
        let detail = |kind: &str| self.details.get(kind).map_or("", String::as_str);
        let first_part = |kind: &str| detail(kind).chars().take(FIRST_PART).collect::<String>();
        line.iban = ACCOUNTS.into_iter().find_map(|kind| iban::normalised(&first_part(kind)));
        line.end_to_end = identifier(&first_part("RCN"), self.at)?;
        line.mandate = identifier(&first_part("RUM"), self.at)?;
        line.other_reference = identifier(&first_part("REF"), self.at)?.or(identifier(&self.reference, self.at)?);
        if let Some(code) = words(detail("RET"), FIRST_PART).and_then(|reason| reason.split(' ').next().map(str::to_owned)) {
            line.return_code = Some(code);
            line.returned = true;
        }
        // In a payment that came back, the sides stand as they were in the first one.
        let (payer, payee) = (["NPY", "NPO"], ["NBE", "NBU"]);
        let (wanted, opposite) = if line.amount >= 0 { (payer, payee) } else { (payee, payer) };
        let named = |kinds: [&str; 2]| kinds.into_iter().find_map(|kind| name(detail(kind)));
        line.counterparty = named(wanted).or_else(|| named(opposite).filter(|_| line.returned));
        let typed = format!("{}{}", detail("LCC"), detail("LC2"));
        let banks = format!("{} {}", self.label, detail("LIB"));
        let structured = normalised(detail("LCS")).or(words(detail("LCS"), MAX_TEXT_CHARS));
        for reference in structured.into_iter().chain(references_in(&typed)).chain(references_in(&banks)) {
            if line.references.len() < MAX_REFERENCES && !line.references.contains(&reference) {
                line.references.push(reference);
            }
        }
        line.text = words(&typed, MAX_TEXT_CHARS).or_else(|| words(&banks, MAX_TEXT_CHARS)).unwrap_or_default();
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str, decimals: char) -> Option<i64> {
        let mut chars = vec![' '; RECORD_CHARS];
        chars[19] = decimals;
        chars.splice(90..LEAST_CHARS, text.chars());
        Record { chars, line: 1 }.amount().ok()
    }

    #[test]
    fn the_last_character_of_an_amount_is_digit_and_sign() {
        for (digit, (credit, debit)) in (0..).zip("{ABCDEFGHI".chars().zip("}JKLMNOPQR".chars())) {
            assert_eq!(amount(&format!("0000000000012{credit}"), '2'), Some(120 + digit));
            assert_eq!(amount(&format!("0000000000012{debit}"), '2'), Some(-120 - digit));
        }
        assert_eq!(amount("0000000000012é", '2'), Some(120));
        assert_eq!(amount("           12è", '2'), Some(-120));
        assert_eq!(amount("00000000000123", '2'), Some(123));
    }

    #[test]
    fn decimals_are_those_of_column_20() {
        assert_eq!(amount("0000000000012A", '0'), Some(12_100));
        assert_eq!(amount("0000000000012{", '3'), Some(12));
        assert_eq!(amount("0000000000012A", '3'), None);
        assert_eq!(amount("0000000000012A", 'x'), None);
        assert_eq!(amount("9999999999999I", '2'), Some(99_999_999_999_999));
    }
}
