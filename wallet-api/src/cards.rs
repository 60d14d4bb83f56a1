//! Payment cards: a till asks that a card pays its request, a holder looks at their cards and blocks one at once.
//!
//! The till never sees more than the card's secret and the PIN that the holder types on it; the node checks the PIN and signs with a key of
//! its own, within what the account lets that key pay.

use crate::Service;
use crate::error::Refusal;
use crate::extract::{Bearer, From, Json, Path};
use crate::routes::{Answer, blocking, bytes_answer, member};
use crate::wire::{CardInfo, CardPaymentRequest, CardsAnswer};
use axum::Json as Answered;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, NoContent, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::account::Scope;
use ledger::cards::{Blocked, Card, Refused, number_text, read_number};
use ledger::key::AccountId;
use ledger::message::ChargeRequest;

impl std::convert::From<Refused> for Refusal {
    fn from(refused: Refused) -> Refusal {
        match refused {
            Refused::Blocked => Refusal::CardBlocked,
            Refused::PinNeeded => Refusal::CardPinNeeded,
            Refused::PinWrong(left) => Refusal::CardPinWrong(left),
            Refused::Busy => Refusal::Busy,
            Refused::Waits => Refusal::CardNotReady,
            // What only the office asks for.
            Refused::Unknown
            | Refused::Given
            | Refused::PinWeak
            | Refused::FreeTooHigh
            | Refused::TooMany
            | Refused::SamePerson
            | Refused::Settled
            | Refused::NotOpen => Refusal::CardUnknown,
        }
    }
}

/// What a card payment turns out to be, before the ledger is asked.
enum Payment {
    /// It was made already: the entry.
    Made(u64),
    /// It may be made: the order, signed by the node.
    Allowed(Vec<u8>),
}

/// Lets a card pay a request; gives the receipt. The same request again gives the same receipt.
pub async fn pay(
    State(service): State<Service>,
    from: From,
    bearer: Bearer,
    Json(asked): Json<CardPaymentRequest>,
) -> Answer<Response> {
    // Before anything is looked at: each attempt costs a signature's check, and a PIN's far more.
    service.gate().signed_in(from.0, &bearer.0, service.now())?;
    let bytes = URL_SAFE_NO_PAD.decode(&asked.request).map_err(|_| Refusal::Malformed("the request is not base64url"))?;
    let (request, asker) = ChargeRequest::decode(&bytes, &service.ledger().id())?;
    let (_, scope) = member(&service, &bearer, &request.payee.to_text(&service.prefix()))?;
    if asker != bearer.0 || !matches!(scope, Scope::Full | Scope::Till { .. }) {
        return Err(Refusal::NotAllowed);
    }
    let judging = service.clone();
    let bytes = match blocking(move || allowed(&judging, &request, &asked)).await?? {
        // The node's own key is counted nowhere: every card of the town pays with it. The key that asked was counted above.
        Payment::Allowed(order) => service.submit(None, Bytes::from(order)).await?,
        Payment::Made(sequence) => {
            let found = blocking(move || service.ledger().receipt(sequence)).await??;
            found.ok_or(Refusal::Unavailable)?.encode()
        }
    };
    Ok(bytes_answer("application/cbor", bytes))
}

fn allowed(service: &Service, request: &ChargeRequest, asked: &CardPaymentRequest) -> Answer<Payment> {
    let (cards, ledger) = (&service.settings().cards, service.ledger());
    let number = cards.find(&asked.card).ok_or(Refusal::CardUnknown)?;
    let order = cards.order(number, request)?.ok_or(Refusal::CardUnknown)?;
    let id = ledger.decode(&order)?.id();
    if let Some(sequence) = ledger.durable().state.recorded(&id) {
        return Ok(Payment::Made(sequence));
    }
    let pin = asked.pin.as_deref().filter(|pin| !pin.is_empty());
    let account = cards.allow(number, request.amount.cents(), pin, service.now())??;
    if cards.may_pay(&account, service.now()) { Ok(Payment::Allowed(order)) } else { Err(Refusal::CardNotReady) }
}

/// The cards of an account.
pub async fn card_list(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
) -> Answer<Answered<CardsAnswer>> {
    let (id, _) = member(&service, &bearer, &text)?;
    blocking(move || {
        let cards = &service.settings().cards;
        Ok(Answered(CardsAnswer {
            cards: cards_of(&service, &id)?,
            key: cards.key().to_string(),
            ready: cards.may_pay(&id, service.now()),
        }))
    })
    .await?
}

/// The cards of an account, the newest first.
pub fn cards_of(service: &Service, id: &AccountId) -> Answer<Vec<CardInfo>> {
    Ok(service.settings().cards.of(id)?.iter().map(card_info).collect())
}

fn card_info(card: &Card) -> CardInfo {
    CardInfo {
        number: number_text(card.number),
        state: card.state().word().into(),
        given: card.given(),
        last_used: card.last_used(),
        free_limit: card.free_limit(),
    }
}

/// Blocks a card of the account; only the office opens it again.
pub async fn block(
    State(service): State<Service>,
    bearer: Bearer,
    Path((text, number)): Path<(String, String)>,
) -> Answer<Response> {
    let (id, scope) = member(&service, &bearer, &text)?;
    if scope != Scope::Full {
        return Err(Refusal::NotAllowed);
    }
    let number = read_number(&number).ok_or(Refusal::CardUnknown)?;
    blocking(move || {
        let cards = &service.settings().cards;
        let own = cards.card(number)?.filter(|card| card.account == Some(id)).ok_or(Refusal::CardUnknown)?;
        cards.block(own.number, Blocked::Holder, |_| Ok(()))??;
        Ok(NoContent.into_response())
    })
    .await?
}
