//! Direct debits: what members allowed the association to collect each month, as files for its bank.
//!
//! A member reads in the wallet when the next debit comes, two weeks before it at the latest: so a batch is prepared that long before
//! its day, for the mandates of that day of the month. A debit can be taken back by the member's bank for eight weeks without a reason;
//! until then the units stand on euros that may go again, and each member may have only so many of them.

mod store;
mod wire;

use crate::bank::PaymentStatus;
use crate::batches::{download, id, numbers_of, unwritable};
use crate::desk::{Acting, Reading, may_act, off_thread, prefix};
use crate::error::Problem;
use crate::pain::{Collection, DirectDebit, DirectDebitVersion as Version, payee};
use crate::{Settings, fund_account, intake};
use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use ledger::account::{BankNumber, Operator};
use ledger::coverage::Date;
use ledger::directory::{MAX_REFUNDABLE, Mandate, NOTICE_DAYS};
use ledger::fault::Fault;
use ledger::key::{AccountId, Prefix};
use ledger::ledger::Ledger;
use ledger::rules::DAY_MS;
use ledger::state::Status;
use std::collections::{BTreeMap, HashMap, HashSet};
use store::{COLLECTIONS, Collected, Debit, MAX_COLLECTED};
use wire::{CollectionLine, CollectionTyped, Collections, DebitLine, Exposed, Exposure, LeftOut, Prepared};

/// How the ids of batches of direct debits begin.
const OURS: &str = "DD";
/// A bank takes a direct debit back without a reason for so many days.
const REFUNDABLE_DAYS: i64 = (intake::REFUND_MS / DAY_MS).cast_signed();
/// A batch is prepared at most so long before its day: longer, and mandates would change too often.
const MAX_AHEAD_DAYS: i64 = 60;
/// So many batches are looked at for what a member was asked for: those of four months, one for each day that a mandate can have.
const LOOK_BACK: usize = 112;
/// So many batches are shown, the newest first.
const MOST: usize = 50;

const CREDITOR_ID_MISSING: Problem = Problem::Conflict(
    "creditor_id_missing",
    "Direct debits need the association's SEPA creditor identifier (ICS): write it into the settings of the node.",
);
const NOTICE_SHORT: Problem =
    Problem::Conflict("notice_short", "Members are told two weeks before a debit: choose a day that is at least 14 days ahead.");

/// The routes of this room.
pub fn routes() -> Router<Settings> {
    Router::new()
        .route("/office/v1/collections", get(collections).post(prepare))
        .route("/office/v1/collections/{number}/file", get(file))
        .route("/office/v1/exposure", get(exposure))
}

/// What the bank's answers name a debit by: the n-th of its batch, counted from 1.
pub fn end_to_end(batch: u64, place: usize) -> String {
    id(OURS, batch, place as u64)
}

/// Who was asked for a direct debit under an end-to-end id of ours, and for how many cents.
///
/// # Errors
///
/// Those of reading records.
pub fn member_of(ledger: &Ledger, end_to_end_id: &str) -> Result<Option<(AccountId, u64)>, Fault> {
    let Some((batch, place)) = place_of(end_to_end_id) else { return Ok(None) };
    let collected: Option<Collected> = COLLECTIONS.read(ledger, batch)?;
    let debit = collected.and_then(|collected| collected.debits.into_iter().nth(place - 1));
    Ok(debit.map(|debit| (debit.account, debit.cents)))
}

/// What to say of a direct debit of ours that the bank refused, which counts no more from then on; `None` when it is none of ours.
///
/// # Errors
///
/// Those of reading and writing records.
pub fn refuse(ledger: &Ledger, status: &PaymentStatus) -> Result<Option<String>, Fault> {
    let why = status.reason.as_deref().unwrap_or("no reason given");
    if let Some(named) = &status.end_to_end {
        let Some((batch, place)) = place_of(named) else { return Ok(None) };
        let collected: Option<Collected> = COLLECTIONS.read(ledger, batch)?;
        let Some(collected) = collected.filter(|collected| place <= collected.debits.len()) else {
            return Ok(Some(format!("The bank refused the direct debit {named}, which is in no batch here: {why}.")));
        };
        collected.refuse(ledger, [place].into_iter())?;
        let said = format!("The bank refused the direct debit {named}: {why}. It counts no more as asked for.");
        return Ok(Some(said));
    }
    let Some((number, created)) = numbers_of(OURS, &status.message) else { return Ok(None) };
    let collected: Option<Collected> = COLLECTIONS.read(ledger, number)?;
    let Some(collected) = collected.filter(|collected| collected.created == created) else { return Ok(None) };
    // First and later debits are two parts of a file, and the bank does not say here which it means.
    let whole = collected.debits.iter().all(|debit| debit.first == collected.debits[0].first);
    if whole {
        collected.refuse(ledger, 1..=collected.debits.len())?;
        let said = format!("The bank refused the batch {number} of direct debits: {why}. Its debits count no more as asked for.");
        return Ok(Some(said));
    }
    Ok(Some(format!(
        "The bank refused the batch {number} of direct debits, or a part of it: {why}. Ask the bank for the single debits."
    )))
}

/// The id of a batch's message.
fn message_id(collected: &Collected) -> String {
    id(OURS, collected.number, collected.created)
}

fn place_of(end_to_end_id: &str) -> Option<(u64, usize)> {
    let (batch, place) = numbers_of(OURS, end_to_end_id)?;
    (place > 0).then_some((batch, usize::try_from(place).ok()?))
}

async fn collections(State(office): State<Settings>, Reading(reader): Reading) -> Result<Json<Collections>, Problem> {
    let prefix = prefix(&office.ledger)?;
    let lines = off_thread(office, move |office| {
        let newest: Vec<Collected> = COLLECTIONS.newest(&office.ledger, MOST)?;
        newest.iter().map(|collected| line(&office.ledger, collected, &reader, &prefix)).collect()
    });
    Ok(Json(Collections { collections: lines.await? }))
}

fn line(ledger: &Ledger, collected: &Collected, reader: &Operator, prefix: &Prefix) -> Result<CollectionLine, Problem> {
    let mut debits = Vec::with_capacity(collected.debits.len());
    for (place, debit) in (1..).zip(&collected.debits) {
        let mandate = in_force(ledger, debit)?;
        debits.push(DebitLine {
            account: debit.account.to_text(prefix),
            name: mandate.as_ref().map(|mandate| mandate.holder.clone()),
            iban: mandate.as_ref().map(|mandate| mandate.iban.clone()).filter(|_| may_act(reader)),
            cents: debit.cents,
            end_to_end: end_to_end(collected.number, place),
            first: debit.first,
            ended: mandate.is_none(),
        });
    }
    Ok(CollectionLine {
        number: collected.number,
        bank: collected.bank,
        format: match collected.version {
            Version::V08 => "pain.008.001.08",
            Version::V02 => "pain.008.001.02",
        },
        created: collected.created,
        date: collected.date.to_string(),
        by: collected.by,
        total: debits.iter().filter(|debit| !debit.ended).map(|debit| debit.cents).sum(),
        count: debits.iter().filter(|debit| !debit.ended).count(),
        debits,
    })
}

async fn exposure(State(office): State<Settings>, _: Reading) -> Result<Json<Exposure>, Problem> {
    let prefix = prefix(&office.ledger)?;
    let exposure = off_thread(office, move |office| {
        let ledger = &*office.ledger;
        let mut exposed: BTreeMap<AccountId, (u64, u64)> = BTreeMap::new();
        for refundable in intake::refundable(ledger, (office.clock)())? {
            let (cents, until) = exposed.entry(refundable.account).or_default();
            (*cents, *until) = (*cents + refundable.cents, refundable.until.max(*until));
        }
        let mut members = Vec::with_capacity(exposed.len());
        for (account, (cents, until)) in exposed {
            let name = ledger.directory().mandate(&account)?.map(|mandate| mandate.holder);
            members.push(Exposed { account: account.to_text(&prefix), name, cents, until });
        }
        members.sort_by_key(|member| std::cmp::Reverse(member.cents));
        Ok(Exposure { total: members.iter().map(|member| member.cents).sum(), members })
    });
    exposure.await.map(Json)
}

async fn file(State(office): State<Settings>, _: Acting, Path(number): Path<String>) -> Result<Response, Problem> {
    let number: u64 = number.parse().map_err(|_| Problem::BatchUnknown)?;
    let xml = off_thread(office, move |office| {
        let collected: Collected = COLLECTIONS.read(&office.ledger, number)?.ok_or(Problem::BatchUnknown)?;
        built(office, &collected)
    });
    Ok(download(&format!("direct-debits-{number}.xml"), xml.await?))
}

async fn prepare(
    State(office): State<Settings>,
    Acting(operator): Acting,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Prepared>, Problem> {
    let body = body.map_err(|_| Problem::TooLarge)?;
    let malformed = "A batch is JSON: `bank` (number), `date` (YYYY-MM-DD).";
    let typed: CollectionTyped = serde_json::from_slice(&body).map_err(|_| Problem::Malformed(malformed))?;
    let today = Date::at((office.clock)()).ok_or(Problem::Unavailable)?;
    let date = collection_day(&typed.date, today)?;
    off_thread(office, move |office| prepared(office, &operator, typed.bank, date)).await.map(Json)
}

/// A day on which debits can be: far enough ahead to tell members, and near enough to rely on their mandates.
fn collection_day(text: &str, today: Date) -> Result<Date, Problem> {
    let day = Date::parse(text).ok_or(Problem::Malformed("The date is no day: write it like 2026-11-22."))?;
    let notice = i64::try_from(NOTICE_DAYS).unwrap_or(i64::MAX);
    if today.plus_days(notice).is_none_or(|first| day < first) {
        return Err(NOTICE_SHORT);
    }
    let near = today.plus_days(MAX_AHEAD_DAYS).is_some_and(|last| day <= last);
    if near { Ok(day) } else { Err(Problem::Malformed("The date is more than 60 days ahead: prepare the batch later.")) }
}

fn prepared(office: &Settings, operator: &Operator, bank: BankNumber, date: Date) -> Result<Prepared, Problem> {
    let _alone = COLLECTIONS.alone();
    let ledger = &*office.ledger;
    office.bank.creditor_id.as_ref().ok_or(CREDITOR_ID_MISSING)?;
    fund_account::party(ledger, &office.bank, &fund_account::digital(ledger, bank)?)?;
    let prefix = prefix(ledger)?;
    let mut before: Vec<Collected> = COLLECTIONS.newest(ledger, LOOK_BACK)?;
    for collected in &mut before {
        let refused = collected.refused(ledger)?;
        let mut places = 1..;
        collected.debits.retain(|_| places.next().is_some_and(|place| !refused.contains(&place)));
    }
    let asked = Asked::of(&before, date);
    let (mut chosen, mut left_out) = (Vec::new(), Vec::new());
    for (account, mandate) in ledger.directory().mandates()? {
        if mandate.revoked_ms.is_some() || !is_on(&mandate, date) {
            continue;
        }
        match collectable(ledger, &account, &mandate, &asked, chosen.len()) {
            Ok(()) => chosen.push((account, mandate)),
            Err(code) => {
                let (account, cents) = (account.to_text(&prefix), mandate.cents);
                left_out.push(LeftOut { account, name: mandate.holder, cents, code });
            }
        }
    }
    if chosen.is_empty() {
        let reasons: Vec<_> = left_out.iter().map(|left| format!("{} ({})", left.account, left.code)).collect();
        let what = if reasons.is_empty() { "no mandate is for this day of the month".into() } else { reasons.join(", ") };
        return Err(Problem::NothingLeft(format!("Nothing can be collected: {what}.")));
    }
    let version = if office.bank.older_pain.contains(&bank) { Version::V02 } else { Version::V08 };
    let (number, created) = (COLLECTIONS.next(ledger)?, (office.clock)());
    let debits = chosen.iter().map(|(account, mandate)| debit(account, mandate)).collect();
    let collected = Collected { number, bank, version, created, date, by: operator.number, debits };
    built(office, &collected)?;
    COLLECTIONS.keep(ledger, number, &collected)?;
    // A crash here lets a mandate have two first collections, which banks take as well as none.
    for (account, mandate) in chosen.into_iter().filter(|(_, mandate)| !mandate.first_done) {
        if ledger.directory().set_mandate(&account, &Mandate { first_done: true, ..mandate })?.is_err() {
            tracing::warn!("a mandate could not be marked as used: its member has too many on record");
        }
    }
    let total = collected.debits.iter().map(|debit| debit.cents).sum();
    Ok(Prepared { number, count: collected.debits.len(), total, left_out })
}

fn debit(account: &AccountId, mandate: &Mandate) -> Debit {
    Debit { account: *account, signed_ms: mandate.signed_ms, cents: mandate.cents, first: !mandate.first_done }
}

fn is_on(mandate: &Mandate, date: Date) -> bool {
    date.to_string().ends_with(&format!("-{:02}", mandate.day))
}

/// Why a mandate cannot be collected, if so.
fn collectable(
    ledger: &Ledger,
    account: &AccountId,
    mandate: &Mandate,
    asked: &Asked,
    chosen: usize,
) -> Result<(), &'static str> {
    let is_open = ledger.durable().state.account(account).is_some_and(|known| known.status == Status::Open);
    if !is_open {
        return Err("account_not_open");
    }
    if asked.this_month.contains(account) {
        return Err("collected_already");
    }
    if asked.refundable.get(account).copied().unwrap_or(0).saturating_add(mandate.cents) > MAX_REFUNDABLE {
        return Err("refundable_cap");
    }
    if chosen >= MAX_COLLECTED {
        return Err("batch_full");
    }
    payee(&mandate.holder, &mandate.iban).map(drop).map_err(|error| error.code())
}

/// What members were asked for before.
struct Asked {
    /// What their banks can still take back on the day of the new debit, whether it arrived or is on its way.
    refundable: HashMap<AccountId, u64>,
    /// Those who pay in the month of the new debit already.
    this_month: HashSet<AccountId>,
}

impl Asked {
    fn of(batches: &[Collected], date: Date) -> Asked {
        let month = |day: Date| day.to_string()[..7].to_owned();
        let safe = date.plus_days(-REFUNDABLE_DAYS);
        let (mut refundable, mut this_month) = (HashMap::new(), HashSet::new());
        for batch in batches {
            let can_come_back = safe.is_none_or(|safe| batch.date > safe);
            for debit in batch.debits.iter().filter(|_| can_come_back) {
                *refundable.entry(debit.account).or_default() += debit.cents;
            }
            if month(batch.date) == month(date) {
                this_month.extend(batch.debits.iter().map(|debit| debit.account));
            }
        }
        Asked { refundable, this_month }
    }
}

/// The mandate of a debit, unless it was revoked, replaced or erased since.
fn in_force(ledger: &Ledger, debit: &Debit) -> Result<Option<Mandate>, Fault> {
    let mandate = ledger.directory().mandate(&debit.account)?;
    Ok(mandate.filter(|mandate| mandate.signed_ms == debit.signed_ms && mandate.revoked_ms.is_none()))
}

/// The batch's file: whoever revoked the mandate since is not in it.
fn built(office: &Settings, collected: &Collected) -> Result<String, Problem> {
    let ledger = &*office.ledger;
    let creditor_id = office.bank.creditor_id.clone().ok_or(CREDITOR_ID_MISSING)?;
    let creditor = fund_account::party(ledger, &office.bank, &fund_account::digital(ledger, collected.bank)?)?;
    let currency = ledger.durable().state.genesis().map(|genesis| genesis.name.clone()).unwrap_or_default();
    let mut collections = Vec::new();
    for (place, debit) in (1..).zip(&collected.debits) {
        let Some(mandate) = in_force(ledger, debit)? else { continue };
        collections.push(Collection {
            end_to_end: end_to_end(collected.number, place),
            cents: debit.cents,
            name: mandate.holder,
            iban: mandate.iban,
            mandate: mandate.reference,
            signed: Date::at(mandate.signed_ms).ok_or(Problem::Unavailable)?,
            first: debit.first,
            text: currency.clone(),
        });
    }
    if collections.is_empty() {
        return Err(Problem::NothingLeft("Nothing can be collected any more: every mandate of this batch has ended.".into()));
    }
    let (created, collection) = (collected.created, collected.date);
    let message_id = message_id(collected);
    let debits = DirectDebit { message_id, created, creditor, creditor_id, collection, collections };
    debits.xml(collected.version).map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn batch(day: &str, members: &[(u8, u64)]) -> Collected {
        let debit = |(n, cents): &(u8, u64)| Debit { account: AccountId([*n; 16]), signed_ms: 1, cents: *cents, first: false };
        let debits = members.iter().map(debit).collect();
        Collected { number: 1, bank: 1, version: Version::V08, created: 0, date: date(day), by: 1, debits }
    }

    #[test]
    fn a_debit_is_told_fourteen_days_ahead_and_prepared_sixty_days_ahead_at_most() {
        let today = date("2026-11-22");
        assert_eq!(collection_day("2026-12-06", today), Ok(date("2026-12-06")));
        assert_eq!(collection_day("2026-12-05", today), Err(NOTICE_SHORT));
        assert_eq!(collection_day("2027-01-21", today), Ok(date("2027-01-21")));
        for wrong in ["2027-01-22", "2026-02-30", "soon"] {
            assert!(matches!(collection_day(wrong, today), Err(Problem::Malformed(_))), "{wrong}");
        }
    }

    #[test]
    fn what_was_asked_for_counts_for_eight_weeks_and_once_a_month() {
        let (anna, boris) = (AccountId([1; 16]), AccountId([2; 16]));
        let before = [
            batch("2026-10-12", &[(1, 1)]),
            batch("2026-10-13", &[(1, 20)]),
            batch("2026-11-05", &[(1, 300), (2, 4_000)]),
            batch("2026-12-05", &[(2, 50_000)]),
        ];
        let asked = Asked::of(&before, date("2026-12-07"));
        assert_eq!((asked.refundable[&anna], asked.refundable[&boris]), (320, 54_000));
        assert_eq!((asked.this_month.contains(&anna), asked.this_month.contains(&boris)), (false, true));
    }

    #[test]
    fn a_mandate_of_half_the_cap_is_collected_every_month_of_a_year() {
        let anna = AccountId([1; 16]);
        for day in [1, 28] {
            let months = (1..=12).map(|month| batch(&format!("2027-{month:02}-{day:02}"), &[(1, MAX_REFUNDABLE / 2)]));
            let months: Vec<Collected> = months.collect();
            for before in 1..12 {
                let asked = Asked::of(&months[..before], months[before].date);
                assert_eq!(asked.refundable[&anna], MAX_REFUNDABLE / 2, "{}", months[before].date);
            }
        }
    }

    #[test]
    fn an_end_to_end_id_of_ours_names_batch_and_place_and_no_other_does() {
        assert_eq!(place_of(" DD-3-17 "), Some((3, 17)));
        for other in ["", "DD-3", "DD-3-0", "DD-03-1", "DD-3-+1", "RED-3-1", "dd-3-1", "DD-3-1-1"] {
            assert_eq!(place_of(other), None, "{other}");
        }
    }
}
