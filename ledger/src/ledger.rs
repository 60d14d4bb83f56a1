//! The entrance: one value for everything that a program does with the money.
//!
//! ```text
//! DIR/ledger-id    the hash of the genesis
//! DIR/journal/     the money                 DIR/head/     the newest signed head
//! DIR/records/     what is not money         DIR/views/    an index that may be deleted
//! ```
//! Secrets (checkpoint keys, the directory's key file) are handed in; they do not lie among the data.

use crate::amount::Amount;
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::coverage::SignedStatement;
use crate::directory::Directory;
use crate::encoding::DecodeError;
use crate::entry::{Links, Recorded};
use crate::fault::Fault;
use crate::journal::{self, Head, Retrace, replay};
use crate::keeper::{Keeper, Snapshots};
use crate::key::{AccountId, DecodedKey, DecodedKeys, LedgerId, PublicKey};
use crate::liability::Seed;
use crate::log::{LogKind, LogReader, LogSettings, SEGMENT_BYTES};
use crate::message::{Certificate, SpendingCertificate};
use crate::orders::Orders;
use crate::places::Places;
use crate::publication::{Moment, Publication};
use crate::receipt::{KeyChain, Receipt, Rotation, ShortReceipt, origin};
use crate::records::{Change, Records, Table};
use crate::refund_requests::RefundRequests;
use crate::rejection::Rejection;
use crate::rules::MAX_VALIDITY_MS;
use crate::snapshot;
use crate::state::{State, Status};
use crate::storage::{DiskFolder, Folder, Storage};
use crate::transaction::{Act, Body, NO_LEDGER, SignedTransaction};
use crate::writer::{Clock, Coming, Durable, Pace, Refused, Reply, Shared, Steps, Watcher, Writer, WriterParts, signer_of};
use ed25519_dalek::SigningKey;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLockReadGuard};

/// What a ledger is opened with.
pub struct Settings {
    /// The folder of the data.
    pub disk: Arc<dyn Folder>,
    /// The folder of the views, on a file system: deleted at will.
    pub views: PathBuf,
    /// The file with the secret of the directory, outside of the data.
    pub key_file: PathBuf,
    /// Every checkpoint key that this node holds.
    pub signers: Vec<SigningKey>,
    /// Tells the time.
    pub clock: Clock,
    /// How fast the writer may go.
    pub pace: Pace,
    /// On so many threads the journal is read at the start.
    pub threads: usize,
    /// The size after which a segment of the logs is followed by another, in bytes.
    pub segment_bytes: u64,
}

/// A node has two cores, unless somebody says otherwise.
const THREADS: usize = 2;

impl Settings {
    /// A ledger in a folder of the file system.
    pub fn at(directory: &Path, key_file: PathBuf, signers: Vec<SigningKey>, clock: Clock) -> Settings {
        let (disk, views) = (Arc::new(DiskFolder::new(directory)), directory.join("views"));
        Settings { disk, views, key_file, signers, clock, pace: Pace::default(), threads: THREADS, segment_bytes: SEGMENT_BYTES }
    }
}

/// A ledger that is open.
pub struct Ledger {
    id: LedgerId,
    /// Dropped first: it only reads.
    keeper: Keeper,
    writer: Writer,
    shared: Arc<Shared>,
    journal: LogReader,
    records: Arc<Records>,
    directory: Directory,
    orders: Orders,
    refund_requests: RefundRequests,
    publication: Arc<Publication>,
    signers: Vec<SigningKey>,
    notices: Vec<String>,
    decoded: DecodedKeys,
}

/// A page of entries, newest first, and where the next page starts.
#[derive(Default)]
pub struct Page {
    /// The entries, each with what it did to accounts.
    pub entries: Vec<(Recorded, Links)>,
    /// The entry that comes next, if any.
    pub next: Option<u64>,
}

/// So many entries at most are read to find one late order: a busy shop's week.
const MAX_LATE_ENTRIES: usize = 20_000;
/// So many entries are read at a time when a late order is looked for.
const LATE_PAGE: usize = 100;
/// So many acts are read at a time when the changes of the checkpoint key are looked for.
const ACTS_PAGE: usize = 100;
/// Proofs of changes of the checkpoint key, by the new key.
const KEY_PROOFS: Table = Table(7);
/// The file with the hash of the genesis.
pub(crate) const LEDGER_ID_FILE: &str = "ledger-id";
/// The file that says that a folder is a backup, and whole. A node's own folder has none.
pub(crate) const BACKUP_FILE: &str = "backup.txt";

/// The ledger id in a folder's file, when it can be read.
pub(crate) fn id_in(folder: &dyn Storage) -> Result<Option<LedgerId>, Fault> {
    let bytes = folder.read(LEDGER_ID_FILE)?;
    Ok(bytes.and_then(|bytes| LedgerId::from_hex(str::from_utf8(&bytes).ok()?.trim())))
}

impl Ledger {
    /// Makes a new ledger from its signed genesis, in a folder that holds none, or in which this very genesis was cut off by a crash.
    pub fn create(settings: Settings, genesis: &[u8]) -> Result<Ledger, Fault> {
        let (ledger, steps) = Ledger::create_stepped(settings, genesis)?;
        ledger.running(steps)
    }

    /// The same without threads: after the genesis nothing is written but by the steps.
    pub fn create_stepped(settings: Settings, genesis: &[u8]) -> Result<(Ledger, Steps), Fault> {
        let refuse = |why: String| Fault::Setup(format!("the genesis is not accepted: {why}"));
        let order = SignedTransaction::decode(genesis, &NO_LEDGER).map_err(|error| refuse(error.to_string()))?;
        // Judged before anything is written, so that a refused genesis leaves the folder free for a better one.
        let id = order.id();
        let judged = State::new(id).apply(&order, (settings.clock)());
        judged.map_err(|rejection| refuse(rejection.to_string()))?;
        let held = |key: &PublicKey| settings.signers.iter().any(|signer| PublicKey::from(signer.verifying_key()) == *key);
        if !matches!(order.body(), Body::Genesis(genesis) if held(&genesis.checkpoint_key)) {
            return Err(refuse(Rejection::CheckpointKeyAbsent.to_string()));
        }
        let folder = settings.disk.open("")?;
        let named = format!("{id}\n").into_bytes();
        let used = || Fault::Setup("the folder holds a ledger already".into());
        if folder.read(LEDGER_ID_FILE)?.is_some_and(|found| found != named) {
            return Err(used());
        }
        folder.replace(LEDGER_ID_FILE, &named)?;
        drop(folder);
        let (ledger, mut steps) = Ledger::prepare(settings)?;
        if ledger.durable().state.size() > 0 {
            return Err(used());
        }
        let (told, answer) = std::sync::mpsc::sync_channel(1);
        ledger.submit(order, Box::new(move |answer| drop(told.send(answer))));
        // The head at once: a journal of more than a genesis without a head counts as robbed.
        while steps.apply(1) || steps.commit() || steps.write_head() {}
        answer.recv().unwrap_or(Err(Fault::Poisoned))?.map_err(|refused| refuse(refused.rejection.to_string()))?;
        ledger.failure().map_or(Ok((ledger, steps)), Err)
    }

    /// The ledger id of the data in a folder.
    pub fn id_in(directory: &Path) -> Result<LedgerId, Fault> {
        let file = directory.join(LEDGER_ID_FILE);
        let text = std::fs::read_to_string(&file);
        let text = text.map_err(|error| Fault::io(format!("read {}", file.display()), &error))?;
        LedgerId::from_hex(text.trim()).ok_or_else(|| Fault::Setup(format!("{} is no ledger id", file.display())))
    }

    fn id_of(folder: &dyn Folder) -> Result<LedgerId, Fault> {
        let id = id_in(&*folder.open("")?)?;
        id.ok_or_else(|| Fault::Setup(format!("the folder holds no ledger: its file {LEDGER_ID_FILE} is missing or wrong")))
    }

    /// Opens a ledger: reads the journal, judges every entry again, and starts the writer.
    pub fn open(settings: Settings) -> Result<Ledger, Fault> {
        let (ledger, steps) = Ledger::open_stepped(settings)?;
        ledger.running(steps)
    }

    /// The same without threads: nothing is written but by the steps.
    pub fn open_stepped(settings: Settings) -> Result<(Ledger, Steps), Fault> {
        let (ledger, steps) = Ledger::prepare(settings)?;
        ledger.check_begun()?;
        Ok((ledger, steps))
    }

    fn check_begun(&self) -> Result<(), Fault> {
        match self.durable().state.size() {
            0 => Err(Fault::Damage("the journal is empty, though the folder names a ledger".into())),
            _ => Ok(()),
        }
    }

    fn running(mut self, steps: Steps) -> Result<Ledger, Fault> {
        self.writer.run(steps)?;
        self.keeper.run()?;
        Ok(self)
    }

    fn prepare(settings: Settings) -> Result<(Ledger, Steps), Fault> {
        let Settings { disk, views, key_file, signers, clock, pace, threads, segment_bytes } = settings;
        let id = Ledger::id_of(&*disk)?;
        let keys: Vec<PublicKey> = signers.iter().map(|signer| signer.verifying_key().into()).collect();
        let (head, newest) = Head::open(disk.open("head")?, &id, &keys)?;
        let snapshots = disk.open("snapshots")?;
        let (snapshot, unused) = snapshot::newest(&*snapshots, &id, &keys)?;
        let begun = snapshot.as_ref().map_or(0, |snapshot| snapshot.state.size());
        let replayed = replay(disk.open("journal")?, &id, newest.as_ref(), snapshot, threads)?;
        let journal = replayed.log.reader();
        let settings = LogSettings { kind: LogKind::Records, ledger_id: id.0, segment_bytes };
        let records = Records::open_with(disk.open("records")?, settings, &views)?;
        let records = Arc::new(records);
        let notices = [replayed.log.cut().map(ToString::to_string), records.cut().map(|cut| cut.to_string()), records.cured()];
        let directory = Directory::open(records.clone(), &key_file)?;
        let orders = Orders::new(records.clone());
        let refund_requests = RefundRequests::new(records.clone());
        let publication = Arc::new(Publication::open(id, records.clone())?);
        let (log, state, tree) = (replayed.log.with_segment_bytes(segment_bytes), replayed.state, replayed.tree);
        let parts = WriterParts { log, head, state, tree, signers: signers.clone(), clock, pace, stop: records.stop().clone() };
        let (writer, steps, shared) = Writer::new(parts)?;
        let mut notices: Vec<String> = notices.into_iter().flatten().chain(unused).collect();
        if directory.unreadable() > 0 {
            let count = directory.unreadable();
            notices.push(format!("{count} names cannot be read: the data are older than the newest erasure, or the key file is"));
        }
        let decoded = DecodedKeys::default();
        let snapshots = Snapshots {
            id,
            storage: snapshots,
            reader: journal.clone(),
            shared: shared.clone(),
            signers: signers.clone(),
            publication: publication.clone(),
            making: Mutex::default(),
        };
        let keeper = Keeper::new(snapshots, begun);
        Ok((
            Ledger {
                id,
                keeper,
                writer,
                shared,
                journal,
                records,
                directory,
                orders,
                refund_requests,
                publication,
                signers,
                notices,
                decoded,
            },
            steps,
        ))
    }

    /// Makes a snapshot of everything that is durable, now; gives the number of entries in it.
    ///
    /// # Errors
    ///
    /// As reading the journal; as writing a file.
    pub fn snapshot(&self) -> Result<u64, Fault> {
        self.keeper.snapshots.make(&|| false)
    }

    /// The ledger id.
    pub fn id(&self) -> LedgerId {
        self.id
    }

    /// What opening had to mend, for the operator.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// What is on disk, for reading. Hold it briefly: the writer waits for it.
    pub fn durable(&self) -> RwLockReadGuard<'_, Durable> {
        self.shared.durable()
    }

    /// Why nothing more is written, if so.
    pub fn failure(&self) -> Option<Fault> {
        self.shared.failure()
    }

    /// Tells `watcher` of every batch after it became durable.
    pub fn watch(&self, watcher: Watcher) {
        self.shared.watch(watcher);
    }

    /// What is not money and cannot be derived.
    pub fn records(&self) -> &Arc<Records> {
        &self.records
    }

    /// Names, contacts, IBANs and memos.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Where shops are, and when they are open.
    pub fn places(&self) -> Places<'_> {
        Places::new(&self.records, &self.directory)
    }

    /// What members said they will transfer.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// What payers ask to be given back.
    pub fn refund_requests(&self) -> &RefundRequests {
        &self.refund_requests
    }

    /// What was published: checkpoint, coverage statements, and what the banks confirmed.
    pub fn publication(&self) -> &Arc<Publication> {
        &self.publication
    }

    /// Makes, signs and keeps the next coverage statement, of everything that is durable now. Its time is `now_ms`, or that of the last
    /// entry, confirmation or statement when that is later. `seed` is drawn for this statement alone, and told to nobody.
    ///
    /// # Errors
    ///
    /// [`Fault::Setup`] when there are more bank accounts than a statement has room for; as writing records.
    pub fn state_coverage(&self, now_ms: u64, seed: Seed) -> Result<Arc<SignedStatement>, Fault> {
        let look = || {
            let durable = self.durable();
            Moment::of(&durable.state, durable.tree.root())
        };
        let stated = self.publication.state(now_ms, &seed, &self.signers, look);
        if stated.is_err() {
            self.count_liabilities();
        }
        stated
    }

    /// The signed answer to whoever asks what the newest statement counts of an account. `None` before the first statement, and while
    /// its tree is made again after a start.
    ///
    /// # Errors
    ///
    /// Why the tree could not be made again.
    pub fn liability_answer(&self, account: &AccountId) -> Result<Option<Vec<u8>>, Fault> {
        let absent = || Fault::Setup("the node does not hold the key that signs checkpoints".into());
        let signer = signer_of(&self.durable().state, &self.signers).ok_or_else(absent)?;
        self.publication.answer(account, signer)
    }

    /// Makes the tree of the newest statement again, now: what a running node does by itself after a start.
    pub fn count_liabilities(&self) {
        self.keeper.snapshots.count_again(&|| false);
    }

    /// Reads an order and verifies its signature; keys that the ledger knows are not decoded again.
    pub fn decode(&self, bytes: &[u8]) -> Result<SignedTransaction, DecodeError> {
        SignedTransaction::decode_with(bytes, &self.id, |key| self.decoded.find(key).or_else(|| self.decode_key(key)))
    }

    fn decode_key(&self, bytes: &[u8; 32]) -> Option<DecodedKey> {
        let key = DecodedKey::from_bytes(bytes)?;
        if self.durable().state.knows(&key.public()) {
            self.decoded.keep(&key);
        }
        Some(key)
    }

    /// Says that somebody is about to submit an order, whose signature is being verified.
    pub fn coming(&self) -> Coming {
        self.writer.coming()
    }

    /// Puts an order into the writer's queue. When too many wait already the answer is [`Fault::Busy`], at once.
    pub fn submit(&self, order: SignedTransaction, reply: Reply) {
        self.writer.submit(order, reply);
    }

    /// Submits an order and waits until it is durable or refused; gives the number of its entry. For programs without other work.
    pub fn submit_and_wait(&self, order: SignedTransaction) -> Result<Result<u64, Rejection>, Fault> {
        let (told, answer) = std::sync::mpsc::sync_channel(1);
        let reply: Reply = Box::new(move |answer| drop(told.send(answer)));
        self.submit(order, reply);
        match answer.recv().unwrap_or(Err(Fault::Poisoned))? {
            Ok(accepted) => Ok(Ok(accepted.sequence)),
            Err(refused) => self.or_late(&refused),
        }
    }

    /// Answers an order whose time is over with its entry, if it was accepted in time: its id is no longer in memory, but its
    /// account's history has it.
    pub fn or_late(&self, refused: &Refused) -> Result<Result<u64, Rejection>, Fault> {
        if refused.rejection != Rejection::Expired {
            return Ok(Err(refused.rejection));
        }
        Ok(self.find_late(&refused.order)?.ok_or(Rejection::Expired))
    }

    fn find_late(&self, order: &SignedTransaction) -> Result<Option<u64>, Fault> {
        if matches!(order.body(), Body::Genesis(_)) {
            return Ok((order.id() == self.id).then_some(0));
        }
        let account = order.body().actor(&order.id());
        if !self.may_ask(order, account.as_ref()) {
            return Ok(None);
        }
        let earliest = order.transaction().valid_until.saturating_sub(MAX_VALIDITY_MS);
        let (mut from, mut read) = (None, 0);
        while read < MAX_LATE_ENTRIES {
            let page = match &account {
                Some(account) => self.history(account, from, LATE_PAGE)?,
                None => self.acts(from, LATE_PAGE)?,
            };
            if let Some((found, _)) = page.entries.iter().find(|(entry, _)| entry.id == order.id()) {
                return Ok(Some(found.sequence));
            }
            read += page.entries.len();
            let reached_past = page.entries.last().is_none_or(|(entry, _)| entry.time < earliest);
            match page.next {
                Some(next) if !reached_past => from = Some(next),
                _ => return Ok(None),
            }
        }
        // "Expired" would be a guess, and a wrong guess invites a second payment.
        Err(Fault::Io { what: "look for so old a transaction".into(), message: "ask for the account's statement instead".into() })
    }

    /// True when the signer has, or had before the account closed, a right on the history that would be read: nobody else makes the
    /// server read it.
    fn may_ask(&self, order: &SignedTransaction, account: Option<&AccountId>) -> bool {
        let durable = self.durable();
        let Some(id) = account else { return durable.state.operator_of_key(&order.signer()).is_some() };
        let Some(account) = durable.state.account(id) else { return false };
        account.status == Status::Closed || account.keys.iter().any(|grant| grant.key == order.signer())
    }

    /// The receipt of a durable entry, proved against the newest checkpoint.
    pub fn receipt(&self, sequence: u64) -> Result<Option<Receipt>, Fault> {
        let (size, checkpoint) = {
            let durable = self.durable();
            let Some(checkpoint) = durable.checkpoint.as_ref() else { return Ok(None) };
            (durable.tree.size(), Arc::from(checkpoint.as_str()))
        };
        self.receipt_under(sequence, size, checkpoint)
    }

    /// The same, proved against a checkpoint of this ledger over the first `size` entries, with whatever lines stand under it;
    /// `None` when it does not cover the entry.
    pub fn receipt_under(&self, sequence: u64, size: u64, checkpoint: Arc<str>) -> Result<Option<Receipt>, Fault> {
        let Some(proof) = self.durable().tree.inclusion_proof(sequence, size) else { return Ok(None) };
        let entry = self.journal.read(sequence)?;
        Ok(entry.map(|(leaf, _)| Receipt::new(leaf, proof, checkpoint)))
    }

    /// The newest signed checkpoint.
    pub fn checkpoint(&self) -> Option<SignedCheckpoint> {
        self.durable().checkpoint.clone()
    }

    /// A durable entry and what it did to accounts.
    pub fn entry_and_links(&self, sequence: u64) -> Result<Option<(Recorded, Links)>, Fault> {
        if sequence >= self.durable().state.size() {
            return Ok(None);
        }
        let Some((leaf, sidecar)) = self.journal.read(sequence)? else { return Ok(None) };
        let damaged = |error: DecodeError| Fault::Damage(format!("entry {sequence} of the journal is wrong: {error}"));
        let entry = Recorded::decode(&leaf, &self.id).map_err(damaged)?;
        Ok(Some((entry, Links::decode(&sidecar).map_err(damaged)?)))
    }

    /// An account's entries, newest first, at most `limit`; from the newest, or from the one that an earlier page named as next.
    /// An entry that is not in the account's history gives an empty page.
    pub fn history(&self, account: &AccountId, from: Option<u64>, limit: usize) -> Result<Page, Fault> {
        let found = {
            let durable = self.durable();
            durable.state.index(account).map(|index| (index, durable.state.accounts()[index as usize].last_entry))
        };
        let Some((index, last)) = found else { return Ok(Page::default()) };
        self.walk(from.unwrap_or(last), limit, |links| links.touch(index).map(|touch| touch.previous))
    }

    /// The operators' entries, newest first, at most `limit`; pages as in [`Ledger::history`].
    pub fn acts(&self, from: Option<u64>, limit: usize) -> Result<Page, Fault> {
        let Some(last) = self.durable().state.last_act() else { return Ok(Page::default()) };
        self.walk(from.unwrap_or(last), limit, |links| links.act)
    }

    /// Puts every durable entry through the rules once more, on a state of its own, and shows each to whoever watches; gives how many
    /// were read. It takes as much memory as the state, and a core for as long as it lasts: one at a time.
    ///
    /// # Errors
    ///
    /// As [`journal::retrace`].
    pub fn retrace(&self, watching: &mut dyn Retrace) -> Result<u64, Fault> {
        let size = self.durable().state.size();
        journal::retrace(&self.journal, &self.id, size, watching)
    }

    /// Follows the links back. `step` gives the entry before, or `None` for an entry outside of the history.
    fn walk(&self, from: u64, limit: usize, step: impl Fn(&Links) -> Option<Option<u64>>) -> Result<Page, Fault> {
        let mut page = Page { entries: Vec::new(), next: Some(from) };
        while let Some(sequence) = page.next
            && page.entries.len() < limit
        {
            let found = self.entry_and_links(sequence)?;
            let Some((entry, links, previous)) = found.and_then(|(entry, links)| step(&links).map(|back| (entry, links, back)))
            else {
                page.next = None;
                break;
            };
            page.next = previous;
            page.entries.push((entry, links));
        }
        Ok(page)
    }

    /// The association's word on a name, signed with the checkpoint key in force.
    pub fn certificate(&self, certificate: &Certificate) -> Option<Vec<u8>> {
        let durable = self.durable();
        signer_of(&durable.state, &self.signers).map(|signer| certificate.sign(&self.id, signer))
    }

    /// The association's word on what a key may pay while there is no network, signed with the checkpoint key in force.
    pub fn spending_certificate(&self, certificate: &SpendingCertificate) -> Option<Vec<u8>> {
        let durable = self.durable();
        signer_of(&durable.state, &self.signers).map(|signer| certificate.sign(&self.id, signer))
    }

    /// The newest checkpoint under every key that signs or signed checkpoints and that this node holds, the one in force first: who
    /// only knows an earlier key reads it too. `None` when the node does not hold the key in force.
    pub fn checkpoint_by_held_keys(&self) -> Option<SignedCheckpoint> {
        let durable = self.durable();
        signer_of(&durable.state, &self.signers)?;
        let keys: Vec<_> = durable.state.checkpoint_keys().iter().rev().filter_map(|key| self.signer(key)).collect();
        Some(SignedCheckpoint::sign_with(&self.tree_head(&durable), &keys))
    }

    fn tree_head(&self, durable: &Durable) -> Checkpoint {
        Checkpoint { origin: origin(&self.id), size: durable.tree.size(), root: durable.tree.root() }
    }

    /// The secret of a checkpoint key, if this node holds it.
    fn signer(&self, key: &PublicKey) -> Option<&SigningKey> {
        self.signers.iter().find(|signer| PublicKey::from(signer.verifying_key()) == *key)
    }

    /// The node's signed word on a payment: a transfer, one of a list of transfers, a refund. `None` when the entry is not durable or
    /// has no such payment.
    ///
    /// # Errors
    ///
    /// As reading the journal.
    pub fn short_receipt(&self, sequence: u64, item: u16) -> Result<Option<Vec<u8>>, Fault> {
        let Some((entry, _)) = self.entry_and_links(sequence)? else { return Ok(None) };
        let Some((payee, amount)) = self.paid(&entry.transaction.body, item)? else { return Ok(None) };
        let charge = match &entry.transaction.body {
            Body::Transfer(transfer) => transfer.charge.map(|charge| charge.id),
            _ => None,
        };
        let receipt = ShortReceipt { sequence, time: entry.time, payee, amount, transaction: entry.id, charge };
        let durable = self.durable();
        Ok(signer_of(&durable.state, &self.signers).map(|signer| receipt.sign(&self.id, signer)))
    }

    /// To whom and how much an order pays at one of its places.
    fn paid(&self, body: &Body, item: u16) -> Result<Option<(AccountId, Amount)>, Fault> {
        Ok(match body {
            Body::Transfer(transfer) if item == 0 => Some((transfer.payee, transfer.amount)),
            Body::Transfers { payments, .. } => payments.get(usize::from(item)).copied(),
            Body::Refund { original, amount, .. } if item == 0 => {
                let original = self.entry_and_links(*original)?;
                original.and_then(|(entry, _)| payer(&entry.transaction.body)).map(|payer| (payer, *amount))
            }
            _ => None,
        })
    }

    /// From the ledger id to the checkpoint keys, with the proofs that were made while the earlier keys were held.
    ///
    /// # Errors
    ///
    /// As reading the journal and the records.
    pub fn key_chain(&self) -> Result<KeyChain, Fault> {
        let keys = self.durable().state.checkpoint_keys().to_vec();
        let genesis = self.journal.read(0)?.ok_or_else(|| Fault::Damage("the journal has no genesis".into()))?.0;
        let rotations = keys.iter().skip(1).map(|key| self.key_proof(key)).collect::<Result<_, _>>()?;
        Ok(KeyChain { genesis, rotations })
    }

    /// The proof that was kept for a key.
    fn key_proof(&self, key: &PublicKey) -> Result<Option<Rotation>, Fault> {
        let damaged = |error: DecodeError| Fault::Damage(format!("the proof of the checkpoint key {key} is wrong: {error}"));
        let kept = self.records.get(KEY_PROOFS, key.as_bytes())?;
        kept.map(|bytes| Rotation::decode(&bytes).map_err(damaged)).transpose()
    }

    /// Makes and keeps the proofs that the key chain still lacks, as far as this node holds the earlier keys; gives how many it made.
    /// Call it after each start and now and then: an earlier key may be put away once its successor is proved.
    ///
    /// # Errors
    ///
    /// As reading the journal and writing the records.
    pub fn prove_keys(&self) -> Result<usize, Fault> {
        let mut wanted = self.unproved_keys()?;
        let missing = wanted.len();
        let mut from = None;
        while !wanted.is_empty() {
            let page = self.acts(from, ACTS_PAGE)?;
            for (entry, _) in &page.entries {
                if let Some((key, proposal)) = self.rotation_by(entry)?
                    && let Some(signer) = wanted.remove(&key)
                {
                    self.prove_key(&key, entry.sequence, proposal, signer)?;
                }
            }
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        Ok(missing - wanted.len())
    }

    /// The keys without a proof, each with the secret of the key before it, if that is held.
    fn unproved_keys(&self) -> Result<HashMap<PublicKey, &SigningKey>, Fault> {
        let keys = self.durable().state.checkpoint_keys().to_vec();
        let mut wanted = HashMap::new();
        for (before, key) in keys.iter().zip(keys.iter().skip(1)) {
            if let Some(signer) = self.signer(before)
                && self.key_proof(key)?.is_none()
            {
                wanted.insert(*key, signer);
            }
        }
        Ok(wanted)
    }

    /// The checkpoint key that an entry put into force, and the proposal's entry when the entry is an approval.
    fn rotation_by(&self, entry: &Recorded) -> Result<Option<(PublicKey, Option<u64>)>, Fault> {
        let proposed = |body: &Body| match body {
            Body::Propose(Act::RotateCheckpointKey { key }) => Some(*key),
            _ => None,
        };
        if let Some(sequence) = entry.outcome.executed {
            let proposal = self.entry_and_links(sequence)?;
            return Ok(proposal.and_then(|(entry, _)| proposed(&entry.transaction.body)).map(|key| (key, Some(sequence))));
        }
        let at_once = entry.outcome.approvals.is_none();
        Ok(proposed(&entry.transaction.body).filter(|_| at_once).map(|key| (key, None)))
    }

    /// Signs what is durable with the key before, and keeps the receipts under it.
    fn prove_key(&self, key: &PublicKey, executed: u64, proposal: Option<u64>, signer: &SigningKey) -> Result<(), Fault> {
        let head = self.tree_head(&self.durable());
        let note: Arc<str> = SignedCheckpoint::sign(&head, signer).as_str().into();
        let receipt = |sequence| {
            let absent = || Fault::Damage(format!("entry {sequence} of the journal is missing"));
            self.receipt_under(sequence, head.size, note.clone())?.ok_or_else(absent)
        };
        let proof = Rotation { executed: receipt(executed)?, proposal: proposal.map(receipt).transpose()? };
        let change = Change::Put { table: KEY_PROOFS, key: key.as_bytes().to_vec(), value: proof.encode() };
        self.records.keep(&[change])
    }
}

/// Who pays by an order, where an order is a payment.
fn payer(body: &Body) -> Option<AccountId> {
    match body {
        Body::Transfer(transfer) => Some(transfer.payer),
        Body::Transfers { payer, .. } => Some(*payer),
        _ => None,
    }
}
