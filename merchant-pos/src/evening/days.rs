//! `/pos/v1/statements`: the signed statements of days that are over, what a shop objects, and the mail that brings them.

use super::exports::{self, Book};
use super::statement::{DayStatement, MAX_OBJECTION_CHARS, verifier};
use super::store::StatementRow;
use super::wire::{ExportQuery, Mail, Objection, ObjectionBody, StatementInfo, Statements};
use super::{Time, query};
use crate::charge::Progress;
use crate::error::{Reason, Refusal};
use crate::post::{Attachment, Letter, Post, Unsent};
use crate::routes::{Answer, Pos, body_of};
use crate::session::{Actor, Chief, Reader};
use crate::store::DayRows;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use documents::{Language, amount};
use ledger::calendar::{day_text, paris, paris_day, start_of_paris_day};
use ledger::coverage::Date;
use ledger::key::{AccountId, Hash32};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Whether statements are due is looked at so often, in memory.
const MAILS_EVERY: Duration = Duration::from_secs(15);
/// Which shops want mails is read so often, and a shop's own wish once all is done.
const ROUND_MS: u64 = 5 * 60_000;
/// What could not be mailed is tried again after so long; that doubles up to the longest.
const LATER_LEAST_MS: u64 = 15_000;
const LATER_MOST_MS: u64 = 30 * 60_000;
const HOUR_MS: u64 = 3_600_000;
/// Days that could not be mailed at their time are mailed up to so long after: a month, which is a shop's summer closing. No till signs in
/// meanwhile, so nobody reads the ledger; the first one that does brings the last day before. Older ones are in the till, and a year of
/// letters at once helps nobody.
const MAILED_BACK_DAYS: i64 = 31;

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
        until: row.until().unwrap_or(0),
        objection: row.objection.clone(),
    })
}

impl Pos {
    /// What moved on a day.
    async fn day_rows(&self, account: AccountId, day: i64) -> Answer<DayRows> {
        let (from, to) = (start_of_paris_day(day), start_of_paris_day(day + 1));
        Ok(self.watch.upstream.on_store(move |store| store.movements(&account, from, to)).await??)
    }

    /// The statement of a day for a key that reads it. The shop has it from then on if the key may object: an accountant who opens last
    /// quarter takes no day's seven days away.
    async fn statement_for(&self, actor: &Actor, day: i64) -> Answer<StatementRow> {
        let (as_of, account) = (self.read_up_to(actor).await?, actor.account);
        let row = self.statement(account, day, as_of).await?;
        if row.shown.is_none() && self.may_set_up(actor).await? {
            let now = self.now();
            self.watch.upstream.on_store(move |store| store.keep_shown(&account, day, now)).await?;
        }
        Ok(row)
    }

    /// The statement of a day, made now if it is over and was not made yet.
    async fn statement(&self, account: AccountId, day: i64, as_of: u64) -> Answer<StatementRow> {
        if let Some(kept) = self.watch.upstream.on_store(move |store| store.statement(&account, day)).await? {
            return Ok(kept);
        }
        if as_of < start_of_paris_day(day + 1) {
            return Err(Reason::StatementEarly.into());
        }
        let from = self.watch.upstream.on_store(move |store| store.followed_from(&account)).await?;
        if from.is_none_or(|from| start_of_paris_day(day) < from) {
            return Err(Reason::StatementUnseen.into());
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
        let row = StatementRow { note: said.sign(&trust.ledger, &self.signer), made, shown: None, objection: None };
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
        let rows = match store.movements(&account, time.from, time.to)? {
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
    let number = day_of(&day)?;
    let row = pos.statement_for(&actor, number).await?;
    let name = format!("attachment; filename=\"liard-{}.note\"", day_text(number));
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], row.note).into_response())
}

/// The file whose hash stands in the statement, made again from the records.
async fn file(State(pos): State<Pos>, Reader(actor): Reader, Path(day): Path<String>) -> Answer<Response> {
    let number = day_of(&day)?;
    let row = pos.statement_for(&actor, number).await?;
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
    Chief(actor): Chief,
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
    let kept = pos.watch.upstream.on_store(move |store| store.object(&account, number, objection));
    let kept = kept.await??;
    info(number, &kept).map(Json).ok_or(Reason::Unavailable.into())
}

/// Mails the statements that are due, for as long as the service lives.
pub(crate) async fn mails(pos: Pos, post: Post) {
    let mut ticks = interval(MAILS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rounds = Rounds::default();
    loop {
        ticks.tick().await;
        // What went wrong was logged where it happened; the next round tries again.
        drop(pos.mail_round(&post, &mut rounds).await);
    }
}

/// When shops were looked at, and after how long each is again: by differences, so that a clock that is set right stops nothing.
#[derive(Default)]
struct Rounds {
    read: Option<u64>,
    shops: HashMap<AccountId, Tried>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Tried {
    at: u64,
    /// After how long it is due again.
    wait: u64,
}

impl Tried {
    /// A shop that was not looked at yet.
    const NEVER: Tried = Tried { at: 0, wait: 0 };

    fn is_due(self, now: u64) -> bool {
        now.abs_diff(self.at) >= self.wait
    }

    /// After a try, whether all was done or something is to be tried again.
    fn after(self, now: u64, done: bool) -> Tried {
        let doubled = if self.wait == ROUND_MS { 0 } else { self.wait * 2 };
        Tried { at: now, wait: if done { ROUND_MS } else { doubled.clamp(LATER_LEAST_MS, LATER_MOST_MS) } }
    }
}

/// The days whose statements are to be mailed, after the last one that was, up to yesterday.
fn days_due(mailed: i64, today: i64) -> std::ops::Range<i64> {
    (mailed + 1).max(today - MAILED_BACK_DAYS)..today
}

impl Pos {
    async fn mail_round(&self, post: &Post, rounds: &mut Rounds) -> Answer<()> {
        let now = self.now();
        if rounds.read.is_none_or(|read| now.abs_diff(read) >= ROUND_MS) {
            let wanting = self.watch.upstream.on_store(|store| store.accounts_with::<Mail>()).await?;
            let known = |account| rounds.shops.get(&account).copied().unwrap_or(Tried::NEVER);
            rounds.shops = wanting.into_iter().map(|account| (account, known(account))).collect();
            rounds.read = Some(now);
        }
        for (account, tried) in rounds.shops.iter_mut().filter(|(_, tried)| tried.is_due(now)) {
            // One shop's trouble is not the others'.
            let done = self.mail_of(*account, post).await.unwrap_or(false);
            *tried = tried.after(now, done);
        }
        Ok(())
    }

    /// Mails a shop the statements of the days that are over, each once, if it wants that and it is time. False when something is to be
    /// tried again.
    async fn mail_of(&self, account: AccountId, post: &Post) -> Answer<bool> {
        let read = move |store: &crate::store::Store| Ok((store.part::<Mail>(&account)?, store.mailed(&account)?));
        let (mail, known) = self.watch.upstream.on_store(read).await?;
        let (today, since_midnight) = paris(self.now());
        let mailed = match known {
            Some(day) if mail.on => day,
            // Whoever begins is mailed yesterday first, and nothing of the days when no mail was wanted.
            _ => known.unwrap_or(0).max(today - 1 - i64::from(mail.on)),
        };
        let keep = async |day| self.watch.upstream.on_store(move |store| store.keep_mailed(&account, day)).await;
        if known != Some(mailed) {
            keep(mailed).await?;
        }
        if !mail.on || since_midnight < u64::from(mail.hour) * HOUR_MS {
            return Ok(true);
        }
        for day in days_due(mailed, today) {
            if !self.mail_day(account, day, &mail.address, post).await? {
                return Ok(false);
            }
            keep(day).await?;
        }
        Ok(true)
    }

    /// Mails the statement of a day on which something moved. False when that is to be tried again: the day was not read to its end, or
    /// nobody takes the letter now.
    async fn mail_day(&self, account: AccountId, day: i64, to: &str, post: &Post) -> Answer<bool> {
        let Some(as_of) = self.watch.read_once_more(account, start_of_paris_day(day + 1)).await else { return Ok(false) };
        if moved(&self.day_rows(account, day).await?).2 == 0 {
            return Ok(true);
        }
        let row = match self.statement(account, day, as_of).await {
            // There is none to mail.
            Err(Refusal::Because(Reason::StatementUnseen)) => return Ok(true),
            row => row?,
        };
        let said = DayStatement::read(&row.note).ok_or(Reason::Unavailable)?;
        match post(self.letter(account, day, to.to_owned(), &row, &said).await?).await {
            Ok(()) => {
                let now = self.now();
                self.watch.upstream.on_store(move |store| store.keep_shown(&account, day, now)).await?;
                Ok(true)
            }
            Err(Unsent::Refused) => Ok(true),
            Err(Unsent::Later) => Ok(false),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_after_the_last_that_was_mailed_is_due_up_to_yesterday_and_a_month_back_at_most() {
        assert_eq!(days_due(99, 100), 100..100);
        assert_eq!(days_due(98, 100), 99..100);
        assert_eq!(days_due(96, 100), 97..100, "Saturday, and a Sunday and a Monday without a till");
        assert_eq!(days_due(9, 100), 100 - MAILED_BACK_DAYS..100);
        assert!(days_due(100, 100).is_empty() && days_due(105, 100).is_empty(), "a clock that was set back mails nothing twice");
    }

    #[test]
    fn what_could_not_be_mailed_is_tried_again_ever_more_seldom_and_what_is_done_after_minutes() {
        let (mut tried, mut now, mut waits) = (Tried::NEVER, 1_000_000_000, Vec::new());
        for _ in 0..10 {
            assert!(tried.is_due(now));
            tried = tried.after(now, false);
            assert!(!tried.is_due(now + tried.wait - 1));
            waits.push(tried.wait);
            now += tried.wait;
        }
        assert_eq!((waits[0], waits[1], waits[9]), (LATER_LEAST_MS, 2 * LATER_LEAST_MS, LATER_MOST_MS));
        let done = tried.after(now, true);
        assert_eq!((done.wait, done.after(now, false).wait), (ROUND_MS, LATER_LEAST_MS));
    }
}
