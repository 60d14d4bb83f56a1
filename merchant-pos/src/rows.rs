//! The values of this machine's records, as deterministic CBOR: each encoding beside its exact inverse.
//!
//! Keys are [`crate::store`]'s; what stands in a key is not repeated in its value.

use crate::charge::{Charge, Payment, Progress, Refund, Unexpected, Why};
use crate::enrolment::Kind;
use crate::store::{ChargeId, Of, SeenLedger, TillRow};
use ledger::amount::Amount;
use ledger::encoding::{DecodeError, Reader, Writer};
use ledger::key::{AccountId, Hash32, Prefix, PublicKey};
use ledger::message::MAX_REFERENCE_BYTES;
use ledger::transaction::ChargeReference;
use wallet_api::client::Trust;

/// A label has at most so many bytes: 40 characters of any script.
const MAX_LABEL_BYTES: usize = 160;
/// A ledger has at most so many checkpoint keys in its life: one a month for a century.
const MAX_CHECKPOINT_KEYS: usize = 1_200;
/// A currency's prefix has at most so many letters.
const MAX_PREFIX_BYTES: usize = 12;

/// `[ledger, prefix, [checkpoint key…]]`
pub fn encode_trust(trust: &Trust) -> Vec<u8> {
    let mut out = Writer::new();
    out.array(3).bytes(&trust.ledger.0).text(&trust.prefix.to_string()).array(trust.keys.len());
    for key in &trust.keys {
        out.bytes(key.as_bytes());
    }
    out.into_bytes()
}

/// Reads a pin.
pub fn decode_trust(value: &[u8]) -> Result<Trust, DecodeError> {
    let mut reader = Reader::new(value);
    reader.array_of(3)?;
    let ledger = Hash32(reader.fixed()?);
    let prefix = Prefix::new(reader.text(MAX_PREFIX_BYTES)?).ok_or(DecodeError::Malformed("a prefix"))?;
    let keys = reader.array(MAX_CHECKPOINT_KEYS)?;
    let keys = (0..keys).map(|_| reader.key()).collect::<Result<_, _>>()?;
    reader.end()?;
    Ok(Trust { ledger, keys, prefix })
}

/// `{1: till, 2: amount, 3: expires, 4: created, 5: request, 6: certificate, 7?: reference, 8?: cancelled at, 9?: [sequence, paid at,
/// payer, refunded]}`
pub fn encode_charge(charge: &Charge) -> Vec<u8> {
    let (cancelled, paid) = match charge.progress {
        Progress::Asked => (None, None),
        Progress::Cancelled { at } => (Some(at), None),
        Progress::Paid { sequence, at, payer, refunded } => (None, Some((sequence, at, payer, refunded))),
    };
    let optional = [charge.reference.is_some(), cancelled.is_some(), paid.is_some()];
    let mut out = Writer::new();
    out.map(6 + optional.into_iter().filter(|present| *present).count());
    out.uint(1).bytes(charge.till.as_bytes()).uint(2).uint(charge.amount.cents()).uint(3).uint(charge.asked.expires);
    out.uint(4).uint(charge.created).uint(5).bytes(&charge.request).uint(6).bytes(&charge.certificate);
    if let Some(reference) = &charge.reference {
        out.uint(7).text(reference);
    }
    if let Some(at) = cancelled {
        out.uint(8).uint(at);
    }
    if let Some((sequence, at, payer, refunded)) = paid {
        out.uint(9).array(4).uint(sequence).uint(at).bytes(&payer.0).uint(refunded);
    }
    out.into_bytes()
}

/// Reads a charge, whose account and id are its key.
pub fn decode_charge(account: &AccountId, id: &ChargeId, value: &[u8]) -> Result<Charge, DecodeError> {
    let mut reader = Reader::new(value);
    let r = &mut reader;
    let mut map = r.map()?;
    map.required(r, 1)?;
    let till = r.key()?;
    map.required(r, 2)?;
    let amount = amount(r)?;
    map.required(r, 3)?;
    let asked = ChargeReference { id: *id, expires: r.uint()? };
    map.required(r, 4)?;
    let created = r.uint()?;
    map.required(r, 5)?;
    let request = r.bytes()?.to_vec();
    map.required(r, 6)?;
    let certificate = r.bytes()?.to_vec();
    let reference = if map.optional(r, 7)? { Some(r.text(MAX_REFERENCE_BYTES)?.to_owned()) } else { None };
    let progress = if map.optional(r, 8)? {
        Progress::Cancelled { at: r.uint()? }
    } else if map.optional(r, 9)? {
        r.array_of(4)?;
        Progress::Paid { sequence: r.uint()?, at: r.uint()?, payer: AccountId(r.fixed()?), refunded: r.uint()? }
    } else {
        Progress::Asked
    };
    map.end()?;
    reader.end()?;
    Ok(Charge { account: *account, till, amount, asked, reference, created, request, certificate, progress })
}

fn amount(r: &mut Reader) -> Result<Amount, DecodeError> {
    Amount::from_cents(r.uint()?).ok_or(DecodeError::OutOfBounds("an amount of the records"))
}

/// `{1: time, 2: payer, 3: amount, 4: why, 5: refunded, 6?: [charge id, expires]}`
pub fn encode_unexpected(unexpected: &Unexpected) -> Vec<u8> {
    let Unexpected { payment, why, refunded } = unexpected;
    let mut out = Writer::new();
    out.map(5 + usize::from(payment.charge.is_some())).uint(1).uint(payment.time).uint(2).bytes(&payment.payer.0);
    out.uint(3).uint(payment.amount.cents()).uint(4).uint(*why as u64).uint(5).uint(*refunded);
    if let Some(charge) = &payment.charge {
        out.uint(6).array(2).bytes(&charge.id).uint(charge.expires);
    }
    out.into_bytes()
}

/// Reads an unexpected payment, whose sequence and item are in its key.
pub fn decode_unexpected(sequence: u64, item: u16, value: &[u8]) -> Result<Unexpected, DecodeError> {
    let mut reader = Reader::new(value);
    let r = &mut reader;
    let mut map = r.map()?;
    map.required(r, 1)?;
    let time = r.uint()?;
    map.required(r, 2)?;
    let payer = AccountId(r.fixed()?);
    map.required(r, 3)?;
    let amount = amount(r)?;
    map.required(r, 4)?;
    let why = usize::try_from(r.uint()?).ok().and_then(|code| Why::ALL.get(code).copied());
    let why = why.ok_or(DecodeError::OutOfBounds("a reason of the records"))?;
    map.required(r, 5)?;
    let refunded = r.uint()?;
    let charge = if map.optional(r, 6)? {
        r.array_of(2)?;
        Some(ChargeReference { id: r.fixed()?, expires: r.uint()? })
    } else {
        None
    };
    map.end()?;
    reader.end()?;
    Ok(Unexpected { payment: Payment { sequence, item, time, payer, amount, charge }, why, refunded })
}

/// `[time, original, item, amount, 0 earlier | 1 unexpected | 2 charge, its id or nothing]`
pub fn encode_refund(refund: &Refund, of: &Of) -> Vec<u8> {
    let mut out = Writer::new();
    out.array(6).uint(refund.time).uint(refund.original).uint(u64::from(refund.item)).uint(refund.amount.cents());
    match of {
        Of::Earlier => out.uint(0).bytes(&[]),
        Of::Unexpected => out.uint(1).bytes(&[]),
        Of::Charge(id) => out.uint(2).bytes(id),
    };
    out.into_bytes()
}

/// Reads a refund, whose sequence is in its key.
pub fn decode_refund(sequence: u64, value: &[u8]) -> Result<(Refund, Of), DecodeError> {
    let mut reader = Reader::new(value);
    let r = &mut reader;
    r.array_of(6)?;
    let (time, original) = (r.uint()?, r.uint()?);
    let item = u16::try_from(r.uint()?).map_err(|_| DecodeError::OutOfBounds("an item of the records"))?;
    let amount = amount(r)?;
    let of = match (r.uint()?, r.bytes()?) {
        (0, []) => Of::Earlier,
        (1, []) => Of::Unexpected,
        (2, id) => Of::Charge(id.try_into().map_err(|_| DecodeError::Malformed("a charge of a refund"))?),
        _ => return Err(DecodeError::Malformed("what a refund gave back")),
    };
    reader.end()?;
    Ok((Refund { sequence, time, original, item, amount }, of))
}

/// `[size, root]` of a verified checkpoint.
pub fn encode_seen(seen: &SeenLedger) -> Vec<u8> {
    let mut out = Writer::new();
    out.array(2).uint(seen.size).bytes(&seen.root);
    out.into_bytes()
}

/// Reads how far the ledger was seen.
pub fn decode_seen(value: &[u8]) -> Result<SeenLedger, DecodeError> {
    let mut reader = Reader::new(value);
    reader.array_of(2)?;
    let seen = SeenLedger { size: reader.uint()?, root: reader.fixed()? };
    reader.end()?;
    Ok(seen)
}

/// `[label, since, confirmed, kind?]`: without a kind it is a till.
pub fn encode_till(till: &TillRow) -> Vec<u8> {
    let mut out = Writer::new();
    let kinded = till.kind != Kind::Till;
    out.array(3 + usize::from(kinded)).text(&till.label).uint(till.since).bool(till.confirmed);
    if kinded {
        out.uint(till.kind.code());
    }
    out.into_bytes()
}

/// Reads a till, whose key is in its key.
pub fn decode_till(key: &[u8], value: &[u8]) -> Result<TillRow, DecodeError> {
    let malformed = DecodeError::Malformed("the key of a till");
    let key: [u8; 32] = key.get(16..).and_then(|key| key.try_into().ok()).ok_or(malformed)?;
    let key = PublicKey::from_bytes(&key).ok_or(DecodeError::WeakKey)?;
    let mut reader = Reader::new(value);
    let fields = reader.array(4)?;
    let (label, since, confirmed) = (reader.text(MAX_LABEL_BYTES)?.to_owned(), reader.uint()?, reader.bool()?);
    let kind = if fields < 4 { Some(Kind::Till) } else { Kind::from_code(reader.uint()?) };
    let kind = kind.ok_or(DecodeError::Malformed("the kind of a till"))?;
    reader.end()?;
    Ok(TillRow { key, label, since, confirmed, kind })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charge::tests::{cents, charge, payment};

    #[test]
    fn rows_are_these_bytes_and_come_back() {
        let asked = Charge { request: b"request".to_vec(), certificate: b"word".to_vec(), ..charge() };
        let paid = asked.pay(&payment()).unwrap().refund(250).unwrap();
        let cancelled = Charge { reference: None, ..asked.cancel(1_000_001).unwrap() };
        let unexpected = Unexpected { payment: payment(), why: Why::Expired, refunded: 5 };
        let refund = Refund { sequence: 42, time: 1_000_002, original: 40, item: 0, amount: cents(250) };
        let till = hex::encode(charge().till.as_bytes());
        let start = format!("015820{till}021904e2031a0013d620041a000f424005477265717565737406");
        let (word, table) = ("44776f7264", "07677461626c652034");
        assert_eq!(hex::encode(encode_charge(&asked)), format!("a7{start}{word}{table}"));
        let payer = "50".to_owned() + &"02".repeat(16);
        let paid_tail = format!("098418281a000f55c8{payer}18fa");
        assert_eq!(hex::encode(encode_charge(&paid)), format!("a8{start}{word}{table}{paid_tail}"));
        assert_eq!(hex::encode(encode_charge(&cancelled)), format!("a7{start}{word}081a000f4241"));
        for charge in [asked, paid, cancelled] {
            assert_eq!(decode_charge(&charge.account, &charge.asked.id, &encode_charge(&charge)), Ok(charge));
        }
        let id = "50".to_owned() + &"03".repeat(16);
        let golden = format!("a6011a000f55c802{payer}031904e20404050506 82{id}1a0013d620").replace(' ', "");
        assert_eq!(hex::encode(encode_unexpected(&unexpected)), golden);
        assert_eq!(decode_unexpected(40, 0, &encode_unexpected(&unexpected)), Ok(unexpected));
        let golden = format!("861a000f424218280018fa02{id}");
        let of = Of::Charge([3; 16]);
        assert_eq!(hex::encode(encode_refund(&refund, &of)), golden);
        let seen = SeenLedger { size: 300, root: [6; 32] };
        assert_eq!(hex::encode(encode_seen(&seen)), format!("8219012c5820{}", "06".repeat(32)));
        assert_eq!(decode_seen(&encode_seen(&seen)), Ok(seen));
        for of in [of, Of::Unexpected, Of::Earlier] {
            assert_eq!(decode_refund(42, &encode_refund(&refund, &of)), Ok((refund, of)));
        }
    }
}
