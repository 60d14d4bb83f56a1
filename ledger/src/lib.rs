//! The money of a complementary local currency: rules, journal, proofs.
//!
//! Reading order is dependency order: each file uses only files above it. No async, no HTTP, no clock and no environment: the time
//! and the secrets are handed in. `FORMATS.md` describes the bytes.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod account;
mod acts;
pub mod amount;
pub mod audit;
pub mod books;
pub mod checkpoint;
pub mod directory;
pub mod encoding;
pub mod entry;
pub mod fault;
pub mod journal;
pub mod key;
pub mod ledger;
pub mod log;
pub mod merkle;
pub mod message;
pub mod outcome;
pub mod receipt;
pub mod records;
pub mod rejection;
pub mod rules;
pub mod state;
pub mod storage;
pub mod transaction;
mod views;
pub mod writer;

pub use ed25519_dalek::SigningKey;
