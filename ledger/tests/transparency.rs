//! What strangers check: our proofs in the hands of other implementations, the chain of checkpoint keys from the ledger id alone,
//! short receipts, and the file that a person keeps.

#![allow(clippy::unwrap_used)]

mod common;

use common::node::{Node, small};
use common::{DAY, cents, hash, key, public};
use ledger::SigningKey;
use ledger::account::{Quorum, Roles};
use ledger::checkpoint::{Checkpoint, SignedCheckpoint, WitnessPolicy};
use ledger::coverage::{CoverageError, SignedStatement};
use ledger::encoding::{DecodeError, Purpose, Reader, sign};
use ledger::fork::Fork;
use ledger::key::{AccountId, LedgerId, PublicKey};
use ledger::ledger::{Ledger, Settings};
use ledger::liability::Seed;
use ledger::merkle::{Tree, leaf_hash};
use ledger::note::{self, VerifierKey};
use ledger::receipt::{KeyChain, Receipt, ReceiptFile, Reign, Rotation, ShortReceipt, origin};
use ledger::tile::{TilePath, Tiles, tile};
use ledger::transaction::{Act, Body, ChargeReference, Transfer};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tlog_tiles::{Hash as TheirHash, HashReader, TileHashReader, TileReader};

/// A tree of numbered leaves.
fn grown(size: u64) -> Tree {
    let mut tree = Tree::new();
    (0..size).for_each(|number| tree.push(leaf_hash(&number.to_be_bytes())));
    tree
}

/// Our tiles in the hands of Cloudflare's reader, which writes the height of a tile (8) into its paths.
struct Served<'t>(&'t Tree, u64);

impl TileReader for Served<'_> {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let served = tiles.iter().map(|theirs| {
            let path = TilePath::parse(theirs.path().strip_prefix("tile/8/").unwrap()).unwrap();
            assert_eq!((path.level, path.index, u32::from(path.width)), (theirs.level(), theirs.level_index(), theirs.width()));
            tile(self.0, &path, self.1).ok_or(tlog_tiles::Error::InvalidTile)
        });
        served.collect()
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

fn hashes(theirs: Vec<TheirHash>) -> Vec<[u8; 32]> {
    theirs.into_iter().map(|hash| hash.0).collect()
}

#[test]
fn another_implementation_reads_our_tiles_and_makes_the_same_proofs() {
    let tree = grown(70_000);
    for size in [1, 2, 255, 256, 257, 511, 65_535, 65_536, 65_537, 70_000] {
        let served = Served(&tree, size);
        let reader = TileHashReader::new(size, TheirHash(tree.root_at(size).unwrap()), &served);
        assert_eq!(tlog_tiles::tree_hash(size, &reader).unwrap().0, tree.root_at(size).unwrap());
        for index in [0, 1, 127, 255, 256, 257, 4_095, 65_535, 65_536, size - 1].into_iter().filter(|index| *index < size) {
            let (old, leaf) = (index + 1, *tree.leaf(index).unwrap());
            let ours = tree.inclusion_proof(index, size).unwrap();
            assert_eq!(hashes(tlog_tiles::prove_record(size, index, &reader).unwrap()), ours, "{index} in {size}");
            let (root, old_root) = (tree.root_at(size).unwrap(), tree.root_at(old).unwrap());
            let theirs = ours.into_iter().map(TheirHash).collect();
            tlog_tiles::check_record(&theirs, size, TheirHash(root), index, TheirHash(leaf)).unwrap();
            let ours = tree.consistency_proof(old, size).unwrap();
            assert_eq!(hashes(tlog_tiles::prove_tree(size, old, &reader).unwrap()), ours, "{old} to {size}");
            let theirs = ours.into_iter().map(TheirHash).collect();
            tlog_tiles::check_tree(&theirs, size, TheirHash(root), old, TheirHash(old_root)).unwrap();
        }
    }
}

#[test]
fn another_implementation_publishes_the_same_tiles_for_a_tree() {
    for size in [1, 255, 256, 257, 65_536, 70_000, 16_777_217] {
        let theirs: Vec<_> = tlog_tiles::Tile::new_tiles(8, 0, size).iter().map(|tile| tile.path()).collect();
        let ours: Vec<_> = TilePath::all(size).map(|path| format!("tile/8/{path}")).collect();
        assert_eq!(ours, theirs, "{size}");
    }
}

#[test]
fn another_implementation_refuses_a_tile_with_a_changed_byte() {
    struct Liar<'t>(Served<'t>);
    impl TileReader for Liar<'_> {
        fn height(&self) -> u8 {
            8
        }
        fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
            let mut read = self.0.read_tiles(tiles)?;
            read[0][7] ^= 1;
            Ok(read)
        }
        fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
    }
    let tree = grown(300);
    let (served, liar) = (Served(&tree, 300), Liar(Served(&tree, 300)));
    let index = [tlog_tiles::stored_hash_index(0, 280)];
    assert!(TileHashReader::new(300, TheirHash(tree.root()), &served).read_hashes(&index).is_ok());
    assert!(TileHashReader::new(300, TheirHash(tree.root()), &liar).read_hashes(&index).is_err());
}

/// A witness's key for the other library's note reader, written from the specification of cosignatures.
struct Cosigner {
    name: String,
    key: PublicKey,
}

impl signed_note::Verifier for Cosigner {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        signed_note::key_id(&self.name, &[&[4], self.key.as_bytes().as_slice()].concat())
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some((time, signature)) = signature.split_first_chunk::<8>() else { return false };
        let header = format!("cosignature/v1\ntime {}\n", u64::from_be_bytes(*time));
        signature.try_into().is_ok_and(|signature| self.key.verify(&[header.as_bytes(), text].concat(), signature))
    }
}

#[test]
fn another_implementation_opens_our_cosigned_checkpoint() {
    let node = small();
    let ledger = node.reopened();
    let (id, note) = (ledger.id(), ledger.checkpoint_by_held_keys().unwrap());
    let size = ledger.durable().tree.size();
    let body = note::Note::open(note.as_str()).unwrap().body();
    let line = note::cosign(body, "arles.example/witness", &key("arles"), 1_795_372_200);
    let note = note.with_lines(&line).unwrap();

    let log = VerifierKey::signer(&origin(&id), public("checkpoint")).to_string();
    let witness = Cosigner { name: "arles.example/witness".into(), key: public("arles") };
    let known: Vec<Box<dyn signed_note::Verifier>> =
        vec![Box::new(signed_note::StandardVerifier::new(&log).unwrap()), Box::new(witness)];
    let read = signed_note::Note::from_bytes(note.as_str().as_bytes()).unwrap();
    let (verified, unknown) = read.verify(&signed_note::VerifierList::new(known)).unwrap();
    assert_eq!((verified.len(), unknown.len()), (2, 0));
    let theirs = tlog_tiles::Checkpoint::from_bytes(read.text()).unwrap();
    assert_eq!((theirs.origin(), theirs.size(), theirs.hash().0), (origin(&id).as_str(), size, ledger.durable().tree.root()));

    let arles = VerifierKey::witness("arles.example/witness", public("arles"));
    let policy = WitnessPolicy { needed: 1, witnesses: vec![arles.clone()] };
    assert_eq!(policy.cosigned(note.as_str()), [(&arles, 1_795_372_200)]);
    let receipt = ledger.receipt_under(4, size, note.as_str().into()).unwrap().unwrap();
    receipt.verify(&id, &[public("checkpoint")]).unwrap();
    assert!(policy.is_met(receipt.checkpoint()), "a receipt carries the witnesses' lines to whoever keeps it");
}

#[test]
fn a_verifier_key_is_written_as_another_implementation_writes_it() {
    let secret = signed_note_secret();
    let (_, vkey) = secret;
    let read = VerifierKey::parse(&vkey).unwrap();
    assert_eq!(read.to_string(), vkey);
    assert_eq!(u32::from_be_bytes(read.id()), signed_note::Verifier::key_id(&signed_note::StandardVerifier::new(&vkey).unwrap()));
}

/// A key pair of the other library's example: `PRIVATE+KEY…` and the verifier key.
fn signed_note_secret() -> (String, String) {
    let skey = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    (skey.into(), vkey.into())
}

#[test]
fn what_another_implementation_signs_opens_here() {
    let (skey, vkey) = signed_note_secret();
    let signer = signed_note::StandardSigner::new(&skey).unwrap();
    let says = Checkpoint { origin: "PeterNeumann".into(), size: 300, root: grown(300).root() };
    let mut theirs = signed_note::Note::new(says.encode_body().as_bytes(), &[]).unwrap();
    theirs.add_sigs(&[&signer]).unwrap();
    let text = String::from_utf8(theirs.to_bytes()).unwrap();
    let key = VerifierKey::parse(&vkey).unwrap().key.verifying_key();
    assert_eq!(SignedCheckpoint::open(&text, "PeterNeumann", &[key]), Ok(says));
}

/// The settings of a node that holds these checkpoint keys.
fn holding(node: &Node, signers: &[&str]) -> Settings {
    Settings { signers: signers.iter().map(|name| key(name)).collect(), ..node.settings_for(node.data(), "key") }
}

/// A node of four entries and the keys that it holds, opened.
fn town(signers: &[&str]) -> (Node, Ledger) {
    let node = small();
    let ledger = Ledger::open(holding(&node, signers)).unwrap();
    (node, ledger)
}

fn rotate(name: &str) -> Act {
    Act::RotateCheckpointKey { key: public(name) }
}

/// What a stranger learns who knows the ledger id alone.
fn learned(ledger: &Ledger) -> Vec<PublicKey> {
    let bytes = ledger.key_chain().unwrap().encode();
    let chain = KeyChain::decode(&bytes).unwrap();
    assert_eq!(chain.encode(), bytes);
    chain.keys(&ledger.id()).unwrap()
}

/// The same keys with their times in force.
fn reigns(ledger: &Ledger) -> Vec<Reign> {
    ledger.key_chain().unwrap().reigns(&ledger.id()).unwrap()
}

const KEYS: [&str; 3] = ["checkpoint", "next checkpoint", "third checkpoint"];

#[test]
fn whoever_knows_the_ledger_id_alone_ends_with_the_keys_that_were_in_force() {
    let (node, ledger) = town(&KEYS);
    assert_eq!(learned(&ledger), [public(KEYS[0])]);
    assert_eq!(ledger.prove_keys().unwrap(), 0);
    node.act(&ledger, rotate(KEYS[1]));
    assert_eq!(ledger.key_chain().unwrap().gap().map(|gap| gap.change), Some(1), "not proved yet");
    assert_eq!(ledger.prove_keys().unwrap(), 1);
    let (anna, shop) = node.members(&ledger);
    node.pay(&ledger, anna, shop, 7);
    node.act(&ledger, rotate(KEYS[2]));
    assert_eq!(learned(&ledger), [public(KEYS[0]), public(KEYS[1])]);
    assert_eq!(ledger.prove_keys().unwrap(), 1);
    assert_eq!(ledger.prove_keys().unwrap(), 0);
    assert_eq!(learned(&ledger), ledger.durable().state.checkpoint_keys());
    assert_eq!(ledger.key_chain().unwrap().gap(), None);
    // What a new client then relies on: a receipt under the newest key.
    ledger.receipt(4).unwrap().unwrap().verify(&ledger.id(), &learned(&ledger)).unwrap();
}

#[test]
fn a_rotation_by_quorum_is_proved_by_approval_and_proposal_and_while_it_waits_by_nothing() {
    let (node, ledger) = town(&KEYS);
    node.act(&ledger, Act::SetQuorum(Quorum { act: 59, persons: 2, roles: Roles::ACTING }));
    // Another proposal of the same kind, which is refused, and one that waits on.
    let refused = node.order(&ledger, Body::Propose(rotate(KEYS[2])), "operator 1");
    let proposal = refused.id();
    ledger.submit_and_wait(refused).unwrap().unwrap();
    node.does(&ledger, Body::Refuse { proposal }, "operator 2");
    node.does(&ledger, Body::Propose(rotate(KEYS[2])), "operator 1");
    let order = node.order(&ledger, Body::Propose(rotate(KEYS[1])), "operator 1");
    let proposal = order.id();
    let proposed = ledger.submit_and_wait(order).unwrap().unwrap();
    assert_eq!((ledger.prove_keys().unwrap(), learned(&ledger)), (0, vec![public(KEYS[0])]));
    assert!(ledger.key_chain().unwrap().rotations.is_empty());
    let executed = node.does(&ledger, Body::Approve { proposal }, "operator 2");
    assert_eq!((ledger.prove_keys().unwrap(), learned(&ledger)), (1, vec![public(KEYS[0]), public(KEYS[1])]));
    let rotation = ledger.key_chain().unwrap().rotations[0].clone().unwrap();
    let sequence = |receipt: &Receipt| receipt.verify(&ledger.id(), &[public(KEYS[0])]).unwrap().sequence;
    assert_eq!((sequence(&rotation.executed), rotation.proposal.as_ref().map(sequence)), (executed, Some(proposed)));
}

#[test]
fn a_later_start_proves_what_the_one_before_did_not_and_proofs_outlive_the_old_keys() {
    let (node, ledger) = town(&KEYS);
    node.act(&ledger, rotate(KEYS[1]));
    drop(ledger);
    let ledger = Ledger::open(holding(&node, &KEYS)).unwrap();
    assert_eq!(ledger.prove_keys().unwrap(), 1);
    drop(ledger);
    let ledger = Ledger::open(holding(&node, &KEYS[1..])).unwrap();
    assert_eq!((ledger.prove_keys().unwrap(), learned(&ledger)), (0, vec![public(KEYS[0]), public(KEYS[1])]));
}

#[test]
fn where_the_old_key_was_gone_too_early_the_chain_breaks_and_says_so() {
    let (node, ledger) = town(&KEYS);
    node.act(&ledger, rotate(KEYS[1]));
    drop(ledger);
    let ledger = Ledger::open(holding(&node, &KEYS[1..])).unwrap();
    assert_eq!(ledger.prove_keys().unwrap(), 0);
    node.act(&ledger, rotate(KEYS[2]));
    assert_eq!(ledger.prove_keys().unwrap(), 1, "the change after it is proved under a key that is not");
    let chain = ledger.key_chain().unwrap();
    assert_eq!(chain.rotations.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
    assert_eq!(learned(&ledger), [public(KEYS[0])]);
    let words = chain.gap().unwrap().to_string();
    assert!(words.starts_with("the checkpoint key was changed 2 times, and change number 1 cannot be proved"), "{words}");
    assert!(words.contains("no longer held the key before it") && words.contains("association"), "{words}");
    // The key comes back from its safe: the chain is whole.
    drop(ledger);
    let ledger = Ledger::open(holding(&node, &KEYS)).unwrap();
    assert_eq!(ledger.prove_keys().unwrap(), 1);
    assert_eq!(learned(&ledger), KEYS.map(public));
}

/// The receipt of an entry under a key of the caller's choice.
fn under(ledger: &Ledger, sequence: u64, signer: &SigningKey) -> Receipt {
    let head = {
        let durable = ledger.durable();
        Checkpoint { origin: origin(&ledger.id()), size: durable.tree.size(), root: durable.tree.root() }
    };
    let note: Arc<str> = SignedCheckpoint::sign(&head, signer).as_str().into();
    ledger.receipt_under(sequence, head.size, note).unwrap().unwrap()
}

#[test]
fn a_chain_that_says_what_is_not_so_is_refused_with_the_reason() {
    let (node, ledger) = town(&KEYS);
    let at_once = node.act(&ledger, rotate(KEYS[1]));
    node.act(&ledger, Act::SetQuorum(Quorum { act: 59, persons: 3, roles: Roles::ACTING }));
    let order = node.order(&ledger, Body::Propose(rotate(KEYS[2])), "operator 1");
    let proposal = order.id();
    let waits = ledger.submit_and_wait(order).unwrap().unwrap();
    let second = node.does(&ledger, Body::Approve { proposal }, "operator 2");
    let third = node.does(&ledger, Body::Approve { proposal }, "operator 3");
    let another = node.does(&ledger, Body::Propose(rotate("checkpoint")), "operator 1");
    assert_eq!(ledger.prove_keys().unwrap(), 2);

    let (first_key, second_key) = (key(KEYS[0]), key(KEYS[1]));
    let good = ledger.key_chain().unwrap();
    let with = |place: usize, signer: &SigningKey, executed: u64, proposal: Option<u64>| {
        let receipt = |sequence| under(&ledger, sequence, signer);
        let mut chain = good.clone();
        chain.rotations[place] = Some(Rotation { executed: receipt(executed), proposal: proposal.map(receipt) });
        chain
    };
    assert!(with(0, &first_key, at_once, None).keys(&ledger.id()).is_ok(), "the forger's tool makes good ones too");
    assert!(with(1, &second_key, third, Some(waits)).keys(&ledger.id()).is_ok());
    let mut twice = good.clone();
    twice.rotations.insert(1, Some(Rotation { executed: under(&ledger, at_once, &second_key), proposal: None }));
    let refused = [
        (with(0, &first_key, waits, None), 1, "the proposal still waits for approvals"),
        (with(1, &second_key, waits, None), 2, "the proposal still waits for approvals"),
        (with(1, &second_key, second, Some(waits)), 2, "the proposal still waits for approvals"),
        (with(1, &second_key, third, None), 2, "no approval with its proposal"),
        (with(1, &second_key, third, Some(another)), 2, "the approval is of another proposal"),
        (with(1, &second_key, third, Some(at_once)), 2, "the approval is of another proposal"),
        (with(1, &second_key, third, Some(4)), 2, "the approval is of another proposal"),
        (with(0, &first_key, at_once, Some(at_once)), 1, "no approval with its proposal"),
        (with(0, &first_key, 1, None), 1, "its entry is another act"),
        (with(0, &first_key, 4, None), 1, "its entry is no proposal"),
        (with(0, &first_key, 0, None), 1, "its entry is no proposal"),
        (with(0, &second_key, at_once, None), 1, "not signed by a known key"),
        (with(1, &first_key, third, Some(waits)), 2, "not signed by a known key"),
        (with(1, &key(KEYS[2]), third, Some(waits)), 2, "not signed by a known key"),
        (twice, 2, "it repeats an earlier one"),
    ];
    for (chain, change, words) in refused {
        let said = chain.keys(&ledger.id()).unwrap_err().to_string();
        let expected = format!("change number {change} of the checkpoint key is not proved");
        assert!(said.starts_with(&expected) && said.contains(words), "{said}, not {words}");
    }
    let genesis = |bytes: Vec<u8>| KeyChain { genesis: bytes, ..good.clone() }.keys(&ledger.id()).unwrap_err().to_string();
    assert!(genesis(under(&ledger, 1, &first_key).entry().to_vec()).contains("it is not entry 0"));
    assert!(genesis(Vec::new()).contains("not in the format"));
    let said = good.keys(&hash("another ledger")).unwrap_err().to_string();
    assert!(said.contains("it is the genesis of another ledger"), "{said}");
}

#[test]
fn no_changed_bit_of_a_key_chain_gives_another_key() {
    let (node, ledger) = town(&KEYS);
    node.act(&ledger, Act::SetQuorum(Quorum { act: 59, persons: 2, roles: Roles::ACTING }));
    let order = node.order(&ledger, Body::Propose(rotate(KEYS[1])), "operator 1");
    let proposal = order.id();
    ledger.submit_and_wait(order).unwrap().unwrap();
    node.does(&ledger, Body::Approve { proposal }, "operator 2");
    ledger.prove_keys().unwrap();
    let (bytes, keys) = (ledger.key_chain().unwrap().encode(), learned(&ledger));
    let mut unnoticed = 0;
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let Ok(chain) = KeyChain::decode(&changed) else { continue };
            let Ok(found) = chain.keys(&ledger.id()) else { continue };
            assert_eq!(found, keys, "bit {bit} of byte {at}");
            unnoticed += 1;
        }
    }
    // Only the time beside the genesis is under no signature here, and nothing is made of it.
    assert!(unnoticed <= 8 * 8, "{unnoticed}");
}

#[test]
fn a_rotation_cannot_be_withheld_without_its_checkpoints_failing() {
    let (node, ledger) = town(&KEYS);
    node.act(&ledger, rotate(KEYS[1]));
    ledger.prove_keys().unwrap();
    let withheld = KeyChain { rotations: Vec::new(), ..ledger.key_chain().unwrap() };
    let keys = withheld.keys(&ledger.id()).unwrap();
    let said = ledger.receipt(1).unwrap().unwrap().verify(&ledger.id(), &keys).unwrap_err().to_string();
    assert!(said.contains("not signed by a known key"), "{said}");
    // Unless the node signs with every key that it holds, for those who know an earlier one.
    let note = ledger.checkpoint_by_held_keys().unwrap();
    let old: Vec<_> = keys.iter().map(PublicKey::verifying_key).collect();
    assert_eq!(SignedCheckpoint::open(note.as_str(), &origin(&ledger.id()), &old).unwrap().size, ledger.durable().tree.size());
}

/// A ledger with a payment for a charge, a list of payments and a refund, by their entries.
fn paid() -> (Node, Ledger, [u64; 3]) {
    let (node, ledger) = town(&KEYS);
    let (anna, shop) = node.members(&ledger);
    let charge = Some(ChargeReference { id: [7; 16], expires: node.clock.load(Ordering::SeqCst) + DAY });
    let transfer = Transfer { payer: anna, payee: shop, amount: cents(1_250), charge, memo: None };
    let payment = node.does(&ledger, Body::Transfer(transfer), "anna");
    let list = node.does(&ledger, Body::Transfers { payer: anna, payments: vec![(shop, cents(1)), (shop, cents(2))] }, "anna");
    let refund = Body::Refund { account: shop, original: payment, item: 0, amount: cents(50) };
    let refund = node.does(&ledger, refund, "shop");
    (node, ledger, [payment, list, refund])
}

fn read(ledger: &Ledger, sequence: u64, item: u16) -> Option<ShortReceipt> {
    let bytes = ledger.short_receipt(sequence, item).unwrap()?;
    Some(ShortReceipt::decode(&bytes, &ledger.id(), &reigns(ledger)).unwrap())
}

#[test]
fn a_short_receipt_says_what_was_paid_to_whom() {
    let (node, ledger, [payment, list, refund]) = paid();
    let (anna, shop) = node.members(&ledger);
    let receipt = read(&ledger, payment, 0).unwrap();
    let entry = ledger.receipt(payment).unwrap().unwrap().verify(&ledger.id(), &learned(&ledger)).unwrap();
    let (transaction, time) = (entry.order.id(), entry.time);
    let expected =
        ShortReceipt { sequence: payment, time, payee: shop, amount: cents(1_250), transaction, charge: Some([7; 16]) };
    assert_eq!(receipt, expected);
    let parts = [0, 1, 2].map(|item| read(&ledger, list, item).map(|part| (part.payee, part.amount, part.charge)));
    assert_eq!(parts, [Some((shop, cents(1), None)), Some((shop, cents(2), None)), None]);
    assert_eq!(read(&ledger, refund, 0).map(|part| (part.payee, part.amount)), Some((anna, cents(50))));
    for (sequence, item) in [(payment, 1), (refund, 1), (0, 0), (1, 0), (refund + 1, 0), (u64::MAX, 0)] {
        assert_eq!(read(&ledger, sequence, item), None, "{sequence}, {item}");
    }
}

#[test]
fn a_short_receipt_fits_a_code_that_any_phone_reads() {
    // Version 14 at level M holds 362 bytes: a link of 60 and the receipt in base64url, 4 characters for 3 bytes.
    let (_node, ledger, [payment, ..]) = paid();
    let usual = ledger.short_receipt(payment, 0).unwrap().unwrap().len();
    let largest = ShortReceipt {
        sequence: u64::MAX,
        time: u64::MAX,
        payee: AccountId([255; 16]),
        amount: cents(1_000_000_000_000),
        transaction: hash("transaction"),
        charge: Some([255; 16]),
    };
    let largest = largest.sign(&ledger.id(), &key(KEYS[0])).len();
    assert!(60 + largest.div_ceil(3) * 4 <= 362 && usual < largest, "{usual}, {largest}");
    println!("measured: {usual} bytes, {largest} at most");
}

#[test]
fn no_changed_bit_of_a_short_receipt_is_accepted_nor_another_signer_nor_another_purpose() {
    let (_node, ledger, [payment, ..]) = paid();
    let (id, keys) = (ledger.id(), reigns(&ledger));
    let bytes = ledger.short_receipt(payment, 0).unwrap().unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(ShortReceipt::decode(&changed, &id, &keys).is_err(), "bit {bit} of byte {at}");
        }
    }
    let receipt = ShortReceipt::decode(&bytes, &id, &keys).unwrap();
    let refused = |bytes: &[u8], ledger: &LedgerId| ShortReceipt::decode(bytes, ledger, &keys).unwrap_err();
    assert_eq!(refused(&receipt.sign(&id, &key("anna")), &id), DecodeError::BadSignature);
    assert_eq!(refused(&bytes, &hash("another ledger")), DecodeError::BadSignature);
    let payload = {
        let mut reader = Reader::new(&bytes);
        reader.array_of(4).unwrap();
        reader.bytes().unwrap();
        reader.map().unwrap().end().unwrap();
        reader.bytes().unwrap().to_vec()
    };
    assert_eq!(sign(Purpose::ShortReceipt, &id, &payload, &key(KEYS[0])), bytes);
    for purpose in [Purpose::Certificate, Purpose::Charge, Purpose::SignIn, Purpose::Transaction] {
        assert_eq!(refused(&sign(purpose, &id, &payload, &key(KEYS[0])), &id), DecodeError::BadSignature);
    }
}

#[test]
fn after_a_rotation_short_receipts_are_signed_by_the_key_in_force_and_old_ones_still_hold() {
    let (node, ledger, [payment, ..]) = paid();
    let before = ledger.short_receipt(payment, 0).unwrap().unwrap();
    node.act(&ledger, rotate(KEYS[1]));
    ledger.prove_keys().unwrap();
    let after = ledger.short_receipt(payment, 0).unwrap().unwrap();
    let reigns = reigns(&ledger);
    let read = |bytes: &[u8], reigns: &[Reign]| ShortReceipt::decode(bytes, &ledger.id(), reigns);
    assert_eq!(read(&before, &reigns[..1]), read(&after, &reigns[1..]));
    assert!(read(&after, &reigns[..1]).is_err() && read(&before, &reigns[1..]).is_err());
    assert!(read(&before, &reigns).is_ok() && read(&after, &reigns).is_ok());
}

#[test]
fn a_replaced_key_signs_no_short_receipt_of_a_later_payment() {
    let (node, ledger, [payment, ..]) = paid();
    let (anna, shop) = node.members(&ledger);
    let rotation = node.act(&ledger, rotate(KEYS[1]));
    ledger.prove_keys().unwrap();
    let later = node.pay(&ledger, anna, shop, 9);
    let receipt = |sequence| ShortReceipt { sequence, ..read(&ledger, payment, 0).unwrap() };
    let signed = |sequence, name: &str| receipt(sequence).sign(&ledger.id(), &key(name));
    let accepted = |bytes: &[u8]| ShortReceipt::decode(bytes, &ledger.id(), &reigns(&ledger)).is_ok();
    for (sequence, by_first) in [(payment, true), (rotation - 1, true), (rotation, false), (later, false), (u64::MAX, false)] {
        assert_eq!(accepted(&signed(sequence, KEYS[0])), by_first, "{sequence}");
        assert!(accepted(&signed(sequence, KEYS[1])), "the key in force signs of any entry, {sequence}");
    }
}

#[test]
fn each_key_is_in_force_from_the_entry_that_names_it_to_the_one_that_names_the_next() {
    let (node, ledger) = town(&KEYS);
    let size = ledger.durable().state.size();
    let second = node.act(&ledger, rotate(KEYS[1]));
    let (anna, shop) = node.members(&ledger);
    node.pay(&ledger, anna, shop, 7);
    let third = node.act(&ledger, rotate(KEYS[2]));
    ledger.prove_keys().unwrap();
    let reigns = reigns(&ledger);
    let told: Vec<_> = reigns.iter().map(|reign| (reign.key, reign.from, reign.until)).collect();
    let expected = [(KEYS[0], 0, Some(second)), (KEYS[1], second, Some(third)), (KEYS[2], third, None)];
    assert_eq!(told, expected.map(|(name, from, until)| (public(name), from, until)));
    assert_eq!(second, size, "the entry of this number is the first one of which the old key says nothing");
    for entries in 1..third + 9 {
        let covering: Vec<_> = reigns.iter().filter(|reign| reign.covers(entries)).collect();
        assert_eq!(covering.len(), 1, "exactly one key over {entries} entries");
    }
    assert!(reigns[0].covers(second) && reigns[1].covers(second + 1) && reigns[1].covers(third) && reigns[2].covers(third + 1));
}

#[test]
fn a_replaced_key_states_nothing_about_later_entries_and_a_new_one_nothing_about_earlier_ones() {
    let (node, ledger) = town(&KEYS);
    let before = ledger.state_coverage(node.clock.load(Ordering::SeqCst), Seed([1; 32])).unwrap();
    node.act(&ledger, rotate(KEYS[1]));
    ledger.prove_keys().unwrap();
    let after = ledger.state_coverage(node.clock.load(Ordering::SeqCst), Seed([2; 32])).unwrap();
    let reigns = reigns(&ledger);
    let open = |signed: &SignedStatement| SignedStatement::open_in(signed.as_str(), &ledger.id(), &reigns);
    assert!(open(&before).is_ok() && open(&after).is_ok());
    let by = |signed: &SignedStatement, name: &str| SignedStatement::sign(signed.statement(), &key(name)).unwrap();
    for forged in [by(&after, KEYS[0]), by(&before, KEYS[1]), by(&after, "anna")] {
        assert_eq!(open(&forged), Err(CoverageError::Unsigned));
    }
    let all = learned(&ledger);
    assert!(SignedStatement::open(by(&after, KEYS[0]).as_str(), &ledger.id(), &all).is_ok(), "which counts among all keys");
}

#[test]
fn a_receipt_file_needs_nothing_beside_it_and_no_changed_bit_of_it_shows_another_payment() {
    let (node, ledger, [payment, ..]) = paid();
    node.act(&ledger, rotate(KEYS[1]));
    ledger.prove_keys().unwrap();
    let receipt = ledger.receipt(payment).unwrap().unwrap().encode();
    let bytes = ReceiptFile { ledger: ledger.id(), chain: ledger.key_chain().unwrap(), receipt }.encode();
    let file = ReceiptFile::decode(&bytes).unwrap();
    assert_eq!((file.verify().unwrap().sequence, file.encode()), (payment, bytes.clone()));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        let Ok(changed) = ReceiptFile::decode(&changed) else { continue };
        let shows = changed.verify().is_ok_and(|_| changed.receipt != file.receipt || changed.ledger != file.ledger);
        assert!(!shows, "byte {at}");
    }
}

#[test]
fn a_node_that_tells_two_members_two_histories_is_convicted_by_its_own_tiles() {
    let node = small();
    let ledger = node.reopened();
    let (anna, shop) = node.members(&ledger);
    // The same node twice from here on, with the same keys: a backup that was started beside the original.
    let copy = node.copy("copy");
    let other = node.opened(&copy).unwrap();
    let notes: Vec<Vec<String>> = [(&ledger, 10), (&other, 20)]
        .into_iter()
        .map(|(ledger, amount)| {
            let told = (0..6).map(|more| {
                node.pay(ledger, anna, shop, amount + more);
                ledger.checkpoint().unwrap().as_str().to_owned()
            });
            told.collect()
        })
        .collect();
    let vkey = VerifierKey::signer(&origin(&ledger.id()), public("checkpoint"));
    let tree = other.durable().tree.clone();
    for (place, a) in notes[0].iter().enumerate() {
        let fetch = |path: &TilePath| tile(&tree, path, tree.size()).ok_or("beyond the log");
        let mut tiles = Tiles::new(tree.size(), tree.root(), fetch);
        let fork = Fork::from_tiles(&vkey, a, &notes[1][5], &mut tiles).unwrap().expect("the histories differ");
        let (a, b) = Fork::decode(&fork.encode()).unwrap().verify().unwrap();
        assert_eq!((a.size, b.size, a.origin), (6 + place as u64, 11, origin(&ledger.id())));
    }
    assert_eq!(Fork::same_size(&vkey, &notes[0][2], &notes[1][2]).map(|fork| fork.verify().is_ok()), Some(true));
    let fetch = |path: &TilePath| tile(&tree, path, tree.size()).ok_or("beyond the log");
    let mut tiles = Tiles::new(tree.size(), tree.root(), fetch);
    assert_eq!(Fork::from_tiles(&vkey, &notes[1][0], &notes[1][5], &mut tiles).unwrap(), None);
}
