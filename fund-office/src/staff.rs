//! The association's people, and how many of them each act needs.

use crate::Settings;
use crate::desk::Reading;
use crate::wire::{OperatorLine, QuorumLine, Staff};
use axum::Json;
use axum::extract::State;
use ledger::account::{Operator, Quorum, Roles};
use ledger::transaction::Kind;

pub async fn staff(State(office): State<Settings>, Reading(reader): Reading) -> Json<Staff> {
    let durable = office.ledger.durable();
    let state = &durable.state;
    let operator = |operator: &Operator| OperatorLine {
        operator: operator.number,
        key: operator.key.to_string(),
        roles: role_words(operator.roles),
        mine: operator.number == reader.number,
    };
    let own = |code: u64| state.quorums().find(|quorum| quorum.act == code).copied();
    let line = |act: u64, kind: Option<&'static str>, quorum: Quorum, own: bool| {
        let counts = |operator: &&Operator| operator.roles.meet(Roles::ACTING) && operator.roles.meet(quorum.roles);
        let able = state.operators().filter(counts).count();
        QuorumLine { act, act_kind: kind, persons: quorum.persons, roles: role_words(quorum.roles), own, able }
    };
    let general = own(0);
    let quorums = Kind::ALL.iter().filter(|kind| kind.is_act()).filter_map(|kind| {
        let named = own(kind.code());
        Some(line(kind.code(), Some(kind.word()), named.or(general)?, named.is_some()))
    });
    let general = general.map(|quorum| line(0, None, quorum, true));
    Json(Staff { operators: state.operators().map(operator).collect(), quorums: general.into_iter().chain(quorums).collect() })
}

fn role_words(roles: Roles) -> Vec<&'static str> {
    roles.list().map(|role| role.word()).collect()
}
