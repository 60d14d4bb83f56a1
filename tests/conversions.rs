//! Conversion orders, mandates, choices and standing redemptions, against the running program.

#![allow(clippy::unwrap_used)]

mod common;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{Cast, Town, key_of, now, order, post};
use ledger::SigningKey;
use ledger::account::{AccountKind, FeeRule, Scope};
use ledger::amount::{Amount, Rate};
use ledger::key::{AccountId, Hash32, PublicKey};
use ledger::message::MandateStatement;
use ledger::orders::{MAX_OPEN_ORDERS, ORDER_LIFE_MS, is_reference};
use ledger::receipt::Receipt;
use ledger::transaction::{Act, Body, OpenAccount};
use serde_json::{Value, json};

const CREDITOR: &str = "creditor_id = \"FR72ZZZ123456\"";
const IBAN: &str = "FR7630006000011234567890189";

/// Somebody who is signed in.
struct Member<'a> {
    town: &'a Town,
    token: String,
}

impl Member<'_> {
    async fn of<'a>(town: &'a Town, cast: &Cast, key: &SigningKey) -> Member<'a> {
        let client = wallet_api::client::Client::new(&town.url("")).unwrap();
        Member { town, token: client.sign_in(&cast.ledger, key).await.unwrap().token }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let client = reqwest::Client::new();
        let mut request = client.request(method.parse().unwrap(), self.town.url(path)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let (status, bytes) = (answer.status().as_u16(), answer.bytes().await.unwrap());
        (status, if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() })
    }

    async fn get(&self, path: &str) -> Value {
        let (status, value) = self.ask("GET", path, None).await;
        assert_eq!(status, 200, "{path}: {value}");
        value
    }

    /// The refusal's code, after checking its status.
    async fn refused(&self, status: u16, method: &str, path: &str, body: Option<Value>) -> String {
        let (found, value) = self.ask(method, path, body).await;
        assert_eq!(found, status, "{method} {path}: {value}");
        value["code"].as_str().unwrap().to_owned()
    }
}

fn conversions(town: &Town) -> String {
    format!("/v1/accounts/{}/conversions", town.link("resident_account"))
}

fn mandate_path(town: &Town) -> String {
    format!("/v1/accounts/{}/mandate", town.link("resident_account"))
}

/// The resident's key gets another one beside it, with a scope of its own.
async fn with_key(town: &Town, cast: &Cast, seed: u8, scope: Scope) -> SigningKey {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let body = Body::AddKey { account: cast.resident, key: key.verifying_key().into(), scope };
    let (status, answer) = post(&town.url("/v1/transactions"), cast.signed(&order(body))).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
    key
}

#[tokio::test]
async fn an_order_says_how_to_pay_and_can_be_taken_back() {
    let town = Town::new();
    let cast = Cast::of(&town).await;
    let member = Member::of(&town, &cast, &cast.resident_key).await;
    let path = conversions(&town);
    let (status, made) = member.ask("POST", &path, Some(json!({"amount": 5_000}))).await;
    assert_eq!(status, 200, "{made}");
    let order = &made["order"];
    let reference = order["reference"].as_str().unwrap();
    assert!(is_reference(reference));
    assert_eq!((&order["state"], &order["amount"]), (&json!("open"), &json!(5_000)));
    assert_eq!(order["expires"].as_u64().unwrap() - order["created"].as_u64().unwrap(), ORDER_LIFE_MS);
    assert!(order["epc"].as_str().unwrap().ends_with(&format!("EUR50.00\n\n{reference}")));
    assert!(order["payto"].as_str().unwrap().ends_with(&format!("amount=EUR:50.00&message={reference}")));
    let account = member.get(&format!("/v1/accounts/{}", town.link("resident_account"))).await;
    assert_ne!(account["reference"].as_str().unwrap(), reference, "the constant reference is another one");
    assert_eq!(member.get(&path).await["orders"], json!([order]));
    let one = format!("{path}/{}", order["number"]);
    assert_eq!(member.ask("DELETE", &one, None).await.0, 204);
    assert_eq!(member.refused(409, "DELETE", &one, None).await, "order_not_open");
    assert_eq!(member.refused(409, "DELETE", &format!("{path}/77"), None).await, "order_not_open");
    assert_eq!(member.get(&path).await["orders"][0]["state"], json!("cancelled"));
}

#[tokio::test]
async fn a_member_has_so_many_open_orders_and_no_more() {
    let town = Town::new();
    let cast = Cast::of(&town).await;
    let member = Member::of(&town, &cast, &cast.resident_key).await;
    let (path, amount) = (conversions(&town), || Some(json!({"amount": 100})));
    for _ in 0..MAX_OPEN_ORDERS {
        assert_eq!(member.ask("POST", &path, amount()).await.0, 200);
    }
    assert_eq!(member.refused(409, "POST", &path, amount()).await, "too_many_orders");
    assert_eq!(member.ask("DELETE", &format!("{path}/3"), None).await.0, 204);
    assert_eq!(member.ask("POST", &path, amount()).await.0, 200);
    assert_eq!(member.get(&path).await["orders"].as_array().unwrap().len(), MAX_OPEN_ORDERS + 1);
}

#[tokio::test]
async fn nobody_orders_or_signs_for_somebody_else_and_a_lesser_key_only_reads() {
    let town = Town::with(CREDITOR);
    let cast = Cast::of(&town).await;
    let (orders, mandate) = (conversions(&town), mandate_path(&town));
    let amount = || Some(json!({"amount": 100}));
    let stranger = Member::of(&town, &cast, &cast.shop_key).await;
    let signed = Some(mandate_of(&cast, &cast.resident_key, |_| {}));
    for (method, path, body) in [
        ("GET", &orders, None),
        ("POST", &orders, amount()),
        ("DELETE", &format!("{orders}/1"), None),
        ("GET", &mandate, None),
        ("PUT", &mandate, signed.clone()),
        ("DELETE", &mandate, None),
        ("GET", &format!("/v1/accounts/{}/redemptions", town.link("resident_account")), None),
    ] {
        assert_eq!(stranger.refused(403, method, path, body).await, "not_allowed", "{method} {path}");
    }
    let till = Scope::Till { per_day: Amount::from_cents(100).unwrap() };
    for (seed, scope) in [(41, Scope::Read), (42, till)] {
        let key = with_key(&town, &cast, seed, scope).await;
        let lesser = Member::of(&town, &cast, &key).await;
        assert_eq!(lesser.get(&orders).await["orders"], json!([]));
        assert_eq!(lesser.get(&mandate).await["mandate"], Value::Null);
        let own = Some(mandate_of(&cast, &key, |_| {}));
        for (method, path, body) in [
            ("POST", &orders, amount()),
            ("DELETE", &format!("{orders}/1"), None),
            ("PUT", &mandate, own),
            ("PUT", &mandate, signed.clone()),
            ("DELETE", &mandate, None),
        ] {
            assert_eq!(lesser.refused(403, method, path, body).await, "not_allowed", "{method} {path}");
        }
    }
}

/// The wallet's request for a mandate of 50 euros on the fifth, with a statement that `change` may falsify.
fn mandate_of(cast: &Cast, key: &SigningKey, change: impl FnOnce(&mut MandateStatement)) -> Value {
    let mut statement = MandateStatement {
        account: cast.resident,
        holder: "Amel Martin".into(),
        iban: Hash32::of(IBAN.as_bytes()),
        creditor: "FR72ZZZ123456".into(),
        amount: Amount::from_cents(5_000).unwrap(),
        day: 5,
        time: now(),
    };
    change(&mut statement);
    let signature = URL_SAFE_NO_PAD.encode(statement.sign(&cast.ledger, key));
    json!({"holder": "Amel Martin", "iban": IBAN, "amount": 5_000, "day": 5, "signature": signature})
}

#[tokio::test]
async fn a_mandate_is_what_the_member_signed_until_it_is_revoked() {
    let town = Town::with(CREDITOR);
    let cast = Cast::of(&town).await;
    let member = Member::of(&town, &cast, &cast.resident_key).await;
    let path = mandate_path(&town);
    assert_eq!(member.get(&path).await["mandate"], Value::Null);
    let request = mandate_of(&cast, &cast.resident_key, |_| {});
    let (status, answer) = member.ask("PUT", &path, Some(request.clone())).await;
    assert_eq!(status, 200, "{answer}");
    let mandate = &answer["mandate"];
    assert_eq!((&mandate["iban"], &mandate["amount"], &mandate["day"]), (&json!(IBAN), &json!(5_000), &json!(5)));
    assert!(is_reference(mandate["reference"].as_str().unwrap()));
    let next = mandate["next"]["date"].as_str().unwrap();
    assert!(next.ends_with("-05"), "{next}");
    // The same bytes again are the same mandate, and whatever else they would have to be is refused.
    assert_eq!(member.ask("PUT", &path, Some(request)).await.1["mandate"], *mandate);
    assert_eq!(member.ask("DELETE", &path, None).await.0, 204);
    assert_eq!(member.ask("DELETE", &path, None).await.0, 204);
    let revoked = member.get(&path).await;
    assert_eq!(revoked["mandate"]["next"], Value::Null);
    assert!(revoked["mandate"]["revoked"].as_u64().is_some());
    assert_eq!(revoked["mandate"]["reference"], mandate["reference"]);
}

#[tokio::test]
async fn a_mandate_whose_signature_says_something_else_is_refused() {
    let town = Town::with(CREDITOR);
    let cast = Cast::of(&town).await;
    let member = Member::of(&town, &cast, &cast.resident_key).await;
    let path = mandate_path(&town);
    let key = &cast.resident_key;
    let falsified = [
        mandate_of(&cast, key, |statement| statement.account = AccountId([9; 16])),
        mandate_of(&cast, key, |statement| statement.holder = "Somebody Else".into()),
        mandate_of(&cast, key, |statement| statement.iban = Hash32::of(b"another")),
        mandate_of(&cast, key, |statement| statement.creditor = "FR00ZZZ000000".into()),
        mandate_of(&cast, key, |statement| statement.amount = Amount::from_cents(4_999).unwrap()),
        mandate_of(&cast, key, |statement| statement.day = 6),
        mandate_of(&cast, &cast.shop_key, |_| {}),
    ];
    for request in falsified {
        assert_eq!(member.refused(422, "PUT", &path, Some(request)).await, "mandate_differs");
    }
    let changed = |name: &str, value: Value| {
        let mut request = mandate_of(&cast, key, |_| {});
        request[name] = value;
        Some(request)
    };
    assert_eq!(member.refused(422, "PUT", &path, changed("iban", json!("FR7630006000011234567890188"))).await, "iban_wrong");
    assert_eq!(member.refused(422, "PUT", &path, changed("amount", json!(15_001))).await, "mandate_too_high");
    assert_eq!(member.refused(400, "PUT", &path, changed("signature", json!("no!"))).await, "malformed_request");
    assert_eq!(member.refused(400, "PUT", &path, changed("signature", json!("AAAA"))).await, "malformed");
    let old = mandate_of(&cast, key, |statement| statement.time -= 3_600_000);
    assert_eq!(member.refused(400, "PUT", &path, Some(old)).await, "malformed_request");
    let day = mandate_of(&cast, key, |statement| statement.day = 31);
    let day = Some(json!({"holder": "Amel Martin", "iban": IBAN, "amount": 5_000, "day": 31, "signature": day["signature"]}));
    assert_eq!(member.refused(400, "PUT", &path, day).await, "malformed_request");
    assert_eq!(member.get(&path).await["mandate"], Value::Null);
}

#[tokio::test]
async fn without_a_creditor_identifier_nothing_is_collected() {
    let town = Town::with("creditor_id = \"\"");
    let cast = Cast::of(&town).await;
    let member = Member::of(&town, &cast, &cast.resident_key).await;
    assert_eq!(common::get(&town.url("/v1/ledger")).await["direct_debit"], Value::Null);
    let request = mandate_of(&cast, &cast.resident_key, |_| {});
    assert_eq!(member.refused(409, "PUT", &mandate_path(&town), Some(request)).await, "creditor_id_missing");
}

#[tokio::test]
async fn orders_and_mandates_outlive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("town");
    let mut town = Town::serve(&data);
    let cast = Cast::of(&town).await;
    let path = conversions(&town);
    let member = Member::of(&town, &cast, &cast.resident_key).await;
    let made = member.ask("POST", &path, Some(json!({"amount": 5_000}))).await.1;
    town.kill();
    let town = Town::serve(&data);
    let member = Member::of(&town, &cast, &cast.resident_key).await;
    assert_eq!(member.get(&path).await["orders"], json!([made["order"]]));
}

#[tokio::test]
async fn a_shop_says_what_may_be_redeemed_and_sees_what_became_of_it() {
    let town = Town::new();
    let cast = Cast::of(&town).await;
    let shop = Member::of(&town, &cast, &cast.shop_key).await;
    let account = format!("/v1/accounts/{}", town.link("shop_account"));
    let submit = |body: Body| post_signed(&town, order(body).sign(&cast.ledger, &cast.shop_key));
    assert_eq!(submit(Body::RedeemAbove { account: cast.shop, keep: Some(10_000) }).await, 200);
    assert_eq!(shop.get(&account).await["redeem_above"], json!(10_000));
    assert_eq!(submit(Body::RedeemAbove { account: cast.shop, keep: None }).await, 200);
    assert_eq!(shop.get(&account).await["redeem_above"], Value::Null);
    assert_eq!(post_signed(&town, cast.payment(500)).await, 200);
    assert_eq!(submit(Body::Redeem { account: cast.shop, amount: Amount::from_cents(400).unwrap() }).await, 200);
    let found = shop.get(&format!("{account}/redemptions")).await;
    let newest = &found["redemptions"][0];
    assert_eq!((&newest["gross"], &newest["state"]), (&json!(400), &json!("asked")));
    assert_eq!(newest["gross"].as_u64().unwrap(), newest["fee"].as_u64().unwrap() + newest["net"].as_u64().unwrap());
}

/// The association does something: one person proposes, and others approve until it is done.
async fn association_does(town: &Town, cast: &Cast, act: Act) {
    let people: Vec<SigningKey> =
        town.links["operator_seeds"].as_array().unwrap().iter().map(|seed| key_of(seed.as_str().unwrap())).collect();
    let trusted = common::get(&town.url("/v1/ledger")).await;
    let trusted = PublicKey::from_hex(trusted["checkpoint_key"].as_str().unwrap()).unwrap();
    let mut proposal = None;
    for person in &people {
        let body = match proposal {
            None => Body::Propose(act.clone()),
            Some(proposal) => Body::Approve { proposal },
        };
        let signed = order(body).sign(&cast.ledger, person);
        let (status, answer) = post(&town.url("/v1/transactions"), signed).await;
        if status != 200 {
            // Somebody without a part in it, as an auditor.
            continue;
        }
        let entry = Receipt::decode(&answer).unwrap().verify(&cast.ledger, &[trusted]).unwrap();
        let waits = entry.outcome.approvals.is_some() && entry.outcome.executed.is_none();
        if !waits {
            return;
        }
        proposal = proposal.or(Some(entry.order.id()));
    }
    panic!("nobody could do {act:?}");
}

#[tokio::test]
async fn a_redemption_says_where_it_is_and_where_its_fee_went() {
    let town = Town::new();
    let cast = Cast::of(&town).await;
    let garden_key = SigningKey::from_bytes(&[77; 32]);
    let key = garden_key.verifying_key().into();
    let open = Act::OpenAccount(OpenAccount { kind: AccountKind::Association, key, level: 2, groups: Vec::new() });
    association_does(&town, &cast, open).await;
    let fee = FeeRule {
        version: 2,
        rate: Rate::new(5, 100).unwrap(),
        least: 0,
        from: now() - 1,
        exempt: Vec::new(),
        given: Rate::new(3, 100),
        beneficiary: None,
    };
    association_does(&town, &cast, Act::PublishFee(fee)).await;
    let garden = Member::of(&town, &cast, &garden_key).await;
    let garden_account = garden.get("/v1/session").await["accounts"][0]["account"].as_str().unwrap().to_owned();
    let shop = Member::of(&town, &cast, &cast.shop_key).await;
    let account = format!("/v1/accounts/{}", town.link("shop_account"));
    let submit = |body: Body| post_signed(&town, order(body).sign(&cast.ledger, &cast.shop_key));
    let chosen = AccountId::from_text(&garden_account, &cast.prefix).unwrap();
    assert_eq!(submit(Body::Choose { account: cast.shop, associations: vec![chosen] }).await, 200);
    assert_eq!(shop.get(&account).await["choices"], json!([garden_account]));
    assert_eq!(submit(Body::Redeem { account: cast.shop, amount: Amount::from_cents(1_000).unwrap() }).await, 200);

    let path = format!("{account}/redemptions");
    let first = async || shop.get(&path).await["redemptions"][0].clone();
    let asked = first().await;
    assert_eq!(asked["state"], json!("asked"));
    assert_eq!(
        [&asked["gross"], &asked["fee"], &asked["given"], &asked["net"]],
        [1_000, 50, 30, 950].map(|n| json!(n)).each_ref()
    );
    let redemption = asked["redemption"].as_u64().unwrap();
    let mine = shop.get(&format!("/v1/entries/{redemption}")).await;
    assert_eq!((&mine["fee"], &mine["given"][0]["cents"], &mine["fee_version"]), (&json!(50), &json!(30), &json!(2)));
    let theirs = garden.get(&format!("/v1/entries/{redemption}")).await;
    assert_eq!((&theirs["amount"], &theirs["given"][0]["members"]), (&json!(30), &json!(1)));
    assert_eq!((&theirs["fee"], &theirs["net"]), (&Value::Null, &Value::Null), "what the shop redeemed is the shop's business");

    let (evidence, other) = (Hash32::of(b"the file"), Hash32::of(b"another file"));
    let ordered = |evidence| Act::OrderRedemptions { bank: 1, redemptions: vec![redemption], evidence };
    association_does(&town, &cast, ordered(evidence)).await;
    assert_eq!(first().await["state"], json!("ordered"));
    association_does(&town, &cast, Act::RedemptionReturned { redemption, evidence: Hash32::of(b"the bank's no") }).await;
    assert_eq!(first().await["state"], json!("returned"));
    association_does(&town, &cast, ordered(other)).await;
    assert_eq!(first().await["state"], json!("ordered"));
    association_does(&town, &cast, Act::RedemptionPaid { redemption, bank: 1, evidence: Hash32::of(b"the statement") }).await;
    assert_eq!(first().await["state"], json!("paid"));
}

async fn post_signed(town: &Town, bytes: Vec<u8>) -> u16 {
    post(&town.url("/v1/transactions"), bytes).await.0
}
