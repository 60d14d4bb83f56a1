//! What became of a professional's redemptions.

use crate::Service;
use crate::error::Refusal;
use crate::extract::{Bearer, Path};
use crate::lines::Viewer;
use crate::routes::{Answer, blocking, member};
use crate::wire::{RedemptionInfo, Redemptions};
use axum::Json as Answered;
use axum::extract::State;
use ledger::fault::Fault;
use ledger::key::AccountId;
use ledger::state::{Redemption, RedemptionState};
use ledger::transaction::Act;
use std::collections::BTreeSet;

/// So many redemptions are shown, the newest: two years of a shop that redeems every week.
const MAX_REDEMPTIONS: usize = 100;
/// So many entries of the account at most are read to find which of them came back: a busy shop's month.
const MAX_ENTRIES: usize = 2_000;
/// So many entries are read at a time.
const PAGE: usize = 200;

pub async fn redemptions(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
) -> Answer<Answered<Redemptions>> {
    let (account, _) = member(&service, &bearer, &text)?;
    blocking(move || Ok(Answered(Redemptions { redemptions: redemptions_of(&service, &account, MAX_REDEMPTIONS)? }))).await?
}

/// The redemptions of an account, newest first, at most so many.
pub fn redemptions_of(service: &Service, account: &AccountId, most: usize) -> Answer<Vec<RedemptionInfo>> {
    let found: Vec<(u64, Redemption)> = {
        let durable = service.ledger().durable();
        let index = durable.state.index(account).ok_or(Refusal::NotFound)?;
        let mut own: Vec<_> =
            durable.state.redemptions().filter(|(_, one)| one.account == index).map(|(n, one)| (*n, *one)).collect();
        own.sort_unstable_by_key(|(sequence, _)| std::cmp::Reverse(*sequence));
        own.truncate(most);
        own
    };
    let payable = found.iter().filter(|(_, one)| one.state == RedemptionState::Payable).map(|(sequence, _)| *sequence);
    let viewer = Viewer { ledger: service.ledger(), prefix: service.prefix(), account: *account };
    let returned = returned(&viewer, payable.collect())?;
    let info = |(sequence, one): &(u64, Redemption)| RedemptionInfo {
        redemption: *sequence,
        time: one.time,
        gross: one.gross,
        fee: one.fee,
        given: one.given,
        net: one.net,
        state: match one.state {
            RedemptionState::Payable if returned.contains(sequence) => "returned",
            RedemptionState::Payable => "asked",
            RedemptionState::Ordered(_) => "ordered",
            RedemptionState::Paid(_) => "paid",
        }
        .into(),
    };
    Ok(found.iter().map(info).collect())
}

/// Which of these redemptions, all to be paid, the bank sent back: the account's newest entry about each says so.
fn returned(viewer: &Viewer, mut payable: BTreeSet<u64>) -> Result<BTreeSet<u64>, Fault> {
    let (mut returned, mut from, mut read) = (BTreeSet::new(), None, 0);
    while let Some(oldest) = payable.first().copied() {
        let page = viewer.ledger.history(&viewer.account, from, PAGE)?;
        for (entry, _) in &page.entries {
            match viewer.executed_act(entry)? {
                Some(Act::RedemptionReturned { redemption, .. }) if payable.remove(&redemption) => {
                    returned.insert(redemption);
                }
                Some(Act::OrderRedemptions { redemptions, .. }) => payable.retain(|open| !redemptions.contains(open)),
                _ => {}
            }
        }
        read += page.entries.len();
        match page.next {
            Some(next) if next > oldest && read < MAX_ENTRIES => from = Some(next),
            _ => break,
        }
    }
    Ok(returned)
}
