//! The log of what the association's people signed, newest first.
//!
//! An approval names its proposal by id only. Its act is found among the entries before it: a proposal lives for 30 days, so
//! the search has an end.

use crate::Settings;
use crate::desk::{Reading, on_disk, prefix};
use crate::error::Problem;
use crate::wire::{ActLine, Acts, ActsQuery};
use crate::words::{outcome, words};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use ledger::entry::Recorded;
use ledger::fault::Fault;
use ledger::key::{Prefix, PublicKey, TransactionId};
use ledger::ledger::{Ledger, Page};
use ledger::rules::PROPOSAL_LIFE_MS;
use ledger::transaction::{Act, Body};
use std::collections::HashMap;

/// A page without a limit has so many entries.
const PAGE: usize = 50;
/// A page has at most so many.
const MOST: usize = 200;
/// So many entries before the page are looked through for proposals, at most.
const LOOK_BACK: usize = 2_000;

pub async fn acts(
    State(office): State<Settings>,
    _: Reading,
    query: Result<Query<ActsQuery>, QueryRejection>,
) -> Result<Json<Acts>, Problem> {
    let Query(query) = query.map_err(|_| Problem::Malformed("`before` and `limit` are whole numbers."))?;
    let prefix = prefix(&office.ledger)?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MOST);
    let (page, proposed) = on_disk(&office.ledger, move |ledger| read(ledger, query.before, limit)).await?;
    let durable = office.ledger.durable();
    let number = |key: &PublicKey| durable.state.operator_of_key(key).map(|operator| operator.number);
    let lines = page.entries.iter().map(|(entry, _)| line(entry, &proposed, number(&entry.signer), &prefix)).collect();
    Ok(Json(Acts { acts: lines, next: page.next }))
}

type Proposed = HashMap<TransactionId, Act>;

/// A page, and the acts that its approvals and refusals speak of.
fn read(ledger: &Ledger, before: Option<u64>, limit: usize) -> Result<(Page, Proposed), Fault> {
    let page = ledger.acts(before, limit)?;
    let mut proposed = Proposed::new();
    let mut sought: Vec<TransactionId> = page.entries.iter().filter_map(|(entry, _)| proposal_of(entry)).collect();
    note(&page, &mut sought, &mut proposed);
    let oldest = page.entries.last().map_or(0, |(entry, _)| entry.time).saturating_sub(PROPOSAL_LIFE_MS);
    let (mut next, mut seen) = (page.next, 0);
    while let Some(from) = next
        && !sought.is_empty()
        && seen < LOOK_BACK
    {
        let earlier = ledger.acts(Some(from), MOST)?;
        seen += earlier.entries.len();
        note(&earlier, &mut sought, &mut proposed);
        next = earlier.next.filter(|_| earlier.entries.last().is_some_and(|(entry, _)| entry.time >= oldest));
    }
    Ok((page, proposed))
}

/// Keeps the acts that are sought, and seeks them no longer.
fn note(page: &Page, sought: &mut Vec<TransactionId>, proposed: &mut Proposed) {
    for (entry, _) in &page.entries {
        if let Body::Propose(act) = &entry.transaction.body
            && sought.contains(&entry.id)
        {
            proposed.insert(entry.id, act.clone());
            sought.retain(|id| *id != entry.id);
        }
    }
}

fn proposal_of(entry: &Recorded) -> Option<TransactionId> {
    match &entry.transaction.body {
        Body::Approve { proposal } | Body::Refuse { proposal } => Some(*proposal),
        _ => None,
    }
}

fn line(entry: &Recorded, proposed: &Proposed, operator: Option<u16>, prefix: &Prefix) -> ActLine {
    let spoken_of = proposal_of(entry);
    let act = match &entry.transaction.body {
        Body::Propose(act) => Some(act),
        _ => spoken_of.and_then(|proposal| proposed.get(&proposal)),
    };
    let proposal = match &entry.transaction.body {
        Body::Propose(_) => Some(entry.id),
        _ => spoken_of,
    };
    ActLine {
        sequence: entry.sequence,
        time: entry.time,
        operator,
        kind: entry.transaction.body.kind().word(),
        proposal: proposal.map(|id| id.to_string()),
        act: act.map(|act| act.kind().code()),
        fields: act.map(|act| words(act, prefix)),
        outcome: outcome(entry, prefix),
    }
}
