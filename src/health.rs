//! `/health`: whether the node takes orders, and if not, why. For the machine that watches it and for whoever is called at night.

use crate::disk::{Disk, Standing};
use crate::error;
use axum::response::Response;
use ledger::ledger::Ledger;
use public_log::Service;
use serde_json::json;

const NO_ROOM: &str = "the disk is nearly full: make room, and orders are taken again";

/// How many entries there are is told as of the published log: what everybody may know.
/// How the node is: `ok`, `read_only` after a write failed until the node is started again, or `no_room` until there is room.
/// A witness that says it has seen another history does not stop the node, and is told here as long as it lasts.
pub fn answer(ledger: &Ledger, disk: &Disk, log: &Service) -> Response {
    let failure = ledger.failure().map(|fault| fault.to_string());
    let entries = ledger.publication().published_size();
    let standing = disk.standing();
    let (status, why) = match failure {
        Some(failure) => ("read_only", Some(failure)),
        None if standing == Standing::Full => ("no_room", Some(NO_ROOM.to_owned())),
        None => ("ok", None),
    };
    let disk = json!({ "free_mb": disk.free_mb(), "alarm": standing != Standing::Enough });
    let published = json!({ "entries": entries, "alarms": log.alarms() });
    error::health(why.is_none(), json!({ "status": status, "why": why, "entries": entries, "disk": disk, "log": published }))
}
