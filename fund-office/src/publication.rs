//! What the association publishes beside the journal: what its banks confirmed, and coverage statements.

use crate::Settings;
use crate::desk::{Acting, Reading, Stating, on_disk};
use crate::error::Problem;
use crate::wire::{ConfirmationLine, ConfirmationTyped, Confirmations};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use ledger::amount::{Cents, MAX_AMOUNT};
use ledger::coverage::Date;
use ledger::key::Hash32;
use ledger::publication::Confirmation;
use ledger::rules::DAY_MS;
use serde_json::Value;

pub async fn confirmations(State(office): State<Settings>, _: Reading) -> Result<Json<Confirmations>, Problem> {
    let newest = on_disk(&office.ledger, |ledger| ledger.publication().confirmations()).await?;
    Ok(Json(Confirmations { confirmations: newest.iter().map(line).collect() }))
}

fn line(confirmation: &Confirmation) -> ConfirmationLine {
    ConfirmationLine {
        bank: confirmation.bank,
        amount: confirmation.amount.get(),
        date: confirmation.date.to_string(),
        file: confirmation.file.to_string(),
        by: confirmation.by,
        time: confirmation.time,
    }
}

/// Keeps what a bank said, for the next coverage statement: who typed it and when is kept with it.
pub async fn confirm(
    State(office): State<Settings>,
    Acting(operator): Acting,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|_| Problem::TooLarge)?;
    let malformed =
        "The confirmation is JSON: `bank` (number), `amount` (cents), `date` (YYYY-MM-DD), `file` (SHA-256, hexadecimal).";
    let typed: ConfirmationTyped = serde_json::from_slice(&body).map_err(|_| Problem::Malformed(malformed))?;
    if !office.ledger.durable().state.books().banks().any(|bank| bank.number == typed.bank) {
        return Err(Problem::BankUnknown);
    }
    let confirmation = Confirmation {
        bank: typed.bank,
        amount: cents(typed.amount)?,
        date: day(&typed.date, Date::at((office.clock)().saturating_add(DAY_MS)))?,
        file: Hash32::from_hex(&typed.file).ok_or(Problem::Malformed(malformed))?,
        by: operator.number,
        time: (office.clock)(),
    };
    on_disk(&office.ledger, move |ledger| ledger.publication().confirm(confirmation)).await?;
    Ok(crate::error::done())
}

/// A day at whose end a bank can have held something: not after tomorrow, which has begun somewhere. A later one would be the newest in
/// every statement until it has come.
fn day(text: &str, tomorrow: Option<Date>) -> Result<Date, Problem> {
    let day = Date::parse(text).ok_or(Problem::Malformed("The date is no day: write it like 2026-11-22."))?;
    if tomorrow.is_none_or(|tomorrow| day > tomorrow) {
        return Err(Problem::Malformed("The date is in the future: it has to be the day of the bank's statement."));
    }
    Ok(day)
}

/// No bank account holds, or owes, more than the largest amount there is.
fn cents(amount: i64) -> Result<Cents, Problem> {
    let fits = amount.unsigned_abs() <= MAX_AMOUNT;
    if fits { Ok(Cents::new(amount)) } else { Err(Problem::Malformed("The amount is more than 10^12 cents.")) }
}

/// Publishes a coverage statement now.
pub async fn state(State(office): State<Settings>, Stating: Stating) -> Result<Json<Value>, Problem> {
    let state = office.state.clone();
    on_disk(&office.ledger, move |_| state()).await.map(Json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_confirms_no_day_after_tomorrow() {
        let tomorrow = Date::parse("2026-11-23");
        for good in ["2026-11-23", "2026-11-22", "1999-01-01"] {
            assert_eq!(day(good, tomorrow), Ok(Date::parse(good).unwrap()));
        }
        for late in ["2026-11-24", "2027-01-01", "9999-12-31"] {
            let Err(Problem::Malformed(why)) = day(late, tomorrow) else { unreachable!("{late} is taken") };
            assert!(why.contains("in the future"), "{why}");
        }
        assert!(day("2026-02-30", tomorrow).is_err());
    }
}
