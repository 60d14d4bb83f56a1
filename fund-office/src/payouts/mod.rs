//! Batches of redemptions: built from the directory, approved by an act that names the file's hash, and handed out only then.
//!
//! Whether a batch waits, is approved or paid is never kept: it follows from the ledger. The file is built again each time it is asked
//! for, and handed out only if it is, byte for byte, what people approved: a name or an IBAN that was changed since makes the batch void.

mod standing;
mod store;
mod wire;

use crate::bank::Line;
use crate::batches::{download, id, numbers_of, unwritable};
use crate::desk::{Acting, Reading, off_thread, prefix};
use crate::error::Problem;
use crate::pain::{CreditTransfer, CreditTransferVersion as Version, Party, Payment, WriteError, payee};
use crate::words::words;
use crate::{Settings, fund_account, trail};
use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use ledger::account::{BankNumber, Operator};
use ledger::amount::Cents;
use ledger::coverage::Date;
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32};
use ledger::ledger::Ledger;
use ledger::publication::confirmed_at;
use ledger::state::{Redemption, RedemptionState};
use ledger::transaction::{Act, MAX_ORDERED};
use standing::Standing;
use std::collections::BTreeSet;
use store::{GIVEN_OUT, GivenOut, PAYOUTS, Payout};
use wire::{Noted, PayoutTyped, Payouts, Prepared};

/// How the ids of batches of redemptions begin.
const OURS: &str = "RED";
/// What a bank confirmed is relied on for so many days: statements come at least once a week.
const CONFIRMATION_DAYS: i64 = 10;
/// A day of execution is at most so far ahead: beyond that banks refuse a file.
const MAX_AHEAD_DAYS: i64 = 90;
/// So many batches are shown, the newest first: more than a year of weekly ones.
const MOST: usize = 100;

const NOT_APPROVED: Problem = Problem::Conflict(
    "not_approved",
    "The bank gets this file only after it was approved: have it signed by those whom its act needs.",
);

const DIRECTORY_CHANGED: Problem = Problem::Conflict(
    "directory_changed",
    "A name or an IBAN was changed after the approval: take the batch back (correct) and prepare it again. If its file went to the bank, ask the \
     bank first to cancel it.",
);

const BATCH_ANSWERED: Problem = Problem::Conflict(
    "batch_answered",
    "The bank has answered for this batch: its file is not given out again. What came back is paid with a new batch.",
);

const CONFIRMATION_OLD: Problem =
    Problem::Conflict("confirmation_old", "The bank has not confirmed lately what it holds: import its newest statement first.");

const CONFIRMED_TOO_LITTLE: Problem = Problem::Conflict(
    "confirmed_too_little",
    "The bank confirmed less than this batch and what is ordered there already: pay less, or import a newer statement.",
);

/// The routes of this room.
pub fn routes() -> Router<Settings> {
    Router::new().route("/office/v1/payouts", get(payouts).post(prepare)).route("/office/v1/payouts/{number}/file", get(file))
}

/// What the bank's answers name a redemption by.
pub fn end_to_end(redemption: u64, batch: u64) -> String {
    id(OURS, redemption, batch)
}

/// The redemption's entry and the batch that an end-to-end id of ours names.
pub fn redemption_of(end_to_end_id: &str) -> Option<(u64, u64)> {
    numbers_of(OURS, end_to_end_id)
}

/// The redemption and the batch that a line of a bank names.
pub fn named(line: &Line) -> Option<(u64, u64)> {
    line.end_to_end.iter().chain(&line.references).find_map(|text| redemption_of(text))
}

/// The batch that a message of ours carried, by the message's id, and its redemptions.
pub fn of_message(ledger: &Ledger, message_id: &str) -> Result<Option<(u64, Vec<u64>)>, Fault> {
    let Some((number, created)) = numbers_of(OURS, message_id) else { return Ok(None) };
    let payout: Option<Payout> = PAYOUTS.read(ledger, number)?;
    Ok(payout.filter(|payout| payout.created == created).map(|payout| (number, payout.redemptions)))
}

/// The bank account that a batch was prepared for.
pub fn bank_of(ledger: &Ledger, batch: u64) -> Result<Option<BankNumber>, Fault> {
    let payout: Option<Payout> = PAYOUTS.read(ledger, batch)?;
    Ok(payout.map(|payout| payout.bank))
}

/// The hash of each batch's file, with the batch's number, of the batches after one.
pub fn files_after(ledger: &Ledger, batch: u64) -> Result<impl Iterator<Item = (u64, Hash32)>, Fault> {
    let newer: Vec<(u64, Payout)> = PAYOUTS.after(ledger, batch)?;
    Ok(newer.into_iter().map(|(number, payout)| (number, payout.hash)))
}

/// The approved batches whose file cannot be handed out, because a name or an IBAN was changed since, by number.
pub fn void(office: &Settings) -> Result<Vec<u64>, Problem> {
    let newest: Vec<Payout> = PAYOUTS.newest(&office.ledger, MOST)?;
    let standing = Standing::of(&office.ledger, (office.clock)())?;
    let void = newest.iter().filter(|payout| standing.state(payout) == "approved" && !is_unchanged(office, payout));
    Ok(void.map(|payout| payout.number).collect())
}

async fn payouts(State(office): State<Settings>, Reading(reader): Reading) -> Result<Json<Payouts>, Problem> {
    let prefix = prefix(&office.ledger)?;
    let lines = off_thread(office, move |office| {
        let newest: Vec<Payout> = PAYOUTS.newest(&office.ledger, MOST)?;
        let standing = Standing::of(&office.ledger, (office.clock)())?;
        let line = |payout: &Payout| standing.line(payout, is_unchanged(office, payout), &reader, &prefix);
        Ok(newest.iter().map(line).collect())
    });
    Ok(Json(Payouts { payouts: lines.await? }))
}

async fn file(State(office): State<Settings>, Acting(operator): Acting, Path(number): Path<String>) -> Result<Response, Problem> {
    let number: u64 = number.parse().map_err(|_| Problem::BatchUnknown)?;
    let xml = off_thread(office, move |office| {
        let payout: Payout = PAYOUTS.read(&office.ledger, number)?.ok_or(Problem::BatchUnknown)?;
        let now = (office.clock)();
        match Standing::of(&office.ledger, now)?.state(&payout) {
            "approved" => {}
            "prepared" | "waiting" | "void" => return Err(NOT_APPROVED),
            _ => return Err(BATCH_ANSWERED),
        }
        let xml =
            built(office, &payout)?.ok().filter(|xml| Hash32::of(xml.as_bytes()) == payout.hash).ok_or(DIRECTORY_CHANGED)?;
        // What is on its way to a bank is known before it leaves.
        if GIVEN_OUT.read::<GivenOut>(&office.ledger, number)?.is_none() {
            GIVEN_OUT.keep(&office.ledger, number, &GivenOut { time: now, by: operator.number })?;
        }
        Ok(xml)
    });
    Ok(download(&format!("redemptions-{number}.xml"), xml.await?))
}

async fn prepare(
    State(office): State<Settings>,
    Acting(operator): Acting,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Prepared>, Problem> {
    let body = body.map_err(|_| Problem::TooLarge)?;
    let typed: Option<PayoutTyped> = serde_json::from_slice(&body).ok();
    let few = |typed: &PayoutTyped| typed.redemptions.len() <= MAX_ORDERED;
    let malformed = "A batch is JSON: `bank` (number), `redemptions` (at most 200 entries), `date` (optional).";
    let typed = typed.filter(few).ok_or(Problem::Malformed(malformed))?;
    let sought: BTreeSet<u64> = typed.redemptions.into_iter().collect();
    let today = Date::at((office.clock)()).ok_or(Problem::Unavailable)?;
    let execution = execution(typed.date.as_deref(), today)?;
    let prepared = move |office: &Settings| prepared(office, &operator, typed.bank, &sought, (today, execution));
    off_thread(office, prepared).await.map(Json)
}

fn execution(typed: Option<&str>, today: Date) -> Result<Date, Problem> {
    let Some(text) = typed else { return Ok(today) };
    let day = Date::parse(text).ok_or(Problem::Malformed("The date is no day: write it like 2026-11-22."))?;
    let soon = today.plus_days(MAX_AHEAD_DAYS).is_some_and(|last| day <= last);
    if today <= day && soon { Ok(day) } else { Err(Problem::Malformed("The date is not within the next 90 days.")) }
}

fn prepared(
    office: &Settings,
    operator: &Operator,
    bank: BankNumber,
    sought: &BTreeSet<u64>,
    (today, execution): (Date, Date),
) -> Result<Prepared, Problem> {
    let _alone = PAYOUTS.alone();
    let ledger = &*office.ledger;
    let now = (office.clock)();
    fund_account::party(ledger, &office.bank, &fund_account::digital(ledger, bank)?)?;
    let given_out = given_out(office, now)?;
    let (mut redemptions, mut left_out, mut warnings, mut total) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for redemption in sought {
        match payable(ledger, *redemption, now) {
            Ok((known, account)) => {
                redemptions.push(*redemption);
                total += known.net;
                let mut codes = warnings_of(ledger, operator, &account, now)?;
                codes.extend(given_out.contains(redemption).then_some("file_given_out"));
                warnings.extend(codes.into_iter().map(|code| Noted { redemption: *redemption, code }));
            }
            Err(code) => left_out.push(Noted { redemption: *redemption, code }),
        }
    }
    if redemptions.is_empty() {
        let reasons: Vec<_> = left_out.iter().map(|noted| format!("{} ({})", noted.redemption, noted.code)).collect();
        return Err(Problem::NothingLeft(format!("None of these redemptions can be paid: {}.", reasons.join(", "))));
    }
    check_confirmed(ledger, bank, total, (now, today))?;
    let version = if office.bank.older_pain.contains(&bank) { Version::V03 } else { Version::V09 };
    let number = PAYOUTS.next(ledger)?;
    let hash = Hash32([0; 32]);
    let unsealed = Payout { number, bank, version, created: now, execution, redemptions, hash, by: operator.number };
    let xml = built(office, &unsealed)?.map_err(unwritable)?;
    let payout = Payout { hash: Hash32::of(xml.as_bytes()), ..unsealed };
    PAYOUTS.keep(ledger, number, &payout)?;
    Ok(Prepared {
        number,
        total,
        count: payout.redemptions.len(),
        hash: payout.hash.to_string(),
        date: execution.to_string(),
        warnings,
        left_out,
        act: words(&payout.act(), &prefix(ledger)?),
    })
}

/// A redemption that can be in a batch, and whose it is; or why it cannot.
fn payable(ledger: &Ledger, sequence: u64, now: u64) -> Result<(Redemption, AccountId), &'static str> {
    let (known, account) = redemption(ledger, sequence).ok_or("redemption_unknown")?;
    match known.state {
        RedemptionState::Payable => {}
        RedemptionState::Ordered(_) => return Err("ordered_already"),
        RedemptionState::Paid(_) => return Err("paid_already"),
    }
    let durable = ledger.durable();
    let mut waiting = durable.state.proposals().filter(|(_, proposal)| proposal.lapses >= now);
    let orders = |act: &Act| matches!(act, Act::OrderRedemptions { redemptions, .. } if redemptions.contains(&sequence));
    if waiting.any(|(_, proposal)| orders(&proposal.act)) {
        return Err("proposed_already");
    }
    let profile = ledger.directory().profile(&account);
    let name = profile.name.ok_or("no_name")?;
    let iban = profile.iban.ok_or("no_iban")?;
    payee(&name, &iban).map(|_| (known, account)).map_err(|error| error.code())
}

fn redemption(ledger: &Ledger, sequence: u64) -> Option<(Redemption, AccountId)> {
    let durable = ledger.durable();
    let known = *durable.state.redemption(sequence)?;
    Some((known, durable.state.accounts()[known.account as usize].id))
}

/// The redemptions that a bank may still pay though their batch was taken back: its file was given out, and nothing came back.
fn given_out(office: &Settings, now: u64) -> Result<BTreeSet<u64>, Problem> {
    let all: Vec<(u64, Payout)> = PAYOUTS.all(&office.ledger)?;
    let standing = Standing::of(&office.ledger, now)?;
    let taken_back = all
        .iter()
        .map(|(_, payout)| payout)
        .filter(|payout| standing.given_out(payout).is_some() && !standing.is_approved(payout));
    let of = |payout: &Payout| payout.redemptions.iter().map(|redemption| (*redemption, payout.number)).collect::<Vec<_>>();
    let open = taken_back.flat_map(of).filter(|(redemption, batch)| !office.intake.is_refused(*redemption, *batch));
    Ok(open.map(|(redemption, _)| redemption).collect())
}

/// What to look at before this is signed.
fn warnings_of(ledger: &Ledger, operator: &Operator, account: &AccountId, now: u64) -> Result<Vec<&'static str>, Problem> {
    let changed = trail::iban_changed(ledger, account, now)?.is_some();
    let own = {
        let durable = ledger.durable();
        durable.state.account(account).is_some_and(|known| known.keys.iter().any(|grant| grant.key == operator.key))
    };
    let iban = ledger.directory().profile(account).iban;
    let shared = ledger.directory().profiles().iter().any(|(other, profile)| other != account && profile.iban == iban);
    let found = [(changed, "iban_changed"), (own, "own_benefit"), (shared, "same_iban")];
    Ok(found.into_iter().filter(|(found, _)| *found).map(|(_, code)| code).collect())
}

/// The bank has lately confirmed that it holds what is to be paid, after what is ordered there already.
fn check_confirmed(ledger: &Ledger, bank: BankNumber, total: u64, (now, today): (u64, Date)) -> Result<(), Problem> {
    let confirmations = ledger.publication().confirmations()?;
    let newest = confirmed_at(&confirmations, bank, now).ok_or(CONFIRMATION_OLD)?;
    if newest.date.plus_days(CONFIRMATION_DAYS).is_some_and(|last| last < today) {
        return Err(CONFIRMATION_OLD);
    }
    let durable = ledger.durable();
    let ordered = durable.state.redemptions().filter(|(_, known)| known.state == RedemptionState::Ordered(bank));
    let leaving = ordered.fold(total, |sum, (_, known)| sum.saturating_add(known.net));
    let enough = i64::try_from(leaving).is_ok_and(|leaving| Cents::new(leaving) <= newest.amount);
    if enough { Ok(()) } else { Err(CONFIRMED_TOO_LITTLE) }
}

fn is_unchanged(office: &Settings, payout: &Payout) -> bool {
    built(office, payout).is_ok_and(|built| built.is_ok_and(|xml| Hash32::of(xml.as_bytes()) == payout.hash))
}

/// The batch's file, from what the directory says now.
fn built(office: &Settings, payout: &Payout) -> Result<Result<String, WriteError>, Problem> {
    let ledger = &*office.ledger;
    let debtor = fund_account::party(ledger, &office.bank, &fund_account::digital(ledger, payout.bank)?)?;
    let currency = ledger.durable().state.genesis().map(|genesis| genesis.name.clone()).unwrap_or_default();
    let payments = payout.redemptions.iter().filter_map(|entry| payment(ledger, *entry, payout.number, &currency)).collect();
    Ok(transfer(payout, debtor, payments).xml(payout.version))
}

fn transfer(payout: &Payout, debtor: Party, payments: Vec<Payment>) -> CreditTransfer {
    let (created, execution) = (payout.created, payout.execution);
    CreditTransfer { message_id: message_of(payout), created, debtor, execution, payments }
}

/// The id of a batch's message.
fn message_of(payout: &Payout) -> String {
    id(OURS, payout.number, payout.created)
}

fn payment(ledger: &Ledger, sequence: u64, batch: u64, currency: &str) -> Option<Payment> {
    let (known, account) = redemption(ledger, sequence)?;
    let profile = ledger.directory().profile(&account);
    Some(Payment {
        end_to_end: end_to_end(sequence, batch),
        cents: known.net,
        name: profile.name.unwrap_or_default(),
        iban: profile.iban.unwrap_or_default(),
        bic: None,
        text: format!("{currency} {sequence}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_to_end_id_of_ours_names_redemption_and_batch_and_no_other_does() {
        assert_eq!(end_to_end(17, 3), "RED-17-3");
        assert_eq!(redemption_of(" RED-17-3 "), Some((17, 3)));
        for other in ["", "RED-17", "RED-17-", "RED-+17-3", "RED-017-3", "RED-17-3-4", "red-17-3", "NOTPROVIDED", "DD-1-2"] {
            assert_eq!(redemption_of(other), None, "{other}");
        }
    }

    #[test]
    fn the_bank_is_asked_to_pay_today_or_soon() {
        let date = |text| Date::parse(text).unwrap();
        let today = date("2026-11-22");
        assert_eq!(execution(None, today), Ok(today));
        assert_eq!(execution(Some("2026-11-24"), today), Ok(date("2026-11-24")));
        for wrong in ["2026-11-21", "2027-02-21", "2026-02-30", "tomorrow"] {
            assert!(execution(Some(wrong), today).is_err(), "{wrong}");
        }
    }
}
