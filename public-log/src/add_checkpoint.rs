//! What a log asks of a witness, as text (C2SP tlog-witness, "add-checkpoint"), both ways:
//!
//! ```text
//! old 20852014
//! PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
//!
//! liard/0123456789abcdef
//! 20852163
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — liard/0123456789abcdef Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
//! ```
//!
//! The size that the witness knows, the consistency proof from there, an empty line, and the checkpoint as a signed note.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger::checkpoint::MAX_NOTE_BYTES;
use ledger::merkle::Hash;

/// More hashes no proof has (C2SP tlog-witness): sizes are below 2^63.
pub const MAX_PROOF_HASHES: usize = 63;
/// The base64 of a hash, and the end of its line.
const HASH_LINE_BYTES: usize = 45;
/// The longest first line: `old `, 20 digits, and the ends of two lines.
const OLD_LINE_BYTES: usize = 26;
/// The longest request.
pub const MAX_REQUEST_BYTES: usize = OLD_LINE_BYTES + MAX_PROOF_HASHES * HASH_LINE_BYTES + MAX_NOTE_BYTES;

/// A request to cosign a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddCheckpoint<'a> {
    /// The size of the log when the witness last saw it; 0 when it never did.
    pub old: u64,
    /// The consistency proof from there (RFC 6962).
    pub proof: Vec<Hash>,
    /// The checkpoint, signed by the log.
    pub note: &'a str,
}

impl<'a> AddCheckpoint<'a> {
    /// The body of the request.
    pub fn encode(&self) -> String {
        let mut text = format!("old {}\n", self.old);
        for hash in &self.proof {
            text += &format!("{}\n", STANDARD.encode(hash));
        }
        text + "\n" + self.note
    }

    /// Reads what [`AddCheckpoint::encode`] writes, and nothing else. The note is not looked at.
    pub fn parse(text: &'a str) -> Option<AddCheckpoint<'a>> {
        let (old, mut rest) = text.strip_prefix("old ")?.split_once('\n')?;
        let old = old.parse().ok().filter(|size: &u64| size.to_string() == old)?;
        let mut proof = Vec::new();
        loop {
            let (line, after) = rest.split_once('\n')?;
            rest = after;
            match line {
                "" => return Some(AddCheckpoint { old, proof, note: rest }),
                _ if proof.len() == MAX_PROOF_HASHES => return None,
                _ => proof.push(STANDARD.decode(line).ok()?.try_into().ok()?),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_only_that() {
        let note = "a log\n3\nroot\n\n— a line\n";
        for proof in [vec![], vec![[1; 32]], vec![[7; 32]; MAX_PROOF_HASHES]] {
            let request = AddCheckpoint { old: 2, proof, note };
            let text = request.encode();
            assert!(text.len() <= MAX_REQUEST_BYTES);
            assert_eq!(AddCheckpoint::parse(&text), Some(request));
        }
        let hash = STANDARD.encode([1; 32]);
        let wrong = [
            String::new(),
            format!("old 02\n{hash}\n\n{note}"),
            format!("old -2\n\n{note}"),
            format!("old  2\n\n{note}"),
            format!("Old 2\n\n{note}"),
            format!("old 2\r\n\n{note}"),
            format!("old 18446744073709551616\n\n{note}"),
            format!("old 2\n{}\n\n{note}", hash.trim_end_matches('=')),
            format!("old 2\n {hash}\n\n{note}"),
            format!("old 2\n{hash}"),
            format!("old 2\n{}\n\n{note}", STANDARD.encode([1; 31])),
            format!("old 2\n{}\n{note}", vec![hash.as_str(); MAX_PROOF_HASHES + 1].join("\n")),
        ];
        for text in wrong {
            assert_eq!(AddCheckpoint::parse(&text), None, "{text}");
        }
    }
}
