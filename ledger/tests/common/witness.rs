//! A node on a simulated disk, and a witness who remembers what people were told.
//!
//! The witness keeps every order that anybody sent, every answer and every checkpoint, and holds the ledger to them whenever it is
//! asked: every acknowledged entry at its place with its bytes, none twice, none invented, every checkpoint a root of the one tree,
//! and balances that a naive second ledger computes from the entries alone.

#![allow(dead_code)]

use crate::common::{self, HOUR, START, key, public};
use crate::disk::SimDisk;
use crate::naive::Model;
use ledger::account::Medium;
use ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use ledger::coverage::NO_STATEMENT;
use ledger::directory::Profile;
use ledger::entry::RawEntry;
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32, LedgerId, TransactionId};
use ledger::ledger::{Ledger, Settings};
use ledger::liability::Seed;
use ledger::publication::MAX_STATEMENTS;
use ledger::receipt::{Receipt, origin};
use ledger::records::{Change, KeyRange, MAX_SCAN, Order as Sort, Table};
use ledger::rejection::Rejection;
use ledger::transaction::{Body, NO_LEDGER, SignedTransaction, Transaction};
use ledger::writer::{Answer, Pace, Steps};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Segments so small that a short story fills some.
pub const SEGMENT_BYTES: u64 = 4_000;

/// The table of the records that the stories write to.
const TABLE: Table = Table(200);

/// What the next process finds of everything that was written.
pub type Contents = BTreeMap<Vec<u8>, Vec<u8>>;

/// What people were told.
#[derive(Clone, Default)]
pub struct Witness {
    /// Whatever was sent, by its bytes.
    pub sent: HashMap<Vec<u8>, SignedTransaction>,
    /// Where the node said that it is.
    pub acknowledged: BTreeMap<TransactionId, u64>,
    /// What the node of this life refused.
    pub refused: BTreeMap<TransactionId, Rejection>,
    /// The root of each checkpoint that anybody was given, by its size.
    pub roots: BTreeMap<u64, [u8; 32]>,
    /// What was written to the records and answered.
    pub kept: Contents,
    /// The write that was not answered: there or not, as a whole.
    pub doubtful: Option<Contents>,
    /// Every coverage statement that anybody was given, by its number.
    pub statements: BTreeMap<u64, String>,
    /// What a person's profile may be: one thing, or one of two after a change that was not answered.
    pub profiles: BTreeMap<AccountId, Vec<Profile>>,
}

/// A node.
pub struct Node {
    pub disk: SimDisk,
    pub witness: Witness,
    pub clock: Arc<AtomicU64>,
    pub running: Option<(Ledger, Steps)>,
    folder: tempfile::TempDir,
    answers: Arc<Mutex<Vec<(TransactionId, Answer)>>>,
    genesis: SignedTransaction,
}

/// The genesis that every story starts with.
pub fn genesis() -> SignedTransaction {
    let body = Body::Genesis(Box::new(common::genesis()));
    let bytes = Transaction { nonce: [0; 8], valid_until: START + HOUR, body }.sign(&NO_LEDGER, &key("issuer"));
    SignedTransaction::decode(&bytes, &NO_LEDGER).unwrap()
}

/// A folder for views and keys, in memory where there is such a place.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    tempfile::Builder::new().tempdir_in(memory).or_else(|_| tempfile::tempdir()).unwrap()
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Node {
    /// A node that has never run, on a disk.
    pub fn new(disk: SimDisk) -> Node {
        let genesis = genesis();
        let witness = Witness { sent: HashMap::from([(genesis.bytes().to_vec(), genesis.clone())]), ..Witness::default() };
        let (clock, answers) = (Arc::new(AtomicU64::new(START)), Arc::default());
        Node { disk, witness, clock, running: None, folder: folder(), answers, genesis }
    }

    /// The next process, on the disk that this one leaves: the same views and keys as they are now, the same people.
    pub fn next(&self, disk: SimDisk) -> Node {
        let folder = folder();
        copy(self.folder.path(), folder.path());
        let mut witness = self.witness.clone();
        witness.refused.clear();
        let clock = Arc::new(AtomicU64::new(self.clock.load(Ordering::SeqCst)));
        let (answers, genesis) = (Arc::default(), self.genesis.clone());
        Node { disk, witness, clock, running: None, folder, answers, genesis }
    }

    /// Where the views are.
    pub fn views(&self) -> PathBuf {
        self.folder.path().join("views")
    }

    fn settings(&self) -> Settings {
        let clock = self.clock.clone();
        Settings {
            disk: Arc::new(self.disk.clone()),
            views: self.views(),
            key_file: self.folder.path().join("key"),
            signers: vec![key("checkpoint"), key("next checkpoint")],
            clock: Arc::new(move || clock.load(Ordering::SeqCst)),
            pace: Pace::default(),
            threads: 1,
            segment_bytes: SEGMENT_BYTES,
        }
    }

    /// Starts the node; makes the ledger if there is none yet.
    pub fn start(&mut self) -> Result<(), Fault> {
        let begun = self.disk.files("").contains_key("ledger-id");
        let opened = if begun { Ledger::open_stepped(self.settings()) } else { Err(Fault::Poisoned) };
        let started = match opened {
            // The making of the ledger was cut off, and nobody was told otherwise: it is made again.
            Err(fault) if !begun || fault.to_string().contains("the journal is empty") => {
                assert!(self.witness.acknowledged.is_empty(), "the whole ledger is lost: {fault}");
                Ledger::create_stepped(self.settings(), self.genesis.bytes())?
            }
            opened => opened?,
        };
        self.running = Some(started);
        self.witness.acknowledged.insert(self.genesis.id(), 0);
        self.see_checkpoint();
        Ok(())
    }

    pub fn ledger(&self) -> &Ledger {
        &self.running.as_ref().unwrap().0
    }

    pub fn steps(&mut self) -> &mut Steps {
        &mut self.running.as_mut().unwrap().1
    }

    pub fn submit(&mut self, order: &SignedTransaction) {
        self.witness.sent.entry(order.bytes().to_vec()).or_insert_with(|| order.clone());
        let (id, answers) = (order.id(), self.answers.clone());
        self.ledger().submit(order.clone(), Box::new(move |answer| answers.lock().unwrap().push((id, answer))));
    }

    pub fn apply(&mut self, most: usize) -> bool {
        self.steps().apply(most)
    }

    pub fn commit(&mut self) -> bool {
        self.steps().commit()
    }

    pub fn write_head(&mut self) -> bool {
        self.steps().write_head()
    }

    /// Everything that waits becomes durable.
    pub fn settle(&mut self) -> Vec<(TransactionId, Result<u64, String>)> {
        while self.apply(usize::MAX) || self.commit() || self.write_head() {}
        self.answers()
    }

    /// The answers since the last call; the witness remembers them. A fault is given as its text.
    pub fn answers(&mut self) -> Vec<(TransactionId, Result<u64, String>)> {
        let answers = std::mem::take(&mut *self.answers.lock().unwrap());
        let mut told = Vec::new();
        for (id, answer) in answers {
            let answer = match answer {
                Err(fault) => {
                    let why = self.ledger().failure().unwrap_or_else(|| panic!("{fault}, and the node says that it is well"));
                    assert!(fault == why || fault == Fault::Poisoned, "{fault} is not why: {why}");
                    Err(fault.to_string())
                }
                Ok(Err(refused)) => match self.ledger().or_late(&refused).unwrap() {
                    // Its id is forgotten, and its account's history has it.
                    Ok(sequence) => {
                        assert_eq!(self.witness.acknowledged.insert(id, sequence).unwrap_or(sequence), sequence);
                        Ok(sequence)
                    }
                    Err(rejection) => {
                        assert_eq!(rejection, refused.rejection);
                        assert!(
                            !self.witness.acknowledged.contains_key(&id),
                            "an entry was refused: {}",
                            refused.rejection.code()
                        );
                        let before = self.witness.refused.insert(id, refused.rejection);
                        assert!(before.is_none_or(|before| before == refused.rejection), "refused in two ways");
                        Err(refused.rejection.code().to_owned())
                    }
                },
                Ok(Ok(accepted)) => {
                    let before = self.witness.acknowledged.insert(id, accepted.sequence);
                    assert!(before.is_none_or(|before| before == accepted.sequence), "acknowledged at two places");
                    assert!(!self.witness.refused.contains_key(&id), "accepted after it was refused");
                    if let Some(receipt) = accepted.receipt {
                        self.see_receipt(&receipt);
                    }
                    Ok(accepted.sequence)
                }
            };
            told.push((id, answer));
        }
        if !told.is_empty() {
            self.see_checkpoint();
        }
        told
    }

    fn see_receipt(&mut self, receipt: &Receipt) {
        self.see_note(receipt.checkpoint());
    }

    fn see_checkpoint(&mut self) {
        if let Some(note) = self.ledger().checkpoint() {
            self.see_note(note.as_str());
        }
    }

    fn see_note(&mut self, note: &str) {
        let (size, root) = body(note).expect("a checkpoint");
        let before = self.witness.roots.insert(size, root);
        assert!(before.is_none_or(|before| before == root), "two histories of size {size}");
    }

    /// Writes some keys to the records in one write.
    pub fn keep(&mut self, changes: Contents) -> Result<(), Fault> {
        let put = |(key, value): (&Vec<u8>, &Vec<u8>)| Change::Put { table: TABLE, key: key.clone(), value: value.clone() };
        let writes: Vec<Change> = changes.iter().map(put).collect();
        let written = self.ledger().records().write(&writes);
        let mut after = self.witness.kept.clone();
        after.extend(changes);
        match written {
            Ok(()) => self.witness.kept = after,
            Err(error) => {
                self.witness.doubtful.get_or_insert(after);
                return Err(Fault::Damage(error.to_string()));
            }
        }
        Ok(())
    }

    /// Makes a coverage statement of what is durable.
    pub fn state(&mut self) -> Result<(), Fault> {
        let seed = Seed([self.witness.statements.len() as u8; 32]);
        let stated = self.ledger().state_coverage(self.clock.load(Ordering::SeqCst), seed)?;
        let before = self.witness.statements.insert(stated.statement().number, stated.as_str().to_owned());
        assert_eq!(before, None, "two statements of one number");
        Ok(())
    }

    /// Changes a profile in the directory; none erases the person.
    pub fn describe(&mut self, account: AccountId, profile: Option<Profile>) -> Result<(), Fault> {
        let now = profile.clone().unwrap_or_default();
        let changed = match profile {
            Some(profile) => self.ledger().directory().set_profile(&account, profile),
            None => self.ledger().directory().erase(&account),
        };
        let known = self.witness.profiles.entry(account).or_insert_with(|| vec![Profile::default()]);
        match changed {
            Ok(()) => *known = vec![now],
            Err(fault) => {
                known.push(now);
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Holds the ledger to everything that was said.
    pub fn prove(&self) {
        let leaves = self.leaves();
        self.prove_entries(&leaves);
        self.prove_tree(&leaves);
        self.prove_records();
        self.prove_statements();
    }

    /// Statements are numbered without gap, each holds on to the one before, and those that people have are the ones that are there.
    fn prove_statements(&self) {
        let mut all = self.ledger().publication().statements(None, MAX_STATEMENTS).unwrap();
        all.reverse();
        let mut before = NO_STATEMENT;
        for (number, found) in (1..).zip(&all) {
            assert_eq!((found.statement().number, found.statement().previous), (number, before));
            before = found.statement().hash();
        }
        for (number, told) in &self.witness.statements {
            assert_eq!(all.get(*number as usize - 1).map(|found| found.as_str()), Some(told.as_str()), "a statement is lost");
        }
        assert_eq!(self.ledger().publication().latest().as_ref(), all.last());
    }

    /// The bytes of every entry, each out of its receipt.
    pub fn leaves(&self) -> Vec<Vec<u8>> {
        let size = self.ledger().durable().state.size();
        (0..size).map(|sequence| self.ledger().receipt(sequence).unwrap().unwrap().entry().to_vec()).collect()
    }

    fn prove_entries(&self, leaves: &[Vec<u8>]) {
        let Body::Genesis(genesis) = self.genesis.body() else { unreachable!() };
        let mut model = Model::new(genesis, self.genesis.id(), START + HOUR);
        let mut found = BTreeMap::new();
        let mut charges = BTreeSet::new();
        for (sequence, leaf) in leaves.iter().enumerate() {
            let entry = RawEntry::decode(leaf).unwrap();
            assert_eq!(entry.sequence, sequence as u64);
            let order = self.witness.sent.get(entry.transaction);
            let order = order.unwrap_or_else(|| panic!("nobody sent entry {sequence}"));
            assert_eq!(found.insert(order.id(), entry.sequence), None, "entry {sequence} is there twice");
            assert!(!self.witness.refused.contains_key(&order.id()), "entry {sequence} was refused");
            if sequence > 0 {
                let outcome = model.judge(order, entry.time);
                assert_eq!(outcome, Ok(entry.outcome), "entry {sequence}: {:?}", order.body());
            }
            if let Body::Transfer(transfer) = order.body()
                && let Some(charge) = transfer.charge
            {
                assert!(charges.insert((transfer.payee, charge.id, charge.expires, transfer.amount)), "a charge was paid twice");
            }
        }
        for (id, sequence) in &self.witness.acknowledged {
            assert_eq!(found.get(id), Some(sequence), "an acknowledged entry is lost or moved: {sequence} of {}", leaves.len());
        }
        let durable = self.ledger().durable();
        model.compare(&durable.state);
        let circulation: i64 = durable.state.accounts().iter().map(|account| account.balance.get()).sum();
        assert_eq!(circulation, durable.state.books().circulation(Medium::Digital).get());
        for medium in Medium::ALL {
            assert!(durable.state.books().surplus(*medium).get() >= 0, "circulation is not covered");
        }
    }

    fn prove_tree(&self, leaves: &[Vec<u8>]) {
        let roots = roots(leaves);
        let durable = self.ledger().durable();
        assert_eq!((durable.tree.size(), durable.tree.root()), (leaves.len() as u64, roots[leaves.len()]));
        for (size, root) in &self.witness.roots {
            assert_eq!(roots.get(*size as usize), Some(root), "a checkpoint of size {size} is no longer of this tree");
        }
        let keys = ["checkpoint", "next checkpoint"].map(|name| key(name).verifying_key());
        for (name, bytes) in self.disk.files("head") {
            let note = String::from_utf8(bytes).unwrap_or_default();
            let signed = SignedCheckpoint::open(note.trim_end_matches('\0'), &origin(&self.genesis.id()), &keys);
            if let Ok(head) = signed {
                assert_eq!(roots.get(head.size as usize), Some(&head.root), "{name} is ahead of the journal");
            }
        }
    }

    fn kept(&self) -> Contents {
        self.ledger().records().scan(TABLE, &KeyRange::all(), MAX_SCAN, Sort::Ascending).unwrap().into_iter().collect()
    }

    fn prove_records(&self) {
        let (found, witness) = (self.kept(), &self.witness);
        assert!(found == witness.kept || Some(&found) == witness.doubtful.as_ref(), "the records are not what was written");
        for (account, allowed) in &witness.profiles {
            let found = self.ledger().directory().profile(account);
            assert!(allowed.contains(&found), "{found:?} is none of {allowed:?}");
        }
        assert_eq!(self.ledger().directory().unreadable(), 0);
    }

    /// After a start: what was in doubt is known now.
    pub fn believe(&mut self) {
        (self.witness.kept, self.witness.doubtful) = (self.kept(), None);
        let accounts: Vec<AccountId> = self.witness.profiles.keys().copied().collect();
        for account in accounts {
            let found = self.ledger().directory().profile(&account);
            self.witness.profiles.insert(account, vec![found]);
        }
    }

    /// The same, and whoever had no answer asks again for what is recorded.
    pub fn ask_again(&mut self) {
        self.believe();
        for leaf in self.leaves() {
            let order = self.witness.sent[RawEntry::decode(&leaf).unwrap().transaction].clone();
            if !self.witness.acknowledged.contains_key(&order.id()) {
                self.submit(&order);
            }
        }
        while self.apply(usize::MAX) || self.commit() {}
        self.answers();
    }

    /// Every receipt of every entry verifies with no network.
    pub fn prove_receipts(&self) {
        let keys = [public("checkpoint"), public("next checkpoint")];
        let id: LedgerId = self.ledger().id();
        for sequence in 0..self.ledger().durable().state.size() {
            let bytes = self.ledger().receipt(sequence).unwrap().unwrap().encode();
            let entry = Receipt::decode(&bytes).unwrap().verify(&id, &keys).unwrap();
            assert_eq!(entry.sequence, sequence);
        }
    }
}

/// Size and root of a checkpoint's text.
fn body(note: &str) -> Option<(u64, [u8; 32])> {
    let checkpoint = Checkpoint::parse(&note[..=note.find("\n\n")?]).ok()?;
    Some((checkpoint.size, checkpoint.root))
}

/// The RFC 6962 root after each number of leaves, from 0 on.
fn roots(leaves: &[Vec<u8>]) -> Vec<[u8; 32]> {
    let join = |left: &[u8; 32], right: &[u8; 32]| Hash32::of(&[&[1], left.as_slice(), right].concat()).0;
    let mut roots = vec![Hash32::of(b"").0];
    let mut peaks: Vec<(u32, [u8; 32])> = Vec::new();
    for leaf in leaves {
        let mut peak = (0, Hash32::of(&[&[0], leaf.as_slice()].concat()).0);
        while let Some((_, left)) = peaks.pop_if(|(height, _)| *height == peak.0) {
            peak = (peak.0 + 1, join(&left, &peak.1));
        }
        peaks.push(peak);
        let (last, before) = peaks.split_last().unwrap();
        roots.push(before.iter().rev().fold(last.1, |right, (_, left)| join(left, &right)));
    }
    roots
}

/// Tells what was tried: on the screen, and in the file that the variable TRIED names.
pub fn tried(line: &str) {
    println!("tried: {line}");
    if let Ok(path) = std::env::var("TRIED") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        std::io::Write::write_all(&mut file.unwrap(), format!("tried: {line}\n").as_bytes()).unwrap();
    }
}

/// Tries one case; what it panics with is its failure.
pub fn attempt(work: impl FnOnce()) -> Result<(), String> {
    let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    tried.map_err(|panic| match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast::<&str>().map_or_else(|_| "a panic".into(), |text| (*text).into()),
    })
}

/// After so many failures a suite tries no more.
pub const MOST_FAILURES: usize = 10;

/// Ends a suite: prints the failures, each with how to see it again.
pub fn conclude(failures: &[String]) {
    failures.iter().for_each(|failure| println!("{failure}"));
    assert!(failures.is_empty(), "{} failures", failures.len());
}
