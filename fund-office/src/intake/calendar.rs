//! Days of the bank, by their numbers ([`Date::number`]).

use ledger::coverage::Date;
use ledger::rules::DAY_MS;

/// Days since 1 January 1970.
pub type Day = u32;

/// When a day begins, in UTC.
pub fn midnight(day: Day) -> u64 {
    u64::from(day) * DAY_MS
}

/// The year of a day.
pub fn year_of(day: Day) -> String {
    Date::of_number(day).map_or_else(|| "9999".to_owned(), |date| date.to_string()[..4].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::rules::day_of;

    #[test]
    fn a_day_has_a_year() {
        assert_eq!(year_of(day_of(1_795_000_000_000)), "2026");
    }
}
