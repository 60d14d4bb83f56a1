//! Public figures, taken at fixed times: a figure that followed every entry would disclose single conversions.

use crate::wire::{PerMedium, PublicFigures};
use ledger::account::{AccountKind, Medium};
use ledger::amount::Cents;
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
            Some(figures) if now.saturating_sub(figures.as_of) < every_ms => figures.clone(),
            _ => last.insert(take(ledger, now)).clone(),
        }
    }
}

fn take(ledger: &Ledger, now: u64) -> PublicFigures {
    let durable = ledger.durable();
    let (state, books) = (&durable.state, durable.state.books());
    let per_medium =
        |of: &dyn Fn(Medium) -> Cents| PerMedium { digital: of(Medium::Digital).get(), paper: of(Medium::Paper).get() };
    let missing = |medium| Cents::new(books.surplus(medium).negated().get().max(0));
    let open = || state.accounts().iter().filter(|account| account.status == Status::Open);
    let shops = open().filter(|account| account.kind == AccountKind::Professional).count() as u64;
    let members = open().count() as u64;
    PublicFigures {
        as_of: now,
        circulation: per_medium(&|medium| books.circulation(medium)),
        fund: per_medium(&|medium| books.cover(medium)),
        shortfall: per_medium(&missing),
        members_about: members / MEMBERS_STEP * MEMBERS_STEP,
        shops_about: shops / SHOPS_STEP * SHOPS_STEP,
        entries: state.size(),
        checkpoint: durable.checkpoint.as_ref().map(|note| note.as_str().to_owned()).unwrap_or_default(),
    }
}
