//! Batches of redemptions over HTTP, as JSON. Amounts are whole cents, times milliseconds since 1970.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `POST /office/v1/payouts`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayoutTyped {
    /// The bank account that pays.
    pub bank: u16,
    /// The entries of the redemptions.
    pub redemptions: Vec<u64>,
    /// The day on which the bank is asked to pay, `YYYY-MM-DD`; today when it is absent.
    pub date: Option<String>,
}

/// The batch that was prepared, and the act that approves it.
#[derive(Serialize)]
pub struct Prepared {
    pub number: u64,
    pub total: u64,
    pub count: usize,
    /// SHA-256 of the file.
    pub hash: String,
    /// The day of execution.
    pub date: String,
    /// What to look at before signing.
    pub warnings: Vec<Noted>,
    /// What is not in the batch, and why.
    pub left_out: Vec<Noted>,
    pub act: Value,
}

/// Something about one redemption.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, Debug)]
pub struct Noted {
    pub redemption: u64,
    pub code: &'static str,
}

/// `GET /office/v1/payouts`
#[derive(Serialize)]
pub struct Payouts {
    pub payouts: Vec<PayoutLine>,
}

/// One batch and where it is.
#[derive(Serialize)]
pub struct PayoutLine {
    pub number: u64,
    pub bank: u16,
    /// `pain.001.001.09` or `.03`.
    pub format: &'static str,
    pub created: u64,
    pub date: String,
    /// Who prepared it.
    pub by: u16,
    pub hash: String,
    pub total: u64,
    pub count: usize,
    /// `prepared`, `waiting`, `approved`, `partly`, `paid`, `returned`, `void`.
    pub state: &'static str,
    /// The entry that approved it, which `correct` takes back.
    pub sequence: Option<u64>,
    /// The proposal that waits.
    pub proposal: Option<String>,
    /// A name or an IBAN was changed since: the file cannot be built as it was approved.
    pub directory_changed: bool,
    /// When its file was given out first: a bank may have it, even if the batch was taken back since.
    pub given_out: Option<GivenOutLine>,
    pub payments: Vec<PaymentLine>,
    pub act: Value,
}

/// Who took a file for the bank, and when.
#[derive(Serialize)]
pub struct GivenOutLine {
    pub by: u16,
    pub time: u64,
}

/// One payment of a batch.
#[derive(Serialize)]
pub struct PaymentLine {
    pub redemption: u64,
    pub account: String,
    pub name: Option<String>,
    /// Only for those who act.
    pub iban: Option<String>,
    pub net: u64,
    pub end_to_end: String,
    /// `payable`, `ordered`, `paid`, `returned`; `elsewhere` when it is no longer this batch's.
    pub state: &'static str,
}
