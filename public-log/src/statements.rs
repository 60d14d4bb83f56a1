//! Coverage statements: one a day at its hour, made later when the node was not running then, and more when the office asks.

use crate::{Service, wire};
use ledger::coverage::SignedStatement;
use ledger::fault::Fault;
use ledger::liability::Seed;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Whether a statement is due is looked at this often: the hour is one on a clock on the wall.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a statement could not be made, the next attempt waits for so long: the reason stays until somebody acts.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

impl Service {
    /// Makes and publishes a coverage statement now. Waits for the disk: not for the threads that serve requests.
    ///
    /// # Errors
    ///
    /// As [`ledger::ledger::Ledger::state_coverage`]; [`Fault::Setup`] when the machine gives no random bytes.
    pub fn state_now(&self) -> Result<wire::Coverage, Fault> {
        let _alone = self.0.stating.lock().unwrap_or_else(PoisonError::into_inner);
        self.state().map(|signed| wire::Coverage::of(&signed))
    }

    fn state(&self) -> Result<Arc<SignedStatement>, Fault> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| Fault::Setup(format!("the machine gives no random bytes: {error}")))?;
        let signed = self.ledger().state_coverage(self.now(), Seed(seed))?;
        // Whoever reads the statement wants to find its checkpoint in the published log.
        self.0.sooner.notify_one();
        Ok(signed)
    }

    pub(crate) async fn state_for_ever(&self) {
        loop {
            let service = self.clone();
            let made = tokio::task::spawn_blocking(move || service.state_if_due()).await;
            let wait = match made {
                Ok(Ok(())) => LOOK_EVERY,
                // The alarm has told it.
                Ok(Err(_)) => AFTER_FAILURE,
                Err(error) => {
                    tracing::error!(%error, "making the coverage statement stopped");
                    AFTER_FAILURE
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// One statement for each hour at which one was due, and for those before it together: what was missed cannot be said any more.
    pub(crate) fn state_if_due(&self) -> Result<(), Fault> {
        let Some(due) = &self.0.settings.due else { return Ok(()) };
        let _alone = self.0.stating.lock().unwrap_or_else(PoisonError::into_inner);
        let made = if is_due(due(self.now()), self.newest()) { self.state().map(drop) } else { Ok(()) };
        let words = |fault: &Fault| {
            format!("a coverage statement is due and could not be made: {fault}. Put that right: it is tried again every minute")
        };
        self.0.alarms.stated.set(made.as_ref().err().map(words));
        made
    }

    /// When the newest statement was made, else when the ledger began: before that there was nothing to state.
    fn newest(&self) -> u64 {
        let began = self.ledger().durable().state.genesis().map_or(0, |genesis| genesis.time);
        self.ledger().publication().latest().map_or(began, |signed| signed.statement().time)
    }
}

fn is_due(due: u64, newest: u64) -> bool {
    newest < due
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hour_has_one_statement_also_when_the_node_was_not_running_then() {
        let (monday, tuesday) = (1_000, 2_000);
        assert!(!is_due(monday, monday), "made at the hour");
        assert!(!is_due(monday, monday + 300), "made after it");
        assert!(is_due(tuesday, monday + 300), "the next hour has come");
        assert!(is_due(tuesday, tuesday - 1), "one on demand before the hour does not stand for it");
    }
}
