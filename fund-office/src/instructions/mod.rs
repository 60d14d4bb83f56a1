//! What members told the association to do for them until they say otherwise: redeem what exceeds a threshold, collect by direct
//! debit. Shown only; a redemption is proposed and signed like any other act, a collection is prepared in its own room.

mod wire;

use crate::Settings;
use crate::desk::{Reading, on_disk, prefix};
use crate::error::Problem;
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use ledger::fault::Fault;
use ledger::key::Prefix;
use ledger::ledger::Ledger;
use ledger::state::Status;
use std::cmp::Reverse;
use wire::{Instructions, MandateLine, StandingLine};

/// So many of each are shown: more than a small town has.
const MOST: usize = 2_000;

/// The routes of this room.
pub fn routes() -> Router<Settings> {
    Router::new().route("/office/v1/instructions", get(instructions))
}

async fn instructions(State(office): State<Settings>, _: Reading) -> Result<Json<Instructions>, Problem> {
    let prefix = prefix(&office.ledger)?;
    let read = move |ledger: &Ledger| -> Result<Instructions, Fault> {
        Ok(Instructions { standing: standing(ledger, &prefix), mandates: mandates(ledger, &prefix)? })
    };
    on_disk(&office.ledger, read).await.map(Json)
}

fn standing(ledger: &Ledger, prefix: &Prefix) -> Vec<StandingLine> {
    let durable = ledger.durable();
    let open = durable.state.accounts().iter().filter(|account| account.status == Status::Open);
    let line = |account: &ledger::state::Account| {
        let keep = account.redeem_above?;
        let above = account.balance.above_zero().saturating_sub(keep);
        let balance = account.balance.get();
        Some(StandingLine {
            account: account.id.to_text(prefix),
            name: ledger.directory().profile(&account.id).name,
            keep,
            balance,
            above,
        })
    };
    let mut lines: Vec<_> = open.filter_map(line).collect();
    lines.sort_by_key(|line| Reverse(line.above));
    lines.truncate(MOST);
    lines
}

fn mandates(ledger: &Ledger, prefix: &Prefix) -> Result<Vec<MandateLine>, Fault> {
    let living = ledger.directory().mandates()?.into_iter().filter(|(_, mandate)| mandate.revoked_ms.is_none());
    let line = |(account, mandate): (ledger::key::AccountId, ledger::directory::Mandate)| MandateLine {
        account: account.to_text(prefix),
        name: ledger.directory().profile(&account).name,
        reference: mandate.reference,
        cents: mandate.cents,
        day: mandate.day,
        signed: mandate.signed_ms,
        used: mandate.first_done,
    };
    Ok(living.take(MOST).map(line).collect())
}
