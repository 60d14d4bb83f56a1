//! Which column of a bank's table is what, from a file.

use crate::failure::{Failure, Outcome};
use fund_office::bank::Mapping;
use fund_office::intake::mapping;
use serde_json::Value;
use std::path::Path;

/// What a mapping looks like.
pub const EXAMPLE: &str = r#"Write a file like this, with the headings of the table, and give it with --mapping FILE:

    account = "FR76…"            # the account's IBAN, if the table does not say it
    booking_date = "Date"
    amount = "Montant"           # or: debit = "Débit", credit = "Crédit"
    text = ["Libellé"]
    # value_date, balance, currency, counterparty, iban, reference, end_to_end, servicer_reference = "…"
    # decimal = "comma" or "point"; dates = "day", "month" or "year" (what comes first)"#;

/// The longest file that describes a table.
const MAX_BYTES: u64 = 16 * 1024;

/// Reads it.
pub fn read(file: &Path) -> Outcome<Mapping> {
    let length = std::fs::metadata(file).map_err(|error| Failure::file("read", file, &error))?.len();
    if length > MAX_BYTES {
        return Err(Failure::new(format!("{}: this is longer than any mapping.\n\n{EXAMPLE}", file.display())));
    }
    let text = std::fs::read_to_string(file).map_err(|error| Failure::file("read", file, &error))?;
    let wrong = |why: &dyn std::fmt::Display| Failure::new(format!("{}: {why}\n\n{EXAMPLE}", file.display()));
    let written: Value = toml::from_str(&text).map_err(|error| wrong(&error))?;
    mapping("", &written).map_err(|why| wrong(&why))
}
