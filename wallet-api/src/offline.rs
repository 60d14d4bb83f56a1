//! What wallets and tills fetch for the time without network, and what they ask when it is back.

use crate::error::Refusal;
use crate::extract::{Bearer, Path};
use crate::routes::{Answer, blocking, bytes_answer, member};
use crate::wire::OfflineInfo;
use crate::{Offline, Service};
use axum::extract::State;
use axum::response::Response;
use ledger::account::{Scope, SpendingCap};
use ledger::amount::Amount;
use ledger::key::Hash32;
use ledger::message::SpendingCertificate;
use ledger::rejection::Rejection;
use ledger::rules::DAY_MS;
use ledger::state::{Account, Status};

/// A spending certificate is good for so many days: as long as an order can be, so that none outlives its word for long.
const CERTIFICATE_DAYS: u64 = 7;

/// What the association allows while there is no network; nothing where a wallet may not pay then.
pub fn offline_info(offline: &Offline) -> Option<OfflineInfo> {
    let Offline { per_wallet, per_till_day } = *offline;
    (per_wallet > 0).then_some(OfflineInfo { per_wallet, per_till_day, days: CERTIFICATE_DAYS })
}

/// The association's word on what the signed-in key may pay without network.
pub async fn spending_certificate(State(service): State<Service>, bearer: Bearer, Path(text): Path<String>) -> Answer<Response> {
    let (account, scope) = member(&service, &bearer, &text)?;
    let key = match scope {
        Scope::Full => None,
        Scope::Limited(cap) => Some(cap),
        _ => return Err(Refusal::NotAllowed),
    };
    let most = offline_info(&service.settings().offline).ok_or(Refusal::OfflineOff)?.per_wallet;
    let cap = {
        let durable = service.ledger().durable();
        let account = durable.state.account(&account).ok_or(Refusal::NotAllowed)?;
        let per_payment = durable.state.limits_of(account.level).per_payment;
        most.min(payable(account, key, per_payment)?)
    };
    let valid_until = service.now() + CERTIFICATE_DAYS * DAY_MS;
    let word = SpendingCertificate { account, key: bearer.0, cap, valid_until };
    let bytes = service.ledger().spending_certificate(&word).ok_or(Refusal::Unavailable)?;
    Ok(bytes_answer("application/cose", bytes))
}

/// What the ledger would take of the key in one payment: nobody vouches for an order that would be refused whatever happens.
fn payable(account: &Account, key: Option<SpendingCap>, per_payment: Option<Amount>) -> Answer<u64> {
    match account.status {
        Status::Open => {}
        Status::Suspended => return Err(Rejection::AccountSuspended.into()),
        Status::Closed => return Err(Rejection::AccountClosed.into()),
    }
    let caps = key.into_iter().flat_map(|cap| [cap.per_payment, cap.per_day]).chain(per_payment);
    Ok(caps.map(Amount::cents).fold(account.balance.above_zero(), u64::min))
}

/// The receipt of an order, by its id; "not recorded" as long as it is not, and again once its time is over. Until then the answer is
/// exact: who cannot wait for the answer to its order asks here.
pub async fn transaction(State(service): State<Service>, Path(id): Path<String>) -> Answer<Response> {
    let wrong = Refusal::Malformed("a transaction's id is 64 hexadecimal digits");
    let id = hex::decode(&id).ok().and_then(|id| id.try_into().ok()).map(Hash32).ok_or(wrong)?;
    let bytes = blocking(move || -> Answer<Vec<u8>> {
        let recorded = service.ledger().durable().state.recorded(&id);
        let sequence = recorded.ok_or(Refusal::NotRecorded)?;
        Ok(service.ledger().receipt(sequence)?.ok_or(Refusal::NotRecorded)?.encode())
    })
    .await??;
    Ok(bytes_answer("application/cbor", bytes))
}
