//! What the room of cards says and hears.

use serde::{Deserialize, Serialize};

/// The cards that people have.
#[derive(Serialize)]
pub struct CardList {
    /// The newest first.
    pub cards: Vec<CardLine>,
    /// So many are printed and nobody's.
    pub blank: usize,
    /// The node's key, which an account has to let pay before its cards are good, in hexadecimal digits.
    pub key: String,
    /// The most that a card may pay without PIN, in cents.
    pub most_free: u64,
}

/// One of them.
#[derive(Serialize)]
pub struct CardLine {
    /// `C-000123`.
    pub number: String,
    /// `good`, `wrong_pins`, `by_office`, `by_holder` or `erased`.
    pub state: &'static str,
    /// Whose it is.
    pub account: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// When it was given, in milliseconds.
    pub given: Option<u64>,
    /// When it last paid, or tried with the right PIN.
    pub last_used: Option<u64>,
    /// What it pays without PIN, in cents.
    pub free_limit: u64,
    /// True when the account lets the node's key pay.
    pub ready: bool,
    /// The most that it lets it pay at a time, in cents.
    pub per_payment: Option<u64>,
    /// The most that it lets it pay in a day, in cents.
    pub per_day: Option<u64>,
    /// True while it pays nothing until a second person confirms what one did with it.
    pub waits_for_second: bool,
    /// While it waits: the number of the person who did it, and cannot confirm it.
    pub changed_by: Option<u16>,
}

/// Sheets to be printed.
#[derive(Deserialize)]
pub struct SheetsTyped {
    /// So many pages of ten cards.
    pub sheets: usize,
    /// The language of what is printed.
    pub language: String,
}

/// A card that is handed over.
#[derive(Deserialize)]
pub struct GivenTyped {
    /// Its number, or the secret of its link.
    pub card: String,
    /// To whom.
    pub account: String,
    /// What its holder typed.
    pub pin: String,
    /// What it may pay without PIN, in cents.
    pub free_limit: u64,
}

/// A new PIN.
#[derive(Deserialize)]
pub struct PinTyped {
    /// What its holder typed.
    pub pin: String,
}

/// A card that was found or changed.
#[derive(Serialize)]
pub struct CardNamed {
    /// Its number.
    pub number: String,
}
