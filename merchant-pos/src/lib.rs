//! HTTP for shops: tills, charges, receipts, refunds and the day's list.
//!
//! ```text
//! tills ──/pos/v1──▶ routes ──▶ records of this machine ◀── watch ──HTTP──▶ wallet API
//! ```
//! A shop can run this on its own machine, or the association for all its shops. It reaches the money over HTTP only, also when both
//! run in one process, and believes nothing but a receipt that it has verified. Reading order: `error`, `charge` (the rules), `rows`,
//! `store` and `day` (what is kept and shown), `session` and `enrolment` (who asks), `sse`, `upstream` and `watch` (how it hears of payments),
//! `post` (mails), `settings`, `counter` and `people` (what a shop set up), `stalls` (signs on a market), `wire` and `routes` (HTTP).

#![cfg_attr(test, allow(clippy::unwrap_used))]
#![deny(missing_docs)]

mod charge;
mod counter;
mod day;
mod description;
mod enrolment;
mod error;
pub mod evening;
pub mod invoices;
mod people;
pub mod post;
pub mod printing;
mod routes;
mod rows;
mod session;
mod settings;
mod sse;
mod stalls;
mod store;
pub mod tickets;
mod upstream;
mod watch;
pub mod wire;

pub use error::Reason;
pub use store::RECORDS_ID;
pub use upstream::{Known, Vouched};

use ledger::SigningKey;
use ledger::fault::Fault;
use ledger::key::{LedgerId, PublicKey};
use ledger::writer::Clock;
use post::Post;
use std::path::PathBuf;
use std::sync::Arc;

/// What the service is opened with.
pub struct Settings {
    /// The base URL of the wallet API, such as `https://monnaie.example`.
    pub api: String,
    /// Where browsers find the wallet; it stands in QR codes.
    pub public_url: String,
    /// The folder of this machine's records: `records` is to be kept, `views` may be deleted.
    pub directory: PathBuf,
    /// Tells the time.
    pub clock: Clock,
    /// What is known of the ledger before it is asked.
    pub known: Known,
    /// The service's own key: it signs what this machine says of a shop's records.
    pub signer: SigningKey,
    /// Hands mails in; without it there are none.
    pub post: Option<Post>,
    /// How it prints.
    pub printing: printing::Settings,
    /// Hosts that hooks are sent to wherever they are, also without TLS, each as `host:port` (443 without a port): for a web shop on the
    /// same machine. Its other ports stay closed; all other hosts have to be on the open internet, over HTTPS.
    pub hook_hosts: Vec<String>,
    /// Whether this is a shop's own machine, and its owner's wallet is served elsewhere, by the machine of the API: then that one's
    /// `/pos/v1` keeps what wallets change, and hears of the signs that wallets ask about.
    pub wallets_elsewhere: bool,
}

/// The service, until it is dropped.
pub struct Service {
    pos: routes::Pos,
}

impl Service {
    /// Opens the records. The wallet API is not asked anything before the first request. The program has installed rustls's
    /// crypto provider.
    ///
    /// # Errors
    ///
    /// When the records cannot be opened.
    pub fn open(settings: Settings) -> Result<Service, Fault> {
        let Settings { api, public_url, directory, clock, known, signer, post, printing, hook_hosts, wallets_elsewhere } =
            settings;
        let store = Arc::new(store::Store::open(&directory)?);
        let upstream = upstream::Upstream::new(&api, store, clock, known)?;
        let public_url = public_url.trim_end_matches('/').into();
        let watch = Arc::new(watch::Watch::new(upstream));
        let receipts = printing.receipts.map(|url| url.trim_end_matches('/').into());
        let printers = printing::Printers::new(printing.networks);
        let (enrolments, signer) = (Arc::default(), Arc::new(signer));
        let desk = Arc::new(invoices::desk::Desk::new(signer.clone(), hook_hosts)?);
        let pos = routes::Pos { watch, enrolments, public_url, signer, post, printers, receipts, desk, wallets_elsewhere };
        invoices::work::begin(&pos);
        Ok(Service { pos })
    }

    /// The routes under `/pos/v1`. Served with `into_make_service_with_connect_info`, wrong codes are counted per source.
    pub fn router(&self) -> axum::Router {
        // The owner says in the wallet to whom an evening is mailed: it is mailed from where that is kept, once.
        if let Some(post) = self.pos.post.clone().filter(|_| !self.pos.wallets_elsewhere) {
            self.pos.watch.tasks.spawn(evening::mails(self.pos.clone(), post));
        }
        routes::router(self.pos.clone())
    }

    /// Whether a ledger is the one that these records belong to, and a key one of those that its chain of keys proves to sign its
    /// checkpoints. Meets the ledger if it was not met before; false while it cannot be met.
    pub async fn proves(&self, ledger: &LedgerId, key: &PublicKey) -> bool {
        self.pos.watch.upstream.proves(ledger, key).await.unwrap_or(false)
    }

    /// Ends the live connections and all that runs in the background; dropping the service does so too.
    pub fn shutdown(&self) {
        self.pos.watch.tasks.end();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.shutdown();
    }
}
