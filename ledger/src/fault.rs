//! What the machine cannot do, told to the operator.
//!
//! A rejection says that the rules forbid something, and is data for members. A [`Fault`] says that the machine failed:
//! a disk, a file, another process. Members only ever see "unavailable"; the text here goes to the log and to the
//! screen of whoever runs the node, so each says what happened and what to do about it. It is `Clone`, because one
//! failed write is the answer to every member of its batch.

use std::sync::{Mutex, PoisonError};
use std::{fmt, io};

/// A failure of the machine, as opposed to a refusal by the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The operating system refused an operation on a file.
    Io {
        /// What was attempted, with the path, as in "write /data/journal/00000000000000000000.seg".
        what: String,
        /// The operating system's own words.
        message: String,
    },
    /// Another process has the directory open.
    Locked {
        /// The path of the directory.
        directory: String,
    },
    /// An earlier write failed: what is on disk is unknown until a restart has read it (fail-stop).
    Poisoned,
    /// What the node was given does not fit the data, or the program itself is wrong; the data are as they should be.
    Setup(String),
    /// Too many submissions wait already: nothing was done with this one.
    Busy,
    /// What is on disk is not what was written, and repairing it would be a guess.
    Damage(String),
}

impl Fault {
    /// A refusal by the operating system to do `what`.
    pub fn io(what: impl Into<String>, error: &io::Error) -> Fault {
        Fault::Io { what: what.into(), message: error.to_string() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Io { what, message } => {
                write!(f, "could not {what}: {message}. Check the disk, its free space and its permissions, then restart.")
            }
            Fault::Locked { directory } => {
                write!(f, "{directory} is in use by another process. Stop that one first: two would destroy the data.")
            }
            Fault::Poisoned => {
                write!(f, "an earlier write failed, so nothing more is written. Read the fault before this one, then restart.")
            }
            Fault::Setup(what) => write!(f, "{what}. The data are whole: change nothing in them."),
            Fault::Busy => write!(f, "too many transactions wait for the disk: send the same again in a moment."),
            Fault::Damage(what) => {
                let advice =
                    "Change nothing in this directory: copy it as it is, then salvage with `liard repair` and the newest backup";
                write!(f, "{what}. {advice}.")
            }
        }
    }
}

impl std::error::Error for Fault {}

/// Why a node writes nothing more, once it does not: the first write that failed, whichever it was. What shares one stops together.
#[derive(Debug, Default)]
pub struct Stop(Mutex<Option<Fault>>);

impl Stop {
    /// The failure, if there was one.
    pub fn why(&self) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `Err` with the failure, if there was one.
    pub fn check(&self) -> Result<(), Fault> {
        self.why().map_or(Ok(()), Err)
    }

    /// Nothing is written from now on; the first reason stays.
    pub fn stop(&self, fault: &Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| fault.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_says_what_happened_and_what_to_do() {
        let full = Fault::io("write /data/x.seg", &io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(
            full.to_string(),
            "could not write /data/x.seg: no storage space. Check the disk, its free space and its permissions, then restart."
        );
        let faults = [
            Fault::Locked { directory: "/data".into() },
            Fault::Poisoned,
            Fault::Busy,
            Fault::Setup("the node does not hold the key: put it into the folder".into()),
            Fault::Damage("segment x, entry 3 at byte 40: its checksum is wrong".into()),
        ];
        for fault in faults {
            assert!(fault.to_string().matches(['.', ':']).count() >= 2, "{fault}");
        }
    }
}
