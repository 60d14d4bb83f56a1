//! The routes of a witness (C2SP tlog-witness), for any partner town to run: `add-checkpoint` for logs, and what it has seen for anyone.

use crate::add_checkpoint::{AddCheckpoint, MAX_REQUEST_BYTES};
use crate::error;
use crate::store::{Refused, Store, id_of, is_notes};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ledger::writer::Clock;
use std::sync::Arc;

const SECOND_MS: u64 = 1_000;
const TEXT: &str = "text/plain; charset=utf-8";

/// A witness at work. Clones are the same one.
#[derive(Clone)]
struct Witness {
    store: Arc<Store>,
    clock: Clock,
}

/// The routes of a witness with this memory and this clock.
pub fn router(store: Arc<Store>, clock: Clock) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/add-checkpoint", post(add_checkpoint).layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES)))
        .route("/logs/{log}/checkpoint", get(newest))
        .route("/evidence/", get(evidence))
        .route("/evidence/{file}", get(evidence_file))
        .with_state(Witness { store, clock })
}

async fn add_checkpoint(State(witness): State<Witness>, body: Result<Bytes, BytesRejection>) -> Response {
    let Ok(body) = body else { return error::refused(&Refused::Malformed) };
    let Witness { store, clock } = witness;
    // Cosigning writes and syncs a file.
    let added = tokio::task::spawn_blocking(move || {
        let request = str::from_utf8(&body).ok().and_then(AddCheckpoint::parse).ok_or(Refused::Malformed)?;
        store.add(&request, clock() / SECOND_MS)
    });
    match added.await.unwrap_or(Err(Refused::Stopped)) {
        Ok(line) => text(line),
        Err(refused) => error::refused(&refused),
    }
}

fn text(words: String) -> Response {
    ([(CONTENT_TYPE, TEXT), (CACHE_CONTROL, "no-cache")], words).into_response()
}

/// Who this is, and what it has seen.
async fn front(State(Witness { store, .. }): State<Witness>) -> Response {
    off(move || words(&store)).await.map_or_else(error::nothing, text)
}

/// Looks at the memory off the threads that serve requests: a record may be on its way to the disk.
async fn off<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(look).await.ok()
}

fn words(store: &Store) -> String {
    let key = store.key();
    let mut words = format!("Witness {}\nVerifier key: {key}\n\n", key.name);
    for log in store.logs() {
        let seen = match (log.size, log.time_s) {
            (Some(size), Some(time)) => format!("size {size}, seen at {time} (seconds since 1970)"),
            _ => "nothing seen yet".to_owned(),
        };
        words += &format!("Log {}: {seen}\n    logs/{}/checkpoint\n", log.origin, id_of(&log.origin));
    }
    let (notes, forks): (Vec<_>, Vec<_>) = store.evidence().into_iter().partition(|name| is_notes(name));
    words += &format!("\nEvidence that a log signed two histories: {} files, in evidence/\n", forks.len());
    words += &format!("Refused checkpoints without such evidence: {} files, in evidence/\n", notes.len());
    if store.failure().is_some() {
        words += "\nA write failed: nothing is cosigned until this witness has been started again.\n";
    }
    words
}

async fn newest(State(Witness { store, .. }): State<Witness>, Path(log): Path<String>) -> Response {
    let found = off(move || store.newest(&log)).await.flatten();
    found.map_or_else(error::nothing, |note| text(note.to_string()))
}

async fn evidence(State(Witness { store, .. }): State<Witness>) -> Response {
    let listed = off(move || store.evidence().into_iter().map(|name| name + "\n").collect());
    listed.await.map_or_else(error::nothing, text)
}

async fn evidence_file(State(Witness { store, .. }): State<Witness>, Path(file): Path<String>) -> Response {
    let kind = if is_notes(&file) { TEXT } else { "application/octet-stream" };
    match off(move || store.evidence_file(&file)).await.flatten() {
        Some(bytes) => ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], bytes).into_response(),
        None => error::nothing(),
    }
}
