//! The office's lists, one line each: what waits, and what was done.

use super::told;
use crate::dates;
use crate::failure::{Failure, Outcome};
use fund_office::words;
use ledger::SigningKey;
use ledger::entry::Entry;
use ledger::key::{Prefix, TransactionId};
use ledger::transaction::{Act, Body};
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

/// Shows the act of a proposal that waits, one field on a line. The list says only where it is: the act itself is read from the signed
/// order that the receipt of its entry proves, and is shown only if that order has this id.
pub async fn proposal(client: &Client, trust: &Trust, key: &SigningKey, id: &TransactionId) -> Outcome {
    let session = client.sign_in(&trust.ledger, key).await.map_err(told)?;
    let answer: Value = client.get_json("/office/v1/proposals", &session.token).await.map_err(told)?;
    let listed = rows(&answer, "proposals").iter().find(|row| text(&row["proposal"]) == id.to_string());
    let sequence = listed.and_then(|row| row["sequence"].as_u64());
    let sequence = sequence.ok_or_else(|| Failure::new(format!("no proposal {id} waits: see `liard office proposals`")))?;
    let (_, entry) = client.receipt(&session.token, sequence, trust).await.map_err(told)?;
    let act = proposed(&entry, id)?;
    say!("Proposal {id}");
    say!(
        "    entry {sequence}, {}, signed by the key {}; its receipt is verified",
        dates::text(entry.time),
        entry.order.signer()
    );
    for line in lines(act, &trust.prefix) {
        say!("    {line}");
    }
    Ok(())
}

/// The act that an entry proposes, if the entry is the proposal with this id.
fn proposed<'e>(entry: &'e Entry, id: &TransactionId) -> Outcome<&'e Act> {
    match entry.order.body() {
        Body::Propose(act) if entry.order.id() == *id => Ok(act),
        _ => Err(Failure::new(format!("nothing was signed: what the node shows as the proposal {id} is another order"))),
    }
}

/// An act, one field on a line.
fn lines(act: &Act, prefix: &Prefix) -> Vec<String> {
    let words = words::words(act, prefix);
    let fields = words.as_object().into_iter().flatten().filter(|(name, value)| *name != "kind" && !value.is_null());
    let lines = fields.map(|(name, value)| format!("    {name}: {}", shown_as(name, value)));
    [text(&words["kind"]).to_owned()].into_iter().chain(lines).collect()
}

/// An order on one line.
pub fn order(body: &Body, prefix: &Prefix) -> String {
    match body {
        Body::Propose(act) => words(&words::words(act, prefix)),
        Body::Approve { proposal } => format!("approve {proposal}"),
        Body::Refuse { proposal } => format!("refuse {proposal}"),
        other => other.kind().word().to_owned(),
    }
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

/// The fields that are instants.
const TIMES: &[&str] = &["start", "end", "from"];

fn shown_as(name: &str, value: &Value) -> String {
    match value.as_u64() {
        Some(time) if TIMES.contains(&name) => dates::text(time),
        Some(cents) if AMOUNTS.contains(&name) => format!("{}.{:02}", cents / 100, cents % 100),
        _ => value.to_string().trim_matches('"').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;
    use ledger::amount::Amount;
    use ledger::key::Hash32;
    use ledger::transaction::{SignedTransaction, Transaction};

    #[test]
    fn an_act_is_one_line_with_amounts_in_euros() {
        let fields = serde_json::json!({ "kind": "bank_fee", "bank": 1, "amount": 350, "account": null });
        assert_eq!(words(&fields), "bank_fee amount=3.50 bank=1");
    }

    fn entry(order: SignedTransaction) -> Entry {
        Entry { sequence: 5, time: 0, order, outcome: ledger::outcome::Outcome::default() }
    }

    #[test]
    fn an_act_is_shown_only_for_the_id_of_the_order_that_proposes_it() {
        let (ledger, key) = (Hash32::of(b"ledger"), keys::draw().unwrap());
        let order = |body| {
            let bytes = Transaction { nonce: [1; 8], valid_until: 1, body }.sign(&ledger, &key);
            SignedTransaction::decode(&bytes, &ledger).unwrap()
        };
        let act = Act::BankFee { bank: 1, amount: Amount::from_cents(350).unwrap(), evidence: Hash32::of(b"paper") };
        let proposal = order(Body::Propose(act.clone()));
        let id = proposal.id();
        assert_eq!(proposed(&entry(proposal.clone()), &id).unwrap(), &act);
        assert!(proposed(&entry(proposal), &Hash32::of(b"another")).is_err());
        let refusal = order(Body::Refuse { proposal: id });
        let own = refusal.id();
        assert!(proposed(&entry(refusal), &own).is_err());
        let shown = lines(&act, &Prefix::new("exemple").unwrap());
        let evidence = format!("    evidence: {}", Hash32::of(b"paper"));
        assert_eq!(shown, ["bank_fee", "    amount: 3.50", "    bank: 1", evidence.as_str()]);
    }
}
