//! The evening: what a shop received, beside its tickets and beside its own books.
//!
//! ```text
//! charges, payments, refunds, tickets ──▶ receipt (rows) ──▶ figures, lists, exports
//! the shop's own file ──▶ sales_file (sales) ──▶ matching ──▶ differences, each with both sides
//! a day that is over ──▶ statement (a signed note) ──▶ kept, mailed, objected to
//! ```
//! The first line of each is pure. `store` keeps sales files and statements; `files` and `days` are their routes.

mod days;
mod exports;
mod figures;
mod files;
mod matching;
pub(crate) mod receipt;
mod sales_file;
mod statement;
mod store;
pub mod wire;

pub(crate) use days::mails;

use crate::counter::wire::{Legal, Tickets};
use crate::day::MAX_RANGE_MS;
use crate::error::{Reason, Refusal};
use crate::routes::{Answer, Pos};
use crate::session::{Actor, Reader};
use crate::settings::{Part, Who};
use crate::wire::View;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use documents::Language;
use exports::Book;
use figures::Figures;
use ledger::key::PublicKey;
use receipt::{List, Material, Receipt, Standing};
use std::collections::HashMap;
use wire::{Books, Evening, EveningQuery, ExportQuery, Mail, Row, Rows, RowsQuery, TicketName};

/// A page of rows has so many unless told, and so many at most.
const PAGE: usize = 50;
const MAX_PAGE: usize = 200;
/// A file's name has at most so many bytes.
const MAX_NAME_BYTES: usize = 160;
/// An address for mails has at most so many bytes (RFC 5321, §4.5.3.1.3).
const MAX_ADDRESS_BYTES: usize = 254;
/// Rates with accounts of their own: more than any country has.
const MAX_RATES: usize = 20;

/// The routes of the evening.
pub(crate) fn routes() -> Router<Pos> {
    Router::new()
        .route("/evening", get(evening))
        .route("/evening/rows", get(rows))
        .route("/exports/{format}", get(export))
        .merge(files::routes())
        .merge(days::routes())
}

impl Part for Mail {
    const NAME: &'static str = "mail";
    const WHO: Who = Who::Full;
    const IN_WALLETS: bool = true;

    fn check(&self) -> Result<(), Refusal> {
        let (name, host) = self.address.split_once('@').unwrap_or_default();
        let plain = self.address.bytes().all(|byte| byte.is_ascii_graphic()) && self.address.len() <= MAX_ADDRESS_BYTES;
        let addressed = !name.is_empty() && host.contains('.') && !host.contains('@');
        if self.hour > 23 || !plain || (!addressed && (self.on || !self.address.is_empty())) {
            return Err(Refusal::Malformed("Mails need an address such as name@example.org, and an hour from 0 to 23."));
        }
        Ok(())
    }
}

impl Part for Books {
    const NAME: &'static str = "books";
    const WHO: Who = Who::Full;
    const IN_WALLETS: bool = true;

    fn check(&self) -> Result<(), Refusal> {
        let account = |text: &String| {
            let begins = text.bytes().take(3).filter(u8::is_ascii_digit).count() == 3;
            begins && text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let plain =
            [&self.units, &self.cash, &self.card, &self.cheque, &self.other, &self.tips, &self.suspense, &self.sales, &self.vat];
        let rates = self.rates.iter().flat_map(|row| [&row.sales, &row.vat]);
        let journal = (1..=6).contains(&self.journal.len()) && self.journal.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if journal && self.rates.len() <= MAX_RATES && plain.into_iter().chain(rates).all(account) {
            Ok(())
        } else {
            Err(Refusal::Malformed(
                "An account has 3 to 12 digits or letters and begins with three digits; a journal has 1 to 6.",
            ))
        }
    }
}

/// A time that a query asks for.
#[derive(Clone, Copy)]
struct Time {
    from: u64,
    to: u64,
}

impl Time {
    fn of(from: u64, to: u64) -> Result<Time, Refusal> {
        if to <= from || to - from > MAX_RANGE_MS { Err(Reason::DayRange.into()) } else { Ok(Time { from, to }) }
    }
}

fn query<T>(query: Result<Query<T>, QueryRejection>) -> Answer<T> {
    query.map(|Query(query)| query).map_err(|_| Refusal::Malformed("The query needs `from` and `to` in milliseconds."))
}

fn key(text: Option<&str>) -> Answer<Option<PublicKey>> {
    let read = |text| PublicKey::from_hex(text).ok_or(Refusal::Malformed("A till and a cashier are named by their keys."));
    text.filter(|text| !text.is_empty()).map(read).transpose()
}

/// What an evening is told from: the rows of a time, of one till or cashier if that was asked for.
struct Gathered {
    rows: Vec<Receipt>,
    material: Material,
    made_here: bool,
    labels: HashMap<PublicKey, String>,
}

impl Gathered {
    fn keep(&mut self, till: Option<PublicKey>, cashier: Option<PublicKey>) {
        let of = |wanted: Option<PublicKey>, has: Option<PublicKey>| wanted.is_none() || wanted == has;
        self.rows.retain(|row| of(till, row.till) && of(cashier, row.cashier));
        self.material.tickets.retain(|ticket| of(till, Some(ticket.till)) && of(cashier, ticket.cashier));
    }

    fn figures(&self) -> Figures {
        figures::figures(&self.rows, &self.material.tickets, self.made_here, &self.labels)
    }
}

impl Pos {
    /// Reads the ledger as far as it goes now; gives up to when it is known.
    async fn read_up_to(&self, actor: &Actor) -> Answer<u64> {
        let shop = self.watch.attend(actor)?;
        self.watch.catch_up_for(&shop, &actor.token).await?;
        Ok(shop.caught_up())
    }

    /// The rows of a time.
    async fn gather(&self, actor: &Actor, time: Time) -> Answer<Gathered> {
        let as_of = self.read_up_to(actor).await?;
        self.gather_known(actor.account, time, as_of).await
    }

    /// The rows of a time as far as these records know them.
    async fn gather_known(&self, account: ledger::key::AccountId, time: Time, as_of: u64) -> Answer<Gathered> {
        let gathered = self.watch.upstream.on_store(move |store| {
            let made_here = store.part::<Tickets>(&account)?.on;
            let labels = store.till_labels(&account)?;
            let material = store.evening(&account, time.from, time.to, made_here, as_of)?;
            Ok(material.map(|material| Gathered { rows: material.receipts(), material, made_here, labels }))
        });
        Ok(gathered.await??)
    }
}

async fn evening(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    asked: Result<Query<EveningQuery>, QueryRejection>,
) -> Answer<Json<Evening>> {
    let asked = query(asked)?;
    let (till, cashier) = (key(asked.till.as_deref())?, key(asked.cashier.as_deref())?);
    let time = Time::of(asked.from, asked.to)?;
    let mut gathered = pos.gather(&actor, time).await?;
    gathered.keep(till, cashier);
    let account = actor.account;
    let found = pos.watch.upstream.on_store(move |store| store.sales_files(&account)).await?;
    let touches = |(first, last, _): &(u64, u64, u64)| *first < time.to && time.from < *last;
    let differences = found.iter().filter_map(|file| file.found).find(touches).map_or(0, |(_, _, differences)| differences);
    let figures = gathered.figures();
    Ok(Json(Evening {
        totals: figures.totals,
        by_rate: figures.by_rate,
        by_means: figures.by_means,
        by_day: figures.by_day,
        by_till: figures.by_till,
        by_cashier: figures.by_cashier,
        counts: wire::Counts { differences, ..figures.counts },
        tickets: gathered.made_here,
        as_of: gathered.material.as_of,
    }))
}

async fn rows(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    asked: Result<Query<RowsQuery>, QueryRejection>,
) -> Answer<Json<Rows>> {
    let asked = query(asked)?;
    let list = List::of(asked.list.as_deref().unwrap_or("all")).ok_or(Refusal::Malformed("There is no list of that name."))?;
    let (till, cashier) = (key(asked.till.as_deref())?, key(asked.cashier.as_deref())?);
    let mut gathered = pos.gather(&actor, Time::of(asked.from, asked.to)?).await?;
    gathered.keep(till, cashier);
    let after = match asked.after.as_deref() {
        None => (0, ""),
        Some(after) => {
            let place = after.split_once('-').and_then(|(time, id)| Some((time.parse().ok()?, id)));
            place.ok_or(Refusal::Malformed("`after` is what the page before gave as `next`."))?
        }
    };
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let view = pos.view().await?;
    let mut wanted = gathered.rows.iter().filter(|row| list.holds(row, gathered.made_here) && row.place() > after);
    let page: Vec<&Receipt> = wanted.by_ref().take(limit).collect();
    let next = page.last().filter(|_| wanted.next().is_some()).map(|row| format!("{}-{}", row.time, row.id));
    Ok(Json(Rows { rows: page.into_iter().map(|row| view.evening_row(row)).collect(), next }))
}

impl View {
    /// A row as JSON.
    fn evening_row(&self, row: &Receipt) -> Row {
        Row {
            id: row.id.clone(),
            time: row.time,
            amount: row.cents,
            sequence: row.entry.map(|(sequence, _)| sequence),
            charge: row.charge.map(hex::encode),
            reference: row.reference.clone(),
            till: row.till.map(|till| till.to_string()),
            cashier: row.cashier.map(|cashier| cashier.to_string()),
            ticket: row.ticket.map(|(till, ticket)| TicketName { till: till.to_string(), ticket }),
            payer: row.payer.map(|payer| payer.to_text(&self.prefix)),
            state: row.standing.word().into(),
            reason: if let Standing::Unexpected(why) = row.standing { Some(why) } else { row.untied }
                .map(|why| why.word().into()),
            refunded: row.refunded,
            means: row.means.word().into(),
            offline: row.offline.map(|offline| offline.word().into()),
        }
    }
}

async fn export(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    Path(format): Path<String>,
    asked: Result<Query<ExportQuery>, QueryRejection>,
) -> Answer<Response> {
    let asked = query(asked)?;
    if !["csv", "ofx", "camt", "fec", "pdf"].contains(&format.as_str()) {
        return Err(Reason::NotFound.into());
    }
    let gathered = pos.gather(&actor, Time::of(asked.from, asked.to)?).await?;
    let (account, owner) = (pos.account_text(&actor).await?, actor.account);
    let shop = pos.watch.upstream.client().account(actor.token.as_str(), &account).await.ok().and_then(|info| info.name);
    let set_up = move |store: &crate::store::Store| Ok((store.part::<Books>(&owner)?, store.part::<Legal>(&owner)?));
    let (books, legal) = pos.watch.upstream.on_store(set_up).await?;
    let view = pos.view().await?;
    let made = pos.now();
    // Off the threads that serve requests: a year on paper takes its time.
    let written = tokio::task::spawn_blocking(move || {
        let book = Book {
            rows: &gathered.rows,
            tickets: &gathered.material.tickets,
            prefix: &view.prefix,
            shop: shop.as_deref().unwrap_or_default(),
            account: &account,
            from: asked.from,
            to: asked.to,
            made,
            labels: &gathered.labels,
        };
        let language = Language::of(asked.language.as_deref().unwrap_or_default());
        match format.as_str() {
            "csv" => ("text/csv; charset=utf-8", "csv", exports::csv(&book)),
            "ofx" => ("application/x-ofx", "ofx", exports::ofx(&book)),
            "camt" => ("application/xml", "xml", exports::camt(&book)),
            "fec" => ("text/plain; charset=iso-8859-15", "txt", exports::fec(&book, &books)),
            _ => ("application/pdf", "pdf", exports::paper(&book, &gathered.figures(), language, &view.prefix.to_string())),
        }
    });
    let (kind, ending, bytes) = written.await.map_err(|_| Reason::Unavailable)?;
    let day = |ms| ledger::calendar::day_text(ledger::calendar::paris_day(ms));
    // The tax office wants SirenFECAAAAMMJJ, with the last day (LPF art. A47 A-1, VII).
    let siren: String = legal.siret.chars().filter(char::is_ascii_digit).take(9).collect();
    let name = match ending {
        "txt" => format!("{siren}FEC{}.txt", day(asked.to - 1).replace('-', "")),
        _ => format!("liard-{}.{ending}", day(asked.from)),
    };
    let name = format!("attachment; filename=\"{name}\"");
    Ok(([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)], bytes).into_response())
}
