//! The keys of an account, as its holder reads and names them.

use crate::Service;
use crate::error::Refusal;
use crate::extract::{Bearer, Json, Path};
use crate::routes::{Answer, blocking, member};
use crate::wire::LabelRequest;
use axum::extract::State;
use axum::response::{IntoResponse, NoContent, Response};
use ledger::account::Scope;
use ledger::key::PublicKey;
use ledger::labels::{Label, keep_label};

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
