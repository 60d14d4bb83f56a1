//! The till on a machine in the shop, against a node elsewhere: the program twice, and a cable between them that is cut.

#![allow(clippy::unwrap_used)]

mod common;

use common::cable::Cable;
use common::node::{Node, PATIENCE, refused, runtime};
use common::{Cast, Town, in_time, now, order};
use ledger::SigningKey;
use ledger::account::Scope;
use ledger::amount::Amount;
use ledger::key::Hash32;
use ledger::message::{ChargeRequest, Stall};
use ledger::receipt::Receipt;
use ledger::transaction::{Body, ChargeReference, Transfer};
use merchant_pos::tickets::record::{Content, Line, Means, Record, Tender, Ticket};
use merchant_pos::tickets::tax;
use serde_json::Value;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use wallet_api::client::{Client, Trust};

const HOUR_MS: u64 = 3_600_000;

/// A printer: takes what comes on a connection, and tells it.
fn printer() -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, (paper, papers)) = (listener.local_addr().unwrap().to_string(), channel());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut bytes = Vec::new();
            if stream.read_to_end(&mut bytes).is_err() || paper.send(bytes).is_err() {
                return;
            }
        }
    });
    (address, papers)
}

/// The till's own program in a folder.
fn start(folder: &Path, api: &str, more: &[&str]) -> Node {
    let (data, out) = (folder.join("till"), folder.join("till.out"));
    let words = ["till", "--api", api, "--data", data.to_str().unwrap()];
    Node::start(&[&words[..], more].concat(), &out)
}

/// A till that is signed in at a machine.
struct Till<'t> {
    machine: &'t Node,
    token: String,
    key: SigningKey,
    trust: Trust,
    cast: &'t Cast,
}

impl<'t> Till<'t> {
    async fn sign_in(machine: &'t Node, town: &Town, cast: &'t Cast) -> Till<'t> {
        Till::with(machine, cast, town.key("till_seed")).await
    }

    async fn with(machine: &'t Node, cast: &'t Cast, key: SigningKey) -> Till<'t> {
        let client = Client::new(&machine.url).unwrap();
        let trust = client.trust().await.unwrap();
        let token = client.sign_in(&trust.ledger, &key).await.unwrap().token;
        Till { machine, token, key, trust, cast }
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: Vec<u8>) -> (u16, Value) {
        let request = reqwest::Client::new().request(method, format!("{}{path}", self.machine.url)).bearer_auth(&self.token);
        let answer = request.header("content-type", "application/cose").body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(reqwest::Method::GET, path, Vec::new()).await
    }

    /// Changes a part of what the shop set up, at the machine in the shop.
    async fn set(&self, part: &str, version: u64, value: &Value) -> (u16, Value) {
        let body = serde_json::json!({ "version": version, "value": value }).to_string();
        self.call(reqwest::Method::PUT, &format!("/pos/v1/settings/{part}"), body.into_bytes()).await
    }

    /// Asks for an amount at the machine in the shop.
    async fn ask(&self, cents: u64) -> (u16, Value, ChargeReference) {
        let mut id = [0; 16];
        getrandom::fill(&mut id).unwrap();
        let charge = ChargeReference { id, expires: now() + HOUR_MS };
        let request =
            ChargeRequest { payee: self.cast.shop, amount: Amount::from_cents(cents).unwrap(), charge, reference: None };
        let request = request.sign(&self.trust.ledger, &self.key);
        let (status, answer) = self.call(reqwest::Method::POST, "/pos/v1/charges", request).await;
        (status, answer, charge)
    }

    /// Waits until a charge is paid.
    async fn sees_paid(&self, charge: &ChargeReference) -> Value {
        let path = format!("/pos/v1/charges/{}", hex::encode(charge.id));
        in_time(async {
            loop {
                let (status, answer) = self.get(&path).await;
                if status == 200 && answer["state"] == "paid" {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        })
        .await
    }
}

/// The resident's answer to a charge, signed.
fn payment(cast: &Cast, cents: u64, charge: ChargeReference) -> Vec<u8> {
    let amount = Amount::from_cents(cents).unwrap();
    let body = Transfer { payer: cast.resident, payee: cast.shop, amount, charge: Some(charge), memo: None };
    cast.signed(&order(Body::Transfer(body)))
}

fn problem(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

#[test]
fn a_machine_in_the_shop_sells_goes_on_while_the_line_is_cut_and_brings_what_it_took_once() {
    let (town, folder) = (Town::new(), tempfile::tempdir().unwrap());
    let cable = Cable::to(&town.url(""));
    let machine = start(folder.path(), &cable.url, &[]);
    runtime().block_on(async {
        let cast = Cast::of(&town).await;
        let facts: Value =
            serde_json::from_slice(&reqwest::get(format!("{}/v1/ledger", machine.url)).await.unwrap().bytes().await.unwrap())
                .unwrap();
        assert_eq!(
            (facts["ledger"].as_str(), facts["wallet_url"].as_str()),
            (Some(cast.ledger.to_string().as_str()), Some(cable.url.as_str()))
        );

        // Sold over the machine in the shop, paid at the node, proved in the shop.
        let till = Till::sign_in(&machine, &town, &cast).await;
        let (status, asked, charge) = till.ask(420).await;
        assert_eq!((status, asked["state"].as_str()), (200, Some("open")), "{asked}");
        assert!(
            asked["link"].as_str().unwrap().starts_with(&format!("{}/wallet/#pay=", cable.url)),
            "phones open the wallet at the node: {asked}"
        );
        assert_eq!(common::post(&town.url("/v1/transactions"), payment(&cast, 420, charge)).await.0, 200);
        let sequence = till.sees_paid(&charge).await["sequence"].as_u64().unwrap();
        let receipt =
            reqwest::Client::new().get(format!("{}/v1/entries/{sequence}/receipt", machine.url)).bearer_auth(&till.token);
        let receipt = receipt.send().await.unwrap().bytes().await.unwrap();
        assert_eq!(Receipt::decode(&receipt).unwrap().verify(&till.trust.ledger, &till.trust.keys).unwrap().sequence, sequence);

        // What no till calls is not there, and what is too long for any order is not passed on.
        let account = town.link("shop_account");
        for elsewhere in [
            &format!("/v1/accounts/{account}/statement"),
            "/v1/public",
            "/v1/checkpoint",
            "/log/checkpoint",
            "/office/v1/overview",
            "/wallet/",
        ] {
            assert_eq!(problem(&till.get(elsewhere).await), (404, "not_found"), "{elsewhere}");
        }
        assert_eq!(problem(&till.call(reqwest::Method::POST, "/v1/transactions", vec![0; 100_000]).await), (413, "too_large"));
        assert_eq!(
            problem(&till.get("/v1/entries/999999999/receipt").await),
            (404, "not_found"),
            "the node's own problem is handed on"
        );

        // The line is cut: the facts are known, charges are kept, and what needs the ledger says that it does not answer.
        let facts = till.get("/v1/ledger").await;
        cable.cut();
        assert_eq!(till.get("/v1/ledger").await, facts);
        let (status, asked, later) = till.ask(530).await;
        assert_eq!((status, asked["state"].as_str()), (200, Some("open")), "{asked}");
        let taken = payment(&cast, 530, later);
        let send = || till.call(reqwest::Method::POST, "/v1/transactions", taken.clone());
        assert_eq!(problem(&send().await), (503, "ledger_unanswered"));
        assert_eq!(
            problem(&till.call(reqwest::Method::POST, "/v1/sign-in/challenge", Vec::new()).await),
            (503, "ledger_unanswered")
        );
        assert_eq!(till.get("/health").await.1["line"], false);

        // The line is back: the order counts once, however often it is brought.
        cable.join();
        for _ in 0..2 {
            assert_eq!(send().await.0, 200);
        }
        till.sees_paid(&later).await;
        let (_, day) = till.get(&format!("/pos/v1/day?from={}&to={}", now() - HOUR_MS, now() + HOUR_MS)).await;
        assert_eq!(day["totals"]["paid"], 950, "{day}");
    });
}

#[test]
fn a_machine_that_starts_without_a_line_serves_the_page_and_what_it_knows_of_the_ledger() {
    let (town, folder) = (Town::new(), tempfile::tempdir().unwrap());
    let cable = Cable::to(&town.url(""));
    let facts = {
        let machine = start(folder.path(), &cable.url, &[]);
        let facts = machine.json("/v1/ledger");
        machine.stop();
        facts
    };
    cable.cut();
    let machine = start(folder.path(), &cable.url, &[]);
    assert_eq!(machine.json("/v1/ledger"), facts);
    assert_eq!(machine.get("/till/").0, 200);
    assert_eq!(machine.get("/wallet/").0, 404);
    machine.stop();
    // Its own secrets, for their owner alone.
    assert!(folder.path().join("till/secrets/pos.key").exists());

    // A folder that knows no ledger yet has nothing to tell.
    let fresh = tempfile::tempdir().unwrap();
    let machine = start(fresh.path(), &cable.url, &[]);
    assert_eq!(machine.get("/v1/ledger").0, 503);
    cable.join();
    assert_eq!(machine.get("/v1/ledger").0, 200);
}

#[test]
fn another_ledger_than_the_one_that_was_named_or_met_first_is_not_believed() {
    let (town, other) = (Town::new(), Town::new());
    let ledger = runtime().block_on(Cast::of(&town)).ledger.to_string();
    let folder = tempfile::tempdir().unwrap();
    let machine = start(folder.path(), &town.url(""), &["--ledger", &ledger]);
    let facts = machine.json("/v1/ledger");
    assert_eq!(facts["ledger"], ledger.as_str());
    machine.stop();
    // The same folder, and another node behind the address: what was known stays.
    let machine = start(folder.path(), &other.url(""), &[]);
    assert_eq!(machine.json("/v1/ledger")["ledger"], ledger.as_str());
    drop(machine);
    let fresh = tempfile::tempdir().unwrap();
    let machine = start(fresh.path(), &other.url(""), &["--ledger", &ledger]);
    assert_eq!(machine.get("/v1/ledger").0, 503);
}

#[test]
fn a_till_joins_with_the_code_that_the_wallet_got_from_the_node() {
    let (town, folder) = (Town::new(), tempfile::tempdir().unwrap());
    let machine = start(folder.path(), &town.url(""), &[]);
    runtime().block_on(async {
        let cast = Cast::of(&town).await;
        let wallet = Client::new(&town.url("")).unwrap();
        let token = wallet.sign_in(&cast.ledger, &cast.shop_key).await.unwrap().token;
        let code = wallet.post_json("/pos/v1/enrolments", &token, &serde_json::json!({})).await.unwrap();
        let code: Value = serde_json::from_slice(&code).unwrap();
        let key: ledger::key::PublicKey = SigningKey::from_bytes(&[91; 32]).verifying_key().into();
        let claim = serde_json::json!({ "key": key.to_string(), "label": "Marché" });
        let request =
            reqwest::Client::new().post(format!("{}/pos/v1/enrolments/{}/claim", machine.url, code["code"].as_str().unwrap()));
        let answer = request.header("content-type", "application/json").body(claim.to_string()).send().await.unwrap();
        let claimed: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(claimed["account"], town.link("shop_account"), "{claimed}");
    });
}

/// What the owner's wallet writes at the node.
struct Owner {
    client: Client,
    token: String,
}

impl Owner {
    async fn of(town: &Town, cast: &Cast) -> Owner {
        let client = Client::new(&town.url("")).unwrap();
        let token = client.sign_in(&cast.ledger, &cast.shop_key).await.unwrap().token;
        Owner { client, token }
    }

    async fn sets(&self, part: &str, version: u64, value: &Value) -> Value {
        let body = serde_json::json!({ "version": version, "value": value }).to_string();
        self.client.put_json(&format!("/pos/v1/settings/{part}"), &self.token, body.into_bytes()).await.unwrap()
    }

    async fn reads(&self, part: &str) -> Value {
        self.client.get_json(&format!("/pos/v1/settings/{part}"), &self.token).await.unwrap()
    }
}

#[test]
fn what_the_owner_sets_in_the_wallet_holds_at_a_machine_in_the_shop_and_a_cashier_there_has_no_more_rights_than_given() {
    let (town, folder) = (Town::new(), tempfile::tempdir().unwrap());
    let cable = Cable::to(&town.url(""));
    let machine = start(folder.path(), &cable.url, &[]);
    runtime().block_on(async {
        let cast = Cast::of(&town).await;
        let (owner, key) = (Owner::of(&town, &cast).await, SigningKey::from_bytes(&[92; 32]));
        let public: ledger::key::PublicKey = key.verifying_key().into();
        let maite = |settings: bool| {
            serde_json::json!({ "cashiers": [{ "key": public.to_string(), "name": "Maite", "refund": false, "discount": false,
                "close": false, "settings": settings }] })
        };
        let (people, tickets) = (owner.sets("people", 0, &maite(false)).await, serde_json::json!({ "on": true }));
        let tickets = owner.sets("tickets", owner.reads("tickets").await["version"].as_u64().unwrap(), &tickets).await;
        let scope = Scope::Till { per_day: Amount::from_cents(1).unwrap() };
        let admitted = order(Body::AddKey { account: cast.shop, key: public, scope }).sign(&cast.ledger, &cast.shop_key);
        assert_eq!(common::post(&town.url("/v1/transactions"), admitted).await.0, 200);

        // The tills read what the wallet wrote, and the machine itself decides by it: also of whoever it never saw before.
        let till = Till::sign_in(&machine, &town, &cast).await;
        let cashier = Till::with(&machine, &cast, key).await;
        let limits = serde_json::json!({ "per_ticket": 2_000, "per_day": null });
        assert_eq!(problem(&cashier.set("limits", 0, &limits).await), (403, "cashier_may_not"));
        for reader in [&till, &cashier] {
            assert_eq!(reader.get("/pos/v1/settings/people").await, (200, people.clone()));
            assert_eq!(reader.get("/pos/v1/settings/tickets").await, (200, tickets.clone()));
        }
        assert_eq!(till.set("limits", 0, &limits).await.0, 200, "what tills change stays on this machine");
        assert_eq!(owner.reads("limits").await["version"], 0);

        // More rights, given with the shop's own key at the machine: they stand at the node, and no till gives itself any.
        let shop = Till::with(&machine, &cast, cast.shop_key.clone()).await;
        assert_eq!(problem(&cashier.set("people", 1, &maite(true)).await), (403, "cashier_may_not"));
        assert_eq!(problem(&till.set("people", 1, &maite(true)).await), (403, "scope_insufficient"));
        assert_eq!(problem(&shop.set("people", 0, &maite(true)).await), (409, "settings_changed"));
        let given = shop.set("people", 1, &maite(true)).await;
        assert_eq!((given.0, &given.1), (200, &owner.reads("people").await));
        assert_eq!(cashier.set("limits", 1, &limits).await.0, 200);
        owner.sets("people", 2, &maite(false)).await;
        assert_eq!(cashier.get("/pos/v1/settings/people").await.1["version"], 3);
        assert_eq!(problem(&cashier.set("limits", 2, &limits).await), (403, "cashier_may_not"));

        // Without a line nobody hands out an old answer as the owner's, nothing changes, and nobody has more rights.
        cable.cut();
        assert_eq!(problem(&till.get("/pos/v1/settings/people").await), (503, "ledger_unanswered"));
        assert_eq!(problem(&till.get("/pos/v1/settings/tickets").await), (503, "ledger_unanswered"));
        assert_eq!(problem(&shop.set("people", 3, &maite(true)).await), (503, "ledger_unanswered"));
        assert_ne!(cashier.set("limits", 2, &limits).await.0, 200);
        cable.join();
        assert_eq!(owner.reads("people").await["value"], maite(false));
    });
}

#[test]
fn wallets_know_at_the_node_which_signs_a_machine_in_the_shop_put_up_and_which_were_taken_down() {
    let (town, folder) = (Town::new(), tempfile::tempdir().unwrap());
    let cable = Cable::to(&town.url(""));
    let machine = start(folder.path(), &cable.url, &[]);
    runtime().block_on(async {
        let (cast, post) = (Cast::of(&town).await, reqwest::Method::POST);
        let till = Till::sign_in(&machine, &town, &cast).await;
        let sign = |id: u8| Stall { payee: cast.shop, id: [id; 8], label: "Marché".into() }.sign(&cast.ledger, &till.key);
        let (account, http) = (town.link("shop_account"), reqwest::Client::new());
        let known = async |id: u8| {
            let url = town.url(&format!("/pos/v1/public/stalls/{account}/{}", hex::encode([id; 8])));
            let answer = http.get(url).send().await.unwrap().bytes().await.unwrap();
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            (answer["ended"].as_bool(), answer["certificate"].as_str().is_some_and(|word| !word.is_empty()))
        };
        for id in [1, 2] {
            assert_eq!(till.call(post.clone(), "/pos/v1/stalls", sign(id)).await.0, 200);
            assert_eq!(known(id).await, (Some(false), true), "it stands, with the association's word");
        }
        let end = |id: u8| format!("/pos/v1/stalls/{}/end", hex::encode([id; 8]));
        assert_eq!(till.call(post.clone(), &end(1), Vec::new()).await.0, 200);
        assert_eq!(known(1).await, (Some(true), true));

        // One that is taken down at the node, by another till of the shop, is so at the machine too.
        let at_node = http.post(town.url(&end(2))).bearer_auth(&till.token).send().await.unwrap();
        assert_eq!(at_node.status().as_u16(), 200);
        let (_, listed) = till.get("/pos/v1/stalls").await;
        assert!(listed["stalls"].as_array().unwrap().iter().all(|stall| stall["ended"].is_u64()), "{listed}");

        // Without a line no sign goes up of which no wallet could hear.
        cable.cut();
        assert_eq!(problem(&till.call(post.clone(), "/pos/v1/stalls", sign(3)).await), (503, "ledger_unanswered"));
        cable.join();
        assert_eq!(till.get("/pos/v1/stalls").await.1["stalls"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn a_node_that_does_not_know_a_sign_of_a_machine_in_the_shop_hears_of_it_when_its_till_works_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("town");
    let mut town = Town::serve(&data);
    let machine = start(folder.path(), &town.url(""), &[]);
    let known = |town: &Town, id: u8| {
        let path = format!("/pos/v1/public/stalls/{}/{}", town.link("shop_account"), hex::encode([id; 8]));
        let url = town.url(&path);
        runtime().block_on(async { reqwest::get(url).await.unwrap().status().as_u16() })
    };
    runtime().block_on(async {
        let cast = Cast::of(&town).await;
        let (till, post) = (Till::sign_in(&machine, &town, &cast).await, reqwest::Method::POST);
        for id in [1, 2] {
            let sign = Stall { payee: cast.shop, id: [id; 8], label: "Marché".into() }.sign(&cast.ledger, &till.key);
            assert_eq!(till.call(post.clone(), "/pos/v1/stalls", sign).await.0, 200);
        }
        let end = format!("/pos/v1/stalls/{}/end", hex::encode([1; 8]));
        assert_eq!(till.call(post, &end, Vec::new()).await.0, 200);
    });
    machine.stop();
    town.kill();
    // The node's own book of tills is lost: to it every sign is new.
    std::fs::remove_dir_all(data.join("pos")).unwrap();
    let town = Town::serve(&data);
    assert_eq!([known(&town, 1), known(&town, 2)], [404, 404]);
    let machine = start(folder.path(), &town.url(""), &[]);
    runtime().block_on(async {
        let cast = Cast::of(&town).await;
        let (status, listed) = Till::sign_in(&machine, &town, &cast).await.get("/pos/v1/stalls").await;
        assert_eq!((status, listed["stalls"].as_array().map(Vec::len)), (200, Some(2)), "{listed}");
    });
    assert_eq!([known(&town, 1), known(&town, 2)], [404, 200], "what was taken down before needs no word");
}

/// A ticket of one line, in cash, as the demo's till signs it.
fn ticket(cast: &Cast, key: &SigningKey, label: &str) -> Vec<u8> {
    let line = Line { label: label.into(), price: 1_200, quantity: 1_000, unit: String::new(), rate: 2_000, total: 1_200 };
    let rates = tax::rates(std::slice::from_ref(&line));
    let tenders = vec![Tender { means: Means::Cash, amount: 1_200, charge: None, certain: true }];
    let (refund, training, of, reference, tip) = (false, false, None, None, 0);
    let ticket = Ticket { refund, training, number: 1, lines: vec![line], rates, total: 1_200, tenders, tip, of, reference };
    let content = Content::Ticket(ticket);
    Record { account: cast.shop, number: 1, previous: Hash32([0; 32]), time: now(), cashier: None, content }
        .sign(&cast.ledger, key)
}

#[test]
fn a_ticket_is_on_paper_byte_for_byte_a_second_time_as_a_duplicate_and_also_while_the_line_is_cut() {
    let (town, folder) = (Town::new(), tempfile::tempdir().unwrap());
    let ((address, papers), cable) = (printer(), Cable::to(&town.url("")));
    std::fs::create_dir(folder.path().join("till")).unwrap();
    std::fs::write(folder.path().join("till/liard.toml"), format!("printer_networks = \"{address}\"\n")).unwrap();
    let machine = start(folder.path(), &cable.url, &[]);
    let printed = || papers.recv_timeout(PATIENCE).unwrap();
    let holds = |paper: &[u8], bytes: &[u8]| paper.windows(bytes.len()).any(|part| part == bytes);
    runtime().block_on(async {
        let cast = Cast::of(&town).await;
        let till = Till::sign_in(&machine, &town, &cast).await;
        let at = |id: u32, address: &str| {
            serde_json::json!({ "id": id, "name": "Comptoir", "kind": "network", "address": address, "width": 58, "page": "pc858",
                "cut": true, "drawer": true, "code": true })
        };
        let usb = serde_json::json!({ "id": 3, "name": "USB", "kind": "usb", "address": "", "width": 80, "page": "pc858", "cut": false,
            "drawer": false, "code": false });
        let value = serde_json::json!({ "printers": [at(1, &address), at(2, "127.0.0.1:1"), usb] });
        let kept = till.set("printers", 0, &value).await;
        assert_eq!(kept.0, 200, "{kept:?}");

        let (record, post) = (ticket(&cast, &till.key, "Crêpe à l’œuf"), reqwest::Method::POST);
        let print = |path: &'static str, body: Vec<u8>| till.call(post.clone(), path, body);
        let answer = print("/pos/v1/printing/tickets?printer=1", record.clone()).await;
        assert_eq!((answer.0, &answer.1["sent"], &answer.1["duplicate"]), (200, &true.into(), &false.into()), "{answer:?}");
        let first = printed();
        // From its first command to the knife: page 858, the drawer for cash, and no code, because no phone reaches this machine.
        assert!(first.starts_with(b"\x1b@\x1bt\x13\x1bp\x00\x3c\x78\x1bp\x01\x3c\x78"));
        assert!(first.ends_with(b"\x1bd\x03\x1dVB\x00"));
        assert!(holds(&first, b"Cr\x88pe \x85 l'oeuf           12,00 A\n"), "{}", first.escape_ascii());
        assert!(!holds(&first, b"DUPLICATA") && !holds(&first, b"\x1d(k"));

        // The line is cut, and paper goes on coming; the same ticket is a duplicate now, and opens no drawer.
        cable.cut();
        let answer = print("/pos/v1/printing/tickets?printer=1", record.clone()).await;
        assert_eq!((answer.0, &answer.1["duplicate"]), (200, &true.into()), "{answer:?}");
        let second = printed();
        assert!(holds(&second, b"DUPLICATA\n") && !holds(&second, b"\x1bp"), "{}", second.escape_ascii());
        assert_eq!(print("/pos/v1/printing/drawer?printer=1", Vec::new()).await.0, 200);
        assert_eq!(printed(), b"\x1b@\x1bt\x13\x1bp\x00\x3c\x78\x1bp\x01\x3c\x78");
        cable.join();

        // What a browser has on its own port gets the same bytes; an address beyond the named network gets none.
        let answer = print("/pos/v1/printing/trials?printer=3", Vec::new()).await;
        assert_eq!((answer.0, &answer.1["sent"]), (200, &false.into()));
        assert!(answer.1["bytes"].as_str().unwrap().len() > 100);
        assert_eq!(problem(&print("/pos/v1/printing/trials?printer=2", Vec::new()).await), (403, "printer_elsewhere"));
        assert_eq!(problem(&print("/pos/v1/printing/trials?printer=9", Vec::new()).await), (404, "printer_unknown"));
        let forged = [&record[..record.len() - 1], &[record[record.len() - 1] ^ 1]].concat();
        assert_eq!(problem(&print("/pos/v1/printing/tickets?printer=1", forged).await).0, 400);
    });
    assert!(papers.try_recv().is_err(), "nothing else came out of the printer");
}

#[test]
fn plain_http_to_another_machine_is_refused() {
    for address in ["http://monnaie.example", "http://192.168.1.20:8080"] {
        assert!(refused(&["till", "--api", address]).contains("https://"));
    }
}
