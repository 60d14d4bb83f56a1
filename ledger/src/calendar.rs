//! Days of the calendar as numbers, counted from 1 January 1970 and negative before it.
//!
//! The proleptic Gregorian calendar in whole numbers (Howard Hinnant, "chrono-compatible low-level date algorithms"), so that no date
//! library is needed.

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

#[cfg(test)]
mod tests {
    use super::*;

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
    }

    #[test]
    fn no_number_is_too_large() {
        assert_eq!((civil(i64::MAX), civil(i64::MIN)), ((i32::MAX, 12, 31), (i32::MIN, 1, 1)));
    }
}
