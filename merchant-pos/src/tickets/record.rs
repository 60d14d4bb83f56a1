//! One record of a till's chain: COSE_Sign1 by the till's own key over a CBOR map, in its one form. What it says is checked for its
//! bounds here; whether it fits what came before is [`super::chain`]'s.
//!
//! ```text
//! {1: account, 2: number, 3: previous, 4: time, 5: kind, 6?: cashier, 7: content}
//! ticket  {1: number, 2: [[label, price, quantity, unit, rate, total]…], 3: [[rate, gross, vat]…], 4: total,
//!          5: [[means, amount, charge or nothing, certain]…], 6?: tip, 7?: [ticket, hash], 8?: reference}
//! event   {1: code, 2?: detail, 3?: ticket}
//! closing {1: period, 2: first, 3: last, 4: first ticket, 5: last ticket, 6: tickets, 7: [[rate, gross, vat]…], 8: total,
//!          9: [[means, amount]…], 10: tips, 11: perpetual net, 12: perpetual absolute, 13: training tickets}
//! ```

use super::closing::Closing;
use crate::charge::MAX_CHARGE_CENTS;
use crate::store::ChargeId;
use ledger::SigningKey;
use ledger::encoding::{DecodeError, Envelope, Map, Purpose, Reader, Writer, sign};
use ledger::key::{AccountId, Hash32, LedgerId, PublicKey};
use ledger::message::MAX_REFERENCE_BYTES;

/// A ticket has at most so many lines: a full trolley.
pub const MAX_LINES: usize = 200;
/// What is written of an article: two lines of a narrow printer.
pub const MAX_LABEL_BYTES: usize = 60;
/// A unit of measure is an abbreviation.
pub const MAX_UNIT_BYTES: usize = 8;
/// A ticket is paid in at most so many parts.
pub const MAX_TENDERS: usize = 8;
/// What is written of an event: a sentence.
pub const MAX_DETAIL_BYTES: usize = 140;
/// The highest VAT rate, in hundredths of a percent: 100 %, above any there is.
pub const MAX_RATE: u16 = 10_000;
/// The highest quantity, in thousandths: a hundred thousand pieces.
pub const MAX_QUANTITY: u64 = 100_000_000;
/// No line, ticket, tip or part is above so many cents: ten million euros, and every product stays within what a browser counts exactly.
pub const MAX_CENTS: u64 = 1_000_000_000;
/// Sums stay within what a browser counts exactly, 2^53 − 1.
pub const MAX_SUM: i64 = 9_007_199_254_740_991;

/// Records are made before this, the first moment of the year 10000 in Paris: periods are written with years of four digits.
pub const MAX_TIME: u64 = 253_402_297_200_000;

/// What a record is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Something was sold.
    Sale,
    /// A sale was given back, whole or in part.
    Refund,
    /// A sale that taught somebody: in no total.
    TrainingSale,
    /// The refund of one.
    TrainingRefund,
    /// Something happened that an inspector asks about.
    Event,
    /// The sums of a day, a month or a year.
    Closing,
}

impl Kind {
    /// Every kind, in the order of the codes, which begin with 1.
    pub const ALL: [Kind; 6] = [Kind::Sale, Kind::Refund, Kind::TrainingSale, Kind::TrainingRefund, Kind::Event, Kind::Closing];

    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Sale => "sale",
            Kind::Refund => "refund",
            Kind::TrainingSale => "training_sale",
            Kind::TrainingRefund => "training_refund",
            Kind::Event => "event",
            Kind::Closing => "closing",
        }
    }

    /// Whether it is in no total.
    pub fn is_training(self) -> bool {
        matches!(self, Kind::TrainingSale | Kind::TrainingRefund)
    }
}

/// A record as a till wrote it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The shop.
    pub account: AccountId,
    /// Its number in the till's chain, from 1 on.
    pub number: u64,
    /// The hash of the record before; zeros for the first one.
    pub previous: Hash32,
    /// When, in milliseconds.
    pub time: u64,
    /// Who was signed in at the till.
    pub cashier: Option<PublicKey>,
    /// What it says.
    pub content: Content,
}

/// What a record says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// Something was sold or given back.
    Ticket(Ticket),
    /// Something happened.
    Event(Event),
    /// A period is over.
    Closing(Closing),
}

impl Content {
    /// What kind of record it makes.
    pub fn kind(&self) -> Kind {
        match self {
            Content::Ticket(Ticket { refund, training, .. }) => match (refund, training) {
                (false, false) => Kind::Sale,
                (true, false) => Kind::Refund,
                (false, true) => Kind::TrainingSale,
                (true, true) => Kind::TrainingRefund,
            },
            Content::Event(_) => Kind::Event,
            Content::Closing(_) => Kind::Closing,
        }
    }
}

/// What was sold, or given back; then all amounts are what goes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ticket {
    /// Whether it is given back.
    pub refund: bool,
    /// Whether it teaches somebody.
    pub training: bool,
    /// Its number, without a gap per till; training has numbers of its own.
    pub number: u64,
    /// 1 to [`MAX_LINES`] lines.
    pub lines: Vec<Line>,
    /// The totals per VAT rate, the lowest rate first.
    pub rates: Vec<RateTotal>,
    /// The total in cents, VAT included.
    pub total: u64,
    /// How it was paid; together the total and the tip.
    pub tenders: Vec<Tender>,
    /// What was given on top, in cents.
    pub tip: u64,
    /// A refund: what it gives back, if that had a ticket.
    pub of: Option<Original>,
    /// The shop's own reference.
    pub reference: Option<String>,
}

/// The ticket that is given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Original {
    /// Its number.
    pub ticket: u64,
    /// The hash of its record.
    pub hash: Hash32,
}

/// A line of a ticket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// What it was.
    pub label: String,
    /// The price of one unit in cents, VAT included; below zero for a discount.
    pub price: i64,
    /// How many, in thousandths.
    pub quantity: u64,
    /// Of what: nothing for pieces, `kg`, `l`.
    pub unit: String,
    /// The VAT rate, in hundredths of a percent.
    pub rate: u16,
    /// Price times quantity, in cents.
    pub total: i64,
}

/// What of a ticket or of a period falls under one VAT rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateTotal {
    /// In hundredths of a percent.
    pub rate: u16,
    /// Cents, VAT included.
    pub gross: i64,
    /// The VAT in it, in cents.
    pub vat: i64,
}

/// A part of what was paid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tender {
    /// In what.
    pub means: Means,
    /// How much, in cents; above zero.
    pub amount: u64,
    /// The charge that it answers.
    pub charge: Option<ChargeId>,
    /// Whether it was proved; else it was taken without network, at the shop's risk. Euros are certain.
    pub certain: bool,
}

/// In what something is paid.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Means {
    /// The currency's units.
    Units,
    /// Euros in coins and notes.
    Cash,
    /// Euros by bank card.
    Card,
    /// Euros by cheque.
    Cheque,
    /// Something else.
    Other,
}

impl Means {
    /// All of them, in the order of the codes, which begin with 1.
    pub const ALL: [Means; 5] = [Means::Units, Means::Cash, Means::Card, Means::Cheque, Means::Other];

    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Means::Units => "units",
            Means::Cash => "cash",
            Means::Card => "card",
            Means::Cheque => "cheque",
            Means::Other => "other",
        }
    }

    /// The number in records.
    pub fn code(self) -> u64 {
        self as u64 + 1
    }

    pub(super) fn read(r: &mut Reader) -> Result<Means, DecodeError> {
        let known = coded(r.uint()?, &Means::ALL);
        known.ok_or(DecodeError::OutOfBounds("there is no such means of payment"))
    }
}

/// Something that an inspector asks about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// What, one of [`EVENTS`].
    pub code: &'static str,
    /// More about it.
    pub detail: Option<String>,
    /// The ticket that it is about.
    pub ticket: Option<u64>,
}

/// What the event journal knows.
pub const EVENTS: [&str; 17] = [
    "started",
    "signed_in",
    "signed_out",
    "wrong_pin",
    "reprint",
    "void",
    "line_removed",
    "discount",
    "drawer",
    "training_on",
    "training_off",
    "network_lost",
    "network_back",
    "settings",
    "archive",
    "clock_moved",
    "printed_late",
];

/// The value with a code that begins with 1.
fn coded<T: Copy>(code: u64, all: &[T]) -> Option<T> {
    usize::try_from(code).ok()?.checked_sub(1).and_then(|place| all.get(place)).copied()
}

/// A record that a till signed, with its name: decoding is the only way to have one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedRecord {
    /// What was signed.
    pub record: Record,
    /// The till's key.
    pub till: PublicKey,
    /// SHA-256 of the record's bytes: what the next one names.
    pub hash: Hash32,
}

impl SignedRecord {
    /// Reads a record and verifies its signature.
    ///
    /// # Errors
    ///
    /// Every [`DecodeError`].
    pub fn decode(bytes: &[u8], ledger: &LedgerId) -> Result<SignedRecord, DecodeError> {
        let envelope = Envelope::decode(bytes)?;
        let record = Record::decode(envelope.payload())?;
        let (till, _) = envelope.verify(Purpose::Ticket, ledger)?;
        Ok(SignedRecord { record, till, hash: Hash32::of(bytes) })
    }

    /// Reads a record whose signature was verified before it was kept.
    pub(crate) fn kept(bytes: &[u8]) -> Result<SignedRecord, DecodeError> {
        let envelope = Envelope::decode(bytes)?;
        let till = PublicKey::from_bytes(envelope.key_bytes()).ok_or(DecodeError::WeakKey)?;
        Ok(SignedRecord { record: Record::decode(envelope.payload())?, till, hash: Hash32::of(bytes) })
    }
}

impl Record {
    /// Signs the record with the till's key.
    pub fn sign(&self, ledger: &LedgerId, key: &SigningKey) -> Vec<u8> {
        sign(Purpose::Ticket, ledger, &self.encode(), key)
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.map(6 + usize::from(self.cashier.is_some())).uint(1).bytes(&self.account.0).uint(2).uint(self.number);
        out.uint(3).bytes(&self.previous.0).uint(4).uint(self.time).uint(5).uint(self.content.kind() as u64 + 1);
        if let Some(cashier) = &self.cashier {
            out.uint(6).bytes(cashier.as_bytes());
        }
        out.uint(7);
        match &self.content {
            Content::Ticket(ticket) => ticket.write(&mut out),
            Content::Event(event) => event.write(&mut out),
            Content::Closing(closing) => closing.write(&mut out),
        }
        out.into_bytes()
    }

    fn decode(payload: &[u8]) -> Result<Record, DecodeError> {
        let mut reader = Reader::new(payload);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let account = AccountId(r.fixed()?);
        map.required(r, 2)?;
        let number = counted(r)?;
        map.required(r, 3)?;
        let previous = r.hash()?;
        map.required(r, 4)?;
        let time = safe(r)?;
        if time >= MAX_TIME {
            return Err(DecodeError::OutOfBounds("a record is made before the year 10000"));
        }
        map.required(r, 5)?;
        let kind = coded(r.uint()?, &Kind::ALL).ok_or(DecodeError::OutOfBounds("there is no such kind of record"))?;
        let cashier = if map.optional(r, 6)? { Some(r.key()?) } else { None };
        map.required(r, 7)?;
        let content = match kind {
            Kind::Event => Content::Event(Event::read(r)?),
            Kind::Closing => Content::Closing(Closing::read(r)?),
            ticket => {
                Content::Ticket(Ticket::read(r, matches!(ticket, Kind::Refund | Kind::TrainingRefund), ticket.is_training())?)
            }
        };
        map.end()?;
        reader.end()?;
        Ok(Record { account, number, previous, time, cashier, content })
    }
}

impl Ticket {
    fn write(&self, out: &mut Writer) {
        let optional = [self.tip > 0, self.of.is_some(), self.reference.is_some()];
        out.map(5 + optional.into_iter().filter(|present| *present).count());
        out.uint(1).uint(self.number).uint(2).array(self.lines.len());
        for line in &self.lines {
            out.array(6).text(&line.label).int(line.price).uint(line.quantity).text(&line.unit);
            out.uint(line.rate.into()).int(line.total);
        }
        write_rates(out.uint(3), &self.rates);
        out.uint(4).uint(self.total).uint(5).array(self.tenders.len());
        for tender in &self.tenders {
            let charge = tender.charge.as_ref().map_or(&[][..], |id| id);
            out.array(4).uint(tender.means.code()).uint(tender.amount).bytes(charge).uint(tender.certain.into());
        }
        if self.tip > 0 {
            out.uint(6).uint(self.tip);
        }
        if let Some(of) = &self.of {
            out.uint(7).array(2).uint(of.ticket).bytes(&of.hash.0);
        }
        if let Some(reference) = &self.reference {
            out.uint(8).text(reference);
        }
    }

    fn read(r: &mut Reader, refund: bool, training: bool) -> Result<Ticket, DecodeError> {
        let mut map = r.map()?;
        map.required(r, 1)?;
        let number = counted(r)?;
        map.required(r, 2)?;
        let lines = list(r, MAX_LINES, Line::read)?;
        if lines.is_empty() {
            return Err(DecodeError::OutOfBounds("a ticket has a line at least"));
        }
        map.required(r, 3)?;
        let rates = list(r, MAX_LINES, read_rate)?;
        map.required(r, 4)?;
        let total = cents(r)?;
        map.required(r, 5)?;
        let tenders = list(r, MAX_TENDERS, Tender::read)?;
        let tip = present(&mut map, r, 6, cents)?;
        if tip == Some(0) {
            return Err(DecodeError::NotCanonical("a tip of nothing is left out"));
        }
        let of = present(&mut map, r, 7, Original::read)?;
        if of.is_some() && !refund {
            return Err(DecodeError::OutOfBounds("only a refund names another ticket"));
        }
        let reference = present(&mut map, r, 8, |r| Ok(r.text(MAX_REFERENCE_BYTES)?.to_owned()))?;
        map.end()?;
        Ok(Ticket { refund, training, number, lines, rates, total, tenders, tip: tip.unwrap_or(0), of, reference })
    }
}

impl Original {
    fn read(r: &mut Reader) -> Result<Original, DecodeError> {
        r.array_of(2)?;
        Ok(Original { ticket: counted(r)?, hash: r.hash()? })
    }
}

impl Line {
    fn read(r: &mut Reader) -> Result<Line, DecodeError> {
        r.array_of(6)?;
        let label = r.text(MAX_LABEL_BYTES)?.to_owned();
        let price = within(r.int()?, MAX_CHARGE_CENTS, "a price is above a hundred thousand euros")?;
        let quantity = r.uint()?;
        if !(1..=MAX_QUANTITY).contains(&quantity) {
            return Err(DecodeError::OutOfBounds("a quantity is nothing, or above a hundred thousand"));
        }
        let (unit, rate) = (r.text(MAX_UNIT_BYTES)?.to_owned(), rate(r)?);
        let total = within(r.int()?, MAX_CENTS, "a line is above ten million euros")?;
        Ok(Line { label, price, quantity, unit, rate, total })
    }
}

impl Tender {
    fn read(r: &mut Reader) -> Result<Tender, DecodeError> {
        r.array_of(4)?;
        let (means, amount) = (Means::read(r)?, cents(r)?);
        if amount == 0 {
            return Err(DecodeError::OutOfBounds("nothing is paid in a part of what was paid"));
        }
        let charge = match r.bytes()? {
            [] => None,
            id => Some(id.try_into().map_err(|_| DecodeError::Malformed("a charge's id has 16 bytes"))?),
        };
        let certain = match (r.uint()?, means) {
            (1, _) => true,
            (0, Means::Units) => false,
            _ => return Err(DecodeError::OutOfBounds("units are certain or not; euros are certain")),
        };
        Ok(Tender { means, amount, charge, certain })
    }
}

impl Event {
    fn write(&self, out: &mut Writer) {
        out.map(1 + usize::from(self.detail.is_some()) + usize::from(self.ticket.is_some())).uint(1).text(self.code);
        if let Some(detail) = &self.detail {
            out.uint(2).text(detail);
        }
        if let Some(ticket) = self.ticket {
            out.uint(3).uint(ticket);
        }
    }

    fn read(r: &mut Reader) -> Result<Event, DecodeError> {
        let mut map = r.map()?;
        map.required(r, 1)?;
        let code = r.text(MAX_LABEL_BYTES)?;
        let code = EVENTS.into_iter().find(|known| *known == code);
        let code = code.ok_or(DecodeError::OutOfBounds("there is no such event"))?;
        let detail = present(&mut map, r, 2, |r| Ok(r.text(MAX_DETAIL_BYTES)?.to_owned()))?;
        let ticket = present(&mut map, r, 3, counted)?;
        map.end()?;
        Ok(Event { code, detail, ticket })
    }
}

/// `[[rate, gross, vat]…]`
pub(super) fn write_rates(out: &mut Writer, rates: &[RateTotal]) {
    out.array(rates.len());
    for rate in rates {
        out.array(3).uint(rate.rate.into()).int(rate.gross).int(rate.vat);
    }
}

/// One of [`write_rates`].
pub(super) fn read_rate(r: &mut Reader) -> Result<RateTotal, DecodeError> {
    r.array_of(3)?;
    Ok(RateTotal { rate: rate(r)?, gross: sum(r)?, vat: sum(r)? })
}

/// What an optional key of a map holds.
fn present<'a, T>(
    map: &mut Map,
    r: &mut Reader<'a>,
    key: u64,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<Option<T>, DecodeError> {
    map.optional(r, key)?.then(|| read(r)).transpose()
}

/// A list of at most so many.
pub(super) fn list<'a, T>(
    r: &mut Reader<'a>,
    most: usize,
    read: impl Fn(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let items = r.array(most)?;
    (0..items).map(|_| read(r)).collect()
}

fn rate(r: &mut Reader) -> Result<u16, DecodeError> {
    let rate = u16::try_from(r.uint()?).ok().filter(|rate| *rate <= MAX_RATE);
    rate.ok_or(DecodeError::OutOfBounds("a VAT rate is above 100 %"))
}

fn cents(r: &mut Reader) -> Result<u64, DecodeError> {
    let cents = r.uint()?;
    if cents > MAX_CENTS { Err(DecodeError::OutOfBounds("an amount is above ten million euros")) } else { Ok(cents) }
}

fn within(value: i64, most: u64, what: &'static str) -> Result<i64, DecodeError> {
    if value.unsigned_abs() > most { Err(DecodeError::OutOfBounds(what)) } else { Ok(value) }
}

/// A sum, which may be below zero.
pub(super) fn sum(r: &mut Reader) -> Result<i64, DecodeError> {
    within(r.int()?, MAX_SUM.cast_unsigned(), "a sum is too large")
}

/// A whole number that a browser counts exactly.
pub(super) fn safe(r: &mut Reader) -> Result<u64, DecodeError> {
    let value = r.uint()?;
    if value > MAX_SUM.cast_unsigned() { Err(DecodeError::OutOfBounds("a number is too large")) } else { Ok(value) }
}

/// A number that begins with 1.
fn counted(r: &mut Reader) -> Result<u64, DecodeError> {
    match safe(r)? {
        0 => Err(DecodeError::OutOfBounds("numbers begin with 1")),
        number => Ok(number),
    }
}
