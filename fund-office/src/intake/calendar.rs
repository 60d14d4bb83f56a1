//! Days as numbers, so that they can be counted and sorted.

use ledger::coverage::Date;
use ledger::rules::DAY_MS;

/// Days since 1 January 1970.
pub type Day = u32;

/// Days from 1 March of the year 0, with which the count of leap days begins, to 1 January 1970.
const EPOCH: i64 = 719_468;
/// Days in 400 years.
const ERA: i64 = 146_097;

/// The number of a date; those before 1970 are 0.
pub fn day_of(date: Date) -> Day {
    let text = date.to_string();
    let mut parts = text.split('-').map(|part| part.parse::<i64>().unwrap_or(1));
    let (year, month, day) = (parts.next().unwrap_or(1970), parts.next().unwrap_or(1), parts.next().unwrap_or(1));
    // Years begin in March, so that the leap day is the last one.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH;
    Day::try_from(days).unwrap_or(0)
}

/// The date with this number; `None` beyond the year 9999.
pub fn date_of(day: Day) -> Option<Date> {
    let days = i64::from(day) + EPOCH;
    let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let place = (5 * of_year + 2) / 153;
    let day = of_year - (153 * place + 2) / 5 + 1;
    let month = if place < 10 { place + 3 } else { place - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?)
}

/// The day of an instant, in UTC.
pub fn day_at(ms: u64) -> Day {
    Day::try_from(ms / DAY_MS).unwrap_or(Day::MAX)
}

/// When a day begins, in UTC.
pub fn midnight(day: Day) -> u64 {
    u64::from(day) * DAY_MS
}

/// The year of a day.
pub fn year_of(day: Day) -> String {
    date_of(day).map_or_else(|| "9999".to_owned(), |date| date.to_string()[..4].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_two_centuries_has_its_number() {
        let mut expected = 0;
        for (year, month) in (1970..2170).flat_map(|year| (1..=12).map(move |month| (year, month))) {
            for date in (1..=31).filter_map(|day| Date::new(year, month, day)) {
                assert_eq!((day_of(date), date_of(expected)), (expected, Some(date)));
                expected += 1;
            }
        }
        assert_eq!(day_of(Date::parse("1969-12-31").unwrap()), 0);
        assert_eq!(year_of(day_at(1_795_000_000_000)), "2026");
    }
}
