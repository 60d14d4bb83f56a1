//! Too much, too slow, too large, too often: what the running program does then. Nobody's payment is half done, and whoever is told to
//! wait is told how long.

#![allow(clippy::unwrap_used)]

mod common;

use common::raw::{self, Answer, GIVE_UP, Raw};
use common::{Cast, Town, entries, get, key_of, liard, order};
use ledger::SigningKey;
use ledger::account::AccountKind;
use ledger::amount::Amount;
use ledger::key::{AccountId, PublicKey};
use ledger::receipt::Receipt;
use ledger::transaction::{Body, OpenAccount, Transfer};
use serde_json::Value;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// No limits: what is measured is not who may how much.
const NO_LIMITS: &str =
    "per_address_per_second = 0\nconnections_per_address = 0\nper_key_per_second = 0\nself_openings_per_hour = 0\n";
const ORDERS: &str = "/v1/transactions";

fn long() -> bool {
    std::env::var_os("LONG").is_some()
}

fn address(town: &Town) -> SocketAddr {
    town.link("url").trim_start_matches("http://").trim_end_matches('/').parse().unwrap()
}

/// A number of kilobytes of the program's memory: `VmRSS` now, `VmHWM` at its highest.
fn memory_kb(town: &Town, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", town.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

async fn health(town: &Town) -> (u16, Value) {
    let answer = reqwest::get(town.url("/health")).await.unwrap();
    (answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

/// As many descriptors as the machine gives: this process holds the other end of every connection.
fn many_descriptors() -> u64 {
    rlimit::increase_nofile_limit(u64::MAX).unwrap()
}

/// The shops of a town, each with its key.
fn shops(town: &Town, cast: &Cast) -> Vec<(AccountId, SigningKey)> {
    let remembered = std::fs::read(town.data.join("secrets/demo.json")).unwrap();
    let remembered: Value = serde_json::from_slice(&remembered).unwrap();
    let shop = |shop: &Value| {
        let account = AccountId::from_text(shop["account"].as_str().unwrap(), &cast.prefix).unwrap();
        (account, key_of(shop["seed"].as_str().unwrap()))
    };
    remembered["shops"].as_array().unwrap().iter().map(shop).collect()
}

/// Payments of a cent round and round among shops: none gets richer, and none has a limit.
fn round(cast: &Cast, shops: &[(AccountId, SigningKey)], count: usize) -> Vec<Vec<u8>> {
    let amount = Amount::from_cents(1).unwrap();
    let payment = |number: usize| {
        let ((payer, key), (payee, _)) = (&shops[number % shops.len()], &shops[(number + 1) % shops.len()]);
        order(Body::Transfer(Transfer { payer: *payer, payee: *payee, amount, charge: None, memo: None })).sign(&cast.ledger, key)
    };
    (0..count).map(payment).collect()
}

/// An order to open an account for the holder of a key.
fn opening(cast: &Cast, key: &SigningKey) -> (AccountId, Vec<u8>) {
    let holder = PublicKey::from(key.verifying_key());
    let open = order(Body::OpenAccount(OpenAccount { kind: AccountKind::Resident, key: holder, level: 0, groups: Vec::new() }));
    let bytes = open.sign(&cast.ledger, key);
    let id = ledger::transaction::SignedTransaction::decode(&bytes, &cast.ledger).unwrap().id();
    (AccountId::opened_by(&id), bytes)
}

async fn token(town: &Town, cast: &Cast, key: &SigningKey) -> String {
    let client = wallet_api::client::Client::new(&town.url("")).unwrap();
    client.sign_in(&cast.ledger, key).await.unwrap().token
}

/// What became of an order.
struct Ended {
    order: Vec<u8>,
    answer: Answer,
    after: Duration,
}

/// Sends orders at so many a second, whatever comes back: over many connections, each of which waits for its answer.
async fn offer(server: SocketAddr, orders: Vec<Vec<u8>>, per_second: u32, connections: usize) -> Vec<Ended> {
    let (orders, next, start) = (Arc::new(orders), Arc::new(AtomicUsize::new(0)), Instant::now() + Duration::from_millis(200));
    let client = || {
        let (orders, next) = (orders.clone(), next.clone());
        tokio::spawn(async move {
            let (mut raw, mut ended) = (Raw::to(server).await, Vec::new());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(order) = orders.get(number) else { return ended };
                sleep_until(start + Duration::from_secs(1) * u32::try_from(number).unwrap() / per_second).await;
                let sent = Instant::now();
                let answer = raw.ask(&raw::post(ORDERS, "", order)).await.expect("every order is answered");
                ended.push(Ended { order: order.clone(), answer, after: sent.elapsed() });
            }
        })
    };
    let clients: Vec<_> = (0..connections).map(|_| client()).collect();
    let mut ended = Vec::new();
    for client in clients {
        ended.extend(client.await.unwrap());
    }
    ended
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_times_too_much_is_refused_in_time_and_what_is_accepted_is_there_once() {
    let seconds = if long() { 30 } else { 10 };
    let mut town = Town::with(&format!("{NO_LIMITS}writer_per_second = 1000"));
    many_descriptors();
    let cast = Cast::of(&town).await;
    let shops = shops(&town, &cast);
    let orders = round(&cast, &shops, 10_000 * seconds);
    let offered = orders.len();
    // They listen to every payment of a shop, and never read.
    let token = token(&town, &cast, &shops[0].1).await;
    let live = format!("/v1/accounts/{}/events", shops[0].0.to_text(&cast.prefix));
    let mut deaf = Vec::new();
    for _ in 0..20 {
        let mut raw = Raw::to(address(&town)).await;
        raw.write(&raw::get(&live, &format!("authorization: Bearer {token}\r\n"))).await.unwrap();
        assert!(raw.saw("event: hello").await);
        deaf.push(raw);
    }
    let (before, memory) = (entries(&town).await, memory_kb(&town, "VmRSS"));
    let began = Instant::now();
    let ended = offer(address(&town), orders, 10_000, 512).await;
    let took = began.elapsed();
    assert_eq!(ended.len(), offered);
    let (accepted, refused): (Vec<_>, Vec<_>) = ended.into_iter().partition(|one| one.answer.status == 200);
    let mut sequences = HashSet::new();
    for one in &accepted {
        let entry = Receipt::decode(&one.answer.body).unwrap();
        let entry = ledger::entry::RawEntry::decode(entry.entry()).unwrap().verified(&cast.ledger).unwrap();
        assert_eq!(entry.order.bytes(), one.order);
        assert!(sequences.insert(entry.sequence), "entry {} was given twice", entry.sequence);
    }
    for Ended { answer, .. } in &refused {
        assert!([429, 503].contains(&answer.status), "{} {}", answer.status, answer.code());
        assert!(answer.retry_after.is_some_and(|seconds| seconds > 0), "{}", answer.code());
    }
    // As many entries as were accepted, each another one: nothing that was refused is among them.
    assert_eq!(entries(&town).await - before, accepted.len() as u64);
    assert!(!accepted.is_empty() && !refused.is_empty());
    let mut latencies: Vec<_> = accepted.iter().map(|one| one.after).collect();
    latencies.sort_unstable();
    let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100];
    println!("offered {offered} in {took:?}: {} accepted, {} refused", accepted.len(), refused.len());
    println!("accepted ones took {:?} (half), {:?} (99 of 100), {:?} (all)", at(50), at(99), at(100));
    assert!(at(99) < Duration::from_secs(5), "{:?}", at(99));
    let highest = memory_kb(&town, "VmHWM");
    println!("memory {memory} kB before, {highest} kB at the highest");
    assert!(highest < memory + (256 << 10), "{memory} kB before, {highest} kB at the highest");
    // What was refused can be sent again, and what was accepted has its entry still.
    let again: Vec<_> = refused.iter().chain(&accepted).step_by(offered / 100).map(|one| one.order.clone()).collect();
    for one in offer(address(&town), again, 200, 1).await {
        let known = accepted.iter().find(|earlier| earlier.order == one.order);
        let entry = |answer: &Answer| Receipt::decode(&answer.body).unwrap().entry().to_vec();
        assert_eq!(one.answer.status, 200, "{}", one.answer.code());
        assert!(known.is_none_or(|earlier| entry(&earlier.answer) == entry(&one.answer)));
    }
    drop(deaf);
    town.kill();
    let audit = liard().arg("audit").arg(&town.data).output().unwrap();
    assert!(audit.status.success(), "{}", String::from_utf8_lossy(&audit.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_signatures_stop_their_own_network_and_nobody_else() {
    let town = Town::new();
    let (cast, server) = (Cast::of(&town).await, address(&town));
    let before = entries(&town).await;
    let mut flood = Raw::from("127.0.0.2", server).await;
    let mut counts = (0, 0);
    for _ in 0..1_200 {
        let mut bad = cast.payment(1);
        *bad.last_mut().unwrap() ^= 1;
        let answer = flood.ask(&raw::post(ORDERS, "", &bad)).await.unwrap();
        match (answer.status, answer.code().as_str()) {
            (400, "bad_signature") => counts.0 += 1,
            (429, "rate_limited") => {
                assert!((1..=120).contains(&answer.retry_after.unwrap()), "{:?}", answer.retry_after);
                counts.1 += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    println!("{} bad signatures were looked at, {} were not", counts.0, counts.1);
    assert!(counts.0 >= 600 && counts.1 > 150, "{counts:?}");
    let good = raw::post(ORDERS, "", &cast.payment(1));
    assert_eq!(flood.ask(&raw::get("/v1/ledger", "")).await.unwrap().status, 200, "it may read");
    let answer = Raw::from("127.0.0.3", server).await.ask(&good).await.unwrap();
    assert_eq!(answer.status, 200, "the forged ones took nothing of the key's own allowance");
    assert_eq!(entries(&town).await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_a_thousand_times_are_one_entry_and_use_up_nothing() {
    let town = Town::with("per_address_per_second = 0\nper_key_per_second = 1");
    let (cast, server) = (Cast::of(&town).await, address(&town));
    let bytes = cast.payment(1);
    let size = entries(&town).await;
    let answers = offer(server, vec![bytes; 2_000], 5_000, 16).await;
    let first = Receipt::decode(&answers[0].answer.body).unwrap().entry().to_vec();
    for one in &answers {
        assert_eq!(Receipt::decode(&one.answer.body).unwrap().entry(), first);
    }
    assert_eq!(entries(&town).await, size + 1);
    let next = raw::post(ORDERS, "", &cast.payment(1));
    assert_eq!(
        Raw::to(server).await.ask(&next).await.unwrap().status,
        200,
        "whoever holds a receipt cannot use up the payer's turn"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_sends_too_much_waits_and_the_others_do_not() {
    let town = Town::with("per_address_per_second = 0\nper_key_per_second = 1");
    let (cast, server) = (Cast::of(&town).await, address(&town));
    let nonsense = Body::Transfer(Transfer {
        payer: cast.resident,
        payee: cast.resident,
        amount: Amount::from_cents(1).unwrap(),
        charge: None,
        memo: None,
    });
    // One whole batch is allowed at once. What the rules refuse was work too, and counts.
    let batch: Vec<u8> = (0..1_000).flat_map(|_| cast.signed(&order(nonsense.clone()))).collect();
    let mut raw = Raw::to(server).await;
    assert_eq!(raw.ask(&raw::post("/v1/transactions/batch", "", &batch)).await.unwrap().status, 200);
    let payment = raw::post(ORDERS, "", &cast.payment(1));
    let mut waited = None;
    for _ in 0..1_000 {
        let answer = raw.ask(&payment).await.unwrap();
        if answer.status == 200 {
            // The allowance came back while the batch was judged.
            waited = raw.ask(&raw::post(ORDERS, "", &cast.payment(1))).await;
        } else {
            waited = Some(answer);
        }
        if waited.as_ref().is_some_and(|answer| answer.status == 429) {
            break;
        }
    }
    let waited = waited.unwrap();
    assert_eq!((waited.status, waited.code().as_str()), (429, "rate_limited"));
    let (account, other) = &shops(&town, &cast)[0];
    let theirs =
        Transfer { payer: *account, payee: cast.resident, amount: Amount::from_cents(1).unwrap(), charge: None, memo: None };
    let theirs = order(Body::Transfer(theirs)).sign(&cast.ledger, other);
    assert_eq!(raw.ask(&raw::post(ORDERS, "", &theirs)).await.unwrap().status, 200, "another key of the same network");
    sleep(Duration::from_secs(waited.retry_after.unwrap())).await;
    assert_eq!(raw.ask(&payment).await.unwrap().status, 200, "after the time that was told there is a turn");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_asks_too_much_waits_and_the_tills_behind_another_do_not() {
    let town = Town::with("per_address_per_second = 5\nself_openings_per_hour = 2\nbehind_proxy = true");
    let (cast, server) = (Cast::of(&town).await, address(&town));
    let from = |network: &str| format!("x-forwarded-for: 198.51.100.1, {network}\r\n");
    let mut raw = Raw::to(server).await;
    let mut refused = Vec::new();
    for _ in 0..200 {
        let answer = raw.ask(&raw::get("/v1/ledger", &from("2001:db8:1:1::7"))).await.unwrap();
        if answer.status == 429 {
            refused.push(answer);
        }
    }
    // Fifty at once, and five for each second that this took.
    assert!(!refused.is_empty());
    assert_eq!(refused[0].code(), "rate_limited");
    let same = raw.ask(&raw::get("/wallet/", &from("2001:db8:1:1:ffff::9"))).await.unwrap();
    assert_eq!(same.status, 429, "the whole /64 is one network, for every route");
    assert_eq!(raw.ask(&raw::get("/v1/ledger", &from("2001:db8:1:2::7"))).await.unwrap().status, 200);
    sleep(Duration::from_secs(same.retry_after.unwrap())).await;
    assert_eq!(raw.ask(&raw::get("/v1/ledger", &from("2001:db8:1:1::7"))).await.unwrap().status, 200);
    // The tills' service asks the wallet API for each of these; its own address has no limit.
    let till = key_of(town.link("till_seed"));
    let challenge = raw.ask(&raw::post("/v1/sign-in/challenge", &from("192.0.2.1"), b"")).await.unwrap();
    let challenge: Value = serde_json::from_slice(&challenge.body).unwrap();
    let challenge = base64url(challenge["challenge"].as_str().unwrap());
    let signed = ledger::message::sign_in(&challenge.try_into().unwrap(), &cast.ledger, &till);
    let signed = raw.ask(&raw::post("/v1/sign-in", &from("192.0.2.1"), &signed)).await.unwrap();
    let signed: Value = serde_json::from_slice(&signed.body).unwrap();
    for number in 0..120 {
        let fields =
            format!("{}authorization: Bearer {}\r\n", from(&format!("192.0.2.{number}")), signed["token"].as_str().unwrap());
        let answer = raw.ask(&raw::get("/pos/v1/day?from=0&to=1", &fields)).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.code());
    }
    // Accounts that people open for themselves.
    let mut open = async |network: &str| {
        let (_, bytes) = opening(&cast, &SigningKey::from_bytes(&[77; 32]));
        let answer = raw.ask(&raw::post(ORDERS, &from(network), &bytes)).await.unwrap();
        (answer.status, answer.retry_after.unwrap_or(0))
    };
    for expected in [200, 200, 429] {
        let (status, seconds) = open("203.0.113.5").await;
        assert_eq!(status, expected);
        assert!(status == 200 || (1..=1_800).contains(&seconds), "{seconds}");
    }
    assert_eq!(open("203.0.113.6").await.0, 200);
}

fn base64url(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = text
        .bytes()
        .flat_map(|byte| {
            let value = alphabet.iter().position(|letter| *letter == byte).unwrap();
            (0..6).rev().map(move |bit| u8::from(value >> bit & 1 == 1))
        })
        .collect();
    bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_too_many_of_one_network_is_closed_and_another_network_is_served() {
    let town = Town::with("connections_per_address = 3");
    let server = address(&town);
    let ask = raw::get("/health", "");
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut raw = Raw::from("127.0.0.5", server).await;
        assert_eq!(raw.ask(&ask).await.unwrap().status, 200);
        held.push(raw);
    }
    assert!(Raw::from("127.0.0.5", server).await.ask(&ask).await.is_none());
    assert_eq!(Raw::from("127.0.0.6", server).await.ask(&ask).await.unwrap().status, 200);
    held.pop();
    let began = Instant::now();
    while Raw::from("127.0.0.5", server).await.ask(&ask).await.is_none() {
        assert!(began.elapsed() < GIVE_UP, "the place of a connection that has gone is free again");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_live_connections_cost_little_and_an_account_has_only_so_many() {
    const PER_ACCOUNT: usize = 32;
    const MAX_KB_EACH: u64 = 64;
    let town = Town::with(NO_LIMITS);
    let (cast, server) = (Cast::of(&town).await, address(&town));
    let room = usize::try_from(many_descriptors()).unwrap().saturating_sub(256);
    let wanted = (if long() { 10_000 } else { 1_000 }).min(room);
    let key = SigningKey::from_bytes(&[78; 32]);
    let mut accounts = Vec::new();
    for _ in 0..wanted.div_ceil(PER_ACCOUNT) {
        let (account, bytes) = opening(&cast, &key);
        assert_eq!(Raw::to(server).await.ask(&raw::post(ORDERS, "", &bytes)).await.unwrap().status, 200);
        accounts.push(account.to_text(&cast.prefix));
    }
    let fields = format!("authorization: Bearer {}\r\naccept: text/event-stream\r\n", token(&town, &cast, &key).await);
    let before = memory_kb(&town, "VmRSS");
    let mut live = Vec::with_capacity(wanted);
    for number in 0..wanted {
        let mut raw = Raw::to(server).await;
        raw.write(&raw::get(&format!("/v1/accounts/{}/events", accounts[number / PER_ACCOUNT]), &fields)).await.unwrap();
        live.push(raw);
    }
    for raw in &mut live {
        assert!(raw.saw("event: hello").await, "everybody is let in");
    }
    let each = memory_kb(&town, "VmRSS").saturating_sub(before) / wanted as u64;
    println!("{wanted} idle live connections: {each} kB each ({before} kB before)");
    assert!(each <= MAX_KB_EACH, "{each} kB each");
    let one_more = raw::get(&format!("/v1/accounts/{}/events", accounts[0]), &fields);
    let answer = Raw::to(server).await.ask(&one_more).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str(), answer.retry_after.is_some()), (429, "too_many_listeners", true));
    let (status, _) = health(&town).await;
    assert_eq!(status, 200, "and the node serves others");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_before_it_was_read() {
    let town = Town::new();
    let server = address(&town);
    let large_head = format!("GET /v1/ledger HTTP/1.1\r\nhost: town\r\nx-large: {}\r\n\r\n", "x".repeat(200 << 10));
    let many_fields = format!("GET /v1/ledger HTTP/1.1\r\nhost: town\r\n{}\r\n", "x-one: 1\r\n".repeat(5_000));
    for head in [large_head, many_fields] {
        let mut raw = Raw::to(server).await;
        // The server may have closed the connection before all of it is sent.
        let _ = raw.write(head.as_bytes()).await;
        if let Some(answer) = raw.answer().await {
            assert!([400, 431].contains(&answer.status), "{}", answer.status);
        }
        assert!(raw.ends().await, "and the connection ends");
    }
    let before = memory_kb(&town, "VmRSS");
    for (method, path) in [("POST", ORDERS), ("POST", "/v1/transactions/batch"), ("POST", "/v1/sign-in"), ("POST", "/wallet/")] {
        let mut raw = Raw::to(server).await;
        let head = format!("{method} {path} HTTP/1.1\r\nhost: town\r\ncontent-length: 20000000000\r\n\r\n");
        raw.write(head.as_bytes()).await.unwrap();
        let mut sent = 0;
        // A batch may have 4 MB; the rest fits into what the machine holds on its way.
        while sent < 256 << 20 && raw.write(&[0; 64 << 10]).await.is_ok() {
            sent += 64 << 10;
        }
        assert!(sent < 256 << 20, "{path}: the server read all of {sent} bytes");
    }
    let grown = memory_kb(&town, "VmRSS").saturating_sub(before);
    assert!(grown < 32 << 10, "{grown} kB");
    // Sent with care, the answer can be read.
    let mut raw = Raw::to(server).await;
    let answer = raw.ask(&raw::post(ORDERS, "", &[0x84; 20_000])).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (413, "too_large"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_slowly_or_never_reads_is_let_go_and_holds_little_meanwhile() {
    let town = Town::with(NO_LIMITS);
    let server = address(&town);
    let before = memory_kb(&town, "VmRSS");
    let large = raw::get("/vendor/zxing-wasm/reader/zxing_reader.wasm", "");
    let answer = Raw::to(server).await.ask(&large).await.unwrap();
    assert!(answer.status == 200 && answer.body.len() > 500_000, "{} {}", answer.status, answer.body.len());
    // Fifty clients ask for a large page again and again, and read nothing.
    let mut deaf = Vec::new();
    for _ in 0..50 {
        let mut raw = Raw::to(server).await;
        raw.write(&large.repeat(40)).await.unwrap();
        deaf.push(raw);
    }
    let drips = async {
        let mut raw = Raw::to(server).await;
        raw.write(b"GET /v1/ledger HTTP/1.1\r\nx: ").await.unwrap();
        drip(raw).await
    };
    let drips_body = async {
        let mut raw = Raw::to(server).await;
        raw.write(b"POST /v1/transactions HTTP/1.1\r\nhost: town\r\ncontent-length: 10000\r\n\r\n").await.unwrap();
        drip(raw).await
    };
    let (first, second) = tokio::join!(drips, drips_body);
    println!("a head that drips held its connection for {first:?}, a body {second:?}");
    sleep(Duration::from_secs(2)).await;
    let grown = memory_kb(&town, "VmRSS").saturating_sub(before);
    println!("50 clients that do not read: {grown} kB");
    assert!(grown < 64 << 10, "{grown} kB");
    for raw in &mut deaf {
        drip_into(raw).await;
    }
    // Many requests in one breath are answered one after the other.
    let mut raw = Raw::to(server).await;
    raw.write(&raw::get("/v1/checkpoint", "").repeat(1_000)).await.unwrap();
    for _ in 0..1_000 {
        assert_eq!(raw.answer().await.unwrap().status, 200);
    }
}

/// Writes a byte now and then until the server lets go; how long that took.
async fn drip(mut raw: Raw) -> Duration {
    let began = Instant::now();
    drip_into(&mut raw).await;
    began.elapsed()
}

/// Returns once the connection is gone: then writing fails.
async fn drip_into(raw: &mut Raw) {
    let began = Instant::now();
    while raw.write(b"x").await.is_ok() {
        assert!(began.elapsed() < GIVE_UP, "the server holds on to a client that is of no use");
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_gets_full_is_told_in_health_and_in_the_office() {
    let town = Town::with("disk_alarm_mb = 1000000000000");
    let cast = Cast::of(&town).await;
    let (status, words) = health(&town).await;
    assert_eq!((status, &words["status"], &words["disk"]["alarm"]), (200, &Value::from("ok"), &Value::from(true)));
    assert!(words["disk"]["free_mb"].as_u64().unwrap() > 0);
    let operator = key_of(town.links["operator_seeds"][0].as_str().unwrap());
    let token = token(&town, &cast, &operator).await;
    let overview = reqwest::Client::new().get(town.url("/office/v1/overview")).bearer_auth(token).send().await.unwrap();
    let overview: Value = serde_json::from_slice(&overview.bytes().await.unwrap()).unwrap();
    assert_eq!((&overview["disk"]["alarm"], &overview["disk"]["full"]), (&Value::from(true), &Value::from(false)));
    let paid = raw::post(ORDERS, "", &cast.payment(1));
    assert_eq!(Raw::to(address(&town)).await.ask(&paid).await.unwrap().status, 200, "an alarm refuses nothing");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn after_a_write_that_failed_the_node_reads_on_and_says_why_and_nothing_acknowledged_is_lost() {
    use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("town");
    let mut town = Town::serve(&data);
    let cast = Cast::of(&town).await;
    assert_eq!(health(&town).await.0, 200);
    // From now on no file of the program grows beyond this: the write after it really fails.
    let longest = std::fs::read_dir(data.join("journal")).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
    let limit = Rlimit { current: Some(longest.max().unwrap() + 2_000), maximum: getrlimit(Resource::Fsize).maximum };
    prlimit(Pid::from_raw(i32::try_from(town.pid()).unwrap()), Resource::Fsize, limit).unwrap();
    let (mut raw, mut acknowledged) = (Raw::to(address(&town)).await, Vec::new());
    let failed = loop {
        let bytes = cast.payment(1);
        let answer = raw.ask(&raw::post(ORDERS, "", &bytes)).await.expect("the program goes on");
        if answer.status != 200 {
            break answer;
        }
        acknowledged.push((bytes, Receipt::decode(&answer.body).unwrap().entry().to_vec()));
        assert!(acknowledged.len() < 1_000, "no write failed");
    };
    assert!(!acknowledged.is_empty());
    assert_eq!((failed.status, failed.code().as_str(), failed.retry_after.is_some()), (503, "unavailable", true));
    let answer = raw.ask(&raw::post(ORDERS, "", &cast.payment(1))).await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"), "no further order is taken");
    let (status, words) = health(&town).await;
    assert_eq!((status, &words["status"]), (503, &Value::from("read_only")));
    println!("health says: {}", words["why"]);
    assert!(words["why"].as_str().unwrap().contains("restart"), "{words}");
    get(&town.url("/v1/ledger")).await;
    let size = entries(&town).await;
    let token = token(&town, &cast, &cast.resident_key).await;
    let account = town.url(&format!("/v1/accounts/{}/statement", town.link("resident_account")));
    assert_eq!(reqwest::Client::new().get(account).bearer_auth(token).send().await.unwrap().status(), 200);
    town.kill();
    let town = Town::serve(&data);
    assert!(entries(&town).await >= size);
    let mut raw = Raw::to(address(&town)).await;
    for (bytes, entry) in &acknowledged {
        let answer = raw.ask(&raw::post(ORDERS, "", bytes)).await.unwrap();
        assert_eq!(Receipt::decode(&answer.body).unwrap().entry(), entry);
    }
    assert_eq!(raw.ask(&raw::post(ORDERS, "", &cast.payment(1))).await.unwrap().status, 200, "orders are taken again");
    assert_eq!(health(&town).await.0, 200);
}
