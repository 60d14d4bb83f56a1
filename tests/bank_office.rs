//! The banks' files in the office of the running program: uploaded, asked about, signed, approved, and put into the folder that it watches.

#![allow(clippy::unwrap_used)]

#[path = "common/camt.rs"]
mod camt;
mod common;

use camt::{Frame, Movement};
use common::{Town, key_of, order};
use fund_office::words;
use ledger::SigningKey;
use ledger::key::{AccountId, Hash32, Prefix};
use ledger::orders::reference;
use ledger::transaction::{Act, Body};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use wallet_api::client::{Client, Trust};

/// The IBAN of the demo's digital fund.
const IBAN: &str = "FR7630006000011234567890189";
/// What does not happen within this does not happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A person of the association, signed in.
struct Person<'t> {
    town: &'t Town,
    client: Client,
    trust: Trust,
    key: SigningKey,
    token: String,
}

impl<'t> Person<'t> {
    async fn with(town: &'t Town, key: SigningKey) -> Person<'t> {
        let client = Client::new(&town.url("")).unwrap();
        let trust = client.trust().await.unwrap();
        let token = client.sign_in(&trust.ledger, &key).await.unwrap().token;
        Person { town, client, trust, key, token }
    }

    async fn numbered(town: &'t Town, number: usize) -> Person<'t> {
        let seed = town.links["operator_seeds"][number - 1].as_str().unwrap();
        Person::with(town, key_of(seed)).await
    }

    async fn ask(&self, method: Method, path: &str, body: Vec<u8>) -> (u16, Value) {
        let request = reqwest::Client::new().request(method, self.town.url(path)).bearer_auth(&self.token);
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask(Method::GET, path, Vec::new()).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    async fn upload(&self, name: &str, bytes: &[u8]) -> (u16, Value) {
        self.ask(Method::POST, &format!("/office/v1/bank/files?name={name}"), bytes.to_vec()).await
    }

    async fn decide(&self, line: &str, decision: Value) -> (u16, Value) {
        self.ask(Method::POST, &format!("/office/v1/bank/lines/{line}"), decision.to_string().into_bytes()).await
    }

    async fn sign(&self, body: Body) -> Result<u64, String> {
        let bytes = order(body).sign(&self.trust.ledger, &self.key);
        self.client.submit(&bytes, &self.trust).await.map(|(_, entry)| entry.sequence).map_err(|error| error.to_string())
    }

    /// The line with these words.
    async fn line(&self, text: &str) -> Value {
        let page = self.get(&format!("/office/v1/bank/lines?query={text}")).await;
        assert_eq!(page["lines"].as_array().unwrap().len(), 1, "{text}: {page:#}");
        page["lines"][0].clone()
    }

    async fn balance(&self, account: &str) -> i64 {
        let members = self.get(&format!("/office/v1/members?query={account}")).await;
        members["members"][0]["balance"].as_i64().unwrap()
    }
}

fn prefix() -> Prefix {
    Prefix::new("liard").unwrap()
}

/// The act that the office prepared for a line, as it is signed.
fn act_of(line: &Value) -> Act {
    words::act(&line["act"], &prefix()).unwrap_or_else(|error| panic!("{error}: {line:#}"))
}

fn proposal_of(line: &Value) -> Hash32 {
    Hash32::from_hex(line["proposal"].as_str().unwrap_or_else(|| panic!("{line:#}"))).unwrap()
}

fn paid(cents: i64, name: &str, servicer: &str, text: &str) -> Movement {
    Movement {
        date: "2026-11-20".into(),
        cents,
        name: name.into(),
        servicer: Some(servicer.into()),
        text: text.into(),
        ..Movement::default()
    }
}

fn statement(id: &str, movements: &[Movement]) -> Vec<u8> {
    let sum: i64 = movements.iter().map(|movement| movement.cents).sum();
    let frame = Frame { id, iban: IBAN, from: "2026-11-20", to: "2026-11-20", opening: 100_000, closing: 100_000 + sum };
    camt::statement(&frame, movements)
}

fn town() -> Town {
    drop(rustls::crypto::ring::default_provider().install_default());
    Town::new()
}

#[tokio::test]
async fn a_bank_file_becomes_units_by_two_persons_and_once() {
    let town = town();
    let (first, second, auditor) =
        (Person::numbered(&town, 1).await, Person::numbered(&town, 2).await, Person::numbered(&town, 4).await);
    let account = town.link("resident_account").to_owned();
    let reference = reference(&AccountId::from_text(&account, &prefix()).unwrap());
    let before = first.balance(&account).await;
    let booked = first.get("/office/v1/bank/lines").await["counts"]["booked"].as_u64().unwrap();
    let movements = [
        Movement { reference: Some(reference.clone()), ..paid(4_000, "Jeanne", "BK-1", "T1-structured") },
        paid(2_500, "Jean", "BK-2", &format!("T2-typed {} {}", &reference[..8].to_lowercase(), &reference[8..])),
        paid(900, "Jules", "BK-3", &format!("T3-inside X{reference} {reference}9")),
        paid(1_100, "Julie", "BK-4", "T4-unknown"),
    ];
    let notified = camt::notification("N1", IBAN, &movements[..2]);
    assert_eq!(auditor.upload("a.xml", &notified).await.0, 403);
    let (status, answer) = first.upload("a.xml", &notified).await;
    assert_eq!(
        (status, &answer["new"], &answer["ready"], &answer["again"]),
        (200, &json!(2), &json!(2), &json!(false)),
        "{answer:#}"
    );
    let (_, answer) = first.upload("b.xml", &statement("S1", &movements)).await;
    assert_eq!((&answer["new"], &answer["known"], &answer["questions"]), (&json!(2), &json!(2), &json!(2)), "{answer:#}");
    assert_eq!(answer["statements"][0]["balanced"], true);
    let (_, again) = second.upload("b.xml", &statement("S1", &movements)).await;
    assert_eq!((&again["new"], &again["known"], &again["again"]), (&json!(0), &json!(4), &json!(true)));

    let line = first.line("T1-structured").await;
    assert_eq!(
        (&line["state"], &line["match"]["reason"], &line["match"]["account"]),
        (&json!("ready"), &json!("reference"), &json!(account))
    );
    assert_eq!(first.line("T2-typed").await["match"]["reason"], "free_text");
    for name in ["T1-structured", "T2-typed"] {
        first.sign(Body::Propose(act_of(&first.line(name).await))).await.unwrap();
        let waiting = first.line(name).await;
        assert_eq!(waiting["state"], "waiting");
        let id = waiting["line"].as_str().unwrap();
        let (status, refused) = first.decide(id, json!({ "decision": "set_aside" })).await;
        assert_eq!((status, refused["code"].as_str()), (409, Some("line_waiting")));
        second.sign(Body::Approve { proposal: proposal_of(&waiting) }).await.unwrap();
        assert_eq!(first.line(name).await["state"], "booked");
        assert_eq!(first.decide(id, json!({ "decision": "undo" })).await.1["code"], "line_booked");
    }
    assert!(first.balance(&account).await >= before + 6_500);

    // Inside a longer word it is no reference: a person says what it is, and another does not overwrite it.
    let inside = first.line("T3-inside").await;
    assert_eq!((&inside["state"], &inside["match"]), (&json!("question"), &Value::Null));
    assert_eq!(act_of(&inside).kind().word(), "record_credit");
    let id = inside["line"].as_str().unwrap();
    let shop = town.link("shop_account");
    let (status, decided) = first.decide(id, json!({ "decision": "member", "account": account, "note": "asked by phone" })).await;
    assert_eq!((status, &decided["state"], &decided["match"]["reason"]), (200, &json!("ready"), &json!("person")), "{decided:#}");
    let (status, refused) = second.decide(id, json!({ "decision": "member", "account": shop })).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("decided_already")));
    assert_eq!(second.decide(id, json!({ "decision": "undo" })).await.1["state"], "question");
    assert_eq!(second.decide(id, json!({ "decision": "fee" })).await.1["code"], "does_not_fit");

    // An auditor sees amounts, and nobody's name.
    let page = auditor.get("/office/v1/bank/lines?limit=10").await;
    assert_eq!(page["counts"]["booked"].as_u64(), Some(booked + 2));
    for line in page["lines"].as_array().unwrap() {
        assert!(line["counterparty"].is_null() && line["iban"].is_null() && line["text"].is_null(), "{line:#}");
        assert!(line["end_to_end"].is_null() && line["references"] == json!([]), "{line:#}");
    }
    let written = first.get("/office/v1/bank/lines?limit=100").await;
    let ids: Vec<&str> = written["lines"].as_array().unwrap().iter().filter_map(|line| line["end_to_end"].as_str()).collect();
    assert!(!ids.is_empty(), "{written:#}");
    for id in ids {
        let path = format!("/office/v1/bank/lines?query={id}");
        assert!(!first.get(&path).await["lines"].as_array().unwrap().is_empty());
        assert_eq!(auditor.get(&path).await["lines"], json!([]), "an auditor searches what payers wrote");
    }
    // Nor the account of a file that was sent here by mistake.
    let foreign = "DE89370400440532013000";
    first.upload("c.xml", &camt::notification("N2", foreign, &[])).await;
    assert!(first.get("/office/v1/bank/files").await.to_string().contains(foreign));
    assert!(!auditor.get("/office/v1/bank/files").await.to_string().contains(foreign));
    let done = auditor.get("/office/v1/bank/reconciliation?bank=1").await;
    assert_eq!(done["bank"], 1, "{done:#}");
    let parts = done["explained"].as_array().unwrap();
    for (name, cents) in [("T3-inside", 900), ("T4-unknown", 1_100)] {
        let line = first.line(name).await["line"].clone();
        let part = parts.iter().find(|part| part["line"] == line).unwrap_or_else(|| panic!("{name} is not explained: {done:#}"));
        assert_eq!((part["why"].as_str(), part["amount"].as_i64()), (Some("line_not_booked"), Some(cents)));
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_in_words_and_leaves_nothing() {
    let town = town();
    let person = Person::numbered(&town, 1).await;
    let hostile = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><Document>&b;</Document>";
    let cut = &statement("S9", &[paid(100, "A", "X", "cut")])[..900];
    let before = person.get("/office/v1/bank/files").await["files"].as_array().unwrap().len();
    let counts = person.get("/office/v1/bank/lines").await["counts"].clone();
    for (name, bytes) in
        [("bomb.xml", hostile.as_bytes()), ("cut.xml", cut), ("empty.xml", b""), ("noise.bin", &[0, 159, 146, 150])]
    {
        let (status, refused) = person.upload(name, bytes).await;
        assert_eq!((status, refused["code"].as_str()), (422, Some("file_unreadable")), "{name}: {refused}");
        assert!(refused["detail"].as_str().unwrap().len() > 20, "{refused}");
    }
    assert_eq!(person.get("/office/v1/bank/files").await["files"].as_array().unwrap().len(), before);
    assert_eq!(person.get("/office/v1/bank/lines").await["counts"], counts);
    let (status, _) = person.upload("huge.xml", &vec![b' '; (20 << 20) + 1]).await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn a_table_is_read_once_its_columns_are_named() {
    let town = town();
    let person = Person::numbered(&town, 1).await;
    let table = "Fait le;Qui;Combien;Pourquoi\n20/11/2026;Julie;12,50;cotisation de juin\n";
    let (status, refused) = person.upload("t.csv", table.as_bytes()).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("mapping_needed")), "{refused}");
    assert_eq!(refused["columns"], json!(["Fait le", "Qui", "Combien", "Pourquoi"]));
    let mapping =
        json!({ "account": IBAN, "booking_date": "Fait le", "amount": "Combien", "counterparty": "Qui", "text": ["Pourquoi"] });
    let path = "/office/v1/bank/mappings/banque";
    assert_eq!(person.ask(Method::PUT, path, json!({ "amount": "Combien" }).to_string().into_bytes()).await.0, 400);
    assert_eq!(person.ask(Method::PUT, path, mapping.to_string().into_bytes()).await.0, 204);
    let (status, answer) = person.upload("t.csv", table.as_bytes()).await;
    assert_eq!((status, &answer["new"]), (200, &json!(1)), "{answer}");
    assert_eq!(person.line("cotisation").await["amount"], 1_250);
    assert_eq!(person.upload("t.csv", table.as_bytes()).await.1["new"], 0);
}

/// Waits until something is there.
async fn until(what: &str, there: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !there().await {
        assert!(began.elapsed() < PATIENCE, "{what} does not come");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn the_folder_is_emptied_and_the_clerk_proposes_what_is_clear() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let folder = tempfile::tempdir().unwrap();
    let inbox = folder.path().join("inbox");
    let made = Town::new();
    let seed = made.links["operator_seeds"][0].as_str().unwrap().to_owned();
    let clerk = folder.path().join("clerk.key");
    std::fs::write(&clerk, &seed).unwrap();
    let data = made.data.clone();
    let mut made = made;
    made.kill();
    let settings = std::fs::read_to_string(data.join("liard.toml")).unwrap();
    let kept: String = settings.lines().filter(|line| !line.starts_with("bank_")).map(|line| format!("{line}\n")).collect();
    std::fs::write(data.join("liard.toml"), format!("{kept}bank_inbox = {inbox:?}\nbank_key = {clerk:?}\n")).unwrap();
    let town = Town::serve(&data);
    let second = Person::numbered(&town, 2).await;
    let account = town.link("resident_account").to_owned();
    let reference = reference(&AccountId::from_text(&account, &prefix()).unwrap());
    let before = second.balance(&account).await;
    let file = statement("S2", &[Movement { reference: Some(reference), ..paid(3_000, "Jeanne", "BK-9", "T9-inbox") }]);
    put(&inbox, "releve.xml", &file);
    put(&inbox, "wrong.xml", b"<not><a><bank>file");
    until("the file in done", async || inbox.join("done/releve.xml").exists()).await;
    until("the file in refused", async || inbox.join("refused/wrong.xml").exists()).await;
    assert!(std::fs::read_to_string(inbox.join("refused/wrong.xml.txt")).unwrap().len() > 20);
    until("the proposal", async || second.line("T9-inbox").await["state"] == "waiting").await;
    let waiting = second.line("T9-inbox").await;
    second.sign(Body::Approve { proposal: proposal_of(&waiting) }).await.unwrap();
    assert!(second.balance(&account).await >= before + 3_000);
    // A file of a stranger's account is refused whole, and what is written about it is not written over.
    let table = "Date;Montant;Compte\n20/11/2026;1,00;DE89370400440532013000\n";
    for (name, file) in [("stranger.csv", "refused/stranger.csv"), ("stranger.csv", "refused/2-stranger.csv")] {
        put(&inbox, name, table.as_bytes());
        until("the stranger's file in refused", async || inbox.join(file).exists()).await;
        let words = std::fs::read_to_string(inbox.join(format!("{file}.txt"))).unwrap();
        assert!(words.contains("is none of the funds'"), "{words}");
    }
    // Of a row nothing is repeated but its place.
    put(&inbox, "shifted.csv", b"Date;Montant;Libelle\n20/11/2026;Jeanne Martin;1,00\n");
    until("the shifted table in refused", async || inbox.join("refused/shifted.csv").exists()).await;
    let words = std::fs::read_to_string(inbox.join("refused/shifted.csv.txt")).unwrap();
    assert!(
        words.starts_with("line 2: the amount in the column 'Montant' cannot be read") && !words.contains("Jeanne"),
        "{words}"
    );
    // The same file once more, under another name, issues nothing.
    let entries = common::entries(&town).await;
    put(&inbox, "encore.xml", &file);
    until("the file again in done", async || inbox.join("done/encore.xml").exists()).await;
    assert_eq!(common::entries(&town).await, entries);
}

fn put(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).unwrap();
}
