//! A payer asks to be given a payment back. Nothing here moves money: whoever was paid gives back by a refund, or says no.

use crate::Service;
use crate::error::Refusal;
use crate::extract::{Bearer, Json, Path, Query};
use crate::routes::{Answer, blocking, member};
use crate::wire::{RefundRequestInfo, RefundRequestLine, RefundRequestWords, RefundRequests, ShortReceiptQuery};
use axum::Json as Answered;
use axum::extract::State;
use axum::response::{IntoResponse, NoContent, Response};
use ledger::account::Scope;
use ledger::fault::Fault;
use ledger::key::AccountId;
use ledger::ledger::Ledger;
use ledger::refund_requests::{PaymentPlace, RefundRequest, RequestState, is_reason};
use ledger::rejection::Rejection;
use ledger::state::State as LedgerState;

/// So many requests are shown, those of the newest payments: a year of a busy shop. Older ones stand beside their payment.
const MAX_REQUESTS: usize = 200;

/// A payment as both sides know it.
#[derive(Clone, Copy)]
struct Paid {
    place: PaymentPlace,
    payer: AccountId,
    amount: u64,
    refunded: u64,
}

fn paid(state: &LedgerState, sequence: u64, item: u16) -> Option<Paid> {
    let payment = state.payment(sequence, item)?;
    let account = |index| state.accounts()[index as usize].id;
    let place = PaymentPlace { payee: account(payment.payee), sequence, item };
    Some(Paid { place, payer: account(payment.payer), amount: payment.amount, refunded: payment.refunded })
}

/// The payment of a path, when the signed-in key may speak for this side of it; else as if it were not there.
fn payment_of(
    service: &Service,
    bearer: &Bearer,
    (sequence, item): (u64, u16),
    side: fn(&Paid) -> AccountId,
    may: fn(Scope) -> bool,
) -> Answer<Paid> {
    let paid = paid(&service.ledger().durable().state, sequence, item).ok_or(Refusal::NotFound)?;
    match member(service, bearer, &side(&paid).to_text(&service.prefix())) {
        Ok((_, scope)) if may(scope) => Ok(paid),
        Ok(_) => Err(Refusal::NotAllowed),
        Err(Refusal::NotAllowed) => Err(Refusal::NotFound),
        Err(refusal) => Err(refusal),
    }
}

/// Keys that may ask for the account's money.
fn pays(scope: Scope) -> bool {
    matches!(scope, Scope::Full | Scope::Limited(_))
}

/// Keys that may give back.
fn refunds(scope: Scope) -> bool {
    matches!(scope, Scope::Full | Scope::Till { .. })
}

/// The payer asks.
pub async fn ask(
    State(service): State<Service>,
    bearer: Bearer,
    Path(sequence): Path<u64>,
    Json(words): Json<RefundRequestWords>,
) -> Answer<Response> {
    let reason = words.reason.trim().to_owned();
    if !is_reason(&reason) {
        return Err(Refusal::Malformed("a reason has at most 140 characters, and no control characters"));
    }
    blocking(move || {
        let Paid { place, payer, amount, refunded } =
            payment_of(&service, &bearer, (sequence, words.item.unwrap_or(0)), |paid| paid.payer, pays)?;
        if refunded >= amount {
            return Err(Rejection::RefundExceeds.into());
        }
        let ledger = service.ledger();
        let asked = ledger.refund_requests().ask(ledger.directory(), (place, payer, refunded), &reason, service.now())?;
        if asked { Ok(NoContent.into_response()) } else { Err(Refusal::RefundRequested) }
    })
    .await?
}

/// Whoever was paid says no.
pub async fn decline(
    State(service): State<Service>,
    bearer: Bearer,
    Path(sequence): Path<u64>,
    Query(query): Query<ShortReceiptQuery>,
) -> Answer<Response> {
    blocking(move || {
        let paid = payment_of(&service, &bearer, (sequence, query.item.unwrap_or(0)), |paid| paid.place.payee, refunds)?;
        let declined = service.ledger().refund_requests().decline(&paid.place, paid.refunded)?;
        if declined { Ok(NoContent.into_response()) } else { Err(Refusal::RefundNotRequested) }
    })
    .await?
}

/// What an account is asked to give back.
pub async fn requests(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
) -> Answer<Answered<RefundRequests>> {
    let (account, scope) = member(&service, &bearer, &text)?;
    if !refunds(scope) {
        return Err(Refusal::NotAllowed);
    }
    blocking(move || {
        let requests = with_payments(service.ledger(), &account)?;
        let info = |(request, paid): &(RefundRequest, Paid)| -> Answer<RefundRequestInfo> {
            let RefundRequestLine { time, state, reason } = line(service.ledger(), request, paid)?;
            Ok(RefundRequestInfo {
                sequence: paid.place.sequence,
                item: paid.place.item,
                payer: paid.payer.to_text(&service.prefix()),
                amount: paid.amount,
                refunded: paid.refunded,
                time,
                state,
                reason,
            })
        };
        Ok(Answered(RefundRequests { requests: requests.iter().map(info).collect::<Answer<_>>()? }))
    })
    .await?
}

/// The newest requests to an account, each with its payment.
fn with_payments(ledger: &Ledger, account: &AccountId) -> Result<Vec<(RefundRequest, Paid)>, Fault> {
    let requests = ledger.refund_requests().to(account, MAX_REQUESTS)?;
    let durable = ledger.durable();
    let known = |request: RefundRequest| {
        let paid = paid(&durable.state, request.payment.sequence, request.payment.item)?;
        Some((request, paid))
    };
    Ok(requests.into_iter().filter_map(known).collect())
}

/// How many of the newest requests to an account wait for its answer.
pub fn open(ledger: &Ledger, account: &AccountId) -> Result<usize, Fault> {
    let requests = with_payments(ledger, account)?;
    Ok(requests.iter().filter(|(request, paid)| request.state(paid.refunded) == RequestState::Open).count())
}

/// The request about a payment of this entry, as both sides see it.
pub fn about(ledger: &Ledger, sequence: u64, item: u16) -> Result<Option<RefundRequestLine>, Fault> {
    let Some(paid) = paid(&ledger.durable().state, sequence, item) else { return Ok(None) };
    let request = ledger.refund_requests().of(&paid.place)?;
    request.map(|request| line(ledger, &request, &paid)).transpose()
}

fn line(ledger: &Ledger, request: &RefundRequest, paid: &Paid) -> Result<RefundRequestLine, Fault> {
    let reason = ledger.refund_requests().reason(ledger.directory(), request, &paid.payer)?;
    Ok(RefundRequestLine { time: request.time, state: request.state(paid.refunded).word().into(), reason })
}
