//! Refusals at the edge: the one place of this crate where a reason becomes an HTTP status.
//!
//! The body is a problem (RFC 9457) whose `type` ends in the stable code. A fault of the machine is logged in full and shown as
//! "unavailable": what the disk said is nobody's business outside.

use crate::allowance::Wait;
use crate::funding;
use crate::statements::MAX_MOVEMENTS;
use crate::verifiers::Busy;
use crate::wire::Problem;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ledger::directory::MAX_MANDATE;
use ledger::encoding::DecodeError;
use ledger::fault::Fault;
use ledger::rejection::Rejection;

/// After so many seconds a refused client may try again.
const RETRY_AFTER_SECONDS: u64 = 2;
/// A page that may not listen asks again after so long: somebody has to close another one first.
const LISTEN_AGAIN_SECONDS: u64 = 30;

/// Why a request is refused.
#[derive(Debug)]
pub enum Refusal {
    /// The rules say no.
    Rejected(Rejection),
    /// The bytes are not what they should be.
    Undecodable(DecodeError),
    /// The request is not what the contract says.
    Malformed(&'static str),
    /// No token, or one that is not good any more.
    NotSignedIn,
    /// The token's key has no rights there.
    NotAllowed,
    /// There is nothing of that name.
    NotFound,
    /// No coverage statement was made yet, or what it counts is still being read again after a start.
    NoStatementYet,
    /// The association lets no wallet pay without network.
    OfflineOff,
    /// The payment was asked back before.
    RefundRequested,
    /// Nobody asked this payment back, or it is answered.
    RefundNotRequested,
    /// No order with this id is recorded, or its time is over.
    NotRecorded,
    /// The account has as many conversion orders as it may.
    TooManyOrders,
    /// There is no such order, or it is answered, cancelled or over.
    OrderNotOpen,
    /// The association has no creditor identifier.
    NoDirectDebits,
    /// The IBAN is mistyped.
    IbanWrong,
    /// A mandate is for more than may be collected.
    MandateTooHigh,
    /// The signed statement is not what the request says, or by another key.
    MandateDiffers,
    /// The account has as many mandates on record as are kept.
    TooManyMandates,
    /// This node wakes no browsers.
    NoPush,
    /// The address is none of a push service that the node calls.
    EndpointUnknown,
    /// This node sends no mails.
    NoMail,
    /// No mail can be sent to the address.
    AddressWrong,
    /// The mail server does not take a mail now.
    MailUnsent,
    /// Another code was sent.
    CodeWrong,
    /// No code waits to be typed: it is over, was used, or was typed wrong too often.
    CodeOver,
    /// The account has as many backups of good keys as are kept.
    TooManyBackups,
    /// A statement of this period would have more lines than a statement has.
    StatementTooLong,
    /// Only who has left can be erased.
    AccountNotClosed,
    /// The association needs to know who owes it.
    StillOwes,
    /// Nobody has a card with this secret or number.
    CardUnknown,
    /// The card's holder has not let the association pay for it yet.
    CardNotReady,
    /// The card is blocked.
    CardBlocked,
    /// The card pays this only with its PIN.
    CardPinNeeded,
    /// Not the card's PIN; so many attempts are left.
    CardPinWrong(u8),
    /// Too much at once: try again later.
    Busy,
    /// This network or key sent more than it may: try again after so long.
    RateLimited(Wait),
    /// The account has as many live connections as it may.
    TooManyListeners,
    /// The body is longer than the route takes.
    TooLarge,
    /// The machine cannot.
    Unavailable,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Refusal {
        Refusal::Rejected(rejection)
    }
}

impl From<Wait> for Refusal {
    fn from(wait: Wait) -> Refusal {
        Refusal::RateLimited(wait)
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Refusal {
        Refusal::Undecodable(error)
    }
}

impl From<Busy> for Refusal {
    fn from(_: Busy) -> Refusal {
        Refusal::Busy
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Refusal {
        if fault == Fault::Busy {
            return Refusal::Busy;
        }
        tracing::error!(%fault, "the ledger is unavailable");
        Refusal::Unavailable
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::Rejected(rejection) => status_of(*rejection),
            Refusal::Undecodable(DecodeError::TooLarge) | Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Undecodable(DecodeError::OutOfBounds(_))
            | Refusal::IbanWrong
            | Refusal::MandateTooHigh
            | Refusal::MandateDiffers
            | Refusal::StatementTooLong
            | Refusal::EndpointUnknown
            | Refusal::AddressWrong
            | Refusal::CodeWrong => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::RefundRequested
            | Refusal::RefundNotRequested
            | Refusal::TooManyOrders
            | Refusal::OrderNotOpen
            | Refusal::NoDirectDebits
            | Refusal::TooManyMandates
            | Refusal::TooManyBackups
            | Refusal::AccountNotClosed
            | Refusal::StillOwes
            | Refusal::NoPush
            | Refusal::NoMail
            | Refusal::CodeOver
            | Refusal::CardNotReady => StatusCode::CONFLICT,
            Refusal::Undecodable(_) | Refusal::Malformed(_) => StatusCode::BAD_REQUEST,
            Refusal::NotSignedIn => StatusCode::UNAUTHORIZED,
            Refusal::NotAllowed | Refusal::CardBlocked | Refusal::CardPinNeeded | Refusal::CardPinWrong(_) => {
                StatusCode::FORBIDDEN
            }
            Refusal::NotFound | Refusal::NoStatementYet | Refusal::OfflineOff | Refusal::NotRecorded | Refusal::CardUnknown => {
                StatusCode::NOT_FOUND
            }
            Refusal::Busy | Refusal::RateLimited(_) | Refusal::TooManyListeners => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Unavailable | Refusal::MailUnsent => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// After so many seconds it may go better.
    fn seconds(&self) -> u64 {
        match self {
            Refusal::RateLimited(wait) => wait.seconds(),
            Refusal::TooManyListeners => LISTEN_AGAIN_SECONDS,
            _ => RETRY_AFTER_SECONDS,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Rejected(rejection) => rejection.code(),
            Refusal::Undecodable(error) => error.code(),
            Refusal::Malformed(_) => "malformed_request",
            Refusal::NotSignedIn => "not_signed_in",
            Refusal::NotAllowed => "not_allowed",
            Refusal::NotFound => "not_found",
            Refusal::NoStatementYet => "no_statement_yet",
            Refusal::OfflineOff => "offline_off",
            Refusal::RefundRequested => "refund_requested",
            Refusal::RefundNotRequested => "refund_not_requested",
            Refusal::NotRecorded => "not_recorded",
            Refusal::TooManyOrders => "too_many_orders",
            Refusal::OrderNotOpen => "order_not_open",
            Refusal::NoDirectDebits => "creditor_id_missing",
            Refusal::IbanWrong => "iban_wrong",
            Refusal::MandateTooHigh => "mandate_too_high",
            Refusal::MandateDiffers => "mandate_differs",
            Refusal::TooManyMandates => "too_many_mandates",
            Refusal::NoPush => "push_off",
            Refusal::EndpointUnknown => "push_service_unknown",
            Refusal::NoMail => "mail_off",
            Refusal::AddressWrong => "mail_address_wrong",
            Refusal::MailUnsent => "mail_unsent",
            Refusal::CodeWrong => "code_wrong",
            Refusal::CodeOver => "code_over",
            Refusal::TooManyBackups => "too_many_backups",
            Refusal::StatementTooLong => "statement_too_long",
            Refusal::AccountNotClosed => "account_not_closed",
            Refusal::StillOwes => "still_owes",
            Refusal::CardUnknown => "card_unknown",
            Refusal::CardNotReady => "card_not_ready",
            Refusal::CardBlocked => "card_blocked",
            Refusal::CardPinNeeded => "card_pin_needed",
            Refusal::CardPinWrong(_) => "card_pin_wrong",
            Refusal::Busy => "busy",
            Refusal::RateLimited(_) => "rate_limited",
            Refusal::TooManyListeners => "too_many_listeners",
            Refusal::TooLarge => "too_large",
            Refusal::Unavailable => "unavailable",
        }
    }

    /// What happened and what to do.
    pub fn detail(&self) -> String {
        match self {
            Refusal::Rejected(rejection) => rejection.sentence().into(),
            Refusal::Undecodable(error) => error.to_string(),
            Refusal::Malformed(what) => (*what).into(),
            Refusal::NotSignedIn => "Sign in first: the token is missing, unknown or too old.".into(),
            Refusal::NotAllowed => "The key that is signed in has no rights there.".into(),
            Refusal::NotFound => "There is nothing of that name.".into(),
            Refusal::NoStatementYet => "There is no coverage statement yet, or it is still being read: ask again later.".into(),
            Refusal::OfflineOff => "The association lets nobody pay without network.".into(),
            Refusal::RefundRequested => "You asked for this money back already: whoever was paid decides.".into(),
            Refusal::RefundNotRequested => "Nobody asks for this money back, or the request is answered.".into(),
            Refusal::NotRecorded => {
                "No order with this id is recorded. After the end of its time the account's statement tells, or the same bytes sent again.".into()
            }
            Refusal::TooManyOrders => {
                "Too many orders wait for their euros: cancel one, or wait until some are paid or over.".into()
            }
            Refusal::OrderNotOpen => "There is no such order, or it is paid, cancelled or over already.".into(),
            Refusal::NoDirectDebits => "The association does not collect by direct debit: use a standing order.".into(),
            Refusal::IbanWrong => "The IBAN is mistyped: its check digits do not fit.".into(),
            Refusal::MandateTooHigh => {
                format!("A mandate is for at most {} euros a month: choose less.", funding::euros(MAX_MANDATE))
            }
            Refusal::MandateDiffers => "The signed statement says something else than the request: sign it again.".into(),
            Refusal::TooManyMandates => "Too many mandates were signed and revoked: ask at the office.".into(),
            Refusal::NoPush => "This node wakes no browsers: ask for mails instead.".into(),
            Refusal::EndpointUnknown => {
                "The node does not call this push service: the association can name it in `push_hosts`.".into()
            }
            Refusal::NoMail => "This node sends no mails.".into(),
            Refusal::AddressWrong => "No mail can be sent to this address: look for a typing error.".into(),
            Refusal::MailUnsent => "The mail server does not take the mail now: try again later.".into(),
            Refusal::CodeWrong => "That is not the code of the newest mail: look again.".into(),
            Refusal::CodeOver => "This code is over or was typed wrong too often: ask for a new one.".into(),
            Refusal::TooManyBackups => "Too many backups of good keys are kept: take an old device off the account first.".into(),
            Refusal::StatementTooLong => {
                format!("The period has more than {MAX_MOVEMENTS} movements or is too long ago: choose a shorter one, or ask the office.")
            }
            Refusal::AccountNotClosed => "The account is open: close it first.".into(),
            Refusal::StillOwes => "The account owes the association: settle that first.".into(),
            Refusal::CardUnknown => "Nobody has this card: it is mistyped, or still blank.".into(),
            Refusal::CardNotReady => "The association may not pay for this card yet: ask at its office.".into(),
            Refusal::CardBlocked => "The card is blocked: only the association's office can open it again.".into(),
            Refusal::CardPinNeeded => "The card pays this only with its PIN: type it.".into(),
            Refusal::CardPinWrong(left) => format!("This is not the card's PIN; attempts left before it is blocked: {left}."),
            Refusal::Busy => "The server has too much to do: send the same again in a moment.".into(),
            Refusal::RateLimited(wait) => format!("Too many at once: send the same again in {} s.", wait.seconds()),
            Refusal::TooManyListeners => "Too many pages of this account listen already: close some.".into(),
            Refusal::TooLarge => "The body is too large: send it in parts.".into(),
            Refusal::Unavailable => "The server cannot do this now. Nothing is lost: send the same again later.".into(),
        }
    }
}

/// What a rejection is in HTTP: who may not (403), what is not there (404), what never fits (422), what does not fit now (409).
fn status_of(rejection: Rejection) -> StatusCode {
    use Rejection::*;
    match rejection {
        OperatorUnknown | RoleInsufficient | OwnBenefit | KeyNotOfAccount | KeyNotYet | ScopeInsufficient | ScopePaymentLimit
        | ScopeDayLimit | SelfOpeningRefused | CollectOtherPayee | NotProfessional => StatusCode::FORBIDDEN,
        ProposalUnknown | AccountUnknown | PayeeUnknown | OriginalUnknown | BankUnknown | CreditUnknown | CampaignUnknown
        | RedemptionUnknown | GiftUnknown | StandingAbsent => StatusCode::NOT_FOUND,
        Expired | ValidTooLong | GenesisInvalid | LevelUnknown | SamePayerAndPayee | ChargeTooFar | TransfersEmpty
        | LimitPerPayment | FeeExceedsAmount | NotAssociation | GiftPeriod | WrongMedium | RuleSetUnknown | QuorumImpossible => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        TooManyProposals => StatusCode::TOO_MANY_REQUESTS,
        AlreadyRecorded
        | TimeReversed
        | GenesisMisplaced
        | ProposalLapsed
        | ApprovedTwice
        | EvidenceUsed
        | AccountClosed
        | AccountSuspended
        | AccountExists
        | KeyPresent
        | TooManyKeys
        | LastFullKey
        | AccountNotEmpty
        | NotSuspended
        | PayeeClosed
        | PayeeSuspended
        | ChargeExpired
        | ChargeAnswered
        | LimitPaid
        | BalanceInsufficient
        | LimitHeld
        | RefundExceeds
        | TotalTooLarge
        | BankExists
        | CreditKnown
        | CreditDiffers
        | CreditUsed
        | FundShort
        | CoverInsufficient
        | BankFundsInsufficient
        | OwnInsufficient
        | ReceivableExceeds
        | CampaignVersion
        | CampaignBankFixed
        | CampaignMoneyInsufficient
        | TooManyCampaigns
        | FeeVersion
        | GiftVersion
        | GiftGiven
        | TooManyGiven
        | TooManyGifts
        | RedemptionState
        | NotesInsufficient
        | PledgeInsufficient
        | NotCorrectable
        | CheckpointKeyUsed
        | CheckpointKeyAbsent
        | OperatorKeyUsed => StatusCode::CONFLICT,
    }
}

/// What a push service made of a word (RFC 8030, section 5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pushed {
    /// It took it.
    Taken,
    /// The browser does not listen any more.
    Gone,
    /// Not now: perhaps after so many seconds.
    Later(Option<u64>),
    /// Never, with this status.
    Refused(u16),
}

/// Reads a push service's answer.
pub fn pushed(status: StatusCode, headers: &HeaderMap) -> Pushed {
    let seconds = || headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok();
    match status {
        _ if status.is_success() => Pushed::Taken,
        StatusCode::NOT_FOUND | StatusCode::GONE => Pushed::Gone,
        StatusCode::TOO_MANY_REQUESTS => Pushed::Later(seconds()),
        _ if status.is_server_error() => Pushed::Later(seconds()),
        _ => Pushed::Refused(status.as_u16()),
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
            attempts_left: if let Refusal::CardPinWrong(left) = self { Some(left) } else { None },
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut answer = (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(self.seconds()));
        }
        answer
    }
}
