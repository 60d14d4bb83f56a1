//! What goes over HTTP: the JSON of requests, answers and events. The only file of this crate that knows serde.
//!
//! Amounts are whole cents, times milliseconds since 1970, accounts their bech32m text, keys and ids lower-case hexadecimal, receipts
//! base64url without padding.

use crate::charge::{Charge, Progress, Refund, Unexpected};
use crate::day::Totals;
use crate::error::Refusal;
use crate::stalls::stall_of;
use crate::store::{DayRows, Of, TillRow};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger::encoding::Writer;
use ledger::key::Prefix;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What turns records into JSON: the currency's prefix, where the wallet is, and the time.
pub struct View {
    /// The prefix of account texts.
    pub prefix: Prefix,
    /// Where browsers find the wallet.
    pub public_url: String,
    /// Now.
    pub now: u64,
}

/// A charge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChargeInfo {
    /// Its id.
    pub id: String,
    /// Who is to be paid.
    pub account: String,
    /// The key of the till that asked.
    pub till: String,
    /// How much.
    pub amount: u64,
    /// The shop's own reference.
    pub reference: Option<String>,
    /// When it was asked for.
    pub created: u64,
    /// Until when it can be paid.
    pub expires: u64,
    /// `open`, `paid`, `expired`, `cancelled` or `refunded` (in whole). It is `open` beyond its end too, until `as_of` is: only then
    /// is it certain that it was not paid.
    pub state: String,
    /// Up to when the account is known; zero when it could not be read since this machine started.
    pub as_of: u64,
    /// How much went back.
    pub refunded: u64,
    /// The entry that paid it.
    pub sequence: Option<u64>,
    /// When it was paid.
    pub paid_at: Option<u64>,
    /// By whom.
    pub payer: Option<String>,
    /// What the QR code says; it leads nowhere for a payment at a stall.
    pub link: String,
    /// The stall at whose sign it was paid.
    pub stall: Option<String>,
}

/// `event: charge`: a charge that stands differently, with its receipt once it is paid.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChargeEvent {
    /// The charge.
    #[serde(flatten)]
    pub charge: ChargeInfo,
    /// The receipt of its payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// A payment that answers no open charge; also the data of `event: unexpected`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnexpectedInfo {
    /// The entry.
    pub sequence: u64,
    /// The place in a list of transfers, to name it in a refund.
    pub item: u16,
    /// When it came.
    pub time: u64,
    /// How much.
    pub amount: u64,
    /// Who paid.
    pub payer: String,
    /// The charge it names.
    pub charge: Option<String>,
    /// `cancelled`, `expired`, `unknown`, `no_charge`, `amount` or `twice`.
    pub reason: String,
    /// How much went back.
    pub refunded: u64,
}

/// Money that the shop gave back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefundInfo {
    /// The entry.
    pub sequence: u64,
    /// When.
    pub time: u64,
    /// How much.
    pub amount: u64,
    /// The entry of the payment.
    pub original: u64,
    /// The charge that it had paid, if any.
    pub charge: Option<String>,
}

/// `GET /pos/v1/day`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Day {
    /// Charges paid then, and those asked for then that were not paid.
    pub charges: Vec<ChargeInfo>,
    /// Payments that answer no charge.
    pub unexpected: Vec<UnexpectedInfo>,
    /// What was given back then.
    pub refunds: Vec<RefundInfo>,
    /// The sums.
    pub totals: TotalsInfo,
    /// Up to when the ledger was read; zero when that was not possible since this machine started.
    pub as_of: u64,
}

/// The sums of a time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct TotalsInfo {
    /// How many charges were paid.
    pub paid_count: u64,
    /// What they brought.
    pub paid: u64,
    /// What went back of charges.
    pub refunded: u64,
    /// The difference.
    pub net: i64,
    /// What came and answers no charge.
    pub unexpected: u64,
    /// What went back of that, or of payments before these records.
    pub unexpected_refunded: u64,
}

impl From<Totals> for TotalsInfo {
    fn from(totals: Totals) -> TotalsInfo {
        let Totals { paid_count, paid, refunded, net, unexpected, unexpected_refunded } = totals;
        TotalsInfo { paid_count, paid, refunded, net, unexpected, unexpected_refunded }
    }
}

/// The query of a day.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct DayQuery {
    /// From this instant on.
    pub from: u64,
    /// Before this one.
    pub to: u64,
}

/// The query of `POST /pos/v1/enrolments`.
#[derive(Clone, Debug, Deserialize)]
pub struct EnrolmentQuery {
    /// `till` where it is absent, `cashier` or `accountant`.
    pub kind: Option<String>,
}

/// `POST /pos/v1/enrolments`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Enrolment {
    /// What to type at the till.
    pub code: String,
    /// Whom it is for.
    pub kind: String,
    /// Until when.
    pub expires: u64,
}

/// `GET /pos/v1/enrolments/{code}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Standing {
    /// `waiting` or `claimed`.
    pub state: String,
    /// Whom the code is for.
    pub kind: String,
    /// The key of the till that came.
    pub key: Option<String>,
    /// Its label.
    pub label: Option<String>,
}

/// `POST /pos/v1/enrolments/{code}/claim`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClaimBody {
    /// The till's key.
    pub key: String,
    /// What the shop is to call it.
    pub label: String,
    /// What it is, where it says so: then the code has to be for that. A code for a cashier needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// The answer to a claim.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claimed {
    /// The shop's account.
    pub account: String,
    /// Its name.
    pub shop_name: Option<String>,
    /// What the code was for.
    pub kind: String,
}

/// `GET /pos/v1/tills`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tills {
    /// The tills, the newest first.
    pub tills: Vec<Till>,
}

/// A till.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Till {
    /// Its key.
    pub key: String,
    /// What the shop calls it.
    pub label: String,
    /// Since when.
    pub since: u64,
    /// Whether the account has the key.
    pub active: bool,
    /// `till`, `cashier` or `accountant`.
    pub kind: String,
}

/// `event: hello` at the start of a live connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// The shop.
    pub account: String,
    /// The server's clock.
    pub time: u64,
}

/// `event: link`: whether payments are heard of as they happen.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Link {
    /// True while they are.
    pub online: bool,
}

/// `event: reload`, the last of a connection that was too slow: ask for the day again.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Reload {}

/// `GET /pos/v1/settings/{part}`, and the answer to a change.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Kept<P> {
    /// Counts the changes; 0 before the first.
    pub version: u64,
    /// What holds.
    pub value: P,
}

/// `PUT /pos/v1/settings/{part}`.
#[derive(Clone, Debug, Deserialize)]
pub struct PartBody<P> {
    /// The version that was changed.
    pub version: u64,
    /// What is to hold.
    pub value: P,
}

impl<P: DeserializeOwned> PartBody<P> {
    /// Reads the JSON of a change.
    pub fn read(body: &[u8]) -> Result<PartBody<P>, Refusal> {
        serde_json::from_slice(body)
            .map_err(|_| Refusal::Malformed("The body is no JSON object with `version` and a `value` of this part."))
    }
}

/// Reads the JSON of a claim.
pub fn claim(body: &[u8]) -> Result<ClaimBody, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::Malformed("The body is no JSON object with `key` and `label`."))
}

impl View {
    /// The pay link: the request and the shop's certificate in a fragment, which no server sees.
    pub fn link(&self, charge: &Charge) -> String {
        let mut out = Writer::new();
        out.array(2).bytes(&charge.request).bytes(&charge.certificate);
        format!("{}/wallet/#pay={}", self.public_url, URL_SAFE_NO_PAD.encode(out.into_bytes()))
    }

    /// A charge as it stands, as far as the account is known.
    pub fn charge(&self, charge: &Charge, as_of: u64) -> ChargeInfo {
        let (sequence, paid_at, payer) = match charge.progress {
            Progress::Paid { sequence, at, payer, .. } => (Some(sequence), Some(at), Some(payer.to_text(&self.prefix))),
            Progress::Asked | Progress::Cancelled { .. } => (None, None, None),
        };
        ChargeInfo {
            id: hex::encode(charge.asked.id),
            account: charge.account.to_text(&self.prefix),
            till: charge.till.to_string(),
            amount: charge.amount.cents(),
            reference: charge.reference.clone(),
            created: charge.created,
            expires: charge.asked.expires,
            state: charge.state(as_of).word().into(),
            as_of,
            refunded: charge.refunded(),
            sequence,
            paid_at,
            payer,
            link: self.link(charge),
            stall: charge.request.is_empty().then(|| hex::encode(stall_of(&charge.asked.id))),
        }
    }

    /// The same with its receipt.
    pub fn charge_event(&self, charge: &Charge, receipt: Option<&[u8]>, as_of: u64) -> ChargeEvent {
        ChargeEvent { charge: self.charge(charge, as_of), receipt: receipt.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)) }
    }

    /// A payment that answers no open charge.
    pub fn unexpected(&self, unexpected: &Unexpected) -> UnexpectedInfo {
        let payment = &unexpected.payment;
        UnexpectedInfo {
            sequence: payment.sequence,
            item: payment.item,
            time: payment.time,
            amount: payment.amount.cents(),
            payer: payment.payer.to_text(&self.prefix),
            charge: payment.charge.map(|charge| hex::encode(charge.id)),
            reason: unexpected.why.word().into(),
            refunded: unexpected.refunded,
        }
    }

    /// All that happened in a time.
    pub fn day(&self, rows: &DayRows, totals: Totals, as_of: u64) -> Day {
        Day {
            charges: rows.charges.iter().map(|charge| self.charge(charge, as_of)).collect(),
            unexpected: rows.unexpected.iter().map(|unexpected| self.unexpected(unexpected)).collect(),
            refunds: rows.refunds.iter().map(|(refund, of)| refund_info(refund, of)).collect(),
            totals: totals.into(),
            as_of,
        }
    }
}

fn refund_info(refund: &Refund, of: &Of) -> RefundInfo {
    let charge = if let Of::Charge(id) = of { Some(hex::encode(id)) } else { None };
    let Refund { sequence, time, original, amount, .. } = *refund;
    RefundInfo { sequence, time, amount: amount.cents(), original, charge }
}

/// A till as its shop sees it.
pub fn till(row: &TillRow, active: bool) -> Till {
    Till { key: row.key.to_string(), label: row.label.clone(), since: row.since, active, kind: row.kind.word().into() }
}
