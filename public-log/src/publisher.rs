//! The rounds that publish the log: every witness is asked at the same time, and what came back in time is published with it.
//!
//! ```text
//! the log grew ─▶ ask all ─▶ all answered, or the round's time is over ─▶ publish ─▶ a late one answers ─▶ publish once more
//! ```
//!
//! Also with fewer lines than needed the log is published: it is then recorded, and not yet final for everyone. A witness that says
//! it has seen another history is asked again in each round, and the alarm stays until it cosigns.

use crate::Service;
use crate::ask::{Target, ask};
use crate::lines::lines_of;
use crate::standing::{Cosigned, Problem};
use ledger::checkpoint::Checkpoint;
use ledger::fault::Fault;
use ledger::note::Note;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Sleep;

/// Who has not answered after so long is not waited for: people wait to see their payment published.
const ROUND_TIME: Duration = Duration::from_secs(4);

/// After so many rounds in which the log had grown and nothing was published there is an alarm: one or two may have met a slow disk.
const ROUNDS_WITHOUT: u32 = 3;

/// So many of the log's own lines are published, the newest first: who knows none of eight keys asks for `/log/keys`.
const MAX_OWN_LINES: usize = 8;

/// A witness's number and its answer.
type Answered = (usize, Result<Cosigned, Problem>);

impl Service {
    pub(crate) async fn publish_for_ever(&self) {
        let mut first = true;
        loop {
            let every = tokio::time::sleep(self.0.settings.every);
            let grown = self.ledger().durable().state.size();
            self.round(first).await;
            self.watch(grown);
            first = false;
            tokio::select! {
                () = every => {}
                () = self.0.sooner.notified() => {}
            }
        }
    }

    /// Looks, after a round, whether what was there before it is published; the alarm is for several rounds in a row.
    pub(crate) fn watch(&self, grown: u64) {
        let behind = self.ledger().publication().published_size() < grown;
        let without = if behind { self.0.without.load(Relaxed).saturating_add(1) } else { 0 };
        self.0.without.store(without, Relaxed);
        self.0.alarms.published.set((without >= ROUNDS_WITHOUT).then(|| self.why_not_published()));
    }

    fn why_not_published(&self) -> String {
        let why = match self.target() {
            None => {
                "this node does not hold the checkpoint key in force: put the key's file into secrets/ and start the node again"
            }
            Some(_) => "the log of the program says why: put that right, it is tried again each time",
        };
        format!("the log has grown and is not published, so that nothing becomes final for everyone: {why}")
    }

    /// One round; in the first one everybody is asked, to learn how it stands with them.
    async fn round(&self, first: bool) {
        let proving = self.ledger().clone();
        told(tokio::task::spawn_blocking(move || proving.prove_keys()).await, "prove a rotation of the checkpoint key");
        let Some(target) = self.target() else { return };
        let asking = self.ask_those_who_lack(&target, first);
        let published = self.ledger().publication().published_size();
        if !asking.is_empty() || published < target.checkpoint.size {
            self.gather(asking, &target).await;
        }
    }

    /// The durable checkpoint, signed by the keys of the log that this node holds: who knows only an earlier one reads it too.
    fn target(&self) -> Option<Target> {
        let signed = self.ledger().checkpoint_by_held_keys()?;
        let note = Note::open(signed.as_str()).ok()?;
        let checkpoint = Checkpoint::parse(note.body()).ok()?;
        let own: String = lines_of(signed.as_str(), &note).split_inclusive('\n').take(MAX_OWN_LINES).collect();
        Some(Target { checkpoint, note: format!("{}\n{own}", note.body()) })
    }

    fn ask_those_who_lack(&self, target: &Target, everybody: bool) -> JoinSet<Answered> {
        let (size, root) = (target.checkpoint.size, &target.checkpoint.root);
        let lacking = match everybody {
            true => self.0.standings.all().iter().map(|standing| standing.size).enumerate().collect(),
            false => self.0.standings.lacking(size, root),
        };
        let mut asking = JoinSet::new();
        for (number, known) in lacking {
            let (service, target) = (self.clone(), target.clone());
            asking.spawn(async move {
                let witness = &service.0.settings.witnesses[number];
                (number, ask(&service.0.http, witness, service.ledger(), &target, known.unwrap_or(0)).await)
            });
        }
        asking
    }

    /// Publishes what all answered, or what came in time, and once more with each that came later.
    async fn gather(&self, mut asking: JoinSet<Answered>, target: &Target) {
        let mut time_over = pin!(tokio::time::sleep(ROUND_TIME));
        let mut published = false;
        while let Some(answered) = next(&mut asking, time_over.as_mut(), published).await {
            match answered {
                Some(answered) => self.take(answered),
                None => published = true,
            }
            if published {
                self.publish(target).await;
            }
        }
        if !published {
            self.publish(target).await;
        }
    }

    /// Keeps an answer, and tells what it changed.
    fn take(&self, (number, answer): Answered) {
        let cosigned = answer.is_ok();
        let problem = answer.as_ref().err().copied();
        let changed = self.0.standings.note(number, answer);
        let witness = &self.0.settings.witnesses[number].key.name;
        match (changed, problem) {
            (Some(_), Some(problem)) if problem.is_alarm() => {
                tracing::error!(witness, "{}: find out who changed what before anything else", problem.sentence());
            }
            (Some(_), Some(problem)) => tracing::warn!(witness, "{}", problem.sentence()),
            (Some(_), None) if cosigned => tracing::warn!(witness, "this witness cosigns again"),
            _ => {}
        }
    }

    async fn publish(&self, target: &Target) {
        let (service, target) = (self.clone(), target.clone());
        let done = tokio::task::spawn_blocking(move || service.publish_with_lines(&target)).await;
        told(done, "publish the log");
    }

    fn publish_with_lines(&self, target: &Target) -> Result<(), Fault> {
        let lines = self.0.standings.lines(target.checkpoint.size, &target.checkpoint.root);
        let note = format!("{}{lines}", target.note);
        let publication = self.ledger().publication();
        if publication.checkpoint().is_some_and(|published| *published == *note) {
            return Ok(());
        }
        publication.publish(&note, self.root_at())
    }

    /// Publishes the durable checkpoint as it is, for the first time of all.
    pub(crate) fn publish_alone(&self) -> Result<(), Fault> {
        self.target().map_or(Ok(()), |target| self.publish_with_lines(&target))
    }
}

/// What happens next: an answer, or (once) that the time is over; `None` when everybody has answered.
async fn next(asking: &mut JoinSet<Answered>, mut time_over: Pin<&mut Sleep>, over: bool) -> Option<Option<Answered>> {
    loop {
        tokio::select! {
            answered = asking.join_next() => match answered? {
                Ok(answered) => return Some(Some(answered)),
                Err(error) => tracing::error!(%error, "asking a witness stopped"),
            },
            () = &mut time_over, if !over => return Some(None),
        }
    }
}

/// Logs what went wrong in the background; the next round tries again.
fn told<T>(done: Result<Result<T, Fault>, tokio::task::JoinError>, what: &str) {
    match done {
        Ok(Ok(_)) => {}
        Ok(Err(fault)) => tracing::error!(%fault, "could not {what}"),
        Err(error) => tracing::error!(%error, "could not {what}"),
    }
}
