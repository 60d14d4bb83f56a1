//! The audit: replays a whole journal and believes nothing but the signatures and the rules.
//!
//! Unlike recovery it verifies every signature, on all cores, whatever the signed head says. It changes nothing on disk: a torn
//! tail is a finding. On the way it holds the published coverage statements to the journal, and complaints of members
//! ([`crate::inspection`]).

use crate::account::Medium;
use crate::amount::Cents;
use crate::books::Book;
use crate::entry::RawEntry;
use crate::fault::Fault;
use crate::inspection::{Inspection, Judgment, Statements};
use crate::journal::{Head, decoded, judge, log_settings};
use crate::key::{DecodedKeys, LedgerId, PublicKey};
use crate::ledger::Ledger;
use crate::log::Log;
use crate::merkle::Hash;
use crate::publication::Kept;
use crate::state::State;
use crate::storage::{DiskFolder, Folder, LookedAt, ReadOnly, Storage};
use crate::transaction::{Body, NO_LEDGER, SignedTransaction};
use std::path::Path;
use std::sync::Arc;

/// After so many entries the progress is told.
const PROGRESS: u64 = 4_096;

/// What an audit found in order.
#[derive(Clone, Debug)]
pub struct AuditReport {
    /// The ledger id.
    pub ledger: LedgerId,
    /// The currency's name.
    pub name: String,
    /// The currency's symbol.
    pub symbol: String,
    /// How many entries, each with a good signature and the outcome that the rules give.
    pub entries: u64,
    /// How many accounts.
    pub accounts: usize,
    /// When the last entry was accepted.
    pub time: u64,
    /// The root of the tree.
    pub root: Hash,
    /// The size of the signed head that the journal extends.
    pub head: u64,
    /// Per medium: circulation, and the euros that cover it.
    pub media: Vec<(Medium, Cents, Cents)>,
    /// The sum of the members' balances: the digital circulation.
    pub balances: Cents,
    /// What the published coverage statements come to. A wrong one is a finding of its own: the journal may be in order all the same.
    pub statements: Statements,
    /// What the journal says of each complaint, in the order in which they were given.
    pub judgments: Vec<Judgment>,
}

/// What is audited.
pub struct Audit<'a> {
    /// The folder of the data, or a backup of it.
    pub directory: &'a Path,
    /// On so many threads signatures are verified.
    pub threads: usize,
    /// Complaints of members, as they signed them.
    pub complaints: &'a [Vec<u8>],
}

/// Audits the data in a folder with so many threads. `progress` is told how many entries were judged.
pub fn audit(directory: &Path, threads: usize, progress: impl FnMut(u64)) -> Result<AuditReport, Fault> {
    Audit { directory, threads, complaints: &[] }.run(progress)
}

impl Audit<'_> {
    /// Audits. `progress` is told how many entries were judged.
    ///
    /// # Errors
    ///
    /// [`Fault::Damage`] and [`Fault::Setup`] are findings about the journal, or say that a complaint is none; any other fault means
    /// that the audit could not be made.
    pub fn run(&self, mut progress: impl FnMut(u64)) -> Result<AuditReport, Fault> {
        let id = Ledger::id_in(self.directory)?;
        let folder = DiskFolder::new(self.directory);
        let (storage, head_files) = (folder.open("journal")?, folder.open("head")?);
        let head_signed_by = |keys: &[PublicKey]| -> Result<_, Fault> {
            let (_, head) = Head::open(head_files.clone(), &id, keys)?;
            head.ok_or_else(|| Fault::Damage("no signed head of this ledger's checkpoint keys is there".into()))
        };
        let head = head_signed_by(&named_keys(ReadOnly::tolerant(storage.clone()), &id)?)?;
        let mut inspection = self.inspection(&id)?;
        let mut state = State::new(id);
        let keys = DecodedKeys::default();
        let verify = |_: u64, leaf: &[u8], links: &[u8]| decoded(leaf, links, &id, Some(&keys));
        let (storage, bounds) = (ReadOnly::strict(storage), (Some((head.size, head.root)), None));
        let log = Log::open_prepared(storage, log_settings(&id), bounds, self.threads, &verify, |sequence, hash, verified| {
            if sequence.is_multiple_of(PROGRESS) {
                progress(sequence);
            }
            judge(&mut state, sequence, verified)?;
            inspection.see(&state, sequence, hash);
            Ok::<_, Fault>(())
        })?;
        progress(log.size());
        // A key that was only proposed proves nothing: the head has to be signed by one that the quorum put into force.
        if head_signed_by(state.checkpoint_keys())? != head {
            return Err(Fault::Damage("the signed head is not by a checkpoint key that is or was in force".into()));
        }
        report(&state, log.root(), head.size, inspection)
    }

    fn inspection(&self, id: &LedgerId) -> Result<Inspection, Fault> {
        let kept = Kept::read(LookedAt::new(self.directory).open("records")?, id)?;
        let inspection = Inspection::new(kept, self.complaints, id);
        inspection.map_err(|error| Fault::Setup(format!("a complaint is not one of a member of this ledger: {error}")))
    }
}

fn report(state: &State, root: Hash, head: u64, inspection: Inspection) -> Result<AuditReport, Fault> {
    let genesis = state.genesis().ok_or_else(|| Fault::Damage("the journal has no genesis".into()))?;
    let balances = state.accounts().iter().try_fold(Cents::ZERO, |sum, account| sum.plus(account.balance));
    let balances = balances.filter(|sum| *sum == state.books().circulation(Medium::Digital));
    let balances = balances.ok_or_else(|| Fault::Damage("the balances do not add up to the circulation".into()))?;
    for bank in state.books().banks() {
        if state.books().balance(Book::Unmatched(bank.number)) > Cents::ZERO {
            return Err(Fault::Damage(format!("bank account {} owes less than nothing", bank.number)));
        }
    }
    let media = Medium::ALL.iter();
    let (statements, judgments) = inspection.end(state);
    Ok(AuditReport {
        ledger: state.ledger(),
        name: genesis.name.clone(),
        symbol: genesis.symbol.clone(),
        entries: state.size(),
        accounts: state.accounts().len(),
        time: state.time(),
        root,
        head,
        media: media.map(|m| (*m, state.books().circulation(*m), state.books().cover(*m))).collect(),
        balances,
        statements,
        judgments,
    })
}

/// The checkpoint keys that the journal itself names: that of the genesis, and proposed ones. The walk shows which were in force.
fn named_keys(storage: Arc<dyn Storage>, id: &LedgerId) -> Result<Vec<PublicKey>, Fault> {
    let mut keys = Vec::new();
    Log::open(storage, log_settings(id), None, |sequence, leaf, _| -> Result<(), Fault> {
        let damage = |why: String| Fault::Damage(format!("entry {sequence} of the journal is wrong: {why}"));
        let entry = RawEntry::decode(leaf).map_err(|error| damage(error.to_string()))?;
        let under = if sequence == 0 { &NO_LEDGER } else { id };
        let order = SignedTransaction::decode_recorded(entry.transaction, under).map_err(|e| damage(e.to_string()))?;
        match order.body() {
            Body::Genesis(genesis) => keys.push(genesis.checkpoint_key),
            Body::Propose(crate::transaction::Act::RotateCheckpointKey { key }) => keys.push(*key),
            _ => {}
        }
        Ok(())
    })?;
    Ok(keys)
}
