//! Numbers and dates as spreadsheets write them. How a column writes them is found out from all of it; what stays open is refused.

use super::amount::{cents, shown};
use super::{DateOrder, Decimal};

/// Two-digit years from here on are of the last century.
const CENTURY: u16 = 80;

/// A number without spaces, currency and sign.
struct Bare {
    negative: bool,
    digits: String,
}

fn bare(text: &str) -> Option<Bare> {
    let text = text.trim();
    let (bracketed, text) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let plain: String = text.replace("EUR", "").replace(['€', '¤', '\''], "").chars().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.replace(['\u{2212}', '\u{2013}'], "-").replace('\u{2019}', "");
    let minus = |text: &str| text.starts_with('-') || text.ends_with('-');
    let negative = bracketed || minus(&plain);
    let signs = plain.matches(['-', '+']).count();
    if signs > 1 || (bracketed && signs > 0) {
        return None;
    }
    let digits = plain.trim_matches(['-', '+']).to_owned();
    let shaped = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.'));
    shaped.then_some(Bare { negative, digits })
}

/// What stands before the cents in a column. `Err` with an example when the column leaves it open or contradicts itself.
pub fn decimal_of<'a>(cells: impl Iterator<Item = &'a str>) -> Result<Decimal, String> {
    let (mut found, mut open) = (None, None);
    for cell in cells {
        let Some(number) = bare(cell) else { continue };
        let evidence = evidence(&number.digits);
        match (evidence, found) {
            (Some(decimal), None) => found = Some(decimal),
            (Some(decimal), Some(before)) if decimal != before => {
                let why = "the numbers are written in two ways, so that it is not clear what is a cent";
                return Err(format!("{why} (look at '{}'): export the table again, with one way of writing", shown(cell)));
            }
            (None, _) if number.digits.contains([',', '.']) => open = open.or(Some(cell)),
            _ => {}
        }
    }
    match (found, open) {
        (None, Some(cell)) => Err(format!("'{}' may be thousands or parts of a cent: say `decimal` in a mapping", shown(cell))),
        (found, _) => Ok(found.unwrap_or(Decimal::Comma)),
    }
}

/// What a number by itself says of the decimal separator.
fn evidence(digits: &str) -> Option<Decimal> {
    let (commas, points) = (digits.matches(',').count(), digits.matches('.').count());
    let last = digits.rfind([',', '.'])?;
    let of = |comma: bool| Some(if comma { Decimal::Comma } else { Decimal::Point });
    let last_is_comma = digits[last..].starts_with(',');
    match (commas, points) {
        (1.., 1..) => of(last_is_comma),
        (2.., 0) => of(false),
        (0, 2..) => of(true),
        _ if digits.len() - last - 1 == 3 => None,
        _ => of(last_is_comma),
    }
}

/// The signed cents of a cell.
pub fn number(text: &str, decimal: Decimal) -> Result<i64, String> {
    let wrong = || format!("'{}' is no amount", shown(text));
    let Bare { negative, digits } = bare(text).ok_or_else(wrong)?;
    let (point, thousands) = match decimal {
        Decimal::Comma => (',', '.'),
        Decimal::Point => ('.', ','),
    };
    let (whole, part) = digits.split_once(point).unwrap_or((&digits, ""));
    let mut groups = whole.split(thousands);
    let first = groups.next().unwrap_or("");
    let grouped = groups.clone().count() == 0 || ((1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3));
    if !grouped {
        return Err(wrong());
    }
    let whole = whole.replace(thousands, "");
    let whole = if whole.is_empty() { "0" } else { &whole };
    let size = cents(&if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") })?;
    Ok(if negative { -size } else { size })
}

/// What comes first in the dates of some cells: the day, unless only months fit.
pub fn order_of<'a, D>(cells: impl Iterator<Item = &'a str> + Clone, day: Day<D>) -> DateOrder {
    let fits = |order| cells.clone().all(|cell| date(cell, order, day).is_some());
    if !fits(DateOrder::Day) && fits(DateOrder::Month) { DateOrder::Month } else { DateOrder::Day }
}

/// A day of the calendar from year, month and day, if there is such a day.
pub type Day<D> = fn(u16, u8, u8) -> Option<D>;

/// The day of a cell, as `made` makes it. A year of four digits in front is always the year. What follows the day is not looked at.
pub fn date<D>(text: &str, order: DateOrder, made: Day<D>) -> Option<D> {
    let made = |year: u16, month: u16, day: u16| made(year, month.try_into().ok()?, day.try_into().ok()?);
    let day = text.trim().split([' ', 'T']).next()?;
    if day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = |from: usize, to: usize| day.get(from..to)?.parse::<u16>().ok();
        let last = |year| (1980..2080).contains(&year);
        return match number(0, 4) {
            Some(year) if last(year) => made(year, number(4, 6)?, number(6, 8)?),
            _ => made(number(4, 8)?, number(2, 4)?, number(0, 2)?),
        };
    }
    let parts: Vec<&str> = day.split(['/', '-', '.']).collect();
    let [first, second, third] = parts[..] else { return None };
    let plain = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = |part: &str| if plain(part) { part.parse::<u16>().ok() } else { None };
    let (one, two, three) = (number(first)?, number(second)?, number(third)?);
    if first.len() == 4 || order == DateOrder::Year {
        return made(full(one, first)?, two, three);
    }
    let year = full(three, third)?;
    match order {
        DateOrder::Month => made(year, one, two),
        DateOrder::Day | DateOrder::Year => made(year, two, one),
    }
}

fn full(year: u16, written: &str) -> Option<u16> {
    match written.len() {
        4 => Some(year),
        2 => Some(if year < CENTURY { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days of a calendar in which every month has 28 days, and February none after them.
    fn made(year: u16, month: u8, day: u8) -> Option<(u16, u8, u8)> {
        ((1..=12).contains(&month) && (1..=28).contains(&day)).then_some((year, month, day))
    }

    #[test]
    fn numbers_are_read_as_spreadsheets_write_them() {
        let comma = [
            ("1 234,56", 123_456),
            ("1\u{202f}234,56 €", 123_456),
            ("-12,30", -1_230),
            ("12,30-", -1_230),
            ("(12,30)", -1_230),
            ("+0,5", 50),
            ("1.234.567,00", 123_456_700),
            ("−3", -300),
            (",50", 50),
            ("12,5000", 1_250),
            ("1'234,50 EUR", 123_450),
        ];
        for (text, expected) in comma {
            assert_eq!(number(text, Decimal::Comma), Ok(expected), "{text}");
        }
        assert_eq!(number("1,234.56", Decimal::Point), Ok(123_456));
        for text in ["", "-", "1e5", "12,345", "1.23,4", "--1", "-1-", "(-1)", "abc", "1,2,3", "12.34"] {
            assert!(number(text, Decimal::Comma).is_err(), "{text}");
        }
    }

    #[test]
    fn the_column_tells_how_numbers_are_written_or_is_refused() {
        let of = |cells: &[&'static str]| decimal_of(cells.iter().copied());
        assert_eq!(of(&["1,234", "5,10"]), Ok(Decimal::Comma));
        assert_eq!(of(&["1,234", "5.10"]), Ok(Decimal::Point));
        assert_eq!(of(&["1.234.567"]), Ok(Decimal::Comma));
        assert_eq!(of(&["12", ""]), Ok(Decimal::Comma));
        assert!(of(&["1,234"]).unwrap_err().contains("thousands"));
        assert!(of(&["1,50", "1.50"]).unwrap_err().contains("two ways"));
    }

    #[test]
    fn dates_are_read_in_the_order_that_fits_the_column() {
        let date = |text, order| date(text, order, made);
        let order_of = |cells: &[&'static str]| order_of(cells.iter().copied(), made);
        let day = made(2026, 11, 22);
        for text in [
            "22/11/2026",
            "22-11-26",
            "22.11.2026",
            "2026-11-22",
            "2026/11/22",
            "20261122",
            "22112026",
            "2026-11-22T18:30:00Z",
            "22/11/2026 18:30",
        ] {
            assert_eq!(date(text, DateOrder::Day), day, "{text}");
        }
        assert_eq!(date("11/22/2026", DateOrder::Month), day);
        assert_eq!(order_of(&["05/04/2026", "11/22/2026"]), DateOrder::Month);
        assert_eq!(order_of(&["05/04/2026"]), DateOrder::Day);
        for text in ["", "22/11", "31/02/2026", "22/11/026", "aa/bb/cccc", "45983", "22/11/2026/1"] {
            assert_eq!(date(text, DateOrder::Day), None, "{text}");
        }
    }
}
