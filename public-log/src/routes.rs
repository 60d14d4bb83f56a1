//! The routes under `/log/`: C2SP tlog-tiles, consistency proofs, the keys, the witnesses and the coverage statements.
//!
//! Nothing beyond the published checkpoint is answered, so that what one caller sees, everybody can see.

use crate::Service;
use crate::error::Problem;
use crate::wire::{Coverage, CoveragePage, CoverageQuery, Witnesses};
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderValue;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger::coverage::SignedStatement;
use ledger::fault::Fault;
use ledger::ledger::Ledger;
use ledger::note::VerifierKey;
use ledger::receipt::origin;
use ledger::tile::{TilePath, tile};
use std::sync::Arc;

/// A page has so many statements unless told: a month …
const STATEMENTS: usize = 31;
/// … and at most so many: about 100 kB.
const MAX_STATEMENTS: usize = 100;

const TEXT: &str = "text/plain; charset=utf-8";
/// What never changes may be kept by everybody for ever.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// What changes is asked for each time.
const CHANGING: &str = "no-cache";

type Answer<T = Response> = Result<T, Problem>;

/// The routes of the public log.
pub fn router(service: Service) -> Router {
    Router::new()
        .route("/log/", get(front))
        .route("/log/checkpoint", get(checkpoint))
        .route("/log/tile/{*path}", get(one_tile))
        .route("/log/consistency/{old}/{new}", get(consistency))
        .route("/log/keys", get(keys))
        .route("/log/witnesses", get(witnesses))
        .route("/log/coverage", get(coverage))
        .route("/log/coverage/latest", get(latest))
        .route("/log/coverage/{number}", get(statement))
        .route("/log/coverage/{number}/note", get(statement_note))
        .method_not_allowed_fallback(async || Problem::OnlyRead)
        .layer(axum::middleware::map_response(for_everyone))
        .with_state(service)
}

/// A verifier that is served from elsewhere may read all of this: it is public, and nobody is signed in.
async fn for_everyone(mut response: Response) -> Response {
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn answer(kind: &'static str, caching: &'static str, body: impl IntoResponse) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, caching)], body).into_response()
}

fn json(caching: &'static str, body: impl serde::Serialize) -> Response {
    ([(CACHE_CONTROL, caching)], axum::Json(body)).into_response()
}

/// Does what reads the disk off the threads that serve requests.
async fn on_disk<T: Send + 'static>(
    service: &Service,
    work: impl FnOnce(&Ledger) -> Result<T, Fault> + Send + 'static,
) -> Answer<T> {
    let ledger = service.ledger().clone();
    let done = tokio::task::spawn_blocking(move || work(&ledger)).await;
    done.map_err(|error| {
        tracing::error!(%error, "a request stopped");
        Problem::Unavailable
    })?
    .map_err(Problem::from)
}

impl Service {
    /// The verifier key under which the log signs its checkpoints now: what a witness is given.
    pub fn log_key(&self) -> Option<VerifierKey> {
        let durable = self.ledger().durable();
        let key = durable.state.checkpoint_keys().last().copied()?;
        Some(VerifierKey::signer(&origin(&self.ledger().id()), key))
    }
}

async fn front(State(service): State<Service>) -> Response {
    let ledger = service.ledger();
    let name = ledger.durable().state.genesis().map(|genesis| genesis.name.clone()).unwrap_or_default();
    let key = service.log_key().map(|key| key.to_string()).unwrap_or_default();
    let size = ledger.publication().published_size();
    let words = format!(
        "The public log of {name}\n\n\
         Ledger id   {}\n\
         Log key     {key}\n\
         Published   {size} entries\n\n\
         Whoever has the ledger id needs to believe nobody. What is here:\n\n\
         /log/checkpoint              the size and root of the log, signed by the log and cosigned by witnesses (C2SP tlog-checkpoint)\n\
         /log/tile/<level>/<number>   the hashes of its tree in tiles (C2SP tlog-tiles); the entries themselves are not public\n\
         /log/consistency/<old>/<new> the proof that the log of the new size continues that of the old size (RFC 6962)\n\
         /log/keys                    the genesis, and proofs of every change of the key that signs checkpoints (CBOR)\n\
         /log/witnesses               who cosigns, and how it stands with them\n\
         /log/coverage                the coverage statements, newest first; /log/coverage/latest, /log/coverage/<number>\n\
         /log/coverage/<number>/note  a statement as a signed note\n",
        ledger.id()
    );
    answer(TEXT, CHANGING, words)
}

async fn checkpoint(State(service): State<Service>) -> Answer {
    let note = service.ledger().publication().checkpoint().ok_or(Problem::NotPublishedYet)?;
    Ok(answer(TEXT, CHANGING, note.to_string()))
}

async fn one_tile(State(service): State<Service>, Path(path): Path<String>) -> Answer {
    if path.starts_with("entries/") {
        return Err(Problem::EntriesNotPublic);
    }
    let path = TilePath::parse(&path).ok_or(Problem::NotFound)?;
    let size = service.ledger().publication().published_size();
    let bytes = tile(&service.ledger().durable().tree, &path, size).ok_or(Problem::BeyondPublished)?;
    Ok(answer("application/octet-stream", IMMUTABLE, bytes))
}

async fn consistency(State(service): State<Service>, Path((old, new)): Path<(String, String)>) -> Answer {
    let (old, new) = (number(&old)?, number(&new)?);
    if old > new || new > service.ledger().publication().published_size() {
        return Err(Problem::BeyondPublished);
    }
    let proof = match old {
        0 => Vec::new(),
        _ if old == new => Vec::new(),
        _ => service.ledger().durable().tree.consistency_proof(old, new).ok_or(Problem::BeyondPublished)?,
    };
    let lines: String = proof.iter().map(|hash| STANDARD.encode(hash) + "\n").collect();
    Ok(answer(TEXT, IMMUTABLE, lines))
}

/// A number as it is printed, and in no other way: one address for one thing.
fn number(text: &str) -> Answer<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text).ok_or(Problem::Malformed)
}

async fn keys(State(service): State<Service>) -> Answer {
    let chain = on_disk(&service, |ledger| ledger.key_chain()).await?;
    Ok(answer("application/cbor", CHANGING, chain.encode()))
}

async fn witnesses(State(service): State<Service>) -> Response {
    let standing: Witnesses = service.witnesses();
    json(CHANGING, standing)
}

async fn coverage(State(service): State<Service>, query: Result<Query<CoverageQuery>, QueryRejection>) -> Answer {
    let Query(query) = query.map_err(|_| Problem::Malformed)?;
    let limit = query.limit.unwrap_or(STATEMENTS).clamp(1, MAX_STATEMENTS);
    let found = on_disk(&service, move |ledger| ledger.publication().statements(query.from, limit)).await?;
    let statements: Vec<Coverage> = found.iter().map(|signed| Coverage::of(signed)).collect();
    let next = statements.last().map(|oldest| oldest.number - 1).filter(|next| *next > 0);
    Ok(json(CHANGING, CoveragePage { statements, next }))
}

async fn latest(State(service): State<Service>) -> Answer {
    let signed = service.ledger().publication().latest().ok_or(Problem::NoStatementYet)?;
    Ok(json(CHANGING, Coverage::of(&signed)))
}

async fn statement(State(service): State<Service>, Path(text): Path<String>) -> Answer {
    let signed = find(&service, &text).await?;
    Ok(json(IMMUTABLE, Coverage::of(&signed)))
}

async fn statement_note(State(service): State<Service>, Path(text): Path<String>) -> Answer {
    let signed = find(&service, &text).await?;
    Ok(answer(TEXT, IMMUTABLE, signed.as_str().to_owned()))
}

async fn find(service: &Service, text: &str) -> Answer<Arc<SignedStatement>> {
    let number = number(text)?;
    let found = on_disk(service, move |ledger| ledger.publication().statement(number)).await?;
    found.ok_or(Problem::StatementUnknown)
}
