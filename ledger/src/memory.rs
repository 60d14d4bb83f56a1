//! What an auditor has verified before: the next audit goes on there, and notices when something old has changed.
//!
//! ```text
//! FOLDER/*.snapshot    the auditor's own snapshots, made while the journal was judged and its signatures verified
//! FOLDER/verified      "LIARDVER" version:u8 note_length:u32 note body
//! note = a signed note (C2SP) of the origin "<origin of the ledger>/verified": size = statements, root = SHA-256 of the body
//! body = time:u64 digest:32*                when the memory was last added to; of each statement, from the first on
//! ```
//! All is signed with a key of the auditor's own, so that a node's snapshot is not taken for one of these. It is a cache as far as it
//! shortens an audit, and a witness as far as it contradicts a journal: it is never in the way of reading everything, and it never
//! goes beyond a signed head, because what lies beyond one may be lost in a power cut and nobody has lied.

use crate::fault::Fault;
use crate::key::{Hash32, LedgerId, PublicKey};
use crate::receipt::origin;
use crate::snapshot::{self, Snapshot};
use crate::storage::Storage;
use ed25519_dalek::SigningKey;
use std::sync::Arc;

const MAGIC: &[u8; 8] = b"LIARDVER";
const FILE: &str = "verified";
/// What was verified is kept after so many entries: half a minute of verifying is lost at most, and a few hundred megabytes are written
/// for each ten million entries.
pub const KEEP_EVERY: u64 = 500_000;

/// Where an auditor remembers one ledger.
pub struct Memory {
    storage: Arc<dyn Storage>,
    signer: SigningKey,
    now: u64,
    every: u64,
}

/// What is remembered.
pub(crate) struct Recalled {
    /// The state and the tree that an earlier audit verified.
    pub(crate) snapshot: Snapshot,
    /// When, and a digest of each statement that was sound. `None` when that part cannot be read: then the snapshot only shows whether
    /// the journal is still the same.
    pub(crate) verified: Option<(u64, Vec<Hash32>)>,
}

impl Memory {
    /// A memory in a directory, signed with the auditor's own key. `now` is the time of this audit, in milliseconds.
    pub fn new(storage: Arc<dyn Storage>, signer: SigningKey, now: u64) -> Memory {
        Memory { storage, signer, now, every: KEEP_EVERY }
    }

    /// The same, which is added to after so many entries instead of [`KEEP_EVERY`].
    pub fn kept_every(self, entries: u64) -> Memory {
        Memory { every: entries, ..self }
    }

    /// After how many entries it is added to.
    pub(crate) fn every(&self) -> u64 {
        self.every
    }

    /// What is remembered of a ledger, and what cannot be used and why.
    pub(crate) fn recall(&self, ledger: &LedgerId) -> Result<(Option<Recalled>, Vec<String>), Fault> {
        let keys = [PublicKey::from(self.signer.verifying_key())];
        let (snapshot, mut unused) = snapshot::newest(&*self.storage, ledger, &keys)?;
        let Some(snapshot) = snapshot else { return Ok((None, unused)) };
        let file = self.storage.read(FILE)?.unwrap_or_default();
        let verified = decode(&file, ledger, &keys);
        unused.extend(verified.as_ref().err().map(|why| format!("{FILE} is not used: {why}; every entry is read instead")));
        Ok((Some(Recalled { snapshot, verified: verified.ok() }), unused))
    }

    /// Keeps the digests of the statements so far. Before the snapshot: a statement that is remembered too early is looked at again.
    pub(crate) fn keep_statements(&self, ledger: &LedgerId, sound: &[Hash32]) -> Result<(), Fault> {
        let mut body = self.now.to_le_bytes().to_vec();
        sound.iter().for_each(|digest| body.extend(digest.0));
        let file = snapshot::sealed(MAGIC, (note_origin(ledger), sound.len() as u64), &body, &self.signer);
        self.storage.replace(FILE, &file)
    }

    /// Keeps what was verified.
    pub(crate) fn keep(&self, verified: &Snapshot) -> Result<(), Fault> {
        snapshot::write(&*self.storage, verified, &self.signer)
    }
}

fn note_origin(ledger: &LedgerId) -> String {
    format!("{}/verified", origin(ledger))
}

fn decode(file: &[u8], ledger: &LedgerId, keys: &[PublicKey]) -> Result<(u64, Vec<Hash32>), String> {
    let (size, body) = snapshot::unsealed(MAGIC, file, &note_origin(ledger), keys)?;
    let (time, digests) = body.split_first_chunk().ok_or("it has no time")?;
    let (digests, rest) = digests.as_chunks::<32>();
    if digests.len() as u64 != size || !rest.is_empty() {
        return Err("it has another size".into());
    }
    Ok((u64::from_le_bytes(*time), digests.iter().copied().map(Hash32).collect()))
}
