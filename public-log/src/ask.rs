//! The log's side of C2SP tlog-witness: asking one witness to cosign, and believing nothing of its answer but a good signature.

use crate::Witness;
use crate::add_checkpoint::AddCheckpoint;
use crate::bounded::{self, Unread};
use crate::error::{self, Said};
use crate::lines::good_line;
use crate::standing::{Cosigned, Problem};
use ledger::checkpoint::Checkpoint;
use ledger::ledger::Ledger;
use ledger::merkle::Hash;
use reqwest::redirect::Policy;
use std::time::Duration;

/// A witness that has not answered for so long is not there: it syncs one file before it answers.
pub const ASK_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection that does not come up within this does not come up at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A witness is asked at most so often in one round: with the size that is remembered, with the one that it names, and once more in case
/// another node of the same log was faster.
const ATTEMPTS: usize = 3;
/// An answer has at most so many bytes: a few signature lines, or a number.
const MAX_ANSWER_BYTES: usize = 4 << 10;

/// What is to be cosigned.
#[derive(Clone, Debug)]
pub struct Target {
    /// The tree.
    pub checkpoint: Checkpoint,
    /// The note with the log's own lines.
    pub note: String,
}

/// A client for asking witnesses. They are asked where the settings say, and nowhere else.
pub fn http() -> reqwest::Result<reqwest::Client> {
    // The first provider of a process stays; a program that has chosen one before keeps it.
    drop(rustls::crypto::ring::default_provider().install_default());
    let builder = reqwest::Client::builder().redirect(Policy::none());
    builder.connect_timeout(CONNECT_TIMEOUT).timeout(ASK_TIMEOUT).build()
}

/// What a witness answered to one request.
enum Answer {
    Lines(String),
    /// It saw this size last, and the request starts elsewhere.
    Size(u64),
    Problem(Problem),
}

/// Asks a witness that cosigned `known` last to cosign `target`.
pub async fn ask(
    http: &reqwest::Client,
    witness: &Witness,
    ledger: &Ledger,
    target: &Target,
    known: u64,
) -> Result<Cosigned, Problem> {
    let (mut old, size) = (known.min(target.checkpoint.size), target.checkpoint.size);
    for _ in 0..ATTEMPTS {
        let proof = proof(ledger, old, size).ok_or(Problem::LongerHistory)?;
        match send(http, witness, AddCheckpoint { old, proof, note: &target.note }).await {
            Answer::Lines(lines) => return cosigned(&lines, witness, target),
            Answer::Size(seen) if seen > size => return Err(Problem::LongerHistory),
            // It starts where the request starts, and still says no: at the checkpoint's own size the roots differ, by its word.
            Answer::Size(seen) if seen == old && old == size => return Err(Problem::OtherHistory),
            Answer::Size(seen) if seen == old => return Err(Problem::Unsound),
            Answer::Size(seen) => old = seen,
            Answer::Problem(problem) => return Err(problem),
        }
    }
    Err(Problem::Unsound)
}

fn proof(ledger: &Ledger, old: u64, size: u64) -> Option<Vec<Hash>> {
    if old == 0 || old == size {
        return Some(Vec::new());
    }
    ledger.durable().tree.consistency_proof(old, size)
}

async fn send(http: &reqwest::Client, witness: &Witness, request: AddCheckpoint<'_>) -> Answer {
    let sent = http.post(format!("{}/add-checkpoint", witness.url)).body(request.encode()).send().await;
    let Ok(answer) = sent else { return Answer::Problem(Problem::Unreachable) };
    let said = error::said(answer.status());
    let body = match bounded::body(answer, MAX_ANSWER_BYTES).await {
        Ok(body) => body,
        Err(Unread::Broken(_)) => return Answer::Problem(Problem::Unreachable),
        Err(Unread::TooLong) => return Answer::Problem(Problem::Unsound),
    };
    let Ok(text) = String::from_utf8(body) else { return Answer::Problem(Problem::Unsound) };
    match said {
        Said::Cosigned => Answer::Lines(text),
        Said::Size => {
            text.strip_suffix('\n').and_then(|size| size.parse().ok()).map_or(Answer::Problem(Problem::Unsound), Answer::Size)
        }
        Said::Problem(problem) => Answer::Problem(problem),
    }
}

fn cosigned(lines: &str, witness: &Witness, target: &Target) -> Result<Cosigned, Problem> {
    let (line, signed) = good_line(&target.checkpoint.encode_body(), lines, &witness.key).ok_or(Problem::Unsound)?;
    let time_s = signed.time_s.ok_or(Problem::Unsound)?;
    Ok(Cosigned { size: target.checkpoint.size, root: target.checkpoint.root, line: line.to_owned(), time_s })
}
