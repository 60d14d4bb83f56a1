//! How it stands with each witness: what it cosigned last, and what is wrong with it.

use crate::lines::{good_line, lines_of};
use ledger::checkpoint::Checkpoint;
use ledger::merkle::Hash;
use ledger::note::{Note, VerifierKey};
use std::sync::{Mutex, MutexGuard, PoisonError};

const SECOND_MS: u64 = 1_000;

/// Why a witness did not cosign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// It says that what it has seen of the log contradicts what this node tells.
    OtherHistory,
    /// It says that it has seen more of the log than this node has: if so, the node's data are older than what was published.
    LongerHistory,
    /// It does not cosign this log, or not under this key.
    NotWitnessed,
    /// No answer came in time.
    Unreachable,
    /// Its answer is none.
    Unsound,
}

impl Problem {
    /// The stable word for it.
    pub fn code(self) -> &'static str {
        match self {
            Problem::OtherHistory => "other_history",
            Problem::LongerHistory => "longer_history",
            Problem::NotWitnessed => "not_witnessed",
            Problem::Unreachable => "unreachable",
            Problem::Unsound => "unsound",
        }
    }

    /// The same in words.
    pub fn sentence(self) -> &'static str {
        match self {
            Problem::OtherHistory => "this witness says that it has seen another history",
            Problem::LongerHistory => "this witness says that it has seen a longer history than this node has",
            Problem::NotWitnessed => "this witness does not know this log or its key: compare the verifier keys",
            Problem::Unreachable => "this witness does not answer",
            Problem::Unsound => "this witness answers something that is no cosignature of its key",
        }
    }

    /// True when it says something about the history, and not only about the witness.
    pub fn is_alarm(self) -> bool {
        matches!(self, Problem::OtherHistory | Problem::LongerHistory)
    }
}

/// A good cosignature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cosigned {
    /// The size of the log.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// The signature line, with its newline.
    pub line: String,
    /// When the witness signed, in seconds since 1970.
    pub time_s: u64,
}

/// How it stands with one witness.
#[derive(Clone, Default, Debug)]
pub struct Standing {
    /// The newest size that it cosigned.
    pub size: Option<u64>,
    /// When, in milliseconds since 1970.
    pub time: Option<u64>,
    /// What went wrong when it was asked last.
    pub problem: Option<Problem>,
    cosigned: Option<Cosigned>,
}

/// How it stands with every witness, in the order of the settings.
pub struct Standings(Mutex<Vec<Standing>>);

impl Standings {
    /// What a published note says of these witnesses.
    pub fn of(keys: &[VerifierKey], published: Option<&str>) -> Standings {
        let standing = |key: &VerifierKey| {
            let mut standing = Standing::default();
            standing.tell(published.and_then(|note| found(key, note)));
            standing
        };
        Standings(Mutex::new(keys.iter().map(standing).collect()))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each of them.
    pub fn all(&self) -> Vec<Standing> {
        self.lock().clone()
    }

    /// Keeps what a witness answered; gives what it was before, when that has changed.
    pub fn note(&self, number: usize, answer: Result<Cosigned, Problem>) -> Option<Option<Problem>> {
        let mut standings = self.lock();
        let standing = standings.get_mut(number)?;
        let (before, now) = (standing.problem, answer.as_ref().err().copied());
        standing.problem = now;
        standing.tell(answer.ok());
        (before != now).then_some(before)
    }

    /// The lines of those who cosigned this very tree.
    pub fn lines(&self, size: u64, root: &Hash) -> String {
        let standings = self.lock();
        let cosigned = standings.iter().filter_map(|standing| standing.of(size, root));
        cosigned.map(|cosigned| cosigned.line.as_str()).collect()
    }

    /// The numbers of those who have not cosigned this tree, and the size that each cosigned last.
    pub fn lacking(&self, size: u64, root: &Hash) -> Vec<(usize, Option<u64>)> {
        let standings = self.lock();
        let lacking = standings.iter().enumerate().filter(|(_, standing)| standing.of(size, root).is_none());
        lacking.map(|(number, standing)| (number, standing.size)).collect()
    }
}

impl Standing {
    fn tell(&mut self, cosigned: Option<Cosigned>) {
        if let Some(cosigned) = cosigned {
            (self.size, self.time) = (Some(cosigned.size), Some(cosigned.time_s.saturating_mul(SECOND_MS)));
            self.cosigned = Some(cosigned);
        }
    }

    fn of(&self, size: u64, root: &Hash) -> Option<&Cosigned> {
        self.cosigned.as_ref().filter(|cosigned| cosigned.size == size && cosigned.root == *root)
    }
}

/// The cosignature of a key under a note.
fn found(key: &VerifierKey, text: &str) -> Option<Cosigned> {
    let note = Note::open(text).ok()?;
    let Checkpoint { size, root, .. } = Checkpoint::parse(note.body()).ok()?;
    let (line, signed) = good_line(note.body(), lines_of(text, &note), key)?;
    Some(Cosigned { size, root, line: line.to_owned(), time_s: signed.time_s? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger::SigningKey;
    use ledger::note::{cosign, sign};

    #[test]
    fn what_a_witness_says_of_the_history_is_told_as_its_word() {
        for problem in [Problem::OtherHistory, Problem::LongerHistory] {
            assert!(problem.is_alarm() && problem.sentence().contains("says that it has seen"), "{}", problem.sentence());
        }
    }

    #[test]
    fn what_was_published_before_a_restart_is_known_and_counts_for_that_tree_alone() {
        let (log, witness, other) = ([1, 2, 3]).map(|seed| SigningKey::from_bytes(&[seed; 32])).into();
        let key = |name: &str, key: &SigningKey| VerifierKey::witness(name, key.verifying_key().into());
        let body = Checkpoint { origin: "liard/test".into(), size: 7, root: [9; 32] }.encode_body();
        let line = cosign(&body, "one.example", &witness, 1_800);
        let note = format!("{body}\n{}{line}", sign(&body, "liard/test", &log));
        let keys = [key("one.example", &witness), key("two.example", &other)];
        let standings = Standings::of(&keys, Some(&note));
        assert_eq!(
            (standings.lines(7, &[9; 32]), standings.lines(7, &[8; 32]), standings.lines(8, &[9; 32])),
            (line, String::new(), String::new())
        );
        assert_eq!(standings.lacking(7, &[9; 32]), [(1, None)]);
        assert_eq!(standings.lacking(8, &[9; 32]), [(0, Some(7)), (1, None)]);
        assert_eq!(standings.all()[0].time, Some(1_800_000));
        assert_eq!(standings.note(0, Err(Problem::Unreachable)), Some(None));
        assert_eq!(standings.note(0, Err(Problem::Unreachable)), None, "told once");
        assert_eq!(standings.all()[0].size, Some(7), "what it cosigned stays");
    }
}
