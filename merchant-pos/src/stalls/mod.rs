//! Signs on market stalls: one QR code on a board, and the payer says how much.
//!
//! A till signs the sign once. Whoever scans it draws the second half of a charge's id, so that each payment names a charge of its own,
//! which the ledger takes once; the last signs of that half stand on the payer's phone and on the till. Such a payment is the shop's
//! answer to nobody's request, and still expected: it is listed as a paid charge with the stall as its reference.
//!
//! Wallets ask about a sign where they are served. A shop's own machine, which takes in what is paid at its signs, tells them there.

pub(crate) mod store;
pub mod wire;

use crate::charge::{Charge, Payment, Progress};
use crate::enrolment::ALPHABET;
use crate::error::Reason;
use crate::routes::{Answer, Pos, body_of};
use crate::session::{Actor, Chief, Reader};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use ledger::key::{AccountId, PublicKey};
use ledger::message::{STALL_BYTES, Stall};
use store::StallRow;
use wallet_api::client::ClientError;
use wire::{PublicStall, StallInfo, Stalls};

/// So many signs tell one payment at a stall from the next.
const SIGNS: usize = 4;

/// Where a shop's signs are listed and put up.
const STALLS: &str = "/pos/v1/stalls";

/// A stall's id.
pub type StallId = [u8; STALL_BYTES];

/// The routes of stalls.
pub fn routes() -> Router<Pos> {
    Router::new()
        .route("/stalls", get(list).post(open))
        .route("/stalls/{id}/end", post(end))
        .route("/public/stalls/{account}/{id}", get(public))
}

/// The stall that a charge's id begins with.
pub fn stall_of(charge: &[u8; 16]) -> StallId {
    let mut id = StallId::default();
    id.copy_from_slice(&charge[..STALL_BYTES]);
    id
}

/// The last signs of a charge's id: what the payer's phone and the till both show.
pub fn signs(charge: &[u8; 16]) -> String {
    let last = u128::from_be_bytes(*charge);
    let sign = |place: usize| char::from(ALPHABET[((last >> (5 * (SIGNS - 1 - place))) & 31) as usize]);
    (0..SIGNS).map(sign).collect()
}

/// The charge that a payment at a stall answers: asked for by the payer, in the shop's name.
pub fn charge_at(account: &AccountId, stall: &StallRow, payment: &Payment) -> Option<Charge> {
    let asked = payment.charge?;
    Some(Charge {
        account: *account,
        till: stall.till,
        amount: payment.amount,
        asked,
        reference: Some(format!("{} {}", stall.label, signs(&asked.id))),
        created: payment.time,
        request: Vec::new(),
        certificate: Vec::new(),
        progress: Progress::Asked,
    })
}

fn id_of(text: &str) -> Answer<StallId> {
    let mut id = StallId::default();
    hex::decode_to_slice(text, &mut id).map_err(|_| Reason::NotFound)?;
    Ok(id)
}

async fn open(State(pos): State<Pos>, Chief(actor): Chief, body: Result<Bytes, BytesRejection>) -> Answer<Json<StallInfo>> {
    let (bytes, account) = (body_of(body)?, actor.account);
    let (stall, till): (Stall, PublicKey) = Stall::decode(&bytes, &pos.watch.upstream.trust().await?.ledger)?;
    if till != actor.key || stall.payee != account {
        return Err(Reason::StallOther.into());
    }
    if pos.wallets_elsewhere {
        pos.watch.upstream.client().post_signed(STALLS, actor.token.as_str(), bytes.to_vec()).await?;
    }
    let certificate = pos.watch.upstream.certificate(&actor).await;
    let (id, since) = (stall.id, pos.now());
    let row = StallRow { till, label: stall.label, sign: bytes.to_vec(), certificate, since, ended: None };
    let row = pos.watch.upstream.on_store(move |store| store.open_stall(&account, &id, row)).await??;
    Ok(Json(pos.view().await?.stall(&id, &row)))
}

async fn list(State(pos): State<Pos>, Reader(actor): Reader) -> Answer<Json<Stalls>> {
    let account = actor.account;
    if pos.wallets_elsewhere && !actor.reads_only {
        // Signs are shown also while nobody else can be told of them; that is tried again whenever a till asks.
        drop(pos.tell_wallets(&actor).await);
    }
    let mut rows = pos.watch.upstream.on_store(move |store| store.stalls(&account)).await?;
    // The association's word on a name lasts for days, a sign on paper for years: the till that signed it brings the newest word.
    let mine = |row: &StallRow| row.till == actor.key && row.ended.is_none();
    if rows.iter().any(|(_, row)| mine(row)) {
        let certificate = pos.watch.upstream.certificate(&actor).await;
        for (_, row) in rows.iter_mut().filter(|(_, row)| mine(row) && !certificate.is_empty()) {
            row.certificate.clone_from(&certificate);
        }
        let kept = rows.clone();
        pos.watch.upstream.on_store(move |store| store.keep_words(&account, &kept)).await?;
    }
    rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.since));
    let view = pos.view().await?;
    Ok(Json(Stalls { stalls: rows.iter().map(|(id, row)| view.stall(id, row)).collect() }))
}

async fn end(State(pos): State<Pos>, Chief(actor): Chief, Path(id): Path<String>) -> Answer<Json<StallInfo>> {
    let (id, account, now) = (id_of(&id)?, actor.account, pos.now());
    if pos.wallets_elsewhere {
        pos.end_elsewhere(&actor, &id).await?;
    }
    let row = pos.watch.upstream.on_store(move |store| store.end_stall(&account, &id, now)).await??;
    Ok(Json(pos.view().await?.stall(&id, &row)))
}

impl Pos {
    /// Takes a sign down where wallets ask about it; one that is not known there needs no word.
    async fn end_elsewhere(&self, actor: &Actor, id: &StallId) -> Answer<()> {
        let address = format!("{STALLS}/{}/end", hex::encode(id));
        match self.watch.upstream.client().post_json(&address, actor.token.as_str(), &serde_json::json!({})).await {
            Ok(_) => Ok(()),
            Err(ClientError::Refused(problem)) if problem.code == Reason::NotFound.code() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the signs of this machine the same where wallets ask about them: what the till signed stands there, what was taken down
    /// at one place is taken down at the other, and the till that asks brings its newest word on the shop's name.
    async fn tell_wallets(&self, actor: &Actor) -> Answer<()> {
        let (upstream, account) = (&self.watch.upstream, actor.account);
        let rows = upstream.on_store(move |store| store.stalls(&account)).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let there: Stalls = upstream.client().get_json(STALLS, actor.token.as_str()).await?;
        for (id, row) in rows {
            let known = there.stalls.iter().find(|stall| stall.id == hex::encode(id));
            match (known.map(|stall| stall.ended), row.ended) {
                (None, None) if row.till == actor.key => {
                    upstream.client().post_signed(STALLS, actor.token.as_str(), row.sign).await?;
                }
                (Some(None), Some(_)) => self.end_elsewhere(actor, &id).await?,
                (Some(Some(ended)), None) => {
                    upstream.on_store(move |store| store.end_stall(&account, &id, ended)).await??;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

async fn public(State(pos): State<Pos>, Path((account, id)): Path<(String, String)>) -> Answer<Json<PublicStall>> {
    let (view, id) = (pos.view().await?, id_of(&id)?);
    let account = AccountId::from_text(&account, &view.prefix).map_err(|_| Reason::NotFound)?;
    let row = pos.watch.upstream.on_store(move |store| store.stall(&account, &id)).await?.ok_or(Reason::NotFound)?;
    Ok(Json(PublicStall::of(&row)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signs_are_the_last_twenty_bits_of_the_charge() {
        let mut id = [0; 16];
        assert_eq!(signs(&id), "2222");
        id[15] = 1;
        assert_eq!(signs(&id), "2223");
        id[13] = 0x0f;
        assert_eq!(signs(&id), "Y223");
        id[..13].fill(0xff);
        assert_eq!((signs(&id).as_str(), stall_of(&id)), ("Y223", [0xff; 8]));
    }
}
