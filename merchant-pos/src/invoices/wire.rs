//! The JSON of invoices: requests, answers and what hooks are sent.

use super::invoice::State;
use super::rows::{HookRow, KeyRow};
use super::series::Series;
use super::store::{Found, Page};
use crate::charge::{Charge, Progress};
use crate::error::{Reason, Refusal};
use crate::wire::View;
use ledger::calendar::{civil, day_text, days_of};
use serde::{Deserialize, Serialize};

/// `POST /pos/v1/invoices`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewInvoice {
    /// What the writer drew for this invoice, 32 hexadecimal digits: sent once more after a lost answer, it is still one invoice.
    #[serde(default)]
    pub id: Option<String>,
    /// The shop's own reference; without one the series gives it.
    #[serde(default)]
    pub reference: Option<String>,
    /// The series that it belongs to.
    #[serde(default)]
    pub series: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub text: String,
    /// How much, in cents.
    pub amount: u64,
    /// The day it is due, `2026-12-24`.
    pub due: String,
    /// Whose bill it is: an account.
    #[serde(default)]
    pub payer: Option<String>,
    /// Where the letter goes.
    #[serde(default)]
    pub email: Option<String>,
    /// Whether it may be paid in parts.
    #[serde(default)]
    pub partial: bool,
}

/// An invoice as its shop sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InvoiceInfo {
    /// Its name; whoever has it can read and pay the invoice.
    pub token: String,
    /// What the payer opens.
    pub link: String,
    /// The shop's reference.
    pub reference: String,
    /// The series that gave it.
    pub series: Option<String>,
    /// What it is for.
    pub text: String,
    /// How much was asked for.
    pub amount: u64,
    /// How much came.
    pub paid: u64,
    /// How much went back.
    pub refunded: u64,
    /// How much is still to pay.
    pub rest: u64,
    /// How much came too much.
    pub over: u64,
    /// `open`, `part`, `paid`, `refunded` or `cancelled`.
    pub state: String,
    /// Whether its day is over and something is to pay.
    pub late: bool,
    /// The day it is due.
    pub due: String,
    /// Whether it may be paid in parts.
    pub partial: bool,
    /// Whose bill it is.
    pub payer: Option<String>,
    /// Where letters go; gone once it is settled.
    pub email: Option<String>,
    /// When it was written.
    pub created: u64,
    /// When it was cancelled.
    pub cancelled: Option<u64>,
    /// When the payer was reminded.
    pub reminded: Vec<u64>,
    /// What came.
    pub payments: Vec<PaymentInfo>,
}

/// A payment of an invoice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaymentInfo {
    /// The charge that it answered.
    pub charge: String,
    /// The entry.
    pub sequence: u64,
    /// When.
    pub time: u64,
    /// How much.
    pub amount: u64,
    /// How much of it went back.
    pub refunded: u64,
    /// By whom.
    pub payer: String,
}

/// `GET /pos/v1/invoices`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invoices {
    /// The newest first.
    pub invoices: Vec<InvoiceInfo>,
    /// `after` of the next page; none at the end.
    pub next: Option<String>,
}

/// The query of a list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ListQuery {
    /// `open` (not settled), `late`, `paid`, `cancelled` or all.
    #[serde(default)]
    pub list: Option<String>,
    /// Of one series only.
    #[serde(default)]
    pub series: Option<String>,
    /// The one that has this reference.
    #[serde(default)]
    pub reference: Option<String>,
    /// After this place.
    #[serde(default)]
    pub after: Option<String>,
    /// At most so many.
    #[serde(default)]
    pub limit: Option<usize>,
}

/// An invoice as whoever has its link, or whose bill it is, sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bill {
    /// Its name.
    pub token: String,
    /// The public name of the shop.
    pub shop: String,
    /// The shop's account.
    pub account: String,
    /// The shop's reference.
    pub reference: String,
    /// What it is for.
    pub text: String,
    /// How much was asked for.
    pub amount: u64,
    /// How much came.
    pub paid: u64,
    /// How much is still to pay.
    pub rest: u64,
    /// `open`, `part`, `paid`, `refunded` or `cancelled`.
    pub state: String,
    /// Whether its day is over and something is to pay.
    pub late: bool,
    /// The day it is due.
    pub due: String,
    /// Whether it may be paid in parts.
    pub partial: bool,
    /// How often the payer was reminded.
    pub reminders: usize,
}

/// `GET /pos/v1/bills`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bills {
    /// What the accounts of the session have to pay.
    pub bills: Vec<Bill>,
}

/// `POST /pos/v1/public/invoices/{token}/charge`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// How much is to be paid now, in cents.
    pub amount: u64,
}

/// The answer: what the wallet opens to pay.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PartCharge {
    /// The charge.
    pub id: String,
    /// How much.
    pub amount: u64,
    /// Until when.
    pub expires: u64,
    /// The pay link.
    pub link: String,
}

/// `GET /pos/v1/invoicing/desk`: the key that asks while nobody is at the till.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeskInfo {
    /// The key.
    pub key: String,
    /// Whether the account has it.
    pub admitted: bool,
}

/// A series of references.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesInfo {
    /// What people call it.
    pub name: String,
    /// How a reference is written.
    pub pattern: String,
    /// What the treasury knows it by.
    #[serde(default)]
    pub code: String,
}

/// `GET /pos/v1/invoicing/series`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SeriesList {
    /// By name.
    pub series: Vec<SeriesInfo>,
}

/// The query of the treasury's file.
#[derive(Clone, Debug, Deserialize)]
pub struct TreasuryQuery {
    /// From this instant on.
    pub from: u64,
    /// Before this one.
    pub to: u64,
    /// Of one series only.
    #[serde(default)]
    pub series: Option<String>,
}

/// `POST /pos/v1/invoicing/keys`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What the shop calls it.
    pub label: String,
    /// Whether it may write and cancel invoices; every key may read.
    #[serde(default)]
    pub create: bool,
}

/// A program's key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyInfo {
    /// Its name.
    pub name: String,
    /// What the shop calls it.
    pub label: String,
    /// Whether it may write and cancel invoices.
    pub create: bool,
    /// Since when.
    pub created: u64,
    /// The key itself, in the answer that made it and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// `GET /pos/v1/invoicing/keys`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Keys {
    /// The keys.
    pub keys: Vec<KeyInfo>,
}

/// `POST /pos/v1/invoicing/hooks`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewHook {
    /// Where events are sent.
    pub url: String,
}

/// A hook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HookInfo {
    /// Its name.
    pub name: String,
    /// Where events are sent.
    pub url: String,
    /// What they are signed with.
    pub secret: String,
    /// Since when.
    pub created: u64,
    /// How many events wait.
    pub waiting: usize,
    /// When something last arrived.
    pub arrived: Option<u64>,
    /// When something last did not.
    pub failed: Option<u64>,
    /// Why not.
    pub why: Option<String>,
}

/// `GET /pos/v1/invoicing/hooks`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hooks {
    /// The hooks.
    pub hooks: Vec<HookInfo>,
}

/// What a hook is sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HookEvent {
    /// The event's id: the same in each attempt.
    pub id: String,
    /// `invoice.part_paid`, `invoice.paid`, `invoice.refunded`, `invoice.cancelled` or `test`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was noticed.
    pub created: u64,
    /// Whose it is.
    pub account: String,
    /// The invoice as it stood then; none in a test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<InvoiceInfo>,
}

/// Reads the JSON of a body.
pub fn body<T: serde::de::DeserializeOwned>(bytes: &[u8], what: &'static str) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|_| Refusal::Malformed(what))
}

/// An event as bytes.
pub fn event(event: &HookEvent) -> Vec<u8> {
    serde_json::to_vec(event).unwrap_or_default()
}

/// Reads a day.
pub fn day(text: &str) -> Result<i64, Reason> {
    let plain = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if !plain {
        return Err(Reason::InvoiceDue);
    }
    let (year, month, day) = (text[..4].parse().ok(), text[5..7].parse().ok(), text[8..].parse().ok());
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return Err(Reason::InvoiceDue) };
    if !(1..=12).contains(&month) || day == 0 {
        return Err(Reason::InvoiceDue);
    }
    let days = days_of(year, month, day);
    if civil(days) == (year, month, day) { Ok(days) } else { Err(Reason::InvoiceDue) }
}

impl View {
    /// What the payer of an invoice opens.
    pub fn invoice_link(&self, found: &Found) -> String {
        format!("{}/wallet/#invoice={}", self.public_url, hex::encode(found.invoice.token))
    }

    /// An invoice as its shop sees it, on a day.
    pub fn invoice(&self, found: &Found, today: i64) -> InvoiceInfo {
        let (invoice, standing) = (&found.invoice, found.standing());
        InvoiceInfo {
            token: hex::encode(invoice.token),
            link: self.invoice_link(found),
            reference: invoice.reference.clone(),
            series: invoice.series.clone(),
            text: invoice.text.clone(),
            amount: invoice.amount.cents(),
            paid: standing.paid,
            refunded: standing.refunded,
            rest: standing.rest,
            over: standing.over,
            state: standing.state.word().into(),
            late: is_late(found, standing.state, today),
            due: day_text(invoice.due),
            partial: invoice.partial,
            payer: invoice.payer.map(|payer| payer.to_text(&self.prefix)),
            email: invoice.email.clone(),
            created: invoice.created,
            cancelled: invoice.cancelled,
            reminded: invoice.reminded.clone(),
            payments: found.charges.iter().filter_map(|charge| self.payment(charge)).collect(),
        }
    }

    fn payment(&self, charge: &Charge) -> Option<PaymentInfo> {
        let Progress::Paid { sequence, at, payer, refunded } = charge.progress else { return None };
        Some(PaymentInfo {
            charge: hex::encode(charge.asked.id),
            sequence,
            time: at,
            amount: charge.amount.cents(),
            refunded,
            payer: payer.to_text(&self.prefix),
        })
    }

    /// A page of invoices.
    pub fn invoices(&self, page: &Page, today: i64) -> Invoices {
        let invoices = page.found.iter().map(|found| self.invoice(found, today)).collect();
        Invoices { invoices, next: page.next.as_ref().map(hex::encode) }
    }

    /// An invoice as whoever is to pay it sees it: nothing of who else paid, or of whom it was meant for.
    pub fn bill(&self, found: &Found, today: i64) -> Bill {
        let (invoice, standing) = (&found.invoice, found.standing());
        Bill {
            token: hex::encode(invoice.token),
            shop: invoice.shop_name.clone(),
            account: invoice.account.to_text(&self.prefix),
            reference: invoice.reference.clone(),
            text: invoice.text.clone(),
            amount: invoice.amount.cents(),
            paid: standing.paid,
            rest: standing.rest,
            state: standing.state.word().into(),
            late: is_late(found, standing.state, today),
            due: day_text(invoice.due),
            partial: invoice.partial,
            reminders: invoice.reminded.len(),
        }
    }

    /// How to pay a part.
    pub fn part(&self, charge: &Charge) -> PartCharge {
        let (id, expires) = (hex::encode(charge.asked.id), charge.asked.expires);
        PartCharge { id, amount: charge.amount.cents(), expires, link: self.link(charge) }
    }
}

/// Whether an invoice's day is over and something is to pay.
pub fn is_late(found: &Found, state: State, today: i64) -> bool {
    !state.is_settled() && today > found.invoice.due
}

/// A series.
pub fn series(series: &Series) -> SeriesInfo {
    SeriesInfo { name: series.name.clone(), pattern: series.pattern.clone(), code: series.code.clone() }
}

/// A program's key.
pub fn key(row: &KeyRow, key: Option<String>) -> KeyInfo {
    KeyInfo { name: hex::encode(row.name), label: row.label.clone(), create: row.create, created: row.created, key }
}

/// A hook.
pub fn hook(row: &HookRow, secret: String, waiting: usize) -> HookInfo {
    HookInfo {
        name: hex::encode(row.name),
        url: row.url.clone(),
        secret,
        created: row.created,
        waiting,
        arrived: row.arrived,
        failed: row.failed.as_ref().map(|(at, _)| *at),
        why: row.failed.as_ref().map(|(_, why)| why.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_the_calendar() {
        for text in ["2026-11-22", "2028-02-29", "2026-12-31"] {
            assert_eq!(day(text).map(day_text), Ok(text.to_owned()));
        }
        for bad in [
            "",
            "2026-11",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "26-11-22",
            "2026-11-2",
            "2026-11-22 ",
            "+026-11-22",
        ] {
            assert_eq!(day(bad), Err(Reason::InvoiceDue), "{bad}");
        }
    }
}
