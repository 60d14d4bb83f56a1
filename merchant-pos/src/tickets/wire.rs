//! The JSON of tickets, chains and closings.

use super::TicketRow;
use super::chain::Chain;
use super::closing::Closing;
use super::record::{RateTotal, SignedRecord, Tender};
use crate::counter::wire::Legal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::key::Hash32;
use serde::{Deserialize, Serialize};

/// `POST /pos/v1/tills/{key}/records`: where the chain stands now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Taken {
    /// The number of the last record.
    pub number: u64,
    /// Its hash.
    pub hash: String,
    /// The number of the last ticket.
    pub ticket: u64,
    /// The root of the Merkle tree over all records.
    pub root: String,
    /// The service's signed checkpoint over it.
    pub checkpoint: String,
}

/// `GET /pos/v1/tills/{key}/chain`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChainInfo {
    /// The number of the last record; 0 when there is none.
    pub number: u64,
    /// Its hash; zeros when there is none.
    pub hash: String,
    /// The number of the last ticket.
    pub ticket: u64,
    /// The number of the last training ticket.
    pub training: u64,
    /// The day in Paris that has tickets which no closing covers.
    pub open_day: Option<String>,
    /// The totals since the first record.
    pub perpetual: Perpetual,
    /// The service's signed checkpoint.
    pub checkpoint: String,
}

/// Totals since the first record of a till, in cents.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Perpetual {
    /// Sales less refunds.
    pub net: i64,
    /// Sales and refunds.
    pub absolute: i64,
}

/// The query of `GET /pos/v1/tills/{key}/records`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct RecordsQuery {
    /// The number of the first record.
    pub from: Option<u64>,
    /// At most so many.
    pub limit: Option<usize>,
}

/// The query of `GET /pos/v1/tickets`.
#[derive(Clone, Debug, Deserialize)]
pub struct TicketsQuery {
    /// From this instant on.
    pub from: u64,
    /// Up to and not including this one.
    pub to: u64,
    /// Those of one till.
    pub till: Option<String>,
    /// Those of one cashier.
    pub cashier: Option<String>,
    /// What `next` said.
    pub after: Option<String>,
}

/// The query of `GET /pos/v1/tickets/{till}/{ticket}`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct TicketQuery {
    /// Whether the number is one of training.
    #[serde(default)]
    pub training: bool,
}

/// The query of `GET /pos/v1/closings`.
#[derive(Clone, Debug, Deserialize)]
pub struct ClosingsQuery {
    /// `day`, `month` or `year`.
    pub period: String,
    /// Periods that begin on the day of this instant in Paris, or later.
    pub from: u64,
    /// Those that begin before this instant.
    pub to: u64,
}

/// The query of `GET /pos/v1/tills/{key}/archive`.
#[derive(Clone, Debug, Deserialize)]
pub struct ArchiveQuery {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
}

/// `GET /pos/v1/tickets`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tickets {
    /// The tickets, the oldest first, training too.
    pub rows: Vec<TicketInfo>,
    /// Where to go on; absent after the last. A page may be empty and others follow, when few of the tickets were chosen.
    pub next: Option<String>,
}

/// A ticket in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TicketInfo {
    /// The till.
    pub till: String,
    /// Who was signed in.
    pub cashier: Option<String>,
    /// Its number in the chain.
    pub number: u64,
    /// The hash of its record: the customer's link.
    pub hash: String,
    /// The number of the ticket.
    pub ticket: u64,
    /// When.
    pub time: u64,
    /// `sale`, `refund`, `training_sale` or `training_refund`.
    pub kind: String,
    /// The total.
    pub total: u64,
    /// Its part per VAT rate.
    pub rates: Vec<RateInfo>,
    /// How it was paid.
    pub tenders: Vec<TenderInfo>,
    /// What was given on top.
    pub tip: u64,
    /// A refund: the ticket that it gives back.
    pub of: Option<u64>,
    /// The shop's own reference.
    pub reference: Option<String>,
}

/// What falls under a VAT rate.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RateInfo {
    /// In hundredths of a percent.
    pub rate: u16,
    /// VAT included.
    pub gross: i64,
    /// The VAT in it.
    pub vat: i64,
}

/// A part of what was paid.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TenderInfo {
    /// `units`, `cash`, `card`, `cheque` or `other`.
    pub means: String,
    /// How much.
    pub amount: u64,
    /// The charge that it answers.
    pub charge: Option<String>,
    /// Whether it was proved.
    pub certain: bool,
}

/// `GET /pos/v1/closings`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Closings {
    /// Till by till, the earliest first.
    pub closings: Vec<ClosingInfo>,
}

/// A closing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClosingInfo {
    /// The till.
    pub till: String,
    /// Its number in the chain.
    pub number: u64,
    /// The hash of its record.
    pub hash: String,
    /// When it was made.
    pub time: u64,
    /// `2026-11-22`, `2026-11` or `2026`.
    pub period: String,
    /// The number of the first record that it covers.
    pub first: u64,
    /// The number of the last.
    pub last: u64,
    /// The number of the first ticket; 0 when there was none.
    pub first_ticket: u64,
    /// The number of the last.
    pub last_ticket: u64,
    /// How many.
    pub tickets: u64,
    /// The sums per VAT rate.
    pub rates: Vec<RateInfo>,
    /// Sales less refunds.
    pub total: i64,
    /// The sums per means of payment.
    pub means: Vec<MeansInfo>,
    /// Tips.
    pub tips: i64,
    /// The totals since the till's first record.
    pub perpetual: Perpetual,
    /// How many training tickets.
    pub training: u64,
}

/// What came in a means of payment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MeansInfo {
    /// `units`, `cash`, `card`, `cheque` or `other`.
    pub means: String,
    /// How much.
    pub amount: i64,
}

/// `GET /pos/v1/public/tickets/{hash}/shop`: whose ticket it is.
#[derive(Clone, Debug, Serialize)]
pub struct ShopOfTicket {
    /// What the law wants on it, as it holds today.
    pub legal: Legal,
    /// The association's word on the shop's name for the till's key, when there is one.
    pub certificate: Option<String>,
}

impl ShopOfTicket {
    /// From what is kept.
    pub(super) fn of(legal: Legal, certificate: &[u8]) -> ShopOfTicket {
        ShopOfTicket { legal, certificate: (!certificate.is_empty()).then(|| URL_SAFE_NO_PAD.encode(certificate)) }
    }
}

impl ChainInfo {
    /// A chain, with the service's word on it.
    pub(super) fn of(chain: &Chain, checkpoint: String) -> ChainInfo {
        ChainInfo {
            number: chain.number,
            hash: chain.hash.to_string(),
            ticket: chain.ticket.unwrap_or(0),
            training: chain.training.unwrap_or(0),
            open_day: chain.open_day().map(|day| day.to_string()),
            perpetual: Perpetual { net: chain.net, absolute: chain.absolute },
            checkpoint,
        }
    }
}

impl From<&RateTotal> for RateInfo {
    fn from(RateTotal { rate, gross, vat }: &RateTotal) -> RateInfo {
        RateInfo { rate: *rate, gross: *gross, vat: *vat }
    }
}

impl From<&Tender> for TenderInfo {
    fn from(Tender { means, amount, charge, certain }: &Tender) -> TenderInfo {
        TenderInfo { means: means.word().into(), amount: *amount, charge: charge.map(hex::encode), certain: *certain }
    }
}

impl TicketInfo {
    /// A ticket, with the hash of its record.
    pub(super) fn of(row: &TicketRow, hash: &Hash32) -> TicketInfo {
        TicketInfo {
            till: row.till.to_string(),
            cashier: row.cashier.map(|key| key.to_string()),
            number: row.number,
            hash: hash.to_string(),
            ticket: row.ticket,
            time: row.time,
            kind: row.kind.word().into(),
            total: row.total,
            rates: row.rates.iter().map(RateInfo::from).collect(),
            tenders: row.tenders.iter().map(TenderInfo::from).collect(),
            tip: row.tip,
            of: row.of,
            reference: row.reference.clone(),
        }
    }
}

impl ClosingInfo {
    /// A closing, with its record.
    pub(super) fn of(signed: &SignedRecord, closing: &Closing) -> ClosingInfo {
        let sums = &closing.sums;
        let rates = sums.rates.iter().map(|(rate, (gross, vat))| RateInfo { rate: *rate, gross: *gross, vat: *vat });
        let means = sums.means.iter().map(|(means, amount)| MeansInfo { means: means.word().into(), amount: *amount });
        ClosingInfo {
            till: signed.till.to_string(),
            number: signed.record.number,
            hash: signed.hash.to_string(),
            time: signed.record.time,
            period: closing.period.to_string(),
            first: closing.first,
            last: closing.last,
            first_ticket: sums.first_ticket,
            last_ticket: sums.last_ticket,
            tickets: sums.tickets,
            rates: rates.collect(),
            total: sums.total,
            means: means.collect(),
            tips: sums.tips,
            perpetual: Perpetual { net: closing.net, absolute: closing.absolute },
            training: sums.training,
        }
    }
}
