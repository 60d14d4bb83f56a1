//! How often somebody may: an exact token bucket for each key of a table that does not grow.
//!
//! A bucket is one number, the time at which it is full again, so that nothing has to be refilled. Time is handed in. Whole numbers
//! only: times are counted in steps of which `per_ms` make one of what is allowed, so that nothing is ever rounded but the answer to
//! "when again", and that upwards.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// The fastest that can be asked for, per period: times in steps stay far inside of 64 bits until the year 5000.
pub const MAX_NUMBER: u64 = 100_000;

/// So many per period, after at most so many at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    number: u64,
    per_ms: u64,
    burst: u64,
}

impl Rate {
    /// `number` every `per_ms` milliseconds, and at most `burst` at once. A number of 0 is no limit; [`MAX_NUMBER`] is the most.
    pub fn new(number: u64, per_ms: u64, burst: u64) -> Rate {
        Rate { number: number.min(MAX_NUMBER), per_ms, burst: burst.max(1) }
    }

    fn whole(&self) -> u64 {
        self.burst.saturating_mul(self.per_ms)
    }
}

/// Not now: there is one again after so many milliseconds.
#[derive(PartialEq, Eq, Debug)]
pub struct Wait(u64);

impl Wait {
    /// The same in whole seconds, rounded up: what `Retry-After` says.
    pub fn seconds(&self) -> u64 {
        self.0.div_ceil(1_000).max(1)
    }
}

/// A bucket per key. When the table is full, the keys that were not seen for longest are forgotten, which gives them a full bucket.
pub struct Allowances<K> {
    rate: Rate,
    half: usize,
    tables: Mutex<Tables<K>>,
}

/// Two generations: who is asked about moves to the young one; when that is full, it becomes the old one, and the old one is gone.
struct Tables<K> {
    young: HashMap<K, u64>,
    old: HashMap<K, u64>,
}

impl<K: Eq + Hash + Copy> Allowances<K> {
    /// Full buckets for everybody, of whom at most `most` are remembered.
    pub fn new(rate: Rate, most: usize) -> Allowances<K> {
        let tables = Tables { young: HashMap::new(), old: HashMap::new() };
        Allowances { rate, half: (most / 2).max(1), tables: Mutex::new(tables) }
    }

    /// Whether there is one for the key now. Takes nothing, and remembers nobody.
    pub fn ask(&self, key: &K, now: u64) -> Result<(), Wait> {
        if self.rate.number == 0 {
            return Ok(());
        }
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at = tables.young.get(key).or_else(|| tables.old.get(key)).copied().unwrap_or(0);
        self.allows(full_at, self.steps(now))
    }

    /// Takes one, if there is one.
    pub fn take(&self, key: K, now: u64) -> Result<(), Wait> {
        self.change(key, now, |full_at, now| self.allows(full_at, now).map(|()| self.one_less(full_at, now)))
    }

    /// Takes one also where there is none, down to a debt of one whole bucket: for what is only known afterwards.
    pub fn charge(&self, key: K, now: u64) {
        let most = self.rate.whole().saturating_mul(2);
        drop(self.change(key, now, |full_at, now| Ok(self.one_less(full_at, now).min(now.saturating_add(most)))));
    }

    fn one_less(&self, full_at: u64, now: u64) -> u64 {
        full_at.max(now).saturating_add(self.rate.per_ms)
    }

    fn steps(&self, now: u64) -> u64 {
        now.saturating_mul(self.rate.number)
    }

    fn allows(&self, full_at: u64, now: u64) -> Result<(), Wait> {
        let after = full_at.saturating_sub(now).saturating_add(self.rate.per_ms);
        match after.checked_sub(self.rate.whole()) {
            None | Some(0) => Ok(()),
            Some(missing) => Err(Wait(missing.div_ceil(self.rate.number))),
        }
    }

    fn change(&self, key: K, now: u64, next: impl FnOnce(u64, u64) -> Result<u64, Wait>) -> Result<(), Wait> {
        if self.rate.number == 0 {
            return Ok(());
        }
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let Tables { young, old } = &mut *tables;
        let before = young.get(&key).or_else(|| old.get(&key)).copied().unwrap_or(0);
        let (after, answer) = match next(before, self.steps(now)) {
            Ok(after) => (after, Ok(())),
            Err(wait) => (before, Err(wait)),
        };
        if young.len() >= self.half && !young.contains_key(&key) {
            // The room of the oldest is used again: no memory is asked for once the table has been full.
            std::mem::swap(young, old);
            young.clear();
        }
        young.insert(key, after);
        answer
    }

    /// How many keys are remembered.
    #[cfg(test)]
    fn remembered(&self) -> usize {
        let tables = self.tables.lock().unwrap();
        tables.young.len() + tables.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    /// How many of `tries` at one instant are allowed.
    fn allowed(table: &Allowances<u32>, key: u32, now: u64, tries: usize) -> usize {
        (0..tries).filter(|_| table.take(key, now).is_ok()).count()
    }

    #[test]
    fn a_burst_then_exactly_the_rate() {
        // Three a second do not divide a second: over an hour not one is lost or won.
        let table = Allowances::new(Rate::new(3, 1_000, 5), 100);
        assert_eq!(allowed(&table, 1, NOW, 9), 5);
        let hour: usize = (1..=3_600_000).map(|ms| usize::from(table.take(1, NOW + ms).is_ok())).sum();
        assert_eq!(hour, 3 * 3_600);
        assert_eq!(allowed(&table, 2, NOW, 9), 5, "another key has its own");
    }

    #[test]
    fn after_the_wait_that_was_told_there_is_one_and_not_before() {
        let table = Allowances::new(Rate::new(60, 3_600_000, 2), 100);
        assert_eq!(allowed(&table, 1, NOW, 3), 2);
        let Wait(ms) = table.ask(&1, NOW).unwrap_err();
        assert_eq!((ms, Wait(ms).seconds()), (60_000, 60));
        assert!(table.ask(&1, NOW + ms - 1).is_err() && table.take(1, NOW + ms - 1).is_err());
        assert!(table.ask(&1, NOW + ms).is_ok() && table.take(1, NOW + ms).is_ok());
        assert_eq!(Wait(1).seconds(), 1);
        assert_eq!(Wait(1_001).seconds(), 2);
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_gives_nothing_and_breaks_nothing() {
        let table = Allowances::new(Rate::new(1, 1_000, 2), 100);
        assert_eq!(allowed(&table, 1, NOW, 5), 2);
        assert_eq!(allowed(&table, 1, NOW - 60_000, 5), 0);
        assert_eq!(allowed(&table, 1, NOW + 2_000, 5), 2);
        assert_eq!(allowed(&table, 2, u64::MAX, 1), 1);
    }

    #[test]
    fn a_debt_ends_after_one_more_bucket() {
        let table = Allowances::new(Rate::new(30, 60_000, 30), 100);
        for _ in 0..100_000 {
            table.charge(1, NOW);
        }
        assert_eq!(table.ask(&1, NOW).unwrap_err().seconds(), 62);
        assert!(table.ask(&1, NOW + 62_000).is_ok());
        assert!(table.ask(&2, NOW).is_ok());
    }

    #[test]
    fn zero_is_no_limit_and_remembers_nobody() {
        let table = Allowances::new(Rate::new(0, 1_000, 0), 100);
        assert_eq!(allowed(&table, 1, NOW, 10_000), 10_000);
        table.charge(1, NOW);
        assert_eq!((table.remembered(), table.ask(&1, NOW)), (0, Ok(())));
    }

    #[test]
    fn the_table_stays_small_and_forgets_who_was_not_seen_for_longest() {
        let table = Allowances::new(Rate::new(1, 1_000, 1), 1_000);
        assert_eq!(allowed(&table, 0, NOW, 2), 1);
        for other in 1..1_000_000 {
            assert!(table.take(other, NOW).is_ok());
            if other % 100 == 0 && other < 50_000 {
                assert!(table.take(0, NOW).is_err(), "who is seen again and again is not forgotten");
            }
            assert!(table.remembered() <= 1_000);
        }
        assert!(table.take(0, NOW).is_ok(), "who was away for long is");
    }

    #[test]
    fn the_largest_rate_is_exact_too() {
        let table = Allowances::new(Rate::new(u64::MAX, 1_000, MAX_NUMBER), 10);
        let most = usize::try_from(MAX_NUMBER).unwrap();
        assert_eq!(allowed(&table, 1, NOW, most + 10), most);
        assert_eq!(allowed(&table, 1, NOW + 1, 1_000), 100);
    }
}
