//! The service's word on a till's chain: a checkpoint (C2SP tlog-checkpoint) over the Merkle tree of its records, each record a leaf.
//!
//! A till that keeps such a note can show later what the service had. A line after the checkpoint binds the words of an archive.

use ledger::SigningKey;
use ledger::checkpoint::Checkpoint;
use ledger::key::{Hash32, LedgerId, PublicKey};
use ledger::merkle::Frontier;
use ledger::note::{self, Note, VerifierKey};

/// So many digits of a ledger's id and of a till's key name the log of a chain.
const ORIGIN_DIGITS: usize = 16;

/// The name of a till's chain, under which the service signs.
pub fn origin(ledger: &LedgerId, till: &PublicKey) -> String {
    let short = |text: String| text[..ORIGIN_DIGITS].to_owned();
    format!("{}/pos/{}", short(ledger.to_string()), short(till.to_string()))
}

/// What is signed of a chain whose tree has this edge; with the words of an archive, their hash on a line of its own.
fn body(origin: &str, edge: &Frontier, words: Option<&str>) -> String {
    let checkpoint = Checkpoint { origin: origin.into(), size: edge.size(), root: edge.root() }.encode_body();
    match words {
        Some(words) => format!("{checkpoint}words {}\n", Hash32::of(words.as_bytes())),
        None => checkpoint,
    }
}

/// The signed note.
pub fn sign(origin: &str, edge: &Frontier, words: Option<&str>, key: &SigningKey) -> String {
    let body = body(origin, edge, words);
    format!("{body}\n{}", note::sign(&body, origin, key))
}

/// Whether a note is this key's word on exactly this chain and these words.
pub fn holds(text: &str, key: &VerifierKey, edge: &Frontier, words: Option<&str>) -> bool {
    let signed = |note: &Note| matches!(note.signed_by(key), Ok(Some(_)));
    Note::open(text).is_ok_and(|note| note.body() == body(&key.name, edge, words) && signed(&note))
}
