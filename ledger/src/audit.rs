//! The audit: replays a whole journal and believes nothing but the signatures and the rules.
//!
//! Unlike recovery it verifies every signature, on all cores, whatever the signed head says. It changes nothing on disk: a torn
//! tail is a finding. On the way it holds the published coverage statements to the journal, and complaints of members
//! ([`crate::inspection`]).
//!
//! With a memory of the auditor's own ([`crate::memory`]) it goes on where an earlier audit was, and says so. What was verified before has
//! to be what the journal begins with, whether it is read again or not.

use crate::account::Medium;
use crate::amount::Cents;
use crate::books::Book;
use crate::checkpoint::Checkpoint;
use crate::encoding::DecodeError;
use crate::entry::RawEntry;
use crate::fault::Fault;
use crate::inspection::{Inspection, Judgment, Source, Statements};
use crate::journal::{Decoded, Head, decoded, judge, log_settings};
use crate::key::{DecodedKeys, Hash32, LedgerId, PublicKey};
use crate::ledger::{BACKUP_FILE, Ledger};
use crate::log::{Known, Log, LogKind, segment_lengths};
use crate::memory::{Memory, Recalled};
use crate::merkle::{Hash, Tree};
use crate::publication::Kept;
use crate::snapshot::Snapshot;
use crate::state::State;
use crate::storage::{DiskFolder, Folder, LookedAt, ReadOnly, Storage};
use crate::transaction::{Act, Body, NO_LEDGER, SignedTransaction};
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
    /// So many entries were verified by an earlier audit, and not again: of segments that lie wholly below, only length and header were
    /// looked at. 0 when every entry was read.
    pub resumed_from: u64,
    /// What an earlier audit verified, if it is remembered: the journal begins with it.
    pub earlier: Option<Earlier>,
    /// What of the memory could not be used, and why: it is damaged, or of another ledger or key.
    pub unused_memory: Vec<String>,
}

/// What an earlier audit verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Earlier {
    /// So many entries.
    pub entries: u64,
    /// When it was last added to.
    pub time: u64,
}

/// What is audited.
pub struct Audit<'a> {
    /// The folder of the data, or a backup of it.
    pub directory: &'a Path,
    /// On so many threads signatures are verified.
    pub threads: usize,
    /// Complaints of members, as they signed them.
    pub complaints: &'a [Vec<u8>],
    /// What the auditor remembers: the audit goes on there, unless there are complaints, and is remembered itself. `None` believes
    /// nothing, and reads everything.
    pub memory: Option<&'a Memory>,
}

/// Audits the data in a folder with so many threads. `progress` is told how many entries were judged.
pub fn audit(directory: &Path, threads: usize, progress: impl FnMut(u64)) -> Result<AuditReport, Fault> {
    Audit { directory, threads, complaints: &[], memory: None }.run(progress)
}

impl Audit<'_> {
    /// Audits. `progress` is told how many entries were judged.
    ///
    /// # Errors
    ///
    /// [`Fault::Damage`] and [`Fault::Setup`] are findings about the journal, or say that a complaint is none; any other fault means
    /// that the audit could not be made.
    pub fn run(&self, progress: impl FnMut(u64)) -> Result<AuditReport, Fault> {
        let id = Ledger::id_in(self.directory)?;
        let folder = DiskFolder::new(self.directory);
        let files = Files { journal: folder.open("journal")?, head: folder.open("head")? };
        let mut inspection = self.inspection(&id)?;
        let (start, course) = self.start(&id, &mut inspection)?;
        let found = self.walk(&files, start, inspection, &course, progress).map_err(|fault| course.explained(fault))?;
        Ok(AuditReport { resumed_from: course.from, earlier: course.earlier, unused_memory: course.unused, ..found })
    }

    fn walk(
        &self,
        files: &Files,
        start: Snapshot,
        inspection: Inspection,
        course: &Course,
        mut progress: impl FnMut(u64),
    ) -> Result<AuditReport, Fault> {
        let id = start.state.ledger();
        let (tree, segments) = (start.tree.clone(), start.segments.clone());
        let known = (tree.size() > 0).then_some(Known { tree: &tree, segments: &segments });
        let head = files.head_signed_by(&id, &named_keys(files, &start.state, known, self.threads)?)?;
        let mut walk = Walk { made: start, inspection, keeping: self.keeping(course, &*files.journal, head.size)? };
        let keys = DecodedKeys::default();
        let verify = |_: u64, leaf: &[u8], links: &[u8]| decoded(leaf, links, &id, Some(&keys));
        let (storage, bounds) = (ReadOnly::strict(files.journal.clone()), (Some((head.size, head.root)), known));
        let log = Log::open_prepared(storage, log_settings(&id), bounds, self.threads, &verify, |sequence, hash, verified| {
            if walk.come_to(sequence)? || sequence.is_multiple_of(PROGRESS) {
                progress(sequence);
            }
            walk.judge(sequence, hash, verified)
        })?;
        progress(log.size());
        // A key that was only proposed proves nothing: the head has to be signed by one that the quorum put into force.
        if files.head_signed_by(&id, walk.made.state.checkpoint_keys())? != head {
            return Err(Fault::Damage("the signed head is not by a checkpoint key that is or was in force".into()));
        }
        walk.end()?;
        report(&walk.made.state, log.root(), head.size, walk.inspection.end(&walk.made.state, self.source(head.size)?))
    }

    fn inspection(&self, id: &LedgerId) -> Result<Inspection, Fault> {
        let kept = Kept::read(LookedAt::new(self.directory).open("records")?, id)?;
        let inspection = Inspection::new(kept, self.complaints, id);
        inspection.map_err(|error| Fault::Setup(format!("a complaint is not one of a member of this ledger: {error}")))
    }

    /// Whose data these are; a backup says so itself.
    fn source(&self, head: u64) -> Result<Source, Fault> {
        let backup = LookedAt::new(self.directory).open("")?.read(BACKUP_FILE)?;
        Ok(if backup.is_some() { Source::Backup(head) } else { Source::Node })
    }

    /// Where the audit begins: after what an earlier one verified, if it can be, and else before the first entry.
    fn start(&self, id: &LedgerId, inspection: &mut Inspection) -> Result<(Snapshot, Course), Fault> {
        let (recalled, unused) = self.memory.map_or(Ok((None, Vec::new())), |memory| memory.recall(id))?;
        let Some(Recalled { snapshot, verified }) = recalled else {
            return Ok((Snapshot::nothing(id), Course { unused, ..Course::default() }));
        };
        let (size, root) = (snapshot.state.size(), snapshot.tree.root());
        let mut course = Course { from: 0, seen: Some((size, root)), earlier: None, unused };
        let Some((time, sound)) = verified else { return Ok((Snapshot::nothing(id), course)) };
        inspection.remember(&sound);
        course.earlier = Some(Earlier { entries: size, time });
        if !inspection.resume(&snapshot.state, snapshot.tree.frontier_at(size), sound.len()) {
            return Ok((Snapshot::nothing(id), course));
        }
        course.from = size;
        Ok((snapshot, course))
    }

    /// What is kept on the way, when there is a memory.
    fn keeping(&self, course: &Course, journal: &dyn Storage, head: u64) -> Result<Option<Keeping<'_>>, Fault> {
        let Some(memory) = self.memory else { return Ok(None) };
        let segments = segment_lengths(journal, LogKind::Journal)?;
        Ok(Some(Keeping { memory, segments, seen: course.seen, head, kept: course.from }))
    }
}

/// The files of a ledger that prove each other.
struct Files {
    journal: Arc<dyn Storage>,
    head: Arc<dyn Storage>,
}

impl Files {
    /// The newest head that one of these keys signed.
    fn head_signed_by(&self, id: &LedgerId, keys: &[PublicKey]) -> Result<Checkpoint, Fault> {
        let (_, head) = Head::open(self.head.clone(), id, keys)?;
        head.ok_or_else(|| Fault::Damage("no signed head of this ledger's checkpoint keys is there".into()))
    }
}

/// What an earlier audit had to say.
#[derive(Default)]
struct Course {
    /// The entries that are not judged again.
    from: u64,
    /// Size and root of what an earlier audit verified.
    seen: Option<(u64, Hash)>,
    earlier: Option<Earlier>,
    unused: Vec<String>,
}

impl Course {
    /// Damage that was found beside what an earlier audit verified.
    fn explained(&self, fault: Fault) -> Fault {
        match fault {
            Fault::Damage(why) if self.from > 0 => {
                Fault::Damage(format!("{why} (an earlier audit verified the first {} entries)", self.from))
            }
            fault => fault,
        }
    }
}

/// An audit on its way through the journal.
struct Walk<'m> {
    made: Snapshot,
    inspection: Inspection,
    keeping: Option<Keeping<'m>>,
}

impl Walk<'_> {
    /// Is told that all entries before this one are in order, and lead to the signed head if it is there. Whether it was kept.
    fn come_to(&mut self, sequence: u64) -> Result<bool, Fault> {
        let Some(keeping) = &mut self.keeping else { return Ok(false) };
        keeping.compare(sequence, &self.made.tree)?;
        match self.inspection.remembered().filter(|_| keeping.is_due(sequence)) {
            Some(sound) => keeping.keep(&mut self.made, &sound).map(|()| true),
            None => Ok(false),
        }
    }

    fn judge(&mut self, sequence: u64, hash: Hash, verified: &Decoded) -> Result<(), Fault> {
        judge(&mut self.made.state, sequence, verified)?;
        self.inspection.see(&self.made.state, sequence, hash);
        if self.keeping.is_some() {
            self.made.tree.push(hash);
        }
        Ok(())
    }

    /// After the last entry: all that an earlier audit verified has to have been there.
    fn end(&mut self) -> Result<(), Fault> {
        let size = self.made.state.size();
        self.come_to(size)?;
        match self.keeping.as_ref().and_then(|keeping| keeping.seen) {
            Some((seen, _)) if size < seen => {
                Err(Fault::Damage(format!("the journal has {size} entries, and an earlier audit verified {seen}")))
            }
            _ => Ok(()),
        }
    }
}

/// What is kept on the way, and what was kept before.
struct Keeping<'m> {
    memory: &'m Memory,
    /// The first entry and the length of every segment of the journal.
    segments: Vec<(u64, u64)>,
    seen: Option<(u64, Hash)>,
    /// Nothing beyond the signed head is kept.
    head: u64,
    kept: u64,
}

impl Keeping<'_> {
    /// The journal has to begin with what an earlier audit verified, also when it is read from its first entry.
    fn compare(&self, size: u64, tree: &Tree) -> Result<(), Fault> {
        match self.seen {
            Some((seen, root)) if seen == size && root != tree.root() => {
                Err(Fault::Damage(format!("the first {seen} entries are not those that an earlier audit verified")))
            }
            _ => Ok(()),
        }
    }

    /// The memory never goes back: it is added to beyond what an earlier audit verified.
    fn is_due(&self, size: u64) -> bool {
        let beyond = self.seen.is_none_or(|(seen, _)| size >= seen);
        beyond && size <= self.head && (size == self.head || size >= self.kept + self.memory.every())
    }

    fn keep(&mut self, made: &mut Snapshot, sound: &[Hash32]) -> Result<(), Fault> {
        let size = made.state.size();
        self.memory.keep_statements(&made.state.ledger(), sound)?;
        if size > self.kept {
            made.segments.clone_from(&self.segments);
            made.segments.retain(|(first, _)| *first <= size);
            self.memory.keep(made)?;
            self.kept = size;
        }
        Ok(())
    }
}

fn report(
    state: &State,
    root: Hash,
    head: u64,
    (statements, judgments): (Statements, Vec<Judgment>),
) -> Result<AuditReport, Fault> {
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
        resumed_from: 0,
        earlier: None,
        unused_memory: Vec::new(),
    })
}

/// The checkpoint keys that the journal itself names: that of the genesis, those in force at the start, and proposed ones. The walk shows
/// which were in force.
fn named_keys(files: &Files, start: &State, known: Option<Known<'_>>, threads: usize) -> Result<Vec<PublicKey>, Fault> {
    let storage = ReadOnly::tolerant(files.journal.clone());
    let id = start.ledger();
    let proposed = start.proposals().filter_map(|(_, proposal)| rotated_to(&proposal.act));
    let mut keys: Vec<_> = start.checkpoint_keys().iter().copied().chain(proposed).collect();
    let name = |sequence: u64, leaf: &[u8], _: &[u8]| named_key(sequence, leaf, &id);
    Log::open_prepared(storage, log_settings(&id), (None, known), threads, &name, |sequence, _, named| match named {
        Ok(key) => {
            keys.extend(key);
            Ok(())
        }
        Err(why) => Err(Fault::Damage(format!("entry {sequence} of the journal is wrong: {why}"))),
    })?;
    Ok(keys)
}

/// The checkpoint key that an entry names.
fn named_key(sequence: u64, leaf: &[u8], id: &LedgerId) -> Result<Option<PublicKey>, DecodeError> {
    let under = if sequence == 0 { &NO_LEDGER } else { id };
    let order = SignedTransaction::decode_recorded(RawEntry::decode(leaf)?.transaction, under)?;
    Ok(match order.body() {
        Body::Genesis(genesis) => Some(genesis.checkpoint_key),
        Body::Propose(act) => rotated_to(act),
        _ => None,
    })
}

fn rotated_to(act: &Act) -> Option<PublicKey> {
    match act {
        Act::RotateCheckpointKey { key } => Some(*key),
        _ => None,
    }
}
