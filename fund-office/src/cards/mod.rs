//! Payment cards at the counter: blank sheets to print, a card given to a member who types a PIN, a new PIN, blocking.
//!
//! A card alone pays nothing: its holder's account has to let the node's key pay, which is an act that people sign. What is done here
//! is noted in the trail of the member, before it is done. Once an account pays by card, what one person does with its cards waits for
//! another one; blocking does not. Neither a card's secret nor a PIN is in any answer, log or note; the secret is in the sheet alone.

mod wire;

use crate::desk::{Acting, Reading, account, off_thread, prefix};
use crate::error::{Problem, done};
use crate::{Settings, trail};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use documents::{CardSheet, Language};
use ledger::account::{Operator, OperatorNumber};
use ledger::cards::{Blocked, Card, Cards, MAX_FREE, MAX_PRINTED, Refused, number_text, read_number};
use ledger::fault::Fault;
use ledger::key::{AccountId, Prefix};
use serde::de::DeserializeOwned;
use wire::{CardLine, CardList, CardNamed, GivenTyped, PinTyped, SheetsTyped};

/// So many cards are shown, the newest first: more than a town of some thousands has.
const MOST: usize = 2_000;
/// Cards on one sheet.
const PER_SHEET: usize = 10;

/// The routes of this room.
pub fn routes() -> Router<Settings> {
    Router::new()
        .route("/office/v1/cards", get(cards).post(give))
        .route("/office/v1/cards/sheets", post(sheets))
        .route("/office/v1/cards/{number}/pin", post(new_pin))
        .route("/office/v1/cards/{number}/block", post(block))
        .route("/office/v1/cards/{number}/unblock", post(unblock))
        .route("/office/v1/cards/{number}/confirm", post(confirm))
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Problem {
        match refused {
            Refused::Unknown => Problem::CardUnknown,
            Refused::Given => Problem::Conflict("card_given", "Somebody has this card already: take another one."),
            Refused::PinWeak => {
                Problem::Conflict("pin_weak", "A PIN has 4 to 6 digits, not all the same and not in a row: ask for another one.")
            }
            Refused::FreeTooHigh => {
                Problem::Conflict("free_too_high", "A card pays at most 20 units without its PIN: choose less.")
            }
            Refused::TooMany => Problem::Conflict("too_many_cards", "The account has ten good cards: block one first."),
            Refused::Busy => Problem::Conflict("cards_busy", "Too many PINs are being checked: try again in a moment."),
            Refused::SamePerson => {
                Problem::Conflict("card_same_person", "You changed this card yourself: another person has to confirm it.")
            }
            Refused::Settled => Problem::Conflict("card_settled", "The card waits for nobody: load the list again."),
            Refused::NotOpen => {
                Problem::Conflict("card_account_not_open", "The account is closed or suspended: it gets no card.")
            }
            Refused::Blocked | Refused::PinNeeded | Refused::PinWrong(_) | Refused::Waits => {
                Problem::Conflict("card_erased", "The card's holder was erased: it cannot be used again. Take another one.")
            }
        }
    }
}

fn typed<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Problem> {
    let body = body.map_err(|_| Problem::TooLarge)?;
    serde_json::from_slice(&body).map_err(|_| Problem::Malformed("A field is missing, or not what this route takes."))
}

async fn cards(State(office): State<Settings>, _: Reading) -> Result<Json<CardList>, Problem> {
    let prefix = prefix(&office.ledger)?;
    let list = off_thread(office, move |office| {
        let (cards, blank) = office.cards.given(MOST)?;
        let lines = cards.iter().map(|card| line(office, card, &prefix)).collect();
        Ok(CardList { cards: lines, blank, key: office.cards.key().to_string(), most_free: MAX_FREE })
    });
    list.await.map(Json)
}

fn line(office: &Settings, card: &Card, prefix: &Prefix) -> CardLine {
    let caps = card.account.and_then(|account| office.cards.caps(&account));
    let changed_by = office.cards.waits_after(card);
    CardLine {
        number: number_text(card.number),
        state: card.state().word(),
        account: card.account.map(|account| account.to_text(prefix)),
        name: card.account.and_then(|account| office.ledger.directory().profile(&account).name),
        given: card.given(),
        last_used: card.last_used(),
        free_limit: card.free_limit(),
        ready: card.account.is_some_and(|account| office.cards.may_pay(&account, (office.clock)())),
        per_payment: caps.map(|cap| cap.per_payment.cents()),
        per_day: caps.map(|cap| cap.per_day.cents()),
        waits_for_second: changed_by.is_some(),
        changed_by,
    }
}

/// Prints blank cards. The file is the only place where their secrets ever stand.
async fn sheets(
    State(office): State<Settings>,
    Acting(operator): Acting,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let SheetsTyped { sheets, language } = typed(body)?;
    let count = sheets.saturating_mul(PER_SHEET);
    if count == 0 || count > MAX_PRINTED {
        return Err(Problem::Malformed("`sheets` is a whole number from 1 to 10."));
    }
    let pdf = off_thread(office, move |office| {
        let printed = office.cards.print(count, (office.clock)())?;
        let numbers = || printed.iter().map(|card| card.number);
        tracing::info!(operator = operator.number, first = numbers().min(), last = numbers().max(), "cards were printed");
        let currency = office.ledger.durable().state.genesis().map(|genesis| genesis.name.clone()).unwrap_or_default();
        let card = |card: &ledger::cards::Printed| documents::Card {
            number: number_text(card.number),
            link: format!("{}/wallet/#card={}", office.public_url, card.token),
            code: card.token.clone(),
        };
        Ok(documents::cards(&CardSheet {
            language: Language::of(&language),
            currency,
            place: office.bank.holder.clone(),
            cards: printed.iter().map(card).collect(),
        }))
    });
    let headers = [
        (CONTENT_TYPE, "application/pdf"),
        (CONTENT_DISPOSITION, "attachment; filename=\"cards.pdf\""),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, pdf.await?).into_response())
}

/// Gives a blank card to a member.
async fn give(
    State(office): State<Settings>,
    Acting(operator): Acting,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<CardNamed>, Problem> {
    let GivenTyped { card, account: text, pin, free_limit } = typed(body)?;
    let account = account(&text, &prefix(&office.ledger)?)?;
    office.ledger.durable().state.account(&account).ok_or(Problem::AccountUnknown)?;
    let given = off_thread(office, move |office| {
        let (cards, now) = (&office.cards, (office.clock)());
        let number = cards.find(&card).or_else(|| read_number(&card)).ok_or(Problem::CardUnknown)?;
        let note = |holder: &AccountId| trail::note(&office.ledger, holder, (operator.number, now), trail::CARD);
        cards.give(number, &account, (&pin, free_limit), (operator.number, now), note)??;
        Ok(CardNamed { number: number_text(number) })
    });
    given.await.map(Json)
}

async fn new_pin(
    State(office): State<Settings>,
    Acting(operator): Acting,
    Path(number): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let PinTyped { pin } = typed(body)?;
    changed(office, operator, number, trail::PIN, move |cards, number, by, note| cards.new_pin(number, &pin, by, note)).await
}

async fn block(
    State(office): State<Settings>,
    Acting(operator): Acting,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    changed(office, operator, number, trail::CARD, |cards, number, _, note| cards.block(number, Blocked::Office, note)).await
}

async fn unblock(
    State(office): State<Settings>,
    Acting(operator): Acting,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    changed(office, operator, number, trail::CARD, |cards, number, by, note| cards.unblock(number, by, note)).await
}

/// A second person says that what another one did with a card is right.
async fn confirm(
    State(office): State<Settings>,
    Acting(operator): Acting,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    changed(office, operator, number, trail::CARD, |cards, number, by, note| cards.confirm(number, by, note)).await
}

/// Leaves the trace with the holder, before a card changes.
type Note<'a> = &'a dyn Fn(&AccountId) -> Result<(), Fault>;

/// Changes a card, and notes it with its holder.
async fn changed(
    office: Settings,
    operator: Operator,
    number: String,
    what: u8,
    change: impl FnOnce(&Cards, u32, OperatorNumber, Note<'_>) -> Result<Result<(), Refused>, Fault> + Send + 'static,
) -> Result<Response, Problem> {
    let number = read_number(&number).ok_or(Problem::CardUnknown)?;
    off_thread(office, move |office| {
        let note = |holder: &AccountId| trail::note(&office.ledger, holder, (operator.number, (office.clock)()), what);
        Ok(change(&office.cards, number, operator.number, &note)??)
    })
    .await?;
    Ok(done())
}
