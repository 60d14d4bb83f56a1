//! What everybody draws on: conversions with the bonus of one campaign, which all take from one sponsor's euros.

use crate::bench::figures::{Reach, Rounds};
use crate::bench::run::{CLIENTS, Run};
use crate::bench::town::{BANK, Payees};
use crate::clock;
use crate::failure::{Failure, Outcome};
use ledger::account::Campaign;
use ledger::amount::{Amount, Rate};
use ledger::key::Hash32;
use ledger::rules::DAY_MS;
use ledger::transaction::Act;

/// The sponsor's euros, in cents: more than all conversions can take.
const SPONSORED: u64 = 1_000_000_000;

/// Conversions, beside single payments.
pub fn campaign(run: &mut Run) -> Outcome {
    let out_of_bounds = || Failure::new("the measured campaign is out of bounds");
    let (all, cent) = Amount::from_cents(SPONSORED).zip(Amount::from_cents(1)).ok_or_else(out_of_bounds)?;
    let (number, now) = (1, clock::now_ms());
    let campaign = Campaign {
        number,
        version: 1,
        bank: BANK,
        rate: Rate::new(1, 10).ok_or_else(out_of_bounds)?,
        start: now - DAY_MS,
        end: now + DAY_MS,
        budget: all,
        cap: all,
        periods: Vec::new(),
        groups: Vec::new(),
        order: 0,
        least: cent,
        most: all,
        steps: Vec::new(),
        sponsor: None,
    };
    let publish = run.town.act(Act::PublishCampaign(Box::new(campaign)));
    let evidence = Hash32::of(b"the sponsor's transfer");
    let deposit = run.town.act(Act::SponsorDeposit { bank: BANK, campaign: number, amount: all, evidence });
    run.town.submit(&[publish, deposit])?;
    let (mut hot, mut spread) = (Rounds::default(), Rounds::default());
    for _ in 0..run.size.rounds {
        let (conversions, payments) = (run.town.conversions(run.round), run.town.payments(run.round, Payees::Spread));
        hot.push(run.singles(&conversions, CLIENTS, None)?.0);
        spread.push(run.singles(&payments, CLIENTS, None)?.0);
    }
    let hot = run.figures.figure("hot_campaign_http_per_s", hot, "1/s");
    run.figures.ratio("hot_campaign_to_spread", Some(hot / spread.median()), Reach::Told);
    Ok(())
}
