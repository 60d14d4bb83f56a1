//! Boxes: a member's key, closed by a passkey of theirs and kept here for the day on which the phone is lost.
//!
//! Where a box lies and what opens it both come from one secret that only the passkey gives. So whoever names the place may have the box:
//! nobody else can guess it, and without the passkey it says nothing.
//!
//! ```text
//! table 28   0 ‖ SHA-256(place):32              account:16 ‖ sealed under its holder: key:32 ‖ time:u64 ‖ box
//!            1 ‖ account:16 ‖ SHA-256(place):32 (nothing)
//! ```

use crate::Service;
use crate::error::Refusal;
use crate::extract::{Bearer, Body as Bytes, Path, Query};
use crate::routes::{Answer, blocking, bytes_answer, member};
use crate::wire::{BackupInfo, BackupQuery, Backups};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, NoContent, Response};
use ledger::account::Scope;
use ledger::fault::Fault;
use ledger::key::{AccountId, Hash32};
use ledger::ledger::Ledger;
use ledger::records::{Change, KeyRange, Order, Table};
use std::sync::{Mutex, PoisonError};

const BOXES: Table = Table(28);
const OF_PLACE: u8 = 0;
const OF_ACCOUNT: u8 = 1;
/// A box has at most so many bytes: a key is 32, and its wrapping some dozens.
pub const MAX_BOX_BYTES: usize = 4_000;
/// An account has at most so many boxes of keys that are good: two passkeys for each of four devices.
const MAX_BOXES: usize = 8;

/// Held by one change at a time, from the count until the write.
static CHANGING: Mutex<()> = Mutex::new(());

/// A box and whose key is in it.
pub struct Kept {
    account: AccountId,
    key: [u8; 32],
    time: u64,
    bytes: Vec<u8>,
}

impl Kept {
    fn decode(account: AccountId, plain: &[u8]) -> Option<Kept> {
        let (key, rest) = plain.split_first_chunk()?;
        let (time, bytes) = rest.split_first_chunk()?;
        Some(Kept { account, key: *key, time: u64::from_be_bytes(*time), bytes: bytes.to_vec() })
    }

    /// Whose box it is, and since when; not what is in it.
    pub fn info(&self) -> BackupInfo {
        BackupInfo { key: hex::encode(self.key), time: self.time }
    }
}

/// The place's hash is what is kept, so that nobody who reads the records can ask for the box.
fn hash_of(place: &str) -> Answer<Hash32> {
    let place: Option<[u8; 32]> = hex::decode(place).ok().and_then(|place| place.try_into().ok());
    place.map(|place| Hash32::of(&place)).ok_or(Refusal::Malformed("the place of a backup has 64 hexadecimal digits"))
}

fn of_place(hash: &Hash32) -> Vec<u8> {
    [&[OF_PLACE][..], &hash.0].concat()
}

fn of_account(account: &AccountId, hash: &[u8]) -> Vec<u8> {
    [&[OF_ACCOUNT][..], &account.0, hash].concat()
}

fn box_at(ledger: &Ledger, hash: &Hash32) -> Result<Option<Kept>, Fault> {
    let place = of_place(hash);
    let Some(value) = ledger.records().get(BOXES, &place)? else { return Ok(None) };
    let damaged = || Fault::Damage("a key's backup cannot be read".into());
    let (account, sealed) = value.split_first_chunk().ok_or_else(damaged)?;
    let account = AccountId(*account);
    let plain = ledger.directory().unseal(&account, BOXES, &place, sealed)?;
    Ok(plain.and_then(|plain| Kept::decode(account, &plain)))
}

/// Every box of an account, with its place.
pub fn boxes_of(ledger: &Ledger, account: &AccountId) -> Result<Vec<(Hash32, Kept)>, Fault> {
    let prefix = of_account(account, &[]);
    let places = ledger.records().scan(BOXES, &KeyRange::prefix(&prefix), MAX_BOXES, Order::Ascending)?;
    let hashes = places.iter().filter_map(|(place, _)| place[prefix.len()..].try_into().ok()).map(Hash32);
    hashes.filter_map(|hash| box_at(ledger, &hash).map(|kept| Some((hash, kept?))).transpose()).collect()
}

fn taken_away(account: &AccountId, hash: &Hash32) -> [Change; 2] {
    [of_place(hash), of_account(account, &hash.0)].map(|key| Change::Delete { table: BOXES, key })
}

/// The account of a name, when the signed-in key may do everything there.
fn holder(service: &Service, bearer: &Bearer, text: &str) -> Answer<AccountId> {
    match member(service, bearer, text)? {
        (id, Scope::Full) => Ok(id),
        _ => Err(Refusal::NotAllowed),
    }
}

/// Puts a box in its place. Boxes of keys that were revoked make room.
pub async fn put_backup(
    State(service): State<Service>,
    bearer: Bearer,
    Path(place): Path<String>,
    Query(query): Query<BackupQuery>,
    Bytes(body): Bytes,
) -> Answer<Response> {
    let id = holder(&service, &bearer, &query.account)?;
    let hash = hash_of(&place)?;
    if body.is_empty() || body.len() > MAX_BOX_BYTES {
        return Err(Refusal::TooLarge);
    }
    blocking(move || {
        let ledger = service.ledger();
        let _alone = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
        if box_at(ledger, &hash)?.is_some_and(|kept| kept.account != id) {
            return Err(Refusal::NotAllowed);
        }
        let good: Vec<[u8; 32]> = {
            let durable = ledger.durable();
            let keys = durable.state.account(&id).map(|account| account.keys.iter().map(|grant| *grant.key.as_bytes()).collect());
            keys.unwrap_or_default()
        };
        let others: Vec<_> = boxes_of(ledger, &id)?.into_iter().filter(|(other, _)| *other != hash).collect();
        let (keep, gone): (Vec<_>, Vec<_>) = others.into_iter().partition(|(_, kept)| good.contains(&kept.key));
        if keep.len() >= MAX_BOXES {
            return Err(Refusal::TooManyBackups);
        }
        let plain = [&bearer.0.as_bytes()[..], &service.now().to_be_bytes(), &body].concat();
        let sealed = ledger.directory().seal(&id, BOXES, &of_place(&hash), &plain)?;
        let mut changes: Vec<Change> = gone.iter().flat_map(|(other, _)| taken_away(&id, other)).collect();
        changes.push(Change::Put { table: BOXES, key: of_place(&hash), value: [&id.0[..], &sealed].concat() });
        changes.push(Change::Put { table: BOXES, key: of_account(&id, &hash.0), value: Vec::new() });
        ledger.records().keep(&changes)?;
        Ok(NoContent.into_response())
    })
    .await?
}

/// The box of a place, for whoever knows the place.
pub async fn backup(State(service): State<Service>, Path(place): Path<String>) -> Answer<Response> {
    let hash = hash_of(&place)?;
    let kept = blocking(move || box_at(service.ledger(), &hash)).await??.ok_or(Refusal::NotFound)?;
    Ok(bytes_answer("application/octet-stream", kept.bytes))
}

/// Takes a box away.
pub async fn remove_backup(State(service): State<Service>, bearer: Bearer, Path(place): Path<String>) -> Answer<Response> {
    let hash = hash_of(&place)?;
    blocking(move || {
        let ledger = service.ledger();
        let _alone = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = box_at(ledger, &hash)?.ok_or(Refusal::NotFound)?;
        holder(&service, &bearer, &kept.account.to_text(&service.prefix()))?;
        ledger.records().keep(&taken_away(&kept.account, &hash))?;
        Ok(NoContent.into_response())
    })
    .await?
}

/// Which keys of the account have a box here; not where it lies.
pub async fn backups(State(service): State<Service>, bearer: Bearer, Path(text): Path<String>) -> Answer<Json<Backups>> {
    let id = holder(&service, &bearer, &text)?;
    let boxes = blocking(move || boxes_of(service.ledger(), &id)).await??;
    Ok(Json(Backups { backups: boxes.iter().map(|(_, kept)| kept.info()).collect() }))
}
