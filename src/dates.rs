//! Instants and how people write them: `2026-11-22`, `2026-11-22T18:30`, always in UTC.

use ledger::calendar;
use ledger::coverage::Date;
use ledger::rules::DAY_MS;

/// Milliseconds in a minute.
pub const MINUTE_MS: u64 = 60_000;
/// Milliseconds in an hour.
pub const HOUR_MS: u64 = 60 * MINUTE_MS;

/// Milliseconds since 1970 of a date, or of a date and a time of day.
pub fn instant(text: &str) -> Result<u64, String> {
    read(text).ok_or_else(|| format!("'{text}' is no date: write it like 2026-11-22 or 2026-11-22T18:30 (UTC)"))
}

fn read(text: &str) -> Option<u64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00"));
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<u16>().ok());
    let start = start_of(parts.next()??, parts.next()??, parts.next()??)?;
    let (hour, minute) = time.split_once(':')?;
    let (hour, minute) = (hour.parse::<u64>().ok()?, minute.parse::<u64>().ok()?);
    (hour < 24 && minute < 60).then_some(start + (hour * 60 + minute) * MINUTE_MS)
}

/// The start of a day from 1970 on, if there is such a day.
fn start_of(year: u16, month: u16, day: u16) -> Option<u64> {
    let date = Date::new(year, month.try_into().ok()?, day.try_into().ok()?)?;
    (year >= 1970).then(|| u64::from(date.number()) * DAY_MS)
}

/// Year, month and day of an instant.
pub fn civil(time: u64) -> (i32, u8, u8) {
    calendar::civil(i64::try_from(time / DAY_MS).unwrap_or(i64::MAX))
}

/// The first instants of so many months, that of `time` first.
pub fn months_from(time: u64, count: u16) -> Vec<u64> {
    let (year, month, _) = civil(time);
    let nth = |n: u16| {
        let months = u16::from(month) - 1 + n;
        start_of(u16::try_from(year).ok()? + months / 12, months % 12 + 1, 1)
    };
    (0..count).filter_map(nth).collect()
}

/// The newest instant, `time` at the latest, at which clocks in Paris showed so many minutes after midnight. An hour that a change of the
/// clocks leaves out comes one hour later, and one that comes twice counts once.
pub fn newest_in_paris(time: u64, minutes: u64) -> u64 {
    let local = time + calendar::paris_ahead_ms(time);
    let today = local / DAY_MS * DAY_MS + minutes * MINUTE_MS;
    let shown = if today <= local { today } else { today.saturating_sub(DAY_MS) };
    let instant = shown.saturating_sub(calendar::paris_ahead_ms(shown.saturating_sub(2 * HOUR_MS)));
    instant.min(time)
}

/// The day of the week: 0 is Sunday.
pub fn weekday(time: u64) -> u64 {
    (time / DAY_MS + 4) % 7
}

/// An instant as `2026-11-22 18:30 UTC`.
pub fn text(time: u64) -> String {
    let ((year, month, day), minutes) = (civil(time), time % DAY_MS / MINUTE_MS);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_written() {
        assert_eq!(instant("1970-01-01"), Ok(0));
        assert_eq!(instant("2000-02-29"), Ok(951_782_400_000));
        assert_eq!(instant("2026-11-22T18:30Z"), Ok(1_795_372_200_000));
        assert_eq!(text(1_795_372_200_000), "2026-11-22 18:30 UTC");
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for date in ["2026-02-29", "2026-13-01", "2026-00-10", "22/11/2026", "2026-11-22T24:00", "1969-12-31", "", "2026-11"] {
            assert!(instant(date).is_err(), "{date}");
        }
    }

    #[test]
    fn a_sunday_is_the_first_day_of_the_week() {
        assert_eq!(weekday(instant("2026-11-22").unwrap()), 0);
    }

    #[test]
    fn the_newest_hour_in_paris_is_of_today_or_yesterday_whatever_the_clocks_do() {
        let newest = |now: &str, minutes| text(newest_in_paris(instant(now).unwrap(), minutes));
        assert_eq!(newest("2026-11-22T18:59", 20 * 60), "2026-11-21 19:00 UTC");
        assert_eq!(newest("2026-11-22T19:00", 20 * 60), "2026-11-22 19:00 UTC");
        assert_eq!(newest("2026-07-14T18:00", 20 * 60), "2026-07-14 18:00 UTC");
        assert_eq!(newest("2026-03-29T12:00", 20 * 60), "2026-03-28 19:00 UTC");
        assert_eq!(newest("2026-03-29T18:00", 20 * 60), "2026-03-29 18:00 UTC");
        assert_eq!(newest("2026-10-25T18:59", 20 * 60), "2026-10-24 18:00 UTC");
        assert_eq!(newest("2026-10-25T19:00", 20 * 60), "2026-10-25 19:00 UTC");
        assert_eq!(newest("2026-11-22T00:10", 0), "2026-11-21 23:00 UTC");
    }

    #[test]
    fn months_go_on_over_the_year() {
        let months: Vec<String> = months_from(1_795_372_200_000, 3).into_iter().map(text).collect();
        assert_eq!(months, ["2026-11-01 00:00 UTC", "2026-12-01 00:00 UTC", "2027-01-01 00:00 UTC"]);
    }
}
