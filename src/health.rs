//! `/health`: whether the node takes orders, and if not, why. For the machine that watches it and for whoever is called at night.

use crate::error;
use axum::response::Response;
use ledger::ledger::Ledger;
use serde_json::json;

/// How the node is.
pub fn answer(ledger: &Ledger) -> Response {
    let failure = ledger.failure().map(|fault| fault.to_string());
    let entries = ledger.durable().state.size();
    let status = if failure.is_none() { "ok" } else { "read_only" };
    error::health(failure.is_none(), json!({ "status": status, "why": failure, "entries": entries }))
}
