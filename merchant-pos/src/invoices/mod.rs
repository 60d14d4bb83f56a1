//! Invoices: a shop or a public service asks for a sum by a day, and is paid as at the till, whole or in parts.
//!
//! ```text
//! shop, its programs ──▶ invoice ──link──▶ payer's wallet ──▶ charge, asked by the desk ──▶ paid as always
//!                           └── standing, by its charges ──▶ hooks, letters
//! ```
//! Nobody is at the till when an invoice is paid: the *desk* is a key of this service that each shop adds to its own account, with no
//! right but to ask. Reading order: `invoice`, `series` and `hook` (the rules), `secret` and `address`, `rows` and `store` (what is
//! kept), `desk` and `work` (what happens by itself), `treasury` (the file), `wire` and `routes`.

pub(crate) mod address;
pub(crate) mod desk;
mod hook;
mod invoice;
mod routes;
mod rows;
mod secret;
mod series;
mod store;
mod treasury;
pub mod wire;
pub(crate) mod work;

pub use hook::{REPLAY_WINDOW_MS, SIGNATURE_HEADER};
pub(crate) use routes::routes;
