//! What the intake reads over HTTP. What it says is made of [`serde_json`] values in [`super::shown`].

use crate::bank::{DateOrder, Decimal, Mapping};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `POST /office/v1/bank/files?name=&bank=`
#[derive(Deserialize)]
pub struct FileQuery {
    /// The file's name.
    pub name: Option<String>,
    /// The bank account of a table that does not say so.
    pub bank: Option<u16>,
}

/// `GET /office/v1/bank/lines?state=&bank=&query=&before=&limit=`
#[derive(Deserialize, Default)]
pub struct LinesQuery {
    /// Only lines that stand so.
    pub state: Option<String>,
    /// Only lines of this bank account.
    pub bank: Option<u16>,
    /// Only lines with this in a text, or with this amount.
    pub query: Option<String>,
    /// The lines after this one: what the page before named as `next`.
    pub before: Option<String>,
    /// How many.
    pub limit: Option<usize>,
}

/// `?bank=`
#[derive(Deserialize)]
pub struct BankQuery {
    /// The bank account.
    pub bank: Option<u16>,
}

/// `POST /office/v1/bank/lines/{id}`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionTyped {
    /// `member`, `campaign`, `own`, `cover`, `fee`, `set_aside`, `undo`, `return`, `same_as`.
    pub decision: String,
    /// The member's account.
    pub account: Option<String>,
    /// The campaign's number.
    pub campaign: Option<u32>,
    /// The other line.
    pub line: Option<String>,
    /// Why.
    pub note: Option<String>,
}

/// `PUT /office/v1/bank/mappings/{name}`: the headings of a table's columns.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingTyped {
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
    /// `comma` or `point`.
    decimal: Option<String>,
    /// `day`, `month` or `year`.
    dates: Option<String>,
}

/// The mapping that was typed, in JSON or in a file.
///
/// # Errors
///
/// In words: a field that is unknown or missing, or a word that is none of those.
pub fn mapping(name: &str, typed: &Value) -> Result<Mapping, String> {
    let typed: MappingTyped = serde_json::from_value(typed.clone()).map_err(|error| error.to_string())?;
    if typed.booking_date.trim().is_empty() {
        return Err("the heading of the booking date is needed".to_owned());
    }
    if typed.amount.is_none() && (typed.debit.is_none() || typed.credit.is_none()) {
        return Err("an amount is needed, or debit and credit".to_owned());
    }
    let decimal = match typed.decimal.as_deref() {
        None => None,
        Some("comma") => Some(Decimal::Comma),
        Some("point") => Some(Decimal::Point),
        Some(other) => return Err(format!("`decimal` is comma or point, not {other}")),
    };
    let dates = match typed.dates.as_deref() {
        None => None,
        Some("day") => Some(DateOrder::Day),
        Some("month") => Some(DateOrder::Month),
        Some("year") => Some(DateOrder::Year),
        Some(other) => return Err(format!("`dates` is day, month or year, not {other}")),
    };
    Ok(Mapping {
        name: name.to_owned(),
        account: typed.account,
        booking_date: typed.booking_date,
        value_date: typed.value_date,
        amount: typed.amount,
        debit: typed.debit,
        credit: typed.credit,
        balance: typed.balance,
        currency: typed.currency,
        counterparty: typed.counterparty,
        iban: typed.iban,
        text: typed.text,
        reference: typed.reference,
        end_to_end: typed.end_to_end,
        servicer_reference: typed.servicer_reference,
        decimal,
        dates,
    })
}
