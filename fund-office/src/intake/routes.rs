//! The intake over HTTP, under `/office/v1/bank`.

use crate::Settings;
use crate::bank::{MAX_FILE_BYTES, Unreadable};
use crate::desk::{Acting, Reading, account, may_act, on_disk, prefix};
use crate::error::{Problem, done};
use crate::intake::import::{ImportError, Source, beside};
use crate::intake::shown::{self, Asked, Reader};
use crate::intake::wire::{BankQuery, DecisionTyped, FileQuery, LinesQuery, mapping};
use crate::intake::{Choice, MAX_NOTE_BYTES, Undecided, store};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use ledger::account::Operator;
use ledger::key::Hash32;
use serde_json::{Value, json};
use std::sync::Arc;

/// A page without a limit has so many lines.
const PAGE: usize = 50;
/// A page has at most so many.
const MOST: usize = 200;
/// So many files and statements are listed, the newest first.
const MOST_LISTED: usize = 500;
/// A mapping's name has at most so many bytes.
const MAX_MAPPING_NAME: usize = 60;
/// The longest body that is no file: a decision or a mapping.
const MAX_TYPED_BYTES: usize = 16 * 1024;
/// So many mappings are kept: a bank or two, and what they change over the years.
const MAX_MAPPINGS: usize = 100;

/// The routes.
pub fn routes() -> Router<Settings> {
    let most = usize::try_from(MAX_FILE_BYTES).unwrap_or(usize::MAX);
    let files = post(import).layer(DefaultBodyLimit::max(most)).get(files);
    Router::new()
        .route("/office/v1/bank/lines", get(lines))
        .route("/office/v1/bank/lines/{id}", get(line).post(decide))
        .route("/office/v1/bank/statements", get(statements))
        .route("/office/v1/bank/mappings", get(mappings))
        .route("/office/v1/bank/mappings/{name}", put(put_mapping))
        .route("/office/v1/bank/reconciliation", get(reconciliation))
        .layer(DefaultBodyLimit::max(MAX_TYPED_BYTES))
        .route("/office/v1/bank/files", files)
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Problem {
        match error {
            ImportError::Unreadable(Unreadable::NeedsMapping { columns, rows }) => Problem::MappingNeeded { columns, rows },
            ImportError::Unreadable(why) => Problem::FileUnreadable(why.to_string()),
            ImportError::Full => Problem::Conflict("lines_full", "So many lines are kept that no more fit."),
            ImportError::Fault(fault) => fault.into(),
        }
    }
}

impl From<Undecided> for Problem {
    fn from(undecided: Undecided) -> Problem {
        match undecided {
            Undecided::Unknown => Problem::LineUnknown,
            Undecided::Not(code, why) => Problem::Conflict(code, why),
            Undecided::Fault(fault) => fault.into(),
        }
    }
}

async fn import(
    State(office): State<Settings>,
    Acting(operator): Acting,
    query: Result<Query<FileQuery>, QueryRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Problem> {
    let body = body.map_err(|_| Problem::TooLarge)?;
    let Query(query) = query.map_err(|_| Problem::Malformed("`name` is a text, `bank` a number."))?;
    let intake = office.intake.clone();
    let done = on_disk(&office.ledger, move |_| {
        let name = query.name.unwrap_or_default();
        intake.import(&Source { name: &name, bank: query.bank, by: operator.number }, &body)
    });
    Ok(Json(shown::imported(&done.await?)))
}

async fn files(State(office): State<Settings>, Reading(reader): Reading) -> Result<Json<Value>, Problem> {
    let files = on_disk(&office.ledger, |ledger| store::files(ledger, MOST_LISTED)).await?;
    Ok(Json(json!({ "files": files.iter().map(|file| shown::file(file, may_act(&reader))).collect::<Vec<_>>() })))
}

async fn statements(
    State(office): State<Settings>,
    _: Reading,
    query: Result<Query<BankQuery>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(query) = query.map_err(|_| Problem::Malformed("`bank` is a number."))?;
    let listed = on_disk(&office.ledger, move |ledger| store::statements(ledger, query.bank, MOST_LISTED)).await?;
    let show = |place: usize| {
        let kept = &listed[place];
        let of_bank = listed.iter().filter(|other| other.bank == kept.bank && other.hash != kept.hash);
        let (gap, overlap) = if kept.is_statement() { beside(kept, of_bank) } else { (None, false) };
        shown::statement(kept, gap, overlap)
    };
    Ok(Json(json!({ "statements": (0..listed.len()).map(show).collect::<Vec<_>>() })))
}

async fn lines(
    State(office): State<Settings>,
    Reading(operator): Reading,
    query: Result<Query<LinesQuery>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(query) = query.map_err(|_| Problem::Malformed("`bank` and `limit` are whole numbers."))?;
    let before = match query.before {
        Some(text) => Some(Hash32::from_hex(&text).ok_or(Problem::Malformed("`before` is what a page named as `next`."))?),
        None => None,
    };
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MOST);
    let state = query.state.filter(|state| !state.is_empty());
    let asked = Asked { state, bank: query.bank, query: query.query, before, limit };
    let reader = reader(&office, &operator)?;
    let intake = office.intake.clone();
    Ok(Json(on_disk(&office.ledger, move |_| intake.page(&asked, &reader)).await?))
}

async fn line(
    State(office): State<Settings>,
    Reading(operator): Reading,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let id = Hash32::from_hex(&id).ok_or(Problem::LineUnknown)?;
    shown_line(&office, id, &operator).await
}

async fn shown_line(office: &Settings, id: Hash32, operator: &Operator) -> Result<Json<Value>, Problem> {
    let reader = reader(office, operator)?;
    let intake = office.intake.clone();
    let found = on_disk(&office.ledger, move |_| intake.line(&id, &reader)).await?;
    found.map(Json).ok_or(Problem::LineUnknown)
}

fn reader(office: &Settings, operator: &Operator) -> Result<Reader, Problem> {
    Ok(Reader { prefix: prefix(&office.ledger)?, sees_names: may_act(operator) })
}

async fn decide(
    State(office): State<Settings>,
    Acting(operator): Acting,
    Path(id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Problem> {
    let body = body.map_err(|_| Problem::TooLarge)?;
    let id = Hash32::from_hex(&id).ok_or(Problem::LineUnknown)?;
    let (choice, note) = decided(&office, &body)?;
    let intake = Arc::clone(&office.intake);
    on_disk(&office.ledger, move |_| intake.decide(&id, choice, operator.number, note)).await?;
    shown_line(&office, id, &operator).await
}

/// What a person says of a line; nothing to take a decision back.
fn decided(office: &Settings, body: &[u8]) -> Result<(Option<Choice>, Option<String>), Problem> {
    const FORM: &str =
        "A decision is JSON: `decision` and, by its kind, `account`, `campaign` or `line`; `note` is a short text.";
    let typed: DecisionTyped = serde_json::from_slice(body).map_err(|_| Problem::Malformed(FORM))?;
    let other = || typed.line.as_deref().and_then(Hash32::from_hex).ok_or(Problem::Malformed(FORM));
    let choice = match typed.decision.as_str() {
        "undo" => None,
        "member" => {
            let text = typed.account.as_deref().ok_or(Problem::Malformed(FORM))?;
            let account = account(text, &prefix(&office.ledger)?)?;
            office.ledger.durable().state.account(&account).ok_or(Problem::AccountUnknown)?;
            Some(Choice::Member(account))
        }
        "campaign" => Some(Choice::Campaign(typed.campaign.ok_or(Problem::Malformed(FORM))?)),
        "own" => Some(Choice::Own),
        "cover" => Some(Choice::Cover),
        "fee" => Some(Choice::Fee),
        "set_aside" => Some(Choice::SetAside),
        "return" => Some(Choice::Return(other()?)),
        "same_as" => Some(Choice::SameAs(other()?)),
        _ => return Err(Problem::Malformed(FORM)),
    };
    let note = typed.note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    let sound = note.as_ref().is_none_or(|note| note.len() <= MAX_NOTE_BYTES && !note.chars().any(char::is_control));
    if sound { Ok((choice, note)) } else { Err(Problem::Malformed("The note is too long or has control characters.")) }
}

async fn mappings(State(office): State<Settings>, _: Reading) -> Result<Json<Value>, Problem> {
    let kept = on_disk(&office.ledger, store::mappings).await?;
    let shown: Vec<Value> = kept.into_iter().map(|(name, mapping)| json!({ "name": name, "mapping": mapping })).collect();
    Ok(Json(json!({ "mappings": shown })))
}

async fn put_mapping(
    State(office): State<Settings>,
    _: Acting,
    Path(name): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    const FORM: &str =
        "A mapping is JSON with the headings of the columns: `booking_date` and `amount`, or `debit` and `credit`, are needed.";
    let body = body.map_err(|_| Problem::TooLarge)?;
    let named = !name.trim().is_empty() && name.len() <= MAX_MAPPING_NAME && !name.chars().any(char::is_control);
    let typed: Value = serde_json::from_slice(&body).map_err(|_| Problem::Malformed(FORM))?;
    if !named || mapping(&name, &typed).is_err() {
        return Err(Problem::Malformed(FORM));
    }
    on_disk(&office.ledger, move |ledger| {
        let kept = store::mappings(ledger)?;
        if kept.len() >= MAX_MAPPINGS && !kept.iter().any(|(known, _)| *known == name) {
            return Err(Problem::Conflict(
                "mappings_full",
                "A hundred mappings are kept, which is the most: use the name of an old one.",
            ));
        }
        store::keep_mapping(ledger, &name, &typed).map_err(Problem::from)
    })
    .await?;
    Ok(done())
}

async fn reconciliation(
    State(office): State<Settings>,
    _: Reading,
    query: Result<Query<BankQuery>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(query) = query.map_err(|_| Problem::Malformed("`bank` is a number."))?;
    let bank = query.bank.ok_or(Problem::Malformed("`bank` is needed: the number of a bank account."))?;
    office.ledger.durable().state.books().bank(bank).ok_or(Problem::BankUnknown)?;
    let intake = office.intake.clone();
    let done = on_disk(&office.ledger, move |_| intake.reconcile(bank)).await?;
    Ok(Json(shown::reconciliation(&done)))
}
