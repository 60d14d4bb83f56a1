//! The languages of what the program prints for people who are no technicians: reports, audits, receipts.

use crate::dates;
use clap::ValueEnum;
use ledger::amount::Cents;
use ledger::calendar;

/// A language.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Language {
    /// French.
    Fr,
    /// English.
    En,
}

impl Language {
    /// The one of `LC_ALL`, `LC_MESSAGES` or `LANG`; English when they say nothing.
    pub fn here() -> Language {
        let set =
            ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        if set.is_some_and(|name| name.starts_with("fr")) { Language::Fr } else { Language::En }
    }

    /// The words of this language.
    pub fn pick<'a>(self, french: &'a str, english: &'a str) -> &'a str {
        match self {
            Language::Fr => french,
            Language::En => english,
        }
    }

    /// A colon, with the space before it that French has.
    pub fn colon(self) -> &'static str {
        self.pick(" :", ":")
    }

    /// An amount, as the language writes it, in groups of three digits.
    pub fn euros(self, cents: Cents) -> String {
        let plain = cents.to_string();
        let (whole, rest) = plain.split_once('.').unwrap_or((&plain, "00"));
        let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
        let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
        let (space, point) = (self.pick("\u{202f}", ","), self.pick(",", "."));
        format!("{sign}{}{point}{rest}", groups.join(space))
    }

    /// A day and its hour: on the clocks of Paris in French, in UTC in English.
    pub fn moment(self, time: u64) -> String {
        match self {
            Language::En => dates::text(time),
            Language::Fr => {
                let minutes = calendar::paris(time).1 / dates::MINUTE_MS;
                format!("{} à {} h {:02}", self.day(time), minutes / 60, minutes % 60)
            }
        }
    }

    /// A day, as the language writes it.
    pub fn day(self, time: u64) -> String {
        match self {
            Language::En => dates::text(time).chars().take(10).collect(),
            Language::Fr => {
                let (year, month, day) = calendar::civil(calendar::paris_day(time));
                format!("{day:02}/{month:02}/{year}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_in_groups_of_three_digits() {
        let rows =
            [(0, "0,00", "0.00"), (99_999, "999,99", "999.99"), (-123_456_789, "-1\u{202f}234\u{202f}567,89", "-1,234,567.89")];
        for (cents, french, english) in rows {
            let cents = Cents::new(cents);
            assert_eq!((Language::Fr.euros(cents), Language::En.euros(cents)), (french.into(), english.into()));
        }
    }

    #[test]
    fn french_readers_read_the_clock_of_paris() {
        assert_eq!(Language::Fr.moment(1_795_388_400_000), "23/11/2026 à 0 h 00");
        assert_eq!(Language::En.moment(1_795_388_400_000), "2026-11-22 23:00 UTC");
    }
}
