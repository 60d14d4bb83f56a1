//! How many cores the machine has: read here, and handed to whoever verifies signatures or reads the journal.

/// The cores that this program may use.
pub fn count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
