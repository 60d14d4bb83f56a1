//! The JSON of printers and of what is printed.

use serde::{Deserialize, Serialize};

/// The printers of a shop.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printing {
    /// Each under a number of its own; a till remembers which one is its own.
    pub printers: Vec<Printer>,
}

/// A printer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printer {
    /// Its number, from 1 on.
    pub id: u32,
    /// What the shop calls it.
    pub name: String,
    /// `network` or `usb`.
    pub kind: String,
    /// In a network: its address, with a port unless it is 9100. Empty else.
    pub address: String,
    /// The paper's width in millimetres: 58 or 80.
    pub width: u16,
    /// Its page of characters: `pc858`, `windows1252` or `ascii`.
    pub page: String,
    /// Whether it cuts.
    pub cut: bool,
    /// Whether a drawer hangs on it, which opens for cash.
    pub drawer: bool,
    /// Whether a code leads the customer to the ticket.
    pub code: bool,
}

/// What is to be printed, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct PrintQuery {
    /// The number of the printer.
    pub printer: u32,
    /// Whether it was on paper before; what this machine printed it knows by itself.
    #[serde(default)]
    pub duplicate: bool,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Printed {
    /// Whether the printer has it; else the browser sends `bytes` to it.
    pub sent: bool,
    /// Whether it is marked as a duplicate.
    pub duplicate: bool,
    /// For a printer of the browser's own: what to send, in base64url. Empty else.
    pub bytes: String,
}
