//! Days of the calendar as numbers, counted from 1 January 1970 and negative before it.
//!
//! The proleptic Gregorian calendar in whole numbers (Howard Hinnant, "chrono-compatible low-level date algorithms"), so that no date
//! library is needed.

use crate::rules::DAY_MS;

/// Milliseconds in an hour.
const HOUR_MS: u64 = 3_600_000;
/// Days in 400 years, after which the calendar repeats itself.
const ERA: i64 = 146_097;
/// Days from 1 March of the year 0, with which the count of leap days begins, to 1 January 1970.
const EPOCH: i64 = 719_468;

/// The number of a day: month 1 to 12, day from 1 on. Whether there is such a day is for the caller to know.
pub fn days_of(year: i32, month: u8, day: u8) -> i64 {
    // Years begin in March, so that the leap day is the last one.
    let year = i64::from(year) - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH
}

/// Year, month and day of a number. What lies beyond the years of 32 bits, farther than any instant in milliseconds, is their first or
/// last day.
pub fn civil(days: i64) -> (i32, u8, u8) {
    let days = days.clamp(days_of(i32::MIN, 1, 1), days_of(i32::MAX, 12, 31)) + EPOCH;
    let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let place = (5 * of_year + 2) / 153;
    let day = of_year - (153 * place + 2) / 5 + 1;
    let month = if place < 10 { place + 3 } else { place - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    let small = |number: i64| u8::try_from(number).expect("months and days are small");
    (i32::try_from(year).expect("it was kept within 32 bits"), small(month), small(day))
}

/// A day as `2026-11-22` (ISO 8601).
pub fn day_text(days: i64) -> String {
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// How far clocks in Paris are ahead of UTC at an instant, in milliseconds: two hours from the last Sunday of March to that of October,
/// both at 01:00 UTC (directive 2000/84/EC), else one.
pub fn paris_ahead_ms(ms: u64) -> u64 {
    let (year, _, _) = civil(day_number(ms));
    let change = |month| last_sunday(year, month).saturating_mul(DAY_MS) + HOUR_MS;
    if (change(3)..change(10)).contains(&ms) { 2 * HOUR_MS } else { HOUR_MS }
}

/// The number of the day, and the milliseconds since midnight, that clocks in Paris show at an instant.
pub fn paris(ms: u64) -> (i64, u64) {
    let local = ms.saturating_add(paris_ahead_ms(ms));
    (day_number(local), local % DAY_MS)
}

/// The number of the day in Paris at an instant.
pub fn paris_day(ms: u64) -> i64 {
    paris(ms).0
}

/// The instant, in milliseconds since 1970, at which a day begins in Paris. Clocks change at an hour that is no midnight.
pub fn start_of_paris_day(day: i64) -> u64 {
    let midnight = u64::try_from(day).unwrap_or(0).saturating_mul(DAY_MS);
    // At midnight in Paris it is the evening before in UTC, an hour or two earlier, on the same side of a change.
    midnight.saturating_sub(paris_ahead_ms(midnight.saturating_sub(2 * HOUR_MS)))
}

fn day_number(ms: u64) -> i64 {
    i64::try_from(ms / DAY_MS).unwrap_or(i64::MAX)
}

/// The number of the last Sunday of a month of 31 days.
fn last_sunday(year: i32, month: u8) -> u64 {
    let last = u64::try_from(days_of(year, month, 31)).unwrap_or(0);
    // 1970-01-01 was a Thursday: day 3 was a Sunday.
    last.saturating_sub((last + 4) % 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_in_paris_change_on_the_last_sundays_of_march_and_october() {
        let at = |ms| paris(ms);
        // 2026-03-29T00:59:59Z and a second later; 2026-10-25T00:59:59Z and a second later; the year's end.
        let (spring, autumn) = (days_of(2026, 3, 29), days_of(2026, 10, 25));
        assert_eq!(at(1_774_745_999_000), (spring, 2 * HOUR_MS - 1_000));
        assert_eq!(at(1_774_746_000_000), (spring, 3 * HOUR_MS));
        assert_eq!(at(1_792_889_999_000), (autumn, 3 * HOUR_MS - 1_000));
        assert_eq!(at(1_792_890_000_000), (autumn, 2 * HOUR_MS));
        assert_eq!(at(1_767_223_800_000), (days_of(2026, 1, 1), HOUR_MS / 2));
    }

    #[test]
    fn every_day_in_paris_begins_where_the_day_before_ends() {
        for day in days_of(2026, 1, 1)..days_of(2029, 1, 1) {
            let start = start_of_paris_day(day);
            assert_eq!((paris(start), paris_day(start - 1)), ((day, 0), day - 1));
        }
    }

    #[test]
    fn every_day_of_eight_centuries_comes_back_and_follows_the_day_before() {
        let mut before = civil(-146_098);
        for days in -146_097..=146_097 {
            let (year, month, day) = civil(days);
            assert_eq!(days_of(year, month, day), days);
            assert!((year, month, day) > before, "{days}");
            before = (year, month, day);
        }
    }

    #[test]
    fn days_that_everybody_knows_have_their_numbers() {
        let known = [
            ((1970, 1, 1), 0),
            ((1969, 12, 31), -1),
            ((2000, 2, 29), 11_016),
            ((1900, 3, 1), -25_508),
            ((0, 3, 1), -719_468),
            ((2026, 11, 22), 20_779),
        ];
        for ((year, month, day), days) in known {
            assert_eq!((days_of(year, month, day), civil(days)), (days, (year, month, day)));
        }
        assert_eq!((day_text(20_779), day_text(-1)), ("2026-11-22".into(), "1969-12-31".into()));
    }

    #[test]
    fn no_number_is_too_large() {
        assert_eq!((civil(i64::MAX), civil(i64::MIN)), ((i32::MAX, 12, 31), (i32::MIN, 1, 1)));
    }
}
