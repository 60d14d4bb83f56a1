//! Where units are taken: shops and associations with a public name, and what a shop tells of itself.

use crate::Service;
use crate::error::Refusal;
use crate::extract::{Bearer, Json, Path};
use crate::routes::{Answer, blocking, member};
use crate::wire::{Associations, OpeningInfo, PlaceInfo, Shop, Shops};
use axum::Json as Answered;
use axum::extract::State;
use axum::response::{IntoResponse, NoContent, Response};
use ledger::account::{AccountKind, Scope};
use ledger::directory::Profile;
use ledger::fault::Fault;
use ledger::key::AccountId;
use ledger::ledger::Ledger;
use ledger::places::{Opening, Place};
use ledger::rejection::Rejection;
use ledger::state::Status;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Places are read and opened anew this often: a shop that changes its hours is shown with them at once, one that was erased soon.
const READ_EVERY_MS: u64 = 10_000;

/// What shops told when it was last read: everybody may ask, and opening each place costs.
#[derive(Default)]
pub struct Known(Mutex<Option<(u64, HashMap<AccountId, Place>)>>);

impl Known {
    fn at(&self, ledger: &Ledger, now: u64) -> Result<HashMap<AccountId, Place>, Fault> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some((read, places)) if now.saturating_sub(*read) < READ_EVERY_MS => Ok(places.clone()),
            _ => {
                let places: HashMap<_, _> = ledger.places().all()?.into_iter().collect();
                *known = Some((now, places.clone()));
                Ok(places)
            }
        }
    }

    fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Open accounts of these kinds that have a public name, by name.
fn named(service: &Service, kinds: &[AccountKind], mut places: HashMap<AccountId, Place>) -> Vec<Shop> {
    let profiles = service.ledger().directory().profiles();
    let prefix = service.prefix();
    let durable = service.ledger().durable();
    let public = |(id, profile): (AccountId, Profile)| {
        let account = durable.state.account(&id)?;
        let name = profile.name.filter(|_| kinds.contains(&account.kind) && account.status == Status::Open)?;
        let place = places.remove(&id).map(|place| place_info(&place));
        Some(Shop { account: id.to_text(&prefix), kind: account.kind.word().into(), name, trade: profile.trade, place })
    };
    let mut named: Vec<Shop> = profiles.into_iter().filter_map(public).collect();
    named.sort_by(|a, b| a.name.cmp(&b.name));
    named
}

/// A place as it is told.
pub fn place_info(place: &Place) -> PlaceInfo {
    let Place { address, quarter, about, offers, phone, openings } = place.clone();
    let shown = |opening: Opening| OpeningInfo { weekday: opening.weekday, opens: opening.opens, closes: opening.closes };
    PlaceInfo { address, quarter, about, offers, phone, openings: openings.into_iter().map(shown).collect() }
}

pub async fn shops(State(service): State<Service>) -> Answer<Answered<Shops>> {
    blocking(move || {
        let places = service.places().at(service.ledger(), service.now())?;
        Ok(Answered(Shops { shops: named(&service, &[AccountKind::Professional, AccountKind::PublicBody], places) }))
    })
    .await?
}

pub async fn associations(State(service): State<Service>) -> Answered<Associations> {
    Answered(Associations { associations: named(&service, &[AccountKind::Association], HashMap::new()) })
}

pub async fn place(State(service): State<Service>, bearer: Bearer, Path(text): Path<String>) -> Answer<Answered<PlaceInfo>> {
    let (id, _) = member(&service, &bearer, &text)?;
    blocking(move || Ok(Answered(place_info(&service.ledger().places().of(&id)?)))).await?
}

/// A shop says where it is. The association answers for its name; what stands here is the shop's own word.
pub async fn put_place(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Json(info): Json<PlaceInfo>,
) -> Answer<Response> {
    let (id, scope) = member(&service, &bearer, &text)?;
    if scope != Scope::Full {
        return Err(Refusal::NotAllowed);
    }
    {
        let durable = service.ledger().durable();
        let account = durable.state.account(&id).ok_or(Refusal::NotFound)?;
        match (account.kind, account.status) {
            (AccountKind::Resident, _) => return Err(Refusal::NotAllowed),
            (_, Status::Closed) => return Err(Rejection::AccountClosed.into()),
            _ => {}
        }
    }
    let PlaceInfo { address, quarter, about, offers, phone, openings } = info;
    let said = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let read = |shown: OpeningInfo| Opening { weekday: shown.weekday, opens: shown.opens, closes: shown.closes };
    let mut openings: Vec<Opening> = openings.into_iter().map(read).collect();
    openings.sort();
    let (address, quarter, about, offers, phone) = (said(address), said(quarter), said(about), said(offers), said(phone));
    let place = Place { address, quarter, about, offers, phone, openings };
    blocking(move || {
        let written = service.ledger().places().put(&id, &place)?;
        written.map_err(|_| {
            Refusal::Malformed("an address has at most 140 bytes, a quarter 60, other texts 300, a telephone number 30; opening hours do not overlap")
        })?;
        service.places().forget();
        Ok(NoContent.into_response())
    })
    .await?
}
