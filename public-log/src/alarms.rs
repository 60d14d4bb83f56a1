//! What would stop without a word: statements that are due, and a log that grows and is not published.

use std::sync::{Mutex, PoisonError};

/// One thing that may be wrong, in words that say what to do; told once when it changes.
#[derive(Default)]
pub struct Alarm(Mutex<Option<String>>);

impl Alarm {
    /// Keeps what is wrong now; `None`: nothing.
    pub fn set(&self, wrong: Option<String>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *kept == wrong {
            return;
        }
        match (&wrong, &*kept) {
            (Some(words), _) => tracing::error!("{words}"),
            (None, before) => tracing::warn!(before, "this is over"),
        }
        *kept = wrong;
    }

    /// What is wrong.
    pub fn words(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What is watched beside the witnesses.
#[derive(Default)]
pub struct Alarms {
    /// A coverage statement that is due and could not be made.
    pub stated: Alarm,
    /// A log that has grown and is not published.
    pub published: Alarm,
}

impl Alarms {
    /// Each that is wrong.
    pub fn words(&self) -> impl Iterator<Item = String> {
        [self.stated.words(), self.published.words()].into_iter().flatten()
    }
}
