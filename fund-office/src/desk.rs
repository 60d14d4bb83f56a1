//! The office's door: who gets in, and with which rights.
//!
//! A request enters as one of four types, and the type is its right: a handler that takes an [`Acting`] cannot be reached by an
//! auditor. Nothing here is remembered between requests: a person who was dismissed is out at once.

use crate::Settings;
use crate::error::Problem;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use ledger::account::{Operator, Role, Roles};
use ledger::key::{AccountId, AccountTextError, Prefix};
use ledger::ledger::Ledger;
use std::sync::Arc;

/// Anyone of the association, the sponsor's person too: who is not [`may_read`] sees what is their own.
pub struct Anyone(pub Operator);

/// A person who may read everything: they act, or audit.
pub struct Reading(pub Operator);

/// A person who may act.
pub struct Acting(pub Operator);

/// A person who may have a coverage statement published: treasurer or board.
pub struct Stating;

impl FromRequestParts<Settings> for Stating {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, office: &Settings) -> Result<Stating, Problem> {
        let operator = person(parts, office)?;
        let states = operator.roles.meet(Roles::of(&[Role::Treasurer, Role::Board]));
        if states { Ok(Stating) } else { Err(Problem::RoleInsufficient) }
    }
}

impl FromRequestParts<Settings> for Anyone {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, office: &Settings) -> Result<Anyone, Problem> {
        person(parts, office).map(Anyone)
    }
}

impl FromRequestParts<Settings> for Reading {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, office: &Settings) -> Result<Reading, Problem> {
        let operator = person(parts, office)?;
        if may_read(&operator) { Ok(Reading(operator)) } else { Err(Problem::RoleInsufficient) }
    }
}

impl FromRequestParts<Settings> for Acting {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, office: &Settings) -> Result<Acting, Problem> {
        let operator = person(parts, office)?;
        if may_act(&operator) { Ok(Acting(operator)) } else { Err(Problem::RoleInsufficient) }
    }
}

/// True for the roles that read everything.
pub fn may_read(operator: &Operator) -> bool {
    may_act(operator) || operator.roles.meet(Roles::of(&[Role::Auditor]))
}

/// True for the roles that do more than read.
pub fn may_act(operator: &Operator) -> bool {
    operator.roles.meet(Roles::ACTING)
}

fn person(parts: &Parts, office: &Settings) -> Result<Operator, Problem> {
    let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Problem::Unauthorized)?;
    let key = (office.identify)(token).ok_or(Problem::Unauthorized)?;
    let durable = office.ledger.durable();
    durable.state.operator_of_key(&key).copied().ok_or(Problem::OperatorUnknown)
}

/// Does what touches the disk, off the threads that serve requests.
pub async fn on_disk<T: Send + 'static, E: Into<Problem> + Send + 'static>(
    ledger: &Arc<Ledger>,
    work: impl FnOnce(&Ledger) -> Result<T, E> + Send + 'static,
) -> Result<T, Problem> {
    let ledger = ledger.clone();
    let joined = tokio::task::spawn_blocking(move || work(&ledger)).await;
    let done = joined.map_err(|error| {
        tracing::error!(%error, "work of the office ended early");
        Problem::Unavailable
    })?;
    done.map_err(Into::into)
}

/// The same for work that needs more of the office than the ledger.
pub async fn off_thread<T: Send + 'static>(
    office: Settings,
    work: impl FnOnce(&Settings) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let ledger = office.ledger.clone();
    on_disk(&ledger, move |_| work(&office)).await
}

/// The currency's prefix of account texts.
pub fn prefix(ledger: &Ledger) -> Result<Prefix, Problem> {
    ledger.durable().state.prefix().ok_or(Problem::Unavailable)
}

/// Reads an account's text.
pub fn account(text: &str, prefix: &Prefix) -> Result<AccountId, Problem> {
    AccountId::from_text(text, prefix).map_err(|error| match error {
        AccountTextError::Mistyped => Problem::Malformed("The account is mistyped: compare it with the member's."),
        AccountTextError::OtherCurrency => Problem::Malformed("The account is one of another currency."),
    })
}
