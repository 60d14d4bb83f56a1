//! The money of a complementary local currency: rules, journal, proofs.
//!
//! Reading order is dependency order: each file uses only files above it. No async, no HTTP, no clock and no environment: the time
//! and the secrets are handed in. `FORMATS.md` describes the bytes.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod amount;
pub mod key;
pub mod encoding;
pub mod account;
pub mod rejection;
pub mod outcome;
pub mod transaction;
pub mod message;
pub mod rules;
pub mod books;
pub mod state;
mod gifts;
mod redemptions;
mod acts;
pub mod entry;
pub mod merkle;
pub mod note;
pub mod checkpoint;
pub mod tile;
pub mod fork;
pub mod receipt;
pub mod calendar;
pub mod liability;
pub mod coverage;
pub mod fault;
pub mod storage;
pub mod log;
mod views;
pub mod records;
pub mod directory;
pub mod orders;
pub mod refund_requests;
pub mod places;
pub mod publication;
mod snapshot;
pub mod journal;
pub mod writer;
mod keeper;
pub mod ledger;
pub mod labels;
pub mod cards;
pub mod inspection;
pub mod memory;
pub mod audit;
pub mod backup;
pub mod repair;

pub use ed25519_dalek::SigningKey;
