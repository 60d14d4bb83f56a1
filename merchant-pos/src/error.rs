//! Refusals at the edge: the one place of this crate where a reason becomes an HTTP status.
//!
//! The body is a problem (RFC 9457), as the wallet API writes them: `type` ends in the stable code. What the wallet API refuses is
//! handed through with its own code and words; that it does not answer is a refusal of its own, because nothing is known then and the
//! same request is to be sent again. A fault of this machine is logged in full and shown as "unavailable".

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ledger::encoding::DecodeError;
use ledger::fault::Fault;
use wallet_api::client::ClientError;
use wallet_api::wire::Problem;

/// After so many seconds a refused till may try again: short, because a customer waits.
const RETRY_AFTER_SECONDS: u32 = 2;
/// The status of the wallet API's "sign in first", as it stands in a problem.
const SIGN_IN_FIRST: u16 = 401;
/// Problems of the wallet API with these statuses are about the request, and are handed through.
const ABOUT_THE_REQUEST: std::ops::Range<u16> = 400..500;

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident, $status:ident, $code:literal, $sentence:literal;)+) => {
        /// A reason to say no: a stable code, and a sentence on what to do. Nothing was changed.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Reason { $(#[doc = $sentence] $name),+ }

        impl Reason {
            /// Every reason, in the order of the checks.
            pub const ALL: &[Reason] = &[$(Reason::$name),+];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Reason::$name => $code),+ }
            }

            /// What happened and what to do.
            pub fn sentence(self) -> &'static str {
                match self { $(Reason::$name => $sentence),+ }
            }

            fn status(self) -> StatusCode {
                match self { $(Reason::$name => StatusCode::$status),+ }
            }
        }
    };
}

refusals! {
    NotSignedIn, UNAUTHORIZED, "not_signed_in", "Sign in first: the token is missing, unknown or too old.";
    NoShop, FORBIDDEN, "not_allowed", "The key that is signed in is no till and no full key of a shop.";
    FullKeyNeeded, FORBIDDEN, "scope_insufficient", "Only the shop's own key may do that, no till.";
    NotFound, NOT_FOUND, "not_found", "There is nothing of that name.";
    MethodUnknown, METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not take that method.";
    TooLarge, PAYLOAD_TOO_LARGE, "too_large", "The body is too large.";
    RateLimited, TOO_MANY_REQUESTS, "rate_limited", "Too many at once: wait a little and send the same again.";
    TooManyListeners, TOO_MANY_REQUESTS, "too_many_listeners", "Too many tills of this shop listen already: close some.";
    ChargeOtherKey, FORBIDDEN, "charge_other_key", "The charge is signed by another key than the one that is signed in.";
    ChargeOtherPayee, FORBIDDEN, "charge_other_payee", "The charge asks for money for another account than this till's.";
    ChargeAmount, UNPROCESSABLE_ENTITY, "charge_amount", "The amount is above what one charge may ask for.";
    ChargeOver, UNPROCESSABLE_ENTITY, "charge_over", "The charge has ended already: check the till's clock and sign a new one.";
    ChargeTooLong, UNPROCESSABLE_ENTITY, "charge_too_long", "A charge lasts seven days at most: sign one with a nearer end.";
    ChargeExists, CONFLICT, "charge_exists", "Another charge of this shop has the same id: draw a new one.";
    ChargePaid, CONFLICT, "charge_paid", "The charge is paid already: give it back instead.";
    ChargeEnded, CONFLICT, "charge_ended", "The charge has ended by its own time.";
    ChargeCancelled, CONFLICT, "charge_cancelled", "The charge was cancelled.";
    ChargeNotPaid, CONFLICT, "charge_not_paid", "The charge is not paid, so nothing can be given back.";
    RefundExceeds, CONFLICT, "refund_exceeds", "That is more than what is left of the original payment.";
    NotARefund, UNPROCESSABLE_ENTITY, "not_a_refund", "Only refunds are taken here: send other orders to the wallet API.";
    RefundOtherAccount, FORBIDDEN, "refund_other_account", "The refund is about another account than this till's.";
    RefundOtherKey, FORBIDDEN, "refund_other_key", "The refund is signed by another key than the one that is signed in.";
    EnrolmentUnknown, NOT_FOUND, "enrolment_unknown", "No such code waits: it is mistyped, used or too old. Ask for a new one.";
    EnrolmentClaimed, CONFLICT, "enrolment_claimed", "This code was used by another till: ask for a new one.";
    EnrolmentLabel, UNPROCESSABLE_ENTITY, "enrolment_label", "A till's label has 1 to 40 characters.";
    TooManyEnrolments, TOO_MANY_REQUESTS, "too_many_enrolments", "Too many codes wait: use one of them or wait ten minutes.";
    DayRange, UNPROCESSABLE_ENTITY, "day_range", "Ask for a time from an earlier to a later instant, 400 days at most.";
    DayTooLarge, UNPROCESSABLE_ENTITY, "day_too_large", "Too much happened in that time for one answer: ask for a shorter one.";
    TicketOtherTill, FORBIDDEN, "ticket_other_till", "The record is of another till or another shop than the chain.";
    TicketFork, CONFLICT, "ticket_fork", "Another record has this number already: the till's records were copied or restored. Both are kept; set the till up with a new key.";
    TicketGap, CONFLICT, "ticket_gap", "A record before this one is missing: ask where the chain stands and send from there on.";
    TicketPrevious, UNPROCESSABLE_ENTITY, "ticket_previous", "The record does not name the one before it by its hash.";
    TicketTime, UNPROCESSABLE_ENTITY, "ticket_time", "The record is earlier than the one before it.";
    ClosingMissing, CONFLICT, "closing_missing", "A closing comes first: that of the day, the month or the year before.";
    TicketSums, UNPROCESSABLE_ENTITY, "ticket_sums", "The ticket's lines, VAT, total and payments do not add up.";
    TicketNumber, UNPROCESSABLE_ENTITY, "ticket_number", "The ticket does not have the number after the last one.";
    ClosingPeriod, UNPROCESSABLE_ENTITY, "closing_period", "There is nothing to close of that period, or it is not over.";
    ClosingSums, UNPROCESSABLE_ENTITY, "closing_sums", "The closing does not hold what its tickets add up to.";
    EnrolmentKind, CONFLICT, "enrolment_kind", "This code is for another kind: a till, a cashier or an accountant. Ask for the right one.";
    StallOther, FORBIDDEN, "stall_other", "The sign is signed by another key, or asks for another account, than this till's.";
    StallExists, CONFLICT, "stall_exists", "Another sign of this shop has the same id: draw a new one.";
    TooManyStalls, CONFLICT, "too_many_stalls", "The shop has 200 signs already, those that were taken down included.";
    CashierMayNot, FORBIDDEN, "cashier_may_not", "The shop did not give this cashier that right: ask whoever runs it.";
    SettingsChanged, CONFLICT, "settings_changed", "Somebody changed this meanwhile: look at it again, then change it.";
    PrinterUnknown, NOT_FOUND, "printer_unknown", "The shop has no such printer: choose one in the settings.";
    PrinterElsewhere, FORBIDDEN, "printer_elsewhere", "This server does not reach printers at that address: whoever runs it allows networks in `printer_networks`.";
    PrinterUnanswered, SERVICE_UNAVAILABLE, "printer_unanswered", "The printer does not answer: see whether it is on, has paper and is closed, then print again.";
    NotPrintable, UNPROCESSABLE_ENTITY, "not_printable", "Only sales and refunds are printed.";
    TooManyFiles, CONFLICT, "too_many_files", "The shop keeps 24 sales files already: delete one that is done with.";
    SalesFileUnreadable, UNPROCESSABLE_ENTITY, "sales_file_unreadable", "This is no table: save it as CSV, with `;`, `,` or tabs between the cells.";
    SalesFileTooLarge, UNPROCESSABLE_ENTITY, "sales_file_too_large", "The file has more rows or columns than are read: take a shorter time.";
    MappingUnknown, UNPROCESSABLE_ENTITY, "mapping_unknown", "The mapping names a column that the file does not have.";
    MappingNeeded, CONFLICT, "mapping_needed", "Say first which columns are the day and the amount.";
    StatementEarly, CONFLICT, "statement_early", "That day is not over, or the ledger was not read beyond it yet: ask again later.";
    ObjectionExists, CONFLICT, "objection_exists", "The shop objected to this statement already.";
    ObjectionLate, CONFLICT, "objection_late", "The seven days in which an objection is taken are over: write to the association.";
    InvoiceDesk, CONFLICT, "invoice_desk", "The shop has not let this service ask in its name: its own key allows that once.";
    InvoiceNoName, CONFLICT, "invoice_no_name", "The shop has no public name yet, so nobody could see who asks: the association gives it one.";
    InvoiceReference, UNPROCESSABLE_ENTITY, "invoice_reference", "A reference is one line of 1 to 35 bytes; without one, name a series.";
    InvoiceSeries, UNPROCESSABLE_ENTITY, "invoice_series", "There is no such series, or its words are none: a name, a pattern such as CANT-{year}-{nnnnn} whose references fit into 35 bytes, a short code.";
    InvoiceText, UNPROCESSABLE_ENTITY, "invoice_text", "What an invoice is for has at most 500 bytes of plain text.";
    InvoiceEmail, UNPROCESSABLE_ENTITY, "invoice_email", "That is no e-mail address.";
    InvoiceDue, UNPROCESSABLE_ENTITY, "invoice_due", "It is due on a day such as 2026-12-24: today or later, within ten years.";
    InvoicePayer, UNPROCESSABLE_ENTITY, "invoice_payer", "That is no account that could pay this invoice.";
    InvoiceTaken, CONFLICT, "invoice_taken", "Another invoice of this shop has the same reference.";
    InvoicePaid, CONFLICT, "invoice_paid", "The invoice is paid: nothing is left to pay, to remind of or to cancel. Give back instead.";
    InvoiceCancelled, CONFLICT, "invoice_cancelled", "The shop cancelled this invoice: pay nothing.";
    InvoicePart, UNPROCESSABLE_ENTITY, "invoice_part", "That is nothing, or more than what is left to pay.";
    InvoiceWhole, UNPROCESSABLE_ENTITY, "invoice_whole", "This invoice is paid as a whole only.";
    InvoiceBusy, CONFLICT, "invoice_busy", "Too many pay this invoice at once, or tried to: wait a quarter of an hour, or ask the shop.";
    InvoiceReminded, CONFLICT, "invoice_reminded", "The payer was reminded a short while ago, or often enough.";
    InvoiceLabel, UNPROCESSABLE_ENTITY, "invoice_label", "A label has 1 to 40 characters.";
    InvoiceTooMany, CONFLICT, "invoice_too_many", "There are too many of these already: remove one first.";
    HookAddress, UNPROCESSABLE_ENTITY, "hook_address", "Hooks go to an https address on the open internet.";
    KeyReadsOnly, FORBIDDEN, "key_reads_only", "This key may only read.";
    StatementUnseen, CONFLICT, "statement_unseen", "This service did not follow the shop yet when that day began, so it signs nothing about it: the account's own statement tells it.";
    TicketClock, UNPROCESSABLE_ENTITY, "ticket_clock", "The record is dated more than a day ahead of this service's clock and was not kept: correct the tablet's clock. Tickets that were made with the wrong date stay on the tablet; set the till up with a new key.";
    TooManyChains, CONFLICT, "too_many_chains", "The shop has tickets of 200 tills already: go on with one of those.";
    InvoiceId, CONFLICT, "invoice_id", "An invoice was written with this id already, and with other words: look at it; for another one draw a new id.";
    LedgerUnanswered, SERVICE_UNAVAILABLE, "ledger_unanswered", "The ledger does not answer. What was sent may or may not have arrived: send the same again.";
    LedgerUnproved, SERVICE_UNAVAILABLE, "ledger_unproved", "The ledger's answer is not proved by a sound receipt, so it is not believed.";
    LedgerWentBack, SERVICE_UNAVAILABLE, "ledger_went_back", "The ledger is older than what this shop has seen: ask the association. Nothing is asked, cancelled or given back meanwhile.";
    TooSlow, SERVICE_UNAVAILABLE, "too_slow", "The answer took too long. What was sent may or may not have arrived: send the same again.";
    Unavailable, SERVICE_UNAVAILABLE, "unavailable", "The server cannot do this now. Nothing is lost: send the same again later.";
}

/// Why a request is not answered as it wished.
#[derive(Debug)]
pub enum Refusal {
    /// For a reason of this crate.
    Because(Reason),
    /// The bytes are not what they should be.
    Undecodable(DecodeError),
    /// The request is not what the contract says.
    Malformed(&'static str),
    /// The wallet API said no, for its own reason.
    Upstream(Problem),
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Refusal {
        Refusal::Because(reason)
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Refusal {
        Refusal::Undecodable(error)
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        tracing::error!(%fault, "the till's records are unavailable");
        Reason::Unavailable.into()
    }
}

impl From<ClientError> for Refusal {
    fn from(error: ClientError) -> Refusal {
        match error {
            ClientError::Refused(problem) if problem.status == SIGN_IN_FIRST => Reason::NotSignedIn.into(),
            ClientError::Refused(problem) if ABOUT_THE_REQUEST.contains(&problem.status) => Refusal::Upstream(problem),
            ClientError::Refused(problem) => unanswered(&problem.code),
            ClientError::Unanswered(why) => unanswered(&why),
            ClientError::Unsound(why) => unproved(&why),
            ClientError::Unproved(error) => unproved(&error.to_string()),
        }
    }
}

fn unanswered(why: &str) -> Refusal {
    tracing::warn!(why, "the wallet API does not answer");
    Reason::LedgerUnanswered.into()
}

fn unproved(why: &str) -> Refusal {
    tracing::error!(why, "the wallet API's answer is not believed");
    Reason::LedgerUnproved.into()
}

/// What the wallet API says to a token whose key lost its rights.
const NO_RIGHTS: [u16; 2] = [403, 404];

impl Refusal {
    /// True when the token behind a call is of no more use.
    pub fn ends_token(&self) -> bool {
        match self {
            Refusal::Because(reason) => *reason == Reason::NotSignedIn,
            Refusal::Upstream(problem) => NO_RIGHTS.contains(&problem.status),
            Refusal::Undecodable(_) | Refusal::Malformed(_) => false,
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Refusal::Because(reason) => reason.status(),
            Refusal::Undecodable(DecodeError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Undecodable(DecodeError::OutOfBounds(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::Undecodable(
                DecodeError::Malformed(_) | DecodeError::NotCanonical(_) | DecodeError::WeakKey | DecodeError::BadSignature,
            )
            | Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
            Refusal::Upstream(problem) => StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_GATEWAY),
        }
    }

    fn code(&self) -> &str {
        match self {
            Refusal::Because(reason) => reason.code(),
            Refusal::Undecodable(error) => error.code(),
            Refusal::Malformed(_) => "malformed_request",
            Refusal::Upstream(problem) => &problem.code,
        }
    }

    fn detail(&self) -> String {
        match self {
            Refusal::Because(reason) => reason.sentence().into(),
            Refusal::Undecodable(error) => error.to_string(),
            Refusal::Malformed(what) => (*what).into(),
            Refusal::Upstream(problem) => problem.detail.clone(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let problem = Problem {
            kind: format!("/errors/{}", self.code()),
            title: status.canonical_reason().unwrap_or("Refused").into(),
            status: status.as_u16(),
            detail: self.detail(),
            code: self.code().into(),
            attempts_left: None,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut answer = (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(status: u16) -> ClientError {
        let text = || "limit_held".to_owned();
        ClientError::Refused(Problem { kind: text(), title: text(), status, detail: text(), code: text(), attempts_left: None })
    }

    #[test]
    fn codes_are_stable_words_and_each_stands_once() {
        let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert!(codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
    }

    #[test]
    fn what_the_wallet_api_refuses_is_handed_through_and_its_silence_is_not() {
        let status = |error: ClientError| Refusal::from(error).into_response().status().as_u16();
        assert_eq!(status(problem(409)), 409);
        assert_eq!(status(problem(429)), 429);
        assert_eq!(status(problem(401)), 401);
        assert_eq!(status(problem(500)), 503);
        assert_eq!(status(ClientError::Unanswered(String::new())), 503);
        assert_eq!(status(ClientError::Unsound(String::new())), 503);
        assert_eq!(Refusal::from(problem(409)).code(), "limit_held");
    }

    #[test]
    fn who_is_to_wait_is_told_how_long() {
        for reason in [Reason::RateLimited, Reason::LedgerUnanswered, Reason::Unavailable] {
            assert!(Refusal::from(reason).into_response().headers().contains_key(RETRY_AFTER));
        }
    }
}
