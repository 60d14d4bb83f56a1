//! A ledger on disk that is stopped, copied, cut, flipped and robbed: nothing that was acknowledged is lost or changed unnoticed.

#![allow(clippy::unwrap_used)]

mod common;

use common::node::{FIRST_SEGMENT, Node, balance, copy_folder, frames_in, rewritten, small, transfer};
use common::{DAY, DIGITAL_BANK, HOUR, START, cents, deposit, hash, key, public};
use ledger::account::{AccountKind, Quorum, Roles, Scope};
use ledger::audit::audit;
use ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use ledger::directory::Profile;
use ledger::encoding::DecodeError;
use ledger::fault::Fault;
use ledger::key::{AccountId, PublicKey};
use ledger::ledger::Ledger;
use ledger::receipt::{Receipt, origin};
use ledger::rejection::Rejection;
use ledger::transaction::{Act, Body, NO_LEDGER, OpenAccount, Purse, SignedTransaction, Transaction};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn what_was_acknowledged_is_there_after_a_stop_and_after_a_kill() {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    let payment = node.pay(&ledger, anna, shop, 1_234);
    let checkpoint = ledger.checkpoint().unwrap();
    let killed = node.copy("killed");
    std::mem::forget(ledger);
    let ledger = node.opened(&killed).unwrap();
    assert_eq!((balance(&ledger, &anna), balance(&ledger, &shop)), (8_766, 1_234));
    assert_eq!(ledger.checkpoint().unwrap(), checkpoint);
    assert_eq!(ledger.entry_and_links(payment).unwrap().unwrap().0.sequence, payment);
    assert_eq!(node.pay(&ledger, anna, shop, 1), payment + 1, "life goes on");
    drop(ledger);
    let ledger = node.opened(&killed).unwrap();
    assert_eq!(balance(&ledger, &shop), 1_235);
    assert!(ledger.notices().is_empty(), "{:?}", ledger.notices());
}

#[test]
fn a_copy_that_is_made_while_payments_go_on_has_all_that_was_answered_before() {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    let answered = AtomicU64::new(0);
    let copies: Vec<(u64, PathBuf)> = std::thread::scope(|scope| {
        let paying = scope.spawn(|| {
            for _ in 0..150 {
                node.pay(&ledger, anna, shop, 1);
                answered.fetch_add(1, Ordering::SeqCst);
            }
        });
        let mut copies = Vec::new();
        while !paying.is_finished() {
            let before = answered.load(Ordering::SeqCst);
            let name = format!("copy {}", copies.len());
            let copy = node.folder.path().join(&name);
            copy_folder(&node.data().join("head"), &copy.join("head"));
            copy_folder(&node.data().join("journal"), &copy.join("journal"));
            copy_folder(&node.data().join("records"), &copy.join("records"));
            fs::copy(node.data().join("ledger-id"), copy.join("ledger-id")).unwrap();
            copies.push((before, copy));
        }
        copies
    });
    assert!(copies.len() > 1);
    for (before, copy) in copies {
        let ledger = node.opened(&copy).unwrap();
        assert!(balance(&ledger, &shop) >= before as i64);
    }
}

/// One accepted order of each kind that a member or an operator signs.
fn one_of_each(node: &Node, ledger: &Ledger) -> Vec<(SignedTransaction, u64)> {
    let (anna, shop) = node.anna_and_shop(ledger);
    node.act(ledger, Act::SetQuorum(Quorum { act: 46, persons: 2, roles: Roles::ACTING }));
    let mut sent = Vec::new();
    let mut send = |body: Body, signer: &str| {
        let order = node.order(ledger, body, signer);
        let entry = ledger.submit_and_wait(order.clone()).unwrap().unwrap();
        sent.push((order.clone(), entry));
        (order.id(), entry)
    };
    let open = OpenAccount { kind: AccountKind::Resident, key: public("new"), level: 0, groups: vec![] };
    let (opened, _) = send(Body::OpenAccount(open), "new");
    let (_, payment) = send(transfer(anna, shop, 1_000), "anna");
    send(Body::Transfers { payer: anna, payments: vec![(shop, cents(10)), (shop, cents(20))] }, "anna");
    send(Body::Refund { account: shop, original: payment, item: 0, amount: cents(5) }, "shop");
    send(Body::Redeem { account: shop, amount: cents(500) }, "shop");
    send(Body::AddKey { account: shop, key: public("till"), scope: Scope::Till { per_day: cents(100) } }, "shop");
    send(Body::RevokeKey { account: shop, key: public("till") }, "shop");
    send(Body::CloseAccount { account: AccountId::opened_by(&opened) }, "new");
    let (first, _) = send(Body::Propose(deposit(DIGITAL_BANK, 1, Purse::Own)), "operator 1");
    send(Body::Approve { proposal: first }, "operator 2");
    let (second, _) = send(Body::Propose(deposit(DIGITAL_BANK, 2, Purse::Own)), "operator 1");
    send(Body::Refuse { proposal: second }, "operator 3");
    sent
}

#[test]
fn the_same_bytes_give_the_same_entry_before_and_after_a_restart_and_after_their_time_is_over() {
    let node = Node::new();
    let mut ledger = node.create();
    let sent = one_of_each(&node, &ledger);
    let size = ledger.durable().state.size();
    let (anna, shop) = (sent_by(&ledger, "anna"), sent_by(&ledger, "shop"));
    let all_again = |ledger: &Ledger| {
        for (order, entry) in &sent {
            let again = ledger.submit_and_wait(ledger.decode(order.bytes()).unwrap()).unwrap();
            assert_eq!(again, Ok(*entry), "{:?}", order.body());
        }
    };
    all_again(&ledger);
    drop(ledger);
    ledger = node.reopened();
    all_again(&ledger);
    node.clock.fetch_add(3 * DAY, Ordering::SeqCst);
    node.pay(&ledger, anna, shop, 1);
    all_again(&ledger);
    drop(ledger);
    ledger = node.reopened();
    for _ in 0..150 {
        node.pay(&ledger, anna, shop, 1);
    }
    all_again(&ledger);
    assert_eq!(ledger.durable().state.size(), size + 151, "no order was carried out twice");
}

fn sent_by(ledger: &Ledger, name: &str) -> AccountId {
    ledger.durable().state.accounts_of_key(&public(name)).next().unwrap().id
}

#[test]
fn a_clock_that_goes_back_stops_nobody_and_no_entry_is_before_the_last() {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    node.clock.fetch_sub(HOUR / 2, Ordering::SeqCst);
    node.pay(&ledger, anna, shop, 1);
    assert_eq!(ledger.durable().state.time(), START);
    drop(ledger);
    node.pay(&node.reopened(), anna, shop, 1);
}

#[test]
fn an_order_that_was_never_accepted_in_time_stays_expired() {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    let order = node.order(&ledger, transfer(anna, shop, 1), "anna");
    node.clock.fetch_add(HOUR + 1, Ordering::SeqCst);
    assert_eq!(ledger.submit_and_wait(order).unwrap(), Err(Rejection::Expired));
}

#[test]
fn deleting_the_views_loses_nothing() {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    let payment = node.pay(&ledger, anna, shop, 5);
    let profile = Profile { name: Some("Anna".into()), ..Profile::default() };
    ledger.directory().set_profile(&anna, profile.clone()).unwrap();
    ledger.directory().set_memo(payment, &anna, "pour le pain").unwrap();
    let history =
        |ledger: &Ledger| ledger.history(&anna, None, 99).unwrap().entries.iter().map(|(entry, _)| entry.id).collect::<Vec<_>>();
    let before = history(&ledger);
    drop(ledger);
    fs::remove_dir_all(node.data().join("views")).unwrap();
    let ledger = node.reopened();
    assert_eq!((history(&ledger), ledger.directory().profile(&anna)), (before, profile));
    assert_eq!(ledger.directory().memo(payment).unwrap().as_deref(), Some("pour le pain"));
}

#[test]
fn any_flipped_byte_of_the_journal_fails_the_audit_which_names_the_entry() {
    let node = small();
    let report = audit(&node.data(), 2, |_| ()).unwrap();
    assert_eq!((report.entries, report.head, report.balances.get()), (5, 5, 10_000));
    let path = node.data().join(FIRST_SEGMENT);
    let sound = fs::read(&path).unwrap();
    let starts = frames_in(&path);
    assert_eq!(starts.len(), 5);
    for at in 0..sound.len() {
        let mut flipped = sound.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&path, &flipped).unwrap();
        let Err(Fault::Damage(why)) = audit(&node.data(), 1, |_| ()) else { panic!("byte {at} was not noticed") };
        let entry = starts.partition_point(|start| *start <= at).saturating_sub(1);
        assert!(why.contains(&format!("entry {entry} ")), "byte {at} of entry {entry}: {why}");
        assert_eq!(fs::read(&path).unwrap(), flipped, "an audit changes nothing");
    }
    fs::write(&path, &sound).unwrap();
    audit(&node.data(), 1, |_| ()).unwrap();
}

#[test]
fn any_flipped_byte_of_the_journal_keeps_the_node_from_starting() {
    let node = small();
    let path = node.data().join(FIRST_SEGMENT);
    let sound = fs::read(&path).unwrap();
    for at in (0..sound.len()).step_by(7) {
        let mut flipped = sound.clone();
        flipped[at] ^= 0x40;
        fs::write(&path, &flipped).unwrap();
        let why = node.refusal();
        assert!(why.contains("entry "), "byte {at}: {why}");
        assert_eq!(fs::read(&path).unwrap(), flipped, "nothing is repaired by guessing");
    }
}

#[test]
fn a_tail_that_is_cut_below_the_head_is_noticed_at_any_byte() {
    let node = small();
    let path = node.data().join(FIRST_SEGMENT);
    let sound = fs::read(&path).unwrap();
    for length in (0..sound.len()).step_by(11) {
        fs::write(&path, &sound[..length]).unwrap();
        node.refusal();
        assert!(audit(&node.data(), 1, |_| ()).is_err());
        assert_eq!(fs::read(&path).unwrap().len(), length);
    }
    fs::remove_file(&path).unwrap();
    node.refusal();
}

#[test]
fn an_append_that_was_torn_beyond_the_head_is_cut_and_told() {
    let node = small();
    let path = node.data().join(FIRST_SEGMENT);
    let sound = fs::read(&path).unwrap();
    fs::write(&path, [&sound[..], &[0x80, 0, 0, 0x80, 1]].concat()).unwrap();
    let Err(Fault::Damage(why)) = audit(&node.data(), 1, |_| ()) else { panic!("an audit repairs nothing") };
    assert!(why.contains("unfinished append"), "{why}");
    let ledger = node.reopened();
    assert_eq!(ledger.notices().len(), 1, "{:?}", ledger.notices());
    assert_eq!(fs::read(&path).unwrap(), sound);
    drop(ledger);
    audit(&node.data(), 1, |_| ()).unwrap();
}

#[test]
fn a_missing_head_is_noticed_and_nothing_is_cut_meanwhile() {
    let node = small();
    fs::remove_file(node.data().join("head/head-0")).unwrap();
    fs::remove_file(node.data().join("head/head-1")).unwrap();
    assert!(node.refusal().contains("signed head is missing"));
    assert!(audit(&node.data(), 1, |_| ()).is_err());
    // The last acknowledged entry is damaged too: without a head it looks like a torn append, and must not be cut off.
    let path = node.data().join(FIRST_SEGMENT);
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, &bytes).unwrap();
    node.refusal();
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn one_torn_head_file_is_borne_and_a_head_by_another_key_is_not() {
    let node = small();
    for name in ["head/head-0", "head/head-1"] {
        let path = node.data().join(name);
        let sound = fs::read(&path).unwrap();
        fs::write(&path, &sound[..sound.len() / 2]).unwrap();
        // Whichever of the two it is, the other one is a head that the journal extends.
        drop(node.reopened());
    }
    let checkpoint = Checkpoint { origin: origin(&Ledger::id_in(&node.data()).unwrap()), size: 5, root: [0; 32] };
    let mut note = SignedCheckpoint::sign(&checkpoint, &key("thief")).as_str().as_bytes().to_vec();
    note.resize(1_024, 0);
    fs::write(node.data().join("head/head-0"), &note).unwrap();
    fs::write(node.data().join("head/head-1"), &note).unwrap();
    assert!(node.refusal().contains("signed head is missing or signed by another key"));
}

#[test]
fn a_ledger_is_open_once() {
    let node = Node::new();
    let ledger = node.create();
    assert!(matches!(node.opened(&node.data()), Err(Fault::Locked { .. })));
    assert!(matches!(audit(&node.data(), 1, |_| ()), Err(Fault::Locked { .. })));
    drop(ledger);
    node.reopened();
}

#[test]
fn a_forged_journal_with_good_checksums_is_refused_by_the_signed_head() {
    let node = small();
    let forge = |sequence, leaf: &mut Vec<u8>, _: &mut Vec<u8>| {
        if sequence == 4 {
            *leaf.last_mut().unwrap() = 0xa0;
            leaf[8] ^= 1;
        }
    };
    rewritten(&node, forge, 5);
    assert!(audit(&node.data(), 1, |_| ()).is_err());
    node.refusal();
}

#[test]
fn an_entry_beyond_the_head_is_believed_for_its_signature_only() {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    let older = node.copy("older");
    node.pay(&ledger, anna, shop, 5);
    drop(ledger);
    // On disk as after a crash between the entry and its head.
    let head_of = |folder: &Path| {
        fs::remove_dir_all(node.data().join("head")).unwrap();
        copy_folder(&folder.join("head"), &node.data().join("head"));
    };
    head_of(&older);
    let forge = |sequence, leaf: &mut Vec<u8>, _: &mut Vec<u8>| {
        let within_the_signature = leaf.len() - 10;
        if sequence == 4 {
            leaf[within_the_signature] ^= 1;
        }
    };
    let whole = node.copy("whole");
    rewritten(&node, forge, 5);
    assert!(node.refusal().contains("entry 4"));
    assert_eq!(balance(&node.opened(&whole).unwrap(), &shop), 5, "the good one is kept");
}

#[test]
fn links_that_were_forged_beside_the_entries_are_noticed() {
    // Links lie outside of the tree. With a wrong one, an order whose time is over would be told to be expired, and be paid again.
    let node = small();
    rewritten(
        &node,
        |sequence, _, links| {
            if sequence == 4 {
                links[1] = 0
            }
        },
        5,
    );
    let Err(Fault::Damage(why)) = audit(&node.data(), 1, |_| ()) else { panic!("forged links were not noticed") };
    assert!(why.contains("entry 4") && why.contains("links"), "{why}");
    assert!(node.refusal().contains("links"));
}

#[test]
fn a_head_by_a_key_that_was_proposed_and_never_in_force_does_not_pass_the_audit() {
    let node = Node::new();
    let ledger = node.create();
    node.act(&ledger, Act::SetQuorum(Quorum { act: 59, persons: 2, roles: Roles::ACTING }));
    node.act(&ledger, Act::RotateCheckpointKey { key: public("next checkpoint") });
    let (anna, shop) = node.anna_and_shop(&ledger);
    node.pay(&ledger, anna, shop, 5);
    drop(ledger);
    // One person alone cuts the payment off and signs the shorter journal with the key that nobody else approved.
    let root = rewritten(&node, |_, _, _| (), 6);
    let checkpoint = Checkpoint { origin: origin(&Ledger::id_in(&node.data()).unwrap()), size: 6, root };
    let mut note = SignedCheckpoint::sign(&checkpoint, &key("next checkpoint")).as_str().as_bytes().to_vec();
    note.resize(1_024, 0);
    fs::write(node.data().join("head/head-0"), &note).unwrap();
    fs::write(node.data().join("head/head-1"), &note).unwrap();
    let why = audit(&node.data(), 1, |_| ()).unwrap_err().to_string();
    assert!(why.contains("signed head"), "{why}");
}

#[test]
fn after_a_rotation_the_new_key_signs_and_the_audit_follows() {
    let node = small();
    let ledger = node.reopened();
    let entry = node.act(&ledger, Act::RotateCheckpointKey { key: public("next checkpoint") });
    let receipt = ledger.receipt(entry).unwrap().unwrap();
    receipt.verify(&ledger.id(), &[public("next checkpoint")]).unwrap();
    assert!(receipt.verify(&ledger.id(), &[public("checkpoint")]).is_err());
    drop(ledger);
    assert_eq!(audit(&node.data(), 2, |_| ()).unwrap().head, entry + 1);
    node.reopened();
}

#[test]
fn a_receipt_verifies_with_no_network_and_no_flipped_byte_of_it_does() {
    let node = small();
    let ledger = node.reopened();
    let (id, keys) = (ledger.id(), [public("checkpoint")]);
    for sequence in 0..5 {
        let bytes = ledger.receipt(sequence).unwrap().unwrap().encode();
        let receipt = Receipt::decode(&bytes).unwrap();
        assert_eq!(receipt.verify(&id, &keys).unwrap().sequence, sequence);
        assert!(receipt.verify(&hash("another ledger"), &keys).is_err());
        assert!(receipt.verify(&id, &[public("thief")]).is_err());
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                let holds = Receipt::decode(&flipped).is_ok_and(|receipt| receipt.verify(&id, &keys).is_ok());
                assert!(!holds, "bit {bit} of byte {at}");
            }
        }
    }
    assert!(ledger.receipt(5).unwrap().is_none());
}

#[test]
fn an_erased_person_cannot_be_read_from_an_old_copy_with_the_new_key_file() {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    let payment = node.pay(&ledger, anna, shop, 5);
    let profile = |name: &str| Profile { name: Some(name.into()), contact: Some("06 00".into()), ..Profile::default() };
    ledger.directory().set_profile(&anna, profile("Anna")).unwrap();
    ledger.directory().set_profile(&shop, profile("Shop")).unwrap();
    ledger.directory().set_memo(payment, &anna, "secret").unwrap();
    let old_data = node.copy("old");
    let old_key = fs::read(node.folder.path().join("key")).unwrap();
    ledger.directory().erase(&anna).unwrap();
    assert_eq!(ledger.directory().profile(&anna), Profile::default());
    assert_eq!(ledger.directory().memo(payment).unwrap(), None);
    drop(ledger);
    let ledger = node.reopened();
    assert_eq!((ledger.directory().profile(&anna), ledger.directory().profile(&shop)), (Profile::default(), profile("Shop")));
    drop(ledger);
    let new_key = fs::read(node.folder.path().join("key")).unwrap();
    assert!(new_key.len() == 32 && new_key != old_key, "the key file was replaced, and holds one key");
    let old = node.opened(&old_data).unwrap();
    let names = [anna, shop].map(|account| old.directory().profile(&account));
    assert_eq!(names, [Profile::default(), Profile::default()], "no name of the old copy can be read with the new key file");
    assert!(old.notices().iter().any(|notice| notice.starts_with("2 names cannot be read")), "{:?}", old.notices());
    assert!(old.directory().set_profile(&shop, profile("Other")).is_err(), "and none is overwritten");
    drop(old);
    fs::remove_file(node.folder.path().join("key")).unwrap();
    assert!(node.opened(&old_data).is_err(), "a missing key file is not replaced by a new one");
    fs::write(node.folder.path().join("key"), &old_key).unwrap();
    assert_eq!(node.opened(&old_data).unwrap().directory().profile(&anna), profile("Anna"), "it did with the old one");
}

#[test]
fn an_erasure_whose_key_file_cannot_be_written_leaves_every_later_name_readable() {
    // The bug: the new key stayed in memory, and names were encrypted under a key that no file held.
    let node = small();
    let ledger = node.reopened();
    let (anna, shop) = (sent_by(&ledger, "anna"), sent_by(&ledger, "shop"));
    let profile = Profile { name: Some("Shop".into()), ..Profile::default() };
    ledger.directory().set_profile(&anna, profile.clone()).unwrap();
    // Where the new key file would be written there is a folder.
    fs::create_dir(node.folder.path().join("key.new")).unwrap();
    assert!(ledger.directory().erase(&anna).is_err());
    ledger.directory().set_profile(&shop, profile.clone()).unwrap();
    drop(ledger);
    fs::remove_dir(node.folder.path().join("key.new")).unwrap();
    assert_eq!(node.reopened().directory().profile(&shop), profile);
}

#[test]
fn a_replacement_of_the_key_file_that_was_cut_off_is_finished_at_the_next_start() {
    let node = small();
    let ledger = node.reopened();
    let (anna, shop) = (sent_by(&ledger, "anna"), sent_by(&ledger, "shop"));
    let profile = Profile { name: Some("Shop".into()), ..Profile::default() };
    ledger.directory().set_profile(&shop, profile.clone()).unwrap();
    ledger.directory().set_profile(&anna, profile.clone()).unwrap();
    drop(ledger);
    // On disk as after a crash between the two writes of the key file: the old key and the new one.
    let path = node.folder.path().join("key");
    let both = [fs::read(&path).unwrap(), vec![7; 32]].concat();
    fs::write(&path, both).unwrap();
    for _ in 0..2 {
        assert_eq!(node.reopened().directory().profile(&shop), profile);
        assert_eq!(fs::read(&path).unwrap(), [7; 32]);
    }
}

#[test]
fn profiles_memos_and_erasures_at_the_same_time_leave_nothing_that_cannot_be_read() {
    // The bug: a person's key that was replaced between its look-up and the write left a profile that kept the node from starting.
    let node = Node::new();
    let ledger = node.create();
    let people: Vec<AccountId> = (0..4).map(|n| AccountId([n; 16])).collect();
    let profile = Profile { name: Some("someone".into()), ..Profile::default() };
    std::thread::scope(|scope| {
        for thread in 0..3u64 {
            let (ledger, people, profile) = (&ledger, &people, &profile);
            scope.spawn(move || {
                for round in 0..12u64 {
                    for person in people {
                        match thread {
                            0 => ledger.directory().set_profile(person, profile.clone()).unwrap(),
                            1 => ledger.directory().set_memo(round, person, "memo").unwrap(),
                            _ => ledger.directory().erase(person).unwrap(),
                        }
                    }
                }
            });
        }
    });
    drop(ledger);
    node.reopened();
}

#[test]
fn many_at_once_get_one_entry_each_and_the_journal_holds() {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    let first = ledger.durable().state.size();
    let mut entries: Vec<u64> = std::thread::scope(|scope| {
        let pay = || (0..50).map(|_| node.pay(&ledger, anna, shop, 1)).collect::<Vec<_>>();
        let running: Vec<_> = (0..4).map(|_| scope.spawn(pay)).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    entries.sort_unstable();
    assert_eq!(entries, (first..first + 200).collect::<Vec<_>>());
    assert_eq!((balance(&ledger, &anna), balance(&ledger, &shop)), (9_800, 200));
    for entry in entries {
        ledger.receipt(entry).unwrap().unwrap().verify(&ledger.id(), &[public("checkpoint")]).unwrap();
    }
    drop(ledger);
    assert_eq!(audit(&node.data(), 2, |_| ()).unwrap().entries, first + 200);
}

#[test]
fn the_same_bytes_sent_by_many_at_once_are_carried_out_once() {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    for round in 0..10 {
        let order = node.order(&ledger, transfer(anna, shop, 1), "anna");
        let entries: Vec<u64> = std::thread::scope(|scope| {
            let send = || ledger.submit_and_wait(order.clone()).unwrap().unwrap();
            let running: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(entries.iter().all(|entry| *entry == entries[0]), "{entries:?}");
        assert_eq!(balance(&ledger, &shop), round + 1);
    }
}

#[test]
fn a_genesis_that_the_rules_refuse_leaves_the_folder_free() {
    let node = Node::new();
    let mut wrong = common::genesis();
    wrong.rule_set = 2;
    let order = Transaction { nonce: [0; 8], valid_until: START + HOUR, body: Body::Genesis(Box::new(wrong)) };
    let bytes = order.sign(&NO_LEDGER, &key("issuer"));
    assert!(Ledger::create(node.settings_for(node.data(), "key"), &bytes).is_err());
    let ledger = node.create();
    assert_eq!(ledger.durable().state.size(), 1);
    drop(ledger);
    assert!(Ledger::create(node.settings_for(node.data(), "key"), &bytes).is_err());
    node.reopened();
}

#[test]
fn a_creation_that_was_cut_off_before_its_genesis_is_done_again_and_no_other() {
    // The bug: such a folder could neither be opened nor be made into a ledger.
    let (other, node) = (Node::new(), Node::new());
    drop(other.create());
    fs::create_dir(node.data()).unwrap();
    fs::copy(other.data().join("ledger-id"), node.data().join("ledger-id")).unwrap();
    let another = Transaction { nonce: [9; 8], valid_until: START + HOUR, body: Body::Genesis(Box::new(common::genesis())) };
    assert!(Ledger::create(node.settings_for(node.data(), "key"), &another.sign(&NO_LEDGER, &key("issuer"))).is_err());
    drop(node.create());
    assert_eq!(node.reopened().durable().state.size(), 1);
}

#[test]
fn an_order_of_another_ledger_is_a_bad_signature_here() {
    let (here, there) = (Node::new(), Node::new());
    there.clock.fetch_add(1, Ordering::SeqCst);
    let (here, other) = (here.create(), there.create());
    assert_eq!(here.id(), other.id(), "the same genesis makes the same ledger");
    let order = Transaction { nonce: [1; 8], valid_until: START, body: Body::Approve { proposal: hash("x") } };
    let bytes = order.sign(&hash("another ledger"), &key("operator 1"));
    assert_eq!(here.decode(&bytes).err(), Some(DecodeError::BadSignature));
    assert!(PublicKey::from_bytes(&[0; 32]).is_none());
}

#[test]
fn a_refused_order_stays_refused_with_the_same_bytes() {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    let too_much = node.order(&ledger, transfer(anna, shop, 12_000), "anna");
    assert_eq!(ledger.submit_and_wait(too_much.clone()).unwrap(), Err(Rejection::BalanceInsufficient));
    node.act(&ledger, Act::Convert { bank: DIGITAL_BANK, credit: hash("more"), amount: cents(10_000), account: anna });
    assert_eq!(ledger.submit_and_wait(too_much).unwrap(), Err(Rejection::BalanceInsufficient), "what was shown as refused");
    node.pay(&ledger, anna, shop, 12_000);
}

#[test]
fn an_order_that_was_expired_stays_so_when_the_clock_goes_back() {
    let node = Node::new();
    let ledger = node.create();
    let (anna, shop) = node.anna_and_shop(&ledger);
    let order = node.order(&ledger, transfer(anna, shop, 100), "anna");
    let other = node.order(&ledger, transfer(anna, shop, 200), "anna");
    node.clock.fetch_add(HOUR + 1, Ordering::SeqCst);
    assert_eq!(ledger.submit_and_wait(order.clone()).unwrap(), Err(Rejection::Expired));
    node.clock.fetch_sub(HOUR + 1, Ordering::SeqCst);
    assert_eq!(ledger.submit_and_wait(order).unwrap(), Err(Rejection::Expired));
    assert_eq!(ledger.submit_and_wait(other).unwrap(), Err(Rejection::Expired), "the ledger's time does not go back");
}

#[test]
fn a_folder_that_names_a_ledger_and_holds_no_entry_is_refused() {
    let node = Node::new();
    drop(node.create());
    fs::remove_dir_all(node.data().join("journal")).unwrap();
    fs::remove_dir_all(node.data().join("head")).unwrap();
    assert!(node.refusal().contains("the journal is empty"), "{}", node.refusal());
}

#[test]
fn a_profile_that_somebody_else_changed_meanwhile_is_not_overwritten() {
    let node = Node::new();
    let ledger = node.create();
    let (anna, _) = node.anna_and_shop(&ledger);
    let profile = |iban: &str| Profile { iban: Some(iban.into()), ..Profile::default() };
    let read = ledger.directory().profile(&anna);
    ledger.directory().set_profile(&anna, profile("new")).unwrap();
    assert!(!ledger.directory().replace_profile(&anna, &read, profile("old")).unwrap());
    assert_eq!(ledger.directory().profile(&anna), profile("new"));
    assert!(ledger.directory().replace_profile(&anna, &profile("new"), profile("newest")).unwrap());
}
