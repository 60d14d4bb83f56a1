//! Conversion orders and mandates: what a member says they will transfer, and what they let the association collect.

use crate::error::Refusal;
use crate::extract::{Bearer, Json, Path};
use crate::routes::{Answer, blocking, member};
use crate::wire::{Collection, MadeOrder, MandateAnswer, MandateInfo, MandateRequest, Order, OrderRequest, OrdersAnswer};
use crate::{Service, funding};
use axum::Json as Answered;
use axum::extract::State;
use axum::response::{IntoResponse, NoContent, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::account::Scope;
use ledger::amount::Amount;
use ledger::directory::{MAX_MANDATE, Mandate};
use ledger::key::{AccountId, Hash32};
use ledger::message::MandateStatement;
use ledger::orders::{ConversionOrder, MAX_RECENT_ORDERS, iban, mandate_reference};
use ledger::rejection::Rejection;
use ledger::state::{State as LedgerState, Status};

/// A mandate is signed now: the time in it is off by so much at most, which a phone's clock may be.
const SIGNED_WITHIN_MS: u64 = 15 * 60_000;

/// The account of a path, when the signed-in key holds it fully and it takes part.
fn holder(service: &Service, bearer: &Bearer, text: &str) -> Answer<AccountId> {
    let (id, scope) = member(service, bearer, text)?;
    if scope != Scope::Full {
        return Err(Refusal::NotAllowed);
    }
    let durable = service.ledger().durable();
    let closed = durable.state.account(&id).is_none_or(|account| account.status == Status::Closed);
    if closed { Err(Rejection::AccountClosed.into()) } else { Ok(id) }
}

/// An order as its member sees it.
pub fn order_info(service: &Service, state: &LedgerState, order: &ConversionOrder) -> Order {
    let settings = service.settings();
    let mut shown = Order {
        number: order.number,
        amount: order.cents,
        reference: order.reference.clone(),
        created: order.created,
        expires: order.expires,
        state: order_word(order, service.now()).into(),
        units: None,
        bonus: None,
        sequence: None,
        epc: funding::epc(&settings.holder, &settings.iban, settings.bic.as_deref(), order.cents, &order.reference),
        payto: funding::payto(&settings.holder, &settings.iban, order.cents, &order.reference),
        holder: settings.holder.clone(),
        iban: settings.iban.clone(),
        bic: settings.bic.clone(),
    };
    let index = state.index(&order.account);
    let credit = order.credit.as_ref().and_then(|credit| state.credit(credit));
    let conversions = credit.iter().flat_map(|credit| &credit.conversions).filter(|conversion| Some(conversion.account) == index);
    for conversion in conversions {
        let bonus: u64 = conversion.bonuses.iter().map(|bonus| bonus.cents).sum();
        shown.units = Some(shown.units.unwrap_or(0) + conversion.euros + bonus);
        shown.bonus = Some(shown.bonus.unwrap_or(0) + bonus);
        shown.sequence = Some(conversion.sequence);
    }
    if let Some(units) = shown.units {
        shown.state = if units > 0 { "converted" } else { "returned" }.into();
    }
    shown
}

fn order_word(order: &ConversionOrder, now: u64) -> &'static str {
    match order {
        ConversionOrder { credit: Some(_), .. } => "received",
        ConversionOrder { cancelled: true, .. } => "cancelled",
        _ if order.is_open(now) => "open",
        _ => "expired",
    }
}

pub async fn make_order(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Json(request): Json<OrderRequest>,
) -> Answer<Answered<MadeOrder>> {
    let id = holder(&service, &bearer, &text)?;
    let out_of_bounds = Refusal::Malformed("the amount is at least one cent and at most 10^12 cents");
    let cents = Amount::from_cents(request.amount).ok_or(out_of_bounds)?.cents();
    blocking(move || {
        let order = service.ledger().orders().make(&id, cents, service.now())?.map_err(|_| Refusal::TooManyOrders)?;
        Ok(Answered(MadeOrder { order: order_info(&service, &service.ledger().durable().state, &order) }))
    })
    .await?
}

pub async fn orders(State(service): State<Service>, bearer: Bearer, Path(text): Path<String>) -> Answer<Answered<OrdersAnswer>> {
    let (id, _) = member(&service, &bearer, &text)?;
    blocking(move || {
        let found = service.ledger().orders().of(&id, MAX_RECENT_ORDERS)?;
        let durable = service.ledger().durable();
        let orders = found.iter().map(|order| order_info(&service, &durable.state, order)).collect();
        Ok(Answered(OrdersAnswer { orders }))
    })
    .await?
}

pub async fn cancel_order(
    State(service): State<Service>,
    bearer: Bearer,
    Path((text, number)): Path<(String, u64)>,
) -> Answer<Response> {
    let id = holder(&service, &bearer, &text)?;
    blocking(move || {
        let cancelled = service.ledger().orders().cancel(&id, number, service.now())?;
        if cancelled { Ok(NoContent.into_response()) } else { Err(Refusal::OrderNotOpen) }
    })
    .await?
}

pub async fn mandate(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
) -> Answer<Answered<MandateAnswer>> {
    let (id, _) = member(&service, &bearer, &text)?;
    blocking(move || {
        let mandate = service.ledger().directory().mandate(&id)?;
        Ok(Answered(MandateAnswer { mandate: mandate.map(|mandate| mandate_info(&service, &mandate)) }))
    })
    .await?
}

/// A mandate as its member sees it.
pub fn mandate_info(service: &Service, mandate: &Mandate) -> MandateInfo {
    let next = mandate.next(service.now());
    MandateInfo {
        reference: mandate.reference.clone(),
        holder: mandate.holder.clone(),
        iban: mandate.iban.clone(),
        amount: mandate.cents,
        day: mandate.day,
        signed: mandate.signed_ms,
        revoked: mandate.revoked_ms,
        next: next.map(|date| Collection { date: date.to_string(), amount: mandate.cents }),
    }
}

pub async fn put_mandate(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Json(request): Json<MandateRequest>,
) -> Answer<Answered<MandateAnswer>> {
    let id = holder(&service, &bearer, &text)?;
    let creditor = service.settings().creditor_id.clone().ok_or(Refusal::NoDirectDebits)?;
    let iban = iban(&request.iban).ok_or(Refusal::IbanWrong)?;
    if request.amount > MAX_MANDATE {
        return Err(Refusal::MandateTooHigh);
    }
    blocking(move || {
        let encoded = Refusal::Malformed("the signature is the signed statement, base64url");
        let signature = URL_SAFE_NO_PAD.decode(&request.signature).map_err(|_| encoded)?;
        let (statement, key) = MandateStatement::decode(&signature, &service.ledger().id())?;
        let now = service.now();
        let says = MandateStatement {
            account: id,
            holder: request.holder.clone(),
            iban: Hash32::of(iban.as_bytes()),
            creditor,
            amount: Amount::from_cents(request.amount).unwrap_or(statement.amount),
            day: request.day,
            time: statement.time,
        };
        if statement != says || key != bearer.0 || statement.amount.cents() != request.amount {
            return Err(Refusal::MandateDiffers);
        }
        let before = service.ledger().directory().mandate(&id)?;
        if let Some(before) = before.as_ref().filter(|before| before.signature == signature && before.revoked_ms.is_none()) {
            return Ok(Answered(MandateAnswer { mandate: Some(mandate_info(&service, before)) }));
        }
        let follows = before.is_none_or(|before| before.signed_ms < statement.time);
        if !follows || statement.time.abs_diff(now) > SIGNED_WITHIN_MS {
            return Err(Refusal::Malformed("the mandate was not signed now: set the clock right and sign it again"));
        }
        let mandate = Mandate {
            reference: mandate_reference(&id, statement.time),
            holder: request.holder,
            iban,
            cents: request.amount,
            day: request.day,
            signed_ms: statement.time,
            revoked_ms: None,
            first_done: false,
            signature,
        };
        if !mandate.is_sound() {
            return Err(Refusal::Malformed(
                "a mandate is for a day from 1 to 28 and at least one cent, with a name without control characters",
            ));
        }
        service.ledger().directory().set_mandate(&id, &mandate)?.map_err(|_| Refusal::TooManyMandates)?;
        Ok(Answered(MandateAnswer { mandate: Some(mandate_info(&service, &mandate)) }))
    })
    .await?
}

pub async fn revoke_mandate(State(service): State<Service>, bearer: Bearer, Path(text): Path<String>) -> Answer<Response> {
    let (id, scope) = member(&service, &bearer, &text)?;
    if scope != Scope::Full {
        return Err(Refusal::NotAllowed);
    }
    blocking(move || {
        let directory = service.ledger().directory();
        if let Some(mandate) = directory.mandate(&id)?.filter(|mandate| mandate.revoked_ms.is_none()) {
            let revoked = Mandate { revoked_ms: Some(service.now()), ..mandate };
            directory.set_mandate(&id, &revoked)?.map_err(|_| Refusal::TooManyMandates)?;
        }
        Ok(NoContent.into_response())
    })
    .await?
}
