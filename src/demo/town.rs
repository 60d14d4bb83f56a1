//! A town's ledger while its past is made up: orders are signed by whoever would have signed them and judged at the time at which
//! they would have come.
//!
//! The ledger asks its clock once per order that it judges, in the order in which they were submitted. So the times of a whole day can
//! be queued beside its orders, and the day becomes durable in a few batches.

use crate::clock;
use crate::failure::{Failure, Outcome};
use crate::keys;
use ledger::SigningKey;
use ledger::key::{LedgerId, TransactionId};
use ledger::ledger::Ledger;
use ledger::rules::DAY_MS;
use ledger::transaction::{Act, Body, Transaction};
use ledger::writer::{Answer, Clock};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// The times at which the coming orders are judged.
#[derive(Clone, Default)]
pub struct Schedule(Arc<Mutex<VecDeque<u64>>>);

impl Schedule {
    /// The next order is judged at this time.
    pub fn push(&self, time: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(time);
    }

    /// The clock to hand in. Without a scheduled time it is that of the machine.
    pub fn clock(&self) -> Clock {
        let times = self.0.clone();
        Arc::new(move || times.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or_else(clock::now_ms))
    }
}

/// A town under way.
pub struct Town {
    /// Its ledger.
    pub ledger: Ledger,
    /// The persons of the association: operator, treasurer, board.
    pub staff: Vec<SigningKey>,
    schedule: Schedule,
    id: LedgerId,
    pending: VecDeque<Receiver<Answer>>,
    nonce: u64,
}

impl Town {
    /// Goes on with a ledger that asks this schedule.
    pub fn new(ledger: Ledger, schedule: Schedule, staff: Vec<SigningKey>) -> Town {
        let id = ledger.id();
        Town { ledger, staff, schedule, id, pending: VecDeque::new(), nonce: 0 }
    }

    /// Signs and submits an order that is judged at `time`, without waiting for it.
    pub fn submit(&mut self, time: u64, key: &SigningKey, body: Body) -> Outcome<TransactionId> {
        self.nonce += 1;
        let transaction = Transaction { nonce: self.nonce.to_be_bytes(), valid_until: time + DAY_MS, body };
        let order = self.ledger.decode(&transaction.sign(&self.id, key));
        let order = order.map_err(|error| Failure::new(format!("the demo signed something wrong: {error}")))?;
        let (id, (told, answer)) = (order.id(), channel());
        self.schedule.push(time);
        let queued = self.ledger.submit(order, Box::new(move |answer| drop(told.send(answer))));
        queued.map_err(|_| Failure::new("the demo is faster than the disk: make it with fewer residents"))?;
        self.pending.push_back(answer);
        Ok(id)
    }

    /// An act: proposed by one person and approved by the next, as often as its quorum asks. Gives the proposal's id.
    pub fn act(&mut self, time: u64, act: Act) -> Outcome<TransactionId> {
        let persons = self.ledger.durable().state.quorum_of(&act).persons;
        let staff = self.staff.clone();
        let proposer = staff.first().ok_or_else(|| Failure::new("the demo has nobody who acts"))?;
        let id = self.submit(time, proposer, Body::Propose(act))?;
        for approver in staff.iter().skip(1).take(usize::from(persons).saturating_sub(1)) {
            self.submit(time + 1, approver, Body::Approve { proposal: id })?;
        }
        Ok(id)
    }

    /// Waits until everything that was submitted is durable; the entries, in order. A refusal is a mistake in the story.
    pub fn settle(&mut self) -> Outcome<Vec<u64>> {
        let mut entries = Vec::with_capacity(self.pending.len());
        for answer in self.pending.drain(..) {
            let answer = answer.recv().map_err(|_| Failure::new("the ledger ended while the demo was made"))?;
            let judged = answer?.map_err(|rejection| Failure::new(format!("the demo breaks a rule: {rejection}")));
            entries.push(judged?);
        }
        Ok(entries)
    }
}

/// A key for a character of the demo.
pub fn character() -> Outcome<SigningKey> {
    keys::draw()
}
