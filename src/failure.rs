//! Why a command ends without having done its work: one sentence that says what happened and what to do.

use ledger::backup::NotCopied;
use ledger::fault::Fault;
use std::fmt;
use std::path::Path;

/// A sentence for whoever typed the command.
#[derive(Debug)]
pub struct Failure(String);

/// What a command gives back.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A failure in these words.
    pub fn new(sentence: impl Into<String>) -> Failure {
        Failure(sentence.into())
    }

    /// A file or folder that the operating system refused.
    pub fn file(what: &str, path: &Path, error: &std::io::Error) -> Failure {
        Failure(format!("could not {what} {}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure(fault.to_string())
    }
}

impl From<NotCopied> for Failure {
    fn from(why: NotCopied) -> Failure {
        Failure(why.to_string())
    }
}

impl From<String> for Failure {
    fn from(sentence: String) -> Failure {
        Failure(sentence)
    }
}
