//! Evidence that a log signed two histories. Whoever holds it convinces anyone, with no network and no trust in who found it.
//!
//! Two notes of one log contradict each other when the larger tree does not start with the smaller one. That is shown by the root
//! which the larger tree really had at the smaller size: a consistency proof leads from that root to the larger note's, and it is not
//! the root in the smaller note. The log signed both.

use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::merkle::{self, Hash};
use crate::note::{ED25519, MAX_NAME_BYTES, MAX_NOTE_BYTES, VerifierKey, VerifierKeyError};
use crate::tile::{TileError, TilePath, Tiles};
use std::fmt;

/// A consistency proof has at most so many hashes: the levels of a tree with a `u64` size, and one.
const MAX_PROOF_HASHES: usize = 65;
/// The longest text of a verifier key, in bytes: its name, and less than 64 for id, key and pluses.
const MAX_KEY_BYTES: usize = MAX_NAME_BYTES + 64;

/// Two notes that one log signed, and the proof that they contradict each other. It says so only once [`Fork::verify`] has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fork {
    key: String,
    /// The note of the smaller tree, or of one of two equal size.
    a: String,
    /// The other note.
    b: String,
    /// The root of B's tree at A's size.
    root: Hash,
    /// From that root to B's.
    proof: Vec<Hash>,
}

/// Why something is no evidence of a fork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForkError {
    /// The text of the log's key is wrong.
    Key(VerifierKeyError),
    /// The key is not one that signs checkpoints.
    KindOfKey,
    /// A note is not the log's; the letter says which.
    Note(char, CheckpointError),
    /// Note A is of a larger tree than note B.
    Order,
    /// The proof does not lead to the root in note B.
    Proof,
    /// The notes tell one history.
    NoFork,
}

impl fmt::Display for ForkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ForkError::Key(error) => write!(f, "the key of the log cannot be read: {error}"),
            ForkError::KindOfKey => f.write_str("the key of the log is not one that signs checkpoints"),
            ForkError::Note(which, error) => write!(f, "note {which} is not the log's: {error}"),
            ForkError::Order => f.write_str("note A is of a larger log than note B"),
            ForkError::Proof => f.write_str("the proof does not lead to the root that note B signs"),
            ForkError::NoFork => f.write_str("both notes tell the same history: this proves no fork"),
        }
    }
}

impl std::error::Error for ForkError {}

impl Fork {
    /// Evidence from two notes of one size; `None` unless it convinces.
    pub fn same_size(key: &VerifierKey, a: &str, b: &str) -> Option<Fork> {
        let root = says(key, b).ok()?.root;
        Fork::sound(key, a, b, root, Vec::new())
    }

    /// Evidence from a consistency proof that leads to note B's root, but from another root than note A's: what a log answers that
    /// was asked to prove what is not so. `None` unless it convinces; where A's size is a power of two such a proof does not hold
    /// the root that it starts from, and [`Fork::from_tiles`] has to be asked.
    pub fn from_proof(key: &VerifierKey, a: &str, b: &str, proof: &[Hash]) -> Option<Fork> {
        let (says_a, says_b) = (says(key, a).ok()?, says(key, b).ok()?);
        if says_a.size == says_b.size {
            return Fork::same_size(key, a, b);
        }
        let root = merkle::proved_old_root(says_a.size, says_b.size, &says_b.root, proof)?;
        Fork::sound(key, a, b, root, proof.to_vec())
    }

    /// Evidence from the tiles of the log that note B signs, whatever the sizes; `None` when the notes tell one history.
    ///
    /// # Errors
    ///
    /// As reading the tiles.
    pub fn from_tiles<E, F>(key: &VerifierKey, a: &str, b: &str, tiles: &mut Tiles<F>) -> Result<Option<Fork>, TileError<E>>
    where
        F: FnMut(&TilePath) -> Result<Vec<u8>, E>,
    {
        let (Ok(says_a), Ok(says_b)) = (says(key, a), says(key, b)) else { return Ok(None) };
        if says_a.size == 0 || says_a.size > says_b.size {
            return Ok(None);
        }
        let proof = tiles.consistency_proof(says_a.size, says_b.size)?;
        let root = tiles.root(says_a.size)?;
        Ok(Fork::sound(key, a, b, root, proof))
    }

    fn sound(key: &VerifierKey, a: &str, b: &str, root: Hash, proof: Vec<Hash>) -> Option<Fork> {
        let fork = Fork { key: key.to_string(), a: a.to_owned(), b: b.to_owned(), root, proof };
        fork.verify().is_ok().then_some(fork)
    }

    /// The bytes of the evidence, as they stand in a `.fork` file: `{1: key, 2: note A, 3: note B, 4: root, 5: proof}`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(5).uint(1).text(&self.key).uint(2).text(&self.a).uint(3).text(&self.b).uint(4).bytes(&self.root);
        out.uint(5).array(self.proof.len());
        for hash in &self.proof {
            out.bytes(hash);
        }
        out.into_bytes()
    }

    /// Reads evidence. It proves nothing until it has been verified.
    ///
    /// # Errors
    ///
    /// Every [`DecodeError`] of the format.
    pub fn decode(bytes: &[u8]) -> Result<Fork, DecodeError> {
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let key = r.text(MAX_KEY_BYTES)?.to_owned();
        map.required(r, 2)?;
        let a = r.text_with_lines(MAX_NOTE_BYTES)?.to_owned();
        map.required(r, 3)?;
        let b = r.text_with_lines(MAX_NOTE_BYTES)?.to_owned();
        map.required(r, 4)?;
        let root = r.fixed()?;
        map.required(r, 5)?;
        let hashes = r.array(MAX_PROOF_HASHES)?;
        let proof = (0..hashes).map(|_| r.fixed()).collect::<Result<_, _>>()?;
        map.end()?;
        reader.end()?;
        Ok(Fork { key, a, b, root, proof })
    }

    /// Whether the evidence convinces; gives what the log said in the two notes. Whose the key is, the reader has to know.
    ///
    /// # Errors
    ///
    /// [`ForkError`], in words for who was sent the file.
    pub fn verify(&self) -> Result<(Checkpoint, Checkpoint), ForkError> {
        let key = self.key()?;
        let a = says(&key, &self.a).map_err(|error| ForkError::Note('A', error))?;
        let b = says(&key, &self.b).map_err(|error| ForkError::Note('B', error))?;
        if a.size > b.size {
            return Err(ForkError::Order);
        }
        if !merkle::verify_consistency(a.size, &self.root, b.size, &b.root, &self.proof) {
            return Err(ForkError::Proof);
        }
        if self.root == a.root { Err(ForkError::NoFork) } else { Ok((a, b)) }
    }

    /// The key of the log, to be compared with the one that the reader knows.
    ///
    /// # Errors
    ///
    /// [`ForkError::Key`], [`ForkError::KindOfKey`].
    pub fn key(&self) -> Result<VerifierKey, ForkError> {
        let key = VerifierKey::parse(&self.key).map_err(ForkError::Key)?;
        if key.kind == ED25519 { Ok(key) } else { Err(ForkError::KindOfKey) }
    }
}

/// What a note says that the log signed under its name.
fn says(key: &VerifierKey, note: &str) -> Result<Checkpoint, CheckpointError> {
    SignedCheckpoint::open(note, &key.name, &[key.key.verifying_key()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{Tree, leaf_hash};
    use crate::note;
    use crate::tile::tile;
    use ed25519_dalek::SigningKey;
    use proptest::prelude::*;
    use std::convert::Infallible;

    const ORIGIN: &str = "liard/0123456789abcdef";

    fn secret() -> SigningKey {
        SigningKey::from_bytes(&[1; 32])
    }

    fn vkey() -> VerifierKey {
        VerifierKey::signer(ORIGIN, secret().verifying_key().into())
    }

    /// A log of so many entries that tells another story from entry `parts` on.
    fn log(size: u64, parts: u64) -> Tree {
        let mut tree = Tree::new();
        (0..size).for_each(|number| tree.push(leaf_hash(&[number, u64::from(number >= parts)].map(u64::to_be_bytes).concat())));
        tree
    }

    fn note(tree: &Tree, size: u64) -> String {
        let says = Checkpoint { origin: ORIGIN.into(), size, root: tree.root_at(size).unwrap() };
        SignedCheckpoint::sign(&says, &secret()).as_str().to_owned()
    }

    /// Evidence from the tiles of a log under its note.
    fn from_tiles(a: &str, b: &str, tree: &Tree) -> Option<Fork> {
        let fetch = |path: &TilePath| Ok::<_, Infallible>(tile(tree, path, tree.size()).unwrap());
        Fork::from_tiles(&vkey(), a, b, &mut Tiles::new(tree.size(), tree.root(), fetch)).unwrap()
    }

    fn of_a_fork() -> Fork {
        let (honest, other) = (log(20, 99), log(33, 5));
        Fork::from_proof(&vkey(), &note(&honest, 20), &note(&other, 33), &other.consistency_proof(20, 33).unwrap()).unwrap()
    }

    #[test]
    fn every_pair_of_sizes_of_two_histories_convicts_and_no_pair_of_one_history_does() {
        let (honest, other) = (log(40, 99), log(40, 7));
        for old in 1..=40 {
            for new in old..=40 {
                let (a, b) = (note(&honest, old), note(&other, new));
                let proof = other.consistency_proof(old, new).unwrap();
                let found = Fork::from_proof(&vkey(), &a, &b, &proof);
                // Until they part, and from the smaller size on a proof that starts at a power of two, there is nothing to show.
                let shown = old > 7 && (old == new || !old.is_power_of_two());
                assert_eq!(found.is_some(), shown, "{old} to {new}");
                let found = from_tiles(&a, &b, &log(new, 7));
                assert_eq!(found.is_some(), old > 7, "{old} to {new} from tiles");
                if let Some(fork) = found {
                    assert_eq!(fork.verify().map(|(a, b)| (a.size, b.size)), Ok((old, new)));
                    assert_eq!(Fork::decode(&fork.encode()), Ok(fork));
                }
                let b = note(&honest, new);
                assert_eq!(Fork::from_proof(&vkey(), &a, &b, &honest.consistency_proof(old, new).unwrap()), None);
                assert_eq!(Fork::from_proof(&vkey(), &a, &b, &proof), None, "the proof of another history shows nothing");
                assert_eq!(from_tiles(&a, &b, &log(new, 99)), None);
            }
        }
        assert!(Fork::same_size(&vkey(), &note(&honest, 9), &note(&other, 9)).is_some());
        assert_eq!(Fork::same_size(&vkey(), &note(&honest, 9), &note(&honest, 9)), None);
        assert_eq!(Fork::same_size(&vkey(), &note(&honest, 9), &note(&other, 10)), None);
    }

    #[test]
    fn evidence_that_does_not_convince_says_why() {
        let good = of_a_fork();
        let honest = log(33, 99);
        let said = |fork: Fork| fork.verify().unwrap_err().to_string();
        let witness = VerifierKey::witness(ORIGIN, secret().verifying_key().into()).to_string();
        let stranger = VerifierKey::signer(ORIGIN, SigningKey::from_bytes(&[2; 32]).verifying_key().into()).to_string();
        let a = note(&honest, 20);
        let says = [
            (Fork { key: "liard".into(), ..good.clone() }, "the key of the log cannot be read: not a verifier key"),
            (Fork { key: witness, ..good.clone() }, "not one that signs checkpoints"),
            (Fork { key: stranger, ..good.clone() }, "note A is not the log's: the checkpoint is not signed by a known key"),
            (
                Fork { a: good.a.replace("20\n", "21\n"), ..good.clone() },
                "note A is not the log's: a signature of the checkpoint is wrong",
            ),
            (
                Fork { b: good.b.replace("33\n", "34\n"), ..good.clone() },
                "note B is not the log's: a signature of the checkpoint is wrong",
            ),
            (Fork { a: good.b.clone(), b: good.a.clone(), ..good.clone() }, "note A is of a larger log"),
            (Fork { proof: good.proof[1..].to_vec(), ..good.clone() }, "the proof does not lead to the root that note B signs"),
            (Fork { root: [0; 32], ..good.clone() }, "the proof does not lead to the root that note B signs"),
        ];
        for (fork, words) in says {
            let found = said(fork);
            assert!(found.contains(words), "{found}");
        }
        let proof = honest.consistency_proof(20, 33).unwrap();
        let honest = Fork { a, b: note(&honest, 33), root: honest.root_at(20).unwrap(), proof, ..good };
        assert_eq!(said(honest), "both notes tell the same history: this proves no fork");
    }

    #[test]
    fn a_note_of_an_empty_log_proves_nothing() {
        let other = log(5, 0);
        let says = Checkpoint { origin: ORIGIN.into(), size: 0, root: [7; 32] };
        let a = SignedCheckpoint::sign(&says, &secret()).as_str().to_owned();
        assert_eq!(from_tiles(&a, &note(&other, 5), &other), None);
        assert_eq!(Fork::from_proof(&vkey(), &a, &note(&other, 5), &[]), None);
    }

    #[test]
    fn witnesses_lines_do_not_disturb_the_evidence() {
        let good = of_a_fork();
        let body = Checkpoint { origin: ORIGIN.into(), size: 20, root: log(20, 99).root() }.encode_body();
        let cosigned = good.a.clone() + &note::cosign(&body, "two.example", &SigningKey::from_bytes(&[2; 32]), 20);
        assert!(Fork { a: cosigned, ..good }.verify().is_ok());
    }

    #[test]
    fn no_changed_bit_of_the_evidence_convicts() {
        let bytes = of_a_fork().encode();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                let convicts = Fork::decode(&changed).is_ok_and(|fork| fork.verify().is_ok());
                assert!(!convicts, "bit {bit} of byte {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_proof_that_anybody_invents_convicts_an_honest_log(
            old in 1_u64..60, more in 0_u64..60, root: Hash, proof in prop::collection::vec(any::<Hash>(), 0..12), cut: usize
        ) {
            let tree = log(old + more, 99);
            let (a, b) = (note(&tree, old), note(&tree, old + more));
            prop_assert_eq!(Fork::from_proof(&vkey(), &a, &b, &proof), None);
            prop_assert_eq!(Fork::sound(&vkey(), &a, &b, root, proof), None);
            let honest = tree.consistency_proof(old, old + more).unwrap();
            let cut = cut % (honest.len() + 1);
            prop_assert_eq!(Fork::from_proof(&vkey(), &a, &b, &honest[cut..]), None);
            prop_assert_eq!(Fork::sound(&vkey(), &a, &b, root, honest), None);
        }
    }
}
