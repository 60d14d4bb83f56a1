//! What has to hold for any bytes that a decoder is given: one function per decoder.
//!
//! The fuzzer runs them with coverage (`tests/fuzz/README.md`); `ledger/tests/corpus.rs` runs the same functions over the corpus
//! that is checked in and over mutations of it. A fuzzer cannot sign, so most targets take their input twice: as the message from
//! the network, and as a payload that is signed here before it is read.

#![allow(clippy::unwrap_used)]

mod files;

use ciborium::Value;
use files::{Files, Take, Visited};
use ledger::SigningKey;
use ledger::account::Medium;
use ledger::amount::Cents;
use ledger::checkpoint::{Checkpoint, SignedCheckpoint, WitnessPolicy};
use ledger::coverage::{self, SignedStatement, Statement};
use ledger::encoding::{Envelope, Purpose, Reader, Writer, sign};
use ledger::entry::{Links, RawEntry, encode_entry};
use ledger::fault::Fault;
use ledger::fork::Fork;
use ledger::journal::{Head, replay};
use ledger::key::{AccountId, DecodedKey, Hash32, LedgerId, Prefix, PublicKey};
use ledger::liability::{
    Answer, Complaint, LiabilityPath, LiabilityTree, MAX_ANSWER_BYTES, MAX_COMPLAINT_BYTES, Reason, Seed, Stated, encode_paths,
};
use ledger::log::{Log, LogKind, LogSettings};
use ledger::merkle::{self, Frontier, Tree, leaf_hash};
use ledger::message::{Certificate, ChargeRequest, MandateStatement, SpendingCertificate, Stall, decode_sign_in, sign_in};
use ledger::note::{self, Note, VerifierKey};
use ledger::outcome::Outcome;
use ledger::receipt::{KeyChain, Receipt, ReceiptFile, Reign, Rotation, ShortReceipt, origin};
use ledger::records::{self, KeyRange, Order, Records, Table};
use ledger::storage::{ReadOnly, Storage};
use ledger::tile::{TileError, TilePath, Tiles, tile};
use ledger::transaction::{NO_LEDGER, SignedTransaction, Transaction, split_sequence};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// What one input is put through.
pub type Target = fn(&[u8]);

/// Every target, by the name of its corpus and of its binary.
pub const TARGETS: &[(&str, Target)] = &[
    ("order", order),
    ("transaction", transaction),
    ("message", message),
    ("sequence", sequence),
    ("entry", entry),
    ("outcome", outcome),
    ("links", links),
    ("receipt", receipt),
    ("checkpoint", checkpoint),
    ("note", signed_note),
    ("tile", tiles),
    ("fork", fork),
    ("chain", chain),
    ("statement", statement),
    ("answer", answer),
    ("complaint", complaint),
    ("frontier", frontier),
    ("proof", proof),
    ("text", text),
    ("segment", segment),
    ("log", log),
    ("head", head),
    ("journal", journal),
    ("records", stored),
];

/// The ledger of the golden vectors, so that their messages are good here.
static LEDGER: LazyLock<LedgerId> =
    LazyLock::new(|| Hash32::from_hex("a20f851dabf88b9f567418c2ced66ed391dfbd41cce76597a7529b7f1919c3fb").unwrap());
const OTHER_LEDGER: LedgerId = Hash32([9; 32]);

/// The issuer's, the checkpoint's and a member's key of the golden vectors.
static ISSUER_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[1; 32]));
static CHECKPOINT_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[3; 32]));
static MEMBER_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[4; 32]));

fn issuers() -> [PublicKey; 1] {
    [CHECKPOINT_KEY.verifying_key().into()]
}

/// The same bytes with one bit changed, which one depends on them.
fn flipped(data: &[u8]) -> Vec<u8> {
    let mut changed = data.to_vec();
    let at = crc32c::crc32c(data) as usize % (data.len().max(1) * 8);
    if let Some(byte) = changed.get_mut(at / 8) {
        *byte ^= 1 << (at % 8);
    }
    changed
}

/// What our reader takes is one item for another library too, and what that writes are the same bytes.
fn is_canonical(item: &[u8]) {
    let value: Value = ciborium::from_reader(item).expect("another library reads what ours has read");
    let mut written = Vec::new();
    ciborium::into_writer(&value, &mut written).unwrap();
    assert_eq!(written, item, "another library writes the same bytes");
}

/// An order as it comes from the network.
fn order(data: &[u8]) {
    let decoded = SignedTransaction::decode(data, &LEDGER);
    let looked_up = SignedTransaction::decode_with(data, &LEDGER, DecodedKey::from_bytes);
    assert_eq!(decoded.as_ref().map(SignedTransaction::id).ok(), looked_up.map(|order| order.id()).ok());
    let Ok(order) = decoded else { return };
    is_canonical(data);
    assert_eq!(order.bytes(), data);
    let envelope = Envelope::decode(data).unwrap();
    assert_eq!(order.transaction().encode(), envelope.payload());
    assert_eq!(order.signer().as_bytes(), envelope.key_bytes());
    assert_eq!(envelope.verify(Purpose::Transaction, &LEDGER), Ok((order.signer(), order.id())));
    assert!(SignedTransaction::decode(data, &OTHER_LEDGER).is_err(), "a signature is good for one ledger");
    assert!(envelope.verify(Purpose::Charge, &LEDGER).is_err(), "a signature is good for one purpose");
    assert!(SignedTransaction::decode(&flipped(data), &LEDGER).is_err(), "a changed order is refused");
}

/// The payload of an order.
fn transaction(data: &[u8]) {
    let signed = sign(Purpose::Transaction, &LEDGER, data, &MEMBER_KEY);
    let accepted = SignedTransaction::decode(&signed, &LEDGER);
    let Ok(transaction) = Transaction::decode(data) else {
        assert!(accepted.is_err(), "no signature makes a payload good");
        return;
    };
    is_canonical(data);
    assert_eq!(transaction.encode(), data);
    match accepted {
        Ok(order) => {
            assert_eq!(order.transaction(), &transaction);
            assert_eq!(transaction.sign(&LEDGER, &MEMBER_KEY), signed);
        }
        Err(_) => assert!(signed.len() > ledger::encoding::MAX_MESSAGE_BYTES, "a good payload that is signed is an order"),
    }
    self::order(&signed);
}

/// The messages that are no orders: charge requests, certificates, mandates, sign-ins.
fn message(data: &[u8]) {
    if let Ok((request, key)) = ChargeRequest::decode(data, &LEDGER) {
        is_canonical(data);
        assert_eq!(key.as_bytes(), Envelope::decode(data).unwrap().key_bytes());
        assert!(request.sign(&LEDGER, &MEMBER_KEY).len() == data.len());
        assert!(ChargeRequest::decode(&flipped(data), &LEDGER).is_err());
    }
    if let Ok((stall, _)) = Stall::decode(data, &LEDGER) {
        is_canonical(data);
        assert!(stall.sign(&LEDGER, &MEMBER_KEY).len() == data.len());
        assert!(Stall::decode(&flipped(data), &LEDGER).is_err());
    }
    if Certificate::decode(data, &LEDGER, &issuers()).is_ok() {
        is_canonical(data);
        assert!(Certificate::decode(data, &LEDGER, &[]).is_err(), "only an issuer certifies");
        assert!(Certificate::decode(&flipped(data), &LEDGER, &issuers()).is_err());
    }
    if decode_sign_in(data, &LEDGER).is_ok() {
        is_canonical(data);
        assert!(decode_sign_in(&flipped(data), &LEDGER).is_err());
    }
    let charge = sign(Purpose::Charge, &LEDGER, data, &MEMBER_KEY);
    if let Ok((request, _)) = ChargeRequest::decode(&charge, &LEDGER) {
        assert_eq!(request.sign(&LEDGER, &MEMBER_KEY), charge);
        assert!(decode_sign_in(&charge, &LEDGER).is_err());
    }
    let certificate = sign(Purpose::Certificate, &LEDGER, data, &CHECKPOINT_KEY);
    if let Ok(read) = Certificate::decode(&certificate, &LEDGER, &issuers()) {
        assert_eq!(read.sign(&LEDGER, &CHECKPOINT_KEY), certificate);
        assert!(Certificate::decode(&sign(Purpose::Certificate, &LEDGER, data, &MEMBER_KEY), &LEDGER, &issuers()).is_err());
    }
    let spending = sign(Purpose::Spending, &LEDGER, data, &CHECKPOINT_KEY);
    if let Ok(read) = SpendingCertificate::decode(&spending, &LEDGER, &issuers()) {
        assert_eq!(read.sign(&LEDGER, &CHECKPOINT_KEY), spending);
        assert!(SpendingCertificate::decode(&sign(Purpose::Spending, &LEDGER, data, &MEMBER_KEY), &LEDGER, &issuers()).is_err());
        assert!(SpendingCertificate::decode(&flipped(&spending), &LEDGER, &issuers()).is_err());
    }
    let mandate = sign(Purpose::Mandate, &LEDGER, data, &MEMBER_KEY);
    if let Ok((read, _)) = MandateStatement::decode(&mandate, &LEDGER) {
        assert_eq!(read.sign(&LEDGER, &MEMBER_KEY), mandate);
        assert!(MandateStatement::decode(&flipped(&mandate), &LEDGER).is_err());
    }
    let proof = sign(Purpose::SignIn, &LEDGER, data, &MEMBER_KEY);
    if let Ok((challenge, _)) = decode_sign_in(&proof, &LEDGER) {
        assert_eq!(sign_in(&challenge, &LEDGER, &MEMBER_KEY), proof);
        assert!(SignedTransaction::decode(&proof, &LEDGER).is_err());
    }
}

/// A batch of orders.
fn sequence(data: &[u8]) {
    const MOST: usize = 200;
    let Ok(parts) = split_sequence(data, MOST) else { return };
    assert!(parts.len() <= MOST);
    assert_eq!(parts.concat(), data);
    assert!(parts.is_empty() || split_sequence(data, parts.len() - 1).is_err(), "the limit is a limit");
    for part in parts {
        is_canonical(part);
        assert!(Envelope::decode(part).is_ok() || part.len() > ledger::encoding::MAX_MESSAGE_BYTES);
        assert_eq!(split_sequence(part, 1).unwrap(), [part]);
    }
}

/// An entry of the journal.
fn entry(data: &[u8]) {
    let Ok(raw) = RawEntry::decode(data) else { return };
    is_canonical(data);
    assert_eq!(encode_entry(raw.sequence, raw.time, raw.transaction, &raw.outcome), data);
    let (sequence, time, transaction, outcome) = (raw.sequence, raw.time, raw.transaction, raw.outcome.clone());
    if let Ok(entry) = raw.verified(&LEDGER) {
        assert_eq!(encode_entry(entry.sequence, entry.time, entry.order.bytes(), &entry.outcome), data);
    }
    // The same order, signed by one whose key is known here.
    let Ok(envelope) = Envelope::decode(transaction) else { return };
    let under = if sequence == 0 { NO_LEDGER } else { *LEDGER };
    let signed = sign(Purpose::Transaction, &under, envelope.payload(), &MEMBER_KEY);
    let bytes = encode_entry(sequence, time, &signed, &outcome);
    let read = RawEntry::decode(&bytes).unwrap().verified(&LEDGER);
    assert_eq!(read.is_ok(), Transaction::decode(envelope.payload()).is_ok());
}

/// The outcome of an entry.
fn outcome(data: &[u8]) {
    let mut reader = Reader::new(data);
    let Ok(outcome) = Outcome::read(&mut reader) else { return };
    let read = &data[..data.len() - reader.rest().len()];
    is_canonical(read);
    let mut out = Writer::new();
    outcome.write(&mut out);
    assert_eq!(out.into_bytes(), read);
}

/// The links beside an entry.
fn links(data: &[u8]) {
    let Ok(links) = Links::decode(data) else { return };
    assert_eq!(links.encode(), data);
    assert!(links.accounts.len() * 3 <= data.len());
}

/// A receipt, and the entry of one.
fn receipt(data: &[u8]) {
    if let Ok(receipt) = Receipt::decode(data) {
        is_canonical(data);
        assert_eq!(receipt.encode(), data);
        if let Ok(entry) = receipt.verify(&LEDGER, &issuers()) {
            assert_eq!(RawEntry::decode(receipt.entry()).unwrap().sequence, entry.sequence);
            assert!(receipt.verify(&OTHER_LEDGER, &issuers()).is_err());
            assert!(receipt.verify(&LEDGER, &[]).is_err());
            let other = Receipt::decode(&flipped(data)).ok().filter(|other| other.verify(&LEDGER, &issuers()).is_ok());
            assert!(other.is_none_or(|other| other.entry() == receipt.entry()), "no other entry is proved");
        }
    }
    if let Some(raw) = RawEntry::decode(data).ok().filter(|raw| raw.sequence < 40) {
        let proved = Receipt::decode(&receipt_of(data, raw.sequence)).unwrap().verify(&LEDGER, &issuers());
        assert_eq!(proved.is_ok(), raw.verified(&LEDGER).is_ok(), "the proof holds, and the signature decides");
        let elsewhere = Receipt::decode(&receipt_of(data, RawEntry::decode(data).unwrap().sequence + 1)).unwrap();
        assert!(elsewhere.verify(&LEDGER, &issuers()).is_err(), "an entry is proved at its own place only");
    }
}

/// A receipt of a leaf as number `sequence` of a small tree.
fn receipt_of(leaf: &[u8], sequence: u64) -> Vec<u8> {
    let mut tree = Tree::new();
    for place in 0..sequence + 3 {
        tree.push(leaf_hash(if place == sequence { leaf } else { b"another" }));
    }
    let head = Checkpoint { origin: origin(&LEDGER), size: tree.size(), root: tree.root() };
    let note = SignedCheckpoint::sign(&head, &CHECKPOINT_KEY);
    let proof = tree.inclusion_proof(sequence, tree.size()).unwrap();
    let mut out = Writer::new();
    out.map(3).uint(1).bytes(leaf).uint(2).array(proof.len());
    for hash in &proof {
        out.bytes(hash);
    }
    out.uint(3).text(note.as_str());
    out.into_bytes()
}

/// A signed note, and the body of one.
fn checkpoint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (name, keys) = (origin(&LEDGER), [CHECKPOINT_KEY.verifying_key()]);
    if let Ok(checkpoint) = SignedCheckpoint::open(text, &name, &keys) {
        assert!(text.starts_with(&checkpoint.encode_body()));
        assert!(SignedCheckpoint::open(text, &name, &[MEMBER_KEY.verifying_key()]).is_err());
        let other = String::from_utf8(flipped(data)).ok().and_then(|text| SignedCheckpoint::open(&text, &name, &keys).ok());
        assert!(other.is_none_or(|other| other == checkpoint), "no other checkpoint is signed");
    }
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert!(text.starts_with(&checkpoint.encode_body()));
        assert_eq!(Checkpoint::parse(&checkpoint.encode_body()).as_ref(), Ok(&checkpoint));
        let signed = SignedCheckpoint::sign(&checkpoint, &CHECKPOINT_KEY);
        let opened = SignedCheckpoint::open(signed.as_str(), &checkpoint.origin, &keys);
        let too_long = signed.as_str().len() > ledger::checkpoint::MAX_NOTE_BYTES;
        assert!(too_long || opened.as_ref() == Ok(&checkpoint), "{opened:?}");
    }
}

/// A note with signatures of two kinds, the text of one, and a verifier key.
fn signed_note(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text);
        assert!(String::from_utf8(flipped(data)).map_or(true, |other| VerifierKey::parse(&other).is_err()));
    }
    let log = VerifierKey::signer(&origin(&LEDGER), CHECKPOINT_KEY.verifying_key().into());
    let witness = VerifierKey::witness("witness.example", MEMBER_KEY.verifying_key().into());
    let policy = WitnessPolicy { needed: 1, witnesses: vec![witness.clone()] };
    if let Ok(note) = Note::open(text) {
        assert!(text.starts_with(note.body()) && note.body().ends_with('\n'));
        let signed = note.signed_by(&witness);
        assert_eq!(policy.cosigned(text).len(), usize::from(matches!(signed, Ok(Some(_)))));
        assert!(
            signed != Ok(Some(note::Signed { time_s: None }))
                && !matches!(note.signed_by(&log), Ok(Some(says)) if says.time_s.is_some())
        );
    }
    let lines = note::sign(text, &log.name, &CHECKPOINT_KEY) + &note::cosign(text, &witness.name, &MEMBER_KEY, 1_795_372_200);
    let whole = format!("{text}\n{lines}");
    let Some(note) = Note::open(&whole).ok().filter(|note| note.body() == text) else {
        assert!(
            !text.ends_with('\n')
                || whole.len() > note::MAX_NOTE_BYTES
                || text.chars().any(|c| c.is_ascii_control() && c != '\n')
        );
        return;
    };
    assert_eq!(note.signed_by(&log), Ok(Some(note::Signed { time_s: None })));
    assert!(policy.is_met(&whole));
    let changed = String::from_utf8(flipped(whole.as_bytes())).unwrap_or_default();
    let holds = |key: &VerifierKey| matches!(Note::open(&changed).and_then(|note| note.signed_by(key)), Ok(Some(_)));
    assert!(!holds(&log) || !holds(&witness), "every bit is under one of the signatures");
}

/// A coverage statement as a signed note, and the body of one.
fn statement(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(signed) = SignedStatement::open(text, &LEDGER, &issuers()) {
        assert!(text.starts_with(&signed.statement().encode_body()));
        assert!(
            SignedStatement::open(text, &LEDGER, &[]).is_err() && SignedStatement::open(text, &OTHER_LEDGER, &issuers()).is_err()
        );
        let other = String::from_utf8(flipped(data)).ok().and_then(|text| SignedStatement::open(&text, &LEDGER, &issuers()).ok());
        assert!(other.is_none_or(|other| other.statement() == signed.statement()), "no other statement is signed");
    }
    let Ok(statement) = Statement::parse(text) else { return };
    assert_eq!(statement.encode_body(), text, "one statement has one text");
    for medium in Medium::ALL {
        let line = statement.medium(*medium);
        let after = line.pledged.get() + line.payable.get() + line.fees_due.get();
        let fund: i64 = statement.banks.iter().filter(|bank| bank.medium == *medium).map(|bank| bank.fund.get()).sum();
        assert_eq!(fund, line.cover.get() + after, "the fund is where the banks are");
        let short = line.cover < line.circulation;
        assert_eq!(text.lines().any(|text| text.starts_with(medium.word()) && text.contains("shortfall")), short, "it is said");
    }
    assert_eq!(statement.liabilities.root.sum as i64, statement.media[0].circulation.get());
    let signed = SignedStatement::sign(&statement, &CHECKPOINT_KEY).unwrap();
    let opened = SignedStatement::open(signed.as_str(), &LEDGER, &issuers());
    assert_eq!(opened.is_ok(), statement.name == coverage::name(&LEDGER));
}

/// A member of a small town whose liabilities are counted.
const HOLDER: AccountId = AccountId([1; 16]);
/// The tree of that town.
static LIABILITIES: LazyLock<LiabilityTree> = LazyLock::new(|| {
    let balances: Vec<_> = (0..20).map(|number| (AccountId([number; 16]), 1_000 + u64::from(number) * 77)).collect();
    LiabilityTree::grow(&LEDGER, 1, &balances, &Seed([7; 32]), None)
});

/// An answer as it comes from the network, and the parts of one that the node has signed: only parts of the tree verify.
fn answer(data: &[u8]) {
    if let Ok(answer) = Answer::decode(data, &LEDGER, &issuers()) {
        is_canonical(data);
        assert_eq!(answer.sign(&LEDGER, &CHECKPOINT_KEY), data);
        assert!(Answer::decode(data, &LEDGER, &[]).is_err() && Answer::decode(data, &OTHER_LEDGER, &issuers()).is_err());
        assert!(Answer::decode(&flipped(data), &LEDGER, &issuers()).is_err());
    }
    let answer = Answer { statement: 1, hash: Hash32([3; 32]), account: HOLDER, balance: 1_077, parts: data.to_vec() };
    let signed = answer.sign(&LEDGER, &CHECKPOINT_KEY);
    let read = Answer::decode(&signed, &LEDGER, &issuers());
    assert!(read.as_ref() == Ok(&answer) || signed.len() > MAX_ANSWER_BYTES);
    let stated = Stated { statement: 1, hash: Hash32([3; 32]), leaves: LIABILITIES.leaves(), root: LIABILITIES.root() };
    let verified = answer.verify(&LEDGER, &stated, &HOLDER);
    let Ok(paths) = answer.paths() else {
        assert!(verified.is_err());
        return;
    };
    is_canonical(data);
    assert_eq!(encode_paths(&paths), data);
    let own = LIABILITIES.paths(&HOLDER);
    let counted = |path: &LiabilityPath| path.verify(&LEDGER, &stated, &HOLDER);
    assert!(paths.iter().all(|path| counted(path) == own.contains(path)), "only what is in the tree is counted");
    assert_eq!(verified.is_ok(), paths == own, "only all parts together are the balance");
}

/// A complaint as somebody hands it in, and the note, the answer and the receipt of one that was signed.
fn complaint(data: &[u8]) {
    if let Ok((read, key)) = Complaint::decode(data, &LEDGER) {
        is_canonical(data);
        assert!(Complaint::decode(data, &OTHER_LEDGER).is_err());
        let again = read.sign(&LEDGER, &MEMBER_KEY).expect("its statement is a note");
        assert_eq!(Complaint::decode(&again, &LEDGER), Ok((read.clone(), MEMBER_KEY.verifying_key().into())));
        assert!(key != PublicKey::from(MEMBER_KEY.verifying_key()) || again == data);
        if let Ok((other, _)) = Complaint::decode(&flipped(data), &LEDGER) {
            // The lines under the statement are for who has the checkpoint keys.
            assert_eq!(Complaint { note: read.note.clone(), ..other }, read);
        }
    }
    let body = "words\nstatement 1\n";
    let note = format!("{body}\n{}", note::sign(body, &origin(&LEDGER), &CHECKPOINT_KEY));
    let (answer, receipts) = (Some(data.to_vec()), vec![data.to_vec(); data.len() % 9]);
    let made = |note, answer, receipts| {
        let (account, balance, reason, time) = (HOLDER, data.len() as u64, Reason::OtherBalance, 1_795_372_200_000);
        Complaint { statement: 1, account, balance, reason, time, note, answer, receipts }
    };
    let text = std::str::from_utf8(data).unwrap_or("").to_owned();
    for complaint in [made(note, answer, receipts), made(text.clone(), None, vec![])] {
        let Some(signed) = complaint.sign(&LEDGER, &MEMBER_KEY) else {
            assert!(Note::open(&complaint.note).is_err());
            continue;
        };
        let read = Complaint::decode(&signed, &LEDGER).map(|(read, _)| read);
        let another = complaint.note.lines().nth(1) != Some("statement 1");
        assert!(read == Ok(complaint) || another || signed.len() > MAX_COMPLAINT_BYTES);
    }
}

/// A tree of 300 leaves.
static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let mut tree = Tree::new();
    (0..300_u64).for_each(|number| tree.push(leaf_hash(&number.to_le_bytes())));
    tree
});

/// The path of a tile, and a log whose tiles are changed as the input says: what its reader gives is what is so, or nothing.
fn tiles(data: &[u8]) {
    if let Some(path) = std::str::from_utf8(data).ok().and_then(TilePath::parse) {
        assert_eq!(path.to_string().as_bytes(), data);
        assert!(path.level < 64 && (1..=256).contains(&path.width));
        let bytes = tile(&TREE, &path, 300);
        assert!(bytes.is_none_or(|bytes| bytes.len() == path.bytes() && path.level < 2));
    }
    let mut take = Take(data);
    let size = take.short() as u64 % 300 + 1;
    let (old, index, which, at, mask) = (take.short() as u64, take.short() as u64, take.byte(), take.short(), take.byte());
    let length = take.byte();
    let (old, index) = (old % size + 1, index % size);
    let changed = TilePath::all(size).nth(usize::from(which) % 4);
    let fetch = |path: &TilePath| -> Result<Vec<u8>, ()> {
        let mut bytes = tile(&TREE, path, size).expect("a reader asks for what the checkpoint promises");
        if Some(*path) == changed {
            let at = at % bytes.len();
            bytes[at] ^= mask;
            bytes.truncate(bytes.len() - usize::from(length == 255));
        }
        Ok(bytes)
    };
    let mut reader = Tiles::new(size, TREE.root_at(size).unwrap(), fetch);
    let lie = |error: TileError<()>| {
        assert!(matches!(error, TileError::Contradiction | TileError::Length(_)) && (mask > 0 || length == 255))
    };
    reader.root(old).map_or_else(lie, |root| assert_eq!(Some(root), TREE.root_at(old)));
    reader.consistency_proof(old, size).map_or_else(lie, |proof| assert_eq!(Some(proof), TREE.consistency_proof(old, size)));
    let included = |(leaf, proof): (merkle::Hash, Vec<merkle::Hash>)| {
        assert_eq!((Some(&leaf), Some(proof)), (TREE.leaf(index), TREE.inclusion_proof(index, size)));
    };
    reader.inclusion_proof(index, size).map_or_else(lie, included);
}

/// Evidence of a fork as a file, and two notes of one log or of two with a proof as the input says: one log is never convicted.
fn fork(data: &[u8]) {
    if let Ok(fork) = Fork::decode(data) {
        is_canonical(data);
        assert_eq!(fork.encode(), data);
        if let Ok((a, b)) = fork.verify() {
            assert!(a.origin == b.origin && (1..=b.size).contains(&a.size) && a != b);
            assert!(
                Fork::decode(&flipped(data)).map_or(true, |other| other.verify().is_err()),
                "changed evidence convicts nobody"
            );
        }
    }
    let mut take = Take(data);
    let (new, old, parts) = (u64::from(take.byte()) % 40 + 1, u64::from(take.byte()), u64::from(take.byte()));
    let (old, parts) = (old % new + 1, parts % 48);
    let log = |parts: u64| {
        let mut tree = Tree::new();
        (0..new).for_each(|number| tree.push(leaf_hash(&[number as u8, u8::from(number >= parts)])));
        tree
    };
    let (first, second) = (log(u64::MAX), log(parts));
    let note = |tree: &Tree, size| {
        let says = Checkpoint { origin: origin(&LEDGER), size, root: tree.root_at(size).unwrap() };
        SignedCheckpoint::sign(&says, &CHECKPOINT_KEY).as_str().to_owned()
    };
    let key = VerifierKey::signer(&origin(&LEDGER), CHECKPOINT_KEY.verifying_key().into());
    let (a, b, proof) = (note(&first, old), note(&second, new), second.consistency_proof(old, new).unwrap());
    let shown = parts < old && (old == new || !old.is_power_of_two());
    assert_eq!(Fork::from_proof(&key, &a, &b, &proof).is_some(), shown);
    let invented = changed(&mut take, &proof);
    let convicted = Fork::from_proof(&key, &a, &b, &invented).is_some();
    assert!(!convicted || (parts < old && (old == new || invented == proof)));
    assert_eq!(Fork::from_proof(&key, &a, &note(&first, new), &invented), None);
}

/// The chain of checkpoint keys, short receipts, and the file with both.
fn chain(data: &[u8]) {
    if let Ok(chain) = KeyChain::decode(data) {
        is_canonical(data);
        assert_eq!(chain.encode(), data);
        if let Ok(keys) = chain.keys(&LEDGER) {
            assert!(keys.starts_with(&issuers()) && keys.len() <= 1 + chain.rotations.len());
            assert_eq!(chain.gap().is_some(), keys.len() <= chain.rotations.len());
            assert!(chain.keys(&OTHER_LEDGER).is_err());
            let other = KeyChain::decode(&flipped(data)).ok().and_then(|other| other.keys(&LEDGER).ok());
            assert!(other.is_none_or(|other| keys.starts_with(&other)), "no other key is proved");
        }
    }
    if let Ok(rotation) = Rotation::decode(data) {
        is_canonical(data);
        assert_eq!(rotation.encode(), data);
    }
    if let Ok(file) = ReceiptFile::decode(data) {
        is_canonical(data);
        assert_eq!(file.encode(), data);
        assert!(file.verify().is_err() || file.chain.keys(&file.ledger).is_ok());
    }
    let reigns = issuers().map(|key| Reign { key, from: 0, until: None });
    if let Ok(read) = ShortReceipt::decode(data, &LEDGER, &reigns) {
        is_canonical(data);
        assert!(ShortReceipt::decode(&flipped(data), &LEDGER, &reigns).is_err());
        let replaced = reigns.map(|reign| Reign { until: Some(read.sequence), ..reign });
        assert!(ShortReceipt::decode(data, &LEDGER, &replaced).is_err(), "a replaced key signs of no later entry");
        assert!(ShortReceipt::decode(data, &LEDGER, &[]).is_err(), "only a checkpoint key signs it");
    }
    let signed = sign(Purpose::ShortReceipt, &LEDGER, data, &CHECKPOINT_KEY);
    if let Ok(receipt) = ShortReceipt::decode(&signed, &LEDGER, &reigns) {
        assert_eq!(receipt.sign(&LEDGER, &CHECKPOINT_KEY), signed);
        assert!(Certificate::decode(&signed, &LEDGER, &issuers()).is_err());
    }
}

/// The right edge of a tree, as it stands in a segment's header.
fn frontier(data: &[u8]) {
    let Some((mut edge, rest)) = Frontier::decode(data) else { return };
    assert_eq!([&edge.encode(), rest].concat(), data);
    let (size, root) = (edge.size(), edge.root());
    edge.push(leaf_hash(data));
    assert_eq!(edge.size(), size + 1);
    assert_ne!(edge.root(), root);
    if let Some((again, rest)) = Frontier::decode(&edge.encode()) {
        assert_eq!((again, rest.len()), (edge, 0));
    }
}

/// Inclusion and consistency: proofs of a small tree hold, and changed ones do not; proofs of anything get an answer.
fn proof(data: &[u8]) {
    let mut take = Take(data);
    let (leaves, index, old) = (u64::from(take.byte() % 70) + 1, u64::from(take.byte()), u64::from(take.byte()));
    let mut tree = Tree::new();
    (0..leaves).for_each(|number| tree.push(leaf_hash(&number.to_le_bytes())));
    let (index, old) = (index % leaves, old % leaves + 1);
    let (leaf, root, old_root) = (leaf_hash(&index.to_le_bytes()), tree.root(), tree.root_at(old).unwrap());
    let inclusion = tree.inclusion_proof(index, leaves).unwrap();
    let consistency = tree.consistency_proof(old, leaves).unwrap();
    assert!(merkle::verify_inclusion(&leaf, index, leaves, &inclusion, &root));
    assert!(merkle::verify_consistency(old, &old_root, leaves, &root, &consistency));
    let changed = changed(&mut take, &inclusion);
    assert!(changed == inclusion || !merkle::verify_inclusion(&leaf, index, leaves, &changed, &root));
    let changed = self::changed(&mut take, &consistency);
    assert!(changed == consistency || !merkle::verify_consistency(old, &old_root, leaves, &root, &changed));
    // And something that no tree has made.
    let (first, second) = (take.long(), take.long());
    let hashes = take.0.as_chunks::<32>().0;
    let included = merkle::verify_inclusion(&leaf, first, second, hashes, &root);
    assert!(!included || (first < second && hashes.len() <= 64));
    let consistent = merkle::verify_consistency(first, &old_root, second, &root, hashes);
    assert!(!consistent || (1..=second).contains(&first));
}

/// A proof with one hash changed, left out or added.
fn changed(take: &mut Take, proof: &[merkle::Hash]) -> Vec<merkle::Hash> {
    let mut changed = proof.to_vec();
    let (what, place, mask) = (take.byte(), usize::from(take.byte()), take.byte());
    let place = place % (proof.len() + 1);
    match (what % 3, changed.get_mut(place)) {
        (0, Some(hash)) => hash[usize::from(what) % 32] ^= mask,
        (1, Some(_)) => drop(changed.remove(place)),
        _ => changed.insert(place, [mask; 32]),
    }
    changed
}

/// What people type or scan: account texts, prefixes, hashes and keys.
fn text(data: &[u8]) {
    let liard = Prefix::new("liard").unwrap();
    if let Some(bytes) = data.first_chunk::<16>() {
        let text = AccountId(*bytes).to_text(&liard);
        assert_eq!(AccountId::from_text(&text, &liard), Ok(AccountId(*bytes)));
        assert_eq!(AccountId::from_text(&text.to_uppercase(), &liard), Ok(AccountId(*bytes)));
        let mistyped = flipped(text.as_bytes());
        assert!(String::from_utf8(mistyped).map_or(true, |mistyped| match mistyped.eq_ignore_ascii_case(&text) {
            true => true,
            false => AccountId::from_text(&mistyped, &liard).is_err(),
        }));
    }
    if let Some(bytes) = data.first_chunk::<32>()
        && let Some(key) = PublicKey::from_bytes(bytes)
    {
        assert_eq!(key.as_bytes(), bytes);
        assert_eq!(PublicKey::from_hex(&key.to_string()), Some(key));
        assert!(!key.verify(data, &[0; 64]) && !key.verify(data, &[1; 64]));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(account) = AccountId::from_text(text, &liard) {
        assert_eq!(account.to_text(&liard), text.to_ascii_lowercase());
    }
    if let Some(prefix) = Prefix::new(text) {
        assert_eq!(prefix.to_string(), text);
        let account = AccountId([7; 16]);
        assert_eq!(AccountId::from_text(&account.to_text(&prefix), &prefix), Ok(account));
    }
    if let Some(hash) = Hash32::from_hex(text) {
        assert_eq!(hash.to_string(), text.to_ascii_lowercase());
    }
}

fn log_settings(kind: LogKind, segment_bytes: u64) -> LogSettings {
    LogSettings { kind, ledger_id: LEDGER.0, segment_bytes }
}

fn open(files: &Arc<Files>, settings: LogSettings, head: Option<(u64, merkle::Hash)>) -> (Result<Log, Fault>, Visited) {
    open_in(files.clone(), settings, head)
}

fn open_in(storage: Arc<dyn Storage>, settings: LogSettings, head: Option<(u64, merkle::Hash)>) -> (Result<Log, Fault>, Visited) {
    let mut visited = Visited::new();
    let log = Log::open::<Fault>(storage, settings, head, |sequence, leaf, sidecar| {
        visited.push((sequence, leaf.to_vec(), sidecar.to_vec()));
        Ok(())
    });
    (log, visited)
}

/// One segment file of any bytes: the log has the entries that stand in it with right checks, up to the first without, and no other.
///
/// The first byte says which log it is, and whether the checks are first made right, so that what is behind them is reached.
fn segment(data: &[u8]) {
    let Some((how, bytes)) = data.split_first() else { return };
    let kind = if how & 1 == 0 { LogKind::Journal } else { LogKind::Records };
    let mut bytes = bytes.to_vec();
    if how & 2 != 0 {
        files::make_checks_right(&mut bytes, kind, &LEDGER);
    }
    let written = files::read_segment(&bytes, &LEDGER);
    let first = files::first_of(&bytes).unwrap_or(0);
    let name = format!("{first:020}.seg");
    let files = Files::with([(name.clone(), bytes.clone())]);
    let (opened, visited) = open(&files, log_settings(kind, 1 << 16), None);
    let Some(written) = written else {
        assert!(opened.is_err(), "the header is wrong");
        return;
    };
    assert!(visited.len() <= written.len() && visited.iter().eq(written.iter().take(visited.len())));
    let Ok(log) = opened else { return };
    assert_eq!(visited, written);
    assert_eq!(log.size(), first + written.len() as u64);
    holds(log, &files, &visited, kind);
}

/// What a log has that was opened with success: every entry can be read, opening it again changes nothing, and it goes on.
fn holds(mut log: Log, files: &Arc<Files>, visited: &Visited, kind: LogKind) {
    let reader = log.reader();
    for (sequence, leaf, sidecar) in visited {
        assert_eq!(reader.read(*sequence), Ok(Some((leaf.clone(), sidecar.clone()))));
    }
    assert_eq!(reader.read(log.size()), Ok(None));
    assert_eq!(reader.root_at(log.size()), Ok(Some(log.root())));
    let (again, seen) = open_in(ReadOnly::strict(files.clone()), log_settings(kind, 1 << 16), Some((log.size(), log.root())));
    assert_eq!((again.unwrap().root(), &seen), (log.root(), visited), "what was repaired needs no second repair");
    log.append(log.epoch(), log.size(), &[(b"leaf", b"sidecar")]).unwrap();
    let (longer, seen) = open(files, log_settings(kind, 1 << 16), Some((log.size(), log.root())));
    assert_eq!((longer.unwrap().size(), seen.len()), (log.size(), visited.len() + 1));
}

/// The leaf and the sidecar of a log that a target makes.
fn leaf_of(sequence: u64, length: u8) -> (Vec<u8>, Vec<u8>) {
    (vec![sequence as u8 ^ 0x5a; usize::from(length)], vec![sequence as u8; usize::from(length) / 16])
}

/// A log of several segments to which damage is done: it opens with a start of what was written, and with all of it up to its
/// signed head, or it does not open. Damage within the last append alone is mended.
fn log(data: &[u8]) {
    let mut take = Take(data);
    let files = Files::with([]);
    let settings = log_settings(LogKind::Journal, u64::from(take.byte()) + 1);
    let (mut log, _) = (open(&files, settings, None).0.unwrap(), ());
    let (mut written, mut epoch, mut head) = (Visited::new(), 0, None);
    // Where the last append starts: its sequence, and its byte in its file.
    let mut last = (0, 0);
    for _ in 0..take.byte() % 12 {
        let (count, what) = (take.byte() % 5 + 1, take.byte());
        epoch += u64::from(what & 7 == 7);
        let first = log.size();
        let frames: Vec<_> = (0..u64::from(count)).map(|place| leaf_of(first + place, take.byte())).collect();
        let before = files.last().map_or(0, |(name, bytes)| (name, bytes.len()).1);
        let segments = files.names().len();
        log.append(epoch, first, &frames.iter().map(|(leaf, side)| (&leaf[..], &side[..])).collect::<Vec<_>>()).unwrap();
        last = (first, if files.names().len() == segments { before } else { files::header_bytes(&files.last().unwrap().1) });
        written.extend(frames.into_iter().zip(first..).map(|((leaf, side), sequence)| (sequence, leaf, side)));
        if what & 8 != 0 {
            head = Some((log.size(), log.root()));
        }
    }
    let whole = log.root();
    drop(log);
    let only_last = files.damage(&mut take, last.1);
    let strict = open_in(ReadOnly::strict(files.clone()), settings, head).0;
    let (opened, visited) = open(&files, settings, head);
    assert!(visited.iter().eq(written.iter().take(visited.len())), "no entry that was not written, none at another place");
    let mendable = only_last && head.is_none_or(|(size, _)| size <= last.0);
    let log = match opened {
        Ok(log) => log,
        Err(fault) => {
            assert!(matches!(fault, Fault::Damage(_)) && strict.is_err(), "{fault}");
            assert!(!mendable, "a torn last append is mended: {fault}");
            return;
        }
    };
    assert_eq!(log.size(), visited.len() as u64);
    assert!(log.size() < written.len() as u64 || log.root() == whole);
    assert!(head.is_none_or(|(size, root)| log.reader().root_at(size) == Ok(Some(root))), "the signed head is kept");
    assert!(!only_last || log.size() >= last.0);
    assert_eq!(strict.is_err(), log.cut().is_some());
    holds(log, &files, &visited, LogKind::Journal);
}

/// The two head files: the newest that the key signed is found whatever the other holds, and a newer one is found after it.
fn head(data: &[u8]) {
    let (first, second) = data.split_at(data.len().min(1_024));
    let second = &second[..second.len().min(1_024)];
    let name = origin(&LEDGER);
    let files = Files::with([("head-0".to_owned(), first.to_vec()), ("head-1".to_owned(), second.to_vec())]);
    let note = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).ok()?.trim_end_matches('\0');
        SignedCheckpoint::open(text, &name, &[CHECKPOINT_KEY.verifying_key()]).ok()
    };
    let (mut head, found) = Head::open(files.clone(), &LEDGER, &issuers()).unwrap();
    let sizes = [first, second].map(|bytes| note(bytes).map(|checkpoint| checkpoint.size));
    assert_eq!(found.as_ref().map(|checkpoint| checkpoint.size), sizes.into_iter().max().flatten());
    assert!(found.is_none() || found == note(first) || found == note(second));
    let Some(size) = found.map_or(Some(1), |checkpoint| checkpoint.size.checked_add(1)) else { return };
    let newer = Checkpoint { origin: name.clone(), size, root: leaf_hash(data) };
    head.write(&SignedCheckpoint::sign(&newer, &CHECKPOINT_KEY)).unwrap();
    assert_eq!(Head::open(files, &LEDGER, &issuers()).unwrap().1, Some(newer));
}

/// A journal of any entries under a head that vouches for them: the rules accept a start of them and the books add up, or it is
/// refused. The input is entries with their links: length (2 bytes), entry, length (1 byte), links.
fn journal(data: &[u8]) {
    let mut frames = files::frames(data);
    let Some((first, links)) = frames.first().copied() else { return };
    let Ok(raw) = RawEntry::decode(first) else { return };
    let Ok(envelope) = Envelope::decode(raw.transaction) else { return };
    // The hash of the genesis names the ledger, so that a changed genesis is one of its own.
    let signed = sign(Purpose::Transaction, &NO_LEDGER, envelope.payload(), &ISSUER_KEY);
    let Ok(id) = SignedTransaction::decode(&signed, &NO_LEDGER).map(|order| order.id()) else { return };
    let genesis = encode_entry(raw.sequence, raw.time, &signed, &raw.outcome);
    frames[0] = (&genesis, links);
    let files = Files::with([]);
    let settings = ledger::journal::log_settings(&id);
    let mut log = open(&files, settings, None).0.unwrap();
    log.append(0, 0, &frames).unwrap();
    let head = Checkpoint { origin: origin(&id), size: log.size(), root: log.root() };
    drop(log);
    let empty = Checkpoint { size: 0, root: merkle::empty_root(), ..head.clone() };
    let unvouched = replay(ReadOnly::strict(files.clone()), &id, Some(&empty), None, 1);
    let Ok(replayed) = replay(ReadOnly::strict(files), &id, Some(&head), None, 1) else {
        assert!(unvouched.is_err(), "what is refused under a head is refused without");
        return;
    };
    let state = &replayed.state;
    assert_eq!((state.size(), replayed.tree.root()), (head.size, head.root));
    let sum = state.accounts().iter().try_fold(Cents::ZERO, |sum, account| sum.plus(account.balance)).unwrap();
    assert_eq!(sum, state.books().circulation(Medium::Digital));
    assert!(unvouched.is_err() || frames.iter().all(|(leaf, _)| RawEntry::decode(leaf).unwrap().verified(&id).is_ok()));
}

/// An entry of the records with a right check: what the store shows is what stands in it, or it does not open.
fn stored(data: &[u8]) {
    let written = files::read_records(data);
    let files = Files::with([]);
    let mut log = open(&files, log_settings(LogKind::Records, 1 << 16), None).0.unwrap();
    log.append(0, 0, &[(data, b"")]).unwrap();
    drop(log);
    let folder = tempfile::tempdir().unwrap();
    let opened = Records::open(files, LEDGER.0, &folder.path().join("views"));
    let Some(written) = written else {
        assert!(matches!(opened, Err(Fault::Damage(_))), "an entry that makes no sense is refused");
        return;
    };
    let records = opened.unwrap();
    let mut tables: BTreeMap<u8, Vec<records::Entry>> = BTreeMap::new();
    for ((table, key), value) in written {
        assert_eq!(records.get(Table(table), &key).unwrap().as_ref(), Some(&value));
        tables.entry(table).or_default().push((key, value));
    }
    for table in [0, 1, 2, 255].into_iter().chain(tables.keys().copied().collect::<Vec<_>>()) {
        let found = records.scan(Table(table), &KeyRange::all(), usize::MAX, Order::Ascending).unwrap();
        assert_eq!(&found, tables.get(&table).unwrap_or(&Vec::new()));
    }
}
