//! Payment orders for banks: pain.001 (credit transfers) and pain.008 (direct debits), in the versions that French banks take.
//!
//! The same values give the same bytes, always: the hash of a file is approved by people, and the file that is handed out later is
//! built again. Nothing here reads a clock. Names are written with the letters of every bank; there is no address in a file, because
//! an unstructured one is rejected since November 2026 and none is needed within SEPA; a BIC only where one is given.

mod credit_transfer;
mod direct_debit;
pub mod text;

pub use credit_transfer::{CreditTransfer, Payment, Version as CreditTransferVersion};
pub use direct_debit::{Collection, DirectDebit, Version as DirectDebitVersion};

use ledger::coverage::Date;
use ledger::rules::DAY_MS;
use sepa::{Bic, BuildError, Iban, IsoDate, IsoDateTime, validate_bic, validate_iban};
use std::fmt;

/// Whose account it is on our side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Party {
    /// The holder, exactly as the bank writes it.
    pub name: String,
    /// The account.
    pub iban: String,
    /// The bank, where it wants to be named.
    pub bic: Option<String>,
}

/// Why a file cannot be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WriteError {
    /// Nothing of a name can be written in the letters of every bank.
    Name(String),
    /// An IBAN is mistyped.
    Iban(String),
    /// An IBAN is of a country outside of SEPA.
    Outside(String),
    /// A BIC is mistyped.
    Bic(String),
    /// The creditor identifier is mistyped.
    CreditorId(String),
    /// A time or a day that the calendar of the format does not reach.
    Calendar,
    /// Two payments have one end-to-end id.
    Repeated(String),
    /// What else the format does not allow, in words.
    Format(String),
}

impl WriteError {
    /// The stable code with which programs decide.
    pub fn code(&self) -> &'static str {
        match self {
            WriteError::Name(_) => "name_unwritable",
            WriteError::Iban(_) => "iban_wrong",
            WriteError::Outside(_) => "iban_outside_sepa",
            WriteError::Bic(_) => "bic_wrong",
            WriteError::CreditorId(_) => "creditor_id_wrong",
            WriteError::Calendar => "date_wrong",
            WriteError::Repeated(_) => "end_to_end_repeated",
            WriteError::Format(_) => "format_refused",
        }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::Name(name) => write!(f, "nothing of the name '{name}' can be written in Latin letters: enter it so"),
            WriteError::Iban(iban) => write!(f, "the IBAN '{iban}' is mistyped: compare it with the holder's"),
            WriteError::Outside(iban) => write!(f, "the IBAN '{iban}' is of a country that SEPA does not reach"),
            WriteError::Bic(bic) => write!(f, "the BIC '{bic}' is mistyped: correct it in the settings, or leave it out"),
            WriteError::CreditorId(id) => write!(f, "the creditor identifier '{id}' is mistyped: correct it in the settings"),
            WriteError::Calendar => f.write_str("a date is beyond the calendar"),
            WriteError::Repeated(id) => write!(f, "the end-to-end id '{id}' stands twice in one file"),
            WriteError::Format(why) => write!(f, "the format does not allow it: {why}"),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<BuildError> for WriteError {
    fn from(error: BuildError) -> WriteError {
        WriteError::Format(error.to_string())
    }
}

/// A holder's name and IBAN as a file has them; says what is wrong before anybody relies on the file.
pub fn payee(name: &str, iban: &str) -> Result<(String, Iban), WriteError> {
    let written = text::name(name).ok_or_else(|| WriteError::Name(name.to_owned()))?;
    let good = validate_iban(iban).map_err(|_| WriteError::Iban(iban.to_owned()))?;
    if good.is_sepa() { Ok((written, good)) } else { Err(WriteError::Outside(iban.to_owned())) }
}

impl Party {
    fn checked(&self) -> Result<(String, Iban, Option<Bic>), WriteError> {
        let (name, iban) = payee(&self.name, &self.iban)?;
        Ok((name, iban, bic(self.bic.as_deref())?))
    }
}

fn bic(text: Option<&str>) -> Result<Option<Bic>, WriteError> {
    let given = text.map(str::trim).filter(|text| !text.is_empty());
    given.map(|text| validate_bic(text).map_err(|_| WriteError::Bic(text.to_owned()))).transpose()
}

/// The day in the format's own type.
fn day(date: Date) -> Result<IsoDate, WriteError> {
    IsoDate::parse(&date.to_string()).map_err(|_| WriteError::Calendar)
}

/// The instant, to the second, in UTC.
fn instant(time: u64) -> Result<IsoDateTime, WriteError> {
    let days = i64::try_from(time / DAY_MS).map_err(|_| WriteError::Calendar)?;
    let date = IsoDate::from_epoch_days(days).map_err(|_| WriteError::Calendar)?;
    let seconds = time % DAY_MS / 1_000;
    let part = |value: u64| u8::try_from(value).expect("a part of a day is small");
    let made = IsoDateTime::new(date, part(seconds / 3_600), part(seconds / 60 % 60), part(seconds % 60));
    made.map(IsoDateTime::in_utc).map_err(|_| WriteError::Calendar)
}

/// Fails when an end-to-end id stands twice: the bank's answers would not tell the payments apart.
fn all_differ<'a>(ids: impl Iterator<Item = &'a String>) -> Result<(), WriteError> {
    let mut seen = std::collections::BTreeSet::new();
    let mut ids = ids;
    ids.find(|id| !seen.insert(*id)).map_or(Ok(()), |id| Err(WriteError::Repeated(id.clone())))
}

fn cents(amount: u64) -> Result<i64, WriteError> {
    i64::try_from(amount).map_err(|_| WriteError::Format("an amount is too large".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_to_the_second_in_utc() {
        assert_eq!(instant(0).unwrap().to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(instant(1_795_357_628_999).unwrap().to_string(), "2026-11-22T14:27:08Z");
        assert_eq!(instant(u64::MAX), Err(WriteError::Calendar));
    }

    #[test]
    fn a_payee_is_refused_for_the_first_thing_that_is_wrong() {
        let good = "FR7630006000011234567890189";
        assert_eq!(payee("Épicerie", good).unwrap().0, "Epicerie");
        assert_eq!(payee("مخبز", good).unwrap_err().code(), "name_unwritable");
        assert_eq!(payee("A", "FR7630006000011234567890188").unwrap_err().code(), "iban_wrong");
        assert_eq!(payee("A", "FR76").unwrap_err().code(), "iban_wrong");
        let saudi = "SA0380000000608010167519";
        assert_eq!(payee("A", saudi).unwrap_err(), WriteError::Outside(saudi.into()));
    }
}
