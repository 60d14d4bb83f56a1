//! What was printed, in this machine's records.
//!
//! ```text
//! PRINTS       account hash                            how often that record went to a printer, and when it first and last did
//! ```

use crate::store::{Store, put};
use ledger::encoding::{Reader, Writer};
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32};
use ledger::records::Table;

const PRINTS: Table = Table(32);

/// How often a record went to a printer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Prints {
    /// So many times.
    pub count: u64,
    /// First, in milliseconds.
    pub first: u64,
    /// Last, in milliseconds.
    pub last: u64,
}

impl Store {
    /// How often a record was printed by this machine.
    pub fn prints(&self, account: &AccountId, record: &Hash32) -> Result<Prints, Fault> {
        let found = self.row(PRINTS, &print_key(account, record), |value| {
            let mut reader = Reader::new(value);
            reader.array_of(3)?;
            let prints = Prints { count: reader.uint()?, first: reader.uint()?, last: reader.uint()? };
            reader.end()?;
            Ok(prints)
        })?;
        Ok(found.unwrap_or_default())
    }

    /// Notes that a record goes to a printer, and tells what was known before.
    pub fn note_print(&self, account: &AccountId, record: &Hash32, now: u64) -> Result<Prints, Fault> {
        let _writing = self.lock();
        let before = self.prints(account, record)?;
        let first = if before.count == 0 { now } else { before.first };
        self.keep_prints(account, record, &Prints { count: before.count + 1, first, last: now })?;
        Ok(before)
    }

    /// Takes back what was noted of a print of which nothing came onto paper.
    pub fn take_back_print(&self, account: &AccountId, record: &Hash32) -> Result<(), Fault> {
        let _writing = self.lock();
        let prints = self.prints(account, record)?;
        self.keep_prints(account, record, &Prints { count: prints.count.saturating_sub(1), ..prints })
    }

    fn keep_prints(&self, account: &AccountId, record: &Hash32, prints: &Prints) -> Result<(), Fault> {
        let mut out = Writer::new();
        out.array(3).uint(prints.count).uint(prints.first).uint(prints.last);
        self.write(&[put(PRINTS, &print_key(account, record), out.into_bytes())])
    }
}

fn print_key(account: &AccountId, record: &Hash32) -> Vec<u8> {
    [&account.0[..], &record.0].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_print_of_a_record_is_counted_for_its_shop() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let (shop, other, record) = (AccountId([1; 16]), AccountId([2; 16]), Hash32([3; 32]));
        for now in [5, 7, 9] {
            store.note_print(&shop, &record, now).unwrap();
        }
        assert_eq!(store.prints(&shop, &record).unwrap(), Prints { count: 3, first: 5, last: 9 });
        assert_eq!(store.prints(&other, &record).unwrap(), Prints::default());
    }

    #[test]
    fn of_two_prints_at_once_one_is_the_original_and_one_that_never_began_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        let (shop, record) = (AccountId([1; 16]), Hash32([3; 32]));
        let originals = || store.note_print(&shop, &record, 5).unwrap().count == 0;
        let both = std::thread::scope(|scope| [scope.spawn(originals), scope.spawn(originals)].map(|one| one.join().unwrap()));
        assert_eq!(both.into_iter().filter(|original| *original).count(), 1);
        let other = Hash32([4; 32]);
        store.note_print(&shop, &other, 5).unwrap();
        store.take_back_print(&shop, &other).unwrap();
        assert_eq!(store.note_print(&shop, &other, 6).unwrap().count, 0, "the first try never reached the printer");
        assert_eq!(store.prints(&shop, &other).unwrap(), Prints { count: 1, first: 6, last: 6 });
    }
}
