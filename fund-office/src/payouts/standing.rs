//! Where batches are: what the ledger says of them at one moment.

use super::store::{GIVEN_OUT, GivenOut, Payout};
use super::wire::{GivenOutLine, PaymentLine, PayoutLine};
use super::{end_to_end, redemption};
use crate::desk::may_act;
use crate::pain::CreditTransferVersion as Version;
use crate::words::words;
use ledger::account::Operator;
use ledger::fault::Fault;
use ledger::key::{Hash32, Prefix, TransactionId};
use ledger::ledger::Ledger;
use ledger::state::RedemptionState;
use ledger::transaction::Act;
use std::collections::BTreeMap;

/// What the ledger says of batches.
pub struct Standing<'l> {
    ledger: &'l Ledger,
    /// The entries that executed the orders, by the hash of their file.
    approved: BTreeMap<Hash32, u64>,
    /// The file that a redemption was last ordered in.
    newest: BTreeMap<u64, Hash32>,
    /// The orders that wait for another person.
    waiting: BTreeMap<Hash32, TransactionId>,
    /// The batches whose file was given out.
    given_out: BTreeMap<u64, GivenOut>,
}

impl<'l> Standing<'l> {
    pub fn of(ledger: &'l Ledger, now: u64) -> Result<Standing<'l>, Fault> {
        let durable = ledger.durable();
        let (mut approved, mut newest) = (BTreeMap::new(), BTreeMap::new());
        for (sequence, done) in durable.state.done() {
            if let Act::OrderRedemptions { redemptions, evidence, .. } = &done.act {
                approved.insert(*evidence, *sequence);
                newest.extend(redemptions.iter().map(|redemption| (*redemption, *evidence)));
            }
        }
        let proposals = durable.state.proposals().filter(|(_, proposal)| proposal.lapses >= now);
        let waiting = proposals.filter_map(|(id, proposal)| match &proposal.act {
            Act::OrderRedemptions { evidence, .. } => Some((*evidence, *id)),
            _ => None,
        });
        let waiting = waiting.collect();
        drop(durable);
        let given_out = GIVEN_OUT.all(ledger)?.into_iter().collect();
        Ok(Standing { ledger, approved, newest, waiting, given_out })
    }

    /// When a batch's file was given out first, and to whom.
    pub fn given_out(&self, payout: &Payout) -> Option<&GivenOut> {
        self.given_out.get(&payout.number)
    }

    /// True once the act that names its file was executed, and not taken back.
    pub fn is_approved(&self, payout: &Payout) -> bool {
        self.approved.contains_key(&payout.hash)
    }

    /// Where a batch is, but for what the directory says.
    pub fn state(&self, payout: &Payout) -> &'static str {
        let states: Vec<_> = payout.redemptions.iter().map(|redemption| self.state_of(payout, *redemption)).collect();
        let all = |state| states.iter().all(|found| *found == state);
        if self.is_approved(payout) {
            return match states.iter().all(|state| *state == "ordered") {
                true => "approved",
                false if all("paid") => "paid",
                false if all("returned") => "returned",
                false => "partly",
            };
        }
        match self.waiting.contains_key(&payout.hash) {
            true => "waiting",
            false if all("payable") => "prepared",
            false => "void",
        }
    }

    /// Where one payment of a batch is.
    fn state_of(&self, payout: &Payout, sequence: u64) -> &'static str {
        let Some((known, _)) = redemption(self.ledger, sequence) else { return "elsewhere" };
        match (self.is_approved(payout), self.newest.get(&sequence) == Some(&payout.hash), known.state) {
            (false, _, RedemptionState::Payable) => "payable",
            (false, _, _) => "elsewhere",
            // It came back, and another batch has it now.
            (true, false, _) | (true, true, RedemptionState::Payable) => "returned",
            (true, true, RedemptionState::Ordered(_)) => "ordered",
            (true, true, RedemptionState::Paid(_)) => "paid",
        }
    }

    /// A batch as the office shows it.
    pub fn line(&self, payout: &Payout, unchanged: bool, reader: &Operator, prefix: &Prefix) -> PayoutLine {
        let payments: Vec<_> =
            payout.redemptions.iter().filter_map(|entry| self.payment(payout, *entry, reader, prefix)).collect();
        let state = match self.state(payout) {
            "prepared" if !unchanged => "void",
            state => state,
        };
        PayoutLine {
            number: payout.number,
            bank: payout.bank,
            format: match payout.version {
                Version::V09 => "pain.001.001.09",
                Version::V03 => "pain.001.001.03",
            },
            created: payout.created,
            date: payout.execution.to_string(),
            by: payout.by,
            hash: payout.hash.to_string(),
            total: payments.iter().map(|payment| payment.net).sum(),
            count: payments.len(),
            state,
            sequence: self.approved.get(&payout.hash).copied(),
            proposal: self.waiting.get(&payout.hash).map(ToString::to_string),
            directory_changed: !unchanged,
            given_out: self.given_out(payout).map(|given| GivenOutLine { by: given.by, time: given.time }),
            payments,
            act: words(&payout.act(), prefix),
        }
    }

    fn payment(&self, payout: &Payout, sequence: u64, reader: &Operator, prefix: &Prefix) -> Option<PaymentLine> {
        let (known, account) = redemption(self.ledger, sequence)?;
        let profile = self.ledger.directory().profile(&account);
        Some(PaymentLine {
            redemption: sequence,
            account: account.to_text(prefix),
            name: profile.name,
            iban: profile.iban.filter(|_| may_act(reader)),
            net: known.net,
            end_to_end: end_to_end(sequence, payout.number),
            state: self.state_of(payout, sequence),
        })
    }
}
