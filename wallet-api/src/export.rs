//! Everything that the node holds about a member, to take along.

use crate::Service;
use crate::backups::boxes_of;
use crate::cards::cards_of;
use crate::conversions::{mandate_info, order_info};
use crate::error::Refusal;
use crate::extract::{Bearer, Path, Query};
use crate::keys::key_list;
use crate::lines::Viewer;
use crate::places::place_info;
use crate::redemptions::redemptions_of;
use crate::routes::{Answer, account_info, blocking, member};
use crate::statements::{Statement, period_of};
use crate::wire::{Export, ExportedMandate, ExportedProfile, KeyInfo, PeriodQuery};
use axum::Json as Answered;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::account::Scope;
use ledger::key::AccountId;

pub async fn export(
    State(service): State<Service>,
    bearer: Bearer,
    Path(text): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> Answer<Answered<Export>> {
    let (id, scope) = member(&service, &bearer, &text)?;
    if scope != Scope::Full {
        return Err(Refusal::NotAllowed);
    }
    let seat = service.desk().seat()?;
    blocking(move || {
        let _seat = seat;
        let keys = key_list(&service, &id, &bearer.0, scope)?;
        exported(&service, &id, text, keys, &query).map(Answered)
    })
    .await?
}

fn exported(service: &Service, id: &AccountId, text: String, keys: Vec<KeyInfo>, query: &PeriodQuery) -> Answer<Export> {
    let (ledger, now) = (service.ledger(), service.now());
    let account = account_info(service, id, text, keys)?;
    let profile = ledger.directory().profile(id);
    let profile = ExportedProfile { name: profile.name, trade: profile.trade, contact: profile.contact, iban: profile.iban };
    let viewer = Viewer { ledger, prefix: service.prefix(), account: *id };
    let orders = ledger.orders().of(id, usize::MAX)?;
    let mandates = ledger.directory().mandates_of(id)?;
    let mandate = |mandate: &ledger::directory::Mandate| ExportedMandate {
        mandate: mandate_info(service, mandate),
        used: mandate.first_done,
        signature: URL_SAFE_NO_PAD.encode(&mandate.signature),
    };
    let currency = ledger.durable().state.genesis().map(|genesis| genesis.name.clone());
    Ok(Export {
        ledger: ledger.id().to_string(),
        currency: currency.unwrap_or_default(),
        time: now,
        account,
        profile,
        entries: Statement::read(&viewer, period_of(query, now)?)?.lines,
        orders: orders.iter().map(|order| order_info(service, &ledger.durable().state, order)).collect(),
        mandates: mandates.iter().map(mandate).collect(),
        redemptions: redemptions_of(service, id, usize::MAX)?,
        place: place_info(&ledger.places().of(id)?),
        backups: boxes_of(ledger, id)?.iter().map(|(_, kept)| kept.info()).collect(),
        notices: crate::notices::held(ledger, id)?,
        cards: cards_of(service, id)?,
        association: (service.settings().association_holds)(id)?,
    })
}
