//! Invoices as stories over real HTTP: a shop and its payers, a canteen, and the example web shop with its hooks.

#[path = "../examples/web_shop.rs"]
#[allow(dead_code)]
mod web_shop;

mod town;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use ledger::SigningKey;
use ledger::account::Scope;
use ledger::encoding::Reader;
use ledger::key::PublicKey;
use ledger::message::{Certificate, ChargeRequest, Stall};
use ledger::transaction::Body;
use merchant_pos::invoices::SIGNATURE_HEADER;
use merchant_pos::invoices::wire::{Bill, Bills, DeskInfo, HookInfo, Hooks, InvoiceInfo, Invoices, KeyInfo, PartCharge};
use merchant_pos::post::{Letter, Post};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use town::*;
use web_shop::{Refused, Shop};

/// Waits until something is there.
async fn soon<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = tokio::time::timeout(2 * SOON, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    found.await.unwrap_or_else(|_| panic!("{what} does not come"))
}

async fn post_json<T: serde::de::DeserializeOwned>(till: &Till, path: &str, body: Value) -> Answer<T> {
    Ok(json_of(till.post(path, body.to_string().into()).await?).await)
}

async fn json_of<T: serde::de::DeserializeOwned>(answer: reqwest::Response) -> T {
    town::json(answer).await
}

/// A shop whose desk may ask in its name; and its own key, signed in.
async fn open_shop(town: &Town, machine: &Machine, name: &str) -> (Member, Till) {
    let (shop, _) = town.shop(name, 0);
    let owner = town.till(machine, &shop, &shop.key).await;
    let desk: DeskInfo = json_of(owner.get("/invoicing/desk").await.expect("a desk")).await;
    assert!(!desk.admitted);
    let refused = post_json::<InvoiceInfo>(&owner, "/invoices", new("F-0", 100)).await;
    assert_eq!(refused.expect_err("nobody may ask yet"), (409, "invoice_desk".into()));
    let key = PublicKey::from_hex(&desk.key).expect("a key");
    town.submit(&shop.key, Body::AddKey { account: shop.account, key, scope: Scope::Till { per_day: cents(1) } });
    soon("the desk", async || {
        let desk: DeskInfo = json_of(owner.get("/invoicing/desk").await.expect("a desk")).await;
        desk.admitted.then_some(())
    })
    .await;
    (shop, owner)
}

fn new(reference: &str, amount: u64) -> Value {
    json!({ "reference": reference, "text": "Menuiserie\nacompte", "amount": amount, "due": "2030-01-31", "partial": true })
}

async fn public<T: serde::de::DeserializeOwned>(machine: &Machine, path: &str, body: Option<Value>) -> Answer<T> {
    let url = format!("{}/pos/v1/public/invoices/{path}", machine.url);
    let http = reqwest::Client::new();
    let request = if let Some(body) = body { http.post(url).body(body.to_string()) } else { http.get(url) };
    Ok(json_of(checked(request.send().await.expect("an answer")).await?).await)
}

/// Asks for a part as the wallet does, verifies the link, and pays it.
async fn pay_part(town: &Town, machine: &Machine, payer: &Member, shop: &Member, token: &str, amount: u64) -> Answer<u64> {
    let part: PartCharge = public(machine, &format!("{token}/charge"), Some(json!({ "amount": amount }))).await?;
    let charge = verified(town, &part);
    Ok(town.pay(payer, shop, amount, Some(charge)))
}

/// The charge of a pay link that holds: signed by a key that the association vouches for.
fn verified(town: &Town, part: &PartCharge) -> ledger::transaction::ChargeReference {
    let pair = decoded(part.link.strip_prefix("https://monnaie.example/wallet/#pay=").expect("a pay link"));
    let mut reader = Reader::new(&pair);
    reader.array_of(2).expect("a pair");
    let (request, key) = ChargeRequest::decode(reader.bytes().expect("a request"), &town.id()).expect("it is signed");
    let certificate =
        Certificate::decode(reader.bytes().expect("a certificate"), &town.id(), &town.trust.keys).expect("it holds");
    assert_eq!((certificate.key, certificate.account, request.amount.cents()), (key, request.payee, part.amount));
    request.charge
}

async fn one(owner: &Till, token: &str) -> InvoiceInfo {
    json_of(owner.get(&format!("/invoices/{token}")).await.expect("an invoice")).await
}

#[tokio::test]
async fn an_invoice_is_paid_in_parts_and_given_back() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, owner) = open_shop(&town, &machine, "Menuiserie Aldabe").await;
    let (customer, stranger) = (town.resident_with(50_000), town.resident_with(50_000));
    let body = |payer: &str| {
        let mut body = new("F-1", 12_000);
        body["payer"] = payer.into();
        body
    };
    let refused = post_json::<InvoiceInfo>(&owner, "/invoices", body("liard1nobody")).await;
    assert_eq!(refused.expect_err("nobody"), (422, "invoice_payer".into()));
    let invoice: InvoiceInfo = post_json(&owner, "/invoices", body(&customer.text)).await.expect("an invoice");
    let again: InvoiceInfo = post_json(&owner, "/invoices", body(&customer.text)).await.expect("the same one");
    assert_eq!(again.token, invoice.token);
    let taken = post_json::<InvoiceInfo>(&owner, "/invoices", new("F-1", 12_001)).await;
    assert_eq!(taken.expect_err("the reference stands"), (409, "invoice_taken".into()));
    assert!(invoice.link.ends_with(&format!("/wallet/#invoice={}", invoice.token)));

    let bills = async |member: &Member| {
        let member = town.till(&machine, member, &member.key).await;
        json_of::<Bills>(member.get("/bills").await.expect("bills")).await.bills
    };
    let [bill] = &bills(&customer).await[..] else { panic!("one bill") };
    assert_eq!((bill.shop.as_str(), bill.rest, bill.late), ("Menuiserie Aldabe", 12_000, false));
    assert!(bills(&stranger).await.is_empty());

    for (amount, code) in [(0, "invoice_part"), (12_001, "invoice_part")] {
        let refused = pay_part(&town, &machine, &customer, &shop, &invoice.token, amount).await;
        assert_eq!(refused.expect_err("no part"), (422, code.into()));
    }
    let ask = json!({ "amount": 5_000 });
    let first: PartCharge = public(&machine, &format!("{}/charge", invoice.token), Some(ask.clone())).await.expect("a charge");
    let second: PartCharge = public(&machine, &format!("{}/charge", invoice.token), Some(ask)).await.expect("a charge");
    assert_eq!(first.id, second.id, "two who pay the same meet");
    town.pay(&customer, &shop, 5_000, Some(verified(&town, &first)));
    let paid = async |token: &str, state: &str| {
        soon(state, async || Some(one(&owner, token).await).filter(|invoice| invoice.state == state)).await
    };
    let part = paid(&invoice.token, "part").await;
    assert_eq!((part.paid, part.rest, part.payments.len()), (5_000, 7_000, 1));
    let sequence = pay_part(&town, &machine, &stranger, &shop, &invoice.token, 7_000).await.expect("the rest");
    let whole = paid(&invoice.token, "paid").await;
    assert_eq!((whole.rest, whole.payments.len()), (0, 2));
    assert!(whole.payments.iter().any(|payment| payment.sequence == sequence && payment.payer == stranger.text));
    soon("no bill", async || bills(&customer).await.is_empty().then_some(())).await;
    let refused = pay_part(&town, &machine, &customer, &shop, &invoice.token, 1).await;
    assert_eq!(refused.expect_err("it is paid"), (409, "invoice_paid".into()));
    let public_view: Bill = public(&machine, &invoice.token, None).await.expect("a bill");
    assert_eq!(public_view.state, "paid");
    let refused = owner.post(&format!("/invoices/{}/cancel", invoice.token), vec![]).await;
    assert_eq!(refused.expect_err("it is paid"), (409, "invoice_paid".into()));

    owner.give_back(sequence, 7_000, &town).await.expect("a refund");
    assert_eq!(
        soon("the refund", async || Some(one(&owner, &invoice.token).await).filter(|i| i.refunded > 0)).await.state,
        "paid"
    );

    // The machine stops; what is paid meanwhile is found.
    let other: InvoiceInfo = post_json(&owner, "/invoices", new("F-2", 900)).await.expect("an invoice");
    let part: PartCharge =
        public(&machine, &format!("{}/charge", other.token), Some(json!({ "amount": 900 }))).await.expect("a charge");
    machine.stop().await;
    town.pay(&customer, &shop, 900, Some(verified(&town, &part)));
    let machine = town.pos().await;
    let seen: Bill =
        soon("the payment", async || public::<Bill>(&machine, &other.token, None).await.ok().filter(|bill| bill.state == "paid"))
            .await;
    assert_eq!(seen.rest, 0);
    machine.stop().await;
}

#[tokio::test]
async fn a_cancelled_invoice_is_paid_by_nobody() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, owner) = open_shop(&town, &machine, "Menuiserie Aldabe").await;
    let customer = town.resident_with(50_000);
    let invoice: InvoiceInfo = post_json(&owner, "/invoices", new("F-9", 2_000)).await.expect("an invoice");
    let part: PartCharge =
        public(&machine, &format!("{}/charge", invoice.token), Some(json!({ "amount": 2_000 }))).await.expect("a charge");
    let cancelled: InvoiceInfo =
        post_json(&owner, &format!("/invoices/{}/cancel", invoice.token), json!({})).await.expect("cancelled");
    assert_eq!(cancelled.state, "cancelled");
    let refused = pay_part(&town, &machine, &customer, &shop, &invoice.token, 2_000).await;
    assert_eq!(refused.expect_err("cancelled"), (409, "invoice_cancelled".into()));
    // Who had the code before pays what nobody asks for any more: it is unexpected, and can be given back.
    let sequence = town.pay(&customer, &shop, 2_000, Some(verified(&town, &part)));
    let day = owner.day_when(&town, |day| !day.unexpected.is_empty()).await;
    assert_eq!((day.unexpected[0].sequence, day.unexpected[0].reason.as_str()), (sequence, "cancelled"));
    let page: Invoices = json_of(owner.get("/invoices?list=open").await.expect("a list")).await;
    assert!(page.invoices.is_empty());
    machine.stop().await;
}

#[tokio::test]
async fn a_cashier_asks_for_money_and_only_with_the_right_cancels_changes_references_or_puts_signs_up() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (shop, owner) = open_shop(&town, &machine, "Ville de Belrive").await;
    let key = enrolled(&owner, "cashier", "Maite").await;
    town.admit(&shop, &key);
    let maite = town.till(&machine, &shop, &key).await;
    let series = |code: &str| json!({ "name": "Cantine", "pattern": "CANT-{year}-{nnnnn}", "code": code });
    post_json::<Value>(&owner, "/invoicing/series", series("7067")).await.expect("a series");
    let written: InvoiceInfo = post_json(&maite, "/invoices", new("F-1", 900)).await.expect("who sells asks for money");
    let cancel = format!("/invoices/{}/cancel", written.token);
    let signed = |till: &Till, id: u8| {
        let stall = Stall { payee: shop.account, id: [id; 8], label: "Marché".into() };
        stall.sign(&town.id(), &till.key)
    };
    let may_not = (403, "cashier_may_not".to_owned());
    assert_eq!(post_json::<InvoiceInfo>(&maite, &cancel, json!({})).await.expect_err("no right"), may_not);
    assert_eq!(post_json::<Value>(&maite, "/invoicing/series", series("1")).await.expect_err("no right"), may_not);
    assert_eq!(maite.post("/stalls", signed(&maite, 1)).await.map(|_| ()).expect_err("no right"), may_not);
    owner.post("/stalls", signed(&owner, 2)).await.expect("the shop's own sign");
    let end = format!("/stalls/{}/end", "02".repeat(8));
    assert_eq!(maite.post(&end, vec![]).await.map(|_| ()).expect_err("no right"), may_not);
    assert_eq!((one(&owner, &written.token).await.state.as_str(), one(&owner, &written.token).await.rest), ("open", 900));
    let kept: Value = json_of(owner.get("/invoicing/series").await.expect("series")).await;
    assert_eq!(kept["series"][0]["code"], "7067");

    // The shop lets her set the till up.
    let hex = hex::encode(key.verifying_key().as_bytes());
    let right = json!({ "key": hex, "name": "Maite", "refund": false, "discount": false, "close": false, "settings": true });
    let people = json!({ "version": 0, "value": { "cashiers": [right] } }).to_string();
    let put = owner.http.put(format!("{}/settings/people", owner.url)).bearer_auth(&owner.token).body(people);
    checked(put.send().await.expect("an answer")).await.expect("settings");
    post_json::<Value>(&maite, "/invoicing/series", series("7068")).await.expect("a series");
    maite.post(&end, vec![]).await.expect("the sign is down");
    maite.post("/stalls", signed(&maite, 1)).await.expect("a sign");
    let cancelled: InvoiceInfo = post_json(&maite, &cancel, json!({})).await.expect("cancelled");
    assert_eq!(cancelled.state, "cancelled");
    machine.stop().await;
}

#[tokio::test]
async fn a_canteen_counts_its_references_reminds_by_letter_and_hands_the_treasury_its_file() {
    let town = Town::found().await;
    let letters: Arc<Mutex<Vec<Letter>>> = Arc::default();
    let box_of = letters.clone();
    let post: Post = Arc::new(move |letter| {
        box_of.lock().expect("letters").push(letter);
        Box::pin(async { Ok(()) })
    });
    let machine = town.pos_with(Some(post), &[]).await;
    let (shop, owner) = open_shop(&town, &machine, "Ville de Belrive").await;
    let parent = town.resident_with(50_000);
    let series = json!({ "name": "Cantine", "pattern": "CANT-{year}-{nnnnn}", "code": "7067-251" });
    post_json::<Value>(&owner, "/invoicing/series", series).await.expect("a series");
    let bill = |email: &str| json!({ "series": "Cantine", "text": "Novembre; 12 repas", "amount": 4_200, "due": "2030-01-31", "email": email });
    let refused =
        post_json::<InvoiceInfo>(&owner, "/invoices", json!({ "series": "Piscine", "amount": 1, "due": "2030-01-31" })).await;
    assert_eq!(refused.expect_err("no such series"), (422, "invoice_series".into()));
    let first: InvoiceInfo = post_json(&owner, "/invoices", bill("parent@exemple.fr")).await.expect("an invoice");
    let second: InvoiceInfo = post_json(&owner, "/invoices", bill("autre@exemple.fr")).await.expect("an invoice");
    assert!(first.reference.starts_with("CANT-20") && first.reference.ends_with("-00001"), "{}", first.reference);
    assert!(second.reference.ends_with("-00002"));
    let mut once = bill("tiers@exemple.fr");
    once["id"] = "c0".repeat(16).into();
    let third: InvoiceInfo = post_json(&owner, "/invoices", once.clone()).await.expect("an invoice");
    let again: InvoiceInfo = post_json(&owner, "/invoices", once.clone()).await.expect("the same one, its answer was lost");
    assert_eq!((&again.token, &again.reference), (&third.token, &third.reference));
    once["amount"] = 4_300.into();
    let refused = post_json::<InvoiceInfo>(&owner, "/invoices", once.clone()).await;
    assert_eq!(refused.expect_err("other words"), (409, "invoice_id".into()));
    once["id"] = "c0".into();
    assert_eq!(post_json::<InvoiceInfo>(&owner, "/invoices", once.clone()).await.expect_err("no id").0, 400);
    once["id"] = "c1".repeat(16).into();
    let fourth: InvoiceInfo = post_json(&owner, "/invoices", once).await.expect("another one");
    assert!(third.reference.ends_with("-00003") && fourth.reference.ends_with("-00004"), "{}", fourth.reference);
    let reminded: InvoiceInfo =
        post_json(&owner, &format!("/invoices/{}/remind", first.token), json!({})).await.expect("reminded");
    assert_eq!(reminded.reminded.len(), 1);
    let refused = owner.post(&format!("/invoices/{}/remind", first.token), vec![]).await;
    assert_eq!(refused.expect_err("a moment ago"), (409, "invoice_reminded".into()));
    let subjects: Vec<String> =
        letters.lock().expect("letters").iter().map(|letter| format!("{} {}", letter.to, letter.subject)).collect();
    assert_eq!(subjects.len(), 5, "one for each invoice and each reminder");
    assert_eq!(subjects[4], format!("parent@exemple.fr Rappel {} – Ville de Belrive", first.reference));

    let refused = pay_part(&town, &machine, &parent, &shop, &first.token, 4_100).await;
    assert_eq!(refused.expect_err("whole only"), (422, "invoice_whole".into()));
    let sequence = pay_part(&town, &machine, &parent, &shop, &first.token, 4_200).await.expect("paid");
    let paid = soon("paid", async || Some(one(&owner, &first.token).await).filter(|invoice| invoice.state == "paid")).await;
    soon("the address is forgotten", async || one(&owner, &first.token).await.email.is_none().then_some(())).await;
    owner.give_back(sequence, 200, &town).await.expect("a refund");
    let path = format!("/invoicing/treasury.csv?from={}&to={}", town.now() - DAY_MS, town.now() + DAY_MS);
    let file = soon("both lines", async || {
        let file = owner.get(&path).await.expect("a file").text().await.expect("text");
        (file.lines().count() == 3).then_some(file)
    })
    .await;
    let lines: Vec<Vec<&str>> = file.lines().skip(1).map(|line| line.split(';').collect()).collect();
    assert_eq!(
        (lines[0][2], lines[0][3], lines[0][4], lines[0][5]),
        ("encaissement", "Cantine", "7067-251", paid.reference.as_str())
    );
    assert!(
        file.contains("\"Novembre; 12 repas\";42,00;") && file.contains("remboursement") && file.contains(";-2,00;"),
        "{file}"
    );
    machine.stop().await;
}

/// The example web shop on a port of its own; what reaches it is written down, and so many of its answers fail first.
struct Site {
    shop: Arc<Shop>,
    url: String,
    failing: Arc<AtomicU32>,
    came: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

async fn open_site(town: &Town, machine: &Machine, owner: &Till, listener: tokio::net::TcpListener) -> Site {
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let key: KeyInfo = post_json(owner, "/invoicing/keys", json!({ "label": "boutique", "create": true })).await.expect("a key");
    let hook: HookInfo = post_json(owner, "/invoicing/hooks", json!({ "url": format!("{url}/liard") })).await.expect("a hook");
    let tells = clock(&town.ahead);
    let shop = Arc::new(Shop {
        liard: machine.url.clone(),
        key: key.key.expect("shown once"),
        secret: hook.secret,
        now: Box::new(move || tells()),
        orders: Mutex::default(),
        taken: Mutex::default(),
    });
    let (failing, came) = (Arc::new(AtomicU32::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (fails, notes) = (failing.clone(), came.clone());
    let watched = from_fn(move |request: Request, next: Next| watch(fails.clone(), notes.clone(), request, next));
    let router = web_shop::router(shop.clone()).layer(watched);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Site { shop, url, failing, came }
}

async fn watch(fails: Arc<AtomicU32>, notes: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>, request: Request, next: Next) -> Response {
    if !request.headers().contains_key(SIGNATURE_HEADER) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    notes.lock().expect("notes").push((parts.headers.clone(), body.clone()));
    if fails.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    next.run(Request::from_parts(parts, body.into())).await
}

#[tokio::test]
async fn the_example_web_shop_is_told_once_after_errors_and_refuses_what_is_forged_or_replayed() {
    let town = Town::found().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let site_host = listener.local_addr().expect("an address").to_string();
    let machine = town.pos_with(None, &[&site_host]).await;
    let (shop, owner) = open_shop(&town, &machine, "Librairie du Pont").await;
    let customer = town.resident_with(50_000);
    let site = open_site(&town, &machine, &owner, listener).await;
    site.failing.store(2, Ordering::SeqCst);
    // A customer orders: the web shop sends them to the invoice.
    let plain = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let answer = plain.post(format!("{}/orders/W-1001", site.url)).send().await.expect("an answer");
    let link = answer.headers()["location"].to_str().expect("a link").to_owned();
    let token = link.split("#invoice=").nth(1).expect("a token");
    pay_part(&town, &machine, &customer, &shop, token, 2_450).await.expect("paid");
    let state = |site: &Site| site.shop.orders.lock().expect("orders").get("W-1001").cloned();
    let came = |site: &Site, count: usize| (site.came.lock().expect("notes").len() >= count).then_some(());
    // Two answers fail; each wait is longer than the one before.
    soon("the first attempt", async || came(&site, 1)).await;
    assert_eq!(state(&site).as_deref(), Some("open"));
    for wait in [12_000, 34_000] {
        let before = site.came.lock().expect("notes").len();
        town.later(wait);
        soon("the next attempt", async || came(&site, before + 1)).await;
    }
    soon("the order is paid", async || state(&site).filter(|state| state == "paid")).await;
    let hooks: Hooks = soon("the hook is quiet", async || {
        let hooks: Hooks = json_of(owner.get("/invoicing/hooks").await.expect("hooks")).await;
        (hooks.hooks[0].waiting == 0).then_some(hooks)
    })
    .await;
    assert!(hooks.hooks[0].arrived.is_some() && hooks.hooks[0].why.as_deref() == Some("HTTP 500"));
    let events = site.came.lock().expect("notes").clone();
    assert_eq!(events.len(), 3);
    let ids: Vec<Value> =
        events.iter().map(|(_, body)| serde_json::from_slice::<Value>(body).expect("JSON")["id"].clone()).collect();
    assert!(ids.iter().all(|id| id == &ids[0]), "one event, three attempts");
    let times: Vec<&str> = events.iter().map(|(headers, _)| headers[SIGNATURE_HEADER].to_str().expect("text")).collect();
    assert!(times[0] != times[1] && times[1] != times[2], "each attempt is signed anew");

    // Replayed, forged, late: refused.
    let (headers, body) = &events[2];
    let header = headers[SIGNATURE_HEADER].to_str().expect("text").to_owned();
    let hear = |header: Option<&str>, body: &[u8]| site.shop.hear(header, body);
    assert_eq!(hear(Some(&header), body), Err(Refused::Again));
    let forged = String::from_utf8(body.to_vec()).expect("text").replace("2450", "9999");
    assert_eq!(hear(Some(&header), forged.as_bytes()), Err(Refused::Forged));
    assert_eq!(hear(Some(&header.replacen("t=1", "t=2", 1)), body), Err(Refused::Forged));
    assert_eq!(hear(None, body), Err(Refused::Unsigned));
    town.later(6 * MINUTE_MS);
    site.shop.taken.lock().expect("ids").clear();
    assert_eq!(hear(Some(&header), body), Err(Refused::Old));
    let replayed = plain.post(format!("{}/liard", site.url)).header(SIGNATURE_HEADER, &header).body(body.clone());
    assert_eq!(replayed.send().await.expect("an answer").status(), StatusCode::FORBIDDEN);

    // A test arrives as any event; a hook that is removed hears nothing more.
    let name = hooks.hooks[0].name.clone();
    post_json::<Hooks>(&owner, &format!("/invoicing/hooks/{name}/test"), json!({})).await.expect("a test");
    soon("the test", async || {
        site.came
            .lock()
            .expect("notes")
            .iter()
            .any(|(_, body)| String::from_utf8_lossy(body).contains("\"type\":\"test\""))
            .then_some(())
    })
    .await;
    machine.stop().await;
}

#[tokio::test]
async fn a_hook_goes_nowhere_inside_and_a_programs_key_does_what_it_may() {
    let town = Town::found().await;
    let machine = town.pos().await;
    let (_, owner) = open_shop(&town, &machine, "Librairie du Pont").await;
    for inside in [
        "http://boutique.example/",
        "https://127.0.0.1/",
        "https://10.0.0.8/hook",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://localhost/",
    ] {
        let refused = post_json::<HookInfo>(&owner, "/invoicing/hooks", json!({ "url": inside })).await;
        assert_eq!(refused.expect_err(inside), (422, "hook_address".into()));
    }
    for number in 0..5 {
        let url = format!("https://boutique.example/{number}");
        post_json::<HookInfo>(&owner, "/invoicing/hooks", json!({ "url": url })).await.expect("a hook");
    }
    let refused = post_json::<HookInfo>(&owner, "/invoicing/hooks", json!({ "url": "https://boutique.example/" })).await;
    assert_eq!(refused.expect_err("six"), (409, "invoice_too_many".into()));

    let key: KeyInfo = post_json(&owner, "/invoicing/keys", json!({ "label": "site" })).await.expect("a key");
    let program = Till {
        token: key.key.clone().expect("shown once"),
        key: SigningKey::from_bytes(&random()),
        ..town.till(&machine, &owner.shop, &owner.shop.key).await
    };
    let list: Invoices = json_of(program.get("/invoices").await.expect("it reads")).await;
    assert!(list.invoices.is_empty());
    let refused = post_json::<InvoiceInfo>(&program, "/invoices", new("F-1", 100)).await;
    assert_eq!(refused.expect_err("it only reads"), (403, "key_reads_only".into()));
    for path in ["/invoicing/keys", "/invoicing/hooks", "/day?from=0&to=1", "/tills"] {
        assert_eq!(program.get(path).await.expect_err(path).0, 401);
    }
    owner
        .http
        .delete(format!("{}/invoicing/keys/{}", owner.url, key.name))
        .bearer_auth(&owner.token)
        .send()
        .await
        .expect("an answer");
    assert_eq!(program.get("/invoices").await.expect_err("forgotten"), (401, "not_signed_in".into()));
    machine.stop().await;
}
