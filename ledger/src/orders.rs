//! What members said they will transfer: conversion orders, and the references by which a bank's line finds them.
//!
//! ```text
//! table 8    account:16 ‖ number:u64    {1: cents, 2: reference, 3: created, 4: cancelled, 5?: credit}
//! table 10   reference                  account:16 ‖ number:u64
//! ```
//! An order is no money and no promise of any: euros that arrive are the member's, with an order or without. So it stands here and not in
//! the journal, names nobody but an account, and is never removed, because its reference may still come late.

use crate::account::CampaignNumber;
use crate::directory::MAX_IBAN_BYTES;
use crate::encoding::{DecodeError, Reader, Writer};
use crate::fault::Fault;
use crate::key::{AccountId, Hash32};
use crate::message::MAX_REFERENCE_BYTES;
use crate::records::{Change, KeyRange, Order as Sort, Records, Table};
use crate::rules::DAY_MS;
use std::sync::{Arc, Mutex, PoisonError};

const ORDERS: Table = Table(8);
const REFERENCES: Table = Table(10);

/// An order waits for its euros so long: a transfer takes a day or two, a person takes weeks.
pub const ORDER_LIFE_MS: u64 = 30 * DAY_MS;
/// A member has so many open orders at most: one a working day.
pub const MAX_OPEN_ORDERS: usize = 20;
/// A member makes so many orders at most while one lives, with those that were cancelled or answered, so that nobody fills the disk.
pub const MAX_RECENT_ORDERS: usize = 60;

const REFERENCE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Twelve characters of 5 bits: two of a million accounts share a reference with a chance below one in a million.
const REFERENCE_LENGTH: usize = 12;
/// `RF`, two check digits, and 1 to 21 characters (ISO 11649).
const REFERENCE_LENGTHS: std::ops::RangeInclusive<usize> = 5..=25;
/// The lengths of an IBAN: from Norway's to the longest that the standard allows.
const IBAN_LENGTHS: std::ops::RangeInclusive<usize> = 15..=MAX_IBAN_BYTES;

/// A creditor reference (ISO 11649) that follows from what it refers to: `RF`, two check digits, twelve characters.
fn creditor_reference(domain: &[u8], to: &[u8]) -> String {
    let hash = Hash32::of(&[domain, to].concat()).0;
    let bits = hash.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let digit = |place: usize| REFERENCE_ALPHABET[(bits >> (5 * place) & 31) as usize] as char;
    let body: String = (0..REFERENCE_LENGTH).map(digit).collect();
    let check = 98 - mod_97(&format!("{body}RF00"));
    format!("RF{check:02}{body}")
}

/// The constant reference of an account: for standing orders, and for whoever transfers without an order.
pub fn reference(account: &AccountId) -> String {
    creditor_reference(b"liard/reference", &account.0)
}

/// The reference of one conversion order.
pub fn order_reference(account: &AccountId, number: u64) -> String {
    creditor_reference(b"liard/order", &[&account.0[..], &number.to_be_bytes()].concat())
}

/// The reference under which a sponsor pays for a campaign.
pub fn campaign_reference(number: CampaignNumber) -> String {
    creditor_reference(b"liard/campaign", &number.to_be_bytes())
}

/// The unique mandate reference of what an account's holder signed at a time.
pub fn mandate_reference(account: &AccountId, signed_ms: u64) -> String {
    creditor_reference(b"liard/mandate", &[&account.0[..], &signed_ms.to_be_bytes()].concat())
}

/// A reference as it is compared: without spaces, in capitals.
pub fn normalised(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).map(|character| character.to_ascii_uppercase()).collect()
}

/// True for a creditor reference (ISO 11649) whose check digits are right, whatever its spaces and its case.
pub fn is_reference(text: &str) -> bool {
    let text = normalised(text);
    let sound = REFERENCE_LENGTHS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let checked = text.strip_prefix("RF").filter(|_| sound).and_then(|rest| rest.split_at_checked(2));
    checked
        .is_some_and(|(check, body)| check.bytes().all(|byte| byte.is_ascii_digit()) && mod_97(&format!("{body}RF{check}")) == 1)
}

/// The IBAN as machines write it, or `None` when it is mistyped: capitals, no spaces, check digits that fit (ISO 13616).
pub fn iban(text: &str) -> Option<String> {
    let iban = normalised(text);
    let sound = IBAN_LENGTHS.contains(&iban.len()) && iban.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let (head, tail) = iban.split_at_checked(4).filter(|_| sound)?;
    (mod_97(&format!("{tail}{head}")) == 1).then_some(iban)
}

/// The text as a number (letters are 10 to 35), modulo 97 (ISO 7064).
pub fn mod_97(text: &str) -> u32 {
    text.chars().fold(0, |rest, character| match character.to_digit(36) {
        Some(value) if value >= 10 => (rest * 100 + value) % 97,
        Some(value) => (rest * 10 + value) % 97,
        None => rest,
    })
}

/// What a member said they will transfer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConversionOrder {
    /// The account's first order is 1.
    pub number: u64,
    /// Who is to have the units.
    pub account: AccountId,
    /// How many euros, in cents.
    pub cents: u64,
    /// What the transfer names.
    pub reference: String,
    /// When it was made.
    pub created: u64,
    /// Until when it waits: [`ORDER_LIFE_MS`] later.
    pub expires: u64,
    /// True when the member took it back.
    pub cancelled: bool,
    /// The hash of the bank line that answered it, as the journal names that credit.
    pub credit: Option<Hash32>,
}

impl ConversionOrder {
    /// True while it waits for its euros.
    pub fn is_open(&self, now: u64) -> bool {
        !self.cancelled && self.credit.is_none() && now < self.expires
    }

    fn key(account: &AccountId, number: u64) -> Vec<u8> {
        [&account.0[..], &number.to_be_bytes()].concat()
    }

    fn account_and_number(key: &[u8]) -> Option<(AccountId, u64)> {
        let (account, number) = key.split_first_chunk::<16>()?;
        Some((AccountId(*account), u64::from_be_bytes(number.try_into().ok()?)))
    }

    fn change(&self) -> Change {
        let mut out = Writer::new();
        out.map(4 + usize::from(self.credit.is_some())).uint(1).uint(self.cents).uint(2).text(&self.reference);
        out.uint(3).uint(self.created).uint(4).bool(self.cancelled);
        if let Some(credit) = &self.credit {
            out.uint(5).bytes(&credit.0);
        }
        Change::Put { table: ORDERS, key: ConversionOrder::key(&self.account, self.number), value: out.into_bytes() }
    }

    fn decode(key: &[u8], value: &[u8]) -> Result<ConversionOrder, DecodeError> {
        let (account, number) =
            ConversionOrder::account_and_number(key).ok_or(DecodeError::Malformed("an order has no account and number"))?;
        let mut reader = Reader::new(value);
        let r = &mut reader;
        let mut map = r.map()?;
        map.required(r, 1)?;
        let cents = r.uint()?;
        map.required(r, 2)?;
        let reference = r.text(MAX_REFERENCE_BYTES)?.to_owned();
        map.required(r, 3)?;
        let created = r.uint()?;
        map.required(r, 4)?;
        let cancelled = r.bool()?;
        let credit = if map.optional(r, 5)? { Some(r.hash()?) } else { None };
        map.end()?;
        reader.end()?;
        let expires = created.saturating_add(ORDER_LIFE_MS);
        Ok(ConversionOrder { number, account, cents, reference, created, expires, cancelled, credit })
    }
}

/// A member has [`MAX_OPEN_ORDERS`] open orders, or made [`MAX_RECENT_ORDERS`] lately.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMany;

/// Every conversion order.
pub struct Orders {
    records: Arc<Records>,
    /// Held by one change at a time, from its look at an order until its write.
    writing: Mutex<()>,
}

impl Orders {
    /// The orders in these records.
    pub fn new(records: Arc<Records>) -> Orders {
        Orders { records, writing: Mutex::default() }
    }

    /// Makes an order. The caller has checked who asks, and that `cents` is an amount.
    ///
    /// # Errors
    ///
    /// [`TooMany`] changes nothing; as writing records.
    pub fn make(&self, account: &AccountId, cents: u64, now: u64) -> Result<Result<ConversionOrder, TooMany>, Fault> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = self.of(account, MAX_RECENT_ORDERS)?;
        let open = recent.iter().filter(|order| order.is_open(now)).count();
        let lately = recent.iter().filter(|order| now < order.expires).count();
        if open >= MAX_OPEN_ORDERS || lately >= MAX_RECENT_ORDERS {
            return Ok(Err(TooMany));
        }
        let mut number = recent.first().map_or(1, |last| last.number + 1);
        // Two orders share a reference with a chance of one in 2^60 for each pair; the later one takes the next number.
        while self.records.get(REFERENCES, order_reference(account, number).as_bytes())?.is_some() {
            number += 1;
        }
        let reference = order_reference(account, number);
        let (expires, place) = (now.saturating_add(ORDER_LIFE_MS), ConversionOrder::key(account, number));
        let index = Change::Put { table: REFERENCES, key: reference.clone().into_bytes(), value: place };
        let order = ConversionOrder {
            number,
            account: *account,
            cents,
            reference,
            created: now,
            expires,
            cancelled: false,
            credit: None,
        };
        self.records.keep(&[order.change(), index])?;
        Ok(Ok(order))
    }

    /// Takes an open order back; says whether there was one.
    ///
    /// # Errors
    ///
    /// As writing records.
    pub fn cancel(&self, account: &AccountId, number: u64, now: u64) -> Result<bool, Fault> {
        self.change(account, number, |order| order.is_open(now).then_some(ConversionOrder { cancelled: true, ..order }))
    }

    /// Notes that a bank line answered an order, cancelled or late as it may be; says whether it did: an order has one answer.
    ///
    /// # Errors
    ///
    /// As writing records.
    pub fn answered(&self, account: &AccountId, number: u64, credit: Hash32) -> Result<bool, Fault> {
        let free = |order: &ConversionOrder| order.credit.is_none_or(|before| before == credit);
        self.change(account, number, |order| free(&order).then_some(ConversionOrder { credit: Some(credit), ..order }))
    }

    /// The orders of an account, newest first, at most `limit`.
    ///
    /// # Errors
    ///
    /// As reading records; [`Fault::Damage`] when what is kept makes no sense.
    pub fn of(&self, account: &AccountId, limit: usize) -> Result<Vec<ConversionOrder>, Fault> {
        let found = self.records.scan(ORDERS, &KeyRange::prefix(&account.0), limit, Sort::Descending)?;
        found.iter().map(|(key, value)| ConversionOrder::decode(key, value).map_err(senseless)).collect()
    }

    /// The order that a reference names, whatever the text's spaces and case.
    ///
    /// # Errors
    ///
    /// As [`Orders::of`].
    pub fn by_reference(&self, text: &str) -> Result<Option<ConversionOrder>, Fault> {
        let text = normalised(text);
        if !REFERENCE_LENGTHS.contains(&text.len()) {
            return Ok(None);
        }
        let Some(place) = self.records.get(REFERENCES, text.as_bytes())? else { return Ok(None) };
        self.at(&place)
    }

    /// Every order that waits for its euros, in the order of accounts and numbers. It reads all orders that there are.
    ///
    /// # Errors
    ///
    /// As [`Orders::of`].
    pub fn open(&self, now: u64) -> Result<Vec<ConversionOrder>, Fault> {
        let mut open = Vec::new();
        self.records.each(ORDERS, KeyRange::all(), |key, value| -> Result<(), Fault> {
            let order = ConversionOrder::decode(key, value).map_err(senseless)?;
            open.extend(order.is_open(now).then_some(order));
            Ok(())
        })?;
        Ok(open)
    }

    fn at(&self, place: &[u8]) -> Result<Option<ConversionOrder>, Fault> {
        let value = self.records.get(ORDERS, place)?;
        value.map(|value| ConversionOrder::decode(place, &value).map_err(senseless)).transpose()
    }

    fn change(
        &self,
        account: &AccountId,
        number: u64,
        changed: impl FnOnce(ConversionOrder) -> Option<ConversionOrder>,
    ) -> Result<bool, Fault> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let order = self.at(&ConversionOrder::key(account, number))?;
        let Some(order) = order.and_then(changed) else { return Ok(false) };
        self.records.keep(&[order.change()])?;
        Ok(true)
    }
}

fn senseless(error: DecodeError) -> Fault {
    Fault::Damage(format!("what the records hold of orders makes no sense: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::memory::MemoryStorage;

    const ANNA: AccountId = AccountId([1; 16]);
    const BORIS: AccountId = AccountId([2; 16]);

    fn orders() -> (Orders, tempfile::TempDir) {
        let views = tempfile::tempdir().unwrap();
        let records = Records::open(Arc::new(MemoryStorage::default()), [1; 32], &views.path().join("views")).unwrap();
        (Orders::new(Arc::new(records)), views)
    }

    #[test]
    fn a_reference_passes_the_check_of_iso_11649() {
        for n in 0..100 {
            let account = AccountId([n; 16]);
            let references = [reference(&account), order_reference(&account, n.into()), campaign_reference(n.into())];
            for text in &references {
                assert_eq!(text.len(), 16);
                assert!(is_reference(text), "{text}");
            }
            assert_ne!(references[0], references[1]);
            assert_ne!(order_reference(&account, 1), order_reference(&account, 2));
        }
    }

    #[test]
    fn a_reference_is_known_in_any_case_and_spacing_and_by_its_check_digits() {
        for good in ["RF18539007547034", "RF712348231", " rf18 5390 0754 7034 ", "RF18 5390\u{a0}0754\u{202f}7034"] {
            assert!(is_reference(good), "{good}");
        }
        let wrong =
            ["RF18539007547043", "RF81539007547034", "FR18539007547034", "RF", "RF18", "RFA8539007547034", "RF18-5390-0754-7034"];
        for wrong in wrong.into_iter().chain(["", "RF185390075470é4", "RF18539007547034539007547034"]) {
            assert!(!is_reference(wrong), "{wrong}");
        }
        assert_eq!(normalised(" rf18 5390\t0754 7034\n"), "RF18539007547034");
    }

    #[test]
    fn a_mistyped_iban_is_noticed() {
        assert_eq!(iban("FR76 3000 6000 0112 3456 7890 189").as_deref(), Some("FR7630006000011234567890189"));
        assert_eq!(iban("fr1420041010050500013m02606").as_deref(), Some("FR1420041010050500013M02606"));
        for wrong in ["FR7630006000011234567890188", "FR76-3000", "", "FR76", "FR76é00060000112345678901"] {
            assert_eq!(iban(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_order_is_found_by_its_reference_and_expires_after_thirty_days() {
        let (orders, _views) = orders();
        let order = orders.make(&ANNA, 5_000, 1_000).unwrap().unwrap();
        assert_eq!((order.number, order.cents, order.expires), (1, 5_000, 1_000 + 30 * DAY_MS));
        assert!(order.is_open(order.expires - 1) && !order.is_open(order.expires));
        let spaced = format!("{} {}", order.reference[..4].to_lowercase(), &order.reference[4..]);
        assert_eq!(orders.by_reference(&spaced).unwrap(), Some(order.clone()));
        assert_eq!(orders.by_reference(&reference(&ANNA)).unwrap(), None);
        assert_eq!(orders.by_reference(&"9".repeat(600)).unwrap(), None);
        assert_eq!(orders.open(1_001).unwrap(), std::slice::from_ref(&order));
        assert!(orders.open(order.expires).unwrap().is_empty());
        assert_eq!(orders.of(&ANNA, 10).unwrap(), [order]);
        assert!(orders.of(&BORIS, 10).unwrap().is_empty());
    }

    #[test]
    fn an_open_order_can_be_taken_back_once() {
        let (orders, _views) = orders();
        let order = orders.make(&ANNA, 5_000, 1_000).unwrap().unwrap();
        assert!(!orders.cancel(&BORIS, order.number, 1_001).unwrap());
        assert!(!orders.cancel(&ANNA, 2, 1_001).unwrap());
        assert!(!orders.cancel(&ANNA, order.number, order.expires).unwrap());
        assert!(orders.cancel(&ANNA, order.number, 1_001).unwrap());
        assert!(!orders.cancel(&ANNA, order.number, 1_002).unwrap());
        let kept = orders.by_reference(&order.reference).unwrap().unwrap();
        assert!(kept.cancelled);
        assert!(orders.open(1_003).unwrap().is_empty());
    }

    #[test]
    fn an_order_has_one_answer_which_may_be_late() {
        let (orders, _views) = orders();
        let order = orders.make(&ANNA, 5_000, 1_000).unwrap().unwrap();
        orders.cancel(&ANNA, order.number, 1_001).unwrap();
        let (first, second) = (Hash32::of(b"a line"), Hash32::of(b"another"));
        assert!(orders.answered(&ANNA, order.number, first).unwrap());
        assert!(orders.answered(&ANNA, order.number, first).unwrap());
        assert!(!orders.answered(&ANNA, order.number, second).unwrap());
        assert!(!orders.answered(&BORIS, order.number, second).unwrap());
        assert_eq!(orders.by_reference(&order.reference).unwrap().unwrap().credit, Some(first));
        let paid = orders.make(&ANNA, 1, 1_000).unwrap().unwrap();
        assert!(orders.answered(&ANNA, paid.number, second).unwrap());
        assert!(!orders.cancel(&ANNA, paid.number, 1_001).unwrap());
    }

    #[test]
    fn a_member_has_at_most_twenty_open_orders() {
        let (orders, _views) = orders();
        for n in 0..MAX_OPEN_ORDERS as u64 {
            assert_eq!(orders.make(&ANNA, 1, n).unwrap().unwrap().number, n + 1);
        }
        assert_eq!(orders.make(&ANNA, 1, 20).unwrap(), Err(TooMany));
        assert!(orders.make(&BORIS, 1, 20).unwrap().is_ok());
        assert!(orders.cancel(&ANNA, 7, 20).unwrap());
        assert!(orders.make(&ANNA, 1, 20).unwrap().is_ok());
        assert_eq!(orders.make(&ANNA, 1, 21).unwrap(), Err(TooMany));
        assert!(orders.make(&ANNA, 1, ORDER_LIFE_MS).unwrap().is_ok());
    }

    #[test]
    fn orders_that_are_taken_back_again_and_again_come_to_an_end() {
        let (orders, _views) = orders();
        for _ in 0..MAX_RECENT_ORDERS {
            let order = orders.make(&ANNA, 1, 5).unwrap().unwrap();
            assert!(orders.cancel(&ANNA, order.number, 5).unwrap());
        }
        assert_eq!(orders.make(&ANNA, 1, 5).unwrap(), Err(TooMany));
        assert!(orders.make(&ANNA, 1, 5 + ORDER_LIFE_MS).unwrap().is_ok());
    }
}
