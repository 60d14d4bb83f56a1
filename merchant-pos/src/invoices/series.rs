//! References that count by themselves: `CANT-{year}-{nnnnn}` gives `CANT-2026-00042`, and begins again each year.
//!
//! A shop has one for its invoices, a town one for each of its services: the canteen, the library. Beside it stands what the treasury
//! knows the service by.

use crate::error::Reason;
use ledger::message::MAX_REFERENCE_BYTES;

/// A shop or a town has at most so many series.
pub const MAX_SERIES: usize = 50;
/// The name of a series has at most so many characters.
const MAX_NAME_CHARS: usize = 40;
/// What the treasury knows a service by has at most so many bytes: a budget account with its branch.
const MAX_CODE_BYTES: usize = 20;
/// The year in a pattern.
const YEAR: &str = "{year}";
/// A number is written with at least so many digits, at most.
const MAX_DIGITS: usize = 9;
/// No number is longer than this: with it the reference still has to fit.
const LONGEST_NUMBER: u64 = 999_999_999;

/// A series of references.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    /// What people call it.
    pub name: String,
    /// How a reference is written.
    pub pattern: String,
    /// What the treasury knows it by.
    pub code: String,
    /// The year of the last reference.
    pub year: i32,
    /// The last number.
    pub last: u64,
}

impl Series {
    /// A new series, or why its words are none.
    pub fn new(name: &str, pattern: &str, code: &str) -> Result<Series, Reason> {
        let (name, pattern, code) = (name.trim(), pattern.trim(), code.trim());
        let plain = |text: &str| !text.chars().any(char::is_control);
        let named = !name.is_empty() && name.chars().count() <= MAX_NAME_CHARS && plain(name);
        let coded = code.len() <= MAX_CODE_BYTES && plain(code);
        let series = Series { name: name.into(), pattern: pattern.into(), code: code.into(), year: 0, last: 0 };
        let fits =
            series.write(9_999, LONGEST_NUMBER).is_some_and(|longest| longest.len() <= MAX_REFERENCE_BYTES && plain(&longest));
        if named && coded && fits { Ok(series) } else { Err(Reason::InvoiceSeries) }
    }

    /// The next reference, and the series after it.
    pub fn next(&self, year: i32) -> Result<(String, Series), Reason> {
        let yearly = self.pattern.contains(YEAR);
        let last = if yearly && year != self.year { 0 } else { self.last };
        let number = Some(last + 1).filter(|number| *number <= LONGEST_NUMBER).ok_or(Reason::InvoiceSeries)?;
        let reference = self.write(year, number).ok_or(Reason::InvoiceSeries)?;
        Ok((reference, Series { year, last: number, ..self.clone() }))
    }

    /// The pattern with year and number: exactly one run of `{n…}`, and at most one year.
    fn write(&self, year: i32, number: u64) -> Option<String> {
        let (before, rest) = self.pattern.split_once("{n")?;
        let (more, after) = rest.split_once('}')?;
        let digits = 1 + more.len();
        if digits > MAX_DIGITS || more.bytes().any(|byte| byte != b'n') {
            return None;
        }
        let with_year = |text: &str| text.replace(YEAR, &format!("{year:04}"));
        let written = format!("{}{number:0digits$}{}", with_year(before), with_year(after));
        (!written.contains(['{', '}'])).then_some(written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_count_and_begin_again_each_year() {
        let mut series = Series::new("Cantine", "CANT-{year}-{nnnnn}", "7067").unwrap();
        let mut references = Vec::new();
        for year in [2026, 2026, 2027, 2027] {
            let (reference, next) = series.next(year).unwrap();
            references.push(reference);
            series = next;
        }
        assert_eq!(references, ["CANT-2026-00001", "CANT-2026-00002", "CANT-2027-00001", "CANT-2027-00002"]);
        let whole = Series::new("Factures", "F{n}", "").unwrap();
        let (first, whole) = whole.next(2026).unwrap();
        assert_eq!((first, whole.next(2027).unwrap().0), ("F1".to_owned(), "F2".to_owned()));
    }

    #[test]
    fn a_pattern_has_one_number_and_fits() {
        for bad in ["", "CANT", "{n}{n}", "{year}", "{x}-{n}", "{nx}", "{n", "{nnnnnnnnnn}", &format!("{}{{n}}", "x".repeat(27))]
        {
            assert_eq!(Series::new("Cantine", bad, ""), Err(Reason::InvoiceSeries), "{bad}");
        }
        assert_eq!(Series::new("", "F{n}", ""), Err(Reason::InvoiceSeries));
        assert_eq!(Series::new("Cantine", "F{n}", &"7".repeat(21)), Err(Reason::InvoiceSeries));
        assert!(Series::new("Cantine", &format!("{}{{n}}", "x".repeat(26)), "7067").is_ok());
    }
}
