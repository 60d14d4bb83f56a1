//! Refusals of the public log and of a witness: the only file of this crate that names a status.
//!
//! The log answers problems (RFC 9457) whose `type` ends in the stable code; a witness answers as C2SP tlog-witness says.

use crate::standing;
use crate::store::Refused;
use crate::wire::ProblemBody;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ledger::fault::Fault;

/// After so many seconds an answer that the machine could not give may be asked for again.
const RETRY_AFTER_SECONDS: u64 = 5;
/// What the size of a log is sent as (C2SP tlog-witness).
pub const SIZE_TYPE: &str = "text/x.tlog.size";

/// Why the public log does not answer with what was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// No such address.
    NotFound,
    /// Entries stay with those whom they concern.
    EntriesNotPublic,
    /// The log is smaller than that, or no tile is written so.
    BeyondPublished,
    /// Nothing was published yet.
    NotPublishedYet,
    /// No coverage statement was made yet.
    NoStatementYet,
    /// No coverage statement has this number.
    StatementUnknown,
    /// A part of the query is no number.
    Malformed,
    /// The log is only read.
    OnlyRead,
    /// The machine failed; the log of the program says how.
    Unavailable,
}

impl Problem {
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Problem::NotFound => {
                (StatusCode::NOT_FOUND, "not_found", "There is nothing at this address: /log/ lists what is here.")
            }
            Problem::EntriesNotPublic => (
                StatusCode::NOT_FOUND,
                "entries_not_public",
                "Entries are not public: they say who paid whom. The tiles of level 0 have their hashes.",
            ),
            Problem::BeyondPublished => (
                StatusCode::NOT_FOUND,
                "beyond_published",
                "The published log has no such part: its size stands in /log/checkpoint.",
            ),
            Problem::NotPublishedYet => {
                (StatusCode::NOT_FOUND, "not_published_yet", "Nothing has been published yet: ask again in a minute.")
            }
            Problem::NoStatementYet => {
                (StatusCode::NOT_FOUND, "no_statement_yet", "There is no coverage statement yet: one is made every day.")
            }
            Problem::StatementUnknown => {
                (StatusCode::NOT_FOUND, "statement_unknown", "There is no coverage statement with this number.")
            }
            Problem::Malformed => (StatusCode::BAD_REQUEST, "malformed", "Numbers here are whole and decimal."),
            Problem::OnlyRead => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "The public log is read with GET or HEAD.")
            }
            Problem::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The service is unavailable for the moment: try again later.")
            }
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        tracing::error!(%fault, "the public log cannot answer");
        Problem::Unavailable
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code, detail) = self.parts();
        let title = status.canonical_reason().unwrap_or("Problem");
        let body = ProblemBody { kind: format!("/errors/{code}"), title, status: status.as_u16(), detail, code };
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Problem::Unavailable => drop(headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS))),
            Problem::OnlyRead => drop(headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"))),
            _ => {}
        }
        response
    }
}

/// What a witness says by the status of its answer (C2SP tlog-witness). It is the witness's word, and proves nothing.
pub enum Said {
    /// It cosigned: the body has the lines.
    Cosigned,
    /// It has seen the size in the body.
    Size,
    /// It did not cosign.
    Problem(standing::Problem),
}

/// Reads the status of a witness's answer.
pub fn said(status: StatusCode) -> Said {
    Said::Problem(match status {
        StatusCode::OK => return Said::Cosigned,
        StatusCode::CONFLICT => return Said::Size,
        StatusCode::UNPROCESSABLE_ENTITY => standing::Problem::OtherHistory,
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => standing::Problem::NotWitnessed,
        _ if status.is_client_error() => standing::Problem::Unsound,
        _ => standing::Problem::Unreachable,
    })
}

/// A witness's no.
pub fn refused(refused: &Refused) -> Response {
    let (status, words) = match refused {
        Refused::Conflict(size) => {
            return (StatusCode::CONFLICT, [(CONTENT_TYPE, SIZE_TYPE)], format!("{size}\n")).into_response();
        }
        Refused::Malformed => (StatusCode::BAD_REQUEST, "This is no add-checkpoint request (C2SP tlog-witness).\n"),
        Refused::UnknownLog => (StatusCode::NOT_FOUND, "This witness does not know the log of that name.\n"),
        Refused::Unsigned => (StatusCode::FORBIDDEN, "No key of the log that this witness trusts signed the checkpoint.\n"),
        Refused::Inconsistent => {
            (StatusCode::UNPROCESSABLE_ENTITY, "The checkpoint does not continue what this witness has seen of the log.\n")
        }
        Refused::Stopped => {
            (StatusCode::SERVICE_UNAVAILABLE, "This witness cannot write: nothing is cosigned until it has been started again.\n")
        }
    };
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], words).into_response()
}

/// A witness has nothing of that name.
pub fn nothing() -> Response {
    (StatusCode::NOT_FOUND, [(CONTENT_TYPE, "text/plain; charset=utf-8")], "There is nothing at this address.\n").into_response()
}
