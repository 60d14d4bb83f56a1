//! The only place that reads the clock of the machine. Everything else is handed the time.

use ledger::writer::Clock;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, now.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The machine's clock, to be handed in.
pub fn clock() -> Clock {
    Arc::new(now_ms)
}
