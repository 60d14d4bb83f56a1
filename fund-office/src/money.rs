//! Euros on their way: redemptions to be paid, and credits whose member is not known yet.

use crate::Settings;
use crate::desk::{Reading, may_act, on_disk, prefix};
use crate::error::Problem;
use crate::trail;
use crate::wire::{CreditLine, Credits, IbanChanged, RedemptionLine, Redemptions};
use axum::Json;
use axum::extract::State;
use ledger::account::Operator;
use ledger::fault::Fault;
use ledger::key::{AccountId, Prefix};
use ledger::ledger::Ledger;
use ledger::state::{Redemption, RedemptionState};

/// So many are shown, the newest first.
const MOST: usize = 500;

pub async fn redemptions(State(office): State<Settings>, Reading(reader): Reading) -> Result<Json<Redemptions>, Problem> {
    let prefix = prefix(&office.ledger)?;
    let now = (office.clock)();
    let lines = on_disk(&office.ledger, move |ledger| {
        let shown = shown(ledger).into_iter();
        shown
            .map(|(sequence, redemption, account)| line(ledger, sequence, &redemption, &account, (&reader, &prefix, now)))
            .collect()
    });
    Ok(Json(Redemptions { redemptions: lines.await? }))
}

/// The redemptions of a list, and whose they are.
fn shown(ledger: &Ledger) -> Vec<(u64, Redemption, AccountId)> {
    let durable = ledger.durable();
    let mut found: Vec<_> = durable.state.redemptions().collect();
    // What is to be paid comes first, then the newest.
    found.sort_by_key(|(sequence, redemption)| (redemption.state != RedemptionState::Payable, std::cmp::Reverse(**sequence)));
    found.truncate(MOST);
    let with_account = |(sequence, redemption): (&u64, &Redemption)| {
        (*sequence, *redemption, durable.state.accounts()[redemption.account as usize].id)
    };
    found.into_iter().map(with_account).collect()
}

fn line(
    ledger: &Ledger,
    sequence: u64,
    redemption: &Redemption,
    account: &AccountId,
    (reader, prefix, now): (&Operator, &Prefix, u64),
) -> Result<RedemptionLine, Fault> {
    let profile = ledger.directory().profile(account);
    let (state, bank) = state_word(redemption.state);
    let change = trail::iban_changed(ledger, account, now)?;
    Ok(RedemptionLine {
        redemption: sequence,
        account: account.to_text(prefix),
        name: profile.name,
        iban: profile.iban.filter(|_| may_act(reader)),
        iban_changed: change.map(|change| IbanChanged { by: change.operator, time: change.time }),
        gross: redemption.gross,
        fee: redemption.fee,
        given: redemption.given,
        net: redemption.net,
        state,
        bank,
        time: redemption.time,
    })
}

/// Where a redemption is, and at which bank its payment was ordered or made.
pub fn state_word(state: RedemptionState) -> (&'static str, Option<u16>) {
    match state {
        RedemptionState::Payable => ("payable", None),
        RedemptionState::Ordered(bank) => ("ordered", Some(bank)),
        RedemptionState::Paid(bank) => ("paid", Some(bank)),
    }
}

pub async fn credits(State(office): State<Settings>, _: Reading) -> Json<Credits> {
    let durable = office.ledger.durable();
    let open = durable.state.credits().filter(|(_, credit)| credit.left > 0);
    let line = |(id, credit): (&ledger::key::Hash32, &ledger::state::Credit)| CreditLine {
        credit: id.to_string(),
        bank: credit.bank,
        amount: credit.amount.cents(),
        left: credit.left,
        time: credit.time,
    };
    let mut credits: Vec<_> = open.map(line).collect();
    credits.sort_by_key(|line| std::cmp::Reverse(line.time));
    credits.truncate(MOST);
    Json(Credits { credits })
}
