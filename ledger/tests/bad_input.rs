//! Bytes from strangers: no decoder panics, whatever is read is written as the same bytes again, and each kind of nonsense has its
//! code. The good messages that are broken here are those of `golden.txt`.

#![allow(clippy::unwrap_used)]

mod common;

use common::{HOUR, START, hash, key, public};
use ledger::account::AccountKind;
use ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use ledger::encoding::{DecodeError, Envelope, MAX_MESSAGE_BYTES, Purpose, Reader, Writer, sign};
use ledger::entry::{Links, RawEntry, encode_entry};
use ledger::key::{AccountId, AccountTextError, Hash32, LedgerId, Prefix, PublicKey};
use ledger::message::{Certificate, ChargeRequest, MandateStatement, SpendingCertificate, Stall, decode_sign_in, sign_in};
use ledger::outcome::Outcome;
use ledger::receipt::Receipt;
use ledger::transaction::{Act, Body, OpenAccount, SignedTransaction, Transaction, split_sequence};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static GOLDEN: LazyLock<BTreeMap<&str, Vec<u8>>> = LazyLock::new(|| {
    let lines = include_str!("golden.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(" = ")).map(|(name, digits)| (name, unhex(digits))).collect()
});

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn golden(name: &str) -> Vec<u8> {
    GOLDEN[name].clone()
}

fn the_ledger() -> LedgerId {
    Hash32(golden("genesis.id").try_into().unwrap())
}

/// All golden values whose name ends so.
fn ending(end: &str) -> Vec<Vec<u8>> {
    let found = GOLDEN.iter().filter(|(name, _)| name.ends_with(end) && !name.starts_with("refused"));
    found.map(|(_, bytes)| bytes.clone()).collect()
}

// ------------------------------------------------------------------------------------- every decoder, one by one and all at once

/// Gives bytes to every decoder; what one reads must come out again as it went in.
fn read_by_all(bytes: &[u8]) {
    let ledger = the_ledger();
    if let Ok(order) = SignedTransaction::decode(bytes, &ledger) {
        assert_eq!(order.bytes(), bytes);
        assert_eq!(order.transaction().encode(), Envelope::decode(bytes).unwrap().payload());
    }
    if let Ok(transaction) = Transaction::decode(bytes) {
        assert_eq!(transaction.encode(), bytes);
    }
    if let Ok(envelope) = Envelope::decode(bytes) {
        let protected = [&unhex("a20127045820"), &envelope.key_bytes()[..]].concat();
        let signature = &bytes[bytes.len() - 64..];
        let mut out = Writer::new();
        out.array(4).bytes(&protected).map(0).bytes(envelope.payload()).bytes(signature);
        assert_eq!(out.into_bytes(), bytes);
    }
    let mine = key("anna");
    if let Ok((request, signer)) = ChargeRequest::decode(bytes, &ledger)
        && signer == public("anna")
    {
        assert_eq!(request.sign(&ledger, &mine), bytes);
    }
    if let Ok((stall, signer)) = Stall::decode(bytes, &ledger)
        && signer == public("anna")
    {
        assert_eq!(stall.sign(&ledger, &mine), bytes);
    }
    if let Ok(certificate) = Certificate::decode(bytes, &ledger, &[public("anna")]) {
        assert_eq!(certificate.sign(&ledger, &mine), bytes);
    }
    if let Ok(certificate) = SpendingCertificate::decode(bytes, &ledger, &[public("anna")]) {
        assert_eq!(certificate.sign(&ledger, &mine), bytes);
    }
    if let Ok((mandate, signer)) = MandateStatement::decode(bytes, &ledger)
        && signer == public("anna")
    {
        assert_eq!(mandate.sign(&ledger, &mine), bytes);
    }
    if let Ok((challenge, signer)) = decode_sign_in(bytes, &ledger)
        && signer == public("anna")
    {
        assert_eq!(sign_in(&challenge, &ledger, &mine), bytes);
    }
    if let Ok(receipt) = Receipt::decode(bytes) {
        assert_eq!(receipt.encode(), bytes);
        let _ = receipt.verify(&ledger, &[public("anna")]);
    }
    if let Ok(entry) = RawEntry::decode(bytes) {
        assert_eq!(encode_entry(entry.sequence, entry.time, entry.transaction, &entry.outcome), bytes);
        let _ = entry.verified(&ledger);
    }
    if let Ok(links) = Links::decode(bytes) {
        assert_eq!(links.encode(), bytes);
    }
    let mut reader = Reader::new(bytes);
    if let Ok(outcome) = Outcome::read(&mut reader) {
        let mut out = Writer::new();
        outcome.write(&mut out);
        assert_eq!(out.into_bytes(), bytes[..bytes.len() - reader.rest().len()]);
    }
    if let Ok(parts) = split_sequence(bytes, 5) {
        assert_eq!(parts.concat(), bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = SignedCheckpoint::open(text, "liard", &[public("anna").verifying_key()]);
        if let Ok(checkpoint) = Checkpoint::parse(text) {
            assert!(text.starts_with(&checkpoint.encode_body()), "all but extension lines");
        }
        let prefix = Prefix::new("liard").unwrap();
        if let Ok(account) = AccountId::from_text(text, &prefix) {
            assert_eq!(account.to_text(&prefix), text.to_ascii_lowercase());
        }
    }
}

/// One change to a message, small or large.
#[derive(Clone, Debug)]
enum Change {
    Set(usize, u8),
    Flip(usize, u8),
    Remove(usize, usize),
    Insert(usize, Vec<u8>),
    Repeat(usize, usize),
    Cut(usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<usize>(), 0u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (any::<usize>(), 1usize..20).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<usize>(), prop::collection::vec(any::<u8>(), 1..12)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<usize>(), 1usize..40).prop_map(|(at, length)| Change::Repeat(at, length)),
        any::<usize>().prop_map(Change::Cut),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let length = bytes.len().max(1);
        match change {
            Change::Set(at, byte) => {
                if let Some(place) = bytes.get_mut(at % length) {
                    *place = *byte;
                }
            }
            Change::Flip(at, bit) => {
                if let Some(place) = bytes.get_mut(at % length) {
                    *place ^= 1 << bit;
                }
            }
            Change::Remove(at, count) => {
                let at = (at % length).min(bytes.len());
                bytes.drain(at..(at + count).min(bytes.len()));
            }
            Change::Insert(at, more) => {
                let at = (at % length).min(bytes.len());
                bytes.splice(at..at, more.iter().copied());
            }
            Change::Repeat(at, count) => {
                let at = (at % length).min(bytes.len());
                let part = bytes[at..(at + count).min(bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            Change::Cut(at) => bytes.truncate(at % length),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn random_bytes_never_make_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_by_all(&bytes);
    }

    #[test]
    fn broken_messages_never_make_a_panic(which: usize, changes in prop::collection::vec(change(), 1..4)) {
        let names: Vec<&&str> = GOLDEN.keys().collect();
        read_by_all(&changed(golden(names[which % names.len()]), &changes));
    }

    #[test]
    fn broken_payloads_under_a_good_signature_never_make_a_panic(which: usize, changes in prop::collection::vec(change(), 0..3)) {
        let payloads = ending(".payload");
        let payload = changed(payloads[which % payloads.len()].clone(), &changes);
        let others = [Purpose::Charge, Purpose::Certificate, Purpose::SignIn, Purpose::Mandate, Purpose::Spending];
        for purpose in others.into_iter().chain([Purpose::Transaction]) {
            read_by_all(&sign(purpose, &the_ledger(), &payload, &key("anna")));
        }
    }

    #[test]
    fn what_the_reader_takes_ciborium_reads_as_the_same_bytes(which: usize, changes in prop::collection::vec(change(), 0..3)) {
        let payloads = ending(".payload");
        let payload = changed(payloads[which % payloads.len()].clone(), &changes);
        if Transaction::decode(&payload).is_ok() {
            let value: ciborium::Value = ciborium::from_reader(&payload[..]).unwrap();
            let mut again = Vec::new();
            ciborium::into_writer(&value, &mut again).unwrap();
            prop_assert_eq!(again, payload);
        }
    }
}

#[test]
fn every_single_flipped_bit_of_a_signed_message_is_refused() {
    let ledger = the_ledger();
    let bytes = golden("transfer.of_charge_with_memo.cose");
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(SignedTransaction::decode(&flipped, &ledger).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn every_truncated_message_is_malformed() {
    for bytes in ending(".cose") {
        for length in 0..bytes.len() {
            assert_eq!(Envelope::decode(&bytes[..length]).err().map(DecodeError::code), Some("malformed"));
        }
    }
    for entry in ["entry.0", "entry.5", "receipt"] {
        let bytes = golden(entry);
        for length in 0..bytes.len() {
            assert!(RawEntry::decode(&bytes[..length]).is_err() && Receipt::decode(&bytes[..length]).is_err());
        }
    }
}

// ------------------------------------------------------------------------------------------------------------------ named cases

/// The code of the refusal of a payload that anna signed.
fn refused(payload: &[u8]) -> &'static str {
    let bytes = sign(Purpose::Transaction, &the_ledger(), payload, &key("anna"));
    SignedTransaction::decode(&bytes, &the_ledger()).expect_err("this must not be read").code()
}

/// `{1: kind, 2: nonce, 3: 23, 4: body}`.
fn order(kind: u64, body: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.map(4).uint(1).uint(kind).uint(2).bytes(&[7; 8]).uint(3).uint(23).uint(4).encoded(body);
    out.into_bytes()
}

/// The body of a transfer with these bytes as its amount.
fn transfer_of(amount: &[u8]) -> Vec<u8> {
    let mut out = Writer::new();
    out.map(3).uint(1).bytes(&[1; 16]).uint(2).bytes(&[2; 16]).uint(3).encoded(amount);
    order(20, &out.into_bytes())
}

fn number(value: u64) -> Vec<u8> {
    let mut out = Writer::new();
    out.uint(value);
    out.into_bytes()
}

#[test]
fn a_message_above_the_limit_is_too_large() {
    let payload = |length: usize| {
        let mut out = Writer::new();
        out.bytes(&vec![0; length]);
        out.into_bytes()
    };
    let at_limit = sign(Purpose::Transaction, &the_ledger(), &payload(MAX_MESSAGE_BYTES - 114), &key("anna"));
    assert_eq!(at_limit.len(), MAX_MESSAGE_BYTES);
    assert_eq!(SignedTransaction::decode(&at_limit, &the_ledger()).unwrap_err().code(), "malformed");
    let above = sign(Purpose::Transaction, &the_ledger(), &payload(MAX_MESSAGE_BYTES - 113), &key("anna"));
    assert_eq!(SignedTransaction::decode(&above, &the_ledger()).unwrap_err().code(), "too_large");
    let mut entry = Writer::new();
    entry.array(4).uint(1).uint(1).bytes(&vec![0; MAX_MESSAGE_BYTES + 1]).map(0);
    assert_eq!(RawEntry::decode(&entry.into_bytes()).err().map(DecodeError::code), Some("too_large"));
}

#[test]
fn amounts_of_zero_above_the_limit_negative_or_fractional_are_refused() {
    assert!(Transaction::decode(&transfer_of(&number(1))).is_ok());
    assert!(Transaction::decode(&transfer_of(&number(1_000_000_000_000))).is_ok());
    for amount in [0, 1_000_000_000_001, u64::from(u32::MAX) << 10, i64::MAX as u64, u64::MAX] {
        assert_eq!(refused(&transfer_of(&number(amount))), "out_of_bounds", "{amount}");
    }
    // −1, 1.0 as a half float, the bignum 1, null and true.
    for amount in ["20", "f93c00", "c24101", "f6", "f5"] {
        assert_eq!(refused(&transfer_of(&unhex(amount))), "malformed", "{amount}");
    }
}

#[test]
fn numbers_and_lengths_that_are_longer_than_needed_are_not_canonical() {
    for amount in ["1817", "190017", "1900ff", "1a00000017", "1a0000ffff", "1b0000000000000017", "1b00000000ffffffff"] {
        assert_eq!(refused(&transfer_of(&unhex(amount))), "not_canonical", "{amount}");
    }
    // Reserved and indefinite forms.
    for amount in ["1c", "1d", "1e", "1f"] {
        assert_eq!(refused(&transfer_of(&unhex(amount))), "not_canonical", "{amount}");
    }
    let long_map = unhex("b803015001010101010101010101010101010101");
    assert_eq!(refused(&order(20, &long_map)), "not_canonical");
    let long_bytes = [unhex("a1015820"), vec![5; 32]].concat();
    assert!(Transaction::decode(&order(3, &long_bytes)).is_ok());
    for head in ["a101590020", "a1015a00000020", "a1015b0000000000000020", "a1015f"] {
        assert_eq!(refused(&order(3, &[unhex(head), vec![5; 32]].concat())), "not_canonical", "{head}");
    }
}

#[test]
fn keys_out_of_order_repeated_unknown_or_missing_are_refused() {
    let pairs = |keys: &[u64]| {
        let mut out = Writer::new();
        out.map(keys.len());
        for key in keys {
            out.uint(*key);
            match key {
                3 => out.uint(100),
                _ => out.bytes(&[*key as u8; 16]),
            };
        }
        order(20, &out.into_bytes())
    };
    assert!(Transaction::decode(&pairs(&[1, 2, 3])).is_ok());
    assert_eq!(refused(&pairs(&[2, 1, 3])), "malformed", "the first key that is required is not there");
    assert_eq!(refused(&pairs(&[1, 1, 3])), "not_canonical");
    assert_eq!(refused(&pairs(&[1, 2, 2])), "not_canonical");
    assert_eq!(refused(&pairs(&[1, 2, 3, 3])), "not_canonical");
    assert_eq!(refused(&pairs(&[1, 2, 3, 1])), "not_canonical");
    assert_eq!(refused(&pairs(&[1, 2, 3, 6])), "malformed");
    assert_eq!(refused(&pairs(&[1, 2])), "malformed");
    assert_eq!(refused(&[pairs(&[1, 2, 3]), vec![0]].concat()), "malformed", "bytes are left over");
}

#[test]
fn deep_nesting_and_huge_lengths_cost_nothing() {
    for head in [0x81, 0xa1, 0xc1, 0x9f, 0xbf] {
        let deep = vec![head; MAX_MESSAGE_BYTES - 200];
        let code = refused(&deep);
        assert!(code == "malformed" || code == "not_canonical");
        assert!(["malformed", "not_canonical"].contains(&refused(&order(20, &deep[..10_000]))));
        read_by_all(&deep);
    }
    let endless = |head: &str| [unhex("a2015001010101010101010101010101010101"), unhex("02"), unhex(head)].concat();
    assert_eq!(refused(&order(21, &endless("9bffffffffffffffff"))), "out_of_bounds");
    assert_eq!(refused(&order(21, &endless("9affffffff"))), "out_of_bounds");
    assert_eq!(refused(&order(3, &unhex("a1015bffffffffffffffff"))), "malformed");
    assert_eq!(refused(&unhex("bbffffffffffffffff")), "out_of_bounds");
}

#[test]
fn a_list_of_201_payments_is_out_of_bounds() {
    let list = |length: usize| {
        let mut out = Writer::new();
        out.map(2).uint(1).bytes(&[1; 16]).uint(2).array(length);
        for _ in 0..length {
            out.array(2).bytes(&[2; 16]).uint(1);
        }
        order(21, &out.into_bytes())
    };
    assert!(Transaction::decode(&list(200)).is_ok());
    assert_eq!(refused(&list(201)), "out_of_bounds");
}

#[test]
fn texts_that_are_no_utf_8_or_have_control_characters_are_refused() {
    let reference = |text: &[u8]| {
        let mut out = Writer::new();
        out.map(5).uint(1).bytes(&[1; 16]).uint(2).uint(5).uint(3).bytes(&[2; 16]).uint(4).uint(9).uint(5);
        out.encoded(&[&[0x60 | text.len() as u8], text].concat());
        let bytes = sign(Purpose::Charge, &the_ledger(), &out.into_bytes(), &key("anna"));
        ChargeRequest::decode(&bytes, &the_ledger()).map_err(DecodeError::code)
    };
    assert!(reference("été".as_bytes()).is_ok());
    for text in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"] {
        assert_eq!(reference(text).unwrap_err(), "malformed", "{text:?}");
    }
    for text in ["a\nb", "\u{7}", "\u{0}", "\u{85}"] {
        assert_eq!(reference(text.as_bytes()).unwrap_err(), "out_of_bounds", "{text:?}");
    }
}

#[test]
fn unknown_kinds_codes_and_acts_outside_of_a_proposal_are_out_of_bounds() {
    let body = unhex("a1015001010101010101010101010101010101");
    for kind in [0, 5, 9, 14, 26, 39, 74, 255, 256, u64::MAX] {
        assert_eq!(refused(&order(kind, &body)), "out_of_bounds", "kind {kind}");
    }
    for kind in 40..=73 {
        let refusal = refused(&order(kind, &body));
        assert_eq!(refusal, "out_of_bounds", "act {kind}");
    }
    let propose = |act: u64| {
        let mut out = Writer::new();
        out.map(2).uint(1).uint(act).uint(2).encoded(&body);
        order(2, &out.into_bytes())
    };
    for act in [0, 1, 2, 3, 4, 20, 21, 22, 23, 24, 25, 74] {
        assert_eq!(refused(&propose(act)), "out_of_bounds", "act {act}");
    }
    // A scope, a level and an account kind of the future.
    let add_key = |scope: &str| {
        let mut out = Writer::new();
        out.map(3).uint(1).bytes(&[1; 16]).uint(2).bytes(public("till").as_bytes()).uint(3).encoded(&unhex(scope));
        order(11, &out.into_bytes())
    };
    assert!(Transaction::decode(&add_key("a10101")).is_ok());
    assert_eq!(refused(&add_key("a10107")), "out_of_bounds");
    assert_eq!(refused(&add_key("a1010200")), "malformed");
    assert_eq!(refused(&add_key("a10102")), "malformed", "a limited key needs its limits");
    assert_eq!(refused(&add_key("a201010205")), "malformed", "a full key has none");
}

/// The points of small order, and other spellings of them.
const WEAK: [&str; 14] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

#[test]
fn keys_under_which_anybody_could_sign_are_weak() {
    for weak in WEAK {
        let point: [u8; 32] = unhex(weak).try_into().unwrap();
        assert!(PublicKey::from_bytes(&point).is_none(), "{weak}");
        let mut signed = golden("transfer.cose");
        let at = signed.windows(32).position(|window| window == golden("key.anna.public")).unwrap();
        signed[at..at + 32].copy_from_slice(&point);
        assert_eq!(SignedTransaction::decode(&signed, &the_ledger()).unwrap_err(), DecodeError::WeakKey, "{weak}");
        let mut open = golden("open_account.payload");
        let at = open.windows(32).position(|window| window == golden("key.anna.public")).unwrap();
        open[at..at + 32].copy_from_slice(&point);
        assert_eq!(refused(&open), "weak_key", "{weak}");
    }
}

#[test]
fn a_signature_has_one_form() {
    let good = golden("transfer.cose");
    assert!(SignedTransaction::decode(&good, &the_ledger()).is_ok());
    let with = |signature: &[u8]| [&good[..good.len() - 64], signature].concat();
    let code = |bytes: &[u8]| SignedTransaction::decode(bytes, &the_ledger()).err();
    // S + L is the same scalar in another spelling.
    assert_eq!(code(&golden("refused.bad_signature.s_above_the_group_order")), Some(DecodeError::BadSignature));
    // R is the point of order one, and S = k·a: by the equation of RFC 8032 it is good, and it says nothing about its signer's will.
    let small_order_r = unhex(
        "010000000000000000000000000000000000000000000000000000000000000054b2237f032d87a6cbdecf81baf496060537c832b1ac86f939aba2951f7bd905",
    );
    assert_eq!(code(&with(&small_order_r)), Some(DecodeError::BadSignature));
    assert_eq!(code(&with(&[0; 64])), Some(DecodeError::BadSignature));
    assert_eq!(code(&with(&[0xff; 64])), Some(DecodeError::BadSignature));
    assert_eq!(code(&with(&[0; 63])).map(DecodeError::code), Some("malformed"));
}

#[test]
fn a_signature_is_good_for_one_ledger_and_one_kind_of_message() {
    let ledger = the_ledger();
    for (name, purpose) in
        [("transfer", "transaction"), ("charge_request", "charge"), ("certificate", "certificate"), ("sign_in", "sign-in")]
    {
        let bytes = golden(&format!("{name}.cose"));
        let envelope = Envelope::decode(&bytes).unwrap();
        let purposes = [
            (Purpose::Transaction, "transaction"),
            (Purpose::Charge, "charge"),
            (Purpose::Certificate, "certificate"),
            (Purpose::SignIn, "sign-in"),
        ];
        for (other, word) in purposes {
            assert_eq!(envelope.verify(other, &ledger).is_ok(), word == purpose, "{name} as {word}");
            assert!(envelope.verify(other, &hash("another ledger")).is_err());
        }
    }
}

#[test]
fn each_refused_golden_vector_has_the_code_in_its_name() {
    let mut count = 0;
    for (name, bytes) in GOLDEN.iter().filter(|(name, _)| name.starts_with("refused.")) {
        let code = SignedTransaction::decode(bytes, &the_ledger()).unwrap_err().code();
        assert!(name.strip_prefix("refused.").unwrap().starts_with(code), "{name}: {code}");
        count += 1;
    }
    assert_eq!(count, 10);
}

#[test]
fn a_batch_of_a_million_is_refused_before_it_is_read() {
    let mut small = Writer::new();
    small.array(4).bytes(&[&unhex("a20127045820")[..], public("anna").as_bytes()].concat()).map(0).bytes(&[]).bytes(&[0; 64]);
    let million = small.into_bytes().repeat(1_000_000);
    let refusal = split_sequence(&million, 1_000).unwrap_err();
    assert_eq!(refusal.code(), "out_of_bounds");
    let thousand = &million[..million.len() / 1_000];
    assert_eq!(split_sequence(thousand, 1_000).unwrap().len(), 1_000);
    assert_eq!(split_sequence(thousand, 999).unwrap_err().code(), "out_of_bounds");
    assert_eq!(split_sequence(&thousand[..thousand.len() - 1], 1_000).unwrap_err().code(), "malformed");
    assert!(split_sequence(&[], 1_000).unwrap().is_empty());
}

#[test]
fn a_receipt_with_too_long_a_proof_is_out_of_bounds() {
    let receipt = |hashes: usize| {
        let mut out = Writer::new();
        out.map(3).uint(1).bytes(&golden("entry.1")).uint(2).array(hashes);
        for _ in 0..hashes {
            out.bytes(&[1; 32]);
        }
        out.uint(3).text("note\n");
        Receipt::decode(&out.into_bytes()).map(|receipt| receipt.verify(&the_ledger(), &[public("anna")]).is_ok())
    };
    assert_eq!(receipt(63), Ok(false));
    assert_eq!(receipt(64).map_err(DecodeError::code), Err("out_of_bounds"));
}

#[test]
fn links_with_another_mark_are_not_canonical() {
    assert_eq!(Links::decode(&unhex("f4f5")).unwrap_err().code(), "not_canonical");
    assert_eq!(Links::decode(&unhex("f501")).unwrap().act, Some(Some(0)));
    assert_eq!(Links::decode(&unhex("f50100")).unwrap_err().code(), "malformed", "nothing follows the mark");
}

#[test]
fn an_account_has_one_text() {
    // The bug: the last character before the check carries two bits that say nothing, and other ones were read as well.
    let prefix = Prefix::new("liard").unwrap();
    let account = AccountId([7; 16]);
    let text = account.to_text(&prefix);
    let spare = {
        use bech32::{Bech32m, ByteIterExt, Fe32, Fe32IterExt, Hrp};
        let mut symbols: Vec<Fe32> = account.0.iter().copied().bytes_to_fes().collect();
        let last = symbols.last_mut().unwrap();
        *last = Fe32::try_from(last.to_u8() | 1).unwrap();
        let hrp = Hrp::parse("liard").unwrap();
        symbols.into_iter().with_checksum::<Bech32m>(&hrp).chars().collect::<String>()
    };
    assert_ne!(spare, text);
    assert_eq!(AccountId::from_text(&spare, &prefix), Err(AccountTextError::Mistyped));
    assert_eq!(AccountId::from_text(&text.to_uppercase(), &prefix), Ok(account), "a QR code has capitals");
    let mixed = text.replacen('l', "L", 1);
    assert!(AccountId::from_text(&mixed, &prefix).is_err());
    for wrong in ["", "liard", "liard1", "1", &text[..text.len() - 1], &format!("{text}q"), &format!(" {text}")] {
        assert!(AccountId::from_text(wrong, &prefix).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_genesis_order_is_good_under_no_ledger_only() {
    let genesis = golden("genesis.cose");
    assert_eq!(SignedTransaction::decode(&genesis, &the_ledger()).unwrap_err(), DecodeError::BadSignature);
    let open = OpenAccount { kind: AccountKind::Resident, key: public("anna"), level: 0, groups: vec![] };
    let act = Body::Propose(Act::OpenAccount(open));
    let order = Transaction { nonce: [0; 8], valid_until: START + HOUR, body: act };
    assert_eq!(Transaction::decode(&order.encode()), Ok(order));
}
