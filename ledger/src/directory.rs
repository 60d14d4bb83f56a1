//! The directory: names, contacts, IBANs and memos. What is personal is here, encrypted per person, and never in the journal.
//!
//! ```text
//! key file ──wraps──▶ person key (one per account) ──encrypts──▶ profile, memos        XChaCha20-Poly1305
//! ```
//! The key file lies outside of the data that backups copy, and is replaced at every erasure: the erased person's key is not wrapped
//! again, so that old backups cannot be read either. Each wrapped key names the file key that wraps it, so that a crash during
//! a replacement is finished at the next start.

use crate::encoding::{DecodeError, Reader, Writer};
use crate::fault::Fault;
use crate::key::{AccountId, Hash32};
use crate::log::AppendError;
use crate::message::MAX_SHOP_NAME_BYTES;
use crate::records::{Change, KeyRange, Order as Sort, Records, Table};
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
/// The longest trade, contact or memo.
pub const MAX_FIELD_BYTES: usize = 300;
/// So many wrapped keys are rewritten in one write of the records.
const REWRAP_CHUNK: usize = 1_000;
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
        self.write(vec![Change::Put { table: PROFILES, key: account.0.to_vec(), value }])?;
        self.profiles.write().unwrap_or_else(PoisonError::into_inner).insert(*account, profile);
        Ok(())
    }

    /// Keeps the memo of an entry under its author's key.
    pub fn set_memo(&self, sequence: u64, author: &AccountId, text: &str) -> Result<(), Fault> {
        let _alone = self.alone();
        let key = self.person_key_or_new(author)?;
        let place = sequence.to_be_bytes();
        let value = [&author.0[..], &seal(&key, MEMOS, &place, text.as_bytes())?].concat();
        self.write(vec![Change::Put { table: MEMOS, key: place.to_vec(), value }])
    }

    /// The memo of an entry, unless its author was erased.
    pub fn memo(&self, sequence: u64) -> Result<Option<String>, Fault> {
        let place = sequence.to_be_bytes();
        let Some(value) = self.records.get(MEMOS, &place)? else { return Ok(None) };
        let Some((author, sealed)) = value.split_first_chunk::<16>() else { return Ok(None) };
        let Some(key) = self.person_key(&AccountId(*author))? else { return Ok(None) };
        Ok(unseal(&key, MEMOS, &place, sealed).and_then(|text| String::from_utf8(text).ok()))
    }

    /// Erases a person: their key is destroyed, and the file key is replaced, so that no old copy of the data can be read either.
    pub fn erase(&self, account: &AccountId) -> Result<(), Fault> {
        let _alone = self.alone();
        let delete = |table| Change::Delete { table, key: account.0.to_vec() };
        self.write(vec![delete(PERSON_KEYS), delete(PROFILES)])?;
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
        let mut from = Vec::new();
        loop {
            let range = KeyRange::from(&from);
            let page = self.records.scan(PERSON_KEYS, &range, REWRAP_CHUNK, Sort::Ascending)?;
            let mut changes = Vec::new();
            for (place, wrapped) in &page {
                // A key that this file does not open stays as it is: an older backup's, which an older file may open.
                if let Ok(key) = unwrap_key(&file, place, wrapped) {
                    let value = wrap_key(&file, place, &key)?;
                    changes.push(Change::Put { table: PERSON_KEYS, key: place.clone(), value });
                }
            }
            self.write(changes)?;
            match page.last() {
                Some((last, _)) if page.len() == REWRAP_CHUNK => from = [&last[..], &[0]].concat(),
                _ => break,
            }
        }
        // On disk: every key wrapped under the newest file key, which the file holds beside the older ones. A crash here repeats this.
        let newest = *file.present();
        file.keys = vec![newest];
        file.save()
    }

    /// Reads every profile. One that the key file does not open is counted and left alone: after an erasure the backups before it
    /// cannot be opened any more, and the money does not wait for the names.
    fn load(&self) -> Result<(), Fault> {
        let mut from = Vec::new();
        loop {
            let page = self.records.scan(PROFILES, &KeyRange::from(&from), REWRAP_CHUNK, Sort::Ascending)?;
            for (place, sealed) in &page {
                match self.opened(place, sealed) {
                    Some((account, profile)) => {
                        self.profiles.write().unwrap_or_else(PoisonError::into_inner).insert(account, profile);
                    }
                    None => drop(self.unreadable.fetch_add(1, Ordering::Relaxed)),
                }
            }
            match page.last() {
                Some((last, _)) if page.len() == REWRAP_CHUNK => from = [&last[..], &[0]].concat(),
                _ => return Ok(()),
            }
        }
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
        self.write(vec![Change::Put { table: PERSON_KEYS, key: account.0.to_vec(), value }])?;
        Ok(key)
    }

    fn write(&self, changes: Vec<Change>) -> Result<(), Fault> {
        self.records.write(&changes).map_err(|error| match error {
            AppendError::Fault(fault) => fault,
            other => Fault::Damage(format!("the records refused a change: {other}")),
        })
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
