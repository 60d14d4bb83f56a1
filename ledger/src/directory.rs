//! The directory: names, contacts, IBANs and memos. What is personal is here, encrypted per person, and never in the journal.
//!
//! ```text
//! key file ──wraps──▶ person key (one per account) ──encrypts──▶ profile, memos, mandates        XChaCha20-Poly1305
//!
//! table 1   holder:16               a wrapped key
//! table 2   account:16              a profile
//! table 3   sequence:u64            account:16 ‖ a memo
//! table 9   account:16 ‖ signed:u64 a mandate
//! ```
//! Others seal under a key of the directory what is personal in their own tables ([`Directory::seal`]); the holder of such a key need not be
//! an account.
//!
//! The key file lies outside of the data that backups copy, and is replaced at every erasure: the erased person's key is not wrapped
//! again, so that old backups cannot be read either. Each wrapped key names the file key that wraps it, so that a crash during
//! a replacement is finished at the next start.

use crate::coverage::Date;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::fault::Fault;
use crate::key::{AccountId, Hash32};
use crate::message::{MAX_REFERENCE_BYTES, MAX_SHOP_NAME_BYTES};
use crate::records::{Change, KeyRange, Order as Sort, Records, Table};
use crate::rules::DAY_MS;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

const PERSON_KEYS: Table = Table(1);
const PROFILES: Table = Table(2);
const MEMOS: Table = Table(3);
const MANDATES: Table = Table(9);
/// The longest trade, contact or memo.
pub const MAX_FIELD_BYTES: usize = 300;
/// The longest account number of a bank (ISO 13616).
pub const MAX_IBAN_BYTES: usize = 34;
/// A mandate is kept for so long after it was revoked: 13 months, in which a debit can be called unauthorised, and one more to answer.
pub const MANDATE_KEPT_MS: u64 = 425 * DAY_MS;
/// A member has so many mandates on record, with those that were revoked: more than one a month for as long as they are kept.
pub const MAX_MANDATES: usize = 20;
/// A member is told of a collection so long before it, in days (SEPA direct debit rulebook).
pub const NOTICE_DAYS: u64 = 14;
/// A member's euros that the bank can still take back without a reason, which it can for eight weeks, are at most so many cents.
pub const MAX_REFUNDABLE: u64 = 30_000;
/// A mandate is for so many cents a month at most: two collections lie within eight weeks.
pub const MAX_MANDATE: u64 = MAX_REFUNDABLE / 2;
/// Within so many days each day from 1 to 28 comes once.
const LONGEST_MONTH: u64 = 31;
/// What a holder of evidence begins with: an account's id is a hash, and one in 2^64 of them does.
const EVIDENCE: &[u8] = b"evidence";
const NONCE_BYTES: usize = 24;

/// What is known of a person or a shop.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Profile {
    /// A name; of shops it is public.
    pub name: Option<String>,
    /// What a shop does; public.
    pub trade: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
    /// Where redemptions are paid to.
    pub iban: Option<String>,
}

impl Profile {
    fn fields(&self) -> [(u64, &Option<String>); 4] {
        [(1, &self.name), (2, &self.trade), (3, &self.contact), (4, &self.iban)]
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(self.fields().iter().filter(|(_, value)| value.is_some()).count());
        for (key, value) in self.fields() {
            if let Some(value) = value {
                out.uint(key).text(value);
            }
        }
        out.into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<Profile, DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut map = reader.map()?;
        let mut field = |key, most| -> Result<Option<String>, DecodeError> {
            if map.optional(&mut reader, key)? { Ok(Some(reader.text(most)?.to_owned())) } else { Ok(None) }
        };
        let profile = Profile {
            name: field(1, MAX_SHOP_NAME_BYTES)?,
            trade: field(2, MAX_FIELD_BYTES)?,
            contact: field(3, MAX_FIELD_BYTES)?,
            iban: field(4, MAX_FIELD_BYTES)?,
        };
        map.end()?;
        reader.end()?;
        Ok(profile)
    }

    /// True when every field is within its length and without control characters.
    pub fn is_sound(&self) -> bool {
        Profile::decode(&self.encode()).is_ok()
    }
}

/// What a member allows the association to collect from a bank account, each month, until it is revoked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mandate {
    /// The unique mandate reference of the SEPA direct debit.
    pub reference: String,
    /// Whose bank account it is, as the bank knows them.
    pub holder: String,
    /// The bank account.
    pub iban: String,
    /// How much each month, in cents.
    pub cents: u64,
    /// On this day of the month, 1 to 28.
    pub day: u8,
    /// When it was signed.
    pub signed_ms: u64,
    /// When it was revoked, if it was.
    pub revoked_ms: Option<u64>,
    /// True once a first collection was ordered under it; the next ones are recurrent.
    pub first_done: bool,
    /// The statement that the member signed ([`crate::message`]): the evidence.
    pub signature: Vec<u8>,
}

/// A member has more mandates on record than are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyMandates;

impl Mandate {
    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(8 + usize::from(self.revoked_ms.is_some()));
        out.uint(1).text(&self.reference).uint(2).text(&self.holder).uint(3).text(&self.iban).uint(4).uint(self.cents);
        out.uint(5).uint(self.day.into()).uint(6).uint(self.signed_ms);
        if let Some(revoked) = self.revoked_ms {
            out.uint(7).uint(revoked);
        }
        out.uint(8).bool(self.first_done).uint(9).bytes(&self.signature);
        out.into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<Mandate, DecodeError> {
        let mut reader = Reader::new(bytes);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let reference = r.text(MAX_REFERENCE_BYTES)?.to_owned();
        map.required(r, 2)?;
        let holder = r.text(MAX_SHOP_NAME_BYTES)?.to_owned();
        map.required(r, 3)?;
        let iban = r.text(MAX_IBAN_BYTES)?.to_owned();
        map.required(r, 4)?;
        let cents = r.uint()?;
        map.required(r, 5)?;
        let day = r.uint()?.try_into().map_err(|_| DecodeError::OutOfBounds("a day of a month"))?;
        map.required(r, 6)?;
        let signed_ms = r.uint()?;
        let revoked_ms = if map.optional(r, 7)? { Some(r.uint()?) } else { None };
        map.required(r, 8)?;
        let first_done = r.bool()?;
        map.required(r, 9)?;
        let signature = r.bytes()?.to_vec();
        map.end()?;
        reader.end()?;
        Ok(Mandate { reference, holder, iban, cents, day, signed_ms, revoked_ms, first_done, signature })
    }

    /// True when every text is within its length and without control characters, and day and amount are possible.
    pub fn is_sound(&self) -> bool {
        let possible = (1..=28).contains(&self.day) && (1..=MAX_MANDATE).contains(&self.cents);
        possible && Mandate::decode(&self.encode()).is_ok()
    }

    /// The day of the next collection: after today, and not before the member could be told of the first. `None` once it is revoked.
    pub fn next(&self, now: u64) -> Option<Date> {
        let first = (self.signed_ms + NOTICE_DAYS * DAY_MS).max(now + DAY_MS);
        let fits = |date: &Date| date.to_string().ends_with(&format!("-{:02}", self.day));
        let mut days = (0..LONGEST_MONTH).filter_map(|ahead| Date::at(first + ahead * DAY_MS));
        days.find(fits).filter(|_| self.revoked_ms.is_none())
    }
}

/// The secrets in the key file: one, or two while a replacement is under way. The last is the one in force.
struct KeyFile {
    path: PathBuf,
    keys: Vec<[u8; 32]>,
}

impl KeyFile {
    fn open(path: &Path) -> Result<KeyFile, Fault> {
        let mut file = KeyFile { path: path.to_owned(), keys: Vec::new() };
        match fs::read(path) {
            Ok(bytes) => file.keys = bytes.chunks_exact(32).map(|chunk| chunk.try_into().expect("32 bytes")).collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                file.keys = vec![random()?];
                file.save()?;
            }
            Err(error) => return Err(Fault::io(format!("read {}", path.display()), &error)),
        }
        if file.keys.is_empty() {
            return Err(Fault::Setup(format!("{} holds no key", path.display())));
        }
        Ok(file)
    }

    fn save(&self) -> Result<(), Fault> {
        let fault = |error: std::io::Error| Fault::io(format!("write {}", self.path.display()), &error);
        let fresh = self.path.with_extension("new");
        let write = || -> std::io::Result<()> {
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&fresh)?;
            std::io::Write::write_all(&mut file, &self.keys.concat())?;
            file.sync_all()?;
            fs::rename(&fresh, &self.path)?;
            let folder = self.path.parent().unwrap_or(Path::new("."));
            fs::File::open(folder)?.sync_all()
        };
        write().map_err(fault)
    }

    fn present(&self) -> &[u8; 32] {
        self.keys.last().expect("a key file holds a key")
    }

    fn with_id(&self, id: &[u8]) -> Option<&[u8; 32]> {
        self.keys.iter().find(|key| key_id(key) == id)
    }
}

fn key_id(key: &[u8; 32]) -> [u8; 4] {
    let hash = Hash32::of(key).0;
    [hash[0], hash[1], hash[2], hash[3]]
}

fn random<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Fault::Io { what: "draw random bytes".into(), message: error.to_string() })?;
    Ok(bytes)
}

/// Under whom the mandates of an erased member are kept.
fn evidence_of(account: &AccountId) -> AccountId {
    let hash = Hash32::of(&[EVIDENCE, &account.0].concat()).0;
    let mut holder = [0; 16];
    holder[..EVIDENCE.len()].copy_from_slice(EVIDENCE);
    holder[EVIDENCE.len()..].copy_from_slice(&hash[..16 - EVIDENCE.len()]);
    AccountId(holder)
}

/// Encrypts under a key, bound to the place where it is stored.
fn seal(key: &[u8; 32], table: Table, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let nonce: [u8; NONCE_BYTES] = random()?;
    let aad = [&[table.0], place].concat();
    let cipher = XChaCha20Poly1305::new(key.into());
    let sealed = cipher.encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: &aad });
    let sealed = sealed.expect("a short text can be encrypted");
    Ok([&nonce[..], &sealed].concat())
}

fn unseal(key: &[u8; 32], table: Table, place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
    let aad = [&[table.0], place].concat();
    XChaCha20Poly1305::new(key.into()).decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: &aad }).ok()
}

/// Names, contacts, IBANs and memos.
pub struct Directory {
    records: Arc<Records>,
    /// Held by one change at a time, from its look at a person's key until its write: a key that was replaced or destroyed in
    /// between would leave a value that nobody can read.
    writing: Mutex<()>,
    file: Mutex<KeyFile>,
    profiles: RwLock<HashMap<AccountId, Profile>>,
    unreadable: AtomicUsize,
}

impl Directory {
    /// Opens the directory with the secrets in a key file, which is made when it is missing.
    pub fn open(records: Arc<Records>, key_file: &Path) -> Result<Directory, Fault> {
        let wrapped = records.scan(PERSON_KEYS, &KeyRange::all(), 1, Sort::Ascending)?;
        if !wrapped.is_empty() && !key_file.exists() {
            return Err(Fault::Damage(format!(
                "{} is missing, and names are encrypted under it: put it back",
                key_file.display()
            )));
        }
        let directory = Directory {
            file: Mutex::new(KeyFile::open(key_file)?),
            records,
            writing: Mutex::default(),
            profiles: RwLock::default(),
            unreadable: AtomicUsize::new(0),
        };
        directory.finish_replacement()?;
        directory.load()?;
        Ok(directory)
    }

    /// A profile; empty when nothing is known.
    pub fn profile(&self, account: &AccountId) -> Profile {
        self.profiles.read().unwrap_or_else(PoisonError::into_inner).get(account).cloned().unwrap_or_default()
    }

    /// Every profile that there is.
    pub fn profiles(&self) -> Vec<(AccountId, Profile)> {
        let profiles = self.profiles.read().unwrap_or_else(PoisonError::into_inner);
        profiles.iter().map(|(account, profile)| (*account, profile.clone())).collect()
    }

    /// Sets a profile. The caller has checked [`Profile::is_sound`].
    pub fn set_profile(&self, account: &AccountId, profile: Profile) -> Result<(), Fault> {
        let _alone = self.alone();
        self.keep_profile(account, profile)
    }

    /// Sets a profile if it is still what the caller has read; says whether it was. Two changes at once do not undo each other.
    pub fn replace_profile(&self, account: &AccountId, read: &Profile, profile: Profile) -> Result<bool, Fault> {
        let _alone = self.alone();
        if self.profile(account) != *read {
            return Ok(false);
        }
        self.keep_profile(account, profile)?;
        Ok(true)
    }

    fn keep_profile(&self, account: &AccountId, profile: Profile) -> Result<(), Fault> {
        assert!(profile.is_sound(), "a profile that cannot be read back would be lost");
        let key = self.person_key_or_new(account)?;
        let value = seal(&key, PROFILES, &account.0, &profile.encode())?;
        self.records.keep(&[Change::Put { table: PROFILES, key: account.0.to_vec(), value }])?;
        self.profiles.write().unwrap_or_else(PoisonError::into_inner).insert(*account, profile);
        Ok(())
    }

    /// Keeps the memo of an entry under its author's key.
    pub fn set_memo(&self, sequence: u64, author: &AccountId, text: &str) -> Result<(), Fault> {
        let _alone = self.alone();
        let key = self.person_key_or_new(author)?;
        let place = sequence.to_be_bytes();
        let value = [&author.0[..], &seal(&key, MEMOS, &place, text.as_bytes())?].concat();
        self.records.keep(&[Change::Put { table: MEMOS, key: place.to_vec(), value }])
    }

    /// The memo of an entry, unless its author was erased.
    pub fn memo(&self, sequence: u64) -> Result<Option<String>, Fault> {
        let place = sequence.to_be_bytes();
        let Some(value) = self.records.get(MEMOS, &place)? else { return Ok(None) };
        let Some((author, sealed)) = value.split_first_chunk::<16>() else { return Ok(None) };
        let Some(key) = self.person_key(&AccountId(*author))? else { return Ok(None) };
        Ok(unseal(&key, MEMOS, &place, sealed).and_then(|text| String::from_utf8(text).ok()))
    }

    /// The newest mandate of a member, revoked or not; none after an erasure.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn mandate(&self, account: &AccountId) -> Result<Option<Mandate>, Fault> {
        let newest = self.records.scan(MANDATES, &KeyRange::prefix(&account.0), 1, Sort::Descending)?;
        let Some((place, sealed)) = newest.first() else { return Ok(None) };
        let plain = self.unseal(account, MANDATES, place, sealed)?;
        Ok(plain.and_then(|plain| Mandate::decode(&plain).ok()))
    }

    /// Every mandate of a member on record, oldest first; none after an erasure.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn mandates_of(&self, account: &AccountId) -> Result<Vec<Mandate>, Fault> {
        let mut found = Vec::new();
        for (place, sealed) in self.records.scan(MANDATES, &KeyRange::prefix(&account.0), MAX_MANDATES, Sort::Ascending)? {
            let plain = self.unseal(account, MANDATES, &place, &sealed)?;
            found.extend(plain.and_then(|plain| Mandate::decode(&plain).ok()));
        }
        Ok(found)
    }

    /// The newest mandate of a member, or, after an erasure, the one that is kept as evidence.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn mandate_on_record(&self, account: &AccountId) -> Result<Option<Mandate>, Fault> {
        self.mandate(account)?.map_or_else(|| self.mandate(&evidence_of(account)), |mandate| Ok(Some(mandate)))
    }

    /// Keeps a mandate: a new one, which ends those that were signed before, or the one with the same time of signing after a change.
    /// The caller has checked [`Mandate::is_sound`]. That a mandate was revoked or used stays, whatever the caller has read before. What
    /// was revoked longer ago than [`MANDATE_KEPT_MS`] before this one was signed is forgotten.
    ///
    /// # Errors
    ///
    /// [`TooManyMandates`] when [`MAX_MANDATES`] are on record already; as writing records.
    pub fn set_mandate(&self, account: &AccountId, mandate: &Mandate) -> Result<Result<(), TooManyMandates>, Fault> {
        assert!(mandate.is_sound(), "a mandate that cannot be read back would be lost");
        let _alone = self.alone();
        let key = [&account.0[..], &mandate.signed_ms.to_be_bytes()].concat();
        let own = self.person_key_or_new(account)?;
        let put = |key: Vec<u8>, mandate: &Mandate| {
            seal(&own, MANDATES, &key, &mandate.encode()).map(|value| Change::Put { table: MANDATES, key, value })
        };
        let (mut mandate, mut kept, mut changes) = (mandate.clone(), 0, Vec::new());
        for (place, sealed) in self.records.scan(MANDATES, &KeyRange::prefix(&account.0), MAX_MANDATES, Sort::Ascending)? {
            let before = unseal(&own, MANDATES, &place, &sealed).and_then(|plain| Mandate::decode(&plain).ok());
            if place == key {
                mandate.revoked_ms = before.as_ref().and_then(|before| before.revoked_ms).or(mandate.revoked_ms);
                mandate.first_done |= before.is_some_and(|before| before.first_done);
                continue;
            }
            kept += 1;
            match before {
                Some(before) if before.revoked_ms.is_some_and(|revoked| revoked + MANDATE_KEPT_MS < mandate.signed_ms) => {
                    changes.push(Change::Delete { table: MANDATES, key: place });
                    kept -= 1;
                }
                Some(before) if before.revoked_ms.is_none() && before.signed_ms < mandate.signed_ms => {
                    let revoked = Mandate { revoked_ms: Some(mandate.signed_ms), ..before };
                    changes.push(put(place, &revoked)?);
                }
                _ => {}
            }
        }
        if kept >= MAX_MANDATES {
            return Ok(Err(TooManyMandates));
        }
        changes.push(put(key, &mandate)?);
        self.records.keep(&changes).map(Ok)
    }

    /// The newest mandate of each member who has one, revoked or not, in the order of the accounts.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn mandates(&self) -> Result<Vec<(AccountId, Mandate)>, Fault> {
        let mut found: Vec<(AccountId, Mandate)> = Vec::new();
        self.records.each(MANDATES, KeyRange::all(), |place, sealed| -> Result<(), Fault> {
            let Some(account) = place.first_chunk().copied().map(AccountId) else { return Ok(()) };
            let plain = self.unseal(&account, MANDATES, place, sealed)?;
            let Some(mandate) = plain.and_then(|plain| Mandate::decode(&plain).ok()) else { return Ok(()) };
            // The newest of a member comes last.
            found.pop_if(|(last, _)| *last == account);
            found.push((account, mandate));
            Ok(())
        })?;
        Ok(found)
    }

    /// Encrypts what is personal under a holder's key, which is made when there is none, for one place of one table. The bytes can be
    /// opened for that holder, table and place only, until [`Directory::erase`] destroys the key.
    ///
    /// # Errors
    ///
    /// [`Fault::Setup`] when the key file does not open the holder's key; as writing records.
    pub fn seal(&self, holder: &AccountId, table: Table, place: &[u8], plain: &[u8]) -> Result<Vec<u8>, Fault> {
        let _alone = self.alone();
        seal(&self.person_key_or_new(holder)?, table, place, plain)
    }

    /// What was sealed for this holder, table and place; `None` when the holder's key was destroyed or is not under this key file, and
    /// for other bytes.
    ///
    /// # Errors
    ///
    /// As reading records.
    pub fn unseal(&self, holder: &AccountId, table: Table, place: &[u8], sealed: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        let Some(wrapped) = self.records.get(PERSON_KEYS, &holder.0)? else { return Ok(None) };
        let key = unwrap_key(&self.lock(), &holder.0, &wrapped).ok();
        Ok(key.and_then(|key| unseal(&key, table, place, sealed)))
    }

    /// Erases a member whose account is closed. Their mandates are not the member's alone: the bank can ask for them for
    /// [`MANDATE_KEPT_MS`] more. So they go on, revoked, under a holder who is no account, until [`Directory::forget_evidence`].
    /// What was erased already is left as it is.
    ///
    /// # Errors
    ///
    /// As writing records and the key file; sent again, it is finished.
    pub fn erase_member(&self, account: &AccountId, now: u64) -> Result<(), Fault> {
        if self.records.get(PERSON_KEYS, &account.0)?.is_none() {
            return Ok(());
        }
        for mandate in self.mandates_of(account)? {
            let revoked = mandate.revoked_ms.unwrap_or(now);
            if now < revoked + MANDATE_KEPT_MS {
                // There is room: a holder of evidence has no more mandates than the member had.
                let _ = self.set_mandate(&evidence_of(account), &Mandate { revoked_ms: Some(revoked), ..mandate })?;
            }
        }
        self.erase(account)
    }

    /// Destroys the mandates that were kept after an erasure and whose time is over; gives how many members' they were.
    ///
    /// # Errors
    ///
    /// As [`Directory::erase`].
    pub fn forget_evidence(&self, now: u64) -> Result<usize, Fault> {
        let mut forgotten = 0;
        for (holder, newest) in self.mandates()? {
            let of_evidence = holder.0.starts_with(EVIDENCE);
            let over = |mandate: &Mandate| mandate.revoked_ms.is_some_and(|revoked| revoked + MANDATE_KEPT_MS <= now);
            if of_evidence && over(&newest) && self.mandates_of(&holder)?.iter().all(over) {
                self.erase(&holder)?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    /// Erases a person: their key is destroyed, and the file key is replaced, so that no old copy of the data can be read either.
    pub fn erase(&self, account: &AccountId) -> Result<(), Fault> {
        let _alone = self.alone();
        let delete = |table, key| Change::Delete { table, key };
        let mandates = self.records.scan(MANDATES, &KeyRange::prefix(&account.0), MAX_MANDATES, Sort::Ascending)?;
        let own = [delete(PERSON_KEYS, account.0.to_vec()), delete(PROFILES, account.0.to_vec())];
        let all: Vec<Change> = own.into_iter().chain(mandates.into_iter().map(|(key, _)| delete(MANDATES, key))).collect();
        self.records.keep(&all)?;
        self.profiles.write().unwrap_or_else(PoisonError::into_inner).remove(account);
        {
            let mut file = self.lock();
            let fresh = random()?;
            file.keys.push(fresh);
            if let Err(fault) = file.save() {
                // Nothing may be encrypted under a key that no file holds.
                file.keys.pop();
                return Err(fault);
            }
        }
        self.finish_replacement()
    }

    /// Wraps every person's key under the newest file key, and forgets the older ones.
    fn finish_replacement(&self) -> Result<(), Fault> {
        let mut file = self.lock();
        if file.keys.len() < 2 {
            return Ok(());
        }
        self.records.pages(PERSON_KEYS, KeyRange::all(), |page| -> Result<(), Fault> {
            let mut changes = Vec::new();
            for (place, wrapped) in page {
                // A key that this file does not open stays as it is: an older backup's, which an older file may open.
                if let Ok(key) = unwrap_key(&file, place, wrapped) {
                    let value = wrap_key(&file, place, &key)?;
                    changes.push(Change::Put { table: PERSON_KEYS, key: place.clone(), value });
                }
            }
            self.records.keep(&changes)
        })?;
        // On disk: every key wrapped under the newest file key, which the file holds beside the older ones. A crash here repeats this.
        let newest = *file.present();
        file.keys = vec![newest];
        file.save()
    }

    /// Reads every profile. One that the key file does not open is counted and left alone: after an erasure the backups before it
    /// cannot be opened any more, and the money does not wait for the names.
    fn load(&self) -> Result<(), Fault> {
        self.records.each(PROFILES, KeyRange::all(), |place, sealed| {
            match self.opened(place, sealed) {
                Some((account, profile)) => {
                    self.profiles.write().unwrap_or_else(PoisonError::into_inner).insert(account, profile);
                }
                None => drop(self.unreadable.fetch_add(1, Ordering::Relaxed)),
            }
            Ok(())
        })
    }

    fn opened(&self, place: &[u8], sealed: &[u8]) -> Option<(AccountId, Profile)> {
        let account = AccountId(place.try_into().ok()?);
        let key = self.person_key(&account).ok()??;
        let plain = unseal(&key, PROFILES, place, sealed)?;
        Some((account, Profile::decode(&plain).ok()?))
    }

    /// How many profiles the key file does not open, to be told to the operator.
    pub fn unreadable(&self) -> usize {
        self.unreadable.load(Ordering::Relaxed)
    }

    fn person_key(&self, account: &AccountId) -> Result<Option<[u8; 32]>, Fault> {
        let Some(wrapped) = self.records.get(PERSON_KEYS, &account.0)? else { return Ok(None) };
        unwrap_key(&self.lock(), &account.0, &wrapped).map(Some)
    }

    fn person_key_or_new(&self, account: &AccountId) -> Result<[u8; 32], Fault> {
        if let Some(key) = self.person_key(account)? {
            return Ok(key);
        }
        let key = random()?;
        let value = wrap_key(&self.lock(), &account.0, &key)?;
        self.records.keep(&[Change::Put { table: PERSON_KEYS, key: account.0.to_vec(), value }])?;
        Ok(key)
    }

    fn alone(&self) -> std::sync::MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, KeyFile> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wrap_key(file: &KeyFile, place: &[u8], key: &[u8; 32]) -> Result<Vec<u8>, Fault> {
    let sealed = seal(file.present(), PERSON_KEYS, place, key)?;
    Ok([&key_id(file.present())[..], &sealed].concat())
}

fn unwrap_key(file: &KeyFile, place: &[u8], wrapped: &[u8]) -> Result<[u8; 32], Fault> {
    let damaged = || Fault::Setup("the key file does not open the directory: put the newest key file in its place".into());
    let (id, sealed) = wrapped.split_at_checked(4).ok_or_else(damaged)?;
    let file_key = file.with_id(id).ok_or_else(damaged)?;
    let key = unseal(file_key, PERSON_KEYS, place, sealed).ok_or_else(damaged)?;
    key.try_into().map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::memory::MemoryStorage;

    const ANNA: AccountId = AccountId([1; 16]);
    const BORIS: AccountId = AccountId([2; 16]);
    const LINES: Table = Table(18);

    struct Place {
        _folder: tempfile::TempDir,
        directory: Directory,
    }

    fn directory() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::open(Arc::new(MemoryStorage::default()), [1; 32], &folder.path().join("views")).unwrap();
        let directory = Directory::open(Arc::new(records), &folder.path().join("key")).unwrap();
        Place { _folder: folder, directory }
    }

    fn mandate(signed_ms: u64) -> Mandate {
        Mandate {
            reference: format!("LIARD-{signed_ms}"),
            holder: "Anna Martin".into(),
            iban: "FR1420041010050500013M02606".into(),
            cents: 5_000,
            day: 5,
            signed_ms,
            revoked_ms: None,
            first_done: false,
            signature: vec![7; 200],
        }
    }

    #[test]
    fn a_mandate_is_sealed_changed_and_gone_with_its_member() {
        let place = directory();
        let directory = &place.directory;
        assert_eq!(directory.mandate(&ANNA).unwrap(), None);
        directory.set_mandate(&ANNA, &mandate(10)).unwrap().unwrap();
        directory.set_mandate(&BORIS, &mandate(11)).unwrap().unwrap();
        let second = Mandate { revoked_ms: Some(30), first_done: true, ..mandate(20) };
        directory.set_mandate(&ANNA, &mandate(20)).unwrap().unwrap();
        directory.set_mandate(&ANNA, &second).unwrap().unwrap();
        assert_eq!(directory.mandate(&ANNA).unwrap(), Some(second.clone()));
        assert_eq!(directory.mandates().unwrap(), [(ANNA, second.clone()), (BORIS, mandate(11))]);
        directory.set_mandate(&ANNA, &mandate(20)).unwrap().unwrap();
        assert_eq!(directory.mandate(&ANNA).unwrap(), Some(second), "what was revoked or used stays so");
        let first = [&ANNA.0[..], &10_u64.to_be_bytes()].concat();
        let kept = directory.records.get(MANDATES, &first).unwrap().unwrap();
        let kept = Mandate::decode(&directory.unseal(&ANNA, MANDATES, &first, &kept).unwrap().unwrap()).unwrap();
        assert_eq!(kept.revoked_ms, Some(20), "a newer mandate ends the one before");
        let stored = directory.records.scan(MANDATES, &KeyRange::all(), 99, Sort::Ascending).unwrap();
        assert_eq!(stored.len(), 3);
        assert!(stored.iter().all(|(_, value)| !String::from_utf8_lossy(value).contains("Anna")));
        directory.erase(&ANNA).unwrap();
        assert_eq!(directory.mandate(&ANNA).unwrap(), None);
        assert_eq!(directory.mandates().unwrap(), [(BORIS, mandate(11))]);
        assert_eq!(directory.records.scan(MANDATES, &KeyRange::all(), 99, Sort::Ascending).unwrap().len(), 1);
    }

    #[test]
    fn an_erasure_leaves_mandates_as_evidence_until_their_time_is_over() {
        let place = directory();
        let directory = &place.directory;
        let long_over = Mandate { revoked_ms: Some(1_000), ..mandate(1) };
        directory.set_mandate(&ANNA, &long_over).unwrap().unwrap();
        directory.set_mandate(&ANNA, &mandate(2_000)).unwrap().unwrap();
        directory.set_mandate(&BORIS, &mandate(11)).unwrap().unwrap();
        directory.set_memo(4, &ANNA, "for the rent").unwrap();
        let now = 1_500 + MANDATE_KEPT_MS;
        directory.erase_member(&ANNA, now).unwrap();
        assert_eq!((directory.mandate(&ANNA).unwrap(), directory.memo(4).unwrap()), (None, None));
        let kept = Mandate { revoked_ms: Some(now), ..mandate(2_000) };
        assert_eq!(directory.mandate_on_record(&ANNA).unwrap(), Some(kept.clone()));
        assert_eq!(directory.mandates_of(&evidence_of(&ANNA)).unwrap(), [kept], "what is no evidence any more is not kept");
        directory.erase_member(&ANNA, now).unwrap();
        assert_eq!(directory.forget_evidence(now + MANDATE_KEPT_MS - 1).unwrap(), 0);
        assert_eq!(directory.forget_evidence(now + MANDATE_KEPT_MS).unwrap(), 1);
        assert_eq!(directory.mandate_on_record(&ANNA).unwrap(), None);
        assert_eq!(directory.mandate(&BORIS).unwrap(), Some(mandate(11)), "nobody else is forgotten");
    }

    #[test]
    fn mandates_are_kept_as_evidence_and_are_not_without_end() {
        let place = directory();
        let directory = &place.directory;
        for n in 0..MAX_MANDATES as u64 {
            let revoked = Mandate { revoked_ms: Some(n + 1), ..mandate(n) };
            directory.set_mandate(&ANNA, &revoked).unwrap().unwrap();
        }
        assert_eq!(directory.set_mandate(&ANNA, &mandate(1_000)).unwrap(), Err(TooManyMandates));
        let last = Mandate { revoked_ms: Some(20), first_done: true, ..mandate(19) };
        directory.set_mandate(&ANNA, &last).unwrap().unwrap();
        let later = mandate(MANDATE_KEPT_MS + 4);
        directory.set_mandate(&ANNA, &later).unwrap().unwrap();
        let kept = directory.records.scan(MANDATES, &KeyRange::prefix(&ANNA.0), 99, Sort::Ascending).unwrap();
        assert_eq!(kept.len(), MAX_MANDATES - 3 + 1);
        assert_eq!(directory.mandate(&ANNA).unwrap(), Some(later));
    }

    #[test]
    fn a_mandate_that_could_not_be_collected_is_not_sound() {
        let unsound = [
            Mandate { day: 0, ..mandate(1) },
            Mandate { day: 29, ..mandate(1) },
            Mandate { cents: 0, ..mandate(1) },
            Mandate { cents: MAX_MANDATE + 1, ..mandate(1) },
            Mandate { holder: "a\nb".into(), ..mandate(1) },
            Mandate { reference: "x".repeat(36), ..mandate(1) },
        ];
        assert!(mandate(1).is_sound());
        assert!(unsound.iter().all(|mandate| !mandate.is_sound()));
    }

    #[test]
    fn a_collection_comes_on_its_day_and_two_weeks_after_the_signature_at_the_earliest() {
        let first = u64::from(Date::new(2026, 10, 1).unwrap().number()) * DAY_MS;
        let next = |mandate: &Mandate, now| mandate.next(first + now * DAY_MS).map(|date| date.to_string());
        let signed_on_the_first = mandate(first);
        assert_eq!(next(&signed_on_the_first, 0).as_deref(), Some("2026-11-05"));
        assert_eq!(next(&Mandate { day: 15, ..mandate(first) }, 0).as_deref(), Some("2026-10-15"));
        assert_eq!(next(&Mandate { day: 14, ..mandate(first) }, 0).as_deref(), Some("2026-11-14"));
        assert_eq!(next(&Mandate { day: 15, ..mandate(first) }, 13).as_deref(), Some("2026-10-15"));
        assert_eq!(next(&Mandate { day: 15, ..mandate(first) }, 14).as_deref(), Some("2026-11-15"));
        assert_eq!(next(&Mandate { revoked_ms: Some(1), ..mandate(first) }, 0), None);
    }

    #[test]
    fn what_is_sealed_opens_for_its_holder_table_and_place_only_and_never_after_the_erasure() {
        let place = directory();
        let directory = &place.directory;
        let sealed = directory.seal(&ANNA, LINES, b"line 1", b"50.00 from Anna").unwrap();
        directory.seal(&BORIS, LINES, b"line 1", b"").unwrap();
        let open = |holder: &AccountId, table, place: &[u8]| directory.unseal(holder, table, place, &sealed).unwrap();
        assert_eq!(open(&ANNA, LINES, b"line 1").as_deref(), Some(&b"50.00 from Anna"[..]));
        assert_eq!(open(&BORIS, LINES, b"line 1"), None);
        assert_eq!(open(&ANNA, Table(19), b"line 1"), None);
        assert_eq!(open(&ANNA, LINES, b"line 2"), None);
        assert_eq!(directory.unseal(&ANNA, LINES, b"line 1", &sealed[..10]).unwrap(), None);
        directory.erase(&ANNA).unwrap();
        assert_eq!(open(&ANNA, LINES, b"line 1"), None);
    }
}
