//! What a shop set up, in parts: each part is a value of its own with a version, checked before it is kept.
//!
//! ```text
//! SETTINGS     account part                            its version and its value, as JSON
//! ```
//! A change names the version that it was made from: of two people who change the same part, the second is told, and nothing is lost.
//! What wallets change too is kept where wallets are served. A shop's own machine reads and changes it there, and has a copy for its
//! own decisions, which is never handed out as the answer.

use crate::counter::wire::{Counter, Legal, Tickets};
use crate::enrolment::Kind;
use crate::error::{Reason, Refusal};
use crate::evening::wire::{Books, Mail};
use crate::people::wire::{Cashier, Limits, People};
use crate::printing::wire::Printing;
use crate::routes::{Answer, Pos, body_of};
use crate::session::{Actor, Chief, Reader};
use crate::store::{Store, damaged, put};
use crate::wire::{Kept, PartBody};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::get;
use axum::{Json, Router};
use ledger::encoding::{DecodeError, Reader as Cbor, Writer};
use ledger::fault::Fault;
use ledger::key::{AccountId, PublicKey};
use ledger::records::{KeyRange, Order, Table};
use serde::Serialize;
use serde::de::DeserializeOwned;

const SETTINGS: Table = Table(12);

/// A part has at most so many bytes: a catalogue of some thousand articles.
const MAX_PART_BYTES: usize = 256 << 10;

/// Who changes a part. Everybody of the shop reads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// The shop's own key.
    Full,
    /// Tills too.
    Till,
}

/// A part of what a shop set up; its default is what holds before anybody changed it.
pub trait Part: Serialize + DeserializeOwned + Default + PartialEq + Send + 'static {
    /// Its name in the address.
    const NAME: &'static str;
    /// Who changes it.
    const WHO: Who;
    /// Whether the shop changes it in its wallet.
    const IN_WALLETS: bool = false;

    /// Refuses a value that cannot be used.
    fn check(&self) -> Result<(), Refusal>;
}

/// The routes `/settings/{part}`.
pub fn routes() -> Router<Pos> {
    let router = route::<Counter>(Router::new());
    let router = route::<Legal>(router);
    let router = route::<Tickets>(router);
    let router = route::<People>(router);
    let router = route::<Limits>(router);
    let router = route::<Printing>(router);
    let router = route::<Mail>(router);
    let router = route::<Books>(router);
    router.layer(DefaultBodyLimit::max(MAX_PART_BYTES))
}

/// Reading and changing one part.
fn route<P: Part>(router: Router<Pos>) -> Router<Pos> {
    router.route(&format!("/settings/{}", P::NAME), get(read::<P>).put(change::<P>))
}

async fn read<P: Part>(State(pos): State<Pos>, Reader(actor): Reader) -> Answer<Json<Kept<P>>> {
    if pos.is_elsewhere::<P>() {
        return pos.renew_copy::<P>(&actor).await.map(Json);
    }
    let kept = pos.watch.upstream.on_store(move |store| store.kept_part::<P>(&actor.account)).await?;
    Ok(Json(kept))
}

async fn change<P: Part>(
    State(pos): State<Pos>,
    Chief(actor): Chief,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<Kept<P>>> {
    if P::WHO == Who::Full {
        actor.need_full()?;
    }
    let body = body_of(body)?;
    let PartBody { version, value } = PartBody::<P>::read(&body)?;
    value.check()?;
    if pos.is_elsewhere::<P>() {
        let (api, token) = (pos.watch.upstream.client(), actor.token.as_str());
        return pos.copy(&actor, api.put_json(&address::<P>(), token, body.to_vec()).await?).await.map(Json);
    }
    let changed = pos.watch.upstream.on_store(move |store| store.change_part(&actor.account, version, value));
    Ok(Json(changed.await??))
}

/// Where a part is read and changed.
fn address<P: Part>() -> String {
    format!("/pos/v1/settings/{}", P::NAME)
}

impl Pos {
    /// Whether a part is kept by the machine of the API, where wallets are served.
    fn is_elsewhere<P: Part>(&self) -> bool {
        P::IN_WALLETS && self.wallets_elsewhere
    }

    /// Reads what this machine decides by and the shop changes in its wallet, where that is kept elsewhere: whoever signs in works by the
    /// shop's word of now.
    pub(crate) async fn renew_copies(&self, actor: &Actor) -> Answer<()> {
        if self.wallets_elsewhere {
            self.renew_copy::<People>(actor).await?;
            self.renew_copy::<Books>(actor).await?;
        }
        Ok(())
    }

    /// A part that is kept elsewhere, as it is told there now.
    async fn renew_copy<P: Part>(&self, actor: &Actor) -> Answer<Kept<P>> {
        let told = self.watch.upstream.client().get_json(&address::<P>(), actor.token.as_str()).await?;
        self.copy(actor, told).await
    }

    async fn copy<P: Part>(&self, actor: &Actor, told: Kept<P>) -> Answer<Kept<P>> {
        let account = actor.account;
        self.watch.upstream.on_store(move |store| store.copy_part(&account, told)).await
    }
}

impl Store {
    /// Whether a key of scope `till` may change what the shop set up.
    pub(crate) fn may_set_up(&self, account: &AccountId, key: &PublicKey) -> Result<bool, Fault> {
        self.may(account, key, |cashier| cashier.settings)
    }

    /// Whether a key of scope `till` may give money back.
    pub(crate) fn may_refund(&self, account: &AccountId, key: &PublicKey) -> Result<bool, Fault> {
        self.may(account, key, |cashier| cashier.refund)
    }

    /// What a till's key may, and a cashier's only with that right.
    fn may(&self, account: &AccountId, key: &PublicKey, right: impl Fn(&Cashier) -> bool) -> Result<bool, Fault> {
        let cashier = self.tills(account)?.into_iter().any(|till| till.key == *key && till.kind == Kind::Cashier);
        let people = self.part::<People>(account)?;
        Ok(match people.cashiers.iter().find(|one| one.key == key.to_string()) {
            Some(known) => right(known),
            None => !cashier,
        })
    }

    /// A part of what a shop set up.
    pub fn part<P: Part>(&self, account: &AccountId) -> Result<P, Fault> {
        Ok(self.kept_part(account)?.value)
    }

    /// The accounts that ever set a part up.
    pub fn accounts_with<P: Part>(&self) -> Result<Vec<AccountId>, Fault> {
        let (mut accounts, mut start) = (Vec::new(), Vec::new());
        // Row by row, and past the others' parts: a catalogue is large, and all of them at once are larger.
        while let Some((key, _)) = self.records.scan(SETTINGS, &KeyRange::from(&start), 1, Order::Ascending)?.pop() {
            let Some((account, part)) = key.split_first_chunk::<16>() else { break };
            let account = AccountId(*account);
            if part == P::NAME.as_bytes() {
                accounts.push(account);
            }
            start = part_key::<P>(&account);
            if part >= P::NAME.as_bytes() {
                // No part is called so: the next key is another account's.
                start = [&account.0[..], &[u8::MAX]].concat();
            }
        }
        Ok(accounts)
    }

    fn kept_part<P: Part>(&self, account: &AccountId) -> Result<Kept<P>, Fault> {
        let kept = self.row(SETTINGS, &part_key::<P>(account), |bytes| {
            let mut reader = Cbor::new(bytes);
            reader.array_of(2)?;
            let (version, json) = (reader.uint()?, reader.bytes()?);
            let value = serde_json::from_slice(json).map_err(|_| DecodeError::Malformed("a part of a shop's settings"))?;
            reader.end()?;
            Ok(Kept { version, value })
        })?;
        Ok(kept.unwrap_or_default())
    }

    fn change_part<P: Part>(&self, account: &AccountId, version: u64, value: P) -> Result<Result<Kept<P>, Reason>, Fault> {
        let _writing = self.lock();
        if self.kept_part::<P>(account)?.version != version {
            return Ok(Err(Reason::SettingsChanged));
        }
        self.write_part(account, Kept { version: version + 1, value }).map(Ok)
    }

    /// Keeps what another machine told of a part.
    fn copy_part<P: Part>(&self, account: &AccountId, told: Kept<P>) -> Result<Kept<P>, Fault> {
        let _writing = self.lock();
        // Tills ask every few seconds, and a write waits for the disk.
        if self.kept_part::<P>(account)? == told { Ok(told) } else { self.write_part(account, told) }
    }

    fn write_part<P: Part>(&self, account: &AccountId, kept: Kept<P>) -> Result<Kept<P>, Fault> {
        let json = serde_json::to_vec(&kept.value).map_err(|_| damaged(DecodeError::Malformed("a part that is no JSON")))?;
        let mut out = Writer::new();
        out.array(2).uint(kept.version).bytes(&json);
        self.write(&[put(SETTINGS, &part_key::<P>(account), out.into_bytes())])?;
        Ok(kept)
    }
}

fn part_key<P: Part>(account: &AccountId) -> Vec<u8> {
    [&account.0[..], P::NAME.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::TillRow;

    #[test]
    fn a_change_names_the_version_it_was_made_from_and_of_two_the_second_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let (store, shop) = (Store::open(directory.path()).unwrap(), AccountId([1; 16]));
        let off = store.kept_part::<Tickets>(&shop).unwrap();
        assert_eq!((off.version, off.value.on), (0, false));
        let on = store.change_part(&shop, 0, Tickets { on: true }).unwrap().unwrap();
        assert_eq!((on.version, on.value.on), (1, true));
        assert_eq!(store.change_part(&shop, 0, Tickets { on: false }).unwrap().err(), Some(Reason::SettingsChanged));
        assert!(store.part::<Tickets>(&shop).unwrap().on);
        assert!(!store.part::<Tickets>(&AccountId([2; 16])).unwrap().on, "another shop's");
        // What another machine tells of a part is no change of this one's: it holds whatever was known before.
        for (version, on) in [(5, false), (5, false), (3, true)] {
            store.copy_part(&shop, Kept { version, value: Tickets { on } }).unwrap();
            let kept = store.kept_part::<Tickets>(&shop).unwrap();
            assert_eq!((kept.version, kept.value.on), (version, on));
        }
    }

    #[test]
    fn the_accounts_of_a_part_are_found_among_the_other_parts() {
        let directory = tempfile::tempdir().unwrap();
        let (store, shop) = (Store::open(directory.path()).unwrap(), |number| AccountId([number; 16]));
        for number in [1, 2, 4, 255] {
            store.change_part(&shop(number), 0, People::default()).unwrap().unwrap();
            store.change_part(&shop(number), 0, Books::default()).unwrap().unwrap();
        }
        for number in [2, 3, 255] {
            store.change_part(&shop(number), 0, Mail::default()).unwrap().unwrap();
        }
        assert_eq!(store.accounts_with::<Mail>().unwrap(), [2, 3, 255].map(shop));
        assert_eq!(store.accounts_with::<Books>().unwrap(), [1, 2, 4, 255].map(shop));
        assert_eq!(store.accounts_with::<Tickets>().unwrap(), []);
    }

    #[test]
    fn a_cashier_changes_what_the_shop_set_up_only_with_that_right() {
        let directory = tempfile::tempdir().unwrap();
        let (store, shop) = (Store::open(directory.path()).unwrap(), AccountId([1; 16]));
        let key = |seed: u8| -> PublicKey { ledger::SigningKey::from_bytes(&[seed; 32]).verifying_key().into() };
        let row = |seed, kind| TillRow { key: key(seed), label: "x".into(), since: 0, confirmed: true, kind };
        store.keep_tills(&shop, &[row(1, Kind::Till), row(2, Kind::Cashier), row(3, Kind::Cashier)]).unwrap();
        let chief = Cashier {
            key: key(3).to_string(),
            name: "Maite".into(),
            refund: false,
            discount: false,
            close: false,
            settings: true,
        };
        store.change_part(&shop, 0, People { cashiers: vec![chief] }).unwrap().unwrap();
        let may = |seed| store.may_set_up(&shop, &key(seed)).unwrap();
        assert_eq!([may(1), may(2), may(3)], [true, false, true]);
        let may = |seed| store.may_refund(&shop, &key(seed)).unwrap();
        assert_eq!([may(1), may(2), may(3)], [true, false, false], "each right on its own");
    }
}
