//! Receipts: an entry, its inclusion proof and a signed checkpoint. Whoever holds one can prove the payment with no network.

use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::entry::{Entry, RawEntry};
use crate::key::{LedgerId, PublicKey};
use crate::merkle::{self, Hash};
use std::sync::Arc;

/// A proof of at most so many hashes: a tree of 2^63 leaves.
const MAX_PROOF_HASHES: usize = 63;

/// A hash in a receipt, with the head before it.
const HASH_BYTES: usize = 34;

/// The name under which a ledger signs its checkpoints.
pub fn origin(ledger: &LedgerId) -> String {
    format!("liard/{}", &ledger.to_string()[..16])
}

/// An entry with its proof, encoded. It is on disk, or it would not exist.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    entry: Vec<u8>,
    proof: Vec<Hash>,
    checkpoint: Arc<str>,
}

/// What is wrong with a receipt.
#[derive(Clone, Debug)]
pub enum ReceiptError {
    /// Bytes are not in the format, or a signature is bad.
    Decode(DecodeError),
    /// The checkpoint is not signed by the association.
    Checkpoint(CheckpointError),
    /// The entry is not in the tree that the checkpoint signs.
    NotIncluded,
}

impl std::fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReceiptError::Decode(error) => error.fmt(f),
            ReceiptError::Checkpoint(error) => write!(f, "the checkpoint of the receipt does not hold: {error}"),
            ReceiptError::NotIncluded => f.write_str("the entry is not in the ledger that the checkpoint speaks of"),
        }
    }
}

impl std::error::Error for ReceiptError {}

impl From<DecodeError> for ReceiptError {
    fn from(error: DecodeError) -> ReceiptError {
        ReceiptError::Decode(error)
    }
}

impl Receipt {
    /// Puts a receipt together. The caller has made the entry durable.
    pub(crate) fn new(entry: Vec<u8>, proof: Vec<Hash>, checkpoint: Arc<str>) -> Receipt {
        Receipt { entry, proof, checkpoint }
    }

    /// The receipt's bytes: `{1: entry, 2: proof, 3: checkpoint}`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out =
            Writer::with_room_for(self.entry.len() + self.proof.len() * HASH_BYTES + self.checkpoint.len() + HASH_BYTES);
        out.map(3).uint(1).bytes(&self.entry).uint(2).array(self.proof.len());
        for hash in &self.proof {
            out.bytes(hash);
        }
        out.uint(3).text(&self.checkpoint);
        out.into_bytes()
    }

    /// Reads a receipt. It proves nothing until it has been verified.
    pub fn decode(bytes: &[u8]) -> Result<Receipt, DecodeError> {
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let entry = r.bytes()?.to_vec();
        map.required(r, 2)?;
        let hashes = r.array(MAX_PROOF_HASHES)?;
        let proof = (0..hashes).map(|_| r.fixed()).collect::<Result<_, _>>()?;
        map.required(r, 3)?;
        let checkpoint = r.text_with_lines(crate::checkpoint::MAX_NOTE_BYTES)?.into();
        map.end()?;
        reader.end()?;
        Ok(Receipt { entry, proof, checkpoint })
    }

    /// The entry, once the checkpoint's signature, the proof and the transaction's signature have been verified.
    pub fn verify(&self, ledger: &LedgerId, checkpoint_keys: &[PublicKey]) -> Result<Entry, ReceiptError> {
        let keys: Vec<_> = checkpoint_keys.iter().map(PublicKey::verifying_key).collect();
        let checkpoint = SignedCheckpoint::open(&self.checkpoint, &origin(ledger), &keys).map_err(ReceiptError::Checkpoint)?;
        let raw = RawEntry::decode(&self.entry)?;
        let leaf = merkle::leaf_hash(&self.entry);
        if !merkle::verify_inclusion(&leaf, raw.sequence, checkpoint.size, &self.proof, &checkpoint.root) {
            return Err(ReceiptError::NotIncluded);
        }
        Ok(raw.verified(ledger)?)
    }

    /// The bytes of the entry.
    pub fn entry(&self) -> &[u8] {
        &self.entry
    }

    /// The signed note.
    pub fn checkpoint(&self) -> &str {
        &self.checkpoint
    }
}
