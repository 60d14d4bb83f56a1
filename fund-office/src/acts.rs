//! The log of what the association's people signed, newest first.
//!
//! An approval names its proposal by id only. Its act, and who had spoken for it before, is found among the entries before it: a
//! proposal lives for 30 days, so the search has an end. A key that is nobody's any more is found where it was appointed.

use crate::Settings;
use crate::desk::{Reading, on_disk, prefix};
use crate::error::Problem;
use crate::wire::{ActLine, Acts, ActsQuery};
use crate::words::{outcome, words};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use ledger::account::OperatorNumber;
use ledger::entry::Recorded;
use ledger::fault::Fault;
use ledger::key::{Prefix, PublicKey, TransactionId};
use ledger::ledger::{Ledger, Page};
use ledger::rules::PROPOSAL_LIFE_MS;
use ledger::transaction::{Act, Body};
use std::collections::{HashMap, HashSet};

/// A page without a limit has so many entries.
const PAGE: usize = 50;
/// A page has at most so many.
const MOST: usize = 200;
/// So many entries are read at a time.
const STRIDE: usize = 200;
/// So many entries are read for one page, at most: a busy office's month. Those that a filter leaves out count.
const READ_AT_MOST: usize = 20_000;

pub async fn acts(
    State(office): State<Settings>,
    _: Reading,
    query: Result<Query<ActsQuery>, QueryRejection>,
) -> Result<Json<Acts>, Problem> {
    let Query(query) = query.map_err(|_| Problem::Malformed("`before`, `limit` and `operator` are whole numbers."))?;
    let prefix = prefix(&office.ledger)?;
    on_disk(&office.ledger, move |ledger| found(ledger, query, &prefix)).await.map(Json)
}

/// The entries that are asked for; fewer than the limit when so many do not fit that the reading has to be asked for again.
fn found(ledger: &Ledger, query: ActsQuery, prefix: &Prefix) -> Result<Acts, Fault> {
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MOST);
    let filtered = query.kind.is_some() || query.operator.is_some();
    let stride = if filtered { STRIDE } else { limit };
    let mut past = Past::of(ledger);
    let (mut acts, mut from, mut read) = (Vec::new(), query.before, 0);
    loop {
        let page = ledger.acts(from, stride)?;
        read += page.entries.len();
        past.look(ledger, &page)?;
        let follows: Vec<Option<u64>> =
            page.entries.iter().skip(1).map(|(entry, _)| Some(entry.sequence)).chain([page.next]).collect();
        for ((entry, _), next) in page.entries.iter().zip(follows) {
            let line = past.line(entry, prefix);
            let kind = line.fields.as_ref().and_then(|fields| fields["kind"].as_str()).unwrap_or(line.kind);
            let fits = query.kind.as_deref().is_none_or(|sought| sought == kind || sought == line.kind);
            if fits && query.operator.is_none_or(|number| line.operator == Some(number) || line.approvals.contains(&number)) {
                acts.push(line);
            }
            if acts.len() == limit {
                return Ok(Acts { acts, next });
            }
        }
        if page.next.is_none() || read >= READ_AT_MOST {
            return Ok(Acts { acts, next: page.next });
        }
        from = page.next;
    }
}

/// What earlier entries say: which act a proposal is, who spoke for it and when, and whose a key was.
struct Past {
    /// How far back everything was read; none before anything was.
    reached: Option<u64>,
    next: Option<u64>,
    proposed: HashMap<TransactionId, Act>,
    /// By proposal: the entries and keys of those who spoke for it.
    spoke: HashMap<TransactionId, Vec<(u64, PublicKey)>>,
    /// Proposals, by entry, whose act was executed by an approval.
    executed: HashSet<u64>,
    owners: HashMap<PublicKey, OperatorNumber>,
}

impl Past {
    /// What is known without reading: the present owners of keys, and the first ones.
    fn of(ledger: &Ledger) -> Past {
        let durable = ledger.durable();
        let first = durable.state.genesis().into_iter().flat_map(|genesis| &genesis.operators);
        let owners = first.chain(durable.state.operators()).map(|operator| (operator.key, operator.number)).collect();
        Past { reached: None, next: None, proposed: HashMap::new(), spoke: HashMap::new(), executed: HashSet::new(), owners }
    }

    /// Reads on until all that a page speaks of is known, or past searching for.
    fn look(&mut self, ledger: &Ledger, page: &Page) -> Result<(), Fault> {
        self.note(page);
        let oldest = page.entries.last().map_or(0, |(entry, _)| entry.time).saturating_sub(PROPOSAL_LIFE_MS);
        let mut read = 0;
        while let Some(from) = self.next
            && read < READ_AT_MOST
        {
            let proposals = page.entries.iter().filter_map(|(entry, _)| proposal_of(entry));
            let sought = proposals.filter(|id| !self.proposed.contains_key(id)).count() > 0;
            let unowned = page.entries.iter().any(|(entry, _)| !self.owners.contains_key(&entry.signer));
            if !sought && !unowned {
                break;
            }
            let earlier = ledger.acts(Some(from), STRIDE)?;
            read += earlier.entries.len();
            self.note(&earlier);
            let past_proposals = earlier.entries.last().is_none_or(|(entry, _)| entry.time < oldest);
            if past_proposals && !unowned {
                break;
            }
        }
        Ok(())
    }

    /// Keeps what the entries of a page say. Pages overlap where one was looked into before.
    fn note(&mut self, page: &Page) {
        let fresh = |entry: &&Recorded| self.reached.is_none_or(|reached| entry.sequence < reached);
        let entries: Vec<&Recorded> = page.entries.iter().map(|(entry, _)| entry).filter(fresh).collect();
        let Some(last) = entries.last() else { return };
        (self.reached, self.next) = (Some(last.sequence), page.next);
        for entry in entries {
            self.executed.extend(entry.outcome.executed);
            let spoken_for = match &entry.transaction.body {
                Body::Propose(act) => {
                    self.proposed.insert(entry.id, act.clone());
                    let done = entry.outcome.approvals.is_none() || self.executed.contains(&entry.sequence);
                    if let Act::AppointOperator(operator) = act
                        && done
                    {
                        // The newest appointment of a key was read first.
                        self.owners.entry(operator.key).or_insert(operator.number);
                    }
                    entry.id
                }
                Body::Approve { proposal } => *proposal,
                _ => continue,
            };
            self.spoke.entry(spoken_for).or_default().push((entry.sequence, entry.signer));
        }
    }

    fn line(&self, entry: &Recorded, prefix: &Prefix) -> ActLine {
        let proposal = match &entry.transaction.body {
            Body::Propose(_) => Some(entry.id),
            _ => proposal_of(entry),
        };
        let act = proposal.and_then(|proposal| self.proposed.get(&proposal));
        ActLine {
            sequence: entry.sequence,
            time: entry.time,
            operator: self.owners.get(&entry.signer).copied(),
            approvals: proposal.map(|proposal| self.approvals(proposal, entry.sequence)).unwrap_or_default(),
            kind: entry.transaction.body.kind().word(),
            proposal: proposal.map(|id| id.to_string()),
            act: act.map(|act| act.kind().code()),
            fields: act.map(|act| words(act, prefix)),
            outcome: outcome(entry, prefix),
        }
    }

    /// Who had spoken for a proposal by an entry, the proposer first.
    fn approvals(&self, proposal: TransactionId, by: u64) -> Vec<OperatorNumber> {
        let mut spoke: Vec<&(u64, PublicKey)> = self.spoke.get(&proposal).into_iter().flatten().collect();
        spoke.retain(|(sequence, _)| *sequence <= by);
        spoke.sort_by_key(|(sequence, _)| *sequence);
        let mut seen = HashSet::new();
        let numbers = spoke.iter().filter_map(|(_, key)| self.owners.get(key).copied());
        numbers.filter(|number| seen.insert(*number)).collect()
    }
}

fn proposal_of(entry: &Recorded) -> Option<TransactionId> {
    match &entry.transaction.body {
        Body::Approve { proposal } | Body::Refuse { proposal } => Some(*proposal),
        _ => None,
    }
}
