//! Statements of a period: what an account had, all that came and went, and what it had then.
//!
//! A statement is whole or refused: a table from which a line is missing would be believed.

pub mod certificate;
mod paper;
mod table;
mod words;

use crate::Service;
use crate::error::Refusal;
use crate::extract::{Bearer, Path, Query};
use crate::lines::Viewer;
use crate::routes::{Answer, account_id, blocking, member};
use crate::wire::{Line, PeriodQuery};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use ledger::account::Roles;
use ledger::calendar::{day_text, paris};
use ledger::key::AccountId;
use ledger::rules::DAY_MS;
use std::sync::{Arc, Mutex, PoisonError};

/// A statement has so many movements at most: a busy shop's quarter, on some six hundred pages.
pub const MAX_MOVEMENTS: usize = 20_000;
/// So many entries of the account are read at most to reach the period: a busy shop's years, and some seconds of one core.
const MAX_READ: usize = 200_000;
/// So many entries are read at a time.
const PAGE: usize = 500;
/// So many statements are made at once: each keeps a core busy, and payments need one, too.
const MAX_AT_ONCE: usize = 1;
const MINUTE_MS: u64 = 60_000;

/// The instants from which on and before which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// From this instant on.
    pub from: u64,
    /// Before this instant.
    pub to: u64,
}

/// What an account had, what came and went, and what it had then.
pub struct Statement {
    /// When.
    pub period: Period,
    /// The units at the first instant, in cents.
    pub opening: i64,
    /// The units at the end.
    pub closing: i64,
    /// Each entry that touched the account, oldest first.
    pub lines: Vec<Line>,
}

impl Statement {
    /// Reads it back from the newest entry; the balance is that of the same moment.
    ///
    /// # Errors
    ///
    /// [`Refusal::StatementTooLong`]; as reading the journal.
    pub fn read(viewer: &Viewer, period: Period) -> Answer<Statement> {
        let (mut closing, last) = {
            let durable = viewer.ledger.durable();
            let account = durable.state.account(&viewer.account).ok_or(Refusal::NotFound)?;
            (account.balance.get(), account.last_entry)
        };
        let index = viewer.ledger.durable().state.index(&viewer.account).ok_or(Refusal::NotFound)?;
        let (mut lines, mut from, mut read, mut moved) = (Vec::new(), Some(last), 0, 0);
        'pages: while from.is_some() {
            let page = viewer.ledger.history(&viewer.account, from, PAGE)?;
            for (entry, links) in &page.entries {
                if entry.time < period.from {
                    break 'pages;
                }
                let change = links.touch(index).map_or(0, |touch| touch.change.get());
                read += 1;
                if entry.time >= period.to {
                    closing -= change;
                } else {
                    moved += change;
                    lines.extend(viewer.line(entry, links)?);
                }
                if read > MAX_READ || lines.len() > MAX_MOVEMENTS {
                    return Err(Refusal::StatementTooLong);
                }
            }
            from = page.next;
        }
        lines.reverse();
        Ok(Statement { period, opening: closing - moved, closing, lines })
    }

    /// Only what changed the balance.
    fn moving(mut self) -> Statement {
        self.lines.retain(|line| line.amount != 0);
        self
    }
}

/// How many statements are being made.
#[derive(Default)]
pub struct Desk(Mutex<usize>);

/// A place at the desk, given back when it is dropped.
pub struct Seat(Arc<Desk>);

impl Desk {
    /// A place, unless all are taken.
    pub fn seat(self: &Arc<Desk>) -> Answer<Seat> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *taken >= MAX_AT_ONCE {
            return Err(Refusal::Busy);
        }
        *taken += 1;
        Ok(Seat(self.clone()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    }
}

/// The account of a path, for who may read it: a key of it, or a person of the association who acts and prints it for a member.
fn reader(service: &Service, bearer: &Bearer, text: &str) -> Answer<AccountId> {
    let acts = service.ledger().durable().state.operator_of_key(&bearer.0).is_some_and(|one| one.roles.meet(Roles::ACTING));
    if acts { account_id(service, text) } else { member(service, bearer, text).map(|(id, _)| id) }
}

/// The period that is asked for: all that there was, unless told.
pub fn period_of(query: &PeriodQuery, now: u64) -> Answer<Period> {
    let period = Period { from: query.from.unwrap_or(0), to: query.to.unwrap_or(now).min(now.saturating_add(DAY_MS)) };
    if period.from < period.to { Ok(period) } else { Err(Refusal::Malformed("the period has to begin before it ends")) }
}

/// An instant on the clocks of the place: the day, and the minutes since midnight.
fn on_the_clock(time: u64) -> (String, u64) {
    let (day, since_midnight) = paris(time);
    (day_text(day), since_midnight / MINUTE_MS)
}

async fn made(
    service: Service,
    bearer: Bearer,
    text: String,
    query: PeriodQuery,
    write: fn(&Service, &AccountId, &words::Words, &Statement) -> Vec<u8>,
) -> Answer<Vec<u8>> {
    let account = reader(&service, &bearer, &text)?;
    let period = period_of(&query, service.now())?;
    let seat = service.desk().seat()?;
    blocking(move || {
        let _seat = seat;
        let viewer = Viewer { ledger: service.ledger(), prefix: service.prefix(), account };
        let statement = Statement::read(&viewer, period)?.moving();
        Ok(write(&service, &account, words::of(query.language.as_deref()), &statement))
    })
    .await?
}

fn file(kind: &'static str, bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], bytes).into_response()
}

pub async fn csv(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> Answer<Response> {
    Ok(file("text/csv; charset=utf-8", made(service, bearer, text, query, table::csv).await?))
}

pub async fn pdf(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> Answer<Response> {
    Ok(file("application/pdf", made(service, bearer, text, query, paper::pdf).await?))
}
