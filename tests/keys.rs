//! What each key of an account may do and see over HTTP: keys that wait, keys that never read, who signed, and what the association
//! vouches for while there is no network.

#![allow(clippy::unwrap_used)]

mod common;

use common::person::Person;
use common::{Cast, Town, get, key_of, post};
use ledger::SigningKey;
use ledger::account::{Scope, SpendingCap};
use ledger::amount::Amount;
use ledger::key::{AccountId, PublicKey};
use ledger::message::SpendingCertificate;
use ledger::receipt::Receipt;
use ledger::transaction::{Act, Body, SignedTransaction, Transfer};
use reqwest::Method;
use serde_json::{Value, json};

const DAY_MS: u64 = 86_400_000;

fn cents(cents: u64) -> Amount {
    Amount::from_cents(cents).unwrap()
}

fn cap(per_payment: u64, per_day: u64) -> SpendingCap {
    SpendingCap { per_payment: cents(per_payment), per_day: cents(per_day) }
}

fn public(key: &SigningKey) -> PublicKey {
    key.verifying_key().into()
}

/// A key of its own for each name.
fn drawn(name: &str) -> SigningKey {
    key_of(&ledger::key::Hash32::of(name.as_bytes()).to_string())
}

/// Two persons of the association add a key to an account.
async fn association_adds(town: &Town, account: AccountId, key: &SigningKey, scope: Scope) {
    let (treasurer, board) = (Person::numbered(town, 1).await, Person::numbered(town, 2).await);
    let proposal = treasurer.propose(Act::AddKey { account, key: public(key), scope }).await;
    board.sign(Body::Approve { proposal }).await.unwrap();
}

async fn member_adds(member: &Person<'_>, account: AccountId, name: &str, scope: Scope) -> SigningKey {
    let key = drawn(name);
    member.sign(Body::AddKey { account, key: public(&key), scope }).await.unwrap();
    key
}

fn account_path(town: &Town) -> String {
    format!("/v1/accounts/{}", town.link("resident_account"))
}

fn pays(cast: &Cast, amount: u64) -> Body {
    cast.transfer(amount)
}

#[tokio::test]
async fn a_key_that_waits_is_listed_with_its_time_and_neither_reads_nor_pays() {
    let town = Town::made_with(&["--recovery-delay", "86400"], "");
    let cast = Cast::of(&town).await;
    assert_eq!(get(&town.url("/v1/ledger")).await["recovery_delay_ms"], json!(DAY_MS));
    let phone = drawn("new phone");
    association_adds(&town, cast.resident, &phone, Scope::Full).await;
    let waiting = Person::with(&town, phone.clone()).await;
    let own = waiting.get("/v1/session").await["accounts"][0].clone();
    assert_eq!((own["account"].as_str(), own["scope"].as_str()), (Some(town.link("resident_account")), Some("full")));
    let from = own["from"].as_u64().unwrap();
    assert!(from > common::now());
    let account = account_path(&town);
    let sequence = Person::with(&town, cast.resident_key.clone()).await.get(&account).await["last_entry"].as_u64().unwrap();
    for path in ["", "/statement", "/events", "/profile", "/spending-certificate", "/conversions"] {
        let refused = waiting.refused(Method::GET, &format!("{account}{path}"), None).await;
        assert_eq!(refused, (403, "key_not_yet".into()), "{path}");
    }
    for path in ["", "/receipt", "/short-receipt"] {
        assert_eq!(waiting.ask(Method::GET, &format!("/v1/entries/{sequence}{path}"), None).await.0, 404, "{path}");
    }
    assert!(waiting.sign(pays(&cast, 100)).await.unwrap_err().contains("key_not_yet"));
    let member = Person::with(&town, cast.resident_key.clone()).await;
    let listed = member.get(&account).await["keys"].as_array().unwrap().clone();
    let of = |key: &SigningKey| listed.iter().find(|row| row["key"] == public(key).to_string()).unwrap()["from"].clone();
    assert_eq!((of(&phone), of(&cast.resident_key)), (json!(from), json!(0)));
    member.sign(Body::RevokeKey { account: cast.resident, key: public(&phone) }).await.unwrap();
    assert_eq!(waiting.ask(Method::GET, "/v1/session", None).await.0, 401, "it was stopped from the old phone");
}

#[tokio::test]
async fn a_town_without_a_delay_lets_a_new_key_in_at_once() {
    let town = Town::made_with(&["--recovery-delay", "0"], "");
    let cast = Cast::of(&town).await;
    association_adds(&town, cast.resident, &drawn("new phone"), Scope::Full).await;
    let phone = Person::with(&town, drawn("new phone")).await;
    phone.get(&account_path(&town)).await;
    phone.sign(pays(&cast, 100)).await.unwrap();
}

#[tokio::test]
async fn keys_that_pay_for_others_read_nothing_and_the_account_sees_who_paid() {
    let town = Town::new();
    let cast = Cast::of(&town).await;
    let member = Person::with(&town, cast.resident_key.clone()).await;
    let card = member_adds(&member, cast.resident, "card", Scope::CardService(cap(2_000, 5_000))).await;
    let collector = member_adds(&member, cast.resident, "collector", Scope::Collect(cap(2_000, 5_000), cast.shop)).await;
    let child = member_adds(&member, cast.resident, "child", Scope::Limited(cap(2_000, 5_000))).await;
    let shop = Person::with(&town, cast.shop_key.clone()).await;
    for (key, by, reads) in [(&card, json!("card"), false), (&collector, Value::Null, false), (&child, Value::Null, true)] {
        let person = Person::with(&town, key.clone()).await;
        let sequence = person.sign(pays(&cast, 100)).await.unwrap();
        let entry = format!("/v1/entries/{sequence}");
        assert_eq!(person.ask(Method::GET, &account_path(&town), None).await.0, if reads { 200 } else { 403 });
        assert_eq!(person.ask(Method::GET, &entry, None).await.0, if reads { 200 } else { 404 });
        assert_eq!(person.ask(Method::GET, &format!("{entry}/receipt"), None).await.0, if reads { 200 } else { 404 });
        let line = member.get(&entry).await;
        assert_eq!((&line["signer"], &line["by"]), (&json!(public(key).to_string()), &by));
        let theirs = shop.get(&entry).await;
        assert_eq!(
            (&theirs["signer"], &theirs["by"]),
            (&Value::Null, &Value::Null),
            "whose device it was is nobody else's business"
        );
    }
}

/// The certificate of a key, verified.
async fn certificate(town: &Town, cast: &Cast, person: &Person<'_>) -> SpendingCertificate {
    let path = format!("{}/spending-certificate", account_path(town));
    let answer = person.answer(Method::GET, &path, None).await;
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (200, "application/cose"));
    let bytes = answer.bytes().await.unwrap();
    let word = SpendingCertificate::decode(&bytes, &cast.ledger, &person.trust.keys).unwrap();
    let ahead = word.valid_until - common::now();
    assert!(ahead <= 7 * DAY_MS && ahead > 6 * DAY_MS);
    assert_eq!((word.account, word.key), (cast.resident, public(&person.key)));
    word
}

#[tokio::test]
async fn the_association_vouches_for_what_wallet_balance_and_key_allow_and_no_more() {
    let town = Town::with("offline_per_wallet = \"20\"\noffline_per_till_day = \"100,50\"");
    let cast = Cast::of(&town).await;
    let offline = json!({ "per_wallet": 2_000, "per_till_day": 10_050, "days": 7 });
    assert_eq!(get(&town.url("/v1/ledger")).await["offline"], offline);
    let member = Person::with(&town, cast.resident_key.clone()).await;
    let balance = member.get(&account_path(&town)).await["balance"].as_u64().unwrap();
    assert!(balance > 2_000, "the demo's resident has units");
    assert_eq!(certificate(&town, &cast, &member).await.cap, 2_000);
    for (name, caps, expected) in
        [("daily", cap(1_500, 900), 900), ("each", cap(700, 900), 700), ("wide", cap(9_000, 9_000), 2_000)]
    {
        let key = member_adds(&member, cast.resident, name, Scope::Limited(caps)).await;
        assert_eq!(certificate(&town, &cast, &Person::with(&town, key).await).await.cap, expected, "{name}");
    }
    let reader = member_adds(&member, cast.resident, "reader", Scope::Read).await;
    let path = format!("{}/spending-certificate", account_path(&town));
    let reader = Person::with(&town, reader).await;
    assert_eq!(reader.refused(Method::GET, &path, None).await, (403, "not_allowed".into()));
    member.sign(pays(&cast, balance - 150)).await.unwrap();
    assert_eq!(certificate(&town, &cast, &member).await.cap, 150);
    let (treasurer, suspend) = (Person::numbered(&town, 1).await, Act::SuspendAccount { account: cast.resident, reason: 1 });
    treasurer.sign(Body::Propose(suspend)).await.unwrap();
    assert_eq!(member.refused(Method::GET, &path, None).await, (409, "account_suspended".into()));
}

#[tokio::test]
async fn where_nobody_pays_without_network_there_is_no_certificate() {
    let town = Town::with("offline_per_wallet = 0");
    let cast = Cast::of(&town).await;
    assert_eq!(get(&town.url("/v1/ledger")).await["offline"], Value::Null);
    let member = Person::with(&town, cast.resident_key.clone()).await;
    let path = format!("{}/spending-certificate", account_path(&town));
    assert_eq!(member.refused(Method::GET, &path, None).await, (404, "offline_off".into()));
}

#[tokio::test]
async fn an_orders_id_gives_its_receipt_without_signing_in_and_nothing_before_it_is_recorded() {
    let town = Town::new();
    let cast = Cast::of(&town).await;
    let body = Body::Transfer(Transfer { payer: cast.resident, payee: cast.shop, amount: cents(100), charge: None, memo: None });
    let bytes = cast.signed(&common::order(body));
    let id = SignedTransaction::decode(&bytes, &cast.ledger).unwrap().id();
    let url = town.url(&format!("/v1/transactions/{id}"));
    let before: Value = serde_json::from_slice(&reqwest::get(&url).await.unwrap().bytes().await.unwrap()).unwrap();
    assert_eq!((&before["status"], &before["code"]), (&json!(404), &json!("not_recorded")));
    assert_eq!(post(&town.url("/v1/transactions"), bytes).await.0, 200);
    let receipt = Receipt::decode(&reqwest::get(&url).await.unwrap().bytes().await.unwrap()).unwrap();
    let member = Person::with(&town, cast.resident_key.clone()).await;
    let entry = receipt.verify(&cast.ledger, &member.trust.keys).unwrap();
    assert_eq!(entry.order.id(), id);
}
