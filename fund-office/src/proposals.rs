//! What waits for another person: the act in words, who has spoken for it, and whether this person may.

use crate::Settings;
use crate::desk::{Reading, prefix};
use crate::error::Problem;
use crate::wire::{ProposalLine, Proposals, Proposer};
use crate::words::words;
use axum::Json;
use axum::extract::State;
use ledger::account::Operator;
use ledger::key::{Prefix, TransactionId};
use ledger::state::{Proposal, State as Ledger};

/// So many proposals are shown, the oldest first: more than an office reads at once.
const MOST: usize = 500;

pub async fn proposals(State(office): State<Settings>, Reading(reader): Reading) -> Result<Json<Proposals>, Problem> {
    let now = (office.clock)();
    let prefix = prefix(&office.ledger)?;
    let durable = office.ledger.durable();
    let waiting = durable.state.proposals().filter(|(_, proposal)| proposal.lapses >= now);
    let mut lines: Vec<_> = waiting.map(|(id, proposal)| line(&durable.state, id, proposal, &reader, &prefix, now)).collect();
    lines.sort_by_key(|line| line.sequence);
    lines.truncate(MOST);
    Ok(Json(Proposals { proposals: lines }))
}

fn line(state: &Ledger, id: &TransactionId, proposal: &Proposal, reader: &Operator, prefix: &Prefix, now: u64) -> ProposalLine {
    let quorum = state.quorum_of(&proposal.act);
    let proposer = proposal.approvals.first().map(|word| word.operator).unwrap_or_default();
    let allowed = state.may_approve(&reader.key, id, now);
    ProposalLine {
        proposal: id.to_string(),
        sequence: proposal.sequence,
        time: proposal.time,
        lapses: proposal.lapses,
        act: proposal.act.kind().code(),
        words: words(&proposal.act, prefix),
        proposer: Proposer { number: proposer },
        approvals: proposal.approvals.iter().map(|word| word.operator).collect(),
        persons: quorum.persons,
        roles: quorum.roles.list().map(|role| role.word()).collect(),
        mine: proposer == reader.number,
        can_approve: allowed.is_ok(),
        why_not: allowed.err().map(|rejection| rejection.code()),
    }
}
