//! Refusals of the office, as RFC 9457 problems. The only file of this crate that names a status.
//!
//! The code is what programs decide on and stays the same for ever; the sentence is for people. A fault of the machine is logged in
//! full and shown as "unavailable".

use crate::wire::{ProblemBody, TableShown};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ledger::fault::Fault;

/// Why the office does not answer with what was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// No token, or one that nobody holds.
    Unauthorized,
    /// The key is of no person of the association.
    OperatorUnknown,
    /// The person's roles do not open this door.
    RoleInsufficient,
    /// A query, an account or a body that is not in the format.
    Malformed(&'static str),
    /// A body above the limit.
    TooLarge,
    /// No such account.
    AccountUnknown,
    /// No such card, or one that nobody has.
    CardUnknown,
    /// No such bank account.
    BankUnknown,
    /// No such line of a bank.
    LineUnknown,
    /// No such batch of payments.
    BatchUnknown,
    /// Nothing of a batch can be paid or collected: each part, and why.
    NothingLeft(String),
    /// Not as things stand: a code, and what to do.
    Conflict(&'static str, &'static str),
    /// A bank's file that cannot be read: what is wrong in it, where, and what to do.
    FileUnreadable(String),
    /// A table of a bank whose columns nobody has named yet: its headings and first rows.
    MappingNeeded {
        /// The headings.
        columns: Vec<String>,
        /// The first rows, as they stand there.
        rows: Vec<Vec<String>>,
    },
    /// A draft that is no campaign, fee or gift, or not in the form of its act.
    DraftUnreadable(String),
    /// A journal too long to be simulated.
    JournalTooLong,
    /// Another simulation is running.
    Busy,
    /// The machine failed; the log says how.
    Unavailable,
}

impl Problem {
    fn parts(&self) -> (StatusCode, &'static str, &str) {
        match self {
            Problem::Unauthorized => {
                (StatusCode::UNAUTHORIZED, "unauthorized", "Sign in first: no valid token came with the request.")
            }
            Problem::OperatorUnknown => {
                (StatusCode::FORBIDDEN, "operator_unknown", "This key belongs to no person of the association.")
            }
            Problem::RoleInsufficient => {
                (StatusCode::FORBIDDEN, "role_insufficient", "This person's roles do not allow this: ask a colleague.")
            }
            Problem::Malformed(why) => (StatusCode::BAD_REQUEST, "malformed", why),
            Problem::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The request is longer than the office reads."),
            Problem::AccountUnknown => (StatusCode::NOT_FOUND, "account_unknown", "There is no such account."),
            Problem::CardUnknown => (
                StatusCode::NOT_FOUND,
                "card_unknown",
                "There is no such card, or nobody has it yet: compare the number on the card.",
            ),
            Problem::BankUnknown => (StatusCode::NOT_FOUND, "bank_unknown", "The funds have no bank account with this number."),
            Problem::LineUnknown => (StatusCode::NOT_FOUND, "line_unknown", "No bank file has brought such a line."),
            Problem::BatchUnknown => (StatusCode::NOT_FOUND, "batch_unknown", "There is no batch with this number."),
            Problem::NothingLeft(why) => (StatusCode::CONFLICT, "nothing_left", why),
            Problem::Conflict(code, why) => (StatusCode::CONFLICT, code, why),
            Problem::FileUnreadable(why) => (StatusCode::UNPROCESSABLE_ENTITY, "file_unreadable", why),
            Problem::MappingNeeded { .. } => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "mapping_needed",
                "This table's columns are not known yet: say once which is which, then send the file again.",
            ),
            Problem::DraftUnreadable(why) => (StatusCode::UNPROCESSABLE_ENTITY, "draft_unreadable", why),
            Problem::JournalTooLong => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "journal_too_long",
                "The journal has more entries than are simulated: ask whoever runs the node.",
            ),
            Problem::Busy => {
                (StatusCode::SERVICE_UNAVAILABLE, "busy", "Another simulation is running: try again in a few seconds.")
            }
            Problem::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The service is unavailable for the moment: try again later.")
            }
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        tracing::error!(%fault, "the office cannot answer");
        Problem::Unavailable
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, code, detail) = self.parts();
        let kind = HeaderValue::from_static("application/problem+json");
        let title = status.canonical_reason().unwrap_or("Problem");
        let table = match &self {
            Problem::MappingNeeded { columns, rows } => Some(TableShown { columns, rows }),
            _ => None,
        };
        let body = ProblemBody { kind: format!("/errors/{code}"), title, status: status.as_u16(), detail, code, table };
        let mut response = (status, axum::Json(body)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if matches!(self, Problem::Unavailable | Problem::Busy) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}

/// An answer with nothing in it.
pub fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_problem_json_with_its_code() {
        let response = Problem::RoleInsufficient.into_response();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }

    #[test]
    fn a_fault_of_the_machine_is_not_shown() {
        assert_eq!(Problem::from(Fault::Poisoned), Problem::Unavailable);
        assert!(Problem::Unavailable.into_response().headers().contains_key(header::RETRY_AFTER));
    }
}
