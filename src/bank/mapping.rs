//! Which column of a bank's table is what, from a file.

use crate::failure::{Failure, Outcome};
use fund_office::bank::{DateOrder, Decimal, Mapping};
use serde::Deserialize;
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    account: Option<String>,
    booking_date: String,
    value_date: Option<String>,
    amount: Option<String>,
    debit: Option<String>,
    credit: Option<String>,
    balance: Option<String>,
    currency: Option<String>,
    counterparty: Option<String>,
    iban: Option<String>,
    #[serde(default)]
    text: Vec<String>,
    reference: Option<String>,
    end_to_end: Option<String>,
    servicer_reference: Option<String>,
    decimal: Option<Separator>,
    dates: Option<First>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Separator {
    Comma,
    Point,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum First {
    Day,
    Month,
    Year,
}

/// Reads it.
pub fn read(file: &Path) -> Outcome<Mapping> {
    let length = std::fs::metadata(file).map_err(|error| Failure::file("read", file, &error))?.len();
    if length > MAX_BYTES {
        return Err(Failure::new(format!("{}: this is longer than any mapping.\n\n{EXAMPLE}", file.display())));
    }
    let text = std::fs::read_to_string(file).map_err(|error| Failure::file("read", file, &error))?;
    let written: Written =
        toml::from_str(&text).map_err(|error| Failure::new(format!("{}: {error}\n\n{EXAMPLE}", file.display())))?;
    if written.amount.is_none() && (written.debit.is_none() || written.credit.is_none()) {
        let why = "an amount is needed, or debit and credit";
        return Err(Failure::new(format!("{}: {why}.\n\n{EXAMPLE}", file.display())));
    }
    Ok(written.into())
}

impl From<Written> for Mapping {
    fn from(written: Written) -> Mapping {
        Mapping {
            name: written.name.unwrap_or_default(),
            account: written.account,
            booking_date: written.booking_date,
            value_date: written.value_date,
            amount: written.amount,
            debit: written.debit,
            credit: written.credit,
            balance: written.balance,
            currency: written.currency,
            counterparty: written.counterparty,
            iban: written.iban,
            text: written.text,
            reference: written.reference,
            end_to_end: written.end_to_end,
            servicer_reference: written.servicer_reference,
            decimal: written.decimal.map(|separator| match separator {
                Separator::Comma => Decimal::Comma,
                Separator::Point => Decimal::Point,
            }),
            dates: written.dates.map(|first| match first {
                First::Day => DateOrder::Day,
                First::Month => DateOrder::Month,
                First::Year => DateOrder::Year,
            }),
        }
    }
}
