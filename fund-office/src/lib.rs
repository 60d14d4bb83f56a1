//! HTTP for the association's office: what the fund covers, what waits for a second person, what was done, who the members are.
//!
//! The office decides nothing here: an approval is a signed transaction like any other and goes to the wallet API. These routes
//! show the ledger to the association's people and keep the directory of members. Who a token belongs to is told from outside, so
//! that one sign-in serves every page.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod acts;
mod batches;
mod cards;
pub mod bank;
pub mod collections;
pub mod credit;
mod desk;
mod error;
mod fund_account;
pub mod iban;
mod instructions;
pub mod intake;
mod member;
mod members;
mod money;
mod odd;
mod overview;
pub mod pain;
pub mod payouts;
mod proposals;
mod publication;
pub mod rules;
mod series;
mod staff;
mod trail;
mod wire;
pub mod words;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use ledger::cards::Cards;
use ledger::fault::Fault;
use ledger::key::PublicKey;
use ledger::ledger::Ledger;
use ledger::writer::Clock;
use serde_json::Value;
use std::sync::Arc;

pub use member::held;
pub use wire::Disk;

/// The longest body: a profile of four short fields.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// Tells whose key a token stands for, if it is good.
pub type Identify = Arc<dyn Fn(&str) -> Option<PublicKey> + Send + Sync>;

/// What the office is made of. Cheap to copy.
#[derive(Clone)]
pub struct Settings {
    /// The ledger, shared with the wallet API.
    pub ledger: Arc<Ledger>,
    /// Who holds a token.
    pub identify: Identify,
    /// Makes and publishes a coverage statement now; gives it as the public log does. Waits for the disk.
    pub state: Arc<dyn Fn() -> Result<Value, Fault> + Send + Sync>,
    /// How it stands with the node's disk.
    pub disk: Arc<dyn Fn() -> Disk + Send + Sync>,
    /// The time.
    pub clock: Clock,
    /// How the association is known to its banks.
    pub bank: Arc<BankSettings>,
    /// The banks' files.
    pub intake: Arc<intake::Intake>,
    /// The payment cards.
    pub cards: Arc<Cards>,
    /// What links on paper begin with: `https://` and the node's name, without a slash at the end.
    pub public_url: String,
}

/// How the association is known to its banks.
#[derive(Debug)]
pub struct BankSettings {
    /// Who holds the fund's bank accounts, exactly as the bank writes it.
    pub holder: String,
    /// The IBAN that members convert to.
    pub iban: String,
    /// Its BIC, where one is shown.
    pub bic: Option<String>,
    /// The SEPA creditor identifier (ICS), which direct debits need.
    pub creditor_id: Option<String>,
    /// What names credits in the journal, and only for those who hold it.
    pub credit_secret: Vec<u8>,
    /// The bank accounts that still want pain.001.001.03 and pain.008.001.02 instead of .09 and .08.
    pub older_pain: Vec<u16>,
}

/// The routes under `/office/v1`.
pub fn router(settings: Settings) -> Router {
    Router::new()
        .route("/office/v1/overview", get(overview::overview))
        .route("/office/v1/proposals", get(proposals::proposals))
        .route("/office/v1/acts", get(acts::acts))
        .route("/office/v1/members", get(members::members))
        .route("/office/v1/members/{account}", get(member::member).put(members::put_profile))
        .route("/office/v1/staff", get(staff::staff))
        .route("/office/v1/series", get(series::series))
        .route("/office/v1/redemptions", get(money::redemptions))
        .route("/office/v1/credits", get(money::credits))
        .route("/office/v1/confirmations", get(publication::confirmations).post(publication::confirm))
        .route("/office/v1/statements", post(publication::state))
        .merge(cards::routes())
        .merge(payouts::routes())
        .merge(collections::routes())
        .merge(instructions::routes())
        .merge(rules::routes())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .merge(intake::routes())
        .with_state(settings)
}
