//! Pages of paper, as PDF: sheets of cards, statements of accounts, letters; and tables, as spreadsheets write them. The same input gives
//! the same bytes, on every machine: no clock, no random number. Money comes in as whole cents and texts as texts; nothing here knows a
//! ledger.
//!
//! In reading order: `words` (what is printed, in four languages), `font` (how wide a text is), `sheet` (marks on paper, in whole
//! micrometres), `cards`, `statement` and `letter` (what stands where), `pdf` (the marks as bytes). `table` stands for itself.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cards;
mod font;
mod letter;
mod pdf;
mod sheet;
mod statement;
pub mod table;
mod words;

pub use cards::{Card, CardSheet, cards};
pub use letter::{Letter, Piece, letter};
pub use statement::{Row, Statement, statement};
pub use words::{Language, amount};
