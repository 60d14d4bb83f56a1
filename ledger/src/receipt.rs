//! Receipts: what a person keeps of a payment, and proves with no network.
//!
//! ```text
//! receipt          entry + inclusion proof + signed checkpoint: everything, verified under a checkpoint key
//! short receipt    the node's signed word on one payment, for a QR code: who holds it can ask for the whole one
//! key chain        from the ledger id, which never changes, to the checkpoint keys that were in force
//! ```
//! The ledger id is all that a reader has to know for certain. It is the hash of the genesis, which names the first checkpoint key;
//! each later key stands in an act of the association, whose receipt the key before it has signed.

use crate::amount::Amount;
use crate::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::encoding::{DecodeError, Envelope, Purpose, Reader, Writer, sign};
use crate::entry::{Entry, RawEntry};
use crate::key::{AccountId, LedgerId, PublicKey, TransactionId};
use crate::merkle::{self, Hash};
use crate::transaction::{Act, Body};
use ed25519_dalek::SigningKey;
use std::sync::Arc;

/// A proof of at most so many hashes: a tree of 2^63 leaves.
const MAX_PROOF_HASHES: usize = 63;

/// A hash in a receipt, with the head before it.
const HASH_BYTES: usize = 34;

/// A chain with more keys is not read: a change each month for eighty years.
const MAX_KEYS: usize = 1_000;

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
    /// The chain of checkpoint keys does not start with the ledger's genesis.
    Genesis(&'static str),
    /// A change of the checkpoint key, counted from 1, is not what the chain says it is; the words say why.
    Rotation(usize, String),
}

impl std::fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReceiptError::Decode(error) => error.fmt(f),
            ReceiptError::Checkpoint(error) => write!(f, "the checkpoint of the receipt does not hold: {error}"),
            ReceiptError::NotIncluded => f.write_str("the entry is not in the ledger that the checkpoint speaks of"),
            ReceiptError::Genesis(why) => write!(f, "the chain of keys does not start with the genesis of this ledger: {why}"),
            ReceiptError::Rotation(number, why) => write!(f, "change number {number} of the checkpoint key is not proved: {why}"),
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

/// The node's word on one payment, under the checkpoint key in force: short enough for a QR code. It has no proof of its own; the
/// receipt of the same entry has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShortReceipt {
    /// The number of the entry.
    pub sequence: u64,
    /// When it was accepted.
    pub time: u64,
    /// Who was paid.
    pub payee: AccountId,
    /// How much.
    pub amount: Amount,
    /// The transaction.
    pub transaction: TransactionId,
    /// The id of the charge that it paid, if it paid one.
    pub charge: Option<[u8; 16]>,
}

impl ShortReceipt {
    /// Signs the receipt with the checkpoint key in force.
    pub fn sign(&self, ledger: &LedgerId, key: &SigningKey) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(5 + usize::from(self.charge.is_some())).uint(1).uint(self.sequence).uint(2).uint(self.time);
        out.uint(3).bytes(&self.payee.0).uint(4).uint(self.amount.cents()).uint(5).bytes(&self.transaction.0);
        if let Some(charge) = &self.charge {
            out.uint(6).bytes(charge);
        }
        sign(Purpose::ShortReceipt, ledger, &out.into_bytes(), key)
    }

    /// Reads a short receipt and verifies that one of these keys signed it, and was not replaced before there was such an entry.
    ///
    /// # Errors
    ///
    /// Every [`DecodeError`].
    pub fn decode(bytes: &[u8], ledger: &LedgerId, reigns: &[Reign]) -> Result<ShortReceipt, DecodeError> {
        let envelope = Envelope::decode(bytes)?;
        let read = ShortReceipt::read(envelope.payload())?;
        let (signer, _) = envelope.verify(Purpose::ShortReceipt, ledger)?;
        let good = reigns.iter().any(|reign| reign.key == signer && reign.reaches(read.sequence.saturating_add(1)));
        if good { Ok(read) } else { Err(DecodeError::BadSignature) }
    }

    fn read(payload: &[u8]) -> Result<ShortReceipt, DecodeError> {
        let mut reader = Reader::new(payload);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let sequence = r.uint()?;
        map.required(r, 2)?;
        let time = r.uint()?;
        map.required(r, 3)?;
        let payee = AccountId(r.fixed()?);
        map.required(r, 4)?;
        let amount = Amount::from_cents(r.uint()?).ok_or(DecodeError::OutOfBounds("the amount is out of bounds"))?;
        map.required(r, 5)?;
        let transaction = r.hash()?;
        let charge = if map.optional(r, 6)? { Some(r.fixed()?) } else { None };
        map.end()?;
        reader.end()?;
        Ok(ShortReceipt { sequence, time, payee, amount, transaction, charge })
    }
}

/// The proof of one change of the checkpoint key: receipts under the key before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rotation {
    /// Of the entry that put the new key into force: the proposal itself, or the approval that brought the quorum.
    pub executed: Receipt,
    /// Of the proposal's entry, when an approval executed it.
    pub proposal: Option<Receipt>,
}

impl Rotation {
    /// The bytes: `{1: receipt, 2?: receipt}`, each as a byte string.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(1 + usize::from(self.proposal.is_some())).uint(1).bytes(&self.executed.encode());
        if let Some(proposal) = &self.proposal {
            out.uint(2).bytes(&proposal.encode());
        }
        out.into_bytes()
    }

    /// Reads what [`Rotation::encode`] wrote.
    ///
    /// # Errors
    ///
    /// Every [`DecodeError`] of the format.
    pub fn decode(bytes: &[u8]) -> Result<Rotation, DecodeError> {
        let mut reader = Reader::new(bytes);
        let rotation = Rotation::read(&mut reader)?;
        reader.end()?;
        Ok(rotation)
    }

    fn read(r: &mut Reader) -> Result<Rotation, DecodeError> {
        let mut map = r.map()?;
        map.required(r, 1)?;
        let executed = Receipt::decode(r.bytes()?)?;
        let proposal = if map.optional(r, 2)? { Some(Receipt::decode(r.bytes()?)?) } else { None };
        map.end()?;
        Ok(Rotation { executed, proposal })
    }

    /// The new key and the number of the entry that put it into force, once everything has been verified under the key `before`.
    fn verify(&self, ledger: &LedgerId, before: &PublicKey) -> Result<(u64, PublicKey), String> {
        let verified = |receipt: &Receipt| receipt.verify(ledger, &[*before]).map_err(|error| error.to_string());
        let executed = verified(&self.executed)?;
        // A proposal that waits has put nothing into force, and neither has one of several approvals.
        if executed.outcome.approvals.is_some() {
            return Err("the proposal still waits for approvals".into());
        }
        match (executed.order.body(), &self.proposal) {
            (Body::Propose(act), None) => Ok((executed.sequence, proposed_key(act)?)),
            (Body::Approve { proposal: named }, Some(proposal)) => {
                let proposal = verified(proposal)?;
                let (Body::Propose(act), true) = (proposal.order.body(), proposal.order.id() == *named) else {
                    return Err("the approval is of another proposal".into());
                };
                let place = executed.outcome.executed == Some(proposal.sequence) && proposal.sequence < executed.sequence;
                if place { Ok((executed.sequence, proposed_key(act)?)) } else { Err("the approval executed nothing".into()) }
            }
            _ => Err("its entry is no proposal, and no approval with its proposal".into()),
        }
    }
}

/// The key that an act puts into force.
fn proposed_key(act: &Act) -> Result<PublicKey, String> {
    match act {
        Act::RotateCheckpointKey { key } => Ok(*key),
        _ => Err("its entry is another act".into()),
    }
}

/// A checkpoint key, and for how long it was the one in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reign {
    /// The key.
    pub key: PublicKey,
    /// The entry that put it into force: 0 for that of the genesis.
    pub from: u64,
    /// The entry that put the next one into force; `None` for the newest that is proved.
    pub until: Option<u64>,
}

impl Reign {
    /// Whether it was the one in force after the first `size` entries: a statement about them is under this key and no other.
    pub fn covers(&self, size: u64) -> bool {
        self.from < size && self.reaches(size)
    }

    /// Whether it was in force after the first `size` entries or later: whoever signed something about them had no older key.
    pub fn reaches(&self, size: u64) -> bool {
        self.until.is_none_or(|until| size <= until)
    }
}

/// From the ledger id to the keys that sign and signed checkpoints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyChain {
    /// The bytes of entry 0.
    pub genesis: Vec<u8>,
    /// Each change of the key in order; `None` where the key before was no longer held when the proof was to be made.
    pub rotations: Vec<Option<Rotation>>,
}

/// Where a chain of keys breaks, in words for whoever relies on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyGap {
    /// The first change without a proof, counted from 1.
    pub change: usize,
    /// How many changes there were in all.
    pub changes: usize,
}

impl std::fmt::Display for KeyGap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the checkpoint key was changed {} times, and change number {} cannot be proved: ", self.changes, self.change)?;
        f.write_str("the node no longer held the key before it. Compare the key in force with the association's own word")
    }
}

impl KeyChain {
    /// The bytes: an array of the genesis entry and of each rotation, or null.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.array(1 + self.rotations.len()).bytes(&self.genesis);
        for rotation in &self.rotations {
            match rotation {
                Some(rotation) => out.encoded(&rotation.encode()),
                None => out.null(),
            };
        }
        out.into_bytes()
    }

    /// Reads a chain. It proves nothing until [`KeyChain::keys`] has verified it.
    ///
    /// # Errors
    ///
    /// Every [`DecodeError`] of the format.
    pub fn decode(bytes: &[u8]) -> Result<KeyChain, DecodeError> {
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let items = r.array(MAX_KEYS)?.checked_sub(1).ok_or(DecodeError::Malformed("a chain of keys has no genesis"))?;
        let genesis = r.bytes()?.to_vec();
        let rotation = |r: &mut Reader| if r.null() { Ok(None) } else { Rotation::read(r).map(Some) };
        let rotations = (0..items).map(|_| rotation(r)).collect::<Result<_, _>>()?;
        reader.end()?;
        Ok(KeyChain { genesis, rotations })
    }

    /// The keys that the chain proves to have been in force in this ledger, in their order; up to [`KeyChain::gap`] if there is one.
    /// A server may withhold the newest ones: then their checkpoints do not verify, and nothing false does.
    ///
    /// # Errors
    ///
    /// [`ReceiptError::Genesis`], [`ReceiptError::Rotation`]: the chain says something that is not so.
    pub fn keys(&self, ledger: &LedgerId) -> Result<Vec<PublicKey>, ReceiptError> {
        Ok(self.reigns(ledger)?.into_iter().map(|reign| reign.key).collect())
    }

    /// The same keys, each with its time in force: a key that was replaced proves nothing about what came after.
    ///
    /// # Errors
    ///
    /// As [`KeyChain::keys`].
    pub fn reigns(&self, ledger: &LedgerId) -> Result<Vec<Reign>, ReceiptError> {
        let mut now = Reign { key: genesis_key(&self.genesis, ledger)?, from: 0, until: None };
        let mut reigns: Vec<Reign> = Vec::new();
        for (place, rotation) in self.rotations.iter().map_while(Option::as_ref).enumerate() {
            let refuse = |why: String| ReceiptError::Rotation(place + 1, why);
            let (sequence, next) = rotation.verify(ledger, &now.key).map_err(refuse)?;
            let known = next == now.key || reigns.iter().any(|reign| reign.key == next);
            if sequence <= now.from || known {
                return Err(refuse("it repeats an earlier one, or comes before it".into()));
            }
            reigns.push(Reign { until: Some(sequence), ..now });
            now = Reign { key: next, from: sequence, until: None };
        }
        reigns.push(now);
        Ok(reigns)
    }

    /// Where the chain breaks, if it does: the keys after that are not proved.
    pub fn gap(&self) -> Option<KeyGap> {
        let place = self.rotations.iter().position(Option::is_none)?;
        Some(KeyGap { change: place + 1, changes: self.rotations.len() })
    }
}

/// The first checkpoint key, once the entry has been found to be the genesis that the ledger is named after.
fn genesis_key(entry: &[u8], ledger: &LedgerId) -> Result<PublicKey, ReceiptError> {
    let raw = RawEntry::decode(entry)?;
    if raw.sequence != 0 {
        return Err(ReceiptError::Genesis("it is not entry 0"));
    }
    let genesis = raw.verified(ledger)?;
    match genesis.order.body() {
        Body::Genesis(says) if genesis.order.id() == *ledger => Ok(says.checkpoint_key),
        Body::Genesis(_) => Err(ReceiptError::Genesis("it is the genesis of another ledger")),
        _ => Err(ReceiptError::Genesis("it is no genesis")),
    }
}

/// A receipt as a file for people (`.liard`): with the ledger that it is of, and what leads from there to the key that signed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiptFile {
    /// The ledger. Whether it is the right one, the reader has to know.
    pub ledger: LedgerId,
    /// The checkpoint keys.
    pub chain: KeyChain,
    /// The receipt's bytes.
    pub receipt: Vec<u8>,
}

impl ReceiptFile {
    /// The bytes: `{1: ledger id, 2: key chain, 3: receipt}`.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_room_for(self.receipt.len() + HASH_BYTES);
        out.map(3).uint(1).bytes(&self.ledger.0).uint(2).bytes(&self.chain.encode()).uint(3).bytes(&self.receipt);
        out.into_bytes()
    }

    /// Reads a file. It proves nothing until keys and receipt have been verified.
    ///
    /// # Errors
    ///
    /// Every [`DecodeError`] of the format.
    pub fn decode(bytes: &[u8]) -> Result<ReceiptFile, DecodeError> {
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let ledger = r.hash()?;
        map.required(r, 2)?;
        let chain = KeyChain::decode(r.bytes()?)?;
        map.required(r, 3)?;
        let receipt = r.bytes()?.to_vec();
        map.end()?;
        reader.end()?;
        Ok(ReceiptFile { ledger, chain, receipt })
    }

    /// The entry of the receipt, once chain and receipt have been verified.
    ///
    /// # Errors
    ///
    /// Every [`ReceiptError`].
    pub fn verify(&self) -> Result<Entry, ReceiptError> {
        Receipt::decode(&self.receipt)?.verify(&self.ledger, &self.chain.keys(&self.ledger)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::entry::encode_entry;
    use crate::key::Hash32;
    use crate::merkle::{Tree, leaf_hash};
    use crate::outcome::Outcome;
    use crate::transaction::{SignedTransaction, Transaction};

    const LEDGER: LedgerId = Hash32([9; 32]);

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    /// A log of two entries, whatever its rules would say: a proposal to rotate to key 2, and an approval of it with this outcome.
    fn rotation(outcome: Outcome) -> Rotation {
        let order = |body| Transaction { nonce: [0; 8], valid_until: 1, body }.sign(&LEDGER, &key(7));
        let propose = order(Body::Propose(Act::RotateCheckpointKey { key: key(2).verifying_key().into() }));
        let proposal = SignedTransaction::decode(&propose, &LEDGER).unwrap().id();
        let waits = Outcome { approvals: Some(1), ..Outcome::default() };
        let leaves = [encode_entry(0, 0, b"", &Outcome::default()), encode_entry(1, 0, &propose, &waits)];
        let leaves = [&leaves[..], &[encode_entry(2, 0, &order(Body::Approve { proposal }), &outcome)]].concat();
        let mut tree = Tree::new();
        leaves.iter().for_each(|leaf| tree.push(leaf_hash(leaf)));
        let head = Checkpoint { origin: origin(&LEDGER), size: 3, root: tree.root() };
        let note: Arc<str> = SignedCheckpoint::sign(&head, &key(1)).as_str().into();
        let receipt =
            |place: u64| Receipt::new(leaves[place as usize].clone(), tree.inclusion_proof(place, 3).unwrap(), note.clone());
        Rotation { executed: receipt(2), proposal: Some(receipt(1)) }
    }

    #[test]
    fn an_approval_proves_a_key_only_when_its_outcome_names_the_entry_of_the_proposal() {
        let proved =
            |executed| rotation(Outcome { executed, ..Outcome::default() }).verify(&LEDGER, &key(1).verifying_key().into());
        assert_eq!(proved(Some(1)), Ok((2, key(2).verifying_key().into())));
        for executed in [None, Some(0), Some(2), Some(3)] {
            assert_eq!(proved(executed), Err("the approval executed nothing".into()), "{executed:?}");
        }
    }
}
