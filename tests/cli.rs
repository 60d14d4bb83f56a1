//! The program as its users type it: from an empty folder to an audited currency, and the demo.

#![allow(clippy::unwrap_used)]

mod common;

use common::node::{Currency, Node, PATIENCE, liard, refused, said, text, word_after};
use ledger::key::Hash32;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[test]
fn an_association_founds_a_currency_gives_units_and_has_its_ledger_audited() {
    let currency = Currency::found();
    let node = currency.serve();
    assert_eq!(node.json("/health")["status"], "ok");
    let account = &currency.open(&node, "member.key");
    let secret = currency.path("data/secrets/credit.key");
    let credit = ["--bank", "1", "--amount", "120,50", "--reference", "VIR 2026-118", "--credit-secret", &secret];
    let converting = [&["convert", account][..], &credit].concat();
    // The treasurer's person 1 proposes; person 3 of the board may approve, and nobody twice.
    let proposed = currency.act(&node, 1, &converting);
    let id = word_after(&proposed, "liard office approve ");
    assert!(currency.act_refused(&node, 1, &["approve", id, "--yes"]).contains("approved_twice"));
    assert!(currency.act(&node, 3, &["proposals"]).contains("amount=120.50"));
    let approved = currency.act(&node, 3, &["approve", id, "--yes"]);
    assert!(approved.contains("Executed") && approved.contains("120.50"), "{approved}");
    // The same euros, typed again by somebody else, are the same credit.
    let again = currency.act(&node, 2, &converting);
    let again = word_after(&again, "liard office approve ");
    assert!(currency.act_refused(&node, 3, &["approve", again, "--yes"]).contains("credit_used"));
    currency.act(&node, 3, &["refuse", again]);
    assert!(currency.act(&node, 2, &["acts"]).contains("convert"));
    assert_eq!(node.entries(), 7);
    node.stop();
    let report = said(&["audit", &currency.path("data"), "--lang", "fr"]);
    assert!(report.contains("120,50") && report.contains("Tout est en ordre"), "{report}");
}

#[test]
fn an_audit_names_the_entry_of_a_flipped_byte() {
    let currency = Currency::found();
    let node = currency.serve();
    for name in ["a", "b", "c", "d"] {
        let credit = Hash32::of(name.as_bytes()).to_string();
        currency.act(&node, 1, &["record-credit", "--bank", "1", "--amount", "5", "--credit", &credit]);
    }
    node.stop();
    let data = currency.path("data");
    let report: serde_json::Value = serde_json::from_str(&said(&["audit", &data, "--json"])).unwrap();
    assert_eq!((report["ok"].as_bool(), report["entries"].as_u64()), (Some(true), Some(5)));
    let segment = currency.file("data/journal/00000000000000000000.seg");
    let good = fs::read(&segment).unwrap();
    let named: Vec<u64> = [3, 4]
        .map(|fifths| {
            let mut bytes = good.clone();
            bytes[good.len() * fifths / 5] ^= 1;
            fs::write(&segment, &bytes).unwrap();
            let output = liard(&["audit", &data, "--json"]);
            assert_eq!(output.status.code(), Some(1));
            let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(report["ok"], false);
            report["entry"].as_u64().unwrap()
        })
        .to_vec();
    assert!(named[0] < named[1] && named[1] < 5, "{named:?}");
    assert!(refused(&["audit", &data]).contains(&format!("First wrong entry: no. {}", named[1])));
    fs::write(&segment, &good).unwrap();
    said(&["audit", &data]);
}

#[test]
fn an_audit_of_the_data_of_another_ledger_fails_when_the_ledger_is_named() {
    let (currency, other) = (Currency::found(), Currency::found());
    let id = |currency: &Currency| fs::read_to_string(currency.file("data/ledger-id")).unwrap().trim().to_owned();
    let data = currency.path("data");
    said(&["audit", &data, "--ledger", &id(&currency)]);
    let output = liard(&["audit", &data, "--ledger", &id(&other)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&id(&other)), "{}", text(&output.stderr));
    assert!(refused(&["audit", &data, "--ledger", "abc"]).contains("no hash"));
    assert!(said(&["audit", "--help"]).contains("--ledger"));
    assert!(said(&["help", "audit"]).contains("copy the folder first"));
}

#[test]
fn an_approval_shows_the_act_that_it_signs_and_wants_a_yes() {
    let currency = Currency::found();
    let node = currency.serve();
    let account = currency.open(&node, "member.key");
    let credit = Hash32::of(b"credit").to_string();
    let proposed = currency.act(&node, 1, &["convert", &account, "--bank", "1", "--amount", "20", "--credit", &credit]);
    let id = word_after(&proposed, "liard office approve ");
    let approving = currency.office(&node, 3, &["approve", id]);
    let output = liard(&approving.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(!output.status.success() && text(&output.stderr).contains("nothing was signed"));
    let shown = text(&output.stdout);
    for part in ["convert", "amount: 20.00", &format!("account: {account}"), &format!("credit: {credit}"), "receipt is verified"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(currency.act(&node, 3, &["proposals"]).contains(id), "it still waits");
    let unknown = currency.act_refused(&node, 3, &["approve", &credit, "--yes"]);
    assert!(unknown.contains("no proposal"), "{unknown}");
    let approved = currency.act(&node, 3, &["approve", id, "--yes"]);
    assert!(approved.contains("amount: 20.00") && approved.contains("Executed"), "{approved}");
}

/// A way to a node that, as long as it is told to, passes orders on and keeps their answers.
struct Lossy {
    url: String,
    loses: Arc<AtomicBool>,
}

impl Lossy {
    fn before(node: &Node) -> Lossy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (loses, far) = (Arc::new(AtomicBool::new(true)), node.url.trim_start_matches("http://").to_owned());
        let lossy = Lossy { url, loses: loses.clone() };
        std::thread::spawn(move || {
            for near in listener.incoming() {
                drop(pass_on(near.unwrap(), &far, &loses));
            }
        });
        lossy
    }
}

/// Passes one request on, and its answer back unless it is lost.
fn pass_on(mut near: TcpStream, far: &str, loses: &AtomicBool) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let count = near.read(&mut buffer)?;
        request.extend_from_slice(&buffer[..count]);
        let head = request.windows(4).position(|window| window == b"\r\n\r\n");
        let whole = head.is_some_and(|head| {
            let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
            let length = text.split("content-length: ").nth(1).map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
            request.len() >= head + 4 + length
        });
        if whole || count == 0 {
            break;
        }
    }
    let is_order = request.starts_with(b"POST /v1/transactions");
    let end = request.windows(2).position(|window| window == b"\r\n").unwrap();
    let (first, rest) = request.split_at(end);
    let mut upstream = TcpStream::connect(far)?;
    upstream.write_all(&[first, b"\r\nconnection: close", rest].concat())?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer)?;
    if is_order && loses.load(Ordering::SeqCst) { Ok(()) } else { near.write_all(&answer) }
}

#[test]
fn an_order_without_an_answer_is_sent_again_and_never_signed_a_second_time() {
    let currency = Currency::found();
    let node = currency.serve();
    let lossy = Lossy::before(&node);
    let through = |act: &[&str]| {
        let key = currency.path("data/secrets/operators/operator-1.key");
        liard(&[&["office", "--api", &lossy.url, "--key", &key][..], act].concat())
    };
    let waiting = || fs::read_dir(currency.file("data/secrets/operators")).unwrap().count() - 3;
    // A fee twice, as people write it: nothing in the act itself tells the two apart.
    let evidence = Hash32::of(b"statement").to_string();
    let fee = ["bank-fee", "--bank", "1", "--amount", "3,50", "--evidence", &evidence];
    let first = through(&fee);
    let why = text(&first.stderr);
    assert!(!first.status.success() && why.contains("the order is kept in") && !why.contains("give the command again"), "{why}");
    assert_eq!(waiting(), 1);
    lossy.loses.store(false, Ordering::SeqCst);
    let second = through(&fee);
    let printed = text(&second.stdout);
    assert!(second.status.success(), "{}", text(&second.stderr));
    assert!(printed.contains("The same bytes are sent again") && printed.contains("nothing else is signed"), "{printed}");
    assert_eq!((waiting(), node.entries()), (0, 2), "genesis and one proposal");
    // Another command first settles what waits, then does its own work.
    lossy.loses.store(true, Ordering::SeqCst);
    let credit = Hash32::of(b"credit").to_string();
    assert!(!through(&["record-credit", "--bank", "1", "--amount", "5", "--credit", &credit]).status.success());
    lossy.loses.store(false, Ordering::SeqCst);
    let listed = text(&through(&["acts"]).stdout);
    assert!(listed.contains("An earlier order had no answer") && listed.contains("person 1  propose  record_credit"), "{listed}");
    assert_eq!((waiting(), listed.matches("  propose  ").count()), (0, 2), "{listed}");
}

/// How long it takes until a connection is closed on which this was sent, and what came before.
fn until_closed(node: &Node, sent: &[u8]) -> (Duration, String) {
    let mut connection = TcpStream::connect(node.url.trim_start_matches("http://")).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    connection.write_all(sent).unwrap();
    let began = Instant::now();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    (began.elapsed(), text(&answer))
}

#[test]
fn a_connection_that_is_slow_with_its_request_is_let_go() {
    let currency = Currency::found();
    let node = currency.serve();
    std::thread::scope(|scope| {
        let head =
            b"POST /v1/transactions HTTP/1.1\r\nhost: x\r\ncontent-type: application/cose\r\ncontent-length: 900\r\n\r\nab";
        let slow = scope.spawn(|| until_closed(&node, head));
        let silent = [&b""[..], b"GET ", b"PRI * HTTP/2.0"].map(|sent| scope.spawn(|| until_closed(&node, sent)));
        let (took, answer) = slow.join().unwrap();
        assert!(took < PATIENCE && answer.starts_with("HTTP/1.1 408") && answer.contains("too_slow"), "{took:?} {answer}");
        for connection in silent {
            assert!(connection.join().unwrap().0 < PATIENCE);
        }
    });
    assert_eq!(node.json("/health")["status"], "ok");
}

#[test]
fn a_folder_in_use_is_not_called_wrong_and_nothing_is_made_twice() {
    let currency = Currency::found();
    let again = refused(&["init", &currency.path("currency.toml"), "--data", &currency.path("data")]);
    assert!(again.contains("not empty"), "{again}");
    let node = currency.serve();
    let output = liard(&["audit", &currency.path("data")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("in use"));
    let second = refused(&["serve", "--data", &currency.path("data"), "--listen", "127.0.0.1:0"]);
    assert!(second.contains("in use"), "{second}");
    node.stop();
    let elsewhere = refused(&["serve", "--data", &currency.path("nothing")]);
    assert!(elsewhere.contains("liard init"), "{elsewhere}");
}

#[cfg(unix)]
#[test]
fn secrets_lie_apart_and_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let currency = Currency::found();
    let mode = |name: &str| fs::metadata(currency.file(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/secrets"), mode("data/secrets/operators")), (0o700, 0o700, 0o700));
    for name in ["issuer.key", "checkpoint.key", "directory.key", "credit.key", "operators/operator-1.key"] {
        assert_eq!(mode(&format!("data/secrets/{name}")), 0o600, "{name}");
    }
}

#[test]
fn an_operator_who_brings_a_public_key_is_given_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let key = said(&["key", &path("mine.key")]);
    assert_eq!(said(&["key", &path("mine.key")]), key);
    let sample = said(&["init", "--sample"]);
    let own = sample.replacen("number = 1\nroles", &format!("number = 1\nkey = \"{}\"\nroles", key.trim()), 1);
    fs::write(path("currency.toml"), own).unwrap();
    said(&["init", &path("currency.toml"), "--data", &path("data")]);
    let operators = folder.path().join("data/secrets/operators");
    assert!(!operators.join("operator-1.key").exists() && operators.join("operator-2.key").exists());
}

/// Where the demo of a folder says that it is.
fn demo(folder: &Path, more: &[&str]) -> (Node, serde_json::Value) {
    let links = folder.join("links.json");
    drop(fs::remove_file(&links));
    let data = folder.join("demo");
    let size = ["demo", "--residents", "12", "--shops", "5", "--days", "3", "--data", data.to_str().unwrap()];
    let arguments = [&size[..], &["--json-links", links.to_str().unwrap()], more].concat();
    let node = Node::start(&arguments, &folder.join("out"));
    let began = Instant::now();
    while !links.exists() {
        assert!(began.elapsed() < PATIENCE, "no links were written");
        std::thread::sleep(Duration::from_millis(20));
    }
    let links = serde_json::from_slice(&fs::read(&links).unwrap()).unwrap();
    (node, links)
}

#[test]
fn the_demo_is_a_town_with_a_past_whose_books_are_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (node, links) = demo(folder.path(), &[]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(folder.path().join("demo")).unwrap().permissions().mode() & 0o777, 0o700);
    }
    assert_eq!(links["url"], node.url.as_str());
    let seed = links["resident_seed"].as_str().unwrap();
    assert!(Hash32::from_hex(seed).is_some());
    assert_eq!(links["wallet_link"], format!("{}/wallet/#demo={seed}", node.url));
    let info = node.json("/v1/ledger");
    assert_eq!((info["demo"].as_bool(), info["campaigns"][0]["denominator"].as_u64()), (Some(true), Some(5)));
    assert!(node.json("/v1/public")["entries"].as_u64().unwrap() > 60);
    // Each evening has its coverage statement, and the banks have confirmed what they hold.
    let stated = node.json("/log/coverage?limit=2");
    let newest = &stated["statements"][0];
    assert!(newest["number"].as_u64() >= Some(2) && newest["banks"][0]["confirmed"]["date"].is_string(), "{newest}");
    let digital = &newest["media"]["digital"];
    assert_eq!((&digital["circulation"], &digital["surplus"]), (&digital["cover"], &serde_json::json!(0)));
    for path in [
        "/",
        "/wallet/",
        "/till/",
        "/office/",
        "/openapi.json",
        "/health",
        "/v1/shops",
        "/v1/checkpoint",
        "/log/",
        "/log/checkpoint",
    ] {
        assert_eq!(node.get(path).0, 200, "{path}");
    }
    for path in ["/office/v1/overview", "/pos/v1/day?from=0&to=1", "/v1/session"] {
        assert_eq!(node.get(path).0, 401, "{path}");
    }
    // One act waits for the visitor, who is person 1.
    let key = folder.path().join("operator.key");
    fs::write(&key, links["operator_seeds"][0].as_str().unwrap()).unwrap();
    let office = ["office", "--api", &node.url, "--key", key.to_str().unwrap()];
    let waiting = said(&[&office[..], &["proposals"]].concat());
    assert!(waiting.contains("you may approve"), "{waiting}");
    let id = waiting.split_whitespace().next().unwrap();
    assert!(said(&[&office[..], &["approve", id, "--yes"]].concat()).contains("Executed"));
    node.stop();
    said(&["audit", folder.path().join("demo").to_str().unwrap()]);
}

#[test]
fn a_demo_is_served_again_as_it_is_until_it_is_made_afresh() {
    let folder = tempfile::tempdir().unwrap();
    let seeds = |links: &serde_json::Value| links["operator_seeds"].clone();
    let (node, first) = demo(folder.path(), &[]);
    node.stop();
    let (node, again) = demo(folder.path(), &[]);
    node.stop();
    assert_eq!((seeds(&first), &first["resident_account"]), (seeds(&again), &again["resident_account"]));
    let (node, fresh) = demo(folder.path(), &["--fresh"]);
    node.stop();
    assert_ne!(seeds(&first), seeds(&fresh));
}

#[test]
fn a_demo_takes_no_folder_that_holds_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine.txt");
    fs::write(&mine, "mine").unwrap();
    let why = refused(&["demo", "--fresh", "--data", folder.path().to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    assert!(why.contains("no demo"), "{why}");
    assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
}
