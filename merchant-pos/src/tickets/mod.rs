//! What a till sold, as the law of cash registers wants it kept (CGI art. 286, I, 3° bis): nothing can be changed unseen, nothing is lost.
//!
//! ```text
//! record 1 ◀── record 2 ◀── … each signed by the till's own key, numbered without a gap, and naming the one before by its hash
//! ```
//! A till keeps one chain of records ([`record`]): sales, refunds, training, events, closings. [`chain`] is the fold over it, the same in
//! the page that writes the records, in the service that keeps them and in whoever verifies an archive: it says whether a record may
//! follow, and what the next closing has to hold. Reading order: `tax` (rounding), `record` (bytes), `closing` (sums of a period), `chain`.

pub mod archive;
mod attestation;
pub mod chain;
pub mod closing;
pub mod record;
pub(crate) mod routes;
pub mod seal;
pub(crate) mod store;
pub mod tax;
pub mod wire;

use crate::store::ChargeId;
use ledger::key::PublicKey;
use record::{Content, Kind, RateTotal, SignedRecord, Tender};

/// A ticket in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TicketRow {
    /// The till that signed it.
    pub till: PublicKey,
    /// Who was signed in.
    pub cashier: Option<PublicKey>,
    /// Its number in the till's chain.
    pub number: u64,
    /// The number of the ticket; training has numbers of its own.
    pub ticket: u64,
    /// When, in milliseconds.
    pub time: u64,
    /// A sale or refund, in earnest or in training.
    pub kind: Kind,
    /// The total in cents, VAT included; of a refund what goes back.
    pub total: u64,
    /// Its part per VAT rate.
    pub rates: Vec<RateTotal>,
    /// How it was paid, or given back.
    pub tenders: Vec<Tender>,
    /// What was given on top, in cents.
    pub tip: u64,
    /// A refund: the ticket that it gives back.
    pub of: Option<u64>,
    /// The shop's own reference.
    pub reference: Option<String>,
}

impl TicketRow {
    /// The row of a record; `None` when it is no ticket.
    pub fn of(signed: &SignedRecord) -> Option<TicketRow> {
        let record = &signed.record;
        let Content::Ticket(ticket) = &record.content else { return None };
        Some(TicketRow {
            till: signed.till,
            cashier: record.cashier,
            number: record.number,
            ticket: ticket.number,
            time: record.time,
            kind: record.content.kind(),
            total: ticket.total,
            rates: ticket.rates.clone(),
            tenders: ticket.tenders.clone(),
            tip: ticket.tip,
            of: ticket.of.map(|of| of.ticket),
            reference: ticket.reference.clone(),
        })
    }

    /// The charges that it was paid by, or that it gives back.
    pub fn charges(&self) -> impl Iterator<Item = &ChargeId> {
        self.tenders.iter().filter_map(|tender| tender.charge.as_ref())
    }
}
