//! The only place that reads the clock of the machine. Everything else is handed the time.
//!
//! An entry's time never decreases, so a clock that once jumps a year ahead would make every later order of that year expire. The
//! node therefore follows the machine's clock only as far as it agrees with the time that has passed since the start.

use ledger::writer::Clock;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The clock may differ by so much from the time that has passed: the sleep of a laptop, a correction by hand. More is an error
/// of the clock, and the time that has passed is believed.
const MAX_STEP_MS: u64 = 86_400_000;

/// Milliseconds since 1970, now.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The machine's clock, to be handed in.
pub fn clock() -> Clock {
    let (start, started) = (now_ms(), Instant::now());
    Arc::new(move || {
        let passed = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        believable(now_ms(), start.saturating_add(passed))
    })
}

/// The machine's time when it is near the expected one, else the expected one.
fn believable(machine: u64, expected: u64) -> u64 {
    if machine.abs_diff(expected) <= MAX_STEP_MS { machine } else { expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_by_a_year_is_not_believed() {
        let expected = 1_800_000_000_000;
        let year = 365 * MAX_STEP_MS;
        assert_eq!(believable(expected + 3_600_000, expected), expected + 3_600_000);
        assert_eq!(believable(expected + year, expected), expected);
        assert_eq!(believable(expected - year, expected), expected);
    }
}
