//! What campaigns did so far, read off the conversions of the ledger: by month, and for how many members.

use super::simulation::{Month, month_of};
use super::wire::{CampaignFigures, CampaignMonth};
use ledger::account::CampaignNumber;
use ledger::state::State;
use std::collections::{BTreeMap, HashSet};

/// A sponsor reads no figure about fewer members than this: one person's conversion is nobody else's.
pub const LEAST_MEMBERS: usize = 5;

/// What one campaign did, less what went back.
#[derive(Default)]
pub struct Figures {
    months: BTreeMap<String, Month>,
}

impl Figures {
    /// Of every campaign that gave something.
    pub fn of_all(state: &State) -> BTreeMap<CampaignNumber, Figures> {
        let mut all: BTreeMap<CampaignNumber, Figures> = BTreeMap::new();
        for conversion in state.credits().flat_map(|(_, credit)| &credit.conversions) {
            for bonus in conversion.bonuses.iter().filter(|bonus| bonus.cents > 0) {
                let figures = all.entry(bonus.campaign).or_default();
                let month = figures.months.entry(month_of(conversion.time)).or_default();
                month.count += 1;
                month.euros += conversion.euros;
                month.cost += i64::try_from(bonus.cents).unwrap_or(i64::MAX);
                month.members.insert(conversion.account);
            }
        }
        all
    }

    /// As whoever reads everything sees them; or, for a sponsor, without the cells about few members. A single month that is left out
    /// could be computed from the total, so the smallest of the others is left out with it.
    pub fn told(&self, suppressed: bool) -> CampaignFigures {
        let members = self.months.values().flat_map(|month| &month.members).collect::<HashSet<_>>().len();
        let hides = |members: usize| suppressed && members < LEAST_MEMBERS;
        let mut hidden: HashSet<&str> =
            self.months.iter().filter(|(_, month)| hides(month.members.len())).map(|(name, _)| name.as_str()).collect();
        if hidden.len() == 1 {
            let others = self.months.iter().filter(|(name, _)| !hidden.contains(name.as_str()));
            let smallest = others.min_by_key(|(_, month)| month.members.len()).map(|(name, _)| name.as_str());
            hidden.extend(smallest);
        }
        let line = |(name, month): (&String, &Month)| {
            let shown = !hidden.contains(name.as_str());
            CampaignMonth {
                month: name.clone(),
                conversions: shown.then_some(month.count),
                euros: shown.then_some(month.euros),
                bonus: shown.then_some(month.cost),
                members: shown.then_some(month.members.len()),
            }
        };
        let conversions = self.months.values().map(|month| month.count).sum();
        CampaignFigures {
            members: (!hides(members)).then_some(members),
            conversions: (!hides(members)).then_some(conversions),
            months: self.months.iter().map(line).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(months: &[(&str, u32)]) -> Figures {
        let month = |members: u32| Month { count: 9, euros: 100, cost: 20, members: (0..members).collect() };
        Figures { months: months.iter().map(|(name, members)| ((*name).to_owned(), month(*members))).collect() }
    }

    fn shown(figures: &CampaignFigures) -> Vec<bool> {
        figures.months.iter().map(|month| month.members.is_some()).collect()
    }

    #[test]
    fn a_sponsor_reads_nothing_about_fewer_than_five_members() {
        let few = figures(&[("2026-09", 4)]);
        assert_eq!((few.told(true).members, few.told(true).conversions), (None, None));
        assert_eq!((few.told(false).members, few.told(false).conversions), (Some(4), Some(9)));
        assert_eq!(shown(&few.told(true)), [false]);
        assert_eq!(shown(&figures(&[("2026-09", 5)]).told(true)), [true]);
    }

    #[test]
    fn a_single_month_that_is_left_out_cannot_be_computed_from_the_total() {
        let one = figures(&[("2026-08", 9), ("2026-09", 2), ("2026-10", 6)]);
        assert_eq!(shown(&one.told(true)), [true, false, false]);
        let two = figures(&[("2026-08", 9), ("2026-09", 2), ("2026-10", 3)]);
        assert_eq!(shown(&two.told(true)), [true, false, false]);
    }
}
