//! Public figures, taken at fixed times, so that nobody's joining shows; beside them what is published anyway.

use crate::wire::PublicFigures;
use ledger::account::AccountKind;
use ledger::ledger::Ledger;
use ledger::state::Status;
use std::sync::{Mutex, PoisonError};

/// Members are counted in tens, so that nobody's joining can be seen.
const MEMBERS_STEP: u64 = 10;
/// Shops are counted in fives.
const SHOPS_STEP: u64 = 5;

/// The figures of the last time that they were taken.
#[derive(Default)]
pub struct Figures(Mutex<Option<PublicFigures>>);

impl Figures {
    /// The figures, taken anew when `every_ms` have passed.
    pub fn at(&self, ledger: &Ledger, now: u64, every_ms: u64) -> PublicFigures {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(figures) if now.saturating_sub(figures.as_of) < every_ms => {
                let (entries, checkpoint) = published(ledger);
                PublicFigures { entries, checkpoint, ..figures.clone() }
            }
            _ => last.insert(take(ledger, now)).clone(),
        }
    }
}

fn take(ledger: &Ledger, now: u64) -> PublicFigures {
    let durable = ledger.durable();
    let open = || durable.state.accounts().iter().filter(|account| account.status == Status::Open);
    let shops = open().filter(|account| account.kind == AccountKind::Professional).count() as u64;
    let members = open().count() as u64;
    let (entries, checkpoint) = published(ledger);
    PublicFigures {
        as_of: now,
        members_about: members / MEMBERS_STEP * MEMBERS_STEP,
        shops_about: shops / SHOPS_STEP * SHOPS_STEP,
        entries,
        checkpoint,
    }
}

/// How many entries are published, and under which checkpoint.
fn published(ledger: &Ledger) -> (u64, String) {
    let publication = ledger.publication();
    (publication.published_size(), publication.checkpoint().map(|note| note.to_string()).unwrap_or_default())
}
