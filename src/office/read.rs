//! The office's lists, one line each: what waits, and what was done.

use super::told;
use crate::dates;
use crate::failure::Outcome;
use ledger::SigningKey;
use serde_json::Value;
use wallet_api::client::{Client, Trust};

/// Lists the proposals that wait.
pub async fn proposals(client: &Client, trust: &Trust, key: &SigningKey) -> Outcome {
    let answer = ask(client, trust, key, "/office/v1/proposals").await?;
    let proposals = rows(&answer, "proposals");
    if proposals.is_empty() {
        say!("No proposal waits.");
    }
    for proposal in proposals {
        let approvals = proposal["approvals"].as_array().map_or(0, Vec::len);
        let may = if proposal["can_approve"] == true { "you may approve" } else { "others have to approve" };
        say!("{}  {} of {} persons, {may}", text(&proposal["proposal"]), approvals, proposal["persons"]);
        say!("    {}  by person {}: {}", when(proposal), proposal["proposer"]["number"], words(&proposal["words"]));
    }
    Ok(())
}

/// Lists what the association's persons signed.
pub async fn acts(client: &Client, trust: &Trust, key: &SigningKey, limit: u16) -> Outcome {
    let answer = ask(client, trust, key, &format!("/office/v1/acts?limit={limit}")).await?;
    for act in rows(&answer, "acts") {
        let (kind, fields) = (text(&act["kind"]), words(&act["fields"]));
        say!("{:>6}  {}  person {}  {kind}  {fields}", act["sequence"].to_string(), when(act), act["operator"]);
    }
    Ok(())
}

async fn ask(client: &Client, trust: &Trust, key: &SigningKey, path: &str) -> Outcome<Value> {
    let session = client.sign_in(&trust.ledger, key).await.map_err(told)?;
    client.get_json(path, &session.token).await.map_err(told)
}

fn rows<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer[name].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn when(row: &Value) -> String {
    dates::text(row["time"].as_u64().unwrap_or_default())
}

/// The fields that are amounts in cents.
const AMOUNTS: &[&str] = &["amount", "budget", "cap", "least", "most", "per_payment", "per_day", "held", "paid_30_days"];

/// An act's kind and fields on one line, amounts in euros.
fn words(fields: &Value) -> String {
    let Some(fields) = fields.as_object() else { return String::new() };
    let shown = fields.iter().filter(|(name, value)| *name != "kind" && !value.is_null());
    let pairs: Vec<String> = shown.map(|(name, value)| format!("{name}={}", shown_as(name, value))).collect();
    format!("{} {}", fields.get("kind").map_or("", |kind| text(kind)), pairs.join(" "))
}

fn shown_as(name: &str, value: &Value) -> String {
    match value.as_u64() {
        Some(cents) if AMOUNTS.contains(&name) => format!("{}.{:02}", cents / 100, cents % 100),
        _ => value.to_string().trim_matches('"').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_is_one_line_with_amounts_in_euros() {
        let fields = serde_json::json!({ "kind": "bank_fee", "bank": 1, "amount": 350, "account": null });
        assert_eq!(words(&fields), "bank_fee amount=3.50 bank=1");
    }
}
