//! A ledger on disk with its clock, for the tests that stop, copy and damage it.

use super::{DIGITAL_BANK, HOUR, START, cents, hash, key, public};
use ledger::account::AccountKind;
use ledger::fault::Fault;
use ledger::journal::log_settings;
use ledger::key::AccountId;
use ledger::ledger::{Ledger, Settings};
use ledger::log::{Log, LogSettings};
use ledger::storage::DiskStorage;
use ledger::transaction::{Act, Body, NO_LEDGER, OpenAccount, SignedTransaction, Transaction, Transfer};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A node: its folder, its clock, and the orders that it was sent.
pub struct Node {
    pub folder: tempfile::TempDir,
    pub clock: Arc<AtomicU64>,
    pub nonce: AtomicU64,
}

pub const FIRST_SEGMENT: &str = "journal/00000000000000000000.seg";

impl Node {
    pub fn new() -> Node {
        Node { folder: tempfile::tempdir().unwrap(), clock: Arc::new(AtomicU64::new(START)), nonce: AtomicU64::new(0) }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn settings_for(&self, data: PathBuf, key_file: &str) -> Settings {
        let clock = self.clock.clone();
        let signers = vec![key("checkpoint"), key("next checkpoint")];
        Settings::at(&data, self.folder.path().join(key_file), signers, Arc::new(move || clock.load(Ordering::SeqCst)))
    }

    pub fn create(&self) -> Ledger {
        let genesis = Transaction { nonce: [0; 8], valid_until: START + HOUR, body: Body::Genesis(Box::new(super::genesis())) };
        let bytes = genesis.sign(&NO_LEDGER, &key("issuer"));
        Ledger::create(self.settings_for(self.data(), "key"), &bytes).unwrap()
    }

    pub fn reopened(&self) -> Ledger {
        Ledger::open(self.settings_for(self.data(), "key")).unwrap()
    }

    pub fn opened(&self, data: &Path) -> Result<Ledger, Fault> {
        Ledger::open(self.settings_for(data.to_owned(), "key"))
    }

    /// What a start of the node says when it refuses.
    pub fn refusal(&self) -> String {
        self.opened(&self.data()).err().expect("the node must not start").to_string()
    }

    /// The files as they are now, as after a `kill -9` of this moment.
    pub fn copy(&self, name: &str) -> PathBuf {
        let copy = self.folder.path().join(name);
        copy_folder(&self.data(), &copy);
        copy
    }

    pub fn order(&self, ledger: &Ledger, body: Body, signer: &str) -> SignedTransaction {
        let nonce = self.nonce.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        let valid_until = self.clock.load(Ordering::SeqCst) + HOUR;
        let bytes = Transaction { nonce, valid_until, body }.sign(&ledger.id(), &key(signer));
        ledger.decode(&bytes).unwrap()
    }

    pub fn does(&self, ledger: &Ledger, body: Body, signer: &str) -> u64 {
        let order = self.order(ledger, body, signer);
        ledger.submit_and_wait(order).unwrap().unwrap()
    }

    pub fn act(&self, ledger: &Ledger, act: Act) -> u64 {
        self.does(ledger, Body::Propose(act), "operator 1")
    }

    pub fn account(&self, ledger: &Ledger, name: &str, kind: AccountKind) -> AccountId {
        let entry = self.act(ledger, Act::OpenAccount(OpenAccount { kind, key: public(name), level: 2, groups: vec![] }));
        ledger.entry_and_links(entry).unwrap().unwrap().0.outcome.opened.unwrap()
    }

    /// Anna with 100 euros, and a shop.
    pub fn anna_and_shop(&self, ledger: &Ledger) -> (AccountId, AccountId) {
        let anna = self.account(ledger, "anna", AccountKind::Resident);
        let shop = self.account(ledger, "shop", AccountKind::Professional);
        let (credit, amount) = (hash("credit"), cents(10_000));
        self.act(ledger, Act::Convert { bank: DIGITAL_BANK, credit, amount, account: anna });
        (anna, shop)
    }

    pub fn pay(&self, ledger: &Ledger, payer: AccountId, payee: AccountId, amount: u64) -> u64 {
        self.does(ledger, transfer(payer, payee, amount), "anna")
    }
}

pub fn transfer(payer: AccountId, payee: AccountId, amount: u64) -> Body {
    Body::Transfer(Transfer { payer, payee, amount: cents(amount), charge: None, memo: None })
}

pub fn balance(ledger: &Ledger, account: &AccountId) -> i64 {
    ledger.durable().state.account(account).unwrap().balance.get()
}

/// The head first: whoever copies a running node copies what is older first.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    let mut entries: Vec<_> = fs::read_dir(from).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// A small journal: a genesis, two accounts, a conversion, a payment.
pub fn small() -> Node {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    node.pay(&ledger, anna, shop, 5);
    node
}

/// The bytes of a header before entry 0: magic, version, kind, ledger, epoch, base, an empty frontier, a checksum.
pub const HEADER: usize = 8 + 1 + 1 + 32 + 8 + 1 + 8 + 4;

/// The journal again with other bytes, checksums and all: what somebody with the disk in their hands can do.
pub fn rewritten(node: &Node, change: impl Fn(u64, &mut Vec<u8>, &mut Vec<u8>), keep: usize) -> [u8; 32] {
    let id = Ledger::id_in(&node.data()).unwrap();
    let (old, new) = (node.data().join("journal"), node.folder.path().join("forged"));
    let settings: LogSettings = log_settings(&id);
    let mut frames = Vec::new();
    let log = Log::open::<Fault>(Arc::new(DiskStorage::open(&old).unwrap()), settings, None, |sequence, leaf, links| {
        let (mut leaf, mut links) = (leaf.to_vec(), links.to_vec());
        change(sequence, &mut leaf, &mut links);
        frames.push((leaf, links));
        Ok(())
    });
    drop(log.unwrap());
    let _ = fs::remove_dir_all(&new);
    let storage = Arc::new(DiskStorage::open(&new).unwrap());
    let mut log = Log::open::<Fault>(storage, settings, None, |_, _, _| Ok(())).unwrap();
    for (sequence, (leaf, links)) in frames.iter().take(keep).enumerate() {
        log.append(0, sequence as u64, &[(leaf, links)]).unwrap();
    }
    let root = log.root();
    drop(log);
    fs::remove_dir_all(&old).unwrap();
    fs::rename(new, old).unwrap();
    root
}

/// Every file below a folder with its bytes, without the views.
pub fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true if path.ends_with("views") => {}
                true => folders.push(path),
                false => drop(files.insert(path.clone(), fs::read(&path).unwrap())),
            }
        }
    }
    files
}

/// A journal of genesis, two accounts, a conversion and so many payments, a minute apart, in segments of two or three entries.
pub fn in_segments(payments: u64) -> Node {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    for amount in 1..=payments {
        node.clock.fetch_add(60_000, Ordering::SeqCst);
        node.pay(&ledger, anna, shop, amount);
    }
    drop(ledger);
    node.resegment(500);
    node
}

impl Node {
    /// Writes the journal again in segments of about so many bytes: the same entries, the same root.
    pub fn resegment(&self, segment_bytes: u64) {
        let settings = LogSettings { segment_bytes, ..log_settings(&Ledger::id_in(&self.data()).unwrap()) };
        let (old, new) = (self.data().join("journal"), self.folder.path().join("resegmented"));
        let mut frames = Vec::new();
        let log = Log::open::<Fault>(Arc::new(DiskStorage::open(&old).unwrap()), settings, None, |_, leaf, links| {
            frames.push((leaf.to_vec(), links.to_vec()));
            Ok(())
        });
        drop(log.unwrap());
        let mut log = Log::open::<Fault>(Arc::new(DiskStorage::open(&new).unwrap()), settings, None, |_, _, _| Ok(())).unwrap();
        for (sequence, (leaf, links)) in frames.iter().enumerate() {
            log.append(0, sequence as u64, &[(leaf, links)]).unwrap();
        }
        drop(log);
        fs::remove_dir_all(&old).unwrap();
        fs::rename(new, old).unwrap();
    }

    /// Anna and the shop of a ledger that was opened again.
    pub fn members(&self, ledger: &Ledger) -> (AccountId, AccountId) {
        let durable = ledger.durable();
        let id = |name: &str| durable.state.accounts_of_key(&public(name)).next().unwrap().id;
        (id("anna"), id("shop"))
    }

    /// The segments of the journal, in order.
    pub fn segments(&self) -> Vec<PathBuf> {
        let mut paths: Vec<_> = fs::read_dir(self.data().join("journal")).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "seg"));
        paths.sort();
        paths
    }
}

/// The number in a segment's name.
pub fn first_of(segment: &Path) -> u64 {
    segment.file_stem().unwrap().to_str().unwrap().parse().unwrap()
}

/// Where the frames of a segment start, by their lengths.
pub fn frames_in(segment: &Path) -> Vec<usize> {
    let bytes = fs::read(segment).unwrap();
    let (mut starts, mut at) = (Vec::new(), HEADER + 32 * first_of(segment).count_ones() as usize);
    while at < bytes.len() {
        starts.push(at);
        at += 8 + (u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) & !(1 << 31)) as usize;
    }
    starts
}

/// Flips one bit of one byte.
pub fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 4;
    fs::write(path, bytes).unwrap();
}
