//! The evening as files for others' programs. Pure: the same rows give the same bytes.
//!
//! | file | for | what stands in it |
//! |---|---|---|
//! | CSV | spreadsheets | every row, euros too, each with its charge, ticket, reference and entry |
//! | OFX 2.1.1 | personal and small-business accounting | the movements of units; `FITID` is the row's name, the same for ever |
//! | camt.053-like | accounting that reads bank statements | the same, as the statement of an account that begins at zero |
//! | FEC | French accountants | sales, VAT and means of payment per day as double entries |
//! | PDF | paper | a line per movement, or per day of a longer time |
//!
//! One unit is one euro (par), so that amounts are written as euros where a format asks for a currency.

mod camt;
mod csv;
mod fec;
mod ofx;
mod paper;

pub use camt::camt;
pub use csv::{csv, movements};
pub use fec::fec;
pub use ofx::ofx;
pub use paper::paper;

use super::receipt::Receipt;
use crate::tickets::TicketRow;
use crate::tickets::record::Means;
use ledger::calendar::{civil, paris};
use ledger::key::{Prefix, PublicKey};
use std::collections::HashMap;

/// What an export is made of.
pub struct Book<'a> {
    /// The rows, in the order of their times.
    pub rows: &'a [Receipt],
    /// The tickets of the time.
    pub tickets: &'a [TicketRow],
    /// The prefix of account texts.
    pub prefix: &'a Prefix,
    /// The shop's name; may be empty.
    pub shop: &'a str,
    /// Its account.
    pub account: &'a str,
    /// From this instant on.
    pub from: u64,
    /// Before this one.
    pub to: u64,
    /// When the file is made.
    pub made: u64,
    /// What tills and cashiers are called.
    pub labels: &'a HashMap<PublicKey, String>,
}

impl Book<'_> {
    /// The movements of units that are there: what the account's own statement shows of the shop's sales.
    fn movements(&self) -> impl Iterator<Item = &Receipt> {
        self.rows.iter().filter(|row| row.means == Means::Units && row.counts())
    }

    /// What a key is called, else its first digits.
    fn label(&self, key: &PublicKey) -> String {
        self.labels.get(key).cloned().unwrap_or_else(|| key.to_string()[..8].to_owned())
    }

    /// What a row is, in words for a line: its reference, else its ticket, else its charge.
    fn what(&self, row: &Receipt) -> String {
        let ticket = row.ticket.map(|(till, ticket)| format!("{} {ticket}", self.label(&till)));
        row.reference.clone().or(ticket).or_else(|| row.charge.map(hex::encode)).unwrap_or_else(|| row.id.clone())
    }
}

/// `12.50`, with a sign below zero.
fn decimal(cents: i64) -> String {
    let size = cents.unsigned_abs();
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, size / 100, size % 100)
}

/// `20261122` in Paris.
fn compact_day(ms: u64) -> String {
    let (year, month, day) = civil(paris(ms).0);
    format!("{year:04}{month:02}{day:02}")
}

/// An instant in UTC as its parts: year, month, day, hour, minute, second.
fn utc(ms: u64) -> (i32, u8, u8, u64, u64, u64) {
    let seconds = ms / 1_000;
    let (year, month, day) = civil(i64::try_from(seconds / 86_400).unwrap_or(0));
    (year, month, day, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

/// A text of XML, so many characters at most: without what XML cannot hold.
fn escaped(text: &str, most: usize) -> String {
    let plain = text.chars().filter(|c| !c.is_control()).take(most);
    plain.fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
        out
    })
}
