//! `/pos/v1/statements`: the signed statements of days that are over, what a shop objects, and the mail that brings them.

use super::exports::{self, Book};
use super::figures::day_text;
use super::statement::{DayStatement, MAX_OBJECTION_CHARS, OBJECTION_MS, verifier};
use super::store::StatementRow;
use super::wire::{ExportQuery, Mail, Objection, ObjectionBody, StatementInfo, Statements};
use super::{Time, query};
use crate::charge::Progress;
use crate::error::{Reason, Refusal};
use crate::post::{Attachment, Letter, Post, Unsent};
use crate::routes::{Answer, Pos, body_of};
use crate::session::{Actor, Reader};
use crate::store::DayRows;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use documents::{Language, amount};
use ledger::calendar::{paris, paris_day, start_of_paris_day};
use ledger::coverage::Date;
use ledger::key::{AccountId, Hash32};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Whether statements are due is looked at so often.
const MAILS_EVERY: Duration = Duration::from_secs(15);
const HOUR_MS: u64 = 3_600_000;

pub(super) fn routes() -> Router<Pos> {
    Router::new()
        .route("/statements", get(list))
        .route("/statements/{day}", get(note))
        .route("/statements/{day}/file", get(file))
        .route("/statements/{day}/objection", post(object))
}

/// The number of a day such as `2026-11-22`.
fn day_of(text: &str) -> Answer<i64> {
    let day = Date::parse(text).map(|day| i64::from(day.number())).filter(|day| *day > 0);
    day.ok_or(Reason::NotFound.into())
}

/// What moved on a day: how much came, how much went back, how many movements.
fn moved(rows: &DayRows) -> (u64, u64, u64) {
    let paid =
        rows.charges.iter().filter(|charge| matches!(charge.progress, Progress::Paid { .. })).map(|charge| charge.amount.cents());
    let came: Vec<u64> = paid.chain(rows.unexpected.iter().map(|row| row.payment.amount.cents())).collect();
    let back: Vec<u64> = rows.refunds.iter().map(|(refund, _)| refund.amount.cents()).collect();
    (came.iter().sum(), back.iter().sum(), u64::try_from(came.len() + back.len()).unwrap_or(u64::MAX))
}

fn info(day: i64, row: &StatementRow) -> Option<StatementInfo> {
    let said = DayStatement::read(&row.note)?;
    Some(StatementInfo {
        day: day_text(day),
        made: row.made,
        received: said.received,
        returned: said.returned,
        count: said.movements,
        file_hash: said.file.to_string(),
        until: row.made + OBJECTION_MS,
        objection: row.objection.clone(),
    })
}

impl Pos {
    /// What moved on a day.
    async fn day_rows(&self, account: AccountId, day: i64) -> Answer<DayRows> {
        let (from, to) = (start_of_paris_day(day), start_of_paris_day(day + 1));
        Ok(self.watch.upstream.on_store(move |store| store.day(&account, from, to)).await??)
    }

    /// The statement of a day, made now if it is over and was not made yet.
    async fn statement(&self, account: AccountId, day: i64, as_of: u64) -> Answer<StatementRow> {
        if let Some(kept) = self.watch.upstream.on_store(move |store| store.statement(&account, day)).await? {
            return Ok(kept);
        }
        if as_of < start_of_paris_day(day + 1) {
            return Err(Reason::StatementEarly.into());
        }
        let rows = self.day_rows(account, day).await?;
        let (received, returned, movements) = moved(&rows);
        let (trust, made) = (self.watch.upstream.trust().await?, self.now());
        let said = DayStatement {
            account: account.to_text(&trust.prefix),
            day: day_text(day),
            movements,
            received,
            returned,
            file: Hash32::of(&exports::movements(&rows, &trust.prefix)),
            as_of,
            made,
        };
        let row = StatementRow { note: said.sign(&trust.ledger, &self.signer), made, objection: None };
        self.watch.upstream.on_store(move |store| store.add_statement(&account, day, row)).await
    }
}

async fn list(
    State(pos): State<Pos>,
    Reader(actor): Reader,
    asked: Result<Query<ExportQuery>, QueryRejection>,
) -> Answer<Json<Statements>> {
    let asked = query(asked)?;
    let time = Time::of(asked.from, asked.to)?;
    let (as_of, account) = (pos.read_up_to(&actor).await?, actor.account);
    let last = paris_day(as_of);
    let days = pos.watch.upstream.on_store(move |store| {
        let rows = match store.day(&account, time.from, time.to)? {
            Ok(rows) => rows,
            Err(reason) => return Ok(Err(reason)),
        };
        let mut days = Vec::new();
        for (day, rows) in by_day(rows).into_iter().rev().filter(|(day, _)| *day < last) {
            let (received, returned, count) = moved(&rows);
            let fresh = StatementInfo {
                day: day_text(day),
                made: 0,
                received,
                returned,
                count,
                file_hash: String::new(),
                until: 0,
                objection: None,
            };
            days.push(store.statement(&account, day)?.and_then(|row| info(day, &row)).unwrap_or(fresh));
        }
        Ok(Ok(days))
    });
    let days = days.await??;
    let ledger = pos.watch.upstream.trust().await?.ledger;
    Ok(Json(Statements { days, verifier: verifier(&ledger, &pos.signer).to_string() }))
}

/// What moved, by days.
fn by_day(rows: DayRows) -> BTreeMap<i64, DayRows> {
    let mut days: BTreeMap<i64, DayRows> = BTreeMap::new();
    for charge in rows.charges {
        if let Progress::Paid { at, .. } = charge.progress {
            days.entry(paris_day(at)).or_default().charges.push(charge);
        }
    }
    for unexpected in rows.unexpected {
        days.entry(paris_day(unexpected.payment.time)).or_default().unexpected.push(unexpected);
    }
    for refund in rows.refunds {
        days.entry(paris_day(refund.0.time)).or_default().refunds.push(refund);
    }
    days
}

async fn note(State(pos): State<Pos>, Reader(actor): Reader, Path(day): Path<String>) -> Answer<Response> {
    let (number, as_of) = (day_of(&day)?, pos.read_up_to(&actor).await?);
    let row = pos.statement(actor.account, number, as_of).await?;
    let name = format!("attachment; filename=\"liard-{}.note\"", day_text(number));
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], row.note).into_response())
}

/// The file whose hash stands in the statement, made again from the records.
async fn file(State(pos): State<Pos>, Reader(actor): Reader, Path(day): Path<String>) -> Answer<Response> {
    let (number, as_of) = (day_of(&day)?, pos.read_up_to(&actor).await?);
    let row = pos.statement(actor.account, number, as_of).await?;
    let rows = pos.day_rows(actor.account, number).await?;
    let bytes = exports::movements(&rows, &pos.view().await?.prefix);
    if DayStatement::read(&row.note).map(|said| said.file) != Some(Hash32::of(&bytes)) {
        tracing::error!(day, "the records of a day are not those under its statement any more");
        return Err(Reason::Unavailable.into());
    }
    let name = format!("attachment; filename=\"liard-{}-movements.csv\"", day_text(number));
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], bytes).into_response())
}

async fn object(
    State(pos): State<Pos>,
    actor: Actor,
    Path(day): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<StatementInfo>> {
    let (number, account, time) = (day_of(&day)?, actor.account, pos.now());
    let wrong = Refusal::Malformed("An objection has 1 to 1,000 characters, in `text`.");
    let Ok(ObjectionBody { text }) = serde_json::from_slice(&body_of(body)?) else { return Err(wrong) };
    let text = text.trim().to_owned();
    let bad = |c: char| c.is_control() && c != '\n';
    if text.is_empty() || text.chars().count() > MAX_OBJECTION_CHARS || text.contains(bad) {
        return Err(wrong);
    }
    let objection = Objection { time, text };
    let kept = pos.watch.upstream.on_store(move |store| {
        if !actor.full && !store.may_set_up(&account, &actor.key)? {
            return Ok(Err(Reason::CashierMayNot));
        }
        store.object(&account, number, objection, |made| made + OBJECTION_MS)
    });
    let kept = kept.await??;
    info(number, &kept).map(Json).ok_or(Reason::Unavailable.into())
}

/// Mails the statements that are due, for as long as the service lives.
pub(crate) async fn mails(pos: Pos, post: Post) {
    let mut ticks = interval(MAILS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // What went wrong was logged where it happened; the next round tries again.
        drop(pos.mail_round(&post).await);
    }
}

impl Pos {
    async fn mail_round(&self, post: &Post) -> Answer<()> {
        let shops = self.watch.upstream.on_store(|store| store.accounts_with::<Mail>()).await?;
        for account in shops {
            // One shop's trouble is not the others'.
            drop(self.mail_of(account, post).await);
        }
        Ok(())
    }

    /// Mails yesterday's statement to a shop, if it wants that, it is time, and it was not done yet.
    async fn mail_of(&self, account: AccountId, post: &Post) -> Answer<()> {
        let read = move |store: &crate::store::Store| Ok((store.part::<Mail>(&account)?, store.mailed(&account)?));
        let (mail, mailed) = self.watch.upstream.on_store(read).await?;
        let (today, since_midnight) = paris(self.now());
        let day = today - 1;
        if !mail.on || since_midnight < u64::from(mail.hour) * HOUR_MS || mailed.is_some_and(|mailed| mailed >= day) {
            return Ok(());
        }
        let Some(as_of) = self.watch.read_once_more(account, start_of_paris_day(today)).await else { return Ok(()) };
        let row = self.statement(account, day, as_of).await?;
        let said = DayStatement::read(&row.note).ok_or(Reason::Unavailable)?;
        let sent =
            if said.movements == 0 { Ok(()) } else { post(self.letter(account, day, mail.address, &row, &said).await?).await };
        match sent {
            Ok(()) | Err(Unsent::Refused) => self.watch.upstream.on_store(move |store| store.keep_mailed(&account, day)).await,
            Err(Unsent::Later) => Ok(()),
        }
    }

    async fn letter(&self, account: AccountId, day: i64, to: String, row: &StatementRow, said: &DayStatement) -> Answer<Letter> {
        let (from, end) = (start_of_paris_day(day), start_of_paris_day(day + 1));
        let gathered = self.gather_known(account, Time { from, to: end }, said.as_of).await?;
        let prefix = self.view().await?.prefix;
        let euros = |cents: u64| amount(Language::Fr, cents.into());
        let date = day_text(day).split('-').rev().collect::<Vec<_>>().join("/");
        let text = format!(
            "Bonjour,\r\n\r\nvoici l’arrêté de votre caisse du {date} : {} encaissés, {} rendus, {} mouvements.\r\n\
             Vous pouvez le contester pendant 7 jours, dans votre caisse, « Le soir ».\r\n\r\n{}",
            euros(said.received),
            euros(said.returned),
            said.movements,
            row.note.replace('\n', "\r\n"),
        );
        let book = Book {
            rows: &gathered.rows,
            tickets: &gathered.material.tickets,
            prefix: &prefix,
            shop: "",
            account: &said.account,
            from,
            to: end,
            made: row.made,
            labels: &gathered.labels,
        };
        let bytes = exports::paper(&book, &gathered.figures(), Language::Fr, &prefix.to_string());
        let attachment = Attachment { name: format!("caisse-{}.pdf", said.day), kind: "application/pdf", bytes };
        Ok(Letter { to, subject: format!("Arrêté de caisse du {date}"), text, attachment: Some(attachment) })
    }
}
