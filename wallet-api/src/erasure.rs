//! Erasing who has left: the personal data of a closed account, asked for with the key that closed it.
//!
//! A closed account has no keys and nobody signs in for it, so that the request carries its own proof: the server's challenge, signed as for
//! signing in. It can be sent again, now or in a year.

use crate::Service;
use crate::error::Refusal;
use crate::extract::{Body as Bytes, From, Path};
use crate::routes::{Answer, account_id, blocking};
use axum::extract::State;
use axum::response::{IntoResponse, NoContent, Response};
use ledger::key::{AccountId, PublicKey};
use ledger::message::decode_sign_in;
use ledger::state::Status;
use ledger::transaction::Body;

/// After its end an account is touched only by what banks take back; its end is among so many of its last entries.
const MAX_AFTER_END: usize = 200;

pub async fn erase(State(service): State<Service>, from: From, Path(text): Path<String>, Bytes(body): Bytes) -> Answer<Response> {
    let id = account_id(&service, &text)?;
    let (gate, now, ledger_id) = (service.gate(), service.now(), service.ledger().id());
    gate.before(from.0, &body, now)?;
    let decoded = blocking(move || decode_sign_in(&body, &ledger_id)).await?;
    let (challenge, key) = decoded.inspect_err(|error| gate.failed(from.0, *error, now))?;
    blocking(move || {
        may_erase(&service, &id, &key)?;
        service.sessions().answer(&challenge)?;
        service.ledger().directory().erase_member(&id, now)?;
        Ok(NoContent.into_response())
    })
    .await?
}

/// Only the key that closed the account, and only when nothing is owed.
fn may_erase(service: &Service, id: &AccountId, key: &PublicKey) -> Answer<()> {
    let (status, owes) = {
        let durable = service.ledger().durable();
        let account = durable.state.account(id).ok_or(Refusal::NotAllowed)?;
        let known = account.status == Status::Closed || account.keys.iter().any(|grant| grant.key == *key);
        (known.then_some(account.status).ok_or(Refusal::NotAllowed)?, account.receivable > 0)
    };
    if status != Status::Closed {
        return Err(Refusal::AccountNotClosed);
    }
    let last = service.ledger().history(id, None, MAX_AFTER_END)?;
    let closed_by = |one: &Body| matches!(one, Body::CloseAccount { account } if account == id);
    let mine = last.entries.iter().any(|(entry, _)| entry.signer == *key && closed_by(&entry.transaction.body));
    match (mine, owes) {
        (false, _) => Err(Refusal::NotAllowed),
        (true, true) => Err(Refusal::StillOwes),
        (true, false) => Ok(()),
    }
}
