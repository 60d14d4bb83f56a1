//! What the office publishes beside its acts: what a bank confirmed, and a coverage statement now.

use super::{told, typed};
use crate::failure::Outcome;
use crate::money::{balance, euros};
use clap::Args;
use ledger::SigningKey;
use ledger::coverage::Date;
use ledger::key::Hash32;
use public_log::wire::{Coverage, Fund};
use serde_json::{Value, json};
use wallet_api::client::{Client, ClientError, Trust};

/// A bank's own figure.
#[derive(Args)]
pub struct BalanceTyped {
    /// The number of the bank account.
    #[arg(long)]
    bank: u16,
    /// The balance in euros, like 12.50; negative when the account is overdrawn.
    #[arg(long, value_parser = balance, allow_hyphen_values = true)]
    amount: i64,
    /// The day at whose end it held, like 2026-11-22.
    #[arg(long, value_parser = date)]
    date: Date,
    /// The bank's statement: the file, or its SHA-256.
    #[arg(long, value_parser = typed::evidence)]
    file: Hash32,
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| format!("'{text}' is no day: write it like 2026-11-22"))
}

/// Notes what a bank said.
pub async fn confirm(client: &Client, trust: &Trust, key: &SigningKey, typed: &BalanceTyped) -> Outcome {
    let session = client.sign_in(&trust.ledger, key).await.map_err(told)?;
    let BalanceTyped { bank, amount, date, file } = typed;
    let body = json!({ "bank": bank, "amount": amount, "date": date.to_string(), "file": file.to_string() });
    client.post_json("/office/v1/confirmations", &session.token, &body).await.map_err(told)?;
    say!("Noted: bank {bank} held {} on {date}, by the file {file}.", euros(*amount));
    warn_of_same_iban(client, &session.token, *bank).await?;
    say!("It stands in the next coverage statement: liard office publish-statement, or the daily one.");
    Ok(())
}

/// One IBAN under two numbers would be confirmed twice with the same euros.
async fn warn_of_same_iban(client: &Client, token: &str, bank: u16) -> Outcome {
    let overview: Value = client.get_json("/office/v1/overview", token).await.map_err(told)?;
    let banks = overview["banks"].as_array().into_iter().flatten();
    let others = banks.filter(|line| line["bank"] == bank).flat_map(|line| line["same_iban"].as_array().into_iter().flatten());
    let others: Vec<String> = others.map(Value::to_string).collect();
    if !others.is_empty() {
        say!(
            "WARNING: bank {bank} has the same IBAN as bank {}. If that is one account, confirm it under one number only,",
            others.join(", ")
        );
        say!("or the same euros are shown twice: correct the books so that one of the numbers holds nothing.");
    }
    Ok(())
}

/// Publishes a coverage statement now, and shows it.
pub async fn state(client: &Client, trust: &Trust, key: &SigningKey) -> Outcome {
    let session = client.sign_in(&trust.ledger, key).await.map_err(told)?;
    let answer = client.post_json("/office/v1/statements", &session.token, &json!({})).await.map_err(told)?;
    let unsound = |error: serde_json::Error| told(ClientError::Unsound(error.to_string()));
    let statement: Coverage = serde_json::from_slice(&answer).map_err(unsound)?;
    say!("Coverage statement {} is published, over {} entries.", statement.number, statement.size);
    for (medium, fund) in [("digital", statement.media.digital), ("paper", statement.media.paper)] {
        say!("{medium}: {}", words(fund));
    }
    let unconfirmed: Vec<String> =
        statement.banks.iter().filter(|bank| bank.confirmed.is_none()).map(|bank| bank.bank.to_string()).collect();
    if !unconfirmed.is_empty() {
        say!(
            "No figure of the bank itself is known for: {}. Note one with `liard office confirm-balance`.",
            unconfirmed.join(", ")
        );
    }
    Ok(())
}

fn words(fund: Fund) -> String {
    let (circulation, cover) = (euros(fund.circulation), euros(fund.cover));
    let rest = euros(fund.surplus.saturating_abs());
    let word = if fund.surplus < 0 { "SHORTFALL" } else { "surplus" };
    format!("circulation {circulation}, cover {cover}, {word} {rest}")
}
