//! Snapshots are a cache: with one or without, whole or damaged, a start gives the same ledger; what it took over is checked later.

#![allow(clippy::unwrap_used)]

mod common;

use common::{CHECKED, DAY, HOUR, Member, START, cents, convert, key, public};
use ledger::account::{AccountKind, Scope};
use ledger::fault::Fault;
use ledger::key::AccountId;
use ledger::ledger::{Ledger, Settings};
use ledger::state::{Redemption, RedemptionState};
use ledger::transaction::{Act, Body, ChargeReference, NO_LEDGER, OpenAccount, Transaction, Transfer};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Small segments, so that a short story fills many.
const SEGMENT_BYTES: u64 = 2_048;
/// A test gives up after so long: far beyond what a busy machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

struct Node {
    folder: tempfile::TempDir,
    clock: Arc<AtomicU64>,
    nonce: AtomicU64,
}

impl Node {
    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn settings(&self) -> Settings {
        let clock = self.clock.clone();
        let clock = Arc::new(move || clock.load(Ordering::SeqCst));
        let settings = Settings::at(&self.data(), self.folder.path().join("key"), vec![key("checkpoint")], clock);
        Settings { segment_bytes: SEGMENT_BYTES, ..settings }
    }

    fn opened(&self) -> Ledger {
        Ledger::open(self.settings()).unwrap()
    }

    fn refusal(&self) -> String {
        match Ledger::open(self.settings()) {
            Err(Fault::Damage(why)) => why,
            Err(fault) => panic!("another fault: {fault}"),
            Ok(_) => panic!("the node starts"),
        }
    }

    fn submit(&self, ledger: &Ledger, who: &str, body: Body) -> u64 {
        let now = self.clock.fetch_add(1_000, Ordering::SeqCst);
        let nonce = self.nonce.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        let order = Transaction { nonce, valid_until: now + HOUR, body }.sign(&ledger.id(), &key(who));
        ledger.submit_and_wait(ledger.decode(&order).unwrap()).unwrap().unwrap()
    }

    fn member(&self, ledger: &Ledger, name: &str, kind: AccountKind) -> Member {
        let open = OpenAccount { kind, key: public(name), level: CHECKED, groups: vec![3] };
        let sequence = self.submit(ledger, "operator 1", Body::Propose(Act::OpenAccount(open)));
        let (entry, _) = ledger.entry_and_links(sequence).unwrap().unwrap();
        Member { id: AccountId::opened_by(&entry.id), key: key(name) }
    }

    fn files(&self, folder: &str) -> Vec<PathBuf> {
        let mut files: Vec<_> = fs::read_dir(self.data().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|end| end == "seg" || end == "snapshot"));
        files.sort();
        files
    }

    fn snapshot(&self) -> PathBuf {
        self.files("snapshots").pop().unwrap()
    }
}

fn pay(node: &Node, ledger: &Ledger, payer: &Member, payee: &Member, who: &str, times: usize) {
    for number in 0..times {
        let expires = node.clock.load(Ordering::SeqCst) + HOUR;
        let charge = (number % 3 == 0).then_some(ChargeReference { id: [number as u8; 16], expires });
        let transfer = Transfer { payer: payer.id, payee: payee.id, amount: cents(1 + number as u64), charge, memo: None };
        node.submit(ledger, who, Body::Transfer(transfer));
    }
}

/// A ledger with something of everything, and a snapshot of it.
fn lived() -> (Node, Member, Member, [u8; 32]) {
    let folder = tempfile::tempdir().unwrap();
    let node = Node { folder, clock: Arc::new(AtomicU64::new(START)), nonce: AtomicU64::new(1) };
    let genesis = Transaction { nonce: [0; 8], valid_until: START + HOUR, body: Body::Genesis(Box::new(common::genesis())) };
    let ledger = Ledger::create(node.settings(), &genesis.sign(&NO_LEDGER, &key("issuer"))).unwrap();
    let anna = node.member(&ledger, "anna", AccountKind::Resident);
    let shop = node.member(&ledger, "shop", AccountKind::Professional);
    let act = |body| node.submit(&ledger, "operator 1", Body::Propose(body));
    act(Act::PublishCampaign(Box::new(common::campaign(1))));
    act(common::sponsor_deposit(common::DIGITAL_BANK, 1, 500_000));
    act(convert("first", &anna, 100_000));
    act(Act::PublishFee(common::fee_rule(1)));
    let club = node.member(&ledger, "club", AccountKind::Association);
    node.submit(&ledger, "anna", Body::Choose { account: anna.id, associations: vec![club.id] });
    node.submit(&ledger, "shop", Body::RedeemAbove { account: shop.id, keep: Some(123) });
    let past = [START - 2 * HOUR, START - HOUR, START + DAY].to_vec();
    act(Act::PublishGift(ledger::account::GiftRule { periods: past, ..common::gift_rule(7) }));
    act(common::give_gifts(7, START - 2 * HOUR));
    let till = Scope::Till { per_day: cents(5_000) };
    node.submit(&ledger, "shop", Body::AddKey { account: shop.id, key: public("till"), scope: till });
    pay(&node, &ledger, &anna, &shop, "anna", 40);
    let paid = node.submit(
        &ledger,
        "anna",
        Body::Transfer(Transfer { payer: anna.id, payee: shop.id, amount: cents(5_000), charge: None, memo: None }),
    );
    node.submit(&ledger, "till", Body::Refund { account: shop.id, original: paid, item: 0, amount: cents(700) });
    node.submit(&ledger, "shop", Body::Redeem { account: shop.id, amount: cents(2_000) });
    let ordered = node.submit(&ledger, "shop", Body::Redeem { account: shop.id, amount: cents(300) });
    act(common::order_redemptions(common::DIGITAL_BANK, &[ordered]));
    pay(&node, &ledger, &anna, &shop, "anna", 20);
    assert_eq!(ledger.snapshot().unwrap(), ledger.durable().state.size());
    let root = ledger.durable().tree.root();
    assert!(node.files("journal").len() > 4, "old segments are what this is about");
    drop(ledger);
    (node, anna, shop, root)
}

#[test]
fn a_start_with_a_snapshot_gives_the_same_ledger_as_one_without() {
    let (node, anna, shop, _) = lived();
    let with = node.opened();
    assert_eq!(with.notices(), [""; 0]);
    pay(&node, &with, &anna, &shop, "anna", 5);
    with.snapshot().unwrap();
    let root = with.durable().tree.root();
    let (history, _) = (with.history(&anna.id, None, 500).unwrap(), with.acts(None, 500).unwrap());
    assert!(history.entries.len() > 60, "old entries are read from segments that the start did not read");
    drop(with);
    let first = fs::read(node.snapshot()).unwrap();
    fs::remove_dir_all(node.data().join("snapshots")).unwrap();
    let without = node.opened();
    assert_eq!(without.durable().tree.root(), root);
    without.snapshot().unwrap();
    assert_eq!(fs::read(node.snapshot()).unwrap(), first, "the state has the same bytes");
}

#[test]
fn what_a_snapshot_says_is_what_the_rules_go_on_from() {
    let (node, anna, shop, _) = lived();
    let ledger = node.opened();
    // A charge that was answered before stays answered, and the same bytes give the same entry.
    let entries = ledger.history(&anna.id, None, 500).unwrap().entries;
    let (last, _) =
        entries.iter().find(|(entry, _)| matches!(&entry.transaction.body, Body::Transfer(t) if t.charge.is_some())).unwrap();
    let again = last.transaction.sign(&ledger.id(), &key("anna"));
    assert_eq!(ledger.submit_and_wait(ledger.decode(&again).unwrap()).unwrap(), Ok(last.sequence));
    let fresh = Transaction { nonce: [255; 8], ..last.transaction.clone() }.sign(&ledger.id(), &key("anna"));
    let refused = ledger.submit_and_wait(ledger.decode(&fresh).unwrap()).unwrap();
    assert_eq!(refused, Err(ledger::rejection::Rejection::ChargeAnswered));
    let durable = ledger.durable();
    let (member, professional) = (durable.state.account(&anna.id).unwrap(), durable.state.account(&shop.id).unwrap());
    assert_eq!((professional.open_redemptions, professional.redeem_above, member.choices.len()), (2, Some(123), 1));
    let ordered = |redemption: &Redemption| redemption.state == RedemptionState::Ordered(common::DIGITAL_BANK);
    assert_eq!(durable.state.redemptions().filter(|(_, redemption)| ordered(redemption)).count(), 1);
    let gift = durable.state.gift_rules().next().unwrap();
    assert_eq!((gift.rule.number, &gift.given[..]), (7, &[(START - 2 * HOUR, START - HOUR)][..]));
    let due = durable.state.gift_due(7, START - HOUR).unwrap();
    assert_eq!((due.lines[0].euros, due.total), (100_000, 3_000), "what conversions were made when is not forgotten");
    drop(durable);
    let receipt = ledger.receipt(3).unwrap().unwrap();
    assert_eq!(receipt.verify(&ledger.id(), &[public("checkpoint")]).unwrap().sequence, 3);
}

#[test]
fn a_snapshot_with_any_byte_changed_or_cut_off_is_not_used_and_costs_time_only() {
    let (node, _, _, root) = lived();
    let path = node.snapshot();
    let whole = fs::read(&path).unwrap();
    let places = (0..whole.len()).step_by(whole.len() / 40 + 1).chain([0, 8, 12, whole.len() - 1]);
    let flipped = places.map(|place| {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        bytes
    });
    let cut = [0, 7, 13, whole.len() / 2, whole.len() - 1].map(|length| whole[..length].to_vec());
    for bytes in flipped.chain(cut) {
        fs::write(&path, bytes).unwrap();
        let ledger = node.opened();
        assert_eq!(ledger.durable().tree.root(), root);
        assert!(ledger.notices().iter().any(|notice| notice.contains("is not used")), "{:?}", ledger.notices());
    }
}

#[test]
fn a_snapshot_signed_by_another_key_is_not_used() {
    let (node, _, _, root) = lived();
    let thief = Settings { signers: vec![key("checkpoint"), key("thief")], ..node.settings() };
    drop(Ledger::open(thief).unwrap());
    let mut text = fs::read(node.snapshot()).unwrap();
    // The note of another key over the same bytes: the signature is the last line of the note.
    let note_length = u32::from_le_bytes(text[9..13].try_into().unwrap()) as usize;
    let note = String::from_utf8(text[13..13 + note_length].to_vec()).unwrap();
    let origin = note.lines().next().unwrap().to_owned();
    let body = ledger::checkpoint::Checkpoint::parse(&note[..note.find("\n\n").unwrap() + 1]).unwrap();
    assert_eq!(body.origin, origin);
    let forged = ledger::checkpoint::SignedCheckpoint::sign(&body, &key("thief"));
    text.splice(13..13 + note_length, forged.as_str().bytes());
    text.splice(9..13, (forged.as_str().len() as u32).to_le_bytes());
    fs::write(node.snapshot(), text).unwrap();
    let ledger = node.opened();
    assert_eq!(ledger.durable().tree.root(), root);
    assert!(ledger.notices().iter().any(|notice| notice.contains("is not used")));
}

#[test]
fn an_old_segment_that_is_missing_cut_or_another_one_stops_the_start_by_name() {
    let (node, ..) = lived();
    let old = node.files("journal")[1].clone();
    let (name, whole) = (old.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&old).unwrap());
    fs::remove_file(&old).unwrap();
    assert!(node.refusal().contains("are missing") || node.refusal().contains("a snapshot"), "{}", node.refusal());
    fs::write(&old, &whole[..whole.len() - 1]).unwrap();
    let why = node.refusal();
    assert!(why.contains(&name) && why.contains(&format!("has {} bytes and had {}", whole.len() - 1, whole.len())), "{why}");
    fs::copy(&node.files("journal")[2], &old).unwrap();
    assert!(node.refusal().contains(&name));
    fs::write(&old, &whole).unwrap();
    drop(node.opened());
}

#[test]
fn a_changed_byte_in_a_segment_that_the_start_did_not_read_is_found_while_the_node_runs_and_stops_it() {
    let (node, anna, ..) = lived();
    let old = node.files("journal")[1].clone();
    let mut bytes = fs::read(&old).unwrap();
    let place = bytes.len() - 5;
    bytes[place] ^= 4;
    fs::write(&old, bytes).unwrap();
    let ledger = node.opened();
    let begun = Instant::now();
    while ledger.failure().is_none() {
        assert!(begun.elapsed() < PATIENCE, "nothing was found");
        std::thread::sleep(Duration::from_millis(20));
    }
    let why = ledger.failure().unwrap().to_string();
    assert!(why.contains(old.file_name().unwrap().to_str().unwrap()) && why.contains("entry "), "{why}");
    // What is sound can still be read.
    assert!(ledger.durable().state.account(&anna.id).is_some());
    drop(ledger);
    let found = ledger::audit::audit(&node.data(), 2, |_| ()).unwrap_err().to_string();
    assert!(found.contains("damaged"), "{found}");
}

#[test]
fn a_journal_that_ends_before_what_a_snapshot_has_seen_is_refused() {
    let (node, heads) = with_older_heads();
    let last = node.files("journal").pop().unwrap();
    fs::remove_file(&last).unwrap();
    heads.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    let why = node.refusal();
    assert!(why.contains("that a snapshot has seen are missing at the end"), "{why}");
}

/// A ledger with a snapshot, and heads from before it: only the snapshot remembers the end.
fn with_older_heads() -> (Node, Vec<(PathBuf, Vec<u8>)>) {
    let (node, anna, shop, _) = lived();
    let heads = ["head/head-0", "head/head-1"].map(|name| node.data().join(name));
    let heads = heads.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    let ledger = node.opened();
    pay(&node, &ledger, &anna, &shop, "anna", 12);
    ledger.snapshot().unwrap();
    (node, heads)
}

#[test]
fn a_start_that_is_refused_for_what_a_snapshot_has_seen_changes_nothing() {
    let (node, heads) = with_older_heads();
    heads.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    let last = node.files("journal").pop().unwrap();
    let mut bytes = fs::read(&last).unwrap();
    let place = bytes.len() - 5;
    bytes[place] ^= 4;
    fs::write(&last, &bytes).unwrap();
    let why = node.refusal();
    assert!(why.contains("were acknowledged"), "{why}");
    assert_eq!(fs::read(&last).unwrap(), bytes, "what can be salvaged is still there");
}

#[test]
fn after_a_bug_of_the_program_nothing_is_written_and_the_ledger_can_be_closed() {
    let (node, anna, shop, _) = lived();
    let ledger = node.opened();
    let valid_until = node.clock.load(Ordering::SeqCst) + HOUR;
    let transfer = Transfer { payer: anna.id, payee: shop.id, amount: cents(1), charge: None, memo: None };
    let order = |nonce: u8| Transaction { nonce: [nonce; 8], valid_until, body: Body::Transfer(transfer) };
    let signed = |nonce| ledger.decode(&order(nonce).sign(&ledger.id(), &key("anna"))).unwrap();
    ledger.submit(signed(77), Box::new(|_| panic!("a reply that is wrong")));
    let begun = Instant::now();
    while ledger.failure().is_none() {
        assert!(begun.elapsed() < PATIENCE, "nobody noticed");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(ledger.failure().unwrap().to_string().contains("a bug of the program"));
    assert!(ledger.submit_and_wait(signed(78)).is_err());
    let (told, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        drop(ledger);
        told.send(()).unwrap();
    });
    ended.recv_timeout(PATIENCE).expect("the ledger closes");
    drop(node.opened());
}

#[test]
fn an_unfinished_snapshot_and_old_ones_are_removed_by_the_next() {
    let (node, anna, shop, _) = lived();
    for round in 0..3 {
        let ledger = node.opened();
        pay(&node, &ledger, &anna, &shop, "anna", 1 + round);
        fs::write(node.data().join("snapshots/00000000000000000001.snapshot.tmp"), b"half").unwrap();
        ledger.snapshot().unwrap();
        assert!(!node.data().join("snapshots/00000000000000000001.snapshot.tmp").exists());
    }
    assert_eq!(node.files("snapshots").len(), 2);
    // The newest one is damaged: the one before serves.
    fs::write(node.snapshot(), b"LIARDSNP").unwrap();
    let ledger = node.opened();
    assert_eq!(ledger.notices().len(), 1);
    assert_eq!(ledger.durable().state.size(), ledger.durable().tree.size());
}

#[test]
fn orders_whose_time_is_over_are_forgotten_after_a_start_as_without_one() {
    let (node, anna, shop, _) = lived();
    let ledger = node.opened();
    node.clock.fetch_add(8 * DAY, Ordering::SeqCst);
    pay(&node, &ledger, &anna, &shop, "anna", 2);
    ledger.snapshot().unwrap();
    let recorded = |ledger: &Ledger| {
        let entries = ledger.history(&anna.id, None, 500).unwrap().entries;
        entries.iter().filter(|(entry, _)| ledger.durable().state.recorded(&entry.id).is_some()).count()
    };
    let before = recorded(&ledger);
    drop(ledger);
    assert_eq!((recorded(&node.opened()), before), (2, 2));
}

#[test]
fn two_snapshots_at_once_are_made_one_after_the_other() {
    let (node, anna, shop, _) = lived();
    let ledger = node.opened();
    for _ in 0..5 {
        pay(&node, &ledger, &anna, &shop, "anna", 3);
        std::thread::scope(|scope| {
            let made = [(); 4].map(|()| scope.spawn(|| ledger.snapshot().unwrap()));
            let size = ledger.durable().state.size();
            assert!(made.into_iter().all(|thread| thread.join().unwrap() == size));
        });
    }
}
