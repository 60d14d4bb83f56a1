//! Figures by day, for charts: circulation and cover as the coverage statements told them, conversions and redemptions as the ledger has
//! them.

use crate::Settings;
use crate::desk::{Reading, on_disk};
use crate::error::Problem;
use crate::wire::{Series, SeriesDay, SeriesQuery};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use ledger::account::Medium;
use ledger::coverage::{Date, SignedStatement};
use ledger::fault::Fault;
use ledger::ledger::Ledger;
use ledger::publication::MAX_STATEMENTS;
use ledger::rules::{DAY_MS, day_of};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A series without a length is a quarter of a year.
const DAYS: u64 = 90;
/// The longest: a year and a day of leap, beside the same day of the year before.
const MOST_DAYS: u64 = 367;
/// So many statements are read at most: three a day, if somebody has them made by hand.
const MOST_STATEMENTS: usize = 1_200;

pub async fn series(
    State(office): State<Settings>,
    _: Reading,
    query: Result<Query<SeriesQuery>, QueryRejection>,
) -> Result<Json<Series>, Problem> {
    let Query(query) = query.map_err(|_| Problem::Malformed("`days` is a whole number."))?;
    let days = query.days.unwrap_or(DAYS).clamp(1, MOST_DAYS);
    let now = (office.clock)();
    let first = (now / DAY_MS).saturating_sub(days - 1) * DAY_MS;
    let days = on_disk(&office.ledger, move |ledger| read(ledger, first, now)).await?;
    Ok(Json(Series { days }))
}

/// A line for each day of UTC from the first to today.
fn read(ledger: &Ledger, first: u64, now: u64) -> Result<Vec<SeriesDay>, Fault> {
    let mut days: BTreeMap<u32, SeriesDay> = BTreeMap::new();
    let mut time = first;
    while time <= now {
        let date = Date::at(time).map(|day| day.to_string()).unwrap_or_default();
        days.insert(day_of(time), SeriesDay { date, ..SeriesDay::default() });
        time += DAY_MS;
    }
    // The newest statement of a day comes first and stands.
    for statement in statements(ledger, first)? {
        let said = statement.statement();
        if let Some(day) = days.get_mut(&day_of(said.time)).filter(|day| day.circulation.is_none()) {
            let [digital, paper] = [Medium::Digital, Medium::Paper].map(|medium| said.medium(medium));
            (day.circulation, day.cover) = (Some(digital.circulation.get()), Some(digital.cover.get()));
            (day.paper_circulation, day.paper_cover) = (Some(paper.circulation.get()), Some(paper.cover.get()));
        }
    }
    let durable = ledger.durable();
    for conversion in durable.state.credits().flat_map(|(_, credit)| &credit.conversions) {
        if let Some(day) = days.get_mut(&day_of(conversion.time)) {
            day.converted += conversion.euros;
            day.bonus += conversion.bonuses.iter().map(|usage| usage.cents).sum::<u64>();
        }
    }
    for (_, redemption) in durable.state.redemptions() {
        if let Some(day) = days.get_mut(&day_of(redemption.time)) {
            day.redeemed += redemption.gross;
        }
    }
    Ok(days.into_values().collect())
}

/// The statements since a time, the newest first.
fn statements(ledger: &Ledger, since: u64) -> Result<Vec<Arc<SignedStatement>>, Fault> {
    let (mut all, mut from) = (Vec::new(), None);
    while all.len() < MOST_STATEMENTS {
        let page = ledger.publication().statements(from, MAX_STATEMENTS)?;
        let before = page.last().map(|oldest| (oldest.statement().time, oldest.statement().number));
        all.extend(page.into_iter().filter(|statement| statement.statement().time >= since));
        match before {
            Some((time, number)) if time >= since && number > 1 => from = Some(number - 1),
            _ => break,
        }
    }
    Ok(all)
}
