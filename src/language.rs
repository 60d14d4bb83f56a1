//! The languages of what the program prints for people who are no technicians: reports, audits, receipts.

use clap::ValueEnum;
use ledger::amount::Cents;

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

    /// An amount, as the language writes it.
    pub fn euros(self, cents: Cents) -> String {
        let plain = cents.to_string();
        if self == Language::Fr { plain.replace('.', ",") } else { plain }
    }
}
