//! `kill -9` of the real program in a loop, under load, while clients retry and check; and of its making and its start.
//!
//! `SEED=7` draws other moments and payments, `LONG=1` kills two hundred times. The summary is added to the file that `TRIED` names.

#![allow(clippy::unwrap_used)]

mod common;

use common::node::{Currency, Node, said};
use common::{key_of, order};
use ledger::SigningKey;
use ledger::account::AccountKind;
use ledger::amount::Amount;
use ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use ledger::entry::{Entry, RawEntry};
use ledger::fault::Fault;
use ledger::journal::log_settings;
use ledger::key::{AccountId, Hash32};
use ledger::log::Log;
use ledger::merkle::{Tree, leaf_hash, verify_consistency};
use ledger::receipt::{Receipt, origin};
use ledger::storage::{DiskStorage, ReadOnly};
use ledger::transaction::{Act, Body, OpenAccount, Transfer};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};
use wallet_api::client::{Client, ClientError, Trust};

/// So many kills in a usual run, and in a long one.
const ROUNDS: u64 = 12;
const LONG_ROUNDS: u64 = 200;
/// So many members pay at the same time, each on a connection of its own.
const MEMBERS: usize = 6;
/// What each member starts with, in cents: below what an unchecked member may hold.
const START_CENTS: i64 = 10_000;
/// A payment that is not settled after so long never will be: the node is restarted within seconds.
const SETTLED: Duration = Duration::from_secs(120);
/// Between two tries with the same bytes.
const AGAIN: Duration = Duration::from_millis(20);

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % bound
    }

    fn within(&mut self, longest_ms: u64) -> Duration {
        Duration::from_millis(self.below(longest_ms))
    }
}

fn seed() -> u64 {
    let seed = std::env::var("SEED").map_or(1, |seed| seed.parse().expect("SEED is a number"));
    println!("SEED={seed}");
    seed
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A member with money.
struct Member {
    key: SigningKey,
    account: AccountId,
}

/// The key file of a person of the association.
fn operator(currency: &Currency, person: u16) -> SigningKey {
    let text = fs::read_to_string(currency.file(&format!("data/secrets/operators/operator-{person}.key"))).unwrap();
    key_of(text.parse::<toml::Table>().unwrap()["seed"].as_str().unwrap())
}

/// Opens accounts for keys of the test's own and converts euros for each.
async fn members(currency: &Currency, client: &Client, trust: &Trust, dice: &mut Dice) -> Vec<Member> {
    let signed = async |body, key: &SigningKey| {
        let bytes = order(body).sign(&trust.ledger, key);
        client.submit(&bytes, trust).await.unwrap().1
    };
    let (proposer, approver) = (operator(currency, 1), operator(currency, 3));
    let mut members = Vec::new();
    for number in 0..MEMBERS {
        let key = SigningKey::from_bytes(&Hash32::of(&dice.below(u64::MAX).to_be_bytes()).0);
        let opening = OpenAccount { kind: AccountKind::Resident, key: key.verifying_key().into(), level: 0, groups: vec![] };
        let account = AccountId::opened_by(&signed(Body::OpenAccount(opening), &key).await.order.id());
        let credit = Hash32::of(&number.to_be_bytes());
        let amount = Amount::from_cents(START_CENTS.unsigned_abs()).unwrap();
        let proposed = signed(Body::Propose(Act::Convert { bank: 1, credit, amount, account }), &proposer).await;
        signed(Body::Approve { proposal: proposed.order.id() }, &approver).await;
        members.push(Member { key, account });
    }
    members
}

/// A payment that a client was told is done.
struct Acknowledged {
    payer: usize,
    payee: usize,
    cents: u64,
    bytes: Vec<u8>,
    sequence: u64,
    receipt: Receipt,
}

/// What one client has lived through.
#[derive(Default)]
struct Told {
    payments: Vec<Acknowledged>,
    refused: u64,
    /// Payments whose bytes were sent more than once before there was an answer.
    asked_again: u64,
}

/// Where the node listens now, and whether clients go on.
struct Town<'a> {
    url: RwLock<String>,
    over: AtomicBool,
    trust: &'a Trust,
    members: &'a [Member],
}

/// Ends the clients' work, also when the test fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Town<'_> {
    /// Sends the same bytes until there is an answer: an entry, or `None` for a refusal, which is final. And how often they were sent.
    async fn settle(&self, bytes: &[u8]) -> (Option<(Receipt, Entry)>, u64) {
        let began = Instant::now();
        for sent in 1.. {
            let client = Client::new(&self.url.read().unwrap()).unwrap();
            match client.submit(bytes, self.trust).await {
                Ok((receipt, entry)) => return (Some((Receipt::decode(&receipt).unwrap(), entry)), sent),
                Err(ClientError::Refused(problem)) if ![429, 503].contains(&problem.status) => {
                    assert!(
                        ["balance_insufficient", "limit_held", "limit_paid_30_days"].contains(&&problem.code[..]),
                        "{problem:?}"
                    );
                    return (None, sent);
                }
                Err(ClientError::Refused(_) | ClientError::Unanswered(_)) => {}
                Err(wrong) => panic!("an answer that no node may give: {wrong}"),
            }
            assert!(began.elapsed() < SETTLED, "no answer in spite of {sent} tries");
            tokio::time::sleep(AGAIN).await;
        }
        unreachable!("the loop ends with an answer")
    }

    /// One member pays the others, one payment after the other, until it is over.
    async fn pay(&self, payer: usize, mut dice: Dice) -> Told {
        let mut told = Told::default();
        while !self.over.load(Ordering::SeqCst) {
            let payee = (payer + 1 + dice.below(MEMBERS as u64 - 1) as usize) % MEMBERS;
            let cents = dice.below(3) + 1;
            let amount = Amount::from_cents(cents).unwrap();
            let [from, to] = [payer, payee].map(|place| &self.members[place]);
            let body = Body::Transfer(Transfer { payer: from.account, payee: to.account, amount, charge: None, memo: None });
            let bytes = order(body).sign(&self.trust.ledger, &from.key);
            let (answer, sent) = self.settle(&bytes).await;
            told.asked_again += u64::from(sent > 1);
            match answer {
                Some((receipt, entry)) => {
                    told.payments.push(Acknowledged { payer, payee, cents, bytes, sequence: entry.sequence, receipt });
                }
                None => told.refused += 1,
            }
            if dice.below(8) == 0 && !told.payments.is_empty() {
                let old = &told.payments[dice.below(told.payments.len() as u64) as usize];
                let (again, _) = self.settle(&old.bytes).await;
                let (receipt, entry) = again.expect("what was acknowledged is never refused");
                assert_eq!((entry.sequence, receipt.entry()), (old.sequence, old.receipt.entry()));
            }
        }
        told
    }
}

/// Kills a start of the node on its way: while it replays, opens its views, or a moment after.
fn kill_a_start(currency: &Currency, after: Duration) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liard"));
    command.args(["serve", "--data", &currency.path("data"), "--listen", "127.0.0.1:0", "--log", "error"]);
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    assert!(child.try_wait().unwrap().is_none(), "the start failed");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_a_client_was_told_is_there_once_after_every_kill() {
    let rounds = if std::env::var("LONG").is_ok() { LONG_ROUNDS } else { ROUNDS };
    let mut dice = Dice(seed());
    let currency = Currency::found();
    let mut node = currency.serve();
    let client = Client::new(&node.url).unwrap();
    let (trust, members) = runtime().block_on(async {
        let trust = client.trust().await.unwrap();
        let members = members(&currency, &client, &trust, &mut dice).await;
        (trust, members)
    });
    let town = Town { url: RwLock::new(node.url.clone()), over: AtomicBool::new(false), trust: &trust, members: &members };
    let mut kills = 0;
    let told: Vec<Told> = std::thread::scope(|scope| {
        let over = Over(&town.over);
        let seeds: Vec<u64> = (0..MEMBERS).map(|_| dice.below(u64::MAX)).collect();
        let paying = |(payer, seed)| {
            let town = &town;
            scope.spawn(move || runtime().block_on(town.pay(payer, Dice(seed))))
        };
        let clients: Vec<_> = seeds.into_iter().enumerate().map(paying).collect();
        for round in 0..rounds {
            std::thread::sleep(dice.within(1_500));
            node.kill();
            kills += 1;
            if round % 3 == 1 {
                kill_a_start(&currency, dice.within(400));
                kills += 1;
            }
            node = currency.serve();
            town.url.write().unwrap().clone_from(&node.url);
        }
        drop(over);
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let newest = runtime().block_on(balances_are_what_clients_were_told(&node, &town, &told));
    node.stop();
    let report: serde_json::Value = serde_json::from_str(&said(&["audit", &currency.path("data"), "--json"])).unwrap();
    assert_eq!((report["ok"].as_bool(), report["entries"].as_u64()), (Some(true), Some(newest.size)));
    let payments: Vec<&Acknowledged> = told.iter().flat_map(|told| &told.payments).collect();
    the_journal_has_each_once(&currency.file("data"), &trust, &payments, &newest);
    let again: u64 = told.iter().map(|told| told.asked_again).sum();
    let refused: u64 = told.iter().map(|told| told.refused).sum();
    assert!(payments.len() as u64 > rounds, "there was load: {} payments, {refused} refused", payments.len());
    let summary = format!("tried: {kills} kills, {} payments acknowledged, {again} asked again", payments.len());
    println!("{summary}");
    if let Ok(file) = std::env::var("TRIED") {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(file).unwrap();
        writeln!(file, "{summary}").unwrap();
    }
}

/// Compares each member's balance with what the clients were told, and gives the newest checkpoint.
async fn balances_are_what_clients_were_told(node: &Node, town: &Town<'_>, told: &[Told]) -> Checkpoint {
    let client = Client::new(&node.url).unwrap();
    for (place, member) in town.members.iter().enumerate() {
        let mut expected = START_CENTS;
        for payment in told.iter().flat_map(|told| &told.payments) {
            let cents = i64::try_from(payment.cents).unwrap();
            expected += if payment.payee == place { cents } else { 0 };
            expected -= if payment.payer == place { cents } else { 0 };
        }
        let token = client.sign_in(&town.trust.ledger, &member.key).await.unwrap().token;
        let account = client.account(&token, &member.account.to_text(&town.trust.prefix)).await.unwrap();
        assert_eq!(account.balance, expected, "member {place}");
    }
    opened(&client.checkpoint().await.unwrap(), town.trust)
}

fn opened(note: &str, trust: &Trust) -> Checkpoint {
    let keys: Vec<_> = trust.keys.iter().map(|key| key.verifying_key()).collect();
    SignedCheckpoint::open(note, &origin(&trust.ledger), &keys).unwrap()
}

/// Reads the journal itself: each acknowledged payment stands at its place, once, and every checkpoint that was given is a start of
/// the newest.
fn the_journal_has_each_once(data: &Path, trust: &Trust, payments: &[&Acknowledged], newest: &Checkpoint) {
    let storage = ReadOnly::strict(Arc::new(DiskStorage::open(&data.join("journal")).unwrap()));
    let (mut leaves, mut tree) = (Vec::new(), Tree::new());
    let head = Some((newest.size, newest.root));
    Log::open::<Fault>(storage, log_settings(&trust.ledger), head, |_, leaf, _| {
        tree.push(leaf_hash(leaf));
        leaves.push(leaf.to_vec());
        Ok(())
    })
    .unwrap();
    let orders: Vec<&[u8]> = leaves.iter().map(|leaf| RawEntry::decode(leaf).unwrap().transaction).collect();
    let mut places: std::collections::HashMap<&[u8], Vec<u64>> = Default::default();
    (0..).zip(&orders).for_each(|(sequence, order)| places.entry(*order).or_default().push(sequence));
    for payment in payments {
        assert_eq!(places[&payment.bytes[..]], [payment.sequence], "once, at its place");
        assert_eq!(leaves[payment.sequence as usize], payment.receipt.entry());
        payment.receipt.verify(&trust.ledger, &trust.keys).unwrap();
        let old = opened(payment.receipt.checkpoint(), trust);
        assert_eq!(tree.root_at(old.size), Some(old.root), "the history of a receipt is the history");
        let proof = tree.consistency_proof(old.size, newest.size).unwrap();
        assert!(verify_consistency(old.size, &old.root, newest.size, &newest.root, &proof));
    }
    // The members' openings, conversions and their approvals, the genesis, and not one payment that nobody was told of.
    assert_eq!(leaves.len(), 1 + 3 * MEMBERS + payments.len());
}

/// Runs the program and kills it after a while; true when it had ended by itself before.
fn kill_after(arguments: &[&str], after: Duration) -> bool {
    let mut child = Command::new(env!("CARGO_BIN_EXE_liard")).args(arguments).stdout(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    let ended = child.try_wait().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    ended.is_some()
}

#[test]
fn a_demo_whose_making_was_killed_is_made_or_served_by_the_next_start() {
    let mut dice = Dice(seed());
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("demo");
    let data = data.to_str().unwrap();
    let make = ["demo", "--only-make", "--residents", "12", "--shops", "3", "--days", "1", "--data", data];
    let afresh = [&make[..], &["--fresh"]].concat();
    let began = Instant::now();
    said(&make);
    let whole = u64::try_from(began.elapsed().as_millis()).unwrap();
    for _ in 0..3 {
        kill_after(&afresh, dice.within(whole));
        said(&make);
        said(&["audit", data]);
        fs::remove_dir_all(data).unwrap();
        kill_after(&make, dice.within(whole));
        said(&make);
        said(&["audit", data]);
    }
}

#[test]
fn an_init_that_was_killed_leaves_a_whole_currency_or_one_that_does_not_start() {
    let mut dice = Dice(seed());
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("currency.toml"), said(&["init", "--sample"])).unwrap();
    let began = Instant::now();
    said(&["init", &path("currency.toml"), "--data", &path("whole")]);
    let whole = u64::try_from(began.elapsed().as_millis()).unwrap();
    let mut started = 0;
    for round in 0..12 {
        let data = path(&format!("data-{round}"));
        kill_after(&["init", &path("currency.toml"), "--data", &data], dice.within(whole + whole / 4));
        let out = folder.path().join("out");
        let Some(node) = Node::try_start(&["serve", "--data", &data], &out) else { continue };
        node.stop();
        for file in ["issuer.key", "checkpoint.key", "credit.key", "operators/operator-3.key"] {
            assert!(Path::new(&data).join("secrets").join(file).exists(), "a ledger without {file}");
        }
        said(&["audit", &data]);
        started += 1;
    }
    println!("{started} of 12 were whole");
}
