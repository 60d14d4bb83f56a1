//! Live changes: who listens to an account is told the numbers of its new entries, after they became durable.

use ledger::key::AccountId;
use ledger::ledger::Ledger;
use ledger::writer::Committed;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast::{Receiver, Sender, channel};

/// A listener may be so many entries behind; one that is slower is told to read the statement again.
const BACKLOG: usize = 64;
/// So many live connections an account has at once: a family's phones and pages, or a shop's whole staff.
pub const MAX_LISTENERS: usize = 32;

/// Who listens to which account.
#[derive(Clone, Default)]
pub struct Hub {
    accounts: Arc<Mutex<HashMap<AccountId, Sender<u64>>>>,
}

impl Hub {
    /// A hub that the ledger tells of every batch.
    pub fn of(ledger: &Ledger) -> Hub {
        let hub = Hub::default();
        let told = hub.clone();
        ledger.watch(Box::new(move |batch| told.tell(batch)));
        hub
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, Sender<u64>>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, batch: &[Committed]) {
        let mut accounts = self.lock();
        if accounts.is_empty() {
            return;
        }
        for entry in batch {
            for account in &entry.accounts {
                // Nobody listens any more when the number cannot be sent.
                if accounts.get(account).is_some_and(|sender| sender.send(entry.sequence).is_err()) {
                    accounts.remove(account);
                }
            }
        }
    }

    /// The numbers of an account's entries, from now on; none when `most` listen already.
    pub fn listen(&self, account: AccountId, most: usize) -> Option<Receiver<u64>> {
        let mut accounts = self.lock();
        accounts.retain(|_, sender| sender.receiver_count() > 0);
        let sender = accounts.entry(account).or_insert_with(|| channel(BACKLOG).0);
        (sender.receiver_count() < most).then(|| sender.subscribe())
    }
}
