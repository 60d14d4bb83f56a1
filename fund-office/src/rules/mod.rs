//! Rules as data: the campaigns, fees and gifts that are published, with what they did; and drafts, tried on months that are past.
//!
//! A person who acts or audits reads all of it, a sponsor their own campaigns, without cells about few members.

mod arbitrage;
mod figures;
mod replay;
pub mod simulation;
mod wire;

pub use arbitrage::{Fraction, MAX_TRIPS, TRIP_MS, Trip};
pub use figures::LEAST_MEMBERS;
pub use replay::{DraftCampaign, Given};

use crate::Settings;
use crate::desk::{Anyone, Reading, may_read, on_disk, prefix};
use crate::error::Problem;
use crate::words::{act, words};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::routing::{get, post};
use axum::{Json, Router};
use figures::Figures;
use ledger::account::Operator;
use ledger::books::Book;
use ledger::key::{AccountId, Prefix};
use ledger::ledger::Ledger;
use ledger::state::{AccountIndex, CampaignState, GiftDue, GiftState, State as Fold};
use ledger::transaction::Act;
use simulation::{Arbitrage, Draft, MAX_WINDOW_MS, Month, Simulation, Window};
use std::sync::Mutex;
use wire::{
    ArbitrageWarning, CampaignRule, Campaigns, Capped, FeeVersion, Gain, GiftDueLine, GiftPeriod, GiftRow, Rules, Simulate,
    Simulated, SimulatedMonth, TopLine, TripLine,
};

/// A journal of more entries is not simulated: it would take a core for longer than anyone waits, and as much memory as the state.
const MAX_ENTRIES: u64 = 5_000_000;
/// For so many of a gift rule's periods, the newest, it is said what is due: counting reads every conversion.
const PERIODS_COUNTED: usize = 3;

/// Held by the one simulation that runs: each takes a core, and as much memory as the state.
static SIMULATING: Mutex<()> = Mutex::new(());

/// The routes of this room.
pub fn routes() -> Router<Settings> {
    Router::new()
        .route("/office/v1/rules", get(rules))
        .route("/office/v1/campaigns", get(campaigns))
        .route("/office/v1/rules/simulate", post(simulate))
}

async fn campaigns(State(office): State<Settings>, Anyone(reader): Anyone) -> Result<Json<Campaigns>, Problem> {
    let prefix = prefix(&office.ledger)?;
    let durable = office.ledger.durable();
    Ok(Json(Campaigns { campaigns: campaign_rules(&durable.state, &reader, &prefix) }))
}

async fn rules(State(office): State<Settings>, Anyone(reader): Anyone) -> Result<Json<Rules>, Problem> {
    let (prefix, now) = (prefix(&office.ledger)?, (office.clock)());
    let rules = on_disk(&office.ledger, move |ledger| -> Result<Rules, Problem> {
        let durable = ledger.durable();
        let state = &durable.state;
        let campaigns = campaign_rules(state, &reader, &prefix);
        if !may_read(&reader) {
            return Ok(Rules { campaigns, fees: Vec::new(), gifts: Vec::new() });
        }
        let in_force = state.fee_rule(now).map(|rule| rule.version);
        let fee = |rule: &ledger::account::FeeRule| FeeVersion {
            words: words(&Act::PublishFee(rule.clone()), &prefix),
            in_force: Some(rule.version) == in_force,
        };
        let fees = state.fee_rules().iter().map(fee).collect();
        let gifts = state.gift_rules().map(|gift| gift_row(ledger, state, gift, now, &prefix)).collect();
        Ok(Rules { campaigns, fees, gifts })
    });
    rules.await.map(Json)
}

/// The campaigns that a person may read: a sponsor their own.
fn campaign_rules(state: &Fold, reader: &Operator, prefix: &Prefix) -> Vec<CampaignRule> {
    let all = may_read(reader);
    let figures = Figures::of_all(state);
    let rule = |known: &CampaignState| CampaignRule {
        words: words(&Act::PublishCampaign(Box::new(known.rule.clone())), prefix),
        money: state.books().claim(Book::Campaign(known.rule.number)).get(),
        spent: known.spent,
        figures: figures.get(&known.rule.number).unwrap_or(&Figures::default()).told(!all),
    };
    state.campaigns().filter(|known| all || known.rule.sponsor == Some(reader.number)).map(rule).collect()
}

fn gift_row(ledger: &Ledger, state: &Fold, gift: &GiftState, now: u64, prefix: &Prefix) -> GiftRow {
    let rule = &gift.rule;
    let begun: Vec<(u64, u64)> =
        rule.periods.windows(2).map(|pair| (pair[0], pair[1])).filter(|(start, _)| *start <= now).collect();
    let told_from = begun.len().saturating_sub(PERIODS_COUNTED);
    let period = |(place, (start, end)): (usize, &(u64, u64))| {
        let given = gift.given.iter().any(|(from, until)| from < end && start < until);
        let word = match (given, now < *end) {
            (true, _) => "given",
            (false, true) => "running",
            (false, false) => "ended",
        };
        let due = if place < told_from { None } else { state.gift_due(rule.number, *start) };
        gift_period((*start, *end), word, due.as_ref(), &|account| name(ledger, account), prefix)
    };
    let periods_so_far = begun.iter().enumerate().map(period).collect();
    GiftRow { words: words(&Act::PublishGift(rule.clone()), prefix), periods_so_far }
}

fn gift_period(
    (start, end): (u64, u64),
    state: &'static str,
    due: Option<&GiftDue>,
    name: &dyn Fn(&AccountId) -> Option<String>,
    prefix: &Prefix,
) -> GiftPeriod {
    let line = |line: &ledger::state::GiftLine| GiftDueLine {
        account: line.account.to_text(prefix),
        name: name(&line.account),
        members: line.members,
        euros: line.euros,
        cents: line.cents,
    };
    let total = due.map(|due| due.total);
    GiftPeriod { start, end, state, due: due.map(|due| due.lines.iter().map(line).collect()), total }
}

fn name(ledger: &Ledger, account: &AccountId) -> Option<String> {
    ledger.directory().profile(account).name
}

async fn simulate(
    State(office): State<Settings>,
    _: Reading,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Simulated>, Problem> {
    let body = body.map_err(|_| Problem::TooLarge)?;
    let asked: Simulate = serde_json::from_slice(&body).map_err(|_| {
        Problem::Malformed("A simulation is JSON: `draft` (the words of an act), `from` and `until` (milliseconds).")
    })?;
    let (prefix, now) = (prefix(&office.ledger)?, (office.clock)());
    let (draft, kind) = drafted(&asked.draft, &prefix)?;
    // What has not happened yet cannot be simulated.
    let window = Window { from: asked.from, until: asked.until.min(now) };
    if window.from >= window.until || window.until - window.from > MAX_WINDOW_MS {
        return Err(Problem::Malformed("The time to be simulated is empty, lies ahead, or is longer than ten years."));
    }
    if office.ledger.durable().state.size() > MAX_ENTRIES {
        return Err(Problem::JournalTooLong);
    }
    let done = on_disk(&office.ledger, move |ledger| run(ledger, draft, window, now, &prefix, kind)).await;
    let mut done = done?;
    done.took_ms = (office.clock)().saturating_sub(now);
    Ok(Json(done))
}

/// The draft in these words, and its kind.
fn drafted(spoken: &serde_json::Value, prefix: &Prefix) -> Result<(Draft, &'static str), Problem> {
    let read = act(spoken, prefix).map_err(|why| Problem::DraftUnreadable(format!("The draft cannot be read: {why}.")))?;
    let kind = read.kind().word();
    match read {
        Act::PublishCampaign(rule) => Ok((Draft::Campaign(rule), kind)),
        Act::PublishFee(rule) => Ok((Draft::Fee(rule), kind)),
        Act::PublishGift(rule) => Ok((Draft::Gift(rule), kind)),
        _ => Err(Problem::DraftUnreadable("Only campaigns, fees and gifts are simulated.".to_owned())),
    }
}

fn run(
    ledger: &Ledger,
    draft: Draft,
    window: Window,
    now: u64,
    prefix: &Prefix,
    kind: &'static str,
) -> Result<Simulated, Problem> {
    let _alone = SIMULATING.try_lock().map_err(|_| Problem::Busy)?;
    let (draft, moved) = draft.placed(window);
    let (arbitrage, continued) = {
        let durable = ledger.durable();
        let known = matches!(&draft, Draft::Campaign(rule) if durable.state.campaign(rule.number).is_some());
        (Arbitrage::of(&draft, &durable.state, now), known && !moved)
    };
    let budget = match &draft {
        Draft::Campaign(rule) => Some(rule.budget.cents()),
        Draft::Gift(rule) => Some(rule.budget.cents()),
        Draft::Fee(_) => None,
    };
    let ends: Vec<u64> = if let Draft::Gift(rule) = &draft { rule.periods.clone() } else { Vec::new() };
    let gains = arbitrage.factor.gains();
    let mut simulation = Simulation::new(draft, window, continued, gains);
    let entries = ledger.retrace(&mut simulation)?;
    let durable = ledger.durable();
    let telling = Telling { ledger, state: &durable.state, prefix };
    let (capped_members, capped_cents) = simulation.capped();
    let money = simulation.campaign().map(|draft| if draft.money().is_some() { "journal" } else { "assumed" });
    let period = |(start, due): &(u64, GiftDue)| {
        let end = ends.iter().copied().find(|end| end > start).unwrap_or(*start);
        gift_period((*start, end), "ended", Some(due), &|account| name(ledger, account), prefix)
    };
    Ok(Simulated {
        kind,
        from: window.from,
        until: window.until,
        moved,
        money,
        months: simulation.months.iter().map(month).collect(),
        cost: simulation.cost,
        returned: simulation.returned,
        given: simulation.given,
        refused: simulation.refused,
        budget,
        budget_left: simulation.campaign().map(|draft| draft.rule().budget.cents().saturating_sub(draft.spent())),
        budget_ends: simulation.budget_ends,
        money_ends: simulation.money_ends,
        capped: Capped { members: capped_members, cents: capped_cents },
        gains: simulation
            .histogram()
            .iter()
            .map(|column| Gain { cents_from: column.from, cents_to: column.to, members: column.members })
            .collect(),
        top: simulation.top().into_iter().map(|(account, cents)| telling.top(account, cents)).collect(),
        periods: simulation.periods.iter().map(period).collect(),
        arbitrage: telling.warning(&arbitrage, &simulation),
        entries,
        took_ms: 0,
    })
}

fn month((name, month): (&String, &Month)) -> SimulatedMonth {
    SimulatedMonth {
        month: name.clone(),
        conversions: month.count,
        euros: month.euros,
        cost: month.cost,
        members: month.members.len(),
    }
}

/// Puts names to accounts.
struct Telling<'t> {
    ledger: &'t Ledger,
    state: &'t Fold,
    prefix: &'t Prefix,
}

impl Telling<'_> {
    fn account(&self, index: AccountIndex) -> (String, Option<String>) {
        let id = &self.state.accounts()[index as usize].id;
        (id.to_text(self.prefix), name(self.ledger, id))
    }

    fn top(&self, index: AccountIndex, cents: i64) -> TopLine {
        let (account, name) = self.account(index);
        TopLine { account, name, cents }
    }

    fn trip(&self, trip: &Trip) -> TripLine {
        let ((account, name), (shop, shop_name)) = (self.account(trip.account), self.account(trip.shop));
        let Trip { converted, bonus, redeemed, days, .. } = *trip;
        TripLine { account, name, shop, shop_name, converted, bonus, redeemed, days }
    }

    fn warning(&self, arbitrage: &Arbitrage, simulation: &Simulation) -> ArbitrageWarning {
        let (trips, trips_total) = simulation.trips();
        ArbitrageWarning {
            factor: arbitrage.factor.to_string(),
            gain: arbitrage.factor.gains(),
            cap_missing: arbitrage.cap_missing,
            with: arbitrage.with.clone(),
            exempt: arbitrage.exempt,
            trips: trips.iter().map(|trip| self.trip(trip)).collect(),
            trips_total,
        }
    }
}
