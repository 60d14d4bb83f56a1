//! The keys of an account, as its holder reads and names them.

use crate::Service;
use crate::error::Refusal;
use crate::extract::{Bearer, Json, Path};
use crate::routes::{Answer, blocking, member};
use crate::wire::{KeyInfo, LabelRequest};
use axum::extract::State;
use axum::response::{IntoResponse, NoContent, Response};
use ledger::account::Scope;
use ledger::key::{AccountId, PublicKey};
use ledger::labels::{Label, keep_label, label};
use ledger::rules::day_of;
use ledger::state::KeyGrant;

fn key_info(grant: &KeyGrant, label: Option<Label>, today: u32) -> KeyInfo {
    let (per_payment, per_day) = match grant.scope {
        Scope::Full | Scope::Read => (None, None),
        Scope::Limited(cap) | Scope::CardService(cap) | Scope::Collect(cap, _) => (Some(cap.per_payment), Some(cap.per_day)),
        Scope::Till { per_day } => (None, Some(per_day)),
    };
    let cents = |amount: ledger::amount::Amount| amount.cents();
    KeyInfo {
        key: grant.key.to_string(),
        scope: grant.scope.word().into(),
        per_payment: per_payment.map(cents),
        per_day: per_day.map(cents),
        spent_today: if grant.day == today { grant.spent } else { 0 },
        from: grant.from,
        since: label.as_ref().map(|label| label.since),
        label: label.map(|label| label.text),
    }
}

/// The keys of an account. A key with full rights reads what each is called; any other only its own name.
pub fn key_list(service: &Service, id: &AccountId, reader: &PublicKey, scope: Scope) -> Answer<Vec<KeyInfo>> {
    let today = day_of(service.now());
    let grants = service.ledger().durable().state.account(id).map(|account| account.keys.clone()).unwrap_or_default();
    let named = |grant: &KeyGrant| scope == Scope::Full || grant.key == *reader;
    let info = |grant: &KeyGrant| {
        let label = if named(grant) { label(service.ledger(), id, &grant.key)? } else { None };
        Ok(key_info(grant, label, today))
    };
    grants.iter().map(info).collect()
}

/// Names a key of the account.
pub async fn put_label(
    State(service): State<Service>,
    bearer: Bearer,
    Path((text, key)): Path<(String, String)>,
    Json(request): Json<LabelRequest>,
) -> Answer<Response> {
    let (id, scope) = member(&service, &bearer, &text)?;
    if scope != Scope::Full {
        return Err(Refusal::NotAllowed);
    }
    let key = PublicKey::from_hex(&key).ok_or(Refusal::NotFound)?;
    let label = Label { text: request.label.trim().to_owned(), since: service.now() };
    if !label.is_sound() {
        return Err(Refusal::Malformed("a label has 1 to 60 bytes and no control characters"));
    }
    blocking(move || {
        let known = {
            let durable = service.ledger().durable();
            durable.state.account(&id).is_some_and(|account| account.keys.iter().any(|grant| grant.key == key))
        };
        if !known {
            return Err(Refusal::NotFound);
        }
        keep_label(service.ledger(), &id, &key, label)?;
        Ok(NoContent.into_response())
    })
    .await?
}
