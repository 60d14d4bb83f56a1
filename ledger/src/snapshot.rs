//! Snapshots: the state and the tree after some entry, so that a start need not read the whole journal.
//!
//! A snapshot is a cache. It is made from the journal, never from the memory of the node, and signed with the key of checkpoints
//! over its digest: one that is damaged, cut or from elsewhere is not believed, and deleting it costs time only.
//!
//! ```text
//! file  = "LIARDSNP" version:u8 note_length:u32 note body
//! note  = a signed note (C2SP) of the origin "<origin of the ledger>/snapshot": size = entries, root = SHA-256 of the body
//! body  = state_length:u64 segments state node:32*          the nodes of every level of the tree, leaves first
//! ```
//! The state is a row of deterministic CBOR items without keys: each type writes its fields in their order here, and a change of them
//! is a new version. A program that does not know a version reads the journal instead.

use crate::account::{
    AccountKind, Bank, Campaign, FeeRule, GiftRule, Limits, LiquidityClass, Medium, Operator, Quorum, Roles, Scope,
};
use crate::amount::{Amount, Cents};
use crate::books::{Book, Books};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::encoding::{DecodeError, Reader, Writer};
use crate::entry::{unzigzag, zigzag};
use crate::fault::Fault;
use crate::key::{AccountId, Hash32, LedgerId, PublicKey};
use crate::merkle::Tree;
use crate::outcome::Outcome;
use crate::receipt::origin;
use crate::rules::PaidWindow;
use crate::state::{
    Account, Approval, BonusUse, CampaignState, Conversion, Credit, Done, GiftState, KeyGrant, Payment, Proposal, Redemption,
    RedemptionState, State, Status,
};
use crate::storage::Storage;
use crate::transaction::{Act, Genesis, Kind, read_scope, write_scope};
use ed25519_dalek::SigningKey;
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

const MAGIC: &[u8; 8] = b"LIARDSNP";
/// Goes up with every change of what a state holds.
const VERSION: u8 = 4;
/// The end of a snapshot's name.
const SUFFIX: &str = ".snapshot";
/// So many snapshots are kept: the newest, and the one before in case the newest is damaged.
const KEPT: usize = 2;

/// The state and the tree after some entry.
pub struct Snapshot {
    /// The state.
    pub state: State,
    /// The tree over the same entries.
    pub tree: Tree,
    /// The first entry and the length in bytes of each segment of the journal up to there; the last may have grown since.
    pub segments: Vec<(u64, u64)>,
}

impl Snapshot {
    /// Before there is an entry.
    pub fn nothing(ledger: &LedgerId) -> Snapshot {
        Snapshot { state: State::new(*ledger), tree: Tree::new(), segments: Vec::new() }
    }
}

/// The newest snapshot that is whole and signed by one of these keys, and what is wrong with newer ones.
pub fn newest(storage: &dyn Storage, ledger: &LedgerId, keys: &[PublicKey]) -> Result<(Option<Snapshot>, Vec<String>), Fault> {
    newest_within(storage, ledger, keys, u64::MAX)
}

/// The same, of those that have at most so many entries.
pub fn newest_within(
    storage: &dyn Storage,
    ledger: &LedgerId,
    keys: &[PublicKey],
    most: u64,
) -> Result<(Option<Snapshot>, Vec<String>), Fault> {
    let mut wrong = Vec::new();
    let mut names = names(storage)?;
    names.retain(|name| name.trim_end_matches(SUFFIX).parse().is_ok_and(|size: u64| size <= most));
    for name in names.iter().rev() {
        match decode(&storage.read(name)?.unwrap_or_default(), ledger, keys) {
            Ok(snapshot) => return Ok((Some(snapshot), wrong)),
            Err(why) => wrong.push(format!("{name} is not used: {why}; older entries are read instead")),
        }
    }
    Ok((None, wrong))
}

/// Writes a snapshot, and removes all but the newest ones.
pub fn write(storage: &dyn Storage, snapshot: &Snapshot, signer: &SigningKey) -> Result<(), Fault> {
    // The name's width is that of the largest number, so that the order of names is that of sizes.
    let name = format!("{:020}{SUFFIX}", snapshot.state.size());
    // The oldest goes first: the room of a snapshot is what a disk has to have.
    for name in names(storage)?.iter().rev().skip(KEPT - 1) {
        storage.remove(name)?;
    }
    let written = storage.replace(&name, &encode(snapshot, signer));
    // On disk: the new snapshot beside the one before, or a part of it that no start reads.
    storage.remove_unfinished()?;
    written
}

fn names(storage: &dyn Storage) -> Result<Vec<String>, Fault> {
    let mut names = storage.list()?;
    names.retain(|name| name.ends_with(SUFFIX));
    Ok(names)
}

fn note_origin(ledger: &LedgerId) -> String {
    format!("{}/snapshot", origin(ledger))
}

fn encode(snapshot: &Snapshot, signer: &SigningKey) -> Vec<u8> {
    let mut state = Writer::new();
    snapshot.segments.write(&mut state);
    snapshot.state.write(&mut state);
    let state = state.into_bytes();
    let mut body = (state.len() as u64).to_le_bytes().to_vec();
    body.extend(state);
    snapshot.tree.levels().for_each(|level| body.extend_from_slice(level.as_flattened()));
    let origin = note_origin(&snapshot.state.ledger());
    sealed(MAGIC, (origin, snapshot.state.size()), &body, signer)
}

/// A file that is believed by its signature alone: magic, version, and a note over a size and the digest of its body.
pub(crate) fn sealed(magic: &[u8; 8], (origin, size): (String, u64), body: &[u8], signer: &SigningKey) -> Vec<u8> {
    let note = SignedCheckpoint::sign(&Checkpoint { origin, size, root: Hash32::of(body).0 }, signer);
    let mut file = magic.to_vec();
    file.push(VERSION);
    file.extend((note.as_str().len() as u32).to_le_bytes());
    file.extend(note.as_str().as_bytes());
    file.extend(body);
    file
}

fn short() -> String {
    "it is cut short".to_owned()
}

/// The size and the body of a [`sealed`] file, when one of these keys signed them; else what is wrong with it.
pub(crate) fn unsealed<'f>(magic: &[u8; 8], file: &'f [u8], origin: &str, keys: &[PublicKey]) -> Result<(u64, &'f [u8]), String> {
    let rest = file.strip_prefix(magic).ok_or("it does not begin as it should")?;
    let ([version], rest) = rest.split_first_chunk().ok_or_else(short)?;
    if *version != VERSION {
        return Err(format!("its version is {version}, and this program knows {VERSION}"));
    }
    let (length, rest) = rest.split_first_chunk().ok_or_else(short)?;
    let (note, body) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(short)?;
    let note = str::from_utf8(note).map_err(|_| "its note is no text")?;
    let keys: Vec<_> = keys.iter().map(PublicKey::verifying_key).collect();
    let signed = SignedCheckpoint::open(note, origin, &keys).map_err(|error| error.to_string())?;
    let whole = Hash32::of(body).0 == signed.root;
    whole.then_some((signed.size, body)).ok_or_else(|| "its bytes are not those that were signed".into())
}

fn decode(file: &[u8], ledger: &LedgerId, keys: &[PublicKey]) -> Result<Snapshot, String> {
    let (size, body) = unsealed(MAGIC, file, &note_origin(ledger), keys)?;
    let (length, rest) = body.split_first_chunk().ok_or_else(short)?;
    let (state, nodes) = rest.split_at_checked(u64::from_le_bytes(*length) as usize).ok_or_else(short)?;
    let mut reader = Reader::new(state);
    let read = |reader: &mut Reader| Ok((Stored::read(reader)?, Stored::read(reader)?, reader.end()?));
    let (segments, state, ()): (_, State, _) = read(&mut reader).map_err(|error: DecodeError| error.to_string())?;
    let tree = Tree::from_nodes(size, nodes.as_chunks::<32>().0).ok_or("its tree has another size")?;
    if state.size() != size || state.ledger() != *ledger {
        return Err("its state is not that of its note".into());
    }
    Ok(Snapshot { state, tree, segments })
}

/// What stands in a snapshot.
trait Stored: Sized {
    fn write(&self, out: &mut Writer);
    fn read(r: &mut Reader) -> Result<Self, DecodeError>;
}

const WRONG: DecodeError = DecodeError::OutOfBounds("a value of the snapshot is out of its bounds");

macro_rules! numbers {
    ($($type:ty),+) => { $(impl Stored for $type {
        fn write(&self, out: &mut Writer) {
            out.uint(u64::from(*self));
        }
        fn read(r: &mut Reader) -> Result<Self, DecodeError> {
            <$type>::try_from(r.uint()?).map_err(|_| WRONG)
        }
    })+ };
}

numbers!(u8, u16, u32, u64);

/// Types whose bytes are a byte string.
macro_rules! bytes {
    ($($type:ty: $wrap:expr, $unwrap:expr);+) => { $(impl Stored for $type {
        fn write(&self, out: &mut Writer) {
            let unwrap: fn(&$type) -> &[u8] = $unwrap;
            out.bytes(unwrap(self));
        }
        fn read(r: &mut Reader) -> Result<Self, DecodeError> {
            r.fixed().map($wrap)
        }
    })+ };
}

bytes! {
    Hash32: Hash32, |hash| &hash.0;
    AccountId: AccountId, |id| &id.0;
    PublicKey: PublicKey::recorded, |key| key.as_bytes();
    [u8; 16]: |bytes| bytes, |bytes| bytes
}

/// The code of a redemption that is ordered at bank 0: above that of one paid by any bank.
const ORDERED: u64 = 0x1_0001;

/// Types that have a number of their own.
macro_rules! codes {
    ($($type:ty: $encode:expr, $decode:expr);+) => { $(impl Stored for $type {
        fn write(&self, out: &mut Writer) {
            let encode: fn($type) -> u64 = $encode;
            out.uint(encode(*self));
        }
        fn read(r: &mut Reader) -> Result<Self, DecodeError> {
            let decode: fn(u64) -> Option<$type> = $decode;
            decode(r.uint()?).ok_or(WRONG)
        }
    })+ };
}

codes! {
    Cents: |cents| zigzag(cents.get()), |code| Some(Cents::new(unzigzag(code)));
    Amount: |amount| amount.cents(), Amount::from_cents;
    AccountKind: |kind| kind.code(), AccountKind::from_code;
    Medium: |medium| medium.code(), Medium::from_code;
    LiquidityClass: |class| class.code(), LiquidityClass::from_code;
    Roles: |roles| roles.code(), Roles::from_code;
    Status: |status| status as u64, |code| [Status::Open, Status::Suspended, Status::Closed].get(code as usize).copied();
    RedemptionState: |state| match state {
        RedemptionState::Payable => 0,
        RedemptionState::Paid(bank) => u64::from(bank) + 1,
        RedemptionState::Ordered(bank) => u64::from(bank) + ORDERED,
    }, |code| Some(match code {
        0 => RedemptionState::Payable,
        1..ORDERED => RedemptionState::Paid(u16::try_from(code - 1).ok()?),
        _ => RedemptionState::Ordered(u16::try_from(code - ORDERED).ok()?),
    })
}

/// Types that a transaction has too, in the same bytes.
macro_rules! encoded {
    ($($type:ty: $write:expr, $read:expr);+) => { $(impl Stored for $type {
        fn write(&self, out: &mut Writer) {
            let write: fn(&$type, &mut Writer) = $write;
            write(self, out);
        }
        fn read(r: &mut Reader) -> Result<Self, DecodeError> {
            let read: fn(&mut Reader) -> Result<$type, DecodeError> = $read;
            read(r)
        }
    })+ };
}

encoded! {
    Genesis: |genesis, out| genesis.write(out), Genesis::read;
    Limits: |limits, out| limits.write(out), Limits::read;
    Campaign: |campaign, out| campaign.write(out), Campaign::read;
    FeeRule: |rule, out| rule.write(out), FeeRule::read;
    GiftRule: |rule, out| rule.write(out), GiftRule::read;
    Outcome: |outcome, out| outcome.write(out), Outcome::read;
    Scope: |scope, out| write_scope(out, scope), read_scope
}

impl Stored for Act {
    fn write(&self, out: &mut Writer) {
        out.uint(self.kind().code());
        Act::write(self, out);
    }

    fn read(r: &mut Reader) -> Result<Act, DecodeError> {
        let kind = Kind::from_code(r.uint()?).ok_or(WRONG)?;
        Act::read(kind, r)
    }
}

/// Structures: their fields in this order.
macro_rules! fields {
    ($($type:ident { $($field:ident),+ })+) => { $(impl Stored for $type {
        fn write(&self, out: &mut Writer) {
            $(Stored::write(&self.$field, out);)+
        }
        fn read(r: &mut Reader) -> Result<Self, DecodeError> {
            $(let $field = Stored::read(r)?;)+
            Ok($type { $($field),+ })
        }
    })+ };
}

fields! {
    Operator { number, key, roles }
    Quorum { act, persons, roles }
    Bank { number, medium, class, iban }
    Account {
        id, kind, status, level, groups, balance, last_entry, receivable, keys, paid, bonus_use, open_redemptions, choices,
        redeem_above
    }
    KeyGrant { key, scope, from, day, spent }
    BonusUse { campaign, period, cents }
    Payment { sequence, item, payer, payee, amount, refunded }
    Conversion { sequence, account, euros, bonuses, time }
    Credit { bank, amount, left, conversions, time }
    Redemption { account, gross, fee, given, net, time, state }
    Approval { operator, key }
    Proposal { act, sequence, time, lapses, approvals }
    CampaignState { rule, spent }
    GiftState { rule, given }
    Done { act, outcome }
    Books { balances, banks, campaign_banks }
}

impl Stored for PaidWindow {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
    }

    fn read(r: &mut Reader) -> Result<PaidWindow, DecodeError> {
        Stored::read(r).map(PaidWindow)
    }
}

impl Stored for Book {
    fn write(&self, out: &mut Writer) {
        let (kind, number) = match *self {
            Book::Bank(bank) => (0, u64::from(bank)),
            Book::Unmatched(bank) => (1, u64::from(bank)),
            Book::Campaign(campaign) => (2, u64::from(campaign)),
            Book::Own(bank) => (3, u64::from(bank)),
            Book::Cover(medium) => (4, medium.code()),
            Book::Payable(medium) => (5, medium.code()),
            Book::FeesDue(medium) => (6, medium.code()),
            Book::Pledged(medium) => (7, medium.code()),
            Book::Member(account) => (8, u64::from(account)),
            Book::Notes => (9, 0),
            Book::Issued(medium) => (10, medium.code()),
        };
        out.uint(kind).uint(number);
    }

    fn read(r: &mut Reader) -> Result<Book, DecodeError> {
        Ok(match r.uint()? {
            0 => Book::Bank(Stored::read(r)?),
            1 => Book::Unmatched(Stored::read(r)?),
            2 => Book::Campaign(Stored::read(r)?),
            3 => Book::Own(Stored::read(r)?),
            4 => Book::Cover(Stored::read(r)?),
            5 => Book::Payable(Stored::read(r)?),
            6 => Book::FeesDue(Stored::read(r)?),
            7 => Book::Pledged(Stored::read(r)?),
            8 => Book::Member(Stored::read(r)?),
            9 => r.uint().map(|_| Book::Notes)?,
            10 => Book::Issued(Stored::read(r)?),
            _ => return Err(WRONG),
        })
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write(&self, out: &mut Writer) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(r: &mut Reader) -> Result<Self, DecodeError> {
        Ok((A::read(r)?, B::read(r)?))
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self, out: &mut Writer) {
        out.bool(self.is_some());
        self.iter().for_each(|value| value.write(out));
    }

    fn read(r: &mut Reader) -> Result<Self, DecodeError> {
        if r.bool()? { T::read(r).map(Some) } else { Ok(None) }
    }
}

fn write_row<'v, T: Stored + 'v>(out: &mut Writer, values: impl ExactSizeIterator<Item = &'v T>) {
    out.uint(values.len() as u64);
    values.for_each(|value| value.write(out));
}

impl<T: Stored> Stored for Vec<T> {
    fn write(&self, out: &mut Writer) {
        write_row(out, self.iter());
    }

    fn read(r: &mut Reader) -> Result<Self, DecodeError> {
        let length = r.uint()? as usize;
        // Each value takes a byte at least, so that a wrong length asks for no memory.
        let mut values = Vec::with_capacity(length.min(r.rest().len()));
        for _ in 0..length {
            values.push(T::read(r)?);
        }
        Ok(values)
    }
}

impl<T: Stored> Stored for VecDeque<T> {
    fn write(&self, out: &mut Writer) {
        write_row(out, self.iter());
    }

    fn read(r: &mut Reader) -> Result<Self, DecodeError> {
        Vec::read(r).map(VecDeque::from)
    }
}

impl<K: Stored + Ord, V: Stored> Stored for BTreeMap<K, V> {
    fn write(&self, out: &mut Writer) {
        out.uint(self.len() as u64);
        for (key, value) in self {
            key.write(out);
            value.write(out);
        }
    }

    fn read(r: &mut Reader) -> Result<Self, DecodeError> {
        Vec::<(K, V)>::read(r).map(BTreeMap::from_iter)
    }
}

/// The time until which an answered charge is remembered; payee, id, end and cents.
type StoredCharge = (u64, ((u32, [u8; 16]), (u64, u64)));

impl Stored for State {
    fn write(&self, out: &mut Writer) {
        self.ledger.write(out);
        out.bool(self.genesis.is_some());
        self.genesis.iter().for_each(|genesis| genesis.write(out));
        self.issuer.write(out);
        self.size.write(out);
        self.time.write(out);
        self.rule_set.write(out);
        self.checkpoint_keys.write(out);
        self.operators.write(out);
        self.quorums.write(out);
        self.limits.write(out);
        self.accounts.write(out);
        self.books.write(out);
        self.payments.write(out);
        self.proposals.write(out);
        self.campaigns.write(out);
        self.fee_rules.write(out);
        self.gifts.write(out);
        self.credits.write(out);
        self.redemptions.write(out);
        self.done.write(out);
        self.last_act.write(out);
        // Maps without an order are written in one, so that a state has one snapshot.
        let mut evidenced: Vec<_> = self.evidenced.iter().copied().collect();
        evidenced.sort_unstable();
        evidenced.write(out);
        let mut recent: Vec<_> = self.recent_ends.iter().map(|Reverse((end, id))| (*end, (*id, self.recent[id]))).collect();
        recent.sort_unstable();
        recent.write(out);
        let charges = self
            .charge_ends
            .iter()
            .map(|Reverse((end, (payee, id, expires, cents)))| (*end, ((*payee, *id), (*expires, *cents))));
        let mut charges: Vec<_> = charges.collect();
        charges.sort_unstable();
        charges.write(out);
    }

    fn read(r: &mut Reader) -> Result<State, DecodeError> {
        let mut state = State::new(Stored::read(r)?);
        state.genesis = if r.bool()? { Some(Box::new(Genesis::read(r)?)) } else { None };
        state.issuer = Stored::read(r)?;
        state.size = Stored::read(r)?;
        state.time = Stored::read(r)?;
        state.rule_set = Stored::read(r)?;
        state.checkpoint_keys = Stored::read(r)?;
        state.operators = Stored::read(r)?;
        state.quorums = Stored::read(r)?;
        state.limits = Stored::read(r)?;
        state.accounts = Stored::read(r)?;
        state.books = Stored::read(r)?;
        state.payments = Stored::read(r)?;
        state.proposals = Stored::read(r)?;
        state.campaigns = Stored::read(r)?;
        state.fee_rules = Stored::read(r)?;
        state.gifts = Stored::read(r)?;
        state.credits = Stored::read(r)?;
        state.redemptions = Stored::read(r)?;
        state.done = Stored::read(r)?;
        state.last_act = Stored::read(r)?;
        state.evidenced = Vec::<Hash32>::read(r)?.into_iter().collect();
        let recent: Vec<(u64, (Hash32, u64))> = Stored::read(r)?;
        state.recent.reserve(recent.len());
        state.recent.extend(recent.iter().map(|(_, (id, sequence))| (*id, *sequence)));
        state.recent_ends = recent.iter().map(|(end, (id, _))| Reverse((*end, *id))).collect();
        let charges: Vec<StoredCharge> = Stored::read(r)?;
        let charges =
            charges.iter().map(|(end, ((payee, id), (expires, cents)))| Reverse((*end, (*payee, *id, *expires, *cents))));
        state.charge_ends = charges.collect();
        state.charges = state.charge_ends.iter().map(|Reverse((_, charge))| *charge).collect();
        state.restore_indices();
        Ok(state)
    }
}

impl State {
    /// Makes what can be found by id and by key from the accounts.
    fn restore_indices(&mut self) {
        self.indices.reserve(self.accounts.len());
        self.by_key.reserve(self.accounts.len());
        for index in 0..self.accounts.len() {
            let place = u32::try_from(index).expect("fewer than 2^32 accounts");
            self.indices.insert(self.accounts[index].id, place);
            for grant in 0..self.accounts[index].keys.len() {
                self.keep_key(self.accounts[index].keys[grant].key, place);
            }
        }
    }
}
