//! A town's ledger while its past is made up: orders are signed by whoever would have signed them and judged at the time at which
//! they would have come.
//!
//! The ledger asks its clock once per order that it judges, in the order in which they were submitted. So the times of a whole day can
//! be queued beside its orders, and the day becomes durable in a few batches.

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

/// So many orders are under way at most: what the writer always takes, however slow the disk.
const MAX_PENDING: usize = ledger::writer::MIN_QUEUE;

/// The times at which the coming orders are judged, and the last one that was told.
#[derive(Clone)]
pub struct Schedule(Arc<Mutex<(VecDeque<u64>, u64)>>);

impl Schedule {
    /// A schedule that tells `time` until another one is pushed.
    pub fn from(time: u64) -> Schedule {
        Schedule(Arc::new(Mutex::new((VecDeque::new(), time))))
    }

    /// The next order is judged at this time.
    pub fn push(&self, time: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.push_back(time);
    }

    /// The clock to hand in: each look at it takes the next time, as long as there is one.
    pub fn clock(&self) -> Clock {
        let schedule = self.0.clone();
        Arc::new(move || {
            let mut guard = schedule.lock().unwrap_or_else(PoisonError::into_inner);
            let (coming, last) = &mut *guard;
            *last = coming.pop_front().unwrap_or(*last);
            *last
        })
    }
}

/// A town under way.
pub struct Town {
    /// Its ledger.
    pub ledger: Arc<Ledger>,
    /// The persons of the association: operator, treasurer, board.
    pub staff: Vec<SigningKey>,
    schedule: Schedule,
    id: LedgerId,
    pending: VecDeque<Receiver<Answer>>,
    /// The entries of orders that are durable and that nobody has asked about yet.
    settled: Vec<u64>,
    nonce: u64,
}

impl Town {
    /// Goes on with a ledger that asks this schedule.
    pub fn new(ledger: Arc<Ledger>, schedule: Schedule, staff: Vec<SigningKey>) -> Town {
        let id = ledger.id();
        Town { ledger, staff, schedule, id, pending: VecDeque::new(), settled: Vec::new(), nonce: 0 }
    }

    /// Signs and submits an order that is judged at `time`, without waiting for it.
    pub fn submit(&mut self, time: u64, key: &SigningKey, body: Body) -> Outcome<TransactionId> {
        if self.pending.len() >= MAX_PENDING {
            self.wait_for_oldest()?;
        }
        self.nonce += 1;
        let transaction = Transaction { nonce: self.nonce.to_be_bytes(), valid_until: time + DAY_MS, body };
        let order = self.ledger.decode(&transaction.sign(&self.id, key));
        let order = order.map_err(|error| Failure::new(format!("the demo signed something wrong: {error}")))?;
        let (id, (told, answer)) = (order.id(), channel());
        self.schedule.push(time);
        self.ledger.submit(order, Box::new(move |answer| drop(told.send(answer))));
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

    /// What others submit to the ledger from now on is judged at this time.
    pub fn reach(&self, time: u64) {
        self.schedule.push(time);
    }

    /// Waits until everything that was submitted is durable; the entries, in order. A refusal is a mistake in the story.
    pub fn settle(&mut self) -> Outcome<Vec<u64>> {
        while !self.pending.is_empty() {
            self.wait_for_oldest()?;
        }
        Ok(std::mem::take(&mut self.settled))
    }

    fn wait_for_oldest(&mut self) -> Outcome {
        let Some(answer) = self.pending.pop_front() else { return Ok(()) };
        let answer = answer.recv().map_err(|_| Failure::new("the ledger ended while the demo was made"))?;
        let judged = answer?.map_err(|refused| Failure::new(format!("the demo breaks a rule: {}", refused.rejection)));
        self.settled.push(judged?.sequence);
        Ok(())
    }
}

/// A key for a character of the demo.
pub fn character() -> Outcome<SigningKey> {
    keys::draw()
}
