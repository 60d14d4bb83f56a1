//! Euros on their way: redemptions to be paid, and credits whose member is not known yet.

use crate::Settings;
use crate::desk::{Reading, may_act, prefix};
use crate::error::Problem;
use crate::wire::{CreditLine, Credits, RedemptionLine, Redemptions};
use axum::Json;
use axum::extract::State;
use ledger::state::RedemptionState;

/// So many are shown, the newest first.
const MOST: usize = 500;

pub async fn redemptions(State(office): State<Settings>, Reading(reader): Reading) -> Result<Json<Redemptions>, Problem> {
    let prefix = prefix(&office.ledger)?;
    let durable = office.ledger.durable();
    let mut lines: Vec<_> = durable.state.redemptions().collect();
    // What is to be paid comes first, then the newest.
    lines.sort_by_key(|(sequence, redemption)| (redemption.state != RedemptionState::Payable, std::cmp::Reverse(**sequence)));
    lines.truncate(MOST);
    let line = |(sequence, redemption): (&u64, &ledger::state::Redemption)| {
        let account = durable.state.accounts()[redemption.account as usize].id;
        let profile = office.ledger.directory().profile(&account);
        let bank = match redemption.state {
            RedemptionState::Payable => None,
            RedemptionState::Paid(bank) => Some(bank),
        };
        RedemptionLine {
            redemption: *sequence,
            account: account.to_text(&prefix),
            name: profile.name,
            iban: profile.iban.filter(|_| may_act(&reader)),
            gross: redemption.gross,
            fee: redemption.fee,
            net: redemption.net,
            state: if bank.is_some() { "paid" } else { "payable" },
            bank,
            time: redemption.time,
        }
    };
    Ok(Json(Redemptions { redemptions: lines.into_iter().map(line).collect() }))
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
