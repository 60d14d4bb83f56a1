//! Batches of direct debits over HTTP, as JSON. Amounts are whole cents, times milliseconds since 1970.

use serde::{Deserialize, Serialize};

/// `POST /office/v1/collections`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionTyped {
    /// The bank account that the euros go to.
    pub bank: u16,
    /// The day of the debits, `YYYY-MM-DD`: the mandates of this day of the month are collected.
    pub date: String,
}

/// The batch that was prepared.
#[derive(Serialize)]
pub struct Prepared {
    pub number: u64,
    pub count: usize,
    pub total: u64,
    pub left_out: Vec<LeftOut>,
}

/// A mandate of that day that is not collected, and why.
#[derive(Serialize)]
pub struct LeftOut {
    pub account: String,
    pub name: String,
    pub cents: u64,
    pub code: &'static str,
}

/// `GET /office/v1/collections`
#[derive(Serialize)]
pub struct Collections {
    pub collections: Vec<CollectionLine>,
}

/// One batch.
#[derive(Serialize)]
pub struct CollectionLine {
    pub number: u64,
    pub bank: u16,
    /// `pain.008.001.08` or `.02`.
    pub format: &'static str,
    pub created: u64,
    pub date: String,
    /// Who prepared it.
    pub by: u16,
    /// Of those that are still in the file.
    pub total: u64,
    /// How many are still in the file.
    pub count: usize,
    pub debits: Vec<DebitLine>,
}

/// One member's debit.
#[derive(Serialize)]
pub struct DebitLine {
    pub account: String,
    pub name: Option<String>,
    /// Only for those who act.
    pub iban: Option<String>,
    pub cents: u64,
    pub end_to_end: String,
    /// The first under its mandate.
    pub first: bool,
    /// The mandate was revoked, replaced or erased since: it is left out of the file.
    pub ended: bool,
}

/// `GET /office/v1/exposure`: euros from direct debits that became units and that banks can still take back.
#[derive(Serialize)]
pub struct Exposure {
    pub total: u64,
    pub members: Vec<Exposed>,
}

/// One member's.
#[derive(Serialize)]
pub struct Exposed {
    pub account: String,
    /// Whose bank account the newest mandate is for.
    pub name: Option<String>,
    pub cents: u64,
    /// Until when the last of it can come back.
    pub until: u64,
}
