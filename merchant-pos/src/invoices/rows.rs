//! The values of invoices in the records, as deterministic CBOR: each encoding beside its exact inverse.

use super::hook::MAX_ATTEMPTS;
use super::invoice::{Invoice, InvoiceToken, MAX_EMAIL_BYTES, MAX_REMINDERS, MAX_TEXT_BYTES, Told};
use super::secret::Name;
use super::series::Series;
use ledger::amount::Amount;
use ledger::encoding::{DecodeError, Reader, Writer};
use ledger::key::{AccountId, Hash32};
use ledger::message::{MAX_REFERENCE_BYTES, MAX_SHOP_NAME_BYTES};

/// Labels and names have at most so many bytes: 40 characters of any script.
const MAX_LABEL_BYTES: usize = 160;
/// A code of the treasury, and a pattern, have at most so many bytes.
const MAX_PATTERN_BYTES: usize = 100;
/// What went wrong with a hook, in one line.
const MAX_WORDS_BYTES: usize = 200;

/// A key of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyRow {
    /// Its name.
    pub name: Name,
    /// The hash of its secret.
    pub hash: Hash32,
    /// What the shop calls it.
    pub label: String,
    /// Whether it may write and cancel invoices; all may read.
    pub create: bool,
    /// Since when.
    pub created: u64,
}

/// A hook, and how it went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HookRow {
    /// Its name.
    pub name: Name,
    /// Where it is sent.
    pub url: String,
    /// Since when.
    pub created: u64,
    /// When something last arrived.
    pub arrived: Option<u64>,
    /// When something last did not, and why.
    pub failed: Option<(u64, String)>,
}

/// An event on its way to a hook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// When it is sent next.
    pub due: u64,
    /// Whose hook.
    pub account: AccountId,
    /// Which hook.
    pub hook: Name,
    /// The event's id.
    pub event: [u8; 16],
    /// How often it was sent in vain.
    pub attempts: u32,
    /// What is sent.
    pub body: Vec<u8>,
}

/// `{1: account, 2: shop name, 3: reference, 4: text, 5: amount, 6: due, 7: partial, 8: created, 9: [reminded…], 10: [paid, refunded,
/// cancelled], 11?: series, 12?: payer, 13?: email, 14?: cancelled at}`
pub fn encode_invoice(invoice: &Invoice) -> Vec<u8> {
    let optional = [invoice.series.is_some(), invoice.payer.is_some(), invoice.email.is_some(), invoice.cancelled.is_some()];
    let mut out = Writer::new();
    out.map(10 + optional.into_iter().filter(|present| *present).count());
    out.uint(1).bytes(&invoice.account.0).uint(2).text(&invoice.shop_name).uint(3).text(&invoice.reference);
    out.uint(4).text(&invoice.text).uint(5).uint(invoice.amount.cents()).uint(6).uint(invoice.due.unsigned_abs());
    out.uint(7).bool(invoice.partial).uint(8).uint(invoice.created).uint(9).array(invoice.reminded.len());
    for at in &invoice.reminded {
        out.uint(*at);
    }
    out.uint(10).array(3).uint(invoice.told.paid).uint(invoice.told.refunded).bool(invoice.told.cancelled);
    if let Some(series) = &invoice.series {
        out.uint(11).text(series);
    }
    if let Some(payer) = &invoice.payer {
        out.uint(12).bytes(&payer.0);
    }
    if let Some(email) = &invoice.email {
        out.uint(13).text(email);
    }
    if let Some(at) = invoice.cancelled {
        out.uint(14).uint(at);
    }
    out.into_bytes()
}

/// Reads an invoice, whose token is its key.
pub fn decode_invoice(token: &InvoiceToken, value: &[u8]) -> Result<Invoice, DecodeError> {
    let mut reader = Reader::new(value);
    let r = &mut reader;
    let mut map = r.map()?;
    map.required(r, 1)?;
    let account = AccountId(r.fixed()?);
    map.required(r, 2)?;
    let shop_name = r.text(MAX_SHOP_NAME_BYTES)?.to_owned();
    map.required(r, 3)?;
    let reference = r.text(MAX_REFERENCE_BYTES)?.to_owned();
    map.required(r, 4)?;
    let text = r.text_with_lines(MAX_TEXT_BYTES)?.to_owned();
    map.required(r, 5)?;
    let amount = Amount::from_cents(r.uint()?).ok_or(DecodeError::OutOfBounds("an amount of the records"))?;
    map.required(r, 6)?;
    let due = i64::try_from(r.uint()?).map_err(|_| DecodeError::OutOfBounds("a day of the records"))?;
    map.required(r, 7)?;
    let partial = r.bool()?;
    map.required(r, 8)?;
    let created = r.uint()?;
    map.required(r, 9)?;
    let reminders = r.array(MAX_REMINDERS)?;
    let reminded = (0..reminders).map(|_| r.uint()).collect::<Result<_, _>>()?;
    map.required(r, 10)?;
    r.array_of(3)?;
    let told = Told { paid: r.uint()?, refunded: r.uint()?, cancelled: r.bool()? };
    let series = if map.optional(r, 11)? { Some(r.text(MAX_LABEL_BYTES)?.to_owned()) } else { None };
    let payer = if map.optional(r, 12)? { Some(AccountId(r.fixed()?)) } else { None };
    let email = if map.optional(r, 13)? { Some(r.text(MAX_EMAIL_BYTES)?.to_owned()) } else { None };
    let cancelled = if map.optional(r, 14)? { Some(r.uint()?) } else { None };
    map.end()?;
    reader.end()?;
    let token = *token;
    Ok(Invoice {
        token,
        account,
        shop_name,
        reference,
        series,
        text,
        amount,
        due,
        payer,
        email,
        partial,
        created,
        cancelled,
        reminded,
        told,
    })
}

/// `[pattern, code, year, last number]`, under the name
pub fn encode_series(series: &Series) -> Vec<u8> {
    let mut out = Writer::new();
    out.array(4).text(&series.pattern).text(&series.code).uint(u64::from(series.year.unsigned_abs())).uint(series.last);
    out.into_bytes()
}

/// Reads a series.
pub fn decode_series(name: &[u8], value: &[u8]) -> Result<Series, DecodeError> {
    let mut r = Reader::new(value);
    let name = std::str::from_utf8(name).map_err(|_| DecodeError::Malformed("the name of a series"))?.to_owned();
    r.array_of(4)?;
    let (pattern, code) = (r.text(MAX_PATTERN_BYTES)?.to_owned(), r.text(MAX_PATTERN_BYTES)?.to_owned());
    let year = i32::try_from(r.uint()?).map_err(|_| DecodeError::OutOfBounds("the year of a series"))?;
    let last = r.uint()?;
    r.end()?;
    Ok(Series { name, pattern, code, year, last })
}

/// `[hash, label, may create, created]`
pub fn encode_key(key: &KeyRow) -> Vec<u8> {
    let mut out = Writer::new();
    out.array(4).bytes(&key.hash.0).text(&key.label).bool(key.create).uint(key.created);
    out.into_bytes()
}

/// Reads a program's key.
pub fn decode_key(name: Name, value: &[u8]) -> Result<KeyRow, DecodeError> {
    let mut r = Reader::new(value);
    r.array_of(4)?;
    let row = KeyRow { name, hash: r.hash()?, label: r.text(MAX_LABEL_BYTES)?.to_owned(), create: r.bool()?, created: r.uint()? };
    r.end()?;
    Ok(row)
}

/// `{1: url, 2: created, 3?: arrived, 4?: [failed, why]}`
pub fn encode_hook(hook: &HookRow) -> Vec<u8> {
    let mut out = Writer::new();
    out.map(2 + usize::from(hook.arrived.is_some()) + usize::from(hook.failed.is_some()));
    out.uint(1).text(&hook.url).uint(2).uint(hook.created);
    if let Some(at) = hook.arrived {
        out.uint(3).uint(at);
    }
    if let Some((at, why)) = &hook.failed {
        let plain: String = why.chars().filter(|char| !char.is_control()).take(MAX_WORDS_BYTES / 4).collect();
        out.uint(4).array(2).uint(*at).text(&plain);
    }
    out.into_bytes()
}

/// Reads a hook.
pub fn decode_hook(name: Name, value: &[u8]) -> Result<HookRow, DecodeError> {
    let mut reader = Reader::new(value);
    let r = &mut reader;
    let mut map = r.map()?;
    map.required(r, 1)?;
    let url = r.text(super::address::MAX_URL_BYTES)?.to_owned();
    map.required(r, 2)?;
    let created = r.uint()?;
    let arrived = if map.optional(r, 3)? { Some(r.uint()?) } else { None };
    let failed = if map.optional(r, 4)? {
        r.array_of(2)?;
        Some((r.uint()?, r.text(MAX_WORDS_BYTES)?.to_owned()))
    } else {
        None
    };
    map.end()?;
    reader.end()?;
    Ok(HookRow { name, url, created, arrived, failed })
}

/// `account hook due event`, numbers big-endian: each hook's next one first.
pub fn delivery_key(delivery: &Delivery) -> Vec<u8> {
    [&delivery.account.0[..], &delivery.hook, &delivery.due.to_be_bytes(), &delivery.event].concat()
}

/// `[attempts, body]`
pub fn encode_delivery(delivery: &Delivery) -> Vec<u8> {
    let mut out = Writer::new();
    out.array(2).uint(delivery.attempts.into()).bytes(&delivery.body);
    out.into_bytes()
}

/// Reads a delivery.
pub fn decode_delivery(key: &[u8], value: &[u8]) -> Result<Delivery, DecodeError> {
    let malformed = || DecodeError::Malformed("the key of a delivery");
    let (account, rest) = key.split_first_chunk::<16>().ok_or_else(malformed)?;
    let (hook, rest) = rest.split_first_chunk::<8>().ok_or_else(malformed)?;
    let (due, event) = rest.split_first_chunk::<8>().ok_or_else(malformed)?;
    let event = event.try_into().map_err(|_| malformed())?;
    let mut r = Reader::new(value);
    r.array_of(2)?;
    let attempts = u32::try_from(r.uint()?).ok().filter(|n| *n <= MAX_ATTEMPTS).ok_or(DecodeError::OutOfBounds("attempts"))?;
    let body = r.bytes()?.to_vec();
    r.end()?;
    Ok(Delivery { due: u64::from_be_bytes(*due), account: AccountId(*account), hook: *hook, event, attempts, body })
}

#[cfg(test)]
mod tests {
    use super::super::invoice::tests::invoice;
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_written() {
        let plain = invoice();
        let full = Invoice {
            payer: Some(AccountId([8; 16])),
            cancelled: Some(4),
            reminded: vec![1, 2],
            text: "une\ndeux".into(),
            told: Told { paid: 3, refunded: 1, cancelled: true },
            ..invoice()
        };
        let bare = Invoice { series: None, email: None, text: String::new(), ..invoice() };
        for invoice in [plain, full, bare] {
            assert_eq!(decode_invoice(&invoice.token, &encode_invoice(&invoice)), Ok(invoice));
        }
        let series = Series { year: 2026, last: 7, ..Series::new("Cantine", "C{n}", "7067").unwrap() };
        assert_eq!(decode_series(b"Cantine", &encode_series(&series)), Ok(series));
        let key = KeyRow { name: [1; 8], hash: Hash32([2; 32]), label: "boutique".into(), create: true, created: 5 };
        assert_eq!(decode_key([1; 8], &encode_key(&key)), Ok(key));
        for (arrived, failed) in [(None, None), (Some(3), None), (Some(3), Some((4, "500".to_owned())))] {
            let hook = HookRow { name: [1; 8], url: "https://a.example/".into(), created: 2, arrived, failed };
            assert_eq!(decode_hook([1; 8], &encode_hook(&hook)), Ok(hook));
        }
        let delivery =
            Delivery { due: 9, account: AccountId([1; 16]), hook: [2; 8], event: [3; 16], attempts: 4, body: b"{}".to_vec() };
        assert_eq!(decode_delivery(&delivery_key(&delivery), &encode_delivery(&delivery)), Ok(delivery));
    }
}
