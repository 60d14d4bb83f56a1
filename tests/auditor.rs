//! An auditor with nothing but the program and an address: the log, the statements, the witnesses, and what a receipt proves.

#![allow(clippy::unwrap_used)]

mod common;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use common::node::{Currency, Node, PATIENCE, liard, runtime, said, text, word_after};
use common::{Cast, Town, copy, secret};
use ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use ledger::coverage::{SignedStatement, Statement};
use ledger::fork::Fork;
use ledger::key::LedgerId;
use ledger::liability::{Complaint, Reason};
use ledger::merkle::Frontier;
use ledger::note::{Note, VerifierKey};
use ledger::receipt::{KeyChain, ReceiptFile, origin};
use public_log::wire::Coverage;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use wallet_api::client::{Client, Trust};

/// The report of an audit in JSON, and the exit status.
fn audit(what: &str, memory: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let output = liard(&[&["audit", what, "--json", "--memory", memory.to_str().unwrap()], more].concat());
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    (output.status.code(), report)
}

/// The verdicts of a check by its name.
fn verdicts<'r>(report: &'r Value, check: &str) -> Vec<&'r str> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks.filter(|row| row["check"] == check).map(|row| row["verdict"].as_str().unwrap()).collect()
}

/// Waits until the node has published so many entries, cosigned by so many witnesses.
fn published(url: &str, size: u64, witnesses: usize) -> String {
    let began = Instant::now();
    loop {
        let note =
            runtime().block_on(async { reqwest::get(format!("{url}/log/checkpoint")).await.unwrap().text().await.unwrap() });
        let lines = note.lines().filter(|line| line.starts_with("— ")).count();
        if note.lines().nth(1).and_then(|line| line.parse().ok()).is_some_and(|found: u64| found >= size) && lines > witnesses {
            return note;
        }
        assert!(began.elapsed() < PATIENCE, "{size} entries were not published: {note}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// Pays so many cents, one payment each, and gives the receipts.
fn pay(town: &Town, cents: &[u64]) -> (Trust, Vec<Vec<u8>>) {
    runtime().block_on(async {
        let cast = Cast::of(town).await;
        let client = Client::new(&town.url("")).unwrap();
        let trust = client.trust().await.unwrap();
        let mut receipts = Vec::new();
        for cents in cents {
            receipts.push(client.submit(&cast.payment(*cents), &trust).await.unwrap().0);
        }
        (trust, receipts)
    })
}

const FAST: &str = "publish_every_ms = 100";

#[test]
fn anyone_audits_a_node_from_outside_and_the_next_audit_tells_whether_the_past_has_changed() {
    let town = Town::with(FAST);
    let url = town.url("");
    let size = published(&url, 1, 3).lines().nth(1).unwrap().parse::<u64>().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (status, report) = audit(&url, folder.path(), &[]);
    assert_eq!((status, &report["ok"]), (Some(0), &Value::Bool(true)), "{report:#}");
    assert_eq!(verdicts(&report, "log"), ["good"]);
    assert_eq!(verdicts(&report, "witnesses"), ["good"]);
    assert_eq!(verdicts(&report, "witness_view"), ["good"; 3]);
    assert_eq!(verdicts(&report, "statements_chain"), ["good"]);
    assert_eq!(verdicts(&report, "statements_bound"), ["good"]);
    assert_eq!(verdicts(&report, "cover"), ["good"; 2]);
    assert_eq!(verdicts(&report, "history"), ["not_checked"], "nobody knows yet what it was before");
    assert!(!report["statements"].as_array().unwrap().is_empty());
    pay(&town, &[1, 2, 3]);
    published(&url, size + 3, 3);
    let (status, report) = audit(&url, folder.path(), &["--ledger", report["ledger"].as_str().unwrap()]);
    assert_eq!((status, report["entries"].as_u64() >= Some(size + 3)), (Some(0), true));
    assert_eq!(verdicts(&report, "history"), ["good"]);
    let other = audit(&url, folder.path(), &["--ledger", &"7".repeat(64)]);
    assert_eq!(other.0, Some(1), "another ledger is not the one that was meant");
}

#[test]
fn a_general_assembly_gets_a_page_in_french() {
    let town = Town::with(FAST);
    published(&town.url(""), 1, 3);
    let folder = tempfile::tempdir().unwrap();
    let (page, memory) = (folder.path().join("rapport.html"), folder.path().join("memory"));
    let words =
        said(&["audit", &town.url(""), "--lang", "fr", "--report", page.to_str().unwrap(), "--memory", memory.to_str().unwrap()]);
    assert!(words.contains("Chaque unité a-t-elle son euro ? Oui"), "{words}");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("Rapport de vérification") && page.contains("Attestations de couverture"), "{page}");
}

#[test]
fn what_an_interrupted_audit_had_read_is_gone_on_with_and_not_believed() {
    let town = Town::with(FAST);
    let url = town.url("");
    published(&url, 1, 3);
    let folder = tempfile::tempdir().unwrap();
    let (_, report) = audit(&url, folder.path(), &[]);
    let file = folder.path().join(format!("{}.json", report["ledger"].as_str().unwrap()));
    let memory: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let (size, tile) = runtime().block_on(async {
        let size = report["entries"].as_u64().unwrap();
        let width = if size < 256 { format!(".p/{size}") } else { String::new() };
        let tile = reqwest::get(format!("{url}/log/tile/0/000{width}")).await.unwrap().bytes().await.unwrap();
        (size, tile)
    });
    let edge = |change: u8| {
        let mut edge = Frontier::new();
        let leaves = tile.as_chunks::<32>().0;
        for leaf in &leaves[..leaves.len() / 2] {
            let mut leaf = *leaf;
            leaf[0] ^= change;
            edge.push(leaf);
        }
        hex::encode(edge.encode())
    };
    let interrupted = |read: String| {
        fs::write(&file, serde_json::json!({ "read": read, "statements": {} }).to_string()).unwrap();
        audit(&url, folder.path(), &[])
    };
    let (status, again) = interrupted(edge(0));
    assert_eq!((status, verdicts(&again, "log")), (Some(0), vec!["good"]), "half of {size} entries had been read");
    let (status, wrong) = interrupted(edge(1));
    assert_eq!((status, verdicts(&wrong, "log")), (Some(1), vec!["wrong"]), "what was read is under no signed root");
    assert_eq!(audit(&url, folder.path(), &[]).0, Some(0), "and it is forgotten then");
    fs::write(&file, memory.to_string()).unwrap();
    assert_eq!(audit(&url, folder.path(), &[]).0, Some(0));
}

#[test]
fn a_rewritten_past_is_found_and_the_evidence_convinces_anybody() {
    let currency = Currency::found();
    let node = currency.serve();
    currency.act(&node, 1, &["record-credit", "--bank", "1", "--amount", "5", "--credit", &"1".repeat(64)]);
    node.stop();
    fs::write(
        currency.file("data/liard.toml"),
        format!("{}{FAST}\n", fs::read_to_string(currency.file("data/liard.toml")).unwrap()),
    )
    .unwrap();
    copy(&currency.file("data"), &currency.file("other"));
    let memory = currency.file("memory");
    let credits = |folder: &str, digit: &str, count: usize| {
        let node = Node::start(&["serve", "--data", &currency.path(folder)], &currency.file("out"));
        for place in 0..count {
            let credit = format!("{}{place:02}", digit.repeat(62));
            currency.act(&node, 1, &["record-credit", "--bank", "1", "--amount", "5", "--credit", &credit]);
        }
        published(&node.url, 2 + count as u64, 0);
        audit(&node.url, &memory, &[])
    };
    assert_eq!(credits("data", "2", 3).0, Some(0));
    let (status, report) = credits("other", "3", 5);
    assert_eq!((status, verdicts(&report, "history")), (Some(1), vec!["wrong"]), "{report:#}");
    let files: Vec<_> = fs::read_dir(&memory).unwrap().map(|entry| entry.unwrap().path()).collect();
    let evidence = files.iter().find(|file| file.extension().is_some_and(|ending| ending == "fork")).unwrap();
    Fork::decode(&fs::read(evidence).unwrap()).unwrap().verify().unwrap();
    let evidence = evidence.to_str().unwrap();
    let (status, judged) = audit(evidence, &memory, &[]);
    assert_eq!((status, verdicts(&judged, "fork")), (Some(1), vec!["wrong"]));
    assert!(said(&["verify", evidence, "--lang", "fr"]).contains("deux histoires différentes"));
    let mut bytes = fs::read(evidence).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(evidence, bytes).unwrap();
    assert_eq!(liard(&["audit", evidence]).status.code(), Some(2), "a changed file convinces nobody");
}

/// Somebody between auditor and node, who gives another answer under some paths, and changes one byte under one.
#[derive(Clone)]
struct Stranger {
    node: String,
    path: &'static str,
    byte: usize,
    answers: Vec<(&'static str, Vec<u8>)>,
}

async fn pass_on(State(stranger): State<Arc<Stranger>>, request: Request) -> impl IntoResponse {
    let path = request.uri().path_and_query().unwrap().as_str().to_owned();
    if let Some((_, answer)) = stranger.answers.iter().find(|(prefix, _)| path.starts_with(prefix)) {
        return (axum::http::StatusCode::OK, answer.clone());
    }
    let answer = reqwest::get(format!("{}{path}", stranger.node)).await.unwrap();
    let status = answer.status();
    let mut bytes = answer.bytes().await.unwrap().to_vec();
    if path.starts_with(stranger.path) && status.is_success() {
        let place = stranger.byte % bytes.len();
        bytes[place] = if bytes[place] == b'1' { b'2' } else { bytes[place] ^ 1 };
    }
    (axum::http::StatusCode::from_u16(status.as_u16()).unwrap(), bytes)
}

/// The exit status of an audit through a stranger.
fn through(stranger: Stranger, folder: &Path) -> (Option<i32>, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().fallback(pass_on).with_state(Arc::new(stranger));
    let serving = runtime.spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let memory = folder.join("memory");
    let output = liard(&["audit", &url, "--memory", memory.to_str().unwrap(), "--lang", "en", "--wait", "0"]);
    serving.abort();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

#[test]
fn whatever_is_changed_on_the_way_is_noticed() {
    let town = Town::with(FAST);
    published(&town.url(""), 1, 3);
    let folder = tempfile::tempdir().unwrap();
    drop(rustls::crypto::ring::default_provider().install_default());
    let untouched = Stranger { node: town.url(""), path: "/nothing", byte: 0, answers: Vec::new() };
    assert_eq!(through(untouched.clone(), folder.path()).0, Some(0));
    let rows = [
        ("/log/checkpoint", 24, "checkpoint"),
        ("/log/checkpoint", 40, "checkpoint"),
        ("/log/tile/0/", 100, "do not lead to the signed fingerprint"),
        ("/log/keys", 300, "chain of checkpoint keys"),
        ("/log/coverage?", 900, "signed note"),
    ];
    for (path, byte, words) in rows {
        drop(fs::remove_dir_all(folder.path().join("memory")));
        let (status, told) = through(Stranger { path, byte, ..untouched.clone() }, folder.path());
        assert_eq!(status, Some(1), "{path} at {byte}: {told}");
        assert!(told.contains(words), "{path} at {byte}: {told}");
    }
}

/// The answer to `/log/coverage` with one more statement, which the node's own key signs and the node never made.
fn one_more(town: &Town, change: impl FnOnce(&mut Statement, &[Statement])) -> Vec<u8> {
    let key = secret(&town.data, "checkpoint.key");
    let page: Value = runtime().block_on(async {
        let url = town.url("/log/coverage?limit=100");
        serde_json::from_str(&reqwest::get(url).await.unwrap().text().await.unwrap()).unwrap()
    });
    let parsed = |row: &Value| Statement::parse(Note::open(row["note"].as_str().unwrap()).unwrap().body()).unwrap();
    let series: Vec<Statement> = page["statements"].as_array().unwrap().iter().rev().map(parsed).collect();
    let newest = series.last().unwrap();
    let mut false_one = Statement { number: newest.number + 1, previous: newest.hash(), time: common::now(), ..newest.clone() };
    change(&mut false_one, &series);
    let signed = SignedStatement::sign(&false_one, &key).unwrap();
    let mut page = page;
    page["statements"].as_array_mut().unwrap().insert(0, serde_json::to_value(Coverage::of(&signed)).unwrap());
    page.to_string().into_bytes()
}

#[test]
fn a_false_statement_under_the_right_key_is_found_from_outside() {
    let town = Town::with(FAST);
    published(&town.url(""), 1, 3);
    drop(rustls::crypto::ring::default_provider().install_default());
    let audited = |change: fn(&mut Statement, &[Statement])| {
        let folder = tempfile::tempdir().unwrap();
        let answers = vec![("/log/coverage", one_more(&town, change))];
        let stranger = Stranger { node: town.url(""), path: "/nothing", byte: 0, answers };
        let first = through(stranger.clone(), folder.path());
        let second = through(stranger, folder.path());
        assert_eq!(first.0, second.0, "what was wrong is not remembered as right: {}", second.1);
        first
    };
    let (status, told) = audited(|_, _| ());
    assert_eq!(status, Some(0), "{told}");
    let (status, told) = audited(|statement, _| (statement.size, statement.root) = (1_000_000_000_000, [7; 32]));
    assert!(status == Some(1) && told.contains("entries that the node does not publish"), "{told}");
    let (status, told) = audited(|statement, _| statement.root = [7; 32]);
    assert!(status == Some(1) && told.contains("another log than the published one"), "{told}");
    let (status, told) = audited(|statement, series| {
        let stale =
            Statement { number: statement.number, previous: statement.previous, time: statement.time, ..series[0].clone() };
        *statement = stale;
    });
    assert!(status == Some(1) && told.contains("an older log than the one before it"), "{told}");
    let (status, told) = audited(|statement, _| statement.time += 365 * 86_400_000);
    assert!(status == Some(0) && told.contains("in the future"), "{told}");
}

#[test]
fn a_node_that_lost_entries_is_convicted_by_what_its_witnesses_hold() {
    let town = Town::with(FAST);
    let url = town.url("");
    let shorter = published(&url, 1, 3);
    let size = shorter.lines().nth(1).unwrap().parse::<u64>().unwrap();
    pay(&town, &[1, 2, 3]);
    published(&url, size + 3, 3);
    drop(rustls::crypto::ring::default_provider().install_default());
    let answers = vec![("/log/checkpoint", shorter.into_bytes())];
    let folder = tempfile::tempdir().unwrap();
    let (status, told) = through(Stranger { node: url, path: "/nothing", byte: 0, answers }, folder.path());
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("holds a LONGER signed log") && told.contains("Was the past rewritten? YES"), "{told}");
}

#[test]
fn a_node_that_repeats_its_statements_is_not_read_for_ever() {
    let town = Town::with(FAST);
    published(&town.url(""), 1, 3);
    let mut page: Value = serde_json::from_slice(&one_more(&town, |_, _| ())).unwrap();
    page["next"] = 7.into();
    drop(rustls::crypto::ring::default_provider().install_default());
    let answers = vec![("/log/coverage", page.to_string().into_bytes())];
    let folder = tempfile::tempdir().unwrap();
    let (status, told) = through(Stranger { node: town.url(""), path: "/nothing", byte: 0, answers }, folder.path());
    assert!(status == Some(1) && told.contains("comes out of order"), "{told}");
}

#[test]
fn evidence_under_a_key_that_anybody_drew_convicts_nobody() {
    let town = Town::with(FAST);
    published(&town.url(""), 1, 3);
    let ledger = runtime().block_on(async { Cast::of(&town).await.ledger });
    let (key, name) = (common::key_of(&"11".repeat(32)), origin(&ledger));
    let note = |fill: u8| SignedCheckpoint::sign(&Checkpoint { origin: name.clone(), size: 7, root: [fill; 32] }, &key);
    let log = VerifierKey::signer(&name, key.verifying_key().into());
    let forged = Fork::same_size(&log, note(1).as_str(), note(2).as_str()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("forged.fork");
    fs::write(&file, forged.encode()).unwrap();
    let alone = said(&["verify", file.to_str().unwrap()]);
    assert!(alone.contains("Not proved") && alone.contains("Whose key that is"), "{alone}");
    let other = liard(&["verify", file.to_str().unwrap(), "--ledger", &"7".repeat(64)]);
    assert_eq!(other.status.code(), Some(1), "it names another ledger");
    let held = liard(&["verify", file.to_str().unwrap(), "--url", &town.url("")]);
    assert_eq!(held.status.code(), Some(1), "{}", text(&held.stdout));
    assert!(text(&held.stderr).contains("another key"), "{}", text(&held.stderr));
}

#[test]
fn a_shortfall_is_said_in_the_statement_and_by_every_audit() {
    let currency = Currency::found();
    let file = currency.file("data/liard.toml");
    fs::write(&file, format!("{}{FAST}\n", fs::read_to_string(&file).unwrap())).unwrap();
    let node = currency.serve();
    let account = &currency.open(&node, "member.key");
    let credit =
        ["--bank", "1", "--amount", "100", "--reference", "VIR 1", "--credit-secret", &currency.path("data/secrets/credit.key")];
    let proposed = currency.act(&node, 1, &[&["convert", account][..], &credit].concat());
    currency.act(&node, 3, &["approve", word_after(&proposed, "liard office approve "), "--yes"]);
    let fee = currency.act(&node, 1, &["bank-fee", "--bank", "1", "--amount", "2.50", "--evidence", &"5".repeat(64)]);
    currency.act(&node, 3, &["approve", word_after(&fee, "liard office approve "), "--yes"]);
    currency.act(&node, 2, &["publish-statement"]);
    published(&node.url, 4, 0);
    let (status, report) = audit(&node.url, &currency.file("memory"), &["--lang", "fr"]);
    assert_eq!((status, verdicts(&report, "cover")), (Some(1), vec!["wrong", "good"]), "{report:#}");
    assert!(report.to_string().contains("IL MANQUE 2,50"), "{report:#}");
    let (_, again) = audit(&node.url, &currency.file("memory"), &[]);
    assert_eq!(verdicts(&again, "history"), ["good"], "a shortfall makes nobody blind for a rewritten past");
    let statement = currency.file("statement.note");
    fs::write(&statement, node.get("/log/coverage/1/note").1).unwrap();
    let told = said(&["verify", statement.to_str().unwrap(), "--url", &node.url, "--lang", "fr"]);
    assert!(told.contains("IL MANQUE 2,50"), "{told}");
    node.stop();
    let (status, report) = audit(&currency.path("data"), &currency.file("memory"), &[]);
    assert_eq!((status, verdicts(&report, "statements")), (Some(1), vec!["good"]), "{report:#}");
}

#[test]
fn a_receipt_says_what_it_proves_and_what_not() {
    let town = Town::with(FAST);
    let url = town.url("");
    let (trust, receipts) = pay(&town, &[1_250]);
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (raw, file, keys) = (place("raw"), place("paid.liard"), place("keys"));
    let chain = runtime().block_on(async { reqwest::get(format!("{url}/log/keys")).await.unwrap().bytes().await.unwrap() });
    let chain_read = KeyChain::decode(&chain).unwrap();
    let bundle = ReceiptFile { ledger: trust.ledger, chain: chain_read, receipt: receipts[0].clone() };
    fs::write(&raw, &receipts[0]).unwrap();
    fs::write(&file, bundle.encode()).unwrap();
    fs::write(&keys, &chain).unwrap();
    let told = said(&["verify", &file, "--lang", "fr"]);
    for part in ["a payé 12,50 à", "Inscrit pour de bon", "Non prouvé", "Ce qui a été acheté", &trust.ledger.to_string()] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("Définitif pour tous"), "nobody was asked as a witness: {told}");
    assert!(said(&["verify", &raw, "--keys", &keys]).contains("paid 12.50 to"));
    let without = liard(&["verify", &raw]);
    assert_eq!(without.status.code(), Some(2), "without keys nothing is said");
    let other = liard(&["verify", &file, "--ledger", &"7".repeat(64)]);
    assert_eq!(other.status.code(), Some(1));
    for place in (0..receipts[0].len()).step_by(7) {
        let mut bytes = receipts[0].clone();
        bytes[place] ^= 1;
        fs::write(&raw, bytes).unwrap();
        let output = liard(&["verify", &raw, "--keys", &keys]);
        assert_ne!(output.status.code(), Some(0), "a byte was changed at {place}: {}", text(&output.stdout));
    }
}

#[test]
fn a_complaint_without_a_reason_is_answered_from_the_journal() {
    let mut town = Town::with(FAST);
    let url = town.url("");
    published(&url, 1, 3);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.complaint");
    let signed = runtime().block_on(async {
        let cast = Cast::of(&town).await;
        let note = reqwest::get(format!("{url}/log/coverage/1/note")).await.unwrap().text().await.unwrap();
        let (account, ledger): (_, LedgerId) = (cast.resident, cast.ledger);
        let complaint = Complaint {
            statement: 1,
            account,
            balance: 99_999_999,
            reason: Reason::OtherBalance,
            time: common::now(),
            note,
            answer: None,
            receipts: Vec::new(),
        };
        complaint.sign(&ledger, &cast.resident_key).unwrap()
    });
    fs::write(&file, signed).unwrap();
    let told = said(&["verify", file.to_str().unwrap(), "--url", &url, "--lang", "fr"]);
    assert!(told.contains("se plaint de l’attestation n° 1") && told.contains("999\u{202f}999,99"), "{told}");
    town.kill();
    let words = said(&["audit", town.data.to_str().unwrap(), "--complaint", file.to_str().unwrap(), "--lang", "fr"]);
    assert!(words.contains("elle n’est pas fondée"), "{words}");
}

#[test]
fn an_auditor_with_the_journal_and_a_memory_goes_on_where_the_last_audit_was() {
    let currency = Currency::found();
    let (data, memory) = (currency.path("data"), currency.file("memory"));
    let grows = |digit: &str| {
        let node = currency.serve();
        currency.act(&node, 1, &["record-credit", "--bank", "1", "--amount", "5", "--credit", &digit.repeat(64)]);
        currency.act(&node, 2, &["publish-statement"]);
        node.stop();
    };
    grows("1");
    let plain = liard(&["audit", &data, "--json"]);
    assert!(!text(&plain.stdout).contains("history") && !Path::new("liard-audit").exists(), "nothing is remembered unasked");
    let (status, first) = audit(&data, &memory, &[]);
    assert_eq!((status, &first["resumed_from"]), (Some(0), &Value::from(0)), "{first:#}");
    assert_eq!(verdicts(&first, "history"), ["not_checked"], "nobody knows yet what it was before");
    assert_eq!(first["statements"].as_array().unwrap().len(), 1, "the series of days is in the report");
    let mode = fs::metadata(memory.join("auditor.key")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    let (status, again) = audit(&data, &memory, &[]);
    assert_eq!((status, &again["resumed_from"]), (Some(0), &first["entries"]), "{again:#}");
    grows("2");
    let (status, later) = audit(&data, &memory, &["--lang", "fr"]);
    assert_eq!((status, &later["resumed_from"]), (Some(0), &first["entries"]));
    assert!(later["entries"].as_u64() > first["entries"].as_u64());
    assert_eq!((verdicts(&later, "earlier"), verdicts(&later, "history")), (vec!["good"], vec!["good"]), "{later:#}");
    let told = format!("Les {} premières écritures ont été vérifiées lors d’une vérification précédente", first["entries"]);
    assert!(later.to_string().contains(&told), "{later:#}");
    assert_eq!(later["statements"].as_array().unwrap().len(), 2, "also the days before");
    fs::write(memory.join(first["ledger"].as_str().unwrap()).join("verified"), b"nothing").unwrap();
    let (status, anew) = audit(&data, &memory, &[]);
    assert_eq!((status, &anew["resumed_from"], verdicts(&anew, "memory")), (Some(0), &Value::from(0), vec!["warning"]));
    fs::write(memory.join("auditor.key"), b"nothing").unwrap();
    assert_eq!(liard(&["audit", &data, "--memory", memory.to_str().unwrap()]).status.code(), Some(2));
}
