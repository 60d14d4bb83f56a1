//! Batches of payments among the ledger's records: numbered from 1, in a table for each kind, never changed and never removed, so that a
//! bank's answer finds its batch for ever.

use crate::error::Problem;
use crate::pain::WriteError;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use ledger::encoding::DecodeError;
use ledger::fault::Fault;
use ledger::ledger::Ledger;
use ledger::records::{Change, KeyRange, Order, Table};
use std::sync::{Mutex, MutexGuard, PoisonError};

const UNWRITABLE: Problem = Problem::Conflict(
    "file_unwritable",
    "The bank's file cannot be written: look at the holder, IBAN, BIC and, for direct debits, creditor identifier in the settings.",
);

/// What is kept of one batch.
pub trait Batch: Sized {
    /// Its bytes, without its number.
    fn encode(&self) -> Vec<u8>;
    /// Reads them.
    fn decode(number: u64, bytes: &[u8]) -> Result<Self, DecodeError>;
}

/// The batches of one kind.
pub struct Batches {
    table: Table,
    /// Held by one preparation at a time, from its look at what is free until its write.
    preparing: Mutex<()>,
}

impl Batches {
    /// Those in a table.
    pub const fn of(table: Table) -> Batches {
        Batches { table, preparing: Mutex::new(()) }
    }

    /// Nobody else prepares a batch of this kind as long as this is held.
    pub fn alone(&self) -> MutexGuard<'_, ()> {
        self.preparing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the next batch. Held alone until it is kept, it is nobody else's.
    pub fn next(&self, ledger: &Ledger) -> Result<u64, Fault> {
        let newest = ledger.records().scan(self.table, &KeyRange::all(), 1, Order::Descending)?;
        let number = newest.first().map(|(key, _)| number_of(key)).transpose()?;
        Ok(number.unwrap_or(0) + 1)
    }

    /// Keeps a batch.
    pub fn keep(&self, ledger: &Ledger, number: u64, batch: &impl Batch) -> Result<(), Fault> {
        let put = Change::Put { table: self.table, key: number.to_be_bytes().to_vec(), value: batch.encode() };
        ledger.records().keep(&[put])
    }

    /// A batch by its number.
    pub fn read<B: Batch>(&self, ledger: &Ledger, number: u64) -> Result<Option<B>, Fault> {
        let found = ledger.records().get(self.table, &number.to_be_bytes())?;
        found.map(|bytes| B::decode(number, &bytes).map_err(senseless)).transpose()
    }

    /// What is known of each batch of this kind, with its number.
    pub fn all<B: Batch>(&self, ledger: &Ledger) -> Result<Vec<(u64, B)>, Fault> {
        self.after(ledger, 0)
    }

    /// The same of those with a higher number: a batch that was read once need not be read again.
    pub fn after<B: Batch>(&self, ledger: &Ledger, number: u64) -> Result<Vec<(u64, B)>, Fault> {
        let range = KeyRange::from(&number.saturating_add(1).to_be_bytes());
        let mut found = Vec::new();
        ledger.records().each(self.table, range, |key, bytes| -> Result<(), Fault> {
            let number = number_of(key)?;
            found.push((number, B::decode(number, bytes).map_err(senseless)?));
            Ok(())
        })?;
        Ok(found)
    }

    /// The newest batches, the newest first.
    pub fn newest<B: Batch>(&self, ledger: &Ledger, most: usize) -> Result<Vec<B>, Fault> {
        let found = ledger.records().scan(self.table, &KeyRange::all(), most, Order::Descending)?;
        found.iter().map(|(key, bytes)| B::decode(number_of(key)?, bytes).map_err(senseless)).collect()
    }
}

/// An id of ours in a bank's file: of a payment, or of a message.
pub fn id(prefix: &str, first: u64, second: u64) -> String {
    format!("{prefix}-{first}-{second}")
}

/// The two numbers of an [`id`] of ours. Who writes them otherwise, `RED-017-3`, names nothing.
pub fn numbers_of(prefix: &str, text: &str) -> Option<(u64, u64)> {
    let text = text.trim();
    let (first, second) = text.strip_prefix(prefix)?.strip_prefix('-')?.split_once('-')?;
    let (first, second) = (first.parse().ok()?, second.parse().ok()?);
    (id(prefix, first, second) == text).then_some((first, second))
}

/// What to answer when a file for the bank cannot be written.
pub fn unwritable(error: WriteError) -> Problem {
    tracing::error!(%error, "a file for the bank cannot be written");
    UNWRITABLE
}

/// A file for the bank, under a name to keep it by. It has names and IBANs in it, so that nothing on the way may keep it.
pub fn download(name: &str, xml: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (CONTENT_TYPE, "application/xml".to_owned()),
        (CONTENT_DISPOSITION, disposition),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, xml).into_response()
}

fn number_of(key: &[u8]) -> Result<u64, Fault> {
    let number = key.try_into().map_err(|_| Fault::Damage("a batch of payments has no number".into()))?;
    Ok(u64::from_be_bytes(number))
}

fn senseless(error: DecodeError) -> Fault {
    Fault::Damage(format!("what the records hold of a batch of payments makes no sense: {error}"))
}
