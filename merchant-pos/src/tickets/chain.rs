//! The fold over a till's records: which one may follow, and what the next closing has to hold. Pure, and the same wherever a chain is
//! written, kept or verified.
//!
//! - Each record has the next number, names the one before by its hash, and is not earlier.
//! - A ticket's amounts add up, and it has the next number of its series.
//! - A ticket begins or goes on with a day, in Paris. While a day has tickets that no closing covers, or a month closings of days, or a
//!   year closings of months, no ticket of a later one follows: closings come first, in this order.
//! - A closing of a day can be made at any hour, several times a day, and without tickets: then it is of the day on which it is made. One
//!   of a month or a year is made once, after its end. Each holds exactly what [`Chain::due`] computes.
//! - Training opens a day like any ticket, so that it is counted in the closing of its own day.

use super::closing::{Closing, Period, Span, Sums, added};
use super::record::{Content, SignedRecord, Ticket};
use super::tax;
use crate::error::Reason;
use ledger::calendar::paris_day;
use ledger::encoding::{DecodeError, Reader, Writer};
use ledger::key::{AccountId, Hash32, PublicKey};

/// Where a till's chain stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// The shop.
    pub account: AccountId,
    /// The till.
    pub till: PublicKey,
    /// How many records there are: the number of the last one.
    pub number: u64,
    /// The hash of the last one; zeros when there is none.
    pub hash: Hash32,
    /// When it was made.
    pub time: u64,
    /// The number of the last ticket; `None` when it is in a part of the chain that is not at hand.
    pub ticket: Option<u64>,
    /// The number of the last training ticket, likewise.
    pub training: Option<u64>,
    /// Sales less refunds in cents, since the first record.
    pub net: i64,
    /// Sales and refunds in cents, since the first record.
    pub absolute: i64,
    open: [Open; 3],
}

/// A period since the last closing of its span.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Open {
    /// The number of the first record after that closing.
    first: u64,
    /// Which period it is, once there is something to close.
    period: Option<Period>,
    sums: Sums,
    /// It began in a part of the chain that is not at hand: its sums are not known.
    cut: bool,
}

impl Chain {
    /// The chain of a till that has no record.
    pub fn new(account: AccountId, till: PublicKey) -> Chain {
        let open = Open { first: 1, ..Open::default() };
        Chain {
            account,
            till,
            number: 0,
            hash: Hash32([0; 32]),
            time: 0,
            ticket: Some(0),
            training: Some(0),
            net: 0,
            absolute: 0,
            open: [open.clone(), open.clone(), open],
        }
    }

    /// The chain after a closing of a day, when nothing before it is at hand; `None` when the record is no such closing.
    pub fn after(signed: &SignedRecord) -> Option<Chain> {
        let Content::Closing(closing) = &signed.record.content else { return None };
        let Period::Day(day) = closing.period else { return None };
        let cut = Open { first: 0, cut: true, ..Open::default() };
        let month = Open { period: Some(Period::of(Span::Month, day)), ..cut.clone() };
        Some(Chain {
            number: signed.record.number,
            hash: signed.hash,
            time: signed.record.time,
            ticket: (closing.sums.tickets > 0).then_some(closing.sums.last_ticket),
            training: None,
            net: closing.net,
            absolute: closing.absolute,
            open: [Open { first: signed.record.number + 1, ..Open::default() }, month, cut],
            ..Chain::new(signed.record.account, signed.till)
        })
    }

    /// The day that has tickets which no closing covers.
    pub fn open_day(&self) -> Option<Period> {
        self.open[Span::Day as usize].period
    }

    /// Takes a record in, or says why it cannot follow and changes nothing.
    ///
    /// # Errors
    ///
    /// In this order: [`Reason::TicketOtherTill`], [`Reason::TicketGap`], [`Reason::TicketPrevious`], [`Reason::TicketTime`]; of a ticket
    /// [`Reason::ClosingMissing`], [`Reason::TicketSums`], [`Reason::TicketNumber`]; of a closing those of [`Chain::due`] and
    /// [`Reason::ClosingSums`].
    pub fn take(&mut self, signed: &SignedRecord) -> Result<(), Reason> {
        let record = &signed.record;
        if (record.account, signed.till) != (self.account, self.till) {
            return Err(Reason::TicketOtherTill);
        }
        if record.number != self.number + 1 {
            return Err(Reason::TicketGap);
        }
        if record.previous != self.hash {
            return Err(Reason::TicketPrevious);
        }
        if record.time < self.time {
            return Err(Reason::TicketTime);
        }
        match &record.content {
            Content::Ticket(ticket) => self.ticket(ticket, record.time)?,
            Content::Event(_) => {}
            Content::Closing(closing) => self.close(closing, record.time)?,
        }
        (self.number, self.hash, self.time) = (record.number, signed.hash, record.time);
        Ok(())
    }

    fn ticket(&mut self, ticket: &Ticket, time: u64) -> Result<(), Reason> {
        let today = paris_day(time);
        let over = |span: Span| self.open[span as usize].period.is_some_and(|open| open < Period::of(span, today));
        if Span::ALL.into_iter().any(over) {
            return Err(Reason::ClosingMissing);
        }
        if !tax::adds_up(ticket) {
            return Err(Reason::TicketSums);
        }
        let series = if ticket.training { &mut self.training } else { &mut self.ticket };
        if series.is_some_and(|last| ticket.number != last + 1) {
            return Err(Reason::TicketNumber);
        }
        let (mut net, mut absolute) = (self.net, self.absolute);
        if !ticket.training {
            let total = i64::try_from(ticket.total).map_err(|_| Reason::TicketSums)?;
            net = added(net, if ticket.refund { -total } else { total }).ok_or(Reason::TicketSums)?;
            absolute = added(absolute, total).ok_or(Reason::TicketSums)?;
        }
        let day = &mut self.open[Span::Day as usize];
        day.sums = day.sums.with(ticket).ok_or(Reason::TicketSums)?;
        day.period = Some(Period::Day(today));
        (self.net, self.absolute, *series) = (net, absolute, Some(ticket.number));
        Ok(())
    }

    /// The closing of a span that would come next, at a time.
    ///
    /// # Errors
    ///
    /// [`Reason::ClosingMissing`] when that of a shorter or an earlier period comes first; [`Reason::ClosingPeriod`] when there is nothing
    /// to close, or the period is not over.
    pub fn due(&self, span: Span, time: u64) -> Result<Closing, Reason> {
        let today = paris_day(time);
        let Open { first, period, sums, .. } = &self.open[span as usize];
        let period = match span {
            Span::Day => period.unwrap_or(Period::Day(today)),
            Span::Month | Span::Year => {
                let shorter = Span::ALL.into_iter().filter(|shorter| *shorter < span);
                if shorter.into_iter().any(|shorter| self.open[shorter as usize].period.is_some()) {
                    return Err(Reason::ClosingMissing);
                }
                period.filter(|period| *period < Period::of(span, today)).ok_or(Reason::ClosingPeriod)?
            }
        };
        let longer = Span::ALL.into_iter().filter(|longer| *longer > span);
        if longer.into_iter().any(|longer| self.open[longer as usize].period.is_some_and(|open| open < period.within(longer))) {
            return Err(Reason::ClosingMissing);
        }
        let (last, sums) = (self.number, sums.clone());
        Ok(Closing { period, first: *first, last, sums, net: self.net, absolute: self.absolute })
    }

    fn close(&mut self, closing: &Closing, time: u64) -> Result<(), Reason> {
        let span = closing.period.span();
        let mut due = self.due(span, time)?;
        if due.period != closing.period {
            return Err(Reason::ClosingPeriod);
        }
        if self.open[span as usize].cut {
            (due.first, due.sums) = (closing.first, closing.sums.clone());
        }
        if due != *closing {
            return Err(Reason::ClosingSums);
        }
        if let Some(longer) = Span::ALL.into_iter().find(|longer| *longer > span) {
            let open = &mut self.open[longer as usize];
            open.sums = open.sums.and(&closing.sums).ok_or(Reason::ClosingSums)?;
            open.period = Some(closing.period.within(longer));
        }
        // The closing itself will have the number after the last one.
        self.open[span as usize] = Open { first: self.number + 2, ..Open::default() };
        Ok(())
    }

    /// `[number, hash, time, ticket, training, net, absolute, [[[period]?, closing]…]]`: all but whose chain it is. Only a chain that is
    /// at hand from its first record on is kept.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.array(8).uint(self.number).bytes(&self.hash.0).uint(self.time);
        out.uint(self.ticket.unwrap_or(0)).uint(self.training.unwrap_or(0)).int(self.net).int(self.absolute).array(3);
        for Open { first, period, sums, .. } in &self.open {
            // An open period is kept in the words of a closing.
            let kept = Closing {
                period: period.unwrap_or(Period::Day(0)),
                first: *first,
                last: 0,
                sums: sums.clone(),
                net: 0,
                absolute: 0,
            };
            kept.write(out.array(2).bool(period.is_some()));
        }
        out.into_bytes()
    }

    /// Reads what [`Chain::encode`] wrote.
    pub(super) fn decode(account: AccountId, till: PublicKey, value: &[u8]) -> Result<Chain, DecodeError> {
        let mut reader = Reader::new(value);
        let r = &mut reader;
        r.array_of(8)?;
        let mut chain = Chain::new(account, till);
        (chain.number, chain.hash, chain.time) = (r.uint()?, r.hash()?, r.uint()?);
        (chain.ticket, chain.training, chain.net, chain.absolute) = (Some(r.uint()?), Some(r.uint()?), r.int()?, r.int()?);
        r.array_of(3)?;
        for open in &mut chain.open {
            r.array_of(2)?;
            let (present, Closing { first, period, sums, .. }) = (r.bool()?, Closing::read(r)?);
            *open = Open { first, period: present.then_some(period), sums, cut: false };
        }
        reader.end()?;
        Ok(chain)
    }
}
