//! Data of every released format open with today's program. `tests/fixtures/format-1/README.md` says what is kept there.

#![allow(clippy::unwrap_used)]

#[path = "../ledger/tests/common/mod.rs"]
mod town;

use ledger::account::{AccountKind, Quorum, Roles, Scope};
use ledger::audit::audit;
use ledger::directory::Profile;
use ledger::key::AccountId;
use ledger::ledger::{Ledger, Settings};
use ledger::rules::DAY_MS;
use ledger::transaction::{Act, Body, ChargeReference, OpenAccount, Purse, Transaction, Transfer};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use town::node::{Node, copy_folder};
use town::{DIGITAL_BANK, HOUR, PAPER_BANK, START, campaign, cap, cents, deposit, document, fee_rule, hash, key, public};

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1")
}

/// A year later: every order of the fixture is long over.
const LATER: u64 = START + 365 * DAY_MS;

fn settings(folder: &Path) -> Settings {
    let key_file = folder.join("secrets/directory.key");
    Settings::at(&folder.join("data"), key_file, vec![key("checkpoint"), key("next checkpoint")], Arc::new(|| LATER))
}

fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&kept(), folder.path());
    folder
}

/// What the fixture has to say: root, entries, and each account's balance, name and trade.
fn told(ledger: &Ledger) -> String {
    let durable = ledger.durable();
    let mut text =
        format!("ledger {}\nentries {}\nroot {}\n", ledger.id(), durable.state.size(), hex::encode(durable.tree.root()));
    for account in durable.state.accounts() {
        let profile = ledger.directory().profile(&account.id);
        let words = [profile.name, profile.trade].map(Option::unwrap_or_default).join(" | ");
        writeln!(text, "account {} has {} cents: {words}", hex::encode(account.id.0), account.balance.get()).unwrap();
    }
    text
}

#[test]
fn format_1_opens_says_what_it_said_and_goes_on() {
    let folder = copy();
    let ledger = Ledger::open(settings(folder.path())).unwrap();
    assert_eq!(told(&ledger), fs::read_to_string(kept().join("expected.txt")).unwrap());
    assert!(ledger.notices().is_empty(), "{:?}", ledger.notices());
    let size = ledger.durable().state.size();
    let memos = (0..size).filter_map(|entry| ledger.directory().memo(entry).unwrap()).collect::<Vec<_>>();
    assert_eq!(memos, ["pour le pain"]);
    let (payer, payee) = (member(&ledger, "anna"), member(&ledger, "shop"));
    let body = Body::Transfer(Transfer { payer, payee, amount: cents(7), charge: None, memo: None });
    let order = Transaction { nonce: [250; 8], valid_until: LATER + HOUR, body };
    let order = ledger.decode(&order.sign(&ledger.id(), &key("anna"))).unwrap();
    assert_eq!(ledger.submit_and_wait(order).unwrap(), Ok(size));
    ledger.receipt(size).unwrap().unwrap().verify(&ledger.id(), &[public("next checkpoint")]).unwrap();
    drop(ledger);
    assert_eq!(audit(&folder.path().join("data"), 1, |_| ()).unwrap().entries, size + 1);
}

#[test]
fn format_1_passes_the_audit_of_the_program() {
    let folder = copy();
    let output =
        Command::new(env!("CARGO_BIN_EXE_liard")).arg("audit").arg(folder.path().join("data")).arg("--json").output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = fs::read_to_string(kept().join("expected.txt")).unwrap();
    assert_eq!(report["ok"], true, "{report}");
    assert!(expected.contains(&format!("root {}\n", report["root"].as_str().unwrap())));
}

#[test]
fn every_kind_of_order_and_most_acts_are_in_format_1() {
    let folder = copy();
    let ledger = Ledger::open(settings(folder.path())).unwrap();
    let size = ledger.durable().state.size();
    let entries = (0..size).map(|entry| ledger.entry_and_links(entry).unwrap().unwrap().0);
    let mut kinds: Vec<u64> = entries
        .flat_map(|entry| {
            let act = if let Body::Propose(act) = &entry.transaction.body { Some(act.kind().code()) } else { None };
            [Some(entry.transaction.body.kind().code()), act]
        })
        .flatten()
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    // What members can sign beyond a redemption (23) came later, and its data would be of a later format.
    let orders: Vec<u64> = ledger::transaction::Kind::ALL.iter().map(|kind| kind.code()).filter(|code| *code <= 23).collect();
    assert!(orders.iter().all(|code| kinds.contains(code)), "{orders:?} {kinds:?}");
    assert!(kinds.len() >= orders.len() + 14, "{kinds:?}");
}

fn member(ledger: &Ledger, name: &str) -> AccountId {
    ledger.durable().state.accounts_of_key(&public(name)).next().unwrap().id
}

/// Writes the fixture of a new format. Never over one that is there.
#[test]
#[ignore = "FIXTURE=write makes the data of a new format, once"]
fn write_the_fixture() {
    assert_eq!(std::env::var("FIXTURE").as_deref(), Ok("write"), "only on purpose");
    assert!(!kept().join("data").exists(), "a fixture that is kept is never made again");
    let node = Node::new();
    let ledger = node.create();
    fill(&node, &ledger);
    fs::create_dir_all(kept()).unwrap();
    fs::write(kept().join("expected.txt"), told(&ledger)).unwrap();
    drop(ledger);
    fs::remove_dir_all(node.data().join("views")).unwrap();
    for name in ["", "journal", "head", "records"] {
        let _ = fs::remove_file(node.data().join(name).join("lock"));
    }
    copy_folder(&node.data(), &kept().join("data"));
    fs::create_dir_all(kept().join("secrets")).unwrap();
    fs::copy(node.folder.path().join("key"), kept().join("secrets/directory.key")).unwrap();
}

fn fill(node: &Node, ledger: &Ledger) {
    let pass = || {
        node.clock.fetch_add(HOUR, Ordering::SeqCst);
    };
    let act = |act: Act| node.act(ledger, act);
    let (anna, shop) = node.anna_and_shop(ledger);
    let bea = node.account(ledger, "bea", AccountKind::Resident);
    pass();
    let open = OpenAccount { kind: AccountKind::Resident, key: public("new"), level: 0, groups: vec![] };
    node.does(ledger, Body::OpenAccount(open), "new");
    act(Act::ClassifyAccount { account: bea, level: 1, groups: vec![3] });
    act(deposit(DIGITAL_BANK, 50_000, Purse::Own));
    act(Act::PublishCampaign(Box::new(campaign(1))));
    act(Act::SponsorDeposit { bank: DIGITAL_BANK, campaign: 1, amount: cents(20_000), evidence: document() });
    act(Act::Convert { bank: DIGITAL_BANK, credit: hash("credit of bea"), amount: cents(4_000), account: bea });
    act(Act::RecordCredit { bank: DIGITAL_BANK, credit: hash("a credit"), amount: cents(1_500) });
    pass();
    let payment = node.pay(ledger, anna, shop, 1_234);
    let expires = node.clock.load(Ordering::SeqCst) + HOUR;
    let charge = Some(ChargeReference { id: [7; 16], expires });
    node.does(ledger, Body::Transfer(Transfer { payer: bea, payee: shop, amount: cents(560), charge, memo: None }), "bea");
    node.does(ledger, Body::Transfers { payer: anna, payments: vec![(shop, cents(10)), (bea, cents(20))] }, "anna");
    node.does(ledger, Body::Refund { account: shop, original: payment, item: 0, amount: cents(34) }, "shop");
    act(Act::PublishFee(fee_rule(1)));
    let redemption = node.does(ledger, Body::Redeem { account: shop, amount: cents(700) }, "shop");
    act(Act::RedemptionPaid { redemption, bank: DIGITAL_BANK, evidence: document() });
    pass();
    node.does(ledger, Body::AddKey { account: shop, key: public("till"), scope: Scope::Till { per_day: cents(5_000) } }, "shop");
    node.does(ledger, Body::AddKey { account: anna, key: public("card"), scope: Scope::Limited(cap(500, 900)) }, "anna");
    node.does(ledger, Body::RevokeKey { account: anna, key: public("card") }, "anna");
    act(Act::SuspendAccount { account: bea, reason: 1 });
    act(Act::ResumeAccount { account: bea });
    act(deposit(PAPER_BANK, 9_000, Purse::Cover));
    act(Act::IssueNotes { amount: cents(8_000), evidence: document() });
    act(Act::BankFee { bank: DIGITAL_BANK, amount: cents(250), evidence: document() });
    act(Act::SetQuorum(Quorum { act: 46, persons: 2, roles: Roles::ACTING }));
    let propose = |amount| {
        let order = node.order(ledger, Body::Propose(deposit(DIGITAL_BANK, amount, Purse::Own)), "operator 1");
        ledger.submit_and_wait(order.clone()).unwrap().unwrap();
        order.id()
    };
    node.does(ledger, Body::Approve { proposal: propose(1) }, "operator 2");
    node.does(ledger, Body::Refuse { proposal: propose(2) }, "operator 3");
    node.does(ledger, Body::CloseAccount { account: member(ledger, "new") }, "new");
    act(Act::RotateCheckpointKey { key: public("next checkpoint") });
    pass();
    node.pay(ledger, anna, shop, 99);
    let profile =
        |name: &str, trade: Option<&str>| Profile { name: Some(name.into()), trade: trade.map(Into::into), ..Profile::default() };
    ledger.directory().set_profile(&anna, profile("Anna Martin", None)).unwrap();
    ledger.directory().set_profile(&bea, profile("Béa Noël", None)).unwrap();
    ledger.directory().set_profile(&shop, profile("Boulangerie du Pont", Some("boulangerie"))).unwrap();
    ledger.directory().set_memo(payment, &anna, "pour le pain").unwrap();
}
