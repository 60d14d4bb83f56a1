//! Anyone can check: the public log of the running program, its witnesses, and its coverage statements.

#![allow(clippy::unwrap_used)]

mod common;

use common::node::{Currency, Node, PATIENCE, runtime, said, word_after};
use common::{Cast, Town, copy, key_of, secret};
use ledger::SigningKey;
use ledger::checkpoint::{Checkpoint, SignedCheckpoint, WitnessPolicy};
use ledger::coverage::SignedStatement;
use ledger::fork::Fork;
use ledger::key::{Hash32, LedgerId, PublicKey};
use ledger::merkle::{Hash, Tree, leaf_hash, verify_consistency};
use ledger::note::{self, Note, VerifierKey};
use ledger::receipt::{KeyChain, Receipt, origin};
use ledger::tile::{TilePath, Tiles};
use public_log::add_checkpoint::AddCheckpoint;
use public_log::client::{ClientError, LogClient};
use public_log::store::id_of;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Looks until there is something, for as long as a slow and busy machine may need.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "it did not come to this: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A witness as its own program.
struct Witness {
    child: Child,
    name: String,
    folder: PathBuf,
    logs: Vec<String>,
    url: String,
    key: VerifierKey,
}

impl Witness {
    fn start(folder: PathBuf, name: &str, logs: &[String]) -> Witness {
        let (child, url, key) = Witness::launch(&folder, name, logs, "127.0.0.1:0");
        Witness { child, name: name.into(), folder, logs: logs.to_vec(), url, key }
    }

    fn launch(folder: &Path, name: &str, logs: &[String], listen: &str) -> (Child, String, VerifierKey) {
        let out = folder.with_extension("out");
        let mut command = Command::new(env!("CARGO_BIN_EXE_liard"));
        command.arg("witness").arg("--data").arg(folder).args(["--name", name, "--listen", listen, "--verbosity", "off"]);
        command.args(logs.iter().flat_map(|log| ["--log", log]));
        let mut child = command.stdout(fs::File::create(&out).unwrap()).stderr(Stdio::inherit()).spawn().unwrap();
        let printed = until("a witness that listens", || {
            assert!(child.try_wait().unwrap().is_none(), "the witness ended");
            fs::read_to_string(&out).ok().filter(|text| text.contains("A node that is to be cosigned"))
        });
        let key = VerifierKey::parse(word_after(&printed, "Witness: ")).unwrap();
        (child, format!("http://{}", word_after(&printed, "Listening on ")), key)
    }

    /// Kills it as a power cut of the process: no handler runs.
    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again at the same address.
    fn again(&mut self) {
        let listen = self.url.trim_start_matches("http://").to_owned();
        let (child, _, key) = Witness::launch(&self.folder, &self.name, &self.logs, &listen);
        assert_eq!(key, self.key, "it has kept its key");
        self.child = child;
    }

    fn get(&self, path: &str) -> (u16, Vec<u8>) {
        runtime().block_on(async {
            let answer = reqwest::get(format!("{}{path}", self.url)).await.unwrap();
            (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
        })
    }

    /// The newest checkpoint of a log that it has seen.
    fn seen(&self, origin: &str) -> Option<Checkpoint> {
        let (status, note) = self.get(&format!("/logs/{}/checkpoint", id_of(origin)));
        (status == 200).then(|| checkpoint_of(&String::from_utf8(note).unwrap()))
    }

    fn evidence(&self) -> Vec<Vec<u8>> {
        let list = String::from_utf8(self.get("/evidence/").1).unwrap();
        list.lines().map(|file| self.get(&format!("/evidence/{file}")).1).collect()
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn checkpoint_of(note: &str) -> Checkpoint {
    Checkpoint::parse(Note::open(note).unwrap().body()).unwrap()
}

fn ledger_of(currency: &Currency) -> LedgerId {
    LedgerId::from_hex(fs::read_to_string(currency.file("data/ledger-id")).unwrap().trim()).unwrap()
}

fn log_key(currency: &Currency) -> VerifierKey {
    VerifierKey::signer(&origin(&ledger_of(currency)), secret(&currency.file("data"), "checkpoint.key").verifying_key().into())
}

/// Adds lines to the settings of the node in a folder.
fn set(currency: &Currency, folder: &str, lines: &str) {
    let file = currency.file(&format!("{folder}/liard.toml"));
    fs::write(&file, format!("{}{lines}\n", fs::read_to_string(&file).unwrap())).unwrap();
}

/// A currency whose log these towns witness, two of them needed if there are as many.
fn witnessed(towns: &[&str]) -> (Currency, Vec<Witness>) {
    let currency = Currency::found();
    let log = log_key(&currency).to_string();
    let start = |town: &&str| Witness::start(currency.file(town), &format!("{town}.example"), std::slice::from_ref(&log));
    let witnesses: Vec<Witness> = towns.iter().map(start).collect();
    let named: Vec<String> = witnesses.iter().map(|witness| format!("{} {}", witness.key, witness.url)).collect();
    let needed = towns.len().min(2);
    set(&currency, "data", &format!("publish_every_ms = 100\nwitnesses = \"{}\"\nwitnesses_needed = {needed}", named.join(", ")));
    (currency, witnesses)
}

/// One entry: a credit without a name.
fn act(currency: &Currency, node: &Node, what: &str) {
    let credit = Hash32::of(what.as_bytes()).to_string();
    currency.act(node, 1, &["record-credit", "--bank", "1", "--amount", "5", "--credit", &credit]);
}

fn published(node: &Node) -> String {
    node.get("/log/checkpoint").1
}

/// Waits for a published checkpoint of this size with so many good lines of these witnesses.
fn cosigned(node: &Node, witnesses: &[&Witness], size: u64, lines: usize) -> String {
    let policy = WitnessPolicy { needed: lines, witnesses: witnesses.iter().map(|witness| witness.key.clone()).collect() };
    until(&format!("{size} entries under {lines} cosignatures"), || {
        let note = published(node);
        (checkpoint_of(&note).size == size && policy.cosigned(&note).len() == lines).then_some(note)
    })
}

/// What the node says of a witness, once it says it.
fn told_of(node: &Node, name: &str, problem: &Value) -> Value {
    until(&format!("{name}: {problem}"), || {
        let all = node.json("/log/witnesses");
        all["witnesses"].as_array().unwrap().iter().find(|row| row["name"] == name && row["problem"] == *problem).cloned()
    })
}

#[test]
fn a_checkpoint_gets_its_cosignatures_and_a_witness_that_was_down_catches_up() {
    let (currency, mut witnesses) = witnessed(&["valmont", "clairval", "rocheville"]);
    let node = currency.serve();
    let all = |witnesses: &[Witness], size, lines| cosigned(&node, &witnesses.iter().collect::<Vec<_>>(), size, lines);
    all(&witnesses, 1, 3);
    let printed = fs::read_to_string(currency.file("out")).unwrap();
    assert_eq!(word_after(&printed, "liard witness --log`: "), log_key(&currency).to_string());
    assert!(node.get("/log/").1.contains(&log_key(&currency).to_string()));
    let info = node.json("/v1/ledger");
    assert_eq!((&info["witnesses_needed"], &info["publish_every_ms"]), (&json!(2), &json!(100)));
    assert_eq!(info["witnesses"][1], witnesses[1].key.to_string());
    witnesses[2].kill();
    act(&currency, &node, "a");
    let note = all(&witnesses, 2, 2);
    let policy = WitnessPolicy { needed: 2, witnesses: witnesses.iter().map(|witness| witness.key.clone()).collect() };
    assert!(policy.is_met(&note), "two of three are enough");
    let row = told_of(&node, "rocheville.example", &json!("unreachable"));
    assert_eq!((&row["size"], row["time"].is_u64()), (&json!(1), true), "{row}");
    assert_eq!(node.json("/health")["log"], json!({ "entries": 2, "alarms": [] }), "a machine that is down is no alarm");
    witnesses[2].again();
    let note = all(&witnesses, 2, 3);
    let row = told_of(&node, "rocheville.example", &Value::Null);
    assert_eq!(row["size"], 2);
    // The receipt of an entry that is published carries the lines, so that it proves everything with no network.
    let receipt = runtime().block_on(async {
        let client = wallet_api::client::Client::new(&node.url).unwrap();
        let trust = client.trust().await.unwrap();
        let session = client.sign_in(&trust.ledger, &secret(&currency.file("data"), "operators/operator-1.key")).await.unwrap();
        client.receipt(&session.token, 1, &trust).await.unwrap().0
    });
    assert_eq!(policy.cosigned(Receipt::decode(&receipt).unwrap().checkpoint()).len(), 3);
    // A node that starts again goes on from what it has published.
    node.stop();
    witnesses[0].kill();
    let node = currency.serve();
    told_of(&node, "valmont.example", &json!("unreachable"));
    assert_eq!(
        policy.cosigned(&published(&node)).len(),
        3,
        "the line of a witness that is down now stays under what it cosigned"
    );
    assert_eq!(checkpoint_of(&published(&node)), checkpoint_of(&note));
}

/// A witness that answers every request with the same bytes, or with nothing for ever.
fn hostile(answer: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some(answer) = &answer else {
                held.push(stream);
                continue;
            };
            // All of a request of this size is there at the first read, or the answer is taken before it is.
            drop(stream.read(&mut [0; 8_192]));
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    url
}

#[test]
fn nothing_of_a_witness_is_believed_but_a_good_cosignature() {
    let currency = Currency::found();
    let log = log_key(&currency);
    let http = |status: u16, body: &str| {
        Some(format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
    };
    let key = |seed: u8| SigningKey::from_bytes(&[seed; 32]);
    let body = Checkpoint { origin: log.name.clone(), size: 1, root: [7; 32] }.encode_body();
    let rows = [
        ("stranger", http(200, &note::cosign(&body, "stranger", &key(99), 1_800)), "unsound"),
        ("other-tree", http(200, &note::cosign(&body, "other-tree", &key(2), 1_800)), "unsound"),
        ("silent", http(200, ""), "unsound"),
        ("talker", http(200, &"x".repeat(1 << 20)), "unsound"),
        ("number", http(409, "5x\n"), "unsound"),
        ("beginner", http(409, "0\n"), "unsound"),
        ("ahead", http(409, "999999\n"), "longer_history"),
        ("accuser", http(409, "1\n"), "other_history"),
        ("unproved", http(422, ""), "other_history"),
        ("unknown", http(404, ""), "not_witnessed"),
        ("forbidden", http(403, ""), "not_witnessed"),
        ("broken", http(500, ""), "unreachable"),
        ("elsewhere", http(302, ""), "unreachable"),
        ("asleep", None, "unreachable"),
    ];
    let named = |(number, (name, answer, _)): (usize, &(&str, Option<String>, &str))| {
        let key = VerifierKey::witness(name, key(number as u8 + 1).verifying_key().into());
        format!("{key} {}", hostile(answer.clone()))
    };
    let named: Vec<String> = rows.iter().enumerate().map(named).collect();
    set(&currency, "data", &format!("publish_every_ms = 100\nwitnesses = \"{}\"\nwitnesses_needed = 1", named.join(", ")));
    let node = currency.serve();
    for (name, _, problem) in &rows {
        told_of(&node, name, &json!(problem));
    }
    assert_eq!(node.json("/health")["log"]["alarms"].as_array().unwrap().len(), 3);
    // The log is published all the same, in its time, under its own line alone.
    act(&currency, &node, "a");
    let note = until("the log is published", || Some(published(&node)).filter(|note| checkpoint_of(note).size == 2));
    assert_eq!(note.split_once("\n\n").unwrap().1.lines().count(), 1, "{note}");
}

/// A log of a test: a history up to `fork`, and two ways to go on.
struct Lying {
    origin: String,
    key: SigningKey,
    histories: [Tree; 2],
}

/// Where the histories part: not at a power of two, so that a proof from there shows the other root.
const FORK: u64 = 11;

impl Lying {
    fn number(number: u8) -> Lying {
        let history = |way: u8| {
            let mut tree = Tree::new();
            (0..200u64).for_each(|leaf| tree.push(leaf_hash(&[number, leaf as u8, if leaf < FORK { 0 } else { way }])));
            tree
        };
        Lying {
            origin: format!("lying.example/{number}"),
            key: SigningKey::from_bytes(&[number + 1; 32]),
            histories: [1, 2].map(history),
        }
    }

    fn log_key(&self) -> String {
        VerifierKey::signer(&self.origin, self.key.verifying_key().into()).to_string()
    }

    /// The request to go from one size of a history to another.
    fn request(&self, way: usize, old: u64, size: u64) -> String {
        let tree = &self.histories[way];
        let root = tree.root_at(size).unwrap();
        let note = SignedCheckpoint::sign(&Checkpoint { origin: self.origin.clone(), size, root }, &self.key);
        let proof = if old == 0 || old == size { Vec::new() } else { tree.consistency_proof(old, size).unwrap() };
        AddCheckpoint { old, proof, note: note.as_str() }.encode()
    }

    /// The histories that a checkpoint belongs to.
    fn ways(&self, size: u64, root: &Hash) -> BTreeSet<usize> {
        (0..2).filter(|way| self.histories[*way].root_at(size).as_ref() == Some(root)).collect()
    }
}

async fn submit(client: &reqwest::Client, url: &str, request: String) -> Option<(u16, String)> {
    let answer = client.post(format!("{url}/add-checkpoint")).body(request).send().await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.text().await.ok()?))
}

/// Tells one history to a witness until it is killed or has cosigned it to the end, or does not want it any more; notes the sizes that it
/// cosigned.
fn tell(log: &Lying, way: usize, url: &str, cosigned: &Mutex<Vec<(usize, u64)>>, answers: &AtomicUsize) {
    runtime().block_on(async {
        let client = reqwest::Client::new();
        let mut old = 0;
        for _ in 0..400 {
            let size = if old < FORK { FORK } else { old + 1 };
            let answered = submit(&client, url, log.request(way, old, size)).await;
            answers.fetch_add(1, Ordering::SeqCst);
            match answered {
                Some((200, _)) => {
                    cosigned.lock().unwrap().push((way, size));
                    old = size;
                }
                Some((409, seen)) => old = seen.trim_end().parse().unwrap(),
                _ => return,
            }
            if old >= 199 {
                return;
            }
        }
    });
}

#[test]
fn a_witness_killed_between_answers_never_cosigns_two_histories() {
    let folder = tempfile::tempdir().unwrap();
    let logs: Vec<Lying> = (0..6).map(Lying::number).collect();
    let keys: Vec<String> = logs.iter().map(Lying::log_key).collect();
    let mut witness = Witness::start(folder.path().join("witness"), "witness.example", &keys);
    let (mut kills, mut cosignatures) = (0, 0);
    for (number, log) in logs.iter().enumerate() {
        let cosigned = Mutex::new(Vec::new());
        for round in 0..3 {
            let (url, answers) = (witness.url.clone(), AtomicUsize::new(0));
            std::thread::scope(|scope| {
                let (url, cosigned, answers) = (&url, &cosigned, &answers);
                let telling = [0, 1].map(|way| scope.spawn(move || tell(log, way, url, cosigned, answers)));
                // Somewhere in the middle of it all, at another place each time.
                until("some answers", || (answers.load(Ordering::SeqCst) > 2 + (number + round) % 7).then_some(()));
                witness.kill();
                telling.into_iter().for_each(|telling| telling.join().unwrap());
            });
            kills += 1;
            witness.again();
        }
        let cosigned = cosigned.into_inner().unwrap();
        cosignatures += cosigned.len();
        let beyond: BTreeSet<usize> = cosigned.iter().filter(|(_, size)| *size > FORK).map(|(way, _)| *way).collect();
        assert!(beyond.len() <= 1, "{cosigned:?}");
        // What it remembers is at least what it has answered, and of the same history.
        let seen = witness.seen(&log.origin).unwrap();
        let largest = cosigned.iter().map(|(_, size)| *size).max().unwrap_or(0);
        assert!(seen.size >= largest, "{} {largest}", seen.size);
        assert!(beyond.is_subset(&log.ways(seen.size, &seen.root)));
    }
    assert!(cosignatures > 0);
    println!("{cosignatures} cosignatures of {} logs with two histories, over {kills} kills", logs.len());
}

#[test]
fn a_witness_answers_as_the_protocol_says() {
    let folder = tempfile::tempdir().unwrap();
    let (log, stranger) = (Lying::number(0), Lying::number(1));
    let witness = Witness::start(folder.path().join("witness"), "witness.example", &[log.log_key()]);
    let ask = |request: String| {
        runtime().block_on(async {
            let sent = reqwest::Client::new().post(format!("{}/add-checkpoint", witness.url)).body(request).send();
            let answer = sent.await.unwrap();
            let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
            (answer.status().as_u16(), kind, answer.text().await.unwrap())
        })
    };
    let size = |size: u64| (409, "text/x.tlog.size".to_owned(), format!("{size}\n"));
    let (status, _, line) = ask(log.request(0, 0, 13));
    let note = format!("{}{line}", log.request(0, 0, 13).split_once("\n\n").unwrap().1);
    let signed = Note::open(&note).unwrap().signed_by(&witness.key).unwrap().unwrap();
    assert!(status == 200 && signed.time_s.is_some_and(|time| time > 1_700_000_000), "{status} {line}");
    assert_eq!(ask(log.request(0, 0, 20)), size(13), "somebody who knows nothing learns the size");
    assert_eq!(ask(log.request(1, 13, 13)), size(13), "the same size with another root");
    assert_eq!(ask(log.request(1, 13, 15)).0, 422);
    assert_eq!(ask(log.request(0, 13, 15).replacen("old 13", "old 16", 1)).0, 400, "from beyond the checkpoint");
    assert_eq!(ask(stranger.request(0, 0, 5)).0, 404);
    let forged = Lying { key: stranger.key.clone(), ..Lying::number(0) };
    assert_eq!(ask(forged.request(0, 13, 15)).0, 403);
    assert_eq!(ask("old 13\n".into()).0, 400);
    assert_eq!(ask("old 13\n\n".to_owned() + &"x".repeat(60_000)).0, 400);
    assert_eq!(ask(log.request(0, 13, 15)).0, 200);
    assert!(String::from_utf8(witness.get("/").1).unwrap().contains(&witness.key.to_string()));
    assert_eq!((witness.get("/logs/abc/checkpoint").0, witness.get("/evidence/..%2Fwitness.key").0), (404, 404));
    let evidence = witness.evidence();
    assert_eq!(evidence.len(), 2, "the same size, and the longer one");
    assert!(evidence.iter().all(|fork| Fork::decode(fork).unwrap().verify().is_ok()));
    // A second process would sign what this one has not seen.
    let data = witness.folder.to_str().unwrap();
    let second = common::node::refused(&[
        "witness",
        "--data",
        data,
        "--name",
        "witness.example",
        "--log",
        &log.log_key(),
        "--listen",
        "127.0.0.1:0",
    ]);
    assert!(second.contains("in use"), "{second}");
}

#[test]
fn a_node_that_tells_two_histories_is_caught_and_anybody_can_be_convinced() {
    let (currency, witnesses) = witnessed(&["valmont"]);
    let witness = &witnesses[0];
    let node = currency.serve();
    ["a", "b", "c", "d"].iter().for_each(|what| act(&currency, &node, what));
    cosigned(&node, &[witness], 5, 1);
    node.stop();
    copy(&currency.file("data"), &currency.file("other"));
    let node = currency.serve();
    act(&currency, &node, "e");
    let told = cosigned(&node, &[witness], 6, 1);
    node.stop();
    // The same keys, and another story from the fifth entry on.
    let other = Node::start(&["serve", "--data", &currency.path("other")], &currency.file("other.out"));
    ["f", "g"].iter().for_each(|what| act(&currency, &other, what));
    let row = told_of(&other, "valmont.example", &json!("other_history"));
    assert_eq!(row["detail"], "this witness says that it has seen another history");
    let alarms = other.json("/health")["log"]["alarms"].clone();
    assert!(alarms[0].as_str().unwrap().contains("another history"), "{alarms}");
    let log = log_key(&currency);
    let fork = until("evidence", || witness.evidence().pop());
    fs::write(currency.file("valmont.fork"), &fork).unwrap();
    let fork = Fork::decode(&fork).unwrap();
    assert!(fork.verify().is_ok() && fork.key().unwrap() == log);
    // The program convinces whoever was not there.
    let judged =
        common::node::liard(&["verify", &currency.path("valmont.fork"), "--ledger", &ledger_of(&currency).to_string(), "--json"]);
    let judged: Value = serde_json::from_slice(&judged.stdout).unwrap();
    assert_eq!((&judged["ok"], &judged["kind"]), (&json!(true), &json!("fork")), "{judged}");
    assert_eq!(witness.seen(&log.name).unwrap(), checkpoint_of(&told), "it stays with what it has seen");
    // Nothing of the other story is ever called final.
    let policy = WitnessPolicy { needed: 1, witnesses: vec![witness.key.clone()] };
    until("the other story is published as it is", || (checkpoint_of(&published(&other)).size == 7).then_some(()));
    assert!(!policy.is_met(&published(&other)));
    // Whoever has a checkpoint of the first story needs nothing but the tiles of the second.
    let made =
        with_tiles(&other.url, &published(&other), |tiles| Fork::from_tiles(&log, &told, &published(&other), tiles).unwrap());
    assert!(made.unwrap().verify().is_ok());
    other.stop();
    let node = currency.serve();
    act(&currency, &node, "h");
    cosigned(&node, &[witness], 7, 1);
}

/// What somebody else's tiles say under a checkpoint, fetched over HTTP one by one.
fn with_tiles<T>(url: &str, note: &str, read: impl FnOnce(&mut Tiles<Fetch>) -> T) -> T {
    let (client, runtime, head) = (LogClient::new(url).unwrap(), runtime(), checkpoint_of(note));
    let fetch: Fetch = Box::new(move |path: &TilePath| runtime.block_on(client.tile(path)));
    read(&mut Tiles::new(head.size, head.root, fetch))
}

type Fetch = Box<dyn FnMut(&TilePath) -> Result<Vec<u8>, ClientError>>;

/// A town in which so many payments of a cent were made in one batch; the receipts' entries.
fn busy_town(payments: usize) -> (Town, Vec<Vec<u8>>) {
    let town = Town::new();
    let entries = runtime().block_on(async {
        let cast = Cast::of(&town).await;
        let batch: Vec<u8> = (0..payments).flat_map(|_| cast.payment(1)).collect();
        let (status, answer) = common::post(&town.url("/v1/transactions/batch"), batch).await;
        assert_eq!(status, 200);
        let mut reader = ledger::encoding::Reader::new(&answer);
        let mut entries = Vec::new();
        for _ in 0..payments {
            let mut map = reader.map().unwrap();
            map.required(&mut reader, 1).unwrap();
            entries.push(Receipt::decode(reader.bytes().unwrap()).unwrap().entry().to_vec());
        }
        entries
    });
    (town, entries)
}

/// What is at an address: status, headers, body.
fn fetch(url: &str, method: &str) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
    runtime().block_on(async {
        let answer = reqwest::Client::new().request(method.parse().unwrap(), url).send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        (status, headers, answer.bytes().await.unwrap().to_vec())
    })
}

fn code(body: &[u8]) -> String {
    let problem: Value = serde_json::from_slice(body).unwrap();
    problem["code"].as_str().unwrap().to_owned()
}

#[test]
fn an_honest_client_verifies_everything_from_tiles_alone_and_finds_no_entry_there() {
    let (town, entries) = busy_town(300);
    let client = LogClient::new(&town.url("")).unwrap();
    let now = |size: u64| {
        until("the payments are published", || {
            let note = runtime().block_on(client.checkpoint()).unwrap();
            (checkpoint_of(&note).size >= size).then_some(note)
        })
    };
    let size = runtime().block_on(common::entries(&town));
    let note = now(size);
    // Three witnesses of the demo, two needed; the ledger id alone is known.
    let info = runtime().block_on(common::get(&town.url("/v1/ledger")));
    let keys = info["witnesses"].as_array().unwrap().iter().map(|key| VerifierKey::parse(key.as_str().unwrap()).unwrap());
    let policy = WitnessPolicy { needed: 2, witnesses: keys.collect() };
    until("the demo's witnesses have cosigned", || {
        policy.is_met(&runtime().block_on(client.checkpoint()).unwrap()).then_some(())
    });
    let ledger = LedgerId::from_hex(info["ledger"].as_str().unwrap()).unwrap();
    let chain = KeyChain::decode(&runtime().block_on(client.keys()).unwrap()).unwrap();
    let signers: Vec<_> = chain.keys(&ledger).unwrap().iter().map(PublicKey::verifying_key).collect();
    let head = SignedCheckpoint::open(&note, &origin(&ledger), &signers).unwrap();
    let old = head.size - 200;
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let (old_root, proof) = with_tiles(&town.url(""), &note, |tiles| {
        let first = (0..head.size).find(|index| tiles.inclusion_proof(*index, head.size).unwrap().0 == leaves[0]).unwrap();
        for (number, leaf) in leaves.iter().enumerate().step_by(7) {
            assert_eq!(tiles.inclusion_proof(first + number as u64, head.size).unwrap().0, *leaf);
        }
        (tiles.root(old).unwrap(), tiles.consistency_proof(old, head.size).unwrap())
    });
    assert!(verify_consistency(old, &old_root, head.size, &head.root, &proof));
    assert_eq!(runtime().block_on(client.consistency(old, head.size)).unwrap(), proof);
    let tiles: Vec<TilePath> = TilePath::all(head.size).collect();
    assert!(tiles.iter().any(TilePath::is_full) && tiles.iter().any(|path| path.level == 1), "the town is large enough");
    for path in &tiles {
        let (status, headers, bytes) = fetch(&town.url(&format!("/log/tile/{path}")), "GET");
        assert_eq!((status, bytes.len()), (200, path.bytes()), "{path}");
        assert_eq!(headers["content-type"], "application/octet-stream");
        assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
        let narrower = TilePath { width: 1, ..*path };
        assert_eq!(fetch(&town.url(&format!("/log/tile/{narrower}")), "GET").2, bytes[..32], "a partial tile is the start of it");
    }
    for (path, expected) in [
        ("tile/entries/000", "entries_not_public"),
        ("tile/entries/000.p/7", "entries_not_public"),
        ("tile/0/x001/000", "beyond_published"),
        ("tile/7/000.p/1", "beyond_published"),
        ("tile/0/0", "not_found"),
        ("tile/0/000.p/256", "not_found"),
        ("tile/64/000", "not_found"),
        ("consistency/1/99999999", "beyond_published"),
        ("consistency/9/3", "beyond_published"),
        ("consistency/01/3", "malformed"),
        ("coverage/999999", "statement_unknown"),
        ("coverage/x", "malformed"),
    ] {
        let (status, headers, body) = fetch(&town.url(&format!("/log/{path}")), "GET");
        assert_eq!((status, code(&body)), (if expected == "malformed" { 400 } else { 404 }, expected.to_owned()), "{path}");
        assert!(headers["cache-control"] == "no-store" && headers["content-type"] == "application/problem+json");
    }
    let (status, headers, _) = fetch(&town.url("/log/checkpoint"), "HEAD");
    assert_eq!(
        (status, &headers["content-type"], &headers["cache-control"]),
        (200, &"text/plain; charset=utf-8".parse().unwrap(), &"no-cache".parse().unwrap())
    );
    assert_eq!(fetch(&town.url("/log/checkpoint"), "POST").0, 405);
    for (path, kind) in [
        ("", "text/plain; charset=utf-8"),
        ("keys", "application/cbor"),
        ("witnesses", "application/json"),
        ("coverage/latest", "application/json"),
    ] {
        let (status, headers, _) = fetch(&town.url(&format!("/log/{path}")), "GET");
        assert_eq!(
            (status, &headers["content-type"], &headers["cache-control"]),
            (200, &kind.parse().unwrap(), &"no-cache".parse().unwrap()),
            "{path}"
        );
        assert_eq!(headers["access-control-allow-origin"], "*");
    }
}

#[test]
fn what_is_recorded_and_not_published_is_in_no_answer_of_the_log() {
    let currency = Currency::found();
    set(&currency, "data", "publish_every_ms = 3600000");
    let node = currency.serve();
    until("the genesis is published", || (checkpoint_of(&published(&node)).size == 1).then_some(()));
    act(&currency, &node, "a");
    assert_eq!((node.entries(), checkpoint_of(&published(&node)).size), (2, 1));
    assert_eq!((&node.json("/health")["entries"], &node.json("/health")["log"]["entries"]), (&json!(1), &json!(1)));
    assert_eq!(node.get("/log/tile/0/000.p/1").0, 200);
    for path in ["tile/0/000.p/2", "consistency/1/2", "consistency/2/2"] {
        let (status, problem) = node.get(&format!("/log/{path}"));
        assert_eq!((status, code(problem.as_bytes()).as_str()), (404, "beyond_published"), "{path}");
    }
    assert_eq!(node.json("/v1/public")["entries"], 1);
    let receipts = runtime().block_on(async {
        let client = wallet_api::client::Client::new(&node.url).unwrap();
        let trust = client.trust().await.unwrap();
        let session = client.sign_in(&trust.ledger, &secret(&currency.file("data"), "operators/operator-1.key")).await.unwrap();
        let mut sizes = Vec::new();
        for sequence in [0, 1] {
            let (bytes, _) = client.receipt(&session.token, sequence, &trust).await.unwrap();
            sizes.push(checkpoint_of(Receipt::decode(&bytes).unwrap().checkpoint()).size);
        }
        sizes
    });
    assert_eq!(receipts, [1, 2], "the published one where it covers the entry, else the newest");
    assert_eq!(code(node.get("/log/coverage/latest").1.as_bytes()), "no_statement_yet");
}

#[test]
fn who_has_only_the_ledger_id_accepts_the_key_that_followed() {
    let (currency, witnesses) = witnessed(&["valmont"]);
    let new = said(&["key", &currency.path("data/secrets/checkpoint-2.key")]);
    let node = currency.serve();
    let proposed = currency.act(&node, 1, &["rotate-checkpoint-key", new.trim()]);
    if proposed.contains("liard office approve") {
        currency.act(&node, 3, &["approve", word_after(&proposed, "liard office approve "), "--yes"]);
    }
    act(&currency, &node, "a");
    let ledger = ledger_of(&currency);
    let keys = until("the rotation is proved", || {
        let bytes = runtime().block_on(LogClient::new(&node.url).unwrap().keys()).unwrap();
        KeyChain::decode(&bytes).unwrap().keys(&ledger).ok().filter(|keys| keys.len() == 2)
    });
    assert_eq!(keys[1].to_string(), new.trim());
    let entries = node.entries();
    // The witness knows the first key only: the log signs with every key that it holds.
    let note = cosigned(&node, &[&witnesses[0]], entries, 1);
    for key in keys {
        assert!(SignedCheckpoint::open(&note, &origin(&ledger), &[key.verifying_key()]).is_ok());
    }
}

/// The hour on the clocks of Paris a minute ago, and at most two.
fn just_passed_in_paris() -> String {
    let minutes = common::now() / 60_000 - 1;
    let days = minutes / 1_440;
    // Summer time from the last Sunday of March to that of October, at 01:00 UTC; day 0 was a Thursday, in a year that began with it.
    let last_sunday = |month_end: u64| month_end - (month_end + 4) % 7;
    let years = (days * 4 + 2) / 1_461;
    let january = years * 365 + (years + 1) / 4;
    let leap = u64::from((years + 2).is_multiple_of(4));
    let summer = last_sunday(january + leap + 89) * 1_440 + 60..last_sunday(january + leap + 303) * 1_440 + 60;
    let local = (minutes + if summer.contains(&minutes) { 120 } else { 60 }) % 1_440;
    format!("{:02}:{:02}", local / 60, local % 60)
}

#[test]
fn the_daily_statement_is_made_at_the_next_start_when_its_hour_has_passed_and_once() {
    let mut town = Town::with(&format!("statement_at = \"{}\"", just_passed_in_paris()));
    let newest = |town: &Town| runtime().block_on(common::get(&town.url("/log/coverage/latest")));
    let began = common::now() - 3 * 60_000;
    let stated = until("the statement of the hour that has just passed", || {
        let stated = newest(&town);
        (stated["time"].as_u64().unwrap() > began).then_some(stated)
    });
    let number = stated["number"].as_u64().unwrap();
    assert!(number >= 2, "the evenings of the story have theirs");
    let before = runtime().block_on(common::get(&town.url(&format!("/log/coverage/{}", number - 1))));
    assert_eq!(stated["previous"], before["hash"]);
    let page = runtime().block_on(common::get(&town.url("/log/coverage?limit=1")));
    assert_eq!((&page["statements"][0], &page["next"]), (&stated, &json!(number - 1)));
    town.kill();
    let data = town.data.clone();
    let town = Town::serve(&data);
    // It would be made at the first look; a page of the same program is served after that.
    let tries = 50;
    (0..tries).for_each(|_| assert_eq!(newest(&town)["number"], number));
}

/// A person who is signed in at a town, asking as JSON.
fn ask(town: &Town, key: &SigningKey, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    runtime().block_on(async {
        let client = wallet_api::client::Client::new(&town.url("")).unwrap();
        let trust = client.trust().await.unwrap();
        let token = client.sign_in(&trust.ledger, key).await.unwrap().token;
        let request = reqwest::Client::new().request(method.parse().unwrap(), town.url(path)).bearer_auth(token);
        let answer = body.map_or(request.try_clone().unwrap(), |body| request.body(body.to_string())).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    })
}

#[test]
fn statements_and_confirmations_are_for_the_roles_that_answer_for_them() {
    let town = Town::new();
    let person = |number: usize| key_of(town.links["operator_seeds"][number - 1].as_str().unwrap());
    let (treasurer, board, auditor, sponsor) = (person(1), person(3), person(4), person(5));
    let resident = town.key("resident_seed");
    let state = |key: &SigningKey| ask(&town, key, "POST", "/office/v1/statements", None);
    for key in [&auditor, &sponsor, &resident] {
        assert_eq!(state(key).0, 403);
    }
    assert_eq!(fetch(&town.url("/office/v1/statements"), "POST").0, 401);
    let file = Hash32::of(b"camt.053").to_string();
    // The day in Paris: the town's own confirmation is of today, and an older one would not be the newest.
    let date = ledger::coverage::Date::in_paris(common::now()).unwrap().to_string();
    let confirmation = json!({ "bank": 1, "amount": -1_250, "date": date, "file": file });
    let confirm = |key: &SigningKey, body: &Value| ask(&town, key, "POST", "/office/v1/confirmations", Some(body));
    assert_eq!((confirm(&auditor, &confirmation).0, confirm(&sponsor, &confirmation).0), (403, 403));
    for (field, wrong, expected) in [
        ("bank", json!(9), "bank_unknown"),
        ("amount", json!(12.5), "malformed"),
        ("amount", json!(2_000_000_000_000u64), "malformed"),
        ("date", json!("2026-02-30"), "malformed"),
        ("file", json!("abc"), "malformed"),
        ("colour", json!(1), "malformed"),
    ] {
        let mut body = confirmation.clone();
        body[field] = wrong;
        assert_eq!(confirm(&treasurer, &body).1["code"], expected, "{body}");
    }
    assert_eq!(confirm(&treasurer, &confirmation).0, 204);
    let listed = ask(&town, &auditor, "GET", "/office/v1/confirmations", None).1;
    let row = &listed["confirmations"][0];
    assert_eq!((&row["bank"], &row["amount"], &row["by"]), (&json!(1), &json!(-1_250), &json!(1)), "{listed}");
    let (status, stated) = state(&board);
    assert_eq!(
        (status, &stated["banks"][0]["confirmed"]),
        (200, &json!({ "amount": -1_250, "date": date, "file": file })),
        "{stated}"
    );
    let number = stated["number"].as_u64().unwrap();
    assert_eq!(runtime().block_on(common::get(&town.url("/log/coverage/latest"))), stated);
    let (status, headers, note) = fetch(&town.url(&format!("/log/coverage/{number}/note")), "GET");
    assert_eq!((status, &headers["cache-control"]), (200, &"public, max-age=31536000, immutable".parse().unwrap()));
    let note = String::from_utf8(note).unwrap();
    assert_eq!(stated["note"], note.as_str());
    let info = runtime().block_on(common::get(&town.url("/v1/ledger")));
    let ledger = LedgerId::from_hex(info["ledger"].as_str().unwrap()).unwrap();
    let key = PublicKey::from_hex(info["checkpoint_key"].as_str().unwrap()).unwrap();
    let opened = SignedStatement::open(&note, &ledger, &[key]).unwrap();
    assert_eq!(opened.statement().hash().to_string(), stated["hash"].as_str().unwrap());
    // Its checkpoint is soon part of what is published.
    until("the statement's checkpoint is published", || {
        let note = runtime().block_on(LogClient::new(&town.url("")).unwrap().checkpoint()).unwrap();
        (checkpoint_of(&note).size >= stated["size"].as_u64().unwrap()).then_some(())
    });
    // The member's own wallet gets the node's word on the balance.
    let account = town.link("resident_account");
    assert_eq!(ask(&town, &resident, "GET", &format!("/v1/accounts/{account}/liability"), None).0, 200);
}

#[test]
fn two_bank_numbers_for_one_iban_are_a_warning_where_balances_are_confirmed() {
    let currency = Currency::found();
    let node = currency.serve();
    let file = currency.path("statement.xml");
    fs::write(&file, "<Document/>").unwrap();
    let confirm =
        || currency.act(&node, 1, &["confirm-balance", "--bank", "8", "--amount", "1", "--date", "2026-11-21", "--file", &file]);
    for number in ["8", "9"] {
        let bank = ["add-bank", number, "--medium", "digital", "--class", "sight", "--iban", "DE89370400440532013000"];
        let proposed = currency.act(&node, 1, &bank);
        if proposed.contains("liard office approve") {
            currency.act(&node, 3, &["approve", word_after(&proposed, "liard office approve "), "--yes"]);
        }
        let noted = confirm();
        assert_eq!(noted.contains("the same IBAN as bank 9"), number == "9", "{noted}");
    }
    let overview: Value = runtime().block_on(async {
        let client = wallet_api::client::Client::new(&node.url).unwrap();
        let trust = client.trust().await.unwrap();
        let session = client.sign_in(&trust.ledger, &secret(&currency.file("data"), "operators/operator-1.key")).await.unwrap();
        client.get_json("/office/v1/overview", &session.token).await.unwrap()
    });
    let shared: Vec<&Value> = overview["banks"].as_array().unwrap().iter().map(|bank| &bank["same_iban"]).collect();
    assert_eq!(shared, [&json!([]), &json!([]), &json!([9]), &json!([8])], "{overview}");
}

#[test]
fn the_office_notes_a_banks_balance_and_publishes_a_statement_from_the_command_line() {
    let currency = Currency::found();
    let node = currency.serve();
    let file = currency.path("statement.xml");
    fs::write(&file, "<Document/>").unwrap();
    let noted =
        currency.act(&node, 1, &["confirm-balance", "--bank", "1", "--amount", "12.50", "--date", "2026-11-22", "--file", &file]);
    assert!(
        noted.contains("bank 1 held 12.50 on 2026-11-22") && noted.contains(&Hash32::of(b"<Document/>").to_string()),
        "{noted}"
    );
    let wrong = currency.act_refused(
        &node,
        1,
        &["confirm-balance", "--bank", "77", "--amount", "1", "--date", "2026-11-22", "--file", &file],
    );
    assert!(wrong.contains("bank_unknown"), "{wrong}");
    let on = |date: &str, amount: &str| {
        ["confirm-balance", "--bank", "1", "--amount", amount, "--date", date, "--file", &file].map(str::to_owned)
    };
    let refused = currency.act_refused(&node, 1, &on("9999-12-31", "99").each_ref().map(String::as_str));
    assert!(refused.contains("in the future"), "{refused}");
    // What was typed for a wrong day that is past is put right by the right one of a later day, and of one day by the later entry.
    for (date, amount) in [("2026-11-22", "13"), ("2026-11-21", "14"), ("2026-11-22", "12.50")] {
        currency.act(&node, 1, &on(date, amount).each_ref().map(String::as_str));
    }
    let stated = currency.act(&node, 1, &["publish-statement"]);
    assert!(stated.contains("Coverage statement 1 is published") && stated.contains("digital: circulation 0.00"), "{stated}");
    let latest = node.json("/log/coverage/latest");
    assert_eq!((&latest["number"], &latest["banks"][0]["confirmed"]["amount"]), (&json!(1), &json!(1_250)));
}
